//! A bit for each row of a chunk.

use crate::domain::table::CHUNK_ROWS;

pub(super) const WORDS: usize = CHUNK_ROWS / 64;

pub(super) type Bits = [u64; WORDS];

/// The first `rows` rows.
pub(super) fn all(rows: usize) -> Bits {
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

/// Rows whose bit is set.
pub(super) fn ones(bits: &Bits) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(place, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(place * 64 + bit)
        })
    })
}

pub(super) fn set(bits: &mut Bits, row: usize) {
    bits[row / 64] |= 1 << (row % 64);
}

pub(super) fn clear(bits: &mut Bits, row: usize) {
    bits[row / 64] &= !(1 << (row % 64));
}

pub(super) fn contains(bits: &Bits, row: usize) -> bool {
    bits[row / 64] >> (row % 64) & 1 == 1
}

pub(super) fn count(bits: &Bits) -> u32 {
    bits.iter().map(|word| word.count_ones()).sum()
}
