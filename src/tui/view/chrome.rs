//! What stands around every screen: title, tabs, status, hints, the latest note.

use ratatui::layout::Rect;

use crate::{
    domain::{Cloud, Service},
    engine::{RunState, synchronization::NoticeLevel},
    tui::{
        action::{ACTIONS, Action},
        context::Context,
        layer::{Layer, LogKind, is_move, logged_object},
        model::{Model, SERVICES},
        msg::{Connection, Level},
        tab::{TABS, Tab},
        widget::Canvas,
    },
};

use super::{agents, figures::grouped, tls};

/// The title line.
pub fn title(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let (word, style) = match model.settings.policy.read_only {
        true => ("READ-ONLY", theme.good),
        false => ("WRITE", theme.bad),
    };
    let right = canvas.text_right(area.right(), area.y, area.width, word, style);
    let crumb = format!(" {} ", canvas.glyphs.crumb);
    let mut spans = vec![("Handover", theme.title), ("  ", theme.text)];
    let tenant = model.tenant_domain();
    let cloud;
    if let Some(profile) = &model.settings.profile {
        cloud = cloud_word(profile.endpoints.cloud);
        spans.extend([
            (profile.name.as_str(), theme.text),
            (crumb.as_str(), theme.muted),
            (tenant, theme.text),
            (crumb.as_str(), theme.muted),
            (cloud, theme.text),
        ]);
    } else {
        spans.push(("no profile yet", theme.muted));
    }
    canvas.spans(area.x, area.y, right.saturating_sub(area.x + 2), &spans);
}

fn cloud_word(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "global",
        Cloud::GccHigh => "gcc-high",
        Cloud::Dod => "dod",
        Cloud::China => "china",
        Cloud::Custom => "custom",
    }
}

/// The tab line: tabs, the run at work, the tenant-wide default and the connections.
pub fn tabs(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let mut x = area.x;
    for info in &TABS {
        let open = info.tab == model.tab;
        let text = format!(" {} {} ", info.number, info.title);
        let style = canvas.selected(if open { theme.text } else { theme.muted }, open);
        x += canvas.text(x, area.y, area.right() - x, &text, style);
        if info.tab == Tab::Agents
            && !open
            && let Some(level) = model.agents.unseen
        {
            let (word, style) = match level {
                NoticeLevel::Info => ("news", theme.info),
                NoticeLevel::Warn => ("warning", theme.warn),
                NoticeLevel::Alarm => ("ALARM", theme.bad),
            };
            x += canvas.text(x, area.y, area.right() - x, word, style) + 1;
        }
        x += 1;
    }
    let crowded = area.width < 100;
    let mut right = area.right();
    for service in SERVICES.into_iter().rev() {
        let state = model.session.service(service);
        let waits = state.connection == Connection::Connected && state.transport.waiting.is_some();
        let (word, style) = match state.connection {
            _ if waits => ("waits", theme.warn),
            Connection::Connected => (Connection::Connected.word(), theme.good),
            Connection::Lost => (Connection::Lost.word(), theme.bad),
            Connection::Retrying => (Connection::Retrying.word(), theme.warn),
            Connection::Connecting => (Connection::Connecting.word(), theme.info),
            Connection::SignedOut => continue,
        };
        // A narrow screen names what is wrong, and the one service that matters most.
        if crowded && word == Connection::Connected.word() && service != Service::Exchange {
            continue;
        }
        let wide = canvas.width(service.word()) + 1 + canvas.width(word);
        right = right.saturating_sub(wide);
        let spans = [(service.word(), theme.muted), (" ", theme.text), (word, style)];
        canvas.spans(right, area.y, wide, &spans);
        right = right.saturating_sub(2);
    }
    if model.session.identity.is_none() && model.settings.profile.is_some() && right == area.right() {
        right = canvas
            .text_right(right, area.y, area.width, "signed out", theme.warn)
            .saturating_sub(2);
    }
    let default = format!("default: {}", model.session.default_word());
    right = canvas
        .text_right(right, area.y, right.saturating_sub(x), &default, theme.text)
        .saturating_sub(2);
    if model.run_active()
        && let Some(progress) = model.run.as_ref().and_then(|run| run.progress.as_ref())
    {
        let settled = progress.settled();
        let percent = u128::from(settled) * 100 / u128::from(progress.total.max(1));
        let word = match progress.state {
            RunState::Paused if progress.in_flight > 0 => "pausing",
            RunState::Paused => "paused",
            _ => "run",
        };
        let text = format!("{word} {percent} %");
        canvas.text(x + 1, area.y, right.saturating_sub(x + 1), &text, theme.info);
    }
}

