//! The logs of a job: entries, and which of them the filter shows.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Layer,
    log_pages::{LogPage, LogPages},
};
use crate::{
    domain::synchronization::{AuditEntry, ProvisioningLogEntry},
    tui::{
        effect::LogFilterRequest,
        job::JobId,
        log_filter::LogFilter,
        widget::{Scroll, Step, TextField},
    },
};

/// Which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogKind {
    /// What the job did with each object.
    Provisioning,
    /// Deletions that the threshold holds back, each object once.
    StagedDeletes,
    /// Who changed the configuration.
    Audit,
    /// Who changed any configuration of the tenant.
    TenantAudit,
}

impl LogKind {
    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Provisioning => "Provisioning log",
            Self::StagedDeletes => "Held-back deletions",
            Self::Audit | Self::TenantAudit => "Audit of changes",
        }
    }

    /// Whether it tells of people who change configurations, not of objects.
    pub fn is_audit(self) -> bool {
        matches!(self, Self::Audit | Self::TenantAudit)
    }
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "a list holds one kind only, and nearly always the big one; a box each would cost more"
)]
pub enum LogRecord {
    /// Of the provisioning log.
    Provisioning(ProvisioningLogEntry),
    /// Of the directory audit.
    Audit(AuditEntry),
}

impl LogRecord {
    /// When.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Provisioning(entry) => entry.at,
            Self::Audit(entry) => entry.at,
        }
    }

    /// What was done, as a word.
    pub fn action(&self) -> &str {
        match self {
            Self::Provisioning(entry) => entry.action.word(),
            Self::Audit(entry) => &entry.activity,
        }
    }

    /// How it went, as a word.
    pub fn status(&self) -> &str {
        match self {
            Self::Provisioning(entry) => entry.status.word(),
            Self::Audit(entry) => &entry.result,
        }
    }

    /// The object it is about, by its best name.
    pub fn object(&self) -> &str {
        match self {
            Self::Provisioning(entry) => [
                &entry.source.display_name,
                &entry.target.display_name,
                &entry.source.id,
                &entry.target.id,
            ]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or("", String::as_str),
            Self::Audit(entry) => entry.targets.first().map_or("", String::as_str),
        }
    }

    /// What filters look at besides the fields.
    pub fn further_texts(&self) -> Vec<&str> {
        match self {
            Self::Provisioning(entry) => [&entry.source, &entry.target]
                .into_iter()
                .flat_map(|identity| [identity.display_name.as_str(), identity.id.as_str()])
                .chain(entry.error.as_ref().map(|error| error.message.as_str()))
                .collect(),
            Self::Audit(entry) => entry.targets.iter().map(String::as_str).collect(),
        }
    }

    /// The code of the error, or who did it.
    pub fn code(&self) -> &str {
        match self {
            Self::Provisioning(entry) => entry.error.as_ref().map_or("", |error| error.code.as_str()),
            Self::Audit(entry) => &entry.by,
        }
    }
}

/// The screen of a log.
#[derive(Clone, Debug)]
pub struct LogScreen {
    /// Which log.
    pub kind: LogKind,
    /// Id of the configuration.
    pub configuration: String,
    /// Id of the job.
    pub job_id: String,
    /// What people call it.
    pub name: String,
    /// The reading at work.
    pub reading: Option<JobId>,
    /// What fetches the next page; nothing at the end, and before the first page.
    pub next: Option<String>,
    /// Pages were read at all, or the reading failed for good.
    pub begun: bool,
    /// Why the last reading failed.
    pub failure: Option<String>,
    /// When the first page came.
    pub as_of: Option<Timestamp>,
    /// The rows.
    pub pages: LogPages,
    /// Numbers of the rows that the filter shows; nothing while it shows all.
    pub shown: Option<Vec<u32>>,
    /// The filter line as typed.
    pub filter_text: String,
    /// What is wrong with it.
    pub filter_error: Option<String>,
    /// The filter line while it is edited, and what it held before.
    pub editing: Option<(TextField, String)>,
    /// The filter in force.
    pub filter: LogFilter,
    /// Grows with every filter; answers with an older one are dropped.
    pub generation: u64,
    /// The filter in force was not yet answered.
    pub filtering: bool,
    /// Only entries after and before these times are read.
    pub window: (Option<Timestamp>, Option<Timestamp>),
    /// Pages that were read on without a key because the filter shows too little.
    pub read_on: usize,
    /// The row with the cursor.
    pub scroll: Scroll,
}

impl LogScreen {
    /// A screen without a row.
    pub fn new(kind: LogKind, configuration: String, job_id: String, name: String) -> Self {
        Self {
            kind,
            configuration,
            job_id,
            name,
            reading: None,
            next: None,
            begun: false,
            failure: None,
            as_of: None,
            pages: LogPages::default(),
            shown: None,
            filter_text: String::new(),
            filter_error: None,
            editing: None,
            filter: LogFilter::default(),
            generation: 0,
            filtering: false,
            window: (None, None),
            read_on: 0,
            scroll: Scroll::default(),
        }
    }

