//! `$batch`: ten cmdlets in one request (facts/exchange section 1.8).
//!
//! Answers may be missing, doubled, in any order, cut into pages or refused one by one. What was certainly not carried
//! out goes into a later batch; of a write nothing else does.

use std::{collections::HashMap, sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ExchangeClient,
    advice::explain,
    anchor::anchor,
    batch_reply::{PartReply, read_replies},
    client::PAGE_SIZE,
    cmdlet::Cmdlet,
    cmdlet_error::CmdletError,
    envelope::{Envelope, no_list},
};
use crate::{
    cloud::{
        AccessToken,
        paging::Chain,
        transport::{Answer, Body, Effect, Verdict},
    },
    domain::{ErrorClass, Service, ServiceError},
};

/// Parts of one batch: what the one production client known to flip the flag in bulk sends.
const PARTS: usize = 10;

/// What became of a part: its rows, or why not.
pub(super) type PartAnswer = Result<Vec<Value>, ServiceError>;

/// One part on its way.
struct Part {
    /// Index in the caller's list.
    index: usize,
    /// Correlates answer and request; new in every batch, so that a stale answer fits nothing.
    id: String,
    url: String,
    body: Value,
    rows: Vec<Value>,
    chain: Chain,
    tries: u32,
    /// Whether `url` is a next link.
    is_further_page: bool,
}

/// What one round brought for a part.
enum Outcome {
    Done(PartAnswer),
    /// Not carried out, or a read that may be repeated; the error in case it stays so.
    Again {
        refused: bool,
        wait: Option<Duration>,
        error: ServiceError,
    },
    /// The part's own token was refused, so it was not carried out.
    TokenRefused(ServiceError),
    NextPage(String, Vec<Value>),
}

