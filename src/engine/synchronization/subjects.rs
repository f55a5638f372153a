//! Which objects to provision, from what was pasted or from a file.

use crate::domain::{synchronization::OnDemandSubject, text::clean};

/// More would take hours: five go in ten seconds (facts/graph section 3.3).
pub const MOST_SUBJECTS: usize = 1_000;
/// Longest line that is shown in an error.
const SHOWN: usize = 80;
/// Names of the column that is read from a table.
const COLUMNS: [&str; 5] = [
    "distinguishedname",
    "dn",
    "objectid",
    "externaldirectoryobjectid",
    "id",
];

/// Why a list of objects can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectsError {
    /// Nothing in it.
    #[error("there is no object in this list. Give one distinguished name or object id a line")]
    Empty,
    /// A line that names no object.
    #[error(
        "line {line} names no object: `{text}`. It takes a distinguished name such as CN=Ada,OU=Staff,DC=contoso,DC=com, or an object id"
    )]
    Line {
        /// Line number, from 1.
        line: usize,
        /// Its text, cleaned.
        text: String,
    },
    /// A table without a column that names objects.
    #[error(
        "the table has no column that names objects. One of its headings must be DN, distinguishedName, objectId or id"
    )]
    NoColumn,
    /// The table can't be read.
    #[error("the table can't be read: {0}")]
    Table(String),
    /// Too many.
    #[error(
        "{0} objects are too many to provision one by one; {MOST_SUBJECTS} is the limit. Let the job's next cycle do it, or restart it"
    )]
    TooMany(usize),
}

/// Objects to provision: one a line, or a CSV table with a heading. Empty lines, comments (`#`), quotes around a line and
/// duplicates are left out. `object_type` is that of all of them, such as `user`.
pub fn read_subjects(text: &str, object_type: &str) -> Result<Vec<OnDemandSubject>, SubjectsError> {
    let text = text.trim_start_matches('\u{feff}');
    let found = match heading(text) {
        Some((line, separator)) => table(text, line, separator)?,
        None => lines(text)?,
    };
    let mut subjects: Vec<OnDemandSubject> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for object_id in found {
        if known.insert(object_id.to_lowercase()) {
            subjects.push(OnDemandSubject {
                object_id,
                object_type: object_type.to_owned(),
            });
        }
    }
    match subjects.len() {
        0 => Err(SubjectsError::Empty),
        count if count > MOST_SUBJECTS => Err(SubjectsError::TooMany(count)),
        _ => Ok(subjects),
    }
}

fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// The line of a table's heading, if the text is a table: no distinguished name has these words without a value.
fn heading(text: &str) -> Option<(usize, u8)> {
    let (number, line) = text.lines().enumerate().find(|(_, line)| !is_comment(line))?;
    if line.contains('=') || looks_like_id(unquoted(line)) {
        return None;
    }
    let separator = [b';', b'\t', b',']
        .into_iter()
        .find(|separator| line.as_bytes().contains(separator))
        .unwrap_or(b',');
    Some((number, separator))
}

fn lines(text: &str) -> Result<Vec<String>, SubjectsError> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if is_comment(line) {
            continue;
        }
        found.push(object(unquoted(line), number)?);
    }
    Ok(found)
}

fn table(text: &str, heading: usize, separator: u8) -> Result<Vec<String>, SubjectsError> {
    // Lines before the heading are comments.
    let rest: String = text
        .split_inclusive('\n')
        .skip(heading)
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(rest.as_bytes());
    let failed = |error: csv::Error| SubjectsError::Table(clean(&error.to_string()).into_owned());
    let headings = reader.headers().map_err(failed)?.clone();
    let column = COLUMNS.iter().find_map(|name| {
        headings
            .iter()
            .position(|heading| heading.eq_ignore_ascii_case(name))
    });
    let Some(column) = column else {
        // One word alone is no table but a line that names nothing.
        return match headings.len() {
            1 => Err(bad_line(heading, headings.get(0).unwrap_or_default())),
            _ => Err(SubjectsError::NoColumn),
        };
    };
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let number = record.position().map_or(0, |position| position.line() as usize) + heading;
        match record.get(column) {
            Some(cell) if !cell.is_empty() => found.push(object(cell, number.saturating_sub(1))?),
            _ => {}
        }
    }
    Ok(found)
}

