//! The interfaces of a node (RA, Network configuration).

use std::collections::HashSet;

use crate::network::{Host, Kind};
use crate::rules::{Finding, SiteRule, rule};
use crate::site::{InterfaceName, Layout, Nics, NodeRole, Site};

pub(super) const RULES: &[SiteRule] = &[
    cards,
    bridge_name,
    places,
    captured_vlans,
    vlans_on_the_bridge,
    mtus,
    cluster_on_the_bridge,
    bonds,
];

/// A worker's host network, where the site makes one.
fn worker(site: &Site) -> Option<Host> {
    Host::of_role(site, NodeRole::Worker).ok()
}

fn cards(site: &Site, findings: &mut Vec<Finding>) {
    cards_of(site, &site.network.nics, "network.nics", findings);
}

/// What is wrong with the cards of a site or of one machine.
pub(super) fn cards_of(site: &Site, nics: &Nics, path: &str, findings: &mut Vec<Finding>) {
    let network = &site.network;
    let mut seen: HashSet<&InterfaceName> = HashSet::new();
    let management = nics.management.iter().map(|name| ("management", name));
    let data = nics.data.iter().map(|name| ("data", name));
    for (key, name) in management.chain(data) {
        if !seen.insert(name) {
            findings.push(rule::CARD_TWICE.error(
                format!("{path}.{key}"),
                format!("the card `{name}` is named twice"),
            ));
        }
        let bonds = network.layout.bonds();
        if *name == network.bridge || bonds.contains(name) {
            findings.push(rule::CARD_NAME.error(
                format!("{path}.{key}"),
                format!("the card `{name}` has the name of a bond or of the bridge"),
            ));
        }
    }
    if nics.management.is_empty() {
        findings.push(
            rule::CARDS_MISSING
                .error(
                    format!("{path}.management"),
                    "the management bond has no cards",
                )
                .help("name at least one card, better two"),
        );
    }
    if network.layout == Layout::TwoBonds && nics.data.is_empty() {
        findings.push(
            rule::CARDS_MISSING
                .error(
                    format!("{path}.data"),
                    "the layout `two-bonds` needs cards for the data bond",
                )
                .help("name two cards, or use the layout `one-bond`"),
        );
    }
    if network.layout != Layout::TwoBonds && !nics.data.is_empty() {
        findings.push(
            rule::CARDS_UNUSED
                .error(
                    format!("{path}.data"),
                    format!(
                        "the layout `{}` has one bond, and no data cards",
                        network.layout.as_str()
                    ),
                )
                .help(format!(
                    "name all cards under `{path}.management`, or use the layout `two-bonds`"
                )),
        );
    }
}

fn bridge_name(site: &Site, findings: &mut Vec<Finding>) {
    let network = &site.network;
    if network.layout == Layout::OneBondBridgedData
        && let Some(id) = network.data.vlan.id()
    {
        let name = format!("{}.{id}", network.bridge);
        if name.len() > 15 {
            findings.push(rule::INTERFACE_TOO_LONG.error(
                "network.bridge",
                format!(
                    "the data interface would be `{name}`, {} bytes long; Linux allows 15",
                    name.len()
                ),
            ));
        }
    }
    if network.layout.bonds().contains(&network.bridge) {
        findings.push(rule::BRIDGE_NAME.error(
            "network.bridge",
            format!("`{}` is the name of a bond", network.bridge),
        ));
    }
}

/// Profiles can be right for hosts that are not built as in the RA, so this is no error before the host network itself is
/// asked for.
fn places(site: &Site, findings: &mut Vec<Finding>) {
    if let Err(misplaced) = Host::of_role(site, NodeRole::Worker) {
        findings.push(
            rule::INTERFACE_UNKNOWN
                .warning(misplaced.path, misplaced.message)
                .help(misplaced.help),
        );
    }
}

