//! The packs that a tenant has.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::de::IgnoredAny;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::answers::{PackMetadata, PackTag, PackVersions, RegistryOfPack};
use super::client::{Client, parsed};
use super::transport::{Reply, Request};
use super::trouble::Trouble;
use crate::diagnostic::{Code, Diagnostic, nearest};
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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

/// A version of a pack that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The pack's name.
    pub pack: String,
    /// The version that is wanted.
    #[serde(serialize_with = "in_words")]
    pub wanted: Wanted,
    /// The only registry that it was looked for in, by its name, or none if all were.
    #[serde(skip)]
    pub registry: Option<String>,
    /// Why it cannot be had.
    #[serde(flatten)]
    pub reason: Reason,
    /// The version that is nearest to the wanted one.
    pub nearest: Option<Elsewhere>,
}

fn in_words<S: Serializer>(wanted: &Wanted, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(wanted)
}

/// Why a version of a pack cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// No registry has a pack of that name.
    #[serde(rename_all = "camelCase")]
    NoPack {
        /// The nearest name, if one is near.
        nearest_name: Option<String>,
    },
    /// It is disabled.
    Disabled {
        /// The name of the registry that has it.
        registry: String,
    },
    /// The pack is there, and not this version.
    NoVersion,
}

/// A version of a pack, and the name of the registry that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// The version.
    pub version: String,
    /// The registry's name.
    pub registry: String,
}

impl From<Missing> for Diagnostic {
    fn from(missing: Missing) -> Self {
        let (pack, wanted) = (&missing.pack, &missing.wanted);
        let within = missing.registry.as_ref();
        let within = within.map_or_else(String::new, |registry| format!(" in `{registry}`"));
        let problem = |what: String| Diagnostic::error(what).code(Code::PackMissing);
        let other_version = "with `registries.packVersions` in the site";
        match (missing.reason, missing.nearest) {
            (Reason::NoPack { nearest_name }, _) => {
                let problem = problem(format!("the tenant has no pack `{pack}`"));
                match nearest_name {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => {
                        problem.help("add a registry that has it, under Tenant Settings in Palette")
                    }
                }
            }
            (Reason::NoVersion, None) => {
                problem(format!("the tenant has no pack `{pack}`{within}"))
                    .help("name another registry in the site, under `registries`")
            }
            (reason, nearest) => {
                let problem = problem(match reason {
                    Reason::Disabled { registry } => {
                        format!("`{pack}` {wanted} is disabled in `{registry}`")
                    }
                    _ => format!("the tenant has no version {wanted} of `{pack}`{within}"),
                });
                match nearest {
                    Some(Elsewhere { version, registry }) => problem.help(format!(
                        "the nearest is {version} in `{registry}`; name it {other_version}"
                    )),
                    None => problem.help(format!("name another version {other_version}")),
                }
            }
        }
    }
}

/// The version that has the most numbers in common with the wanted one, and of several the one whose next number is nearest.
fn nearest_to(wanted: &Wanted, others: Vec<Elsewhere>) -> Option<Elsewhere> {
    let numbers = |text: &str| Version::parse(text).map(|version| version.numbers().to_vec());
    let wanted = match wanted {
        Wanted::Exactly(text) => numbers(text).unwrap_or_default(),
        Wanted::NewestOf(_, numbers) => numbers.clone(),
        Wanted::Newest => Vec::new(),
    };
    others.into_iter().max_by_key(|other| {
        let found = numbers(&other.version).unwrap_or_default();
        let alike = found
            .iter()
            .zip(&wanted)
            .take_while(|(a, b)| a == b)
            .count();
        let at = |numbers: &[u64]| numbers.get(alike).copied();
        // Where nothing is wanted there, the newest is the nearest.
        let apart = at(&wanted).map(|wanted| wanted.abs_diff(at(&found).unwrap_or(0)));
        (alike, Reverse(apart), Version::parse(&other.version))
    })
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

    /// Whether it is empty.
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
        let missing = |reason: Reason, others: Vec<Elsewhere>| Missing {
            pack: name.to_owned(),
            wanted: wanted.clone(),
            registry: (prefer.only && !prefer.name.is_empty()).then(|| prefer.name.to_owned()),
            reason,
            nearest: nearest_to(wanted, others),
        };
        let Some(registries) = self.registries.get(name) else {
            let names = self.registries.keys().map(String::as_str);
            let reason = Reason::NoPack {
                nearest_name: nearest(name, names).map(str::to_owned),
            };
            return Ok(Err(missing(reason, Vec::new())));
        };
        let mut registries: Vec<&RegistryOfPack> = registries.iter().collect();
        registries.sort_by_key(|registry| prefer.rank(registry));
        if prefer.only {
            registries.retain(|registry| prefer.rank(registry) < Preferred::OTHER);
        }
        let mut others = Vec::new();
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
            // Of the same version the one of the first registry is taken.
            others.splice(
                0..0,
                tags.iter().map(|tag| Elsewhere {
                    version: tag.version.clone(),
                    registry: registry.name.clone(),
                }),
            );
        }
        for registry in &registries {
            let disabled = self.tags(name, &registry.uid, State::Disabled)?;
            if newest_that_fits(&disabled, wanted).is_some() {
                let reason = Reason::Disabled {
                    registry: registry.name.clone(),
                };
                return Ok(Err(missing(reason, others)));
            }
        }
        Ok(Err(missing(Reason::NoVersion, others)))
    }

    /// The answer for a version of a pack: its values, presets, schema and readme, as Palette sends them.
    ///
    /// # Errors
    /// It could not be asked for.
    pub fn answer(&self, pack: &TenantPack) -> Result<Reply, Trouble> {
        let request = Request::get(["packs", &pack.uid]);
        let reply = self.client.reply(&request)?;
        parsed::<IgnoredAny>(&request, &reply.body)?;
        Ok(reply)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_version_begins_alike() {
        let there = |versions: &[&str]| {
            let other = |version: &&str| Elsewhere {
                version: (*version).to_owned(),
                registry: "r".to_owned(),
            };
            versions.iter().map(other).collect()
        };
        for (wanted, versions, nearest) in [
            (
                "1.34.5",
                &["1.33.9", "1.34.2", "1.34.9", "1.35.0"][..],
                "1.34.2",
            ),
            ("1.34.5", &["1.34.7", "1.34.9"], "1.34.7"),
            ("1.34.5", &["1.30.0", "1.33.1", "1.33.2", "2.0.0"], "1.33.2"),
            ("1.34.x", &["1.33.1", "1.36.1"], "1.33.1"),
            ("22.04", &["24.04", "20.04"], "24.04"),
            ("latest", &["1.0.0", "2.0.0"], "2.0.0"),
        ] {
            let found = nearest_to(&Wanted::of_tag(wanted), there(versions));
            let found = found.map(|other| other.version);
            assert_eq!(found.as_deref(), Some(nearest), "{wanted}");
        }
        assert_eq!(nearest_to(&Wanted::Newest, Vec::new()), None);
    }
}
