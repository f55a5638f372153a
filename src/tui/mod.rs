//! The cockpit: messages, pure update, effects, views.

pub mod screen;
