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

    /// Calls from now on. A slow reader loses the oldest, never delays a request.
    pub fn subscribe(&self) -> broadcast::Receiver<Call> {
        self.stream.subscribe()
    }
}
