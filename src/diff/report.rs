//! The result of a comparison as data; every format is written from it alone.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The version of the JSON form of a [`Report`]; it grows when a reader would have to change.
pub const FORMAT: &str = "vmo-ra/diff/2";

/// A comparison of two sets of profiles.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`FORMAT`].
    pub format: &'static str,
    /// What was compared, as the command line named it.
    pub old: String,
    /// What it was compared with.
    pub new: String,
    /// Counts over all changes.
    pub summary: Summary,
    /// The profiles, paired; those without a change too.
    pub profiles: Vec<ProfilePair>,
    /// The changes: by profile, then by layer, then in the order of the text; of each impact the first
    /// [`CHANGES`](crate::limits::CHANGES), and a note where there are more.
    pub changes: Vec<Change>,
    /// What a reader should know, such as values that are not YAML.
    pub notes: Vec<String>,
    /// What was left out because a tenant makes it of any profile.
    pub ignored: Vec<IgnoredCount>,
}

/// How many differences of one kind were left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IgnoredCount {
    /// The kind, as `profiles/drift.yaml` names it.
    pub id: String,
    /// How many.
    pub differences: usize,
}

/// Counts over all changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many changes there are.
    pub changes: usize,
    /// The worst impact, none without changes.
    pub worst: Option<Impact>,
    /// Changes by impact, worst first, without zeros.
    pub impacts: Vec<ImpactCount>,
    /// Notable additions: rights, secrets, privileged pods.
    pub notable: Vec<Notable>,
}

/// A notable addition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notable {
    /// The profile, as [`ProfilePair::name`].
    pub profile: String,
    /// The layer, as [`LayerPair::name`].
    pub layer: String,
    /// Which part of the layer.
    pub part: Part,
    /// What it is, in words.
    pub what: String,
}

/// A text that was added, removed or replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// The side that has it.
    pub side: Side,
    /// The layer, where the change is one of a profile.
    pub layer: Option<String>,
    /// The values, or a manifest.
    pub part: Part,
    /// The text; secrets in it are replaced.
    pub text: String,
}

/// How many changes have an impact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImpactCount {
    /// The impact.
    pub impact: Impact,
    /// How many.
    pub changes: usize,
}

/// What a change does to a running cluster, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Nothing happens, but a person should look at it.
    Review,
    /// Only new objects are affected: clusters, VMs, disks.
    NewObjects,
    /// Takes effect at once, without an interruption.
    Live,
    /// Pods restart.
    Restart,
    /// The nodes of the control plane are replaced.
    RepaveControlPlanes,
    /// Every node is replaced.
    Repave,
    /// Cuts something off, loses it, or is refused.
    Breaks,
}

impl Impact {
    /// All of them, worst first.
    pub const ALL: [Impact; 7] = [
        Impact::Breaks,
        Impact::Repave,
        Impact::RepaveControlPlanes,
        Impact::Restart,
        Impact::Live,
        Impact::NewObjects,
        Impact::Review,
    ];

    /// The word for it, as `--fail-on` takes it and reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Impact::Review => "review",
            Impact::NewObjects => "new-objects",
            Impact::Live => "live",
            Impact::Restart => "restart",
            Impact::RepaveControlPlanes => "repave-control-planes",
            Impact::Repave => "repave",
            Impact::Breaks => "breaks",
        }
    }

    /// What it means for the cluster, as the end of a sentence: "3 changes ...".
    pub fn meaning(self, count: usize) -> &'static str {
        match (self, count) {
            (Impact::Review, 1) => "only needs a review",
            (Impact::Review, _) => "only need a review",
            (Impact::NewObjects, 1) => "reaches new objects only",
            (Impact::NewObjects, _) => "reach new objects only",
            (Impact::Live, 1) => "takes effect live",
            (Impact::Live, _) => "take effect live",
            (Impact::Restart, 1) => "restarts workloads",
            (Impact::Restart, _) => "restart workloads",
            (Impact::RepaveControlPlanes, 1) => "repaves the control plane",
            (Impact::RepaveControlPlanes, _) => "repave the control plane",
            (Impact::Repave, 1) => "repaves every node",
            (Impact::Repave, _) => "repave every node",
            (Impact::Breaks, 1) => "is refused or breaks something",
            (Impact::Breaks, _) => "are refused or break something",
        }
    }
}

/// Two profiles that were compared, or one that has no counterpart.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfilePair {
    /// What changes name it by: its name, the new one where both have one.
    pub name: String,
    /// Name and version on the old side.
    pub old: Option<ProfileName>,
    /// Name and version on the new side.
    pub new: Option<ProfileName>,
    /// Its layers, in the order of the new side, those that went last.
    pub layers: Vec<LayerPair>,
}

/// A profile's name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileName {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Two layers that were compared, or one that has no counterpart.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerPair {
    /// What changes name it by: its pack's name, the new one where it was replaced.
    pub name: String,
    /// `os`, `k8s`, `cni`, `csi` or `addon`.
    pub kind: String,
    /// Pack and version on the old side.
    pub old: Option<PackVersion>,
    /// Pack and version on the new side.
    pub new: Option<PackVersion>,
    /// How far the version moves, where both sides are versions.
    pub step: Option<VersionStep>,
    /// How many changes it has.
    pub changes: usize,
}

/// A pack and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackVersion {
    /// The pack's name.
    pub pack: String,
    /// Its version.
    pub version: String,
}

/// How far a version moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionStep {
    /// The first number.
    Major,
    /// The second.
    Minor,
    /// A later one.
    Patch,
    /// Backwards.
    Downgrade,
}

