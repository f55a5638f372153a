//! The table of sign-in errors: what a code means and what to do, from `assets/advice/sign-in.toml`.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

use super::AuthErrorKind;

const TABLE: &str = include_str!("../../../assets/advice/sign-in.toml");

/// Title and advice of one code or kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advice {
    /// What happened, as a sentence without full stop.
    pub(super) title: String,
    /// What to do.
    pub(super) advice: String,
}

/// One AADSTS number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownCode {
    number: u32,
    /// Which kind of failure it is.
    pub(super) kind: AuthErrorKind,
    /// What happened.
    pub(super) title: String,
    /// What to do.
    pub(super) advice: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: HashMap<AuthErrorKind, Advice>,
    code: Vec<KnownCode>,
}

#[derive(Default)]
struct Table {
    kinds: HashMap<AuthErrorKind, Advice>,
    codes: HashMap<u32, KnownCode>,
}

static KNOWN: LazyLock<Table> = LazyLock::new(|| {
    // The file is part of the program and a test reads it; an empty table only means less advice.
    toml::from_str::<File>(TABLE).map_or_else(
        |_| Table::default(),
        |file| Table {
            kinds: file.kind,
            codes: file.code.into_iter().map(|entry| (entry.number, entry)).collect(),
        },
    )
});

/// What is known about an AADSTS number.
pub(super) fn of_code(number: u32) -> Option<&'static KnownCode> {
    KNOWN.codes.get(&number)
}

/// What is known about a kind of failure.
pub(super) fn of_kind(kind: AuthErrorKind) -> Option<&'static Advice> {
    KNOWN.kinds.get(&kind)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_entry_has_title_and_advice() {
        let file: File = toml::from_str(TABLE).unwrap();
        assert!(file.code.len() >= 40, "{} codes", file.code.len());
        let numbers: HashSet<u32> = file.code.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers.len(), file.code.len(), "a number stands twice");
        let texts = file
            .code
            .iter()
            .map(|entry| (entry.number.to_string(), &entry.title, &entry.advice))
            .chain(
                file.kind
                    .iter()
                    .map(|(kind, entry)| (format!("{kind:?}"), &entry.title, &entry.advice)),
            );
        for (name, title, advice) in texts {
            assert!(title.len() > 10 && !title.ends_with('.'), "{name}: {title}");
            assert!(advice.len() > 15 && advice.ends_with('.'), "{name}: {advice}");
        }
    }

    #[test]
    fn every_kind_has_advice() {
        for kind in AuthErrorKind::ALL {
            assert!(of_kind(kind).is_some(), "{kind:?}");
        }
        assert_eq!(KNOWN.kinds.len(), AuthErrorKind::ALL.len());
    }

    #[test]
    fn the_codes_an_administrator_meets_first_are_there() {
        for number in [
            50058, 50076, 50079, 50105, 50126, 50034, 50053, 50055, 50057, 50059, 50173, 50194, 53000, 53001,
            53002, 53003, 53004, 54005, 65001, 65004, 65005, 70000, 70001, 70002, 70008, 70011, 70016, 70019,
            70020, 7000112, 7000215, 7000218, 7000222, 700016, 700024, 700027, 700030, 700082, 700084, 90002,
            90014, 90072, 90094, 90095, 900144, 500011, 500113, 530032, 530034, 530035, 135010, 240001,
            240002,
        ] {
            assert!(of_code(number).is_some(), "{number}");
        }
        assert!(of_code(1).is_none());
    }
}
