//! Changes of state in words, each told once.

use std::time::Duration;

use jiff::Timestamp;

use super::{JobSeen, Notice, NoticeLevel, Running};
use crate::domain::{
    synchronization::{
        AgentMemory, AgentPresence, Configuration, DomainHealth, ExecutionState, ScheduleState, ServedDomain,
        StatusCode,
    },
    text::clean,
};

fn notice(at: Timestamp, level: NoticeLevel, text: impl AsRef<str>) -> Notice {
    Notice {
        at,
        level,
        text: clean(text.as_ref()).into_owned(),
    }
}

/// Something about Handover's own record, such as a damaged file.
pub(super) fn own(at: Timestamp, text: impl AsRef<str>) -> Notice {
    notice(at, NoticeLevel::Warn, text)
}

/// Agents whose presence changed. The very first reading tells nothing: everything is new then.
pub(super) fn of_agents(
    changes: &[(String, Option<AgentPresence>, AgentPresence)],
    memory: &AgentMemory,
    at: Timestamp,
) -> Vec<Notice> {
    let first = changes.len() == memory.agents.len() && changes.iter().all(|(_, was, _)| was.is_none());
    if first {
        return Vec::new();
    }
    changes
        .iter()
        .filter_map(|(id, was, is)| {
            let record = memory.agents.get(id)?;
            let name = &record.agent.machine_name;
            let last = record
                .last_active
                .map_or_else(String::new, |last| format!(", last seen active {}", minute(last)));
            let (level, text) = match (was, is) {
                (None, is) => (
                    NoticeLevel::Info,
                    format!("Agent {name} is new and {}.", is.word()),
                ),
                (Some(was), AgentPresence::Active) => (
                    NoticeLevel::Info,
                    format!("Agent {name} is active again; it was {}.", was.word()),
                ),
                (Some(was), AgentPresence::Inactive) => (
                    NoticeLevel::Warn,
                    format!("Agent {name} turned from {} to inactive{last}.", was.word()),
                ),
                (Some(was), AgentPresence::Vanished) => (
                    NoticeLevel::Warn,
                    format!(
                        "Agent {name} vanished: the service no longer lists it; it was {}{last}.",
                        was.word()
                    ),
                ),
            };
            Some(notice(at, level, text))
        })
        .collect()
}

/// Domains that are served better or worse than before.
pub(super) fn of_domains(before: &[ServedDomain], after: &[ServedDomain], at: Timestamp) -> Vec<Notice> {
    let mut notices = Vec::new();
    for domain in after {
        let Some(was) = before.iter().find(|was| was.domain == domain.domain) else {
            notices.push(notice(
                at,
                NoticeLevel::Info,
                format!("Domain {} is new, with {}.", domain.domain, live(domain.live)),
            ));
            continue;
        };
        if was.health() == domain.health() {
            continue;
        }
        let level = match domain.health() {
            DomainHealth::None => NoticeLevel::Alarm,
            health if health > was.health() => NoticeLevel::Warn,
            _ => NoticeLevel::Info,
        };
        let meaning = match domain.health() {
            DomainHealth::None => " Nothing of it is synchronized.",
            DomainHealth::Single => " The next failure stops its synchronization.",
            _ => "",
        };
        notices.push(notice(
            at,
            level,
            format!(
                "Domain {} has {}, was {}.{meaning}",
                domain.domain,
                live(domain.live),
                was.live
            ),
        ));
    }
    for gone in before
        .iter()
        .filter(|was| !after.iter().any(|domain| domain.domain == was.domain))
    {
        notices.push(notice(
            at,
            NoticeLevel::Warn,
            format!("Domain {} is no longer served by any agent group.", gone.domain),
        ));
    }
    notices
}

fn live(count: usize) -> String {
    match count {
        0 => "no live agent".to_owned(),
        1 => "one live agent".to_owned(),
        many => format!("{many} live agents"),
    }
}

/// Configurations that came, went, or were switched.
pub(super) fn of_configurations(
    before: &[Configuration],
    after: &[Configuration],
    at: Timestamp,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    let title = |configuration: &Configuration| match configuration.direction() {
        Some(direction) => format!("{} ({direction})", configuration.display_name),
        None => configuration.display_name.clone(),
    };
    for configuration in after {
        match before.iter().find(|was| was.id == configuration.id) {
            None => notices.push(notice(
                at,
                NoticeLevel::Info,
                format!("Configuration {} is new.", title(configuration)),
            )),
            Some(was) if was.enabled != configuration.enabled => {
                let (level, word) = match configuration.enabled {
                    Some(false) => (NoticeLevel::Warn, "disabled"),
                    _ => (NoticeLevel::Info, "enabled"),
                };
                notices.push(notice(
                    at,
                    level,
                    format!("Configuration {} was {word}.", title(configuration)),
                ));
            }
            Some(_) => {}
        }
    }
    for gone in before
        .iter()
        .filter(|was| !after.iter().any(|configuration| configuration.id == was.id))
    {
        notices.push(notice(
            at,
            NoticeLevel::Warn,
            format!("Configuration {} is gone.", title(gone)),
        ));
    }
    notices
}