impl VersionStep {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            VersionStep::Major => "major",
            VersionStep::Minor => "minor",
            VersionStep::Patch => "patch",
            VersionStep::Downgrade => "downgrade",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// A name that stays the same as long as the change does: the start of a hash over place and kind.
    pub id: String,
    /// The profile, as [`ProfilePair::name`].
    pub profile: String,
    /// The layer, as [`LayerPair::name`]; none for the profile itself and its variables.
    pub layer: Option<String>,
    /// Which part of the profile or layer.
    pub part: Part,
    /// The path inside the part, readable: `charts.cilium.ipam.mode`, `env[name=A].value`; empty for the part as a whole.
    pub path: String,
    /// What happened.
    pub kind: ChangeKind,
    /// What was there, or none if nothing was, or where `lines` tells it.
    pub old: Option<Shown>,
    /// What is there now.
    pub new: Option<Shown>,
    /// For texts of several lines: what changed, with lines around it. Empty for everything else.
    pub lines: Vec<Hunk>,
    /// The texts of a layer, or of the layers of a profile, that has no counterpart or another pack. Empty for everything else.
    pub content: Vec<Content>,
    /// The preset that explains it: `Kube-proxy replacement: ebpf-kubeproxy -> ebpf-kubeproxy-free`.
    pub preset: Option<String>,
    /// What it does to a running cluster.
    pub impact: Impact,
    /// Why, in one sentence, from the rule that says so.
    pub because: Cow<'static, str>,
    /// The RA's section that announces it, between two revisions.
    pub section: Option<String>,
    /// Remarks: a changed type, a version step, a skipped minor.
    pub remarks: Vec<String>,
}

/// Which part of a profile or layer a change is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase", tag = "of", content = "name")]
pub enum Part {
    /// Name, version, type, cloud, labels, description of the profile.
    Profile,
    /// A variable, by name.
    Variable(String),
    /// The layer itself: pack, version, tag, type, registry, place.
    Layer,
    /// A group of presets, by name.
    Preset(String),
    /// The layer's values.
    Values,
    /// A file that the layer puts on nodes, by its path there.
    File(String),
    /// Commands that the layer runs on nodes: `preKubeadmCommands` and the like.
    Commands(String),
    /// A manifest, by name.
    Manifest(String),
}

/// What happened at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another value.
    Changed,
    /// It has the same text and another type, such as a number that became a string.
    Retyped,
    /// It is in another place of its list.
    Moved,
    /// Only its notation changed: order of keys, comments, quotes (with `--text`).
    Text,
}

impl Change {
    /// Where it is, as `--only` and `--ignore` take it: `LAYER/PART/PATH`.
    pub fn place(&self) -> String {
        let part = match self.part.words() {
            (word, "") => word.to_owned(),
            // The path of a file begins with a slash.
            ("file", path) => format!("file{path}"),
            (word, name) => format!("{word}/{name}"),
        };
        let mut place = match &self.layer {
            Some(layer) => format!("{layer}/{part}"),
            None => part,
        };
        if !self.path.is_empty() {
            place.push('/');
            place.push_str(&self.path);
        }
        place
    }
}

impl Part {
    /// The words for parts of layers, as the places of changes have them.
    pub const OF_LAYERS: [&str; 6] = ["layer", "preset", "values", "file", "commands", "manifest"];

    /// The word for it, and its name, which is empty where there is one of the kind.
    pub(super) fn words(&self) -> (&'static str, &str) {
        match self {
            Part::Profile => ("profile", ""),
            Part::Variable(name) => ("variable", name),
            Part::Layer => ("layer", ""),
            Part::Preset(group) => ("preset", group),
            Part::Values => ("values", ""),
            Part::File(path) => ("file", path),
            Part::Commands(name) => ("commands", name),
            Part::Manifest(name) => ("manifest", name),
        }
    }
}

impl ChangeKind {
    /// What happened to a value that was there, is there, or both.
    pub(super) fn of<T>(old: Option<T>, new: Option<T>) -> Self {
        match (old, new) {
            (None, Some(_)) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        }
    }
}

/// A value as it may be shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Shown {
    /// A secret, by a short keyed hash: two of one report are equal when the values are.
    Secret {
        /// The hash.
        secret: String,
    },
    /// The value itself.
    Value {
        /// As JSON.
        value: serde_json::Value,
    },
}

impl Shown {
    /// The value itself, where it may be shown and is a text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Shown::Value { value } => value.as_str(),
            Shown::Secret { .. } => None,
        }
    }
}

/// A stretch of changed lines with the lines around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hunk {
    /// The first line of the stretch on the old side, from 1.
    pub old_start: usize,
    /// The first line of the stretch on the new side, from 1.
    pub new_start: usize,
    /// The lines in order.
    pub lines: Vec<Line>,
}

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Which side it is on.
    pub side: Side,
    /// Its text, without the line break; secrets in it are replaced.
    pub text: String,
}

/// Which side a line is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// Both: context.
    Both,
    /// Only the old one.
    Old,
    /// Only the new one.
    New,
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn the_words_for_parts_of_layers_are_those_of_places() {
        let name = String::new;
        let parts = [
            Part::Layer,
            Part::Preset(name()),
            Part::Values,
            Part::File(name()),
            Part::Commands(name()),
            Part::Manifest(name()),
        ];
        assert_eq!(parts.map(|part| part.words().0), Part::OF_LAYERS);
    }
}
