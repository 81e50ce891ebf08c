//! The Portworx layer's values, and the node settings that it needs (RA, Portworx layer).

use serde_json::Value;

use super::classes::{PORTWORX_PACK, PORTWORX_ROOT};
use crate::cluster::Cluster;
use crate::cluster::machines::{list, text};
use crate::cluster::values::Values;
use crate::rules::network::metallb;
use crate::rules::{ClusterRule, Finding, rule};

const CLOUD: &str = "storageCluster.spec.cloudStorage";
const ENV: &str = "storageCluster.spec.env";
const SAN_TYPE: &str = "PURE_FLASHARRAY_SAN_TYPE";

pub(super) const RULES: &[ClusterRule] = &[
    storage_nodes,
    metadata_device,
    data_network,
    san_type,
    san_of_the_nodes,
];

fn portworx(cluster: &Cluster) -> Option<Values<'_>> {
    Values::of(cluster, PORTWORX_PACK, PORTWORX_ROOT)
}

/// The CRD wants a number; a macro in quotes stays a text through Helm.
fn storage_nodes(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(portworx) = portworx(cluster) else {
        return;
    };
    let path = format!("{CLOUD}.maxStorageNodes");
    let Some(value) = portworx.find(&path) else {
        return;
    };
    if value.as_u64().is_some_and(|nodes| nodes > 0) {
        return;
    }
    let finding = match value.as_str() {
        // A macro that stood without quotes has lost a brace when it was read, and becomes a number.
        Some(given) if given.starts_with("{ ") || (given.starts_with('{') && !given.starts_with("{{")) => return,
        Some(given) if given.contains("{{") => rule::STORAGE_NODES_VARIABLE.warning(path, "the number of storage nodes is a macro in quotes, which stays a text, but the StorageCluster needs a whole number")
        .help("write the number of workers"),
        _ => rule::STORAGE_NODES_NUMBER.error(path, format!("`maxStorageNodes` is {value}, but the StorageCluster needs a whole number above 0")),
    };
    findings.push(portworx.mark(finding));
}

/// PX-StoreV2 keeps its metadata on a device of its own.
fn metadata_device(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(portworx) = portworx(cluster) else {
        return;
    };
    let is_v2 = portworx
        .text("storageCluster.annotations.portworx\\.io/misc-args")
        .is_some_and(|arguments| arguments.to_lowercase().contains("px-storev2"));
    if !is_v2 || portworx.find(CLOUD).is_none() {
        return;
    }
    let path = format!("{CLOUD}.systemMetadataDeviceSpec");
    let spec = portworx.text(&path);
    let size = spec
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .find_map(|part| part.trim().strip_prefix("size=")?.parse::<u64>().ok());
    let message = match (spec.as_deref(), size) {
        (None | Some(""), _) if portworx.find(&path).is_none_or(Value::is_null) => {
            "PX-StoreV2 is on, but nodes have no metadata device".to_owned()
        }
        (_, Some(size)) if size < 64 => {
            format!("the metadata device has {size} GiB, but PX-StoreV2 needs 64")
        }
        _ => return,
    };
    findings.push(portworx.mark(rule::METADATA_DEVICE.warning(path, message)));
}

/// MetalLB announces services where end users are. Where nodes have one network for all, there is no choice.
fn data_network(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let (Some(portworx), Some(metallb)) = (portworx(cluster), metallb::configuration(cluster))
    else {
        return;
    };
    let path = "storageCluster.spec.network.dataInterface";
    let Some(interface) = portworx.text(path) else {
        return;
    };
    if portworx.text("storageCluster.spec.network.mgmtInterface") == Some(interface.clone()) {
        return;
    }
    let announced = metallb::announced_on(&metallb);
    if announced.contains(&interface) {
        findings.push(portworx.mark(rule::STORAGE_ON_DATA_NETWORK.warning(
            path,
            format!("Portworx uses `{interface}`, where MetalLB announces services"),
        )));
    }
}

/// The place and the text of the transport, where the environment names one.
fn transport(portworx: &Values<'_>) -> Option<(String, String)> {
    let (index, variable) = list(portworx.find(ENV))
        .iter()
        .enumerate()
        .find(|(_, variable)| text(variable, "name") == SAN_TYPE)?;
    let value = portworx.scalar(variable.get("value")?)?;
    Some((format!("{ENV}[{index}].value"), value))
}

