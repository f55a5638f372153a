//! From a key to an action, a text field or nothing.

use crate::tui::{
    action::Action,
    chord::{Chord, Key},
    context::Context,
    effect::Effect,
    keymap::Keymap,
    layer::{Layer, Palette},
    model::Model,
    msg::Level,
    tab::Tab,
    view::layout,
    widget::TextField,
};

use super::{Effects, leave, logs, perform::perform, provision};

/// What a typed line changed.
enum Edited {
    Filter(String),
    Log(String),
    Palette,
    Other,
}

/// A key was pressed.
pub fn key(model: &mut Model, chord: Chord, effects: &mut Effects) {
    let context = model.context();
    let action = action_for(&model.settings.keymap, context, chord);
    if !layout::is_big_enough(model.size) {
        // What can't be seen must not be changed: only leaving works.
        match action {
            Some(Action::Quit) => leave::quit(model, effects),
            Some(Action::Interrupt) => leave::interrupt(model, effects),
            _ => {}
        }
        return;
    }
    let swallowed = model.swallow_until.is_some_and(|until| model.now.elapsed < until);
    if swallowed && action != Some(Action::Interrupt) {
        return;
    }
    model.swallow_until = model.swallow_until.filter(|_| swallowed);
    if action != Some(Action::Interrupt) {
        model.interrupted = false;
    }
    let dismissed = model.notes.dismiss();
    // An error is put away by any key; Esc, Enter and Space do nothing else then.
    if dismissed && matches!(chord.key, Key::Escape | Key::Enter | Key::Char(' ')) {
        return;
    }
    if chord.ctrl && chord.key == Key::Char('z') {
        effects.push(Effect::Suspend);
        return;
    }
    match action {
        Some(action) => act(model, action, "", effects),
        None => edit(model, |field| field.key(chord), effects),
    }
}

/// Text was pasted: into a text field, or nowhere. A paste never presses keys.
pub fn paste(model: &mut Model, text: &str, effects: &mut Effects) {
    if !layout::is_big_enough(model.size) {
        return;
    }
    if !model.context().takes_text() {
        model
            .notes
            .tell(model.now, Level::Info, "nothing here takes pasted text");
        return;
    }
    if let Some(Layer::Subjects(form)) = model.layers.last_mut()
        && provision::paste(form, text)
    {
        return;
    }
    edit(model, |field| field.paste(text), effects);
}

fn action_for(keymap: &Keymap, context: Context, chord: Chord) -> Option<Action> {
    keymap.action(context, chord)
}

/// Does an action, or says why it can't be done now.
pub fn act(model: &mut Model, action: Action, argument: &str, effects: &mut Effects) {
    match (action.info().enabled)(model) {
        Ok(()) => perform(model, action, argument, effects),
        Err(why) => {
            let text = format!("{}: {}", action.info().title, why.0);
            model.notes.tell(model.now, Level::Warn, text);
        }
    }
}

fn edit(model: &mut Model, change: impl FnOnce(&mut TextField) -> bool, effects: &mut Effects) {
    let edited = match model.layers.last_mut() {
        Some(Layer::Filter { field, .. }) => change(field).then(|| Edited::Filter(field.text().to_owned())),
        Some(Layer::Logs(screen)) => match &mut screen.editing {
            Some((field, _)) => change(field).then(|| Edited::Log(field.text().to_owned())),
            None => None,
        },
        Some(Layer::Palette(palette)) => change(&mut palette.field).then(|| {
            palette.recalled = None;
            Edited::Palette
        }),
        Some(Layer::Prompt(prompt)) => change(&mut prompt.field).then(|| {
            prompt.error = None;
            Edited::Other
        }),
        Some(Layer::Ask(ask)) => {
            if let Some((field, _)) = &mut ask.typed {
                change(field);
            }
            None
        }
        Some(Layer::Subjects(form)) => {
            form.error = None;
            change(&mut form.field);
            None
        }
        Some(Layer::Form(form)) => {
            form.error = None;
            if let Some(field) = form.text_field() {
                change(field);
            }
            None
        }
        Some(Layer::Setup(form)) => {
            form.error = None;
            if let Some(field) = form.text_field() {
                change(field);
            }
            None
        }
        _ => None,
    };
    match edited {
        Some(Edited::Filter(text)) => filter(model, &text, effects),
        Some(Edited::Log(text)) => logs::set_filter(model, &text, effects),
        Some(Edited::Palette) => refresh_palette(model),
        _ => {}
    }
}

/// The filter line changed: the view follows at once.
pub fn filter(model: &mut Model, text: &str, effects: &mut Effects) {
    match model.tab {
        Tab::Agents => return model.agents.set_filter(text),
        Tab::Tls => return model.tls.set_filter(text),
        Tab::Mailboxes => {}
    }
    model.mailboxes.set_filter(text, model.now);
    if let Some(request) = model.mailboxes.arrange(true, model.now) {
        effects.push(Effect::Arrange(request));
    }
}

/// Finds the palette's entries again.
pub fn refresh_palette(model: &mut Model) {
    let Some(Layer::Palette(mut palette)) = model.layers.pop() else {
        return;
    };
    Palette::find(&mut palette, model);
    model.layers.push(Layer::Palette(palette));
}
