//! What files brought: marks, a directory export, waves.

use jiff::Timestamp;

use crate::domain::{ObjectId, address_list::Line};

/// What a CSV named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedMarks {
    /// Mailboxes found.
    pub mailboxes: Vec<ObjectId>,
    /// Lines that name the same mailbox again.
    pub duplicates: u64,
    /// The first lines that name no mailbox, at most 20.
    pub unknown: Vec<Line>,
    /// How many lines name no mailbox.
    pub unknown_total: u64,
    /// The first lines that fit several mailboxes, at most 20.
    pub ambiguous: Vec<Line>,
    /// How many lines fit several mailboxes.
    pub ambiguous_total: u64,
}

/// What a directory export holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedDirectory {
    /// The file.
    pub path: String,
    /// Objects in it.
    pub objects: u64,
    /// Mailboxes of the table that were found in it.
    pub matched: u64,
    /// When the file was written; nothing when unknown.
    pub written_at: Option<Timestamp>,
    /// What to know about it, such as attributes that are missing.
    pub warnings: Vec<String>,
}

/// One saved wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaveRow {
    /// Its name.
    pub name: String,
    /// How many mailboxes.
    pub mailboxes: u64,
    /// When it was saved.
    pub saved_at: Timestamp,
}
