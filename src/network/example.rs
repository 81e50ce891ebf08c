//! Addresses for an example, where the site names no machine.

use std::net::Ipv4Addr;

use crate::site::{Addresses, NodeNetwork, Site};

/// How many addresses at the start of a network are passed over, where routers and servers commonly are.
const RESERVED: u32 = 10;

/// Addresses that nothing in the site claims: the first of each network after the ones that routers commonly have. MAAS
/// chooses among the free ones too, but knows of more that are taken.
pub fn addresses(site: &Site) -> Addresses {
    let network = &site.network;
    Addresses {
        pxe: first_free(site, &network.pxe),
        management: first_free(site, &network.management),
        data: first_free(site, &network.data),
    }
}

fn first_free(site: &Site, network: &NodeNetwork) -> Option<Ipv4Addr> {
    let hosts = network.cidr.network().hosts();
    let large = network.cidr.prefix() <= 26;
    let skipped = if large { RESERVED as usize } else { 0 };
    hosts
        .skip(skipped)
        .find(|address| !is_claimed(site, network, *address))
}

fn is_claimed(site: &Site, network: &NodeNetwork, address: Ipv4Addr) -> bool {
    let machines = site.nodes.machines.iter().flat_map(|machine| {
        let Addresses {
            pxe,
            management,
            data,
        } = machine.addresses;
        [pxe, management, data]
    });
    let mut machines = machines.flatten();
    let metallb = &site.network.metallb;
    network.gateway == Some(address)
        || network.routes.iter().any(|route| route.via == address)
        || machines.any(|taken| taken == address)
        || metallb
            .addresses
            .iter()
            .any(|range| range.contains(address))
        || metallb
            .bgp
            .as_ref()
            .is_some_and(|bgp| bgp.peer_address == address)
}
