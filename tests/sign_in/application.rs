//! Applications: client secret, certificate, and the Azure CLI.

use handover::{
    cloud::auth::{AuthErrorKind, Authenticator, Resting, SecretKind},
    domain::{ErrorClass, Service, SignInMethod},
};

use crate::stage::{Stage, fixture, sandbox, steer, text, token};

#[tokio::test]
async fn a_client_secret() {
    let sandbox = sandbox().await;
    let mut stage = Stage::of(&sandbox, SignInMethod::ClientSecret);
    stage.credentials.client_secret = Some(sandbox.ready().client_secret.clone().into());
    let source = stage.authenticator();
    let identity = source.sign_in().await.unwrap();
    assert!(identity.app_only);
    assert_eq!(identity.subject, sandbox.ready().client_id);
    assert_eq!(identity.refresh_token, None);
    let exchange = identity.access(Service::Exchange).unwrap();
    assert_eq!(
        exchange.rights.as_deref(),
        Some(&["Exchange.ManageAsApp".to_owned()][..])
    );
    assert_eq!(exchange.note, None);
    // Without a sign-in before: an application needs nobody.
    let other = stage.authenticator();
    let held = token(&other, Service::Graph, None).await.unwrap();
    assert!(held.app_only);
    let renewed = token(&other, Service::Graph, Some(&held)).await.unwrap();
    assert_ne!(text(&renewed), text(&held));
    assert_eq!(stage.display.questions(), 0);
}

#[tokio::test]
async fn wrong_and_missing_secrets() {
    let sandbox = sandbox().await;
    let mut stage = Stage::of(&sandbox, SignInMethod::ClientSecret);
    let missing = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(missing.kind, AuthErrorKind::MissingCredential);
    assert!(missing.advice().contains("HANDOVER_CLIENT_SECRET"));
    stage.credentials.client_secret = Some("hunter2".into());
    let wrong = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(
        (wrong.kind, wrong.status),
        (AuthErrorKind::WrongCredential, Some(401))
    );
    assert_eq!(wrong.code.as_deref(), Some("AADSTS7000215"));
    assert!(wrong.advice().contains("value"), "{}", wrong.advice());
    assert!(wrong.request_id.is_some());
    let error = token(&stage.authenticator(), Service::Exchange, None)
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::SignIn);
    steer(&sandbox, "refuse-sign-in", "7000222").await;
    let expired = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(expired.kind, AuthErrorKind::ExpiredCredential);
}

#[tokio::test]
async fn a_certificate_as_pem_and_as_pfx() {
    let sandbox = sandbox().await;
    let certificate = std::fs::read(fixture("certificate-only.pem")).unwrap();
    steer(&sandbox, "certificate", certificate).await;
    let mut stage = Stage::of(&sandbox, SignInMethod::Certificate);
    stage.credentials.certificate_password = Some("throw-away".into());
    for name in ["pkcs8.pem", "pkcs1.pem", "modern.pfx", "legacy.pfx"] {
        stage.credentials.certificate_file = Some(fixture(name));
        let identity = stage.authenticator().sign_in().await.unwrap();
        assert!(identity.app_only && identity.services.len() == 2, "{name}");
    }
    // The tenant by name: the assertion is made out to the endpoint it is sent to.
    stage.profile.tenant = "contoso.onmicrosoft.com".into();
    stage.authenticator().sign_in().await.unwrap();
}

#[tokio::test]
async fn a_certificate_nobody_registered() {
    let sandbox = sandbox().await;
    let other = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/sign_in/mismatched.pem"
    ))
    .unwrap();
    let other = String::from_utf8(other).unwrap();
    let start = other.find("-----BEGIN CERTIFICATE").unwrap();
    steer(&sandbox, "certificate", other[start..].to_owned()).await;
    let mut stage = Stage::of(&sandbox, SignInMethod::Certificate);
    stage.credentials.certificate_file = Some(fixture("pkcs8.pem"));
    let error = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(error.kind, AuthErrorKind::WrongCredential);
    assert_eq!(error.code.as_deref(), Some("AADSTS700027"));
    stage.credentials.certificate_file = None;
    let error = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(error.kind, AuthErrorKind::MissingCredential);
}

#[test]
fn an_application_needs_its_id_and_a_tenant_of_its_own() {
    let mut stage = Stage::at("http://127.0.0.1:9/login", SignInMethod::ClientSecret);
    let make = |stage: &Stage| {
        Authenticator::new(
            &stage.profile,
            stage.credentials.clone(),
            stage.store.clone(),
            stage.display.clone(),
            stage.call_log.clone(),
        )
    };
    assert_eq!(make(&stage).err().unwrap().kind, AuthErrorKind::Configuration);
    stage.profile.client_id = Some("id".into());
    assert!(make(&stage).is_ok());
    stage.profile.tenant = "organizations".into();
    assert_eq!(make(&stage).err().unwrap().kind, AuthErrorKind::Configuration);
}

