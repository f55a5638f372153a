//! `$filter` of reports and lists: conditions joined by `and` or `or`.

use super::clock;

/// What a condition can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Equal,
    Greater,
    Less,
    AtLeast,
    AtMost,
    Contains,
    StartsWith,
    /// `collection/any(x:x/field eq 'value')`, named `collection/field`.
    Any,
}

/// What values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Time,
    Number,
}

/// A field that can be filtered: name, kind and operations.
pub(super) struct Field(pub &'static str, pub Kind, pub &'static [Operation]);

/// A value; times are numbers of ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
}

/// Something to filter.
pub(super) trait Row {
    fn value(&self, field: &str) -> Value;
}

struct Condition {
    field: &'static str,
    operation: Operation,
    value: Value,
}

/// A parsed filter: any of some conditions that must all hold.
#[derive(Default)]
pub(super) struct Filter(Vec<Vec<Condition>>);

const WORDS: [(&str, Operation); 5] = [
    ("eq", Operation::Equal),
    ("gt", Operation::Greater),
    ("lt", Operation::Less),
    ("ge", Operation::AtLeast),
    ("le", Operation::AtMost),
];

impl Filter {
    /// Reads a filter, or says what is wrong with it.
    pub fn parse(text: &str, fields: &'static [Field]) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let any = split(text, " or ");
        any.iter()
            .map(|all| {
                split(all, " and ")
                    .iter()
                    .map(|part| Condition::parse(part.trim(), fields))
                    .collect::<Result<Vec<_>, _>>()
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub fn accepts(&self, row: &impl Row) -> bool {
        let holds = |all: &Vec<Condition>| all.iter().all(|condition| condition.holds(row));
        self.0.is_empty() || self.0.iter().any(holds)
    }
}

impl Condition {
    fn parse(text: &str, fields: &'static [Field]) -> Result<Self, String> {
        let invalid = || format!("Invalid filter clause: '{text}' is not supported.");
        let text = text
            .strip_prefix('(')
            .and_then(|inner| inner.strip_suffix(')'))
            .filter(|_| !text.contains("any("))
            .unwrap_or(text)
            .trim();
        let (name, operation, literal) = parts(text).ok_or_else(invalid)?;
        let Field(field, kind, operations) = fields
            .iter()
            .find(|Field(known, ..)| *known == name)
            .ok_or_else(invalid)?;
        if !operations.contains(&operation) {
            return Err(invalid());
        }
        let quoted = literal
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''))
            .map(|inner| inner.replace("''", "'"));
        let value = match (kind, quoted) {
            (Kind::Text, Some(text)) => Value::Text(text),
            (Kind::Time, None) => Value::Number(clock::parse(literal).ok_or_else(invalid)?),
            (Kind::Number, None) => Value::Number(literal.parse().map_err(|_| invalid())?),
            _ => return Err(invalid()),
        };
        Ok(Self {
            field,
            operation,
            value,
        })
    }

    fn holds(&self, row: &impl Row) -> bool {
        match (row.value(self.field), &self.value) {
            // Values are compared with their case (facts/graph section 5.1).
            (Value::Text(found), Value::Text(wanted)) => match self.operation {
                Operation::Equal | Operation::Any => found == *wanted,
                Operation::Contains => found.contains(wanted),
                Operation::StartsWith => found.starts_with(wanted),
                _ => false,
            },
            (Value::Number(found), Value::Number(wanted)) => match self.operation {
                Operation::Equal => found == *wanted,
                Operation::Greater => found > *wanted,
                Operation::Less => found < *wanted,
                Operation::AtLeast => found >= *wanted,
                Operation::AtMost => found <= *wanted,
                _ => false,
            },
            _ => false,
        }
    }
}

/// Name, operation and literal of a condition.
fn parts(text: &str) -> Option<(String, Operation, &str)> {
    for (word, operation) in [
        ("contains(", Operation::Contains),
        ("startswith(", Operation::StartsWith),
        ("startsWith(", Operation::StartsWith),
    ] {
        if let Some(rest) = text.strip_prefix(word) {
            let (name, literal) = rest.strip_suffix(')')?.split_once(',')?;
            return Some((name.trim().to_owned(), operation, literal.trim()));
        }
    }
    if let Some((collection, rest)) = text.split_once("/any(") {
        let (variable, condition) = rest.strip_suffix(')')?.split_once(':')?;
        let (name, operation, literal) = parts(condition.trim())?;
        let member = name.strip_prefix(variable.trim())?.strip_prefix('/')?;
        return (operation == Operation::Equal).then_some((
            format!("{collection}/{member}"),
            Operation::Any,
            literal,
        ));
    }
    let (name, rest) = text.split_once(' ')?;
    let (word, literal) = rest.trim_start().split_once(' ')?;
    let (_, operation) = WORDS.iter().find(|(known, _)| *known == word)?;
    Some((name.to_owned(), *operation, literal.trim()))
}

/// Splits at a separator outside of quotes.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, letter) in text.char_indices() {
        if letter == '\'' {
            quoted = !quoted;
        }
        if !quoted && at >= start && text[at..].starts_with(separator) {
            parts.push(&text[start..at]);
            start = at + separator.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field("name", Kind::Text, &[Operation::Equal, Operation::Contains]),
        Field("at", Kind::Time, &[Operation::Greater]),
        Field("size", Kind::Number, &[Operation::Less]),
        Field("things/id", Kind::Text, &[Operation::Any]),
    ];

    struct Sample;

    impl Row for Sample {
        fn value(&self, field: &str) -> Value {
            match field {
                "name" => Value::Text("O'Hara and sons".to_owned()),
                "things/id" => Value::Text("t1".to_owned()),
                _ => Value::Number(10),
            }
        }
    }

    #[test]
    fn conditions_hold_or_not() {
        for (text, holds) in [
            ("", true),
            ("name eq 'O''Hara and sons'", true),
            ("name eq 'o''hara and sons'", false),
            ("contains(name,'Hara') and size lt 11", true),
            ("contains(name, 'Hara') and size lt 10", false),
            ("size lt 10 or size lt 11", true),
            ("at gt 1970-01-01T00:00:00Z", true),
            ("things/any(t:t/id eq 't1')", true),
            ("things/any(t:t/id eq 't2')", false),
        ] {
            assert_eq!(
                Filter::parse(text, FIELDS).unwrap().accepts(&Sample),
                holds,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for text in [
            "size gt 1",
            "name ne 'x'",
            "colour eq 'red'",
            "name eq red",
            "at gt 'x'",
            "size lt x",
            "name",
            "contains(name",
            "things/any(t:u/id eq 't1')",
            "é'é' or",
        ] {
            assert!(Filter::parse(text, FIELDS).is_err(), "{text}");
        }
    }
}
