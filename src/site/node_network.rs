//! The networks that nodes have addresses in, and the cards behind them (RA, Network configuration).

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::bonding::Mtu;
use super::cidr::Cidr;
use super::names::InterfaceName;
use super::network::Layout;
use super::reader::{Fields, Reader, fixed};
use super::vlan::VlanId;
use crate::diagnostic::Diagnostic;
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

/// A network that nodes have an address in.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeNetwork {
    /// Its VLAN.
    pub vlan: VlanTag,
    /// Its addresses.
    pub cidr: Cidr,
    /// Its gateway, where it has one.
    pub gateway: Option<Ipv4Addr>,
    /// The interface that carries it on a node.
    pub interface: InterfaceName,
    /// The MTU of its VLAN's interface, where it differs from that of the interface below; an untagged network has that of
    /// its bond or bridge.
    pub mtu: Option<Mtu>,
    /// Networks reached over it beside the default gateway; with the management network only.
    pub routes: Vec<StaticRoute>,
}

/// A network that is reached over a router of the management network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StaticRoute {
    /// Where to.
    pub to: Cidr,
    /// The router's address in the management network.
    pub via: Ipv4Addr,
}

impl StaticRoute {
    fn read(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<Self> {
        let mut fields = reader.item(node, path);
        let to: Option<Cidr> = reader.required(&mut fields, "to", node);
        let via = reader.address(&mut fields, "via");
        let needs_via = via.is_none() && !reader.given(&fields, "via");
        reader.close(fields);
        if needs_via {
            let problem = Diagnostic::error("a static route needs a `via`")
                .help("name the router of the management network that knows the way");
            reader.problem_at(node, problem);
        }
        let to = to?;
        if to.prefix() == 0 {
            let problem = Diagnostic::error("a static route to everywhere is a default gateway")
                .help("write it as the `gateway` of the network");
            reader.problem_at(node, problem);
            return None;
        }
        Some(StaticRoute { to, via: via? })
    }
}

/// The interface a network stands on, for each way it may be tagged.
#[derive(Clone, Copy)]
pub(super) struct Carrier<'n> {
    /// The interface that has the address itself.
    pub(super) native: &'n str,
    /// The interface that the VLAN's own stands on.
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
        let mut fields = reader.section(network, key);
        let vlan: VlanTag = reader.or(&mut fields, "vlan", vlan);
        let given: Option<Cidr> = reader.optional(&mut fields, "cidr");
        let gateway = gateway(reader, &mut fields);
        // The example's gateway belongs to the example's network.
        let gateway = gateway
            .unwrap_or_else(|| (key == "data" && given.is_none()).then(|| fixed("10.20.30.1")));
        let interface = match reader.optional(&mut fields, "interface") {
            Some(interface) => interface,
            None => {
                let name = match vlan {
                    VlanTag::Native => carrier.native.to_owned(),
                    VlanTag::Tagged(id) => format!("{}.{id}", carrier.tagged),
                };
                // Only a long bridge name can make this too long, which the rules report.
                name.parse().unwrap_or_else(|_| fixed(&name[..15]))
            }
        };
        let mtu = Self::read_mtu(reader, &mut fields, vlan);
        let routes = if key == "management" {
            reader.list(&mut fields, "routes", StaticRoute::read)
        } else {
            None
        };
        reader.close(fields);
        NodeNetwork {
            vlan,
            cidr: given.unwrap_or_else(|| fixed(cidr)),
            gateway,
            interface,
            mtu,
            routes: routes.unwrap_or_default(),
        }
    }

    fn read_mtu(reader: &mut Reader<'_>, fields: &mut Fields<'_>, vlan: VlanTag) -> Option<Mtu> {
        let node = reader.node(fields, "mtu")?;
        if vlan == VlanTag::Native {
            let problem =
                Diagnostic::error("an untagged network has the MTU of its bond or bridge")
                    .help("set it in `network.mtu`");
            reader.problem_at(node, problem);
            return None;
        }
        reader.parse(node)
    }
}

/// The network cards of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nics {
    /// For management; for everything in the layouts with one bond.
    pub management: Vec<InterfaceName>,
    /// For data; empty in the layouts with one bond.
    pub data: Vec<InterfaceName>,
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
        Self::read_over(reader, network, &example)
    }

    /// Reads what differs from other cards.
    pub(super) fn read_over(
        reader: &mut Reader<'_>,
        around: &mut Fields<'_>,
        default: &Nics,
    ) -> Self {
        let mut fields = reader.section(around, "nics");
        let management = reader.values(&mut fields, "management");
        let data = reader.values(&mut fields, "data");
        reader.close(fields);
        Nics {
            management: management.unwrap_or_else(|| default.management.clone()),
            data: data.unwrap_or_else(|| default.data.clone()),
        }
    }

    /// All cards, those for management first.
    pub fn all(&self) -> impl Iterator<Item = &InterfaceName> {
        self.management.iter().chain(&self.data)
    }
}

/// A gateway that may be given as `none`: the outer option is absence.
fn gateway(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<Option<Ipv4Addr>> {
    let node = reader.node(fields, "gateway")?;
    match node.text() {
        Some("none") => Some(None),
        _ => match node.text().and_then(|text| text.parse().ok()) {
            Some(address) => Some(Some(address)),
            None => {
                let problem = Diagnostic::error(format!(
                    "`{}` is not an IPv4 address or `none`",
                    node.text().unwrap_or("this")
                ));
                reader.problem_at(node, problem);
                None
            }
        },
    }
}
