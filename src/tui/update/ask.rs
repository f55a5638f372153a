//! What the buttons of a dialog do.

use crate::{
    engine::Steering,
    tui::{
        effect::{Effect, PlanRequest},
        enabled,
        job::JobKind,
        layer::{Choice, Layer},
        model::Model,
        msg::Level,
        widget::Scroll,
    },
};

use super::{Effects, begin, leave, question, steering, tls};

/// A button was pressed; its dialog is closed already.
pub fn chosen(model: &mut Model, choice: Choice, effects: &mut Effects) {
    match choice {
        Choice::Cancel => {}
        Choice::Apply(plan) => begin::apply(model, plan, effects),
        Choice::AcceptLoss(plan) => {
            let what = begin::plan_words(&plan);
            // The plan without the acceptance gives way to the one with it.
            model.layers.pop();
            let job = begin::planning(model, what, 0);
            effects.push(Effect::AcceptLoss { job, plan });
        }
        Choice::Unlock { resume: run } => {
            model.settings.policy.read_only = false;
            effects.push(Effect::UnlockWriting);
            let text = "writing is unlocked for this process; W puts read-only back";
            model.notes.tell(model.now, Level::Info, text);
            if let Some(run) = run {
                resume(model, run, effects);
            }
        }
        Choice::Resume(run) => match model.settings.policy.read_only {
            true => question::ask_unlock(model, Some(run)),
            false => resume(model, run, effects),
        },
        Choice::ShowRuns => model.layers.push(Layer::Runs(Scroll::default())),
        Choice::DeleteWave(name) => {
            let job = model.jobs.start(model.now, JobKind::Waves, name.clone());
            effects.push(Effect::DeleteWave { job, name });
        }
        Choice::TenantDefault => {
            let target = enabled::other_default(model);
            begin::plan(model, PlanRequest::TenantDefault { target }, effects);
        }
        Choice::CancelRun => {
            if let Some(job) = model.jobs.active_of(JobKind::Run).map(|job| job.id) {
                model.jobs.stopping(job);
                effects.push(Effect::SteerRun {
                    job,
                    steering: Steering::Cancel,
                });
            }
        }
        Choice::LeaveInterrupted => leave::stop_and_leave(model, effects),
        Choice::CarryOut(plan) => steering::carry_out(model, plan, effects),
        Choice::ApplyFix(host) => tls::apply_fix(model, host, effects),
        Choice::Leave => effects.push(Effect::Quit),
    }
}

/// Resumes now, or as soon as the sign-in is through.
fn resume(model: &mut Model, run: String, effects: &mut Effects) {
    if model.session.identity.is_some() {
        begin::resume(model, run, effects);
        return;
    }
    model.resume_when_signed_in = Some(run);
    let text = "the run is resumed as soon as you are signed in";
    model.notes.tell(model.now, Level::Info, text);
    if model.jobs.active_of(JobKind::SignIn).is_none() {
        begin::sign_in(model, effects);
    }
}
