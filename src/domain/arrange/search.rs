//! A filter over a whole table, chunk by chunk, on up to four threads.
//!
//! Each chunk starts with a bit per row. Terms clear bits, cheap ones first. A word is searched over the chunk's text as
//! a whole as long as many rows are left, and row by row once few are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use memchr::memmem::Finder;

use super::Stop;
use crate::domain::filter::{Filter, Needle, Scorer, Term, Test, has_domain, id_begins_with, type_is_named};
use crate::domain::table::{CHUNK_ROWS, Chunk, Row, Section, TableSnapshot, TextColumn};

const WORDS: usize = CHUNK_ROWS / 64;

/// A bit for each row of a chunk.
type Bits = [u64; WORDS];

/// Below this many rows, more threads cost more than they save.
const ROWS_PER_THREAD: usize = 64 * 1024;

/// Up to this many rows of a chunk are looked at one by one instead of all together.
const FEW_ROWS: u32 = 256;

/// Rows of `order` that the filter accepts, in that order; nothing when stopped.
///
/// A ranked filter (one with `~`) puts the best first and keeps the order among equals. Rows of the snapshot that `order`
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
    let mut rows = collect(order, snapshot.len(), &bits);
    if ranked {
        rows.sort_by_key(|row| std::cmp::Reverse(scores[*row as usize]));
    }
    Some(rows)
}

/// The rows whose bit is set, in order; those beyond the order last.
fn collect(order: &[Row], length: usize, bits: &[Bits]) -> Vec<Row> {
    let bits = bits.as_flattened();
    let count: usize = bits.iter().map(|word| word.count_ones() as usize).sum();
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
            let mut scorer = None;
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
                self.chunk(section, bits, scores, &mut scorer);
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

    fn chunk(&self, section: &Section, bits: &mut Bits, scores: &mut [u16], scorer: &mut Option<Scorer>) {
        for (term, searchers) in &self.terms {
            let mut found = [0; WORDS];
            let mut best: [u16; CHUNK_ROWS];
            let scores = &mut *scores;
            if searchers
                .iter()
                .any(|searcher| matches!(searcher.test, Test::Fuzzy { .. }))
            {
                best = [0; CHUNK_ROWS];
                for searcher in searchers {
                    searcher.run(section, bits, &mut found, Some((&mut best, scorer)));
                }
                if !term.negated {
                    for (sum, best) in scores.iter_mut().zip(best) {
                        *sum = sum.saturating_add(best);
                    }
                }
            } else {
                for searcher in searchers {
                    searcher.run(section, bits, &mut found, None);
                }
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

type Ranking<'a> = (&'a mut [u16; CHUNK_ROWS], &'a mut Option<Scorer>);

impl Searcher<'_> {
    /// Sets the bits of rows among the candidates that pass. Bits of rows that are no candidates mean nothing.
    fn run(&self, section: &Section, candidates: &Bits, found: &mut Bits, ranking: Option<Ranking<'_>>) {
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
                if let Some((best, scorer)) = ranking {
                    let scorer = scorer.get_or_insert_with(Scorer::new);
                    fuzzy(chunk, needle, *column, candidates, found, best, scorer);
                }
            }
        }
    }
}

fn part(chunk: &Chunk, finder: &Finder<'_>, column: Option<TextColumn>, candidates: &Bits, found: &mut Bits) {
    let in_column = |row: usize| match column {
        Some(column) => finder.find(chunk.search_text(row, column).as_bytes()).is_some(),
        None => true,
    };
    let left: u32 = candidates.iter().map(|word| word.count_ones()).sum();
    if left <= FEW_ROWS {
        for row in ones(candidates) {
            if finder.find(chunk.search_row(row).as_bytes()).is_some() && in_column(row) {
                set(found, row);
            }
        }
        return;
    }
    let text = chunk.search();
    let starts = chunk.search_starts();
    let mut row = 0;
    let mut from = 0;
    while let Some(hit) = text.get(from..).and_then(|rest| finder.find(rest)) {
        let at = (from + hit) as u32;
        while starts.get(row + 1).is_some_and(|next| *next <= at) {
            row += 1;
        }
        if in_column(row) {
            set(found, row);
        }
        row += 1;
        let Some(next) = starts.get(row) else { return };
        from = *next as usize;
    }
}

fn fuzzy(
    chunk: &Chunk,
    needle: &Needle,
    column: Option<TextColumn>,
    candidates: &Bits,
    found: &mut Bits,
    best: &mut [u16; CHUNK_ROWS],
    scorer: &mut Scorer,
) {
    for row in ones(candidates) {
        let score = match column {
            Some(column) => scorer.score(needle, chunk.search_text(row, column)),
            None => TextColumn::ALL
                .iter()
                .filter_map(|column| scorer.score(needle, chunk.search_text(row, *column)))
                .max(),
        };
        if let Some(score) = score {
            set(found, row);
            best[row] = best[row].max(score);
        }
    }
}
