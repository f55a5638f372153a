//! Where secrets rest between requests or between starts: the port, and the store that lives in this process only.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use secrecy::SecretString;

use super::resting::Resting;

/// What a stored secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// The refresh token of the organisation's own application: Exchange and Graph.
    RefreshToken,
    /// The refresh token of Microsoft's public Exchange client.
    ExchangeRefreshToken,
    /// The refresh token of Microsoft's public Graph client.
    GraphRefreshToken,
    /// An application's secret.
    ClientSecret,
    /// The password of a certificate file.
    CertificatePassword,
}

impl SecretKind {
    /// Every kind: a sign-out deletes them all.
    pub const ALL: [Self; 5] = [
        Self::RefreshToken,
        Self::ExchangeRefreshToken,
        Self::GraphRefreshToken,
        Self::ClientSecret,
        Self::CertificatePassword,
    ];

    /// The word in the name of a keyring entry.
    pub fn word(self) -> &'static str {
        match self {
            Self::RefreshToken => "refresh-token",
            Self::ExchangeRefreshToken => "exchange-refresh-token",
            Self::GraphRefreshToken => "graph-refresh-token",
            Self::ClientSecret => "client-secret",
            Self::CertificatePassword => "certificate-password",
        }
    }

    /// What it is to the person it belongs to: which tokens a sign-in is made of is no concern of theirs.
    pub fn title(self) -> &'static str {
        match self {
            Self::RefreshToken | Self::ExchangeRefreshToken | Self::GraphRefreshToken => "sign-in",
            Self::ClientSecret => "client secret",
            Self::CertificatePassword => "certificate password",
        }
    }
}

/// Why a secret could not be read, kept or deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// Keeps secrets by profile and kind. Calls may block; sign-in makes them off the async runtime, one at a time.
pub trait SecretStore: Send + Sync {
    /// The secret, if there is one that is whole.
    fn load(&self, profile: &str, kind: SecretKind) -> Result<Option<SecretString>, StoreError>;
    /// Keeps a secret in place of the last one.
    fn save(&self, profile: &str, kind: SecretKind, secret: &SecretString) -> Result<(), StoreError>;
    /// Deletes a secret and says whether there was one.
    fn delete(&self, profile: &str, kind: SecretKind) -> Result<bool, StoreError>;
    /// Where secrets rest now, honestly: a store that was not used yet tries itself out, which may block for some
    /// seconds. May change to memory when the keyring fails.
    fn resting_place(&self) -> Resting;
}

/// A store in the memory of this process.
pub struct MemoryStore {
    secrets: Mutex<HashMap<(String, SecretKind), SecretString>>,
    why: String,
}

impl MemoryStore {
    /// An empty store; `why` says in words why secrets do not outlive this process.
    pub fn new(why: impl Into<String>) -> Self {
        Self {
            secrets: Mutex::default(),
            why: why.into(),
        }
    }
}

impl SecretStore for MemoryStore {
    fn load(&self, profile: &str, kind: SecretKind) -> Result<Option<SecretString>, StoreError> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(secrets.get(&(profile.to_owned(), kind)).cloned())
    }

    fn save(&self, profile: &str, kind: SecretKind, secret: &SecretString) -> Result<(), StoreError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.insert((profile.to_owned(), kind), secret.clone());
        Ok(())
    }

    fn delete(&self, profile: &str, kind: SecretKind) -> Result<bool, StoreError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(secrets.remove(&(profile.to_owned(), kind)).is_some())
    }

    fn resting_place(&self) -> Resting {
        Resting::ThisProcess {
            why: self.why.clone(),
        }
    }
}
