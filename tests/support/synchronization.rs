//! Cloud Sync in memory: answers as told, counts what it was asked, and moves only when a test moves it.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use handover::{
    domain::{
        ErrorClass, ServiceError,
        synchronization::{
            Agent, AgentGroup, AgentStatus, AgentTopology, AuditEntry, AuditQuery, Configuration, Execution,
            ExecutionCounts, ExecutionState, JobStatus, LogQuery, NotificationSettings, OnDemandOutcome,
            OnDemandSubject, ProvisioningLogEntry, PublishedResource, Quarantine, QuarantineReason,
            ResetScope, Schedule, ScheduleState, Setting, StatusCode, SynchronizationError,
            SynchronizationJob, UpdaterConfiguration,
        },
    },
    engine::synchronization::{Answer, AuditPage, LogPage, SynchronizationService, TenantDeletePrevention},
};
use jiff::Timestamp;
use tokio::time::Instant;

/// Template of configurations that write Exchange attributes back.
pub const WRITEBACK_TEMPLATE: &str = "3b99513e-0cee-4291-aea8-84356239fb82";

/// One request to the service, as the wire would count it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub at: Instant,
    pub call: String,
    pub class: Class,
    /// Units of the directory's token bucket it costs at most.
    pub units: usize,
    /// Requests on the wire.
    pub requests: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Directory,
    Synchronization,
    Reports,
    Provisioning,
}

#[derive(Default)]
pub struct World {
    pub application: Option<bool>,
    pub topology: AgentTopology,
    pub configurations: Vec<Configuration>,
    pub jobs: BTreeMap<String, Vec<SynchronizationJob>>,
    pub schemas: HashMap<String, Vec<u8>>,
    pub notification: HashMap<String, NotificationSettings>,
    pub logs: Vec<ProvisioningLogEntry>,
    pub audit: Vec<AuditEntry>,
    pub delete_prevention: String,
    pub domains: HashMap<String, String>,
    pub page: usize,
    /// Answers of coming calls by the name of the call, before anything is done.
    pub failures: HashMap<String, VecDeque<ServiceError>>,
    /// As `failures`, but the deed is done first: a lost answer.
    pub lost: HashMap<String, usize>,
    pub asked: Vec<Asked>,
    pub restarts: Vec<(String, ResetScope)>,
    pub provisioned: Vec<OnDemandSubject>,
    /// Readings of a new configuration that do not find it yet.
    pub replication: usize,
    /// Whether jobs ignore what they are told.
    pub deaf: bool,
    ids: usize,
}

/// A Cloud Sync that lives in memory.
pub struct Fake {
    world: Mutex<World>,
    pub latency: Duration,
    in_flight: Mutex<HashMap<String, usize>>,
    pub overlaps: AtomicUsize,
}

pub fn job_id(kind: &str, configuration: &str) -> String {
    format!("{kind}.11111111222233334444555555555555.{configuration}")
}

/// A job that runs well.
pub fn job(kind: &str, configuration: &str, ended: Timestamp) -> SynchronizationJob {
    SynchronizationJob {
        id: job_id(kind, configuration),
        template_id: Some(kind.to_owned()),
        schedule: Schedule {
            state: ScheduleState::Active,
            interval: "PT20M".to_owned(),
            expiration: None,
        },
        status: JobStatus {
            code: StatusCode::Active,
            failures_in_a_row: 0,
            escrows_pruned: false,
            last: Some(execution(ended)),
            last_good: Some(execution(ended)),
            last_good_with_exports: None,
            progress: Vec::new(),
            quarantine: None,
            steady_first: None,
            steady_last: None,
            entries: Vec::new(),
            troubleshooting_url: None,
        },
        settings: vec![Setting {
            name: "DomainFQDN".to_owned(),
            value: format!("{configuration}.com"),
        }],
    }
}

