//! What Enter does: in a list, a dialog, a text field.

use crate::{
    domain::{
        AddressEdit,
        arrange::{Column, Sort},
        rules::ConnectVersion,
    },
    engine::synchronization::SynchronizationAction,
    tui::{
        action::Action,
        effect::{Effect, LogEffect, PlanRequest},
        job::JobKind,
        layer::{Layer, Picked, Prompt, Purpose, SetupField, SteeringScreen},
        model::Model,
        msg::Level,
        tab::Tab,
        view::{self},
    },
};

use super::{Effects, agents, ask, begin, key, logs, provision, settings_form, steering, tls};

/// Accepts what is under the cursor or typed.
pub fn accept(model: &mut Model, effects: &mut Effects) {
    let Some(layer) = model.layers.last() else {
        if model.tab == Tab::Agents {
            agents::open(model);
        } else if model.tab == Tab::Tls {
            tls::open(model);
        } else if let Some(id) = model.mailboxes.cursor().map(|mailbox| mailbox.id) {
            begin::details(model, id, effects);
        }
        return;
    };
    match layer {
        Layer::Filter { .. } => filter(model),
        Layer::Menu(_) => menu(model, effects),
        Layer::Ask(_) => question(model, effects),
        Layer::Prompt(_) => prompt(model, effects),
        Layer::Palette(_) => palette(model, effects),
        Layer::Plan(_) => key::act(model, Action::Apply, "", effects),
        Layer::Form(_) => settings_form::accept(model, effects),
        Layer::Subjects(_) => provision::accept(model, effects),
        Layer::Logs(_) => logs::accept(model, effects),
        Layer::Steering => match model.steering.as_ref().is_some_and(SteeringScreen::is_list) {
            true => steering::open(model),
            false => key::act(model, Action::Apply, "", effects),
        },
        Layer::Runs(_) => begin::record(model, effects),
        Layer::Waves(_) => wave(model, effects),
        Layer::Addresses(_) => addresses(model, effects),
        Layer::Setup(_) => setup(model, effects),
        _ => {}
    }
}

/// Enter keeps the filter, unless it has a mistake: then it stays open so that the mistake can be put right.
fn filter(model: &mut Model) {
    match &model.mailboxes.filter_error {
        Some(_) if model.tab == Tab::Mailboxes => model.notes.tell(
            model.now,
            Level::Warn,
            "the filter has a mistake; put it right, or go back with Esc",
        ),
        _ => {
            model.layers.pop();
        }
    }
}

fn menu(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Menu(menu)) = model.layers.pop() else {
        return;
    };
    match menu
        .entries
        .into_iter()
        .nth(menu.scroll.cursor)
        .map(|entry| entry.picked)
    {
        Some(Picked::Sort(column)) => sort_by(model, column),
        Some(Picked::SortPane(column)) => agents::sort_by(model, column),
        Some(Picked::Perform(action)) => key::act(model, action, "", effects),
        Some(Picked::Begin(action)) => steering::begin_action(model, *action, effects),
        Some(Picked::Copy(text)) => {
            effects.push(Effect::Copy(text));
            model.notes.tell(model.now, Level::Info, "copied");
        }
        None => {}
    }
}

/// Sorts by a column; the same one again turns the order round.
pub fn sort_by(model: &mut Model, column: Option<Column>) {
    let current = model.mailboxes.sort;
    let sort = column.map(|column| Sort {
        column,
        descending: current.is_some_and(|sort| sort.column == column && !sort.descending),
    });
    let text = match sort {
        Some(sort) => format!(
            "sorted by {}, {}",
            sort.column.title(),
            view::order_word(sort.descending)
        ),
        None => "in the order of arrival".to_owned(),
    };
    model.mailboxes.set_sort(sort);
    model.notes.tell(model.now, Level::Info, text);
}

fn question(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Ask(question)) = model.layers.last() else {
        return;
    };
    match question.choose() {
        Ok(choice) => {
            model.layers.pop();
            ask::chosen(model, choice, effects);
        }
        Err(why) => model.notes.tell(model.now, Level::Warn, why),
    }
}

fn prompt(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Prompt(mut prompt)) = model.layers.pop() else {
        return;
    };
    let text = prompt.field.text().trim().to_owned();
    if text.is_empty() {
        prompt.error = Some("type something, or go back with Esc".to_owned());
        model.layers.push(Layer::Prompt(prompt));
        return;
    }
    if let Err(why) = take(model, &prompt, text, effects) {
        prompt.error = Some(why);
        model.layers.push(Layer::Prompt(prompt));
    }
}

