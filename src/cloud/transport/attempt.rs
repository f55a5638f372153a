//! One attempt of a request: send, follow redirects, read the body, note every call in the log.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use super::{
    Answer, Body, Request, Settings, Ticket,
    body::{self, BodyError},
    clean,
    redirect::{self, Pins, host_of},
    retry_after,
};
use crate::{
    cloud::{AccessToken, CallLog},
    domain::{Call, Endpoints, ErrorClass, ServiceError, is_loopback, text},
};

/// Why an attempt brought no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The request certainly never left: no connection, or a host it must not go to.
    NotSent(String),
    /// It was sent, or may have been, and no whole answer came.
    Broken(String),
    /// It must not or can't be sent at all; trying again changes nothing.
    Forbidden(ServiceError),
    /// The answer is there but unusable; trying again changes nothing.
    Unreadable(ServiceError),
}

/// What an attempt needs beside the request.
pub(super) struct Attempt<'a> {
    pub(super) client: &'a reqwest::Client,
    pub(super) endpoints: &'a Endpoints,
    pub(super) settings: &'a Settings,
    pub(super) call_log: &'a CallLog,
    pub(super) pins: &'a Pins,
    pub(super) token: &'a AccessToken,
    pub(super) ticket: Ticket,
}

impl Attempt<'_> {
    /// Sends `request` within the total time limit of the settings.
    pub(super) async fn run(&self, request: &Request) -> Result<Answer, Failure> {
        let total = self.settings.timeouts.total;
        let total = request.time_limit.map_or(total, |limit| limit.min(total));
        tokio::time::timeout(total, self.follow(request))
            .await
            .unwrap_or_else(|_| {
                Err(Failure::Broken(format!(
                    "no whole answer within {} s",
                    total.as_secs_f32()
                )))
            })
    }

    async fn follow(&self, request: &Request) -> Result<Answer, Failure> {
        let mut url = self.pins.apply(self.endpoints, request.service, &request.url);
        redirect::check_host(self.endpoints, request.service, &url).map_err(Failure::Forbidden)?;
        let body = match &request.body {
            Body::Empty => None,
            Body::Json(bytes) => Some(bytes.to_vec()),
            Body::WithToken(make) => Some(make(self.token)),
        };
        let mut visited = Vec::new();
        loop {
            // The first sending has its leave already.
            let _leave = match &request.pace {
                Some(pace) if !visited.is_empty() => {
                    let mut leave = pace.enter().await;
                    leave.sent();
                    Some(leave)
                }
                _ => None,
            };
            let (answer, headers) = self.send(request, &url, body.clone()).await?;
            if !redirect::is_redirect(answer.status) {
                if !visited.is_empty() && answer.is_success() {
                    self.pins.remember(request.service, &url);
                }
                return Ok(answer);
            }
            visited.push(url.clone());
            let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
            url = redirect::next_hop(self.endpoints, request.service, &url, location, &visited)
                // A redirected request was not carried out, so this is final even for a write.
                .map_err(|error| Failure::Forbidden(answer.locate(error)))?;
        }
    }

    async fn send(
        &self,
        request: &Request,
        url: &Url,
        body: Option<Vec<u8>>,
    ) -> Result<(Answer, HeaderMap), Failure> {
        let mut open = OpenCall::new(self.call_log, request, url);
        let mut builder = self
            .client
            .request(request.method.clone(), url.clone())
            .header(AUTHORIZATION, self.authorization()?)
            .header("client-request-id", Uuid::new_v4().to_string());
        // On one machine compression costs more time than it saves.
        let coding = if is_loopback(url) { "identity" } else { "gzip" };
        builder = builder.header(ACCEPT_ENCODING, coding);
        for (name, value) in &request.headers {
            let value = HeaderValue::from_str(value).map_err(|_| {
                Failure::Forbidden(ServiceError::new(
                    ErrorClass::Rejected,
                    format!("the header `{name}` can't carry the value `{}`", clean(value)),
                ))
            })?;
            builder = builder.header(*name, value);
        }
        if let Some(body) = body {
            builder = builder
                .header(CONTENT_TYPE, "application/json; charset=utf-8")
                .body(body);
        }
        let response = match builder.send().await {
            Ok(response) => response,
            Err(error) => {
                let reason = format!("{}: {}", host_of(url), body::innermost(&error));
                open.close(None, Some(reason.clone()));
                if error.is_connect() || error.is_builder() {
                    self.pins.forget(request.service);
                    return Err(Failure::NotSent(reason));
                }
                return Err(Failure::Broken(reason));
            }
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(clean);
        let request_id = text("request-id");
        open.call.request_id.clone_from(&request_id);
        let wait = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry_after(value, Timestamp::now()));
        let mut answer = Answer {
            status,
            body: Vec::new(),
            request_id,
            warnings: warnings(&headers),
            retry_after: wait,
            challenge: text(WWW_AUTHENTICATE.as_str()),
            ticket: self.ticket,
            token: self.token.clone(),
        };
        let limit = self.settings.body_limit;
        let limit = request.largest_answer.map_or(limit, |most| most.min(limit));
        match body::read(response, limit, self.settings.timeouts.idle).await {
            Ok(body) => {
                answer.body = body;
                open.close(Some(status), note_of(status, wait));
                Ok((answer, headers))
            }
            Err(error) => {
                let reason = error.to_string();
                open.close(Some(status), Some(reason.clone()));
                match error {
                    BodyError::Broken(_) => Err(Failure::Broken(reason)),
                    BodyError::TooLarge(_) | BodyError::BadGzip(_) => Err(Failure::Unreadable(
                        answer.locate(ServiceError::new(ErrorClass::Malformed, reason)),
                    )),
                }
            }
        }
    }

    fn authorization(&self) -> Result<HeaderValue, Failure> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.token.secret.expose_secret()))
            .map_err(|_| {
                Failure::Forbidden(ServiceError::new(
                    ErrorClass::SignIn,
                    "the access token holds characters that no header can carry",
                ))
            })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Every `X-Warnings`, whole: the words that matter may stand at the end. Bytes that are no text are replaced.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all("x-warnings")
        .iter()
        .map(|value| {
            text::clean(&String::from_utf8_lossy(value.as_bytes()))
                .trim()
                .to_owned()
        })
        .filter(|warning| !warning.is_empty())
        .collect()
}

