//! Finished executions on disk: `history.jsonl`, one line each, for trends and the measured cadence. Bounded.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::Path,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{HistoryPoint, tenant_folder::TenantFolder};
use crate::{
    domain::synchronization::{Cadence, Execution},
    journal::{append_private, write_private},
};

const FILE: &str = "history.jsonl";
/// Points kept per job: at a run every two minutes 16 hours, at one every 20 minutes a week.
const KEPT_PER_JOB: usize = 500;
/// Jobs kept: those that ended an execution last.
const KEPT_JOBS: usize = 200;
/// The file is written anew once it holds this many lines more than are kept.
const SLACK: usize = 2_000;

#[derive(Serialize, Deserialize)]
struct Line {
    job: String,
    #[serde(flatten)]
    point: HistoryPoint,
}

/// Finished executions of every job of one tenant.
#[derive(Debug)]
pub struct History {
    folder: TenantFolder,
    jobs: HashMap<String, BTreeMap<Timestamp, HistoryPoint>>,
    fresh: Vec<(String, HistoryPoint)>,
    lines: usize,
    /// Lines that could not be understood when the file was read.
    pub damaged: usize,
}

impl History {
    /// Reads the file. Damaged lines are left out and counted; the others stay.
    pub fn load(data_dir: &Path, tenant_id: &str) -> io::Result<Self> {
        let mut history = Self::empty(data_dir, tenant_id);
        if let Some(bytes) = history.folder.read(FILE)? {
            history.take_in(&bytes);
        }
        Ok(history)
    }

    /// Without what is on disk.
    pub fn empty(data_dir: &Path, tenant_id: &str) -> Self {
        Self {
            folder: TenantFolder::of(data_dir, tenant_id),
            jobs: HashMap::new(),
            fresh: Vec::new(),
            lines: 0,
            damaged: 0,
        }
    }

    fn take_in(&mut self, bytes: &[u8]) {
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            self.lines += 1;
            match serde_json::from_slice::<Line>(line) {
                Ok(line) => {
                    self.keep(line.job, line.point);
                }
                Err(_) => self.damaged += 1,
            }
        }
    }

    fn keep(&mut self, job: String, point: HistoryPoint) -> bool {
        let points = self.jobs.entry(job).or_default();
        let new = points.insert(point.ended, point).is_none();
        while points.len() > KEPT_PER_JOB {
            points.pop_first();
        }
        new
    }

    /// Notes an execution; whether it was a finished one not seen before. [`History::save`] writes it.
    pub fn note(&mut self, job: &str, execution: &Execution) -> bool {
        let Some(ended) = execution.ended else {
            return false;
        };
        if self
            .jobs
            .get(job)
            .is_some_and(|points| points.contains_key(&ended))
        {
            return false;
        }
        let point = HistoryPoint {
            ended,
            seconds: execution
                .began
                .map(|began| ended.duration_since(began).as_secs_f64())
                .filter(|seconds| *seconds >= 0.0),
            exports: execution.counts.count_exports,
            state: execution.state.clone(),
        };
        self.fresh.push((job.to_owned(), point.clone()));
        self.keep(job.to_owned(), point)
    }

    /// The points of a job, oldest first.
    pub fn points(&self, job: &str) -> Vec<HistoryPoint> {
        self.jobs
            .get(job)
            .map(|points| points.values().cloned().collect())
            .unwrap_or_default()
    }

    /// The measured cadence of a job.
    pub fn cadence(&self, job: &str) -> Option<Duration> {
        let mut cadence = Cadence::default();
        for ended in self.jobs.get(job)?.keys() {
            cadence.note(*ended);
        }
        cadence.measured()
    }

    /// What [`History::save`] has to do; nothing when there is nothing to write.
    pub fn unsaved(&mut self) -> Option<Unsaved> {
        if self.fresh.is_empty() {
            return None;
        }
        let fresh = std::mem::take(&mut self.fresh);
        self.lines += fresh.len();
        let kept: usize = self.jobs.values().map(BTreeMap::len).sum();
        let rewrite = self.lines > kept + SLACK;
        if rewrite {
            self.lines = kept;
        }
        Some(Unsaved {
            folder: self.folder.clone(),
            fresh,
            rewrite,
        })
    }
}

