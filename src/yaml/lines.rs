//! Lines of a text and the comments among them.

/// The start of the line that `byte` is on, after a byte order mark.
pub(in crate::yaml) fn line_start(text: &str, byte: usize) -> usize {
    match text[..byte].rfind('\n') {
        Some(newline) => newline + 1,
        None if text.starts_with('\u{feff}') => '\u{feff}'.len_utf8().min(byte),
        None => 0,
    }
}

/// The start of the line above the one that starts at `line`.
pub(in crate::yaml) fn line_above(text: &str, line: usize) -> Option<usize> {
    text[..line]
        .ends_with('\n')
        .then(|| line_start(text, line - 1))
}

/// The end of the line that `byte` is on, before its line break.
pub(in crate::yaml) fn line_end(text: &str, byte: usize) -> usize {
    text[byte..].find('\n').map_or(text.len(), |at| byte + at)
}

pub(in crate::yaml) fn leading_blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The column of a line's comment, where it holds nothing else.
pub(in crate::yaml) fn comment_indent(line: &str) -> Option<usize> {
    let blanks = leading_blanks(line);
    line[blanks..].starts_with('#').then_some(blanks)
}

/// The start of the comment lines directly above the line that starts at `line` and as deep as it, or of that line. The
/// line of the presets is nobody's comment.
pub(in crate::yaml) fn comments_start(text: &str, line: usize) -> usize {
    let column = leading_blanks(&text[line..]);
    let mut start = line;
    while let Some(above) = line_above(text, start) {
        let line = &text[above..start];
        if comment_indent(line) != Some(column) || is_presets_line(line) {
            break;
        }
        start = above;
    }
    start
}

fn is_presets_line(line: &str) -> bool {
    line.starts_with("# spectrocloud.com/enabled-presets:")
}
