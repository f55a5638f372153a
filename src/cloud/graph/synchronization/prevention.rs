//! The tenant-wide prevention of accidental deletions (facts/graph section 6). People only.

use reqwest::Method;
use serde_json::Value;

use super::{SynchronizationClient, subject::PREVENTION};
use crate::{
    cloud::{
        graph::{body::body, client::Manner, error::malformed, place::Place},
        transport::Body,
    },
    domain::{
        ServiceError,
        wire::{Wire, member, wire},
    },
};

wire! {
    /// The tenant's directory synchronization.
    pub(super) struct PreventionAnswer = "onPremisesDirectorySynchronization" {
        id: String = "id",
        configuration: Option<ConfigurationAnswer> = "configuration",
    }
}

wire! {
    /// Its configuration.
    pub(super) struct ConfigurationAnswer = "onPremisesDirectorySynchronizationConfiguration" {
        prevention: Option<KindAnswer> = "accidentalDeletionPrevention",
    }
}

wire! {
    /// The prevention.
    pub(super) struct KindAnswer = "onPremisesAccidentalDeletionPrevention" {
        kind: String = "synchronizationPreventionType",
        threshold: Option<i64> = "alertThreshold",
    }
}

body! {
    /// Changes it.
    pub(super) struct PreventionChange = "onPremisesDirectorySynchronization" {
        configuration: ConfigurationChange = "configuration",
    }
}

body! {
    /// Changes the configuration.
    pub(super) struct ConfigurationChange = "onPremisesDirectorySynchronizationConfiguration" {
        prevention: KindChange = "accidentalDeletionPrevention",
    }
}

body! {
    /// Changes the kind; the threshold stays as it was read.
    pub(super) struct KindChange = "onPremisesAccidentalDeletionPrevention" {
        kind: String = "synchronizationPreventionType",
        threshold: Option<i64> = "alertThreshold",
    }
}

fn place() -> Place {
    Place::v1("directory/onPremisesSynchronization")
}

impl SynchronizationClient {
    /// Kind and threshold; needs `OnPremDirectorySynchronization.Read.All`, delegated.
    pub async fn delete_prevention(&self) -> Result<(String, Option<i64>), ServiceError> {
        let (_, kind, threshold) = self.prevention().await?;
        Ok((kind, threshold))
    }

    /// Switches it off; needs `OnPremDirectorySynchronization.ReadWrite.All`, delegated.
    pub async fn disable_delete_prevention(&self) -> Result<(), ServiceError> {
        let (id, _, threshold) = self.prevention().await?;
        let body = PreventionChange {
            configuration: ConfigurationChange {
                prevention: KindChange {
                    kind: "disabled".to_owned(),
                    threshold,
                },
            },
        };
        let body = Body::Json(body.json()?.into());
        self.graph
            .write(
                Method::PATCH,
                &place().id(&id)?,
                body,
                "disable tenant-wide delete prevention",
                &PREVENTION,
                &Manner::default(),
            )
            .await
            .map(drop)
    }

    async fn prevention(&self) -> Result<(String, String, Option<i64>), ServiceError> {
        let answer = self
            .graph
            .get_value(&place(), "tenant-wide delete prevention", &PREVENTION)
            .await?;
        // A collection of one; the thing itself is understood as well.
        let row = match member(&answer, "value") {
            Some(Value::Array(rows)) => rows.first(),
            _ => Some(&answer),
        };
        let read = row
            .and_then(PreventionAnswer::read)
            .filter(|read| !read.id.is_empty())
            .ok_or_else(|| malformed("Graph named no directory synchronization of the tenant"))?;
        let prevention = read
            .configuration
            .and_then(|configuration| configuration.prevention);
        Ok(match prevention {
            Some(prevention) => (read.id, prevention.kind, prevention.threshold),
            None => (read.id, String::new(), None),
        })
    }
}
