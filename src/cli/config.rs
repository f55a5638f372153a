//! The configuration file and how it resolves: defaults < file < environment < flags (design section 3).

mod environment;
mod file;
mod hosts;

use std::path::PathBuf;

use directories::ProjectDirs;

use super::{Failure, arguments::Global};
use crate::domain::{Endpoints, Policy, Profile};
use environment::{setting, word};

pub use environment::{ENVIRONMENT, process_environment};
pub use file::{
    AuthSection, BindMethod, ConfigFile, DirectorySection, EndpointsSection, HostRole, HostSection, HostVia,
    PolicySection, ProfileSection, UiSection, parse,
};
pub use hosts::ConfiguredHost;

/// The resolved configuration of this process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// File the configuration came from, whether it exists or not.
    pub config_path: PathBuf,
    /// Whether the file exists.
    pub config_exists: bool,
    /// The file's content, or the empty default.
    pub file: ConfigFile,
    /// Profile chosen by flag, environment or file; not necessarily defined.
    pub profile_name: Option<String>,
    /// What may be changed.
    pub policy: Policy,
    /// Folder for runs, waves, locks and logs.
    pub data_dir: PathBuf,
    /// Whether `--write` was given.
    pub write: bool,
}

impl Settings {
    /// Reads the file and applies environment and flags. A missing file is the default configuration, unless it was
    /// named; a broken one is an error with line and column.
    pub fn load(global: &Global, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let directories = ProjectDirs::from("", "", "handover");
        let config_path = match &global.config {
            Some(path) => path.clone(),
            None => match &directories {
                Some(directories) => directories.config_dir().join("config.toml"),
                None => return Err(no_home("--config FILE")),
            },
        };
        let data_dir = match &global.data_dir {
            Some(path) => path.clone(),
            None => match &directories {
                Some(directories) => directories.data_local_dir().to_path_buf(),
                None => return Err(no_home("--data-dir DIR")),
            },
        };
        let (file, config_exists) = match std::fs::read_to_string(&config_path) {
            Ok(text) => (parse(&text, &config_path)?, true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && global.config.is_none() => {
                (ConfigFile::default(), false)
            }
            Err(error) => {
                return Err(Failure::file(&config_path, error)
                    .advise("Check the path, or run `handover init --config FILE` to write one there."));
            }
        };
        let mut policy = Policy::default();
        policy.read_only = setting(environment, "HANDOVER_READ_ONLY")?
            .or(file.policy.read_only)
            .unwrap_or(policy.read_only);
        policy.confirm_above = setting(environment, "HANDOVER_CONFIRM_ABOVE")?
            .or(file.policy.confirm_above)
            .unwrap_or(policy.confirm_above);
        policy.max_changes = setting(environment, "HANDOVER_MAX_CHANGES")?
            .or(file.policy.max_changes)
            .unwrap_or(policy.max_changes);
        let profile_name = global
            .profile
            .clone()
            .or_else(|| file.default_profile.clone())
            .or_else(|| {
                // One profile needs no default.
                (file.profile.len() == 1)
                    .then(|| file.profile.keys().next().cloned())
                    .flatten()
            });
        Ok(Self {
            config_path,
            config_exists,
            file,
            profile_name,
            policy,
            data_dir,
            write: global.write,
        })
    }

    /// Whether this process may write.
    pub fn may_write(&self) -> bool {
        self.write || !self.policy.read_only
    }

    /// The chosen profile, resolved.
    pub fn profile(&self, environment: &dyn Fn(&str) -> Option<String>) -> Result<Profile, Failure> {
        let Some(name) = &self.profile_name else {
            return Err(Failure::usage("no tenant is configured").advise(
                "Run `handover init --tenant TENANT` to write a configuration, or `handover demo` to look around without a tenant.",
            ));
        };
        let Some(section) = self.file.profile.get(name) else {
            let known: Vec<_> = self.file.profile.keys().map(String::as_str).collect();
            return Err(Failure::usage(format!(
                "there is no profile `{name}` in {}",
                self.config_path.display()
            ))
            .advise(if known.is_empty() {
                "The file has no profiles. Run `handover init`.".to_owned()
            } else {
                format!("Profiles in the file: {}.", known.join(", "))
            }));
        };
        let cloud = word(environment, "HANDOVER_CLOUD")?.unwrap_or(section.cloud);
        let endpoints = match (&section.endpoints, Endpoints::published(cloud)) {
            (_, Some(published)) if section.endpoints.is_none() => published,
            (Some(own), None) => Endpoints::custom(&own.login, &own.graph, &own.exchange)
                .map_err(|error| Failure::usage(format!("profile `{name}`: {error}")))?,
            (Some(_), Some(_)) => {
                return Err(Failure::usage(format!(
                    "profile `{name}` has endpoints, but its cloud is a published one"
                ))
                .advise("Remove the section [profile.*.endpoints], or set cloud = \"custom\"."));
            }
            _ => {
                return Err(Failure::usage(format!(
                    "profile `{name}` has cloud = \"custom\" but no endpoints"
                ))
                .advise("Add the section [profile.*.endpoints] with login, graph and exchange."));
            }
        };
        let tenant = environment("HANDOVER_TENANT").unwrap_or_else(|| section.tenant.clone());
        let plausible = !tenant.is_empty()
            && tenant
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '-'));
        if !plausible {
            return Err(
                Failure::usage(format!("profile `{name}`: the tenant is not a domain or an id"))
                    .advise("Use the tenant's initial domain, such as contoso.onmicrosoft.com, or its id."),
            );
        }
        Ok(Profile {
            name: name.clone(),
            tenant,
            method: word(environment, "HANDOVER_AUTH_METHOD")?.unwrap_or(section.auth.method),
            client_id: environment("HANDOVER_CLIENT_ID").or_else(|| section.auth.client_id.clone()),
            endpoints,
        })
    }
}

