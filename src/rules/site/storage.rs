//! The storage of VM disks (RA, Storage configuration and Portworx layer).

use std::net::Ipv4Addr;

use crate::network::Host;
use crate::revision::Revision;
use crate::rules::{Finding, RevisionRule, SiteRule, rule};
use crate::site::{LicenceType, NodeRole, Site, StorageProvider};
use crate::version::Version;

/// Settings that not every provider takes.
const SETTINGS: &str = "namespace licence flashArrays maxStorageNodes deviceSizes metadataDeviceSize journalDeviceSize \
    managementInterface dataInterface opsQpsRate opsBurstRate storageClass.replicas storageClass.ioProfile \
    storageClass.priorityIo storageClass.nodiscard storageClass.default storageClass.defaultForVms \
    storageClass.reclaimPolicy";

pub(super) const RULES: &[SiteRule] = &[
    settings,
    transport,
    appliance,
    arrays,
    devices,
    storage_nodes,
    licence,
    interfaces,
    copies,
    provisioner,
];

pub(super) const REVISION_RULES: &[RevisionRule] = &[version];

/// Whether the provider takes a setting.
pub(super) fn takes(site: &Site, setting: &str) -> bool {
    let known = &site.storage.provider.facts().settings;
    known.iter().any(|known| known == setting)
}

/// Users rely on the settings that they write, so one without effect is reported.
fn settings(site: &Site, findings: &mut Vec<Finding>) {
    let facts = site.storage.provider.facts();
    for setting in SETTINGS.split(' ') {
        let path = format!("storage.{setting}");
        if takes(site, setting) || !site.places.given(&path) {
            continue;
        }
        findings.push(
            rule::NOT_OF_THE_PROVIDER
                .error(
                    path,
                    format!("`storage.{setting}` has no effect with {}", facts.name),
                )
                .help(match setting.strip_prefix("storageClass.") {
                    Some(_) if !facts.class.by_pack => {
                        format!("leave it out: no pack of {} creates a class", facts.name)
                    }
                    Some(_) => format!(
                        "leave it out, and set up the class in the values of `{}`",
                        facts.pack.name
                    ),
                    None => "leave it out, or use `provider: portworx`".to_owned(),
                }),
        );
    }
}

fn transport(site: &Site, findings: &mut Vec<Finding>) {
    let storage = &site.storage;
    let facts = storage.provider.facts();
    if !site.places.given("storage.sanType") || facts.transports.contains(&storage.san_type) {
        return;
    }
    let known: Vec<String> = facts
        .transports
        .iter()
        .map(|known| format!("`{}`", known.as_str()))
        .collect();
    let (message, help) = if known.is_empty() {
        (
            format!("{} is not reached over a SAN", facts.name),
            "leave `storage.sanType` out".to_owned(),
        )
    } else {
        (
            format!(
                "the RA has no {} over {}",
                facts.name,
                storage.san_type.as_str()
            ),
            format!("use {}", known.join(" or ")),
        )
    };
    findings.push(
        rule::NOT_ITS_TRANSPORT
            .error("storage.sanType", message)
            .help(help),
    );
}

/// The infra profile is one for MAAS, and nothing else.
fn appliance(site: &Site, findings: &mut Vec<Finding>) {
    let facts = site.storage.provider.facts();
    if !facts.pack.appliance_only {
        return;
    }
    findings.push(rule::APPLIANCE_ONLY.warning(
        "storage.provider",
        format!(
            "{} works in appliance and agent mode only, and the infra profile is for MAAS",
            facts.name
        ),
    ));
}

fn arrays(site: &Site, findings: &mut Vec<Finding>) {
    let storage = &site.storage;
    if !takes(site, "flashArrays") {
        return;
    }
    if storage.flash_arrays.is_empty() {
        findings.push(rule::NO_ARRAY.error(
            "storage.flashArrays",
            "Portworx needs at least one FlashArray",
        ));
    }
    if !site.places.given("storage.flashArrays") {
        findings.push(rule::EXAMPLE_ARRAY.note(
            "storage.flashArrays",
            "the FlashArray is the example's, 172.16.200.50",
        ));
    }
    for (array, index) in storage.flash_arrays.iter().zip(0..) {
        let endpoint = array.endpoint.to_string();
        let address = endpoint.parse::<Ipv4Addr>();
        if address.is_ok_and(|address| address.is_documentation()) {
            findings.push(rule::EXAMPLE_ARRAY.warning(
                format!("storage.flashArrays[{index}].endpoint"),
                format!("{endpoint} is reserved for documentation (RFC 5737)"),
            ));
        }
    }
}

/// Portworx' own classes have its driver, whatever the site says.
fn provisioner(site: &Site, findings: &mut Vec<Finding>) {
    let storage = &site.storage;
    let driver = &storage.provider.facts().driver;
    let is_portworx = matches!(
        storage.provider,
        StorageProvider::Portworx | StorageProvider::PortworxCsi
    );
    if is_portworx && storage.provisioner.as_str() != driver {
        findings.push(rule::SNAPSHOT_DRIVER.error(
            "storage.provisioner",
            format!(
                "snapshots would use the driver `{}`, but disks use `{driver}`",
                storage.provisioner
            ),
        ));
    }
}

