//! A report as JSON, for programs.

use super::super::Report;
use crate::visible;

/// The JSON form: keys and changes in the order of the [`Report`], indented by two spaces, with a line break at the end.
///
/// Its shape is that of [`json_schema`], its version [`FORMAT`](crate::diff::FORMAT).
pub fn json(report: &Report) -> String {
    visible::json(report)
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes.
pub fn json_schema() -> &'static str {
    include_str!("../../../schema/diff.json")
}
