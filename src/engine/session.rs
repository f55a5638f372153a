//! A session with a tenant: who is signed in, the service behind it, what was called.
//!
//! Opening one costs nothing: connections, trusted roots and the keyring are touched at the first request, so a screen
//! can be drawn before.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use super::{
    CloudMailboxes, MailboxService, Organization, information,
    synchronization::{CloudSynchronization, SynchronizationService},
};
use crate::{
    cloud::{
        CallLog,
        auth::{AuthError, Authenticator, Credentials, Identity, SecretStore, SignInDisplay},
        exchange::ExchangeClient,
        graph::{
            GraphClient,
            synchronization::{SynchronizationClient, TenantLimits},
        },
        transport::{Settings, Transport},
    },
    domain::{Profile, Service, ServiceError},
    journal::SharedLocks,
};

/// Signs in to the tenant of a session.
pub trait SignIn: Send + Sync {
    /// Signs in, from a stored sign-in where there is one, else with a person.
    fn sign_in(&self) -> BoxFuture<'_, Result<Identity, AuthError>>;

    /// Signs in for Cloud Sync alone: its administrators need no Exchange, and with Microsoft's public clients each service
    /// may ask for a code of its own.
    fn sign_in_to_graph(&self) -> BoxFuture<'_, Result<Identity, AuthError>> {
        self.sign_in()
    }
}

impl SignIn for Authenticator {
    fn sign_in(&self) -> BoxFuture<'_, Result<Identity, AuthError>> {
        Box::pin(Self::sign_in(self))
    }

    fn sign_in_to_graph(&self) -> BoxFuture<'_, Result<Identity, AuthError>> {
        Box::pin(self.sign_in_to(&[Service::Graph]))
    }
}

/// A session with the tenant of one profile.
pub struct Session<S> {
    /// The profile.
    pub profile: Profile,
    /// The mailboxes of the tenant.
    pub service: Arc<S>,
    /// Cloud Sync of the tenant.
    pub synchronization: Arc<dyn SynchronizationService>,
    /// The way in.
    pub sign_in: Arc<dyn SignIn>,
    /// Every call of this session.
    pub call_log: CallLog,
    organization: OnceCell<Organization>,
}

impl<S: MailboxService> Session<S> {
    /// Puts a session together.
    pub fn new(
        profile: Profile,
        service: Arc<S>,
        synchronization: Arc<dyn SynchronizationService>,
        sign_in: Arc<dyn SignIn>,
        call_log: CallLog,
    ) -> Self {
        Self {
            profile,
            service,
            synchronization,
            sign_in,
            call_log,
            organization: OnceCell::new(),
        }
    }

    /// Where runs of all users of this machine lock the tenant against each other.
    pub fn shared_locks(&self) -> Option<SharedLocks> {
        information::shared_locks(&self.profile)
    }

    /// The organisation as first read: its name does not change during a session.
    pub async fn organization(&self) -> Result<&Organization, ServiceError> {
        self.organization
            .get_or_try_init(|| self.service.organization())
            .await
    }
}

/// Opens sessions: the cloud's are one kind, tests have another.
pub trait OpenSession: Send + Sync + 'static {
    /// What the session speaks to.
    type Service: MailboxService;

    /// A session with the tenant of `profile`; prompts of its sign-in go to `display`. Opens no connection.
    fn open(
        &self,
        profile: &Profile,
        credentials: Credentials,
        display: Arc<dyn SignInDisplay>,
    ) -> Result<Session<Self::Service>, ServiceError>;
}

/// Opens sessions with tenants in the cloud, or with a sandbox that speaks as they do.
pub struct CloudSessions {
    /// Gives the store for refresh tokens, when the first session opens.
    pub secret_store: Box<dyn Fn() -> Arc<dyn SecretStore> + Send + Sync>,
    /// Limits and retry rules.
    pub transport: Settings,
}

impl OpenSession for CloudSessions {
    type Service = CloudMailboxes;

    fn open(
        &self,
        profile: &Profile,
        credentials: Credentials,
        display: Arc<dyn SignInDisplay>,
    ) -> Result<Session<CloudMailboxes>, ServiceError> {
        let call_log = CallLog::default();
        let store = (self.secret_store)();
        let authenticator = Arc::new(Authenticator::new(
            profile,
            credentials,
            store,
            display,
            call_log.clone(),
        )?);
        let transport = Arc::new(Transport::new(
            profile.endpoints.clone(),
            authenticator.clone(),
            call_log.clone(),
            self.transport.clone(),
        ));
        let exchange = ExchangeClient::new(Arc::clone(&transport));
        let synchronization = SynchronizationClient::new(
            GraphClient::new(Arc::clone(&transport)),
            TenantLimits::of(profile),
        );
        let service = CloudMailboxes::new(exchange, GraphClient::new(transport));
        Ok(Session::new(
            profile.clone(),
            Arc::new(service),
            Arc::new(CloudSynchronization::new(synchronization)),
            authenticator,
            call_log,
        ))
    }
}
