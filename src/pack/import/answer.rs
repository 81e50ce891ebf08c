//! A pack as Palette's API answers it (v1PackTagEntity): `GET /v1/packs/{uid}`, or `/v1/packs/{name}/registries/{uid}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Imported, ImportedPack, Part};
use crate::diagnostic::{Code, Diagnostic, Source, unless};
use crate::pack::{PresetName, enabled_presets};
use crate::yaml;

/// A pack, with the versions that the answer is about. What is null there counts as absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    name: Option<String>,
    display_name: Option<String>,
    layer: Option<String>,
    addon_type: Option<String>,
    cloud_types: Option<Vec<String>>,
    tags: Option<Vec<Tag>>,
    pack_values: Option<Vec<Version>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tag {
    pack_uid: Option<String>,
    version: Option<String>,
    group: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    pack_uid: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
    values: Option<String>,
    presets: Option<Vec<Preset>>,
    schema: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Preset {
    name: String,
    display_name: Option<String>,
    group: String,
    add: Option<String>,
    remove: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    regex: Option<String>,
    list_options: Option<Vec<String>>,
    hints: Option<Vec<String>>,
    required: Option<bool>,
    readonly: Option<bool>,
}

/// The packs of an answer, or of a list of them, or none if the text is something else.
///
/// # Errors
/// An answer that names no version of its values, or has none at all.
pub(super) fn packs(source: &Source) -> Result<Option<Imported>, Vec<Diagnostic>> {
    let Ok(tree) = serde_json::from_str::<Value>(source.text()) else {
        return Ok(None);
    };
    let tree = unwrapped(tree);
    let is_list = |items: &[Value]| !items.is_empty() && items.iter().all(is_answer);
    let text = |key: &str| tree.get(key).and_then(Value::as_str);
    if let (Some(code), Some(_)) = (text("code"), text("message")) {
        return Err(Diagnostic::error(format!(
            "`{}` is a refusal of Palette's API, with the code {code}",
            source.name()
        ))
        .code(Code::WrongKind)
        .help("check the uid of the pack and the API key, and try again")
        .into());
    }
    let listed = tree.get("items").and_then(Value::as_array);
    if let Some(items) = listed.filter(|items| is_list(items)) {
        return of_answers(source, items.clone()).map(Some);
    }
    let answers = match tree {
        Value::Array(items) if is_list(&items) => items,
        one if is_answer(&one) => vec![one],
        _ => return Ok(None),
    };
    of_answers(source, answers).map(Some)
}

fn is_answer(value: &Value) -> bool {
    value.get("packValues").is_some() || value.get("tags").is_some()
}

/// An answer without the `metadata` and `spec` that other answers of the API have around what they are about.
fn unwrapped(mut tree: Value) -> Value {
    let Some(Value::Object(mut spec)) = tree.get("spec").filter(|spec| is_answer(spec)).cloned()
    else {
        return tree;
    };
    if let Some(name) = tree.pointer_mut("/metadata/name") {
        spec.entry("name").or_insert(name.take());
    }
    spec.into()
}

fn of_answers(source: &Source, answers: Vec<Value>) -> Result<Imported, Vec<Diagnostic>> {
    let mut imported = Imported::default();
    let mut problems = Vec::new();
    for answer in answers {
        match serde_json::from_value::<Answer>(answer) {
            Ok(answer) => answer.add_to(source, &mut imported, &mut problems),
            Err(error) => problems.push(
                Diagnostic::error(format!(
                    "`{}` is not an answer of Palette's API about a pack: {error}",
                    source.name()
                ))
                .code(Code::WrongShape)
                .help("save the answer of `GET /v1/packs/UID` as it is"),
            ),
        }
    }
    unless(problems, imported)
}

impl Answer {
    fn add_to(self, source: &Source, imported: &mut Imported, problems: &mut Vec<Diagnostic>) {
        let file = source.name();
        let name = self.name.as_deref().unwrap_or_default();
        let versions = self.pack_values.as_deref().unwrap_or_default();
        if versions.is_empty() {
            problems.push(
                Diagnostic::error(format!("`{file}` has no values of the pack `{name}`"))
                    .code(Code::WrongShape)
                    .help(self.ask_for_values()),
            );
        }
        for version in versions {
            let Some(tag) = self.tag_of(version) else {
                let uid = version.pack_uid.as_deref().unwrap_or_default();
                problems.push(
                    Diagnostic::error(format!(
                        "`{file}` does not say to which version of `{name}` the values with the uid `{uid}` belong"
                    ))
                    .code(Code::WrongShape)
                    .help("save the whole answer, with its `tags`"),
                );
                continue;
            };
            match self.pack(file, version, tag) {
                Ok(pack) => imported.packs.push(pack),
                Err(problem) => problems.push(problem),
            }
        }
    }

    /// Which answer has values.
    fn ask_for_values(&self) -> String {
        let tags = self.tags.as_deref().unwrap_or_default();
        let known = tags.iter().filter_map(|tag| {
            let (version, uid) = (tag.version.as_deref()?, tag.pack_uid.as_deref()?);
            Some(format!("`GET /v1/packs/{uid}` for {version}"))
        });
        match known.take(5).collect::<Vec<_>>() {
            known if known.is_empty() => {
                "save the answer of `GET /v1/packs/UID`, which has them".to_owned()
            }
            known => format!("save the answer of {}", known.join(", ")),
        }
    }

    /// The version that values are of.
    fn tag_of(&self, version: &Version) -> Option<&Tag> {
        let tags = self.tags.as_deref().unwrap_or_default();
        let tag = match (tags, &version.pack_uid) {
            (tags, Some(uid)) => tags.iter().find(|tag| tag.pack_uid.as_ref() == Some(uid)),
            ([only], None) => Some(only),
            _ => None,
        };
        tag.filter(|tag| tag.version.is_some())
    }

    fn pack(&self, file: &str, version: &Version, tag: &Tag) -> Result<ImportedPack, Diagnostic> {
        let mut known = Map::new();
        let texts = [
            ("name", &self.name),
            ("displayName", &self.display_name),
            ("layer", &self.layer),
            ("addonType", &self.addon_type),
            ("version", &tag.version),
            ("group", &tag.group),
        ];
        for (key, text) in texts {
            if let Some(text) = text.as_ref().filter(|text| !text.is_empty()) {
                known.insert(key.to_owned(), text.as_str().into());
            }
        }
        known.insert(
            "cloudTypes".to_owned(),
            json!(self.cloud_types.as_deref().unwrap_or_default()),
        );
        if let Some(annotations) = &version.annotations {
            known.insert("annotations".to_owned(), json!(annotations));
        }
        let values = version.values.clone().unwrap_or_default();
        let presets = version.presets.as_deref().unwrap_or_default();
        let is_told = |name: &PresetName| {
            let is_it = |preset: &Preset| {
                preset.name == name.name && preset.group.eq_ignore_ascii_case(&name.group)
            };
            presets.iter().any(is_it)
        };
        // Palette keeps constraints to itself.
        let unknown = match enabled_presets(&values).iter().all(is_told) {
            true => &[Part::Constraints][..],
            false => &[Part::Constraints, Part::Presets],
        };
        let mut texts = vec![("values.yaml", values)];
        if !presets.is_empty() {
            let presets: Vec<Value> = presets.iter().map(Preset::written).collect();
            texts.push((
                "presets.yaml",
                yaml::from_json(&json!({"presets": presets})),
            ));
        }
        let rules = version.schema.as_deref().unwrap_or_default();
        if !rules.is_empty() {
            let rules = rules
                .iter()
                .map(|rule| (rule.name.clone(), json!({"schema": rule.written()})));
            texts.push((
                "schema.yaml",
                yaml::from_json(&Value::Object(rules.collect())),
            ));
        }
        ImportedPack::made(file, known, unknown, texts)
    }
}

impl Preset {
    /// As it is in a presets.yaml.
    fn written(&self) -> Value {
        json!({
            "name": self.name,
            "displayName": self.display_name.as_deref().unwrap_or_default(),
            "group": self.group,
            "remove": self.remove.as_deref().unwrap_or_default(),
            "add": self.add.as_deref().unwrap_or_default(),
        })
    }
}

impl Rule {
    /// As it is in a schema.yaml.
    fn written(&self) -> String {
        let mut parts = Vec::new();
        parts.extend((self.required == Some(true)).then(|| "required".to_owned()));
        parts.extend((self.readonly == Some(true)).then(|| "readonly".to_owned()));
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let options = self.list_options.as_deref().unwrap_or_default();
        let format = match (text(&self.kind).as_deref(), text(&self.regex)) {
            (_, _) if !options.is_empty() => Some(format!("list:[{}]", options.join(","))),
            (Some(kind @ ("number" | "password" | "version" | "ipv4")), Some(regex)) => {
                Some(format!("{kind}:/{regex}/"))
            }
            (_, Some(regex)) => Some(format!("string:/{regex}/")),
            (
                Some(kind @ ("string" | "number" | "boolean" | "password" | "version" | "ipv4")),
                None,
            ) => Some(kind.to_owned()),
            _ => None,
        };
        parts.extend(format.map(|format| format!("format \"${{{format}}}\"")));
        let hints = self.hints.as_deref().unwrap_or_default();
        let hints: Vec<String> = hints
            .iter()
            .map(|hint| format!("\"{}\"", hint.replace('"', "'")))
            .collect();
        parts.extend((!hints.is_empty()).then(|| format!("hints {}", hints.join(", "))));
        format!("{{{{ {} }}}}", parts.join(" | "))
    }
}
