//! Settings of a site that a revision of the RA does not have (RA, Software resources).

use std::collections::HashMap;

use serde_json::Value;

use crate::revision::{Alternative, Revision, Role};
use crate::rules::{Finding, RevisionRule, rule};
use crate::site::{IngressController, ProfileSettings, Site};

pub(super) const RULES: &[RevisionRule] = &[ingress, ubuntu, profile_names];

/// The row of the software table for the nodes' system.
const UBUNTU: &str = "Canonical Ubuntu";

/// What a site says of a profile.
pub(crate) fn profile(site: &Site, role: Role) -> &ProfileSettings {
    match role {
        Role::Infra => &site.profiles.infra,
        Role::Core => &site.profiles.core,
        Role::Templates => &site.profiles.templates,
    }
}

/// Each profile is a file of its name, and an object of its name in Palette.
fn profile_names(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let mut names: HashMap<String, Role> = HashMap::new();
    for definition in &revision.profiles {
        let role = definition.role;
        let own = profile(site, role).name.as_ref();
        let name = own.map_or(definition.name.as_str(), |name| name.as_str());
        let Some(other) = names.insert(name.to_lowercase(), role) else {
            continue;
        };
        let role = if own.is_some() { role } else { other };
        findings.push(rule::PROFILE_NAME_TWICE.error(
            format!("profiles.{role}.name"),
            format!(
                "the profiles `{other}` and `{}` both have the name `{name}`",
                definition.role
            ),
        ));
    }
}

fn ubuntu(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let ubuntu = site.nodes.ubuntu.as_str();
    let row = revision.software.iter().find(|row| row.product == UBUNTU);
    if let Some(row) = row
        && !row.version.contains(ubuntu)
    {
        findings.push(
            rule::UBUNTU_REVISION
                .warning(
                    "nodes.ubuntu",
                    format!(
                        "Ubuntu {ubuntu} is not the system of RA {}: {}",
                        revision.name, row.version
                    ),
                )
                .help(format!("take {}, or render a later revision", row.version)),
        );
    }
}

fn ingress(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let controller = site.ingress.controller.as_str();
    let traefik = IngressController::Traefik.as_str();
    if site.ingress.controller == IngressController::Nginx && has_controller(revision, traefik) {
        findings.push(rule::NGINX_DEPRECATED.note(
            "ingress.controller",
            format!(
                "the ingress controller is nginx, which RA {} keeps for clusters that have it",
                revision.name
            ),
        ));
    }
    if revision.is_rendered() && !has_controller(revision, controller) {
        let revisions = revision.revisions();
        let other = revisions.names().into_iter().rev().find(|name| {
            revisions
                .load(name)
                .is_ok_and(|other| has_controller(&other, controller))
        });
        let instead = other.map_or(String::new(), |name| format!(", or render RA {name}"));
        findings.push(
            rule::INGRESS_REVISION
                .error(
                    "ingress.controller",
                    format!("RA {} has no {controller} layer", revision.name),
                )
                .help(format!(
                    "use `{}`{instead}",
                    IngressController::Nginx.as_str()
                )),
        );
    }
}

/// A site as a revision can render it, with what the revision lacks of it, or none if it lacks nothing.
pub fn fitted(site: &Site, revision: &Revision) -> Option<(Site, String)> {
    let controller = site.ingress.controller;
    if !revision.is_rendered() || has_controller(revision, controller.as_str()) {
        return None;
    }
    let mut fitted = site.clone();
    fitted.ingress.controller = IngressController::Nginx;
    let lacks = format!(
        "RA {} has no {} layer, which the site chooses; it stands here with `{}`",
        revision.name,
        controller.as_str(),
        IngressController::Nginx.as_str()
    );
    Some((fitted, lacks))
}

/// Whether a revision has a layer for an ingress controller.
fn has_controller(revision: &Revision, controller: &str) -> bool {
    revision
        .profiles
        .iter()
        .flat_map(|profile| &profile.layers)
        .any(|layer| {
            let named = |other: &Alternative| {
                let wanted = other.when.get("ingress.controller");
                wanted.and_then(Value::as_str) == Some(controller)
            };
            layer.pack == controller || layer.alternatives.iter().any(named)
        })
}
