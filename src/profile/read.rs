//! Reads a profile of unknown origin: Palette's export as JSON or YAML, old ones too, and the flat shape of its
//! Terraform export.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Layer, Manifest, Metadata, Profile, RegistryMetadata, RegistryReference, Spec, Template,
    Variable, extent, hidden,
};
use crate::diagnostic::{Diagnostic, Source};
use crate::limits;
use crate::yaml::{self, Limits};

/// The largest profile that is read.
pub(super) const LIMITS: Limits = Limits {
    bytes: 128 << 20,
    nodes: 500_000,
    depth: 100,
    documents: 1_000,
};

/// Reads a profile.
///
/// # Errors
/// The text is neither JSON nor YAML, or holds no profile.
pub fn read(source: &Source) -> Result<Profile, Vec<Diagnostic>> {
    let text = source.text();
    check_size(source)?;
    if is_json(text) {
        extent::check(source)?;
        // Straight into the types: a tree in between would take most of the time.
        return match serde_json::from_str::<Profile>(text) {
            Ok(profile) => check_count(source, profile),
            Err(error) if error.is_data() => from_value(source, json(source)?),
            Err(error) => Err(vec![json_problem(source, &error)]),
        };
    }
    let value = yaml::to_json(source, LIMITS)?;
    from_value(source, value)
}

/// Whether a text is meant as JSON; everything else is read as YAML.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

pub(super) fn check_size(source: &Source) -> Result<(), Vec<Diagnostic>> {
    let bytes = source.text().len();
    if bytes <= LIMITS.bytes {
        return Ok(());
    }
    Err(vec![
        Diagnostic::error(format!(
            "`{}` has {bytes} bytes, more than the {} that are read",
            source.name(),
            LIMITS.bytes
        ))
        .help("take out what is no configuration, or split the profile into several"),
    ])
}

/// A text as a tree of every key.
pub(super) fn json(source: &Source) -> Result<Value, Vec<Diagnostic>> {
    extent::check(source)?;
    serde_json::from_str(source.text()).map_err(|error| vec![json_problem(source, &error)])
}

/// A JSON text as messages may show it.
pub(super) fn hidden(source: &Source) -> Source {
    let shown = hidden::hidden(source.text());
    Source::with_shown(source.name(), source.text().to_owned(), shown)
}

fn json_problem(source: &Source, error: &serde_json::Error) -> Diagnostic {
    let source = &hidden(source);
    let at = source.byte_of(error.line(), error.column());
    let problem = Diagnostic::error("this is not JSON").at(source, at..at);
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    if error.is_eof() {
        problem
            .label("it ends here, in the middle")
            .help("the file is cut off: export the profile again")
    } else {
        problem.label(reason)
    }
}

/// The typed profile of a tree, such as one that was joined from a folder.
///
/// # Errors
/// It holds no profile.
pub fn from_value(source: &Source, mut value: Value) -> Result<Profile, Vec<Diagnostic>> {
    take_out_nulls(&mut value);
    let shape: Result<Profile, String> = match &value {
        Value::Object(map) if map.contains_key("spec") => {
            serde_json::from_value(value).map_err(|error| error.to_string())
        }
        Value::Object(map) if map.contains_key("packs") => serde_json::from_value::<Flat>(value)
            .map(Flat::profile)
            .map_err(|error| error.to_string()),
        _ => Err("there is neither `metadata` and `spec` nor `packs` at its top".to_owned()),
    };
    let profile = shape.map_err(|reason| {
        vec![
            Diagnostic::error(format!("`{}` is not a cluster profile: {reason}", source.name())).help(
                "give what Palette exports, as JSON or YAML, a folder that `vmo-ra render` or `vmo-ra split` wrote, a site file, or a revision",
            ),
        ]
    })?;
    check_count(source, profile)
}

