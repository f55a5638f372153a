//! The schema of a job, as bytes: it is read, changed at one place and written back whole, with everything in it that
//! nobody here understands (facts/graph section 0, finding 7).

use reqwest::Method;
use serde::de::IgnoredAny;

use super::{SynchronizationClient, address::jobs_of, subject::JOBS};
use crate::{
    cloud::{
        graph::{client::Manner, error::malformed},
        transport::Body,
    },
    domain::{ErrorClass, ServiceError},
};

/// Schemas have hundreds of kilobytes, scopes up to 4 MB (facts/graph section 4.2).
const LARGEST: usize = 32 * 1024 * 1024;

impl SynchronizationClient {
    /// The schema as the service sent it; needs `Synchronization.Read.All`.
    pub async fn schema(&self, configuration: &str, job: &str) -> Result<Vec<u8>, ServiceError> {
        let place = jobs_of(configuration)?.id(job)?.then("schema");
        let manner = Manner {
            largest_answer: Some(LARGEST),
            ..Manner::default()
        };
        let bytes = self
            .graph
            .get_bytes(&place, "read schema", &JOBS, &manner)
            .await?;
        check(&bytes)
            .map_err(|line| malformed(&format!("the schema is not the JSON it should be (line {line})")))?;
        Ok(bytes)
    }

    /// Replaces the schema; needs `Synchronization.ReadWrite.All`. What is not JSON is refused before it is sent.
    pub async fn replace_schema(
        &self,
        configuration: &str,
        job: &str,
        schema: Vec<u8>,
    ) -> Result<(), ServiceError> {
        check(&schema).map_err(|line| {
            ServiceError::new(
                ErrorClass::Rejected,
                format!("the schema to write is not JSON (line {line}); nothing was sent"),
            )
        })?;
        let place = jobs_of(configuration)?.id(job)?.then("schema");
        let body = Body::Json(schema.into());
        self.graph
            .write(
                Method::PUT,
                &place,
                body,
                "replace schema",
                &JOBS,
                &Manner::default(),
            )
            .await
            .map(drop)
    }
}

/// Whether bytes are one JSON object; the line where they stop being one.
fn check(bytes: &[u8]) -> Result<(), usize> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(1);
    }
    serde_json::from_slice::<IgnoredAny>(bytes)
        .map(drop)
        .map_err(|error| error.line())
}
