//! Profiles as paths and values, so that two can be compared by counting.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::{Value, json};

use crate::diagnostic::Source;
use crate::profile::Profile;
use crate::revision::Role;
use crate::yaml::{self, Limits};

/// A value, or a line of a text of several lines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Leaf {
    /// The keys on the way, and `[]` for any item of a list.
    pub(super) way: String,
    /// The value as a text.
    pub(super) value: String,
}

/// All that one text says, in its order.
pub(super) type Leaves = Rc<Vec<Leaf>>;

/// The values of profiles by what they are part of: a layer's values, its manifests, a variable.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture(BTreeMap<String, Vec<Leaves>>);

/// Makes pictures. The same text is read once, so that equal texts are seen to be equal without a look at them.
#[derive(Default)]
pub(super) struct Camera(RefCell<HashMap<String, Leaves>>);

impl Camera {
    /// What profiles say.
    pub(super) fn picture<'p>(
        &self,
        profiles: impl IntoIterator<Item = (Role, &'p Profile)>,
    ) -> Picture {
        let mut picture = Picture::default();
        for (role, profile) in profiles {
            self.add(&mut picture, role, profile);
        }
        picture
    }

    fn add(&self, picture: &mut Picture, role: Role, profile: &Profile) {
        let mut put =
            |part: String, leaves: Leaves| picture.0.entry(part).or_default().push(leaves);
        let about = json!({
            "name": profile.metadata.name,
            "description": profile.metadata.description,
            "labels": profile.metadata.labels,
            "version": profile.spec.version,
            "type": profile.spec.template.kind,
            "cloudType": profile.spec.template.cloud_type,
        });
        put(format!("{role}"), of_tree(&about));
        for variable in &profile.spec.variables {
            put(
                format!("{role} variable {}", variable.name),
                of_tree(&json!(variable)),
            );
        }
        for layer in &profile.spec.template.packs {
            let about = json!({
                "name": layer.name,
                "type": layer.kind,
                "layer": layer.layer,
                "version": layer.version,
                "tag": layer.tag,
                "registry": layer.registry.metadata,
            });
            put(format!("{role} layer {}", layer.name), of_tree(&about));
            put(
                format!("{role} values {}", layer.name),
                self.text("", &layer.values),
            );
            for manifest in &layer.manifests {
                let leaves = self.text(&manifest.name, &manifest.content);
                put(format!("{role} manifests {}", layer.name), leaves);
            }
        }
    }

    /// The documents of a text; none where it is no YAML.
    pub(super) fn trees(&self, text: &str) -> Option<Vec<Value>> {
        yaml::to_json_all(&Source::new("a text", text), Limits::VALUES).ok()
    }

    /// A text of YAML; what is none is its lines. A manifest has a name.
    fn text(&self, name: &str, text: &str) -> Leaves {
        let known = format!("{name}\n{text}");
        if let Some(leaves) = self.0.borrow().get(&known) {
            return Rc::clone(leaves);
        }
        let mut leaves = Vec::new();
        if !name.is_empty() {
            push(&mut leaves, "name", name);
        }
        match self.trees(text) {
            Some(trees) => trees
                .iter()
                .for_each(|tree| add(&mut leaves, &mut String::new(), tree)),
            None => text.lines().for_each(|line| push(&mut leaves, "", line)),
        }
        // What the first line of values says of presets is a comment.
        if let Some(line) = text.lines().next().filter(|line| line.starts_with('#')) {
            push(&mut leaves, "#", line);
        }
        let leaves = Rc::new(leaves);
        self.0.borrow_mut().insert(known, Rc::clone(&leaves));
        leaves
    }
}

fn of_tree(tree: &Value) -> Leaves {
    let mut leaves = Vec::new();
    add(&mut leaves, &mut String::new(), tree);
    Rc::new(leaves)
}

fn push(leaves: &mut Vec<Leaf>, way: &str, value: &str) {
    leaves.push(Leaf {
        way: way.to_owned(),
        value: value.to_owned(),
    });
}

fn add(leaves: &mut Vec<Leaf>, way: &mut String, tree: &Value) {
    let length = way.len();
    match tree {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                way.push('.');
                way.push_str(key);
                add(leaves, way, value);
                way.truncate(length);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            way.push_str("[]");
            items.iter().for_each(|item| add(leaves, way, item));
        }
        Value::String(text) if text.contains('\n') => {
            way.push('|');
            text.lines().for_each(|line| push(leaves, way, line));
        }
        Value::String(text) => push(leaves, way, text),
        other => push(leaves, way, &other.to_string()),
    }
    way.truncate(length);
}

impl Picture {
    /// The texts of a part.
    pub(super) fn texts(&self, part: &str) -> &[Leaves] {
        self.0.get(part).map_or(&[], Vec::as_slice)
    }

    /// The values of a part, in their order.
    pub(super) fn leaves(&self, part: &str) -> impl Iterator<Item = &Leaf> {
        self.texts(part).iter().flat_map(|leaves| leaves.iter())
    }

    /// How many values only one of both has.
    pub(super) fn distance(&self, other: &Picture) -> usize {
        self.beside(other).len() + other.beside(self).len()
    }

    /// The values that the other does not have, with their parts.
    pub(super) fn beside<'p>(&'p self, other: &Picture) -> Vec<(&'p str, &'p Leaf)> {
        let mut found = Vec::new();
        for (part, texts) in &self.0 {
            let mut others: Vec<&Leaves> = other.texts(part).iter().collect();
            let mut own: Vec<&Leaves> = Vec::new();
            for text in texts {
                match others.iter().position(|other| Rc::ptr_eq(other, text)) {
                    Some(at) => {
                        others.swap_remove(at);
                    }
                    None => own.push(text),
                }
            }
            if own.is_empty() {
                continue;
            }
            let mut left: HashMap<&Leaf, usize> = HashMap::new();
            for leaf in others.iter().flat_map(|leaves| leaves.iter()) {
                *left.entry(leaf).or_default() += 1;
            }
            for leaf in own.into_iter().flat_map(|leaves| leaves.iter()) {
                match left.get_mut(leaf) {
                    Some(count) if *count > 0 => *count -= 1,
                    _ => found.push((part.as_str(), leaf)),
                }
            }
        }
        found
    }
}
