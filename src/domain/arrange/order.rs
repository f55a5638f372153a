//! The sorted permutation of all rows.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Column, Sort, Stop};
use crate::domain::table::{CHUNK_ROWS, Chunk, Row, Section, TableSnapshot, TextColumn};
use crate::domain::{SourceOfAuthority, text};

/// Rows between two looks at whether to stop.
const STRIDE: usize = 65_536;

/// The first sixteen bytes of a sort key, and its row. Most comparisons end here, without a look at the row.
struct Entry {
    prefix: u128,
    row: Row,
}

/// All rows of a snapshot, sorted; nothing when stopped.
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
            prefix: prefix(section, &types, row, sort.column),
            row: (first + row) as Row,
        }));
    }
    let text_column = text_column(sort.column);
    let compare = |one: &Entry, other: &Entry| {
        let keys = one.prefix.cmp(&other.prefix).then_with(|| match text_column {
            Some(column) => rest_of(sections, one.row, column).cmp(rest_of(sections, other.row, column)),
            None => Ordering::Equal,
        });
        let keys = if sort.descending { keys.reverse() } else { keys };
        keys.then(one.row.cmp(&other.row))
    };
    // Stretches are sorted and then merged, so that a stop takes effect within milliseconds.
    for stretch in entries.chunks_mut(STRIDE) {
        if stop() {
            return None;
        }
        stretch.sort_unstable_by(compare);
    }
    if entries.len() > STRIDE {
        if stop() {
            return None;
        }
        // The stable sort recognizes sorted stretches and merges them.
        entries.sort_by(compare);
    }
    Some(Arc::new(entries.into_iter().map(|entry| entry.row).collect()))
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

/// What the prefix left out of a text, folded.
fn rest_of(sections: &[Section], row: Row, column: TextColumn) -> &[u8] {
    let text = sections.get(row as usize / CHUNK_ROWS).map_or("", |section| {
        section.chunk.search_text(row as usize % CHUNK_ROWS, column)
    });
    text.as_bytes().get(16..).unwrap_or_default()
}

fn folded_types(chunk: &Chunk) -> Vec<u128> {
    chunk
        .types()
        .iter()
        .map(|kind| leading_bytes(&text::fold(kind.word())))
        .collect()
}

fn prefix(section: &Section, types: &[u128], row: usize, column: Column) -> u128 {
    let chunk = &*section.chunk;
    if let Some(column) = text_column(column) {
        return leading_bytes(chunk.search_text(row, column));
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

/// Big-endian, so that numbers compare as the texts do. No text holds a NUL, so padding sorts a shorter text first.
fn leading_bytes(text: &str) -> u128 {
    let bytes = text.as_bytes();
    let mut leading = [0; 16];
    let length = bytes.len().min(16);
    leading[..length].copy_from_slice(&bytes[..length]);
    u128::from_be_bytes(leading)
}
