//! A report for programs.

use super::super::Report;
use crate::visible;

/// The JSON form, in the shape of [`json_schema`], with a line break at its end.
pub fn json(report: &Report) -> String {
    visible::json(report)
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes.
pub fn json_schema() -> &'static str {
    include_str!("../../../schema/check.json")
}
