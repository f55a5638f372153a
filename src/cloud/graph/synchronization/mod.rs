//! Cloud Sync through Microsoft Graph: agents, configurations, jobs, schemas, secrets, logs (facts/graph sections 1 to 6).
//!
//! Everything that is read goes through tolerant types, everything that is sent through exact ones; both are held against
//! the official type descriptions by a test ([`super::contract`]).

mod address;
mod agent;
mod audit;
mod configuration;
mod cursor;
mod job;
mod limits;
mod on_demand;
mod prevention;
mod provisioning_log;
mod schema;
mod secret;
mod subject;
mod writeback_subject;

use std::{
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use super::GraphClient;
use crate::domain::wire::Shape;

pub use limits::TenantLimits;
pub use subject::{PERMISSIONS, Permission};

/// How often and how long is waited for a change to show: the service copies it between its servers first
/// (facts/graph section 2.5).
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Looks at most.
    pub looks: u32,
    /// Between two looks.
    pub between: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            looks: 10,
            between: Duration::from_secs(5),
        }
    }
}

/// Cloud Sync of one tenant.
pub struct SynchronizationClient {
    graph: GraphClient,
    limits: Arc<TenantLimits>,
    patience: Patience,
    /// The first form of the log's filter that this tenant has not refused yet.
    log_filter: AtomicUsize,
    /// The same for the audit's.
    audit_filter: AtomicUsize,
}

impl SynchronizationClient {
    /// A client; nothing is sent yet. Clients of one tenant share `limits`.
    pub fn new(graph: GraphClient, limits: Arc<TenantLimits>) -> Self {
        Self {
            graph,
            limits,
            patience: Patience::default(),
            log_filter: AtomicUsize::new(0),
            audit_filter: AtomicUsize::new(0),
        }
    }

    /// The same client with another patience.
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Whether the sign-in is an application's; nothing before the first token.
    pub fn is_application(&self) -> Option<bool> {
        self.graph.transport().is_application()
    }
}

/// Types that are read, by version.
pub(super) fn answers() -> (Vec<Shape>, Vec<Shape>) {
    use crate::domain::wire::Wire;
    (
        vec![
            job::JobAnswer::shape(),
            secret::SecretAnswer::shape(),
            on_demand::OnDemandAnswer::shape(),
            provisioning_log::EntryAnswer::shape(),
            audit::AuditAnswer::shape(),
            prevention::PreventionAnswer::shape(),
            configuration::InstantiatedAnswer::shape(),
            crate::domain::synchronization::schema_shape(),
        ],
        vec![
            agent::ProfileAnswer::shape(),
            agent::AgentAnswer::shape(),
            agent::GroupAnswer::shape(),
        ],
    )
}

/// Types that are sent, by version.
pub(super) fn bodies() -> (Vec<Shape>, Vec<Shape>) {
    use super::body::Sent;
    (
        vec![
            job::CreateJob::shape(),
            job::Restart::shape(),
            on_demand::OnDemandRequest::shape(),
            configuration::Instantiate::shape(),
            prevention::PreventionChange::shape(),
        ],
        vec![agent::GroupName::shape(), agent::ProfileChange::shape()],
    )
}
