//! A rule: its id, and what `vmo-ra explain` says about it.

use super::Finding;
use crate::diagnostic::{Code, Diagnostic, Severity};

// `RULES`, and a constant for each of them, so that an id cannot be misspelt and one that nothing raises is dead code.
include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// What there is to know about a rule: an entry of `profiles/rules.yaml`.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is called in messages, and by `vmo-ra explain`.
    pub id: &'static str,
    /// What it says, in a few words.
    pub title: &'static str,
    /// What goes wrong without it.
    pub why: &'static str,
    /// The way out, where a finding knows no better one.
    pub way_out: &'static str,
    /// Who says so: a section of the RA, a vendor's page, a schema.
    pub source: &'static str,
}

impl Rule {
    /// All rules, by subject.
    pub fn all() -> &'static [Rule] {
        &RULES
    }

    /// The rule of an id.
    ///
    /// # Errors
    /// There is no such rule.
    pub fn find(id: &str) -> Result<&'static Rule, Diagnostic> {
        if let Some(rule) = RULES.iter().find(|rule| rule.id == id) {
            return Ok(rule);
        }
        let mut problem = Diagnostic::error(format!("there is no rule `{id}`"))
            .code(Code::UnknownName)
            .help("`vmo-ra explain` lists them all");
        let codes = Code::ALL.iter().map(|code| code.as_str());
        problem = problem.did_you_mean(id, RULES.iter().map(|rule| rule.id).chain(codes));
        Err(problem)
    }

    /// A finding that cannot be rendered, or breaks a cluster.
    pub(crate) fn error(
        &'static self,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(Severity::Error, self, path, message)
    }

    /// A finding that is probably not meant.
    pub(crate) fn warning(
        &'static self,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(Severity::Warning, self, path, message)
    }

    /// A finding that is good to know.
    pub(crate) fn note(
        &'static self,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(Severity::Note, self, path, message)
    }
}