fn note_of(status: u16, wait: Option<Duration>) -> Option<String> {
    if status < 400 && wait.is_none() {
        return None;
    }
    let note = match wait {
        Some(wait) => format!("{status}: the service asked for {} s", wait.as_secs_f32()),
        None => format!("refused with {status}"),
    };
    Some(note)
}

/// A call that is in the log whatever becomes of it: finished, failed or abandoned.
struct OpenCall<'a> {
    log: &'a CallLog,
    call: Call,
    started: Instant,
    closed: bool,
}

impl<'a> OpenCall<'a> {
    fn new(log: &'a CallLog, request: &Request, url: &Url) -> Self {
        Self {
            log,
            call: Call {
                at: Timestamp::now(),
                service: request.service,
                method: request.method.to_string(),
                path: clean(url.path()),
                operation: request.operation.clone(),
                status: None,
                request_id: None,
                milliseconds: 0,
                note: None,
            },
            started: Instant::now(),
            closed: false,
        }
    }

    fn close(&mut self, status: Option<u16>, note: Option<String>) {
        self.closed = true;
        self.call.status = status;
        self.call.note = note;
        self.call.milliseconds = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.log.record(self.call.clone());
    }
}

impl Drop for OpenCall<'_> {
    fn drop(&mut self) {
        if !self.closed {
            self.close(None, Some("abandoned before the answer was complete".to_owned()));
        }
    }
}
