//! The published revisions of the reference architecture, as data from `profiles/`.
//!
//! ```
//! use vmo_ra::revision::Revision;
//!
//! let revision = Revision::load("1.7.0")?;
//! assert!(revision.claims()?.len() > 300);
//! # Ok::<(), vmo_ra::diagnostic::Diagnostic>(())
//! ```

mod claim;
mod data;
mod variable;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use claim::{Claim, Expectation, Language, Statement, Target};
pub use data::Revisions;
use data::{Keyed, entries, keyed};
pub(crate) use data::{broken, data, lay_over};
pub use variable::Variable;

use crate::diagnostic::Diagnostic;
use crate::yaml;

/// Which of the three profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Operating system, Kubernetes, network and storage.
    Infra,
    /// Load balancer, ingress, monitoring, VMO.
    Core,
    /// The profile with images, networks and templates for users of VMO.
    Templates,
}

impl Role {
    /// All three, in the order they are imported.
    pub const ALL: [Role; 3] = [Role::Infra, Role::Core, Role::Templates];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Infra => "infra",
            Role::Core => "core",
            Role::Templates => "templates",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a profile: use `infra`, `core` or `templates`"))
    }
}

/// A published version, or a page of the vendor that holds some of its tables.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revision {
    /// Its name: `1.9.0`, or `docs-2024` for the vendor's older page.
    #[serde(rename = "revision")]
    pub name: String,
    /// As on its cover.
    pub date: String,
    /// What is new in it.
    pub summary: String,
    /// Settings for templates that depend on the components; none for a page without layers.
    #[serde(default)]
    pub settings: Option<Settings>,
    /// The profiles, in order.
    #[serde(default, deserialize_with = "keyed")]
    pub profiles: Vec<ProfileDefinition>,
    /// The software table.
    #[serde(default, deserialize_with = "keyed")]
    pub software: Vec<Software>,
    /// The hardware table.
    #[serde(default, deserialize_with = "keyed")]
    pub hardware: Vec<Hardware>,
    /// The control-plane sizing table.
    #[serde(default)]
    pub control_plane: Vec<ControlPlaneSize>,
    /// How large a cluster is to be.
    #[serde(default)]
    pub sizing: SizingLimits,
    /// The table of storage with shared volumes.
    #[serde(default, deserialize_with = "keyed")]
    pub storage_providers: Vec<StorageProvider>,
    /// Its statements about products and their use that are in no profile.
    #[serde(default, deserialize_with = "keyed")]
    pub notices: Vec<Notice>,
    /// The change history.
    #[serde(default, deserialize_with = "keyed")]
    pub changes: Vec<Change>,
    /// Itself, after the revisions it is based on.
    #[serde(skip)]
    lineage: Vec<String>,
    /// Where it was found.
    #[serde(skip, default = "built_in")]
    revisions: Revisions,
}

fn built_in() -> Revisions {
    Revisions::built_in().clone()
}

/// What templates need beside the site.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The Kubernetes version: that of the layer.
    #[serde(skip)]
    pub kubernetes: String,
    /// The pause image that fits it.
    pub pause_image: String,
    /// KubeVirt's feature gates.
    pub feature_gates: Vec<String>,
    /// What only templates ask for, as `settings.NAME`.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl Settings {
    /// Major and minor of the Kubernetes version: `1.34`.
    pub fn kubernetes_minor(&self) -> &str {
        self.kubernetes
            .rsplit_once('.')
            .map_or(&self.kubernetes, |(minor, _)| minor)
    }
}

/// A profile as the revision describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileDefinition {
    /// Which of the three.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// `infra` or `add-on`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `maas` or `all`.
    pub cloud_type: String,
    /// Its description.
    pub description: String,
    /// Its layers, in order.
    #[serde(deserialize_with = "keyed")]
    pub layers: Vec<LayerDefinition>,
}

