//! The Mailboxes tab: the table, what is shown of it, the cursor, the marks.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;

use crate::{
    domain::{
        CloudAttributes, Mailbox, ObjectId, SourceOfAuthority,
        arrange::{Column, Sort},
        filter::Filter,
        marks::Marks,
        table::{MailboxRow, MailboxTable, Row},
    },
    tui::{
        effect::ArrangeRequest,
        job::JobId,
        now::Now,
        widget::{Scroll, Step},
    },
};

/// The least time between two arrangements only because runs changed flags: a view that moves all the time can't be read.
const FOLLOW_EVERY: Duration = Duration::from_millis(300);

/// An inventory at work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loading {
    /// Its job.
    pub job: JobId,
    /// Rows so far.
    pub rows: u64,
    /// When it started.
    pub started: Duration,
    /// When the latest rows came.
    pub latest: Duration,
}

impl Loading {
    /// Rows per second so far; nothing in the first moment.
    pub fn per_second(&self) -> Option<u64> {
        let milliseconds = self.latest.saturating_sub(self.started).as_millis() as u64;
        (milliseconds >= 100).then(|| self.rows.saturating_mul(1000) / milliseconds)
    }
}

/// State of the Mailboxes tab.
#[derive(Debug, Default)]
pub struct MailboxesTab {
    /// The mailboxes shown.
    pub table: MailboxTable,
    /// A reload under way: it takes the table's place when it is complete, so that the screen never empties.
    incoming: Option<MailboxTable>,
    /// Rows that pass the filter, in view order.
    rows: Vec<Row>,
    /// The same rows as a set, as last arranged.
    shown: Marks,
    /// Cursor and scroll position in `rows`.
    scroll: Scroll,
    /// How many rows fit on screen, as last drawn or resized.
    pub visible: usize,
    /// Marked rows.
    pub marks: Marks,
    /// Where a range mark began, as a place in `rows`.
    pub range: Option<usize>,
    /// The filter as typed.
    pub filter_text: String,
    /// The filter at work.
    pub filter: Filter,
    /// Why the text is no filter; the filter before it stays at work.
    pub filter_error: Option<String>,
    /// The order; nothing is the order of arrival.
    pub sort: Option<Sort>,
    /// The inventory at work.
    pub loading: Option<Loading>,
    /// When the rows shown were read.
    pub as_of: Option<Timestamp>,
    /// Whether the last inventory ended before its end.
    pub partial: bool,
    /// The newest request sent, and whether its answer is still awaited.
    generation: u64,
    awaited: bool,
    /// Something changed since that request.
    stale: bool,
    /// The request awaited is for the incoming table.
    swap: bool,
    /// A flag changed that the filter or the order looks at.
    drifted: bool,
    /// When the view last followed such a change.
    followed: Option<Duration>,
    /// Flags that became known while rows stream in: rows that the service read before bring an older one.
    newer: HashMap<ObjectId, SourceOfAuthority>,
}

impl MailboxesTab {
    /// Rows that pass the filter, in view order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Cursor and scroll position.
    pub fn scroll(&self) -> Scroll {
        self.scroll
    }

    /// The row under the cursor.
    pub fn cursor_row(&self) -> Option<Row> {
        self.rows.get(self.scroll.cursor).copied()
    }

