//! Networks, VLANs and addresses (RA, Network configuration).

use crate::network::Host;
use crate::rules::{Finding, SiteRule, rule};
use crate::site::{
    AddressRange, Cidr, Label, Layout, MetalLbMode, Nad, NodeNetwork, NodeRole, Site, StaticRoute,
};

pub(super) const RULES: &[SiteRule] = &[
    host_bits,
    overlapping_networks,
    shared_vlans,
    native_vlans,
    gateways,
    networks_hold_the_nodes,
    static_routes,
    boot_vlan,
    nads_are_allowed,
    nads_have_namespaces,
    pools,
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
                rule::HOST_BITS
                    .note(
                        path,
                        format!("`{given}` has host bits; the network {cidr} is used"),
                    )
                    .help(format!("write `{path}: {cidr}`")),
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
                    rule::OVERLAPPING_NETWORKS
                        .error(
                            *path,
                            format!("`{path}` {cidr} overlaps `{other_path}` {other}"),
                        )
                        .help("give every network its own addresses"),
                );
            }
        }
    }
}

/// A VLAN is one network, whatever it is called on a node or on the switch.
fn shared_vlans(site: &Site, findings: &mut Vec<Finding>) {
    let networks = node_networks(site);
    for (index, (path, network)) in networks.iter().enumerate() {
        for (other_path, other) in &networks[..index] {
            let id = network.vlan.id().or(network.switch_vlan);
            let Some(id) = id.filter(|id| other.vlan.id().or(other.switch_vlan) == Some(*id))
            else {
                continue;
            };
            let place = |path: &str, network: &NodeNetwork| match network.vlan.id() {
                Some(_) => format!("{path}.vlan"),
                None => format!("{path}.switchVlan"),
            };
            let own = place(path, network);
            // One of the two may be a default.
            let place = match site.places.given(&own) {
                true => own,
                false => place(other_path, other),
            };
            findings.push(rule::SHARED_VLAN.warning(
                place,
                format!(
                    "`{path}` {} and `{other_path}` {} are both in VLAN {id}",
                    network.cidr, other.cidr
                ),
            ));
        }
    }
}

/// A switch sends the frames of a port's native VLAN untagged.
fn native_vlans(site: &Site, findings: &mut Vec<Finding>) {
    let ports = Host::of_role(site, NodeRole::Worker).map(|host| host.ports);
    let mut ports = ports.iter().flatten();
    let Some((port, id)) = ports.find_map(|port| {
        let id = port.native_vlan?;
        port.tagged.contains(id).then_some((port, id))
    }) else {
        return;
    };
    let native = node_networks(site)
        .into_iter()
        .find(|(_, network)| network.switch_vlan == Some(id));
    let path = native.map_or("network", |(path, _)| path);
    findings.push(
        rule::NATIVE_VLAN_TAGGED
            .warning(
                format!("{path}.switchVlan"),
                format!(
                    "VLAN {id} is the native one of `{}` on the switch, and also a tagged one",
                    port.bond
                ),
            )
            .help(format!(
                "leave {id} out of `network.vmVlans` and of the tagged networks, or give `{path}` another VLAN"
            )),
    );
}

fn gateways(site: &Site, findings: &mut Vec<Finding>) {
    for (path, network) in node_networks(site) {
        let Some(gateway) = network.gateway else {
            continue;
        };
        if !network.cidr.has_host(gateway) {
            findings.push(rule::GATEWAY_OUTSIDE.error(
                format!("{path}.gateway"),
                format!(
                    "the gateway {gateway} is not an address of the network {}",
                    network.cidr
                ),
            ));
        }
    }
    // The order in which a host network looks for its default gateway.
    let [pxe, management, data] = node_networks(site);
    let mut with_gateway = [data, management, pxe]
        .into_iter()
        .filter_map(|(path, network)| Some((path, network.gateway?)));
    if let Some((first, _)) = with_gateway.next() {
        for (path, gateway) in with_gateway {
            findings.push(rule::SECOND_GATEWAY.warning(
                format!("{path}.gateway"),
                format!("no node gets the gateway {gateway}, since `{first}` has one"),
            ));
        }
    }
    if node_networks(site)
        .iter()
        .all(|(_, network)| network.gateway.is_none())
    {
        findings.push(rule::NO_GATEWAY.warning("network.data", "no network has a gateway"));
    }
}

