//! The arithmetic of the RA's sizing: nodes by pod CIDR, pods by nodes, and what is left for VMs (RA, Solution Sizing).

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::revision::{ControlPlaneSize, SizingLimits};
use crate::site::{Cluster, Network, Site};

/// The prefix of the slice of the pod CIDR that each node takes.
pub const NODE_PREFIX: u8 = 24;
/// The shortest prefix of a service CIDR that kube-apiserver takes.
pub const LARGEST_SERVICES: u8 = 12;
/// Networks that are never routed on the internet. The RA's networks for pods and services are in the first, which is for
/// carriers.
const INTERNAL: [(Ipv4Addr, u8); 4] = [
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
];
/// Pods a node may have.
pub const MAX_PODS: u32 = 250;
/// Pods of daemons on each node.
pub const OVERHEAD_PER_NODE: u32 = 10;
/// Pods of controllers and the like, once for a cluster.
pub const OVERHEAD: u32 = 58;

/// The nodes of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nodes {
    /// Those that run VMs.
    pub hosts: u32,
    /// Control planes that run none. The RA's own figure of 63 active nodes has none of these.
    pub others: u32,
}

impl Nodes {
    /// Those of a site.
    pub fn of(cluster: &Cluster) -> Self {
        let Cluster {
            workers,
            control_planes,
            ..
        } = *cluster;
        match cluster.control_plane_runs_vms {
            true => Nodes {
                hosts: workers.saturating_add(control_planes),
                others: 0,
            },
            false => Nodes {
                hosts: workers,
                others: control_planes,
            },
        }
    }

    /// As many hosts as so many places have room for, with the same control planes and one place kept for repaves.
    #[must_use]
    pub fn filling(self, places: u32) -> Self {
        Nodes {
            hosts: places.saturating_sub(self.others).saturating_sub(1),
            ..self
        }
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.hosts.saturating_add(self.others)
    }
}

/// What a cluster of some nodes holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizing {
    /// Places that the nodes take in the pod CIDR, the spare one for repaves among them.
    pub places: u32,
    /// Nodes that run VMs.
    pub hosts: u32,
    /// Pods of these.
    pub pods: u32,
    /// Pods that are not for VMs and applications.
    pub overhead: u32,
    /// Pods that are.
    pub left: u32,
}

impl Sizing {
    /// What nodes hold, each with at most so many pods.
    pub fn of(nodes: Nodes, max_pods: u32) -> Self {
        let hosts = nodes.hosts;
        let pods = hosts.saturating_mul(max_pods);
        let overhead = hosts
            .saturating_mul(OVERHEAD_PER_NODE)
            .saturating_add(OVERHEAD);
        Sizing {
            places: nodes.count().saturating_add(1),
            hosts,
            pods,
            overhead,
            left: pods.saturating_sub(overhead),
        }
    }

    /// VMs that the RA advises at the most, where it names a number for a cluster.
    pub fn advised(&self, limits: &SizingLimits) -> Option<Advised> {
        let (nodes, most) = (limits.nodes?, limits.vms?);
        let active = nodes.saturating_sub(1).max(1);
        let share = u64::from(self.hosts) * u64::from(most) / u64::from(active);
        let share = u32::try_from(share).unwrap_or(u32::MAX);
        Some(Advised {
            most,
            active,
            share,
            vms: share.min(most).min(self.left),
        })
    }
}

/// How many VMs the RA advises, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advised {
    /// VMs of any cluster at the most.
    pub most: u32,
    /// Nodes that the RA spreads these over.
    pub active: u32,
    /// The share of this cluster's nodes.
    pub share: u32,
    /// The share, but no more than the most and than there are pods.
    pub vms: u32,
}

/// How many nodes have a slice in a pod CIDR of this prefix.
pub fn nodes_of(prefix: u8) -> u32 {
    match NODE_PREFIX.checked_sub(prefix) {
        Some(bits) => 1 << bits,
        None => 0,
    }
}

