//! Runs the rules over sites, profiles and manifests, and makes a report of the findings.
//!
//! ```
//! use vmo_ra::check::{Input, check, format};
//! use vmo_ra::pack::Library;
//! use vmo_ra::revision::Revision;
//! use vmo_ra::site::Site;
//!
//! let mut input = Input::default();
//! input.sites.push((Site::example(), Vec::new()));
//! let report = check(&input, &Revision::load(Revision::newest())?, &Library::built_in()?)?;
//! assert!(format::json(&report).contains("\"findings\""));
//! # Ok::<(), vmo_ra::diagnostic::Diagnostic>(())
//! ```

mod against;
pub mod claims;
pub mod format;

use std::collections::{HashMap, HashSet};

use serde::Serialize;

pub use against::{Against, Difference, Has, OfErratum, against};

use crate::cluster::Cluster;
use crate::diagnostic::{Diagnostic, Severity};
use crate::load::{Item as LoadedItem, LayerTexts, Loaded, LoadedProfile};
use crate::output::Tree;
use crate::pack::Library;
use crate::render::{Attempt, Renderer, Said};
use crate::revision::{Revision, Role};
use crate::rules::{self, Finding, Inspected};
use crate::secret;
use crate::site::Site;

/// What is to be checked.
#[derive(Debug, Default)]
pub struct Input {
    /// Sites, with the mistakes that reading them found.
    pub sites: Vec<(Site, Vec<Diagnostic>)>,
    /// Which profiles of the sites are rendered to look at; all of them where none is named.
    pub profiles: Vec<Role>,
    /// Profiles and manifests, which are one cluster together.
    pub cluster: Inspected,
}

impl Input {
    /// Adds everything that a name on the command line stands for.
    pub fn add(&mut self, loaded: Loaded) {
        for item in loaded.items {
            match item {
                LoadedItem::Site(site, problems) => self.sites.push((*site, problems)),
                LoadedItem::Manifests(source) => self.cluster.add_manifests(&source),
                LoadedItem::Profile(loaded) => {
                    let LoadedProfile {
                        file,
                        profile,
                        texts,
                        ..
                    } = *loaded;
                    self.cluster.add_profile(file, profile, |layer, manifest| {
                        texts[layer].name(manifest).to_owned()
                    });
                }
            }
        }
    }
}

/// How much was looked at.
#[derive(Clone, Copy, Debug)]
pub struct LookedAt {
    /// Sites.
    pub sites: usize,
    /// Profiles.
    pub profiles: usize,
    /// Documents of manifests that are in no profile.
    pub manifests: usize,
}

/// Everything that was found, in the order of the files.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What it was found in.
    #[serde(skip)]
    pub looked_at: LookedAt,
    /// The findings.
    pub findings: Vec<Item>,
    /// How well the profiles match a revision, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
}

/// One finding, with its place worked out.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// The rule.
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The file, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The file that contains the text named `file`, or none if that is a file itself.
    #[serde(skip)]
    pub part_of: Option<String>,
    /// The line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in the line, from 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The dotted path of the value in the site, the values or the manifest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Who says so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// The way out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// Details of each affected item.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The message for people.
    #[serde(skip)]
    pub diagnostic: Diagnostic,
    /// Which of the inputs it is about. Each site is one input; profiles and manifests together are one.
    #[serde(skip)]
    pub input: usize,
}

impl Report {
    /// What is wrong with an input that could not be looked at.
    pub fn of_problems(problems: &[Diagnostic]) -> Self {
        Report {
            looked_at: LookedAt {
                sites: 0,
                profiles: 0,
                manifests: 0,
            },
            findings: problems.iter().map(Item::misread).collect(),
            against: None,
        }
    }

    /// How many findings there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|item| item.severity == severity)
            .count()
    }
}

