//! Loads the inventory in batches that a table takes in without stalling.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{InventoryEnd, InventoryQuery, MailboxService};
use crate::domain::{Mailbox, ServiceError};

/// Rows of one batch at most (design section 1).
pub const BATCH_ROWS: usize = 1_000;
/// How long a row waits for its batch to fill.
pub const BATCH_TIME: Duration = Duration::from_millis(50);

/// Streams the inventory into `batches`, at most [`BATCH_ROWS`] rows each and none later than [`BATCH_TIME`] after its
/// first row arrived. Rows sent before an error or a cancellation stay valid. A dropped receiver ends the load.
pub async fn load<S: MailboxService>(
    service: &S,
    query: InventoryQuery,
    batches: mpsc::Sender<Vec<Mailbox>>,
    cancel: CancellationToken,
) -> Result<InventoryEnd, ServiceError> {
    let (pages, arriving) = mpsc::channel(4);
    let (end, ()) = tokio::join!(
        service.inventory(query, pages, cancel),
        regroup(arriving, batches)
    );
    end
}

/// Turns pages of any size into batches.
async fn regroup<T>(mut pages: mpsc::Receiver<Vec<T>>, batches: mpsc::Sender<Vec<T>>) {
    let mut batch = Vec::with_capacity(BATCH_ROWS);
    let mut due = Instant::now();
    loop {
        let page = tokio::select! {
            page = pages.recv() => page,
            () = sleep_until(due), if !batch.is_empty() => {
                if batches.send(std::mem::take(&mut batch)).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let Some(page) = page else { break };
        for row in page {
            if batch.is_empty() {
                due = Instant::now() + BATCH_TIME;
            }
            batch.push(row);
            if batch.len() == BATCH_ROWS {
                let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
                if batches.send(full).await.is_err() {
                    return;
                }
            }
        }
    }
    if !batch.is_empty() {
        // Nobody is left to tell when the receiver is gone.
        let _ = batches.send(batch).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn batches_are_bounded_in_size_and_time() {
        let (pages, arriving) = mpsc::channel(4);
        let (batches, mut received) = mpsc::channel(64);
        let regrouping = tokio::spawn(regroup(arriving, batches));
        let began = Instant::now();

        pages.send((0..2_500).collect::<Vec<u32>>()).await.unwrap();
        assert_eq!(received.recv().await.map(|batch| batch.len()), Some(1_000));
        assert_eq!(received.recv().await.map(|batch| batch.len()), Some(1_000));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(received.recv().await, Some((2_000..2_500).collect()));
        assert_eq!(began.elapsed().as_millis(), BATCH_TIME.as_millis());

        pages.send(vec![7]).await.unwrap();
        drop(pages);
        assert_eq!(received.recv().await, Some(vec![7]));
        assert_eq!(received.recv().await, None);
        regrouping.await.unwrap();
    }

    #[tokio::test]
    async fn a_dropped_receiver_ends_the_load() {
        let (pages, arriving) = mpsc::channel(1);
        let (batches, received) = mpsc::channel(1);
        drop(received);
        let regrouping = tokio::spawn(regroup(arriving, batches));
        let _ = pages.send(vec![0; 5_000]).await;
        regrouping.await.unwrap();
        assert!(pages.send(vec![1]).await.is_err());
    }
}
