//! One object of the script, and how its pieces are joined where a console broke lines.

/// One object as printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// The line it begins at.
    pub(super) line: usize,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) value: String,
}

/// Adds the next piece of a text that was broken at `width` characters. A piece that fills its line was broken in the middle
/// of a word, a shorter one at a blank.
pub(super) fn join(text: &mut String, last_piece: usize, width: usize, piece: &str) {
    let piece_text = piece.trim();
    if piece_text.is_empty() {
        return;
    }
    if !text.is_empty() && last_piece < width {
        text.push(' ');
    }
    text.push_str(piece_text);
}
