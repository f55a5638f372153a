//! Terminal events as messages: releases dropped, resizes coalesced, bursts of keys put together to a paste.

use std::time::{Duration, Instant};

use crossterm::event::Event;

use crate::tui::{Chord, Key, Msg};

/// A run of at least this many different keys at once was not typed by hand.
const BURST: usize = 6;
/// Text keys this soon after a paste are its rest, however few: a busy machine delivers one in pieces. Nobody types on so
/// soon.
const REST_OF_PASTE: Duration = Duration::from_millis(150);

/// Turns batches of terminal events into messages.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Whether the terminal delivers a paste as key presses, as Windows consoles do.
    pub pastes_as_keys: bool,
    /// When the last piece of a paste made of keys arrived.
    last_piece: Option<Instant>,
}

impl Input {
    /// As this platform's terminals are.
    pub fn of_this_platform() -> Self {
        Self {
            pastes_as_keys: cfg!(windows),
            last_piece: None,
        }
    }
}

/// What a batch of events came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// In the order in which they happened.
    pub messages: Vec<Msg>,
    /// The size changed: ask the terminal for the new one.
    pub resized: bool,
}

impl Input {
    /// Whether more keys of the same paste may be on their way, so that it is worth waiting a few milliseconds. The first
    /// key may come alone.
    pub fn may_be_a_paste(self, events: &[Event]) -> bool {
        self.pastes_as_keys && events.iter().any(|event| text_key(event).is_some())
    }

    /// Translates events that arrived at once, just now.
    pub fn translate(&mut self, events: Vec<Event>, now: Instant) -> Batch {
        let mut batch = Batch::default();
        let mut burst = Vec::new();
        for event in events {
            match event {
                Event::Key(key) => {
                    let Some(chord) = Chord::from_event(key) else {
                        continue;
                    };
                    if text_of(chord).is_some() {
                        burst.push(chord);
                    } else {
                        self.finish(&mut burst, now, &mut batch.messages);
                        batch.messages.push(Msg::Key(chord));
                    }
                }
                Event::Paste(text) => {
                    self.finish(&mut burst, now, &mut batch.messages);
                    batch.messages.push(Msg::Paste(text));
                }
                Event::Resize(..) => batch.resized = true,
                _ => {}
            }
        }
        self.finish(&mut burst, now, &mut batch.messages);
        batch
    }

    /// Ends a run of text keys: one paste if it was a burst or follows one. A key that repeats is no paste.
    fn finish(&mut self, burst: &mut Vec<Chord>, now: Instant, messages: &mut Vec<Msg>) {
        if burst.is_empty() {
            return;
        }
        let repeats = burst.windows(2).all(|pair| pair[0] == pair[1]);
        let follows = self
            .last_piece
            .is_some_and(|piece| now.saturating_duration_since(piece) < REST_OF_PASTE);
        if self.pastes_as_keys && (follows || burst.len() >= BURST && !repeats) {
            self.last_piece = Some(now);
            messages.push(Msg::Paste(burst.drain(..).filter_map(text_of).collect()));
        } else {
            messages.extend(burst.drain(..).map(Msg::Key));
        }
    }
}

fn text_key(event: &Event) -> Option<char> {
    match event {
        Event::Key(key) => Chord::from_event(*key).and_then(text_of),
        _ => None,
    }
}

/// The character a key stands for in pasted text.
fn text_of(chord: Chord) -> Option<char> {
    match chord.key {
        Key::Enter if chord == Chord::plain(Key::Enter) => Some('\n'),
        Key::Tab if chord == Chord::plain(Key::Tab) => Some('\t'),
        _ => chord.text(),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

    use super::*;

    fn key(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn typed(text: &str) -> Vec<Event> {
        text.chars()
            .map(|character| {
                key(if character == '\n' {
                    KeyCode::Enter
                } else {
                    KeyCode::Char(character)
                })
            })
            .collect()
    }

    const CONSOLE: Input = Input {
        pastes_as_keys: true,
        last_piece: None,
    };
    const TERMINAL: Input = Input {
        pastes_as_keys: false,
        last_piece: None,
    };

    fn translate(mut input: Input, events: Vec<Event>) -> Batch {
        input.translate(events, Instant::now())
    }

    #[test]
    fn a_burst_is_one_paste_on_a_console() {
        let mut events = typed("anna@contoso.com\nbert@contoso.com\n");
        events.push(key(KeyCode::Down));
        assert_eq!(
            translate(CONSOLE, events).messages,
            [
                Msg::Paste("anna@contoso.com\nbert@contoso.com\n".to_owned()),
                Msg::Key(Chord::plain(Key::Down))
            ]
        );
    }

    #[test]
    fn the_rest_of_a_paste_is_no_command() {
        let mut input = CONSOLE;
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        input.translate(typed("quit everything "), at(0));
        for moment in [100, 240] {
            assert_eq!(
                input.translate(typed("q\n"), at(moment)).messages,
                [Msg::Paste("q\n".to_owned())]
            );
        }
        assert_eq!(
            input.translate(typed("q"), at(500)).messages,
            [Msg::Key(Chord::plain(Key::Char('q')))]
        );
    }

    #[test]
    fn typing_and_repeating_are_no_paste() {
        assert_eq!(translate(CONSOLE, typed("quick")).messages.len(), 5);
        assert_eq!(translate(CONSOLE, typed("jjjjjjjjjj")).messages.len(), 10);
        assert_eq!(translate(TERMINAL, typed("quicker typed")).messages.len(), 13);
        assert!(
            CONSOLE.may_be_a_paste(&typed("q")),
            "the first key may come alone"
        );
        assert!(!TERMINAL.may_be_a_paste(&typed("quick")));
    }

    #[test]
    fn releases_are_dropped_and_resizes_coalesced() {
        let release = Event::Key(KeyEvent::new_with_kind(
            KeyCode::Char('a'),
            KeyModifiers::NONE,
            KeyEventKind::Release,
        ));
        let batch = translate(CONSOLE, vec![Event::Resize(1, 1), release, Event::Resize(80, 24)]);
        assert_eq!(
            batch,
            Batch {
                messages: Vec::new(),
                resized: true
            }
        );
    }
}
