//! What ends a headless verb in good order: Ctrl-C, the end of the session, a request of the system.

use tokio_util::sync::CancellationToken;

/// Calls `action` once, at the first sign that this process should end. A second Ctrl-C ends it at once: what counts is
/// on disk already.
pub fn on_interrupt(action: impl FnOnce() + Send + 'static) {
    tokio::spawn(async move {
        wished_to_end().await;
        action();
        wished_to_end().await;
        std::process::exit(super::Exit::Interrupted.code().into());
    });
}

/// Cancels a token at the first sign that this process should end.
pub fn cancel_on_interrupt(cancel: CancellationToken) {
    on_interrupt(move || cancel.cancel());
}

#[cfg(unix)]
async fn wished_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hangup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

#[cfg(windows)]
async fn wished_to_end() {
    use tokio::signal::windows::{ctrl_close, ctrl_logoff, ctrl_shutdown};
    let (Ok(mut close), Ok(mut logoff), Ok(mut shutdown)) = (ctrl_close(), ctrl_logoff(), ctrl_shutdown())
    else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = close.recv() => {}
        _ = logoff.recv() => {}
        _ = shutdown.recv() => {}
    }
}
