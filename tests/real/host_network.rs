//! The host network works: a guest of User Mode Linux lets systemd-networkd build what netplan makes of our file, with a
//! switch on the other end of the cards, attaches VMs by the CNI plugin with our networks, and passes traffic.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::common::guest::{Guest, Results};
use crate::common::programs::{file, program};
use crate::common::{built_in, site};
use serde_json::Value;
use vmo_ra::nad;
use vmo_ra::network::{self, Format, Host, Kind, Nodes, example_addresses};
use vmo_ra::site::{Nad, NodeRole, Site, VlanSelection};
use vmo_ra::template::Engine;

/// One guest.
struct Case {
    /// The name of tests/host_network/NAME.sh.
    layout: &'static str,
    /// What its site says beside the layout.
    site: &'static str,
    /// How many checks the script makes.
    checks: usize,
}

#[test]
fn a_node_on_two_bonds_carries_its_vms() {
    run(&Case {
        layout: "two-bonds",
        site: "mtu: {data: 9000}, data: {mtu: 1500}, hashPolicy: layer3+4",
        checks: 13,
    });
}

#[test]
fn one_bond_carries_everything() {
    run(&Case {
        layout: "one-bond",
        site: "bondMode: balance-xor, hashPolicy: layer2",
        checks: 11,
    });
}

#[test]
fn the_data_vlan_on_the_bridge_is_shared_with_vms() {
    run(&Case {
        layout: "one-bond-br0-vlan",
        site: "bondMode: active-backup, vmVlans: 20-100",
        checks: 12,
    });
}

fn run(case: &Case) {
    let guest = Guest::new(case.layout);
    let programs = [
        file("/usr/lib/cni/bridge"),
        file("/lib/systemd/systemd-networkd"),
        program("modprobe"),
        program("bridge"),
        program("ping"),
    ];
    let (Some(guest), Some(netplan)) = (guest, program("netplan")) else {
        return;
    };
    if programs.contains(&None) {
        return;
    }
    let text = format!("network: {{layout: {}, {}}}", case.layout, case.site);
    let site = site(&text);
    let host = Host::of_role(&site, NodeRole::Worker)
        .expect("every network has its place")
        .with_addresses(&example_addresses(&site));
    prepare(case, &site, &host, &netplan, &guest);
    let results = guest.run("host_network/guest.sh");
    results.hold(case.checks);
    as_modelled(&host, &results);
}

