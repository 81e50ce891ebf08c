//! Changes of a tree, or of a text inside it, at a path.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::common::yaml;
use vmo_ra::revision::{Expectation, Language, Statement};
use vmo_ra::yaml::{self as trees, Step, from_json};

/// A value that is another, and says something else.
pub(super) fn other_value(value: &Value) -> Value {
    match value {
        Value::Null => "x".into(),
        Value::Bool(yes) => (!yes).into(),
        Value::Number(number) => (number.as_u64().unwrap_or_default() + 1).into(),
        Value::String(text) => match text.as_str() {
            "true" => "false".into(),
            "false" => "true".into(),
            _ => format!("{text}x").into(),
        },
        Value::Array(items) => match items.split_first() {
            Some((first, rest)) => {
                let mut items = vec![other_value(first)];
                items.extend_from_slice(rest);
                items.into()
            }
            None => json!(["x"]),
        },
        Value::Object(map) => match map.iter().next_back() {
            Some((key, value)) => {
                let mut map = map.clone();
                map.insert(key.clone(), other_value(value));
                map.into()
            }
            None => json!({"x": "x"}),
        },
    }
}

/// The value at a path, to be changed.
pub(super) fn at<'v>(tree: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    steps.iter().try_fold(tree, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
        Step::Each => value.get_mut(0),
        Step::Item(key, wanted) => {
            let items = value.as_array_mut()?;
            items.iter_mut().find(|item| {
                let found = &item[key];
                let text = found
                    .as_str()
                    .map_or_else(|| found.to_string(), str::to_owned);
                text == *wanted
            })
        }
    })
}

/// A tree with its value at a path changed in each way that fits what is expected there.
pub(super) fn changes(tree: &Value, path: &str, statement: &Statement<'_>) -> Vec<(String, Value)> {
    let path: trees::Path = path.parse().expect("a path");
    let mut made = Vec::new();
    let is_absent = statement.expectation == Expectation::Absent;
    let inner = statement.language;
    if let Some(language) = inner {
        let mut tree = tree.clone();
        let slot = at(&mut tree, path.steps()).expect("the text is there");
        let text = slot.as_str().expect("a text").to_owned();
        for (what, changed) in inside(language, &text, statement) {
            let mut tree = tree.clone();
            *at(&mut tree, path.steps()).expect("it is there") = changed.into();
            made.push((what, tree));
        }
    }
    let mut change = |what: &str, change: &dyn Fn(&mut Value, &Step)| {
        let mut changed = tree.clone();
        let (last, above) = path.steps().split_last().expect("a step");
        if let Some(above) = at(&mut changed, above) {
            change(above, last);
        }
        if changed != *tree {
            made.push((what.to_owned(), changed));
        }
    };
    match &statement.expectation {
        _ if inner.is_none() && (is_absent || path.find(tree).is_none()) => {
            let mut changed = tree.clone();
            let (last, above) = path.steps().split_last().expect("a step");
            let is_there = at(&mut changed, above).is_some();
            let (mut slot, rest) = match is_there {
                true => (
                    at(&mut changed, above).expect("it is there"),
                    std::slice::from_ref(last),
                ),
                false => (&mut changed, path.steps()),
            };
            for step in rest {
                if let Step::Key(key) = step {
                    if !slot.is_object() {
                        *slot = Value::Object(Map::new());
                    }
                    slot = &mut slot[key];
                }
            }
            if slot.is_null() {
                *slot = "x".into();
                made.push(("put there".to_owned(), changed));
            }
        }
        Expectation::Absent => {}
        _ => {
            change("removed", &|above, last| take(above, last));
            change("moved away", &|above, last| {
                if let (Value::Object(map), Step::Key(key)) = (above, last)
                    && let Some(value) = map.shift_remove(key)
                {
                    map.insert(format!("{key}X"), value);
                }
            });
            change("another value", &|above, last| {
                if let Some(slot) = at(above, std::slice::from_ref(last)) {
                    *slot = match &statement.expectation {
                        Expectation::Contains(item) if slot.is_array() => {
                            let items = slot.as_array().expect("a list").iter();
                            items.filter(|other| *other != item).cloned().collect()
                        }
                        Expectation::Count(_) => match &*slot {
                            Value::Array(items) => {
                                let twice = items.iter().chain(items).chain([&Value::Null]);
                                twice.cloned().collect()
                            }
                            Value::Object(map) => {
                                let mut map = map.clone();
                                map.insert("x".to_owned(), Value::Null);
                                map.into()
                            }
                            other => other.clone(),
                        },
                        Expectation::Lacks(item) => json!([item]),
                        Expectation::Some => json!({}),
                        Expectation::Present => Value::Null,
                        // Anything may stand at the end of it.
                        Expectation::Matches(pattern) if pattern.ends_with(['*', '+', '?']) => {
                            "other".into()
                        }
                        _ => other_value(slot),
                    };
                }
            });
        }
    }
    made
}

/// A Secret with its data as texts.
pub(super) fn readable(mut document: Value) -> Value {
    if let Value::Object(map) = &mut document
        && map.get("kind").is_some_and(|kind| kind == "Secret")
        && let Some(Value::Object(data)) = map.get("data").cloned()
        && let Some(text) = data["pure.json"].as_str()
    {
        let bytes = STANDARD.decode(text).expect("base64");
        let text = String::from_utf8(bytes).expect("a text");
        map.insert("stringData".to_owned(), json!({"pure.json": text}));
        map.shift_remove("data");
    }
    document
}

pub(super) fn take(above: &mut Value, last: &Step) {
    match (above, last) {
        (Value::Object(map), Step::Key(key)) => {
            map.shift_remove(key);
        }
        (Value::Array(items), Step::Index(index)) => {
            items.remove(*index);
        }
        (Value::Array(items), Step::Item(key, wanted)) => {
            items.retain(|item| item[key].as_str() != Some(wanted));
        }
        _ => {}
    }
}

/// A text inside a value, changed where the statement looks.
pub(super) fn inside(
    language: Language,
    text: &str,
    statement: &Statement<'_>,
) -> Vec<(String, String)> {
    if language == Language::Xml {
        return xml(text, statement.at);
    }
    let tree: Value = match language {
        Language::Json => serde_json::from_str(text).expect("JSON"),
        _ => yaml("text", text),
    };
    let without = Statement {
        language: None,
        ..statement.clone()
    };
    changes(&tree, statement.at, &without)
        .into_iter()
        .map(|(what, tree)| {
            let text = match language {
                Language::Json => tree.to_string(),
                _ => from_json(&tree),
            };
            (format!("{what} in the text"), text)
        })
        .collect()
}

/// The element's line commented out, taken out, emptied and called otherwise.
pub(super) fn xml(text: &str, path: &str) -> Vec<(String, String)> {
    let name = path.rsplit('.').next().expect("a name");
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut made = Vec::new();
    for (start, _) in text.match_indices(&open) {
        let Some(length) = text[start..].find(&close) else {
            continue;
        };
        let element = &text[start..start + length + close.len()];
        let mut put = |what: &str, by: String| {
            let rest = &text[start + element.len()..];
            made.push((what.to_owned(), format!("{}{by}{rest}", &text[..start])));
        };
        let inner = &element[open.len()..length];
        put(
            "commented out",
            format!("<!-- {} -->", inner.replace("--", "")),
        );
        put("removed", String::new());
        put("emptied", format!("{open}{close}"));
        put("called otherwise", format!("<{name}X>{inner}</{name}X>"));
        put("twice", format!("{element}{element}"));
        if !inner.contains('<') {
            put("another value", format!("{open}{inner}x{close}"));
        }
    }
    made
}
