//! What is asked of TLS checks.

use std::{path::PathBuf, sync::Arc};

use crate::{
    engine::tls_check::{CheckedHost, HostRequest},
    tui::job::JobId,
};

/// One thing to do.
#[derive(Clone, Debug)]
pub enum TlsEffect {
    /// Read hosts and probe endpoints. Tells `Begun`, then `Told` as answers come; ends with `Ended`.
    Check {
        /// The job.
        job: JobId,
        /// What to look at.
        scope: CheckScope,
        /// Files named in this session, beside what the profile names.
        files: Vec<PathBuf>,
    },
    /// Write the fix of a host and its undo; `.reg` when the path ends so, PowerShell otherwise. Ends with `FixSaved`.
    SaveFix {
        /// The job.
        job: JobId,
        /// The host as read.
        host: Arc<CheckedHost>,
        /// The file, as typed.
        path: String,
    },
    /// Apply the fix to this machine after saving a backup. The administrator has typed the sentence. Ends with
    /// `FixApplied`.
    ApplyFix {
        /// The job.
        job: JobId,
        /// The host as read; refused when its values have changed since.
        host: Arc<CheckedHost>,
    },
}

/// How much to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckScope {
    /// Every host, every endpoint.
    Everything,
    /// The endpoints alone.
    Endpoints,
    /// One host more.
    Host(HostRequest),
}
