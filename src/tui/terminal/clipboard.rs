//! Copying to the clipboard of the machine the administrator sits at, through the terminal (OSC 52).
//!
//! The sequence travels through SSH; tmux and screen need it wrapped. No terminal answers, so a copy that is known not
//! to work is refused here and the caller offers a file instead.

use std::io;

use base64::{Engine, engine::general_purpose::STANDARD};

/// Terminals drop longer sequences without a word (xterm's limit is the shortest known).
const LONGEST: usize = 74_994;
/// GNU screen passes strings of this length at most.
const LONGEST_IN_SCREEN: usize = 700;

/// Why a text could not be put on the clipboard.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// More than terminals take.
    #[error("the text is too long for a terminal's clipboard ({0} bytes)")]
    TooLong(usize),
    /// A console that has no such sequence.
    #[error("this terminal has no clipboard that can be reached")]
    NoClipboard,
    /// The terminal is gone.
    #[error("the terminal could not be written to: {0}")]
    System(#[from] io::Error),
}

/// What stands between the cockpit and the terminal.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    pub(super) tmux: bool,
    pub(super) screen: bool,
    pub(super) no_clipboard: bool,
}

impl Surroundings {
    pub(super) fn from_environment() -> Self {
        let term = std::env::var("TERM").unwrap_or_default();
        let tmux = std::env::var_os("TMUX").is_some();
        Self {
            tmux,
            screen: !tmux && term.starts_with("screen"),
            // The Linux console prints the sequence; consoles before Windows Terminal ignore it.
            no_clipboard: term == "linux" || cfg!(windows) && std::env::var_os("WT_SESSION").is_none(),
        }
    }
}

/// The bytes that put `text` on the clipboard.
pub(super) fn sequence(text: &str, around: &Surroundings) -> Result<Vec<u8>, CopyError> {
    if around.no_clipboard {
        return Err(CopyError::NoClipboard);
    }
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    let longest = if around.screen { LONGEST_IN_SCREEN } else { LONGEST };
    if plain.len() > longest {
        return Err(CopyError::TooLong(text.len()));
    }
    let wrapped = if around.tmux {
        format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b"))
    } else if around.screen {
        format!("\x1bP{plain}\x1b\\")
    } else {
        plain
    };
    Ok(wrapped.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_for_what_stands_between() {
        let plain = Surroundings::default();
        assert_eq!(sequence("abc", &plain).unwrap(), b"\x1b]52;c;YWJj\x07");
        let tmux = Surroundings {
            tmux: true,
            ..plain.clone()
        };
        assert_eq!(
            sequence("abc", &tmux).unwrap(),
            b"\x1bPtmux;\x1b\x1b]52;c;YWJj\x07\x1b\\"
        );
        let screen = Surroundings {
            screen: true,
            ..plain
        };
        assert_eq!(
            sequence("abc", &screen).unwrap(),
            b"\x1bP\x1b]52;c;YWJj\x07\x1b\\"
        );
    }

    #[test]
    fn too_long_and_unreachable_are_said() {
        let plain = Surroundings::default();
        assert!(matches!(
            sequence(&"x".repeat(60_000), &plain),
            Err(CopyError::TooLong(60_000))
        ));
        let console = Surroundings {
            no_clipboard: true,
            ..plain
        };
        assert!(matches!(sequence("abc", &console), Err(CopyError::NoClipboard)));
    }
}
