//! `handover tls`: TLS 1.2 on hosts and on the wire.

pub mod arguments;
mod check;
mod demo;
mod print;
mod sources;

use arguments::TlsVerb;

use super::{Exit, Failure, arguments::Global};

/// Runs one of the verbs.
pub fn run(global: &Global, verb: &TlsVerb) -> Result<Exit, Failure> {
    match verb {
        TlsVerb::Check(arguments) => check::run(global, arguments),
    }
}

pub use demo::demo_request;
pub use sources::request_of_profile;
