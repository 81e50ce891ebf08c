//! Host networks, VLANs and address ranges (RA, Network configuration).

use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::cidr::{AddressRange, Cidr};
use super::cluster::words;
use super::names::{InterfaceName, Label, Subdomain};
use super::reader::{Fields, Reader, fixed};
use super::vlan::{VlanId, VlanSelection, VlanSet};
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

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

/// A bonding mode that can carry a VLAN bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BondMode {
    /// Mode 1; no switch configuration.
    ActiveBackup,
    /// Mode 2; a static link aggregation on the switch.
    BalanceXor,
    /// Mode 4; LACP on the switch.
    Lacp,
}

impl BondMode {
    /// The kernel's name of the mode.
    pub fn as_str(self) -> &'static str {
        match self {
            BondMode::ActiveBackup => "active-backup",
            BondMode::BalanceXor => "balance-xor",
            BondMode::Lacp => "802.3ad",
        }
    }
}

impl FromStr for BondMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let forbidden = match text {
            "1" | "active-backup" => return Ok(BondMode::ActiveBackup),
            "2" | "balance-xor" => return Ok(BondMode::BalanceXor),
            "4" | "802.3ad" | "lacp" => return Ok(BondMode::Lacp),
            "0" | "balance-rr" => "balance-rr (0) breaks TCP streams apart",
            "3" | "broadcast" => "broadcast (3) floods a bridge",
            "5" | "balance-tlb" => "balance-tlb (5) rewrites MAC addresses",
            "6" | "balance-alb" => "balance-alb (6) rewrites MAC addresses",
            _ => "",
        };
        let ways = "use `802.3ad` (4, recommended), `active-backup` (1) or `balance-xor` (2)";
        Err(if forbidden.is_empty() {
            format!("`{text}` is not a bonding mode: {ways}")
        } else {
            format!("a bridge for VMs cannot stand on a bond of mode `{text}`: {forbidden}; {ways}")
        })
    }
}

impl Serialize for BondMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

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

/// The network cards of a node.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nics {
    /// For management; for everything in the layouts with one bond.
    pub management: Vec<InterfaceName>,
    /// For data; empty in the layouts with one bond.
    pub data: Vec<InterfaceName>,
}

words! {
    /// How MetalLB announces its addresses.
    MetalLbMode, "a MetalLB mode" {
        /// ARP on an interface.
        L2 = "l2",
        /// Routes to a BGP router.
        Bgp = "bgp",
    }
}

/// The BGP session of MetalLB.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bgp {
    /// The cluster's AS number.
    pub local_asn: u32,
    /// The router's AS number.
    pub peer_asn: u32,
    /// The router's address.
    pub peer_address: Ipv4Addr,
}

