//! A configured tenant: where it lives and how to sign in to it.

use serde::{Deserialize, Serialize};

use super::Endpoints;

/// How Handover signs in (design section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignInMethod {
    /// A code typed on another device.
    #[default]
    DeviceCode,
    /// The system browser with PKCE and a loopback port.
    Browser,
    /// An app registration's secret, from the keyring or `HANDOVER_CLIENT_SECRET`.
    ClientSecret,
    /// An app registration's certificate (PEM or PFX), from `HANDOVER_CERTIFICATE_FILE`.
    Certificate,
    /// Tokens from an Azure CLI that is signed in.
    AzureCli,
}

impl SignInMethod {
    /// Whether tokens speak for the application instead of a person.
    pub fn is_app_only(self) -> bool {
        matches!(self, Self::ClientSecret | Self::Certificate)
    }

    /// The word in the configuration file.
    pub fn word(self) -> &'static str {
        match self {
            Self::DeviceCode => "device-code",
            Self::Browser => "browser",
            Self::ClientSecret => "client-secret",
            Self::Certificate => "certificate",
            Self::AzureCli => "azure-cli",
        }
    }
}

/// One profile of the configuration, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name in the configuration.
    pub name: String,
    /// Tenant domain or id as configured; the tenant id itself comes from the token.
    pub tenant: String,
    /// How to sign in.
    pub method: SignInMethod,
    /// The organisation's own app registration; Microsoft's public clients otherwise.
    pub client_id: Option<String>,
    /// Service addresses.
    pub endpoints: Endpoints,
}

/// What this process may change (design section 3, `[policy]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Writes are refused until `--write` or the unlock dialog lifts this for one process.
    pub read_only: bool,
    /// More items than this need the tenant and the count typed.
    pub confirm_above: usize,
    /// No run may hold more items than this; 0 is no cap.
    pub max_changes: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            read_only: true,
            confirm_above: 25,
            max_changes: 0,
        }
    }
}
