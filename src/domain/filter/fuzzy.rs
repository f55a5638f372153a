//! Fuzzy matching: the characters of the needle in their order, scored as Helix scores them.

use memchr::{memchr, memmem};
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

    pub(in crate::domain) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn begins_with(&self, wider: &Self) -> bool {
        self.text.starts_with(&wider.text)
    }

    /// Whether a folded text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.find(text.as_bytes()).is_some()
    }

    /// Where the first match begins: the needle's characters in their order, as far to the left as they go. The texts
    /// may be several, one after the other with a line feed after each; a match lies within one of them.
    pub(in crate::domain) fn find(&self, texts: &[u8]) -> Option<usize> {
        let (first, rest) = self.characters.split_first()?;
        let mut from = 0;
        loop {
            let start = from + find_character(*first, texts.get(from..)?)?;
            let after = &texts[start + first.len_utf8()..];
            let mut text = &after[..memchr(b'\n', after).unwrap_or(after.len())];
            let length = text.len();
            let all = rest
                .iter()
                .all(|character| match find_character(*character, text) {
                    Some(at) => {
                        text = &text[at + character.len_utf8()..];
                        true
                    }
                    None => false,
                });
            if all {
                return Some(start);
            }
            from = start + first.len_utf8() + length + 1;
        }
    }

    fn as_needle(&self) -> Utf32Str<'_> {
        if self.text.is_ascii() {
            Utf32Str::Ascii(self.text.as_bytes())
        } else {
            Utf32Str::Unicode(&self.characters)
        }
    }
}

fn find_character(character: char, text: &[u8]) -> Option<usize> {
    if character.is_ascii() {
        return memchr(character as u8, text);
    }
    memmem::find(text, character.encode_utf8(&mut [0; 4]).as_bytes())
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
