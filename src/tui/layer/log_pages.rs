//! Pages of a log, made for hundreds of thousands of rows: a page is shared, never copied, and what filters look at is laid
//! out once, when the page comes, as one text. Looking through it takes no step into the entries themselves.

use std::{borrow::Cow, sync::Arc};

use jiff::Timestamp;

use super::logs::LogRecord;

/// Ends a field and a row of the text; no field and no word of a filter holds it.
const END: char = '\n';

/// A field at a fixed place of a row's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogField {
    /// What was done.
    Action,
    /// How it went.
    Status,
    /// The code of the error, or who did it.
    Code,
    /// The object, by its best name.
    Object,
}

/// Entries that came together, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPage {
    records: Box<[LogRecord]>,
    times: Box<[Option<Timestamp>]>,
    /// The searchable text of all rows in small letters: the fields first, each with its end.
    text: String,
    /// Where the text of each row ends.
    ends: Box<[usize]>,
}

impl FromIterator<LogRecord> for LogPage {
    fn from_iter<I: IntoIterator<Item = LogRecord>>(records: I) -> Self {
        let records: Box<[LogRecord]> = records.into_iter().collect();
        let mut text = String::new();
        let mut ends = Vec::with_capacity(records.len());
        for record in &records {
            let fields = [record.action(), record.status(), record.code(), record.object()];
            for field in fields.into_iter().chain(record.further_texts()) {
                text.push_str(&one_line(field).to_lowercase());
                text.push(END);
            }
            ends.push(text.len());
        }
        text.shrink_to_fit();
        Self {
            times: records.iter().map(LogRecord::at).collect(),
            records,
            text,
            ends: ends.into_boxed_slice(),
        }
    }
}

fn one_line(text: &str) -> Cow<'_, str> {
    match text.contains(END) {
        true => Cow::Owned(text.replace(END, " ")),
        false => Cow::Borrowed(text),
    }
}

impl LogPage {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The entries, in their order.
    pub fn records(&self) -> &[LogRecord] {
        &self.records
    }

    /// When a row was written.
    pub fn at(&self, row: usize) -> Option<Timestamp> {
        self.times.get(row).copied().flatten()
    }

    /// The searchable text of all rows, small letters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The row that holds a place of the text, of `first` and those after it, and where its text ends.
    pub fn row_at(&self, place: usize, first: usize) -> Option<(usize, usize)> {
        let later = self.ends.get(first..)?;
        let row = first + later.partition_point(|end| *end <= place);
        Some((row, *self.ends.get(row)?))
    }

    /// The searchable text of a row.
    pub fn text_of(&self, row: usize) -> &str {
        let from = row.checked_sub(1).and_then(|before| self.ends.get(before));
        let to = self.ends.get(row).copied().unwrap_or(0);
        self.text.get(from.copied().unwrap_or(0)..to).unwrap_or_default()
    }

    /// One field of a row, small letters.
    pub fn field(&self, row: usize, field: LogField) -> &str {
        self.text_of(row)
            .split(END)
            .nth(field as usize)
            .unwrap_or_default()
    }
}

/// Pages as they came.
#[derive(Clone, Debug, Default)]
pub struct LogPages {
    pages: Vec<Arc<LogPage>>,
    /// Number of the first row of each page.
    starts: Vec<u32>,
    rows: u32,
}

impl LogPages {
    /// Adds a page.
    pub fn push(&mut self, page: Arc<LogPage>) {
        let Ok(count) = u32::try_from(page.len()) else {
            return;
        };
        let Some(rows) = self.rows.checked_add(count) else {
            return;
        };
        self.starts.push(self.rows);
        self.pages.push(page);
        self.rows = rows;
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows as usize
    }

    /// The same as the number of the next row.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The last page that begins at a row or before it.
    fn page_of(&self, row: u32) -> Option<usize> {
        self.starts.partition_point(|start| *start <= row).checked_sub(1)
    }

    /// An entry by the number of its row.
    pub fn record(&self, number: u32) -> Option<&LogRecord> {
        let page = self.page_of(number)?;
        let start = *self.starts.get(page)?;
        self.pages.get(page)?.records.get((number - start) as usize)
    }

    /// All entries.
    pub fn records(&self) -> impl Iterator<Item = &LogRecord> {
        self.pages.iter().flat_map(|page| &page.records)
    }

    /// The pages from that of a row on, each with the number of its first row.
    pub fn from(&self, first: u32) -> impl Iterator<Item = (u32, &LogPage)> {
        let page = self.page_of(first).unwrap_or(0);
        let pages = self.pages.iter().map(AsRef::as_ref);
        self.starts.iter().copied().zip(pages).skip(page)
    }
}
