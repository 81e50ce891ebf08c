//! A report for programs.

use super::super::Report;

/// The JSON form, in the shape of [`json_schema`], with a line break at its end.
pub fn json(report: &Report) -> String {
    // Only maps whose keys are no texts have no JSON form, and a report has none.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes.
pub fn json_schema() -> &'static str {
    include_str!("../../../schema/check.json")
}
