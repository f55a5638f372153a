//! Certificate assertions: the proof an app registration gives instead of a secret.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Refusal;
use crate::sandbox::world::now;

/// The most an assertion may live, and what clocks may differ, in seconds.
const LONGEST: i64 = 600;
const SKEW: i64 = 5;

/// An AlgorithmIdentifier `rsaEncryption` in DER: in a certificate and in a SubjectPublicKeyInfo the key follows it.
const RSA: [u8; 15] = [
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// A registered key.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct PublicKey {
    /// `RSAPublicKey` in DER.
    key: Vec<u8>,
    /// SHA-256 of the certificate, when a whole certificate was registered.
    thumbprint: Option<String>,
}

impl PublicKey {
    /// Reads a certificate, a SubjectPublicKeyInfo or an RSAPublicKey, in PEM or DER.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| text.contains("-----BEGIN"));
        let der = match text {
            Some(text) => {
                let start = text
                    .lines()
                    .skip_while(|line| !line.starts_with("-----BEGIN"))
                    .skip(1);
                let encoded: String = start
                    .take_while(|line| !line.starts_with("-----END"))
                    .map(str::trim)
                    .collect();
                BASE64_STANDARD.decode(encoded).ok()?
            }
            None => bytes.to_vec(),
        };
        let certificate = text.is_some_and(|text| text.contains("-----BEGIN CERTIFICATE"));
        let key = match der.windows(RSA.len()).position(|window| window == RSA) {
            Some(at) => bit_string(&der[at + RSA.len()..])?.to_vec(),
            None => der.clone(),
        };
        // An RSAPublicKey is a sequence.
        (key.first() == Some(&0x30)).then(|| Self {
            key,
            thumbprint: certificate.then(|| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&der))),
        })
    }
}

/// The content of a DER bit string without unused bits.
fn bit_string(der: &[u8]) -> Option<&[u8]> {
    let rest = der.strip_prefix(&[0x03])?;
    let (length, rest) = match *rest {
        [first @ 0..=0x7F, ref rest @ ..] => (usize::from(first), rest),
        [0x81, length, ref rest @ ..] => (usize::from(length), rest),
        [0x82, high, low, ref rest @ ..] => (usize::from(high) << 8 | usize::from(low), rest),
        _ => return None,
    };
    rest.get(..length)?.strip_prefix(&[0x00])
}

/// Checks an assertion of `client` made out to one of `audiences`.
pub(super) fn verify(
    assertion: &str,
    client: &str,
    audiences: &[String],
    registered: Option<&PublicKey>,
) -> Result<(), Refusal> {
    let malformed = |what: &str| {
        Refusal::new(
            401,
            "invalid_client",
            50_027,
            &format!("JWT token is invalid or malformed: {what}."),
        )
    };
    let parts: Vec<&str> = assertion.split('.').collect();
    let [head, claims, signature] = parts[..] else {
        return Err(malformed("it does not have three parts"));
    };
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
    let object = |part: &str| decode(part).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let head = object(head).ok_or_else(|| malformed("the header is not JSON in base64url"))?;
    let claims_of = object(claims).ok_or_else(|| malformed("the payload is not JSON in base64url"))?;
    let signature = decode(signature).filter(|bytes| !bytes.is_empty());
    let signature = signature.ok_or_else(|| malformed("the signature is not base64url"))?;
    if head["alg"] != "PS256" {
        return Err(malformed("alg must be PS256"));
    }
    if head.get("typ").is_some_and(|kind| kind != "JWT") {
        return Err(malformed("typ must be JWT"));
    }
    let thumbprint = head["x5t#S256"]
        .as_str()
        .filter(|text| decode(text).is_some_and(|bytes| bytes.len() == 32));
    let thumbprint =
        thumbprint.ok_or_else(|| malformed("x5t#S256 must be the SHA-256 thumbprint of the certificate"))?;
    let claim = |name: &str| claims_of[name].as_str().unwrap_or_default();
    if !audiences.iter().any(|audience| audience == claim("aud")) {
        let text = "Client assertion audience claim does not match the token endpoint.";
        return Err(Refusal::new(401, "invalid_client", 700_023, text));
    }
    if !(claim("iss").eq_ignore_ascii_case(client) && claim("sub").eq_ignore_ascii_case(client)) {
        let text = "Client assertion's issuer and subject must both be the client_id.";
        return Err(Refusal::new(401, "invalid_client", 700_021, text));
    }
    if claim("jti").is_empty() {
        return Err(malformed("jti is missing"));
    }
    let now = now();
    let expires = claims_of["exp"].as_i64().unwrap_or(0);
    let starts = claims_of["nbf"].as_i64().unwrap_or(now);
    if expires <= now || expires > now + LONGEST + SKEW || starts > now + SKEW {
        let text = "Client assertion is not within its valid time range. It must expire in the future, and within 10 minutes.";
        return Err(Refusal::new(401, "invalid_client", 700_024, text));
    }
    let Some(registered) = registered else {
        return Ok(());
    };
    let signed = assertion.rsplit_once('.').map_or("", |(signed, _)| signed);
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &registered.key);
    let known = registered
        .thumbprint
        .as_deref()
        .is_none_or(|expected| expected == thumbprint);
    if !known || key.verify(signed.as_bytes(), &signature).is_err() {
        let text = format!(
            "The certificate with identifier used to sign the client assertion is not registered on application, or the key was not found. Thumbprint of key used by client: '{thumbprint}'."
        );
        return Err(Refusal::new(401, "invalid_client", 700_027, &text).because("invalid_certificate"));
    }
    Ok(())
}