/// A layer as the revision describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayerDefinition {
    /// `os`, `k8s`, `cni`, `csi` or `addon`.
    pub layer: String,
    /// The pack's name; the layer's own for layers of manifests only.
    pub pack: String,
    /// What Palette calls it.
    pub display_name: String,
    /// The pack type in the RA's words.
    pub pack_type: String,
    /// The pack's version.
    pub version: String,
    /// What the author picked where it is not the version, such as `4.9.x`.
    #[serde(default)]
    tag: Option<String>,
    /// `manifest` for layers of manifests only.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The folder of its templates below the profile's.
    pub overlay: String,
    /// The RA's section about it.
    pub section: String,
    /// The RA's install order; lower comes first.
    #[serde(default)]
    pub install_order: Option<u32>,
    /// The presets the RA selects, as `Group:name`.
    #[serde(default, deserialize_with = "presets")]
    pub presets: Vec<String>,
    /// What the revision sets in the values, beside its templates.
    #[serde(default)]
    pub values: Map<String, Value>,
    /// The manifests attached to it.
    #[serde(default)]
    pub manifests: Vec<ManifestDefinition>,
    /// What is in its place at some sites.
    #[serde(default)]
    pub alternatives: Vec<Alternative>,
}

impl LayerDefinition {
    /// What the author picked: the version, or a group such as `4.9.x`.
    pub fn tag(&self) -> &str {
        self.tag.as_deref().unwrap_or(&self.version)
    }

    /// Whether it has no pack behind it.
    pub fn is_manifest_layer(&self) -> bool {
        self.kind.as_deref() == Some("manifest")
    }
}

/// What changes in a layer where a site says so.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alternative {
    /// What the site has then, by the paths of its keys.
    pub when: BTreeMap<String, Value>,
    /// Another pack; its presets are those named here.
    #[serde(default)]
    pub pack: Option<String>,
    /// Another version.
    #[serde(default)]
    pub version: Option<String>,
    /// What the author picks; the version if there is no tag.
    #[serde(default)]
    pub tag: Option<String>,
    /// Other templates.
    #[serde(default)]
    pub overlay: Option<String>,
    /// Presets in place of those of their groups.
    #[serde(default, deserialize_with = "presets")]
    pub presets: Vec<String>,
}

impl Alternative {
    /// Whether it is meant, by the JSON form of a site.
    pub fn is_for(&self, site: &Value) -> bool {
        self.when.iter().all(|(path, wanted)| {
            path.parse::<yaml::Path>()
                .is_ok_and(|path| path.find(site) == Some(wanted))
        })
    }
}

/// A map of groups and names, as `Group:name`.
fn presets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let join = |(group, name): (String, Value)| match name {
        Value::String(name) => Ok(format!("{group}:{name}")),
        other => Err(D::Error::custom(format!("`{group}` has no preset {other}"))),
    };
    Map::deserialize(from)?.into_iter().map(join).collect()
}

/// What a manifest of a layer is made from.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestDefinition {
    /// Its name, where there is one of it.
    #[serde(default)]
    pub name: Option<String>,
    /// The list of the site that makes one for each item.
    #[serde(default)]
    pub each: Option<Each>,
    /// The template; `OS` in it stands for the item's guest system.
    pub template: String,
}

/// The lists of a site that make one manifest for each item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Each {
    /// Networks.
    Nads,
    /// Golden images.
    GoldenImages,
    /// VM preferences.
    Preferences,
    /// VM templates.
    Templates,
}

/// A row of the software table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Software {
    /// What it is for.
    pub component: String,
    /// The product.
    pub product: String,
    /// The recommended version.
    pub version: String,
    /// The pack that brings it as a layer of its own; none for what no layer is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// The storage it is for; none for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<StorageNeed>,
}

/// What some storage needs of machines, and other storage does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StorageNeed {
    /// Several paths to a device.
    Multipath,
    /// A FlashArray.
    FlashArrays,
    /// Adapters for a SAN.
    San,
}

