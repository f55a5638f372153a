//! The Windows hosts of a profile: `[profile.X.hosts.NAME]`, and `ssh:TARGET` on the command line.

use super::{HostRole, HostVia, Settings};
use crate::{
    cli::Failure,
    host::{HostError, Via, ssh::Ssh},
};

/// Names an ssh configuration file to use in place of the account's own; service accounts often have no home folder.
const SSH_CONFIGURATION: &str = "HANDOVER_SSH_CONFIG";

/// One host of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredHost {
    /// Its name in the file.
    pub name: String,
    /// What runs there.
    pub role: HostRole,
    /// How it is reached.
    pub via: Via,
}

impl Settings {
    /// The hosts of the chosen profile, by name. None if there is no profile.
    ///
    /// # Errors
    /// A target that ssh may not be given, or one where none is needed; the profile and the host are named.
    pub fn hosts(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Vec<ConfiguredHost>, Failure> {
        let Some((profile, section)) = self
            .profile_name
            .as_ref()
            .and_then(|name| self.file.profile.get_key_value(name))
        else {
            return Ok(Vec::new());
        };
        section
            .hosts
            .iter()
            .map(|(name, host)| {
                let via = match (host.via, &host.target) {
                    (HostVia::Local, None) => Via::Local,
                    (HostVia::Local, Some(_)) => {
                        return Err(Failure::usage(format!(
                            "profile `{profile}`, host `{name}`: via = \"local\" is this machine and takes no target"
                        ))
                        .advise("Remove the target, or set via = \"ssh\"."));
                    }
                    // Without a target the host's own name is one.
                    (HostVia::Ssh, target) => over_ssh(target.as_deref().unwrap_or(name), environment)
                        .map_err(|mut failure| {
                            failure.message =
                                format!("profile `{profile}`, host `{name}`: {}", failure.message);
                            failure
                        })?,
                };
                Ok(ConfiguredHost {
                    name: name.clone(),
                    role: host.role,
                    via,
                })
            })
            .collect()
    }

    /// The way that `--via` names: `local`, `ssh:NAME` of a configured host, `ssh:TARGET`.
    ///
    /// # Errors
    /// Any other word, and a target that ssh may not be given.
    pub fn via(&self, text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Via, Failure> {
        if text == "local" {
            return Ok(Via::Local);
        }
        let Some(target) = text.strip_prefix("ssh:") else {
            return Err(Failure::usage(format!("`{text}` is no way to a host"))
                .advise("Write `local`, or `ssh:` with a host of the configuration or with user@host."));
        };
        let configured = self.hosts(environment)?;
        match configured
            .into_iter()
            .find(|host| host.name == target && host.via != Via::Local)
        {
            Some(host) => Ok(host.via),
            None => over_ssh(target, environment),
        }
    }
}

fn over_ssh(target: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Via, Failure> {
    let ssh = Ssh::new(target).map_err(|error| Failure::from(HostError::from(error)))?;
    Ok(Via::Ssh(match environment(SSH_CONFIGURATION) {
        Some(file) => ssh.with_configuration(file.into()),
        None => ssh,
    }))
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        let exit = match &error {
            HostError::Target(_) | HostError::SshNotFound { .. } | HostError::NotWindows => {
                crate::cli::Exit::Usage
            }
            HostError::Cancelled { .. } => crate::cli::Exit::Interrupted,
            _ => crate::cli::Exit::PartlyFailed,
        };
        Self::new(exit, error.to_string()).advise(error.advice())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::Arguments;

    fn settings(hosts: &str) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, format!("[profile.a]\ntenant = \"a.example\"\n{hosts}")).unwrap();
        let arguments = Arguments::parse_from(["handover", "--config", path.to_str().unwrap()]);
        Settings::load(&arguments.global, &|_| None).unwrap()
    }

    const THREE: &str = r#"
        [profile.a.hosts.aadc01]
        role = "connect"
        via = "ssh"
        target = "admin@aadc01.example"
        [profile.a.hosts.agent1]
        role = "agent"
        via = "ssh"
        [profile.a.hosts.here]
        role = "agent"
        via = "local"
    "#;

    #[test]
    fn hosts_have_a_role_and_a_way() {
        let hosts = settings(THREE).hosts(&|_| None).unwrap();
        let told: Vec<_> = hosts
            .iter()
            .map(|host| (host.name.as_str(), host.role, host.via.host()))
            .collect();
        assert_eq!(
            told,
            [
                ("aadc01", HostRole::Connect, "admin@aadc01.example"),
                ("agent1", HostRole::Agent, "agent1"),
                ("here", HostRole::Agent, "this machine"),
            ]
        );
    }

    #[test]
    fn a_way_is_a_configured_host_or_a_target() {
        let settings = settings(THREE);
        let told = |text: &str| settings.via(text, &|_| None).map(|via| via.host().to_owned());
        assert_eq!(told("ssh:aadc01").unwrap(), "admin@aadc01.example");
        assert_eq!(told("ssh:root@other").unwrap(), "root@other");
        assert_eq!(told("local").unwrap(), "this machine");
        for wrong in ["aadc01", "ssh:", "ssh:-oProxyCommand=x", "winrm:x"] {
            let failure = told(wrong).unwrap_err();
            assert_eq!(failure.exit, crate::cli::Exit::Usage, "{wrong}");
            assert!(failure.advice.is_some());
        }
    }

    #[test]
    fn another_ssh_configuration_can_be_named() {
        let environment = |name: &str| (name == SSH_CONFIGURATION).then(|| "/etc/own".to_owned());
        let via = settings(THREE).via("ssh:x", &environment).unwrap();
        let expected = Ssh::new("x").unwrap().with_configuration("/etc/own".into());
        assert_eq!(via, Via::Ssh(expected));
    }

    #[test]
    fn mistakes_name_profile_and_host() {
        for (section, part) in [
            ("role = \"agent\"\nvia = \"ssh\"\ntarget = \"-x\"", "option"),
            ("role = \"agent\"\nvia = \"local\"\ntarget = \"x\"", "no target"),
        ] {
            let failure = settings(&format!("[profile.a.hosts.h]\n{section}\n"))
                .hosts(&|_| None)
                .unwrap_err();
            assert!(
                failure.message.starts_with("profile `a`, host `h`: ") && failure.message.contains(part),
                "{}",
                failure.message
            );
        }
    }
}
