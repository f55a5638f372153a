//! Turns effects into engine jobs and their answers into messages. The only part of the cockpit that touches services,
//! files and the engine; it decides nothing.

mod arranger;
mod connection;
mod files;
mod jobs;
mod logs;
mod plans;
mod runs;
mod shared;
mod start_runs;
mod steering;
mod tls;
mod watch;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::{
    cloud::auth::Credentials,
    domain::{Plan, Policy, Profile, Service, text},
    engine::{
        InventoryQuery,
        information::Startup,
        inventory,
        session::OpenSession,
        waves::{WaveError, Waves},
    },
    tui::{ArrangeRequest, Effect, Failure, Identity, JobId, Level, Msg, Setup, WaveRow},
};

pub use connection::{Access, ProfileSource};
pub use tls::CheckSource;

use arranger::Arranger;
use connection::ConnectionSlot;
use jobs::{Jobs, blocking};
use runs::Watched;
use shared::{Known, Shared};
use watch::WatchSlot;

/// Writes the first configuration; returns its profile and the file it stands in. Given by the command line, which owns
/// the configuration. Blocks.
pub type WriteConfiguration = Arc<dyn Fn(Setup) -> Result<(Profile, String), Failure> + Send + Sync>;

/// What the runtime works with.
pub struct RuntimeOptions<O> {
    /// Opens the session.
    pub opener: O,
    /// Where the profile comes from.
    pub source: ProfileSource,
    /// What this process may change; `read_only` can be lifted by the unlock dialog.
    pub policy: Policy,
    /// Where runs, waves and copies are kept.
    pub data_dir: PathBuf,
    /// Writes the first configuration.
    pub write_configuration: WriteConfiguration,
    /// What the command line knows from its start, for the screen that shows what is in use.
    pub startup: Startup,
    /// Says what a TLS check looks at.
    pub check_source: CheckSource,
}

/// Starts what effects ask for.
pub struct Runtime<O: OpenSession> {
    shared: Arc<Shared<O>>,
    jobs: Jobs,
    runs: Vec<Watched>,
    watch: WatchSlot,
    write_configuration: WriteConfiguration,
    check_source: CheckSource,
}

impl<O: OpenSession> Runtime<O> {
    /// A runtime that has started nothing; answers go to `messages`. Needs a tokio runtime from the first effect on.
    pub fn new(options: RuntimeOptions<O>, messages: mpsc::Sender<Msg>) -> Self {
        let profile = match &options.source {
            ProfileSource::Ready(access) => Some(access.profile.clone()),
            ProfileSource::None | ProfileSource::Later(_) => None,
        };
        Self {
            shared: Arc::new(Shared {
                slot: ConnectionSlot::new(options.opener, options.source, messages.clone()),
                arranger: Arranger::default(),
                write_enabled: AtomicBool::new(!options.policy.read_only),
                policy: options.policy,
                data_dir: options.data_dir,
                startup: Mutex::new(options.startup),
                known: Mutex::new(Known {
                    profile,
                    ..Known::default()
                }),
            }),
            jobs: Jobs::new(messages),
            runs: Vec::new(),
            watch: WatchSlot::default(),
            write_configuration: options.write_configuration,
            check_source: options.check_source,
        }
    }

