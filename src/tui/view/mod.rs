//! Draws the model. Pure: the same model always gives the same cells.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::model::Model;

/// Draws the whole screen into `buffer` and says where the hardware cursor belongs; nothing hides it.
///
/// `buffer` must be blank inside `area`; the caller diffs it against the last frame.
pub fn view(model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    buffer.set_stringn(
        area.x,
        area.y,
        "Handover",
        area.width as usize,
        model.settings.theme.title,
    );
    None
}
