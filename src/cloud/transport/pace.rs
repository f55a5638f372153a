//! A published limit of requests per time, kept by design: a sliding window that no retry escapes
//! (facts/graph section 8, throttling).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::gate::Gate;
use tokio::{
    sync::{Mutex as FairMutex, Notify},
    time::{Instant, sleep_until},
};

/// The longest that a request is assumed to be on its way to the service. The service counts a request when it arrives,
/// which is some time between sending and answer; after this time an unanswered one counts as arrived.
const ON_ITS_WAY: Duration = Duration::from_secs(5);

/// One place of the window.
#[derive(Clone, Copy, Debug)]
enum Slot {
    /// Given to a request that was not sent yet; the time is when the place was free.
    Held(Instant),
    /// Free from this time on. The number tells which request used it last.
    From(Instant, u64),
}

/// At most so many requests in any window of time, seen from the service.
#[derive(Debug)]
pub struct Pace {
    window: Duration,
    slots: Mutex<(Vec<Slot>, u64)>,
    /// First come, first served.
    turn: FairMutex<()>,
    changed: Notify,
    gate: Arc<Gate>,
}

/// The leave to send one request.
#[derive(Debug)]
pub struct Leave<'a> {
    pace: &'a Pace,
    slot: usize,
    /// Number of the sending; nothing before it was sent.
    sent: Option<u64>,
}

impl Pace {
    /// At most `requests` in any `window`, and at most `at_once` of them in flight.
    pub fn new(requests: usize, window: Duration, at_once: usize) -> Self {
        let now = Instant::now();
        Self {
            window,
            slots: Mutex::new((vec![Slot::From(now, 0); requests.max(1)], 0)),
            turn: FairMutex::new(()),
            changed: Notify::new(),
            gate: Arc::new(Gate::new(at_once, at_once)),
        }
    }

    /// The gate of these requests alone.
    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Waits for leave to send. Safe to drop at any time.
    pub async fn enter(&self) -> Leave<'_> {
        let _turn = self.turn.lock().await;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.take() {
                Ok(slot) => {
                    return Leave {
                        pace: self,
                        slot,
                        sent: None,
                    };
                }
                Err(Some(free)) => tokio::select! {
                    () = sleep_until(free) => {}
                    () = changed => {}
                },
                Err(None) => changed.await,
            }
        }
    }

    /// A free place, or when the next one is free; nothing while all are held.
    fn take(&self) -> Result<usize, Option<Instant>> {
        let mut guard = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let next = guard
            .0
            .iter()
            .enumerate()
            .filter_map(|(index, slot)| match slot {
                Slot::From(free, _) => Some((*free, index)),
                Slot::Held(_) => None,
            })
            .min();
        match next {
            Some((free, index)) if free <= Instant::now() => {
                guard.0[index] = Slot::Held(free);
                Ok(index)
            }
            Some((free, _)) => Err(Some(free)),
            None => Err(None),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Slot>, &mut u64)) {
        let mut guard = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (slots, count) = &mut *guard;
        change(slots, count);
        drop(guard);
        self.changed.notify_waiters();
    }
}

impl Leave<'_> {
    /// Says that the request leaves now.
    pub fn sent(&mut self) {
        let free = Instant::now() + ON_ITS_WAY + self.pace.window;
        self.pace.change(|slots, count| {
            *count += 1;
            slots[self.slot] = Slot::From(free, *count);
            self.sent = Some(*count);
        });
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let answered = Instant::now() + self.pace.window;
        self.pace.change(|slots, _| match (slots[self.slot], self.sent) {
            // Never sent: the place is as free as it was.
            (Slot::Held(free), None) => slots[self.slot] = Slot::From(free, 0),
            (Slot::From(free, number), Some(own)) if number == own && answered < free => {
                slots[self.slot] = Slot::From(answered, number);
            }
            _ => {}
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    /// The most arrivals in any window.
    fn most(arrivals: &mut [Instant]) -> usize {
        arrivals.sort_unstable();
        (0..arrivals.len())
            .map(|first| {
                arrivals[first..]
                    .iter()
                    .take_while(|at| **at < arrivals[first] + WINDOW)
                    .count()
            })
            .max()
            .unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_sees_more_than_allowed_however_late_requests_arrive() {
        let pace = Arc::new(Pace::new(5, WINDOW, 5));
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let started = Instant::now();
        let workers: Vec<_> = (0..12_u64)
            .map(|worker| {
                let (pace, arrivals) = (Arc::clone(&pace), Arc::clone(&arrivals));
                tokio::spawn(async move {
                    for round in 0..5_u64 {
                        let mut leave = pace.enter().await;
                        leave.sent();
                        let on_the_way = Duration::from_millis((worker * 397 + round * 211) % 4_000);
                        tokio::time::sleep(on_the_way).await;
                        arrivals.lock().unwrap().push(Instant::now());
                        tokio::time::sleep(Duration::from_millis(worker * 300)).await;
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        assert_eq!(most(&mut arrivals.lock().unwrap()), 5);
        // Sixty requests: twelve windows, each longer by the time requests are under way.
        assert!(started.elapsed() < Duration::from_secs(12 * 15));
    }

    #[tokio::test(start_paused = true)]
    async fn long_requests_do_not_hold_their_place_and_unsent_ones_give_it_back() {
        let pace = Pace::new(1, WINDOW, 1);
        let started = Instant::now();
        drop(pace.enter().await);
        let mut long = pace.enter().await;
        assert_eq!(started.elapsed(), Duration::ZERO);
        long.sent();
        let mut next = pace.enter().await;
        assert_eq!(started.elapsed(), ON_ITS_WAY + WINDOW);
        next.sent();
        // The first is answered only now: the place is the second's.
        drop(long);
        drop(next);
        let _third = pace.enter().await;
        assert_eq!(started.elapsed(), ON_ITS_WAY + WINDOW + WINDOW);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_gives_up_takes_nothing() {
        let pace = Pace::new(1, WINDOW, 1);
        pace.enter().await.sent();
        let started = Instant::now();
        assert!(
            tokio::time::timeout(Duration::from_secs(1), pace.enter())
                .await
                .is_err()
        );
        let _leave = pace.enter().await;
        assert!(started.elapsed() <= WINDOW);
    }
}
