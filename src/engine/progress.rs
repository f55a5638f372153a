//! What a run tells while it works, and how it is steered.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::TransportState;
use crate::domain::{ObjectId, ServiceError, Target, TenantName};

/// Where a run stands. The latest value wins; nothing here is needed for resuming.
#[derive(Clone, Debug, PartialEq)]
pub struct RunProgress {
    /// Name of the run: its folder.
    pub run: String,
    /// The tenant it writes to.
    pub tenant: TenantName,
    /// Where the authority goes.
    pub target: Target,
    /// Mailboxes in the plan.
    pub total: u64,
    /// Written and proven by a re-read.
    pub done: u64,
    /// Were in the target state before the write.
    pub already_there: u64,
    /// Failed for good.
    pub failed: u64,
    /// Neither proven done nor proven failed.
    pub unknown: u64,
    /// Mailboxes being worked on just now.
    pub in_flight: u64,
    /// Settled mailboxes per second over the last half minute.
    pub per_second: f64,
    /// Remaining time at that rate; nothing while there is no rate.
    pub remaining: Option<Duration>,
    /// Settled mailboxes per second, one entry a second, newest last, at most 120.
    pub history: Vec<u64>,
    /// What the run is doing.
    pub state: RunState,
    /// Throttling and retries.
    pub transport: TransportState,
    /// The latest failures, newest last, at most 50.
    pub failures: Vec<ItemFailure>,
}

impl RunProgress {
    /// Mailboxes that have ended, in whatever way.
    pub fn settled(&self) -> u64 {
        self.done + self.already_there + self.failed + self.unknown
    }

    /// What to show before the first report comes.
    pub fn starting(tenant: TenantName, target: Target, total: u64) -> Self {
        Self {
            run: String::new(),
            tenant,
            target,
            total,
            done: 0,
            already_there: 0,
            failed: 0,
            unknown: 0,
            in_flight: 0,
            per_second: 0.0,
            remaining: None,
            history: Vec::new(),
            state: RunState::Starting,
            transport: TransportState::default(),
            failures: Vec::new(),
        }
    }
}

/// A mailbox that could not be handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// The mailbox.
    pub id: ObjectId,
    /// Its primary address, cleaned.
    pub address: String,
    /// What happened.
    pub error: ServiceError,
}

/// What a run is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Checking the plan, taking the tenant lock.
    Starting,
    /// Re-reading mailboxes whose outcome an interruption left open.
    Settling,
    /// Writing.
    Running,
    /// Paused by the administrator; nothing is in flight once `in_flight` is 0.
    Paused,
    /// Finishing what is in flight, then ending.
    Stopping,
    /// Over.
    Ended(RunEnd),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// Every mailbox is settled.
    Complete,
    /// Cancelled or interrupted between mailboxes; resumable.
    Interrupted,
    /// Given up by the administrator: over, with something left.
    Abandoned,
    /// A stop rule ended it; resumable once the cause is gone. The sentence names rule and cause.
    Stopped(String),
}

/// What `mailboxes apply` prints (design section 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    /// Name of the run.
    pub run: String,
    /// Tenant domain.
    pub tenant: String,
    /// Where the authority goes.
    pub target: Target,
    /// Written and proven.
    pub done: u64,
    /// Were there already.
    pub already_there: u64,
    /// Failed for good.
    pub failed: u64,
    /// Unproven.
    pub unknown: u64,
    /// Plan items not reached before the run ended.
    pub remaining: u64,
    /// Seconds from start to end of this process's part.
    pub elapsed_seconds: f64,
    /// The run's folder.
    pub directory: String,
    /// Why a rule stopped it before its end, if one did. A cancelled run has something remaining and no reason here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Whether it was given up with something remaining; it can't be resumed then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abandoned: bool,
}

/// What the administrator wants of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Steering {
    /// Go on.
    #[default]
    Run,
    /// Start nothing new until told to go on.
    Pause,
    /// Start nothing new, finish what is in flight, end resumable.
    Cancel,
}

/// The handle that pauses, resumes and cancels a run between mailboxes. Clones steer the same run.
#[derive(Clone, Debug)]
pub struct RunControl(watch::Sender<Steering>);

impl Default for RunControl {
    fn default() -> Self {
        Self(watch::channel(Steering::default()).0)
    }
}

impl RunControl {
    /// Starts nothing new until [`RunControl::resume`].
    pub fn pause(&self) {
        self.steer(Steering::Pause);
    }

    /// Goes on after a pause.
    pub fn resume(&self) {
        self.steer(Steering::Run);
    }

    /// Ends the run once what is in flight is settled. Can't be taken back.
    pub fn cancel(&self) {
        self.steer(Steering::Cancel);
    }

    /// Follows what is wanted.
    pub fn subscribe(&self) -> watch::Receiver<Steering> {
        self.0.subscribe()
    }

    fn steer(&self, wanted: Steering) {
        self.0.send_if_modified(|current| {
            let change = *current != Steering::Cancel && *current != wanted;
            if change {
                *current = wanted;
            }
            change
        });
    }
}
