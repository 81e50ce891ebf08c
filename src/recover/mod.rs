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
//!     revision: &revision,
//!     library: &library,
//!     is_answer: false,
//! })?;
//! assert_eq!(recovered.text, "vmo:\n  namespaces:\n  - blue\n");
//! assert!(recovered.unexpressed.changes.is_empty());
//! # Ok(())
//! # }
//! ```

mod draft;
mod hole;
mod items;
mod marks;
mod nearest;
mod picture;
mod structure;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::diff::{self, Input, Options, Report};
use crate::pack::Library;
use crate::profile::Profile;
use crate::render::{RenderedProfile, Renderer};
use crate::revision::{Revision, Role};
use crate::secret::{self, Secret};
use crate::site::{Form, Inputs, Kind, Setting, Site, variable};
use draft::Draft;
use hole::{Hole, PairHole, meanings};
pub use nearest::{Near, nearest, roles};
use picture::{Camera, Leaf, Picture};

/// What is to be recovered.
#[derive(Debug)]
pub struct Request<'r> {
    /// One profile for each role at the most.
    pub profiles: &'r [Profile],
    /// The revision that the site is for ([`nearest()`]).
    pub revision: &'r Revision,
    /// Where packs come from.
    pub library: &'r Library,
    /// Whether Palette's API answered the profiles, so that they lack what no answer has.
    pub is_answer: bool,
}

/// The site that gives profiles, as far as one can.
#[derive(Debug)]
pub struct Recovered {
    /// The site file: the settings whose values are not the defaults.
    pub text: String,
    /// What is read from it.
    pub site: Site,
    /// What it refers to.
    pub given: Given,
    /// What the profiles say and the site does not: from what the site renders to what was given.
    pub unexpressed: Report,
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
/// The profiles are none of the reference architecture's, or two are of one role.
pub fn recover(request: &Request<'_>) -> Result<Recovered, Vec<Diagnostic>> {
    let renderer = Renderer::new(request.revision, request.library).map_err(|one| vec![one])?;
    let roles = roles(request.profiles, request.revision)?;
    let mut search = Search::new(request, &renderer, roles);
    search.run();
    let Search { draft, given, .. } = &search;
    let text = draft.text(&search.settings);
    let given = given.used_by(&text);
    let site = draft::parse(&text, &given)?;
    let rendered = search.rendered(&site).into_iter();
    let rendered = rendered.map(|one| one.profile).collect();
    let input = |name: &str, profiles| Input {
        name: name.to_owned(),
        profiles,
        revision: None,
    };
    let unexpressed = diff::compare(
        &input("the recovered site", rendered),
        &input("the profiles", request.profiles.to_vec()),
        request.library,
        &Options::default(),
    )
    .map_err(|problem| vec![problem])?;
    Ok(Recovered {
        text,
        site,
        given,
        unexpressed,
    })
}

impl Given {
    /// Without what is not referred to, such as the secrets of guesses that did not hold.
    fn used_by(&self, text: &str) -> Given {
        let mut given = self.clone();
        given.secrets.retain(|name, _| text.contains(name));
        given.files.retain(|path, _| text.contains(path));
        given
    }
}

/// So often all settings are looked at; one may show only when another is right.
const ROUNDS: usize = 5;
/// So many texts that may stand in a setting's place are tried.
const GUESSES: usize = 4;

struct Search<'s> {
    request: &'s Request<'s>,
    renderer: &'s Renderer<'s>,
    roles: Vec<Role>,
    settings: Vec<Setting>,
    camera: Camera,
    target: Picture,
    draft: Draft,
    given: Given,
    /// What the draft says, and what it gives.
    essence: String,
    current: Picture,
    distance: usize,
    /// The parts of profiles that a setting reaches, as far as it was seen.
    reach: HashMap<String, BTreeSet<String>>,
}

