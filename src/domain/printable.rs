//! Text from outside, made safe to show.

/// Removes control, bidirectional and invisible format characters; tabs and line breaks become one space. What is left
/// can be drawn, logged or put into an error message: it can't move the cursor, colour the screen or reorder its
/// neighbours.
pub fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' | '\n' | '\r' => clean.push(' '),
            character if character.is_control() || is_invisible(character) => {}
            character => clean.push(character),
        }
    }
    clean
}

/// [`printable`], cut to `limit` characters with an ellipsis, for values of unknown length.
pub fn printable_prefix(text: &str, limit: usize) -> String {
    // A hostile value can hold megabytes of invisible characters: look at a bounded part of it only.
    let clean = printable(
        &text
            .chars()
            .take(limit.saturating_mul(4).saturating_add(1))
            .collect::<String>(),
    );
    if clean.chars().count() <= limit {
        return clean;
    }
    let mut short: String = clean.chars().take(limit).collect();
    short.push('…');
    short
}

/// Characters that change how others are shown without being seen themselves.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00ad}'
            | '\u{061c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_bidi_marks_are_gone() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\u{7}\nd\u{9b}e"), "a[31mbc de");
        assert_eq!(printable("Zoë 北京 O'Neil"), "Zoë 北京 O'Neil");
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        assert_eq!(printable_prefix("äöü", 3), "äöü");
        assert_eq!(printable_prefix("äöüß", 3), "äöü…");
        assert_eq!(printable_prefix(&"\u{200b}".repeat(1_000_000), 3), "");
    }
}
