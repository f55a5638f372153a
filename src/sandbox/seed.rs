//! Numbers that depend on nothing but the seed, so that the same seed is the same tenant.

use uuid::Uuid;

/// A well-mixed number from a seed, an index and a purpose (the finalizer of SplitMix64 over their sum).
pub(super) fn mix(seed: u64, index: u64, purpose: u64) -> u64 {
    let mut state = seed
        .wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .wrapping_add(purpose.wrapping_mul(0xD1B5_4A32_D192_ED03))
        .wrapping_add(0x2545_F491_4F6C_DD1D);
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

/// A reversible shuffle of all 32-bit numbers: an object id carries its row number without showing it.
fn shuffle(key: u64, number: u32) -> u32 {
    let (mut left, mut right) = ((number >> 16) as u16, number as u16);
    for round in 0..4 {
        (left, right) = (right, left ^ mix(key, u64::from(right), round) as u16);
    }
    u32::from(left) << 16 | u32::from(right)
}

/// The inverse of [`shuffle`].
fn unshuffle(key: u64, number: u32) -> u32 {
    let (mut left, mut right) = ((number >> 16) as u16, number as u16);
    for round in (0..4).rev() {
        (left, right) = (right ^ mix(key, u64::from(left), round) as u16, left);
    }
    u32::from(left) << 16 | u32::from(right)
}

/// The identifier of a row for one purpose; looks like a random one.
pub(super) fn uuid(seed: u64, index: u32, purpose: u64) -> Uuid {
    let key = mix(seed, 0, purpose);
    let front = u128::from(shuffle(key, index)) << 96;
    let rest = u128::from(mix(key, index.into(), 1)) << 64 | u128::from(mix(key, index.into(), 2));
    let mut bytes = (front | rest & ((1 << 96) - 1)).to_be_bytes();
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    Uuid::from_bytes(bytes)
}

/// The row an identifier was made for, when it was made by [`uuid`] with the same seed and purpose.
pub(super) fn index_of(seed: u64, uuid: Uuid, purpose: u64) -> Option<u32> {
    let index = unshuffle(mix(seed, 0, purpose), (uuid.as_u128() >> 96) as u32);
    (self::uuid(seed, index, purpose) == uuid).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_lead_back_to_their_row() {
        for index in [0, 1, 2, 599_999, u32::MAX] {
            let id = uuid(7, index, 3);
            assert_eq!(index_of(7, id, 3), Some(index));
            assert_eq!(index_of(7, id, 4), None);
            assert_eq!(index_of(8, id, 3), None);
            assert_eq!(id.get_version_num(), 4);
        }
    }
}
