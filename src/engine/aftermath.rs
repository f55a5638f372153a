//! What a run has left behind: the mailboxes it proved and those it could not settle.

use std::path::Path;

use crate::{
    domain::{ObjectId, Target},
    journal::{ItemState, JournalError, Outcome, RunFolder},
};

/// The mailboxes of a run by their fate. Those it never reached are in neither list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aftermath {
    /// Proven to be on the run's side, with that side, in plan order.
    pub settled: Vec<(ObjectId, Target)>,
    /// Failed or unproven, in plan order.
    pub unsettled: Vec<ObjectId>,
}

/// Reads the record of a run. Reads files, so call it off the screen's loop.
///
/// # Errors
/// No such run, or files that can't be read.
pub fn read(data_dir: &Path, run: &str) -> Result<Aftermath, JournalError> {
    let folder = RunFolder::find(data_dir, run)?;
    let plan = folder.plan()?;
    let replay = folder.replay()?;
    let target = plan.content.change.target();
    let mut aftermath = Aftermath::default();
    for item in &plan.content.items {
        match replay.item(item.id).map(|item| item.state) {
            Some(ItemState::Settled(Outcome::Done | Outcome::AlreadyThere)) => {
                aftermath.settled.push((item.id, target));
            }
            Some(_) => aftermath.unsettled.push(item.id),
            None => {}
        }
    }
    Ok(aftermath)
}
