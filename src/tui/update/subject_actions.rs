//! What can be done with the job, agent, group or domain under the cursor: each begins a plan, a list or a form.

use crate::{
    domain::synchronization::RESTART_CHOICES,
    engine::synchronization::SynchronizationAction,
    tui::{
        action::Action,
        layer::{Layer, LogKind, Menu, MenuEntry, Picked},
        model::{Model, TabSubject},
        widget::Scroll,
    },
};

use super::{Effects, logs, settings_form, steering};

/// What the menu offers, by what is under the cursor.
const ON_JOB: [Action; 12] = [
    Action::Logs,
    Action::StartJob,
    Action::PauseJob,
    Action::RestartJob,
    Action::ProvisionOnDemand,
    Action::StagedDeletes,
    Action::Thresholds,
    Action::MailMapping,
    Action::Audit,
    Action::TenantAudit,
    Action::DeletePrevention,
    Action::CreateWriteback,
];
const ON_AGENT: [Action; 5] = [
    Action::AssignAgent,
    Action::UnassignAgent,
    Action::CreateGroup,
    Action::Updater,
    Action::TenantAudit,
];
const ON_GROUP: [Action; 5] = [
    Action::RenameGroup,
    Action::DeleteGroup,
    Action::CreateGroup,
    Action::Updater,
    Action::TenantAudit,
];
const ON_DOMAIN: [Action; 4] = [
    Action::CreateWriteback,
    Action::CreateGroup,
    Action::Updater,
    Action::TenantAudit,
];
const ON_NOTHING: [Action; 5] = [
    Action::CreateGroup,
    Action::Updater,
    Action::CreateWriteback,
    Action::DeletePrevention,
    Action::TenantAudit,
];

/// Opens the menu of everything that can be done with what is under the cursor; what can't be done now says why.
pub fn menu(model: &mut Model) {
    let (title, actions): (String, &[Action]) = match model.agents.subject() {
        Some(TabSubject::Job { configuration, job }) => (job_name(model, &configuration, &job), &ON_JOB),
        Some(TabSubject::Configuration { configuration }) => {
            (model.agents.name_of(&configuration).to_owned(), &ON_JOB)
        }
        Some(TabSubject::Agent { agent }) => {
            let name = model
                .agents
                .agent(&agent)
                .map_or(agent.clone(), |record| record.agent.machine_name.clone());
            (format!("Agent {name}"), &ON_AGENT)
        }
        Some(TabSubject::Group { group }) => {
            let name = model
                .agents
                .group(&group)
                .map_or(group.clone(), |group| group.display_name.clone());
            (format!("Group {name}"), &ON_GROUP)
        }
        Some(TabSubject::Domain { domain }) => (domain, &ON_DOMAIN),
        None => ("Cloud Sync".to_owned(), &ON_NOTHING),
    };
    let entry = |action: &Action| {
        let info = action.info();
        let (note, doc) = match (info.enabled)(model) {
            Ok(()) => ("", info.doc.to_owned()),
            Err(why) => ("not now", format!("{} Not now: {}.", info.doc, why.0)),
        };
        MenuEntry {
            title: info.title.to_owned(),
            note: note.to_owned(),
            doc,
            picked: Picked::Perform(*action),
        }
    };
    let entries = actions.iter().map(entry).collect();
    open(model, title, entries);
}

fn open(model: &mut Model, title: String, entries: Vec<MenuEntry>) {
    model.layers.push(Layer::Menu(Menu {
        title,
        entries,
        scroll: Scroll::default(),
    }));
}

/// What people call a job: its configuration and its kind.
pub(super) fn job_name(model: &Model, configuration: &str, job: &str) -> String {
    let kind = model
        .agents
        .job(configuration, job)
        .map_or_else(|| job.to_owned(), |seen| seen.job.kind().title().to_owned());
    format!("{}, {kind}", model.agents.name_of(configuration))
}

/// Does one of the actions above.
pub fn perform(model: &mut Model, action: Action, effects: &mut Effects) {
    let subject = model.agents.subject();
    match action {
        Action::CreateGroup | Action::RenameGroup | Action::CreateWriteback => {}
        Action::Updater => return settings_form::updater(model),
        Action::TenantAudit => {
            let tenant = model.tenant_domain().to_owned();
            return logs::open(model, LogKind::TenantAudit, "", "", &tenant, effects);
        }
        Action::DeletePrevention => {
            let action = SynchronizationAction::DisableDeletePrevention;
            return steering::begin_action(model, action, effects);
        }
        _ => {}
    }
    match subject {
        Some(TabSubject::Job { configuration, job }) => on_job(model, action, &configuration, &job, effects),
        Some(TabSubject::Configuration { configuration }) if action == Action::Thresholds => {
            let name = model.agents.name_of(&configuration).to_owned();
            settings_form::notification(model, &configuration, &name, effects);
        }
        Some(TabSubject::Configuration { configuration }) if action == Action::Audit => {
            let name = model.agents.name_of(&configuration).to_owned();
            logs::open(model, LogKind::Audit, &configuration, "", &name, effects);
        }
        Some(TabSubject::Agent { agent }) => on_agent(model, action, &agent),
        Some(TabSubject::Group { group }) if action == Action::DeleteGroup => {
            steering::begin_action(model, SynchronizationAction::DeleteAgentGroup { group }, effects);
        }
        _ => {}
    }
}

