//! What a change does to a running cluster, by rules that are data.

use std::sync::LazyLock;

use serde::Deserialize;

use super::path::{Place, Step};
use super::report::{ChangeKind, Impact, Part};
use crate::diagnostic::Diagnostic;
use crate::revision::data;

/// The rules, the first that matches wins.
pub(super) struct Rules(Vec<Rule>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rules: Vec<Rule>,
}

/// A rule, as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "match", default)]
    condition: Condition,
    pub(super) impact: Impact,
    pub(super) because: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "confidence")]
    _confidence: String,
}

/// What a change must be like; what is left out may be anything.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    layer: Option<String>,
    pack: Option<String>,
    part: Option<String>,
    path: Option<String>,
    kind: Option<ChangeKind>,
    object: Option<String>,
}

/// A change, as rules see it.
pub(super) struct Subject<'c> {
    /// `os`, `k8s`, `cni`, `csi` or `addon`; empty for the profile itself.
    pub(super) layer: &'c str,
    /// The pack's name.
    pub(super) pack: &'c str,
    /// The part of the profile or layer.
    pub(super) part: &'c Part,
    /// The kind of the Kubernetes object, in manifests.
    pub(super) object: &'c str,
    /// Where it is inside the part.
    pub(super) place: &'c Place,
    /// What happened.
    pub(super) kind: ChangeKind,
}

impl Rules {
    pub(super) fn load() -> Result<&'static Self, Diagnostic> {
        // Read once: it takes longer than comparing two small profiles.
        static LOADED: LazyLock<Result<Rules, Diagnostic>> =
            LazyLock::new(|| data("impact.yaml").map(|file: File| Rules(file.rules)));
        LOADED.as_ref().map_err(Clone::clone)
    }

    /// The rule for a change; the last rule matches everything, so there is one.
    pub(super) fn of(&self, subject: &Subject<'_>) -> Option<&Rule> {
        let steps = names(subject.place);
        self.0
            .iter()
            .find(|rule| rule.condition.holds(subject, &steps))
    }
}

impl Condition {
    fn holds(&self, subject: &Subject<'_>, steps: &[&str]) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        is(&self.layer, subject.layer)
            && is(&self.pack, subject.pack)
            && is(&self.part, subject.part.words().0)
            && self.kind.is_none_or(|kind| kind == subject.kind)
            && is(&self.object, subject.object)
            && self
                .path
                .as_deref()
                .is_none_or(|pattern| matches(&pattern_steps(pattern), steps))
    }
}

/// The steps of a path as patterns see them: keys by name, every item of a list as `[*]`.
fn names(place: &Place) -> Vec<&str> {
    place
        .steps()
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(..) | Step::Value(_) | Step::Index(_) => Some("[*]"),
            Step::Inside(_) => None,
        })
        .collect()
}

/// `a.b[*].**` as steps; `\.` is a dot inside a key.
fn pattern_steps(pattern: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut step = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => step.extend(chars.next()),
            '.' => steps.push(std::mem::take(&mut step)),
            '[' => {
                steps.push(std::mem::take(&mut step));
                step.push(c);
            }
            c => step.push(c),
        }
    }
    steps.push(step);
    steps.retain(|step| !step.is_empty());
    steps
}

fn matches(pattern: &[String], steps: &[&str]) -> bool {
    match pattern.split_first() {
        None => steps.is_empty(),
        Some((first, rest)) if first == "**" => {
            (0..=steps.len()).any(|skipped| matches(rest, &steps[skipped..]))
        }
        Some((first, rest)) => match steps.split_first() {
            Some((step, others)) => (first == "*" || first == step) && matches(rest, others),
            None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_steps() {
        let holds = |pattern: &str, steps: &[&str]| matches(&pattern_steps(pattern), steps);
        assert!(holds("charts.*.x", &["charts", "a", "x"]));
        assert!(!holds("charts.*.x", &["charts", "x"]));
        assert!(holds("charts.**", &["charts"]));
        assert!(holds("**.x", &["x"]));
        assert!(holds("a[*].b", &["a", "[*]", "b"]));
        assert!(holds(
            r"pack.spectrocloud\.com/install-priority",
            &["pack", "spectrocloud.com/install-priority"]
        ));
        assert!(!holds("a", &["a", "b"]));
    }
}
