//! Fuzzy matching: the characters of the needle in their order, scored as Helix scores them.

use std::cell::RefCell;

use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A folded text to look for, ready for the matcher.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain) struct Needle {
    text: String,
    characters: Vec<char>,
}

impl Needle {
    pub(super) fn new(text: String) -> Self {
        let characters = text.chars().collect();
        Self { text, characters }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn begins_with(&self, wider: &Self) -> bool {
        self.text.starts_with(&wider.text)
    }

    fn as_needle(&self) -> Utf32Str<'_> {
        if self.text.is_ascii() {
            Utf32Str::Ascii(self.text.as_bytes())
        } else {
            Utf32Str::Unicode(&self.characters)
        }
    }

    /// Whether a folded text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        thread_local! {
            static SCORER: RefCell<Scorer> = RefCell::new(Scorer::new());
        }
        SCORER
            .with_borrow_mut(|scorer| scorer.score(self, text))
            .is_some()
    }
}

/// The matcher and its working memory, one per thread.
pub(in crate::domain) struct Scorer {
    matcher: Matcher,
    characters: Vec<char>,
}

impl Scorer {
    pub(in crate::domain) fn new() -> Self {
        // Both sides are folded already, so letter case needs no second look.
        let mut config = Config::DEFAULT;
        config.ignore_case = false;
        config.normalize = false;
        Self {
            matcher: Matcher::new(config),
            characters: Vec::new(),
        }
    }

    /// How well a folded text matches; nothing when it does not.
    pub(in crate::domain) fn score(&mut self, needle: &Needle, text: &str) -> Option<u16> {
        // `Utf32Str::new` is avoided: it takes the first character of each grapheme, and can label bytes beyond ASCII
        // as ASCII.
        let haystack = if text.is_ascii() {
            Utf32Str::Ascii(text.as_bytes())
        } else {
            self.characters.clear();
            self.characters.extend(text.chars());
            Utf32Str::Unicode(&self.characters)
        };
        self.matcher.fuzzy_match(haystack, needle.as_needle())
    }
}
