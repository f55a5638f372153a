//! Which mailboxes a run has just settled, told while it works, so that a screen can follow it mailbox by mailbox.
//!
//! Told once the outcome is on disk, each mailbox once. Telling never waits: a slow listener must not slow the run down.
//! What waits to be heard is less than the plan, which is in memory anyway. Nobody has to listen.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use crate::{
    domain::{Change, ObjectId, SourceOfAuthority},
    journal::{Outcome, Settlement, Subject},
};

/// Mailboxes of one batch at most.
const AT_ONCE: usize = 1_000;
/// How long a batch is gathered at most.
const GATHERED_FOR: Duration = Duration::from_millis(50);

/// A mailbox whose outcome is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledMailbox {
    /// The mailbox.
    pub id: ObjectId,
    /// Who may edit it now: the run's side where that is proven, [`SourceOfAuthority::Unknown`] where neither side is.
    /// Nothing where the run has not moved it; what was known before still holds then.
    pub authority: Option<SourceOfAuthority>,
    /// How it ended.
    pub outcome: Outcome,
}

impl SettledMailbox {
    /// Nothing for a settlement that is about no mailbox.
    fn of(change: &Change, settlement: &Settlement) -> Option<Self> {
        let Subject::Mailbox(id) = settlement.subject else {
            return None;
        };
        let outcome = settlement.outcome;
        Some(Self {
            id,
            authority: match (change, outcome) {
                (Change::SetAuthority { target }, Outcome::Done | Outcome::AlreadyThere) => {
                    Some(target.authority())
                }
                (Change::SetAuthority { .. }, Outcome::Unknown) => Some(SourceOfAuthority::Unknown),
                // An edit of addresses moves no mailbox.
                _ => None,
            },
            outcome,
        })
    }

    /// Whether it is proven to be as the plan wants it.
    pub fn is_proven(&self) -> bool {
        matches!(self.outcome, Outcome::Done | Outcome::AlreadyThere)
    }
}

/// Where a run tells what it has settled.
#[derive(Clone, Debug)]
pub struct SettledSender(mpsc::UnboundedSender<SettledMailbox>);

/// Where that is heard.
#[derive(Debug)]
pub struct SettledReceiver(mpsc::UnboundedReceiver<SettledMailbox>);

/// Joins a run and a listener.
pub fn settled_mailboxes() -> (SettledSender, SettledReceiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (SettledSender(sender), SettledReceiver(receiver))
}

impl SettledSender {
    pub(super) fn tell(&self, change: &Change, settlements: &[Settlement]) {
        for settled in settlements
            .iter()
            .filter_map(|settlement| SettledMailbox::of(change, settlement))
        {
            // Nobody listens any more: the run goes on all the same.
            let _ = self.0.send(settled);
        }
    }
}

impl SettledReceiver {
    /// The next batch: what comes within 50 ms of its first mailbox, at most 1,000. Nothing once the run is over and
    /// everything was heard.
    pub async fn next(&mut self) -> Option<Vec<SettledMailbox>> {
        let mut batch = vec![self.0.recv().await?];
        let until = Instant::now() + GATHERED_FOR;
        while batch.len() < AT_ONCE {
            let room = AT_ONCE - batch.len();
            match timeout_at(until, self.0.recv_many(&mut batch, room)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Target;

    const TO_CLOUD: Change = Change::SetAuthority {
        target: Target::Cloud,
    };

    fn settlements(count: u128, outcome: Outcome) -> Vec<Settlement> {
        (0..count)
            .map(|number| Settlement::new(ObjectId(uuid::Uuid::from_u128(number)), outcome))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_holds_a_thousand_or_what_fifty_milliseconds_bring() {
        let (sender, mut receiver) = settled_mailboxes();
        sender.tell(&TO_CLOUD, &settlements(2_500, Outcome::Done));
        let began = Instant::now();
        assert_eq!(receiver.next().await.unwrap().len(), 1_000);
        assert_eq!(receiver.next().await.unwrap().len(), 1_000);
        assert_eq!(began.elapsed(), Duration::ZERO);
        let slow = tokio::spawn(async move {
            for _ in 0..6 {
                tokio::time::sleep(Duration::from_millis(20)).await;
                sender.tell(&TO_CLOUD, &settlements(10, Outcome::Done));
            }
        });
        assert_eq!(receiver.next().await.unwrap().len(), 520);
        let mut rest = 0;
        while let Some(batch) = receiver.next().await {
            rest += batch.len();
        }
        assert_eq!(rest, 40);
        slow.await.unwrap();
    }

    #[test]
    fn a_mailbox_moves_only_by_a_proven_change_of_its_authority() {
        let back = Change::SetAuthority {
            target: Target::OnPremises,
        };
        let addresses = Change::SetAddresses {
            before: Vec::new(),
            after: Vec::new(),
        };
        for (change, outcome, expected) in [
            (&TO_CLOUD, Outcome::Done, Some(SourceOfAuthority::Cloud)),
            (&TO_CLOUD, Outcome::AlreadyThere, Some(SourceOfAuthority::Cloud)),
            (&back, Outcome::Done, Some(SourceOfAuthority::OnPremises)),
            (&back, Outcome::Unknown, Some(SourceOfAuthority::Unknown)),
            (&TO_CLOUD, Outcome::Failed, None),
            (&addresses, Outcome::Done, None),
            (&addresses, Outcome::Unknown, None),
        ] {
            let settlement = &settlements(1, outcome)[0];
            let told = SettledMailbox::of(change, settlement).unwrap();
            assert_eq!((told.authority, told.outcome), (expected, outcome), "{change:?}");
        }
        let organization = Settlement::new(Subject::Organization, Outcome::Done);
        assert_eq!(SettledMailbox::of(&TO_CLOUD, &organization), None);
    }
}
