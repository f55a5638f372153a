//! What two lists of authorities say about a chain: Mozilla's, which stands for the public, and this machine's own.
//!
//! Who is trusted by the machine but not by the public opens connections on the way (facts/connect section 5.5).

use std::sync::Arc;

use rustls::{
    CertificateError, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;

use super::options::ProbeOptions;
use crate::domain::text::clean_to;

/// Why a list of authorities does not accept a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Its time has not come.
    #[error("not yet valid")]
    NotYetValid,
    /// It is for another name.
    #[error("for another name")]
    WrongName,
    /// No authority of the list signed it.
    #[error("unknown authority")]
    UnknownAuthority,
    /// Its authority took it back.
    #[error("revoked")]
    Revoked,
    /// Something else, in the library's words.
    #[error("{0}")]
    Other(String),
    /// The list itself could not be asked.
    #[error("not checked: {0}")]
    Unchecked(String),
}

/// What both lists say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinions {
    /// Mozilla's list.
    pub public: Result<(), Refusal>,
    /// This machine's list.
    pub system: Result<(), Refusal>,
}

impl Opinions {
    /// Whether either list gives this reason.
    pub fn either(&self, reason: &Refusal) -> bool {
        self.public.as_ref() == Err(reason) || self.system.as_ref() == Err(reason)
    }
}

/// Both lists, read once for all endpoints.
#[derive(Clone, Debug)]
pub struct Authorities {
    public: Result<Arc<WebPkiServerVerifier>, String>,
    system: Result<Arc<Verifier>, String>,
}

impl Authorities {
    /// Reads both lists. Takes some milliseconds of file access where the machine's list lies in files.
    pub fn read(options: &ProbeOptions, provider: &Arc<CryptoProvider>) -> Self {
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        roots.add_parsable_certificates(options.public_roots.iter().cloned());
        let public = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
            .build()
            .map_err(|error| error.to_string());
        // Further authorities need a list of their own on Windows, which not every one can be asked with (Wine refuses).
        let verifier = match options.system_roots.is_empty() {
            true => Verifier::new(provider.clone()),
            false => Verifier::new_with_extra_roots(options.system_roots.iter().cloned(), provider.clone()),
        };
        let system = verifier
            .map(Arc::new)
            .map_err(|error| clean_to(&error.to_string(), 200).into_owned());
        Self { public, system }
    }

    /// Why this machine's list could not be read, if so.
    pub fn system_error(&self) -> Option<&str> {
        self.system.as_ref().err().map(String::as_str)
    }

    /// Asks Mozilla's list about a chain, leaf first. Takes microseconds.
    pub fn public(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        ask(self.public.as_deref(), chain, name, now)
    }

    /// Asks this machine's list about a chain, leaf first. May wait for the network on Windows, which looks for missing
    /// certificates and revocations itself: never call it on a thread that drives others.
    pub fn system(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        ask(self.system.as_deref(), chain, name, now)
    }
}

fn ask<V: ServerCertVerifier>(
    verifier: Result<&V, &String>,
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), Refusal> {
    let verifier = verifier.map_err(|reason| Refusal::Unchecked(reason.clone()))?;
    let [leaf, others @ ..] = chain else {
        return Err(Refusal::Other("no certificate was sent".to_owned()));
    };
    match verifier.verify_server_cert(leaf, others, name, &[], now) {
        Ok(_) => Ok(()),
        Err(error) => Err(refusal(&error)),
    }
}

fn refusal(error: &rustls::Error) -> Refusal {
    let rustls::Error::InvalidCertificate(reason) = error else {
        return Refusal::Other(clean_to(&error.to_string(), 200).into_owned());
    };
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Refusal::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Refusal::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Refusal::WrongName
        }
        CertificateError::UnknownIssuer => Refusal::UnknownAuthority,
        CertificateError::Revoked => Refusal::Revoked,
        other => Refusal::Other(clean_to(&format!("{other:?}"), 200).into_owned()),
    }
}
