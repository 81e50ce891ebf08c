//! The MetalLB layer: address pools and their advertisements (RA, MetalLB layer).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::machines::list;
use crate::cluster::values::Values;
use crate::rules::{ClusterRule, Finding, rule};
use crate::site::{AddressRange, Cidr};

const POOLS: &str = "ipaddresspools";
const L2: &str = "l2advertisements";
const BGP: &str = "bgpadvertisements";
const PEERS: &str = "bgppeers";
/// What the pack holds until it is changed.
const EXAMPLE: &str = "192.168.10.0/24";

pub(super) const RULES: &[ClusterRule] = &[pools, advertisements, interfaces, peers];

/// The addresses and announcements of the layer.
pub(in crate::rules) fn configuration(cluster: &Cluster) -> Option<Values<'_>> {
    Values::of(
        cluster,
        "lb-metallb-helm",
        "charts.metallb-full.configuration",
    )
}

/// The ranges of a text: a variable may hold several, separated by commas.
fn ranges(text: &str) -> Result<Vec<AddressRange>, String> {
    text.split(',').map(|part| part.trim().parse()).collect()
}

fn pools(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(metallb) = configuration(cluster) else {
        return;
    };
    let kubernetes = Values::of(cluster, "kubernetes", "pack");
    let network = |path: &str| kubernetes.as_ref()?.text(path)?.parse::<Cidr>().ok();
    let inner = [
        ("pod CIDR", network("podCIDR")),
        ("service CIDR", network("serviceClusterIpRange")),
    ];
    let mut taken: Vec<AddressRange> = Vec::new();
    let mut paths: Vec<String> = Vec::new();
    let mut seen_any = false;
    for (name, path, pool) in metallb.entries(POOLS) {
        for (index, value) in list(pool.pointer("/spec/addresses")).iter().enumerate() {
            seen_any = true;
            let path = format!("{path}.spec.addresses[{index}]");
            let Some(text) = metallb.scalar(value) else {
                continue;
            };
            if text.contains("::") {
                continue;
            }
            let found = match ranges(&text) {
                Ok(found) => found,
                Err(reason) => {
                    findings.push(metallb.mark(rule::METALLB_POOL.error(path, reason)));
                    continue;
                }
            };
            if text == EXAMPLE {
                findings.push(metallb.mark(rule::METALLB_EXAMPLE.warning(
                    path.as_str(),
                    format!("the pool `{name}` has the pack's example addresses, {EXAMPLE}"),
                )));
            }
            for range in found {
                for (what, cidr) in &inner {
                    if let Some(cidr) = cidr.filter(|cidr| range.overlaps(cidr)) {
                        findings.push(
                            metallb.mark(
                                rule::OVERLAPPING_NETWORKS.error(path.as_str(), format!("the addresses {range} of the pool `{name}` are in the {what} {cidr}"))
                                .help("use a range of the data network"),
                            ),
                        );
                    }
                }
                taken.push(range);
                paths.push(path.clone());
            }
        }
    }
    if !seen_any && metallb.find(POOLS).is_some() {
        findings.push(
            metallb.mark(rule::METALLB_EMPTY.error(POOLS, "MetalLB has no addresses to assign")),
        );
    }
    for (index, other) in AddressRange::overlapping(&taken) {
        findings.push(metallb.mark(rule::METALLB_OVERLAP.error(
            paths[index].as_str(),
            format!(
                "the addresses {} and {} overlap, which MetalLB refuses",
                taken[index], taken[other]
            ),
        )));
    }
}

/// The pools an advertisement names; none stands for all, unless it chooses them by label.
fn named(advertisement: &Value) -> Option<Vec<&str>> {
    let names: Vec<&str> = list(advertisement.pointer("/spec/ipAddressPools"))
        .iter()
        .filter_map(Value::as_str)
        .collect();
    (!names.is_empty()).then_some(names)
}

