//! The Agents tab: switching to it, what its watch tells, opening what is under the cursor.

use crate::{
    engine::synchronization::{NoticeLevel, WatchEvent},
    tui::{
        effect::{Effect, WatchOrder},
        job::{JobId, JobKind},
        layer::{Layer, Menu, MenuEntry, Picked},
        model::{Model, PaneSort, SubjectScreen},
        msg::{Failure, Identity, Level},
        tab::Tab,
        view,
        widget::{Scroll, Step},
    },
};

use super::{Effects, begin, tell_failure, tls};

/// Goes to a tab. Lists and drawers over the tab before are closed; what would lose work refuses before.
pub fn show(model: &mut Model, tab: Tab, effects: &mut Effects) {
    model.layers.clear();
    if model.tab == tab {
        return;
    }
    let before = std::mem::replace(&mut model.tab, tab);
    if before == Tab::Agents && model.agents.watch.is_some() {
        effects.push(Effect::Watch(WatchOrder::Hide));
    }
    shown(model, effects);
}

/// The tab that is open needs what it shows: begins it, where somebody is signed in.
pub fn shown(model: &mut Model, effects: &mut Effects) {
    if model.tab == Tab::Tls {
        tls::shown(model, effects);
        return;
    }
    if model.session.identity.is_none() {
        return;
    }
    match model.tab {
        Tab::Mailboxes => {
            if model.mailboxes.table.is_empty() {
                begin::inventory(model, effects);
            }
        }
        Tab::Tls => {}
        Tab::Agents => {
            model.agents.unseen = None;
            match model.agents.watch {
                Some(_) => effects.push(Effect::Watch(WatchOrder::Show)),
                None => begin_watch(model, effects),
            }
        }
    }
}

fn begin_watch(model: &mut Model, effects: &mut Effects) {
    let watch = model.agents.begin_watch();
    effects.push(Effect::Watch(WatchOrder::Begin { watch }));
}

/// Somebody signed in: what was refused before is asked for again.
pub fn signed_in(model: &mut Model, effects: &mut Effects) {
    if model.agents.watch.is_some() {
        effects.push(Effect::Watch(WatchOrder::Refresh));
    }
    shown(model, effects);
}

/// Another tenant: the watch over the one before ends.
pub fn forget(model: &mut Model, effects: &mut Effects) {
    if model.agents.watch.is_some() {
        effects.push(Effect::Watch(WatchOrder::End));
    }
    model.agents.forget();
}

/// Everything now.
pub fn refresh(model: &mut Model, effects: &mut Effects) {
    effects.push(Effect::Watch(WatchOrder::Refresh));
    model
        .notes
        .tell(model.now, Level::Info, "reading everything again");
}

/// What a watch tells.
pub fn told(model: &mut Model, watch: u64, event: WatchEvent) {
    if model.agents.watch != Some(watch) {
        return;
    }
    let Some(notice) = model.agents.take_in(event) else {
        return;
    };
    if model.tab != Tab::Agents {
        model.agents.unseen = model.agents.unseen.max(Some(notice.level));
    }
    // An alarm stands in the summary as long as it lasts: it need not hold the screen until a key is pressed.
    let level = match notice.level {
        NoticeLevel::Info => Level::Info,
        NoticeLevel::Warn | NoticeLevel::Alarm => Level::Warn,
    };
    model.notes.tell(model.now, level, notice.text);
}

/// Signs a person in beside the application.
pub fn sign_in_beside(model: &mut Model, effects: &mut Effects) {
    let subject = model.tenant_domain().to_owned();
    let job = model.jobs.start(model.now, JobKind::SignInBeside, subject);
    effects.push(Effect::SignInBeside { job });
}

/// The sign-in beside is over; the watch goes on with it.
pub fn signed_in_beside(
    model: &mut Model,
    job: JobId,
    result: Result<Identity, Failure>,
    effects: &mut Effects,
) {
    model
        .layers
        .retain(|layer| !matches!(layer, Layer::SignIn(dialog) if dialog.job == job));
    match result {
        Ok(identity) => {
            let text = format!("signed in as {} beside the application", identity.name);
            model.notes.tell(model.now, Level::Info, text);
            if model.agents.watch.is_some() {
                effects.push(Effect::Watch(WatchOrder::End));
            }
            begin_watch(model, effects);
            if model.tab != Tab::Agents {
                effects.push(Effect::Watch(WatchOrder::Hide));
            }
        }
        Err(failure) => tell_failure(model, "sign-in beside", &failure),
    }
}

