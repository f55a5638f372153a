//! The one way the model changes.

use super::{effect::Effect, model::Model, msg::Msg};

/// Takes one message in and says what is to be done. Pure: no input, no output, no clock.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Tick(now) => model.now = now,
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.touch();
        }
        _ => model.touch(),
    }
    Vec::new()
}
