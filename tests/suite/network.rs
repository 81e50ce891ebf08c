//! The host network: the RA's tables, and files that the programs behind them accept.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::common::harness::{Scratch, read, write};
use crate::common::programs::{file, program};
use crate::common::{built_in, site};
use serde_json::{Value, json};
use vmo_ra::network::{self, Aggregation, Format, Host, Kind, Native, Nodes, Purpose};
use vmo_ra::rules;
use vmo_ra::site::{NodeRole, Site};
use vmo_ra::template::Engine;

const LAYOUTS: [&str; 3] = ["two-bonds", "one-bond", "one-bond-br0-vlan"];

/// What can be said of bonds, for each mode.
const BONDING: [&str; 7] = [
    "bondMode: 802.3ad, lacpRate: slow, hashPolicy: layer3+4",
    "bondMode: 802.3ad, lacpRate: fast, hashPolicy: encap2+3, linkMonitor: 10",
    "bondMode: 802.3ad, hashPolicy: layer2",
    "bondMode: balance-xor, hashPolicy: encap3+4",
    "bondMode: balance-xor",
    "bondMode: active-backup",
    "bondMode: active-backup, linkMonitor: 10000",
];

/// What can be said of the rest, and the machines.
const OPTIONS: [&str; 4] = [
    "",
    "mtu: 9000, management: {mtu: 1500, routes: [{to: 10.200.0.0/16, via: 172.16.0.1}, {to: 10.201.0.0/24, via: 172.16.0.1}]}",
    "mtu: {management: 9216, bridge: 1500}, spanningTree: true, bridge: _br-vm, pxe: {vlan: 5}",
    "management: {vlan: native, gateway: 172.16.0.1}, clusterOnBridge: true, data: {gateway: none}",
];

/// Every layout with every kind of bond and every option, beside a text for messages.
fn sites() -> Vec<(String, Site)> {
    let mut sites = Vec::new();
    for layout in LAYOUTS {
        for bonding in BONDING {
            for options in OPTIONS {
                let text = format!("network: {{layout: {layout}, {bonding}, {options}}}");
                let site = site(&text);
                let findings = rules::check(&site, built_in::revision("1.9.0"));
                let wrong = findings
                    .iter()
                    .find(|finding| finding.severity == vmo_ra::diagnostic::Severity::Error);
                assert_eq!(wrong, None, "{text}");
                sites.push((text, site));
            }
        }
    }
    sites
}

fn written(site: &Site, nodes: Nodes<'_>, format: Format) -> String {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| Engine::new(built_in::newest()));
    network::write(engine, site, nodes, format).unwrap_or_else(|problem| panic!("{problem}"))
}

/// A table as the RA prints it: interface, type, consisting of, VLAN, CIDR, gateway.
fn table(host: &Host) -> Vec<String> {
    host.rows()
        .map(|interface| {
            let kind = match &interface.kind {
                Kind::Card { .. } => "Card".to_owned(),
                Kind::Bond { bonding, .. } => format!("Bond ({})", bonding.mode().as_str()),
                Kind::Vlan { .. } => "VLAN".to_owned(),
                Kind::Bridge { .. } => "Bridge".to_owned(),
            };
            let parts: Vec<&str> = interface.parts().iter().map(|part| part.as_str()).collect();
            let network = interface.attachments.first();
            let cidr = network.map_or(String::new(), |a| a.cidr.to_string());
            let gateway = network.map_or(String::new(), |a| {
                a.gateway
                    .map_or("None".to_owned(), |gateway| gateway.to_string())
            });
            let row = format!(
                "{} | {kind} | {} | {} | {cidr} | {gateway}",
                interface.name,
                parts.join(" "),
                interface.vlan()
            );
            row.trim_end_matches([' ', '|']).to_owned()
        })
        .collect()
}

fn ports(host: &Host) -> Vec<String> {
    host.ports
        .iter()
        .map(|port| {
            let boot = if port.boots { "boot " } else { "" };
            format!(
                "NIC {}, Port {} | {} | {boot}{:?} | {}",
                port.nic,
                port.port,
                port.card,
                port.purposes,
                port.allowed()
            )
        })
        .collect()
}

