//! The lists of the Agents tab as data: which columns each has, what stands in a cell, how rows compare.

use jiff::Timestamp;

use crate::{
    domain::synchronization::{AgentPresence, AgentRecord, DomainHealth, ExecutionState, RECOMMENDED_AGENTS},
    engine::synchronization::JobSeen,
    tui::view::figures::{grouped, rough},
};

use super::{AgentsTab, TabSubject, words::job_state};

/// Lines of the summary over the lists.
pub const SUMMARY: u16 = 3;

/// Rows of the tab that are no list row: the summary and one heading per list.
pub(super) const AROUND: u16 = SUMMARY + PANES.len() as u16;

/// A list of the tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Synchronization jobs.
    #[default]
    Jobs,
    /// Agents, vanished ones too.
    Agents,
    /// Domains and how many live agents serve them.
    Domains,
    /// Agent groups.
    Groups,
}

/// How something is to be looked at; always beside a word that says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Tone {
    Text,
    Muted,
    Good,
    Warn,
    Bad,
    Info,
}

/// A text with its tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// How to look at it.
    pub tone: Tone,
    /// What it is sorted by, where the text would mislead.
    key: Option<i64>,
}

impl Cell {
    fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
            key: None,
        }
    }

    fn by(mut self, key: i64) -> Self {
        self.key = Some(key);
        self
    }
}

/// A column of a list.
pub struct PaneColumn {
    /// Its heading.
    pub title: &'static str,
    /// How many cells it takes; 0 shares what is left.
    pub width: u16,
    /// How many it takes on a wide screen.
    pub wide: u16,
    /// The width of the screen from which it is shown.
    pub from: u16,
    /// What stands in it; nothing when the row is gone.
    pub cell: fn(&AgentsTab, &TabSubject) -> Option<Cell>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaneSort {
    /// Place of the column.
    pub column: usize,
    /// Whether the order is turned round.
    pub descending: bool,
}

/// What the table says about a list.
pub struct PaneInfo {
    /// Which list.
    pub pane: Pane,
    /// Its title.
    pub title: &'static str,
    /// How many rows it keeps while another list has the cursor.
    pub least: u16,
    /// Its columns.
    pub columns: &'static [PaneColumn],
}

const fn column(
    title: &'static str,
    width: u16,
    from: u16,
    cell: fn(&AgentsTab, &TabSubject) -> Option<Cell>,
) -> PaneColumn {
    PaneColumn {
        title,
        width,
        wide: width,
        from,
        cell,
    }
}

impl PaneColumn {
    const fn or_wide(mut self, wide: u16) -> Self {
        self.wide = wide;
        self
    }
}

/// Every list, in the order of the screen.
pub static PANES: [PaneInfo; 4] = [
    PaneInfo {
        pane: Pane::Jobs,
        title: "Jobs",
        least: 6,
        columns: &[
            column("Configuration", 0, 0, |tab, row| {
                Some(Cell::new(tab.name_of(row.configuration()?), Tone::Text))
            }),
            column("Kind", 20, 0, |tab, row| match row {
                TabSubject::Configuration { configuration } => {
                    let known = tab.configuration(configuration)?;
                    let direction = known.direction().unwrap_or("unknown direction");
                    Some(Cell::new(direction, Tone::Muted))
                }
                _ => Some(Cell::new(seen(tab, row)?.job.kind().title(), Tone::Text)),
            })
            .or_wide(25),
            column("State", 10, 0, |tab, row| match row {
                TabSubject::Configuration { .. } => Some(Cell::new("no job", Tone::Muted)),
                _ => {
                    let (word, tone) = job_state(seen(tab, row)?);
                    Some(Cell::new(word, tone).by(weight(tone)))
                }
            }),
            column("Last run", 16, 72, |tab, row| {
                let last = seen(tab, row)?.job.status.last.as_ref();
                Some(time(tab, last.and_then(|last| last.ended)))
            }),
            column("Result", 7, 0, |tab, row| Some(result(seen(tab, row)?))),
            column("Every", 7, 90, |tab, row| {
                let cadence = seen(tab, row)?.cadence;
                Some(match cadence {
                    None => Cell::new("unknown", Tone::Muted).by(i64::MAX),
                    Some(cadence) => Cell::new(rough(cadence), Tone::Text)
                        .by(i64::try_from(cadence.as_secs()).unwrap_or(i64::MAX)),
                })
            }),
            column("Written", 8, 100, |tab, row| {
                let last = seen(tab, row)?.job.status.last.as_ref();
                let written = last.map_or(0, |last| last.counts.count_exports);
                let text = grouped(u64::try_from(written).unwrap_or(0));
                Some(Cell::new(format!("{text:>8}"), Tone::Text).by(written))
            }),
        ],
    },
    PaneInfo {
        pane: Pane::Agents,
        title: "Agents",
        least: 4,
        columns: &[
            column("Agent", 0, 0, |tab, row| {
                Some(Cell::new(&record(tab, row)?.agent.machine_name, Tone::Text))
            }),
            column("Address", 15, 0, |tab, row| {
                Some(Cell::new(&record(tab, row)?.agent.external_ip, Tone::Muted))
            }),
            column("State", 12, 0, |tab, row| {
                let presence = record(tab, row)?.presence();
                if tab.known.topology.is_none() {
                    // Nobody knows how it is now.
                    return Some(Cell::new(format!("was {}", presence.word()), Tone::Muted));
                }
                Some(Cell::new(presence.word(), presence_tone(presence)).by(weight(presence_tone(presence))))
            }),
            column("Silent since", 16, 0, |tab, row| {
                // Nothing is told of a live agent: a time that ticks with every reading would say no more.
                match record(tab, row)?.silent_since {
                    None => Some(Cell::new("-", Tone::Muted).by(i64::MAX)),
                    since => Some(time(tab, since)),
                }
            }),
            column("Groups", 0, 90, |tab, row| {
                Some(Cell::new(record(tab, row)?.group_names.join(", "), Tone::Text))
            }),
            column("Domains", 0, 110, |tab, row| {
                Some(Cell::new(record(tab, row)?.domains.join(", "), Tone::Text))
            }),
        ],
    },
    PaneInfo {
        pane: Pane::Domains,
        title: "Domains",
        least: 2,
        columns: &[
            column("Domain", 0, 0, |_, row| match row {
                TabSubject::Domain { domain } => Some(Cell::new(domain, Tone::Text)),
                _ => None,
            }),
            column("Live agents", 11, 0, |tab, row| {
                let TabSubject::Domain { domain } = row else {
                    return None;
                };
                let served = tab.domain(domain)?;
                let text = format!("{} of {}", served.live, served.agents.len());
                Some(Cell::new(text, Tone::Text).by(i64::try_from(served.live).unwrap_or(i64::MAX)))
            }),
            column("Health", 33, 0, |tab, row| {
                let TabSubject::Domain { domain } = row else {
                    return None;
                };
                let (text, tone) = health(tab.domain(domain)?.health());
                Some(Cell::new(text, tone).by(weight(tone)))
            }),
        ],
    },
    PaneInfo {
        pane: Pane::Groups,
        title: "Groups",
        least: 1,
        columns: &[
            column("Group", 0, 0, |tab, row| {
                Some(Cell::new(&group(tab, row)?.display_name, Tone::Text))
            }),
            column("Agents", 7, 0, |tab, row| {
                let count = tab.members(group(tab, row)?).count();
                Some(Cell::new(count.to_string(), Tone::Text).by(i64::try_from(count).unwrap_or(i64::MAX)))
            }),
            column("Use", 7, 0, |tab, row| {
                let word = if group(tab, row)?.is_default {
                    "default"
                } else {
                    "own"
                };
                Some(Cell::new(word, Tone::Muted))
            }),
            column("Domains", 0, 60, |tab, row| {
                let resources = tab.known.topology.as_ref()?.resources.iter();
                let group = group(tab, row)?;
                let names: Vec<&str> = resources
                    .filter(|resource| group.resources.contains(&resource.id))
                    .map(|resource| resource.domain.as_str())
                    .collect();
                Some(match names.is_empty() {
                    true => Cell::new("none", Tone::Muted),
                    false => Cell::new(names.join(", "), Tone::Text),
                })
            }),
        ],
    },
];

impl Pane {
    /// What the table says about it.
    pub fn info(self) -> &'static PaneInfo {
        &PANES[self as usize]
    }
}

