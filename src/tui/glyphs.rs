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
    };
}