fn no_home(flag: &str) -> Failure {
    Failure::usage("this account has no home folder")
        .advise(format!("Service accounts often have none: give {flag}."))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{cli::arguments::Arguments, domain::SignInMethod};

    fn load(text: &str, environment: &[(&str, &str)], flags: &[&str]) -> Result<Profile, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let mut line = vec!["handover", "--config", path.to_str().unwrap()];
        line.extend(flags);
        let arguments = Arguments::parse_from(line);
        let look_up = |name: &str| {
            environment
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Settings::load(&arguments.global, &look_up)?.profile(&look_up)
    }

    const TWO: &str = r#"
        default_profile = "a"
        [profile.a]
        tenant = "a.onmicrosoft.com"
        [profile.b]
        cloud = "custom"
        tenant = "b.onmicrosoft.com"
        [profile.b.auth]
        method = "client-secret"
        client_id = "x"
        [profile.b.endpoints]
        login = "http://127.0.0.1:1/login"
        graph = "http://127.0.0.1:1/graph"
        exchange = "http://127.0.0.1:1/exchange"
    "#;

    #[test]
    fn flags_win_over_environment_and_file() {
        assert_eq!(load(TWO, &[], &[]).unwrap().name, "a");
        let b = load(TWO, &[("HANDOVER_TENANT", "c.example")], &["--profile", "b"]).unwrap();
        assert_eq!(
            (b.name.as_str(), b.tenant.as_str(), b.method),
            ("b", "c.example", SignInMethod::ClientSecret)
        );
    }

    #[test]
    fn a_typo_is_named_with_line_and_column() {
        let failure = load("[profile.a]\ntenat = \"x\"\n", &[], &[]).unwrap_err();
        assert_eq!(failure.exit, super::super::Exit::Usage);
        assert!(failure.message.contains(":2:1:"), "{}", failure.message);
        assert!(failure.message.contains("tenat"), "{}", failure.message);
        let failure = load("\u{feff}[profile.a]\ntenant = 1\n", &[], &[]).unwrap_err();
        assert!(failure.message.contains(":2:10:"), "{}", failure.message);
    }

    #[test]
    fn addresses_belong_to_a_custom_cloud() {
        let published = TWO.replace("cloud = \"custom\"", "cloud = \"global\"");
        assert!(
            load(&published, &[], &["--profile", "b"])
                .unwrap_err()
                .message
                .contains("published")
        );
        let plain = TWO.replace("http://127.0.0.1:1/graph", "http://graph.example/");
        assert!(
            load(&plain, &[], &["--profile", "b"])
                .unwrap_err()
                .message
                .contains("unprotected")
        );
    }

    #[test]
    fn a_tenant_can_not_smuggle_a_path() {
        assert!(load("[profile.a]\ntenant = \"a/../b\"\n", &[], &[]).is_err());
    }

    #[test]
    fn an_unknown_profile_lists_the_known_ones() {
        let failure = load(TWO, &[], &["--profile", "z"]).unwrap_err();
        assert!(failure.advice.unwrap().contains("a, b"));
    }
}
