//! What `vmo-ra explain` tells of a rule: data from `profiles/rules.yaml`.

use serde::Deserialize;

use crate::diagnostic::{Diagnostic, nearest};
use crate::revision::data;

/// What there is to know about a rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Explanation {
    /// The rule's id.
    pub id: String,
    /// What it says, in a few words.
    pub title: String,
    /// What goes wrong otherwise.
    pub why: String,
    /// The way out.
    pub way_out: String,
    /// Who says so: a section of the RA, a vendor's page, a schema.
    pub source: String,
}

/// All rules, by subject.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub fn explanations() -> Result<Vec<Explanation>, Diagnostic> {
    #[derive(Deserialize)]
    struct File {
        rules: Vec<Explanation>,
    }
    data::<File>("rules.yaml").map(|file| file.rules)
}

/// The explanation of one rule.
///
/// # Errors
/// There is no such rule.
pub fn explain(id: &str) -> Result<Explanation, Diagnostic> {
    let mut all = explanations()?;
    if let Some(at) = all.iter().position(|rule| rule.id == id) {
        return Ok(all.swap_remove(at));
    }
    let mut problem = Diagnostic::error(format!("there is no rule `{id}`"))
        .help("`vmo-ra explain` lists them all");
    if let Some(nearest) = nearest(id, all.iter().map(|rule| rule.id.as_str())) {
        problem = problem.label(format!("did you mean `{nearest}`?"));
    }
    Err(problem)
}
