//! Everything the cockpit knows. Owned by the loop, never behind a lock.

mod agents;
mod jobs;
mod mailboxes;
mod notes;
mod session;
mod tls;

use std::{collections::VecDeque, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    domain::{Call, Policy, Profile},
    engine::RunProgress,
};

use super::{
    context::Context,
    glyphs::Glyphs,
    job::{JobId, JobKind},
    keymap::Keymap,
    layer::{Layer, SteeringScreen},
    msg::{Failure, ImportedDirectory, RunOutcome, RunRow, WaveRow},
    now::Now,
    tab::Tab,
    theme::Theme,
    view::layout,
};

pub use agents::{
    AgentsTab, PANES, Pane, PaneColumn, PaneSort, SUMMARY, SubjectScreen, TabSubject, Tone, job_state,
};
pub use jobs::Jobs;
pub use mailboxes::MailboxesTab;
pub use notes::Notes;
pub use session::{SERVICES, Session};
pub use tls::{EndpointRow, HostRow, Reading, TLS_PANES, TlsPane, TlsScreen, TlsSubject, TlsTab};

/// How many calls the call log keeps.
const CALLS_KEPT: usize = 2_000;
/// How many palette lines the history keeps.
const PALETTE_KEPT: usize = 100;

/// What the cockpit starts with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The profile; nothing on the first run, which opens the set-up dialog.
    pub profile: Option<Profile>,
    /// What this process may change.
    pub policy: Policy,
    /// Colours.
    pub theme: Theme,
    /// Whether colours may be used at all: `NO_COLOR` and `--color never` allow the mono theme only.
    pub colour: bool,
    /// Signs.
    pub glyphs: Glyphs,
    /// Keys.
    pub keymap: Keymap,
    /// The zone of the times on screen.
    pub zone: TimeZone,
    /// The filter to start with, as typed.
    pub filter: String,
    /// The tab to start with.
    pub tab: Tab,
}

/// The run on screen: at work or over.
#[derive(Clone, Debug)]
pub struct RunView {
    /// Its job.
    pub job: JobId,
    /// What it does, in a few words.
    pub what: String,
    /// How far it is.
    pub progress: Option<RunProgress>,
    /// How it ended.
    pub outcome: Option<Result<RunOutcome, Failure>>,
    /// It may switch the tenant-wide default: the organisation is read again after it.
    pub switches_default: bool,
    /// The end was asked for twice: nothing more can be done than wait.
    pub stopping: bool,
}

/// The state of the cockpit.
#[derive(Debug)]
pub struct Model {
    /// What it started with; policy and theme can change.
    pub settings: Settings,
    /// The time as the last message told it.
    pub now: Now,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Who is signed in and how the services are doing.
    pub session: Session,
    /// The tab that is open.
    pub tab: Tab,
    /// The Agents tab.
    pub agents: AgentsTab,
    /// The Mailboxes tab.
    pub mailboxes: MailboxesTab,
    /// The TLS tab.
    pub tls: TlsTab,
    /// The directory export that is loaded.
    pub directory: Option<ImportedDirectory>,
    /// The run at work or the last one.
    pub run: Option<RunView>,
    /// The latest action on Cloud Sync.
    pub steering: Option<SteeringScreen>,
    /// The version of Connect Sync as the administrator attested it in this session.
    pub connect_version: Option<String>,
    /// The runs on disk, newest first; nothing before they were read.
    pub runs: Option<Vec<RunRow>>,
    /// The saved waves; nothing before they were read.
    pub waves: Option<Vec<WaveRow>>,
    /// The jobs.
    pub jobs: Jobs,
    /// The latest calls, oldest first.
    pub calls: VecDeque<Call>,
    /// What was told.
    pub notes: Notes,
    /// What lies over the tab, the top one last.
    pub layers: Vec<Layer>,
    /// What was typed into the palette, oldest first.
    pub palette_history: VecDeque<String>,
    /// Keys are swallowed until then: a dangerous dialog has just opened.
    pub swallow_until: Option<Duration>,
    /// Ctrl-C was pressed and not yet followed by another key.
    pub interrupted: bool,
    /// The administrator wants to leave as soon as the run has stopped.
    pub leaving: bool,
    /// The run to resume once the sign-in is through.
    pub resume_when_signed_in: Option<String>,
    /// Interrupted runs were offered once.
    pub offered: bool,
    dirty: bool,
}

