//! The command that gives the kubelet its node IP, run in network namespaces with a node's addresses.

use std::fs;
use std::path::Path;

use super::common::programs::{namespaces, program};
use super::node::{self, Node, REVISIONS};
use crate::common::harness::Scratch;

/// What the command makes of a node: the file after one run and after two, and what it says.
struct Outcome {
    first: Option<String>,
    second: Option<String>,
    stderr: String,
}

/// Runs a node's command. None where the programs are not here.
fn outcome(node: &Node, interfaces: &str, before: Option<&str>) -> Option<Outcome> {
    let (Some(unshare), Some(_), Some(_)) = (namespaces(), program("ip"), program("dash")) else {
        return None;
    };
    let folder = Scratch::new();
    node::write(&folder.join("command.sh"), node.command("--node-ip="));
    node::write(&folder.join("interfaces"), interfaces);
    if let Some(before) = before {
        node::write(&folder.join("before"), before);
    }
    Some(ran(&unshare, &folder))
}

fn ran(unshare: &Path, folder: &Path) -> Outcome {
    let output = node::privately(unshare, "node_ip.sh", &[folder]);
    let (stdout, stderr) = node::said(&output);
    assert!(output.status.success(), "{stdout}{stderr}");
    let file = |name: &str| fs::read_to_string(folder.join(name)).ok();
    Outcome {
        first: file("first"),
        second: file("second"),
        stderr,
    }
}

/// A node of the example, whose management network is 172.16.0.0/22.
fn example() -> Node {
    Node::of("", REVISIONS[1])
}

/// Addresses of a node with four cards.
const CARDS: &str = "\
eno1 192.168.0.21/22
bond_data.20 10.20.0.21/16 fd00:20::21/64
bond_mgmt.10 fd00:10::21/64 172.16.1.21/22
";

#[test]
fn the_address_goes_into_every_form_of_the_file() {
    for (name, before, after) in [
        (
            "absent",
            None,
            "\nKUBELET_EXTRA_ARGS=--node-ip=172.16.1.21\n",
        ),
        (
            "empty",
            Some(""),
            "\nKUBELET_EXTRA_ARGS=--node-ip=172.16.1.21\n",
        ),
        // The form of CAPI's images.
        (
            "no-end",
            Some("KUBELET_EXTRA_ARGS="),
            "KUBELET_EXTRA_ARGS=--node-ip=172.16.1.21",
        ),
        (
            "no-value",
            Some("KUBELET_EXTRA_ARGS=\n"),
            "KUBELET_EXTRA_ARGS=--node-ip=172.16.1.21\n",
        ),
        (
            "arguments",
            Some("# Ours\nKUBELET_EXTRA_ARGS=--v=2 --cloud-provider=external\nOTHER=--v=3\n"),
            "# Ours\nKUBELET_EXTRA_ARGS=--node-ip=172.16.1.21 --v=2 --cloud-provider=external\nOTHER=--v=3\n",
        ),
        (
            "quoted",
            Some("KUBELET_EXTRA_ARGS=\"--v=2\"\n"),
            "KUBELET_EXTRA_ARGS=\"--node-ip=172.16.1.21 --v=2\"\n",
        ),
        (
            "quotes",
            Some("KUBELET_EXTRA_ARGS=''"),
            "KUBELET_EXTRA_ARGS='--node-ip=172.16.1.21'",
        ),
        (
            "another",
            Some("KUBELET_EXTRA_ARGS=\"--v=2 --node-ip=10.20.0.21 --v=3\"\n"),
            "KUBELET_EXTRA_ARGS=\"--node-ip=172.16.1.21 --v=2 --v=3\"\n",
        ),
        // Of a flag that comes several times, the kubelet takes the last.
        (
            "several",
            Some("KUBELET_EXTRA_ARGS=--node-ip=10.20.0.21 --v=2 --node-ip 192.168.0.21\n"),
            "KUBELET_EXTRA_ARGS=--node-ip=172.16.1.21 --v=2\n",
        ),
        (
            "comment",
            Some("#KUBELET_EXTRA_ARGS=--v=2"),
            "#KUBELET_EXTRA_ARGS=--v=2\nKUBELET_EXTRA_ARGS=--node-ip=172.16.1.21\n",
        ),
    ] {
        let Some(outcome) = outcome(&example(), CARDS, before) else {
            return;
        };
        assert_eq!(outcome.first.as_deref(), Some(after), "{name}");
        assert_eq!(outcome.second, outcome.first, "{name}: again");
        assert_eq!(outcome.stderr, "", "{name}");
    }
}

#[test]
fn the_address_is_the_first_of_the_management_network() {
    let elsewhere = "network: {management: {vlan: 10, cidr: 10.9.4.0/23}}";
    for (name, site, interfaces, expected) in [
        ("one", "", "bond0.10 172.16.3.254/22\n", "172.16.3.254"),
        (
            "cards",
            "",
            "eno1 172.16.0.9/22\neno2 172.16.0.7/22\n",
            "172.16.0.9",
        ),
        // A second address of the network is somebody else's, such as a virtual one.
        (
            "two",
            "",
            "bond0.10 172.16.0.9/22 172.16.0.2/22\n",
            "172.16.0.9",
        ),
        (
            "edge",
            elsewhere,
            "eno1 10.9.6.1/23\neno2 10.9.3.255/23\neno3 10.9.5.254/23\n",
            "10.9.5.254",
        ),
        ("single", elsewhere, "eno1 10.9.4.7/32\n", "10.9.4.7"),
    ] {
        let node = Node::of(site, REVISIONS[0]);
        let before = Some("KUBELET_EXTRA_ARGS=");
        let Some(outcome) = outcome(&node, interfaces, before) else {
            return;
        };
        let expected = format!("KUBELET_EXTRA_ARGS=--node-ip={expected}");
        assert_eq!(outcome.first.as_ref(), Some(&expected), "{name}");
        assert_eq!(outcome.second, outcome.first, "{name}: again");
    }
}

/// The commands share one script with kubeadm, so a node without such an address is told of and goes on.
#[test]
fn without_an_address_the_file_stays() {
    for (name, interfaces, before) in [
        ("none", "eno1 192.168.0.21/22\n", None),
        ("near", "eno1 172.16.4.1/22\n", Some("KUBELET_EXTRA_ARGS=")),
        (
            "six",
            "eno1 fd00:10::21/64\n",
            Some("KUBELET_EXTRA_ARGS=--node-ip=10.0.0.1\n"),
        ),
        ("nothing", "", Some("")),
    ] {
        let Some(outcome) = outcome(&example(), interfaces, before) else {
            return;
        };
        assert_eq!(outcome.first.as_deref(), before, "{name}");
        assert_eq!(outcome.second.as_deref(), before, "{name}: again");
        let message = "vmo: no address in 172.16.0.0/22, the kubelet chooses the node IP\n";
        assert_eq!(outcome.stderr, message.repeat(2), "{name}");
    }
}
