//! A report as JSON, for programs.

use super::super::Report;
use super::is_invisible;

/// The JSON form: keys and changes in the order of the [`Report`], indented by two spaces, with a line break at the end.
///
/// Its shape is that of [`json_schema`], its version [`FORMAT`](crate::diff::FORMAT).
pub fn json(report: &Report) -> String {
    // Only maps whose keys are no texts have no JSON form, and a report has none.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // JSON lets these stand as they are, but a terminal might obey them. They only occur inside strings.
        if c != '\n' && is_invisible(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes.
pub fn json_schema() -> &'static str {
    include_str!("report.schema.json")
}
