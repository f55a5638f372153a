//! Several readings in one request (facts/graph section 8, `$batch`).
//!
//! Answers come in any order, may be missing, or be refused one by one; what got no answer that stands goes into a later
//! batch.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    GraphClient,
    client::Manner,
    error::{Context, explain_value, malformed},
    place::{Place, Version},
    subject::Subject,
};
use crate::{
    cloud::transport::{Effect, retry_after},
    domain::{ErrorClass, Service, ServiceError},
};

/// Parts of one batch.
pub(super) const PARTS: usize = 20;

/// What stands for one part: its body, or the refusal of this part alone.
pub(super) type Part = Result<Value, ServiceError>;

/// What one round left open, and why.
#[derive(Debug, Default)]
struct Round {
    again: Vec<usize>,
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
    /// Reads resources of one version, each with an answer of its own, in the order asked.
    ///
    /// All have an answer that stands, or the whole is an error: of class [`ErrorClass::Throttled`] or
    /// [`ErrorClass::Transient`] once retries are used up.
    pub(super) async fn read_parts(
        &self,
        version: Version,
        places: &[Place],
        operation: &str,
        subject: &Subject,
    ) -> Result<Vec<Part>, ServiceError> {
        let mut parts: Vec<Option<Part>> = Vec::new();
        parts.resize_with(places.len(), || None);
        for first in (0..places.len()).step_by(PARTS) {
            let open: Vec<usize> = (first..places.len().min(first + PARTS)).collect();
            let batched = self
                .ask(version, places, open.clone(), operation, subject, &mut parts)
                .await;
            match batched {
                // Where there is no such thing as a batch, one by one is as good.
                Err(error) if matches!(error.status, Some(400 | 404 | 405 | 501)) => {
                    for index in open {
                        parts[index] = Some(self.one(&places[index], operation, subject).await?);
                    }
                }
                other => other?,
            }
        }
        Ok(parts
            .into_iter()
            .map(|part| part.unwrap_or_else(|| Err(left_out())))
            .collect())
    }

    /// A resource outside a batch, with the same meaning: what concerns all is an error of the whole.
    async fn one(&self, place: &Place, operation: &str, subject: &Subject) -> Result<Part, ServiceError> {
        let answer = self
            .get(self.url(place)?, operation, subject, &Manner::default())
            .await;
        match answer {
            Err(error)
                if !matches!(
                    error.class,
                    ErrorClass::Rejected | ErrorClass::NotFound | ErrorClass::Permission
                ) =>
            {
                Err(error)
            }
            part => Ok(part),
        }
    }

    /// Sends batches until every part has an answer.
    async fn ask(
        &self,
        version: Version,
        places: &[Place],
        mut open: Vec<usize>,
        operation: &str,
        subject: &Subject,
        parts: &mut [Option<Part>],
    ) -> Result<(), ServiceError> {
        let (transport, rules) = (self.transport(), self.transport().retry_table());
        let (mut refusals, mut faults, mut renewed) = (0, 0, false);
        let mut waited = Duration::ZERO;
        while !open.is_empty() {
            let operation = format!("{operation} x{}", open.len());
            let body = batch_body(&open, places);
            let (answer, value) = self.read_batch(version, &body, &operation, subject).await?;
            let context = self.context(&answer, subject, Effect::Read);
            let round = settle(&value, open, &context, parts).map_err(|error| answer.locate(error))?;
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

fn batch_body(open: &[usize], places: &[Place]) -> Value {
    let requests: Vec<Value> = open
        .iter()
        .filter_map(|index| {
            let url = places.get(*index)?.relative();
            Some(json!({"id": index.to_string(), "method": "GET", "url": url}))
        })
        .collect();
    json!({ "requests": requests })
}

/// Notes the answers and gives back what must be asked again.
fn settle(
    answer: &Value,
    open: Vec<usize>,
    context: &Context<'_>,
    parts: &mut [Option<Part>],
) -> Result<Round, ServiceError> {
    let responses = answer
        .get("responses")
        .and_then(Value::as_array)
        .ok_or_else(|| malformed("Graph answered a batch without answers"))?;
    let by_id: HashMap<String, &Value> = responses
        .iter()
        .filter_map(|response| {
            let id = response.get("id")?;
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            Some((id, response))
        })
        .collect();
    let mut round = Round::default();
    for index in open {
        let response = by_id.get(&index.to_string()).copied();
        let (response, status) = match response.and_then(|response| Some((response, status_of(response)?))) {
            Some(known) => known,
            None => {
                round.passing.get_or_insert_default();
                round.error.get_or_insert_with(left_out);
                round.again.push(index);
                continue;
            }
        };
        let body = response.get("body").unwrap_or(&Value::Null);
        let explained = || explain_value(status, body, context);
        match status {
            200..=299 => parts[index] = Some(Ok(body.clone())),
            401 => {
                round.token_refused = true;
                round.error.get_or_insert_with(explained);
                round.again.push(index);
            }
            429 => {
                round.refused = Some(round.refused.flatten().max(wait_of(response)));
                round.error = Some(explained());
                round.again.push(index);
            }
            408 | 500 | 502 | 503 | 504 => {
                round.passing = Some(round.passing.flatten().max(wait_of(response)));
                round.error.get_or_insert_with(explained);
                round.again.push(index);
            }
            _ => parts[index] = Some(Err(explained())),
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

fn left_out() -> ServiceError {
    ServiceError::new(ErrorClass::Transient, "Graph left out some answers").with_advice("Try again later.")
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
    use super::{super::subject::AUTHORITY, *};

    #[test]
    fn answers_are_matched_by_id() {
        let context = Context {
            subject: &AUTHORITY,
            effect: Effect::Read,
            application: false,
            challenge: None,
        };
        let answer = json!({"responses": [
            {"id": "1", "status": 200, "body": {"value": 1}},
            {"id": 0, "status": "200", "body": {"value": 0}},
            {"id": "2", "status": 404, "body": {}},
            {"id": "3", "status": "429", "headers": {"Retry-After": "1.5"}},
            {"id": "6", "status": 403, "body": {"error": {"message": "no"}}},
            {"id": "99", "status": 200, "body": {}},
        ]});
        let mut parts: Vec<Option<Part>> = (0..7).map(|_| None).collect();
        let round = settle(&answer, vec![0, 1, 2, 3, 4, 6], &context, &mut parts).unwrap();
        assert_eq!(round.refused, Some(Some(Duration::from_millis(1_500))));
        assert_eq!(round.passing, Some(None), "the fifth has no answer");
        assert_eq!(round.again, [3, 4]);
        assert_eq!(round.error.unwrap().class, ErrorClass::Throttled);
        let class = |index: usize| parts[index].clone().unwrap().map_err(|error| error.class);
        assert_eq!(class(0), Ok(json!({"value": 0})));
        assert_eq!(class(1), Ok(json!({"value": 1})));
        assert_eq!(class(2), Err(ErrorClass::NotFound));
        assert_eq!(class(6), Err(ErrorClass::Permission));
        assert!(settle(&json!({}), vec![0], &context, &mut parts).is_err());
    }
}
