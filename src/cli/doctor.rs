//! `handover doctor`: is this machine, this configuration and this tenant ready, and what to do where it is not.

use std::{fs, path::Path};

use serde::Serialize;

use super::{
    Exit, Failure, Output,
    arguments::{DoctorArguments, Global},
    config::{Settings, process_environment},
    connection::Connection,
    note, runtime,
};
use crate::{
    cloud::auth::{ASK_WITHIN, KeyringStore, Resting, resting_within},
    engine::{InventoryQuery, MailboxService, runs},
};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Good,
    Attention,
    Bad,
    NotChecked,
}

/// One check.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    check: &'static str,
    verdict: Verdict,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Check {
    fn new(check: &'static str, verdict: Verdict, found: impl Into<String>) -> Self {
        Self {
            check,
            verdict,
            found: found.into(),
            advice: None,
        }
    }

    fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// Space below which a run of a large tenant would not fit (600,000 snapshots of about 12 KB).
const COMFORTABLE_SPACE: u64 = 8 * 1024 * 1024 * 1024;
const LEAST_SPACE: u64 = 64 * 1024 * 1024;

/// Checks everything in order and prints a row each. Findings are everything that is not good.
pub fn run(global: &Global, arguments: &DoctorArguments) -> Result<Exit, Failure> {
    let settings = Settings::load(global, &process_environment)?;
    let runtime = runtime()?;
    let mut checks = vec![Check::new("version", Verdict::Good, env!("CARGO_PKG_VERSION"))];
    machine(&settings, &mut checks);
    checks.push(keyring(
        runtime.block_on(resting_within(KeyringStore::open, ASK_WITHIN)),
    ));
    match settings.profile(&process_environment) {
        Ok(profile) => {
            checks.push(Check::new(
                "configuration",
                Verdict::Good,
                format!("profile {}", profile.name),
            ));
            if arguments.offline {
                checks.push(Check::new("tenant", Verdict::NotChecked, "--offline was given"));
            } else {
                runtime.block_on(tenant(global, &mut checks));
            }
        }
        Err(failure) => {
            let check = Check::new("configuration", Verdict::Bad, failure.message);
            checks.push(check.advise(failure.advice.unwrap_or_default()));
        }
    }
    let mut output = Output::new(global.output);
    for check in &checks {
        output.row(check)?;
    }
    output.finish()?;
    if let Some(path) = &arguments.bundle {
        let bytes = serde_json::to_vec_pretty(&redacted(&checks))?;
        crate::journal::write_private(path, &bytes).map_err(|error| Failure::file(path, error))?;
        note(&format!(
            "Wrote {}. It holds no names and no secrets.",
            path.display()
        ));
    }
    let bad = checks.iter().any(|check| check.verdict == Verdict::Bad);
    Ok(if bad { Exit::Findings } else { Exit::Done })
}

/// What a bug report needs: which checks ended how, on what platform; no paths, names, answers
/// or advice (which can name profiles).
fn redacted(checks: &[Check]) -> serde_json::Value {
    serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "terminal": std::env::var("TERM").unwrap_or_default(),
        "checks": checks.iter().map(|check| serde_json::json!({
            "check": check.check,
            "verdict": check.verdict,
        })).collect::<Vec<_>>(),
    })
}

fn machine(settings: &Settings, checks: &mut Vec<Check>) {
    checks.push(folder(&settings.data_dir));
    match fs4::available_space(nearest_existing(&settings.data_dir)) {
        Ok(space) => {
            let verdict = match space {
                ..LEAST_SPACE => Verdict::Bad,
                LEAST_SPACE..COMFORTABLE_SPACE => Verdict::Attention,
                _ => Verdict::Good,
            };
            let check = Check::new("disk", verdict, format!("{} MiB free", space / (1024 * 1024)));
            checks.push(if verdict == Verdict::Good {
                check
            } else {
                check.advise("A run keeps about 12 KB per mailbox. Free some space, or give --data-dir.")
            });
        }
        Err(error) => checks.push(Check::new("disk", Verdict::NotChecked, error.to_string())),
    }
    match runs::list(&settings.data_dir) {
        Ok(entries) => {
            let open: Vec<&str> = entries
                .iter()
                .filter(|entry| entry.state == runs::RunListState::Interrupted)
                .map(|entry| entry.run.as_str())
                .collect();
            checks.push(if open.is_empty() {
                Check::new(
                    "runs",
                    Verdict::Good,
                    format!("{} runs, none interrupted", entries.len()),
                )
            } else {
                Check::new(
                    "runs",
                    Verdict::Attention,
                    format!("interrupted: {}", open.join(", ")),
                )
                .advise("Finish them with `handover mailboxes resume RUN --write`.")
            });
        }
        Err(error) => checks.push(Check::new("runs", Verdict::Bad, error.to_string())),
    }
}

/// Where sign-ins rest. A keyring may wait for someone who sees no question: it is not waited for long.
fn keyring(resting: Option<Resting>) -> Check {
    const CHECK: &str = "keyring";
    match resting {
        Some(Resting::Keyring) => Check::new(CHECK, Verdict::Good, "sign-ins rest in the system's keyring"),
        Some(Resting::ThisProcess { why }) => Check::new(
            CHECK,
            Verdict::Attention,
            format!("sign-ins live in memory only: {why}"),
        )
        .advise("Nothing to do for applications. People sign in again at each start."),
        None => Check::new(
            CHECK,
            Verdict::Attention,
            format!(
                "the system's keyring did not answer within {} seconds",
                ASK_WITHIN.as_secs()
            ),
        )
        .advise(
            "It may be locked and asking for its password on a screen you don't see. Unlock it, or set HANDOVER_NO_KEYRING=1 \
             to keep sign-ins in memory.",
        ),
    }
}

