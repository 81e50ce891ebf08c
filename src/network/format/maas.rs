//! Writes a script of `maas` commands for the machines that the site lists, or for those that it is called with.

use serde::Serialize;

use super::{Nodes, Shown, context, hosts, routes, untagged};
use crate::diagnostic::{Code, Diagnostic};
use crate::site::{Label, Site};
use crate::template::Engine;

const TEMPLATE: &str = "network/maas.sh";

#[derive(Serialize)]
struct ShownHost<'h> {
    name: Option<&'h Label>,
    interfaces: Vec<Shown<'h>>,
}

pub(super) fn write(engine: &Engine, site: &Site, nodes: Nodes<'_>) -> Result<String, Diagnostic> {
    let hosts = hosts(site, nodes)?;
    let Some(first) = hosts.first() else {
        return Err(
            Diagnostic::error("there is no node to write a script for").code(Code::Unsupported)
        );
    };
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
    context.insert("untagged", &untagged(first)?);
    context.insert("routes", &routes(site));
    engine.render(TEMPLATE, &context)
}
