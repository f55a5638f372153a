//! What can be done with a run at work, and with the record of one that is over.

use super::{Enabled, no_run, signed_in, when, writing};
use crate::{
    engine::RunState,
    tui::{
        action::Why,
        layer::Layer,
        model::Model,
        msg::{RunRow, RunRowState},
    },
};

fn run_state(model: &Model) -> Option<&RunState> {
    let run = model.run.as_ref().filter(|run| run.outcome.is_none())?;
    run.progress.as_ref().map(|progress| &progress.state)
}

pub fn can_pause(model: &Model) -> Enabled {
    match run_state(model) {
        Some(RunState::Starting | RunState::Settling | RunState::Running) => Ok(()),
        Some(RunState::Paused) => Err(Why::new("the run is paused already; r goes on")),
        _ => Err(Why::new("no run is at work")),
    }
}

pub fn can_continue(model: &Model) -> Enabled {
    match run_state(model) {
        Some(RunState::Paused) => Ok(()),
        Some(RunState::Ended(_)) | None => Err(Why::new("no run is at work")),
        Some(_) => Err(Why::new("the run is not paused")),
    }
}

pub fn can_cancel_run(model: &Model) -> Enabled {
    when(model.run_active(), "no run is at work")?;
    when(
        !matches!(run_state(model), Some(RunState::Stopping)),
        "the run is stopping already; what is in flight is finished first",
    )
}

/// The run that is open, or under the cursor of the runs list; help and palette may lie over it.
pub fn selected_run(model: &Model) -> Option<&RunRow> {
    let asks_about_it = |layer: &&Layer| !matches!(layer, Layer::Help { .. } | Layer::Palette(_));
    match model.layers.iter().rev().find(asks_about_it) {
        Some(Layer::Runs(scroll)) => model.runs.as_ref()?.get(scroll.cursor),
        Some(Layer::Record(screen)) => Some(&screen.row),
        _ => None,
    }
}

pub fn has_selected_run(model: &Model) -> Enabled {
    let Some(run) = selected_run(model) else {
        return Err(Why::new("there is no run under the cursor"));
    };
    when(
        run.state != RunRowState::Damaged,
        "the record of this run can't be read; enter shows why",
    )?;
    when(run.this_tenant, "this run belongs to another tenant")?;
    signed_in(model)?;
    no_run(model)
}

pub fn can_resume(model: &Model) -> Enabled {
    has_selected_run(model)?;
    match selected_run(model).map(|run| run.state) {
        Some(RunRowState::Interrupted) => writing(model),
        Some(RunRowState::Open) => Err(Why::new("another process works on this run")),
        _ => Err(Why::new("this run is done; nothing is left to resume")),
    }
}
