//! From a site and a revision to the three profiles.

mod choice;
mod context;
mod layers;
mod manifests;
mod node_files;
mod variables;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::pack::Library;
use crate::profile::{Layer, Metadata, Profile, Spec, Template};
use crate::revision::{ProfileDefinition, Revision, Role};
use crate::rules::site::packs::{Member, UsedPack};
use crate::rules::{self, Finding};
use crate::site::{ProfileSettings, Site};
use crate::template::Engine;
use crate::version::Wanted;
pub use choice::{Choice, choices};
use context::Scope;
use layers::{LayerMaker, Made};

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
    let mut engine = Engine::new(&revision.name);
    let scope = Scope::new(request, settings).map_err(one)?;
    scope.apply(&mut engine);
    let cluster = cluster(request);
    let mut profiles = Vec::new();
    let mut problems = Vec::new();
    for definition in &revision.profiles {
        if !request.profiles.contains(&definition.role) {
            continue;
        }
        let mut renderer = Renderer {
            layers: LayerMaker {
                request,
                engine: &engine,
                remarks: &mut remarks,
            },
            scope: &scope,
            cluster: &cluster,
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

/// The packs of all profiles, in the versions they will have.
fn cluster(request: &Request<'_>) -> Vec<Member> {
    choices(request.site, request.revision)
        .into_iter()
        .map(|choice| Member {
            name: choice.pack.to_owned(),
            layer: choice.definition.layer.clone(),
            version: match &choice.wanted {
                Wanted::Exactly(version) => version.clone(),
                // A group of which there is no pack is an error of its own.
                group => request
                    .library
                    .choose(choice.pack, group)
                    .map_or(String::new(), |found| found.description.version.clone()),
            },
        })
        .collect()
}

/// What the rules find short of errors, which end the run.
fn remarks_of_the_rules(request: &Request<'_>) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    without_errors(request.site, &rules::check(request.site, request.revision))
}

fn without_errors(site: &Site, findings: &[Finding]) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let (errors, remarks): (Vec<Diagnostic>, Vec<Diagnostic>) = findings
        .iter()
        .map(|finding| finding.diagnostic(Some(site)))
        .partition(|diagnostic| diagnostic.severity() == Severity::Error);
    if errors.is_empty() {
        Ok(remarks)
    } else {
        Err(errors)
    }
}

/// The site may name registries and versions for packs of the revision only.
fn check_pack_names(request: &Request<'_>) -> Result<(), Vec<Diagnostic>> {
    let storage = request.site.storage.provider.facts().pack.name.as_str();
    let mut known: Vec<&str> = request
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
    if !known.contains(&storage) {
        known.push(storage);
    }
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
    layers: LayerMaker<'r>,
    scope: &'r Scope,
    /// The packs of all profiles, whichever are rendered.
    cluster: &'r [Member],
}

impl Renderer<'_> {
    fn profile(
        &mut self,
        definition: &ProfileDefinition,
    ) -> Result<RenderedProfile, Vec<Diagnostic>> {
        let mut made = Vec::new();
        let mut problems = Vec::new();
        for layer in &definition.layers {
            match self.layers.make(definition.role, layer) {
                Ok(layer) => made.extend(layer),
                Err(mut found) => problems.append(&mut found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        self.check_packs(&made)?;
        let (layers, bases): (Vec<Layer>, Vec<String>) =
            made.into_iter().map(|made| (made.layer, made.base)).unzip();
        let settings = self.settings(definition.role);
        let variables = variables::of_profile(self.scope, definition.role, &layers)?;
        let version = match &settings.version {
            Some(version) => version.to_string(),
            None => self.layers.request.revision.name.clone(),
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

    /// What the packs object to.
    fn check_packs(&mut self, made: &[Made]) -> Result<(), Vec<Diagnostic>> {
        let used: Vec<UsedPack<'_>> = made
            .iter()
            .filter_map(|made| {
                let (pack, values) = made.pack.as_ref()?;
                Some(UsedPack {
                    pack,
                    layer: &made.layer,
                    values,
                })
            })
            .collect();
        let site = self.layers.request.site;
        let findings = rules::site::packs::check(site, &used, self.cluster)?;
        self.layers
            .remarks
            .append(&mut without_errors(site, &findings)?);
        Ok(())
    }

    fn settings(&self, role: Role) -> &ProfileSettings {
        let profiles = &self.layers.request.site.profiles;
        match role {
            Role::Infra => &profiles.infra,
            Role::Core => &profiles.core,
            Role::Templates => &profiles.templates,
        }
    }
}
