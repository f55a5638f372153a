//! A choice out of a few, each with its key, such as the column to sort by.

use crate::{
    domain::arrange::Column,
    engine::synchronization::SynchronizationAction,
    tui::{action::Action, widget::Scroll},
};

/// A menu on screen.
#[derive(Clone, Debug)]
pub struct Menu {
    /// Its title.
    pub title: String,
    /// The entries.
    pub entries: Vec<MenuEntry>,
    /// The entry with the cursor.
    pub scroll: Scroll,
}

/// An entry.
#[derive(Clone, Debug)]
pub struct MenuEntry {
    /// What it is called.
    pub title: String,
    /// What it means.
    pub note: String,
    /// What it does, at length: shown for the entry with the cursor. Empty where the note says it.
    pub doc: String,
    /// What choosing it does.
    pub picked: Picked,
}

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// Sorts by a column; nothing is the order of arrival.
    Sort(Option<Column>),
    /// Sorts the list with the cursor of the Agents tab by the column at this place; nothing is its own order.
    SortPane(Option<usize>),
    /// Copies a text.
    Copy(String),
    /// Does an action of the table.
    Perform(Action),
    /// Plans an action on Cloud Sync.
    Begin(Box<SynchronizationAction>),
}
