//! `handover info`: every path and setting in use.

use serde_json::{Map, Value, json};

use super::{
    Exit, Failure, Output,
    arguments::Global,
    config::{ENVIRONMENT, Settings, process_environment},
};

/// Prints what this process would use, and where it comes from.
pub fn run(global: &Global) -> Result<Exit, Failure> {
    let settings = Settings::load(global, &process_environment)?;
    let mut environment = Map::new();
    for (name, meaning) in ENVIRONMENT {
        let state = match process_environment(name) {
            None => "not set".to_owned(),
            // Values can be secrets; that they are set is all anyone needs to see.
            Some(_) if name.contains("SECRET") || name.contains("PASSWORD") => "set".to_owned(),
            Some(value) => value,
        };
        environment.insert(name.to_owned(), json!({ "value": state, "meaning": meaning }));
    }
    let profile = settings.profile(&process_environment).ok();
    let information = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "configFile": settings.config_path,
        "configFileExists": settings.config_exists,
        "dataDirectory": settings.data_dir,
        "runs": settings.data_dir.join("runs"),
        "waves": settings.data_dir.join("waves"),
        "locks": settings.data_dir.join("locks"),
        "profile": settings.profile_name,
        "profiles": settings.file.profile.keys().collect::<Vec<_>>(),
        "tenant": profile.as_ref().map(|profile| &profile.tenant),
        "signIn": profile.as_ref().map(|profile| profile.method.word()),
        "endpoints": profile.as_ref().map(|profile| json!({
            "login": profile.endpoints.login,
            "graph": profile.endpoints.graph,
            "exchange": profile.endpoints.exchange,
        })),
        "policy": {
            "readOnly": !settings.may_write(),
            "confirmAbove": settings.policy.confirm_above,
            "maxChanges": settings.policy.max_changes,
        },
        "environment": Value::Object(environment),
    });
    Output::new(global.output).object(&information)?;
    Ok(Exit::Done)
}
