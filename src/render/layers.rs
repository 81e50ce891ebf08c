//! Makes the layers of a profile: from a pack and the RA's changes to it, or from manifests alone.

use serde_json::Value;

use super::choice::choose;
use super::{Request, manifests, node_files};
use crate::diagnostic::{Diagnostic, Source};
use crate::pack::{Pack, PresetName, Values, compose};
use crate::profile::{Layer, Manifest, RegistryMetadata, RegistryReference};
use crate::revision::{Each, LayerDefinition, ManifestDefinition, Role};
use crate::site::LicenceType;
use crate::template::Engine;
use crate::version::Wanted;
use crate::yaml::Move;

/// A finished layer.
pub(super) struct Made {
    pub(super) layer: Layer,
    /// Where its values come from, for people.
    pub(super) base: String,
    /// The pack it was made from, and its values as Kubernetes reads them.
    pub(super) pack: Option<(Pack, Value)>,
}

/// Makes layers, with the templates of a revision and the packs at hand.
pub(super) struct LayerMaker<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) engine: &'r Engine,
    pub(super) remarks: &'r mut Vec<Diagnostic>,
}

impl LayerMaker<'_> {
    /// Makes a layer; none where the site has nothing for it.
    ///
    /// # Errors
    /// Everything that packs and templates object to.
    pub(super) fn make(
        &mut self,
        role: Role,
        definition: &LayerDefinition,
    ) -> Result<Option<Made>, Vec<Diagnostic>> {
        if !definition.is_manifest_layer() {
            return self.pack_layer(role, definition).map(Some);
        }
        if self.has_nothing_for(definition) {
            self.remarks.push(Diagnostic::note(format!(
                "the layer `{}` is left out, since the site has nothing for it",
                definition.pack
            )));
            return Ok(None);
        }
        self.manifest_layer(role, definition).map(Some)
    }

    /// Whether every manifest of a layer is made from a list of the site that is empty.
    fn has_nothing_for(&self, definition: &LayerDefinition) -> bool {
        let site = self.request.site;
        definition
            .manifests
            .iter()
            .all(|manifest| match manifest.each {
                None => false,
                Some(Each::Nads) => site.nads.list.is_empty(),
                Some(Each::GoldenImages) => site.vmo.golden_images.is_empty(),
                Some(Each::Preferences) => site.vmo.preferences.is_empty(),
                Some(Each::Templates) => site.vmo.templates.is_empty(),
            })
    }

    fn manifest_layer(
        &mut self,
        role: Role,
        definition: &LayerDefinition,
    ) -> Result<Made, Vec<Diagnostic>> {
        let priority = definition.install_order.unwrap_or_default();
        let layer = Layer {
            name: definition.pack.clone(),
            kind: "manifest".to_owned(),
            layer: definition.layer.clone(),
            version: definition.version.clone(),
            tag: definition.tag.clone(),
            values: format!("pack:\n  spectrocloud.com/install-priority: \"{priority}\""),
            registry: RegistryReference {
                metadata: RegistryMetadata::default(),
            },
            manifests: self.manifests(role, &definition.manifests, &definition.overlay)?,
        };
        Ok(Made {
            layer,
            base: "manifests only".to_owned(),
            pack: None,
        })
    }

    fn pack_layer(
        &mut self,
        role: Role,
        definition: &LayerDefinition,
    ) -> Result<Made, Vec<Diagnostic>> {
        let choice = choose(self.request.site, role, definition);
        let library = self.request.library;
        let found = match library.choose(choice.pack, &choice.wanted) {
            Ok(found) => found,
            // Only a version the site itself names may be missing: its values are then close, and said to be so.
            Err(_) if choice.has_fallback() => {
                let fallback = Wanted::Exactly(choice.fallback.to_owned());
                let found = library
                    .choose(choice.pack, &fallback)
                    .map_err(|problem| vec![problem])?;
                self.remarks.push(
                    Diagnostic::warning(format!(
                        "the values of `{}` {} are made from version {}",
                        choice.pack, choice.wanted, choice.fallback
                    ))
                    .help("name a folder with that version of the pack with `--packs DIR`"),
                );
                found
            }
            Err(problem) => return Err(vec![problem]),
        };
        let pack = found.load()?;
        let overlay = self.overlay(role, choice.overlay)?;
        let values = compose(&pack, &self.presets(definition)?, overlay)?;
        self.remarks
            .extend(remark_on_stale_removals(&pack, &values));
        self.remarks.extend(remarks_on_shape(&pack, &values));
        let registry = self.request.site.registries.of(choice.pack);
        let layer = Layer {
            name: choice.pack.to_owned(),
            kind: registry.kind.pack_type().to_owned(),
            layer: definition.layer.clone(),
            version: match &choice.wanted {
                Wanted::Exactly(version) => version.clone(),
                _ => pack.description.version.clone(),
            },
            tag: choice.tag.clone(),
            values: values.text,
            registry: RegistryReference {
                metadata: RegistryMetadata {
                    uid: registry.uid.clone(),
                    name: registry.name.clone(),
                    kind: registry.kind.as_str().to_owned(),
                    is_private: registry.is_private,
                    provider_type: registry.provider_type.clone(),
                    is_sync_supported: registry.is_sync_supported,
                },
            },
            manifests: self.manifests(role, choice.manifests(), choice.overlay)?,
        };
        let base = match &pack.description.version {
            version if *version == layer.version => pack.origin.to_string(),
            version => format!("{} {version}", pack.origin),
        };
        Ok(Made {
            layer,
            base,
            pack: Some((pack, values.value)),
        })
    }

    /// The presets the RA selects, with the ones that a site's own choices put in their place.
    fn presets(&self, definition: &LayerDefinition) -> Result<Vec<PresetName>, Vec<Diagnostic>> {
        let site = self.request.site;
        definition
            .presets
            .iter()
            .map(|text| {
                let mut preset: PresetName = text
                    .parse()
                    .map_err(|error: String| vec![Diagnostic::error(error)])?;
                if preset.name == "vmo-auto" && site.network.cluster_on_bridge {
                    "vmo-br0".clone_into(&mut preset.name);
                }
                if preset.name == "px-enterprise" && site.storage.licence.model == LicenceType::Saas
                {
                    "px-enterprise-saas".clone_into(&mut preset.name);
                }
                Ok(preset)
            })
            .collect()
    }

    /// The RA's own changes to a layer.
    fn overlay(&self, role: Role, folder: &str) -> Result<Source, Vec<Diagnostic>> {
        let name = format!("{role}/{folder}/values.yaml");
        let mut context = tera::Context::new();
        node_files::add(
            self.engine,
            self.request.site,
            &format!("{role}/{folder}"),
            &mut context,
        )?;
        let text = self
            .engine
            .render(&name, &context)
            .map_err(|problem| vec![problem])?;
        Ok(Source::new(format!("templates/{name}"), text))
    }

    fn manifests(
        &self,
        role: Role,
        definitions: &[ManifestDefinition],
        folder: &str,
    ) -> Result<Vec<Manifest>, Vec<Diagnostic>> {
        manifests::of_layer(
            self.engine,
            self.request,
            definitions,
            &format!("{role}/{folder}"),
        )
    }
}

