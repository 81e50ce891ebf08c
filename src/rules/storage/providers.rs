//! Whether the storage can do what VMs need: the RA's table of providers, and the providers' own conditions.

use serde_json::Value;

use super::classes::{Class, Classes, PORTWORX_DRIVER, PORTWORX_PACK, PORTWORX_ROOT};
use crate::cluster::Cluster;
use crate::cluster::machines::{VMO_PACK, VMO_ROOT, list, machines};
use crate::cluster::values::Values;
use crate::revision::Revision;
use crate::rules::{ClusterRule, Finding, rule};
use crate::version::Version;

pub(super) const RULES: &[ClusterRule] = &[versions, direct_access, longhorn, piraeus, snapshots];

/// A provider of the RA's table: a part of its name there, parts of pack names, and its CSI driver.
struct Provider {
    name: &'static str,
    packs: &'static [&'static str],
    driver: &'static str,
}

const fn provider(
    name: &'static str,
    packs: &'static [&'static str],
    driver: &'static str,
) -> Provider {
    Provider {
        name,
        packs,
        driver,
    }
}

const PROVIDERS: [Provider; 9] = [
    provider("Portworx Enterprise", &[PORTWORX_PACK], PORTWORX_DRIVER),
    provider("Piraeus", &["piraeus", "linstor"], "linstor.csi.linbit.com"),
    provider("Rook-Ceph", &["rook-ceph"], "rook-ceph.rbd.csi.ceph.com"),
    provider("Longhorn", &["longhorn"], "driver.longhorn.io"),
    provider("Trident", &["trident"], "csi.trident.netapp.io"),
    provider(
        "PowerFlex",
        &["powerflex", "vxflexos"],
        "csi-vxflexos.dellemc.com",
    ),
    provider("PowerMax", &["powermax"], "csi-powermax.dellemc.com"),
    provider("PowerStore", &["powerstore"], "csi-powerstore.dellemc.com"),
    provider("Hitachi", &["hitachi", "hspc"], "hspc.csi.hitachi.com"),
];

/// The layer that brings the storage, and its provider.
fn storage_layer(cluster: &Cluster) -> Option<(&Provider, Values<'_>)> {
    cluster.layers().find_map(|(_, _, layer)| {
        let provider = PROVIDERS
            .iter()
            .find(|provider| provider.packs.iter().any(|pack| layer.name.contains(pack)))?;
        Some((provider, Values::of(cluster, &layer.name, "")?))
    })
}

/// Whether anything asks for a shared block volume of a class; `None` is for VMs that leave the class out.
fn wants_shared_blocks(cluster: &Cluster, class: Option<&str>) -> bool {
    let asks = |claim: &Value| {
        let shared = list(claim.get("accessModes"))
            .iter()
            .any(|mode| mode == "ReadWriteMany");
        let blocks = claim.get("volumeMode").is_some_and(|mode| mode == "Block");
        let name = claim.get("storageClassName").and_then(Value::as_str);
        shared && blocks && (class.is_none() || name == class)
    };
    let profiles = cluster.of_kind("StorageProfile").any(|profile| {
        class.is_none_or(|class| profile.name() == class)
            && list(profile.find("spec.claimPropertySets"))
                .iter()
                .any(|set| {
                    list(set.get("accessModes"))
                        .iter()
                        .any(|mode| mode == "ReadWriteMany")
                        && set.get("volumeMode").is_some_and(|mode| mode == "Block")
                })
    });
    let images = cluster.of_kind("DataVolume").any(|image| {
        ["spec.storage", "spec.pvc"]
            .iter()
            .filter_map(|place| image.find(place))
            .any(asks)
    });
    let disks = machines(cluster).any(|vm| {
        list(vm.document.value.pointer("/spec/dataVolumeTemplates"))
            .iter()
            .any(|disk| {
                ["/spec/storage", "/spec/pvc"]
                    .iter()
                    .filter_map(|place| disk.pointer(place))
                    .any(asks)
            })
    });
    profiles || images || disks
}

/// Whether Portworx is the driver of FlashArrays alone, which has a licence and versions of its own.
fn has_csi_licence(portworx: &Values<'_>) -> bool {
    portworx
        .text("license.type")
        .is_some_and(|kind| kind == "csi")
}

