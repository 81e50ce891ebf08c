//! The networks that nodes have addresses in, and the cards behind them (RA, Network configuration).

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::bonding::Mtu;
use super::cidr::{Address, Cidr};
use super::names::InterfaceName;
use super::network::Layout;
use super::reader::{Fields, Reader, fixed};
use super::setting::{Preset, Scalar, settings};
use super::vlan::VlanId;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits;
use crate::yaml::Node;

/// The VLAN a host network uses: an id, or the native (untagged) one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VlanTag {
    /// Untagged on the switch port; `native` or `0` in a site.
    Native,
    /// Tagged.
    Tagged(VlanId),
}

impl VlanTag {
    /// The id, where frames are tagged.
    pub fn id(self) -> Option<VlanId> {
        match self {
            VlanTag::Native => None,
            VlanTag::Tagged(id) => Some(id),
        }
    }
}

impl FromStr for VlanTag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "native" | "untagged" | "0" => Ok(VlanTag::Native),
            _ => text
                .parse()
                .map(VlanTag::Tagged)
                .map_err(|error: String| format!("{error}, or `native`")),
        }
    }
}

impl fmt::Display for VlanTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VlanTag::Native => f.write_str("native"),
            VlanTag::Tagged(id) => id.fmt(f),
        }
    }
}

impl Serialize for VlanTag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.id().map_or(0, VlanId::get))
    }
}

settings! {
    /// A network that nodes have an address in.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct NodeNetwork {
        /// Its VLAN: an id, or `native` if it is untagged.
        pub vlan: VlanTag,
        /// The number of its VLAN on the switch, if it is `native`. The plan shows it as the native VLAN of the ports.
        ///
        /// Example: `99`
        pub switch_vlan: Option<VlanId>,
        /// Its addresses.
        ///
        /// Not: `subnet`, `network`
        pub cidr: Cidr,
        /// Its gateway, or `none`. With another `cidr` than the RA's, the default is `none`.
        ///
        /// Not: `gw`
        pub gateway: Option<Ipv4Addr>,
        /// The interface that carries it on a node. The default follows from layout and VLAN.
        pub interface: InterfaceName,
        /// The MTU of its VLAN interface, if it differs from the interface below. An untagged network has the MTU of its
        /// bond or bridge.
        pub mtu: Option<Mtu>,
        /// Networks that are reached through a router in this network instead of the default gateway.
        pub routes: Vec<StaticRoute>,
    }
}

settings! {
    /// A network that is reached over a router of the management network.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
    pub struct StaticRoute {
        /// The destination.
        ///
        /// Example: `10.200.0.0/16`
        pub to: Cidr,
        /// The router's address in the management network.
        ///
        /// Example: `172.16.0.1`
        pub via: Ipv4Addr,
    }
}

impl StaticRoute {
    fn read(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<Self> {
        let mut fields = reader.item::<Self>(node, path);
        let to: Option<Cidr> = reader.required(&mut fields, "to", node);
        let lacks = |_: &str| {
            Diagnostic::error("a static route needs a `via`")
                .code(Code::MissingKey)
                .help("name the router of the management network that knows the way")
        };
        let via = reader.needed(&mut fields, "via", node, Address::kind, lacks);
        let via: Option<Address> = via.and_then(|node| reader.parse(node));
        reader.close(fields);
        let to = to?;
        if to.prefix() == 0 {
            let problem = Diagnostic::error("a static route to everywhere is a default gateway")
                .help("write it as the `gateway` of the network");
            reader.problem_at(node, problem);
            return None;
        }
        Some(StaticRoute {
            to,
            via: via?.get(),
        })
    }
}

impl NodeNetwork {
    /// The routers of its static routes.
    pub(crate) fn routers(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.routes.iter().map(|route| route.via)
    }
}

/// The interface a network is on, for each way it may be tagged.
#[derive(Clone, Copy)]
pub(super) struct Carrier<'n> {
    /// The interface that has the address itself.
    pub(super) native: &'n str,
    /// The interface that the VLAN's own is on.
    pub(super) tagged: &'n str,
}

