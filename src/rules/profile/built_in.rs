//! Layers that were not made from their packs.

use crate::cluster::Cluster;
use crate::profile::BuiltInLayers;
use crate::rules::{ClusterRule, Finding, rule};

pub(super) const RULES: &[ClusterRule] = &[built_in_values];

/// The profile's description names them, since values do not tell whose they are.
fn built_in_values(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for checked in &cluster.profiles {
        let Some(mut named) = BuiltInLayers::of_description(&checked.profile.metadata.description)
        else {
            continue;
        };
        named
            .packs
            .retain(|name| checked.layers.iter().any(|layer| layer.name == *name));
        if named.packs.is_empty() {
            continue;
        }
        let message = format!(
            "the description says that built-in values replace the packs' own: {}",
            named.packs.join(", ")
        );
        let rule = rule::BUILT_IN_VALUES;
        let finding = if named.accepted {
            rule.note("metadata.description", message)
        } else {
            rule.warning("metadata.description", message)
        };
        findings.push(
            finding
                .help("render with the packs; if the values are already theirs, remove the line from the description")
                .in_file(&checked.file),
        );
    }
}
