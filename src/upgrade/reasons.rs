//! What the RA and the vendors say about a place that both sides changed.

use super::Request;
use super::report::{Item, Report, What};
use crate::diagnostic::Diagnostic;
use crate::diff::{Part, claimed};
use crate::pack::Layout;
use crate::revision::{Claim, Erratum, Revision};
use crate::yaml::Path;

/// So many sentences are told of a conflict.
const MOST: usize = 3;

/// Adds what is said about each conflict.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub(super) fn give(request: &Request<'_>, report: &mut Report) -> Result<(), Vec<Diagnostic>> {
    let one = |problem| vec![problem];
    let mut said = Vec::new();
    for revision in [request.to, request.from] {
        let claims = revision.claims().map_err(one)?;
        let errata = revision.errata().map_err(one)?;
        said.push((revision, claims, errata));
    }
    let profiles = report.profiles.clone();
    for item in &mut report.items {
        if !matches!(item.what, What::Conflict { .. }) {
            continue;
        }
        let of_profile = profiles.iter().find(|profile| profile.name == item.profile);
        let role = of_profile.map_or("", |profile| profile.role);
        for (revision, claims, errata) in &said {
            let claims = claims.iter().filter(|claim| claim.profile.as_str() == role);
            let mut near: Vec<(usize, &Claim)> = claims
                .filter_map(|claim| Some((nearness(item, claim)?, claim)))
                .collect();
            near.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
            let sentences = near.iter().map(|(_, claim)| words(revision, claim, errata));
            item.reasons.extend(sentences);
            // What the old one says counts where the new one is silent.
            if !item.reasons.is_empty() {
                break;
            }
        }
        item.reasons.extend(of_vendor(request, item));
        let mut seen = std::collections::HashSet::new();
        item.reasons.retain(|reason| seen.insert(reason.clone()));
        item.reasons.truncate(MOST);
    }
    Ok(())
}

/// How many keys a claim and a conflict have in common; none where the claim is about something else.
fn nearness(item: &Item, claim: &Claim) -> Option<usize> {
    let pack = item.layer.as_deref().map(pack_of);
    if claim.layer.as_deref() != pack {
        return None;
    }
    let statement = claim.expected().ok()?;
    let (part, path) = claimed(&statement.target)?;
    let keys = |path: &str| path.parse::<Path>().unwrap_or_default().keys();
    let own = keys(&item.path);
    match (&item.part, &part) {
        (Part::Values, Part::File(file)) => item.path.contains(file.as_str()).then_some(1),
        (Part::Values, Part::Commands(name)) => own.contains(name).then_some(1),
        (Part::Preset(_), Part::Preset(group)) => {
            item.path.eq_ignore_ascii_case(group).then_some(1)
        }
        (of_item, of_claim) if of_item == of_claim => {
            let claimed = keys(path);
            let is_near = own.starts_with(&claimed) || claimed.starts_with(&own);
            // A claim about everything says nothing about this.
            (is_near && (own.is_empty() || !claimed.is_empty()))
                .then(|| own.len().min(claimed.len()))
        }
        _ => None,
    }
}

fn words(revision: &Revision, claim: &Claim, errata: &[Erratum]) -> String {
    let said = format!("RA {}, {}: {}", revision.name, claim.section, claim.says);
    match errata
        .iter()
        .find(|one| Some(&one.id) == claim.erratum.as_ref())
    {
        Some(Erratum {
            origin,
            instead,
            why,
            ..
        }) => format!("{said} ({}: {instead}. {why})", origin.as_str()),
        None => said,
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
                "`{}` is gone from `{pack}` {since} on: {} ({source})",
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
