//! The configuration file: a mistake is placed inside the file, and a profile that resolves sends tokens to protected hosts
//! only.
#![no_main]

use std::path::Path;

use handover::{
    cli::config::{Settings, parse},
    domain::{Policy, Service, is_loopback},
};
use handover_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    bounded(text.len(), || {
        let path = Path::new("config.toml");
        let file = match parse(text, path) {
            Ok(file) => file,
            Err(failure) => {
                assert_place(text, &failure.message);
                return;
            }
        };
        for name in file.profile.keys() {
            let settings = Settings {
                config_path: path.to_owned(),
                config_exists: true,
                file: file.clone(),
                profile_name: Some(name.clone()),
                policy: Policy::default(),
                data_dir: path.to_owned(),
                write: false,
            };
            let Ok(profile) = settings.profile(&|_| None) else {
                continue;
            };
            assert!(profile.tenant.is_ascii() && !profile.tenant.contains('/'));
            for service in [Service::Login, Service::Graph, Service::Exchange] {
                let root = profile.endpoints.root(service);
                assert!(root.scheme() == "https" || is_loopback(root), "{root}");
            }
        }
    });
});

/// Fails if `config.toml:LINE:COLUMN: …` names a place the text does not have.
fn assert_place(text: &str, message: &str) {
    let mut parts = message.splitn(4, ':').skip(1);
    let number = |part: Option<&str>| part?.parse::<usize>().ok();
    let (Some(line), Some(column)) = (number(parts.next()), number(parts.next())) else {
        return;
    };
    let found = text.trim_start_matches('\u{feff}').split('\n').nth(line - 1);
    assert!(
        found.is_some_and(|found| column <= found.chars().count() + 1),
        "{message}"
    );
}
