//! Whether a profile holds what the reference architecture claims of it.

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::pack::{PresetName, enabled_presets};
use crate::profile::{Layer, Profile, Variable};
use crate::revision::{Claim, Expectation, Target};
use crate::secret::{self, Way};
use crate::yaml::{self, Limits, Path, Step};

/// A profile with its texts parsed once.
pub struct Subject<'p> {
    profile: &'p Profile,
    layers: Vec<ParsedLayer<'p>>,
}

struct ParsedLayer<'p> {
    layer: &'p Layer,
    values: Value,
    manifests: Vec<(&'p str, Vec<Value>)>,
}

impl<'p> Subject<'p> {
    /// Parses the values and manifests of a profile.
    ///
    /// # Errors
    /// A text that is not YAML.
    pub fn new(profile: &'p Profile) -> Result<Self, Vec<Diagnostic>> {
        let mut layers = Vec::new();
        for layer in &profile.spec.template.packs {
            let values = secret::source(format!("values of {}", layer.name), layer.values.as_str());
            let mut manifests = Vec::new();
            for manifest in &layer.manifests {
                let source = secret::source(
                    format!("manifest {}", manifest.name),
                    manifest.content.as_str(),
                );
                manifests.push((
                    manifest.name.as_str(),
                    yaml::to_json_all(&source, Limits::VALUES)?,
                ));
            }
            layers.push(ParsedLayer {
                layer,
                values: yaml::to_json(&values, Limits::VALUES)?,
                manifests,
            });
        }
        Ok(Subject { profile, layers })
    }

    /// Whether the expectation holds where the claim looks; otherwise what is there instead.
    ///
    /// # Errors
    /// The claim does not hold, or names a layer, manifest or path that is not there.
    pub fn hold(&self, claim: &Claim, expectation: &Expectation<'_>) -> Result<(), String> {
        let found = self.look_up(claim)?;
        match (expectation, found) {
            (Expectation::Absent, None) => Ok(()),
            (Expectation::Absent, Some(found)) => Err(format!(
                "there is {}, where nothing should be",
                self.shown(claim, &found)?
            )),
            (_, None) => Err("there is nothing".to_owned()),
            (Expectation::Present, Some(_)) => Ok(()),
            (expectation, Some(found)) if test(expectation, &found)? => Ok(()),
            (expectation, Some(found)) => Err(format!(
                "expected {expectation}, found {}",
                self.shown(claim, &found)?
            )),
        }
    }

    /// What was found, as a report may show it: without secrets, and not at length.
    fn shown(&self, claim: &Claim, found: &Value) -> Result<String, String> {
        const ROOM: usize = 160;
        let target = claim.target()?;
        let path = match target {
            Target::Values(path) | Target::Manifest { path, .. } => path,
            Target::Variable { name, .. } => name,
            _ => "",
        };
        let path: Path = path.parse()?;
        let is_sensitive = match target {
            Target::Variable { name, .. } => self.variable(name).is_some_and(|it| it.is_sensitive),
            Target::Manifest { path: "", .. } => false,
            Target::Manifest { name, document, .. } => {
                let is_first = |key: &str| matches!(path.steps().first(), Some(Step::Key(first)) if first == key);
                let documents = self
                    .layers
                    .iter()
                    .flat_map(|layer| &layer.manifests)
                    .filter(|(found, _)| *found == name);
                let mut kinds = documents
                    .filter_map(|(_, documents)| documents.get(document)?.get("kind")?.as_str());
                kinds.any(|kind| kind == "Secret") && (is_first("data") || is_first("stringData"))
            }
            _ => false,
        };
        let way = path
            .steps()
            .iter()
            .fold(Way::default(), |way, step| match step {
                Step::Key(key) => way.below(key),
                // What names an item says what its value is.
                Step::Item(_, name) => Way::named(name).or(&way),
                Step::Index(_) | Step::Each => way,
            });
        let hide = |_: &str| "(a secret)".to_owned();
        let text = secret::hidden(found, &way.in_secret(is_sensitive), &hide).to_string();
        Ok(match text.char_indices().nth(ROOM) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        })
    }

    fn look_up(&self, claim: &Claim) -> Result<Option<Value>, String> {
        let target = claim.target()?;
        if let Target::Profile(field) = target {
            return self.profile_field(field).map(Some);
        }
        if let Target::Variable { name, field } = target {
            return Ok(self.variable_field(name, field));
        }
        let name = claim
            .layer
            .as_deref()
            .ok_or_else(|| format!("the claim `{}` names no layer", claim.id))?;
        let parsed = self
            .layers
            .iter()
            .find(|parsed| parsed.layer.name == name)
            .ok_or_else(|| format!("there is no layer `{name}`"))?;
        parsed.look_up(&target)
    }

    fn profile_field(&self, field: &str) -> Result<Value, String> {
        let template = &self.profile.spec.template;
        Ok(Value::String(match field {
            "name" => self.profile.metadata.name.clone(),
            "type" => template.kind.clone(),
            "cloudType" => template.cloud_type.clone(),
            "version" => self.profile.spec.version.clone(),
            "layers" => {
                let names: Vec<&str> = template
                    .packs
                    .iter()
                    .map(|layer| layer.name.as_str())
                    .collect();
                names.join(",")
            }
            _ => return Err(format!("a profile has no field `{field}`")),
        }))
    }

    fn variable(&self, name: &str) -> Option<&Variable> {
        let mut variables = self.profile.spec.variables.iter();
        variables.find(|variable| variable.name == name)
    }

    fn variable_field(&self, name: &str, field: &str) -> Option<Value> {
        serde_json::to_value(self.variable(name)?)
            .ok()?
            .get(field)
            .cloned()
    }
}

