//! Everything that can happen to the cockpit: keys, time, answers of jobs. One enum, so that a session can be replayed.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    domain::{Call, CloudAttributes, Mailbox, ObjectId, Plan, Profile, Service, ServiceError},
    engine::{InventoryEnd, Organization, RunProgress, RunSummary, SettledMailbox, TransportState},
};

use super::{chord::Chord, job::JobId, now::Now};

/// One message to [`crate::tui::update`].
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// The loop runs: sign in, offer interrupted runs. Sent once, first.
    Started,
    /// A key was pressed (or repeats).
    Key(Chord),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The time. The loop sends one before every batch of other messages and when [`crate::tui::Model::wake_at`] is due.
    Tick(Now),

    /// The sign-in needs the administrator.
    SignInPrompt {
        /// The job.
        job: JobId,
        /// What to show.
        prompt: SignInPrompt,
    },
    /// The sign-in ended.
    SignedIn {
        /// The job.
        job: JobId,
        /// Who, or why not.
        result: Result<Identity, Failure>,
    },
    /// The organisation was read.
    Organization {
        /// The job.
        job: JobId,
        /// The organisation, or why not.
        result: Result<Organization, Failure>,
    },
    /// The connection to a service changed its state.
    Connection {
        /// Which service.
        service: Service,
        /// Its state.
        connection: Connection,
    },
    /// Throttling and retries of a service; the latest value wins.
    Transport {
        /// Which service.
        service: Service,
        /// Its state.
        state: TransportState,
    },
    /// Finished calls, oldest first, for the call log.
    Calls(Vec<Call>),

    /// Rows of the inventory, at most 1,000.
    MailboxesLoaded {
        /// The job.
        job: JobId,
        /// The rows.
        mailboxes: Vec<Mailbox>,
    },
    /// The inventory ended; rows sent before stay.
    InventoryEnded {
        /// The job.
        job: JobId,
        /// How it ended, or why not.
        result: Result<InventoryEnd, Failure>,
    },
    /// The rows of the view, filtered and sorted.
    Arranged {
        /// The generation of the request.
        generation: u64,
        /// Rows of the table, in view order.
        rows: Vec<u32>,
    },
    /// One mailbox in full.
    Details {
        /// The job.
        job: JobId,
        /// The mailbox asked for.
        id: ObjectId,
        /// Its attributes, or why not.
        result: Result<Box<MailboxDetails>, Failure>,
    },

    /// How far a plan is.
    PlanProgress {
        /// The job.
        job: JobId,
        /// Mailboxes checked.
        checked: u64,
        /// Mailboxes to check.
        total: u64,
        /// What it is doing, in a few words.
        doing: String,
    },
    /// The plan is made.
    PlanReady {
        /// The job.
        job: JobId,
        /// The plan, or why not.
        result: Result<Arc<Plan>, Failure>,
    },
    /// The plan file is written.
    PlanSaved {
        /// The job.
        job: JobId,
        /// The full path, or why not.
        result: Result<String, Failure>,
    },

    /// How far a run is; the latest value wins.
    RunProgress {
        /// The job.
        job: JobId,
        /// The progress.
        progress: Box<RunProgress>,
    },
    /// Mailboxes that a run at work has settled, so that the table follows; at most 1,000 at once.
    Settled {
        /// The job.
        job: JobId,
        /// The mailboxes, with the flag each has now.
        mailboxes: Vec<SettledMailbox>,
    },
    /// The run is over.
    RunEnded {
        /// The job.
        job: JobId,
        /// Its summary and the mailboxes that failed or stayed unknown, or why it could not run.
        result: Result<RunOutcome, Failure>,
    },
    /// The runs on disk, newest first.
    Runs {
        /// The job.
        job: JobId,
        /// The list, or why not.
        result: Result<Vec<RunRow>, Failure>,
    },
    /// A run was read back.
    Verified {
        /// The job.
        job: JobId,
        /// What was found, or why not.
        result: Result<Verification, Failure>,
    },

    /// The CSV of mailboxes was read.
    MarksImported {
        /// The job.
        job: JobId,
        /// What it named, or why not.
        result: Result<ImportedMarks, Failure>,
    },
    /// The directory export was read.
    DirectoryImported {
        /// The job.
        job: JobId,
        /// What it holds, or why not.
        result: Result<ImportedDirectory, Failure>,
    },
    /// The view was written.
    Exported {
        /// The job.
        job: JobId,
        /// Full path and rows written, or why not.
        result: Result<(String, u64), Failure>,
    },
    /// The saved waves.
    Waves {
        /// The job.
        job: JobId,
        /// The list, or why not.
        result: Result<Vec<WaveRow>, Failure>,
    },
    /// The mailboxes of a wave.
    WaveLoaded {
        /// The job.
        job: JobId,
        /// Name of the wave.
        name: String,
        /// Its mailboxes, or why not.
        result: Result<Vec<ObjectId>, Failure>,
    },
    /// The configuration was written.
    Configured {
        /// The job.
        job: JobId,
        /// The profile and the file it stands in, or why not.
        result: Result<(Box<Profile>, String), Failure>,
    },
    /// The clipboard could not be reached; holds the file the text was written to instead, or why not even that.
    CopyFailed(Result<String, Failure>),
    /// Something to tell that belongs to no job, such as a refused start of a job.
    Note(Level, String),
    /// The operating system asks to end (SIGHUP, SIGTERM, console close): as quitting, without questions.
    Terminate,
}

