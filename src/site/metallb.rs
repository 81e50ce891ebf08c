//! Addresses for services of type LoadBalancer (RA, MetalLB layer).

use std::net::Ipv4Addr;

use serde::Serialize;

use super::cidr::AddressRange;
use super::cluster::words;
use super::names::InterfaceName;
use super::node_network::NodeNetwork;
use super::reader::{Fields, Reader, fixed};
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

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

impl MetalLb {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        network: &mut Fields<'_>,
        data: &NodeNetwork,
    ) -> Self {
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
