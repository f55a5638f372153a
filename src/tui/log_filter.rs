//! The filter of a log: words, and terms such as `status:failure action:delete code:timeout after:2026-11-01`.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use memchr::memmem::Finder;

use super::{
    effect::LogFilterRequest,
    layer::{LogField, LogPage, LogPages},
    msg::LogMsg,
};

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

/// A word, and the field it must stand in; anywhere in the row without one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    field: Option<LogField>,
    word: String,
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
                let word = term.to_lowercase();
                filter.terms.push((wanted, Term { field: None, word }));
                continue;
            };
            if value.is_empty() {
                // It is still being typed.
                continue;
            }
            let field = match name {
                "status" => LogField::Status,
                "action" => LogField::Action,
                // An audit has a person where the other logs have a code.
                "code" | "who" => LogField::Code,
                "object" => LogField::Object,
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
            let (field, word) = (Some(field), value.to_lowercase());
            filter.terms.push((wanted, Term { field, word }));
        }
        Ok(filter)
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The numbers of the rows that fit, from a row on.
    pub fn fitting(&self, pages: &LogPages, first: u32) -> Vec<u32> {
        let search = Search::new(self);
        let mut rows = Vec::new();
        for (start, page) in pages.from(first) {
            search.look(page, |row| {
                let number = u32::try_from(row).map_or(u32::MAX, |row| start.saturating_add(row));
                if number >= first {
                    rows.push(number);
                }
            });
        }
        rows
    }
}

impl LogFilterRequest {
    /// Which rows fit. Takes time: not for the loop.
    pub fn answer(&self) -> LogMsg {
        LogMsg::Filtered {
            generation: self.generation,
            rows: self.filter.fitting(&self.pages, 0),
            looked_at: self.pages.rows(),
        }
    }
}

/// A filter with what makes searching fast, built once for many pages.
struct Search<'a> {
    filter: &'a LogFilter,
    finders: Vec<Finder<'a>>,
    /// The first word that must be there: it leads from row to row, and rows without it cost nothing.
    lead: Option<usize>,
}

impl<'a> Search<'a> {
    fn new(filter: &'a LogFilter) -> Self {
        let finder = |(_, term): &'a (bool, Term)| Finder::new(&term.word);
        Self {
            filter,
            finders: filter.terms.iter().map(finder).collect(),
            lead: filter.terms.iter().position(|(wanted, _)| *wanted),
        }
    }

    /// Tells the rows of a page that fit.
    fn look(&self, page: &LogPage, mut found: impl FnMut(usize)) {
        let Some(lead) = self.lead.and_then(|lead| self.finders.get(lead)) else {
            return (0..page.len())
                .filter(|row| self.accepts(page, *row))
                .for_each(found);
        };
        let text = page.text().as_bytes();
        let (mut from, mut first) = (0, 0);
        while let Some(place) = text.get(from..).and_then(|rest| lead.find(rest)) {
            let Some((row, end)) = page.row_at(from + place, first) else {
                return;
            };
            if self.accepts(page, row) {
                found(row);
            }
            (from, first) = (end, row + 1);
        }
    }

    fn accepts(&self, page: &LogPage, row: usize) -> bool {
        let LogFilter { terms, after, before } = self.filter;
        let timed = || {
            let at = page.at(row);
            after.is_none_or(|after| at.is_some_and(|at| at > after))
                && before.is_none_or(|before| at.is_some_and(|at| at < before))
        };
        let mut searched = terms.iter().zip(&self.finders).enumerate();
        timed()
            && searched.all(|(number, ((wanted, term), finder))| {
                let text = match term.field {
                    // It led here.
                    None if self.lead == Some(number) => return true,
                    None => page.text_of(row),
                    Some(field) => page.field(row, field),
                };
                finder.find(text.as_bytes()).is_some() == *wanted
            })
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

    fn row() -> LogRecord {
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
    }

    fn accepts(text: &str, record: LogRecord) -> bool {
        let mut pages = LogPages::default();
        pages.push(LogPage::from_iter([record]).into());
        LogFilter::parse(text).unwrap().fitting(&pages, 0) == [0]
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
            assert_eq!(accepts(text, row()), fits, "{text}");
        }
        assert!(LogFilter::parse("colour:red").is_err());
        assert!(LogFilter::parse("!after:2026-01-01").is_err());
        assert!(LogFilter::parse("after:yesterday-afternoon").is_err());
    }

