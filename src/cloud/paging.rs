//! Chains of pages: never the same link twice, never without end.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use crate::domain::{ErrorClass, ServiceError};

/// Where a chain of pages is given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageLimits {
    /// Pages of one list.
    pub(super) pages: u32,
    /// Pages without a row in a row.
    pub(super) empty_pages: u32,
    /// Rows of one list: three times the largest tenant Handover is made for.
    pub(super) rows: u64,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            pages: 50_000,
            empty_pages: 100,
            rows: 2_000_000,
        }
    }
}

/// One chain of pages. Remembers links by their hash: a hundred bytes a link would add up.
#[derive(Debug)]
pub(super) struct Chain {
    limits: PageLimits,
    hasher: RandomState,
    seen: HashSet<u64>,
    pages: u32,
    empty: u32,
    rows: u64,
}

impl Chain {
    pub(super) fn new(limits: PageLimits) -> Self {
        Self {
            limits,
            hasher: RandomState::new(),
            seen: HashSet::new(),
            pages: 0,
            empty: 0,
            rows: 0,
        }
    }

    /// Counts a page that came.
    pub(super) fn count(&mut self, rows: usize) -> Result<(), ServiceError> {
        self.pages += 1;
        self.rows += rows as u64;
        self.empty = if rows == 0 { self.empty + 1 } else { 0 };
        let PageLimits {
            pages,
            empty_pages,
            rows,
        } = self.limits;
        if self.pages >= pages {
            return Err(endless(&format!("sent {pages} pages and still names a next one")));
        }
        if self.empty >= empty_pages {
            return Err(endless(&format!(
                "sent {empty_pages} pages without a row, one after another"
            )));
        }
        if self.rows > rows {
            return Err(endless(&format!("sent more than {rows} rows")));
        }
        Ok(())
    }

    /// Whether a link was not followed yet; from now on it was.
    pub(super) fn follow(&mut self, link: &str) -> Result<(), ServiceError> {
        if self.seen.insert(self.hasher.hash_one(link)) {
            Ok(())
        } else {
            Err(endless("names a page as the next one that it sent before"))
        }
    }
}

fn endless(what: &str) -> ServiceError {
    ServiceError::new(ErrorClass::Malformed, format!("the list does not end: the service {what}"))
        .with_advice("The rows so far are kept, but the list is not complete. Load it again; if it stays, note the request id.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_end() {
        let mut chain = Chain::new(PageLimits {
            pages: 4,
            empty_pages: 2,
            rows: 100,
        });
        chain.follow("a").unwrap();
        chain.follow("b").unwrap();
        assert_eq!(chain.follow("a").unwrap_err().class, ErrorClass::Malformed);
        chain.count(10).unwrap();
        chain.count(0).unwrap();
        assert!(chain.count(0).is_err());
        let mut long = Chain::new(PageLimits {
            pages: 3,
            ..PageLimits::default()
        });
        assert!(long.count(1).is_ok() && long.count(1).is_ok() && long.count(1).is_err());
    }
}
