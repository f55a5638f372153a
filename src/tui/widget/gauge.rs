//! Bars and sparklines out of single cells.

use crate::tui::glyphs::Glyphs;

/// A bar of `cells` cells, filled by `part` of `whole`. It is full only when everything is there.
pub fn bar(glyphs: Glyphs, cells: u16, part: u64, whole: u64) -> String {
    let cells = u64::from(cells);
    let filled = match whole {
        0 => 0,
        _ if part >= whole => cells,
        _ => (u128::from(part) * u128::from(cells) / u128::from(whole)) as u64,
    };
    let sign = |at| if at < filled { glyphs.full } else { glyphs.empty };
    (0..cells).map(sign).collect()
}

/// The latest values as heights, newest at the right; zero is the lowest sign.
pub fn sparkline(glyphs: Glyphs, cells: u16, values: &[u64]) -> String {
    let from = values.len().saturating_sub(usize::from(cells));
    let values = values.get(from..).unwrap_or(&[]);
    let highest = values.iter().copied().max().unwrap_or(0).max(1);
    let level = |value: &u64| {
        let level = (u128::from(*value) * 7).div_ceil(u128::from(highest)) as usize;
        glyphs.levels[level.min(7)]
    };
    values.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_only_at_the_end() {
        assert_eq!(bar(Glyphs::ASCII, 5, 199, 200), "####.");
        assert_eq!(bar(Glyphs::ASCII, 5, 200, 200), "#####");
        assert_eq!(bar(Glyphs::ASCII, 5, 0, 0), ".....");
        assert_eq!(bar(Glyphs::ASCII, 4, u64::MAX - 1, u64::MAX), "###.");
    }

    #[test]
    fn a_sparkline_keeps_the_newest() {
        assert_eq!(sparkline(Glyphs::UNICODE, 3, &[9, 0, 7, 14]), "▁▅█");
        assert_eq!(sparkline(Glyphs::UNICODE, 3, &[]), "");
    }
}
