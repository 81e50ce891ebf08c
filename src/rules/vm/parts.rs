//! The parts of VMO that the RA enables, and what draining a node does to VMs.

use crate::cluster::Cluster;
use crate::cluster::machines::{VMO_PACK, VMO_ROOT};
use crate::cluster::values::Values;
use crate::rules::{ClusterRule, Finding, rule};

pub(super) const RULES: &[ClusterRule] = &[parts, access, eviction, snapshot_controller];

/// Charts of the pack, and what VMs are without each.
const PARTS: [(&str, &str); 5] = [
    ("kubevirt", "there are no VMs"),
    ("cdi", "no image is imported and no disk cloned"),
    ("multus", "no VM reaches a VLAN"),
    ("snapshot-controller", "VMs have no snapshots"),
    ("descheduler", "VMs stay on crowded nodes"),
];
/// The pack that brings the same controller.
const SNAPSHOT_PACK: &str = "volume-snapshot-controller";
/// How Palette reaches the dashboard of VMs.
const DASHBOARD: &str = "pack.palette.config.dashboard";
const SNAPSHOTS: &str = "snapshot-controller";

fn parts(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(vmo) = Values::of(cluster, VMO_PACK, VMO_ROOT) else {
        return;
    };
    for (part, without) in PARTS {
        let path = format!("{part}.enabled");
        let is_elsewhere = part == SNAPSHOTS && cluster.layer(SNAPSHOT_PACK).is_some();
        if vmo.flag(&path) == Some(false) && !is_elsewhere {
            findings.push(
                vmo.mark(rule::VMO_PART_OFF.warning(path, format!("`{part}` is off: {without}"))),
            );
        }
    }
}

/// Palette's proxy and the Service are two ways to the dashboard, and the RA's choice of one sets both.
fn access(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(vmo) = Values::of(cluster, VMO_PACK, VMO_ROOT) else {
        return;
    };
    let dashboard = Values::of(cluster, VMO_PACK, DASHBOARD);
    let access = dashboard.and_then(|dashboard| dashboard.text("access"));
    let path = "service.type";
    let (Some(access), Some(service)) = (access, vmo.text(path)) else {
        return;
    };
    let (wanted, message) = match (access.as_str(), service.as_str()) {
        ("public", "ClusterIP") => (
            "LoadBalancer",
            "users should reach the VM dashboard directly, but its Service has an address only in the cluster",
        ),
        ("private", "LoadBalancer") => (
            "ClusterIP",
            "users should reach the VM dashboard through Palette's proxy, but its Service has an external address",
        ),
        _ => return,
    };
    findings.push(
        vmo.mark(rule::VMO_ACCESS.warning(path, message).help(format!(
            "write `type: {wanted}`, or the other access under `{DASHBOARD}`"
        ))),
    );
}

fn eviction(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(vmo) = Values::of(cluster, VMO_PACK, VMO_ROOT) else {
        return;
    };
    let path = "kubevirt.kubevirtResource.config.evictionStrategy";
    if vmo.text(path).as_deref() == Some("None") {
        findings
            .push(vmo.mark(rule::EVICTION_NONE.warning(path, "the drain of a node stops its VMs")));
    }
}

fn snapshot_controller(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let vmo = Values::of(cluster, VMO_PACK, VMO_ROOT);
    let is_on = vmo.is_some_and(|vmo| vmo.flag(&format!("{SNAPSHOTS}.enabled")) != Some(false));
    for (profile, _, layer) in cluster.layers().filter(|_| is_on) {
        if layer.name == SNAPSHOT_PACK {
            findings.push(
                rule::SNAPSHOT_CONTROLLER_TWICE
                    .error(
                        format!("spec.template.packs[name={}]", layer.name),
                        format!("`{SNAPSHOT_PACK}` and VMO both include a snapshot controller"),
                    )
                    .in_file(&profile.file),
            );
        }
    }
}
