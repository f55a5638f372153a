//! What reading and changing need of a registry, so that both can be tested without one.

use crate::domain::{
    registry::{KeyPath, RegistryData, RegistryEdit, RegistryImage},
    text::clean_to,
};

/// What a look at one key gave.
#[derive(Debug)]
#[cfg_attr(
    not(windows),
    allow(dead_code, reason = "only a registry answers, and other systems have none")
)]
pub(super) enum Look {
    /// Its values.
    Values(Vec<(String, RegistryData)>),
    /// No such key.
    Missing,
    /// Not allowed to look.
    Denied,
    /// Something else; the system's words.
    Failed(String),
}

/// A registry. Paths are those of 64-bit programs, whatever this program is.
pub(super) trait Store {
    /// The values of a key.
    fn look(&self, key: &KeyPath) -> Look;
    /// The names of the keys right below one.
    fn below(&self, key: &KeyPath) -> Result<Vec<String>, String>;
    /// Makes one change; the system's words if it fails.
    fn make(&mut self, edit: &RegistryEdit) -> Result<(), String>;
}

/// Looks at one key and puts what it sees into the image: its values, or how far up the way to it is missing. Gives back a
/// note where it could not be read.
pub(super) fn look_at(
    store: &impl Store,
    key: &KeyPath,
    is_kept: &dyn Fn(&KeyPath, &str) -> bool,
    image: &mut RegistryImage,
) -> Option<String> {
    match store.look(key) {
        Look::Values(values) => {
            image.cover_values(key);
            for (name, data) in values.into_iter().filter(|(name, _)| is_kept(key, name)) {
                image.know(key, &name, Some(data));
            }
            None
        }
        Look::Missing => {
            let mut gone = key.clone();
            while let Some(above) = gone.parent().filter(|above| above.parent().is_some()) {
                if !matches!(store.look(&above), Look::Missing) {
                    // It is there; what it holds was not asked for.
                    image.name_key(&above);
                    break;
                }
                gone = above;
            }
            image.remove_key(&gone);
            None
        }
        Look::Denied => {
            image.deny(key);
            None
        }
        Look::Failed(detail) => Some(format!("{key}: could not be read: {}", clean_to(&detail, 300))),
    }
}
