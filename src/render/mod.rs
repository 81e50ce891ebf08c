//! Renders the three profiles from a site and a revision.

mod choice;
mod context;
mod layers;
mod leftovers;
mod manifests;
mod node_files;
mod recent;
mod terraform;
mod variables;

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::lock::Lock;
use crate::pack::{Description, Found, Library, Origin, Pack};
use crate::profile::{BuiltInLayers, Layer, Metadata, Profile, Spec, Template};
use crate::revision::{ProfileDefinition, Revision, Role, Settings, Variable};
use crate::rules::site::packs::{Member, UsedPack};
use crate::rules::{self, Finding};
use crate::site::Site;
use crate::template::Engine;
use crate::version::Wanted;
pub use choice::{Choice, choices};
use context::Scope;
pub(crate) use context::{PureArray, PureJson};
use layers::{Lately, LayerMaker, Made};
pub use terraform::terraform;

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
    /// Whether secrets of the site are in what was rendered.
    pub holds_secrets: bool,
    /// What they were rendered from.
    pub lock: Lock,
}

/// A message about a site or its rendered profiles.
#[derive(Clone, Debug)]
pub enum Said {
    /// A rule found it, in the site or in packs.
    Finding(Finding),
    /// Packs, templates and layers say it.
    Other(Diagnostic),
}

impl Said {
    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match self {
            Said::Finding(finding) => finding.severity,
            Said::Other(diagnostic) => diagnostic.severity(),
        }
    }

    /// As a message at its place.
    pub fn diagnostic(&self, site: &Site) -> Diagnostic {
        match self {
            Said::Finding(finding) => finding.diagnostic(Some(site)),
            Said::Other(diagnostic) => diagnostic.clone(),
        }
    }
}

/// How far a site could be rendered.
#[derive(Debug)]
pub struct Attempt {
    /// What rules find comes first.
    pub said: Vec<Said>,
    /// The profiles that could be made; meaningless if there was an error.
    profiles: Vec<RenderedProfile>,
    revision: String,
}

impl Attempt {
    /// What was rendered.
    ///
    /// # Errors
    /// Every error that was said.
    pub fn finish(self, site: &Site) -> Result<Rendered, Vec<Diagnostic>> {
        let said = self.said.iter().map(|said| said.diagnostic(site));
        let (errors, remarks): (Vec<_>, Vec<_>) =
            said.partition(|said| said.severity() == Severity::Error);
        if !errors.is_empty() {
            return Err(errors);
        }
        let made_from = self.profiles.iter().flat_map(|profile| &profile.made_from);
        let packs = made_from.filter_map(|from| from.pack.as_deref());
        let lock = Lock::new(&self.revision, site, packs);
        Ok(Rendered {
            profiles: self.profiles,
            remarks,
            holds_secrets: site.holds_secrets,
            lock,
        })
    }
}

/// One finished profile.
#[derive(Debug)]
pub struct RenderedProfile {
    /// Which of the three.
    pub role: Role,
    /// What is imported.
    pub profile: Profile,
    /// What each layer was made from, in the order of the layers.
    pub made_from: Vec<MadeFrom>,
    /// The profile with keys that this program does not know, or none if it has none.
    pub tree: Option<Value>,
}

/// What a layer was made from.
#[derive(Clone, Debug)]
pub struct MadeFrom {
    /// The pack; none for layers of manifests only.
    pub pack: Option<Arc<Pack>>,
    /// The RA's own changes to the pack's values, of which the last wins.
    pub overlays: Vec<Source>,
    /// The version of the layer, which the pack may only stand in for.
    version: String,
}

impl MadeFrom {
    /// Of a layer that is merged from several.
    pub(crate) fn merged() -> Self {
        MadeFrom {
            pack: None,
            overlays: Vec::new(),
            version: String::new(),
        }
    }
}

impl fmt::Display for MadeFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(pack) = &self.pack else {
            return f.write_str("manifests only");
        };
        pack.origin.fmt(f)?;
        match &pack.description.version {
            version if *version == self.version => Ok(()),
            version => write!(f, " {version}"),
        }
    }
}

