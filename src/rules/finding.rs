//! A finding of a rule.

use std::borrow::Cow;
use std::ops::Range;

use super::Rule;
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::limits;
use crate::site::Site;

/// Something a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters; an error cannot be rendered.
    pub severity: Severity,
    /// The value it is about, as a dotted path in the site, the values or the manifest; empty for all of it.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Cow<'static, str>,
    /// Details of each affected item.
    pub notes: Vec<String>,
    place: Place,
}

/// Where a finding is, beside its path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// In the site, where its path says.
    Site,
    /// In a text.
    Text(Source, Range<usize>),
    /// In a file as a whole.
    File(String),
}

/// Limits the findings of a rule after the first `before` findings to [`limits::FINDINGS`]. A last one counts the rest, with
/// the severity of the worst of them.
pub(super) fn limit(findings: &mut Vec<Finding>, before: usize) {
    if findings.len() - before <= limits::FINDINGS {
        return;
    }
    let untold = findings.split_off(before + limits::FINDINGS);
    let worst = untold.iter().map(|finding| finding.severity).max();
    if let (Some(first), Some(severity)) = (untold.first(), worst) {
        findings.push(Finding {
            severity,
            message: format!("{} more findings like this are not shown", untold.len()),
            help: "fix those that are shown: so many usually have one cause".into(),
            ..first.clone()
        });
    }
}

impl Finding {
    pub(super) fn new(
        severity: Severity,
        rule: &'static Rule,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Finding {
            rule,
            severity,
            path: path.into(),
            message: message.into(),
            help: rule.way_out.into(),
            notes: Vec::new(),
            place: Place::Site,
        }
    }

    /// Says it of another path.
    pub(crate) fn on(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// A way out for this value, in place of the rule's.
    pub(crate) fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = help.into();
        self
    }

    /// Says something of each thing that it is about.
    pub(crate) fn notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    /// Points at bytes of a text.
    pub(crate) fn at(mut self, source: &Source, span: Range<usize>) -> Self {
        self.place = Place::Text(source.clone(), span);
        self
    }

    /// Names the file, where there is no line worth showing.
    pub(crate) fn in_file(mut self, file: impl Into<String>) -> Self {
        self.place = Place::File(file.into());
        self
    }

    /// The finding as a message at its place, in the site file where it is about the site.
    pub fn diagnostic(&self, site: Option<&Site>) -> Diagnostic {
        let message = format!("{} [{}]", self.message, self.rule.id);
        let diagnostic = Diagnostic::new(self.severity, message)
            .help(self.help.as_ref())
            .because(self.rule.source);
        let diagnostic = self.notes.iter().fold(diagnostic, Diagnostic::because);
        match (&self.place, site) {
            (Place::Text(source, span), _) => diagnostic.at(source, span.clone()),
            (Place::File(file), _) if self.path.is_empty() => diagnostic.label(file.as_str()),
            (Place::File(file), _) => diagnostic.label(format!("{file}: {}", self.path)),
            (Place::Site, Some(site)) => site.places.locate(diagnostic, &self.path),
            (Place::Site, None) => diagnostic,
        }
    }

    /// The file it is in, where that is known.
    pub fn file(&self) -> Option<&str> {
        match &self.place {
            Place::Text(source, _) => Some(source.name()),
            Place::File(file) => Some(file),
            Place::Site => None,
        }
    }
}
