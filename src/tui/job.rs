//! Long work as the cockpit sees it: one entry per effect that takes time, shown in the jobs drawer.

use std::time::Duration;

/// Names one piece of long work. The model hands them out; effects carry them out, messages carry them back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// What kind of work a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Signing in.
    SignIn,
    /// Signing a person in beside an application.
    SignInBeside,
    /// Reading the organisation and the tenant-wide default.
    Organization,
    /// Streaming the inventory.
    Inventory,
    /// Reading one mailbox in full.
    Details,
    /// Making a plan.
    Plan,
    /// Writing a plan file.
    SavePlan,
    /// Applying or resuming a plan.
    Run,
    /// Reading the list of runs.
    Runs,
    /// Reading the record of one run.
    Record,
    /// Reading back what a run wrote.
    Verify,
    /// Reading a CSV of mailboxes to mark.
    ImportMarks,
    /// Reading a directory export.
    ImportDirectory,
    /// Writing the view to a file.
    Export,
    /// Reading or writing saved waves.
    Waves,
    /// Writing the configuration.
    Configure,
    /// Looking at what is in use.
    Information,
    /// Checking an action on Cloud Sync.
    Prepare,
    /// Carrying out an action on Cloud Sync.
    Steer,
    /// Reading something of Cloud Sync.
    ReadSynchronization,
    /// Reading hosts and probing endpoints.
    TlsCheck,
    /// Writing the fix of a host.
    SaveFix,
    /// Changing this machine's registry.
    ApplyFix,
}

impl JobKind {
    /// What the jobs drawer calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SignInBeside => "sign-in beside",
            Self::Organization => "read organisation",
            Self::Inventory => "load mailboxes",
            Self::Details => "read mailbox",
            Self::Plan => "make plan",
            Self::SavePlan => "save plan",
            Self::Run => "run",
            Self::Runs => "list runs",
            Self::Record => "read run",
            Self::Verify => "verify run",
            Self::ImportMarks => "import marks",
            Self::ImportDirectory => "import directory export",
            Self::Export => "export view",
            Self::Waves => "waves",
            Self::Configure => "write configuration",
            Self::Information => "look at what is in use",
            Self::Prepare => "check action",
            Self::Steer => "carry out action",
            Self::ReadSynchronization => "read Cloud Sync",
            Self::TlsCheck => "TLS check",
            Self::SaveFix => "save fix",
            Self::ApplyFix => "apply fix",
        }
    }
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// At work.
    Running,
    /// Told to stop, not yet over.
    Stopping,
    /// Over, all well.
    Done,
    /// Over because the administrator cancelled it.
    Cancelled,
    /// Over with an error, in one sentence.
    Failed(String),
}

impl JobState {
    /// The word beside the job.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether the job still works.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Running | Self::Stopping)
    }
}

/// One entry of the jobs drawer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name in effects and messages.
    pub id: JobId,
    /// What kind of work.
    pub kind: JobKind,
    /// What it works on, in a few words.
    pub subject: String,
    /// Where it stands.
    pub state: JobState,
    /// When it started, since the process started.
    pub started: Duration,
    /// When it ended.
    pub ended: Option<Duration>,
}
