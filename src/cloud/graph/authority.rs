//! Whether whole user objects were handed to the cloud (facts/graph section 6, `onPremisesSyncBehavior`).

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{GraphClient, error::explain_value};
use crate::{
    cloud::transport::retry_after,
    domain::{ErrorClass, ObjectId, Service, ServiceError, tolerant_flag},
};

/// Parts of one Graph batch (facts/graph section 8).
const PARTS: usize = 20;

/// What one round left open, and why.
#[derive(Debug, Default)]
struct Round {
    again: Vec<ObjectId>,
    /// Some part was refused for the number of requests; with the longest wait asked for.
    refused: Option<Option<Duration>>,
    /// Some part met a passing fault or has no answer; with the longest wait asked for.
    passing: Option<Option<Duration>>,
    /// Some part was refused for its token.
    token_refused: bool,
    /// What to say when it stays so; a refusal wins.
    error: Option<ServiceError>,
}

impl GraphClient {
    /// For each user whether the whole object is cloud-managed; nothing only where Graph said that there is no such
    /// information.
    ///
    /// All or nothing: users that Graph would not answer for make the call an error of class [`ErrorClass::Throttled`]
    /// or [`ErrorClass::Transient`] once retries are used up. A refusal for lack of rights is one of class
    /// [`ErrorClass::Permission`]: it would be the same for all.
    pub async fn object_authority(&self, ids: &[ObjectId]) -> Result<Vec<Option<bool>>, ServiceError> {
        let mut found = HashMap::new();
        for ids in ids.chunks(PARTS) {
            self.ask(ids.to_vec(), &mut found).await?;
        }
        Ok(ids.iter().map(|id| found.get(id).copied().flatten()).collect())
    }

    /// Sends batches until every user has an answer.
    async fn ask(
        &self,
        mut open: Vec<ObjectId>,
        found: &mut HashMap<ObjectId, Option<bool>>,
    ) -> Result<(), ServiceError> {
        let (transport, rules) = (self.transport(), self.transport().retry_table());
        let (mut refusals, mut faults, mut renewed) = (0, 0, false);
        let mut waited = Duration::ZERO;
        while !open.is_empty() {
            let operation = format!("onPremisesSyncBehavior x{}", open.len());
            let (answer, value) = self.read_batch(&batch_body(&open), operation).await?;
            let round = settle(&value, open, found).map_err(|error| answer.locate(error))?;
            if let Some(wait) = round.refused {
                refusals += 1;
                transport.part_refused(Service::Graph, answer.ticket, wait);
            }
            if let Some(wait) = round.passing {
                faults += 1;
                if let Some(wait) = wait {
                    transport.part_delayed(Service::Graph, 503, wait);
                }
            }
            let asked = round.refused.flatten().max(round.passing.flatten());
            if let Some(mut error) = round.error {
                error.request_id.clone_from(&answer.request_id);
                if refusals > rules.refusal_retries
                    || faults > rules.passing_retries
                    || rules.is_too_long(asked)
                    || waited > rules.budget
                    || (round.token_refused && renewed)
                {
                    return Err(rules.with_wait(error, asked));
                }
            }
            if round.token_refused {
                renewed = true;
                transport.renew(Service::Graph, &answer.token).await?;
            }
            if round.refused.is_some() || round.passing.is_some() {
                let started = Instant::now();
                let retry = u32::max(refusals, faults).saturating_sub(1);
                transport.wait_again(Service::Graph, retry, asked).await;
                waited += started.elapsed();
            }
            open = round.again;
        }
        Ok(())
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

/// Notes the answers and gives back what must be asked again.
fn settle(
    answer: &Value,
    open: Vec<ObjectId>,
    found: &mut HashMap<ObjectId, Option<bool>>,
) -> Result<Round, ServiceError> {
    let responses = answer
        .get("responses")
        .and_then(Value::as_array)
        .ok_or_else(|| malformed("Graph answered a batch without answers"))?;
    let by_id: HashMap<&str, &Value> = responses
        .iter()
        .filter_map(|response| Some((response.get("id")?.as_str()?, response)))
        .collect();
    let mut round = Round::default();
    for id in open {
        let response = by_id.get(id.to_string().as_str()).copied();
        let (response, status) = match response.and_then(|response| Some((response, status_of(response)?))) {
            Some(known) => known,
            None => {
                round.passing.get_or_insert_default();
                round.error.get_or_insert_with(left_out);
                round.again.push(id);
                continue;
            }
        };
        let body = response.get("body").unwrap_or(&Value::Null);
        match status {
            200 => {
                let flag = match body.get("isCloudManaged") {
                    Some(Value::Null) => None,
                    flag => Some(tolerant_flag(flag).ok_or_else(|| {
                        malformed("Graph answered without saying whether the object is cloud-managed")
                    })?),
                };
                found.insert(id, flag);
            }
            // The only way to say that there is no such information.
            404 => {
                found.insert(id, None);
            }
            401 => {
                round.token_refused = true;
                round.error.get_or_insert_with(|| explain_value(status, body));
                round.again.push(id);
            }
            429 => {
                round.refused = Some(round.refused.flatten().max(wait_of(response)));
                round.error = Some(explain_value(status, body));
                round.again.push(id);
            }
            408 | 500 | 502 | 503 | 504 => {
                round.passing = Some(round.passing.flatten().max(wait_of(response)));
                round.error.get_or_insert_with(|| explain_value(status, body));
                round.again.push(id);
            }
            _ => return Err(explain_value(status, body)),
        }
    }
    Ok(round)
}

/// The status of one answer, as a number or a text.
fn status_of(response: &Value) -> Option<u16> {
    match response.get("status")? {
        Value::Number(number) => u16::try_from(number.as_u64()?).ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn malformed(message: &str) -> ServiceError {
    ServiceError::new(ErrorClass::Malformed, message)
        .with_advice("Try again; if it stays, note the request id. Nothing was changed.")
}

fn left_out() -> ServiceError {
    ServiceError::new(ErrorClass::Transient, "Graph left out the answers for some users")
        .with_advice("Try again later.")
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
            {"id": ids[3].to_string(), "status": "429", "headers": {"Retry-After": "1.5"}},
        ]});
        let mut found = HashMap::new();
        let round = settle(&answer, ids.clone(), &mut found).unwrap();
        assert_eq!(round.refused, Some(Some(Duration::from_millis(1_500))));
        assert_eq!(round.passing, Some(None), "the last one has no answer");
        assert_eq!(round.again, ids[3..]);
        assert_eq!(round.error.unwrap().class, ErrorClass::Throttled);
        assert_eq!(
            (found[&ids[0]], found[&ids[1]], found[&ids[2]]),
            (Some(false), Some(true), None)
        );
        for (status, body, class) in [
            (json!(400), json!({}), ErrorClass::Rejected),
            (json!("410"), json!({}), ErrorClass::Rejected),
            (json!("200"), json!({}), ErrorClass::Malformed),
            (json!(200), json!({"isCloudManaged": 7}), ErrorClass::Malformed),
        ] {
            let one = json!({"responses": [{"id": ids[0].to_string(), "status": status, "body": body}]});
            let error = settle(&one, ids[..1].to_vec(), &mut found).unwrap_err();
            assert_eq!(error.class, class, "{one}");
        }
        let refused = json!({"responses": [{"id": ids[0].to_string(), "status": 403, "body": {"error": {"message": "no"}}}]});
        let error = settle(&refused, ids[..1].to_vec(), &mut found).unwrap_err();
        assert_eq!(error.class, ErrorClass::Permission);
    }
}
