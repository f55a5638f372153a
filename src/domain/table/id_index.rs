//! From identifier to row: an open-addressing table of row numbers and hashes, eight bytes a slot.
//!
//! The identifiers stand in the rows already; a map that kept them again would cost three times the memory. The hash
//! saves the look at rows that are other ones, which would cost more than all else when a large tenant is loaded.

use std::hash::{BuildHasher, RandomState};

use super::{ObjectId, Row};

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The largest number for a free slot.
    row: Row,
    hash: u32,
}

const FREE: Slot = Slot {
    row: Row::MAX,
    hash: 0,
};

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
    slots: Vec<Slot>,
    used: usize,
}

impl IdIndex {
    pub(super) fn new() -> Self {
        // Keys differ in every process, so that a server can't choose identifiers that collide.
        let seed = RandomState::new();
        let part = Part {
            slots: vec![FREE; 16],
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
        let slots = &self.parts[part_of(hash)].slots;
        let mut place = first_place(hash, slots);
        loop {
            let slot = slots[place];
            if slot.row == FREE.row {
                return None;
            }
            if slot.hash == hash && id_of(slot.row) == Some(id) {
                return Some(slot.row);
            }
            place = (place + 1) & (slots.len() - 1);
        }
    }

    /// Adds a row whose identifier [`Self::find`] did not find.
    pub(super) fn insert(&mut self, id: ObjectId, row: Row) {
        let hash = self.hash(id);
        let number = part_of(hash);
        let part = &self.parts[number];
        // Parts fill alike, so each grows at a load of its own, from a half to three quarters, and not all in one batch.
        if part.used * 4 * PARTS >= part.slots.len() * (2 * PARTS + number) {
            let mut slots = vec![FREE; part.slots.len() * 2];
            for slot in part.slots.iter().filter(|slot| slot.row != FREE.row) {
                put(&mut slots, *slot);
            }
            self.parts[number].slots = slots;
        }
        let part = &mut self.parts[number];
        put(&mut part.slots, Slot { row, hash });
        part.used += 1;
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.parts
            .iter()
            .map(|part| size_of::<Part>() + part.slots.capacity() * size_of::<Slot>())
            .sum()
    }

    /// Keyed multiply and fold: as quick as a lookup needs, and unpredictable from outside.
    fn hash(&self, id: ObjectId) -> u32 {
        let (high, low) = id.0.as_u64_pair();
        let product = u128::from(high ^ self.keys[0]).wrapping_mul(u128::from(low ^ self.keys[1]) | 1);
        let folded = (product >> 64) as u64 ^ product as u64;
        (folded ^ folded >> 29) as u32
    }
}

fn part_of(hash: u32) -> usize {
    hash as usize % PARTS
}

fn first_place(hash: u32, slots: &[Slot]) -> usize {
    (hash as usize / PARTS) & (slots.len() - 1)
}

/// Takes the first free slot. There always is one: parts are never full.
fn put(slots: &mut [Slot], slot: Slot) {
    let mut place = first_place(slot.hash, slots);
    while slots[place].row != FREE.row {
        place = (place + 1) & (slots.len() - 1);
    }
    slots[place] = slot;
}