impl<'s> Search<'s> {
    fn new(request: &'s Request<'s>, renderer: &'s Renderer<'s>, roles: Vec<Role>) -> Self {
        let camera = Camera::default();
        let target = camera.picture(roles.iter().copied().zip(request.profiles));
        let mut search = Search {
            request,
            renderer,
            roles,
            settings: Site::settings(),
            camera,
            target,
            draft: Draft::default(),
            given: Given::default(),
            essence: String::new(),
            current: Picture::default(),
            distance: usize::MAX,
            reach: HashMap::new(),
        };
        search.accept(Draft::default(), Given::default());
        search
    }

    /// What a site gives of the profiles that are asked for.
    fn rendered(&self, site: &Site) -> Vec<RenderedProfile> {
        let mut profiles = self.renderer.draft(site, &self.roles);
        if self.request.is_answer {
            let all = profiles.iter_mut().map(|one| &mut one.profile);
            all.for_each(Profile::leave_out_what_no_answer_has);
        }
        profiles
    }

    /// What a draft gives; none where it is no site.
    fn look(&self, draft: &Draft, given: &Given) -> Option<Picture> {
        let site = draft.site(given)?;
        Some(self.picture(&site))
    }

    fn picture(&self, site: &Site) -> Picture {
        let profiles = self.rendered(site);
        let profiles = profiles.iter().map(|one| (one.role, &one.profile));
        self.camera.picture(profiles)
    }

    /// Takes a draft if it comes nearer.
    fn accept(&mut self, draft: Draft, given: Given) -> bool {
        let Some(site) = draft.site(&given) else {
            return false;
        };
        let essence = draft::essence(&site);
        if essence == self.essence && given == self.given {
            return false;
        }
        let picture = self.picture(&site);
        let distance = picture.distance(&self.target);
        if distance >= self.distance {
            return false;
        }
        (self.draft, self.given, self.essence) = (draft, given, essence);
        (self.current, self.distance) = (picture, distance);
        true
    }

    fn run(&mut self) {
        let settings: Vec<Setting> = (self.settings.iter())
            .filter(|setting| !setting.path.contains(['[', '*']))
            .cloned()
            .collect();
        for _ in 0..ROUNDS {
            if self.distance == 0 {
                break;
            }
            let before = self.distance;
            self.round(&settings);
            if self.distance < before {
                continue;
            }
            // A mark may have hidden another.
            self.one_by_one(&settings);
            if self.distance == before {
                break;
            }
        }
        self.prune();
    }

    /// Looks at every setting. Words come first, since others show where these let them.
    fn round(&mut self, settings: &[Setting]) {
        let mut words_fit = true;
        for setting in settings {
            if let Form::Value(kind) | Form::ValueOrMap(kind) = &setting.form {
                words_fit &= !self.words(&setting.path, kind);
            }
        }
        if !words_fit {
            self.reach.clear();
        }
        self.at_once(settings);
        for setting in settings {
            let path = setting.path.as_str();
            match &setting.form {
                _ if self.distance == 0 => return,
                Form::Secret => self.secret(path),
                Form::List => match self.item_of(&format!("{path}[]")) {
                    Some(Form::Value(_)) => self.scalars(path),
                    _ => self.items(path),
                },
                Form::Named(_) => {
                    if let Some(Form::Value(_)) = self.item_of(&format!("{path}.*")) {
                        self.pairs(path);
                    }
                }
                Form::Map | Form::Value(_) | Form::ValueOrMap(_) => {}
            }
        }
        self.descriptions();
        self.registries();
        self.pack_versions();
    }

    /// Whether a setting may have to do with what differs.
    fn is_of_use(&self, path: &str) -> bool {
        let Some(reach) = self.reach.get(path) else {
            return true;
        };
        let beside = self.target.beside(&self.current);
        let beside = beside.into_iter().chain(self.current.beside(&self.target));
        beside.into_iter().any(|(part, _)| reach.contains(part))
    }

    /// Notes where another value of a setting is seen.
    fn note_reach(&mut self, path: &str, picture: &Picture) {
        let beside = picture.beside(&self.current).into_iter();
        let beside = beside.chain(self.current.beside(picture));
        let parts: BTreeSet<String> = beside.map(|(part, _)| part.to_owned()).collect();
        self.reach.entry(path.to_owned()).or_default().extend(parts);
    }

