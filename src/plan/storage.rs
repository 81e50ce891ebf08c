//! Who serves VM disks, and what the nodes ask the array for (RA, Storage configuration and Portworx layer).

use serde::Serialize;

use super::{node_networks, number};
use crate::revision::{Revision, StorageNeed};
use crate::site::{SanType, Site, StorageProvider};

/// Nodes of Portworx's own key-value store, each with a drive for it.
const KVDB_NODES: u32 = 3;
/// The size of such a drive in GiB, as the pack's preset has it.
const KVDB_SIZE: u32 = 32;

/// Who serves VM disks, from where.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoragePlan {
    /// The provider's name for people.
    pub provider: String,
    /// Its pack.
    pub pack: String,
    /// The least version of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<String>,
    /// The class of VM disks.
    pub class: String,
    /// The CSI driver.
    pub driver: String,
    /// How disks reach VMs: `Block` or `Filesystem`, on all nodes at once.
    pub volume_mode: String,
    /// How nodes reach the storage, where it is behind a SAN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub san: Option<String>,
    /// Which way its packets take, where the SAN is a network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What its disks in the workers have to be, where the data is on these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disks: Option<String>,
    /// The arrays' endpoints, where the site names them.
    pub arrays: Vec<String>,
    /// The drives that Portworx makes; other providers serve volumes without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<Pool>,
}

/// The pool that Portworx makes of drives; sizes are in GiB.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pool {
    /// Nodes with drives.
    pub nodes: u32,
    /// The drives of each node, with what they are for.
    pub drives: Vec<Drive>,
    /// All data drives together.
    pub raw: u64,
    /// Copies of every volume.
    pub replicas: u32,
    /// What volumes can fill.
    pub usable: u64,
    /// All drives together, as the array provides them before it removes duplicates.
    pub provisioned: u64,
}

/// Drives of one kind.
#[derive(Debug, Serialize)]
pub struct Drive {
    /// What they are for.
    pub purpose: &'static str,
    /// Their size.
    pub size: u32,
    /// How many in all.
    pub count: u32,
}

impl StoragePlan {
    pub(super) fn of(site: &Site, revision: &Revision) -> Self {
        let storage = &site.storage;
        let facts = storage.provider.facts();
        let san = facts.has(StorageNeed::San).then_some(storage.san_type);
        let arrays = if facts.has(StorageNeed::FlashArrays) {
            storage.flash_arrays.iter()
        } else {
            [].iter()
        };
        StoragePlan {
            provider: facts.name.clone(),
            pack: facts.pack.name.clone(),
            minimum: facts.minimum(revision),
            class: storage.storage_class.name.to_string(),
            driver: storage.provisioner.to_string(),
            volume_mode: storage.volume_mode.as_str().to_owned(),
            san: san.map(|san| san.as_str().to_owned()),
            path: san.filter(|san| *san != SanType::Fc).map(|_| path(site)),
            disks: facts.node.disks.clone(),
            arrays: arrays.map(|array| array.endpoint.to_string()).collect(),
            pool: (storage.provider == StorageProvider::Portworx).then(|| Pool::of(site)),
        }
    }

    /// What VM disks are made of: drives that Portworx makes on an array, volumes of an array, disks of the workers, or what a
    /// client of the vendor's reaches.
    pub(super) fn made_of(&self) -> &'static str {
        match (&self.pool, &self.disks, &self.san) {
            (Some(_), ..) => "pool",
            (None, Some(_), _) => "disks",
            (None, None, Some(_)) => "array",
            (None, None, None) => "client",
        }
    }

    /// What must be ready before the cluster is.
    pub(super) fn in_words(&self) -> String {
        let way = match self.san.as_deref() {
            Some("FC") => "Zone every worker to the array's ports",
            Some("ISCSI") => "Let every worker reach the array's iSCSI ports",
            Some(_) => "Let every worker reach the array's NVMe ports",
            None if self.disks.is_some() => "Prepare them as the section on storage says",
            None => "Prepare the storage as its vendor says",
        };
        match &self.pool {
            Some(pool) => format!(
                "{way}; {} GiB of drives are made there by Portworx itself, with an account of its own ({}).",
                number(pool.provisioned),
                self.arrays.join(", ")
            ),
            None => format!(
                "{way}, and let its pack `{}` serve the class `{}`.",
                self.pack, self.class
            ),
        }
    }
}

/// The site has no network for storage alone.
fn path(site: &Site) -> String {
    let gateway = node_networks(site).into_iter().find_map(|(_, network)| {
        let gateway = network.gateway?;
        Some(format!(
            ", or else the default gateway {gateway} on `{}`",
            network.interface
        ))
    });
    format!(
        "Nodes reach the ports of the array over the host network that has their addresses{}.",
        gateway.unwrap_or_default()
    )
}

impl Pool {
    fn of(site: &Site) -> Self {
        let storage = &site.storage;
        let nodes = storage.max_storage_nodes.unwrap_or(site.cluster.workers);
        let mut drives: Vec<Drive> = storage
            .device_sizes
            .iter()
            .map(|size| Drive {
                purpose: "data",
                size: *size,
                count: nodes,
            })
            .collect();
        drives.push(Drive {
            purpose: "PX-StoreV2 metadata",
            size: storage.metadata_device_size,
            count: nodes,
        });
        drives.push(Drive {
            purpose: "journal",
            size: storage.journal_device_size,
            count: nodes,
        });
        drives.push(Drive {
            purpose: "key-value store",
            size: KVDB_SIZE,
            count: KVDB_NODES.min(nodes),
        });
        let total = |drives: &mut dyn Iterator<Item = &Drive>| -> u64 {
            drives
                .map(|drive| u64::from(drive.size) * u64::from(drive.count))
                .sum()
        };
        let raw = total(&mut drives.iter().filter(|drive| drive.purpose == "data"));
        let replicas = storage.storage_class.replicas;
        Pool {
            nodes,
            raw,
            replicas,
            usable: raw / u64::from(replicas.max(1)),
            provisioned: total(&mut drives.iter()),
            drives,
        }
    }
}
