//! Actions on Cloud Sync: planned, confirmed, carried out, told.

use std::sync::Arc;

use crate::{
    engine::synchronization::{ActionPlan, ActionProgress, SynchronizationAction},
    tui::{
        effect::{Effect, SteeringEffect, WatchOrder},
        job::{JobId, JobKind},
        layer::{Ask, Choice, Layer, SteeringPhase, SteeringScreen, TimelineScreen, Tone, action_words},
        model::Model,
        msg::{Failure, Level, SteeringMsg},
        widget::Scroll,
    },
};

use super::{Effects, provision, put, settings_form, tell_failure};

/// Warnings that a question repeats; the plan behind it shows all of them.
const REPEATED: usize = 3;

/// Looks what an action would do now, and shows it.
pub fn begin_action(model: &mut Model, action: SynchronizationAction, effects: &mut Effects) {
    if model.jobs.active_of(JobKind::Steer).is_some() {
        let text = "an action is being carried out; wait for its end or cancel it";
        model.notes.tell(model.now, Level::Warn, text);
        show(model);
        return;
    }
    let what = action_words(&action);
    let job = model.jobs.start(model.now, JobKind::Prepare, what.clone());
    model.steering = Some(SteeringScreen::new(job, what));
    show(model);
    effects.push(Effect::Steering(SteeringEffect::Prepare {
        job,
        action: Box::new(action),
    }));
}

/// Puts the screen of the latest action on top.
pub fn show(model: &mut Model) {
    model
        .layers
        .retain(|layer| !matches!(layer, Layer::Steering | Layer::Timeline(_)));
    model.layers.push(Layer::Steering);
}

/// The screen was left: a look that is under way ends, an action that is at work goes on.
pub fn left(model: &mut Model, effects: &mut Effects) {
    let Some(screen) = &mut model.steering else {
        return;
    };
    match screen.phase {
        SteeringPhase::Preparing => {
            let job = screen.job;
            model.jobs.stopping(job);
            effects.push(Effect::CancelJob(job));
            model.steering = None;
        }
        SteeringPhase::Planned => {
            model.steering = None;
            let text = "the plan was dropped; nothing was changed";
            model.notes.tell(model.now, Level::Info, text);
        }
        SteeringPhase::Working => {
            let text = format!("{} goes on; X shows it", screen.what);
            model.notes.tell(model.now, Level::Info, text);
        }
        SteeringPhase::Ended { .. } | SteeringPhase::Failed(_) => {}
    }
}

/// Asks before a plan is carried out.
pub fn confirm(model: &mut Model) {
    let Some(plan) = model.steering.as_ref().and_then(|screen| screen.plan.clone()) else {
        return;
    };
    let mut summary = plan.summary.iter();
    let deed = summary.next().map_or("", String::as_str);
    // The deed ends in a colon where a list follows, which stands in the plan.
    let deed = deed.trim_end_matches([':', '.']);
    let mut ask = Ask::new("Carry it out?", "Cancel")
        .say(Tone::Strong, format!("{deed}."))
        .say(Tone::Strong, format!("Tenant: {}.", plan.tenant));
    let warnings = plan.warnings.iter().filter(|line| !line.starts_with(' '));
    let count = warnings.clone().count();
    for warning in warnings.take(REPEATED) {
        ask = ask.say(Tone::Warning, format!("WARNING: {warning}"));
    }
    if count > REPEATED {
        let text = format!("{} more warnings stand in the plan.", count - REPEATED);
        ask = ask.say(Tone::Muted, text);
    }
    if plan.must_be_typed(&model.settings.policy) {
        ask = ask.typing(plan.phrase.clone());
    }
    let ask = ask.button("Carry out", Choice::CarryOut(plan)).dangerous();
    put(model, Layer::Ask(ask));
}

/// The plan was confirmed.
pub fn carry_out(model: &mut Model, plan: Arc<ActionPlan>, effects: &mut Effects) {
    let policy = model.settings.policy;
    // What was filled in has done its duty.
    model
        .layers
        .retain(|layer| !matches!(layer, Layer::Form(_) | Layer::Subjects(_)));
    let Some(screen) = &mut model.steering else {
        return;
    };
    let job = model.jobs.start(model.now, JobKind::Steer, screen.what.clone());
    screen.job = job;
    screen.phase = SteeringPhase::Working;
    screen.scroll = Scroll::default();
    // The dialog lets nobody through who has not typed it; the engine checks again.
    let confirmed = match plan.must_be_typed(&policy) {
        true => plan.phrase.clone(),
        false => String::new(),
    };
    effects.push(Effect::Steering(SteeringEffect::CarryOut {
        job,
        plan,
        confirmed,
    }));
}

