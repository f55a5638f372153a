//! What runs answer: their end, the list of them, what reading back found.

use crate::{
    engine::{SettledMailbox, runs::RunDetail},
    tui::{
        effect::Effect,
        job::{JobId, JobKind},
        layer::{Ask, Choice, Layer, SWALLOWED, Tone},
        model::Model,
        msg::{Failure, Level, RunOutcome, RunRow, RunRowState, Verification},
    },
};

use super::{Effects, begin, question, tell_failure};

/// Mailboxes of a run at work are settled: the table shows their flag, and those that are where they should be lose
/// their mark.
pub fn settled(model: &mut Model, mailboxes: &[SettledMailbox], effects: &mut Effects) {
    for mailbox in mailboxes {
        // Only an edit of addresses is proven without moving the mailbox: its row is read again.
        if mailbox.is_proven() && mailbox.authority.is_none() {
            let job = model.jobs.start(model.now, JobKind::Details, "");
            effects.push(Effect::ReadDetails { job, id: mailbox.id });
        }
    }
    let tab = &mut model.mailboxes;
    for mailbox in mailboxes {
        if let Some(authority) = mailbox.authority {
            tab.settle(mailbox.id, authority);
        }
        if mailbox.is_proven()
            && let Some(row) = tab.table.find(mailbox.id)
        {
            tab.marks.unmark(row);
        }
    }
}

/// A run is over, or did not go ahead.
pub fn ended(model: &mut Model, job: JobId, result: Result<RunOutcome, Failure>, effects: &mut Effects) {
    let now = model.now;
    match &result {
        Ok(outcome) => {
            let summary = &outcome.summary;
            let text = format!(
                "run over: {} done, {} already there, {} failed, {} unknown, {} remaining",
                summary.done, summary.already_there, summary.failed, summary.unknown, summary.remaining
            );
            let level = match summary.failed + summary.unknown {
                0 => Level::Info,
                _ => Level::Warn,
            };
            for row in outcome
                .unsettled
                .iter()
                .filter_map(|id| model.mailboxes.table.find(*id))
            {
                model.mailboxes.marks.mark(row);
            }
            model.notes.tell(now, level, text);
        }
        Err(failure) => {
            let what = match failure.resumable {
                true => "the run stopped",
                false => "the run did not go ahead",
            };
            tell_failure(model, what, failure);
        }
    }
    if let Some(run) = model.run.as_mut().filter(|run| run.job == job) {
        let has_begun = match &result {
            Ok(_) => true,
            Err(failure) => failure.resumable,
        };
        let switches_default = run.switches_default;
        run.outcome = Some(result);
        if switches_default && has_begun {
            begin::organization(model, effects);
        }
    }
    if model.leaving {
        effects.push(Effect::Quit);
        return;
    }
    begin::runs(model, effects);
}

/// The record of a run was read.
pub fn shown(model: &mut Model, job: JobId, result: Result<Box<RunDetail>, Failure>) {
    for layer in &mut model.layers {
        if let Layer::Record(screen) = layer
            && screen.job == job
        {
            match result {
                Ok(detail) => {
                    screen.failure = None;
                    screen.detail = Some(detail);
                }
                Err(failure) => screen.failure = Some(failure.message),
            }
            return;
        }
    }
}

/// Reads the open run again, figures and record.
pub fn reload_record(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Record(screen)) = model.layers.last_mut() else {
        return;
    };
    let run = screen.row.run.clone();
    screen.job = model.jobs.start(model.now, JobKind::Record, run.clone());
    effects.push(Effect::ShowRun { job: screen.job, run });
    begin::runs(model, effects);
}

/// The runs on disk were read; interrupted ones are offered once.
pub fn listed(model: &mut Model, runs: Vec<RunRow>) {
    let interrupted: Vec<&RunRow> = runs
        .iter()
        .filter(|run| run.state == RunRowState::Interrupted && run.this_tenant)
        .collect();
    let offer = match (interrupted.first(), model.offered) {
        (Some(run), false) => {
            let mut ask = Ask::new("A run was interrupted", "Later")
                .say(
                    Tone::Strong,
                    format!(
                        "{} in {}, started {}.",
                        run.work.words(),
                        run.tenant,
                        model.day_and_time(run.started_at)
                    ),
                )
                .say(Tone::Plain, question::left(run));
            if interrupted.len() > 1 {
                let text = format!(
                    "{} more runs are interrupted; `Show runs` lists them.",
                    interrupted.len() - 1
                );
                ask = ask.say(Tone::Muted, text);
            }
            Some(
                ask.button("Show runs", Choice::ShowRuns)
                    .button("Resume", Choice::Resume(run.run.clone()))
                    .dangerous(),
            )
        }
        _ => None,
    };
    model.offered = true;
    for layer in &mut model.layers {
        if let Layer::Record(screen) = layer
            && let Some(row) = runs.iter().find(|row| row.run == screen.row.run)
        {
            screen.row = row.clone();
        }
    }
    model.runs = Some(runs);
    if let Some(ask) = offer {
        // Under a sign-in dialog: first things first.
        let sign_in = model
            .layers
            .iter()
            .position(|layer| matches!(layer, Layer::SignIn(_)))
            .unwrap_or(model.layers.len());
        model.swallow_until = Some(model.now.elapsed + SWALLOWED);
        model.layers.insert(sign_in, Layer::Ask(ask));
    }
}

/// A run was read back: mailboxes that have changed are marked.
pub fn verified(model: &mut Model, found: &Verification) {
    let now = model.now;
    let text = format!(
        "verify {}: {} as written, {} changed since, {} not readable",
        found.run,
        found.as_written,
        found.reverted.len(),
        found.unreadable
    );
    let level = match found.reverted.is_empty() && found.unreadable == 0 {
        true => Level::Info,
        false => Level::Error,
    };
    for (id, sentence) in &found.reverted {
        if let Some(row) = model.mailboxes.table.find(*id) {
            model.mailboxes.marks.mark(row);
        }
        model.notes.tell(now, Level::Warn, sentence.clone());
    }
    model.notes.tell(now, level, text);
}
