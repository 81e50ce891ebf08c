//! What there is to say about a site, one file for each subject. A rule only looks; it never changes anything.

pub mod claims;
mod network;
pub mod packs;
mod sizing;
mod storage;
mod vms;

use crate::diagnostic::{Diagnostic, Severity};
use crate::revision::Revision;
use crate::site::Site;

/// Something a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub id: &'static str,
    /// How much it matters; an error cannot be rendered.
    pub severity: Severity,
    /// The value it is about, as a dotted path in the site.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
    /// The RA's section that says so, empty where it is not the RA.
    pub section: &'static str,
    /// Who says so, where it is not the RA.
    pub source: String,
}

impl Finding {
    fn new(
        severity: Severity,
        id: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Finding {
            id,
            severity,
            path: path.into(),
            message: message.into(),
            help: String::new(),
            section: "",
            source: String::new(),
        }
    }

    fn error(id: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, id, path, message)
    }

    fn warning(id: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, id, path, message)
    }

    fn note(id: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, id, path, message)
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    fn section(mut self, section: &'static str) -> Self {
        self.section = section;
        self
    }

    /// The finding as a message at its place in the site file.
    pub fn diagnostic(&self, site: &Site) -> Diagnostic {
        let mut diagnostic =
            Diagnostic::new(self.severity, format!("{} [{}]", self.message, self.id));
        if !self.help.is_empty() {
            diagnostic = diagnostic.help(self.help.as_str());
        }
        if !self.section.is_empty() {
            diagnostic = diagnostic.because(format!("reference architecture, {}", self.section));
        }
        if !self.source.is_empty() {
            diagnostic = diagnostic.because(self.source.as_str());
        }
        site.places.locate(diagnostic, &self.path)
    }
}

/// A rule over a site.
type Rule = fn(&Site, &mut Vec<Finding>);

/// Everything the rules find, worst first, otherwise in the order of the rules.
pub fn check(site: &Site, revision: &Revision) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rules in [network::RULES, sizing::RULES, storage::RULES, vms::RULES] {
        for rule in rules {
            rule(site, &mut findings);
        }
    }
    ingress_of_the_revision(site, revision, &mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

fn ingress_of_the_revision(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let controller = site.ingress.controller.as_str();
    let known = revision
        .profiles
        .iter()
        .flat_map(|profile| &profile.layers)
        .any(|layer| {
            layer.pack == controller
                || layer
                    .alternatives
                    .iter()
                    .any(|other| other.controller == controller)
        });
    if !known && revision.is_rendered() {
        findings.push(
            Finding::error(
                "ingress-revision",
                "ingress.controller",
                format!("RA {} has no {controller} layer", revision.name),
            )
            .help("use `nginx`, or render RA 1.9.0"),
        );
    }
}
