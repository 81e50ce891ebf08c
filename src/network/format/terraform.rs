//! Terraform: a module over the machines that the site names, or over a variable.

use std::net::Ipv4Addr;

use serde::Serialize;

use super::super::{Attachment, Host, Kind, Purpose};
use super::{ByKind, Nodes, Shown, context, hosts, routes, untagged};
use crate::diagnostic::{Code, Diagnostic};
use crate::site::{InterfaceName, Label, Site};
use crate::template::Engine;

const TEMPLATE: &str = "network/main.tf";

/// As wide as the longest key of a machine, so that the equals signs are where `terraform fmt` puts them.
const WIDTH: usize = "management".len();

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Network<'h> {
    key: &'static str,
    padded: String,
    label: &'static str,
    tagged: bool,
    #[serde(flatten)]
    attachment: &'h Attachment,
}

#[derive(Serialize)]
struct Bond<'h> {
    #[serde(flatten)]
    shown: &'h Shown<'h>,
    padded: String,
    native: bool,
    /// The key of the network in the same fabric.
    beside: &'static str,
    /// The name of the data source of the untagged VLAN.
    untagged: String,
}

#[derive(Serialize)]
struct Bridge<'h> {
    #[serde(flatten)]
    shown: &'h Shown<'h>,
    untagged: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vlan {
    key: &'static str,
    mtu: u16,
    /// The address of the resource it is on.
    link_resource: String,
    /// The links that must be there before it.
    after: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    key: &'static str,
    /// The address of the resource that has the address.
    resource: String,
    default_gateway: bool,
}

#[derive(Serialize)]
struct Machine<'h> {
    name: &'h Label,
    entries: Vec<MachineEntry<'h>>,
}

#[derive(Serialize)]
struct MachineEntry<'h> {
    padded: String,
    address: Option<Ipv4Addr>,
    cards: &'h [InterfaceName],
}

pub(super) fn write(engine: &Engine, site: &Site, nodes: Nodes<'_>) -> Result<String, Diagnostic> {
    let hosts = hosts(site, nodes)?;
    let Some(host) = hosts.first() else {
        return Err(
            Diagnostic::error("there is no node to write a module for").code(Code::Unsupported)
        );
    };
    can_be_said(site, host)?;
    let by_kind = ByKind::of(host);
    let untagged = untagged(host)?;
    let vlan_of = |bond: &InterfaceName| {
        let found = untagged.iter().find(|untagged| untagged.bond == bond);
        let native = found.and_then(|untagged| untagged.native);
        native.map_or_else(
            || bond.to_string(),
            |network| key(network.purpose).to_owned(),
        )
    };
    let bonds: Vec<Bond<'_>> = by_kind
        .bonds
        .iter()
        .zip(&untagged)
        .map(|(shown, untagged)| Bond {
            shown,
            padded: padded(shown.name.as_str()),
            native: untagged.native.is_some(),
            beside: key(untagged.beside.purpose),
            untagged: vlan_of(untagged.bond),
        })
        .collect();
    let bridges: Vec<Bridge<'_>> = host
        .bridge()
        .into_iter()
        .flat_map(|bridge| bridge.parts())
        .zip(&by_kind.bridges)
        .map(|(bond, shown)| Bridge {
            shown,
            untagged: vlan_of(bond),
        })
        .collect();
    let mut context = context(site);
    context.insert("host", &serde_json::json!({ "role": host.role }));
    context.insert("purposes", &networks(host));
    context.insert("bonds", &bonds);
    context.insert("bridges", &bridges);
    context.insert("vlans", &vlans(host));
    context.insert("links", &links(host));
    context.insert("machines", &machines(&hosts));
    context.insert("routes", &routes(site));
    context.insert("management", &site.network.management.cidr);
    engine.render(TEMPLATE, &context)
}