/// Checks everything: sites by rendering them as far as possible, profiles and manifests by their rules. `library` has the
/// packs that sites are rendered with; their schemas are rules for their values, too.
///
/// # Errors
/// There is a site, and the revision cannot be rendered, as [`Renderer::new`] says.
pub fn check(input: &Input, revision: &Revision, library: &Library) -> Result<Report, Diagnostic> {
    let mut findings = Vec::new();
    let renderer = match &input.sites[..] {
        [] => None,
        _ => Some(Renderer::new(revision, library)?),
    };
    let profiles = match &input.profiles[..] {
        [] => &Role::ALL[..],
        some => some,
    };
    let attempts = renderer.iter().flat_map(|renderer| {
        let sites = input.sites.iter();
        sites.map(|(site, problems)| (site, problems, renderer.attempt(site, profiles)))
    });
    for (number, (site, problems, attempt)) in (1..).zip(attempts) {
        let (said, mut rendered) = of_attempt(site, attempt, library);
        let mut items: Vec<Item> = problems.iter().map(Item::misread).collect();
        // A check needs no secrets; only `render` does.
        let unread = site.unread_secrets.iter().cloned();
        items.extend(unread.map(|one| {
            let note = one.into_note();
            Item::misread(&note.because("`check` needs no secrets, but `vmo-ra render` fails here"))
        }));
        if problems.is_empty() {
            items.extend(said);
        } else {
            // Where the site could not be read, the example's value was looked at instead.
            items.extend(said.into_iter().filter(|item| {
                let is_there = |problem| is_at(&item.diagnostic, problem);
                let is_known = item.diagnostic.span().is_some() || !item.because.is_empty();
                is_known && !problems.iter().any(is_there)
            }));
            rendered.clear();
        }
        // What has no place comes last.
        items.sort_by_key(|item| item.diagnostic.offset().unwrap_or(usize::MAX));
        items.append(&mut rendered);
        for item in &mut items {
            item.input = number;
        }
        findings.append(&mut items);
    }
    let cluster = input.cluster.cluster();
    let found = rules::check_cluster(&input.cluster, library);
    let mut items = of_findings(&found, None);
    for item in &mut items {
        item.part_of = item
            .file
            .as_deref()
            .and_then(|text| export_of(cluster, text))
            .map(str::to_owned);
    }
    let order = order_of_texts(cluster);
    items.sort_by_key(|item| {
        let text = item
            .file
            .as_deref()
            .and_then(|file| order.get(file).copied());
        (
            text.unwrap_or(usize::MAX),
            item.diagnostic.offset().unwrap_or(0),
        )
    });
    findings.append(&mut items);
    Ok(Report {
        looked_at: LookedAt {
            sites: input.sites.len(),
            profiles: cluster.profiles.len(),
            manifests: cluster.manifests.len(),
        },
        findings,
        against: None,
    })
}

fn of_findings(findings: &[Finding], site: Option<&Site>) -> Vec<Item> {
    let items = findings.iter().map(|finding| Item::of(finding, site));
    items.collect()
}

/// The messages from rendering a site, and the further findings in the rendered profiles.
fn of_attempt(site: &Site, attempt: Attempt, library: &Library) -> (Vec<Item>, Vec<Item>) {
    let mut said: Vec<Item> = attempt
        .said
        .iter()
        .map(|said| match said {
            Said::Finding(finding) => Item::of(finding, Some(site)),
            Said::Other(diagnostic) => Item::misread(diagnostic),
        })
        .collect();
    let Ok(rendered) = attempt.finish(site) else {
        return (said, Vec::new());
    };
    if let Err(problem) = Tree::of_render(&rendered) {
        said.push(Item::misread(&problem));
    }
    let site_file = site.places.file();
    let mut cluster = Inspected::default();
    for each in rendered.profiles {
        let file = match site_file {
            Some(site) => format!("{site}: rendered {}", each.role),
            None => format!("rendered {}", each.role),
        };
        let texts = LayerTexts::of_file(&file, &each.profile);
        cluster.add_profile(file, each.profile, |layer, manifest| {
            texts[layer].name(manifest).to_owned()
        });
    }
    let ids: HashSet<&str> = said.iter().map(|item| item.id.as_str()).collect();
    let mut found = rules::check_cluster(&cluster, library);
    found.retain(|finding| !ids.contains(finding.rule.id));
    let mut found = of_findings(&found, None);
    for item in &mut found {
        item.part_of = site_file.map(str::to_owned);
        if site_file.is_none() {
            (item.file, item.line, item.column) = (None, None, None);
        }
    }
    (said, found)
}

