//! StorageClasses, the providers behind them, and snapshots.

use super::Given;
use super::portworx::{PX, portworx, portworx_of};

pub(super) const TESTS: &[fn()] = &[
    one_class_is_the_default,
    classes_that_are_named_exist,
    the_state_of_vms_is_in_a_file_system,
    parameters_are_texts_and_copies_few,
    a_journal_has_a_device,
    the_storage_can_share_blocks,
    direct_access_volumes_are_shared_by_later_versions,
    longhorn_and_piraeus_are_told_to_share,
    snapshots_are_of_the_storage,
];

const CLASSES: &str = "{storageClasses: [{name: block, isDefaultStorageClass: true, annotations: {storageclass.kubevirt.io/is-default-virt-class: 'true'}, parameters: {repl: '2'}}, {name: file, isDefaultStorageClass: false, parameters: {sharedv4: 'true'}}]}";

fn class(name: &str, provisioner: &str, more: &str) -> String {
    format!(
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: {name}\n{more}provisioner: {provisioner}\n"
    )
}

#[test]
fn one_class_is_the_default() {
    let virt = "  annotations: {storageclass.kubevirt.io/is-default-virt-class: 'true'}\n";
    for id in ["default-class-missing", "default-class-twice"] {
        portworx(CLASSES).is_fine(id);
        portworx(CLASSES)
            .manifest(&class("other", "x", ""))
            .is_fine(id);
        Given::new().manifest(&class("other", "x", "")).is_fine(id);
    }
    portworx("{storageClasses: [{name: block, isDefaultStorageClass: true}]}").finds(
        "default-class-missing",
        &[(
            &format!("{PX}.storageClasses[0]"),
            "warning: no StorageClass is the default for VMs",
        )],
    );
    portworx(CLASSES)
        .manifest(&class("other", "x", virt))
        .finds(
            "default-class-twice",
            &[(
                "",
                "warning: `other` is the default for VMs, and so is `block`",
            )],
        );
    portworx(&CLASSES.replace("Class: false", "Class: true")).finds(
        "default-class-twice",
        &[(
            &format!("{PX}.storageClasses[1]"),
            "warning: `file` is the cluster's default, and so is `block`",
        )],
    );
}

#[test]
fn classes_that_are_named_exist() {
    let image = |class: &str| {
        format!(
            "apiVersion: cdi.kubevirt.io/v1beta1\nkind: DataVolume\nmetadata: {{name: i, namespace: n}}\nspec: {{storage: {{storageClassName: {class}}}}}"
        )
    };
    let profile = |name: &str| {
        format!(
            "apiVersion: cdi.kubevirt.io/v1beta1\nkind: StorageProfile\nmetadata: {{name: {name}}}\nspec: {{}}"
        )
    };
    portworx(CLASSES)
        .manifest(&image("block"))
        .is_fine("unknown-storage-class");
    portworx(CLASSES)
        .manifest(&image("made"))
        .manifest(&class("made", "x", ""))
        .is_fine("unknown-storage-class");
    // Without the storage layer nobody knows which there are.
    Given::new()
        .manifest(&image("blok"))
        .is_fine("unknown-storage-class");
    portworx(CLASSES)
        .layer("csi-longhorn", "1.8.1", "")
        .manifest(&image("longhorn"))
        .is_fine("unknown-storage-class");
    portworx(CLASSES).manifest(&image("blok")).finds(
        "unknown-storage-class",
        &[(
            "spec.storage.storageClassName",
            "error: there is no StorageClass `blok`",
        )],
    );
    portworx(CLASSES)
        .manifest(&profile("block"))
        .is_fine("storage-profile-name");
    portworx(CLASSES).manifest(&profile("blocks")).finds(
        "storage-profile-name",
        &[(
            "metadata.name",
            "error: no StorageClass is named `blocks`, so CDI does not use this profile",
        )],
    );
}

const STATE: &str =
    "charts.virtual-machine-orchestrator.kubevirt.kubevirtResource.config.additionalConfig";