fn take(model: &mut Model, prompt: &Prompt, text: String, effects: &mut Effects) -> Result<(), String> {
    let now = model.now;
    let table = || model.mailboxes.table.snapshot();
    let effect = match &prompt.purpose {
        Purpose::ImportMarks => {
            let table = table();
            let job = model.jobs.start(now, JobKind::ImportMarks, text.clone());
            Effect::ImportMarks {
                job,
                path: text,
                table,
            }
        }
        Purpose::ImportDirectory => {
            let table = table();
            let job = model.jobs.start(now, JobKind::ImportDirectory, text.clone());
            Effect::ImportDirectory {
                job,
                path: text,
                table,
            }
        }
        Purpose::ExportView => {
            let table = table();
            let job = model.jobs.start(now, JobKind::Export, text.clone());
            Effect::ExportView {
                job,
                path: text,
                table,
                rows: model.mailboxes.rows().to_vec(),
            }
        }
        Purpose::CreateGroup => {
            let action = SynchronizationAction::CreateAgentGroup { name: text };
            steering::begin_action(model, action, effects);
            return Ok(());
        }
        Purpose::RenameGroup(group) => {
            let group = group.clone();
            let action = SynchronizationAction::RenameAgentGroup { group, name: text };
            steering::begin_action(model, action, effects);
            return Ok(());
        }
        Purpose::CreateWriteback => {
            let action = SynchronizationAction::CreateAttributeWriteback { domain: text };
            steering::begin_action(model, action, effects);
            return Ok(());
        }
        Purpose::ExportLog => {
            let Some((pages, shown)) = logs::exported(model) else {
                return Ok(());
            };
            Effect::Log(LogEffect::Export {
                job: model.jobs.start(now, JobKind::Export, text.clone()),
                path: text,
                pages,
                shown,
            })
        }
        Purpose::ImportRegistry => {
            tls::import(model, text, effects);
            return Ok(());
        }
        Purpose::SaveFix => match tls::save_fix(model, text) {
            Some(effect) => effect,
            None => return Ok(()),
        },
        Purpose::SavePlan(plan) => Effect::SavePlan {
            job: model.jobs.start(now, JobKind::SavePlan, text.clone()),
            plan: plan.clone(),
            path: text,
        },
        Purpose::SaveWave => {
            let id = |row| model.mailboxes.table.row(row).map(|mailbox| mailbox.id);
            let mailboxes = model.mailboxes.marks.iter().filter_map(id).collect();
            Effect::SaveWave {
                job: model.jobs.start(now, JobKind::Waves, text.clone()),
                name: text,
                mailboxes,
            }
        }
        Purpose::ConnectVersion => {
            let version = ConnectVersion::parse(&text)
                .ok_or_else(|| "this is not a version: type four numbers such as 2.5.190.0".to_owned())?;
            let version = version.to_string();
            model.connect_version = Some(version.clone());
            let planned = matches!(model.layers.last(), Some(Layer::Plan(_)));
            let next = if planned { "; make the plan again" } else { "" };
            let told = format!("plans are checked against Connect Sync {version} in this session{next}");
            model.notes.tell(now, Level::Info, told);
            Effect::AttestConnectVersion(version)
        }
        Purpose::AddAddress => {
            let Some(Layer::Addresses(editor)) = model.layers.last_mut() else {
                return Ok(());
            };
            editor.edit(&AddressEdit::Add(text))?;
            editor.scroll.cursor = editor.after.len().saturating_sub(1);
            return Ok(());
        }
    };
    effects.push(effect);
    Ok(())
}

fn palette(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Palette(palette)) = model.layers.last() else {
        return;
    };
    let (name, argument) = palette.parts();
    let argument = argument.to_owned();
    let exact = Action::named(name);
    let Some(action) = exact.or_else(|| {
        palette
            .entries
            .get(palette.scroll.cursor)
            .map(|entry| entry.action)
    }) else {
        model
            .notes
            .tell(model.now, Level::Warn, "no action fits; Esc goes back");
        return;
    };
    let line = match argument.is_empty() {
        true => action.info().name.to_owned(),
        false => format!("{} {argument}", action.info().name),
    };
    let fits = palette.entries.iter().any(|entry| entry.action == action);
    model.layers.pop();
    if !fits {
        let text = format!("{}: this means nothing here", action.info().title);
        model.notes.tell(model.now, Level::Warn, text);
        return;
    }
    if !argument.is_empty() && action.info().argument.is_none() {
        let text = format!("`{}` takes no argument", action.info().name);
        model.notes.tell(model.now, Level::Warn, text);
        return;
    }
    model.remember_palette(&line);
    key::act(model, action, &argument, effects);
}

/// The wave under the cursor.
pub fn selected_wave(model: &Model) -> Option<String> {
    match model.layers.last() {
        Some(Layer::Waves(scroll)) => {
            let wave = model.waves.as_ref()?.get(scroll.cursor)?;
            Some(wave.name.clone())
        }
        _ => None,
    }
}

fn wave(model: &mut Model, effects: &mut Effects) {
    if let Some(name) = selected_wave(model) {
        let job = model.jobs.start(model.now, JobKind::Waves, name.clone());
        effects.push(Effect::LoadWave { job, name });
    }
}

fn addresses(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Addresses(editor)) = model.layers.last() else {
        return;
    };
    if !editor.changed() {
        model.notes.tell(
            model.now,
            Level::Info,
            "nothing has changed; there is nothing to plan",
        );
        return;
    }
    let request = PlanRequest::Addresses {
        id: editor.id,
        before: editor.before.clone().unwrap_or_default(),
        after: editor.after.clone(),
    };
    model.layers.pop();
    begin::plan(model, request, effects);
}

fn setup(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Setup(form)) = model.layers.last_mut() else {
        return;
    };
    match form.field {
        SetupField::Tenant | SetupField::Client => form.turn(true),
        SetupField::Cloud | SetupField::Method => form.choose(true),
        SetupField::Save if form.saving => {}
        SetupField::Save => match form.finish() {
            Ok(setup) => {
                form.saving = true;
                let job = model
                    .jobs
                    .start(model.now, JobKind::Configure, setup.tenant.clone());
                effects.push(Effect::WriteConfig { job, setup });
            }
            Err((field, why)) => {
                form.field = field;
                form.error = Some(why.to_owned());
            }
        },
    }
}
