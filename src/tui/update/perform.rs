//! Does one action that is allowed now.

use crate::{
    domain::Target,
    engine::Steering,
    tui::{
        action::Action,
        context::Context,
        effect::{CheckScope, Effect, PlanRequest},
        enabled,
        job::JobKind,
        layer::{Ask, Choice, Layer, Palette, Tone},
        model::Model,
        msg::{Level, SignInPrompt},
        tab::Tab,
        view::figures::counted,
        widget::{Scroll, Step, TextField},
    },
};

use super::{
    Effects, addresses, agents, begin, confirm, copy, key, leave, logs, look, movement, prompts, provision,
    put, question, runs, steering, subject_actions, submit, tls,
};

/// Does an action. `argument` comes from the palette and may be empty.
pub fn perform(model: &mut Model, action: Action, argument: &str, effects: &mut Effects) {
    match action {
        Action::Down => movement::step(model, Step::By(1), effects),
        Action::Up => movement::step(model, Step::By(-1), effects),
        Action::PageDown => movement::step(model, Step::Page(1), effects),
        Action::PageUp => movement::step(model, Step::Page(-1), effects),
        Action::First => movement::step(model, Step::First, effects),
        Action::Last => movement::step(model, Step::Last, effects),
        Action::NextField => movement::turn(model, true),
        Action::PreviousField => movement::turn(model, false),
        Action::Back => back(model, effects),
        Action::Accept | Action::Open => submit::accept(model, effects),

        Action::Filter => match model.layers.last() {
            Some(Layer::Logs(_)) => logs::filter(model, argument, effects),
            _ => filter(model, argument, effects),
        },
        Action::Older => logs::at_end(model, effects),
        Action::AllowDeletes => logs::allow_deletes(model, effects),
        Action::Sort if model.tab == Tab::Agents => agents::sort(model, argument),
        Action::Sort => look::sort(model, argument),
        Action::Mark => {
            if let Some(row) = model.mailboxes.cursor_row() {
                model.mailboxes.range = None;
                model.mailboxes.marks.toggle(row);
                model.mailboxes.step(Step::By(1));
            }
        }
        Action::RangeMark => {
            let place = model.mailboxes.scroll().cursor;
            model.mailboxes.range = match model.mailboxes.range {
                Some(_) => None,
                None => {
                    if let Some(row) = model.mailboxes.cursor_row() {
                        model.mailboxes.marks.mark(row);
                    }
                    Some(place)
                }
            };
        }
        Action::ExtendDown => extend(model, 1),
        Action::ExtendUp => extend(model, -1),
        Action::MarkAll => with_rows(model, |marks, rows| marks.mark_all(rows)),
        Action::InvertMarks => with_rows(model, |marks, rows| marks.invert(rows)),
        Action::ClearMarks => {
            model.mailboxes.range = None;
            let count = model.mailboxes.marks.count();
            model.mailboxes.marks.clear();
            let text = format!(
                "{} no longer marked",
                counted(count, "mailbox is", "mailboxes are")
            );
            model.notes.tell(model.now, Level::Info, text);
        }

        Action::ImportRegistry
        | Action::SaveFix
        | Action::ImportMarks
        | Action::ImportDirectory
        | Action::ExportView
        | Action::SavePlan
        | Action::SaveWave
        | Action::AddAddress
        | Action::ConnectVersion => prompts::open(model, action, argument, effects),

        Action::PlanCloud => plan(model, Target::Cloud, effects),
        Action::PlanOnPremises => plan(model, Target::OnPremises, effects),
        Action::TenantDefault => question::tenant_default(model),
        Action::Addresses => addresses::addresses(model, effects),
        Action::RemoveAddress => addresses::remove_address(model),
        Action::SetPrimary => addresses::set_primary(model),
        Action::Apply => match model.layers.last() {
            Some(Layer::Steering) => steering::confirm(model),
            Some(Layer::Fix(_)) => tls::confirm_fix(model),
            _ => confirm::ask(model),
        },
        Action::SubjectActions => subject_actions::menu(model),
        Action::ProvisionOnDemand => provision::open(model),
        Action::CreateGroup | Action::RenameGroup | Action::CreateWriteback => {
            prompts::open(model, action, argument, effects);
        }
        Action::StartJob
        | Action::PauseJob
        | Action::RestartJob
        | Action::Logs
        | Action::StagedDeletes
        | Action::Audit
        | Action::TenantAudit
        | Action::Thresholds
        | Action::DeletePrevention
        | Action::MailMapping
        | Action::DeleteGroup
        | Action::AssignAgent
        | Action::UnassignAgent
        | Action::Updater => subject_actions::perform(model, action, effects),
        Action::CancelAction => steering::cancel(model, effects),
        Action::ShowAction => steering::show(model),
        Action::Unlock => question::unlock(model, effects),
        Action::SignIn => begin::sign_in(model, effects),
        Action::Reload => reload(model, effects),

        Action::Pause => steer(model, Steering::Pause, effects),
        Action::Continue => steer(model, Steering::Run, effects),
        Action::CancelRun => {
            let ask = Ask::new("Cancel the run?", "Go on")
                .say(
                    Tone::Strong,
                    "Cancelling finishes what is in flight and ends the run. It can be resumed later.",
                )
                .button("Cancel the run", Choice::CancelRun);
            put(model, Layer::Ask(ask));
        }
        Action::CancelJob => cancel_job(model, effects),
        Action::Resume => {
            if let Some(row) = enabled::selected_run(model) {
                let ask = question::resume(model, row);
                put(model, Layer::Ask(ask));
            }
        }
        Action::Verify => {
            if let Some(run) = enabled::selected_run(model).map(|run| run.run.clone()) {
                let job = model.jobs.start(model.now, JobKind::Verify, run.clone());
                model
                    .notes
                    .tell(model.now, Level::Info, format!("reading back {run}"));
                effects.push(Effect::Verify { job, run });
            }
        }
        Action::Undo => {
            if let Some(run) = enabled::selected_run(model).map(|run| run.run.clone()) {
                let job = begin::planning(model, format!("undo of {run}"), 0);
                effects.push(Effect::UndoPlan { job, run });
            }
        }

        Action::Waves => {
            model.layers.push(Layer::Waves(Scroll::default()));
            let job = model.jobs.start(model.now, JobKind::Waves, "");
            effects.push(Effect::ListWaves { job });
        }
        Action::DeleteWave => {
            if let Some(name) = submit::selected_wave(model) {
                let ask = Ask::new("Delete wave", "Keep")
                    .say(
                        Tone::Plain,
                        format!("Delete the saved wave `{name}`? No mailbox changes."),
                    )
                    .button("Delete", Choice::DeleteWave(name));
                put(model, Layer::Ask(ask));
            }
        }
        Action::Runs => {
            model.layers.push(Layer::Runs(Scroll::default()));
            begin::runs(model, effects);
        }
        Action::ShowRun => model.layers.push(Layer::Run(Scroll::default())),
        Action::Jobs => drawer(model, Layer::Jobs(Scroll::default())),
        Action::Calls => drawer(model, Layer::Calls(Scroll::default())),
        Action::Messages => drawer(model, Layer::Messages(Scroll::default())),
        Action::Information => look::information(model, effects),
        Action::Help => {
            let context = model.context();
            drawer(
                model,
                Layer::Help {
                    scroll: Scroll::default(),
                    context,
                },
            );
        }
        Action::Palette => {
            let context = model.context();
            let palette = Palette::new(model, context);
            model.layers.push(Layer::Palette(palette));
        }
        Action::HistoryBack => recall(model, true),
        Action::HistoryForward => recall(model, false),
        Action::Theme => look::theme(model, argument),
        Action::Copy => copy::copy(model, effects),
        Action::OpenBrowser => {
            if let Some(Layer::SignIn(dialog)) = model.layers.last() {
                let url = match &dialog.prompt {
                    Some(SignInPrompt::DeviceCode { url, .. } | SignInPrompt::Browser { url }) => url.clone(),
                    None => return,
                };
                effects.push(Effect::OpenBrowser(url));
            }
        }
        Action::NextPane => movement::turn_pane(model, true),
        Action::PreviousPane => movement::turn_pane(model, false),
        Action::ProbeEndpoints => tls::check(model, CheckScope::Endpoints, effects),
        Action::Fix => tls::show_fix(model),
        Action::ForgetHost => tls::forget(model),
        Action::SignInBeside => agents::sign_in_beside(model, effects),
        Action::AgentsTab => agents::show(model, Tab::Agents, effects),
        Action::MailboxesTab => agents::show(model, Tab::Mailboxes, effects),
        Action::TlsTab => agents::show(model, Tab::Tls, effects),
        Action::NextTab => agents::show(model, model.tab.beside(true), effects),
        Action::PreviousTab => agents::show(model, model.tab.beside(false), effects),
        Action::Quit => leave::quit(model, effects),
        Action::Interrupt => leave::interrupt(model, effects),
    }
}

