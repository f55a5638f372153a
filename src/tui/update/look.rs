//! How the table is sorted, which colours there are, what is in use.

use crate::{
    domain::arrange::{Column, Sort},
    engine::information::Information,
    tui::{
        effect::Effect,
        job::{JobId, JobKind},
        layer::{InformationScreen, Layer, Menu, MenuEntry, Picked},
        model::Model,
        msg::{Failure, Level},
        theme::Theme,
        view,
        widget::Scroll,
    },
};

use super::{Effects, submit};

/// Sorts by the column named, or asks for one.
pub fn sort(model: &mut Model, argument: &str) {
    if !argument.is_empty() {
        match Column::from_word(argument) {
            Some(column) => submit::sort_by(model, Some(column)),
            None => {
                let known: Vec<&str> = Column::all().iter().map(|info| info.word).collect();
                let text = format!("there is no column `{argument}`; there are {}", known.join(", "));
                model.notes.tell(model.now, Level::Warn, text);
            }
        }
        return;
    }
    let mut entries = vec![MenuEntry {
        title: "Arrival".to_owned(),
        note: "the order the service sends".to_owned(),
        doc: String::new(),
        picked: Picked::Sort(None),
    }];
    entries.extend(Column::all().iter().map(|info| MenuEntry {
        title: info.title.to_owned(),
        note: info.doc.to_owned(),
        doc: String::new(),
        picked: Picked::Sort(Some(info.column)),
    }));
    let current = model.mailboxes.sort;
    for entry in &mut entries {
        if let (Some(Sort { column, descending }), Picked::Sort(Some(own))) = (current, &entry.picked)
            && column == *own
        {
            entry.note = format!("now {}; again turns it round", view::order_word(descending));
        }
    }
    let cursor = entries
        .iter()
        .position(|entry| entry.picked == Picked::Sort(current.map(|sort| sort.column)))
        .unwrap_or(0);
    let scroll = Scroll { cursor, top: 0 };
    model.layers.push(Layer::Menu(Menu {
        title: "Sort by".to_owned(),
        entries,
        scroll,
    }));
}

/// The themes, in the order the key goes through them.
const THEMES: [&str; 4] = ["dark", "light", "colour-blind", "mono"];

/// Takes the theme named, or the next one.
pub fn theme(model: &mut Model, argument: &str) {
    let current = THEMES
        .iter()
        .position(|name| Theme::named(name).is_ok_and(|theme| theme == model.settings.theme));
    let name = match argument {
        "" => THEMES[current.map_or(0, |at| (at + 1) % THEMES.len())],
        name => name,
    };
    if !model.settings.colour && name != "mono" {
        let text = "colours are switched off (NO_COLOR or --color never); only the mono theme is left";
        model.notes.tell(model.now, Level::Warn, text);
        return;
    }
    match Theme::named(name) {
        Ok(theme) => {
            model.settings.theme = theme;
            model.notes.tell(model.now, Level::Info, format!("theme {name}"));
        }
        Err(error) => model.notes.tell(model.now, Level::Warn, error.to_string()),
    }
}

/// Shows what is in use; the same key again closes it.
pub fn information(model: &mut Model, effects: &mut Effects) {
    if matches!(model.layers.last(), Some(Layer::Information(_))) {
        model.layers.pop();
        return;
    }
    let job = model.jobs.start(model.now, JobKind::Information, "");
    model.layers.push(Layer::Information(InformationScreen {
        job,
        information: None,
        failure: None,
        scroll: Scroll::default(),
    }));
    effects.push(Effect::ReadInformation { job });
}

/// Takes in what is in use.
pub fn gathered(model: &mut Model, job: JobId, result: Result<Box<Information>, Failure>) {
    for layer in &mut model.layers {
        if let Layer::Information(screen) = layer
            && screen.job == job
        {
            match &result {
                Ok(information) => screen.information = Some(information.clone()),
                Err(failure) => screen.failure = Some(failure.message.clone()),
            }
        }
    }
}
