//! The runtime against the sandbox over real sockets: every effect is answered as the cockpit expects.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "runtime/live_table.rs"]
mod live_table;
#[path = "runtime/steering.rs"]
mod steering;
#[path = "support/cockpit.rs"]
mod support;

use std::{path::Path, sync::Arc, time::Duration};

use handover::{
    cloud::{
        auth::{Credentials, MemoryStore, SecretStore},
        transport::Settings,
    },
    domain::{
        Change, Endpoints, ErrorClass, Mailbox, ObjectId, PLAN_FORMAT, Plan, PlanContent, PlanItem, Policy,
        Profile, SignInMethod, SourceOfAuthority, Target, TenantName, filter::Filter, table::MailboxTable,
    },
    engine::{
        InventoryQuery, Steering, information::Startup, session::CloudSessions, synchronization::WatchEvent,
    },
    sandbox::{Options, Sandbox},
    tui::{
        ArrangeRequest, Effect, Failure, JobId, Msg, PlanRequest, RunOutcome, WatchOrder,
        runtime::{Access, ProfileSource, Runtime, RuntimeOptions},
    },
};
use jiff::Timestamp;
use tokio::sync::mpsc;

struct Cockpit {
    runtime: Runtime<CloudSessions>,
    answers: mpsc::Receiver<Msg>,
    jobs: u64,
}

impl Cockpit {
    /// A cockpit whose profile comes later: with the start of the sandbox, as `demo` does it.
    fn start(data_dir: &Path, mailboxes: usize, latency: Duration) -> Self {
        Self::start_with(data_dir, mailboxes, latency, Policy::default())
    }

