//! Why a filter was not understood, and what to type instead.

use super::keys::{Key, keys, nearest};
use crate::domain::text;

/// A filter that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at character {}; {}", .position + 1, .kind.advice())]
pub struct FilterError {
    /// Where, in characters from 0.
    pub position: usize,
    /// What is wrong.
    pub kind: FilterErrorKind,
}

impl FilterError {
    /// What to do about it, in one sentence without a full stop.
    pub fn advice(&self) -> String {
        self.kind.advice()
    }
}

/// What is wrong with a filter. Texts are cleaned and cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterErrorKind {
    /// A word before a colon that is no key.
    #[error("`{0}` is not a filter key")]
    UnknownKey(String),
    /// A value the key does not know.
    #[error("`{}:` does not know `{value}`", .key.info().word)]
    UnknownValue {
        /// The key.
        key: Key,
        /// What was typed.
        value: String,
    },
    /// `changed:` with something else than an age or a day.
    #[error("`{0}` is neither an age nor a day")]
    NotATime(String),
    /// `id:` with something else than hexadecimal digits.
    #[error("`{0}` is not the beginning of an object id")]
    NotAnId(String),
    /// A key, `!` or `~` without anything to look for.
    #[error("there is nothing to look for")]
    Nothing(Option<Key>),
}

impl FilterErrorKind {
    fn advice(&self) -> String {
        match self {
            Self::UnknownKey(word) => {
                let all = keys().iter().map(|info| info.word);
                let list = all.clone().collect::<Vec<_>>().join(", ");
                let meant =
                    nearest(word, all).map_or(String::new(), |meant| format!("did you mean `{meant}:`? "));
                format!("{meant}the keys are {list}; put quotes around it to look for the text itself")
            }
            Self::UnknownValue { key, value } => {
                let values = key.info().values;
                let meant = nearest(value, values.iter().copied())
                    .map_or(String::new(), |meant| format!("did you mean `{meant}`? "));
                let more = if *key == Key::Type {
                    ", or a type name such as TeamMailbox"
                } else {
                    ""
                };
                format!("{meant}it takes {}{more}", values.join(", "))
            }
            Self::NotATime(_) => {
                "write an age such as `changed:<7d` (m, h, d, w) or a day such as `changed:>2026-11-01`"
                    .to_owned()
            }
            Self::NotAnId(_) => "it has digits, letters from a to f and hyphens only".to_owned(),
            Self::Nothing(Some(key)) => format!("write for example `{}`", key.info().example),
            Self::Nothing(None) => "write a word after it, or remove it".to_owned(),
        }
    }
}

/// A piece of the filter for a message: cleaned and short.
pub(super) fn quoted(piece: &str) -> String {
    text::clean_to(piece, 40).into_owned()
}
