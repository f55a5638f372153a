//! `handover login`, `logout` and `whoami`.

use std::{io::Write, sync::Arc};

use serde_json::{Value, json};

use super::{
    Exit, Failure, Output,
    arguments::Global,
    config::{Settings, process_environment},
    connection::{Connection, StandardError, credentials},
    runtime,
};
use crate::cloud::{
    CallLog,
    auth::{Authenticator, Identity, KeyringStore},
};

/// Signs in and keeps the sign-in.
pub fn login(global: &Global) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let (connection, identity) = Connection::open(global, None).await?;
        let mut notes = std::io::stderr().lock();
        writeln!(
            notes,
            "Signed in to {} as {}.",
            connection.profile.tenant, identity.subject
        )?;
        if let Some(resting) = &identity.refresh_token {
            writeln!(notes, "The sign-in rests in {resting}.")?;
        }
        Ok(Exit::Done)
    })
}

/// Forgets the stored sign-in.
pub fn logout(global: &Global) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let settings = Settings::load(global, &process_environment)?;
        let profile = settings.profile(&process_environment)?;
        let authenticator = Authenticator::new(
            &profile,
            credentials(),
            KeyringStore::open(),
            Arc::new(StandardError),
            CallLog::default(),
        )?;
        authenticator.sign_out().await?;
        writeln!(
            std::io::stderr(),
            "The stored sign-in of profile {} is gone.",
            profile.name
        )?;
        Ok(Exit::Done)
    })
}

/// Shows who is signed in, where, and with which rights.
pub fn whoami(global: &Global) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let (connection, identity) = Connection::open(global, None).await?;
        Output::new(global.output).object(&describe(&connection, &identity))?;
        Ok(Exit::Done)
    })
}

/// The identity as JSON.
pub fn describe(connection: &Connection, identity: &Identity) -> Value {
    let services: Vec<Value> = identity
        .services
        .iter()
        .map(|access| {
            json!({
                "service": access.service.word(),
                "rights": access.rights,
                "expiresAt": access.expires_at,
                "note": access.note,
                "problem": access.problem.as_ref().map(|problem| problem.message.clone()),
            })
        })
        .collect();
    json!({
        "profile": connection.profile.name,
        "subject": identity.subject,
        "kind": if identity.app_only { "application" } else { "person" },
        "tenantId": identity.tenant_id,
        "services": services,
        "signInRests": identity.refresh_token.as_ref().map(ToString::to_string),
    })
}
