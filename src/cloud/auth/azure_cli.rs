//! Tokens from an Azure CLI that is signed in.

use std::{io, path::Path, process::Stdio, time::Duration};

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use tokio::{io::AsyncReadExt, process::Command};

use super::{
    AuthError, AuthErrorKind, audience,
    error::{aadsts_number, clean},
    grant::Grant,
};
use crate::domain::{Profile, Service};

/// The program's name where nothing else is said.
pub(super) const PROGRAM: &str = if cfg!(windows) { "az.cmd" } else { "az" };
/// It starts a Python interpreter and may renew its own token.
const ANSWER_WITHIN: Duration = Duration::from_secs(90);
/// Its output is a few kilobytes.
const LARGEST_OUTPUT: u64 = 1024 * 1024;

/// The members of `az account get-access-token` that matter.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    access_token: String,
    /// Seconds since 1970; older versions lack it and the token itself tells.
    #[serde(default, rename = "expires_on")]
    expires_on: Value,
}

/// Asks the Azure CLI for a service's token.
pub(super) async fn token(program: &Path, profile: &Profile, service: Service) -> Result<Grant, AuthError> {
    let resource = audience::resource(profile, service);
    let arguments = [
        "account",
        "get-access-token",
        "--resource",
        &resource,
        "--tenant",
        &profile.tenant,
        "-o",
        "json",
    ];
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A dropped sign-in ends the program.
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| not_started(&error))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let run = async {
        let (mut output, mut complaint) = (Vec::new(), Vec::new());
        let read_output = async {
            match stdout {
                Some(stdout) => stdout.take(LARGEST_OUTPUT).read_to_end(&mut output).await,
                None => Ok(0),
            }
        };
        let read_complaint = async {
            match stderr {
                Some(stderr) => stderr.take(LARGEST_OUTPUT).read_to_end(&mut complaint).await,
                None => Ok(0),
            }
        };
        tokio::try_join!(read_output, read_complaint)?;
        Ok::<_, io::Error>((child.wait().await?, output, complaint))
    };
    let (status, output, complaint) = tokio::time::timeout(ANSWER_WITHIN, run)
        .await
        .map_err(|_| AuthError::new(AuthErrorKind::TimedOut, "The Azure CLI did not answer in time"))?
        .map_err(|error| not_started(&error))?;
    if status.success() {
        grant(&output)
    } else {
        Err(refused(&complaint))
    }
}

fn not_started(error: &io::Error) -> AuthError {
    if error.kind() == io::ErrorKind::NotFound {
        return AuthError::new(
            AuthErrorKind::AzureCli,
            "The Azure CLI (`az`) is not installed or not in PATH",
        )
        .with_advice("Install the Azure CLI and run `az login`, or choose another sign-in method.");
    }
    AuthError::new(
        AuthErrorKind::AzureCli,
        format!("The Azure CLI could not be run: {}", clean(&error.to_string())),
    )
}

fn refused(complaint: &[u8]) -> AuthError {
    let text = String::from_utf8_lossy(complaint);
    if aadsts_number(&text).is_some() {
        let from = text.find("AADSTS").unwrap_or_default();
        return AuthError::refused("", text.get(from..).unwrap_or_default(), &[]);
    }
    let text = clean(&text);
    if text.contains("az login") {
        return AuthError::new(
            AuthErrorKind::AzureCli,
            "The Azure CLI is not signed in to this tenant",
        );
    }
    let text = text.strip_prefix("ERROR:").unwrap_or(&text).trim();
    AuthError::new(
        AuthErrorKind::AzureCli,
        format!("The Azure CLI gave no token: {text}"),
    )
}

fn grant(output: &[u8]) -> Result<Grant, AuthError> {
    let output: Output = serde_json::from_slice(output).map_err(|_| {
        AuthError::new(
            AuthErrorKind::AzureCli,
            "The Azure CLI answered with something that is no token",
        )
    })?;
    let expires = match &output.expires_on {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let left = expires.and_then(|expires| expires.checked_sub(Timestamp::now().as_second()));
    Ok(Grant {
        access_token: SecretString::from(output.access_token),
        refresh_token: None,
        expires_in: left
            .and_then(|left| u64::try_from(left).ok())
            .map(Duration::from_secs),
        person: None,
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::domain::{Cloud, Endpoints, SignInMethod};

    fn profile() -> Profile {
        Profile {
            name: "contoso".into(),
            tenant: "contoso.example".into(),
            method: SignInMethod::AzureCli,
            client_id: None,
            endpoints: Endpoints::published(Cloud::Global).unwrap(),
        }
    }

    const ASKED: &str =
        "account get-access-token --resource https://graph.microsoft.com --tenant contoso.example -o json";
    const ANSWER: &str = r#"{"accessToken":"opaque","expiresOn":"2030-01-01 00:00:00.000000","expires_on":4102444800,"tenant":"t","tokenType":"Bearer"}"#;

    /// A program that notes what it was asked, says a text and ends with a code.
    fn program(output: &str, complaint: &str, code: u8) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(PROGRAM);
        std::fs::write(folder.path().join("output"), output).unwrap();
        std::fs::write(folder.path().join("complaint"), complaint).unwrap();
        let script = if cfg!(windows) {
            format!(
                "@echo off\r\ncd /d %~dp0\r\necho %*>asked\r\ntype output\r\ntype complaint >&2\r\nexit /b {code}\r\n"
            )
        } else {
            format!(
                "#!/bin/sh\ncd \"${{0%/*}}\"\necho \"$*\" >asked\ncat output\ncat complaint >&2\nexit {code}\n"
            )
        };
        std::fs::write(&file, script).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    #[tokio::test]
    async fn a_token_from_the_program() {
        let folder = program(ANSWER, "", 0);
        let grant = token(&folder.path().join(PROGRAM), &profile(), Service::Graph)
            .await
            .unwrap();
        assert_eq!(grant.access_token.expose_secret(), "opaque");
        assert!(grant.expires_in.unwrap() > Duration::from_secs(3_600));
        let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap();
        // Windows may quote what it hands to a batch file.
        assert_eq!(asked.trim().replace('"', ""), ASKED);
    }

    #[tokio::test]
    async fn complaints_have_a_kind() {
        for (complaint, kind) in [
            (
                "ERROR: Please run 'az login' to setup account.",
                AuthErrorKind::AzureCli,
            ),
            (
                "ERROR: AADSTS50076: multi-factor. Trace ID: 1",
                AuthErrorKind::MultiFactor,
            ),
            ("ERROR: something else", AuthErrorKind::AzureCli),
        ] {
            let folder = program("", complaint, 1);
            let error = token(&folder.path().join(PROGRAM), &profile(), Service::Exchange)
                .await
                .err()
                .unwrap();
            assert_eq!(error.kind, kind, "{}", error.message);
        }
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let error = token(Path::new("/nowhere/az"), &profile(), Service::Exchange)
            .await
            .err()
            .unwrap();
        assert!(error.message.contains("not installed"), "{}", error.message);
    }

    #[test]
    fn odd_output_is_no_token() {
        for output in ["", "null", "[]", r#"{"accessToken":1}"#] {
            assert!(grant(output.as_bytes()).is_err(), "{output}");
        }
        assert!(grant(br#"{"accessToken":"x","expires_on":"soon"}"#).is_ok());
    }
}
