//! The gate every request of a service passes: waits for a free place and for the end of a pause.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

use super::{
    TransportState,
    limit::{Limit, Ticket},
};

#[derive(Debug)]
struct Inner {
    limit: Limit,
    in_flight: usize,
    paused_until: Option<Instant>,
    reason: Option<String>,
    throttled: u64,
    retries: u64,
    resting: usize,
}

/// The gate of one service.
#[derive(Debug)]
pub(super) struct Gate {
    inner: Mutex<Inner>,
    changed: Notify,
    state: watch::Sender<TransportState>,
}

/// A place at the gate; dropping it gives the place back without a verdict.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Arc<Gate>,
    ticket: Ticket,
}

enum Entry {
    Free(Ticket),
    Full,
    Paused(Instant),
}

impl Gate {
    pub(super) fn new(start: usize, most: usize) -> Self {
        let limit = Limit::new(start, most);
        let state = TransportState {
            limit: limit.allowed(),
            ..TransportState::default()
        };
        Self {
            inner: Mutex::new(Inner {
                limit,
                in_flight: 0,
                paused_until: None,
                reason: None,
                throttled: 0,
                retries: 0,
                resting: 0,
            }),
            changed: Notify::new(),
            state: watch::channel(state).0,
        }
    }

    /// How the service is doing; the latest value wins.
    pub(super) fn watch(&self) -> watch::Receiver<TransportState> {
        self.state.subscribe()
    }

    /// Waits for a place. Safe to drop at any time. A pause that has longer to go than `patience` is not waited for: the
    /// error says how long.
    pub(super) async fn enter(self: &Arc<Self>, patience: Duration) -> Result<Permit, Duration> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed, even one between the look and the wait.
            changed.as_mut().enable();
            match self.try_enter() {
                Entry::Free(ticket) => {
                    return Ok(Permit {
                        gate: Arc::clone(self),
                        ticket,
                    });
                }
                Entry::Full => changed.await,
                Entry::Paused(until) if until > Instant::now() + patience => {
                    return Err(until.saturating_duration_since(Instant::now()));
                }
                Entry::Paused(until) => tokio::select! {
                    () = sleep_until(until) => {}
                    () = changed => {}
                },
            }
        }
    }

    /// Notes that a request is sent again.
    pub(super) fn retried(&self) {
        let mut inner = self.lock();
        inner.retries += 1;
        self.publish(&mut inner);
    }

    /// Waits before one request is sent again, and tells that its place is free meanwhile.
    pub(super) async fn rest(&self, wait: Duration) {
        let _rest = Rest::begin(self);
        tokio::time::sleep(wait).await;
    }

    /// Lets nobody in for `wait`, longer pauses win.
    pub(super) fn pause(&self, wait: Duration, reason: String) {
        let mut inner = self.lock();
        let until = Instant::now() + wait;
        if inner.paused_until.is_none_or(|earlier| earlier < until) {
            inner.paused_until = Some(until);
            inner.reason = Some(reason);
        }
        self.publish(&mut inner);
        drop(inner);
        // Who waits for a place learns of the pause now: it may be too long to wait for.
        self.changed.notify_waiters();
    }

    /// Notes that the service refused a request, or a part of one, for its number.
    pub(super) fn refused(&self, ticket: Ticket, reason: String) {
        let mut inner = self.lock();
        let in_flight = inner.in_flight;
        inner.limit.refused(ticket, in_flight, Instant::now());
        inner.throttled += 1;
        inner.reason = Some(reason);
        self.publish(&mut inner);
    }

    fn try_enter(&self) -> Entry {
        let mut inner = self.lock();
        if let Some(until) = inner.paused_until {
            if until > Instant::now() {
                return Entry::Paused(until);
            }
            inner.paused_until = None;
        }
        if inner.in_flight >= inner.limit.allowed() {
            return Entry::Full;
        }
        inner.in_flight += 1;
        let ticket = inner.limit.ticket(inner.in_flight);
        self.publish(&mut inner);
        Entry::Free(ticket)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, inner: &mut Inner) {
        let now = Instant::now();
        let waiting = inner
            .paused_until
            .filter(|until| *until > now)
            .map(|until| until - now);
        self.state.send_replace(TransportState {
            in_flight: inner.in_flight,
            resting: inner.resting,
            limit: inner.limit.allowed(),
            waiting,
            reason: inner.reason.clone(),
            throttled: inner.throttled,
            retries: inner.retries,
        });
    }
}

/// A request that waits before it is sent again, for as long as this lives.
struct Rest<'a>(&'a Gate);

impl<'a> Rest<'a> {
    fn begin(gate: &'a Gate) -> Self {
        let mut inner = gate.lock();
        inner.resting += 1;
        gate.publish(&mut inner);
        Self(gate)
    }
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.resting -= 1;
        self.0.publish(&mut inner);
    }
}

