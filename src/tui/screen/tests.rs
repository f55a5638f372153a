use proptest::prelude::*;
use ratatui::style::{Color, Modifier, Style};

use super::*;

/// A terminal of which the cells can be compared with a buffer.
struct Mirror {
    parser: vt100::Parser,
    screen: Screen,
}

impl Mirror {
    fn new(width: u16, height: u16) -> Self {
        Self {
            parser: vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0),
            screen: Screen::new(Size::new(width, height), Features::default()),
        }
    }

    fn show(&mut self, buffer: &Buffer, cursor: Option<Position>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let count = self
            .screen
            .draw(&mut bytes, |_, target| {
                target.content.clone_from(&buffer.content);
                cursor
            })
            .unwrap();
        assert_eq!(count, bytes.len());
        self.parser.process(&bytes);
        self.compare(buffer, cursor);
        bytes
    }

    fn compare(&self, buffer: &Buffer, cursor: Option<Position>) {
        let mut wanted = buffer.clone();
        normalize(&mut wanted);
        let terminal = self.parser.screen();
        for row in 0..buffer.area.height {
            for column in 0..buffer.area.width {
                let cell = &wanted[(column, row)];
                let seen = terminal.cell(row, column).unwrap();
                let place = format!("column {column}, row {row}: {cell:?} {seen:?}");
                if cell.symbol().is_empty() {
                    assert!(seen.is_wide_continuation(), "{place}");
                    continue;
                }
                let text = if seen.contents().is_empty() {
                    " "
                } else {
                    seen.contents()
                };
                assert_eq!(text, cell.symbol(), "{place}");
                let shown = |modifier| cell.modifier.contains(modifier);
                if text != " " {
                    assert_eq!(seen.bold(), shown(Modifier::BOLD), "{place}");
                    assert_eq!(
                        seen.dim(),
                        shown(Modifier::DIM) && !shown(Modifier::BOLD),
                        "{place}"
                    );
                    assert_eq!(seen.fgcolor(), color(cell.fg), "{place}");
                }
                assert_eq!(seen.underline(), shown(Modifier::UNDERLINED), "{place}");
                assert_eq!(seen.inverse(), shown(Modifier::REVERSED), "{place}");
                assert_eq!(seen.bgcolor(), color(cell.bg), "{place}");
            }
        }
        assert_eq!(terminal.hide_cursor(), cursor.is_none());
        if let Some(cursor) = cursor {
            assert_eq!(terminal.cursor_position(), (cursor.y, cursor.x));
        }
    }
}

fn color(color: Color) -> vt100::Color {
    match color {
        Color::Red => vt100::Color::Idx(1),
        Color::White => vt100::Color::Idx(15),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        _ => vt100::Color::Default,
    }
}

const SYMBOLS: [&str; 12] = [
    "a", "b", " ", " ", " ", "ü", "│", "界", "語", "e\u{301}", "🦀", "\u{7}",
];
const COLORS: [Color; 5] = [
    Color::Reset,
    Color::Reset,
    Color::Red,
    Color::White,
    Color::Rgb(1, 2, 3),
];
const MODIFIERS: [Modifier; 6] = [
    Modifier::empty(),
    Modifier::empty(),
    Modifier::BOLD,
    Modifier::REVERSED,
    Modifier::UNDERLINED.union(Modifier::BOLD),
    Modifier::DIM,
];

/// One change to a buffer, as a view may make it from one frame to the next.
#[derive(Clone, Debug)]
enum Edit {
    Cell {
        at: usize,
        symbol: usize,
        style: (usize, usize, usize),
    },
    Text {
        at: usize,
        text: String,
    },
    Roll {
        top: u16,
        bottom: u16,
        lines: usize,
        up: bool,
    },
    ClearRow(u16),
}

const WIDTH: u16 = 24;
const HEIGHT: u16 = 12;

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let cells = usize::from(WIDTH * HEIGHT);
    let edit = prop_oneof![
        6 => (0..cells, 0..SYMBOLS.len(), (0..COLORS.len(), 0..COLORS.len(), 0..MODIFIERS.len()))
            .prop_map(|(at, symbol, style)| Edit::Cell { at, symbol, style }),
        4 => (0..cells, "[a-d ]{1,30}").prop_map(|(at, text)| Edit::Text { at, text }),
        3 => (0..HEIGHT, 0..HEIGHT, 1_usize..4, any::<bool>())
            .prop_map(|(top, bottom, lines, up)| Edit::Roll { top, bottom, lines, up }),
        1 => (0..HEIGHT).prop_map(Edit::ClearRow),
    ];
    prop::collection::vec(edit, 0..24)
}

