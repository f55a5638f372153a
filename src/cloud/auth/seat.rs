//! A client of the sign-in service and the refresh token it holds, in memory and in the secret store.

use std::{
    sync::{Arc, Mutex as StdMutex, PoisonError},
    thread,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, oneshot};
use url::Url;

use super::{
    AuthError, AuthErrorKind, Resting, SecretKind, SecretStore, StoreError, audience, claims::Claims,
    grant::Grant,
};
use crate::domain::{Profile, Service};

/// A keyring that asks its user something on a screen nobody sees never answers.
const STORE_WITHIN: Duration = Duration::from_secs(20);

/// The secret store as one profile's sign-in uses it: never on the async runtime, never for ever.
pub(super) struct Vault {
    store: Arc<dyn SecretStore>,
    profile: String,
    /// Where the last secret came to rest; asked for where the store may be called.
    resting: StdMutex<Resting>,
    /// Set when the store did not answer: it is not called again.
    stuck: StdMutex<bool>,
}

impl Vault {
    fn new(store: Arc<dyn SecretStore>, profile: &Profile) -> Self {
        Self {
            store,
            profile: profile.name.clone(),
            resting: StdMutex::new(Resting::ThisProcess {
                why: "nothing was stored yet".to_owned(),
            }),
            stuck: StdMutex::new(false),
        }
    }

    pub(super) fn resting(&self) -> Resting {
        self.resting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Calls the store on a thread of its own. Not on the runtime's blocking pool: a keyring that never answers would keep the
    /// process from ending.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn SecretStore, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if *self.stuck.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(StoreError("the keyring does not answer".to_owned()));
        }
        let (store, profile) = (self.store.clone(), self.profile.clone());
        let (sender, receiver) = oneshot::channel();
        thread::Builder::new()
            .name("secret-store".to_owned())
            .spawn(move || {
                let result = work(store.as_ref(), &profile);
                // Nobody waits any more: the sign-in was dropped.
                let _ = sender.send((result, store.resting_place()));
            })
            .map_err(|error| StoreError(error.to_string()))?;
        match tokio::time::timeout(STORE_WITHIN, receiver).await {
            Ok(Ok((result, resting))) => {
                *self.resting.lock().unwrap_or_else(PoisonError::into_inner) = resting;
                result
            }
            Ok(Err(_)) => Err(self.failed("the keyring failed")),
            Err(_) => {
                *self.stuck.lock().unwrap_or_else(PoisonError::into_inner) = true;
                Err(self.failed("the keyring does not answer"))
            }
        }
    }

    fn failed(&self, why: &str) -> StoreError {
        *self.resting.lock().unwrap_or_else(PoisonError::into_inner) =
            Resting::ThisProcess { why: why.to_owned() };
        StoreError(why.to_owned())
    }
}

/// What is stored: a secret and whom it belongs to, so that a changed profile never uses another's.
#[derive(Serialize, Deserialize)]
struct Stored {
    login: Url,
    tenant: String,
    client: String,
    token: String,
}

impl Stored {
    /// The secret as it comes to rest.
    fn of(profile: &Profile, seat: &Seat, secret: &SecretString) -> Result<SecretString, StoreError> {
        let stored = Self {
            login: profile.endpoints.login.clone(),
            tenant: profile.tenant.clone(),
            client: seat.client_id.clone(),
            token: secret.expose_secret().to_owned(),
        };
        serde_json::to_string(&stored)
            .map(SecretString::from)
            .map_err(|_| StoreError("the secret could not be written down".to_owned()))
    }
}

/// One client. With an application of the organisation's own there is one seat for both services, else one each.
pub(super) struct Seat {
    pub(super) client_id: String,
    kind: SecretKind,
    /// Locked while a refresh token is redeemed: its successor belongs here.
    state: Mutex<SeatState>,
}

/// What a seat holds.
#[derive(Default)]
pub(super) struct SeatState {
    loaded: bool,
    token: Option<SecretString>,
    /// Claims of the last id token.
    pub(super) person: Option<Claims>,
    /// Set when the other public client's refresh token was not accepted here: it is not tried again.
    family_refused: bool,
}

/// The seats of a profile.
pub(super) struct Seats {
    exchange: Arc<Seat>,
    graph: Arc<Seat>,
    pub(super) vault: Vault,
}

impl Seats {
    pub(super) fn new(profile: &Profile, store: Arc<dyn SecretStore>) -> Self {
        let seat = |service| {
            let (client_id, kind) = audience::client(profile, service);
            Arc::new(Seat {
                client_id,
                kind,
                state: Mutex::default(),
            })
        };
        let exchange = seat(Service::Exchange);
        let graph = if profile.client_id.is_some() {
            exchange.clone()
        } else {
            seat(Service::Graph)
        };
        Self {
            exchange,
            graph,
            vault: Vault::new(store, profile),
        }
    }

    pub(super) fn of(&self, service: Service) -> &Arc<Seat> {
        match service {
            Service::Graph => &self.graph,
            _ => &self.exchange,
        }
    }

    /// Whether one refresh token serves both services.
    pub(super) fn shared(&self) -> bool {
        Arc::ptr_eq(&self.exchange, &self.graph)
    }

    /// Keeps what an application signs in with, for this tenant and this application only.
    pub(super) async fn keep_credential(
        &self,
        profile: &Profile,
        kind: SecretKind,
        secret: &SecretString,
    ) -> Result<(), StoreError> {
        let secret = Stored::of(profile, &self.exchange, secret)?;
        self.vault
            .call(move |store, name| store.save(name, kind, &secret))
            .await
    }