impl Permit {
    /// The moment this request was let through.
    pub(super) fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// The service answered, whatever the answer was.
    pub(super) fn answered(self) {
        let mut inner = self.gate.lock();
        let now = Instant::now();
        let in_flight = inner.in_flight;
        inner.limit.succeeded(self.ticket, in_flight, now);
        if inner.limit.is_settled() && inner.paused_until.is_none_or(|until| until <= now) {
            inner.reason = None;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut inner = self.gate.lock();
        inner.in_flight = inner.in_flight.saturating_sub(1);
        self.gate.publish(&mut inner);
        drop(inner);
        self.gate.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(600);

    #[tokio::test(start_paused = true)]
    async fn a_request_that_rests_is_told_and_takes_no_place() {
        let gate = Arc::new(Gate::new(1, 8));
        let state = gate.watch();
        let resting = {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { gate.rest(Duration::from_secs(5)).await })
        };
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!((state.borrow().resting, state.borrow().in_flight), (1, 0));
        assert!(gate.enter(PATIENCE).await.is_ok());
        // An abandoned request rests no longer.
        resting.abort();
        let _ = resting.await;
        assert_eq!(state.borrow().resting, 0);
    }

    /// A service that runs `cap` requests of `latency` each and refuses more at once.
    async fn run(gate: &Arc<Gate>, requests: usize, cap: usize, pause: Option<Duration>) -> Duration {
        const LATENCY: Duration = Duration::from_millis(100);
        let running = Arc::new(AtomicUsize::new(0));
        let left = Arc::new(AtomicUsize::new(requests));
        let started = Instant::now();
        let workers: Vec<_> = (0..12)
            .map(|_| {
                let (gate, running, left) = (Arc::clone(gate), Arc::clone(&running), Arc::clone(&left));
                tokio::spawn(async move {
                    while left
                        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                        .is_ok()
                    {
                        loop {
                            let permit = gate.enter(PATIENCE).await.unwrap();
                            if running.fetch_add(1, Ordering::SeqCst) >= cap {
                                running.fetch_sub(1, Ordering::SeqCst);
                                gate.refused(permit.ticket(), "429".into());
                                if let Some(pause) = pause {
                                    gate.pause(pause, "429".into());
                                }
                                drop(permit);
                                tokio::time::sleep(LATENCY).await;
                            } else {
                                tokio::time::sleep(LATENCY).await;
                                running.fetch_sub(1, Ordering::SeqCst);
                                permit.answered();
                                break;
                            }
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn finds_a_cap_of_eight_and_stays_there() {
        for (pause, least) in [(None, 0.95), (Some(Duration::from_secs(1)), 0.90)] {
            let gate = Arc::new(Gate::new(4, 12));
            run(&gate, 200, 8, pause).await;
            let elapsed = run(&gate, 4_000, 8, pause).await;
            let efficiency = 4_000.0 * 0.1 / 8.0 / elapsed.as_secs_f64();
            assert!(efficiency >= least, "{efficiency}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ten_thousand_mailboxes_stay_inside_the_figure() {
        // Read, write and re-read of 10,000 mailboxes, ten at a time, from a cold start.
        let gate = Arc::new(Gate::new(4, 12));
        let elapsed = run(&gate, 3_000, 8, Some(Duration::from_secs(1))).await;
        let ideal = 3_000.0 * 0.1 / 8.0;
        assert!(
            elapsed.as_secs_f64() <= ideal * 1.12,
            "{elapsed:?} against {ideal}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_to_the_fraction() {
        let gate = Arc::new(Gate::new(4, 12));
        let started = Instant::now();
        gate.pause(
            Duration::from_millis(1_730),
            "429: the service asked for 1.73 s".into(),
        );
        assert_eq!(
            gate.watch().borrow().reason.as_deref(),
            Some("429: the service asked for 1.73 s")
        );
        let _permit = gate.enter(PATIENCE).await.unwrap();
        assert!(started.elapsed() >= Duration::from_millis(1_730));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_beyond_patience_is_told_at_once_even_to_those_who_wait_for_a_place() {
        let gate = Arc::new(Gate::new(1, 1));
        let first = gate.enter(PATIENCE).await.unwrap();
        let started = Instant::now();
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter(PATIENCE).await.map(drop) }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        gate.pause(Duration::from_secs(3_600), "503".into());
        let left = waiting.await.unwrap().unwrap_err();
        assert_eq!(started.elapsed(), Duration::from_secs(1));
        assert_eq!(left, Duration::from_secs(3_600));
        drop(first);
        tokio::time::sleep(Duration::from_secs(3_001)).await;
        let _permit = gate.enter(PATIENCE).await.unwrap();
        assert_eq!(started.elapsed(), Duration::from_secs(3_601));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_waiter_takes_no_place() {
        let gate = Arc::new(Gate::new(1, 1));
        let first = gate.enter(PATIENCE).await.unwrap();
        assert!(
            tokio::time::timeout(Duration::from_secs(1), gate.enter(PATIENCE))
                .await
                .is_err()
        );
        drop(first);
        let _second = gate.enter(PATIENCE).await.unwrap();
        assert_eq!(gate.watch().borrow().in_flight, 1);
    }
}
