//! Parameters of StorageClasses.

use serde_json::Value;

use super::classes::{Classes, PORTWORX_DRIVER, PORTWORX_PACK, PORTWORX_ROOT};
use crate::cluster::Cluster;
use crate::cluster::values::{Values, escaped};
use crate::rules::{ClusterRule, Finding, rule};

pub(super) const RULES: &[ClusterRule] = &[texts, copies, journal];

/// The API server takes texts only.
fn texts(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for document in cluster.of_kind("StorageClass") {
        let Some(Value::Object(map)) = document.find("parameters") else {
            continue;
        };
        for (name, value) in map.iter().filter(|(_, value)| !value.is_string()) {
            findings.push(
                document.mark(
                    rule::PARAMETER_TEXT
                        .error(
                            format!("parameters.{}", escaped(name)),
                            format!("the parameter `{name}` is not a string: {value}"),
                        )
                        .help(format!("put it in quotes: `{name}: \"{value}\"`")),
                ),
            );
        }
    }
}

fn copies(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for class in Classes::of(cluster).list {
        if class.driver != PORTWORX_DRIVER {
            continue;
        }
        let copies = class.parameter("repl");
        if copies.as_deref() == Some("1") {
            findings.push(class.mark(rule::ONE_COPY.warning(
                "parameters.repl",
                format!("volumes of `{}` have a single copy", class.name),
            )));
        }
        if let Some(copies) = &copies
            && !["1", "2", "3"].contains(&copies.as_str())
        {
            findings.push(class.mark(rule::PORTWORX_COPIES.error(
                "parameters.repl",
                format!("`repl` is `{copies}`, and Portworx keeps 1, 2 or 3 copies"),
            )));
        }
    }
}

/// A journal wants a device to be on.
fn journal(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const DEVICE: &str = "storageCluster.spec.cloudStorage.journalDeviceSpec";
    let Some(portworx) = Values::of(cluster, PORTWORX_PACK, PORTWORX_ROOT) else {
        return;
    };
    // Without cloud drives the devices are named elsewhere.
    if portworx.find("storageCluster.spec.cloudStorage").is_none()
        || portworx.text(DEVICE).is_some_and(|spec| !spec.is_empty())
    {
        return;
    }
    for class in Classes::of(cluster).list {
        let profile = class.parameter("io_profile").unwrap_or_default();
        if class.driver == PORTWORX_DRIVER
            && ["auto_journal", "journal"].contains(&profile.as_str())
        {
            findings.push(
                class.mark(
                    rule::JOURNAL_DEVICE
                        .warning(
                            "parameters.io_profile",
                            format!(
                                "`{}` needs a journal, but nodes have no device for it",
                                class.name
                            ),
                        )
                        .help(format!("set `{}`; the RA uses size=3", portworx.at(DEVICE))),
                ),
            );
        }
    }
}
