//! The watch over Cloud Sync: reads agents, configurations and jobs as often as it is worth, and tells what it saw.
//!
//! One loop owns everything. Each resource has at most one request under way; all of them together stay under a limit by
//! design ([`REQUESTS`]).

use std::{collections::BTreeMap, future::Future, path::PathBuf, sync::Arc, time::Duration};

use fastrand::Rng;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch as latest},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    SynchronizationService, WatchEvent,
    pacer::Pacer,
    rhythm::{self, Rhythm},
    watched_agents::WatchedAgents,
    watched_jobs::WatchedJobs,
};
use crate::domain::{
    ErrorClass, ServiceError,
    synchronization::{AgentTopology, Configuration, SynchronizationJob},
};

/// Calls of the port that may begin in ten seconds. One is at most five requests, and one request costs at most four
/// units: 1,200 units, a third of what the smallest tenant may spend (3,500, facts/graph section 8).
const REQUESTS: usize = 60;
/// How long the watch goes on while nobody looks.
const HIDDEN_PATIENCE: Duration = Duration::from_secs(120);

/// Where a watch belongs.
#[derive(Clone, Debug)]
pub struct WatchSettings {
    /// Folder for memory and history.
    pub data_dir: PathBuf,
    /// Tenant id from the token.
    pub tenant_id: String,
    /// Of the jitter.
    pub seed: u64,
}

/// Tells what time it is; tests have their own.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    hidden_since: Option<Instant>,
    refreshes: u64,
}

/// Steers a watch. Cloneable; the watch goes on when all of them are gone.
#[derive(Clone, Debug)]
pub struct WatchControl {
    wish: Arc<latest::Sender<Wish>>,
}

impl WatchControl {
    /// Nobody looks any more. After two minutes the watch pauses.
    pub fn hide(&self) {
        self.wish.send_if_modified(|wish| {
            let shown = wish.hidden_since.is_none();
            if shown {
                wish.hidden_since = Some(Instant::now());
            }
            shown
        });
    }

    /// Somebody looks: what is due is read at once.
    pub fn show(&self) {
        self.wish
            .send_if_modified(|wish| wish.hidden_since.take().is_some());
    }

    /// Reads everything now, within the limits; asks again for what was refused.
    pub fn refresh(&self) {
        self.wish.send_modify(|wish| wish.refreshes += 1);
    }
}

/// What a watch looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// Agents, configurations and jobs.
    #[default]
    Everything,
    /// Agents alone.
    Agents,
    /// Configurations and jobs.
    Jobs,
}

/// Watches everything until cancelled, or until nobody listens.
pub fn watch(
    service: Arc<dyn SynchronizationService>,
    settings: WatchSettings,
    events: mpsc::Sender<WatchEvent>,
    cancel: CancellationToken,
) -> (WatchControl, impl Future<Output = ()> + Send) {
    let now: Now = Arc::new(Timestamp::now);
    watch_at(service, settings, events, cancel, Focus::Everything, now)
}

/// [`watch`] of a part, with a clock of one's own.
pub fn watch_at(
    service: Arc<dyn SynchronizationService>,
    settings: WatchSettings,
    events: mpsc::Sender<WatchEvent>,
    cancel: CancellationToken,
    focus: Focus,
    now: Now,
) -> (WatchControl, impl Future<Output = ()> + Send) {
    let (wish, wishes) = latest::channel(Wish::default());
    let control = WatchControl { wish: Arc::new(wish) };
    let ended = async move {
        let watch = async {
            let watch = Watch {
                rng: Rng::with_seed(settings.seed),
                agents: WatchedAgents::load(&settings, Arc::clone(&now)).await,
                jobs: WatchedJobs::load(&settings, Arc::clone(&now)).await,
                rhythms: BTreeMap::new(),
                pacer: Pacer::per_ten_seconds(REQUESTS),
                service,
                events,
                now,
            };
            watch.run(wishes, focus).await
        };
        // Cancelling drops what is under way; what was learnt is on disk already.
        let _ = cancel.run_until_cancelled(watch).await;
    };
    (control, ended)
}

/// What is read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Resource {
    Agents,
    Configurations,
    Jobs(String),
}

