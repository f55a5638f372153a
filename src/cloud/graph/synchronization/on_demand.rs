//! Provisioning one object now (facts/graph section 3.3).

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::Value;

use super::{SynchronizationClient, address::jobs_of, subject::JOBS, writeback_subject::spellings};
use crate::{
    cloud::{
        graph::{body::body, client::Manner, error::nested},
        transport::Body,
    },
    domain::{
        ErrorClass, ServiceError,
        synchronization::{
            ModifiedProperty, OnDemandOutcome, OnDemandStep, OnDemandSubject, SynchronizationError,
        },
        wire::{Details, JsonText, Moment, Wire, wire},
    },
};

/// The service gives an agent ten minutes; half a minute more, so that its own verdict arrives first.
const TIME_LIMIT: Duration = Duration::from_secs(630);

wire! {
    /// The answer: two texts that hold JSON.
    pub(super) struct OnDemandAnswer = "stringKeyStringValuePair" {
        key: JsonText = "key",
        value: JsonText = "value",
    }
}

wire! {
    /// What `key` holds. No official type describes it: facts/graph section 3.3.
    struct Verdict = "(on demand: key)" {
        result: String = "result",
        details: Option<ResultDetails> = "details",
    }
}

wire! {
    /// Why not.
    struct ResultDetails = "(on demand: details)" {
        code: String = "errorCode",
        message: String = "errorMessage",
    }
}

wire! {
    /// What `value` holds. Its members differ from those of the log: `name` and `type` instead of `displayName` and
    /// `provisioningStepType`.
    struct Report = "(on demand: value)" {
        action: String = "action",
        status: Option<Status> = "statusInfo",
        source: Option<Identity> = "sourceIdentity",
        target: Option<Identity> = "targetIdentity",
        modified: Vec<Modified> = "modifiedProperties",
        steps: Vec<Step> = "provisioningSteps",
    }
}

wire! {
    /// How it went.
    struct Status = "(on demand: statusInfo)" {
        status: String = "status",
        code: String = "errorCode",
        reason: String = "reason",
        additional: String = "additionalDetails",
        recommended: Option<String> = "recommendedAction",
    }
}

wire! {
    /// An object.
    struct Identity = "(on demand: identity)" {
        id: Option<String> = "id",
    }
}

wire! {
    /// A changed property.
    struct Modified = "(on demand: modified)" {
        name: String = "displayName",
        old: Option<String> = "oldValue",
        new: Option<String> = "newValue",
    }
}

wire! {
    /// A step.
    struct Step = "(on demand: step)" {
        name: String = "name",
        kind: String = "type",
        status: String = "status",
        description: String = "description",
        at: Moment = "timestamp",
        details: Details = "details",
    }
}

body! {
    /// Asks for it.
    pub(super) struct OnDemandRequest = "provisionOnDemand()" {
        parameters: Vec<Parameters> = "parameters",
    }
}

body! {
    /// One rule and its subjects.
    pub(super) struct Parameters = "synchronizationJobApplicationParameters" {
        rule_id: String = "ruleId",
        subjects: Vec<Subject> = "subjects",
    }
}

body! {
    /// One object.
    pub(super) struct Subject = "synchronizationJobSubject" {
        object_id: String = "objectId",
        object_type_name: String = "objectTypeName",
    }
}

