//! Addresses that Services ask for, in manifests and in the values that charts make Services of.

use serde_json::{Map, Value};

use crate::cluster::values::escaped;
use crate::cluster::{Cluster, Document};
use crate::rules::{ClusterRule, Finding, rule};

pub(super) const RULES: &[ClusterRule] = &[addresses];

/// The annotations that name addresses, and those that let Services share one (MetalLB, usage).
const WANTED: [&str; 2] = [
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
];
const SHARED: [&str; 2] = [
    "metallb.io/allow-shared-ip",
    "metallb.universe.tf/allow-shared-ip",
];
/// The same in the specification of a Service.
const FIELD: &str = "loadBalancerIP";

/// An address that a Service asks for.
struct Wish<'c> {
    address: &'c str,
    shared: Option<&'c str>,
    /// The layer, or the manifest.
    of: &'c str,
    document: &'c Document,
    path: String,
}

fn addresses(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let mut wishes: Vec<Wish<'_>> = Vec::new();
    let of_values = cluster.layers();
    let of_values = of_values.map(|(_, checked, layer)| (layer.name.as_str(), &checked.values));
    let manifests = cluster.of_kind("Service").map(|one| (one.name(), one));
    for (of, document) in of_values.chain(manifests) {
        // Most texts are long, and hold none.
        if document.text().contains(FIELD) {
            below(&document.value, "", None, &mut |path, address, shared| {
                wishes.push(Wish {
                    address,
                    shared,
                    of,
                    document,
                    path,
                });
            });
        }
    }
    for (at, wish) in wishes.iter().enumerate() {
        let same = |other: &&Wish<'_>| {
            let is_shared = wish.shared.is_some() && wish.shared == other.shared;
            let is_other = other.of != wish.of || !std::ptr::eq(other.document, wish.document);
            is_other && other.address == wish.address && !is_shared
        };
        if let Some(first) = wishes[..at].iter().find(same) {
            findings.push(wish.document.mark(rule::METALLB_ONE_ADDRESS.error(
                wish.path.as_str(),
                format!(
                    "`{}` asks for the address {}, which `{}` asks for too",
                    wish.of, wish.address, first.of
                ),
            )));
        }
    }
}

/// Goes over what is not switched off; `shared` is the key for sharing of the Service that a value belongs to.
fn below<'c>(
    value: &'c Value,
    path: &str,
    shared: Option<&'c str>,
    found: &mut impl FnMut(String, &'c str, Option<&'c str>),
) {
    match value {
        Value::Object(map) if map.get("enabled") != Some(&Value::Bool(false)) => {
            let shared = own_key(map).or(shared);
            for (key, value) in map {
                let path = match path {
                    "" => escaped(key),
                    path => format!("{path}.{}", escaped(key)),
                };
                match value.as_str() {
                    Some(text) if key == FIELD || WANTED.contains(&key.as_str()) => {
                        let parts = text.split(',').map(str::trim);
                        for address in parts.filter(|part| !part.is_empty()) {
                            found(path.clone(), address, shared);
                        }
                    }
                    _ => below(value, &path, shared, found),
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                below(item, &format!("{path}[{at}]"), shared, found);
            }
        }
        _ => {}
    }
}

/// The key for sharing in the annotations of a Service, or in those of its metadata.
fn own_key(map: &Map<String, Value>) -> Option<&str> {
    let around = [Some(map), map.get("metadata").and_then(Value::as_object)];
    let annotations = around
        .into_iter()
        .flatten()
        .filter_map(|map| map.get("annotations"));
    let mut keys = annotations.flat_map(|map| SHARED.map(|key| map.get(key)));
    keys.find_map(|key| key?.as_str())
}
