//! The Agents tab: a summary, the lists, a job or an agent in full.

mod agent;
mod job;
mod lists;
mod summary;

use ratatui::{
    layout::{Position, Rect},
    style::Style,
};

use crate::tui::{
    model::{Model, SUMMARY, TabSubject, Tone},
    widget::Canvas,
};

use super::{
    filter_line,
    lines::{self, Line},
};

/// The style of a tone.
pub fn style(canvas: &Canvas<'_>, tone: Tone) -> Style {
    let theme = canvas.theme;
    match tone {
        Tone::Text => theme.text,
        Tone::Muted => theme.muted,
        Tone::Good => theme.good,
        Tone::Warn => theme.warn,
        Tone::Bad => theme.bad,
        Tone::Info => theme.info,
    }
}

/// Draws the tab and says where the cursor of the filter line is, while it is edited.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> Option<Position> {
    if let Some(screen) = &model.agents.screen {
        let title = title(model, &screen.subject);
        lines::screen(canvas, area, &title, screen.scroll.top, |canvas, width| {
            lines(canvas, width, model)
        });
        return None;
    }
    let head = Rect {
        height: SUMMARY,
        ..area
    };
    summary::draw(canvas, head, model);
    let below = Rect {
        y: area.y + SUMMARY,
        height: area.height.saturating_sub(SUMMARY),
        ..area
    };
    lists::draw(canvas, below, model);
    let last = Rect {
        y: area.y + SUMMARY - 1,
        height: 1,
        ..area
    };
    filter_line(canvas, last, model)
}

fn title(model: &Model, subject: &TabSubject) -> String {
    let tab = &model.agents;
    match subject {
        TabSubject::Job { configuration, job } => {
            let kind = tab
                .job(configuration, job)
                .map_or_else(|| "job".to_owned(), |seen| seen.job.kind().title().to_owned());
            format!(
                "{} {} {kind}",
                tab.name_of(configuration),
                model.settings.glyphs.crumb
            )
        }
        TabSubject::Configuration { configuration } => tab.name_of(configuration).to_owned(),
        TabSubject::Agent { agent } => tab
            .agent(agent)
            .map_or_else(|| agent.clone(), |record| record.agent.machine_name.clone()),
        TabSubject::Domain { domain } => domain.clone(),
        TabSubject::Group { group } => tab
            .group(group)
            .map_or_else(|| group.clone(), |group| group.display_name.clone()),
    }
}

/// The lines of what is shown in full.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model) -> Vec<Line> {
    match model.agents.screen.as_ref().map(|screen| &screen.subject) {
        Some(TabSubject::Job { configuration, job }) => job::lines(canvas, width, model, configuration, job),
        Some(TabSubject::Configuration { configuration }) => {
            job::configuration_lines(canvas, width, model, configuration)
        }
        Some(TabSubject::Agent { agent }) => agent::lines(canvas, width, model, agent),
        Some(TabSubject::Domain { domain }) => agent::domain_lines(canvas, width, model, domain),
        Some(TabSubject::Group { group }) => agent::group_lines(canvas, width, model, group),
        None => Vec::new(),
    }
}

/// The status line: place, order, filter, age of the data. While the watch goes on, the time is that of the latest
/// change: a clock that ticks without news would keep a slow line busy.
pub fn status(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let tab = &model.agents;
    let (text, style) = match (tab.changed_at, tab.unread().map(|unread| unread.at).min()) {
        (None, _) => (String::new(), theme.muted),
        (Some(_), Some(_)) => {
            let read = tab.read_at.map_or_else(String::new, |at| model.clock(at));
            (format!("in part stale, as of {read}"), theme.warn)
        }
        (Some(changed), None) => (format!("live, last change {}", model.clock(changed)), theme.muted),
    };
    let right = canvas.text_right(area.right(), area.y, area.width, &text, style);
    let mut parts = Vec::new();
    if tab.screen.is_none() {
        let rows = tab.rows(tab.pane).len();
        let title = tab.pane.info().title.to_lowercase();
        if rows > 0 {
            parts.push(format!("{title}: {} of {rows}", tab.scroll(tab.pane).cursor + 1));
        }
        if let Some(sort) = tab.sort(tab.pane)
            && let Some(column) = tab.pane.info().columns.get(sort.column)
        {
            parts.push(format!(
                "by {}, {}",
                column.title.to_lowercase(),
                super::order_word(sort.descending)
            ));
        }
        if !tab.filter_text.is_empty() {
            parts.push(format!("filter: {}", tab.filter_text));
        }
    }
    let text = parts.join(&format!("  {}  ", canvas.glyphs.dot));
    canvas.text(
        area.x,
        area.y,
        right.saturating_sub(area.x + 2),
        &text,
        theme.muted,
    );
}
