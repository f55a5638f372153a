//! Synchronization jobs: what they are, how they are started, paused and restarted (facts/graph section 3).

use serde_json::Value;

use super::{SynchronizationClient, address::jobs_of, subject::JOBS};
use crate::{
    cloud::graph::{body::body, place::Place},
    domain::{
        ErrorClass, ServiceError,
        synchronization::{
            EntryCount, Execution, ExecutionCounts, ExecutionState, JobStatus, Progress, Quarantine,
            QuarantineReason, ResetScope, Schedule, ScheduleState, Setting, StatusCode, SynchronizationError,
            SynchronizationJob,
        },
        wire::{Moment, Wire, wire},
    },
};

wire! {
    /// A job.
    pub(super) struct JobAnswer = "synchronizationJob" {
        id: String = "id",
        template_id: Option<String> = "templateId",
        schedule: ScheduleAnswer = "schedule",
        status: StatusAnswer = "status",
        settings: Vec<SettingAnswer> = "synchronizationJobSettings",
    }
}

wire! {
    /// When it runs.
    pub(super) struct ScheduleAnswer = "synchronizationSchedule" {
        expiration: Moment = "expiration",
        interval: String = "interval",
        state: ScheduleState = "state",
    }
}

wire! {
    /// How it is.
    pub(super) struct StatusAnswer = "synchronizationStatus" {
        code: StatusCode = "code",
        failures: i64 = "countSuccessiveCompleteFailures",
        escrows_pruned: bool = "escrowsPruned",
        last: Option<ExecutionAnswer> = "lastExecution",
        last_good: Option<ExecutionAnswer> = "lastSuccessfulExecution",
        last_good_with_exports: Option<ExecutionAnswer> = "lastSuccessfulExecutionWithExports",
        progress: Vec<ProgressAnswer> = "progress",
        quarantine: Option<QuarantineAnswer> = "quarantine",
        steady_first: Moment = "steadyStateFirstAchievedTime",
        steady_last: Moment = "steadyStateLastAchievedTime",
        entries: Vec<EntryCountAnswer> = "synchronizedEntryCountByType",
        troubleshooting_url: Option<String> = "troubleshootingUrl",
    }
}

wire! {
    /// One execution.
    pub(super) struct ExecutionAnswer = "synchronizationTaskExecution" {
        activity: Option<String> = "activityIdentifier",
        count_entitled: i64 = "countEntitled",
        count_entitled_for_provisioning: i64 = "countEntitledForProvisioning",
        count_escrowed: i64 = "countEscrowed",
        count_escrowed_raw: i64 = "countEscrowedRaw",
        count_exported: i64 = "countExported",
        count_exports: i64 = "countExports",
        count_imported: i64 = "countImported",
        count_imported_deltas: i64 = "countImportedDeltas",
        count_imported_reference_deltas: i64 = "countImportedReferenceDeltas",
        error: Option<ErrorAnswer> = "error",
        state: ExecutionState = "state",
        began: Moment = "timeBegan",
        ended: Moment = "timeEnded",
    }
}

wire! {
    /// Why something failed.
    pub(super) struct ErrorAnswer = "synchronizationError" {
        code: String = "code",
        message: String = "message",
        tenant_actionable: Option<bool> = "tenantActionable",
    }
}

wire! {
    /// Why and since when it is in quarantine.
    pub(super) struct QuarantineAnswer = "synchronizationQuarantine" {
        reason: QuarantineReason = "reason",
        current_began: Moment = "currentBegan",
        next_attempt: Moment = "nextAttempt",
        series_began: Moment = "seriesBegan",
        series_count: i64 = "seriesCount",
        error: Option<ErrorAnswer> = "error",
    }
}

wire! {
    /// How far it is.
    pub(super) struct ProgressAnswer = "synchronizationProgress" {
        completed: i64 = "completedUnits",
        total: i64 = "totalUnits",
        observed: Moment = "progressObservationDateTime",
        units: String = "units",
    }
}

wire! {
    /// Entries of one type: `key` and `value`.
    pub(super) struct EntryCountAnswer = "stringKeyLongValuePair" {
        key: String = "key",
        value: i64 = "value",
    }
}

wire! {
    /// A setting: `name` and `value`.
    pub(super) struct SettingAnswer = "keyValuePair" {
        name: String = "name",
        value: String = "value",
    }
}

body! {
    /// Creates a job.
    pub(super) struct CreateJob = "synchronizationJob" {
        template_id: String = "templateId",
    }
}

body! {
    /// Restarts a job.
    pub(super) struct Restart = "restart()" {
        criteria: RestartCriteria = "criteria",
    }
}

body! {
    /// What a restart forgets.
    pub(super) struct RestartCriteria = "synchronizationJobRestartCriteria" {
        reset_scope: String = "resetScope",
    }
}

impl From<ErrorAnswer> for SynchronizationError {
    fn from(answer: ErrorAnswer) -> Self {
        // The same trick as in error answers: the message may be JSON that holds the real code (facts/graph section 0).
        let inner = crate::cloud::graph::error::nested(&answer.message);
        let (code, message) = match inner {
            Some(inner) => (inner.code.unwrap_or(answer.code), inner.message),
            None => (answer.code, answer.message),
        };
        Self {
            code,
            message,
            tenant_actionable: answer.tenant_actionable,
        }
    }
}

