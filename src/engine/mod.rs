//! Use cases as jobs: inventory, plan, apply, verify, undo. Speaks to ports only.

mod cloud_service;
mod port;
mod progress;

pub use cloud_service::CloudMailboxes;
pub use port::{
    InventoryEnd, InventoryQuery, ItemAnswer, MailboxService, Organization, TransportState, WriteRequest,
};
pub use progress::{ItemFailure, RunControl, RunEnd, RunProgress, RunState, RunSummary, Steering};
