//! A mailbox service in memory with scripted faults, and storage that runs full or loses power.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use handover::{
    domain::{
        Change, CloudAttributes, ErrorClass, Mailbox, ObjectId, PLAN_FORMAT, Plan, PlanContent, PlanItem,
        ServiceError, Target, TenantName,
    },
    engine::{
        InventoryEnd, InventoryQuery, ItemAnswer, MailboxService, Organization, TransportState, WriteRequest,
        apply::ApplyRequest,
    },
    journal::{Disk, DurableFile, ItemState, Outcome, RunFolder, SnapshotReader, Storage},
};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

pub const TENANT: &str = "9d0a1d6e-0000-4000-8000-000000000001";

pub fn id(number: usize) -> ObjectId {
    ObjectId(uuid::Uuid::from_u128(0xabc0_0000_0000 + number as u128))
}

pub fn tenant() -> TenantName {
    TenantName {
        id: TENANT.into(),
        domain: "contoso.onmicrosoft.com".into(),
    }
}

pub fn content(change: Change, numbers: impl IntoIterator<Item = usize>) -> PlanContent {
    PlanContent {
        format: PLAN_FORMAT.into(),
        created_at: Timestamp::now(),
        created_by: "admin@contoso.com".into(),
        tool_version: "0".into(),
        tenant: tenant(),
        change,
        items: numbers
            .into_iter()
            .map(|number| PlanItem {
                id: id(number),
                display_name: format!("Person {number}"),
                primary_smtp_address: format!("person{number}@contoso.com"),
                findings: Vec::new(),
            })
            .collect(),
        already_there: 0,
        blocked: Vec::new(),
        run_findings: Vec::new(),
        irreversible: Vec::new(),
        undo_of: None,
        overwrites: Vec::new(),
        loss_accepted: false,
    }
}

pub fn to_cloud() -> Change {
    Change::SetAuthority {
        target: Target::Cloud,
    }
}

/// A request that may write, with the count confirmed.
pub fn request(content: PlanContent, data: &Path) -> ApplyRequest {
    let count = content.items.len() as u64;
    let plan = Plan::seal(content).unwrap();
    let bytes = plan.to_bytes().unwrap();
    ApplyRequest {
        write_enabled: true,
        expect_count: Some(count),
        ..ApplyRequest::new(plan, bytes, data, "admin@contoso.com")
    }
}

/// What happens to one write of one mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteFault {
    /// Carried out, the answer is lost.
    LostAfter,
    /// Not carried out, and nobody knows.
    LostBefore,
    /// Carried out, the answer is an error for good.
    FalseFailure,
    /// Accepted, without effect.
    Ignored,
    /// Not carried out; the service is busy.
    Transient,
    /// Not carried out; throttled until the transport gave up.
    Throttled,
    /// Not carried out, for good.
    Rejected,
    /// No right to write at all.
    Permission,
    /// Carried out, but it shows only after [`State::late_looks`]; the answer is an error for good.
    LateFailure,
    /// Not carried out: the attribute is mastered elsewhere.
    OutOfScope,
}

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// No item is known; the call had its effect.
    Lost,
    /// No item is known; the call had no effect.
    Down,
    /// One answer too few.
    Short,
    /// Every item answers with a passing error.
    Busy,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

#[derive(Default)]
pub struct State {
    pub rows: HashMap<ObjectId, Row>,
    pub default_cloud: bool,
    /// Per mailbox, used up write by write.
    pub write_faults: HashMap<ObjectId, VecDeque<WriteFault>>,
    /// Used up call by call; nothing is a good call.
    pub read_faults: VecDeque<Option<CallFault>>,
    pub reread_faults: VecDeque<Option<CallFault>>,
    pub write_call_faults: VecDeque<Option<CallFault>>,
    /// Writes that had an effect, in order.
    pub writes: Vec<ObjectId>,
    /// Every write request sent.
    pub sent: Vec<ObjectId>,
    /// Rules that were broken, seen from the service's side.
    pub violations: Vec<String>,
    /// Writes that show only once these looks are used up.
    pub late: HashMap<ObjectId, WriteRequest>,
    pub late_looks: u32,
    /// Mailboxes whose flag the short read leaves out.
    pub flag_hidden_from_looks: HashSet<ObjectId>,
    /// An attribute that the service learns to drop at the next read.
    pub dropped_on_read: Option<String>,
    pub dropped: BTreeSet<String>,
    /// A default that shows only once these looks are used up.
    pub default_shows_after: Option<u32>,
    pub default_faults: VecDeque<WriteFault>,
    pub default_writes: u64,
}