/// The RA lists from which version on a provider shares block volumes.
fn versions(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some((provider, values)) = storage_layer(cluster) else {
        return;
    };
    let is_csi = Values::of(cluster, PORTWORX_PACK, PORTWORX_ROOT)
        .is_some_and(|portworx| has_csi_licence(&portworx));
    let name = if is_csi {
        "Portworx CSI"
    } else {
        provider.name
    };
    let Ok(revision) = Revision::load(Revision::newest()) else {
        return;
    };
    let listed = revision
        .storage_providers
        .iter()
        .find(|listed| listed.provider.contains(name));
    let Some(listed) = listed else { return };
    let least = listed
        .version
        .trim_end_matches(['+', 'x'])
        .trim_end_matches('.');
    let have = &values.layer.version;
    // Portworx CSI has numbers of its own, which its pack does not show.
    if is_csi && Version::parse(have).is_some_and(|have| have.numbers()[0] < 20) {
        return;
    }
    if is_older(have, least) && wants_shared_blocks(cluster, None) {
        findings.push(
            values.mark(
                rule::STORAGE_VERSION.warning("", format!(
                        "{} {have} is older than {}, the first that is known to share {} volumes between nodes",
                        listed.provider, listed.version, listed.mode
                    )),
            ),
        );
    }
}

/// RA 1.7.0 rules Direct Access volumes out with the Enterprise licence, since several nodes cannot open them there; 1.9.0,
/// with Portworx 3.6, allows them.
fn direct_access(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(portworx) = Values::of(cluster, PORTWORX_PACK, PORTWORX_ROOT) else {
        return;
    };
    let version = &portworx.layer.version;
    if has_csi_licence(&portworx) || !is_older(version, "3.6") {
        return;
    }
    for class in classes_of(cluster, PORTWORX_DRIVER) {
        if class.parameter("backend").as_deref() == Some("pure_block")
            && wants_shared_blocks(cluster, Some(&class.name))
        {
            findings.push(class.mark(rule::DIRECT_ACCESS.error(
                "parameters.backend",
                format!(
                    "VMs share the block volumes of `{}`, but Direct Access volumes of Portworx {version} are for a single node",
                    class.name
                ),
            )));
        }
    }
}

/// Whether a version is before another, in as many numbers as the other has.
fn is_older(have: &str, least: &str) -> bool {
    let numbers = |text: &str| -> Option<Vec<u64>> {
        let core = text.trim_start_matches('v').split(['-', '+']).next()?;
        core.split('.').map(|part| part.parse().ok()).collect()
    };
    match (numbers(have), numbers(least)) {
        (Some(mut have), Some(least)) => {
            have.resize(have.len().max(least.len()), 0);
            have[..least.len()] < least[..]
        }
        _ => false,
    }
}

fn classes_of<'c>(cluster: &'c Cluster, driver: &str) -> Vec<Class<'c>> {
    let mut classes = Classes::of(cluster).list;
    classes.retain(|class| class.driver == driver);
    classes
}

/// Longhorn shares blocks in migratable volumes only; others are shared over NFS, which has no blocks.
fn longhorn(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let message = |class: &str| {
        format!(
            "VMs share the block volumes of `{class}`, but Longhorn shares only migratable ones: disks bind and never attach"
        )
    };
    for class in classes_of(cluster, "driver.longhorn.io") {
        if class.parameter("migratable").as_deref() != Some("true")
            && wants_shared_blocks(cluster, Some(&class.name))
        {
            findings.push(
                class.mark(rule::LONGHORN_MIGRATABLE.error("parameters", message(&class.name))),
            );
        }
    }
    // The class the pack makes itself.
    if let Some((provider, values)) = storage_layer(cluster)
        && provider.name == "Longhorn"
    {
        const MIGRATABLE: &str = "charts.longhorn.persistence.migratable";
        settings_of_longhorn(&values, findings);
        let is_migratable = values.flag(MIGRATABLE) == Some(true);
        if !is_migratable && wants_shared_blocks(cluster, Some("longhorn")) {
            findings.push(
                values.mark(rule::LONGHORN_MIGRATABLE.error(MIGRATABLE, message("longhorn"))),
            );
        }
    }
}

