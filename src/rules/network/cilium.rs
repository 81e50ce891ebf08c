//! The Cilium layer, as VMO needs it (RA, Cilium layer).

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::values::Values;
use crate::rules::{ClusterRule, Finding, rule};
use crate::site::Cidr;

const PACK: &str = "cni-cilium-oss";
const ROOT: &str = "charts.cilium";

pub(super) const RULES: &[ClusterRule] = &[
    beside_multus,
    inside_vms,
    on_the_bridge,
    api_server,
    misspelt,
    networks,
];

fn cilium(cluster: &Cluster) -> Option<Values<'_>> {
    Values::of(cluster, PACK, ROOT)
}

/// The interfaces that Cilium is told to use.
fn devices(cilium: &Values<'_>) -> Vec<String> {
    match cilium.find("devices") {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| cilium.scalar(item))
            .collect(),
        Some(value) => {
            let text = cilium.scalar(value).unwrap_or_default();
            text.split([',', ' '])
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect()
        }
        None => Vec::new(),
    }
}

/// Whether Cilium is told that the cluster's own network is this bridge.
pub(super) fn runs_on(cluster: &Cluster, bridge: &str) -> bool {
    cilium(cluster).is_some_and(|cilium| devices(&cilium).iter().any(|device| device == bridge))
}

/// Cilium takes every other CNI configuration away unless it is told not to.
fn beside_multus(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(cilium) = cilium(cluster) else {
        return;
    };
    if cilium.flag("cni.exclusive") == Some(false) {
        return;
    }
    findings.push(cilium.mark(rule::CILIUM_EXCLUSIVE.error(
        "cni.exclusive",
        "Cilium disables other CNI configurations of the node, so Multus gives VMs no network",
    )));
}

/// Socket load balancing in a VM's pod would not reach the guest, which has a network stack of its own.
fn inside_vms(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(cilium) = cilium(cluster) else {
        return;
    };
    let replaces = cilium.flag("kubeProxyReplacement") == Some(true);
    if replaces && cilium.flag("socketLB.hostNamespaceOnly") != Some(true) {
        findings.push(
            cilium.mark(
                rule::CILIUM_SOCKET_LB.error("socketLB", "Cilium balances services at the sockets of pods, and guests on the pod network do not use those"),
            ),
        );
    }
}

/// The preset for a cluster on the bridge writes two settings, which go together.
fn on_the_bridge(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(cilium) = cilium(cluster) else {
        return;
    };
    let devices = devices(&cilium);
    let legacy = cilium.flag("bpf.hostLegacyRouting") == Some(true);
    let is_bridge = devices.iter().any(|device| device.starts_with("br"));
    if is_bridge && !legacy {
        findings.push(
            cilium.mark(
                rule::CILIUM_ON_BRIDGE.error("bpf.hostLegacyRouting", format!("Cilium runs on `{}` and routes past the bridge", devices.join(", ")))
                .help("choose the preset `VMO - Bridge Interface: Run Cilium on Bridge (br0)`, which writes `hostLegacyRouting: true`"),
            ),
        );
    }
    if legacy && devices.is_empty() {
        findings.push(
            cilium.mark(
                rule::CILIUM_ON_BRIDGE.note("bpf.hostLegacyRouting", "the host's own routing is on, and Cilium finds its interface itself")
                .help("name the bridge under `devices` where the cluster runs on it, or switch it off for speed"),
            ),
        );
    }
    if is_bridge && cilium.flag("forceDeviceDetection") != Some(true) {
        findings.push(cilium.mark(rule::CILIUM_DETECTION.warning(
            "devices",
            "Cilium would have no interface on nodes without the bridge, such as control planes",
        )));
    }
}

/// Where no kube-proxy serves the API's own Service, agents must be told where the API is.
fn api_server(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(cilium) = cilium(cluster) else {
        return;
    };
    let replaces = cilium.flag("kubeProxyReplacement") == Some(true);
    let host = cilium.text("k8sServiceHost");
    if replaces && (host.as_deref() == Some("") || cilium.find("k8sServiceHost").is_none()) {
        findings.push(cilium.mark(rule::CILIUM_API_SERVER.warning(
            "k8sServiceHost",
            "Cilium replaces kube-proxy, but does not know the address of the API server",
        )));
    }
}

/// Settings that are written wrong now and then; Helm skips keys it does not know.
fn misspelt(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const KNOWN: &str = "autoDirectNodeRoutes bpf cni devices forceDeviceDetection ipam ipv4NativeRoutingCIDR k8sServiceHost \
        k8sServicePort kubeProxyReplacement podAnnotations routingMode socketLB tunnelProtocol";
    let Some(cilium) = cilium(cluster) else {
        return;
    };
    for (key, _, value) in cilium.entries("") {
        let meant = KNOWN
            .split(' ')
            .find(|known| *known != key && known.eq_ignore_ascii_case(key));
        // Palette's own presets write an empty `tunnelprotocol`.
        if let Some(meant) = meant
            && value.as_str() != Some("")
        {
            findings.push(
                cilium.mark(
                    rule::CILIUM_MISSPELT.warning(key, format!("Cilium has no setting `{key}`, so it has no effect"))
                        .help(format!("write `{meant}`; Palette's presets for the pod network have the wrong spelling too")),
                ),
            );
        }
    }
}

/// Networks in Cilium's values are those of the cluster.
fn networks(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(cilium) = cilium(cluster) else {
        return;
    };
    let pods: Option<Cidr> = Values::of(cluster, "kubernetes", "pack")
        .and_then(|kubernetes| kubernetes.text("podCIDR"))
        .and_then(|text| text.parse().ok());
    let Some(pods) = pods else { return };
    let native: Option<Cidr> = cilium
        .text("ipv4NativeRoutingCIDR")
        .and_then(|text| text.parse().ok());
    if cilium.text("routingMode").as_deref() == Some("native")
        && let Some(native) = native
        && !native.network().contains(&pods.network())
    {
        findings.push(
            cilium.mark(
                rule::CILIUM_NETWORKS.error("ipv4NativeRoutingCIDR", format!("pods of {pods} are outside of {native}, so their addresses are hidden from each other"))
                .help(format!("write a network that holds {pods}")),
            ),
        );
    }
    if cilium.text("ipam.mode").as_deref() == Some("cluster-pool") {
        const LIST: &str = "ipam.operator.clusterPoolIPv4PodCIDRList";
        let listed: Vec<Cidr> = crate::cluster::machines::list(cilium.find(LIST))
            .iter()
            .filter_map(|item| cilium.scalar(item)?.parse().ok())
            .collect();
        if !listed.is_empty() && !listed.iter().any(|cidr| cidr.network() == pods.network()) {
            findings.push(
                cilium.mark(
                    rule::CILIUM_NETWORKS.warning(LIST, format!("Cilium gives pods other addresses than the cluster's pod CIDR {pods}"))
                    .help("choose the preset `IPAM mode: Kubernetes`, or write the same network in both layers"),
                ),
            );
        }
    }
}
