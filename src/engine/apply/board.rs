//! What a run knows about itself while it works: counts, failures, rate, and whether it has to stop.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::{meter::Meter, stop_rules::StopRules};
use crate::{
    domain::{Plan, Target, TenantName},
    engine::{ItemFailure, RunProgress, RunState, TransportState},
    journal::{Counts, Settlement},
};

const FAILURES_KEPT: usize = 50;

/// Shared by all workers of a run, behind a lock that is never held across an await.
#[derive(Debug)]
pub(super) struct Board {
    run: String,
    tenant: TenantName,
    target: Target,
    total: u64,
    pub(super) counts: Counts,
    in_flight: u64,
    failures: VecDeque<ItemFailure>,
    state: RunState,
    meter: Meter,
    rules: StopRules,
    /// A run that is given up is settled to its end: no rule stops it.
    pub(super) giving_up: bool,
    /// Why nothing new may be started.
    pub(super) stop: Option<String>,
}

impl Board {
    pub(super) fn new(run: &str, plan: &Plan, total: u64, now: Instant) -> Self {
        Self {
            run: run.to_owned(),
            tenant: plan.content.tenant.clone(),
            target: plan.content.change.target(),
            total,
            counts: Counts::default(),
            in_flight: 0,
            failures: VecDeque::new(),
            state: RunState::Starting,
            meter: Meter::new(now),
            rules: StopRules::default(),
            giving_up: false,
            stop: None,
        }
    }

    pub(super) fn enter(&mut self, state: RunState) {
        self.state = state;
    }

    /// Whether nothing new may be started: a stop rule, a cancel or a broken record.
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_some() || self.state == RunState::Stopping
    }

    pub(super) fn started(&mut self, mailboxes: u64) {
        self.in_flight += mailboxes;
    }

    pub(super) fn ended(&mut self, mailboxes: u64) {
        self.in_flight = self.in_flight.saturating_sub(mailboxes);
    }

    /// Takes in an outcome that is on disk.
    pub(super) fn settle(&mut self, settlement: &Settlement, failure: Option<ItemFailure>, now: Instant) {
        self.counts.add(settlement.outcome);
        self.meter.add(now, 1);
        if let Some(failure) = failure {
            if self.failures.len() == FAILURES_KEPT {
                self.failures.pop_front();
            }
            self.failures.push_back(failure);
        }
        if self.giving_up {
            return;
        }
        if let Some(sentence) = self.rules.observe(settlement) {
            self.stop.get_or_insert(sentence);
        }
    }

    /// Subjects that are neither settled nor known to be unknown.
    pub(super) fn left(&self) -> u64 {
        self.total
            .saturating_sub(self.counts.settled() + self.counts.unknown)
    }

    pub(super) fn progress(&mut self, now: Instant, transport: TransportState) -> RunProgress {
        RunProgress {
            run: self.run.clone(),
            tenant: self.tenant.clone(),
            target: self.target,
            total: self.total,
            done: self.counts.done,
            already_there: self.counts.already_there,
            failed: self.counts.failed,
            unknown: self.counts.unknown,
            in_flight: self.in_flight,
            per_second: self.meter.rate(now),
            remaining: self.meter.remaining(now, self.left()),
            history: self.meter.history(now),
            state: self.state.clone(),
            transport,
            failures: self.failures.iter().cloned().collect(),
        }
    }
}
