//! The cockpit: messages, pure update, effects, views.
//!
//! The pure half knows no input, no output and no clock: [`update`] takes a [`Msg`] and returns [`Effect`]s, [`view`]
//! draws the [`Model`] into a buffer. The loop around it owns the terminal and turns effects into engine jobs.

mod chord;
pub mod cockpit;
mod effect;
pub mod event_loop;
mod glyphs;
mod job;
mod model;
mod msg;
mod now;
pub mod runtime;
pub mod screen;
pub mod terminal;
mod theme;
mod update;
mod view;

pub use chord::{Chord, ChordError, Key};
pub use effect::{ArrangeRequest, Effect, PlanRequest, Setup};
pub use glyphs::Glyphs;
pub use job::{Job, JobId, JobKind, JobState};
pub use model::{Model, Settings};
pub use msg::{
    Connection, DifferenceRow, Failure, Identity, ImportedDirectory, ImportedMarks, Level, MailboxDetails,
    Msg, RunOutcome, RunRow, RunRowState, SignInPrompt, Verification, WaveRow,
};
pub use now::Now;
pub use theme::{Theme, ThemeError};
pub use update::update;
pub use view::view;
