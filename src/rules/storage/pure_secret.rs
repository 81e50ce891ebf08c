//! The Secret with the arrays for Portworx: its place and its contents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::classes::{PORTWORX_PACK, PORTWORX_ROOT};
use crate::cluster::machines::{list, text};
use crate::cluster::values::{Values, without_macros};
use crate::cluster::{Cluster, Document};
use crate::rules::{ClusterRule, Finding, rule};

const NAME: &str = "px-pure-secret";
const KEY: &str = "pure\\.json";

pub(super) const RULES: &[ClusterRule] = &[place, content];

fn secrets(cluster: &Cluster) -> impl Iterator<Item = &Document> {
    cluster
        .of_kind("Secret")
        .filter(|secret| secret.name() == NAME)
}

/// Portworx looks in the namespace of its StorageCluster only.
fn place(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(portworx) = Values::of(cluster, PORTWORX_PACK, PORTWORX_ROOT) else {
        return;
    };
    let provider = portworx.text("storageCluster.spec.cloudStorage.provider");
    // As a CSI driver alone Portworx reads the Secret too, and has no drives to name a provider for.
    let licence = portworx.text("license.type");
    if provider.as_deref() != Some("pure") && licence.as_deref() != Some("csi") {
        return;
    }
    let namespace = match portworx.find("storageCluster.namespace") {
        None => "portworx".to_owned(),
        Some(namespace) => match portworx.scalar(namespace) {
            Some(namespace) => namespace,
            None => return,
        },
    };
    let mut found: Vec<&Document> = secrets(cluster).collect();
    if found.is_empty() {
        findings.push(
            portworx.mark(
                rule::PURE_SECRET_MISSING.warning("storageCluster", format!("no manifest holds the Secret `{NAME}`, and Portworx finds no array without it"))
                .help(format!("add it to the layer, in the namespace `{namespace}`, or create it by hand before Portworx starts")),
            ),
        );
        return;
    }
    let in_place =
        |secret: &&Document| secret.namespace() == namespace || secret.namespace().contains("{{");
    if !found.iter().any(in_place) {
        found.truncate(1);
        for secret in found {
            findings.push(
                secret.mark(
                    rule::PURE_SECRET_NAMESPACE.error("metadata.namespace", format!(
                            "`{NAME}` is in the namespace `{}`, and the StorageCluster in `{namespace}`",
                            secret.namespace()
                        ))
                    .help(format!("write `namespace: {namespace}`")),
                ),
            );
        }
    }
}

fn content(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for secret in secrets(cluster) {
        for (path, message) in problems(secret) {
            findings
                .push(secret.mark_beside(rule::PURE_SECRET.error(path, message), "metadata.name"));
        }
    }
}

/// What is wrong with a Secret, and where. Nothing of its content is shown.
fn problems(secret: &Document) -> Vec<(String, String)> {
    let plain_path = format!("stringData.{KEY}");
    let data_path = format!("data.{KEY}");
    let one = |path: &str, message: &str| vec![(path.to_owned(), message.to_owned())];
    let (path, json) = match (secret.text_at(&plain_path), secret.text_at(&data_path)) {
        (Some(plain), _) => (plain_path, without_macros(plain)),
        (None, Some(encoded)) => {
            if encoded.contains("{{") {
                // Palette puts base64 in whole, or not at all.
                return Vec::new();
            }
            // Go reads base64 over line breaks, but not over blanks.
            let joined: String = encoded
                .chars()
                .filter(|c| !matches!(c, '\n' | '\r'))
                .collect();
            if joined.contains(char::is_whitespace) {
                return one(
                    &data_path,
                    "the base64 of `pure.json` has blanks, as in folded lines",
                );
            }
            let Ok(bytes) = STANDARD.decode(&joined) else {
                return one(&data_path, "`pure.json` is not base64");
            };
            let Ok(text) = String::from_utf8(bytes) else {
                return one(&data_path, "`pure.json` is not a string");
            };
            if text.contains("{{") {
                return one(
                    &data_path,
                    "`pure.json` holds a macro inside base64, which Palette cannot fill in",
                );
            }
            (data_path, text)
        }
        (None, None) => return one("", "there is no key `pure.json`"),
    };
    let Ok(value) = serde_json::from_str::<Value>(&json) else {
        return one(&path, "`pure.json` is not JSON");
    };
    let mut problems = Vec::new();
    let mut add = |message: String| problems.push((path.clone(), message));
    let (arrays, blades) = (
        list(value.get("FlashArrays")),
        list(value.get("FlashBlades")),
    );
    if arrays.is_empty() && blades.is_empty() {
        add(
            "`pure.json` names no array: it has neither `FlashArrays` nor `FlashBlades`".to_owned(),
        );
    }
    for (kind, items) in [("FlashArrays", arrays), ("FlashBlades", blades)] {
        for (index, item) in items.iter().enumerate() {
            let title = format!("{kind}[{index}]");
            let endpoint = text(item, "MgmtEndPoint");
            if endpoint.is_empty() {
                add(format!("`{title}` of `pure.json` has no `MgmtEndPoint`"));
            } else if endpoint.contains("://") || endpoint.contains('/') {
                add(format!(
                    "the `MgmtEndPoint` of `{title}` in `pure.json` is a URL; it has to be an address or a name alone"
                ));
            } else if endpoint.matches(':').count() > 1 && !endpoint.starts_with('[') {
                add(format!(
                    "the `MgmtEndPoint` of `{title}` in `pure.json` is an IPv6 address without brackets"
                ));
            }
            let token = text(item, "APIToken");
            let uuid = if kind == "FlashBlades" {
                token.strip_prefix("T-").unwrap_or_default()
            } else {
                token
            };
            if token.is_empty() {
                add(format!("`{title}` of `pure.json` has no `APIToken`"));
            } else if token != "macro" && !is_uuid(uuid) {
                let form = if kind == "FlashBlades" { "T- and " } else { "" };
                add(format!(
                    "the `APIToken` of `{title}` in `pure.json` does not have the form {form}8-4-4-4-12 hexadecimal digits"
                ));
            }
        }
    }
    problems
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
