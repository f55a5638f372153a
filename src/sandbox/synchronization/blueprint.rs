//! What a tenant has at the start: domains, agents, configurations, jobs and their past.

use serde_json::json;
use uuid::Uuid;

use super::audit;
use super::clock::{SECOND, Ticks};
use super::configuration::{Configuration, NOTIFICATION};
use super::directory::{INCLUDED_UNITS, Population, purpose, root};
use super::error_text::{BUSY, DUPLICATE, NOT_IN_SCOPE};
use super::job::{Counts, Ending, Execution, Job, Schedule};
use super::kind::{ATTRIBUTE_WRITEBACK, GROUPS, HYBRID_WRITEBACK, KINDS, PASSWORD_HASH, PROVISIONING};
use super::log::{Action, Entry, Initiator, Status, Subject};
use super::options::{CloudSyncOptions, CloudSyncSize};
use super::scope::{Scope, takes_group};
use super::{CloudSync, EXTRA_KIND};
use crate::sandbox::seed::{mix, uuid};
use crate::sandbox::tenant::Tenant;

const DAY: Ticks = 24 * 3600 * SECOND;
/// 2026-05-20, before the mapping of `mail` existed, and 2026-08-20, after it did (facts/graph section 9).
const BEFORE_MAIL: Ticks = 1_779_264_000 * SECOND + 2_095_357;
const AFTER_MAIL: Ticks = 1_787_212_800 * SECOND + 1_234_567;

/// Domains and how many agents each has.
type Domains = &'static [(&'static str, usize)];
const DEMO_DOMAINS: Domains = &[("contoso.com", 3), ("fabrikam.com", 2)];
const FULL_DOMAINS: Domains = &[
    ("contoso.com", 8),
    ("fabrikam.com", 6),
    ("emea.contoso.com", 4),
    ("asia.contoso.com", 2),
];

/// A configuration: its domain and its jobs by kind. The last job of those marked is not started.
struct Plan {
    domain: &'static str,
    jobs: &'static [usize],
    unstarted: bool,
    legacy: bool,
}

const fn plan(domain: &'static str, jobs: &'static [usize]) -> Plan {
    Plan {
        domain,
        jobs,
        unstarted: false,
        legacy: false,
    }
}

const DEMO: &[Plan] = &[
    plan("contoso.com", &[PROVISIONING, PASSWORD_HASH, HYBRID_WRITEBACK]),
    plan("fabrikam.com", &[PROVISIONING, PASSWORD_HASH]),
    plan("contoso.com", &[GROUPS]),
    Plan {
        legacy: true,
        ..plan("contoso.com", &[ATTRIBUTE_WRITEBACK])
    },
    Plan {
        unstarted: true,
        ..plan("fabrikam.com", &[ATTRIBUTE_WRITEBACK])
    },
];
const FULL: &[Plan] = &[
    plan("contoso.com", &[PROVISIONING, PASSWORD_HASH, HYBRID_WRITEBACK]),
    plan("fabrikam.com", &[PROVISIONING, PASSWORD_HASH, HYBRID_WRITEBACK]),
    plan(
        "emea.contoso.com",
        &[PROVISIONING, PASSWORD_HASH, HYBRID_WRITEBACK],
    ),
    plan("contoso.com", &[GROUPS, GROUPS, GROUPS]),
    Plan {
        legacy: true,
        unstarted: true,
        ..plan(
            "contoso.com",
            &[ATTRIBUTE_WRITEBACK, ATTRIBUTE_WRITEBACK, ATTRIBUTE_WRITEBACK],
        )
    },
];

