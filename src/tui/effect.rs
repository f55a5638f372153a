//! What the cockpit wants done: plain data, turned into engine jobs by the runtime.
//!
//! Every effect that takes time carries a [`JobId`]; the answering messages carry it back. A job ends with exactly one
//! of its answering messages, also when it was cancelled (as a [`crate::tui::Failure`] with `cancelled` set).

mod logs;
mod steering;
mod tls;

use std::sync::Arc;

use crate::{
    domain::{
        Cloud, ObjectId, Plan, SignInMethod, Target,
        arrange::Sort,
        filter::Filter,
        table::{Row, TableSnapshot},
    },
    engine::{InventoryQuery, Steering},
};

use super::job::JobId;

pub use logs::{LogEffect, LogFilterRequest, LogPageRequest};
pub use steering::SteeringEffect;
pub use tls::{CheckScope, TlsEffect};

/// One thing to do outside the model.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Sign in with the configured method. Prompts come as `SignInPrompt`; ends with `SignedIn`.
    SignIn {
        /// The job.
        job: JobId,
    },
    /// Sign a person in with a device code beside the application that is signed in; Cloud Sync is asked with that sign-in
    /// from then on. Prompts come as `SignInPrompt`; ends with `SignedInBeside`.
    SignInBeside {
        /// The job.
        job: JobId,
    },
    /// Begin, steer or end the watch over Cloud Sync. It tells with `Watch`.
    Watch(WatchOrder),
    /// Read the organisation and the tenant-wide default. Ends with `Organization`.
    ReadOrganization {
        /// The job.
        job: JobId,
    },
    /// Stream the inventory in batches of at most 1,000 rows (`MailboxesLoaded`). Ends with `InventoryEnded`.
    LoadInventory {
        /// The job.
        job: JobId,
        /// What to ask for.
        query: InventoryQuery,
    },
    /// Cancel a job. Runs end between mailboxes only: use [`Effect::SteerRun`] for them.
    CancelJob(JobId),
    /// Filter and sort off the loop. Answered by `Arranged` with the same generation.
    Arrange(ArrangeRequest),
    /// Read one mailbox in full and, where a directory export is loaded, its directory side. Ends with `Details`.
    ReadDetails {
        /// The job.
        job: JobId,
        /// The mailbox.
        id: ObjectId,
    },
    /// Make a plan. Progress as `PlanProgress`; ends with `PlanReady`.
    BuildPlan {
        /// The job.
        job: JobId,
        /// What to plan.
        request: PlanRequest,
    },
    /// Seal the same plan again with the loss accepted. The administrator has typed the sentence. Ends with `PlanReady`.
    AcceptLoss {
        /// The job.
        job: JobId,
        /// The plan whose loss was accepted.
        plan: Arc<Plan>,
    },
    /// Write a plan file. Ends with `PlanSaved`.
    SavePlan {
        /// The job.
        job: JobId,
        /// The plan.
        plan: Arc<Plan>,
        /// Where to, as typed.
        path: String,
    },
    /// Apply a plan. Progress as `RunProgress`, mailboxes as `Settled`; ends with `RunEnded`.
    Apply {
        /// The job.
        job: JobId,
        /// The plan, confirmed.
        plan: Arc<Plan>,
        /// How many items the administrator confirmed; the engine refuses any other count.
        expect_count: u64,
    },
    /// Pause, continue or cancel a run, between mailboxes only.
    SteerRun {
        /// The job of the run.
        job: JobId,
        /// What is wanted.
        steering: Steering,
    },
    /// Check plans against this version of Connect Sync from now on; the administrator attested it.
    AttestConnectVersion(String),
    /// Read the list of runs. Ends with `Runs`.
    ListRuns {
        /// The job.
        job: JobId,
    },
    /// Read the record of one run. Ends with `RunShown`.
    ShowRun {
        /// The job.
        job: JobId,
        /// Name of the run.
        run: String,
    },
    /// Resume an interrupted run. Progress as `RunProgress`, mailboxes as `Settled`; ends with `RunEnded`.
    Resume {
        /// The job.
        job: JobId,
        /// Name of the run.
        run: String,
    },
    /// Read back what a run wrote. Ends with `Verified`.
    Verify {
        /// The job.
        job: JobId,
        /// Name of the run.
        run: String,
    },
    /// Build the plan that takes a run back. Ends with `PlanReady`.
    UndoPlan {
        /// The job.
        job: JobId,
        /// Name of the run.
        run: String,
    },
    /// Find the mailboxes a CSV names. Ends with `MarksImported`.
    ImportMarks {
        /// The job.
        job: JobId,
        /// The file, as typed.
        path: String,
        /// The mailboxes to look for.
        table: TableSnapshot,
    },
    /// Read a directory export (LDIF or CSV). Ends with `DirectoryImported`.
    ImportDirectory {
        /// The job.
        job: JobId,
        /// The file, as typed.
        path: String,
        /// The mailboxes to match it with.
        table: TableSnapshot,
    },
    /// Write rows of the view, in view order; JSON when the path ends in `.json`, JSON lines for `.jsonl`, CSV otherwise.
    /// Ends with `Exported`.
    ExportView {
        /// The job.
        job: JobId,
        /// The file, as typed.
        path: String,
        /// The table the rows are of.
        table: TableSnapshot,
        /// The rows, in view order.
        rows: Vec<Row>,
    },
    /// Put a text on the clipboard (OSC 52, tmux wrapped). On failure `CopyFailed`.
    Copy(String),
    /// Read the names of the saved waves. Ends with `Waves`.
    ListWaves {
        /// The job.
        job: JobId,
    },
    /// Save the marked mailboxes under a name. Ends with `Waves`.
    SaveWave {
        /// The job.
        job: JobId,
        /// Name of the wave.
        name: String,
        /// Its mailboxes.
        mailboxes: Vec<ObjectId>,
    },
    /// Read the mailboxes of a wave. Ends with `WaveLoaded`.
    LoadWave {
        /// The job.
        job: JobId,
        /// Name of the wave.
        name: String,
    },
    /// Delete a wave. Ends with `Waves`.
    DeleteWave {
        /// The job.
        job: JobId,
        /// Name of the wave.
        name: String,
    },
    /// Lift the engine's read-only policy for this process: the tenant's domain was typed.
    UnlockWriting,
    /// Put the engine back to read-only.
    LockWriting,
    /// Write the first configuration. Ends with `Configured`.
    WriteConfig {
        /// The job.
        job: JobId,
        /// What was chosen.
        setup: Setup,
    },
    /// Gather what is in use. Ends with `Information`.
    ReadInformation {
        /// The job.
        job: JobId,
    },
    /// Do something to Cloud Sync.
    Steering(SteeringEffect),
    /// Do something with a log of Cloud Sync.
    Log(LogEffect),
    /// Do something about TLS.
    Tls(TlsEffect),
    /// Open an address in the system browser.
    OpenBrowser(String),
    /// Stop the process like any terminal program (Ctrl-Z); on Windows nothing happens.
    Suspend,
    /// Leave. No run is at work any more, or the administrator said that it may be left interrupted: the runtime lets
    /// running work finish its current step first.
    Quit,
}

