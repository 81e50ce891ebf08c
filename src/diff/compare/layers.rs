//! What differs between two layers: which pack, its facts, its presets, its values, and the files of the nodes.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{Comparison, PackContext, step_remark};
use crate::diagnostic::Source;
use crate::diff::path::{Place, Step};
use crate::diff::presets::{Switched, switched};
use crate::diff::reduce::reduce;
use crate::diff::report::{ChangeKind, LayerPair, PackVersion, Part};
use crate::diff::tree::{self, Difference};
use crate::diff::{pairing, versions};
use crate::profile::Layer;
use crate::sequence::{Pair, pair};
use crate::yaml::{self, Limits};

impl Comparison<'_> {
    pub(super) fn layers(&mut self, old: &[Layer], new: &[Layer]) -> Vec<LayerPair> {
        let names = |layers: &[Layer]| -> Vec<String> {
            layers.iter().map(|layer| layer.name.clone()).collect()
        };
        self.note_repeated("layers", &names(old), &names(new));
        let pairs = pairing::layers(old, new);
        let moved = moved_layers(old, &pairs);
        pairs
            .into_iter()
            .map(|(old, new)| {
                let either = new.or(old);
                let name = either.map_or_else(String::new, |layer| layer.name.clone());
                let kind = either.map_or_else(String::new, |layer| layer.layer.clone());
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
        let outlines = || (old.map(layer_outline), new.map(layer_outline));
        let (Some(old), Some(new)) = (old, new) else {
            let (old, new) = outlines();
            return self.whole(Part::Layer, old, new);
        };
        if old.name != new.name {
            let (outline_of_old, outline_of_new) = outlines();
            let mut replaced = Difference::whole(outline_of_old, outline_of_new);
            let remark = "another pack takes its place; their values are not compared";
            replaced.remarks.push(remark.to_owned());
            self.difference(Part::Layer, replaced);
            return self.manifests(&old.manifests, &new.manifests);
        }
        self.layer_facts(old, new);
        if moved {
            let mut elsewhere = Difference::whole(None, None);
            elsewhere.kind = ChangeKind::Moved;
            elsewhere.place.push(Step::Key("order".to_owned()));
            self.difference(Part::Layer, elsewhere);
        }
        self.pack.switched = switched(old, new, self.library);
        for index in 0..self.pack.switched.len() {
            let switch = &self.pack.switched[index];
            let (from, to) = (switch.old.clone(), switch.new.clone());
            let part = Part::Preset(switch.group.clone());
            self.whole(part, from.map(Value::String), to.map(Value::String));
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
        let (old_files, new_files) = (
            take_files(old).unwrap_or_default(),
            take_files(new).unwrap_or_default(),
        );
        let paths = |files: &[(String, Value)]| -> Vec<String> {
            files.iter().map(|(path, _)| path.clone()).collect()
        };
        for found in pair(&paths(&old_files), &paths(&new_files)) {
            let (path, _) = found.newest(&old_files, &new_files);
            let part = Part::File(path.clone());
            match found.items(&old_files, &new_files) {
                (Some((_, old)), Some((_, new))) => self.node_file(&part, path, old, new),
                (old, new) => {
                    let file =
                        |found: Option<&(String, Value)>| found.map(|(_, file)| file.clone());
                    self.whole(part, file(old), file(new));
                }
            }
        }
        for name in ["postKubeadmCommands", "preKubeadmCommands"] {
            let (old, new) = (take_commands(old, name), take_commands(new, name));
            if old != new {
                let part = Part::Commands(name.to_owned());
                let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
                self.text(part, ChangeKind::Changed, &old, &new);
            }
        }
    }

    fn node_file(&mut self, part: &Part, path: &str, old: &Value, new: &Value) {
        let content = |file: &Value| {
            file.get("content")
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let texts = content(old).zip(content(new));
        if let Some((old, new)) = &texts {
            self.differences(part, tree::compare_texts(old, new, path));
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
        self.differences(part, tree::compare(&rest(old), &rest(new)));
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
fn take_files(values: &mut Value) -> Option<Vec<(String, Value)>> {
    let path_of = |file: &Value| {
        let path = file.get("targetPath").or_else(|| file.get("path"))?;
        path.as_str().map(str::to_owned)
    };
    let config = values.get_mut("kubeadmconfig")?.as_object_mut()?;
    let files = config.get("files")?.as_array()?;
    if !files.iter().all(|file| path_of(file).is_some()) {
        return None;
    }
    let Some(Value::Array(files)) = config.shift_remove("files") else {
        return None;
    };
    let files = files.into_iter();
    Some(
        files
            .filter_map(|file| Some((path_of(&file)?, file)))
            .collect(),
    )
}

/// Takes a list of commands out of `kubeadmconfig`, as one text.
fn take_commands(values: &mut Value, name: &str) -> Option<String> {
    let config = values.get_mut("kubeadmconfig")?.as_object_mut()?;
    let commands = config.get(name)?.as_array()?.iter();
    let line = |command: &Value| Some(format!("{}\n", command.as_str()?.trim_end()));
    let text = commands.map(line).collect::<Option<String>>()?;
    config.shift_remove(name);
    Some(text)
}
