//! Reading mailboxes with patience: what may pass is tried again, what lasts is answered per mailbox.

use std::{collections::HashMap, time::Duration};

use tokio::time::sleep;

use crate::{
    domain::{CloudAttributes, ErrorClass, ObjectId, ServiceError},
    engine::{ItemAnswer, MailboxService},
};

/// Waits before a read is tried again. The transport has its own, shorter retries below these.
const READ_AGAIN: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// How much of a mailbox is read.
#[derive(Clone, Copy)]
pub(in crate::engine) enum Look {
    /// Every snapshot attribute.
    Full,
    /// What proves a write.
    Proof,
}

/// Whether trying again later can help, or the request may even have been carried out.
pub(super) fn may_pass(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::Throttled
            | ErrorClass::Transient
            | ErrorClass::Lost
            | ErrorClass::Malformed
            | ErrorClass::Cancelled
    )
}

/// Reads mailboxes; answers stand in the order asked. `give_up` ends the waiting early.
///
/// # Errors
/// When the service as a whole can't be read: a full look fails (nothing was written yet), a proof says so for each
/// mailbox, unless every further mailbox would fail the same way.
pub(in crate::engine) async fn look<S: MailboxService>(
    service: &S,
    ids: &[ObjectId],
    how: Look,
    give_up: impl Fn() -> bool,
) -> Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError> {
    let mut known: HashMap<ObjectId, ItemAnswer<CloudAttributes>> = HashMap::with_capacity(ids.len());
    let mut asked: Vec<ObjectId> = ids.to_vec();
    let mut waits = READ_AGAIN.iter();
    loop {
        let answers = match how {
            Look::Full => service.read(&asked).await,
            Look::Proof => service.reread(&asked).await,
        };
        let answers = answers.and_then(|answers| match answers.len() == asked.len() {
            true => Ok(answers),
            false => Err(miscounted(asked.len(), answers.len())),
        });
        let whole_failed = answers.as_ref().err().cloned();
        match answers {
            Ok(answers) => known.extend(asked.drain(..).zip(answers)),
            Err(error) => known.extend(asked.drain(..).map(|id| (id, Err(error.clone())))),
        }
        let again = |id: &ObjectId| matches!(known.get(id), Some(Err(error)) if may_pass(error.class));
        asked.extend(ids.iter().copied().filter(again));
        let Some(wait) = waits.next().filter(|_| !asked.is_empty() && !give_up()) else {
            return match whole_failed {
                Some(error) if error.class.stops_a_run() => Err(error),
                Some(error) if matches!(how, Look::Full) && may_pass(error.class) => Err(error),
                _ => Ok(in_order(ids, known)),
            };
        };
        sleep(*wait).await;
    }
}

fn in_order(
    ids: &[ObjectId],
    mut known: HashMap<ObjectId, ItemAnswer<CloudAttributes>>,
) -> Vec<ItemAnswer<CloudAttributes>> {
    let left_out = || {
        ServiceError::new(
            ErrorClass::Malformed,
            "the service left this mailbox out of its answer",
        )
    };
    ids.iter()
        .map(|id| known.remove(id).unwrap_or_else(|| Err(left_out())))
        .collect()
}

/// A batch answer of the wrong length can't be assigned to its mailboxes.
pub(super) fn miscounted(asked: usize, answered: usize) -> ServiceError {
    ServiceError::new(
        ErrorClass::Malformed,
        format!("the service answered {answered} of {asked} requests"),
    )
}
