//! From two sets of profiles to a report.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::announced::Announcements;
use super::impact::{Rules, Subject};
use super::pairing;
use super::path::{Place, Step};
use super::presets::{Switched, switched};
use super::reduce::reduce;
use super::report::{
    Change, ChangeKind, FORMAT, Hunk, Impact, ImpactCount, LayerPair, PackVersion, Part,
    ProfileName, ProfilePair, Report, Summary, VersionStep,
};
use super::secrets::Secrets;
use super::sequence::{Pair, pair};
use super::tree::{self, Difference};
use super::{lines, versions};
use crate::diagnostic::{Diagnostic, Source};
use crate::pack::Library;
use crate::profile::{Layer, Manifest, Profile, Variable};
use crate::revision::Revision;
use crate::yaml::{self, Limits};

/// One side of a comparison.
#[derive(Debug)]
pub struct Input {
    /// What the reader knows it by.
    pub name: String,
    /// Its profiles.
    pub profiles: Vec<Profile>,
    /// The revision of the RA it is, where it is one.
    pub revision: Option<Revision>,
}

/// How to compare.
#[derive(Debug, Default)]
pub struct Options {
    /// Also tell changes of notation alone: order of keys, comments, quotes.
    pub text: bool,
    /// Show the values of secrets.
    pub show_secrets: bool,
    /// Only what lies at or below these places.
    pub only: Vec<String>,
    /// Nothing that lies at or below these places.
    pub ignore: Vec<String>,
}

/// Compares two sides.
///
/// # Errors
/// The built-in rules are broken: a mistake in this crate. Texts that are not YAML are compared as texts, with a note.
pub fn compare(
    old: &Input,
    new: &Input,
    library: &Library,
    options: &Options,
) -> Result<Report, Diagnostic> {
    let announcements = match (&old.revision, &new.revision) {
        (Some(old), Some(new)) => Announcements::between(old, new)?,
        _ => Announcements::default(),
    };
    let mut comparison = Comparison {
        library,
        options,
        rules: Rules::load()?,
        announcements,
        secrets: Secrets::new(texts(old).chain(texts(new)), options.show_secrets),
        profile: String::new(),
        pack: PackContext::default(),
        changes: Vec::new(),
        notes: Vec::new(),
    };
    let profiles = pairing::profiles(&old.profiles, &new.profiles)
        .into_iter()
        .map(|(old, new)| comparison.profiles(old, new))
        .collect();
    let mut changes = comparison.changes;
    changes.retain(|change| {
        let place = location(change);
        (options.only.is_empty() || options.only.iter().any(|only| lies_in(&place, only)))
            && !options
                .ignore
                .iter()
                .any(|ignored| lies_in(&place, ignored))
    });
    let mut report = Report {
        format: FORMAT,
        old: old.name.clone(),
        new: new.name.clone(),
        summary: Summary::default(),
        profiles,
        changes,
        notes: comparison.notes,
    };
    count(&mut report);
    Ok(report)
}

/// Everything of a side that may hold a secret.
fn texts(input: &Input) -> impl Iterator<Item = &[u8]> {
    input.profiles.iter().flat_map(|profile| {
        let spec = &profile.spec;
        let layers = spec.template.packs.iter().flat_map(|layer| {
            let manifests = layer
                .manifests
                .iter()
                .map(|manifest| manifest.content.as_bytes());
            std::iter::once(layer.values.as_bytes()).chain(manifests)
        });
        let defaults = spec
            .variables
            .iter()
            .filter_map(|variable| variable.default_value.as_deref());
        layers.chain(defaults.map(str::as_bytes))
    })
}

