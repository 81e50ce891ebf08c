//! Derives a host network from a site.

use std::collections::HashSet;

use super::port::ports;
use super::{Attachment, Host, Interface, Kind, Misplaced, Purpose};
use crate::site::{
    Addresses, InterfaceName, Layout, MacAddress, Machine, Mtu, Nics, NodeNetwork, NodeRole, Site,
    VlanId, VlanTag,
};

/// A bond before it is an interface.
struct Bond<'s> {
    name: InterfaceName,
    cards: &'s [InterfaceName],
    mtu: Mtu,
}

/// The interface of a network.
enum Position {
    /// On a bond or bridge itself.
    Untagged(InterfaceName),
    /// On an interface of its own, which is on a bond or bridge.
    Tagged(VlanId, InterfaceName),
}

impl Position {
    /// The bond or bridge below.
    fn carrier(&self) -> &InterfaceName {
        match self {
            Position::Untagged(name) | Position::Tagged(_, name) => name,
        }
    }
}

/// A network with its place.
struct Placed<'s> {
    purpose: Purpose,
    network: &'s NodeNetwork,
    position: Position,
}

impl Host {
    /// The host network of any node of a role.
    ///
    /// # Errors
    /// The site puts a network on an interface that cannot carry it.
    pub fn of_role(site: &Site, role: NodeRole) -> Result<Self, Misplaced> {
        build(site, role, &site.network.nics, &Addresses::default(), None)
    }

    /// The host network of a machine of the site.
    ///
    /// # Errors
    /// The site puts a network on an interface that cannot carry it.
    pub fn of_machine(site: &Site, machine: &Machine) -> Result<Self, Misplaced> {
        build(
            site,
            machine.role,
            &machine.nics,
            &machine.addresses,
            Some(machine),
        )
    }

    /// The same host with addresses for interfaces that have none.
    #[must_use]
    pub fn with_addresses(mut self, addresses: &Addresses) -> Self {
        for interface in &mut self.interfaces {
            for attachment in &mut interface.attachments {
                let address = address_of(addresses, attachment.purpose);
                attachment.address = attachment.address.or(address);
            }
        }
        self
    }
}

fn build(
    site: &Site,
    role: NodeRole,
    nics: &Nics,
    addresses: &Addresses,
    machine: Option<&Machine>,
) -> Result<Host, Misplaced> {
    let network = &site.network;
    let runs_vms = role == NodeRole::Worker || site.cluster.control_plane_runs_vms;
    let bonds = bonds(site, nics);
    let placed = place_all(site, &bonds)?;
    // Settings of the whole cluster name the bridge where the host is on it, so it stays on every node; elsewhere it
    // is for VMs only.
    let bridged = runs_vms
        || network.cluster_on_bridge
        || placed
            .iter()
            .any(|p| *p.position.carrier() == network.bridge);
    let mac = |card: &InterfaceName| machine.and_then(|machine| machine.mac(card));
    let attach = |placed: &Placed<'_>| attachment(site, placed, addresses);

    let mut interfaces = Vec::new();
    for bond in &bonds {
        for card in bond.cards {
            let kind = Kind::Card {
                bond: bond.name.clone(),
            };
            interfaces.push(bare(card.clone(), kind, bond.mtu, mac(card)));
        }
    }
    for (index, bond) in bonds.iter().enumerate() {
        let mac = bond.cards.first().and_then(mac);
        let carries_bridge = bridged && index + 1 == bonds.len();
        let kind = Kind::Bond {
            parts: bond.cards.to_vec(),
            bonding: network.bonding,
            bridge: carries_bridge.then(|| network.bridge.clone()),
        };
        let mut interface = bare(bond.name.clone(), kind, bond.mtu, mac);
        interface.attachments = untagged(&placed, &bond.name).map(attach).collect();
        interfaces.push(interface);
        interfaces.extend(vlans(&placed, &bond.name, bond.mtu, attach)?);
        if carries_bridge {
            let kind = Kind::Bridge {
                parts: vec![bond.name.clone()],
                spanning_tree: network.spanning_tree,
                forward_delay: if network.spanning_tree { 15 } else { 0 },
            };
            let mut interface = bare(network.bridge.clone(), kind, network.mtu.bridge, mac);
            interface.attachments = untagged(&placed, &network.bridge).map(attach).collect();
            if runs_vms {
                interface.purposes.push(Purpose::Vms);
            }
            interfaces.push(interface);
            interfaces.extend(vlans(&placed, &network.bridge, network.mtu.bridge, attach)?);
        }
    }
    pass_purposes_down(&mut interfaces);
    let mut host = Host {
        name: machine.map(|machine| machine.name.clone()),
        role,
        runs_vms,
        interfaces,
        ports: Vec::new(),
    };
    host.ports = ports(&host, site);
    Ok(host)
}

