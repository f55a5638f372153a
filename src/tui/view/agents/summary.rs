//! Two lines over the lists: how many of what, and the weightiest trouble.

use ratatui::{layout::Rect, style::Style};

use crate::{
    domain::synchronization::{AgentPresence, DomainHealth},
    engine::synchronization::JobSeen,
    tui::{
        action::Action,
        model::{Model, Tone, job_state},
        view::figures::counted,
        widget::Canvas,
    },
};

use super::style;

/// Draws both lines.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let line = |at: u16| Rect {
        y: area.y + at,
        height: 1,
        ..area
    };
    counts(canvas, line(0), model);
    let (text, tone) = trouble(model);
    let row = line(1);
    let style = style(canvas, tone);
    canvas.text(row.x, row.y, row.width, &text, style);
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

/// The weightiest trouble in one sentence.
fn trouble(model: &Model) -> (String, Tone) {
    let tab = &model.agents;
    if model.session.identity.is_none() {
        return ("Not signed in. Press S to sign in.".to_owned(), Tone::Muted);
    }
    let none: Vec<&str> = tab
        .known
        .domains
        .iter()
        .filter(|domain| domain.health() == DomainHealth::None)
        .map(|domain| domain.domain.as_str())
        .collect();
    if !none.is_empty() {
        let text = format!(
            "ALARM no live agent serves {}: nothing is synchronized there",
            none.join(", ")
        );
        return (text, Tone::Bad);
    }
    let mut jobs: Vec<(&str, &JobSeen)> = tab.all_jobs().collect();
    // The one that is in quarantine for the longest time.
    jobs.sort_by_key(|(_, seen)| {
        let quarantine = seen.job.status.quarantine.as_ref();
        (
            quarantine.is_none(),
            quarantine.and_then(|quarantine| quarantine.since),
        )
    });
    if let Some((configuration, seen)) = jobs.first()
        && let Some(quarantine) = &seen.job.status.quarantine
    {
        let cause = seen.advice.as_ref().map_or_else(
            || quarantine.reason.word().to_owned(),
            |advice| advice.meaning.clone(),
        );
        let text = format!(
            "QUARANTINE {} {}: {cause}",
            tab.name_of(configuration),
            seen.job.kind().title()
        );
        return (text, Tone::Bad);
    }
    if let Some(unread) = tab.unread().next() {
        let text = format!("can't read {}: {}", unread.what, unread.error.message);
        return (text, Tone::Warn);
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
        return (text, Tone::Warn);
    }
    let single = tab
        .known
        .domains
        .iter()
        .find(|domain| domain.health() == DomainHealth::Single);
    if let Some(domain) = single {
        let text = format!(
            "WARNING only one live agent serves {}: three are recommended",
            domain.domain
        );
        return (text, Tone::Warn);
    }
    match (&tab.configurations, &tab.known.topology) {
        (None, _) => ("Reading Cloud Sync...".to_owned(), Tone::Info),
        (Some(_), None) => (String::new(), Tone::Text),
        (Some(_), Some(_)) => ("Nothing needs a look.".to_owned(), Tone::Good),
    }
}
