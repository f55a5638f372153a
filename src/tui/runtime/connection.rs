//! The session behind the cockpit: opened at the first need, its calls and its state told to the loop.

use std::{
    any::Any,
    sync::{Arc, Mutex as BlockingMutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, broadcast::error::RecvError, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    cloud::auth::{Credentials, SignInDisplay, SignInPrompt},
    domain::{Call, Profile, Service, SignInMethod},
    engine::{
        MailboxService,
        session::{OpenSession, Session},
    },
    tui::{Connection, Failure, JobId, Msg, SignInPrompt as Prompt},
};

/// How long calls and states are gathered before they are told.
const GATHER: Duration = Duration::from_millis(100);
/// Calls of one message at most.
const CALLS_AT_ONCE: usize = 500;

/// A profile and what it signs in with.
pub struct Access {
    /// The profile.
    pub profile: Profile,
    /// Secrets of an application; nothing for people.
    pub credentials: Credentials,
    /// Something that must live as long as the session, such as an embedded sandbox.
    pub keep: Option<Box<dyn Any + Send + Sync>>,
}

/// Where the profile comes from.
pub enum ProfileSource {
    /// None is configured yet: the set-up dialog makes one.
    None,
    /// It is known.
    Ready(Box<Access>),
    /// It takes a while, such as the start of an embedded sandbox; begun after the first frame.
    Later(BoxFuture<'static, Result<Access, Failure>>),
}

/// The one session of the cockpit.
pub(super) struct ConnectionSlot<O: OpenSession> {
    opener: O,
    display: Arc<Prompter>,
    messages: mpsc::Sender<Msg>,
    state: Mutex<State<O::Service>>,
}

struct State<S> {
    source: ProfileSource,
    open: Option<Open<S>>,
    /// The sign-in of a person beside an application.
    beside: Option<Open<S>>,
}

struct Open<S> {
    session: Arc<Session<S>>,
    /// Ends the streams with the session.
    _streams: DropGuard,
}

impl<O: OpenSession> ConnectionSlot<O> {
    pub(super) fn new(opener: O, source: ProfileSource, messages: mpsc::Sender<Msg>) -> Self {
        Self {
            opener,
            display: Arc::new(Prompter {
                messages: messages.clone(),
                job: BlockingMutex::new(JobId(0)),
            }),
            messages,
            state: Mutex::new(State {
                source,
                open: None,
                beside: None,
            }),
        }
    }

    /// The session, opened now if there is none. Dropping the future loses nothing.
    pub(super) async fn session(&self) -> Result<Arc<Session<O::Service>>, Failure> {
        let mut state = self.state.lock().await;
        if let Some(open) = &state.open {
            return Ok(Arc::clone(&open.session));
        }
        if let ProfileSource::Later(coming) = &mut state.source {
            let access = coming.await;
            // A future that is over must not be asked again: without a profile the reason stays.
            state.source = match access {
                Ok(access) => ProfileSource::Ready(Box::new(access)),
                Err(failure) => {
                    let again = failure.clone();
                    ProfileSource::Later(Box::pin(async move { Err(again) }))
                }
            };
            if let ProfileSource::Later(failed) = &mut state.source {
                return Err(failed.await.err().unwrap_or_default());
            }
        }
        let ProfileSource::Ready(access) = &state.source else {
            return Err(Failure {
                message: "no tenant is configured yet".to_owned(),
                advice: Some("Set one up here, or with `handover init`.".to_owned()),
                ..Failure::default()
            });
        };
        let display: Arc<dyn SignInDisplay> = self.display.clone();
        let session = Arc::new(
            self.opener
                .open(&access.profile, access.credentials.clone(), display)?,
        );
        let streams = CancellationToken::new();
        self.tell_calls_of(&session, &streams);
        tokio::spawn(
            streams.clone().run_until_cancelled_owned(tell_transport(
                session.service.transport(),
                self.messages.clone(),
            )),
        );
        state.open = Some(Open {
            session: Arc::clone(&session),
            _streams: streams.drop_guard(),
        });
        Ok(session)
    }

    fn tell_calls_of(&self, session: &Session<O::Service>, streams: &CancellationToken) {
        tokio::spawn(
            streams
                .clone()
                .run_until_cancelled_owned(tell_calls(session.call_log.clone(), self.messages.clone())),
        );
    }

    /// A second session with the same tenant, for a person with a device code.
    pub(super) async fn open_beside(&self) -> Result<Arc<Session<O::Service>>, Failure> {
        let first = self.session().await?;
        let profile = Profile {
            method: SignInMethod::DeviceCode,
            // The application's own registration is not one for people.
            client_id: None,
            ..first.profile.clone()
        };
        let display: Arc<dyn SignInDisplay> = self.display.clone();
        let session = self.opener.open(&profile, Credentials::default(), display)?;
        Ok(Arc::new(session))
    }

    /// Somebody is signed in to the second session: it serves from now on.
    pub(super) async fn keep_beside(&self, session: Arc<Session<O::Service>>) {
        let streams = CancellationToken::new();
        self.tell_calls_of(&session, &streams);
        self.state.lock().await.beside = Some(Open {
            session,
            _streams: streams.drop_guard(),
        });
    }

    /// The second session, if somebody is signed in to it.
    pub(super) async fn beside(&self) -> Option<Arc<Session<O::Service>>> {
        let state = self.state.lock().await;
        state.beside.as_ref().map(|open| Arc::clone(&open.session))
    }

    /// Prompts of a sign-in from now on belong to this job.
    pub(super) fn signing_in(&self, job: JobId) {
        *self.display.job.lock().unwrap_or_else(PoisonError::into_inner) = job;
    }

    /// Another profile from now on.
    pub(super) async fn replace(&self, access: Access) {
        let mut state = self.state.lock().await;
        state.source = ProfileSource::Ready(Box::new(access));
        state.open = None;
        state.beside = None;
    }

    /// Tells how a service is doing.
    pub(super) async fn tell(&self, service: Service, connection: Connection) {
        let _ = self.messages.send(Msg::Connection { service, connection }).await;
    }
}

/// Shows the prompts of a sign-in as messages.
struct Prompter {
    messages: mpsc::Sender<Msg>,
    job: BlockingMutex<JobId>,
}

impl SignInDisplay for Prompter {
    fn show(&self, prompt: SignInPrompt) {
        let prompt = match prompt {
            SignInPrompt::DeviceCode {
                user_code,
                verification_uri,
                expires_in,
                ..
            } => Prompt::DeviceCode {
                code: user_code,
                url: verification_uri,
                valid_for: expires_in,
            },
            SignInPrompt::Browser { url, .. } => Prompt::Browser { url: url.to_string() },
            // The job's own state and end say the rest.
            SignInPrompt::Waiting(_) | SignInPrompt::Done => return,
        };
        let job = *self.job.lock().unwrap_or_else(PoisonError::into_inner);
        let message = Msg::SignInPrompt { job, prompt };
        if let Err(mpsc::error::TrySendError::Full(message)) = self.messages.try_send(message) {
            let messages = self.messages.clone();
            tokio::spawn(async move { messages.send(message).await });
        }
    }
}

/// Tells finished calls, and what they say about the connections, gathered a little.
async fn tell_calls(call_log: crate::cloud::CallLog, messages: mpsc::Sender<Msg>) {
    let mut stream = call_log.subscribe();
    let mut told = [None; 3];
    loop {
        let mut calls = match stream.recv().await {
            Ok(call) => vec![call],
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        tokio::time::sleep(GATHER).await;
        while calls.len() < CALLS_AT_ONCE {
            match stream.try_recv() {
                Ok(call) => calls.push(call),
                Err(_) => break,
            }
        }
        for (place, service) in [Service::Login, Service::Graph, Service::Exchange]
            .into_iter()
            .enumerate()
        {
            let now = calls
                .iter()
                .rev()
                .find(|call| call.service == service)
                .map(connection_after);
            if now.is_some() && told[place] != now {
                told[place] = now;
                let connection = now.unwrap_or_default();
                if messages
                    .send(Msg::Connection { service, connection })
                    .await
                    .is_err()
                {
                    return;
                }
            }
        }
        if messages.send(Msg::Calls(calls)).await.is_err() {
            return;
        }
    }
}

/// What a finished call says about the connection to its service.
fn connection_after(call: &Call) -> Connection {
    match call.status {
        Some(429 | 500..) | None => Connection::Retrying,
        Some(_) => Connection::Connected,
    }
}

/// Tells throttling and retries; the latest value wins.
async fn tell_transport(
    mut states: tokio::sync::watch::Receiver<crate::engine::TransportState>,
    messages: mpsc::Sender<Msg>,
) {
    while states.changed().await.is_ok() {
        let state = states.borrow_and_update().clone();
        let service = Service::Exchange;
        if messages.send(Msg::Transport { service, state }).await.is_err() {
            return;
        }
        tokio::time::sleep(GATHER).await;
    }
}