fn host(text: &str, role: NodeRole) -> Host {
    Host::of_role(&site(text), role).expect("every network has its place")
}

#[test]
fn two_bonds_are_the_ras_tables() {
    let host = host("", NodeRole::Worker);
    assert_eq!(
        table(&host),
        [
            "bond_mgmt | Bond (802.3ad) | enp1s0 enp2s0 | native | 192.168.0.0/22 | None",
            "bond_mgmt.10 | VLAN | bond_mgmt | 10 | 172.16.0.0/22 | None",
            "bond_data | Bond (802.3ad) | enp1s1 enp2s1 | native",
            "bond_data.20 | VLAN | bond_data | 20 | 10.20.0.0/16 | 10.20.30.1",
            "br0 | Bridge | bond_data | native",
        ]
    );
    assert_eq!(
        ports(&host),
        [
            "NIC 1, Port 1 | enp1s0 | boot [Pxe, Management] | 0,10",
            "NIC 1, Port 2 | enp2s0 | [Pxe, Management] | 0,10",
            "NIC 2, Port 1 | enp1s1 | [Data, Vms] | 20-100",
            "NIC 2, Port 2 | enp2s1 | [Data, Vms] | 20-100",
        ]
    );
}

#[test]
fn one_bond_is_the_ras_tables() {
    let host = host("network: {layout: one-bond}", NodeRole::Worker);
    assert_eq!(
        table(&host),
        [
            "bond0 | Bond (802.3ad) | enp1s0 enp2s0 | native",
            "bond0.10 | VLAN | bond0 | 10 | 172.16.0.0/22 | None",
            "bond0.20 | VLAN | bond0 | 20 | 10.20.0.0/16 | 10.20.30.1",
            "br0 | Bridge | bond0 | native | 192.168.0.0/22 | None",
        ]
    );
    assert_eq!(
        ports(&host),
        [
            "NIC 1, Port 1 | enp1s0 | boot [Pxe, Management, Data, Vms] | 0,10,20-100",
            "NIC 1, Port 2 | enp2s0 | [Pxe, Management, Data, Vms] | 0,10,20-100",
        ]
    );
}

#[test]
fn data_on_the_bridge_is_the_ras_table() {
    let host = host("network: {layout: one-bond-br0-vlan}", NodeRole::Worker);
    assert_eq!(
        table(&host),
        [
            "bond0 | Bond (802.3ad) | enp1s0 enp2s0 | native",
            "bond0.10 | VLAN | bond0 | 10 | 172.16.0.0/22 | None",
            "br0 | Bridge | bond0 | native | 192.168.0.0/22 | None",
            "br0.20 | VLAN | br0 | 20 | 10.20.0.0/16 | 10.20.30.1",
        ]
    );
}

/// Settings of the whole cluster name `br0` where it carries the host; elsewhere it is for VMs only.
#[test]
fn control_planes_have_a_bridge_only_where_something_stands_on_it() {
    let names = |text: &str| -> Vec<String> {
        let host = host(text, NodeRole::ControlPlane);
        host.rows().map(|row| row.name.to_string()).collect()
    };
    assert_eq!(
        names(""),
        ["bond_mgmt", "bond_mgmt.10", "bond_data", "bond_data.20"]
    );
    assert_eq!(
        names("cluster: {controlPlaneRunsVms: true}")
            .last()
            .map(String::as_str),
        Some("br0")
    );
    assert_eq!(
        names("network: {layout: one-bond}"),
        ["bond0", "bond0.10", "bond0.20", "br0"]
    );
    let two = host("", NodeRole::ControlPlane);
    assert_eq!(two.ports[2].allowed(), "20", "no VLANs of VMs");
    let one = host("network: {layout: one-bond}", NodeRole::ControlPlane);
    assert_eq!(one.ports[0].allowed(), "0,10,20");
    assert_eq!(
        one.ports[0].purposes,
        [Purpose::Pxe, Purpose::Management, Purpose::Data]
    );
}

