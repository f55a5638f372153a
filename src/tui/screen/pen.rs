//! Which style the terminal writes with, and the shortest way to another one.

use std::io::Write;

use ratatui::{
    buffer::Cell,
    style::{Color, Modifier},
};

/// The style of the next character (Select Graphic Rendition, ECMA-48 section 8.3.117).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

/// Modifier, the code that sets it, the code that takes it away. Bold and dim share theirs.
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// The modifiers that show on a blank cell.
const VISIBLE_ON_BLANK: Modifier = Modifier::UNDERLINED
    .union(Modifier::REVERSED)
    .union(Modifier::CROSSED_OUT);

impl Pen {
    /// What a terminal writes with after a reset.
    pub(super) const PLAIN: Self = Self {
        foreground: Color::Reset,
        background: Color::Reset,
        modifier: Modifier::empty(),
    };

    /// The style of a cell.
    pub(super) fn of(cell: &Cell) -> Self {
        Self {
            foreground: cell.fg,
            background: cell.bg,
            modifier: cell.modifier,
        }
    }

    /// Takes from a blank cell what can't be seen on it, so that blanks of all styles are alike.
    pub(super) fn simplify_blank(cell: &mut Cell) {
        if cell.symbol() == " " && !cell.modifier.intersects(VISIBLE_ON_BLANK) {
            cell.fg = Color::Reset;
            cell.modifier = Modifier::empty();
        }
    }

    /// Writes the shortest sequence that changes `current` (nothing: unknown) to this style.
    pub(super) fn select(self, current: Option<Self>, bytes: &mut Vec<u8>) {
        if current == Some(self) {
            return;
        }
        let mut from_plain = Codes::default();
        if self != Self::PLAIN {
            from_plain.push(0);
            from_plain.change(Self::PLAIN, self);
        }
        let shortest = match current {
            None => from_plain,
            Some(current) => {
                let mut from_current = Codes::default();
                from_current.change(current, self);
                if from_current.0.len() <= from_plain.0.len() {
                    from_current
                } else {
                    from_plain
                }
            }
        };
        bytes.extend_from_slice(b"\x1b[");
        bytes.extend_from_slice(&shortest.0);
        bytes.push(b'm');
    }
}

/// Parameters of one SGR sequence.
#[derive(Default)]
struct Codes(Vec<u8>);

impl Codes {
    fn push(&mut self, code: u8) {
        if !self.0.is_empty() {
            self.0.push(b';');
        }
        // Writing to a vector can't fail.
        let _ = write!(self.0, "{code}");
    }

    fn change(&mut self, from: Pen, to: Pen) {
        let mut have = from.modifier;
        for (modifier, _, off) in MODIFIERS {
            if have.contains(modifier) && !to.modifier.contains(modifier) {
                self.push(off);
                // One code takes away both of a pair: the partner is set again below if it stays.
                for (partner, ..) in MODIFIERS.iter().filter(|(.., other)| *other == off) {
                    have.remove(*partner);
                }
            }
        }
        for (modifier, on, _) in MODIFIERS {
            if to.modifier.contains(modifier) && !have.contains(modifier) {
                self.push(on);
            }
        }
        if from.foreground != to.foreground {
            self.color(to.foreground, 30);
        }
        if from.background != to.background {
            self.color(to.background, 40);
        }
    }

    fn color(&mut self, color: Color, base: u8) {
        let bright = base + 60;
        match color {
            Color::Reset => self.push(base + 9),
            Color::Black => self.push(base),
            Color::Red => self.push(base + 1),
            Color::Green => self.push(base + 2),
            Color::Yellow => self.push(base + 3),
            Color::Blue => self.push(base + 4),
            Color::Magenta => self.push(base + 5),
            Color::Cyan => self.push(base + 6),
            Color::Gray => self.push(base + 7),
            Color::DarkGray => self.push(bright),
            Color::LightRed => self.push(bright + 1),
            Color::LightGreen => self.push(bright + 2),
            Color::LightYellow => self.push(bright + 3),
            Color::LightBlue => self.push(bright + 4),
            Color::LightMagenta => self.push(bright + 5),
            Color::LightCyan => self.push(bright + 6),
            Color::White => self.push(bright + 7),
            Color::Indexed(index) => {
                self.push(base + 8);
                self.push(5);
                self.push(index);
            }
            Color::Rgb(red, green, blue) => {
                self.push(base + 8);
                self.push(2);
                for part in [red, green, blue] {
                    self.push(part);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(from: Option<Pen>, to: Pen) -> String {
        let mut bytes = Vec::new();
        to.select(from, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    fn pen(foreground: Color, modifier: Modifier) -> Pen {
        Pen {
            foreground,
            background: Color::Reset,
            modifier,
        }
    }

    #[test]
    fn the_shorter_way_is_taken() {
        let plain = Pen::PLAIN;
        let bold = pen(Color::Reset, Modifier::BOLD);
        let loud = pen(Color::Red, Modifier::BOLD | Modifier::REVERSED);
        assert_eq!(select(Some(plain), plain), "");
        assert_eq!(select(None, plain), "\x1b[m");
        assert_eq!(select(Some(plain), bold), "\x1b[1m");
        assert_eq!(select(Some(loud), plain), "\x1b[m");
        assert_eq!(select(Some(loud), bold), "\x1b[0;1m");
        assert_eq!(select(Some(bold), loud), "\x1b[7;31m");
    }

    #[test]
    fn bold_and_dim_share_their_end() {
        let both = pen(Color::Red, Modifier::BOLD | Modifier::DIM);
        let dim = pen(Color::Red, Modifier::DIM);
        assert_eq!(select(Some(both), dim), "\x1b[22;2m");
    }

    #[test]
    fn colours_follow_the_tables() {
        assert_eq!(
            select(Some(Pen::PLAIN), pen(Color::Gray, Modifier::empty())),
            "\x1b[37m"
        );
        assert_eq!(
            select(Some(Pen::PLAIN), pen(Color::White, Modifier::empty())),
            "\x1b[97m"
        );
        assert_eq!(
            select(Some(Pen::PLAIN), pen(Color::Rgb(1, 20, 255), Modifier::empty())),
            "\x1b[38;2;1;20;255m"
        );
        assert_eq!(
            select(Some(Pen::PLAIN), pen(Color::Indexed(208), Modifier::empty())),
            "\x1b[38;5;208m"
        );
    }
}
