//! What Palette refuses at an import (its API description, its documentation, and errors that people met).

use crate::cluster::{CheckedProfile, Cluster};
use crate::diagnostic::suggestion;
use crate::profile::Layer;
use crate::rules::{ClusterRule, Finding, rule};
use crate::site::ProfileVersion;

pub(super) const RULES: &[ClusterRule] =
    &[versions, clouds, profile_types, layer_types, registries];

/// From Palette 4.10 on, only versions of three numbers are accepted; without a version, Palette takes 1.0.0.
fn versions(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        let version = &profile.spec.version;
        if !version.is_empty() && version.parse::<ProfileVersion>().is_err() {
            findings.push(
                rule::PROFILE_VERSION
                    .error(
                        "spec.version",
                        format!("`{version}` is not a version that Palette 4.10 and later take"),
                    )
                    .in_file(file),
            );
        }
    }
}

fn clouds(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        let template = &profile.spec.template;
        if template.cloud_type == "all" && template.kind != "add-on" {
            findings.push(
                rule::CLOUD_ALL
                    .error(
                        "spec.template.cloudType",
                        format!(
                            "a profile of type `{}` cannot be for all clouds",
                            template.kind
                        ),
                    )
                    .in_file(file),
            );
        }
    }
}

/// Checks a word of a fixed list.
fn wrong_word(given: &str, known: &[&str]) -> (String, String) {
    let list = format!("one of {}", known.join(", "));
    if given.is_empty() {
        return ("nothing".to_owned(), list);
    }
    let help = match suggestion(given, known.iter().copied()) {
        Some(meant) => format!("{meant} It is {list}"),
        None => list,
    };
    (format!("`{given}`"), help)
}

fn profile_types(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const KNOWN: [&str; 4] = ["cluster", "infra", "add-on", "system"];
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        let kind = profile.spec.template.kind.as_str();
        if !KNOWN.contains(&kind) {
            let (given, help) = wrong_word(kind, &KNOWN);
            findings.push(
                rule::PROFILE_TYPE
                    .error(
                        "spec.template.type",
                        format!("the type of the profile is {given}"),
                    )
                    .help(help)
                    .in_file(file),
            );
        }
    }
}

fn layer_types(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const TYPES: [&str; 4] = ["spectro", "oci", "helm", "manifest"];
    const LAYERS: [&str; 6] = ["kernel", "os", "k8s", "cni", "csi", "addon"];
    for (profile, _, layer) in cluster.layers() {
        if !TYPES.contains(&layer.kind.as_str()) {
            let (given, help) = wrong_word(&layer.kind, &TYPES);
            findings.push(
                rule::PACK_TYPE
                    .error(
                        path(layer, "type"),
                        format!("the type of the pack `{}` is {given}", layer.name),
                    )
                    .help(help)
                    .in_file(&profile.file),
            );
        }
        // The flat shape of Terraform's export has no layers.
        if !layer.layer.is_empty() && !LAYERS.contains(&layer.layer.as_str()) {
            let (given, help) = wrong_word(&layer.layer, &LAYERS);
            findings.push(
                rule::PACK_LAYER
                    .error(
                        path(layer, "layer"),
                        format!("the layer of the pack `{}` is {given}", layer.name),
                    )
                    .help(help)
                    .in_file(&profile.file),
            );
        }
    }
}

/// A pack's type follows the kind of its registry; a layer of manifests has none.
fn registries(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for (profile, _, layer) in cluster.layers() {
        let registry = &layer.registry.metadata;
        let wanted = match registry.kind.as_str() {
            "pack" => "spectro",
            "oci" => "oci",
            "helm" => "helm",
            _ => "",
        };
        let Layer { name, kind, .. } = layer;
        let (message, help) = if kind == "manifest" {
            if registry.uid.is_empty() && registry.name.is_empty() && wanted.is_empty() {
                continue;
            }
            (
                format!("the layer `{name}` is of manifests and names a registry"),
                "leave the fields of `registry.metadata` empty".to_owned(),
            )
        } else if wanted.is_empty() || wanted == kind {
            continue;
        } else {
            (
                format!(
                    "the pack `{name}` is of type `{kind}`, and its registry of kind `{}`",
                    registry.kind
                ),
                format!("write the type `{wanted}`, or name another registry"),
            )
        };
        findings.push(
            rule::REGISTRY_TYPE
                .error(path(layer, "type"), message)
                .help(help)
                .in_file(&profile.file),
        );
    }
}

fn path(layer: &Layer, field: &str) -> String {
    format!("spec.template.packs[name={}].{field}", layer.name)
}