impl Model {
    /// A cockpit that has seen no message yet. It draws a whole screen at once, so the first frame needs no wait.
    pub fn new(settings: Settings, size: (u16, u16), now: Now) -> Self {
        let mut model = Self {
            settings,
            now,
            size,
            session: Session::default(),
            tab: Tab::default(),
            agents: AgentsTab::default(),
            mailboxes: MailboxesTab::default(),
            tls: TlsTab::default(),
            directory: None,
            run: None,
            steering: None,
            connect_version: None,
            runs: None,
            waves: None,
            jobs: Jobs::default(),
            calls: VecDeque::new(),
            notes: Notes::default(),
            layers: Vec::new(),
            palette_history: VecDeque::new(),
            swallow_until: None,
            interrupted: false,
            leaving: false,
            resume_when_signed_in: None,
            offered: false,
            dirty: true,
        };
        model.tab = model.settings.tab;
        let filter = model.settings.filter.clone();
        match model.tab {
            Tab::Agents => model.agents.set_filter(&filter),
            Tab::Mailboxes => model.mailboxes.set_filter(&filter, now),
            Tab::Tls => model.tls.set_filter(&filter),
        }
        model.agents.set_zone(model.settings.zone.clone());
        model.resize(size);
        model
    }

    /// The terminal has this many columns and rows.
    pub(super) fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.mailboxes.resize(layout::table_rows(size));
        self.agents.resize(layout::body(size).height);
        self.tls
            .resize(super::view::tls::visible_rows(layout::body(size)));
    }

    /// Whether something on screen may have changed since this was last asked. Ticks alone seldom change anything.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// When the next `Tick` is needed though nothing else happens (a note lapses, a countdown
    /// moves, the view follows a run), as time since the
    /// process started. Nothing while the screen can rest: then no timer may run.
    pub fn wake_at(&self) -> Option<Duration> {
        let countdown = self.layers.iter().filter_map(|layer| match layer {
            Layer::SignIn(dialog) => dialog.next_change(self.now),
            _ => None,
        });
        let follows = self.mailboxes.follows_at();
        countdown.chain(self.notes.lapses_at()).chain(follows).min()
    }

    /// The context of the keymap that keys go to now.
    pub fn context(&self) -> Context {
        self.layers
            .last()
            .map_or_else(|| self.tab_context(), Layer::context)
    }

    /// The context of the tab itself.
    pub fn tab_context(&self) -> Context {
        match (
            self.tab,
            self.agents.screen.as_ref().map(|screen| &screen.subject),
        ) {
            (Tab::Agents, Some(TabSubject::Agent { .. })) => Context::Agent,
            (Tab::Agents, Some(_)) => Context::Job,
            (tab, _) => tab.info().context,
        }
    }

    /// Whether a run is at work.
    pub fn run_active(&self) -> bool {
        self.jobs.active_of(JobKind::Run).is_some()
    }

    /// The domain the administrator knows the tenant by.
    pub fn tenant_domain(&self) -> &str {
        match (&self.session.organization, &self.settings.profile) {
            (Some(organization), _) => &organization.tenant.domain,
            (None, Some(profile)) => &profile.tenant,
            (None, None) => "",
        }
    }

    /// A point in time as the screens show it.
    pub fn clock(&self, at: Timestamp) -> String {
        at.to_zoned(self.settings.zone.clone())
            .strftime("%H:%M:%S")
            .to_string()
    }

    /// A point in time with its day.
    pub fn day_and_time(&self, at: Timestamp) -> String {
        at.to_zoned(self.settings.zone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string()
    }

    /// Keeps finished calls.
    pub(super) fn log_calls(&mut self, calls: Vec<Call>) {
        self.calls.extend(calls);
        let over = self.calls.len().saturating_sub(CALLS_KEPT);
        self.calls.drain(..over);
    }

    /// Keeps a palette line.
    pub(super) fn remember_palette(&mut self, line: &str) {
        self.palette_history.retain(|known| known != line);
        if self.palette_history.len() == PALETTE_KEPT {
            self.palette_history.pop_front();
        }
        self.palette_history.push_back(line.to_owned());
    }

    pub(super) fn touch(&mut self) {
        self.dirty = true;
    }
}
