//! The storage of VM disks: its provider, classes and snapshots (RA, Storage configuration and Portworx layer).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::array::{FlashArray, SanType};
use super::cluster::{Cluster, revealed};
use super::names::{InterfaceName, Label, Subdomain};
use super::network::Network;
use super::provider::{
    CloneStrategy, Initiator, ProviderFacts, ProviderNode, StorageProvider, VolumeMode,
};
use super::reader::{Fields, Reader, fixed, whole};
use super::setting::{Preset, settings, words};
use crate::secret::Secret;

words! {
    /// How Portworx is licensed.
    LicenceType, "a Portworx licence" {
        /// With an activation id.
        Enterprise = "enterprise",
        /// Pay as you go, with a key.
        Saas = "saas",
    }
}

settings! {
    /// The Portworx licence.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Licence {
        /// How Portworx is licensed.
        #[serde(rename = "type")]
        pub model: LicenceType = "type".value(LicenceType::Enterprise),
        /// The ID for `enterprise`. Without it, a masked Palette variable asks for it.
        ///
        /// Elsewhere: `PortworxActivationId`
        #[serde(serialize_with = "revealed")]
        pub activation_id: Option<Secret> = "activationId".secret(),
        /// The key for `saas`, in base64 as Portworx provides it. Without it, a masked Palette variable asks for it.
        ///
        /// Elsewhere: `PortworxSaasKey`
        #[serde(serialize_with = "revealed")]
        pub saas_key: Option<Secret> = "saasKey".secret(),
    }
}

words! {
    /// What happens to a volume when its claim is deleted.
    ReclaimPolicy, "a reclaim policy" {
        /// It is deleted too.
        Delete = "Delete",
        /// It stays.
        Retain = "Retain",
    }
}

words! {
    /// Portworx's I/O profiles for block volumes.
    IoProfile, "an I/O profile" {
        /// Journal if the workload gains from it; needs the journal device.
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
        /// The priority of the FlashArray pool.
        High = "high",
        /// Middle.
        Medium = "medium",
        /// Lowest.
        Low = "low",
    }
}

settings! {
    /// The StorageClass of VM disks.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct StorageClass {
        /// Its name; the StorageProfile, golden images and templates use it too.
        pub name: Subdomain,
        /// Copies of the data, with Portworx.
        pub replicas: u32,
        /// Portworx' I/O profile.
        pub io_profile: IoProfile,
        /// Portworx' pool priority.
        pub priority_io: Priority,
        /// Whether Portworx drops discards.
        pub nodiscard: bool,
        /// Whether it is the default class of the cluster.
        pub default: bool,
        /// Whether it is the default class of KubeVirt.
        pub default_for_vms: bool,
        /// What happens to a volume when its claim is deleted.
        pub reclaim_policy: ReclaimPolicy,
        /// Parameters of the class, except with Portworx. They override those of the provider, if its pack supports them.
        ///
        /// Example: `{SRP: SRP_1}`
        pub parameters: BTreeMap<String, String>,
    }
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
    /// Whether an NFS client has to be there.
    pub nfs: bool,
}

/// Stands where a provider's pack makes no class and the site names none, which is an error by the rules.
const UNNAMED_CLASS: &str = "spectro-storage-class";

/// A class by its name, or `none`.
pub(super) struct StateClass(Option<Subdomain>);

const NONE: &str = "none";

impl FromStr for StateClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            NONE => Ok(StateClass(None)),
            _ => text.parse().map(|class| StateClass(Some(class))),
        }
    }
}

impl fmt::Display for StateClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(class) => class.fmt(f),
            None => f.write_str(NONE),
        }
    }
}

/// How many nodes have cloud drives.
pub(super) enum StorageNodes {
    Number(u32),
    Variable,
}

impl FromStr for StorageNodes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "variable" => Ok(StorageNodes::Variable),
            _ => whole(text, &(1..=1000))
                .map(StorageNodes::Number)
                .ok_or_else(|| format!("`{text}` is not a whole number from 1 to 1000")),
        }
    }
}

impl fmt::Display for StorageNodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StorageNodes::Number(number) => number.fmt(f),
            StorageNodes::Variable => f.write_str("variable"),
        }
    }
}

