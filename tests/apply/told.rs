//! What a run tells of mailboxes while it works.

use handover::{
    domain::{ObjectId, SourceOfAuthority},
    engine::{SettledMailbox, SettledReceiver, settled_mailboxes},
    journal::{ItemState, Outcome},
};

use super::*;

async fn hear(mut receiver: SettledReceiver) -> Vec<SettledMailbox> {
    let mut heard = Vec::new();
    while let Some(batch) = receiver.next().await {
        heard.extend(batch);
    }
    heard.sort_unstable_by_key(|mailbox| mailbox.id);
    heard
}

fn told(number: usize, authority: Option<SourceOfAuthority>, outcome: Outcome) -> SettledMailbox {
    SettledMailbox {
        id: id(number),
        authority,
        outcome,
    }
}

/// A resume tells what it settles itself: what was settled before was told then, and may have changed since.
#[tokio::test(start_paused = true)]
async fn each_mailbox_is_told_once_by_the_process_that_settles_it() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(40));
    fake.set(0, "IsExchangeCloudManaged", json!(true));
    fake.fault(1, &[WriteFault::OutOfScope]);
    fake.fault(2, &[WriteFault::FalseFailure]);
    fake.state().flag_hidden_from_looks.insert(id(2));
    let (sender, receiver) = settled_mailboxes();
    let mut told_of = request(content(to_cloud(), 0..40), data.path());
    told_of.settled = Some(sender);
    let (summary, heard) = tokio::join!(run(&fake, told_of), hear(receiver));
    assert_eq!(counts(&summary.unwrap()), [37, 1, 1, 1, 0]);
    let cloud = Some(SourceOfAuthority::Cloud);
    let mut expected = vec![
        told(0, cloud, Outcome::AlreadyThere),
        told(1, None, Outcome::Failed),
        told(2, Some(SourceOfAuthority::Unknown), Outcome::Unknown),
    ];
    expected.extend((3..40).map(|number| told(number, cloud, Outcome::Done)));
    assert_eq!(heard, expected);

    fake.state().flag_hidden_from_looks.clear();
    let (sender, receiver) = settled_mailboxes();
    let mut again = resuming(data.path());
    again.settled = Some(sender);
    let (summary, heard) = tokio::join!(
        resume(Arc::clone(&fake), again, progress(), RunControl::default()),
        hear(receiver)
    );
    assert_eq!(counts(&summary.unwrap()), [38, 1, 1, 0, 0]);
    assert_eq!(heard, [told(2, cloud, Outcome::Done)]);
}

/// The table may show only what survives a power loss, and it hears of mailboxes long before the end.
#[tokio::test(start_paused = true)]
async fn what_is_told_is_on_disk_already() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(120);
    fake.latency = Duration::from_millis(100);
    let fake = Arc::new(fake);
    let (sender, mut receiver) = settled_mailboxes();
    let mut slow = request(content(to_cloud(), 0..120), data.path());
    slow.concurrency = Some(1);
    slow.settled = Some(sender);
    let task = tokio::spawn(async move { run(&fake, slow).await });
    let mut batches = 0;
    let mut heard: Vec<ObjectId> = Vec::new();
    while let Some(batch) = receiver.next().await {
        batches += 1;
        let replay = RunFolder::list(data.path())
            .unwrap()
            .pop()
            .unwrap()
            .replay()
            .unwrap();
        for mailbox in batch {
            let state = replay.item(mailbox.id).map(|item| item.state);
            assert_eq!(state, Some(ItemState::Settled(mailbox.outcome)));
            heard.push(mailbox.id);
        }
    }
    assert_eq!(counts(&task.await.unwrap().unwrap()), [120, 0, 0, 0, 0]);
    assert_eq!(heard.len(), 120);
    assert!(batches >= 6, "told in {batches} batches");
}

/// Nobody has to listen to the end.
#[tokio::test(start_paused = true)]
async fn a_listener_that_goes_away_does_not_disturb_the_run() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(30));
    let (sender, receiver) = settled_mailboxes();
    drop(receiver);
    let mut unheard = request(content(to_cloud(), 0..30), data.path());
    unheard.settled = Some(sender);
    let summary = run(&fake, unheard).await.unwrap();
    assert_eq!(counts(&summary), [30, 0, 0, 0, 0]);
}
