//! Profiles as paths and values, so that two can be compared by counting.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::{Value, json};

use crate::diagnostic::Source;
use crate::profile::{Layer, Profile};
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

/// All that one text says.
#[derive(Debug)]
pub(super) struct Text {
    /// Its values, in their order.
    pub(super) leaves: Vec<Leaf>,
    /// Their numbers, in order, each with its place in the text. Equal values have one number.
    numbers: Vec<(u32, usize)>,
}

/// A text that is in several pictures.
pub(super) type Leaves = Rc<Text>;

/// The values of profiles by what they are part of: a layer's values, its manifests, a variable.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture(BTreeMap<String, Vec<Leaves>>);

/// Makes pictures. The same text of a part is read once, so that equal texts are seen to be equal without a look at them.
#[derive(Default)]
pub(super) struct Camera {
    texts: RefCell<HashMap<String, Vec<(String, Leaves)>>>,
    numbers: RefCell<HashMap<Leaf, u32>>,
}

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
        let mut put = |part: String, name: &str, text: &str, read: Read| {
            let leaves = self.leaves(&part, name, text, read);
            picture.0.entry(part).or_default().push(leaves);
        };
        let about = json!({
            "name": profile.metadata.name,
            "description": profile.metadata.description,
            "labels": profile.metadata.labels,
            "version": profile.spec.version,
            "type": profile.spec.template.kind,
            "cloudType": profile.spec.template.cloud_type,
        });
        put(role.to_string(), "", &about.to_string(), of_json);
        for variable in &profile.spec.variables {
            let text = json!(variable).to_string();
            put(
                format!("{role} variable {}", variable.name),
                "",
                &text,
                of_json,
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
            let text = about.to_string();
            put(about_layer(role, layer), "", &text, of_json);
            put(
                format!("{role} values {}", layer.name),
                "",
                &layer.values,
                of_yaml,
            );
            for manifest in &layer.manifests {
                let part = format!("{role} manifests {}", layer.name);
                put(part, &manifest.name, &manifest.content, of_yaml);
            }
        }
    }

    /// What a text of a part says. A manifest has a name.
    fn leaves(&self, part: &str, name: &str, text: &str, read: Read) -> Leaves {
        let mut texts = self.texts.borrow_mut();
        if !texts.contains_key(part) {
            texts.insert(part.to_owned(), Vec::new());
        }
        let known = texts.get_mut(part).expect("it is there");
        let is_it = |known: &&(String, Leaves)| {
            known
                .0
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('\n'))
                == Some(text)
        };
        if let Some((_, leaves)) = known.iter().rev().find(is_it) {
            return Rc::clone(leaves);
        }
        let mut leaves = Vec::new();
        if !name.is_empty() {
            push(&mut leaves, "name", name);
        }
        read(text, &mut leaves);
        let mut all = self.numbers.borrow_mut();
        let mut number = |leaf: &Leaf| {
            let next = all.len() as u32;
            *all.entry(leaf.clone()).or_insert(next)
        };
        let numbers = leaves.iter().enumerate();
        let mut numbers: Vec<_> = numbers.map(|(place, leaf)| (number(leaf), place)).collect();
        numbers.sort_unstable();
        let leaves = Rc::new(Text { leaves, numbers });
        known.push((format!("{name}\n{text}"), Rc::clone(&leaves)));
        leaves
    }
}

/// The part that says what a layer is: its pack, version and registry.
pub(super) fn about_layer(role: Role, layer: &Layer) -> String {
    format!("{role} layer {}", layer.name)
}

/// Reads the values of a text.
type Read = fn(&str, &mut Vec<Leaf>);

/// The documents of a YAML text, or none if it is not YAML.
pub(super) fn trees(text: &str) -> Option<Vec<Value>> {
    yaml::to_json_all(&Source::new("a text", text), Limits::VALUES).ok()
}

/// Reads a text as YAML, or as lines if it is not YAML.
fn of_yaml(text: &str, leaves: &mut Vec<Leaf>) {
    match trees(text) {
        Some(trees) => trees
            .iter()
            .for_each(|tree| add(leaves, &mut String::new(), tree)),
        None => text.lines().for_each(|line| push(leaves, "", line)),
    }
    // What the first line of values says of presets is a comment.
    if let Some(line) = text.lines().next().filter(|line| line.starts_with('#')) {
        push(leaves, "#", line);
    }
}