/// A row of the hardware table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hardware {
    /// What it is.
    pub component: String,
    /// The least.
    pub minimum: String,
    /// What is advised.
    pub recommended: String,
    /// Remarks.
    #[serde(default)]
    pub remarks: String,
    /// The storage it is for; none for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<StorageNeed>,
}

/// A row of the control-plane sizing table.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ControlPlaneSize {
    /// Up to so many workers.
    pub workers: u32,
    /// Up to so many namespaces.
    pub namespaces: u32,
    /// CPU cores of each control-plane node.
    pub cores: u32,
    /// Memory of each control-plane node, in GB.
    pub memory_gb: u32,
}

/// How large a cluster is to be; unknown figures are `None`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SizingLimits {
    /// Nodes, the spare one for repaves among them.
    #[serde(default)]
    pub nodes: Option<u32>,
    /// VMs of a cluster at the most.
    #[serde(default)]
    pub vms: Option<u32>,
    /// Workers at the least.
    #[serde(default)]
    pub least_workers: u32,
    /// Workers that are advised.
    #[serde(default)]
    pub advised_workers: u32,
    /// CPU cores of a worker at the least.
    #[serde(default)]
    pub least_cores: u32,
}

/// A row of the table of storage with shared volumes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StorageProvider {
    /// The product.
    pub provider: String,
    /// The versions known to work.
    pub version: String,
    /// The volume mode that can be shared.
    pub mode: String,
}

/// A remark that is in one revision and not in another, or reads otherwise there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// What it says, in our words.
    pub says: String,
    /// The RA's section.
    pub section: String,
}

/// A row of the change history.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// The version.
    pub version: String,
    /// Its date.
    pub date: String,
    /// What changed.
    pub summary: String,
}

/// Why the default output differs from the RA, or has more than it prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erratum {
    /// Its id.
    pub id: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The pack, or `network`, `revision` and the like.
    pub place: String,
    /// What we do.
    pub instead: String,
    /// Why.
    pub why: String,
    /// The RA's section.
    pub section: String,
}

/// Where an [`Erratum`] comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The RA contradicts itself, or cannot work as printed: its words, as they are there.
    Erratum(Vec<String>),
    /// The RA is silent or leaves a choice: what it leaves open, in our words.
    Choice(String),
    /// The RA does not print it, but its published profile has it: the words there.
    Export(Vec<String>),
}

impl Origin {
    /// The word for it, by which `errata.yaml` has it too.
    pub fn as_str(&self) -> &'static str {
        match self {
            Origin::Erratum(_) => "erratum",
            Origin::Choice(_) => "choice",
            Origin::Export(_) => "export",
        }
    }
}

/// An entry of `errata.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErratumEntry {
    id: String,
    #[serde(rename = "where")]
    place: String,
    #[serde(default)]
    printed: Vec<String>,
    #[serde(default)]
    open: Option<String>,
    instead: String,
    why: String,
    section: String,
}

macro_rules! keyed {
    ($($entry:ty: $key:literal),+ $(,)?) => {
        $(impl Keyed for $entry {
            const KEY: &'static str = $key;
        })+
    };
}

keyed! {
    ProfileDefinition: "role",
    LayerDefinition: "pack",
    Software: "product",
    Hardware: "component",
    StorageProvider: "provider",
    Change: "version",
    Variable: "name",
    ErratumEntry: "id",
    Notice: "id",
    Claim: "id",
}