#[test]
fn a_tagged_deployment_network_has_its_own_interface() {
    for (layout, name) in [("two-bonds", "bond_mgmt.5"), ("one-bond", "bond0.5")] {
        let text = format!("network: {{layout: {layout}, pxe: {{vlan: 5}}}}");
        let host = host(&text, NodeRole::Worker);
        let name = name.parse().expect("it is a name");
        let interface = host.interface(&name).expect("it is there");
        assert_eq!(interface.purposes, [Purpose::Pxe]);
        assert_ne!(host.ports[0].native, Native::Network(Purpose::Pxe));
    }
}

#[test]
fn a_mode_asks_for_its_switch() {
    let of = |mode: &str| {
        host(&format!("network: {{bondMode: {mode}}}"), NodeRole::Worker).ports[0].aggregation
    };
    assert_eq!(of("active-backup"), Aggregation::None);
    assert_eq!(of("balance-xor"), Aggregation::Static);
    assert!(matches!(of("802.3ad"), Aggregation::Lacp(_)));
    let native = |nads: &str| host(nads, NodeRole::Worker).ports[2].native;
    assert_eq!(native("nads: [{vlan: 30}]"), Native::Nothing);
    assert_eq!(native("nads: [{vlan: untagged}]"), Native::Vms);
}

/// Parts stand before what they are part of, in every site.
#[test]
fn whatever_an_interface_consists_of_stands_before_it() {
    for (text, site) in sites() {
        for role in [NodeRole::Worker, NodeRole::ControlPlane] {
            let host = Host::of_role(&site, role).expect("every network has its place");
            for (index, interface) in host.interfaces.iter().enumerate() {
                for part in interface.parts() {
                    let before = host.interfaces[..index]
                        .iter()
                        .any(|other| other.name == *part);
                    assert!(before, "{text}: {} before {part}", interface.name);
                }
                assert!(!interface.purposes.is_empty(), "{text}: {}", interface.name);
            }
            let networks = host.rows().map(|row| row.attachments.len()).sum::<usize>();
            assert_eq!(networks, 3, "{text}");
        }
    }
}

/// What netplan makes of a file, by the name of networkd's file. This is the program behind `netplan generate`, without
/// the half second that Python takes to start.
fn networkd(generate: &Path, folder: &Path, text: &str) -> Vec<(String, String)> {
    let written = folder.join("etc/netplan/60-vmo.yaml");
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder.join("etc/netplan")).expect("the folder can be made");
    fs::write(&written, text).expect("the file can be written");
    fs::set_permissions(&written, fs::Permissions::from_mode(0o600)).expect("they can be set");
    let output = Command::new(generate)
        .arg("--root-dir")
        .arg(folder)
        .output()
        .expect("netplan starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stderr.is_empty(),
        "{stderr}\n{text}"
    );
    let files = fs::read_dir(folder.join("run/systemd/network")).expect("netplan wrote something");
    files
        .map(|entry| {
            let path = entry.expect("it can be read").path();
            let name = path
                .file_name()
                .expect("it has one")
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(path).expect("it is text"))
        })
        .collect()
}

#[test]
fn netplan_makes_of_every_site_what_the_model_says() {
    let Some(generate) = file("/usr/libexec/netplan/generate") else {
        return;
    };
    let folder = Scratch::new();
    for (index, (text, site)) in sites().into_iter().enumerate() {
        // The kinds of bond are tried on workers.
        let with_control_plane = (index / OPTIONS.len()).is_multiple_of(BONDING.len());
        let roles = [NodeRole::Worker, NodeRole::ControlPlane];
        for role in roles.into_iter().take(1 + usize::from(with_control_plane)) {
            let yaml = written(&site, Nodes::Role(role), Format::Netplan);
            let files = networkd(&generate, &folder, &yaml);
            let host = Host::of_role(&site, role).expect("every network has its place");
            for interface in &host.interfaces {
                as_modelled(&text, interface, &host, &files);
            }
            let netdevs = files.iter().filter(|(name, _)| name.ends_with(".netdev"));
            assert_eq!(netdevs.count(), host.rows().count(), "{text}");
        }
    }
}

