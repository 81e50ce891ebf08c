//! The requirements of each card on its switch port.

use serde::Serialize;

use super::{Host, Interface, Kind, Purpose};
use crate::site::{BondMode, InterfaceName, LacpRate, MacAddress, Mtu, Site, VlanId, VlanSet};

/// What the switch must do for a bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregation {
    /// Nothing: the ports are independent.
    None,
    /// One static link aggregation group of the bond's ports, without a protocol.
    Static,
    /// One LACP group of the bond's ports. Before the bond is up, as during PXE boot, the switch must let a single port pass
    /// traffic: many call that LACP fallback, or no-suspend-individual.
    Lacp(LacpRate),
}

/// What is untagged on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Native {
    /// Nothing that the node uses.
    Nothing,
    /// A network of the node; on the switch, the port's native VLAN is that network's.
    Network(Purpose),
    /// Only what VMs without a VLAN use; the RA's tables leave its VLAN to the site.
    Vms,
}

/// One physical switch port, as in the RA's tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// The RA's number of the network card, from 1: one for each bond.
    pub nic: usize,
    /// The RA's number of the port on the card, from 1.
    pub port: usize,
    /// The card's name in the operating system.
    pub card: InterfaceName,
    /// Its MAC address, where the site gives it.
    pub mac: Option<MacAddress>,
    /// The bond it is part of.
    pub bond: InterfaceName,
    /// Whether the machine boots over it: the first card of the bond that carries the deployment network.
    pub boots: bool,
    /// What passes through it.
    pub purposes: Vec<Purpose>,
    /// What is untagged on it.
    pub native: Native,
    /// The number of the native VLAN on the switch, where the site gives it.
    pub native_vlan: Option<VlanId>,
    /// The VLANs that it must let through tagged, with those of VMs where they run on the node.
    pub tagged: VlanSet,
    /// What its bond needs.
    pub aggregation: Aggregation,
    /// The largest packet it must take, in bytes, without tag and frame.
    pub mtu: Mtu,
}

impl Port {
    /// The VLANs of the trunk as a switch takes them, the native one among them where its number is known.
    pub fn trunk(&self) -> VlanSet {
        self.tagged.iter().chain(self.native_vlan).collect()
    }

    /// Whether a network of the node is untagged here, and the site does not say which VLAN that is on the switch.
    pub fn is_native_unknown(&self) -> bool {
        matches!(self.native, Native::Network(_)) && self.native_vlan.is_none()
    }

    /// The VLANs of the trunk as the RA writes them: 0 for what is untagged, then the tagged ones.
    pub fn allowed(&self) -> String {
        match (self.native, self.tagged.is_empty()) {
            (Native::Network(_), true) => "0".to_owned(),
            (Native::Network(_), false) => format!("0,{}", self.tagged),
            (Native::Nothing | Native::Vms, _) => self.tagged.to_string(),
        }
    }
}

/// The ports of a host, in the order of its cards.
pub(super) fn ports(host: &Host, site: &Site) -> Vec<Port> {
    let mut ports = Vec::new();
    let bonds = host.interfaces.iter().filter_map(|bond| match &bond.kind {
        Kind::Bond {
            bonding, bridge, ..
        } => Some((bond, bonding, bridge)),
        _ => None,
    });
    for (index, (bond, bonding, bridge)) in bonds.enumerate() {
        let carried = |name: &InterfaceName| {
            let own = host.interface(name).into_iter();
            own.flat_map(|interface| &interface.attachments)
                .map(|attachment| attachment.purpose)
        };
        let mut untagged = carried(&bond.name).chain(bridge.iter().flat_map(carried));
        let vms = bridge.is_some() && host.runs_vms;
        let untagged_vms = vms && site.nads.list.iter().any(|nad| nad.vlan.is_none());
        let native = match untagged.next() {
            Some(purpose) => Native::Network(purpose),
            None if untagged_vms => Native::Vms,
            None => Native::Nothing,
        };
        let native_vlan = match native {
            Native::Network(Purpose::Pxe) => site.network.pxe.switch_vlan,
            Native::Network(Purpose::Management) => site.network.management.switch_vlan,
            Native::Network(Purpose::Data) => site.network.data.switch_vlan,
            Native::Network(Purpose::Vms) | Native::Vms | Native::Nothing => None,
        };
        let on_bond = host.vlans_on(&bond.name);
        let on_bridge = bridge.iter().flat_map(|bridge| host.vlans_on(bridge));
        let mut tagged: VlanSet = on_bond.chain(on_bridge).map(|(id, _)| id).collect();
        if vms {
            tagged = tagged.iter().chain(site.network.vm_vlans.iter()).collect();
        }
        let aggregation = match bonding.mode() {
            BondMode::ActiveBackup => Aggregation::None,
            BondMode::BalanceXor => Aggregation::Static,
            BondMode::Lacp => Aggregation::Lacp(bonding.lacp_rate().unwrap_or(LacpRate::Slow)),
        };
        let is_part =
            |card: &&Interface| matches!(&card.kind, Kind::Card { bond: of } if *of == bond.name);
        for (at, card) in host.interfaces.iter().filter(is_part).enumerate() {
            ports.push(Port {
                nic: index + 1,
                port: at + 1,
                card: card.name.clone(),
                mac: card.mac,
                bond: bond.name.clone(),
                boots: at == 0 && bond.purposes.contains(&Purpose::Pxe),
                purposes: bond.purposes.clone(),
                native,
                native_vlan,
                tagged: tagged.clone(),
                aggregation,
                mtu: bond.mtu,
            });
        }
    }
    ports
}
