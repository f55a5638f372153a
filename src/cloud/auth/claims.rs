//! What a token says about itself.
//!
//! Read without verifying the signature: Handover is the client, the service the token is for verifies it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::error::clean;

/// Tokens beyond this are not looked into.
const LONGEST_TOKEN: usize = 128 * 1024;

/// The claims Handover needs; every one may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Claims {
    /// `tid`.
    pub(super) tenant_id: Option<String>,
    /// `upn`, `preferred_username`, `unique_name`, or the application id.
    pub(super) subject: Option<String>,
    /// Whether the token speaks for an application.
    pub(super) app_only: bool,
    /// `aud`, one or several.
    pub(super) audiences: Vec<String>,
    /// `exp`, seconds since 1970.
    pub(super) expires: Option<i64>,
    /// `iat`, or `nbf`, seconds since 1970.
    pub(super) issued: Option<i64>,
    /// `scp` or `roles`; nothing when the token names neither.
    pub(super) rights: Option<Vec<String>>,
}

impl Claims {
    /// The claims of a JWT; nothing for an opaque token.
    pub(super) fn of(token: &str) -> Option<Self> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let mut parts = token.split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let claims: Map<String, Value> = serde_json::from_slice(&bytes).ok()?;
        let text = |name: &str| {
            claims
                .get(name)
                .and_then(Value::as_str)
                .map(clean)
                .filter(|text| !text.is_empty())
        };
        let person = ["upn", "preferred_username", "unique_name"]
            .iter()
            .find_map(|name| text(name));
        let application = text("appid").or_else(|| text("azp"));
        let scopes = text("scp");
        let roles = claims.get("roles").map(words);
        let app_only = match text("idtyp").as_deref() {
            Some("app") => true,
            Some(_) => false,
            None => scopes.is_none() && person.is_none() && roles.is_some(),
        };
        let subject = if app_only {
            application.or(person)
        } else {
            person.or(application)
        };
        Some(Self {
            tenant_id: text("tid"),
            subject: subject.or_else(|| text("sub")),
            app_only,
            audiences: claims.get("aud").map(words).unwrap_or_default(),
            expires: claims.get("exp").and_then(seconds),
            issued: ["iat", "nbf"]
                .iter()
                .find_map(|name| claims.get(*name).and_then(seconds)),
            rights: match scopes {
                Some(scopes) => Some(scopes.split(' ').map(str::to_owned).collect()),
                None => roles,
            },
        })
    }
}

/// A claim that is a text or a list of texts.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![clean(text)],
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(clean).collect(),
        _ => Vec::new(),
    }
}

/// A point in time as a number or, as some issuers write it, as a text.
fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            // Beyond this no calendar follows; the cast saturates anyway.
            (float.abs() < 1e15).then_some(float as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn token(claims: Value) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn a_person() {
        let claims = Claims::of(&token(json!({
            "aud": "https://outlook.office365.com", "tid": "t", "upn": "a@b.example", "appid": "x",
            "scp": "Exchange.Manage User.Read", "exp": 2_000_000_000, "iat": "1999996400"
        })))
        .unwrap();
        assert_eq!(claims.subject.as_deref(), Some("a@b.example"));
        assert!(!claims.app_only);
        assert_eq!(claims.rights.unwrap(), ["Exchange.Manage", "User.Read"]);
        assert_eq!(
            (claims.expires, claims.issued),
            (Some(2_000_000_000), Some(1_999_996_400))
        );
    }

    #[test]
    fn an_application() {
        let claims = Claims::of(&token(
            json!({"aud": ["a", "b"], "azp": "app-id", "roles": ["Exchange.ManageAsApp"]}),
        ))
        .unwrap();
        assert!(claims.app_only);
        assert_eq!(claims.subject.as_deref(), Some("app-id"));
        assert_eq!(claims.audiences, ["a", "b"]);
    }

    #[test]
    fn opaque_and_broken_tokens_say_nothing() {
        for text in [
            "",
            "EwB4A8l6BAAU",
            "a.b",
            "a.b.c.d",
            "a.!!!.c",
            "a.e30",
            &token(json!([1])),
        ] {
            assert_eq!(Claims::of(text), None, "{text}");
        }
        let odd = Claims::of(&token(
            json!({"exp": {}, "tid": 4, "scp": [], "roles": 1, "aud": null}),
        ))
        .unwrap();
        assert_eq!(odd.expires, None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}", number in any::<f64>(), bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Claims::of(&text);
            let _ = Claims::of(&token(json!({"exp": number, "iat": text})));
            let _ = Claims::of(&format!("a.{}.b", URL_SAFE_NO_PAD.encode(bytes)));
        }
    }
}
