//! The configurations' and jobs' half of a watch.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;

use super::{
    JobSeen, Running, WatchEvent,
    history::History,
    notices,
    rhythm::{self, Tempo},
    seen,
    watch::{Now, WatchSettings},
    watched_agents::{on_disk, tell_once},
};
use crate::domain::synchronization::{Configuration, SynchronizationJob, is_overdue};

/// Bounds of the steady interval of jobs: a quarter of their cadence within them.
const STEADY: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(120));

/// What the watch knows of configurations and jobs.
pub(super) struct WatchedJobs {
    now: Now,
    history: History,
    configurations: Option<Vec<Configuration>>,
    jobs: HashMap<String, Vec<JobSeen>>,
    /// When a job that could not run was first seen able to, by its id: only from then on a run can be late.
    released: HashMap<String, Timestamp>,
    opening: Option<String>,
    disk_failed: bool,
}

impl WatchedJobs {
    pub(super) async fn load(settings: &WatchSettings, now: Now) -> Self {
        let (data_dir, tenant_id) = (settings.data_dir.clone(), settings.tenant_id.clone());
        let loaded = on_disk(move || History::load(&data_dir, &tenant_id)).await;
        let (history, opening) = match loaded {
            Ok(history) => {
                let opening = (history.damaged > 0).then(|| {
                    format!(
                        "The history of jobs has {} lines that can't be understood; they are left out.",
                        history.damaged
                    )
                });
                (history, opening)
            }
            Err(error) => (
                History::empty(&settings.data_dir, &settings.tenant_id),
                Some(format!("The history of jobs can't be read: {error}.")),
            ),
        };
        Self {
            now,
            history,
            configurations: None,
            jobs: HashMap::new(),
            released: HashMap::new(),
            opening,
            disk_failed: false,
        }
    }

    /// What is to be told first.
    pub(super) fn opening(&mut self) -> Option<WatchEvent> {
        let text = self.opening.take()?;
        Some(WatchEvent::Notice(notices::own((self.now)(), text)))
    }

    /// The name of a configuration for people.
    pub(super) fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.configurations
            .iter()
            .flatten()
            .find(|configuration| configuration.id == id)
            .map_or(id, |configuration| &configuration.display_name)
    }

    /// How often the jobs of a configuration are worth a look: in step with the fastest of them.
    pub(super) fn tempo(&self, id: &str) -> Tempo {
        let fastest = self
            .jobs
            .get(id)
            .and_then(|jobs| jobs.iter().filter_map(|seen| seen.cadence).min());
        match fastest {
            Some(cadence) => Tempo {
                steady: (cadence / 4).clamp(STEADY.0, STEADY.1),
                ..rhythm::JOBS
            },
            None => rhythm::JOBS,
        }
    }

    /// Takes in the list of configurations; what to tell, and whether it changed.
    pub(super) fn take_in_configurations(
        &mut self,
        mut configurations: Vec<Configuration>,
    ) -> (Vec<WatchEvent>, bool) {
        let at = (self.now)();
        configurations.sort_by(|left, right| {
            (&left.display_name, left.direction(), &left.id).cmp(&(
                &right.display_name,
                right.direction(),
                &right.id,
            ))
        });
        let told = match &self.configurations {
            Some(before) => notices::of_configurations(before, &configurations, at),
            None => Vec::new(),
        };
        self.jobs
            .retain(|id, _| configurations.iter().any(|configuration| configuration.id == *id));
        self.configurations = Some(configurations.clone());
        let changed = !told.is_empty();
        let mut events = vec![WatchEvent::Configurations { configurations, at }];
        events.extend(told.into_iter().map(WatchEvent::Notice));
        (events, changed)
    }

    /// Takes in the jobs of one configuration; what to tell, whether one runs, whether a state changed. A finished run
    /// alone is no change: at a run every two minutes nothing would ever be steady.
    pub(super) fn take_in_jobs(
        &mut self,
        id: &str,
        jobs: Vec<SynchronizationJob>,
    ) -> (Vec<WatchEvent>, bool, bool) {
        let at = (self.now)();
        for job in &jobs {
            if let Some(last) = &job.status.last {
                self.history.note(&job.id, last);
            }
        }
        let mut seen = seen::jobs_seen(jobs, &self.history, at);
        self.note_released(id, &seen, at);
        for seen in &mut seen {
            if let (Running::Perhaps, Some(released), Some(cadence)) =
                (seen.running, self.released.get(&seen.job.id), seen.cadence)
                && !is_overdue(*released, cadence, at)
            {
                seen.running = Running::No;
            }
        }
        let busy = seen.iter().any(|seen| seen.running == Running::Yes);
        let told = match self.jobs.get(id) {
            Some(before) => notices::of_jobs(self.name(id), before, &seen, at),
            None => Vec::new(),
        };
        self.jobs.insert(id.to_owned(), seen.clone());
        let changed = !told.is_empty();
        let mut events = vec![WatchEvent::Jobs {
            configuration: id.to_owned(),
            jobs: seen,
            at,
        }];
        events.extend(told.into_iter().map(WatchEvent::Notice));
        (events, busy, changed)
    }

    fn note_released(&mut self, id: &str, seen: &[JobSeen], at: Timestamp) {
        let before = self.jobs.get(id).into_iter().flatten();
        let held: Vec<&str> = before
            .filter(|before| !before.job.can_run())
            .map(|before| before.job.id.as_str())
            .collect();
        for seen in seen {
            if seen.job.can_run() && held.contains(&seen.job.id.as_str()) {
                self.released.insert(seen.job.id.clone(), at);
            }
        }
    }

    /// Writes what is new; a failure is told once.
    pub(super) async fn save(&mut self) -> Option<WatchEvent> {
        let unsaved = self.history.unsaved()?;
        let saved = on_disk(move || unsaved.save()).await;
        tell_once(&mut self.disk_failed, saved, (self.now)(), "The history of jobs")
    }
}