fn advertisements(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(metallb) = configuration(cluster) else {
        return;
    };
    let pools: BTreeMap<&str, String> = metallb
        .entries(POOLS)
        .into_iter()
        .map(|(name, path, _)| (name, path))
        .collect();
    let mut announced: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for kind in [L2, BGP] {
        for (_, path, advertisement) in metallb.entries(kind) {
            let selects = !list(advertisement.pointer("/spec/ipAddressPoolSelectors")).is_empty();
            match named(advertisement) {
                Some(names) => {
                    for (index, name) in names.into_iter().enumerate() {
                        if pools.contains_key(name) {
                            announced.entry(name).or_default().insert(kind);
                        } else if !name.contains("{{") {
                            findings.push(metallb.mark(rule::METALLB_UNKNOWN_POOL.error(
                                format!("{path}.spec.ipAddressPools[{index}]"),
                                format!("there is no pool `{name}`"),
                            )));
                        }
                    }
                }
                None if selects => {
                    // Labels are not worked out here: such an advertisement may be for any pool.
                    pools.keys().for_each(|name| {
                        announced.entry(name).or_default();
                    });
                }
                None => pools.keys().for_each(|name| {
                    announced.entry(name).or_default().insert(kind);
                }),
            }
        }
    }
    for (name, path) in &pools {
        match announced.get(name) {
            None => findings.push(metallb.mark(rule::METALLB_SILENT.error(
                path.as_str(),
                format!("nothing announces the pool `{name}`, so its addresses cannot be reached"),
            ))),
            Some(kinds) if kinds.len() > 1 => {
                findings.push(metallb.mark(rule::METALLB_BOTH.warning(
                    path.as_str(),
                    format!("the pool `{name}` is announced both by ARP and by BGP"),
                )))
            }
            Some(_) => {}
        }
    }
}

/// Without a list, every interface answers for the addresses.
fn interfaces(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(metallb) = configuration(cluster) else {
        return;
    };
    for (name, path, advertisement) in metallb.entries(L2) {
        if list(advertisement.pointer("/spec/interfaces")).is_empty() {
            findings.push(
                metallb.mark(
                    rule::METALLB_ALL_INTERFACES.warning(format!("{path}.spec"), format!("the L2 advertisement `{name}` names no interface, so addresses show up in every network of a node")),
                ),
            );
        }
    }
}

/// The interfaces that addresses are announced on, where they are named.
pub(in crate::rules) fn announced_on(metallb: &Values<'_>) -> Vec<String> {
    let mut interfaces = Vec::new();
    for (_, _, advertisement) in metallb.entries(L2) {
        let named = list(advertisement.pointer("/spec/interfaces"));
        interfaces.extend(named.iter().filter_map(|one| metallb.scalar(one)));
    }
    interfaces
}

fn peers(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(metallb) = configuration(cluster) else {
        return;
    };
    let peers = metallb.entries(PEERS);
    if !metallb.entries(BGP).is_empty() && peers.is_empty() {
        findings.push(
            metallb.mark(
                rule::METALLB_BGP
                    .error(
                        BGP,
                        "addresses should be announced by BGP, but there is no peer",
                    )
                    .help("add a router under `bgppeers`"),
            ),
        );
    }
    for (name, path, peer) in peers {
        let missing: Vec<String> = ["myASN", "peerASN", "peerAddress"]
            .into_iter()
            .filter(|field| {
                let value = peer.get("spec").and_then(|spec| spec.get(field));
                let dynamic = *field == "peerASN" && peer.pointer("/spec/dynamicASN").is_some();
                value.is_none_or(Value::is_null) && !dynamic
            })
            .map(|field| format!("`{field}`"))
            .collect();
        if !missing.is_empty() {
            findings.push(
                metallb.mark(
                    rule::METALLB_BGP
                        .error(
                            format!("{path}.spec"),
                            format!("the BGP peer `{name}` has no {}", missing.join(" and no ")),
                        )
                        .help(
                            "give the cluster's AS number, the router's, and the router's address",
                        ),
                ),
            );
        }
    }
}
