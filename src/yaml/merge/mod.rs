//! Changes a YAML text and keeps every untouched byte.
//!
//! Removals and additions are first combined into one value. Lines change only where this value differs from the text's. So a
//! path that is removed and added again with the same value is not a change.

mod edits;
mod lists;
mod moves;
mod new_text;
mod text;
mod wanted;

use serde_json::{Map, Value};

use super::json;
use super::node::{Limits, Node, parse};
use super::path::{Path, Step};
use super::write::from_json;
use crate::diagnostic::{Code, Diagnostic, Source};
pub use moves::Move;

use edits::{Edits, Lists};
use text::Text;
use wanted::{Said, Wanted};

/// The meaning of an explicit null in an addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Null {
    /// The value null, as Palette's presets use it.
    Keep,
    /// The key is taken out, as in our overlays.
    Remove,
}

/// One step of a merge, in the order given.
enum Change {
    Remove(Path),
    Add { addition: Addition, null: Null },
}

/// A text that is merged into another, with its tree.
pub struct Addition {
    source: Source,
    root: Node,
}

impl Addition {
    /// Reads it, or none if the text is empty.
    ///
    /// # Errors
    /// The text is not YAML, or not a map.
    pub fn new(source: Source) -> Result<Option<Self>, Vec<Diagnostic>> {
        let Some(root) = parse(&source, Limits::VALUES)? else {
            return Ok(None);
        };
        if root.entries().is_none() {
            return Err(
                Diagnostic::error("what is merged into values must be a map")
                    .code(Code::WrongShape)
                    .at(&source, root.span())
                    .label(format!("this is {}", root.describe()))
                    .into(),
            );
        }
        Ok(Some(Addition { source, root }))
    }

    /// What it says.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Takes a value out of it, and the maps around it that are empty then.
    pub fn take_out(&mut self, path: &Path) {
        moves::take_out(&mut self.root, path.steps());
    }
}

/// Changes to come, over a base text.
pub struct Merge {
    base: Source,
    root: Option<Node>,
    changes: Vec<Change>,
    missing: Vec<Path>,
}

impl Merge {
    /// Starts from a text.
    ///
    /// # Errors
    /// The text is not YAML, or not a map.
    pub fn new(base: Source) -> Result<Self, Vec<Diagnostic>> {
        let root = parse(&base, Limits::VALUES)?;
        if let Some(root) = &root
            && root.entries().is_none()
        {
            return Err(Diagnostic::error("values must be a map")
                .code(Code::WrongShape)
                .at(&base, root.span())
                .label(format!("this is {}", root.describe()))
                .into());
        }
        Ok(Merge {
            base,
            root,
            changes: Vec::new(),
            missing: Vec::new(),
        })
    }

    /// Takes a path out; one that is not there is remembered in [`Merge::missing`].
    pub fn remove(&mut self, path: Path) {
        self.changes.push(Change::Remove(path));
    }

    /// Merges a preset's additions: maps merge, scalars and lists replace, null is a value.
    ///
    /// # Errors
    /// The addition is not YAML, or not a map.
    pub fn add(&mut self, addition: Source) -> Result<(), Vec<Diagnostic>> {
        if let Some(addition) = Addition::new(addition)? {
            let null = Null::Keep;
            self.changes.push(Change::Add { addition, null });
        }
        Ok(())
    }

    /// Merges an overlay: as [`Merge::add`], but an explicit null takes its key out.
    ///
    /// # Errors
    /// The overlay is not YAML, or not a map.
    pub fn overlay(&mut self, overlay: Source) -> Result<(), Vec<Diagnostic>> {
        if let Some(overlay) = Addition::new(overlay)? {
            self.overlay_moved(overlay, &[]);
        }
        Ok(())
    }

    /// Merges an overlay, of which parts go elsewhere; says how many items of lists each move left behind.
    pub fn overlay_moved(&mut self, mut overlay: Addition, moves: &[Move]) -> Vec<usize> {
        let left = moves
            .iter()
            .map(|change| moves::apply(&mut overlay.root, change).unwrap_or(0))
            .collect();
        self.changes.push(Change::Add {
            addition: overlay,
            null: Null::Remove,
        });
        left
    }

