//! `handover login`, `logout` and `whoami`.

use std::{io::IsTerminal, sync::Arc};

use secrecy::{SecretString, zeroize::Zeroize};
use serde_json::{Value, json};

use super::{
    Exit, Failure, Output,
    arguments::Global,
    config::{Settings, process_environment},
    connection::{Connection, StandardError, credentials},
    note, runtime,
};
use crate::{
    cloud::{
        CallLog,
        auth::{Authenticator, Credentials, Identity, KeyringStore, Resting, SecretKind, SignedOut},
    },
    domain::{Profile, SignInMethod},
};

/// Signs in and keeps the sign-in; with `keep_secret` also what the application signs in with, once that has worked.
pub fn login(global: &Global, keep_secret: bool) -> Result<Exit, Failure> {
    let mut given = credentials();
    let settings = Settings::load(global, &process_environment)?;
    let profile = settings.profile(&process_environment)?;
    let kind = match profile.method {
        SignInMethod::ClientSecret => Some(SecretKind::ClientSecret),
        SignInMethod::Certificate => Some(SecretKind::CertificatePassword),
        _ => None,
    };
    let secret = match (keep_secret, kind) {
        (false, _) => None,
        (true, None) => {
            return Err(Failure::usage(format!(
                "sign-in by {} has no secret to keep",
                profile.method.word()
            )));
        }
        (true, Some(kind)) => {
            let place = match kind {
                SecretKind::ClientSecret => &mut given.client_secret,
                _ => &mut given.certificate_password,
            };
            let secret = match place.take() {
                Some(secret) => secret,
                None => secret_from_input()?,
            };
            *place = Some(secret.clone());
            Some((kind, secret))
        }
    };
    runtime()?.block_on(async {
        let authenticator = authenticator(&profile, given)?;
        let identity = authenticator.sign_in().await?;
        note(&format!(
            "Signed in to {} as {}.",
            profile.tenant, identity.subject
        ));
        if let Some(resting) = &identity.refresh_token {
            note(&format!("The sign-in rests in {resting}."));
        }
        if let Some((kind, secret)) = secret {
            match authenticator.keep_credential(kind, secret).await? {
                Resting::Keyring => note("The secret is kept in the system's keyring."),
                resting => {
                    note(&format!("The secret could not be kept: it rests in {resting}."));
                    return Ok(Exit::Findings);
                }
            }
        }
        Ok(Exit::Done)
    })
}

/// One line of standard input, which must not be a terminal: what is typed there is seen.
fn secret_from_input() -> Result<SecretString, Failure> {
    if std::io::stdin().is_terminal() {
        return Err(Failure::usage("there is no secret to keep").advise(
            "Set HANDOVER_CLIENT_SECRET (or HANDOVER_CERTIFICATE_PASSWORD) for this one command, or pipe the secret into it.",
        ));
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let secret = SecretString::from(line.trim_end_matches(['\r', '\n']));
    line.zeroize();
    Ok(secret)
}

fn authenticator(profile: &Profile, given: Credentials) -> Result<Authenticator, Failure> {
    let display = Arc::new(StandardError);
    Ok(Authenticator::new(
        profile,
        given,
        KeyringStore::open(),
        display,
        CallLog::default(),
    )?)
}

/// Forgets the stored sign-in and the secret that `login --keep-secret` kept.
pub fn logout(global: &Global) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let settings = Settings::load(global, &process_environment)?;
        let profile = settings.profile(&process_environment)?;
        let authenticator = authenticator(&profile, credentials())?;
        note(&signed_out(&profile.name, &authenticator.sign_out().await?));
        Ok(Exit::Done)
    })
}

/// What a sign-out deleted, in one sentence or two.
fn signed_out(profile: &str, signed_out: &SignedOut) -> String {
    let mut titles: Vec<&str> = signed_out.deleted.iter().map(|kind| kind.title()).collect();
    titles.dedup();
    let mut text = match titles.as_slice() {
        [] => format!("Nothing was stored for profile {profile}."),
        titles => format!("Deleted for profile {profile}: {}.", titles.join(", ")),
    };
    if let Resting::ThisProcess { why } = &signed_out.store {
        text += &format!(" The system's keyring is not in use here: {why}.");
    }
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_out_names_what_it_deleted() {
        let mut ended = SignedOut {
            deleted: vec![
                SecretKind::ExchangeRefreshToken,
                SecretKind::GraphRefreshToken,
                SecretKind::CertificatePassword,
            ],
            store: Resting::Keyring,
        };
        assert_eq!(
            signed_out("contoso", &ended),
            "Deleted for profile contoso: sign-in, certificate password."
        );
        ended.deleted.clear();
        assert_eq!(
            signed_out("contoso", &ended),
            "Nothing was stored for profile contoso."
        );
        ended.store = Resting::ThisProcess {
            why: "no Secret Service".to_owned(),
        };
        assert!(signed_out("contoso", &ended).ends_with("not in use here: no Secret Service."));
    }
}
