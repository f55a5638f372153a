//! Runs reading scripts in PowerShell, on this machine or over ssh, and brings their JSON back whole.
//!
//! A script is never pasted into a command line: it travels as Base64 (`-EncodedCommand`, UTF-16LE), whose characters no
//! shell on the way takes for its own, or, when that is too long, on standard input. Its answer stands between two marks
//! that are new for every run, so that banners, profiles and log-on scripts can say what they like. Everything that
//! travels is ASCII, so that no code page can change it.

mod answer;
pub mod clixml;
mod encode;
mod find;
pub mod json;
mod literal;
mod script;

use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::{
    HostError,
    process::{self, Finished, Limits, ProcessError},
    ssh::Ssh,
};
use encode::{Delivery, deliver};

pub use answer::Answer;
pub use find::{find, find_in};
pub use script::Script;

/// What a failure on this machine is told of.
pub const THIS_MACHINE: &str = "this machine";

/// The longest command line that `cmd.exe` takes is 8,191 characters, and it is the default shell of OpenSSH on Windows
/// (facts/connect section 6). Some are left for its own `cmd.exe /c "…"`.
const LONGEST_OVER_SSH: usize = 8_000;
/// `CreateProcess` takes 32,767 characters, quotes and program path included.
const LONGEST_HERE: usize = 30_000;

/// The programs tried on the far side, in this order: the one that every Windows Server has, then the newer one.
const REMOTE_PROGRAMS: [&str; 2] = ["powershell.exe", "pwsh"];

/// Where a script runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// On this machine.
    Local,
    /// On another host, through the system's ssh.
    Ssh(Ssh),
}

impl Via {
    /// The name that messages give it.
    pub fn host(&self) -> &str {
        match self {
            Self::Local => THIS_MACHINE,
            Self::Ssh(ssh) => ssh.target().as_str(),
        }
    }
}

/// Runs a script and gives back what it wrote, which has to be JSON.
///
/// # Errors
/// Everything in [`HostError`]; a script that throws is [`HostError::Script`] with PowerShell's message.
pub async fn run(
    via: &Via,
    script: &Script,
    limits: Limits,
    cancel: &CancellationToken,
) -> Result<Answer, HostError> {
    match via {
        Via::Local => {
            let Some(program) = find() else {
                return Err(HostError::PowerShellNotFound {
                    host: THIS_MACHINE.to_owned(),
                });
            };
            run_with(&program, script, limits, cancel).await
        }
        Via::Ssh(ssh) => {
            let started = tokio::time::Instant::now();
            let mut last = None;
            for program in REMOTE_PROGRAMS {
                // Both tries together keep to the one limit.
                let left = Limits {
                    time: limits.time.saturating_sub(started.elapsed()),
                    ..limits
                };
                match run_over_ssh(ssh, program, script, left, cancel).await {
                    Err(error @ HostError::PowerShellNotFound { .. }) => last = Some(error),
                    Err(HostError::TimedOut { host, .. }) => {
                        return Err(HostError::TimedOut {
                            host,
                            seconds: limits.time.as_secs(),
                        });
                    }
                    other => return other,
                }
            }
            Err(last.unwrap_or(HostError::PowerShellNotFound {
                host: via.host().to_owned(),
            }))
        }
    }
}

/// Runs a script in this PowerShell of this machine.
///
/// # Errors
/// As [`run`].
pub async fn run_with(
    program: &std::path::Path,
    script: &Script,
    limits: Limits,
    cancel: &CancellationToken,
) -> Result<Answer, HostError> {
    let Delivery {
        arguments,
        input,
        marks,
    } = deliver(script, program.as_os_str().len(), LONGEST_HERE, THIS_MACHINE)?;
    let mut command = Command::new(program);
    command.args(arguments);
    let done = process::run(command, &input, limits, cancel)
        .await
        .map_err(|error| not_finished(error, THIS_MACHINE, limits))?;
    answer::read(&done, &marks, THIS_MACHINE)
}

async fn run_over_ssh(
    ssh: &Ssh,
    program: &str,
    script: &Script,
    limits: Limits,
    cancel: &CancellationToken,
) -> Result<Answer, HostError> {
    let host = ssh.target().as_str();
    let Delivery {
        arguments,
        input,
        marks,
    } = deliver(script, program.len(), LONGEST_OVER_SSH, host)?;
    let far_command = format!("{program} {}", arguments.join(" "));
    let done = process::run(ssh.command(&far_command), &input, limits, cancel)
        .await
        .map_err(|error| match error {
            ProcessError::NotFound => HostError::SshNotFound {
                program: ssh.program().display().to_string(),
            },
            error => not_finished(error, host, limits),
        })?;
    if !marks.opened_in(&done.output) {
        if let Some(error) = ssh.refusal(&done) {
            return Err(error);
        }
        if is_missing(program, &done) {
            return Err(HostError::PowerShellNotFound {
                host: host.to_owned(),
            });
        }
    }
    answer::read(&done, &marks, host)
}

fn not_finished(error: ProcessError, host: &str, limits: Limits) -> HostError {
    let host = host.to_owned();
    match error {
        ProcessError::NotFound => HostError::PowerShellNotFound { host },
        ProcessError::Broken(error) => HostError::NotStarted {
            host,
            detail: crate::domain::text::clean_to(&error.to_string(), 300).into_owned(),
        },
        ProcessError::TimedOut => HostError::TimedOut {
            host,
            seconds: limits.time.as_secs(),
        },
        ProcessError::TooMuchOutput => HostError::TooMuchOutput {
            host,
            bytes: limits.output,
        },
        ProcessError::Cancelled => HostError::Cancelled { host },
    }
}

/// Whether the far side's shell says that there is no such program. Its words are localised, so the exit code and the
/// program's name in them decide: a POSIX shell ends with 127, `cmd.exe` with 1 or 9009 (49 of it are left in eight bits),
/// PowerShell as a shell with 1.
fn is_missing(program: &str, done: &Finished) -> bool {
    let complaint = String::from_utf8_lossy(&done.complaint).to_lowercase();
    matches!(done.code, Some(1 | 49 | 127 | 9009))
        && complaint.contains(program)
        && !clixml::is_clixml(&complaint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_seen_in_any_language() {
        for (code, complaint) in [
            (127, "bash: line 1: powershell.exe: command not found"),
            (127, "sh: 1: powershell.exe: not found"),
            (
                1,
                "'powershell.exe' is not recognized as an internal or external command,\r\noperable program or batch file.",
            ),
            (
                49,
                "Der Befehl \"powershell.exe\" ist entweder falsch geschrieben oder konnte nicht gefunden werden.",
            ),
            (1, "powershell.exe : The term 'powershell.exe' is not recognized"),
        ] {
            let done = Finished {
                code: Some(code),
                output: Vec::new(),
                complaint: complaint.into(),
            };
            assert!(is_missing("powershell.exe", &done), "{complaint}");
        }
        let done = Finished {
            code: Some(1),
            output: Vec::new(),
            complaint: b"#< CLIXML\n<Objs><S S=\"Error\">powershell.exe broke</S></Objs>".to_vec(),
        };
        assert!(!is_missing("powershell.exe", &done));
    }
}