/// Names of the domains that have people.
pub(super) fn domains(size: CloudSyncSize) -> Vec<String> {
    let domains = match size {
        CloudSyncSize::Demo => DEMO_DOMAINS,
        CloudSyncSize::Full => FULL_DOMAINS,
    };
    domains.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Fills an empty Cloud Sync.
pub(super) fn furnish(sync: &mut CloudSync, tenant: &Tenant, options: &CloudSyncOptions) {
    let now = sync.clock.now();
    let (domains, plans) = match options.size {
        CloudSyncSize::Demo => (DEMO_DOMAINS, DEMO),
        CloudSyncSize::Full => (FULL_DOMAINS, FULL),
    };
    agents(sync, tenant.seed, domains);
    for (place, plan) in plans.iter().enumerate() {
        let configuration = configuration(sync, tenant, plan, place, now);
        sync.configurations.push(configuration);
    }
    // A kind nobody has documented, shown only when asked for.
    let mut extra = sync.new_job(tenant, 0, &EXTRA_KIND, now - 40 * DAY);
    extra.hidden = true;
    extra.schedule = Schedule::Paused;
    sync.configurations[0].jobs.push(extra);
    past(sync, tenant, options.log_rows, now);
}

fn agents(sync: &mut CloudSync, seed: u64, domains: Domains) {
    let topology = &mut sync.topology;
    topology
        .add_group(seed, "Default group for AD Sync Fabric")
        .is_default = true;
    for (domain, many) in domains {
        let resource = topology.add_resource(seed, domain, domain);
        let members: Vec<Uuid> = (1..=*many)
            .map(|number| topology.add_agent(seed, format!("SYNC{number:02}.{domain}")))
            .collect();
        let suffix = mix(seed, members.len() as u64, purpose::AGENT_GROUP) & 0xFFFF_FFFF;
        let group = topology.add_group(seed, &format!("Group-{domain}-{suffix:08x}"));
        group.resources.push(resource);
        group.agents.extend(&members);
        // An agent may sit in several groups.
        if let Some(first) = members.first() {
            topology.groups[0].agents.push(*first);
        }
    }
}

fn configuration(
    sync: &mut CloudSync,
    tenant: &Tenant,
    plan: &Plan,
    place: usize,
    now: Ticks,
) -> Configuration {
    let seed = tenant.seed;
    let created = if plan.legacy {
        BEFORE_MAIL
    } else if plan.unstarted {
        AFTER_MAIL
    } else {
        now - (40 + 20 * place as i64) * DAY
    };
    let ids = sync.next_ids(seed);
    let application = KINDS[plan.jobs[0]].application;
    let mut it = Configuration::new(ids, plan.domain, application, created);
    it.secrets = secrets(seed, place as u64, plan);
    for (nth, kind) in plan.jobs.iter().enumerate() {
        let kind = &KINDS[*kind];
        let label = sync.label(tenant, kind, it.id, it.display_name.clone());
        let mut job = Job::new(label, created);
        if plan.domain == "fabrikam.com" && kind.from_directory || plan.legacy && nth == 0 {
            job.containers = INCLUDED_UNITS
                .iter()
                .map(|unit| format!("{unit},{}", root(plan.domain)))
                .collect();
        }
        job.legacy_mappings = plan.legacy && nth == 0;
        let last = nth + 1 == plan.jobs.len();
        if !(plan.unstarted && last) {
            run_before(&mut job, sync, tenant, plan.domain, now);
        }
        it.jobs.push(job);
    }
    it
}

/// Secrets as a configuration may have them: the documented ones, and material that must never be seen anywhere.
fn secrets(seed: u64, place: u64, plan: &Plan) -> Vec<(String, String)> {
    let material = |number: u64| {
        format!(
            "{:016x}{:016x}",
            mix(seed, place * 100 + number, purpose::SECRET),
            mix(seed, place * 100 + number + 50, purpose::SECRET)
        )
    };
    let threshold = if place == 0 { 10 } else { 500 };
    let mut secrets = vec![
        ("Domain", json!({ "domain": plan.domain }).to_string()),
        (
            "AppKey",
            json!({ "appKeyScenario": "AD2AADPasswordHash" }).to_string(),
        ),
        ("Password", format!("Pw!{}", material(1))),
        (
            "SecretToken",
            format!(
                "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.{}.{}",
                material(2),
                material(3)
            ),
        ),
        ("ClientSecret", format!("q~8Q~{}", material(4))),
        ("SyncAgentCompatibilityKey", material(5)),
    ];
    if place != 1 {
        let settings = json!({ "Enabled": true, "Recipients": "ops@contoso.com", "DeleteThresholdEnabled": true, "DeleteThresholdValue": threshold });
        secrets.push((NOTIFICATION, settings.to_string()));
    }
    secrets
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// Lets a job have run well until now.
fn run_before(job: &mut Job, sync: &mut CloudSync, tenant: &Tenant, domain: &str, now: Ticks) {
    let seed = tenant.seed;
    let number = mix(seed, job.label.number.into(), purpose::JOB + 0x100);
    let cadence = job.kind().cadence;
    let around = sync.surroundings(tenant, Some(domain.to_owned()));
    job.entries = around.entitled(job);
    job.schedule = Schedule::Active;
    job.watermark = true;
    // The first executions come soon, one after the other.
    job.next_begin = now + 2 * SECOND + (number % 100) as i64 * cadence / 120;
    let began = job.next_begin - cadence;
    let execution = Execution {
        activity: uuid(seed, job.label.number, purpose::ACTIVITY + 0x300),
        ending: Ending::Succeeded,
        began,
        ended: began + 5 * SECOND + (number >> 20) as i64 % SECOND,
        counts: Counts {
            entitled: job.entries,
            entitled_for_provisioning: job.entries,
            exported: 3,
            exports: 3,
            imported: 5,
            imported_deltas: 5,
            ..Counts::default()
        },
        error: None,
    };
    job.steady_first = Some(job.created + 3600 * SECOND + 4_706_449);
    job.steady_last = Some(execution.ended);
    job.last_good_with_exports = Some(execution.clone());
    job.last_good = Some(execution.clone());
    job.last = Some(execution);
}

/// Entries of logs from before the start.
fn past(sync: &mut CloudSync, tenant: &Tenant, rows: usize, now: Ticks) {
    let seed = tenant.seed;
    let domains = sync.domains.clone();
    let people = Population {
        tenant,
        domains: &domains,
    };
    let mut written = Vec::with_capacity(rows);
    let running: Vec<(&Job, String)> = sync
        .configurations
        .iter()
        .flat_map(|it| {
            let domain = it.domain().unwrap_or_default();
            it.jobs.iter().map(move |job| (job, domain.clone()))
        })
        .filter(|(job, _)| job.schedule == Schedule::Active)
        .collect();
    let managed = people.cloud_managed();
    let scopes: Vec<Scope> = running.iter().map(|(job, _)| Scope::of(job)).collect();
    for row in 0..rows as u64 {
        let number = mix(seed, row, purpose::LOG + 0x100);
        let place = number as usize % running.len();
        let (job, domain) = &running[place];
        let at = now - 7 * DAY + 6 * DAY / rows as i64 * row as i64;
        let index = if job.kind().is(ATTRIBUTE_WRITEBACK) {
            managed
                .get((number >> 20) as usize % managed.len().max(1))
                .copied()
        } else {
            Some(people.nth_of(domain, number >> 20))
        };
        let group = (number >> 20) as u32 % people.groups();
        let (subject, takes) = match index {
            Some(index) if !job.kind().groups => {
                let takes = scopes[place].takes(job, &people.person(index), &people);
                (Subject::Person(index), takes)
            }
            _ => (Subject::Group(group), takes_group(group)),
        };
        let action =
            [Action::Update, Action::Update, Action::Create, Action::Update][(number >> 50) as usize % 4];
        let ambiguous = matches!(subject, Subject::Person(index) if people.is_ambiguous(index));
        let (action, status, error) = match (number >> 40) % 50 {
            _ if !takes => (Action::Other, Status::Skipped, Some(NOT_IN_SCOPE)),
            _ if ambiguous => (action, Status::Failure, Some(DUPLICATE)),
            0 => (action, Status::Failure, Some(BUSY)),
            _ => (action, Status::Success, None),
        };
        written.push(Entry {
            at,
            number: 0,
            label: std::sync::Arc::clone(&job.label),
            cycle: 1_000_000 + row / 4,
            subject,
            action,
            status,
            error,
            by: Initiator::Service,
        });
    }
    let targets: Vec<_> = sync
        .configurations
        .iter()
        .map(|it| (it.id, it.display_name.clone()))
        .collect();
    written.into_iter().for_each(|entry| sync.log.write(entry));
    for (place, target) in targets.iter().enumerate() {
        let at = now - (12 - 2 * place as i64) * DAY;
        sync.audits
            .write(at, audit::ADD, Initiator::User, target.clone(), None);
        let group = (people.group_id(place as u32), format!("Group {place:02}"));
        sync.audits.write_other(at + SECOND, "Add member to group", group);
        sync.audits.write(
            at + 2 * SECOND,
            audit::START,
            Initiator::User,
            target.clone(),
            None,
        );
    }
}
