//! A filter over a whole table, chunk by chunk, on up to four threads.
//!
//! Each chunk starts with a bit per row. Terms clear bits, cheap ones first. A word is searched over the chunk's text as
//! a whole as long as many rows are left, and row by row once few are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use memchr::memmem::Finder;

use super::Stop;
use crate::domain::filter::{Filter, Needle, Scorer, Term, Test, has_domain, id_begins_with, type_is_named};
use crate::domain::table::{CHUNK_ROWS, Chunk, Row, Section, TableSnapshot, TextColumn, character_set};

const WORDS: usize = CHUNK_ROWS / 64;

/// A bit for each row of a chunk.
type Bits = [u64; WORDS];

/// Below this many rows, more threads cost more than they save.
const ROWS_PER_THREAD: usize = 64 * 1024;

/// Up to this many rows get an exact score each. It costs a microsecond.
const EXACTLY_RANKED: usize = 10_000;

/// Up to this many rows of a chunk are looked at one by one instead of all together. A find in one row costs about as
/// much as a scan over a kilobyte.
const FEW_ROWS: u32 = 1024;

/// Rows of `order` (all rows, as [`super::order`] sorts them) that the filter accepts, in that order; nothing when
/// stopped.
///
/// A ranked filter (one with `~`) puts the best first and keeps the order among equals; more than ten thousand rows are
/// ranked roughly, since nobody looks through them. Rows of the snapshot that `order`
/// lacks, because they arrived later, come last. `previous` is an earlier filter and its result over a snapshot of the
/// same generation: if the new filter narrows it, only those rows are looked at.
pub fn filter(
    snapshot: &TableSnapshot,
    order: &[Row],
    filter: &Filter,
    previous: Option<(&Filter, &[Row])>,
    stop: Stop<'_>,
) -> Option<Vec<Row>> {
    let sections = snapshot.sections();
    let mut bits: Vec<Bits> = match previous {
        Some((wider, rows)) if filter.narrows(wider) => marked(rows, sections.len()),
        _ => sections.iter().map(|section| all(section.len())).collect(),
    };
    let ranked = filter.is_ranked();
    let mut scores = vec![0; if ranked { sections.len() * CHUNK_ROWS } else { 0 }];
    if !filter.is_empty() {
        let search = Search::new(filter);
        let mut chunk_scores = scores.chunks_mut(CHUNK_ROWS);
        let work: Vec<_> = sections
            .iter()
            .zip(&mut bits)
            .map(|(section, bits)| (section, bits, chunk_scores.next().unwrap_or_default()))
            .collect();
        if !search.run(work, snapshot.len(), stop) {
            return None;
        }
    }
    let rows = collect(order, snapshot.len(), &bits);
    if !ranked {
        return Some(rows);
    }
    if rows.len() <= EXACTLY_RANKED {
        let mut scorer = Scorer::new();
        for row in &rows {
            let place = *row as usize;
            let section = sections.get(place / CHUNK_ROWS);
            if let (Some(section), Some(score)) = (section, scores.get_mut(place)) {
                *score = exact_score(&section.chunk, place % CHUNK_ROWS, filter, &mut scorer);
            }
        }
    }
    Some(best_first(&rows, &scores))
}

/// Rows by falling score, equal ones in the order given. Counted instead of compared, since scores are small numbers.
fn best_first(rows: &[Row], scores: &[u16]) -> Vec<Row> {
    let score_of = |row: Row| usize::from(scores.get(row as usize).copied().unwrap_or_default());
    let mut places = vec![0; usize::from(u16::MAX) + 2];
    for row in rows {
        places[score_of(*row)] += 1;
    }
    let mut before = 0;
    for place in places.iter_mut().rev() {
        before += std::mem::replace(place, before);
    }
    let mut ranked = vec![0; rows.len()];
    for row in rows {
        let place = &mut places[score_of(*row)];
        ranked[*place] = *row;
        *place += 1;
    }
    ranked
}

/// The rows whose bit is set, in order; those beyond the order last.
fn collect(order: &[Row], length: usize, bits: &[Bits]) -> Vec<Row> {
    let bits = bits.as_flattened();
    let count: usize = bits.iter().map(|word| word.count_ones() as usize).sum();
    if count == length && order.len() <= length {
        return order
            .iter()
            .copied()
            .chain((order.len()..length).map(|row| row as Row))
            .collect();
    }
    // One place more than needed: every row is written, and the place moves on only for rows that stay.
    let mut rows = vec![0; count + 1];
    let mut place = 0;
    let late = (order.len()..length).map(|row| row as Row);
    let mut put = |row: Row| {
        let word = bits.get(row as usize / 64).copied().unwrap_or_default();
        if let Some(slot) = rows.get_mut(place) {
            *slot = row;
        }
        place += (word >> (row % 64) & 1) as usize;
    };
    order.iter().copied().for_each(&mut put);
    late.for_each(&mut put);
    rows.truncate(place);
    rows
}

