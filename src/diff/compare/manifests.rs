//! What differs between the manifests of two layers, object by object.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Comparison, text_to_read};
use crate::diff::macros;
use crate::diff::notable::notable_in_text;
use crate::diff::path::Step;
use crate::diff::reduce;
use crate::diff::report::{ChangeKind, Part};
use crate::diff::tree::{self, Difference};
use crate::profile::Manifest;
use crate::sequence::{Pair, pair};
use crate::yaml::{self, Limits};

/// Two manifests that are compared, or one without a counterpart.
struct ManifestPair<'m> {
    old: Option<&'m Manifest>,
    new: Option<&'m Manifest>,
    /// Their numbers, where the place among the manifests differs.
    moved: Option<(usize, usize)>,
}

/// Which manifest has an object, of those that differ: on the old side and on the new one.
type Homes<'m> = HashMap<String, (&'m Manifest, &'m Manifest)>;

impl Comparison<'_> {
    pub(super) fn manifests(&mut self, old: &[Manifest], new: &[Manifest]) {
        self.secrets.forget();
        self.learn(old.iter().chain(new));
        let pairs = pairs(old, new);
        let moved = moved_objects(&pairs);
        for pair in pairs {
            match (pair.old, pair.new) {
                (Some(old), Some(new)) => self.manifest(old, new, &moved),
                (old, new) => self.whole_manifest(old, new, &moved),
            }
            if let (Some((from, to)), Some(new)) = (pair.moved, pair.new) {
                let part = Part::Manifest(new.name.clone());
                let mut moved = Difference::whole(Some(json!(from + 1)), Some(json!(to + 1)));
                moved.kind = ChangeKind::Moved;
                self.difference(part, moved);
            }
        }
    }

    /// Remembers what the Secrets among manifests hold.
    pub(super) fn learn<'m>(&mut self, manifests: impl Iterator<Item = &'m Manifest>) {
        for manifest in manifests.filter(|one| one.content.contains("Secret")) {
            let texts = reduce::documents(&manifest.content);
            for text in texts.filter(|text| text.contains("Secret")) {
                for object in objects(text).into_iter().flatten() {
                    self.secrets.learn(&object);
                }
            }
        }
    }

    /// A manifest that only one side has.
    fn whole_manifest(
        &mut self,
        old: Option<&Manifest>,
        new: Option<&Manifest>,
        moved: &Homes<'_>,
    ) {
        let Some(manifest) = new.or(old) else { return };
        let part = Part::Manifest(manifest.name.clone());
        let Some(mut left) = objects(&manifest.content) else {
            if new.is_some() {
                self.look(&part, notable_in_text(&manifest.content).into_iter());
            }
            let text = Value::String(manifest.content.clone());
            let (before, after) = (old.map(|_| text.clone()), new.map(|_| text));
            return self.whole(part, before, after);
        };
        let mut come = Vec::new();
        left.retain(|object| {
            let is_moved = moved.contains_key(&object_name(object));
            if is_moved && new.is_some() {
                come.push(object.clone());
            }
            !is_moved
        });
        if new.is_some() {
            self.notable(&part, &[], &left);
        }
        let value = match left.len() {
            1 => left.remove(0),
            _ => Value::Array(left),
        };
        let first = value.get(0).unwrap_or(&value);
        self.pack.object = object_kind(first).to_owned();
        let before = old.map(|_| value.clone());
        self.whole(part.clone(), before, new.map(|_| value));
        self.pack.object.clear();
        for object in come {
            self.moved_object(&part, &object, moved);
        }
    }

    /// An object that came from another manifest, and how it differs from what it was there.
    fn moved_object(&mut self, part: &Part, new: &Value, moved: &Homes<'_>) {
        let name = object_name(new);
        let Some((from, to)) = moved.get(&name) else {
            return;
        };
        let step = Step::Item("object", name.clone());
        let mut elsewhere = Difference::whole(Some(json!(from.name)), Some(json!(to.name)));
        elsewhere.kind = ChangeKind::Moved;
        elsewhere.place.push(step.clone());
        self.difference(part.clone(), elsewhere);
        let before = objects(&from.content).into_iter().flatten();
        if let Some(old) = before.into_iter().find(|old| object_name(old) == name) {
            self.object(part, Some(step), &old, new);
        }
    }

    pub(super) fn look_at_manifest(&mut self, manifest: &Manifest) {
        let part = Part::Manifest(manifest.name.clone());
        match objects(&manifest.content) {
            Some(objects) => self.notable(&part, &[], &objects),
            None => self.look(&part, notable_in_text(&manifest.content).into_iter()),
        }
    }

    fn manifest(&mut self, old: &Manifest, new: &Manifest, moved: &Homes<'_>) {
        let part = Part::Manifest(new.name.clone());
        if old.name != new.name {
            let mut renamed = Difference::whole(Some(json!(old.name)), Some(json!(new.name)));
            renamed.place.push(Step::Key("name".to_owned()));
            renamed
                .remarks
                .push("the manifest has another name and the same objects".to_owned());
            self.difference(part.clone(), renamed);
        }
        if old.content == new.content {
            return;
        }
        let other = reduce::other_documents(&old.content, &new.content);
        let (old_text, new_text) = match &other {
            Some((old, new)) => (old.as_str(), new.as_str()),
            None => (old.content.as_str(), new.content.as_str()),
        };
        match (objects(old_text), objects(new_text)) {
            (Some(before), Some(after)) => {
                self.notable(&part, &before, &after);
                self.objects(&part, &before, &after, moved, other.is_none());
                self.notation(part, &old.content, &new.content);
            }
            _ => {
                self.notes.push(format!(
                    "the manifest `{}` is not YAML; it is compared as text",
                    new.name
                ));
                let before = notable_in_text(&old.content);
                let after = notable_in_text(&new.content).into_iter();
                self.look(&part, after.filter(|what| !before.contains(what)));
                self.text(part, ChangeKind::Changed, &old.content, &new.content);
            }
        }
    }

    /// Compares the objects of two manifests, of which these are all if they `are_whole`.
    fn objects(
        &mut self,
        part: &Part,
        old: &[Value],
        new: &[Value],
        moved: &Homes<'_>,
        are_whole: bool,
    ) {
        if let ([old], [new], true) = (old, new, are_whole)
            && !moved.contains_key(&object_name(old))
            && !moved.contains_key(&object_name(new))
        {
            self.object(part, None, old, new);
            return;
        }
        let names = |objects: &[Value]| {
            let names = objects.iter().map(|object| object_name(object).into());
            tree::numbered(names.collect())
        };
        let (old_names, new_names) = (names(old), names(new));
        for found in pair(&old_names, &new_names) {
            let name = found.newest(&old_names, &new_names).as_ref();
            let step = Step::Item("object", name.to_owned());
            match found.items(old, new) {
                (Some(old), Some(new)) => self.object(part, Some(step), old, new),
                (Some(_), None) if moved.contains_key(name) => {}
                (None, Some(new)) if moved.contains_key(name) => {
                    self.moved_object(part, new, moved);
                }
                (old, new) => {
                    let mut whole = Difference::whole(old.cloned(), new.cloned());
                    whole.place.push(step);
                    self.difference(part.clone(), whole);
                }
            }
        }
    }

    fn object(&mut self, part: &Part, within: Option<Step>, old: &Value, new: &Value) {
        object_kind(new).clone_into(&mut self.pack.object);
        self.pack.within = within;
        let kinds = [object_kind(old), object_kind(new)];
        if kinds[0] != kinds[1] && !kinds.contains(&"") {
            let mut other = Difference::whole(Some(old.clone()), Some(new.clone()));
            other.remarks.push(format!(
                "another object replaces it: `{}`, formerly `{}`",
                object_name(new),
                object_name(old)
            ));
            self.difference(part.clone(), other);
        } else {
            tree::compare_objects(old, new, &mut |found| {
                self.difference_that_counts(part, found);
            });
        }
        self.pack.within = None;
        self.pack.object.clear();
    }
}

