//! The mailbox table: filter line, heading, visible rows. Only what is seen is looked at.

use ratatui::{
    layout::{Position, Rect},
    style::Style,
};

use crate::{
    domain::{SourceOfAuthority, arrange::Column, table::MailboxRow},
    tui::{layer::Layer, model::Model, widget::Canvas},
};

use super::figures::grouped;

/// Cursor, mark and a gap before the first column.
const GUTTER: u16 = 3;

/// A column on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    column: Column,
    x: u16,
    width: u16,
}

/// Columns by priority: the width of the table from which they are shown, and their own width; 0 shares what is left.
const COLUMNS: [(Column, u16, u16); 8] = [
    (Column::DisplayName, 0, 0),
    (Column::PrimarySmtpAddress, 0, 0),
    (Column::RecipientType, 72, 10),
    (Column::DirSynced, 80, 7),
    (Column::Authority, 0, 9),
    (Column::WhenChanged, 96, 10),
    (Column::UserPrincipalName, 130, 0),
    (Column::Alias, 160, 0),
];

fn columns(width: u16) -> Vec<Placed> {
    let shown: Vec<(Column, u16)> = COLUMNS
        .iter()
        .filter(|(_, from, _)| width >= *from)
        .map(|(column, _, own)| (*column, *own))
        .collect();
    let gaps = shown.len() as u16 - 1;
    let fixed: u16 = shown.iter().map(|(_, own)| own).sum();
    let room = width.saturating_sub(GUTTER + gaps + fixed);
    let sharing = shown.iter().filter(|(_, own)| *own == 0).count() as u16;
    // Addresses are longer than names: of two, the name gets three sevenths.
    let share = room / sharing.max(1);
    let name = if sharing == 2 { room * 3 / 7 } else { share };
    let mut left = room;
    let mut x = GUTTER;
    let mut placed = Vec::with_capacity(shown.len());
    let mut to_share = sharing;
    for (column, own) in shown {
        let width = match (own, column) {
            (0, _) if to_share == 1 => left,
            (0, Column::DisplayName) => name,
            (0, _) => share,
            (own, _) => own,
        };
        if own == 0 {
            left = left.saturating_sub(width);
            to_share -= 1;
        }
        placed.push(Placed { column, x, width });
        x += width + 1;
    }
    placed
}

/// Draws the tab and says where the cursor of the filter line is, while it is edited.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> Option<Position> {
    let cursor = filter_line(canvas, Rect { height: 1, ..area }, model);
    let columns = columns(area.width);
    heading(
        canvas,
        Rect {
            y: area.y + 1,
            height: 1,
            ..area
        },
        model,
        &columns,
    );
    let rows = Rect {
        y: area.y + 2,
        height: area.height.saturating_sub(2),
        ..area
    };
    let tab = &model.mailboxes;
    if tab.rows().is_empty() {
        nothing(canvas, rows, model);
        return cursor;
    }
    let scroll = tab.scroll();
    for (y, (place, row)) in (rows.top()..rows.bottom()).zip(tab.rows().iter().enumerate().skip(scroll.top)) {
        let Some(mailbox) = tab.table.row(*row) else {
            continue;
        };
        let marked = tab.marks.contains(*row);
        draw_row(
            canvas,
            Rect { y, height: 1, ..rows },
            &columns,
            &mailbox,
            (place == scroll.cursor, marked),
        );
    }
    cursor
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    columns: &[Placed],
    mailbox: &MailboxRow<'_>,
    (under_cursor, marked): (bool, bool),
) {
    let theme = canvas.theme;
    if under_cursor {
        // As plain as the rest of the row: a colour of its own would cost each step of the cursor nine bytes.
        canvas.sign(area.x, area.y, canvas.glyphs.cursor, theme.text);
    }
    if marked {
        canvas.sign(area.x + 1, area.y, canvas.glyphs.mark, theme.marked);
    }
    for placed in columns {
        let (text, style) = cell(canvas, mailbox, placed.column, marked);
        // Only the name is reversed: a whole row would cost a slow line ten times the bytes.
        let style = match placed.column {
            Column::DisplayName => canvas.selected(style, under_cursor),
            _ => style,
        };
        canvas.text(area.x + placed.x, area.y, placed.width, text.as_ref(), style);
    }
}

fn cell<'a>(
    canvas: &Canvas<'_>,
    mailbox: &MailboxRow<'a>,
    column: Column,
    marked: bool,
) -> (std::borrow::Cow<'a, str>, Style) {
    let theme = canvas.theme;
    match column {
        Column::DisplayName => {
            let name = match mailbox.display_name {
                "" => "(no name)",
                name => name,
            };
            (name.into(), if marked { theme.marked } else { theme.text })
        }
        Column::PrimarySmtpAddress => (mailbox.primary_smtp_address.into(), theme.text),
        Column::UserPrincipalName => (mailbox.user_principal_name.into(), theme.muted),
        Column::Alias => (mailbox.alias.into(), theme.muted),
        Column::RecipientType => (mailbox.recipient_type.word().into(), theme.text),
        Column::DirSynced => match mailbox.dir_synced {
            Some(true) => ("yes".into(), theme.text),
            Some(false) => ("no".into(), theme.muted),
            None => ("unknown".into(), theme.warn),
        },
        Column::Authority => (
            mailbox.authority.word().into(),
            authority(canvas, mailbox.authority),
        ),
        Column::WhenChanged => {
            let day = mailbox
                .when_changed
                .map_or_else(String::new, |at| at.strftime("%Y-%m-%d").to_string());
            (day.into(), theme.muted)
        }
        Column::Id => (mailbox.id.to_string().into(), theme.muted),
    }
}

