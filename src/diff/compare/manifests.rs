//! What differs between the manifests of two layers, object by object.

use serde_json::{Map, Value, json};

use super::Comparison;
use crate::diagnostic::Source;
use crate::diff::path::{Place, Step};
use crate::diff::report::{ChangeKind, Part};
use crate::diff::tree::{self, Difference};
use crate::profile::Manifest;
use crate::sequence::{Pair, pair};
use crate::yaml::{self, Limits};

impl Comparison<'_> {
    pub(super) fn manifests(&mut self, old: &[Manifest], new: &[Manifest]) {
        let names = |manifests: &[Manifest]| -> Vec<String> {
            manifests
                .iter()
                .map(|manifest| manifest.name.clone())
                .collect()
        };
        self.secrets.forget();
        for manifest in old
            .iter()
            .chain(new)
            .filter(|one| one.content.contains("Secret"))
        {
            for object in objects(manifest).into_iter().flatten() {
                self.secrets.learn(&object);
            }
        }
        for found in pair(&names(old), &names(new)) {
            let (before, after) = found.items(old, new);
            if let (Some(before), Some(after)) = (before, after) {
                self.manifest(before, after);
            } else {
                self.whole_manifest(before, after);
            }
            if let Pair::Both {
                old: from,
                new: to,
                moved: true,
            } = found
            {
                let part = Part::Manifest(new[to].name.clone());
                let mut moved = Difference::whole(Some(json!(from + 1)), Some(json!(to + 1)));
                moved.kind = ChangeKind::Moved;
                self.difference(part, moved);
            }
        }
    }

    /// A manifest that only one side has.
    fn whole_manifest(&mut self, old: Option<&Manifest>, new: Option<&Manifest>) {
        let Some(manifest) = new.or(old) else { return };
        let value = match objects(manifest) {
            Some(mut objects) if objects.len() == 1 => objects.remove(0),
            Some(objects) => Value::Array(objects),
            None => Value::String(manifest.content.clone()),
        };
        let first = value.get(0).unwrap_or(&value);
        self.pack.object = object_kind(first).to_owned();
        let part = Part::Manifest(manifest.name.clone());
        let old = old.map(|_| value.clone());
        self.whole(part, old, new.map(|_| value));
        self.pack.object.clear();
    }

    fn manifest(&mut self, old: &Manifest, new: &Manifest) {
        if old.content == new.content {
            return;
        }
        let part = Part::Manifest(new.name.clone());
        match (objects(old), objects(new)) {
            (Some(before), Some(after)) => {
                self.objects(&part, &before, &after);
                self.notation(part, &old.content, &new.content);
            }
            _ => {
                self.notes.push(format!(
                    "the manifest `{}` is not YAML; it is compared as text",
                    new.name
                ));
                self.text(part, ChangeKind::Changed, &old.content, &new.content);
            }
        }
    }

    fn objects(&mut self, part: &Part, old: &[Value], new: &[Value]) {
        if let ([old], [new]) = (old, new) {
            self.object(part, None, old, new);
            return;
        }
        let names = |objects: &[Value]| tree::numbered(objects.iter().map(object_name).collect());
        let (old_names, new_names) = (names(old), names(new));
        for found in pair(&old_names, &new_names) {
            let name = found.newest(&old_names, &new_names);
            let step = Step::Item("object", name.clone());
            match found.items(old, new) {
                (Some(old), Some(new)) => self.object(part, Some(step), old, new),
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
        for difference in tree::compare_objects(old, new) {
            let mut change = self.change(part.clone(), difference, None);
            if let Some(step) = &within {
                let mut place = Place::default();
                place.push(step.clone());
                change.path = match change.path.as_str() {
                    "" => place.to_string(),
                    path => format!("{place}.{path}"),
                };
            }
            self.changes.push(change);
        }
        self.pack.object.clear();
    }
}

fn objects(manifest: &Manifest) -> Option<Vec<Value>> {
    let source = Source::new(manifest.name.as_str(), manifest.content.as_str());
    yaml::to_json_all(&source, Limits::VALUES).ok()
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
