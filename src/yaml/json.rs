//! Turns a YAML tree into JSON values, as Kubernetes does.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::node::{self, Entry, Kind, Limits, Node, Repeated};
use crate::diagnostic::{Code, Diagnostic, Source};

/// Most values that the aliases of a text may stand for together; they can multiply a small text without end. A repeated
/// text counts as one more value for each 64 bytes.
const MOST_EXPANDED: usize = 500_000;

/// Parses one document into JSON, with aliases and merge keys expanded; null for an empty text.
///
/// # Errors
/// Broken YAML, duplicate keys, and aliases that expand without measure.
pub fn to_json(source: &Source, limits: Limits) -> Result<Value, Vec<Diagnostic>> {
    match node::parse(source, limits)? {
        Some(root) => converted(source, root),
        None => Ok(Value::Null),
    }
}

/// Parses one document as Helm does: of a repeated key in a map, the last counts. Repeated keys are returned as well.
///
/// # Errors
/// As [`to_json`], without duplicate keys.
pub(crate) fn to_json_of_last(
    source: &Source,
    limits: Limits,
) -> Result<(Value, Vec<Repeated>), Vec<Diagnostic>> {
    let mut repeated = Vec::new();
    let mut documents = node::parse_with(source, limits, Some(&mut repeated))?;
    match (documents.pop(), documents.is_empty()) {
        (None, _) => Ok((Value::Null, repeated)),
        (Some(root), true) => Ok((converted(source, root)?, repeated)),
        _ => to_json(source, limits).map(|value| (value, repeated)),
    }
}

/// A whole tree that was parsed from this text, as JSON.
///
/// # Errors
/// As [`to_json`], of what parsing does not find.
pub fn node_to_json(source: &Source, root: &Node) -> Result<Value, Vec<Diagnostic>> {
    root.to_value(source, &Anchors::of(root))
}

/// Parses every document of a text into JSON.
///
/// # Errors
/// As [`to_json`].
pub fn to_json_all(source: &Source, limits: Limits) -> Result<Vec<Value>, Vec<Diagnostic>> {
    node::parse_all(source, limits)?
        .into_iter()
        .map(|root| converted(source, root))
        .collect()
}

/// As [`node_to_json`], consuming the tree: its texts are moved, and it is freed part by part.
fn converted(source: &Source, root: Node) -> Result<Value, Vec<Diagnostic>> {
    if !Anchors::of(&root).0.is_empty() {
        return node_to_json(source, &root);
    }
    let mut conversion = Conversion {
        source,
        anchors: &Anchors::default(),
        expanded: 0,
        open: Vec::new(),
    };
    conversion.taken(root).map_err(|problem| vec![*problem])
}

impl Node {
    /// This tree, or part of the tree whose anchors are given, as JSON values.
    ///
    /// # Errors
    /// Aliases that expand without measure, or that point at a node outside the tree.
    pub(super) fn to_value(
        &self,
        source: &Source,
        anchors: &Anchors<'_>,
    ) -> Result<Value, Vec<Diagnostic>> {
        let mut conversion = Conversion {
            source,
            anchors,
            expanded: 0,
            open: Vec::new(),
        };
        conversion.value(self).map_err(|problem| vec![*problem])
    }
}

/// The nodes of a tree that aliases can stand for.
#[derive(Default)]
pub(super) struct Anchors<'n>(HashMap<usize, &'n Node>);

impl<'n> Anchors<'n> {
    /// Those of a whole tree.
    pub(super) fn of(root: &'n Node) -> Self {
        let mut anchors = HashMap::new();
        collect(root, &mut anchors);
        Anchors(anchors)
    }

    pub(super) fn get(&self, id: usize) -> Option<&'n Node> {
        self.0.get(&id).copied()
    }
}

fn collect<'n>(node: &'n Node, anchors: &mut HashMap<usize, &'n Node>) {
    if node.anchor() != 0 {
        anchors.insert(node.anchor(), node);
    }
    match &node.kind {
        Kind::Sequence { items, .. } => items.iter().for_each(|item| collect(item, anchors)),
        Kind::Mapping { entries, .. } => {
            for entry in entries {
                collect(&entry.key, anchors);
                collect(&entry.value, anchors);
            }
        }
        _ => {}
    }
}