/// Stands in for the Azure CLI: notes what it was asked, and gives the same token until a file changes, as the real one
/// does.
fn azure_cli(folder: &std::path::Path) -> std::path::PathBuf {
    std::fs::write(folder.join("az.serial"), "").unwrap();
    if cfg!(windows) {
        let program = folder.join("az.cmd");
        let script = [
            "@echo off",
            "cd /d %~dp0",
            "echo %*>>az.log",
            "set serial=",
            "set /p serial=<az.serial",
            r#"echo {"accessToken":"opaque-%serial%","expires_on":4102444800}"#,
            "",
        ];
        std::fs::write(&program, script.join("\r\n")).unwrap();
        return program;
    }
    let program = folder.join("az");
    let script = r#"#!/bin/sh
echo "$@" >> "$0.log"
echo "{\"accessToken\":\"opaque-$(cat "$0.serial")\",\"expires_on\":4102444800}"
"#;
    std::fs::write(&program, script).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    program
}

#[tokio::test]
async fn the_azure_cli_is_asked_for_each_service() {
    let folder = tempfile::tempdir().unwrap();
    let program = azure_cli(folder.path());
    let stage = Stage::at("http://127.0.0.1:9/login", SignInMethod::AzureCli);
    let source = stage.authenticator().with_azure_cli(&program);
    let identity = source.sign_in().await.unwrap();
    assert_eq!(
        (identity.services.len(), identity.refresh_token.clone()),
        (2, None)
    );
    assert_eq!(identity.access(Service::Exchange).unwrap().rights, None);
    // Windows may quote what it hands to a batch file.
    let log = std::fs::read_to_string(folder.path().join("az.log"))
        .unwrap()
        .replace('"', "");
    assert!(
        log.contains("--resource https://outlook.office365.com --tenant contoso.onmicrosoft.com"),
        "{log}"
    );
    assert!(log.contains("--resource https://graph.microsoft.com"), "{log}");
    let held = token(&source, Service::Exchange, None).await.unwrap();
    let error = token(&source, Service::Exchange, Some(&held)).await.unwrap_err();
    assert!(error.message.contains("same one again"), "{}", error.message);
    std::fs::write(folder.path().join("az.serial"), "2\n").unwrap();
    assert_eq!(
        text(&token(&source, Service::Exchange, Some(&held)).await.unwrap()),
        "opaque-2"
    );
}

#[tokio::test]
async fn credentials_rest_in_the_store_for_one_application_only() {
    let sandbox = sandbox().await;
    let mut stage = Stage::of(&sandbox, SignInMethod::ClientSecret);
    let secret = sandbox.ready().client_secret.clone();
    let source = stage.authenticator();
    assert_eq!(
        source.sign_in().await.unwrap_err().kind,
        AuthErrorKind::MissingCredential
    );
    let resting = source
        .keep_credential(SecretKind::ClientSecret, secret.into())
        .await
        .unwrap();
    assert!(matches!(resting, Resting::ThisProcess { .. }), "{resting}");
    source.sign_in().await.unwrap();
    assert!(stage.authenticator().sign_in().await.unwrap().app_only);
    // What is given goes first; an empty variable is none.
    stage.credentials.client_secret = Some("hunter2".into());
    let wrong = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(wrong.kind, AuthErrorKind::WrongCredential);
    stage.credentials.client_secret = Some("".into());
    stage.authenticator().sign_in().await.unwrap();
    // Another application does not get it.
    let application = stage.profile.client_id.clone();
    stage.profile.client_id = Some("00000000-0000-0000-0000-000000000001".into());
    let other = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(other.kind, AuthErrorKind::MissingCredential);
    // A sign-out deletes it.
    assert_eq!(
        source.sign_out().await.unwrap().deleted,
        [SecretKind::ClientSecret]
    );
    assert!(source.sign_out().await.unwrap().deleted.is_empty());
    stage.profile.client_id = application;
    stage.credentials.client_secret = None;
    let gone = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(gone.kind, AuthErrorKind::MissingCredential);
    let refused = source.keep_credential(SecretKind::RefreshToken, "x".into()).await;
    assert_eq!(refused.unwrap_err().kind, AuthErrorKind::Configuration);
    let empty = source.keep_credential(SecretKind::ClientSecret, "".into()).await;
    assert_eq!(empty.unwrap_err().kind, AuthErrorKind::MissingCredential);
}

#[tokio::test]
async fn a_password_rests_in_the_store() {
    let sandbox = sandbox().await;
    let certificate = std::fs::read(fixture("certificate-only.pem")).unwrap();
    steer(&sandbox, "certificate", certificate).await;
    let mut stage = Stage::of(&sandbox, SignInMethod::Certificate);
    stage.credentials.certificate_file = Some(fixture("modern.pfx"));
    let source = stage.authenticator();
    assert_eq!(
        source.sign_in().await.unwrap_err().kind,
        AuthErrorKind::CertificateFile
    );
    source
        .keep_credential(SecretKind::CertificatePassword, "throw-away".into())
        .await
        .unwrap();
    assert!(source.sign_in().await.unwrap().app_only);
    let signed_out = source.sign_out().await.unwrap();
    assert_eq!(signed_out.deleted, [SecretKind::CertificatePassword]);
    assert_eq!(
        source.sign_in().await.unwrap_err().kind,
        AuthErrorKind::CertificateFile
    );
}
