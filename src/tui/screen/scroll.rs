//! Finds a block of full-width rows that moved up or down, so that the terminal can move it itself.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use ratatui::buffer::{Buffer, Cell};

/// Rows `top..=bottom` move by `lines`; the rows that come in are blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scroll {
    pub(super) top: u16,
    pub(super) bottom: u16,
    /// Positive: the content moves up.
    pub(super) lines: i32,
}

/// A scroll costs about this many bytes: region, scroll, region off.
const COST: i64 = 18;
/// Moving to another place costs about this many bytes.
const MOVE_COST: i64 = 5;
/// Below this many changed rows, drawing them is as cheap as looking for a scroll.
const LEAST_CHANGED_ROWS: usize = 3;

/// The scroll that saves most bytes, if one saves more than it costs.
pub(super) fn detect(shown: &Buffer, next: &Buffer) -> Option<Scroll> {
    let width = usize::from(next.area.width);
    if width == 0 || shown.area != next.area {
        return None;
    }
    let old: Vec<&[Cell]> = shown.content.chunks(width).collect();
    let new: Vec<&[Cell]> = next.content.chunks(width).collect();
    let changed: Vec<usize> = (0..new.len()).filter(|row| old[*row] != new[*row]).collect();
    if changed.len() < LEAST_CHANGED_ROWS {
        return None;
    }
    let lines = likely_distance(&old, &new, &changed)?;
    best_region(&old, &new, lines)
}

/// The distance most changed rows agree on, judged by the hashes of whole rows.
fn likely_distance(old: &[&[Cell]], new: &[&[Cell]], changed: &[usize]) -> Option<i32> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for row in changed {
        places.entry(row_hash(old[*row])).or_default().push(*row);
    }
    let mut votes: HashMap<i32, u32> = HashMap::new();
    for row in changed {
        // A row that looks like several others says little.
        if let Some([source]) = places.get(&row_hash(new[*row])).map(Vec::as_slice)
            && let (Ok(source), Ok(row)) = (i32::try_from(*source), i32::try_from(*row))
        {
            *votes.entry(source - row).or_default() += 1;
        }
    }
    let (lines, _) = votes
        .into_iter()
        .max_by_key(|(lines, count)| (*count, -lines.abs()))?;
    (lines != 0).then_some(lines)
}

fn row_hash(row: &[Cell]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for cell in row {
        cell.symbol().hash(&mut hasher);
        cell.fg.hash(&mut hasher);
        cell.bg.hash(&mut hasher);
        cell.modifier.hash(&mut hasher);
    }
    hasher.finish()
}

/// The region that saves most bytes when its content moves by `lines`.
///
/// Upward scrolls are the general case; for downward ones the rows are read from the other end.
fn best_region(old: &[&[Cell]], new: &[&[Cell]], lines: i32) -> Option<Scroll> {
    let height = new.len();
    let distance = usize::try_from(lines.unsigned_abs()).ok()?;
    if distance >= height {
        return None;
    }
    let place = |step: usize| if lines > 0 { step } else { height - 1 - step };
    let blank = vec![Cell::EMPTY; new.first().map_or(0, |row| row.len())];
    // saved_moved[i]: bytes saved in the first i rows when each gets its content from `distance` rows on;
    // saved_blank[i]: when each starts blank.
    let (mut saved_moved, mut saved_blank) = (vec![0_i64], vec![0_i64]);
    for step in 0..height {
        let row = new[place(step)];
        let today = drawing_cost(old[place(step)], row);
        let moved = match step + distance {
            source if source < height => drawing_cost(old[place(source)], row),
            _ => today,
        };
        let fresh = drawing_cost(&blank, row);
        saved_moved.push(saved_moved[step] + today - moved);
        saved_blank.push(saved_blank[step] + today - fresh);
    }

    let mut best: Option<(i64, usize, usize)> = None;
    let mut least_before = (0_i64, 0_usize);
    for end in distance..height {
        // Rows start..=end take part; the last `distance` of them come in blank.
        let moved_end = end + 1 - distance;
        let candidate = (saved_moved[moved_end - 1], moved_end - 1);
        if candidate.0 < least_before.0 {
            least_before = candidate;
        }
        let saved = saved_moved[moved_end] - least_before.0 + saved_blank[end + 1] - saved_blank[moved_end];
        if saved > best.map_or(COST, |(saved, ..)| saved) {
            best = Some((saved, least_before.1, end));
        }
    }
    let (_, start, end) = best?;
    let (top, bottom) = if lines > 0 {
        (start, end)
    } else {
        (height - 1 - end, height - 1 - start)
    };
    Some(Scroll {
        top: u16::try_from(top).ok()?,
        bottom: u16::try_from(bottom).ok()?,
        lines,
    })
}

/// About how many bytes it takes to turn one row into another: each cell that differs, and a move to each run of them.
fn drawing_cost(from: &[Cell], to: &[Cell]) -> i64 {
    let mut cost = 0;
    let mut gap = MOVE_COST;
    for (from, to) in from.iter().zip(to) {
        if from == to {
            gap += 1;
        } else {
            // A short gap is written again, a long one jumped over.
            cost += 1 + gap.min(MOVE_COST);
            gap = 0;
        }
    }
    cost
}

/// Moves the rows of `buffer` as the terminal does.
pub(super) fn apply(scroll: Scroll, buffer: &mut Buffer) {
    let width = usize::from(buffer.area.width);
    let Ok(distance) = usize::try_from(scroll.lines.unsigned_abs()) else {
        return;
    };
    let region = usize::from(scroll.top) * width..(usize::from(scroll.bottom) + 1) * width;
    let Some(cells) = buffer.content.get_mut(region) else {
        return;
    };
    let gap = (distance * width).min(cells.len());
    if scroll.lines > 0 {
        cells.rotate_left(gap);
        let kept = cells.len() - gap;
        cells[kept..].fill(Cell::EMPTY);
    } else {
        cells.rotate_right(gap);
        cells[..gap].fill(Cell::EMPTY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: u32, first: u32) -> Vec<String> {
        (first..first + count)
            .map(|number| {
                format!(
                    "{:<20}",
                    format!("{:x}", u64::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
                )
            })
            .collect()
    }

    fn detected(old: &[String], new: &[String]) -> Option<Scroll> {
        detect(
            &Buffer::with_lines(old.to_vec()),
            &Buffer::with_lines(new.to_vec()),
        )
    }

    #[test]
    fn a_table_between_head_and_foot() {
        let frame = |first| {
            let mut rows = vec!["a head that stays".to_owned()];
            rows.extend(lines(20, first));
            rows.push("a foot that stays".to_owned());
            rows
        };
        assert_eq!(
            detected(&frame(5), &frame(6)),
            Some(Scroll {
                top: 1,
                bottom: 20,
                lines: 1
            })
        );
        assert_eq!(
            detected(&frame(6), &frame(3)),
            Some(Scroll {
                top: 1,
                bottom: 20,
                lines: -3
            })
        );
    }

    #[test]
    fn a_moving_selection_does_not_hide_the_scroll() {
        let frame = |first: u32| {
            let mut rows = lines(20, first);
            rows[19].replace_range(0..1, ">");
            rows
        };
        assert_eq!(
            detected(&frame(5), &frame(6)),
            Some(Scroll {
                top: 0,
                bottom: 19,
                lines: 1
            })
        );
    }

    #[test]
    fn unrelated_screens_do_not_scroll() {
        assert_eq!(detected(&lines(20, 0), &lines(20, 500)), None);
        assert_eq!(detected(&lines(20, 0), &lines(20, 0)), None);
    }
}