fn unquoted(line: &str) -> &str {
    let line = line.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = line.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.trim();
        }
    }
    line
}

fn object(text: &str, number: usize) -> Result<String, SubjectsError> {
    // Control and direction characters would end up in a request and on the screen.
    if clean(text) != text || !(looks_like_name(text) || looks_like_id(text)) {
        return Err(bad_line(number, text));
    }
    Ok(text.to_owned())
}

fn bad_line(number: usize, text: &str) -> SubjectsError {
    SubjectsError::Line {
        line: number + 1,
        text: crate::domain::text::clean_to(text, SHOWN).into_owned(),
    }
}

/// Whether a text can be a distinguished name: `attribute=value` parts, at least two.
pub(super) fn looks_like_name(text: &str) -> bool {
    let mut parts = 0;
    let mut escaped = false;
    let mut part = String::new();
    for letter in text.chars().chain([',']) {
        if letter == ',' && !escaped {
            let Some((attribute, value)) = part.split_once('=') else {
                return false;
            };
            let attribute = attribute.trim();
            let named = !attribute.is_empty()
                && attribute
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.');
            if !named || value.trim().is_empty() {
                return false;
            }
            parts += 1;
            part.clear();
        } else {
            part.push(letter);
        }
        escaped = letter == '\\' && !escaped;
    }
    parts >= 2
}

/// Whether a text is an object id, plain or as the writeback names it (`User_<id>`).
pub(super) fn looks_like_id(text: &str) -> bool {
    let id = text.split_once('_').map_or(text, |(kind, id)| {
        if kind.chars().all(|letter| letter.is_ascii_alphabetic()) {
            id
        } else {
            text
        }
    });
    uuid::Uuid::try_parse(id).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(text: &str) -> Result<Vec<String>, SubjectsError> {
        Ok(read_subjects(text, "user")?
            .into_iter()
            .map(|subject| subject.object_id)
            .collect())
    }

    #[test]
    fn pasted_lines() {
        let text = "\u{feff}# wave one\r\nCN=Ada,OU=Staff,DC=contoso,DC=com\r\n\r\n\"CN=M\\, B,OU=S,DC=x\"\ncn=ADA,ou=staff,dc=contoso,dc=com\n\
                    11111111-2222-3333-4444-555555555555\nUser_11111111-2222-3333-4444-555555555555";
        assert_eq!(
            ids(text).unwrap(),
            [
                "CN=Ada,OU=Staff,DC=contoso,DC=com",
                "CN=M\\, B,OU=S,DC=x",
                "11111111-2222-3333-4444-555555555555",
                "User_11111111-2222-3333-4444-555555555555"
            ]
        );
    }

    #[test]
    fn tables_by_heading() {
        let comma = "# exported\nName,DistinguishedName\nAda,\"CN=Ada,OU=Staff,DC=x\"\nEmpty,\n";
        assert_eq!(ids(comma).unwrap(), ["CN=Ada,OU=Staff,DC=x"]);
        let semicolon = "dn;name\nCN=Ada,DC=x;Ada\n";
        assert_eq!(ids(semicolon).unwrap(), ["CN=Ada,DC=x"]);
        assert_eq!(ids("DN\n\"CN=Ada,DC=x\"\n").unwrap(), ["CN=Ada,DC=x"]);
        assert_eq!(ids("name,mail\nAda,a@x\n"), Err(SubjectsError::NoColumn));
    }

    #[test]
    fn bad_lines_are_named() {
        assert_eq!(
            ids("CN=Ada,DC=x\nada@contoso.com"),
            Err(SubjectsError::Line {
                line: 2,
                text: "ada@contoso.com".to_owned()
            })
        );
        assert!(matches!(ids("CN=Ada"), Err(SubjectsError::Line { line: 1, .. })));
        assert!(matches!(ids("ada"), Err(SubjectsError::Line { line: 1, .. })));
        assert!(matches!(
            ids("CN=A\u{202e},DC=x"),
            Err(SubjectsError::Line { .. })
        ));
        assert_eq!(ids("# nothing\n\n"), Err(SubjectsError::Empty));
        let many: String = (0..=MOST_SUBJECTS).map(|n| format!("CN={n},DC=x\n")).collect();
        assert_eq!(ids(&many), Err(SubjectsError::TooMany(MOST_SUBJECTS + 1)));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            let _ = read_subjects(&text, "user");
        }
    }
}
