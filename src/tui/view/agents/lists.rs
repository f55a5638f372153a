//! The lists under each other, each with its heading. Only visible rows are looked at.

use ratatui::layout::Rect;

use crate::{
    engine::synchronization::NoticeLevel,
    tui::{
        model::{Model, PANES, Pane, PaneColumn},
        widget::Canvas,
    },
};

use super::style;

/// Cursor and a gap before the first column.
const GUTTER: u16 = 2;
/// From this width on columns take their wide form.
const WIDE: u16 = 100;

/// Draws all lists.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let mut y = area.y;
    for info in &PANES {
        let height = model.agents.pane_rows(info.pane) + 1;
        let place = Rect {
            y,
            height: height.min(area.bottom().saturating_sub(y)),
            ..area
        };
        if place.height > 0 {
            list(canvas, place, model, info.pane);
        }
        y += height;
    }
    let below = Rect {
        y,
        height: area.bottom().saturating_sub(y),
        ..area
    };
    lately(canvas, below, model);
}

/// The latest changes of state, where the lists leave room.
fn lately(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let notices = &model.agents.notices;
    if area.height < 3 || notices.is_empty() {
        return;
    }
    let theme = canvas.theme;
    canvas.text(area.x + GUTTER, area.y + 1, area.width, "Lately", theme.heading);
    for (y, notice) in (area.y + 2..area.bottom()).zip(notices.iter().rev()) {
        let (word, style) = match notice.level {
            NoticeLevel::Info => ("info", theme.info),
            NoticeLevel::Warn => ("warning", theme.warn),
            NoticeLevel::Alarm => ("ALARM", theme.bad),
        };
        let x = area.x + GUTTER;
        canvas.text(x, y, 8, &model.clock(notice.at), theme.muted);
        canvas.text(x + 10, y, 7, word, style);
        let room = area.right().saturating_sub(x + 19);
        canvas.text(x + 19, y, room, &notice.text, theme.text);
    }
}

/// The columns a width has room for, with place and width of each.
fn columns(pane: Pane, width: u16) -> Vec<(&'static PaneColumn, u16, u16)> {
    let shown: Vec<&PaneColumn> = pane
        .info()
        .columns
        .iter()
        .filter(|column| width >= column.from)
        .collect();
    let own = |column: &PaneColumn| if width >= WIDE { column.wide } else { column.width };
    let fixed: u16 = shown.iter().map(|column| own(column)).sum();
    let gaps = u16::try_from(shown.len().saturating_sub(1)).unwrap_or(0) * 2;
    let sharing = u16::try_from(shown.iter().filter(|column| own(column) == 0).count()).unwrap_or(0);
    let share = width.saturating_sub(GUTTER + gaps + fixed) / sharing.max(1);
    let mut x = GUTTER;
    shown
        .into_iter()
        .map(|column| {
            let wide = if own(column) == 0 { share } else { own(column) };
            let at = x;
            x += wide + 2;
            (column, at, wide)
        })
        .collect()
}

fn list(canvas: &mut Canvas<'_>, area: Rect, model: &Model, pane: Pane) {
    let theme = canvas.theme;
    let tab = &model.agents;
    let active = tab.pane == pane;
    let columns = columns(pane, area.width);
    let sort = tab.sort(pane);
    let scroll = tab.scroll(pane);
    let rows = tab.rows(pane);
    let visible = usize::from(area.height.saturating_sub(1));
    if active {
        canvas.sign(area.x, area.y, canvas.glyphs.cursor, theme.key);
    }
    for (at, (column, x, width)) in columns.iter().enumerate() {
        let mut style = theme.heading;
        let mut title = column.title.to_owned();
        if at == 0 {
            // The first heading names the list: how many rows it has, and which of them are seen.
            let info = pane.info();
            title = match (rows.len() > visible, rows.len() < tab.total(pane)) {
                _ if tab.total(pane) == 0 => info.title.to_owned(),
                (_, true) => format!("{} {} of {}", info.title, rows.len(), tab.total(pane)),
                (true, _) => format!(
                    "{} {}-{} of {}",
                    info.title,
                    scroll.top + 1,
                    (scroll.top + visible).min(rows.len()),
                    rows.len()
                ),
                _ => format!("{} {}", info.title, rows.len()),
            };
            style = canvas.selected(style, active);
        }
        let place = pane
            .info()
            .columns
            .iter()
            .position(|known| std::ptr::eq(known, *column));
        let arrow = sort.filter(|sort| Some(sort.column) == place);
        let room = width.saturating_sub(if arrow.is_some() { 2 } else { 0 });
        let end = canvas.text(area.x + x, area.y, room, &title, style);
        if let Some(sort) = arrow {
            let sign = match sort.descending {
                true => canvas.glyphs.descending,
                false => canvas.glyphs.ascending,
            };
            canvas.sign(area.x + x + end + 1, area.y, sign, theme.heading);
        }
    }
    if rows.is_empty() {
        let text = nothing(model, pane);
        canvas.text(
            area.x + GUTTER,
            area.y + 1,
            if visible > 0 {
                area.width.saturating_sub(GUTTER)
            } else {
                0
            },
            &text,
            theme.muted,
        );
        return;
    }
    let below = area.y + 1..area.bottom();
    for (y, (place, row)) in below.zip(rows.iter().enumerate().skip(scroll.top)) {
        let under_cursor = active && place == scroll.cursor;
        if under_cursor {
            canvas.sign(area.x, y, canvas.glyphs.cursor, theme.key);
        }
        for (at, (column, x, width)) in columns.iter().enumerate() {
            if let Some(cell) = (column.cell)(tab, row) {
                let style = canvas.selected(style(canvas, cell.tone), under_cursor && at == 0);
                canvas.text(area.x + x, y, *width, &cell.text, style);
            }
        }
    }
}

/// Why a list is empty.
fn nothing(model: &Model, pane: Pane) -> String {
    let tab = &model.agents;
    if tab.total(pane) > 0 {
        return "nothing passes the filter; Esc takes it away".to_owned();
    }
    if model.session.identity.is_none() {
        return "not signed in".to_owned();
    }
    match pane {
        Pane::Jobs if tab.configurations.is_none() => "reading the configurations...",
        Pane::Jobs if tab.configurations.as_ref().is_some_and(Vec::is_empty) => {
            "no configuration of Cloud Sync in this tenant"
        }
        Pane::Jobs => "reading the jobs...",
        _ if tab.known.refused.is_some() => match pane {
            Pane::Agents => "not readable with this sign-in, and none was seen before",
            _ => "not readable with this sign-in",
        },
        _ if tab.known.topology.is_none() => "reading the agents...",
        Pane::Agents => "no agent is registered in this tenant",
        Pane::Domains => "no domain is served",
        Pane::Groups => "no agent group",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_the_width_and_never_overlap() {
        for info in &PANES {
            for width in 60..240 {
                let columns = columns(info.pane, width);
                for pair in columns.windows(2) {
                    assert!(pair[0].1 + pair[0].2 < pair[1].1, "{width} {}", info.title);
                    assert!(pair[0].2 >= 7, "{width} {} {}", info.title, pair[0].0.title);
                }
                let last = columns.last().unwrap();
                assert!(last.1 + last.2 <= width, "{width} {}", info.title);
            }
        }
    }
}
