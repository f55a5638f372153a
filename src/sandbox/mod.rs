//! An embedded tenant that speaks the same wire protocols as the real services, for `demo` and for tests.
//!
//! ```text
//!              +-- connection (can be cut) --+
//!   socket --->| login     login/            |---> world: tenant (rows from seed and number + changes),
//!              | exchange  exchange/         |            counters, faults and their dice
//!              | graph     graph             |
//!              |           synchronization/  |
//!              | control   control           |
//!              +-----------------------------+
//! ```
//!
//! It is the referee of the clients: written from the fact sheets alone, it shares no code with them. Mailboxes are
//! computed from the seed when somebody asks, so that 600,000 of them cost nothing until they are changed. Three
//! sockets listen: the one of the ready file, a second port of the same host where redirects lead, and, where the
//! machine allows it, another loopback address that plays the host outside and counts the tokens it is sent.
//!
//! These behaviours rest on facts nobody has verified against a live tenant; clients must not depend on them:
//!
//! - the text of the refusal when the flag is set on a mailbox that is not synchronized or of another type, and that
//!   other parameters beside the flag are refused;
//! - that unknown names in `$select` fail the request (fault `unknown-select` ignores them instead);
//! - that a batch holds at most 20 requests;
//! - that the flag changes `WhenChangedUTC`;
//! - that a next link is refused with GET, and with another body than the first page's;
//! - that pages hold one row without `Prefer`, whatever `ResultSize` says, and all rows come without `ResultSize`;
//! - that a numeric `ResultSize` ends the list with the warning and without a next link;
//! - the members of `@adminapi.errors`: texts of the pipe-delimited shape;
//! - the status of a PATCH of `onPremisesSyncBehavior`: 204;
//! - that `-eq $true` in a filter is refused;
//! - that a removed or second primary address, and more than one way to name it in one call, are refused;
//! - that `X-Warnings` repeats the warnings of the body, that it can stand alone (fault `header-warning`), and that each
//!   warning has a header of its own;
//! - that a 503 with `Retry-After` can follow a write that was carried out (fault `late-busy`): nothing says that it
//!   can't, and a caller that sends again is wrong if it does;
//! - that 429 and the text about concurrent requests are always sent before anything is carried out;
//! - that a token inside a batch can be refused while the one outside is good (fault `item-token`), and that parts
//!   without a token of their own take the one outside;
//! - that a passing fault can stand inside a 200 (fault `passing-in-success`), and that nothing was carried out then;
//! - that a further page can lack its `value` (fault `no-value`), which the last page of the real service does not;
//! - which of 301, 302, 307 and 308 the front ends use, and whether a regional host that fails says so with 503 (faults
//!   `odd-redirect`, `regional-down`); the internal port 446 is never named here, because nothing listens there;
//! - how long the longest `Retry-After` is (fault `long-wait` asks for an hour);
//! - that statuses inside a batch are numbers (fault `text-status` sends texts);
//! - the answer of `onPremisesSyncBehavior` for a user that was never synchronized: false here;
//! - wording and numbers of sign-in errors, which follow Entra ID's published list where it has them.
//!
//! What of Cloud Sync is not verified stands in `synchronization/mod.rs`.
//!
//! As at Entra ID, an `id_token` comes with the scope `openid`, a refresh token with `offline_access`, and an older
//! refresh token stays good when the next one is given out. Rate-limit headers are never sent: sources disagree.

mod batch;
mod connection;
mod control;
mod exchange;
mod faults;
mod gate;
mod graph;
mod login;
mod ready;
mod reply;
mod seed;
mod synchronization;
mod tenant;
pub mod tls_endpoints;
mod world;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::routing::any;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use connection::{Connection, Door, Place};
pub use faults::{Fault, Faults, FaultsError};
pub use ready::Ready;
pub use synchronization::{CloudSyncOptions, CloudSyncSize};
use world::World;

