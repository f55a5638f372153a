//! What to change so that Microsoft's script finds all eight values, and the way back.
//!
//! Exactly the values that are missing or wrong are set; one that is right is never touched. The undo brings back each old
//! value with its type and bytes, removes what was missing, and removes keys that did not exist.

mod command;
mod script;

use std::mem::discriminant;

use crate::domain::{
    registry::{KeyPath, Lookup, RegistryData, RegistryEdit, RegistryImage, registry_file},
    tls::{HostReport, Verdict},
};

use super::requirement::{Requirement, requirements};

/// What the remedy is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A script for PowerShell 2 and later, whose commands are those of `reg.exe`.
    PowerShell,
    /// A registry file for `reg import` and double clicks.
    Registry,
}

impl Format {
    /// The ending of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::PowerShell => "ps1",
            Self::Registry => "reg",
        }
    }
}

/// What stood in place of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// This.
    Value(RegistryData),
    /// Nothing.
    Missing,
    /// The source does not speak of it, so it was taken as missing.
    NotCovered,
}

/// One value that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueChange {
    /// Its key.
    pub key: KeyPath,
    /// Its name, in the letter case of the source.
    pub name: String,
    /// What stood there.
    pub before: Before,
    /// What will stand there.
    pub after: RegistryData,
}

impl ValueChange {
    /// What stood there, as a reader expects it: with its type where that is the fault.
    pub fn before_text(&self) -> String {
        match &self.before {
            Before::Value(data) if discriminant(data) != discriminant(&self.after) => {
                format!("{data} ({})", data.type_name())
            }
            Before::Value(data) => data.to_string(),
            Before::Missing => "missing".to_owned(),
            Before::NotCovered => "not in the source".to_owned(),
        }
    }
}

/// A set of changes and its reverse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remediation {
    changes: Vec<ValueChange>,
    created_keys: Vec<KeyPath>,
    notes: Vec<String>,
    /// What was said of the source as a whole, for the files alone.
    remarks: Vec<String>,
}

/// The changes that one host needs.
pub fn plan(image: &RegistryImage) -> Remediation {
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    for requirement in requirements() {
        match change(requirement, image) {
            Ok(change) => changes.extend(change),
            Err(note) => notes.push(note),
        }
    }
    if changes.iter().any(|change| change.before == Before::NotCovered) {
        notes.push(
            "Some values are not in the source and were taken as missing: the undo removes them. If they exist on the host, export their keys first and plan again."
                .to_owned(),
        );
    }
    let key_unknown =
        |change: &ValueChange| change.before == Before::Missing && image.key_exists(&change.key).is_none();
    if changes.iter().any(key_unknown) {
        notes.push(
            "The source does not tell which keys exist: the undo takes the values away and leaves the keys that were made for them."
                .to_owned(),
        );
    }
    let created_keys = created_keys(&changes, image);
    Remediation {
        changes,
        created_keys,
        notes,
        remarks: Vec::new(),
    }
}

/// How a note on a value ends that nothing is planned for.
const LEFT_ALONE: &str = "left alone.";

/// The change one value needs, if any; or why it cannot be planned.
fn change(requirement: &Requirement, image: &RegistryImage) -> Result<Option<ValueChange>, String> {
    if requirement.is_met(image) {
        return Ok(None);
    }
    let key = requirement.key();
    let mut name = requirement.name;
    let before = match image.lookup(&key, name) {
        Lookup::Found(value) => {
            name = &value.name;
            Before::Value(value.data.clone())
        }
        Lookup::Missing => Before::Missing,
        Lookup::NotCovered => Before::NotCovered,
        Lookup::Unreadable => {
            return Err(format!(
                "{} of {key} is there but could not be read: without its old state there is no way back, so it is {LEFT_ALONE}",
                name
            ));
        }
        Lookup::Denied => {
            return Err(format!(
                "{name} of {key} could not be looked at (access denied): it is {LEFT_ALONE}"
            ));
        }
    };
    Ok(Some(ValueChange {
        key,
        name: name.to_owned(),
        before,
        after: requirement.remedy(),
    }))
}

