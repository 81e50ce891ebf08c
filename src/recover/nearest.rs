//! Finds the revision that profiles come from, and the role of each profile.

use crate::diagnostic::{Code, Diagnostic};
use crate::profile::{Layer, Profile};
use crate::revision::{LayerDefinition, ProfileDefinition, Revision, Role};
use crate::site::StorageProvider;

/// A revision, and how far profiles are from it.
#[derive(Debug)]
pub struct Near {
    /// The revision.
    pub revision: Revision,
    /// What its layers and those of the profiles do not have in common: 2 for a layer that one side lacks, 1 for one in another
    /// version, and up to 2 for a profile of another version. 0 is a perfect fit.
    pub distance: usize,
}

/// The revision whose layers fit profiles best; of several the newest.
///
/// # Errors
/// As [`roles`], with every revision; or the data of a revision is broken.
pub fn nearest(profiles: &[Profile]) -> Result<Near, Vec<Diagnostic>> {
    let mut best: Option<Near> = None;
    let mut refused = Vec::new();
    for name in Revision::names() {
        let revision = Revision::load(name).map_err(|problem| vec![problem])?;
        if !revision.is_rendered() {
            continue;
        }
        match roles(profiles, &revision) {
            Err(problems) => refused = problems,
            Ok(roles) => {
                let distance = distance(profiles, &roles, &revision);
                if best.as_ref().is_none_or(|best| distance <= best.distance) {
                    best = Some(Near { revision, distance });
                }
            }
        }
    }
    best.ok_or(refused)
}

/// What is to be said where another revision is nearer to profiles than the one that they are said to come from.
///
/// # Errors
/// As [`nearest()`].
pub fn nearer(
    profiles: &[Profile],
    revision: &Revision,
) -> Result<Option<String>, Vec<Diagnostic>> {
    let own = distance(profiles, &roles(profiles, revision)?, revision);
    if own == 0 {
        return Ok(None);
    }
    let near = nearest(profiles)?;
    let name = &near.revision.name;
    Ok((near.distance < own && *name != revision.name).then(|| {
        format!(
            "the profiles are nearer to RA {name} (version steps away: {}) than to RA {} ({own})",
            near.distance, revision.name
        )
    }))
}

/// Which of a revision's profiles each of these is, in their order.
///
/// # Errors
/// A profile has hardly a layer of the reference architecture, or two profiles have one role.
pub fn roles(profiles: &[Profile], revision: &Revision) -> Result<Vec<Role>, Vec<Diagnostic>> {
    let mut roles: Vec<Role> = Vec::new();
    let mut problems = Vec::new();
    for profile in profiles {
        let Some(role) = role(profile, revision) else {
            problems.push(not_of(profile, revision));
            continue;
        };
        match roles.iter().position(|other| *other == role) {
            Some(at) => problems.push(twice(role, &profiles[at], profile)),
            None => roles.push(role),
        }
    }
    if profiles.is_empty() {
        problems.push(Diagnostic::error("there is no profile").code(Code::WrongKind));
    }
    crate::diagnostic::unless(problems, roles)
}

/// The profile that most layers are of, and at least a third of them.
fn role(profile: &Profile, revision: &Revision) -> Option<Role> {
    let layers = &profile.spec.template.packs;
    let fitting = |definition: &ProfileDefinition| {
        let known = |layer: &&Layer| definition.layers.iter().any(|one| is_of(layer, one));
        layers.iter().filter(known).count()
    };
    let counts = revision.profiles.iter().map(|one| (fitting(one), one.role));
    // Of equal ones the first.
    let (count, role) = counts.rev().max_by_key(|(count, _)| *count)?;
    (count > 0 && count * 3 >= layers.len()).then_some(role)
}

/// Whether a layer is that of a revision, or is in its place at some sites.
fn is_of(layer: &Layer, definition: &LayerDefinition) -> bool {
    versions(layer, definition).is_some()
}

/// The versions that a revision has of a layer's pack, or none if it does not use that pack.
fn versions<'d>(layer: &Layer, definition: &'d LayerDefinition) -> Option<Vec<&'d str>> {
    let mut versions = Vec::new();
    let mut pack = definition.pack == layer.name;
    if pack {
        versions.extend([definition.version.as_str(), definition.tag()]);
    }
    for other in &definition.alternatives {
        let name = other.pack.as_deref().unwrap_or(&definition.pack);
        if name == layer.name {
            pack = true;
            versions.extend(other.version.as_deref());
            versions.extend(other.tag.as_deref());
        }
    }
    if definition.layer == "csi" {
        let mut providers = StorageProvider::ALL.iter();
        // A provider's pack is taken in any version.
        pack = pack || providers.any(|provider| provider.facts().pack.name == layer.name);
    }
    pack.then_some(versions)
}

fn distance(profiles: &[Profile], roles: &[Role], revision: &Revision) -> usize {
    let mut distance = 0;
    for (profile, role) in profiles.iter().zip(roles) {
        let mut definitions = revision.profiles.iter();
        let Some(definition) = definitions.find(|one| one.role == *role) else {
            continue;
        };
        let layers = &profile.spec.template.packs;
        for layer in layers {
            let mut known = definition.layers.iter();
            distance += match known.find_map(|one| versions(layer, one)) {
                None => 2,
                Some(versions) => {
                    let (version, tag) = (layer.version.as_str(), layer.tag.as_str());
                    let fits = versions.is_empty()
                        || versions.iter().any(|one| *one == version || *one == tag);
                    usize::from(!fits)
                }
            };
        }
        let lacks = |one: &&LayerDefinition| !layers.iter().any(|layer| is_of(layer, one));
        distance += 2 * definition.layers.iter().filter(lacks).count();
        distance += steps(&profile.spec.version, &revision.name);
    }
    distance
}

/// How far apart two versions are: 0 where they are equal, 1 in all but the last number, else 2.
fn steps(one: &str, other: &str) -> usize {
    let minor = |version: &str| version.rsplit_once('.').map(|(minor, _)| minor.to_owned());
    match (one == other, minor(one) == minor(other)) {
        (true, _) => 0,
        (_, true) => 1,
        _ => 2,
    }
}

fn not_of(profile: &Profile, revision: &Revision) -> Diagnostic {
    let layers = &profile.spec.template.packs;
    let names: Vec<String> = layers
        .iter()
        .map(|layer| format!("`{}`", layer.name))
        .collect();
    let found = match names.as_slice() {
        [] => "it has no layers".to_owned(),
        names => format!("its layers are {}", names.join(", ")),
    };
    let kinds: Vec<String> = revision
        .profiles
        .iter()
        .map(|one| one.name.clone())
        .collect();
    Diagnostic::error(format!(
        "`{}` is not a profile of the reference architecture",
        profile.metadata.name
    ))
    .code(Code::WrongKind)
    .because(found)
    .help(format!(
        "name profiles that were made from {}",
        kinds.join(", ")
    ))
}

fn twice(role: Role, first: &Profile, second: &Profile) -> Diagnostic {
    let named = |profile: &Profile| format!("`{}` {}", profile.metadata.name, profile.spec.version);
    Diagnostic::error(format!(
        "{} and {} are both a profile for {role}",
        named(first),
        named(second)
    ))
    .code(Code::WrongKind)
    .help("name one profile of each kind")
}
