//! Text from outside, made safe to draw, to search and to export.
//!
//! Names come from servers and files. They may hold terminal escape sequences, characters that reverse the reading
//! direction, invisible ones that make two addresses look alike, or towers of combining marks.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Combining marks kept on one base character. No living script needs more.
const MARKS_PER_BASE: usize = 4;

/// What becomes of a character.
enum Fate {
    Keep,
    Space,
    Drop,
}

/// Line breaks and tabs part words, so they become a space; everything that steers a terminal or misleads a reader goes.
fn fate(character: char) -> Fate {
    match character {
        ' '..='~' => Fate::Keep,
        '\t' | '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Space,
        // C0, DEL, C1
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' => Fate::Drop,
        // reading direction
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            Fate::Drop
        }
        // invisible: soft hyphen, grapheme joiner, Hangul fillers, Mongolian vowel separator, zero width space,
        // word joiner and invisible operators, deprecated format characters, byte order mark, annotations
        '\u{AD}'
        | '\u{034F}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{3164}'
        | '\u{FFA0}'
        | '\u{180E}'
        | '\u{200B}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206A}'..='\u{206F}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' => Fate::Drop,
        // musical format characters, tag characters
        '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E007F}' => Fate::Drop,
        _ => Fate::Keep,
    }
}

/// Whether a kept character takes no cell of its own: combining marks, joiners, variation selectors.
fn is_mark(character: char) -> bool {
    !character.is_ascii() && character.width() == Some(0)
}

/// Whether every byte is printable ASCII; written without an early exit so that it runs at memory speed.
fn is_plain(text: &str) -> bool {
    !text
        .bytes()
        .fold(false, |odd, byte| odd | !(0x20..0x7F).contains(&byte))
}

/// Removes control, direction, invisible and tag characters, turns line breaks and tabs into spaces, and keeps at most
/// four combining marks per base character. One line comes out. Borrowed when there is nothing to do.
pub fn clean(text: &str) -> Cow<'_, str> {
    clean_to(text, usize::MAX)
}

/// [`clean`], cut to at most `max_characters` characters.
pub fn clean_to(text: &str, max_characters: usize) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text.get(..max_characters).unwrap_or(text));
    }
    let mut kept = Kept {
        marks: MARKS_PER_BASE,
    };
    let unchanged = text
        .char_indices()
        .enumerate()
        .find(|(count, (_, character))| *count >= max_characters || kept.next(*character) != Some(*character))
        .map(|(count, (at, _))| (count, at));
    let Some((count, at)) = unchanged else {
        return Cow::Borrowed(text);
    };
    if count >= max_characters {
        return Cow::Borrowed(&text[..at]);
    }
    // The character that differs starts the second, copying pass; the first pass has taken it into account already,
    // so the count of marks is taken again from the part before it.
    let mut kept = Kept {
        marks: MARKS_PER_BASE,
    };
    let mut cleaned = String::with_capacity(text.len());
    cleaned.extend(
        text.chars()
            .filter_map(|character| kept.next(character))
            .take(max_characters),
    );
    Cow::Owned(cleaned)
}

/// Walks over characters and counts the marks since the last base.
struct Kept {
    /// Starts full, so that marks without a base before them go too: they would sit on whatever stands to their left.
    marks: usize,
}

impl Kept {
    fn next(&mut self, character: char) -> Option<char> {
        match fate(character) {
            Fate::Drop => None,
            Fate::Space => {
                self.marks = 0;
                Some(' ')
            }
            Fate::Keep if is_mark(character) => {
                self.marks += 1;
                (self.marks <= MARKS_PER_BASE).then_some(character)
            }
            Fate::Keep => {
                self.marks = 0;
                Some(character)
            }
        }
    }
}

/// How many terminal cells a cleaned text needs.
pub fn width(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.width() }
}

/// Cuts a cleaned text to at most `cells` terminal cells, never inside a character as people see it. A cut text ends in
/// `ellipsis`, which takes one cell: `…`, or `~` where only ASCII may be drawn.
pub fn fit(text: &str, cells: usize, ellipsis: char) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut used = 0;
    let end = text
        .grapheme_indices(true)
        .find(|(_, grapheme)| {
            used += grapheme.width();
            used > room
        })
        .map_or(text.len(), |(at, _)| at);
    let mut cut = String::with_capacity(end + ellipsis.len_utf8());
    cut.push_str(&text[..end]);
    cut.push(ellipsis);
    Cow::Owned(cut)
}

