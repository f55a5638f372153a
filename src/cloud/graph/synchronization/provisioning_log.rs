//! The provisioning log (facts/graph section 5.1).

use std::sync::{Arc, atomic::Ordering};

use serde_json::Value;

use super::{SynchronizationClient, cursor::Cursor, subject::LOG};
use crate::{
    cloud::graph::{
        client::{Manner, Page, page_of},
        error::nested,
        place::{Place, quoted},
        subject::Subject,
    },
    domain::{
        ServiceError,
        synchronization::{
            LogIdentity, LogQuery, ModifiedProperty, ProvisioningAction, ProvisioningLogEntry,
            ProvisioningStatus, ProvisioningStep, StepKind, SynchronizationError,
        },
        wire::{Details, Moment, Wire, wire},
    },
};

/// Entries of one page.
const PAGE: &str = "100";

wire! {
    /// An entry.
    pub(super) struct EntryAnswer = "provisioningObjectSummary" {
        id: String = "id",
        at: Moment = "activityDateTime",
        job_id: String = "jobId",
        cycle_id: String = "cycleId",
        action: ProvisioningAction = "provisioningAction",
        status: Option<StatusAnswer> = "provisioningStatusInfo",
        milliseconds: Option<i64> = "durationInMilliseconds",
        source: Option<IdentityAnswer> = "sourceIdentity",
        target: Option<IdentityAnswer> = "targetIdentity",
        steps: Vec<StepAnswer> = "provisioningSteps",
        modified: Vec<ModifiedAnswer> = "modifiedProperties",
    }
}

wire! {
    /// How it went.
    pub(super) struct StatusAnswer = "provisioningStatusInfo" {
        status: ProvisioningStatus = "status",
        error: Option<ErrorAnswer> = "errorInformation",
    }
}

wire! {
    /// Why not.
    pub(super) struct ErrorAnswer = "provisioningErrorInfo" {
        code: String = "errorCode",
        reason: String = "reason",
        additional: String = "additionalDetails",
        recommended: Option<String> = "recommendedAction",
    }
}

wire! {
    /// An object.
    pub(super) struct IdentityAnswer = "provisionedIdentity" {
        id: String = "id",
        display_name: String = "displayName",
        kind: String = "identityType",
        details: Details = "details",
    }
}

wire! {
    /// A step.
    pub(super) struct StepAnswer = "provisioningStep" {
        name: String = "name",
        kind: StepKind = "provisioningStepType",
        status: ProvisioningStatus = "status",
        description: String = "description",
        details: Details = "details",
    }
}

wire! {
    /// A changed property.
    pub(super) struct ModifiedAnswer = "modifiedProperty" {
        name: String = "displayName",
        old: Option<String> = "oldValue",
        new: Option<String> = "newValue",
    }
}

impl From<ModifiedAnswer> for ModifiedProperty {
    fn from(answer: ModifiedAnswer) -> Self {
        Self {
            name: answer.name,
            old: answer.old,
            new: answer.new,
        }
    }
}

fn identity(answer: Option<IdentityAnswer>) -> LogIdentity {
    answer.map_or_else(LogIdentity::default, |answer| LogIdentity {
        id: answer.id,
        display_name: answer.display_name,
        kind: answer.kind,
        distinguished_name: distinguished_name(answer.details),
    })
}

fn distinguished_name(details: Details) -> Option<String> {
    let named = |(name, _): &(String, String)| name.eq_ignore_ascii_case("distinguishedName");
    details.0.into_iter().find(named).map(|(_, value)| value)
}

impl From<EntryAnswer> for ProvisioningLogEntry {
    fn from(answer: EntryAnswer) -> Self {
        let (status, error) = match answer.status {
            Some(status) => (status.status, status.error),
            None => (ProvisioningStatus::missing(), None),
        };
        let recommended = error.as_ref().and_then(|error| error.recommended.clone());
        let error = error.and_then(|error| {
            let message = if error.reason.is_empty() {
                error.additional
            } else {
                error.reason
            };
            let (code, message) = match nested(&message) {
                Some(inner) => (inner.code.unwrap_or(error.code), inner.message),
                None => (error.code, message),
            };
            (!code.is_empty() || !message.is_empty()).then_some(SynchronizationError {
                code,
                message,
                tenant_actionable: None,
            })
        });
        Self {
            id: answer.id,
            at: answer.at.0,
            job_id: answer.job_id,
            cycle_id: answer.cycle_id,
            action: answer.action,
            status,
            error,
            recommended,
            milliseconds: answer.milliseconds,
            source: identity(answer.source),
            target: identity(answer.target),
            steps: answer
                .steps
                .into_iter()
                .map(|step| ProvisioningStep {
                    name: step.name,
                    kind: step.kind,
                    status: step.status,
                    description: step.description,
                    details: step.details.0,
                })
                .collect(),
            modified: answer.modified.into_iter().map(ModifiedProperty::from).collect(),
        }
    }
}

