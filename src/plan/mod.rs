//! The plan that an architect hands over before the first cable is plugged in: sizes, networks, ports, settings, storage,
//! versions and the order of work.
//!
//! ```
//! use vmo_ra::plan::{format, plan};
//! use vmo_ra::revision::Revision;
//! use vmo_ra::site::Site;
//!
//! # fn main() -> Result<(), Vec<vmo_ra::diagnostic::Diagnostic>> {
//! let revision = Revision::load(Revision::newest())?;
//! let plan = plan(&Site::example(), &revision, None)?;
//! assert!(format::markdown(&plan).starts_with("# "));
//! # Ok(())
//! # }
//! ```

mod capacity;
mod drawing;
pub mod format;
mod sections;
mod storage;

use serde::{Deserialize, Serialize};

pub use capacity::{Capacity, ControlPlane, Wished};
pub use drawing::{Drawing, host_network, profile_layers};
pub use sections::{Section, Table, sections};
pub use storage::{Drive, Pool, StoragePlan};

use crate::check::Item;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::Host;
use crate::render::Choice;
use crate::revision::{Hardware, Revision, Role, Software, StorageNeed};
use crate::rules;
use crate::site::{Layout, MetalLbMode, NodeNetwork, NodeRole, Site};
use crate::template::Engine;
use crate::version::Wanted;
use crate::yaml::{self, Limits};

/// A plan, as data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The cluster's name.
    pub cluster: String,
    /// The RA's revision.
    pub revision: String,
    /// How the cards are used.
    pub layout: Layout,
    /// How many nodes, pods and VMs.
    pub capacity: Capacity,
    /// Networks for another size, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wished: Option<Wished>,
    /// What a control-plane node needs.
    pub control_plane: ControlPlane,
    /// The networks, in the RA's order.
    pub networks: Vec<NetworkRow>,
    /// The host network of a worker, then that of a control-plane node.
    pub hosts: Vec<Host>,
    /// What to set in MAAS.
    pub maas: Vec<Setting>,
    /// Drives and capacity.
    pub storage: StoragePlan,
    /// The software table.
    pub software: Vec<Software>,
    /// The hardware table of a worker.
    pub hardware: Vec<Hardware>,
    /// The profiles with their layers.
    pub profiles: Vec<ProfileRow>,
    /// What the rules say.
    pub findings: Vec<Item>,
    /// The order of work.
    pub steps: Vec<Task>,
}

/// A network of the plan.
#[derive(Debug, Serialize)]
pub struct NetworkRow {
    /// What it is for.
    pub name: &'static str,
    /// Its VLAN, in words.
    pub vlan: String,
    /// Its addresses; a range of VLANs has none.
    pub cidr: String,
    /// Its gateway, `none` without one.
    pub gateway: String,
    /// Who takes addresses of it, in words.
    pub addresses: String,
}

/// A setting of MAAS.
#[derive(Debug, Serialize, Deserialize)]
pub struct Setting {
    /// Where it is found.
    pub setting: String,
    /// What it is set to.
    pub value: String,
    /// What it is for.
    pub why: String,
}

/// A step of the work.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    /// What to do.
    pub title: String,
    /// How, or what to mind.
    pub detail: String,
}

/// A profile of the revision.
#[derive(Debug, Serialize)]
pub struct ProfileRow {
    /// Its name.
    pub name: String,
    /// Which of the three.
    pub role: String,
    /// Its layers, in the order of the profile.
    pub layers: Vec<LayerRow>,
}

/// A layer of a profile.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerRow {
    /// What Palette calls it.
    pub name: String,
    /// Its version; empty for manifests.
    pub version: String,
    /// Its place in the installation; lower comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_order: Option<u32>,
}

