//! Private keys and shared keys.

use std::ops::Range;

/// The bodies of private keys, up to their end or the end of the text.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(at) = text[from..].find("BEGIN ").map(|at| from + at) {
        from = at + "BEGIN ".len();
        let title = text[from..].lines().next().unwrap_or_default();
        let Some(end) = title.find("-----") else {
            continue;
        };
        let title = &title[..end];
        if !title.contains("PRIVATE KEY") && title != "OpenVPN Static key V1" {
            continue;
        }
        let start = from + end + "-----".len();
        from = text[start..]
            .find("-----END")
            .map_or(text.len(), |at| start + at);
        found.push(start..from);
    }
}
