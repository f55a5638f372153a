//! What goes wrong on the way, each with its own error and advice.

use std::{
    fs,
    time::{Duration, Instant},
};

use handover::{
    domain::registry::KeyPath,
    host::{HostError, Limits, Via, collect},
};
use tokio_util::sync::CancellationToken;

use super::server::Server;

async fn failure_within(server: &Server, target: &str, limits: Limits) -> HostError {
    collect(
        &Via::Ssh(server.ssh(target)),
        &[KeyPath::new(r"HKLM\SOFTWARE\X")],
        limits,
        &CancellationToken::new(),
    )
    .await
    .unwrap_err()
}

async fn failure(server: &Server, target: &str) -> HostError {
    failure_within(server, target, Limits::default()).await
}

#[tokio::test]
async fn every_refusal_of_ssh_is_told_apart() {
    let Some(server) = Server::start("answer") else {
        return;
    };
    let host = |name: &str| name.to_owned();
    for name in ["stranger", "quiet", "behind-stranger"] {
        assert_eq!(
            failure(&server, name).await,
            HostError::HostKeyUnknown { host: host(name) }
        );
    }
    let error = failure(&server, "changed").await;
    assert_eq!(
        error,
        HostError::HostKeyChanged {
            host: host("changed")
        }
    );
    assert!(error.advice().contains("ssh-keygen -R"), "{}", error.advice());
    let error = failure(&server, "refused").await;
    let HostError::PermissionDenied { detail, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(detail.contains("publickey"), "{detail}");
    assert!(error.advice().contains("ssh-agent"), "{}", error.advice());
    let error = failure(&server, "closed").await;
    assert!(matches!(error, HostError::Unreachable { .. }), "{error:?}");
    assert_eq!(
        failure(&server, "nowhere").await,
        HostError::NameNotFound {
            host: host("nowhere")
        }
    );
    // Nothing of all this reached the far side.
    assert!(server.deliveries().is_empty());
}

#[tokio::test]
async fn a_host_that_accepts_and_stays_silent_is_given_up() {
    let Some(server) = Server::start("answer") else {
        return;
    };
    let started = Instant::now();
    assert_eq!(
        failure(&server, "silent").await,
        HostError::ConnectionTimedOut {
            host: "silent".into()
        }
    );
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_script_that_hangs_is_ended_at_its_limit() {
    let Some(server) = Server::start("printf '<%s\\n' \"$token\"; sleep 20") else {
        return;
    };
    let limits = Limits {
        time: Duration::from_secs(3),
        ..Limits::default()
    };
    let started = Instant::now();
    assert_eq!(
        failure_within(&server, "open", limits).await,
        HostError::TimedOut {
            host: "open".into(),
            seconds: 3
        }
    );
    assert!(started.elapsed() < Duration::from_secs(8));
    assert_eq!(server.clients(), 0);
}

#[tokio::test]
async fn fifty_megabytes_are_not_swallowed() {
    let Some(server) =
        Server::start("printf '<%s\\n' \"$token\"; head -c 52428800 /dev/zero | tr '\\0' x; answer")
    else {
        return;
    };
    let error = failure(&server, "open").await;
    assert_eq!(
        error,
        HostError::TooMuchOutput {
            host: "open".into(),
            bytes: Limits::default().output
        }
    );
}

#[tokio::test]
async fn no_powershell_on_the_far_side_is_said() {
    let Some(server) = Server::start("answer") else {
        return;
    };
    fs::remove_file(server.far().join("powershell.exe")).unwrap();
    assert_eq!(
        failure(&server, "open").await,
        HostError::PowerShellNotFound { host: "open".into() }
    );
}

#[tokio::test]
async fn what_powershell_complains_about_is_readable() {
    for (behaviour, expected) in [
        (
            // PowerShell did not come to run the script.
            r#"printf '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="x"><S S="Error">Ausf\303\274hrung verboten._x000D__x000A_</S></Objs>' >&2; exit 1"#,
            "open: the script did not run (exit code 1): Ausführung verboten.",
        ),
        (
            r#"printf '<%s\r\n!%s\r\nZugriff verweigert f\\u00fcr \033[31mX\r\n%s>\r\n' "$token" "$token" "$token""#,
            "open: the script failed: Zugriff verweigert für [31mX",
        ),
        (
            r#"printf '<%s\r\n{"format":1,' "$token""#,
            "open: the answer was cut short (exit code 0): <",
        ),
        (
            r#"printf '<%s\r\nnot json\r\n%s>\r\n' "$token" "$token""#,
            "open: the answer can not be read (",
        ),
        (
            r#"printf '<%s\r\n{"format":9}\r\n%s>\r\n' "$token" "$token""#,
            "open: the answer has form 9, this program reads form 1",
        ),
    ] {
        let Some(server) = Server::start(behaviour) else {
            return;
        };
        let error = failure(&server, "open").await;
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(!error.to_string().contains('\u{1b}'));
        assert!(!error.advice().is_empty());
    }
}

#[tokio::test]
async fn a_missing_ssh_is_named() {
    let Some(server) = Server::start("answer") else {
        return;
    };
    let ssh = server.ssh("open").with_program("/nowhere/ssh".into());
    let error = collect(&Via::Ssh(ssh), &[], Limits::default(), &CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(
        error,
        HostError::SshNotFound {
            program: "/nowhere/ssh".into()
        }
    );
}

#[cfg(not(windows))]
#[tokio::test]
async fn this_machine_says_that_it_has_no_registry() {
    let error = collect(&Via::Local, &[], Limits::default(), &CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(error, HostError::NotWindows);
}
