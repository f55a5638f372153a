//! The lines over the lists: how many of what, and the weightiest troubles.

use ratatui::{layout::Rect, style::Style};

use crate::{
    domain::synchronization::{AgentPresence, DomainHealth, ExecutionState, Quarantine, RECOMMENDED_AGENTS},
    engine::synchronization::{JobSeen, Running},
    tui::{
        action::Action,
        model::{Model, Tone, job_state},
        view::figures::counted,
        widget::Canvas,
    },
};

use super::style;

/// Draws the summary.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let line = |at: u16| Rect {
        y: area.y + at,
        height: 1,
        ..area
    };
    counts(canvas, line(0), model);
    let troubles = troubles(model);
    let lines = usize::from(area.height.saturating_sub(1));
    for (at, (text, tone)) in (1..area.height).zip(&troubles) {
        let row = line(at);
        let mut right = row.right();
        if usize::from(at) == lines && troubles.len() > lines {
            let more = format!("+{} more", troubles.len() - lines);
            let style = canvas.theme.muted;
            right = canvas
                .text_right(right, row.y, row.width, &more, style)
                .saturating_sub(2);
        }
        let style = style(canvas, *tone);
        canvas.text(row.x, row.y, right.saturating_sub(row.x), text, style);
    }
}

fn counts(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let tab = &model.agents;
    let mut spans: Vec<(String, Style)> = Vec::new();
    if tab.known.topology.is_some() || !tab.known.records.is_empty() {
        let of = |presence| tab.agents_that_are(presence);
        let remembered = if tab.known.topology.is_none() {
            " as remembered"
        } else {
            ""
        };
        let text = format!(
            "{} of {} live{remembered}",
            of(AgentPresence::Active),
            counted(tab.known.records.len(), "agent", "agents")
        );
        spans.push((text, theme.text));
        for (presence, tone) in [
            (AgentPresence::Inactive, theme.bad),
            (AgentPresence::Vanished, theme.warn),
        ] {
            if of(presence) > 0 {
                spans.push((format!(", {} {}", of(presence), presence.word()), tone));
            }
        }
        spans.push(("   ".to_owned(), theme.text));
    }
    if tab.configurations.is_some() {
        let jobs: Vec<(&str, Tone)> = tab.all_jobs().map(|(_, seen)| job_state(seen)).collect();
        spans.push((counted(jobs.len(), "job", "jobs"), theme.text));
        let mut words: Vec<(&str, Tone)> = Vec::new();
        for state in &jobs {
            if !words.contains(state) {
                words.push(*state);
            }
        }
        // What needs a look stands first.
        words.sort_by_key(|(word, tone)| (*tone != Tone::Bad, *tone != Tone::Warn, *word));
        for (at, (word, tone)) in words.into_iter().enumerate() {
            let count = jobs.iter().filter(|state| state.0 == word).count();
            let joint = if at == 0 { ": " } else { ", " };
            spans.push((joint.to_owned(), theme.text));
            spans.push((format!("{count} {word}"), style(canvas, tone)));
        }
    }
    let spans: Vec<(&str, Style)> = spans
        .iter()
        .map(|(text, style)| (text.as_str(), *style))
        .collect();
    canvas.spans(area.x, area.y, area.width, &spans);
}

/// What needs a look, each in one sentence, the weightiest first; else that nothing does.
fn troubles(model: &Model) -> Vec<(String, Tone)> {
    let tab = &model.agents;
    if model.session.identity.is_none() {
        return vec![("Not signed in. Press S to sign in.".to_owned(), Tone::Muted)];
    }
    let mut troubles = Vec::new();
    let domains = || tab.known.domains.iter();
    for domain in domains().filter(|domain| domain.health() == DomainHealth::None) {
        let text = format!(
            "ALARM no live agent serves {}: nothing is synchronized there",
            domain.domain
        );
        troubles.push((text, Tone::Bad));
    }
    let mut jobs: Vec<(&str, &JobSeen, &Quarantine)> = tab
        .all_jobs()
        .filter_map(|(id, seen)| Some((id, seen, seen.job.status.quarantine.as_ref()?)))
        .collect();
    jobs.sort_by_key(|(_, _, quarantine)| quarantine.since);
    for (configuration, seen, quarantine) in jobs {
        let cause = seen.advice.as_ref().map_or_else(
            || quarantine.reason.word().to_owned(),
            |advice| advice.meaning.clone(),
        );
        let text = format!(
            "QUARANTINE {} {}: {cause}",
            tab.name_of(configuration),
            seen.job.kind().title()
        );
        troubles.push((text, Tone::Bad));
    }
    for unread in tab.unread() {
        let text = format!("can't read {}: {}", unread.what, unread.error.message);
        troubles.push((text, Tone::Warn));
    }
    if let Some(refused) = &tab.known.refused {
        let keys = model
            .settings
            .keymap
            .keys(model.tab_context(), Action::SignInBeside);
        let key = keys.first().map_or_else(String::new, ToString::to_string);
        let text = match tab.refused_to_application() {
            true => format!("Agents can't be read by an application: {key} signs a person in beside it."),
            false => format!("Agents can't be read: {}", refused.message),
        };
        troubles.push((text, Tone::Warn));
    }
    for (configuration, seen) in tab.all_jobs() {
        let Some(why) = unwell(seen) else { continue };
        let text = format!(
            "{} {}: {why}",
            tab.name_of(configuration),
            seen.job.kind().title()
        );
        troubles.push((text, Tone::Warn));
    }
    for domain in domains().filter(|domain| domain.health() == DomainHealth::Single) {
        let text = format!(
            "WARNING only one live agent serves {}: {RECOMMENDED_AGENTS} are recommended",
            domain.domain
        );
        troubles.push((text, Tone::Warn));
    }
    if tab.known.topology.is_some() {
        let inactive = tab
            .known
            .records
            .iter()
            .filter(|record| record.presence() == AgentPresence::Inactive);
        for record in inactive {
            let text = format!(
                "agent {} is inactive since {}",
                record.agent.machine_name,
                tab.time(record.silent_since)
            );
            troubles.push((text, Tone::Warn));
        }
    }
    for domain in domains().filter(|domain| domain.health() == DomainHealth::BelowRecommended) {
        let text = format!(
            "{} live agents serve {}: {RECOMMENDED_AGENTS} are recommended",
            domain.live, domain.domain
        );
        troubles.push((text, Tone::Text));
    }
    if troubles.is_empty() {
        troubles.extend(match &tab.known.topology {
            _ if !tab.has_read_jobs() => Some(("Reading Cloud Sync...".to_owned(), Tone::Info)),
            None => None,
            Some(_) => Some(("Nothing needs a look.".to_owned(), Tone::Good)),
        });
    }
    troubles
}

/// Why a job outside quarantine needs a look.
fn unwell(seen: &JobSeen) -> Option<String> {
    let status = &seen.job.status;
    if status.quarantine.is_some() {
        return None;
    }
    if seen.running == Running::Perhaps {
        return Some("no run has ended for several times its usual cadence".to_owned());
    }
    let failed = status
        .last
        .as_ref()
        .is_some_and(|last| last.state == ExecutionState::Failed);
    failed.then(|| match &seen.advice {
        Some(advice) => format!("the last run failed: {}", advice.meaning),
        None => "the last run failed".to_owned(),
    })
}