/// Back by exactly one level.
fn back(model: &mut Model, effects: &mut Effects) {
    match model.layers.pop() {
        Some(Layer::Filter { before, .. }) => key::filter(model, &before, effects),
        Some(Layer::Planning(planning)) => {
            model.jobs.stopping(planning.job);
            effects.push(Effect::CancelJob(planning.job));
        }
        Some(Layer::SignIn(dialog)) => {
            model.jobs.stopping(dialog.job);
            effects.push(Effect::CancelJob(dialog.job));
        }
        Some(Layer::Steering) => steering::left(model, effects),
        Some(Layer::Form(form)) => {
            if let Some(job) = form.reading {
                model.jobs.stopping(job);
                effects.push(Effect::CancelJob(job));
            }
        }
        Some(Layer::Logs(screen)) => logs::back(model, screen, effects),
        Some(Layer::Setup(form)) => {
            // Without a profile there is nothing behind the set-up.
            model.layers.push(Layer::Setup(form));
            model
                .notes
                .tell(model.now, Level::Info, "Ctrl-C twice leaves without a set-up");
        }
        Some(Layer::Addresses(editor)) if editor.changed() => {
            model.notes.tell(
                model.now,
                Level::Info,
                "the address changes were dropped; nothing was written",
            );
        }
        Some(Layer::Plan(screen)) if screen.saved.is_none() => {
            model.notes.tell(
                model.now,
                Level::Info,
                "the plan was dropped; nothing was written",
            );
        }
        Some(_) => {}
        None if model.tab == Tab::Agents => agents::back(model),
        None if model.tab == Tab::Tls => tls::back(model),
        None if model.mailboxes.range.is_some() => model.mailboxes.range = None,
        None => {
            if let Some(loading) = model.mailboxes.loading {
                model.jobs.stopping(loading.job);
                effects.push(Effect::CancelJob(loading.job));
            } else if !model.mailboxes.filter_text.is_empty() {
                key::filter(model, "", effects);
            }
        }
    }
}

