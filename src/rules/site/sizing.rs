//! Numbers of nodes, pods, CPUs and bytes (RA, Hardware resources and Solution Sizing).

use crate::diagnostic::counted;
use crate::revision::Revision;
use crate::rules::{Finding, RevisionRule, SiteRule, rule};
use crate::site::Site;
use crate::sizing;

pub(super) const RULES: &[SiteRule] = &[
    pod_cidr,
    pod_cidr_growth,
    service_cidr,
    room_for_vms,
    control_planes,
    reserved_cpus,
    reserved_cores,
    reserved_memory,
];

pub(super) const REVISION_RULES: &[RevisionRule] = &[large_cluster, control_plane, workers, cores];

/// Nodes that hold the data themselves need so many for their quorum.
const QUORUM: u32 = 3;

/// Each node takes a /24 of the pod CIDR, and a repave needs one more.
fn pod_cidr(site: &Site, findings: &mut Vec<Finding>) {
    let cidr = site.network.pod_cidr;
    let nodes = nodes_of(site);
    let subnets = sizing::nodes_of(cidr.prefix());
    let way_out = match sizing::networks_for(&site.network, nodes.saturating_add(1)) {
        Some((pods, services)) => {
            format!("write `podCidr: {pods}` and `serviceCidr: {services}`")
        }
        None => format!(
            "use at least a /{}",
            sizing::prefix_for(nodes).unwrap_or_default()
        ),
    };
    if subnets < nodes {
        findings.push(
            rule::POD_CIDR_TOO_SMALL
                .error(
                    "network.podCidr",
                    format!(
                        "the pod CIDR {cidr} has room for {} of the {nodes} nodes",
                        match subnets {
                            0 => "none".to_owned(),
                            some => some.to_string(),
                        }
                    ),
                )
                .help(format!(
                    "each node takes a /24 and a repave one more: {way_out}"
                )),
        );
    } else if subnets == nodes {
        findings.push(
            rule::POD_CIDR_NO_SPARE
                .warning(
                    "network.podCidr",
                    format!(
                        "the pod CIDR {cidr} has room for {} and none for a repave",
                        counted(subnets, "node")
                    ),
                )
                .help(format!(
                    "a repave adds a node before it removes one: {way_out}"
                )),
        );
    }
}

fn nodes_of(site: &Site) -> u32 {
    site.cluster.workers + site.cluster.control_planes
}

/// A pod CIDR grows in place only where nothing is behind it.
fn pod_cidr_growth(site: &Site, findings: &mut Vec<Finding>) {
    let (pods, services) = (site.network.pod_cidr, site.network.service_cidr);
    let slices = u64::from(sizing::nodes_of(pods.prefix()));
    let nodes = u64::from(nodes_of(site));
    // The RA's own networks stand side by side; it matters once they are filling up.
    let fills = nodes < slices && (nodes + 1) * 4 > slices * 3;
    let blocked = sizing::doubled(pods.network()).is_some_and(|larger| {
        larger.contains(&services.network()) || services.network().contains(&larger)
    });
    if fills && blocked && !pods.overlaps(&services) {
        findings.push(
            rule::POD_CIDR_CANNOT_GROW.note("network.serviceCidr", format!("the pod CIDR {pods} has room for {slices} nodes, the site has {nodes}, and the service CIDR {services} blocks a larger one")),
        );
    }
}

/// Clusters larger than the RA's work, but the RA has no measurements of them.
fn large_cluster(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let nodes = sizing::Nodes::of(&site.cluster);
    let (Some(most), Some(vms)) = (revision.sizing.nodes, revision.sizing.vms) else {
        return;
    };
    if nodes.count() >= most {
        findings.push(rule::LARGE_CLUSTER.note(
            "cluster.workers",
            format!(
                "{} nodes and one for repaves are more than the {most} that the RA is sized for; it advises at most {vms} VMs in a cluster",
                nodes.count()
            ),
        ));
    }
}