/// Whether files can be made and flushed where runs are kept.
fn folder(data_dir: &Path) -> Check {
    let probe = || -> std::io::Result<()> {
        fs::create_dir_all(data_dir)?;
        let file = tempfile::NamedTempFile::new_in(data_dir)?;
        file.as_file().sync_all()
    };
    match probe() {
        Ok(()) => Check::new("data-folder", Verdict::Good, data_dir.display().to_string()),
        Err(error) => Check::new(
            "data-folder",
            Verdict::Bad,
            format!("{}: {error}", data_dir.display()),
        )
        .advise("Runs can't be recorded there. Mend the rights, or give --data-dir."),
    }
}

fn nearest_existing(path: &Path) -> &Path {
    path.ancestors()
        .find(|ancestor| ancestor.exists())
        .unwrap_or(path)
}

async fn tenant(global: &Global, checks: &mut Vec<Check>) {
    let connection = match Connection::open(global, None).await {
        Ok((connection, identity)) => {
            checks.push(Check::new(
                "sign-in",
                Verdict::Good,
                format!("as {}", identity.subject),
            ));
            for access in &identity.services {
                if let Some(problem) = &access.problem {
                    let name = if access.service == crate::domain::Service::Graph {
                        "graph"
                    } else {
                        "exchange"
                    };
                    checks.push(
                        Check::new(name, Verdict::Attention, problem.message.clone())
                            .advise(problem.advice().to_owned()),
                    );
                }
            }
            connection
        }
        Err(failure) => {
            checks.push(failed("sign-in", failure));
            return;
        }
    };
    match connection.organization().await {
        Ok(organization) => {
            checks.push(Check::new(
                "tenant",
                Verdict::Good,
                organization.tenant.domain.clone(),
            ));
            checks.push(match organization.last_sync {
                Some(time) => Check::new("directory-sync", Verdict::Good, format!("last at {time}")),
                None => Check::new(
                    "directory-sync",
                    Verdict::Attention,
                    "the last synchronization is unknown",
                )
                .advise("Grant Organization.Read.All on Microsoft Graph to see it."),
            });
            checks.push(match organization.cloud_by_default {
                Some(true) => Check::new(
                    "tenant-default",
                    Verdict::Attention,
                    "new mailboxes belong to the cloud",
                )
                .advise("Nothing may create remote mailboxes or mail users on-premises any more."),
                Some(false) => Check::new(
                    "tenant-default",
                    Verdict::Good,
                    "new mailboxes belong on-premises",
                ),
                None => Check::new("tenant-default", Verdict::Attention, "the service did not say"),
            });
        }
        Err(failure) => checks.push(failed("tenant", failure)),
    }
    match connection.service.allowed_cmdlets().await {
        Ok(cmdlets) => {
            let may = |name: &str| cmdlets.iter().any(|cmdlet| cmdlet.eq_ignore_ascii_case(name));
            checks.push(if may("Set-Mailbox") && may("Get-Mailbox") {
                Check::new("rights", Verdict::Good, "may read and write mailboxes")
            } else {
                Check::new("rights", Verdict::Bad, "Set-Mailbox is not among the cmdlets of this sign-in").advise(
                    "Assign the role Exchange Administrator (for an application: to its service principal), then sign in again.",
                )
            });
        }
        Err(error) => checks.push(failed("rights", error.into())),
    }
    checks.push(flag(&connection).await);
}

/// Whether the tenant offers the flag: the first page of the inventory tells.
async fn flag(connection: &Connection) -> Check {
    let (pages, mut arriving) = tokio::sync::mpsc::channel(1);
    let cancel = tokio_util::sync::CancellationToken::new();
    let query = InventoryQuery {
        dir_synced_only: true,
        changed_since: None,
    };
    let stop = cancel.clone();
    let first = async move {
        let page = arriving.recv().await;
        stop.cancel();
        page
    };
    let (end, first) = tokio::join!(connection.service.inventory(query, pages, cancel), first);
    match (end, first) {
        (Err(error), None) => failed("flag", error.into()),
        (_, None) => Check::new(
            "flag",
            Verdict::Attention,
            "the tenant has no directory-synced mailboxes",
        ),
        (_, Some(page))
            if page
                .iter()
                .any(|row| row.authority != crate::domain::SourceOfAuthority::Unknown) =>
        {
            Check::new("flag", Verdict::Good, "IsExchangeCloudManaged is there")
        }
        _ => Check::new(
            "flag",
            Verdict::Bad,
            "mailboxes come without IsExchangeCloudManaged",
        )
        .advise("The tenant does not offer the feature to this account yet, or its role hides it."),
    }
}

fn failed(check: &'static str, failure: Failure) -> Check {
    let result = Check::new(check, Verdict::Bad, failure.message);
    match failure.advice {
        Some(advice) => result.advise(advice),
        None => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_that_does_not_answer_is_called_that() {
        let silent = keyring(None);
        assert_eq!(silent.verdict, Verdict::Attention);
        assert!(
            silent.found.contains("did not answer within 5 seconds"),
            "{}",
            silent.found
        );
        assert!(silent.advice.unwrap().contains("HANDOVER_NO_KEYRING=1"));
        assert_eq!(keyring(Some(Resting::Keyring)).verdict, Verdict::Good);
    }
}
