//! Whether a .NET program on this host can use TLS 1.2 as a client, whatever is written down and whatever is not.

use crate::domain::{
    registry::{KeyPath, Lookup, RegistryImage},
    tls::{ValueReport, WindowsVersion},
};

use super::{
    platform::{FIRST_WITH_SYSTEM_DEFAULT, framework_release},
    requirement::{
        CLIENT, DISABLED_BY_DEFAULT, ENABLED, FRAMEWORK_64, STRONG, SYSTEM_DEFAULT, Standing, requirement,
    },
};

/// The four values that decide; 32-bit programs are none of the products.
pub(super) struct ClientValues {
    enabled: Standing,
    disabled_by_default: Standing,
    system_default: Standing,
    strong: Standing,
    /// The source does not speak of all four.
    unseen: bool,
}

impl ClientValues {
    pub(super) fn of(image: &RegistryImage) -> Self {
        let standing = |key, name| {
            requirement(key, name).map_or(Standing::Missing, |requirement| requirement.standing(image))
        };
        Self {
            enabled: standing(CLIENT, ENABLED),
            disabled_by_default: standing(CLIENT, DISABLED_BY_DEFAULT),
            system_default: standing(FRAMEWORK_64, SYSTEM_DEFAULT),
            strong: standing(FRAMEWORK_64, STRONG),
            unseen: [
                (CLIENT, ENABLED),
                (CLIENT, DISABLED_BY_DEFAULT),
                (FRAMEWORK_64, SYSTEM_DEFAULT),
                (FRAMEWORK_64, STRONG),
            ]
            .iter()
            .any(|(key, name)| image.lookup(&KeyPath::new(key), name) == Lookup::NotCovered),
        }
    }

    /// Whether .NET asks Windows for TLS 1.2 by name: only where it is told not to leave the choice to Windows.
    pub(super) fn asks_by_name(&self) -> bool {
        self.system_default == Standing::Off && self.strong == Standing::Good
    }
}

/// The judgement and why, in one sentence. `obstacles` are values beside the eight that leave no common cipher suite.
pub(super) fn judge_client(
    values: &ClientValues,
    obstacles: &[&ValueReport],
    windows: Option<WindowsVersion>,
    image: &RegistryImage,
) -> (bool, String) {
    let early = windows == Some(WindowsVersion::Server2008R2);
    let no = |reason: &str| (false, reason.to_owned());
    for (standing, name) in [
        (values.enabled, ENABLED),
        (values.disabled_by_default, DISABLED_BY_DEFAULT),
    ] {
        if matches!(standing, Standing::WrongType | Standing::Unreadable) {
            return (
                false,
                format!("No: the client's {name} is not a number that Windows can be relied on to read."),
            );
        }
        if standing == Standing::Missing && early {
            return (
                false,
                format!(
                    "No: Windows Server 2008 R2 leaves TLS 1.2 off for clients, and {name} that would turn it on is missing."
                ),
            );
        }
    }
    if values.enabled == Standing::Off {
        return no("No: Windows' own TLS has TLS 1.2 turned off for clients (Enabled=0).");
    }
    if let Some(obstacle) = obstacles.first() {
        return (
            false,
            format!("No: {} {}: {}", obstacle.path, obstacle.name, obstacle.reason),
        );
    }
    if values.disabled_by_default == Standing::Off {
        return if values.asks_by_name() {
            (
                true,
                "Yes, but only for programs that ask for TLS 1.2 by name, as 64-bit .NET programs here do: Windows has it off by default."
                    .to_owned(),
            )
        } else {
            no("No: TLS 1.2 is off by default for clients, and .NET does not ask for it by name.")
        };
    }
    let (usable, reason) = judge_framework(values, image);
    let mut reason = reason.to_owned();
    if usable && (values.enabled == Standing::Missing || values.disabled_by_default == Standing::Missing) {
        reason.push_str(" Windows' own TLS allows it by default");
        reason.push_str(match windows {
            Some(_) => ".",
            None => " from Windows Server 2012 on; which Windows this is was not told.",
        });
    }
    if [
        values.enabled,
        values.disabled_by_default,
        values.system_default,
        values.strong,
    ]
    .contains(&Standing::Denied)
    {
        reason.push_str(" Not all values could be seen: access was denied.");
    }
    if values.unseen {
        reason.push_str(" But the source does not speak of all values that decide this.");
    }
    (usable, reason)
}

/// What .NET makes of it, once Windows allows TLS 1.2.
fn judge_framework(values: &ClientValues, image: &RegistryImage) -> (bool, &'static str) {
    let silent = |standing| matches!(standing, Standing::Missing | Standing::Denied);
    if values.system_default == Standing::Good {
        return (
            true,
            "Yes: .NET leaves the choice to Windows, which allows TLS 1.2.",
        );
    }
    if values.strong == Standing::Good {
        return (true, "Yes: .NET asks for TLS 1.2 by name, and Windows allows it.");
    }
    if [values.system_default, values.strong].contains(&Standing::Off) {
        return (
            false,
            "No: .NET is told not to use TLS 1.2, by SystemDefaultTlsVersions or SchUseStrongCrypto in the 64-bit view.",
        );
    }
    if !silent(values.system_default) || !silent(values.strong) {
        return (
            false,
            "No, or not for sure: SystemDefaultTlsVersions or SchUseStrongCrypto in the 64-bit view is nothing that .NET can be relied on to read.",
        );
    }
    if framework_release(image).is_some_and(|release| release < FIRST_WITH_SYSTEM_DEFAULT) {
        return (
            false,
            "No: .NET here is older than 4.7 and is not told to leave the choice to Windows.",
        );
    }
    (
        true,
        "Yes: programs made for .NET 4.7 and later leave the choice to Windows, which allows TLS 1.2.",
    )
}
