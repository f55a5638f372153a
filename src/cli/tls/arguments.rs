//! Arguments of `handover tls`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::{
    domain::tls::{EndpointRole, WindowsVersion},
    engine::tls_check::fix::Format,
};

/// TLS 1.2 on hosts and on the wire.
#[derive(Debug, Subcommand)]
pub enum TlsVerb {
    /// Judge registry values, probe endpoints, write the fix.
    Check(Box<TlsCheckArguments>),
}

/// What to look at, and what to make of it.
#[derive(Clone, Debug, Default, Args)]
pub struct TlsCheckArguments {
    /// File with registry values: a `.reg` export, the output of `reg query /s`, or the Path,Name,Value output of Microsoft's
    /// script. May be given many times.
    #[arg(long, value_name = "FILE")]
    pub reg: Vec<PathBuf>,
    /// Read a host's registry: `local`, or `ssh:` with a host of the profile or user@host. Nothing is changed there. May be
    /// given many times.
    #[arg(long, value_name = "WAY")]
    pub via: Vec<String>,
    /// Read the hosts that the profile names.
    #[arg(long)]
    pub hosts: bool,
    /// Which Windows the files come from, where they do not say: 2008r2, 2012, 2012r2, 2016, 2019, 2022 or 2025.
    #[arg(long, value_name = "VERSION", value_parser = windows)]
    pub windows: Option<WindowsVersion>,
    /// Probe the endpoints of the profile's cloud from this machine: name, connection, handshake, certificate.
    #[arg(long)]
    pub probe: bool,
    /// Only endpoints that this product needs. May be given many times.
    #[arg(long, value_enum, value_name = "PRODUCT")]
    pub role: Vec<EndpointRole>,
    /// Print what exactly would have to change, as a difference.
    #[arg(long, conflicts_with = "probe")]
    pub diff: bool,
    /// Print the fix as a PowerShell script or a registry file instead of the check.
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with_all = ["probe", "diff"])]
    pub fix_script: Option<Format>,
    /// Print what takes the fix back, made from the values as they are now.
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with_all = ["probe", "diff", "fix_script"])]
    pub undo_script: Option<Format>,
    /// Folder for the fixes and undos of all hosts, two files each, instead of printing one.
    #[arg(long, value_name = "DIR", requires = "fix_script")]
    pub out: Option<PathBuf>,
    /// Set the values on this machine, after saving those of now as a registry file. Windows only; needs --write and
    /// --confirm.
    #[arg(long, conflicts_with_all = ["reg", "via", "hosts", "probe", "fix_script", "undo_script", "diff"])]
    pub apply: bool,
    /// The sentence that the refusal without it names: host and number of values.
    #[arg(long, value_name = "PHRASE", requires = "apply")]
    pub confirm: Option<String>,
}

fn windows(text: &str) -> Result<WindowsVersion, String> {
    WindowsVersion::named(text).ok_or_else(|| {
        let known: Vec<&str> = WindowsVersion::all().map(WindowsVersion::word).collect();
        format!("known are {}", known.join(", "))
    })
}

impl ValueEnum for EndpointRole {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Connect, Self::Agent, Self::Handover]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.word()))
    }
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::PowerShell, Self::Registry]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.extension()))
    }
}
