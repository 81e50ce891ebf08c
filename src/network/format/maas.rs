//! The `maas` command: a script for the machines that the site names, or for those it is called with.

use serde::Serialize;

use super::{Nodes, Shown, context, hosts, routes, untagged};
use crate::diagnostic::Diagnostic;
use crate::site::{Label, Site};
use crate::template::Engine;

const TEMPLATE: &str = "network/maas.sh";

#[derive(Serialize)]
struct ShownHost<'h> {
    name: Option<&'h Label>,
    interfaces: Vec<Shown<'h>>,
}

/// How the script finds the VLAN that is untagged on a bond.
#[derive(Serialize)]
struct Bond {
    name: String,
    native: Option<String>,
    beside: String,
}

pub(super) fn write(engine: &Engine, site: &Site, nodes: Nodes<'_>) -> Result<String, Diagnostic> {
    let hosts = hosts(site, nodes)?;
    let Some(first) = hosts.first() else {
        return Err(Diagnostic::error("there is no node to write a script for"));
    };
    let bonds: Vec<Bond> = untagged(first)?
        .into_iter()
        .map(|untagged| Bond {
            name: untagged.bond.to_string(),
            native: untagged.native.map(|network| network.cidr.to_string()),
            beside: untagged.beside.cidr.to_string(),
        })
        .collect();
    let shown: Vec<ShownHost<'_>> = hosts
        .iter()
        .map(|host| ShownHost {
            name: host.name.as_ref(),
            interfaces: host.interfaces.iter().map(Shown::new).collect(),
        })
        .collect();
    let mut context = context(site);
    context.insert("role", &first.role);
    context.insert("named", &first.name.is_some());
    context.insert("hosts", &shown);
    context.insert("untagged", &bonds);
    context.insert("routes", &routes(site));
    engine.render(TEMPLATE, &context)
}
