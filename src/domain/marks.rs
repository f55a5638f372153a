//! Which rows are marked: a bit per row, with a running count.

use std::ops::RangeInclusive;

use super::table::Row;

/// Marked rows. They belong to rows of the table, so they survive sorting and filtering.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    words: Vec<u64>,
    count: usize,
}

impl PartialEq for Marks {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl Eq for Marks {}

impl Marks {
    /// No marks.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many rows are marked.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether a row is marked.
    pub fn contains(&self, row: Row) -> bool {
        self.words
            .get(row as usize / 64)
            .is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Marks or unmarks a row. Returns whether that changed anything.
    pub fn set(&mut self, row: Row, marked: bool) -> bool {
        if self.contains(row) == marked {
            return false;
        }
        let place = row as usize / 64;
        if place >= self.words.len() {
            self.words.resize(place + 1, 0);
        }
        self.words[place] ^= 1 << (row % 64);
        if marked {
            self.count += 1;
        } else {
            self.count -= 1;
        }
        true
    }

    /// Marks a row.
    pub fn mark(&mut self, row: Row) -> bool {
        self.set(row, true)
    }

    /// Unmarks a row.
    pub fn unmark(&mut self, row: Row) -> bool {
        self.set(row, false)
    }

    /// Turns the mark of a row around. Returns whether it is marked now.
    pub fn toggle(&mut self, row: Row) -> bool {
        let marked = !self.contains(row);
        self.set(row, marked);
        marked
    }

    /// Marks or unmarks what stands from one place of a shown list to another, both included, in either order. Places
    /// beyond the list are ignored.
    pub fn set_range(&mut self, shown: &[Row], places: RangeInclusive<usize>, marked: bool) {
        let (one, other) = (*places.start(), *places.end());
        let first = one.min(other);
        let end = one.max(other).saturating_add(1).min(shown.len());
        for row in shown.get(first..end).unwrap_or_default() {
            self.set(*row, marked);
        }
    }

    /// Marks every row of a list.
    pub fn mark_all(&mut self, rows: &[Row]) {
        for row in rows {
            self.mark(*row);
        }
    }

    /// Unmarks every row of a list.
    pub fn unmark_all(&mut self, rows: &[Row]) {
        for row in rows {
            self.unmark(*row);
        }
    }

    /// Turns the marks of a list around; other rows keep theirs.
    pub fn invert(&mut self, rows: &[Row]) {
        for row in rows {
            self.toggle(*row);
        }
    }

    /// Removes all marks.
    pub fn clear(&mut self) {
        self.words.clear();
        self.count = 0;
    }

    /// Marked rows, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        self.words.iter().enumerate().flat_map(|(place, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(place as Row * 64 + bit)
            })
        })
    }

    /// How many rows of a list are marked.
    pub fn count_in(&self, rows: &[Row]) -> usize {
        rows.iter().filter(|row| self.contains(**row)).count()
    }

    /// How many marked rows are not among others: a look at 64 rows at once.
    pub fn count_outside(&self, others: &Self) -> usize {
        let others = others.words.iter().chain(std::iter::repeat(&0));
        self.words
            .iter()
            .zip(others)
            .map(|(word, other)| (word & !other).count_ones() as usize)
            .sum()
    }

    /// The same mailboxes marked in another table, after a reload. `row_there` says where a row of this table stands
    /// over there, by identifier. The second value counts marks whose mailbox is gone.
    pub fn carried_over(&self, row_there: impl Fn(Row) -> Option<Row>) -> (Self, usize) {
        let mut carried = Self::new();
        for row in self.iter().filter_map(row_there) {
            carried.mark(row);
        }
        let gone = self.count - carried.count;
        (carried, gone)
    }
}

impl FromIterator<Row> for Marks {
    fn from_iter<Rows: IntoIterator<Item = Row>>(rows: Rows) -> Self {
        let mut marks = Self::new();
        for row in rows {
            marks.mark(row);
        }
        marks
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_outside_a_view_are_counted() {
        let marks: Marks = [1, 64, 200].into_iter().collect();
        let shown: Marks = [1, 2, 64].into_iter().collect();
        assert_eq!(marks.count_outside(&shown), 1);
        assert_eq!(shown.count_outside(&marks), 1);
        assert_eq!(marks.count_outside(&Marks::new()), 3);
        assert_eq!(Marks::new().count_outside(&marks), 0);
    }

    #[test]
    fn ranges_run_over_the_shown_order() {
        let mut marks = Marks::new();
        marks.set_range(&[9, 3, 700, 1], 1..=2, true);
        assert_eq!(marks.iter().collect::<Vec<_>>(), [3, 700]);
        #[expect(clippy::reversed_empty_ranges, reason = "a range marked upwards")]
        marks.set_range(&[9, 3, 700, 1], 9..=2, false);
        assert_eq!(marks.iter().collect::<Vec<_>>(), [3]);
        marks.set_range(&[9], 5..=usize::MAX, true);
        assert_eq!(marks.count(), 1);
    }

    #[test]
    fn marks_follow_their_mailboxes_into_a_new_table() {
        let marks: Marks = [1, 5, 70].into_iter().collect();
        let (carried, gone) = marks.carried_over(|row| (row != 5).then_some(row + 1));
        assert_eq!(carried.iter().collect::<Vec<_>>(), [2, 71]);
        assert_eq!(gone, 1);
    }

    proptest! {
        #[test]
        fn marks_are_a_set(steps in prop::collection::vec((0_u8..5, prop::collection::vec(0_u32..300, 0..5)), 0..30)) {
            let mut marks = Marks::new();
            let mut set = BTreeSet::new();
            for (step, rows) in steps {
                match step {
                    0 => {
                        marks.mark_all(&rows);
                        set.extend(rows);
                    }
                    1 => {
                        marks.unmark_all(&rows);
                        set.retain(|row| !rows.contains(row));
                    }
                    2 => {
                        marks.invert(&rows);
                        for row in rows {
                            if !set.remove(&row) {
                                set.insert(row);
                            }
                        }
                    }
                    3 => {
                        for row in rows {
                            prop_assert_eq!(marks.mark(row), set.insert(row));
                        }
                    }
                    _ => {
                        marks.clear();
                        set.clear();
                    }
                }
                prop_assert_eq!(marks.count(), set.len());
                prop_assert!(marks.iter().eq(set.iter().copied()));
            }
        }
    }
}
