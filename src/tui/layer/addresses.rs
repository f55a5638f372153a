//! The addresses of one cloud-managed mailbox, before and after.

use crate::{
    domain::{AddressEdit, ObjectId, edit_addresses},
    tui::{action::Why, widget::Scroll},
};

/// The editor.
#[derive(Clone, Debug)]
pub struct AddressEditor {
    /// The mailbox.
    pub id: ObjectId,
    /// Its display name, for the title.
    pub name: String,
    /// The addresses as read, in service order; nothing while they are being read.
    pub before: Option<Vec<String>>,
    /// The addresses as wanted.
    pub after: Vec<String>,
    /// What to think about, in sentences.
    pub warnings: Vec<String>,
    /// The row with the cursor.
    pub scroll: Scroll,
}

/// A row of the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressRow {
    /// The address with its prefix, as wanted, or as read for removed ones.
    pub address: String,
    /// `added`, `removed`, `now primary`, `was primary`, or nothing.
    pub word: &'static str,
}

impl AddressEditor {
    /// An editor that waits for the addresses.
    pub fn new(id: ObjectId, name: String) -> Self {
        Self {
            id,
            name,
            before: None,
            after: Vec::new(),
            warnings: Vec::new(),
            scroll: Scroll::default(),
        }
    }

    /// The addresses were read.
    pub fn load(&mut self, addresses: Vec<String>) {
        self.after.clone_from(&addresses);
        self.before = Some(addresses);
        self.warnings.clear();
    }

    /// The rows: what is wanted, then what goes.
    pub fn rows(&self) -> Vec<AddressRow> {
        let before = self.before.as_deref().unwrap_or(&[]);
        let known = |list: &[String], wanted: &str| {
            list.iter()
                .find(|entry| entry.eq_ignore_ascii_case(wanted))
                .cloned()
        };
        let mut rows: Vec<AddressRow> = self
            .after
            .iter()
            .map(|address| {
                let word = match known(before, address) {
                    None => "added",
                    Some(old) if is_primary(address) && !is_primary(&old) => "now primary",
                    Some(old) if !is_primary(address) && is_primary(&old) => "was primary",
                    Some(_) => "",
                };
                AddressRow {
                    address: address.clone(),
                    word,
                }
            })
            .collect();
        rows.extend(
            before
                .iter()
                .filter(|address| known(&self.after, address).is_none())
                .map(|address| AddressRow {
                    address: address.clone(),
                    word: "removed",
                }),
        );
        rows
    }

    /// The row with the cursor.
    pub fn selected(&self) -> Option<AddressRow> {
        self.rows().into_iter().nth(self.scroll.cursor)
    }

    /// Whether anything would be written.
    pub fn changed(&self) -> bool {
        self.before.as_ref().is_some_and(|before| *before != self.after)
    }

    /// Applies an edit, or says why not.
    pub fn edit(&mut self, edit: &AddressEdit) -> Result<(), String> {
        let edited = edit_addresses(&self.after, edit, None).map_err(|error| error.to_string())?;
        self.after = edited.addresses;
        for warning in edited.warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        Ok(())
    }

    /// Whether the address under the cursor can go (or come back).
    pub fn can_remove(&self) -> Result<(), Why> {
        match self.selected() {
            None => Err(Why::new("there is no address under the cursor")),
            Some(row) if is_primary(&row.address) && row.word != "removed" => Err(Why::new(
                "the primary address can't be removed; make another one primary first",
            )),
            Some(_) => Ok(()),
        }
    }

    /// Whether the address under the cursor can become the primary one.
    pub fn can_set_primary(&self) -> Result<(), Why> {
        match self.selected() {
            None => Err(Why::new("there is no address under the cursor")),
            Some(row) if row.word == "removed" => {
                Err(Why::new("this address is removed; take it back first"))
            }
            Some(row) if is_primary(&row.address) => Err(Why::new("this address is the primary one already")),
            Some(row) if !row.address.starts_with("smtp:") => {
                Err(Why::new("only an SMTP address can be the primary one"))
            }
            Some(_) => Ok(()),
        }
    }
}

fn is_primary(address: &str) -> bool {
    address.starts_with("SMTP:")
}
