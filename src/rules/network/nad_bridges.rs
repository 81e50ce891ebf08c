//! NetworkAttachmentDefinitions compared with each other and with their bridge.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::nads::{Nad, nads};
use crate::cluster::Cluster;
use crate::cluster::machines::{VMO_PACK, VMO_ROOT};
use crate::cluster::values::{Values, namespace_of};
use crate::rules::{ClusterRule, Finding, rule};
use crate::site::{VlanId, VlanSet};

pub(super) const RULES: &[ClusterRule] = &[twice, bridges, allowed_vlans, resource_names];

fn twice(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let mut names = BTreeSet::new();
    for document in cluster.of_kind("NetworkAttachmentDefinition") {
        let (namespace, name) = (namespace_of(document), document.name());
        if !names.insert((namespace, name)) {
            findings.push(document.mark(rule::NAD_TWICE.error(
                "metadata.name",
                format!("there are two networks `{name}` in the namespace `{namespace}`"),
            )));
        }
    }
    type Place = (String, String, Option<u64>);
    let mut places: BTreeMap<Place, String> = BTreeMap::new();
    for nad in nads(cluster).filter(Nad::is_bridge) {
        if nad.config.contains_key("vlanTrunk") {
            continue;
        }
        let namespace = namespace_of(nad.document).to_owned();
        let bridge = nad.text("bridge").unwrap_or_default().to_owned();
        let vlan = nad.config.get("vlan").and_then(Value::as_u64);
        let name = nad.document.name().to_owned();
        if let Some(other) = places.insert((namespace, bridge, vlan), name.clone())
            && other != name
        {
            let what = vlan.map_or("the untagged network".to_owned(), |id| format!("VLAN {id}"));
            findings.push(nad.mark(rule::NAD_VLAN_TWICE.warning(
                "",
                format!("`{other}` and `{name}` are both {what} of one bridge"),
            )));
        }
    }
}

/// The plugin makes a bridge that is not there, with nothing behind it.
fn bridges(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let vmo = Values::of(cluster, VMO_PACK, VMO_ROOT);
    let wanted = vmo.and_then(|vmo| vmo.text("vlanFiltering.env.bridgeIF"));
    for nad in nads(cluster).filter(Nad::is_bridge) {
        let title = nad.title();
        let (message, help) = match (nad.text("bridge").unwrap_or_default(), &wanted) {
            ("", wanted) => (
                format!("{title} names no bridge, so the plugin creates one without a connection"),
                format!(
                    "write `\"bridge\": \"{}\"`",
                    wanted.as_deref().unwrap_or("br0")
                ),
            ),
            (given, Some(wanted)) if given != wanted => (
                format!("{title} is on the bridge `{given}`, and VMO makes `{wanted}` VLAN-aware"),
                format!(
                    "write `\"bridge\": \"{wanted}\"`; the plugin creates a missing bridge, without a connection"
                ),
            ),
            _ => continue,
        };
        findings.push(nad.mark(rule::NAD_BRIDGE.error("", message).help(help)));
    }
}

/// The bridge lets through what VMO tells it to.
fn allowed_vlans(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(vmo) = Values::of(cluster, VMO_PACK, VMO_ROOT) else {
        return;
    };
    let mut tagged = nads(cluster).filter(|nad| nad.is_bridge() && !nad.vlans().is_empty());
    if vmo.flag("vlanFiltering.enabled") == Some(false) {
        if let Some(nad) = tagged.next() {
            findings.push(vmo.mark(rule::VLAN_FILTERING_OFF.error(
                "vlanFiltering.enabled",
                format!(
                    "{} uses a VLAN, but nothing makes the bridge VLAN-aware",
                    nad.title()
                ),
            )));
        }
        return;
    }
    let allowed = vmo
        .text("vlanFiltering.env.allowedVlans")
        .and_then(|vlans| vlans.parse::<VlanSet>().ok());
    let Some(allowed) = allowed else { return };
    let is_outside = |id: u64| {
        let id = u16::try_from(id)
            .ok()
            .and_then(|id| VlanId::try_from(id).ok());
        id.is_some_and(|id| !allowed.contains(id))
    };
    for nad in tagged {
        let vlans = nad.vlans();
        let outside = vlans
            .iter()
            .find(|(first, last)| (*first..=(*last).min(4094)).any(is_outside));
        let Some((first, last)) = outside else {
            continue;
        };
        let which = if first == last {
            format!("VLAN {first}")
        } else {
            format!("the VLANs {first}-{last}")
        };
        findings.push(
            nad.mark(
                rule::NAD_NOT_ALLOWED
                    .error(
                        "",
                        format!(
                            "{} uses {which}, but VMO allows {allowed} on the bridge",
                            nad.title()
                        ),
                    )
                    .help("add it to `vlanFiltering.env.allowedVlans`, or to its variable"),
            ),
        );
    }
}

/// The annotation asks for a device that a plugin of OpenShift offers.
fn resource_names(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const ANNOTATION: &str = "metadata.annotations.k8s\\.v1\\.cni\\.cncf\\.io/resourceName";
    for document in cluster.of_kind("NetworkAttachmentDefinition") {
        if let Some(resource) = document.text_at(ANNOTATION)
            && resource.starts_with("bridge.network.kubevirt.io/")
        {
            findings.push(document.mark(rule::NAD_RESOURCE.error(
                ANNOTATION,
                format!(
                    "VMs in the network `{}` request the device `{resource}`, which no node has",
                    document.name()
                ),
            )));
        }
    }
}
