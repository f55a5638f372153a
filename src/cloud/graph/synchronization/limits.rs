//! The published limits that are counted by tenant (facts/graph section 8, throttling).

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
    time::Duration,
};

use crate::{
    cloud::transport::Pace,
    domain::{Profile, Service},
};

/// Reports and on-demand provisioning: five requests in ten seconds each.
const REQUESTS: usize = 5;
const WINDOW: Duration = Duration::from_secs(10);
/// Reports in flight at once: pages come one after another, and two lists may be open.
const REPORTS_AT_ONCE: usize = 2;
/// On-demand requests in flight at once. One takes up to ten minutes; they have places of their own, so that whoever
/// watches is not held up.
const ON_DEMAND_AT_ONCE: usize = 5;

/// The limits of one tenant.
#[derive(Debug)]
pub struct TenantLimits {
    /// Provisioning log and directory audit together.
    pub(super) reports: Arc<Pace>,
    /// On-demand provisioning.
    pub(super) on_demand: Arc<Pace>,
}

/// Limits in use, by address of Graph and tenant.
type ByTenant = BTreeMap<(String, String), Weak<TenantLimits>>;

impl Default for TenantLimits {
    fn default() -> Self {
        Self {
            reports: Arc::new(Pace::new(REQUESTS, WINDOW, REPORTS_AT_ONCE)),
            on_demand: Arc::new(Pace::new(REQUESTS, WINDOW, ON_DEMAND_AT_ONCE)),
        }
    }
}

impl TenantLimits {
    /// The limits of a profile's tenant, the same for every session of this process: the service counts by application
    /// and tenant, and a new sign-in does not start a new count.
    pub fn of(profile: &Profile) -> Arc<Self> {
        static KNOWN: LazyLock<Mutex<ByTenant>> = LazyLock::new(Mutex::default);
        let key = (
            profile.endpoints.root(Service::Graph).to_string(),
            profile.tenant.to_ascii_lowercase(),
        );
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, limits| limits.strong_count() > 0);
        if let Some(limits) = known.get(&key).and_then(Weak::upgrade) {
            return limits;
        }
        let limits = Arc::new(Self::default());
        known.insert(key, Arc::downgrade(&limits));
        limits
    }
}
