//! What this process uses and where that comes from: paths, profile, services, rules, environment. The verb `info` prints
//! it, the cockpit shows it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Serialize, Serializer};

use crate::{
    cloud::auth::{ASK_WITHIN, Resting, SecretStore, resting_within},
    domain::{Cloud, Policy, Profile},
    journal::TenantLock,
};

/// What only the command line knows: it does not change while the process lives.
#[derive(Clone)]
pub struct Startup {
    /// File the configuration comes from, whether it exists or not.
    pub config_file: PathBuf,
    /// Profiles in the file.
    pub profiles: Vec<String>,
    /// Environment variables that change something.
    pub environment: Vec<Variable>,
    /// Opens the store for secrets.
    pub secret_store: Arc<dyn Fn() -> Arc<dyn SecretStore> + Send + Sync>,
}

/// One environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    #[serde(skip)]
    pub name: String,
    /// Its value; `set` where that is a secret, `not set` where it is absent.
    pub value: String,
    /// What it changes.
    pub meaning: String,
}

/// What is in use at this moment.
#[derive(Clone, Copy, Debug)]
pub struct InUse<'a> {
    /// Folder for runs, waves, locks and copies.
    pub data_dir: &'a Path,
    /// Profile asked for, whether it is defined or not.
    pub profile_name: Option<&'a str>,
    /// The profile, resolved.
    pub profile: Option<&'a Profile>,
    /// What may be changed now.
    pub policy: Policy,
}

/// Every path and setting in use. Paths are text, since they may hold bytes that JSON can't.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Information {
    /// Of this binary.
    pub version: String,
    /// The configuration.
    pub config_file: String,
    /// Whether it is there.
    pub config_file_exists: bool,
    /// Folder of the following four.
    pub data_directory: String,
    /// Folder of the runs.
    pub runs: String,
    /// Folder of the waves.
    pub waves: String,
    /// Folder of the locks between processes of one user.
    pub locks: String,
    /// Folder of copied texts that no clipboard took.
    pub copied: String,
    /// Folder of the locks between all users of this machine; nothing where there is none.
    pub shared_locks: Option<String>,
    /// Profile asked for.
    pub profile: Option<String>,
    /// Profiles in the configuration.
    pub profiles: Vec<String>,
    /// Tenant as configured.
    pub tenant: Option<String>,
    /// Cloud of the tenant.
    pub cloud: Option<String>,
    /// How to sign in.
    pub sign_in: Option<String>,
    /// The organisation's own app registration; nothing for Microsoft's public clients.
    pub client_id: Option<String>,
    /// Addresses of the services.
    pub endpoints: Option<Addresses>,
    /// Where sign-ins and kept secrets rest.
    pub secrets: String,
    /// What may be changed now.
    pub policy: Rules,
    /// Environment variables by name.
    #[serde(serialize_with = "by_name")]
    pub environment: Vec<Variable>,
}

/// Addresses of the services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// Sign-in authority.
    pub login: String,
    /// Graph root.
    pub graph: String,
    /// Exchange root.
    pub exchange: String,
}

/// What may be changed now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// Nothing may be changed.
    pub read_only: bool,
    /// Typed confirmation above this count.
    pub confirm_above: usize,
    /// Most mailboxes of a run; 0 is no cap.
    pub max_changes: usize,
}

fn by_name<S: Serializer>(variables: &[Variable], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(variables.iter().map(|variable| (&variable.name, variable)))
}

/// Where runs of all users of this machine lock a tenant against each other. Only for published clouds: two sandboxes may
/// hold tenants of the same id.
pub fn shared_locks(profile: &Profile) -> Option<PathBuf> {
    (profile.endpoints.cloud != Cloud::Custom)
        .then(TenantLock::shared_folder)
        .flatten()
}

/// Puts it together. Asks the keyring, for a few seconds at most; calls no service.
pub async fn gather(startup: &Startup, in_use: InUse<'_>) -> Information {
    let open = Arc::clone(&startup.secret_store);
    let secrets = match resting_within(move || open(), ASK_WITHIN).await {
        Some(Resting::Keyring) => Resting::Keyring.to_string(),
        Some(memory @ Resting::ThisProcess { .. }) => memory.to_string(),
        None => format!(
            "unknown: the operating system's keyring did not answer within {} seconds",
            ASK_WITHIN.as_secs()
        ),
    };
    let InUse {
        data_dir,
        profile_name,
        profile,
        policy,
    } = in_use;
    let text = |path: &Path| path.display().to_string();
    let below = |folder: &str| text(&data_dir.join(folder));
    Information {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config_file: text(&startup.config_file),
        config_file_exists: startup.config_file.exists(),
        data_directory: text(data_dir),
        runs: below("runs"),
        waves: below("waves"),
        locks: below("locks"),
        copied: below("copied"),
        shared_locks: profile.and_then(shared_locks).map(|path| text(&path)),
        profile: profile_name.map(str::to_owned),
        profiles: startup.profiles.clone(),
        tenant: profile.map(|profile| profile.tenant.clone()),
        cloud: profile.map(|profile| profile.endpoints.cloud.word().to_owned()),
        sign_in: profile.map(|profile| profile.method.word().to_owned()),
        client_id: profile.and_then(|profile| profile.client_id.clone()),
        endpoints: profile.map(|profile| Addresses {
            login: profile.endpoints.login.to_string(),
            graph: profile.endpoints.graph.to_string(),
            exchange: profile.endpoints.exchange.to_string(),
        }),
        secrets,
        policy: Rules {
            read_only: policy.read_only,
            confirm_above: policy.confirm_above,
            max_changes: policy.max_changes,
        },
        environment: startup.environment.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cloud::auth::MemoryStore,
        domain::{Endpoints, SignInMethod},
    };

    #[tokio::test]
    async fn it_names_every_path_and_where_secrets_rest() {
        let startup = Startup {
            config_file: PathBuf::from("/nowhere/config.toml"),
            profiles: vec!["contoso".to_owned()],
            environment: vec![Variable {
                name: "HANDOVER_PROFILE".to_owned(),
                value: "not set".to_owned(),
                meaning: "profile".to_owned(),
            }],
            secret_store: Arc::new(|| Arc::new(MemoryStore::new("a test"))),
        };
        let profile = Profile {
            name: "contoso".to_owned(),
            tenant: "contoso.onmicrosoft.com".to_owned(),
            method: SignInMethod::Browser,
            client_id: None,
            endpoints: Endpoints::published(Cloud::GccHigh).unwrap(),
        };
        let in_use = InUse {
            data_dir: Path::new("data"),
            profile_name: Some("contoso"),
            profile: Some(&profile),
            policy: Policy::default(),
        };
        let found = serde_json::to_value(gather(&startup, in_use).await).unwrap();
        assert_eq!(found["configFileExists"], false);
        assert_eq!(found["cloud"], "gcc-high");
        assert_eq!(
            found["runs"],
            Path::new("data").join("runs").display().to_string()
        );
        assert_eq!(found["secrets"], "memory, for this process only (a test)");
        assert_eq!(found["environment"]["HANDOVER_PROFILE"]["meaning"], "profile");
        assert_eq!(
            found["sharedLocks"].is_string(),
            TenantLock::shared_folder().is_some()
        );
        let nothing = InUse {
            profile_name: None,
            profile: None,
            ..in_use
        };
        assert_eq!(gather(&startup, nothing).await.shared_locks, None);
    }
}
