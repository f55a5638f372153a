//! The terminal as a guest finds it: taken over, given back whatever happens.
//!
//! Given back on return, on a panic, on a signal and on suspension. The state that must be undone is process-wide, as
//! the terminal itself is, so that a panic hook can undo it from any thread.

mod clipboard;
mod input;
mod signals;
#[cfg(windows)]
mod windows_console;

use std::{
    io::{self, IsTerminal, Write},
    panic,
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
    time::Duration,
};

use crossterm::terminal as console;
use ratatui::layout::Size;

use super::screen::Features;

pub use clipboard::CopyError;
pub use input::Input;
pub use signals::{Signal, Signals};

/// Why the terminal can't be taken over.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Output goes to a file or a pipe.
    #[error(
        "the cockpit needs a terminal, and the output goes to a file or a pipe. \
         Run it in a terminal, or use the verbs that print, such as `handover mailboxes list -o jsonl`"
    )]
    NotATerminal,
    /// A terminal that can't place text.
    #[error(
        "the terminal `{0}` can't place text on the screen. \
         Set TERM to what your terminal is, or use the verbs that print, such as `handover mailboxes list -o jsonl`"
    )]
    Dumb(String),
    /// A Windows console from before Server 2016.
    #[error(
        "this console does not understand terminal sequences. The cockpit needs Windows Server 2016 or later; \
         the verbs that print work here, such as `handover mailboxes list -o jsonl`"
    )]
    LegacyConsole,
    /// The operating system refused.
    #[error("the terminal can't be set up: {0}. Is this session attached to a terminal?")]
    System(#[from] io::Error),
}

/// Alternate screen, cursor hidden, no automatic wrap: a row too wide for a terminal must not spill into the next.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
/// Ends whatever a frame may have begun, then undoes [`ENTER`].
const LEAVE: &str = "\x1b[?2026l\x1b[r\x1b[m\x1b[?7h\x1b[?25h\x1b[?1049l";
/// Pastes arrive in brackets. Windows consoles deliver key presses instead, which [`Input`] puts together.
const PASTE_ON: &str = "\x1b[?2004h";
const PASTE_OFF: &str = "\x1b[?2004l";

static TAKEN: AtomicBool = AtomicBool::new(false);
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);
/// What background threads that panicked had to say, told once the terminal is back.
static LAST_WORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The terminal, taken over until this is dropped.
#[derive(Debug)]
pub struct Terminal {
    output: Output,
    /// The next SIGCONT belongs to a suspension that has been dealt with.
    continue_expected: bool,
}

impl Terminal {
    /// Takes the terminal over: raw input, alternate screen. The thread that calls this is the one that draws.
    pub fn enter() -> Result<Self, TerminalError> {
        if !io::stdout().is_terminal() {
            return Err(TerminalError::NotATerminal);
        }
        match std::env::var("TERM") {
            Ok(term) if term == "dumb" => return Err(TerminalError::Dumb(term)),
            _ => {}
        }
        if !understands_sequences() {
            return Err(TerminalError::LegacyConsole);
        }
        let output = Output::open()?;
        install_panic_hook();
        *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
        let mut terminal = Self {
            output,
            continue_expected: false,
        };
        terminal.take()?;
        Ok(terminal)
    }

    /// Columns and rows, read from the terminal itself: events may carry outdated ones.
    pub fn size(&self) -> io::Result<Size> {
        let (width, height) = console::size()?;
        Ok(Size::new(width, height))
    }

    /// Gives the terminal back and stops the process until the shell continues it, then takes the terminal again.
    /// The next frame must be drawn in full. On Windows nothing happens.
    pub fn suspend(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        {
            give_back();
            self.continue_expected = true;
            signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
            self.take()?;
        }
        Ok(())
    }

    /// To be called when the process was continued; whether the screen must be drawn in full.
    pub fn continued(&mut self) -> io::Result<bool> {
        if std::mem::take(&mut self.continue_expected) {
            return Ok(false);
        }
        // Stopped by someone else (SIGSTOP): the shell has its own modes back.
        self.take()?;
        Ok(true)
    }

    /// Puts a text on the clipboard of the administrator's own machine (OSC 52).
    pub fn copy(&mut self, text: &str) -> Result<(), CopyError> {
        let sequence = clipboard::sequence(text, &clipboard::Surroundings::from_environment())?;
        self.output.write_all(&sequence)?;
        self.output.flush()?;
        Ok(())
    }

    fn take(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        console::enable_raw_mode()?;
        #[cfg(windows)]
        windows_console::use_utf8();
        let paste = if cfg!(unix) { PASTE_ON } else { "" };
        self.output.write_all(format!("{ENTER}{paste}").as_bytes())?;
        self.output.flush()
    }
}

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
        let words = std::mem::take(&mut *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner));
        for word in words {
            let _ = writeln!(io::stderr(), "{word}");
        }
    }
}

/// Gives the terminal back if it is taken. Errors are left alone: there is nobody left to tell.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    if let Ok(mut output) = Output::open() {
        let paste = if cfg!(unix) { PASTE_OFF } else { "" };
        let _ = output.write_all(format!("{paste}{LEAVE}").as_bytes());
        let _ = output.flush();
    }
    #[cfg(windows)]
    windows_console::give_code_page_back();
    let _ = console::disable_raw_mode();
}

/// A panic while drawing gives the terminal back before it reports. A panic of a background job does not: the loop
/// lives on and reports the job; the panic's own words follow at the end.
fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let drawing =
                *OWNER.lock().unwrap_or_else(PoisonError::into_inner) == Some(thread::current().id());
            if TAKEN.load(Ordering::SeqCst) && !drawing {
                let word: String = info
                    .to_string()
                    .chars()
                    .map(|character| if character.is_control() { ' ' } else { character })
                    .collect();
                LAST_WORDS
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(word);
                return;
            }
            give_back();
            previous(info);
        }));
    });
}

/// Standard output without the line buffer of the standard library, which would cut a frame into pieces.
#[derive(Debug)]
struct Output {
    #[cfg(unix)]
    file: std::fs::File,
    #[cfg(windows)]
    file: windows_console::Console,
}

impl Output {
    #[cfg(unix)]
    fn open() -> io::Result<Self> {
        use std::os::fd::AsFd;
        let descriptor = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Self {
            file: descriptor.into(),
        })
    }

    #[cfg(windows)]
    fn open() -> io::Result<Self> {
        Ok(Self {
            file: windows_console::Console::default(),
        })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(windows)]
fn understands_sequences() -> bool {
    crossterm::ansi_support::supports_ansi()
}

#[cfg(unix)]
fn understands_sequences() -> bool {
    true
}

impl Features {
    /// What the terminal of this session is trusted with. `synchronized` is the administrator's switch.
    pub fn from_environment(synchronized: bool) -> Self {
        // Consoles before Windows Terminal had faults in scroll regions.
        let legacy_console = cfg!(windows) && std::env::var_os("WT_SESSION").is_none();
        Self {
            synchronized,
            scroll_regions: !legacy_console,
        }
    }
}

/// The least time between two frames: 30 a second, 10 over SSH or RDP, where every frame travels.
pub fn frame_interval() -> Duration {
    let remote = std::env::var_os("SSH_CONNECTION").is_some()
        || std::env::var("SESSIONNAME").is_ok_and(|name| name.to_ascii_uppercase().starts_with("RDP-"));
    Duration::from_millis(if remote { 100 } else { 33 })
}
