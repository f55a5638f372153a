//! The Agents tab: what the watch told, what is shown of it, the cursors.

mod pane;
mod words;

use std::collections::{BTreeMap, VecDeque};

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    domain::{
        ErrorClass, ServiceError,
        synchronization::{
            AgentGroup, AgentPresence, AgentRecord, AgentTopology, Configuration, ServedDomain,
            UpdaterConfiguration,
        },
    },
    engine::synchronization::{JobSeen, Notice, NoticeLevel, WatchEvent},
    tui::widget::{Scroll, Step},
};

pub use pane::{PANES, Pane, PaneColumn, PaneSort, SUMMARY, Tone};
pub use words::{FilterWords, job_state};

/// How many notices are kept.
const NOTICES_KEPT: usize = 100;

/// What an action of the Agents tab is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TabSubject {
    /// A synchronization job.
    Job {
        /// Id of its configuration.
        configuration: String,
        /// Its id.
        job: String,
    },
    /// A configuration without a job so far.
    Configuration {
        /// Its id.
        configuration: String,
    },
    /// An agent.
    Agent {
        /// Its id.
        agent: String,
    },
    /// A domain that agents serve.
    Domain {
        /// Its name.
        domain: String,
    },
    /// An agent group.
    Group {
        /// Its id.
        group: String,
    },
}

impl TabSubject {
    /// The id of the configuration, for a job or a configuration.
    pub fn configuration(&self) -> Option<&str> {
        match self {
            Self::Job { configuration, .. } | Self::Configuration { configuration } => Some(configuration),
            _ => None,
        }
    }

    /// The ids of configuration and job, for a job.
    pub fn job(&self) -> Option<(&str, &str)> {
        match self {
            Self::Job { configuration, job } => Some((configuration, job)),
            _ => None,
        }
    }
}

/// A job or an agent that is shown in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectScreen {
    /// What is shown. It stays even when the service no longer lists it: then the screen says so.
    pub subject: TabSubject,
    /// First visible line.
    pub scroll: Scroll,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Unread {
    /// What, such as `the agents`.
    pub what: String,
    /// Why.
    pub error: ServiceError,
    /// When it was tried.
    pub at: Timestamp,
}

/// The agents as last read.
#[derive(Clone, Debug, Default)]
pub struct AgentsKnown {
    /// As the service lists them; nothing before the first reading, or when it refuses.
    pub topology: Option<AgentTopology>,
    /// Every agent ever seen, vanished ones too.
    pub records: Vec<AgentRecord>,
    /// Domains and how well they are served.
    pub domains: Vec<ServedDomain>,
    /// Why this sign-in can't read them.
    pub refused: Option<ServiceError>,
}

/// One list with its order.
#[derive(Clone, Debug, Default)]
struct List {
    rows: Vec<TabSubject>,
    total: usize,
    scroll: Scroll,
    sort: Option<PaneSort>,
}

/// State of the Agents tab.
#[derive(Clone, Debug, Default)]
pub struct AgentsTab {
    /// Which watch is at work, counted from 1; nothing before the tab was first shown. What an older one tells is dropped.
    pub watch: Option<u64>,
    /// Watches begun so far.
    pub watches: u64,
    /// The agents.
    pub known: AgentsKnown,
    /// The configurations; nothing before the first reading.
    pub configurations: Option<Vec<Configuration>>,
    /// The jobs by configuration; nothing there before the first reading.
    jobs: BTreeMap<String, Vec<JobSeen>>,
    /// What could not be read at its last try, by what it is.
    unread: BTreeMap<String, Unread>,
    /// When something was last read that differs from before.
    pub changed_at: Option<Timestamp>,
    /// When anything was last read.
    pub read_at: Option<Timestamp>,
    /// The weightiest notice that came while another tab was open.
    pub unseen: Option<NoticeLevel>,
    /// Changes of state as they were told, oldest first.
    pub notices: VecDeque<Notice>,
    /// The list with the cursor.
    pub pane: Pane,
    /// What is shown in full.
    pub screen: Option<SubjectScreen>,
    /// The filter as typed.
    pub filter_text: String,
    /// Rows of the tab's body, as last drawn or resized.
    pub visible: u16,
    lists: [List; PANES.len()],
    zone: Option<TimeZone>,
}

impl AgentsTab {
    /// What an action is for: what is shown in full, else what is under the cursor.
    pub fn subject(&self) -> Option<TabSubject> {
        match &self.screen {
            Some(screen) => Some(screen.subject.clone()),
            None => self.under_cursor().cloned(),
        }
    }

    fn under_cursor(&self) -> Option<&TabSubject> {
        let list = self.list(self.pane);
        list.rows.get(list.scroll.cursor)
    }

    fn list(&self, pane: Pane) -> &List {
        &self.lists[pane as usize]
    }

    /// The rows of a pane that pass the filter, in view order.
    pub fn rows(&self, pane: Pane) -> &[TabSubject] {
        &self.list(pane).rows
    }

