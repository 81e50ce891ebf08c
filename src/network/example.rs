//! Example addresses, if the site lists no machine.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use crate::site::{AddressRanges, Addresses, NodeNetwork, Site};

/// How many addresses at the start of a network are skipped, since they are often routers and servers.
const RESERVED: usize = 10;

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
    let mut hosts = network.cidr.network().hosts();
    let large = network.cidr.prefix() <= 26;
    let last = hosts.last()?;
    let claimed = claimed(site, network);
    let pools = AddressRanges::new(&site.network.metallb.addresses);
    let mut address = hosts.nth(if large { RESERVED } else { 0 })?;
    // A range is skipped in one step: it may hold millions of addresses.
    loop {
        let taken = match pools.holding(address) {
            Some(pool) => Some(pool.last()),
            None => claimed.contains(&address).then_some(address),
        };
        match taken {
            None => return Some(address),
            Some(taken) if taken >= last => return None,
            Some(taken) => address = Ipv4Addr::from_bits(taken.to_bits() + 1),
        }
    }
}

/// The addresses of a network that are taken, besides the pools.
fn claimed(site: &Site, network: &NodeNetwork) -> HashSet<Ipv4Addr> {
    let machines = site.nodes.machines.iter().flat_map(|machine| {
        let Addresses {
            pxe,
            management,
            data,
        } = machine.addresses;
        [pxe, management, data]
    });
    let bgp = site.network.metallb.bgp.as_ref();
    machines
        .chain([network.gateway, bgp.map(|bgp| bgp.peer_address)])
        .flatten()
        .chain(network.routers())
        .collect()
}