/// A profile that has no more layers and manifests than are looked at.
fn check_count(source: &Source, profile: Profile) -> Result<Profile, Vec<Diagnostic>> {
    let layers = &profile.spec.template.packs;
    let manifests = layers.iter().map(|layer| layer.manifests.len()).sum();
    for (count, limit, what) in [
        (layers.len(), limits::LAYERS, "layers"),
        (manifests, limits::MANIFESTS, "manifests"),
    ] {
        if count > limit {
            return Err(vec![
                Diagnostic::error(format!(
                    "`{}` has {count} {what}, more than the {limit} that are read",
                    source.name()
                ))
                .help("split the profile into several"),
            ]);
        }
    }
    Ok(profile)
}

/// Go writes null for what was never set and reads it as such.
fn take_out_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(take_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(take_out_nulls),
        _ => {}
    }
}

/// The flat shape that Palette's Terraform export has.
#[derive(Deserialize)]
struct Flat {
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    version: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    cloud: String,
    packs: Vec<FlatPack>,
    #[serde(default, alias = "variables")]
    profile_variables: Vec<Variable>,
}

#[derive(Deserialize)]
struct FlatPack {
    name: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    version: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    layer: String,
    #[serde(default)]
    values: String,
    #[serde(default)]
    registry_uid: String,
    #[serde(default)]
    registry: Value,
    #[serde(default, alias = "manifest")]
    manifests: Vec<Manifest>,
}

impl Flat {
    fn profile(self) -> Profile {
        Profile {
            metadata: Metadata {
                name: self.name,
                description: self.description,
                labels: Map::new(),
            },
            spec: Spec {
                version: self.version,
                template: Template {
                    kind: self.kind,
                    cloud_type: self.cloud,
                    packs: self.packs.into_iter().map(FlatPack::layer).collect(),
                },
                variables: self.profile_variables,
            },
        }
    }
}

impl FlatPack {
    fn layer(self) -> Layer {
        let registry_name = match &self.registry {
            Value::String(name) => name.clone(),
            other => other
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        };
        let version = if self.version.is_empty() {
            self.tag.clone()
        } else {
            self.version
        };
        Layer {
            name: self.name,
            kind: self.kind,
            layer: self.layer,
            version,
            tag: self.tag,
            values: self.values,
            registry: RegistryReference {
                metadata: RegistryMetadata {
                    uid: self.registry_uid,
                    name: registry_name,
                    ..RegistryMetadata::default()
                },
            },
            manifests: self.manifests,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> Profile {
        read(&Source::new("p", text)).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn all_shapes_are_read() {
        let json = r#"{"metadata":{"name":"a"},"spec":{"version":"1.0.0","template":{"type":"add-on","packs":[{"name":"p","type":"oci"}]},"x":1}}"#;
        let yaml = "metadata: {name: a}\nspec:\n  version: 1.0.0\n  template:\n    type: add-on\n    packs:\n    - {name: p, type: oci}\n";
        assert_eq!(profile(json), profile(yaml));
        let nulls = json.replace("\"oci\"", "\"oci\",\"values\":null,\"manifests\":null");
        assert_eq!(profile(json), profile(&nulls));
        let flat = profile(
            "name: a\ntype: add-on\npacks:\n- name: p\n  tag: 1.0.0\n  registry_uid: u\n  registry: Public Repo\n",
        );
        assert_eq!(flat.spec.template.packs[0].version, "1.0.0");
        assert_eq!(
            flat.spec.template.packs[0].registry.metadata.name,
            "Public Repo"
        );
    }

    #[test]
    fn what_is_no_profile_is_said_to_be_none() {
        let problem = |text: &str| read(&Source::new("p.json", text)).unwrap_err()[0].to_string();
        assert_eq!(
            problem("{\"metadata\": {\"name\": \"a"),
            "error: this is not JSON\n --> p.json:1:24\n  |\n1 | {\"metadata\": {\"name\": \"a\n  |                        ^ it ends here, in the middle\n  |\n  = help: the file is cut off: export the profile again\n"
        );
        assert!(
            problem("[1, 2]")
                .starts_with("error: `p.json` is not a cluster profile: there is neither")
        );
        assert!(problem("{\"spec\": 1}").starts_with("error: `p.json` is not a cluster profile: "));
    }
}
