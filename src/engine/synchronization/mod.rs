//! Use cases of Cloud Sync: agents and their memory, jobs watched and steered, logs, on-demand provisioning, attribute
//! writeback.

mod action;
mod cloud_synchronization;
mod port;
mod watch_event;

pub use action::{ActionOutcome, ActionPlan, ActionProgress, SchemaChange, SynchronizationAction};
pub use cloud_synchronization::CloudSynchronization;
pub use port::{Answer, AuditPage, LogPage, SynchronizationService, TenantDeletePrevention};
pub use watch_event::{Advice, AgentsSeen, HistoryPoint, JobSeen, Notice, NoticeLevel, Running, WatchEvent};
