//! The one way the model changes.

mod addresses;
mod agents;
mod answer;
mod ask;
mod begin;
mod confirm;
mod copy;
mod key;
mod leave;
mod logs;
mod look;
mod movement;
mod perform;
mod prompts;
mod provision;
mod question;
mod runs;
mod settings_form;
mod steering;
mod subject_actions;
mod submit;
mod tls;

pub use begin::plan_words;

use super::{
    effect::Effect,
    layer::Layer,
    model::Model,
    msg::{Connection, Failure, Level, Msg},
};

/// What is to be done.
type Effects = Vec<Effect>;

/// Takes one message in and says what is to be done. Pure: no input, no output, no clock.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = Effects::new();
    if !matches!(msg, Msg::Tick(_)) {
        model.touch();
    }
    take_in(model, msg, &mut effects);
    if let Some(request) = model.mailboxes.arrange(false, model.now) {
        effects.push(Effect::Arrange(request));
    }
    effects
}

fn take_in(model: &mut Model, msg: Msg, effects: &mut Effects) {
    match msg {
        Msg::Tick(now) => tick(model, now),
        Msg::Resize(columns, rows) => {
            model.resize((columns, rows));
        }
        Msg::Started => begin::start(model, effects),
        Msg::Key(chord) => key::key(model, chord, effects),
        Msg::Paste(text) => key::paste(model, &text, effects),
        Msg::Note(level, text) => model.notes.tell(model.now, level, text),
        Msg::Terminate => effects.push(Effect::Quit),
        Msg::Connection { service, connection } => {
            let state = model.session.service_mut(service);
            let before = std::mem::replace(&mut state.connection, connection);
            if connection == Connection::Lost && before != Connection::Lost {
                model.notes.tell(
                    model.now,
                    Level::Warn,
                    format!("the connection to {} is lost", service.word()),
                );
            }
        }
        Msg::Watch { watch, event } => agents::told(model, watch, event),
        Msg::Transport { service, state } => model.session.service_mut(service).transport = state,
        Msg::Calls(calls) => {
            // Calls alone change nothing on screen but the call log.
            model.log_calls(calls);
        }
        Msg::Arranged { generation, rows } => {
            if let Some(gone) = model.mailboxes.arranged(generation, rows)
                && gone > 0
            {
                let text = format!("{gone} marked mailboxes are gone after the reload");
                model.notes.tell(model.now, Level::Warn, text);
            }
        }
        Msg::CopyFailed(Ok(path)) => {
            let text = format!("the clipboard can't be reached; the text is in {path}");
            model.notes.tell(model.now, Level::Warn, text);
        }
        Msg::CopyFailed(Err(failure)) => model.notes.fail(model.now, "copy", &failure),
        Msg::Log(msg) => logs::answer(model, msg, effects),
        Msg::Steering(msg) => steering::answer(model, msg, effects),
        Msg::Tls(msg) => tls::answer(model, msg, effects),
        other => answer::answer(model, other, effects),
    }
}

fn tick(model: &mut Model, now: super::now::Now) {
    let before = model.now;
    model.now = now;
    let lapsed = model.notes.lapse(now);
    let counted = model.layers.iter().any(|layer| match layer {
        Layer::SignIn(dialog) => dialog.countdown(before) != dialog.countdown(now),
        _ => false,
    });
    if lapsed || counted {
        model.touch();
    }
}

/// Tells why a job failed, unless it was cancelled.
fn tell_failure(model: &mut Model, what: &str, failure: &Failure) {
    match failure.cancelled {
        true => model
            .notes
            .tell(model.now, Level::Info, format!("{what}: cancelled")),
        false => model.notes.fail(model.now, what, failure),
    }
}

/// Puts a dialog on screen; keys are swallowed for a moment when it is dangerous.
fn put(model: &mut Model, layer: Layer) {
    if let Layer::Ask(ask) = &layer
        && ask.danger
    {
        model.swallow_until = Some(model.now.elapsed + super::layer::SWALLOWED);
    }
    model.layers.push(layer);
}