    /// Forgets what was read; the filter stays.
    pub fn restart(&mut self) {
        self.next = None;
        self.begun = false;
        self.failure = None;
        self.as_of = None;
        self.pages = LogPages::default();
        self.shown = (!self.filter.is_empty()).then(Vec::new);
        // Answers about the rows before say nothing any more.
        self.generation += 1;
        self.filtering = false;
        self.read_on = 0;
        self.scroll = Scroll::default();
    }

    /// How many rows are shown.
    pub fn length(&self) -> usize {
        self.shown.as_ref().map_or(self.pages.len(), Vec::len)
    }

    /// A row by its place on screen.
    pub fn at(&self, place: usize) -> Option<&LogRecord> {
        let number = match &self.shown {
            Some(shown) => *shown.get(place)?,
            None => u32::try_from(place).ok()?,
        };
        self.pages.record(number)
    }

    /// The row with the cursor.
    pub fn selected(&self) -> Option<&LogRecord> {
        self.at(self.scroll.cursor)
    }

    /// Whether older entries can be read.
    pub fn has_more(&self) -> bool {
        self.next.is_some() || !self.begun
    }

    /// A page came: the filter looks at its rows only.
    pub fn take(&mut self, page: Arc<LogPage>) {
        let first = self.pages.rows();
        self.pages.push(page);
        if let Some(shown) = &mut self.shown
            && !self.filtering
        {
            shown.extend(self.filter.fitting(&self.pages, first));
        }
    }

    /// Another filter: answered off the loop.
    pub fn set_filter(&mut self, text: &str) -> Option<LogFilterRequest> {
        text.clone_into(&mut self.filter_text);
        match LogFilter::parse(text) {
            Ok(filter) => {
                self.filter_error = None;
                if filter == self.filter {
                    return None;
                }
                self.filter = filter;
                self.generation += 1;
                if self.filter.is_empty() {
                    self.filtering = false;
                    self.show(None);
                    return None;
                }
                self.filtering = true;
                Some(LogFilterRequest {
                    generation: self.generation,
                    pages: self.pages.clone(),
                    filter: self.filter.clone(),
                })
            }
            Err(why) => {
                self.filter_error = Some(why);
                None
            }
        }
    }

    /// The answer to a filter; `looked_at` rows were there when it was asked. False when it is out of date.
    pub fn filtered(&mut self, generation: u64, mut rows: Vec<u32>, looked_at: u32) -> bool {
        if generation != self.generation || !self.filtering {
            return false;
        }
        self.filtering = false;
        rows.extend(self.filter.fitting(&self.pages, looked_at));
        self.show(Some(rows));
        true
    }

    /// Shows other rows; the cursor stays on its row, or goes to the nearest one that is newer.
    fn show(&mut self, shown: Option<Vec<u32>>) {
        let place = self.scroll.cursor;
        let number = match &self.shown {
            Some(shown) => shown.get(place).copied(),
            None => u32::try_from(place).ok(),
        }
        .unwrap_or(0);
        self.shown = shown;
        self.scroll.cursor = match &self.shown {
            Some(shown) => shown.partition_point(|row| *row <= number).saturating_sub(1),
            None => number as usize,
        };
    }

    /// Moves the cursor. True when it stands near the end of what was read, so that older entries are wanted.
    pub fn step(&mut self, step: Step, visible: usize) -> bool {
        let length = self.length();
        self.scroll.step(step, length, visible);
        self.scroll.cursor + visible.max(1) >= length
    }
}

/// One entry in full.
#[derive(Clone, Debug)]
pub struct LogEntryScreen {
    /// The entry.
    pub record: LogRecord,
    /// First visible line.
    pub scroll: Scroll,
}

/// The provisioning log that is looked at, with the entry under the cursor or the one open over it; help and palette may
/// lie over both.
pub fn logged_object(layers: &[Layer]) -> Option<(&LogScreen, Option<&ProvisioningLogEntry>)> {
    let mut below = layers
        .iter()
        .rev()
        .skip_while(|layer| matches!(layer, Layer::Help { .. } | Layer::Palette(_)));
    let (screen, record) = match below.next()? {
        Layer::Logs(screen) => (screen, screen.selected()),
        Layer::LogEntry(entry) => match below.next()? {
            Layer::Logs(screen) => (screen, Some(&entry.record)),
            _ => return None,
        },
        _ => return None,
    };
    let entry = match record {
        Some(LogRecord::Provisioning(entry)) => Some(entry),
        _ => None,
    };
    (screen.kind == LogKind::Provisioning).then_some((screen, entry))
}