fn captured_vlans(site: &Site, findings: &mut Vec<Finding>) {
    for (id, interface) in worker(site).iter().flat_map(Host::captured) {
        if site.network.vm_vlans.contains(id) {
            findings.push(
                rule::CAPTURED_VLAN.error("network.vmVlans", format!("VLAN {id} never reaches the bridge: `{}` takes it from the bond", interface.name))
                .help(format!(
                    "leave {id} out of `network.vmVlans`, or, for the data VLAN, use the layout `one-bond-br0-vlan`"
                )),
            );
        }
    }
}

fn vlans_on_the_bridge(site: &Site, findings: &mut Vec<Finding>) {
    let network = &site.network;
    let host = worker(site);
    let Some(bridge) = host.as_ref().and_then(Host::bridge) else {
        return;
    };
    if !network.bridge_carries_host {
        return;
    }
    let mut missing = Vec::new();
    let has_address = !bridge.attachments.is_empty() || network.cluster_on_bridge;
    if has_address && !network.vlans_on_bridge.iter().any(|id| id.get() == 1) {
        missing.push("1 (the bridge has an address of its own)".to_owned());
    }
    for (id, interface) in host.iter().flat_map(|host| host.vlans_on(&bridge.name)) {
        if !network.vlans_on_bridge.contains(id) {
            missing.push(format!("{id} (`{}` is on the bridge)", interface.name));
        }
    }
    if !missing.is_empty() {
        findings.push(rule::VLANS_ON_BRIDGE.error(
            "network.vlansOnBridge",
            format!(
                "the node itself would be cut off: `network.vlansOnBridge` lacks VLAN {}",
                missing.join(" and ")
            ),
        ));
    }
}

/// An interface takes no larger packets than the one below it.
fn mtus(site: &Site, findings: &mut Vec<Finding>) {
    let Some(host) = worker(site) else { return };
    for interface in host.rows() {
        if matches!(interface.kind, Kind::Bond { .. }) {
            continue;
        }
        let key = interface.attachments.first().and_then(|a| a.purpose.key());
        let path = match (&interface.kind, key) {
            (Kind::Vlan { .. }, Some(key)) => format!("network.{key}.mtu"),
            _ => "network.mtu.bridge".to_owned(),
        };
        for below in interface
            .parts()
            .iter()
            .filter_map(|name| host.interface(name))
        {
            if interface.mtu > below.mtu {
                findings.push(rule::MTU_TOO_LARGE.error(
                    path.as_str(),
                    format!(
                        "`{}` cannot have an MTU of {}: `{}` below it has {}",
                        interface.name, interface.mtu, below.name, below.mtu
                    ),
                ));
            }
        }
    }
}

fn cluster_on_the_bridge(site: &Site, findings: &mut Vec<Finding>) {
    let network = &site.network;
    let is_there = network.management.interface == network.bridge;
    if is_there && network.management.vlan.id().is_none() && !network.cluster_on_bridge {
        findings.push(rule::CILIUM_PRESET_MISSING.error(
            "network.management",
            format!(
                "Kubernetes hosts have their address on `{}` itself, but Cilium does not know it",
                network.bridge
            ),
        ));
    }
    if network.cluster_on_bridge && !is_there {
        findings.push(rule::CLUSTER_NOT_ON_BRIDGE.warning(
            "network.clusterOnBridge",
            format!(
                "Cilium is set to a cluster on `{}`, while Kubernetes hosts are on `{}`",
                network.bridge, network.management.interface
            ),
        ));
    }
}

fn bonds(site: &Site, findings: &mut Vec<Finding>) {
    let nics = &site.network.nics;
    for (key, card) in single_cards(nics) {
        findings.push(rule::SINGLE_CARD.warning(
            format!("network.nics.{key}"),
            format!("the card `{card}` is the only card in its bond"),
        ));
    }
}

/// The bonds of one card, which have nothing to fall back on: the key and the card.
pub(super) fn single_cards(nics: &Nics) -> Vec<(&'static str, &InterfaceName)> {
    [("management", &nics.management), ("data", &nics.data)]
        .into_iter()
        .filter_map(|(key, cards)| match &cards[..] {
            [card] => Some((key, card)),
            _ => None,
        })
        .collect()
}
