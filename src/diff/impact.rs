//! What a change does to a running cluster, by rules that are data.

use std::sync::LazyLock;

use serde::Deserialize;

use super::path::{Place, Step};
use super::report::{ChangeKind, Impact, Part};
use crate::diagnostic::Diagnostic;
use crate::revision::data;
use crate::yaml;

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
    path: Option<yaml::Path>,
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
        let steps = subject.place.steps().iter();
        let steps: Vec<&Step> = steps
            .filter(|step| !matches!(step, Step::Inside(_)))
            .collect();
        self.0
            .iter()
            .find(|rule| rule.condition.holds(subject, &steps))
    }
}

impl Condition {
    fn holds(&self, subject: &Subject<'_>, steps: &[&Step]) -> bool {
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
                .as_ref()
                .is_none_or(|pattern| matches(pattern.steps(), steps))
    }
}

/// Whether a place is as a pattern has it: `*` stands for any step, `**` for any number of them, `[*]` for any item.
fn matches(pattern: &[yaml::Step], steps: &[&Step]) -> bool {
    let Some((wanted, rest)) = pattern.split_first() else {
        return steps.is_empty();
    };
    if matches!(wanted, yaml::Step::Key(key) if key == "**") {
        return (0..=steps.len()).any(|skipped| matches(rest, &steps[skipped..]));
    }
    steps.split_first().is_some_and(|(step, others)| {
        let fits = match (wanted, step) {
            (yaml::Step::Key(wanted), _) if wanted == "*" => true,
            (yaml::Step::Key(wanted), Step::Key(key)) => wanted == key,
            (yaml::Step::Each, Step::Item(..) | Step::Value(_) | Step::Index(_)) => true,
            _ => false,
        };
        fits && matches(rest, others)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_steps() {
        let holds = |pattern: &str, steps: &[&str]| {
            let step = |step: &&str| match *step {
                "[0]" => Step::Index(0),
                key => Step::Key(key.to_owned()),
            };
            let steps: Vec<Step> = steps.iter().map(step).collect();
            let pattern: yaml::Path = pattern.parse().unwrap();
            matches(pattern.steps(), &Vec::from_iter(&steps))
        };
        assert!(holds("charts.*.x", &["charts", "a", "x"]));
        assert!(!holds("charts.*.x", &["charts", "x"]));
        assert!(holds("charts.**", &["charts"]));
        assert!(holds("**.x", &["x"]));
        assert!(holds("a[*].b", &["a", "[0]", "b"]));
        assert!(holds(
            r"pack.spectrocloud\.com/install-priority",
            &["pack", "spectrocloud.com/install-priority"]
        ));
        assert!(!holds("a", &["a", "b"]));
    }
}
