//! Carries edited profiles from one revision of the RA to another: a merge of base, yours and theirs.
//!
//! The old revision renders the base, the new one theirs, both for the same site and with the vendors' texts of their
//! versions. Your changes stay, their changes come in, and changes of both are conflicts for a person to resolve.

mod api_versions;
mod findings;
pub mod format;
mod ground;
mod layers;
mod macros;
mod matching;
mod merging;
mod of_profiles;
mod on_the_way;
mod reasons;
mod replaced;
mod report;
mod resolutions;
mod steps;
mod values;
mod weight;

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::lock::Lock;
use crate::pack::Library;
use crate::profile::Profile;
use crate::recover::{nearer, roles};
use crate::render::{MadeFrom, Rendered, RenderedProfile, Renderer};
use crate::revision::{Revision, Role};
use crate::site::Site;
use crate::version::Version;
use crate::yaml::{Answer, Path, merge_values};
pub use findings::Found;
use merging::Merging;
pub use of_profiles::OfProfiles;
use on_the_way::Way;
pub use report::{
    Clashed, FORMAT, Item, Limited, Moved, OnTheWay, ProfileStep, Report, Setting, Step, Usual,
    What,
};
pub use resolutions::Resolutions;
use resolutions::questions;
use weight::weigh;

/// What is carried over, and where to.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// The profiles as they are.
    pub yours: &'r [Profile],
    /// The same with every key of their files, as far as these are available.
    pub trees: &'r [Option<Value>],
    /// The revision they were made from.
    pub from: &'r Revision,
    /// The revision to upgrade to.
    pub to: &'r Revision,
    /// The site that both are rendered with.
    pub site: &'r Site,
    /// Where the site was read from the profiles: rules may then find fault with it, as they would with the profiles.
    pub recovered: Option<&'r OfProfiles>,
    /// The vendors' texts.
    pub library: &'r Library,
    /// What the profiles were rendered from, where that is known.
    pub lock: Option<&'r Lock>,
    /// What a person answered.
    pub resolutions: &'r Resolutions,
}

/// The result.
#[derive(Debug)]
pub struct Upgrade {
    /// The profiles; worth nothing while conflicts are open.
    pub profiles: Vec<RenderedProfile>,
    /// The versions of profiles that a cluster goes through before, each with the number of its step.
    pub on_the_way: Vec<(usize, RenderedProfile)>,
    /// What was decided.
    pub report: Report,
    /// What they were made from: the base and theirs of each, over which yours was merged.
    pub sides: Vec<Sides>,
    /// What the new revision was rendered from.
    pub lock: Lock,
}

/// The base and theirs of a profile.
#[derive(Debug)]
pub struct Sides {
    /// What the old revision makes of the site, with your choice of presets and versions.
    pub base: Profile,
    /// What the new one does.
    pub theirs: Profile,
}

impl Upgrade {
    /// The file that asks about the conflicts, with the answers that were `given`, or none if there are none.
    pub fn questions(&self, given: &Resolutions) -> Option<String> {
        let mut items = self.report.items.iter();
        let asks = items.any(|item| matches!(item.what, What::Conflict { .. }));
        asks.then(|| questions(&self.report, given))
    }
}

