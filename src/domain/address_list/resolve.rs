//! From the entries of a list to rows of the table.

use std::hash::{BuildHasher, RandomState};
use std::io::Read;

use super::{AddressListError, AddressReader, Line};
use crate::domain::arrange::Stop;
use crate::domain::marks::Marks;
use crate::domain::table::{CHUNK_ROWS, Row, TableSnapshot, TextColumn};
use crate::domain::{ObjectId, text};

/// Lines kept of each kind; more are counted only.
const KEPT_LINES: usize = 1000;

/// Entries between two looks at whether to stop.
const STRIDE: u64 = 4096;

/// Lines of one kind: the first thousand, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineList {
    /// All of them.
    pub total: u64,
    /// The first ones.
    pub first: Vec<Line>,
}

impl LineList {
    fn push(&mut self, line: Line) {
        self.total += 1;
        if self.first.len() < KEPT_LINES {
            self.first.push(line);
        }
    }
}

/// What a list means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Rows named, each once, in the order of the list.
    pub found: Vec<Row>,
    /// Entries that name a mailbox named before.
    pub duplicates: LineList,
    /// Entries that name no mailbox of the table.
    pub unknown: LineList,
    /// Entries that name more than one, such as the sign-in name of one and the address of another.
    pub ambiguous: LineList,
    /// Lines without an entry.
    pub blank: u64,
}

/// What an entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Nothing,
    One(Row),
    Several,
}

/// Rows of a snapshot by identifier, sign-in name and primary address. Takes 16 bytes for each.
pub struct AddressIndex<'a> {
    snapshot: &'a TableSnapshot,
    hasher: RandomState,
    /// Sorted by hash. Texts are compared in the snapshot, so equal hashes do no harm.
    entries: Vec<(u64, Row)>,
}

impl<'a> AddressIndex<'a> {
    /// Takes some 300 ms for 600,000 rows; nothing when stopped.
    pub fn new(snapshot: &'a TableSnapshot, stop: Stop<'_>) -> Option<Self> {
        let hasher = RandomState::new();
        let mut entries = Vec::with_capacity(snapshot.len() * 3);
        for (number, section) in snapshot.sections().iter().enumerate() {
            if stop() {
                return None;
            }
            let chunk = &section.chunk;
            for place in 0..section.len() {
                let row = (number * CHUNK_ROWS + place) as Row;
                entries.push((hasher.hash_one(chunk.ids()[place]), row));
                let upn = chunk.search_text(place, TextColumn::UserPrincipalName);
                let mail = chunk.search_text(place, TextColumn::PrimarySmtpAddress);
                entries.push((hasher.hash_one(upn), row));
                if mail != upn {
                    entries.push((hasher.hash_one(mail), row));
                }
            }
        }
        entries.sort_unstable();
        Some(Self {
            snapshot,
            hasher,
            entries,
        })
    }

    fn candidates(&self, hash: u64) -> impl Iterator<Item = Row> + '_ {
        let first = self.entries.partition_point(|(known, _)| *known < hash);
        self.entries[first..]
            .iter()
            .take_while(move |(known, _)| *known == hash)
            .map(|(_, row)| *row)
    }

    fn named(&self, entry: &str) -> Named {
        if let Ok(id) = entry.parse::<ObjectId>() {
            let has_it = |row: &Row| self.snapshot.row(*row).is_some_and(|mailbox| mailbox.id == id);
            return Named::by(self.candidates(self.hasher.hash_one(id)).filter(has_it));
        }
        let entry = text::fold(entry);
        // addresses copied out of a proxy address list keep their prefix
        let address = entry.strip_prefix("smtp:").unwrap_or(&entry);
        let has_it = |row: &Row| {
            self.snapshot.row(*row).is_some_and(|mailbox| {
                let known = [mailbox.user_principal_name, mailbox.primary_smtp_address];
                known.iter().any(|known| text::fold(known) == address)
            })
        };
        Named::by(self.candidates(self.hasher.hash_one(address)).filter(has_it))
    }
}

impl Named {
    fn by(mut rows: impl Iterator<Item = Row>) -> Self {
        match rows.next() {
            None => Self::Nothing,
            Some(row) if rows.any(|other| other != row) => Self::Several,
            Some(row) => Self::One(row),
        }
    }
}

/// Reads a list to its end and looks every entry up. Memory does not grow with the list, only with the rows found.
///
/// # Errors
/// What the reader reports, and [`AddressListError::Stopped`].
pub fn resolve<Input: Read>(
    list: &mut AddressReader<Input>,
    index: &AddressIndex<'_>,
    stop: Stop<'_>,
) -> Result<Resolved, AddressListError> {
    let mut resolved = Resolved::default();
    let mut seen = Marks::new();
    for (number, line) in (0_u64..).zip(&mut *list) {
        let line = line?;
        if number.is_multiple_of(STRIDE) && stop() {
            return Err(AddressListError::Stopped);
        }
        match index.named(&line.text) {
            Named::Nothing => resolved.unknown.push(line),
            Named::Several => resolved.ambiguous.push(line),
            Named::One(row) if seen.mark(row) => resolved.found.push(row),
            Named::One(_) => resolved.duplicates.push(line),
        }
    }
    resolved.blank = list.blank_lines();
    Ok(resolved)
}
