//! Names of the profiles, and the registries their packs come from.

use std::collections::BTreeMap;

use serde::Serialize;

use super::names::{PackVersion, ProfileName, ProfileVersion};
use super::provider::PackHome;
use super::reader::{Fields, Flag, Reader};
use super::setting::{Kind, settings, words};
use crate::yaml::Node;

settings! {
    /// What a site says of one profile; what it leaves out is the revision's.
    #[derive(Clone, Debug, Default)]
    pub struct ProfileSettings {
        /// The profile's name in Palette.
        pub name: Option<ProfileName> = "name".optional(),
        /// Its version, which must be new in Palette at every import.
        pub version: Option<ProfileVersion> = "version".optional(),
        /// Its description.
        ///
        /// Example: `for the cluster in Berlin`
        pub description: Option<String> = "description".optional(),
        /// Its labels; Palette's plain tags have the value `spectro__tag`.
        ///
        /// Example: `{site: berlin}`
        pub labels: Vec<(String, String)> = "labels".values_by_name(),
    }
}

settings! {
    /// The three profiles.
    #[derive(Clone, Debug, Default)]
    pub struct Profiles of "Spectro Cloud Palette configuration" {
        /// The profile with the operating system up to the storage.
        pub infra: ProfileSettings = "infra".map(),
        /// The profile with the load balancer up to VMO.
        pub core: ProfileSettings = "core".map(),
        /// The profile with images, networks and templates for users of VMO.
        pub templates: ProfileSettings = "templates".map(),
    }
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

settings! {
    /// A registry as a profile refers to it.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Registry {
        /// Its uid, which differs between Palette instances. If it is empty, Palette looks for the name.
        ///
        /// Example: `64eaff453040297344bcad5d`
        pub uid: String,
        /// Its name.
        ///
        /// Example: `Palette Registry`
        pub name: String,
        /// Its kind.
        ///
        /// Example: `oci`
        pub kind: RegistryKind,
        /// Whether it needs a login; OCI registries do.
        ///
        /// Example: `true`
        pub is_private as "private": bool,
        /// Palette's provider type: `pack` for its own OCI registries.
        ///
        /// Example: `pack`
        pub provider_type: String,
        /// Whether it can be synchronised.
        pub is_sync_supported as "syncSupported": bool,
    }
}

settings! {
    /// Where packs come from: one registry for all, exceptions by pack name, and versions other than the revision's.
    #[derive(Clone, Debug)]
    pub struct Registries of "Spectro Cloud Palette configuration" {
        /// The registry of all packs. The default is Palette's public repository, and its community registry for the storage
        /// packs there.
        default: Registry,
        /// The community's, unless the site names a registry for all packs.
        community: Option<Registry>,
        /// Registries of single packs, by pack name.
        ///
        /// Example: `virtual-machine-orchestrator`
        packs: BTreeMap<String, Registry>,
        /// Versions of packs other than the revision's, such as the patch release that your registry has.
        ///
        /// Example: `{virtual-machine-orchestrator: 4.9.46}`
        ///
        /// Elsewhere: `kubernetes`, `kubernetesVersion`, `k8s`, `k8sVersion`
        versions as "packVersions": BTreeMap<String, PackVersion>,
        /// Whether built-in values may replace missing packs. With `true`, this is a note instead of a warning.
        pub accept_built_in_values: bool,
    }
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

    /// Takes the revision's versions again.
    pub fn forget_versions(&mut self) {
        self.versions.clear();
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
        let mut fields = reader.section::<Self>(site, "registries");
        let default = reader.optional_map::<Registry, _>(&mut fields, "default", read_registry);
        let (default, community) = match default {
            Some(registry) => (registry, None),
            None => (public_repo(), Some(community_registry())),
        };
        let packs = reader.by_name(&mut fields, "packs", Kind::any, |reader, entry, path| {
            let fields = reader.item::<Registry>(&entry.value, path);
            Some(read_registry(reader, &entry.value, fields))
        });
        let accept_built_in_values = reader.flag(&mut fields, "acceptBuiltInValues", false);
        reader.close(fields);
        let versions = reader.values_by_name(site, "packVersions");
        Registries {
            default,
            community,
            packs,
            versions,
            accept_built_in_values,
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

fn read_registry(reader: &mut Reader<'_>, node: &Node, mut fields: Fields<'_>) -> Registry {
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
        is_private: reader
            .follow(&mut fields, "private", || Flag(kind == RegistryKind::Oci))
            .0,
        provider_type: reader.follow(&mut fields, "providerType", || provider.to_owned()),
        is_sync_supported: reader.flag(&mut fields, "syncSupported", true),
    };
    reader.close(fields);
    registry
}
