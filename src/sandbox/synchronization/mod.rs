//! Cloud Sync of the tenant: agents, configurations, jobs that run, logs that grow.
//!
//! ```text
//!   routes --> permission --> principals, jobs, agents, reports, tenant_settings --> CloudSync (one lock)
//!                                                                                      clock   sandbox time
//!   control ------------------------------------------------------------------------>  topology, configurations,
//!                                                                                      log, audits, limits
//!                                     advance: story, cycle (whenever somebody asks) ->
//! ```
//!
//! Nothing runs in the background: whoever asks, first lets everything happen that was due since the last question.
//! Wire shapes follow facts/graph sections 1 to 6. These behaviours rest on facts nobody has verified:
//!
//! - names and texts of nested errors but `InvalidNotificationSettings`; names of audit activities; error codes of
//!   staged deletes (`DeleteThresholdExceeded`, `TooManyDeletes`) and of the tenant's prevention;
//! - that two executions in a row that fail lead to quarantine, and a single one after a quarantine was cleared;
//! - that a quarantine tries again after six hours; that a restart sets a paused job going;
//! - that provisioning on demand obeys the scope, takes one subject per call, and answers 200 with `Failure`;
//! - that `$filter` of the provisioning log refuses what facts/graph section 5.1 does not name;
//! - that a new schema makes the next execution an initial one, and that containers beside groups are refused;
//! - that `DELETE` of a schema brings the default one back;
//! - how long secrets and new service principals take to appear: half a second and three seconds here;
//! - the status of an update of an agent group (204), and that agents can't be deleted (405).

mod advance;
mod agents;
mod audit;
mod blueprint;
mod clock;
mod configuration;
mod control;
mod cycle;
mod definition;
mod directory;
mod error_text;
mod filter;
mod job;
mod job_json;
mod jobs;
mod kind;
mod limits;
mod log;
mod on_demand;
mod options;
mod permission;
mod principals;
mod query;
mod reports;
mod routes;
mod schema;
mod scope;
mod state;
mod stored_schema;
mod story;
mod tenant_settings;
mod topology;

use uuid::Uuid;

use super::seed::uuid;
use super::tenant::Tenant;
use audit::Audits;
use clock::{Clock, Ticks};
use configuration::Configuration;
pub(super) use control::serve as control;
use cycle::Surroundings;
use directory::{Population, purpose};
use job::{Job, Label};
use kind::Kind;
use limits::Limit;
use log::Log;
pub use options::{CloudSyncOptions, CloudSyncSize};
pub(super) use routes::{Asked, route};
use state::Asks;
use tenant_settings::TenantSettings;
use topology::Topology;

/// A kind of job that no document names.
static EXTRA_KIND: Kind = Kind {
    template: "Entra2ADDeviceWriteback",
    application: kind::TO_ENTRA,
    rule: "9a70c6de-18b2-4f6f-8c13-5d27e0ab41f9",
    source_system: kind::ENTRA,
    target_system: kind::DIRECTORY,
    entry: "Device to device",
    from_directory: false,
    groups: false,
    cadence: 60 * clock::SECOND,
};

/// Everything about Cloud Sync.
pub(super) struct CloudSync {
    clock: Clock,
    options: CloudSyncOptions,
    /// Domains that have people.
    domains: Vec<String>,
    topology: Topology,
    configurations: Vec<Configuration>,
    log: Log,
    audits: Audits,
    tenant: TenantSettings,
    /// The provisioning log and the audit share one limit; provisioning on demand has another.
    reports: Limit,
    on_demand: Limit,
    /// Everything asked of Cloud Sync; without a limit.
    everything: Limit,
    asks: Asks,
    story: Vec<(Ticks, story::Event)>,
    made: u32,
    jobs_made: u32,
}

impl CloudSync {
    pub fn new(tenant: &Tenant, options: CloudSyncOptions) -> Self {
        let mut sync = Self {
            clock: Clock::new(options.pace),
            domains: blueprint::domains(options.size),
            topology: Topology::new(),
            configurations: Vec::new(),
            log: Log::default(),
            audits: Audits::default(),
            tenant: TenantSettings::default(),
            reports: Limit::default(),
            on_demand: Limit::default(),
            everything: Limit::default(),
            asks: Asks::default(),
            story: Vec::new(),
            made: 0,
            jobs_made: 0,
            options: options.clone(),
        };
        if options.story {
            sync.story = story::from(sync.clock.now());
        }
        blueprint::furnish(&mut sync, tenant, &options);
        sync
    }

    /// Ids of a new service principal: its own, its app's, its application object's.
    fn next_ids(&mut self, seed: u64) -> [Uuid; 3] {
        self.made += 1;
        [
            purpose::PRINCIPAL,
            purpose::APPLICATION,
            purpose::APPLICATION + 0x100,
        ]
        .map(|purpose| uuid(seed, self.made, purpose))
    }

    /// The label of a new job of a configuration.
    fn label(&mut self, tenant: &Tenant, kind: &'static Kind, principal: Uuid, name: String) -> Label {
        self.jobs_made += 1;
        let own = uuid(tenant.seed, self.jobs_made, purpose::JOB);
        Label {
            job: format!("{}.{}.{own}", kind.template, tenant.id.simple()),
            kind,
            number: self.jobs_made,
            principal,
            principal_name: name,
        }
    }

    /// A new job for the configuration at a place; nobody has put it there yet.
    fn new_job(&mut self, tenant: &Tenant, place: usize, kind: &'static Kind, now: Ticks) -> Job {
        let of = &self.configurations[place];
        let (principal, name) = (of.id, of.display_name.clone());
        Job::new(self.label(tenant, kind, principal, name), now)
    }

    fn people<'a>(&'a self, tenant: &'a Tenant) -> Population<'a> {
        Population {
            tenant,
            domains: &self.domains,
        }
    }

    /// The world around an execution in a domain, without thresholds.
    fn surroundings<'a>(&'a mut self, tenant: &'a Tenant, domain: Option<String>) -> Surroundings<'a> {
        Surroundings {
            people: Population {
                tenant,
                domains: &self.domains,
            },
            topology: &self.topology,
            log: &mut self.log,
            domain,
            threshold: None,
            prevention: None,
        }
    }

    /// Where a job is: place of its configuration, place in it.
    fn find_job(&self, id: &str) -> Option<(usize, usize)> {
        self.configurations.iter().enumerate().find_map(|(place, it)| {
            let at = it.jobs.iter().position(|job| job.id() == id)?;
            Some((place, at))
        })
    }
}