fn seen<'a>(tab: &'a AgentsTab, row: &TabSubject) -> Option<&'a JobSeen> {
    let (configuration, job) = row.job()?;
    tab.job(configuration, job)
}

fn record<'a>(tab: &'a AgentsTab, row: &TabSubject) -> Option<&'a AgentRecord> {
    match row {
        TabSubject::Agent { agent } => tab.agent(agent),
        _ => None,
    }
}

fn group<'a>(tab: &'a AgentsTab, row: &TabSubject) -> Option<&'a crate::domain::synchronization::AgentGroup> {
    match row {
        TabSubject::Group { group } => tab.group(group),
        _ => None,
    }
}

fn time(tab: &AgentsTab, at: Option<Timestamp>) -> Cell {
    let tone = if at.is_some() { Tone::Text } else { Tone::Muted };
    Cell::new(tab.time(at), tone).by(at.map_or(i64::MIN, Timestamp::as_second))
}

/// How the last execution ended.
fn result(seen: &JobSeen) -> Cell {
    match seen.job.status.last.as_ref().map(|last| &last.state) {
        None => Cell::new("none", Tone::Muted),
        Some(ExecutionState::Succeeded) => Cell::new("good", Tone::Good),
        Some(ExecutionState::EntryLevelErrors) => Cell::new("errors", Tone::Warn),
        Some(ExecutionState::Failed) => Cell::new("failed", Tone::Bad),
        Some(other) => Cell::new(other.word(), Tone::Warn),
    }
}

