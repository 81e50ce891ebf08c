//! What differs between two layers: which pack, its facts, its presets, its values, and the files of the nodes.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::slice::from_ref;

use serde_json::{Value, json};

use super::{Comparison, PackContext, step_remark, text_to_read};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::diff::drift::Around;
use crate::diff::path::{Place, Step};
use crate::diff::presets::{Switched, switched};
use crate::diff::reduce::reduce;
use crate::diff::report::{ChangeKind, Content, LayerPair, PackVersion, Part, Side};
use crate::diff::tree::{self, Difference};
use crate::diff::{macros, pairing, versions};
use crate::profile::Layer;
use crate::sequence::{Pair, pair};
use crate::yaml::{self, Limits};

impl Comparison<'_> {
    pub(super) fn layers(&mut self, old: &[Layer], new: &[Layer]) -> Vec<LayerPair> {
        self.note_repeated("layers", &names(old), &names(new));
        let pairs = pairing::layers(old, new);
        let moved = moved_layers(old, &pairs);
        let newest = pairs.iter().filter_map(|(old, new)| new.or(*old));
        let names = pairing::unique_names(&newest.collect::<Vec<_>>());
        pairs
            .into_iter()
            .zip(names)
            .enumerate()
            .map(|(at, ((old, new), name))| {
                let either = new.or(old);
                let kind = either.map_or_else(String::new, |layer| layer.layer.clone());
                self.pack = PackContext {
                    name: Some(name.clone()),
                    pack: either.map_or_else(String::new, |layer| layer.name.clone()),
                    kind: kind.clone(),
                    ..PackContext::default()
                };
                self.layer(old, new, moved.contains(&at));
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
        let (Some(old), Some(new)) = (old, new) else {
            return self.whole_layer(old, new);
        };
        if old.name != new.name {
            return self.replaced_layer(old, new);
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

    /// A layer that only one side has, with all that it holds.
    fn whole_layer(&mut self, old: Option<&Layer>, new: Option<&Layer>) {
        let outlines = Difference::whole(old.map(layer_outline), new.map(layer_outline));
        let mut change = self.change(Part::Layer, outlines, None);
        change.content = self.content(None, old, new);
        self.tell(change);
        self.look_at(new);
    }

    /// A layer whose pack another one replaces: what both packs know is compared, what else they hold is shown.
    fn replaced_layer(&mut self, old: &Layer, new: &Layer) {
        let outlines = Difference::whole(Some(layer_outline(old)), Some(layer_outline(new)));
        let mut change = self.change(Part::Layer, outlines, None);
        let trees = self.trees(old, new);
        let likeness = trees.as_ref().map(|(old, new)| Likeness::of(old, new));
        let is_alike = likeness.as_ref().is_some_and(Likeness::is_one_pack);
        change.remarks.push(match &likeness {
            Some(likeness) => format!(
                "another pack replaces it; {} of its {} settings are in both and are compared",
                likeness.shared, likeness.all
            ),
            None => "another pack replaces it; their values are not compared".to_owned(),
        });
        if !is_alike {
            let values_of = |layer: &Layer| Layer {
                manifests: Vec::new(),
                ..layer.clone()
            };
            let (old, new) = (values_of(old), values_of(new));
            change.content = self.content(None, Some(&old), Some(&new));
            self.look_at(Some(&new));
        }
        self.tell(change);
        if let Some((mut before, mut after)) = trees {
            if !is_alike {
                // What Palette reads there is about each pack.
                for tree in [&mut before, &mut after] {
                    tree.as_object_mut().map(|tree| tree.shift_remove("pack"));
                }
            }
            self.value_trees(before, after, !is_alike);
        }
        self.manifests(&old.manifests, &new.manifests);
    }

    /// The values of two packs as trees, where both are; a single chart of the one stands for that of the other.
    fn trees(&mut self, old: &Layer, new: &Layer) -> Option<(Value, Value)> {
        let (mut before, after) = (self.tree(&old.values).ok()?, self.tree(&new.values).ok()?);
        let chart = |tree: &Value| {
            let charts = tree.get("charts")?.as_object()?;
            let name = charts.keys().next().filter(|_| charts.len() == 1)?;
            Some(name.clone())
        };
        if let (Some(old), Some(new)) = (chart(&before), chart(&after))
            && let Some(charts) = before.get_mut("charts").and_then(Value::as_object_mut)
            && let Some(values) = charts.shift_remove(&old)
        {
            charts.insert(new, values);
        }
        Some((before, after))
    }

    /// The texts of layers, without the secrets in them.
    pub(super) fn content(
        &mut self,
        layer: Option<&str>,
        old: Option<&Layer>,
        new: Option<&Layer>,
    ) -> Vec<Content> {
        let layers = [old, new].into_iter().flatten();
        self.learn(layers.flat_map(|layer| &layer.manifests));
        let mut content = Vec::new();
        for (side, from) in [(Side::Old, old), (Side::New, new)] {
            let Some(from) = from else { continue };
            let values = (Part::Values, &from.values);
            let manifests = from.manifests.iter();
            let manifests = manifests.map(|one| (Part::Manifest(one.name.clone()), &one.content));
            let texts = std::iter::once(values).chain(manifests);
            content.extend(texts.filter(|(_, text)| !text.trim().is_empty()).map(
                |(part, text)| Content {
                    side,
                    layer: layer.map(str::to_owned),
                    part,
                    text: self.secrets.text(text).into_owned(),
                },
            ));
        }
        content
    }

    /// Lists the notable parts of a new layer.
    pub(super) fn look_at(&mut self, new: Option<&Layer>) {
        let Some(new) = new else { return };
        if let Ok(tree) = self.tree(&new.values) {
            self.notable(&Part::Values, &[], from_ref(&tree));
        }
        for manifest in &new.manifests {
            self.look_at_manifest(manifest);
        }
    }

    fn layer_facts(&mut self, old: &Layer, new: &Layer) {
        let registry_name = |layer: &Layer| layer.registry.metadata.name.clone();
        let (old_name, new_name) = (registry_name(old), registry_name(new));
        let kinds = [old, new].map(|layer| layer.registry.metadata.kind.as_str());
        let differ = |a: &str, b: &str| a != b && !a.is_empty() && !b.is_empty();
        // If the name or the kind differs, it is another registry.
        let has_other_name = differ(&old_name, &new_name);
        let has_other_kind = differ(kinds[0], kinds[1]);
        let facts = |layer: &Layer| {
            json!({
                "version": layer.version,
                "tag": layer.tag,
                "type": layer.kind,
                "layer": layer.layer,
                "registry": match (has_other_name, has_other_kind) {
                    (true, _) => json!(registry_name(layer)),
                    (_, true) => json!({"kind": layer.registry.metadata.kind}),
                    _ => json!(layer.registry.metadata),
                },
            })
        };
        let same_version = old.version == new.version;
        self.around.same_registry = old_name == new_name && !old_name.is_empty() && !has_other_kind;
        tree::compare(&facts(old), &facts(new), &mut |difference| {
            let is_version = difference.place.last_key() == "version";
            // The tag moves along with the version: one change.
            if !same_version && difference.place.last_key() == "tag" {
                return;
            }
            if !self.counts(&Part::Layer, &difference) {
                return;
            }
            let mut change = self.change(Part::Layer, difference, None);
            if is_version {
                if new.tag != new.version && new.tag != old.tag && !new.tag.is_empty() {
                    change.remarks.push(format!("asked for as `{}`", new.tag));
                }
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
            self.tell(change);
        });
    }

    fn values(&mut self, old: &Layer, new: &Layer) {
        match self.packs_own(old, new) {
            Some([own_old, own_new]) => self.values_but_own([old, new], [&own_old, &own_new]),
            None => self.all_values(old, new),
        }
    }

    pub(super) fn all_values(&mut self, old: &Layer, new: &Layer) {
        self.around = Around::default();
        if old.values == new.values {
            return;
        }
        let (old_text, new_text) = match reduce(&old.values, &new.values) {
            Some((old, new)) => (Cow::Owned(old), Cow::Owned(new)),
            None => (
                Cow::Borrowed(old.values.as_str()),
                Cow::Borrowed(new.values.as_str()),
            ),
        };
        let trees = self
            .tree(&old_text)
            .and_then(|before| Ok((before, self.tree(&new_text)?)));
        match trees {
            Ok((before, after)) => {
                self.secrets.forget();
                // If an alias repeats a text as a secret, the original is a secret too.
                if old.values.contains(": *") || new.values.contains(": *") {
                    self.secrets.learn(&before);
                    self.secrets.learn(&after);
                }
                self.note_repeated_keys(old, new);
                self.notable(&Part::Values, from_ref(&before), from_ref(&after));
                self.value_trees(before, after, false);
                self.notation(Part::Values, &old.values, &new.values);
            }
            Err(NoTree { reason, is_beyond }) => {
                self.notes.push(format!(
                    "the values of `{}` {reason}; they are compared as text",
                    new.name
                ));
                let is_broken = |tree| {
                    matches!(
                        tree,
                        Err(NoTree {
                            is_beyond: false,
                            ..
                        })
                    )
                };
                let difference = Difference {
                    is_beyond,
                    is_broken: is_broken(self.tree(&new.values)),
                    ..Difference::of_texts(ChangeKind::Changed, &old.values, &new.values)
                };
                self.text_of(Part::Values, difference);
            }
        }
    }

    /// The values of a text; of keys that stand more than once the last counts, as for Helm.
    fn tree(&mut self, text: &str) -> Result<Value, NoTree> {
        let read =
            |text: &str| yaml::to_json_of_last(&text_to_read("values", text), Limits::VALUES);
        let filled = |problems: Vec<Diagnostic>| {
            let found = macros::quoted(text).and_then(|text| read(&text).ok());
            found.ok_or(problems)
        };
        match read(text).or_else(filled) {
            Ok((Value::Null, _)) => Ok(json!({})),
            Ok((value, repeated)) => {
                self.has_repeated |= !repeated.is_empty();
                Ok(value)
            }
            Err(problems) => Err(match problems.first() {
                Some(first) if first.kind() == Code::Limit => NoTree {
                    reason: format!("exceed a limit of YAML texts ({})", first.message()),
                    is_beyond: true,
                },
                _ => NoTree {
                    reason: "are not YAML".to_owned(),
                    is_beyond: false,
                },
            }),
        }
    }

    /// Says which keys stand more than once in values, where what was read has any.
    fn note_repeated_keys(&mut self, old: &Layer, new: &Layer) {
        if !std::mem::take(&mut self.has_repeated) {
            return;
        }
        for (side, layer) in [("old", old), ("new", new)] {
            // What was read may be a part of the text, with other numbers of lines.
            let source = Source::new("values", layer.values.as_str());
            let Ok((_, repeated)) = yaml::to_json_of_last(&source, Limits::VALUES) else {
                continue;
            };
            let name = &layer.name;
            let notes = repeated.iter().take(MOST_REPEATED).map(|one| {
                let [first, last] = one.lines;
                format!(
                    "the {side} values of `{name}` have the key `{}` on line {first} and again on line {last}; the last counts, as for Helm",
                    one.key
                )
            });
            self.notes.extend(notes);
            if let Some(more @ 1..) = repeated.len().checked_sub(MOST_REPEATED) {
                self.notes.push(format!(
                    "the {side} values of `{name}` have {more} more duplicate keys"
                ));
            }
        }
    }

    /// Compares the values of two layers; of different packs only what is in `both`.
    fn value_trees(&mut self, mut before: Value, mut after: Value, both: bool) {
        self.node_files(&mut before, &mut after);
        tree::compare(&before, &after, &mut |difference| {
            let is_one_sided = matches!(difference.kind, ChangeKind::Added | ChangeKind::Removed);
            if (both && is_one_sided) || !self.counts(&Part::Values, &difference) {
                return;
            }
            let preset = self.explaining(&difference.place);
            let change = self.change(Part::Values, difference, preset);
            self.tell(change);
        });
    }

    fn explaining(&self, place: &Place) -> Option<String> {
        self.pack
            .switched
            .iter()
            .find(|switch| switch.explains(place))
            .map(Switched::title)
    }

    /// Removes files and commands of the nodes from the values and compares each in its own language.
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
            if let Pair::Both {
                old,
                new,
                moved: true,
            } = found
            {
                self.moved_file(path, old, new);
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

    /// A file that is written earlier or later than before.
    fn moved_file(&mut self, path: &str, old: usize, new: usize) {
        let place = |at: usize| Some(Value::from(at + 1));
        let mut moved = Difference::whole(place(old), place(new));
        moved.kind = ChangeKind::Moved;
        for key in ["kubeadmconfig", "files"] {
            moved.place.push(Step::Key(key.to_owned()));
        }
        moved.place.push(Step::Item("targetPath", path.to_owned()));
        self.difference(Part::Values, moved);
    }

    fn node_file(&mut self, part: &Part, path: &str, old: &Value, new: &Value) {
        let content = |file: &Value| {
            file.get("content")
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let texts = content(old).zip(content(new));
        if let Some((old, new)) = &texts {
            tree::compare_texts(old, new, path, &mut |found| {
                self.difference_that_counts(part, found);
            });
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
        tree::compare(&rest(old), &rest(new), &mut |found| {
            self.difference_that_counts(part, found);
        });
    }
}

/// Why values are not a tree.
struct NoTree {
    /// The end of a sentence about them.
    reason: String,
    /// Whether they are too much.
    is_beyond: bool,
}

/// The most repeated keys that are shown of a text.
const MOST_REPEATED: usize = 10;

/// How much two packs have in common.
struct Likeness {
    shared: usize,
    all: usize,
}

impl Likeness {
    /// Of the settings of both, without what Palette itself reads.
    fn of(old: &Value, new: &Value) -> Self {
        let settings = |tree: &Value| {
            let mut found = HashSet::new();
            settings(tree, &mut String::new(), &mut found);
            found
        };
        let (old, new) = (settings(old), settings(new));
        Likeness {
            shared: old.intersection(&new).count(),
            all: old.len(),
        }
    }

    /// Whether the one is the other under a new name.
    fn is_one_pack(&self) -> bool {
        self.all > 0 && 2 * self.shared >= self.all
    }
}

fn settings(tree: &Value, path: &mut String, found: &mut HashSet<String>) {
    let Value::Object(map) = tree else {
        found.insert(path.clone());
        return;
    };
    for (key, value) in map {
        if path.is_empty() && key == "pack" {
            continue;
        }
        let length = path.len();
        path.push('\0');
        path.push_str(key);
        settings(value, path, found);
        path.truncate(length);
    }
}

fn names(layers: &[Layer]) -> Vec<String> {
    layers.iter().map(|layer| layer.name.clone()).collect()
}

/// The layers that are elsewhere among those of both sides, by their number among the pairs.
fn moved_layers(old: &[Layer], pairs: &[pairing::Pair<'_, Layer>]) -> Vec<usize> {
    let common: Vec<(usize, &Layer)> = (0..)
        .zip(pairs)
        .filter_map(|(at, (old, new))| Some((at, (*old).filter(|_| new.is_some())?)))
        .collect();
    let places: HashMap<*const Layer, usize> = (0..)
        .zip(old)
        .map(|(at, layer)| (std::ptr::from_ref(layer), at))
        .collect();
    let place = |layer: &Layer| {
        let at = places.get(&std::ptr::from_ref(layer));
        at.copied().unwrap_or_default()
    };
    let mut before: Vec<usize> = common.iter().map(|(_, old)| place(old)).collect();
    let after = before.clone();
    before.sort_unstable();
    pair(&before, &after)
        .into_iter()
        .filter_map(|found| match found {
            Pair::Both {
                new, moved: true, ..
            } => Some(common[new].0),
            _ => None,
        })
        .collect()
}

/// A change for a layer that was added, removed or replaced.
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
