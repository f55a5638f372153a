//! What has been read of a file so far.

use std::collections::BTreeSet;

use crate::domain::{
    registry::{KeyPath, Lookup, RegistryData, RegistryImage},
    text::clean_to,
};

/// Notes that are kept word by word; beyond them only their number is told.
const MOST_NOTES: usize = 40;

/// Names of hosts that are kept: more than one is a fault already.
const MOST_HOSTS: usize = 3;

/// Characters of a name or line that a note shows.
const SHOWN: usize = 80;

/// Characters of a key's path. Windows allows more, in theory; nothing that is looked for here comes near.
const LONGEST_PATH: usize = 4096;

/// What has been read of a file so far.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) image: RegistryImage,
    notes: Vec<String>,
    more_notes: usize,
    hosts: BTreeSet<String>,
}

impl Reading {
    /// A note on one line.
    pub(super) fn note(&mut self, line: usize, text: &str) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(format!("line {line}: {text}"));
        } else {
            self.more_notes += 1;
        }
    }

    /// A note on the whole file.
    pub(super) fn remark(&mut self, text: String) {
        self.notes.push(text);
    }

    /// A key as written; notes what is none.
    pub(super) fn key(&mut self, line: usize, path: &str) -> Option<KeyPath> {
        if path.len() > LONGEST_PATH {
            self.note(
                line,
                &format!("the path of this key is longer than {LONGEST_PATH} characters and was left out"),
            );
            return None;
        }
        let key = KeyPath::new(path);
        if !key.has_hive() {
            let text = format!("`{}` begins with no hive and was left out", shown(path));
            self.note(line, &text);
            return None;
        }
        Some(key)
    }

    /// The computer that an object was read from.
    pub(super) fn host(&mut self, name: &str) {
        let name = name.trim();
        // Two are enough to know, and a damaged column may hold anything.
        if !name.is_empty() && self.hosts.len() < MOST_HOSTS {
            self.hosts.insert(name.to_lowercase());
        }
    }

    /// The names of the hosts, safe to show, where there is more than one.
    pub(super) fn several_hosts(&self) -> Option<String> {
        let names: Vec<String> = self.hosts.iter().map(|name| shown(name)).collect();
        (names.len() > 1).then(|| names.join(", "))
    }

    /// A value of a key that the file shows whole.
    pub(super) fn set(&mut self, line: usize, key: &KeyPath, name: &str, data: RegistryData) {
        let before = self.image.set(key, name, without_zeros(data));
        self.compare(line, key, name, before.as_ref());
    }

    /// A value, or that it is missing, and nothing else of its key.
    pub(super) fn know(&mut self, line: usize, key: &KeyPath, name: &str, data: Option<RegistryData>) {
        let was_missing = self.image.lookup(key, name) == Lookup::Missing;
        let before = self.image.know(key, name, data.map(without_zeros));
        if was_missing && self.image.data(key, name).is_some() {
            let text = format!(
                "the value `{}` was missing further above; this counts",
                shown(name)
            );
            self.note(line, &text);
        }
        self.compare(line, key, name, before.as_ref());
    }

    /// A value whose data makes no sense.
    pub(super) fn unreadable(&mut self, line: usize, key: &KeyPath, name: &str, why: &str) {
        self.image.set_unreadable(key, name);
        let text = format!("the value `{}` could not be read: {why}", shown(name));
        self.note(line, &text);
    }

    /// A line that is part of no value and no key.
    pub(super) fn not_understood(&mut self, line: usize, text: &str) {
        let text = format!("not understood: `{}`", shown(text.trim()));
        self.note(line, &text);
    }

    /// Notes a value that stood there before with other data.
    fn compare(&mut self, line: usize, key: &KeyPath, name: &str, before: Option<&RegistryData>) {
        if before.is_none() || before == self.image.data(key, name) {
            return;
        }
        let text = format!(
            "the value `{}` of `{}` stands here again and differs; the later one counts",
            shown(name),
            shown(&key.long())
        );
        self.note(line, &text);
    }

    pub(super) fn finish(mut self) -> (RegistryImage, Vec<String>) {
        if self.more_notes > 0 {
            self.notes.push(format!(
                "{} more lines have something to note; look at the file itself",
                self.more_notes
            ));
        }
        (self.image, self.notes)
    }
}

/// A text with a zero character inside is kept as its bytes: to Windows it ends there.
fn without_zeros(data: RegistryData) -> RegistryData {
    let has_zero = match &data {
        RegistryData::Text(text) | RegistryData::ExpandableText(text) => text.contains('\0'),
        RegistryData::Texts(texts) => texts.iter().any(|text| text.contains('\0')),
        _ => false,
    };
    if has_zero {
        RegistryData::from_bytes(data.type_number(), data.bytes())
    } else {
        data
    }
}

/// A piece of the file, safe and short enough for a note.
pub(super) fn shown(text: &str) -> String {
    clean_to(text, SHOWN).into_owned()
}

/// The lines of a text with their numbers from one; line ends of Windows and Unix.
pub(super) fn numbered_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line.strip_suffix('\r').unwrap_or(line)))
}
