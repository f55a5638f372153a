//! The configuration file as written. Unknown keys are refused.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    cli::Failure,
    domain::{Cloud, SignInMethod},
};

/// The file as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Profile used when none is named.
    pub default_profile: Option<String>,
    /// Tenants by name.
    #[serde(default)]
    pub profile: BTreeMap<String, ProfileSection>,
    /// What may be changed.
    #[serde(default)]
    pub policy: PolicySection,
    /// How the cockpit looks.
    #[serde(default)]
    pub ui: UiSection,
}

/// One tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileSection {
    /// Where it lives.
    #[serde(default)]
    pub cloud: Cloud,
    /// Domain or id.
    pub tenant: String,
    /// How to sign in.
    #[serde(default)]
    pub auth: AuthSection,
    /// Addresses, for `cloud = "custom"` only.
    pub endpoints: Option<EndpointsSection>,
    /// A domain controller.
    pub directory: Option<DirectorySection>,
    /// Windows hosts by name.
    #[serde(default)]
    pub hosts: BTreeMap<String, HostSection>,
}

/// How to sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSection {
    /// Which way.
    #[serde(default)]
    pub method: SignInMethod,
    /// The organisation's own app registration.
    pub client_id: Option<String>,
}

/// Service addresses of a custom cloud.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointsSection {
    /// Sign-in authority.
    pub login: String,
    /// Graph root.
    pub graph: String,
    /// Exchange root.
    pub exchange: String,
}

/// A domain controller; read by directory work.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectorySection {
    /// `ldaps://…`, or `ldap://…` with `starttls` or `bind = "gssapi"`.
    pub url: String,
    /// Upgrade a plain connection before anything is sent.
    #[serde(default)]
    pub starttls: bool,
    /// How to bind.
    #[serde(default)]
    pub bind: BindMethod,
    /// Who binds.
    pub user: Option<String>,
    /// Authority that signed the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// Search base; the server's own otherwise.
    pub base: Option<String>,
}

/// How to bind to a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindMethod {
    /// Name and password.
    #[default]
    Simple,
    /// Kerberos.
    Gssapi,
    /// NTLM.
    Ntlm,
}

/// A Windows host; read by host work.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostSection {
    /// What runs there.
    pub role: HostRole,
    /// How it is reached.
    pub via: HostVia,
    /// `user@host` for ssh.
    pub target: Option<String>,
}

/// What runs on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostRole {
    /// Entra Connect Sync.
    Connect,
    /// A Cloud Sync provisioning agent.
    Agent,
}

/// How a host is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostVia {
    /// This machine.
    Local,
    /// The system's ssh.
    Ssh,
}

/// What may be changed; absent members keep the defaults of [`Policy`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySection {
    /// Refuse writes.
    pub read_only: Option<bool>,
    /// Typed confirmation above this count.
    pub confirm_above: Option<usize>,
    /// Cap of a run; 0 is none.
    pub max_changes: Option<usize>,
}

/// How the cockpit looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UiSection {
    /// Theme name.
    pub theme: Option<String>,
    /// Keymap file with changes to the default keys.
    pub keymap: Option<PathBuf>,
}

/// Reads the text of a file; `path` is for messages.
///
/// # Errors
/// A mistake is told with line and column.
pub fn parse(text: &str, path: &Path) -> Result<ConfigFile, Failure> {
    // Places count from behind the byte order mark, which editors do not show.
    let text = text.trim_start_matches('\u{feff}');
    toml::from_str(text).map_err(|error| {
        let place = error.span().map_or_else(String::new, |span| {
            let before = text.get(..span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before
                .chars()
                .rev()
                .take_while(|character| *character != '\n')
                .count()
                + 1;
            format!(":{line}:{column}")
        });
        Failure::usage(format!("{}{place}: {}", path.display(), error.message()))
            .advise("Mend this line; `handover init` writes a commented example to compare with.")
    })
}
