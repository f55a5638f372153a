//! Cloud Sync as the service describes it: provisioning agents, configurations, synchronization jobs, what they did and
//! what they are told to do (facts/graph sections 1 to 5).

mod agent;
mod agent_memory;
mod cadence;
mod configuration;
mod execution;
mod job;
mod log;
mod notification;
mod on_demand;
mod quarantine;
mod reset_scope;
mod schema;
mod word;

pub use agent::{
    Agent, AgentGroup, AgentStatus, AgentTopology, DomainHealth, PublishedResource, RECOMMENDED_AGENTS,
    ServedDomain, UpdateWindow, UpdaterConfiguration, served_domains,
};
pub use agent_memory::{AgentMemory, AgentPresence, AgentRecord, Sighting};
pub use cadence::{Cadence, is_overdue};
pub use configuration::{Configuration, EXCHANGE_ATTRIBUTE_WRITEBACK, JobKind, TEMPLATES, Template};
pub use execution::{EXECUTION_COUNTS, Execution, ExecutionCounts, ExecutionState};
pub use job::{
    EntryCount, JobStatus, Progress, Schedule, ScheduleState, Setting, StatusCode, SynchronizationJob,
};
pub use log::{
    AuditEntry, AuditQuery, LogIdentity, LogQuery, ModifiedProperty, ProvisioningAction,
    ProvisioningLogEntry, ProvisioningStatus, ProvisioningStep, StepKind,
};
pub use notification::NotificationSettings;
pub use on_demand::{OnDemandOutcome, OnDemandStep, OnDemandSubject};
pub use quarantine::{Quarantine, QuarantineReason, SynchronizationError};
pub use reset_scope::{RESTART_CHOICES, ResetScope, RestartChoice};
pub use schema::{
    AttributeMappingView, ContainerFilterView, DirectMapping, FilterClauseView, FilterGroupView,
    FilterOperandView, FilterView, GroupFilterView, MappingSourceView, ObjectMappingSelector,
    ObjectMappingView, RuleView, SchemaError, SchemaView, add_attribute_mapping, schema_shape,
};
