//! The writeback of Exchange attributes from Exchange Online to Active Directory (facts/graph section 9): is it there,
//! is it healthy, does it write `mail`?

use serde::Serialize;

use super::{
    SynchronizationService,
    mail_mapping::{MailMapping, mail_mapping},
};
use crate::domain::{
    ServiceError,
    synchronization::{
        Configuration, EXCHANGE_ATTRIBUTE_WRITEBACK, ExecutionState, JobKind, ScheduleState, StatusCode,
        SynchronizationJob,
    },
};

/// How a writeback is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WritebackHealth {
    /// It runs, and its last run was good.
    Healthy,
    /// It runs; nothing is known of a good run yet.
    Waiting,
    /// Its last run was not good.
    Failing,
    /// It is in quarantine.
    Quarantine,
    /// It is paused, or was never started.
    Stopped,
    /// The configuration has no such job.
    NoJob,
}

impl WritebackHealth {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Waiting => "waiting",
            Self::Failing => "failing",
            Self::Quarantine => "quarantine",
            Self::Stopped => "stopped",
            Self::NoJob => "no-job",
        }
    }

    /// From its job.
    pub fn of(job: Option<&SynchronizationJob>) -> Self {
        let Some(job) = job else { return Self::NoJob };
        if job.status.quarantine.is_some() || job.status.code == StatusCode::Quarantine {
            return Self::Quarantine;
        }
        if job.schedule.state != ScheduleState::Active || job.status.code == StatusCode::Paused {
            return Self::Stopped;
        }
        match &job.status.last {
            Some(last) if last.state == ExecutionState::Succeeded => Self::Healthy,
            Some(_) => Self::Failing,
            None => Self::Waiting,
        }
    }
}

/// One configuration that writes back: one per domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Writeback {
    /// The configuration.
    pub configuration: Configuration,
    /// Its job.
    pub job: Option<SynchronizationJob>,
    /// How it is.
    pub health: WritebackHealth,
    /// Whether it writes `mail`; nothing without a job.
    pub mail: Option<MailMapping>,
}

/// Every configuration that writes back; empty when it is not configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritebackState {
    /// One per domain.
    pub configurations: Vec<Writeback>,
}

/// Looks at the writeback of the tenant.
pub async fn writeback_state(service: &dyn SynchronizationService) -> Result<WritebackState, ServiceError> {
    let mut state = WritebackState::default();
    for configuration in service.configurations().await? {
        if !is_writeback(&configuration) {
            continue;
        }
        let job = writeback_job(service.jobs(&configuration.id).await?);
        let mail = match &job {
            Some(job) => Some(match service.schema(&configuration.id, &job.id).await {
                Ok(schema) => mail_mapping(&schema),
                Err(error) => MailMapping::Unclear(error.to_string()),
            }),
            None => None,
        };
        state.configurations.push(Writeback {
            health: WritebackHealth::of(job.as_ref()),
            configuration,
            job,
            mail,
        });
    }
    Ok(state)
}

/// Whether a configuration is one that writes back.
pub(super) fn is_writeback(configuration: &Configuration) -> bool {
    configuration
        .template_id
        .as_deref()
        .is_some_and(|template| template.eq_ignore_ascii_case(EXCHANGE_ATTRIBUTE_WRITEBACK))
}

/// The job that writes back, of those of a configuration.
pub(super) fn writeback_job(jobs: Vec<SynchronizationJob>) -> Option<SynchronizationJob> {
    jobs.into_iter()
        .find(|job| job.kind() == JobKind::ExchangeAttributeWriteback)
}
