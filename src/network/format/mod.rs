//! Writes a host network for the programs that build it.

mod maas;
mod netplan;
mod terraform;

use serde::Serialize;
use tera::Context;

use super::{Attachment, Host, Interface, Kind, Misplaced};
use crate::diagnostic::{Code, Diagnostic};
use crate::site::{InterfaceName, Machine, NodeRole, Site};
use crate::template::Engine;

/// The program that builds the host network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A netplan file for one node.
    Netplan,
    /// A POSIX shell script of `maas` commands.
    MaasCli,
    /// A Terraform module for the provider `canonical/maas` 2.4.
    Terraform,
}

/// Which nodes it is for.
#[derive(Clone, Copy, Debug)]
pub enum Nodes<'s> {
    /// All of a role: the machines that the site names, or any.
    Role(NodeRole),
    /// One machine of the site.
    Machine(&'s Machine),
}

/// The host network of nodes in a format. The site must have passed the rules.
///
/// # Errors
/// The site puts a network where no interface can carry it, lacks an address that the format needs, or has what the format
/// cannot say; each with its place in the site and the way out.
pub fn write(
    engine: &Engine,
    site: &Site,
    nodes: Nodes<'_>,
    format: Format,
) -> Result<String, Diagnostic> {
    match format {
        Format::Netplan => netplan::write(engine, site, nodes),
        Format::MaasCli => maas::write(engine, site, nodes),
        Format::Terraform => terraform::write(engine, site, nodes),
    }
}

/// The hosts that are written one by one; a single one without a name where the site names no machine of the role.
fn hosts(site: &Site, nodes: Nodes<'_>) -> Result<Vec<Host>, Diagnostic> {
    let machines: Vec<&Machine> = match nodes {
        Nodes::Machine(machine) => vec![machine],
        Nodes::Role(role) => {
            let machines = site.nodes.machines.iter();
            machines.filter(|machine| machine.role == role).collect()
        }
    };
    let hosts: Result<Vec<Host>, Misplaced> = match (nodes, machines.as_slice()) {
        (Nodes::Role(role), []) => Host::of_role(site, role).map(|host| vec![host]),
        (_, machines) => {
            let machines = machines.iter();
            machines
                .map(|machine| Host::of_machine(site, machine))
                .collect()
        }
    };
    hosts.map_err(|misplaced| misplaced.at(site))
}

/// A context that knows the site.
fn context(site: &Site) -> Context {
    let mut context = Context::new();
    context.insert("site", site);
    context
}

/// An interface as the templates see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'h> {
    name: &'h InterfaceName,
    #[serde(flatten)]
    kind: &'h Kind,
    mtu: u16,
    mac: Option<String>,
    attachments: Vec<ShownAttachment<'h>>,
    /// Whether it leads further than to its own networks.
    has_routes: bool,
}

#[derive(Serialize)]
struct ShownAttachment<'h> {
    #[serde(flatten)]
    attachment: &'h Attachment,
    /// The purpose in words.
    label: &'static str,
    /// The length of the network's prefix.
    prefix: u8,
}

impl<'h> Shown<'h> {
    fn new(interface: &'h Interface) -> Self {
        let attachments = &interface.attachments;
        Shown {
            name: &interface.name,
            kind: &interface.kind,
            mtu: interface.mtu.get(),
            mac: interface.mac.map(|mac| mac.to_string()),
            attachments: attachments
                .iter()
                .map(|attachment| ShownAttachment {
                    attachment,
                    label: attachment.purpose.as_str(),
                    prefix: attachment.cidr.prefix(),
                })
                .collect(),
            has_routes: attachments
                .iter()
                .any(|attachment| attachment.default_gateway || !attachment.routes.is_empty()),
        }
    }
}

/// The interfaces of a host, by kind.
#[derive(Default)]
struct ByKind<'h> {
    cards: Vec<Shown<'h>>,
    bonds: Vec<Shown<'h>>,
    vlans: Vec<Shown<'h>>,
    bridges: Vec<Shown<'h>>,
}

impl<'h> ByKind<'h> {
    fn of(host: &'h Host) -> Self {
        let mut by_kind = ByKind::default();
        for interface in &host.interfaces {
            let list = match interface.kind {
                Kind::Card { .. } => &mut by_kind.cards,
                Kind::Bond { .. } => &mut by_kind.bonds,
                Kind::Vlan { .. } => &mut by_kind.vlans,
                Kind::Bridge { .. } => &mut by_kind.bridges,
            };
            list.push(Shown::new(interface));
        }
        by_kind
    }
}

/// How MAAS knows the VLAN that is untagged on a bond: by a network that is untagged there, else beside a tagged one in the
/// same fabric.
#[derive(Serialize)]
struct Untagged<'h> {
    bond: &'h InterfaceName,
    native: Option<&'h Attachment>,
    beside: &'h Attachment,
}

/// The untagged VLANs of a host's bonds, in order.
fn untagged(host: &Host) -> Result<Vec<Untagged<'_>>, Diagnostic> {
    let bonds = host.interfaces.iter().filter_map(|bond| match &bond.kind {
        Kind::Bond { bridge, .. } => Some((bond, bridge)),
        _ => None,
    });
    bonds
        .map(|(bond, bridge)| {
            let bridge = bridge.as_ref().and_then(|bridge| host.interface(bridge));
            let carriers = || [Some(bond), bridge].into_iter().flatten();
            let native = carriers().flat_map(|carrier| &carrier.attachments).next();
            let tagged = carriers()
                .flat_map(|carrier| host.vlans_on(&carrier.name))
                .flat_map(|(_, vlan)| &vlan.attachments)
                .next();
            let beside = native.or(tagged).ok_or_else(|| {
                Diagnostic::error(format!(
                    "the bond `{}` carries none of the node's networks, so its fabric in MAAS is unknown",
                    bond.name
                )).code(Code::Unsupported)
                .help("put the data network on it, as the RA does")
            })?;
            Ok(Untagged {
                bond: &bond.name,
                native,
                beside,
            })
        })
        .collect()
}

/// A static route, with the network it belongs to.
#[derive(Serialize)]
struct Route {
    from: String,
    to: String,
    via: String,
}

fn routes(site: &Site) -> Vec<Route> {
    let management = &site.network.management;
    let routes = management.routes.iter().map(|route| Route {
        from: management.cidr.to_string(),
        to: route.to.to_string(),
        via: route.via.to_string(),
    });
    routes.collect()
}