/// Firmware boots untagged, and few machines can be told a VLAN for it.
fn boot_vlan(site: &Site, findings: &mut Vec<Finding>) {
    if let Some(id) = site.network.pxe.vlan.id() {
        findings.push(
            rule::BOOT_TAGGED.note("network.pxe.vlan", format!("machines boot over VLAN {id}, and firmware sends its requests untagged"))
            .help(format!(
                "make {id} the native VLAN of the switch ports they boot over, or set it in their UEFI; a native network is the simplest"
            )),
        );
    }
}

fn static_routes(site: &Site, findings: &mut Vec<Finding>) {
    let management = &site.network.management;
    let around = enclosing(&management.routes);
    for (index, route) in management.routes.iter().enumerate() {
        let path = format!("network.management.routes[{index}]");
        if let Some(given) = route.to.given_with_host_bits() {
            findings.push(rule::HOST_BITS.note(
                format!("{path}.to"),
                format!("`{given}` has host bits; the network {} is used", route.to),
            ));
        }
        if !management.cidr.has_host(route.via) {
            findings.push(rule::ROUTE_OUTSIDE.error(
                format!("{path}.via"),
                format!(
                    "the router {} is not an address of the management network {}",
                    route.via, management.cidr
                ),
            ));
        }
        let own = all_networks(site).into_iter();
        let own = own.map(|(path, cidr)| (path.to_owned(), cidr));
        let other = around[index].map(|other| {
            let path = format!("network.management.routes[{other}].to");
            (path, management.routes[other].to)
        });
        for (other_path, other) in own.chain(other) {
            if route.to.overlaps(&other) {
                findings.push(rule::ROUTE_OVERLAPS.error(
                    format!("{path}.to"),
                    format!("the route to {} overlaps `{other_path}` {other}", route.to),
                ));
            }
        }
    }
}

/// For each route the smallest other one that leads to all of its addresses, of equal ones the one before.
fn enclosing(routes: &[StaticRoute]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..routes.len()).collect();
    // Networks are apart, or one holds the other: each comes behind those that hold it.
    order.sort_by_key(|index| (routes[*index].to.network(), *index));
    let mut around = vec![None; routes.len()];
    let mut open: Vec<usize> = Vec::new();
    for index in order {
        while open
            .pop_if(|other| !routes[*other].to.overlaps(&routes[index].to))
            .is_some()
        {}
        around[index] = open.last().copied();
        open.push(index);
    }
    around
}

fn networks_hold_the_nodes(site: &Site, findings: &mut Vec<Finding>) {
    let nodes = u64::from(site.cluster.workers + site.cluster.control_planes);
    for (path, network) in node_networks(site) {
        let hosts = (1u64 << (32 - u32::from(network.cidr.prefix()))).saturating_sub(2);
        if hosts < nodes {
            findings.push(rule::NETWORK_TOO_SMALL.error(
                format!("{path}.cidr"),
                format!("{} has {hosts} addresses for {nodes} nodes", network.cidr),
            ));
        }
    }
}

fn nads_are_allowed(site: &Site, findings: &mut Vec<Finding>) {
    for nad in &site.nads.list {
        let Some(id) = nad.vlan else { continue };
        if !site.network.vm_vlans.contains(id) {
            findings.push(
                rule::NAD_NOT_ALLOWED.error("nads", format!(
                        "the network `{}` uses VLAN {id}, which `network.vmVlans` ({}) does not let onto the bridge",
                        nad.name, site.network.vm_vlans
                    ))
                .help(format!("add {id} to `network.vmVlans`, or set `nads` to other networks")),
            );
        }
    }
}

fn nads_have_namespaces(site: &Site, findings: &mut Vec<Finding>) {
    let known = |nad: &&Nad| {
        nad.namespace.as_str() == "default" || site.vmo.namespaces.contains(&nad.namespace)
    };
    let mut missing: Vec<&Label> = site
        .nads
        .list
        .iter()
        .filter(|nad| !known(nad))
        .map(|nad| &nad.namespace)
        .collect();
    missing.sort_unstable();
    missing.dedup();
    findings.extend(missing.into_iter().map(|namespace| {
        rule::NAD_NAMESPACE
            .warning(
                "nads",
                format!("a network is in the namespace `{namespace}`, which the profiles do not create"),
            )
            .help(format!("add `{namespace}` to `vmo.namespaces`, or leave `namespace` out: networks in `default` can be used from every namespace"))
    }));
}

