//! Which pack a layer uses, after the site's choices.

use crate::revision::{LayerDefinition, ManifestDefinition, Revision, Role};
use crate::site::{ProviderFacts, Site, Ubuntu};
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
    /// What stands in the profile as the author's pick; none for the version that is found.
    pub tag: Option<String>,
    /// The folder of our changes to it, below the profile's; none where it stays as it is.
    pub overlay: Option<&'r str>,
    /// The version of the built-in pack, for a version that is nowhere at hand; none where there is no such pack.
    pub fallback: Option<&'r str>,
    /// The presets, as `Group:name`; `Group:start*` is the newest that begins so.
    pub presets: &'r [String],
    /// The storage provider, and the least version of its pack that the RA names.
    pub storage: Option<(&'static ProviderFacts, Option<String>)>,
    manifests: &'r [ManifestDefinition],
}

impl<'r> Choice<'r> {
    /// The manifests attached to the layer.
    pub(super) fn manifests(&self) -> &'r [ManifestDefinition] {
        self.manifests
    }

    /// The version we have a pack of, where the site asks for another.
    pub(super) fn other_version(&self) -> Option<&'r str> {
        let fallback = self.fallback?;
        matches!(&self.wanted, Wanted::Exactly(version) if version != fallback).then_some(fallback)
    }
}

/// The packs of all layers of a revision that have one, in their order.
pub fn choices<'r>(site: &Site, revision: &'r Revision) -> Vec<Choice<'r>> {
    revision
        .profiles
        .iter()
        .flat_map(|profile| profile.layers.iter().map(|layer| (profile.role, layer)))
        .filter(|(_, layer)| !layer.is_manifest_layer())
        .map(|(role, layer)| choose(site, revision, role, layer))
        .collect()
}

pub(super) fn choose<'r>(
    site: &Site,
    revision: &Revision,
    role: Role,
    definition: &'r LayerDefinition,
) -> Choice<'r> {
    let mut choice = Choice {
        role,
        definition,
        pack: &definition.pack,
        wanted: Wanted::Exactly(definition.version.clone()),
        tag: Some(definition.tag.clone()),
        overlay: Some(&definition.overlay),
        fallback: Some(&definition.version),
        presets: &definition.presets,
        storage: None,
        manifests: &definition.manifests,
    };
    if definition.layer == "csi" {
        choose_storage(site, revision, &mut choice);
    }
    let controller = site.ingress.controller.as_str();
    if let Some(other) = definition
        .alternatives
        .iter()
        .find(|other| other.controller == controller)
    {
        choice.pack = &other.pack;
        choice.wanted = Wanted::Exactly(other.version.clone());
        choice.tag = Some(other.version.clone());
        choice.overlay = Some(&other.overlay);
        choice.fallback = Some(&other.version);
    }
    // The RA names one Ubuntu release in its layer table and allows both.
    if definition.pack == "ubuntu-maas" && site.nodes.ubuntu.as_str() != definition.version {
        let version = site.nodes.ubuntu.as_str();
        choice.wanted = Wanted::Exactly(version.to_owned());
        choice.tag = Some(format!("LTS__{version}"));
        choice.fallback = Some(match site.nodes.ubuntu {
            Ubuntu::Jammy => "22.04",
            Ubuntu::Noble => "24.04",
        });
    }
    if let Some(version) = site.registries.version_of(choice.pack) {
        choice.wanted = Wanted::of_tag(version);
        choice.tag = Some(version.to_owned());
    }
    choice
}

/// The pack of the site's storage provider. Of a pack that is not ours nothing can stand in: its newest is taken.
fn choose_storage(site: &Site, revision: &Revision, choice: &mut Choice<'_>) {
    let facts = site.storage.provider.facts();
    choice.storage = Some((facts, facts.minimum(revision)));
    choice.overlay = facts.pack.overlay.as_deref();
    if !facts.pack.presets.is_empty() {
        choice.presets = &facts.pack.presets;
    }
    if facts.pack.name == choice.definition.pack {
        return;
    }
    choice.pack = &facts.pack.name;
    choice.wanted = Wanted::Newest;
    choice.tag = None;
    choice.fallback = None;
    choice.presets = &facts.pack.presets;
    choice.manifests = &[];
}
