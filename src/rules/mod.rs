//! What there is to say about a site, one file for each subject. A rule only looks; it never changes anything.

mod catalogue;
mod certificates;
mod cilium;
pub mod claims;
mod classes;
mod cluster_networks;
mod feature_gates;
mod finding;
mod host;
mod kubelet;
mod machines;
mod metallb;
mod monitoring;
mod nad_bridges;
mod nads;
mod network;
mod node_files;
mod node_kubelet;
mod node_settings;
pub mod packs;
mod palette;
mod palette_layers;
mod palette_macros;
mod palette_variables;
mod places;
mod portworx;
mod presets;
mod pure_secret;
mod secrets;
mod security;
mod shell;
mod sizing;
pub(crate) mod storage;
mod storage_classes;
mod storage_parameters;
mod storage_providers;
mod subject;
#[cfg(test)]
mod test_support;
mod values;
mod virtual_machines;
mod vlan_filtering;
mod vm_clones;
mod vm_disks;
mod vm_firmware;
mod vm_guests;
mod vm_network;
mod vm_preferences;
mod vms;
mod walk;
mod yaml_traps;

pub use catalogue::{Explanation, explain, explanations};
pub use finding::Finding;
use finding::limit;
pub use subject::{CheckedLayer, CheckedProfile, Cluster, Document, Role};

use crate::pack::Library;
use crate::revision::Revision;
use crate::site::Site;

/// A rule over a site.
type Rule = fn(&Site, &mut Vec<Finding>);

/// Everything the rules find, worst first, otherwise in the order of the rules.
pub fn check(site: &Site, revision: &Revision) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rules in [
        network::RULES,
        host::RULES,
        machines::RULES,
        certificates::RULES,
        sizing::RULES,
        storage::RULES,
        classes::RULES,
        vms::RULES,
    ] {
        for rule in rules {
            let before = findings.len();
            rule(site, &mut findings);
            limit(&mut findings, before);
        }
    }
    sizing::control_plane(site, revision, &mut findings);
    ingress_of_the_revision(site, revision, &mut findings);
    storage::version(site, revision, &mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// A rule over single documents, which are looked at on all cores while they are read.
type DocumentRule = fn(&Document, &mut Vec<Finding>);

/// The rules over single documents, by subject.
const DOCUMENT_RULES: &[&[DocumentRule]] = &[
    palette_layers::DOCUMENT_RULES,
    palette_macros::DOCUMENT_RULES,
    yaml_traps::DOCUMENT_RULES,
    security::DOCUMENT_RULES,
];

/// A rule over profiles and manifests.
type ClusterRule = fn(&Cluster, &mut Vec<Finding>);

/// The rules over profiles and manifests, by subject.
const CLUSTER_RULES: &[&[ClusterRule]] = &[
    palette::RULES,
    palette_layers::RULES,
    palette_variables::RULES,
    palette_macros::RULES,
    node_files::RULES,
    node_kubelet::RULES,
    node_settings::RULES,
    security::RULES,
    cluster_networks::RULES,
    cilium::RULES,
    vlan_filtering::RULES,
    nads::RULES,
    nad_bridges::RULES,
    metallb::RULES,
    kubelet::RULES,
    portworx::RULES,
    pure_secret::RULES,
    storage_classes::RULES,
    storage_parameters::RULES,
    storage_providers::RULES,
    monitoring::RULES,
    feature_gates::RULES,
    vm_preferences::RULES,
    vm_firmware::RULES,
    vm_network::RULES,
    vm_disks::RULES,
    vm_guests::RULES,
    vm_clones::RULES,
];

/// Everything the rules find in profiles and manifests, in the order of the rules. `library` says what packs know of
/// their own values.
pub fn check_cluster(cluster: &Cluster, library: &Library) -> Vec<Finding> {
    let mut findings = cluster.found().to_vec();
    for rules in CLUSTER_RULES {
        for rule in *rules {
            let before = findings.len();
            rule(cluster, &mut findings);
            limit(&mut findings, before);
        }
    }
    presets::check(cluster, library, &mut findings);
    findings
}

fn ingress_of_the_revision(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let controller = site.ingress.controller.as_str();
    let known = revision
        .profiles
        .iter()
        .flat_map(|profile| &profile.layers)
        .any(|layer| {
            layer.pack == controller
                || layer
                    .alternatives
                    .iter()
                    .any(|other| other.controller == controller)
        });
    if !known && revision.is_rendered() {
        findings.push(
            Finding::error(
                "ingress-revision",
                "ingress.controller",
                format!("RA {} has no {controller} layer", revision.name),
            )
            .help("use `nginx`, or render RA 1.9.0"),
        );
    }
}