impl Resource {
    fn tempo(&self) -> rhythm::Tempo {
        match self {
            Self::Agents => rhythm::AGENTS,
            Self::Configurations => rhythm::CONFIGURATIONS,
            Self::Jobs(_) => rhythm::JOBS,
        }
    }
}

/// An answer.
enum Reading {
    Agents(Result<AgentTopology, ServiceError>),
    Configurations(Result<Vec<Configuration>, ServiceError>),
    Jobs(String, Result<Vec<SynchronizationJob>, ServiceError>),
}

/// How a reading ended, for its rhythm.
enum Ended {
    Well { busy: bool, changed: bool },
    Badly { throttled: bool },
    Refused,
}

struct Watch {
    service: Arc<dyn SynchronizationService>,
    events: mpsc::Sender<WatchEvent>,
    now: Now,
    rng: Rng,
    pacer: Pacer,
    rhythms: BTreeMap<Resource, Rhythm>,
    agents: WatchedAgents,
    jobs: WatchedJobs,
}

/// Nobody listens any more.
struct Deaf;

impl Watch {
    async fn run(mut self, mut wishes: latest::Receiver<Wish>, focus: Focus) -> Result<(), Deaf> {
        let start = Instant::now();
        let first: &[Resource] = match focus {
            Focus::Everything => &[Resource::Agents, Resource::Configurations],
            Focus::Agents => &[Resource::Agents],
            Focus::Jobs => &[Resource::Configurations],
        };
        for resource in first.iter().cloned() {
            self.rhythms.insert(resource, Rhythm::new(start));
        }
        for event in self.agents.opening().into_iter().chain(self.jobs.opening()) {
            self.tell(event).await?;
        }
        let mut under_way = FuturesUnordered::new();
        let mut refreshes = 0;
        let mut steered = true;
        loop {
            let wish = *wishes.borrow_and_update();
            if wish.refreshes != refreshes {
                refreshes = wish.refreshes;
                let now = Instant::now();
                self.rhythms.values_mut().for_each(|rhythm| rhythm.ask(now));
            }
            let wake = self.begin_due(wish, &mut under_way);
            tokio::select! {
                biased;
                () = self.events.closed() => return Err(Deaf),
                changed = wishes.changed(), if steered => steered = changed.is_ok(),
                Some(reading) = under_way.next(), if !under_way.is_empty() => self.take_in(reading).await?,
                () = sleep_until(wake.unwrap_or(start)), if wake.is_some() => {}
            }
        }
    }

    /// Begins what is due; when to look again, nothing while paused or when all is under way.
    fn begin_due(
        &mut self,
        wish: Wish,
        under_way: &mut FuturesUnordered<BoxFuture<'static, Reading>>,
    ) -> Option<Instant> {
        let now = Instant::now();
        if wish
            .hidden_since
            .is_some_and(|since| now.duration_since(since) >= HIDDEN_PATIENCE)
        {
            return None;
        }
        // The longest overdue first: with many configurations the limit must starve none of them.
        let mut waiting: Vec<(&Resource, &mut Rhythm)> = self
            .rhythms
            .iter_mut()
            .filter(|(_, rhythm)| !rhythm.in_flight && !rhythm.refused)
            .collect();
        waiting.sort_by_key(|(_, rhythm)| rhythm.due);
        let mut wake: Option<Instant> = None;
        for (resource, rhythm) in waiting {
            let allowed = rhythm.due.max(self.pacer.ready_at(now));
            if allowed > now {
                wake = Some(wake.map_or(allowed, |wake| wake.min(allowed)));
                continue;
            }
            rhythm.begin(now);
            self.pacer.begin(now);
            under_way.push(read(Arc::clone(&self.service), resource.clone()));
        }
        wake
    }