/// Renders sites. It is made once and used for each of them, by any number of threads: what does not depend on a site is
/// read once, when the first one needs it.
///
/// ```
/// use vmo_ra::diagnostic::{Diagnostic, Source};
/// use vmo_ra::pack::Library;
/// use vmo_ra::render::Renderer;
/// use vmo_ra::revision::{Revision, Role};
/// use vmo_ra::site::{NoInputs, Site};
///
/// # fn main() -> Result<(), Vec<Diagnostic>> {
/// # let one = |problem| vec![problem];
/// let revision = Revision::load("1.9.0").map_err(one)?;
/// let library = Library::built_in().map_err(one)?;
/// let renderer = Renderer::new(&revision, &library).map_err(one)?;
/// for name in ["berlin", "munich"] {
///     let source = Source::new("site.yaml", format!("cluster: {{name: {name}}}"));
///     let site = Site::parse(&source, &NoInputs)?;
///     let rendered = renderer.render(&site, &Role::ALL)?;
///     assert_eq!(rendered.profiles.len(), 3);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Renderer<'r> {
    revision: &'r Revision,
    settings: &'r Settings,
    library: &'r Library,
    variables: Vec<Variable>,
    engine: Engine,
    lately: Lately,
    published: bool,
}

impl<'r> Renderer<'r> {
    /// Renders what a revision says, with these packs.
    ///
    /// # Errors
    /// The revision has no layers, or its data is broken: a mistake in this crate.
    pub fn new(revision: &'r Revision, library: &'r Library) -> Result<Self, Diagnostic> {
        let Some(settings) = &revision.settings else {
            return Err(Diagnostic::error(format!(
                "`{}` has only tables and no layers to render",
                revision.name
            ))
            .code(Code::WrongKind)
            .help(format!(
                "render {}, or look at it with `vmo-ra revisions {}`",
                revision.revisions().newest(),
                revision.name
            )));
        };
        Ok(Renderer {
            revision,
            settings,
            library,
            variables: revision.variables()?,
            engine: Engine::new(revision),
            lately: Lately::new(),
            published: false,
        })
    }

    /// Whether the RA's printed form is wanted, even where it cannot work.
    #[must_use]
    pub fn as_published(self, published: bool) -> Self {
        Renderer { published, ..self }
    }

    /// Renders profiles of a site.
    ///
    /// # Errors
    /// Everything that rules, packs and templates object to; nothing is rendered then.
    pub fn render(&self, site: &Site, profiles: &[Role]) -> Result<Rendered, Vec<Diagnostic>> {
        self.attempt(site, profiles).finish(site)
    }

    /// Renders profiles of a site as far as possible, with all messages. `check` reports them, and `render` writes the
    /// profiles.
    pub fn attempt(&self, site: &Site, profiles: &[Role]) -> Attempt {
        let mut said = Vec::new();
        let profiles = self.make(site, profiles, &mut said);
        Attempt {
            said,
            profiles,
            revision: self.revision.name.clone(),
        }
    }

    fn make(&self, site: &Site, profiles: &[Role], said: &mut Vec<Said>) -> Vec<RenderedProfile> {
        let request = &Request {
            site,
            revision: self.revision,
            library: self.library,
            profiles,
            published: self.published,
        };
        said.extend(
            rules::check(site, self.revision)
                .into_iter()
                .map(Said::Finding),
        );
        said.extend(unknown_packs(request).into_iter().map(Said::Other));
        let choices = choices(site, self.revision);
        let built_in = built_in_values(site, self.library, &choices, profiles);
        said.extend(built_in.map(Said::Finding));
        if said.iter().any(|said| said.severity() == Severity::Error) {
            // Templates would fail for the same reasons as rules; packs can still be searched.
            let mut maker = LayerMaker {
                request,
                engine: &self.engine,
                choices: &choices,
                lately: &self.lately,
                said,
            };
            for choice in choices.iter().filter(|one| profiles.contains(&one.role)) {
                let found = maker.found(choice).and_then(Found::pack);
                let problems = found.err().unwrap_or_default();
                maker.said.extend(problems.into_iter().map(Said::Other));
            }
            return Vec::new();
        }
        self.assemble(request, &choices, said, Unmade::Refuses)
    }

    /// Profiles of a site, regardless of rules; layers that cannot be made are left out.
    pub(crate) fn draft(&self, site: &Site, profiles: &[Role]) -> Vec<RenderedProfile> {
        let request = &Request {
            site,
            revision: self.revision,
            library: self.library,
            profiles,
            published: self.published,
        };
        let choices = choices(site, self.revision);
        self.assemble(request, &choices, &mut Vec::new(), Unmade::LeftOut)
    }

    /// A site as templates see it: with what the revision sets where the site says nothing.
    pub(crate) fn as_seen(&self, site: &Site) -> Value {
        let request = Request {
            site,
            revision: self.revision,
            library: self.library,
            profiles: &[],
            published: self.published,
        };
        let scope = Scope::new(&request, self.settings, Vec::new());
        scope.map(Scope::into_site).unwrap_or_default()
    }