/// The forms of a query, from what spares the service most to what it can't refuse. Which combinations of filters work is
/// not known (facts/graph section 5.1); what is not filtered there is filtered here.
fn forms(query: &LogQuery) -> Vec<Place> {
    let log = || Place::v1("auditLogs/provisioning");
    let mut dates = Vec::new();
    if let Some(after) = query.after {
        dates.push(format!("activityDateTime gt {after}"));
    }
    if let Some(before) = query.before {
        dates.push(format!("activityDateTime lt {before}"));
    }
    let mut whole = dates.clone();
    if let Some(job) = &query.job_id {
        whole.insert(0, format!("jobId eq {}", quoted(job)));
    }
    let filtered = |filters: &[String]| match filters {
        [] => log(),
        filters => log().with("$filter", &filters.join(" and ")),
    };
    vec![
        filtered(&whole)
            .with("$orderby", "activityDateTime desc")
            .with("$top", PAGE),
        filtered(&dates)
            .with("$orderby", "activityDateTime desc")
            .with("$top", PAGE),
        filtered(&dates).with("$top", PAGE),
    ]
}

impl SynchronizationClient {
    /// One page of the provisioning log, newest first; how many entries came, those that are looked for, and what fetches
    /// the next page. Needs `ProvisioningLog.Read.All`; at most five requests in ten seconds leave.
    pub async fn provisioning_log(
        &self,
        query: &LogQuery,
        next: Option<&str>,
    ) -> Result<(usize, Vec<ProvisioningLogEntry>, Option<String>), ServiceError> {
        let page = self
            .report(forms(query), &self.log_filter, next, "provisioning log", &LOG)
            .await?;
        let entries: Vec<ProvisioningLogEntry> = page
            .rows
            .iter()
            .filter_map(EntryAnswer::read)
            .map(ProvisioningLogEntry::from)
            .filter(|entry| query.accepts(entry))
            .collect();
        Ok((page.rows.len(), entries, page.next))
    }

    /// One page of a report: the first by the forms of its query, starting with the first one that was not refused
    /// before, every other by its link.
    pub(super) async fn report(
        &self,
        forms: Vec<Place>,
        refused: &std::sync::atomic::AtomicUsize,
        next: Option<&str>,
        operation: &str,
        subject: &Subject,
    ) -> Result<Page, ServiceError> {
        let manner = Manner {
            pace: Some(Arc::clone(&self.limits.reports)),
            ..Manner::default()
        };
        let cursor = next.map(Cursor::read).transpose()?.unwrap_or_default();
        let page = if cursor.link().is_empty() {
            page_of(self.first(forms, refused, operation, subject, &manner).await?)?
        } else {
            self.graph
                .follow(cursor.link(), operation, subject, &manner)
                .await?
        };
        let next = match page.next {
            Some(link) => Some(cursor.after(page.rows.len(), link)?.write()),
            None => None,
        };
        Ok(Page {
            rows: page.rows,
            next,
        })
    }

    async fn first(
        &self,
        forms: Vec<Place>,
        refused: &std::sync::atomic::AtomicUsize,
        operation: &str,
        subject: &Subject,
        manner: &Manner,
    ) -> Result<Value, ServiceError> {
        let last = forms.len().saturating_sub(1);
        let from = refused.load(Ordering::Relaxed).min(last);
        let mut first_refusal = None;
        for (index, place) in forms.iter().enumerate().skip(from) {
            let url = self.graph.url(place)?;
            match self.graph.get(url, operation, subject, manner).await {
                Err(error) if error.status == Some(400) => {
                    first_refusal.get_or_insert(error);
                }
                answer => {
                    // Remembered only when another form works: a request that is wrong in every form proves nothing.
                    if answer.is_ok() {
                        refused.fetch_max(index, Ordering::Relaxed);
                    }
                    return answer;
                }
            }
        }
        Err(first_refusal
            .unwrap_or_else(|| crate::cloud::graph::error::malformed("there is nothing to ask for")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entries_are_read_whatever_they_lack() {
        let entry = |value: Value| ProvisioningLogEntry::from(EntryAnswer::read(&value).unwrap());
        let empty = entry(json!({}));
        assert_eq!(empty.status.word(), "");
        let full = entry(
            json!({"id": "l", "provisioningAction": "stageddelete", "servicePrincipal": [{}],
            "provisioningStatusInfo": {"status": "FAILURE", "errorInformation": {"errorCode": "UnknownError",
                "reason": "{\"error\":{\"code\":\"Real\",\"message\":\"why\"}}", "recommendedAction": "do"}},
            "provisioningSteps": [{"provisioningStepType": "dreaming", "details": {"a": "1"}}]}),
        );
        assert_eq!(full.action, ProvisioningAction::StagedDelete);
        assert_eq!(full.status, ProvisioningStatus::Failure);
        assert_eq!(full.error.unwrap().code, "Real");
        assert_eq!(full.recommended.as_deref(), Some("do"));
        assert_eq!(full.steps[0].kind.word(), "dreaming");
    }

    #[test]
    fn forms_fall_back_to_the_date() {
        let query = LogQuery {
            job_id: Some("j.'1".to_owned()),
            after: Some("2026-11-21T00:00:00Z".parse().unwrap()),
            ..LogQuery::default()
        };
        let asked: Vec<String> = forms(&query).iter().map(Place::relative).collect();
        assert!(asked[0].contains(
            "jobId%20eq%20%27j.%27%271%27%20and%20activityDateTime%20gt%202026-11-21T00%3A00%3A00Z"
        ));
        assert!(!asked[1].contains("jobId") && asked[1].contains("activityDateTime%20gt"));
        assert!(!asked[2].contains("orderby"));
    }
}
