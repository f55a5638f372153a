//! What all services of one sandbox share: the tenant, the counters, the faults and their dice.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::connection::Place;
use super::login::SignIns;
use super::synchronization::CloudSync;
use super::tenant::Tenant;
use super::{Fault, Faults, Options, seed::mix};

/// State of one sandbox.
pub(super) struct World {
    pub tenant: Tenant,
    pub latency: Duration,
    /// Exchange requests carried out at once; 0 is no cap.
    pub concurrency: usize,
    pub main: SocketAddr,
    pub regional: SocketAddr,
    /// Root of a host outside; a socket that counts what it gets where the machine allows one.
    pub foreign: String,
    pub counters: Counters,
    sign_ins: Mutex<SignIns>,
    cloud_sync: Mutex<CloudSync>,
    faults: RwLock<Faults>,
    /// Cmdlets the caller's role group does not hold, in lower case.
    denied: RwLock<Vec<String>>,
    dice: AtomicU64,
    /// The token that is refused inside batches: the first one seen since the faults changed.
    refused_inside: Mutex<Option<String>>,
    /// Flags that will turn false again, and when.
    reverts: Mutex<Vec<(Instant, u32)>>,
}

/// A flag that reverts does so after this time.
const REVERT_AFTER: Duration = Duration::from_millis(1200);

/// What happened since the start.
#[derive(Default)]
pub(super) struct Counters {
    /// HTTP requests to Exchange and Graph.
    pub requests: AtomicU64,
    /// Exchange requests being carried out now, and those open now, refused ones included.
    pub in_flight: AtomicUsize,
    pub offered: AtomicUsize,
    /// The most Exchange requests carried out at once; refused ones are not among them.
    pub max_concurrent: AtomicUsize,
    /// The most Exchange requests open at once, refused ones included.
    pub max_offered: AtomicUsize,
    pub throttled: AtomicU64,
    pub faults_injected: AtomicU64,
    /// Requests that reached the host outside.
    pub foreign_requests: AtomicU64,
    /// Those that carried a bearer token there.
    pub foreign_tokens: AtomicU64,
}

impl World {
    pub fn new(options: Options, main: SocketAddr, regional: SocketAddr, foreign: String) -> Self {
        let count = u32::try_from(options.mailboxes).unwrap_or(u32::MAX);
        let eligible_first = u32::try_from(options.eligible_first).unwrap_or(u32::MAX);
        let tenant = Tenant::new(options.seed, count, eligible_first);
        Self {
            sign_ins: Mutex::new(SignIns::new(&tenant)),
            cloud_sync: Mutex::new(CloudSync::new(&tenant, options.cloud_sync)),
            tenant,
            latency: options.latency,
            concurrency: options.concurrency,
            main,
            regional,
            foreign,
            counters: Counters::default(),
            faults: RwLock::new(options.faults),
            denied: RwLock::default(),
            dice: AtomicU64::new(0),
            refused_inside: Mutex::default(),
            reverts: Mutex::default(),
        }
    }

    pub fn sign_ins(&self) -> MutexGuard<'_, SignIns> {
        self.sign_ins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cloud Sync. Whoever holds it may read the tenant; nobody may wait for it while holding the tenant.
    pub fn cloud_sync(&self) -> MutexGuard<'_, CloudSync> {
        self.cloud_sync.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_faults(&self, faults: Faults) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = faults;
        *self.refused_inside.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub fn rate(&self, fault: Fault) -> f64 {
        self.faults
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .rate(fault)
    }

    pub fn deny(&self, cmdlets: Vec<String>) {
        *self.denied.write().unwrap_or_else(PoisonError::into_inner) = cmdlets;
    }

    /// Whether the caller's roles lack a cmdlet (lower case).
    pub fn is_denied(&self, cmdlet: &str) -> bool {
        self.denied
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .any(|denied| denied == cmdlet)
    }

    /// The next number of the dice: the same series for the same seed.
    pub fn roll(&self) -> u64 {
        mix(
            self.tenant.seed,
            self.dice.fetch_add(1, Ordering::Relaxed),
            0xD1CE,
        )
    }

    /// Whether a fault happens now; counts it.
    pub fn strikes(&self, fault: Fault) -> bool {
        let rate = self.rate(fault);
        let strikes = rate > 0.0 && chance(self.roll()) < rate;
        if strikes {
            self.counters.faults_injected.fetch_add(1, Ordering::Relaxed);
        }
        strikes
    }

    /// Whether a token is refused inside a batch although it is good.
    pub fn refuses_inside(&self, token: &str) -> bool {
        if self.rate(Fault::ItemToken) == 0.0 {
            return false;
        }
        let mut refused = self.refused_inside.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get_or_insert_with(|| token.to_owned()) == token && self.strikes(Fault::ItemToken)
    }

    /// Whether a fault lies on a mailbox: the same answer each time, until the rate changes.
    pub fn lies_on(&self, fault: Fault, index: u32) -> bool {
        let rate = self.rate(fault);
        rate > 0.0 && chance(mix(self.tenant.seed, index.into(), 0xFA17 + fault as u64)) < rate
    }

    /// Lets a flag turn false again after a while.
    pub fn revert_later(&self, index: u32) {
        let at = Instant::now() + REVERT_AFTER;
        self.reverts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((at, index));
    }

    /// Carries out the reverts that are due. Every service calls it before it looks at the tenant.
    pub fn settle(&self) {
        let now = Instant::now();
        let mut reverts = self.reverts.lock().unwrap_or_else(PoisonError::into_inner);
        reverts.retain(|(at, index)| {
            if *at > now {
                return true;
            }
            let row = self.tenant.row(*index);
            let mut changes = self.tenant.write();
            if self.tenant.view(&row, &changes).is_cloud_managed() {
                changes.set_flag(*index, true, false, self::now());
            }
            false
        });
    }

    /// Counts an answer that asked the caller to slow down.
    pub fn count_throttled(&self) {
        self.counters.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// The root of a service at the address a request came in by.
    pub fn root(&self, place: Place, service: &str) -> String {
        let address = if place == Place::Regional {
            self.regional
        } else {
            self.main
        };
        format!("http://{address}/{service}")
    }

    /// What `GET {control}/state` tells.
    pub fn state(&self) -> Value {
        let synchronization = self.cloud_sync().state(&self.tenant);
        let changes = self.tenant.read();
        let counters = &self.counters;
        json!({
            "mailboxes": self.tenant.count,
            "cloudManaged": changes.cloud_managed,
            "dirSynced": self.tenant.dir_synced,
            "setCalls": changes.set_calls,
            "requests": counters.requests.load(Ordering::Relaxed),
            "maxConcurrent": counters.max_concurrent.load(Ordering::Relaxed),
            "throttled": counters.throttled.load(Ordering::Relaxed),
            "faultsInjected": counters.faults_injected.load(Ordering::Relaxed),
            "maxOffered": counters.max_offered.load(Ordering::Relaxed),
            "foreignRequests": counters.foreign_requests.load(Ordering::Relaxed),
            "foreignTokens": counters.foreign_tokens.load(Ordering::Relaxed),
            "synchronization": synchronization,
        })
    }
}

/// Maps a number to 0 (included) to 1 (excluded).
pub(super) fn chance(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as i64)
}
