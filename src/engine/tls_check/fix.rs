//! The fix of a host: what would change, as scripts, and applied to this machine.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{
    host::{
        HostError, Limits, Via, collect,
        local_registry::{self, RegistryError},
    },
    tls::{
        self,
        remediation::{self, Remediation, ValueChange},
    },
};

pub use crate::tls::remediation::Format;

use super::CheckedHost;

/// One value before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixChange {
    /// Key, with the drive as PowerShell writes it.
    pub path: String,
    /// Name of the value.
    pub name: String,
    /// As it is now.
    pub before: String,
    /// As it will be.
    pub after: String,
}

/// Why a fix was not saved or applied.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// A file could not be written.
    #[error("{path} can't be written: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is there already.
    #[error("{0} is there already; nothing was written")]
    Exists(PathBuf),
    /// The values are no longer those the fix was made from.
    #[error("the registry has changed since it was read; nothing was changed")]
    Stale,
    /// The registry could not be read again.
    #[error(transparent)]
    Unread(#[from] HostError),
    /// The registry refused.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// It broke off; nobody knows where.
    #[error("the change broke off in a way that was not foreseen; some values may be set")]
    Unknown,
}

impl FixError {
    /// What to do.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Exists(_) => Some("Name another file, or move the old one away.".to_owned()),
            Self::Stale => Some("Check again, look at the difference, then apply.".to_owned()),
            Self::Unread(error) => Some(error.advice()),
            Self::Registry(error) => Some(error.advice().to_owned()),
            Self::Unknown => Some("Check again: the table shows what stands there now.".to_owned()),
            Self::File { .. } => None,
        }
    }
}

fn plan(host: &CheckedHost) -> Remediation {
    remediation::plan(&host.image).remarked(&host.report.notes)
}

/// What would change, in the order of Microsoft's script.
pub fn changes(host: &CheckedHost) -> Vec<FixChange> {
    let plan = plan(host);
    let change = |change: &ValueChange| FixChange {
        path: change.key.drive(),
        name: change.name.to_owned(),
        before: change.before_text(),
        after: change.after.to_string(),
    };
    plan.changes().iter().map(change).collect()
}

/// What a reader should know before the fix is used, and what it leaves to people.
pub fn notes(host: &CheckedHost) -> Vec<String> {
    let mut notes = plan(host).notes().to_vec();
    notes.extend(remediation::left_to_you(&host.report));
    notes
}

/// Whether values have to change that nothing is planned for, since what stands there is not known.
pub fn has_undecided(host: &CheckedHost) -> bool {
    plan(host).has_undecided()
}

/// What has to be typed before the fix is applied: host and number of values.
pub fn phrase(host: &CheckedHost) -> String {
    format!("{} {}", host.report.host, plan(host).changes().len())
}

/// The fix as it stands in a file.
pub fn script(host: &CheckedHost, format: Format) -> Vec<u8> {
    plan(host).script(format)
}

/// What takes the fix back as it stands in a file, made from the values as they are now.
pub fn undo(host: &CheckedHost, format: Format) -> Vec<u8> {
    plan(host).undo(format)
}

/// A script as text to paste: without byte order mark, lines ended as everywhere.
pub fn as_text(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xff, 0xfe, units @ ..] => {
            let units: Vec<u16> = units
                .as_chunks::<2>()
                .0
                .iter()
                .map(|pair| u16::from_le_bytes(*pair))
                .collect();
            String::from_utf16_lossy(&units)
        }
        bytes => String::from_utf8_lossy(bytes).into_owned(),
    };
    text.replace("\r\n", "\n")
}

/// A name for the fix of a host; its undo has `-undo` in the place of `-fix`.
pub fn file_name(host: &CheckedHost, format: Format) -> String {
    format!("{}-tls-fix.{}", plain_name(host), format.extension())
}

/// A host's name in characters that every file system takes.
fn plain_name(host: &CheckedHost) -> String {
    let plain = |character: char| match character {
        'a'..='z' | '0'..='9' | '-' | '_' | '.' => character,
        _ => '-',
    };
    host.report.host.to_lowercase().chars().map(plain).collect()
}

/// Which format the ending of a file asks for.
pub fn format_of(path: &Path) -> Format {
    match path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("reg"))
    {
        true => Format::Registry,
        false => Format::PowerShell,
    }
}

/// The undo beside a fix.
fn undo_beside(fix: &Path) -> PathBuf {
    let name = fix
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, "ps1"));
    let undo = match stem.strip_suffix("-fix") {
        Some(stem) => format!("{stem}-undo.{ending}"),
        None => format!("{stem}-undo.{ending}"),
    };
    fix.with_file_name(undo)
}

/// Writes the fix and, beside it, its undo; neither replaces a file.
///
/// # Errors
/// When a file is there already or can't be written. Nothing half written stays.
pub fn save(host: &CheckedHost, path: &Path) -> Result<(PathBuf, PathBuf), FixError> {
    let format = format_of(path);
    let undo_path = undo_beside(path);
    // The undo first: a fix without one must not lie about.
    write_new(&undo_path, &undo(host, format))?;
    if let Err(error) = write_new(path, &script(host, format)) {
        let _ = std::fs::remove_file(&undo_path);
        return Err(error);
    }
    Ok((path.to_owned(), undo_path))
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FixError> {
    use std::io::Write;
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => FixError::Exists(path.to_owned()),
        _ => FixError::File {
            path: path.to_owned(),
            source,
        },
    };
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|source| {
        let _ = std::fs::remove_file(path);
        failed(source)
    })
}

/// Sets the values on this machine, after those of now were saved as a registry file below `folder`. Says which file;
/// nothing where every value was right already.
///
/// # Errors
/// When the values are no longer those the fix was made from, the backup can't be written, or the registry refuses.
pub async fn apply(host: &CheckedHost, folder: &Path) -> Result<Option<PathBuf>, FixError> {
    let wanted = plan(host);
    let now = collect(
        &Via::Local,
        &tls::wanted_keys(),
        Limits::default(),
        &CancellationToken::new(),
    )
    .await?;
    let fresh = remediation::plan(&now.image);
    if (fresh.edits(), fresh.undo_edits()) != (wanted.edits(), wanted.undo_edits()) {
        return Err(FixError::Stale);
    }
    let backups = folder.join("registry");
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let backup = backups.join(format!("{}-before-{time}.reg", plain_name(host)));
    let edits = wanted.edits();
    let applied = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&backups).map_err(|source| FixError::File {
            path: backups.clone(),
            source,
        })?;
        local_registry::apply(&edits, &backup).map_err(FixError::from)
    });
    // The work itself does not panic; were it to, what it did is unknown and said so.
    let applied = applied.await.map_err(|_| FixError::Unknown)??;
    Ok(applied.backup)
}
