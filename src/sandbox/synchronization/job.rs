//! One synchronization job and what became of it (facts/graph section 3.1).

use std::sync::Arc;

use uuid::Uuid;

use super::clock::{SECOND, Ticks};
use super::kind::Kind;

/// What logs say about the job of an entry; stays when the job is gone.
pub(in crate::sandbox) struct Label {
    pub job: String,
    pub kind: &'static Kind,
    /// Makes dice of each job its own.
    pub number: u32,
    pub principal: Uuid,
    pub principal_name: String,
}

/// `schedule.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Schedule {
    Active,
    Disabled,
    Paused,
}

impl Schedule {
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Disabled => "Disabled",
            Self::Paused => "Paused",
        }
    }
}

/// `synchronizationError`.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Failure {
    pub code: String,
    pub message: String,
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Ending {
    Succeeded,
    Failed,
    EntryLevelErrors,
}

/// Counters of an execution.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::sandbox) struct Counts {
    pub entitled: i64,
    pub entitled_for_provisioning: i64,
    pub escrowed: i64,
    pub escrowed_raw: i64,
    pub exported: i64,
    pub exports: i64,
    pub imported: i64,
    pub imported_deltas: i64,
    pub imported_reference_deltas: i64,
}

/// `synchronizationTaskExecution`.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Execution {
    pub activity: Uuid,
    pub ending: Ending,
    pub began: Ticks,
    pub ended: Ticks,
    pub counts: Counts,
    pub error: Option<Failure>,
}

/// `synchronizationQuarantine`.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Quarantine {
    pub reason: &'static str,
    pub began: Ticks,
    pub next_attempt: Ticks,
    pub error: Failure,
}

/// An execution under way.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) struct Running {
    pub began: Ticks,
    pub ends: Ticks,
    /// Whether all objects are read, not only changes.
    pub initial: bool,
    /// Objects to read.
    pub units: i64,
}

/// What callers did to a job.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::sandbox) struct Writes {
    pub start: u64,
    pub pause: u64,
    pub restart: u64,
    pub on_demand: u64,
    pub schema: u64,
}

/// One job.
pub(in crate::sandbox) struct Job {
    pub label: Arc<Label>,
    pub created: Ticks,
    pub schedule: Schedule,
    pub next_begin: Ticks,
    pub running: Option<Running>,
    /// Executions that ended.
    pub cycles: u64,
    pub last: Option<Execution>,
    pub last_good: Option<Execution>,
    pub last_good_with_exports: Option<Execution>,
    pub failures: i64,
    pub quarantine: Option<Quarantine>,
    /// When the present series of quarantines began and how many it has; ends with a good execution.
    pub series: Option<(Ticks, i64)>,
    pub steady_first: Option<Ticks>,
    pub steady_last: Option<Ticks>,
    /// Objects in step, and those that were deleted since the beginning.
    pub entries: i64,
    pub deleted: i64,
    /// Whether the source was read to the end once.
    pub watermark: bool,
    /// People that are gone from the source and not yet from the target.
    pub pending_deletes: Vec<u32>,
    /// Whether the threshold holds them back, so that they were logged as staged.
    pub staged: bool,
    /// The next execution carries the deletes out whatever the threshold says.
    pub force_deletes: bool,
    /// Code every execution fails with until it is taken back.
    pub ordered_failure: Option<String>,
    /// The schema as somebody put it; the default one otherwise.
    pub schema: Option<Vec<u8>>,
    pub schema_at: Ticks,
    /// Containers of the default schema.
    pub containers: Vec<String>,
    /// Made before the mapping of `mail` existed, and changed by an administrator since.
    pub legacy_mappings: bool,
    /// Seen only while unknown kinds are asked for.
    pub hidden: bool,
    pub writes: Writes,
}

