//! The part of OPATH that `Get-Mailbox -Filter` needs: comparisons joined by `-and`, `-or`, `-not` and parentheses.

use serde_json::Value;

use super::refusal::Refusal;
use crate::sandbox::tenant::{Field, View, position, time_text};

/// Properties the service can filter by (facts/exchange section 2.1); `CustomAttributeN` is added by its prefix.
const FILTERABLE: [&str; 12] = [
    "IsDirSynced",
    "RecipientTypeDetails",
    "ExternalDirectoryObjectId",
    "UserPrincipalName",
    "WhenChanged",
    "WhenChangedUTC",
    "EmailAddresses",
    "PrimarySmtpAddress",
    "Alias",
    "Guid",
    "DisplayName",
    "HiddenFromAddressListsEnabled",
];
/// Nesting beyond this is no filter a person wrote.
const DEEPEST: usize = 32;

/// A parsed filter.
#[derive(Debug)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare {
        at: usize,
        operator: Operator,
        value: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Like,
    NotLike,
}

impl Operator {
    fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "-eq" => Self::Equal,
            "-ne" => Self::NotEqual,
            "-gt" => Self::Greater,
            "-ge" => Self::GreaterOrEqual,
            "-lt" => Self::Less,
            "-le" => Self::LessOrEqual,
            "-like" => Self::Like,
            "-notlike" => Self::NotLike,
            _ => return None,
        })
    }
}

impl Filter {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let words = words(text)?;
        let mut reader = Reader {
            words: &words,
            at: 0,
            text,
        };
        let filter = reader.any(0)?;
        if reader.at < words.len() {
            Err(reader.wrong())
        } else {
            Ok(filter)
        }
    }

    pub fn holds(&self, view: &View<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(view)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(view)),
            Self::Not(part) => !part.holds(view),
            Self::Compare { at, operator, value } => match view.field(*at) {
                Field::Bool(flag) => compare(if flag { "true" } else { "false" }, *operator, value),
                Field::Changed(Value::Bool(flag)) => {
                    compare(if *flag { "true" } else { "false" }, *operator, value)
                }
                Field::Text(text) => compare(&text.to_lowercase(), *operator, value),
                Field::Changed(Value::String(text)) => compare(&text.to_lowercase(), *operator, value),
                // Times of one form compare as their texts.
                Field::Time(seconds) => compare(&time_text(seconds).to_lowercase(), *operator, value),
                Field::Texts(texts) => texts.iter().any(|text| {
                    let text = text.to_lowercase();
                    let bare = text.split_once(':').map_or("", |(_, bare)| bare);
                    compare(&text, *operator, value) || compare(bare, *operator, value)
                }),
                Field::Number(number) => compare(&number.to_string(), *operator, value),
                Field::Null | Field::Changed(_) => *operator == Operator::NotEqual,
            },
        }
    }
}

/// Both sides in lower case.
fn compare(text: &str, operator: Operator, value: &str) -> bool {
    match operator {
        Operator::Equal => text == value,
        Operator::NotEqual => text != value,
        Operator::Greater => text > value,
        Operator::GreaterOrEqual => text >= value,
        Operator::Less => text < value,
        Operator::LessOrEqual => text <= value,
        Operator::Like => is_like(text, value),
        Operator::NotLike => !is_like(text, value),
    }
}

/// `*` stands for anything, at the start and at the end.
fn is_like(text: &str, pattern: &str) -> bool {
    let middle = pattern.trim_matches('*');
    match (pattern.starts_with('*'), pattern.ends_with('*')) {
        (true, true) => text.contains(middle),
        (true, false) => text.ends_with(middle),
        (false, true) => text.starts_with(middle),
        (false, false) => text == pattern,
    }
}

#[derive(Debug, PartialEq)]
enum Word {
    Open,
    Close,
    Bare(String),
    Quoted(String),
}

fn words(text: &str) -> Result<Vec<Word>, Refusal> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => words.push(Word::Open),
            ')' => words.push(Word::Close),
            '\'' | '"' => {
                let mut value = String::new();
                loop {
                    match letters.next() {
                        Some(next) if next == letter && letters.peek() == Some(&letter) => {
                            letters.next();
                            value.push(letter);
                        }
                        Some(next) if next == letter => break,
                        Some(next) => value.push(next),
                        None => return Err(invalid(text)),
                    }
                }
                words.push(Word::Quoted(value));
            }
            _ if letter.is_whitespace() => {}
            _ => {
                let mut word = String::from(letter);
                while let Some(next) =
                    letters.next_if(|next| !next.is_whitespace() && !"()'\"".contains(*next))
                {
                    word.push(next);
                }
                words.push(Word::Bare(word));
            }
        }
    }
    Ok(words)
}