fn bare(name: InterfaceName, kind: Kind, mtu: Mtu, mac: Option<MacAddress>) -> Interface {
    Interface {
        name,
        kind,
        mtu,
        mac,
        attachments: Vec::new(),
        purposes: Vec::new(),
    }
}

/// The bonds of the layout; the bridge is on the last.
fn bonds<'s>(site: &Site, nics: &'s Nics) -> Vec<Bond<'s>> {
    let network = &site.network;
    let [first, last] = network.layout.bonds();
    let management = Bond {
        name: first,
        cards: &nics.management,
        mtu: network.mtu.management,
    };
    match network.layout {
        Layout::TwoBonds => vec![
            management,
            Bond {
                name: last,
                cards: &nics.data,
                mtu: network.mtu.data,
            },
        ],
        Layout::OneBond | Layout::OneBondBridgedData => vec![management],
    }
}

fn place_all<'s>(site: &'s Site, bonds: &[Bond<'_>]) -> Result<Vec<Placed<'s>>, Misplaced> {
    let network = &site.network;
    [
        (Purpose::Pxe, &network.pxe),
        (Purpose::Management, &network.management),
        (Purpose::Data, &network.data),
    ]
    .into_iter()
    .map(|(purpose, node_network)| {
        let position = position(site, bonds, purpose, node_network)?;
        Ok(Placed {
            purpose,
            network: node_network,
            position,
        })
    })
    .collect()
}

fn position(
    site: &Site,
    bonds: &[Bond<'_>],
    purpose: Purpose,
    network: &NodeNetwork,
) -> Result<Position, Misplaced> {
    let bridge = &site.network.bridge;
    let name = &network.interface;
    let misplaced = |message: String, help: String| Misplaced {
        path: format!("network.{}.interface", purpose.key().unwrap_or_default()),
        message,
        help,
    };
    let is_bond = bonds.iter().any(|bond| bond.name == *name);
    let carries_bridge = bonds.last().is_some_and(|bond| bond.name == *name);
    match network.vlan {
        VlanTag::Native if name == bridge || (is_bond && !carries_bridge) => {
            Ok(Position::Untagged(name.clone()))
        }
        VlanTag::Native if is_bond => Err(misplaced(
            format!("`{name}` is a port of `{bridge}` and cannot have an address"),
            format!("leave `interface` out or write `{bridge}`, or give the network a `vlan`"),
        )),
        VlanTag::Native => Err(misplaced(
            format!(
                "`{name}` is not an interface of the layout `{}`",
                site.network.layout.as_str()
            ),
            "leave `interface` out, or give the network a `vlan`".to_owned(),
        )),
        VlanTag::Tagged(id) if is_bond || name == bridge => Err(misplaced(
            format!("`{name}` is untagged and cannot be VLAN {id}"),
            format!("leave `interface` out, or write `{name}.{id}`"),
        )),
        VlanTag::Tagged(id) => Ok(Position::Tagged(id, link(site, bonds, purpose, name))),
    }
}

/// The link of a VLAN interface: as its name says, else as the layout has it.
fn link(site: &Site, bonds: &[Bond<'_>], purpose: Purpose, name: &InterfaceName) -> InterfaceName {
    let names = bonds.iter().map(|bond| &bond.name);
    let named = names.chain([&site.network.bridge]).find(|carrier| {
        name.as_str()
            .strip_prefix(carrier.as_str())
            .is_some_and(|rest| rest.starts_with('.'))
    });
    if let Some(named) = named {
        return named.clone();
    }
    let [first, last] = site.network.layout.bonds();
    match (site.network.layout, purpose) {
        (Layout::OneBondBridgedData, Purpose::Data) => site.network.bridge.clone(),
        (_, Purpose::Data) => last,
        _ => first,
    }
}

fn untagged<'p, 's>(
    placed: &'p [Placed<'s>],
    name: &'p InterfaceName,
) -> impl Iterator<Item = &'p Placed<'s>> {
    placed
        .iter()
        .filter(move |p| matches!(&p.position, Position::Untagged(on) if on == name))
}

/// The VLANs on a bond or bridge, one interface for each; two networks may share one.
fn vlans(
    placed: &[Placed<'_>],
    link: &InterfaceName,
    mtu: Mtu,
    attach: impl Fn(&Placed<'_>) -> Attachment,
) -> Result<Vec<Interface>, Misplaced> {
    let mut interfaces: Vec<Interface> = Vec::new();
    for p in placed {
        let Position::Tagged(id, on) = &p.position else {
            continue;
        };
        if on != link {
            continue;
        }
        let name = &p.network.interface;
        let kind = Kind::Vlan {
            id: *id,
            link: link.clone(),
        };
        let same = interfaces
            .iter_mut()
            .find(|other| other.kind == kind || other.name == *name);
        match same {
            Some(other) if other.kind == kind && other.name == *name => {
                other.attachments.push(attach(p));
            }
            Some(other) => {
                return Err(Misplaced {
                    path: format!("network.{}.interface", p.purpose.key().unwrap_or_default()),
                    message: format!(
                        "`{name}` for VLAN {id} and `{}` for VLAN {} on `{link}` cannot both be there",
                        other.name,
                        other.vlan()
                    ),
                    help: "leave `interface` out, which gives each VLAN its own".to_owned(),
                });
            }
            None => {
                let mut interface = bare(name.clone(), kind, p.network.mtu.unwrap_or(mtu), None);
                interface.attachments.push(attach(p));
                interfaces.push(interface);
            }
        }
    }
    Ok(interfaces)
}

fn attachment(site: &Site, placed: &Placed<'_>, addresses: &Addresses) -> Attachment {
    let network = &site.network;
    let gateways = [
        (Purpose::Data, network.data.gateway),
        (Purpose::Management, network.management.gateway),
        (Purpose::Pxe, network.pxe.gateway),
    ];
    let default = gateways
        .iter()
        .find(|(_, gateway)| gateway.is_some())
        .map(|(purpose, _)| *purpose);
    Attachment {
        purpose: placed.purpose,
        cidr: placed.network.cidr,
        vlan: placed.network.vlan,
        address: address_of(addresses, placed.purpose),
        gateway: placed.network.gateway,
        default_gateway: default == Some(placed.purpose),
        routes: placed.network.routes.clone(),
    }
}

fn address_of(addresses: &Addresses, purpose: Purpose) -> Option<std::net::Ipv4Addr> {
    match purpose {
        Purpose::Pxe => addresses.pxe,
        Purpose::Management => addresses.management,
        Purpose::Data => addresses.data,
        Purpose::Vms => None,
    }
}

/// What an interface is for passes through everything that it consists of.
fn pass_purposes_down(interfaces: &mut [Interface]) {
    // Parts are before what they are part of.
    for index in (0..interfaces.len()).rev() {
        let (before, rest) = interfaces.split_at_mut(index);
        let Some(interface) = rest.first_mut() else {
            continue;
        };
        let own = interface.attachments.iter().map(|a| a.purpose);
        interface.purposes.extend(own);
        interface.purposes.sort_unstable();
        interface.purposes.dedup();
        let parts: HashSet<&InterfaceName> = interface.parts().iter().collect();
        if parts.is_empty() {
            continue;
        }
        for part in before {
            if parts.contains(&part.name) {
                part.purposes.extend(&interface.purposes);
            }
        }
    }
}