/// A cell for a CSV file that a spreadsheet may open: one that would start a formula gets a leading apostrophe.
pub fn spreadsheet_safe(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠') => {
            Cow::Owned(format!("'{text}"))
        }
        _ => Cow::Borrowed(text),
    }
}

/// The form texts are searched and sorted in: lower case, character by character, so that a part of a text folds to a
/// part of the folded text. The final sigma counts as a sigma. Borrowed when nothing changes.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            'ς' => folded.push('σ'),
            _ => folded.extend(character.to_lowercase()),
        }
    }
    if folded == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(folded)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_a_terminal_goes() {
        for (dirty, expected) in [
            ("Anna\u{1b}[31mRed", "Anna[31mRed"),
            ("a\u{9b}2Jb\u{7f}", "a2Jb"),
            ("one\ntwo\tthree\u{2028}four", "one two three four"),
            ("evil\u{202e}gpj.exe", "evilgpj.exe"),
            ("an\u{200b}na\u{feff}@x\u{2060}", "anna@x"),
            ("flag\u{e0067}\u{e007f}", "flag"),
            ("\u{301}lone", "lone"),
        ] {
            assert_eq!(clean(dirty), expected);
        }
    }

    #[test]
    fn scripts_and_emoji_stay_whole() {
        for text in [
            "Zoë Žižek",
            "👩\u{200d}💻 Team",
            "می\u{200c}خواهم",
            "한국어",
            "क्षि",
            "Å",
        ] {
            assert!(
                matches!(clean(text), Cow::Borrowed(kept) if kept == text),
                "{text}"
            );
        }
    }

    #[test]
    fn towers_of_marks_are_levelled() {
        let tower = format!("a{}b{}", "\u{301}".repeat(50), "\u{302}".repeat(2));
        assert_eq!(
            clean(&tower),
            format!("a{}b{}", "\u{301}".repeat(4), "\u{302}".repeat(2))
        );
    }

    #[test]
    fn length_is_capped_in_characters() {
        assert_eq!(clean_to("abcdef", 3), "abc");
        assert_eq!(clean_to("äöüß", 3), "äöü");
        assert_eq!(clean_to("ä\u{1b}öüß", 3), "äöü");
        assert_eq!(clean_to("ä", 0), "");
    }

    #[test]
    fn cut_texts_end_in_an_ellipsis() {
        assert_eq!(fit("Anna Smith", 10, '…'), "Anna Smith");
        assert_eq!(fit("Anna Smith", 6, '…'), "Anna …");
        assert_eq!(fit("Anna Smith", 6, '~'), "Anna ~");
        assert_eq!(fit("漢字漢字", 4, '…'), "漢…");
        assert_eq!(fit("👩\u{200d}💻👩\u{200d}💻", 3, '…'), "👩\u{200d}💻…");
        assert_eq!(fit("abc", 0, '…'), "");
    }

    #[test]
    fn formulas_lose_their_power() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("@x", "'@x"),
            ("-x", "'-x"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(spreadsheet_safe(cell), expected);
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>(), length in 0usize..40) {
            let once = clean(&text).into_owned();
            prop_assert_eq!(&clean(&once), &once);
            prop_assert!(!once.chars().any(|character| character.is_control()));
            prop_assert_eq!(clean_to(&text, length), once.chars().take(length).collect::<String>());
        }

        #[test]
        fn a_fitted_text_fits(text in any::<String>(), cells in 0usize..30) {
            let text = clean(&text).into_owned();
            prop_assert!(width(&fit(&text, cells, '…')) <= cells);
        }

        #[test]
        fn folding_keeps_parts_as_parts(left in any::<String>(), right in any::<String>()) {
            let joined = format!("{left}{right}");
            prop_assert_eq!(fold(&joined), format!("{}{}", fold(&left), fold(&right)));
            let once = fold(&left).into_owned();
            prop_assert_eq!(&fold(&once), &once);
        }
    }
}