/// Each node has pods of its own, and the cluster more.
fn room_for_vms(site: &Site, findings: &mut Vec<Finding>) {
    let max_pods = site.nodes.max_pods;
    let size = sizing::Sizing::of(sizing::Nodes::of(&site.cluster), max_pods);
    if size.left == 0 {
        findings.push(rule::NO_ROOM_FOR_VMS.warning(
            "nodes.maxPods",
            format!(
                "{max_pods} pods on each of {} make {}, and the layers have about {}: none is left for VMs",
                counted(size.hosts, "node"),
                size.pods,
                size.overhead
            ),
        ));
    }
}

/// What control-plane nodes need, which is not seen from the site's own numbers.
fn control_plane(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let (hosts, namespaces) = sizing::load_of(site);
    let table = &revision.control_plane;
    let (Some(first), Some(last)) = (table.first(), table.last()) else {
        return;
    };
    let runs_vms = site.cluster.control_plane_runs_vms;
    let load = match runs_vms {
        false => format!("{hosts} workers and {namespaces} namespaces for VMs"),
        true => format!("{hosts} nodes for VMs and {namespaces} namespaces of these"),
    };
    let finding = match sizing::control_plane(table, hosts, namespaces) {
        Some(row) if row.workers == first.workers && !runs_vms => return,
        Some(row) => rule::CONTROL_PLANE_SIZE.note(
            "cluster.workers",
            format!(
                "{load} need control-plane nodes of {} cores and {} GB{}",
                row.cores,
                row.memory_gb,
                match runs_vms {
                    true => ", plus the resources of a worker, since they run VMs",
                    false => "",
                }
            ),
        ),
        None => rule::CONTROL_PLANE_SIZE
            .warning(
                "cluster.workers",
                format!(
                    "{load} are more than the {} and {} that the RA sizes control-plane nodes for",
                    last.workers, last.namespaces
                ),
            )
            .help("spread them over several clusters"),
    };
    findings.push(finding);
}

fn service_cidr(site: &Site, findings: &mut Vec<Finding>) {
    let cidr = site.network.service_cidr;
    if cidr.prefix() > 24 {
        findings.push(rule::SERVICE_CIDR_TOO_SMALL.error(
            "network.serviceCidr",
            format!("the service CIDR {cidr} is smaller than a /24"),
        ));
    } else if cidr.prefix() < sizing::LARGEST_SERVICES {
        findings.push(rule::SERVICE_CIDR_TOO_LARGE.error(
            "network.serviceCidr",
            format!(
                "kube-apiserver accepts no service CIDR larger than a /12, and {cidr} is larger"
            ),
        ));
    }
}

fn workers(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let workers = site.cluster.workers;
    let storage = site.storage.provider.facts();
    let limits = &revision.sizing;
    let path = "cluster.workers";
    if !storage.quorum {
        return;
    }
    if workers < QUORUM {
        findings.push(rule::NO_QUORUM.error(
            path,
            format!(
                "{} needs {QUORUM} workers for its quorum, but there are only {workers}",
                storage.name
            ),
        ));
    } else if workers < limits.least_workers {
        findings.push(
            rule::FEW_WORKERS
                .warning(
                    path,
                    match limits.least_workers == QUORUM + 1 {
                        true => format!(
                            "{workers} workers: {} needs {QUORUM} for its quorum, and one more allows a node to fail",
                            storage.name
                        ),
                        false => format!(
                            "{workers} workers, but `{}` asks for at least {}",
                            revision.name, limits.least_workers
                        ),
                    },
                )
                .help(format!(
                    "use at least {}; {} are advised",
                    limits.least_workers, limits.advised_workers
                )),
        );
    } else if workers < limits.advised_workers {
        findings.push(
            rule::FEW_WORKERS
                .note(
                    path,
                    format!("{workers} workers are the minimum for {}", storage.name),
                )
                .help(format!(
                    "RA {} advises {}",
                    revision.name, limits.advised_workers
                )),
        );
    }
}

/// A CPU thread is a core at the best.
fn cores(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let least = revision.sizing.least_cores;
    if let Some(cpus) = site.nodes.cpus
        && cpus < least
    {
        findings.push(rule::FEW_CORES.warning(
            "nodes.cpus",
            format!("a worker has {cpus} CPUs, and the RA asks for at least {least} cores"),
        ));
    }
}

