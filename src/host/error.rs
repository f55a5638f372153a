//! What can go wrong between this machine and an answer from a Windows host.

use thiserror::Error;

use super::ssh::TargetError;

/// Why a host gave no answer. `host` is the target as configured, or `this machine`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HostError {
    /// No ssh program on this machine.
    #[error("there is no ssh program on this machine ({program})")]
    SshNotFound {
        /// What was looked for.
        program: String,
    },
    /// The target is nothing that ssh may be given.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The name means nothing to the resolver or to ssh's configuration.
    #[error("{host}: the name is not known")]
    NameNotFound {
        /// Target.
        host: String,
    },
    /// Nothing listens there, or no route leads there.
    #[error("{host} can not be reached: {detail}")]
    Unreachable {
        /// Target.
        host: String,
        /// ssh's words.
        detail: String,
    },
    /// No answer while connecting.
    #[error("{host} did not answer the ssh connection in time")]
    ConnectionTimedOut {
        /// Target.
        host: String,
    },
    /// First contact: its key is not in known_hosts.
    #[error("{host}: its ssh host key is not known here")]
    HostKeyUnknown {
        /// Target.
        host: String,
    },
    /// It shows another key than the one known.
    #[error("{host} shows another ssh host key than the one known here")]
    HostKeyChanged {
        /// Target.
        host: String,
    },
    /// The account or key is refused.
    #[error("{host} refuses the sign-in: {detail}")]
    PermissionDenied {
        /// Target.
        host: String,
        /// ssh's words, which name the methods the server takes.
        detail: String,
    },
    /// ssh failed otherwise.
    #[error("ssh to {host} failed: {detail}")]
    Ssh {
        /// Target.
        host: String,
        /// ssh's words.
        detail: String,
    },
    /// Connected, and neither `powershell.exe` nor `pwsh` runs there.
    #[error("{host} has no PowerShell that this account can start")]
    PowerShellNotFound {
        /// Target.
        host: String,
    },
    /// PowerShell or ssh could not be run on this machine.
    #[error("{host}: the program could not be run: {detail}")]
    NotStarted {
        /// Target.
        host: String,
        /// The system's words.
        detail: String,
    },
    /// Still running at the end of the time allowed; it was ended.
    #[error("{host} gave no complete answer within {seconds} s")]
    TimedOut {
        /// Target.
        host: String,
        /// Time allowed, in seconds.
        seconds: u64,
    },
    /// More output than allowed; it was ended.
    #[error("{host} sent more than {bytes} bytes")]
    TooMuchOutput {
        /// Target.
        host: String,
        /// Bytes allowed.
        bytes: usize,
    },
    /// The caller gave up.
    #[error("{host}: cancelled")]
    Cancelled {
        /// Target.
        host: String,
    },
    /// The script ran and failed.
    #[error("{host}: the script failed: {message}")]
    Script {
        /// Target.
        host: String,
        /// PowerShell's words, in the language of that Windows.
        message: String,
    },
    /// The answer is not there, is cut short or is no answer of this script.
    #[error("{host}: {detail}")]
    Answer {
        /// Target.
        host: String,
        /// What is wrong with it, with the far side's complaint where there is one.
        detail: String,
    },
    /// A script of this program has characters that no code page carries safely.
    #[error("{host}: a script must be plain ASCII to arrive unchanged")]
    ScriptNotPlain {
        /// Target.
        host: String,
    },
    /// This machine has no Windows registry.
    #[error("this machine runs no Windows, so it has no registry to read")]
    NotWindows,
}

impl HostError {
    /// What to do about it, in one or two sentences.
    pub fn advice(&self) -> String {
        match self {
            Self::SshNotFound { .. } => {
                "Install the OpenSSH client (Debian: openssh-client; Windows: the optional feature OpenSSH Client), or import a file from the host instead.".to_owned()
            }
            Self::Target(error) => error.advice().to_owned(),
            Self::NameNotFound { .. } => {
                "Check the target in the configuration; names from ~/.ssh/config work too.".to_owned()
            }
            Self::Unreachable { .. } => {
                "Check that the OpenSSH server (service sshd) runs there and that port 22 is open from here, or set a jump host (ProxyJump) in ~/.ssh/config.".to_owned()
            }
            Self::ConnectionTimedOut { .. } => {
                "A firewall may drop the connection, or the host is off. A jump host (ProxyJump) in ~/.ssh/config may be the way.".to_owned()
            }
            Self::HostKeyUnknown { host } => format!(
                "Run `ssh {host}` once in a terminal, compare the fingerprint with the one the server's administrator gives you, and accept it. Handover never accepts a key by itself."
            ),
            Self::HostKeyChanged { host } => format!(
                "Either the server was set up anew or someone stands in between. Ask its administrator for the fingerprint; if it is right, remove the old key with `ssh-keygen -R` and the host's name, then run `ssh {host}` once."
            ),
            Self::PermissionDenied { host, .. } => format!(
                "Handover asks for no passwords here: sign in with a key or Kerberos. `ssh {host}` must work without a question; load the key into ssh-agent if it has a passphrase. On Windows servers the keys of administrators stand in C:\\ProgramData\\ssh\\administrators_authorized_keys."
            ),
            Self::Ssh { host, .. } => {
                format!("Try `ssh -v {host}` in a terminal; it must work without a question.")
            }
            Self::PowerShellNotFound { .. } => {
                "Check that the target is the Windows server itself and that the account may run powershell.exe, or import a file from the host instead.".to_owned()
            }
            Self::NotStarted { .. } => "Check that the program may be run by this account.".to_owned(),
            Self::TimedOut { .. } => {
                "The server may be busy: try again. If it stays so, run `ssh` to it by hand and see where it hangs.".to_owned()
            }
            Self::TooMuchOutput { .. } => {
                "Something on the host floods the output, such as a log-on script. Look at what `ssh` to it prints.".to_owned()
            }
            Self::Cancelled { .. } => "Start it again when you want it.".to_owned(),
            Self::Script { .. } => {
                "The account may lack the right to read this, or a policy forbids scripts. Run it there by hand, or import a file from the host instead.".to_owned()
            }
            Self::Answer { .. } => {
                "Look at what the host prints when you run `ssh` to it by hand; a log-on script or a policy may be in the way.".to_owned()
            }
            Self::ScriptNotPlain { .. } => "This is a mistake in Handover: please report it.".to_owned(),
            Self::NotWindows => {
                "Name the host in the configuration with `via = \"ssh\"`, or give a file from it.".to_owned()
            }
        }
    }
}
