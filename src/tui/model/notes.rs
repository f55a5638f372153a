//! What the cockpit tells: the latest on screen, all of it in a history.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;

use crate::tui::{
    msg::{Failure, Level},
    now::Now,
};

/// How long a note that is no error stays on screen.
const SHOWN: Duration = Duration::from_secs(4);
/// How many notes the history keeps.
const KEPT: usize = 500;

/// One thing told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// How much it weighs.
    pub level: Level,
    /// What happened.
    pub text: String,
    /// What to do.
    pub advice: Option<String>,
    /// For support.
    pub detail: Option<String>,
}

/// All notes, oldest first, and which one is on screen.
#[derive(Debug, Default)]
pub struct Notes {
    history: VecDeque<Note>,
    /// The note on screen and when it lapses; an error does not lapse.
    shown: Option<(Note, Option<Duration>)>,
    /// Errors that came while another one was on screen.
    waiting: usize,
}

impl Notes {
    /// Tells something. A note never pushes an error off the screen.
    pub fn tell(&mut self, now: Now, level: Level, text: impl Into<String>) {
        self.add(
            now,
            Note {
                at: now.wall,
                level,
                text: text.into(),
                advice: None,
                detail: None,
            },
        );
    }

    /// Tells why something failed.
    pub fn fail(&mut self, now: Now, what: &str, failure: &Failure) {
        let text = match what.is_empty() {
            true => failure.message.clone(),
            false => format!("{what}: {}", failure.message),
        };
        self.add(
            now,
            Note {
                at: now.wall,
                level: Level::Error,
                text,
                advice: failure.advice.clone(),
                detail: failure.detail.clone(),
            },
        );
    }

    fn add(&mut self, now: Now, note: Note) {
        if self.history.len() == KEPT {
            self.history.pop_front();
        }
        self.history.push_back(note.clone());
        let error_on_screen = matches!(&self.shown, Some((shown, _)) if shown.level == Level::Error);
        match (note.level, error_on_screen) {
            (Level::Error, true) => self.waiting += 1,
            (_, true) => {}
            (Level::Error, false) => self.shown = Some((note, None)),
            (_, false) => self.shown = Some((note, Some(now.elapsed + SHOWN))),
        }
    }

    /// The note on screen and how many errors came after it.
    pub fn shown(&self) -> Option<(&Note, usize)> {
        self.shown.as_ref().map(|(note, _)| (note, self.waiting))
    }

    /// A key was pressed: errors have been seen. True when one was on screen.
    pub fn dismiss(&mut self) -> bool {
        self.waiting = 0;
        let error = matches!(&self.shown, Some((note, _)) if note.level == Level::Error);
        if error {
            self.shown = None;
        }
        error
    }

    /// Takes lapsed notes off the screen. True when one was.
    pub fn lapse(&mut self, now: Now) -> bool {
        let lapsed = matches!(&self.shown, Some((_, Some(at))) if *at <= now.elapsed);
        if lapsed {
            self.shown = None;
        }
        lapsed
    }

    /// When the note on screen lapses.
    pub fn lapses_at(&self) -> Option<Duration> {
        self.shown.as_ref().and_then(|(_, at)| *at)
    }

    /// All notes, oldest first.
    pub fn history(&self) -> &VecDeque<Note> {
        &self.history
    }
}