fn all(rows: usize) -> Bits {
    let mut bits = [0; WORDS];
    for (place, word) in bits.iter_mut().enumerate() {
        *word = match rows.saturating_sub(place * 64) {
            0 => 0,
            rest if rest >= 64 => u64::MAX,
            rest => (1 << rest) - 1,
        };
    }
    bits
}

fn marked(rows: &[Row], sections: usize) -> Vec<Bits> {
    let mut bits = vec![[0; WORDS]; sections];
    let flat = bits.as_flattened_mut();
    for row in rows {
        if let Some(word) = flat.get_mut(*row as usize / 64) {
            *word |= 1 << (row % 64);
        }
    }
    bits
}

fn ones(bits: &Bits) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(place, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(place * 64 + bit)
        })
    })
}

fn set(bits: &mut Bits, row: usize) {
    bits[row / 64] |= 1 << (row % 64);
}

/// A filter with its searchers built.
struct Search<'a> {
    terms: Vec<(&'a Term, Vec<Searcher<'a>>)>,
}

/// A test with its searcher, where it has one.
struct Searcher<'a> {
    test: &'a Test,
    finder: Option<Finder<'a>>,
}

impl<'a> Search<'a> {
    fn new(filter: &'a Filter) -> Self {
        let searcher = |test: &'a Test| Searcher {
            test,
            finder: match test {
                Test::Part { needle, .. } => Some(Finder::new(needle)),
                Test::Fuzzy { needle, .. } => Some(Finder::new(needle.text())),
                _ => None,
            },
        };
        let mut terms: Vec<_> = filter
            .terms()
            .iter()
            .map(|term| (term, term.tests.iter().map(searcher).collect::<Vec<_>>()))
            .collect();
        terms.sort_by_key(|(term, _)| term.tests.iter().map(cost).max());
        Self { terms }
    }

    /// Runs over all chunks. False when stopped.
    fn run(&self, work: Vec<(&Section, &mut Bits, &mut [u16])>, rows: usize, stop: Stop<'_>) -> bool {
        let stopped = AtomicBool::new(false);
        let queue = Mutex::new(work.into_iter());
        let labour = || {
            loop {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                if stop() {
                    stopped.store(true, Ordering::Relaxed);
                    return;
                }
                // A poisoned lock means another thread died; the scope will report that.
                let Some((section, bits, scores)) = queue.lock().ok().and_then(|mut queue| queue.next())
                else {
                    return;
                };
                self.chunk(section, bits, scores);
            }
        };
        let available = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = (rows / ROWS_PER_THREAD).clamp(1, available.min(4));
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(labour);
            }
            labour();
        });
        !stopped.into_inner()
    }

    fn chunk(&self, section: &Section, bits: &mut Bits, scores: &mut [u16]) {
        for (term, searchers) in &self.terms {
            let mut found = [0; WORDS];
            for searcher in searchers {
                searcher.run(
                    section,
                    bits,
                    &mut found,
                    if term.negated { &mut [] } else { scores },
                );
            }
            for (word, found) in bits.iter_mut().zip(found) {
                *word &= if term.negated { !found } else { found };
            }
        }
    }
}

/// What a test costs per row, roughly, to run cheap ones first.
fn cost(test: &Test) -> u8 {
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
    fn run(&self, section: &Section, candidates: &Bits, found: &mut Bits, scores: &mut [u16]) {
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
    let left: u32 = candidates.iter().map(|word| word.count_ones()).sum();
    if left <= FEW_ROWS {
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
        if scattered[row / 64] >> (row % 64) & 1 == 1 {
            scattered[row / 64] &= !(1 << (row % 64));
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

/// The exact score of a row: for each term the best of its tests, for each test the best of its texts.
fn exact_score(chunk: &Chunk, row: usize, filter: &Filter, scorer: &mut Scorer) -> u16 {
    let mut sum: u16 = 0;
    for term in filter.terms().iter().filter(|term| !term.negated) {
        let scores = term.tests.iter().filter_map(|test| match test {
            Test::Fuzzy {
                column: Some(column),
                needle,
            } => scorer.score(needle, chunk.search_text(row, *column)),
            Test::Fuzzy { column: None, needle } => TextColumn::ALL
                .iter()
                .filter_map(|column| scorer.score(needle, chunk.search_text(row, *column)))
                .max(),
            _ => None,
        });
        sum = sum.saturating_add(scores.max().unwrap_or_default());
    }
    sum
}
