//! The transport of one tenant: every request passes here, whoever makes it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

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
    /// Whether tokens speak for an application; nothing before the first.
    application: OnceLock<bool>,
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
            application: OnceLock::new(),
        }
    }

    /// The addresses of the profile's cloud.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The current token of a service, for the claims that addresses and headers are made of.
    pub async fn token(&self, service: Service) -> Result<AccessToken, ServiceError> {
        let token = self.tokens.token(service, None).await?;
        // One profile signs in one way for as long as the transport lives.
        let _ = self.application.set(token.app_only);
        Ok(token)
    }

    /// Whether the sign-in is an application's; nothing before the first token.
    pub fn is_application(&self) -> Option<bool> {
        self.application.get().copied()
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
        let url = redirect::public_port(&self.endpoints, service, url);
        redirect::check_host(&self.endpoints, service, &url)?;
        Ok(url)
    }

    /// Notes that a part of an otherwise good answer was refused for the number of requests.
    pub fn part_refused(&self, service: Service, ticket: Ticket, wait: Option<Duration>) {
        self.refuse(self.gate(service), ticket, 429, wait);
    }

    /// Notes that a part of an otherwise good answer met a passing fault with a wait: everybody waits.
    pub fn part_delayed(&self, service: Service, status: u16, wait: Duration) {
        self.pause(self.gate(service), status, wait);
    }

    /// Waits before a part of a request is sent again: as long as the service asked for, or by back-off. Waits that
    /// [`super::RetryTable::is_too_long`] are the caller's to refuse; here they are cut.
    pub async fn wait_again(&self, service: Service, retry: u32, asked: Option<Duration>) {
        let gate = self.gate(service);
        gate.retried();
        let table = &self.settings.retry;
        gate.rest(table.wait_asked(retry, asked).min(table.longest_retry_after))
            .await;
    }

    /// Gets a new token in place of one that a part of a request was refused with.
    pub async fn renew(&self, service: Service, rejected: &AccessToken) -> Result<(), ServiceError> {
        self.gate(service).retried();
        self.tokens.token(service, Some(rejected)).await.map(drop)
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
        // A published limit of its own means answers of its own: a refusal there says nothing about the rest.
        let gate = match &request.pace {
            Some(pace) => pace.gate(),
            None => self.gate(request.service),
        };
        let mut tries = Tries::default();
        loop {
            let patience = self.settings.retry.longest_retry_after;
            // Leave comes first: a request that waits for its window must not take a place from others.
            let mut leave = match &request.pace {
                Some(pace) => Some(pace.enter().await),
                None => None,
            };
            let permit = gate
                .enter(patience)
                .await
                .map_err(|left| self.closed(request.service, left))?;
            // Asked for at the last moment: a long wait outlives a token, and the source knows.
            let token = self.token(request.service).await?;
            let attempt = Attempt {
                client,
                endpoints: &self.endpoints,
                settings: &self.settings,
                call_log: &self.call_log,
                pins: &self.pins,
                token: &token,
                ticket: permit.ticket(),
            };
            if let Some(leave) = &mut leave {
                leave.sent();
            }
            let outcome = attempt.run(request).await;
            drop(leave);
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
                    return Err(lost(request, &reason));
                }
                Err(Failure::Broken(reason)) => (
                    Verdict::Passing(None),
                    Err(ServiceError::new(
                        ErrorClass::Transient,
                        format!("{} gave no whole answer: {reason}", request.service.word()),
                    )),
                ),
                Err(Failure::Unreadable(error)) if request.effect == Effect::Write => {
                    return Err(lost(request, &error.message));
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
                    self.tokens.token(request.service, Some(&token)).await?;
                    continue;
                }
                Verdict::Refused(wait) => {
                    let status = answer.as_ref().map_or(429, |answer| answer.status);
                    // A refusal in plain text under 200 must not pass for a success.
                    let answer = answer.and_then(|answer| match answer.is_success() {
                        true => Err(answer.locate(self.refused_in_text(request.service, wait))),
                        false => Ok(answer),
                    });
                    self.refuse(gate, permit.ticket(), status, wait);
                    drop(permit);
                    let retry = tries.refused;
                    tries.refused += 1;
                    if retry >= self.settings.retry.refusal_retries
                        || !self.wait(gate, &mut tries, retry, wait).await
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
                    if let Ok(answer) = &answer {
                        if matches!(answer.status, 502..=504) {
                            // A regional host that fails may be on its way out: the public name knows a better one.
                            self.pins.forget(request.service);
                        }
                        if let Some(wait) = wait {
                            self.pause(gate, answer.status, wait);
                        }
                    }
                    // What became of a write behind a 503 or 504 is not known, wait or no wait: the caller reads again.
                    if sent && request.effect == Effect::Write {
                        return answer;
                    }
                    let retry = tries.passing;
                    tries.passing += 1;
                    if retry >= self.settings.retry.passing_retries
                        || !self.wait(gate, &mut tries, retry, wait).await
                    {
                        return answer;
                    }
                }
            }
            gate.retried();
        }
    }

    /// Waits before a retry; false when the wait is longer than anybody should wait without being told.
    async fn wait(&self, gate: &Gate, tries: &mut Tries, retry: u32, asked: Option<Duration>) -> bool {
        let table = &self.settings.retry;
        // What the service asks for is the least; the gate holds everybody for that long as well.
        let wait = table.wait_asked(retry, asked);
        if wait > table.longest_retry_after || tries.waited.saturating_add(wait) > table.budget {
            return false;
        }
        tries.waited += wait;
        gate.rest(wait).await;
        true
    }

    fn refuse(&self, gate: &Gate, ticket: Ticket, status: u16, wait: Option<Duration>) {
        match wait {
            Some(wait) => {
                gate.refused(ticket, asked_for(status, wait));
                self.pause(gate, status, wait);
            }
            None => gate.refused(
                ticket,
                format!("{status}: too many requests at once, slowed down"),
            ),
        }
    }

    /// Closes the gate for as long as the service asked, even if no request waits that long.
    fn pause(&self, gate: &Gate, status: u16, wait: Duration) {
        let wait = wait.min(self.settings.retry.longest_pause);
        gate.pause(wait, asked_for(status, wait));
    }

    /// The error of a request that met a gate closed for long.
    fn closed(&self, service: Service, left: Duration) -> ServiceError {
        let error = ServiceError::new(
            ErrorClass::Throttled,
            format!(
                "{} asked for a long pause; the request was not sent",
                service.word()
            ),
        );
        self.settings.retry.with_wait(error, Some(left))
    }

    fn refused_in_text(&self, service: Service, wait: Option<Duration>) -> ServiceError {
        let error = ServiceError::new(
            ErrorClass::Throttled,
            format!("{} refuses more requests for now", service.word()),
        )
        .with_advice("Wait some minutes and try again.");
        self.settings.retry.with_wait(error, wait)
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
fn lost(request: &Request, reason: &str) -> ServiceError {
    let what = match request.service {
        Service::Graph => "state",
        Service::Exchange | Service::Login => "mailboxes",
    };
    ServiceError::new(
        ErrorClass::Lost,
        format!(
            "{} was sent, but no usable answer came: {reason}",
            request.operation
        ),
    )
    .with_advice(format!(
        "It may have been carried out. Read the {what} again before anything else."
    ))
}
