//! Lets happen what is due.

use super::clock::{SECOND, Ticks};
use super::cycle::{self, Surroundings};
use super::directory::Population;
use super::{CloudSync, story};
use crate::sandbox::tenant::Tenant;

/// Executions longer ago than this are left out when nobody asked for so long.
const REMEMBERED: Ticks = 12 * 3600 * SECOND;

impl CloudSync {
    /// Carries out everything due until now, in its order. Returns now.
    pub fn advance(&mut self, tenant: &Tenant) -> Ticks {
        let now = self.clock.now();
        for job in self.configurations.iter_mut().flat_map(|it| &mut it.jobs) {
            job.next_begin = job.next_begin.max(now - REMEMBERED);
        }
        loop {
            let due = self
                .configurations
                .iter()
                .enumerate()
                .flat_map(|(place, it)| {
                    let events = it.jobs.iter().enumerate();
                    events.filter_map(move |(at, job)| Some((job.next_event()?, place, at)))
                })
                .min();
            let told = self.story.first().map(|(at, _)| *at);
            match (due, told) {
                (job, Some(at)) if at <= now && job.is_none_or(|(due, ..)| at <= due) => {
                    let (at, event) = self.story.remove(0);
                    story::happen(self, tenant, at, event);
                }
                (Some((at, place, job)), _) if at <= now => self.step(tenant, at, place, job),
                _ => return now,
            }
        }
    }

    /// Begins or ends an execution of a job.
    fn step(&mut self, tenant: &Tenant, at: Ticks, place: usize, job: usize) {
        let it = &mut self.configurations[place];
        let mut around = Surroundings {
            people: Population {
                tenant,
                domains: &self.domains,
            },
            topology: &self.topology,
            log: &mut self.log,
            domain: it.domain(),
            threshold: it.delete_threshold(),
            prevention: self.tenant.delete_threshold(),
        };
        let job = &mut it.jobs[job];
        match job.running {
            Some(running) => cycle::finish(job, running, &mut around),
            None => cycle::begin(job, at, &around),
        }
    }
}
