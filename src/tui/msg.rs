//! Everything that can happen to the cockpit: keys, time, answers of jobs. One enum, so that a session can be replayed.

mod details;
mod failure;
mod files;
mod logs;
mod runs;
mod session;
mod steering;
mod tls;

use std::sync::Arc;

use crate::{
    domain::{Call, Mailbox, ObjectId, Plan, Profile, Service},
    engine::{
        InventoryEnd, Organization, RunProgress, SettledMailbox, TransportState, information::Information,
        synchronization::WatchEvent,
    },
};

use super::{chord::Chord, job::JobId, now::Now};

pub use details::{DifferenceRow, MailboxDetails};
pub use failure::Failure;
pub use files::{ImportedDirectory, ImportedMarks, WaveRow};
pub use logs::{LogMsg, LogPageRead};
pub use runs::{RunOutcome, RunRow, RunRowState, RunWork, Verification};
pub use session::{Connection, Identity, SignInPrompt};
pub use steering::SteeringMsg;
pub use tls::TlsMsg;

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
    /// The sign-in beside the application ended.
    SignedInBeside {
        /// The job.
        job: JobId,
        /// Who, or why not.
        result: Result<Identity, Failure>,
    },
    /// Something about Cloud Sync.
    Watch {
        /// The watch that tells it.
        watch: u64,
        /// What.
        event: WatchEvent,
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
    /// The record of a run was read.
    RunShown {
        /// The job.
        job: JobId,
        /// The record, or why not.
        result: Result<Box<crate::engine::runs::RunDetail>, Failure>,
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
    /// What is in use.
    Information {
        /// The job.
        job: JobId,
        /// What was gathered, or why not.
        result: Result<Box<Information>, Failure>,
    },
    /// An answer about an action on Cloud Sync.
    Steering(SteeringMsg),
    /// An answer about a log of Cloud Sync.
    Log(LogMsg),
    /// An answer about a TLS check or a fix.
    Tls(TlsMsg),
    /// The clipboard could not be reached; holds the file the text was written to instead, or why not even that.
    CopyFailed(Result<String, Failure>),
    /// Something to tell that belongs to no job, such as a refused start of a job.
    Note(Level, String),
    /// The operating system asks to end (SIGHUP, SIGTERM, console close): as quitting, without questions.
    Terminate,
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
