//! What an apply needs to know.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    domain::{Change, CloudAttributes, ObjectId, Plan, Policy, ServiceError},
    engine::SettledSender,
    journal::{Disk, Storage},
};

/// A mailbox's attributes in Active Directory, as a snapshot keeps them.
pub type DirectoryAttributes = Map<String, Value>;

/// Where the directory's side of a snapshot comes from: an imported export or a live directory.
pub trait DirectorySnapshots: Send + Sync {
    /// The directory's attributes of each mailbox, in the order asked; nothing where the directory does not know it.
    ///
    /// An error stops the run before these mailboxes are written: a snapshot must be whole.
    fn find<'a>(
        &'a self,
        mailboxes: &'a [&'a CloudAttributes],
    ) -> BoxFuture<'a, Result<Vec<Option<DirectoryAttributes>>, ServiceError>>;
}

/// What to apply, and under which conditions. Make one with [`ApplyRequest::new`] and set what differs.
#[derive(Clone)]
pub struct ApplyRequest {
    /// The plan, parsed.
    pub plan: Plan,
    /// The plan file, byte for byte: this is what is kept in the run's folder.
    pub plan_bytes: Vec<u8>,
    /// Where runs and locks are kept.
    pub data_dir: PathBuf,
    /// Who applies, as the token names them.
    pub who: String,
    /// How many mailboxes the administrator expects to be in the plan; required above `policy.confirm_above`.
    pub expect_count: Option<u64>,
    /// Batches in flight; 24 unless told, at most 64. The transport decides how many requests really run at once.
    pub concurrency: Option<usize>,
    /// What this process may change.
    pub policy: Policy,
    /// Whether `--write` or the unlock dialog lifted `policy.read_only`.
    pub write_enabled: bool,
    /// Wall-clock time, for the age of the plan and the name of the run.
    pub now: Timestamp,
    /// The folder of the lock that all data folders of this machine share, see [`crate::journal::TenantLock::shared`].
    /// Nothing unless told: sandboxes have tenants of the same id.
    pub shared_locks: Option<PathBuf>,
    /// Source of directory-side snapshots, where one is configured.
    pub directory: Option<Arc<dyn DirectorySnapshots>>,
    /// Who hears of every mailbox as it is settled; nobody unless told.
    pub settled: Option<SettledSender>,
    /// The file system.
    pub storage: Arc<dyn Storage>,
}

impl ApplyRequest {
    /// A request with the default policy (read-only), the current time and the real disk.
    pub fn new(
        plan: Plan,
        plan_bytes: Vec<u8>,
        data_dir: impl Into<PathBuf>,
        who: impl Into<String>,
    ) -> Self {
        Self {
            plan,
            plan_bytes,
            data_dir: data_dir.into(),
            who: who.into(),
            expect_count: None,
            concurrency: None,
            policy: Policy::default(),
            write_enabled: false,
            now: Timestamp::now(),
            shared_locks: None,
            directory: None,
            settled: None,
            storage: Arc::new(Disk),
        }
    }

    /// How many things the plan changes: its mailboxes, or the one tenant-wide default.
    pub fn subjects(&self) -> u64 {
        subjects(&self.plan)
    }
}

/// Where each mailbox stands in a plan.
pub(crate) fn places(plan: &Plan) -> HashMap<ObjectId, usize> {
    let items = plan.content.items.iter().enumerate();
    items.map(|(place, item)| (item.id, place)).collect()
}

/// How many things a plan changes.
pub(crate) fn subjects(plan: &Plan) -> u64 {
    match plan.content.change {
        Change::SetTenantDefault { .. } => 1,
        _ => plan.content.items.len() as u64,
    }
}