fn san_type(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(portworx) = portworx(cluster) else {
        return;
    };
    let is_pure = portworx
        .text(&format!("{CLOUD}.provider"))
        .is_some_and(|provider| provider == "pure");
    let is_driver = portworx
        .text("license.type")
        .is_some_and(|licence| licence == "csi");
    match transport(&portworx) {
        Some((path, given))
            if !["FC", "ISCSI", "NVMEOF-RDMA", "NVMEOF-TCP"].contains(&given.as_str()) =>
        {
            findings.push(
                portworx.mark(
                    rule::SAN_TYPE
                        .error(
                            path,
                            format!("`{given}` is not a transport that Portworx knows"),
                        )
                        .help("write `FC`, `ISCSI`, `NVMEOF-RDMA` or `NVMEOF-TCP`"),
                ),
            );
        }
        // As a CSI driver only, Portworx has no drives of its own to provide.
        Some((path, _)) if !is_pure && !is_driver => findings.push(
            portworx.mark(
                rule::SAN_PROVIDER
                    .warning(
                        path,
                        format!(
                            "`{SAN_TYPE}` is set, but the provider of the drives is not `pure`"
                        ),
                    )
                    .help(format!(
                        "write `provider: pure` under `{}`",
                        portworx.at(CLOUD)
                    )),
            ),
        ),
        None if is_pure && portworx.find(ENV).is_some() => findings.push(
            portworx.mark(
                rule::SAN_TYPE
                    .warning(
                        ENV,
                        format!("nothing sets `{SAN_TYPE}`, so Portworx uses iSCSI"),
                    )
                    .help("name the transport; the preset for a proxy replaces the whole list"),
            ),
        ),
        _ => {}
    }
}

/// What the nodes are prepared for is what Portworx uses.
fn san_of_the_nodes(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(portworx) = portworx(cluster) else {
        return;
    };
    let Some((path, transport)) = transport(&portworx) else {
        return;
    };
    let Some(ubuntu) = Values::of(cluster, "ubuntu-maas", "kubeadmconfig") else {
        return;
    };
    let mut iscsi = None;
    for when in ["preKubeadmCommands", "postKubeadmCommands"] {
        for (index, command) in list(ubuntu.find(when)).iter().enumerate() {
            let is_iscsi = |line: &str| {
                let line = line.trim_start();
                !line.starts_with('#')
                    && ["iscsid", "iscsiadm", "open-iscsi"]
                        .iter()
                        .any(|word| line.contains(word))
            };
            if command
                .as_str()
                .is_some_and(|command| command.lines().any(is_iscsi))
            {
                iscsi = Some(format!("{when}[{index}]"));
            }
        }
    }
    let mut multipath = None;
    for (index, file) in list(ubuntu.find("files")).iter().enumerate() {
        let target = text(file, "targetPath");
        if target.contains("/etc/iscsi/") {
            iscsi = Some(format!("files[{index}]"));
        }
        if target == "/etc/multipath.conf" {
            multipath = Some((format!("files[{index}]"), text(file, "content")));
        }
    }
    if let Some(place) = iscsi
        && transport != "ISCSI"
    {
        findings.push(
            ubuntu.mark(
                rule::SAN_MIXED
                    .warning(
                        place,
                        format!(
                            "the nodes are prepared for iSCSI, but Portworx is set to {transport}"
                        ),
                    )
                    .help(format!(
                        "remove it, or write `ISCSI` at `{}`",
                        portworx.at(&path)
                    )),
            ),
        );
    }
    let vendor = if transport.starts_with("NVMEOF") {
        "NVME"
    } else {
        "PURE"
    };
    if let Some((place, content)) = multipath
        && !has_vendor(content, vendor)
    {
        findings.push(
            ubuntu.mark(
                rule::SAN_MIXED.warning(place, format!("multipath.conf has no device section for `{vendor}`, the vendor name of the array over {transport}"))
                .help(format!("add a device section with the vendor \"{vendor}\"")),
            ),
        );
    }
}

/// Whether a device section of multipath.conf is for a vendor.
fn has_vendor(content: &str, vendor: &str) -> bool {
    content.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("vendor")
            && words
                .next()
                .is_some_and(|word| word.trim_matches('"') == vendor)
    })
}
