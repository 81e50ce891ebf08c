//! The JSON Schema (draft 7) of a site.
//!
//! It sees a site with the types of YAML 1.2, and accepts what the reader accepts: numbers as texts, and empty keys with a
//! default.

use serde_json::{Map, Value, json};

use crate::diagnostic::Source;
use crate::site::Site;
use crate::site::setting::{Form, Kind, Preset, Setting};
use crate::yaml::{self, Limits, scalar};

/// The JSON Schema of a site.
pub fn json_schema() -> String {
    let settings = Site::settings();
    let mut schema = Map::new();
    schema.insert(
        "$schema".to_owned(),
        json!("http://json-schema.org/draft-07/schema#"),
    );
    schema.insert("title".to_owned(), json!("A site of vmo-ra"));
    schema.extend(map(settings, ""));
    format!("{:#}\n", Value::Object(schema))
}

fn map(settings: &[Setting], path: &str) -> Map<String, Value> {
    let below = || settings.iter().filter(|setting| setting.is_below(path));
    let properties: Map<String, Value> = below()
        .map(|setting| (setting.key().to_owned(), of(settings, setting)))
        .collect();
    let required: Vec<&str> = below()
        .filter(|setting| matches!(setting.default, Preset::Required))
        .map(Setting::key)
        .collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("additionalProperties".to_owned(), json!(false));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn of(settings: &[Setting], setting: &Setting) -> Value {
    // A value without a key cannot be empty.
    let has_key = !setting.path.ends_with(['*', ']']);
    let item = || {
        let mut below = settings.iter().filter(|item| item.is_below(&setting.path));
        below.next().map_or(json!(true), |item| of(settings, item))
    };
    let schema = match &setting.form {
        Form::Map => Value::Object(map(settings, &setting.path)),
        Form::List => {
            let mut list = json!({"type": "array", "items": item()});
            if setting.least > 0 {
                list["minItems"] = json!(setting.least);
            }
            or_one_of(list, settings, setting)
        }
        Form::Named(keys) => {
            let mut schema = json!({"type": "object", "additionalProperties": item()});
            if let Some(pattern) = &keys.pattern {
                schema["propertyNames"] = json!({"pattern": pattern});
            }
            schema
        }
        Form::Value(kind) => of_kind(kind),
        Form::ValueOrMap(kind) => json!({"anyOf": [of_kind(kind), map(settings, &setting.path)]}),
        Form::Secret => {
            let place = json!({"type": "string", "minLength": 1});
            json!({
                "type": "object",
                "properties": {"env": place, "file": place},
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            })
        }
    };
    let Value::Object(mut schema) = schema else {
        return schema;
    };
    if has_key && !matches!(setting.default, Preset::Required) {
        allow_nothing(&mut schema);
    }
    annotate(&mut schema, setting);
    Value::Object(schema)
}

/// A list, or one of its values in place of a list of one.
fn or_one_of(list: Value, settings: &[Setting], setting: &Setting) -> Value {
    let mut below = settings.iter().filter(|item| item.is_below(&setting.path));
    match below.next().map(|item| &item.form) {
        Some(Form::Value(kind)) => json!({"anyOf": [list, of_value(kind)]}),
        _ => list,
    }
}

/// The schema of what is in place of a value: a text, or a list that stands for one.
pub(in crate::site) fn of_kind(kind: &Kind) -> Value {
    let one = of_value(kind);
    match kind.joins {
        true => json!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}),
        false => one,
    }
}

/// The schema of a single value.
fn of_value(kind: &Kind) -> Value {
    let mut types = vec!["string"];
    types.extend(kind.types);
    let mut text = Map::new();
    text.insert("type".to_owned(), one_or_all(&types));
    if let Some(pattern) = &kind.pattern {
        text.insert("pattern".to_owned(), json!(pattern));
    }
    if let Some(range) = &kind.range {
        text.insert("minimum".to_owned(), json!(range.start()));
        if *range.end() != u32::MAX {
            text.insert("maximum".to_owned(), json!(range.end()));
        }
    } else if kind.pattern.is_some() && types.contains(&"number") {
        text.insert("minimum".to_owned(), json!(0));
    }
    if kind.words.is_empty() {
        return text.into();
    }
    let mut words = Vec::new();
    for word in kind.words.iter().map(|(word, _)| word).chain(kind.aliases) {
        words.push(json!(word));
        words.extend(Some(scalar::resolve(word)).filter(Value::is_number));
    }
    match kind.pattern {
        Some(_) => json!({"anyOf": [{"enum": words}, text]}),
        None => json!({"enum": words}),
    }
}

fn one_or_all(types: &[&str]) -> Value {
    match types {
        [one] => json!(one),
        all => json!(all),
    }
}

/// An empty key counts as missing.
fn allow_nothing(schema: &mut Map<String, Value>) {
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    } else if let Some(kinds) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        kinds.push(json!({"type": "null"}));
    } else if let Some(types) = schema.get_mut("type") {
        match types {
            Value::Array(types) => types.push(json!("null")),
            one => *one = json!([one.take(), "null"]),
        }
    }
}

fn annotate(schema: &mut Map<String, Value>, setting: &Setting) {
    let mut about = vec![setting.about()];
    if let Form::Value(kind) = &setting.form {
        let words = kind.words.iter();
        about.extend(words.map(|(word, about)| format!("`{word}`: {}", about.trim())));
    }
    if !about[0].is_empty() {
        if !setting.section.is_empty() {
            about.push(format!("Reference architecture, {}.", setting.section));
        }
        schema.insert("description".to_owned(), json!(about.join("\n")));
    }
    match &setting.default {
        Preset::Fixed(value) => {
            schema.insert("default".to_owned(), value.clone());
        }
        Preset::Follows(value) => {
            schema.insert("examples".to_owned(), json!([value]));
        }
        Preset::None | Preset::Required => {
            let example = setting.example().and_then(|text| match &setting.form {
                Form::Value(kind) => Some(kind.value(text)),
                Form::List | Form::Named(_) if text.starts_with(['[', '{']) => {
                    yaml::to_json(&Source::new("an example", text), Limits::INPUT).ok()
                }
                _ => None,
            });
            schema.extend(example.map(|value| ("examples".to_owned(), json!([value]))));
        }
    }
}
