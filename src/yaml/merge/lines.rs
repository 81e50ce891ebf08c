//! Lines of a text and the comments among them.

pub(super) fn line_start(text: &str, byte: usize) -> usize {
    text[..byte].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The end of the line that `byte` stands on, before its line break.
pub(super) fn line_end(text: &str, byte: usize) -> usize {
    text[byte..].find('\n').map_or(text.len(), |at| byte + at)
}

pub(super) fn leading_blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The column of a line's comment, where it holds nothing else.
pub(super) fn comment_indent(line: &str) -> Option<usize> {
    let blanks = leading_blanks(line);
    line[blanks..].starts_with('#').then_some(blanks)
}

pub(super) fn is_presets_line(line: &str) -> bool {
    line.starts_with("# spectrocloud.com/enabled-presets:")
}
