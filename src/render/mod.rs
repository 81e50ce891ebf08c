//! From a site and a revision to the three profiles.

mod context;
mod manifests;
mod node_files;
mod variables;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Severity, Source, nearest};
use crate::pack::{Library, PresetName, compose};
use crate::profile::{
    Layer, Manifest, Metadata, Profile, RegistryMetadata, RegistryReference, Spec, Template,
};
use crate::revision::{Each, LayerDefinition, ProfileDefinition, Revision, Role};
use crate::rules;
use crate::site::{LicenceType, ProfileSettings, Site, Ubuntu};
use crate::template::Engine;
use context::Scope;

/// What is to be rendered.
#[derive(Debug)]
pub struct Request<'r> {
    /// The cluster.
    pub site: &'r Site,
    /// The revision of the RA.
    pub revision: &'r Revision,
    /// Where packs come from.
    pub library: &'r Library,
    /// Which profiles.
    pub profiles: &'r [Role],
    /// Whether the RA's printed form is wanted, even where it cannot work.
    pub published: bool,
}

/// The finished profiles, and what there is to say about them.
#[derive(Debug)]
pub struct Rendered {
    /// In the order they are imported.
    pub profiles: Vec<RenderedProfile>,
    /// Warnings and notes.
    pub remarks: Vec<Diagnostic>,
    /// Whether secrets of the site stand in what was rendered.
    pub holds_secrets: bool,
}

/// One finished profile.
#[derive(Debug)]
pub struct RenderedProfile {
    /// Which of the three.
    pub role: Role,
    /// What is imported.
    pub profile: Profile,
    /// Where each layer's values come from, in the order of the layers.
    pub bases: Vec<String>,
}