/// Pairs manifests by their names, and those without a counterpart by the objects that they hold.
fn pairs<'m>(old: &'m [Manifest], new: &'m [Manifest]) -> Vec<ManifestPair<'m>> {
    let names = |manifests: &[Manifest]| -> Vec<String> {
        manifests.iter().map(|one| one.name.clone()).collect()
    };
    let mut pairs: Vec<ManifestPair<'m>> = pair(&names(old), &names(new))
        .into_iter()
        .map(|found| {
            let (before, after) = found.items(old, new);
            ManifestPair {
                old: before,
                new: after,
                moved: match found {
                    Pair::Both {
                        old,
                        new,
                        moved: true,
                    } => Some((old, new)),
                    _ => None,
                },
            }
        })
        .collect();
    let is_new = |pair: &ManifestPair<'_>| pair.old.is_none();
    let is_old = |pair: &ManifestPair<'_>| pair.new.is_none();
    if !pairs.iter().any(is_new) || !pairs.iter().any(is_old) {
        return pairs;
    }
    let mut gone: HashMap<Vec<String>, Vec<&Manifest>> = HashMap::new();
    for manifest in pairs.iter().rev().filter(|pair| is_old(pair)) {
        let Some(manifest) = manifest.old else {
            continue;
        };
        gone.entry(identity(manifest)).or_default().push(manifest);
    }
    for pair in pairs.iter_mut().filter(|pair| is_new(pair)) {
        let identity = pair.new.map(identity).unwrap_or_default();
        pair.old = gone.get_mut(&identity).and_then(Vec::pop);
    }
    let left: Vec<*const Manifest> = gone
        .into_values()
        .flatten()
        .map(std::ptr::from_ref)
        .collect();
    pairs.retain(|pair| {
        pair.new.is_some()
            || pair
                .old
                .is_some_and(|old| left.contains(&std::ptr::from_ref(old)))
    });
    pairs
}

