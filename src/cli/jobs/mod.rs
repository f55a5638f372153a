//! `handover jobs`: list, show, start, pause, restart, provision, logs, watch, notify, delete-prevention, writeback,
//! host-steps.

pub mod arguments;
mod find;
mod host_steps;
mod list;
mod logs;
mod provision;
mod record;
mod show;
mod steer;
mod watch;
mod writeback;

use arguments::JobsVerb;

use super::{Exit, Failure, arguments::Global};

/// Runs one of the verbs.
pub fn run(global: &Global, verb: &JobsVerb) -> Result<Exit, Failure> {
    match verb {
        JobsVerb::List => list::run(global),
        JobsVerb::Show(arguments) => show::run(global, arguments),
        JobsVerb::Start(arguments) => steer::start(global, arguments),
        JobsVerb::Pause(arguments) => steer::pause(global, arguments),
        JobsVerb::Restart(arguments) => steer::restart(global, arguments),
        JobsVerb::Provision(arguments) => provision::run(global, arguments),
        JobsVerb::Logs(arguments) => logs::run(global, arguments),
        JobsVerb::Watch(arguments) => watch::run(global, arguments),
        JobsVerb::Notify(arguments) => steer::notify(global, arguments),
        JobsVerb::DeletePrevention(arguments) => steer::delete_prevention(global, arguments),
        JobsVerb::Writeback(arguments) => writeback::run(global, arguments),
        JobsVerb::HostSteps(arguments) => host_steps::run(global, arguments),
    }
}
