//! Errors of Graph, by status and code (facts/graph section 8).

use serde_json::Value;

use super::subject::{SIGN_IN_AS_A_PERSON, Subject};
use crate::{
    cloud::transport::{Effect, clean},
    domain::{ErrorClass, ServiceError, text, wire::member},
};

/// Errors inside errors inside errors: deeper is not looked.
const DEPTH: usize = 4;

/// Said of refusals that no table knows.
const NOTE_IT: &str =
    "Trying again changes nothing. Note the code and the request id: support asks for them.";

/// What an error answer is about.
pub(super) struct Context<'a> {
    pub(super) subject: &'a Subject,
    pub(super) effect: Effect,
    /// Whether an application asked.
    pub(super) application: bool,
    /// `WWW-Authenticate`.
    pub(super) challenge: Option<&'a str>,
}

/// What an error says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// Its code; nothing when empty.
    pub(super) code: Option<String>,
    /// Its text, cleaned.
    pub(super) message: String,
    /// Whether it came out of another one's text: then the synchronization service itself has spoken.
    pub(super) inner: bool,
}

/// The error inside a text, where the text is JSON that holds one: the synchronization service wraps its errors like
/// that (facts/graph section 0, finding 8).
pub(super) fn nested(message: &str) -> Option<Said> {
    inside(message, DEPTH)
}

fn inside(message: &str, depth: usize) -> Option<Said> {
    let depth = depth.checked_sub(1)?;
    if !message.trim_start().starts_with('{') {
        return None;
    }
    let value: Value = serde_json::from_str(message.trim()).ok()?;
    let mut said = said(&value, depth)?;
    said.inner = true;
    Some(said)
}

/// What an error body says: `{"error": {...}}` or the error itself.
fn said(body: &Value, depth: usize) -> Option<Said> {
    let error = member(body, "error")
        .filter(|error| error.is_object())
        .unwrap_or(body);
    let text_of = |name: &str| member(error, name).and_then(Value::as_str);
    let code = text_of("code")
        .or_else(|| text_of("errorCode"))
        .map(clean)
        .filter(|code| !code.is_empty());
    let raw = text_of("message")
        .or_else(|| text_of("errorMessage"))
        .unwrap_or_default();
    if let Some(mut inner) = inside(raw, depth) {
        inner.code = inner.code.or(code);
        return Some(inner);
    }
    let message = clean(raw);
    (code.is_some() || !message.is_empty()).then_some(Said {
        code,
        message,
        inner: false,
    })
}

/// Explains the body of an error answer.
pub(super) fn explain(status: u16, body: &[u8], context: &Context<'_>) -> ServiceError {
    explain_value(status, &serde_json::from_slice(body).unwrap_or_default(), context)
}

/// Explains an error answer that is parsed already.
pub(super) fn explain_value(status: u16, body: &Value, context: &Context<'_>) -> ServiceError {
    let said = said(body, DEPTH);
    let what = context.subject.what;
    let (class, title, advice) = meaning(status, said.as_ref(), context);
    let title = match title {
        Some(title) => title,
        None => format!("Graph refused the request about {what} with status {status}"),
    };
    ServiceError {
        class,
        message: match said.as_ref().map(|said| said.message.as_str()) {
            Some(message) if !message.is_empty() => format!("{title}: {message}"),
            _ => title,
        },
        code: said.and_then(|said| said.code),
        advice,
        status: Some(status),
        request_id: None,
    }
}

/// Class, title and advice.
fn meaning(
    status: u16,
    said: Option<&Said>,
    context: &Context<'_>,
) -> (ErrorClass, Option<String>, Option<String>) {
    let what = context.subject.what;
    let advice = |text: &str| Some(text.to_owned());
    if matches!(status, 401 | 403) && lacks_claims(said, context.challenge) {
        return (
            ErrorClass::SignIn,
            Some(format!(
                "Conditional access asks for more before {what} may be used"
            )),
            advice(
                "Sign in again with device-code or browser so that the further proof can be given (stronger authentication, \
                 a managed device, terms of use). An application can't give it: exclude it from the policy, or sign in as a person.",
            ),
        );
    }
    let doubtful = context.effect == Effect::Write;
    match status {
        401 => (
            ErrorClass::SignIn,
            advice("Graph refused the token"),
            advice("Sign in again. Check that the tenant is the one you mean."),
        ),
        403 if context.application && context.subject.people_only => (
            ErrorClass::Permission,
            Some(format!("an application may not use {what}")),
            advice(SIGN_IN_AS_A_PERSON),
        ),
        403 => (
            ErrorClass::Permission,
            Some(format!("this sign-in may not use {what} in Graph")),
            advice(context.subject.grant),
        ),
        404 => (
            ErrorClass::NotFound,
            advice("Graph does not know the object"),
            advice(context.subject.gone),
        ),
        409 | 412 => (
            ErrorClass::Conflict,
            Some(format!("something else changed or uses {what} at the same time")),
            advice("Read it again, look at the difference and decide anew."),
        ),
        429 => (
            ErrorClass::Throttled,
            advice("Graph refuses more requests for now"),
            advice("Wait some minutes and try again."),
        ),
        // The synchronization service has refused with a reason of its own: nothing is in doubt.
        500..=599 if doubtful && said.is_some_and(|said| said.inner && said.code.is_some()) => {
            (ErrorClass::Rejected, None, advice(NOTE_IT))
        }
        408 | 500..=599 if doubtful => (
            ErrorClass::Lost,
            advice("Graph failed in the middle of a change"),
            advice("It may have been carried out. Read the state again before anything else."),
        ),
        408 | 500 | 502..=504 => (
            ErrorClass::Transient,
            advice("Graph has a passing fault"),
            advice("Try again later."),
        ),
        _ => (ErrorClass::Rejected, None, advice(NOTE_IT)),
    }
}