fn on_job(model: &mut Model, action: Action, configuration: &str, job: &str, effects: &mut Effects) {
    let name = job_name(model, configuration, job);
    let ids = || (configuration.to_owned(), job.to_owned());
    let begun = match action {
        Action::StartJob => {
            let (configuration, job) = ids();
            SynchronizationAction::Start { configuration, job }
        }
        Action::PauseJob => {
            let (configuration, job) = ids();
            SynchronizationAction::Pause { configuration, job }
        }
        Action::MailMapping => {
            let (configuration, job) = ids();
            SynchronizationAction::AddMailMapping { configuration, job }
        }
        Action::RestartJob => return restart(model, configuration, job),
        Action::Logs => return logs::open_logs(model, configuration, job, &name, effects),
        Action::StagedDeletes => {
            return logs::open(model, LogKind::StagedDeletes, configuration, job, &name, effects);
        }
        Action::Audit => return logs::open(model, LogKind::Audit, configuration, job, &name, effects),
        Action::Thresholds => {
            let name = model.agents.name_of(configuration).to_owned();
            return settings_form::notification(model, configuration, &name, effects);
        }
        _ => return,
    };
    steering::begin_action(model, begun, effects);
}

/// The ways to restart a job, the mildest first. Held-back deletions are listed before they can be let through.
fn restart(model: &mut Model, configuration: &str, job: &str) {
    let entries = RESTART_CHOICES
        .iter()
        .map(|choice| {
            let picked = match choice.name {
                "allow-deletes" => Picked::Perform(Action::StagedDeletes),
                name => Picked::Begin(Box::new(SynchronizationAction::Restart {
                    configuration: configuration.to_owned(),
                    job: job.to_owned(),
                    choice: name.to_owned(),
                })),
            };
            let note = match (choice.name, choice.danger) {
                ("allow-deletes", _) => "DANGER: the list of them comes first",
                (_, true) => "DANGER: may change many objects",
                _ => "",
            };
            MenuEntry {
                title: choice.title.to_owned(),
                note: note.to_owned(),
                doc: choice.doc.to_owned(),
                picked,
            }
        })
        .collect();
    let title = format!("Restart {}", job_name(model, configuration, job));
    open(model, title, entries);
}

/// The groups an agent can be put into or taken out of.
fn on_agent(model: &mut Model, action: Action, agent: &str) {
    let Some(known) = model.agents.agent(agent) else {
        return;
    };
    let machine = known.agent.machine_name.clone();
    let into = action == Action::AssignAgent;
    let entries: Vec<MenuEntry> = model
        .agents
        .groups()
        .iter()
        .filter(|group| {
            let member = group.agents.iter().any(|id| id == agent) || known.agent.groups.contains(&group.id);
            member != into
        })
        .map(|group| {
            let (agent, id) = (agent.to_owned(), group.id.clone());
            let begun = match into {
                true => SynchronizationAction::AssignAgent { agent, group: id },
                false => SynchronizationAction::UnassignAgent { agent, group: id },
            };
            MenuEntry {
                title: group.display_name.clone(),
                note: if group.is_default { "the default group" } else { "" }.to_owned(),
                doc: String::new(),
                picked: Picked::Begin(Box::new(begun)),
            }
        })
        .collect();
    let title = match into {
        true => format!("Put {machine} into"),
        false => format!("Take {machine} out of"),
    };
    open(model, title, entries);
}

/// The domain a writeback would be created for, where what is under the cursor tells.
pub fn suggested_domain(model: &Model) -> String {
    match model.agents.subject() {
        Some(TabSubject::Domain { domain }) => domain,
        Some(TabSubject::Job { configuration, job }) => model
            .agents
            .job(&configuration, &job)
            .and_then(|seen| seen.job.domain().map(str::to_owned))
            .unwrap_or_else(|| model.agents.name_of(&configuration).to_owned()),
        Some(TabSubject::Configuration { configuration }) => model.agents.name_of(&configuration).to_owned(),
        _ => String::new(),
    }
}