impl NodeNetwork {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        network: &mut Fields<'_>,
        key: &'static str,
        (vlan, cidr): (&str, &str),
        carrier: Carrier<'_>,
    ) -> Self {
        let mut fields = reader.section::<Self>(network, key);
        let vlan: VlanTag = reader.or(&mut fields, "vlan", vlan);
        let tagged = (vlan != VlanTag::Native).then(|| {
            Diagnostic::error("only a `native` VLAN has another number on the switch")
                .help("leave `switchVlan` out: the switch has the VLAN under the id of `vlan`")
        });
        let switch_vlan = reader.unless(&mut fields, "switchVlan", tagged, None);
        // The example's gateway belongs to the example's network.
        let of_example: Cidr = fixed(cidr);
        let cidr = reader.or(&mut fields, "cidr", cidr);
        let gateway = match key {
            "data" => reader.follow(&mut fields, "gateway", || {
                let gateway = || fixed::<Address>("10.20.30.1").get();
                Gateway((cidr == of_example).then(gateway))
            }),
            _ => reader.value(&mut fields, "gateway", Gateway(None)),
        };
        let interface = reader.follow(&mut fields, "interface", || {
            let name = match vlan {
                VlanTag::Native => carrier.native.to_owned(),
                VlanTag::Tagged(id) => format!("{}.{id}", carrier.tagged),
            };
            // Only a long bridge name can make this too long, which the rules report.
            name.parse().unwrap_or_else(|_| fixed(&name[..15]))
        });
        let untagged = (vlan == VlanTag::Native).then(|| {
            Diagnostic::error("an untagged network has the MTU of its bond or bridge")
                .help("set it in `network.mtu`")
        });
        let mtu = reader.unless(&mut fields, "mtu", untagged, None);
        let routes = if key == "management" {
            let none = || Preset::None;
            reader.list_of(
                &mut fields,
                "routes",
                limits::ROUTES,
                none,
                StaticRoute::read,
            )
        } else {
            None
        };
        reader.close(fields);
        NodeNetwork {
            vlan,
            switch_vlan,
            cidr,
            gateway: gateway.0,
            interface,
            mtu,
            routes: routes.unwrap_or_default(),
        }
    }
}

settings! {
    /// The network cards of a node.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Nics {
        /// Cards for management, or for everything in the layouts with one bond.
        ///
        /// Not: `mgmt`
        pub management: Vec<InterfaceName>,
        /// Cards for data, in the layout with two bonds.
        pub data: Vec<InterfaceName>,
    }
}

impl Nics {
    pub(super) fn read(reader: &mut Reader<'_>, network: &mut Fields<'_>, layout: Layout) -> Self {
        let names = |names: &[&str]| names.iter().map(|name| fixed(name)).collect();
        let example = Nics {
            management: names(&["enp1s0", "enp2s0"]),
            data: match layout {
                Layout::TwoBonds => names(&["enp1s1", "enp2s1"]),
                Layout::OneBond | Layout::OneBondBridgedData => Vec::new(),
            },
        };
        Self::read_over(reader, network, &example, Preset::fixed)
    }

    /// Reads what differs from other cards.
    pub(super) fn read_over(
        reader: &mut Reader<'_>,
        around: &mut Fields<'_>,
        default: &Nics,
        preset: impl Fn(&Vec<InterfaceName>) -> Preset,
    ) -> Self {
        let mut fields = reader.section::<Self>(around, "nics");
        let mut cards = |key, usual: &Vec<InterfaceName>| {
            let usual_cards = || preset(usual);
            let given =
                reader.list_of(&mut fields, key, limits::CARDS, usual_cards, Reader::scalar);
            given.unwrap_or_else(|| usual.clone())
        };
        let nics = Nics {
            management: cards("management", &default.management),
            data: cards("data", &default.data),
        };
        // The data bond is in one layout only.
        reader.never_empty(&fields, "management");
        reader.close(fields);
        nics
    }

    /// All cards, those for management first.
    pub fn all(&self) -> impl Iterator<Item = &InterfaceName> {
        self.management.iter().chain(&self.data)
    }
}

/// A gateway, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gateway(Option<Ipv4Addr>);

impl FromStr for Gateway {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Gateway(None)),
            _ => match text.parse() {
                Ok(address) => Ok(Gateway(Some(address))),
                Err(_) => match text.split_once('/') {
                    Some((alone, _)) if alone.parse::<Address>().is_ok() => Err(format!(
                        "`{text}` is not an IPv4 address or `none`; write `{alone}` alone"
                    )),
                    _ => Err(format!("`{text}` is not an IPv4 address or `none`")),
                },
            },
        }
    }
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("none"),
        }
    }
}
