//! Terminal events as messages: releases dropped, resizes coalesced, bursts of keys put together to a paste.

use crossterm::event::Event;

use crate::tui::{Chord, Key, Msg};

/// A run of at least this many different keys at once was not typed by hand.
const BURST: usize = 6;

/// Turns batches of terminal events into messages.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Whether the terminal delivers a paste as key presses, as Windows consoles do.
    pub pastes_as_keys: bool,
}

impl Input {
    /// As this platform's terminals are.
    pub fn of_this_platform() -> Self {
        Self {
            pastes_as_keys: cfg!(windows),
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
    /// Whether more keys of the same paste may be on their way, so that it is worth waiting a few milliseconds.
    pub fn may_be_a_paste(self, events: &[Event]) -> bool {
        self.pastes_as_keys && events.iter().filter_map(text_key).count() > 1
    }

    /// Translates events that arrived at once.
    pub fn translate(self, events: Vec<Event>) -> Batch {
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
                        self.finish(&mut burst, &mut batch.messages);
                        batch.messages.push(Msg::Key(chord));
                    }
                }
                Event::Paste(text) => {
                    self.finish(&mut burst, &mut batch.messages);
                    batch.messages.push(Msg::Paste(text));
                }
                Event::Resize(..) => batch.resized = true,
                _ => {}
            }
        }
        self.finish(&mut burst, &mut batch.messages);
        batch
    }

    /// Ends a run of text keys: one paste if it was a burst. A key that repeats is no paste.
    fn finish(self, burst: &mut Vec<Chord>, messages: &mut Vec<Msg>) {
        let repeats = burst.windows(2).all(|pair| pair[0] == pair[1]);
        if self.pastes_as_keys && burst.len() >= BURST && !repeats {
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

    const CONSOLE: Input = Input { pastes_as_keys: true };
    const TERMINAL: Input = Input {
        pastes_as_keys: false,
    };

    #[test]
    fn a_burst_is_one_paste_on_a_console() {
        let mut events = typed("anna@contoso.com\nbert@contoso.com\n");
        events.push(key(KeyCode::Down));
        assert_eq!(
            CONSOLE.translate(events).messages,
            [
                Msg::Paste("anna@contoso.com\nbert@contoso.com\n".to_owned()),
                Msg::Key(Chord::plain(Key::Down))
            ]
        );
    }

    #[test]
    fn typing_and_repeating_are_no_paste() {
        assert_eq!(CONSOLE.translate(typed("quick")).messages.len(), 5);
        assert_eq!(CONSOLE.translate(typed("jjjjjjjjjj")).messages.len(), 10);
        assert_eq!(TERMINAL.translate(typed("quicker typed")).messages.len(), 13);
    }

    #[test]
    fn releases_are_dropped_and_resizes_coalesced() {
        let release = Event::Key(KeyEvent::new_with_kind(
            KeyCode::Char('a'),
            KeyModifiers::NONE,
            KeyEventKind::Release,
        ));
        let batch = CONSOLE.translate(vec![Event::Resize(1, 1), release, Event::Resize(80, 24)]);
        assert_eq!(
            batch,
            Batch {
                messages: Vec::new(),
                resized: true
            }
        );
    }
}
