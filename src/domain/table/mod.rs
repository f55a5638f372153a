//! The inventory in memory: up to 600,000 mailboxes, append-only, cheap to share with work off the loop.
//!
//! Rows stand in chunks of 4,096 behind `Arc`, so a snapshot copies pointers only. The one thing that changes often after
//! a row was added, its authority, stands in a column of its own.

mod chunk;
mod id_index;

use std::sync::Arc;

use jiff::Timestamp;

pub(super) use chunk::{CHUNK_ROWS, Chunk, character_set};
use id_index::IdIndex;

use super::{Mailbox, ObjectId, RecipientType, SourceOfAuthority};

/// Number of a row, counted from 0 in the order of arrival. Never reused while the table lives.
pub type Row = u32;

/// The four columns that hold text, in the order they are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TextColumn {
    /// Display name.
    DisplayName,
    /// Sign-in name.
    UserPrincipalName,
    /// Primary address.
    PrimarySmtpAddress,
    /// Exchange alias.
    Alias,
}

impl TextColumn {
    /// All four, in order.
    pub const ALL: [Self; 4] = [
        Self::DisplayName,
        Self::UserPrincipalName,
        Self::PrimarySmtpAddress,
        Self::Alias,
    ];
}

/// What became of appended mailboxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// New rows.
    pub added: usize,
    /// Mailboxes that stood in the table already; their authority was updated.
    pub duplicates: usize,
}

/// Rows by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All rows.
    pub total: usize,
    /// Managed in the cloud.
    pub cloud: usize,
    /// Managed on-premises.
    pub on_premises: usize,
    /// The service did not say.
    pub unknown: usize,
    /// Synchronized from Active Directory.
    pub dir_synced: usize,
}

impl Counts {
    fn of(&mut self, authority: SourceOfAuthority) -> &mut usize {
        match authority {
            SourceOfAuthority::Cloud => &mut self.cloud,
            SourceOfAuthority::OnPremises => &mut self.on_premises,
            SourceOfAuthority::Unknown => &mut self.unknown,
        }
    }
}

/// One row, borrowed. Texts are cleaned (see [`super::text::clean`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxRow<'a> {
    /// Identity for every call.
    pub id: ObjectId,
    /// Display name.
    pub display_name: &'a str,
    /// Sign-in name.
    pub user_principal_name: &'a str,
    /// Primary address.
    pub primary_smtp_address: &'a str,
    /// Exchange alias.
    pub alias: &'a str,
    /// User, shared, room, equipment or another type.
    pub recipient_type: &'a RecipientType,
    /// Whether it is synchronized from Active Directory; nothing when the service did not say.
    pub dir_synced: Option<bool>,
    /// Who may edit its Exchange attributes.
    pub authority: SourceOfAuthority,
    /// Last change in the cloud, to the microsecond.
    pub when_changed: Option<Timestamp>,
}

impl<'a> MailboxRow<'a> {
    /// A row outside a table, such as for filtering a stream.
    pub fn of(mailbox: &'a Mailbox) -> Self {
        Self {
            id: mailbox.id,
            display_name: &mailbox.display_name,
            user_principal_name: &mailbox.user_principal_name,
            primary_smtp_address: &mailbox.primary_smtp_address,
            alias: &mailbox.alias,
            recipient_type: &mailbox.recipient_type,
            dir_synced: mailbox.dir_synced,
            authority: mailbox.authority,
            when_changed: mailbox.when_changed,
        }
    }

    /// The row as a mailbox of its own.
    pub fn to_mailbox(&self) -> Mailbox {
        Mailbox {
            id: self.id,
            display_name: self.display_name.to_owned(),
            user_principal_name: self.user_principal_name.to_owned(),
            primary_smtp_address: self.primary_smtp_address.to_owned(),
            alias: self.alias.to_owned(),
            recipient_type: self.recipient_type.clone(),
            dir_synced: self.dir_synced,
            authority: self.authority,
            when_changed: self.when_changed,
        }
    }

    /// The text of a column.
    pub fn text(&self, column: TextColumn) -> &'a str {
        match column {
            TextColumn::DisplayName => self.display_name,
            TextColumn::UserPrincipalName => self.user_principal_name,
            TextColumn::PrimarySmtpAddress => self.primary_smtp_address,
            TextColumn::Alias => self.alias,
        }
    }
}

/// A chunk and the authority of its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) chunk: Arc<Chunk>,
    pub(super) authority: Arc<Vec<SourceOfAuthority>>,
}

impl Section {
    pub(super) fn len(&self) -> usize {
        self.authority.len()
    }

    pub(super) fn row(&self, row: usize) -> Option<MailboxRow<'_>> {
        let chunk = &*self.chunk;
        Some(MailboxRow {
            id: chunk.id(row)?,
            display_name: chunk.text(row, TextColumn::DisplayName),
            user_principal_name: chunk.text(row, TextColumn::UserPrincipalName),
            primary_smtp_address: chunk.text(row, TextColumn::PrimarySmtpAddress),
            alias: chunk.text(row, TextColumn::Alias),
            recipient_type: chunk.types().get(usize::from(*chunk.type_of().get(row)?))?,
            dir_synced: chunk.dir_synced(row),
            authority: *self.authority.get(row)?,
            when_changed: chunk.changed(row),
        })
    }
}

fn row_of(sections: &[Section], row: Row) -> Option<MailboxRow<'_>> {
    sections
        .get(row as usize / CHUNK_ROWS)?
        .row(row as usize % CHUNK_ROWS)
}

fn id_of(sections: &[Section], row: Row) -> Option<ObjectId> {
    sections
        .get(row as usize / CHUNK_ROWS)?
        .chunk
        .id(row as usize % CHUNK_ROWS)
}

