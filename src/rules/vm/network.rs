//! Interfaces of VMs: MAC addresses, bindings and the networks they name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::machines::{Machine, machines, text};
use crate::cluster::values::{Suggestions, names_of, namespace_of};
use crate::rules::{ClusterRule, Finding, rule};

pub(super) const RULES: &[ClusterRule] = &[mac_addresses, bindings, networks];

/// The first bytes that Palette makes addresses with.
const OF_PALETTE: [u8; 4] = [0x02, 0x06, 0x0a, 0x0e];

fn mac_addresses(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<[u8; 6], String> = BTreeMap::new();
    for vm in machines(cluster) {
        for (index, interface) in interfaces(&vm).iter().enumerate() {
            let Some(given) = interface.get("macAddress").and_then(Value::as_str) else {
                continue;
            };
            if given.contains("{{") {
                continue;
            }
            let path = format!("domain.devices.interfaces[{index}].macAddress");
            let Some(mac) = parse(given) else {
                findings.push(
                    vm.mark(
                        rule::MAC_FORM.error(path, format!("`{given}` is not a MAC address"))
                            .help("write six pairs of hexadecimal digits, such as `52:54:00:12:34:56`"),
                    ),
                );
                continue;
            };
            if mac[0] & 1 == 1 || mac == [0; 6] {
                findings.push(
                    vm.mark(
                        rule::MAC_FORM
                            .error(
                                path,
                                format!("`{given}` is not the address of a single card"),
                            )
                            .help("the first pair has to be even, and not all pairs may be 00"),
                    ),
                );
                continue;
            }
            if let Some(other) = seen.get(&mac) {
                findings.push(
                    vm.mark(
                        rule::MAC_TWICE
                            .error(
                                path.as_str(),
                                format!("{} and {other} have the MAC address {given}", vm.title()),
                            )
                            .help(
                                "give each interface an address of its own, or leave it to Palette",
                            ),
                    ),
                );
            } else {
                seen.insert(mac, vm.title());
            }
            if vm.is_template {
                findings.push(vm.mark(rule::MAC_IN_TEMPLATE.warning(
                    path.as_str(),
                    format!(
                        "all VMs made from {} get the MAC address {given}",
                        vm.title()
                    ),
                )));
            }
            if OF_PALETTE.contains(&mac[0]) {
                findings.push(vm.mark(rule::MAC_OF_PALETTE.note(
                    path,
                    format!("{given} is in the range that Palette assigns at random"),
                )));
            }
        }
    }
}

/// Six bytes, with colons or dashes between.
fn parse(text: &str) -> Option<[u8; 6]> {
    let parts: Vec<&str> = text
        .split(if text.contains('-') { '-' } else { ':' })
        .collect();
    let mut mac = [0; 6];
    if parts.len() != mac.len() {
        return None;
    }
    for (byte, part) in mac.iter_mut().zip(parts) {
        if part.len() != 2 || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    Some(mac)
}

fn interfaces<'c>(vm: &Machine<'c>) -> &'c [Value] {
    vm.items("/domain/devices/interfaces")
}

