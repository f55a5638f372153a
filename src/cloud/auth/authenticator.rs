//! The ways in: sign-in, sign-out, identity, and tokens for transport.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use url::Url;

use super::{
    AuthError, AuthErrorKind, Identity, Resting, SecretKind, SecretStore, ServiceAccess, SignInDisplay,
    SignedOut, application, audience, azure_cli, browser, device_code,
    grant::{Asking, Grant, Held},
    prompt::OpenPrompt,
    renewal::Slot,
    seat::Seats,
    wire::Wire,
};
use crate::{
    cloud::{AccessToken, CallLog, TokenSource},
    domain::{ErrorClass, Profile, Service, ServiceError, SignInMethod},
};

/// What an application signs in with. The caller fills it from `HANDOVER_CLIENT_SECRET`, `HANDOVER_CERTIFICATE_FILE` and
/// `HANDOVER_CERTIFICATE_PASSWORD`; a secret or password that is missing is looked for in the secret store, where
/// [`Authenticator::keep_credential`] puts it.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The secret's value.
    pub client_secret: Option<SecretString>,
    /// A PEM or PFX file with an RSA certificate and its private key.
    pub certificate_file: Option<PathBuf>,
    /// The password of a PFX file.
    pub certificate_password: Option<SecretString>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("client_secret", &self.client_secret.is_some())
            .field("certificate_file", &self.certificate_file)
            .field("certificate_password", &self.certificate_password.is_some())
            .finish()
    }
}

/// Opens a page in a browser; false when none could be started.
pub type BrowserOpener = Arc<dyn Fn(&Url) -> bool + Send + Sync>;

/// Signs in to one profile and hands out its tokens. Clones share everything.
///
/// Making one costs nothing: connections, keyring and certificate are touched on first use. Dropping a future cancels it.
/// [`TokenSource::token`] never asks a person anything; call [`sign_in`](Self::sign_in) first. While a person signs in, it
/// waits for them.
#[derive(Clone)]
pub struct Authenticator {
    shared: Arc<Shared>,
}

struct Shared {
    profile: Profile,
    credentials: Credentials,
    display: Arc<dyn SignInDisplay>,
    open_browser: BrowserOpener,
    azure_cli: PathBuf,
    wire: Wire,
    seats: Seats,
    exchange: Slot,
    graph: Slot,
    /// One person signs in or out at a time.
    turn: Mutex<()>,
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authenticator")
            .field("profile", &self.shared.profile)
            .field("credentials", &self.shared.credentials)
            .finish_non_exhaustive()
    }
}

impl Authenticator {
    /// An authenticator for a profile. Fails when no sign-in could work with it: a tenant that is none, an application without id.
    pub fn new(
        profile: &Profile,
        credentials: Credentials,
        store: Arc<dyn SecretStore>,
        display: Arc<dyn SignInDisplay>,
        call_log: CallLog,
    ) -> Result<Self, AuthError> {
        audience::check_profile(profile)?;
        Ok(Self {
            shared: Arc::new(Shared {
                wire: Wire::new(&profile.endpoints, call_log),
                seats: Seats::new(profile, store),
                profile: profile.clone(),
                credentials,
                display,
                open_browser: Arc::new(browser::open_system_browser),
                azure_cli: PathBuf::from(azure_cli::PROGRAM),
                exchange: Slot::default(),
                graph: Slot::default(),
                turn: Mutex::default(),
            }),
        })
    }

