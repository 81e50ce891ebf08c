//! The requirements of a pack on other packs (`constraints.dependencies` in pack.json; Palette's documentation, Pack
//! Constraints). Palette refuses a profile that does not meet them.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IntoDeserializer};

use crate::version::Version;

/// A requirement of a pack on another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// The other pack's name.
    pub pack_name: String,
    /// The layer it is looked for in; any layer where it is empty.
    #[serde(default)]
    pub layer: String,
    /// The oldest version that will do.
    #[serde(default, deserialize_with = "limit")]
    pub min_version: Option<Limit>,
    /// The newest version that will do.
    #[serde(default, deserialize_with = "limit")]
    pub max_version: Option<Limit>,
    /// What is asked.
    #[serde(default, rename = "type", deserialize_with = "kind")]
    pub kind: DependencyKind,
}

/// How a pack depends on another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DependencyKind {
    /// If it is there, its version must fit.
    #[default]
    Optional,
    /// It must be there, in a version that fits.
    Required,
    /// It must not be there in these versions.
    NotSupported,
    /// From which versions an upgrade goes: nothing that a profile could break.
    Upgrade,
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DependencyKind, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "" => Ok(DependencyKind::default()),
        text => DependencyKind::deserialize(text.into_deserializer()),
    }
}

/// An end of a range of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    text: String,
    version: Version,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Limit>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let version = Version::parse(text)
        .or_else(|| Version::parse(&format!("{text}.0")))
        .ok_or_else(|| D::Error::custom(format!("`{text}` is not a version")))?;
    Ok(Some(Limit {
        text: text.to_owned(),
        version,
    }))
}

/// How a profile breaks a requirement of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// The other pack is not there.
    Missing,
    /// Its version does not fit.
    Version,
    /// It is there and must not be.
    NotSupported,
}

impl Dependency {
    /// What is wrong with the other pack, of which the cluster has this version.
    pub fn breach(&self, version: Option<&str>) -> Option<Breach> {
        let Some(version) = version else {
            return (self.kind == DependencyKind::Required).then_some(Breach::Missing);
        };
        let has_limits = self.min_version.is_some() || self.max_version.is_some();
        // An invalid version cannot be compared.
        let version = Version::parse(version)?;
        let fits = self
            .min_version
            .as_ref()
            .is_none_or(|limit| limit.version <= version)
            && self
                .max_version
                .as_ref()
                .is_none_or(|limit| version <= limit.version);
        match self.kind {
            DependencyKind::Optional | DependencyKind::Required => {
                (!fits).then_some(Breach::Version)
            }
            // Without limits Palette skips the check.
            DependencyKind::NotSupported => (fits && has_limits).then_some(Breach::NotSupported),
            DependencyKind::Upgrade => None,
        }
    }

    /// The versions it names, in words: `1.27 to 1.32.99`.
    pub fn range(&self) -> String {
        match (&self.min_version, &self.max_version) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("{min} or later"),
            (None, Some(max)) => format!("up to {max}"),
            (None, None) => "any version".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(kind: &str, min: &str, max: &str) -> Dependency {
        serde_json::from_value(serde_json::json!({
            "packName": "kubernetes", "layer": "k8s", "minVersion": min, "maxVersion": max, "type": kind
        }))
        .unwrap()
    }

    #[test]
    fn limits_are_inclusive_and_of_the_kind() {
        for line in "\
            optional     | -     | 1.32.99 | 1.32.4 | fits
            optional     | -     | 1.33.99 | 1.34.5 | Version
            optional     | 1.27  | -       | 1.26.9 | Version
            optional     | 1.27  | -       | 1.27.0 | fits
            optional     | -     | 1.21    | 1.21.0 | fits
            optional     | -     | 1.21    | 1.21.4 | Version
            optional     | 1.27  | -       | -      | fits
            -            | 1.27  | -       | 1.26.0 | Version
            required     | -     | -       | -      | Missing
            required     | -     | -       | 0.1.0  | fits
            required     | 5     | -       | 4.9.9  | Version
            notSupported | 1.0.0 | -       | 1.2.0  | NotSupported
            notSupported | 1.0.0 | -       | 0.9.0  | fits
            notSupported | -     | -       | 1.2.0  | fits
            upgrade      | 3.0.0 | -       | 1.2.0  | fits
            required     | 1.27  | -       | latest | fits"
            .lines()
        {
            let cells: Vec<&str> = line
                .split('|')
                .map(|cell| cell.trim().trim_matches('-'))
                .collect();
            let [kind, min, max, version, breach] = cells[..] else {
                panic!("{line}");
            };
            let version = Some(version).filter(|version| !version.is_empty());
            let found = dependency(kind, min, max).breach(version);
            let found = found.map_or("fits".to_owned(), |breach| format!("{breach:?}"));
            assert_eq!(found, breach, "{line}");
        }
        assert_eq!(dependency("optional", "1.27", "").range(), "1.27 or later");
    }

    #[test]
    fn what_is_no_version_is_refused() {
        let wrong = serde_json::json!({"packName": "p", "minVersion": "new", "type": "optional"});
        let error = serde_json::from_value::<Dependency>(wrong).unwrap_err();
        assert_eq!(error.to_string(), "`new` is not a version");
    }
}