/// Whether a refusal is a challenge of conditional access.
fn lacks_claims(said: Option<&Said>, challenge: Option<&str>) -> bool {
    let marks = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("insufficient_claims") || text.contains("insufficientclaims")
    };
    challenge.is_some_and(marks)
        || said.is_some_and(|said| said.code.as_deref().is_some_and(marks) || marks(&said.message))
}

/// An answer that is not what it should be.
pub(super) fn malformed(message: &str) -> ServiceError {
    ServiceError::new(ErrorClass::Malformed, text::clean(message).into_owned())
        .with_advice("Try again; if it stays, note the request id. Nothing was changed.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{super::subject::AUTHORITY, *};

    const PEOPLE: Subject = Subject {
        what: "agents",
        grant: "Grant it.",
        people_only: true,
        gone: "Gone.",
    };

    fn context(effect: Effect, application: bool) -> Context<'static> {
        Context {
            subject: &PEOPLE,
            effect,
            application,
            challenge: None,
        }
    }

    #[test]
    fn codes_and_empty_codes() {
        let reading = Context {
            subject: &AUTHORITY,
            ..context(Effect::Read, false)
        };
        let error = explain(
            403,
            br#"{"error":{"code":"","message":"Insufficient privileges"}}"#,
            &reading,
        );
        assert_eq!((error.class, error.code), (ErrorClass::Permission, None));
        assert!(error.message.ends_with("Insufficient privileges"));
        assert_eq!(explain(418, b"\xff", &reading).class, ErrorClass::Rejected);
    }

    #[test]
    fn errors_inside_errors_are_unwrapped() {
        let inner =
            json!({"error": {"code": "HybridIdentityServiceNoActiveAgents", "message": "no\u{1b} agent"}})
                .to_string();
        let middle = json!({"Error": {"Code": "UnknownError", "Message": inner}}).to_string();
        let body = json!({"error": {"code": "UnknownError", "message": middle, "innererror": {}}});
        let error = explain_value(500, &body, &context(Effect::Write, false));
        assert_eq!(error.class, ErrorClass::Rejected, "the service has spoken");
        assert_eq!(error.code.as_deref(), Some("HybridIdentityServiceNoActiveAgents"));
        assert!(error.message.ends_with(": no agent"), "{}", error.message);
        let broken = json!({"error": {"code": "UnknownError", "message": "{\"error\": {"}});
        let error = explain_value(400, &broken, &context(Effect::Read, false));
        assert_eq!(error.code.as_deref(), Some("UnknownError"));
        assert!(error.message.ends_with("{\"error\": {"));
    }

    #[test]
    fn a_write_behind_a_fault_is_in_doubt() {
        for status in [408, 500, 502, 503, 504] {
            let class = |effect| explain(status, b"{}", &context(effect, false)).class;
            assert_eq!(class(Effect::Write), ErrorClass::Lost, "{status}");
            assert_eq!(class(Effect::Read), ErrorClass::Transient, "{status}");
        }
    }

    #[test]
    fn applications_are_told_to_sign_in_as_a_person() {
        let body = br#"{"error":{"code":"Authorization_RequestDenied","message":"no"}}"#;
        let refused = explain(403, body, &context(Effect::Read, true));
        assert_eq!(refused.class, ErrorClass::Permission);
        assert!(refused.advice.unwrap().contains("sign in with device-code"));
        let lacking = explain(403, body, &context(Effect::Read, false));
        assert_eq!(lacking.advice.as_deref(), Some("Grant it."));
    }

    #[test]
    fn challenges_of_conditional_access_ask_for_a_new_sign_in() {
        let by_code = br#"{"error":{"code":"InsufficientClaims","message":"no"}}"#;
        let by_text = br#"{"error":{"code":"Forbidden","message":"error=insufficient_claims"}}"#;
        for body in [&by_code[..], &by_text[..]] {
            let error = explain(403, body, &context(Effect::Read, false));
            assert_eq!(error.class, ErrorClass::SignIn);
            assert!(error.message.starts_with("Conditional access"));
        }
        let challenged = Context {
            challenge: Some("Bearer error=\"insufficient_claims\", claims=\"e30=\""),
            ..context(Effect::Read, false)
        };
        assert_eq!(explain(401, b"", &challenged).class, ErrorClass::SignIn);
    }

    proptest! {
        #[test]
        fn any_body_is_explained(status in 300_u16..700, body in proptest::collection::vec(any::<u8>(), 0..200), message in ".*") {
            explain(status, &body, &context(Effect::Write, true));
            explain_value(status, &json!({"error": {"message": message}}), &context(Effect::Read, false));
        }
    }
}
