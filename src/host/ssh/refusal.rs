//! What ssh says when it fails, told apart. Its messages are not localised.

use crate::{
    domain::text::clean_to,
    host::{HostError, process::Finished},
};

/// ssh ends with this when it failed itself.
const OWN_FAILURE: i32 = 255;
/// Longest part of its words in a message, in characters.
const LONGEST_DETAIL: usize = 400;

/// What a message means.
#[derive(Clone, Copy)]
enum Meaning {
    KeyChanged,
    KeyUnknown,
    Denied,
    NameNotFound,
    TimedOut,
    Unreachable,
}

/// Parts of messages, the most telling first: a changed key is also a failed verification.
const MESSAGES: [(&str, Meaning); 18] = [
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", Meaning::KeyChanged),
    ("POSSIBLE DNS SPOOFING DETECTED", Meaning::KeyChanged),
    ("Host key verification failed", Meaning::KeyUnknown),
    ("host key is known for", Meaning::KeyUnknown),
    ("Permission denied", Meaning::Denied),
    ("Too many authentication failures", Meaning::Denied),
    ("No more authentication methods", Meaning::Denied),
    ("Could not resolve hostname", Meaning::NameNotFound),
    ("Name or service not known", Meaning::NameNotFound),
    ("Connection timed out", Meaning::TimedOut),
    ("Operation timed out", Meaning::TimedOut),
    ("not responding", Meaning::TimedOut),
    ("timed out during banner exchange", Meaning::TimedOut),
    ("Connection refused", Meaning::Unreachable),
    ("No route to host", Meaning::Unreachable),
    ("Network is unreachable", Meaning::Unreachable),
    ("Host is down", Meaning::Unreachable),
    ("open failed", Meaning::Unreachable),
];

/// Reads why ssh failed; `None` when the far command ran.
pub(super) fn read(done: &Finished, host: &str) -> Option<HostError> {
    if done.code != Some(OWN_FAILURE) && done.code.is_some() {
        return None;
    }
    let said = String::from_utf8_lossy(&done.complaint);
    let host = host.to_owned();
    let meaning = MESSAGES
        .iter()
        .find(|(part, _)| said.contains(part))
        .map(|(part, meaning)| (*part, *meaning));
    Some(match meaning {
        Some((_, Meaning::KeyChanged)) => HostError::HostKeyChanged { host },
        Some((_, Meaning::KeyUnknown)) => HostError::HostKeyUnknown { host },
        Some((part, Meaning::Denied)) => HostError::PermissionDenied {
            host,
            detail: line_with(&said, part),
        },
        Some((_, Meaning::NameNotFound)) => HostError::NameNotFound { host },
        Some((_, Meaning::TimedOut)) => HostError::ConnectionTimedOut { host },
        Some((part, Meaning::Unreachable)) => HostError::Unreachable {
            host,
            detail: line_with(&said, part),
        },
        None if said.trim().is_empty() => HostError::Ssh {
            host,
            detail: "it said nothing".to_owned(),
        },
        None => HostError::Ssh {
            host,
            detail: clean_to(said.trim(), LONGEST_DETAIL).into_owned(),
        },
    })
}

fn line_with(said: &str, part: &str) -> String {
    let line = said.lines().find(|line| line.contains(part)).unwrap_or(said);
    clean_to(line.trim(), LONGEST_DETAIL).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(said: &str) -> Option<HostError> {
        let done = Finished {
            code: Some(255),
            output: Vec::new(),
            complaint: said.into(),
        };
        read(&done, "h")
    }

    #[test]
    fn messages_are_told_apart() {
        let host = || "h".to_owned();
        for (said, expected) in [
            (
                "@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@\nHost key verification failed.\r\n",
                HostError::HostKeyChanged { host: host() },
            ),
            (
                "No ED25519 host key is known for h and you have requested strict checking.\r\nHost key verification failed.\r\n",
                HostError::HostKeyUnknown { host: host() },
            ),
            (
                "admin@h: Permission denied (publickey,keyboard-interactive).\r\n",
                HostError::PermissionDenied {
                    host: host(),
                    detail: "admin@h: Permission denied (publickey,keyboard-interactive).".into(),
                },
            ),
            (
                "ssh: Could not resolve hostname h: Name or service not known\r\n",
                HostError::NameNotFound { host: host() },
            ),
            (
                "ssh: connect to host h port 22: Connection timed out\r\n",
                HostError::ConnectionTimedOut { host: host() },
            ),
            (
                "ssh: connect to host h port 22: Connection refused\r\n",
                HostError::Unreachable {
                    host: host(),
                    detail: "ssh: connect to host h port 22: Connection refused".into(),
                },
            ),
            (
                "kex_exchange_identification: read: \u{1b}[31mConnection reset by peer\r\n",
                HostError::Ssh {
                    host: host(),
                    detail: "kex_exchange_identification: read: [31mConnection reset by peer".into(),
                },
            ),
        ] {
            assert_eq!(failed(said), Some(expected), "{said}");
        }
    }

    #[test]
    fn a_far_command_that_ran_is_no_refusal() {
        let done = Finished {
            code: Some(1),
            output: Vec::new(),
            complaint: b"Permission denied".to_vec(),
        };
        assert_eq!(read(&done, "h"), None);
    }
}
