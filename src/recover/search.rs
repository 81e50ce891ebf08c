//! The search for the site: its known settings, and the changes that bring it closer to the given profiles.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use super::draft::{self, Draft};
use super::picture::{Camera, Picture};
use super::provider::{self, Providers};
use super::{Given, Request};
use crate::profile::Profile;
use crate::render::{RenderedProfile, Renderer};
use crate::revision::Role;
use crate::site::{Form, Setting, Site};

/// How often all settings are looked at, since one may show only when another is right.
const ROUNDS: usize = 5;

pub(super) struct Search<'s> {
    pub(super) request: &'s Request<'s>,
    pub(super) renderer: &'s Renderer<'s>,
    pub(super) roles: Vec<Role>,
    pub(super) providers: Providers,
    pub(super) settings: &'static [Setting],
    pub(super) camera: Camera,
    pub(super) target: Picture,
    pub(super) draft: Draft,
    pub(super) given: Given,
    /// What the draft says, and what it gives.
    pub(super) essence: String,
    pub(super) current: Picture,
    pub(super) distance: usize,
    /// The parts of profiles that a setting reaches, as far as it was seen.
    pub(super) reach: HashMap<String, BTreeSet<String>>,
    /// The settings that profiles show.
    pub(super) traced: BTreeSet<String>,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        request: &'s Request<'s>,
        renderer: &'s Renderer<'s>,
        roles: Vec<Role>,
    ) -> Self {
        let camera = Camera::default();
        let given = || roles.iter().copied().zip(request.profiles);
        let target = camera.picture(given());
        let providers = Providers::of(given());
        let mut search = Search {
            request,
            renderer,
            roles,
            providers,
            settings: Site::settings(),
            camera,
            target,
            draft: Draft::default(),
            given: Given::default(),
            essence: String::new(),
            current: Picture::default(),
            distance: usize::MAX,
            reach: HashMap::new(),
            traced: BTreeSet::new(),
        };
        search.begin();
        search
    }

    /// Takes the draft to begin with: of the storage provider whose pack is there.
    fn begin(&mut self) {
        if let Some(first) = self.providers.first() {
            let draft = Draft::default().with(provider::SETTING, json!(first.as_str()));
            let full = self.with_needed(&draft, provider::SETTING);
            for draft in [draft].into_iter().chain(full) {
                if self.accept(draft, Given::default()) {
                    self.traced.insert(provider::SETTING.to_owned());
                    return;
                }
            }
        }
        self.accept(Draft::default(), Given::default());
    }

    /// What a site gives of the profiles that are asked for.
    pub(super) fn rendered(&self, site: &Site) -> Vec<RenderedProfile> {
        let mut profiles = self.renderer.draft(site, &self.roles);
        if self.request.is_answer {
            let all = profiles.iter_mut().map(|one| &mut one.profile);
            all.for_each(Profile::leave_out_what_no_answer_has);
        }
        profiles
    }

    /// What a draft renders, if it is a site.
    pub(super) fn look(&self, draft: &Draft, given: &Given) -> Option<Picture> {
        let site = draft.site(given)?;
        Some(self.picture(&site))
    }

    pub(super) fn picture(&self, site: &Site) -> Picture {
        let mut profiles = self.rendered(site);
        for one in &mut profiles {
            let layers = &mut one.profile.spec.template.packs;
            layers.retain(|layer| !self.providers.passes_over(layer));
        }
        let profiles = profiles.iter().map(|one| (one.role, &one.profile));
        self.camera.picture(profiles)
    }

    /// Takes a draft if it comes nearer.
    pub(super) fn accept(&mut self, draft: Draft, given: Given) -> bool {
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

    pub(super) fn run(&mut self) {
        for _ in 0..ROUNDS {
            if self.distance == 0 {
                break;
            }
            let before = self.distance;
            self.round();
            if self.distance < before {
                continue;
            }
            // A mark may have hidden another.
            self.one_by_one();
            if self.distance == before {
                break;
            }
        }
        self.prune();
    }

    /// Looks at every setting. Words come first, since others show where these let them.
    fn round(&mut self) {
        let mut words_fit = true;
        for setting in plain() {
            if let Form::Value(kind) | Form::ValueOrMap(kind) = &setting.form {
                words_fit &= !self.words(&setting.path, kind);
            }
        }
        if !words_fit {
            self.reach.clear();
        }
        self.at_once();
        for setting in plain() {
            let path = setting.path.as_str();
            match &setting.form {
                _ if self.distance == 0 => return,
                Form::Secret => self.secret(path),
                Form::List => match self.item_of(&format!("{path}[]")) {
                    Some(Form::Value(kind)) => self.scalars(path, kind),
                    _ => self.items(path),
                },
                Form::Named(_) => {
                    if let Some(Form::Value(kind)) = self.item_of(&format!("{path}.*")) {
                        self.pairs(path, kind);
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
    pub(super) fn is_of_use(&self, path: &str) -> bool {
        let Some(reach) = self.reach.get(path) else {
            return true;
        };
        let mut parts = reach.iter();
        parts.any(|part| self.target.differs(&self.current, part))
    }

    /// Notes where another value of a setting is seen.
    pub(super) fn note_reach(&mut self, path: &str, picture: &Picture) {
        let mut parts = picture.parts_beside(&self.current).peekable();
        if parts.peek().is_some() {
            self.traced.insert(path.to_owned());
        }
        let reach = self.reach.entry(path.to_owned()).or_default();
        reach.extend(parts.map(str::to_owned));
    }

    pub(super) fn item_of(&self, path: &str) -> Option<&'static Form> {
        let found = self.settings.iter().find(|setting| setting.path == path);
        found.map(|setting| &setting.form)
    }

    /// Takes out what makes no difference.
    fn prune(&mut self) {
        for place in self.draft.places() {
            let without = self.draft.without(&place);
            let same = match (self.draft.site(&self.given), without.site(&self.given)) {
                (Some(with), Some(without)) => draft::essence(&with) == draft::essence(&without),
                _ => false,
            };
            // A pack that is not available makes no difference, and names the provider all the same.
            let is_named = self.providers.first().is_some() && place.join(".") == provider::SETTING;
            if same || (!is_named && self.gives_no_less(&without)) {
                self.draft = without;
            }
        }
    }

    pub(super) fn gives_no_less(&self, draft: &Draft) -> bool {
        let picture = self.look(draft, &self.given);
        picture.is_some_and(|picture| picture.distance(&self.target) <= self.distance)
    }
}

/// Settings that stand for themselves: below no list and no map of names.
pub(super) fn plain() -> impl Iterator<Item = &'static Setting> {
    let settings = Site::settings().iter();
    settings.filter(|setting| !setting.path.contains(['[', '*']))
}
