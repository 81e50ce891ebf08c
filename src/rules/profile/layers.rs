//! The layers of a profile: which there are, their order and their contents.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{CheckedLayer, CheckedProfile, Cluster, Document, Role};
use crate::profile::{CORE_LAYERS, Layer};
use crate::rules::{ClusterRule, DocumentRule, Finding, rule};
use crate::yaml::{Kind, Node};

const PRIORITY: &str = "spectrocloud.com/install-priority";

pub(super) const RULES: &[ClusterRule] = &[
    twice,
    twice_in_a_cluster,
    core_layers,
    empty_values,
    manifest_names,
    definitions_first,
];

pub(super) const DOCUMENT_RULES: &[DocumentRule] = &[priorities];

/// A pack can be there twice only under names of its own.
fn twice(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for profile in &cluster.profiles {
        let mut seen = BTreeSet::new();
        for layer in &profile.layers {
            let name = layer
                .values
                .text_at(r"pack.spectrocloud\.com/display-name")
                .unwrap_or(&layer.name);
            if !seen.insert(name) {
                findings.push(
                    rule::LAYER_TWICE
                        .error(
                            format!("spec.template.packs[name={}]", layer.name),
                            format!("two layers are called `{name}`"),
                        )
                        .in_file(&profile.file),
                );
            }
        }
    }
}

/// Palette refuses a cluster with one pack in two of its profiles.
fn twice_in_a_cluster(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for (profile, _, layer) in cluster.layers() {
        if layer.kind == "manifest" {
            continue;
        }
        let other = *first.entry(&layer.name).or_insert(&profile.file);
        if other != profile.file {
            findings.push(
                rule::PACK_TWICE
                    .error(
                        format!("spec.template.packs[name={}]", layer.name),
                        format!("`{}` is in `{other}` too", layer.name),
                    )
                    .in_file(&profile.file),
            );
        }
    }
}

/// An infrastructure profile has one of each core layer, in their order; an add-on profile has none.
fn core_layers(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        let template = &profile.spec.template;
        let mut add = |finding: Finding| {
            findings.push(finding.in_file(file));
        };
        let of = |wanted: &str| -> Vec<&Layer> {
            let packs = template.packs.iter();
            packs.filter(|layer| layer.layer == wanted).collect()
        };
        match template.kind.as_str() {
            "add-on" => {
                for layer in CORE_LAYERS.iter().flat_map(|core| of(core)) {
                    add(rule::CORE_LAYER
                        .error(
                            format!("spec.template.packs[name={}].layer", layer.name),
                            format!(
                                "`{}` is of the layer `{}`, which an add-on profile cannot have",
                                layer.name, layer.layer
                            ),
                        )
                        .help("put it into the infrastructure profile"));
                }
            }
            "infra" | "cluster" => {
                for core in CORE_LAYERS {
                    let layers = of(core);
                    if let [_, second, ..] = layers.as_slice() {
                        add(rule::CORE_LAYER
                            .error(
                                format!("spec.template.packs[name={}].layer", second.name),
                                format!("there are {} layers `{core}`", layers.len()),
                            )
                            .help("keep one of them"));
                    }
                    // Other clouds bring some of them along; storage may come as an add-on.
                    if layers.is_empty() && template.cloud_type == "maas" && core != "csi" {
                        add(
                            rule::CORE_LAYER.error("spec.template.packs", format!("there is no layer `{core}`"))
                            .help("add one: a cluster on MAAS needs an operating system, Kubernetes and a network"),
                        );
                    }
                }
                let rank = |layer: &Layer| CORE_LAYERS.iter().position(|core| *core == layer.layer);
                let ranks = template
                    .packs
                    .iter()
                    .map(|layer| rank(layer).unwrap_or(CORE_LAYERS.len()));
                if !ranks.is_sorted() {
                    add(rule::LAYER_ORDER.note(
                        "spec.template.packs",
                        "the layers are not in the order os, k8s, cni, csi, add-ons",
                    ));
                }
            }
            _ => {}
        }
    }
}

/// Palette takes values as a whole and fills nothing in.
fn empty_values(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for (profile, _, layer) in cluster.layers() {
        if layer.kind != "manifest" && layer.values.trim().is_empty() {
            findings.push(
                rule::VALUES_EMPTY
                    .warning(
                        format!("spec.template.packs[name={}].values", layer.name),
                        format!("the pack `{}` has no values", layer.name),
                    )
                    .in_file(&profile.file),
            );
        }
    }
}

fn manifest_names(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for (profile, _, layer) in cluster.layers() {
        let mut seen = BTreeSet::new();
        for manifest in &layer.manifests {
            let name = manifest.name.as_str();
            let path = format!(
                "spec.template.packs[name={}].manifests[name={name}]",
                layer.name
            );
            let is_plain = !name.is_empty()
                && name.len() <= 253
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
                && name.starts_with(|c: char| c.is_ascii_alphanumeric());
            let finding = if !is_plain {
                rule::MANIFEST_NAME.warning(
                    path,
                    format!(
                        "`{name}` is not a plain name for a manifest of `{}`",
                        layer.name
                    ),
                )
            } else if !seen.insert(name) {
                rule::MANIFEST_TWICE.error(
                    path,
                    format!("two manifests of `{}` are called `{name}`", layer.name),
                )
            } else if manifest.content.trim().is_empty() {
                rule::MANIFEST_EMPTY.warning(
                    path,
                    format!("the manifest `{name}` of `{}` is empty", layer.name),
                )
            } else {
                continue;
            };
            findings.push(finding.in_file(&profile.file));
        }
    }
}

