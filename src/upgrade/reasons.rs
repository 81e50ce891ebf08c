//! What the RA and the vendors say about a place that both sides changed.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::Request;
use super::report::{Item, Report, What};
use crate::diagnostic::Diagnostic;
use crate::diff::{Part, claimed};
use crate::pack::Layout;
use crate::revision::{Claim, Erratum, Revision};
use crate::yaml::Path;

/// The most sentences about one conflict.
const MOST: usize = 3;

/// Adds what is said about each conflict.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub(super) fn give(request: &Request<'_>, report: &mut Report) -> Result<(), Vec<Diagnostic>> {
    let is_conflict = |item: &Item| matches!(item.what, What::Conflict { .. });
    if !report.items.iter().any(is_conflict) {
        return Ok(());
    }
    let one = |problem| vec![problem];
    let claims = [request.to, request.from].map(Revision::claims);
    let [new, old] = claims.map(|claims| claims.map_err(one));
    let (new, old) = (new?, old?);
    // The old statement counts if the new revision has none.
    let said = [
        Said::of(request.to, &new).map_err(one)?,
        Said::of(request.from, &old).map_err(one)?,
    ];
    let roles: HashMap<String, &str> = (report.profiles.iter())
        .map(|profile| (profile.name.clone(), profile.role))
        .collect();
    for item in report.items.iter_mut().filter(|item| is_conflict(item)) {
        let role = roles.get(&item.profile).copied().unwrap_or_default();
        let of_ra = said.iter().map(|said| said.about(role, item));
        let of_ra = of_ra.into_iter().find(|found| !found.is_empty());
        let all = of_ra.unwrap_or_default().into_iter();
        let mut seen = HashSet::new();
        item.reasons = all
            .chain(of_vendor(request, item))
            .filter(|reason| seen.insert(reason.clone()))
            .take(MOST)
            .collect();
    }
    Ok(())
}

/// What a revision says.
struct Said<'r> {
    revision: &'r Revision,
    errata: Vec<Erratum>,
    /// By the profile's role and the pack of the layer, which the profile itself has none of.
    claims: HashMap<(&'static str, &'r str), Vec<Place<'r>>>,
}

/// Where a claim looks.
struct Place<'r> {
    part: Part,
    keys: Vec<String>,
    claim: &'r Claim,
}

impl<'r> Said<'r> {
    fn of(revision: &'r Revision, all: &'r [Claim]) -> Result<Self, Diagnostic> {
        let mut claims: HashMap<_, Vec<Place<'r>>> = HashMap::new();
        for claim in all {
            let Ok(statement) = claim.expected() else {
                continue;
            };
            let Some((part, path)) = claimed(&statement.target) else {
                continue;
            };
            let layer = claim.layer.as_deref().unwrap_or_default();
            let of_layer = claims.entry((claim.profile.as_str(), layer)).or_default();
            of_layer.push(Place {
                part,
                keys: path.parse::<Path>().unwrap_or_default().keys(),
                claim,
            });
        }
        Ok(Said {
            revision,
            errata: revision.errata()?,
            claims,
        })
    }

    /// In sentences, those that are nearest to the place first.
    fn about(&self, role: &'static str, item: &Item) -> Vec<String> {
        let pack = item.layer.as_deref().map_or("", pack_of);
        let keys = item.path.parse::<Path>().unwrap_or_default().keys();
        let places = self.claims.get(&(role, pack)).into_iter().flatten();
        let mut near: Vec<(usize, &Claim)> = places
            .filter_map(|place| Some((place.nearness(item, &keys)?, place.claim)))
            .collect();
        near.sort_by_key(|(shared, _)| Reverse(*shared));
        near.truncate(MOST);
        near.into_iter()
            .map(|(_, claim)| self.words(claim))
            .collect()
    }

    fn words(&self, claim: &Claim) -> String {
        let name = &self.revision.name;
        let said = format!("RA {name}, {}: {}", claim.section, claim.says);
        let mut errata = self.errata.iter();
        match errata.find(|one| Some(&one.id) == claim.erratum.as_ref()) {
            Some(Erratum {
                origin,
                instead,
                why,
                ..
            }) => format!(
                "{said} ({}: {}. {why})",
                origin.as_str(),
                instead.trim_end_matches('.')
            ),
            None => said,
        }
    }
}

impl Place<'_> {
    /// How many keys it and a conflict have in common, or none if the claim is about something else.
    fn nearness(&self, item: &Item, keys: &[String]) -> Option<usize> {
        match (&item.part, &self.part) {
            (Part::Values, Part::File(file)) => item.path.contains(file.as_str()).then_some(1),
            (Part::Values, Part::Commands(name)) => keys.contains(name).then_some(1),
            (Part::Preset(_), Part::Preset(group)) => {
                item.path.eq_ignore_ascii_case(group).then_some(1)
            }
            (of_item, of_claim) if of_item == of_claim => {
                let is_near = keys.starts_with(&self.keys) || self.keys.starts_with(keys);
                // A claim about everything says nothing about this.
                let is_about = keys.is_empty() || !self.keys.is_empty();
                (is_near && is_about).then(|| keys.len().min(self.keys.len()))
            }
            _ => None,
        }
    }
}

/// What a layout says that a vendor changed between the two versions.
fn of_vendor(request: &Request<'_>, item: &Item) -> Vec<String> {
    let pack = item.layer.as_deref().map_or("", pack_of);
    let layers = request
        .yours
        .iter()
        .filter(|profile| profile.metadata.name == item.profile);
    let mut layers = layers.flat_map(|profile| &profile.spec.template.packs);
    let Some(yours) = layers.find(|layer| layer.name == pack) else {
        return Vec::new();
    };
    if item.part != Part::Values {
        return Vec::new();
    }
    let versions = request
        .to
        .profiles
        .iter()
        .flat_map(|profile| &profile.layers);
    let Some(theirs) = versions.into_iter().find(|layer| layer.pack == pack) else {
        return Vec::new();
    };
    let own: Path = item.path.parse().unwrap_or_default();
    let is_near = |path: &Path| {
        own.steps().starts_with(path.steps()) || path.steps().starts_with(own.steps())
    };
    let passed = Layout::passed(pack, &yours.version, &theirs.version);
    let told = passed.flat_map(|layout| {
        let gone = layout.gone.iter().filter(|gone| is_near(&gone.path));
        gone.map(|gone| {
            let (since, source) = (&layout.since, &layout.source);
            format!(
                "`{}` was removed in `{pack}` {since}: {} ({source})",
                gone.path, gone.instead
            )
        })
    });
    told.collect()
}

/// The pack of a layer, as the report names it.
fn pack_of(layer: &str) -> &str {
    layer.split('[').next().unwrap_or(layer)
}
