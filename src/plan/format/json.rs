//! A plan for programs.

use super::super::Plan;
use crate::visible;

/// The JSON form: the [`Plan`] as it is, with a line break at its end.
pub fn json(plan: &Plan) -> String {
    visible::json(plan)
}
