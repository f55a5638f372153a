//! Which rows a table shows, and in which order. Made to run off the loop: everything stops when asked to.
//!
//! Sorting is paid for once per sort or reload ([`order`]); a keystroke in the filter only picks rows from that order
//! ([`filter`]).

mod bits;
mod order;
mod scan;
mod search;

use std::sync::Arc;

pub use order::order;
pub use search::filter;

use super::filter::Filter;
use super::table::{Row, TableSnapshot};

/// A question asked now and then during long work: true means stop.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// A column of the Mailboxes table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// Display name.
    DisplayName,
    /// Primary address.
    PrimarySmtpAddress,
    /// Sign-in name.
    UserPrincipalName,
    /// Exchange alias.
    Alias,
    /// Recipient type.
    RecipientType,
    /// Source of authority.
    Authority,
    /// Directory synchronization.
    DirSynced,
    /// Last change.
    WhenChanged,
    /// Object identifier.
    Id,
}

/// A column as the picker, the header and help show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Which column.
    pub column: Column,
    /// Its name in saved views, stable.
    pub word: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// One line of help.
    pub doc: &'static str,
}

const fn info(column: Column, word: &'static str, title: &'static str, doc: &'static str) -> ColumnInfo {
    ColumnInfo {
        column,
        word,
        title,
        doc,
    }
}

const COLUMNS: [ColumnInfo; 9] = [
    info(Column::DisplayName, "name", "Name", "display name"),
    info(
        Column::PrimarySmtpAddress,
        "mail",
        "Address",
        "primary e-mail address",
    ),
    info(
        Column::UserPrincipalName,
        "upn",
        "Sign-in name",
        "user principal name",
    ),
    info(Column::Alias, "alias", "Alias", "Exchange alias"),
    info(
        Column::RecipientType,
        "type",
        "Type",
        "user, shared, room, equipment or another recipient type",
    ),
    info(
        Column::Authority,
        "flag",
        "Authority",
        "who may edit the Exchange attributes: cloud or on-prem",
    ),
    info(
        Column::DirSynced,
        "synced",
        "Synced",
        "synchronized from Active Directory",
    ),
    info(
        Column::WhenChanged,
        "changed",
        "Changed",
        "last change in the cloud",
    ),
    info(Column::Id, "id", "Object id", "object identifier in Entra ID"),
];

impl Column {
    /// All columns with their headings, in the order the picker shows them.
    pub fn all() -> &'static [ColumnInfo] {
        &COLUMNS
    }

    /// Heading and help.
    pub fn info(self) -> &'static ColumnInfo {
        &COLUMNS[self as usize]
    }

    /// The heading.
    pub fn title(self) -> &'static str {
        self.info().title
    }

    /// The column of a saved view.
    pub fn from_word(word: &str) -> Option<Self> {
        COLUMNS
            .iter()
            .find(|info| info.word == word)
            .map(|info| info.column)
    }
}

/// How rows are sorted. Texts compare without letter case; equal rows stay in order of arrival, also when descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By which column.
    pub column: Column,
    /// Highest first.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            column: Column::DisplayName,
            descending: false,
        }
    }
}

/// Sorts and filters in one go; nothing when stopped. For a single answer; a screen keeps the order instead.
pub fn arrange(snapshot: &TableSnapshot, filter: &Filter, sort: Sort, stop: Stop<'_>) -> Option<Vec<Row>> {
    let order: Arc<Vec<Row>> = order(snapshot, sort, stop)?;
    search::filter(snapshot, &order, filter, None, stop)
}

#[cfg(test)]
mod tests;
