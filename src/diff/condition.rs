//! Which changes a rule applies to.

use serde::Deserialize;

use super::path::{Place, Step};
use super::report::{ChangeKind, Part};
use crate::yaml;

/// What a change must be like. A field that is left out fits anything.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    #[serde(default)]
    pub(super) layer: AnyOf<String>,
    #[serde(default)]
    pub(super) pack: AnyOf<String>,
    pub(super) part: Option<String>,
    #[serde(default)]
    pub(super) path: AnyOf<yaml::Path>,
    pub(super) kind: Option<ChangeKind>,
    #[serde(default)]
    pub(super) object: AnyOf<String>,
    pub(super) version: Option<VersionWay>,
    /// Whether the reader of the new text would refuse it.
    #[serde(default)]
    pub(super) broken: bool,
}

/// Alternatives, of which one must fit. An empty list fits everything.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum AnyOf<T> {
    One(T),
    Several(Vec<T>),
}

impl<T> Default for AnyOf<T> {
    fn default() -> Self {
        AnyOf::Several(Vec::new())
    }
}

impl<T> AnyOf<T> {
    fn holds(&self, fits: impl FnMut(&T) -> bool) -> bool {
        match self {
            AnyOf::One(one) => std::slice::from_ref(one).iter().any(fits),
            AnyOf::Several(all) => all.is_empty() || all.iter().any(fits),
        }
    }
}

/// A change of version that the software does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum VersionWay {
    /// To an earlier version.
    Downgrade,
    /// Over a minor version.
    SkipsMinor,
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
    /// How the version of a layer moves, where that is not a plain upgrade.
    pub(super) version: Option<VersionWay>,
    /// Whether the reader of the new text would refuse it.
    pub(super) is_broken: bool,
}

impl<'c> Subject<'c> {
    /// The steps to the place. Reading a text as a tree is not a step.
    pub(super) fn steps(&self) -> Vec<&'c Step> {
        let steps = self.place.steps().iter();
        steps
            .filter(|step| !matches!(step, Step::Inside(_)))
            .collect()
    }
}

impl Condition {
    pub(super) fn holds(&self, subject: &Subject<'_>, steps: &[&Step]) -> bool {
        self.layer.holds(|layer| layer == subject.layer)
            && self.pack.holds(|pack| pack == subject.pack)
            && (self.part.as_deref()).is_none_or(|part| part == subject.part.words().0)
            && self.kind.is_none_or(|kind| kind == subject.kind)
            && self.object.holds(|object| match object.as_str() {
                "*" => !subject.object.is_empty(),
                object => object == subject.object,
            })
            && (self.version).is_none_or(|version| Some(version) == subject.version)
            && (subject.is_broken || !self.broken)
            && self.path.holds(|pattern| matches(pattern.steps(), steps))
    }
}

/// Whether a place fits a pattern: `*` stands for any step, `**` for any number of them, `[*]` for any item.
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