struct Conversion<'n> {
    source: &'n Source,
    anchors: &'n Anchors<'n>,
    expanded: usize,
    /// Anchors being expanded, to refuse one inside itself.
    open: Vec<usize>,
}

impl Conversion<'_> {
    /// As `value`, for a tree without anchors.
    fn taken(&mut self, node: Node) -> Result<Value, Box<Diagnostic>> {
        match node.kind {
            Kind::Scalar(scalar) => Ok(scalar.into_value()),
            Kind::Sequence { items, .. } => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.taken(item)?);
                }
                Ok(Value::Array(values))
            }
            Kind::Mapping { ref entries, .. } if entries.iter().any(Entry::is_merge) => {
                self.value(&node)
            }
            Kind::Mapping { entries, .. } => {
                let mut map = Map::with_capacity(entries.len());
                for Entry { key, value } in entries {
                    let key = match key.kind {
                        Kind::Scalar(scalar) => scalar.text.into(),
                        _ => return Err(self.no_key(&key)),
                    };
                    map.insert(key, self.taken(value)?);
                }
                Ok(Value::Object(map))
            }
            Kind::Alias(_) => self.value(&node),
        }
    }

    fn no_key(&self, key: &Node) -> Box<Diagnostic> {
        let at = key.span();
        let text = self.source.text();
        let is_macro = text[..at.start].ends_with('{') && text[at.start..].starts_with('{');
        if !is_macro {
            return self.problem(key, "a key must be a single value");
        }
        let problem = self.problem(
            key,
            "a key must be a single value: this is a macro without quotes",
        );
        Box::new(problem.help("put quotes around the macro, such as `\"{{ .spectro.var.name }}\"`"))
    }

    fn value(&mut self, node: &Node) -> Result<Value, Box<Diagnostic>> {
        if !self.open.is_empty() {
            self.expanded += 1 + node.text().map_or(0, |text| text.len() / 64);
        }
        if self.expanded > MOST_EXPANDED {
            let problem = self.problem(
                node,
                &format!(
                    "the aliases of this text expand to more than the limit of {MOST_EXPANDED} values"
                ),
            );
            return Err(Box::new(
                problem.help("write out repeated values, or remove the aliases"),
            ));
        }
        match &node.kind {
            Kind::Scalar(scalar) => Ok(scalar.value()),
            Kind::Sequence { items, .. } => {
                // Collecting results would make room for four where there is one.
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.value(item)?);
                }
                Ok(Value::Array(values))
            }
            Kind::Mapping { entries, .. } => {
                let mut map = Map::with_capacity(entries.len());
                for entry in entries {
                    if entry.is_merge() {
                        continue;
                    }
                    let key = match entry.key.text() {
                        Some(text) => text.to_owned(),
                        None => return Err(self.no_key(&entry.key)),
                    };
                    let value = self.value(&entry.value)?;
                    map.insert(key, value);
                }
                for entry in entries.iter().filter(|entry| entry.is_merge()) {
                    self.merge(&entry.value, &mut map)?;
                }
                Ok(Value::Object(map))
            }
            Kind::Alias(id) => {
                let Some(target) = self.anchors.get(*id) else {
                    return Err(self.problem(node, "this alias has no anchor"));
                };
                if self.open.contains(id) {
                    return Err(self.problem(node, "this alias is inside its own anchor"));
                }
                self.open.push(*id);
                let value = self.value(target)?;
                self.open.pop();
                Ok(value)
            }
        }
    }

    /// A merge key adds what the map does not have itself; of several sources the first wins.
    fn merge(&mut self, node: &Node, map: &mut Map<String, Value>) -> Result<(), Box<Diagnostic>> {
        let others = match self.value(node)? {
            Value::Array(several) => several,
            one => vec![one],
        };
        for other in others {
            let Value::Object(other) = other else {
                return Err(self.problem(node, "a merge key needs a map or a list of maps"));
            };
            for (key, value) in other {
                map.entry(key).or_insert(value);
            }
        }
        Ok(())
    }

    fn problem(&self, node: &Node, message: &str) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::error(message)
                .code(Code::WrongShape)
                .at(self.source, node.span()),
        )
    }
}
