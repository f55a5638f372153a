//! What the sign-in shows, who is signed in, how the services are connected.

use std::time::Duration;

/// What the sign-in shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInPrompt {
    /// A code to type on another device.
    DeviceCode {
        /// The code.
        code: String,
        /// Where to type it.
        url: String,
        /// How long it is valid from this message on.
        valid_for: Duration,
    },
    /// The browser was opened; it can be opened by hand too.
    Browser {
        /// Where it points.
        url: String,
    },
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name for people: a sign-in name or the name of the application.
    pub name: String,
    /// Tenant id from the token.
    pub tenant_id: String,
    /// Something to say about the sign-in, such as where the refresh token rests.
    pub note: Option<String>,
}

/// The state of the connection to one service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not signed in, nothing sent yet.
    #[default]
    SignedOut,
    /// Signing in or first request under way.
    Connecting,
    /// The last call was answered.
    Connected,
    /// Calls fail; they are tried again.
    Retrying,
    /// Calls failed for good.
    Lost,
}

impl Connection {
    /// The word in the title line.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "signed out",
            Self::Connecting => "connecting",
            Self::Connected => "ok",
            Self::Retrying => "retrying",
            Self::Lost => "lost",
        }
    }
}