impl ExchangeClient {
    /// Runs cmdlets, ten at a time; answers in request order. The outer error means that none has an answer.
    pub(super) async fn batch(
        &self,
        cmdlets: &[Cmdlet],
        select: Option<&str>,
        effect: Effect,
    ) -> Result<Vec<PartAnswer>, ServiceError> {
        let token = self.token().await?;
        let url = self.invoke_url(&token, select)?.to_string();
        let mut answers: Vec<Option<PartAnswer>> = vec![None; cmdlets.len()];
        for (chunk, cmdlets) in cmdlets.chunks(PARTS).enumerate() {
            let parts = cmdlets
                .iter()
                .enumerate()
                .map(|(offset, cmdlet)| Part {
                    index: chunk * PARTS + offset,
                    id: String::new(),
                    url: url.clone(),
                    body: cmdlet.body(),
                    rows: Vec::new(),
                    chain: Chain::new(self.limits),
                    tries: 0,
                    is_further_page: false,
                })
                .collect();
            let name = cmdlets.first().map_or("", |cmdlet| cmdlet.name());
            if let Err((open, error)) = self.rounds(name, parts, effect, &mut answers).await {
                if answers.iter().all(Option::is_none) {
                    return Err(error);
                }
                for index in open {
                    answers[index] = Some(Err(error.clone()));
                }
            }
        }
        Ok(answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|| Err(no_answer(effect))))
            .collect())
    }

    /// Sends batches until every part is settled. On an error of a whole batch names the parts that are not.
    async fn rounds(
        &self,
        name: &'static str,
        mut open: Vec<Part>,
        effect: Effect,
        answers: &mut [Option<PartAnswer>],
    ) -> Result<(), (Vec<usize>, ServiceError)> {
        let mut waited = Duration::ZERO;
        let mut renewed = false;
        while !open.is_empty() {
            let (answer, mut replies) = match self.round(name, &mut open, effect).await {
                Ok(round) => round,
                Err(error) => return Err((open.iter().map(|part| part.index).collect(), error)),
            };
            let mut again = Vec::new();
            let mut refusal: Option<Option<Duration>> = None;
            let mut wait_longest = None;
            let mut tries_most = 0;
            let mut token_refused = Vec::new();
            for mut part in open {
                let outcome = match replies.remove(&part.id) {
                    None => missing(effect),
                    Some(replies) => self.judge(replies, effect, &answer, part.is_further_page),
                };
                match outcome {
                    Outcome::Done(Ok(rows)) => {
                        part.rows.extend(rows);
                        answers[part.index] = Some(Ok(part.rows));
                    }
                    Outcome::Done(Err(error)) => answers[part.index] = Some(Err(error)),
                    Outcome::NextPage(link, rows) => {
                        let counted = part
                            .chain
                            .count(rows.len())
                            .and_then(|()| part.chain.follow(&link));
                        if let Err(error) = counted {
                            answers[part.index] = Some(Err(error));
                            continue;
                        }
                        part.rows.extend(rows);
                        part.url = link;
                        part.is_further_page = true;
                        again.push(part);
                    }
                    Outcome::TokenRefused(error) if renewed => answers[part.index] = Some(Err(error)),
                    Outcome::TokenRefused(_) => token_refused.push(part),
                    Outcome::Again { refused, wait, error } => {
                        let table = self.transport.retry_table();
                        let most = if refused {
                            table.refusal_retries
                        } else {
                            table.passing_retries
                        };
                        if refused {
                            refusal = Some(refusal.flatten().max(wait));
                        } else if let Some(wait) = wait {
                            self.transport.part_delayed(Service::Exchange, 503, wait);
                        }
                        if part.tries >= most || table.is_too_long(wait) || waited > table.budget {
                            answers[part.index] = Some(Err(error));
                            continue;
                        }
                        wait_longest = wait_longest.max(wait);
                        tries_most = tries_most.max(part.tries + 1);
                        part.tries += 1;
                        again.push(part);
                    }
                }
            }
            if let Some(wait) = refusal {
                self.transport
                    .part_refused(Service::Exchange, answer.ticket, wait);
            }
            if !token_refused.is_empty() {
                renewed = true;
                match self.transport.renew(Service::Exchange, &answer.token).await {
                    Ok(()) => again.extend(token_refused),
                    Err(error) => {
                        for part in token_refused {
                            answers[part.index] = Some(Err(error.clone()));
                        }
                    }
                }
            }
            if tries_most > 0 {
                let started = tokio::time::Instant::now();
                self.transport
                    .wait_again(Service::Exchange, tries_most - 1, wait_longest)
                    .await;
                waited += started.elapsed();
            }
            open = again;
        }
        Ok(())
    }

    /// Sends one batch and sorts the answers by part.
    async fn round(
        &self,
        name: &'static str,
        parts: &mut [Part],
        effect: Effect,
    ) -> Result<(Answer, HashMap<String, Vec<PartReply>>), ServiceError> {
        let token = self.token().await?;
        let url = self.url(&["adminapi", "beta", &token.tenant_id, "$batch"])?;
        let mut requests = Vec::with_capacity(parts.len());
        for part in parts.iter_mut() {
            part.id = Uuid::new_v4().to_string();
            requests.push((part.id.clone(), part.url.clone(), part.body.clone()));
        }
        let body = Body::WithToken(Arc::new(move |token: &AccessToken| {
            batch_body(token, name, &requests)
        }));
        let request = self.request(&token, format!("{name} x{}", parts.len()), url, body, effect);
        let answer = self.transport.send(&request).await?;
        if !answer.is_success() {
            return Err(self.refusal(&answer, effect));
        }
        let replies = read_replies(&answer.body).map_err(|error| {
            let error = answer.locate(error);
            if effect == Effect::Write {
                ServiceError {
                    class: ErrorClass::Lost,
                    ..error
                }
            } else {
                error
            }
        })?;
        Ok((answer, replies))
    }

    fn judge(
        &self,
        replies: Vec<PartReply>,
        effect: Effect,
        answer: &Answer,
        is_further_page: bool,
    ) -> Outcome {
        let mut outcomes = replies
            .into_iter()
            .map(|reply| self.judge_one(reply, effect, answer, is_further_page));
        let Some(first) = outcomes.next() else {
            return missing(effect);
        };
        // Two answers to one write that don't agree: neither can be believed.
        if effect == Effect::Write && outcomes.any(|other| other.succeeded() != first.succeeded()) {
            return Outcome::Done(Err(ServiceError::new(
                ErrorClass::Lost,
                "the service gave two answers that contradict each other",
            )
            .with_advice("Read the mailbox again before anything else.")));
        }
        first
    }

    fn judge_one(&self, reply: PartReply, effect: Effect, answer: &Answer, is_further_page: bool) -> Outcome {
        let Some(status) = reply.status else {
            return missing(effect);
        };
        let bytes = match &reply.body {
            Value::String(text) => text.clone().into_bytes(),
            Value::Null => Vec::new(),
            other => other.to_string().into_bytes(),
        };
        let rules = self.transport.retry_table();
        let locate = |mut error: ServiceError| {
            error.request_id = reply.request_id.clone().or_else(|| answer.request_id.clone());
            error
        };
        let explained = |error: &CmdletError| {
            let error = explain(rules, status, &bytes, error, effect);
            locate(rules.with_wait(error, reply.wait))
        };
        let passing = |error: ServiceError| Outcome::Again {
            refused: error.class == ErrorClass::Throttled,
            wait: None,
            error,
        };
        match rules.judge(Service::Exchange, status, reply.wait, &bytes) {
            Verdict::Refused(wait) => Outcome::Again {
                refused: true,
                wait,
                error: explained(&CmdletError::from_answer(&reply.body)),
            },
            Verdict::Passing(wait) if effect == Effect::Read => Outcome::Again {
                refused: false,
                wait,
                error: explained(&CmdletError::from_answer(&reply.body)),
            },
            Verdict::TokenRefused => Outcome::TokenRefused(explained(&CmdletError::from_answer(&reply.body))),
            Verdict::Passing(wait) => {
                // Nobody knows whether the write took place, but everybody knows how long to wait.
                if let Some(wait) = wait {
                    self.transport.part_delayed(Service::Exchange, status, wait);
                }
                Outcome::Done(Err(explained(&CmdletError::from_answer(&reply.body))))
            }
            _ if !(200..300).contains(&status) => {
                Outcome::Done(Err(explained(&CmdletError::from_answer(&reply.body))))
            }
            _ => {
                let envelope = Envelope::from_value(reply.body);
                if let Some(error) = envelope.errors.first() {
                    let error = locate(self.inner_error(status, error, effect));
                    return match effect {
                        Effect::Read if self.is_worth_another_try(&error, 0) => passing(error),
                        _ => Outcome::Done(Err(error)),
                    };
                }
                if effect == Effect::Write {
                    // Since module 3.10 a write answers with the object; what proves it is the re-read.
                    return Outcome::Done(Ok(Vec::new()));
                }
                if is_further_page && !envelope.has_list {
                    return passing(locate(no_list()));
                }
                if let Err(error) = envelope.refuse_truncation(&reply.warnings) {
                    return Outcome::Done(Err(locate(error)));
                }
                match envelope.next_link {
                    None => Outcome::Done(Ok(envelope.rows)),
                    Some(link) => match self.transport.checked_link(Service::Exchange, &link) {
                        Ok(url) => Outcome::NextPage(url.to_string(), envelope.rows),
                        Err(error) => Outcome::Done(Err(locate(error))),
                    },
                }
            }
        }
    }
}

