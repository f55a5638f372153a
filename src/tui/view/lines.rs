//! Screens that are text: styled lines that scroll.

use ratatui::{layout::Rect, style::Style};

use crate::tui::widget::Canvas;

/// A line: texts with their styles.
pub type Line = Vec<(String, Style)>;

/// A line of one text.
pub fn line(text: impl Into<String>, style: Style) -> Line {
    vec![(text.into(), style)]
}

/// Draws the lines from `top` on.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line], top: usize) {
    for (y, line) in (area.top()..area.bottom()).zip(lines.iter().skip(top)) {
        let spans: Vec<(&str, Style)> = line.iter().map(|(text, style)| (text.as_str(), *style)).collect();
        canvas.spans(area.x, y, area.width, &spans);
    }
}

/// A framed screen that is nothing but lines, shown from one of them on.
pub fn screen(
    canvas: &mut Canvas<'_>,
    area: Rect,
    title: &str,
    top: usize,
    lines: impl FnOnce(&Canvas<'_>, u16) -> Vec<Line>,
) {
    let inside = canvas.frame(area, title, canvas.theme.title);
    let lines = lines(canvas, inside.width);
    let top = top.min(lines.len().saturating_sub(1));
    draw(canvas, inside, &lines, top);
    draw_extent(canvas, area, top, usize::from(inside.height), lines.len());
}

/// Says in the lower frame which part of a longer text is seen.
pub fn draw_extent(canvas: &mut Canvas<'_>, frame: Rect, top: usize, visible: usize, length: usize) {
    if length <= visible || frame.height == 0 {
        return;
    }
    let text = format!(" {}-{} of {length} ", top + 1, (top + visible).min(length));
    let style = canvas.theme.muted;
    canvas.text_right(
        frame.right().saturating_sub(2),
        frame.bottom() - 1,
        frame.width,
        &text,
        style,
    );
}

/// A word and a text behind it, broken at words and indented to stand under itself. A word that is too long for the
/// indent stands before a short text, or has a line of its own.
pub fn hanging(
    canvas: &Canvas<'_>,
    width: u16,
    word: (&str, Style),
    text: (&str, Style),
    indent: u16,
) -> Vec<Line> {
    let cells = width.saturating_sub(indent).max(1);
    let alone = canvas.width(word.0) >= indent;
    let mut lines = Vec::new();
    if alone && canvas.width(word.0) + 2 + canvas.width(text.0) <= width {
        return vec![vec![
            (format!("{}  ", word.0), word.1),
            (text.0.to_owned(), text.1),
        ]];
    }
    if alone {
        lines.push(line(word.0, word.1));
    }
    for (at, part) in canvas.wrap(text.0, cells).into_iter().enumerate() {
        let head = if at == 0 && !alone { word.0 } else { "" };
        lines.push(vec![(padded(canvas, head, indent), word.1), (part, text.1)]);
    }
    lines
}

/// A text cut or filled up to a number of cells.
pub fn padded(canvas: &Canvas<'_>, text: &str, cells: u16) -> String {
    let cleaned = crate::domain::text::clean(text);
    let fitted = crate::domain::text::fit(&cleaned, usize::from(cells), canvas.glyphs.ellipsis);
    let missing = usize::from(cells).saturating_sub(crate::domain::text::width(&fitted));
    format!("{fitted}{}", " ".repeat(missing))
}
