//! The cockpit: messages, pure update, effects, views.
//!
//! The pure half knows no input, no output and no clock: [`update`] takes a [`Msg`] and returns [`Effect`]s, [`view`]
//! draws the [`Model`] into a buffer. The loop around it owns the terminal and turns effects into engine jobs.

mod action;
mod chord;
pub mod cockpit;
mod context;
mod effect;
mod enabled;
pub mod event_loop;
mod glyphs;
mod job;
mod keymap;
mod layer;
mod log_filter;
mod model;
mod msg;
mod now;
pub mod runtime;
pub mod screen;
mod tab;
pub mod terminal;
mod theme;
mod update;
mod view;
mod widget;

pub use action::{ACTIONS, Action, ActionInfo, Why};
pub use chord::{Chord, ChordError, Key};
pub use context::{CONTEXTS, Context};
pub use effect::{
    ArrangeRequest, CheckScope, Effect, LogEffect, LogFilterRequest, LogPageRequest, PlanRequest, Setup,
    SteeringEffect, TlsEffect, WatchOrder,
};
pub use glyphs::{Glyphs, Letters};
pub use job::{Job, JobId, JobKind, JobState};
pub use keymap::{Keymap, KeymapError, KeymapMistake};
pub use layer::{Choice, Layer, LogKind, LogPage, LogPages, LogRecord, LogScreen};
pub use log_filter::LogFilter;
pub use model::{
    AgentsTab, EndpointRow, HostRow, Model, Pane, Reading, RunView, Settings, TabSubject, TlsPane, TlsScreen,
    TlsSubject, TlsTab,
};
pub use msg::{
    Connection, DifferenceRow, Failure, Identity, ImportedDirectory, ImportedMarks, Level, LogMsg,
    LogPageRead, MailboxDetails, Msg, RunOutcome, RunRow, RunRowState, RunWork, SignInPrompt, SteeringMsg,
    TlsMsg, Verification, WaveRow,
};
pub use now::Now;
pub use tab::{TABS, Tab, TabInfo};
pub use theme::{Theme, ThemeError};
pub use update::update;
pub use view::view;
