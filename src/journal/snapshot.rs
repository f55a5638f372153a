//! `snapshot.jsonl`: every attribute of a mailbox as it was just before its write.

use std::{
    fs::File,
    io::{BufRead, BufReader, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use sha2::{Digest, Sha256};

use super::{
    JournalError,
    replay::{hex, unhex},
};
use crate::domain::{CloudAttributes, ObjectId};

/// What was read of one mailbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The mailbox.
    pub id: ObjectId,
    /// When it was read.
    pub at: Timestamp,
    /// Cloud-side attributes exactly as read, order kept.
    pub cloud: CloudAttributes,
    /// Directory-side attributes, where a directory is at hand and knows the mailbox.
    pub directory: Option<Map<String, Value>>,
}

/// One line, ready to be written, with the hash that the intent names.
#[derive(Clone, Debug)]
pub struct SnapshotLine {
    /// Lower-case hexadecimal SHA-256.
    pub sha256: String,
    pub(super) bytes: Vec<u8>,
}

impl SnapshotLine {
    /// The line as it stands in the file, with its line end.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form<'a> {
    id: ObjectId,
    at: Timestamp,
    /// Over the bytes of `cloud`, then those of `directory` where present.
    sha256: String,
    #[serde(borrow)]
    cloud: &'a RawValue,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    directory: Option<&'a RawValue>,
}

impl Snapshot {
    /// The line for the file. The hash covers the attributes' own bytes.
    pub fn to_line(&self) -> Result<SnapshotLine, serde_json::Error> {
        let cloud = serde_json::value::to_raw_value(&self.cloud)?;
        let directory = self
            .directory
            .as_ref()
            .map(serde_json::value::to_raw_value)
            .transpose()?;
        let sha256 = hash(&cloud, directory.as_deref());
        let mut bytes = serde_json::to_vec(&Form {
            id: self.id,
            at: self.at,
            sha256: sha256.clone(),
            cloud: &cloud,
            directory: directory.as_deref(),
        })?;
        bytes.push(b'\n');
        Ok(SnapshotLine { sha256, bytes })
    }
}

fn hash(cloud: &RawValue, directory: Option<&RawValue>) -> String {
    let mut hasher = Sha256::new();
    hasher.update(cloud.get());
    if let Some(directory) = directory {
        hasher.update(directory.get());
    }
    hex(&hasher.finalize())
}

/// Reads a snapshot file line by line; never holds more than one mailbox.
///
/// A mailbox that was read again before a second write has several lines; the one whose hash the last intent names
/// is the state before the write.
pub struct SnapshotReader<Input = BufReader<File>> {
    path: PathBuf,
    reader: Input,
    line: u64,
    buffer: Vec<u8>,
    ended: bool,
}

impl SnapshotReader {
    /// Opens `snapshot.jsonl` of a run's folder.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(|error| JournalError::storage("open", path, &error))?;
        Ok(Self::from_reader(BufReader::with_capacity(1 << 16, file), path))
    }
}

impl<Input: BufRead> SnapshotReader<Input> {
    /// Reads snapshots from anywhere; `path` is for error messages.
    pub fn from_reader(reader: Input, path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            reader,
            line: 0,
            buffer: Vec::new(),
            ended: false,
        }
    }

    /// The next snapshot with its hash; nothing at the end. A last line that was cut is the end: no intent can name it.
    pub fn next_snapshot(&mut self) -> Result<Option<([u8; 32], Snapshot)>, JournalError> {
        if self.ended {
            return Ok(None);
        }
        self.buffer.clear();
        self.reader
            .read_until(b'\n', &mut self.buffer)
            .map_err(|error| JournalError::storage("read", &self.path, &error))?;
        if self.buffer.pop() != Some(b'\n') {
            self.ended = true;
            return Ok(None);
        }
        self.line += 1;
        parse(&self.buffer).map(Some).map_err(|reason| {
            self.ended = true;
            JournalError::broken(&self.path, self.line, &reason)
        })
    }
}

impl<Input: BufRead> Iterator for SnapshotReader<Input> {
    type Item = Result<([u8; 32], Snapshot), JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_snapshot().transpose()
    }
}

fn parse(bytes: &[u8]) -> Result<([u8; 32], Snapshot), String> {
    let form: Form<'_> =
        serde_json::from_slice(bytes).map_err(|error| format!("not a snapshot ({error})"))?;
    if hash(form.cloud, form.directory) != form.sha256 {
        return Err("its attributes have another hash than it states".into());
    }
    let attributes = |text: &RawValue| {
        serde_json::from_str::<Map<String, Value>>(text.get())
            .map_err(|error| format!("its attributes can't be read ({error})"))
    };
    let snapshot = Snapshot {
        id: form.id,
        at: form.at,
        cloud: CloudAttributes(attributes(form.cloud)?),
        directory: form.directory.map(attributes).transpose()?,
    };
    Ok((unhex(&form.sha256).ok_or("its hash is not one")?, snapshot))
}

/// How many bytes of a file end with a line end: what follows was cut while being written.
pub(super) fn whole_lines(path: &Path) -> std::io::Result<u64> {
    let mut file = File::open(path)?;
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = vec![0; 1 << 16];
    while end > 0 {
        let start = end.saturating_sub(block.len() as u64);
        let length = usize::try_from(end - start).unwrap_or(block.len());
        file.seek(SeekFrom::Start(start))?;
        let part = &mut block[..length];
        std::io::Read::read_exact(&mut file, part)?;
        if let Some(position) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + position as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_read_back_as_they_were_written() {
        let text =
            r#"{"Alias": 89999999999199999999999999999999999998888, "a": 0.1, "b": [1e-7, null, "\u001b"]}"#;
        let snapshot = Snapshot {
            id: "0f6f5b1e-0000-4000-8000-000000000001".parse().unwrap(),
            at: Timestamp::UNIX_EPOCH,
            cloud: CloudAttributes(serde_json::from_str(text).unwrap()),
            directory: None,
        };
        let line = snapshot.to_line().unwrap();
        let mut reader = SnapshotReader::from_reader(line.bytes(), Path::new("snapshot.jsonl"));
        assert_eq!(reader.next_snapshot().unwrap().unwrap().1, snapshot);
        assert!(reader.next_snapshot().unwrap().is_none());
    }
}
