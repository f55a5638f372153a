//! What ends a headless verb in good order: Ctrl-C, the end of the session, a request of the system.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A Ctrl-C this soon after another is the same wish: `timeout` sends its signal to the child and to the group.
const SAME_WISH: Duration = Duration::from_secs(1);

/// A sign that this process should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// A person pressed Ctrl-C, or Ctrl-Break where keyboards have it.
    Interrupt,
    /// The system or the end of the session; may come more than once without anybody being impatient.
    Other,
}

/// Calls `action` once, at the first sign that this process should end. Only a second Ctrl-C, at least a second after
/// the first, ends it at once: what counts is on disk already.
pub fn on_interrupt(action: impl FnOnce() + Send + 'static) {
    let mut signs = Signs::listen();
    tokio::spawn(async move {
        let mut patience = Patience::default();
        patience.is_over(signs.next().await, Instant::now());
        action();
        while !patience.is_over(signs.next().await, Instant::now()) {}
        std::process::exit(super::Exit::Interrupted.code().into());
    });
}

/// Cancels a token at the first sign that this process should end.
pub fn cancel_on_interrupt(cancel: CancellationToken) {
    on_interrupt(move || cancel.cancel());
}

/// How long a person waits for the good order.
#[derive(Debug, Default)]
struct Patience {
    pressed: Option<Instant>,
}

impl Patience {
    /// Whether this sign says that the process should end at once.
    fn is_over(&mut self, sign: Sign, now: Instant) -> bool {
        if sign != Sign::Interrupt {
            return false;
        }
        let first = *self.pressed.get_or_insert(now);
        now.duration_since(first) >= SAME_WISH
    }
}

#[cfg(unix)]
type Listeners = [tokio::signal::unix::Signal; 3];
#[cfg(windows)]
type Listeners = (
    tokio::signal::windows::CtrlC,
    tokio::signal::windows::CtrlBreak,
    // Windows ends the process five seconds after these three, whatever it does; what a journal has is on disk by then.
    tokio::signal::windows::CtrlClose,
    tokio::signal::windows::CtrlLogoff,
    tokio::signal::windows::CtrlShutdown,
);

/// Listens from its making on: a sign between two looks is not missed.
struct Signs(Option<Listeners>);

impl Signs {
    #[cfg(unix)]
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let all = signal(SignalKind::interrupt()).and_then(|interrupt| {
            Ok([
                interrupt,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ])
        });
        Self(all.ok())
    }

    #[cfg(windows)]
    fn listen() -> Self {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
        let all = ctrl_c().and_then(|interrupt| {
            Ok((
                interrupt,
                ctrl_break()?,
                ctrl_close()?,
                ctrl_logoff()?,
                ctrl_shutdown()?,
            ))
        });
        Self(all.ok())
    }

    /// The next sign.
    #[cfg(unix)]
    async fn next(&mut self) -> Sign {
        let Some([interrupt, terminate, hangup]) = &mut self.0 else {
            return deaf().await;
        };
        tokio::select! {
            _ = interrupt.recv() => Sign::Interrupt,
            _ = terminate.recv() => Sign::Other,
            _ = hangup.recv() => Sign::Other,
        }
    }

    /// The next sign.
    #[cfg(windows)]
    async fn next(&mut self) -> Sign {
        let Some((interrupt, hard, close, logoff, shutdown)) = &mut self.0 else {
            return deaf().await;
        };
        tokio::select! {
            _ = interrupt.recv() => Sign::Interrupt,
            _ = hard.recv() => Sign::Interrupt,
            _ = close.recv() => Sign::Other,
            _ = logoff.recv() => Sign::Other,
            _ = shutdown.recv() => Sign::Other,
        }
    }
}

/// Where the system gives no listeners, signals do what they do by default.
async fn deaf() -> Sign {
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_second_interrupt_a_second_later_ends_the_patience() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut patience = Patience::default();
        assert!(!patience.is_over(Sign::Other, at(0)));
        assert!(!patience.is_over(Sign::Other, at(5_000)));
        assert!(!patience.is_over(Sign::Interrupt, at(6_000)));
        assert!(!patience.is_over(Sign::Interrupt, at(6_001)));
        assert!(!patience.is_over(Sign::Other, at(9_000)));
        assert!(patience.is_over(Sign::Interrupt, at(9_001)));
    }
}
