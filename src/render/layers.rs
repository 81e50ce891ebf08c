//! Makes the layers of a profile: from a pack and the RA's changes to it, or from manifests alone.

use std::sync::Arc;

use super::choice::Choice;
use super::recent::Recent;
use super::{MadeFrom, Request, Said, leftovers, manifests, node_files};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::pack::{Description, Found, Origin, Pack, PresetName, Values, compose, remarks};
use crate::profile::{Layer, Manifest, RegistryMetadata, RegistryReference};
use crate::revision::{Each, LayerDefinition, ManifestDefinition, Role};
use crate::rules::{self, Finding, rule};
use crate::site::{PackHome, ProviderFacts};
use crate::template::Engine;
use crate::version::Wanted;
use crate::yaml::{self, Limits};

/// A finished layer.
pub(super) struct Made {
    pub(super) layer: Layer,
    /// The pack it was made from, and its values.
    pub(super) pack: Option<(Arc<Pack>, Arc<Values>)>,
    /// The RA's changes to them.
    overlays: Vec<Source>,
}

impl Made {
    /// The layer, and what it was made from.
    pub(super) fn into_parts(self) -> (Layer, MadeFrom) {
        let made_from = MadeFrom {
            pack: self.pack.map(|(pack, _)| pack),
            overlays: self.overlays,
            version: self.layer.version.clone(),
        };
        (self.layer, made_from)
    }
}

/// What the values of a layer are made from.
pub(super) struct Ingredients {
    pack: Arc<Pack>,
    presets: Vec<PresetName>,
    overlays: Vec<Source>,
}

impl PartialEq for Ingredients {
    fn eq(&self, other: &Self) -> bool {
        let texts = self.overlays.iter().map(Source::text);
        Arc::ptr_eq(&self.pack, &other.pack)
            && self.presets == other.presets
            && texts.eq(other.overlays.iter().map(Source::text))
    }
}

/// What was made for other sites.
pub(super) struct Lately {
    values: Recent<Ingredients, Values>,
    /// The texts of manifests that can be read.
    pub(super) manifests: Recent<String, ()>,
}

impl Lately {
    pub(super) fn new() -> Self {
        Lately {
            values: Recent::new(),
            manifests: Recent::new(),
        }
    }
}

/// Makes layers from the templates of a revision and from packs.
pub(super) struct LayerMaker<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) engine: &'r Engine,
    pub(super) choices: &'r [Choice<'r>],
    pub(super) lately: &'r Lately,
    pub(super) said: &'r mut Vec<Said>,
}

