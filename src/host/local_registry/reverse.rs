//! The way back from a set of changes.

use crate::domain::registry::{KeyPath, Lookup, RegistryEdit, RegistryImage};

/// The changes that undo `edits`, in the order in which they have to be made, and how many of `edits` change anything at
/// all. `before` must show every key that `edits` name.
///
/// # Errors
/// The first key whose old state is not known well enough to bring it back.
pub(super) fn reverse(
    edits: &[RegistryEdit],
    before: &RegistryImage,
) -> Result<(Vec<RegistryEdit>, usize), KeyPath> {
    let mut state = before.clone();
    let mut steps = Vec::new();
    for edit in edits {
        let back = back(edit, &state).ok_or_else(|| edit.key().clone())?;
        if !back.is_empty() {
            make(edit, &mut state);
            steps.push(back);
        }
    }
    let changing = steps.len();
    Ok((steps.into_iter().rev().flatten().collect(), changing))
}

/// Makes a change in what is known. Windows makes the missing keys on the way too, and they begin empty.
pub(super) fn make(edit: &RegistryEdit, state: &mut RegistryImage) {
    if matches!(edit, RegistryEdit::CreateKey(_) | RegistryEdit::SetValue { .. }) {
        let mut way = Vec::new();
        let mut next = edit.key().parent();
        while let Some(above) = next.filter(|above| state.key_exists(above) == Some(false)) {
            next = above.parent();
            way.push(above);
        }
        for made in way.into_iter().rev() {
            state.apply(&RegistryEdit::CreateKey(made));
        }
    }
    state.apply(edit);
}

/// What undoes one change: nothing if it changes nothing, `None` if the old state is not known.
pub(super) fn back(edit: &RegistryEdit, state: &RegistryImage) -> Option<Vec<RegistryEdit>> {
    let key = edit.key();
    let there = state.key_exists(key);
    let steps = match edit {
        RegistryEdit::CreateKey(_) => match there? {
            true => Vec::new(),
            false => vec![RegistryEdit::DeleteKey(highest_missing(key, state))],
        },
        RegistryEdit::SetValue { name, data, .. } => match state.lookup(key, name) {
            Lookup::Found(value) if value.data == *data => Vec::new(),
            Lookup::Found(value) => vec![RegistryEdit::SetValue {
                key: key.clone(),
                name: value.name.clone(),
                data: value.data.clone(),
            }],
            Lookup::Missing if there == Some(false) => {
                vec![RegistryEdit::DeleteKey(highest_missing(key, state))]
            }
            Lookup::Missing => vec![RegistryEdit::DeleteValue {
                key: key.clone(),
                name: name.clone(),
            }],
            Lookup::Unreadable | Lookup::NotCovered | Lookup::Denied => return None,
        },
        RegistryEdit::DeleteValue { name, .. } => match state.lookup(key, name) {
            Lookup::Found(value) => vec![RegistryEdit::SetValue {
                key: key.clone(),
                name: value.name.clone(),
                data: value.data.clone(),
            }],
            Lookup::Missing => Vec::new(),
            Lookup::Unreadable | Lookup::NotCovered | Lookup::Denied => return None,
        },
        RegistryEdit::DeleteKey(_) => match there? {
            false => Vec::new(),
            true => {
                let mut steps = Vec::new();
                for shown in state.keys().filter(|shown| shown.is_within(key)) {
                    steps.push(RegistryEdit::CreateKey(shown.clone()));
                    steps.extend(state.values_of(shown).map(|value| RegistryEdit::SetValue {
                        key: shown.clone(),
                        name: value.name.clone(),
                        data: value.data.clone(),
                    }));
                }
                steps
            }
        },
    };
    Some(steps)
}

/// The first key on the way to a missing one that is missing too.
fn highest_missing(key: &KeyPath, state: &RegistryImage) -> KeyPath {
    let mut gone = key.clone();
    while let Some(above) = gone
        .parent()
        .filter(|above| above.parent().is_some() && state.key_exists(above) == Some(false))
    {
        gone = above;
    }
    gone
}
