//! What `GET {control}/state` tells about Cloud Sync.

use serde_json::{Map, Value, json};

use super::CloudSync;
use super::clock;
use super::job::Job;
use crate::sandbox::tenant::Tenant;

/// Requests by class of path, refused ones included, each part of a batch for itself.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::sandbox) struct Asks {
    pub agents: u64,
    pub service_principals: u64,
    pub instantiate: u64,
    pub jobs: u64,
    pub actions: u64,
    pub on_demand: u64,
    pub schema: u64,
    pub secrets: u64,
    pub templates: u64,
    pub reports: u64,
    pub on_premises_synchronization: u64,
}

impl CloudSync {
    /// The truth, after everything due has happened.
    pub fn state(&mut self, tenant: &Tenant) -> Value {
        let now = self.advance(tenant);
        let jobs: Vec<Value> = self
            .configurations
            .iter()
            .flat_map(|it| it.jobs.iter().filter(|job| !job.hidden).map(move |job| (it, job)))
            .map(|(it, job)| {
                let mut json = job_state(job);
                json["servicePrincipalId"] = it.id.to_string().into();
                json["displayName"] = it.display_name.clone().into();
                json["domain"] = it.domain().into();
                json
            })
            .collect();
        let agents: Vec<Value> = self
            .topology
            .agents
            .iter()
            .map(|agent| {
                json!({
                    "id": agent.id,
                    "machineName": agent.machine_name,
                    "status": agent.standing(now).word(),
                    "domains": self.topology.domains_of(agent),
                })
            })
            .collect();
        let writes: Map<String, Value> = self
            .configurations
            .iter()
            .flat_map(|it| &it.jobs)
            .filter(|job| !job.hidden)
            .map(|job| {
                let writes = job.writes;
                let json = json!({
                    "start": writes.start,
                    "pause": writes.pause,
                    "restart": writes.restart,
                    "provisionOnDemand": writes.on_demand,
                    "schema": writes.schema,
                });
                (job.id().to_owned(), json)
            })
            .collect();
        let secret_writes: Map<String, Value> = self
            .configurations
            .iter()
            .map(|it| (it.id.to_string(), it.secret_writes.into()))
            .collect();
        let asks = self.asks;
        json!({
            "time": clock::text(now),
            "pace": self.clock.pace(),
            "jobs": jobs,
            "agents": agents,
            "logRows": self.log.len(),
            "preventionType": self.tenant.prevention(),
            "requests": {
                "agents": asks.agents,
                "servicePrincipals": asks.service_principals,
                "instantiate": asks.instantiate,
                "jobs": asks.jobs,
                "actions": asks.actions,
                "onDemand": asks.on_demand,
                "schema": asks.schema,
                "secrets": asks.secrets,
                "templates": asks.templates,
                "reports": asks.reports,
                "onPremisesSynchronization": asks.on_premises_synchronization,
            },
            "mostInTenSeconds": { "reports": self.reports.most, "onDemand": self.on_demand.most, "all": self.everything.most },
            "throttled": { "reports": self.reports.refused, "onDemand": self.on_demand.refused },
            "writes": writes,
            "secretWrites": secret_writes,
            "tenantWrites": self.tenant.writes,
        })
    }
}

fn job_state(job: &Job) -> Value {
    json!({
        "id": job.id(),
        "templateId": job.kind().template,
        "ruleId": job.kind().rule,
        "schedule": job.schedule.word(),
        "code": job.code(),
        "running": job.running.is_some(),
        "cycles": job.cycles,
        "quarantine": job.quarantine.as_ref().map(|quarantine| quarantine.reason),
        "error": job.quarantine.as_ref().map(|quarantine| quarantine.error.code.clone()),
        "pendingDeletes": job.pending_deletes.len(),
        "staged": job.staged,
        "entries": job.entries,
    })
}
