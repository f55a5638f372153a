//! Text of a server, made safe for messages and the call log.

/// The text without control and bidirectional formatting characters, at most 500 characters long
/// (facts/exchange section 1.6: raw text is shown up to 500 characters).
pub fn clean(text: &str) -> String {
    const LONGEST: usize = 500;
    let mut cleaned: String = text
        .chars()
        .map(|character| if character.is_whitespace() { ' ' } else { character })
        .filter(|character| !is_hidden(*character))
        .take(LONGEST + 1)
        .collect();
    if cleaned.chars().count() > LONGEST {
        cleaned = cleaned.chars().take(LONGEST).collect();
        cleaned.push('…');
    }
    cleaned.trim().to_owned()
}

/// Control characters, and those that reorder or hide the text around them.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_reordering_are_removed() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\r\nd"), "a[31mbc  d");
        assert_eq!(clean(&"x".repeat(600)).chars().count(), 501);
    }
}
