//! From an error of the service to one for people: class, title and advice from a table in `assets/advice`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::cmdlet_error::CmdletError;
use crate::{
    cloud::transport::{Effect, RetryTable, Verdict},
    domain::{ErrorClass, Service, ServiceError},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    advice: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    class: ErrorClass,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    statuses: Vec<u16>,
    title: String,
    advice: String,
}

/// The table is part of the program and read by a test; an empty one would only cost the advice.
static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("../../../assets/advice/exchange.toml"))
        .map_or_else(|_| Vec::new(), |table| table.advice)
});

impl Entry {
    fn fits(&self, status: u16, haystack: &str) -> bool {
        if self.words.is_empty() && self.statuses.is_empty() {
            return false;
        }
        (self.statuses.is_empty() || self.statuses.contains(&status))
            && (self.words.is_empty()
                || self
                    .words
                    .iter()
                    .any(|word| haystack.contains(&word.to_ascii_lowercase())))
    }
}

/// Explains a failed call. `body` is the raw answer: the retry rules look for their words in it.
pub(super) fn explain(
    rules: &RetryTable,
    status: u16,
    body: &[u8],
    error: &CmdletError,
    effect: Effect,
) -> ServiceError {
    let haystack =
        format!("{} {}", error.code.as_deref().unwrap_or_default(), error.text).to_ascii_lowercase();
    let decided = match rules.judge(Service::Exchange, status, None, body) {
        Verdict::Refused(_) => Some(ErrorClass::Throttled),
        // Nobody knows whether the write behind a passing fault took place.
        Verdict::Passing(_) if effect == Effect::Write => Some(ErrorClass::Lost),
        Verdict::Passing(_) => Some(ErrorClass::Transient),
        // Some writes that were carried out answer with an error that says nothing (facts/exchange section 3).
        Verdict::Final if effect == Effect::Write && error.is_silent() && !matches!(status, 403 | 405) => {
            Some(ErrorClass::Lost)
        }
        Verdict::Final | Verdict::TokenRefused => None,
    };
    let entry = match decided {
        Some(class) => TABLE
            .iter()
            .find(|entry| entry.class == class && entry.words.is_empty() && entry.statuses.is_empty()),
        None => TABLE.iter().find(|entry| entry.fits(status, &haystack)),
    };
    let class = decided
        .or(entry.map(|entry| entry.class))
        .unwrap_or(ErrorClass::Rejected);
    let title = entry.map_or_else(
        || format!("the service refused the request with status {status}"),
        |entry| entry.title.clone(),
    );
    let message = if error.text.is_empty() || error.is_silent() {
        title
    } else if entry.is_none() {
        error.text.clone()
    } else {
        format!("{title}: {}", error.text)
    };
    ServiceError {
        class,
        message,
        code: error.code.clone(),
        advice: entry.map(|entry| entry.advice.clone()),
        status: Some(status),
        request_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, text: &str, effect: Effect) -> ErrorClass {
        let body = serde_json::json!({"error": {"message": "Error executing cmdlet",
            "details": [{"message": text}]}})
        .to_string();
        let error = CmdletError::from_body(body.as_bytes());
        let explained = explain(&RetryTable::default(), status, body.as_bytes(), &error, effect);
        assert!(!explained.message.is_empty());
        explained.class
    }

    #[test]
    fn the_table_is_readable_and_every_entry_can_fit() {
        assert!(TABLE.len() > 10);
        for entry in TABLE.iter() {
            assert!(!entry.title.is_empty() && !entry.advice.is_empty());
        }
    }

    #[test]
    fn classes_of_the_fact_sheet() {
        use Effect::{Read, Write};
        let scope = "Ex|T|The operation on mailbox 'x' failed because it's out of the current user's write scope. The action \
                     can't be performed on the object 'x' because the object is being synchronized from your on-premises organization.";
        for (status, text, expected) in [
            (
                404,
                "Ex6F9304|A.ManagementObjectNotFoundException|couldn't be found",
                ErrorClass::NotFound,
            ),
            (
                400,
                "Ex41BAF5|X.Y|The specified mailbox doesn't exist.",
                ErrorClass::NotFound,
            ),
            (
                500,
                "Ex1|A.ADObjectAlreadyExistsException|in use",
                ErrorClass::Conflict,
            ),
            (400, scope, ErrorClass::OutOfWriteScope),
            (
                400,
                "Ex|T|A parameter cannot be found that matches parameter name 'X'.",
                ErrorClass::Unsupported,
            ),
            (
                403,
                "The role assigned to application 1 isn't supported in this scenario",
                ErrorClass::Permission,
            ),
            (
                500,
                "Ex|A.NullReferenceException|Object reference not set",
                ErrorClass::Rejected,
            ),
            (400, "Ex|T|something new", ErrorClass::Rejected),
        ] {
            assert_eq!(class(status, text, Read), expected, "{text}");
            assert_eq!(class(status, text, Write), expected, "{text}");
        }
        assert_eq!(
            class(400, "Ex|A.ServerBusyException|busy", Read),
            ErrorClass::Transient
        );
        assert_eq!(
            class(400, "Ex|A.ServerBusyException|busy", Write),
            ErrorClass::Lost
        );
        assert_eq!(class(429, "", Write), ErrorClass::Throttled);
        assert_eq!(
            class(500, "", Write),
            ErrorClass::Lost,
            "an error without a word proves nothing"
        );
        assert_eq!(class(500, "", Read), ErrorClass::Rejected);
    }

    #[test]
    fn nul_bytes_mean_no_right() {
        let body = [0; 300];
        let error = CmdletError::from_body(&body);
        let explained = explain(&RetryTable::default(), 403, &body, &error, Effect::Write);
        assert_eq!(explained.class, ErrorClass::Permission);
        assert!(explained.advice.is_some());
    }
}
