//! Tells how far a run is, at an even pace.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval},
};

use super::run::Run;
use crate::engine::MailboxService;

/// At most ten updates a second.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

impl<S: MailboxService> Run<S> {
    /// Tells how far it is now.
    pub(super) fn publish(&self) {
        let transport = self.service.transport().borrow().clone();
        let progress = self.board().progress(Instant::now(), transport);
        self.progress.send_replace(progress);
    }
}

/// Tells progress until dropped.
pub(super) struct Reporter(JoinHandle<()>);

impl Reporter {
    pub(super) fn start<S: MailboxService>(run: &Arc<Run<S>>) -> Self {
        let run = Arc::clone(run);
        Self(tokio::spawn(async move {
            let mut ticks = interval(PROGRESS_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                run.publish();
            }
        }))
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.0.abort();
    }
}
