//! The host network of a node: its interfaces in the RA's names and order, and what its switch ports need.
//!
//! A [`Host`] is derived from a site and a role, or from a machine of the site. The rules check it, and [`Format`] lists the
//! languages that it is written in.
//!
//! ```
//! use vmo_ra::network::Host;
//! use vmo_ra::site::{NodeRole, Site};
//!
//! let host = Host::of_role(&Site::example(), NodeRole::Worker).expect("the example fits");
//! assert_eq!(host.bridge().map(|bridge| bridge.name.as_str()), Some("br0"));
//! ```

mod build;
mod example;
mod format;
mod port;

use std::net::Ipv4Addr;

use serde::Serialize;

pub use example::addresses as example_addresses;
pub use format::{Format, Nodes, write};
pub use port::{Aggregation, Native, Port};

use crate::diagnostic::{Code, Diagnostic};
use crate::site::{
    Bonding, Cidr, InterfaceName, Label, MacAddress, Mtu, NodeRole, Site, StaticRoute, VlanId,
    VlanTag,
};

/// What a network is for. The order is that of the RA's table of networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Bare metal deployment: MAAS boots and installs nodes over it.
    Pxe,
    /// Kubernetes hosts; the pod overlay runs on it.
    Management,
    /// End user access: services of type LoadBalancer, and in the RA the default gateway.
    Data,
    /// The VLANs of virtual machines, which the node itself has no address in.
    Vms,
}

impl Purpose {
    /// The RA's words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Pxe => "bare metal deployment",
            Purpose::Management => "Kubernetes hosts",
            Purpose::Data => "end user access",
            Purpose::Vms => "virtual machines",
        }
    }

    /// The key below `network` and `addresses` in a site; none for the VMs' VLANs.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Purpose::Pxe => Some("pxe"),
            Purpose::Management => Some("management"),
            Purpose::Data => Some("data"),
            Purpose::Vms => None,
        }
    }
}

/// What an interface is, and what it is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kind {
    /// A network card, always part of a bond.
    Card {
        /// The bond.
        bond: InterfaceName,
    },
    /// Several cards as one.
    Bond {
        /// The cards, in the order of the site.
        parts: Vec<InterfaceName>,
        /// How they work together.
        bonding: Bonding,
        /// The bridge that it is a port of; such a bond has no address of its own.
        bridge: Option<InterfaceName>,
    },
    /// The frames of one VLAN, which nothing else on the same interface sees.
    Vlan {
        /// Its id.
        id: VlanId,
        /// The bond or bridge it is on.
        link: InterfaceName,
    },
    /// The bridge that VMs attach to. It leaves VLAN filtering alone: the VMO pack switches that on, and sets the VLANs of
    /// its port and of the bridge itself.
    Bridge {
        /// Its ports: one bond.
        parts: Vec<InterfaceName>,
        /// Whether it takes part in spanning tree.
        #[serde(rename = "spanningTree")]
        spanning_tree: bool,
        /// Seconds a port waits before it forwards: 0 without spanning tree, else 15, which is IEEE 802.1D's default.
        #[serde(rename = "forwardDelay")]
        forward_delay: u8,
    },
}

/// The address of a node in one of its networks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// What the network is for.
    pub purpose: Purpose,
    /// The network.
    pub cidr: Cidr,
    /// How it is tagged.
    pub vlan: VlanTag,
    /// The node's address, or none if MAAS chooses one.
    pub address: Option<Ipv4Addr>,
    /// The network's gateway, where it has one.
    pub gateway: Option<Ipv4Addr>,
    /// Whether that is the node's default gateway: the first of data, management and deployment that has one.
    pub default_gateway: bool,
    /// Other networks that are reached over this one.
    pub routes: Vec<StaticRoute>,
}

/// One interface of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// Its name in the operating system.
    pub name: InterfaceName,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
    /// The largest packet it takes, in bytes.
    pub mtu: Mtu,
    /// Its MAC address, where the site gives it: a card's own, and for a bond and a bridge that of their first card, as MAAS
    /// sets it.
    pub mac: Option<MacAddress>,
    /// The node's addresses on it; mostly one or none.
    pub attachments: Vec<Attachment>,
    /// What passes through it, in order.
    pub purposes: Vec<Purpose>,
}

impl Interface {
    /// Its parts: a bond's cards, a VLAN's link, a bridge's ports; none for a card.
    pub fn parts(&self) -> &[InterfaceName] {
        match &self.kind {
            Kind::Card { .. } => &[],
            Kind::Bond { parts, .. } | Kind::Bridge { parts, .. } => parts,
            Kind::Vlan { link, .. } => std::slice::from_ref(link),
        }
    }

    /// Its VLAN: a VLAN interface's id, else the native one.
    pub fn vlan(&self) -> VlanTag {
        match self.kind {
            Kind::Vlan { id, .. } => VlanTag::Tagged(id),
            Kind::Card { .. } | Kind::Bond { .. } | Kind::Bridge { .. } => VlanTag::Native,
        }
    }
}

/// The host network of a node.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Host {
    /// The machine's name; none for any node of the role.
    pub name: Option<Label>,
    /// What the node does.
    pub role: NodeRole,
    /// Whether VMs run on it, so that their VLANs must reach its bridge.
    pub runs_vms: bool,
    /// Its interfaces: the cards first, then the rows of the RA's table in its order. Whatever an interface consists of
    /// is before it.
    pub interfaces: Vec<Interface>,
    /// Its switch ports, in the order of the cards.
    pub ports: Vec<Port>,
}

impl Host {
    /// The rows of the RA's table: all interfaces but the cards.
    pub fn rows(&self) -> impl Iterator<Item = &Interface> {
        let is_row = |interface: &&Interface| !matches!(interface.kind, Kind::Card { .. });
        self.interfaces.iter().filter(is_row)
    }

    /// The bridge that VMs attach to, where the node has one.
    pub fn bridge(&self) -> Option<&Interface> {
        let is_bridge = |interface: &&Interface| matches!(interface.kind, Kind::Bridge { .. });
        self.interfaces.iter().find(is_bridge)
    }

    /// An interface by its name.
    pub fn interface(&self, name: &InterfaceName) -> Option<&Interface> {
        self.interfaces
            .iter()
            .find(|interface| interface.name == *name)
    }

    /// The VLANs that are on an interface, with their ids.
    pub fn vlans_on(&self, name: &InterfaceName) -> impl Iterator<Item = (VlanId, &Interface)> {
        self.interfaces
            .iter()
            .filter_map(move |interface| match &interface.kind {
                Kind::Vlan { id, link } if link == name => Some((*id, interface)),
                _ => None,
            })
    }

    /// The VLANs that the bridge never sees, because an interface takes them from its bond.
    pub fn captured(&self) -> impl Iterator<Item = (VlanId, &Interface)> {
        self.bridge()
            .into_iter()
            .flat_map(|bridge| bridge.parts().iter())
            .flat_map(|bond| self.vlans_on(bond))
    }
}

/// A site whose networks cannot be put on the interfaces it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// The value it is about, as a dotted path in the site.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
}

impl Misplaced {
    /// The error, at its place in the site.
    pub fn at(self, site: &Site) -> Diagnostic {
        let problem = Diagnostic::error(self.message)
            .code(Code::Unsupported)
            .help(self.help);
        site.places.locate(problem, &self.path)
    }
}
