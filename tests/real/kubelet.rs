//! The kubelet's drop-in, by the arithmetic that the kubelet does before it starts. None can be run here: what it checks is
//! written down once more, from its documentation, and the product's own rules are held against it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::common::{built_in, site};
use serde_json::Value;
use vmo_ra::diagnostic::Severity;
use vmo_ra::rules;

use super::common::{self, nothing_wrong, schema};
use super::node::{self, Node, REVISIONS};

const DROP_IN: &str = "/etc/vmo/tuning/etc/kubernetes/kubelet.conf.d/20-vmo-tuning.conf";
const GIB: i128 = 1 << 30;

/// A worker.
#[derive(Clone, Copy, Debug)]
struct Machine {
    cpus: u16,
    memory: i128,
}

/// The CPUs left for pods.
#[derive(Debug, PartialEq, Eq)]
struct Allocatable {
    cpus: usize,
    memory: i128,
}

/// An amount as Kubernetes reads it, in thousandths: digits, perhaps with a point, and a suffix or a decimal exponent.
fn quantity(text: &str) -> Result<i128, String> {
    let problem = || format!("`{text}` is no quantity");
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let unit: i128 = match suffix {
        "" => 1,
        "m" => return number.parse().map_err(|_| problem()),
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "Pi" => 1 << 50,
        "Ei" => 1 << 60,
        "k" => 1000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "P" => 1_000_000_000_000_000,
        "E" => 1_000_000_000_000_000_000,
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E']).ok_or_else(problem)?;
            10i128
                .checked_pow(exponent.parse().map_err(|_| problem())?)
                .ok_or_else(problem)?
        }
    };
    let parsed: i128 = format!("{whole}{part}").parse().map_err(|_| problem())?;
    let scale = 10i128.pow(u32::try_from(part.len()).map_err(|_| problem())?);
    let value = parsed * unit * 1000 / scale;
    // What is more is cut off there, and sums no longer add up.
    if value / 1000 > i128::from(i64::MAX) {
        return Err(format!("`{text}` is more than Kubernetes counts"));
    }
    Ok(value)
}

/// A set of CPUs as the kubelet reads it: no blanks, no ranges that run backwards.
fn cpus(text: &str) -> Result<BTreeSet<u16>, String> {
    let problem = || format!("`{text}` is no set of CPUs");
    let number = |text: &str| text.parse::<u16>().map_err(|_| problem());
    let mut cpus = BTreeSet::new();
    for part in text.split(',') {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        let (low, high) = (number(low)?, number(high)?);
        if low > high {
            return Err(problem());
        }
        cpus.extend(low..=high);
    }
    Ok(cpus)
}

fn memory(kubelet: &Value, field: &str, key: &str) -> Result<i128, String> {
    match &kubelet[field][key] {
        Value::String(text) => quantity(text),
        // A reservation that is left out is none; what pods are evicted at has a default.
        Value::Null if field == "evictionHard" => quantity("100Mi"),
        Value::Null => Ok(0),
        other => Err(format!("{field}.{key} is {other}")),
    }
}

/// What the Memory Manager holds back, of all NUMA nodes.
fn reserved_memory(kubelet: &Value) -> Result<i128, String> {
    let mut seen = BTreeSet::new();
    let mut sum = 0;
    for entry in kubelet["reservedMemory"].as_array().into_iter().flatten() {
        if !seen.insert(entry["numaNode"].as_u64()) {
            return Err("reservedMemory names a NUMA node twice".to_owned());
        }
        let text = entry["limits"]["memory"].as_str().unwrap_or_default();
        match quantity(text)? {
            0 => return Err("reservedMemory has nothing of a node".to_owned()),
            amount => sum += amount,
        }
    }
    Ok(sum)
}

