//! `handover init`: writes a commented configuration and checks it.

use std::io::{IsTerminal, Write};

use super::{
    Exit, Failure,
    arguments::{Global, InitArguments},
    config::{Settings, process_environment},
};

/// The commented example; `@NAME@` places are filled in.
const TEMPLATE: &str = include_str!("../../assets/config.toml");

/// What a new configuration holds; the set-up dialog of the cockpit fills the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProfile {
    /// Name of the profile.
    pub name: String,
    /// Word of the cloud.
    pub cloud: String,
    /// Tenant domain or id.
    pub tenant: String,
    /// Word of the sign-in method.
    pub method: String,
    /// App registration, if the organisation has one.
    pub client_id: Option<String>,
    /// Domain controller, if there is one.
    pub directory: Option<String>,
}

impl NewProfile {
    /// The text of the file.
    pub fn to_toml(&self) -> String {
        let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
        let optional = |name: &str, value: &Option<String>, example: &str| match value {
            Some(value) => format!("{name} = {}", text(value)),
            None => format!("# {name} = \"{example}\""),
        };
        let key = if self
            .name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        {
            self.name.clone()
        } else {
            text(&self.name)
        };
        let directory = match &self.directory {
            Some(url) => format!("[profile.{key}.directory]\nurl = {}", text(url)),
            None => format!("# [profile.{key}.directory]\n# url = \"ldaps://dc1.contoso.local\""),
        };
        TEMPLATE
            .replace("@DEFAULT@", &text(&self.name))
            .replace("@KEY@", &key)
            .replace("@CLOUD@", &text(&self.cloud))
            .replace("@TENANT@", &text(&self.tenant))
            .replace("@METHOD@", &text(&self.method))
            .replace(
                "@CLIENT_ID@",
                &optional(
                    "client_id",
                    &self.client_id,
                    "00000000-0000-0000-0000-000000000000",
                ),
            )
            .replace("@DIRECTORY@", &directory)
    }

    /// Writes the file, never over an existing one unless told to, and reads it back.
    pub fn write(&self, global: &Global, replace: bool) -> Result<Settings, Failure> {
        let global = Global {
            profile: Some(self.name.clone()),
            ..global.clone()
        };
        let path = match &global.config {
            Some(path) => path.clone(),
            None => Settings::load(&global, &process_environment)?.config_path,
        };
        if path.exists() && !replace {
            return Err(Failure::usage(format!("{} exists already", path.display()))
                .advise("Edit it, or give --force to replace it."));
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
        }
        crate::journal::write_private(&path, self.to_toml().as_bytes())
            .map_err(|error| Failure::file(&path, error))?;
        let settings = Settings::load(
            &Global {
                config: Some(path),
                ..global
            },
            &process_environment,
        )?;
        settings.profile(&process_environment)?;
        Ok(settings)
    }
}

/// Writes the configuration and says what comes next.
pub fn run(global: &Global, arguments: &InitArguments) -> Result<Exit, Failure> {
    let tenant = match &arguments.tenant {
        Some(tenant) => tenant.clone(),
        None if std::io::stdin().is_terminal() => {
            ask("Tenant domain or id (such as contoso.onmicrosoft.com): ")?
        }
        None => {
            return Err(Failure::usage("the tenant is missing").advise("Give --tenant TENANT."));
        }
    };
    let profile = NewProfile {
        name: arguments.name.clone(),
        cloud: arguments.cloud.word().to_owned(),
        tenant,
        method: arguments.method.word().to_owned(),
        client_id: arguments.client_id.clone(),
        directory: arguments.directory.clone(),
    };
    let settings = profile.write(global, arguments.force)?;
    let mut notes = std::io::stderr().lock();
    writeln!(notes, "Wrote {}.", settings.config_path.display())?;
    writeln!(
        notes,
        "Next: `handover doctor` checks it, `handover login` signs in, `handover` opens the cockpit."
    )?;
    Ok(Exit::Done)
}

fn ask(question: &str) -> Result<String, Failure> {
    let mut notes = std::io::stderr().lock();
    write!(notes, "{question}")?;
    notes.flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_tenant_name_can_not_break_out_of_its_line() {
        let profile = NewProfile {
            name: "we \"ird".into(),
            cloud: "global".into(),
            tenant: "x\"\n[policy]\nread_only = false".into(),
            method: "device-code".into(),
            client_id: None,
            directory: None,
        };
        let file: super::super::config::ConfigFile = toml::from_str(&profile.to_toml()).unwrap();
        assert_eq!(file.policy.read_only, Some(true));
        assert_eq!(file.profile["we \"ird"].tenant, profile.tenant);
    }

    #[test]
    fn every_choice_writes_a_file_that_loads() {
        for cloud in ["global", "gcc-high", "dod", "china"] {
            for method in [
                "device-code",
                "browser",
                "client-secret",
                "certificate",
                "azure-cli",
            ] {
                let profile = NewProfile {
                    name: "contoso".into(),
                    cloud: cloud.into(),
                    tenant: "contoso.onmicrosoft.com".into(),
                    method: method.into(),
                    client_id: Some("id".into()),
                    directory: Some("ldaps://dc1.contoso.local".into()),
                };
                let file: super::super::config::ConfigFile = toml::from_str(&profile.to_toml()).unwrap();
                assert_eq!(file.default_profile.as_deref(), Some("contoso"));
                assert_eq!(file.profile["contoso"].auth.client_id.as_deref(), Some("id"));
            }
        }
    }
}
