//! The Agents tab with jobs, agents and groups, and answers to what is asked there.

use std::sync::Arc;

use handover::{
    domain::synchronization::{
        AgentRecord, AuditEntry, LogIdentity, ModifiedProperty, OnDemandOutcome, OnDemandStep,
        OnDemandSubject, ProvisioningAction, ProvisioningLogEntry, ProvisioningStatus, ProvisioningStep,
        StepKind, SynchronizationError, served_domains,
    },
    engine::synchronization::{ActionPlan, AgentsSeen, JobSeen, Running, SynchronizationAction, WatchEvent},
    tui::{
        Effect, Failure, Glyphs, JobId, LogEffect, LogMsg, LogPageRead, LogPageRequest, LogRecord, Msg,
        Settings, SteeringEffect, SteeringMsg, Tab, WatchOrder,
    },
};

use crate::{
    support::{Cockpit, settings, timestamp},
    synchronization::world,
};

pub const SMALL: (u16, u16) = (80, 24);
pub const LARGE: (u16, u16) = (120, 40);

/// Settings on the Agents tab.
pub fn agents_settings(write: bool) -> Settings {
    let mut settings = settings();
    settings.tab = Tab::Agents;
    settings.policy.read_only = !write;
    settings
}

/// The tab with two configurations of three jobs each, and three agents.
pub fn tab(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = Cockpit::signed_in(settings, size);
    let watch = cockpit
        .effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Watch(WatchOrder::Begin { watch }) => Some(*watch),
            _ => None,
        })
        .expect("no watch began");
    let at = timestamp("2026-11-22T14:01:00Z");
    let world = world(2, 3);
    let mut tell = |event| cockpit.send(Msg::Watch { watch, event });
    tell(WatchEvent::Configurations {
        configurations: world.configurations.clone(),
        at,
    });
    for (configuration, jobs) in &world.jobs {
        let jobs = jobs.iter().map(|job| JobSeen {
            job: job.clone(),
            history: Vec::new(),
            cadence: None,
            running: Running::No,
            advice: None,
        });
        tell(WatchEvent::Jobs {
            configuration: configuration.clone(),
            jobs: jobs.collect(),
            at,
        });
    }
    let record = |agent: &handover::domain::synchronization::Agent| AgentRecord {
        agent: agent.clone(),
        first_seen: at,
        last_seen: at,
        group_names: vec!["Group-d0".to_owned()],
        domains: vec!["d0.com".to_owned()],
        last_active: Some(at),
        silent_since: None,
        listed: true,
    };
    tell(WatchEvent::Agents(Box::new(AgentsSeen {
        records: world.topology.agents.iter().map(record).collect(),
        domains: served_domains(&world.topology),
        topology: world.topology,
        at,
    })));
    // From the password hashes to the job that provisions users.
    cockpit.press("j");
    cockpit.wait(10_000);
    cockpit.effects.clear();
    cockpit
}