fn pools(site: &Site, findings: &mut Vec<Finding>) {
    let ranges = &site.network.metallb.addresses;
    let path = |index: usize| format!("network.metallb.addresses[{index}]");
    // With `mode: l2` they are in the data network, whose overlaps are reported anyway.
    let inner = [
        ("network.podCidr", site.network.pod_cidr),
        ("network.serviceCidr", site.network.service_cidr),
    ];
    for (index, range) in ranges.iter().enumerate() {
        for (other_path, other) in inner.iter().filter(|(_, other)| range.overlaps(other)) {
            findings.push(
                rule::OVERLAPPING_NETWORKS
                    .error(
                        path(index),
                        format!("the addresses {range} overlap `{other_path}` {other}"),
                    )
                    .help("give every network its own addresses"),
            );
        }
    }
    for (index, other) in AddressRange::overlapping(ranges) {
        findings.push(rule::METALLB_OVERLAP.error(
            path(index),
            format!(
                "the addresses {} and {} overlap, which MetalLB refuses",
                ranges[index], ranges[other]
            ),
        ));
    }
    if let [first, last] = &ranges[..]
        && first.is_single()
        && last.is_single()
        && first.first() < last.first()
    {
        let (first, last) = (first.first(), last.first());
        findings.push(
            rule::METALLB_TWO_ADDRESSES
                .warning(
                    "network.metallb.addresses",
                    format!("MetalLB has the addresses {first} and {last}, but none in between"),
                )
                .help(format!(
                    "write `addresses: [{first}-{last}]` for all of them, or `[{first}/32, {last}/32]` for these two"
                )),
        );
    }
}

fn metallb(site: &Site, findings: &mut Vec<Finding>) {
    let metallb = &site.network.metallb;
    if metallb.addresses.is_empty() {
        findings.push(rule::METALLB_EMPTY.error(
            "network.metallb.addresses",
            "MetalLB needs at least one range of addresses",
        ));
    }
    if metallb.mode == MetalLbMode::Bgp {
        if metallb.bgp.is_none() {
            findings.push(
                rule::METALLB_BGP.error("network.metallb", "`mode: bgp` needs `network.metallb.bgp`")
                    .help("write `bgp: { localAsn: 64512, peerAsn: 64513, peerAddress: 10.20.30.1 }` with your router's values"),
            );
        }
        return;
    }
    let data = &site.network.data;
    for (index, range) in metallb.addresses.iter().enumerate() {
        let path = format!("network.metallb.addresses[{index}]");
        if !data.cidr.contains(range.first()) || !data.cidr.contains(range.last()) {
            findings.push(rule::METALLB_OUTSIDE.error(
                path,
                format!(
                    "the addresses {range} are not in the data network {}",
                    data.cidr
                ),
            ));
        } else if let Some(gateway) = data.gateway
            && range.contains(gateway)
        {
            findings.push(rule::METALLB_GATEWAY.error(
                path,
                format!("the addresses {range} hold the gateway {gateway}"),
            ));
        }
    }
    if metallb.interface != data.interface {
        findings.push(rule::METALLB_INTERFACE.warning(
            "network.metallb.interface",
            format!(
                "MetalLB announces on `{}`, while the data network is on `{}`",
                metallb.interface, data.interface
            ),
        ));
    }
}

fn shared_gateway_vlan(site: &Site, findings: &mut Vec<Finding>) {
    let data = &site.network.data;
    if let Some(id) = data.vlan.id()
        && data.gateway.is_some()
        && site.network.layout == Layout::OneBondBridgedData
        && site.network.vm_vlans.contains(id)
    {
        findings.push(rule::SHARED_GATEWAY_VLAN.warning(
            "network.vmVlans",
            format!("VMs share VLAN {id} with the nodes' default gateway"),
        ));
    }
}
