//! `handover mailboxes`: list, show, plan, apply, resume, undo, verify, address.

mod apply;
mod list;
mod verify;

pub use list::parse_filter;

use super::{
    Exit, Failure,
    arguments::{Global, MailboxesVerb},
};

/// Runs one of the verbs.
pub fn run(global: &Global, verb: &MailboxesVerb) -> Result<Exit, Failure> {
    match verb {
        MailboxesVerb::List(arguments) => list::run(global, arguments),
        MailboxesVerb::Apply(arguments) => apply::apply(global, arguments),
        MailboxesVerb::Resume(arguments) => apply::resume(global, arguments),
        MailboxesVerb::Verify { run } => verify::run(global, run),
        _ => Err(Failure::usage("not yet")),
    }
}