pub struct Fake {
    pub state: Mutex<State>,
    pub requests: AtomicU64,
    pub latency: Duration,
    gate: Semaphore,
    /// Cancelled at the request with this number: the moment of the crash.
    pub crash_at: Option<u64>,
    pub crashed: CancellationToken,
    /// Checks at every write that snapshot and intent are in the files of this data folder.
    pub audit: Option<PathBuf>,
    /// How long the organisation takes to answer.
    pub organization_takes: Duration,
    pub transport: watch::Sender<TransportState>,
}

impl Fake {
    pub fn new(mailboxes: usize) -> Self {
        let rows = (0..mailboxes)
            .map(|number| {
                let attributes = json!({
                    "ExternalDirectoryObjectId": id(number).to_string(),
                    "DisplayName": format!("Person {number}"),
                    "RecipientTypeDetails": "UserMailbox",
                    "IsDirSynced": true,
                    "IsExchangeCloudManaged": false,
                    "EmailAddresses": [format!("SMTP:person{number}@contoso.com"), format!("smtp:p{number}@contoso.com")],
                    "CustomAttribute1": format!("value {number}"),
                });
                let serde_json::Value::Object(attributes) = attributes else { unreachable!() };
                (id(number), Row { attributes })
            })
            .collect();
        Self {
            state: Mutex::new(State {
                rows,
                ..State::default()
            }),
            requests: AtomicU64::new(0),
            latency: Duration::from_millis(1),
            gate: Semaphore::new(8),
            crash_at: None,
            crashed: CancellationToken::new(),
            audit: None,
            organization_takes: Duration::from_millis(1),
            transport: watch::channel(TransportState::default()).0,
        }
    }

    /// Runs so many requests at once, and says so.
    pub fn limited_to(mut self, requests: usize) -> Self {
        self.gate = Semaphore::new(requests);
        self.transport.send_modify(|state| state.limit = requests);
        self
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn set(&self, number: usize, attribute: &str, value: serde_json::Value) {
        self.state()
            .rows
            .get_mut(&id(number))
            .unwrap()
            .attributes
            .insert(attribute.into(), value);
    }

    pub fn fault(&self, number: usize, faults: &[WriteFault]) {
        self.state()
            .write_faults
            .insert(id(number), faults.iter().copied().collect());
    }

    pub fn is_cloud(&self, number: usize) -> bool {
        self.state().rows[&id(number)].attributes["IsExchangeCloudManaged"] == json!(true)
    }

    async fn call(&self) {
        let _slot = self.gate.acquire().await.unwrap();
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        if self.crash_at == Some(number) {
            self.crashed.cancel();
        }
        tokio::time::sleep(self.latency).await;
    }

    fn answers(
        &self,
        ids: &[ObjectId],
        fault: Option<CallFault>,
    ) -> Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError> {
        let state = self.state();
        let mut answers: Vec<ItemAnswer<CloudAttributes>> = ids
            .iter()
            .map(|id| match state.rows.get(id) {
                Some(_) if fault == Some(CallFault::Busy) => Err(error(ErrorClass::Transient)),
                Some(row) => Ok(CloudAttributes(row.attributes.clone())),
                None => Err(error(ErrorClass::NotFound)),
            })
            .collect();
        match fault {
            Some(CallFault::Lost | CallFault::Down) => return Err(error(ErrorClass::Transient)),
            Some(CallFault::Short) => {
                answers.pop();
            }
            _ => {}
        }
        Ok(answers)
    }

    /// What a careful observer at the service would check about every write.
    fn audit(&self, writes: &[WriteRequest]) -> Vec<String> {
        let Some(data) = &self.audit else {
            return Vec::new();
        };
        let mut violations = Vec::new();
        let folder = RunFolder::list(data).unwrap().pop().unwrap();
        let replay = folder.replay().unwrap();
        let snapshots: HashSet<(ObjectId, [u8; 32])> = SnapshotReader::open(&folder.snapshot_path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|(hash, snapshot)| (snapshot.id, hash))
            .collect();
        for write in writes {
            match replay.item(write.id()) {
                Some(item) if item.state == ItemState::Intended => {
                    if !snapshots.contains(&(write.id(), item.snapshot.unwrap())) {
                        violations.push(format!("{} was written without a snapshot on disk", write.id()));
                    }
                }
                other => violations.push(format!("{} was written in state {other:?}", write.id())),
            }
        }
        violations
    }
}

pub fn error(class: ErrorClass) -> ServiceError {
    ServiceError::new(class, format!("scripted: {class:?}"))
}

fn take_effect(row: &mut Row, write: &WriteRequest) {
    match write {
        WriteRequest::SetAuthority { target, .. } => {
            row.attributes
                .insert("IsExchangeCloudManaged".into(), json!(target.flag()));
        }
        WriteRequest::SetAddresses { addresses, .. } => {
            row.attributes.insert("EmailAddresses".into(), json!(addresses));
        }
    }
}

fn apply_write(state: &mut State, write: &WriteRequest) -> ItemAnswer<()> {
    let id = write.id();
    let fault = state.write_faults.get_mut(&id).and_then(VecDeque::pop_front);
    let Some(row) = state.rows.get_mut(&id) else {
        return Err(error(ErrorClass::NotFound));
    };
    let effective = matches!(
        fault,
        None | Some(WriteFault::LostAfter | WriteFault::FalseFailure)
    );
    if effective {
        take_effect(row, write);
        state.writes.push(id);
    }
    if fault == Some(WriteFault::LateFailure) {
        state.late.insert(id, write.clone());
        state.writes.push(id);
    }
    match fault {
        None | Some(WriteFault::Ignored) => Ok(()),
        Some(WriteFault::LostAfter | WriteFault::LostBefore) => Err(error(ErrorClass::Lost)),
        Some(WriteFault::Transient) => Err(error(ErrorClass::Transient)),
        Some(WriteFault::Throttled) => Err(error(ErrorClass::Throttled)),
        Some(WriteFault::FalseFailure | WriteFault::Rejected | WriteFault::LateFailure) => {
            Err(error(ErrorClass::Rejected))
        }
        Some(WriteFault::OutOfScope) => Err(error(ErrorClass::OutOfWriteScope)),
        Some(WriteFault::Permission) => Err(error(ErrorClass::Permission)),
    }
}

impl MailboxService for Fake {
    async fn inventory(
        &self,
        _: InventoryQuery,
        _: mpsc::Sender<Vec<Mailbox>>,
        _: CancellationToken,
    ) -> Result<InventoryEnd, ServiceError> {
        Err(error(ErrorClass::Unsupported))
    }

