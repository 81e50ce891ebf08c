//! The contents of a pack.json.

use std::ops::Range;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::dependency::Dependency;
use crate::diagnostic::{Code, Diagnostic, Source};

/// The layers that Palette knows packs of.
const LAYERS: [&str; 6] = ["kernel", "os", "k8s", "cni", "csi", "addon"];

/// The annotation that names the missing parts of an imported pack.
pub(super) const UNKNOWN: &str = "vmo-ra/unknown";

/// A part of a pack that a source may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What it asks of other packs.
    Constraints,
    /// Its presets.
    Presets,
    /// What it says of its values.
    Schema,
    /// Its values as the vendor has them.
    Values,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 4] = [Part::Constraints, Part::Presets, Part::Schema, Part::Values];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Constraints => "constraints",
            Part::Presets => "presets",
            Part::Schema => "schema",
            Part::Values => "vendor's values",
        }
    }
}

/// The fields of pack.json that are needed here; the file may hold more.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// The pack's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its layer: `os`, `k8s`, `cni`, `csi` or `addon`.
    pub layer: String,
    /// What Palette calls it.
    #[serde(default, deserialize_with = "or_null")]
    pub display_name: String,
    /// The group in front of its version in tags, such as `LTS`.
    #[serde(default)]
    pub group: Option<String>,
    /// The clouds it is for.
    #[serde(default, deserialize_with = "or_null")]
    pub cloud_types: Vec<String>,
    /// The archives of its charts, as paths in its folder.
    #[serde(default, deserialize_with = "or_null")]
    pub charts: Vec<String>,
    /// What is known to differ from the vendor's pack, where it is one of this program.
    #[serde(default, rename = "differsFromVendor")]
    pub differs: Vec<String>,
    /// What else is noted of it.
    #[serde(default)]
    annotations: Value,
    /// What it asks of other packs.
    #[serde(default, deserialize_with = "or_null")]
    constraints: Constraints,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Constraints {
    #[serde(default, deserialize_with = "or_null")]
    dependencies: Vec<Dependency>,
}

