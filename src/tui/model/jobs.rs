//! The jobs at work and those that ended lately.

use crate::tui::{
    job::{Job, JobId, JobKind, JobState},
    msg::Failure,
    now::Now,
};

/// How many jobs the drawer keeps.
const KEPT: usize = 200;

/// All jobs, oldest first.
#[derive(Debug, Default)]
pub struct Jobs {
    last: u64,
    list: Vec<Job>,
}

impl Jobs {
    /// Enters a new job.
    pub fn start(&mut self, now: Now, kind: JobKind, subject: impl Into<String>) -> JobId {
        self.last += 1;
        let id = JobId(self.last);
        if self.list.len() >= KEPT
            && let Some(ended) = self.list.iter().position(|job| !job.state.is_active())
        {
            self.list.remove(ended);
        }
        self.list.push(Job {
            id,
            kind,
            subject: subject.into(),
            state: JobState::Running,
            started: now.elapsed,
            ended: None,
        });
        id
    }

    /// Ends a job as its answer says. False for a job that is not at work: its answer is stale.
    pub fn end<T>(&mut self, now: Now, id: JobId, result: &Result<T, Failure>) -> bool {
        let Some(job) = self.list.iter_mut().find(|job| job.id == id) else {
            return false;
        };
        if !job.state.is_active() {
            return false;
        }
        job.ended = Some(now.elapsed);
        job.state = match result {
            Ok(_) => JobState::Done,
            Err(failure) if failure.cancelled => JobState::Cancelled,
            Err(failure) => JobState::Failed(failure.message.clone()),
        };
        true
    }

    /// Marks a job as told to stop.
    pub fn stopping(&mut self, id: JobId) {
        if let Some(job) = self.list.iter_mut().find(|job| job.id == id)
            && job.state == JobState::Running
        {
            job.state = JobState::Stopping;
        }
    }

    /// One job.
    pub fn get(&self, id: JobId) -> Option<&Job> {
        self.list.iter().find(|job| job.id == id)
    }

    /// The jobs at work.
    pub fn active(&self) -> impl Iterator<Item = &Job> {
        self.list.iter().filter(|job| job.state.is_active())
    }

    /// The job of a kind that is at work.
    pub fn active_of(&self, kind: JobKind) -> Option<&Job> {
        self.active().find(|job| job.kind == kind)
    }

    /// All jobs, newest first.
    pub fn newest_first(&self) -> impl ExactSizeIterator<Item = &Job> {
        self.list.iter().rev()
    }
}
