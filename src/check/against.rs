//! Compares profiles with the reference architecture: tests its claims on any export.

use serde::Serialize;

use super::claims::{Form, Miss, Subject};
use crate::diagnostic::{Code, Diagnostic};
use crate::profile::Profile;
use crate::revision::{Revision, Role};

/// How well profiles match a revision.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Against {
    /// The revision.
    pub revision: String,
    /// How many claims were tested: those about the given profiles.
    pub of: usize,
    /// How many hold as the RA prints them.
    pub as_printed: usize,
    /// How many hold as an erratum corrects them.
    pub as_corrected: usize,
    /// Which form of each claim with an erratum the profiles have, if any.
    pub errata: Vec<OfErratum>,
    /// The claims that do not hold in any form.
    pub differences: Vec<Difference>,
}

/// The form of a claim that an erratum corrects.
#[derive(Debug, Serialize)]
pub struct OfErratum {
    /// The erratum.
    pub erratum: String,
    /// The claim.
    pub claim: String,
    /// The form that the profile has.
    pub form: Has,
}

/// A form of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Has {
    /// What the RA prints.
    AsPrinted,
    /// What the erratum says instead.
    AsCorrected,
    /// Neither.
    Neither,
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
    /// What is expected; the printed form and the corrected one where there are two.
    pub expected: String,
    /// What is there instead, without secrets.
    pub found: String,
    /// The file of the profile.
    #[serde(skip)]
    pub file: String,
}

/// Looks at every claim about the profiles.
///
/// # Errors
/// A profile is not one of the revision's three, a text is not YAML, or the revision has no layers.
pub fn against<'p>(
    profiles: impl IntoIterator<Item = (&'p str, &'p Profile)>,
    revision: &Revision,
) -> Result<Against, Vec<Diagnostic>> {
    let one = |problem: Diagnostic| vec![problem];
    if !revision.is_rendered() {
        return Err(one(Diagnostic::error(format!(
            "`{}` has only tables, and no claims about layers",
            revision.name
        ))
        .code(Code::WrongKind)
        .help(format!("name {}", Revision::newest()))));
    }
    let claims = revision.claims().map_err(one)?;
    let mut report = Against {
        revision: revision.name.clone(),
        of: 0,
        as_printed: 0,
        as_corrected: 0,
        errata: Vec::new(),
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
            if !subject.concerns(claim) {
                continue;
            }
            report.of += 1;
            let form = subject.form(claim);
            let has = match form {
                Ok(Form::Printed) => Has::AsPrinted,
                Ok(Form::Corrected) => Has::AsCorrected,
                Err(_) => Has::Neither,
            };
            report.as_printed += usize::from(has == Has::AsPrinted);
            report.as_corrected += usize::from(has == Has::AsCorrected);
            report
                .errata
                .extend(claim.erratum.as_ref().map(|erratum| OfErratum {
                    erratum: erratum.clone(),
                    claim: claim.id.clone(),
                    form: has,
                }));
            if let Err(Miss { expected, found }) = form {
                report.differences.push(Difference {
                    claim: claim.id.clone(),
                    profile: profile.metadata.name.clone(),
                    layer: claim.layer.clone().unwrap_or_default(),
                    says: claim.says.clone(),
                    section: claim.section.clone(),
                    expected,
                    found,
                    file: file.to_owned(),
                });
            }
        }
    }
    // Layer by layer, in the order of their first mention.
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
