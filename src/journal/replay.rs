//! Reading a journal back: checks the chain and tells where each mailbox stands.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{Counts, JournalError, Line, Outcome, Record, Subject};
use crate::domain::ServiceError;

/// Where a subject stands. One that is absent from the replay was never touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// A write was announced and nothing is known about it: re-read first.
    Intended,
    /// Ended.
    Settled(Outcome),
}

/// What the journal says about one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayedItem {
    /// Where it stands.
    pub state: ItemState,
    /// Whether any write was ever announced in this run.
    pub intended: bool,
    /// SHA-256 of the snapshot that the last intent relied on.
    pub snapshot: Option<[u8; 32]>,
}

/// A journal, read back.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Whole, chained lines.
    pub lines: u64,
    /// Bytes those lines take.
    pub length: u64,
    /// Bytes after them: a line that was cut while being written.
    pub torn: u64,
    /// SHA-256 the next line has to name.
    pub previous: String,
    /// Whether the last word is that the run is over: every subject is settled, or it was given up.
    pub closed: bool,
    /// Whether it was given up.
    pub abandoned: bool,
    /// Why the run last stopped early, if that is its last word.
    pub stopped: Option<String>,
    /// Every subject that was touched.
    pub items: HashMap<Subject, ReplayedItem>,
    /// Why subjects failed or stay unknown.
    pub errors: HashMap<Subject, ServiceError>,
    /// The tenant-wide default before its write, if this run switched it.
    pub default_before: Option<bool>,
}

impl Replay {
    /// Reads `journal.jsonl` of a run of the plan with this hash.
    ///
    /// A last line that was cut anywhere is reported in [`Replay::torn`] and left out. Anything else that does not
    /// fit is an error with the line number.
    pub fn read(path: &Path, plan_sha256: &str) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(|error| JournalError::storage("open", path, &error))?;
        Self::from_reader(BufReader::with_capacity(1 << 18, file), path, plan_sha256)
    }

    /// Reads a journal from anywhere; `path` is for error messages.
    pub fn from_reader(
        mut reader: impl BufRead,
        path: &Path,
        plan_sha256: &str,
    ) -> Result<Self, JournalError> {
        let mut replay = Self {
            previous: first_link(plan_sha256),
            ..Self::default()
        };
        let mut buffer = Vec::new();
        let mut suspect: Option<String> = None;
        loop {
            buffer.clear();
            let read = reader
                .read_until(b'\n', &mut buffer)
                .map_err(|error| JournalError::storage("read", path, &error))?;
            if read == 0 {
                return Ok(replay);
            }
            // Only the last line may be damaged, and zeros behind it: what a power loss leaves of a growing file.
            if let Some(reason) = &suspect {
                if buffer.iter().any(|byte| *byte != 0) {
                    return Err(JournalError::broken(path, replay.lines + 1, reason));
                }
                replay.torn += read as u64;
                continue;
            }
            let whole = buffer.last() == Some(&b'\n');
            if whole {
                buffer.pop();
            }
            match replay.accept(&buffer, whole) {
                Ok(()) => {
                    replay.lines += 1;
                    replay.length += read as u64;
                    replay.previous = hex(&Sha256::digest(&buffer));
                }
                Err(Misfit::Damaged(reason)) => {
                    replay.torn += read as u64;
                    suspect = Some(reason);
                }
                Err(Misfit::Wrong(reason)) => {
                    return Err(JournalError::broken(path, replay.lines + 1, &reason));
                }
            }
        }
    }

    /// Where a subject stands; nothing when untouched.
    pub fn item(&self, subject: impl Into<Subject>) -> Option<&ReplayedItem> {
        self.items.get(&subject.into())
    }

    /// How many subjects ended how.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for item in self.items.values() {
            if let ItemState::Settled(outcome) = item.state {
                counts.add(outcome);
            }
        }
        counts
    }

    fn accept(&mut self, bytes: &[u8], whole: bool) -> Result<(), Misfit> {
        if !whole {
            return Err(Misfit::Damaged("the line has no end".into()));
        }
        let line: Line = serde_json::from_slice(bytes)
            .map_err(|error| Misfit::Damaged(format!("not a journal line ({error})")))?;
        if line.previous != self.previous {
            return Err(Misfit::Wrong("it is not chained to the line before it".into()));
        }
        if line.seq != self.lines + 1 {
            return Err(Misfit::Wrong(format!(
                "it has number {} instead of {}",
                line.seq,
                self.lines + 1
            )));
        }
        self.apply(line.record)
    }

    fn apply(&mut self, record: Record) -> Result<(), Misfit> {
        let first = self.lines == 0;
        if first != matches!(record, Record::Opened { .. }) {
            return Err(Misfit::Wrong("a journal opens once, in its first line".into()));
        }
        match record {
            Record::Opened { .. } | Record::Paused => {}
            Record::Resumed { .. } => {
                if self.abandoned {
                    return Err(Misfit::Wrong("the run was given up before this line".into()));
                }
                self.closed = false;
                self.stopped = None;
            }
            Record::Stopped { reason } => self.stopped = Some(reason),
            Record::Closed => self.closed = true,
            Record::Abandoned { .. } => {
                self.closed = true;
                self.abandoned = true;
            }
            Record::Intent {
                subject,
                snapshot,
                before,
                ..
            } => {
                let snapshot = snapshot
                    .map(|text| {
                        unhex(&text).ok_or_else(|| Misfit::Wrong("its snapshot hash is not one".into()))
                    })
                    .transpose()?;
                if matches!(subject, Subject::Mailbox(_)) != snapshot.is_some() {
                    return Err(Misfit::Wrong(format!("the intent for {subject} has no snapshot")));
                }
                if let Some(ReplayedItem {
                    state: ItemState::Settled(Outcome::Done | Outcome::AlreadyThere),
                    ..
                }) = self.items.get(&subject)
                {
                    return Err(Misfit::Wrong(format!("{subject} was settled before this intent")));
                }
                self.default_before = self.default_before.or(before);
                self.errors.remove(&subject);
                self.items.insert(
                    subject,
                    ReplayedItem {
                        state: ItemState::Intended,
                        intended: true,
                        snapshot,
                    },
                );
            }
            Record::Outcome(settlement) | Record::Settled(settlement) => {
                let entry = self.items.entry(settlement.subject).or_insert(ReplayedItem {
                    state: ItemState::Settled(settlement.outcome),
                    intended: false,
                    snapshot: None,
                });
                if settlement.outcome == Outcome::Done && !entry.intended {
                    return Err(Misfit::Wrong(format!(
                        "{} is done without an intent",
                        settlement.subject
                    )));
                }
                entry.state = ItemState::Settled(settlement.outcome);
                match settlement.error {
                    Some(error) => self.errors.insert(settlement.subject, error),
                    None => self.errors.remove(&settlement.subject),
                };
            }
        }
        Ok(())
    }
}

/// Why a line does not fit.
enum Misfit {
    /// It may have been cut: fine as the very last line.
    Damaged(String),
    /// It is whole, but not what was written here.
    Wrong(String),
}

/// What the first line of a journal is chained to.
pub(super) fn first_link(plan_sha256: &str) -> String {
    hex(&Sha256::digest(plan_sha256))
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// The hash behind its hexadecimal text.
pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (slot, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