#[test]
fn the_state_of_vms_is_in_a_file_system() {
    let with = |class: &str| {
        portworx(CLASSES).layer(
            "virtual-machine-orchestrator",
            "4.9.0",
            &format!("charts:\n  virtual-machine-orchestrator: {{kubevirt: {{kubevirtResource: {{config: {{additionalConfig: {{{class}}}}}}}}}}}\n"),
        )
    };
    let vm = "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: v}\nspec: {template: {spec: {domain: {devices: {tpm: {persistent: true}}}}}}";
    with("vmStateStorageClass: file")
        .manifest(vm)
        .is_fine("vm-state-class");
    with("").is_fine("vm-state-class");
    with("vmStateStorageClass: block").finds(
        "vm-state-class",
        &[(
            &format!("{STATE}.vmStateStorageClass"),
            "warning: TPM and EFI state is kept on `block`, which serves no shared file system",
        )],
    );
    with("").manifest(vm).finds(
        "vm-state-class",
        &[(
            STATE,
            "warning: VMs keep TPM or EFI state, but no `vmStateStorageClass` is set",
        )],
    );
    with("vmStateStorageClass: fil").finds(
        "unknown-storage-class",
        &[(
            &format!("{STATE}.vmStateStorageClass"),
            "error: there is no StorageClass `fil`",
        )],
    );
}

#[test]
fn parameters_are_texts_and_copies_few() {
    let with = |parameters: &str| {
        Given::new().manifest(
            &(class("c", "pxd.portworx.com", "") + &format!("parameters: {{{parameters}}}\n")),
        )
    };
    for id in ["parameter-text", "portworx-copies"] {
        with("repl: '3', nodiscard: 'true'").is_fine(id);
        portworx(CLASSES).is_fine(id);
    }
    with("nodiscard: true").finds(
        "parameter-text",
        &[(
            "parameters.nodiscard",
            "error: the parameter `nodiscard` is not a string: true",
        )],
    );
    with("repl: '4'").finds(
        "portworx-copies",
        &[(
            "parameters.repl",
            "error: `repl` is `4`, and Portworx keeps 1, 2 or 3 copies",
        )],
    );
}

#[test]
fn a_journal_has_a_device() {
    let with = |cloud: &str| {
        portworx(&format!(
            "{{storageCluster: {{spec: {{cloudStorage: {{{cloud}}}}}}}, storageClasses: [{{name: block, parameters: {{io_profile: auto_journal}}}}]}}"
        ))
    };
    with("journalDeviceSpec: size=3").is_fine("journal-device");
    with("journalDeviceSpec: auto").is_fine("journal-device");
    with("a: b").finds(
        "journal-device",
        &[(
            &format!("{PX}.storageClasses[0].parameters.io_profile"),
            "warning: `block` needs a journal, but nodes have no device for it",
        )],
    );
}

fn shared_blocks(class: &str) -> String {
    format!(
        "apiVersion: cdi.kubevirt.io/v1beta1\nkind: StorageProfile\nmetadata: {{name: {class}}}\nspec: {{claimPropertySets: [{{accessModes: [ReadWriteMany], volumeMode: Block}}]}}"
    )
}

#[test]
fn the_storage_can_share_blocks() {
    portworx_of("3.3.1", "{}")
        .manifest(&shared_blocks("block"))
        .is_fine("storage-version");
    portworx_of("3.2.3", "{}").is_fine("storage-version");
    portworx_of("3.2.3", "{}").manifest(&shared_blocks("block")).finds(
        "storage-version",
        &[("", "warning: Portworx Enterprise 3.2.3 is older than 3.3+, the first that is known to share Block volumes between nodes")],
    );
    let rook = |version: &str| {
        Given::new()
            .layer("csi-rook-ceph-helm", version, "")
            .manifest(&shared_blocks("ceph"))
    };
    rook("1.16.3").is_fine("storage-version");
    rook("1.15.9").finds(
        "storage-version",
        &[("", "warning: Rook-Ceph 1.15.9 is older than 1.16.x, the first that is known to share Block volumes between nodes")],
    );
    portworx_of("25.2.0", "{license: {type: csi}}").manifest(&shared_blocks("block")).finds(
        "storage-version",
        &[("", "warning: Portworx CSI (for FlashArray DA) 25.2.0 is older than 25.4.0+, the first that is known to share Block volumes between nodes")],
    );
}

#[test]
fn direct_access_volumes_are_shared_by_later_versions() {
    let with = |version: &str, licence: &str, parameters: &str| {
        let classes = format!("storageClasses: [{{name: block, parameters: {parameters}}}]");
        portworx_of(
            version,
            &format!("{{license: {{type: {licence}}}, {classes}}}"),
        )
        .manifest(&shared_blocks("block"))
    };
    let direct = "{backend: pure_block}";
    with("3.6.0", "enterprise", direct).is_fine("direct-access");
    with("3.3.1", "csi", direct).is_fine("direct-access");
    with("3.3.1", "enterprise", "{repl: '2'}").is_fine("direct-access");
    // One node at a time is what they are for.
    portworx_of(
        "3.3.1",
        "{storageClasses: [{name: block, parameters: {backend: pure_block}}]}",
    )
    .is_fine("direct-access");
    for (version, licence) in [("3.3.1", "enterprise"), ("3.5.2", "saas")] {
        let message = format!(
            "error: VMs share the block volumes of `block`, but Direct Access volumes of Portworx {version} are for a single node"
        );
        with(version, licence, direct).finds(
            "direct-access",
            &[(
                "charts.portworx-generic.storageClasses[0].parameters.backend",
                &message,
            )],
        );
    }
}

