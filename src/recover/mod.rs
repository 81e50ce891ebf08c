//! Recovers a site that renders given profiles.
//!
//! No list says where a setting ends up. A mark is put in place of the setting, the site is rendered, and the profiles are
//! read where the mark comes out; words are tried one by one. A value is kept only if the rendered profiles then have more in
//! common with the given ones. So a wrong guess does no harm, and a new setting or template needs no code here.
//!
//! ```
//! use vmo_ra::diagnostic::{Diagnostic, Source};
//! use vmo_ra::pack::Library;
//! use vmo_ra::recover::{Request, recover};
//! use vmo_ra::render::Renderer;
//! use vmo_ra::revision::{Revision, Role};
//! use vmo_ra::site::{NoInputs, Site};
//!
//! # fn main() -> Result<(), Vec<Diagnostic>> {
//! # let one = |problem| vec![problem];
//! let (revision, library) = (Revision::load("1.9.0").map_err(one)?, Library::built_in().map_err(one)?);
//! let site = Site::parse(&Source::new("site.yaml", "vmo: {namespaces: [blue]}"), &NoInputs)?;
//! let rendered = Renderer::new(&revision, &library).map_err(one)?.render(&site, &[Role::Templates])?;
//! let recovered = recover(&Request {
//!     profiles: &[rendered.profiles[0].profile.clone()],
//!     trees: &[],
//!     revision: &revision,
//!     library: &library,
//!     is_answer: false,
//! })?;
//! assert_eq!(recovered.text, "# For RA 1.9.0.\nvmo:\n  namespaces:\n  - blue\n");
//! assert!(recovered.unexpressed.changes.is_empty());
//! # Ok(())
//! # }
//! ```

mod draft;
mod hole;
mod items;
mod lists;
mod marks;
mod nearest;
mod picture;
mod provider;
mod search;
mod settle;
mod structure;
mod values;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::diff::{self, Change, ChangeKind, Input, Options, Part, Report};
use crate::pack::Library;
use crate::profile::Profile;
use crate::render::Renderer;
use crate::revision::Revision;
use crate::secret::Secret;
use crate::site::{Inputs, Site};
pub use nearest::{Near, nearer, nearest, roles};
use search::Search;

/// What is to be recovered.
#[derive(Debug)]
pub struct Request<'r> {
    /// One profile for each role at the most.
    pub profiles: &'r [Profile],
    /// The same with every key of their files, as far as these are available.
    pub trees: &'r [Option<Value>],
    /// The revision that the site is for ([`nearest()`]).
    pub revision: &'r Revision,
    /// Where packs come from.
    pub library: &'r Library,
    /// Whether Palette's API answered the profiles, so that they lack what no answer has.
    pub is_answer: bool,
}

/// The site behind profiles.
#[derive(Debug)]
pub struct Recovered {
    /// The site file: the settings whose values are not the defaults.
    pub text: String,
    /// Settings that no profile shows. Their defaults would break rules, so other values were chosen.
    pub chosen: Vec<String>,
    /// What the profiles say in it: each setting by its path.
    pub settings: Vec<(String, Value)>,
    /// What is read from it.
    pub site: Site,
    /// What it refers to.
    pub given: Given,
    /// What the profiles say and the site does not: from what the site renders to what was given, with what is not a change of
    /// the meaning.
    pub unexpressed: Report,
    /// Keys of the files that this program does not know, each by its profile and its path.
    pub unknown: Vec<(String, String)>,
}

/// The secrets and files that a recovered site refers to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// By the names of environment variables.
    pub secrets: BTreeMap<String, Secret>,
    /// Certificates, by their paths beside the site.
    pub files: BTreeMap<String, String>,
}