    /// The same authenticator with another way to open the browser. Only before it is cloned or used; ignored afterwards.
    #[must_use]
    pub fn with_browser_opener(mut self, open: BrowserOpener) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.open_browser = open;
        }
        self
    }

    /// The same authenticator with the Azure CLI at another path. Only before it is cloned or used; ignored afterwards.
    #[must_use]
    pub fn with_azure_cli(mut self, program: &Path) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.azure_cli = program.to_path_buf();
        }
        self
    }

    /// Signs in to Exchange and Graph, from a stored sign-in where there is one, else with a person.
    ///
    /// Exchange must succeed. A Graph that is not granted is no error: [`Identity::services`] says why.
    pub async fn sign_in(&self) -> Result<Identity, AuthError> {
        self.sign_in_to(&[Service::Exchange, Service::Graph]).await
    }

    /// Signs in to the given services; the first must succeed. With Microsoft's public clients each may need a prompt of its own.
    pub async fn sign_in_to(&self, services: &[Service]) -> Result<Identity, AuthError> {
        let _turn = self.shared.turn.lock().await;
        for (position, &service) in services.iter().enumerate() {
            match self.shared.sign_in_to(service, position > 0).await {
                Err(error) if position == 0 => return Err(error),
                // Kept in the slot, for the identity.
                Ok(_) | Err(_) => {}
            }
        }
        self.identity()
            .ok_or_else(|| AuthError::new(AuthErrorKind::NotSignedIn, "Nobody is signed in"))
    }

    /// Signs in without a person: from a stored sign-in, a secret, a certificate or the Azure CLI. Nothing when there is no
    /// stored sign-in.
    pub async fn sign_in_silently(&self) -> Result<Option<Identity>, AuthError> {
        match self.shared.held(Service::Exchange, None).await {
            Err(error) if error.kind == AuthErrorKind::NotSignedIn => return Ok(None),
            other => other?,
        };
        // As in `sign_in`: kept in the slot.
        let _ = self.shared.held(Service::Graph, None).await;
        Ok(self.identity())
    }

    /// Gets new access tokens without a person: a role activated after sign-in shows in new tokens only (facts/exchange
    /// section 1.10).
    pub async fn renew(&self) -> Result<Option<Identity>, AuthError> {
        self.shared.exchange.forget();
        self.shared.graph.forget();
        self.sign_in_silently().await
    }

    /// Keeps a client secret or a certificate's password in the secret store, for this profile's tenant and application;
    /// says where it came to rest, which may be this process only. What the caller gave at the start goes before it.
    /// A sign-out deletes it.
    pub async fn keep_credential(
        &self,
        kind: SecretKind,
        secret: SecretString,
    ) -> Result<Resting, AuthError> {
        if !matches!(kind, SecretKind::ClientSecret | SecretKind::CertificatePassword) {
            return Err(AuthError::new(
                AuthErrorKind::Configuration,
                "Only a client secret or the password of a certificate can be kept",
            ));
        }
        if secret.expose_secret().is_empty() {
            return Err(AuthError::new(
                AuthErrorKind::MissingCredential,
                "An empty secret is none; nothing was kept",
            ));
        }
        let (shared, seats) = (&self.shared, &self.shared.seats);
        seats
            .keep_credential(&shared.profile, kind, &secret)
            .await
            .map_err(|error| {
                AuthError::new(
                    AuthErrorKind::Refused,
                    format!("The {} could not be kept: {error}", kind.word()),
                )
            })?;
        Ok(seats.vault.resting())
    }

    /// Forgets every token, and deletes every secret of the profile from the secret store, kept credentials too. What the
    /// caller gave at the start stays in use. Sessions at the service stay until they end there.
    pub async fn sign_out(&self) -> Result<SignedOut, AuthError> {
        let _turn = self.shared.turn.lock().await;
        // Refresh tokens first: a renewal that starts now finds none.
        let cleared = self.shared.seats.clear().await;
        self.shared.exchange.clear().await;
        self.shared.graph.clear().await;
        Ok(SignedOut {
            deleted: cleared?,
            store: self.shared.seats.vault.resting(),
        })
    }

    /// Who is signed in; nothing before the first sign-in of this process. Asks nobody.
    pub fn identity(&self) -> Option<Identity> {
        let shared = &self.shared;
        let known =
            [Service::Exchange, Service::Graph].map(|service| (service, shared.slot(service).known()));
        let held = known.iter().find_map(|(_, (held, _))| held.as_ref())?.clone();
        let services = known
            .into_iter()
            .filter(|(_, (held, problem))| held.is_some() || problem.is_some())
            .map(|(service, (held, problem))| access(service, held, problem))
            .collect();
        Some(Identity {
            subject: held.token.subject,
            tenant_id: held.token.tenant_id,
            app_only: held.token.app_only,
            services,
            refresh_token: audience::has_person(shared.profile.method).then(|| shared.seats.vault.resting()),
        })
    }
}

fn access(service: Service, held: Option<Held>, problem: Option<AuthError>) -> ServiceAccess {
    let rights = held
        .as_ref()
        .filter(|held| held.rights_known)
        .map(|held| held.token.rights.clone());
    let app_only = held.as_ref().is_some_and(|held| held.token.app_only);
    ServiceAccess {
        service,
        note: audience::missing_right(service, app_only, rights.as_deref()),
        rights,
        expires_at: held.map(|held| held.token.expires_at),
        problem,
    }
}