struct Reader<'a> {
    words: &'a [Word],
    at: usize,
    text: &'a str,
}

impl Reader<'_> {
    fn any(&mut self, depth: usize) -> Result<Filter, Refusal> {
        let mut parts = vec![self.all(depth)?];
        while self.takes("-or") {
            parts.push(self.all(depth)?);
        }
        Ok(Filter::Any(parts))
    }

    fn all(&mut self, depth: usize) -> Result<Filter, Refusal> {
        let mut parts = vec![self.one(depth)?];
        while self.takes("-and") {
            parts.push(self.one(depth)?);
        }
        Ok(Filter::All(parts))
    }

    fn one(&mut self, depth: usize) -> Result<Filter, Refusal> {
        if depth > DEEPEST {
            return Err(self.wrong());
        }
        if self.takes("-not") {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.words.get(self.at) == Some(&Word::Open) {
            self.at += 1;
            let inside = self.any(depth + 1)?;
            if self.words.get(self.at) != Some(&Word::Close) {
                return Err(self.wrong());
            }
            self.at += 1;
            return Ok(inside);
        }
        let [Word::Bare(name), Word::Bare(operator), value] =
            self.words.get(self.at..self.at + 3).unwrap_or_default()
        else {
            return Err(self.wrong());
        };
        self.at += 3;
        let filterable = FILTERABLE.iter().any(|known| known.eq_ignore_ascii_case(name))
            || name.to_ascii_lowercase().starts_with("customattribute");
        let Some(at) = position(name).filter(|_| filterable) else {
            return Err(Refusal::invalid(format!(
                "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \"\"{name}\" is not a recognized filterable property.\""
            )));
        };
        let operator = Operator::of(operator).ok_or_else(|| self.wrong())?;
        // `$true` is a PowerShell variable that the module replaces before it sends the filter.
        let value = match value {
            Word::Quoted(value) => value.to_lowercase(),
            Word::Bare(value) if !value.starts_with('$') => value.to_lowercase(),
            _ => return Err(self.wrong()),
        };
        let value = if name.to_ascii_lowercase().starts_with("whenchanged") {
            same_form(&value)
        } else {
            value
        };
        Ok(Filter::Compare { at, operator, value })
    }

    fn takes(&mut self, word: &str) -> bool {
        let found =
            matches!(self.words.get(self.at), Some(Word::Bare(bare)) if bare.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn wrong(&self) -> Refusal {
        invalid(self.text)
    }
}

/// A time in the form the rows have, in lower case.
fn same_form(value: &str) -> String {
    let parsed = value.to_uppercase().parse::<jiff::Timestamp>();
    parsed.map_or_else(
        |_| value.to_owned(),
        |time| time_text(time.as_second()).to_lowercase(),
    )
}

fn invalid(text: &str) -> Refusal {
    Refusal::invalid(format!(
        "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \"Invalid filter syntax. For a description of the filter parameter syntax see the command help. \"{text}\"\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::tenant::Tenant;

    fn count(filter: &str) -> usize {
        let tenant = Tenant::new(3, 500, 0);
        let filter = Filter::parse(filter).unwrap();
        let changes = tenant.read();
        (0..500)
            .filter(|index| filter.holds(&tenant.view(&tenant.row(*index), &changes)))
            .count()
    }

    #[test]
    fn filters_select_rows() {
        let synced = count("IsDirSynced -eq 'True'");
        assert!((400..500).contains(&synced));
        assert_eq!(count("IsDirSynced -eq 'False'"), 500 - synced);
        assert_eq!(count("-not (IsDirSynced -eq 'True')"), 500 - synced);
        let rooms = count("RecipientTypeDetails -eq 'RoomMailbox'");
        assert!(rooms > 0);
        assert_eq!(count("isdirsynced -eq 'true' -or IsDirSynced -ne 'True'"), 500);
        assert!(count("RecipientTypeDetails -eq 'RoomMailbox' -and IsDirSynced -eq 'True'") <= rooms);
        let late = count("WhenChangedUTC -gt '2026-01-01T00:00:00Z'");
        assert_eq!(late + count("WhenChangedUTC -le '2026-01-01T00:00:00Z'"), 500);
        assert!(late > 0 && late < 500);
        assert!(count("PrimarySmtpAddress -like '*@fabrikam.com'") > 0);
    }

    #[test]
    fn other_filters_are_refused() {
        for filter in [
            "",
            "IsDirSynced",
            "IsDirSynced -eq $true",
            "IsExchangeCloudManaged -eq 'True'",
            "Nothing -eq 'x'",
            "IsDirSynced -is 'True'",
            "IsDirSynced -eq 'True",
            "(IsDirSynced -eq 'True'",
            "IsDirSynced -eq 'True' IsDirSynced",
            &"(".repeat(5000),
        ] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
    }
}