/// Reads an answer.
fn outcome(answer: &Value) -> Result<OnDemandOutcome, ServiceError> {
    let answer = OnDemandAnswer::of(Some(answer));
    let result = Verdict::of(Some(&answer.key.0));
    let report = Report::of(Some(&answer.value.0));
    let (code, message, recommended, status) = match report.status {
        Some(status) => {
            let message = if status.reason.is_empty() {
                status.additional
            } else {
                status.reason
            };
            (status.code, message, status.recommended, status.status)
        }
        None => Default::default(),
    };
    // Without a result there is still the status; without both nobody knows what became of it.
    let word = if result.result.is_empty() {
        status
    } else {
        result.result
    };
    if word.is_empty() {
        return Err(ServiceError::new(
            ErrorClass::Lost,
            "Graph answered to provisioning on demand without saying what came of it",
        )
        .with_advice(
            "It may have been carried out. Look at the object, or at the provisioning log in some minutes.",
        ));
    }
    let error = result
        .details
        .filter(|details| !details.code.is_empty() || !details.message.is_empty())
        .map(|details| (details.code, details.message))
        .or_else(|| (!code.is_empty() || !message.is_empty()).then_some((code, message)))
        .map(|(code, message)| match nested(&message) {
            Some(inner) => (inner.code.unwrap_or(code), inner.message),
            None => (code, message),
        });
    Ok(OnDemandOutcome {
        result: word,
        error: error.map(|(code, message)| SynchronizationError {
            code,
            message,
            tenant_actionable: None,
        }),
        action: report.action,
        recommended,
        source: report.source.and_then(|identity| identity.id),
        target: report.target.and_then(|identity| identity.id),
        modified: report
            .modified
            .into_iter()
            .map(|property| ModifiedProperty {
                name: property.name,
                old: property.old,
                new: property.new,
            })
            .collect(),
        steps: report
            .steps
            .into_iter()
            .map(|step| OnDemandStep {
                name: step.name,
                kind: step.kind,
                status: step.status,
                description: step.description,
                at: step.at.0,
                details: step.details.0,
            })
            .collect(),
    })
}

impl SynchronizationClient {
    /// Provisions one object now; at most five requests in ten seconds leave. Needs `Synchronization.ReadWrite.All`.
    pub async fn provision_on_demand(
        &self,
        configuration: &str,
        job: &str,
        rule: &str,
        subject: &OnDemandSubject,
    ) -> Result<OnDemandOutcome, ServiceError> {
        let place = jobs_of(configuration)?.id(job)?.then("provisionOnDemand");
        let manner = Manner {
            pace: Some(Arc::clone(&self.limits.on_demand)),
            time_limit: Some(TIME_LIMIT),
            ..Manner::default()
        };
        let spellings = spellings(job, subject);
        let last = spellings.len().saturating_sub(1);
        for (index, subject) in spellings.into_iter().enumerate() {
            let body = OnDemandRequest {
                parameters: vec![Parameters {
                    rule_id: rule.to_owned(),
                    subjects: vec![Subject {
                        object_id: subject.object_id,
                        object_type_name: subject.object_type,
                    }],
                }],
            };
            let body = Body::Json(body.json()?.into());
            let answer = self
                .graph
                .write(Method::POST, &place, body, "provision on demand", &JOBS, &manner)
                .await;
            match answer {
                // Only a refusal of the request itself is a reason to spell it otherwise.
                Err(error) if index < last && error.status == Some(400) => {}
                answer => return outcome(&answer?),
            }
        }
        Err(ServiceError::new(
            ErrorClass::Rejected,
            "there is nothing to provision",
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_hold_json_inside_texts() {
        let value = json!({"action": "Update", "sourceIdentity": {"id": "s"}, "targetIdentity": {"id": "t"},
            "statusInfo": {"status": "Success"},
            "modifiedProperties": [{"displayName": "DisplayName", "newValue": "Ada"}],
            "provisioningSteps": [{"name": "EntryImportAdd", "type": "Import", "status": "Success", "timestamp": "2026-11-22T10:00:00.8465145Z",
                "details": {"company": "", "cn": "Ada"}}]});
        let answer = json!({"key": "{\"result\":\"Success\",\"details\":{}}", "value": value.to_string()});
        let outcome = outcome(&answer).unwrap();
        assert_eq!(
            (outcome.result.as_str(), outcome.action.as_str()),
            ("Success", "Update")
        );
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.modified[0].new.as_deref(), Some("Ada"));
        assert_eq!(outcome.steps[0].details, [("cn".to_owned(), "Ada".to_owned())]);
        assert!(outcome.steps[0].at.is_some() && outcome.is_good());
    }

    #[test]
    fn skipped_and_silent_answers() {
        let skipped = json!({"key": "{\"result\": \"Skipped\", \"details\": {\"errorCode\": \"NotInScope\"}}", "value": "{}"});
        let skipped = outcome(&skipped).unwrap();
        assert_eq!(skipped.error.unwrap().code, "NotInScope");
        for silent in [
            json!({}),
            json!(null),
            json!({"key": "{", "value": "["}),
            json!({"key": "{}", "value": "{}"}),
        ] {
            assert_eq!(outcome(&silent).unwrap_err().class, ErrorClass::Lost);
        }
    }
}
