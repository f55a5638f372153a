//! The record of a run: durable, chained, readable after any cut.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use handover::{
    domain::{CloudAttributes, ObjectId, Target, TenantName},
    journal::{
        Disk, DurableFile, ItemState, JournalError, JournalWriter, NewRun, Outcome, Record, Replay,
        RunFolder, Settlement, SharedLocks, Snapshot, SnapshotReader, Storage, Subject, TenantLock,
    },
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

const PLAN: &str = "0123456789abcdef";

fn tenant() -> TenantName {
    TenantName {
        id: "9d0a1d6e-0000-4000-8000-000000000001".into(),
        domain: "contoso.onmicrosoft.com".into(),
    }
}

fn id(number: u128) -> ObjectId {
    ObjectId(uuid::Uuid::from_u128(0x1000_0000 + number))
}

fn opened() -> Record {
    Record::Opened {
        run: "run".into(),
        plan: PLAN.into(),
        tenant: tenant(),
        target: Target::Cloud,
        items: 100,
        who: "admin@contoso.com".into(),
        version: "0".into(),
        process: 1,
    }
}

fn snapshot(number: u128) -> Snapshot {
    let cloud = json!({"Zeta": 1, "Alpha": ["b", "a"], "IsExchangeCloudManaged": false, "Nested": {"y": 1.50, "b": null}});
    Snapshot {
        id: id(number),
        at: Timestamp::UNIX_EPOCH,
        cloud: serde_json::from_value::<CloudAttributes>(cloud).unwrap(),
        directory: number
            .is_multiple_of(2)
            .then(|| serde_json::Map::from_iter([("mail".into(), json!("a@b"))])),
    }
}

fn intent(number: u128, hash: &str) -> Record {
    Record::Intent {
        subject: Subject::Mailbox(id(number)),
        attempt: 1,
        snapshot: Some(hash.into()),
        before: None,
    }
}

fn folder(data: &Path) -> RunFolder {
    let name = RunFolder::new_name(Timestamp::now());
    let run = NewRun {
        name: &name,
        plan_bytes: b"{}",
        plan_sha256: PLAN,
        tenant: &tenant(),
        target: Target::Cloud,
        items: 100,
        who: "admin@contoso.com",
        started_at: Timestamp::now(),
    };
    RunFolder::create(data, run).unwrap()
}

async fn open(data: &Path, folder: &RunFolder, storage: &dyn Storage) -> JournalWriter {
    let lock = TenantLock::acquire(data, &tenant().id, folder.name()).unwrap();
    folder.open_new(storage, lock, opened()).await.unwrap()
}

fn journal_path(folder: &RunFolder) -> PathBuf {
    folder.path().join("journal.jsonl")
}

