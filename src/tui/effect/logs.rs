//! What is asked of the logs of Cloud Sync.

use jiff::Timestamp;

use crate::tui::{
    job::JobId,
    layer::{LogKind, LogPages},
    log_filter::LogFilter,
};

/// One thing to do with a log.
#[derive(Clone, Debug)]
pub enum LogEffect {
    /// Read one page. Ends with `Page`.
    ReadPage {
        /// The job.
        job: JobId,
        /// What to read.
        request: LogPageRequest,
    },
    /// Filter off the loop. Answered by `Filtered` with the same generation.
    Filter(LogFilterRequest),
    /// Write the rows shown, in their order; JSON when the path ends in `.json`, JSON lines for `.jsonl`, CSV otherwise.
    /// Ends with `Exported`.
    Export {
        /// The job.
        job: JobId,
        /// The file, as typed.
        path: String,
        /// The rows.
        pages: LogPages,
        /// Which of them; all without.
        shown: Option<Vec<u32>>,
    },
}

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPageRequest {
    /// Which log.
    pub kind: LogKind,
    /// Id of the configuration.
    pub configuration: String,
    /// Id of the job.
    pub job_id: String,
    /// Only after this time.
    pub after: Option<Timestamp>,
    /// Only before this time.
    pub before: Option<Timestamp>,
    /// What the page before said; nothing for the first.
    pub next: Option<String>,
}

/// What to filter.
#[derive(Clone, Debug)]
pub struct LogFilterRequest {
    /// Grows with every filter; answers with an older one are dropped.
    pub generation: u64,
    /// The rows.
    pub pages: LogPages,
    /// Which of them.
    pub filter: LogFilter,
}