/// The most a request may hold.
const BODY_LIMIT: usize = 4 << 20;
/// How long open requests may take to end when the sandbox stops.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What kind of tenant to serve and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// A loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many mailboxes the tenant has.
    pub mailboxes: usize,
    /// The same seed makes the same tenant.
    pub seed: u64,
    /// So many mailboxes at the top of the list can all be handed over: synchronized, of a type that can be, not being
    /// moved and not there yet. The rest stays as the seed makes it.
    pub eligible_first: usize,
    /// Added to every request to Exchange and Graph.
    pub latency: Duration,
    /// Exchange requests carried out at once; 0 is no cap.
    pub concurrency: usize,
    /// What goes wrong, and how often.
    pub faults: Faults,
    /// How much Cloud Sync there is, and how fast its time runs.
    pub cloud_sync: CloudSyncOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            mailboxes: 2_000,
            seed: 1,
            eligible_first: 0,
            latency: Duration::ZERO,
            concurrency: 0,
            faults: Faults::default(),
            cloud_sync: CloudSyncOptions::default(),
        }
    }
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The control service has no sign-in, so it must not be reachable from outside.
    #[error("the sandbox listens on loopback addresses only, and {0} is none; use 127.0.0.1")]
    NotLoopback(IpAddr),
    /// The address is taken, or the system refused it.
    #[error("the sandbox can't listen on {address}: {source}. Port 0 takes a free port")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// A running sandbox; it ends when stopped or dropped.
pub struct Sandbox {
    ready: Ready,
    ended: CancellationToken,
    servers: JoinSet<io::Result<()>>,
}

impl Sandbox {
    /// Listens and serves in the background of the current runtime.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let address = options.listen;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address.ip()));
        }
        let main = listen(address, Place::Main).await?;
        let regional = listen(SocketAddr::new(address.ip(), 0), Place::Regional).await?;
        // Not every system has more than one loopback address; then nothing listens outside.
        let outside = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 77)), 0);
        let foreign = listen(outside, Place::Foreign).await.ok();
        let local = |door: &Door| {
            door.listener
                .local_addr()
                .map_err(|source| StartError::Listen { address, source })
        };
        let foreign_root = match &foreign {
            Some(door) => format!("http://{}", local(door)?),
            None => "http://outside.invalid".to_owned(),
        };
        let world = Arc::new(World::new(
            options,
            local(&main)?,
            local(&regional)?,
            foreign_root,
        ));
        let ready = Ready::of(&world);
        let ended = CancellationToken::new();
        let mut servers = JoinSet::new();
        for door in [Some(main), Some(regional), foreign].into_iter().flatten() {
            let routes = match door.place {
                Place::Foreign => Router::new().fallback(any(outside_host)),
                Place::Main | Place::Regional => routes(),
            };
            let service = routes
                .with_state(Arc::clone(&world))
                .into_make_service_with_connect_info::<Connection>();
            let ended = ended.clone().cancelled_owned();
            servers.spawn(async move { axum::serve(door, service).with_graceful_shutdown(ended).await });
        }
        Ok(Self {
            ready,
            ended,
            servers,
        })
    }

    /// Addresses and credentials.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Ends the sandbox; open requests get half a second.
    pub async fn stop(mut self) {
        self.ended.cancel();
        let _ = tokio::time::timeout(LAST_WORDS, async {
            while self.servers.join_next().await.is_some() {}
        })
        .await;
        self.servers.shutdown().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

async fn listen(address: SocketAddr, place: Place) -> Result<Door, StartError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })?;
    Ok(Door { listener, place })
}

fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/login/{*path}", any(login::serve))
        .route("/exchange/{*path}", any(exchange::serve))
        .route("/graph/{*path}", any(graph::serve))
        .route("/control/{*path}", any(control::serve))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT))
}

/// The host outside: nothing of value may ever arrive here.
async fn outside_host(
    State(world): State<Arc<World>>,
    ConnectInfo(_): ConnectInfo<Connection>,
    request: Request,
) -> StatusCode {
    world.counters.foreign_requests.fetch_add(1, Ordering::Relaxed);
    if request.headers().contains_key(header::AUTHORIZATION) {
        world.counters.foreign_tokens.fetch_add(1, Ordering::Relaxed);
    }
    StatusCode::NOT_FOUND
}
