//! The command line (design section 2).

mod mailboxes;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use super::{agents::arguments::AgentsVerb, jobs::arguments::JobsVerb, tls::arguments::TlsVerb};
use crate::domain::{Cloud, SignInMethod, Target};

pub use mailboxes::{
    AddressArguments, ApplyArguments, ListArguments, MailboxesVerb, PlanArguments, ResumeArguments,
    ShowArguments, UndoArguments,
};

/// Hands the authority over Exchange attributes to the cloud, mailbox by mailbox.
#[derive(Debug, Parser)]
#[command(
    name = "handover",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Arguments {
    /// Options every verb takes.
    #[command(flatten)]
    pub global: Global,
    /// The verb; the cockpit when none is given.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Options every verb takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Configuration file.
    #[arg(long, global = true, value_name = "FILE", env = "HANDOVER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Profile of the configuration; its `default_profile` otherwise.
    #[arg(long, global = true, value_name = "NAME", env = "HANDOVER_PROFILE")]
    pub profile: Option<String>,
    /// Folder for runs, waves, locks and logs.
    #[arg(long, global = true, value_name = "DIR", env = "HANDOVER_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Allow changes for this process; everything is read-only otherwise.
    #[arg(long, global = true)]
    pub write: bool,
    /// Format of results: a table on a terminal, JSON otherwise.
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT")]
    pub output: Option<OutputFormat>,
    /// Colours; `auto` also honours NO_COLOR.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "WHEN",
        env = "HANDOVER_COLOR"
    )]
    pub color: ColorChoice,
    /// Characters for lines and marks.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "SET",
        env = "HANDOVER_GLYPHS"
    )]
    pub glyphs: GlyphChoice,
    /// Show every call to a service on standard error.
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// Format of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values, safe to open in a spreadsheet.
    Csv,
}

/// Whether to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Even into a pipe.
    Always,
    /// Never; states are words everywhere.
    Never,
}

/// Characters for lines and marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GlyphChoice {
    /// What the terminal is known to draw.
    #[default]
    Auto,
    /// Box drawing and blocks.
    Unicode,
    /// Plain ASCII.
    Ascii,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Open the cockpit on the configured profile.
    Tui(TuiArguments),
    /// Open the cockpit on an embedded sandbox tenant; nothing leaves this machine.
    Demo(DemoArguments),
    /// Serve the sandbox tenant until ended.
    Sandbox(SandboxArguments),
    /// Write a commented configuration and check it.
    Init(InitArguments),
    /// Sign in and keep the sign-in for later.
    Login {
        /// Also keep the application's client secret, or the password of its PFX file, in the system's keyring. It is read
        /// from HANDOVER_CLIENT_SECRET, from HANDOVER_CERTIFICATE_PASSWORD, or as one line from standard input.
        #[arg(long)]
        keep_secret: bool,
    },
    /// Forget the stored sign-in, and the secret that `login --keep-secret` kept.
    Logout,
    /// Show who is signed in, where, and with which rights.
    Whoami,
    /// Provisioning agents of Cloud Sync: who lives, who serves which domain, groups, updates.
    #[command(subcommand)]
    Agents(AgentsVerb),
    /// Synchronization jobs of Cloud Sync: state, steering, logs.
    #[command(subcommand)]
    Jobs(JobsVerb),
    /// List, plan, hand over and take back mailboxes.
    #[command(subcommand)]
    Mailboxes(MailboxesVerb),
    /// List and show runs.
    #[command(subcommand)]
    Runs(RunsVerb),
    /// TLS 1.2: registry values of hosts, endpoints on the wire.
    #[command(subcommand)]
    Tls(TlsVerb),
    /// Check this installation and its connections; writes a redacted bundle on request.
    Doctor(DoctorArguments),
    /// Show every path in use.
    Info,
    /// Print shell completions.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// Where the cockpit starts.
#[derive(Clone, Debug, Default, Args)]
pub struct TuiArguments {
    /// Tab to open.
    #[arg(long, value_name = "NAME")]
    pub tab: Option<String>,
    /// Filter to start with, such as `type:shared flag:onprem`.
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
}