/// The longest prefix of a pod CIDR with room for so many nodes and one more for repaves, or none if no network has it.
pub fn prefix_for(nodes: u32) -> Option<u8> {
    let slices = nodes.checked_add(1)?.checked_next_power_of_two()?;
    u8::try_from(slices.trailing_zeros())
        .ok()
        .and_then(|bits| NODE_PREFIX.checked_sub(bits))
}

/// Pod and service CIDRs for a cluster that outgrows its own: near the site's pod CIDR if that is possible, else where the RA
/// has them. None where neither has the room.
///
/// `places` counts all nodes with a slice of the pod CIDR, the spare one for repaves among them.
pub fn networks_for(network: &Network, places: u32) -> Option<(Ipv4Net, Ipv4Net)> {
    let taken = || {
        let hosts = [&network.pxe, &network.management, &network.data];
        let hosts = hosts.map(|host| host.cidr.network());
        let services = network.metallb.addresses.iter();
        let services = services.map(|range| (range.first(), range.last()));
        let hosts = hosts.map(|cidr| (cidr.network(), cidr.broadcast()));
        hosts.into_iter().chain(services)
    };
    let is_free = |cidr: &Ipv4Net| {
        taken().all(|(first, last)| last < cidr.network() || cidr.broadcast() < first)
    };
    let [(usual, _), ..] = INTERNAL;
    [network.pod_cidr.network().network(), usual]
        .into_iter()
        .filter_map(|near| side_by_side(places, near))
        .find(|(pods, services)| is_free(pods) && is_free(services))
}

/// Pod and service CIDRs side by side, as the RA writes them for 64 and 128 nodes: as large as each other if kube-apiserver
/// takes that, the pods' at an address or around it. None where a part of them would be of the internet.
fn side_by_side(places: u32, near: Ipv4Addr) -> Option<(Ipv4Net, Ipv4Net)> {
    let nodes = places.checked_sub(1).filter(|nodes| *nodes > 0)?;
    let prefix = prefix_for(nodes)?;
    let pods = Ipv4Net::new(near, prefix).ok()?.trunc();
    let next = u32::from(pods.broadcast()).checked_add(1)?;
    let services = Ipv4Net::new(next.into(), prefix.max(LARGEST_SERVICES)).ok()?;
    let is_internal = INTERNAL.into_iter().any(|(first, prefix)| {
        Ipv4Net::new(first, prefix)
            .is_ok_and(|block| block.contains(&pods) && block.contains(&services))
    });
    is_internal.then_some((pods, services))
}

/// The network that holds another and as much again; none for the whole of IPv4.
pub fn doubled(network: Ipv4Net) -> Option<Ipv4Net> {
    network.supernet().map(|larger| larger.trunc())
}

/// The row of the RA's table for control-plane nodes that is enough, or none if the table ends before.
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