/// The status line: position, order, loading, age of the data.
pub fn status(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    match model.tab {
        Tab::Agents => return agents::status(canvas, area, model),
        Tab::Tls => return tls::status(canvas, area, model),
        Tab::Mailboxes => {}
    }
    let theme = canvas.theme;
    let tab = &model.mailboxes;
    let mut right = area.right();
    if let Some(loading) = tab.loading {
        let rate = loading
            .per_second()
            .map_or_else(String::new, |rate| format!(", {}/s", grouped(rate)));
        let text = format!("loading {} rows{rate}, Esc stops", grouped(loading.rows));
        right = canvas.text_right(right, area.y, area.width, &text, theme.info);
    } else if let Some(as_of) = tab.as_of {
        let partial = if tab.partial { "incomplete, " } else { "" };
        let text = format!("{partial}as of {}", model.clock(as_of));
        let style = if tab.partial { theme.warn } else { theme.muted };
        right = canvas.text_right(right, area.y, area.width, &text, style);
    }
    let mut parts = Vec::new();
    if !tab.rows().is_empty() {
        parts.push(format!("row {}", grouped(tab.scroll().cursor as u64 + 1)));
    }
    if tab.range.is_some() {
        parts.push("marking a range, v ends".to_owned());
    }
    if let Some(sort) = tab.sort {
        parts.push(format!(
            "by {}, {}",
            sort.column.title().to_lowercase(),
            super::order_word(sort.descending)
        ));
    }
    if let Some(directory) = &model.directory {
        parts.push(format!("directory: {} matched", grouped(directory.matched)));
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

/// The hint bar: the first actions of the context, then the way to all others.
pub fn hints(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let context = model.context();
    let keymap = &model.settings.keymap;
    let hint = |action: Action| {
        let key = keymap.keys(context, action).first()?;
        Some((key.to_string(), title_of(model, action)))
    };
    let last: &[Action] = match context {
        Context::Text | Context::Dialog | Context::Plan | Context::SignIn | Context::Palette => {
            &[Action::Back]
        }
        Context::Table | Context::Agents | Context::Tls => &[Action::Help, Action::Quit],
        _ => &[Action::Help, Action::Back],
    };
    let mut right = area.right();
    for (key, title) in last.iter().rev().filter_map(|action| hint(*action)) {
        let wide = canvas.width(&key) + 1 + canvas.width(title);
        right = right.saturating_sub(wide);
        canvas.spans(
            right,
            area.y,
            wide,
            &[(&key, theme.key), (" ", theme.text), (title, theme.muted)],
        );
        right = right.saturating_sub(2);
    }
    let mut x = area.x;
    let own = ACTIONS
        .iter()
        .filter(|info| info.contexts.contains(&context))
        .map(|info| info.action)
        .filter(|action| !last.contains(action) && !is_move(*action) && *action != Action::Interrupt)
        .filter(|action| offered(model, *action));
    for (key, title) in own.filter_map(hint) {
        let wide = canvas.width(&key) + 1 + canvas.width(title);
        if x + wide > right {
            break;
        }
        canvas.spans(
            x,
            area.y,
            wide,
            &[(&key, theme.key), (" ", theme.text), (title, theme.muted)],
        );
        x += wide + 2;
    }
}

/// What an action is called now.
fn title_of(model: &Model, action: Action) -> &'static str {
    match action {
        Action::Unlock if !model.settings.policy.read_only => "lock writing",
        action => action.info().title,
    }
}

/// Hides keys that mean nothing in the dialog at hand.
fn offered(model: &Model, action: Action) -> bool {
    match (model.layers.last(), action) {
        (
            Some(Layer::Filter { .. } | Layer::Prompt(_) | Layer::Palette(_)),
            Action::NextField | Action::PreviousField,
        ) => false,
        (None, Action::SignInBeside) => model.agents.refused_to_application(),
        (Some(Layer::Logs(screen)), Action::AllowDeletes) => screen.kind == LogKind::StagedDeletes,
        (Some(Layer::Logs(_) | Layer::LogEntry(_)), Action::ProvisionOnDemand) => {
            logged_object(&model.layers).is_some()
        }
        (Some(Layer::Steering), action) => model.steering.as_ref().is_none_or(|screen| screen.offers(action)),
        (Some(Layer::Planning(_)), _) => false,
        (Some(Layer::Plan(_)), Action::Accept) => false,
        (Some(Layer::Record(_)), Action::Open) => false,
        (Some(Layer::Run(_)), Action::Pause | Action::Continue | Action::CancelRun) => model.run_active(),
        (Some(Layer::Ask(ask)), Action::NextField | Action::PreviousField) => ask.typed.is_none(),
        _ => true,
    }
}

/// The latest note, over the status line and, for errors, over what is above it.
pub fn note(canvas: &mut Canvas<'_>, above: Rect, model: &Model) {
    let Some((note, waiting)) = model.notes.shown() else {
        return;
    };
    let theme = canvas.theme;
    let style = match note.level {
        Level::Info => theme.info,
        Level::Warn => theme.warn,
        Level::Error => theme.bad,
    };
    let width = above.width;
    let head = match note.level {
        Level::Info => String::new(),
        level => format!("{}: ", level.word()),
    };
    let most = if note.level == Level::Error { 6 } else { 2 };
    let mut lines: Vec<(String, _)> = canvas
        .wrap(&format!("{head}{}", note.text), width)
        .into_iter()
        .take(most)
        .map(|line| (line, style))
        .collect();
    if note.level == Level::Error {
        for text in [&note.advice, &note.detail].into_iter().flatten() {
            lines.extend(
                canvas
                    .wrap(text, width)
                    .into_iter()
                    .take(3)
                    .map(|line| (line, theme.text)),
            );
        }
        let more = match waiting {
            0 => "any key puts this away; M shows all messages".to_owned(),
            1 => "1 more error came since; M shows both; any key puts this away".to_owned(),
            more => format!("{more} more errors came since; M shows all; any key puts this away"),
        };
        lines.push((more, theme.muted));
    }
    let height = (lines.len() as u16).min(above.height);
    let top = above.bottom() - height;
    canvas.clear(Rect::new(above.x, top, width, height));
    for (y, (line, style)) in (top..above.bottom()).zip(&lines) {
        canvas.text(above.x, y, width, line, *style);
    }
}