    /// The mailbox under the cursor.
    pub fn cursor(&self) -> Option<MailboxRow<'_>> {
        self.table.row(self.cursor_row()?)
    }

    /// Moves the cursor; a range mark follows.
    pub fn step(&mut self, step: Step) {
        let before = self.scroll.cursor;
        self.scroll.step(step, self.rows.len(), self.visible);
        if let Some(anchor) = self.range {
            let (low, high) = (anchor.min(before), anchor.max(before));
            self.marks.set_range(&self.rows, low..=high, false);
            let (low, high) = (anchor.min(self.scroll.cursor), anchor.max(self.scroll.cursor));
            self.marks.set_range(&self.rows, low..=high, true);
        }
    }

    /// The screen has another size.
    pub fn resize(&mut self, visible: usize) {
        self.visible = visible;
        self.scroll.keep(self.rows.len(), visible);
    }

    /// Puts the cursor on a mailbox, if it is shown.
    pub fn go_to(&mut self, row: Row) {
        if let Some(place) = self.rows.iter().position(|shown| *shown == row) {
            self.scroll.cursor = place;
            self.scroll.keep(self.rows.len(), self.visible);
        }
    }

    /// The mailboxes an action is for, in view order: the marked ones, hidden ones last, or else the one under the cursor.
    pub fn selection(&self) -> Vec<ObjectId> {
        let id = |row: Row| self.table.row(row).map(|mailbox| mailbox.id);
        if self.marks.is_empty() {
            return self.cursor_row().and_then(id).into_iter().collect();
        }
        let mut hidden = self.marks.clone();
        let shown = self.rows.iter().copied().filter(|row| self.marks.contains(*row));
        let mut selected: Vec<ObjectId> = shown
            .inspect(|row| {
                hidden.unmark(*row);
            })
            .filter_map(id)
            .collect();
        selected.extend(hidden.iter().filter_map(id));
        selected
    }

    /// How many mailboxes an action is for.
    pub fn selection_count(&self) -> usize {
        match self.marks.count() {
            0 => usize::from(self.cursor_row().is_some()),
            count => count,
        }
    }

    /// An inventory starts. Rows that are there stay until the new ones are complete.
    pub fn start_loading(&mut self, job: JobId, now: Now) {
        self.loading = Some(Loading {
            job,
            rows: 0,
            started: now.elapsed,
            latest: now.elapsed,
        });
        self.newer.clear();
        self.incoming = (!self.table.is_empty()).then(MailboxTable::new);
        // An answer that was to bring the previous reload in would bring in this unfinished one.
        if std::mem::take(&mut self.swap) {
            self.awaited = false;
            self.stale = true;
        }
        if self.incoming.is_none() {
            self.as_of = Some(now.wall);
        }
    }

    /// Rows came.
    pub fn load(&mut self, mut mailboxes: Vec<Mailbox>, now: Now) {
        if !self.newer.is_empty() {
            for mailbox in &mut mailboxes {
                if let Some(authority) = self.newer.get(&mailbox.id) {
                    mailbox.authority = *authority;
                }
            }
        }
        if let Some(loading) = &mut self.loading {
            loading.rows += mailboxes.len() as u64;
            loading.latest = now.elapsed;
        }
        match &mut self.incoming {
            Some(incoming) => {
                incoming.append(mailboxes);
            }
            None => {
                let before = self.table.len() as Row;
                self.table.append(mailboxes);
                self.grown(before);
            }
        }
    }

    fn grown(&mut self, before: Row) {
        let after = self.table.len() as Row;
        if self.filter.is_empty() && self.sort.is_none() && !self.awaited {
            self.rows.extend(before..after);
        } else {
            self.stale = true;
        }
    }

    /// The inventory is over; `complete` when the service sent everything. Rows of a reload that was cut short are dropped
    /// in favour of the complete older ones, and false comes back.
    pub fn end_loading(&mut self, complete: bool, now: Now) -> bool {
        self.loading = None;
        self.newer.clear();
        let Some(incoming) = &self.incoming else {
            self.partial = !complete;
            self.as_of = Some(now.wall);
            return true;
        };
        if !complete {
            self.incoming = None;
            return false;
        }
        let _ = incoming;
        self.as_of = Some(now.wall);
        self.partial = false;
        self.swap = true;
        self.stale = true;
        self.awaited = false;
        true
    }

    /// The filter line changed. The last good filter stays at work while the text has a mistake.
    pub fn set_filter(&mut self, text: &str, now: Now) {
        text.clone_into(&mut self.filter_text);
        match Filter::parse(text, now.wall) {
            Ok(filter) => {
                self.filter_error = None;
                if filter != self.filter {
                    self.filter = filter;
                    self.stale = true;
                    self.range = None;
                }
            }
            Err(error) => self.filter_error = Some(error.to_string()),
        }
    }

    /// Another order.
    pub fn set_sort(&mut self, sort: Option<Sort>) {
        self.sort = sort;
        self.stale = true;
        self.range = None;
    }

    /// When the view is to follow flags that changed, as time since the process started; nothing while it need not, or
    /// while a range is being marked, whose places must stay.
    pub fn follows_at(&self) -> Option<Duration> {
        let due = || self.followed.map_or(Duration::ZERO, |last| last + FOLLOW_EVERY);
        (self.drifted && !self.awaited && self.range.is_none()).then(due)
    }

    /// The request to send now, if one is due. One is under way at a time while rows stream in; a change of filter or
    /// order supersedes it. Flags that a run changes are followed a few times a second, not each.
    pub fn arrange(&mut self, urgent: bool, now: Now) -> Option<ArrangeRequest> {
        let asked_for = self.stale && (urgent || !self.awaited);
        if !asked_for && self.follows_at().is_none_or(|due| due > now.elapsed) {
            return None;
        }
        self.stale = false;
        if std::mem::take(&mut self.drifted) {
            self.followed = Some(now.elapsed);
        }
        self.awaited = true;
        self.generation += 1;
        let table = match (&self.incoming, self.swap) {
            (Some(incoming), true) => incoming,
            _ => &self.table,
        };
        Some(ArrangeRequest {
            generation: self.generation,
            table: table.snapshot(),
            filter: self.filter.clone(),
            sort: self.sort,
        })
    }

    /// The answer to a request. The cursor stays on its mailbox. False when it was stale. The number counts marks whose
    /// mailbox is gone after a reload.
    pub fn arranged(&mut self, generation: u64, rows: Vec<Row>) -> Option<usize> {
        if generation != self.generation || !self.awaited {
            return None;
        }
        self.awaited = false;
        let mut gone = 0;
        let id = self.cursor().map(|mailbox| mailbox.id);
        if self.swap
            && let Some(incoming) = self.incoming.take()
        {
            self.swap = false;
            let here = &self.table;
            let there = |row: Row| incoming.find(here.row(row)?.id);
            (self.marks, gone) = self.marks.carried_over(there);
            self.table = incoming;
        }
        self.range = None;
        self.rows = rows;
        let length = self.table.len() as Row;
        self.rows.retain(|row| *row < length);
        // Nothing is hidden when all is shown; a long table is not walked for that.
        self.shown = match self.rows.len() == self.table.len() {
            true => Marks::new(),
            false => self.rows.iter().copied().collect(),
        };
        let row = id.and_then(|id| self.table.find(id));
        // Without a cursor of its own the view stays where it is: at the top while the first rows stream in.
        let at_start = self.scroll.cursor == 0;
        match row.and_then(|row| self.rows.iter().position(|shown| *shown == row)) {
            Some(place) if !at_start => {
                let offset = self.scroll.cursor.saturating_sub(self.scroll.top);
                self.scroll.cursor = place;
                self.scroll.top = place.saturating_sub(offset);
            }
            _ => {}
        }
        self.scroll.keep(self.rows.len(), self.visible);
        Some(gone)
    }

    /// A mailbox was read in full: its row follows.
    pub fn read(&mut self, id: ObjectId, cloud: &CloudAttributes) {
        self.settle(id, cloud.authority());
        // A reload that is under way must not bring the older texts back.
        for table in self.incoming.iter_mut().chain([&mut self.table]) {
            let known = table.find(id).and_then(|row| table.row(row));
            if let Some(mut mailbox) = known.map(|row| row.to_mailbox()) {
                mailbox.take_over(cloud);
                let arranged = !self.filter.is_empty() || self.sort.is_some();
                self.drifted |= table.replace(&mailbox) && arranged;
            }
        }
    }

    /// How many marked mailboxes the filter hides.
    pub fn hidden_marks(&self) -> usize {
        match self.rows.len() == self.table.len() {
            true => 0,
            false => self.marks.count_outside(&self.shown),
        }
    }

    /// Who may edit a mailbox has become known, by a run or by a read of this mailbox.
    pub fn settle(&mut self, id: ObjectId, authority: SourceOfAuthority) {
        if self.loading.is_some() {
            self.newer.insert(id, authority);
        }
        let mut changed = false;
        // A reload that is under way must not bring the older flag back.
        for table in self.incoming.iter_mut().chain([&mut self.table]) {
            if let Some(row) = table.find(id) {
                changed |= table.set_authority(row, authority);
            }
        }
        let sorted = self.sort.is_some_and(|sort| sort.column == Column::Authority);
        self.drifted |= changed && (sorted || self.filter.tests_authority());
    }
}
