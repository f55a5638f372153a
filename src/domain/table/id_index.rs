//! From identifier to row: an open-addressing table of row numbers only, four bytes a slot.
//!
//! The identifiers stand in the rows already; a map that kept them again would cost five times the memory.

use std::hash::{BuildHasher, RandomState};

use super::{ObjectId, Row};

const EMPTY: Row = Row::MAX;

/// The table is split, so that growing moves a small part at a time: inserts happen on the screen's loop.
const PARTS: usize = 64;

/// Rows by identifier. Whoever asks says how to read the identifier of a row.
#[derive(Clone, Debug)]
pub(super) struct IdIndex {
    parts: Vec<Part>,
    keys: [u64; 2],
}

#[derive(Clone, Debug)]
struct Part {
    /// A power of two of them.
    slots: Vec<Row>,
    used: usize,
}

impl IdIndex {
    pub(super) fn new() -> Self {
        // Keys differ in every process, so that a server can't choose identifiers that collide.
        let seed = RandomState::new();
        let part = Part {
            slots: vec![EMPTY; 16],
            used: 0,
        };
        Self {
            parts: vec![part; PARTS],
            keys: [seed.hash_one(1_u8), seed.hash_one(2_u8)],
        }
    }

    /// The row of an identifier.
    pub(super) fn find(&self, id: ObjectId, id_of: impl Fn(Row) -> Option<ObjectId>) -> Option<Row> {
        let hash = self.hash(id);
        let slots = &self.parts[hash % PARTS].slots;
        let mut slot = (hash / PARTS) & (slots.len() - 1);
        loop {
            let row = slots[slot];
            if row == EMPTY {
                return None;
            }
            if id_of(row) == Some(id) {
                return Some(row);
            }
            slot = (slot + 1) & (slots.len() - 1);
        }
    }

    /// Adds a row whose identifier [`Self::find`] did not find. The row itself need not be readable yet.
    pub(super) fn insert(&mut self, id: ObjectId, row: Row, id_of: impl Fn(Row) -> Option<ObjectId>) {
        let hash = self.hash(id);
        let number = hash % PARTS;
        let part = &self.parts[number];
        // Parts fill alike, so each grows at a load of its own, from a half to three quarters, and not all in one batch.
        if part.used * 4 * PARTS >= part.slots.len() * (2 * PARTS + number) {
            let mut slots = vec![EMPTY; part.slots.len() * 2];
            for row in part.slots.iter().filter(|row| **row != EMPTY) {
                if let Some(id) = id_of(*row) {
                    put(&mut slots, self.hash(id), *row);
                }
            }
            self.parts[number].slots = slots;
        }
        let part = &mut self.parts[number];
        put(&mut part.slots, hash, row);
        part.used += 1;
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.parts
            .iter()
            .map(|part| size_of::<Part>() + part.slots.capacity() * size_of::<Row>())
            .sum()
    }

    /// Keyed multiply and fold: as quick as a lookup needs, and unpredictable from outside.
    fn hash(&self, id: ObjectId) -> usize {
        let (high, low) = id.0.as_u64_pair();
        let product = u128::from(high ^ self.keys[0]).wrapping_mul(u128::from(low ^ self.keys[1]) | 1);
        let folded = (product >> 64) as u64 ^ product as u64;
        (folded ^ folded >> 29) as usize
    }
}

/// Takes the first free slot. There always is one: parts are never full.
fn put(slots: &mut [Row], hash: usize, row: Row) {
    let mut slot = (hash / PARTS) & (slots.len() - 1);
    while slots[slot] != EMPTY {
        slot = (slot + 1) & (slots.len() - 1);
    }
    slots[slot] = row;
}
