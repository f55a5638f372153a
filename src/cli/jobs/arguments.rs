//! Arguments of `handover jobs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::synchronization::{ConfirmArguments, PersonArguments};

/// Work on synchronization jobs. A JOB is a job id, the beginning of one, `CONFIGURATION/KIND` or the name of a
/// configuration with one job.
#[derive(Debug, Subcommand)]
pub enum JobsVerb {
    /// List configurations and their jobs.
    List,
    /// Show one job: state, runs with all counters, quarantine with advice, settings, history.
    Show(ShowArguments),
    /// Start or resume a job where it stopped.
    Start(SteerArguments),
    /// Pause a job.
    Pause(SteerArguments),
    /// Restart a job with a chosen scope.
    Restart(RestartArguments),
    /// Provision objects now, at most five in ten seconds.
    Provision(ProvisionArguments),
    /// Show the provisioning log, held-back deletions, or the audit of configuration changes.
    Logs(LogsArguments),
    /// Print each change of jobs until Ctrl-C.
    Watch(WatchArguments),
    /// Show or set the threshold of accidental deletions and who is told.
    Notify(NotifyArguments),
    /// Show or switch off the tenant-wide prevention of accidental deletions, that of Connect Sync.
    DeletePrevention(DeletePreventionArguments),
    /// Show, create or complete the writeback of Exchange attributes to Active Directory.
    Writeback(WritebackArguments),
    /// Print what must be done on an agent's host, because Graph can't.
    HostSteps(HostStepsArguments),
}

/// What to show.
#[derive(Clone, Debug, Args)]
pub struct ShowArguments {
    /// The job.
    pub job: String,
    /// Also which containers and groups it reads, and its filters.
    #[arg(long)]
    pub scope: bool,
    /// Print its schema instead, byte by byte as the service sent it.
    #[arg(long, conflicts_with = "scope")]
    pub schema: bool,
}

/// A job to steer.
#[derive(Clone, Debug, Args)]
pub struct SteerArguments {
    /// The job.
    pub job: String,
    /// Confirmation.
    #[command(flatten)]
    pub confirm: ConfirmArguments,
}

/// A restart.
#[derive(Clone, Debug, Args)]
pub struct RestartArguments {
    /// The job.
    pub job: String,
    /// What is forgotten: `clear-quarantine`, `restart`, `full`, `allow-deletes`.
    #[arg(long, value_name = "NAME", value_parser = ["clear-quarantine", "restart", "full", "allow-deletes"])]
    pub scope: String,
    /// Confirmation.
    #[command(flatten)]
    pub confirm: ConfirmArguments,
}

/// Objects to provision.
#[derive(Clone, Debug, Args)]
pub struct ProvisionArguments {
    /// The job.
    pub job: String,
    /// Distinguished names for jobs that read Active Directory, object ids for those that read Entra ID.
    #[arg(value_name = "OBJECT")]
    pub objects: Vec<String>,
    /// The same as an option.
    #[arg(long = "dn", value_name = "DN")]
    pub names: Vec<String>,
    /// File with one object a line, or a CSV table with a column DN; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Type of the objects, as the job's rule names its source.
    #[arg(long = "type", value_name = "TYPE", default_value = "user")]
    pub object_type: String,
    /// Confirmation.
    #[command(flatten)]
    pub confirm: ConfirmArguments,
}

/// Which entries.
#[derive(Clone, Debug, Args)]
pub struct LogsArguments {
    /// The job; the whole tenant without it.
    pub job: Option<String>,
    /// Only entries with this status: success, failure, skipped, warning.
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Only this action: create, update, delete, disable, stagedDelete, other.
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// Only entries whose source or target name or id holds this text.
    #[arg(long, value_name = "TEXT")]
    pub object: Option<String>,
    /// Only after this time, such as `2026-12-01T08:00:00Z`, or so long ago, such as `2h`.
    #[arg(long, value_name = "TIME")]
    pub after: Option<String>,
    /// Only before this time.
    #[arg(long, value_name = "TIME")]
    pub before: Option<String>,
    /// So many entries at most.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub max: usize,
    /// The deletions that the threshold holds back, each object once.
    #[arg(long, requires = "job", conflicts_with_all = ["status", "action", "object", "after", "before"])]
    pub staged_deletes: bool,
    /// Changes of configurations instead: who did what. `--object` then names what was changed.
    #[arg(long, conflicts_with_all = ["status", "action", "staged_deletes"])]
    pub audit: bool,
    /// Write a file instead: `.csv`, `.jsonl` or `.json`. An existing file is not replaced.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What to watch.
#[derive(Clone, Debug, Args)]
pub struct WatchArguments {
    /// The job; all without it. Notices are printed for all.
    pub job: Option<String>,
}

/// Settings of a configuration.
#[derive(Clone, Debug, Args)]
pub struct NotifyArguments {
    /// The configuration, by name or id, or one of its jobs.
    pub configuration: String,
    /// Deletions from which on a run stops, or `off`. N lets at most N - 1 through.
    #[arg(long, value_name = "N|off")]
    pub threshold: Option<String>,
    /// E-mail addresses, separated by commas.
    #[arg(long, value_name = "ADDRESSES")]
    pub recipients: Option<String>,
    /// Whether quarantines are told by e-mail.
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    pub email: Option<String>,
    /// Confirmation.
    #[command(flatten)]
    pub confirm: ConfirmArguments,
}

/// The tenant-wide prevention.
#[derive(Clone, Debug, Args)]
pub struct DeletePreventionArguments {
    /// Switch it off.
    #[arg(long)]
    pub disable: bool,
    /// Who signs in.
    #[command(flatten)]
    pub person: PersonArguments,
    /// Confirmation.
    #[command(flatten)]
    pub confirm: ConfirmArguments,
}

/// The writeback.
#[derive(Clone, Debug, Args)]
pub struct WritebackArguments {
    /// Create and start the configuration for this domain, or finish what was begun.
    #[arg(long, value_name = "DOMAIN")]
    pub create: Option<String>,
    /// Add the missing mapping `Mail -> mail` to this job, and nothing else.
    #[arg(long, value_name = "JOB", conflicts_with = "create")]
    pub add_mail: Option<String>,
    /// Confirmation.
    #[command(flatten)]
    pub confirm: ConfirmArguments,
}

/// Which steps.
#[derive(Clone, Debug, Args)]
pub struct HostStepsArguments {
    /// The topic; all without it.
    pub topic: Option<String>,
}