/// Settings without an attribute in the provider.
fn can_be_said(site: &Site, host: &Host) -> Result<(), Diagnostic> {
    for interface in host.rows() {
        if let Kind::Vlan { id, link } = &interface.kind
            && interface.name.as_str() != format!("{link}.{id}")
        {
            let attachment = interface.attachments.first();
            let key = attachment.map_or("", |attachment| key(attachment.purpose));
            let problem = Diagnostic::error(format!(
                "the Terraform provider cannot name a VLAN interface: MAAS would call `{}` `{link}.{id}`",
                interface.name
            )).code(Code::Unsupported)
            .help("leave `interface` out, or use --format maas-cli");
            return Err(site
                .places
                .locate(problem, &format!("network.{key}.interface")));
        }
        if let [_, second, ..] = interface.attachments.as_slice() {
            let key = key(second.purpose);
            let problem = Diagnostic::error(format!(
                "the Terraform provider gives an interface only one address, but `{}` has several",
                interface.name
            ))
            .code(Code::Unsupported)
            .help("give each network its own VLAN, or use --format maas-cli");
            return Err(site.places.locate(problem, &format!("network.{key}")));
        }
    }
    Ok(())
}

fn key(purpose: Purpose) -> &'static str {
    purpose.key().unwrap_or("vms")
}

fn padded(key: &str) -> String {
    format!("{key:WIDTH$}")
}

fn networks(host: &Host) -> Vec<Network<'_>> {
    let mut networks: Vec<Network<'_>> = host
        .rows()
        .flat_map(|interface| &interface.attachments)
        .map(|attachment| Network {
            key: key(attachment.purpose),
            padded: padded(key(attachment.purpose)),
            label: attachment.purpose.as_str(),
            tagged: attachment.vlan.id().is_some(),
            attachment,
        })
        .collect();
    networks.sort_by_key(|network| network.attachment.purpose);
    networks
}

/// The address of the resource of an interface.
fn resource(interface: &crate::network::Interface) -> String {
    match &interface.kind {
        Kind::Card { .. } => format!("maas_network_interface_physical.{}", interface.name),
        Kind::Bond { .. } => format!("maas_network_interface_bond.{}", interface.name),
        Kind::Bridge { .. } => "maas_network_interface_bridge.bridge".to_owned(),
        Kind::Vlan { .. } => {
            let first = interface.attachments.first();
            let key = first.map_or("vms", |attachment| key(attachment.purpose));
            format!("maas_network_interface_vlan.{key}")
        }
    }
}

fn vlans(host: &Host) -> Vec<Vlan> {
    let vlans = host.rows().filter_map(|interface| {
        let Kind::Vlan { link, .. } = &interface.kind else {
            return None;
        };
        let below = host.interface(link)?;
        let first = interface.attachments.first()?;
        let after = below.attachments.iter();
        Some(Vlan {
            key: key(first.purpose),
            mtu: interface.mtu.get(),
            link_resource: resource(below),
            after: after.map(|attachment| key(attachment.purpose)).collect(),
        })
    });
    vlans.collect()
}

fn links(host: &Host) -> Vec<Link> {
    let links = host.rows().flat_map(|interface| {
        interface.attachments.iter().map(|attachment| Link {
            key: key(attachment.purpose),
            resource: resource(interface),
            default_gateway: attachment.default_gateway,
        })
    });
    links.collect()
}

fn machines(hosts: &[Host]) -> Vec<Machine<'_>> {
    let named = hosts
        .iter()
        .filter_map(|host| Some((host, host.name.as_ref()?)));
    named
        .map(|(host, name)| {
            let addresses = networks(host).into_iter().map(|network| MachineEntry {
                padded: network.padded,
                address: network.attachment.address,
                cards: &[],
            });
            let cards = host.rows().filter_map(|interface| match &interface.kind {
                Kind::Bond { parts, .. } => Some(MachineEntry {
                    padded: padded(interface.name.as_str()),
                    address: None,
                    cards: parts,
                }),
                _ => None,
            });
            Machine {
                name,
                entries: addresses.chain(cards).collect(),
            }
        })
        .collect()
}