    /// Whether the base has a value at a path.
    pub fn has(&self, path: &Path) -> bool {
        self.root
            .as_ref()
            .is_some_and(|root| root.find(path).is_some())
    }

    /// The value under a key at the base's top.
    pub fn base_value(&self, key: &str) -> Option<&Node> {
        self.root.as_ref()?.get(key)
    }

    /// The paths that were to be removed and were not there, after [`Merge::finish`].
    pub fn missing(&self) -> &[Path] {
        &self.missing
    }

    /// Makes the text, and its value as Kubernetes reads it.
    ///
    /// # Errors
    /// A change goes through an alias, or the result would not mean what the changes say.
    pub fn finish(&mut self) -> Result<(String, Value), Vec<Diagnostic>> {
        let base = Text::new(&self.base, self.root.as_ref());
        let texts: Vec<Option<Text<'_>>> = (self.changes.iter())
            .map(|change| match change {
                Change::Remove(_) => None,
                Change::Add { addition, .. } => {
                    Some(Text::new(&addition.source, Some(&addition.root)))
                }
            })
            .collect();
        let was = match &self.root {
            Some(root) => base.value(root)?,
            None => Value::Object(Map::new()),
        };
        let mut expected = was.clone();
        let mut missing = Vec::new();
        let mut said = Vec::new();
        for (change, from) in self.changes.iter().zip(&texts) {
            match (change, from) {
                (Change::Add { addition, null }, Some(from)) => {
                    let node = &addition.root;
                    merge_value(&mut expected, &from.value(node)?, *null);
                    said.push(Said {
                        from,
                        key: None,
                        node,
                    });
                }
                (Change::Remove(path), _) if !remove_value(&mut expected, path.steps()) => {
                    missing.push(path.clone());
                }
                _ => {}
            }
        }
        let wanted = Wanted {
            value: &expected,
            said,
        };
        let written = self.written(&was, &wanted)?;
        self.missing = missing;
        written.ok_or_else(|| self.refusal(&was, &expected).into())
    }

    /// Makes a text of the base that says `value`; what comes in has the text of `model`, as far as that says it.
    ///
    /// # Errors
    /// As [`Merge::finish`].
    pub fn reach(&self, value: &Value, model: &Source) -> Result<String, Vec<Diagnostic>> {
        let base = Text::new(&self.base, self.root.as_ref());
        let was = match &self.root {
            Some(root) => base.value(root)?,
            None => Value::Object(Map::new()),
        };
        let generated = Source::new(self.base.name(), from_json(value));
        let additions = [Addition::new(model.clone())?, Addition::new(generated)?];
        let additions: Vec<&Addition> = additions.iter().flatten().collect();
        let texts: Vec<Text<'_>> = (additions.iter())
            .map(|addition| Text::new(&addition.source, Some(&addition.root)))
            .collect();
        let said = texts.iter().zip(&additions).map(|(from, addition)| Said {
            from,
            key: None,
            node: &addition.root,
        });
        let said = said.collect();
        let written = self.written(&was, &Wanted { value, said })?;
        let (text, _) = written.ok_or_else(|| vec![self.refusal(&was, value)])?;
        Ok(text)
    }

    /// The base with what differs from a value changed, or none if the result would mean something else.
    fn written<'a>(
        &'a self,
        was: &'a Value,
        wanted: &Wanted<'a>,
    ) -> Result<Option<(String, Value)>, Vec<Diagnostic>> {
        // A list whose items cannot be changed one by one can still be written anew; and a block that is now the end may have
        // a line break.
        let ways = [
            (Lists::ByItem, false),
            (Lists::ByItem, true),
            (Lists::Whole, false),
            (Lists::Whole, true),
        ];
        let is_open = !self.base.text().ends_with('\n');
        for (lists, ends) in ways.into_iter().filter(|(_, ends)| is_open || !ends) {
            let mut edits = Edits::new(&self.base, lists);
            edits.root(self.root.as_ref(), was, wanted)?;
            let result = Source::new(self.base.name(), edits.apply(self.root.as_ref(), ends));
            // Broken YAML counts too: an anchor may be gone that is still referred to.
            let value = match json::to_json(&result, Limits::VALUES) {
                Ok(Value::Null) => Value::Object(Map::new()),
                Ok(value) => value,
                Err(_) => continue,
            };
            if value == *wanted.value {
                return Ok(Some((result.text().to_owned(), value)));
            }
        }
        Ok(None)
    }

    /// Says which change cannot be made, as near as the base has something of it.
    fn refusal(&self, was: &Value, expected: &Value) -> Diagnostic {
        let keys = first_difference(was, expected);
        let path = Path::of_keys(keys.iter().map(String::as_str));
        let problem = Diagnostic::error(format!(
            "`{path}` of `{}` cannot be changed line by line without changing what other lines mean",
            self.base.name()
        ))
        .code(Code::CannotMerge)
        .help("write what is around this key without anchors, tabs, and maps or lists in brackets");
        let mut node = self.root.as_ref();
        let mut place = None;
        for key in &keys {
            let entries = node.and_then(Node::entries).unwrap_or_default();
            let Some(entry) = entries.iter().find(|entry| entry.name() == key) else {
                break;
            };
            place = Some(entry.key.span());
            node = Some(&entry.value);
        }
        match place {
            Some(span) => problem.at(&self.base, span),
            None => problem,
        }
    }
}

