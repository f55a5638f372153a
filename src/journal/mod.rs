//! The durable record of a run: plan, snapshot, intent, outcome, hash chain (design section 5).
//!
//! ```text
//! <data-dir>/runs/20261122T203651Z-1a2b3c4d/
//!   plan.json        the plan, byte for byte as it was applied
//!   manifest.json    tenant, who, version; the counts once the run is closed
//!   snapshot.jsonl   one line per mailbox and read, on disk before the mailbox's first write
//!   journal.jsonl    what was going to be done and what came of it, each line chained to the last
//! <data-dir>/locks/<tenant id>.lock
//! ```
//!
//! The journal is the truth; the manifest only spares a replay. A claim is answered after `fsync`, never before.

mod error;
mod line;
mod manifest;
mod private_file;
mod replay;
mod run_folder;
mod snapshot;
mod storage;
mod tenant_lock;
mod writer;

pub use error::JournalError;
pub use line::{Line, Outcome, Record, Settlement, Subject};
pub use manifest::{Counts, Manifest};
pub use private_file::{append_private, private_folder, write_private};
pub use replay::{ItemState, Replay, ReplayedItem};
pub use run_folder::{NewRun, RunFolder};
pub use snapshot::{Snapshot, SnapshotLine, SnapshotReader};
pub use storage::{Disk, DurableFile, Storage};
pub use tenant_lock::{LockHolder, SharedLocks, TenantLock, plain as tenant_file_name};
pub use writer::JournalWriter;