/// Puts into the guest's folder netplan's files for networkd, the CNI configurations, and what the site says.
fn prepare(case: &Case, site: &Site, host: &Host, netplan: &Path, guest: &Guest) {
    let root = guest.folder().join("netplan");
    let engine = Engine::new(built_in::newest());
    let nodes = Nodes::Role(NodeRole::Worker);
    let text = network::write(&engine, site, nodes, Format::Netplan).expect("it can be written");
    guest.write("netplan/etc/netplan/60-vmo.yaml", &text);
    let file = root.join("etc/netplan/60-vmo.yaml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("they can be set");
    let generated = Command::new(netplan)
        .args(["generate", "--root-dir"])
        .arg(&root)
        .output()
        .expect("netplan starts");
    assert!(
        generated.status.success(),
        "{}",
        String::from_utf8_lossy(&generated.stderr)
    );
    for nad in nads() {
        let manifest =
            nad::manifest(&engine, &site.network.bridge, &nad).expect("the manifest can be made");
        let manifest = crate::common::yaml("a NAD", &manifest);
        let configuration = manifest["spec"]["config"].as_str().expect("a text");
        guest.write(&format!("{}.json", nad.name), configuration);
    }
    let checks = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/host_network")
        .join(format!("{}.sh", case.layout));
    let checks = fs::read_to_string(checks).expect("the checks can be read");
    guest.write("case.sh", &(variables(site, host) + &checks));
}

/// The networks that VMs of some check are on; that a site allows them all is not what is tried here.
fn nads() -> Vec<Nad> {
    let vlans: VlanSelection = "10,20,30,untagged".parse().expect("they are VLANs");
    let ids = vlans.tagged.iter().map(Some).chain([None]);
    let namespace = "default".parse().expect("it is a name");
    ids.map(|id| Nad::with_prefix("vlan-", &namespace, id, Some(false)))
        .collect::<Result<_, _>>()
        .expect("the names are good")
}

/// What the site says, for the guest's shell.
fn variables(site: &Site, host: &Host) -> String {
    let network = &site.network;
    let bonds: Vec<String> = host
        .interfaces
        .iter()
        .filter(|interface| matches!(interface.kind, Kind::Bond { .. }))
        .map(|bond| {
            let cards: Vec<&str> = bond.parts().iter().map(|card| card.as_str()).collect();
            format!("{}:{}", bond.name, cards.join(","))
        })
        .collect();
    let bridge = host.bridge().expect("a worker has a bridge");
    // What the profile sets: the node's VLANs, and those of VMs.
    let on_self = match network.bridge_carries_host {
        true => format!("{},{}", network.vlans_on_bridge, network.vm_vlans).replace(',', " "),
        false => String::new(),
    };
    let rate = network
        .bonding
        .lacp_rate()
        .map_or("slow", |rate| rate.as_str());
    let port = host.ports.last().expect("there are cards");
    format!(
        "BONDS='{}'\nMODE={}\nRATE={rate}\nBRIDGE={}\nUPLINK={}\nALLOWED={}\nSELF='{on_self}'\nTRUNK='{}'\n",
        bonds.join(" "),
        network.bonding.mode().as_str(),
        bridge.name,
        bridge.parts()[0],
        network.vm_vlans,
        port.tagged.to_string().replace(',', " "),
    )
}

/// What the kernel has is what the model says: kinds, parts, tags, MTUs, bonding, addresses and routes.
fn as_modelled(host: &Host, results: &Results) {
    let json = |what: &str| -> Vec<Value> {
        serde_json::from_str(results.line(what)).expect("ip writes JSON")
    };
    let links: BTreeMap<String, Value> = json("links")
        .into_iter()
        .map(|link| (link["ifname"].as_str().unwrap_or_default().to_owned(), link))
        .collect();
    let addresses = json("addresses");
    for interface in &host.interfaces {
        let name = interface.name.as_str();
        let link = links
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not there"));
        let info = &link["linkinfo"];
        assert_eq!(link["mtu"], interface.mtu.get(), "{name}");
        match &interface.kind {
            Kind::Card { bond } => assert_eq!(link["master"], bond.as_str(), "{name}"),
            Kind::Bond {
                bonding, bridge, ..
            } => {
                assert_eq!(info["info_kind"], "bond", "{name}");
                let data = &info["info_data"];
                assert_eq!(data["mode"], bonding.mode().as_str(), "{name}");
                assert_eq!(data["miimon"], bonding.link_monitor(), "{name}");
                if let Some(policy) = bonding.hash_policy() {
                    assert_eq!(data["xmit_hash_policy"], policy.as_str(), "{name}");
                }
                if let Some(rate) = bonding.lacp_rate() {
                    assert_eq!(data["ad_lacp_rate"], rate.as_str(), "{name}");
                    assert_eq!(
                        data["ad_info"]["num_ports"],
                        interface.parts().len(),
                        "{name}"
                    );
                }
                let master = bridge.as_ref().map(|bridge| bridge.as_str());
                assert_eq!(link["master"].as_str(), master, "{name}");
            }
            Kind::Vlan { id, link: below } => {
                assert_eq!(info["info_kind"], "vlan", "{name}");
                assert_eq!(info["info_data"]["id"], id.get(), "{name}");
                assert_eq!(link["link"], below.as_str(), "{name}");
            }
            Kind::Bridge { .. } => {
                let data = &info["info_data"];
                assert_eq!(
                    (&data["stp_state"], &data["forward_delay"]),
                    (&0.into(), &0.into())
                );
            }
        }
        let have: Vec<String> = addresses
            .iter()
            .filter(|entry| entry["ifname"] == name)
            .flat_map(|entry| entry["addr_info"].as_array().cloned().unwrap_or_default())
            .map(|info| {
                format!(
                    "{}/{}",
                    info["local"].as_str().unwrap_or_default(),
                    info["prefixlen"]
                )
            })
            .collect();
        let want: Vec<String> = interface
            .attachments
            .iter()
            .filter_map(|a| Some(format!("{}/{}", a.address?, a.cidr.prefix())))
            .collect();
        assert_eq!(have, want, "{name}");
    }
    let routes = json("routes");
    let default = routes.iter().find(|route| route["dst"] == "default");
    assert_eq!(default.expect("there is one")["gateway"], "10.20.30.1");
}