    async fn take_in(&mut self, reading: Reading) -> Result<(), Deaf> {
        let (resource, events, ended) = match reading {
            Reading::Agents(answer) => {
                let (events, ended) = self.agents(answer);
                (Resource::Agents, events, ended)
            }
            Reading::Configurations(answer) => {
                let (events, ended) = self.configurations(answer);
                (Resource::Configurations, events, ended)
            }
            Reading::Jobs(id, answer) => {
                let (events, ended) = self.jobs(&id, answer);
                (Resource::Jobs(id), events, ended)
            }
        };
        let now = Instant::now();
        let tempo = match &resource {
            Resource::Jobs(id) => self.jobs.tempo(id),
            other => other.tempo(),
        };
        if let Some(rhythm) = self.rhythms.get_mut(&resource) {
            match ended {
                Ended::Well { busy, changed } => {
                    rhythm.succeeded(now, tempo, busy, changed, &mut self.rng);
                }
                Ended::Badly { throttled } => rhythm.failed(now, tempo, throttled, &mut self.rng),
                Ended::Refused => rhythm.refuse(now),
            }
        }
        for event in events {
            self.tell(event).await?;
        }
        // Only after it was told: the disk may be slow.
        for event in [self.agents.save().await, self.jobs.save().await]
            .into_iter()
            .flatten()
        {
            self.tell(event).await?;
        }
        Ok(())
    }

    fn agents(&mut self, answer: Result<AgentTopology, ServiceError>) -> (Vec<WatchEvent>, Ended) {
        match answer {
            Ok(topology) => {
                let (events, changed) = self.agents.take_in(topology);
                (events, Ended::Well { busy: false, changed })
            }
            Err(error) if matches!(error.class, ErrorClass::Permission | ErrorClass::Unsupported) => {
                (vec![self.agents.refused(error)], Ended::Refused)
            }
            Err(error) => self.failed("the agents".to_owned(), error),
        }
    }

    fn configurations(
        &mut self,
        answer: Result<Vec<Configuration>, ServiceError>,
    ) -> (Vec<WatchEvent>, Ended) {
        match answer {
            Ok(configurations) => {
                let now = Instant::now();
                self.rhythms.retain(|resource, _| match resource {
                    Resource::Jobs(id) => configurations.iter().any(|known| known.id == *id),
                    _ => true,
                });
                for configuration in &configurations {
                    self.rhythms
                        .entry(Resource::Jobs(configuration.id.clone()))
                        .or_insert_with(|| Rhythm::new(now));
                }
                let (events, changed) = self.jobs.take_in_configurations(configurations);
                (events, Ended::Well { busy: false, changed })
            }
            Err(error) => self.failed("the configurations".to_owned(), error),
        }
    }

    fn jobs(
        &mut self,
        id: &str,
        answer: Result<Vec<SynchronizationJob>, ServiceError>,
    ) -> (Vec<WatchEvent>, Ended) {
        if !self.rhythms.contains_key(&Resource::Jobs(id.to_owned())) {
            // The configuration went while its jobs were asked for.
            return (Vec::new(), Ended::Refused);
        }
        match answer {
            Ok(jobs) => {
                let (events, busy, changed) = self.jobs.take_in_jobs(id, jobs);
                (events, Ended::Well { busy, changed })
            }
            Err(error) => {
                if error.class == ErrorClass::NotFound
                    && let Some(rhythm) = self.rhythms.get_mut(&Resource::Configurations)
                {
                    // Its configuration was deleted: the list of them will tell.
                    rhythm.ask(Instant::now());
                }
                let what = format!("the jobs of {}", self.jobs.name(id));
                self.failed(what, error)
            }
        }
    }

    fn failed(&self, what: String, error: ServiceError) -> (Vec<WatchEvent>, Ended) {
        let throttled = error.class == ErrorClass::Throttled;
        let at = (self.now)();
        (
            vec![WatchEvent::Failed { what, error, at }],
            Ended::Badly { throttled },
        )
    }

    async fn tell(&self, event: WatchEvent) -> Result<(), Deaf> {
        self.events.send(event).await.map_err(|_| Deaf)
    }
}

/// One reading. An application's sign-in is not asked for agents: the answer is known (facts/graph section 0, finding 1).
fn read(service: Arc<dyn SynchronizationService>, resource: Resource) -> BoxFuture<'static, Reading> {
    Box::pin(async move {
        match resource {
            Resource::Agents if service.is_application() == Some(true) => {
                Reading::Agents(Err(super::watched_agents::application()))
            }
            Resource::Agents => Reading::Agents(service.agent_topology().await),
            Resource::Configurations => Reading::Configurations(service.configurations().await),
            Resource::Jobs(id) => {
                let answer = service.jobs(&id).await;
                Reading::Jobs(id, answer)
            }
        }
    })
}
