//! containerd's configuration, as containerd dumps it: it takes any key, so the values have to be those that are meant.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::common::programs::{namespaces, program};
use super::common::{nothing_wrong, schema};
use super::node::{self, Node, REVISIONS};
use crate::common::harness::Scratch;

const CONFIG: &str = "/etc/containerd/config.toml";
const CRI: &str = "/plugins/io.containerd.grpc.v1.cri";
const RUNC: &str = "/containerd/runtimes/runc";

fn toml(place: &str, text: &str) -> Value {
    toml::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}\n{text}"))
}

/// The configurations of all nodes, each with a node that has it.
fn files() -> BTreeMap<&'static str, &'static Node> {
    let nodes = node::nodes().iter();
    nodes
        .map(|node| (node.file(CONFIG).expect("every node has one"), node))
        .collect()
}

/// What containerd makes of a configuration, with other files beside it.
fn dumped(unshare: &Path, config: &str, drop_ins: &[(&str, &str)]) -> Value {
    let folder = Scratch::new();
    node::write(&folder.join("config.toml"), config);
    for (name, text) in drop_ins {
        node::write(&folder.join("conf.d").join(name), text);
    }
    let output = node::privately(unshare, "containerd.sh", &[&folder]);
    let (stdout, stderr) = node::said(&output);
    assert!(
        output.status.success() && stderr.is_empty(),
        "{stderr}\n{config}"
    );
    toml("what containerd dumps", &stdout)
}

/// What a dump has to say, by place.
fn expected(pause: &str) -> Vec<(String, Value)> {
    let at = |below: &str| format!("{CRI}{below}");
    vec![
        ("/version".to_owned(), json!(2)),
        (at("/device_ownership_from_security_context"), json!(true)),
        (at("/sandbox_image"), json!(pause)),
        (
            at("/registry/config_path"),
            json!("/etc/containerd/certs.d"),
        ),
        (at("/containerd/default_runtime_name"), json!("runc")),
        (
            at(&format!("{RUNC}/runtime_type")),
            json!("io.containerd.runc.v2"),
        ),
        (at(&format!("{RUNC}/options/SystemdCgroup")), json!(true)),
    ]
}

/// Where a tree is not as it has to be.
fn differences(tree: &Value, expected: &[(String, Value)]) -> Vec<String> {
    let differs = |(place, value): &&(String, Value)| tree.pointer(place) != Some(value);
    let wrong = expected.iter().filter(differs);
    wrong
        .map(|(place, value)| format!("{place} is {:?} instead of {value}", tree.pointer(place)))
        .collect()
}

/// The pause image that a node has to have.
fn pause(node: &Node, config: &str) -> &'static str {
    match node.revision {
        _ if config.contains("registry.example.internal") => {
            "registry.example.internal/k8s/pause:3.10.1"
        }
        "1.7.0" => "registry.k8s.io/pause:3.10",
        _ => "registry.k8s.io/pause:3.10.1",
    }
}

#[test]
fn containerd_has_what_is_written() {
    let (Some(unshare), Some(_)) = (namespaces(), program("containerd")) else {
        return;
    };
    let mut problems = Vec::new();
    let files = files();
    let old = files
        .iter()
        .filter(|(text, _)| text.starts_with("version = 2\n"));
    let mut count = 0;
    for (text, node) in old {
        count += 1;
        let dump = dumped(&unshare, text, &[]);
        let found = differences(&dump, &expected(pause(node, text)));
        problems.extend(found.iter().map(|problem| format!("{node}: {problem}")));
    }
    nothing_wrong(&problems);
    // The pause images of the revisions, and a site's own.
    assert_eq!(count, 3);
}

/// What a node image or another pack drops beside our file takes effect, and ours stays.
#[test]
fn drop_ins_go_with_it() {
    let (Some(unshare), Some(_)) = (namespaces(), program("containerd")) else {
        return;
    };
    let node = Node::of("", REVISIONS[1]);
    let config = node.file(CONFIG).expect("every node has one");
    let drop_in =
        "version = 2\n[debug]\n  level = \"warn\"\n[metrics]\n  address = \"127.0.0.1:1338\"\n";
    let dump = dumped(&unshare, config, &[("50-metrics.toml", drop_in)]);
    let mut expected = expected(pause(&node, config));
    expected.push(("/debug/level".to_owned(), json!("warn")));
    expected.push(("/metrics/address".to_owned(), json!("127.0.0.1:1338")));
    assert_eq!(differences(&dump, &expected), Vec::<String>::new());
}

/// A key that containerd does not know changes nothing in silence, and the comparison sees it.
#[test]
fn what_containerd_passes_over_is_seen() {
    let (Some(unshare), Some(_)) = (namespaces(), program("containerd")) else {
        return;
    };
    let node = Node::of("", REVISIONS[1]);
    let config = node.file(CONFIG).expect("every node has one");
    let expected = expected(pause(&node, config));
    for (from, to) in [
        ("device_ownership_from", "device_ownership_by"),
        ("SystemdCgroup", "systemd_cgroup"),
        ("sandbox_image", "sandbox"),
        (
            "\"io.containerd.grpc.v1.cri\"]",
            "\"io.containerd.cri.v1.runtime\"]",
        ),
    ] {
        let bad = config.replacen(from, to, 1);
        assert_ne!(bad, config, "{from}");
        let dump = dumped(&unshare, &bad, &[]);
        assert_ne!(differences(&dump, &expected), Vec::<String>::new(), "{to}");
    }
}

/// The form for 2.x, which no containerd of Debian 12 reads.
#[test]
fn the_form_of_version_3_is_the_documented_one() {
    let text =
        std::fs::read_to_string(node::data("containerd-2.schema.json")).expect("it is there");
    let text = serde_json::from_str(&text).expect("it is JSON");
    let validator = schema::compile("containerd 2", text);
    let mut problems = Vec::new();
    let files = files();
    let new = files
        .iter()
        .filter(|(text, _)| text.starts_with("version = 3\n"));
    let mut count = 0;
    for (text, node) in new {
        count += 1;
        let tree = toml(&node.name, text);
        problems.extend(schema::complaints(&node.name, &validator, &tree));
        let images = "/plugins/io.containerd.cri.v1.images";
        let runtime = "/plugins/io.containerd.cri.v1.runtime";
        let expected = [
            (
                format!("{images}/pinned_images/sandbox"),
                json!(pause(node, text)),
            ),
            (
                format!("{images}/registry/config_path"),
                json!("/etc/containerd/certs.d"),
            ),
            (
                format!("{runtime}/device_ownership_from_security_context"),
                json!(true),
            ),
            (
                format!("{runtime}{RUNC}/runtime_type"),
                json!("io.containerd.runc.v2"),
            ),
            (
                format!("{runtime}{RUNC}/options/SystemdCgroup"),
                json!(true),
            ),
            (
                "/imports".to_owned(),
                json!(["/etc/containerd/conf.d/*.toml"]),
            ),
        ];
        let found = differences(&tree, &expected);
        problems.extend(found.iter().map(|problem| format!("{node}: {problem}")));
    }
    nothing_wrong(&problems);
    assert_eq!(count, REVISIONS.len());
}
