use proptest::prelude::*;

use super::*;
use crate::{domain::registry::RegistryData, host::registry_file};

/// A registry in memory that is wholly known, and that refuses the change of a given number.
#[derive(Clone, Debug, PartialEq)]
struct Memory {
    image: RegistryImage,
    refuses: Option<usize>,
    denied: Option<KeyPath>,
}

fn key(path: &str) -> KeyPath {
    KeyPath::new(path)
}

impl Memory {
    fn new(edits: &[RegistryEdit]) -> Self {
        let mut image = RegistryImage::new();
        image.cover(&key(r"HKLM\S"));
        let mut memory = Self {
            image,
            refuses: None,
            denied: None,
        };
        for edit in edits {
            memory.change(edit);
        }
        memory
    }

    /// As Windows does it: keys on the way are made, and a value is not looked for in a key that is missing.
    fn change(&mut self, edit: &RegistryEdit) {
        let key = edit.key();
        match edit {
            RegistryEdit::CreateKey(_) | RegistryEdit::SetValue { .. } => {
                let mut way: Vec<KeyPath> = std::iter::successors(key.parent(), KeyPath::parent)
                    .filter(|above| above.is_within(&KeyPath::new(r"HKLM\S")))
                    .collect();
                way.reverse();
                for above in way {
                    self.image.apply(&RegistryEdit::CreateKey(above));
                }
            }
            RegistryEdit::DeleteValue { .. } if self.image.key_exists(key) != Some(true) => return,
            RegistryEdit::DeleteValue { .. } | RegistryEdit::DeleteKey(_) => {}
        }
        self.image.apply(edit);
    }

    fn import(&mut self, file: &[u8]) {
        // The edits of a file are told by reading it onto the image; deletes are checked through their effect.
        for edit in edits_of(file) {
            self.make(&edit).unwrap();
        }
    }
}

/// Reads a registry file into changes, line by line: small on purpose, and not the reader of the product.
fn edits_of(file: &[u8]) -> Vec<RegistryEdit> {
    let units: Vec<u16> = file[2..]
        .chunks(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let text = String::from_utf16(&units).unwrap().replace("\\\r\n  ", "");
    let mut section = None;
    let mut edits = Vec::new();
    for line in text.lines().skip(1).filter(|line| !line.starts_with(';')) {
        if let Some(gone) = line.strip_prefix("[-") {
            edits.push(RegistryEdit::DeleteKey(key(gone.trim_end_matches(']'))));
        } else if let Some(shown) = line.strip_prefix('[') {
            let shown = key(shown.trim_end_matches(']'));
            edits.push(RegistryEdit::CreateKey(shown.clone()));
            section = Some(shown);
        } else if let Some((name, data)) = line.split_once('=') {
            let name = name.trim_matches('"').replace('@', "");
            let key = section.clone().unwrap();
            if data == "-" {
                edits.push(RegistryEdit::DeleteValue { key, name });
                continue;
            }
            let data = match data.split_once(':') {
                Some(("dword", digits)) => RegistryData::Dword(u32::from_str_radix(digits, 16).unwrap()),
                Some((kind, digits)) if kind.starts_with("hex") => {
                    let number = kind.trim_start_matches("hex").trim_matches(['(', ')']).to_owned();
                    let number = if number.is_empty() {
                        3
                    } else {
                        u32::from_str_radix(&number, 16).unwrap()
                    };
                    let bytes = digits
                        .split(',')
                        .filter(|byte| !byte.is_empty())
                        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
                        .collect();
                    RegistryData::from_bytes(number, bytes)
                }
                _ => RegistryData::Text(data.trim_matches('"').to_owned()),
            };
            edits.push(RegistryEdit::SetValue { key, name, data });
        }
    }
    edits
}

impl Store for Memory {
    fn look(&self, key: &KeyPath) -> Look {
        if self.denied.as_ref() == Some(key) {
            return Look::Denied;
        }
        if self.image.key_exists(key) != Some(true) {
            return Look::Missing;
        }
        Look::Values(
            self.image
                .values_of(key)
                .map(|value| (value.name.clone(), value.data.clone()))
                .collect(),
        )
    }

    fn below(&self, key: &KeyPath) -> Result<Vec<String>, String> {
        Ok(self
            .image
            .keys()
            .filter(|shown| shown.parent().as_ref() == Some(key))
            .map(|shown| shown.leaf().to_owned())
            .collect())
    }

    fn make(&mut self, edit: &RegistryEdit) -> Result<(), String> {
        if self.refuses == Some(0) {
            return Err("Access is denied.".to_owned());
        }
        self.refuses = self.refuses.map(|left| left - 1);
        self.change(edit);
        Ok(())
    }
}

fn set(path: &str, name: &str, data: RegistryData) -> RegistryEdit {
    RegistryEdit::SetValue {
        key: key(path),
        name: name.to_owned(),
        data,
    }
}

const CLIENT: &str = r"HKLM\S\Protocols\TLS 1.2\Client";

#[test]
fn old_state_is_on_disk_first_and_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("before.reg");
    let old = Memory::new(&[
        set(r"HKLM\S\Net", "Strong", RegistryData::Text("1".into())),
        set(r"HKLM\S\Net", "Right", RegistryData::Dword(1)),
    ]);
    let mut store = old.clone();
    let edits = [
        set(r"HKLM\S\Net", "Strong", RegistryData::Dword(1)),
        set(r"HKLM\S\Net", "Right", RegistryData::Dword(1)),
        set(CLIENT, "Enabled", RegistryData::Dword(1)),
        set(CLIENT, "DisabledByDefault", RegistryData::Dword(0)),
    ];
    let applied = apply_to(&mut store, &edits, &backup).unwrap();
    assert_eq!((applied.changed, applied.already_there), (3, 1));
    assert_eq!(
        store.image.data(&key(CLIENT), "Enabled"),
        Some(&RegistryData::Dword(1))
    );
    // The file is one that the product itself reads.
    let file = std::fs::read(&backup).unwrap();
    let read = registry_file::read(&file).unwrap();
    assert!(read.notes.is_empty(), "{:?}", read.notes);
    store.import(&file);
    assert_eq!(store, old);
}

