//! What a text shall become: a tree of what stands in the base and what comes from additions.

use serde_json::{Map, Value};

use super::{MergeError, Null};
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::node::{Entry, Kind, Node};
use crate::yaml::path::Step;

/// What a value shall become.
#[derive(Clone)]
pub(super) enum Target<'a> {
    /// As it stands in the base.
    Base(&'a Node),
    /// Taken from an addition.
    New { source: &'a Source, node: &'a Node },
    /// A map of both.
    Map {
        base: Option<&'a Node>,
        entries: Vec<TargetEntry<'a>>,
    },
}

#[derive(Clone)]
pub(super) struct TargetEntry<'a> {
    pub(super) entry: &'a Entry,
    /// The addition the entry comes from; `None` for the base.
    pub(super) source: Option<&'a Source>,
    pub(super) value: Target<'a>,
}

impl<'a> Target<'a> {
    /// The entries, where this will be a map.
    pub(super) fn entries(&self) -> Option<Vec<TargetEntry<'a>>> {
        let mut opened = match self {
            Target::Base(node) => Target::Base(node),
            Target::New { source, node } => Target::New { source, node },
            Target::Map { entries, .. } => return Some(entries.clone()),
        };
        opened.open().cloned()
    }

    /// Turns a map that was taken whole into one whose entries can change; `None` for anything else.
    fn open(&mut self) -> Option<&mut Vec<TargetEntry<'a>>> {
        let opened = match self {
            Target::Base(node) => Target::Map {
                base: Some(node),
                entries: node
                    .entries()?
                    .iter()
                    .map(|entry| TargetEntry {
                        entry,
                        source: None,
                        value: Target::Base(&entry.value),
                    })
                    .collect(),
            },
            Target::New { source, node } => {
                let source: &'a Source = source;
                Target::Map {
                    base: None,
                    entries: node
                        .entries()?
                        .iter()
                        .map(|entry| TargetEntry {
                            entry,
                            source: Some(source),
                            value: Target::New {
                                source,
                                node: &entry.value,
                            },
                        })
                        .collect(),
                }
            }
            Target::Map { entries, .. } => return Some(entries),
        };
        *self = opened;
        match self {
            Target::Map { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// Whether the path was there.
    pub(super) fn remove(&mut self, base: &Source, steps: &[Step]) -> Result<bool, MergeError> {
        let Some(Step::Key(key)) = steps.first() else {
            return Ok(false);
        };
        self.refuse_alias(base)?;
        let Some(entries) = self.open() else {
            return Ok(false);
        };
        let Some(index) = entries.iter().position(|entry| entry.entry.name() == key) else {
            return Ok(false);
        };
        if steps.len() == 1 {
            entries.remove(index);
            return Ok(true);
        }
        entries[index].value.remove(base, &steps[1..])
    }

    pub(super) fn add(
        &mut self,
        base: &Source,
        source: &'a Source,
        node: &'a Node,
        null: Null,
    ) -> Result<(), MergeError> {
        let Some(additions) = node.entries() else {
            *self = Target::New { source, node };
            return Ok(());
        };
        self.refuse_alias(base)?;
        if self.open().is_none() {
            // A scalar or list gives way to a map; only its place in the base is kept, by the entry around it.
            *self = Target::Map {
                base: None,
                entries: Vec::new(),
            };
        }
        let Some(entries) = self.open() else {
            return Ok(());
        };
        for addition in additions {
            let found = entries
                .iter()
                .position(|entry| entry.entry.name() == addition.name());
            match found {
                Some(index) if addition.value.is_null() && null == Null::Remove => {
                    entries.remove(index);
                }
                Some(index) => entries[index]
                    .value
                    .add(base, source, &addition.value, null)?,
                None if addition.value.is_null() && null == Null::Remove => {}
                None => {
                    let mut value = Target::New {
                        source,
                        node: &addition.value,
                    };
                    if null == Null::Remove && has_null(&addition.value) {
                        value = Target::Map {
                            base: None,
                            entries: Vec::new(),
                        };
                        value.add(base, source, &addition.value, null)?;
                    }
                    entries.push(TargetEntry {
                        entry: addition,
                        source: Some(source),
                        value,
                    });
                }
            }
        }
        Ok(())
    }

    fn refuse_alias(&self, base: &Source) -> Result<(), MergeError> {
        match self {
            Target::Base(node) if matches!(node.kind, Kind::Alias(_)) => Err(MergeError(vec![
                Diagnostic::error("a change below an alias would change its anchor's other uses")
                    .at(base, node.span.clone())
                    .help("write the map out in place of the alias"),
            ])),
            _ => Ok(()),
        }
    }
}

/// Whether a map has a null directly or in a map below.
pub(super) fn has_null(node: &Node) -> bool {
    node.entries().is_some_and(|entries| {
        entries
            .iter()
            .any(|entry| entry.value.is_null() || has_null(&entry.value))
    })
}

pub(super) fn map_value(base: &Source, entries: &[TargetEntry<'_>]) -> Result<Value, MergeError> {
    let mut map = Map::new();
    for entry in entries {
        map.insert(
            entry.entry.name().to_owned(),
            target_value(base, &entry.value)?,
        );
    }
    Ok(Value::Object(map))
}

pub(super) fn target_value(base: &Source, target: &Target<'_>) -> Result<Value, MergeError> {
    match target {
        Target::Base(node) => Ok(node.to_value(base)?),
        Target::New { source, node } => Ok(node.to_value(source)?),
        Target::Map { entries, .. } => map_value(base, entries),
    }
}