/// Whether a kubelet with this configuration starts on a machine, and what it leaves for pods.
fn starts(kubelet: &Value, machine: Machine) -> Result<Allocatable, String> {
    let reserved = cpus(kubelet["reservedSystemCPUs"].as_str().unwrap_or_default())?;
    if let Some(missing) = reserved.iter().find(|cpu| **cpu >= machine.cpus) {
        return Err(format!("CPU {missing} is not online"));
    }
    for group in ["systemReservedCgroup", "kubeReservedCgroup"] {
        if !kubelet[group].is_null() {
            return Err(format!("{group} and reservedSystemCPUs exclude each other"));
        }
    }
    let kept = memory(kubelet, "systemReserved", "memory")?
        + memory(kubelet, "kubeReserved", "memory")?
        + memory(kubelet, "evictionHard", "memory.available")?;
    let managed = reserved_memory(kubelet)?;
    if kubelet["memoryManagerPolicy"] == "Static" && managed != kept {
        return Err(format!("reservedMemory is {managed}, and {kept} is kept"));
    }
    Ok(Allocatable {
        cpus: usize::from(machine.cpus) - reserved.len(),
        memory: machine.memory - kept / 1000,
    })
}

fn kubelet(node: &Node) -> Value {
    let text = node.file(DROP_IN).expect("every node has one");
    common::yaml(&node.name, text)
}

/// The drop-ins that differ, by their text.
fn drop_ins() -> BTreeMap<&'static str, &'static Node> {
    let nodes = node::nodes().iter();
    nodes
        .map(|node| (node.file(DROP_IN).expect("every node has one"), node))
        .collect()
}

#[test]
fn every_field_is_one_of_the_kubelet() {
    let text = fs::read_to_string(node::data("kubelet.schema.json")).expect("it is there");
    let fields = serde_json::from_str(&text).expect("it is JSON");
    let validator = schema::compile("KubeletConfiguration", fields);
    let mut problems = Vec::new();
    for node in drop_ins().values() {
        problems.extend(schema::complaints(&node.name, &validator, &kubelet(node)));
    }
    nothing_wrong(&problems);
    // The kubelet takes no number for a text, no text for a number, and no field of another spelling.
    let good = kubelet(&Node::of("", REVISIONS[1]));
    for (pointer, wrong) in [
        ("/systemReserved/memory", Value::from(1)),
        ("/maxPods", Value::from("250")),
        (
            "/cpuManagerPolicyOptions/strict-cpu-reservation",
            Value::from(true),
        ),
        ("/reservedMemory/0/numaNode", Value::from("0")),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect("it is there") = wrong;
        assert_eq!(schema::refusals(&validator, &bad).len(), 1, "{pointer}");
    }
    let mut bad = good.clone();
    bad["reservedSystemCpus"] = Value::from("0-7");
    assert_eq!(schema::refusals(&validator, &bad).len(), 1);
}

/// Names of policies, and what only some versions have.
#[test]
fn every_policy_is_one_of_the_version() {
    for (text, node) in drop_ins() {
        let kubelet = kubelet(node);
        assert_eq!(kubelet["cpuManagerPolicy"], "static", "{text}");
        assert_eq!(kubelet["memoryManagerPolicy"], "Static", "{text}");
        assert_eq!(kubelet["topologyManagerPolicy"], "best-effort", "{text}");
        assert_eq!(kubelet["topologyManagerScope"], "pod", "{text}");
        // strict-cpu-reservation is alpha in 1.32 and beta, which is on, in 1.34; the gate is of no use there.
        let gate = &kubelet["featureGates"]["CPUManagerPolicyAlphaOptions"];
        let expected = if node.revision == "1.7.0" {
            Value::from(true)
        } else {
            Value::Null
        };
        assert_eq!(*gate, expected, "{node}");
    }
}

#[test]
fn every_drop_in_lets_a_large_worker_start() {
    let machine = Machine {
        cpus: 128,
        memory: 1024 * GIB,
    };
    let drop_ins = drop_ins();
    for (text, node) in &drop_ins {
        let left = starts(&kubelet(node), machine).unwrap_or_else(|why| panic!("{why}\n{text}"));
        assert!(
            left.cpus >= 64 && left.memory >= 900 * GIB,
            "{left:?}\n{text}"
        );
    }
    assert!(drop_ins.len() >= 5, "{}", drop_ins.len());
}