    fn item_of(&self, path: &str) -> Option<Form> {
        let found = self.settings.iter().find(|setting| setting.path == path);
        found.map(|setting| setting.form.clone())
    }

    /// Tries each word of a setting, or both values of a flag. Says whether another fits better.
    fn words(&mut self, path: &str, kind: &Kind) -> bool {
        let words: Vec<Value> = match kind.types == ["boolean"] {
            true => vec![json!(true), json!(false)],
            false => kind
                .words
                .iter()
                .map(|(word, _)| kind.value(word))
                .collect(),
        };
        if self.distance == 0 || words.is_empty() || !self.is_of_use(path) {
            return false;
        }
        let mut found = false;
        for word in words {
            let draft = self.draft.with(path, word);
            // Some words want more to be said.
            let full = self.with_needed(&draft, path);
            for draft in full.into_iter().chain([draft]) {
                let Some(site) = draft.site(&self.given) else {
                    continue;
                };
                let essence = draft::essence(&site);
                if essence == self.essence {
                    continue;
                }
                let picture = self.picture(&site);
                self.note_reach(path, &picture);
                let distance = picture.distance(&self.target);
                if distance < self.distance {
                    (self.draft, self.essence) = (draft, essence);
                    (self.current, self.distance) = (picture, distance);
                    found = true;
                    break;
                }
            }
        }
        found
    }

    /// A draft with examples where maps beside a setting need a value.
    fn with_needed(&self, draft: &Draft, path: &str) -> Option<Draft> {
        let (around, _) = path.rsplit_once('.')?;
        let around = format!("{around}.");
        let needed = self.settings.iter().filter(|setting| {
            matches!(setting.default, crate::site::Preset::Required)
                && setting.path.starts_with(&around)
                && !setting.path.contains(['[', '*'])
                && draft.get(&setting.path).is_none()
        });
        let mut full = None;
        for setting in needed {
            let example = setting.example().unwrap_or_default();
            let value = match &setting.form {
                Form::Value(kind) => kind.value(example),
                _ => return None,
            };
            let so_far = full.as_ref().unwrap_or(draft);
            full = Some(so_far.with(&setting.path, value));
        }
        full
    }

    /// The places where a mark comes out, with their parts.
    fn holes(&self, picture: &Picture, without: &Picture, mark: &str) -> Vec<(String, Hole)> {
        let mut holes = Vec::new();
        for (part, leaf) in picture.beside(without) {
            let hole = Hole::of(leaf, mark).map(|hole| (part.to_owned(), hole));
            holes.extend(hole.filter(|hole| !holes.contains(hole)));
        }
        holes
    }

    /// What the profiles have in places, and the draft does not give.
    fn guesses(&self, holes: &[(String, Hole)]) -> Vec<String> {
        let missing = self.target.beside(&self.current);
        let mut guesses: Vec<String> = Vec::new();
        for (part, hole) in holes {
            let there = missing.iter().filter(|(of, _)| of == part);
            for text in there.filter_map(|(_, leaf)| hole.read(leaf)) {
                for meaning in meanings(text) {
                    if guesses.len() < GUESSES && !guesses.iter().any(|one| *one == meaning) {
                        guesses.push(meaning.into_owned());
                    }
                }
            }
        }
        guesses
    }

    /// Reads all settings that are one value.
    fn at_once(&mut self, settings: &[Setting]) {
        let found = self.all_holes(settings);
        for (setting, kind) in scalars(settings) {
            if let Some(holes) = found.get(setting.path.as_str()) {
                self.fill(setting, kind, holes);
            }
        }
    }

