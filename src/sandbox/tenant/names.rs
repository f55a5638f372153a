//! Names of people: every row has its own pair of given and family name, and the pair leads back to the row.

use std::collections::HashMap;

/// One name per line; a second word is its spelling in addresses.
const GIVEN: &str = include_str!("../../../assets/sandbox/given-names.txt");
const FAMILY: &str = include_str!("../../../assets/sandbox/family-names.txt");
/// Display names that break careless programs: bidi overrides, escape sequences, formulas, combining marks.
const HOSTILE: &str = include_str!("../../../assets/sandbox/hostile-names.json");
/// Steps through all pairs; prime, and no factor of the number of pairs (a test holds this).
const STRIDE: u64 = 7919;

type Name = (&'static str, &'static str);

pub(in crate::sandbox) struct Names {
    given: Vec<Name>,
    family: Vec<Name>,
    given_at: HashMap<&'static str, u64>,
    family_at: HashMap<&'static str, u64>,
    offset: u64,
    /// Multiplied with [`STRIDE`] gives one, modulo the number of pairs.
    back_stride: u64,
    hostile: Vec<String>,
}

impl Names {
    pub fn new(seed: u64) -> Self {
        let (given, family) = (parse(GIVEN), parse(FAMILY));
        let pairs = (given.len() * family.len()) as u64;
        let at = |names: &[Name]| {
            names
                .iter()
                .zip(0..)
                .map(|((_, plain), at)| (*plain, at))
                .collect()
        };
        Self {
            given_at: at(&given),
            family_at: at(&family),
            offset: seed % pairs,
            back_stride: (1..pairs).find(|back| back * STRIDE % pairs == 1).unwrap_or(1),
            hostile: serde_json::from_str(HOSTILE).unwrap_or_default(),
            given,
            family,
        }
    }

    fn pairs(&self) -> u64 {
        (self.given.len() * self.family.len()) as u64
    }

    /// Given and family name, each as shown and as in addresses, and how often the pair came before.
    pub fn person(&self, index: u32) -> (Name, Name, u64) {
        let (round, place) = (u64::from(index) / self.pairs(), u64::from(index) % self.pairs());
        let pair = (place * STRIDE + self.offset) % self.pairs();
        let families = self.family.len() as u64;
        (
            self.given[(pair / families) as usize],
            self.family[(pair % families) as usize],
            round,
        )
    }

    /// `anna.schmidt`, and `anna.schmidt2` when the pair is in its second round.
    pub fn alias(&self, index: u32) -> String {
        let ((_, given), (_, family), round) = self.person(index);
        if round == 0 {
            format!("{given}.{family}")
        } else {
            format!("{given}.{family}{}", round + 1)
        }
    }

    /// The row an alias was made for, whether or not the tenant has that many.
    pub fn index_of_alias(&self, alias: &str) -> Option<u32> {
        let (given, rest) = alias.split_once('.')?;
        let family = rest.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let round = match &rest[family.len()..] {
            "" => 0,
            digits => digits.parse::<u64>().ok()?.checked_sub(1)?,
        };
        let pair = self.given_at.get(given)? * self.family.len() as u64 + self.family_at.get(family)?;
        let place = (pair + self.pairs() - self.offset) % self.pairs() * self.back_stride % self.pairs();
        u32::try_from(round.checked_mul(self.pairs())?.checked_add(place)?).ok()
    }

    pub fn hostile(&self, number: usize) -> Option<&str> {
        self.hostile
            .get(number % self.hostile.len().max(1))
            .map(String::as_str)
    }
}

fn parse(list: &'static str) -> Vec<Name> {
    list.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let shown = words.next()?;
            Some((shown, words.next().unwrap_or(shown)))
        })
        .map(|(shown, plain)| (shown, lower(plain)))
        .collect()
}

/// Names in addresses are lower case. The lists are part of the program, so a name lives as long as it does.
fn lower(name: &'static str) -> &'static str {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().leak()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_leads_back_to_its_row() {
        let names = Names::new(99);
        let pairs = names.pairs() as u32;
        for index in (0..pairs).chain([pairs, pairs * 3 + 5, 599_999]) {
            assert_eq!(
                names.index_of_alias(&names.alias(index)),
                Some(index),
                "{}",
                names.alias(index)
            );
        }
        assert_eq!(names.index_of_alias("nobody.here"), None);
    }

    #[test]
    fn hostile_names_are_readable() {
        assert!(Names::new(0).hostile.len() > 10);
    }
}
