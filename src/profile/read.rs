//! Reads a profile of unknown origin: Palette's export as JSON or YAML, old ones too, the flat shape of its Terraform
//! export, and what its API answers.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Layer, Manifest, Metadata, Profile, RegistryMetadata, RegistryReference, Spec, Template,
    Variable, extent,
};
use crate::diagnostic::{Diagnostic, Source};
use crate::limits;
use crate::secret;
use crate::yaml::{self, Limits};

/// The largest profile that is read.
pub(super) const LIMITS: Limits = Limits {
    bytes: 128 << 20,
    nodes: 500_000,
    depth: 100,
    documents: 1_000,
};

/// The shape of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Palette's export, which it imports too.
    Export,
    /// The flat shape of Palette's Terraform export.
    Flat,
    /// What Palette's API answers when it is asked for a profile (v1ClusterProfile). It leaves out the texts of manifests,
    /// the variables, and what is known of registries.
    Answer,
}

impl Form {
    /// The form of a map that has these keys, those below `spec` with that before them; none where it is no profile.
    pub fn of(has: impl Fn(&str) -> bool) -> Option<Self> {
        let answers = has("spec.published") || has("spec.draft");
        match (has("spec"), answers, has("packs")) {
            (true, true, _) => Some(Form::Answer),
            (true, false, _) => Some(Form::Export),
            (false, _, true) => Some(Form::Flat),
            _ => None,
        }
    }

    /// The form of a tree.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        Self::of(|path| {
            value
                .pointer(&format!("/{}", path.replace('.', "/")))
                .is_some()
        })
    }
}

/// Reads a profile in any of its forms.
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
            Err(error) => Err(json_problem(source, &error).into()),
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
    Err(Diagnostic::error(format!(
        "`{}` has {bytes} bytes, more than the {} that are read",
        source.name(),
        LIMITS.bytes
    ))
    .help("take out what is no configuration, or split the profile into several")
    .into())
}

/// A text as a tree of every key.
pub(super) fn json(source: &Source) -> Result<Value, Vec<Diagnostic>> {
    extent::check(source)?;
    serde_json::from_str(source.text()).map_err(|error| vec![json_problem(source, &error)])
}

fn json_problem(source: &Source, error: &serde_json::Error) -> Diagnostic {
    let source = &secret::source(source.name(), source.text());
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
    let shape = match Form::of_value(&value) {
        Some(Form::Export) => serde_json::from_value(value),
        Some(Form::Flat) => serde_json::from_value(value).map(Flat::profile),
        Some(Form::Answer) => serde_json::from_value(value).map(Answer::profile),
        None => {
            let reason = "there is neither `metadata` and `spec` nor `packs` at its top";
            Err(serde::de::Error::custom(reason))
        }
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
            return Err(Diagnostic::error(format!(
                "`{}` has {count} {what}, more than the {limit} that are read",
                source.name()
            ))
            .help("split the profile into several")
            .into());
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

/// What Palette's API answers.
#[derive(Deserialize)]
struct Answer {
    metadata: Metadata,
    spec: AnswerSpec,
}

#[derive(Deserialize)]
struct AnswerSpec {
    #[serde(default)]
    version: String,
    /// What clusters run.
    published: Option<AnswerTemplate>,
    /// What is not published yet.
    draft: Option<AnswerTemplate>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AnswerTemplate {
    #[serde(rename = "type")]
    kind: String,
    cloud_type: String,
    profile_version: String,
    packs: Vec<AnswerPack>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerPack {
    #[serde(default)]
    registry_uid: String,
    /// Its other keys have the names that an export gives them; manifests are references without texts.
    #[serde(flatten)]
    layer: Layer,
}

impl Answer {
    fn profile(self) -> Profile {
        let template = self.spec.published.or(self.spec.draft).unwrap_or_default();
        let packs = template.packs.into_iter().map(|pack| {
            let mut layer = pack.layer;
            layer.registry.metadata.uid = pack.registry_uid;
            layer
        });
        Profile {
            metadata: self.metadata,
            spec: Spec {
                version: if self.spec.version.is_empty() {
                    template.profile_version
                } else {
                    self.spec.version
                },
                template: Template {
                    kind: template.kind,
                    cloud_type: template.cloud_type,
                    packs: packs.collect(),
                },
                variables: Vec::new(),
            },
        }
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