    fn assemble(
        &self,
        request: &Request<'_>,
        choices: &[Choice<'_>],
        said: &mut Vec<Said>,
        unmade: Unmade,
    ) -> Vec<RenderedProfile> {
        let scope = match Scope::new(request, self.settings, self.variables.clone()) {
            Ok(scope) => scope,
            Err(problem) => {
                said.push(Said::Other(problem));
                return Vec::new();
            }
        };
        let mut engine = self.engine.clone();
        scope.apply(&mut engine);
        let cluster = cluster(self.library, choices);
        let mut finished = Vec::new();
        for definition in &self.revision.profiles {
            if !request.profiles.contains(&definition.role) {
                continue;
            }
            let mut maker = ProfileMaker {
                layers: LayerMaker {
                    request,
                    engine: &engine,
                    choices,
                    lately: &self.lately,
                    said: &mut *said,
                },
                scope: &scope,
                cluster: &cluster,
                unmade,
            };
            match maker.make(definition) {
                Ok(profile) => finished.push(profile),
                Err(problems) => said.extend(problems.into_iter().map(Said::Other)),
            }
        }
        finished
    }
}

/// How a failed layer affects its profile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unmade {
    /// There is no profile.
    Refuses,
    /// There is one without it.
    LeftOut,
}

/// Renders one site; [`Renderer`] renders many.
///
/// # Errors
/// As [`Renderer::new`] and [`Renderer::render`].
pub fn render(request: &Request<'_>) -> Result<Rendered, Vec<Diagnostic>> {
    Renderer::new(request.revision, request.library)
        .map_err(|problem| vec![problem])?
        .as_published(request.published)
        .render(request.site, request.profiles)
}

