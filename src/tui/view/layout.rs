//! Where things stand, by the size of the screen alone.

use ratatui::layout::Rect;

/// The smallest screen that is drawn.
pub const SMALLEST: (u16, u16) = (60, 15);
/// From this height on there is a hint bar.
const WITH_HINTS: u16 = 20;
/// From this width on details stand beside the table.
const SIDE_BY_SIDE: u16 = 100;

/// The parts of the screen.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Product, profile, tenant, cloud, read-only.
    pub title: Rect,
    /// Tabs, default, connections.
    pub tabs: Rect,
    /// Everything between tabs and status.
    pub body: Rect,
    /// Position, loading, age of the data.
    pub status: Rect,
    /// The most useful keys; nothing on a low screen.
    pub hints: Option<Rect>,
}

/// Whether the screen is big enough to be drawn.
pub fn is_big_enough(size: (u16, u16)) -> bool {
    size.0 >= SMALLEST.0 && size.1 >= SMALLEST.1
}

/// The parts of a screen.
pub fn screen(area: Rect) -> Screen {
    let line = |y: u16| Rect::new(area.x, area.y + y.min(area.height), area.width, 1).intersection(area);
    let with_hints = area.height >= WITH_HINTS;
    let bottom = area.height.saturating_sub(if with_hints { 2 } else { 1 });
    Screen {
        title: line(0),
        tabs: line(1),
        body: Rect::new(area.x, area.y + 2, area.width, bottom.saturating_sub(2)).intersection(area),
        status: line(bottom),
        hints: with_hints.then(|| line(bottom + 1)),
    }
}

/// The body of a screen of this size.
pub fn body(size: (u16, u16)) -> Rect {
    screen(Rect::new(0, 0, size.0, size.1)).body
}

/// How many rows of the table fit: the body without filter line and heading.
pub fn table_rows(size: (u16, u16)) -> usize {
    usize::from(body(size).height.saturating_sub(2))
}

/// The table's and the details' part of the body, while details are open. Without room for both, the details have it all.
pub fn beside(body: Rect) -> (Option<Rect>, Rect) {
    if body.width < SIDE_BY_SIDE {
        return (None, body);
    }
    let left = body.width * 11 / 20;
    let table = Rect::new(body.x, body.y, left, body.height);
    (
        Some(table),
        Rect::new(body.x + left, body.y, body.width - left, body.height),
    )
}

/// A drawer over the lower part of the body.
pub fn drawer(body: Rect) -> Rect {
    let height = (body.height / 2).max(9).min(body.height);
    Rect::new(body.x, body.bottom() - height, body.width, height)
}

/// A dialog in the middle of the body, at most as big as it.
pub fn dialog(body: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(body.width), height.min(body.height));
    Rect::new(
        body.x + (body.width - width) / 2,
        body.y + (body.height - height) / 2,
        width,
        height,
    )
}

/// What a frame leaves inside: see [`crate::tui::widget::Canvas::frame`].
pub fn inside(area: Rect) -> Rect {
    Rect::new(
        area.x + 2,
        area.y + 1,
        area.width.saturating_sub(4),
        area.height.saturating_sub(2),
    )
}
