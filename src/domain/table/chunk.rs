//! 4,096 rows, column by column, with their texts in two arenas.

use jiff::Timestamp;

use super::{Mailbox, ObjectId, RecipientType, TextColumn};
use crate::domain::text;

/// Rows in a full chunk. A change to the last, unfinished chunk copies at most this many.
pub(in crate::domain) const CHUNK_ROWS: usize = 4096;

/// Characters kept of one text. Exchange allows 256 in a display name and 571 in an address; beyond that it is an attack.
const MAX_CHARACTERS: usize = 1024;

/// Ends every text in the arenas. No cleaned text holds it, so a search over a whole arena can't match across texts.
const SEPARATOR: char = '\n';

const NO_TIME: i64 = i64::MIN;

/// Bits of [`Chunk::traits`]. Bits 0 to 3: the column's text is its own search text, so the text arena lacks it.
const MAIL_SEARCHED_AS_UPN: u8 = 1 << 4;
const MAIL_IS_UPN: u8 = 1 << 5;
const SYNCED_SHIFT: u8 = 6;

/// The rows. Once full, never changed.
#[derive(Clone, Debug, Default)]
pub(in crate::domain) struct Chunk {
    ids: Vec<ObjectId>,
    /// Microseconds since 1970.
    changed: Vec<i64>,
    /// Index into `types`.
    type_of: Vec<u16>,
    types: Vec<RecipientType>,
    traits: Vec<u8>,
    /// Texts whose search text differs from them, in column order, each ended by the separator.
    texts: String,
    text_starts: Vec<u32>,
    /// Folded texts of the four columns, each ended by the separator. An address that folds to the same as the UPN is
    /// empty here: whatever finds the one finds the other.
    search: String,
    search_starts: Vec<u32>,
    /// Lengths of the first three search texts; the last one reaches to the end of the row.
    search_lengths: Vec<[u16; 3]>,
    /// Which characters a row's search texts hold, see [`character_set`].
    character_sets: Vec<u32>,
}