impl Revision {
    /// The names of all revisions of this program, oldest first.
    pub fn names() -> Vec<&'static str> {
        Revisions::built_in().names()
    }

    /// The revision of this program that is rendered where none is named.
    pub fn newest() -> &'static str {
        Revisions::built_in().newest()
    }

    /// Reads a revision of this program.
    ///
    /// # Errors
    /// There is no revision of that name.
    pub fn load(name: &str) -> Result<Revision, Diagnostic> {
        Revisions::built_in().load(name)
    }

    fn new(
        revisions: Revisions,
        lineage: Vec<String>,
        tree: Map<String, Value>,
    ) -> Result<Self, String> {
        let mut revision: Revision =
            serde_json::from_value(Value::Object(tree)).map_err(|error| error.to_string())?;
        if let Some(settings) = &mut revision.settings {
            let mut layers = revision.profiles.iter().flat_map(|profile| &profile.layers);
            let kubernetes = layers.find(|layer| layer.layer == "k8s");
            let kubernetes = kubernetes.ok_or("it has settings and no Kubernetes")?;
            settings.kubernetes.clone_from(&kubernetes.version);
        }
        Ok(Revision {
            revisions,
            lineage,
            ..revision
        })
    }

    /// Whether there are profiles to render, or only tables.
    pub fn is_rendered(&self) -> bool {
        !self.profiles.is_empty()
    }

    /// Itself, after the revisions it is based on.
    pub fn lineage(&self) -> &[String] {
        &self.lineage
    }

    /// The revisions among which it was found.
    pub fn revisions(&self) -> &Revisions {
        &self.revisions
    }

    /// The variables of its profiles.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn variables(&self) -> Result<Vec<Variable>, Diagnostic> {
        self.entries("variables")
    }

    /// Where and why the default output is not what is printed, the three kinds one after the other.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn errata(&self) -> Result<Vec<Erratum>, Diagnostic> {
        let mut kinds = self.revisions.resolved(&self.lineage, "errata")?;
        let mut errata = Vec::new();
        for kind in ["erratum", "choice", "export"] {
            let Some(Value::Object(map)) = kinds.shift_remove(kind) else {
                continue;
            };
            let found: Vec<ErratumEntry> =
                entries(map).map_err(|reason| self.broken("errata", &reason))?;
            for entry in found {
                let origin = match (kind, entry.open) {
                    ("erratum", None) if !entry.printed.is_empty() => {
                        Origin::Erratum(entry.printed)
                    }
                    ("export", None) if !entry.printed.is_empty() => Origin::Export(entry.printed),
                    ("choice", Some(open)) if entry.printed.is_empty() => Origin::Choice(open),
                    _ => {
                        let reason = format!("`{}` is no {kind}", entry.id);
                        return Err(self.broken("errata", &reason));
                    }
                };
                errata.push(Erratum {
                    id: entry.id,
                    origin,
                    place: entry.place,
                    instead: entry.instead,
                    why: entry.why,
                    section: entry.section,
                });
            }
        }
        match kinds.keys().next() {
            Some(other) => Err(self.broken("errata", &format!("`{other}` is no kind"))),
            None => Ok(errata),
        }
    }

    /// Everything it says about its layers, as checks.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn claims(&self) -> Result<Vec<Claim>, Diagnostic> {
        let sections = self.revisions.resolved(&self.lineage, "claims")?;
        let claims = Claim::of_sections(sections, &self.profiles, |key| self.printed(key));
        claims.map_err(|reason| self.broken("claims", &reason))
    }

    /// What `--as-published` writes instead of our default: an entry of `settings.printed`.
    pub fn printed(&self, key: &str) -> Option<&str> {
        let settings = self.settings.as_ref()?;
        settings.others.get("printed")?[key].as_str()
    }

    fn entries<T: Keyed>(&self, what: &str) -> Result<Vec<T>, Diagnostic> {
        let tree = self.revisions.resolved(&self.lineage, what)?;
        entries(tree).map_err(|reason| self.broken(what, &reason))
    }

    fn broken(&self, what: &str, reason: &str) -> Diagnostic {
        broken(&format!("{}/{what}.yaml", self.name), reason)
    }

    /// All of it as one tree, with what it inherits.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn tree(&self) -> Result<Value, Diagnostic> {
        let mut tree = self.revisions.resolved(&self.lineage, "revision")?;
        tree.shift_insert(0, "revision".to_owned(), self.name.clone().into());
        for what in ["variables", "claims", "errata"] {
            let entries = self.revisions.resolved(&self.lineage, what)?;
            tree.insert(what.to_owned(), Value::Object(entries));
        }
        Ok(Value::Object(tree))
    }
}
