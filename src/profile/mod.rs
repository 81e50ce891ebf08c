//! Palette's cluster profiles, in the shape of its import and export (v1ClusterProfileImportEntity).

mod built_in;
mod bytes;
mod document;
mod extent;
pub mod folder;
mod outline;
mod read;
mod shape;

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use built_in::BuiltInLayers;
pub use bytes::{profile_json, to_palette_json, to_readable_json};
pub use document::{Document, Notation};
use folder::file_name;
pub use read::{Form, from_value, read};

use crate::secret::Withheld;

/// The layers of which a cluster has one pack each, in their order.
pub const CORE_LAYERS: [&str; 4] = ["os", "k8s", "cni", "csi"];

/// A cluster profile.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Name, description, labels.
    pub metadata: Metadata,
    /// The rest.
    pub spec: Spec,
}

impl Profile {
    /// Leaves out what Palette's API does not answer ([`Form::Answer`]), so that an answer can be compared with it.
    pub fn leave_out_what_no_answer_has(&mut self) {
        self.metadata.description.clear();
        self.spec.variables.clear();
        for layer in &mut self.spec.template.packs {
            let uid = std::mem::take(&mut layer.registry.metadata.uid);
            layer.registry.metadata = RegistryMetadata {
                uid,
                ..RegistryMetadata::default()
            };
            for manifest in &mut layer.manifests {
                manifest.content.clear();
            }
        }
    }
}

/// What a profile is called.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Its name.
    pub name: String,
    /// Its description, often empty.
    #[serde(default)]
    pub description: String,
    /// Its labels; plain tags have the value `spectro__tag`.
    #[serde(default)]
    pub labels: Map<String, Value>,
}

/// What a profile is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// Its layers.
    pub template: Template,
    /// Its variables; older exports have none.
    #[serde(default)]
    pub variables: Vec<Variable>,
}

/// The layers of a profile.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// `cluster`, `infra`, `add-on` or `system`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `maas`, `all`, ...
    #[serde(default)]
    pub cloud_type: String,
    /// The layers, in order.
    pub packs: Vec<Layer>,
}

/// One layer.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The pack's name.
    pub name: String,
    /// `spectro`, `oci`, `helm` or `manifest`; it follows the registry's kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// `os`, `k8s`, `cni`, `csi` or `addon`.
    #[serde(default)]
    pub layer: String,
    /// The resolved version.
    #[serde(default)]
    pub version: String,
    /// What the author picked; older exports leave it out.
    #[serde(default)]
    pub tag: String,
    /// The whole values text.
    #[serde(default)]
    pub values: String,
    /// Where the pack comes from.
    #[serde(default)]
    pub registry: RegistryReference,
    /// Manifests attached to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Manifest>,
}

/// A registry, as a layer refers to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RegistryReference {
    /// All that is known of it.
    #[serde(default)]
    pub metadata: RegistryMetadata,
}

/// What a layer says of its registry; all empty for layers of manifests only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RegistryMetadata {
    /// Its uid in a Palette instance.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// `pack`, `oci` or `helm`.
    pub kind: String,
    /// Whether it needs a login.
    pub is_private: bool,
    /// `pack` for Palette's own OCI registries.
    pub provider_type: String,
    /// Whether it can be synchronised.
    pub is_sync_supported: bool,
}

/// A Kubernetes manifest of a layer.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its name.
    pub name: String,
    /// Its YAML.
    #[serde(default)]
    pub content: String,
}

/// A profile variable (v1Variable).
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its label.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// The form of its value; import demands it.
    pub format: String,
    /// Whether a value must be given.
    pub required: bool,
    /// Always a text, also for numbers; left out if there is no default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// Whether it is fixed once the cluster exists.
    pub immutable: bool,
    /// Whether it is asked for.
    pub hidden: bool,
    /// Whether it is masked.
    pub is_sensitive: bool,
    /// What its value must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// `text`, `dropdown` or `multiline`; `text` where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_type: Option<String>,
    /// The choices of a dropdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Value>,
}

