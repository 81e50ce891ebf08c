//! Versions of packs and software, as their publishers write them, and groups of them such as `1.34.x`.

use std::cmp::Ordering;
use std::fmt;

/// A version that can be ordered: numbers with dots between, then perhaps a suffix (`v1.34.5-rc.1`).
#[derive(Clone, Debug)]
pub struct Version {
    numbers: Vec<u64>,
    /// What follows a dash; a version with it comes before the one without, as in semantic versions.
    suffix: String,
}

impl Version {
    /// Reads a version; none for a text without numbers and dots, such as `latest`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        // What follows a plus sign says how it was built.
        let text = text.split('+').next()?;
        let (core, suffix) = text.split_once('-').unwrap_or((text, ""));
        let numbers: Option<Vec<u64>> = core.split('.').map(|part| part.parse().ok()).collect();
        Some(Version {
            numbers: numbers.filter(|numbers| numbers.len() > 1)?,
            suffix: suffix.to_owned(),
        })
    }

    /// Its numbers, at least two.
    pub fn numbers(&self) -> &[u64] {
        &self.numbers
    }

    fn number(&self, index: usize) -> u64 {
        self.numbers.get(index).copied().unwrap_or(0)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    /// Missing numbers count as 0, so that `1.21` and `1.21.0` are one version to Palette's limits.
    fn cmp(&self, other: &Self) -> Ordering {
        let longest = self.numbers.len().max(other.numbers.len());
        let numbers = |version: &Self| (0..longest).map(|i| version.number(i)).collect::<Vec<_>>();
        numbers(self).cmp(&numbers(other)).then_with(|| {
            match (self.suffix.as_str(), other.suffix.as_str()) {
                ("", "") => Ordering::Equal,
                ("", _) => Ordering::Greater,
                (_, "") => Ordering::Less,
                (one, two) => one.cmp(two),
            }
        })
    }
}

/// The version in a tag, which may name the group of the pack in front of it: `LTS__22.04`.
pub fn without_group(tag: &str) -> &str {
    tag.rsplit_once("__").map_or(tag, |(_, version)| version)
}

/// Whether a version or a tag has a number where its version starts, unlike `latest`.
pub fn starts_with_number(tag: &str) -> bool {
    let version = without_group(tag);
    let version = version.strip_prefix('v').unwrap_or(version);
    version.starts_with(|c: char| c.is_ascii_digit())
}

/// A wanted version: one, or the newest of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This version, letter by letter.
    Exactly(String),
    /// The newest that begins with these numbers; the text is what was asked for, such as `1.34.x`.
    NewestOf(String, Vec<u64>),
    /// The newest there is.
    Newest,
}

impl Wanted {
    /// What a version or a tag asks for: `1.34.5`, `1.34.x`, `LTS__22.04`.
    pub fn of_tag(text: &str) -> Self {
        let version = without_group(text);
        let numbers: Option<Vec<u64>> = version
            .strip_suffix(".x")
            .and_then(|core| core.split('.').map(|part| part.parse().ok()).collect());
        match numbers {
            Some(numbers) => Wanted::NewestOf(text.to_owned(), numbers),
            None => Wanted::Exactly(version.to_owned()),
        }
    }

    /// Whether a version fits.
    pub fn fits(&self, version: &str) -> bool {
        match self {
            Wanted::Exactly(wanted) => wanted == version,
            Wanted::NewestOf(_, wanted) => {
                Version::parse(version).is_some_and(|version| version.numbers.starts_with(wanted))
            }
            Wanted::Newest => true,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Exactly(text) | Wanted::NewestOf(text, _) => f.write_str(text),
            Wanted::Newest => f.write_str("newest"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_order_by_number() {
        let sorted = [
            "1.2.0-alpha",
            "1.2.0-beta",
            "1.2.0",
            "1.9.0",
            "v1.10.0",
            "22.04",
        ];
        for (index, low) in sorted.iter().enumerate() {
            for high in &sorted[index + 1..] {
                assert!(version(low) < version(high), "{low} {high}");
            }
        }
        assert_eq!(version("1.2"), version("1.2.0"));
        for no_version in ["latest", "5", "", "1.x", "a.b", "1..2"] {
            assert_eq!(Version::parse(no_version), None, "{no_version}");
        }
    }

    #[test]
    fn groups_take_their_own() {
        let wanted = Wanted::of_tag;
        for (text, version, fits) in [
            ("1.34.x", "1.34.5", true),
            ("1.34.x", "1.34.10", true),
            ("1.34.x", "1.3.5", false),
            ("1.x", "1.34.5", true),
            ("LTS__22.4.x", "22.04", true),
            ("LTS__22.04", "22.04", true),
            ("22.04", "22.04", true),
            ("22.4", "22.04", false),
            ("x", "1.2.3", false),
        ] {
            assert_eq!(wanted(text).fits(version), fits, "{text} {version}");
        }
        assert_eq!(wanted("LTS__22.4.x").to_string(), "LTS__22.4.x");
    }
}
