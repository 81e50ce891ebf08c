//! How many nodes, pods and VMs a site holds (RA, Solution Sizing and Hardware resources).

use serde::Serialize;

use super::number;
use crate::diagnostic::{Code, Diagnostic};
use crate::revision::{Revision, SizingLimits};
use crate::site::Site;
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
    /// Nodes that the pod CIDR has a slice for.
    pub room: u32,
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
        let advised = sizing.advised(limits);
        let shown_left = number(left.into());
        let advice = advised.map_or(String::new(), |advised| {
            let sizing::Advised { most, active, share, .. } = advised;
            let [most, share] = [most, share].map(|count| number(count.into()));
            format!("; VMs advised: the least of {hosts} x {most} / {active} = {share}, {most} and {shown_left}")
        });
        Size {
            nodes: places,
            hosts,
            pods,
            overhead,
            left,
            vms: advised.map(|advised| advised.vms),
            formula: format!(
                "{hosts} nodes for VMs x {max_pods} pods = {}; {hosts} x {OVERHEAD_PER_NODE} + {OVERHEAD} = {} of them overhead; {shown_left} left for VMs and applications{advice}",
                number(pods.into()),
                number(overhead.into()),
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
            room: places,
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
        let (pods, services) =
            sizing::networks_for(&site.network, nodes).ok_or_else(|| {
                let of = match nodes {
                    1 => "1 node, the spare one".to_owned(),
                    _ => format!("{nodes} nodes"),
                };
                Diagnostic::error(format!("there are no pod and service networks for {of}"))
                    .code(Code::WrongValue)
                    .help("name a number from 2 on that private addresses have room for; the RA's example is 128")
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

/// What each control-plane node needs, from the RA's table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlPlane {
    /// How many.
    pub nodes: u32,
    /// Whether they run VMs, so that they need what a worker needs besides.
    pub runs_vms: bool,
    /// CPU cores, or none if the table ends before.
    pub cores: Option<u32>,
    /// Memory in GB, or none if the table ends before.
    pub memory_gb: Option<u32>,
    /// Up to how many workers and namespaces that is enough.
    pub enough_for: Option<(u32, u32)>,
}

impl ControlPlane {
    pub(super) fn of(site: &Site, revision: &Revision) -> Self {
        let (hosts, namespaces) = sizing::load_of(site);
        let row = sizing::control_plane(&revision.control_plane, hosts, namespaces);
        ControlPlane {
            nodes: site.cluster.control_planes,
            runs_vms: site.cluster.control_plane_runs_vms,
            cores: row.map(|row| row.cores),
            memory_gb: row.map(|row| row.memory_gb),
            enough_for: row.map(|row| (row.workers, row.namespaces)),
        }
    }
}
