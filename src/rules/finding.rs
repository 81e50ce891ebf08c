//! What a rule has to say.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::limits;
use crate::site::Site;

/// Something a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub id: &'static str,
    /// How much it matters; an error cannot be rendered.
    pub severity: Severity,
    /// The value it is about, as a dotted path in the site, the values or the manifest; empty for all of it.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
    /// Who says so: the RA's section, or another source.
    pub because: String,
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

/// Keeps of what a rule found, behind the first `before` findings, no more than [`limits::FINDINGS`]; a last one says how
/// many more there are, and is as bad as the worst of them.
pub(crate) fn limit(findings: &mut Vec<Finding>, before: usize) {
    if findings.len() - before <= limits::FINDINGS {
        return;
    }
    let untold = findings.split_off(before + limits::FINDINGS);
    let worst = untold.iter().map(|finding| finding.severity).max();
    if let (Some(first), Some(severity)) = (untold.first(), worst) {
        findings.push(Finding {
            severity,
            message: format!("{} more findings like this are not told", untold.len()),
            help: "mend those that are: so many have one cause".to_owned(),
            ..first.clone()
        });
    }
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
            because: String::new(),
            place: Place::Site,
        }
    }

    pub(crate) fn error(
        id: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Error, id, path, message)
    }

    pub(crate) fn warning(
        id: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Warning, id, path, message)
    }

    pub(crate) fn note(
        id: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Note, id, path, message)
    }

    /// Says it of another path.
    pub(crate) fn on(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The way out.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The RA's section that says so.
    pub(crate) fn section(self, section: &str) -> Self {
        self.because(format!("reference architecture, {section}"))
    }

    /// Who says so, where it is not the RA.
    pub(crate) fn because(mut self, source: impl Into<String>) -> Self {
        self.because = source.into();
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
        let mut diagnostic =
            Diagnostic::new(self.severity, format!("{} [{}]", self.message, self.id));
        if !self.help.is_empty() {
            diagnostic = diagnostic.help(self.help.as_str());
        }
        if !self.because.is_empty() {
            diagnostic = diagnostic.because(self.because.as_str());
        }
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
