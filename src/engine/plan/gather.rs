//! Reading many mailboxes for a plan: several batches at once, answers as they come.

use futures_util::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{CloudAttributes, ErrorClass, ObjectId, ServiceError},
    engine::{ItemAnswer, MailboxService},
};

/// How much is asked at once. The transport decides how much of it really is in flight.
pub(crate) struct Concurrency;

impl Concurrency {
    /// Batches waiting for an answer at the same time.
    pub(crate) const BATCHES: usize = 12;
    /// Mailboxes in one question about whole objects (facts/graph section 8).
    pub(crate) const OBJECTS: usize = 20;
}

/// Full attributes of the mailboxes, batch by batch, in any order. The stream ends early on cancellation.
pub(crate) fn read_batches<'a, S: MailboxService>(
    service: &'a S,
    ids: &'a [ObjectId],
    cancel: &'a CancellationToken,
) -> impl Stream<Item = Result<Vec<(ObjectId, ItemAnswer<CloudAttributes>)>, ServiceError>> + Send + 'a {
    stream::iter(ids.chunks(S::BATCH.max(1)))
        .map(move |batch| async move {
            let answers = tokio::select! {
                answers = service.read(batch) => answers?,
                () = cancel.cancelled() => return Err(ServiceError::new(ErrorClass::Cancelled, "cancelled")),
            };
            Ok(pair(batch, answers))
        })
        .buffer_unordered(Concurrency::BATCHES)
}

/// Whether whole objects were handed over, batch by batch, in any order.
pub(crate) fn authority_of<'a, S: MailboxService>(
    service: &'a S,
    ids: &'a [ObjectId],
    cancel: &'a CancellationToken,
) -> impl Stream<Item = Result<Vec<(ObjectId, Option<bool>)>, ServiceError>> + Send + 'a {
    stream::iter(ids.chunks(Concurrency::OBJECTS))
        .map(move |batch| async move {
            let answers = tokio::select! {
                answers = service.object_authority(batch) => answers?,
                () = cancel.cancelled() => return Err(ServiceError::new(ErrorClass::Cancelled, "cancelled")),
            };
            Ok(batch.iter().copied().zip(answers).collect())
        })
        .buffer_unordered(Concurrency::BATCHES)
}

/// Answers beside their ids; an id without an answer is an error of its own, never another mailbox's answer.
fn pair(
    batch: &[ObjectId],
    answers: Vec<ItemAnswer<CloudAttributes>>,
) -> Vec<(ObjectId, ItemAnswer<CloudAttributes>)> {
    let mut answers = answers.into_iter();
    batch
        .iter()
        .map(|id| {
            let missing = || {
                Err(ServiceError::new(
                    ErrorClass::Malformed,
                    "the answer lacks this mailbox",
                ))
            };
            (*id, answers.next().unwrap_or_else(missing))
        })
        .collect()
}
