//! The classes of VM disks, of their snapshots and of TPM and EFI state (RA, Storage configuration).

use super::storage::takes;
use crate::rules::{Finding, SiteRule, rule};
use crate::site::{Site, StorageProvider, VolumeMode};

pub(super) const RULES: &[SiteRule] = &[parameters, sharing, states, disks, snapshots];

/// Parameters of the class that no layer writes anywhere.
fn parameters(site: &Site, findings: &mut Vec<Finding>) {
    let facts = site.storage.provider.facts();
    let Some(taken) = &facts.class.takes else {
        return;
    };
    for name in site.storage.storage_class.parameters.keys() {
        let path = format!("storage.storageClass.parameters.{name}");
        if taken.contains(name) || !site.places.given(&path) {
            continue;
        }
        let help = match (site.storage.provider, facts.class.by_pack) {
            (StorageProvider::Portworx, _) => {
                "Portworx has settings of its own: `replicas`, `ioProfile`, `priorityIo`, `nodiscard`".to_owned()
            }
            (_, true) => format!("set it in the values of `{}`", facts.pack.name),
            (_, false) => "set it where you create the class".to_owned(),
        };
        findings.push(
            rule::CLASS_PARAMETER
                .error(
                    path,
                    format!(
                        "the layer of {} has no place for the parameter `{name}`",
                        facts.name
                    ),
                )
                .help(help),
        );
    }
}

/// Live migration wants disks that two nodes may open.
fn sharing(site: &Site, findings: &mut Vec<Finding>) {
    let storage = &site.storage;
    let facts = storage.provider.facts();
    let mode = storage.volume_mode;
    if !facts.shares.contains(&mode) {
        findings.push(
            rule::MODE_NOT_SHARED
                .error(
                    "storage.volumeMode",
                    format!(
                        "{} shares no volumes of the mode {}, which live migration needs",
                        facts.name,
                        mode.as_str()
                    ),
                )
                .help(format!(
                    "leave it out: the RA uses {}",
                    facts.shares[0].as_str()
                )),
        );
        return;
    }
    for (name, wanted) in &facts.class.sharing {
        let is = storage.storage_class.parameters.get(name);
        let path = format!("storage.storageClass.parameters.{name}");
        if mode == VolumeMode::Block && is != Some(wanted) {
            findings.push(
                rule::CLASS_NOT_SHARED
                    .error(
                        path,
                        format!(
                            "{} shares blocks with `{name}: \"{wanted}\"` only",
                            facts.name
                        ),
                    )
                    .help(format!("leave `{name}` out, or write \"{wanted}\"")),
            );
        } else if mode == VolumeMode::Filesystem && is == Some(wanted) {
            findings.push(
                rule::CLASS_NOT_SHARED
                    .error(
                        path,
                        format!(
                            "with `{name}: \"{wanted}\"` {} shares blocks only",
                            facts.name
                        ),
                    )
                    .help(format!("leave `{name}` out, or take `volumeMode: Block`")),
            );
        }
    }
}

/// TPM and EFI state wants a file system that all nodes can mount.
fn states(site: &Site, findings: &mut Vec<Finding>) {
    let storage = &site.storage;
    let facts = storage.provider.facts();
    if storage.node.nfs {
        let (path, what) = match &storage.vm_state_storage_class {
            Some(class) => (
                "storage.vmStateStorageClass",
                format!("TPM and EFI state is kept on `{class}`"),
            ),
            None => ("storage.volumeMode", "VM disks are file systems".to_owned()),
        };
        // A default has no line to show.
        let path = Some(path).filter(|path| site.places.given(path));
        findings.push(rule::NFS_CLIENT.note(
            path.unwrap_or_default(),
            format!(
                "{what}, and nodes mount shared file systems of {} over NFS",
                facts.name
            ),
        ));
    }
    match &storage.vm_state_storage_class {
        None if site.places.given("storage.vmStateStorageClass") => {}
        None => findings.push(
            rule::NO_VM_STATE_CLASS.note("storage.provider", format!(
                    "{} has no class for shared file systems, so TPM and EFI state is lost when a VM stops",
                    facts.name
                )),
        ),
        Some(class)
            if *class == storage.storage_class.name
                && storage.volume_mode == VolumeMode::Block =>
        {
            findings.push(
                rule::VM_STATE_CLASS.warning("storage.vmStateStorageClass", format!("TPM and EFI state is kept on `{class}`, which serves blocks"))
                .help("KubeVirt asks for a shared file system there; give `storage.vmStateStorageClass` a name of its own"),
            );
        }
        Some(_) => {}
    }
}

/// Which class VM disks get, where we do not write it ourselves.
fn disks(site: &Site, findings: &mut Vec<Finding>) {
    let storage = &site.storage;
    let facts = storage.provider.facts();
    let name = &storage.storage_class.name;
    let (path, pack) = ("storage.storageClass.name", &facts.pack.name);
    if facts.class.name.is_none() && !site.places.given(path) {
        findings.push(rule::CLASS_UNNAMED.error(
            "storage.provider",
            format!("`{pack}` creates no StorageClass, and the site names none"),
        ));
        return;
    }
    let renamed = takes(site, "storageClass.defaultForVms");
    let is_the_packs = facts.class.name.as_deref() == Some(name.as_str());
    if renamed {
        return;
    }
    let finding = if is_the_packs {
        rule::CLASS_OF_PACK.note("storage.provider", format!("VM disks use the class `{name}`, which `{pack}` creates from its own values"))
        .help("annotate it with `storageclass.kubevirt.io/is-default-virt-class: \"true\"` there, for disks that name no class")
    } else {
        rule::CLASS_OF_PACK.note(path, format!("no layer makes the StorageClass `{name}`: it must exist before VMs do"))
        .help("annotate it with `storageclass.kubevirt.io/is-default-virt-class: \"true\"`, for disks that name no class")
    };
    findings.push(finding);
}

fn snapshots(site: &Site, findings: &mut Vec<Finding>) {
    let facts = site.storage.provider.facts();
    for name in &facts.snapshots.needs {
        if site.storage.snapshot_parameters.contains_key(name) {
            continue;
        }
        findings.push(
            rule::SNAPSHOT_PARAMETER
                .error(
                    "storage.provider",
                    format!("snapshots of {} need the parameter `{name}`", facts.name),
                )
                .help(format!(
                    "write it, such as `snapshotParameters: {{{name}: \"1\"}}`"
                )),
        );
    }
}
