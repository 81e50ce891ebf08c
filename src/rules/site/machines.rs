//! The machines that a site lists.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

use super::interfaces::{cards_of, single_cards};
use crate::rules::{Finding, Rule, SiteRule, rule};
use crate::site::{AddressRanges, Machine, MetalLbMode, NodeNetwork, NodeRole, Site};

pub(super) const RULES: &[SiteRule] = &[names, counts, addresses, cards, erased_disks];

fn place(index: usize) -> String {
    format!("nodes.machines[{index}]")
}

fn names(site: &Site, findings: &mut Vec<Finding>) {
    let mut names = HashSet::new();
    for (index, machine) in site.nodes.machines.iter().enumerate() {
        if !names.insert(&machine.name) {
            findings.push(rule::MACHINE_TWICE.error(
                format!("{}.name", place(index)),
                format!("a second machine named `{}`", machine.name),
            ));
        }
    }
}

/// A repave releases the machine, which still sees its drives and those of the array.
fn erased_disks(site: &Site, findings: &mut Vec<Finding>) {
    if site.nodes.erase_disks_on_release {
        findings.push(rule::ERASED_DISKS.error(
            "nodes.eraseDisksOnRelease",
            "MAAS erases the data of VMs whenever a node is repaved",
        ));
    }
}

fn counts(site: &Site, findings: &mut Vec<Finding>) {
    let cluster = &site.cluster;
    for (role, wanted, key) in [
        (NodeRole::Worker, cluster.workers, "workers"),
        (
            NodeRole::ControlPlane,
            cluster.control_planes,
            "controlPlanes",
        ),
    ] {
        let machines = site.nodes.machines.iter();
        let listed = machines.filter(|machine| machine.role == role).count();
        if listed > 0 && (listed as u64) < u64::from(wanted) {
            findings.push(
                rule::MACHINES_MISSING
                    .note(
                        "nodes.machines",
                        format!(
                            "the site names {listed} of {wanted} machines with the role `{}`",
                            role.as_str()
                        ),
                    )
                    .help(format!("name all of them, or correct `cluster.{key}`")),
            );
        }
    }
}

fn addresses(site: &Site, findings: &mut Vec<Finding>) {
    let mut taken: HashMap<Ipv4Addr, String> = HashMap::new();
    let pools = AddressRanges::new(&site.network.metallb.addresses);
    let of_network = &site.network;
    let networks = [
        ("pxe", &of_network.pxe),
        ("management", &of_network.management),
        ("data", &of_network.data),
    ]
    .map(|(key, network)| (key, network, network.routers().collect::<HashSet<_>>()));
    for (index, machine) in site.nodes.machines.iter().enumerate() {
        let of = &machine.addresses;
        let given = [of.pxe, of.management, of.data];
        for ((key, network, routers), address) in networks.iter().zip(given) {
            let Some(address) = address else { continue };
            let path = format!("{}.addresses.{key}", place(index));
            let problem = match taken.get(&address) {
                Some(owner) => Some((
                    rule::ADDRESS_TAKEN,
                    format!("the address {address} is already `{owner}`"),
                )),
                None if routers.contains(&address) => Some((
                    rule::ADDRESS_TAKEN,
                    format!("the address {address} is that of a router in `network.{key}.routes`"),
                )),
                None => wrong_in(site, &pools, key, network, address),
            };
            if let Some((rule, message)) = problem {
                let help = format!("choose a free address of `network.{key}` {}", network.cidr);
                findings.push(rule.error(path.as_str(), message).help(help));
            }
            taken.entry(address).or_insert(path);
        }
    }
}

/// Why a node cannot have an address in a network.
fn wrong_in(
    site: &Site,
    pools: &AddressRanges<'_>,
    key: &str,
    network: &NodeNetwork,
    address: Ipv4Addr,
) -> Option<(&'static Rule, String)> {
    let metallb = &site.network.metallb;
    if !network.cidr.has_host(address) {
        let message = format!(
            "{address} is not an address of `network.{key}` {}",
            network.cidr
        );
        return Some((rule::ADDRESS_OUTSIDE, message));
    }
    if network.gateway == Some(address) {
        return Some((
            rule::ADDRESS_TAKEN,
            format!("the address {address} is the gateway's"),
        ));
    }
    if let Some(pool) = pools.holding(address) {
        return Some((
            rule::ADDRESS_TAKEN,
            format!("the address {address} is in `network.metallb.addresses` {pool}"),
        ));
    }
    let router = metallb.bgp.as_ref().map(|bgp| bgp.peer_address);
    if metallb.mode == MetalLbMode::Bgp && router == Some(address) {
        return Some((
            rule::ADDRESS_TAKEN,
            format!("the address {address} is MetalLB's BGP router"),
        ));
    }
    None
}

/// The cards of a machine that differs. Control planes need those of workers, unless they are VMs, whose one card can have
/// several below it.
fn single_cards_of(site: &Site, machine: &Machine, path: &str, findings: &mut Vec<Finding>) {
    let usual = single_cards(&site.network.nics);
    for (key, card) in single_cards(&machine.nics) {
        // Of all nodes it is said once.
        if usual.contains(&(key, card)) {
            continue;
        }
        let path = format!("{path}.{key}");
        let message = format!(
            "the card `{card}` of `{}` is the only card in its bond",
            machine.name
        );
        findings.push(match machine.role {
            NodeRole::Worker => rule::SINGLE_CARD.warning(path, message),
            NodeRole::ControlPlane => rule::SINGLE_CARD.note(path, message).help(
                "name two cards, as workers have them; one is enough for a VM whose host has two",
            ),
        });
    }
}

fn cards(site: &Site, findings: &mut Vec<Finding>) {
    let mut macs = HashSet::new();
    for (index, machine) in site.nodes.machines.iter().enumerate() {
        if machine.nics != site.network.nics {
            let path = format!("{}.nics", place(index));
            cards_of(site, &machine.nics, &path, findings);
            single_cards_of(site, machine, &path, findings);
        }
        for (card, mac) in &machine.macs {
            if !macs.insert(mac) {
                findings.push(
                    rule::MAC_TWICE
                        .error(
                            format!("{}.macs.{card}", place(index)),
                            format!("the MAC address {mac} is already another card's"),
                        )
                        .help("MAAS shows the address of each card on the machine's network page"),
                );
            }
        }
    }
}
