//! What the reading script answers.

use serde::Deserialize;
use serde_json::Value;

use super::is_kept;
use crate::{
    domain::{
        registry::{KeyPath, RegistryData, RegistryImage},
        text::clean_to,
    },
    host::{HostError, powershell::json::one_or_many, registry_file},
};

/// The form this program understands.
const FORMAT: u64 = 1;
/// Longest text of the far side in a note, in characters.
const LONGEST_NOTE: usize = 300;

/// The answer as sent. Members that are missing read as nothing.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    format: u64,
    #[serde(default)]
    computer: String,
    #[serde(default)]
    powershell: String,
    #[serde(default)]
    language: String,
    #[serde(default = "yes", rename = "trueView")]
    true_view: bool,
    #[serde(default, deserialize_with = "one_or_many")]
    keys: Vec<KeyReply>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
struct KeyReply {
    path: String,
    state: String,
    #[serde(default)]
    message: String,
    /// The highest key on the way to a missing one that is missing too.
    gone: Option<String>,
    /// Name, .NET's number of the type, data.
    #[serde(default)]
    values: Vec<(String, i64, Value)>,
    /// What `reg.exe query` wrote, where .NET was not allowed.
    lines: Option<Vec<String>>,
}

impl Reply {
    /// The host's own name, an image of the keys that were asked for, and notes.
    pub fn read(
        self,
        wanted: &[KeyPath],
        host: &str,
    ) -> Result<(Option<String>, RegistryImage, Vec<String>), HostError> {
        if self.format != FORMAT {
            return Err(HostError::Answer {
                host: host.to_owned(),
                detail: format!(
                    "the answer has form {}, this program reads form {FORMAT}",
                    self.format
                ),
            });
        }
        let mut image = RegistryImage::new();
        let mut notes = Vec::new();
        if self.keys.iter().any(|key| key.lines.is_some()) {
            notes.push(format!(
                "PowerShell {} runs in {} there, so reg.exe read the values; texts beyond ASCII may be wrong.",
                clean_to(&self.powershell, 40),
                clean_to(&self.language, 40)
            ));
        }
        let redirected = KeyPath::new(r"HKLM\SOFTWARE");
        if !self.true_view {
            notes.push(
                "Only a 32-bit PowerShell 2.0 answered, which sees other values below HKLM\\SOFTWARE; these were left out."
                    .to_owned(),
            );
        }
        for path in wanted {
            let Some(key) = self.keys.iter().find(|key| KeyPath::new(&key.path) == *path) else {
                notes.push(format!("{path}: the host did not speak of it"));
                continue;
            };
            if !self.true_view && path.is_within(&redirected) {
                continue;
            }
            match key.state.as_str() {
                "read" => key.fill(path, &mut image, &mut notes),
                "missing" => key.miss(path, &mut image),
                "denied" => image.deny(path),
                _ => notes.push(format!(
                    "{path}: could not be read: {}",
                    clean_to(&key.message, LONGEST_NOTE)
                )),
            }
        }
        let computer = clean_to(self.computer.trim(), 120).into_owned();
        Ok(((!computer.is_empty()).then_some(computer), image, notes))
    }
}

impl KeyReply {
    fn miss(&self, path: &KeyPath, image: &mut RegistryImage) {
        let gone = self.gone.as_deref().map(KeyPath::new);
        let gone = gone.filter(|gone| path.is_within(gone)).unwrap_or(path.clone());
        // What is above it is there; only that is known of it.
        if let Some(above) = gone.parent().filter(|above| above.parent().is_some()) {
            image.name_key(&above);
        }
        image.remove_key(&gone);
    }

    fn fill(&self, path: &KeyPath, image: &mut RegistryImage, notes: &mut Vec<String>) {
        image.cover_values(path);
        if let Some(lines) = &self.lines {
            read_lines(lines, path, image, notes);
        }
        for (name, kind, data) in self.values.iter().filter(|(name, ..)| is_kept(path, name)) {
            match registry_data(*kind, data) {
                Some(data) => {
                    image.know(path, name, Some(data));
                }
                None => {
                    image.set_unreadable(path, name);
                    notes.push(format!(
                        "{path}: the value {} could not be read",
                        clean_to(name, LONGEST_NOTE)
                    ));
                }
            }
        }
    }
}

