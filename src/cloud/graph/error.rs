//! Errors of Graph, by status and code (facts/graph section 8).

use serde_json::Value;

use crate::{
    cloud::transport::clean,
    domain::{ErrorClass, ServiceError},
};

/// Status, class, title and advice; the first status that fits wins.
const MEANINGS: &[(u16, ErrorClass, &str, &str)] = &[
    (
        401,
        ErrorClass::SignIn,
        "Graph refused the token",
        "Sign in again. Check that the tenant is the one you mean.",
    ),
    (
        403,
        ErrorClass::Permission,
        "this sign-in may not read this in Graph",
        "Grant the application the permission (Organization.Read.All; User-OnPremisesSyncBehavior.ReadWrite.All for the \
         authority over objects) with admin consent, or go on without: it is only needed for checks.",
    ),
    (
        404,
        ErrorClass::NotFound,
        "Graph does not know the object",
        "Load the inventory again.",
    ),
    (
        408,
        ErrorClass::Transient,
        "Graph has a passing fault",
        "Try again later.",
    ),
    (
        429,
        ErrorClass::Throttled,
        "Graph refuses more requests for now",
        "Wait some minutes and try again.",
    ),
    (
        500,
        ErrorClass::Transient,
        "Graph has a passing fault",
        "Try again later.",
    ),
    (
        502,
        ErrorClass::Transient,
        "Graph has a passing fault",
        "Try again later.",
    ),
    (
        503,
        ErrorClass::Transient,
        "Graph has a passing fault",
        "Try again later.",
    ),
    (
        504,
        ErrorClass::Transient,
        "Graph has a passing fault",
        "Try again later.",
    ),
];

/// Explains the body of an error answer.
pub(super) fn explain(status: u16, body: &[u8]) -> ServiceError {
    explain_value(status, &serde_json::from_slice(body).unwrap_or_default())
}

/// Explains an error answer that is parsed already.
pub(super) fn explain_value(status: u16, body: &Value) -> ServiceError {
    let text = |name: &str| {
        let text = clean(body.get("error")?.get(name)?.as_str()?);
        (!text.is_empty()).then_some(text)
    };
    let meaning = MEANINGS.iter().find(|(known, ..)| *known == status);
    let title = meaning.map_or_else(
        || format!("Graph refused the request with status {status}"),
        |(_, _, title, _)| (*title).to_owned(),
    );
    ServiceError {
        class: meaning.map_or(ErrorClass::Rejected, |(_, class, ..)| *class),
        message: match text("message") {
            Some(message) => format!("{title}: {message}"),
            None => title,
        },
        code: text("code"),
        advice: meaning.map(|(.., advice)| (*advice).to_owned()),
        status: Some(status),
        request_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_empty_codes() {
        let error = explain(
            403,
            br#"{"error":{"code":"","message":"Insufficient privileges"}}"#,
        );
        assert_eq!((error.class, error.code), (ErrorClass::Permission, None));
        assert!(error.message.ends_with("Insufficient privileges"));
        assert_eq!(explain(418, b"\xff").class, ErrorClass::Rejected);
    }
}
