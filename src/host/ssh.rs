//! The system's ssh as the way to a Windows host: its configuration, agent, known hosts and jump hosts apply.

mod refusal;
mod target;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use super::{HostError, process::Finished};

pub use target::{Target, TargetError};

/// Seconds until a connection must stand. Jump hosts each get as long.
const CONNECT_SECONDS: u16 = 10;

/// Options that make ssh a part of a program: it never asks, forwards nothing, leaves nothing running and says why it
/// failed. Everything else is the account's own configuration.
const OPTIONS: [&str; 13] = [
    // Passwords, passphrases and unknown keys are errors, not questions.
    "BatchMode=yes",
    // The configuration may say QUIET; failures are read from what it says. Server banners are left out.
    "LogLevel=ERROR",
    // A dead network ends the connection after half a minute.
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
    "ConnectionAttempts=1",
    // A connection that is shared already is used; none is left behind.
    "ControlMaster=no",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "EscapeChar=none",
    // A configured RemoteCommand would refuse ours; versions before 7.6 do not know the word. The account's own list of
    // words to ignore has no effect beside this one, so it ignores all that this ssh does not know.
    "IgnoreUnknown=*",
    "RemoteCommand=none",
];

/// A way to a host: which ssh, with which configuration, to which target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssh {
    program: PathBuf,
    configuration: Option<PathBuf>,
    target: Target,
}

impl Ssh {
    /// Through the system's ssh.
    ///
    /// # Errors
    /// When the target is nothing that ssh may be given.
    pub fn new(target: &str) -> Result<Self, TargetError> {
        Ok(Self {
            program: system_ssh(&|name| std::env::var_os(name), &|path| path.is_file()),
            configuration: None,
            target: Target::new(target)?,
        })
    }

    /// With this configuration file in place of the account's own.
    #[must_use]
    pub fn with_configuration(self, file: PathBuf) -> Self {
        Self {
            configuration: Some(file),
            ..self
        }
    }

    /// With this program in place of the one in the path.
    #[must_use]
    pub fn with_program(self, program: PathBuf) -> Self {
        Self { program, ..self }
    }

    /// Where it leads.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The ssh program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The arguments before the far side's command line.
    fn arguments(&self) -> Vec<OsString> {
        let mut arguments = Vec::new();
        if let Some(file) = &self.configuration {
            arguments.extend([OsString::from("-F"), file.clone().into_os_string()]);
        }
        // No terminal on the far side: it would turn line ends, add colours and wrap.
        arguments.push("-T".into());
        for option in OPTIONS {
            arguments.extend(["-o", option].map(OsString::from));
        }
        arguments.extend(["-o".into(), format!("ConnectTimeout={CONNECT_SECONDS}").into()]);
        arguments.extend(["--", self.target.as_str()].map(OsString::from));
        arguments
    }

    /// ssh, ready to run a command line on the far side.
    pub(super) fn command(&self, far_command: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.arguments()).arg(far_command);
        // The ssh to a jump host does not hear of BatchMode and would ask on the terminal, in the middle of a screen.
        // A helper that always refuses answers in its place.
        command
            .env("SSH_ASKPASS", "false")
            .env("SSH_ASKPASS_REQUIRE", "force");
        command
    }

    /// Why ssh itself failed; `None` when the far command ran, whatever became of it.
    pub(super) fn refusal(&self, done: &Finished) -> Option<HostError> {
        refusal::read(done, self.target.as_str())
    }
}

/// The ssh of the path; on Windows else the one that is an optional feature.
fn system_ssh(environment: &dyn Fn(&str) -> Option<OsString>, is_file: &dyn Fn(&Path) -> bool) -> PathBuf {
    if !cfg!(windows) {
        return PathBuf::from("ssh");
    }
    let searched = environment("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&searched)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("ssh.exe"));
    let feature = environment("SystemRoot").map(|root| {
        PathBuf::from(root)
            .join("System32")
            .join("OpenSSH")
            .join("ssh.exe")
    });
    in_path
        .chain(feature)
        .find(|path| is_file(path))
        .unwrap_or_else(|| PathBuf::from("ssh.exe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_stands_behind_a_double_dash() {
        let ssh = Ssh::new("admin@aadc01")
            .unwrap()
            .with_configuration("/tmp/own config".into());
        let arguments: Vec<String> = ssh
            .arguments()
            .into_iter()
            .map(|argument| argument.into_string().unwrap())
            .collect();
        assert_eq!(arguments[..3], ["-F", "/tmp/own config", "-T"]);
        assert_eq!(arguments[arguments.len() - 2..], ["--", "admin@aadc01"]);
        assert!(arguments.contains(&"BatchMode=yes".to_owned()));
        assert!(
            !arguments
                .iter()
                .any(|argument| argument.contains("StrictHostKeyChecking")),
            "whom to trust is the account's decision"
        );
    }
}
