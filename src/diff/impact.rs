//! What a change does to a running cluster, by rules that are data.

use std::sync::LazyLock;

use serde::Deserialize;

use super::condition::{Condition, Subject};
use super::report::Impact;
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
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the file"))]
    id: String,
    #[serde(rename = "match", default)]
    condition: Condition,
    pub(super) impact: Impact,
    pub(super) because: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the file"))]
    source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the file"))]
    confidence: String,
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
        let steps = subject.steps();
        self.0
            .iter()
            .find(|rule| rule.condition.holds(subject, &steps))
    }
}

#[cfg(test)]
mod tests {
    use super::super::condition::AnyOf;
    use super::super::path::{Place, Step};
    use super::super::report::{ChangeKind, Part};
    use super::*;
    use crate::yaml;

    /// Places of a pattern: each `**` stands for one step or for none.
    fn places(pattern: &[yaml::Step]) -> Vec<Vec<Step>> {
        let Some((first, rest)) = pattern.split_first() else {
            return vec![Vec::new()];
        };
        let any = Step::Key("any".to_owned());
        let first = match first {
            yaml::Step::Key(key) if key == "**" => vec![Vec::new(), vec![any]],
            yaml::Step::Key(key) if key == "*" => vec![vec![any]],
            yaml::Step::Key(key) => vec![vec![Step::Key(key.clone())]],
            _ => vec![vec![Step::Index(0)]],
        };
        let rest = places(rest);
        let joined = |first: &Vec<Step>| {
            let first = first.clone();
            rest.iter()
                .map(move |rest| [first.clone(), rest.clone()].concat())
        };
        first.iter().flat_map(joined).collect()
    }

    fn parts() -> Vec<Part> {
        vec![
            Part::Values,
            Part::Layer,
            Part::Profile,
            Part::Variable("x".into()),
            Part::Preset("x".into()),
            Part::File("/x".into()),
            Part::Commands("x".into()),
            Part::Manifest("x".into()),
        ]
    }

    fn all<T: Clone>(wanted: &AnyOf<T>, otherwise: &[T]) -> Vec<T> {
        match wanted {
            AnyOf::One(one) => vec![one.clone()],
            AnyOf::Several(several) if several.is_empty() => otherwise.to_vec(),
            AnyOf::Several(several) => several.clone(),
        }
    }

    /// Each kind of change that a rule is about, with whether the rule has it.
    fn cases(rules: &Rules, rule: &Rule) -> Vec<(String, bool)> {
        let wanted = &rule.condition;
        let layers = ["os", "k8s", "cni", "csi", "addon", ""].map(str::to_owned);
        let kinds = [
            ChangeKind::Changed,
            ChangeKind::Added,
            ChangeKind::Removed,
            ChangeKind::Moved,
        ];
        let paths = all(
            &wanted.path,
            &["**".parse().unwrap(), yaml::Path::default()],
        );
        let mut cases = Vec::new();
        for path in &paths {
            for steps in places(path.steps()) {
                let mut place = Place::default();
                steps.into_iter().for_each(|step| place.push(step));
                let mut wins = false;
                for part in parts() {
                    for layer in all(&wanted.layer, &layers) {
                        for pack in all(&wanted.pack, &["any".to_owned()]) {
                            for object in all(&wanted.object, &["Any".to_owned()]) {
                                for kind in wanted.kind.map_or(kinds.to_vec(), |kind| vec![kind]) {
                                    let found = rules.of(&Subject {
                                        layer: &layer,
                                        pack: &pack,
                                        part: &part,
                                        object: &object,
                                        place: &place,
                                        kind,
                                        version: wanted.version,
                                        is_broken: wanted.broken,
                                    });
                                    wins |= std::ptr::eq(found.unwrap(), rule);
                                }
                            }
                        }
                    }
                }
                cases.push((format!("{}: {place}", rule.id), wins));
            }
        }
        cases
    }

    #[test]
    fn no_rule_stands_behind_one_that_takes_all_of_it() {
        let rules = Rules::load().unwrap();
        for rule in &rules.0 {
            let cases = cases(rules, rule);
            assert!(
                cases.iter().any(|(_, wins)| *wins),
                "{} never wins: {cases:?}",
                rule.id
            );
        }
    }

    #[test]
    fn every_impact_has_a_rule_and_every_rule_a_source() {
        let rules = &Rules::load().unwrap().0;
        for impact in Impact::ALL {
            assert!(rules.iter().any(|rule| rule.impact == impact), "{impact:?}");
        }
        let mut ids = std::collections::HashSet::new();
        for rule in rules {
            assert!(ids.insert(&rule.id), "{} is a duplicate", rule.id);
            for text in [&rule.because, &rule.source] {
                assert!(text.len() > 10, "{}: {text}", rule.id);
            }
            assert!(
                ["known", "derived"].contains(&rule.confidence.as_str()),
                "{}",
                rule.id
            );
        }
    }
}
