//! Versions that a vendor wants a cluster to go through, of `profiles/steps.yaml` and the layouts of packs.

use std::collections::HashMap;

use serde::Deserialize;

use super::report::Step;
use crate::diagnostic::Diagnostic;
use crate::pack::Layout;
use crate::profile::{Layer, Profile};
use crate::revision::data;
use crate::version::Version;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    pack: String,
    /// How many minor versions one step may go up.
    minors: u64,
    because: String,
    wait: String,
}

/// The versions between the layers of two profiles.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub(super) fn steps(old: &Profile, new: &Profile) -> Result<Vec<Step>, Vec<Diagnostic>> {
    #[derive(Deserialize)]
    struct File {
        steps: Vec<Rule>,
    }
    let file: File = data("steps.yaml").map_err(|problem| vec![problem])?;
    let mut found = Vec::new();
    let mut before: HashMap<&str, &Layer> = HashMap::new();
    for layer in &old.spec.template.packs {
        before.entry(&layer.name).or_insert(layer);
    }
    for layer in &new.spec.template.packs {
        let Some(was) = before.get(layer.name.as_str()) else {
            continue;
        };
        let mut step = |between: Vec<String>, because: &str, wait: &str| {
            let mut versions = vec![was.version.clone()];
            versions.extend(between);
            versions.push(layer.version.clone());
            found.push(Step {
                profile: new.metadata.name.clone(),
                layer: layer.name.clone(),
                versions,
                because: because.to_owned(),
                wait: wait.to_owned(),
            });
        };
        if let Some(rule) = file.steps.iter().find(|rule| rule.pack == layer.name) {
            let between = minors_between(&was.version, &layer.version, rule.minors);
            if !between.is_empty() {
                step(between, &rule.because, &rule.wait);
            }
        }
        let parsed = Version::parse(&was.version);
        for layout in Layout::passed(&layer.name, &was.version, &layer.version) {
            let Some(first) = &layout.upgrades_from else {
                continue;
            };
            if parsed < Version::parse(first) {
                let wait = "its pods are ready in the new version";
                step(vec![first.clone()], &layout.source, wait);
            }
        }
    }
    Ok(found)
}

/// The minor versions between two, as groups.
fn minors_between(old: &str, new: &str, most: u64) -> Vec<String> {
    let numbers = |text: &str| Version::parse(text).map(|version| version.numbers().to_vec());
    let (Some(old), Some(new)) = (numbers(old), numbers(new)) else {
        return Vec::new();
    };
    match (old.as_slice(), new.as_slice()) {
        ([old_major, old, ..], [major, new, ..]) if old_major == major => {
            let step = usize::try_from(most.max(1)).unwrap_or(1);
            let minors = (old + most..*new).step_by(step);
            minors.map(|minor| format!("{major}.{minor}.x")).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::minors_between;

    #[test]
    fn skipped_minors_are_named() {
        assert_eq!(minors_between("1.32.4", "1.34.5", 1), ["1.33.x"]);
        assert_eq!(minors_between("1.32.4", "1.35.0", 1), ["1.33.x", "1.34.x"]);
        assert_eq!(minors_between("1.32.4", "1.35.0", 2), ["1.34.x"]);
        for (old, new) in [
            ("1.33.4", "1.34.5"),
            ("1.34.5", "1.32.0"),
            ("1.9", "2.1"),
            ("x", "y"),
        ] {
            assert_eq!(minors_between(old, new, 1), [""; 0], "{old} {new}");
        }
    }
}
