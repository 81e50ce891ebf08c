//! Portworx and the FlashArrays behind it (RA, Storage configuration and Portworx layer).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::cluster::{Cluster, revealed, words};
use super::names::{InterfaceName, Label, Subdomain};
use super::network::Network;
use super::reader::{Fields, Reader, fixed};
use super::secret::Secret;
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

/// The transport between nodes and arrays, in the words of `PURE_FLASHARRAY_SAN_TYPE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SanType {
    /// Fibre Channel.
    Fc,
    /// iSCSI.
    Iscsi,
    /// NVMe over RDMA (RoCE).
    NvmeRdma,
    /// NVMe over TCP.
    NvmeTcp,
}

impl SanType {
    /// Portworx's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            SanType::Fc => "FC",
            SanType::Iscsi => "ISCSI",
            SanType::NvmeRdma => "NVMEOF-RDMA",
            SanType::NvmeTcp => "NVMEOF-TCP",
        }
    }
}

impl FromStr for SanType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_uppercase().as_str() {
            "FC" => Ok(SanType::Fc),
            "ISCSI" => Ok(SanType::Iscsi),
            "NVMEOF-RDMA" => Ok(SanType::NvmeRdma),
            "NVMEOF-TCP" => Ok(SanType::NvmeTcp),
            _ => Err(format!(
                "`{text}` is not a SAN type: use `FC`, `ISCSI`, `NVMEOF-RDMA` or `NVMEOF-TCP`"
            )),
        }
    }
}

impl Serialize for SanType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The management address of an array: an IP address or a host name, without scheme and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bracketed = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let is_ip = match bracketed {
            Some(inside) => inside.parse::<std::net::Ipv6Addr>().is_ok(),
            None => text.parse::<Ipv4Addr>().is_ok(),
        };
        let looks_like_ip = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if is_ip || (!looks_like_ip && text.parse::<Subdomain>().is_ok()) {
            return Ok(Endpoint(text.to_owned()));
        }
        let hint = if text.parse::<IpAddr>().is_ok() {
            format!("write an IPv6 address in brackets: `[{text}]`")
        } else {
            "write an IP address or a host name, without `https://` and without a port".to_owned()
        };
        Err(format!("`{text}` is not the address of an array: {hint}"))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One array.
#[derive(Clone, Debug)]
pub struct FlashArray {
    /// Its management address.
    pub endpoint: Endpoint,
    /// An API token with administrative access; a Palette variable where none is given.
    pub api_token: Option<Secret>,
}

words! {
    /// How Portworx is licensed.
    LicenceType, "a Portworx licence" {
        /// With an activation id.
        Enterprise = "enterprise",
        /// Pay as you go, with a key.
        Saas = "saas",
    }
}

/// The Portworx licence.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Licence {
    /// Its model.
    #[serde(rename = "type")]
    pub model: LicenceType,
    /// For `enterprise`; a Palette variable where none is given.
    #[serde(serialize_with = "revealed")]
    pub activation_id: Option<Secret>,
    /// For `saas`, base64 as Portworx hands it out; a Palette variable where none is given.
    #[serde(serialize_with = "revealed")]
    pub saas_key: Option<Secret>,
}

words! {
    /// What becomes of a volume when its claim goes.
    ReclaimPolicy, "a reclaim policy" {
        /// It goes too.
        Delete = "Delete",
        /// It stays.
        Retain = "Retain",
    }
}

words! {
    /// Portworx's I/O profiles for block volumes.
    IoProfile, "an I/O profile" {
        /// Journal where the workload gains from it; needs the journal device.
        AutoJournal = "auto_journal",
        /// Portworx decides.
        Auto = "auto",
        /// Coalesces flushes; needs two replicas.
        DbRemote = "db_remote",
        /// Always journal.
        Journal = "journal",
        /// None.
        None = "none",
    }
}

words! {
    /// The pool priority of a volume.
    Priority, "an I/O priority" {
        /// The FlashArray pool's.
        High = "high",
        /// Middle.
        Medium = "medium",
        /// Lowest.
        Low = "low",
    }
}

/// The StorageClass of VM disks.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageClass {
    /// Its name; the StorageProfile, golden images and templates use it too.
    pub name: Subdomain,
    /// Copies of the data, 1 to 3; the RA takes 2.
    pub replicas: u32,
    /// Portworx's I/O profile.
    pub io_profile: IoProfile,
    /// Portworx's pool priority.
    pub priority_io: Priority,
    /// Whether discards are dropped.
    pub nodiscard: bool,
    /// Whether it is the cluster's default.
    pub default: bool,
    /// Whether it is KubeVirt's default.
    pub default_for_vms: bool,
    /// What becomes of volumes.
    pub reclaim_policy: ReclaimPolicy,
}

