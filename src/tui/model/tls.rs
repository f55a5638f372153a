//! The TLS tab: hosts and endpoints as they were asked for, what is known of each, the cursors.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;

use crate::{
    domain::tls::{Endpoint, EndpointReport, ValueReport, Verdict},
    engine::tls_check::{CheckEvent, CheckedHost, HostRequest, RegistrySource, Unread},
    tui::{
        job::JobId,
        widget::{Scroll, Step},
    },
};

/// The lists of the tab, in reading order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsPane {
    /// Hosts whose registry is read.
    #[default]
    Hosts,
    /// The values of the host under the cursor.
    Values,
    /// Endpoints on the wire.
    Endpoints,
}

/// All of them.
pub const TLS_PANES: [TlsPane; 3] = [TlsPane::Hosts, TlsPane::Values, TlsPane::Endpoints];

/// What is known of a host.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// It is being read.
    Waiting,
    /// As read.
    Read(Arc<CheckedHost>),
    /// It could not be read.
    Unread(Unread),
}

/// A host in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct HostRow {
    /// What was asked for.
    pub request: HostRequest,
    /// What is known. While it is read again, the reading before stays.
    pub reading: Reading,
}

impl HostRow {
    /// Its own name once it is read, the one it was asked for by before.
    pub fn name(&self) -> &str {
        match &self.reading {
            Reading::Read(host) => &host.report.host,
            _ => &self.request.name,
        }
    }

    /// The host as read.
    pub fn read(&self) -> Option<&Arc<CheckedHost>> {
        match &self.reading {
            Reading::Read(host) => Some(host),
            _ => None,
        }
    }
}

/// An endpoint in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointRow {
    /// Where and what for.
    pub endpoint: Endpoint,
    /// What was seen; nothing before the first answer.
    pub report: Option<Arc<EndpointReport>>,
}

/// What is shown in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsSubject {
    /// A host, by its place.
    Host(usize),
    /// A value of a host: places of both.
    Value(usize, usize),
    /// An endpoint, by its place.
    Endpoint(usize),
}

/// Something in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsScreen {
    /// What.
    pub subject: TlsSubject,
    /// First visible line.
    pub scroll: Scroll,
}

/// State of the TLS tab.
#[derive(Clone, Debug, Default)]
pub struct TlsTab {
    /// The check at work.
    pub job: Option<JobId>,
    /// Whether a check was ever begun: the tab begins one when it is first shown.
    pub begun: bool,
    /// The hosts, in the order of the profile, then the files of this session.
    pub hosts: Vec<HostRow>,
    /// The endpoints, in the order of their table.
    pub endpoints: Vec<EndpointRow>,
    /// What is said once about all endpoints.
    pub notes: Vec<String>,
    /// Files named in this session.
    pub files: Vec<PathBuf>,
    /// Why nothing could be looked at.
    pub failure: Option<String>,
    /// When the last check ended.
    pub checked_at: Option<Timestamp>,
    /// The list with the cursor.
    pub pane: TlsPane,
    /// What is shown in full.
    pub screen: Option<TlsScreen>,
    /// The filter as typed.
    pub filter_text: String,
    shown_hosts: Vec<usize>,
    shown_endpoints: Vec<usize>,
    scrolls: [Scroll; TLS_PANES.len()],
    visible: [usize; TLS_PANES.len()],
}

impl TlsTab {
    /// A check begins: what is known of the same hosts and endpoints stays until something newer comes.
    pub fn begin(&mut self, hosts: Vec<HostRequest>, endpoints: Vec<Endpoint>) {
        let known = std::mem::take(&mut self.hosts);
        self.hosts = hosts
            .into_iter()
            .map(|request| {
                let before = known.iter().find(|row| row.request == request);
                HostRow {
                    reading: before.map_or(Reading::Waiting, |row| row.reading.clone()),
                    request,
                }
            })
            .collect();
        let known = std::mem::take(&mut self.endpoints);
        self.endpoints = endpoints
            .into_iter()
            .map(|endpoint| {
                let before = known.iter().find(|row| row.endpoint == endpoint);
                EndpointRow {
                    report: before.and_then(|row| row.report.clone()),
                    endpoint,
                }
            })
            .collect();
        self.failure = None;
        self.arrange();
    }

