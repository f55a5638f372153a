//! A signed-in connection for a headless verb.

use std::{
    io::Write,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use secrecy::SecretString;
use tokio::sync::broadcast::error::RecvError;

use super::{
    Exit, Failure,
    arguments::Global,
    config::{Settings, process_environment},
};
use crate::{
    cloud::{
        CallLog,
        auth::{AuthError, AuthErrorKind, Credentials, Identity, KeyringStore, SignInDisplay, SignInPrompt},
        transport::Settings as TransportSettings,
    },
    domain::{Call, Profile, SignInMethod},
    engine::{
        CloudMailboxes, Organization,
        session::{CloudSessions, OpenSession, Session},
        synchronization::SynchronizationService,
    },
    journal::SharedLocks,
};

/// Everything a verb needs to work on a tenant.
pub struct Connection {
    /// The configuration.
    pub settings: Settings,
    /// The profile in use.
    pub profile: Profile,
    /// Mailboxes of the tenant.
    pub service: Arc<CloudMailboxes>,
    session: Session<CloudMailboxes>,
}

impl Connection {
    /// Resolves profile and credentials. Calls no service. Must run inside the async runtime.
    pub fn prepare(global: &Global, concurrency: Option<usize>) -> Result<Self, Failure> {
        let settings = Settings::load(global, &process_environment)?;
        let profile = settings.profile(&process_environment)?;
        Self::of(global, settings, profile, concurrency)
    }

    fn of(
        global: &Global,
        settings: Settings,
        profile: Profile,
        concurrency: Option<usize>,
    ) -> Result<Self, Failure> {
        let session = sessions(concurrency).open(&profile, credentials(), Arc::new(StandardError))?;
        match global.verbose {
            true => print_calls(&session.call_log),
            false => tell_limits(&session.call_log),
        }
        Ok(Self {
            settings,
            profile,
            service: Arc::clone(&session.service),
            session,
        })
    }

    /// Resolves and signs in, with prompts on standard error when a person is needed.
    pub async fn open(global: &Global, concurrency: Option<usize>) -> Result<(Self, Identity), Failure> {
        let connection = Self::prepare(global, concurrency)?;
        let identity = connection.sign_in().await?;
        Ok((connection, identity))
    }

    /// Signs in, with prompts on standard error when a person is needed.
    pub async fn sign_in(&self) -> Result<Identity, Failure> {
        Ok(self.session.sign_in.sign_in().await?)
    }

    /// Resolves and signs in to Graph alone, for Cloud Sync. `as_person`: by device code where the profile's sign-in is an
    /// application's, since the service shows some things to people only. The application's registration is left aside
    /// then: it need not know people.
    pub async fn open_graph(global: &Global, as_person: bool) -> Result<(Self, Identity), Failure> {
        let settings = Settings::load(global, &process_environment)?;
        let mut profile = settings.profile(&process_environment)?;
        if as_person && profile.method.is_app_only() {
            profile.method = SignInMethod::DeviceCode;
            profile.client_id = None;
        }
        let connection = Self::of(global, settings, profile, None)?;
        let identity = connection.session.sign_in.sign_in_to_graph().await?;
        Ok((connection, identity))
    }

    /// Cloud Sync of the tenant.
    pub fn synchronization(&self) -> Arc<dyn SynchronizationService> {
        Arc::clone(&self.session.synchronization)
    }

    /// Where runs of all users of this machine lock the tenant against each other.
    pub fn shared_locks(&self) -> Option<SharedLocks> {
        self.session.shared_locks()
    }

    /// The organisation behind the sign-in, read once.
    pub async fn organization(&self) -> Result<&Organization, Failure> {
        Ok(self.session.organization().await?)
    }
}

/// Opens sessions the way the command line and the cockpit both want them.
pub fn sessions(concurrency: Option<usize>) -> CloudSessions {
    let mut transport = TransportSettings::default();
    if let Some(limit) = concurrency {
        let limit = limit.clamp(1, MOST_REQUESTS);
        transport.max_concurrency = limit;
        transport.start_concurrency = transport.start_concurrency.min(limit);
    }
    CloudSessions {
        secret_store: Box::new(KeyringStore::open),
        transport,
    }
}

/// More requests at once than any tenant has been seen to serve (facts/exchange section 1.7 suggests 10 to 12).
const MOST_REQUESTS: usize = 64;

/// Credentials of an application, from the environment. The keyring is asked by the authenticator where these are absent.
pub fn credentials() -> Credentials {
    Credentials {
        client_secret: process_environment("HANDOVER_CLIENT_SECRET").map(SecretString::from),
        certificate_file: process_environment("HANDOVER_CERTIFICATE_FILE").map(PathBuf::from),
        certificate_password: process_environment("HANDOVER_CERTIFICATE_PASSWORD").map(SecretString::from),
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let exit = match error.kind {
            AuthErrorKind::Configuration | AuthErrorKind::CertificateFile => Exit::Usage,
            _ => Exit::SignIn,
        };
        let advice = error.advice().to_owned();
        let mut message = error.message.clone();
        if let Some(code) = error
            .code
            .as_ref()
            .filter(|code| !message.contains(code.as_str()))
        {
            message.push_str(&format!(" ({code})"));
        }
        Self::new(exit, message).advise(advice)
    }
}

/// Shows sign-in prompts on standard error: standard output is for results.
pub struct StandardError;

impl SignInDisplay for StandardError {
    fn show(&self, prompt: SignInPrompt) {
        let text = match prompt {
            SignInPrompt::DeviceCode {
                user_code,
                verification_uri,
                expires_in,
                ..
            } => format!(
                "To sign in, open {verification_uri} on any device and type the code {user_code} (valid for {} minutes).",
                expires_in.as_secs() / 60
            ),
            SignInPrompt::Browser { url, opened: true } => {
                format!("A browser was opened to sign in. If it was not, open {url}")
            }
            SignInPrompt::Browser { url, opened: false } => format!("To sign in, open {url}"),
            SignInPrompt::Waiting(text) => text,
            SignInPrompt::Done => return,
        };
        let _ = writeln!(std::io::stderr(), "{}", crate::domain::text::clean(&text));
    }
}

/// `-v`: one line per call on standard error.
fn print_calls(call_log: &CallLog) {
    let mut calls = call_log.subscribe();
    tokio::spawn(async move {
        loop {
            match calls.recv().await {
                Ok(call) => {
                    let _ = writeln!(std::io::stderr(), "{}", call_line(&call));
                }
                Err(RecvError::Lagged(missed)) => super::note(&format!("({missed} calls not shown)")),
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// Without `-v`: a line now and then while a service limits requests, so that nobody takes a long wait for a fault.
fn tell_limits(call_log: &CallLog) {
    const EVERY: Duration = Duration::from_secs(30);
    let mut calls = call_log.subscribe();
    tokio::spawn(async move {
        let mut told: Option<Instant> = None;
        loop {
            match calls.recv().await {
                Ok(call) if call.status == Some(429) && told.is_none_or(|at| at.elapsed() >= EVERY) => {
                    told = Some(Instant::now());
                    super::note(&format!(
                        "{} limits requests just now; this goes on by itself, more slowly. -v shows each call.",
                        call.service.word()
                    ));
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
}

fn call_line(call: &Call) -> String {
    format!(
        "{} {} {} {} {} {} ms{}{}",
        call.service.word(),
        call.method,
        call.path,
        call.operation,
        call.status
            .map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
        call.milliseconds,
        call.request_id
            .as_ref()
            .map_or_else(String::new, |id| format!(" request {id}")),
        call.note
            .as_ref()
            .map_or_else(String::new, |note| format!(" ({note})")),
    )
}
