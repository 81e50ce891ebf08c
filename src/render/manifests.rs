//! The manifests of a layer: one, or one for each item of a list of the site.

use serde::Serialize;
use tera::Context;

use super::Request;
use super::recent::Recent;
use crate::diagnostic::{Diagnostic, Source};
use crate::nad;
use crate::profile::Manifest;
use crate::revision::{Each, ManifestDefinition};
use crate::site::GuestOs;
use crate::template::Engine;
use crate::yaml::{self, Limits};

/// Renders the manifests of a layer whose templates lie in `folder`.
pub(super) fn of_layer(
    engine: &Engine,
    request: &Request<'_>,
    known: &Recent<String, ()>,
    definitions: &[ManifestDefinition],
    folder: &str,
) -> Result<Vec<Manifest>, Vec<Diagnostic>> {
    let mut layer = LayerManifests {
        engine,
        request,
        known,
        folder,
        manifests: Vec::new(),
        problems: Vec::new(),
    };
    for definition in definitions {
        layer.add(definition);
    }
    if layer.problems.is_empty() {
        Ok(layer.manifests)
    } else {
        Err(layer.problems)
    }
}

struct LayerManifests<'r> {
    engine: &'r Engine,
    request: &'r Request<'r>,
    /// Texts that have been read.
    known: &'r Recent<String, ()>,
    folder: &'r str,
    manifests: Vec<Manifest>,
    problems: Vec<Diagnostic>,
}

impl LayerManifests<'_> {
    fn add(&mut self, definition: &ManifestDefinition) {
        let vmo = &self.request.site.vmo;
        match definition.each {
            None => {
                let name = definition.name.clone().unwrap_or_default();
                let text = self.one(definition);
                self.push(name, text);
            }
            Some(Each::Nads) => {
                let network = &self.request.site.network;
                for nad in &self.request.site.nads.list {
                    let mut nad = nad.clone();
                    if self.request.published {
                        nad.preserve_default_vlan = None;
                    }
                    let text = nad::manifest(self.engine, &network.bridge, &nad);
                    self.push(nad.manifest, text);
                }
            }
            Some(Each::GoldenImages) => {
                for image in &vmo.golden_images {
                    let text = self.item(definition, GuestOs::Linux, image, Context::new());
                    self.push(image.manifest.clone(), text);
                }
            }
            Some(Each::Preferences) => {
                for preference in &vmo.preferences {
                    let text = self.item(definition, preference.os, preference, Context::new());
                    self.push(preference.manifest.clone(), text);
                }
            }
            Some(Each::Templates) => {
                for template in &vmo.templates {
                    let text = self
                        .user_data(template)
                        .and_then(|context| self.item(definition, template.os, template, context));
                    self.push(template.manifest.clone(), text);
                }
            }
        }
    }

    /// A manifest that there is one of; the one with the answer file gets that as a text.
    fn one(&self, definition: &ManifestDefinition) -> Result<String, Diagnostic> {
        let mut context = Context::new();
        let answer_file = format!("{}/unattend.xml", self.folder);
        if self.engine.has(&answer_file) {
            context.insert("unattend", &self.engine.render(&answer_file, &context)?);
        }
        self.engine.render(
            &format!("{}/{}", self.folder, definition.template),
            &context,
        )
    }

    fn item(
        &self,
        definition: &ManifestDefinition,
        os: GuestOs,
        item: &impl Serialize,
        mut context: Context,
    ) -> Result<String, Diagnostic> {
        let template = definition.template.replace("OS", os.as_str());
        context.insert("item", item);
        self.engine
            .render(&format!("{}/{template}", self.folder), &context)
    }

    /// The cloud-config of a Linux guest.
    fn user_data(&self, item: &impl Serialize) -> Result<Context, Diagnostic> {
        let mut context = Context::new();
        context.insert("item", item);
        let text = self
            .engine
            .render(&format!("{}/user-data.yaml", self.folder), &context)?;
        context.insert("userData", &text);
        Ok(context)
    }

    /// Takes a manifest if it is YAML; a template that yields anything else is a mistake in this crate.
    fn push(&mut self, name: String, text: Result<String, Diagnostic>) {
        let mut text = match text {
            Ok(text) => text,
            Err(problem) => return self.problems.push(problem),
        };
        // Control tags at the end of a template take its last line break along.
        text.truncate(text.trim_end().len());
        text.push('\n');
        let read = self.known.get_or_make(text.clone(), |text| {
            let source = Source::new(format!("manifest {name}, rendered"), text.as_str());
            yaml::parse_all(&source, Limits::VALUES).map(|_| ())
        });
        match read {
            Ok(_) => self.manifests.push(Manifest {
                name,
                content: text,
            }),
            Err(mut problems) => self.problems.append(&mut problems),
        }
    }
}
