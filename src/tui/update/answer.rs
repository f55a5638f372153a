//! Answers of jobs.

use crate::{
    domain::SourceOfAuthority,
    tui::{
        job::JobId,
        layer::{Layer, PlanDigest, PlanScreen},
        model::Model,
        msg::{Failure, Identity, Level, Msg},
        view::figures::{counted, grouped},
        widget::Scroll,
    },
};

use super::{Effects, agents, begin, look, runs, tell_failure};

/// Takes an answer in. Answers of jobs that are over already are dropped.
pub fn answer(model: &mut Model, msg: Msg, effects: &mut Effects) {
    let now = model.now;
    match msg {
        Msg::SignInPrompt { job, prompt } if model.jobs.get(job).is_some_and(|job| job.state.is_active()) => {
            begin::sign_in_prompt(model, job, prompt);
        }
        Msg::SignedIn { job, result } if model.jobs.end(now, job, &result) => {
            signed_in(model, job, result, effects)
        }
        Msg::SignedInBeside { job, result } if model.jobs.end(now, job, &result) => {
            agents::signed_in_beside(model, job, result, effects);
        }
        Msg::Organization { job, result } if model.jobs.end(now, job, &result) => match result {
            Ok(organization) => model.session.organization = Some(organization),
            Err(failure) => tell_failure(model, "the organisation can't be read", &failure),
        },
        Msg::MailboxesLoaded { job, mailboxes }
            if model.mailboxes.loading.is_some_and(|loading| loading.job == job) =>
        {
            model.mailboxes.load(mailboxes, now);
        }
        Msg::InventoryEnded { job, result } if model.jobs.end(now, job, &result) => {
            inventory_ended(model, result);
        }
        Msg::Details { job, id, result } if model.jobs.end(now, job, &result) => {
            details(model, job, id, result)
        }
        Msg::PlanProgress {
            job,
            checked,
            total,
            doing,
        } => {
            for layer in &mut model.layers {
                if let Layer::Planning(planning) = layer
                    && planning.job == job
                {
                    planning.checked = checked;
                    planning.total = total;
                    planning.doing.clone_from(&doing);
                }
            }
        }
        Msg::PlanReady { job, result } if model.jobs.end(now, job, &result) => {
            // Going back had cancelled the plan: its answer must not come back over something else.
            let waiting = model
                .layers
                .iter()
                .position(|layer| matches!(layer, Layer::Planning(planning) if planning.job == job));
            if let Some(at) = waiting {
                model.layers.remove(at);
            }
            match result {
                Ok(plan) if waiting.is_some() => model.layers.push(Layer::Plan(PlanScreen {
                    digest: PlanDigest::of(&plan.content),
                    plan,
                    saved: None,
                    scroll: Scroll::default(),
                })),
                Ok(_) => {}
                Err(failure) => tell_failure(model, "no plan was made", &failure),
            }
        }
        Msg::PlanSaved { job, result } if model.jobs.end(now, job, &result) => match result {
            Ok(path) => {
                for layer in &mut model.layers {
                    if let Layer::Plan(screen) = layer {
                        screen.saved = Some(path.clone());
                    }
                }
                model
                    .notes
                    .tell(now, Level::Info, format!("the plan is in {path}"));
            }
            Err(failure) => tell_failure(model, "the plan was not saved", &failure),
        },
        Msg::RunProgress { job, progress } => {
            if let Some(run) = model
                .run
                .as_mut()
                .filter(|run| run.job == job && run.outcome.is_none())
            {
                run.progress = Some(*progress);
            }
        }
        Msg::Settled { mailboxes, .. } => runs::settled(model, &mailboxes, effects),
        Msg::RunEnded { job, result } if model.jobs.end(now, job, &result) => {
            runs::ended(model, job, result, effects)
        }
        Msg::Runs { job, result } if model.jobs.end(now, job, &result) => match result {
            Ok(list) => runs::listed(model, list),
            Err(failure) => tell_failure(model, "the runs can't be read", &failure),
        },
        Msg::RunShown { job, result } if model.jobs.end(now, job, &result) => runs::shown(model, job, result),
        Msg::Verified { job, result } if model.jobs.end(now, job, &result) => match result {
            Ok(found) => runs::verified(model, &found),
            Err(failure) => tell_failure(model, "verify", &failure),
        },
        Msg::MarksImported { job, result } if model.jobs.end(now, job, &result) => match result {
            Ok(found) => {
                let mut marked = 0;
                for row in found
                    .mailboxes
                    .iter()
                    .filter_map(|id| model.mailboxes.table.find(*id))
                {
                    marked += usize::from(model.mailboxes.marks.mark(row));
                }
                let mut text = format!("marked {}", counted(marked, "mailbox", "mailboxes"));
                let lines = |number: u64| counted(number as usize, "line", "lines");
                if found.duplicates > 0 {
                    text += &format!(", {} named one again", lines(found.duplicates));
                }
                for (list, total, what) in [
                    (
                        &found.unknown,
                        found.unknown_total,
                        "no mailbox has this as primary address, sign-in name or id",
                    ),
                    (
                        &found.ambiguous,
                        found.ambiguous_total,
                        "several mailboxes have this; use the object id",
                    ),
                ] {
                    for line in list {
                        let told = format!("line {}: {}: {what}", grouped(line.number), line.text);
                        model.notes.tell(now, Level::Warn, told);
                    }
                    let more = total.saturating_sub(list.len() as u64);
                    if more > 0 {
                        model
                            .notes
                            .tell(now, Level::Warn, format!("{} more: {what}", lines(more)));
                    }
                }
                let unmatched = found.unknown_total + found.ambiguous_total;
                let first = found
                    .unknown
                    .iter()
                    .chain(&found.ambiguous)
                    .min_by_key(|line| line.number);
                match first {
                    None => model.notes.tell(now, Level::Info, text),
                    Some(first) => {
                        let verb = if unmatched == 1 { "fits" } else { "fit" };
                        let text = format!(
                            "{text}; {} {verb} no mailbox or several, first line {} ({}); M lists them",
                            lines(unmatched),
                            grouped(first.number),
                            first.text
                        );
                        model.notes.tell(now, Level::Warn, text);
                    }
                }
            }
            Err(failure) => tell_failure(model, "no mark was imported", &failure),
        },
        Msg::DirectoryImported { job, result } if model.jobs.end(now, job, &result) => match result {
            Ok(directory) => {
                for warning in &directory.warnings {
                    model.notes.tell(now, Level::Warn, warning.clone());
                }
                let text = format!(
                    "directory export: {}, {} of them mailboxes here",
                    counted(directory.objects as usize, "object", "objects"),
                    grouped(directory.matched)
                );
                model.notes.tell(now, Level::Info, text);
                model.directory = Some(directory);
            }
            Err(failure) => tell_failure(model, "the directory export was not read", &failure),
        },
        Msg::Exported { job, result } if model.jobs.end(now, job, &result) => match result {
            Ok((path, rows)) => model.notes.tell(
                now,
                Level::Info,
                format!("{} in {path}", counted(rows as usize, "row is", "rows are")),
            ),
            Err(failure) => tell_failure(model, "the view was not written", &failure),
        },
        Msg::Waves { job, result } if model.jobs.end(now, job, &result) => match result {
            Ok(waves) => model.waves = Some(waves),
            Err(failure) => tell_failure(model, "waves", &failure),
        },
        Msg::WaveLoaded { job, name, result } if model.jobs.end(now, job, &result) => match result {
            Ok(mailboxes) => wave_loaded(model, &name, &mailboxes),
            Err(failure) => tell_failure(model, &format!("wave {name}"), &failure),
        },
        Msg::Configured { job, result } if model.jobs.end(now, job, &result) => match result {
            Ok((profile, path)) => {
                model.layers.retain(|layer| !matches!(layer, Layer::Setup(_)));
                model.settings.profile = Some(*profile);
                model
                    .notes
                    .tell(now, Level::Info, format!("the configuration is in {path}"));
                agents::forget(model, effects);
                begin::start(model, effects);
            }
            Err(failure) => {
                if let Some(Layer::Setup(form)) = model.layers.last_mut() {
                    form.saving = false;
                }
                tell_failure(model, "the configuration was not written", &failure);
            }
        },
        Msg::Information { job, result } if model.jobs.end(now, job, &result) => {
            look::gathered(model, job, result)
        }
        // Everything else was taken in before, or is the late answer of a job that is over.
        _ => {}
    }
}

