//! The networks that nodes have addresses in, and the cards behind them (RA, Network configuration).

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::cidr::Cidr;
use super::names::InterfaceName;
use super::network::Layout;
use super::reader::{Fields, Reader, fixed};
use super::vlan::VlanId;
use crate::diagnostic::Diagnostic;

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
}

impl NodeNetwork {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        network: &mut Fields<'_>,
        key: &'static str,
        vlan: &str,
        cidr: &str,
        parent: &str,
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
                    VlanTag::Native => parent.to_owned(),
                    VlanTag::Tagged(id) => format!("{parent}.{id}"),
                };
                // Only a long bridge name can make this too long, which the rules report.
                name.parse().unwrap_or_else(|_| fixed(&name[..15]))
            }
        };
        reader.close(fields);
        NodeNetwork {
            vlan,
            cidr: given.unwrap_or_else(|| fixed(cidr)),
            gateway,
            interface,
        }
    }
}

/// The network cards of a node.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nics {
    /// For management; for everything in the layouts with one bond.
    pub management: Vec<InterfaceName>,
    /// For data; empty in the layouts with one bond.
    pub data: Vec<InterfaceName>,
}

impl Nics {
    pub(super) fn read(reader: &mut Reader<'_>, network: &mut Fields<'_>, layout: Layout) -> Self {
        let mut fields = reader.section(network, "nics");
        let names = |names: &[&str]| names.iter().map(|name| fixed(name)).collect();
        let management = reader
            .values(&mut fields, "management")
            .unwrap_or_else(|| names(&["enp1s0", "enp2s0"]));
        let data = reader
            .values(&mut fields, "data")
            .unwrap_or_else(|| match layout {
                Layout::TwoBonds => names(&["enp1s1", "enp2s1"]),
                Layout::OneBond | Layout::OneBondBridgedData => Vec::new(),
            });
        reader.close(fields);
        Nics { management, data }
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
