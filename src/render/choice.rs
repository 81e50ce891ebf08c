//! Chooses the pack of a layer by the site's settings.

use serde_json::{Map, Value};

use crate::diagnostic::Diagnostic;
use crate::pack::{Found, Layout, Library};
use crate::revision::{Alternative, LayerDefinition, ManifestDefinition, Revision, Role};
use crate::site::{ProviderFacts, Registry, Site};
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
    /// The author's pick in the profile; none for the version that is found.
    pub tag: Option<String>,
    /// The folder of our changes to it, below the profile's, or none if it stays as it is.
    pub overlay: Option<&'r str>,
    /// The version of the built-in pack to use if the wanted version is not found; `None` if no built-in pack has the name.
    pub fallback: Option<&'r str>,
    /// The presets, as `Group:name`; `Group:start*` is the newest that begins so.
    pub presets: Vec<String>,
    /// What the revision sets in the values of its own pack.
    pub(super) values: Option<&'r Map<String, Value>>,
    /// The storage provider, and the least version of its pack that the RA names.
    pub storage: Option<(&'static ProviderFacts, Option<String>)>,
    manifests: &'r [ManifestDefinition],
}

impl<'r> Choice<'r> {
    /// The manifests attached to the layer.
    pub(super) fn manifests(&self) -> &'r [ManifestDefinition] {
        self.manifests
    }

    /// The pack that the layer is made from: the one that is wanted, else the built-in one that stands in for it, with
    /// what is to be said of that.
    ///
    /// # Errors
    /// There is neither.
    pub fn find<'l>(
        &self,
        library: &'l Library,
    ) -> Result<(&'l Found, Option<Diagnostic>), Diagnostic> {
        let problem = match library.choose(self.pack, &self.wanted) {
            Ok(found) => return Ok((found, None)),
            Err(problem) => problem,
        };
        if let Some(fallback) = self.fallback
            && let Some(layout) = Layout::between(self.pack, fallback, &self.wanted)?
        {
            return Err(layout.refusal(fallback, &self.wanted));
        }
        // Only a version the site itself names may be missing: its values are then close, and said to be so.
        let Some(version) = self.other_version() else {
            return Err(problem);
        };
        let found = library.choose(self.pack, &Wanted::Exactly(version.to_owned()))?;
        let wanted = self.wanted.to_string();
        let mut remark = Diagnostic::warning(format!(
            "the values of `{}` {} are made from version {version}",
            self.pack, self.wanted
        ))
        .help("name a folder with that version of the pack with `--packs DIR`");
        // Kubernetes and its images have a `v`, and people leave the patch release out.
        let number = wanted.trim_start_matches('v');
        if number != wanted && !version.starts_with('v') {
            remark = remark.help(format!(
                "versions of this pack have no `v`: write `{number}`"
            ));
        } else if version.starts_with(&format!("{wanted}.")) {
            remark = remark.help(format!("for the newest of {wanted}, write `{wanted}.x`"));
        }
        Ok((found, Some(remark)))
    }

    /// The registry that the site takes the pack from.
    pub fn registry<'s>(&self, site: &'s Site) -> &'s Registry {
        let home = self.storage.as_ref().map(|(facts, _)| facts.pack.registry);
        site.registries.of(self.pack, home)
    }

    /// The version we have a pack of, where the site asks for another.
    fn other_version(&self) -> Option<&'r str> {
        let fallback = self.fallback?;
        matches!(&self.wanted, Wanted::Exactly(version) if version != fallback).then_some(fallback)
    }
}

/// The packs of all layers of a revision that have one, in their order.
pub fn choices<'r>(site: &Site, revision: &'r Revision) -> Vec<Choice<'r>> {
    // A site consists of texts, numbers and lists, so it always has a JSON form.
    let tree = serde_json::to_value(site).unwrap_or_default();
    revision
        .profiles
        .iter()
        .flat_map(|profile| profile.layers.iter().map(|layer| (profile.role, layer)))
        .filter(|(_, layer)| !layer.is_manifest_layer())
        .map(|(role, layer)| {
            let mut choice = Choice::of(role, layer);
            let fitting = layer
                .alternatives
                .iter()
                .filter(|other| other.is_for(&tree));
            fitting.for_each(|other| choice.take(other));
            if layer.layer == "csi" {
                choice.take_storage(site, revision);
            }
            if let Some(version) = site.registries.version_of(choice.pack) {
                choice.wanted = Wanted::of_tag(version);
                choice.tag = Some(version.to_owned());
            }
            choice
        })
        .collect()
}

impl<'r> Choice<'r> {
    fn of(role: Role, definition: &'r LayerDefinition) -> Self {
        Choice {
            role,
            definition,
            pack: &definition.pack,
            wanted: Wanted::Exactly(definition.version.clone()),
            tag: Some(definition.tag().to_owned()),
            overlay: Some(&definition.overlay),
            fallback: Some(&definition.version),
            presets: definition.presets.clone(),
            values: Some(&definition.values),
            storage: None,
            manifests: &definition.manifests,
        }
    }

    fn take(&mut self, other: &'r Alternative) {
        if let Some(pack) = &other.pack {
            self.pack = pack;
            self.presets.clear();
            self.values = None;
        }
        if let Some(version) = &other.version {
            self.wanted = Wanted::Exactly(version.clone());
            self.tag = Some(other.tag.as_ref().unwrap_or(version).clone());
            self.fallback = Some(version);
        }
        if let Some(overlay) = &other.overlay {
            self.overlay = Some(overlay);
        }
        let group = |preset: &str| preset.rsplit_once(':').map(|(group, _)| group.to_owned());
        for preset in &other.presets {
            match self
                .presets
                .iter_mut()
                .find(|own| group(own) == group(preset))
            {
                Some(own) => own.clone_from(preset),
                None => self.presets.push(preset.clone()),
            }
        }
    }

    /// Takes the pack of the site's storage provider: the newest version, since nothing built-in can replace it.
    fn take_storage(&mut self, site: &Site, revision: &Revision) {
        let facts = site.storage.provider.facts();
        self.storage = Some((facts, facts.minimum(revision)));
        self.overlay = facts.pack.overlay.as_deref();
        if !facts.pack.presets.is_empty() {
            self.presets.clone_from(&facts.pack.presets);
        }
        if facts.pack.name == self.definition.pack {
            return;
        }
        self.pack = &facts.pack.name;
        self.wanted = Wanted::Newest;
        self.tag = None;
        self.fallback = None;
        self.presets.clone_from(&facts.pack.presets);
        self.values = None;
        self.manifests = &[];
    }
}