impl Outcome {
    fn succeeded(&self) -> bool {
        matches!(self, Self::Done(Ok(_)) | Self::NextPage(..))
    }
}

fn missing(effect: Effect) -> Outcome {
    match effect {
        Effect::Write => Outcome::Done(Err(no_answer(effect))),
        Effect::Read => Outcome::Again {
            refused: false,
            wait: None,
            error: no_answer(effect),
        },
    }
}

fn no_answer(effect: Effect) -> ServiceError {
    match effect {
        Effect::Write => ServiceError::new(
            ErrorClass::Lost,
            "the service left out the answer for this mailbox",
        )
        .with_advice("The change may have been made. Read the mailbox again before anything else."),
        Effect::Read => ServiceError::new(
            ErrorClass::Transient,
            "the service left out the answer for this mailbox",
        )
        .with_advice("Read it again."),
    }
}

/// The body of a batch. Each part carries its own headers, the token too: the service treats it as a request of its own.
fn batch_body(token: &AccessToken, name: &str, parts: &[(String, String, Value)]) -> Vec<u8> {
    let bearer = format!("Bearer {}", token.secret.expose_secret());
    let requests: Vec<Value> = parts
        .iter()
        .map(|(id, url, body)| {
            json!({
                "id": id,
                "method": "POST",
                "url": url,
                "headers": {
                    "Authorization": bearer,
                    "Content-Type": "application/json; charset=utf-8",
                    "Accept": "application/json; odata.metadata=minimal",
                    "Accept-Encoding": "gzip",
                    "Accept-Language": "en-US",
                    "Prefer": format!("odata.maxpagesize={PAGE_SIZE};odata.continue-on-error"),
                    "X-ResponseFormat": "json",
                    "X-CmdletName": name,
                    "X-AnchorMailbox": anchor(token),
                    "client-request-id": Uuid::new_v4().to_string(),
                },
                "body": body,
            })
        })
        .collect();
    json!({ "requests": requests }).to_string().into_bytes()
}