/// Makes the plan of a site; `wished` is a number of nodes to name networks for.
///
/// # Errors
/// The networks cannot be put on the interfaces that the site names, or the revision has no layers.
pub fn plan(
    site: &Site,
    revision: &Revision,
    wished: Option<u32>,
) -> Result<Plan, Vec<Diagnostic>> {
    if !revision.is_rendered() {
        return Err(Diagnostic::error(format!(
            "`{}` has only tables, and no layers to plan",
            revision.name
        ))
        .code(Code::WrongKind)
        .help(format!("plan with {}", revision.revisions().newest()))
        .into());
    }
    let mut hosts = Vec::new();
    for role in [NodeRole::Worker, NodeRole::ControlPlane] {
        let host = Host::of_role(site, role).map_err(|misplaced| misplaced.at(site))?;
        hosts.push(host);
    }
    let storage = StoragePlan::of(site, revision);
    let choices = crate::render::choices(site, revision);
    let mut engine = Engine::new(revision);
    let site_value = serde_json::to_value(site).map_err(|error| {
        Diagnostic::error(format!("the site has no JSON form: {error}")).code(Code::Internal)
    })?;
    engine.set("site", &site_value);
    let mut context = tera::Context::new();
    context.insert("networks", &subnets(site));
    context.insert("routes", &routes(site));
    context.insert("storage", storage.made_of());
    context.insert("ready", &storage.in_words());
    context.insert("needed", &needed(&choices));
    context.insert("variables", &variables(site));
    Ok(Plan {
        cluster: site.cluster.name.to_string(),
        revision: revision.name.clone(),
        layout: site.network.layout,
        capacity: Capacity::of(site, revision),
        wished: wished
            .map(|nodes| Wished::of(site, revision, nodes))
            .transpose()?,
        control_plane: ControlPlane::of(site, revision),
        networks: networks(site),
        hosts,
        maas: data(&engine, "plan/maas.yaml", &context)?,
        storage,
        software: software(site, revision, &choices),
        hardware: hardware(site, revision),
        profiles: profiles(site, revision, &choices),
        findings: findings(site, revision),
        steps: data(&engine, "plan/steps.yaml", &context)?,
    })
}

fn data<T: serde::de::DeserializeOwned>(
    engine: &Engine,
    name: &str,
    context: &tera::Context,
) -> Result<Vec<T>, Vec<Diagnostic>> {
    let text = engine.render(name, context)?;
    let source = crate::diagnostic::Source::new(format!("templates/{name}"), text);
    let value = yaml::to_json(&source, Limits::INPUT)?;
    serde_json::from_value(value).map_err(|error| {
        vec![
            Diagnostic::error(format!("the template `{name}` gives no list: {error}"))
                .code(Code::Internal),
        ]
    })
}

fn findings(site: &Site, revision: &Revision) -> Vec<Item> {
    let mut items: Vec<Item> = rules::check(site, revision)
        .iter()
        .map(|finding| Item::of(finding, Some(site)))
        .collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.severity));
    items
}

fn node_networks(site: &Site) -> [(&'static str, &NodeNetwork); 3] {
    [
        ("bare metal deployment", &site.network.pxe),
        ("Kubernetes hosts", &site.network.management),
        ("end user access", &site.network.data),
    ]
}

fn networks(site: &Site) -> Vec<NetworkRow> {
    let nodes = site.cluster.workers + site.cluster.control_planes;
    let mut rows: Vec<NetworkRow> = node_networks(site)
        .into_iter()
        .map(|(name, network)| NetworkRow {
            name,
            vlan: network.vlan.to_string(),
            cidr: network.cidr.to_string(),
            gateway: network
                .gateway
                .map_or("none".to_owned(), |gateway| gateway.to_string()),
            addresses: format!("{nodes} nodes"),
        })
        .collect();
    let metallb = &site.network.metallb;
    match (metallb.mode, rows.last_mut()) {
        (MetalLbMode::L2, Some(data)) => {
            data.addresses
                .push_str(&format!(", services {}", services(site)));
        }
        _ => rows.push(NetworkRow {
            name: "services over BGP",
            vlan: "routed".to_owned(),
            cidr: services(site),
            gateway: "none".to_owned(),
            addresses: match &metallb.bgp {
                Some(bgp) => format!(
                    "services; the nodes (AS {}) announce them to {} (AS {})",
                    bgp.local_asn, bgp.peer_address, bgp.peer_asn
                ),
                None => "services".to_owned(),
            },
        }),
    }
    for (name, cidr, addresses) in [
        ("pod overlay", site.network.pod_cidr, "a /24 for each node"),
        (
            "cluster services",
            site.network.service_cidr,
            "one for each service",
        ),
    ] {
        rows.push(NetworkRow {
            name,
            vlan: "virtual".to_owned(),
            cidr: cidr.to_string(),
            gateway: "none".to_owned(),
            addresses: addresses.to_owned(),
        });
    }
    rows.push(NetworkRow {
        name: "virtual machines",
        vlan: site.network.vm_vlans.to_string(),
        cidr: String::new(),
        gateway: String::new(),
        addresses: "the VMs' own".to_owned(),
    });
    rows
}

/// The addresses of services of type LoadBalancer.
fn services(site: &Site) -> String {
    let ranges = site.network.metallb.addresses.iter();
    let ranges: Vec<String> = ranges.map(ToString::to_string).collect();
    ranges.join(", ")
}

fn subnets(site: &Site) -> String {
    node_networks(site)
        .map(|(_, network)| network.cidr.to_string())
        .join(", ")
}

fn routes(site: &Site) -> String {
    let routes: Vec<String> = site
        .network
        .management
        .routes
        .iter()
        .map(|route| format!("{} via {}", route.to, route.via))
        .collect();
    routes.join(", ")
}

fn variables(site: &Site) -> String {
    let storage = &site.storage;
    let facts = storage.provider.facts();
    let takes_licence = facts.settings.iter().any(|known| known == "licence");
    let has_licence = storage.licence.activation_id.is_some() || storage.licence.saas_key.is_some();
    let arrays = &storage.flash_arrays;
    let missing = [
        ("the licence", takes_licence && !has_licence),
        (
            "the array's token",
            facts.has(StorageNeed::FlashArrays)
                && arrays.iter().any(|array| array.api_token.is_none()),
        ),
        (
            "Grafana's password",
            site.monitoring.grafana_admin_password.is_none(),
        ),
    ];
    let asked: Vec<&str> = missing
        .into_iter()
        .filter_map(|(name, is_missing)| is_missing.then_some(name))
        .collect();
    if asked.is_empty() {
        "Every variable has a value; check the read-only ones, since they cannot be changed later."
            .to_owned()
    } else {
        format!(
            "Palette asks for {}; the read-only variables cannot be changed later.",
            asked.join(", ")
        )
    }
}

/// The pack that must be given, since no built-in one can stand in for it. Only storage has such a pack.
fn needed<'c>(choices: &[Choice<'c>]) -> Option<&'c str> {
    let needed = choices.iter().find(|choice| choice.fallback.is_none());
    needed.map(|choice| choice.pack)
}

