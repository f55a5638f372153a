//! Values of the Windows registry, from whichever source they were read: this machine, a file, another host.

mod data;
mod edit;
mod file;
mod image;
mod key_path;

pub use data::{RegistryData, TYPE_NAMES};
pub use edit::RegistryEdit;
pub use file::{registry_file, registry_text};
pub use image::{Lookup, RegistryImage, RegistryValue};
pub use key_path::KeyPath;
