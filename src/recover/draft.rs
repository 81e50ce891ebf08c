//! A site that is being built: the tree of its text.

use std::cmp::Reverse;

use serde_json::{Map, Value};

use super::Given;
use crate::diagnostic::{Diagnostic, Source};
use crate::site::{Setting, Site};
use crate::yaml;

/// The settings of a site, as its text would have them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft(Map<String, Value>);

/// A path of a draft; its steps are keys.
pub(super) type Steps = Vec<String>;

impl Draft {
    /// What is under a path of keys with dots between them.
    pub(super) fn get(&self, path: &str) -> Option<&Value> {
        let mut keys = path.split('.');
        let first = self.0.get(keys.next()?)?;
        keys.try_fold(first, |value, key| value.get(key))
    }

    /// The same with a value under such a path.
    pub(super) fn with(&self, path: &str, value: Value) -> Draft {
        let mut draft = self.clone();
        let mut map = &mut draft.0;
        let mut keys = path.split('.').peekable();
        while let Some(key) = keys.next() {
            if keys.peek().is_none() {
                map.insert(key.to_owned(), value);
                break;
            }
            let below = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
            if !below.is_object() {
                *below = Value::Object(Map::new());
            }
            let Value::Object(below) = below else { break };
            map = below;
        }
        draft
    }

    /// The same with a value under a key of a map; the key may hold dots.
    pub(super) fn with_key(&self, path: &str, key: &str, value: Value) -> Draft {
        let mut map = match self.get(path) {
            Some(Value::Object(map)) => map.clone(),
            _ => Map::new(),
        };
        map.insert(key.to_owned(), value);
        self.with(path, Value::Object(map))
    }

    /// The same without what is at a place, and without the maps that are empty then.
    pub(super) fn without(&self, steps: &[String]) -> Draft {
        let mut draft = self.clone();
        take_out(&mut draft.0, steps);
        draft
    }

    /// The places of all single values and lists, the deepest first.
    pub(super) fn places(&self) -> Vec<Steps> {
        let mut places = Vec::new();
        collect(&self.0, &mut Vec::new(), &mut places);
        places.sort_by_key(|steps| Reverse(steps.len()));
        places
    }

    /// What is at these places, in the order of the text.
    pub(super) fn said(&self, settings: &[Setting]) -> Vec<(String, Value)> {
        let mut places = Vec::new();
        if let Value::Object(map) = in_order(&Value::Object(self.0.clone()), "", settings) {
            collect(&map, &mut Vec::new(), &mut places);
        }
        let value = |steps: &Steps| {
            let mut steps = steps.iter();
            let first = self.0.get(steps.next()?)?;
            steps.try_fold(first, |value, step| value.get(step))
        };
        let said = places.iter();
        said.filter_map(|steps| Some((steps.join("."), value(steps)?.clone())))
            .collect()
    }

    /// The site, if the draft is one.
    pub(super) fn site(&self, given: &Given) -> Option<Site> {
        parse(&yaml::from_json(&Value::Object(self.0.clone())), given).ok()
    }

    /// The text, with the keys in the order of the settings.
    pub(super) fn text(&self, settings: &[Setting]) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let tree = in_order(&Value::Object(self.0.clone()), "", settings);
        let mut text = yaml::from_json(&tree);
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

/// Reads the text of a site.
pub(super) fn parse(text: &str, given: &Given) -> Result<Site, Vec<Diagnostic>> {
    Site::parse(&Source::new("the recovered site", text), given)
}

/// All that a site says, without where it says it.
pub(super) fn essence(site: &Site) -> String {
    format!(
        "{:?}",
        (
            &site.cluster,
            &site.network,
            &site.nads,
            &site.nodes,
            &site.storage,
            &site.ingress,
            &site.monitoring,
            &site.vmo,
            &site.registries,
            &site.profiles,
        )
    )
}

fn take_out(map: &mut Map<String, Value>, steps: &[String]) {
    let Some((first, rest)) = steps.split_first() else {
        return;
    };
    let is_empty = match (map.get_mut(first), rest.is_empty()) {
        (Some(Value::Object(below)), false) => {
            take_out(below, rest);
            below.is_empty()
        }
        (_, is_it) => is_it,
    };
    if is_empty {
        map.shift_remove(first);
    }
}

fn collect(map: &Map<String, Value>, steps: &mut Steps, places: &mut Vec<Steps>) {
    for (key, value) in map {
        steps.push(key.clone());
        match value {
            Value::Object(below) if !below.is_empty() => collect(below, steps, places),
            _ => places.push(steps.clone()),
        }
        steps.pop();
    }
}

fn in_order(value: &Value, path: &str, settings: &[Setting]) -> Value {
    match value {
        Value::Object(map) => {
            let path_of = |key: &str| match path {
                "" => key.to_owned(),
                path => format!("{path}.{key}"),
            };
            let place = |key: &str| {
                let path = path_of(key);
                settings.iter().position(|setting| setting.path == path)
            };
            let mut keys: Vec<&String> = map.keys().collect();
            // What is not a setting by its own name keeps its place among its like.
            keys.sort_by_key(|key| place(key).unwrap_or(usize::MAX));
            let ordered = keys.into_iter().map(|key| {
                let path = path_of(key);
                let known = settings.iter().any(|setting| setting.path == path);
                let path = if known { path } else { path_of("*") };
                (key.clone(), in_order(&map[key], &path, settings))
            });
            Value::Object(ordered.collect())
        }
        Value::Array(items) => {
            let path = format!("{path}[]");
            items
                .iter()
                .map(|item| in_order(item, &path, settings))
                .collect()
        }
        other => other.clone(),
    }
}