impl ParsedLayer<'_> {
    fn look_up(&self, target: &Target<'_>) -> Result<Option<Value>, String> {
        match target {
            Target::Values(path) => find(&self.values, path),
            Target::Manifest {
                name,
                document,
                path,
            } => {
                let Some((_, documents)) = self.manifests.iter().find(|(found, _)| found == name)
                else {
                    return Ok(None);
                };
                match documents.get(*document) {
                    Some(document) if path.is_empty() => Ok(Some(document.clone())),
                    Some(document) => find(document, path),
                    None => Ok(None),
                }
            }
            Target::Pack(field) => Ok(Some(Value::String(match *field {
                "version" => self.layer.version.clone(),
                "tag" => self.layer.tag.clone(),
                "type" => self.layer.kind.clone(),
                "layer" => self.layer.layer.clone(),
                "name" => self.layer.name.clone(),
                "registry" => self.layer.registry.metadata.name.clone(),
                _ => return Err(format!("a layer has no field `{field}`")),
            }))),
            Target::Preset(preset) => {
                let wanted: PresetName = preset.parse()?;
                let found = enabled_presets(&self.layer.values)
                    .into_iter()
                    .find(|found| {
                        found.name == wanted.name && found.group.eq_ignore_ascii_case(&wanted.group)
                    });
                Ok(found.map(|found| Value::String(found.to_string())))
            }
            Target::File(path) => {
                let files = self
                    .values
                    .pointer("/kubeadmconfig/files")
                    .and_then(Value::as_array);
                Ok(files.and_then(|files| {
                    files
                        .iter()
                        .find(|file| file.get("targetPath").and_then(Value::as_str) == Some(path))?
                        .get("content")
                        .cloned()
                }))
            }
            Target::Command(when) => {
                let key = match *when {
                    "pre" => "/kubeadmconfig/preKubeadmCommands",
                    "post" => "/kubeadmconfig/postKubeadmCommands",
                    _ => return Err(format!("`{when}` is neither `pre` nor `post`")),
                };
                let commands = self.values.pointer(key).and_then(Value::as_array);
                Ok(commands.map(|commands| {
                    let texts: Vec<&str> = commands.iter().filter_map(Value::as_str).collect();
                    Value::String(texts.join("\n"))
                }))
            }
            Target::Profile(_) | Target::Variable { .. } => Ok(None),
        }
    }
}

fn find(root: &Value, path: &str) -> Result<Option<Value>, String> {
    let path: Path = path.parse()?;
    Ok(path.find(root).cloned())
}

fn test(expectation: &Expectation<'_>, found: &Value) -> Result<bool, String> {
    Ok(match expectation {
        Expectation::Equals(wanted) => *wanted == found,
        Expectation::Contains(wanted) => match found {
            Value::String(text) => text.contains(wanted),
            Value::Array(items) => items.iter().any(|item| item.as_str() == Some(wanted)),
            _ => false,
        },
        Expectation::Matches(pattern) => {
            let pattern =
                regex_lite::Regex::new(pattern).map_err(|error| format!("`{pattern}`: {error}"))?;
            match found {
                Value::String(text) => pattern.is_match(text),
                other => pattern.is_match(&other.to_string()),
            }
        }
        Expectation::Count(wanted) => match found {
            Value::Array(items) => items.len() == *wanted,
            Value::Object(map) => map.len() == *wanted,
            _ => false,
        },
        Expectation::Present | Expectation::Absent => true,
    })
}
