//! The cockpit as a whole: terminal, loop and runtime put together.

use std::{io::Write, path::PathBuf, time::Duration};

use crossterm::event::EventStream;
use tokio::sync::mpsc;

use super::{
    Model, Settings,
    event_loop::{CHANNEL, Clock, EventLoop, LoopEnd},
    runtime::{CheckSource, ProfileSource, Runtime, RuntimeOptions, WriteConfiguration},
    screen::{Features, Screen},
    terminal::{Signal, Signals, Terminal, TerminalError, frame_interval},
};
use crate::engine::{information::Startup, session::OpenSession};

/// How long a run may take to finish what it has in flight when the session ends: Windows kills a closed console's
/// process after five seconds.
const PATIENCE: Duration = Duration::from_secs(if cfg!(windows) { 4 } else { 20 });
/// Quitting waits for what is in flight; retries of one batch end well within this time.
const PATIENCE_ON_QUIT: Duration = Duration::from_secs(15 * 60);

/// What the cockpit is started with. The session is opened only after the first frame.
pub struct CockpitOptions<O> {
    /// What the model starts with. `settings.policy.read_only` is false when `--write` was given.
    pub settings: Settings,
    /// Where the profile comes from; `settings.profile` is what the screen shows until then.
    pub source: ProfileSource,
    /// Opens the session: [`crate::engine::session::CloudSessions`].
    pub opener: O,
    /// Where runs, waves and copies are kept.
    pub data_dir: PathBuf,
    /// Writes the first configuration for the set-up dialog.
    pub write_configuration: WriteConfiguration,
    /// What the command line knows from its start, for the screen that shows what is in use.
    pub startup: Startup,
    /// Says what a TLS check looks at.
    pub check_source: CheckSource,
    /// Whether frames are wrapped in synchronized updates.
    pub synchronized: bool,
    /// When the process started.
    pub clock: Clock,
}

/// How the cockpit was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// Nothing is left open: exit code 0.
    Quit,
    /// These runs were cut between mailboxes and can be resumed: exit code 75.
    Interrupted {
        /// Names of the runs.
        runs: Vec<String>,
    },
}

/// Why the cockpit could not be started.
#[derive(Debug, thiserror::Error)]
pub enum CockpitError {
    /// The terminal can't be used: exit code 2.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
}

/// Runs the cockpit until it is left. To be awaited on the thread that started the runtime (`block_on`): the terminal
/// is given back first when that thread panics.
///
/// # Errors
/// Only before anything was drawn.
pub async fn run<O: OpenSession>(options: CockpitOptions<O>) -> Result<ExitReason, CockpitError> {
    let terminal = Terminal::enter()?;
    let size = terminal.size().map_err(TerminalError::from)?;
    let screen = Screen::new(size, Features::from_environment(options.synchronized));
    let policy = options.settings.policy;
    let model = Model::new(options.settings, (size.width, size.height), options.clock.now());
    let (sender, messages) = mpsc::channel(CHANNEL);
    let interval = frame_interval();
    let mut event_loop = EventLoop::new(
        model,
        terminal,
        screen,
        EventStream::new(),
        messages,
        options.clock,
        interval,
    );
    event_loop.first_frame().map_err(TerminalError::from)?;

    let mut signals = Signals::listen().map_err(TerminalError::from)?;
    let mut runtime = Runtime::new(
        RuntimeOptions {
            opener: options.opener,
            source: options.source,
            policy,
            data_dir: options.data_dir,
            write_configuration: options.write_configuration,
            startup: options.startup,
            check_source: options.check_source,
        },
        sender,
    );
    let end = event_loop
        .run(&mut signals, &mut |effect| runtime.perform(effect))
        .await;
    // The terminal goes back before what can take a while. Answers nobody reads any more are dropped with the loop.
    drop(event_loop);
    if runtime.is_writing() {
        // Not `eprintln`, which panics where the terminal is gone: that is when runs must be ended in good order.
        let _ = writeln!(
            std::io::stderr(),
            "Finishing what is in flight; what is left of a run can be resumed. Ctrl-C ends it now."
        );
    }
    let patience = if end == LoopEnd::Quit {
        PATIENCE_ON_QUIT
    } else {
        PATIENCE
    };
    let impatient = async { while signals.next().await != Signal::Terminate {} };
    let runs = runtime.close(patience, impatient).await;
    Ok(if runs.is_empty() {
        ExitReason::Quit
    } else {
        ExitReason::Interrupted { runs }
    })
}
