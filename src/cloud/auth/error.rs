//! Why a sign-in failed, in the terms a person acts on.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::advice;
use crate::domain::{ErrorClass, ServiceError, SignInMethod, text};

/// Longest text taken over from a server or a program, in characters.
const LONGEST: usize = 600;

/// Text from a server or a program made safe to show: one line, nothing that steers a terminal, a bounded length.
pub(super) fn clean(text: &str) -> String {
    let cleaned = text::clean_to(text, LONGEST);
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What kind of failure a sign-in met; each has its advice in `assets/advice/sign-in.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthErrorKind {
    /// The application lacks consent.
    NeedsConsent,
    /// A Conditional Access policy refused.
    ConditionalAccess,
    /// A second factor is needed or failed.
    MultiFactor,
    /// The application's secret or certificate is wrong.
    WrongCredential,
    /// The application's secret or certificate has expired.
    ExpiredCredential,
    /// Tenant, account and cloud do not fit each other.
    WrongTenant,
    /// The application is unknown or disabled in the tenant.
    UnknownApplication,
    /// The app registration lacks a setting.
    ApplicationSetup,
    /// The organisation blocks device codes.
    DeviceCodeBlocked,
    /// A role or assignment is missing.
    RoleMissing,
    /// The account itself cannot sign in: unknown, disabled, locked, password.
    Account,
    /// A stored sign-in has ended.
    SignInAgain,
    /// There is no stored sign-in.
    NotSignedIn,
    /// A person said no.
    Declined,
    /// The code ran out of time or was used already.
    ExpiredCode,
    /// Nobody answered in time.
    TimedOut,
    /// The login host could not be reached.
    Network,
    /// The login host asked to wait and retries are used up.
    Busy,
    /// The answer could not be understood.
    Unreadable,
    /// The Azure CLI is missing, not signed in or failed.
    AzureCli,
    /// The profile itself is not usable.
    Configuration,
    /// No secret or certificate was given.
    MissingCredential,
    /// The certificate file cannot be read or used.
    CertificateFile,
    /// The token is for another service.
    WrongAudience,
    /// The caller gave up.
    Cancelled,
    /// Any other refusal.
    Refused,
}

impl AuthErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 26] = [
        Self::NeedsConsent,
        Self::ConditionalAccess,
        Self::MultiFactor,
        Self::WrongCredential,
        Self::ExpiredCredential,
        Self::WrongTenant,
        Self::UnknownApplication,
        Self::ApplicationSetup,
        Self::DeviceCodeBlocked,
        Self::RoleMissing,
        Self::Account,
        Self::SignInAgain,
        Self::NotSignedIn,
        Self::Declined,
        Self::ExpiredCode,
        Self::TimedOut,
        Self::Network,
        Self::Busy,
        Self::Unreadable,
        Self::AzureCli,
        Self::Configuration,
        Self::MissingCredential,
        Self::CertificateFile,
        Self::WrongAudience,
        Self::Cancelled,
        Self::Refused,
    ];

    /// Whether a person at the screen may succeed where a stored sign-in failed.
    pub(super) fn may_succeed_interactively(self) -> bool {
        matches!(
            self,
            Self::NotSignedIn
                | Self::SignInAgain
                | Self::MultiFactor
                | Self::ConditionalAccess
                | Self::NeedsConsent
                | Self::Account
                | Self::WrongTenant
                | Self::RoleMissing
                | Self::ExpiredCode
                | Self::WrongAudience
                | Self::Refused
        )
    }
}

/// Why a sign-in or a renewal failed.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AuthError {
    /// What kind of failure.
    pub kind: AuthErrorKind,
    /// What happened, cleaned of control characters; never holds a secret.
    pub message: String,
    /// `AADSTS…` or the OAuth error word, for search and support.
    pub code: Option<String>,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// `x-ms-request-id` of the answer.
    pub request_id: Option<String>,
    // Boxed text keeps the error small enough to hand around by value.
    advice: Option<Box<str>>,
    /// The claims challenge of a refusal: goes into the next interactive request, nowhere else.
    pub(super) claims: Option<Box<str>>,
}

impl fmt::Debug for AuthError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthError")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("code", &self.code)
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl AuthError {
    /// An error of Handover's own.
    pub fn new(kind: AuthErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            code: None,
            status: None,
            request_id: None,
            advice: None,
            claims: None,
        }
    }

    /// The same error with advice that fits better than the one of its kind.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into().into_boxed_str());
        self
    }

    /// What it means and what to do.
    pub fn advice(&self) -> &str {
        self.advice
            .as_deref()
            .or_else(|| advice::of_kind(self.kind).map(|entry| entry.advice.as_str()))
            .unwrap_or_default()
    }

    /// The error of a refused request: `error` is the OAuth word, `description` the service's sentence, `numbers` its
    /// `error_codes`. Known codes get plain words, unknown ones keep the service's sentence.
    pub(super) fn refused(error: &str, description: &str, numbers: &[u32]) -> Self {
        let sentence = sentence_of(description);
        let number = aadsts_number(description).or_else(|| numbers.first().copied());
        if let Some(number) = number {
            let code = format!("AADSTS{number}");
            if let Some(known) = advice::of_code(number) {
                return Self {
                    code: Some(code.clone()),
                    advice: Some(known.advice.as_str().into()),
                    ..Self::new(known.kind, format!("{} ({code})", known.title))
                };
            }
            let message = if sentence.is_empty() {
                format!("The sign-in service refused with {code}")
            } else {
                format!("{sentence} ({code})")
            };
            return Self {
                code: Some(code),
                ..Self::new(kind_of_word(error), message)
            };
        }
        let kind = kind_of_word(error);
        let word = clean(error);
        let title = advice::of_kind(kind).map_or("The sign-in service refused", |entry| entry.title.as_str());
        let message = if kind != AuthErrorKind::Refused || sentence.is_empty() {
            format!("{title} ({word})")
        } else {
            format!("{sentence} ({word})")
        };
        Self {
            code: Some(word),
            ..Self::new(kind, message)
        }
    }

    /// The same error seen from a way of signing in: a policy that stops a device code has its own way out.
    pub(super) fn met_by(mut self, method: SignInMethod) -> Self {
        let blocked_by_policy = matches!(self.code.as_deref(), Some("AADSTS53003" | "AADSTS530032"));
        if method == SignInMethod::DeviceCode && blocked_by_policy {
            self.kind = AuthErrorKind::DeviceCodeBlocked;
            self.advice = None;
        }
        self
    }

    /// The login host asked to wait longer than Handover waits.
    pub(super) fn busy(status: u16, wait: Option<Duration>) -> Self {
        let wait = wait.map_or_else(String::new, |wait| {
            format!("; it asks to wait {} seconds", wait.as_secs().max(1))
        });
        Self {
            status: Some(status),
            ..Self::new(
                AuthErrorKind::Busy,
                format!("The sign-in service is busy (HTTP {status}){wait}"),
            )
        }
    }
}

impl From<AuthError> for ServiceError {
    fn from(error: AuthError) -> Self {
        let class = match error.kind {
            AuthErrorKind::Network | AuthErrorKind::Busy => ErrorClass::Transient,
            AuthErrorKind::Cancelled => ErrorClass::Cancelled,
            _ => ErrorClass::SignIn,
        };
        let advice = Some(error.advice().to_owned()).filter(|text| !text.is_empty());
        Self {
            class,
            message: error.message,
            code: error.code,
            advice,
            status: error.status,
            request_id: error.request_id,
        }
    }
}

/// The kind behind an OAuth error word when no AADSTS number says more (RFC 6749 section 5.2, RFC 8628 section 3.5, and the
/// words Entra adds).
fn kind_of_word(word: &str) -> AuthErrorKind {
    match word {
        "interaction_required" | "login_required" | "invalid_grant" => AuthErrorKind::SignInAgain,
        "consent_required" => AuthErrorKind::NeedsConsent,
        "access_denied" | "authorization_declined" => AuthErrorKind::Declined,
        "expired_token" | "code_expired" | "bad_verification_code" => AuthErrorKind::ExpiredCode,
        "invalid_client" => AuthErrorKind::WrongCredential,
        "unauthorized_client"
        | "unsupported_grant_type"
        | "unsupported_response_type"
        | "invalid_scope"
        | "invalid_resource" => AuthErrorKind::ApplicationSetup,
        "temporarily_unavailable" | "server_error" => AuthErrorKind::Busy,
        _ => AuthErrorKind::Refused,
    }
}

/// The first `AADSTS` number in a text.
pub(super) fn aadsts_number(text: &str) -> Option<u32> {
    text.match_indices("AADSTS").find_map(|(at, word)| {
        let rest = text.get(at + word.len()..)?;
        let digits = rest.len()
            - rest
                .trim_start_matches(|character: char| character.is_ascii_digit())
                .len();
        rest.get(..digits)?.parse().ok()
    })
}

/// The service's own sentence without code, trace ids and time stamps: those stand in the call log.
fn sentence_of(description: &str) -> String {
    let end = ["Trace ID:", "Correlation ID:", "Timestamp:"]
        .iter()
        .filter_map(|mark| description.find(mark))
        .min()
        .unwrap_or(description.len());
    let text = clean(description.get(..end).unwrap_or_default());
    let without_code = match text.strip_prefix("AADSTS") {
        Some(rest) => rest
            .trim_start_matches(|character: char| character.is_ascii_digit())
            .trim_start_matches(':'),
        None => text.as_str(),
    };
    without_code.trim().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_code_speaks_plainly() {
        let error = AuthError::refused(
            "invalid_grant",
            "AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor \
             authentication.\r\nTrace ID: 1\r\nCorrelation ID: 2\r\nTimestamp: 2026-01-01 00:00:00Z",
            &[50076],
        );
        assert_eq!(error.kind, AuthErrorKind::MultiFactor);
        assert_eq!(error.code.as_deref(), Some("AADSTS50076"));
        assert!(error.advice().contains("handover login"), "{}", error.advice());
    }

    #[test]
    fn an_unknown_code_keeps_the_sentence_without_noise() {
        let error = AuthError::refused(
            "invalid_request",
            "AADSTS999999: The moon is\u{1b}[2J in the wrong house.\r\nTrace ID: 0f0f Correlation ID: 1 Timestamp: 2",
            &[],
        );
        assert_eq!(error.kind, AuthErrorKind::Refused);
        assert_eq!(error.message, "The moon is[2J in the wrong house (AADSTS999999)");
        assert!(!error.advice().is_empty());
    }

    #[test]
    fn words_without_code_have_a_kind() {
        for (word, kind) in [
            ("authorization_declined", AuthErrorKind::Declined),
            ("expired_token", AuthErrorKind::ExpiredCode),
            ("consent_required", AuthErrorKind::NeedsConsent),
            ("nonsense", AuthErrorKind::Refused),
        ] {
            assert_eq!(AuthError::refused(word, "", &[]).kind, kind, "{word}");
        }
        assert_eq!(
            AuthError::refused("x", "", &[7000222]).kind,
            AuthErrorKind::ExpiredCredential
        );
    }

    #[test]
    fn a_policy_against_device_codes_names_the_way_out() {
        let error =
            AuthError::refused("access_denied", "AADSTS53003: blocked", &[]).met_by(SignInMethod::DeviceCode);
        assert_eq!(error.kind, AuthErrorKind::DeviceCodeBlocked);
        assert!(error.advice().contains("browser"));
    }

    #[test]
    fn classes_for_transport() {
        let class = |kind| ServiceError::from(AuthError::new(kind, "x")).class;
        assert_eq!(class(AuthErrorKind::Network), ErrorClass::Transient);
        assert_eq!(class(AuthErrorKind::Busy), ErrorClass::Transient);
        assert_eq!(class(AuthErrorKind::Cancelled), ErrorClass::Cancelled);
        assert_eq!(class(AuthErrorKind::MultiFactor), ErrorClass::SignIn);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(error in ".*", description in "(.|AADSTS|[0-9]|Trace ID:){0,40}", numbers in proptest::collection::vec(any::<u32>(), 0..3)) {
            let error = AuthError::refused(&error, &description, &numbers);
            prop_assert!(!error.message.chars().any(char::is_control));
        }
    }
}