/// Renders the profiles of a site.
///
/// # Errors
/// Everything that rules, packs and templates object to; nothing is rendered then.
pub fn render(request: &Request<'_>) -> Result<Rendered, Vec<Diagnostic>> {
    let revision = request.revision;
    let Some(settings) = &revision.settings else {
        return Err(vec![
            Diagnostic::error(format!(
                "`{}` has tables only and no layers to render",
                revision.name
            ))
            .help(format!(
                "render {}, or look at it with `vmo-ra revisions {}`",
                Revision::NEWEST,
                revision.name
            )),
        ]);
    };
    let mut remarks = remarks_of_the_rules(request)?;
    check_pack_names(request)?;
    let one = |problem: Diagnostic| vec![problem];
    let mut engine = Engine::new(&revision.name).map_err(one)?;
    let scope = Scope::new(request, settings).map_err(one)?;
    scope.apply(&mut engine);
    let mut profiles = Vec::new();
    let mut problems = Vec::new();
    for definition in &revision.profiles {
        if !request.profiles.contains(&definition.role) {
            continue;
        }
        let mut renderer = Renderer {
            request,
            engine: &engine,
            scope: &scope,
            remarks: &mut remarks,
        };
        match renderer.profile(definition) {
            Ok(profile) => profiles.push(profile),
            Err(mut found) => problems.append(&mut found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Rendered {
        profiles,
        remarks,
        holds_secrets: scope.holds_secrets(),
    })
}

/// What the rules find short of errors, which end the run.
fn remarks_of_the_rules(request: &Request<'_>) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let findings = rules::check(request.site, request.revision);
    let (errors, remarks): (Vec<Diagnostic>, Vec<Diagnostic>) = findings
        .iter()
        .map(|finding| finding.diagnostic(request.site))
        .partition(|diagnostic| diagnostic.severity() == Severity::Error);
    if errors.is_empty() {
        Ok(remarks)
    } else {
        Err(errors)
    }
}

/// The site may name registries and versions for packs of the revision only.
fn check_pack_names(request: &Request<'_>) -> Result<(), Vec<Diagnostic>> {
    let known: Vec<&str> = request
        .revision
        .profiles
        .iter()
        .flat_map(|profile| &profile.layers)
        .filter(|layer| !layer.is_manifest_layer())
        .flat_map(|layer| {
            std::iter::once(layer.pack.as_str())
                .chain(layer.alternatives.iter().map(|other| other.pack.as_str()))
        })
        .collect();
    let named = request
        .site
        .registries
        .named()
        .map(|name| ("registries.packs", name));
    let versioned = request
        .site
        .registries
        .versioned()
        .map(|name| ("packVersions", name));
    let problems: Vec<Diagnostic> = named
        .chain(versioned)
        .filter(|(_, name)| !known.contains(name))
        .map(|(path, name)| {
            let mut problem =
                Diagnostic::error(format!("RA {} has no pack `{name}`", request.revision.name))
                    .help(format!("its packs: {}", known.join(", ")));
            if let Some(nearest) = nearest(name, known.iter().copied()) {
                problem = problem.label(format!("did you mean `{nearest}`?"));
            }
            request
                .site
                .places
                .locate(problem, &format!("{path}.{name}"))
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

struct Renderer<'r> {
    request: &'r Request<'r>,
    engine: &'r Engine,
    scope: &'r Scope,
    remarks: &'r mut Vec<Diagnostic>,
}

/// Which pack a layer uses here, after the site's choices.
struct Choice<'r> {
    definition: &'r LayerDefinition,
    pack: &'r str,
    version: String,
    tag: String,
    overlay: &'r str,
    /// The version of the built-in pack, for a version that is nowhere at hand.
    fallback: &'r str,
}

impl Renderer<'_> {
    fn profile(
        &mut self,
        definition: &ProfileDefinition,
    ) -> Result<RenderedProfile, Vec<Diagnostic>> {
        let mut layers = Vec::new();
        let mut bases = Vec::new();
        let mut problems = Vec::new();
        for layer in &definition.layers {
            if layer.is_manifest_layer() && self.has_nothing_for(layer) {
                self.remarks.push(Diagnostic::note(format!(
                    "the layer `{}` is left out, since the site has nothing for it",
                    layer.pack
                )));
                continue;
            }
            let rendered = if layer.is_manifest_layer() {
                self.manifest_layer(definition.role, layer)
            } else {
                self.pack_layer(definition.role, layer)
            };
            match rendered {
                Ok((layer, base)) => {
                    layers.push(layer);
                    bases.push(base);
                }
                Err(mut found) => problems.append(&mut found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let settings = self.settings(definition.role);
        let variables = variables::of_profile(self.scope, definition.role, &layers)?;
        let version = match &settings.version {
            Some(version) => version.to_string(),
            None => self.request.revision.name.clone(),
        };
        let labels = settings
            .labels
            .iter()
            .map(|(key, value)| (key.clone(), Value::String(value.clone())))
            .collect();
        Ok(RenderedProfile {
            role: definition.role,
            profile: Profile {
                metadata: Metadata {
                    name: settings
                        .name
                        .clone()
                        .unwrap_or_else(|| definition.name.clone()),
                    description: settings
                        .description
                        .clone()
                        .unwrap_or_else(|| definition.description.clone()),
                    labels,
                },
                spec: Spec {
                    version,
                    template: Template {
                        kind: definition.kind.clone(),
                        cloud_type: definition.cloud_type.clone(),
                        packs: layers,
                    },
                    variables,
                },
            },
            bases,
        })
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

    fn settings(&self, role: Role) -> &ProfileSettings {
        let profiles = &self.request.site.profiles;
        match role {
            Role::Infra => &profiles.infra,
            Role::Core => &profiles.core,
            Role::Templates => &profiles.templates,
        }
    }

    fn manifest_layer(
        &mut self,
        role: Role,
        definition: &LayerDefinition,
    ) -> Result<(Layer, String), Vec<Diagnostic>> {
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
            manifests: self.manifests(role, definition, &definition.overlay)?,
        };
        Ok((layer, "manifests only".to_owned()))
    }

    fn pack_layer(
        &mut self,
        role: Role,
        definition: &LayerDefinition,
    ) -> Result<(Layer, String), Vec<Diagnostic>> {
        let choice = self.choose(definition);
        let site = self.request.site;
        let pack = match self.request.library.find(choice.pack, &choice.version) {
            Ok(pack) => pack,
            // Only a version the site itself names may be missing: its values are then close, and said to be so.
            Err(_) if choice.version != choice.fallback => {
                let pack = self.request.library.find(choice.pack, choice.fallback)?;
                self.remarks.push(
                    Diagnostic::warning(format!(
                        "the values of `{}` {} are made from version {}",
                        choice.pack, choice.version, choice.fallback
                    ))
                    .help("name a folder with that version of the pack with `--packs DIR`"),
                );
                pack
            }
            Err(problems) => return Err(problems),
        };
        let overlay = self.overlay(role, choice.overlay)?;
        let values = compose(&pack, &self.presets(definition)?, overlay)?;
        let registry = site.registries.of(choice.pack);
        let layer = Layer {
            name: choice.pack.to_owned(),
            kind: registry.kind.pack_type().to_owned(),
            layer: definition.layer.clone(),
            version: choice.version,
            tag: choice.tag,
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
            manifests: self.manifests(role, choice.definition, choice.overlay)?,
        };
        let base = match &pack.description.version {
            version if *version == layer.version => pack.origin.to_string(),
            version => format!("{} {version}", pack.origin),
        };
        Ok((layer, base))
    }

    fn choose<'d>(&self, definition: &'d LayerDefinition) -> Choice<'d> {
        let site = self.request.site;
        let controller = site.ingress.controller.as_str();
        let mut choice = Choice {
            definition,
            pack: &definition.pack,
            version: definition.version.clone(),
            tag: definition.tag.clone(),
            overlay: &definition.overlay,
            fallback: &definition.version,
        };
        if let Some(other) = definition
            .alternatives
            .iter()
            .find(|other| other.controller == controller)
        {
            choice.pack = &other.pack;
            choice.version.clone_from(&other.version);
            choice.tag.clone_from(&other.version);
            choice.overlay = &other.overlay;
            choice.fallback = &other.version;
        }
        // The RA names one Ubuntu release in its layer table and allows both.
        if definition.pack == "ubuntu-maas" && site.nodes.ubuntu.as_str() != definition.version {
            choice.version = site.nodes.ubuntu.as_str().to_owned();
            choice.tag = format!("LTS__{}", choice.version);
            choice.fallback = match site.nodes.ubuntu {
                Ubuntu::Jammy => "22.04",
                Ubuntu::Noble => "24.04",
            };
        }
        if let Some(version) = site.registries.version_of(choice.pack) {
            version.clone_into(&mut choice.version);
            version.clone_into(&mut choice.tag);
        }
        choice
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
        definition: &LayerDefinition,
        folder: &str,
    ) -> Result<Vec<Manifest>, Vec<Diagnostic>> {
        manifests::of_layer(
            self.engine,
            self.request,
            &definition.manifests,
            &format!("{role}/{folder}"),
        )
    }
}
