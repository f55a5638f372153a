//! Cloud Sync of a real tenant, or of a sandbox that speaks as one: the port, on top of Microsoft Graph.

use super::port::{Answer, AuditPage, LogPage, SynchronizationService, TenantDeletePrevention};
use crate::{
    cloud::graph::SynchronizationClient,
    domain::synchronization::{
        AgentTopology, AuditQuery, Configuration, LogQuery, NotificationSettings, OnDemandOutcome,
        OnDemandSubject, ResetScope, SynchronizationJob, UpdaterConfiguration,
    },
};

/// Cloud Sync of one tenant in the cloud.
pub struct CloudSynchronization {
    client: SynchronizationClient,
}

impl CloudSynchronization {
    /// The service behind a client.
    pub fn new(client: SynchronizationClient) -> Self {
        Self { client }
    }
}

impl SynchronizationService for CloudSynchronization {
    fn agent_topology(&self) -> Answer<'_, AgentTopology> {
        Box::pin(self.client.agent_topology())
    }

    fn is_application(&self) -> Option<bool> {
        self.client.is_application()
    }

    fn create_agent_group<'a>(&'a self, name: &'a str) -> Answer<'a, String> {
        Box::pin(self.client.create_agent_group(name))
    }

    fn rename_agent_group<'a>(&'a self, group: &'a str, name: &'a str) -> Answer<'a, ()> {
        Box::pin(self.client.rename_agent_group(group, name))
    }

    fn delete_agent_group<'a>(&'a self, group: &'a str) -> Answer<'a, ()> {
        Box::pin(self.client.delete_agent_group(group))
    }

    fn assign_agent<'a>(&'a self, agent: &'a str, group: &'a str) -> Answer<'a, ()> {
        Box::pin(self.client.assign_agent(agent, group))
    }

    fn unassign_agent<'a>(&'a self, agent: &'a str, group: &'a str) -> Answer<'a, ()> {
        Box::pin(self.client.unassign_agent(agent, group))
    }

    fn set_updater<'a>(&'a self, updater: &'a UpdaterConfiguration) -> Answer<'a, ()> {
        Box::pin(self.client.set_updater(updater))
    }

    fn configurations(&self) -> Answer<'_, Vec<Configuration>> {
        Box::pin(self.client.configurations())
    }

    fn jobs<'a>(&'a self, configuration: &'a str) -> Answer<'a, Vec<SynchronizationJob>> {
        Box::pin(self.client.jobs(configuration))
    }

    fn job<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, SynchronizationJob> {
        Box::pin(self.client.job(configuration, job))
    }

    fn start<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, ()> {
        Box::pin(self.client.start(configuration, job))
    }

    fn pause<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, ()> {
        Box::pin(self.client.pause(configuration, job))
    }

    fn restart<'a>(&'a self, configuration: &'a str, job: &'a str, scope: ResetScope) -> Answer<'a, ()> {
        Box::pin(self.client.restart(configuration, job, scope))
    }

    fn provision_on_demand<'a>(
        &'a self,
        configuration: &'a str,
        job: &'a str,
        rule: &'a str,
        subject: &'a OnDemandSubject,
    ) -> Answer<'a, OnDemandOutcome> {
        Box::pin(self.client.provision_on_demand(configuration, job, rule, subject))
    }

    fn schema<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, Vec<u8>> {
        Box::pin(self.client.schema(configuration, job))
    }

    fn replace_schema<'a>(&'a self, configuration: &'a str, job: &'a str, schema: Vec<u8>) -> Answer<'a, ()> {
        Box::pin(self.client.replace_schema(configuration, job, schema))
    }

    fn notification_settings<'a>(
        &'a self,
        configuration: &'a str,
    ) -> Answer<'a, Option<NotificationSettings>> {
        Box::pin(self.client.notification_settings(configuration))
    }

    fn set_notification_settings<'a>(
        &'a self,
        configuration: &'a str,
        settings: &'a NotificationSettings,
    ) -> Answer<'a, ()> {
        Box::pin(self.client.set_notification_settings(configuration, settings))
    }

    fn provisioning_log<'a>(&'a self, query: &'a LogQuery, next: Option<&'a str>) -> Answer<'a, LogPage> {
        Box::pin(async move {
            let (received, entries, next) = self.client.provisioning_log(query, next).await?;
            Ok(LogPage {
                entries,
                received,
                next,
            })
        })
    }

    fn audit<'a>(&'a self, query: &'a AuditQuery, next: Option<&'a str>) -> Answer<'a, AuditPage> {
        Box::pin(async move {
            let (entries, next) = self.client.audit(query, next).await?;
            Ok(AuditPage { entries, next })
        })
    }

    fn delete_prevention(&self) -> Answer<'_, TenantDeletePrevention> {
        Box::pin(async move {
            let (kind, threshold) = self.client.delete_prevention().await?;
            Ok(TenantDeletePrevention { kind, threshold })
        })
    }

    fn disable_delete_prevention(&self) -> Answer<'_, ()> {
        Box::pin(self.client.disable_delete_prevention())
    }

    fn instantiate<'a>(&'a self, template: &'a str, name: &'a str) -> Answer<'a, String> {
        Box::pin(self.client.instantiate(template, name))
    }

    fn create_job<'a>(&'a self, configuration: &'a str, template: &'a str) -> Answer<'a, SynchronizationJob> {
        Box::pin(self.client.create_job(configuration, template))
    }

    fn set_domain<'a>(&'a self, configuration: &'a str, domain: &'a str) -> Answer<'a, ()> {
        Box::pin(self.client.set_domain(configuration, domain))
    }
}
