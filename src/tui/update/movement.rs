//! Moving: in lists, between lists, between the fields of a form.

use crate::tui::{
    layer::Layer,
    model::Model,
    tab::Tab,
    view,
    widget::{Step, TextField},
};

use super::{Effects, agents, key, logs, tls};

/// Moves in the list that is on top.
pub fn step(model: &mut Model, step: Step, effects: &mut Effects) {
    let (length, visible) = view::extent(model);
    if let Some(Layer::Logs(screen)) = model.layers.last_mut() {
        if screen.step(step, visible) {
            logs::at_end(model, effects);
        }
        return;
    }
    if matches!(model.layers.last(), Some(Layer::Steering)) {
        if let Some(screen) = &mut model.steering {
            match screen.is_list() {
                true => screen.scroll.step(step, length, visible),
                false => screen.scroll.slide(step, length, visible),
            }
        }
        return;
    }
    let Some(layer) = model.layers.last_mut() else {
        match model.tab {
            Tab::Agents => agents::step(model, step),
            Tab::Mailboxes => model.mailboxes.step(step),
            Tab::Tls => tls::step(model, step),
        }
        return;
    };
    match layer {
        Layer::Details(screen) => screen.scroll.slide(step, length, visible),
        Layer::Plan(screen) => screen.scroll.slide(step, length, visible),
        Layer::Information(screen) => screen.scroll.slide(step, length, visible),
        Layer::Timeline(screen) => screen.scroll.slide(step, length, visible),
        Layer::Fix(screen) => screen.scroll.slide(step, length, visible),
        Layer::LogEntry(screen) => screen.scroll.slide(step, length, visible),
        Layer::Record(screen) => screen.scroll.slide(step, length, visible),
        Layer::Run(scroll) | Layer::Help { scroll, .. } | Layer::Messages(scroll) => {
            scroll.slide(step, length, visible);
        }
        Layer::Runs(scroll) | Layer::Waves(scroll) | Layer::Jobs(scroll) | Layer::Calls(scroll) => {
            scroll.step(step, length, visible);
        }
        Layer::Menu(menu) => menu.scroll.step(step, length, visible),
        Layer::Palette(palette) => palette.scroll.step(step, length, visible),
        Layer::Addresses(editor) => editor.scroll.step(step, length, visible),
        Layer::Subjects(form) => form.scroll.slide(step, length, visible),
        Layer::Form(form) => form.turn(!matches!(step, Step::By(-1) | Step::Page(-1) | Step::First)),
        Layer::Setup(form) => form.turn(!matches!(step, Step::By(-1) | Step::Page(-1) | Step::First)),
        // The table stays in reach while its filter is typed.
        Layer::Filter { .. } => match model.tab {
            Tab::Agents => model.agents.step(step),
            Tab::Mailboxes => model.mailboxes.step(step),
            Tab::Tls => model.tls.step(step),
        },
        Layer::Ask(ask) => ask.turn(matches!(step, Step::By(1))),
        Layer::Planning(_) | Layer::Prompt(_) | Layer::SignIn(_) | Layer::Steering | Layer::Logs(_) => {}
    }
}

/// Goes to the list beside.
pub fn turn_pane(model: &mut Model, forward: bool) {
    match model.tab {
        Tab::Agents => model.agents.turn(forward),
        Tab::Tls => model.tls.turn(forward),
        Tab::Mailboxes => {}
    }
}

/// Goes to the next field, button or choice.
pub fn turn(model: &mut Model, forward: bool) {
    match model.layers.last_mut() {
        Some(Layer::Ask(ask)) => ask.turn(forward),
        Some(Layer::Setup(form)) => {
            // Left and right turn a choice, Tab goes on.
            form.turn(forward);
        }
        Some(Layer::Form(form)) => form.turn(forward),
        Some(Layer::Subjects(form)) => form.turn(),
        Some(Layer::Palette(palette)) if forward => {
            // Tab completes the name, so that an argument can follow.
            if let Some(entry) = palette.entries.get(palette.scroll.cursor) {
                let name = entry.action.info().name;
                palette.field = TextField::new(&format!("{name} "));
                key::refresh_palette(model);
            }
        }
        _ => {}
    }
}
