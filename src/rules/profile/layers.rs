//! The layers of a profile: which there are, in which order, and what they hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{CheckedLayer, CheckedProfile, Cluster, Document, Role};
use crate::profile::Layer;
use crate::rules::{ClusterRule, DocumentRule, Finding, rule};
use crate::yaml::{Kind, Node};

const PRIORITY: &str = "spectrocloud.com/install-priority";

pub(super) const RULES: &[ClusterRule] = &[
    twice,
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

/// An infrastructure profile has one of each core layer, in their order; an add-on profile has none.
fn core_layers(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const CORE: [&str; 4] = ["os", "k8s", "cni", "csi"];
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
                for layer in CORE.iter().flat_map(|core| of(core)) {
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
                for core in CORE {
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
                let rank = |layer: &Layer| CORE.iter().position(|core| *core == layer.layer);
                let ranks = template
                    .packs
                    .iter()
                    .map(|layer| rank(layer).unwrap_or(CORE.len()));
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
                        "`{name}` is no plain name for a manifest of `{}`",
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
        findings.push(document.mark_bytes(finding, node.span.clone()));
    };
    if let Some(node) = root.get(PRIORITY) {
        add(
            rule::INSTALL_PRIORITY
                .warning(
                    PRIORITY.replace('.', "\\."),
                    "the install order stands outside of `pack`, and has no effect",
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
                    format!("the install order `{}` is no whole number", scalar.text),
                )
                .help("write a number in quotes; lower ones are installed first"),
            node,
        ),
        Kind::Scalar(scalar) if !scalar.value().is_string() => add(
            rule::INSTALL_PRIORITY
                .warning(path, "the install order is no text")
                .help("put quotes around the number"),
            node,
        ),
        Kind::Scalar(_) | Kind::Alias(_) => {}
        _ => add(
            rule::INSTALL_PRIORITY
                .error(path, "the install order is no number")
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

/// An object comes behind the layer that brings its definition.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::test_support::{add, found, found_in, profile, values};

    fn all(cluster: &Cluster) -> Vec<String> {
        [found_in(DOCUMENT_RULES, cluster), found(RULES, cluster)].concat()
    }

    fn layers(kind: &str, layers: &serde_json::Value) -> Vec<String> {
        all(&profile(kind, &layers.to_string(), "[]"))
    }

    #[test]
    fn a_layer_is_there_once() {
        let named = "pack:\n  spectrocloud.com/display-name: other\n";
        let with = |second: &str| {
            layers(
                "add-on",
                &json!([
                    {"name": "a", "type": "oci", "layer": "addon", "values": "a: 1"},
                    {"name": "a", "type": "oci", "layer": "addon", "values": second}
                ]),
            )
        };
        assert_eq!(with(named), [""; 0]);
        assert_eq!(
            with("a: 1"),
            ["error layer-twice p.json: spec.template.packs[name=a]: two layers are called `a`"]
        );
    }

    #[test]
    fn core_layers_belong_to_the_infrastructure() {
        let layer = |name: &str, layer: &str| json!({"name": name, "type": "oci", "layer": layer, "values": "a: 1"});
        let all = json!([
            layer("u", "os"),
            layer("k", "k8s"),
            layer("c", "cni"),
            layer("s", "csi")
        ]);
        assert_eq!(layers("infra", &all), [""; 0]);
        assert_eq!(
            layers(
                "infra",
                &json!([layer("c", "cni"), layer("k", "k8s"), layer("d", "cni")])
            ),
            [
                "error core-layer p.json: spec.template.packs: there is no layer `os`",
                "error core-layer p.json: spec.template.packs[name=d].layer: there are 2 layers `cni`",
                "note layer-order p.json: spec.template.packs: the layers are not in the order os, k8s, cni, csi, add-ons",
            ]
        );
        assert_eq!(
            layers("add-on", &json!([layer("c", "cni"), layer("a", "addon")])),
            [
                "error core-layer p.json: spec.template.packs[name=c].layer: `c` is of the layer `cni`, which an add-on profile cannot have"
            ]
        );
    }

    #[test]
    fn values_and_manifests_hold_something() {
        assert_eq!(
            layers(
                "add-on",
                &json!([
                    {"name": "a", "type": "oci", "layer": "addon", "values": " \n"},
                    {"name": "m", "type": "manifest", "layer": "addon", "values": "", "manifests": [
                        {"name": "one", "content": "a: 1"},
                        {"name": "one", "content": "a: 1"},
                        {"name": "two", "content": ""},
                        {"name": "a/b", "content": "a: 1"}
                    ]}
                ])
            ),
            [
                "warning values-empty p.json: spec.template.packs[name=a].values: the pack `a` has no values",
                "error manifest-twice p.json: spec.template.packs[name=m].manifests[name=one]: two manifests of `m` are called `one`",
                "warning manifest-empty p.json: spec.template.packs[name=m].manifests[name=two]: the manifest `two` of `m` is empty",
                "warning manifest-name p.json: spec.template.packs[name=m].manifests[name=a/b]: `a/b` is no plain name for a manifest of `m`",
            ]
        );
        assert_eq!(all(&values("a", "addon", "# only a comment")), [""; 0]);
    }

    #[test]
    fn the_install_order_is_a_number_in_quotes() {
        let with = |text: &str| {
            all(&values(
                "a",
                "addon",
                &format!("pack:\n  spectrocloud.com/install-priority: {text}\n"),
            ))
        };
        let path = r"pack.spectrocloud\.com/install-priority";
        assert_eq!(with("\"-3\""), [""; 0]);
        assert_eq!(
            with("40"),
            [format!(
                "warning install-priority a:2:38: {path}: the install order is no text"
            )]
        );
        assert_eq!(
            with("late"),
            [format!(
                "error install-priority a:2:38: {path}: the install order `late` is no whole number"
            )]
        );
        assert_eq!(
            with("[1]"),
            [format!(
                "error install-priority a:2:38: {path}: the install order is no number"
            )]
        );
        assert_eq!(
            all(&values(
                "a",
                "addon",
                "spectrocloud.com/install-priority: \"40\"\n"
            )),
            [
                r"warning install-priority a:1:36: spectrocloud\.com/install-priority: the install order stands outside of `pack`, and has no effect"
            ]
        );
    }

    #[test]
    fn definitions_come_first() {
        let with = |vmo: &str, templates: &str| {
            let values =
                |order: &str| format!("pack:\n  spectrocloud.com/install-priority: \"{order}\"\n");
            let mut cluster = profile(
                "add-on",
                &json!([{"name": "virtual-machine-orchestrator", "type": "oci", "layer": "addon", "values": values(vmo)}]).to_string(),
                "[]",
            );
            add(
                &mut cluster,
                "t.json",
                &json!({"metadata": {"name": "t"}, "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": [
                    {"name": "t", "type": "manifest", "layer": "addon", "values": values(templates), "manifests": [
                        {"name": "d", "content": "apiVersion: cdi.kubevirt.io/v1beta1\nkind: DataVolume\n---\napiVersion: v1\nkind: ConfigMap\n"}
                    ]}
                ]}}})
                .to_string(),
            );
            all(&cluster)
        };
        assert_eq!(with("30", "40"), [""; 0]);
        assert_eq!(
            with("30", "10"),
            [
                "error definitions-first t/d:2:7: kind: `t` is installed at 10, and `virtual-machine-orchestrator`, which brings the kind DataVolume, at 30"
            ]
        );
        assert_eq!(
            with("40", "40"),
            [
                "warning definitions-first t/d:2:7: kind: `t` is installed at 40, and `virtual-machine-orchestrator`, which brings the kind DataVolume, together with it"
            ]
        );
    }
}