fn filter(model: &mut Model, argument: &str, effects: &mut Effects) {
    if !argument.is_empty() {
        key::filter(model, argument, effects);
        return;
    }
    let before = match model.tab {
        Tab::Agents => model.agents.filter_text.clone(),
        Tab::Mailboxes => model.mailboxes.filter_text.clone(),
        Tab::Tls => model.tls.filter_text.clone(),
    };
    model.layers.push(Layer::Filter {
        field: TextField::new(&before),
        before,
    });
}

fn extend(model: &mut Model, by: isize) {
    let tab = &mut model.mailboxes;
    if tab.range.is_none() {
        tab.range = Some(tab.scroll().cursor);
        if let Some(row) = tab.cursor_row() {
            tab.marks.mark(row);
        }
    }
    tab.step(Step::By(by));
}

fn with_rows(
    model: &mut Model,
    change: impl FnOnce(&mut crate::domain::marks::Marks, &[crate::domain::table::Row]),
) {
    let tab = &mut model.mailboxes;
    tab.range = None;
    let mut marks = std::mem::take(&mut tab.marks);
    change(&mut marks, tab.rows());
    tab.marks = marks;
    let text = format!("{} marked", counted(tab.marks.count(), "mailbox", "mailboxes"));
    model.notes.tell(model.now, Level::Info, text);
}

