//! Portworx and FlashArray (RA, Storage configuration and Portworx layer).

use super::{Finding, Rule};
use crate::site::{LicenceType, Site};

const SECTION: &str = "Portworx layer";

pub(super) const RULES: &[Rule] = &[arrays, devices, storage_nodes, licence, classes];

fn arrays(site: &Site, findings: &mut Vec<Finding>) {
    let storage = &site.storage;
    if storage.flash_arrays.is_empty() {
        findings.push(
            Finding::error(
                "no-array",
                "storage.flashArrays",
                "Portworx needs at least one FlashArray",
            )
            .section(SECTION),
        );
    }
    if !site.places.given("storage.flashArrays") {
        findings.push(
            Finding::note(
                "example-array",
                "storage.flashArrays",
                "the FlashArray is the example's, 172.16.200.50",
            )
            .help("name yours under `storage.flashArrays`")
            .section(SECTION),
        );
    }
}

fn devices(site: &Site, findings: &mut Vec<Finding>) {
    if site.storage.device_sizes.is_empty() {
        findings.push(
            Finding::error(
                "no-device",
                "storage.deviceSizes",
                "a node needs at least one data drive",
            )
            .section(SECTION),
        );
    }
}

fn storage_nodes(site: &Site, findings: &mut Vec<Finding>) {
    if site.storage.max_storage_nodes.is_none() {
        findings.push(
            Finding::warning(
                "storage-nodes-variable",
                "storage.maxStorageNodes",
                "the number of storage nodes is a Palette variable, which stays a string where the CRD wants an integer",
            )
            .help("leave the key out for the number of workers, or write the number, unless your Palette resolves it to one")
            .section(SECTION),
        );
    }
    if let Some(nodes) = site.storage.max_storage_nodes
        && nodes != site.cluster.workers
    {
        findings.push(
            Finding::warning(
                "storage-nodes",
                "storage.maxStorageNodes",
                format!("{nodes} storage nodes for {} workers", site.cluster.workers),
            )
            .help("with as many as workers, a repaved node takes its old drives back; leave the key out for that")
            .section(SECTION),
        );
    }
}

fn licence(site: &Site, findings: &mut Vec<Finding>) {
    let licence = &site.storage.licence;
    let unused = match licence.model {
        LicenceType::Enterprise if licence.saas_key.is_some() => "saasKey",
        LicenceType::Saas if licence.activation_id.is_some() => "activationId",
        _ => return,
    };
    findings.push(
        Finding::error(
            "licence-unused",
            format!("storage.licence.{unused}"),
            format!(
                "a licence of type `{}` has no `{unused}`",
                licence.model.as_str()
            ),
        )
        .section(SECTION),
    );
}

fn classes(site: &Site, findings: &mut Vec<Finding>) {
    let storage = &site.storage;
    if storage.storage_class.name == storage.vm_state_storage_class {
        findings.push(
            Finding::warning(
                "vm-state-class",
                "storage.vmStateStorageClass",
                format!("TPM and EFI state is kept on `{}`, which serves blocks", storage.storage_class.name),
            )
            .help("KubeVirt asks for a shared file system there; give `storage.vmStateStorageClass` a name of its own")
            .section("VMO layer"),
        );
    }
}
