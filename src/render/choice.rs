//! Which pack a layer uses, after the site's choices.

use crate::revision::{LayerDefinition, ManifestDefinition, Revision, Role};
use crate::site::{Site, Ubuntu};
use crate::version::Wanted;

/// The pack of a layer.
#[derive(Clone, Debug)]
pub struct Choice<'r> {
    /// The profile it is in.
    pub role: Role,
    /// The revision's own description of the layer.
    pub definition: &'r LayerDefinition,
    /// The pack's name.
    pub pack: &'r str,
    /// The version that is wanted of it.
    pub wanted: Wanted,
    /// What stands in the profile as the author's pick.
    pub tag: String,
    /// The folder of its templates below the profile's.
    pub overlay: &'r str,
    /// The version of the built-in pack, for a version that is nowhere at hand.
    pub fallback: &'r str,
}

impl Choice<'_> {
    /// The manifests attached to the layer.
    pub(super) fn manifests(&self) -> &[ManifestDefinition] {
        &self.definition.manifests
    }

    /// Whether the site asks for another version than the one that we have a pack of.
    pub(super) fn has_fallback(&self) -> bool {
        matches!(&self.wanted, Wanted::Exactly(version) if version != self.fallback)
    }
}

/// The packs of all layers of a revision that have one, in their order.
pub fn choices<'r>(site: &Site, revision: &'r Revision) -> Vec<Choice<'r>> {
    revision
        .profiles
        .iter()
        .flat_map(|profile| profile.layers.iter().map(|layer| (profile.role, layer)))
        .filter(|(_, layer)| !layer.is_manifest_layer())
        .map(|(role, layer)| choose(site, role, layer))
        .collect()
}

pub(super) fn choose<'r>(site: &Site, role: Role, definition: &'r LayerDefinition) -> Choice<'r> {
    let mut choice = Choice {
        role,
        definition,
        pack: &definition.pack,
        wanted: Wanted::Exactly(definition.version.clone()),
        tag: definition.tag.clone(),
        overlay: &definition.overlay,
        fallback: &definition.version,
    };
    let controller = site.ingress.controller.as_str();
    if let Some(other) = definition
        .alternatives
        .iter()
        .find(|other| other.controller == controller)
    {
        choice.pack = &other.pack;
        choice.wanted = Wanted::Exactly(other.version.clone());
        choice.tag.clone_from(&other.version);
        choice.overlay = &other.overlay;
        choice.fallback = &other.version;
    }
    // The RA names one Ubuntu release in its layer table and allows both.
    if definition.pack == "ubuntu-maas" && site.nodes.ubuntu.as_str() != definition.version {
        let version = site.nodes.ubuntu.as_str();
        choice.wanted = Wanted::Exactly(version.to_owned());
        choice.tag = format!("LTS__{version}");
        choice.fallback = match site.nodes.ubuntu {
            Ubuntu::Jammy => "22.04",
            Ubuntu::Noble => "24.04",
        };
    }
    if let Some(version) = site.registries.version_of(choice.pack) {
        choice.wanted = Wanted::of_tag(version);
        version.clone_into(&mut choice.tag);
    }
    choice
}