/// A journal of `mailboxes` mailboxes, every third without an outcome.
async fn sample(data: &Path, mailboxes: u128) -> RunFolder {
    let folder = folder(data);
    let writer = open(data, &folder, &Disk).await;
    for number in 0..mailboxes {
        let line = snapshot(number).to_line().unwrap();
        let hash = line.sha256.clone();
        writer
            .append(vec![line], vec![intent(number, &hash)])
            .await
            .unwrap();
        if number % 3 != 0 {
            let settlement = Settlement::new(id(number), Outcome::Done);
            writer
                .append(Vec::new(), vec![Record::Outcome(settlement)])
                .await
                .unwrap();
        }
    }
    writer.close().await;
    folder
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[tokio::test]
async fn what_was_claimed_is_read_back() {
    let data = tempfile::tempdir().unwrap();
    let folder = sample(data.path(), 7).await;
    let replay = folder.replay().unwrap();
    assert_eq!(replay.lines, 1 + 7 + 4);
    assert_eq!(replay.torn, 0);
    assert_eq!(replay.counts().done, 4);
    assert_eq!(replay.item(id(0)).unwrap().state, ItemState::Intended);
    assert_eq!(
        replay.item(id(1)).unwrap().state,
        ItemState::Settled(Outcome::Done)
    );
    assert!(replay.item(id(99)).is_none());
    let read: Vec<_> = SnapshotReader::open(&folder.snapshot_path())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(read.len(), 7);
    for (number, (hash, back)) in read.into_iter().enumerate() {
        assert_eq!(Some(hash), replay.item(back.id).unwrap().snapshot);
        assert_eq!(back, snapshot(number as u128));
        // Order of attributes is part of "exactly as read".
        let names: Vec<&String> = back.cloud.0.keys().collect();
        assert_eq!(names, ["Zeta", "Alpha", "IsExchangeCloudManaged", "Nested"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_a_run() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let folder = sample(data.path(), 1).await;
    folder.set_closed(None).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.path()), 0o700);
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_cut_line_is_dropped_and_the_chain_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let folder = sample(data.path(), 4).await;
    for path in [journal_path(&folder), folder.snapshot_path()] {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    }
    let replay = folder.replay().unwrap();
    assert!(replay.torn > 0);
    let lock = TenantLock::acquire(data.path(), &tenant().id, folder.name()).unwrap();
    let writer = folder.open_again(&Disk, lock, &replay).unwrap();
    let resumed = Record::Resumed {
        who: Some("admin".into()),
        process: 2,
    };
    let line = snapshot(50).to_line().unwrap();
    writer.append(vec![line], vec![resumed]).await.unwrap();
    writer.close().await;
    let again = folder.replay().unwrap();
    assert_eq!((again.torn, again.lines), (0, replay.lines + 1));
    let ids: Vec<ObjectId> = SnapshotReader::open(&folder.snapshot_path())
        .unwrap()
        .map(|entry| entry.unwrap().1.id)
        .collect();
    assert_eq!(ids, [id(0), id(1), id(2), id(50)]);
}

#[tokio::test]
async fn a_broken_chain_is_refused_with_its_line() {
    let data = tempfile::tempdir().unwrap();
    let folder = sample(data.path(), 4).await;
    let path = journal_path(&folder);
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.remove(3);
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let error = folder.replay().unwrap_err();
    assert!(matches!(error, JournalError::Broken { line: 4, .. }), "{error}");
    assert!(error.to_string().contains("new plan"), "{error}");
}

#[tokio::test]
async fn another_plan_does_not_fit_the_journal() {
    let data = tempfile::tempdir().unwrap();
    let folder = sample(data.path(), 1).await;
    let error = Replay::read(&journal_path(&folder), "another plan").unwrap_err();
    assert!(matches!(error, JournalError::Broken { line: 1, .. }), "{error}");
}

#[tokio::test]
async fn zeros_after_a_power_loss_are_a_cut_line() {
    let data = tempfile::tempdir().unwrap();
    let folder = sample(data.path(), 2).await;
    let path = journal_path(&folder);
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len() as u64;
    bytes.extend([0; 4096]);
    fs::write(&path, bytes).unwrap();
    let replay = folder.replay().unwrap();
    assert_eq!((replay.length, replay.torn), (length, 4096));
}

/// Counts forced writes; each takes a moment, so that others queue up behind it.
struct SlowDisk(Arc<AtomicU64>);

struct SlowFile(Box<dyn DurableFile>, Arc<AtomicU64>);

impl Storage for SlowDisk {
    fn append(&self, path: &Path) -> io::Result<Box<dyn DurableFile>> {
        Ok(Box::new(SlowFile(Disk.append(path)?, Arc::clone(&self.0))))
    }

    fn available(&self, folder: &Path) -> io::Result<u64> {
        Disk.available(folder)
    }
}

impl Write for SlowFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl DurableFile for SlowFile {
    fn sync(&mut self) -> io::Result<()> {
        self.1.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(10));
        self.0.sync()
    }
}

#[tokio::test]
async fn workers_share_forced_writes() {
    let data = tempfile::tempdir().unwrap();
    let syncs = Arc::new(AtomicU64::new(0));
    let folder = folder(data.path());
    let writer = open(data.path(), &folder, &SlowDisk(Arc::clone(&syncs))).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let writer = writer.clone();
        tasks.spawn(async move {
            let line = snapshot(number).to_line().unwrap();
            let hash = line.sha256.clone();
            writer
                .append(vec![line], vec![intent(number, &hash)])
                .await
                .unwrap();
        });
    }
    while let Some(joined) = tasks.join_next().await {
        joined.unwrap();
    }
    writer.close().await;
    assert_eq!(folder.replay().unwrap().items.len(), 200);
    let syncs = syncs.load(Ordering::SeqCst);
    assert!(syncs <= 20, "{syncs} forced writes for 200 appends");
}

