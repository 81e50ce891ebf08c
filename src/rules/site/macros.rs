//! Macros of Palette in a site.

use crate::rules::profile::macros;
use crate::rules::{Finding, SiteRule};
use crate::site::Site;

pub(super) const RULES: &[SiteRule] = &[expressions];

/// What a site says in words goes into profiles as it is.
fn expressions(site: &Site, findings: &mut Vec<Finding>) {
    for (source, span) in site.places.values() {
        let problems = macros::problems(&source.text()[span.clone()]);
        findings.extend(problems.map(|(problem, found)| {
            problem.at(source, span.start + found.start..span.start + found.end)
        }));
    }
}
