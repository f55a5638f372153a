//! What the operating system says to the cockpit.

use std::io;

/// A signal that concerns the cockpit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The session ends (hang-up, termination, console close, log-off): stop between mailboxes and leave.
    Terminate,
    /// Suspend, as Ctrl-Z does.
    Suspend,
    /// The process goes on after a stop.
    Continued,
}

/// Listens to signals from the moment it is made.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    unix: Unix,
    #[cfg(windows)]
    windows: Windows,
}

impl Signals {
    /// Starts listening; needs a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            unix: Unix::listen()?,
            #[cfg(windows)]
            windows: Windows::listen()?,
        })
    }

    /// The next signal. Safe to drop and call again.
    pub async fn next(&mut self) -> Signal {
        #[cfg(unix)]
        return self.unix.next().await;
        #[cfg(windows)]
        return self.windows.next().await;
        #[cfg(not(any(unix, windows)))]
        std::future::pending().await
    }
}

#[cfg(unix)]
#[derive(Debug)]
struct Unix {
    hang_up: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    suspend: tokio::signal::unix::Signal,
    carry_on: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Unix {
    fn listen() -> io::Result<Self> {
        use signal_hook::consts::{SIGCONT, SIGTSTP};
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            suspend: signal(SignalKind::from_raw(SIGTSTP))?,
            carry_on: signal(SignalKind::from_raw(SIGCONT))?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hang_up.recv() => Signal::Terminate,
            _ = self.terminate.recv() => Signal::Terminate,
            // The keyboard's Ctrl-C is a key here; this one was sent by another process.
            _ = self.interrupt.recv() => Signal::Terminate,
            _ = self.suspend.recv() => Signal::Suspend,
            _ = self.carry_on.recv() => Signal::Continued,
        }
    }
}

#[cfg(windows)]
#[derive(Debug)]
struct Windows {
    close: tokio::signal::windows::CtrlClose,
    logoff: tokio::signal::windows::CtrlLogoff,
    shutdown: tokio::signal::windows::CtrlShutdown,
    /// A key while the terminal is raw; a signal once it is given back, while the last step is waited for.
    interrupt: tokio::signal::windows::CtrlC,
    interrupt_hard: tokio::signal::windows::CtrlBreak,
}

#[cfg(windows)]
impl Windows {
    fn listen() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
        Ok(Self {
            close: ctrl_close()?,
            logoff: ctrl_logoff()?,
            shutdown: ctrl_shutdown()?,
            interrupt: ctrl_c()?,
            interrupt_hard: ctrl_break()?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.close.recv() => Signal::Terminate,
            _ = self.logoff.recv() => Signal::Terminate,
            _ = self.shutdown.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Terminate,
            _ = self.interrupt_hard.recv() => Signal::Terminate,
        }
    }
}