fn copies(site: &Site, findings: &mut Vec<Finding>) {
    let class = &site.storage.storage_class;
    if takes(site, "storageClass.replicas") && class.replicas == 1 {
        // The class for the state of VMs has as many.
        let state = site.storage.vm_state_storage_class.as_ref();
        let state = state.filter(|state| state.as_str() != class.name.as_str());
        let names = match state {
            Some(state) => format!("`{}` and `{state}`", class.name),
            None => format!("`{}`", class.name),
        };
        findings.push(rule::ONE_COPY.warning(
            "storage.storageClass.replicas",
            format!("volumes of {names} have a single copy"),
        ));
    }
}

fn devices(site: &Site, findings: &mut Vec<Finding>) {
    if takes(site, "deviceSizes") && site.storage.device_sizes.is_empty() {
        findings.push(rule::NO_DEVICE.error(
            "storage.deviceSizes",
            "a node needs at least one data drive",
        ));
    }
}

fn storage_nodes(site: &Site, findings: &mut Vec<Finding>) {
    if !takes(site, "maxStorageNodes") {
        return;
    }
    if site.storage.max_storage_nodes.is_none() {
        findings.push(
            rule::STORAGE_NODES_VARIABLE.warning("storage.maxStorageNodes", "the number of storage nodes is a Palette variable, which stays a string, but the CRD needs an integer")
            .help("leave the key out for the number of workers, or write the number, unless your Palette resolves it to one"),
        );
    }
    if let Some(nodes) = site.storage.max_storage_nodes
        && nodes != site.cluster.workers
    {
        findings.push(rule::STORAGE_NODES.warning(
            "storage.maxStorageNodes",
            format!("{nodes} storage nodes for {} workers", site.cluster.workers),
        ));
    }
}

fn licence(site: &Site, findings: &mut Vec<Finding>) {
    if !takes(site, "licence") {
        return;
    }
    let licence = &site.storage.licence;
    let unused = match licence.model {
        LicenceType::Enterprise if licence.saas_key.is_some() => "saasKey",
        LicenceType::Saas if licence.activation_id.is_some() => "activationId",
        _ => return,
    };
    findings.push(rule::LICENCE_UNUSED.error(
        format!("storage.licence.{unused}"),
        format!(
            "a licence of type `{}` has no `{unused}`",
            licence.model.as_str()
        ),
    ));
}

/// Portworx is kept off the network of end user access, and takes interfaces that nodes have only.
fn interfaces(site: &Site, findings: &mut Vec<Finding>) {
    let storage = &site.storage;
    let data = &site.network.data.interface;
    let host = Host::of_role(site, NodeRole::Worker).ok();
    for (key, interface) in [
        ("managementInterface", &storage.management_interface),
        ("dataInterface", &storage.data_interface),
    ] {
        let path = format!("storage.{key}");
        if !takes(site, key) {
            continue;
        }
        if interface == data && *data != site.network.management.interface {
            findings.push(rule::STORAGE_ON_DATA_NETWORK.warning(
                path,
                format!("Portworx uses `{interface}`, the interface of end user access"),
            ));
        } else if let Some(host) = &host
            && host.interface(interface).is_none()
        {
            findings.push(rule::STORAGE_INTERFACE.error(
                path,
                format!(
                    "workers of the layout `{}` have no interface `{interface}`",
                    site.network.layout.as_str()
                ),
            ));
        }
    }
}

/// Versions below those of the RA's table are not known to share volumes.
fn version(site: &Site, revision: &Revision, findings: &mut Vec<Finding>) {
    let facts = site.storage.provider.facts();
    let pack = &facts.pack.name;
    let Some(version) = site.registries.version_of(pack) else {
        return;
    };
    let Some(minimum) = facts.minimum(revision) else {
        return;
    };
    if is_below(version, &minimum) {
        findings.push(
            rule::PROVIDER_VERSION
                .warning(
                    format!("packVersions.{pack}"),
                    below(pack, version, &minimum),
                )
                .help(format!("take {minimum} or later")),
        );
    }
}

/// Whether a version, or every version of a group, is lower than another.
pub(crate) fn is_below(version: &str, minimum: &str) -> bool {
    let highest = version.replace(".x", ".999999");
    match (Version::parse(&highest), Version::parse(minimum)) {
        (Some(version), Some(minimum)) => version < minimum,
        _ => false,
    }
}

/// The finding about a version that is too low.
pub(crate) fn below(pack: &str, version: &str, minimum: &str) -> String {
    format!(
        "`{pack}` {version} is older than {minimum}, the first version with shared volumes in the RA's table"
    )
}