/// What `reg.exe query` wrote of one key, read as a file of it would be.
fn read_lines(lines: &[String], path: &KeyPath, image: &mut RegistryImage, notes: &mut Vec<String>) {
    if lines.iter().all(|line| line.trim().is_empty()) {
        return;
    }
    let mut text = lines.join("\n");
    text.push('\n');
    match registry_file::read(text.as_bytes()) {
        Ok(read) => {
            for value in read
                .image
                .values_of(path)
                .filter(|value| is_kept(path, &value.name))
            {
                image.know(path, &value.name, Some(value.data.clone()));
            }
            notes.extend(read.notes.iter().map(|note| format!("{path}: {note}")));
        }
        Err(error) => notes.push(format!("{path}: {error}")),
    }
}

/// Data of a value by .NET's `RegistryValueKind`. .NET gives signed numbers, and bytes where type and size do not fit.
/// It hides the numbers of types it does not know (`Unknown`): such a value counts as unreadable.
fn registry_data(kind: i64, data: &Value) -> Option<RegistryData> {
    let number = || data.as_str()?.parse::<i64>().ok();
    let text = || Some(data.as_str()?.to_owned());
    let bytes = || hexadecimal(data.as_str()?);
    match kind {
        1 => text().map(RegistryData::Text),
        2 => text().map(RegistryData::ExpandableText),
        3 => bytes().map(RegistryData::Binary),
        4 => match number() {
            // Four bytes, read as signed.
            Some(number) if i32::try_from(number).is_ok() || u32::try_from(number).is_ok() => {
                let [a, b, c, d, ..] = number.to_le_bytes();
                Some(RegistryData::Dword(u32::from_le_bytes([a, b, c, d])))
            }
            // More than four bytes under a four-byte type.
            Some(number) => Some(RegistryData::Other(4, number.to_le_bytes().to_vec())),
            None => bytes().map(|bytes| RegistryData::Other(4, bytes)),
        },
        7 => data
            .as_array()?
            .iter()
            .map(|text| text.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .map(RegistryData::Texts),
        11 => match number() {
            Some(number) => Some(RegistryData::Qword(u64::from_le_bytes(number.to_le_bytes()))),
            None => bytes().map(|bytes| RegistryData::Other(11, bytes)),
        },
        -1 => Some(RegistryData::Other(0, bytes().unwrap_or_default())),
        // Without the number of the type there is no way back to it.
        _ => None,
    }
}

/// Bytes of a text of hexadecimal digits.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::registry::Lookup;

    fn read(text: &str, wanted: &[&str]) -> (Option<String>, RegistryImage, Vec<String>) {
        let wanted: Vec<KeyPath> = wanted.iter().map(|path| KeyPath::new(path)).collect();
        serde_json::from_str::<Reply>(text)
            .unwrap()
            .read(&wanted, "h")
            .unwrap()
    }

    #[test]
    fn every_type_keeps_its_data() {
        for (kind, data, expected) in [
            (1, r#""x""#, Some(RegistryData::Text("x".into()))),
            (
                2,
                r#""%PATH%""#,
                Some(RegistryData::ExpandableText("%PATH%".into())),
            ),
            (3, r#""00ff""#, Some(RegistryData::Binary(vec![0, 255]))),
            (3, r#""""#, Some(RegistryData::Binary(vec![]))),
            (4, r#""1""#, Some(RegistryData::Dword(1))),
            (4, r#""-1""#, Some(RegistryData::Dword(u32::MAX))),
            (4, r#""4294967295""#, Some(RegistryData::Dword(u32::MAX))),
            (
                4,
                r#""4294967296""#,
                Some(RegistryData::Other(4, vec![0, 0, 0, 0, 1, 0, 0, 0])),
            ),
            (
                7,
                r#"["a","b"]"#,
                Some(RegistryData::Texts(vec!["a".into(), "b".into()])),
            ),
            (7, "[]", Some(RegistryData::Texts(vec![]))),
            (11, r#""-1""#, Some(RegistryData::Qword(u64::MAX))),
            (-1, r#""01""#, Some(RegistryData::Other(0, vec![1]))),
            (-1, "null", Some(RegistryData::Other(0, vec![]))),
            (0, r#""0102""#, None),
            (4, "null", None),
            (7, r#""a""#, None),
            (3, r#""0""#, None),
            (1, "5", None),
        ] {
            let value: Value = serde_json::from_str(data).unwrap();
            assert_eq!(registry_data(kind, &value), expected, "{kind} {data}");
        }
    }

    #[test]
    fn missing_denied_failed_and_silent_keys_are_told_apart() {
        let (name, image, notes) = read(
            r#"{"format":1,"computer":"AADC01","keys":[
                {"path":"HKEY_LOCAL_MACHINE\\A","state":"read","values":[["Enabled",4,"1"],["",1,"d"]]},
                {"path":"HKEY_LOCAL_MACHINE\\B","state":"missing"},
                {"path":"HKEY_LOCAL_MACHINE\\Up\\Gone\\X","state":"missing","gone":"HKEY_LOCAL_MACHINE\\Up\\Gone"},
                {"path":"HKEY_LOCAL_MACHINE\\C","state":"denied","message":"no"},
                {"path":"HKEY_LOCAL_MACHINE\\D","state":"failed","message":"odd"},
                {"path":"HKEY_LOCAL_MACHINE\\Unasked","state":"read","values":[["x",4,"1"]]}]}"#,
            &[
                "HKLM\\A",
                "HKLM\\B",
                "HKLM\\Up\\Gone\\X",
                "HKLM\\C",
                "HKLM\\D",
                "HKLM\\E",
            ],
        );
        assert_eq!(name.as_deref(), Some("AADC01"));
        let look = |path: &str, name: &str| image.lookup(&KeyPath::new(path), name);
        assert!(matches!(look("HKLM\\A", "enabled"), Lookup::Found(_)));
        assert!(matches!(look("HKLM\\A", ""), Lookup::Found(_)));
        assert_eq!(look("HKLM\\A", "Other"), Lookup::Missing);
        assert_eq!(look("HKLM\\B", "x"), Lookup::Missing);
        assert_eq!(look("HKLM\\C", "x"), Lookup::Denied);
        assert_eq!(image.key_exists(&KeyPath::new("HKLM\\Up\\Gone")), Some(false));
        assert_eq!(image.key_exists(&KeyPath::new("HKLM\\Up")), Some(true));
        assert_eq!(look("HKLM\\A\\Below", "x"), Lookup::NotCovered);
        assert_eq!(look("HKLM\\D", "x"), Lookup::NotCovered);
        assert_eq!(look("HKLM\\E", "x"), Lookup::NotCovered);
        assert_eq!(look("HKLM\\Unasked", "x"), Lookup::NotCovered);
        assert_eq!(notes.len(), 2, "{notes:?}");
    }

    #[test]
    fn the_fall_back_says_so() {
        let (_, image, notes) = read(
            r#"{"format":1,"powershell":"5.1","language":"ConstrainedLanguage","keys":[
                {"path":"HKEY_LOCAL_MACHINE\\A","state":"read","lines":["","HKEY_LOCAL_MACHINE\\A","    Enabled    REG_DWORD    0x1",""]}]}"#,
            &["HKLM\\A"],
        );
        assert_eq!(
            image.data(&KeyPath::new("HKLM\\A"), "Enabled"),
            Some(&RegistryData::Dword(1))
        );
        assert!(notes[0].contains("ConstrainedLanguage"), "{notes:?}");
    }

    #[test]
    fn a_wrong_view_is_not_believed() {
        let (_, image, notes) = read(
            r#"{"format":1,"trueView":false,"keys":[
                {"path":"HKEY_LOCAL_MACHINE\\SOFTWARE\\A","state":"missing"},
                {"path":"HKEY_LOCAL_MACHINE\\SYSTEM\\A","state":"missing"}]}"#,
            &["HKLM\\SOFTWARE\\A", "HKLM\\SYSTEM\\A"],
        );
        assert_eq!(
            image.lookup(&KeyPath::new("HKLM\\SOFTWARE\\A"), "x"),
            Lookup::NotCovered
        );
        assert_eq!(
            image.lookup(&KeyPath::new("HKLM\\SYSTEM\\A"), "x"),
            Lookup::Missing
        );
        assert_eq!(notes.len(), 1, "{notes:?}");
    }

    #[test]
    fn another_form_is_refused() {
        let reply: Reply = serde_json::from_str(r#"{"format":2}"#).unwrap();
        assert!(reply.read(&[], "h").is_err());
    }

    proptest! {
        #[test]
        fn any_data_is_taken_or_refused(kind in -3i64..15, text in any::<String>(), number in any::<i64>()) {
            let _ = registry_data(kind, &Value::String(text.clone()));
            let _ = registry_data(kind, &Value::from(number));
            let _ = registry_data(kind, &Value::from(vec![text]));
        }
    }
}
