//! Answers about TLS checks.

use crate::{
    domain::tls::Endpoint,
    engine::tls_check::{CheckEvent, HostRequest},
    tui::job::JobId,
};

use super::Failure;

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub enum TlsMsg {
    /// What will be looked at, or why nothing can be.
    Begun {
        /// The job.
        job: JobId,
        /// Hosts and endpoints in the order of later answers.
        found: Result<(Vec<HostRequest>, Vec<Endpoint>), Failure>,
    },
    /// Something was read or probed.
    Told {
        /// The job.
        job: JobId,
        /// What.
        event: CheckEvent,
    },
    /// Everything was looked at.
    Ended {
        /// The job.
        job: JobId,
        /// Or why not.
        result: Result<(), Failure>,
    },
    /// The fix and its undo were written.
    FixSaved {
        /// The job.
        job: JobId,
        /// Full paths of the fix and its undo, or why not.
        result: Result<(String, String), Failure>,
    },
    /// The fix was applied to this machine.
    FixApplied {
        /// The job.
        job: JobId,
        /// Full path of the backup; nothing where nothing had to change. Or why not.
        result: Result<Option<String>, Failure>,
    },
}