impl From<ExecutionAnswer> for Execution {
    fn from(answer: ExecutionAnswer) -> Self {
        Self {
            activity: answer.activity,
            state: answer.state,
            began: answer.began.0,
            ended: answer.ended.0,
            counts: ExecutionCounts {
                count_entitled: answer.count_entitled,
                count_entitled_for_provisioning: answer.count_entitled_for_provisioning,
                count_escrowed: answer.count_escrowed,
                count_escrowed_raw: answer.count_escrowed_raw,
                count_exported: answer.count_exported,
                count_exports: answer.count_exports,
                count_imported: answer.count_imported,
                count_imported_deltas: answer.count_imported_deltas,
                count_imported_reference_deltas: answer.count_imported_reference_deltas,
            },
            error: answer.error.map(SynchronizationError::from),
        }
    }
}

impl From<JobAnswer> for SynchronizationJob {
    fn from(answer: JobAnswer) -> Self {
        let status = answer.status;
        Self {
            id: answer.id,
            template_id: answer.template_id,
            schedule: Schedule {
                state: answer.schedule.state,
                interval: answer.schedule.interval,
                expiration: answer.schedule.expiration.0,
            },
            status: JobStatus {
                code: status.code,
                failures_in_a_row: status.failures,
                escrows_pruned: status.escrows_pruned,
                last: status.last.map(Execution::from),
                last_good: status.last_good.map(Execution::from),
                last_good_with_exports: status.last_good_with_exports.map(Execution::from),
                progress: status
                    .progress
                    .into_iter()
                    .map(|progress| Progress {
                        done: progress.completed,
                        total: progress.total,
                        units: progress.units,
                        observed: progress.observed.0,
                    })
                    .collect(),
                quarantine: status.quarantine.map(|quarantine| Quarantine {
                    reason: quarantine.reason,
                    since: quarantine.current_began.0,
                    next_attempt: quarantine.next_attempt.0,
                    series_began: quarantine.series_began.0,
                    series_count: quarantine.series_count,
                    error: quarantine.error.map(SynchronizationError::from),
                }),
                steady_first: status.steady_first.0,
                steady_last: status.steady_last.0,
                entries: status
                    .entries
                    .into_iter()
                    .map(|entry| EntryCount {
                        key: entry.key,
                        value: entry.value,
                    })
                    .collect(),
                troubleshooting_url: status.troubleshooting_url,
            },
            settings: answer
                .settings
                .into_iter()
                .map(|setting| Setting {
                    name: setting.name,
                    value: setting.value,
                })
                .collect(),
        }
    }
}

/// One job of an answer; a job without id could not be asked for again.
fn job_of(value: &Value) -> Result<SynchronizationJob, ServiceError> {
    JobAnswer::read(value)
        .filter(|job| !job.id.is_empty())
        .map(SynchronizationJob::from)
        .ok_or_else(|| {
            ServiceError::new(
                ErrorClass::Malformed,
                "Graph answered with something that is no job",
            )
        })
}

impl SynchronizationClient {
    /// The jobs of a configuration; needs `Synchronization.Read.All`.
    pub async fn jobs(&self, configuration: &str) -> Result<Vec<SynchronizationJob>, ServiceError> {
        let rows = self
            .graph
            .list(&jobs_of(configuration)?, "synchronization jobs", &JOBS)
            .await?;
        Ok(rows.iter().filter_map(|row| job_of(row).ok()).collect())
    }

    /// One job; needs `Synchronization.Read.All`.
    pub async fn job(&self, configuration: &str, job: &str) -> Result<SynchronizationJob, ServiceError> {
        let place = jobs_of(configuration)?.id(job)?;
        let value = self.graph.get_value(&place, "synchronization job", &JOBS).await?;
        job_of(&value)
    }

    /// Starts or resumes a job; needs `Synchronization.ReadWrite.All`, as everything below.
    pub async fn start(&self, configuration: &str, job: &str) -> Result<(), ServiceError> {
        self.act(configuration, job, "start", None).await
    }

    /// Pauses a job.
    pub async fn pause(&self, configuration: &str, job: &str) -> Result<(), ServiceError> {
        self.act(configuration, job, "pause", None).await
    }

    /// Restarts a job. A scope without any flag is refused: the service warns against `None`.
    pub async fn restart(
        &self,
        configuration: &str,
        job: &str,
        scope: ResetScope,
    ) -> Result<(), ServiceError> {
        let reset_scope = scope.wire();
        if reset_scope.is_empty() || reset_scope == "ConnectorDataStore" {
            return Err(ServiceError::new(
                ErrorClass::Rejected,
                "a restart must say what it forgets, and never the connector data store alone",
            ));
        }
        let body = Restart {
            criteria: RestartCriteria { reset_scope },
        };
        self.act(configuration, job, "restart", Some(body.json()?)).await
    }

    /// Creates a job from a template of jobs.
    pub async fn create_job(
        &self,
        configuration: &str,
        template: &str,
    ) -> Result<SynchronizationJob, ServiceError> {
        let body = CreateJob {
            template_id: template.to_owned(),
        };
        let place = jobs_of(configuration)?;
        let value = self
            .graph
            .post(&place, Some(body.json()?), "create synchronization job", &JOBS)
            .await?;
        // The job exists by now: an answer that can't be read must not look like a refusal.
        job_of(&value).map_err(|mut error| {
            error.class = ErrorClass::Lost;
            error.with_advice("The job was created. Read the jobs of the configuration again.")
        })
    }

    async fn act(
        &self,
        configuration: &str,
        job: &str,
        action: &'static str,
        body: Option<Vec<u8>>,
    ) -> Result<(), ServiceError> {
        let place: Place = jobs_of(configuration)?.id(job)?.then(action);
        self.graph
            .post(&place, body, &format!("{action} synchronization job"), &JOBS)
            .await
            .map(drop)
    }
}