    fn start_with(data_dir: &Path, mailboxes: usize, latency: Duration, policy: Policy) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let source = ProfileSource::Later(Box::pin(async move {
            let options = Options {
                mailboxes,
                latency,
                ..Options::default()
            };
            let sandbox = Sandbox::start(options)
                .await
                .map_err(|error| Failure::new(error.to_string()))?;
            let ready = sandbox.ready();
            let endpoints = Endpoints::custom(&ready.login, &ready.graph, &ready.exchange).unwrap();
            Ok(Access {
                profile: Profile {
                    name: "sandbox".to_owned(),
                    tenant: ready.tenant_id.clone(),
                    method: SignInMethod::ClientSecret,
                    client_id: Some(ready.client_id.clone()),
                    endpoints,
                },
                credentials: Credentials {
                    client_secret: Some(ready.client_secret.clone().into()),
                    ..Credentials::default()
                },
                keep: Some(Box::new(sandbox)),
            })
        }));
        let (sender, answers) = mpsc::channel(64);
        let store: Arc<dyn SecretStore> = Arc::new(MemoryStore::new("a test"));
        let options = RuntimeOptions {
            opener: CloudSessions {
                secret_store: Box::new(move || Arc::clone(&store)),
                transport: Settings::default(),
            },
            source,
            policy,
            data_dir: data_dir.to_owned(),
            write_configuration: Arc::new(|_| Err(Failure::new("not in this test"))),
            check_source: Arc::new(|| Box::pin(async { Ok(Default::default()) })),
            startup: Startup {
                config_file: data_dir.join("config.toml"),
                profiles: Vec::new(),
                environment: Vec::new(),
                secret_store: Arc::new(|| Arc::new(MemoryStore::new("a test"))),
            },
        };
        Self {
            runtime: Runtime::new(options, sender),
            answers,
            jobs: 0,
        }
    }

    fn job(&mut self) -> JobId {
        self.jobs += 1;
        JobId(self.jobs)
    }

    /// Performs an effect and waits for the answer that `pick` knows.
    async fn ask<T>(&mut self, effect: Effect, mut pick: impl FnMut(Msg) -> Option<T>) -> T {
        self.runtime.perform(effect);
        let wait = async {
            loop {
                if let Some(found) = pick(self.answers.recv().await.unwrap()) {
                    return found;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait)
            .await
            .expect("no answer came")
    }

    async fn sign_in(&mut self) -> TenantName {
        let job = self.job();
        let identity = self
            .ask(Effect::SignIn { job }, |message| match message {
                Msg::SignedIn { result, .. } => Some(result),
                _ => None,
            })
            .await
            .unwrap();
        let job = self.job();
        let organization = self
            .ask(Effect::ReadOrganization { job }, |message| match message {
                Msg::Organization { result, .. } => Some(result),
                _ => None,
            })
            .await
            .unwrap();
        assert_eq!(organization.tenant.id, identity.tenant_id);
        organization.tenant
    }

    async fn load(&mut self) -> Vec<Mailbox> {
        let (job, query) = (self.job(), InventoryQuery::default());
        let mut rows = Vec::new();
        let effect = Effect::LoadInventory { job, query };
        let end = self
            .ask(effect, |message| match message {
                Msg::MailboxesLoaded { mailboxes, .. } => {
                    assert!(mailboxes.len() <= 1_000);
                    rows.extend(mailboxes);
                    None
                }
                Msg::InventoryEnded { result, .. } => Some(result),
                _ => None,
            })
            .await
            .unwrap();
        assert_eq!(end.rows, rows.len() as u64);
        rows
    }
}

fn plan(tenant: &TenantName, mailboxes: &[&Mailbox]) -> Arc<Plan> {
    let item = |mailbox: &&Mailbox| PlanItem {
        id: mailbox.id,
        display_name: mailbox.display_name.clone(),
        primary_smtp_address: mailbox.primary_smtp_address.clone(),
        findings: Vec::new(),
    };
    let content = PlanContent {
        format: PLAN_FORMAT.to_owned(),
        created_at: Timestamp::now(),
        created_by: "a test".to_owned(),
        tool_version: "0".to_owned(),
        tenant: tenant.clone(),
        change: Change::SetAuthority {
            target: Target::Cloud,
        },
        items: mailboxes.iter().map(item).collect(),
        already_there: 0,
        blocked: Vec::new(),
        run_findings: Vec::new(),
        irreversible: Vec::new(),
        undo_of: None,
        overwrites: Vec::new(),
        loss_accepted: false,
    };
    Arc::new(Plan::seal(content).unwrap())
}

fn can_go(mailbox: &&Mailbox) -> bool {
    mailbox.authority == SourceOfAuthority::OnPremises
        && mailbox.dir_synced == Some(true)
        && mailbox.recipient_type.can_be_handed_over()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_sign_in_to_a_verified_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(folder.path(), 1_500, Duration::ZERO);
    cockpit.sign_in().await;
    let rows = cockpit.load().await;
    assert!(rows.len() >= 1_500 - 1);

    let mut table = MailboxTable::new();
    table.append(rows.clone());
    let request = ArrangeRequest {
        generation: 1,
        table: table.snapshot(),
        filter: Filter::parse("flag:onprem", Timestamp::now()).unwrap(),
        sort: None,
    };
    let expected = rows
        .iter()
        .filter(|row| row.authority == SourceOfAuthority::OnPremises)
        .count();
    let arranged = cockpit
        .ask(Effect::Arrange(request), |message| match message {
            Msg::Arranged { generation: 1, rows } => Some(rows),
            _ => None,
        })
        .await;
    assert_eq!(arranged.len(), expected);

    let job = cockpit.job();
    let details = cockpit
        .ask(
            Effect::ReadDetails { job, id: rows[0].id },
            |message| match message {
                Msg::Details { result, .. } => Some(result),
                _ => None,
            },
        )
        .await
        .unwrap();
    assert_eq!(details.cloud.authority(), rows[0].authority);

    let chosen: Vec<&Mailbox> = rows.iter().filter(can_go).take(50).collect();
    let ids: Vec<ObjectId> = chosen.iter().map(|mailbox| mailbox.id).collect();
    let job = cockpit.job();
    let save = Effect::SaveWave {
        job,
        name: "pilot".to_owned(),
        mailboxes: ids.clone(),
    };
    let waves = cockpit
        .ask(save, |message| match message {
            Msg::Waves { result, .. } => Some(result),
            _ => None,
        })
        .await
        .unwrap();
    assert_eq!((waves[0].name.as_str(), waves[0].mailboxes), ("pilot", 50));

    // Read-only until unlocked.
    let plan_ready = |message| match message {
        Msg::PlanReady { result, .. } => Some(result),
        _ => None,
    };
    let job = cockpit.job();
    let request = PlanRequest::Authority {
        target: Target::Cloud,
        mailboxes: ids.clone(),
    };
    let plan = cockpit
        .ask(Effect::BuildPlan { job, request }, plan_ready)
        .await
        .unwrap();
    let planned = plan.content.items.len() as u64;
    assert!(
        planned > 30 && planned + plan.content.blocked.len() as u64 == 50,
        "{:?}",
        plan.content.blocked
    );
    let run_end = |message| match message {
        Msg::RunEnded { result, .. } => Some(result),
        _ => None,
    };
    let job = cockpit.job();
    let apply = Effect::Apply {
        job,
        plan: Arc::clone(&plan),
        expect_count: planned,
    };
    let refused = cockpit.ask(apply, run_end).await.unwrap_err();
    assert!(refused.message.contains("read-only"), "{refused:?}");
    cockpit.runtime.perform(Effect::UnlockWriting);
    let job = cockpit.job();
    let mut settled = 0;
    let mut progress = 0;
    let apply = Effect::Apply {
        job,
        plan,
        expect_count: planned,
    };
    let outcome = cockpit
        .ask(apply, |message| match message {
            Msg::RunProgress { .. } => {
                progress += 1;
                None
            }
            Msg::Settled { mailboxes, .. } => {
                assert!(mailboxes.len() <= 1_000);
                settled += mailboxes.len();
                None
            }
            other => run_end(other),
        })
        .await
        .unwrap();
    assert_eq!(
        (outcome.summary.done, settled as u64, outcome.unsettled.len()),
        (planned, planned, 0)
    );
    assert!(progress > 0);

    let (job, run) = (cockpit.job(), outcome.summary.run.clone());
    let verified = cockpit
        .ask(Effect::Verify { job, run }, |message| match message {
            Msg::Verified { result, .. } => Some(result),
            _ => None,
        })
        .await
        .unwrap();
    assert_eq!((verified.as_written, verified.reverted.len()), (planned, 0));

    // The way back names every value that would be lost; nothing is accepted until it is typed out.
    let (job, run) = (cockpit.job(), outcome.summary.run.clone());
    let undo = cockpit
        .ask(Effect::UndoPlan { job, run }, plan_ready)
        .await
        .unwrap();
    assert_eq!(undo.content.items.len() as u64, planned);
    assert!(!undo.content.loss_accepted);
    assert_eq!(
        undo.content.undo_of.as_deref(),
        Some(outcome.summary.run.as_str())
    );
    let job = cockpit.job();
    let accepted = cockpit
        .ask(
            Effect::AcceptLoss {
                job,
                plan: Arc::clone(&undo),
            },
            plan_ready,
        )
        .await
        .unwrap();
    assert!(accepted.content.loss_accepted && accepted.sha256 != undo.sha256);
    let job = cockpit.job();
    let runs = cockpit
        .ask(Effect::ListRuns { job }, |message| match message {
            Msg::Runs { result, .. } => Some(result),
            _ => None,
        })
        .await
        .unwrap();
    assert!(runs[0].this_tenant && runs[0].remaining == 0);
    assert_eq!(
        cockpit
            .runtime
            .close(Duration::from_secs(5), std::future::pending())
            .await,
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_in_the_middle_names_the_run_to_resume() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(folder.path(), 3_000, Duration::from_millis(100));
    let tenant = cockpit.sign_in().await;
    let rows = cockpit.load().await;
    let chosen: Vec<&Mailbox> = rows.iter().filter(can_go).take(1_000).collect();
    let count = chosen.len() as u64;
    cockpit.runtime.perform(Effect::UnlockWriting);
    let job = cockpit.job();
    let apply = Effect::Apply {
        job,
        plan: plan(&tenant, &chosen),
        expect_count: count,
    };
    cockpit
        .ask(apply, |message| match message {
            Msg::RunProgress { progress, .. } if progress.done > 0 => Some(()),
            Msg::RunEnded { result, .. } => panic!("ended too early: {result:?}"),
            _ => None,
        })
        .await;
    let Cockpit { runtime, answers, .. } = cockpit;
    drop(answers);
    assert!(runtime.is_writing());
    let cut = runtime
        .close(Duration::from_secs(30), std::future::pending())
        .await;
    let runs = handover::engine::runs::list(folder.path()).unwrap();
    assert_eq!(cut.len(), 1, "{runs:?}");
    assert_eq!(runs[0].run, cut[0]);
    assert!(runs[0].remaining > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_inventory_keeps_its_rows_and_ends_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(folder.path(), 20_000, Duration::from_millis(50));
    cockpit.sign_in().await;
    let (job, query) = (cockpit.job(), InventoryQuery::default());
    cockpit
        .ask(Effect::LoadInventory { job, query }, |message| match message {
            Msg::MailboxesLoaded { .. } => Some(()),
            _ => None,
        })
        .await;
    let failure = cockpit
        .ask(Effect::CancelJob(job), |message| match message {
            Msg::InventoryEnded { result, .. } => Some(result),
            _ => None,
        })
        .await
        .unwrap_err();
    assert!(failure.cancelled, "{failure:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_named_as_people_type_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(folder.path(), 300, Duration::ZERO);
    cockpit.sign_in().await;
    let rows = cockpit.load().await;
    let mut table = MailboxTable::new();
    table.append(rows.clone());
    let typed = format!("\"{}\"", folder.path().join("view.csv").display());
    let exported = |message| match message {
        Msg::Exported { result, .. } => Some(result),
        _ => None,
    };
    let export = |job| Effect::ExportView {
        job,
        path: typed.clone(),
        table: table.snapshot(),
        rows: vec![2, 0, 1],
    };
    let job = cockpit.job();
    let (path, count) = cockpit.ask(export(job), exported).await.unwrap();
    assert_eq!(count, 3);
    let job = cockpit.job();
    assert!(
        cockpit
            .ask(export(job), exported)
            .await
            .unwrap_err()
            .message
            .contains("exists already")
    );

    let job = cockpit.job();
    let import = Effect::ImportMarks {
        job,
        path,
        table: table.snapshot(),
    };
    let marks = cockpit
        .ask(import, |message| match message {
            Msg::MarksImported { result, .. } => Some(result),
            _ => None,
        })
        .await
        .unwrap();
    assert_eq!(marks.mailboxes, [rows[2].id, rows[0].id, rows[1].id]);

    let text = "copied text".to_owned();
    let kept = cockpit
        .ask(Effect::Copy(text), |message| match message {
            Msg::CopyFailed(result) => Some(result),
            _ => None,
        })
        .await
        .unwrap();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "copied text");
}

fn run_ended(message: Msg) -> Option<Result<RunOutcome, Failure>> {
    match message {
        Msg::RunEnded { result, .. } => Some(result),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locking_binds_a_process_that_was_started_with_write() {
    let folder = tempfile::tempdir().unwrap();
    let policy = Policy {
        read_only: false,
        ..Policy::default()
    };
    let mut cockpit = Cockpit::start_with(folder.path(), 300, Duration::ZERO, policy);
    let tenant = cockpit.sign_in().await;
    let rows = cockpit.load().await;
    let chosen: Vec<&Mailbox> = rows.iter().filter(can_go).take(2).collect();
    let apply = |job| Effect::Apply {
        job,
        plan: plan(&tenant, &chosen),
        expect_count: chosen.len() as u64,
    };
    cockpit.runtime.perform(Effect::LockWriting);
    let job = cockpit.job();
    let refused = cockpit.ask(apply(job), run_ended).await.unwrap_err();
    assert!(refused.message.contains("read-only"), "{refused:?}");
    cockpit.runtime.perform(Effect::UnlockWriting);
    let job = cockpit.job();
    let outcome = cockpit.ask(apply(job), run_ended).await.unwrap();
    assert_eq!(outcome.summary.done, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_run_is_named_even_when_it_has_ended_before_leaving() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(folder.path(), 3_000, Duration::from_millis(50));
    let tenant = cockpit.sign_in().await;
    let rows = cockpit.load().await;
    let chosen: Vec<&Mailbox> = rows.iter().filter(can_go).take(1_000).collect();
    cockpit.runtime.perform(Effect::UnlockWriting);
    let job = cockpit.job();
    let apply = Effect::Apply {
        job,
        plan: plan(&tenant, &chosen),
        expect_count: chosen.len() as u64,
    };
    cockpit
        .ask(apply, |message| match message {
            Msg::RunProgress { progress, .. } if progress.done > 0 => Some(()),
            Msg::RunEnded { result, .. } => panic!("ended too early: {result:?}"),
            _ => None,
        })
        .await;
    let steering = Steering::Cancel;
    let outcome = cockpit
        .ask(Effect::SteerRun { job, steering }, run_ended)
        .await
        .unwrap();
    assert!(outcome.summary.remaining > 0);
    tokio::time::timeout(Duration::from_secs(5), async {
        while cockpit.runtime.is_writing() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    let cut = cockpit
        .runtime
        .close(Duration::from_secs(5), std::future::pending())
        .await;
    assert_eq!(cut, [outcome.summary.run]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_are_checked_against_the_attested_version_of_connect_sync() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(folder.path(), 300, Duration::ZERO);
    cockpit.sign_in().await;
    let rows = cockpit.load().await;
    let mailboxes: Vec<ObjectId> = rows
        .iter()
        .filter(can_go)
        .take(2)
        .map(|mailbox| mailbox.id)
        .collect();
    for (attested, expected) in [
        (None, Some("connect-not-attested")),
        (Some("2.5.76.0"), Some("connect-too-old")),
        (Some("2.5.190.0"), None),
    ] {
        if let Some(version) = attested {
            cockpit
                .runtime
                .perform(Effect::AttestConnectVersion(version.to_owned()));
        }
        let job = cockpit.job();
        let request = PlanRequest::Authority {
            target: Target::Cloud,
            mailboxes: mailboxes.clone(),
        };
        let plan = cockpit
            .ask(Effect::BuildPlan { job, request }, |message| match message {
                Msg::PlanReady { result, .. } => Some(result),
                _ => None,
            })
            .await
            .unwrap();
        let rules = plan
            .content
            .run_findings
            .iter()
            .map(|finding| finding.rule.as_str());
        let about: Vec<&str> = rules.filter(|rule| rule.starts_with("connect-")).collect();
        assert_eq!(about, expected.into_iter().collect::<Vec<_>>(), "{attested:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_ends_the_wait_for_what_is_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(folder.path(), 300, Duration::from_millis(400));
    let tenant = cockpit.sign_in().await;
    let rows = cockpit.load().await;
    let chosen: Vec<&Mailbox> = rows.iter().filter(can_go).take(100).collect();
    cockpit.runtime.perform(Effect::UnlockWriting);
    let job = cockpit.job();
    let apply = Effect::Apply {
        job,
        plan: plan(&tenant, &chosen),
        expect_count: chosen.len() as u64,
    };
    let name = cockpit
        .ask(apply, |message| match message {
            Msg::RunProgress { progress, .. } if progress.in_flight > 0 => Some(progress.run),
            Msg::RunEnded { result, .. } => panic!("ended too early: {result:?}"),
            _ => None,
        })
        .await;
    let Cockpit { runtime, answers, .. } = cockpit;
    drop(answers);
    let begun = std::time::Instant::now();
    let cut = runtime
        .close(Duration::from_secs(60), std::future::ready(()))
        .await;
    assert_eq!(cut, [name]);
    assert!(
        begun.elapsed() < Duration::from_millis(300),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_use_follows_the_sign_in_and_the_unlocking() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(folder.path(), 1, Duration::ZERO);
    let mut seen = Vec::new();
    for signed_in in [false, true] {
        if signed_in {
            cockpit.sign_in().await;
            cockpit.runtime.perform(Effect::UnlockWriting);
        }
        let job = cockpit.job();
        let found = cockpit
            .ask(Effect::ReadInformation { job }, |message| match message {
                Msg::Information { result, .. } => Some(result),
                _ => None,
            })
            .await
            .unwrap();
        assert_eq!(found.runs, folder.path().join("runs").display().to_string());
        assert_eq!(found.secrets, "memory, for this process only (a test)");
        seen.push((found.profile, found.policy.read_only));
    }
    assert_eq!(seen[0], (None, true));
    assert!(!seen[1].1);
    assert!(seen[1].0.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_reads_jobs_and_a_person_beside_it_reads_agents_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(folder.path(), 50, Duration::ZERO);
    cockpit.sign_in().await;
    let begin = |watch| Effect::Watch(WatchOrder::Begin { watch });
    let refused = cockpit
        .ask(begin(1), |message| match message {
            Msg::Watch {
                watch: 1,
                event: WatchEvent::AgentsRefused { error, .. },
            } => Some(error),
            Msg::Watch {
                event: WatchEvent::Agents(_),
                ..
            } => panic!("an application has read agents"),
            _ => None,
        })
        .await;
    assert_eq!(refused.class, ErrorClass::Permission);
    let job = cockpit.job();
    let mut prompted = false;
    let identity = cockpit
        .ask(Effect::SignInBeside { job }, |message| match message {
            Msg::SignInPrompt { job: of, .. } => {
                prompted = of == job;
                None
            }
            Msg::SignedInBeside { result, .. } => Some(result),
            _ => None,
        })
        .await
        .unwrap();
    assert!(prompted && !identity.name.is_empty());
    cockpit.runtime.perform(Effect::Watch(WatchOrder::End));
    let mut jobs = false;
    let seen = cockpit
        .ask(begin(2), |message| match message {
            Msg::Watch {
                watch: 2,
                event: WatchEvent::Agents(seen),
            } => Some(seen),
            Msg::Watch {
                watch: 2,
                event: WatchEvent::Jobs { .. },
            } => {
                jobs = true;
                None
            }
            _ => None,
        })
        .await;
    assert!(!seen.topology.agents.is_empty());
    if !jobs {
        let read = cockpit
            .ask(Effect::Watch(WatchOrder::Refresh), |message| match message {
                Msg::Watch {
                    watch: 2,
                    event: WatchEvent::Jobs { jobs, .. },
                } => Some(jobs),
                _ => None,
            })
            .await;
        assert!(!read.is_empty());
    }
}