/// Keys that are made on the way, the deepest first. Where the source does not tell whether a key exists it stays on the way
/// back: it may hold more.
fn created_keys(changes: &[ValueChange], image: &RegistryImage) -> Vec<KeyPath> {
    let mut created: Vec<KeyPath> = Vec::new();
    for change in changes {
        let mut next = Some(change.key.clone());
        while let Some(key) = next.filter(|key| image.key_exists(key) == Some(false)) {
            next = key.parent();
            created.push(key);
        }
    }
    created.sort_unstable();
    created.dedup();
    // A key sorts before those below it.
    created.reverse();
    created
}

impl Remediation {
    /// Value by value, in the order of Microsoft's script.
    pub fn changes(&self) -> &[ValueChange] {
        &self.changes
    }

    /// Keys that do not exist yet and are made for the values, the deepest first.
    pub fn created_keys(&self) -> &[KeyPath] {
        &self.created_keys
    }

    /// What a reader has to know before using it.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Adds what was said of the source, such as that it shows no types: whoever uses the files should know.
    #[must_use]
    pub fn remarked(mut self, remarks: &[String]) -> Self {
        self.remarks.extend_from_slice(remarks);
        self
    }

    /// Values that have to change and are left alone, since what stands there is not known.
    pub fn has_undecided(&self) -> bool {
        self.notes.iter().any(|note| note.ends_with(LEFT_ALONE))
    }

    /// Nothing has to change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes, one by one.
    pub fn edits(&self) -> Vec<RegistryEdit> {
        self.changes
            .iter()
            .map(|change| RegistryEdit::SetValue {
                key: change.key.clone(),
                name: change.name.clone(),
                data: change.after.clone(),
            })
            .collect()
    }

    /// The way back, one by one.
    pub fn undo_edits(&self) -> Vec<RegistryEdit> {
        let values = self.changes.iter().map(|change| {
            let (key, name) = (change.key.clone(), change.name.clone());
            match &change.before {
                Before::Value(data) => RegistryEdit::SetValue {
                    key,
                    name,
                    data: data.clone(),
                },
                Before::Missing | Before::NotCovered => RegistryEdit::DeleteValue { key, name },
            }
        });
        let keys = self.created_keys.iter().cloned().map(RegistryEdit::DeleteKey);
        values.chain(keys).collect()
    }

    /// A file that makes the changes. Nothing happens until somebody runs or imports it.
    pub fn script(&self, format: Format) -> Vec<u8> {
        const WHAT: &str = "Turns on TLS 1.2 for .NET and Windows as Microsoft documents it for Entra Connect and its agent.";
        match format {
            Format::PowerShell => script::powershell(WHAT, &self.edits(), &self.comments()),
            Format::Registry => registry_file(&self.edits(), &self.registry_comments(WHAT)),
        }
    }

    /// A file that brings back what stood there before.
    pub fn undo(&self, format: Format) -> Vec<u8> {
        const WHAT: &str = "Brings back the TLS values that stood here before the change.";
        match format {
            Format::PowerShell => script::powershell(WHAT, &self.undo_edits(), &self.comments()),
            Format::Registry => registry_file(&self.undo_edits(), &self.registry_comments(WHAT)),
        }
    }

    /// The difference, line by line, and the notes.
    fn comments(&self) -> Vec<String> {
        let difference = self.changes.iter().map(|change| {
            format!(
                "{} {}: {} -> {}",
                change.key,
                change.name,
                change.before_text(),
                change.after
            )
        });
        difference
            .chain(self.notes.iter().chain(&self.remarks).cloned())
            .map(|line| script::ascii(&line))
            .collect()
    }

    fn registry_comments(&self, what: &str) -> Vec<String> {
        let mut comments = vec![what.to_owned()];
        comments.extend(self.comments());
        comments.push(script::REBOOT.to_owned());
        comments
    }
}

/// Findings of a report that no remedy here touches, since someone may have meant them: cipher suites, ciphers turned off,
/// FIPS mode, an old .NET.
pub fn left_to_you(report: &HostReport) -> Vec<String> {
    report
        .further
        .iter()
        .filter(|value| matches!(value.verdict, Verdict::Warn | Verdict::Fail))
        .map(|value| format!("{} {}: {}", value.path, value.name, value.reason))
        .collect()
}