/// Ends the action between two steps.
pub fn cancel(model: &mut Model, effects: &mut Effects) {
    if let Some(job) = model.jobs.active_of(JobKind::Steer).map(|job| job.id) {
        model.jobs.stopping(job);
        effects.push(Effect::CancelJob(job));
        let text = "cancelling; what is in flight is waited for";
        model.notes.tell(model.now, Level::Info, text);
    }
}

/// Opens what came of the object with the cursor.
pub fn open(model: &mut Model) {
    let settled = model
        .steering
        .as_ref()
        .and_then(SteeringScreen::selected)
        .cloned();
    if let Some(settled) = settled {
        model.layers.push(Layer::Timeline(TimelineScreen {
            settled,
            scroll: Scroll::default(),
        }));
    }
}

/// Takes an answer in.
pub fn answer(model: &mut Model, msg: SteeringMsg, effects: &mut Effects) {
    let now = model.now;
    match msg {
        SteeringMsg::Prepared { job, result } if model.jobs.end(now, job, &result) => {
            prepared(model, job, result);
        }
        SteeringMsg::Progress { job, progress } => {
            let Some(screen) = model.steering.as_mut().filter(|screen| screen.job == job) else {
                return;
            };
            match *progress {
                ActionProgress::Step(step) => screen.steps.push(step),
                ActionProgress::Provisioned { subject, outcome, .. } => {
                    screen.settled.push(Arc::new((subject, outcome)));
                }
            }
        }
        SteeringMsg::Ended { job, result } if model.jobs.end(now, job, &result) => {
            ended(model, job, result.map(|outcome| *outcome), effects);
        }
        SteeringMsg::Subjects { job, result } if model.jobs.end(now, job, &result) => {
            provision::subjects_read(model, job, result);
        }
        SteeringMsg::Notification { job, result } if model.jobs.end(now, job, &result) => {
            settings_form::notification_read(model, job, result);
        }
        // The late answer of a job that is over.
        _ => {}
    }
}

fn prepared(model: &mut Model, job: JobId, result: Result<Arc<ActionPlan>, Failure>) {
    let Some(screen) = model.steering.as_mut().filter(|screen| screen.job == job) else {
        return;
    };
    match result {
        Ok(plan) => {
            screen.plan = Some(plan);
            screen.phase = SteeringPhase::Planned;
        }
        Err(failure) => {
            // What can't be done is told over what was looked at; there is no plan to look at.
            let what = screen.what.clone();
            model.steering = None;
            model.layers.retain(|layer| !matches!(layer, Layer::Steering));
            tell_failure(model, &what, &failure);
        }
    }
}

fn ended(
    model: &mut Model,
    job: JobId,
    result: Result<crate::engine::synchronization::ActionOutcome, Failure>,
    effects: &mut Effects,
) {
    let Some(screen) = model.steering.as_mut().filter(|screen| screen.job == job) else {
        return;
    };
    let what = screen.what.clone();
    let (level, text) = match result {
        Ok(outcome) => {
            // Progress may have been lost on the way; the outcome holds all.
            if outcome.provisioned.len() > screen.settled.len() {
                screen.settled = outcome.provisioned.into_iter().map(Arc::new).collect();
            }
            screen.phase = SteeringPhase::Ended {
                found: outcome.found,
                confirmed: outcome.confirmed,
            };
            let level = match outcome.confirmed {
                Some(false) => Level::Warn,
                _ => Level::Info,
            };
            (level, format!("{what}: {}", screen.word()))
        }
        Err(failure) => {
            screen.phase = SteeringPhase::Failed(failure.clone());
            if !model.layers.iter().any(|layer| matches!(layer, Layer::Steering)) {
                tell_failure(model, &what, &failure);
            }
            (Level::Info, String::new())
        }
    };
    if !text.is_empty() {
        model.notes.tell(model.now, level, text);
    }
    changed(model, effects);
}

/// Cloud Sync may have changed: who watches looks again.
fn changed(model: &Model, effects: &mut Effects) {
    if model.agents.watch.is_some() {
        effects.push(Effect::Watch(WatchOrder::Refresh));
    }
}
