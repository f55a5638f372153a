//! How many requests may be in flight: additive increase, halving, and a memory of where the service refused.
//!
//! Pure arithmetic; the clock comes in as an argument. [`super::gate`] makes it wait.

use std::time::Duration;

use tokio::time::Instant;

/// Wait before the first look above a level that was refused. Each refused look doubles it.
const FIRST_PROBE: Duration = Duration::from_secs(20);
/// The longest wait between two looks.
const LAST_PROBE: Duration = Duration::from_secs(600);
/// So many full windows without refusal prove that a level is not a cap of the service, whatever happens later.
const PROOF: u32 = 3;

/// What a request remembers of the moment it was let through, so that its answer is judged against that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// How often the limit had been lowered by then: the answers of one burst count once.
    pub(super) epoch: u64,
    /// Requests in flight by then, this one included.
    pub(super) level: usize,
}

/// The level the service refused last, seen from below.
#[derive(Clone, Copy, Debug)]
struct Ceiling {
    /// The highest level believed to be fine.
    level: usize,
    next_probe: Instant,
    interval: Duration,
    /// Whether the limit stands one above `level` to see whether the service allows more by now.
    probing: bool,
}

/// The adaptive limit of one service.
#[derive(Debug)]
pub(super) struct Limit {
    now_allowed: usize,
    most: usize,
    epoch: u64,
    window: usize,
    ceiling: Option<Ceiling>,
    /// Successes per level since that level was last refused.
    proven: Vec<u32>,
}

impl Limit {
    pub(super) fn new(start: usize, most: usize) -> Self {
        let most = most.max(1);
        Self {
            now_allowed: start.clamp(1, most),
            most,
            epoch: 0,
            window: 0,
            ceiling: None,
            proven: vec![0; most + 1],
        }
    }

    /// Requests allowed at once.
    pub(super) fn allowed(&self) -> usize {
        self.now_allowed
    }

    /// Whether the limit is as high as it is believed it can be.
    pub(super) fn is_settled(&self) -> bool {
        self.now_allowed >= self.target()
    }

    /// The ticket of a request that makes `in_flight` requests.
    pub(super) fn ticket(&self, in_flight: usize) -> Ticket {
        Ticket {
            epoch: self.epoch,
            level: in_flight,
        }
    }

    fn target(&self) -> usize {
        self.ceiling.map_or(self.most, |ceiling| ceiling.level)
    }

    /// An answer came; `in_flight` counts it still.
    pub(super) fn succeeded(&mut self, ticket: Ticket, in_flight: usize, now: Instant) {
        if let Some(count) = self.proven.get_mut(ticket.level) {
            *count = count.saturating_add(1);
        }
        // An idle limit proves nothing, and answers to requests from before the last refusal say nothing about now.
        if ticket.epoch != self.epoch || in_flight < self.now_allowed {
            return;
        }
        match &mut self.ceiling {
            None => {
                self.window += 1;
                if self.window >= self.now_allowed && self.now_allowed < self.most {
                    self.now_allowed += 1;
                    self.window = 0;
                }
            }
            // Back to what worked before: no reason to go slowly.
            Some(ceiling) if self.now_allowed < ceiling.level => self.now_allowed += 1,
            Some(ceiling) if ceiling.probing => {
                self.window += 1;
                if self.window >= 2 * self.now_allowed {
                    // The service allows more by now.
                    self.ceiling = None;
                    self.window = 0;
                }
            }
            Some(ceiling) => {
                if now >= ceiling.next_probe && ceiling.level < self.most {
                    ceiling.probing = true;
                    self.now_allowed = ceiling.level + 1;
                    self.window = 0;
                }
            }
        }
    }

    /// The service refused a request for its number; `in_flight` counts it still.
    pub(super) fn refused(&mut self, ticket: Ticket, in_flight: usize, now: Instant) {
        if ticket.epoch != self.epoch {
            return;
        }
        self.epoch += 1;
        self.window = 0;
        let failed = ticket.level.max(in_flight).clamp(1, self.now_allowed);
        if let Some(ceiling) = &mut self.ceiling
            && ceiling.probing
        {
            ceiling.probing = false;
            ceiling.interval = (ceiling.interval * 2).min(LAST_PROBE);
            ceiling.next_probe = now + ceiling.interval;
            if failed > ceiling.level {
                // The look above was refused, as could be expected: one step back is enough.
                self.now_allowed = ceiling.level;
                return;
            }
        }
        let proven = self.proven.get(failed).copied().unwrap_or(0)
            >= PROOF * u32::try_from(failed).unwrap_or(u32::MAX);
        let below = if proven { failed } else { (failed - 1).max(1) };
        if let Some(count) = self.proven.get_mut(failed) {
            *count = 0;
        }
        let interval = self.ceiling.map_or(FIRST_PROBE, |ceiling| ceiling.interval);
        self.ceiling = Some(Ceiling {
            level: self.ceiling.map_or(below, |ceiling| ceiling.level.min(below)),
            next_probe: now + interval,
            interval,
            probing: false,
        });
        self.now_allowed = (self.now_allowed / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every request of a full window.
    fn window(limit: &mut Limit, now: Instant) {
        let level = limit.allowed();
        let ticket = limit.ticket(level);
        for _ in 0..level {
            limit.succeeded(ticket, level, now);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_more_per_window_up_to_the_most() {
        let now = Instant::now();
        let mut limit = Limit::new(4, 6);
        window(&mut limit, now);
        assert_eq!(limit.allowed(), 5);
        for _ in 0..5 {
            window(&mut limit, now);
        }
        assert_eq!(limit.allowed(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_refusals_halves_once_and_the_way_back_stops_below() {
        let now = Instant::now();
        let mut limit = Limit::new(9, 12);
        let ticket = limit.ticket(9);
        for _ in 0..5 {
            limit.refused(ticket, 9, now);
        }
        assert_eq!(limit.allowed(), 4);
        for _ in 0..4 {
            window(&mut limit, now);
        }
        assert_eq!(limit.allowed(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn looks_above_are_rare_and_rarer_when_refused() {
        let start = Instant::now();
        let mut limit = Limit::new(9, 12);
        limit.refused(limit.ticket(9), 9, start);
        let mut refusals = Vec::new();
        for second in 0..300 {
            let now = start + Duration::from_secs(second);
            window(&mut limit, now);
            if limit.allowed() > 8 {
                refusals.push(second);
                limit.refused(limit.ticket(9), 9, now);
                assert_eq!(limit.allowed(), 8, "a refused look costs one step, not half");
            }
        }
        assert_eq!(refusals, [20, 60, 140]);
        // The service allows more now: the next look stays.
        let now = start + Duration::from_secs(2_000);
        for _ in 0..40 {
            window(&mut limit, now);
        }
        assert_eq!(limit.allowed(), 12);
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_limit_does_not_grow() {
        let mut limit = Limit::new(4, 12);
        for _ in 0..100 {
            limit.succeeded(limit.ticket(1), 1, Instant::now());
        }
        assert_eq!(limit.allowed(), 4);
    }
}