impl Job {
    pub fn new(label: Label, now: Ticks) -> Self {
        Self {
            label: Arc::new(label),
            created: now,
            schedule: Schedule::Disabled,
            next_begin: now,
            running: None,
            cycles: 0,
            last: None,
            last_good: None,
            last_good_with_exports: None,
            failures: 0,
            quarantine: None,
            series: None,
            steady_first: None,
            steady_last: None,
            entries: 0,
            deleted: 0,
            watermark: false,
            pending_deletes: Vec::new(),
            staged: false,
            force_deletes: false,
            ordered_failure: None,
            schema: None,
            schema_at: now,
            containers: Vec::new(),
            legacy_mappings: false,
            hidden: false,
            writes: Writes::default(),
        }
    }

    pub fn id(&self) -> &str {
        &self.label.job
    }

    pub fn kind(&self) -> &'static Kind {
        self.label.kind
    }

    /// `status.code`.
    pub fn code(&self) -> &'static str {
        match self.schedule {
            Schedule::Disabled | Schedule::Paused => "Paused",
            Schedule::Active if self.quarantine.is_some() => "Quarantine",
            Schedule::Active if self.last.is_none() => "NotRun",
            Schedule::Active => "Active",
        }
    }

    /// When something happens to it by itself.
    pub fn next_event(&self) -> Option<Ticks> {
        if self.schedule != Schedule::Active {
            return None;
        }
        Some(match (&self.running, &self.quarantine) {
            (Some(running), _) => running.ends,
            (None, Some(quarantine)) => quarantine.next_attempt,
            (None, None) => self.next_begin,
        })
    }

    /// `POST start`: goes on from the watermark.
    pub fn start(&mut self, now: Ticks) {
        self.writes.start += 1;
        if self.schedule != Schedule::Active {
            self.schedule = Schedule::Active;
            self.next_begin = now + SECOND;
        }
    }

    /// `POST pause`: an execution under way is given up.
    pub fn pause(&mut self) {
        self.writes.pause += 1;
        if self.schedule == Schedule::Active {
            self.schedule = Schedule::Paused;
        }
        self.running = None;
    }

    /// `POST restart` with flags of `resetScope`. A job that stands still is set going.
    pub fn restart(&mut self, flags: u8, now: Ticks) {
        self.writes.restart += 1;
        self.schedule = Schedule::Active;
        self.running = None;
        self.next_begin = now + SECOND;
        if flags & (restart::QUARANTINE_STATE | restart::FORCE_DELETES) != 0 {
            self.quarantine = None;
            self.failures = 0;
        }
        if flags & restart::WATERMARK != 0 {
            self.watermark = false;
        }
        if flags & restart::FORCE_DELETES != 0 {
            self.force_deletes = true;
        }
    }
}

/// Flags of `resetScope` (facts/graph section 3.2).
pub(super) mod restart {
    pub const WATERMARK: u8 = 4;
    pub const QUARANTINE_STATE: u8 = 8;
    pub const FORCE_DELETES: u8 = 32;
    /// What no criteria, or an empty scope, mean: escrows, watermark and quarantine.
    pub const DEFAULT: u8 = 2 | WATERMARK | QUARANTINE_STATE;

    const WORDS: [(&str, u8); 7] = [
        ("None", 0),
        ("ConnectorDataStore", 1),
        ("Escrows", 2),
        ("Watermark", WATERMARK),
        ("QuarantineState", QUARANTINE_STATE),
        ("Full", 15),
        ("ForceDeletes", FORCE_DELETES),
    ];

    /// Reads a comma list; nothing when a word is not known.
    pub fn parse(text: &str) -> Option<u8> {
        text.split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .try_fold(0, |flags, word| {
                let found = WORDS.iter().find(|(known, _)| *known == word);
                found.map(|(_, flag)| flags | flag)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::restart::parse;

    #[test]
    fn scopes_are_comma_lists() {
        assert_eq!(parse("Watermark, Escrows, QuarantineState"), Some(14));
        assert_eq!(parse("Full"), Some(15));
        assert_eq!(parse("ForceDeletes"), Some(32));
        assert_eq!(parse("Everything"), None);
    }
}