/// Go writes an empty list, and a text that is not set, as null.
fn or_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Description {
    /// Reads a pack.json.
    ///
    /// # Errors
    /// It is not JSON, or lacks what a pack must say of itself.
    pub fn parse(source: &Source) -> Result<Self, Diagnostic> {
        let description: Description = serde_json::from_str(source.text()).map_err(|error| {
            if let Ok(tree) = serde_json::from_str(source.text())
                && let Some(problem) = wrong_shape(source, &tree)
            {
                return problem;
            }
            let at = source.byte_of(error.line(), error.column());
            let reason = error.to_string();
            let problem = Diagnostic::error("this pack.json cannot be read")
                .code(Code::BrokenPack)
                .at(source, at..at);
            if error.is_eof() {
                problem.label("it ends here unexpectedly")
            } else {
                problem.help(reason.split(" at line ").next().unwrap_or_default())
            }
        })?;
        let problem = |key: &str, message: String| {
            Diagnostic::error(message)
                .code(Code::BrokenPack)
                .at(source, place_of(source, key))
        };
        for (key, value) in [
            ("name", &description.name),
            ("version", &description.version),
        ] {
            if value.trim().is_empty() {
                return Err(
                    problem(key, format!("this pack has an empty {key}")).help(format!(
                        "write the {key} under which the registry lists the pack"
                    )),
                );
            }
        }
        let version = &description.version;
        if is_group(version) {
            return Err(problem(
                "version",
                format!("`{version}` means several versions, but a pack has one"),
            )
            .help("write the version that the registry lists the pack with, such as 1.17.4"));
        }
        if !LAYERS.contains(&description.layer.as_str()) {
            let layer = &description.layer;
            return Err(problem("layer", format!("there is no layer `{layer}`"))
                .did_you_mean(layer, LAYERS)
                .help(format!("layers: {}", LAYERS.join(", "))));
        }
        Ok(description)
    }

    /// What a pack.json that is wrong still says: name and version.
    pub(super) fn salvage(source: &Source) -> Option<Self> {
        let json: Value = serde_json::from_str(source.text()).ok()?;
        let text = |key: &str| Some(json.get(key)?.as_str()?.to_owned());
        Some(Description {
            name: text("name")?,
            version: text("version")?,
            ..Description::default()
        })
    }

    /// Whether its values are the vendor's, and not those of a profile with what its authors changed.
    pub fn has_vendors_values(&self) -> bool {
        !self.unknown().contains(&Part::Values)
    }

    /// The missing parts, as a sentence, or none if nothing is missing.
    pub fn told_without(&self) -> Option<String> {
        let unknown = self.unknown();
        let parts: Vec<&str> = unknown.iter().map(|part| part.as_str()).collect();
        let (last, others) = parts.split_last()?;
        let parts = match others {
            [] => (*last).to_owned(),
            others => format!("{} and {last}", others.join(", ")),
        };
        let Description { name, version, .. } = self;
        Some(format!(
            "`{name}` {version} was imported without its {parts}"
        ))
    }

    /// What the pack asks of other packs.
    pub fn dependencies(&self) -> &[Dependency] {
        &self.constraints.dependencies
    }

    /// The missing parts of an imported pack.
    pub fn unknown(&self) -> Vec<Part> {
        let listed = self.annotations.get(UNKNOWN).and_then(Value::as_str);
        let names: Vec<&str> = listed
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .collect();
        let is_named = |part: &Part| names.contains(&part.as_str());
        Part::ALL.into_iter().filter(is_named).collect()
    }

    /// Whether it can be used on MAAS machines; a pack that names no cloud can be used on all.
    pub fn is_for_maas(&self) -> bool {
        self.cloud_types.is_empty()
            || self
                .cloud_types
                .iter()
                .any(|cloud| matches!(cloud.as_str(), "maas" | "all"))
    }

    /// Compares the version with the one in the name of the pack's folder.
    ///
    /// # Errors
    /// The folder is named after another version: one of them was copied and not changed.
    pub(super) fn check_folder(&self, source: &Source, folder: &str) -> Result<(), Diagnostic> {
        let own = self.version.trim_start_matches('v');
        let named: Vec<&str> = versions_in(folder).collect();
        let fits = |named: &&str| {
            let (short, long) = if named.len() < own.len() {
                (*named, own)
            } else {
                (own, *named)
            };
            // `1.5` in a folder of 1.5.0 and the reverse: both are common.
            long.strip_prefix(short)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        if named.is_empty() || named.iter().any(fits) {
            return Ok(());
        }
        Err(Diagnostic::error(format!(
            "this pack says version {}, and its folder `{folder}` says {}",
            self.version, named[0]
        ))
        .code(Code::BrokenPack)
        .at(source, place_of(source, "version"))
        .help(
            "values of another version would be used unnoticed: correct the wrong one of the two",
        ))
    }
}

/// Whether a text is a tag that takes the newest of several versions: `1.17.x`, `4.9+`, `LTS__22.04`.
fn is_group(version: &str) -> bool {
    version.ends_with(".x") || version.ends_with('+') || version.contains("__")
}

/// What is wrong with the types in a pack.json, in words.
fn wrong_shape(source: &Source, tree: &Value) -> Option<Diagnostic> {
    let problem = |at: Range<usize>, message: String| {
        Diagnostic::error(message)
            .code(Code::BrokenPack)
            .at(source, at)
    };
    let Value::Object(map) = tree else {
        let message = format!("a pack.json is a map, and this is {}", described(tree));
        let help = "write `name`, `version` and `layer` into it, as the registry has them";
        return Some(problem(0..0, message).help(help));
    };
    const NEEDED: [&str; 3] = ["name", "version", "layer"];
    let is_text = |value: &Value| value.is_string();
    let is_list = |value: &Value| {
        let items = value.as_array();
        items.is_some_and(|items| items.iter().all(Value::is_string))
    };
    for key in NEEDED {
        if !map.contains_key(key) {
            return Some(
                problem(0..0, format!("this pack.json has no `{key}`")).help(format!(
                    "write the {key} that the registry lists the pack with"
                )),
            );
        }
    }
    let texts = NEEDED.into_iter().chain(["displayName", "group"]);
    let wrong_text = texts
        .filter_map(|key| Some((key, "a text", map.get(key).filter(|value| !is_text(value))?)));
    let lists = ["cloudTypes", "charts"].into_iter();
    let wrong_list = lists.filter_map(|key| {
        Some((
            key,
            "a list of texts",
            map.get(key).filter(|value| !is_list(value))?,
        ))
    });
    let mut wrong = wrong_text.chain(wrong_list);
    let (key, wanted, value) =
        wrong.find(|(key, _, value)| !value.is_null() || NEEDED.contains(key))?;
    let message = match value {
        Value::Array(_) => format!("`{key}` must be {wanted}"),
        value => format!("`{key}` must be {wanted}, and is {}", described(value)),
    };
    Some(
        problem(place_of(source, key), message)
            .help("remove it, or write the value of the registry"),
    )
}

fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// Where a key stands; the start of the text where it is not written out, since JSON has other ways to say it.
fn place_of(source: &Source, key: &str) -> Range<usize> {
    let written = format!("\"{key}\"");
    let found = source.text().find(&written);
    found.map_or(0..0, |at| at..at + written.len())
}

/// The versions in a folder's name: `3.3.1` in `portworx-generic-v3.3.1`.
fn versions_in(folder: &str) -> impl Iterator<Item = &str> {
    folder
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .map(|part| part.trim_matches('.'))
        .filter(|part| part.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_may_name_the_version_in_many_ways() {
        for (folder, version, fits) in [
            ("cilium_oss_1.17.4", "1.17.4", true),
            ("portworx-generic-v3.3.1", "3.3.1", true),
            ("kgateway-v2.1.1", "v2.1.1", true),
            ("kubeflow-full-1.5.0", "1.5", true),
            ("trident-operator-25.06.0-addon", "25.06.0", true),
            ("calico_3.25.1_azure", "3.25.1", true),
            ("1.9.0", "1.9.0-rc.1", true),
            ("csi-driver-nfs", "4.13.2", true),
            ("k8sgpt-operator", "0.0.20", true),
            ("cilium_oss_1.17.4", "1.17.5", false),
            ("cilium_oss_1.17", "1.17.4", true),
            ("cilium_oss_1.1", "1.17.4", false),
        ] {
            let text = format!("{{\"name\":\"p\",\"layer\":\"cni\",\"version\":\"{version}\"}}");
            let source = Source::new("pack.json", text);
            let description = Description::parse(&source).unwrap();
            let found = description.check_folder(&source, folder);
            assert_eq!(found.is_ok(), fits, "{folder} {version}");
        }
    }
}