/// Where a change is, as `--only` and `--ignore` take it: `LAYER/PART/PATH`.
fn location(change: &Change) -> String {
    let part = match &change.part {
        Part::Profile => "profile".to_owned(),
        Part::Variable(name) => format!("variable/{name}"),
        Part::Layer => "layer".to_owned(),
        Part::Preset(group) => format!("preset/{group}"),
        Part::Values => "values".to_owned(),
        Part::File(path) => format!("file{path}"),
        Part::Commands(name) => format!("commands/{name}"),
        Part::Manifest(name) => format!("manifest/{name}"),
    };
    let mut place = match &change.layer {
        Some(layer) => format!("{layer}/{part}"),
        None => part,
    };
    if !change.path.is_empty() {
        place.push('/');
        place.push_str(&change.path);
    }
    place
}

/// Whether a place is the wanted one or below it; `*` stands for anything.
fn lies_in(place: &str, wanted: &str) -> bool {
    fn begins(place: &str, wanted: &str) -> bool {
        match wanted.split_once('*') {
            None => place.strip_prefix(wanted).is_some_and(|rest| {
                rest.is_empty() || wanted.ends_with('/') || rest.starts_with(['/', '.', '[', '('])
            }),
            Some((start, rest)) => place.strip_prefix(start).is_some_and(|place| {
                place
                    .char_indices()
                    .map(|(at, _)| at)
                    .chain([place.len()])
                    .any(|at| begins(&place[at..], rest))
            }),
        }
    }
    begins(place, wanted)
}

fn count(report: &mut Report) {
    let impacts: Vec<ImpactCount> = Impact::ALL
        .into_iter()
        .map(|impact| ImpactCount {
            impact,
            changes: report
                .changes
                .iter()
                .filter(|change| change.impact == impact)
                .count(),
        })
        .filter(|count| count.changes > 0)
        .collect();
    report.summary = Summary {
        changes: report.changes.len(),
        worst: impacts.first().map(|count| count.impact),
        impacts,
    };
    for profile in &mut report.profiles {
        for layer in &mut profile.layers {
            layer.changes = report
                .changes
                .iter()
                .filter(|change| {
                    change.profile == profile.name
                        && change.layer.as_deref() == Some(layer.name.as_str())
                })
                .count();
        }
    }
}

/// The layer that is being compared.
#[derive(Default)]
struct PackContext {
    /// As changes name it.
    name: Option<String>,
    /// `os`, `k8s`, ...
    kind: String,
    /// The presets that were switched.
    switched: Vec<Switched>,
    /// The kind of the Kubernetes object.
    object: String,
}

struct Comparison<'c> {
    library: &'c Library,
    options: &'c Options,
    rules: Rules,
    announcements: Announcements,
    secrets: Secrets,
    profile: String,
    pack: PackContext,
    changes: Vec<Change>,
    notes: Vec<String>,
}

