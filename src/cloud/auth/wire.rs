//! Requests to the login host: one host, no redirects, bounded answers, bounded retries, every request in the call log.

use std::{
    error::Error,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use oauth2::{
    AsyncHttpClient, ErrorResponse, HttpRequest, HttpResponse, RequestTokenError,
    http::{Response, StatusCode, header},
};
use tokio::{sync::OnceCell, time::Instant};
use url::Url;

use super::{
    AuthError, AuthErrorKind,
    error::clean,
    refusal::{self, Refusal, retry_after, unreadable},
};
use crate::{
    cloud::CallLog,
    domain::{Call, Endpoints, Service, is_loopback},
};

/// Largest answer read; real ones are a few kilobytes.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// How often a request is sent at most.
const ATTEMPTS: u32 = 4;
/// First pause between attempts; doubles each time.
const PAUSE: Duration = Duration::from_millis(500);
/// A service that asks to wait longer than this gets an error in place of a silent wait.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The least time between two polls, whatever interval the service names.
const LEAST_BETWEEN_POLLS: Duration = Duration::from_secs(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Whether a request may be sent again when its answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replay {
    /// Sending it twice does no harm.
    Safe,
    /// It redeems something that works once: again only where it surely did not arrive.
    Once,
}

/// The way to the login host of one profile.
pub(super) struct Wire {
    login: Url,
    /// Whether no proxy may be used.
    direct: bool,
    // Built on first use: loading the trusted roots takes longer than a first frame may.
    client: OnceCell<reqwest::Client>,
    call_log: CallLog,
}

impl Wire {
    pub(super) fn new(endpoints: &Endpoints, call_log: CallLog) -> Self {
        Self {
            login: endpoints.login.clone(),
            direct: endpoints.bypass_proxy() || is_loopback(&endpoints.login),
            client: OnceCell::new(),
            call_log,
        }
    }

    /// A request, or a series of polls, of one purpose; `operation` names it in the call log.
    pub(super) fn exchange(&self, operation: impl Into<String>, replay: Replay) -> Exchange<'_> {
        Exchange {
            wire: self,
            operation: operation.into(),
            replay,
            refusal: Mutex::new(None),
            least_pause: Duration::ZERO,
            asked: Mutex::new(None),
        }
    }

    /// A series of polls: never less than a second apart, whatever the answers say.
    pub(super) fn polls(&self, operation: impl Into<String>) -> Exchange<'_> {
        Exchange {
            least_pause: LEAST_BETWEEN_POLLS,
            ..self.exchange(operation, Replay::Safe)
        }
    }

    async fn client(&self) -> Result<&reqwest::Client, AuthError> {
        self.client
            .get_or_try_init(|| async {
                let direct = self.direct;
                tokio::task::spawn_blocking(move || build_client(direct))
                    .await
                    .map_err(|_| cannot_build("interrupted"))?
            })
            .await
    }
}

fn build_client(direct: bool) -> Result<reqwest::Client, AuthError> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have installed one meanwhile: just as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(ANSWER_TIMEOUT)
        .user_agent(concat!("handover/", env!("CARGO_PKG_VERSION")));
    if direct {
        // No proxy leads to this machine.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| cannot_build(&reason(&error)))
}

fn cannot_build(why: &str) -> AuthError {
    AuthError::new(
        AuthErrorKind::Network,
        format!("No HTTPS connection can be made on this machine: {why}"),
    )
}

/// The innermost reason of a failed request, without its address.
fn reason(error: &reqwest::Error) -> String {
    let mut reason: &dyn Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    clean(&reason.to_string())
}

/// One purpose's requests; remembers the last refusal, of which the `oauth2` crate keeps only a part.
pub(super) struct Exchange<'a> {
    wire: &'a Wire,
    operation: String,
    replay: Replay,
    refusal: Mutex<Option<Result<Refusal, AuthError>>>,
    /// The least time between two requests.
    least_pause: Duration,
    /// `Retry-After` of the last answer.
    asked: Mutex<Option<Duration>>,
}

