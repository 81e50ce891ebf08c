//! Drives that the nodes ask the array for, and what is left of them (RA, Selected solution and Portworx layer).

use serde::Serialize;

use super::number;
use crate::site::Site;

/// Nodes of Portworx's own key-value store, each with a drive for it.
const KVDB_NODES: u32 = 3;
/// The size of such a drive in GiB, as the pack's preset has it.
const KVDB_SIZE: u32 = 32;

/// Drives and capacity; sizes are in GiB.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoragePlan {
    /// How nodes reach the array.
    pub san: String,
    /// The arrays' endpoints.
    pub arrays: Vec<String>,
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
    pub(super) fn of(site: &Site) -> Self {
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
        StoragePlan {
            san: storage.san_type.as_str().to_owned(),
            arrays: storage
                .flash_arrays
                .iter()
                .map(|array| array.endpoint.to_string())
                .collect(),
            nodes,
            raw,
            replicas,
            usable: raw / u64::from(replicas.max(1)),
            provisioned: total(&mut drives.iter()),
            drives,
        }
    }

    /// What must be ready on the array.
    pub(super) fn in_words(&self) -> String {
        let way = match self.san.as_str() {
            "FC" => "Zone every worker to the array's ports",
            "ISCSI" => "Let every worker reach the array's iSCSI ports",
            _ => "Let every worker reach the array's NVMe ports",
        };
        format!(
            "{way}; {} GiB of drives are made there by Portworx itself, with an account of its own ({}).",
            number(self.provisioned),
            self.arrays.join(", ")
        )
    }
}
