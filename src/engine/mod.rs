//! Use cases as jobs: inventory, plan, apply, verify, undo. Speaks to ports only.

pub mod apply;
mod cloud_service;
pub mod directory_side;
pub mod export;
pub mod information;
pub mod inventory;
pub mod plan;
pub mod planning;
mod port;
mod progress;
pub mod resume;
pub mod runs;
pub mod session;
mod settled;
pub mod synchronization;
pub mod tls_check;
pub mod undo;
pub mod unsettled;
pub mod verify;
pub mod waves;

pub use cloud_service::CloudMailboxes;
pub use port::{
    InventoryEnd, InventoryQuery, ItemAnswer, MailboxService, Organization, TransportState, WriteRequest,
};
pub use progress::{ItemFailure, RunControl, RunEnd, RunProgress, RunState, RunSummary, Steering};
pub use settled::{SettledMailbox, SettledReceiver, SettledSender, settled_mailboxes};
