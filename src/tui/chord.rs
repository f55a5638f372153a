//! One key press with its modifiers, and how people write it: `ctrl-c`, `space`, `shift-down`, `?`.

use std::{fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key press. Shift is part of the character for printable keys, so `?` and `A` need no modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    /// The key.
    pub key: Key,
    /// Control was held.
    pub ctrl: bool,
    /// Alt was held.
    pub alt: bool,
    /// Shift was held; always false for characters.
    pub shift: bool,
}

/// The keys Handover knows; anything else is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Function(u8),
}

/// Names of the keys that are no single character, as written in keymaps and as shown.
const NAMES: [(&str, Key); 15] = [
    ("space", Key::Char(' ')),
    ("enter", Key::Enter),
    ("esc", Key::Escape),
    ("tab", Key::Tab),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("insert", Key::Insert),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("home", Key::Home),
    ("end", Key::End),
    ("pgup", Key::PageUp),
    ("pgdn", Key::PageDown),
];

/// Why a text is no chord.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChordError {
    /// No such key.
    #[error("`{0}` is no key; write a character, `space`, `enter`, `esc`, `tab`, `pgdn`, `f1` and so on")]
    Unknown(String),
    /// Terminals send another key for this one.
    #[error("`{0}` can't be told from `{1}` in a terminal; choose another key")]
    Indistinct(String, &'static str),
}

impl Chord {
    /// A key without modifiers.
    pub const fn plain(key: Key) -> Self {
        Self {
            key,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    /// A printable character without control or alt: what a text field takes in.
    pub fn text(self) -> Option<char> {
        match self {
            Self {
                key: Key::Char(character),
                ctrl: false,
                alt: false,
                ..
            } => Some(character),
            _ => None,
        }
    }

    /// From a terminal event; nothing for releases and keys that are not known.
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let mut chord = Self {
            key: Key::Escape,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
            shift: event.modifiers.contains(KeyModifiers::SHIFT),
        };
        chord.key = match event.code {
            KeyCode::Char(character) => {
                chord.shift = false;
                // AltGr arrives as Ctrl+Alt on Windows; the character is what was meant.
                if chord.ctrl && chord.alt && !character.is_ascii_alphanumeric() {
                    chord.ctrl = false;
                    chord.alt = false;
                }
                match chord.ctrl {
                    true => Key::Char(character.to_ascii_lowercase()),
                    false => Key::Char(character),
                }
            }
            KeyCode::Enter => Key::Enter,
            KeyCode::Esc => Key::Escape,
            KeyCode::Tab => Key::Tab,
            KeyCode::BackTab => {
                chord.shift = true;
                Key::Tab
            }
            KeyCode::Backspace => Key::Backspace,
            KeyCode::Delete => Key::Delete,
            KeyCode::Insert => Key::Insert,
            KeyCode::Up => Key::Up,
            KeyCode::Down => Key::Down,
            KeyCode::Left => Key::Left,
            KeyCode::Right => Key::Right,
            KeyCode::Home => Key::Home,
            KeyCode::End => Key::End,
            KeyCode::PageUp => Key::PageUp,
            KeyCode::PageDown => Key::PageDown,
            KeyCode::F(number) => Key::Function(number),
            _ => return None,
        };
        Some(chord)
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let unknown = || ChordError::Unknown(text.to_owned());
        let mut chord = Self::plain(Key::Escape);
        let mut rest = text;
        loop {
            let modifier =
                [("ctrl-", 0), ("alt-", 1), ("shift-", 2)]
                    .into_iter()
                    .find_map(|(prefix, which)| {
                        let after = rest.strip_prefix(prefix)?;
                        (!after.is_empty()).then_some((after, which))
                    });
            let Some((after, which)) = modifier else { break };
            let flag = match which {
                0 => &mut chord.ctrl,
                1 => &mut chord.alt,
                _ => &mut chord.shift,
            };
            if std::mem::replace(flag, true) {
                return Err(unknown());
            }
            rest = after;
        }
        let mut characters = rest.chars();
        chord.key = match (characters.next(), characters.next()) {
            (Some(character), None) if !character.is_control() && character != ' ' => Key::Char(character),
            _ => match NAMES.iter().find(|(name, _)| *name == rest) {
                Some((_, key)) => *key,
                None => {
                    let number = rest.strip_prefix('f').and_then(|digits| digits.parse().ok());
                    Key::Function(
                        number
                            .filter(|number| (1..=12).contains(number))
                            .ok_or_else(unknown)?,
                    )
                }
            },
        };
        if let Key::Char(character) = chord.key {
            if chord.shift {
                return Err(unknown());
            }
            if chord.ctrl {
                let twin = match character.to_ascii_lowercase() {
                    'i' => Some("tab"),
                    'm' | 'j' => Some("enter"),
                    'h' => Some("backspace"),
                    '[' => Some("esc"),
                    _ => None,
                };
                if let Some(twin) = twin {
                    return Err(ChordError::Indistinct(text.to_owned(), twin));
                }
                chord.key = Key::Char(character.to_ascii_lowercase());
            }
        }
        Ok(chord)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, prefix) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                formatter.write_str(prefix)?;
            }
        }
        match self.key {
            Key::Function(number) => write!(formatter, "f{number}"),
            key => match (NAMES.iter().find(|(_, named)| *named == key), key) {
                (Some((name, _)), _) => formatter.write_str(name),
                (None, Key::Char(character)) => write!(formatter, "{character}"),
                (None, _) => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_read_back_as_written() {
        for text in [
            "a",
            "A",
            "?",
            "-",
            "space",
            "ctrl-c",
            "shift-down",
            "alt-x",
            "f5",
            "pgdn",
            "ctrl-alt-delete",
            "/",
        ] {
            assert_eq!(text.parse::<Chord>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "ctrl-",
            "shift-a",
            "f13",
            "hyper-x",
            " ",
            "ctrl-ctrl-c",
            "\u{7}",
        ] {
            assert!(text.parse::<Chord>().is_err(), "{text:?}");
        }
        assert!(matches!(
            "ctrl-i".parse::<Chord>(),
            Err(ChordError::Indistinct(_, "tab"))
        ));
    }

    #[test]
    fn alt_gr_types_its_character() {
        let event = KeyEvent::new(KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT);
        assert_eq!(Chord::from_event(event).and_then(Chord::text), Some('@'));
    }

    #[test]
    fn releases_are_no_presses() {
        let mut event = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        event.kind = KeyEventKind::Release;
        assert_eq!(Chord::from_event(event), None);
    }
}