/// Points on their way to the disk.
#[derive(Debug)]
pub struct Unsaved {
    folder: TenantFolder,
    fresh: Vec<(String, HistoryPoint)>,
    rewrite: bool,
}

impl Unsaved {
    /// Appends the points; from time to time writes the file anew without what is too old.
    pub fn save(self) -> io::Result<()> {
        let lines = lines(self.fresh.iter().map(|(job, point)| (job.as_str(), point)))?;
        self.folder.exclusively(FILE, || {
            append_private(&self.folder.file(FILE), &lines)?;
            if !self.rewrite {
                return Ok(());
            }
            let mut whole = History {
                folder: self.folder.clone(),
                jobs: HashMap::new(),
                fresh: Vec::new(),
                lines: 0,
                damaged: 0,
            };
            whole.take_in(&self.folder.read(FILE)?.unwrap_or_default());
            write_private(&self.folder.file(FILE), &whole.compact()?)
        })
    }
}

impl History {
    /// The file's content with the jobs that ended an execution last.
    fn compact(&self) -> io::Result<Vec<u8>> {
        let mut jobs: Vec<(&String, &BTreeMap<Timestamp, HistoryPoint>)> = self.jobs.iter().collect();
        jobs.sort_by_key(|(_, points)| std::cmp::Reverse(points.keys().next_back().copied()));
        jobs.truncate(KEPT_JOBS);
        lines(
            jobs.into_iter()
                .flat_map(|(job, points)| points.values().map(move |point| (job.as_str(), point))),
        )
    }
}

fn lines<'a>(points: impl Iterator<Item = (&'a str, &'a HistoryPoint)>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (job, point) in points {
        serde_json::to_writer(
            &mut bytes,
            &Line {
                job: job.to_owned(),
                point: point.clone(),
            },
        )?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::synchronization::{ExecutionCounts, ExecutionState};

    fn execution(second: i64) -> Execution {
        let ended = Timestamp::from_second(1_700_000_000 + second).unwrap();
        Execution {
            activity: None,
            state: ExecutionState::Succeeded,
            began: Some(ended - jiff::SignedDuration::from_millis(1_500)),
            ended: Some(ended),
            counts: ExecutionCounts::default(),
            error: None,
        }
    }

    fn save(history: &mut History) {
        history.unsaved().unwrap().save().unwrap();
    }

    #[test]
    fn points_survive_a_restart_and_damaged_lines_cost_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::load(folder.path(), "t").unwrap();
        for second in [0, 120, 240] {
            assert!(history.note("job", &execution(second)));
        }
        assert!(!history.note("job", &execution(240)));
        assert!(!history.note(
            "job",
            &Execution {
                ended: None,
                ..execution(1)
            }
        ));
        save(&mut history);
        assert!(history.unsaved().is_none());
        let path = folder.path().join("synchronization/t/history.jsonl");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend_from_slice(b"{\"job\":\"job\",\"en");
        std::fs::write(&path, bytes).unwrap();
        let mut again = History::load(folder.path(), "t").unwrap();
        assert_eq!(again.damaged, 1);
        assert_eq!(again.points("job").len(), 3);
        assert_eq!(again.points("job")[0].seconds, Some(1.5));
        assert_eq!(again.cadence("job"), Some(Duration::from_secs(120)));
        again.note("job", &execution(360));
        save(&mut again);
        let last = History::load(folder.path(), "t").unwrap();
        assert_eq!((last.points("job").len(), last.damaged), (4, 1));
    }

    #[test]
    fn the_file_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::load(folder.path(), "t").unwrap();
        for round in 0..40 {
            for second in 0..100 {
                history.note("job", &execution(round * 100 + second));
            }
            save(&mut history);
        }
        let last = History::load(folder.path(), "t").unwrap();
        assert!(last.lines <= KEPT_PER_JOB + SLACK, "{} lines", last.lines);
        assert_eq!(last.points("job"), history.points("job"));
        assert_eq!(last.points("job").len(), KEPT_PER_JOB);
    }
}
