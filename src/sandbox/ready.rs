//! How a sandbox is reached: the content of the ready file (design section 4).

use serde::{Deserialize, Serialize};

use super::login;
use super::world::World;

/// Addresses and credentials of a running sandbox; its JSON is the ready file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Sign-in authority without tenant.
    pub login: String,
    /// Graph root without version.
    pub graph: String,
    /// Exchange root without `/adminapi`.
    pub exchange: String,
    /// LDAP address; nothing as long as the sandbox has no directory.
    pub ldap: Option<String>,
    /// Root of the control service: no sign-in, this machine only.
    pub control: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// An app registration with every right the sandbox knows.
    pub client_id: String,
    /// Its secret. Worth nothing outside this sandbox.
    pub client_secret: String,
    /// Name to bind to the directory with.
    pub bind_user: Option<String>,
    /// Its password.
    pub bind_password: Option<String>,
}

impl Ready {
    pub(super) fn of(world: &World) -> Self {
        let root = |service: &str| format!("http://{}/{service}", world.main);
        Self {
            login: root("login"),
            graph: root("graph"),
            exchange: root("exchange"),
            ldap: None,
            control: root("control"),
            tenant_id: world.tenant.id.to_string(),
            client_id: login::client_id(&world.tenant),
            client_secret: login::client_secret(&world.tenant),
            bind_user: None,
            bind_password: None,
        }
    }

    /// A configuration whose profile `sandbox` reaches this sandbox with its client secret (design section 3). The
    /// secret is not in it: it travels in `HANDOVER_CLIENT_SECRET`.
    pub fn config_toml(&self) -> String {
        let Self {
            login,
            graph,
            exchange,
            tenant_id,
            client_id,
            ..
        } = self;
        format!(
            r#"# An embedded sandbox. HANDOVER_CLIENT_SECRET holds the clientSecret of its ready file.
default_profile = "sandbox"

[profile.sandbox]
cloud = "custom"
tenant = "{tenant_id}"

[profile.sandbox.auth]
method = "client-secret"
client_id = "{client_id}"

[profile.sandbox.endpoints]
login = "{login}"
graph = "{graph}"
exchange = "{exchange}"
"#
        )
    }
}
