//! The fix of a host: what would change, before it is saved, copied or applied.

use std::sync::Arc;

use crate::{
    engine::tls_check::{
        CheckedHost,
        fix::{self, FixChange},
    },
    tui::{job::JobId, widget::Scroll},
};

/// The screen.
#[derive(Clone, Debug)]
pub struct FixScreen {
    /// The host as it was read when the screen was opened.
    pub host: Arc<CheckedHost>,
    /// What would change.
    pub changes: Vec<FixChange>,
    /// What to know before it is used, and what it leaves to people.
    pub notes: Vec<String>,
    /// Where fix and undo were saved.
    pub saved: Option<(String, String)>,
    /// The job that applies it.
    pub applying: Option<JobId>,
    /// Where the backup stands once it was applied.
    pub applied: Option<String>,
    /// First visible line.
    pub scroll: Scroll,
}

impl FixScreen {
    /// A fix nobody has done anything with.
    pub fn new(host: Arc<CheckedHost>) -> Self {
        Self {
            changes: fix::changes(&host),
            notes: fix::notes(&host),
            host,
            saved: None,
            applying: None,
            applied: None,
            scroll: Scroll::default(),
        }
    }
}
