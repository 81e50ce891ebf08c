//! Networks, VLANs and addresses (RA, Network configuration).

use super::{Finding, Rule};
use crate::site::{Cidr, InterfaceName, Layout, MetalLbMode, NodeNetwork, Site, VlanId};

const SECTION: &str = "Network configuration";
const LIMITED: &str = "When limited on network interfaces";

pub(super) const RULES: &[Rule] = &[
    host_bits,
    overlapping_networks,
    gateways,
    networks_hold_the_nodes,
    interfaces,
    captured_vlans,
    vlans_on_the_bridge,
    nads_are_allowed,
    metallb,
    shared_gateway_vlan,
];

/// The networks nodes have addresses in, with their place in the site.
fn node_networks(site: &Site) -> [(&'static str, &NodeNetwork); 3] {
    [
        ("network.pxe", &site.network.pxe),
        ("network.management", &site.network.management),
        ("network.data", &site.network.data),
    ]
}

fn all_networks(site: &Site) -> [(&'static str, Cidr); 5] {
    [
        ("network.pxe.cidr", site.network.pxe.cidr),
        ("network.management.cidr", site.network.management.cidr),
        ("network.data.cidr", site.network.data.cidr),
        ("network.podCidr", site.network.pod_cidr),
        ("network.serviceCidr", site.network.service_cidr),
    ]
}

fn host_bits(site: &Site, findings: &mut Vec<Finding>) {
    for (path, cidr) in all_networks(site) {
        if let Some(given) = cidr.given_with_host_bits() {
            findings.push(
                Finding::note(
                    "host-bits",
                    path,
                    format!("`{given}` has host bits; the network {cidr} is used"),
                )
                .section(SECTION),
            );
        }
    }
}

fn overlapping_networks(site: &Site, findings: &mut Vec<Finding>) {
    let networks = all_networks(site);
    for (index, (path, cidr)) in networks.iter().enumerate() {
        for (other_path, other) in &networks[..index] {
            if cidr.overlaps(other) {
                findings.push(
                    Finding::error(
                        "overlapping-networks",
                        *path,
                        format!("`{path}` {cidr} overlaps `{other_path}` {other}"),
                    )
                    .help("give every network addresses of its own")
                    .section(SECTION),
                );
            }
        }
    }
}

fn gateways(site: &Site, findings: &mut Vec<Finding>) {
    for (path, network) in node_networks(site) {
        let Some(gateway) = network.gateway else {
            continue;
        };
        if !network.cidr.has_host(gateway) {
            findings.push(
                Finding::error(
                    "gateway-outside",
                    format!("{path}.gateway"),
                    format!(
                        "the gateway {gateway} is not an address of the network {}",
                        network.cidr
                    ),
                )
                .section(SECTION),
            );
        }
    }
    if node_networks(site)
        .iter()
        .all(|(_, network)| network.gateway.is_none())
    {
        findings.push(
            Finding::warning("no-gateway", "network.data", "no network has a gateway")
                .help("nodes need a default gateway for images and for traffic back to clients: set `network.data.gateway`")
                .section(SECTION),
        );
    }
}

fn networks_hold_the_nodes(site: &Site, findings: &mut Vec<Finding>) {
    let nodes = u64::from(site.cluster.workers + site.cluster.control_planes);
    for (path, network) in node_networks(site) {
        let hosts = (1u64 << (32 - u32::from(network.cidr.prefix()))).saturating_sub(2);
        if hosts < nodes {
            findings.push(
                Finding::error(
                    "network-too-small",
                    format!("{path}.cidr"),
                    format!("{} has {hosts} addresses for {nodes} nodes", network.cidr),
                )
                .help("take a shorter prefix")
                .section(SECTION),
            );
        }
    }
}

fn interfaces(site: &Site, findings: &mut Vec<Finding>) {
    let mut seen: Vec<&InterfaceName> = Vec::new();
    let cards = site
        .network
        .nics
        .management
        .iter()
        .map(|name| ("network.nics.management", name));
    let cards = cards.chain(
        site.network
            .nics
            .data
            .iter()
            .map(|name| ("network.nics.data", name)),
    );
    for (path, name) in cards {
        if seen.contains(&name) {
            findings.push(
                Finding::error(
                    "card-twice",
                    path,
                    format!("the card `{name}` is named twice"),
                )
                .section(SECTION),
            );
        }
        seen.push(name);
    }
    if site.network.layout == Layout::TwoBonds && site.network.nics.data.is_empty() {
        findings.push(
            Finding::error(
                "cards-missing",
                "network.nics.data",
                "the layout `two-bonds` needs cards for the data bond",
            )
            .help("name two cards, or use the layout `one-bond`")
            .section(SECTION),
        );
    }
    if site.network.layout != Layout::TwoBonds && !site.network.nics.data.is_empty() {
        findings.push(
            Finding::error(
                "cards-unused",
                "network.nics.data",
                format!(
                    "the layout `{}` has one bond, and no data cards",
                    site.network.layout.as_str()
                ),
            )
            .help("name all cards under `network.nics.management`, or use the layout `two-bonds`")
            .section(LIMITED),
        );
    }
    if site.network.layout == Layout::OneBondBridgedData
        && let Some(id) = site.network.data.vlan.id()
    {
        let name = format!("{}.{id}", site.network.bridge);
        if name.len() > 15 {
            findings.push(
                Finding::error(
                    "interface-too-long",
                    "network.bridge",
                    format!(
                        "the data interface would be `{name}`, {} bytes long; Linux takes 15",
                        name.len()
                    ),
                )
                .help("choose a shorter bridge name"),
            );
        }
    }
}

/// The VLANs that subinterfaces of the bond below the bridge take before the bridge sees them.
fn captured(site: &Site) -> Vec<(VlanId, &NodeNetwork)> {
    let networks: &[&NodeNetwork] = match site.network.layout {
        Layout::TwoBonds => &[&site.network.data],
        Layout::OneBond => &[&site.network.management, &site.network.data],
        Layout::OneBondBridgedData => &[&site.network.management],
    };
    networks
        .iter()
        .filter_map(|network| Some((network.vlan.id()?, *network)))
        .collect()
}

fn captured_vlans(site: &Site, findings: &mut Vec<Finding>) {
    for (id, network) in captured(site) {
        if site.network.vm_vlans.contains(id) {
            findings.push(
                Finding::error(
                    "captured-vlan",
                    "network.vmVlans",
                    format!("VLAN {id} never reaches the bridge: `{}` takes it from the bond", network.interface),
                )
                .help(format!(
                    "leave {id} out of `network.vmVlans`, or, for the data VLAN, use the layout `one-bond-br0-vlan`"
                ))
                .section(LIMITED),
            );
        }
    }
}

fn vlans_on_the_bridge(site: &Site, findings: &mut Vec<Finding>) {
    let network = &site.network;
    if !network.bridge_carries_host {
        return;
    }
    let mut missing = Vec::new();
    let bridge_has_address = network.layout != Layout::TwoBonds || network.cluster_on_bridge;
    let has = |id: VlanId| network.vlans_on_bridge.contains(id);
    if bridge_has_address && !network.vlans_on_bridge.iter().any(|id| id.get() == 1) {
        missing.push("1 (the bridge has an address of its own)".to_owned());
    }
    if network.layout == Layout::OneBondBridgedData
        && let Some(id) = network.data.vlan.id()
        && !has(id)
    {
        missing.push(format!(
            "{id} (`{}` stands on the bridge)",
            network.data.interface
        ));
    }
    if !missing.is_empty() {
        findings.push(
            Finding::error(
                "vlans-on-bridge",
                "network.vlansOnBridge",
                format!(
                    "the node itself would be cut off: `network.vlansOnBridge` lacks VLAN {}",
                    missing.join(" and ")
                ),
            )
            .section("VMO layer"),
        );
    }
}

fn nads_are_allowed(site: &Site, findings: &mut Vec<Finding>) {
    for nad in &site.nads.list {
        let Some(id) = nad.vlan else { continue };
        if !site.network.vm_vlans.contains(id) {
            findings.push(
                Finding::error(
                    "nad-not-allowed",
                    "nads",
                    format!(
                        "the network `{}` uses VLAN {id}, which `network.vmVlans` ({}) does not let onto the bridge",
                        nad.name, site.network.vm_vlans
                    ),
                )
                .help(format!("add {id} to `network.vmVlans`"))
                .section("VMO layer"),
            );
        }
    }
    let mut manifests: Vec<&str> = site
        .nads
        .list
        .iter()
        .map(|nad| nad.manifest.as_str())
        .collect();
    manifests.sort_unstable();
    if let Some(pair) = manifests.windows(2).find(|pair| pair[0] == pair[1]) {
        findings.push(
            Finding::error(
                "manifest-twice",
                "nads",
                format!(
                    "two networks would be in manifests of the one name `{}`",
                    pair[0]
                ),
            )
            .help("give one of them another name"),
        );
    }
}

fn metallb(site: &Site, findings: &mut Vec<Finding>) {
    let metallb = &site.network.metallb;
    if metallb.addresses.is_empty() {
        findings.push(
            Finding::error(
                "metallb-empty",
                "network.metallb.addresses",
                "MetalLB needs at least one range of addresses",
            )
            .section("MetalLB layer"),
        );
    }
    if metallb.mode == MetalLbMode::Bgp {
        if metallb.bgp.is_none() {
            findings.push(
                Finding::error("metallb-bgp", "network.metallb", "`mode: bgp` needs `network.metallb.bgp`")
                    .help("write `bgp: { localAsn: 64512, peerAsn: 64513, peerAddress: 10.20.30.1 }` with your router's values")
                    .section("MetalLB layer"),
            );
        }
        return;
    }
    let data = &site.network.data;
    for (index, range) in metallb.addresses.iter().enumerate() {
        let path = format!("network.metallb.addresses[{index}]");
        if !data.cidr.contains(range.first()) || !data.cidr.contains(range.last()) {
            findings.push(
                Finding::error(
                    "metallb-outside",
                    path,
                    format!("the addresses {range} are not in the data network {}", data.cidr),
                )
                .help("L2 announcements only work inside the network of their interface; use addresses of it, or `mode: bgp`")
                .section("MetalLB layer"),
            );
        } else if let Some(gateway) = data.gateway
            && range.contains(gateway)
        {
            findings.push(
                Finding::error(
                    "metallb-gateway",
                    path,
                    format!("the addresses {range} hold the gateway {gateway}"),
                )
                .section("MetalLB layer"),
            );
        }
    }
    if metallb.interface != data.interface {
        findings.push(
            Finding::warning(
                "metallb-interface",
                "network.metallb.interface",
                format!(
                    "MetalLB announces on `{}`, while the data network is on `{}`",
                    metallb.interface, data.interface
                ),
            )
            .section("MetalLB layer"),
        );
    }
}

fn shared_gateway_vlan(site: &Site, findings: &mut Vec<Finding>) {
    let data = &site.network.data;
    if let Some(id) = data.vlan.id()
        && data.gateway.is_some()
        && site.network.layout == Layout::OneBondBridgedData
        && site.network.vm_vlans.contains(id)
    {
        findings.push(
            Finding::warning(
                "shared-gateway-vlan",
                "network.vmVlans",
                format!("VMs share VLAN {id} with the nodes' default gateway"),
            )
            .help("a VLAN of its own for end user access is advised; where it is shared, keep VMs off the gateway's and MetalLB's addresses")
            .section(SECTION),
        );
    }
}