/// The profile's file that a text is a part of, which then begins the text's name; none for a text with its own file.
fn export_of<'c>(cluster: &'c Cluster, text: &str) -> Option<&'c str> {
    let files = || cluster.profiles.iter().map(|one| one.file.as_str());
    let holds = |file: &str| {
        text.strip_prefix(file)
            .is_some_and(|rest| rest.starts_with(": "))
    };
    if files().any(|file| file == text) {
        return None;
    }
    files()
        .filter(|file| holds(file))
        .max_by_key(|file| file.len())
}

/// The place of each file and text in the order they were given.
fn order_of_texts(cluster: &Cluster) -> HashMap<&str, usize> {
    let mut order = HashMap::new();
    let mut add = |name| {
        let next = order.len();
        order.entry(name).or_insert(next);
    };
    for profile in &cluster.profiles {
        add(profile.file.as_str());
        for layer in &profile.layers {
            add(layer.values.name_of_text());
            for manifest in &layer.manifests {
                add(manifest.name_of_text());
            }
        }
    }
    for manifest in &cluster.manifests {
        add(manifest.name_of_text());
    }
    order
}

fn is_at(one: &Diagnostic, other: &Diagnostic) -> bool {
    match (one.span(), other.span()) {
        (Some(one), Some(other)) => one.start <= other.end && other.start <= one.end,
        _ => false,
    }
}

/// A path as it may be shown: a key without a value may be a secret.
fn shown_path(path: &str, diagnostic: &Diagnostic) -> String {
    let Some(source) = diagnostic.source() else {
        return path.to_owned();
    };
    let step = |step| match !secret::is_name(step) && source.hides(step) {
        true => "***",
        false => step,
    };
    path.split('.').map(step).collect::<Vec<_>>().join(".")
}

impl Item {
    /// A finding, with its place in the site where it is about one.
    pub fn of(finding: &Finding, site: Option<&Site>) -> Self {
        let diagnostic = finding.diagnostic(site);
        let placed = Item::misread(&diagnostic);
        Item {
            id: finding.rule.id.to_owned(),
            message: placed.diagnostic.without_secrets(finding.message.as_str()),
            path: shown_path(&finding.path, &placed.diagnostic),
            because: finding.rule.source.to_owned(),
            help: placed.diagnostic.without_secrets(finding.help.as_ref()),
            notes: finding.notes.clone(),
            file: placed.file.or_else(|| finding.file().map(str::to_owned)),
            ..placed
        }
    }

    /// A mistake in the form of a site, which is no rule's.
    fn misread(diagnostic: &Diagnostic) -> Self {
        let place = diagnostic.source().zip(diagnostic.span());
        let position = place
            .as_ref()
            .map(|(source, span)| source.position(span.start));
        Item {
            id: diagnostic.kind().as_str().to_owned(),
            severity: diagnostic.severity(),
            message: diagnostic.message().to_owned(),
            file: place.map(|(source, _)| source.name().to_owned()),
            part_of: None,
            line: position.map(|(line, _)| line),
            column: position.map(|(_, column)| column),
            path: String::new(),
            because: String::new(),
            help: diagnostic.ways_out().join("; "),
            notes: Vec::new(),
            diagnostic: diagnostic.clone(),
            input: 0,
        }
    }
}