/// Reports layers whose packs were not given. A layer without any stand-in is an error of its own.
pub fn built_in_values(
    site: &Site,
    library: &Library,
    choices: &[Choice<'_>],
    profiles: &[Role],
) -> Option<Finding> {
    let rendered = choices
        .iter()
        .filter(|choice| profiles.contains(&choice.role));
    let found = rendered.filter_map(|choice| Some(choice.find(library).ok()?.0));
    let built_in = found.filter(|found| found.origin() == Origin::BuiltIn);
    let packs: Vec<&Description> = built_in.map(|found| &found.description).collect();
    rules::site::packs::built_in(site, &packs)
}

/// The packs of all profiles, in the versions they will have.
fn cluster(library: &Library, choices: &[Choice<'_>]) -> Vec<Member> {
    choices
        .iter()
        .map(|choice| Member {
            name: choice.pack.to_owned(),
            layer: choice.definition.layer.clone(),
            version: match &choice.wanted {
                Wanted::Exactly(version) => version.clone(),
                // A group of which there is no pack is an error of its own.
                group => library
                    .choose(choice.pack, group)
                    .map_or(String::new(), |found| found.description.version.clone()),
            },
        })
        .collect()
}

/// The site may name registries and versions for packs of the revision only.
fn unknown_packs(request: &Request<'_>) -> Vec<Diagnostic> {
    let storage = request.site.storage.provider.facts().pack.name.as_str();
    let mut known: Vec<&str> = request
        .revision
        .profiles
        .iter()
        .flat_map(|profile| &profile.layers)
        .filter(|layer| !layer.is_manifest_layer())
        .flat_map(|layer| {
            std::iter::once(layer.pack.as_str()).chain(
                layer
                    .alternatives
                    .iter()
                    .filter_map(|other| other.pack.as_deref()),
            )
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
    named
        .chain(versioned)
        .filter(|(_, name)| !known.contains(name))
        .map(|(path, name)| {
            let mut problem =
                Diagnostic::error(format!("RA {} has no pack `{name}`", request.revision.name))
                    .code(Code::UnknownName)
                    .help(format!("its packs: {}", known.join(", ")));
            problem = problem.did_you_mean(name, known.iter().copied());
            request
                .site
                .places
                .locate(problem, &format!("{path}.{name}"))
        })
        .collect()
}

struct ProfileMaker<'r> {
    layers: LayerMaker<'r>,
    scope: &'r Scope,
    /// The packs of all profiles, whichever are rendered.
    cluster: &'r [Member],
    unmade: Unmade,
}

impl ProfileMaker<'_> {
    fn make(&mut self, definition: &ProfileDefinition) -> Result<RenderedProfile, Vec<Diagnostic>> {
        let mut made = Vec::new();
        let mut problems = Vec::new();
        for layer in &definition.layers {
            match self.layers.make(definition.role, layer) {
                Ok(layer) => made.extend(layer),
                Err(mut found) => problems.append(&mut found),
            }
        }
        if self.unmade == Unmade::Refuses {
            if !problems.is_empty() {
                return Err(problems);
            }
            self.check_packs(&made)?;
        }
        let packs = made.iter().filter_map(|made| Some(&made.pack.as_ref()?.0));
        let built_in = packs.filter(|pack| pack.origin == Origin::BuiltIn);
        let built_in = BuiltInLayers {
            packs: built_in.map(|pack| pack.description.name.clone()).collect(),
            accepted: self.layers.request.site.registries.accept_built_in_values,
        };
        let (layers, made_from): (Vec<Layer>, Vec<MadeFrom>) =
            made.into_iter().map(Made::into_parts).unzip();
        let settings = rules::site::revision::profile(self.layers.request.site, definition.role);
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
                        .as_ref()
                        .map_or_else(|| definition.name.clone(), ToString::to_string),
                    description: built_in.add_to(
                        settings
                            .description
                            .as_ref()
                            .unwrap_or(&definition.description),
                    ),
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
            made_from,
            tree: None,
        })
    }

    /// Objections of the packs.
    fn check_packs(&mut self, made: &[Made]) -> Result<(), Vec<Diagnostic>> {
        let used: Vec<UsedPack<'_>> = made
            .iter()
            .filter_map(|made| {
                let (pack, values) = made.pack.as_ref()?;
                Some(UsedPack {
                    pack,
                    layer: &made.layer,
                    values: &values.value,
                })
            })
            .collect();
        let site = self.layers.request.site;
        let findings = rules::site::packs::check(site, &used, self.cluster)?;
        let said = findings.into_iter().map(Said::Finding);
        self.layers.said.extend(said);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::diagnostic::Source;
    use crate::profile::to_palette_json;
    use crate::site::NoInputs;

    /// Sites that differ in what templates, packs, presets and variables are made from; two of them are equal, two cannot
    /// be rendered.
    const SITES: [&str; 9] = [
        "",
        "network: {podCidr: 10.99.0.0/16}\ncluster: {workers: 5}",
        "nodes: {ubuntu: '22.04'}",
        "network: {layout: one-bond, vmVlans: 30-40}\nnads: [{vlan: 31}, {vlan: 32}]",
        "ingress: {controller: traefik}",
        "storage: {flashArrays: [{endpoint: 10.0.0.1}, {endpoint: 10.0.0.2}]}",
        "packVersions: {kubernetes: 1.34.9}",
        "packVersions: {no-such-pack: 1.0.0}",
        "",
    ];

    /// The rendered site, or its problems.
    fn outcome(renderer: &Renderer<'_>, text: &str) -> Result<Vec<String>, Vec<String>> {
        let said = |problems: &[Diagnostic]| -> Vec<String> {
            problems.iter().map(Diagnostic::to_string).collect()
        };
        let site = Site::parse(&Source::new("site.yaml", text), &NoInputs)
            .unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        let rendered = renderer
            .render(&site, &Role::ALL)
            .map_err(|problems| said(&problems))?;
        let mut outcome = said(&rendered.remarks);
        for profile in rendered.profiles {
            let json = to_palette_json(&profile.profile).expect("a profile has a JSON form");
            outcome.push(String::from_utf8(json).expect("JSON is UTF-8"));
            outcome.extend(profile.made_from.iter().map(MadeFrom::to_string));
        }
        Ok(outcome)
    }

    #[test]
    fn a_renderer_keeps_nothing_of_a_site_for_the_next() {
        let revision = Revision::load(Revision::newest()).expect("it is built in");
        let library = || Library::built_in().expect("the packs are built in");
        let fresh = SITES.map(|text| {
            let library = library();
            let renderer = Renderer::new(&revision, &library).expect("it has layers");
            outcome(&renderer, text)
        });
        assert!(fresh.iter().any(Result::is_err), "one site is refused");
        assert!(fresh[..2].iter().all(Result::is_ok), "others are not");
        assert!(fresh[0] != fresh[1], "sites differ");
        let library = library();
        let one = &Renderer::new(&revision, &library).expect("it has layers");
        let (forwards, backwards) = thread::scope(|scope| {
            let forwards = scope.spawn(|| SITES.map(|text| outcome(one, text)));
            let backwards = scope.spawn(|| {
                let mut outcomes: Vec<_> =
                    SITES.iter().rev().map(|text| outcome(one, text)).collect();
                outcomes.reverse();
                outcomes
            });
            (
                forwards.join().expect("no panic"),
                backwards.join().expect("no panic"),
            )
        });
        for (index, text) in SITES.iter().enumerate() {
            assert!(forwards[index] == fresh[index], "{text}, forwards");
            assert!(backwards[index] == fresh[index], "{text}, backwards");
        }
    }
}
