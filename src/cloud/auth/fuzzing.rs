//! The readers of sign-in answers, for the fuzz targets in `tests/fuzz`; see [`crate::cloud::exchange::fuzzing`].

use std::time::Duration;

use oauth2::http::{HeaderMap, HeaderValue, header};

use super::{
    AuthError,
    browser::{self, Reply},
    claims::Claims,
    refusal::{self, Refusal},
};

/// What a token says about itself.
#[derive(Debug)]
pub struct ClaimsRead {
    /// Every text taken from it, cleaned.
    pub texts: Vec<String>,
    /// When it ends, seconds since 1970.
    pub expires: Option<i64>,
}

/// Explains a refusing answer of the login host, with its word for the call log.
pub fn refusal(status: u16, body: &[u8]) -> (AuthError, Option<String>) {
    let word = refusal::word(body);
    let refusal = Refusal {
        status,
        request_id: None,
        body: body.to_vec(),
    };
    (refusal.error(), word)
}

/// The claims of a token; nothing for an opaque one.
pub fn claims(token: &str) -> Option<ClaimsRead> {
    let claims = Claims::of(token)?;
    let named = claims.tenant_id.into_iter().chain(claims.subject);
    let listed = claims
        .audiences
        .into_iter()
        .chain(claims.rights.into_iter().flatten());
    Some(ClaimsRead {
        texts: named.chain(listed).collect(),
        expires: claims.expires,
    })
}

/// Whether a request to the loopback port counts as the sign-in page's answer.
pub fn is_answer(head: &[u8], port: u16, state: &str) -> bool {
    browser::read_head(head, port, state) != Reply::Foreign
}

/// `Retry-After` of the login host; nothing for bytes no header can carry.
pub fn retry_after(value: &[u8]) -> Option<Duration> {
    let mut headers = HeaderMap::new();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_bytes(value).ok()?);
    refusal::retry_after(&headers)
}