/// Known from deployments: what the chart leaves open does not suit cold nodes, and images that are unpacked.
fn settings_of_longhorn(values: &Values<'_>, findings: &mut Vec<Finding>) {
    const DIRECTORY: &str = "charts.longhorn.csi.kubeletRootDir";
    const PROVISIONING: &str = "charts.longhorn.defaultSettings.storageOverProvisioningPercentage";
    if values.find(DIRECTORY).is_some_and(Value::is_null) {
        findings.push(
            values.mark(
                rule::LONGHORN_SETTINGS
                    .warning(
                        DIRECTORY,
                        "Longhorn detects the kubelet's directory, which fails on fresh nodes",
                    )
                    .help("write `kubeletRootDir: /var/lib/kubelet`"),
            ),
        );
    }
    let share = values.text(PROVISIONING);
    if let Some(share) = share.and_then(|text| text.parse::<u32>().ok())
        && share <= 100
    {
        findings.push(
            values.mark(
                rule::LONGHORN_SETTINGS
                    .warning(
                        PROVISIONING,
                        format!("Longhorn provisions at most {share}% of its space, and CDI unpacks images on a second volume"),
                    )
                    .help("write `storageOverProvisioningPercentage: 200`"),
            ),
        );
    }
}

/// DRBD lets two nodes write for the moment of a migration only where it is told to.
fn piraeus(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for class in classes_of(cluster, "linstor.csi.linbit.com") {
        let allows = class
            .parameters()
            .filter(|name| name.ends_with("allow-two-primaries"))
            .any(|name| class.parameter(name).as_deref() == Some("yes"));
        if !allows && wants_shared_blocks(cluster, Some(&class.name)) {
            findings.push(class.mark(rule::PIRAEUS_TWO_PRIMARIES.error(
                "parameters",
                format!(
                    "VMs share the block volumes of `{}`, which does not let two nodes write",
                    class.name
                ),
            )));
        }
    }
}

/// A snapshot class of another driver than the disks' takes no snapshot of them.
fn snapshots(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const PLACE: &str = "snapshot-controller.volumeSnapshotClass";
    let classes = Classes::of(cluster);
    let of_layer = storage_layer(cluster).map(|(provider, _)| provider.driver);
    let Some(driver) = of_layer.or_else(|| classes.default_for_vms().map(|class| class.driver))
    else {
        return;
    };
    let mismatch = |path: &str, found: &str| {
        rule::SNAPSHOT_DRIVER
            .error(
                path,
                format!("snapshots use the driver `{found}`, but disks use `{driver}`"),
            )
            .help(format!("write `driver: {driver}`"))
    };
    let mut all_differ = true;
    let others: Vec<_> = cluster
        .of_kind("VolumeSnapshotClass")
        .filter(|class| {
            let differs = class.text_at("driver") != Some(driver);
            all_differ &= differs;
            differs
        })
        .collect();
    let vmo = Values::of(cluster, VMO_PACK, VMO_ROOT);
    let of_vmo = vmo
        .as_ref()
        .filter(|vmo| vmo.flag(&format!("{PLACE}.create")) == Some(true))
        .and_then(|vmo| vmo.text(&format!("{PLACE}.driver")));
    if let (Some(vmo), Some(found)) = (&vmo, &of_vmo)
        && found != driver
    {
        findings.push(vmo.mark(mismatch(&format!("{PLACE}.driver"), found)));
    }
    // Another class for another driver is not a mistake.
    if all_differ && of_vmo.as_deref() != Some(driver) {
        for class in others {
            findings.push(class.mark(mismatch(
                "driver",
                class.text_at("driver").unwrap_or_default(),
            )));
        }
    }
    let portworx = Values::of(cluster, PORTWORX_PACK, PORTWORX_ROOT);
    if let Some(portworx) = portworx
        && of_vmo.is_some()
        && !is_older(&portworx.layer.version, "3.6")
        && portworx.flag("storageCluster.spec.csi.enabled") == Some(true)
        && portworx.flag("storageCluster.spec.csi.volumeSnapshotClass.create") != Some(false)
    {
        findings.push(portworx.mark(rule::SNAPSHOT_CLASS_TWICE.note(
            "storageCluster.spec.csi",
            "the Portworx operator creates a VolumeSnapshotClass, and so does VMO",
        )));
    }
}

#[cfg(test)]
mod tests {
    use super::is_older;

    #[test]
    fn versions_are_compared_in_the_numbers_that_are_listed() {
        for (have, least, older) in [
            ("3.2.3", "3.3", true),
            ("3.3.0", "3.3", false),
            ("3.10.0", "3.3", false),
            ("24.10.0", "24", false),
            ("23.04", "24", true),
            ("1.16.3", "1.16", false),
            ("v1.15.9-rc.1", "1.16", true),
            ("25.4.0", "25.4.0", false),
            ("latest", "24", false),
        ] {
            assert_eq!(is_older(have, least), older, "{have} {least}");
        }
    }
}
