//! Whether profiles are still the reference architecture: its claims, over any export.

use serde::Serialize;

use super::claims::Subject;
use crate::diagnostic::{Code, Diagnostic};
use crate::profile::Profile;
use crate::revision::{Revision, Role};

/// How far profiles are a revision's.
#[derive(Debug, Serialize)]
pub struct Against {
    /// The revision.
    pub revision: String,
    /// How many claims hold.
    pub hold: usize,
    /// How many were looked at: those about the profiles at hand.
    pub of: usize,
    /// Those that do not hold.
    pub differences: Vec<Difference>,
}

/// A claim that does not hold.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// The claim.
    pub claim: String,
    /// The profile's name.
    pub profile: String,
    /// The layer; empty for the profile itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub layer: String,
    /// What the RA says, in our words.
    pub says: String,
    /// The RA's section.
    pub section: String,
    /// What is there instead.
    pub found: String,
    /// The file of the profile.
    #[serde(skip)]
    pub file: String,
}

/// Looks at every claim about the profiles.
///
/// # Errors
/// A profile that is none of the revision's three, a text that is no YAML, and a revision without layers.
pub fn against<'p>(
    profiles: impl IntoIterator<Item = (&'p str, &'p Profile)>,
    revision: &Revision,
) -> Result<Against, Vec<Diagnostic>> {
    let one = |problem: Diagnostic| vec![problem];
    if !revision.is_rendered() {
        return Err(one(Diagnostic::error(format!(
            "`{}` has tables only, and claims nothing about layers",
            revision.name
        ))
        .code(Code::WrongKind)
        .help(format!("name {}", Revision::newest()))));
    }
    let claims = revision.claims().map_err(one)?;
    let mut report = Against {
        revision: revision.name.clone(),
        hold: 0,
        of: 0,
        differences: Vec::new(),
    };
    let mut problems = Vec::new();
    let mut is_empty = true;
    for (file, profile) in profiles {
        is_empty = false;
        let Some(role) = role_of(profile, revision) else {
            problems.push(
                Diagnostic::error(format!(
                    "`{file}` has no layer of RA {}, so there is nothing to compare",
                    revision.name
                ))
                .code(Code::WrongKind)
                .help("leave it out, or name the revision it was made from"),
            );
            continue;
        };
        let subject = match Subject::new(profile) {
            Ok(subject) => subject,
            Err(mut found) => {
                problems.append(&mut found);
                continue;
            }
        };
        for claim in claims.iter().filter(|claim| claim.profile == role) {
            report.of += 1;
            // What we render by default and what is printed are both the reference architecture.
            let held = [claim.expected(), claim.printed()]
                .into_iter()
                .map(|expectation| subject.hold(claim, &expectation?))
                .reduce(Result::or)
                .unwrap_or(Ok(()));
            match held {
                Ok(()) => report.hold += 1,
                Err(found) => report.differences.push(Difference {
                    claim: claim.id.clone(),
                    profile: profile.metadata.name.clone(),
                    layer: claim.layer.clone().unwrap_or_default(),
                    says: claim.says.clone(),
                    section: claim.section.clone(),
                    found,
                    file: file.to_owned(),
                }),
            }
        }
    }
    // Layer by layer, in the order each is first spoken of.
    let place = |difference: &Difference| (difference.profile.clone(), difference.layer.clone());
    let mut places: Vec<(String, String)> = Vec::new();
    for difference in &report.differences {
        if !places.contains(&place(difference)) {
            places.push(place(difference));
        }
    }
    report
        .differences
        .sort_by_key(|difference| places.iter().position(|known| *known == place(difference)));
    if is_empty {
        problems.push(
            Diagnostic::error("there is no profile to compare with the reference architecture")
                .code(Code::WrongKind)
                .help("name a profile export, or a folder that `vmo-ra render` wrote"),
        );
    }
    if problems.is_empty() {
        Ok(report)
    } else {
        Err(problems)
    }
}

/// Which of the three a profile is: the one it shares most layers with.
fn role_of(profile: &Profile, revision: &Revision) -> Option<Role> {
    let shared = |role: Role| {
        let definition = revision.profiles.iter().find(|known| known.role == role);
        definition.map_or(0, |definition| {
            definition
                .layers
                .iter()
                .filter(|layer| {
                    let packs = &profile.spec.template.packs;
                    packs.iter().any(|pack| pack.name == layer.pack)
                })
                .count()
        })
    };
    Role::ALL
        .into_iter()
        .filter(|role| shared(*role) > 0)
        .max_by_key(|role| shared(*role))
}
