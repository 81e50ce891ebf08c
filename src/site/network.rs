//! Host networks and VLANs (RA, Network configuration).

use serde::Serialize;

use super::bonding::{Bonding, Mtus};
use super::cidr::Cidr;
use super::metallb::MetalLb;
use super::names::InterfaceName;
use super::node_network::{Carrier, Nics, NodeNetwork, VlanTag};
use super::reader::{Fields, Reader, fixed};
use super::setting::{settings, words};
use super::vlan::{VlanId, VlanSet};

words! {
    /// The RA's three ways to use a node's network cards.
    Layout, "a network layout" {
        /// Four cards in two bonds: management and data are separate.
        TwoBonds = "two-bonds",
        /// Two cards in one bond, with management and data as subinterfaces.
        OneBond = "one-bond",
        /// Like `one-bond`, but the data VLAN is on the bridge, so VMs can use it too.
        OneBondBridgedData = "one-bond-br0-vlan",
    }
}

settings! {
    /// Everything about networks but the NADs.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Network of "Network configuration" with Bonding {
        /// How a node's network cards are used.
        pub layout: Layout,
        /// How every bond works.
        pub bonding: Bonding,
        /// The bridge that VMs attach to.
        ///
        /// Elsewhere: `BridgeInterface`, `bridgeIF`, `bridgeInterface`
        pub bridge: InterfaceName,
        /// Whether the bridge takes part in spanning tree.
        pub spanning_tree: bool,
        /// The MTU of bonds, cards and bridge: one value for all, or a map with separate values. The switch must support it
        /// too.
        pub mtu: Mtus,
        /// The network cards of a node.
        pub nics: Nics,
        /// The network of bare metal deployment.
        pub pxe: NodeNetwork,
        /// The network of Kubernetes hosts.
        pub management: NodeNetwork,
        /// The network of end user access, with the default gateway.
        pub data: NodeNetwork,
        /// The pods' network. Each node uses a /24 of it, and a repave one more. It is fixed once the cluster exists.
        ///
        /// Elsewhere: `K8sPodCIDR`, `podSubnet`, `pod-network-cidr`, `clusterPoolIPv4PodCIDRList`
        ///
        /// Not: `pods`, `podNetwork`
        pub pod_cidr: Cidr,
        /// The services' network. It is fixed once the cluster exists.
        ///
        /// Elsewhere: `K8sServiceCIDR`, `serviceSubnet`, `serviceClusterIpRange`
        ///
        /// Not: `services`, `serviceNetwork`
        pub service_cidr: Cidr,
        /// VLANs that VMs may use, except those that a subinterface of the same bond captures.
        ///
        /// Elsewhere: `VMVlans`, `allowedVlans`
        pub vm_vlans: VlanSet,
        /// Whether the node itself uses the bridge, so that it must see VLANs on it (`allowVlansOnSelf`).
        pub bridge_carries_host: bool,
        /// The VLANs that the node itself uses on the bridge; 1 if the bridge has an address. With one bond the default is
        /// right.
        ///
        /// Example: `1,20`
        ///
        /// Elsewhere: `VlansOnBridge`, `ClusterOnBridge`, `allowedVlansOnSelf`, `allowVlansOnSelf`
        pub vlans_on_bridge: VlanSet,
        /// Whether the cluster's own network is on the bridge itself, without a VLAN. It sets Cilium's preset.
        pub cluster_on_bridge: bool,
        /// Addresses for services of type LoadBalancer.
        pub metallb: MetalLb,
    }
}

impl Network {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut fields = reader.section::<Self>(site, "network");
        let layout = reader.value(&mut fields, "layout", Layout::TwoBonds);
        let bonding = Bonding::read(reader, &mut fields);
        let bridge: InterfaceName = reader.or(&mut fields, "bridge", "br0");
        let spanning_tree = reader.flag(&mut fields, "spanningTree", false);
        let mtu = Mtus::read(reader, &mut fields, layout);
        let cluster_on_bridge = reader.flag(&mut fields, "clusterOnBridge", false);
        let nics = Nics::read(reader, &mut fields, layout);
        let bonds = layout.bonds();
        let carriers = Carriers::of(layout, &bonds, bridge.as_str(), cluster_on_bridge);
        let pxe = NodeNetwork::read(
            reader,
            &mut fields,
            "pxe",
            ("native", "192.168.0.0/22"),
            carriers.pxe,
        );
        let management = NodeNetwork::read(
            reader,
            &mut fields,
            "management",
            ("10", "172.16.0.0/22"),
            carriers.management,
        );
        let data = NodeNetwork::read(
            reader,
            &mut fields,
            "data",
            ("20", "10.20.0.0/16"),
            carriers.data,
        );
        let pod_cidr = reader.or(&mut fields, "podCidr", "100.64.0.0/18");
        let service_cidr = reader.or(&mut fields, "serviceCidr", "100.64.64.0/18");
        let vm_vlans = reader.or(&mut fields, "vmVlans", "21-100");
        let on_bridge: Option<VlanSet> = reader.optional(&mut fields, "vlansOnBridge");
        let on_bridge =
            on_bridge.or_else(|| default_vlans_on_bridge(layout, cluster_on_bridge, data.vlan));
        let metallb = MetalLb::read(reader, &mut fields, &data);
        reader.close(fields);
        Network {
            layout,
            bonding,
            bridge,
            spanning_tree,
            mtu,
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

/// The interfaces that networks are on in a layout.
struct Carriers<'b> {
    pxe: Carrier<'b>,
    management: Carrier<'b>,
    data: Carrier<'b>,
}

impl<'b> Carriers<'b> {
    /// A port of the bridge has no address of its own, so what is untagged on that bond is on the bridge.
    fn of(
        layout: Layout,
        bonds: &'b [InterfaceName; 2],
        bridge: &'b str,
        cluster_on_bridge: bool,
    ) -> Self {
        let [first, last] = bonds.each_ref().map(InterfaceName::as_str);
        let bridged = Carrier {
            native: bridge,
            tagged: last,
        };
        match layout {
            Layout::TwoBonds => Carriers {
                pxe: Carrier {
                    native: first,
                    tagged: first,
                },
                management: Carrier {
                    native: if cluster_on_bridge { bridge } else { first },
                    tagged: first,
                },
                data: bridged,
            },
            Layout::OneBond => Carriers {
                pxe: bridged,
                management: bridged,
                data: bridged,
            },
            Layout::OneBondBridgedData => Carriers {
                pxe: bridged,
                management: bridged,
                data: Carrier {
                    native: bridge,
                    tagged: bridge,
                },
            },
        }
    }
}

impl Layout {
    /// The RA's names of the bonds: that for management, and that below the bridge, which are one and the same where there
    /// is one.
    pub fn bonds(self) -> [InterfaceName; 2] {
        match self {
            Layout::TwoBonds => [fixed("bond_mgmt"), fixed("bond_data")],
            Layout::OneBond | Layout::OneBondBridgedData => [fixed("bond0"), fixed("bond0")],
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
        Layout::TwoBonds if !cluster_on_bridge && data != VlanTag::Native => None,
        Layout::TwoBonds | Layout::OneBond => Some(VlanSet::from_iter([own])),
        Layout::OneBondBridgedData => Some([own].into_iter().chain(data.id()).collect()),
    }
}