/// All about storage.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// The transport.
    pub san_type: SanType,
    /// Where the StorageCluster and its Secret live.
    pub namespace: Label,
    /// The licence.
    pub licence: Licence,
    /// The arrays.
    #[serde(skip)]
    pub flash_arrays: Vec<FlashArray>,
    /// Nodes with cloud drives; none leaves the number to a Palette variable.
    pub max_storage_nodes: Option<u32>,
    /// Data drives of each node, in GiB.
    pub device_sizes: Vec<u32>,
    /// The metadata drive of each node, in GiB.
    pub metadata_device_size: u32,
    /// The journal drive of each node, in GiB.
    pub journal_device_size: u32,
    /// Portworx's management interface.
    pub management_interface: InterfaceName,
    /// Portworx's replication interface.
    pub data_interface: InterfaceName,
    /// Requests a second that Portworx may send to Kubernetes.
    pub ops_qps_rate: u32,
    /// The same in a burst.
    pub ops_burst_rate: u32,
    /// The class of VM disks.
    pub storage_class: StorageClass,
    /// The class of persistent TPM and EFI state.
    pub vm_state_storage_class: Subdomain,
    /// The VolumeSnapshotClass VMO creates.
    pub snapshot_class: Subdomain,
    /// The CSI driver.
    pub provisioner: &'static str,
    /// Volume mode of VM disks.
    pub volume_mode: &'static str,
    /// Access mode of VM disks; live migration needs it.
    pub access_mode: &'static str,
    /// How CDI clones a golden image.
    pub clone_strategy: &'static str,
}

impl Storage {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        site: &mut Fields<'_>,
        cluster: &Cluster,
        network: &Network,
    ) -> Self {
        let mut fields = reader.section(site, "storage");
        let san_type = reader.value(&mut fields, "sanType", SanType::Fc);
        let namespace = reader.or(&mut fields, "namespace", "portworx");
        let licence = Self::read_licence(reader, &mut fields);
        let flash_arrays = reader
            .list(&mut fields, "flashArrays", Self::read_array)
            .unwrap_or_else(|| {
                vec![FlashArray {
                    endpoint: fixed("172.16.200.50"),
                    api_token: None,
                }]
            });
        let max_storage_nodes = match reader.node(&mut fields, "maxStorageNodes") {
            None => Some(cluster.workers),
            Some(node) if node.text() == Some("variable") => None,
            Some(node) => reader.whole_number(node, 1..=1000),
        };
        let device_sizes = reader
            .list(&mut fields, "deviceSizes", |reader, node, _| {
                reader.whole_number(node, 150..=65536)
            })
            .unwrap_or_else(|| vec![1024]);
        let storage = Storage {
            san_type,
            namespace,
            licence,
            flash_arrays,
            max_storage_nodes,
            device_sizes,
            metadata_device_size: reader.number(&mut fields, "metadataDeviceSize", 64..=1024, 64),
            journal_device_size: reader.number(&mut fields, "journalDeviceSize", 3..=1024, 3),
            management_interface: reader.value(
                &mut fields,
                "managementInterface",
                network.management.interface.clone(),
            ),
            data_interface: reader.value(
                &mut fields,
                "dataInterface",
                network.management.interface.clone(),
            ),
            ops_qps_rate: reader.number(&mut fields, "opsQpsRate", 1..=1_000_000, 2000),
            ops_burst_rate: reader.number(&mut fields, "opsBurstRate", 1..=1_000_000, 4000),
            storage_class: Self::read_class(reader, &mut fields),
            vm_state_storage_class: reader.or(&mut fields, "vmStateStorageClass", "px-vm-state"),
            snapshot_class: reader.or(&mut fields, "snapshotClass", "px-csi-snapclass"),
            provisioner: "pxd.portworx.com",
            volume_mode: "Block",
            access_mode: "ReadWriteMany",
            clone_strategy: "csi-clone",
        };
        reader.close(fields);
        storage
    }

    fn read_licence(reader: &mut Reader<'_>, storage: &mut Fields<'_>) -> Licence {
        let mut fields = reader.section(storage, "licence");
        let licence = Licence {
            model: reader.value(&mut fields, "type", LicenceType::Enterprise),
            activation_id: reader.secret(&mut fields, "activationId"),
            saas_key: reader.secret(&mut fields, "saasKey"),
        };
        reader.close(fields);
        licence
    }

    fn read_array(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<FlashArray> {
        let mut fields = reader.item(node, path);
        let endpoint = reader.required(&mut fields, "endpoint", node);
        let api_token = reader.secret(&mut fields, "apiToken");
        if api_token
            .as_ref()
            .is_some_and(|token| !is_token(token.reveal()))
        {
            let problem =
                Diagnostic::error("this secret does not have the form of a FlashArray API token")
                    .help("a token is 8-4-4-4-12 hexadecimal digits with dashes between");
            reader.problem_at(node, problem);
        }
        reader.close(fields);
        Some(FlashArray {
            endpoint: endpoint?,
            api_token,
        })
    }

    fn read_class(reader: &mut Reader<'_>, storage: &mut Fields<'_>) -> StorageClass {
        let mut fields = reader.section(storage, "storageClass");
        let class = StorageClass {
            name: reader.or(&mut fields, "name", "spectro-storage-class"),
            replicas: reader.number(&mut fields, "replicas", 1..=3, 2),
            io_profile: reader.value(&mut fields, "ioProfile", IoProfile::AutoJournal),
            priority_io: reader.value(&mut fields, "priorityIo", Priority::High),
            nodiscard: reader.flag(&mut fields, "nodiscard", true),
            default: reader.flag(&mut fields, "default", true),
            default_for_vms: reader.flag(&mut fields, "defaultForVms", true),
            reclaim_policy: reader.value(&mut fields, "reclaimPolicy", ReclaimPolicy::Delete),
        };
        reader.close(fields);
        class
    }
}

fn is_token(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups
            .iter()
            .all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}