impl Chunk {
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn push(&mut self, mailbox: &Mailbox) {
        let originals = [
            &mailbox.display_name,
            &mailbox.user_principal_name,
            &mailbox.primary_smtp_address,
            &mailbox.alias,
        ]
        .map(|original| text::clean_to(original, MAX_CHARACTERS));
        let folded = [0, 1, 2, 3].map(|column: usize| text::fold(&originals[column]));
        let [_, upn, mail, _] = &originals;

        let mut traits = match mailbox.dir_synced {
            None => 0,
            Some(false) => 1,
            Some(true) => 2,
        } << SYNCED_SHIFT;
        let searched_as_upn = folded[1] == folded[2];
        if searched_as_upn {
            traits |= MAIL_SEARCHED_AS_UPN;
        }
        if upn == mail {
            traits |= MAIL_IS_UPN;
        }

        self.text_starts.push(self.texts.len() as u32);
        self.search_starts.push(self.search.len() as u32);
        let mut lengths = [0; 4];
        for (column, (original, folded)) in originals.iter().zip(&folded).enumerate() {
            let is_mail = column == TextColumn::PrimarySmtpAddress as usize;
            if !(is_mail && searched_as_upn) {
                self.search.push_str(folded);
                // A text of 1,024 characters folds to far less than 64 KiB.
                lengths[column] = folded.len() as u16;
            }
            self.search.push(SEPARATOR);
            if original == folded {
                traits |= 1 << column;
            } else if !(is_mail && upn == mail) {
                self.texts.push_str(original);
                self.texts.push(SEPARATOR);
            }
        }
        self.character_sets
            .push(folded.iter().fold(0, |set, text| set | character_set(text)));
        self.search_lengths.push([lengths[0], lengths[1], lengths[2]]);
        self.traits.push(traits);

        self.ids.push(mailbox.id);
        self.changed
            .push(mailbox.when_changed.map_or(NO_TIME, Timestamp::as_microsecond));
        let known = self
            .types
            .iter()
            .position(|known| *known == mailbox.recipient_type);
        let index = known.unwrap_or_else(|| {
            self.types.push(mailbox.recipient_type.clone());
            self.types.len() - 1
        });
        // at most as many types as rows
        self.type_of.push(index as u16);
        if self.len() == CHUNK_ROWS {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.changed.shrink_to_fit();
        self.type_of.shrink_to_fit();
        self.traits.shrink_to_fit();
        self.texts.shrink_to_fit();
        self.text_starts.shrink_to_fit();
        self.search.shrink_to_fit();
        self.search_starts.shrink_to_fit();
        self.search_lengths.shrink_to_fit();
        self.character_sets.shrink_to_fit();
    }

    pub(super) fn id(&self, row: usize) -> Option<ObjectId> {
        self.ids.get(row).copied()
    }

    pub(in crate::domain) fn ids(&self) -> &[ObjectId] {
        &self.ids
    }

    /// Microseconds since 1970 of the last change.
    pub(in crate::domain) fn changed_microseconds(&self, row: usize) -> Option<i64> {
        self.changed.get(row).copied().filter(|at| *at != NO_TIME)
    }

    pub(in crate::domain) fn changed(&self, row: usize) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.changed_microseconds(row)?).ok()
    }

    pub(in crate::domain) fn types(&self) -> &[RecipientType] {
        &self.types
    }

    /// Per row, the index into [`Self::types`].
    pub(in crate::domain) fn type_of(&self) -> &[u16] {
        &self.type_of
    }

    pub(in crate::domain) fn dir_synced(&self, row: usize) -> Option<bool> {
        match self.traits[row] >> SYNCED_SHIFT {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        }
    }

    /// All search texts, one after the other.
    pub(in crate::domain) fn search(&self) -> &[u8] {
        self.search.as_bytes()
    }

    /// Where the search texts of each row begin.
    pub(in crate::domain) fn search_starts(&self) -> &[u32] {
        &self.search_starts
    }

    /// The search texts of one row, separators included.
    pub(in crate::domain) fn search_row(&self, row: usize) -> &str {
        &self.search[self.search_starts[row] as usize..end(&self.search_starts, row, self.search.len())]
    }

    /// Which characters the search texts of each row hold, see [`character_set`].
    pub(in crate::domain) fn character_sets(&self) -> &[u32] {
        &self.character_sets
    }

    /// The folded text of a column.
    pub(in crate::domain) fn search_text(&self, row: usize, column: TextColumn) -> &str {
        let texts = self.search_row(row);
        let [first, second, third] = self.search_lengths[row].map(usize::from);
        match column {
            TextColumn::DisplayName => &texts[..first],
            TextColumn::PrimarySmtpAddress if self.traits[row] & MAIL_SEARCHED_AS_UPN == 0 => {
                &texts[first + second + 2..][..third]
            }
            TextColumn::UserPrincipalName | TextColumn::PrimarySmtpAddress => &texts[first + 1..][..second],
            TextColumn::Alias => &texts[first + second + third + 3..texts.len() - 1],
        }
    }

    /// The text of a column as it came, cleaned.
    pub(in crate::domain) fn text(&self, row: usize, column: TextColumn) -> &str {
        let traits = self.traits[row];
        if traits & 1 << column as u8 != 0 {
            return self.search_text(row, column);
        }
        if column == TextColumn::PrimarySmtpAddress && traits & MAIL_IS_UPN != 0 {
            return self.text(row, TextColumn::UserPrincipalName);
        }
        let before = (0..column as u8)
            .filter(|earlier| {
                let twin = *earlier == TextColumn::PrimarySmtpAddress as u8 && traits & MAIL_IS_UPN != 0;
                traits & 1 << earlier == 0 && !twin
            })
            .count();
        let texts =
            &self.texts[self.text_starts[row] as usize..end(&self.text_starts, row, self.texts.len())];
        texts.split(SEPARATOR).nth(before).unwrap_or_default()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.ids.capacity() * size_of::<ObjectId>()
            + self.changed.capacity() * size_of::<i64>()
            + self.type_of.capacity() * size_of::<u16>()
            + self.types.capacity() * size_of::<RecipientType>()
            + self.traits.capacity()
            + self.texts.capacity()
            + self.text_starts.capacity() * size_of::<u32>()
            + self.search.capacity()
            + self.search_starts.capacity() * size_of::<u32>()
            + self.search_lengths.capacity() * size_of::<[u16; 3]>()
            + self.character_sets.capacity() * size_of::<u32>()
    }
}

/// A bit for each letter, four for the digits, one for everything beyond ASCII. A text can't hold another one whose bits
/// it lacks.
pub(in crate::domain) fn character_set(folded: &str) -> u32 {
    folded.bytes().fold(0, |set, byte| {
        set | match byte {
            b'a'..=b'z' => 1 << (byte - b'a'),
            b'0'..=b'9' => 1 << (26 + byte % 4),
            0x80.. => 1 << 30,
            _ => 0,
        }
    })
}

fn end(starts: &[u32], row: usize, length: usize) -> usize {
    starts.get(row + 1).map_or(length, |start| *start as usize)
}
