//! The cockpit: messages, pure update, effects, views.
