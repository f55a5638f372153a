//! The few signs beyond letters that the screens use, in Unicode and in plain ASCII.

/// A set of signs. Each is one cell wide. No emoji, no braille: neither is in every console font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Glyphs {
    pub horizontal: char,
    pub vertical: char,
    pub top_left: char,
    pub top_right: char,
    pub bottom_left: char,
    pub bottom_right: char,
    pub crumb: char,
    pub ascending: char,
    pub descending: char,
    pub mark: char,
    pub cursor: char,
    pub ellipsis: char,
    pub dot: char,
    pub full: char,
    pub empty: char,
    /// Heights of a sparkline, lowest first.
    pub levels: [char; 8],
    /// Which letters of names the terminal draws.
    pub letters: Letters,
}

/// Letters that a terminal is trusted with. The others are drawn as question marks, one cell each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// A to Z without accents.
    Ascii,
    /// Latin with its accents, Greek and Cyrillic: what Consolas and Lucida Console have.
    European,
    /// Every script.
    All,
}

impl Letters {
    /// Whether a letter is among them.
    pub fn have(self, letter: char) -> bool {
        match self {
            Self::Ascii => letter.is_ascii(),
            // Without those among them that take no cell of their own.
            Self::European => {
                letter.is_ascii()
                    || matches!(letter, '¡'..='¬' | '®'..='ſ' | 'Ά'..='ώ' | 'Ѐ'..='ҁ' | 'Ҋ'..='ӿ')
            }
            Self::All => true,
        }
    }
}

impl Glyphs {
    /// Box drawing and block elements.
    pub const UNICODE: Self = Self {
        horizontal: '─',
        vertical: '│',
        top_left: '┌',
        top_right: '┐',
        bottom_left: '└',
        bottom_right: '┘',
        crumb: '›',
        ascending: '▲',
        descending: '▼',
        mark: '•',
        cursor: '>',
        ellipsis: '…',
        dot: '·',
        full: '█',
        empty: '░',
        levels: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
        letters: Letters::All,
    };
    /// For consoles and fonts without more.
    pub const ASCII: Self = Self {
        horizontal: '-',
        vertical: '|',
        top_left: '+',
        top_right: '+',
        bottom_left: '+',
        bottom_right: '+',
        crumb: '>',
        ascending: '^',
        descending: 'v',
        mark: '*',
        cursor: '>',
        ellipsis: '~',
        dot: '-',
        full: '#',
        empty: '.',
        levels: ['_', '_', '.', '.', 'o', 'o', 'O', 'O'],
        letters: Letters::Ascii,
    };
    /// For the classic console of Windows: signs that its raster fonts have too, and the names of people as they are
    /// written in most of Europe.
    pub const CLASSIC_CONSOLE: Self = Self {
        letters: Letters::European,
        ..Self::ASCII
    };
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthChar;

    use super::*;

    #[test]
    fn european_letters_take_one_cell_each() {
        let have = |letter: &char| Letters::European.have(*letter) && !letter.is_control();
        let letters: Vec<char> = ('\0'..='\u{ffff}').filter(have).collect();
        assert!(
            "José Müller Łukasz Ωμέγα Жанна"
                .chars()
                .all(|letter| letters.contains(&letter))
        );
        assert!(
            !"日本 😀 ╭█"
                .chars()
                .any(|letter| letter != ' ' && letters.contains(&letter))
        );
        for letter in letters {
            assert_eq!(letter.width(), Some(1), "{letter:?}");
        }
    }
}