impl<'r> LayerMaker<'r> {
    /// Makes a layer, or none if the site has nothing for it.
    ///
    /// # Errors
    /// Everything that packs and templates object to.
    pub(super) fn make(
        &mut self,
        role: Role,
        definition: &LayerDefinition,
    ) -> Result<Option<Made>, Vec<Diagnostic>> {
        let mut choices = self.choices.iter();
        if let Some(choice) = choices.find(|choice| std::ptr::eq(choice.definition, definition)) {
            return self.pack_layer(choice).map(Some);
        }
        if self.has_nothing_for(definition) {
            self.remark(Diagnostic::note(format!(
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
            tag: definition.tag().to_owned(),
            values: format!("pack:\n  spectrocloud.com/install-priority: \"{priority}\""),
            registry: RegistryReference {
                metadata: RegistryMetadata::default(),
            },
            manifests: self.manifests(role, &definition.manifests, &definition.overlay)?,
        };
        Ok(Made {
            layer,
            pack: None,
            overlays: Vec::new(),
        })
    }

    fn pack_layer(&mut self, choice: &Choice<'_>) -> Result<Made, Vec<Diagnostic>> {
        let site = self.request.site;
        let Choice {
            role, definition, ..
        } = *choice;
        let whole = self.found(choice)?.pack()?;
        let pack = whole.as_ref();
        let below = remark_on_version(choice, pack);
        self.said.extend(below.map(Said::Finding));
        let overlay = self.overlay(role, choice.overlay)?;
        let put_back = self.put_back(choice, pack, &overlay)?;
        let overlays: Vec<Source> = std::iter::once(overlay)
            .chain(self.settings(choice))
            .collect();
        let ingredients = Ingredients {
            pack: Arc::clone(&whole),
            presets: self.presets(choice, pack)?,
            overlays: put_back.into_iter().chain(overlays.clone()).collect(),
        };
        let values = self.lately.values.get_or_make(ingredients, |from| {
            compose(pack, &from.presets, from.overlays.iter().cloned())
        })?;
        remarks(pack, &values)
            .into_iter()
            .for_each(|remark| self.remark(remark));
        let registry = choice.registry(site);
        let layer = Layer {
            name: choice.pack.to_owned(),
            kind: registry.kind.pack_type().to_owned(),
            layer: definition.layer.clone(),
            version: match &choice.wanted {
                Wanted::Exactly(version) => version.clone(),
                _ => pack.description.version.clone(),
            },
            tag: self.tag(choice, pack),
            values: values.text.clone(),
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
            manifests: self.manifests(role, choice.manifests(), &definition.overlay)?,
        };
        Ok(Made {
            layer,
            pack: Some((whole, values)),
            overlays,
        })
    }

    /// What stands for the author's pick. A group such as `LTS__22.04` is taken by imports only: where Palette creates a
    /// profile, and for Terraform, it is the version. So the RA's own groups are written where its printed form is wanted,
    /// and a site's own as it says.
    fn tag(&self, choice: &Choice<'_>, pack: &Pack) -> String {
        let site = self.request.site;
        let is_meant = self.request.published || site.registries.version_of(choice.pack).is_some();
        match (&choice.tag, &choice.wanted) {
            (Some(tag), _) if is_meant => tag.clone(),
            (_, Wanted::Exactly(version)) => version.clone(),
            _ => pack.description.version.clone(),
        }
    }

    fn remark(&mut self, remark: Diagnostic) {
        self.said.push(Said::Other(remark));
    }

    /// The pack of a layer, or the built-in one that stands in for it.
    pub(super) fn found(&mut self, choice: &Choice<'_>) -> Result<&'r Found, Vec<Diagnostic>> {
        let library = self.request.library;
        let problem = match choice.find(library) {
            Ok((found, remark)) => {
                self.said.extend(remark.map(Said::Other));
                return Ok(found);
            }
            Err(problem) => problem,
        };
        match &choice.storage {
            Some((facts, minimum)) if !library.has(choice.pack, &Wanted::Newest) => {
                let problem = no_pack(facts, minimum.as_deref());
                let places = &self.request.site.places;
                Err(vec![places.locate(problem, "storage.provider")])
            }
            _ => Err(vec![problem]),
        }
    }

    /// The presets of a layer, with the newest of those that begin so in place of `Group:start*`.
    fn presets(
        &mut self,
        choice: &Choice<'_>,
        pack: &Pack,
    ) -> Result<Vec<PresetName>, Vec<Diagnostic>> {
        let mut presets = Vec::new();
        for text in &choice.presets {
            let preset: PresetName = text
                .parse()
                .map_err(|error: String| vec![Diagnostic::error(error).code(Code::WrongValue)])?;
            match preset.name.strip_suffix('*') {
                None => presets.push(preset),
                Some(start) => match newest_preset(pack, &preset.group, start) {
                    Some(found) => presets.push(found),
                    None => self.remark(no_preset(pack, &preset)),
                },
            }
        }
        Ok(presets)
    }

    /// What the revision sets in the values beside the templates.
    fn settings(&self, choice: &Choice<'_>) -> Option<Source> {
        let values = choice.values.filter(|values| !values.is_empty())?;
        let name = format!("profiles/{}/revision.yaml", self.request.revision.name);
        Some(Source::new(name, yaml::from_json(&values.clone().into())))
    }

    /// The RA's own changes to a layer.
    fn overlay(&self, role: Role, folder: Option<&str>) -> Result<Source, Vec<Diagnostic>> {
        let Some(folder) = folder else {
            return Ok(Source::new("no changes", ""));
        };
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

    /// What takes the RA's own settings off the values of a pack that was imported from a profile, where this site does not
    /// make them: our pack of that name says what the vendor has instead.
    fn put_back(
        &mut self,
        choice: &Choice<'_>,
        pack: &Pack,
        overlay: &Source,
    ) -> Result<Option<Source>, Vec<Diagnostic>> {
        if pack.description.has_vendors_values() {
            return Ok(None);
        }
        let template = choice.overlay.and_then(|folder| {
            self.engine
                .source(&format!("{}/{folder}/values.yaml", choice.role))
        });
        let (Some(template), Some(ours)) = (template, self.built_in(choice, pack)) else {
            return Ok(None);
        };
        let ours = ours.pack()?;
        let is_ours = |name: &PresetName| ours.presets.iter().any(|preset| preset.is_named(name));
        let presets: Vec<PresetName> = choice
            .presets
            .iter()
            .filter_map(|text| text.parse().ok())
            .filter(is_ours)
            .collect();
        let vendors = compose(&ours, &presets, [])?.value;
        let overlay = yaml::to_json(overlay, Limits::VALUES)?;
        let values = pack.values_as_read()?;
        let Some((changes, paths)) = leftovers::put_back(template, &overlay, &values, &vendors)
        else {
            return Ok(None);
        };
        let Description { name, version, .. } = &pack.description;
        let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
        self.remark(
            Diagnostic::note(format!(
                "`{name}` {version} was imported from a profile, and settings of the RA that this site does not make are removed: {}",
                paths.join(", ")
            ))
            .because(format!("values.yaml of {}", pack.origin)),
        );
        let name = format!("settings of the RA in values.yaml of {}", pack.origin);
        Ok(Some(Source::new(name, yaml::from_json(&changes))))
    }

    /// The built-in pack of a layer: in the version of the given pack, else in the revision's.
    fn built_in(&self, choice: &Choice<'_>, pack: &Pack) -> Option<&'r Found> {
        let packs = || {
            self.request.library.packs().filter(|found| {
                found.origin() == Origin::BuiltIn && found.description.name == choice.pack
            })
        };
        [Some(pack.description.version.as_str()), choice.fallback]
            .into_iter()
            .flatten()
            .find_map(|version| packs().find(|found| found.description.version == version))
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
            &self.lately.manifests,
            definitions,
            &format!("{role}/{folder}"),
        )
    }
}

/// The preset of a group whose name begins so; the last in order, since vendors put the version into the name.
fn newest_preset(pack: &Pack, group: &str, start: &str) -> Option<PresetName> {
    pack.presets
        .iter()
        .filter(|preset| preset.group.eq_ignore_ascii_case(group) && preset.name.starts_with(start))
        .max_by_key(|preset| preset.name.as_str())
        .map(|preset| PresetName {
            group: preset.group.clone(),
            name: preset.name.clone(),
        })
}

fn no_preset(pack: &Pack, wanted: &PresetName) -> Diagnostic {
    Diagnostic::warning(format!(
        "`{}` {} has no preset `{wanted}`, so its own values stay",
        pack.description.name, pack.description.version
    ))
    .because(format!("presets.yaml of {}", pack.origin))
    .help("set it up in the values of the pack, in a folder of your own")
}

/// Palette replaces values and never merges them, so values that are not the vendor's would miss what we do not know.
fn no_pack(facts: &ProviderFacts, minimum: Option<&str>) -> Diagnostic {
    let version = minimum.map_or(String::new(), |version| format!(" {version} or later"));
    let home = match facts.pack.registry {
        PackHome::Palette => "Palette's own registry",
        PackHome::Community => "the Palette Community Registry",
    };
    Diagnostic::error(format!(
        "{} needs the pack `{}`{version}, and there are no built-in values for it",
        facts.name, facts.pack.name
    ))
    .code(Code::PackMissing)
    .help(format!(
        "get the pack from {home}, and name its folder with `--packs DIR`"
    ))
    .help("or leave the infra profile out: `--profile core --profile templates`")
}

/// Reports packs that are older than the version that the RA knows to work.
fn remark_on_version(choice: &Choice<'_>, pack: &Pack) -> Option<Finding> {
    let (_, minimum) = choice.storage.as_ref()?;
    let minimum = minimum.as_deref()?;
    let version = pack.description.version.as_str();
    // A version that the site names is what the rules look at.
    if choice.wanted != Wanted::Newest || !rules::site::storage::is_below(version, minimum) {
        return None;
    }
    let below = rules::site::storage::below(choice.pack, version, minimum);
    Some(
        rule::PROVIDER_VERSION
            .warning("storage.provider", below)
            .help(format!(
                "take {minimum} or later, and name its folder with `--packs DIR`"
            )),
    )
}
