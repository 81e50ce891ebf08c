//! The kubelet's configuration on the nodes: drop-ins below its `--config-dir`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::cluster::Cluster;
use crate::command;
use crate::diagnostic::Source;
use crate::rules::node::files::{NodeFile, commands, files};
use crate::rules::{ClusterRule, Finding, rule};
use crate::site::Quantity;
use crate::yaml::{self, Limits};

const KIND: &str = "KubeletConfiguration";

pub(super) const RULES: &[ClusterRule] = &[forms, managers, directory, unread];

/// Every drop-in of the kubelet, wherever it waits to be put in place.
fn drop_ins(cluster: &Cluster) -> impl Iterator<Item = NodeFile<'_>> {
    files(cluster).filter(|file| file.path.contains("/kubelet.conf.d/"))
}

fn read(file: &NodeFile<'_>) -> Option<Value> {
    yaml::to_json(&Source::new(file.path, file.text()), Limits::INPUT).ok()
}

fn forms(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for file in drop_ins(cluster) {
        // Its content is in the pack.
        if file.text().is_empty() {
            continue;
        }
        let value = read(&file);
        let field = |name: &str| {
            let field = value.as_ref().and_then(|value| value.get(name));
            field.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let (message, help) = if !file.path.ends_with(".conf") {
            (
                format!("the kubelet ignores `{}`", file.path),
                "give it a name that ends in `.conf`".to_owned(),
            )
        } else if value.is_none() {
            (
                format!("`{}` is not YAML", file.path),
                "check the indentation, and the quotes around macros".to_owned(),
            )
        } else if field("kind") != KIND {
            (
                format!("`{}` is no {KIND}", file.path),
                format!("write `kind: {KIND}`; the kubelet does not start without it"),
            )
        } else if !field("apiVersion").starts_with("kubelet.config.k8s.io/") {
            (
                format!("`{}` has no `apiVersion` of the kubelet", file.path),
                "write `apiVersion: kubelet.config.k8s.io/v1beta1`".to_owned(),
            )
        } else {
            continue;
        };
        findings.push(file.mark(rule::KUBELET_DROP_IN.error("", message).help(help), 0..1));
    }
}

/// What the drop-ins of each profile say together: later ones, by name, go over earlier ones.
fn managers(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let mut profiles: BTreeMap<&str, Vec<NodeFile<'_>>> = BTreeMap::new();
    for file in drop_ins(cluster).filter(|file| file.path.ends_with(".conf")) {
        profiles.entry(&file.profile.file).or_default().push(file);
    }
    for mut files in profiles.into_values() {
        files.sort_by_key(|file| file.path);
        let mut merged = Map::new();
        for file in &files {
            if let Some(Value::Object(map)) = read(file) {
                merge(&mut merged, map);
            }
        }
        let mut add = |finding: Finding, key: &str| {
            // The last that has the key is the one that counts.
            let place = files.iter().rev().find_map(|file| {
                let at = position(file.text(), key)?;
                Some((file, at))
            });
            if let Some((file, at)) = place {
                findings.push(file.mark(finding, at..at + key.len()));
            }
        };
        for (key, known) in [
            ("cpuManagerPolicy", &["none", "static"][..]),
            ("memoryManagerPolicy", &["None", "Static"]),
            (
                "topologyManagerPolicy",
                &["none", "best-effort", "restricted", "single-numa-node"],
            ),
            ("topologyManagerScope", &["container", "pod"]),
        ] {
            if let Some(given) = merged.get(key).and_then(Value::as_str)
                && !known.contains(&given)
                && !given.contains("{{")
            {
                add(
                    rule::KUBELET_POLICY
                        .error("", format!("the kubelet has no `{key}` called `{given}`"))
                        .help(format!("write one of {}; capitals count", known.join(", "))),
                    key,
                );
            }
        }
        let has = |key: &str| {
            merged
                .get(key)
                .is_some_and(|value| value != "" && !value.is_null())
        };
        for group in ["systemReservedCgroup", "kubeReservedCgroup"] {
            if has("reservedSystemCPUs") && has(group) {
                add(
                    rule::KUBELET_RESERVED.error("", format!("the kubelet does not start with `reservedSystemCPUs` and `{group}`"))
                    .help("remove one of the two; a slice with AllowedCPUs keeps services on their CPUs"),
                    group,
                );
            }
        }
        let reserves_cpu = ["systemReserved", "kubeReserved"]
            .iter()
            .any(|key| merged.get(*key).and_then(|map| map.get("cpu")).is_some());
        if merged.get("cpuManagerPolicy").and_then(Value::as_str) == Some("static")
            && !has("reservedSystemCPUs")
            && !reserves_cpu
        {
            add(
                rule::KUBELET_RESERVED.error("", "the kubelet does not start with the static CPU manager and no reserved CPU")
                .help("name CPUs in `reservedSystemCPUs`"),
                "cpuManagerPolicy",
            );
        }
        if merged.get("memoryManagerPolicy").and_then(Value::as_str) == Some("Static")
            && let Some(message) = unequal(&merged)
        {
            add(
                rule::KUBELET_MEMORY.error("", message),
                "memoryManagerPolicy",
            );
        }
    }
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Where a key begins a line of a text.
fn position(text: &str, key: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line
            .strip_prefix(key)
            .is_some_and(|rest| rest.starts_with(':'))
        {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// What does not add up for the Memory Manager, or none if it does, or where that cannot be known.
fn unequal(kubelet: &Map<String, Value>) -> Option<String> {
    let memory = |key: &str, field: &str, default: &str| -> Option<u128> {
        match kubelet.get(key).and_then(|map| map.get(field)) {
            None => bytes(default),
            Some(value) => bytes(&text(value)),
        }
    };
    let wanted = memory("kubeReserved", "memory", "0")?
        .checked_add(memory("systemReserved", "memory", "0")?)?
        .checked_add(memory("evictionHard", "memory.available", "100Mi")?)?;
    let reserved = kubelet.get("reservedMemory").and_then(Value::as_array);
    let mut sum: u128 = 0;
    for entry in reserved.into_iter().flatten() {
        if let Some(value) = entry.get("limits").and_then(|limits| limits.get("memory")) {
            sum = sum.checked_add(bytes(&text(value))?)?;
        }
    }
    (sum != wanted).then(|| {
        format!(
            "the kubelet does not start: reservedMemory is {}, and {} is reserved elsewhere",
            shown(sum),
            shown(wanted)
        )
    })
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A quantity in bytes; percentages and macros are known on the node only.
fn bytes(text: &str) -> Option<u128> {
    if text == "0" {
        return Some(0);
    }
    Quantity::of_kubernetes(text)
        .ok()
        .map(|quantity| quantity.bytes())
}

fn shown(bytes: u128) -> String {
    if bytes.is_multiple_of(1 << 20) {
        format!("{}Mi", bytes >> 20)
    } else {
        format!("{bytes} bytes")
    }
}

/// Without `--config-dir`, the kubelet reads no drop-ins.
fn unread(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for (profile, layer, pack) in cluster.layers() {
        let path = "kubeadmconfig.kubeletExtraArgs.config-dir";
        if pack.layer != "k8s"
            || layer.values.value.is_null()
            || layer
                .values
                .find(path)
                .is_some_and(|value| !value.is_null())
        {
            continue;
        }
        let mut of_profile = drop_ins(cluster).filter(|file| file.profile.file == profile.file);
        if let Some(file) = of_profile.next() {
            findings.push(layer.values.mark(
                rule::KUBELET_UNREAD.error(path, format!("no kubelet reads `{}`", file.path)),
            ));
        }
    }
}

/// The kubelet does not start where the directory of its `--config-dir` is missing, on control planes too.
fn directory(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for (profile, layer, _) in cluster.layers() {
        let path = "kubeadmconfig.kubeletExtraArgs.config-dir";
        let Some(directory) = layer.values.text_at(path) else {
            continue;
        };
        let directory = directory.trim_end_matches('/');
        if directory.is_empty() || directory.contains("{{") {
            continue;
        }
        let of_profile = |file: &NodeFile<'_>| file.profile.file == profile.file;
        let is_made = commands(cluster)
            .any(|(_, _, node)| node.text().is_some_and(|text| text.contains(directory)))
            || files(cluster).filter(of_profile).any(|file| {
                file.path
                    .strip_prefix(directory)
                    .is_some_and(|rest| rest.starts_with('/'))
            });
        if !is_made {
            findings.push(
                layer.values.mark(
                    rule::KUBELET_DIRECTORY
                        .error(
                            path,
                            format!("nothing creates `{directory}`, and the kubelet does not start without it"),
                        )
                        .help(format!(
                            "add {} to the commands before kubeadm, for all nodes",
                            command::on("mkdir -p", directory)
                        )),
                ),
            );
        }
    }
}
