//! One test of a filter over one chunk.

use memchr::memmem::Finder;

use super::bits::{Bits, clear, contains, count, ones, set};
use crate::domain::filter::{Needle, Test, has_domain, id_begins_with, type_is_named};
use crate::domain::table::{Chunk, Section, TextColumn, character_set};

/// Up to this many rows of a chunk are looked at one by one instead of all together. A find in one row costs about as
/// much as a scan over a kilobyte.
const FEW_ROWS: u32 = 1024;

/// A test with its searcher, where it has one.
pub(super) struct Searcher<'a> {
    test: &'a Test,
    finder: Option<Finder<'a>>,
}

impl<'a> Searcher<'a> {
    pub(super) fn new(test: &'a Test) -> Self {
        let finder = match test {
            Test::Part { needle, .. } => Some(Finder::new(needle)),
            Test::Fuzzy { needle, .. } => Some(Finder::new(needle.text())),
            _ => None,
        };
        Self { test, finder }
    }
}

/// What a test costs per row, roughly, to run cheap ones first.
pub(super) fn cost(test: &Test) -> u8 {
    match test {
        Test::Type(_) | Test::Flag(_) | Test::Synced(_) => 0,
        Test::Id(_) | Test::Changed { .. } => 1,
        Test::Domain(_) => 2,
        Test::Part { .. } => 3,
        Test::Fuzzy { .. } => 4,
    }
}

impl Searcher<'_> {
    /// Sets the bits of rows among the candidates that pass. Bits of rows that are no candidates mean nothing.
    pub(super) fn run(&self, section: &Section, candidates: &Bits, found: &mut Bits, scores: &mut [u16]) {
        let chunk = &*section.chunk;
        let mut check = |passes: &dyn Fn(usize) -> bool| {
            for row in ones(candidates) {
                if passes(row) {
                    set(found, row);
                }
            }
        };
        match self.test {
            Test::Type(name) => {
                let wanted: Vec<bool> = chunk
                    .types()
                    .iter()
                    .map(|kind| type_is_named(kind, name))
                    .collect();
                check(&|row| wanted[usize::from(chunk.type_of()[row])]);
            }
            Test::Flag(authority) => check(&|row| section.authority[row] == *authority),
            Test::Synced(synced) => check(&|row| chunk.dir_synced(row) == *synced),
            Test::Domain(domain) => {
                check(&|row| has_domain(chunk.search_text(row, TextColumn::PrimarySmtpAddress), domain));
            }
            Test::Id(digits) => check(&|row| id_begins_with(chunk.ids()[row], digits)),
            Test::Changed { period, .. } => check(&|row| period.holds(chunk.changed(row))),
            Test::Part { column, .. } => {
                if let Some(finder) = &self.finder {
                    part(chunk, finder, *column, candidates, found);
                }
            }
            Test::Fuzzy { column, needle } => {
                if let Some(finder) = &self.finder {
                    fuzzy(chunk, needle, finder, *column, candidates, found, scores);
                }
            }
        }
    }
}

/// Rows whose texts, or whose one column, hold a part.
fn part(chunk: &Chunk, finder: &Finder<'_>, column: Option<TextColumn>, candidates: &Bits, found: &mut Bits) {
    each_hit(chunk, finder, candidates, |row, _| {
        let in_column = |column| finder.find(chunk.search_text(row, column).as_bytes()).is_some();
        if column.is_none_or(in_column) {
            set(found, row);
        }
    });
}

/// Calls for every candidate that holds the needle, with the bytes of the chunk's text before the first hit. May call
/// for rows that are no candidates.
fn each_hit(chunk: &Chunk, finder: &Finder<'_>, candidates: &Bits, mut hit: impl FnMut(usize, &[u8])) {
    let text = chunk.search();
    let starts = chunk.search_starts();
    if count(candidates) <= FEW_ROWS {
        for row in ones(candidates) {
            if let Some(at) = finder.find(chunk.search_row(row).as_bytes()) {
                hit(row, &text[..starts[row] as usize + at]);
            }
        }
        return;
    }
    let mut row = 0;
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| finder.find(rest)) {
        let at = from + found;
        while starts.get(row + 1).is_some_and(|next| *next as usize <= at) {
            row += 1;
        }
        hit(row, &text[..at]);
        row += 1;
        let Some(next) = starts.get(row) else { return };
        from = *next as usize;
    }
}

/// Rows that match loosely, with a rough score: in one piece before scattered, at the beginning of a word before within
/// one.
fn fuzzy(
    chunk: &Chunk,
    needle: &Needle,
    finder: &Finder<'_>,
    column: Option<TextColumn>,
    candidates: &Bits,
    found: &mut Bits,
    scores: &mut [u16],
) {
    let mut left = *candidates;
    let wanted = character_set(needle.text());
    for (word, sets) in left.iter_mut().zip(chunk.character_sets().chunks(64)) {
        let may = sets
            .iter()
            .rev()
            .fold(0, |may, set| may << 1 | u64::from(set & wanted == wanted));
        *word &= may;
    }
    let mut pass = |row: usize, rank: u16| {
        set(found, row);
        if let Some(sum) = scores.get_mut(row) {
            *sum = sum.saturating_add(rank);
        }
    };
    if let Some(column) = column {
        for row in ones(&left) {
            let text = chunk.search_text(row, column).as_bytes();
            if let Some(at) = finder.find(text) {
                pass(row, 3 + u16::from(begins_word(&text[..at])));
            } else if let Some(at) = needle.find(text) {
                pass(row, 1 + u16::from(begins_word(&text[..at])));
            }
        }
        return;
    }
    let mut scattered = left;
    each_hit(chunk, finder, &left, |row, before| {
        if contains(&scattered, row) {
            clear(&mut scattered, row);
            pass(row, 3 + u16::from(begins_word(before)));
        }
    });
    for row in ones(&scattered) {
        let texts = chunk.search_row(row).as_bytes();
        if let Some(at) = needle.find(texts) {
            pass(row, 1 + u16::from(begins_word(&texts[..at])));
        }
    }
}

fn begins_word(before: &[u8]) -> bool {
    before
        .last()
        .is_none_or(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric())
}