fn as_modelled(
    text: &str,
    interface: &network::Interface,
    host: &Host,
    files: &[(String, String)],
) {
    let name = interface.name.as_str();
    let lines = |suffix: &str| -> Vec<&str> {
        let wanted = format!("10-netplan-{name}.{suffix}");
        let file = files.iter().find(|(name, _)| *name == wanted);
        file.map_or_else(Vec::new, |(_, text)| text.lines().collect())
    };
    let (netdev, link) = (lines("netdev"), lines("network"));
    let mut wanted = vec![format!("MTUBytes={}", interface.mtu)];
    match &interface.kind {
        Kind::Card { bond } => wanted.push(format!("Bond={bond}")),
        Kind::Bond {
            bonding, bridge, ..
        } => {
            let mode = bonding.mode().as_str();
            assert!(["active-backup", "balance-xor", "802.3ad"].contains(&mode));
            wanted.push(format!("Mode={mode}"));
            wanted.push(format!("MIIMonitorSec={}ms", bonding.link_monitor()));
            let rate = bonding.lacp_rate();
            wanted.extend(rate.map(|rate| format!("LACPTransmitRate={}", rate.as_str())));
            let policy = bonding.hash_policy();
            wanted.extend(policy.map(|policy| format!("TransmitHashPolicy={}", policy.as_str())));
            wanted.extend(bridge.iter().map(|bridge| format!("Bridge={bridge}")));
            let all = netdev.iter();
            let of_bond = all
                .filter(|l| l.starts_with("LACP") || l.starts_with("Transmit"))
                .count();
            assert_eq!(
                of_bond,
                usize::from(rate.is_some()) + usize::from(policy.is_some()),
                "{text}"
            );
        }
        Kind::Vlan { id, .. } => wanted.push(format!("Id={id}")),
        Kind::Bridge {
            spanning_tree,
            forward_delay,
            ..
        } => {
            wanted.push(format!("STP={spanning_tree}"));
            wanted.push(format!("ForwardDelaySec={forward_delay}"));
            assert!(
                !netdev.iter().any(|line| line.contains("VLAN")),
                "{text}: filtering is the pack's"
            );
        }
    }
    wanted.extend(
        host.vlans_on(&interface.name)
            .map(|(_, vlan)| format!("VLAN={}", vlan.name)),
    );
    let has_address = !interface.attachments.is_empty();
    let local = if has_address {
        "LinkLocalAddressing=ipv6"
    } else {
        "LinkLocalAddressing=no"
    };
    wanted.push(local.to_owned());
    for wanted in wanted {
        let found = netdev.contains(&wanted.as_str()) || link.contains(&wanted.as_str());
        assert!(
            found,
            "{text}: {name} lacks {wanted}:\n{netdev:?}\n{link:?}"
        );
    }
    let waits = !link.contains(&"RequiredForOnline=no");
    assert_eq!(waits, has_address, "{text}: {name}");
    assert!(
        !link.iter().any(|line| line.starts_with("DHCP=")),
        "{text}: {name}"
    );
    let addresses = link
        .iter()
        .filter(|line| line.starts_with("Address="))
        .count();
    assert_eq!(addresses, interface.attachments.len(), "{text}: {name}");
    let routes: usize = interface
        .attachments
        .iter()
        .map(|a| usize::from(a.default_gateway) + a.routes.len())
        .sum();
    let found = link
        .iter()
        .filter(|line| line.starts_with("Gateway="))
        .count();
    assert_eq!(found, routes, "{text}: {name}");
}

/// A site with machines: fixed addresses, other cards, MAC addresses.
fn machines() -> Site {
    site(MACHINES)
}

const MACHINES: &str = "
network: {management: {routes: [{to: 10.200.0.0/16, via: 172.16.0.1}]}}
nodes:
  machines:
  - name: worker-01
    addresses: {pxe: 192.168.0.21, management: 172.16.0.21, data: 10.20.0.21}
    nics: {management: [eno1, eno2]}
    macs: {eno1: '52:54:00:00:00:01', eno2: '52:54:00:00:00:02', enp1s1: '52:54:00:00:00:11'}
  - {name: worker-02, addresses: {data: 10.20.0.22}}
  - {name: cp-01, role: control-plane}
";

