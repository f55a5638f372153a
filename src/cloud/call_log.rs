//! The record of every call: a ring in memory and a stream for whoever shows or stores it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::broadcast;

use crate::domain::Call;

/// How many calls the ring keeps; the file on disk keeps more.
const KEPT: usize = 2_000;

/// Where every request is noted. Clones share one ring.
///
/// A reader of the stream in full:
///
/// ```
/// # async fn read(log: handover::cloud::CallLog) {
/// use tokio::sync::broadcast::error::RecvError;
///
/// let mut calls = log.subscribe();
/// loop {
///     match calls.recv().await {
///         Ok(call) => println!("{}", call.operation),
///         Err(RecvError::Lagged(lost)) => println!("{lost} calls are not shown"),
///         Err(RecvError::Closed) => break,
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CallLog {
    ring: Arc<Mutex<VecDeque<Call>>>,
    stream: broadcast::Sender<Call>,
}

impl Default for CallLog {
    fn default() -> Self {
        Self {
            ring: Arc::default(),
            stream: broadcast::channel(KEPT).0,
        }
    }
}

impl CallLog {
    /// Notes a finished call.
    pub fn record(&self, call: Call) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() == KEPT {
            ring.pop_front();
        }
        ring.push_back(call.clone());
        drop(ring);
        // Nobody listening is no error: the ring has it.
        let _ = self.stream.send(call);
    }

    /// The calls in the ring, oldest first.
    pub fn recent(&self) -> Vec<Call> {
        self.ring
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    /// Calls from now on. A slow reader loses the oldest, never delays a request: it gets
    /// [`Lagged`](broadcast::error::RecvError::Lagged) with the number lost and must go on reading. Only
    /// [`Closed`](broadcast::error::RecvError::Closed) is the end.
    pub fn subscribe(&self) -> broadcast::Receiver<Call> {
        self.stream.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast::error::RecvError;

    use super::*;
    use crate::domain::Service;

    #[tokio::test]
    async fn a_slow_reader_loses_the_oldest_and_reads_on() {
        let log = CallLog::default();
        let mut calls = log.subscribe();
        let more = 3 * KEPT;
        for number in 0..more {
            log.record(Call {
                at: jiff::Timestamp::UNIX_EPOCH,
                service: Service::Exchange,
                method: "POST".into(),
                path: "/".into(),
                operation: number.to_string(),
                status: None,
                request_id: None,
                milliseconds: 0,
                note: None,
            });
        }
        let Err(RecvError::Lagged(lost)) = calls.recv().await else {
            panic!("the reader was slow");
        };
        let first = calls.recv().await.unwrap().operation;
        assert_eq!(first, lost.to_string());
        assert_eq!(log.recent().len(), KEPT);
        assert_eq!(log.recent().last().unwrap().operation, (more - 1).to_string());
    }
}
