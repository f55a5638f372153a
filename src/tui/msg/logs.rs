//! Answers about the logs of Cloud Sync.

use std::sync::Arc;

use crate::tui::{job::JobId, layer::LogPage};

use super::Failure;

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub enum LogMsg {
    /// A page was read.
    Page {
        /// The job.
        job: JobId,
        /// The page, or why not.
        result: Result<LogPageRead, Failure>,
    },
    /// Which rows a filter shows.
    Filtered {
        /// The generation of the request.
        generation: u64,
        /// Numbers of the rows, rising.
        rows: Vec<u32>,
        /// How many rows there were to look at.
        looked_at: u32,
    },
}

/// A page.
#[derive(Clone, Debug, PartialEq)]
pub struct LogPageRead {
    /// Its rows; may be empty although more follow.
    pub rows: Arc<LogPage>,
    /// What fetches the next page; nothing at the end.
    pub next: Option<String>,
}