#[test]
fn a_machines_file_is_its_own() {
    let Some(generate) = file("/usr/libexec/netplan/generate") else {
        return;
    };
    let site = machines();
    let machine = Nodes::Machine(&site.nodes.machines[0]);
    let files = networkd(
        &generate,
        &Scratch::new(),
        &written(&site, machine, Format::Netplan),
    );
    let of = |name: &str| {
        let file = files.iter().find(|(file, _)| file == name);
        &file.unwrap_or_else(|| panic!("{name} is not there")).1
    };
    assert!(of("10-netplan-eno1.network").contains("MACAddress=52:54:00:00:00:01"));
    assert!(of("10-netplan-bond_mgmt.netdev").contains("MACAddress=52:54:00:00:00:01"));
    assert!(of("10-netplan-br0.netdev").contains("MACAddress=52:54:00:00:00:11"));
    assert!(of("10-netplan-bond_mgmt.10.network").contains("Gateway=172.16.0.1"));
}

fn shell(shell: &Path, arguments: &[&str], text: &str) {
    let mut child = Command::new(shell)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    stdin.write_all(text.as_bytes()).expect("it can be written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}\n{text}",
        String::from_utf8_lossy(&said)
    );
}

#[test]
fn every_script_is_good_shell() {
    let (Some(shellcheck), Some(dash), Some(bash)) =
        (program("shellcheck"), program("dash"), program("bash"))
    else {
        return;
    };
    let all = machines();
    let mut scripts: Vec<String> = [NodeRole::Worker, NodeRole::ControlPlane]
        .map(|role| written(&all, Nodes::Role(role), Format::MaasCli))
        .into();
    // The kinds of bond differ in words only.
    for (_, site) in sites().into_iter().step_by(9) {
        scripts.push(written(
            &site,
            Nodes::Role(NodeRole::Worker),
            Format::MaasCli,
        ));
    }
    for script in scripts {
        shell(&dash, &["-n"], &script);
        shell(&bash, &["-n"], &script);
        shell(&shellcheck, &["-s", "dash", "-"], &script);
    }
}

/// What the provider's documentation (2.4.0) says an entry of each kind may hold.
fn schema() -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/network/terraform-provider-maas.json");
    let text = fs::read_to_string(path).expect("the list can be read");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn every_module_is_what_the_provider_takes() {
    let schema = schema();
    let all = machines();
    let mut modules = vec![written(
        &all,
        Nodes::Role(NodeRole::Worker),
        Format::Terraform,
    )];
    for (text, site) in sites() {
        if !text.contains("management: {vlan: native") {
            for role in [NodeRole::Worker, NodeRole::ControlPlane] {
                modules.push(written(&site, Nodes::Role(role), Format::Terraform));
            }
        }
    }
    for module in &modules {
        provider_takes(&schema, module);
    }
    if let Some(terraform) = fmt() {
        for module in modules.iter().step_by(5) {
            shell(&terraform, &["fmt", "-check", "-diff", "-"], module);
        }
    }
}

/// Terraform has no Debian package, so it is not required in CI.
fn fmt() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("terraform"))
        .find(|file| file.is_file())
}

fn provider_takes(schema: &Value, module: &str) {
    let body: hcl::Body = hcl::from_str(module).unwrap_or_else(|error| panic!("{error}\n{module}"));
    let mut seen = 0;
    for block in body.blocks() {
        let kind = block.identifier();
        if kind != "resource" && kind != "data" {
            continue;
        }
        seen += 1;
        let name = block.labels()[0].as_str();
        let known = &schema[kind][name];
        assert!(known.is_object(), "the provider has no {kind} {name}");
        let has: Vec<&str> = block.body().attributes().map(|a| a.key()).collect();
        for attribute in &has {
            let meta = ["for_each", "depends_on"].contains(attribute);
            assert!(
                meta || !known[*attribute].is_null(),
                "{name} has no {attribute}"
            );
        }
        for (attribute, need) in known.as_object().expect("it is a map") {
            let missing = need == "required" && !has.contains(&attribute.as_str());
            assert!(!missing, "{name} needs {attribute}");
        }
        if name == "maas_network_interface_bond" {
            assert!(
                has.contains(&"bond_mode"),
                "the provider's default is MAAS's business"
            );
        }
        let blocks = block.body().blocks().map(|inner| inner.identifier());
        assert!(
            blocks.into_iter().all(|inner| inner == "lifecycle"),
            "{name}"
        );
    }
    assert!(seen > 10, "{module}");
}

