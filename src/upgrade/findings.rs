//! What the rules find in the result of an upgrade and do not find in your profiles.

use std::collections::HashSet;

use serde::Serialize;

use crate::diagnostic::Severity;
use crate::pack::Library;
use crate::profile::Profile;
use crate::rules::{self, Finding, Inspected};

/// A finding that the upgrade brings.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The rule.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The text that it is in, or empty for the profiles together.
    pub text: String,
    /// The path of the value in the text; empty for all of it.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
}

impl Found {
    fn of(finding: &Finding) -> Self {
        let diagnostic = finding.diagnostic(None);
        Found {
            id: finding.rule.id,
            severity: finding.severity,
            text: finding.file().unwrap_or_default().to_owned(),
            path: diagnostic.without_secrets(finding.path.as_str()),
            message: diagnostic.without_secrets(finding.message.as_str()),
            help: diagnostic.without_secrets(finding.help.as_ref()),
        }
    }

    /// Where it is, and what is wrong, in a sentence.
    pub(super) fn words(&self) -> String {
        let places = [self.text.as_str(), self.path.as_str()];
        let places = places.into_iter().filter(|place| !place.is_empty());
        let words: Vec<&str> = places.chain([self.message.as_str()]).collect();
        format!("{} [{}]", words.join(": "), self.id)
    }
}

/// The errors and warnings of `after` at places where `before` has none of the same rule.
pub(super) fn new_ones<'p>(
    before: impl Iterator<Item = &'p Profile>,
    after: impl Iterator<Item = &'p Profile>,
    library: &Library,
) -> Vec<Found> {
    let before = all(before, library);
    let place = |finding: &Finding| {
        let file = finding.file().map(str::to_owned);
        (finding.rule.id, file, finding.path.clone())
    };
    let known: HashSet<_> = before.iter().map(place).collect();
    let after = all(after, library).into_iter();
    let new = after.filter(|one| one.severity != Severity::Note && !known.contains(&place(one)));
    new.map(|finding| Found::of(&finding)).collect()
}

fn all<'p>(profiles: impl Iterator<Item = &'p Profile>, library: &Library) -> Vec<Finding> {
    let mut inspected = Inspected::default();
    for profile in profiles {
        let name = &profile.metadata.name;
        let layers = &profile.spec.template.packs;
        inspected.add_profile(name, profile.clone(), |layer, manifest| {
            let layer = &layers[layer];
            match manifest {
                Some(number) => {
                    let manifest = &layer.manifests[number].name;
                    format!("{name} / {}: manifest {manifest}", layer.name)
                }
                None => format!("{name} / {}: values", layer.name),
            }
        });
    }
    rules::check_cluster(&inspected, library)
}
