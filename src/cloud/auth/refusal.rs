//! Answers that refuse: what their bodies and headers say.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use oauth2::http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::Value;

use super::{
    AuthError, AuthErrorKind,
    error::{aadsts_number, clean},
};

/// What a refusing answer held.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    pub(super) body: Vec<u8>,
}

/// The error body of the token endpoint; every member may be missing or odd.
#[derive(Deserialize)]
struct RefusalBody {
    error: Value,
    #[serde(default)]
    error_description: Value,
    #[serde(default)]
    error_codes: Value,
    #[serde(default)]
    claims: Value,
    #[serde(default)]
    trace_id: Value,
}

impl Refusal {
    /// What it means.
    pub(super) fn error(&self) -> AuthError {
        let mut request_id = self.request_id.clone();
        let mut error = match serde_json::from_slice::<RefusalBody>(&self.body) {
            Ok(body) if body.error.is_string() => {
                let numbers: Vec<u32> = body
                    .error_codes
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|number| u32::try_from(number.as_u64()?).ok())
                    .collect();
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let mut error =
                    AuthError::refused(&text(&body.error), &text(&body.error_description), &numbers);
                error.claims = Some(text(&body.claims).into_boxed_str()).filter(|claims| !claims.is_empty());
                // The same id as the header's, where a proxy dropped that.
                request_id = request_id.or_else(|| body.trace_id.as_str().map(clean));
                error
            }
            _ if (300..400).contains(&self.status) => unreadable(format!(
                "The sign-in service wants to redirect (HTTP {}); Handover follows no redirect there",
                self.status
            )),
            _ => unreadable(format!(
                "The sign-in service answered HTTP {} without a reason that can be read",
                self.status
            )),
        };
        error.status = Some(self.status);
        error.request_id = request_id;
        error
    }
}

/// A refusing body in one word, for the call log: a code, never a sentence that could name a person.
pub(super) fn word(body: &[u8]) -> Option<String> {
    let body = serde_json::from_slice::<RefusalBody>(body).ok()?;
    aadsts_number(body.error_description.as_str().unwrap_or_default())
        .map(|number| format!("AADSTS{number}"))
        .or_else(|| body.error.as_str().map(clean))
}

/// An answer that makes no sense.
pub(super) fn unreadable(message: impl Into<String>) -> AuthError {
    AuthError::new(AuthErrorKind::Unreadable, message)
}

/// `Retry-After` in seconds, fractions included, or as a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = rfc2822::parse(text).ok()?.timestamp();
    Duration::try_from(date.duration_since(Timestamp::now()))
        .ok()
        .or(Some(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn retry_after_in_every_form() {
        let parse = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(parse("2.5"), Some(Duration::from_millis(2_500)));
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Duration::ZERO));
        assert!(parse("Fri, 01 Jan 2100 00:00:00 GMT").unwrap() > Duration::from_secs(86_400));
        for odd in ["-1", "NaN", "inf", "soon", "1e300"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_refusal_carries_status_request_id_and_claims() {
        let refusal = Refusal {
            status: 400,
            request_id: Some("r".into()),
            body: br#"{"error":"interaction_required","error_codes":[50076],"claims":"{\"a\":1}"}"#.to_vec(),
        };
        let error = refusal.error();
        assert_eq!(
            (error.kind, error.status),
            (AuthErrorKind::MultiFactor, Some(400))
        );
        assert_eq!(error.request_id.as_deref(), Some("r"));
        assert_eq!(error.claims.as_deref(), Some("{\"a\":1}"));
    }

    proptest! {
        #[test]
        fn no_body_panics(status in 100u16..1000, body in proptest::collection::vec(any::<u8>(), 0..200), word in "\\PC*") {
            let _ = Refusal { status, request_id: None, body }.error();
            let odd = serde_json::json!({"error": word, "error_description": [word], "error_codes": {"a": word}});
            let _ = Refusal { status, request_id: None, body: odd.to_string().into_bytes() }.error();
        }
    }
}