pub(super) fn presence_tone(presence: AgentPresence) -> Tone {
    match presence {
        AgentPresence::Active => Tone::Good,
        AgentPresence::Inactive => Tone::Bad,
        AgentPresence::Vanished => Tone::Warn,
    }
}

fn health(health: DomainHealth) -> (String, Tone) {
    let word = health.word();
    match health {
        DomainHealth::Good => (word.to_owned(), Tone::Good),
        DomainHealth::BelowRecommended => (
            format!("{word}: {RECOMMENDED_AGENTS} are recommended"),
            Tone::Text,
        ),
        DomainHealth::Single => (format!("{word}: the next failure stops it"), Tone::Warn),
        DomainHealth::None => (format!("{word}: nothing is synchronized"), Tone::Bad),
    }
}

/// What needs a look stands first.
fn weight(tone: Tone) -> i64 {
    match tone {
        Tone::Bad => 0,
        Tone::Warn => 1,
        Tone::Info => 2,
        Tone::Text => 3,
        Tone::Good => 4,
        Tone::Muted => 5,
    }
}

/// All rows of a list in its own order: configurations as the watch sorts them, each with its main job first; agents by
/// name.
pub(super) fn rows(tab: &AgentsTab, pane: Pane) -> Vec<TabSubject> {
    match pane {
        Pane::Jobs => {
            let mut rows = Vec::new();
            for configuration in tab.configurations.iter().flatten() {
                let configuration = &configuration.id;
                match tab.jobs.get(configuration) {
                    Some(jobs) if !jobs.is_empty() => rows.extend(jobs.iter().map(|seen| TabSubject::Job {
                        configuration: configuration.clone(),
                        job: seen.job.id.clone(),
                    })),
                    Some(_) => rows.push(TabSubject::Configuration {
                        configuration: configuration.clone(),
                    }),
                    // Not read yet: a row that says "no job" would be a lie.
                    None => {}
                }
            }
            rows
        }
        Pane::Agents => {
            let agents = tab.known.records.iter();
            let row = |record: &AgentRecord| TabSubject::Agent {
                agent: record.agent.id.clone(),
            };
            agents.map(row).collect()
        }
        Pane::Domains => {
            let domains = tab.known.domains.iter();
            domains
                .map(|served| TabSubject::Domain {
                    domain: served.domain.clone(),
                })
                .collect()
        }
        Pane::Groups => {
            let groups = tab.groups().iter();
            groups
                .map(|group| TabSubject::Group {
                    group: group.id.clone(),
                })
                .collect()
        }
    }
}

/// Everything a row says, for the filter; what a narrow screen hides counts too.
pub(super) fn text(tab: &AgentsTab, pane: Pane, row: &TabSubject) -> String {
    let cells = pane.info().columns.iter();
    let texts: Vec<String> = cells
        .filter_map(|column| (column.cell)(tab, row))
        .map(|cell| cell.text)
        .collect();
    texts.join("  ")
}

pub(super) fn sort(tab: &AgentsTab, pane: Pane, sort: PaneSort, rows: &mut [TabSubject]) {
    let Some(column) = pane.info().columns.get(sort.column) else {
        return;
    };
    // What a column says nothing about stands last either way.
    rows.sort_by_cached_key(|row| match (column.cell)(tab, row) {
        Some(cell) => (cell.key.unwrap_or_default(), cell.text.to_lowercase()),
        None => (i64::MAX, String::new()),
    });
    if sort.descending {
        rows.reverse();
    }
}

/// Shares rows among the lists: each keeps a few, then the list with the cursor grows to its length, then the others in
/// their order. Never more in all than there are.
pub(super) fn share(rows: u16, active: Pane, lengths: &[u16; PANES.len()]) -> [u16; PANES.len()] {
    let mut shares = [0; PANES.len()];
    let mut left = rows;
    let mut grow = |at: usize, most: u16| {
        let more = most.min(lengths[at]).saturating_sub(shares[at]).min(left);
        shares[at] += more;
        left -= more;
    };
    for info in &PANES {
        grow(info.pane as usize, info.least.min(2));
    }
    for info in &PANES {
        grow(info.pane as usize, info.least);
    }
    grow(active as usize, u16::MAX);
    for info in &PANES {
        grow(info.pane as usize, u16::MAX);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_stand_at_their_own_place() {
        for (at, info) in PANES.iter().enumerate() {
            assert_eq!(info.pane as usize, at);
        }
    }

    #[test]
    fn the_list_with_the_cursor_grows_first_and_no_row_is_given_twice() {
        assert_eq!(share(14, Pane::Jobs, &[15, 20, 5, 3]), [7, 4, 2, 1]);
        assert_eq!(share(14, Pane::Agents, &[15, 20, 5, 3]), [6, 5, 2, 1]);
        assert_eq!(share(40, Pane::Domains, &[15, 4, 5, 3]), [15, 4, 5, 3]);
        for rows in 0..60 {
            let shares = share(rows, Pane::Groups, &[9, 8, 7, 6]);
            assert!(shares.iter().sum::<u16>() <= rows);
        }
    }
}
