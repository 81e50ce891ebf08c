//! Every object of a kind that Kubernetes brings is what its API of the revision's version takes, and all others are known
//! by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;
use vmo_ra::diagnostic::Source;
use vmo_ra::yaml::{Limits, to_json_all};

use crate::common::harness::{Scratch, write};
use crate::common::matrix::cases;
use crate::common::programs::program;
use crate::common::{built_in, documents, nothing_wrong};
use crate::kubectl::{default_of, filled};

/// What we render that an API server has no schema of its own for: objects of operators, and files of Kubernetes' parts.
const CUSTOM: [&str; 9] = [
    "apiserver.config.k8s.io/v1/AdmissionConfiguration",
    "cdi.kubevirt.io/v1beta1/DataVolume",
    "cdi.kubevirt.io/v1beta1/StorageProfile",
    "cert-manager.io/v1/Issuer",
    "instancetype.kubevirt.io/v1beta1/VirtualMachineClusterPreference",
    "k8s.cni.cncf.io/v1/NetworkAttachmentDefinition",
    "kubelet.config.k8s.io/v1beta1/KubeletConfiguration",
    "pod-security.admission.config.k8s.io/v1/PodSecurityConfiguration",
    "spectrocloud.com/v1/VmTemplate",
];
/// What we render that it has.
const BUILT_IN: [&str; 2] = ["v1/ConfigMap", "v1/Secret"];

/// Every map in a value, also in the texts in it that are YAML.
fn every_map(value: &Value, visit: &mut dyn FnMut(&Value)) {
    match value {
        Value::Object(map) => {
            visit(value);
            map.values().for_each(|value| every_map(value, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| every_map(item, visit)),
        Value::String(text) if text.contains(": ") => {
            let inner = to_json_all(
                &Source::new("a text in a text", text.as_str()),
                Limits::VALUES,
            );
            let maps = inner
                .into_iter()
                .flatten()
                .filter(|inner| !inner.is_string());
            maps.for_each(|inner| every_map(&inner, visit));
        }
        _ => {}
    }
}

/// Visits every map that is rendered, with the revision it is for.
fn every_rendered_map(visit: &mut dyn FnMut(&'static str, &str, &Value)) {
    let mut seen = BTreeSet::new();
    for case in cases() {
        for profile in case
            .rendered
            .profiles
            .iter()
            .map(|rendered| &rendered.profile)
        {
            let fill = |inside: &str| default_of(profile, case.revision, inside);
            for layer in &profile.spec.template.packs {
                let manifests = layer.manifests.iter().map(|manifest| &manifest.content);
                for text in manifests.chain([&layer.values]) {
                    let text = filled(text, &fill);
                    if !seen.insert((case.revision, text.clone())) {
                        continue;
                    }
                    let place = format!("{case}: {}", layer.name);
                    for document in documents(&place, &text) {
                        every_map(&document, &mut |map| visit(case.revision, &place, map));
                    }
                }
            }
        }
    }
}

fn kind_of(map: &Value) -> Option<String> {
    Some(format!(
        "{}/{}",
        map.get("apiVersion")?.as_str()?,
        map.get("kind")?.as_str()?
    ))
}

#[test]
fn every_built_in_kind_is_as_its_kubernetes_takes_it() {
    let Some(validate) = program("kubernetes-validate") else {
        return;
    };
    let folder = Scratch::new();
    let mut objects: BTreeMap<(&str, String), (String, String)> = BTreeMap::new();
    every_rendered_map(&mut |revision, place, map| {
        if let Some(kind) = kind_of(map) {
            let found = objects.entry((revision, map.to_string()));
            found.or_insert_with(|| (kind, place.to_owned()));
        }
    });
    assert!(objects.len() > 100, "only {} objects", objects.len());
    let mut problems = Vec::new();
    let (mut built_in, mut custom) = (BTreeSet::new(), BTreeSet::new());
    for revision in ["1.7.0", "1.9.0"] {
        let folder = folder.join(revision);
        fs::create_dir_all(&folder).expect("the folder can be made");
        let settings = built_in::revision(revision).settings.as_ref();
        let kubernetes = settings.expect("it is rendered").kubernetes.clone();
        let of_revision = objects.iter().filter(|((of, _), _)| *of == revision);
        let mut command = Command::new(&validate);
        command
            .args(["--strict", "--kubernetes-version", &kubernetes])
            .current_dir(&folder);
        let mut files = Vec::new();
        for (number, ((_, object), (kind, place))) in of_revision.enumerate() {
            let file = format!("{number:04}.json");
            write(&folder, &file, object);
            command.arg(&file);
            files.push((file, kind, place));
        }
        let output = command.output().expect("the validator starts");
        let said = String::from_utf8_lossy(&output.stdout);
        for (file, kind, place) in files {
            let about = format!(" {file} ");
            let line = said
                .lines()
                .find(|line| line.contains(&about))
                .unwrap_or("nothing was said");
            let (minor, _) = kubernetes
                .rsplit_once('.')
                .expect("a version of three numbers");
            if line.starts_with("INFO ") && line.ends_with(&format!(" against version {minor}")) {
                built_in.insert(kind.as_str());
            } else if line.starts_with("WARN ") && line.contains("Couldn't find schema for kind") {
                custom.insert(kind.as_str());
            } else {
                problems.push(format!(
                    "{place}, {kind}: {line}: {}",
                    String::from_utf8_lossy(&output.stderr)
                ));
            }
        }
    }
    nothing_wrong(&problems);
    assert_eq!(built_in, BTreeSet::from(BUILT_IN), "what Kubernetes brings");
    assert_eq!(custom, BTreeSet::from(CUSTOM), "what it does not bring");
}

/// Rules that alert would have to be read by promtool. The charts bring their own, and we add none.
#[test]
fn no_prometheus_rule_is_rendered() {
    let mut maps = 0;
    let mut problems = Vec::new();
    every_rendered_map(&mut |_, place, map| {
        maps += 1;
        let has = |key: &str| map.get(key).is_some();
        let is_rule = has("expr") && (has("alert") || has("record"));
        let is_kind = map.get("kind").is_some_and(|kind| kind == "PrometheusRule");
        let is_added = ["additionalPrometheusRules", "additionalPrometheusRulesMap"]
            .into_iter()
            .any(has);
        if is_rule || is_kind || is_added {
            problems.push(format!("{place}: let promtool read {map}"));
        }
    });
    assert!(maps > 1000, "only {maps} maps");
    nothing_wrong(&problems);
}
