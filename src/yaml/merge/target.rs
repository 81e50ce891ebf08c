//! What a text shall become: a tree of what stands in the base and what comes from additions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::mem;

use serde_json::{Map, Value};

use super::text::Text;
use super::{Null, merge_value};
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::node::{Entry, Kind, Node};
use crate::yaml::path::Step;

/// What a value shall become.
#[derive(Clone)]
pub(super) enum Target<'a> {
    /// As it stands in the base.
    Base(&'a Node),
    /// Taken from an addition.
    New { from: &'a Text<'a>, node: &'a Node },
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
    pub(super) from: Option<&'a Text<'a>>,
    pub(super) value: Target<'a>,
}

impl<'a> Target<'a> {
    /// The entries, where this will be a map.
    pub(super) fn entries(&self) -> Option<Cow<'_, [TargetEntry<'a>]>> {
        let mut opened = match self {
            Target::Base(node) => Target::Base(node),
            Target::New { from, node } => Target::New { from, node },
            Target::Map { entries, .. } => return Some(Cow::Borrowed(entries)),
        };
        opened.open().map(|entries| Cow::Owned(mem::take(entries)))
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
                        from: None,
                        value: Target::Base(&entry.value),
                    })
                    .collect(),
            },
            Target::New { from, node } => {
                let from: &'a Text<'a> = from;
                Target::Map {
                    base: None,
                    entries: from
                        .entries(node)?
                        .into_iter()
                        .map(|entry| TargetEntry {
                            entry,
                            from: Some(from),
                            value: Target::New {
                                from,
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
    pub(super) fn remove(
        &mut self,
        base: &Source,
        steps: &[Step],
    ) -> Result<bool, Vec<Diagnostic>> {
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
        base: &Text<'a>,
        from: &'a Text<'a>,
        node: &'a Node,
        null: Null,
    ) -> Result<(), Vec<Diagnostic>> {
        let own = match self {
            // What an earlier addition has already keeps that addition's layout.
            Target::New { from, node } => Some(from.value(node)?),
            Target::Base(node) if matches!(node.kind, Kind::Alias(_)) => Some(base.value(node)?),
            _ => None,
        };
        if let Some(own) = own {
            let mut merged = own.clone();
            merge_value(&mut merged, &from.value(node)?, null);
            if merged == own {
                return Ok(());
            }
        }
        let Some(additions) = from.entries(node) else {
            let node = from.resolve(node);
            *self = Target::New { from, node };
            return Ok(());
        };
        self.refuse_alias(base.source)?;
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
        let places: HashMap<&str, usize> = entries
            .iter()
            .map(|entry| entry.entry.name())
            .zip(0..)
            .collect();
        let mut gone = vec![false; entries.len()];
        for addition in additions {
            let removes = null == Null::Remove && from.resolve(&addition.value).is_null();
            match places.get(addition.name()) {
                Some(index) if removes => gone[*index] = true,
                Some(index) => entries[*index]
                    .value
                    .add(base, from, &addition.value, null)?,
                None if removes => {}
                None => {
                    let mut value = Target::New {
                        from,
                        node: from.resolve(&addition.value),
                    };
                    if null == Null::Remove && from.has_null(&addition.value) {
                        value = Target::Map {
                            base: None,
                            entries: Vec::new(),
                        };
                        value.add(base, from, &addition.value, null)?;
                    }
                    entries.push(TargetEntry {
                        entry: addition,
                        from: Some(from),
                        value,
                    });
                }
            }
        }
        if gone.contains(&true) {
            let mut gone = gone.into_iter();
            entries.retain(|_| !gone.next().unwrap_or(false));
        }
        Ok(())
    }

    fn refuse_alias(&self, base: &Source) -> Result<(), Vec<Diagnostic>> {
        match self {
            Target::Base(node) if matches!(node.kind, Kind::Alias(_)) => Err(Diagnostic::error(
                "a change below an alias would change its anchor's other uses",
            )
            .at(base, node.span.clone())
            .help("write the map out in place of the alias")
            .into()),
            _ => Ok(()),
        }
    }
}

pub(super) fn map_value(
    base: &Text<'_>,
    entries: &[TargetEntry<'_>],
) -> Result<Value, Vec<Diagnostic>> {
    let mut map = Map::new();
    for entry in entries.iter().filter(|entry| !entry.entry.is_merge()) {
        map.insert(
            entry.entry.name().to_owned(),
            target_value(base, &entry.value)?,
        );
    }
    for entry in entries.iter().filter(|entry| entry.entry.is_merge()) {
        let several = match target_value(base, &entry.value)? {
            Value::Array(several) => several,
            one => vec![one],
        };
        for (key, value) in several.into_iter().filter_map(into_map).flatten() {
            map.entry(key).or_insert(value);
        }
    }
    Ok(Value::Object(map))
}

fn into_map(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

pub(super) fn target_value(base: &Text<'_>, target: &Target<'_>) -> Result<Value, Vec<Diagnostic>> {
    match target {
        Target::Base(node) => base.value(node),
        Target::New { from, node } => from.value(node),
        Target::Map { entries, .. } => map_value(base, entries),
    }
}
