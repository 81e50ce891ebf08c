//! Names of the profiles, and the registries their packs come from.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cluster::words;
use super::names::{PackVersion, ProfileVersion};
use super::provider::PackHome;
use super::reader::{Fields, Reader};
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

/// What a site says of one profile; what it leaves out is the revision's.
#[derive(Clone, Debug, Default)]
pub struct ProfileSettings {
    /// The profile's name in Palette.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<ProfileVersion>,
    /// Its description.
    pub description: Option<String>,
    /// Its labels; Palette's plain tags have the value `spectro__tag`.
    pub labels: Vec<(String, String)>,
}

/// The three profiles.
#[derive(Clone, Debug, Default)]
pub struct Profiles {
    /// Operating system to storage.
    pub infra: ProfileSettings,
    /// Load balancer to VMO.
    pub core: ProfileSettings,
    /// What VMO offers its users.
    pub templates: ProfileSettings,
}

impl Profiles {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut fields = reader.section(site, "profiles");
        let profiles = Profiles {
            infra: Self::read_one(reader, &mut fields, "infra"),
            core: Self::read_one(reader, &mut fields, "core"),
            templates: Self::read_one(reader, &mut fields, "templates"),
        };
        reader.close(fields);
        profiles
    }

    fn read_one(
        reader: &mut Reader<'_>,
        profiles: &mut Fields<'_>,
        key: &'static str,
    ) -> ProfileSettings {
        let mut fields = reader.section(profiles, key);
        let name = match reader.node(&mut fields, "name") {
            Some(node) => read_name(reader, node),
            None => None,
        };
        let settings = ProfileSettings {
            name,
            version: reader.optional(&mut fields, "version"),
            description: reader.optional(&mut fields, "description"),
            labels: reader.values_by_name(&mut fields, "labels"),
        };
        reader.close(fields);
        settings
    }
}

/// A profile's name becomes a file name, so it may not hold what a path would read otherwise.
fn read_name(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let name: String = reader.parse(node)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let problem = if name.len() > 100 {
        format!(
            "`{name}` has {} bytes; 100 is the most for a profile name",
            name.len()
        )
    } else if name.trim() != name || name.starts_with('.') || name.is_empty() {
        format!(
            "`{name}` cannot be a profile name: it must not start with a dot, nor start or end with a blank"
        )
    } else if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        format!(
            "`{name}` cannot be a profile name: `{bad}` is not allowed; use letters, digits, `-`, `_`, `.` and blanks"
        )
    } else {
        return Some(name);
    };
    reader.problem_at(node, Diagnostic::error(problem));
    None
}

words! {
    /// The kind of a registry, which fixes the type of the packs it holds.
    RegistryKind, "a registry kind" {
        /// Palette's legacy pack registry; packs have the type `spectro`.
        Pack = "pack",
        /// An OCI registry; packs have the type `oci`.
        Oci = "oci",
        /// A Helm registry; packs have the type `helm`.
        Helm = "helm",
    }
}

impl RegistryKind {
    /// The type of a pack from such a registry (v1PackType).
    pub fn pack_type(self) -> &'static str {
        match self {
            RegistryKind::Pack => "spectro",
            RegistryKind::Oci => "oci",
            RegistryKind::Helm => "helm",
        }
    }
}

/// A registry as a profile refers to it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Registry {
    /// Its uid in this Palette instance; empty to let Palette look for it by name.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: RegistryKind,
    /// Whether it needs a login.
    pub is_private: bool,
    /// What Palette calls the provider type; `pack` for its own OCI registries.
    pub provider_type: String,
    /// Whether it can be synchronised.
    pub is_sync_supported: bool,
}

/// Where packs come from: one registry for all, exceptions by pack name, and versions other than the revision's.
#[derive(Clone, Debug)]
pub struct Registries {
    default: Registry,
    /// The community's, unless the site names a registry for all packs.
    community: Option<Registry>,
    packs: BTreeMap<String, Registry>,
    versions: BTreeMap<String, PackVersion>,
}

impl Registries {
    /// The registry a pack comes from: the one the site names for it, else that of the community where it is published
    /// there and the site names none for all, else the one for all.
    pub fn of(&self, pack: &str, home: Option<PackHome>) -> &Registry {
        match (self.packs.get(pack), home, &self.community) {
            (Some(registry), _, _) => registry,
            (None, Some(PackHome::Community), Some(community)) => community,
            _ => &self.default,
        }
    }

    /// The version the site wants of a pack in place of the revision's.
    pub fn version_of(&self, pack: &str) -> Option<&str> {
        self.versions.get(pack).map(PackVersion::as_str)
    }

    /// The packs that the site names a version for.
    pub fn versioned(&self) -> impl Iterator<Item = &str> {
        self.versions.keys().map(String::as_str)
    }

    /// The packs that the site names a registry for.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.packs.keys().map(String::as_str)
    }

    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut fields = reader.section(site, "registries");
        let (default, community) = match reader.node(&mut fields, "default") {
            Some(node) => {
                let path = "registries.default".to_owned();
                (read_registry(reader, node, path), None)
            }
            None => (public_repo(), Some(community_registry())),
        };
        let packs = reader.by_name(&mut fields, "packs", |reader, node, path| {
            Some(read_registry(reader, node, path))
        });
        reader.close(fields);
        let versions = reader.values_by_name(site, "packVersions");
        Registries {
            default,
            community,
            packs,
            versions,
        }
    }
}

/// Palette's public repository, as the RA's layers name it.
fn public_repo() -> Registry {
    Registry {
        uid: "5eecc89d0b150045ae661cef".to_owned(),
        name: "Public Repo".to_owned(),
        kind: RegistryKind::Pack,
        is_private: false,
        provider_type: String::new(),
        is_sync_supported: true,
    }
}

/// Where the packs of vendors and partners are.
fn community_registry() -> Registry {
    Registry {
        uid: "64eaff5630402973c4e1856a".to_owned(),
        name: "Palette Community Registry".to_owned(),
        kind: RegistryKind::Oci,
        is_private: true,
        provider_type: "pack".to_owned(),
        is_sync_supported: true,
    }
}

fn read_registry(reader: &mut Reader<'_>, node: &Node, path: String) -> Registry {
    let mut fields = reader.item(node, path);
    let name = reader
        .required(&mut fields, "name", node)
        .unwrap_or_default();
    let kind = reader.value(&mut fields, "kind", RegistryKind::Pack);
    let provider = if kind == RegistryKind::Oci {
        "pack"
    } else {
        ""
    };
    let registry = Registry {
        uid: reader.free_text(&mut fields, "uid", ""),
        name,
        kind,
        is_private: reader.flag(&mut fields, "private", kind == RegistryKind::Oci),
        provider_type: reader.free_text(&mut fields, "providerType", provider),
        is_sync_supported: reader.flag(&mut fields, "syncSupported", true),
    };
    reader.close(fields);
    registry
}