/// The way to the first value that differs.
fn first_difference(one: &Value, other: &Value) -> Vec<String> {
    let (Value::Object(ones), Value::Object(others)) = (one, other) else {
        return Vec::new();
    };
    let gone = ones
        .iter()
        .find(|(key, value)| others.get(*key) != Some(*value));
    let come = || others.keys().find(|key| !ones.contains_key(*key));
    let Some(key) = gone.map(|(key, _)| key).or_else(come) else {
        return Vec::new();
    };
    let rest = match (ones.get(key), others.get(key)) {
        (Some(one), Some(other)) => first_difference(one, other),
        _ => Vec::new(),
    };
    std::iter::once(key.clone()).chain(rest).collect()
}

/// Takes a value out; says whether it was there.
fn remove_value(value: &mut Value, steps: &[Step]) -> bool {
    let (Some((Step::Key(key), rest)), Value::Object(map)) = (steps.split_first(), value) else {
        return false;
    };
    match rest {
        // In any order: maps are compared by their keys.
        [] => map.swap_remove(key).is_some(),
        rest => map
            .get_mut(key)
            .is_some_and(|child| remove_value(child, rest)),
    }
}

fn merge_value(value: &mut Value, addition: &Value, null: Null) {
    match (value, addition) {
        (Value::Object(map), Value::Object(addition)) => {
            for (key, new) in addition {
                if new.is_null() && null == Null::Remove {
                    map.swap_remove(key);
                } else if let Some(old) = map.get_mut(key) {
                    merge_value(old, new, null);
                } else {
                    let mut fresh = Value::Null;
                    merge_value(&mut fresh, new, null);
                    map.insert(key.clone(), fresh);
                }
            }
        }
        (value, Value::Object(addition)) => {
            let mut fresh = Value::Object(Map::new());
            merge_value(&mut fresh, &Value::Object(addition.clone()), null);
            *value = fresh;
        }
        (value, new) => *value = new.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_changed_is_named_with_its_place() {
        let merge = Merge::new(Source::new("values.yaml", "a: 1\nb:\n  c: {d: 1}\n")).unwrap();
        let was = json!({"a": 1, "b": {"c": {"d": 1}}});
        let refused = |expected: Value| merge.refusal(&was, &expected).to_string();
        let help = "  = help: write what is around this key without anchors, tabs, and maps or lists in brackets\n";
        assert_eq!(
            refused(json!({"a": 1, "b": {"c": {"d": 2}}})),
            format!(
                "error: `b.c.d` of `values.yaml` cannot be changed line by line without changing what other lines mean
 --> values.yaml:3:7
  |
3 |   c: {{d: 1}}
  |       ^
  |
{help}"
            )
        );
        // New entries are near their map.
        let new = refused(json!({"a": 1, "b": {"c": {"d": 1}, "e": 1}}));
        assert!(
            new.contains("`b.e` of") && new.contains(" --> values.yaml:2:1\n"),
            "{new}"
        );
        let gone = refused(json!({"b": {"c": {"d": 1}}}));
        assert!(
            gone.contains("`a` of") && gone.contains(" --> values.yaml:1:1\n"),
            "{gone}"
        );
    }
}
