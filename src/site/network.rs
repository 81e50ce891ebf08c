//! Host networks and VLANs (RA, Network configuration).

use serde::Serialize;

use super::bonding::BondMode;
use super::cidr::Cidr;
use super::cluster::words;
use super::metallb::MetalLb;
use super::names::InterfaceName;
use super::node_network::{Nics, NodeNetwork, VlanTag};
use super::reader::{Fields, Reader, fixed};
use super::vlan::{VlanId, VlanSet};

words! {
    /// The RA's three ways to use a node's network cards.
    Layout, "a network layout" {
        /// Four cards in two bonds: management and data apart.
        TwoBonds = "two-bonds",
        /// Two cards in one bond, management and data as subinterfaces of it.
        OneBond = "one-bond",
        /// As `one-bond`, with the data VLAN on the bridge, so that VMs can use it too.
        OneBondBridgedData = "one-bond-br0-vlan",
    }
}

/// Everything about networks but the NADs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// Two bonds or one.
    pub layout: Layout,
    /// The mode of every bond.
    pub bond_mode: BondMode,
    /// The bridge VMs attach to.
    pub bridge: InterfaceName,
    /// The cards.
    pub nics: Nics,
    /// Bare metal deployment.
    pub pxe: NodeNetwork,
    /// Kubernetes hosts.
    pub management: NodeNetwork,
    /// End user access.
    pub data: NodeNetwork,
    /// Pod overlay; a /24 of it for each node.
    pub pod_cidr: Cidr,
    /// Cluster services.
    pub service_cidr: Cidr,
    /// VLANs that VMs may use.
    pub vm_vlans: VlanSet,
    /// Whether the node itself uses the bridge, so that it must see VLANs on it (`allowVlansOnSelf`).
    pub bridge_carries_host: bool,
    /// The VLANs the node itself uses on the bridge; 1 for an address of the bridge's own.
    pub vlans_on_bridge: VlanSet,
    /// Whether the cluster's own network is the bridge, which Cilium must be told.
    pub cluster_on_bridge: bool,
    /// Load balancer addresses.
    pub metallb: MetalLb,
}

impl Network {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut fields = reader.section(site, "network");
        let layout = reader.value(&mut fields, "layout", Layout::TwoBonds);
        let bond_mode = reader.value(&mut fields, "bondMode", BondMode::Lacp);
        let bridge: InterfaceName = reader.or(&mut fields, "bridge", "br0");
        let (management_bond, data_bond) = match layout {
            Layout::TwoBonds => ("bond_mgmt", "bond_data"),
            Layout::OneBond => ("bond0", "bond0"),
            Layout::OneBondBridgedData => ("bond0", bridge.as_str()),
        };
        let pxe_interface = match layout {
            Layout::TwoBonds => "bond_mgmt",
            Layout::OneBond | Layout::OneBondBridgedData => bridge.as_str(),
        };
        let nics = Nics::read(reader, &mut fields, layout);
        let pxe = NodeNetwork::read(
            reader,
            &mut fields,
            "pxe",
            "native",
            "192.168.0.0/22",
            pxe_interface,
        );
        let management = NodeNetwork::read(
            reader,
            &mut fields,
            "management",
            "10",
            "172.16.0.0/22",
            management_bond,
        );
        let data = NodeNetwork::read(
            reader,
            &mut fields,
            "data",
            "20",
            "10.20.30.0/16",
            data_bond,
        );
        let pod_cidr = reader.or(&mut fields, "podCidr", "100.64.0.0/18");
        let service_cidr = reader.or(&mut fields, "serviceCidr", "100.64.64.0/18");
        let vm_vlans = reader.or(&mut fields, "vmVlans", "21-100");
        let cluster_on_bridge = reader.flag(&mut fields, "clusterOnBridge", false);
        let on_bridge: Option<VlanSet> = reader.optional(&mut fields, "vlansOnBridge");
        let on_bridge =
            on_bridge.or_else(|| default_vlans_on_bridge(layout, cluster_on_bridge, data.vlan));
        let metallb = MetalLb::read(reader, &mut fields, &data);
        reader.close(fields);
        Network {
            layout,
            bond_mode,
            bridge,
            nics,
            pxe,
            management,
            data,
            pod_cidr,
            service_cidr,
            vm_vlans,
            bridge_carries_host: on_bridge.is_some(),
            vlans_on_bridge: on_bridge.unwrap_or_else(|| fixed("1")),
            cluster_on_bridge,
            metallb,
        }
    }
}

/// What the RA's layouts put on the bridge: its own address is VLAN 1, a subinterface its VLAN.
fn default_vlans_on_bridge(
    layout: Layout,
    cluster_on_bridge: bool,
    data: VlanTag,
) -> Option<VlanSet> {
    let own = fixed::<VlanId>("1");
    match layout {
        Layout::TwoBonds if !cluster_on_bridge => None,
        Layout::TwoBonds | Layout::OneBond => Some(VlanSet::from_iter([own])),
        Layout::OneBondBridgedData => Some([own].into_iter().chain(data.id()).collect()),
    }
}
