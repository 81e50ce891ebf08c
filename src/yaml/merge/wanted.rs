//! The target of a value, with the additions that set it: new entries take their text.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::text::Text;
use crate::diagnostic::Diagnostic;
use crate::yaml::node::Node;

/// The target of a value.
pub(super) struct Wanted<'a> {
    pub(super) value: &'a Value,
    /// What the additions have at its place, in their order.
    pub(super) said: Vec<Said<'a>>,
}

/// What an addition has at a place.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) from: &'a Text<'a>,
    /// The key in front of it; none at the root and for items of lists.
    pub(super) key: Option<&'a Node>,
    pub(super) node: &'a Node,
}

impl Said<'_> {
    /// Whether it says this value, and all of it.
    pub(super) fn is_all_of(&self, value: &Value) -> Result<bool, Vec<Diagnostic>> {
        Ok(self.from.value(self.node)? == *value)
    }
}

impl<'a> Wanted<'a> {
    /// The first addition that says all of it.
    pub(super) fn source(&self) -> Result<Option<Said<'a>>, Vec<Diagnostic>> {
        for said in &self.said {
            if said.is_all_of(self.value)? {
                return Ok(Some(*said));
            }
        }
        Ok(None)
    }

    /// The entries of which the additions speak, in the order in which they do.
    pub(super) fn entries(&self) -> Vec<(&'a str, Wanted<'a>)> {
        let Value::Object(map) = self.value else {
            return Vec::new();
        };
        let mut entries: Vec<(&str, Wanted<'a>)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for Said { from, node, .. } in &self.said {
            for entry in from.entries(node).unwrap_or_default() {
                let name = entry.name();
                let Some(value) = map.get(name) else { continue };
                let place = *places.entry(name).or_insert_with(|| {
                    let said = Vec::new();
                    entries.push((name, Wanted { value, said }));
                    entries.len() - 1
                });
                entries[place].1.said.push(Said {
                    from,
                    key: Some(&entry.key),
                    node: &entry.value,
                });
            }
        }
        entries
    }
}

/// A value with its keys in the order of another, as far as that has them.
pub(super) fn in_order_of(model: &Value, value: &Value) -> Value {
    let (Value::Object(model), Value::Object(map)) = (model, value) else {
        return value.clone();
    };
    let mut ordered = Map::with_capacity(map.len());
    for (key, model) in model {
        if let Some(value) = map.get(key) {
            ordered.insert(key.clone(), in_order_of(model, value));
        }
    }
    for (key, value) in map {
        ordered.entry(key.as_str()).or_insert_with(|| value.clone());
    }
    Value::Object(ordered)
}