/// The demo tenant.
#[derive(Clone, Debug, Args)]
pub struct DemoArguments {
    /// Mailboxes in the demo tenant.
    #[arg(long, default_value_t = 2_000, value_name = "N")]
    pub mailboxes: usize,
    /// Same seed, same tenant. The first 200 mailboxes of the list can all be handed over, and so can the first 200 users
    /// and shared mailboxes; further down are some that can't.
    #[arg(long, default_value_t = 6, value_name = "S")]
    pub seed: u64,
    /// Where the cockpit starts.
    #[command(flatten)]
    pub start: TuiArguments,
}

/// The sandbox server (design section 4).
#[derive(Clone, Debug, Args)]
pub struct SandboxArguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
    pub listen: SocketAddr,
    /// Mailboxes in the tenant.
    #[arg(long, default_value_t = 2_000, value_name = "N")]
    pub mailboxes: usize,
    /// Same seed, same tenant.
    #[arg(long, default_value_t = 1, value_name = "S")]
    pub seed: u64,
    /// File for the addresses and credentials, written once it serves.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
    /// Configuration file whose profile `sandbox` reaches it.
    #[arg(long, value_name = "FILE")]
    pub write_config: Option<PathBuf>,
    /// Milliseconds every answer takes.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub latency_ms: u64,
    /// Requests served at once; more are throttled. 0 is no limit.
    #[arg(long, default_value_t = 0, value_name = "K")]
    pub concurrency: usize,
    /// Faults by probability, such as `throttle=0.1,error=0.05,reset=0.02`.
    #[arg(long, default_value = "", value_name = "SPEC")]
    pub faults: String,
    /// Agents, configurations and jobs of Cloud Sync: 5, 5 and 8, or 20, 5 and 15.
    #[arg(long, default_value = "demo", value_name = "SIZE", value_parser = ["demo", "full"])]
    pub cloud_sync: String,
    /// Seconds that pass for Cloud Sync in a second; its jobs run every 20 to 40 of them.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub pace: f64,
}

/// A new configuration.
#[derive(Clone, Debug, Args)]
pub struct InitArguments {
    /// Name of the profile.
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub name: String,
    /// Cloud of the tenant.
    #[arg(long, value_enum, default_value = "global", value_name = "CLOUD")]
    pub cloud: Cloud,
    /// Tenant domain or id, such as `contoso.onmicrosoft.com`.
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// How to sign in.
    #[arg(long, value_enum, default_value = "device-code", value_name = "METHOD")]
    pub method: SignInMethod,
    /// Application (client) id of the organisation's own app registration.
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Domain controller, such as `ldaps://dc1.contoso.local`; kept for directory work.
    #[arg(long, value_name = "URL")]
    pub directory: Option<String>,
    /// Replace an existing file.
    #[arg(long)]
    pub force: bool,
}

/// Makes the words of a domain type the values of an option: one spelling for configuration, option and output.
macro_rules! words_as_values {
    ($($type:ty: $variants:expr;)*) => {
        $(impl ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                &$variants
            }

            fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
                Some(clap::builder::PossibleValue::new(self.word()))
            }
        })*
    };
}

words_as_values! {
    Target: [Self::Cloud, Self::OnPremises];
    // A custom cloud needs addresses, which are written into the file.
    Cloud: [Self::Global, Self::GccHigh, Self::Dod, Self::China];
    SignInMethod: [Self::DeviceCode, Self::Browser, Self::ClientSecret, Self::Certificate, Self::AzureCli];
}

/// Work on runs.
#[derive(Debug, Subcommand)]
pub enum RunsVerb {
    /// List runs, newest first.
    List,
    /// Show one run with its failures.
    Show {
        /// Name of the run, or `latest`.
        run: String,
    },
}

/// Self-check.
#[derive(Clone, Debug, Args)]
pub struct DoctorArguments {
    /// Write what was found to a file for a bug report: paths, versions and verdicts, no names and no secrets.
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
    /// Check this machine only; call no service.
    #[arg(long)]
    pub offline: bool,
}