fn signed_in(model: &mut Model, job: JobId, result: Result<Identity, Failure>, effects: &mut Effects) {
    model
        .layers
        .retain(|layer| !matches!(layer, Layer::SignIn(dialog) if dialog.job == job));
    match result {
        Ok(identity) => {
            let mut text = format!("signed in as {}", identity.name);
            if let Some(note) = &identity.note {
                text += &format!("; {note}");
            }
            model.notes.tell(model.now, Level::Info, text);
            model.session.identity = Some(identity);
            begin::organization(model, effects);
            agents::signed_in(model, effects);
            match model.resume_when_signed_in.take() {
                Some(run) if model.settings.policy.read_only => {
                    let text =
                        format!("run {run} was not resumed: this session is read-only; W unlocks writing");
                    model.notes.tell(model.now, Level::Warn, text);
                }
                Some(run) => begin::resume(model, run, effects),
                None => {}
            }
        }
        Err(failure) => {
            model.resume_when_signed_in = None;
            tell_failure(model, "sign-in", &failure);
        }
    }
}

fn inventory_ended(model: &mut Model, result: Result<crate::engine::InventoryEnd, Failure>) {
    let now = model.now;
    let shown = model.mailboxes.end_loading(result.is_ok(), now);
    let kept = match shown {
        true => "the rows so far are kept",
        false => "the rows from before are kept",
    };
    match result {
        Ok(end) => {
            for warning in end.warnings {
                model.notes.tell(now, Level::Warn, warning);
            }
            if end.without_id > 0 {
                let text = format!(
                    "{} no object id, left out: what has none can't be addressed safely",
                    counted(end.without_id as usize, "mailbox has", "mailboxes have")
                );
                model.notes.tell(now, Level::Warn, text);
            }
            if end.flag_present == Some(false) {
                let failure = Failure {
                    message: "the service did not send IsExchangeCloudManaged: who masters the mailboxes is unknown".into(),
                    advice: Some(
                        "Check that the account has the Exchange Administrator role, then sign in again with S and reload \
                         with R."
                            .into(),
                    ),
                    ..Failure::default()
                };
                model.notes.fail(now, "", &failure);
            }
        }
        Err(failure) if failure.cancelled => {
            model
                .notes
                .tell(now, Level::Info, format!("loading was stopped; {kept}"));
        }
        Err(failure) => model
            .notes
            .fail(now, &format!("loading broke off; {kept}"), &failure),
    }
}

