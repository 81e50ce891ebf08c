//! A plan as titles, sentences and tables, which every format for people writes in its own way.

use std::cmp::Ordering;

use serde::Serialize;

use super::{NetworkRow, Plan, number};
use crate::diagnostic::Severity;
use crate::network::{Aggregation, Host, Interface, Kind, Native, Port};
use crate::site::{LacpRate, NodeRole, VlanTag};

/// A part of the plan.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// What is said before the tables.
    pub sentences: Vec<String>,
    /// Its tables.
    pub tables: Vec<Table>,
}

/// A table; every row has a cell for each column.
#[derive(Debug, Serialize)]
pub struct Table {
    /// What it shows, or empty if the section's title says it.
    pub title: String,
    /// The columns' heads.
    pub columns: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

impl Section {
    fn new(title: &str) -> Self {
        Section {
            title: title.to_owned(),
            sentences: Vec::new(),
            tables: Vec::new(),
        }
    }

    fn say(mut self, sentence: impl Into<String>) -> Self {
        self.sentences.push(sentence.into());
        self
    }

    fn table(
        mut self,
        title: &str,
        columns: &[&'static str],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Self {
        self.tables.push(Table {
            title: title.to_owned(),
            columns: columns.to_vec(),
            rows: rows.into_iter().collect(),
        });
        self
    }
}

/// The cells of a row.
fn cells<const COLUMNS: usize>(texts: [&str; COLUMNS]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

/// The parts of a plan, in the order they are read.
pub fn sections(plan: &Plan) -> Vec<Section> {
    vec![
        size(plan),
        networks(plan),
        interfaces(plan),
        ports(plan),
        maas(plan),
        storage(plan),
        software(plan),
        hardware(plan),
        profiles(plan),
        findings(plan),
        steps(plan),
    ]
}

fn size(plan: &Plan) -> Section {
    let capacity = &plan.capacity;
    let row = |name: &str, size: &super::capacity::Size| {
        let numbers = [size.hosts, size.pods, size.overhead, size.left];
        let numbers = numbers.map(|count| number(count.into()));
        let vms = size.vms.map(|vms| number(vms.into()));
        let cells = [name.to_owned()].into_iter().chain(numbers);
        cells.chain([vms.unwrap_or_default()]).collect()
    };
    let mut rows = vec![
        row("these nodes", &capacity.now),
        row(
            &format!("the largest cluster of {}", capacity.pod_cidr),
            &capacity.largest,
        ),
    ];
    if let Some(wished) = &plan.wished {
        rows.push(row(
            &format!("{} nodes, with {}", wished.nodes, wished.pod_cidr),
            &wished.size,
        ));
    }
    let nodes = capacity.workers + capacity.control_planes;
    let there = match nodes.cmp(&capacity.room) {
        Ordering::Less => format!("{nodes} exist, and one place is kept for repaves"),
        Ordering::Equal => "all of them exist, and none is left for repaves".to_owned(),
        Ordering::Greater => format!("{nodes} exist, which is too many"),
    };
    let mut section = Section::new("Size")
        .say(format!(
            "{} workers and {} control-plane nodes, with at most {} pods on a node.",
            capacity.workers, capacity.control_planes, capacity.max_pods
        ))
        .say(format!(
            "Pods: {}, with a /{} for each of {} nodes: {there}. Services: {}. Both are fixed once the cluster exists.",
            capacity.pod_cidr,
            crate::sizing::NODE_PREFIX,
            capacity.room,
            capacity.service_cidr
        ))
        .say(format!("Now: {}.", capacity.now.formula))
        .say(format!("At most, with a place kept for repaves: {}.", capacity.largest.formula))
        .say("A VM is one pod, and a second one while it has hot-plugged disks.")
        .table("", &["cluster", "nodes for VMs", "pods", "overhead", "for VMs and applications", "VMs advised"], rows);
    if let Some(wished) = &plan.wished {
        section = section.say(format!(
            "For {} nodes, one of them kept for repaves, write podCidr: {} and serviceCidr: {}.",
            wished.nodes, wished.pod_cidr, wished.service_cidr
        ));
        if wished.nodes <= nodes {
            section = section.say(format!(
                "That is too few for this site: it has {nodes} nodes and needs one place more."
            ));
        }
    }
    let control_plane = &plan.control_plane;
    section.say(match (control_plane.cores, control_plane.memory_gb, control_plane.enough_for) {
        (Some(cores), Some(memory), Some((workers, namespaces))) => format!(
            "Each of the {} control-plane nodes: {cores} CPU cores and {memory} GB of memory, enough for {workers} workers and {namespaces} namespaces{}.",
            control_plane.nodes,
            match control_plane.runs_vms {
                true => "; plus the resources of a worker, since they run VMs",
                false => "",
            }
        ),
        _ => "The RA's table of control-plane sizes ends before this cluster.".to_owned(),
    })
}

fn networks(plan: &Plan) -> Section {
    Section::new("Networks").table(
        "",
        &["network", "VLAN", "addresses", "gateway", "taken by"],
        plan.networks.iter().map(|row| {
            let NetworkRow { vlan, cidr, .. } = row;
            cells([row.name, vlan, cidr, &row.gateway, &row.addresses])
        }),
    )
}

fn role(host: &Host) -> &'static str {
    match host.role {
        NodeRole::Worker => "workers",
        NodeRole::ControlPlane => "control-plane nodes",
    }
}

fn interfaces(plan: &Plan) -> Section {
    let mut section = Section::new("Interfaces of a node").say(format!(
        "Layout `{}`, with the RA's names and order.",
        plan.layout.as_str()
    ));
    for host in &plan.hosts {
        section = section.table(
            role(host),
            &[
                "interface",
                "type",
                "consisting of",
                "VLAN",
                "network",
                "gateway",
                "MTU",
            ],
            host.rows().map(interface),
        );
    }
    section
}

fn interface(interface: &Interface) -> Vec<String> {
    let parts: Vec<String> = interface.parts().iter().map(ToString::to_string).collect();
    let list = |of: fn(&crate::network::Attachment) -> Option<String>| {
        let found: Vec<String> = interface.attachments.iter().filter_map(of).collect();
        found.join(", ")
    };
    vec![
        interface.name.to_string(),
        match &interface.kind {
            Kind::Card { .. } => "card".to_owned(),
            Kind::Bond { bonding, .. } => format!("bond ({})", bonding.mode().as_str()),
            Kind::Vlan { .. } => "VLAN".to_owned(),
            Kind::Bridge { .. } => "bridge".to_owned(),
        },
        parts.join(" "),
        match interface.vlan() {
            VlanTag::Native => "native".to_owned(),
            VlanTag::Tagged(id) => id.to_string(),
        },
        list(|attachment| Some(attachment.cidr.to_string())),
        list(|attachment| attachment.gateway.map(|gateway| gateway.to_string())),
        interface.mtu.to_string(),
    ]
}

fn ports(plan: &Plan) -> Section {
    let mut section = Section::new("Switch ports");
    let mut all = plan.hosts.iter().flat_map(|host| &host.ports);
    if all.any(Port::is_native_unknown) {
        section = section.say(
            "The site can give the number of an untagged network's VLAN on the switch: `switchVlan` beside `vlan: native`.",
        );
    }
    for host in &plan.hosts {
        section = section.table(
            role(host),
            &[
                "port",
                "card",
                "carries",
                "native VLAN",
                "allowed VLANs",
                "the switch needs",
            ],
            host.ports.iter().map(|port| {
                let purposes: Vec<&str> = port
                    .purposes
                    .iter()
                    .map(|purpose| purpose.as_str())
                    .collect();
                vec![
                    format!("NIC {}, port {}", port.nic, port.port),
                    port.card.to_string(),
                    purposes.join(", "),
                    match port.native {
                        Native::Nothing => "none".to_owned(),
                        Native::Network(purpose) => match port.native_vlan {
                            Some(id) => format!("{id} ({})", purpose.as_str()),
                            None => format!("that of {}", purpose.as_str()),
                        },
                        Native::Vms => "the VMs' untagged network".to_owned(),
                    },
                    match (port.trunk(), port.is_native_unknown()) {
                        (trunk, true) if trunk.is_empty() => "the native one".to_owned(),
                        (trunk, true) => format!("{trunk} and the native one"),
                        (trunk, false) => trunk.to_string(),
                    },
                    match port.aggregation {
                        Aggregation::None => "nothing; the ports are independent".to_owned(),
                        Aggregation::Static => {
                            format!("a static group of the ports of {}", port.bond)
                        }
                        Aggregation::Lacp(rate) => {
                            let rate = match rate {
                                LacpRate::Slow => "slow",
                                LacpRate::Fast => "fast",
                            };
                            let boot = if port.boots {
                                ", with fallback for PXE"
                            } else {
                                ""
                            };
                            format!("LACP ({rate}) over the ports of {}{boot}", port.bond)
                        }
                    },
                ]
            }),
        );
    }
    section
}

fn maas(plan: &Plan) -> Section {
    Section::new("MAAS").table(
        "",
        &["setting", "value", "why"],
        plan.maas
            .iter()
            .map(|row| cells([&row.setting, &row.value, &row.why])),
    )
}

fn storage(plan: &Plan) -> Section {
    let storage = &plan.storage;
    let from = match storage.arrays.as_slice() {
        [] => String::new(),
        arrays => format!(" on {}", arrays.join(", ")),
    };
    let over = storage
        .san
        .as_ref()
        .map_or(String::new(), |san| format!(" over {san}"));
    let minimum = storage
        .minimum
        .as_ref()
        .map_or(String::new(), |minimum| format!(", {minimum} at least"));
    let mut section = Section::new("Storage").say(format!(
        "{}{from}{over}, from the pack `{}`{minimum}. VM disks have the class `{}` ({}, {} on all nodes at once).",
        storage.provider, storage.pack, storage.class, storage.driver, storage.volume_mode
    ));
    for sentence in storage.path.iter().chain(&storage.disks) {
        section = section.say(sentence);
    }
    let Some(pool) = &storage.pool else {
        return section;
    };
    section
        .say(match pool.nodes == plan.capacity.workers {
            true => format!(
                "{} nodes with drives, as many as workers, so that a repaved node takes its old drives back.",
                pool.nodes
            ),
            false => format!(
                "{} nodes with drives, and {} workers.",
                pool.nodes, plan.capacity.workers
            ),
        })
        .say(format!(
            "Raw {} GiB; with {} copies of every volume {} GiB usable. The array provides {} GiB, and wins back what the copies share.",
            number(pool.raw),
            pool.replicas,
            number(pool.usable),
            number(pool.provisioned)
        ))
        .table(
            "",
            &["drives", "size", "number"],
            pool.drives.iter().map(|drive| {
                vec![
                    drive.purpose.to_owned(),
                    format!("{} GiB", drive.size),
                    drive.count.to_string(),
                ]
            }),
        )
}

fn software(plan: &Plan) -> Section {
    Section::new("Software").table(
        "",
        &["component", "product", "version"],
        plan.software
            .iter()
            .map(|row| cells([&row.component, &row.product, &row.version])),
    )
}

fn hardware(plan: &Plan) -> Section {
    Section::new("Hardware of a worker").table(
        "",
        &["component", "minimum", "recommended", "remarks"],
        plan.hardware
            .iter()
            .map(|row| cells([&row.component, &row.minimum, &row.recommended, &row.remarks])),
    )
}

fn profiles(plan: &Plan) -> Section {
    let mut section = Section::new("Profiles")
        .say("Import them in this order; lower numbers are installed first.");
    for profile in &plan.profiles {
        section = section.table(
            &profile.name,
            &["layer", "version", "installation"],
            profile.layers.iter().map(|layer| {
                let version = match layer.version.as_str() {
                    "" => "manifests",
                    version => version,
                };
                let order = layer.install_order.map(|order| order.to_string());
                let order = order.as_deref().unwrap_or("with the cluster");
                cells([&layer.name, version, order])
            }),
        );
    }
    section
}

fn findings(plan: &Plan) -> Section {
    let section = Section::new("Findings");
    if plan.findings.is_empty() {
        return section.say("There are no findings.");
    }
    let errors = plan
        .findings
        .iter()
        .filter(|item| item.severity == Severity::Error)
        .count();
    let section = match errors {
        0 => section,
        1 => section.say("One of them must be fixed before anything is rendered."),
        n => section.say(format!(
            "{n} of them must be fixed before anything is rendered."
        )),
    };
    section.table(
        "",
        &["", "what", "way out"],
        plan.findings
            .iter()
            .map(|item| cells([&item.severity.to_string(), &item.message, &item.help])),
    )
}

fn steps(plan: &Plan) -> Section {
    Section::new("Order of work").table(
        "",
        &["", "step", "how"],
        plan.steps
            .iter()
            .zip(1..)
            .map(|(step, number)| cells([&number.to_string(), &step.title, &step.detail])),
    )
}