/// What the watch over Cloud Sync is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchOrder {
    /// Begin, under this number.
    Begin {
        /// Comes back with everything it tells.
        watch: u64,
    },
    /// Somebody looks.
    Show,
    /// Nobody looks; it pauses when that lasts.
    Hide,
    /// Read everything now.
    Refresh,
    /// End.
    End,
}

/// What to filter and sort.
#[derive(Clone, Debug)]
pub struct ArrangeRequest {
    /// Grows with every request; answers with an older one are dropped, so work on those can stop.
    pub generation: u64,
    /// The rows.
    pub table: TableSnapshot,
    /// Which of them.
    pub filter: Filter,
    /// In which order; nothing is the order of arrival.
    pub sort: Option<Sort>,
}

/// What to plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanRequest {
    /// Hand the authority of these mailboxes over.
    Authority {
        /// Where the authority goes.
        target: Target,
        /// The mailboxes, in view order.
        mailboxes: Vec<ObjectId>,
    },
    /// Replace the addresses of one cloud-managed mailbox.
    Addresses {
        /// The mailbox.
        id: ObjectId,
        /// As read, in service order, prefixes kept.
        before: Vec<String>,
        /// As wanted, in service order; exactly one has the prefix `SMTP:`.
        after: Vec<String>,
    },
    /// Switch the tenant-wide default for new mailboxes.
    TenantDefault {
        /// The side new mailboxes will belong to.
        target: Target,
    },
}

/// What the set-up dialog asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// Where the tenant lives.
    pub cloud: Cloud,
    /// Tenant domain, such as `contoso.onmicrosoft.com`.
    pub tenant: String,
    /// How to sign in.
    pub method: SignInMethod,
    /// The organisation's own app registration; nothing for Microsoft's public clients.
    pub client_id: Option<String>,
}
