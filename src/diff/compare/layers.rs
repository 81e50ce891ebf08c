//! What differs between two layers: which pack, its facts, its presets, its values, and the files of the nodes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Comparison, PackContext, repeated, step_remark};
use crate::diagnostic::Source;
use crate::diff::path::{Place, Step};
use crate::diff::presets::{Switched, switched};
use crate::diff::reduce::reduce;
use crate::diff::report::{ChangeKind, LayerPair, PackVersion, Part};
use crate::diff::{pairing, tree, versions};
use crate::profile::{Layer, Profile};
use crate::sequence::{Pair, pair};
use crate::yaml::{self, Limits};

impl Comparison<'_> {
    pub(super) fn layers(&mut self, old: &Profile, new: &Profile) -> Vec<LayerPair> {
        let (old, new) = (&old.spec.template.packs, &new.spec.template.packs);
        let names = |layers: &[Layer]| -> Vec<String> {
            layers.iter().map(|layer| layer.name.clone()).collect()
        };
        for name in repeated(&names(old))
            .into_iter()
            .chain(repeated(&names(new)))
        {
            self.notes.push(format!(
                "the profile `{}` has two layers `{name}`",
                self.profile
            ));
        }
        let pairs = pairing::layers(old, new);
        let moved = moved_layers(old, &pairs);
        pairs
            .into_iter()
            .map(|(old, new)| {
                let name = new
                    .or(old)
                    .map(|layer| layer.name.clone())
                    .unwrap_or_default();
                let kind = new
                    .or(old)
                    .map(|layer| layer.layer.clone())
                    .unwrap_or_default();
                self.pack = PackContext {
                    name: Some(name.clone()),
                    kind: kind.clone(),
                    ..PackContext::default()
                };
                self.layer(old, new, moved.contains(&name));
                let version = |layer: &Layer| PackVersion {
                    pack: layer.name.clone(),
                    version: layer.version.clone(),
                };
                LayerPair {
                    name,
                    kind,
                    step: match (old, new) {
                        (Some(old), Some(new)) if old.name == new.name => {
                            versions::step(&old.version, &new.version)
                        }
                        _ => None,
                    },
                    old: old.map(version),
                    new: new.map(version),
                    changes: 0,
                }
            })
            .collect()
    }

    fn layer(&mut self, old: Option<&Layer>, new: Option<&Layer>, moved: bool) {
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (Some(old), None) => {
                return self.whole(
                    Part::Layer,
                    ChangeKind::Removed,
                    Some(layer_outline(old)),
                    None,
                );
            }
            (None, Some(new)) => {
                return self.whole(
                    Part::Layer,
                    ChangeKind::Added,
                    None,
                    Some(layer_outline(new)),
                );
            }
            (None, None) => return,
        };
        if old.name != new.name {
            self.whole(
                Part::Layer,
                ChangeKind::Changed,
                Some(layer_outline(old)),
                Some(layer_outline(new)),
            );
            if let Some(change) = self.changes.last_mut() {
                change
                    .remarks
                    .push("another pack takes its place; their values are not compared".to_owned());
            }
            return self.manifests(&old.manifests, &new.manifests);
        }
        self.layer_facts(old, new);
        if moved {
            let mut place = Place::default();
            place.push(Step::Key("order".to_owned()));
            self.at(Part::Layer, place, ChangeKind::Moved, None, None);
        }
        self.pack.switched = switched(old, new, self.library);
        for index in 0..self.pack.switched.len() {
            let switch = &self.pack.switched[index];
            let (group, from, to) = (switch.group.clone(), switch.old.clone(), switch.new.clone());
            let kind = match (&from, &to) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Removed,
                _ => ChangeKind::Changed,
            };
            self.whole(
                Part::Preset(group),
                kind,
                from.map(Value::String),
                to.map(Value::String),
            );
        }
        self.values(old, new);
        self.manifests(&old.manifests, &new.manifests);
    }

    fn layer_facts(&mut self, old: &Layer, new: &Layer) {
        let facts = |layer: &Layer| {
            json!({
                "version": layer.version,
                "tag": layer.tag,
                "type": layer.kind,
                "layer": layer.layer,
                "registry": layer.registry.metadata,
            })
        };
        for difference in tree::compare(&facts(old), &facts(new)) {
            let is_version = difference.place.last_key() == "version";
            let mut change = self.change(Part::Layer, difference, None);
            if is_version {
                change
                    .remarks
                    .extend(step_remark(&old.version, &new.version));
                let skipped = versions::skipped_minors(&old.version, &new.version);
                if self.pack.kind == "k8s" && !skipped.is_empty() {
                    change.remarks.push(format!(
                        "skips {}: Kubernetes is upgraded one minor version at a time",
                        skipped.join(", ")
                    ));
                }
            }
            self.changes.push(change);
        }
    }

    fn values(&mut self, old: &Layer, new: &Layer) {
        if old.values == new.values {
            return;
        }
        let parse = |text: &str| {
            let source = Source::new("values", text);
            match yaml::to_json(&source, Limits::VALUES) {
                Ok(Value::Null) => Some(json!({})),
                Ok(value) => Some(value),
                Err(_) => None,
            }
        };
        let (old_text, new_text) = match reduce(&old.values, &new.values) {
            Some((old, new)) => (Cow::Owned(old), Cow::Owned(new)),
            None => (
                Cow::Borrowed(old.values.as_str()),
                Cow::Borrowed(new.values.as_str()),
            ),
        };
        match (parse(&old_text), parse(&new_text)) {
            (Some(mut before), Some(mut after)) => {
                self.secrets.forget();
                // What an alias repeats as a secret is one where it is written, too.
                if old.values.contains(": *") || new.values.contains(": *") {
                    self.secrets.learn(&before);
                    self.secrets.learn(&after);
                }
                self.node_files(&mut before, &mut after);
                for difference in tree::compare(&before, &after) {
                    let preset = self.explaining(&difference.place);
                    let change = self.change(Part::Values, difference, preset);
                    self.changes.push(change);
                }
                self.notation(Part::Values, &old.values, &new.values);
            }
            _ => {
                self.notes.push(format!(
                    "the values of `{}` are not YAML; they are compared as text",
                    new.name
                ));
                self.text(Part::Values, ChangeKind::Changed, &old.values, &new.values);
            }
        }
    }

    fn explaining(&self, place: &Place) -> Option<String> {
        self.pack
            .switched
            .iter()
            .find(|switch| switch.explains(place))
            .map(Switched::title)
    }

    /// Takes files and commands of the nodes out of the values and compares each as what it is.
    fn node_files(&mut self, old: &mut Value, new: &mut Value) {
        let (old_files, new_files) = (take_files(old), take_files(new));
        let paths = |files: &[(String, Value)]| -> Vec<String> {
            files.iter().map(|(path, _)| path.clone()).collect()
        };
        for found in pair(&paths(&old_files), &paths(&new_files)) {
            match found {
                Pair::Old(at) => {
                    let (path, file) = &old_files[at];
                    self.whole(
                        Part::File(path.clone()),
                        ChangeKind::Removed,
                        Some(file.clone()),
                        None,
                    );
                }
                Pair::New(at) => {
                    let (path, file) = &new_files[at];
                    self.whole(
                        Part::File(path.clone()),
                        ChangeKind::Added,
                        None,
                        Some(file.clone()),
                    );
                }
                Pair::Both { old, new, .. } => self.node_file(&old_files[old], &new_files[new]),
            }
        }
        let (old_commands, new_commands) = (take_commands(old), take_commands(new));
        let mut names: Vec<&String> = old_commands.keys().chain(new_commands.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let text = |commands: &BTreeMap<String, String>| {
                commands.get(name).cloned().unwrap_or_default()
            };
            let (old, new) = (text(&old_commands), text(&new_commands));
            if old != new {
                self.text(
                    Part::Commands(name.clone()),
                    ChangeKind::Changed,
                    &old,
                    &new,
                );
            }
        }
    }

    fn node_file(&mut self, (path, old): &(String, Value), (_, new): &(String, Value)) {
        let content = |file: &Value| {
            file.get("content")
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let texts = content(old).zip(content(new));
        if let Some((old, new)) = &texts {
            for difference in tree::compare_texts(old, new, path) {
                let change = self.change(Part::File(path.clone()), difference, None);
                self.changes.push(change);
            }
        }
        let rest = |file: &Value| {
            let mut file = file.clone();
            if texts.is_some()
                && let Value::Object(map) = &mut file
            {
                map.shift_remove("content");
            }
            file
        };
        for difference in tree::compare(&rest(old), &rest(new)) {
            let change = self.change(Part::File(path.clone()), difference, None);
            self.changes.push(change);
        }
    }
}

