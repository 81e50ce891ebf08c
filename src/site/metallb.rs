//! Addresses for services of type LoadBalancer (RA, MetalLB layer).

use std::net::Ipv4Addr;

use serde::Serialize;

use super::cidr::{Address, AddressRange};
use super::names::InterfaceName;
use super::node_network::NodeNetwork;
use super::reader::{Fields, Reader, fixed};
use super::setting::{Preset, settings, words};
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

settings! {
    /// The BGP session of MetalLB.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Bgp {
        /// The cluster's AS number.
        pub local_asn: u32,
        /// The router's AS number.
        ///
        /// Example: `64513`
        pub peer_asn: u32,
        /// The router's address.
        pub peer_address: Ipv4Addr,
    }
}

settings! {
    /// Addresses for services of type LoadBalancer.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct MetalLb of "MetalLB layer" {
        /// How the addresses are announced: on an interface of the data network, or to a router.
        pub mode: MetalLbMode,
        /// The addresses: ranges and networks. The first is the default of the variable `MetalLBAddresses`; the others are
        /// fixed in the profile.
        ///
        /// Elsewhere: `MetalLBAddresses`, `addressPools`
        ///
        /// Not: `pool`, `pools`, `range`
        pub addresses: Vec<AddressRange>,
        /// The interface for announcements with `l2`. The default is that of the data network.
        ///
        /// Elsewhere: `MetalLBInterface`
        pub interface: InterfaceName,
        /// The router for announcements with `bgp`.
        pub bgp: Option<Bgp>,
    }
}

impl MetalLb {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        network: &mut Fields<'_>,
        data: &NodeNetwork,
    ) -> Self {
        let mut fields = reader.section::<Self>(network, "metallb");
        // None where it cannot be read: nothing depends on it then.
        let mode = reader.value_or_wrong(&mut fields, "mode", MetalLbMode::L2);
        let usual = || vec![fixed("10.20.30.100-10.20.30.199")];
        let addresses = reader.values(&mut fields, "addresses", || Preset::fixed(&usual()));
        reader.never_empty(&fields, "addresses");
        let interface = reader.follow(&mut fields, "interface", || data.interface.clone());
        let bgp = reader.optional_map::<Bgp, _>(&mut fields, "bgp", |reader, node, fields| {
            if mode == Some(MetalLbMode::L2) {
                let problem = Diagnostic::error("`network.metallb.bgp` is only for `mode: bgp`")
                    .help("write `mode: bgp` beside it, or leave `bgp` out");
                reader.problem_at(node, problem);
            }
            Bgp::read(reader, node, fields)
        });
        reader.close(fields);
        MetalLb {
            mode: mode.unwrap_or(MetalLbMode::L2),
            addresses: addresses.unwrap_or_else(usual),
            interface,
            bgp: bgp.flatten(),
        }
    }
}

impl Bgp {
    fn read(reader: &mut Reader<'_>, node: &Node, mut fields: Fields<'_>) -> Option<Bgp> {
        let local_asn = reader.number(&mut fields, "localAsn", 1..=u32::MAX, 64512);
        let peer_asn = reader.required_number(&mut fields, "peerAsn", node, 1..=u32::MAX);
        let peer_address: Option<Address> = reader.required(&mut fields, "peerAddress", node);
        reader.close(fields);
        Some(Bgp {
            local_asn,
            peer_asn: peer_asn?,
            peer_address: peer_address?.get(),
        })
    }
}