#[test]
fn what_is_there_already_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("before.reg");
    let mut store = Memory::new(&[set(CLIENT, "Enabled", RegistryData::Dword(1))]);
    store.refuses = Some(0);
    let edits = [
        set(CLIENT, "enabled", RegistryData::Dword(1)),
        RegistryEdit::DeleteValue {
            key: key(CLIENT),
            name: "x".into(),
        },
        RegistryEdit::DeleteKey(key(r"HKLM\S\Nothing")),
        RegistryEdit::CreateKey(key(CLIENT)),
    ];
    let applied = apply_to(&mut store, &edits, &backup).unwrap();
    assert_eq!((applied.changed, applied.already_there), (0, 4));
    assert_eq!(applied.backup, None);
    assert!(!backup.exists());
}

#[test]
fn a_backup_is_never_written_over_and_nothing_is_changed_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let old = Memory::new(&[]);
    for backup in [folder.path().join("missing").join("x.reg"), {
        let there = folder.path().join("there.reg");
        std::fs::write(&there, "precious").unwrap();
        there
    }] {
        let mut store = old.clone();
        let error = apply_to(
            &mut store,
            &[set(CLIENT, "Enabled", RegistryData::Dword(1))],
            &backup,
        )
        .unwrap_err();
        assert!(
            matches!(error, RegistryError::BackupNotWritten { .. }),
            "{error:?}"
        );
        assert_eq!(store, old);
    }
    assert_eq!(
        std::fs::read_to_string(folder.path().join("there.reg")).unwrap(),
        "precious"
    );
}

#[test]
fn what_can_not_be_seen_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Memory::new(&[set(CLIENT, "Enabled", RegistryData::Dword(0))]);
    store.denied = Some(key(CLIENT));
    let old = store.clone();
    let edits = [
        set(r"HKLM\S\Net", "Strong", RegistryData::Dword(1)),
        set(CLIENT, "Enabled", RegistryData::Dword(1)),
    ];
    let error = apply_to(&mut store, &edits, &folder.path().join("x.reg")).unwrap_err();
    assert!(
        matches!(&error, RegistryError::NotReversible { key: failed, .. } if *failed == key(CLIENT)),
        "{error:?}"
    );
    assert_eq!(store, old);
}

#[test]
fn a_failure_in_the_middle_says_how_far_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("before.reg");
    let old = Memory::new(&[]);
    let mut store = old.clone();
    store.refuses = Some(1);
    let edits = [
        set(CLIENT, "Enabled", RegistryData::Dword(1)),
        set(CLIENT, "DisabledByDefault", RegistryData::Dword(0)),
    ];
    let error = apply_to(&mut store, &edits, &backup).unwrap_err();
    assert_eq!(
        error,
        RegistryError::Stopped {
            key: key(CLIENT),
            done: 1,
            of: 2,
            detail: "Access is denied.".into(),
            backup: backup.clone()
        }
    );
    store.refuses = None;
    store.import(&std::fs::read(&backup).unwrap());
    assert_eq!(store, old);
}

fn some_edit() -> impl Strategy<Value = RegistryEdit> {
    let path = prop::collection::vec(prop::sample::select(vec!["A", "B", "C"]), 1..4)
        .prop_map(|parts| key(&format!(r"HKLM\S\{}", parts.join("\\"))));
    let name = prop::sample::select(vec!["x", "y"]);
    let data = prop_oneof![
        (0u32..3).prop_map(RegistryData::Dword),
        Just(RegistryData::Text("t".into())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(RegistryData::Binary),
        Just(RegistryData::Texts(vec!["a".into(), "b".into()])),
        Just(RegistryData::Other(1, vec![b'a'])),
    ];
    (path, name, data, 0u8..8).prop_map(|(key, name, data, kind)| match kind {
        0 => RegistryEdit::CreateKey(key),
        1 => RegistryEdit::DeleteKey(key),
        2 | 3 => RegistryEdit::DeleteValue {
            key,
            name: name.to_owned(),
        },
        _ => RegistryEdit::SetValue {
            key,
            name: name.to_owned(),
            data,
        },
    })
}

/// Keys and values without what is known of what is missing.
fn contents(store: &Memory) -> Vec<RegistryEdit> {
    store.image.edits()
}

proptest! {
    #[test]
    fn any_changes_are_made_and_taken_back(
        old in prop::collection::vec(some_edit(), 0..8),
        edits in prop::collection::vec(some_edit(), 0..8),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("before.reg");
        let old = Memory::new(&old);
        let mut expected = old.clone();
        for edit in &edits {
            expected.change(edit);
        }
        let mut store = old.clone();
        let applied = apply_to(&mut store, &edits, &backup).unwrap();
        prop_assert_eq!(contents(&store), contents(&expected));
        prop_assert_eq!(applied.changed + applied.already_there, edits.len());
        if applied.backup.is_some() {
            store.import(&std::fs::read(&backup).unwrap());
        }
        prop_assert_eq!(contents(&store), contents(&old));
    }
}