    /// How many rows a pane has without the filter.
    pub fn total(&self, pane: Pane) -> usize {
        self.list(pane).total
    }

    /// Cursor and scroll position of a pane.
    pub fn scroll(&self, pane: Pane) -> Scroll {
        self.list(pane).scroll
    }

    /// The order of a pane; nothing is its own one, in which what needs a look stands first.
    pub fn sort(&self, pane: Pane) -> Option<PaneSort> {
        self.list(pane).sort
    }

    /// One job; nothing when the service does not list it any more.
    pub fn job(&self, configuration: &str, job: &str) -> Option<&JobSeen> {
        self.jobs
            .get(configuration)?
            .iter()
            .find(|seen| seen.job.id == job)
    }

    /// Every job with its configuration's id.
    pub fn all_jobs(&self) -> impl Iterator<Item = (&str, &JobSeen)> {
        self.jobs
            .iter()
            .flat_map(|(id, jobs)| jobs.iter().map(move |job| (id.as_str(), job)))
    }

    /// Whether the jobs of every configuration were read.
    pub fn has_read_jobs(&self) -> bool {
        self.configurations
            .as_ref()
            .is_some_and(|known| known.iter().all(|known| self.jobs.contains_key(&known.id)))
    }

    /// One configuration.
    pub fn configuration(&self, id: &str) -> Option<&Configuration> {
        self.configurations
            .iter()
            .flatten()
            .find(|configuration| configuration.id == id)
    }

    /// The name of a configuration; its id when it is not known.
    pub fn name_of<'a>(&'a self, configuration: &'a str) -> &'a str {
        self.configuration(configuration)
            .map_or(configuration, |known| known.display_name.as_str())
    }

    /// One agent.
    pub fn agent(&self, id: &str) -> Option<&AgentRecord> {
        self.known.records.iter().find(|record| record.agent.id == id)
    }

    /// One domain.
    pub fn domain(&self, name: &str) -> Option<&ServedDomain> {
        self.known.domains.iter().find(|served| served.domain == name)
    }

    /// The agent groups.
    pub fn groups(&self) -> &[AgentGroup] {
        self.known
            .topology
            .as_ref()
            .map_or(&[], |topology| topology.groups.as_slice())
    }

    /// One agent group.
    pub fn group(&self, id: &str) -> Option<&AgentGroup> {
        self.groups().iter().find(|group| group.id == id)
    }

    /// The agents of a group, whichever side names them.
    pub fn members<'a>(&'a self, group: &'a AgentGroup) -> impl Iterator<Item = &'a AgentRecord> {
        self.known.records.iter().filter(|record| {
            group.agents.contains(&record.agent.id) || record.agent.groups.contains(&group.id)
        })
    }

    /// When agents update themselves, where it is known.
    pub fn updater(&self) -> Option<&UpdaterConfiguration> {
        self.known.topology.as_ref()?.updater.as_ref()
    }

    /// What could not be read at its last try.
    pub fn unread(&self) -> impl Iterator<Item = &Unread> {
        self.unread.values()
    }

    /// Whether an application is signed in, which can't read agents.
    pub fn refused_to_application(&self) -> bool {
        self.known
            .refused
            .as_ref()
            .is_some_and(|error| error.class == ErrorClass::Permission)
    }

    /// Another watch begins; what the one before told stays until the new one tells.
    pub fn begin_watch(&mut self) -> u64 {
        self.watches += 1;
        self.watch = Some(self.watches);
        self.unread.clear();
        self.watches
    }

    /// Another tenant: nothing of this one is true there.
    pub fn forget(&mut self) {
        let watches = self.watches;
        let visible = self.visible;
        *self = Self {
            watches,
            visible,
            zone: self.zone.take(),
            ..Self::default()
        };
    }

    /// Takes in what the watch tells; a notice comes back to be told.
    pub fn take_in(&mut self, event: WatchEvent) -> Option<Notice> {
        match event {
            WatchEvent::Agents(seen) => {
                let seen = *seen;
                let differs = self.known.topology.as_ref() != Some(&seen.topology)
                    || self.known.records.len() != seen.records.len();
                self.known = AgentsKnown {
                    topology: Some(seen.topology),
                    records: seen.records,
                    domains: seen.domains,
                    refused: None,
                };
                self.read("the agents", seen.at, differs);
            }
            WatchEvent::AgentsRefused { error, records } => {
                self.known = AgentsKnown {
                    records,
                    refused: Some(error),
                    ..AgentsKnown::default()
                };
                self.unread.remove("the agents");
            }
            WatchEvent::Configurations { configurations, at } => {
                self.jobs
                    .retain(|id, _| configurations.iter().any(|configuration| configuration.id == *id));
                let differs = self.configurations.as_ref() != Some(&configurations);
                let names: Vec<String> = configurations
                    .iter()
                    .map(|configuration| format!("the jobs of {}", configuration.display_name))
                    .collect();
                self.unread
                    .retain(|what, _| !what.starts_with("the jobs of") || names.contains(what));
                self.configurations = Some(configurations);
                self.read("the configurations", at, differs);
            }
            WatchEvent::Jobs {
                configuration,
                jobs,
                at,
            } => {
                let what = format!("the jobs of {}", self.name_of(&configuration));
                let differs = self.jobs.get(&configuration) != Some(&jobs);
                self.jobs.insert(configuration, jobs);
                self.read(&what, at, differs);
            }
            WatchEvent::Notice(notice) => {
                if self.notices.len() == NOTICES_KEPT {
                    self.notices.pop_front();
                }
                self.notices.push_back(notice.clone());
                return Some(notice);
            }
            WatchEvent::Failed { what, error, at } => {
                self.unread.insert(what.clone(), Unread { what, error, at });
            }
        }
        self.arrange();
        None
    }

