//! The rules for sites, profiles and manifests, with a file for each subject. A rule only reads; it never changes anything.

mod finding;
mod inspected;
mod mark;
mod monitoring;
mod network;
mod node;
mod profile;
pub(crate) mod rule;
pub mod site;
mod storage;
mod text;
mod vm;

pub use finding::Finding;
use finding::limit;
pub use inspected::Inspected;
pub use rule::Rule;
pub use site::fitted;

use crate::cluster::{Cluster, Document};
use crate::pack::Library;
use crate::revision::Revision;
use crate::site::Site;

/// A rule over a site.
type SiteRule = fn(&Site, &mut Vec<Finding>);

/// A rule over a site that asks the revision's data.
type RevisionRule = fn(&Site, &Revision, &mut Vec<Finding>);

/// Everything the rules find, worst first, otherwise in the order of the rules.
pub fn check(site: &Site, revision: &Revision) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rules in site::RULES {
        for rule in *rules {
            let before = findings.len();
            rule(site, &mut findings);
            limit(&mut findings, before);
        }
    }
    for rule in site::REVISION_RULES.iter().copied().flatten() {
        let before = findings.len();
        rule(site, revision, &mut findings);
        limit(&mut findings, before);
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// A rule over single documents, which are looked at on all cores while they are read.
type DocumentRule = fn(&Document, &mut Vec<Finding>);

/// The rules over single documents, by subject.
const DOCUMENT_RULES: &[&[&[DocumentRule]]] = &[profile::DOCUMENT_RULES, text::DOCUMENT_RULES];

/// A rule over profiles and manifests.
type ClusterRule = fn(&Cluster, &mut Vec<Finding>);

/// The rules over profiles and manifests, by subject.
const CLUSTER_RULES: &[&[&[ClusterRule]]] = &[
    profile::RULES,
    node::RULES,
    text::RULES,
    network::RULES,
    storage::RULES,
    &[monitoring::RULES],
    vm::RULES,
];

/// Everything the rules find in profiles and manifests, in the order of the rules. `library` says what packs know of
/// their own values.
pub fn check_cluster(inspected: &Inspected, library: &Library) -> Vec<Finding> {
    let cluster = inspected.cluster();
    let mut findings = inspected.found.clone();
    for rules in CLUSTER_RULES.iter().copied().flatten() {
        for rule in *rules {
            let before = findings.len();
            rule(cluster, &mut findings);
            limit(&mut findings, before);
        }
    }
    profile::presets::check(cluster, library, &mut findings);
    findings
}
