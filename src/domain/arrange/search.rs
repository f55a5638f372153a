//! A filter over a whole table, chunk by chunk, on up to four threads.
//!
//! Each chunk starts with a bit per row. Terms clear bits, cheap ones first. A word is searched over the chunk's text as
//! a whole as long as many rows are left, and row by row once few are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Stop;
use super::bits::{Bits, WORDS, all, set};
use super::scan::{Searcher, cost};
use crate::domain::filter::{Filter, Scorer, Term, Test};
use crate::domain::table::{CHUNK_ROWS, Chunk, Row, Section, TableSnapshot, TextColumn};

/// Below this many rows, more threads cost more than they save.
const ROWS_PER_THREAD: usize = 64 * 1024;

/// Up to this many rows get an exact score each. It costs a microsecond.
const EXACTLY_RANKED: usize = 10_000;

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
        Some((wider, rows)) if filter.narrows(wider) => marked(rows, sections),
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

/// The rows named, as far as they exist.
fn marked(rows: &[Row], sections: &[Section]) -> Vec<Bits> {
    let mut bits = vec![[0; WORDS]; sections.len()];
    for row in rows {
        let place = *row as usize;
        let section = sections.get(place / CHUNK_ROWS);
        if let (Some(section), Some(bits)) = (section, bits.get_mut(place / CHUNK_ROWS))
            && place % CHUNK_ROWS < section.len()
        {
            set(bits, place % CHUNK_ROWS);
        }
    }
    bits
}

/// A filter with its searchers built.
struct Search<'a> {
    terms: Vec<(&'a Term, Vec<Searcher<'a>>)>,
}

impl<'a> Search<'a> {
    fn new(filter: &'a Filter) -> Self {
        let mut terms: Vec<_> = filter
            .terms()
            .iter()
            .map(|term| (term, term.tests.iter().map(Searcher::new).collect::<Vec<_>>()))
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
