//! What there is to say about a site, one file for each subject. A rule only looks; it never changes anything.

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

use serde_json::Value;

pub use finding::Finding;
use finding::limit;
pub use inspected::Inspected;
pub use rule::Rule;

use crate::cluster::{Cluster, Document};
use crate::pack::Library;
use crate::revision::{Alternative, Revision};
use crate::site::{IngressController, Site};

/// A rule over a site.
type SiteRule = fn(&Site, &mut Vec<Finding>);

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
    site::sizing::control_plane(site, revision, &mut findings);
    ingress_of_the_revision(site, revision, &mut findings);
    site::storage::version(site, revision, &mut findings);
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

fn ingress_of_the_revision(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let controller = site.ingress.controller.as_str();
    if revision.is_rendered() && !has_controller(revision, controller) {
        let revisions = revision.revisions();
        let other = revisions.names().into_iter().rev().find(|name| {
            revisions
                .load(name)
                .is_ok_and(|other| has_controller(&other, controller))
        });
        let instead = other.map_or(String::new(), |name| format!(", or render RA {name}"));
        findings.push(
            rule::INGRESS_REVISION
                .error(
                    "ingress.controller",
                    format!("RA {} has no {controller} layer", revision.name),
                )
                .help(format!(
                    "use `{}`{instead}",
                    IngressController::Nginx.as_str()
                )),
        );
    }
}

/// A site as a revision can render it, with what the revision lacks of it; none where it lacks nothing.
pub fn fitted(site: &Site, revision: &Revision) -> Option<(Site, String)> {
    let controller = site.ingress.controller;
    if !revision.is_rendered() || has_controller(revision, controller.as_str()) {
        return None;
    }
    let mut fitted = site.clone();
    fitted.ingress.controller = IngressController::Nginx;
    let lacks = format!(
        "RA {} has no {} layer, which the site chooses; it stands here with `{}`",
        revision.name,
        controller.as_str(),
        IngressController::Nginx.as_str()
    );
    Some((fitted, lacks))
}

/// Whether a revision has a layer for an ingress controller.
fn has_controller(revision: &Revision, controller: &str) -> bool {
    revision
        .profiles
        .iter()
        .flat_map(|profile| &profile.layers)
        .any(|layer| {
            let named = |other: &Alternative| {
                let wanted = other.when.get("ingress.controller");
                wanted.and_then(Value::as_str) == Some(controller)
            };
            layer.pack == controller || layer.alternatives.iter().any(named)
        })
}