/// Each interface has a network of its name, and a binding that fits it.
fn bindings(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for vm in machines(cluster) {
        let networks = vm.items("/networks");
        let names: BTreeSet<&str> = interfaces(&vm)
            .iter()
            .map(|interface| text(interface, "name"))
            .collect();
        for (index, network) in networks.iter().enumerate() {
            let name = text(network, "name");
            if !names.contains(name) {
                findings.push(
                    vm.mark(
                        rule::INTERFACE_UNMATCHED
                            .error(
                                format!("networks[{index}]"),
                                format!(
                                    "{} has a network `{name}` and no interface of that name",
                                    vm.title()
                                ),
                            )
                            .help("add the interface, or remove the network"),
                    ),
                );
            }
        }
        for (index, interface) in interfaces(&vm).iter().enumerate() {
            let path = format!("domain.devices.interfaces[{index}]");
            let name = text(interface, "name");
            let Some(network) = networks
                .iter()
                .find(|network| text(network, "name") == name)
            else {
                findings.push(
                    vm.mark(
                        rule::INTERFACE_UNMATCHED
                            .error(
                                path,
                                format!(
                                    "{} has an interface `{name}` and no network of that name",
                                    vm.title()
                                ),
                            )
                            .help("add the network, or remove the interface"),
                    ),
                );
                continue;
            };
            if network.get("multus").is_some() && interface.get("masquerade").is_some() {
                findings.push(
                    vm.mark(
                        rule::INTERFACE_BINDING.error(path, format!("the interface `{name}` of {} is bound by masquerade, which only the pod network supports", vm.title()))
                        .help("write `bridge: {}`"),
                    ),
                );
            } else if network.get("pod").is_some() && interface.get("bridge").is_some() {
                findings.push(
                    vm.mark(
                        rule::INTERFACE_BINDING.warning(path, format!("the interface `{name}` puts {} on the pod network by a bridge, so it cannot migrate", vm.title()))
                        .help("write `masquerade: {}`"),
                    ),
                );
            }
        }
    }
}

/// A network is a NAD, in the namespace that the VM names or else in its own.
fn networks(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let nads = names_of(cluster, "NetworkAttachmentDefinition");
    if nads.is_empty() {
        return;
    }
    let bare: BTreeSet<&str> = nads.keys().map(|(_, name)| *name).collect();
    let mut suggestions = Suggestions::new();
    let full: Vec<String> = nads
        .keys()
        .map(|(namespace, name)| format!("{namespace}/{name}"))
        .collect();
    for vm in machines(cluster) {
        for (index, network) in vm.items("/networks").iter().enumerate() {
            let Some(given) = network
                .pointer("/multus/networkName")
                .and_then(Value::as_str)
            else {
                continue;
            };
            let path = format!("networks[{index}].multus.networkName");
            let (is_known, help) = match given.split_once('/') {
                Some(key) => {
                    let is_known = nads.contains_key(&key);
                    let help = if is_known {
                        String::new()
                    } else {
                        suggestions.help(
                            given,
                            full.iter().map(String::as_str),
                            "add a NetworkAttachmentDefinition, or name one that is there",
                        )
                    };
                    (is_known, help)
                }
                None if vm.is_template => {
                    if bare.contains(given) {
                        findings.push(
                            vm.mark(
                                rule::NETWORK_WITHOUT_NAMESPACE.warning(path, format!("`{given}` is looked up in the namespace of each VM that is made from {}", vm.title()))
                                .help(format!("write NAMESPACE/{given}")),
                            ),
                        );
                        continue;
                    }
                    (
                        false,
                        format!("write NAMESPACE/{given}, and add the network"),
                    )
                }
                None => {
                    let namespace = namespace_of(vm.document);
                    (
                        nads.contains_key(&(namespace, given)),
                        format!(
                            "a bare name is looked up in `{namespace}`: write NAMESPACE/{given}"
                        ),
                    )
                }
            };
            if !is_known && !given.contains("{{") {
                findings.push(
                    vm.mark(
                        rule::UNKNOWN_NETWORK.warning(path, format!("{} should be in the network `{given}`, which is not among the manifests", vm.title()))
                        .help(help),
                    ),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn mac_addresses_have_six_pairs() {
        assert_eq!(
            parse("52:54:00:aB:cd:ef"),
            Some([0x52, 0x54, 0, 0xab, 0xcd, 0xef])
        );
        assert_eq!(parse("52-54-00-ab-cd-ef"), parse("52:54:00:ab:cd:ef"));
        for bad in [
            "",
            "52:54:00:ab:cd",
            "52:54:00:ab:cd:e",
            "52:54:00:ab:cd:eg",
            "52:54:00:ab:cd:+f",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