fn make(buffer: &mut Buffer, edit: &Edit) {
    let width = usize::from(WIDTH);
    match edit {
        Edit::Cell { at, symbol, style } => {
            let cell = &mut buffer.content[*at];
            cell.set_symbol(SYMBOLS[*symbol]);
            cell.set_fg(COLORS[style.0]);
            cell.set_bg(COLORS[style.1]);
            cell.modifier = MODIFIERS[style.2];
        }
        Edit::Text { at, text } => {
            for (offset, character) in text.chars().enumerate() {
                if let Some(cell) = buffer.content.get_mut(at + offset) {
                    cell.set_char(character);
                }
            }
        }
        Edit::Roll {
            top,
            bottom,
            lines,
            up,
        } => {
            let (top, bottom) = (top.min(bottom), top.max(bottom));
            let rows = &mut buffer.content[usize::from(*top) * width..(usize::from(*bottom) + 1) * width];
            let distance = (lines * width).min(rows.len());
            if *up {
                rows.rotate_left(distance)
            } else {
                rows.rotate_right(distance)
            }
        }
        Edit::ClearRow(row) => {
            buffer.content[usize::from(*row) * width..][..width].fill(Cell::EMPTY);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_terminal_shows_exactly_the_buffer(frames in prop::collection::vec((edits(), prop::option::of((0..WIDTH, 0..HEIGHT)), any::<bool>()), 1..8)) {
        let mut mirror = Mirror::new(WIDTH, HEIGHT);
        let mut buffer = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        for (edits, cursor, forget) in frames {
            for edit in &edits {
                make(&mut buffer, edit);
            }
            if forget {
                mirror.screen.invalidate();
            }
            let cursor = cursor.map(|(x, y)| Position::new(x, y));
            mirror.show(&buffer, cursor);
            prop_assert!(mirror.show(&buffer, cursor).is_empty(), "an unchanged frame wrote bytes");
        }
    }
}

/// A table of 120x40 as the cockpit draws it: head, rows with a marker and a highlighted name, foot with a position.
fn table(first: u32, selected: u32) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    let bold = Style::new().add_modifier(Modifier::BOLD);
    buffer.set_string(
        0,
        0,
        "contoso  contoso.onmicrosoft.com  READ-ONLY  exchange connected",
        bold,
    );
    buffer.set_string(
        0,
        1,
        "  NAME                     ADDRESS                                      TYPE",
        bold,
    );
    for line in 0..37_u32 {
        let number = first + line;
        let row = u16::try_from(line).unwrap() + 2;
        let name = format!("Mailbox Number {number:<8}");
        let rest = format!("mailbox{number}@contoso.com               user     on-prem  2026-11-22");
        let style = if number == selected {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new()
        };
        buffer.set_string(0, row, if number == selected { ">" } else { " " }, style);
        buffer.set_string(2, row, name, style);
        buffer.set_string(27, row, rest, Style::new());
    }
    buffer.set_string(
        0,
        39,
        format!("{selected} of 600000   ? help  / filter  Space mark"),
        Style::new(),
    );
    buffer
}

#[test]
fn one_down_key_is_cheap() {
    let mut mirror = Mirror::new(120, 40);
    mirror.show(&table(5_000, 5_010), None);
    let moved = mirror.show(&table(5_000, 5_011), None);
    assert!(
        moved.len() <= 200,
        "{} bytes: {:?}",
        moved.len(),
        String::from_utf8_lossy(&moved)
    );
    mirror.show(&table(5_000, 5_036), None);
    let scrolled = mirror.show(&table(5_001, 5_037), None);
    assert!(
        scrolled.len() <= 200,
        "{} bytes: {:?}",
        scrolled.len(),
        String::from_utf8_lossy(&scrolled)
    );
    let back = mirror.show(&table(5_000, 5_036), None);
    assert!(
        back.len() <= 200,
        "{} bytes: {:?}",
        back.len(),
        String::from_utf8_lossy(&back)
    );
}

#[test]
fn the_screen_is_cleared_only_when_unknown() {
    let clear = b"\x1b[2J";
    let has_clear = |bytes: &[u8]| bytes.windows(clear.len()).any(|window| window == clear);
    let mut mirror = Mirror::new(120, 40);
    assert!(has_clear(&mirror.show(&table(0, 0), None)));
    assert!(!has_clear(&mirror.show(&table(90, 95), None)));
    mirror.screen.invalidate();
    assert!(has_clear(&mirror.show(&table(90, 95), None)));
    mirror.screen.resize(Size::new(120, 40));
    assert!(mirror.show(&table(90, 95), None).is_empty());
}

#[test]
fn escape_sequences_in_a_cell_never_reach_the_terminal() {
    let mut mirror = Mirror::new(10, 2);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 2));
    buffer.content[3].set_symbol("\x1b[2J");
    buffer.content[5].set_symbol("\u{9b}");
    let bytes = mirror.show(&buffer, None);
    assert_eq!(String::from_utf8_lossy(&bytes).matches("\x1b[2J").count(), 1);
    assert!(!String::from_utf8_lossy(&bytes).contains('\u{9b}'));
}

#[test]
fn without_features_nothing_special_is_sent() {
    let features = Features {
        synchronized: false,
        scroll_regions: false,
    };
    let mut screen = Screen::new(Size::new(120, 40), features);
    let mut bytes = Vec::new();
    for first in [0, 1] {
        screen
            .draw(&mut bytes, |_, buffer| {
                buffer.content.clone_from(&table(first, first + 36).content);
                None
            })
            .unwrap();
    }
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("?2026"), "{text:?}");
    assert!(!text.contains("\x1b[S"), "{text:?}");
}

#[test]
fn a_failed_write_repaints_everything() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("the line is down"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut mirror = Mirror::new(120, 40);
    let draw = |_, buffer: &mut Buffer| {
        buffer.content.clone_from(&table(0, 0).content);
        None
    };
    assert!(mirror.screen.draw(&mut Broken, draw).is_err());
    mirror.show(&table(0, 0), None);
}