settings! {
    /// All about storage.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Storage of "Portworx layer" {
        /// The storage provider of VM disks. All except Portworx need the vendor's pack (`--packs`). Its class and snapshot
        /// class are the defaults, and Portworx settings are errors.
        ///
        /// Not: `type`, `driver`
        pub provider: StorageProvider,
        /// The transport, if there is a SAN.
        ///
        /// Not: `transport`, `protocol`
        pub san_type: SanType,
        /// The namespace of the StorageCluster and its Secret.
        pub namespace: Label,
        /// Portworx' licence.
        pub licence: Licence,
        /// The arrays behind Portworx.
        #[serde(skip)]
        pub flash_arrays: Vec<FlashArray>,
        /// The number of nodes with drives for Portworx. The default is the number of workers; with `variable`, Palette asks
        /// at deployment.
        ///
        /// Elsewhere: `PortworxMaxStorageNodes`
        pub max_storage_nodes: Option<u32>,
        /// Data drives of each node, in GiB.
        pub device_sizes: Vec<u32>,
        /// The metadata drive of each node, in GiB.
        pub metadata_device_size: u32,
        /// The journal drive of each node, in GiB.
        pub journal_device_size: u32,
        /// Portworx' management interface. The default is that of the management network.
        pub management_interface: InterfaceName,
        /// Portworx' replication interface. The default is that of the management network.
        pub data_interface: InterfaceName,
        /// Requests a second that Portworx may send to Kubernetes.
        pub ops_qps_rate: u32,
        /// The same in a burst.
        pub ops_burst_rate: u32,
        /// The class of VM disks.
        pub storage_class: StorageClass,
        /// The class of a shared file system for TPM and EFI state, if the provider has one.
        pub vm_state_storage_class: Option<Subdomain>,
        /// The VolumeSnapshotClass that VMO creates.
        pub snapshot_class: Subdomain,
        /// Its parameters, which override those of the provider.
        ///
        /// Example: `{csi.openstorage.org/snapshot-type: local}`
        pub snapshot_parameters: BTreeMap<String, String>,
        /// The CSI driver. The default is the provider's usual one.
        pub provisioner: Subdomain,
        /// The volume mode of VM disks. By default, a mode that the provider can share between nodes.
        pub volume_mode: VolumeMode,
        /// Access mode of VM disks; live migration needs it.
        pub access_mode: &'static str,
        /// How CDI makes a disk from a golden image. The default is the provider's best way.
        pub clone_strategy: CloneStrategy,
        /// What the nodes need.
        pub node: NodeStorage,
    }
}

impl Storage {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        site: &mut Fields<'_>,
        cluster: &Cluster,
        network: &Network,
    ) -> Self {
        let mut fields = reader.section::<Self>(site, "storage");
        let provider = reader.value(&mut fields, "provider", StorageProvider::Portworx);
        let facts = provider.facts();
        let usual = |usual: &[SanType]| usual.first().copied().unwrap_or(SanType::Fc);
        let san_type = reader.follow(&mut fields, "sanType", || usual(&facts.transports));
        let namespace = reader.or(&mut fields, "namespace", "portworx");
        let licence = reader.map(&mut fields, "licence");
        let example = || {
            vec![FlashArray {
                endpoint: fixed("172.16.200.50"),
                api_token: None,
            }]
        };
        let flash_arrays = reader
            .list(
                &mut fields,
                "flashArrays",
                || Preset::fixed(&example()),
                FlashArray::read,
            )
            .unwrap_or_else(example);
        reader.never_empty(&fields, "flashArrays");
        let workers = || StorageNodes::Number(cluster.workers);
        let max_storage_nodes = match reader.follow(&mut fields, "maxStorageNodes", workers) {
            StorageNodes::Number(number) => Some(number),
            StorageNodes::Variable => None,
        };
        let device_sizes = reader.numbers(&mut fields, "deviceSizes", 150..=65536, &[1024]);
        reader.never_empty(&fields, "deviceSizes");
        let volume_mode = reader.follow(&mut fields, "volumeMode", || {
            facts.shares.first().copied().unwrap_or(VolumeMode::Block)
        });
        let management = || network.management.interface.clone();
        let usual = facts.state_class.as_deref().map(fixed::<StateClass>);
        let state_class = reader.unless(&mut fields, "vmStateStorageClass", None, usual);
        let vm_state_storage_class = state_class.and_then(|StateClass(class)| class);
        let shares_files =
            vm_state_storage_class.is_some() || volume_mode == VolumeMode::Filesystem;
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
            management_interface: reader.follow(&mut fields, "managementInterface", management),
            data_interface: reader.follow(&mut fields, "dataInterface", management),
            ops_qps_rate: reader.number(&mut fields, "opsQpsRate", 1..=1_000_000, 2000),
            ops_burst_rate: reader.number(&mut fields, "opsBurstRate", 1..=1_000_000, 4000),
            storage_class: Self::read_class(reader, &mut fields, facts, volume_mode),
            vm_state_storage_class,
            snapshot_class: reader.follow(&mut fields, "snapshotClass", || {
                fixed(&facts.snapshots.name)
            }),
            snapshot_parameters: over(
                facts.snapshots.parameters.clone(),
                reader.values_by_name(&mut fields, "snapshotParameters"),
            ),
            provisioner: reader.follow(&mut fields, "provisioner", || fixed(&facts.driver)),
            volume_mode,
            access_mode: "ReadWriteMany",
            clone_strategy: reader.follow(&mut fields, "cloneStrategy", || facts.clone),
            node: NodeStorage {
                needs: facts.node.clone(),
                iscsi: match facts.node.initiator {
                    Initiator::Never => false,
                    Initiator::Transport => san_type == SanType::Iscsi,
                    Initiator::Always => true,
                },
                nfs: facts.node.files_over_nfs && shares_files,
            },
        };
        reader.close(fields);
        storage
    }

    fn read_class(
        reader: &mut Reader<'_>,
        storage: &mut Fields<'_>,
        facts: &ProviderFacts,
        mode: VolumeMode,
    ) -> StorageClass {
        let mut fields = reader.section::<StorageClass>(storage, "storageClass");
        let class = StorageClass {
            name: reader.follow(&mut fields, "name", || {
                fixed(facts.class.name.as_deref().unwrap_or(UNNAMED_CLASS))
            }),
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