/// The colour of an authority; its word stands beside it.
pub fn authority(canvas: &Canvas<'_>, authority: SourceOfAuthority) -> Style {
    match authority {
        SourceOfAuthority::Cloud => canvas.theme.good,
        SourceOfAuthority::OnPremises => canvas.theme.text,
        SourceOfAuthority::Unknown => canvas.theme.warn,
    }
}

fn heading(canvas: &mut Canvas<'_>, area: Rect, model: &Model, columns: &[Placed]) {
    let style = canvas.theme.heading;
    for placed in columns {
        let arrow = match model.mailboxes.sort {
            Some(sort) if sort.column == placed.column && sort.descending => Some(canvas.glyphs.descending),
            Some(sort) if sort.column == placed.column => Some(canvas.glyphs.ascending),
            _ => None,
        };
        let room = placed.width.saturating_sub(if arrow.is_some() { 2 } else { 0 });
        let end = canvas.text(area.x + placed.x, area.y, room, placed.column.title(), style);
        if let Some(arrow) = arrow {
            // Signs need no cleaning; canvas text would replace them in ASCII.
            canvas.sign(area.x + placed.x + end + 1, area.y, arrow, style);
        }
    }
}

fn filter_line(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> Option<Position> {
    let theme = canvas.theme;
    let tab = &model.mailboxes;
    let shown = tab.rows().len() as u64;
    let total = tab.table.len() as u64;
    let mut right = area.right();
    let marks = tab.marks.count();
    let marks_text = match (marks, tab.hidden_marks()) {
        (0, _) => "none marked".to_owned(),
        (marks, 0) => format!("{} marked", grouped(marks as u64)),
        (marks, hidden) => format!(
            "{} marked, {} hidden",
            grouped(marks as u64),
            grouped(hidden as u64)
        ),
    };
    let style = if marks == 0 { theme.muted } else { theme.marked };
    right = canvas
        .text_right(right, area.y, area.width, &marks_text, style)
        .saturating_sub(3);
    let count = format!("{} of {}", grouped(shown), grouped(total));
    right = canvas
        .text_right(right, area.y, area.width, &count, theme.text)
        .saturating_sub(2);
    canvas.text(area.x, area.y, 1, "/", theme.key);
    let room = Rect {
        x: area.x + 2,
        width: right.saturating_sub(area.x + 2),
        ..area
    };
    let style = if tab.filter_error.is_some() {
        theme.bad
    } else {
        theme.text
    };
    if let Some(Layer::Filter { field, .. }) = model.layers.last() {
        return Some(field.draw(canvas, room, style));
    }
    match tab.filter_text.as_str() {
        "" => canvas.text(room.x, room.y, room.width, "no filter", theme.muted),
        text => canvas.text(room.x, room.y, room.width, text, style),
    };
    None
}

/// The mistake in the filter, or what a filter may hold; drawn over the status line while the line is edited.
pub fn filter_help(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let (text, style) = match &model.mailboxes.filter_error {
        Some(error) => (error.clone(), theme.bad),
        None => (
            "words, type:shared, flag:onprem, synced:yes, domain:contoso.com, changed:<7d, !not, ~fuzzy, a,b = or".to_owned(),
            theme.muted,
        ),
    };
    let lines = canvas.wrap(&text, area.width);
    let height = (lines.len() as u16).clamp(1, 4).min(area.height);
    let area = Rect {
        y: area.bottom() - height,
        height,
        ..area
    };
    canvas.clear(area);
    for (y, line) in (area.top()..area.bottom()).zip(&lines) {
        canvas.text(area.x, y, area.width, line, style);
    }
}

fn nothing(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let tab = &model.mailboxes;
    let text = if tab.loading.is_some() {
        "Loading; the first mailboxes come in a moment."
    } else if tab.table.is_empty() && model.session.identity.is_none() {
        "Not signed in. Press S to sign in."
    } else if tab.table.is_empty() {
        "No mailboxes are loaded. Press R to load them."
    } else {
        "No mailbox passes the filter. Press Esc to take it away, or / to change it."
    };
    let style = canvas.theme.muted;
    canvas.text(
        area.x + GUTTER,
        area.y + 1,
        area.width.saturating_sub(GUTTER),
        text,
        style,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_never_overlap() {
        for width in 40..300 {
            let columns = columns(width);
            for pair in columns.windows(2) {
                assert!(pair[0].x + pair[0].width < pair[1].x, "{width}: {columns:?}");
            }
            let last = columns.last().unwrap();
            assert!(last.x + last.width <= width, "{width}: {columns:?}");
        }
    }
}