/// The install order is a text that holds a whole number.
fn priorities(document: &Document, findings: &mut Vec<Finding>) {
    if document.role() != Role::Values {
        return;
    }
    let Some(root) = document.root() else {
        return;
    };
    let mut add = |finding: Finding, node: &Node| {
        let finding = finding;
        findings.push(document.mark_bytes(finding, node.span()));
    };
    if let Some(node) = root.get(PRIORITY) {
        add(
            rule::INSTALL_PRIORITY
                .warning(
                    PRIORITY.replace('.', "\\."),
                    "the install order is outside of `pack`, and has no effect",
                )
                .help("put it below `pack:`"),
            node,
        );
    }
    let Some(node) = root.get("pack").and_then(|pack| pack.get(PRIORITY)) else {
        return;
    };
    let path = format!("pack.{}", PRIORITY.replace('.', "\\."));
    match &node.kind {
        Kind::Scalar(scalar) if scalar.text.parse::<i64>().is_err() => add(
            rule::INSTALL_PRIORITY
                .error(
                    path,
                    format!(
                        "the install order `{}` is not a whole number",
                        &*scalar.text
                    ),
                )
                .help("write a number in quotes; lower ones are installed first"),
            node,
        ),
        Kind::Scalar(scalar) if !scalar.value().is_string() => add(
            rule::INSTALL_PRIORITY
                .warning(path, "the install order is not a string")
                .help("put quotes around the number"),
            node,
        ),
        Kind::Scalar(_) | Kind::Alias(_) => {}
        _ => add(
            rule::INSTALL_PRIORITY
                .error(path, "the install order is not a number")
                .help("write a number in quotes; lower ones are installed first"),
            node,
        ),
    }
}

/// Which layer of the RA brings the definitions of an API group.
fn provider(group: &str) -> Option<&'static str> {
    let is_of = |domain: &str| {
        group == domain
            || group
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.'))
    };
    // cert-manager comes with Palette itself, and Cilium with the infrastructure.
    match group {
        _ if is_of("kubevirt.io") => Some("virtual-machine-orchestrator"),
        "k8s.cni.cncf.io" | "snapshot.storage.k8s.io" | "spectrocloud.com" => {
            Some("virtual-machine-orchestrator")
        }
        "metallb.io" => Some("lb-metallb-helm"),
        "monitoring.coreos.com" => Some("prometheus-operator"),
        "traefik.io" => Some("traefik"),
        "core.libopenstorage.org" | "stork.libopenstorage.org" => Some("csi-portworx-generic"),
        _ => None,
    }
}

/// When a layer is installed: those of the infrastructure first, the others by their number.
fn turn(checked: &CheckedLayer, layer: &Layer) -> i64 {
    if !matches!(layer.layer.as_str(), "addon" | "") {
        return i64::MIN;
    }
    checked
        .values
        .find(&format!("pack.{}", PRIORITY.replace('.', "\\.")))
        .map(|value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        })
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// An object comes after the layer that brings its definition.
fn definitions_first(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let turns: BTreeMap<&str, i64> = cluster
        .layers()
        .map(|(_, checked, layer)| (layer.name.as_str(), turn(checked, layer)))
        .collect();
    for (_, checked, layer) in cluster.layers() {
        let own = turn(checked, layer);
        for document in &checked.manifests {
            let Some(provider) = group(document).and_then(provider) else {
                continue;
            };
            let Some(theirs) = turns.get(provider) else {
                continue;
            };
            // Among layers of the infrastructure, Palette knows the order.
            if provider == layer.name || *theirs < own || *theirs == i64::MIN {
                continue;
            }
            // Storage often brings the kinds of snapshots along.
            if layer.layer == "csi" && group(document) == Some("snapshot.storage.k8s.io") {
                continue;
            }
            let order = |turn: i64| match turn {
                i64::MIN => "with the infrastructure".to_owned(),
                number => format!("at {number}"),
            };
            let message = format!(
                "`{}` is installed {}, and `{provider}`, which brings the kind {}, {}",
                layer.name,
                order(own),
                document.kind(),
                if *theirs == own {
                    "together with it".to_owned()
                } else {
                    order(*theirs)
                },
            );
            let finding = if *theirs == own {
                rule::DEFINITIONS_FIRST.warning("kind", message)
            } else {
                rule::DEFINITIONS_FIRST.error("kind", message)
            };
            findings.push(
                document.mark(
                    finding
                        .help(format!(
                            "give `{}` a higher number under `pack.{PRIORITY}`: the cluster refuses objects of a kind it does not know",
                            layer.name
                        )),
                ),
            );
        }
    }
}

fn group(document: &Document) -> Option<&str> {
    let version = document.value.get("apiVersion")?.as_str()?;
    version.split_once('/').map(|(group, _)| group)
}
