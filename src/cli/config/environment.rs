//! Environment variables that change the configuration.

use crate::cli::Failure;

/// Environment variables that change what Handover uses, for `info`.
pub const ENVIRONMENT: [(&str, &str); 17] = [
    ("HANDOVER_CONFIG", "configuration file"),
    ("HANDOVER_PROFILE", "profile"),
    ("HANDOVER_DATA_DIR", "folder for runs, waves, locks and logs"),
    ("HANDOVER_CLOUD", "cloud of the profile"),
    ("HANDOVER_TENANT", "tenant of the profile"),
    ("HANDOVER_AUTH_METHOD", "sign-in method of the profile"),
    ("HANDOVER_CLIENT_ID", "app registration of the profile"),
    (
        "HANDOVER_CLIENT_SECRET",
        "secret of the app registration; never written anywhere",
    ),
    (
        "HANDOVER_CERTIFICATE_FILE",
        "certificate with key (PEM or PFX) of the app registration",
    ),
    (
        "HANDOVER_CERTIFICATE_PASSWORD",
        "password of the PFX file; never written anywhere",
    ),
    (
        "HANDOVER_NO_KEYRING",
        "1 keeps sign-ins in memory instead of the system's keyring",
    ),
    (
        "HANDOVER_SSH_CONFIG",
        "ssh configuration file in place of the account's own",
    ),
    ("HANDOVER_READ_ONLY", "policy read_only"),
    ("HANDOVER_CONFIRM_ABOVE", "policy confirm_above"),
    ("HANDOVER_MAX_CHANGES", "policy max_changes"),
    ("HANDOVER_COLOR", "auto, always or never"),
    ("HANDOVER_GLYPHS", "auto, unicode or ascii"),
];

/// The process's environment; empty values count as absent.
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A number or a truth value.
pub(super) fn setting<T: std::str::FromStr>(
    environment: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<T>, Failure> {
    environment(name)
        .map(|text| {
            text.parse()
                .map_err(|_| Failure::usage(format!("{name} has the value `{text}`, which does not fit")))
        })
        .transpose()
}

/// One of the words the file knows.
pub(super) fn word<T: serde::de::DeserializeOwned>(
    environment: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<T>, Failure> {
    environment(name)
        .map(|text| {
            serde_json::from_value(serde_json::Value::String(text.clone()))
                .map_err(|error| Failure::usage(format!("{name} has the value `{text}`: {error}")))
        })
        .transpose()
}
