//! Use cases of Cloud Sync: agents and their memory, jobs watched and steered, logs, on-demand provisioning, attribute
//! writeback.

mod action;
pub mod advice;
mod agent_store;
mod cloud_synchronization;
pub mod history;
pub mod logs;
pub mod mail_mapping;
mod notices;
mod pacer;
mod port;
mod rhythm;
pub mod schema_view;
pub mod seen;
pub mod steering;
pub mod subjects;
mod tenant_folder;
pub mod watch;
mod watch_event;
mod watched_agents;
mod watched_jobs;
pub mod writeback;

pub use action::{ActionOutcome, ActionPlan, ActionProgress, SchemaChange, SynchronizationAction};
pub use agent_store::{AgentStore, LoadedAgents};
pub use cloud_synchronization::CloudSynchronization;
pub use port::{Answer, AuditPage, LogPage, SynchronizationService, TenantDeletePrevention};
pub use watch_event::{Advice, AgentsSeen, HistoryPoint, JobSeen, Notice, NoticeLevel, Running, WatchEvent};
pub use watched_agents::{application, observe_agents, remembered_agents};
