//! The transport of one tenant: every request passes here, whoever makes it.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OnceCell, watch};
use url::Url;

use super::{
    Answer, Effect, Request, Settings, Ticket, TransportState, Verdict,
    attempt::{Attempt, Failure},
    connection,
    gate::Gate,
    redirect::{self, Pins},
};
use crate::{
    cloud::{AccessToken, CallLog, TokenSource},
    domain::{Endpoints, ErrorClass, Service, ServiceError},
};

/// Sends requests with token, retry, adaptive concurrency, checked redirects and limits.
pub struct Transport {
    endpoints: Endpoints,
    tokens: Arc<dyn TokenSource>,
    call_log: CallLog,
    settings: Settings,
    client: OnceCell<reqwest::Client>,
    pins: Pins,
    exchange_gate: Arc<Gate>,
    graph_gate: Arc<Gate>,
}

/// The count of retries of one request.
#[derive(Default)]
struct Tries {
    passing: u32,
    refused: u32,
    waited: Duration,
    token_renewed: bool,
}

impl Transport {
    /// A transport that has opened nothing yet: cheap, the HTTP client is built at the first request.
    pub fn new(
        endpoints: Endpoints,
        tokens: Arc<dyn TokenSource>,
        call_log: CallLog,
        settings: Settings,
    ) -> Self {
        let gate = || Arc::new(Gate::new(settings.start_concurrency, settings.max_concurrency));
        Self {
            exchange_gate: gate(),
            graph_gate: gate(),
            endpoints,
            tokens,
            call_log,
            settings,
            client: OnceCell::new(),
            pins: Pins::default(),
        }
    }

    /// The addresses of the profile's cloud.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The current token of a service, for the claims that addresses and headers are made of.
    pub async fn token(&self, service: Service) -> Result<AccessToken, ServiceError> {
        self.tokens.token(service, None).await
    }

    /// How the connection to a service is doing; the latest value wins.
    pub fn state(&self, service: Service) -> watch::Receiver<TransportState> {
        self.gate(service).watch()
    }

    /// Reads a link of an answer and refuses it when it leads outside the profile's cloud.
    pub fn checked_link(&self, service: Service, link: &str) -> Result<Url, ServiceError> {
        let url = self.endpoints.root(service).join(link).map_err(|_| {
            ServiceError::new(
                ErrorClass::Malformed,
                format!(
                    "the service named `{}` as its next page, which is no address",
                    super::clean(link)
                ),
            )
        })?;
        redirect::check_host(&self.endpoints, service, &url)?;
        Ok(url)
    }

    /// Notes that a part of an otherwise good answer was refused for the number of requests.
    pub fn part_refused(&self, service: Service, ticket: Ticket, wait: Option<Duration>) {
        self.refuse(service, ticket, 429, wait);
    }

    /// Waits before a part of a request is sent again: as long as the service asked for, up to the longest wait of the
    /// retry table, or by back-off.
    pub async fn wait_again(&self, service: Service, retry: u32, asked: Option<Duration>) {
        self.gate(service).retried();
        let table = &self.settings.retry;
        let wait = asked.map_or_else(
            || table.wait_before(retry),
            |asked| asked.min(table.longest_retry_after),
        );
        tokio::time::sleep(wait).await;
    }

    /// The retry rules in force.
    pub fn retry_table(&self) -> &super::RetryTable {
        &self.settings.retry
    }

