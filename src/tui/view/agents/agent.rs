//! One agent, one domain, one agent group in full.

use crate::{
    domain::synchronization::{AgentPresence, AgentRecord, RECOMMENDED_AGENTS},
    tui::{
        model::{Model, Pane, TabSubject, Tone},
        view::lines::{Line, hanging, line},
        widget::Canvas,
    },
};

use super::style;

/// Cells for the names at the left.
const INDENT: u16 = 16;

fn row(canvas: &Canvas<'_>, width: u16, name: &str, value: &str) -> Vec<Line> {
    let theme = canvas.theme;
    hanging(canvas, width, (name, theme.muted), (value, theme.text), INDENT)
}

fn or_none(texts: &[String]) -> String {
    match texts.is_empty() {
        true => "none".to_owned(),
        false => texts.join(", "),
    }
}

fn gone(canvas: &Canvas<'_>, what: &str) -> Vec<Line> {
    vec![line(
        format!("The service does not list this {what} any more. Esc goes back."),
        canvas.theme.warn,
    )]
}

fn tone(presence: AgentPresence) -> Tone {
    match presence {
        AgentPresence::Active => Tone::Good,
        AgentPresence::Inactive => Tone::Bad,
        AgentPresence::Vanished => Tone::Warn,
    }
}

/// The lines of an agent.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model, agent: &str) -> Vec<Line> {
    let theme = canvas.theme;
    let tab = &model.agents;
    let Some(record) = tab.agent(agent) else {
        return gone(canvas, "agent");
    };
    let presence = record.presence();
    let style = style(canvas, tone(presence));
    let mut lines = hanging(
        canvas,
        width,
        ("State", theme.muted),
        (presence.word(), style),
        INDENT,
    );
    let meaning = match presence {
        AgentPresence::Active => None,
        AgentPresence::Inactive => Some(
            "It has not reported for about an hour. Look at the service `Microsoft Azure AD Connect Provisioning Agent` on \
             its host, and whether the host reaches the internet on port 443.",
        ),
        AgentPresence::Vanished => Some(
            "The service lists it no longer: it forgets an agent about ten days after its last sign of life, or the agent \
             was removed. Handover remembers it.",
        ),
    };
    if let Some(meaning) = meaning {
        lines.extend(hanging(
            canvas,
            width,
            ("Meaning", theme.muted),
            (meaning, theme.info),
            INDENT,
        ));
    }
    lines.extend(row(canvas, width, "Address", &record.agent.external_ip));
    lines.extend(row(canvas, width, "Groups", &or_none(&record.group_names)));
    lines.extend(row(canvas, width, "Domains", &or_none(&record.domains)));
    lines.extend(row(
        canvas,
        width,
        "Can do",
        &or_none(&record.agent.publishing_types),
    ));
    lines.push(Line::new());
    lines.push(line("What Handover saw", theme.heading));
    lines.extend(row(
        canvas,
        width,
        "First seen",
        &tab.time(Some(record.first_seen)),
    ));
    // A time that ticks with every reading would say no more than the word.
    let listed = match record.listed {
        true => "now".to_owned(),
        false => tab.time(Some(record.last_seen)),
    };
    lines.extend(row(canvas, width, "Last listed", &listed));
    let active = match presence {
        AgentPresence::Active => "now".to_owned(),
        _ => tab.time(record.last_active),
    };
    lines.extend(row(canvas, width, "Last active", &active));
    if record.silent_since.is_some() {
        lines.extend(row(canvas, width, "Silent since", &tab.time(record.silent_since)));
    }
    let text = "The service tells neither when an agent was last heard of nor its version; its host does.";
    lines.extend(hanging(
        canvas,
        width,
        ("", theme.muted),
        (text, theme.muted),
        INDENT,
    ));
    updater(canvas, width, model, &mut lines);
    lines.push(Line::new());
    lines.extend(row(canvas, width, "Agent id", agent));
    lines
}

fn updater(canvas: &Canvas<'_>, width: u16, model: &Model, lines: &mut Vec<Line>) {
    lines.push(Line::new());
    lines.push(line("Updates of all agents", canvas.theme.heading));
    let Some(updater) = model.agents.updater() else {
        lines.push(line(
            "The service does not say when agents update themselves.",
            canvas.theme.muted,
        ));
        return;
    };
    let window = match &updater.window {
        Some(window) => format!(
            "daily from {} to {}, in the zone of the host",
            window.start, window.end
        ),
        None => "at any time".to_owned(),
    };
    lines.extend(row(canvas, width, "Window", &window));
    if updater.defer_until.is_some() {
        lines.extend(row(
            canvas,
            width,
            "Not before",
            &model.agents.time(updater.defer_until),
        ));
    }
    let on_host = if updater.allow_override { "yes" } else { "no" };
    lines.extend(row(canvas, width, "Host may differ", on_host));
}

fn agents_of<'a>(canvas: &Canvas<'_>, records: impl Iterator<Item = &'a AgentRecord>) -> Vec<Line> {
    let mut lines = Vec::new();
    for record in records {
        let presence = record.presence();
        lines.push(vec![
            (format!("{}  ", record.agent.machine_name), canvas.theme.text),
            (presence.word().to_owned(), style(canvas, tone(presence))),
        ]);
    }
    if lines.is_empty() {
        lines.push(line("none", canvas.theme.muted));
    }
    lines
}

/// The lines of a domain.
pub fn domain_lines(canvas: &Canvas<'_>, width: u16, model: &Model, domain: &str) -> Vec<Line> {
    let theme = canvas.theme;
    let tab = &model.agents;
    let Some(served) = tab.domain(domain) else {
        return gone(canvas, "domain");
    };
    let mut lines = Vec::new();
    // The same words as in the list.
    let subject = TabSubject::Domain {
        domain: domain.to_owned(),
    };
    for column in Pane::Domains.info().columns.iter().skip(1) {
        if let Some(cell) = (column.cell)(tab, &subject) {
            let value = (cell.text.as_str(), style(canvas, cell.tone));
            lines.extend(hanging(canvas, width, (column.title, theme.muted), value, INDENT));
        }
    }
    if served.live < RECOMMENDED_AGENTS {
        let text = format!(
            "Install agents on other hosts until {RECOMMENDED_AGENTS} live ones serve this domain, in the group that serves it."
        );
        lines.extend(hanging(
            canvas,
            width,
            ("What to do", theme.muted),
            (&text, theme.info),
            INDENT,
        ));
    }
    lines.push(Line::new());
    lines.push(line("Agents that serve it", theme.heading));
    lines.extend(agents_of(
        canvas,
        served.agents.iter().filter_map(|id| tab.agent(id)),
    ));
    lines
}

/// The lines of an agent group.
pub fn group_lines(canvas: &Canvas<'_>, width: u16, model: &Model, group: &str) -> Vec<Line> {
    let theme = canvas.theme;
    let tab = &model.agents;
    let Some(known) = tab.group(group) else {
        return gone(canvas, "group");
    };
    let mut lines = Vec::new();
    let subject = TabSubject::Group {
        group: group.to_owned(),
    };
    for column in Pane::Groups.info().columns {
        if let Some(cell) = (column.cell)(tab, &subject) {
            let value = (cell.text.as_str(), style(canvas, cell.tone));
            lines.extend(hanging(canvas, width, (column.title, theme.muted), value, INDENT));
        }
    }
    lines.extend(row(canvas, width, "Group id", group));
    lines.push(Line::new());
    lines.push(line("Its agents", theme.heading));
    lines.extend(agents_of(canvas, tab.members(known)));
    lines
}
