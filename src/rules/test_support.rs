//! What the tests of several subjects share.

use crate::cluster::{Cluster, Document};
use crate::diagnostic::Source;
use crate::profile::read;
use crate::rules::{ClusterRule, DocumentRule, Finding, Inspected};

/// A cluster of one profile; layers and variables as JSON.
pub(super) fn profile(kind: &str, layers: &str, variables: &str) -> Cluster {
    let json = format!(
        r#"{{"metadata": {{"name": "p"}}, "spec": {{"version": "1.0.0", "template": {{"type": "{kind}", "cloudType": "{}", "packs": {layers}}}, "variables": {variables}}}}}"#,
        if kind == "add-on" { "all" } else { "maas" }
    );
    let mut cluster = Cluster::default();
    add(&mut cluster, "p.json", &json);
    cluster
}

/// Adds a profile to a cluster, its texts named after their layers.
pub(super) fn add(cluster: &mut Cluster, file: &str, json: &str) {
    let profile = read(&Source::new(file, json)).unwrap();
    let names: Vec<(String, Vec<String>)> = profile
        .spec
        .template
        .packs
        .iter()
        .map(|layer| {
            let manifests = layer.manifests.iter().map(|m| m.name.clone()).collect();
            (layer.name.clone(), manifests)
        })
        .collect();
    let name = |layer: usize, manifest: Option<usize>| match manifest {
        None => names[layer].0.clone(),
        Some(index) => format!("{}/{}", names[layer].0, names[layer].1[index]),
    };
    cluster.add_profile(file, profile, name, |_| ());
}

/// A profile of one layer with these values.
pub(super) fn values(name: &str, layer: &str, values: &str) -> Cluster {
    let layers =
        serde_json::json!([{"name": name, "type": "oci", "layer": layer, "values": values}]);
    let kind = if layer == "addon" { "add-on" } else { "infra" };
    profile(kind, &layers.to_string(), "[]")
}

/// A cluster of manifests.
pub(super) fn manifests(text: &str) -> Cluster {
    let mut cluster = Cluster::default();
    cluster.add_manifests(&Source::new("m.yaml", text), |_| ());
    cluster
}

/// What is found in the single documents of manifests while they are read.
pub(super) fn found_on_reading(text: &str) -> Vec<Finding> {
    let mut inspected = Inspected::default();
    inspected.add_manifests(&Source::new("m.yaml", text));
    inspected.found
}

/// What rules find, each as `severity id place: path: message`; the place is line and column, or the file.
pub(super) fn found(rules: &[ClusterRule], cluster: &Cluster) -> Vec<String> {
    let mut findings = Vec::new();
    for rule in rules {
        rule(cluster, &mut findings);
    }
    lines(&findings)
}

/// What rules find in every single document, as [`found`] gives it.
pub(super) fn found_in(rules: &[DocumentRule], cluster: &Cluster) -> Vec<String> {
    let values = cluster.layers().map(|(_, layer, _)| &layer.values);
    let documents: Vec<&Document> = values.chain(cluster.documents()).collect();
    let mut findings = Vec::new();
    for rule in rules {
        for document in &documents {
            rule(document, &mut findings);
        }
    }
    lines(&findings)
}

/// Findings as [`found`] gives them.
pub(super) fn lines(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| {
            let diagnostic = finding.diagnostic(None);
            let place = match diagnostic.source().zip(diagnostic.span()) {
                Some((source, span)) => {
                    let (line, column) = source.position(span.start);
                    format!("{}:{line}:{column}", source.name())
                }
                None => finding.file().unwrap_or("-").to_owned(),
            };
            let path = match finding.path.as_str() {
                "" => String::new(),
                path => format!("{path}: "),
            };
            format!(
                "{} {} {place}: {path}{}",
                finding.severity, finding.rule.id, finding.message
            )
        })
        .collect()
}
