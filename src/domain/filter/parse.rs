//! From the line that was typed to terms.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::error::{FilterError, FilterErrorKind, quoted};
use super::keys::Key;
use super::term::{Period, Term, Test};
use crate::domain::{SourceOfAuthority, table::TextColumn, text};

/// Characters kept of one value. Longer ones can't match anything the table holds.
const MAX_CHARACTERS: usize = 1024;

/// One value as typed: whether it was fuzzy, whether quoted, and where it stands.
struct Value {
    position: usize,
    fuzzy: bool,
    quoted: bool,
    text: String,
}

/// Reads characters and knows their position.
struct Reader {
    characters: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// The letters before a colon, if that is what comes next. The colon is taken too.
    fn key(&mut self) -> Option<String> {
        let letters = self.characters[self.at..]
            .iter()
            .take_while(|letter| letter.is_ascii_alphabetic())
            .count();
        let end = self.at + letters;
        if letters == 0 || self.characters.get(end) != Some(&':') {
            return None;
        }
        let word = self.characters[self.at..end].iter().collect();
        self.at = end + 1;
        Some(word)
    }

    /// One value. Quotes keep spaces and commas; a doubled quote inside them is a quote; a missing last one is supplied,
    /// so that a filter works while it is typed.
    fn value(&mut self) -> Value {
        let position = self.at;
        let fuzzy = self.take('~');
        let quoted = self.take('"');
        let mut text = String::new();
        while let Some(character) = self.peek() {
            if quoted && character == '"' {
                self.at += 1;
                if !self.take('"') {
                    break;
                }
                text.push('"');
                continue;
            }
            if !quoted && (character.is_whitespace() || character == ',') {
                break;
            }
            text.push(character);
            self.at += 1;
        }
        let text = text::clean_to(&text, MAX_CHARACTERS).into_owned();
        Value {
            position,
            fuzzy,
            quoted,
            text,
        }
    }
}

/// All terms of a line, in order.
pub(super) fn parse(line: &str, now: Timestamp) -> Result<Vec<Term>, FilterError> {
    let mut reader = Reader {
        characters: line.chars().collect(),
        at: 0,
    };
    let mut terms = Vec::new();
    loop {
        reader.skip_spaces();
        if reader.peek().is_none() {
            return Ok(terms);
        }
        terms.push(term(&mut reader, now)?);
    }
}

fn term(reader: &mut Reader, now: Timestamp) -> Result<Term, FilterError> {
    let start = reader.at;
    let mut negated = false;
    while reader.take('!') {
        negated = !negated;
    }
    let key = match reader.key() {
        None => None,
        Some(word) => Some(Key::from_word(&word).ok_or_else(|| FilterError {
            position: start,
            kind: FilterErrorKind::UnknownKey(quoted(&word)),
        })?),
    };
    let mut tests: Vec<Test> = Vec::new();
    loop {
        let value = reader.value();
        // `room,` while typing is `room`
        if !value.text.is_empty() {
            let test = test(key, &value, now).map_err(|kind| FilterError {
                position: value.position,
                kind,
            })?;
            if !tests.contains(&test) {
                tests.push(test);
            }
        }
        if !reader.take(',') {
            break;
        }
    }
    if tests.is_empty() {
        return Err(FilterError {
            position: start,
            kind: FilterErrorKind::Nothing(key),
        });
    }
    Ok(Term { negated, key, tests })
}

