//! What the engine needs from Cloud Sync, whoever provides it. Dyn-compatible: a session carries one beside its mailboxes.

use futures_util::future::BoxFuture;

use crate::domain::{
    ServiceError,
    synchronization::{
        AgentTopology, AuditEntry, AuditQuery, Configuration, LogQuery, NotificationSettings,
        OnDemandOutcome, OnDemandSubject, ProvisioningLogEntry, ResetScope, SynchronizationJob,
        UpdaterConfiguration,
    },
};

/// An answer that takes a while.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ServiceError>>;

/// One page of the provisioning log, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// The entries the query accepts. May be empty although more pages follow.
    pub entries: Vec<ProvisioningLogEntry>,
    /// How many entries the service sent for this page, before filtering here.
    pub received: usize,
    /// What fetches the next page; nothing at the end.
    pub next: Option<String>,
}

/// One page of the directory audit, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// What fetches the next page; nothing at the end.
    pub next: Option<String>,
}

/// The tenant-wide prevention of accidental deletions, that of Connect Sync; it can hold back Cloud Sync too
/// (facts/graph section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantDeletePrevention {
    /// `disabled`, `enabledForCount`, `enabledForPercentage`, as it came, cleaned.
    pub kind: String,
    /// The threshold; nothing when not said.
    pub threshold: Option<i64>,
}

/// Cloud Sync of one tenant.
///
/// Ids are opaque. A call that writes is sent again only when it certainly was not carried out; class
/// [`crate::domain::ErrorClass::Lost`] means that nobody knows: read again before anything else.
pub trait SynchronizationService: Send + Sync + 'static {
    /// Agents, groups, domains and the updater, read together. Delegated sign-in only: class
    /// [`crate::domain::ErrorClass::Permission`] with advice under an application's sign-in (facts/graph section 0, finding 1).
    fn agent_topology(&self) -> Answer<'_, AgentTopology>;

    /// Whether the present sign-in is an application's, so that agents can't be read; nothing before the first token.
    fn is_application(&self) -> Option<bool>;

    /// Creates an agent group; its id.
    fn create_agent_group<'a>(&'a self, name: &'a str) -> Answer<'a, String>;

    /// Renames an agent group.
    fn rename_agent_group<'a>(&'a self, group: &'a str, name: &'a str) -> Answer<'a, ()>;

    /// Deletes an agent group.
    fn delete_agent_group<'a>(&'a self, group: &'a str) -> Answer<'a, ()>;

    /// Puts an agent into a group.
    fn assign_agent<'a>(&'a self, agent: &'a str, group: &'a str) -> Answer<'a, ()>;

    /// Takes an agent out of a group.
    fn unassign_agent<'a>(&'a self, agent: &'a str, group: &'a str) -> Answer<'a, ()>;

    /// Sets when agents update themselves.
    fn set_updater<'a>(&'a self, updater: &'a UpdaterConfiguration) -> Answer<'a, ()>;

    /// The configurations of every known direction.
    fn configurations(&self) -> Answer<'_, Vec<Configuration>>;

    /// The jobs of one configuration.
    fn jobs<'a>(&'a self, configuration: &'a str) -> Answer<'a, Vec<SynchronizationJob>>;

    /// One job; class [`crate::domain::ErrorClass::NotFound`] when it is gone.
    fn job<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, SynchronizationJob>;

    /// Starts or resumes a job from where it stopped.
    fn start<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, ()>;

    /// Pauses a job.
    fn pause<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, ()>;

    /// Restarts a job.
    fn restart<'a>(&'a self, configuration: &'a str, job: &'a str, scope: ResetScope) -> Answer<'a, ()>;

    /// Provisions one object now. Takes up to ten minutes.
    fn provision_on_demand<'a>(
        &'a self,
        configuration: &'a str,
        job: &'a str,
        rule: &'a str,
        subject: &'a OnDemandSubject,
    ) -> Answer<'a, OnDemandOutcome>;

    /// The schema of a job, byte by byte as the service sent it.
    fn schema<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, Vec<u8>>;

    /// Replaces the schema of a job by these bytes.
    fn replace_schema<'a>(&'a self, configuration: &'a str, job: &'a str, schema: Vec<u8>) -> Answer<'a, ()>;

    /// The threshold of accidental deletions and its recipients; nothing when the configuration never set them.
    fn notification_settings<'a>(
        &'a self,
        configuration: &'a str,
    ) -> Answer<'a, Option<NotificationSettings>>;

    /// Sets them: reads every secret of the configuration, merges, writes all of them, reads back until they show. Secrets
    /// pass through memory only; none is shown, logged or returned.
    fn set_notification_settings<'a>(
        &'a self,
        configuration: &'a str,
        settings: &'a NotificationSettings,
    ) -> Answer<'a, ()>;

    /// One page of the provisioning log; `next` is that of the page before.
    fn provisioning_log<'a>(&'a self, query: &'a LogQuery, next: Option<&'a str>) -> Answer<'a, LogPage>;

    /// One page of the audit of configuration changes.
    fn audit<'a>(&'a self, query: &'a AuditQuery, next: Option<&'a str>) -> Answer<'a, AuditPage>;

    /// The tenant-wide prevention of accidental deletions. Delegated sign-in only.
    fn delete_prevention(&self) -> Answer<'_, TenantDeletePrevention>;

    /// Switches it off.
    fn disable_delete_prevention(&self) -> Answer<'_, ()>;

    /// Creates a configuration from a template; the id of its service principal. Never repeated after a doubtful answer.
    fn instantiate<'a>(&'a self, template: &'a str, name: &'a str) -> Answer<'a, String>;

    /// Creates a job in a configuration from a job template; its id. Never repeated after a doubtful answer.
    fn create_job<'a>(&'a self, configuration: &'a str, template: &'a str) -> Answer<'a, SynchronizationJob>;

    /// Names the domain of a new configuration in its secrets.
    fn set_domain<'a>(&'a self, configuration: &'a str, domain: &'a str) -> Answer<'a, ()>;
}
