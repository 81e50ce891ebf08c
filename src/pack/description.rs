//! What a pack.json says of its pack.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;

use super::dependency::Dependency;
use crate::diagnostic::{Code, Diagnostic, Source};

/// The layers that Palette knows packs of.
const LAYERS: [&str; 6] = ["kernel", "os", "k8s", "cni", "csi", "addon"];

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
    #[serde(default)]
    pub display_name: String,
    /// The group in front of its version in tags, such as `LTS`.
    #[serde(default)]
    pub group: Option<String>,
    /// The clouds it is for.
    #[serde(default)]
    pub cloud_types: Vec<String>,
    /// The archives of its charts, as paths in its folder.
    #[serde(default)]
    pub charts: Vec<String>,
    /// What it asks of other packs.
    #[serde(default)]
    constraints: Constraints,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Constraints {
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

impl Description {
    /// Reads a pack.json.
    ///
    /// # Errors
    /// It is not JSON, or lacks what a pack must say of itself.
    pub fn parse(source: &Source) -> Result<Self, Diagnostic> {
        let description: Description = serde_json::from_str(source.text()).map_err(|error| {
            let at = source.byte_of(error.line(), error.column());
            let reason = error.to_string();
            let problem = Diagnostic::error("this pack.json cannot be read")
                .code(Code::BrokenPack)
                .at(source, at..at);
            if error.is_eof() {
                problem.label("it ends here, in the middle")
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
                        "write the {key} that the registry lists the pack under"
                    )),
                );
            }
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

    /// What the pack asks of other packs.
    pub fn dependencies(&self) -> &[Dependency] {
        &self.constraints.dependencies
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
        .help("values of another version would be used unseen: put the wrong one of the two right"))
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
