//! `handover mailboxes …`: what each verb takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::domain::Target;

/// Work on mailboxes.
#[derive(Debug, Subcommand)]
pub enum MailboxesVerb {
    /// List mailboxes.
    List(ListArguments),
    /// Show one mailbox: cloud attributes, directory attributes, differences.
    Show(ShowArguments),
    /// Decide what a run will change; writes a plan file and changes nothing.
    Plan(PlanArguments),
    /// Carry out a plan.
    Apply(ApplyArguments),
    /// Go on with an interrupted run.
    Resume(ResumeArguments),
    /// Plan the way back of a run.
    Undo(UndoArguments),
    /// Re-read every mailbox of a run and report what was reverted.
    Verify {
        /// Name of the run, or `latest`.
        run: String,
    },
    /// Plan a change of the e-mail addresses of one cloud-managed mailbox.
    Address(AddressArguments),
}

/// Which mailboxes to list.
#[derive(Clone, Debug, Args)]
pub struct ListArguments {
    /// Filter expression, such as `type:shared flag:onprem domain:contoso.com smith !test`.
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Only mailboxes synchronized from Active Directory.
    #[arg(long)]
    pub dir_synced: bool,
}

/// One mailbox.
#[derive(Clone, Debug, Args)]
pub struct ShowArguments {
    /// Object id, user principal name or primary address.
    pub mailbox: String,
    /// Export of the directory (LDIF or CSV) to compare with.
    #[arg(long, value_name = "FILE")]
    pub directory_export: Option<PathBuf>,
}

/// What to plan.
#[derive(Clone, Debug, Args)]
#[command(group(clap::ArgGroup::new("selection").required(true).multiple(false)))]
pub struct PlanArguments {
    /// Where the authority goes.
    #[arg(long, value_enum, value_name = "TARGET")]
    pub to: Target,
    /// Every mailbox of the tenant; what can't be handed over is reported, not changed.
    #[arg(long, group = "selection")]
    pub all: bool,
    /// Mailboxes that match a filter.
    #[arg(long, group = "selection", value_name = "EXPR")]
    pub filter: Option<String>,
    /// Mailboxes named in a CSV file.
    #[arg(long, group = "selection", value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// A saved wave.
    #[arg(long, group = "selection", value_name = "NAME")]
    pub wave: Option<String>,
    /// Mailboxes to leave out, as a CSV file.
    #[arg(long, value_name = "FILE")]
    pub exclude: Option<PathBuf>,
    /// At most this many mailboxes.
    #[arg(long, value_name = "N")]
    pub max: Option<usize>,
    /// Export of the directory (LDIF or CSV) for the directory side of the checks.
    #[arg(long, value_name = "FILE")]
    pub directory_export: Option<PathBuf>,
    /// Version of Entra Connect Sync, as read on its server; 2.5.190.0 is needed.
    #[arg(long, value_name = "VERSION")]
    pub connect_version: Option<String>,
    /// With `--to on-premises`: accept that the directory overwrites newer cloud values; the number of values that would be
    /// lost.
    #[arg(long, value_name = "N")]
    pub accept_loss: Option<u64>,
    /// Plan file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Also write the plan as a script for the Exchange Online PowerShell module.
    #[arg(long, value_name = "FILE")]
    pub as_powershell: Option<PathBuf>,
}

/// How to apply.
#[derive(Clone, Debug, Args)]
pub struct ApplyArguments {
    /// Plan file.
    pub plan: PathBuf,
    /// The number of mailboxes the plan must hold: proof that it was looked at.
    #[arg(long, value_name = "N")]
    pub expect_count: u64,
    /// Requests in flight at most.
    #[arg(long, value_name = "K")]
    pub concurrency: Option<usize>,
}

/// How to go on.
#[derive(Clone, Debug, Args)]
pub struct ResumeArguments {
    /// Name of the run, or `latest`.
    pub run: String,
    /// Requests in flight at most.
    #[arg(long, value_name = "K")]
    pub concurrency: Option<usize>,
    /// Try mailboxes again that failed for good.
    #[arg(long)]
    pub retry_failed: bool,
    /// Go on although the plan is older than a day.
    #[arg(long)]
    pub stale_ok: bool,
    /// Write nothing more: read what is open, then close the run for good, so that others can begin.
    #[arg(long, conflicts_with_all = ["retry_failed", "stale_ok"])]
    pub abandon: bool,
}

/// The way back.
#[derive(Clone, Debug, Args)]
pub struct UndoArguments {
    /// Name of the run, or `latest`.
    pub run: String,
    /// Plan file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Export of the directory (LDIF or CSV): what would overwrite the cloud.
    #[arg(long, value_name = "FILE")]
    pub directory_export: Option<PathBuf>,
    /// Accept that the directory overwrites newer cloud values: the number of values that would be lost.
    #[arg(long, value_name = "N")]
    pub accept_loss: Option<u64>,
}

/// A change of addresses.
#[derive(Clone, Debug, Args)]
pub struct AddressArguments {
    /// Object id, user principal name or primary address.
    pub mailbox: String,
    /// Address to add; a prefix such as `x500:` is kept, `smtp:` is assumed.
    #[arg(long, value_name = "ADDRESS")]
    pub add: Vec<String>,
    /// Address to remove.
    #[arg(long, value_name = "ADDRESS")]
    pub remove: Vec<String>,
    /// Address to make primary.
    #[arg(long, value_name = "ADDRESS")]
    pub primary: Option<String>,
    /// Plan file to write; `mailboxes apply` carries it out.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
