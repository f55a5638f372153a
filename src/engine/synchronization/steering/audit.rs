//! What was going to be done and what came of it: `<data-dir>/audit/<tenant id>.jsonl`, for its owner only. One line
//! before, one after, each on disk before anything else happens. Holds no secret: actions hold none.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::{Carrier, SteeringError};
use crate::{
    engine::synchronization::{ActionOutcome, ActionPlan, SynchronizationAction},
    journal::{append_private, private_folder, tenant_file_name},
};

/// Lines of what was found that are kept.
const MOST_LINES: usize = 50;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    at: Timestamp,
    id: &'a str,
    phase: &'a str,
    who: &'a str,
    tenant: &'a str,
    tenant_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a SynchronizationAction>,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<Option<bool>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    found: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// The record of one action.
pub(super) struct Trail<'a> {
    path: PathBuf,
    id: String,
    carrier: &'a Carrier<'a>,
    plan: &'a ActionPlan,
}

impl<'a> Trail<'a> {
    /// Writes the intent.
    pub(super) async fn begin(carrier: &'a Carrier<'a>, plan: &'a ActionPlan) -> Result<Self, SteeringError> {
        let trail = Self {
            path: carrier
                .data_dir
                .join("audit")
                .join(format!("{}.jsonl", tenant_file_name(carrier.tenant_id))),
            id: uuid::Uuid::new_v4().to_string(),
            carrier,
            plan,
        };
        trail
            .write(Line {
                plan: Some(&plan.action),
                ..trail.line("intent")
            })
            .await?;
        Ok(trail)
    }

    /// Writes that a step of the action is about to be done.
    pub(super) async fn step(&self, step: &str) -> Result<(), SteeringError> {
        self.write(Line {
            step: Some(step),
            ..self.line("step")
        })
        .await
    }

    /// Writes what came of it.
    pub(super) async fn end(
        &self,
        ended: &Result<ActionOutcome, SteeringError>,
    ) -> Result<(), SteeringError> {
        let line = self.line("outcome");
        match ended {
            Ok(outcome) => {
                let shown = outcome.found.len().min(MOST_LINES);
                self.write(Line {
                    confirmed: Some(outcome.confirmed),
                    found: &outcome.found[..shown],
                    ..line
                })
                .await
            }
            Err(error) => {
                let error = error.to_string();
                self.write(Line {
                    error: Some(&error),
                    ..line
                })
                .await
            }
        }
    }

    fn line(&self, phase: &'a str) -> Line<'_> {
        Line {
            at: Timestamp::now(),
            id: &self.id,
            phase,
            who: self.carrier.who,
            tenant: &self.plan.tenant,
            tenant_id: self.carrier.tenant_id,
            plan: None,
            count: self.plan.count,
            step: None,
            confirmed: None,
            found: &[],
            error: None,
        }
    }

    async fn write(&self, line: Line<'_>) -> Result<(), SteeringError> {
        let failed = |reason: String| SteeringError::Audit {
            path: self.path.clone(),
            reason,
        };
        let mut bytes = serde_json::to_vec(&line).map_err(|error| failed(error.to_string()))?;
        bytes.push(b'\n');
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || {
            if let Some(folder) = path.parent() {
                private_folder(folder)?;
            }
            append_private(&path, &bytes)
        })
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error)))
        .map_err(|error| failed(error.to_string()))
    }
}
