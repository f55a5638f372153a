//! A dialog that wants one line of text.

use std::sync::Arc;

use crate::{domain::Plan, tui::widget::TextField};

/// A prompt on screen.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Its title.
    pub title: &'static str,
    /// What to type, in a sentence or two.
    pub hint: String,
    /// The line.
    pub field: TextField,
    /// What it is for.
    pub purpose: Purpose,
    /// Why the text was not taken.
    pub error: Option<String>,
}

/// What the text is for.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// The CSV to mark mailboxes from.
    ImportMarks,
    /// The directory export.
    ImportDirectory,
    /// Where the view goes.
    ExportView,
    /// Where the rows of a log go.
    ExportLog,
    /// The name of a new agent group.
    CreateGroup,
    /// The new name of an agent group.
    RenameGroup(String),
    /// The domain to write Exchange attributes back to.
    CreateWriteback,
    /// Where the plan goes.
    SavePlan(Arc<Plan>),
    /// A file with registry values.
    ImportRegistry,
    /// Where a fix goes.
    SaveFix,
    /// The name of a wave.
    SaveWave,
    /// An address to add.
    AddAddress,
    /// The version of Connect Sync.
    ConnectVersion,
}

impl Prompt {
    /// A prompt.
    pub fn new(title: &'static str, hint: impl Into<String>, text: &str, purpose: Purpose) -> Self {
        Self {
            title,
            hint: hint.into(),
            field: TextField::new(text),
            purpose,
            error: None,
        }
    }
}