/// Addresses for services of type LoadBalancer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetalLb {
    /// How they are announced.
    pub mode: MetalLbMode,
    /// Which they are.
    pub addresses: Vec<AddressRange>,
    /// On which interface (L2).
    pub interface: InterfaceName,
    /// To whom (BGP).
    pub bgp: Option<Bgp>,
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
        let nics = Self::read_nics(reader, &mut fields, layout);
        let pxe = Self::read_network(
            reader,
            &mut fields,
            "pxe",
            "native",
            "192.168.0.0/22",
            pxe_interface,
        );
        let management = Self::read_network(
            reader,
            &mut fields,
            "management",
            "10",
            "172.16.0.0/22",
            management_bond,
        );
        let data = Self::read_network(
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
        let metallb = Self::read_metallb(reader, &mut fields, &data);
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

    fn read_nics(reader: &mut Reader<'_>, network: &mut Fields<'_>, layout: Layout) -> Nics {
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

    fn read_network(
        reader: &mut Reader<'_>,
        network: &mut Fields<'_>,
        key: &'static str,
        vlan: &str,
        cidr: &str,
        parent: &str,
    ) -> NodeNetwork {
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

    fn read_metallb(
        reader: &mut Reader<'_>,
        network: &mut Fields<'_>,
        data: &NodeNetwork,
    ) -> MetalLb {
        let mut fields = reader.section(network, "metallb");
        let mode = reader.value(&mut fields, "mode", MetalLbMode::L2);
        let addresses = reader
            .values(&mut fields, "addresses")
            .unwrap_or_else(|| vec![fixed("10.20.30.100-10.20.30.199")]);
        let interface = reader.value(&mut fields, "interface", data.interface.clone());
        let node = reader.node(&mut fields, "bgp");
        let bgp = match (mode, node) {
            (MetalLbMode::Bgp, Some(node)) => Self::read_bgp(reader, node),
            (MetalLbMode::Bgp, None) => None,
            (MetalLbMode::L2, Some(node)) => {
                let problem = Diagnostic::error("`network.metallb.bgp` is only for `mode: bgp`");
                reader.problem_at(node, problem);
                None
            }
            (MetalLbMode::L2, None) => None,
        };
        reader.close(fields);
        MetalLb {
            mode,
            addresses,
            interface,
            bgp,
        }
    }

    fn read_bgp(reader: &mut Reader<'_>, node: &Node) -> Option<Bgp> {
        let mut fields = reader.item(node, "network.metallb.bgp".to_owned());
        let local_asn = reader.number(&mut fields, "localAsn", 1..=u32::MAX, 64512);
        let peer_asn = reader.required(&mut fields, "peerAsn", node);
        let peer_address = reader.required(&mut fields, "peerAddress", node);
        reader.close(fields);
        Some(Bgp {
            local_asn,
            peer_asn: peer_asn?,
            peer_address: peer_address?,
        })
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

/// A network that VMs attach to: one NetworkAttachmentDefinition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nad {
    /// The name of the manifest that holds it.
    pub manifest: String,
    /// The name users see.
    pub name: Subdomain,
    /// The namespace; those in `default` can be used from every namespace.
    pub namespace: Label,
    /// The VLAN; none for the untagged network.
    pub vlan: Option<VlanId>,
    /// What the CNI plugin's `preserveDefaultVlan` is set to; none leaves it to the plugin's version.
    pub preserve_default_vlan: Option<bool>,
}

impl Nad {
    /// A NAD under the name that `prefix` and the VLAN make.
    ///
    /// # Errors
    /// Prefix and VLAN make no valid name.
    pub fn with_prefix(
        prefix: &str,
        namespace: &Label,
        vlan: Option<VlanId>,
        preserve_default_vlan: Option<bool>,
    ) -> Result<Nad, String> {
        let name = match vlan {
            Some(id) => format!("{prefix}{id}"),
            None => format!("{prefix}untagged"),
        };
        Ok(Nad::named(
            name.parse()?,
            namespace,
            vlan,
            preserve_default_vlan,
        ))
    }

    fn named(
        name: Subdomain,
        namespace: &Label,
        vlan: Option<VlanId>,
        preserve_default_vlan: Option<bool>,
    ) -> Nad {
        let manifest = match namespace.as_str() {
            "default" => format!("nad-{name}"),
            other => format!("nad-{other}-{name}"),
        };
        Nad {
            manifest,
            name,
            namespace: namespace.clone(),
            vlan,
            preserve_default_vlan,
        }
    }
}

/// All NADs of the site.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nads {
    /// In the order of the site.
    pub list: Vec<Nad>,
}

impl Nads {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut seen = BTreeSet::new();
        let groups = reader.list(site, "nads", |reader, node, path| {
            let nads = Self::read_group(reader, node, path);
            for nad in &nads {
                if !seen.insert((nad.namespace.clone(), nad.name.clone())) {
                    let problem = Diagnostic::error(format!(
                        "a second network named `{}` in namespace `{}`",
                        nad.name, nad.namespace
                    ))
                    .help("give one of them another `name` or `namespace`");
                    reader.problem_at(node, problem);
                }
            }
            Some(nads)
        });
        let list = match groups {
            Some(groups) => groups.into_iter().flatten().collect(),
            None => Self::example(),
        };
        Nads { list }
    }

    fn example() -> Vec<Nad> {
        [Some(fixed::<VlanId>("30")), None]
            .into_iter()
            .flat_map(|vlan| Nad::with_prefix("vlan-", &fixed("default"), vlan, Some(false)))
            .collect()
    }

    fn read_group(reader: &mut Reader<'_>, node: &Node, path: String) -> Vec<Nad> {
        let mut fields = reader.item(node, path);
        let vlans: Option<VlanSelection> = reader.required(&mut fields, "vlan", node);
        let name: Option<Subdomain> = reader.optional(&mut fields, "name");
        let prefix = reader.free_text(&mut fields, "prefix", "vlan-");
        let namespace: Label = reader.or(&mut fields, "namespace", "default");
        let preserve = Some(reader.flag(&mut fields, "preserveDefaultVlan", false));
        reader.close(fields);
        let vlans = vlans.unwrap_or_default();
        let ids: Vec<Option<VlanId>> = vlans
            .tagged
            .iter()
            .map(Some)
            .chain(vlans.untagged.then_some(None))
            .collect();
        match name {
            Some(_) if ids.len() > 1 => {
                let problem = Diagnostic::error(format!("one `name` for {} networks", ids.len()))
                    .help("write `prefix` instead; each VLAN's id is appended to it");
                reader.problem_at(node, problem);
                Vec::new()
            }
            Some(name) => ids
                .into_iter()
                .map(|vlan| Nad::named(name.clone(), &namespace, vlan, preserve))
                .collect(),
            None => {
                let nads: Result<Vec<Nad>, String> = ids
                    .into_iter()
                    .map(|vlan| Nad::with_prefix(&prefix, &namespace, vlan, preserve))
                    .collect();
                nads.unwrap_or_else(|error| {
                    reader.problem_at(node, Diagnostic::error(error));
                    Vec::new()
                })
            }
        }
    }
}
