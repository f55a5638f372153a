//! Which key does what, per context: the default keymap with the user's on top.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use toml::Spanned;

use super::{
    action::{ACTIONS, Action},
    chord::{Chord, ChordError},
    context::Context,
};

/// The keymap that ships with Handover.
const DEFAULT: &str = include_str!("../../assets/keymap.toml");

/// Keys by context. Every chord means at most one action in a context and the contexts it inherits from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    actions: HashMap<(Context, Chord), Action>,
    keys: BTreeMap<(Context, Action), Vec<Chord>>,
}

/// Why a keymap is refused, with line and column (both from 1) where it stands.
#[derive(Debug, thiserror::Error)]
pub enum KeymapError {
    /// Not TOML of the right shape. The message holds line and column.
    #[error("the keymap can't be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// A mistake in one entry.
    #[error("keymap line {line}, column {column}: {mistake}")]
    Entry {
        /// Line of the mistake.
        line: usize,
        /// Column of the mistake.
        column: usize,
        /// What is wrong.
        mistake: KeymapMistake,
    },
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeymapMistake {
    /// No such context.
    #[error("there is no context `{0}`")]
    Context(String),
    /// No such action.
    #[error("there is no action `{0}`; `handover` lists them under `?`")]
    Action(String),
    /// The action means nothing there.
    #[error("`{0}` means nothing in `{1}`")]
    Elsewhere(String, &'static str),
    /// No such key.
    #[error(transparent)]
    Chord(#[from] ChordError),
    /// Two actions on one key.
    #[error("`{chord}` is bound to `{first}` already")]
    Conflict {
        /// The key.
        chord: Chord,
        /// Name of the action that has it.
        first: &'static str,
    },
    /// A key that a text field needs for typing.
    #[error("`{0}` is typed as text here; use a key with ctrl- or alt-")]
    Typed(Chord),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Many(Vec<String>),
}

type Table = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<Keys>>>;

impl Keymap {
    /// The default keys.
    pub fn standard() -> Result<Self, KeymapError> {
        let mut keymap = Self {
            actions: HashMap::new(),
            keys: BTreeMap::new(),
        };
        keymap.read(DEFAULT)?;
        Ok(keymap)
    }

    /// The default keys with a user's keymap on top.
    pub fn with_user(text: &str) -> Result<Self, KeymapError> {
        let mut keymap = Self::standard()?;
        keymap.read(text)?;
        Ok(keymap)
    }

    /// What a key does in a context, looking into the inherited ones.
    pub fn action(&self, context: Context, chord: Chord) -> Option<Action> {
        let own = self.actions.get(&(context, chord)).copied();
        own.or_else(|| self.action(context.parent()?, chord))
    }

    /// The keys of an action in a context or the contexts it inherits from, in file order.
    pub fn keys(&self, context: Context, action: Action) -> &[Chord] {
        match (self.keys.get(&(context, action)), context.parent()) {
            (Some(keys), _) => keys,
            (None, Some(parent)) => self.keys(parent, action),
            (None, None) => &[],
        }
    }

    /// The keys of an action wherever it has some; its first context wins.
    pub fn keys_anywhere(&self, action: Action) -> &[Chord] {
        action
            .info()
            .contexts
            .iter()
            .map(|context| self.keys(*context, action))
            .find(|keys| !keys.is_empty())
            .unwrap_or(&[])
    }

    fn read(&mut self, text: &str) -> Result<(), KeymapError> {
        let table: Table = toml::from_str(text)?;
        let mistake_at = |at: usize, mistake: KeymapMistake| {
            let before = text.get(..at).unwrap_or(text);
            KeymapError::Entry {
                line: before.matches('\n').count() + 1,
                column: before
                    .chars()
                    .rev()
                    .take_while(|character| *character != '\n')
                    .count()
                    + 1,
                mistake,
            }
        };
        // Replaced actions lose their keys first, so that two actions can swap keys.
        let mut entries = Vec::new();
        for (context_name, actions) in &table {
            let context = Context::named(context_name.get_ref()).ok_or_else(|| {
                mistake_at(
                    context_name.span().start,
                    KeymapMistake::Context(context_name.get_ref().clone()),
                )
            })?;
            for (name, keys) in actions {
                let at = name.span().start;
                let action = Action::named(name.get_ref())
                    .ok_or_else(|| mistake_at(at, KeymapMistake::Action(name.get_ref().clone())))?;
                if !action.info().contexts.contains(&context) {
                    let mistake = KeymapMistake::Elsewhere(name.get_ref().clone(), context.name());
                    return Err(mistake_at(at, mistake));
                }
                for chord in self.keys.remove(&(context, action)).unwrap_or_default() {
                    self.actions.remove(&(context, chord));
                }
                entries.push((context, action, keys));
            }
        }
        for (context, action, keys) in entries {
            let at = keys.span().start;
            let texts = match keys.get_ref() {
                Keys::One(text) => std::slice::from_ref(text),
                Keys::Many(texts) => texts.as_slice(),
            };
            let mut chords = Vec::new();
            for text in texts {
                let chord: Chord = text
                    .parse()
                    .map_err(|error: ChordError| mistake_at(at, error.into()))?;
                if context.takes_text() && chord.text().is_some() {
                    return Err(mistake_at(at, KeymapMistake::Typed(chord)));
                }
                if let Some(first) = self.conflict(context, chord) {
                    let first = first.info().name;
                    return Err(mistake_at(at, KeymapMistake::Conflict { chord, first }));
                }
                self.actions.insert((context, chord), action);
                chords.push(chord);
            }
            self.keys.insert((context, action), chords);
        }
        Ok(())
    }

    /// The action that holds a chord in a context that is this one, one it inherits from, or one that inherits from it.
    fn conflict(&self, context: Context, chord: Chord) -> Option<Action> {
        let related = |other: Context| {
            let mut above = Some(other);
            let mut below = Some(context);
            while let Some(ancestor) = above {
                if ancestor == context {
                    return true;
                }
                above = ancestor.parent();
            }
            while let Some(ancestor) = below {
                if ancestor == other {
                    return true;
                }
                below = ancestor.parent();
            }
            false
        };
        self.actions
            .iter()
            .find(|((other, bound), _)| *bound == chord && related(*other))
            .map(|(_, action)| *action)
    }

    /// Actions of the table without a key anywhere: they are reached through the palette.
    pub fn unbound(&self) -> impl Iterator<Item = Action> + '_ {
        ACTIONS
            .iter()
            .map(|info| info.action)
            .filter(|action| self.keys_anywhere(*action).is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(text: &str) -> Chord {
        text.parse().unwrap()
    }

    #[test]
    fn the_default_keymap_has_no_conflict_and_no_taken_key() {
        let keymap = Keymap::standard().unwrap();
        for taken in ["ctrl-a", "ctrl-b", "ctrl-z", "ctrl-s", "ctrl-q"] {
            assert!(
                !keymap.actions.keys().any(|(_, bound)| *bound == chord(taken)),
                "{taken}"
            );
        }
    }

    #[test]
    fn every_action_has_a_key_somewhere() {
        let keymap = Keymap::standard().unwrap();
        assert_eq!(
            keymap.unbound().count(),
            0,
            "{:?}",
            keymap.unbound().collect::<Vec<_>>()
        );
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (text, expected) in [
            (
                "[table]\nmark = \"hyper-x\"",
                "line 2, column 8: `hyper-x` is no key",
            ),
            (
                "[table]\n\nfly = \"f\"",
                "line 3, column 1: there is no action `fly`",
            ),
            (
                "[kitchen]\nmark = \"m\"",
                "line 1, column 2: there is no context `kitchen`",
            ),
            ("[table]\nmark = \"p\"", "`p` is bound to `plan-cloud` already"),
            ("[table]\nmark = \"q\"", "`q` is bound to `quit` already"),
            ("[global]\nquit = \"p\"", "already"),
            ("[table]\nquit = \"Q\"", "`quit` means nothing in `table`"),
            ("[text]\naccept = \"y\"", "typed as text"),
            ("[table]\nmark = \"ctrl-i\"", "can't be told from `tab`"),
            ("[table\n", "line 1, column"),
        ] {
            let error = Keymap::with_user(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_user_can_swap_and_take_away_keys() {
        let keymap = Keymap::with_user("[table]\nmark = \"p\"\nplan-cloud = \"space\"\nwaves = []").unwrap();
        assert_eq!(keymap.action(Context::Table, chord("p")), Some(Action::Mark));
        assert_eq!(
            keymap.action(Context::Table, chord("space")),
            Some(Action::PlanCloud)
        );
        assert_eq!(keymap.action(Context::Table, chord("w")), None);
        assert!(keymap.keys(Context::Table, Action::Waves).is_empty());
    }
}
