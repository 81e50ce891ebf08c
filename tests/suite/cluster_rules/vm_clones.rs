//! Golden images, their clones, and what StorageProfiles say of both.

use super::{given, preference, template, vm};

pub(super) const TESTS: &[fn()] = &[
    clones_fit_their_golden_image,
    preferences_that_are_named_exist,
    storage_profiles_are_what_cdi_takes,
    claims_agree_with_the_storage_profile,
];

fn image(claim: &str) -> String {
    format!(
        "apiVersion: cdi.kubevirt.io/v1beta1\nkind: DataVolume\nmetadata: {{name: ubuntu, namespace: gold}}\nspec: {{storage: {{{claim}}}}}"
    )
}

fn clone_of(name: &str, claim: &str) -> String {
    template(
        "t",
        &format!(
            "dataVolumeTemplates: [{{metadata: {{name: os}}, spec: {{source: {{pvc: {{name: {name}, namespace: gold}}}}, {claim}}}}}], "
        ),
        "",
    )
}

const DISK: &str = "spec.dataVolumeTemplates[0].spec";

#[test]
fn clones_fit_their_golden_image() {
    let sized = |size: &str| {
        format!(
            "storage: {{resources: {{requests: {{storage: {size}}}}}, storageClassName: block}}"
        )
    };
    let of = |claim: &str| {
        given(&image(
            "resources: {requests: {storage: 80Gi}}, storageClassName: block, volumeMode: Block",
        ))
        .manifest(&clone_of("ubuntu", claim))
    };
    for id in [
        "clone-too-small",
        "clone-class",
        "clone-mode",
        "unknown-golden-image",
    ] {
        of(&sized("80Gi")).is_fine(id);
        of(&sized("85899345920")).is_fine(id);
        given(&clone_of("ubuntu", &sized("1Gi"))).is_fine(id);
    }
    of(&sized("80G")).finds(
        "clone-too-small",
        &[(
            &format!("{DISK}.storage.resources.requests.storage"),
            "error: the disk of the template `t` (80G) is smaller than its golden image `ubuntu` (80Gi)",
        )],
    );
    of("storage: {storageClassName: file}").finds(
        "clone-class",
        &[(
            &format!("{DISK}.storage.storageClassName"),
            "warning: the disk of the template `t` is of the class `file` and its golden image `ubuntu` of `block`, so each VM is copied over the network",
        )],
    );
    let mode = "warning: the disk of the template `t` is Filesystem and its golden image `ubuntu` Block, so the storage cannot clone it";
    of("storage: {volumeMode: Filesystem}")
        .finds("clone-mode", &[(&format!("{DISK}.storage"), mode)]);
    // A plain claim is a file system where it says nothing.
    of("pvc: {storageClassName: block}").finds("clone-mode", &[(&format!("{DISK}.pvc"), mode)]);
    given(&image("")).manifest(&clone_of("ubuntu-2404", &sized("80Gi"))).finds(
        "unknown-golden-image",
        &[(
            &format!("{DISK}.source.pvc.name"),
            "warning: the template `t` clones `gold/ubuntu-2404`, which is not among the manifests",
        )],
    );
}

#[test]
fn preferences_that_are_named_exist() {
    let uses = |name: &str| vm("v", &format!("preference: {{name: {name}}}, "), "");
    let linux = preference("generic-linux", "");
    given(&linux)
        .manifest(&uses("generic-linux"))
        .is_fine("unknown-preference");
    given(&linux)
        .manifest(&uses("windows.2k22.virtio"))
        .is_fine("unknown-preference");
    given(&uses("generix-linux")).is_fine("unknown-preference");
    given(&linux).manifest(&uses("generix-linux")).finds(
        "unknown-preference",
        &[(
            "spec.preference.name",
            "warning: the preference `generix-linux` of the VM `v` is not among the manifests",
        )],
    );
}

fn profile(spec: &str) -> String {
    format!(
        "apiVersion: cdi.kubevirt.io/v1beta1\nkind: StorageProfile\nmetadata: {{name: block}}\nspec: {{{spec}}}"
    )
}

#[test]
fn storage_profiles_are_what_cdi_takes() {
    let id = "storage-profile";
    let good = "cloneStrategy: csi-clone, claimPropertySets: [{accessModes: [ReadWriteMany], volumeMode: Block}]";
    given(&profile(good)).is_fine(id);
    given(&profile("")).is_fine(id);
    for (spec, path, message) in [
        (
            good.replace("csi-clone", "clone"),
            "spec.cloneStrategy",
            "`clone` is not a way to clone".to_owned(),
        ),
        (
            good.replace("Block", "block"),
            "spec.claimPropertySets[0]",
            "`block` is not a volume mode".to_owned(),
        ),
        (
            good.replace("ReadWriteMany", "RWX"),
            "spec.claimPropertySets[0]",
            "a set of claim properties has no access mode, or one that Kubernetes does not know"
                .to_owned(),
        ),
        (
            format!(
                "claimPropertySets: [{}]",
                ["{accessModes: [ReadWriteMany], volumeMode: Block}"; 9].join(", ")
            ),
            "spec.claimPropertySets",
            "CDI accepts 8 sets of claim properties, but there are 9".to_owned(),
        ),
    ] {
        given(&profile(&spec)).finds(id, &[(path, &format!("error: {message}"))]);
    }
}

#[test]
fn claims_agree_with_the_storage_profile() {
    let with = |claim: &str| {
        given(&profile(
            "claimPropertySets: [{accessModes: [ReadWriteMany], volumeMode: Block}]",
        ))
        .manifest(&image(&format!("storageClassName: block, {claim}")))
    };
    let id = "storage-profile-overridden";
    with("accessModes: [ReadWriteMany], volumeMode: Block").is_fine(id);
    with("accessModes: [ReadWriteMany]").is_fine(id);
    given(&image("storageClassName: block, volumeMode: Filesystem")).is_fine(id);
    with("accessModes: [ReadWriteMany], volumeMode: Filesystem").finds(
        id,
        &[(
            "spec.storage.volumeMode",
            "warning: the DataVolume `ubuntu` asks for Filesystem ReadWriteMany, which the StorageProfile `block` does not offer, and the claim wins",
        )],
    );
    given(&clone_of("x", "storage: {accessModes: [ReadWriteMany]}")).is_fine("disk-not-shared");
    given(&clone_of("x", "storage: {}")).is_fine("disk-not-shared");
    given(&image("accessModes: [ReadWriteOnce]")).finds(
        "disk-not-shared",
        &[(
            "spec.storage.accessModes",
            "note: the DataVolume `ubuntu` is for one node at a time: the volume is ReadWriteOnce",
        )],
    );
    given(&clone_of("x", "storage: {accessModes: [ReadWriteOnce]}")).finds(
        "disk-not-shared",
        &[(
            &format!("{DISK}.storage.accessModes"),
            "warning: the template `t` cannot migrate: the volume is ReadWriteOnce",
        )],
    );
}
