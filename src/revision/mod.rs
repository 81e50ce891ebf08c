//! The published revisions of the reference architecture, as data from `profiles/`.

mod claim;
mod variable;

use std::fmt;
use std::str::FromStr;

use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};

pub use claim::{Claim, Expectation, Target};
pub use variable::Variable;

use crate::diagnostic::{Diagnostic, nearest};

pub(crate) static PROFILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/profiles");

/// Which of the three profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Operating system, Kubernetes, network and storage.
    Infra,
    /// Load balancer, ingress, monitoring, VMO.
    Core,
    /// What VMO offers its users.
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
    /// What templates need to know and the RA leaves to the components; none for a page without layers.
    #[serde(default)]
    pub settings: Option<Settings>,
    /// The profiles, in order.
    #[serde(default)]
    pub profiles: Vec<ProfileDefinition>,
    /// The software table.
    #[serde(default)]
    pub software: Vec<Software>,
    /// The hardware table.
    #[serde(default)]
    pub hardware: Vec<Hardware>,
    /// The control-plane sizing table.
    #[serde(default)]
    pub control_plane: Vec<ControlPlaneSize>,
    /// The table of storage with shared volumes.
    #[serde(default)]
    pub storage_providers: Vec<StorageProvider>,
    /// The change history.
    #[serde(default)]
    pub changes: Vec<Change>,
}

/// What templates need beside the site.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The Kubernetes version.
    pub kubernetes: String,
    /// The pause image that fits it.
    pub pause_image: String,
    /// KubeVirt's feature gates.
    pub feature_gates: Vec<String>,
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
    /// What the author picked: the version, or a group such as `4.9.x`.
    pub tag: String,
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
    #[serde(default)]
    pub presets: Vec<String>,
    /// The manifests attached to it.
    #[serde(default)]
    pub manifests: Vec<ManifestDefinition>,
    /// Packs that may stand in its place.
    #[serde(default)]
    pub alternatives: Vec<Alternative>,
}

impl LayerDefinition {
    /// Whether it has no pack behind it.
    pub fn is_manifest_layer(&self) -> bool {
        self.kind.as_deref() == Some("manifest")
    }
}

/// A pack that may stand in a layer's place.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alternative {
    /// The ingress controller that asks for it.
    pub controller: String,
    /// Its pack.
    pub pack: String,
    /// Its version.
    pub version: String,
    /// Its templates.
    pub overlay: String,
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

/// A place where the RA contradicts itself or cannot work as printed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Erratum {
    /// Its id.
    pub id: String,
    /// The pack, or `network`, `revision` and the like.
    #[serde(rename = "where")]
    pub place: String,
    /// What is printed.
    pub printed: String,
    /// What we do.
    pub instead: String,
    /// Why.
    pub why: String,
    /// The RA's section.
    pub section: String,
}

impl Revision {
    /// The revision that is rendered where none is named.
    pub const NEWEST: &'static str = "1.9.0";

    /// The names of all revisions, oldest first.
    pub fn names() -> Vec<&'static str> {
        let mut names: Vec<&str> = PROFILES
            .dirs()
            .filter(|dir| dir.get_file(dir.path().join("revision.yaml")).is_some())
            .filter_map(|dir| dir.path().to_str())
            .collect();
        // The page is older than both published versions; versions order by their text while minors have one digit.
        names.sort_by_key(|name| (name.starts_with(|c: char| c.is_ascii_digit()), *name));
        names
    }

    /// Reads a revision.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn load(name: &str) -> Result<Revision, Diagnostic> {
        if !Self::names().contains(&name) {
            let listed: Vec<String> = Self::names()
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            let mut problem = Diagnostic::error(format!("there is no revision `{name}`"))
                .help(format!("revisions: {}", listed.join(", ")));
            if let Some(nearest) = nearest(name, Self::names()) {
                problem = problem.label(format!("did you mean `{nearest}`?"));
            }
            return Err(problem);
        }
        data(&format!("{name}/revision.yaml"))
    }

    /// Whether there are profiles to render, or only tables.
    pub fn is_rendered(&self) -> bool {
        !self.profiles.is_empty()
    }

    /// The variables of its profiles.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn variables(&self) -> Result<Vec<Variable>, Diagnostic> {
        #[derive(Deserialize)]
        struct File {
            variables: Vec<Variable>,
        }
        data::<File>(&format!("{}/variables.yaml", self.name)).map(|file| file.variables)
    }

    /// Where it contradicts itself or cannot work as printed.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn errata(&self) -> Result<Vec<Erratum>, Diagnostic> {
        #[derive(Deserialize)]
        struct File {
            errata: Vec<Erratum>,
        }
        if !self.is_rendered() {
            return Ok(Vec::new());
        }
        data::<File>(&format!("{}/errata.yaml", self.name)).map(|file| file.errata)
    }

    /// Everything it says about its layers, as checks.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn claims(&self) -> Result<Vec<Claim>, Diagnostic> {
        #[derive(Deserialize)]
        struct File {
            claims: Vec<Claim>,
        }
        data::<File>(&format!("{}/claims.yaml", self.name)).map(|file| file.claims)
    }
}

/// Reads one of the built-in data files, by its path below `profiles/`.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub(crate) fn data<T: serde::de::DeserializeOwned>(path: &str) -> Result<T, Diagnostic> {
    let broken = |reason: String| {
        Diagnostic::error(format!(
            "the built-in file `profiles/{path}` is broken: {reason}"
        ))
    };
    let text = PROFILES
        .get_file(path)
        .and_then(|file| file.contents_utf8())
        .ok_or_else(|| broken("it is missing".to_owned()))?;
    serde_saphyr::from_str(text).map_err(|error| broken(error.to_string()))
}
