//! Whether whole user objects were handed to the cloud (facts/graph section 6, `onPremisesSyncBehavior`).

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{GraphClient, error::explain_value};
use crate::{
    cloud::transport::retry_after,
    domain::{ErrorClass, ObjectId, Service, ServiceError, tolerant_flag},
};

/// Parts of one Graph batch (facts/graph section 8).
const PARTS: usize = 20;
/// Rounds for parts that were refused or left out.
const ROUNDS: u32 = 6;

impl GraphClient {
    /// For each user whether the whole object is cloud-managed; nothing when Graph did not say.
    ///
    /// A refusal for lack of rights is an error of class [`ErrorClass::Permission`]: it would be the same for all.
    pub async fn object_authority(&self, ids: &[ObjectId]) -> Result<Vec<Option<bool>>, ServiceError> {
        let mut found = HashMap::new();
        for ids in ids.chunks(PARTS) {
            let mut open: Vec<ObjectId> = ids.to_vec();
            let mut asked = None;
            for round in 0..ROUNDS {
                if round > 0 {
                    self.transport()
                        .wait_again(Service::Graph, round - 1, asked)
                        .await;
                }
                let body = batch_body(&open);
                let answer = self
                    .read_batch(&body, format!("onPremisesSyncBehavior x{}", open.len()))
                    .await?;
                (open, asked) = settle(&answer, open, &mut found)?;
                if open.is_empty() {
                    break;
                }
            }
        }
        Ok(ids.iter().map(|id| found.get(id).copied().flatten()).collect())
    }
}

fn batch_body(ids: &[ObjectId]) -> Value {
    let requests: Vec<Value> = ids
        .iter()
        .map(|id| {
            let id = id.to_string();
            let url = format!("/users/{id}/onPremisesSyncBehavior?$select=isCloudManaged");
            json!({"id": id, "method": "GET", "url": url})
        })
        .collect();
    json!({ "requests": requests })
}

/// Notes the answers and gives back what must be asked again, and how long the service asked to wait before.
fn settle(
    answer: &Value,
    open: Vec<ObjectId>,
    found: &mut HashMap<ObjectId, Option<bool>>,
) -> Result<(Vec<ObjectId>, Option<Duration>), ServiceError> {
    let responses = answer
        .get("responses")
        .and_then(Value::as_array)
        .ok_or_else(|| ServiceError::new(ErrorClass::Malformed, "Graph answered a batch without answers"))?;
    let by_id: HashMap<&str, &Value> = responses
        .iter()
        .filter_map(|response| Some((response.get("id")?.as_str()?, response)))
        .collect();
    let mut again = Vec::new();
    let mut asked = None;
    for id in open {
        let Some(response) = by_id.get(id.to_string().as_str()) else {
            again.push(id);
            continue;
        };
        let status = response.get("status").and_then(Value::as_u64).unwrap_or(0);
        let body = response.get("body").unwrap_or(&Value::Null);
        match u16::try_from(status).unwrap_or(0) {
            200 => {
                found.insert(id, tolerant_flag(body.get("isCloudManaged")));
            }
            status @ (401 | 403) => return Err(explain_value(status, body)),
            429 | 500 | 502 | 503 | 504 => {
                asked = asked.max(wait_of(response));
                again.push(id);
            }
            _ => {
                found.insert(id, None);
            }
        }
    }
    Ok((again, asked))
}

/// `Retry-After` of one answer; the service writes header names in any letter case.
fn wait_of(response: &Value) -> Option<Duration> {
    let headers = response.get("headers")?.as_object()?;
    let value = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?
        .1;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    retry_after(&text, Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_matched_by_id() {
        let ids: Vec<ObjectId> = (1..=5)
            .map(|number| {
                format!("0f6f5b1e-0000-4000-8000-00000000000{number}")
                    .parse()
                    .unwrap()
            })
            .collect();
        let answer = json!({"responses": [
            {"id": ids[1].to_string(), "status": 200, "body": {"isCloudManaged": true}},
            {"id": ids[0].to_string(), "status": 200, "body": {"isCloudManaged": false}},
            {"id": ids[2].to_string(), "status": 404, "body": {}},
            {"id": ids[3].to_string(), "status": 429, "headers": {"Retry-After": "1.5"}},
        ]});
        let mut found = HashMap::new();
        let (again, asked) = settle(&answer, ids.clone(), &mut found).unwrap();
        assert_eq!(asked, Some(Duration::from_millis(1_500)));
        assert_eq!(again, ids[3..]);
        assert_eq!(
            (found[&ids[0]], found[&ids[1]], found[&ids[2]]),
            (Some(false), Some(true), None)
        );
        let refused = json!({"responses": [{"id": ids[0].to_string(), "status": 403, "body": {"error": {"message": "no"}}}]});
        let error = settle(&refused, ids[..1].to_vec(), &mut found).unwrap_err();
        assert_eq!(error.class, ErrorClass::Permission);
    }
}