/// What the sign-in shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInPrompt {
    /// A code to type on another device.
    DeviceCode {
        /// The code.
        code: String,
        /// Where to type it.
        url: String,
        /// How long it is valid from this message on.
        valid_for: Duration,
    },
    /// The browser was opened; it can be opened by hand too.
    Browser {
        /// Where it points.
        url: String,
    },
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name for people: a sign-in name or the name of the application.
    pub name: String,
    /// Tenant id from the token.
    pub tenant_id: String,
    /// Something to say about the sign-in, such as where the refresh token rests.
    pub note: Option<String>,
}

/// The state of the connection to one service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not signed in, nothing sent yet.
    #[default]
    SignedOut,
    /// Signing in or first request under way.
    Connecting,
    /// The last call was answered.
    Connected,
    /// Calls fail; they are tried again.
    Retrying,
    /// Calls failed for good.
    Lost,
}

impl Connection {
    /// The word in the title line.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "signed out",
            Self::Connecting => "connecting",
            Self::Connected => "ok",
            Self::Retrying => "retrying",
            Self::Lost => "lost",
        }
    }
}

/// Why a job did not do what it should, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// What happened, to what; one or two sentences.
    pub message: String,
    /// What it means and what to do.
    pub advice: Option<String>,
    /// Code, request id and the like, for support.
    pub detail: Option<String>,
    /// The administrator cancelled it: no error is shown.
    pub cancelled: bool,
    /// A run had begun; it stopped and can be resumed.
    pub resumable: bool,
}

impl Failure {
    /// A failure with nothing but a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// The end of a job that the administrator cancelled.
    pub fn cancelled() -> Self {
        Self {
            message: "cancelled".to_owned(),
            cancelled: true,
            ..Self::default()
        }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        let detail = [
            error.code,
            error.status.map(|status| format!("HTTP {status}")),
            error.request_id.map(|id| format!("request {id}")),
        ];
        let detail: Vec<String> = detail.into_iter().flatten().collect();
        Self {
            cancelled: error.class == crate::domain::ErrorClass::Cancelled,
            message: error.message,
            advice: error.advice,
            detail: (!detail.is_empty()).then(|| detail.join(", ")),
            resumable: false,
        }
    }
}

/// One mailbox in full.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MailboxDetails {
    /// Its cloud side.
    pub cloud: CloudAttributes,
    /// Its directory side, attribute and value as text, in export order; nothing when no export is loaded or it is not
    /// in it.
    pub directory: Option<Vec<(String, String)>>,
    /// What differs between the two sides.
    pub differences: Vec<DifferenceRow>,
}

/// One attribute that was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferenceRow {
    /// Exchange Online attribute.
    pub attribute: String,
    /// The class word: `equal`, `cloud-only`, `ad-only`, `changed`, `cloud-noise`, `unknown`.
    pub class: String,
    /// The cloud's value as text.
    pub cloud: String,
    /// The directory's value as text; nothing when it is not known.
    pub directory: Option<String>,
}

/// One run of the runs list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Name of the run: its folder.
    pub run: String,
    /// Open, interrupted or done.
    pub state: RunRowState,
    /// Tenant domain.
    pub tenant: String,
    /// What it does, in a few words, such as `200 to cloud`.
    pub what: String,
    /// Settled in the target state.
    pub done: u64,
    /// Not settled.
    pub remaining: u64,
    /// When it started.
    pub started_at: Timestamp,
    /// Whether it belongs to the tenant of this profile; runs of other tenants can be looked at only.
    pub this_tenant: bool,
}

/// Where a run on disk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunRowState {
    /// A process works on it.
    Open,
    /// It can be resumed.
    Interrupted,
    /// Every mailbox is settled.
    Done,
}

impl RunRowState {
    /// The word in the list.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOutcome {
    /// The figures.
    pub summary: RunSummary,
    /// Mailboxes that failed or stayed unknown: they stay marked.
    pub unsettled: Vec<ObjectId>,
}

/// What reading back a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Name of the run.
    pub run: String,
    /// Mailboxes that are where the run put them.
    pub as_written: u64,
    /// Mailboxes that are somewhere else now, with a sentence each.
    pub reverted: Vec<(ObjectId, String)>,
    /// Mailboxes that could not be read.
    pub unreadable: u64,
}

/// What a CSV named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedMarks {
    /// Mailboxes found.
    pub mailboxes: Vec<ObjectId>,
    /// Lines that name the same mailbox again.
    pub duplicates: u64,
    /// What was not found, as written, at most 100.
    pub unknown: Vec<String>,
    /// What fits several mailboxes, as written, at most 100.
    pub ambiguous: Vec<String>,
    /// How many lines were not found or ambiguous in all.
    pub unmatched: u64,
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

/// How much a note weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Goes away by itself.
    Info,
    /// Goes away by itself, stays in the history as a warning.
    Warn,
    /// Stays until a key is pressed.
    Error,
}

impl Level {
    /// The word before the text.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warning",
            Self::Error => "error",
        }
    }
}
