//! JSON schemas that refuse what they do not know.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// The longest message that is shown in full.
const LONGEST: usize = 300;

/// Compiles a schema; its own `$schema` is ignored, since some name addresses that do not exist.
pub fn compile(name: &str, mut schema: Value) -> Validator {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
        schema.remove("$id");
    }
    jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Something a schema refuses.
pub struct Refusal {
    /// Where, as a JSON pointer.
    pub path: String,
    /// What stands there.
    pub value: Value,
    /// What the schema says about it.
    pub message: String,
}

pub fn refusals(validator: &Validator, instance: &Value) -> Vec<Refusal> {
    validator
        .iter_errors(instance)
        .map(|error| {
            let mut message = error.to_string();
            if message.len() > LONGEST {
                message.truncate(message.floor_char_boundary(LONGEST));
                message.push_str(" ...");
            }
            Refusal {
                path: error.instance_path().to_string(),
                value: error.instance().clone().into_owned(),
                message,
            }
        })
        .collect()
}

/// The refusals as lines that start with the place.
pub fn complaints(place: &str, validator: &Validator, instance: &Value) -> Vec<String> {
    refusals(validator, instance)
        .iter()
        .map(|refusal| format!("{place}: {}: {}", refusal.path, refusal.message))
        .collect()
}

/// Makes a schema refuse keys that it does not name, at every level, as an API server does with strict field validation.
///
/// Below `anyOf` and the like a structural schema only narrows what it names elsewhere, so these stay open.
pub fn close(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    for key in ["properties", "definitions", "$defs"] {
        if let Some(Value::Object(named)) = object.get_mut(key) {
            named.values_mut().for_each(close);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(below) = object.get_mut(key) {
            close(below);
        }
    }
    let is_object =
        object.contains_key("properties") || object.get("type") == Some(&json!("object"));
    if is_object
        && !object.contains_key("additionalProperties")
        && object.get("x-kubernetes-preserve-unknown-fields") != Some(&json!(true))
    {
        object.insert("additionalProperties".to_owned(), json!(false));
    }
    if object.get("nullable") == Some(&json!(true))
        && let Some(Value::String(kind)) = object.get("type")
    {
        let kinds = json!([kind, "null"]);
        object.insert("type".to_owned(), kinds);
    }
}

/// A definition of a Swagger 2 document with all that it refers to, closed.
pub fn from_swagger(document: &Value, name: &str) -> Value {
    let mut found = Map::new();
    let mut wanted = vec![name.to_owned()];
    while let Some(name) = wanted.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let mut definition = document["definitions"][&name].clone();
        assert!(definition.is_object(), "there is no definition {name}");
        references(&definition, &mut wanted);
        close(&mut definition);
        words(&mut definition);
        found.insert(name, definition);
    }
    json!({ "$ref": format!("#/definitions/{name}"), "definitions": found })
}

fn references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                names.extend(
                    reference
                        .strip_prefix("#/definitions/")
                        .map(ToOwned::to_owned),
                );
            }
            map.values().for_each(|value| references(value, names));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, names)),
        _ => {}
    }
}

/// Palette lists the words of some fields in their description only: `Pack type [ "spectro", "helm" ]`.
fn words(definition: &mut Value) {
    let Some(Value::Object(properties)) = definition.get_mut("properties") else {
        return;
    };
    for property in properties.values_mut() {
        let listed = property["description"]
            .as_str()
            .and_then(|text| Some(&text[text.find('[')?..=text.rfind(']')?]))
            .and_then(|list| serde_json::from_str::<Vec<String>>(list).ok());
        if let Some(mut words) = listed {
            // Export writes the empty text where there is no registry.
            words.push(String::new());
            property["enum"] = json!(words);
        }
    }
}

/// The schema of a custom resource, closed, with the metadata that the API server adds to it.
///
/// `meta` is a strict schema of Kubernetes that defines ObjectMeta.
pub fn from_crd(mut schema: Value, meta: &Value) -> Value {
    const OBJECT_META: &str = "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    let root = &mut schema["properties"];
    root["apiVersion"] = json!({ "type": "string" });
    root["kind"] = json!({ "type": "string" });
    root["metadata"] = json!({ "type": "object" });
    with_metadata(&mut schema, &json!({ "$ref": OBJECT_META }));
    close(&mut schema);
    let mut required: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
    let fields = ["apiVersion", "kind", "metadata", "spec"];
    for field in fields.map(Value::from) {
        let named = field
            .as_str()
            .is_some_and(|field| schema["properties"].get(field).is_some());
        if named && !required.contains(&field) {
            required.push(field);
        }
    }
    schema["required"] = Value::Array(required);
    schema["$defs"] = meta["$defs"].clone();
    schema
}

/// Fills the metadata of embedded objects, which a custom resource definition leaves without fields.
fn with_metadata(schema: &mut Value, object_meta: &Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            if name == "metadata" && property.get("properties").is_none() {
                *property = object_meta.clone();
            } else {
                with_metadata(property, object_meta);
            }
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(below) = object.get_mut(key) {
            with_metadata(below, object_meta);
        }
    }
}
