//! Text from outside made safe to show: no control, bidi or invisible characters, one line, a bounded length.

use unicode_segmentation::UnicodeSegmentation;

/// Longest text taken over from a server or a program, in characters as a reader counts them.
const LONGEST: usize = 600;

/// `text` in one line without characters that could move the cursor, hide or reorder other text.
pub(super) fn clean(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter_map(|character| match character {
            _ if character.is_whitespace() => Some(' '),
            '\u{00AD}' | '\u{061C}' | '\u{FEFF}' => None,
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' => None,
            _ if character.is_control() => None,
            _ => Some(character),
        })
        .collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.grapheme_indices(true).nth(LONGEST) {
        Some((end, _)) => format!("{} ...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_direction_marks_go() {
        assert_eq!(clean("a\u{1b}[31mb\r\nc\u{202e}d\u{200b}e\u{9b}f"), "a[31mb cdef");
        assert_eq!(clean(&"ü".repeat(2000)).chars().count(), LONGEST + 4);
    }
}
