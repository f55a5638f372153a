//! `handover agents`: list, domains, groups, group, updater.

pub mod arguments;
mod groups;
mod list;
mod updater;

use arguments::AgentsVerb;

use super::{Exit, Failure, arguments::Global, synchronization::offer_person};
use crate::domain::ServiceError;

/// Runs one of the verbs.
pub fn run(global: &Global, verb: &AgentsVerb) -> Result<Exit, Failure> {
    match verb {
        AgentsVerb::List(arguments) => list::list(global, arguments),
        AgentsVerb::Domains(person) => list::domains(global, person),
        AgentsVerb::Groups(person) => groups::list(global, person),
        AgentsVerb::Group(verb) => groups::change(global, verb),
        AgentsVerb::Updater(arguments) => updater::run(global, arguments),
    }
}

/// A refusal with the way to a person's sign-in.
fn refused(error: ServiceError, as_person: bool) -> Failure {
    let class = error.class;
    offer_person(error.into(), class, as_person)
}