fn test(key: Option<Key>, value: &Value, now: Timestamp) -> Result<Test, FilterErrorKind> {
    let folded = text::fold(&value.text).into_owned();
    let typed = || quoted(&value.text);
    let in_column = |column| {
        let needle = folded.clone();
        Ok(if value.fuzzy {
            Test::fuzzy(Some(column), needle)
        } else {
            Test::Part {
                column: Some(column),
                needle,
            }
        })
    };
    let key = match key {
        None if value.fuzzy => return Ok(Test::fuzzy(None, folded)),
        None => {
            return Ok(Test::Part {
                column: None,
                needle: folded,
            });
        }
        Some(key) => key,
    };
    let unknown = || FilterErrorKind::UnknownValue { key, value: typed() };
    match key {
        Key::Name => return in_column(TextColumn::DisplayName),
        Key::Upn => return in_column(TextColumn::UserPrincipalName),
        Key::Mail => return in_column(TextColumn::PrimarySmtpAddress),
        Key::Alias => return in_column(TextColumn::Alias),
        _ if value.fuzzy => return Err(unknown()),
        _ => {}
    }
    match key {
        Key::Type if value.quoted || is_type_name(&folded) => Ok(Test::Type(folded)),
        Key::Flag => match folded.as_str() {
            "cloud" => Ok(Test::Flag(SourceOfAuthority::Cloud)),
            "onprem" | "on-prem" | "on-premises" => Ok(Test::Flag(SourceOfAuthority::OnPremises)),
            "unknown" => Ok(Test::Flag(SourceOfAuthority::Unknown)),
            _ => Err(unknown()),
        },
        Key::Synced => match folded.as_str() {
            "yes" | "true" => Ok(Test::Synced(Some(true))),
            "no" | "false" => Ok(Test::Synced(Some(false))),
            "unknown" => Ok(Test::Synced(None)),
            _ => Err(unknown()),
        },
        Key::Domain => match folded.trim_start_matches('@') {
            "" => Err(FilterErrorKind::Nothing(Some(key))),
            domain => Ok(Test::Domain(domain.to_owned())),
        },
        Key::Id => identifier(&folded).ok_or_else(|| FilterErrorKind::NotAnId(typed())),
        Key::Changed => period(&folded, now)
            .map(|period| Test::Changed {
                written: folded,
                period,
            })
            .ok_or_else(|| FilterErrorKind::NotATime(typed())),
        _ => Err(unknown()),
    }
}

/// Unquoted, only what can be a type is accepted, so that a slip such as `type:rom` does not pass for an empty result.
pub(super) fn is_type_name(folded: &str) -> bool {
    Key::Type.info().values.contains(&folded)
        || ["mailbox", "user", "contact", "group"]
            .iter()
            .any(|ending| folded.ends_with(ending))
}

fn identifier(written: &str) -> Option<Test> {
    let digits = written.trim_start_matches('{').trim_end_matches('}');
    let digits: Option<Vec<u8>> = digits
        .chars()
        .filter(|character| *character != '-')
        .map(|character| character.to_digit(16).map(|digit| digit as u8))
        .collect();
    digits
        .filter(|digits| (1..=32).contains(&digits.len()))
        .map(Test::Id)
}

/// `<7d`, `>12h`, `>2026-11-01`, `<=2026-11-01T12:00:00Z`, `2026-11-01`, `7d`.
fn period(written: &str, now: Timestamp) -> Option<Period> {
    let (sign, rest) = ["<=", ">=", "<", ">"]
        .iter()
        .find_map(|sign| Some((*sign, written.strip_prefix(sign)?)))
        .unwrap_or(("", written));
    if let Some(age) = age(rest) {
        let point = now.checked_sub(age).ok()?;
        // an age below seven days is a time after the point seven days ago
        return Some(match sign {
            ">" | ">=" => Period {
                from: None,
                until: Some(point),
            },
            _ => Period {
                from: Some(point),
                until: None,
            },
        });
    }
    let (from, until) = match rest.parse::<Date>() {
        Ok(day) => {
            let start = |day: Date| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp());
            (start(day)?, start(day.tomorrow().ok()?)?)
        }
        Err(_) => {
            let point = rest.to_ascii_uppercase().parse::<Timestamp>().ok()?;
            (point, point.checked_add(SignedDuration::from_micros(1)).ok()?)
        }
    };
    Some(match sign {
        "<" => Period {
            from: None,
            until: Some(from),
        },
        "<=" => Period {
            from: None,
            until: Some(until),
        },
        ">" => Period {
            from: Some(until),
            until: None,
        },
        ">=" => Period {
            from: Some(from),
            until: None,
        },
        _ => Period {
            from: Some(from),
            until: Some(until),
        },
    })
}

fn age(written: &str) -> Option<SignedDuration> {
    let digits = written.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let seconds = match &written[digits.len()..] {
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count: i64 = digits.parse().ok()?;
    Some(SignedDuration::from_secs(count.checked_mul(seconds)?))
}
