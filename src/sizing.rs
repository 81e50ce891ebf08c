//! The arithmetic of the RA's sizing: nodes by pod CIDR, pods by nodes, and what is left for VMs (RA, Solution Sizing).

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::revision::ControlPlaneSize;

/// The prefix of the slice of the pod CIDR that each node takes.
pub const NODE_PREFIX: u8 = 24;
/// Pods a node may have.
pub const MAX_PODS: u32 = 250;
/// Pods of daemons on each node.
pub const OVERHEAD_PER_NODE: u32 = 10;
/// Pods of controllers and the like, once for a cluster.
pub const OVERHEAD: u32 = 58;
/// VMs that a cluster should have at the most.
pub const RECOMMENDED_VMS: u32 = 12_500;
/// VMs that a node may have, if CPU and memory allow.
pub const VMS_PER_NODE: u32 = 235;
/// Nodes of the cluster that the RA is sized for.
pub const NODES: u32 = 64;

/// What a cluster of some nodes holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizing {
    /// All nodes that have room in the pod CIDR.
    pub nodes: u32,
    /// Those that run at a time: one place is kept for repaves.
    pub active: u32,
    /// Pods of all active nodes.
    pub pods: u32,
    /// Pods that are not for VMs and applications.
    pub overhead: u32,
    /// Pods that are.
    pub left: u32,
}

impl Sizing {
    /// A cluster that fills its nodes, each with at most so many pods.
    pub fn of(nodes: u32, max_pods: u32) -> Self {
        let active = nodes.saturating_sub(1);
        let pods = active.saturating_mul(max_pods);
        let overhead = active
            .saturating_mul(OVERHEAD_PER_NODE)
            .saturating_add(OVERHEAD);
        Sizing {
            nodes,
            active,
            pods,
            overhead,
            left: pods.saturating_sub(overhead),
        }
    }

    /// The largest cluster of a pod CIDR.
    pub fn of_pod_cidr(prefix: u8, max_pods: u32) -> Self {
        Self::of(nodes_of(prefix), max_pods)
    }
}

/// How many nodes have a slice in a pod CIDR of this prefix.
pub fn nodes_of(prefix: u8) -> u32 {
    match NODE_PREFIX.checked_sub(prefix) {
        Some(bits) => 1 << bits,
        None => 0,
    }
}

/// The longest prefix of a pod CIDR with room for so many nodes and one more for repaves; none where no network has it.
pub fn prefix_for(nodes: u32) -> Option<u8> {
    let slices = nodes.checked_add(1)?.checked_next_power_of_two()?;
    u8::try_from(slices.trailing_zeros())
        .ok()
        .and_then(|bits| NODE_PREFIX.checked_sub(bits))
}

/// Pod and service CIDRs side by side, as the RA writes them for 64 and 128 nodes: as large as each other, from an
/// address on. None where they do not fit behind it.
///
/// `nodes` counts all places of the pod CIDR, that for repaves among them.
pub fn side_by_side(nodes: u32, from: Ipv4Addr) -> Option<(Ipv4Net, Ipv4Net)> {
    let prefix = prefix_for(nodes.checked_sub(1)?)?;
    let pods = Ipv4Net::new(from, prefix).ok()?;
    if pods.network() != from {
        return None;
    }
    let next = u32::from(pods.broadcast()).checked_add(1)?;
    let services = Ipv4Net::new(Ipv4Addr::from(next), prefix).ok()?;
    Some((pods, services))
}

/// The network that holds another and as much again; none for the whole of IPv4.
pub fn doubled(network: Ipv4Net) -> Option<Ipv4Net> {
    network.supernet().map(|larger| larger.trunc())
}

/// The row of the RA's table for control-plane nodes that is enough; none where the table ends before.
pub fn control_plane(
    table: &[ControlPlaneSize],
    workers: u32,
    namespaces: u32,
) -> Option<&ControlPlaneSize> {
    table
        .iter()
        .filter(|row| row.workers >= workers && row.namespaces >= namespaces)
        .min_by_key(|row| (row.workers, row.namespaces))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::Revision;

    #[test]
    fn the_cluster_of_the_ra_holds_what_it_says() {
        let sizing = Sizing::of_pod_cidr(18, MAX_PODS);
        assert_eq!(
            sizing,
            Sizing {
                nodes: 64,
                active: 63,
                pods: 15_750,
                overhead: 688,
                left: 15_062,
            }
        );
        assert_eq!(sizing.nodes, NODES);
        // Just under 200 VMs a node.
        assert_eq!(RECOMMENDED_VMS / sizing.active, 198);
    }

    #[test]
    fn prefixes_and_nodes_are_two_ways_to_say_one_thing() {
        for (prefix, nodes) in [
            (24, 1),
            (25, 0),
            (32, 0),
            (18, 64),
            (17, 128),
            (16, 256),
            (0, 1 << 24),
        ] {
            assert_eq!(nodes_of(prefix), nodes, "/{prefix}");
        }
        for (nodes, prefix) in [
            (1, Some(23)),
            (63, Some(18)),
            (64, Some(17)),
            (127, Some(17)),
            (128, Some(16)),
        ] {
            assert_eq!(prefix_for(nodes), prefix, "{nodes}");
        }
        assert_eq!(prefix_for(1 << 24), None);
        assert_eq!(prefix_for(u32::MAX), None);
    }

    #[test]
    fn networks_for_larger_clusters_are_those_of_the_ra() {
        let from = Ipv4Addr::new(100, 64, 0, 0);
        let shown =
            |nodes| side_by_side(nodes, from).map(|(pods, services)| format!("{pods} {services}"));
        assert_eq!(shown(64).as_deref(), Some("100.64.0.0/18 100.64.64.0/18"));
        assert_eq!(shown(128).as_deref(), Some("100.64.0.0/17 100.64.128.0/17"));
        assert_eq!(shown(0), None);
        assert_eq!(side_by_side(64, Ipv4Addr::new(100, 64, 1, 0)), None);
        assert_eq!(side_by_side(64, Ipv4Addr::new(255, 255, 192, 0)), None);
        let pods: Ipv4Net = "100.64.0.0/18".parse().unwrap();
        assert_eq!(doubled(pods).unwrap().to_string(), "100.64.0.0/17");
    }

    #[test]
    fn control_planes_grow_by_workers_and_by_namespaces() {
        let table = Revision::load("1.9.0").unwrap().control_plane;
        let size = |workers, namespaces| {
            control_plane(&table, workers, namespaces).map(|row| (row.cores, row.memory_gb))
        };
        for (workers, namespaces, expected) in [
            (5, 2, Some((4, 8))),
            (10, 100, Some((4, 8))),
            (11, 100, Some((4, 16))),
            (25, 500, Some((4, 16))),
            (10, 501, Some((8, 32))),
            (100, 1000, Some((8, 32))),
            (250, 2000, Some((16, 64))),
            (500, 4000, Some((32, 128))),
            (501, 1, None),
            (1, 4001, None),
        ] {
            assert_eq!(
                size(workers, namespaces),
                expected,
                "{workers} {namespaces}"
            );
        }
    }
}
