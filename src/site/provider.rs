//! The storage providers for VM disks, and what is known of each (RA, Enabling Live Migration).

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize};

use super::array::SanType;
use super::setting::words;
use crate::diagnostic::Diagnostic;
use crate::revision::{Revision, StorageNeed, data};

words! {
    /// A row of the RA's table of storage with shared volumes.
    StorageProvider, "a storage provider" {
        /// Portworx Enterprise, the RA's own choice.
        Portworx = "portworx",
        /// Portworx CSI, with volumes directly on the FlashArray.
        PortworxCsi = "portworx-csi",
        /// LINSTOR and DRBD.
        Piraeus = "piraeus",
        /// Ceph's block devices.
        RookCeph = "rook-ceph",
        /// Longhorn.
        Longhorn = "longhorn",
        /// ONTAP over iSCSI.
        Trident = "trident",
        /// Dell PowerFlex.
        PowerFlex = "powerflex",
        /// Dell PowerMax.
        PowerMax = "powermax",
        /// Dell PowerStore.
        PowerStore = "powerstore",
        /// Hitachi Storage Plug-in for Containers.
        HitachiHspc = "hitachi-hspc",
    }
}

words! {
    /// How a volume reaches its user.
    VolumeMode, "a volume mode" {
        /// As a device.
        Block = "Block",
        /// As a mounted file system.
        Filesystem = "Filesystem",
    }
}

words! {
    /// How CDI makes a disk from a golden image.
    CloneStrategy, "a clone strategy" {
        /// The storage clones the volume.
        CsiClone = "csi-clone",
        /// The storage makes a snapshot and a volume from it.
        Snapshot = "snapshot",
        /// Pods copy the bytes.
        Copy = "copy",
    }
}

/// What is known of a provider: an entry of `profiles/storage-providers.yaml`, which says what each field is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderFacts {
    /// Whose facts these are.
    #[serde(deserialize_with = "word")]
    pub provider: StorageProvider,
    /// Its name for people.
    pub name: String,
    /// Its row in the RA's table.
    pub row: String,
    /// Its CSI driver.
    pub driver: String,
    /// The volume modes that several nodes may open.
    #[serde(deserialize_with = "word_list")]
    pub shares: Vec<VolumeMode>,
    /// How CDI clones on it.
    #[serde(deserialize_with = "word")]
    pub clone: CloneStrategy,
    /// How nodes may reach it, where that is a SAN.
    #[serde(deserialize_with = "word_list")]
    pub transports: Vec<SanType>,
    /// Settings of the site that it takes, beside everyone's.
    pub settings: Vec<String>,
    /// Whether the workers hold the data, and need a majority.
    #[serde(default)]
    pub quorum: bool,
    /// Its pack.
    pub pack: ProviderPack,
    /// The class of VM disks.
    pub class: ProviderClass,
    /// Its snapshots.
    pub snapshots: ProviderSnapshots,
    /// A class of shared file systems that comes with it.
    #[serde(default)]
    pub state_class: Option<String>,
    /// What it needs of the nodes.
    pub node: ProviderNode,
    /// Who says so.
    pub sources: Vec<String>,
    /// Facts that no source states outright.
    #[serde(default)]
    pub assumed: Vec<String>,
}

/// The pack of a provider.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderPack {
    /// Its name.
    pub name: String,
    /// Where it is published.
    pub registry: PackHome,
    /// The least version, where the RA's table counts something else than packs.
    #[serde(default)]
    pub minimum: Option<String>,
    /// The folder of our changes to it.
    #[serde(default)]
    pub overlay: Option<String>,
    /// The presets it is used with.
    #[serde(default)]
    pub presets: Vec<String>,
    /// Whether it is for appliance and agent mode only.
    #[serde(default)]
    pub appliance_only: bool,
}

/// Where a pack is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackHome {
    /// With the packs of Palette itself.
    Palette,
    /// In the Palette Community Registry.
    Community,
}