/// All mailboxes known so far.
#[derive(Debug)]
pub struct MailboxTable {
    sections: Vec<Section>,
    index: IdIndex,
    counts: Counts,
    generation: u64,
}

impl Default for MailboxTable {
    fn default() -> Self {
        Self::new()
    }
}

impl MailboxTable {
    /// An empty table.
    pub fn new() -> Self {
        Self {
            sections: Vec::new(),
            index: IdIndex::new(),
            counts: Counts::default(),
            generation: 0,
        }
    }

    /// Adds mailboxes in the order given. One whose identifier is known already only updates the authority.
    pub fn append(&mut self, mailboxes: Vec<Mailbox>) -> Appended {
        let mut appended = Appended::default();
        self.generation += 1;
        for mailbox in mailboxes {
            if let Some(row) = self.find(mailbox.id) {
                self.set_authority(row, mailbox.authority);
                appended.duplicates += 1;
                continue;
            }
            // Memory ends long before row numbers do: four billion rows would need some 600 GB.
            self.index.insert(mailbox.id, self.counts.total as Row);
            self.push(&mailbox);
            appended.added += 1;
        }
        appended
    }

    fn push(&mut self, mailbox: &Mailbox) {
        if self.counts.total.is_multiple_of(CHUNK_ROWS) {
            self.sections.push(Section::default());
        }
        if let Some(section) = self.sections.last_mut() {
            Arc::make_mut(&mut section.chunk).push(mailbox);
            Arc::make_mut(&mut section.authority).push(mailbox.authority);
        }
        self.counts.total += 1;
        *self.counts.of(mailbox.authority) += 1;
        self.counts.dir_synced += usize::from(mailbox.dir_synced == Some(true));
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.counts.total
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.counts.total == 0
    }

    /// One row.
    pub fn row(&self, row: Row) -> Option<MailboxRow<'_>> {
        row_of(&self.sections, row)
    }

    /// The row of a mailbox.
    pub fn find(&self, id: ObjectId) -> Option<Row> {
        self.index.find(id, |row| id_of(&self.sections, row))
    }

    /// Records who may edit a mailbox and returns whether that is news. Nothing happens for a row that does not exist.
    ///
    /// While a snapshot lives, the first change to one of its chunks copies that chunk's 4,096 authorities, a byte each.
    pub fn set_authority(&mut self, row: Row, authority: SourceOfAuthority) -> bool {
        let Some(section) = self.sections.get_mut(row as usize / CHUNK_ROWS) else {
            return false;
        };
        let Some(before) = section.authority.get(row as usize % CHUNK_ROWS).copied() else {
            return false;
        };
        if before == authority {
            return false;
        }
        if let Some(slot) = Arc::make_mut(&mut section.authority).get_mut(row as usize % CHUNK_ROWS) {
            *slot = authority;
        }
        *self.counts.of(before) -= 1;
        *self.counts.of(authority) += 1;
        self.generation += 1;
        true
    }

    /// Puts a mailbox as it was read again in the place of its row. False for a mailbox that is not in the table, or that
    /// reads the same.
    ///
    /// Writes the row's chunk of 4,096 anew, a few milliseconds: for single mailboxes, not for many.
    pub fn replace(&mut self, mailbox: &Mailbox) -> bool {
        let Some(row) = self.find(mailbox.id) else {
            return false;
        };
        let (number, place) = (row as usize / CHUNK_ROWS, row as usize % CHUNK_ROWS);
        let Some(section) = self.sections.get_mut(number) else {
            return false;
        };
        let mut chunk = Chunk::default();
        let mut synced_before = None;
        for at in 0..section.len() {
            let Some(before) = section.row(at) else {
                return false;
            };
            if at == place {
                synced_before = before.dir_synced;
                chunk.push(mailbox);
            } else {
                chunk.push(&before.to_mailbox());
            }
        }
        let rewritten = Section {
            chunk: Arc::new(chunk),
            authority: Arc::clone(&section.authority),
        };
        // Compared after cleaning, as the table keeps it.
        let same_row = rewritten.row(place) == section.row(place);
        if !same_row {
            section.chunk = rewritten.chunk;
            self.counts.dir_synced -= usize::from(synced_before == Some(true));
            self.counts.dir_synced += usize::from(mailbox.dir_synced == Some(true));
            self.generation += 1;
        }
        self.set_authority(row, mailbox.authority) || !same_row
    }

    /// Rows by kind, kept up to date with every change.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Rises with every change. Equal generations of one table mean equal content.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The table as it is now, for work off the loop. Costs two pointers per 4,096 rows.
    pub fn snapshot(&self) -> TableSnapshot {
        TableSnapshot {
            sections: self.sections.clone(),
            len: self.len(),
            generation: self.generation,
        }
    }

    /// Bytes the table holds, index included.
    pub fn memory_bytes(&self) -> usize {
        let sections = self.sections.iter();
        let rows: usize = sections
            .map(|section| section.chunk.memory_bytes() + section.authority.capacity())
            .sum();
        size_of::<Self>() + self.sections.capacity() * size_of::<Section>() + rows + self.index.memory_bytes()
    }
}

/// The table at one moment. Sending it elsewhere and cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub struct TableSnapshot {
    sections: Vec<Section>,
    len: usize,
    generation: u64,
}

impl TableSnapshot {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One row.
    pub fn row(&self, row: Row) -> Option<MailboxRow<'_>> {
        row_of(&self.sections, row)
    }

    /// The table's generation when the snapshot was taken.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn sections(&self) -> &[Section] {
        &self.sections
    }
}

#[cfg(test)]
pub(in crate::domain) mod tests;