#[test]
fn longhorn_and_piraeus_are_told_to_share() {
    let longhorn = |parameters: &str| {
        Given::new()
            .manifest(&(class("lh", "driver.longhorn.io", "") + parameters))
            .manifest(&shared_blocks("lh"))
    };
    let message = |class: &str| {
        format!(
            "error: VMs share the block volumes of `{class}`, but Longhorn shares only migratable ones: disks bind and never attach"
        )
    };
    longhorn("parameters: {migratable: 'true'}\n").is_fine("longhorn-migratable");
    longhorn("").finds("longhorn-migratable", &[("parameters", &message("lh"))]);
    Given::new()
        .manifest(&class("lh", "driver.longhorn.io", ""))
        .is_fine("longhorn-migratable");
    let pack = |values: &str| {
        Given::new()
            .layer("csi-longhorn", "1.8.1", values)
            .manifest(&shared_blocks("longhorn"))
    };
    pack("charts: {longhorn: {persistence: {migratable: true}}}").is_fine("longhorn-migratable");
    pack("charts: {longhorn: {persistence: {migratable: false}}}").finds(
        "longhorn-migratable",
        &[(
            "charts.longhorn.persistence.migratable",
            &message("longhorn"),
        )],
    );
    let piraeus = |parameters: &str| {
        Given::new()
            .manifest(&(class("p", "linstor.csi.linbit.com", "") + parameters))
            .manifest(&shared_blocks("p"))
    };
    piraeus("parameters: {property.linstor.csi.linbit.com/DrbdOptions/Net/allow-two-primaries: 'yes'}\n").is_fine("piraeus-two-primaries");
    piraeus("parameters: {x: 'yes'}\n").finds(
        "piraeus-two-primaries",
        &[(
            "parameters",
            "error: VMs share the block volumes of `p`, which does not let two nodes write",
        )],
    );
}

#[test]
fn snapshots_are_of_the_storage() {
    let snapshots = |class: &str| {
        format!(
            "charts:\n  virtual-machine-orchestrator: {{snapshot-controller: {{volumeSnapshotClass: {class}}}}}\n"
        )
    };
    let with = |class: &str| {
        portworx("{}").layer("virtual-machine-orchestrator", "4.9.0", &snapshots(class))
    };
    with("{create: true, driver: pxd.portworx.com}").is_fine("snapshot-driver");
    with("{create: false, driver: mydriver}").is_fine("snapshot-driver");
    with("{create: true, driver: mydriver}").finds(
        "snapshot-driver",
        &[(
            "charts.virtual-machine-orchestrator.snapshot-controller.volumeSnapshotClass.driver",
            "error: snapshots use the driver `mydriver`, but disks use `pxd.portworx.com`",
        )],
    );
    let other = "apiVersion: snapshot.storage.k8s.io/v1\nkind: VolumeSnapshotClass\nmetadata: {name: s}\ndriver: other\ndeletionPolicy: Delete";
    with("{create: true, driver: pxd.portworx.com}")
        .manifest(other)
        .is_fine("snapshot-driver");
    portworx("{}").manifest(other).finds(
        "snapshot-driver",
        &[(
            "driver",
            "error: snapshots use the driver `other`, but disks use `pxd.portworx.com`",
        )],
    );
    let twice = |version: &str, create: &str| {
        portworx_of(
            version,
            &format!("{{storageCluster: {{spec: {{csi: {{enabled: true{create}}}}}}}}}"),
        )
        .layer(
            "virtual-machine-orchestrator",
            "4.9.0",
            &snapshots("{create: true, driver: pxd.portworx.com}"),
        )
    };
    twice("3.6.0", ", volumeSnapshotClass: {create: false}").is_fine("snapshot-class-twice");
    twice("3.3.1", "").is_fine("snapshot-class-twice");
    twice("3.6.0", "").finds(
        "snapshot-class-twice",
        &[(
            &format!("{PX}.storageCluster.spec.csi"),
            "note: the Portworx operator creates a VolumeSnapshotClass, and so does VMO",
        )],
    );
}