/// A MAAS with the example's subnets on two fabrics, and a machine as it comes out of commissioning: each card in a fabric of
/// its own, and an address on the one it booted over.
fn commissioned(cards: [&str; 4], status: &str) -> Value {
    let vlan = |id: u32, vid: u32, fabric: u32| json!({"id": id, "vid": vid, "fabric_id": fabric});
    let subnet = |id: u32, cidr: &str, gateway: Option<&str>, vlan: Value| json!({"id": id, "cidr": cidr, "gateway_ip": gateway, "vlan": vlan});
    let subnets = [
        subnet(11, "192.168.0.0/22", None, vlan(5001, 0, 1)),
        subnet(12, "172.16.0.0/22", None, vlan(5002, 10, 1)),
        subnet(13, "10.20.0.0/16", Some("10.20.30.1"), vlan(5004, 20, 2)),
    ];
    let interfaces: Vec<Value> = (0u32..)
        .zip(cards)
        .map(|(index, name)| {
            let links = match index {
                0 => json!([{"id": 900, "mode": "auto", "subnet": subnets[0]}]),
                _ => json!([]),
            };
            let own = vlan(6000 + index, 0, 10 + index);
            let vlan = if index == 0 { vlan(5001, 0, 1) } else { own };
            json!({"id": 100 + index, "name": name, "type": "physical", "links": links, "params": {}, "vlan": vlan,
                   "mac_address": format!("52:54:00:00:00:0{}", index + 1)})
        })
        .collect();
    json!({
        "next": 1000,
        "vlans": [vlan(5001, 0, 1), vlan(5002, 10, 1), vlan(5003, 0, 2), vlan(5004, 20, 2)],
        "subnets": subnets,
        "machines": [{"hostname": "worker-01", "system_id": "abc123", "status_name": status}],
        "interfaces": {"abc123": interfaces},
        "routes": [],
        "gateways": {},
        "config": {"enable_disk_erasing_on_release": false},
    })
}

/// Runs a script with the stand-in for the maas command; what it says, and whether it succeeds.
fn run_script(folder: &Path, script: &str, arguments: &[&str]) -> (bool, String) {
    let command = folder.join("maas");
    let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/network/maas.py");
    fs::copy(stand_in, &command).expect("it can be copied");
    fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).expect("they can be set");
    write(folder, "maas.sh", script);
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .arg(folder.join("maas.sh"))
        .args(arguments)
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("MAAS_STATE", folder.join("state.json"))
        .output()
        .expect("sh starts");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn set_state(folder: &Path, state: &Value) {
    write(folder, "state.json", state.to_string());
}

