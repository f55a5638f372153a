//! Which mailboxes a run could not settle.

use std::path::Path;

use crate::{
    domain::ObjectId,
    journal::{ItemState, JournalError, Outcome, RunFolder},
};

/// The mailboxes of a run that failed or are unproven, in plan order; not those it never reached. Reads files, so call it
/// off the screen's loop.
///
/// # Errors
/// No such run, or files that can't be read.
pub fn read(data_dir: &Path, run: &str) -> Result<Vec<ObjectId>, JournalError> {
    let folder = RunFolder::find(data_dir, run)?;
    let plan = folder.plan()?;
    let replay = folder.replay()?;
    let is_unsettled = |id: ObjectId| {
        replay.item(id).is_some_and(|item| {
            !matches!(
                item.state,
                ItemState::Settled(Outcome::Done | Outcome::AlreadyThere)
            )
        })
    };
    let ids = plan.content.items.iter().map(|item| item.id);
    Ok(ids.filter(|id| is_unsettled(*id)).collect())
}
