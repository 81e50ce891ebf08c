//! A text that values are taken from: the base or an addition.

use std::collections::HashSet;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::json::Anchors;
use crate::yaml::node::{Entry, Kind, Node};

/// A text with what its aliases stand for.
pub(super) struct Text<'a> {
    pub(super) source: &'a Source,
    anchors: Anchors<'a>,
}

impl<'a> Text<'a> {
    pub(super) fn new(source: &'a Source, root: Option<&'a Node>) -> Self {
        Text {
            source,
            anchors: root.map(Anchors::of).unwrap_or_default(),
        }
    }

    /// What an alias stands for.
    pub(super) fn resolve(&self, node: &'a Node) -> &'a Node {
        match &node.kind {
            Kind::Alias(id) => self.anchors.get(*id).unwrap_or(node),
            _ => node,
        }
    }

    /// The entries of a map, those of its merge keys after its own.
    pub(super) fn entries(&self, node: &'a Node) -> Option<Vec<&'a Entry>> {
        let own = self.resolve(node).entries()?;
        let mut entries: Vec<&Entry> = own.iter().filter(|entry| !entry.is_merge()).collect();
        let mut names: HashSet<&str> = HashSet::new();
        if entries.len() < own.len() {
            names.extend(entries.iter().map(|entry| entry.name()));
        }
        for merge in own.iter().filter(|entry| entry.is_merge()) {
            let value = self.resolve(&merge.value);
            let maps = value.items().unwrap_or(std::slice::from_ref(value));
            for entry in maps.iter().filter_map(|map| self.entries(map)).flatten() {
                if names.insert(entry.name()) {
                    entries.push(entry);
                }
            }
        }
        Some(entries)
    }

    /// The value of a node of this text.
    pub(super) fn value(&self, node: &Node) -> Result<Value, Vec<Diagnostic>> {
        node.to_value(self.source, &self.anchors)
    }
}
