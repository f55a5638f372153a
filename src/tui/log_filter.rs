//! The filter of a log: words, and terms such as `status:failure action:delete code:timeout after:2026-11-01`.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::layer::LogRow;

/// The terms that are known, for messages.
const TERMS: &str = "status:, action:, code:, who:, object:, after: and before:";

/// What a row must be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    terms: Vec<(bool, Term)>,
    /// Only after this time; the service filters it too.
    pub after: Option<Timestamp>,
    /// Only before this time; the service filters it too.
    pub before: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Anywhere(String),
    Status(String),
    Action(String),
    Code(String),
    Object(String),
}

impl LogFilter {
    /// Reads a filter line. `!` before a term turns it round; times are UTC: a day, or a day and a time.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for word in text.split_whitespace() {
            let (wanted, term) = match word.strip_prefix('!') {
                Some(rest) => (false, rest),
                None => (true, word),
            };
            if term.is_empty() {
                continue;
            }
            let Some((name, value)) = term.split_once(':') else {
                filter.terms.push((wanted, Term::Anywhere(term.to_lowercase())));
                continue;
            };
            if value.is_empty() {
                // It is still being typed.
                continue;
            }
            let small = value.to_lowercase();
            let term = match name {
                "status" => Term::Status(small),
                "action" => Term::Action(small),
                // An audit has a person where the other logs have a code.
                "code" | "who" => Term::Code(small),
                "object" => Term::Object(small),
                "after" | "before" if !wanted => {
                    return Err(format!("`{name}:` can't be turned round; use the other one"));
                }
                "after" => {
                    filter.after = time(value)?;
                    continue;
                }
                "before" => {
                    filter.before = time(value)?;
                    continue;
                }
                _ => return Err(format!("there is no `{name}:`; there are {TERMS}")),
            };
            filter.terms.push((wanted, term));
        }
        Ok(filter)
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a row fits.
    pub fn accepts(&self, row: &LogRow) -> bool {
        let record = &row.record;
        self.terms.iter().all(|(wanted, term)| term.fits(row) == *wanted)
            && self
                .after
                .is_none_or(|after| record.at().is_some_and(|at| at > after))
            && self
                .before
                .is_none_or(|before| record.at().is_some_and(|at| at < before))
    }
}

impl Term {
    fn fits(&self, row: &LogRow) -> bool {
        let holds = |text: &str, wanted: &str| text.to_lowercase().contains(wanted);
        // What a row is looked at for stands in its haystack: a miss there is a miss everywhere, at no cost.
        match self {
            Self::Anywhere(word) => row.haystack.contains(word.as_str()),
            Self::Status(word) => row.haystack.contains(word.as_str()) && holds(row.record.status(), word),
            Self::Action(word) => row.haystack.contains(word.as_str()) && holds(row.record.action(), word),
            Self::Code(word) => row.haystack.contains(word.as_str()) && holds(row.record.code(), word),
            Self::Object(word) => row.haystack.contains(word.as_str()) && holds(row.record.object(), word),
        }
    }
}

/// A day, or a day and a time, in UTC; nothing while it is still being typed.
fn time(text: &str) -> Result<Option<Timestamp>, String> {
    if text.len() < 10 && text.chars().all(|c| c.is_ascii_digit() || c == '-') {
        return Ok(None);
    }
    let day = |text: &str| {
        let date: Date = text.parse().ok()?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let moment = || {
        let text = text.trim_end_matches(['z', 'Z']);
        let full = match text.len() {
            13 => format!("{text}:00:00Z"),
            16 => format!("{text}:00Z"),
            _ => format!("{text}Z"),
        };
        full.parse::<Timestamp>().ok()
    };
    match day(text).filter(|_| text.len() == 10).or_else(moment) {
        Some(time) => Ok(Some(time)),
        None if text.len() < 16 => Ok(None),
        None => Err(format!(
            "`{text}` is no time; write 2026-11-22 or 2026-11-22T14:00 (UTC)"
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::synchronization::{
            AuditEntry, LogIdentity, ProvisioningAction, ProvisioningLogEntry, ProvisioningStatus,
        },
        tui::layer::LogRecord,
    };

    fn row() -> LogRow {
        LogRecord::Provisioning(ProvisioningLogEntry {
            id: "1".to_owned(),
            at: Some("2026-11-22T10:00:00Z".parse().unwrap()),
            job_id: "j".to_owned(),
            cycle_id: "c".to_owned(),
            action: ProvisioningAction::StagedDelete,
            status: ProvisioningStatus::Failure,
            error: None,
            recommended: None,
            milliseconds: None,
            source: LogIdentity {
                display_name: "Ada Lovelace".to_owned(),
                ..LogIdentity::default()
            },
            target: LogIdentity::default(),
            steps: Vec::new(),
            modified: Vec::new(),
        })
        .into()
    }

    #[test]
    fn terms_and_words() {
        for (text, fits) in [
            ("", true),
            ("LOVE", true),
            ("love !bert", true),
            ("!love", false),
            ("status:fail action:staged", true),
            ("status:success", false),
            ("object:ada after:2026-11-22", true),
            ("object:failure", false),
            ("after:2026-11-22T10:00", false),
            ("before:2026-11-22T10:01", true),
            ("before:2026-11", true),
        ] {
            assert_eq!(LogFilter::parse(text).unwrap().accepts(&row()), fits, "{text}");
        }
        assert!(LogFilter::parse("colour:red").is_err());
        assert!(LogFilter::parse("!after:2026-01-01").is_err());
        assert!(LogFilter::parse("after:yesterday-afternoon").is_err());
    }

    #[test]
    fn audits_have_no_code_but_a_person() {
        let row: LogRow = LogRecord::Audit(AuditEntry {
            id: "1".to_owned(),
            at: None,
            activity: "Update service principal".to_owned(),
            by: "ada@contoso.com".to_owned(),
            result: "success".to_owned(),
            targets: vec!["contoso.com".to_owned()],
            modified: Vec::new(),
        })
        .into();
        assert!(
            LogFilter::parse("ada@ contoso action:update")
                .unwrap()
                .accepts(&row)
        );
        assert!(!LogFilter::parse("after:2020-01-01").unwrap().accepts(&row));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            let _ = LogFilter::parse(&text).map(|filter| filter.accepts(&row()));
        }
    }
}