    async fn survey(
        &self,
        _: InventoryQuery,
        _: mpsc::Sender<Vec<CloudAttributes>>,
        _: CancellationToken,
    ) -> Result<InventoryEnd, ServiceError> {
        Err(error(ErrorClass::Unsupported))
    }

    async fn read(&self, ids: &[ObjectId]) -> Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError> {
        assert!(ids.len() <= Self::BATCH);
        self.call().await;
        let fault = {
            let mut state = self.state();
            let dropped = state.dropped_on_read.take();
            state.dropped.extend(dropped);
            state.read_faults.pop_front().flatten()
        };
        self.answers(ids, fault)
    }

    async fn reread(&self, ids: &[ObjectId]) -> Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError> {
        assert!(ids.len() <= Self::BATCH);
        self.call().await;
        let (fault, hidden) = {
            let mut state = self.state();
            if !state.late.is_empty() && state.late_looks == 0 {
                for (id, write) in std::mem::take(&mut state.late) {
                    take_effect(state.rows.get_mut(&id).unwrap(), &write);
                }
            }
            state.late_looks = state.late_looks.saturating_sub(1);
            (
                state.reread_faults.pop_front().flatten(),
                state.flag_hidden_from_looks.clone(),
            )
        };
        let mut answers = self.answers(ids, fault)?;
        for (id, answer) in ids.iter().zip(&mut answers) {
            if let (Ok(cloud), true) = (answer, hidden.contains(id)) {
                cloud.0.remove("IsExchangeCloudManaged");
            }
        }
        Ok(answers)
    }

    async fn write(&self, writes: &[WriteRequest]) -> Result<Vec<ItemAnswer<()>>, ServiceError> {
        assert!(!writes.is_empty() && writes.len() <= Self::BATCH);
        let violations = self.audit(writes);
        let mut answers = {
            let mut state = self.state();
            state.violations.extend(violations);
            state.sent.extend(writes.iter().map(WriteRequest::id));
            match state.write_call_faults.pop_front().flatten() {
                Some(CallFault::Down) => Err(error(ErrorClass::Transient)),
                Some(CallFault::Busy) => {
                    Ok(writes.iter().map(|_| Err(error(ErrorClass::Throttled))).collect())
                }
                fault => {
                    let mut answers: Vec<ItemAnswer<()>> = writes
                        .iter()
                        .map(|write| apply_write(&mut state, write))
                        .collect();
                    if fault == Some(CallFault::Short) {
                        answers.pop();
                    }
                    if fault == Some(CallFault::Lost) {
                        Err(error(ErrorClass::Lost))
                    } else {
                        Ok(answers)
                    }
                }
            }
        };
        // The effect comes before the answer: a crash in between is a lost answer.
        self.call().await;
        if let Ok(answers) = &mut answers {
            answers.shrink_to_fit();
        }
        answers
    }

