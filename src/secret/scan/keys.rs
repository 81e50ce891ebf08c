//! Private keys.

use std::ops::Range;

/// The bodies of private keys, up to their end or the end of the text.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(at) = text[from..].find("PRIVATE KEY").map(|at| from + at) {
        from = at + "PRIVATE KEY".len();
        let before = &text[text.floor_char_boundary(at.saturating_sub(30))..at];
        let start = from
            + if text[from..].starts_with(" BLOCK") {
                " BLOCK".len()
            } else {
                0
            };
        if before.contains("BEGIN ") && text[start..].starts_with("-----") {
            let start = start + "-----".len();
            from = text[start..]
                .find("-----END")
                .map_or(text.len(), |at| start + at);
            found.push(start..from);
        }
    }
}