    #[test]
    fn audits_have_no_code_but_a_person() {
        let row = LogRecord::Audit(AuditEntry {
            id: "1".to_owned(),
            at: None,
            activity: "Update service principal".to_owned(),
            by: "ada@contoso.com".to_owned(),
            result: "success".to_owned(),
            targets: vec!["contoso.com".to_owned()],
            modified: Vec::new(),
        });
        assert!(accepts("ada@ contoso action:update who:ADA", row.clone()));
        assert!(!accepts("who:bert", row.clone()));
        assert!(!accepts("after:2020-01-01", row));
    }

    /// An entry of the audit out of few letters, so that words are often found, and often in the wrong place.
    fn entries() -> impl Strategy<Value = Vec<LogRecord>> {
        let text = || "[abAB \n]{0,4}";
        let entry = (
            text(),
            text(),
            text(),
            proptest::collection::vec(text(), 0..3),
            0..4_i64,
        );
        let entry = entry.prop_map(|(activity, by, result, targets, day)| {
            LogRecord::Audit(AuditEntry {
                id: String::new(),
                at: Timestamp::from_second(1_795_305_600 + day * 86_400).ok(),
                activity,
                by,
                result,
                targets,
                modified: Vec::new(),
            })
        });
        proptest::collection::vec(entry, 0..12)
    }

    /// Whether a row fits, word by word and letter by letter.
    fn fits_plainly(filter: &LogFilter, record: &LogRecord) -> bool {
        let small = |text: &str| text.replace('\n', " ").to_lowercase();
        let fields = [record.action(), record.status(), record.code(), record.object()];
        let all = fields.into_iter().chain(record.further_texts());
        let all: Vec<String> = all.map(small).collect();
        let words = filter.terms.iter().all(|(wanted, term)| {
            let holds = match term.field {
                None => all.iter().any(|text| text.contains(&term.word)),
                Some(field) => all[field as usize].contains(&term.word),
            };
            holds == *wanted
        });
        let at = record.at().unwrap();
        words && filter.after.is_none_or(|after| at > after) && filter.before.is_none_or(|before| at < before)
    }

    proptest! {
        #[test]
        fn pages_are_searched_as_rows_are(
            pages in proptest::collection::vec(entries(), 0..4),
            terms in proptest::collection::vec(("!?", "(status:|action:|who:|object:)?", "[ab]{1,2}"), 0..4),
            after in proptest::option::of(19..24_u8),
            first in 0..20_u32,
        ) {
            let mut text: Vec<String> =
                terms.into_iter().map(|(not, field, word)| format!("{not}{field}{word}")).collect();
            text.extend(after.map(|day| format!("after:2026-11-{day}")));
            let filter = LogFilter::parse(&text.join(" ")).unwrap();
            let mut known = LogPages::default();
            for page in &pages {
                known.push(LogPage::from_iter(page.iter().cloned()).into());
            }
            let expected: Vec<u32> = (0..)
                .zip(pages.iter().flatten())
                .filter(|(number, record)| *number >= first && fits_plainly(&filter, record))
                .map(|(number, _)| number)
                .collect();
            prop_assert_eq!(filter.fitting(&known, first), expected);
        }

        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            if let Ok(filter) = LogFilter::parse(&text) {
                let mut pages = LogPages::default();
                pages.push(LogPage::from_iter([row()]).into());
                prop_assert!(filter.fitting(&pages, 0).len() <= 1);
            }
        }
    }
}
