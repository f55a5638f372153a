//! The filter language of the Mailboxes tab and of `--filter`.
//!
//! `type:shared flag:onprem domain:contoso.com smith !test`: every term must hold. A free word is a part of the display
//! name, sign-in name, primary address or alias, whatever its letter case. `!` negates, a comma means or, quotes keep
//! spaces, `~word` matches loosely and ranks by how well.

mod error;
mod fuzzy;
mod keys;
mod parse;
mod term;

use std::fmt;

use jiff::Timestamp;

pub use error::{FilterError, FilterErrorKind};
pub use keys::{Key, KeyInfo, keys};

pub(super) use fuzzy::{Needle, Scorer};
pub(super) use term::{Term, Test, has_domain, id_begins_with, type_is_named};

use super::table::MailboxRow;

/// A filter. The empty one accepts every mailbox.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
}

impl Filter {
    /// Understands a line. Ages such as `changed:<7d` count back from `now`.
    ///
    /// # Errors
    /// Unknown keys and values, and terms without anything to look for, with their position and advice.
    pub fn parse(line: &str, now: Timestamp) -> Result<Self, FilterError> {
        Ok(Self {
            terms: parse::parse(line, now)?,
        })
    }

    /// Whether one mailbox passes. For many, [`super::arrange::filter`] is a hundred times faster and says the same.
    pub fn matches(&self, row: &MailboxRow<'_>) -> bool {
        self.terms.iter().all(|term| term.matches(row))
    }

    /// Whether it accepts everything.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether the result is ranked by how well it matches instead of sorted.
    pub fn is_ranked(&self) -> bool {
        let mut positive = self.terms.iter().filter(|term| !term.negated);
        positive.any(|term| term.tests.iter().any(|test| matches!(test, Test::Fuzzy { .. })))
    }

    /// Whether it depends on who may edit a mailbox, the one thing about a row that changes.
    pub fn tests_authority(&self) -> bool {
        let mut tests = self.terms.iter().flat_map(|term| &term.tests);
        tests.any(|test| matches!(test, Test::Flag(_)))
    }

    /// Whether every mailbox this filter accepts is accepted by `wider` too, so that a search can start from the rows
    /// of the wider one. May say no where the answer is yes.
    pub fn narrows(&self, wider: &Self) -> bool {
        wider
            .terms
            .iter()
            .all(|wide| self.terms.iter().any(|term| term.implies(wide)))
    }

    pub(super) fn terms(&self) -> &[Term] {
        &self.terms
    }
}

impl fmt::Display for Filter {
    /// Writes a line that [`Self::parse`] understands as the same filter.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, term) in self.terms.iter().enumerate() {
            let space = if place > 0 { " " } else { "" };
            write!(formatter, "{space}{term}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(in crate::domain) mod tests;
