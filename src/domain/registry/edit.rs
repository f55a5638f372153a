//! One change to a registry, and what it does to what is known of it.

use super::{KeyPath, RegistryData, RegistryImage};

/// One change, as a line of a registry file or one call of `reg.exe` makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryEdit {
    /// Makes a key, and those above it, where they are missing.
    CreateKey(KeyPath),
    /// Sets a value, and makes its key where that is missing.
    SetValue {
        /// The key.
        key: KeyPath,
        /// The value's name; empty for the key's default value.
        name: String,
        /// What it will hold.
        data: RegistryData,
    },
    /// Removes a value.
    DeleteValue {
        /// The key.
        key: KeyPath,
        /// The value's name.
        name: String,
    },
    /// Removes a key with all its values and all keys below.
    DeleteKey(KeyPath),
}

impl RegistryEdit {
    /// The key it is about.
    pub fn key(&self) -> &KeyPath {
        match self {
            Self::CreateKey(key)
            | Self::SetValue { key, .. }
            | Self::DeleteValue { key, .. }
            | Self::DeleteKey(key) => key,
        }
    }
}

impl RegistryImage {
    /// What is known after the change was made on the host this image came from. Other than with [`RegistryImage::cover`],
    /// nothing becomes known that the source did not tell.
    pub fn apply(&mut self, edit: &RegistryEdit) {
        match edit {
            RegistryEdit::CreateKey(key) => self.create_key(key),
            RegistryEdit::SetValue { key, name, data } => {
                self.know(key, name, Some(data.clone()));
            }
            RegistryEdit::DeleteValue { key, name } => {
                self.know(key, name, None);
            }
            RegistryEdit::DeleteKey(key) => self.remove_key(key),
        }
    }

    /// The changes that make an empty registry hold what this image shows.
    pub fn edits(&self) -> Vec<RegistryEdit> {
        let mut edits = Vec::new();
        for key in self.keys() {
            edits.push(RegistryEdit::CreateKey(key.clone()));
            edits.extend(self.values_of(key).map(|value| RegistryEdit::SetValue {
                key: key.clone(),
                name: value.name.clone(),
                data: value.data.clone(),
            }));
        }
        edits
    }
}