fn plan(model: &mut Model, target: Target, effects: &mut Effects) {
    let hidden = model.mailboxes.hidden_marks();
    if hidden > 0 {
        let text = format!(
            "{} hidden by the filter and planned too; U takes all marks away",
            counted(hidden, "marked mailbox is", "marked mailboxes are")
        );
        model.notes.tell(model.now, Level::Warn, text);
    }
    let mailboxes = model.mailboxes.selection();
    begin::plan(model, PlanRequest::Authority { target, mailboxes }, effects);
}

fn reload(model: &mut Model, effects: &mut Effects) {
    match model.layers.last() {
        Some(Layer::Runs(_)) => begin::runs(model, effects),
        Some(Layer::Logs(_)) => logs::reload(model, effects),
        Some(Layer::Record(_)) => runs::reload_record(model, effects),
        Some(Layer::Details(screen)) => {
            let id = screen.id;
            let job = model.jobs.start(model.now, JobKind::Details, "");
            if let Some(Layer::Details(screen)) = model.layers.last_mut() {
                screen.job = Some(job);
            }
            effects.push(Effect::ReadDetails { job, id });
        }
        _ if model.tab == Tab::Agents => agents::refresh(model, effects),
        _ if model.tab == Tab::Tls => tls::check(model, CheckScope::Everything, effects),
        _ => {
            begin::inventory(model, effects);
            begin::organization(model, effects);
        }
    }
}

fn steer(model: &mut Model, steering: Steering, effects: &mut Effects) {
    if let Some(job) = model.jobs.active_of(JobKind::Run).map(|job| job.id) {
        effects.push(Effect::SteerRun { job, steering });
    }
}

fn cancel_job(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Jobs(scroll)) = model.layers.last() else {
        return;
    };
    let Some((job, kind)) = model
        .jobs
        .newest_first()
        .nth(scroll.cursor)
        .map(|job| (job.id, job.kind))
    else {
        return;
    };
    model.jobs.stopping(job);
    effects.push(match kind {
        JobKind::Run => Effect::SteerRun {
            job,
            steering: Steering::Cancel,
        },
        _ => Effect::CancelJob(job),
    });
}

/// Opens a drawer once; the same key again closes it.
fn drawer(model: &mut Model, layer: Layer) {
    let context = layer.context();
    match model.layers.last().map(Layer::context) == Some(context) && context != Context::Table {
        true => {
            model.layers.pop();
        }
        false => model.layers.push(layer),
    }
}

fn recall(model: &mut Model, older: bool) {
    let length = model.palette_history.len();
    let Some(Layer::Palette(palette)) = model.layers.last_mut() else {
        return;
    };
    let place = match (palette.recalled, older) {
        (None, true) if length > 0 => Some(0),
        (Some(place), true) => Some((place + 1).min(length - 1)),
        (Some(place), false) => place.checked_sub(1),
        (None, _) => None,
    };
    palette.recalled = place;
    let line = place.and_then(|place| model.palette_history.iter().rev().nth(place));
    palette.field = TextField::new(line.map_or("", String::as_str));
    key::refresh_palette(model);
}