/// Has room for so many bytes.
struct SmallDisk(Arc<Mutex<usize>>);

struct SmallFile(Box<dyn DurableFile>, Arc<Mutex<usize>>);

impl Storage for SmallDisk {
    fn append(&self, path: &Path) -> io::Result<Box<dyn DurableFile>> {
        Ok(Box::new(SmallFile(Disk.append(path)?, Arc::clone(&self.0))))
    }

    fn available(&self, _: &Path) -> io::Result<u64> {
        Ok(*self.0.lock().unwrap() as u64)
    }
}

impl Write for SmallFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut left = self.1.lock().unwrap();
        let fits = bytes.len().min(*left);
        if fits == 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        *left -= fits;
        self.0.write_all(&bytes[..fits])?;
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl DurableFile for SmallFile {
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync()
    }
}

#[tokio::test]
async fn a_full_disk_closes_the_record_and_leaves_a_prefix() {
    let data = tempfile::tempdir().unwrap();
    let folder = folder(data.path());
    let room = Arc::new(Mutex::new(4000));
    let writer = open(data.path(), &folder, &SmallDisk(Arc::clone(&room))).await;
    let mut claimed = 0;
    let error = loop {
        let line = snapshot(claimed).to_line().unwrap();
        let hash = line.sha256.clone();
        match writer.append(vec![line], vec![intent(claimed, &hash)]).await {
            Ok(()) => claimed += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    assert!(error.to_string().contains("resume"), "{error}");
    *room.lock().unwrap() = usize::MAX;
    // Space alone does not make the order on disk certain again: the record stays closed.
    let later = writer.append(Vec::new(), vec![Record::Paused]).await.unwrap_err();
    assert!(matches!(later, JournalError::Poisoned { .. }), "{later}");
    writer.close().await;
    let replay = folder.replay().unwrap();
    assert!(replay.items.len() as u128 >= claimed && claimed > 3);
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_s_full_device_is_recognised() {
    struct Full;
    impl Storage for Full {
        fn append(&self, _: &Path) -> io::Result<Box<dyn DurableFile>> {
            Ok(Box::new(fs::OpenOptions::new().write(true).open("/dev/full")?))
        }
        fn available(&self, _: &Path) -> io::Result<u64> {
            Ok(0)
        }
    }
    let data = tempfile::tempdir().unwrap();
    let folder = folder(data.path());
    let lock = TenantLock::acquire(data.path(), &tenant().id, folder.name()).unwrap();
    let error = runtime()
        .block_on(folder.open_new(&Full, lock, opened()))
        .unwrap_err();
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
}

#[test]
fn the_second_holder_learns_who_was_first() {
    let data = tempfile::tempdir().unwrap();
    let first = TenantLock::acquire(data.path(), &tenant().id, "first-run").unwrap();
    let error = TenantLock::acquire(data.path(), &tenant().id, "second-run").unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, JournalError::Locked(_)));
    assert!(
        text.contains("first-run") && text.contains(&std::process::id().to_string()),
        "{text}"
    );
    assert!(text.contains("since"), "{text}");
    assert_eq!(
        TenantLock::holder(data.path(), &tenant().id).unwrap().run,
        "first-run"
    );
    assert!(TenantLock::holder(data.path(), "another-tenant").is_none());
    drop(first);
    assert!(TenantLock::holder(data.path(), &tenant().id).is_none());
    TenantLock::acquire(data.path(), &tenant().id, "third-run").unwrap();
}

#[test]
fn data_folders_of_one_machine_share_a_lock() {
    let (one, other, shared) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let take = |data: &tempfile::TempDir, run| {
        TenantLock::acquire(data.path(), &tenant().id, run)
            .unwrap()
            .shared(&SharedLocks::new(shared.path()), &tenant().id)
    };
    let first = take(&one, "first").unwrap();
    let error = take(&other, "second").unwrap_err();
    assert!(error.to_string().contains("another data folder"), "{error}");
    // Another tenant is no matter of theirs, and the refused one freed its own lock.
    let free = TenantLock::acquire(other.path(), "another", "third").unwrap();
    drop(free.shared(&SharedLocks::new(shared.path()), "another").unwrap());
    drop(first);
    drop(take(&other, "second").unwrap());
    drop(take(&one, "first").unwrap());
}

/// A service of one's own: its tenants may have the ids of others, and its address may never be used again.
#[test]
fn the_shared_lock_of_a_custom_cloud_is_told_by_its_address() {
    let (one, other, shared) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let at = |address| SharedLocks::new(shared.path()).of_endpoint(address);
    let take = |data: &tempfile::TempDir, locks: &SharedLocks| {
        TenantLock::acquire(data.path(), &tenant().id, "run")
            .unwrap()
            .shared(locks, &tenant().id)
    };
    let (here, there) = (
        at("http://127.0.0.1:4000/exchange"),
        at("http://127.0.0.1:4001/exchange"),
    );
    let first = take(&one, &here).unwrap();
    assert!(TenantLock::shared_holder(&here, &tenant().id).is_some_and(|holder| holder.elsewhere));
    assert_eq!(TenantLock::shared_holder(&there, &tenant().id), None);
    take(&other, &at("http://127.0.0.1:4000/exchange/")).unwrap_err();
    drop(take(&other, &there).unwrap());
    drop(take(&other, &SharedLocks::new(shared.path())).unwrap());
    drop(first);
    drop(take(&other, &here).unwrap());
    let left: Vec<_> = fs::read_dir(shared.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, [format!("handover-{}.lock", tenant().id).as_str()]);
}

/// What somebody else put there must neither be followed nor stop a run.
#[cfg(unix)]
#[test]
fn a_shared_lock_that_can_t_be_taken_is_done_without() {
    let (data, shared) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = shared.path().join(format!("handover-{}.lock", tenant().id));
    let victim = shared.path().join("victim");
    std::os::unix::fs::symlink(&victim, &path).unwrap();
    let lock = || TenantLock::acquire(data.path(), &tenant().id, "run").unwrap();
    drop(
        lock()
            .shared(&SharedLocks::new(shared.path()), &tenant().id)
            .unwrap(),
    );
    assert!(!victim.exists());
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    drop(
        lock()
            .shared(&SharedLocks::new(shared.path()), &tenant().id)
            .unwrap(),
    );
    drop(
        lock()
            .shared(&SharedLocks::new(shared.path().join("absent")), &tenant().id)
            .unwrap(),
    );
}

#[test]
fn a_killed_process_frees_its_tenant() {
    let data = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "holds_the_lock_for_another_test",
            "--ignored",
            "--nocapture",
        ])
        .env("HANDOVER_TEST_LOCK", data.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let holder = (0..500)
        .find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            TenantLock::holder(data.path(), &tenant().id).filter(|holder| !holder.run.is_empty())
        })
        .unwrap();
    assert_eq!((holder.run.as_str(), holder.process), ("child-run", child.id()));
    assert!(TenantLock::acquire(data.path(), &tenant().id, "mine").is_err());
    child.kill().unwrap();
    child.wait().unwrap();
    TenantLock::acquire(data.path(), &tenant().id, "mine").unwrap();
}

