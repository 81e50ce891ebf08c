//! The size of a version step.

use std::cmp::Ordering;

use super::report::VersionStep;
use crate::version::Version;

/// The step between two versions; none if they are equal or not versions.
pub(super) fn step(old: &str, new: &str) -> Option<VersionStep> {
    let (old, new) = (numbers(old)?, numbers(new)?);
    let longest = old.len().max(new.len());
    let at = |version: &[u64], index: usize| version.get(index).copied().unwrap_or(0);
    let index = (0..longest).find(|index| at(&old, *index) != at(&new, *index))?;
    Some(match (at(&old, index).cmp(&at(&new, index)), index) {
        (Ordering::Greater, _) => VersionStep::Downgrade,
        (_, 0) => VersionStep::Major,
        (_, 1) => VersionStep::Minor,
        _ => VersionStep::Patch,
    })
}

/// The minors of one major that lie between two versions and are stepped over: `1.33` from 1.32.4 to 1.34.5.
pub(super) fn skipped_minors(old: &str, new: &str) -> Vec<String> {
    match (numbers(old).as_deref(), numbers(new).as_deref()) {
        (Some([old_major, old, ..]), Some([new_major, new, ..])) if old_major == new_major => {
            (old + 1..*new)
                .map(|minor| format!("{old_major}.{minor}"))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The leading numbers of a version: `v1.34.5-rc.1` is 1, 34, 5.
fn numbers(version: &str) -> Option<Vec<u64>> {
    Version::parse(version).map(|version| version.numbers().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_major_minor_or_patch() {
        for (old, new, wanted) in [
            ("1.32.4", "1.34.5", Some(VersionStep::Minor)),
            ("0.15.2", "0.15.3", Some(VersionStep::Patch)),
            ("70.2.1", "83.5.1", Some(VersionStep::Major)),
            ("v1.2.0", "1.1.9", Some(VersionStep::Downgrade)),
            ("22.04", "24.04", Some(VersionStep::Major)),
            ("1.2", "1.2.0", None),
            ("latest", "1.2.0", None),
            ("sha-5", "sha-6", None),
        ] {
            assert_eq!(step(old, new), wanted, "{old} -> {new}");
        }
        assert_eq!(skipped_minors("1.32.4", "1.35.0"), ["1.33", "1.34"]);
        assert!(skipped_minors("1.33.9", "1.34.5").is_empty());
    }
}
