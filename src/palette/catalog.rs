//! The packs that a tenant has.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::json;

use super::answers::{PackMetadata, PackTag, PackVersions, RegistryOfPack};
use super::client::Client;
use super::transport::{Reply, Request};
use super::trouble::Trouble;
use crate::diagnostic::nearest;
use crate::version::{Version, Wanted};

/// All packs of a tenant by name. Versions are asked for where they are needed.
pub struct Catalog<'c> {
    client: &'c Client<'c>,
    registries: BTreeMap<String, Vec<RegistryOfPack>>,
    versions: RefCell<BTreeMap<Asked, Rc<Vec<PackTag>>>>,
}

/// A pack, the registry's uid, and which of its versions.
type Asked = (String, String, State);

/// Which versions of a pack are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// Those that a profile can be given.
    Usable,
    /// Those that will go.
    Deprecated,
    /// Those that no new profile can be given.
    Disabled,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            State::Usable => "",
            State::Deprecated => "deprecated",
            State::Disabled => "disabled",
        }
    }
}

/// A version of a pack in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantPack {
    /// The pack's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its uid, by which the API knows it.
    pub uid: String,
    /// The registry's uid.
    pub registry_uid: String,
    /// The registry's name.
    pub registry: String,
    /// Whether its publisher will take it away.
    pub deprecated: bool,
}

/// Why there is no such version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No registry has a pack of that name; the nearest name, if one is near.
    Pack(Option<String>),
    /// It is there, and disabled: in this registry.
    Disabled(String),
    /// Other versions are there, newest first, each with its registry.
    Version(Vec<(String, String)>),
}

impl<'c> Catalog<'c> {
    /// Asks for the list of all packs.
    ///
    /// # Errors
    /// They could not be asked for.
    pub fn of(client: &'c Client<'c>) -> Result<Self, Trouble> {
        let request = Request::search(["packs", "search"], &json!({"filter": {}, "sort": []}));
        let packs: Vec<PackMetadata> = client.pages(&request)?;
        let mut registries: BTreeMap<String, Vec<RegistryOfPack>> = BTreeMap::new();
        // A pack is listed once for each layer or kind that it has in some registry.
        for pack in packs {
            let known = registries.entry(pack.spec.name).or_default();
            for registry in pack.spec.registries {
                if known.iter().all(|other| other.uid != registry.uid) {
                    known.push(registry);
                }
            }
        }
        Ok(Catalog {
            client,
            registries,
            versions: RefCell::default(),
        })
    }

    /// How many packs there are.
    pub fn len(&self) -> usize {
        self.registries.len()
    }

    /// The first by name.
    pub(super) fn first(&self) -> Option<&str> {
        self.registries.keys().next().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.registries.is_empty()
    }

    fn tags(&self, name: &str, registry: &str, state: State) -> Result<Rc<Vec<PackTag>>, Trouble> {
        let key = (name.to_owned(), registry.to_owned(), state);
        if let Some(known) = self.versions.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let mut request = Request::get(["packs", name, "registries", registry]);
        if state != State::Usable {
            request = request.with("states", state.as_str());
        }
        let tags = match self.client.read::<PackVersions>(&request) {
            Ok(versions) => versions.tags,
            // Palette has no answer for a pack without a version in that state.
            Err(trouble) if trouble.is_absence() => Vec::new(),
            Err(trouble) => return Err(trouble),
        };
        let tags = Rc::new(tags);
        self.versions.borrow_mut().insert(key, Rc::clone(&tags));
        Ok(tags)
    }

    /// Finds a version of a pack: in the registry that `prefer` names by uid or else by name, then in the others.
    ///
    /// # Errors
    /// The versions could not be asked for.
    pub fn find(
        &self,
        name: &str,
        wanted: &Wanted,
        prefer: Preferred<'_>,
    ) -> Result<Result<TenantPack, Missing>, Trouble> {
        let Some(registries) = self.registries.get(name) else {
            let names = self.registries.keys().map(String::as_str);
            return Ok(Err(Missing::Pack(nearest(name, names).map(str::to_owned))));
        };
        let mut registries: Vec<&RegistryOfPack> = registries.iter().collect();
        registries.sort_by_key(|registry| prefer.rank(registry));
        if prefer.only {
            registries.retain(|registry| prefer.rank(registry) < Preferred::OTHER);
        }
        let mut others = BTreeMap::new();
        for registry in &registries {
            let tags = self.tags(name, &registry.uid, State::Usable)?;
            if let Some(found) = newest_that_fits(&tags, wanted) {
                let deprecated = self.tags(name, &registry.uid, State::Deprecated)?;
                return Ok(Ok(TenantPack {
                    name: name.to_owned(),
                    version: found.version.clone(),
                    uid: found.pack_uid.clone(),
                    registry_uid: registry.uid.clone(),
                    registry: registry.name.clone(),
                    deprecated: deprecated
                        .iter()
                        .any(|other| other.pack_uid == found.pack_uid),
                }));
            }
            for tag in tags.iter() {
                others
                    .entry(tag.version.clone())
                    .or_insert_with(|| registry.name.clone());
            }
        }
        for registry in &registries {
            let disabled = self.tags(name, &registry.uid, State::Disabled)?;
            if newest_that_fits(&disabled, wanted).is_some() {
                return Ok(Err(Missing::Disabled(registry.name.clone())));
            }
        }
        let mut others: Vec<(String, String)> = others.into_iter().collect();
        others.sort_by_cached_key(|(version, _)| std::cmp::Reverse(Version::parse(version)));
        Ok(Err(Missing::Version(others)))
    }

    /// The answer for a version of a pack: its values, presets, schema and readme, as Palette sends them.
    ///
    /// # Errors
    /// It could not be asked for.
    pub fn answer(&self, pack: &TenantPack) -> Result<Reply, Trouble> {
        self.client.reply(&Request::get(["packs", &pack.uid]))
    }
}

/// The registry that a site or a profile names for a pack.
#[derive(Clone, Copy, Debug)]
pub struct Preferred<'r> {
    /// Its uid, or nothing.
    pub uid: &'r str,
    /// Its name, or nothing.
    pub name: &'r str,
    /// Whether no other is taken.
    pub only: bool,
}

impl Preferred<'_> {
    const OTHER: u8 = 2;

    fn rank(&self, registry: &RegistryOfPack) -> u8 {
        if !self.uid.is_empty() && registry.uid == self.uid {
            0
        } else if !self.name.is_empty() && registry.name == self.name {
            1
        } else {
            Self::OTHER
        }
    }
}

/// The newest version that fits what is wanted, by its version or by a tag of its own.
fn newest_that_fits<'t>(tags: &'t [PackTag], wanted: &Wanted) -> Option<&'t PackTag> {
    let fits = |tag: &&PackTag| wanted.fits(&tag.version) || wanted.fits(&tag.tag);
    tags.iter()
        .filter(fits)
        .max_by_key(|tag| Version::parse(&tag.version))
}