/// Where the values of a layer lie in a folder of texts: by profile, numbered from 1 in the order of the layers.
pub fn values_path(role: &str, number: usize, layer: &Layer) -> String {
    let name = file_name(&layer.name, "layer");
    format!("values/{role}/{number:02}-{name}.yaml")
}

/// Where a manifest lies in a folder of texts.
pub fn manifest_path(layer: &Layer, manifest: &Manifest) -> String {
    let folder = file_name(&layer.name, "layer");
    let file = file_name(&manifest.name, "manifest");
    format!("manifests/{folder}/{file}.yaml")
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("values", &Withheld(self.values.len()))
            .field("manifests", &self.manifests)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("name", &self.name)
            .field("content", &Withheld(self.content.len()))
            .finish()
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = self.default_value.as_ref();
        f.debug_struct("Variable")
            .field("name", &self.name)
            .field("default_value", &default.map(|text| Withheld(text.len())))
            .finish_non_exhaustive()
    }
}

/// The names of the profile variables that a text refers to, in the order they appear, each once.
pub fn variables_used(text: &str) -> Vec<&str> {
    let places = places_of_variables(text);
    places.into_iter().map(|place| &text[place]).collect()
}

/// Where those names are first.
pub(crate) fn places_of_variables(text: &str) -> Vec<Range<usize>> {
    const PREFIX: &str = ".spectro.var.";
    let mut places = Vec::new();
    let mut seen = HashSet::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{") {
        at += open + 2;
        let end = text[at..].find("}}").map_or(text.len(), |end| at + end);
        while let Some(found) = text[at..end].find(PREFIX) {
            let start = at + found + PREFIX.len();
            let length = text[start..end]
                .bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                .count();
            at = start + length;
            if length > 0 && seen.insert(&text[start..at]) {
                places.push(start..at);
            }
        }
        at = end;
    }
    places
}

/// Whether a text holds a macro that Palette replaces at deployment.
pub fn has_macro(text: &str) -> bool {
    text.split("{{").skip(1).any(|inside| {
        inside
            .split("}}")
            .next()
            .is_some_and(|inside| inside.contains(".spectro."))
    })
}

/// The text with a word in place of every macro that Palette replaces, of the same length: `a: {{ .spectro.var.x }}` is not
/// YAML before that. A macro that has its line to itself may become any number of lines, so there stands nothing.
pub(crate) fn without_macros(text: &str) -> String {
    with_macros_replaced(text, |whole, has_line| {
        let stand_in = if has_line { ' ' } else { 'x' };
        let stands_in = |byte| if byte == b'\n' { '\n' } else { stand_in };
        whole.bytes().map(stands_in).collect()
    })
}

/// The text with what `word` makes of each macro that Palette replaces, and of whether it has its line to itself.
pub(crate) fn with_macros_replaced(
    text: &str,
    mut word: impl FnMut(&str, bool) -> String,
) -> String {
    let is_blank = |c: char| c != '\n' && c.is_whitespace();
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open..].find("}}").map(|close| close + 2) else {
            break;
        };
        let (before, from) = rest.split_at(open);
        let (whole, behind) = from.split_at(length);
        replaced.push_str(before);
        if whole.contains(".spectro.") {
            let above = replaced.trim_end_matches(is_blank);
            let below = behind.trim_start_matches(is_blank);
            let has_line = (above.is_empty() || above.ends_with('\n'))
                && (below.is_empty() || below.starts_with('\n'));
            replaced.push_str(&word(whole, has_line));
        } else {
            replaced.push_str(whole);
        }
        rest = behind;
    }
    replaced.push_str(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_in_macros_only() {
        let text = "a: {{ .spectro.var.One }} {{.spectro.var.two_2|x}} .spectro.var.Three {{ .spectro.var.One }}";
        assert_eq!(variables_used(text), ["One", "two_2"]);
        assert!(has_macro("{{ .spectro.system.cluster.uid }}"));
        assert!(!has_macro("{{ .Values.x }} .spectro."));
    }
}
