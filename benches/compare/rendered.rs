//! The example's profiles, as they should be and as peers are given them.

use serde_json::{Map, Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::pack::Library;
use vmo_ra::profile::Layer;
use vmo_ra::render::{Request, render};
use vmo_ra::revision::{Revision, Role};
use vmo_ra::site::Site;
use vmo_ra::yaml::{Limits, to_json};

/// What the profiles mean, and what peers make them from: of each layer its pack's text and what changes in it.
pub fn profiles() -> (Value, Value) {
    let library = Library::built_in().expect("the built-in packs are good");
    let rendered = render(&Request {
        site: &Site::example(),
        revision: &Revision::load(Revision::newest()).expect("it is there"),
        library: &library,
        profiles: &Role::ALL,
        published: false,
    })
    .expect("the example has no mistakes");
    let mut given = Vec::new();
    let mut whole = Vec::new();
    for one in &rendered.profiles {
        let mut profile = serde_json::to_value(&one.profile).expect("a profile is JSON");
        whole.push(profile.clone());
        let layers = &one.profile.spec.template.packs;
        let layers = layers.iter().map(|layer| given_layer(&library, layer));
        profile["spec"]["template"]["packs"] = layers.collect();
        given.push(profile);
    }
    let meaning = meaning(Value::Array(whole)).expect("our values are YAML");
    (meaning, json!({ "profiles": given }))
}

fn given_layer(library: &Library, layer: &Layer) -> Value {
    let base = if layer.kind == "manifest" {
        layer.values.clone()
    } else {
        let pack = library.find(&layer.name, &layer.version);
        let pack = pack.expect("the example's packs are built in");
        pack.values.text().to_owned()
    };
    let tree = tree(&base).expect("a pack's values are YAML");
    let ours = self::tree(&layer.values).expect("our values are YAML");
    let changes = changes(&tree, &ours);
    let mut layer = serde_json::to_value(layer).expect("a layer is JSON");
    if let Value::Object(layer) = &mut layer {
        layer.remove("values");
    }
    json!({"layer": layer, "base": base, "tree": tree, "changes": changes})
}

/// Profiles with the trees of their texts of values in place of these.
pub fn meaning(mut profiles: Value) -> Result<Value, String> {
    for profile in profiles.as_array_mut().into_iter().flatten() {
        let layers = profile
            .pointer_mut("/spec/template/packs")
            .and_then(Value::as_array_mut);
        for layer in layers.into_iter().flatten() {
            let text = layer["values"].as_str().ok_or("a layer has no values")?;
            layer["values"] = tree(text)?;
        }
    }
    Ok(profiles)
}

/// A text of values as Kubernetes reads it, without nulls: no merge patch can say them, and Helm takes them for absent.
pub fn tree(text: &str) -> Result<Value, String> {
    let tree = to_json(&Source::new("values", text), Limits::VALUES)
        .map_err(|problems| format!("its values are no YAML: {problems:?}"))?;
    Ok(without_nulls(tree))
}

fn without_nulls(tree: Value) -> Value {
    match tree {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                kept.map(|(key, value)| (key, without_nulls(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        leaf => leaf,
    }
}

/// What makes `new` of `old`, as a JSON merge patch (RFC 7386).
fn changes(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return new.clone();
    };
    let gone = old.keys().filter(|key| !new.contains_key(*key));
    let mut patch: Map<String, Value> = gone.map(|key| (key.clone(), Value::Null)).collect();
    for (key, value) in new {
        match old.get(key) {
            Some(before) if before == value => {}
            Some(before) => {
                patch.insert(key.clone(), changes(before, value));
            }
            None => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(patch)
}