/// What a manifest holds: the names of its objects, or its text where it is not YAML.
fn identity(manifest: &Manifest) -> Vec<String> {
    match objects(&manifest.content) {
        Some(objects) if !objects.is_empty() => {
            let mut names: Vec<String> = objects.iter().map(object_name).collect();
            names.sort();
            names
        }
        _ => vec![manifest.content.clone()],
    }
}

/// The objects that are in one manifest before and in another after.
fn moved_objects<'m>(pairs: &[ManifestPair<'m>]) -> Homes<'m> {
    let differs = |pair: &&ManifestPair<'_>| match (pair.old, pair.new) {
        (Some(old), Some(new)) => old.content != new.content,
        _ => true,
    };
    let differing: Vec<&ManifestPair<'m>> = pairs.iter().filter(differs).collect();
    if differing.len() < 2 {
        return Homes::new();
    }
    /// The pair and manifest of an object, or none if several have it.
    type Home<'m> = HashMap<String, Option<(usize, &'m Manifest)>>;
    let (mut before, mut after): (Home<'_>, Home<'_>) = (HashMap::new(), HashMap::new());
    for (at, pair) in differing.into_iter().enumerate() {
        let text = |one: Option<&'m Manifest>| one.map_or("", |one| one.content.as_str());
        let (old, new) = (text(pair.old), text(pair.new));
        // What is in both has not moved.
        let other = reduce::other_documents(old, new);
        let (old, new) = other.as_ref().map_or((old, new), |(old, new)| (old, new));
        let sides = [(pair.old, old, &mut before), (pair.new, new, &mut after)];
        for (manifest, text, homes) in sides {
            let Some(manifest) = manifest else { continue };
            for object in objects(text).into_iter().flatten() {
                homes
                    .entry(object_name(&object))
                    .and_modify(|home| *home = None)
                    .or_insert(Some((at, manifest)));
            }
        }
    }
    let mut moved = Homes::new();
    for (name, home) in before {
        if let Some((at_before, old)) = home
            && let Some(Some((at_after, new))) = after.get(&name)
            && at_before != *at_after
        {
            moved.insert(name, (old, new));
        }
    }
    moved
}

fn objects(text: &str) -> Option<Vec<Value>> {
    let read = |text: &str| yaml::to_json_all(&text_to_read("manifest", text), Limits::VALUES).ok();
    read(text).or_else(|| read(&macros::quoted(text)?))
}

fn object_kind(object: &Value) -> &str {
    object
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Kind, namespace and name of a Kubernetes object: `ConfigMap default/win-unattend-xml`.
fn object_name(object: &Value) -> String {
    let empty = Map::new();
    let metadata = object
        .get("metadata")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let text = |key: &str| {
        metadata
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match text("namespace") {
        "" => format!("{} {}", object_kind(object), text("name")),
        namespace => format!("{} {namespace}/{}", object_kind(object), text("name")),
    }
}
