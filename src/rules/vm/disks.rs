//! Disks and volumes of VMs, and the answer file of Windows on one of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::machines::{Machine, is_true, list, machines, text, vm_namespaces};
use crate::cluster::values::{names_of, namespace_of};
use crate::rules::{ClusterRule, Finding, rule};

pub(super) const RULES: &[ClusterRule] = &[disks, sysprep, sysprep_keys];

/// Each disk has a volume, each volume of a template a source, and each boot place one disk.
fn disks(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for vm in machines(cluster) {
        let volumes: BTreeSet<&str> = vm
            .items("/volumes")
            .iter()
            .map(|volume| text(volume, "name"))
            .collect();
        let mut orders: BTreeMap<u64, &str> = BTreeMap::new();
        for (index, disk) in vm.items("/domain/devices/disks").iter().enumerate() {
            let path = format!("domain.devices.disks[{index}]");
            let name = text(disk, "name");
            if !volumes.contains(name) {
                findings.push(vm.mark(rule::DISK_WITHOUT_VOLUME.error(
                    path.as_str(),
                    format!(
                        "{} has a disk `{name}` and no volume of that name",
                        vm.title()
                    ),
                )));
            }
            if disk.pointer("/cdrom/bus").and_then(Value::as_str) == Some("virtio") {
                findings.push(
                    vm.mark(
                        rule::CDROM_BUS
                            .error(format!("{path}.cdrom.bus"), "a CD-ROM cannot be on virtio"),
                    ),
                );
            }
            let bus = disk.pointer("/disk/bus").and_then(Value::as_str);
            if is_true(disk.get("dedicatedIOThread")) && bus.is_some_and(|bus| bus != "virtio") {
                findings.push(
                    vm.mark(
                        rule::IO_THREAD_BUS.error(format!("{path}.dedicatedIOThread"), format!("the disk `{name}` asks for an I/O thread, which only disks on virtio can have"))
                        .help("write `bus: virtio`, or remove it"),
                    ),
                );
            }
            if let Some(order) = disk.get("bootOrder").and_then(Value::as_u64)
                && let Some(other) = orders.insert(order, name)
            {
                findings.push(vm.mark(rule::BOOT_ORDER_TWICE.error(
                    format!("{path}.bootOrder"),
                    format!("the disks `{other}` and `{name}` both have boot order {order}"),
                )));
            }
        }
        data_volumes(&vm, findings);
    }
}

/// The volumes of a template come with it, since each VM has its own.
fn data_volumes(vm: &Machine<'_>, findings: &mut Vec<Finding>) {
    let made: BTreeSet<&str> = list(vm.document.value.pointer("/spec/dataVolumeTemplates"))
        .iter()
        .filter_map(|volume| volume.pointer("/metadata/name")?.as_str())
        .collect();
    for (index, volume) in vm.items("/volumes").iter().enumerate() {
        let Some(name) = volume.pointer("/dataVolume/name").and_then(Value::as_str) else {
            continue;
        };
        if vm.is_template && !made.contains(name) {
            findings.push(vm.mark(rule::DATA_VOLUME_MISSING.warning(
                format!("volumes[{index}].dataVolume.name"),
                format!(
                    "{} needs a DataVolume `{name}`, which its `dataVolumeTemplates` do not create",
                    vm.title()
                ),
            )));
        }
    }
}

/// What a sysprep volume takes its answers from: the field, the kind, the name.
fn answers(volume: &Value) -> Option<(&'static str, &'static str, &str)> {
    let sysprep = volume.get("sysprep")?;
    let (field, kind) = if sysprep.get("secret").is_some() {
        ("secret", "Secret")
    } else {
        ("configMap", "ConfigMap")
    };
    Some((field, kind, text(sysprep.get(field)?, "name")))
}

/// Windows takes its answers from a CD-ROM, made of a ConfigMap or Secret in the VM's own namespace.
fn sysprep(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let known = [names_of(cluster, "ConfigMap"), names_of(cluster, "Secret")];
    let names = known
        .each_ref()
        .map(|known| known.keys().map(|(_, name)| *name).collect::<BTreeSet<_>>());
    let namespaces = vm_namespaces(cluster);
    for vm in machines(cluster) {
        for (index, volume) in vm.items("/volumes").iter().enumerate() {
            let Some((field, kind, wanted)) = answers(volume) else {
                continue;
            };
            if let Some((disk, value)) = vm.disk(text(volume, "name"))
                && value.get("cdrom").is_none()
            {
                findings.push(vm.mark(rule::SYSPREP_DISK.error(
                    format!("domain.devices.disks[{disk}]"),
                    format!(
                        "the answer file of {} is on a disk, but Windows looks for it on a CD-ROM",
                        vm.title()
                    ),
                )));
            }
            let which = usize::from(kind == "Secret");
            // Without any of the kind, they are kept elsewhere.
            if known[which].is_empty() {
                continue;
            }
            let wanted_in: Vec<&str> = if vm.is_template {
                namespaces.iter().map(String::as_str).collect()
            } else {
                vec![namespace_of(vm.document)]
            };
            let missing: Vec<&str> = wanted_in
                .into_iter()
                .filter(|namespace| !known[which].contains_key(&(*namespace, wanted)))
                .collect();
            let message = if !names[which].contains(wanted) {
                format!(
                    "{} takes its answers from the {kind} `{wanted}`, which is not among the manifests",
                    vm.title()
                )
            } else if !missing.is_empty() {
                format!(
                    "the {kind} `{wanted}` of {} is not in the namespace {}",
                    vm.title(),
                    missing.join(", ")
                )
            } else {
                continue;
            };
            findings.push(
                vm.mark(
                    rule::SYSPREP_MISSING.warning(format!("volumes[{index}].sysprep.{field}"), message)
                        .help(format!("add it to every namespace with such VMs: a {kind} of another namespace cannot be used")),
                ),
            );
        }
    }
}

/// KubeVirt knows the answer file by two names.
fn sysprep_keys(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let wanted: BTreeSet<(&str, &str)> = machines(cluster)
        .flat_map(|vm| vm.items("/volumes"))
        .filter_map(|volume| answers(volume).map(|(_, kind, name)| (kind, name)))
        .collect();
    for document in cluster
        .of_kind("ConfigMap")
        .chain(cluster.of_kind("Secret"))
    {
        let (kind, name) = (document.kind(), document.name());
        if !wanted.contains(&(kind, name)) {
            continue;
        }
        let mut keys = ["data", "stringData", "binaryData"]
            .into_iter()
            .filter_map(|map| document.find(map)?.as_object())
            .flat_map(|map| map.keys())
            .map(|key| key.to_lowercase());
        if !keys.any(|key| key == "unattend.xml" || key == "autounattend.xml") {
            findings.push(document.mark_beside(
                rule::SYSPREP_KEY.error("data", format!("the {kind} `{name}` has neither `unattend.xml` nor `autounattend.xml`, so VMs with it do not start")),
                "metadata.name",
            ));
        }
    }
}
