//! Certificate sign-in: the key file, and the signed assertion made with it (PS256, header `x5t#S256`).

use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use p12_keystore::Pkcs12Archive;
use ring::{
    rand::SystemRandom,
    signature::{RSA_PSS_SHA256, RsaKeyPair},
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{AuthError, AuthErrorKind, error::clean};

/// How long an assertion is valid, in seconds; the service takes ten minutes at most (facts/crates section 2).
const VALID_SECONDS: i64 = 540;
/// How far back it starts, in seconds, so that a clock slightly ahead does no harm.
const BACKDATED_SECONDS: i64 = 30;
/// Key files are a few kilobytes.
const LARGEST_FILE: u64 = 1024 * 1024;

/// A certificate with its private key, checked to belong together.
pub(super) struct Certificate {
    key: RsaKeyPair,
    thumbprint: String,
}

impl Certificate {
    /// Reads a PEM or PFX file. Blocking: a PFX file costs many hash rounds.
    pub(super) fn read(path: &Path, password: Option<&SecretString>) -> Result<Self, AuthError> {
        let shown = clean(&path.display().to_string());
        let unusable = |why: &str| {
            AuthError::new(
                AuthErrorKind::CertificateFile,
                format!("The certificate file {shown} cannot be used: {why}"),
            )
        };
        let size = std::fs::metadata(path)
            .map_err(|error| unusable(&error.to_string()))?
            .len();
        if size > LARGEST_FILE {
            return Err(unusable("it is larger than any certificate"));
        }
        let bytes = std::fs::read(path).map_err(|error| unusable(&error.to_string()))?;
        Self::parse(&bytes, password).map_err(unusable)
    }

    fn parse(bytes: &[u8], password: Option<&SecretString>) -> Result<Self, &'static str> {
        const MARK: &[u8] = b"-----BEGIN ";
        if memchr::memmem::find(bytes, MARK).is_some() {
            Self::from_pem(bytes)
        } else {
            Self::from_pfx(bytes, password.map_or("", |password| password.expose_secret()))
        }
    }

    fn from_pem(bytes: &[u8]) -> Result<Self, &'static str> {
        if memchr::memmem::find(bytes, b"ENCRYPTED PRIVATE KEY").is_some()
            || memchr::memmem::find(bytes, b"Proc-Type: 4,ENCRYPTED").is_some()
        {
            return Err("its private key is encrypted; use a PFX file with a password instead");
        }
        let key = match PrivateKeyDer::from_pem_slice(bytes) {
            Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            Ok(_) => return Err("its private key is not an RSA key"),
            Err(_) => return Err("it holds no private key that can be read"),
        }
        .map_err(|_| NOT_RSA)?;
        let certificates: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(bytes)
            .filter_map(Result::ok)
            .map(|certificate| certificate.to_vec())
            .collect();
        Self::pair(key, certificates.iter().map(Vec::as_slice))
    }

    fn from_pfx(bytes: &[u8], password: &str) -> Result<Self, &'static str> {
        let archive = Pkcs12Archive::from_pkcs12(bytes, password)
            .map_err(|_| "it is neither PEM nor a PFX file that opens with the given password")?;
        let key = archive.keys.first().ok_or("it holds no private key")?;
        let key = RsaKeyPair::from_pkcs8(key.key.as_der()).map_err(|_| NOT_RSA)?;
        Self::pair(key, archive.certs.iter().map(|bag| bag.cert.as_der()))
    }

    /// Takes the certificate that holds this key's public part, whatever order and chain the file has.
    fn pair<'a>(
        key: RsaKeyPair,
        mut certificates: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Self, &'static str> {
        let public = key.public().as_ref().to_vec();
        let certificate = certificates
            .find(|certificate| memchr::memmem::find(certificate, &public).is_some())
            .ok_or("it holds no certificate that belongs to its private key")?;
        Ok(Self {
            thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(certificate)),
            key,
        })
    }

    /// A signed assertion that `client_id` may show once to the token endpoint `audience`.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<SecretString, AuthError> {
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let seconds = now.as_second();
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": Uuid::new_v4().to_string(),
            "iat": seconds,
            "nbf": seconds - BACKDATED_SECONDS,
            "exp": seconds + VALID_SECONDS,
        });
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PSS_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| {
                AuthError::new(
                    AuthErrorKind::CertificateFile,
                    "The certificate's key could not sign the request",
                )
            })?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }
}

const NOT_RSA: &str = "its private key is not an RSA key of 2048 to 4096 bits";

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/sign_in")
            .join(name)
    }

    fn password() -> SecretString {
        "throw-away".into()
    }

    #[test]
    fn each_kind_of_file_signs() {
        for name in ["pkcs8.pem", "pkcs1.pem", "modern.pfx", "legacy.pfx"] {
            let certificate = Certificate::read(&fixture(name), Some(&password())).unwrap();
            let now = Timestamp::from_second(1_800_000_000).unwrap();
            let assertion = certificate
                .assertion("client", "https://login.example/t/oauth2/v2.0/token", now)
                .unwrap();
            let parts: Vec<&str> = assertion.expose_secret().split('.').collect();
            let part = |at: usize| URL_SAFE_NO_PAD.decode(parts[at]).unwrap();
            UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, certificate.key.public())
                .verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &part(2))
                .unwrap();
            let header: Value = serde_json::from_slice(&part(0)).unwrap();
            assert_eq!((&header["alg"], &header["typ"]), (&json!("PS256"), &json!("JWT")));
            assert_eq!(
                URL_SAFE_NO_PAD
                    .decode(header["x5t#S256"].as_str().unwrap())
                    .unwrap()
                    .len(),
                32
            );
            let claims: Value = serde_json::from_slice(&part(1)).unwrap();
            assert_eq!(claims["aud"], "https://login.example/t/oauth2/v2.0/token");
            assert_eq!(
                (&claims["iss"], &claims["sub"]),
                (&json!("client"), &json!("client"))
            );
            let life = claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap();
            assert!((60..=600).contains(&life), "{name}: {life}");
        }
    }

    #[test]
    fn all_kinds_hold_the_same_pair() {
        let thumbprint = |name| {
            Certificate::read(&fixture(name), Some(&password()))
                .unwrap()
                .thumbprint
        };
        let der = CertificateDer::from_pem_file(fixture("certificate-only.pem")).unwrap();
        let expected = URL_SAFE_NO_PAD.encode(Sha256::digest(&der));
        for name in ["pkcs8.pem", "pkcs1.pem", "modern.pfx", "legacy.pfx"] {
            assert_eq!(thumbprint(name), expected, "{name}");
        }
    }

    #[test]
    fn unusable_files_say_why() {
        for (name, why) in [
            ("certificate-only.pem", "no private key"),
            ("encrypted.pem", "encrypted"),
            ("mismatched.pem", "belongs to its private key"),
            ("elliptic.pem", "not an RSA key"),
            ("README.md", "neither PEM nor a PFX"),
            ("missing.pem", "missing.pem"),
        ] {
            let error = Certificate::read(&fixture(name), None).err().unwrap();
            assert_eq!(error.kind, AuthErrorKind::CertificateFile);
            assert!(error.message.contains(why), "{name}: {}", error.message);
        }
        let wrong = Certificate::read(&fixture("modern.pfx"), Some(&"wrong".into()))
            .err()
            .unwrap();
        assert!(wrong.message.contains("password"), "{}", wrong.message);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..2000) {
            let _ = Certificate::parse(&bytes, None);
            let pem = std::fs::read(fixture("pkcs8.pem")).unwrap();
            let _ = Certificate::parse(&pem[..cut.min(pem.len())], None);
        }
    }
}
