//! A report as JSON, for programs.

use super::super::Report;
use crate::visible::is_invisible;

/// The JSON form: keys and changes in the order of the [`Report`], indented by two spaces, with a line break at the end.
///
/// Its shape is that of [`json_schema`], its version [`FORMAT`](crate::diff::FORMAT).
pub fn json(report: &Report) -> String {
    // Only maps whose keys are no texts have no JSON form, and a report has none.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    let mut copied = 0;
    // JSON lets these stand as they are, but a terminal might obey them. They only occur inside strings.
    for (at, found) in text.match_indices(|c| c != '\n' && is_invisible(c)) {
        out.push_str(&text[copied..at]);
        for unit in found.encode_utf16() {
            out.push_str(&format!("\\u{unit:04x}"));
        }
        copied = at + found.len();
    }
    out.push_str(&text[copied..]);
    out.push('\n');
    out
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes.
pub fn json_schema() -> &'static str {
    include_str!("../../../schema/diff.json")
}
