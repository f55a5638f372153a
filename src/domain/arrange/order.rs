//! The sorted permutation of all rows.

use std::ops::Range;
use std::sync::Arc;

use super::{Column, Sort, Stop};
use crate::domain::table::{CHUNK_ROWS, Chunk, Row, Section, TableSnapshot, TextColumn};
use crate::domain::{SourceOfAuthority, text};

/// Rows between two looks at whether to stop.
const STRIDE: usize = 65_536;

/// Sixteen bytes of a sort key, and its row.
#[derive(Clone, Copy)]
struct Entry {
    bytes: u128,
    row: Row,
}

/// All rows of a snapshot, sorted; nothing when stopped.
///
/// Texts are sorted by their first sixteen bytes; rows that agree there by the next sixteen, and so on. So a comparison
/// never leaves the entries, however many people share a name.
pub fn order(snapshot: &TableSnapshot, sort: Sort, stop: Stop<'_>) -> Option<Arc<Vec<Row>>> {
    let sections = snapshot.sections();
    let mut entries = Vec::with_capacity(snapshot.len());
    for (number, section) in sections.iter().enumerate() {
        if stop() {
            return None;
        }
        let first = number * CHUNK_ROWS;
        let types = folded_types(&section.chunk);
        entries.extend((0..section.len()).map(|row| Entry {
            bytes: first_bytes(section, &types, row, sort.column),
            row: (first + row) as Row,
        }));
    }
    sort_entries(&mut entries, sort.descending, stop)?;
    if let Some(column) = text_column(sort.column) {
        let mut ties: Vec<_> = ties(&entries, 0).map(|range| (range, 16)).collect();
        let mut since_asked = 0;
        while let Some((range, from)) = ties.pop() {
            since_asked += range.len();
            if since_asked > STRIDE {
                since_asked = 0;
                if stop() {
                    return None;
                }
            }
            let start = range.start;
            let run = &mut entries[range];
            for entry in run.iter_mut() {
                let section = &sections[entry.row as usize / CHUNK_ROWS];
                let text = section.chunk.search_text(entry.row as usize % CHUNK_ROWS, column);
                entry.bytes = bytes_from(text, from);
            }
            sort_entries(run, sort.descending, stop)?;
            ties.extend(self::ties(run, start).map(|range| (range, from + 16)));
        }
    }
    Some(Arc::new(entries.into_iter().map(|entry| entry.row).collect()))
}

/// Sorts by bytes, then row. Long lists are sorted in stretches and merged, so that a stop takes effect soon.
fn sort_entries(entries: &mut [Entry], descending: bool, stop: Stop<'_>) -> Option<()> {
    let compare = |one: &Entry, other: &Entry| {
        let bytes = if descending {
            other.bytes.cmp(&one.bytes)
        } else {
            one.bytes.cmp(&other.bytes)
        };
        bytes.then(one.row.cmp(&other.row))
    };
    for stretch in entries.chunks_mut(STRIDE) {
        if stretch.len() == STRIDE && stop() {
            return None;
        }
        stretch.sort_unstable_by(compare);
    }
    if entries.len() > STRIDE {
        // The stable sort recognizes sorted stretches and merges them.
        entries.sort_by(compare);
    }
    Some(())
}

/// Stretches of equal bytes with texts that go on.
fn ties(entries: &[Entry], offset: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut end = offset;
    entries
        .chunk_by(|one, other| one.bytes == other.bytes)
        .filter_map(move |run| {
            let range = end..end + run.len();
            end = range.end;
            // a last byte of zero is padding: no text holds a NUL
            let goes_on = run.first().is_some_and(|entry| entry.bytes & 0xFF != 0);
            (run.len() > 1 && goes_on).then_some(range)
        })
}

fn text_column(column: Column) -> Option<TextColumn> {
    match column {
        Column::DisplayName => Some(TextColumn::DisplayName),
        Column::PrimarySmtpAddress => Some(TextColumn::PrimarySmtpAddress),
        Column::UserPrincipalName => Some(TextColumn::UserPrincipalName),
        Column::Alias => Some(TextColumn::Alias),
        _ => None,
    }
}

fn folded_types(chunk: &Chunk) -> Vec<u128> {
    chunk
        .types()
        .iter()
        .map(|kind| bytes_from(&text::fold(kind.word()), 0))
        .collect()
}

fn first_bytes(section: &Section, types: &[u128], row: usize, column: Column) -> u128 {
    let chunk = &*section.chunk;
    if let Some(column) = text_column(column) {
        return bytes_from(chunk.search_text(row, column), 0);
    }
    match column {
        Column::RecipientType => types[usize::from(chunk.type_of()[row])],
        Column::Authority => match section.authority[row] {
            SourceOfAuthority::Cloud => 0,
            SourceOfAuthority::OnPremises => 1,
            SourceOfAuthority::Unknown => 2,
        },
        Column::DirSynced => match chunk.dir_synced(row) {
            Some(true) => 0,
            Some(false) => 1,
            None => 2,
        },
        // shifted, so that times before 1970 come first; rows without a time before all others
        Column::WhenChanged => chunk
            .changed_microseconds(row)
            .map_or(0, |at| (i128::from(at) + (1 << 64)) as u128),
        _ => chunk.ids()[row].0.as_u128(),
    }
}

/// Sixteen bytes of a text. Big-endian, so that numbers compare as the texts do.
fn bytes_from(text: &str, from: usize) -> u128 {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let mut bytes = [0; 16];
    let length = rest.len().min(16);
    bytes[..length].copy_from_slice(&rest[..length]);
    u128::from_be_bytes(bytes)
}