impl<'c> AsyncHttpClient<'c> for Exchange<'_> {
    type Error = AuthError;
    type Future = BoxFuture<'c, Result<HttpResponse, AuthError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Exchange<'_> {
    /// Sends a request of the `oauth2` crate. A refusal is an answer; an error means that none came.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let host_fits =
            Url::parse(&request.uri().to_string()).is_ok_and(|url| url.origin() == self.wire.login.origin());
        if !host_fits {
            return self.give_up(AuthError::new(
                AuthErrorKind::Configuration,
                "A sign-in request was not sent: its address is not the login host of the profile",
            ));
        }
        let client = self.wire.client().await?;
        let mut attempt = 1;
        loop {
            let last = attempt == ATTEMPTS;
            let pause = PAUSE * 2_u32.pow(attempt - 1) + Duration::from_millis(fastrand::u64(0..200));
            match self.send_once(client, &request).await {
                Ok(Answer {
                    status,
                    retry_after,
                    request_id,
                    ..
                }) if is_busy(status, self.replay) => {
                    let wait = retry_after.unwrap_or(pause).max(self.least_pause);
                    if last || wait > LONGEST_WAIT {
                        let mut error = AuthError::busy(status.as_u16(), retry_after);
                        error.request_id = request_id;
                        return Err(error);
                    }
                    tokio::time::sleep(wait).await;
                }
                Ok(answer) => return Ok(self.take(answer)),
                Err(Failure::Fatal(error)) => return self.give_up(error),
                Err(Failure::Lost { error, sent }) => {
                    if last || (sent && self.replay == Replay::Once) {
                        return Err(error);
                    }
                    tokio::time::sleep(pause.max(self.least_pause)).await;
                }
            }
            attempt += 1;
        }
    }

    async fn send_once(&self, client: &reqwest::Client, request: &HttpRequest) -> Result<Answer, Failure> {
        let started = Instant::now();
        let at = Timestamp::now();
        let answer = self.fetch(client, request).await;
        let (status, request_id, note) = match &answer {
            Ok(answer) => (
                Some(answer.status.as_u16()),
                answer.request_id.clone(),
                answer.note(),
            ),
            Err(Failure::Lost { error, .. } | Failure::Fatal(error)) => (
                error.status,
                error.request_id.clone(),
                Some(error.message.clone()),
            ),
        };
        self.wire.call_log.record(Call {
            at,
            service: Service::Login,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            operation: self.operation.clone(),
            status,
            request_id,
            milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            note,
        });
        answer
    }

    async fn fetch(&self, client: &reqwest::Client, request: &HttpRequest) -> Result<Answer, Failure> {
        let host = self.wire.login.host_str().unwrap_or_default();
        let lost = |error: &reqwest::Error| Failure::Lost {
            sent: !error.is_connect(),
            error: AuthError::new(
                AuthErrorKind::Network,
                if error.is_timeout() {
                    format!("The sign-in service {host} did not answer in time")
                } else {
                    format!(
                        "The sign-in service {host} could not be reached: {}",
                        reason(error)
                    )
                },
            ),
        };
        let mut response = client
            .request(request.method().clone(), request.uri().to_string())
            .headers(request.headers().clone())
            .body(request.body().clone())
            .send()
            .await
            .map_err(|error| lost(&error))?;
        let request_id = response
            .headers()
            .get("x-ms-request-id")
            .and_then(|id| id.to_str().ok())
            .map(clean);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                let mut error =
                    unreadable("The sign-in service sent more than 1 MiB; the answer was dropped");
                error.status = Some(response.status().as_u16());
                error.request_id = request_id;
                return Err(Failure::Fatal(error));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status(),
            retry_after: retry_after(response.headers()),
            content_type: response.headers().get(header::CONTENT_TYPE).cloned(),
            request_id,
            body,
        })
    }

    /// Hands an answer to the `oauth2` crate and keeps a refusal.
    fn take(&self, answer: Answer) -> HttpResponse {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = answer.retry_after;
        let mut response = Response::new(answer.body.clone());
        *response.status_mut() = answer.status;
        if let Some(content_type) = answer.content_type {
            response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        }
        let refusal = (answer.status != StatusCode::OK).then_some(Ok(Refusal {
            status: answer.status.as_u16(),
            request_id: answer.request_id,
            body: answer.body,
        }));
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = refusal;
        response
    }

    /// Ends a poll loop, which goes on after an error but not after an answer it cannot read.
    fn give_up(&self, error: AuthError) -> Result<HttpResponse, AuthError> {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(Err(error));
        let mut response = Response::new(Vec::new());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        Ok(response)
    }

    /// How long to wait before the next poll, at least, as the last answer asked for.
    pub(super) fn pause_asked(&self) -> Duration {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.unwrap_or_default().max(self.least_pause)
    }

    /// The whole story of a request that the `oauth2` crate reports as failed.
    pub(super) fn error<T>(&self, error: RequestTokenError<AuthError, T>) -> AuthError
    where
        T: ErrorResponse + 'static,
    {
        if let RequestTokenError::Request(error) = error {
            return error;
        }
        match &*self.refusal.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Ok(refusal)) => refusal.error(),
            Some(Err(error)) => error.clone(),
            None => unreadable("The sign-in service sent an answer that is no token"),
        }
    }
}

struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    content_type: Option<header::HeaderValue>,
    request_id: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    /// Why it is no success, for the call log.
    fn note(&self) -> Option<String> {
        if self.status == StatusCode::OK {
            None
        } else {
            refusal::word(&self.body)
        }
    }
}

enum Failure {
    /// No answer came; `sent` says whether the request may have arrived.
    Lost { error: AuthError, sent: bool },
    /// Trying again would not help.
    Fatal(AuthError),
}

/// Whether an answer asks to come back. What works once is repeated only after an answer that says nothing was done.
fn is_busy(status: StatusCode, replay: Replay) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::SERVICE_UNAVAILABLE
        || (status.is_server_error() && replay == Replay::Safe)
}
