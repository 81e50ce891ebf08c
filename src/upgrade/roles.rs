//! Which of the RA's three profiles each of yours is.

use super::not_ours;
use crate::diagnostic::{Code, Diagnostic};
use crate::profile::Profile;
use crate::render::RenderedProfile;
use crate::revision::Role;

/// Each profile with its role, in the order in which they are imported.
///
/// # Errors
/// One is none of the three, or two are one.
pub(super) fn with_roles<'p>(
    yours: &'p [Profile],
    base: &[RenderedProfile],
) -> Result<Vec<(Role, &'p Profile)>, Vec<Diagnostic>> {
    let mut found: Vec<(Role, &Profile)> = Vec::new();
    let mut problems = Vec::new();
    for profile in yours {
        let Some(role) = role(profile, base) else {
            problems.push(not_ours(profile));
            continue;
        };
        if let Some((_, other)) = found.iter().find(|(known, _)| *known == role) {
            problems.push(
                Diagnostic::error(format!(
                    "`{}` and `{}` are both the RA's {role} profile",
                    other.metadata.name, profile.metadata.name
                ))
                .code(Code::WrongKind)
                .help("name one of the two, or upgrade them one after the other"),
            );
            continue;
        }
        found.push((role, profile));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    found.sort_by_key(|(role, _)| *role);
    Ok(found)
}

/// The profile of the RA that shares the most layers, if that is half of either at least.
fn role(profile: &Profile, base: &[RenderedProfile]) -> Option<Role> {
    let layers = &profile.spec.template.packs;
    let shared = |other: &RenderedProfile| {
        let theirs = &other.profile.spec.template.packs;
        let is_shared = |name: &str| theirs.iter().any(|layer| layer.name == name);
        layers.iter().filter(|layer| is_shared(&layer.name)).count()
    };
    let best = base.iter().max_by_key(|other| shared(other))?;
    let fewest = layers.len().min(best.profile.spec.template.packs.len());
    (shared(best) > 0 && shared(best) * 2 >= fewest).then_some(best.role)
}