    /// Where settings that are one value show, with a mark in each. Where one mark hides another, the second shows when those
    /// that were seen are gone.
    fn all_holes<'p>(&self, settings: &'p [Setting]) -> HashMap<&'p str, Vec<(String, Hole)>> {
        let mut found: HashMap<&str, Vec<(String, Hole)>> = HashMap::new();
        loop {
            let left = scalars(settings).filter(|(one, _)| !found.contains_key(one.path.as_str()));
            let marks: Vec<(&str, Value, String)> = (left.enumerate())
                .filter_map(|(number, (setting, kind))| {
                    let form = marks::form_of(setting, kind)?;
                    let mark = marks::all(number).into_iter().nth(form)?;
                    Some((setting.path.as_str(), kind.value(&mark), mark))
                })
                .collect();
            let put = |draft: &Draft, path: &str, value: &Value| draft.with(path, value.clone());
            let mut draft = (marks.iter()).fold(self.draft.clone(), |draft, (path, value, _)| {
                put(&draft, path, value)
            });
            let mut marked: Vec<(&str, &str)> = (marks.iter())
                .map(|(path, _, mark)| (*path, mark.as_str()))
                .collect();
            if draft.site(&self.given).is_none() {
                // Some cannot stand beside others.
                draft = self.draft.clone();
                marked.retain(|(path, _)| {
                    let mut values = marks.iter().filter(|(one, ..)| one == path);
                    let with = values.next().map(|(_, value, _)| put(&draft, path, value));
                    let with = with.filter(|with| with.site(&self.given).is_some());
                    let fits = with.is_some();
                    draft = with.unwrap_or_else(|| draft.clone());
                    fits
                });
            }
            let Some(picture) = self.look(&draft, &self.given) else {
                return found;
            };
            let before = found.len();
            for (path, mark) in marked {
                let holes = self.holes(&picture, &self.current, mark);
                if !holes.is_empty() {
                    found.insert(path, holes);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// Reads settings that are one value, each by itself.
    fn one_by_one(&mut self, settings: &[Setting]) {
        for (setting, kind) in scalars(settings) {
            if self.distance == 0 || !self.is_of_use(&setting.path) {
                continue;
            }
            for mark in marks::all(0) {
                let draft = self.draft.with(&setting.path, kind.value(&mark));
                let Some(picture) = self.look(&draft, &self.given) else {
                    continue;
                };
                self.note_reach(&setting.path, &picture);
                let holes = self.holes(&picture, &self.current, &mark);
                self.fill(setting, kind, &holes);
                break;
            }
        }
    }

    /// Sets what the profiles have in the places of a setting.
    fn fill(&mut self, setting: &Setting, kind: &Kind, holes: &[(String, Hole)]) {
        if self.distance == 0 {
            return;
        }
        for guess in self.guesses(holes) {
            let value = kind.value(&guess);
            if !is_open_secret(setting.key(), &value) {
                let draft = self.draft.with(&setting.path, value);
                self.accept(draft, self.given.clone());
            }
        }
    }

    /// Reads a secret. A macro in its place is what the site gives without it.
    fn secret(&mut self, path: &str) {
        if !self.is_of_use(path) {
            return;
        }
        let name = variable(path);
        let draft = self.draft.with(path, json!({"env": name}));
        let mark = marks::word(0);
        let Some(picture) = self.look(&draft, &self.given.with_secret(&name, &mark)) else {
            return;
        };
        self.note_reach(path, &picture);
        let holes = self.holes(&picture, &self.current, &mark);
        for guess in self.guesses(&holes) {
            let given = self.given.with_secret(&name, &guess);
            self.accept(draft.clone(), given);
        }
    }

    /// Reads a list of values.
    fn scalars(&mut self, path: &str) {
        if !self.is_of_use(path) {
            return;
        }
        for marks in marks::rows(3) {
            let [first, rest @ ..] = marks.as_slice() else {
                return;
            };
            let Some(picture) = self.look(&self.draft.with(path, json!(marks)), &self.given) else {
                continue;
            };
            self.note_reach(path, &picture);
            let all: Vec<(String, Hole)> = self.holes(&picture, &self.current, first);
            let mut lists: Vec<Vec<String>> = Vec::new();
            for (part, hole) in self.holes(&picture, &self.current, &rest[0]) {
                let is_mark = |text: &&str| marks.iter().any(|mark| mark == text);
                // What stands in the same place whatever the list holds.
                let mut usual: Vec<&str> = (picture.leaves(&part))
                    .filter_map(|leaf| hole.read(leaf))
                    .filter(|text| !is_mark(text))
                    .collect();
                let mut list = Vec::new();
                for text in self.target.leaves(&part).filter_map(|leaf| hole.read(leaf)) {
                    match usual.iter().position(|one| *one == text) {
                        Some(at) => {
                            usual.swap_remove(at);
                        }
                        None => list.push(text.to_owned()),
                    }
                }
                if !all.iter().any(|one| *one == (part.clone(), hole.clone())) {
                    // The first has a place of its own.
                    let first = all.iter().find_map(|(part, hole)| {
                        self.target.leaves(part).find_map(|leaf| hole.read(leaf))
                    });
                    list.splice(..0, first.map(str::to_owned));
                }
                if lists.len() < GUESSES && !lists.contains(&list) {
                    lists.push(list);
                }
            }
            for list in lists {
                self.accept(self.draft.with(path, json!(list)), self.given.clone());
            }
            return;
        }
    }

    /// Reads a map of names to values.
    fn pairs(&mut self, path: &str) {
        if !self.is_of_use(path) {
            return;
        }
        for (name, value) in marks::pairs() {
            let Some(picture) =
                self.look(&self.draft.with(path, json!({&name: &value})), &self.given)
            else {
                continue;
            };
            self.note_reach(path, &picture);
            let mut found: Vec<(String, PairHole)> = Vec::new();
            for (part, leaf) in picture.beside(&self.current) {
                let hole = PairHole::of(leaf, &name, &value).map(|hole| (part.to_owned(), hole));
                found.extend(hole.filter(|hole| !found.contains(hole)));
            }
            let missing: Vec<(String, Leaf)> = self
                .target
                .beside(&self.current)
                .into_iter()
                .map(|(part, leaf)| (part.to_owned(), leaf.clone()))
                .collect();
            for (part, hole) in found {
                let there = missing.iter().filter(|(of, _)| *of == part);
                let pairs: Vec<(String, String)> = there
                    .filter_map(|(_, leaf)| hole.read(leaf))
                    .filter(|(name, value)| !is_open_secret(name, &json!(value)))
                    .collect();
                if pairs.is_empty() {
                    continue;
                }
                let mut map = self.draft.get(path).cloned().unwrap_or_else(|| json!({}));
                for (name, value) in &pairs {
                    map[name] = json!(value);
                }
                if self.accept(self.draft.with(path, map), self.given.clone()) {
                    continue;
                }
                // One of them may be no site's to say.
                for (name, value) in pairs {
                    let mut map = self.draft.get(path).cloned().unwrap_or_else(|| json!({}));
                    map[&name] = json!(value);
                    self.accept(self.draft.with(path, map), self.given.clone());
                }
            }
            return;
        }
    }

    /// Takes out what makes no difference.
    fn prune(&mut self) {
        for place in self.draft.places() {
            let without = self.draft.without(&place);
            let same = match (self.draft.site(&self.given), without.site(&self.given)) {
                (Some(with), Some(without)) => draft::essence(&with) == draft::essence(&without),
                _ => false,
            };
            if same || self.gives_no_less(&without) {
                self.draft = without;
            }
        }
    }

    fn gives_no_less(&self, draft: &Draft) -> bool {
        let picture = self.look(draft, &self.given);
        picture.is_some_and(|picture| picture.distance(&self.target) <= self.distance)
    }
}

/// Those of settings that are one value and more than a word.
fn scalars(settings: &[Setting]) -> impl Iterator<Item = (&Setting, &Kind)> {
    settings.iter().filter_map(|setting| match &setting.form {
        Form::Value(kind) | Form::ValueOrMap(kind) => {
            let is_free = kind.words.is_empty() || kind.pattern.is_some();
            (is_free && kind.types != ["boolean"]).then_some((setting, kind))
        }
        _ => None,
    })
}

/// Whether a text would show a secret, which stands in no site.
fn is_open_secret(key: &str, value: &Value) -> bool {
    let text = match value {
        Value::String(text) => format!("{key}: {text}"),
        _ => return false,
    };
    secret::masked(&text) != text
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
}