#[test]
#[ignore = "run as another process by a_killed_process_frees_its_tenant"]
fn holds_the_lock_for_another_test() {
    let Some(data) = std::env::var_os("HANDOVER_TEST_LOCK") else {
        return;
    };
    let _lock = TenantLock::acquire(Path::new(&data), &tenant().id, "child-run").unwrap();
    std::thread::sleep(std::time::Duration::from_secs(60));
}

#[test]
fn an_unfinished_folder_is_no_run() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir_all(data.path().join("runs/.new-20260101T000000Z-aaaaaaaa")).unwrap();
    fs::write(data.path().join("runs/stray-file"), b"x").unwrap();
    assert_eq!(RunFolder::list(data.path()).unwrap(), []);
    let folder = folder(data.path());
    let short = &folder.name()[folder.name().len() - 8..];
    assert_eq!(RunFolder::find(data.path(), short).unwrap(), folder);
    assert!(matches!(
        RunFolder::find(data.path(), "../.."),
        Err(JournalError::NoSuchRun(_))
    ));
    assert!(matches!(
        RunFolder::find(data.path(), ""),
        Err(JournalError::NoSuchRun(_))
    ));
}

/// The bytes of one journal, made once.
fn journal_bytes() -> &'static [u8] {
    static BYTES: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    BYTES.get_or_init(|| {
        let data = tempfile::tempdir().unwrap();
        let folder = runtime().block_on(sample(data.path(), 9));
        fs::read(journal_path(&folder)).unwrap()
    })
}

