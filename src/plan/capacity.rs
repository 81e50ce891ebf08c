//! How many nodes, pods and VMs a site holds (RA, Solution Sizing and Hardware resources).

use serde::Serialize;

use super::number;
use crate::diagnostic::{Code, Diagnostic};
use crate::revision::{Revision, SizingLimits};
use crate::site::{Cidr, Site};
use crate::sizing::{self, Nodes, OVERHEAD, OVERHEAD_PER_NODE, Sizing};

/// Nodes, pods and VMs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capacity {
    /// Workers.
    pub workers: u32,
    /// Control-plane nodes.
    pub control_planes: u32,
    /// Pods a node may have.
    pub max_pods: u32,
    /// The pod CIDR.
    pub pod_cidr: String,
    /// The service CIDR.
    pub service_cidr: String,
    /// What its nodes hold.
    pub now: Size,
    /// What the largest cluster of these networks holds.
    pub largest: Size,
}

/// What a number of nodes holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Size {
    /// Nodes with a slice of the pod CIDR, the spare one for repaves among them.
    pub nodes: u32,
    /// Those that run VMs.
    pub hosts: u32,
    /// Pods of these.
    pub pods: u32,
    /// Pods that are not for VMs and applications.
    pub overhead: u32,
    /// Pods that are.
    pub left: u32,
    /// VMs that the RA advises at the most, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vms: Option<u32>,
    /// How these numbers come about.
    pub formula: String,
}

impl Size {
    fn of(nodes: Nodes, max_pods: u32, limits: &SizingLimits) -> Self {
        let sizing = Sizing::of(nodes, max_pods);
        let Sizing {
            places,
            hosts,
            pods,
            overhead,
            left,
        } = sizing;
        Size {
            nodes: places,
            hosts,
            pods,
            overhead,
            left,
            vms: sizing.vms(limits),
            formula: format!(
                "{hosts} nodes for VMs x {max_pods} pods = {}; {hosts} x {OVERHEAD_PER_NODE} + {OVERHEAD} = {} of them overhead; {} left for VMs and applications",
                number(pods.into()),
                number(overhead.into()),
                number(left.into()),
            ),
        }
    }
}

impl Capacity {
    pub(super) fn of(site: &Site, revision: &Revision) -> Self {
        let max_pods = site.nodes.max_pods;
        let cluster = &site.cluster;
        let nodes = Nodes::of(cluster);
        let places = sizing::nodes_of(site.network.pod_cidr.prefix());
        Capacity {
            workers: cluster.workers,
            control_planes: cluster.control_planes,
            max_pods,
            pod_cidr: site.network.pod_cidr.to_string(),
            service_cidr: site.network.service_cidr.to_string(),
            now: Size::of(nodes, max_pods, &revision.sizing),
            largest: Size::of(nodes.filling(places), max_pods, &revision.sizing),
        }
    }
}

/// Networks for another number of nodes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wished {
    /// Nodes, the spare one for repaves among them.
    pub nodes: u32,
    /// A pod CIDR with room for them.
    pub pod_cidr: String,
    /// A service CIDR behind it.
    pub service_cidr: String,
    /// What such a cluster holds.
    pub size: Size,
}

impl Wished {
    pub(super) fn of(site: &Site, revision: &Revision, nodes: u32) -> Result<Self, Diagnostic> {
        let from = aligned(site.network.pod_cidr, nodes);
        let (pods, services) = Some(nodes)
            // One of them is the spare one.
            .filter(|nodes| *nodes > 1)
            .and_then(|nodes| sizing::side_by_side(nodes, from))
            .ok_or_else(|| {
                Diagnostic::error(format!(
                    "no pod and service networks for {nodes} nodes can begin at {from}"
                ))
                .code(Code::WrongValue)
                .help("name a number from 2 on that IPv4 has room for; the RA's example is 128")
            })?;
        Ok(Wished {
            nodes,
            pod_cidr: pods.to_string(),
            service_cidr: services.to_string(),
            size: Size::of(
                Nodes::of(&site.cluster).filling(nodes),
                site.nodes.max_pods,
                &revision.sizing,
            ),
        })
    }
}

/// Where a pod CIDR for so many nodes begins: at the site's own, moved down to where such a network can begin.
fn aligned(cidr: Cidr, nodes: u32) -> std::net::Ipv4Addr {
    let start = u32::from(cidr.network().network());
    let prefix = sizing::prefix_for(nodes.saturating_sub(1)).unwrap_or(0);
    let mask = u32::MAX.checked_shl(u32::from(32 - prefix)).unwrap_or(0);
    (start & mask).into()
}

/// What each control-plane node needs, from the RA's table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlPlane {
    /// How many.
    pub nodes: u32,
    /// CPU cores; none where the table ends before.
    pub cores: Option<u32>,
    /// Memory in GB; none where the table ends before.
    pub memory_gb: Option<u32>,
    /// Up to how many workers and namespaces that is enough.
    pub enough_for: Option<(u32, u32)>,
}

impl ControlPlane {
    pub(super) fn of(site: &Site, revision: &Revision) -> Self {
        let namespaces = u32::try_from(site.vmo.namespaces.len()).unwrap_or(u32::MAX);
        let row = sizing::control_plane(&revision.control_plane, site.cluster.workers, namespaces);
        ControlPlane {
            nodes: site.cluster.control_planes,
            cores: row.map(|row| row.cores),
            memory_gb: row.map(|row| row.memory_gb),
            enough_for: row.map(|row| (row.workers, row.namespaces)),
        }
    }
}