/// Jobs of one configuration that came, went, or changed their state.
pub(super) fn of_jobs(
    configuration: &str,
    before: &[JobSeen],
    after: &[JobSeen],
    at: Timestamp,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    for seen in after {
        let name = job_name(configuration, seen);
        match before.iter().find(|was| was.job.id == seen.job.id) {
            None => notices.push(notice(
                at,
                NoticeLevel::Info,
                format!("Job {name} is new, {}.", state(seen)),
            )),
            Some(was) => of_job(&name, was, seen, at, &mut notices),
        }
    }
    for gone in before
        .iter()
        .filter(|was| !after.iter().any(|seen| seen.job.id == was.job.id))
    {
        notices.push(notice(
            at,
            NoticeLevel::Warn,
            format!("Job {} is gone.", job_name(configuration, gone)),
        ));
    }
    notices
}

fn job_name(configuration: &str, seen: &JobSeen) -> String {
    format!("{configuration} ({})", seen.job.kind().title())
}

fn state(seen: &JobSeen) -> String {
    seen.job.status.code.word().to_owned()
}

fn of_job(name: &str, was: &JobSeen, is: &JobSeen, at: Timestamp, notices: &mut Vec<Notice>) {
    let (old, new) = (&was.job.status, &is.job.status);
    let reason = |seen: &JobSeen| {
        seen.job
            .status
            .quarantine
            .as_ref()
            .map(|quarantine| quarantine.reason.word().to_owned())
    };
    let code_of = |seen: &JobSeen| {
        seen.job
            .status
            .quarantine
            .as_ref()
            .and_then(|quarantine| quarantine.error.as_ref())
            .map(|error| error.code.clone())
            .filter(|code| !code.is_empty())
    };
    let in_quarantine = |seen: &JobSeen| {
        seen.job.status.code == StatusCode::Quarantine || seen.job.status.quarantine.is_some()
    };
    match (in_quarantine(was), in_quarantine(is)) {
        (was_in, true) if !was_in || reason(was) != reason(is) => {
            let mut text = format!(
                "Job {name} went from {} into quarantine: {}",
                if was_in { "quarantine" } else { old.code.word() },
                reason(is).unwrap_or_else(|| "no reason given".to_owned())
            );
            if let Some(code) = code_of(is).filter(|code| reason(is).as_ref() != Some(code)) {
                text.push_str(&format!(", {code}"));
            }
            text.push('.');
            if let Some(advice) = &is.advice {
                text.push(' ');
                text.push_str(&advice.meaning);
            }
            notices.push(notice(at, NoticeLevel::Alarm, text));
        }
        (true, false) => notices.push(notice(
            at,
            NoticeLevel::Info,
            format!("Job {name} left quarantine and is {}.", new.code.word()),
        )),
        (false, false) if old.code != new.code => {
            let level = match new.code {
                StatusCode::Active => NoticeLevel::Info,
                _ => NoticeLevel::Warn,
            };
            notices.push(notice(
                at,
                level,
                format!(
                    "Job {name} turned from {} to {}.",
                    old.code.word(),
                    new.code.word()
                ),
            ));
        }
        _ if was.job.schedule.state != is.job.schedule.state => {
            let level = match is.job.schedule.state {
                ScheduleState::Active => NoticeLevel::Info,
                _ => NoticeLevel::Warn,
            };
            notices.push(notice(
                at,
                level,
                format!(
                    "The schedule of job {name} turned from {} to {}.",
                    was.job.schedule.state.word(),
                    is.job.schedule.state.word()
                ),
            ));
        }
        _ => {}
    }
    of_last_run(name, was, is, at, notices);
    of_overdue(name, was, is, at, notices);
}

fn of_last_run(name: &str, was: &JobSeen, is: &JobSeen, at: Timestamp, notices: &mut Vec<Notice>) {
    let (Some(old), Some(new)) = (&was.job.status.last, &is.job.status.last) else {
        return;
    };
    if old.state == new.state {
        return;
    }
    let level = match new.state {
        ExecutionState::Succeeded => NoticeLevel::Info,
        _ => NoticeLevel::Warn,
    };
    let code = new
        .error
        .as_ref()
        .map(|error| error.code.as_str())
        .filter(|code| !code.is_empty())
        .map_or_else(String::new, |code| format!(" ({code})"));
    notices.push(notice(
        at,
        level,
        format!(
            "The last run of job {name} is {}{code}; the one before was {}.",
            new.state.word(),
            old.state.word()
        ),
    ));
}

fn of_overdue(name: &str, was: &JobSeen, is: &JobSeen, at: Timestamp, notices: &mut Vec<Notice>) {
    let overdue = |seen: &JobSeen| seen.running == Running::Perhaps;
    match (overdue(was), overdue(is)) {
        (false, true) => {
            let usual = is.cadence.map_or_else(String::new, |cadence| {
                format!(", though it usually does every {}", rounded(cadence))
            });
            let since = is
                .job
                .status
                .last
                .as_ref()
                .and_then(|last| last.ended)
                .map_or_else(String::new, |ended| format!(" since {}", minute(ended)));
            notices.push(notice(
                at,
                NoticeLevel::Warn,
                format!("Job {name} has ended no run{since}{usual}: it runs long, or it hangs."),
            ));
        }
        (true, false) if is.job.status.last != was.job.status.last => notices.push(notice(
            at,
            NoticeLevel::Info,
            format!("Job {name} ended a run again."),
        )),
        _ => {}
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn rounded(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds < 90 => format!("{seconds} s"),
        seconds if seconds < 5_400 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h", (seconds + 1_800) / 3_600),
    }
}