fn replay(bytes: &[u8]) -> Result<Replay, JournalError> {
    Replay::from_reader(bytes, Path::new("journal.jsonl"), PLAN)
}

proptest! {
    #[test]
    fn any_cut_replays_to_a_prefix(cut in 0..journal_bytes().len()) {
        let whole = journal_bytes();
        let replayed = replay(&whole[..cut]).unwrap();
        let length = whole[..cut].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        prop_assert_eq!(replayed.length, length as u64);
        prop_assert_eq!(replayed.torn, (cut - length) as u64);
        prop_assert_eq!(replayed.lines, whole[..length].iter().filter(|byte| **byte == b'\n').count() as u64);
    }

    #[test]
    fn any_changed_byte_before_the_last_line_is_found(position in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = journal_bytes().to_vec();
        let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        bytes[position.index(last)] ^= 1 << bit;
        let error = replay(&bytes).unwrap_err();
        prop_assert!(matches!(error, JournalError::Broken { .. }), "{}", error);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = replay(&bytes);
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("snapshot.jsonl");
        fs::write(&path, &bytes).unwrap();
        for entry in SnapshotReader::open(&path).unwrap() {
            if entry.is_err() {
                break;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_of_a_snapshot_s_attributes_is_found(position in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let data = tempfile::tempdir().unwrap();
        let folder = runtime().block_on(sample(data.path(), 1));
        let mut bytes = fs::read(folder.snapshot_path()).unwrap();
        let start = bytes.windows(8).position(|part| part == b"\"cloud\":").unwrap() + 8;
        let end = bytes.len() - 2;
        bytes[start + position.index(end - start)] ^= 1 << bit;
        fs::write(folder.snapshot_path(), bytes).unwrap();
        let read: Result<Vec<_>, _> = SnapshotReader::open(&folder.snapshot_path()).unwrap().collect();
        prop_assert!(read.is_err());
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    SnapshotAndIntent,
    Outcome(Outcome),
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let outcome = prop_oneof![Just(Outcome::Done), Just(Outcome::Failed), Just(Outcome::Unknown)];
    let mailbox = (1..4_usize, outcome).prop_map(|(writes, outcome)| {
        let mut steps = vec![Step::SnapshotAndIntent; writes];
        steps.push(Step::Outcome(outcome));
        steps
    });
    prop::collection::vec(mailbox, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Workers interleave as they like and the power goes at any byte: a snapshot stands before its intent, an
    /// intent before its outcome.
    #[test]
    fn interleavings_keep_the_order(mailboxes in steps(), cut in any::<prop::sample::Index>()) {
        let data = tempfile::tempdir().unwrap();
        let folder = folder(data.path());
        runtime().block_on(async {
            let writer = open(data.path(), &folder, &Disk).await;
            let mut tasks = tokio::task::JoinSet::new();
            for (number, steps) in mailboxes.iter().cloned().enumerate() {
                let writer = writer.clone();
                tasks.spawn(async move {
                    for step in steps {
                        let number = number as u128;
                        match step {
                            Step::SnapshotAndIntent => {
                                let line = snapshot(number).to_line().unwrap();
                                let hash = line.sha256.clone();
                                writer.append(vec![line], vec![intent(number, &hash)]).await.unwrap();
                            }
                            Step::Outcome(outcome) => {
                                let record = Record::Outcome(Settlement::new(id(number), outcome));
                                writer.append(Vec::new(), vec![record]).await.unwrap();
                            }
                        }
                    }
                });
            }
            while let Some(joined) = tasks.join_next().await {
                joined.unwrap();
            }
            writer.close().await;
        });
        let bytes = fs::read(journal_path(&folder)).unwrap();
        // The reader itself refuses an outcome of done without an intent.
        let cut = replay(&bytes[..cut.index(bytes.len())]).unwrap();
        let snapshots: std::collections::HashSet<[u8; 32]> =
            SnapshotReader::open(&folder.snapshot_path()).unwrap().map(|entry| entry.unwrap().0).collect();
        for item in cut.items.values() {
            prop_assert!(item.intended);
            prop_assert!(snapshots.contains(&item.snapshot.unwrap()));
        }
        prop_assert_eq!(folder.replay().unwrap().items.len(), mailboxes.len());
    }
}
