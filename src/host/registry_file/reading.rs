//! What has been read of a file so far.

use crate::domain::{
    registry::{KeyPath, RegistryData, RegistryImage},
    text::clean_to,
};

/// Notes that are kept word by word; beyond them only their number is told.
const MOST_NOTES: usize = 40;

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

    /// A value of a key that the file shows whole.
    pub(super) fn set(&mut self, line: usize, key: &KeyPath, name: &str, data: RegistryData) {
        let now = data.clone();
        let before = self.image.set(key, name, data);
        self.compare(line, key, name, before.as_ref(), &now);
    }

    /// A value, or that it is missing, and nothing else of its key.
    pub(super) fn know(&mut self, line: usize, key: &KeyPath, name: &str, data: Option<RegistryData>) {
        let now = data.clone();
        let before = self.image.know(key, name, data);
        if let Some(now) = now {
            self.compare(line, key, name, before.as_ref(), &now);
        } else if before.is_some() {
            self.contradiction(line, key, name);
        }
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

    fn compare(
        &mut self,
        line: usize,
        key: &KeyPath,
        name: &str,
        before: Option<&RegistryData>,
        now: &RegistryData,
    ) {
        if before.is_some_and(|before| before != now) {
            self.contradiction(line, key, name);
        }
    }

    fn contradiction(&mut self, line: usize, key: &KeyPath, name: &str) {
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
