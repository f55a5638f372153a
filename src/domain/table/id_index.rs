//! From identifier to row: an open-addressing table of row numbers only, four bytes a slot.
//!
//! The identifiers stand in the rows already; a map that kept them again would cost five times the memory.

use std::hash::{BuildHasher, RandomState};

use super::{ObjectId, Row};

const EMPTY: Row = Row::MAX;

/// Rows by identifier. Whoever asks says how to read the identifier of a row.
#[derive(Clone, Debug)]
pub(super) struct IdIndex {
    slots: Vec<Row>,
    used: usize,
    keys: [u64; 2],
}

impl IdIndex {
    pub(super) fn new() -> Self {
        // Keys differ in every process, so that a server can't choose identifiers that collide.
        let seed = RandomState::new();
        Self {
            slots: vec![EMPTY; 16],
            used: 0,
            keys: [seed.hash_one(1_u8), seed.hash_one(2_u8)],
        }
    }

    /// The row of an identifier.
    pub(super) fn find(&self, id: ObjectId, id_of: impl Fn(Row) -> Option<ObjectId>) -> Option<Row> {
        self.slot(id, &id_of).1
    }

    /// Adds the next row, whose identifier [`Self::find`] did not find. The row itself need not be readable yet.
    pub(super) fn insert(&mut self, id: ObjectId, id_of: impl Fn(Row) -> Option<ObjectId>) {
        // three quarters full
        if (self.used + 1) * 4 > self.slots.len() * 3 {
            self.grow(&id_of);
        }
        let (slot, _) = self.slot(id, &id_of);
        // Memory ends long before row numbers do: four billion rows would need some 600 GB.
        self.slots[slot] = self.used as Row;
        self.used += 1;
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Row>()
    }

    fn slot(&self, id: ObjectId, id_of: &impl Fn(Row) -> Option<ObjectId>) -> (usize, Option<Row>) {
        let mask = self.slots.len() - 1;
        let mut slot = self.hash(id) & mask;
        loop {
            let row = self.slots[slot];
            if row == EMPTY {
                return (slot, None);
            }
            if id_of(row) == Some(id) {
                return (slot, Some(row));
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Rows are inserted in order, so that their identifiers are read in order here: this runs on the screen's loop.
    fn grow(&mut self, id_of: &impl Fn(Row) -> Option<ObjectId>) {
        self.slots = vec![EMPTY; self.slots.len() * 2];
        let mask = self.slots.len() - 1;
        for row in 0..self.used as Row {
            let Some(id) = id_of(row) else { continue };
            let mut slot = self.hash(id) & mask;
            while self.slots[slot] != EMPTY {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = row;
        }
    }

    /// Keyed multiply and fold: as quick as a lookup needs, and unpredictable from outside.
    fn hash(&self, id: ObjectId) -> usize {
        let (high, low) = id.0.as_u64_pair();
        let product = u128::from(high ^ self.keys[0]).wrapping_mul(u128::from(low ^ self.keys[1]) | 1);
        let folded = (product >> 64) as u64 ^ product as u64;
        (folded ^ folded >> 29) as usize
    }
}
