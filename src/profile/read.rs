//! Reads a profile of unknown origin: Palette's export as JSON or YAML, also of old versions, the flat shape of its
//! Terraform export, and an answer of its API.

use serde_json::{Value, json};

use super::outline::Outline;
use super::{Profile, document, extent};
use crate::diagnostic::{Code, Diagnostic, Source};
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
    /// The form of a map that has these keys, those below `spec` with that before them, or none if it is not a profile.
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
        let has_twins = extent::check(source)?;
        // Straight into the types: a tree in between would take most of the time.
        return match serde_json::from_str::<Profile>(text) {
            Err(error) if !error.is_data() => Err(json_problem(source, &error).into()),
            // Readers do not agree on which of the two counts.
            _ if has_twins && let Err(problems) = Outline::of_json(&document::shown(source)) => {
                Err(problems)
            }
            Ok(profile) => check_count(source, profile),
            Err(_) => from_value(source, json(source)?),
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
        "`{}` has {bytes} bytes, more than the limit of {}",
        source.name(),
        LIMITS.bytes
    ))
    .code(Code::Limit)
    .help("remove what is not configuration, or split the profile into several")
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
    let problem = Diagnostic::error("this is not JSON")
        .code(Code::Json)
        .at(source, at..at);
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    if error.is_eof() {
        problem
            .label("it ends here unexpectedly")
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
    let form = Form::of_value(&value);
    match form {
        Some(Form::Flat) => value = of_flat(&value),
        Some(Form::Answer) => value = of_answer(&value),
        Some(Form::Export) | None => {}
    }
    take_out_nulls(&mut value);
    let shape = match form {
        Some(_) => serde_json::from_value(value),
        None => {
            let reason = "there is neither `metadata` and `spec` nor `packs` at its top level";
            Err(serde::de::Error::custom(reason))
        }
    };
    let profile = shape.map_err(|reason| {
        vec![
            Diagnostic::error(format!("`{}` is not a cluster profile: {reason}", source.name())).code(Code::WrongKind).help(
                "give a profile as Palette exports it, as JSON or YAML, a folder that `vmo-ra render` or `vmo-ra split` wrote, a site file, or a revision",
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
                "`{}` has {count} {what}, more than the limit of {limit}",
                source.name()
            ))
            .code(Code::Limit)
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

/// What Palette's API answers, as an export. Its layers have the keys that an export gives them; their manifests are
/// references without texts.
fn of_answer(answer: &Value) -> Value {
    let (nothing, no_layers) = (json!(""), json!([]));
    let spec = &answer["spec"];
    // What clusters run, or what is not published yet.
    let template = or(&spec["published"], &spec["draft"]);
    let layer = |pack: &Value| {
        let mut layer = pack.clone();
        if let Value::Object(layer) = &mut layer {
            let registry = json!({"metadata": {"uid": pack["registryUid"]}});
            layer.insert("registry".to_owned(), registry);
        }
        layer
    };
    json!({
        "metadata": answer["metadata"],
        "spec": {
            "version": or(&spec["version"], &template["profileVersion"]),
            "template": {
                "type": or(&template["type"], &nothing),
                "cloudType": template["cloudType"],
                "packs": each(or(&template["packs"], &no_layers), layer),
            },
        },
    })
}

/// A text where Terraform takes one: numbers and booleans become what they are converted to, `20.10` the text `20.1`.
fn as_text(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            Value::from(text.strip_suffix(".0").unwrap_or(&text))
        }
        Value::Bool(is) => Value::from(is.to_string()),
        other => other.clone(),
    }
}

/// The flat shape of Palette's Terraform export, as an export.
fn of_flat(flat: &Value) -> Value {
    let nothing = json!("");
    let layer = |pack: &Value| {
        let registry = or(&pack["registry"]["name"], &pack["registry"]);
        // It writes a registry beside layers of manifests too, which come from none.
        let registry = match pack["type"] == "manifest" {
            true => json!({}),
            false => json!({
                "uid": pack["registry_uid"],
                "name": registry.as_str().unwrap_or_default(),
            }),
        };
        json!({
            "name": as_text(&pack["name"]),
            "type": or(&pack["type"], &nothing),
            "layer": pack["layer"],
            "version": as_text(or(&pack["version"], &pack["tag"])),
            "tag": as_text(&pack["tag"]),
            "values": pack["values"],
            "registry": {"metadata": registry},
            "manifests": or(&pack["manifests"], &pack["manifest"]),
        })
    };
    json!({
        "metadata": {"name": as_text(or(&flat["name"], &nothing)), "description": flat["description"]},
        "spec": {
            "version": as_text(&flat["version"]),
            "template": {
                "type": or(&flat["type"], &nothing),
                "cloudType": flat["cloud"],
                "packs": each(&flat["packs"], layer),
            },
            "variables": or(&flat["profile_variables"], &flat["variables"]),
        },
    })
}

/// A value, or another where it is not there or empty.
fn or<'v>(value: &'v Value, other: &'v Value) -> &'v Value {
    match value.is_null() || value == "" {
        true => other,
        false => value,
    }
}

/// The items of a list, each made into another. The types say what is wrong with what is not a list.
fn each(list: &Value, make: impl Fn(&Value) -> Value) -> Value {
    match list {
        Value::Array(items) => items.iter().map(make).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::RegistryReference;

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
        let flat =
            profile("name: a\npacks:\n- {name: m, type: manifest, registry_uid: u, registry: R}\n");
        assert_eq!(flat.spec.version, "");
        assert_eq!(
            flat.spec.template.packs[0].registry,
            RegistryReference::default()
        );
    }

    #[test]
    fn what_is_no_profile_is_said_to_be_none() {
        let problem = |text: &str| read(&Source::new("p.json", text)).unwrap_err()[0].to_string();
        assert_eq!(
            problem("{\"metadata\": {\"name\": \"a"),
            "error: this is not JSON\n --> p.json:1:24\n  |\n1 | {\"metadata\": {\"name\": \"a\n  |                        ^ it ends here unexpectedly\n  |\n  = help: the file is cut off: export the profile again\n"
        );
        assert!(
            problem("[1, 2]")
                .starts_with("error: `p.json` is not a cluster profile: there is neither")
        );
        assert!(problem("{\"spec\": 1}").starts_with("error: `p.json` is not a cluster profile: "));
    }
}
