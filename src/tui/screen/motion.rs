//! The shortest way to move the terminal's cursor.

use std::io::Write;

/// Where the terminal's cursor is, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// Row from 0; nothing when unknown.
    pub(super) row: Option<u16>,
    /// Column from 0; nothing when unknown, such as after the last column, where terminals differ.
    pub(super) column: Option<u16>,
}

impl Spot {
    pub(super) fn at(column: u16, row: u16) -> Self {
        Self {
            row: Some(row),
            column: Some(column),
        }
    }
}

/// Writes the shortest sequence that takes the cursor from `from` to `column`, `row`.
///
/// A lone line feed is never used: consoles differ in whether it also returns to the first column.
pub(super) fn travel(from: Spot, column: u16, row: u16, bytes: &mut Vec<u8>) {
    if from == Spot::at(column, row) {
        return;
    }
    let start = bytes.len();
    address(column, row, bytes);
    let Some(from_row) = from.row else { return };

    if from_row == row {
        shorter(bytes, start, |bytes| sideways(from.column, column, bytes));
        return;
    }
    shorter(bytes, start, |bytes| {
        if from_row < row && row - from_row <= 4 {
            // Carriage return and line feeds: two bytes for the next line.
            bytes.push(b'\r');
            bytes.extend(std::iter::repeat_n(b'\n', usize::from(row - from_row)));
            sideways(Some(0), column, bytes);
        } else {
            step(
                from_row.abs_diff(row),
                if from_row < row { b'B' } else { b'A' },
                bytes,
            );
            sideways(from.column, column, bytes);
        }
    });
    if from_row < row && from.column.is_some() {
        shorter(bytes, start, |bytes| {
            step(row - from_row, b'B', bytes);
            sideways(from.column, column, bytes);
        });
    }
}

/// Replaces what stands from `start` on by another attempt if that is shorter.
fn shorter(bytes: &mut Vec<u8>, start: usize, attempt: impl FnOnce(&mut Vec<u8>)) {
    let middle = bytes.len();
    attempt(bytes);
    if bytes.len() - middle < middle - start {
        bytes.drain(start..middle);
    } else {
        bytes.truncate(middle);
    }
}

/// Cursor Position (CUP), ones left out.
fn address(column: u16, row: u16, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(b"\x1b[");
    // Writing to a vector can't fail, here and below.
    if row > 0 {
        let _ = write!(bytes, "{}", row + 1);
    }
    if column > 0 {
        let _ = write!(bytes, ";{}", column + 1);
    }
    bytes.push(b'H');
}

/// A step of `count` cells in the direction of `end` (CUU, CUD, CUF, CUB).
fn step(count: u16, end: u8, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(b"\x1b[");
    if count > 1 {
        let _ = write!(bytes, "{count}");
    }
    bytes.push(end);
}

/// The shortest way to a column of the same row.
fn sideways(from: Option<u16>, column: u16, bytes: &mut Vec<u8>) {
    if from == Some(column) {
        return;
    }
    let start = bytes.len();
    bytes.extend_from_slice(b"\x1b[");
    if column > 0 {
        let _ = write!(bytes, "{}", column + 1);
    }
    bytes.push(b'G');
    match from {
        Some(from) if from < column => shorter(bytes, start, |bytes| step(column - from, b'C', bytes)),
        Some(from) => {
            shorter(bytes, start, |bytes| step(from - column, b'D', bytes));
            shorter(bytes, start, |bytes| {
                bytes.extend(std::iter::repeat_n(b'\x08', usize::from(from - column)))
            });
        }
        None => {}
    }
    shorter(bytes, start, |bytes| {
        bytes.push(b'\r');
        if column > 0 {
            step(column, b'C', bytes);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(from: Spot, column: u16, row: u16) -> String {
        let mut bytes = b"before".to_vec();
        travel(from, column, row, &mut bytes);
        String::from_utf8(bytes)
            .unwrap()
            .strip_prefix("before")
            .unwrap()
            .to_owned()
    }

    #[test]
    fn short_ways() {
        assert_eq!(way(Spot::at(3, 3), 3, 3), "");
        assert_eq!(way(Spot::default(), 0, 0), "\x1b[H");
        assert_eq!(way(Spot::default(), 4, 0), "\x1b[;5H");
        assert_eq!(way(Spot::at(3, 3), 0, 3), "\r");
        assert_eq!(way(Spot::at(3, 3), 0, 4), "\r\n");
        assert_eq!(way(Spot::at(3, 3), 4, 3), "\x1b[C");
        assert_eq!(way(Spot::at(3, 3), 2, 3), "\x08");
        assert_eq!(way(Spot::at(50, 3), 50, 2), "\x1b[A");
        assert_eq!(way(Spot::at(50, 3), 50, 4), "\x1b[B");
        assert_eq!(
            way(
                Spot {
                    row: Some(3),
                    column: None
                },
                0,
                4
            ),
            "\r\n"
        );
    }

    #[test]
    fn every_way_arrives() {
        let mut seed = fastrand::Rng::with_seed(7);
        for _ in 0..3_000 {
            let (column, row) = (seed.u16(0..120), seed.u16(0..40));
            let (goal_column, goal_row) = (seed.u16(0..120), seed.u16(0..40));
            let mut parser = vt100::Parser::new(40.try_into().unwrap(), 120.try_into().unwrap(), 0);
            parser.process(format!("\x1b[{};{}H", row + 1, column + 1).as_bytes());
            let known = Spot {
                row: seed.bool().then_some(row),
                column: seed.bool().then_some(column),
            };
            let mut bytes = Vec::new();
            travel(known, goal_column, goal_row, &mut bytes);
            parser.process(&bytes);
            assert_eq!(
                parser.screen().cursor_position(),
                (goal_row, goal_column),
                "{known:?} {bytes:?}"
            );
        }
    }
}