/// The screen without frames and line ends.
pub fn said(cockpit: &Cockpit) -> String {
    let screen = cockpit.screen().replace('|', " ");
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writable, small, plain.
pub fn writable() -> Cockpit {
    tab(agents_settings(true), SMALL)
}

/// The newest action that is to be prepared.
pub fn prepared(cockpit: &Cockpit) -> (JobId, SynchronizationAction) {
    let found = cockpit.effects.iter().rev().find_map(|effect| match effect {
        Effect::Steering(SteeringEffect::Prepare { job, action }) => Some((*job, (**action).clone())),
        _ => None,
    });
    found.expect("nothing is prepared")
}

/// The newest plan that is to be carried out, with what was typed.
pub fn carried_out(cockpit: &Cockpit) -> Option<(JobId, Arc<ActionPlan>, String)> {
    cockpit.effects.iter().rev().find_map(|effect| match effect {
        Effect::Steering(SteeringEffect::CarryOut { job, plan, confirmed }) => {
            Some((*job, plan.clone(), confirmed.clone()))
        }
        _ => None,
    })
}

/// Answers the newest look with a plan, changed as wanted.
pub fn answer_plan(cockpit: &mut Cockpit, change: impl FnOnce(&mut ActionPlan)) {
    let (job, action) = prepared(cockpit);
    let mut plan = ActionPlan {
        action,
        tenant: "contoso.onmicrosoft.com".to_owned(),
        summary: vec![
            "Pause job d0.com, AD to Entra.".to_owned(),
            "Now: schedule active, state active.".to_owned(),
        ],
        warnings: Vec::new(),
        danger: false,
        phrase: "contoso.onmicrosoft.com".to_owned(),
        count: 1,
        before: None,
        made_at: cockpit.now().wall,
        schema: None,
    };
    change(&mut plan);
    cockpit.send(Msg::Steering(SteeringMsg::Prepared {
        job,
        result: Ok(Arc::new(plan)),
    }));
}

pub fn subject(name: &str) -> OnDemandSubject {
    OnDemandSubject {
        object_id: format!("CN={name},OU=Staff,DC=contoso,DC=com"),
        object_type: "user".to_owned(),
    }
}

/// What comes of an object: written, or refused with a known code.
pub fn outcome(good: bool) -> OnDemandOutcome {
    let step = |seconds: i64, kind: &str, status: &str, description: &str| OnDemandStep {
        name: format!("Entry{kind}"),
        kind: kind.to_owned(),
        status: status.to_owned(),
        description: description.to_owned(),
        at: Some(timestamp("2026-11-22T14:02:00Z") + jiff::SignedDuration::from_secs(seconds)),
        details: Vec::new(),
    };
    let mut scoping = step(1, "Scoping", "Success", "The user is in scope.");
    scoping.details = vec![("ScopeEvaluationResult".to_owned(), "In scope".to_owned())];
    let export = match good {
        true => step(3, "Export", "Success", "The user was updated in Entra ID."),
        false => step(3, "Export", "Failure", "The agent did not answer in time."),
    };
    OnDemandOutcome {
        result: if good { "Success" } else { "Failure" }.to_owned(),
        error: (!good).then(|| SynchronizationError {
            code: "TimeOut".to_owned(),
            message: "The request took too long.".to_owned(),
            tenant_actionable: Some(true),
        }),
        action: "Update".to_owned(),
        recommended: None,
        source: Some("11111111-2222-3333-4444-555555555555".to_owned()),
        target: Some("66666666-7777-8888-9999-aaaaaaaaaaaa".to_owned()),
        modified: vec![
            ModifiedProperty {
                name: "department".to_owned(),
                old: Some("Sales".to_owned()),
                new: Some("Research".to_owned()),
            },
            ModifiedProperty {
                name: "mobilePhone".to_owned(),
                old: None,
                new: Some("+49 30 1234".to_owned()),
            },
        ],
        steps: vec![
            step(0, "Import", "Success", "The user was read from Active Directory."),
            scoping,
            step(2, "Matching", "Success", "One match by the source anchor."),
            export,
        ],
    }
}

/// An entry of a provisioning log.
pub fn entry(number: usize) -> ProvisioningLogEntry {
    const NAMES: [&str; 5] = [
        "Ada Lovelace",
        "Bert Novak",
        "Chiara Rossi",
        "Dmitri Okafor",
        "Emeka Haddad",
    ];
    let failed = number % 7 == 3;
    ProvisioningLogEntry {
        id: format!("log-{number}"),
        at: Some(timestamp("2026-11-22T13:59:00Z") - jiff::SignedDuration::from_secs(41 * number as i64)),
        job_id: "job".to_owned(),
        cycle_id: format!("cycle-{}", number / 50),
        action: match number % 4 {
            0 => ProvisioningAction::Create,
            3 => ProvisioningAction::Delete,
            _ => ProvisioningAction::Update,
        },
        status: match (failed, number % 5) {
            (true, _) => ProvisioningStatus::Failure,
            (_, 1) => ProvisioningStatus::Skipped,
            _ => ProvisioningStatus::Success,
        },
        error: failed.then(|| SynchronizationError {
            code: "HybridSynchronizationActiveDirectoryInternalServerError".to_owned(),
            message: "The domain controller did not answer.".to_owned(),
            tenant_actionable: None,
        }),
        recommended: failed.then(|| "Check the domain controller.".to_owned()),
        milliseconds: Some(1_234),
        source: LogIdentity {
            id: format!("00000000-0000-0000-0000-{number:012}"),
            display_name: format!("{} {number}", NAMES[number % NAMES.len()]),
            kind: "user".to_owned(),
            distinguished_name: number.is_multiple_of(2).then(|| {
                format!(
                    "CN={} {number},OU=Staff,DC=contoso,DC=com",
                    NAMES[number % NAMES.len()]
                )
            }),
        },
        target: LogIdentity::default(),
        steps: vec![ProvisioningStep {
            name: "EntryImport".to_owned(),
            kind: StepKind::Import,
            status: ProvisioningStatus::Success,
            description: "Read from Active Directory.".to_owned(),
            details: vec![("ObjectType".to_owned(), "user".to_owned())],
        }],
        modified: vec![ModifiedProperty {
            name: "displayName".to_owned(),
            old: Some("A. Lovelace".to_owned()),
            new: Some("Ada Lovelace".to_owned()),
        }],
    }
}

/// An entry of the audit.
pub fn audit_entry(number: usize) -> AuditEntry {
    const ACTIVITIES: [&str; 4] = [
        "Enable/restart provisioning",
        "Update provisioning setting or credentials",
        "Update attribute mappings or scope",
        "Disable/pause provisioning",
    ];
    AuditEntry {
        id: format!("Directory_{number}"),
        at: Some(timestamp("2026-11-22T13:59:00Z") - jiff::SignedDuration::from_mins(37 * number as i64)),
        activity: ACTIVITIES[number % ACTIVITIES.len()].to_owned(),
        by: ["admin@contoso.com", "Robot"][number % 2].to_owned(),
        result: if number % 5 == 4 { "failure" } else { "success" }.to_owned(),
        targets: vec![["d0.com", "d1.com"][number / 2 % 2].to_owned()],
        modified: vec![ModifiedProperty {
            name: "SyncNotificationSettings".to_owned(),
            old: Some("500".to_owned()),
            new: Some("10".to_owned()),
        }],
    }
}

/// Answers the newest page with these entries of the audit.
pub fn answer_audit(cockpit: &mut Cockpit, numbers: std::ops::Range<usize>) {
    let (job, _) = asked_page(cockpit);
    let rows = numbers.map(|number| LogRecord::Audit(audit_entry(number)));
    cockpit.send(Msg::Log(LogMsg::Page {
        job,
        result: Ok(LogPageRead {
            rows: Arc::new(rows.collect()),
            next: None,
        }),
    }));
}

/// The newest page that is asked for.
pub fn asked_page(cockpit: &Cockpit) -> (JobId, LogPageRequest) {
    let found = cockpit.effects.iter().rev().find_map(|effect| match effect {
        Effect::Log(LogEffect::ReadPage { job, request }) => Some((*job, request.clone())),
        _ => None,
    });
    found.expect("no page is asked for")
}

/// How many pages were asked for.
pub fn pages_asked(cockpit: &Cockpit) -> usize {
    let pages = cockpit
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Log(LogEffect::ReadPage { .. })));
    pages.count()
}

/// Answers the newest page with these entries.
pub fn answer_page(cockpit: &mut Cockpit, numbers: std::ops::Range<usize>, more: bool) {
    let (job, _) = asked_page(cockpit);
    let rows = numbers.map(|number| LogRecord::Provisioning(entry(number)));
    cockpit.send(Msg::Log(LogMsg::Page {
        job,
        result: Ok(LogPageRead {
            rows: Arc::new(rows.collect()),
            next: more.then(|| "next".to_owned()),
        }),
    }));
}

/// Answers the newest filter as the runtime would.
pub fn answer_filter(cockpit: &mut Cockpit) {
    let request = cockpit.effects.iter().rev().find_map(|effect| match effect {
        Effect::Log(LogEffect::Filter(request)) => Some(request.clone()),
        _ => None,
    });
    let request = request.expect("nothing is filtered");
    cockpit.send(Msg::Log(request.answer()));
}

pub fn refused(message: &str) -> Failure {
    Failure::new(message)
}

pub fn unicode(mut settings: Settings) -> Settings {
    settings.glyphs = Glyphs::UNICODE;
    settings
}
