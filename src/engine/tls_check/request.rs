//! What a TLS check is asked to look at, and what it tells.

use std::{path::PathBuf, sync::Arc};

use crate::{
    domain::{
        registry::RegistryImage,
        tls::{Endpoint, EndpointReport, HostReport, WindowsVersion},
    },
    host::Via,
};

/// Where the registry of a host is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrySource {
    /// This machine, where it is a Windows, or another host through the system's `ssh`.
    Host(Via),
    /// A file: `.reg`, output of `reg query /s`, or of Microsoft's script.
    File(PathBuf),
    /// The bytes of such a file, already in memory.
    Export(Arc<[u8]>),
}

impl RegistrySource {
    /// Where it is, for a reader.
    pub fn origin(&self) -> String {
        match self {
            Self::Host(Via::Local) => "this machine".to_owned(),
            Self::Host(Via::Ssh(ssh)) => format!("ssh {}", ssh.target()),
            Self::File(path) => path.display().to_string(),
            Self::Export(_) => "export".to_owned(),
        }
    }
}

/// One host to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRequest {
    /// What to call it until it tells its own name.
    pub name: String,
    /// Where its registry is read.
    pub source: RegistrySource,
    /// Which Windows it runs, where the administrator said so.
    pub windows: Option<WindowsVersion>,
}

impl HostRequest {
    /// A host whose values stand in a file; called as the file is.
    pub fn file(path: PathBuf, windows: Option<WindowsVersion>) -> Self {
        let name = path.file_stem().map_or_else(
            || path.display().to_string(),
            |stem| stem.to_string_lossy().into_owned(),
        );
        Self {
            name,
            source: RegistrySource::File(path),
            windows,
        }
    }
}

/// A host as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedHost {
    /// The values with their verdicts.
    pub report: HostReport,
    /// What was read, for a fix.
    pub image: Arc<RegistryImage>,
    /// Which Windows it was judged as.
    pub windows: Option<WindowsVersion>,
    /// Whether it is the machine Handover runs on: only there a fix can be applied.
    pub here: bool,
}

/// Why a host or an endpoint could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// What happened.
    pub message: String,
    /// What to do.
    pub advice: Option<String>,
}

/// What a check tells, as it happens.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckEvent {
    /// One host was read; by its place in the request.
    Host(usize, Result<Box<CheckedHost>, Unread>),
    /// One endpoint was probed; by its place in the request. Told again when all of them together mean something else.
    Endpoint(usize, Box<EndpointReport>),
    /// What is said once about all endpoints.
    Notes(Vec<String>),
    /// No endpoint was probed at all, and why.
    Unprobed(String),
}

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// The hosts.
    pub hosts: Vec<HostRequest>,
    /// The endpoints; none without a probe.
    pub endpoints: Vec<Endpoint>,
}

/// What is really done of a request, each with its place in it: one host can be read again without all others.
#[derive(Clone, Debug, Default)]
pub struct CheckWork {
    /// Hosts to read.
    pub hosts: Vec<(usize, HostRequest)>,
    /// Endpoints to probe.
    pub endpoints: Vec<(usize, Endpoint)>,
}

impl From<CheckRequest> for CheckWork {
    fn from(request: CheckRequest) -> Self {
        Self {
            hosts: request.hosts.into_iter().enumerate().collect(),
            endpoints: request.endpoints.into_iter().enumerate().collect(),
        }
    }
}
