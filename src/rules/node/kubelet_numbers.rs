//! Numbers in the kubelet's tuning file: pods per node, and reserved memory.

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::machines::{list, text};
use crate::cluster::values::{Values, filled_in, quantity, without_macros};
use crate::diagnostic::Source;
use crate::rules::{ClusterRule, Finding, rule};
use crate::site::Quantity;
use crate::sizing;
use crate::yaml::{self, Limits};

pub(super) const RULES: &[ClusterRule] = &[max_pods, memory_manager];

/// The kubelet configurations among the node files, each with its path.
fn configurations<'c>(cluster: &'c Cluster) -> Option<(Values<'c>, Vec<(String, Value)>)> {
    let ubuntu = Values::of(cluster, "ubuntu-maas", "kubeadmconfig")?;
    let (profile, _, _) = cluster.layer("ubuntu-maas")?;
    let mut found = Vec::new();
    for (index, file) in list(ubuntu.find("files")).iter().enumerate() {
        let content = text(file, "content");
        if !content.contains("KubeletConfiguration") {
            continue;
        }
        let content = filled_in(profile, content).unwrap_or_else(|| without_macros(content));
        // Whether it is YAML is for other rules to say.
        if let Ok(value) = yaml::to_json(&Source::new("kubelet", content), Limits::VALUES) {
            found.push((format!("files[{index}].content"), value));
        }
    }
    Some((ubuntu, found))
}

/// A node's pods have the addresses of its slice of the pod CIDR, less the network's own, the router's and the last.
fn max_pods(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some((ubuntu, kubelets)) = configurations(cluster) else {
        return;
    };
    let prefix = Values::of(
        cluster,
        "kubernetes",
        "kubeadmconfig.controllerManager.extraArgs",
    )
    .and_then(|arguments| arguments.text("node-cidr-mask-size"))
    .and_then(|text| text.parse::<u8>().ok())
    .filter(|prefix| (8..=32).contains(prefix))
    .unwrap_or(sizing::NODE_PREFIX);
    let room = (1u64 << (32 - prefix)).saturating_sub(3);
    for (path, kubelet) in kubelets {
        let Some(pods) = kubelet.get("maxPods").and_then(Value::as_u64) else {
            continue;
        };
        if pods > room {
            findings.push(
                ubuntu.mark(
                    rule::MAX_PODS.error(path, format!("a node may have {pods} pods, and its /{prefix} of the pod CIDR has addresses for {room}"))
                    .help("write `maxPods: 250` or less; more pods on a node need a shorter prefix for each"),
                ),
            );
        } else if pods > u64::from(sizing::MAX_PODS) {
            findings.push(
                ubuntu.mark(
                    rule::MAX_PODS.warning(path, format!("a node may have {pods} pods, more than the {} that the RA is sized for", sizing::MAX_PODS))
                    .help("write `maxPods: 250`: pods that come and go need a few addresses to spare"),
                ),
            );
        } else if pods <= u64::from(sizing::OVERHEAD_PER_NODE) {
            findings.push(
                ubuntu.mark(
                    rule::NO_ROOM_FOR_VMS
                        .warning(
                            path,
                            format!(
                                "a node may have {pods} pods, and the layers have about {} on each",
                                sizing::OVERHEAD_PER_NODE
                            ),
                        )
                        .help("write `maxPods: 250`, as the RA has it"),
                ),
            );
        }
    }
}

/// The Memory Manager starts only where its sum is that of the other reservations, to the byte.
fn memory_manager(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some((ubuntu, kubelets)) = configurations(cluster) else {
        return;
    };
    for (path, kubelet) in kubelets {
        if kubelet.get("memoryManagerPolicy").and_then(Value::as_str) != Some("Static") {
            continue;
        }
        let nodes = list(kubelet.get("reservedMemory"));
        let nodes: Option<Vec<Quantity>> = nodes
            .iter()
            .map(|node| quantity(node.pointer("/limits/memory")?))
            .collect();
        let parts: Option<Vec<Quantity>> = [
            "/systemReserved/memory",
            "/kubeReserved/memory",
            "/evictionHard/memory.available",
        ]
        .into_iter()
        .map(|pointer| match kubelet.pointer(pointer) {
            Some(value) => quantity(value).map(Some),
            // What the kubelet keeps where nothing is said.
            None if pointer.starts_with("/eviction") => Some("100Mi".parse().ok()),
            None => Some(None),
        })
        .collect::<Option<Vec<_>>>()
        .map(|parts| parts.into_iter().flatten().collect());
        let (Some(nodes), Some(parts)) = (nodes, parts) else {
            continue;
        };
        let sum = |amounts: &[Quantity]| {
            amounts
                .iter()
                .cloned()
                .reduce(|one, other| one.plus(&other))
        };
        let (Some(wanted), given) = (sum(&parts), sum(&nodes)) else {
            continue;
        };
        if given.as_ref() != Some(&wanted) {
            let given = given.map_or("nothing".to_owned(), |given| given.to_string());
            findings.push(
                ubuntu.mark(
                    rule::MEMORY_MANAGER_SUM.error(path, format!("`reservedMemory` is {given}, but system, kubelet and eviction reserve {wanted}: the kubelet does not start"))
                    .help(format!("make the amounts of `reservedMemory` add up to {wanted}")),
                ),
            );
        }
    }
}