    /// One answer of the check at work.
    pub fn take_in(&mut self, event: CheckEvent) {
        match event {
            CheckEvent::Host(at, answer) => {
                if let Some(row) = self.hosts.get_mut(at) {
                    row.reading = match answer {
                        Ok(host) => Reading::Read(Arc::from(host)),
                        Err(unread) => Reading::Unread(unread),
                    };
                }
            }
            CheckEvent::Notes(notes) => self.notes = notes,
            CheckEvent::Unprobed(why) => self.notes = vec![why],
            CheckEvent::Endpoint(at, report) => {
                if let Some(row) = self.endpoints.get_mut(at) {
                    row.report = Some(Arc::from(report));
                }
            }
        }
        self.arrange();
    }

    /// Puts the filter on both lists: every word must occur.
    pub fn set_filter(&mut self, text: &str) {
        text.clone_into(&mut self.filter_text);
        self.arrange();
    }

    fn arrange(&mut self) {
        let words: Vec<String> = self
            .filter_text
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let passes = |text: String| {
            let text = text.to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let host = |row: &HostRow| {
            let verdict = row.read().map_or("", |host| host.report.worst().word());
            format!("{} {} {verdict}", row.name(), row.request.source.origin())
        };
        let endpoint = |row: &EndpointRow| {
            let verdict = row.report.as_ref().map_or("", |report| report.verdict.word());
            let issuer = row.report.as_ref().and_then(|report| report.issuer.as_deref());
            let Endpoint {
                host, port, purpose, ..
            } = &row.endpoint;
            format!("{host}:{port} {purpose} {verdict} {}", issuer.unwrap_or_default())
        };
        let places = |pass: Vec<bool>| (0..pass.len()).filter(|at| pass[*at]).collect::<Vec<usize>>();
        self.shown_hosts = places(self.hosts.iter().map(|row| passes(host(row))).collect());
        let under_cursor = self.endpoint_place();
        self.shown_endpoints = places(self.endpoints.iter().map(|row| passes(endpoint(row))).collect());
        // What needs a look stands first; among equals the order of the table.
        let endpoints = &self.endpoints;
        self.shown_endpoints.sort_by_key(|at| {
            let report = endpoints.get(*at).and_then(|row| row.report.as_ref());
            std::cmp::Reverse(
                report
                    .map(|report| report.verdict)
                    .filter(|verdict| verdict.is_finding()),
            )
        });
        // The cursor goes with its endpoint, unless nobody has moved it yet.
        let scroll = &mut self.scrolls[TlsPane::Endpoints as usize];
        if scroll.cursor > 0
            && let Some(at) = self
                .shown_endpoints
                .iter()
                .position(|at| Some(*at) == under_cursor)
        {
            scroll.cursor = at;
        }
        self.keep();
    }

    /// The rows of the lists that fit on screen.
    pub fn resize(&mut self, visible: [u16; TLS_PANES.len()]) {
        self.visible = visible.map(usize::from);
        self.keep();
    }

    fn keep(&mut self) {
        for pane in TLS_PANES {
            let (length, visible) = (self.length(pane), self.visible[pane as usize]);
            self.scrolls[pane as usize].keep(length, visible);
        }
    }

    /// How many rows a list shows.
    pub fn length(&self, pane: TlsPane) -> usize {
        match pane {
            TlsPane::Hosts => self.shown_hosts.len(),
            TlsPane::Values => self.values().count(),
            TlsPane::Endpoints => self.shown_endpoints.len(),
        }
    }

    /// Cursor and scroll position of a list.
    pub fn scroll(&self, pane: TlsPane) -> Scroll {
        self.scrolls[pane as usize]
    }

    /// The hosts that pass the filter, with their places.
    pub fn shown_hosts(&self) -> impl Iterator<Item = (usize, &HostRow)> {
        self.shown_hosts
            .iter()
            .filter_map(|at| Some((*at, self.hosts.get(*at)?)))
    }

    /// The endpoints that pass the filter, with their places.
    pub fn shown_endpoints(&self) -> impl Iterator<Item = (usize, &EndpointRow)> {
        self.shown_endpoints
            .iter()
            .filter_map(|at| Some((*at, self.endpoints.get(*at)?)))
    }

    /// The place of the host under the cursor.
    pub fn host_place(&self) -> Option<usize> {
        self.shown_hosts
            .get(self.scrolls[TlsPane::Hosts as usize].cursor)
            .copied()
    }

    fn endpoint_place(&self) -> Option<usize> {
        let cursor = self.scrolls[TlsPane::Endpoints as usize].cursor;
        self.shown_endpoints.get(cursor).copied()
    }

    /// The host under the cursor.
    pub fn host(&self) -> Option<&HostRow> {
        self.hosts.get(self.host_place()?)
    }

    /// The host that is shown in full, else the one under the cursor, once it is read.
    pub fn host_at_hand(&self) -> Option<&Arc<CheckedHost>> {
        let row = match self.screen.as_ref().map(|screen| &screen.subject) {
            Some(TlsSubject::Host(at) | TlsSubject::Value(at, _)) => self.hosts.get(*at),
            Some(TlsSubject::Endpoint(_)) => None,
            None => self.host(),
        };
        row.and_then(HostRow::read)
    }

    /// The values of the host under the cursor: those of Microsoft's script first.
    pub fn values(&self) -> impl Iterator<Item = &ValueReport> {
        let report = self.host().and_then(HostRow::read).map(|host| &host.report);
        report
            .into_iter()
            .flat_map(|report| report.values.iter().chain(&report.further))
    }

    /// A value by the places of its host and its own.
    pub fn value(&self, host: usize, value: usize) -> Option<&ValueReport> {
        let report = &self.hosts.get(host)?.read()?.report;
        report.values.iter().chain(&report.further).nth(value)
    }

    /// Takes a file of this session off the list and says which.
    pub fn remove(&mut self, at: usize) -> Option<PathBuf> {
        let path = self.file_of_session(at)?.clone();
        self.hosts.remove(at);
        self.files.retain(|file| *file != path);
        self.arrange();
        Some(path)
    }

    /// The file of a host that was named in this session.
    pub fn file_of_session(&self, at: usize) -> Option<&PathBuf> {
        match &self.hosts.get(at)?.request.source {
            RegistrySource::File(path) if self.files.contains(path) => Some(path),
            _ => None,
        }
    }

    /// What is under the cursor.
    pub fn subject(&self) -> Option<TlsSubject> {
        let cursor = self.scrolls[self.pane as usize].cursor;
        match self.pane {
            TlsPane::Hosts => self.host_place().map(TlsSubject::Host),
            TlsPane::Values => {
                let host = self.host_place()?;
                self.value(host, cursor).map(|_| TlsSubject::Value(host, cursor))
            }
            TlsPane::Endpoints => self.endpoint_place().map(TlsSubject::Endpoint),
        }
    }

    /// Moves the cursor of the list that has it.
    pub fn step(&mut self, step: Step) {
        let at = self.pane as usize;
        let (length, visible) = (self.length(self.pane), self.visible[at]);
        let before = self.scrolls[at].cursor;
        self.scrolls[at].step(step, length, visible);
        if self.pane == TlsPane::Hosts && self.scrolls[at].cursor != before {
            self.scrolls[TlsPane::Values as usize] = Scroll::default();
        }
    }

    /// Goes to the next or the previous list.
    pub fn turn(&mut self, forward: bool) {
        let count = TLS_PANES.len();
        let step = if forward { 1 } else { count - 1 };
        self.pane = TLS_PANES[(self.pane as usize + step) % count];
    }

    /// How many hosts are read, by their worst verdict.
    pub fn hosts_that_are(&self, verdict: Verdict) -> usize {
        let worst = |row: &&HostRow| row.read().is_some_and(|host| host.report.worst() == verdict);
        self.hosts.iter().filter(worst).count()
    }

    /// Whether anything is still waited for.
    pub fn is_busy(&self) -> bool {
        self.job.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Via, ssh::Ssh};

    fn request(name: &str) -> HostRequest {
        HostRequest {
            name: name.to_owned(),
            source: RegistrySource::Host(Via::Ssh(Ssh::new(&format!("admin@{name}")).unwrap())),
            windows: None,
        }
    }

    #[test]
    fn a_second_check_keeps_what_is_known_until_it_knows_better() {
        let mut tab = TlsTab::default();
        tab.begin(vec![request("one"), request("two")], Vec::new());
        let unread = Unread {
            message: "no answer".to_owned(),
            advice: None,
        };
        tab.take_in(CheckEvent::Host(1, Err(unread.clone())));
        tab.begin(vec![request("two"), request("three")], Vec::new());
        assert_eq!(tab.hosts[0].reading, Reading::Unread(unread));
        assert_eq!(tab.hosts[1].reading, Reading::Waiting);
    }

    #[test]
    fn the_filter_and_the_cursor_stay_inside_the_list() {
        let mut tab = TlsTab::default();
        tab.resize([5, 5, 5]);
        tab.begin(vec![request("one"), request("two"), request("three")], Vec::new());
        tab.step(Step::Last);
        assert_eq!(tab.subject(), Some(TlsSubject::Host(2)));
        tab.set_filter("ssh two");
        assert_eq!(tab.subject(), Some(TlsSubject::Host(1)));
        tab.set_filter("nobody");
        assert_eq!(tab.subject(), None);
        assert_eq!(tab.values().count(), 0);
    }
}
