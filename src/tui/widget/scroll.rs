//! A cursor in a list and the first visible entry, kept inside whatever the list holds.

/// Cursor and scroll position of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// The entry with the cursor.
    pub cursor: usize,
    /// The first visible entry.
    pub top: usize,
}

/// A step through a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// By entries, down is positive.
    By(isize),
    /// By pages, down is positive.
    Page(isize),
    /// To the first entry.
    First,
    /// To the last entry.
    Last,
}

impl Scroll {
    /// Moves the cursor in a list of `length` entries of which `visible` fit on screen.
    pub fn step(&mut self, step: Step, length: usize, visible: usize) {
        let last = length.saturating_sub(1);
        let page = visible.saturating_sub(1).max(1);
        self.cursor = match step {
            Step::By(count) => self.cursor.saturating_add_signed(count),
            Step::Page(count) => self.cursor.saturating_add_signed(count * page as isize),
            Step::First => 0,
            Step::Last => last,
        };
        self.keep(length, visible);
    }

    /// Keeps cursor and position inside the list after it or the screen changed.
    ///
    /// One step over an edge moves the list by one line, which the screen does by scrolling a region: the new line is
    /// all that is sent. A cursor that is further away comes to stand half a page inside.
    pub fn keep(&mut self, length: usize, visible: usize) {
        let visible = visible.max(1);
        self.cursor = self.cursor.min(length.saturating_sub(1));
        let furthest = length.saturating_sub(visible);
        let half = (visible / 2).max(1);
        if self.cursor + 1 == self.top {
            self.top = self.cursor;
        } else if self.cursor == self.top + visible {
            self.top += 1;
        } else if self.cursor < self.top {
            self.top = self.cursor.saturating_sub(half.min(visible - 1));
        } else if self.cursor >= self.top + visible {
            self.top = (self.cursor + 1).saturating_sub(half);
        }
        self.top = self.top.min(furthest);
    }

    /// Moves the position of a text without cursor: `cursor` is the first visible line.
    pub fn slide(&mut self, step: Step, length: usize, visible: usize) {
        let furthest = length.saturating_sub(visible);
        let page = visible.saturating_sub(1).max(1);
        self.top = match step {
            Step::By(count) => self.top.saturating_add_signed(count),
            Step::Page(count) => self.top.saturating_add_signed(count * page as isize),
            Step::First => 0,
            Step::Last => furthest,
        }
        .min(furthest);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_step_over_the_edge_moves_the_list_by_a_line_and_a_leap_by_half_a_page() {
        let mut scroll = Scroll::default();
        for _ in 0..12 {
            scroll.step(Step::By(1), 100, 10);
        }
        assert_eq!((scroll.cursor, scroll.top), (12, 3));
        for _ in 0..10 {
            scroll.step(Step::By(-1), 100, 10);
        }
        assert_eq!((scroll.cursor, scroll.top), (2, 2));
        scroll.step(Step::By(40), 100, 10);
        assert_eq!((scroll.cursor, scroll.top), (42, 38));
        scroll.step(Step::Last, 100, 10);
        assert_eq!((scroll.cursor, scroll.top), (99, 90));
        scroll.step(Step::First, 100, 10);
        assert_eq!((scroll.cursor, scroll.top), (0, 0));
    }

    proptest! {
        #[test]
        fn the_cursor_stays_visible(
            steps in proptest::collection::vec((0usize..6, 1usize..50, 0usize..200), 0..60)
        ) {
            let mut scroll = Scroll::default();
            for (kind, visible, length) in steps {
                let step = [Step::By(1), Step::By(-1), Step::Page(1), Step::Page(-1), Step::First, Step::Last][kind];
                scroll.step(step, length, visible);
                prop_assert!(scroll.cursor < length.max(1));
                prop_assert!(scroll.top <= scroll.cursor && scroll.cursor < scroll.top + visible);
            }
        }
    }
}