/// Says where presets remove what neither the pack nor any preset of it has: they were written for another version.
fn remark_on_stale_removals(pack: &Pack, values: &Values) -> Option<Diagnostic> {
    if values.stale.is_empty() {
        return None;
    }
    let paths: Vec<String> = values
        .stale
        .iter()
        .map(|path| format!("`{path}`"))
        .collect();
    Some(
        Diagnostic::note(format!(
            "presets of `{}` {} remove what it does not have: {}",
            pack.description.name,
            pack.description.version,
            paths.join(", ")
        ))
        .because(format!("presets.yaml of {}", pack.origin)),
    )
}

/// Says where the pack keeps what the RA sets elsewhere than the RA says.
fn remarks_on_shape(pack: &Pack, values: &Values) -> Vec<Diagnostic> {
    let name = format!("`{}` {}", pack.description.name, pack.description.version);
    let source = format!("values.yaml of {}", pack.origin);
    let mut remarks = Vec::new();
    for (change, left) in &values.moved {
        let Move { from, to, .. } = change;
        remarks.push(
            Diagnostic::note(format!(
                "{name} has `{to}` in place of `{from}`; what the RA sets is set there"
            ))
            .because(source.as_str()),
        );
        if *left > 0 {
            remarks.push(
                Diagnostic::warning(format!(
                    "`{to}` of {name} takes one item, and {left} more of `{from}` find no place"
                ))
                .because(source.as_str())
                .help("take a newer version of the pack, or make what is missing by a manifest of your own"),
            );
        }
    }
    for chart in &values.unplaced {
        remarks.push(
            Diagnostic::warning(format!(
                "{name} has no `{}`, so what the RA sets there may do nothing",
                chart.0
            ))
            .because(source.as_str())
            .help("look for the setting in the pack's values, and take a version of the pack that has it"),
        );
    }
    remarks
}
