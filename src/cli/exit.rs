//! How a verb ends: exit codes and the error every verb returns.

use std::process::ExitCode;

use crate::domain::{ErrorClass, ServiceError};

/// Exit codes relied on by scripts (design section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All done.
    Done,
    /// Done, and something needs attention.
    Findings,
    /// Wrong arguments, configuration or input file.
    Usage,
    /// Sign-in failed.
    SignIn,
    /// Some mailboxes failed, or a service did.
    PartlyFailed,
    /// Refused: read-only, policy, stale or foreign plan.
    Refused,
    /// Interrupted; `mailboxes resume` goes on.
    Interrupted,
}

impl Exit {
    /// The number a script sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::SignIn => 3,
            Self::PartlyFailed => 4,
            Self::Refused => 5,
            Self::Interrupted => 75,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error that ends a verb.
#[derive(Debug)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What happened, to what.
    pub message: String,
    /// What to do.
    pub advice: Option<String>,
    /// Nothing is printed: the reader of our output has gone.
    pub quiet: bool,
}

impl Failure {
    /// An error with exit code and message.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            advice: None,
            quiet: false,
        }
    }

    /// Wrong arguments, configuration or input file.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The same error with advice.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// From an error that reads and writes files the administrator named.
    pub fn file(path: &std::path::Path, error: impl std::fmt::Display) -> Self {
        Self::usage(format!("{}: {error}", path.display()))
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        let exit = match error.class {
            ErrorClass::SignIn => Exit::SignIn,
            ErrorClass::Permission | ErrorClass::ForeignHost => Exit::Refused,
            ErrorClass::Cancelled => Exit::Interrupted,
            _ => Exit::PartlyFailed,
        };
        let mut message = error.message;
        if let Some(request) = error.request_id {
            message.push_str(&format!(" (request id {request})"));
        }
        Self {
            exit,
            message,
            advice: error.advice,
            quiet: false,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        // A closed pipe is the reader's decision, not a failure (`handover mailboxes list | head`).
        let quiet = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self {
            exit: if quiet { Exit::Done } else { Exit::Usage },
            message: error.to_string(),
            advice: None,
            quiet,
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        match error.io_error_kind() {
            Some(kind) => std::io::Error::from(kind).into(),
            None => Self::usage(error.to_string()),
        }
    }
}
