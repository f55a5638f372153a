//! Changing a registry: old state to disk, then change by change.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{
    RegistryError,
    reverse::{back, make, reverse},
    store::{Look, Store, look_at},
};
use crate::domain::{
    registry::{KeyPath, RegistryEdit, RegistryImage, registry_file},
    text::clean_to,
};

/// Keys below one that is to be removed, at most; a tree of that size is removed by mistake.
const LARGEST_TREE: usize = 1_000;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Changes made.
    pub changed: usize,
    /// Changes that were there already.
    pub already_there: usize,
    /// A registry file that brings the old state back; `None` when nothing had to change.
    pub backup: Option<PathBuf>,
}

/// Makes the changes; see [`super::apply`].
pub(super) fn apply_to(
    store: &mut impl Store,
    edits: &[RegistryEdit],
    backup: &Path,
) -> Result<Applied, RegistryError> {
    let mut state = look_at_all(store, edits)?;
    let (undo, changing) = reverse(edits, &state).map_err(|key| RegistryError::NotReversible {
        key,
        detail: "its values could not be seen".to_owned(),
    })?;
    if changing == 0 {
        return Ok(Applied {
            changed: 0,
            already_there: edits.len(),
            backup: None,
        });
    }
    save(backup, &undo).map_err(|error| RegistryError::BackupNotWritten {
        path: backup.to_owned(),
        detail: clean_to(&error.to_string(), 300).into_owned(),
    })?;
    let mut changed = 0;
    for edit in edits {
        if back(edit, &state).is_some_and(|steps| steps.is_empty()) {
            continue;
        }
        store.make(edit).map_err(|detail| RegistryError::Stopped {
            key: edit.key().clone(),
            done: changed,
            of: changing,
            detail: clean_to(&detail, 300).into_owned(),
            backup: backup.to_owned(),
        })?;
        make(edit, &mut state);
        changed += 1;
    }
    Ok(Applied {
        changed,
        already_there: edits.len() - changed,
        backup: Some(backup.to_owned()),
    })
}

/// Every key that the changes name, as it is now; of those to be removed the whole tree.
fn look_at_all(store: &impl Store, edits: &[RegistryEdit]) -> Result<RegistryImage, RegistryError> {
    let mut image = RegistryImage::new();
    for edit in edits {
        let mut open = vec![edit.key().clone()];
        let mut seen = 0;
        while let Some(key) = open.pop() {
            if let Some(detail) = look_at(store, &key, &|_, _| true, &mut image) {
                return Err(RegistryError::NotReversible { key, detail });
            }
            if !matches!(edit, RegistryEdit::DeleteKey(_)) || !matches!(store.look(&key), Look::Values(_)) {
                continue;
            }
            seen += 1;
            if seen > LARGEST_TREE {
                return Err(RegistryError::NotReversible {
                    key: edit.key().clone(),
                    detail: format!("more than {LARGEST_TREE} keys stand below it"),
                });
            }
            open.extend(children(store, &key)?);
        }
    }
    Ok(image)
}

fn children(store: &impl Store, key: &KeyPath) -> Result<Vec<KeyPath>, RegistryError> {
    let names = store.below(key).map_err(|detail| RegistryError::NotReversible {
        key: key.clone(),
        detail,
    })?;
    Ok(names.iter().map(|name| key.child(name)).collect())
}

/// Writes the way back as a registry file and waits until it is on the disk.
fn save(path: &Path, undo: &[RegistryEdit]) -> io::Result<()> {
    let comments = ["Brings back the values that stood here before Handover changed them.".to_owned()];
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(&registry_file(undo, &comments))?;
    file.sync_all()
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