    /// What an application signs in with, if it was kept for this tenant and this application.
    pub(super) async fn credential(&self, profile: &Profile, kind: SecretKind) -> Option<SecretString> {
        self.at_rest(profile, &self.exchange, kind).await
    }

    /// Takes new tokens into use: the refresh token is kept here and stored.
    pub(super) async fn install(&self, profile: &Profile, service: Service, grant: &Grant) {
        let seat = self.of(service);
        let mut state = seat.state.lock().await;
        self.take(profile, seat, &mut state, grant).await;
        if service == Service::Exchange && !self.shared() {
            drop(state);
            self.graph.state.lock().await.family_refused = false;
        }
    }

    async fn take(&self, profile: &Profile, seat: &Seat, state: &mut SeatState, grant: &Grant) {
        state.loaded = true;
        if let Some(person) = &grant.person {
            state.person = Some(person.clone());
        }
        let Some(token) = &grant.refresh_token else { return };
        let same = state
            .token
            .as_ref()
            .is_some_and(|held| held.expose_secret() == token.expose_secret());
        state.token = Some(token.clone());
        if same {
            return;
        }
        let Ok(secret) = Stored::of(profile, seat, token) else {
            return;
        };
        let kind = seat.kind;
        // The token stays in memory when the store fails; `resting` says so.
        let _ = self
            .vault
            .call(move |store, profile| store.save(profile, kind, &secret))
            .await;
    }

    /// The refresh token at rest, if it belongs to this profile and client.
    async fn stored(&self, profile: &Profile, seat: &Seat) -> Option<SecretString> {
        self.at_rest(profile, seat, seat.kind).await
    }

    async fn at_rest(&self, profile: &Profile, seat: &Seat, kind: SecretKind) -> Option<SecretString> {
        let secret = self
            .vault
            .call(move |store, name| store.load(name, kind))
            .await
            .ok()??;
        let stored: Stored = serde_json::from_str(secret.expose_secret()).ok()?;
        let fits = stored.login == profile.endpoints.login
            && stored.tenant.eq_ignore_ascii_case(&profile.tenant)
            && stored.client == seat.client_id;
        fits.then(|| stored.token.into())
    }

    /// New tokens for a service from a refresh token, without a person. `redeem` sends one refresh token as the given client.
    pub(super) async fn renew<R>(
        &self,
        profile: &Profile,
        service: Service,
        redeem: impl Fn(SecretString) -> R,
    ) -> Result<(Grant, Option<Claims>), AuthError>
    where
        R: Future<Output = Result<Grant, AuthError>>,
    {
        let seat = self.of(service);
        let mut state = seat.state.lock().await;
        if !state.loaded {
            state.token = self.stored(profile, seat).await;
            state.loaded = true;
        }
        let Some(token) = state.token.clone() else {
            return self.try_family(profile, service, &mut state, redeem).await;
        };
        let grant = match redeem(token.clone()).await {
            Err(error) if error.kind == AuthErrorKind::SignInAgain => {
                // Another process may have signed in meanwhile.
                match self.stored(profile, seat).await {
                    Some(other) if other.expose_secret() != token.expose_secret() => redeem(other).await?,
                    _ => return Err(error),
                }
            }
            other => other?,
        };
        self.take(profile, seat, &mut state, &grant).await;
        Ok((grant, state.person.clone()))
    }

    /// Graph tokens from the Exchange client's refresh token: some of Microsoft's public clients share theirs as a family.
    async fn try_family<R>(
        &self,
        profile: &Profile,
        service: Service,
        state: &mut SeatState,
        redeem: impl Fn(SecretString) -> R,
    ) -> Result<(Grant, Option<Claims>), AuthError>
    where
        R: Future<Output = Result<Grant, AuthError>>,
    {
        let nobody = || {
            AuthError::new(
                AuthErrorKind::NotSignedIn,
                format!("Nobody is signed in to {} for {}", service.word(), profile.tenant),
            )
        };
        if self.shared() || service != Service::Graph || state.family_refused {
            return Err(nobody());
        }
        // Always in this order, Graph's seat first: no two renewals can wait for each other.
        let mut exchange = self.exchange.state.lock().await;
        if !exchange.loaded {
            exchange.token = self.stored(profile, &self.exchange).await;
            exchange.loaded = true;
        }
        let Some(token) = exchange.token.clone() else {
            return Err(nobody());
        };
        drop(exchange);
        match redeem(token).await {
            Ok(grant) => {
                self.take(profile, &self.graph, state, &grant).await;
                Ok((grant, state.person.clone()))
            }
            Err(error) if matches!(error.kind, AuthErrorKind::Network | AuthErrorKind::Busy) => Err(error),
            Err(_) => {
                state.family_refused = true;
                Err(nobody())
            }
        }
    }

    /// Forgets every refresh token, and deletes every secret of the profile from the store; says which were there.
    pub(super) async fn clear(&self) -> Result<Vec<SecretKind>, AuthError> {
        for seat in [&self.exchange, &self.graph] {
            *seat.state.lock().await = SeatState {
                loaded: true,
                ..SeatState::default()
            };
        }
        self.vault
            .call(|store, profile| {
                // Every kind is tried: one that fails must not keep the others.
                let results = SecretKind::ALL.map(|kind| (kind, store.delete(profile, kind)));
                let mut deleted = Vec::new();
                for (kind, result) in results {
                    if result? {
                        deleted.push(kind);
                    }
                }
                Ok(deleted)
            })
            .await
            .map_err(|error| {
                AuthError::new(
                    AuthErrorKind::Refused,
                    format!("Signed out here, but what was stored could not be deleted: {error}"),
                )
                .with_advice("Delete the entries named handover in the operating system's keyring by hand.")
            })
    }
}
