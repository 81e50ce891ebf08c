//! A cluster, with the findings of the rules for single documents, which run while it is read.

use super::{DOCUMENT_RULES, Finding, limit, rule};
use crate::cluster::{Cluster, Read};
use crate::diagnostic::Source;
use crate::profile::Profile;

/// Profiles and manifests, each looked at while it is added: the trees of its texts are gone afterwards.
#[derive(Debug, Default)]
pub struct Inspected {
    cluster: Cluster,
    /// What was found in single documents, and the texts that are no YAML.
    pub(super) found: Vec<Finding>,
}

impl Inspected {
    /// Adds a profile; `name` gives each of its texts the name it is shown by: the number of the layer, and the
    /// manifest's number where it is one.
    pub fn add_profile(
        &mut self,
        file: impl Into<String>,
        profile: Profile,
        name: impl Fn(usize, Option<usize>) -> String,
    ) {
        let found = self.cluster.add_profile(file, profile, name, look);
        self.found.extend(found.into_iter().flatten());
    }

    /// Adds a file of manifests.
    pub fn add_manifests(&mut self, source: &Source) {
        let found = self.cluster.add_manifests(source, look);
        self.found.extend(found);
    }

    /// The profiles and manifests.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

/// What the rules over single documents find in a text.
fn look(text: Read<'_>) -> Vec<Finding> {
    let documents = match text {
        Read::Documents(documents) => documents,
        Read::NotYaml(source, problems) => {
            let found = problems.first().map(|problem| {
                let finding = rule::NOT_YAML.error("", problem.message());
                finding.at(source, problem.span().unwrap_or(0..0))
            });
            return found.into_iter().collect();
        }
    };
    let mut found = Vec::new();
    for rule in DOCUMENT_RULES.iter().copied().flatten().copied().flatten() {
        let before = found.len();
        for document in documents {
            rule(document, &mut found);
        }
        limit(&mut found, before);
    }
    found
}