/// The RA's table, with the versions of this site's layers and without what its storage has no use for.
fn software(site: &Site, revision: &Revision, choices: &[Choice]) -> Vec<Software> {
    let facts = site.storage.provider.facts();
    let of_row = |row: &Software| {
        choices
            .iter()
            .find(|choice| row.pack.as_ref() == Some(&choice.definition.pack))
    };
    revision
        .software
        .iter()
        .filter(|row| row.with.is_none_or(|need| facts.has(need)))
        .map(|row| match of_row(row) {
            None => row.clone(),
            Some(choice) => {
                let product = match (&choice.storage, choice.pack == choice.definition.pack) {
                    (_, true) => &row.product,
                    (Some((facts, _)), false) => &*facts.name,
                    (None, false) => choice.pack,
                };
                let minimum = choice
                    .storage
                    .as_ref()
                    .and_then(|(_, minimum)| minimum.as_ref());
                Software {
                    product: product.to_owned(),
                    version: match (&choice.wanted, minimum) {
                        (Wanted::Newest, Some(minimum)) => format!("{minimum} or later"),
                        (wanted, _) => wanted.to_string(),
                    },
                    pack: Some(choice.pack.to_owned()),
                    ..row.clone()
                }
            }
        })
        .collect()
}

fn hardware(site: &Site, revision: &Revision) -> Vec<Hardware> {
    let facts = site.storage.provider.facts();
    let rows = revision.hardware.iter();
    rows.filter(|row| row.with.is_none_or(|need| facts.has(need)))
        .cloned()
        .collect()
}

fn profiles(site: &Site, revision: &Revision, choices: &[Choice]) -> Vec<ProfileRow> {
    let settings = |role: Role| match role {
        Role::Infra => &site.profiles.infra,
        Role::Core => &site.profiles.core,
        Role::Templates => &site.profiles.templates,
    };
    revision
        .profiles
        .iter()
        .map(|profile| ProfileRow {
            name: settings(profile.role)
                .name
                .as_ref()
                .map_or_else(|| profile.name.clone(), ToString::to_string),
            role: profile.role.to_string(),
            layers: profile
                .layers
                .iter()
                .map(|layer| {
                    let choice = choices
                        .iter()
                        .find(|choice| std::ptr::eq(choice.definition, layer));
                    let other = choice.filter(|choice| choice.pack != layer.pack);
                    LayerRow {
                        name: other
                            .map_or(&*layer.display_name, |other| other.pack)
                            .to_owned(),
                        version: choice.map_or(String::new(), |choice| choice.wanted.to_string()),
                        install_order: layer.install_order,
                    }
                })
                .collect(),
        })
        .collect()
}

/// A number with a comma after each three digits.
fn number(value: u64) -> String {
    match value {
        0..1_000 => value.to_string(),
        _ => format!("{},{:03}", number(value / 1_000), value % 1_000),
    }
}
