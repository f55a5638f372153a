//! Everything the cockpit knows. Owned by the loop, never behind a lock.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::{Policy, Profile};

use super::{glyphs::Glyphs, now::Now, theme::Theme};

/// What the cockpit starts with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The profile; nothing on the first run, which opens the set-up dialog.
    pub profile: Option<Profile>,
    /// What this process may change.
    pub policy: Policy,
    /// Colours.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
    /// The zone of the times on screen.
    pub zone: TimeZone,
    /// The filter to start with, as typed.
    pub filter: String,
}

/// The state of the cockpit.
#[derive(Debug)]
pub struct Model {
    /// What it started with; the policy changes with the unlock dialog.
    pub settings: Settings,
    /// The time as the last message told it.
    pub now: Now,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    dirty: bool,
}

impl Model {
    /// A cockpit that has seen no message yet. It draws a whole screen at once, so the first frame needs no wait.
    pub fn new(settings: Settings, size: (u16, u16), now: Now) -> Self {
        Self {
            settings,
            now,
            size,
            dirty: true,
        }
    }

    /// Whether something on screen may have changed since this was last asked. Ticks alone seldom change anything.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// When the next `Tick` is needed though nothing else happens (a note lapses, a countdown moves), as time since the
    /// process started. Nothing while the screen can rest: then no timer may run.
    pub fn wake_at(&self) -> Option<Duration> {
        None
    }

    pub(super) fn touch(&mut self) {
        self.dirty = true;
    }
}