    fn read(&mut self, what: &str, at: Timestamp, differs: bool) {
        self.unread.remove(what);
        self.read_at = Some(self.read_at.map_or(at, |read| read.max(at)));
        if differs || self.changed_at.is_none() {
            self.changed_at = Some(at);
        }
    }

    /// The zone in which times are shown, compared and filtered.
    pub fn set_zone(&mut self, zone: TimeZone) {
        self.zone = Some(zone);
    }

    /// A point in time as the tab shows it; `never` for none.
    pub fn time(&self, at: Option<Timestamp>) -> String {
        match at {
            None => "never".to_owned(),
            Some(at) => at
                .to_zoned(self.zone.clone().unwrap_or(TimeZone::UTC))
                .strftime("%Y-%m-%d %H:%M")
                .to_string(),
        }
    }

    /// Another filter.
    pub fn set_filter(&mut self, text: &str) {
        text.clone_into(&mut self.filter_text);
        self.arrange();
    }

    /// Another order for the pane with the cursor.
    pub fn set_sort(&mut self, sort: Option<PaneSort>) {
        self.lists[self.pane as usize].sort = sort;
        self.arrange();
    }

    /// Goes to the list beside.
    pub fn turn(&mut self, forward: bool) {
        let at = self.pane as usize;
        let step = if forward { 1 } else { PANES.len() - 1 };
        self.pane = PANES[(at + step) % PANES.len()].pane;
        self.keep();
    }

    /// Moves the cursor, or the text that is shown in full.
    pub fn step(&mut self, step: Step) {
        let visible = usize::from(self.pane_rows(self.pane));
        let list = &mut self.lists[self.pane as usize];
        list.scroll.step(step, list.rows.len(), visible);
    }

    /// The tab's body has another height.
    pub fn resize(&mut self, visible: u16) {
        self.visible = visible;
        self.keep();
    }

    fn keep(&mut self) {
        for info in &PANES {
            let visible = usize::from(self.pane_rows(info.pane));
            let list = &mut self.lists[info.pane as usize];
            list.scroll.keep(list.rows.len(), visible);
        }
    }

    /// How many rows a pane shows: each keeps a few, the one with the cursor grows first.
    pub fn pane_rows(&self, pane: Pane) -> u16 {
        pane::share(
            self.visible.saturating_sub(pane::AROUND),
            self.pane,
            &std::array::from_fn(|at| {
                // A list without rows has one line that says why.
                u16::try_from(self.lists[at].rows.len().max(1)).unwrap_or(u16::MAX)
            }),
        )[pane as usize]
    }

    /// Builds the rows anew. The cursor stays on what it is on.
    fn arrange(&mut self) {
        let filter = FilterWords::new(&self.filter_text);
        for info in &PANES {
            let all = pane::rows(self, info.pane);
            let total = all.len();
            let mut rows: Vec<TabSubject> = all
                .into_iter()
                .filter(|row| filter.is_empty() || filter.accepts(&pane::text(self, info.pane, row)))
                .collect();
            if let Some(sort) = self.lists[info.pane as usize].sort {
                pane::sort(self, info.pane, sort, &mut rows);
            }
            let list = &mut self.lists[info.pane as usize];
            let under = list.rows.get(list.scroll.cursor).cloned();
            // At the top the view stays there while the first rows come in.
            if list.scroll.cursor > 0
                && let Some(place) = under.and_then(|under| rows.iter().position(|row| *row == under))
            {
                let offset = list.scroll.cursor.saturating_sub(list.scroll.top);
                list.scroll.cursor = place;
                list.scroll.top = place.saturating_sub(offset);
            }
            list.rows = rows;
            list.total = total;
        }
        self.keep();
    }

    /// How many agents have a presence.
    pub fn agents_that_are(&self, presence: AgentPresence) -> usize {
        self.known
            .records
            .iter()
            .filter(|record| record.presence() == presence)
            .count()
    }
}
