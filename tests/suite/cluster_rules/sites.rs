//! Rules over a site, each on both sides.

use std::io;
use std::path::Path;

use vmo_ra::diagnostic::Source;
use vmo_ra::revision::Revision;
use vmo_ra::rules::check;
use vmo_ra::site::{Inputs, Site};

use crate::common::nothing_wrong;

/// Variables with a word in them, and no files.
struct Words;

impl Inputs for Words {
    fn env(&self, _: &str) -> Option<String> {
        Some("word".to_owned())
    }

    fn file(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn found(text: &str) -> Vec<&'static str> {
    let site = Site::parse(&Source::new("site.yaml", text), &Words)
        .unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    let revision = Revision::load("1.9.0").expect("the revision");
    let findings = check(&site, &revision).into_iter();
    findings.map(|finding| finding.rule.id).collect()
}

/// A rule, a site that breaks it, and the like that does not.
const CASES: &[(&str, &str, &str)] = &[
    (
        "no-gateway",
        "network: {pxe: {gateway: none}, management: {gateway: none}, data: {gateway: none}}",
        "network: {pxe: {gateway: none}, management: {gateway: none}}",
    ),
    (
        "interface-too-long",
        "network: {layout: one-bond-br0-vlan, bridge: br-of-the-vms, data: {vlan: 2000}}",
        "network: {layout: one-bond-br0-vlan, bridge: br-of-vms, data: {vlan: 2000}}",
    ),
    (
        "cards-missing",
        "network: {nics: {management: []}}",
        "network: {nics: {management: [enp1s0]}}",
    ),
    (
        "metallb-gateway",
        "network: {metallb: {addresses: [10.20.0.1-10.20.0.9]}, data: {gateway: 10.20.0.1}}",
        "network: {metallb: {addresses: [10.20.0.2-10.20.0.9]}, data: {gateway: 10.20.0.1}}",
    ),
    (
        "metallb-interface",
        "network: {metallb: {interface: eth7}}",
        "network: {metallb: {interface: bond_data.20}}",
    ),
    (
        "shared-gateway-vlan",
        "network: {layout: one-bond-br0-vlan, vmVlans: 20-30, data: {vlan: 20, gateway: 10.20.0.1}}",
        "network: {layout: one-bond-br0-vlan, vmVlans: 21-30, data: {vlan: 20, gateway: 10.20.0.1}}",
    ),
    (
        "bridge-name",
        "network: {bridge: bond_data}",
        "network: {bridge: br1}",
    ),
    (
        "cluster-not-on-bridge",
        "network: {layout: one-bond, clusterOnBridge: true, management: {vlan: 10, cidr: 172.16.0.0/22}}",
        "network: {layout: one-bond, management: {vlan: 10, cidr: 172.16.0.0/22}}",
    ),
    (
        "interface-unknown",
        "network: {pxe: {vlan: native, interface: eth7}}",
        "network: {pxe: {vlan: native, interface: bond_mgmt}}",
    ),
    (
        "machines-missing",
        "{cluster: {workers: 4}, nodes: {machines: [{name: w1, role: worker}]}}",
        "cluster: {workers: 4}",
    ),
    (
        "pod-cidr-no-spare",
        "{cluster: {workers: 13, controlPlanes: 3}, network: {podCidr: 100.64.0.0/20}}",
        "{cluster: {workers: 12, controlPlanes: 3}, network: {podCidr: 100.64.0.0/20}}",
    ),
    (
        "one-control-plane",
        "cluster: {controlPlanes: 1}",
        "cluster: {controlPlanes: 3}",
    ),
    (
        "no-array",
        "storage: {flashArrays: []}",
        "storage: {flashArrays: [{endpoint: 10.0.0.1}]}",
    ),
    (
        "no-device",
        "storage: {deviceSizes: []}",
        "storage: {deviceSizes: [1024]}",
    ),
    (
        "storage-nodes",
        "{cluster: {workers: 5}, storage: {maxStorageNodes: 4}}",
        "{cluster: {workers: 5}, storage: {maxStorageNodes: 5}}",
    ),
    (
        "licence-unused",
        "storage: {licence: {type: enterprise, saasKey: {env: KEY}}}",
        "storage: {licence: {type: enterprise}}",
    ),
    (
        "name-twice",
        "vmo: {namespaces: [vms, vms]}",
        "vmo: {namespaces: [vms, others]}",
    ),
    (
        "no-namespace",
        "vmo: {namespaces: []}",
        "vmo: {namespaces: [vms]}",
    ),
    (
        "no-vm-state-class",
        "storage: {provider: piraeus}",
        "{storage: {provider: piraeus, vmStateStorageClass: shared-files}}",
    ),
    (
        "class-of-pack",
        "storage: {provider: rook-ceph}",
        "storage: {provider: portworx}",
    ),
];

#[test]
fn sites_break_rules_and_keep_them() {
    let mut wrong = Vec::new();
    for (id, breaking, fine) in CASES {
        if !found(breaking).contains(id) {
            wrong.push(format!(
                "{id} is not raised by {breaking}: {:?}",
                found(breaking)
            ));
        }
        if found(fine).contains(id) {
            wrong.push(format!("{id} is raised by {fine}"));
        }
    }
    nothing_wrong(&wrong);
}
