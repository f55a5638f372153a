//! `handover info`: every path and setting in use.

use std::sync::Arc;

use super::{
    Exit, Failure, Output,
    arguments::Global,
    config::{ENVIRONMENT, Settings, process_environment},
    runtime,
};
use crate::{
    cloud::auth::KeyringStore,
    domain::Policy,
    engine::information::{self, InUse, Startup, Variable},
};

/// Prints what this process would use, and where it comes from.
pub fn run(global: &Global) -> Result<Exit, Failure> {
    let settings = Settings::load(global, &process_environment)?;
    let profile = settings.profile(&process_environment).ok();
    let startup = startup(&settings);
    let in_use = InUse {
        data_dir: &settings.data_dir,
        profile_name: settings.profile_name.as_deref(),
        profile: profile.as_ref(),
        policy: Policy {
            read_only: !settings.may_write(),
            ..settings.policy
        },
    };
    let information = runtime()?.block_on(information::gather(&startup, in_use));
    Output::new(global.output).object(&information)?;
    Ok(Exit::Done)
}

/// What the command line knows from its start.
pub fn startup(settings: &Settings) -> Startup {
    let environment = ENVIRONMENT.into_iter().map(|(name, meaning)| Variable {
        name: name.to_owned(),
        value: match process_environment(name) {
            None => "not set".to_owned(),
            // Values can be secrets; that they are set is all anyone needs to see.
            Some(_) if name.contains("SECRET") || name.contains("PASSWORD") => "set".to_owned(),
            Some(value) => value,
        },
        meaning: meaning.to_owned(),
    });
    Startup {
        config_file: settings.config_path.clone(),
        profiles: settings.file.profile.keys().cloned().collect(),
        environment: environment.collect(),
        secret_store: Arc::new(KeyringStore::open),
    }
}