pub fn execution(ended: Timestamp) -> Execution {
    Execution {
        activity: Some("a".to_owned()),
        state: ExecutionState::Succeeded,
        began: Some(ended - jiff::SignedDuration::from_secs(9)),
        ended: Some(ended),
        counts: ExecutionCounts {
            count_exports: 5,
            ..ExecutionCounts::default()
        },
        error: None,
    }
}

pub fn quarantine(reason: QuarantineReason, code: &str) -> Quarantine {
    Quarantine {
        reason,
        since: Some(Timestamp::from_second(1_700_000_000).unwrap()),
        next_attempt: None,
        series_began: None,
        series_count: 1,
        error: Some(SynchronizationError {
            code: code.to_owned(),
            message: "made up".to_owned(),
            tenant_actionable: Some(true),
        }),
    }
}

pub fn agent(id: &str, groups: &[&str]) -> Agent {
    Agent {
        id: id.to_owned(),
        machine_name: format!("{id}.contoso.com"),
        external_ip: "203.0.113.7".to_owned(),
        status: AgentStatus::Active,
        publishing_types: vec!["provisioning".to_owned()],
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

/// So many configurations with three jobs each, so many agents, one group and domain per configuration.
pub fn world(configurations: usize, agents: usize) -> World {
    let mut world = World {
        application: Some(false),
        delete_prevention: "enabledForCount".to_owned(),
        page: 100,
        ..World::default()
    };
    let ended = Timestamp::from_second(1_700_000_000).unwrap();
    for index in 0..configurations {
        let name = format!("d{index}");
        world.configurations.push(Configuration {
            id: name.clone(),
            display_name: format!("{name}.com"),
            template_id: Some("1a4721b3-e57f-4451-ae87-ef078703ec94".to_owned()),
            enabled: Some(true),
        });
        let jobs = [
            "AD2AADPasswordHash",
            "AD2AADProvisioning",
            "AAD2ADExchangeHybridWriteback",
        ]
        .map(|kind| job(kind, &name, ended));
        for job in &jobs {
            world.schemas.insert(
                job.id.clone(),
                br#"{"id":"x","version":"1","synchronizationRules":[{"id":"rule-1","objectMappings":[]}]}"#
                    .to_vec(),
            );
        }
        world.jobs.insert(name.clone(), jobs.to_vec());
        world.topology.groups.push(AgentGroup {
            id: format!("g{index}"),
            display_name: format!("Group-{name}"),
            is_default: index == 0,
            agents: Vec::new(),
            resources: vec![format!("r{index}")],
        });
        world.topology.resources.push(PublishedResource {
            id: format!("r{index}"),
            domain: format!("{name}.com"),
        });
    }
    for index in 0..agents {
        let group = format!("g{}", index % configurations.max(1));
        world.topology.agents.push(agent(&format!("a{index}"), &[&group]));
    }
    world
}

pub fn error(class: ErrorClass) -> ServiceError {
    ServiceError::new(class, format!("made up: {class:?}"))
}

impl Fake {
    pub fn new(world: World) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            latency: Duration::from_millis(80),
            in_flight: Mutex::default(),
            overlaps: AtomicUsize::new(0),
        })
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub fn asked(&self, call: &str) -> usize {
        self.world()
            .asked
            .iter()
            .filter(|asked| asked.call == call || asked.call.starts_with(&format!("{call} ")))
            .count()
    }

    /// Most requests and units of a class in any ten seconds.
    pub fn busiest(&self, class: Class) -> (usize, usize) {
        let world = self.world();
        let asked: Vec<&Asked> = world.asked.iter().filter(|asked| asked.class == class).collect();
        let window = |first: &&Asked| {
            let inside: Vec<&&Asked> = asked
                .iter()
                .filter(|other| other.at >= first.at && other.at - first.at < Duration::from_secs(10))
                .collect();
            (
                inside.iter().map(|asked| asked.requests).sum::<usize>(),
                inside.iter().map(|asked| asked.units).sum::<usize>(),
            )
        };
        asked
            .iter()
            .map(window)
            .fold((0, 0), |left, right| (left.0.max(right.0), left.1.max(right.1)))
    }

    fn call<'a, T: Send + 'a>(
        &'a self,
        name: &str,
        target: &str,
        class: Class,
        requests: usize,
        deed: impl FnOnce(&mut World) -> Result<T, ServiceError> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, ServiceError>> {
        let call = if target.is_empty() {
            name.to_owned()
        } else {
            format!("{name} {target}")
        };
        let name = name.to_owned();
        Box::pin(async move {
            self.world().asked.push(Asked {
                at: Instant::now(),
                call: call.clone(),
                class,
                // One unit, one for an expansion, twice.
                units: requests * 4,
                requests,
            });
            {
                let mut in_flight = self.in_flight.lock().unwrap();
                let count = in_flight.entry(call.clone()).or_default();
                *count += 1;
                if *count > 1 {
                    self.overlaps.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(self.latency).await;
            *self.in_flight.lock().unwrap().get_mut(&call).unwrap() -= 1;
            let mut world = self.world();
            if let Some(failure) = world.failures.get_mut(&name).and_then(VecDeque::pop_front) {
                return Err(failure);
            }
            let answer = deed(&mut world);
            if let Some(lost) = world.lost.get_mut(&name)
                && *lost > 0
            {
                *lost -= 1;
                return Err(error(ErrorClass::Lost));
            }
            answer
        })
    }
}

impl World {
    pub fn job(&mut self, configuration: &str, job: &str) -> Result<&mut SynchronizationJob, ServiceError> {
        self.jobs
            .get_mut(configuration)
            .and_then(|jobs| jobs.iter_mut().find(|known| known.id == job))
            .ok_or_else(|| error(ErrorClass::NotFound))
    }

    fn new_id(&mut self, kind: &str) -> String {
        self.ids += 1;
        format!("{kind}-{}", self.ids)
    }

    fn group(&mut self, id: &str) -> Result<&mut AgentGroup, ServiceError> {
        self.topology
            .groups
            .iter_mut()
            .find(|group| group.id == id)
            .ok_or_else(|| error(ErrorClass::NotFound))
    }
}

impl SynchronizationService for Fake {
    fn agent_topology(&self) -> Answer<'_, AgentTopology> {
        self.call("agents", "", Class::Directory, 4, |world| {
            if world.application == Some(true) {
                return Err(error(ErrorClass::Permission));
            }
            Ok(world.topology.clone())
        })
    }

    fn is_application(&self) -> Option<bool> {
        self.world().application
    }

    fn create_agent_group<'a>(&'a self, name: &'a str) -> Answer<'a, String> {
        self.call("create-group", name, Class::Directory, 1, move |world| {
            let id = world.new_id("group");
            world.topology.groups.push(AgentGroup {
                id: id.clone(),
                display_name: name.to_owned(),
                is_default: false,
                agents: Vec::new(),
                resources: Vec::new(),
            });
            Ok(id)
        })
    }

    fn rename_agent_group<'a>(&'a self, group: &'a str, name: &'a str) -> Answer<'a, ()> {
        self.call("rename-group", group, Class::Directory, 1, move |world| {
            name.clone_into(&mut world.group(group)?.display_name);
            Ok(())
        })
    }

    fn delete_agent_group<'a>(&'a self, group: &'a str) -> Answer<'a, ()> {
        self.call("delete-group", group, Class::Directory, 1, move |world| {
            world.topology.groups.retain(|known| known.id != group);
            Ok(())
        })
    }

    fn assign_agent<'a>(&'a self, agent: &'a str, group: &'a str) -> Answer<'a, ()> {
        self.call("assign", agent, Class::Directory, 1, move |world| {
            world.group(group)?.agents.push(agent.to_owned());
            Ok(())
        })
    }

    fn unassign_agent<'a>(&'a self, agent: &'a str, group: &'a str) -> Answer<'a, ()> {
        self.call("unassign", agent, Class::Directory, 1, move |world| {
            world.group(group)?.agents.retain(|known| known != agent);
            for known in world.topology.agents.iter_mut().filter(|known| known.id == agent) {
                known.groups.retain(|known| known != group);
            }
            Ok(())
        })
    }

    fn set_updater<'a>(&'a self, updater: &'a UpdaterConfiguration) -> Answer<'a, ()> {
        self.call("set-updater", "", Class::Directory, 1, move |world| {
            world.topology.updater = Some(updater.clone());
            Ok(())
        })
    }

    fn configurations(&self) -> Answer<'_, Vec<Configuration>> {
        self.call("configurations", "", Class::Directory, 3, |world| {
            Ok(world.configurations.clone())
        })
    }

    fn jobs<'a>(&'a self, configuration: &'a str) -> Answer<'a, Vec<SynchronizationJob>> {
        self.call("jobs", configuration, Class::Synchronization, 1, move |world| {
            if world.replication > 0 {
                world.replication -= 1;
                return Err(error(ErrorClass::NotFound));
            }
            world
                .jobs
                .get(configuration)
                .cloned()
                .ok_or_else(|| error(ErrorClass::NotFound))
        })
    }

    fn job<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, SynchronizationJob> {
        self.call("job", job, Class::Synchronization, 1, move |world| {
            world.job(configuration, job).cloned()
        })
    }

    fn start<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, ()> {
        self.call("start", job, Class::Synchronization, 1, move |world| {
            let deaf = world.deaf;
            let job = world.job(configuration, job)?;
            if !deaf {
                job.schedule.state = ScheduleState::Active;
                job.status.code = StatusCode::Active;
            }
            Ok(())
        })
    }

    fn pause<'a>(&'a self, configuration: &'a str, job: &'a str) -> Answer<'a, ()> {
        self.call("pause", job, Class::Synchronization, 1, move |world| {
            let deaf = world.deaf;
            let job = world.job(configuration, job)?;
            if !deaf {
                job.schedule.state = ScheduleState::Paused;
                job.status.code = StatusCode::Paused;
            }
            Ok(())
        })
    }

    fn restart<'a>(&'a self, configuration: &'a str, job: &'a str, scope: ResetScope) -> Answer<'a, ()> {
        self.call("restart", job, Class::Synchronization, 1, move |world| {
            world.restarts.push((job.to_owned(), scope));
            let deaf = world.deaf;
            let job = world.job(configuration, job)?;
            if !deaf && scope.holds(ResetScope::QUARANTINE_STATE) {
                job.status.quarantine = None;
                job.status.code = StatusCode::Active;
            }
            Ok(())
        })
    }

    fn provision_on_demand<'a>(
        &'a self,
        configuration: &'a str,
        job: &'a str,
        rule: &'a str,
        subject: &'a OnDemandSubject,
    ) -> Answer<'a, OnDemandOutcome> {
        self.call("provision", "", Class::Provisioning, 1, move |world| {
            world.job(configuration, job)?;
            assert_eq!(rule, "rule-1");
            world.provisioned.push(subject.clone());
            Ok(OnDemandOutcome {
                result: "Success".to_owned(),
                error: None,
                action: "Update".to_owned(),
                recommended: None,
                source: Some(subject.object_id.clone()),
                target: None,
                modified: Vec::new(),
                steps: Vec::new(),
            })
        })
    }

    fn schema<'a>(&'a self, _configuration: &'a str, job: &'a str) -> Answer<'a, Vec<u8>> {
        self.call("schema", job, Class::Synchronization, 1, move |world| {
            world
                .schemas
                .get(job)
                .cloned()
                .ok_or_else(|| error(ErrorClass::NotFound))
        })
    }

    fn replace_schema<'a>(
        &'a self,
        _configuration: &'a str,
        job: &'a str,
        schema: Vec<u8>,
    ) -> Answer<'a, ()> {
        self.call("replace-schema", job, Class::Synchronization, 1, move |world| {
            world.schemas.insert(job.to_owned(), schema);
            Ok(())
        })
    }

    fn notification_settings<'a>(
        &'a self,
        configuration: &'a str,
    ) -> Answer<'a, Option<NotificationSettings>> {
        self.call(
            "notification",
            configuration,
            Class::Synchronization,
            1,
            move |world| Ok(world.notification.get(configuration).cloned()),
        )
    }

    fn set_notification_settings<'a>(
        &'a self,
        configuration: &'a str,
        settings: &'a NotificationSettings,
    ) -> Answer<'a, ()> {
        self.call(
            "set-notification",
            configuration,
            Class::Synchronization,
            3,
            move |world| {
                world
                    .notification
                    .insert(configuration.to_owned(), settings.clone());
                Ok(())
            },
        )
    }

    fn provisioning_log<'a>(&'a self, query: &'a LogQuery, next: Option<&'a str>) -> Answer<'a, LogPage> {
        self.call("log", "", Class::Reports, 1, move |world| {
            let from: usize = next.map_or(0, |next| next.parse().unwrap());
            let page: Vec<ProvisioningLogEntry> =
                world.logs.iter().skip(from).take(world.page).cloned().collect();
            let after = from + page.len();
            Ok(LogPage {
                received: page.len(),
                entries: page.into_iter().filter(|entry| query.accepts(entry)).collect(),
                next: (after < world.logs.len()).then(|| after.to_string()),
            })
        })
    }

    fn audit<'a>(&'a self, query: &'a AuditQuery, _next: Option<&'a str>) -> Answer<'a, AuditPage> {
        self.call("audit", "", Class::Reports, 1, |world| {
            Ok(AuditPage {
                entries: world
                    .audit
                    .iter()
                    .filter(|entry| query.accepts(entry))
                    .cloned()
                    .collect(),
                next: None,
            })
        })
    }

    fn delete_prevention(&self) -> Answer<'_, TenantDeletePrevention> {
        self.call("delete-prevention", "", Class::Directory, 1, |world| {
            Ok(TenantDeletePrevention {
                kind: world.delete_prevention.clone(),
                threshold: Some(500),
            })
        })
    }

    fn disable_delete_prevention(&self) -> Answer<'_, ()> {
        self.call("disable-delete-prevention", "", Class::Directory, 1, |world| {
            "disabled".clone_into(&mut world.delete_prevention);
            Ok(())
        })
    }

    fn instantiate<'a>(&'a self, template: &'a str, name: &'a str) -> Answer<'a, String> {
        self.call("instantiate", "", Class::Directory, 1, move |world| {
            let id = world.new_id("configuration");
            world.configurations.push(Configuration {
                id: id.clone(),
                display_name: name.to_owned(),
                template_id: Some(template.to_owned()),
                enabled: Some(true),
            });
            world.jobs.insert(id.clone(), Vec::new());
            Ok(id)
        })
    }

    fn create_job<'a>(&'a self, configuration: &'a str, template: &'a str) -> Answer<'a, SynchronizationJob> {
        self.call(
            "create-job",
            configuration,
            Class::Synchronization,
            1,
            move |world| {
                let mut new = job(template, configuration, Timestamp::UNIX_EPOCH);
                new.status.code = StatusCode::Paused;
                new.status.last = None;
                new.schedule.state = ScheduleState::Disabled;
                new.settings.clear();
                world
                    .jobs
                    .get_mut(configuration)
                    .ok_or_else(|| error(ErrorClass::NotFound))?
                    .push(new.clone());
                Ok(new)
            },
        )
    }

    fn set_domain<'a>(&'a self, configuration: &'a str, domain: &'a str) -> Answer<'a, ()> {
        self.call(
            "set-domain",
            configuration,
            Class::Synchronization,
            3,
            move |world| {
                world.domains.insert(configuration.to_owned(), domain.to_owned());
                for job in world.jobs.get_mut(configuration).into_iter().flatten() {
                    job.settings = vec![Setting {
                        name: "DomainFQDN".to_owned(),
                        value: domain.to_owned(),
                    }];
                }
                Ok(())
            },
        )
    }
}