/// What `vmo-ra check` says of a site as errors.
fn errors(text: &str) -> Vec<&'static str> {
    let site = site(text);
    let revision = built_in::revision(REVISIONS[1]);
    rules::check(&site, revision)
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.rule.id)
        .collect()
}

/// A site is an error exactly where its kubelet would not start, or would have no CPU for pods.
#[test]
fn a_worker_that_cannot_start_is_found_by_check() {
    let mut works = 0;
    let mut fails = 0;
    for cores in [4, 8, 48, 128] {
        for reserved in [
            "0",
            "0-1",
            "0-3",
            "0-7",
            "0-7,64-71",
            "0-3,24-27",
            "0-47",
            "0-127",
            "127",
        ] {
            let site = format!("nodes: {{cpus: {cores}, reservedCpus: '{reserved}'}}");
            let machine = Machine {
                cpus: cores,
                memory: 256 * GIB,
            };
            // Nothing is rendered for a site with errors; without its workers' size, nothing is wrong with it.
            let unsized_site = format!("nodes: {{reservedCpus: '{reserved}'}}");
            let started = starts(&kubelet(&Node::of(&unsized_site, REVISIONS[1])), machine);
            let expected = match started {
                Err(_) => vec!["reserved-cpus-missing"],
                Ok(Allocatable { cpus: 0, .. }) => vec!["reserved-cpus-all"],
                Ok(_) => Vec::new(),
            };
            if expected.is_empty() {
                works += 1;
            } else {
                fails += 1;
            }
            assert_eq!(errors(&site), expected, "{site}");
        }
    }
    assert_eq!((works, fails), (18, 18));
}

/// Whatever units a site writes its amounts in, the kubelet has them to the byte.
#[test]
fn memory_adds_up_in_every_unit() {
    let machine = Machine {
        cpus: 8,
        memory: 64 * GIB,
    };
    for (system, kube, eviction) in [
        ("8Gi", "4Gi", "1Gi"),
        ("8G", "4000M", "1024Mi"),
        ("8589934593", "4194303Ki", "1049k"),
        ("1T", "1Ti", "1048577"),
        ("1P", "1Pi", "100Mi"),
    ] {
        let site = format!(
            "nodes: {{reservedCpus: '0-3', reservedMemory: {{system: {system}, kube: {kube}, evictionHard: {eviction}}}}}"
        );
        let kubelet = kubelet(&Node::of(&site, REVISIONS[0]));
        let amounts = [system, kube, eviction].map(quantity);
        let sum: i128 = amounts
            .iter()
            .map(|amount| amount.clone().expect(&site))
            .sum();
        assert_eq!(reserved_memory(&kubelet), Ok(sum), "{site}");
        let left = starts(&kubelet, machine).unwrap_or_else(|why| panic!("{site}: {why}"));
        assert_eq!(left.memory, machine.memory - sum / 1000, "{site}");
    }
}

/// The arithmetic above refuses what the kubelet refuses.
#[test]
fn what_stops_a_kubelet_is_seen() {
    let machine = Machine {
        cpus: 8,
        memory: 64 * GIB,
    };
    let good = kubelet(&Node::of("nodes: {reservedCpus: 0-3}", REVISIONS[1]));
    assert!(starts(&good, machine).is_ok());
    for (pointer, wrong) in [
        ("/reservedMemory/0/limits/memory", "12Gi"),
        ("/evictionHard/memory.available", "5%"),
        ("/kubeReserved/memory", "4GiB"),
        ("/systemReserved/memory", "16777216Ti"),
        ("/reservedSystemCPUs", "0-8"),
        ("/reservedSystemCPUs", "3-0"),
        ("/reservedSystemCPUs", "0- 3"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect("it is there") = Value::from(wrong);
        assert!(starts(&bad, machine).is_err(), "{pointer}: {wrong}");
    }
    let mut bad = good.clone();
    bad["kubeReservedCgroup"] = Value::from("/kube.slice");
    assert!(starts(&bad, machine).is_err());
}