impl Inputs for Given {
    fn env(&self, name: &str) -> Option<String> {
        let secret = self.secrets.get(name)?;
        Some(secret.reveal().to_owned())
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        let file = path.to_str().and_then(|path| self.files.get(path));
        file.cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Recovers the site.
///
/// # Errors
/// The profiles are not the reference architecture's, or two have one role.
pub fn recover(request: &Request<'_>) -> Result<Recovered, Vec<Diagnostic>> {
    let renderer = Renderer::new(request.revision, request.library).map_err(|one| vec![one])?;
    let roles = roles(request.profiles, request.revision)?;
    let mut search = Search::new(request, &renderer, roles);
    search.run();
    let chosen = search.settle();
    let Search { draft, given, .. } = &search;
    let text = format!(
        "# For RA {}.\n{}",
        request.revision.name,
        draft.text(search.settings)
    );
    let mut settings = draft.said(search.settings);
    settings.retain(|(path, _)| !chosen.contains(path));
    let given = given.used_by(&text);
    let site = draft::parse(&text, &given)?;
    let rendered = search.rendered(&site).into_iter();
    let rendered = rendered.map(|one| one.profile).collect();
    let input = |name: &str, profiles| Input {
        name: name.to_owned(),
        profiles,
        revision: None,
    };
    let mut unexpressed = diff::compare(
        &input("the recovered site", rendered),
        &input("the profiles", request.profiles.to_vec()),
        request.library,
        // A site does not say how a text is written either.
        &Options {
            text: true,
            ..Options::default()
        },
    )
    .map_err(|problem| vec![problem])?;
    leave_out_told_texts(&mut unexpressed);
    let trees = request.profiles.iter().zip(request.trees);
    let mut unknown = Vec::new();
    for (profile, tree) in trees {
        let mut paths = Vec::new();
        if let Some(tree) = tree {
            unknown_keys(tree, &json!(profile), "", &mut paths);
        }
        let name = &profile.metadata.name;
        unknown.extend(paths.into_iter().map(|path| (name.clone(), path)));
    }
    Ok(Recovered {
        text,
        chosen,
        settings,
        site,
        given,
        unexpressed,
        unknown,
    })
}

/// Leaves out changes of how a text is written if its meaning changed too.
fn leave_out_told_texts(report: &mut Report) {
    let text_of = |change: &Change| {
        let part = match &change.part {
            Part::File(_) | Part::Commands(_) => Part::Values,
            part => part.clone(),
        };
        (change.profile.clone(), change.layer.clone(), part)
    };
    let is_notation = |change: &Change| change.kind == ChangeKind::Text;
    let told = report.changes.iter().filter(|change| !is_notation(change));
    let told: BTreeSet<_> = told.map(text_of).collect();
    (report.changes).retain(|change| !is_notation(change) || !told.contains(&text_of(change)));
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The outermost paths that a tree has and `known` lacks.
fn unknown_keys(tree: &Value, known: &Value, path: &str, found: &mut Vec<String>) {
    match (tree, known) {
        (Value::Object(tree), Value::Object(known)) => {
            for (key, value) in tree {
                let path = match path {
                    "" => key.clone(),
                    _ => format!("{path}.{key}"),
                };
                match known.get(key) {
                    Some(known) => unknown_keys(value, known, &path, found),
                    None if is_nothing(value) => {}
                    None => found.push(path),
                }
            }
        }
        (Value::Array(tree), Value::Array(known)) => {
            for (at, (value, known)) in tree.iter().zip(known).enumerate() {
                unknown_keys(value, known, &format!("{path}[{at}]"), found);
            }
        }
        _ => {}
    }
}

impl Given {
    fn with_secret(&self, name: &str, value: &str) -> Given {
        let mut given = self.clone();
        let secret = Secret::new(value.to_owned());
        given
            .secrets
            .extend(secret.map(|secret| (name.to_owned(), secret)));
        given
    }

    /// Without what is not referred to, such as the secrets of guesses that did not hold.
    fn used_by(&self, text: &str) -> Given {
        let mut given = self.clone();
        given.secrets.retain(|name, _| text.contains(name));
        given.files.retain(|path, _| text.contains(path));
        given
    }
}