impl Shared {
    fn slot(&self, service: Service) -> &Slot {
        match service {
            Service::Graph => &self.graph,
            _ => &self.exchange,
        }
    }

    fn asking(&self, service: Service) -> Asking<'_> {
        Asking {
            profile: &self.profile,
            wire: &self.wire,
            client_id: &self.seats.of(service).client_id,
            service,
        }
    }

    /// A usable token, renewed without a person where needed.
    async fn held(&self, service: Service, rejected: Option<&AccessToken>) -> Result<Held, AuthError> {
        self.slot(service).token(rejected, || self.obtain(service)).await
    }

    /// A new token without a person.
    async fn obtain(&self, service: Service) -> Result<Held, AuthError> {
        let (profile, asking) = (&self.profile, self.asking(service));
        let grant = match profile.method {
            SignInMethod::DeviceCode | SignInMethod::Browser => {
                let (grant, person) = self
                    .seats
                    .renew(profile, service, |token| {
                        let asking = self.asking(service);
                        async move { asking.redeem(&token).await }
                    })
                    .await?;
                return grant.accept(profile, service, person.as_ref());
            }
            SignInMethod::ClientSecret => {
                let given = self.credentials.client_secret.as_ref();
                let secret = self.credential(SecretKind::ClientSecret, given).await;
                application::with_secret(&asking, secret.as_ref()).await?
            }
            SignInMethod::Certificate => {
                let credentials = &self.credentials;
                let file = credentials.certificate_file.as_ref();
                let given = credentials.certificate_password.as_ref();
                // PEM files have no password: their sign-in asks no keyring.
                let is_pem = |file: &PathBuf| {
                    file.extension()
                        .is_some_and(|kind| kind.eq_ignore_ascii_case("pem"))
                };
                let password = if file.is_none_or(is_pem) {
                    given.cloned()
                } else {
                    self.credential(SecretKind::CertificatePassword, given).await
                };
                application::with_certificate(&asking, file, password.as_ref()).await?
            }
            SignInMethod::AzureCli => azure_cli::token(&self.azure_cli, profile, service).await?,
        };
        grant.accept(profile, service, None)
    }

    /// What an application signs in with: as given, or as kept in the secret store.
    async fn credential(&self, kind: SecretKind, given: Option<&SecretString>) -> Option<SecretString> {
        match given.filter(|secret| !secret.expose_secret().is_empty()) {
            Some(secret) => Some(secret.clone()),
            None => self.seats.credential(&self.profile, kind).await,
        }
    }

    /// A token with a person's help where nothing else gives one. `further` says that another service has its token already.
    async fn sign_in_to(&self, service: Service, further: bool) -> Result<Held, AuthError> {
        let error = match self.held(service, None).await {
            Ok(held) => return Ok(held),
            Err(error) => error,
        };
        let pointless = further && self.seats.shared() && error.kind == AuthErrorKind::NeedsConsent;
        if !audience::has_person(self.profile.method) || !error.kind.may_succeed_interactively() || pointless
        {
            return Err(error);
        }
        self.slot(service)
            .replace(|| self.ask_person(service, error.claims))
            .await
    }

    async fn ask_person(&self, service: Service, claims: Option<Box<str>>) -> Result<Held, AuthError> {
        let prompt = OpenPrompt(self.display.clone());
        let asking = self.asking(service);
        let grant: Grant = match self.profile.method {
            SignInMethod::Browser => {
                browser::sign_in(&asking, &prompt, &self.open_browser, claims.as_deref()).await?
            }
            _ => device_code::sign_in(&asking, &prompt).await?,
        };
        // Checked before it is kept: a refresh token of the wrong tenant must not come to rest.
        let held = grant.accept(&self.profile, service, None)?;
        self.seats.install(&self.profile, service, &grant).await;
        Ok(held)
    }
}

impl TokenSource for Authenticator {
    fn token<'a>(
        &'a self,
        service: Service,
        rejected: Option<&'a AccessToken>,
    ) -> BoxFuture<'a, Result<AccessToken, ServiceError>> {
        Box::pin(async move {
            if service == Service::Login {
                return Err(ServiceError::new(
                    ErrorClass::Rejected,
                    "The sign-in service takes no token of its own",
                ));
            }
            let held = self.shared.held(service, rejected).await?;
            Ok(held.token)
        })
    }
}
