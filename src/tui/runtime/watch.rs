//! The watch over Cloud Sync: begun when the tab is first shown, steered by whether somebody looks.

use std::sync::Arc;

use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::shared::Shared;
use crate::{
    domain::ServiceError,
    engine::{
        session::OpenSession,
        synchronization::{
            WatchEvent,
            watch::{WatchControl, WatchSettings, watch},
        },
    },
    tui::{Failure, Msg, WatchOrder},
};

/// Events that may wait for the loop; the watch waits for it.
const WAITING: usize = 16;

/// The watch at work, at most one.
#[derive(Default)]
pub(super) struct WatchSlot {
    working: Option<Working>,
}

struct Working {
    number: u64,
    steer: mpsc::UnboundedSender<WatchOrder>,
    task: JoinHandle<()>,
    _cancel: DropGuard,
}

impl WatchSlot {
    /// Does what is ordered. An order to a watch that is not at work means nothing.
    pub(super) fn order<O: OpenSession>(
        &mut self,
        order: WatchOrder,
        shared: Arc<Shared<O>>,
        messages: mpsc::Sender<Msg>,
    ) {
        let over = self.working.as_ref().filter(|working| working.task.is_finished());
        match (order, over.map(|working| working.number)) {
            (WatchOrder::Begin { watch }, _) => self.begin(watch, shared, messages),
            (WatchOrder::End, _) => self.working = None,
            // It had no session to work with: somebody who looks, or signs in, wants another try.
            (WatchOrder::Show | WatchOrder::Refresh, Some(watch)) => self.begin(watch, shared, messages),
            (WatchOrder::Show | WatchOrder::Hide | WatchOrder::Refresh, _) => {
                if let Some(working) = &self.working {
                    // A watch that has just ended hears nothing; it has said why.
                    let _ = working.steer.send(order);
                }
            }
        }
    }

    fn begin<O: OpenSession>(&mut self, number: u64, shared: Arc<Shared<O>>, messages: mpsc::Sender<Msg>) {
        let cancel = CancellationToken::new();
        let (steer, orders) = mpsc::unbounded_channel();
        let work = begin(number, shared, messages, orders, cancel.clone());
        self.working = Some(Working {
            number,
            steer,
            task: tokio::spawn(work),
            _cancel: cancel.drop_guard(),
        });
    }
}

async fn begin<O: OpenSession>(
    number: u64,
    shared: Arc<Shared<O>>,
    messages: mpsc::Sender<Msg>,
    mut orders: mpsc::UnboundedReceiver<WatchOrder>,
    cancel: CancellationToken,
) {
    let work = async {
        let service = match shared.synchronization().await {
            Ok(service) => service,
            Err(failure) => {
                let event = unread(failure);
                let _ = messages.send(Msg::Watch { watch: number, event }).await;
                return;
            }
        };
        let settings = WatchSettings {
            data_dir: shared.data_dir.clone(),
            tenant_id: shared
                .know(|known| known.token_tenant.clone())
                .unwrap_or_default(),
            // Of the jitter: two of these screens must not ask in step.
            seed: fastrand::u64(..),
        };
        let (sender, mut events) = mpsc::channel(WAITING);
        let (control, watching) = watch(service, settings, sender, cancel.clone());
        let steer = async {
            while let Some(order) = orders.recv().await {
                obey(&control, order);
            }
        };
        let forward = async {
            while let Some(event) = events.recv().await {
                if messages.send(Msg::Watch { watch: number, event }).await.is_err() {
                    return;
                }
            }
        };
        // The watch ends when it is cancelled or nobody listens; then all of it is over.
        tokio::select! {
            ((), ()) = async { tokio::join!(watching, forward) } => {}
            () = steer => {}
        }
    };
    let _ = cancel.run_until_cancelled(work).await;
}

fn obey(control: &WatchControl, order: WatchOrder) {
    match order {
        WatchOrder::Show => control.show(),
        WatchOrder::Hide => control.hide(),
        WatchOrder::Refresh => control.refresh(),
        WatchOrder::Begin { .. } | WatchOrder::End => {}
    }
}

/// The session could not be opened.
fn unread(failure: Failure) -> WatchEvent {
    let mut error = ServiceError::new(crate::domain::ErrorClass::SignIn, failure.message);
    error.advice = failure.advice;
    WatchEvent::Failed {
        what: "Cloud Sync".to_owned(),
        error,
        at: jiff::Timestamp::now(),
    }
}
