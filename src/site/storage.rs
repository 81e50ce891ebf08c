//! The storage of VM disks: its provider, classes and snapshots (RA, Storage configuration and Portworx layer).

use std::collections::BTreeMap;

use serde::Serialize;

use super::array::{FlashArray, SanType};
use super::cluster::{Cluster, revealed, words};
use super::names::{InterfaceName, Label, Subdomain};
use super::network::Network;
use super::provider::{
    CloneStrategy, Initiator, ProviderFacts, ProviderNode, StorageProvider, VolumeMode,
};
use super::reader::{Fields, Reader, fixed};
use super::secret::Secret;

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
    /// Parameters of another provider than Portworx, the provider's own and the site's.
    pub parameters: BTreeMap<String, String>,
}

/// What the nodes need for the storage, as templates see it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStorage {
    /// What the provider asks for.
    #[serde(flatten)]
    pub needs: ProviderNode,
    /// Whether the iSCSI initiator has to run.
    pub iscsi: bool,
}

/// Stands where a provider's pack makes no class and the site names none, which is an error by the rules.
const UNNAMED_CLASS: &str = "spectro-storage-class";

/// All about storage.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// Who serves VM disks; the RA takes Portworx Enterprise.
    pub provider: StorageProvider,
    /// The transport, where there is a SAN.
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
    /// The class of persistent TPM and EFI state; none where the provider shares no file systems.
    pub vm_state_storage_class: Option<Subdomain>,
    /// The VolumeSnapshotClass VMO creates.
    pub snapshot_class: Subdomain,
    /// Its parameters.
    pub snapshot_parameters: BTreeMap<String, String>,
    /// The CSI driver.
    pub provisioner: Subdomain,
    /// Volume mode of VM disks.
    pub volume_mode: VolumeMode,
    /// Access mode of VM disks; live migration needs it.
    pub access_mode: &'static str,
    /// How CDI clones a golden image.
    pub clone_strategy: CloneStrategy,
    /// What the nodes need.
    pub node: NodeStorage,
}

impl Storage {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        site: &mut Fields<'_>,
        cluster: &Cluster,
        network: &Network,
    ) -> Self {
        let mut fields = reader.section(site, "storage");
        let provider = reader.value(&mut fields, "provider", StorageProvider::Portworx);
        let facts = provider.facts();
        let usual = facts.transports.first().copied().unwrap_or(SanType::Fc);
        let san_type = reader.value(&mut fields, "sanType", usual);
        let namespace = reader.or(&mut fields, "namespace", "portworx");
        let licence = Self::read_licence(reader, &mut fields);
        let flash_arrays = reader
            .list(&mut fields, "flashArrays", FlashArray::read)
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
        let usual_mode = facts.shares.first().copied().unwrap_or(VolumeMode::Block);
        let volume_mode = reader.value(&mut fields, "volumeMode", usual_mode);
        let storage = Storage {
            provider,
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
            storage_class: Self::read_class(reader, &mut fields, facts, volume_mode),
            vm_state_storage_class: reader
                .optional(&mut fields, "vmStateStorageClass")
                .or_else(|| facts.state_class.as_deref().map(fixed)),
            snapshot_class: reader.or(&mut fields, "snapshotClass", &facts.snapshots.name),
            snapshot_parameters: over(
                facts.snapshots.parameters.clone(),
                reader.values_by_name(&mut fields, "snapshotParameters"),
            ),
            provisioner: reader.or(&mut fields, "provisioner", &facts.driver),
            volume_mode,
            access_mode: "ReadWriteMany",
            clone_strategy: reader.value(&mut fields, "cloneStrategy", facts.clone),
            node: NodeStorage {
                needs: facts.node.clone(),
                iscsi: match facts.node.initiator {
                    Initiator::Never => false,
                    Initiator::Transport => san_type == SanType::Iscsi,
                    Initiator::Always => true,
                },
            },
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

    fn read_class(
        reader: &mut Reader<'_>,
        storage: &mut Fields<'_>,
        facts: &ProviderFacts,
        mode: VolumeMode,
    ) -> StorageClass {
        let mut fields = reader.section(storage, "storageClass");
        let class = StorageClass {
            name: reader.or(
                &mut fields,
                "name",
                facts.class.name.as_deref().unwrap_or(UNNAMED_CLASS),
            ),
            replicas: reader.number(&mut fields, "replicas", 1..=3, 2),
            io_profile: reader.value(&mut fields, "ioProfile", IoProfile::AutoJournal),
            priority_io: reader.value(&mut fields, "priorityIo", Priority::High),
            nodiscard: reader.flag(&mut fields, "nodiscard", true),
            default: reader.flag(&mut fields, "default", true),
            default_for_vms: reader.flag(&mut fields, "defaultForVms", true),
            reclaim_policy: reader.value(&mut fields, "reclaimPolicy", ReclaimPolicy::Delete),
            parameters: over(
                facts.class_parameters(mode),
                reader.values_by_name(&mut fields, "parameters"),
            ),
        };
        reader.close(fields);
        class
    }
}

/// The site's parameters over the provider's own.
fn over(
    mut usual: BTreeMap<String, String>,
    site: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    usual.extend(site);
    usual
}
