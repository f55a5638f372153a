//! Where a list that is read page by page stands. The cursor goes through the caller's hands, so it carries in a few
//! digits what is needed to notice that a chain of pages runs in a circle, however long: Brent's way of finding cycles
//! compares each link with one that is kept, and keeps another one after twice as many steps.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{cloud::graph::error::malformed, domain::ServiceError};

/// So many pages without a row, one after another, are no list any more.
const EMPTY_PAGES: u32 = 100;

/// Where the list stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    steps: u64,
    until: u64,
    kept: u64,
    empty: u32,
    link: String,
}

impl Cursor {
    /// From the caller's hands.
    pub(super) fn read(text: &str) -> Result<Self, ServiceError> {
        let parts: Vec<&str> = text.splitn(5, '.').collect();
        let number = |index: usize| {
            parts
                .get(index)
                .and_then(|part| u64::from_str_radix(part, 16).ok())
        };
        let read = || {
            Some(Self {
                steps: number(0)?,
                until: number(1)?,
                kept: number(2)?,
                empty: u32::try_from(number(3)?).ok()?,
                link: (*parts.get(4)?).to_owned(),
            })
        };
        read().ok_or_else(|| malformed("that does not name a page of this list"))
    }

    /// Into the caller's hands.
    pub(super) fn write(&self) -> String {
        format!(
            "{:x}.{:x}.{:x}.{:x}.{}",
            self.steps, self.until, self.kept, self.empty, self.link
        )
    }

    /// The link of the page, as the service wrote it.
    pub(super) fn link(&self) -> &str {
        &self.link
    }

    /// After a page of so many rows that names `link` as the next one.
    pub(super) fn after(&self, rows: usize, link: String) -> Result<Self, ServiceError> {
        let mut hasher = DefaultHasher::new();
        link.hash(&mut hasher);
        let hash = hasher.finish();
        if link == self.link || (self.until > 0 && hash == self.kept) {
            return Err(malformed(
                "the list does not end: the service names a page as the next one that it sent before",
            ));
        }
        let empty = if rows == 0 { self.empty + 1 } else { 0 };
        if empty >= EMPTY_PAGES {
            return Err(malformed(
                "the list does not end: page after page comes without a row",
            ));
        }
        let mut next = Self {
            steps: self.steps + 1,
            empty,
            link,
            ..*self
        };
        if next.steps >= next.until {
            next.until = (next.until * 2).max(1);
            next.steps = 0;
            next.kept = hash;
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link(page: u64) -> String {
        format!("https://graph.microsoft.com/v1.0/a?$skiptoken=x.{page}")
    }

    proptest! {
        #[test]
        fn circles_are_noticed_and_long_lists_are_not_called_circles(lead in 0_u64..60, circle in 1_u64..60) {
            let mut cursor = Cursor::default();
            let mut page = 0;
            let mut steps = 0;
            let noticed = loop {
                match Cursor::read(&cursor.write()).unwrap().after(1, link(page)) {
                    Ok(next) => cursor = next,
                    Err(_) => break true,
                }
                prop_assert_eq!(cursor.link(), link(page));
                page = if page + 1 == lead + circle { lead } else { page + 1 };
                steps += 1;
                if steps > 6 * (lead + circle) {
                    break false;
                }
            };
            prop_assert!(noticed);
            prop_assert!(steps >= lead + circle.min(2) - 1, "{} steps", steps);
            let mut straight = Cursor::default();
            for page in 0..500 {
                straight = straight.after(1, link(page)).unwrap();
            }
        }

        #[test]
        fn any_text_is_read(text in ".*") {
            let _ = Cursor::read(&text);
        }
    }

    #[test]
    fn empty_pages_are_followed_but_not_for_ever() {
        let mut cursor = Cursor::default();
        for page in 0..99 {
            cursor = cursor.after(0, link(page)).unwrap();
        }
        assert!(cursor.clone().after(1, link(99)).is_ok());
        assert!(cursor.after(0, link(99)).is_err());
    }
}
