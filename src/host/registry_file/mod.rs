//! Registry values from files that an administrator brought along: exports, output of `reg query`, output of
//! Microsoft's TLS script (facts/connect section 5.3).
//!
//! The format is told by the content, not by the file's name. What cannot be read becomes a note with its line number.

mod detect;
mod export;
mod list;
mod query;
mod reading;
mod rows;
mod script;
mod table;
mod text;
mod value;

use thiserror::Error;

use crate::domain::{registry::RegistryImage, text::clean_to, tls::HostSource};

use detect::Format;
use reading::Reading;

/// Characters of the first line that an error shows.
const SHOWN: usize = 60;

/// What a file told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRegistry {
    /// Its keys and values.
    pub image: RegistryImage,
    /// Which format it is in.
    pub source: HostSource,
    /// What could not be read, or only with an assumption; in words, with line numbers.
    pub notes: Vec<String>,
}

/// A file that holds no registry values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegistryFileError {
    /// Nothing in it but blanks.
    #[error("the file is empty: export the keys again")]
    Empty,
    /// The registry's own files cannot be read here.
    #[error(
        "this is a hive, the registry's own file, not an export: write one with `reg export KEY FILE /reg:64` on the server"
    )]
    Hive,
    /// One file of several hosts, whose values would be mixed.
    #[error(
        "this file holds values of several hosts ({hosts}), which would be taken for one: save one file for each host"
    )]
    SeveralHosts {
        /// Their names, safe to show.
        hosts: String,
    },
    /// None of the formats.
    #[error(
        "this is neither a registry export, nor output of `reg query KEY /s`, nor output of Microsoft's TLS script; it \
         begins with `{begins}`"
    )]
    Unknown {
        /// The start of its first line, safe to show.
        begins: String,
    },
}

/// Reads a file of any of the formats, in any usual encoding.
///
/// # Errors
/// When the file is none of them, or empty. A damaged file of a known format is no error: see [`ReadRegistry::notes`].
pub fn read(bytes: &[u8]) -> Result<ReadRegistry, RegistryFileError> {
    if bytes.starts_with(b"regf") {
        return Err(RegistryFileError::Hive);
    }
    let decoded = text::decode(bytes);
    let format = detect::format(&decoded.text).ok_or_else(|| {
        let first = decoded.text.lines().map(str::trim).find(|line| !line.is_empty());
        first.map_or(RegistryFileError::Empty, |line| RegistryFileError::Unknown {
            begins: clean_to(line, SHOWN).into_owned(),
        })
    })?;
    let mut reading = Reading::default();
    if let Some(note) = decoded.note {
        reading.remark(note);
    }
    let text = decoded.text.as_ref();
    let source = match format {
        Format::Export => {
            export::read(text, &mut reading);
            if decoded.wide && !ends_with_empty_line(text) {
                reading.remark(
                    "the export does not end with an empty line, as Windows writes it: it may have been cut, and values at its end lost"
                        .to_owned(),
                );
            }
            HostSource::RegFile
        }
        Format::Query => {
            query::read(text, &mut reading);
            HostSource::RegQuery
        }
        Format::Script(shape) => {
            script::read(text, shape, &mut reading);
            if let Some(hosts) = reading.several_hosts() {
                return Err(RegistryFileError::SeveralHosts { hosts });
            }
            HostSource::MicrosoftScript
        }
    };
    let (image, notes) = reading.finish();
    Ok(ReadRegistry { image, source, notes })
}

fn ends_with_empty_line(text: &str) -> bool {
    text.ends_with("\n\r\n") || text.ends_with("\n\n")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
