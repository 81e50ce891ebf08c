//! Numbers of nodes, pods, CPUs and bytes (RA, Hardware resources and Solution Sizing).

use super::{Finding, Rule};
use crate::site::Site;

const SIZING: &str = "Solution Sizing";
const HARDWARE: &str = "Hardware resources";

pub(super) const RULES: &[Rule] = &[pod_cidr, service_cidr, nodes, reserved_cpus];

/// Each node takes a /24 of the pod CIDR, and a repave needs one more.
fn pod_cidr(site: &Site, findings: &mut Vec<Finding>) {
    let cidr = site.network.pod_cidr;
    let nodes = u64::from(site.cluster.workers + site.cluster.control_planes);
    let subnets = match cidr.prefix() {
        prefix @ 0..=24 => 1u64 << (24 - prefix),
        _ => 0,
    };
    let wished = format!(
        "/{}",
        24 - (nodes + 1).next_power_of_two().trailing_zeros().min(24)
    );
    if subnets < nodes {
        findings.push(
            Finding::error(
                "pod-cidr-too-small",
                "network.podCidr",
                format!("the pod CIDR {cidr} has room for {subnets} nodes, and there are {nodes}"),
            )
            .help(format!(
                "each node takes a /24 and a repave one more: use at least a {wished}"
            ))
            .section(SIZING),
        );
    } else if subnets == nodes {
        findings.push(
            Finding::warning(
                "pod-cidr-no-spare",
                "network.podCidr",
                format!("the pod CIDR {cidr} has room for {subnets} nodes and none for a repave"),
            )
            .help(format!(
                "a repave adds a node before it takes one away: use at least a {wished}"
            ))
            .section(SIZING),
        );
    }
}

fn service_cidr(site: &Site, findings: &mut Vec<Finding>) {
    let cidr = site.network.service_cidr;
    if cidr.prefix() > 24 {
        findings.push(
            Finding::error(
                "service-cidr-too-small",
                "network.serviceCidr",
                format!("the service CIDR {cidr} is smaller than a /24"),
            )
            .help("every service takes an address of it: use at least a /24; the RA takes a /18")
            .section(SIZING),
        );
    } else if cidr.prefix() < 12 {
        findings.push(
            Finding::error(
                "service-cidr-too-large",
                "network.serviceCidr",
                format!("kube-apiserver takes no service CIDR larger than a /12, and {cidr} is"),
            )
            .section(SIZING),
        );
    }
}

fn nodes(site: &Site, findings: &mut Vec<Finding>) {
    let workers = site.cluster.workers;
    if workers < 4 {
        findings.push(
            Finding::warning(
                "few-workers",
                "cluster.workers",
                format!("{workers} workers: Portworx needs 3 for its quorum, and one more lets a node be away"),
            )
            .help("use at least 4 workers; 5 are advised")
            .section(HARDWARE),
        );
    }
    let control_planes = site.cluster.control_planes;
    if control_planes.is_multiple_of(2) {
        findings.push(
            Finding::error(
                "even-control-planes",
                "cluster.controlPlanes",
                format!(
                    "{control_planes} control-plane nodes cannot form a majority better than {}",
                    control_planes - 1
                ),
            )
            .help("use 1, 3 or 5"),
        );
    } else if control_planes < 3 {
        findings.push(
            Finding::warning(
                "one-control-plane",
                "cluster.controlPlanes",
                "a single control-plane node has no stand-in",
            )
            .help("the sizing of the RA assumes at least 3")
            .section(HARDWARE),
        );
    }
}

fn reserved_cpus(site: &Site, findings: &mut Vec<Finding>) {
    let Some(cpus) = site.nodes.cpus else { return };
    let reserved = &site.nodes.reserved_cpus;
    if u32::from(reserved.highest()) >= cpus {
        findings.push(
            Finding::error(
                "reserved-cpus-missing",
                "nodes.reservedCpus",
                format!(
                    "CPU {} is reserved, and a worker of {cpus} CPUs ends at {}",
                    reserved.highest(),
                    cpus - 1
                ),
            )
            .help("kubelet does not start when a reserved CPU is not there")
            .section("Ubuntu layer"),
        );
    } else if reserved.count() >= cpus as usize {
        findings.push(
            Finding::error(
                "reserved-cpus-all",
                "nodes.reservedCpus",
                format!("all {cpus} CPUs of a worker are reserved; none is left for VMs"),
            )
            .help("reserve fewer, such as `0-1` on a small worker")
            .section("Ubuntu layer"),
        );
    }
}