/// The StorageClass of VM disks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderClass {
    /// Its name in the pack.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether the pack makes it.
    pub by_pack: bool,
    /// Parameters that it has.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Parameters without which blocks are not shared.
    #[serde(default)]
    pub sharing: BTreeMap<String, String>,
    /// The parameters that the pack has a place for; `None` if it takes any.
    #[serde(default)]
    pub takes: Option<Vec<String>>,
}

/// The VolumeSnapshotClass.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderSnapshots {
    /// Its usual name.
    pub name: String,
    /// Its parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Parameters that only the site knows.
    #[serde(default)]
    pub needs: Vec<String>,
}

/// What the nodes need.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderNode {
    /// A multipath.conf.
    #[serde(default)]
    pub multipath: bool,
    /// Its `find_multipaths`.
    #[serde(default)]
    pub find_multipaths: String,
    /// Whose settings of multipath and udev are known.
    #[serde(default)]
    pub devices: String,
    /// Whether Portworx' own devices have to be kept from multipath.
    #[serde(default)]
    pub pxd: bool,
    /// When the iSCSI initiator is needed.
    #[serde(default)]
    pub initiator: Initiator,
    /// Whether nodes mount its shared file systems over NFS.
    #[serde(default, skip_serializing)]
    pub files_over_nfs: bool,
    /// What its disks in the workers have to be, where the data is on these.
    #[serde(default, skip_serializing)]
    pub disks: Option<String>,
}

/// When the iSCSI initiator is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initiator {
    /// Never, or the storage sees to it.
    #[default]
    Never,
    /// With iSCSI as the transport.
    Transport,
    /// Always.
    Always,
}

impl StorageProvider {
    /// What is known of it.
    pub fn facts(self) -> &'static ProviderFacts {
        static FACTS: LazyLock<Vec<ProviderFacts>> = LazyLock::new(|| match read() {
            Ok(facts) => facts,
            Err(problem) => panic!("{problem}"),
        });
        match FACTS.iter().find(|facts| facts.provider == self) {
            Some(facts) => facts,
            None => panic!("profiles/storage-providers.yaml lacks `{}`", self.as_str()),
        }
    }
}

impl ProviderFacts {
    /// Whether it needs something of the machines.
    pub fn has(&self, need: StorageNeed) -> bool {
        match need {
            StorageNeed::Multipath => self.node.multipath,
            StorageNeed::FlashArrays => self.settings.iter().any(|known| known == "flashArrays"),
            StorageNeed::San => !self.transports.is_empty(),
        }
    }

    /// The least version of its pack that a revision names.
    pub fn minimum(&self, revision: &Revision) -> Option<String> {
        self.pack.minimum.clone().or_else(|| {
            revision
                .storage_providers
                .iter()
                .find(|row| row.provider == self.row)
                .map(|row| lowest(&row.version))
        })
    }

    /// The parameters of the class of VM disks, where the site gives none.
    pub(super) fn class_parameters(&self, mode: VolumeMode) -> BTreeMap<String, String> {
        let mut parameters = self.class.parameters.clone();
        if mode == VolumeMode::Block {
            parameters.extend(self.class.sharing.clone());
        }
        parameters
    }
}

/// The lowest version that a text of the table means: `3.3+`, `1.16.x`, `24.x`.
fn lowest(text: &str) -> String {
    let numbers = text.trim_end_matches('+').trim_end_matches(".x");
    if numbers.contains('.') {
        numbers.to_owned()
    } else {
        format!("{numbers}.0")
    }
}

fn read() -> Result<Vec<ProviderFacts>, Diagnostic> {
    #[derive(Deserialize)]
    struct File {
        providers: Vec<ProviderFacts>,
    }
    data::<File>("storage-providers.yaml").map(|file| file.providers)
}

/// A word of the site's own types, as data holds it.
fn word<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

fn word_list<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    Vec::<String>::deserialize(from)?
        .iter()
        .map(|text| text.parse().map_err(serde::de::Error::custom))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_the_table_has_a_lowest_version() {
        for (text, version) in [
            ("3.3+", "3.3"),
            ("25.4.0+", "25.4.0"),
            ("1.16.x", "1.16"),
            ("24.x", "24.0"),
            ("3.3.1", "3.3.1"),
        ] {
            assert_eq!(lowest(text), version);
        }
    }
}
