//! Leaving: never in the middle of a write, and never by accident.

use crate::{
    engine::Steering,
    tui::{
        effect::Effect,
        job::JobKind,
        layer::{Ask, Choice, Layer, Tone},
        model::Model,
        msg::Level,
    },
};

use super::{Effects, put};

/// `q`: leaves at once when nothing is at work.
pub fn quit(model: &mut Model, effects: &mut Effects) {
    // Asked again while a run stops: what it has in flight is waited for without the screen.
    if model.leaving || model.jobs.active().next().is_none() {
        effects.push(Effect::Quit);
        return;
    }
    put(model, Layer::Ask(question(model)));
}

fn question(model: &Model) -> Ask {
    if model.run_active() {
        return Ask::new("A run is at work", "Stay")
            .say(
                Tone::Strong,
                "Leaving now stops the run after its current step. Nothing is lost: every mailbox that was begun is settled, \
                 and the run can be resumed at the next start.",
            )
            .button("Stop and leave", Choice::LeaveInterrupted)
            .dangerous();
    }
    if model.jobs.active_of(JobKind::Steer).is_some() {
        return Ask::new("An action is at work", "Stay")
            .say(
                Tone::Strong,
                "An action on Cloud Sync is being carried out. Leaving waits for the step in flight and tries nothing more.",
            )
            .button("Leave", Choice::Leave)
            .dangerous();
    }
    let jobs: Vec<String> = model
        .jobs
        .active()
        .map(|job| format!("{} {}", job.kind.title(), job.subject).trim().to_owned())
        .collect();
    Ask::new("Jobs are at work", "Stay")
        .say(Tone::Plain, format!("Still at work: {}.", jobs.join(", ")))
        .say(
            Tone::Plain,
            "They only read or write files of their own; leaving drops them.",
        )
        .button("Leave", Choice::Leave)
}

/// Ctrl-C: once cancels what is at work on screen, or asks; twice stops after the current step and leaves.
pub fn interrupt(model: &mut Model, effects: &mut Effects) {
    if model.interrupted || model.leaving {
        stop_and_leave(model, effects);
        return;
    }
    model.interrupted = true;
    if let Some(job) = model.jobs.active_of(JobKind::Run).map(|job| job.id) {
        effects.push(Effect::SteerRun {
            job,
            steering: Steering::Pause,
        });
        let already_asked = matches!(model.layers.last(), Some(Layer::Ask(_)));
        if !already_asked {
            let ask = Ask::new("Cancel the run?", "Stay paused")
                .say(
                    Tone::Strong,
                    "The run starts nothing new. Cancelling finishes what is in flight and ends it; it can be resumed later.",
                )
                .say(Tone::Plain, "Ctrl-C again stops it after the current step and leaves.")
                .button("Cancel the run", Choice::CancelRun);
            model.layers.push(Layer::Ask(ask));
        }
        return;
    }
    let cancellable = model.jobs.active().last().map(|job| (job.id, job.kind));
    match cancellable {
        Some((job, kind)) => {
            model.jobs.stopping(job);
            effects.push(Effect::CancelJob(job));
            let text = format!("{}: cancelling; Ctrl-C again leaves", kind.title());
            model.notes.tell(model.now, Level::Info, text);
        }
        None => model.notes.tell(model.now, Level::Info, "Ctrl-C again leaves"),
    }
}

/// Stops a run after its current step, then leaves; leaves at once without a run, or when it is asked for again.
pub fn stop_and_leave(model: &mut Model, effects: &mut Effects) {
    let run = model.jobs.active_of(JobKind::Run).map(|job| job.id);
    match run {
        Some(job) if !model.leaving => {
            model.leaving = true;
            model.jobs.stopping(job);
            if let Some(view) = &mut model.run {
                view.stopping = true;
            }
            model.layers.clear();
            model.layers.push(Layer::Run(Default::default()));
            effects.push(Effect::SteerRun {
                job,
                steering: Steering::Cancel,
            });
        }
        _ => effects.push(Effect::Quit),
    }
}
