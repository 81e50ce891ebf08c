//! netplan: one node's file, with addresses.

use super::super::{Host, example_addresses};
use super::{ByKind, Nodes, context, hosts};
use crate::diagnostic::{Code, Diagnostic};
use crate::site::Site;
use crate::template::Engine;

const TEMPLATE: &str = "network/netplan.yaml";

pub(super) fn write(engine: &Engine, site: &Site, nodes: Nodes<'_>) -> Result<String, Diagnostic> {
    let host = match nodes {
        Nodes::Machine(_) => hosts(site, nodes)?.into_iter().next(),
        Nodes::Role(role) => {
            let host = Host::of_role(site, role).map_err(|misplaced| misplaced.at(site))?;
            Some(host.with_addresses(&example_addresses(site)))
        }
    };
    let Some(host) = host else {
        return Err(
            Diagnostic::error("there is no node to write a file for").code(Code::Unsupported)
        );
    };
    addressed(site, &host)?;
    let by_kind = ByKind::of(&host);
    let mut context = context(site);
    context.insert("host", &host);
    context.insert("example", &host.name.is_none());
    context.insert("cards", &by_kind.cards);
    context.insert("bonds", &by_kind.bonds);
    context.insert("vlans", &by_kind.vlans);
    context.insert("bridges", &by_kind.bridges);
    engine.render(TEMPLATE, &context)
}

/// netplan chooses no addresses.
fn addressed(site: &Site, host: &Host) -> Result<(), Diagnostic> {
    let attachments = host.rows().flat_map(|interface| &interface.attachments);
    let missing: Vec<&str> = attachments
        .filter(|attachment| attachment.address.is_none())
        .filter_map(|attachment| attachment.purpose.key())
        .collect();
    let Some(first) = missing.first() else {
        return Ok(());
    };
    let Some(name) = &host.name else {
        return Err(Diagnostic::error(format!(
            "`network.{first}` has no free address left for an example"
        ))
        .code(Code::WrongValue)
        .help("name a machine with --node"));
    };
    let machines = &site.nodes.machines;
    let index = machines.iter().position(|machine| machine.name == *name);
    let path = format!("nodes.machines[{}].addresses", index.unwrap_or_default());
    let problem = Diagnostic::error(format!(
        "`{name}` has no address in `network.{}`",
        missing.join("` and `network.")
    ))
    .code(Code::WrongValue)
    .help("MAAS chooses addresses, netplan does not: give them in the machine's `addresses`");
    Err(site.places.locate(problem, &path))
}