    /// Starts what an effect asks for. Returns at once.
    pub fn perform(&mut self, effect: Effect) {
        let shared = Arc::clone(&self.shared);
        match effect {
            Effect::SignIn { job } => {
                self.jobs
                    .start(job, signed_in, async move { shared.sign_in(job).await })
            }
            Effect::SignInBeside { job } => {
                let ending = |job, result| Msg::SignedInBeside { job, result };
                self.jobs
                    .start(job, ending, async move { shared.sign_in_beside(job).await });
            }
            Effect::Watch(order) => self.watch.order(order, shared, self.jobs.messages()),
            Effect::ReadOrganization { job } => {
                let read = async move { shared.read_organization().await };
                self.jobs
                    .start(job, |job, result| Msg::Organization { job, result }, read);
            }
            Effect::LoadInventory { job, query } => self.load_inventory(job, query),
            Effect::CancelJob(job) => self.jobs.cancel(job),
            Effect::Arrange(request) => self.arrange(request),
            Effect::ReadDetails { job, id } => {
                let ending = move |job, result| Msg::Details { job, id, result };
                let read = async move { shared.details(id).await.map(Box::new) };
                self.jobs.start(job, ending, read);
            }
            Effect::BuildPlan { job, request } => {
                let messages = self.jobs.messages();
                self.jobs.start_with_token(job, plan_ready, |cancel| async move {
                    shared.build_plan(job, request, messages, cancel).await
                });
            }
            Effect::AcceptLoss { job, plan } => {
                self.jobs
                    .start_blocking(job, plan_ready, move || plans::with_loss(&plan, true));
            }
            Effect::SavePlan { job, plan, path } => {
                let ending = |job, result| Msg::PlanSaved { job, result };
                self.jobs
                    .start_blocking(job, ending, move || files::save_plan(&path, &plan));
            }
            Effect::Apply {
                job,
                plan,
                expect_count,
            } => self.apply(job, plan, expect_count),
            Effect::SteerRun { job, steering } => self.jobs.steer(job, steering),
            Effect::ListRuns { job } => {
                let ending = |job, result| Msg::Runs { job, result };
                self.jobs.start_blocking(job, ending, move || shared.list_runs());
            }
            Effect::ShowRun { job, run } => {
                let ending = |job, result| Msg::RunShown { job, result };
                self.jobs
                    .start_blocking(job, ending, move || shared.show_run(&run));
            }
            Effect::Resume { job, run } => self.resume(job, run),
            Effect::Verify { job, run } => self.verify(job, run),
            Effect::UndoPlan { job, run } => {
                let messages = self.jobs.messages();
                self.jobs.start_with_token(job, plan_ready, |cancel| async move {
                    shared.undo_plan(job, run, messages, cancel).await
                });
            }
            Effect::ImportMarks { job, path, table } => {
                let ending = |job, result| Msg::MarksImported { job, result };
                self.jobs.start_with_token(job, ending, |cancel| {
                    blocking(move || files::import_marks(&path, &table, &cancel))
                });
            }
            Effect::ImportDirectory { job, path, table } => {
                let ending = |job, result| Msg::DirectoryImported { job, result };
                self.jobs.start_with_token(job, ending, |cancel| {
                    blocking(move || shared.import_directory(&path, &table, &cancel))
                });
            }
            Effect::ExportView {
                job,
                path,
                table,
                rows,
            } => {
                let ending = |job, result| Msg::Exported { job, result };
                self.jobs
                    .start_blocking(job, ending, move || files::export_view(&path, &table, &rows));
            }
            Effect::Copy(text) => self.keep_copy(text),
            Effect::ListWaves { job } => self.waves(job, |_| Ok(())),
            Effect::SaveWave { job, name, mailboxes } => {
                self.waves(job, move |waves| waves.save(&name, &mailboxes, Timestamp::now()));
            }
            Effect::LoadWave { job, name } => self.load_wave(job, name),
            Effect::DeleteWave { job, name } => self.waves(job, move |waves| waves.delete(&name)),
            Effect::AttestConnectVersion(version) => {
                shared.know(|known| known.connect_version = Some(version));
            }
            Effect::UnlockWriting => shared.write_enabled.store(true, Ordering::SeqCst),
            Effect::LockWriting => shared.write_enabled.store(false, Ordering::SeqCst),
            Effect::WriteConfig { job, setup } => self.write_config(job, setup),
            Effect::ReadInformation { job } => {
                let ending = |job, result| Msg::Information { job, result };
                let read = async move { Ok(Box::new(shared.information().await)) };
                self.jobs.start(job, ending, read);
            }
            Effect::Steering(effect) => self.steer_synchronization(effect),
            Effect::Log(effect) => self.look_into_logs(effect),
            Effect::Tls(effect) => self.look_at_tls(effect),
            Effect::OpenBrowser(address) => self.open_browser(address),
            // The loop's own.
            Effect::Suspend | Effect::Quit => {}
        }
    }

    /// Ends everything: runs between mailboxes, all else at once. Waits for runs at most `patience` and no longer than
    /// `enough` takes; returns the names of those that are not complete.
    pub async fn close(mut self, patience: Duration, enough: impl Future<Output = ()>) -> Vec<String> {
        let working = self.jobs.stop();
        if !working.is_empty() {
            // A run that is cut off here can be resumed all the same: its record is on disk.
            tokio::select! {
                _ = futures_util::future::join_all(working) => {}
                () = tokio::time::sleep(patience) => {}
                () = enough => {}
            }
        }
        runs::unfinished(&self.runs)
    }

    /// Whether a run is at work: leaving has to wait for what it has in flight.
    pub fn is_writing(&self) -> bool {
        self.jobs.is_writing()
    }