/// The layers that stand elsewhere among those of both sides, by their new name.
fn moved_layers(old: &[Layer], pairs: &[pairing::Pair<'_, Layer>]) -> Vec<String> {
    let common: Vec<(&Layer, &Layer)> = pairs
        .iter()
        .filter_map(|(old, new)| Some(((*old)?, (*new)?)))
        .collect();
    let place = |layer: &Layer| {
        old.iter()
            .position(|other| std::ptr::eq(other, layer))
            .unwrap_or_default()
    };
    let mut before: Vec<usize> = common.iter().map(|(old, _)| place(old)).collect();
    let after = before.clone();
    before.sort_unstable();
    pair(&before, &after)
        .into_iter()
        .filter_map(|found| match found {
            Pair::Both {
                new, moved: true, ..
            } => Some(common[new].1.name.clone()),
            _ => None,
        })
        .collect()
}

/// What is said of a layer that comes, goes, or is replaced.
fn layer_outline(layer: &Layer) -> Value {
    json!({"pack": layer.name, "version": layer.version})
}

/// Takes the files out of `kubeadmconfig.files`, where each has a path.
fn take_files(values: &mut Value) -> Vec<(String, Value)> {
    let path_of = |file: &Value| {
        ["targetPath", "path"]
            .iter()
            .find_map(|key| file.get(*key))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let Some(config) = values
        .get_mut("kubeadmconfig")
        .and_then(Value::as_object_mut)
    else {
        return Vec::new();
    };
    let all_have_paths = config
        .get("files")
        .and_then(Value::as_array)
        .is_some_and(|files| files.iter().all(|file| path_of(file).is_some()));
    if !all_have_paths {
        return Vec::new();
    }
    match config.shift_remove("files") {
        Some(Value::Array(files)) => files
            .into_iter()
            .filter_map(|file| Some((path_of(&file)?, file)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Takes the lists of commands out of `kubeadmconfig`, each as one text.
fn take_commands(values: &mut Value) -> BTreeMap<String, String> {
    let mut commands = BTreeMap::new();
    let Some(config) = values
        .get_mut("kubeadmconfig")
        .and_then(Value::as_object_mut)
    else {
        return commands;
    };
    for name in ["preKubeadmCommands", "postKubeadmCommands"] {
        let texts: Option<Vec<&str>> = config
            .get(name)
            .and_then(Value::as_array)
            .and_then(|list| list.iter().map(Value::as_str).collect());
        if let Some(texts) = texts {
            let text = texts
                .iter()
                .map(|text| format!("{}\n", text.trim_end()))
                .collect();
            commands.insert(name.to_owned(), text);
            config.shift_remove(name);
        }
    }
    commands
}