    async fn organization(&self) -> Result<Organization, ServiceError> {
        tokio::time::sleep(self.organization_takes).await;
        {
            let mut state = self.state();
            if state.default_writes > 0
                && let Some(looks) = state.default_shows_after
            {
                state.default_cloud |= looks == 0;
                state.default_shows_after = looks.checked_sub(1);
            }
        }
        Ok(Organization {
            tenant: tenant(),
            display_name: "Contoso".into(),
            cloud_by_default: Some(self.state().default_cloud),
            sync_enabled: Some(true),
            accepted_domains: Vec::new(),
            last_sync: None,
        })
    }

    async fn set_tenant_default(&self, target: Target) -> Result<(), ServiceError> {
        let mut state = self.state();
        state.default_writes += 1;
        match state.default_faults.pop_front() {
            Some(WriteFault::LostAfter) => {
                state.default_cloud = target.flag();
                Err(error(ErrorClass::Lost))
            }
            Some(WriteFault::Rejected) => Err(error(ErrorClass::Rejected)),
            Some(_) => Err(error(ErrorClass::Lost)),
            None => {
                state.default_cloud = target.flag();
                Ok(())
            }
        }
    }

    async fn allowed_cmdlets(&self) -> Result<Vec<String>, ServiceError> {
        Ok(vec!["Get-Mailbox".into(), "Set-Mailbox".into()])
    }

    async fn object_authority(&self, ids: &[ObjectId]) -> Result<Vec<Option<bool>>, ServiceError> {
        Ok(vec![None; ids.len()])
    }

    fn dropped_attributes(&self) -> Vec<String> {
        let mut dropped = self.state().dropped.clone();
        dropped.insert("NoSuchAttribute".into());
        dropped.into_iter().collect()
    }

    fn transport(&self) -> watch::Receiver<TransportState> {
        self.transport.subscribe()
    }
}

/// A disk whose power goes at the n-th forced write: what was not forced may be cut anywhere.
#[derive(Clone)]
pub struct Unreliable {
    /// Forced writes that still work.
    pub syncs_left: Arc<Mutex<u64>>,
    pub kind: io::ErrorKind,
    pub seed: u64,
}

struct UnreliableFile {
    disk: Unreliable,
    path: PathBuf,
    file: Box<dyn DurableFile>,
    durable: u64,
}

impl Storage for Unreliable {
    fn append(&self, path: &Path) -> io::Result<Box<dyn DurableFile>> {
        Ok(Box::new(UnreliableFile {
            disk: self.clone(),
            path: path.to_owned(),
            file: Disk.append(path)?,
            durable: fs::metadata(path)?.len(),
        }))
    }

    fn available(&self, folder: &Path) -> io::Result<u64> {
        Disk.available(folder)
    }
}

impl Write for UnreliableFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl DurableFile for UnreliableFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut left = self.disk.syncs_left.lock().unwrap();
        let length = fs::metadata(&self.path)?.len();
        if *left == 0 {
            let kept = fastrand::Rng::with_seed(self.disk.seed).u64(self.durable..=length);
            fs::OpenOptions::new()
                .write(true)
                .open(&self.path)?
                .set_len(kept)?;
            return Err(io::Error::from(self.disk.kind));
        }
        *left -= 1;
        self.durable = length;
        Ok(())
    }
}

/// Every mailbox that had an effective write has a snapshot from before it, and none was written after it was done.
pub fn check_files(fake: &Fake, data: &Path) {
    let state = fake.state();
    assert_eq!(state.violations, Vec::<String>::new());
    let folder = RunFolder::list(data).unwrap().pop().unwrap();
    let replay = folder.replay().unwrap();
    let mut before: HashMap<ObjectId, Vec<[u8; 32]>> = HashMap::new();
    for entry in SnapshotReader::open(&folder.snapshot_path()).unwrap() {
        let (hash, snapshot) = entry.unwrap();
        if snapshot.cloud.flag("IsExchangeCloudManaged") == Some(false) {
            before.entry(snapshot.id).or_default().push(hash);
        }
    }
    for id in &state.writes {
        let item = replay.item(*id).unwrap();
        assert_eq!(item.state, ItemState::Settled(Outcome::Done), "{id}");
        assert!(
            before[id].contains(&item.snapshot.unwrap()),
            "{id} has no snapshot from before its write"
        );
    }
}