impl Comparison<'_> {
    fn profiles(&mut self, old: Option<&Profile>, new: Option<&Profile>) -> ProfilePair {
        let name = |profile: &Profile| ProfileName {
            name: profile.metadata.name.clone(),
            version: profile.spec.version.clone(),
        };
        self.profile = new
            .or(old)
            .map(|profile| profile.metadata.name.clone())
            .unwrap_or_default();
        self.pack = PackContext::default();
        let mut layers = Vec::new();
        match (old, new) {
            (Some(old), Some(new)) => {
                self.metadata(old, new);
                self.variables(old, new);
                layers = self.layers(old, new);
            }
            (Some(old), None) => {
                self.whole(Part::Profile, ChangeKind::Removed, Some(outline(old)), None)
            }
            (None, Some(new)) => {
                self.whole(Part::Profile, ChangeKind::Added, None, Some(outline(new)))
            }
            (None, None) => {}
        }
        ProfilePair {
            name: self.profile.clone(),
            old: old.map(name),
            new: new.map(name),
            layers,
        }
    }

    fn metadata(&mut self, old: &Profile, new: &Profile) {
        let facts = |profile: &Profile| {
            json!({
                "name": profile.metadata.name,
                "version": profile.spec.version,
                "type": profile.spec.template.kind,
                "cloudType": profile.spec.template.cloud_type,
                "description": profile.metadata.description,
                "labels": profile.metadata.labels,
            })
        };
        for difference in tree::compare(&facts(old), &facts(new)) {
            let mut change = self.change(Part::Profile, difference, None);
            if change.path == "version" {
                change
                    .remarks
                    .extend(step_remark(&old.spec.version, &new.spec.version));
            }
            self.changes.push(change);
        }
    }

    fn variables(&mut self, old: &Profile, new: &Profile) {
        let (old, new) = (&old.spec.variables, &new.spec.variables);
        let names = |variables: &[Variable]| -> Vec<String> {
            variables
                .iter()
                .map(|variable| variable.name.clone())
                .collect()
        };
        let (old_names, new_names) = (names(old), names(new));
        for name in repeated(&old_names).into_iter().chain(repeated(&new_names)) {
            self.notes.push(format!(
                "the profile `{}` has two variables `{name}`",
                self.profile
            ));
        }
        for found in pair(&old_names, &new_names) {
            match found {
                Pair::Old(at) => {
                    let value = self.variable_value(&old[at]);
                    self.whole(
                        Part::Variable(old_names[at].clone()),
                        ChangeKind::Removed,
                        Some(value),
                        None,
                    );
                }
                Pair::New(at) => {
                    let value = self.variable_value(&new[at]);
                    self.whole(
                        Part::Variable(new_names[at].clone()),
                        ChangeKind::Added,
                        None,
                        Some(value),
                    );
                }
                Pair::Both {
                    old: from, new: to, ..
                } => {
                    let secret = old[from].is_sensitive || new[to].is_sensitive;
                    let facts =
                        |variable: &Variable| serde_json::to_value(variable).unwrap_or_default();
                    for mut difference in tree::compare(&facts(&old[from]), &facts(&new[to])) {
                        difference.secret |=
                            secret && difference.place.last_key() == "defaultValue";
                        let change =
                            self.change(Part::Variable(new_names[to].clone()), difference, None);
                        self.changes.push(change);
                    }
                }
            }
        }
    }

    /// A variable as a value; the default of a sensitive one is hidden.
    fn variable_value(&self, variable: &Variable) -> Value {
        let mut value = serde_json::to_value(variable).unwrap_or_default();
        if variable.is_sensitive
            && !self.options.show_secrets
            && let Some(default) = value.get_mut("defaultValue")
        {
            *default = json!(self.secrets.shown(default, true));
        }
        value
    }

    fn layers(&mut self, old: &Profile, new: &Profile) -> Vec<LayerPair> {
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
        let before = self.changes.len();
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
            (Some(mut old), Some(mut new)) => {
                self.node_files(&mut old, &mut new);
                for difference in tree::compare(&old, &new) {
                    let preset = self.explaining(&difference.place);
                    let change = self.change(Part::Values, difference, preset);
                    self.changes.push(change);
                }
            }
            _ => {
                self.notes.push(format!(
                    "the values of `{}` are not YAML; they are compared as text",
                    new.name
                ));
                let hunks = lines::hunks(&old.values, &new.values);
                self.text(Part::Values, ChangeKind::Changed, hunks);
            }
        }
        let unchanged = self.changes.len() == before;
        if self.options.text && unchanged {
            let hunks = lines::hunks(&old.values, &new.values);
            self.text(Part::Values, ChangeKind::Text, hunks);
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
            let hunks = lines::hunks(&text(&old_commands), &text(&new_commands));
            if !hunks.is_empty() {
                self.text(Part::Commands(name.clone()), ChangeKind::Changed, hunks);
            }
        }
    }

    fn node_file(&mut self, (path, old): &(String, Value), (_, new): &(String, Value)) {
        let content = |file: &Value| {
            file.get("content")
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        if let (Some(old), Some(new)) = (content(old), content(new)) {
            for difference in tree::compare_texts(&old, &new, path) {
                let change = self.change(Part::File(path.clone()), difference, None);
                self.changes.push(change);
            }
        }
        let rest = |file: &Value| {
            let mut file = file.clone();
            if let Value::Object(map) = &mut file
                && map.get("content").is_some_and(Value::is_string)
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

    fn manifests(&mut self, old: &[Manifest], new: &[Manifest]) {
        let names = |manifests: &[Manifest]| -> Vec<String> {
            manifests
                .iter()
                .map(|manifest| manifest.name.clone())
                .collect()
        };
        for found in pair(&names(old), &names(new)) {
            match found {
                Pair::Old(at) => self.whole_manifest(&old[at], ChangeKind::Removed),
                Pair::New(at) => self.whole_manifest(&new[at], ChangeKind::Added),
                Pair::Both {
                    old: from,
                    new: to,
                    moved,
                } => {
                    self.manifest(&old[from], &new[to]);
                    if moved {
                        let places = (Some(json!(from + 1)), Some(json!(to + 1)));
                        self.whole(
                            Part::Manifest(new[to].name.clone()),
                            ChangeKind::Moved,
                            places.0,
                            places.1,
                        );
                    }
                }
            }
        }
    }

    fn whole_manifest(&mut self, manifest: &Manifest, kind: ChangeKind) {
        let value = match objects(manifest) {
            Some(mut objects) if objects.len() == 1 => objects.remove(0),
            Some(objects) => Value::Array(objects),
            None => Value::String(manifest.content.clone()),
        };
        let first = value.get(0).unwrap_or(&value);
        self.pack.object = object_kind(first).to_owned();
        let (old, new) = match kind {
            ChangeKind::Removed => (Some(value), None),
            _ => (None, Some(value)),
        };
        self.whole(Part::Manifest(manifest.name.clone()), kind, old, new);
        self.pack.object.clear();
    }

    fn manifest(&mut self, old: &Manifest, new: &Manifest) {
        if old.content == new.content {
            return;
        }
        let part = Part::Manifest(new.name.clone());
        let before = self.changes.len();
        match (objects(old), objects(new)) {
            (Some(old), Some(new)) => self.objects(&part, &old, &new),
            _ => {
                self.notes.push(format!(
                    "the manifest `{}` is not YAML; it is compared as text",
                    new.name
                ));
                let hunks = lines::hunks(&old.content, &new.content);
                self.text(part.clone(), ChangeKind::Changed, hunks);
            }
        }
        if self.options.text && self.changes.len() == before {
            let hunks = lines::hunks(&old.content, &new.content);
            self.text(part, ChangeKind::Text, hunks);
        }
    }

    fn objects(&mut self, part: &Part, old: &[Value], new: &[Value]) {
        if let ([old], [new]) = (old, new) {
            self.object(part, None, old, new);
            return;
        }
        let names =
            |objects: &[Value]| -> Vec<String> { objects.iter().map(object_name).collect() };
        let (old_names, new_names) = (names(old), names(new));
        let step = |name: &String| Step::Item("object", name.clone());
        for found in pair(&old_names, &new_names) {
            let mut place = Place::default();
            match found {
                Pair::Old(at) => {
                    place.push(step(&old_names[at]));
                    self.at(
                        part.clone(),
                        place,
                        ChangeKind::Removed,
                        Some(old[at].clone()),
                        None,
                    );
                }
                Pair::New(at) => {
                    place.push(step(&new_names[at]));
                    self.at(
                        part.clone(),
                        place,
                        ChangeKind::Added,
                        None,
                        Some(new[at].clone()),
                    );
                }
                Pair::Both {
                    old: from, new: to, ..
                } => {
                    self.object(part, Some(step(&new_names[to])), &old[from], &new[to]);
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

    fn text(&mut self, part: Part, kind: ChangeKind, lines: Vec<Hunk>) {
        let difference = Difference {
            place: Place::default(),
            kind,
            old: None,
            new: None,
            lines,
            remarks: Vec::new(),
            secret: false,
        };
        let change = self.change(part, difference, None);
        self.changes.push(change);
    }

    fn whole(&mut self, part: Part, kind: ChangeKind, old: Option<Value>, new: Option<Value>) {
        self.at(part, Place::default(), kind, old, new);
    }

    fn at(
        &mut self,
        part: Part,
        place: Place,
        kind: ChangeKind,
        old: Option<Value>,
        new: Option<Value>,
    ) {
        let difference = Difference {
            place,
            kind,
            old,
            new,
            lines: Vec::new(),
            remarks: Vec::new(),
            secret: false,
        };
        let change = self.change(part, difference, None);
        self.changes.push(change);
    }

    /// A difference with everything there is to say about it.
    fn change(&self, part: Part, difference: Difference, preset: Option<String>) -> Change {
        let pack = self.pack.name.as_deref().unwrap_or_default();
        let rule = self.rules.of(&Subject {
            layer: &self.pack.kind,
            pack,
            part: &part,
            object: &self.pack.object,
            place: &difference.place,
            kind: difference.kind,
        });
        let (impact, because) = match rule {
            Some(rule) => (rule.impact, rule.because.clone()),
            None => (Impact::Review, String::new()),
        };
        let key = difference.place.last_key();
        let is_secret = |value: &Option<Value>| {
            difference.secret
                || value
                    .as_ref()
                    .is_some_and(|value| self.secrets.is_secret_key(key, value))
        };
        let secret = is_secret(&difference.old) || is_secret(&difference.new);
        let shown = |value: Option<Value>| value.map(|value| self.secrets.shown(&value, secret));
        let path = difference.place.to_string();
        Change {
            id: fingerprint(&[
                &self.profile,
                pack,
                &format!("{part:?}"),
                &path,
                &format!("{:?}", difference.kind),
            ]),
            profile: self.profile.clone(),
            layer: self.pack.name.clone(),
            section: self.announcements.section(pack, &part, &difference.place),
            part,
            path,
            kind: difference.kind,
            old: shown(difference.old),
            new: shown(difference.new),
            lines: self.secrets.hunks(difference.lines, difference.secret),
            preset,
            impact,
            because,
            remarks: difference.remarks,
        }
    }
}

fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn step_remark(old: &str, new: &str) -> Option<String> {
    Some(match versions::step(old, new)? {
        VersionStep::Downgrade => "a downgrade".to_owned(),
        step => format!("a {} version", step.as_str()),
    })
}

/// Names that stand more than once, each once.
fn repeated(names: &[String]) -> Vec<String> {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    let mut repeated: Vec<String> = sorted
        .windows(2)
        .filter(|two| two[0] == two[1])
        .map(|two| two[0].clone())
        .collect();
    repeated.dedup();
    repeated
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

/// What is said of a profile that has no counterpart.
fn outline(profile: &Profile) -> Value {
    let layers: Vec<String> = profile
        .spec
        .template
        .packs
        .iter()
        .map(|layer| format!("{} {}", layer.name, layer.version))
        .collect();
    json!({
        "name": profile.metadata.name,
        "version": profile.spec.version,
        "layers": layers,
    })
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

#[cfg(test)]
mod tests {
    use super::lies_in;

    #[test]
    fn places_are_chosen_by_their_beginning() {
        let place = "cni-cilium-oss/values/charts.cilium.ipam.mode";
        for wanted in [
            "cni-cilium-oss",
            "cni-cilium-oss/",
            "cni-cilium-oss/values/charts.cilium",
            "*/values",
            "*ipam",
            "cni-*/values/*.mode",
        ] {
            assert!(lies_in(place, wanted), "{wanted}");
        }
        for wanted in ["cni", "cni-cilium-oss/val", "values", "*/manifest"] {
            assert!(!lies_in(place, wanted), "{wanted}");
        }
    }
}
