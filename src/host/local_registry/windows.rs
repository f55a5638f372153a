//! The registry of Windows.

use windows_registry::{
    CLASSES_ROOT, CURRENT_CONFIG, CURRENT_USER, Key, LOCAL_MACHINE, OpenOptions, Type, USERS,
};

use super::store::{Look, Store};
use crate::domain::registry::{KeyPath, RegistryData, RegistryEdit};

/// `KEY_WOW64_64KEY`: the view of 64-bit programs, also for a 32-bit one (Windows SDK, winnt.h).
const TRUE_VIEW: u32 = 0x0100;
/// `HRESULT_FROM_WIN32` of `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`, `ERROR_KEY_DELETED`.
const NOT_FOUND: [u32; 3] = [0x8007_0002, 0x8007_0003, 0x8007_03FA];
/// `HRESULT_FROM_WIN32` of `ERROR_ACCESS_DENIED`.
const ACCESS_DENIED: u32 = 0x8007_0005;

/// This machine's registry.
pub(super) struct Windows;

/// Always opens.
pub(super) fn open() -> Option<Windows> {
    Some(Windows)
}

/// The hive and the path below it.
fn split(path: &KeyPath) -> Option<(&'static Key, &str)> {
    let (hive, rest) = path.as_str().split_once('\\')?;
    let hive = match hive {
        "HKLM" => LOCAL_MACHINE,
        "HKCU" => CURRENT_USER,
        "HKCR" => CLASSES_ROOT,
        "HKU" => USERS,
        "HKCC" => CURRENT_CONFIG,
        _ => return None,
    };
    // A zero would end the name early, and another key would be meant.
    (!rest.contains('\0')).then_some((hive, rest))
}

fn open_with(
    path: &KeyPath,
    options: impl FnOnce(&mut OpenOptions<'_>),
) -> windows_registry::Result<Option<Key>> {
    let Some((hive, rest)) = split(path) else {
        return Ok(None);
    };
    let mut open = hive.options();
    open.access(TRUE_VIEW);
    options(&mut open);
    open.open(rest).map(Some)
}

fn for_reading(path: &KeyPath) -> windows_registry::Result<Option<Key>> {
    open_with(path, |options| {
        options.read();
    })
}

fn for_writing(path: &KeyPath, create: bool) -> Result<Key, String> {
    let key = open_with(path, |options| {
        options.write();
        if create {
            options.create();
        }
    });
    key.map_err(|error| error.to_string())?
        .ok_or_else(|| "this is no path of a registry key".to_owned())
}

/// Whether an error is one of these.
fn is(error: &windows_result::Error, codes: &[u32]) -> bool {
    codes.contains(&u32::from_ne_bytes(error.code().0.to_ne_bytes()))
}

fn name_of(name: &str) -> Result<&str, String> {
    if name.contains('\0') {
        return Err("the name of the value holds a zero".to_owned());
    }
    Ok(name)
}

impl Store for Windows {
    fn look(&self, key: &KeyPath) -> Look {
        let values = for_reading(key).and_then(|open| {
            open.map(|open| {
                open.values().map(|values| {
                    values
                        .map(|(name, value)| {
                            let data = RegistryData::from_bytes(value.ty().into(), value.to_vec());
                            (name, data)
                        })
                        .collect()
                })
            })
            .transpose()
        });
        match values {
            Ok(Some(values)) => Look::Values(values),
            Ok(None) => Look::Failed("this is no path of a registry key".to_owned()),
            Err(error) if is(&error, &NOT_FOUND) => Look::Missing,
            Err(error) if is(&error, &[ACCESS_DENIED]) => Look::Denied,
            Err(error) => Look::Failed(error.to_string()),
        }
    }

    fn below(&self, key: &KeyPath) -> Result<Vec<String>, String> {
        let open = for_reading(key).map_err(|error| error.to_string())?;
        let Some(open) = open else {
            return Ok(Vec::new());
        };
        let names = open.keys().map_err(|error| error.to_string())?;
        Ok(names.collect())
    }

    fn make(&mut self, edit: &RegistryEdit) -> Result<(), String> {
        let done = match edit {
            RegistryEdit::CreateKey(key) => {
                for_writing(key, true)?;
                Ok(())
            }
            // By the type's number, so that bytes which do not fit their type come back as they were.
            RegistryEdit::SetValue { key, name, data } => for_writing(key, true)?.set_bytes(
                name_of(name)?,
                Type::Other(data.type_number()),
                &data.bytes(),
            ),
            RegistryEdit::DeleteValue { key, name } => for_writing(key, false)?.remove_value(name_of(name)?),
            RegistryEdit::DeleteKey(key) => {
                let above = key.parent().ok_or("a hive can not be removed")?;
                for_writing(&above, false)?.remove_tree(key.leaf())
            }
        };
        done.map_err(|error| error.to_string())
    }
}
