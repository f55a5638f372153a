//! Texts as PowerShell literals.

/// Quotes a text so that PowerShell takes it as data and so that it is ASCII.
///
/// Inside single quotes nothing is special but the quote itself, which is doubled. PowerShell takes typographic quotes for
/// quotes too; like everything that is not plain ASCII they are written as a number, `[char]` being a cast that the
/// constrained language also allows.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    let mut parts = 1;
    quoted.push('\'');
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some('\'') => quoted.push_str("''"),
            Some(plain @ ' '..='~') => quoted.push(plain),
            _ => {
                quoted.push_str(&format!("'+[char]{unit}+'"));
                parts += 1;
            }
        }
    }
    quoted.push('\'');
    if parts > 1 { format!("({quoted})") } else { quoted }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_and_foreign_characters() {
        for (text, expected) in [
            ("", "''"),
            ("plain $x `n \"y\"", "'plain $x `n \"y\"'"),
            ("it's", "'it''s'"),
            ("a\u{2019}b", "('a'+[char]8217+'b')"),
            ("ü", "(''+[char]252+'')"),
            ("😀", "(''+[char]55357+''+[char]56832+'')"),
            ("a\nb", "('a'+[char]10+'b')"),
        ] {
            assert_eq!(quote(text), expected);
        }
    }

    /// Reads a literal the way PowerShell does: single-quoted parts and `[char]N`, joined by `+`.
    fn read(literal: &str) -> Option<String> {
        let literal = literal
            .strip_prefix('(')
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(literal);
        let mut units = Vec::new();
        let mut rest = literal;
        loop {
            if let Some(inner) = rest.strip_prefix('\'') {
                let mut characters = inner.char_indices().peekable();
                let end = loop {
                    match characters.next()? {
                        (_, '\'') if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                            characters.next();
                            units.push(u16::from(b'\''));
                        }
                        (at, '\'') => break at + 1,
                        (_, character) => units.extend(character.encode_utf16(&mut [0; 2]).iter()),
                    }
                };
                rest = &inner[end..];
            } else {
                let digits = rest.strip_prefix("[char]")?;
                let end = digits.find('+').unwrap_or(digits.len());
                units.push(digits[..end].parse().ok()?);
                rest = &digits[end..];
            }
            if rest.is_empty() {
                return String::from_utf16(&units).ok();
            }
            rest = rest.strip_prefix('+')?;
        }
    }

    proptest! {
        #[test]
        fn any_text_survives(text in any::<String>()) {
            let quoted = quote(&text);
            prop_assert!(quoted.is_ascii());
            prop_assert_eq!(read(&quoted), Some(text));
        }
    }
}