    fn load_inventory(&mut self, job: JobId, query: InventoryQuery) {
        let shared = Arc::clone(&self.shared);
        let messages = self.jobs.messages();
        shared.arranger.forget();
        let ending = |job, result| Msg::InventoryEnded { job, result };
        self.jobs.start_with_token(job, ending, |cancel| async move {
            let (batches, mut arriving) = mpsc::channel(2);
            let forward = async {
                while let Some(mailboxes) = arriving.recv().await {
                    if messages
                        .send(Msg::MailboxesLoaded { job, mailboxes })
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
            };
            let load = async {
                let session = cancel
                    .run_until_cancelled(shared.slot.session())
                    .await
                    .unwrap_or_else(|| Err(Failure::cancelled()))?;
                let service = Arc::clone(&session.service);
                inventory::load(&*service, query, batches, cancel.clone())
                    .await
                    .map_err(Failure::from)
            };
            let (end, ()) = tokio::join!(load, forward);
            shared.arranger.forget();
            if cancel.is_cancelled() {
                return end.map_err(|failure| Failure {
                    cancelled: true,
                    ..failure
                });
            }
            shared.report(Service::Exchange, &end).await;
            end
        });
    }

    fn arrange(&mut self, request: ArrangeRequest) {
        let shared = Arc::clone(&self.shared);
        let messages = self.jobs.messages();
        shared.arranger.announce(&request);
        tokio::task::spawn_blocking(move || {
            if let Some(rows) = shared.arranger.arrange(&request) {
                let generation = request.generation;
                let _ = messages.blocking_send(Msg::Arranged { generation, rows });
            }
        });
    }

    fn keep_copy(&mut self, copied: String) {
        let shared = Arc::clone(&self.shared);
        let messages = self.jobs.messages();
        tokio::task::spawn_blocking(move || {
            let kept = files::keep_copy(&shared.data_dir, &copied, Timestamp::now());
            let _ = messages.blocking_send(Msg::CopyFailed(kept));
        });
    }

    /// Changes the saved waves and answers with the list.
    fn waves(&mut self, job: JobId, change: impl FnOnce(&Waves) -> Result<(), WaveError> + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        let messages = self.jobs.messages();
        let ending = |job, result| Msg::Waves { job, result };
        self.jobs.start(job, ending, async move {
            let waves = shared.saved_waves().await?;
            let list = blocking(move || {
                change(&waves)?;
                Ok(waves.list()?)
            })
            .await?;
            for error in list.unreadable {
                let _ = messages.send(Msg::Note(Level::Warn, error.to_string())).await;
            }
            let row = |wave: crate::engine::waves::Wave| WaveRow {
                mailboxes: wave.mailboxes.len() as u64,
                saved_at: wave.saved_at,
                name: wave.name,
            };
            Ok(list.waves.into_iter().map(row).collect())
        });
    }

    fn load_wave(&mut self, job: JobId, name: String) {
        let shared = Arc::clone(&self.shared);
        let wanted = name.clone();
        let ending = move |job, result| Msg::WaveLoaded { job, name, result };
        self.jobs.start(job, ending, async move {
            let waves = shared.saved_waves().await?;
            blocking(move || Ok(waves.load(&wanted)?.mailboxes)).await
        });
    }

    fn write_config(&mut self, job: JobId, setup: Setup) {
        let shared = Arc::clone(&self.shared);
        let write = Arc::clone(&self.write_configuration);
        let ending = |job, result| Msg::Configured { job, result };
        self.jobs.start(job, ending, async move {
            let (profile, file) = blocking(move || write(setup)).await?;
            let access = Access {
                profile: profile.clone(),
                credentials: Credentials::default(),
                keep: None,
            };
            shared.slot.replace(access).await;
            shared.has_profile(&profile.name);
            shared.know(|known| {
                *known = Known {
                    profile: Some(profile.clone()),
                    ..Known::default()
                };
            });
            Ok((Box::new(profile), file))
        });
    }

    fn open_browser(&mut self, address: String) {
        let messages = self.jobs.messages();
        tokio::task::spawn_blocking(move || {
            // Only pages, never files or programs, whatever a service named.
            let is_page = url::Url::parse(&address).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
            if !is_page || webbrowser::open(&address).is_err() {
                let shown = text::clean(&address).into_owned();
                let note = format!("no browser could be started; open this page yourself: {shown}");
                let _ = messages.blocking_send(Msg::Note(Level::Warn, note));
            }
        });
    }
}

fn signed_in(job: JobId, result: Result<Identity, Failure>) -> Msg {
    Msg::SignedIn { job, result }
}

fn plan_ready(job: JobId, result: Result<Arc<Plan>, Failure>) -> Msg {
    Msg::PlanReady { job, result }
}