fn details(
    model: &mut Model,
    job: JobId,
    id: crate::domain::ObjectId,
    result: Result<Box<crate::tui::msg::MailboxDetails>, Failure>,
) {
    let now = model.now;
    for layer in model.layers.iter_mut().rev() {
        match layer {
            Layer::Details(screen) if screen.job == Some(job) => {
                screen.job = None;
                match result {
                    Ok(details) => {
                        model.mailboxes.read(id, &details.cloud);
                        screen.failure = None;
                        screen.details = Some(details);
                    }
                    Err(failure) => screen.failure = Some(failure.message),
                }
                return;
            }
            Layer::Addresses(editor) if editor.id == id && editor.before.is_none() => {
                match result {
                    Ok(details) if details.cloud.authority() == SourceOfAuthority::Cloud => {
                        model.mailboxes.read(id, &details.cloud);
                        let addresses = details.cloud.texts("EmailAddresses");
                        editor.load(addresses.into_iter().map(str::to_owned).collect());
                    }
                    Ok(details) => {
                        let authority = details.cloud.authority();
                        model.mailboxes.read(id, &details.cloud);
                        model.layers.retain(|layer| !matches!(layer, Layer::Addresses(_)));
                        let text = format!(
                            "the mailbox is {} now: its addresses are mastered in Active Directory",
                            authority.word()
                        );
                        model.notes.tell(now, Level::Warn, text);
                    }
                    Err(failure) => {
                        model.layers.retain(|layer| !matches!(layer, Layer::Addresses(_)));
                        tell_failure(model, "the addresses can't be read", &failure);
                    }
                }
                return;
            }
            _ => {}
        }
    }
    // Read for the table alone, or its screen was left.
    if let Ok(details) = result {
        model.mailboxes.read(id, &details.cloud);
    }
}

fn wave_loaded(model: &mut Model, name: &str, mailboxes: &[crate::domain::ObjectId]) {
    let mut missing = 0;
    let tab = &mut model.mailboxes;
    tab.marks.clear();
    for id in mailboxes {
        match tab.table.find(*id) {
            Some(row) => {
                tab.marks.mark(row);
            }
            None => missing += 1,
        }
    }
    let marked = tab.marks.count();
    model.layers.retain(|layer| !matches!(layer, Layer::Waves(_)));
    let (level, text) = match missing {
        0 => (
            Level::Info,
            format!("wave {name}: {} marked", counted(marked, "mailbox", "mailboxes")),
        ),
        _ => (
            Level::Warn,
            format!(
                "wave {name}: {} marked, {missing} not in the table",
                counted(marked, "mailbox", "mailboxes")
            ),
        ),
    };
    model.notes.tell(model.now, level, text);
}