fn of_json(text: &str, leaves: &mut Vec<Leaf>) {
    let tree = serde_json::from_str(text).unwrap_or_default();
    add(leaves, &mut String::new(), &tree);
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
        self.texts(part).iter().flat_map(|text| &text.leaves)
    }

    /// How many values only one of both has.
    pub(super) fn distance(&self, other: &Picture) -> usize {
        let only_there = other.0.keys().filter(|part| !self.0.contains_key(*part));
        let apart = self.0.keys().chain(only_there).map(|part| {
            let (own, others) = self.apart(other, part);
            let [own, others] = [numbered(&own), numbered(&others)];
            let common = own.len() - unmatched(&own, &others).count();
            own.len() + others.len() - 2 * common
        });
        apart.sum()
    }

    /// The values that the other does not have, with their parts.
    pub(super) fn beside<'p>(&'p self, other: &Picture) -> Vec<(&'p str, &'p Leaf)> {
        let mut found = Vec::new();
        for part in self.0.keys() {
            let (own, others) = self.apart(other, part);
            let [numbers, others] = [numbered(&own), numbered(&others)];
            let mut places: Vec<_> = unmatched(&numbers, &others).collect();
            places.sort_unstable();
            let leaves = places.into_iter();
            found.extend(leaves.map(|(text, place)| (part.as_str(), &own[text].leaves[place])));
        }
        found
    }

    /// The parts that one of both has other texts in.
    pub(super) fn parts_beside<'p>(&'p self, other: &'p Picture) -> impl Iterator<Item = &'p str> {
        let only_there = other.0.keys().filter(|part| !self.0.contains_key(*part));
        let parts = self.0.keys().chain(only_there).map(String::as_str);
        parts.filter(|part| self.differs(other, part))
    }

    /// Whether a part has other texts in one of both.
    pub(super) fn differs(&self, other: &Picture, part: &str) -> bool {
        let (own, others) = self.apart(other, part);
        !own.is_empty() || !others.is_empty()
    }

    /// The texts of a part that only this picture has, and those that only the other has.
    fn apart<'p, 'o>(
        &'p self,
        other: &'o Picture,
        part: &str,
    ) -> (Vec<&'p Leaves>, Vec<&'o Leaves>) {
        let mut others: Vec<&Leaves> = other.texts(part).iter().collect();
        let mut own: Vec<&Leaves> = Vec::new();
        for text in self.texts(part) {
            match others.iter().position(|other| Rc::ptr_eq(other, text)) {
                Some(at) => {
                    others.swap_remove(at);
                }
                None => own.push(text),
            }
        }
        (own, others)
    }
}

/// The number of each value, in order, with its text and its place there.
fn numbered(texts: &[&Leaves]) -> Vec<(u32, (usize, usize))> {
    let all = texts.iter().enumerate();
    let mut all: Vec<_> = all
        .flat_map(|(at, text)| {
            text.numbers
                .iter()
                .map(move |(one, place)| (*one, (at, *place)))
        })
        .collect();
    // One text is in order as it is.
    if texts.len() > 1 {
        all.sort_unstable();
    }
    all
}

/// The places of those that others have no equal of, each equal counting once.
fn unmatched<'n, P: Copy, Q>(
    own: &'n [(u32, P)],
    others: &'n [(u32, Q)],
) -> impl Iterator<Item = P> + use<'n, P, Q> {
    let mut others = others.iter().map(|(number, _)| *number).peekable();
    own.iter().filter_map(move |(number, place)| {
        while others.next_if(|other| other < number).is_some() {}
        others
            .next_if(|other| other == number)
            .is_none()
            .then_some(*place)
    })
}

impl Text {
    /// Those of its values that are meant, to be counted off against other texts.
    pub(super) fn numbers(&self, is_meant: impl Fn(&Leaf) -> bool) -> Vec<(u32, usize)> {
        let numbers = self.numbers.iter().copied();
        numbers
            .filter(|(_, place)| is_meant(&self.leaves[*place]))
            .collect()
    }

    /// How many of these it has.
    pub(super) fn count_of(&self, numbers: &[(u32, usize)]) -> usize {
        numbers.len() - unmatched(numbers, &self.numbers).count()
    }
}