/// All of the reservation is of NUMA node 0.
fn reserved_memory(site: &Site, findings: &mut Vec<Finding>) {
    let Some(memory) = &site.nodes.memory_per_numa_node else {
        return;
    };
    let reserved = &site.nodes.reserved_memory.total;
    if reserved.bytes() >= memory.bytes() {
        findings.push(rule::RESERVED_MEMORY_MISSING.error(
            "nodes.reservedMemory",
            format!("{reserved} are reserved on NUMA node 0, which has {memory}"),
        ));
    }
}

fn control_planes(site: &Site, findings: &mut Vec<Finding>) {
    let control_planes = site.cluster.control_planes;
    if control_planes.is_multiple_of(2) {
        findings.push(rule::EVEN_CONTROL_PLANES.error(
            "cluster.controlPlanes",
            format!(
                "{control_planes} control-plane nodes survive no more failures than {}",
                control_planes - 1
            ),
        ));
    } else if control_planes > 5 {
        findings.push(rule::MANY_CONTROL_PLANES.warning(
            "cluster.controlPlanes",
            format!("etcd waits for a majority of {control_planes} members with every write"),
        ));
    } else if control_planes < 3 {
        findings.push(rule::ONE_CONTROL_PLANE.warning(
            "cluster.controlPlanes",
            "a single control-plane node has no replacement when it is down",
        ));
    }
}

fn reserved_cpus(site: &Site, findings: &mut Vec<Finding>) {
    let reserved = &site.nodes.reserved_cpus;
    let highest = reserved.highest();
    if reserved.count() == 1 && highest > 0 {
        findings.push(
            rule::ONE_RESERVED_CPU
                .warning(
                    "nodes.reservedCpus",
                    format!("only CPU {highest} is reserved"),
                )
                .help(format!(
                    "write `0-{}` if you mean the first {highest}",
                    highest - 1
                )),
        );
    }
    let Some(cpus) = site.nodes.cpus else { return };
    if u32::from(reserved.highest()) >= cpus {
        findings.push(rule::RESERVED_CPUS_MISSING.error(
            "nodes.reservedCpus",
            format!(
                "CPU {} is reserved, but the last CPU of a worker with {cpus} CPUs is {}",
                reserved.highest(),
                cpus - 1
            ),
        ));
    } else if reserved.count() >= cpus as usize {
        findings.push(rule::RESERVED_CPUS_ALL.error(
            "nodes.reservedCpus",
            format!("all {cpus} CPUs of a worker are reserved; none is left for VMs"),
        ));
    }
}

/// With hyper-threading, Linux numbers the second threads of all cores after the first ones.
fn reserved_cores(site: &Site, findings: &mut Vec<Finding>) {
    let Some(cpus) = site.nodes.cpus else { return };
    let reserved = &site.nodes.reserved_cpus;
    let Ok(half) = u16::try_from(cpus / 2) else {
        return;
    };
    if half == 0 || cpus % 2 == 1 || u32::from(reserved.highest()) >= cpus {
        return;
    }
    let sibling = |cpu: u16| if cpu < half { cpu + half } else { cpu - half };
    if reserved.iter().any(|cpu| !reserved.contains(sibling(cpu))) {
        let firsts: Vec<u16> = reserved.iter().filter(|cpu| *cpu < half).collect();
        let advice = match (firsts.first(), firsts.last()) {
            (Some(first), Some(last)) if usize::from(last - first) + 1 == firsts.len() => {
                format!("`{first}-{last},{}-{}`", sibling(*first), sibling(*last))
            }
            _ => "both threads of each core".to_owned(),
        };
        findings.push(
            rule::RESERVED_HALF_CORES.note("nodes.reservedCpus", format!("with hyper-threading, {reserved} of {cpus} CPUs are single threads of cores"))
            .help(format!("reserve {advice}: a VM with dedicated CPUs uses whole cores, so the other half of a reserved core stays idle")),
        );
    }
}
