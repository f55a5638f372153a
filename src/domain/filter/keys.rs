//! The keys of the filter language, as data: the parser, the help page and completion read the same table.

/// What a key looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Recipient type.
    Type,
    /// Source of authority.
    Flag,
    /// Directory synchronization.
    Synced,
    /// Domain of the primary address.
    Domain,
    /// Display name.
    Name,
    /// Sign-in name.
    Upn,
    /// Primary address.
    Mail,
    /// Exchange alias.
    Alias,
    /// Object identifier.
    Id,
    /// Last change.
    Changed,
}

/// A key as help and completion show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// What it looks at.
    pub key: Key,
    /// The word before the colon.
    pub word: &'static str,
    /// Words it takes; empty where any text will do.
    pub values: &'static [&'static str],
    /// One line of help.
    pub doc: &'static str,
    /// A filter that uses it.
    pub example: &'static str,
}

const fn info(
    key: Key,
    word: &'static str,
    values: &'static [&'static str],
    doc: &'static str,
    example: &'static str,
) -> KeyInfo {
    KeyInfo {
        key,
        word,
        values,
        doc,
        example,
    }
}

const KEYS: [KeyInfo; 10] = [
    info(
        Key::Type,
        "type",
        &[
            "user",
            "shared",
            "room",
            "equipment",
            "linked",
            "scheduling",
            "discovery",
            "team",
            "group",
            "legacy",
        ],
        "recipient type, or a type name such as TeamMailbox",
        "type:room,equipment",
    ),
    info(
        Key::Flag,
        "flag",
        &["cloud", "onprem", "unknown"],
        "who may edit the Exchange attributes",
        "flag:onprem",
    ),
    info(
        Key::Synced,
        "synced",
        &["yes", "no", "unknown"],
        "synchronized from Active Directory",
        "synced:yes",
    ),
    info(
        Key::Domain,
        "domain",
        &[],
        "domain of the primary address, whole",
        "domain:contoso.com",
    ),
    info(Key::Name, "name", &[], "part of the display name", "name:smith"),
    info(Key::Upn, "upn", &[], "part of the sign-in name", "upn:anna@"),
    info(
        Key::Mail,
        "mail",
        &[],
        "part of the primary address",
        "mail:sales",
    ),
    info(Key::Alias, "alias", &[], "part of the alias", "alias:asmith"),
    info(Key::Id, "id", &[], "beginning of the object id", "id:0f8c2b"),
    info(
        Key::Changed,
        "changed",
        &[],
        "last change: younger or older than an age (m, h, d, w), before or after a day (UTC)",
        "changed:<7d",
    ),
];

/// All keys, in the order help shows them.
pub fn keys() -> &'static [KeyInfo] {
    &KEYS
}

impl Key {
    /// Its row in the table.
    pub fn info(self) -> &'static KeyInfo {
        &KEYS[self as usize]
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        KEYS.iter()
            .find(|info| info.word.eq_ignore_ascii_case(word))
            .map(|info| info.key)
    }
}

/// The candidate closest to what was typed, if it is close enough to be meant.
pub(super) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = typed.to_lowercase().chars().take(32).collect();
    let allowed = if typed.len() <= 3 { 1 } else { 2 };
    candidates
        .into_iter()
        .map(|candidate| (distance(&typed, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many characters must be added, dropped, changed or swapped with their neighbour.
fn distance(typed: &[char], candidate: &str) -> usize {
    let candidate: Vec<char> = candidate.chars().collect();
    let mut older: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=candidate.len()).collect();
    for (row, left) in typed.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, right) in candidate.iter().enumerate() {
            let changed = previous[column] + usize::from(left != right);
            let mut best = changed.min(previous[column + 1] + 1).min(current[column] + 1);
            let swapped = row > 0 && column > 0 && typed[row - 1] == *right && *left == candidate[column - 1];
            if swapped {
                best = best.min(older[column - 1] + 1);
            }
            current.push(best);
        }
        older = std::mem::replace(&mut previous, current);
    }
    previous[candidate.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_keys() {
        for info in keys() {
            assert_eq!(info.key.info(), info);
            assert_eq!(Key::from_word(&info.word.to_uppercase()), Some(info.key));
        }
    }

    #[test]
    fn slips_are_recognized() {
        let words = || keys().iter().map(|info| info.word);
        assert_eq!(nearest("tpye", words()), Some("type"));
        assert_eq!(nearest("domian", words()), Some("domain"));
        assert_eq!(nearest("flg", words()), Some("flag"));
        assert_eq!(nearest("department", words()), None);
    }
}