/// Moves the cursor, or the text that is shown in full.
pub fn step(model: &mut Model, step: Step) {
    let (length, visible) = view::extent(model);
    match &mut model.agents.screen {
        Some(screen) => screen.scroll.slide(step, length, visible),
        None => model.agents.step(step),
    }
}

/// Shows what is under the cursor in full.
pub fn open(model: &mut Model) {
    if model.agents.screen.is_none()
        && let Some(subject) = model.agents.subject()
    {
        model.agents.screen = Some(SubjectScreen {
            subject,
            scroll: Scroll::default(),
        });
    }
}

/// Back by one level: the screen, then the filter.
pub fn back(model: &mut Model) {
    if model.agents.screen.take().is_none() {
        model.agents.set_filter("");
    }
}

/// Sorts the list with the cursor by a column named, or asks for one.
pub fn sort(model: &mut Model, argument: &str) {
    let info = model.agents.pane.info();
    if !argument.is_empty() {
        let found = info
            .columns
            .iter()
            .position(|column| column.title.eq_ignore_ascii_case(argument));
        match found {
            Some(column) => sort_by(model, Some(column)),
            None => {
                let known: Vec<String> = info
                    .columns
                    .iter()
                    .map(|column| column.title.to_lowercase())
                    .collect();
                let text = format!("there is no column `{argument}`; there are {}", known.join(", "));
                model.notes.tell(model.now, Level::Warn, text);
            }
        }
        return;
    }
    let current = model.agents.sort(info.pane);
    let mut entries = vec![MenuEntry {
        title: "Own order".to_owned(),
        note: "as the tab lists them".to_owned(),
        doc: String::new(),
        picked: Picked::SortPane(None),
    }];
    entries.extend(info.columns.iter().enumerate().map(|(at, column)| MenuEntry {
        title: column.title.to_owned(),
        note: match current {
            Some(sort) if sort.column == at => {
                format!("now {}; again turns it round", view::order_word(sort.descending))
            }
            _ => String::new(),
        },
        doc: String::new(),
        picked: Picked::SortPane(Some(at)),
    }));
    let cursor = current.map_or(0, |sort| sort.column + 1);
    model.layers.push(Layer::Menu(Menu {
        title: format!("Sort {} by", info.title.to_lowercase()),
        entries,
        scroll: Scroll { cursor, top: 0 },
    }));
}

/// Sorts the list with the cursor; the same column again turns the order round.
pub fn sort_by(model: &mut Model, column: Option<usize>) {
    let current = model.agents.sort(model.agents.pane);
    model.agents.set_sort(column.map(|column| PaneSort {
        column,
        descending: current.is_some_and(|sort| sort.column == column && !sort.descending),
    }));
}

/// What can be copied of the subject: title and text of each.
pub fn to_copy(model: &Model) -> Vec<(&'static str, String)> {
    use crate::tui::model::TabSubject;
    let tab = &model.agents;
    let Some(subject) = tab.subject() else {
        return Vec::new();
    };
    let entries = match &subject {
        TabSubject::Job { configuration, job } => {
            let seen = tab.job(configuration, job);
            let status = seen.map(|seen| &seen.job.status);
            let error = status
                .and_then(|status| status.quarantine.as_ref()?.error.as_ref())
                .or_else(|| status.and_then(|status| status.last.as_ref()?.error.as_ref()));
            let activity = status.and_then(|status| status.last.as_ref()?.activity.clone());
            vec![
                ("Job id", job.clone()),
                ("Configuration id", configuration.clone()),
                ("Configuration", tab.name_of(configuration).to_owned()),
                ("Activity id of the last run", activity.unwrap_or_default()),
                (
                    "Error code",
                    error.map_or_else(String::new, |error| error.code.clone()),
                ),
                (
                    "Error",
                    error.map_or_else(String::new, |error| error.message.clone()),
                ),
            ]
        }
        TabSubject::Configuration { configuration } => vec![
            ("Configuration id", configuration.clone()),
            ("Configuration", tab.name_of(configuration).to_owned()),
        ],
        TabSubject::Agent { agent } => vec![
            (
                "Agent",
                tab.agent(agent)
                    .map_or_else(String::new, |record| record.agent.machine_name.clone()),
            ),
            (
                "Address",
                tab.agent(agent)
                    .map_or_else(String::new, |record| record.agent.external_ip.clone()),
            ),
            ("Agent id", agent.clone()),
        ],
        TabSubject::Domain { domain } => vec![("Domain", domain.clone())],
        TabSubject::Group { group } => vec![
            (
                "Group",
                tab.group(group)
                    .map_or_else(String::new, |group| group.display_name.clone()),
            ),
            ("Group id", group.clone()),
        ],
    };
    entries.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}