fn state(folder: &Path) -> Value {
    let text = read(folder, "state.json");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn a_script_brings_a_machine_to_the_model_and_leaves_it_there() {
    let (Some(_), Some(_)) = (program("jq"), file("/usr/bin/python3")) else {
        return;
    };
    let folder = Scratch::new();
    let site = machines();
    let machine = &site.nodes.machines[0];
    let script = written(&site, Nodes::Machine(machine), Format::MaasCli);
    // The first two cards are known by their MAC addresses, and get the site's names.
    let mut maas = commissioned(["eth0", "eth1", "enp1s1", "enp2s1"], "Ready");
    maas["interfaces"]["abc123"][2]["mac_address"] = json!("52:54:00:00:00:11");
    set_state(&folder, &maas);
    let (good, said) = run_script(&folder, &script, &[]);
    assert!(good, "{said}");
    let after = state(&folder);
    let host = Host::of_machine(&site, machine).expect("every network has its place");
    let interfaces = after["interfaces"]["abc123"].as_array().expect("a list");
    assert_eq!(interfaces.len(), host.interfaces.len());
    for interface in &host.interfaces {
        let name = interface.name.as_str();
        let found = interfaces.iter().find(|found| found["name"] == name);
        let found = found.unwrap_or_else(|| panic!("{name} is not there\n{said}"));
        let parts: Vec<&str> = interface.parts().iter().map(|part| part.as_str()).collect();
        if !parts.is_empty() {
            assert_eq!(found["parents"], json!(parts), "{name}");
        }
        assert_eq!(found["params"]["mtu"], interface.mtu.to_string(), "{name}");
        if let Kind::Vlan { id, .. } = interface.kind {
            assert_eq!(found["vlan"]["vid"], id.get(), "{name}");
        }
        let links = found["links"].as_array().expect("a list");
        let have: Vec<&Value> = links
            .iter()
            .filter(|link| link["mode"] != "link_up")
            .collect();
        assert_eq!(have.len(), interface.attachments.len(), "{name}");
        for (link, attachment) in have.iter().zip(&interface.attachments) {
            assert_eq!(
                link["subnet"]["cidr"],
                attachment.cidr.to_string(),
                "{name}"
            );
            let address = attachment.address.map(|address| address.to_string());
            assert_eq!(link["ip_address"].as_str(), address.as_deref(), "{name}");
        }
    }
    assert_eq!(after["gateways"]["abc123"], "10.20.30.1");
    assert_eq!(after["routes"][0]["gateway_ip"], "172.16.0.1");
    assert_eq!(after["routes"][0]["destination"]["cidr"], "10.200.0.0/16");

    let (good, said) = run_script(&folder, &script, &[]);
    assert!(good && !said.contains("is made"), "{said}");
    assert_eq!(state(&folder), after, "a second run changes nothing");
}

#[test]
fn a_script_for_any_machine_takes_names_and_stops_at_what_is_wrong() {
    let (Some(_), Some(_)) = (program("jq"), file("/usr/bin/python3")) else {
        return;
    };
    let folder = Scratch::new();
    let cards = ["enp1s0", "enp2s0", "enp1s1", "enp2s1"];
    let script = written(&site(""), Nodes::Role(NodeRole::Worker), Format::MaasCli);
    let good = commissioned(cards, "Ready");
    set_state(&folder, &good);
    let (success, said) = run_script(&folder, &script, &["worker-01"]);
    assert!(success && said.contains("bridge br0 is made"), "{said}");

    let with = |path: &str, value: Value| {
        let mut maas = good.clone();
        *maas.pointer_mut(path).expect("it is there") = value;
        maas
    };
    for (maas, arguments, why) in [
        (good.clone(), &[][..], "error: name the machines"),
        (
            good.clone(),
            &["worker-09"],
            "error: MAAS has 0 machines named worker-09",
        ),
        (
            commissioned(cards, "Deployed"),
            &["worker-01"],
            "error: worker-01 is Deployed",
        ),
        (
            commissioned(["eno1", "enp2s0", "enp1s1", "enp2s1"], "Ready"),
            &["worker-01"],
            "error: worker-01 has no card enp1s0",
        ),
        (
            with("/config/enable_disk_erasing_on_release", json!(true)),
            &["worker-01"],
            "error: MAAS erases disks when it releases machines",
        ),
        (
            with("/subnets/1/vlan/vid", json!(11)),
            &["worker-01"],
            "error: 172.16.0.0/22 is on VLAN 11 in MAAS and on VLAN 10 in the site",
        ),
        (
            with("/subnets/2/gateway_ip", Value::Null),
            &["worker-01"],
            "error: the gateway of 10.20.0.0/16 is none in MAAS and 10.20.30.1 in the site",
        ),
        (
            with("/subnets/2/cidr", json!("10.21.0.0/16")),
            &["worker-01"],
            "error: MAAS has no subnet 10.20.0.0/16",
        ),
        (
            with("/subnets/1/vlan/fabric_id", json!(9)),
            &["worker-01"],
            "same fabric as its parent interface",
        ),
    ] {
        let mut maas = maas;
        if why.starts_with("same fabric") {
            // The VLAN itself is in another fabric.
            maas["vlans"][1]["fabric_id"] = json!(9);
        }
        set_state(&folder, &maas);
        let (success, said) = run_script(&folder, &script, arguments);
        assert!(!success && said.contains(why), "{why}:\n{said}");
    }
}
