//! The parts of a filter, what they mean for one mailbox, and how they are written.

use std::fmt;

use jiff::Timestamp;

use super::fuzzy::Needle;
use super::keys::Key;
use super::parse::is_type_name;
use crate::domain::table::{MailboxRow, TextColumn};
use crate::domain::{ObjectId, RecipientType, SourceOfAuthority, text};

/// One term: any of its tests must hold, or none of them if it is negated.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain) struct Term {
    pub(in crate::domain) negated: bool,
    pub(super) key: Option<Key>,
    pub(in crate::domain) tests: Vec<Test>,
}

/// One test. Texts are folded.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain) enum Test {
    /// A part of one column, or of any.
    Part {
        column: Option<TextColumn>,
        needle: String,
    },
    /// The characters in this order in one column, or in any.
    Fuzzy {
        column: Option<TextColumn>,
        needle: Needle,
    },
    /// Short word or wire name.
    Type(String),
    Flag(SourceOfAuthority),
    Synced(Option<bool>),
    /// The whole domain of the primary address, without `@`.
    Domain(String),
    /// Leading hexadecimal digits of the identifier, one per byte.
    Id(Vec<u8>),
    /// As written, and the time it means.
    Changed {
        written: String,
        period: Period,
    },
}

/// From a moment on, until before another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::domain) struct Period {
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

impl Period {
    pub(in crate::domain) fn holds(&self, at: Option<Timestamp>) -> bool {
        at.is_some_and(|at| {
            self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
        })
    }
}

impl Test {
    pub(super) fn fuzzy(column: Option<TextColumn>, needle: String) -> Self {
        Self::Fuzzy {
            column,
            needle: Needle::new(needle),
        }
    }

    /// What the test means. The search over a whole table must agree with this.
    fn holds(&self, row: &MailboxRow<'_>) -> bool {
        let any_text = |column: &Option<TextColumn>, found: &dyn Fn(&str) -> bool| match column {
            Some(column) => found(&text::fold(row.text(*column))),
            None => TextColumn::ALL
                .iter()
                .any(|column| found(&text::fold(row.text(*column)))),
        };
        match self {
            Self::Part { column, needle } => any_text(column, &|text| text.contains(needle.as_str())),
            Self::Fuzzy { column, needle } => any_text(column, &|text| needle.matches(text)),
            Self::Type(name) => type_is_named(row.recipient_type, name),
            Self::Flag(authority) => row.authority == *authority,
            Self::Synced(synced) => row.dir_synced == *synced,
            Self::Domain(domain) => has_domain(&text::fold(row.primary_smtp_address), domain),
            Self::Id(digits) => id_begins_with(row.id, digits),
            Self::Changed { period, .. } => period.holds(row.when_changed),
        }
    }

    /// Whether every mailbox this test accepts is accepted by `wider` too. May say no where the answer is yes.
    fn implies(&self, wider: &Self) -> bool {
        match (self, wider) {
            (
                Self::Part { column, needle },
                Self::Part {
                    column: wide_column,
                    needle: wide_needle,
                },
            ) => (wide_column.is_none() || column == wide_column) && needle.contains(wide_needle.as_str()),
            (
                Self::Fuzzy { column, needle },
                Self::Fuzzy {
                    column: wide_column,
                    needle: wide_needle,
                },
            ) => (wide_column.is_none() || column == wide_column) && needle.begins_with(wide_needle),
            (Self::Id(digits), Self::Id(wide_digits)) => digits.starts_with(wide_digits),
            _ => self == wider,
        }
    }
}

impl Term {
    pub(super) fn matches(&self, row: &MailboxRow<'_>) -> bool {
        self.tests.iter().any(|test| test.holds(row)) != self.negated
    }

    pub(super) fn implies(&self, wider: &Self) -> bool {
        let covered =
            |tests: &[Test], by: &[Test]| tests.iter().all(|test| by.iter().any(|wide| test.implies(wide)));
        match (self.negated, wider.negated) {
            (false, false) => covered(&self.tests, &wider.tests),
            (true, true) => covered(&wider.tests, &self.tests),
            _ => false,
        }
    }
}

pub(in crate::domain) fn type_is_named(recipient_type: &RecipientType, name: &str) -> bool {
    text::fold(recipient_type.word()) == name || text::fold(recipient_type.wire_name()) == name
}

/// Whether a folded address ends in `@` and the domain.
pub(in crate::domain) fn has_domain(address: &str, domain: &str) -> bool {
    address
        .strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('@'))
}

pub(in crate::domain) fn id_begins_with(id: ObjectId, digits: &[u8]) -> bool {
    digits.iter().enumerate().all(|(place, digit)| {
        let byte = id.bytes()[place / 2];
        *digit == if place % 2 == 0 { byte >> 4 } else { byte & 15 }
    })
}

impl fmt::Display for Term {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            formatter.write_str("!")?;
        }
        if let Some(key) = self.key {
            write!(formatter, "{}:", key.info().word)?;
        }
        for (place, test) in self.tests.iter().enumerate() {
            if place > 0 {
                formatter.write_str(",")?;
            }
            match test {
                Test::Part { needle, .. } => write_text(formatter, needle, self.key.is_none())?,
                Test::Fuzzy { needle, .. } => {
                    formatter.write_str("~")?;
                    write_text(formatter, needle.text(), false)?;
                }
                Test::Type(name) if is_type_name(name) => write_text(formatter, name, false)?,
                Test::Type(name) => write_quoted(formatter, name)?,
                Test::Flag(authority) => formatter.write_str(match authority {
                    SourceOfAuthority::Cloud => "cloud",
                    SourceOfAuthority::OnPremises => "onprem",
                    SourceOfAuthority::Unknown => "unknown",
                })?,
                Test::Synced(synced) => formatter.write_str(match synced {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "unknown",
                })?,
                Test::Domain(domain) => write_text(formatter, domain, false)?,
                Test::Id(digits) => {
                    for digit in digits {
                        write!(formatter, "{digit:x}")?;
                    }
                }
                Test::Changed { written, .. } => write_text(formatter, written, false)?,
            }
        }
        Ok(())
    }
}

/// Quoted where it would be read as something else.
fn write_text(formatter: &mut fmt::Formatter<'_>, text: &str, may_look_like_key: bool) -> fmt::Result {
    let special = text.starts_with(['!', '~', '"'])
        || text.contains(|character: char| character.is_whitespace() || character == ',')
        || (may_look_like_key && text.contains(':'));
    if special {
        write_quoted(formatter, text)
    } else {
        formatter.write_str(text)
    }
}

fn write_quoted(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(formatter, "\"{}\"", text.replace('"', "\"\""))
}