    /// Sends a request until it has an answer that stands, which may be an error answer.
    ///
    /// Errors: [`ErrorClass::Lost`] for a write that may have been carried out; [`ErrorClass::Transient`] and
    /// [`ErrorClass::Throttled`] when retries are used up; [`ErrorClass::ForeignHost`], [`ErrorClass::Malformed`] and
    /// whatever the token source says.
    pub async fn send(&self, request: &Request) -> Result<Answer, ServiceError> {
        let client = self.client().await?;
        let gate = self.gate(request.service);
        let mut token = self.tokens.token(request.service, None).await?;
        let mut tries = Tries::default();
        loop {
            let permit = gate.enter().await;
            let attempt = Attempt {
                client,
                endpoints: &self.endpoints,
                settings: &self.settings,
                call_log: &self.call_log,
                pins: &self.pins,
                token: &token,
                ticket: permit.ticket(),
            };
            let outcome = attempt.run(request).await;
            let (verdict, answer) = match outcome {
                Ok(answer) => {
                    let verdict = self.settings.retry.judge(
                        request.service,
                        answer.status,
                        answer.retry_after,
                        &answer.body,
                    );
                    (verdict, Ok(answer))
                }
                Err(Failure::NotSent(reason)) => (
                    Verdict::Passing(None),
                    Err(ServiceError::new(
                        ErrorClass::Transient,
                        format!("{} could not be reached: {reason}", request.service.word()),
                    )
                    .with_advice("Check the network, the proxy and the firewall of this machine.")),
                ),
                Err(Failure::Broken(reason)) if request.effect == Effect::Write => {
                    return Err(lost(&request.operation, &reason));
                }
                Err(Failure::Broken(reason)) => (
                    Verdict::Passing(None),
                    Err(ServiceError::new(
                        ErrorClass::Transient,
                        format!("{} gave no whole answer: {reason}", request.service.word()),
                    )),
                ),
                Err(Failure::Unreadable(error)) if request.effect == Effect::Write => {
                    return Err(lost(&request.operation, &error.message));
                }
                Err(Failure::Forbidden(error) | Failure::Unreadable(error)) => return Err(error),
            };
            match verdict {
                Verdict::Final => {
                    permit.answered();
                    return answer;
                }
                Verdict::TokenRefused => {
                    permit.answered();
                    if tries.token_renewed {
                        return answer;
                    }
                    tries.token_renewed = true;
                    gate.retried();
                    token = self.tokens.token(request.service, Some(&token)).await?;
                    continue;
                }
                Verdict::Refused(wait) => {
                    let status = answer.as_ref().map_or(429, |answer| answer.status);
                    self.refuse(request.service, permit.ticket(), status, wait);
                    drop(permit);
                    let retry = tries.refused;
                    tries.refused += 1;
                    if retry >= self.settings.retry.refusal_retries
                        || !self.wait(&mut tries, retry, wait).await
                    {
                        return answer;
                    }
                }
                Verdict::Passing(wait) => {
                    let sent = answer.is_ok();
                    if sent {
                        permit.answered();
                    } else {
                        drop(permit);
                    }
                    // What became of a write behind a 503 or 504 is not known: the caller reads again.
                    if sent && request.effect == Effect::Write {
                        return answer;
                    }
                    if let Some(wait) = wait {
                        gate.pause(
                            wait.min(self.settings.retry.longest_retry_after),
                            asked_for(503, wait),
                        );
                    }
                    let retry = tries.passing;
                    tries.passing += 1;
                    if retry >= self.settings.retry.passing_retries
                        || !self.wait(&mut tries, retry, wait).await
                    {
                        return answer;
                    }
                }
            }
            gate.retried();
            // A long wait outlives a token: ask again, the source knows.
            token = self.tokens.token(request.service, None).await?;
        }
    }

    /// Waits before a retry; false when the wait is longer than anybody should wait without being told.
    async fn wait(&self, tries: &mut Tries, retry: u32, asked: Option<Duration>) -> bool {
        let table = &self.settings.retry;
        // What the service asks for wins over our own back-off; the gate holds everybody for that long as well.
        let wait = asked.unwrap_or_else(|| table.wait_before(retry));
        if wait > table.longest_retry_after || tries.waited.saturating_add(wait) > table.budget {
            return false;
        }
        tries.waited += wait;
        tokio::time::sleep(wait).await;
        true
    }

    fn refuse(&self, service: Service, ticket: Ticket, status: u16, wait: Option<Duration>) {
        let gate = self.gate(service);
        match wait {
            Some(wait) => {
                gate.refused(ticket, asked_for(status, wait));
                gate.pause(
                    wait.min(self.settings.retry.longest_retry_after),
                    asked_for(status, wait),
                );
            }
            None => gate.refused(
                ticket,
                format!("{status}: too many requests at once, slowed down"),
            ),
        }
    }

    fn gate(&self, service: Service) -> &Arc<Gate> {
        match service {
            Service::Graph => &self.graph_gate,
            Service::Exchange | Service::Login => &self.exchange_gate,
        }
    }

    async fn client(&self) -> Result<&reqwest::Client, ServiceError> {
        self.client
            .get_or_try_init(|| async {
                let (timeouts, endpoints) = (self.settings.timeouts.clone(), self.endpoints.clone());
                tokio::task::spawn_blocking(move || connection::build(&timeouts, &endpoints))
                    .await
                    .unwrap_or_else(|error| Err(ServiceError::new(ErrorClass::Transient, error.to_string())))
            })
            .await
    }
}

fn asked_for(status: u16, wait: Duration) -> String {
    // Rounded up to hundredths: an exact wait is kept, an exact number only looks odd.
    format!(
        "{status}: the service asked for {} s",
        (wait.as_secs_f64() * 100.0).ceil() / 100.0
    )
}

/// The error of a write whose answer never came.
fn lost(operation: &str, reason: &str) -> ServiceError {
    ServiceError::new(
        ErrorClass::Lost,
        format!("{operation} was sent, but no usable answer came: {reason}"),
    )
    .with_advice("It may have been carried out. Read the mailboxes again before anything else.")
}
