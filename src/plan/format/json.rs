//! A plan for programs.

use super::super::Plan;

/// The JSON form: the [`Plan`] as it is, with a line break at its end.
pub fn json(plan: &Plan) -> String {
    // Only maps whose keys are no texts have no JSON form, and a plan has none.
    let mut text = serde_json::to_string_pretty(plan).unwrap_or_default();
    text.push('\n');
    text
}
