//! The client of Microsoft Graph.

use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::error::explain;
use crate::{
    cloud::transport::{Answer, Body, Effect, Request, Transport},
    domain::{ErrorClass, Service, ServiceError},
};

/// An organisation or twenty flags are a few kilobytes.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// Microsoft Graph, version 1.0, of one tenant.
pub struct GraphClient {
    transport: Arc<Transport>,
}

impl GraphClient {
    /// A client; nothing is sent yet.
    pub fn new(transport: Arc<Transport>) -> Self {
        Self { transport }
    }

    /// Reads `v1.0/{path}`; `query` as it stands in the address.
    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &str,
        operation: &str,
    ) -> Result<Value, ServiceError> {
        let mut url = self.url(path)?;
        url.set_query(Some(query));
        let answer = self
            .transport
            .send(&request(Method::GET, url, Body::Empty, operation.to_owned()))
            .await?;
        self.json(&answer)
    }

    /// Posts a reading `$batch` of version 1.0; the answer as it came and as JSON.
    pub(super) async fn read_batch(
        &self,
        body: &Value,
        operation: String,
    ) -> Result<(Answer, Value), ServiceError> {
        let url = self.url(&["$batch"])?;
        let body = Body::Json(Arc::from(body.to_string().into_bytes()));
        let answer = self
            .transport
            .send(&request(Method::POST, url, body, operation))
            .await?;
        let value = self.json(&answer)?;
        Ok((answer, value))
    }

    /// The transport under this client.
    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    fn url(&self, path: &[&str]) -> Result<Url, ServiceError> {
        let mut url = self.transport.endpoints().root(Service::Graph).clone();
        match url.path_segments_mut() {
            Ok(mut segments) => {
                segments.pop_if_empty().push("v1.0").extend(path);
            }
            Err(()) => {
                return Err(ServiceError::new(
                    ErrorClass::Rejected,
                    "the Graph address of the profile can't carry a path",
                ));
            }
        }
        Ok(url)
    }

    fn json(&self, answer: &Answer) -> Result<Value, ServiceError> {
        if !answer.is_success() {
            let error = explain(answer.status, &answer.body);
            let rules = self.transport.retry_table();
            return Err(answer.locate(rules.with_wait(error, answer.retry_after)));
        }
        if answer.body.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            answer.locate(ServiceError::new(
                ErrorClass::Malformed,
                format!(
                    "the answer of Graph is not the JSON it should be (line {})",
                    error.line()
                ),
            ))
        })
    }
}

fn request(method: Method, url: Url, body: Body, operation: String) -> Request {
    Request {
        service: Service::Graph,
        method,
        url,
        headers: vec![
            ("Accept", "application/json".to_owned()),
            ("Accept-Language", "en-US".to_owned()),
        ],
        body,
        operation,
        // This client only reads.
        effect: Effect::Read,
        largest_answer: Some(LARGEST_ANSWER),
    }
}
