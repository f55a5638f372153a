//! Errors as Entra ID sends them.

use serde_json::json;
use uuid::Uuid;

use crate::sandbox::reply::Reply;
use crate::sandbox::tenant::time_text;
use crate::sandbox::world::now;

/// A refused sign-in.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Refusal {
    status: u16,
    error: &'static str,
    code: u32,
    text: String,
    suberror: Option<&'static str>,
}

/// Refusals that tests can order through the control service: code, status, error, suberror, text.
const ORDERED: [(u32, u16, &str, Option<&str>, &str); 12] = [
    (
        50_034,
        400,
        "invalid_grant",
        None,
        "The user account does not exist in the Contoso directory. To sign into this application, the account must be added to the directory.",
    ),
    (50_055, 400, "invalid_grant", None, "The password is expired."),
    (
        50_076,
        400,
        "interaction_required",
        Some("basic_action"),
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.",
    ),
    (
        50_105,
        400,
        "interaction_required",
        None,
        "Your administrator has configured the application to block users unless they are specifically granted access to the application.",
    ),
    (
        50_158,
        400,
        "interaction_required",
        Some("additional_action"),
        "External security challenge was not satisfied.",
    ),
    (
        50_173,
        400,
        "invalid_grant",
        Some("bad_token"),
        "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
    ),
    (
        53_003,
        400,
        "invalid_grant",
        Some("message_only"),
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    (
        65_001,
        400,
        "invalid_grant",
        Some("consent_required"),
        "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.",
    ),
    (
        70_043,
        400,
        "invalid_grant",
        Some("bad_token"),
        "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.",
    ),
    (
        700_082,
        400,
        "invalid_grant",
        Some("bad_token"),
        "The refresh token has expired due to inactivity.",
    ),
    (
        7_000_222,
        401,
        "invalid_client",
        None,
        "The provided client secret keys are expired. Visit the Azure portal to create new keys for your app.",
    ),
    (
        90_094,
        400,
        "invalid_grant",
        Some("consent_required"),
        "The grant requires admin permission.",
    ),
];

impl Refusal {
    pub fn new(status: u16, error: &'static str, code: u32, text: &str) -> Self {
        Self {
            status,
            error,
            code,
            text: text.to_owned(),
            suberror: None,
        }
    }

    pub fn because(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    /// The refusal with an AADSTS number, when the sandbox knows it.
    pub fn ordered(code: u32) -> Option<Self> {
        let (_, status, error, suberror, text) = ORDERED.iter().find(|(known, ..)| *known == code)?;
        Some(Self {
            suberror: *suberror,
            ..Self::new(*status, error, code, text)
        })
    }

    pub fn error(&self) -> &'static str {
        self.error
    }

    /// Text with the trace at its end, as Entra ID writes it.
    pub fn description(&self, trace: Uuid, correlation: Uuid) -> String {
        format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {}",
            self.code,
            self.text,
            timestamp()
        )
    }

    pub fn reply(&self) -> Reply {
        let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(trace, correlation),
            "error_codes": [self.code],
            "timestamp": timestamp(),
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        if let Some(suberror) = self.suberror {
            body["suberror"] = suberror.into();
        }
        Reply::json(self.status, &body).with("cache-control", "no-store")
    }
}

/// `2026-11-22 20:00:00Z`
fn timestamp() -> String {
    time_text(now()).replace('T', " ")
}