/// The size of control-plane nodes depends on the nodes with VMs and the namespaces of VMs.
///
/// VMs share a few namespaces; the others are of the layers and of Kubernetes.
pub fn load_of(site: &Site) -> (u32, u32) {
    let namespaces = u32::try_from(site.vmo.namespaces.len()).unwrap_or(u32::MAX);
    (Nodes::of(&site.cluster).hosts, namespaces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::Revision;

    /// Worked by hand: what the nodes of a site hold, and the largest cluster of its pod CIDR.
    #[test]
    fn five_sites_hold_what_is_worked_out_by_hand() {
        let ra = SizingLimits {
            nodes: Some(64),
            vms: Some(12_500),
            ..SizingLimits::default()
        };
        let show = |sizing: Sizing| {
            let Sizing {
                places,
                hosts,
                pods,
                overhead,
                left,
            } = sizing;
            (
                places,
                hosts,
                pods,
                overhead,
                left,
                sizing.advised(&ra).map(|advised| advised.vms),
            )
        };
        for (hosts, others, prefix, max_pods, now, largest) in [
            // The example: 5 x 250, 5 x 10 + 58, and 5 / 63 of 12,500. 64 places have room for 60 workers beside 3 and 1.
            (
                5,
                3,
                18,
                250,
                (9, 5, 1_250, 108, 1_142, Some(992)),
                (64, 60, 15_000, 658, 14_342, Some(11_904)),
            ),
            // The RA's own figures, where all nodes run VMs.
            (
                63,
                0,
                18,
                250,
                (64, 63, 15_750, 688, 15_062, Some(12_500)),
                (64, 63, 15_750, 688, 15_062, Some(12_500)),
            ),
            // Fewer pods on a node than VMs could be.
            (
                12,
                1,
                20,
                110,
                (14, 12, 1_320, 178, 1_142, Some(1_142)),
                (16, 14, 1_540, 198, 1_342, Some(1_342)),
            ),
            (
                66,
                3,
                17,
                250,
                (70, 66, 16_500, 718, 15_782, Some(12_500)),
                (128, 124, 31_000, 1_298, 29_702, Some(12_500)),
            ),
            (
                200,
                3,
                16,
                250,
                (204, 200, 50_000, 2_058, 47_942, Some(12_500)),
                (256, 252, 63_000, 2_578, 60_422, Some(12_500)),
            ),
        ] {
            let nodes = Nodes { hosts, others };
            assert_eq!(show(Sizing::of(nodes, max_pods)), now, "{nodes:?}");
            let filled = nodes.filling(nodes_of(prefix));
            assert_eq!(show(Sizing::of(filled, max_pods)), largest, "{nodes:?}");
        }
        let untold = SizingLimits::default();
        assert_eq!(
            Sizing::of(
                Nodes {
                    hosts: 5,
                    others: 3
                },
                250
            )
            .advised(&untold),
            None
        );
        let none = Nodes {
            hosts: 1,
            others: 3,
        }
        .filling(4);
        assert_eq!(show(Sizing::of(none, 250)), (4, 0, 0, 58, 0, Some(0)));
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
        let shown = |places, near: &str| {
            side_by_side(places, near.parse().unwrap())
                .map(|(pods, services)| format!("{pods} {services}"))
        };
        for (places, near, networks) in [
            (64, "100.64.0.0", Some("100.64.0.0/18 100.64.64.0/18")),
            (128, "100.64.0.0", Some("100.64.0.0/17 100.64.128.0/17")),
            (128, "100.64.64.0", Some("100.64.0.0/17 100.64.128.0/17")),
            // kube-apiserver takes no larger service CIDR than a /12.
            (8_192, "100.64.0.0", Some("100.64.0.0/11 100.96.0.0/12")),
            (8_193, "100.64.0.0", None),
            (32_768, "10.0.0.0", Some("10.0.0.0/9 10.128.0.0/12")),
            (64, "192.168.0.0", Some("192.168.0.0/18 192.168.64.0/18")),
            (256, "192.168.0.0", None),
            (2, "203.0.112.0", None),
            (2, "100.64.0.0", Some("100.64.0.0/23 100.64.2.0/23")),
            (1, "100.64.0.0", None),
            (0, "100.64.0.0", None),
            (1 << 31, "100.64.0.0", None),
            (64, "255.255.192.0", None),
        ] {
            assert_eq!(shown(places, near).as_deref(), networks, "{places} {near}");
        }
        let pods: Ipv4Net = "100.64.0.0/18".parse().unwrap();
        assert_eq!(doubled(pods).unwrap().to_string(), "100.64.0.0/17");
    }

    #[test]
    fn networks_for_larger_clusters_keep_off_those_of_the_hosts() {
        let mut network = Site::example().network;
        let mut shown = |pods: &str| {
            network.pod_cidr = pods.parse().unwrap();
            networks_for(&network, 65).map(|(pods, services)| format!("{pods} {services}"))
        };
        // The data network is 10.20.0.0/16, and what is public is not proposed.
        for (own, networks) in [
            ("10.40.0.0/18", "10.40.0.0/17 10.40.128.0/17"),
            ("10.19.128.0/18", "100.64.0.0/17 100.64.128.0/17"),
            ("203.0.0.0/18", "100.64.0.0/17 100.64.128.0/17"),
        ] {
            assert_eq!(shown(own).as_deref(), Some(networks), "{own}");
        }
        network.pxe.cidr = "100.64.200.0/24".parse().unwrap();
        network.pod_cidr = "100.64.0.0/18".parse().unwrap();
        assert_eq!(networks_for(&network, 65), None);
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