/// Carries profiles over.
///
/// # Errors
/// They are not profiles of the RA, a revision cannot be rendered with the site, or answers are out of date.
pub fn upgrade(request: &Request<'_>) -> Result<Upgrade, Vec<Diagnostic>> {
    let (base, of_base) = rendered(request, request.from)?;
    let notes = notes(request, &base)?;
    let base = base.profiles;
    let (theirs, of_theirs) = rendered(request, request.to)?;
    let Rendered {
        profiles: theirs,
        lock,
        ..
    } = theirs;
    let roles = roles(request.yours, request.from)?;
    let mut yours: Vec<(Role, &Profile)> = roles.into_iter().zip(request.yours).collect();
    yours.sort_by_key(|(role, _)| *role);
    let of_role =
        |rendered: &'_ [RenderedProfile], role| rendered.iter().position(|one| one.role == role);
    let sided: Vec<_> = (yours.into_iter())
        .filter_map(|(role, profile)| {
            let (old, new) = (of_role(&base, role)?, of_role(&theirs, role)?);
            Some((role, &base[old], profile, &theirs[new]))
        })
        .collect();
    let mut merging = Merging::new(request);
    let mut profiles = Vec::new();
    let (mut steps, mut sides) = (Vec::new(), Vec::new());
    let (mut on_the_way, mut told) = (Vec::new(), Vec::new());
    let mut before_after = Vec::new();
    for (role, old, profile, new) in &sided {
        let (role, old, profile, new) = (*role, *old, *profile, *new);
        let mut merged = merging.profile(role, old, profile, new);
        let way = Way {
            request,
            base: old,
            yours: profile,
        };
        sides.push(merging.sides(&profile.metadata.name, &old.profile, &new.profile));
        let of_profile = steps::steps(profile, &merged)?;
        let versions = way.versions(&of_profile);
        steps.extend(of_profile);
        let last = versions.last().map(|(last, _)| last.version.as_str());
        let number = Version::parse;
        if last.is_some_and(|last| number(&merged.spec.version) <= number(last)) {
            merged.spec.version = on_the_way::version(&profile.spec.version, versions.len() + 1);
        }
        before_after.push(ProfileStep {
            name: profile.metadata.name.clone(),
            role: role.as_str(),
            was: profile.spec.version.clone(),
            becomes: merged.spec.version.clone(),
        });
        let number = request
            .yours
            .iter()
            .position(|one| std::ptr::eq(one, profile));
        let tree = number.and_then(|at| request.trees.get(at)?.as_ref());
        let finished = |merged: Profile| RenderedProfile {
            role,
            tree: tree.map(|tree| with_all_keys(tree, profile, &merged)),
            made_from: vec![MadeFrom::merged(); merged.spec.template.packs.len()],
            profile: merged,
        };
        for (version, made) in versions {
            on_the_way.extend(made.map(|made| (version.step, finished(made))));
            told.push(version);
        }
        profiles.push(finished(merged));
    }
    let problems = request.resolutions.problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut report = Report {
        format: FORMAT,
        from: request.from.name.clone(),
        to: request.to.name.clone(),
        profiles: before_after,
        notes,
        settings: of_profiles::told(request, &merging.secrets, [&of_base, &of_theirs]),
        items: merging.items,
        limited: merging.limited,
        moved: merging.moved,
        by_hand: merging.by_hand,
        steps,
        on_the_way: told,
        impacts: Vec::new(),
        findings: Vec::new(),
    };
    let has_conflicts =
        (report.items.iter()).any(|item| matches!(item.what, What::Conflict { .. }));
    let all_theirs = has_conflicts.then(|| {
        let answers = Resolutions::all(Answer::Theirs);
        let request = Request {
            resolutions: &answers,
            ..*request
        };
        let mut merging = Merging::new(&request);
        let merged = sided
            .iter()
            .map(|(role, old, yours, new)| merging.profile(*role, old, yours, new));
        merged.collect()
    });
    weigh(request, &profiles, all_theirs, &mut report)?;
    reasons::give(request, &mut report)?;
    // Until each conflict has an answer, nobody knows what the result is.
    if report.open().next().is_none() {
        let before = sided.iter().map(|(_, _, yours, _)| *yours);
        let after = profiles.iter().map(|one| &one.profile);
        report.findings = findings::new_ones(before, after, request.library);
    }
    Ok(Upgrade {
        profiles,
        on_the_way,
        report,
        sides,
        lock,
    })
}

/// A profile with the keys of its file that [`Profile`] does not know.
fn with_all_keys(tree: &Value, was: &Profile, merged: &Profile) -> Value {
    let (was, merged) = (json!(was), json!(merged));
    let theirs = |_: &Path, _: [Option<&Value>; 3]| Some(Answer::Theirs);
    let (value, _) = merge_values([Some(&was), Some(tree), Some(&merged)], &theirs);
    value.unwrap_or(merged)
}

/// Where the base is not what the profiles were made from, in sentences.
fn notes(request: &Request<'_>, base: &Rendered) -> Result<Vec<String>, Vec<Diagnostic>> {
    let mut notes = match request.lock {
        // A site that was read from profiles is never the one that was written.
        Some(lock) if request.recovered.is_some() => lock.other_revision(&base.lock),
        Some(lock) => lock.differences(&base.lock),
        None => Vec::new(),
    };
    if notes.is_empty() {
        notes.extend(nearer(request.yours, request.from)?);
    }
    Ok(notes)
}

/// What a revision makes of the site, and what it has where a site says nothing.
fn rendered(
    request: &Request<'_>,
    revision: &Revision,
) -> Result<(Rendered, Value), Vec<Diagnostic>> {
    let fitted = crate::rules::fitted(request.site, revision);
    let site = fitted.as_ref().map_or(request.site, |(site, _)| site);
    let renderer = Renderer::new(revision, request.library).map_err(|problem| vec![problem])?;
    if request.recovered.is_none() {
        return Ok((renderer.render(site, &Role::ALL)?, Value::Null));
    }
    let profiles = renderer.draft(site, &Role::ALL);
    let made_from = profiles.iter().flat_map(|profile| &profile.made_from);
    let packs = made_from.filter_map(|from| from.pack.as_deref());
    let lock = Lock::new(&revision.name, site, packs);
    let rendered = Rendered {
        profiles,
        remarks: Vec::new(),
        holds_secrets: site.holds_secrets,
        lock,
    };
    Ok((rendered, renderer.as_seen(&Site::example())))
}
