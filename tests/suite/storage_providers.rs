//! Every storage provider of the RA's table changes what depends on it, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::common::harness::{Scratch, read, write};
use crate::common::matrix::{Case, cases, storage_packs};
use crate::common::{built_in, nothing_wrong, site};
use serde_json::Value;
use vmo_ra::diagnostic::{Diagnostic, Severity};
use vmo_ra::pack::Library;
use vmo_ra::profile::Layer;
use vmo_ra::render::{Rendered, Request, render};
use vmo_ra::revision::Role;
use vmo_ra::rules;
use vmo_ra::site::StorageProvider;

const PROVIDERS: [StorageProvider; 10] = [
    StorageProvider::Portworx,
    StorageProvider::PortworxCsi,
    StorageProvider::Piraeus,
    StorageProvider::RookCeph,
    StorageProvider::Longhorn,
    StorageProvider::Trident,
    StorageProvider::PowerFlex,
    StorageProvider::PowerMax,
    StorageProvider::PowerStore,
    StorageProvider::HitachiHspc,
];

fn rendered(text: &str, packs: &[PathBuf]) -> Result<Rendered, Vec<Diagnostic>> {
    render(&Request {
        site: &site(text),
        revision: built_in::revision("1.9.0"),
        library: &Library::with_folders(&vmo_ra::disk::local(), packs)
            .unwrap_or_else(|problems| panic!("{problems:?}")),
        profiles: &Role::ALL,
        published: false,
    })
}

fn made(text: &str) -> Rendered {
    rendered(text, &[storage_packs()]).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn storage_layer(rendered: &Rendered) -> &Layer {
    let layers = &rendered.profiles[0].profile.spec.template.packs;
    layers
        .iter()
        .find(|layer| layer.layer == "csi")
        .expect("every infra profile has one")
}

/// What the rules say of a site, as `id: message`.
fn findings(text: &str) -> Vec<String> {
    let revision = built_in::revision("1.9.0");
    rules::check(&site(text), revision)
        .into_iter()
        .filter(|finding| {
            let of_every_site = [
                "host-bits",
                "unpinned-image",
                "example-array",
                "nginx-deprecated",
                "nfs-client",
            ];
            !of_every_site.contains(&finding.rule.id)
        })
        .map(|finding| {
            format!(
                "{:?} {}: {}",
                finding.severity, finding.rule.id, finding.message
            )
        })
        .collect()
}

#[test]
fn every_row_of_the_table_is_a_provider() {
    for name in ["1.7.0", "1.9.0"] {
        let revision = built_in::revision(name);
        let rows: BTreeSet<&str> = revision
            .storage_providers
            .iter()
            .map(|row| row.provider.as_str())
            .collect();
        let known: BTreeSet<&str> = PROVIDERS
            .iter()
            .map(|provider| provider.facts().row.as_str())
            .collect();
        assert_eq!(rows, known, "RA {name}");
        for row in &revision.storage_providers {
            let provider = PROVIDERS
                .iter()
                .find(|known| known.facts().row == row.provider);
            let facts = provider.expect("it is known").facts();
            assert_eq!(facts.shares[0].as_str(), row.mode, "{}", row.provider);
            assert!(facts.minimum(revision).is_some(), "{}", row.provider);
            assert!(!facts.sources.is_empty(), "{}", row.provider);
        }
    }
    let minimum = |provider: StorageProvider, revision: &str| {
        let revision = built_in::revision(revision);
        provider.facts().minimum(revision).expect("there is one")
    };
    assert_eq!(minimum(StorageProvider::Portworx, "1.7.0"), "3.3.1");
    assert_eq!(minimum(StorageProvider::Portworx, "1.9.0"), "3.3");
    assert_eq!(minimum(StorageProvider::PortworxCsi, "1.9.0"), "3.3.1");
    assert_eq!(minimum(StorageProvider::Trident, "1.9.0"), "24.0");
    assert_eq!(minimum(StorageProvider::HitachiHspc, "1.9.0"), "3.15");
}

/// Every value of a rendering by its place; files and commands of nodes by their path or text.
fn leaves(case: &Case) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for profile in &case.rendered.profiles {
        let role = profile.role;
        for variable in &profile.profile.spec.variables {
            found.insert(
                format!("{role}/variables/{}", variable.name),
                format!("{variable:?}"),
            );
        }
        for layer in &profile.profile.spec.template.packs {
            let place = match layer.layer.as_str() {
                "csi" => format!("{role}/csi"),
                _ => format!("{role}/{}", layer.name),
            };
            let head = (
                &layer.name,
                &layer.version,
                &layer.tag,
                &layer.kind,
                &layer.registry,
            );
            found.insert(place.clone(), format!("{head:?}"));
            collect(
                &mut found,
                &format!("{place}:"),
                &crate::common::yaml(&place, &layer.values),
            );
            for manifest in &layer.manifests {
                let place = format!("{place}/{}", manifest.name);
                for (number, document) in crate::common::documents(&place, &manifest.content)
                    .iter()
                    .enumerate()
                {
                    collect(&mut found, &format!("{place}[{number}]:"), document);
                }
            }
        }
    }
    found
}

fn collect(found: &mut BTreeMap<String, String>, place: &str, value: &Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                collect(found, &format!("{place}/{key}"), value);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                let key = match (item["targetPath"].as_str(), item.as_str()) {
                    (Some(path), _) => path.to_owned(),
                    (None, Some(text)) if place.contains("KubeadmCommands") => text.to_owned(),
                    _ => number.to_string(),
                };
                collect(found, &format!("{place}/{key}"), item);
            }
        }
        other => {
            found.insert(place.to_owned(), other.to_string());
        }
    }
}

/// What may depend on the storage provider.
fn depends_on_storage(place: &str) -> bool {
    const VMO: &str = "core/virtual-machine-orchestrator:/charts/virtual-machine-orchestrator";
    const NODES: &str = "infra/ubuntu-maas:/kubeadmconfig";
    let after = |start: &str| place.strip_prefix(start);
    if let Some(rest) = after(VMO) {
        return rest.starts_with("/snapshot-controller/volumeSnapshotClass/")
            || rest.ends_with("/additionalConfig/vmStateStorageClass");
    }
    if let Some(rest) = after(NODES) {
        let words = [
            "/etc/multipath.conf",
            "99-pure-storage.rules",
            "vmo-san-boot",
            "udevadm",
            "iscsid",
            "mount.nfs",
            "multipathd",
        ];
        return words.iter().any(|word| rest.contains(word));
    }
    if let Some(rest) = after("templates/") {
        return rest.starts_with("vmo-storage/")
            || rest.starts_with("vmo-goldenimages/") && rest.contains(":/spec/storage/")
            || rest.starts_with("vmo-vmtemplates/")
                && (rest.ends_with("/spec/storage/storageClassName")
                    || rest.contains("/devices/tpm"));
    }
    let variables = [
        "PortworxMaxStorageNodes",
        "PortworxActivationId",
        "PortworxSaasKey",
        "FlashArrayApiToken",
    ];
    place == "infra/csi"
        || place.starts_with("infra/csi:")
        || place.starts_with("infra/csi/px-pure-secret")
        || variables
            .iter()
            .any(|name| place == format!("infra/variables/{name}"))
}

#[test]
fn a_provider_changes_nothing_but_storage() {
    let mut problems = Vec::new();
    let mut providers = 0;
    for case in cases() {
        let example = cases()
            .iter()
            .find(|other| {
                other.site == "example"
                    && other.revision == case.revision
                    && other.published == case.published
            })
            .expect("it is rendered");
        if case.input.storage.provider == StorageProvider::Portworx {
            continue;
        }
        providers += 1;
        let (old, new) = (leaves(example), leaves(case));
        let places: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for place in places {
            if old.get(place) != new.get(place) && !depends_on_storage(place) {
                problems.push(format!(
                    "{case}: {place}: {:?} {:?}",
                    old.get(place),
                    new.get(place)
                ));
            }
        }
    }
    // Nine others, Longhorn twice; two revisions, each in two forms.
    assert_eq!(providers, 10 * 4);
    nothing_wrong(&problems);
}

#[test]
fn portworx_leaves_nothing_behind() {
    for case in cases() {
        let facts = case.input.storage.provider.facts();
        if facts.pack.name == "csi-portworx-generic" {
            continue;
        }
        for (place, _, layer) in case.layers() {
            let texts = layer.manifests.iter().map(|manifest| &manifest.content);
            for text in texts.chain([&layer.values]) {
                for word in ["pxd", "px-pure", "px-vm-state", "3624a937", "PURE"] {
                    assert!(!text.contains(word), "{place}: {word}");
                }
            }
        }
        for profile in &case.rendered.profiles {
            for variable in &profile.profile.spec.variables {
                assert!(
                    !variable.name.starts_with("Portworx"),
                    "{case}: {}",
                    variable.name
                );
            }
        }
    }
}

#[test]
fn the_storage_profile_says_how_disks_are_shared_and_cloned() {
    for (text, driver, clone, mode) in [
        (
            "storage: {provider: rook-ceph}",
            "rook-ceph.rbd.csi.ceph.com",
            "csi-clone",
            "Block",
        ),
        (
            "storage: {provider: powerstore}",
            "csi-powerstore.dellemc.com",
            "copy",
            "Block",
        ),
        (
            "storage: {provider: rook-ceph, provisioner: ceph.rbd.csi.ceph.com, cloneStrategy: snapshot}",
            "ceph.rbd.csi.ceph.com",
            "snapshot",
            "Block",
        ),
        (
            "storage: {provider: longhorn, volumeMode: Filesystem, vmStateStorageClass: longhorn}",
            "driver.longhorn.io",
            "csi-clone",
            "Filesystem",
        ),
    ] {
        let rendered = made(text);
        let manifest = |layer: &str, name: &str| {
            let mut layers = rendered
                .profiles
                .iter()
                .flat_map(|profile| &profile.profile.spec.template.packs);
            let layer = layers.find(|found| found.name == layer).expect("the layer");
            let found = layer
                .manifests
                .iter()
                .find(|manifest| manifest.name == name);
            crate::common::yaml(name, &found.expect("the manifest").content)
        };
        let spec = &manifest("vmo-storage", "storageprofile-cdi")["spec"];
        assert_eq!(spec["cloneStrategy"], clone, "{text}");
        assert_eq!(spec["claimPropertySets"][0]["volumeMode"], mode, "{text}");
        assert_eq!(
            spec["claimPropertySets"][0]["accessModes"][0], "ReadWriteMany",
            "{text}"
        );
        let disk = &manifest("vmo-goldenimages", "dv-ubuntu-2204")["spec"]["storage"];
        assert_eq!(disk["volumeMode"], mode, "{text}");
        let core = &rendered.profiles[1].profile.spec.template.packs;
        let vmo = core.last().expect("the VMO layer");
        let values = crate::common::yaml("vmo", &vmo.values);
        let snapshots = &values["charts"]["virtual-machine-orchestrator"]["snapshot-controller"];
        assert_eq!(snapshots["volumeSnapshotClass"]["driver"], driver, "{text}");
    }
}

#[test]
fn the_newest_pack_at_hand_is_taken_in_the_vendors_registry() {
    let rendered = made("storage: {provider: trident, storageClass: {name: ontap}}");
    let layer = storage_layer(&rendered);
    assert_eq!(
        (layer.version.as_str(), layer.tag.as_str()),
        ("24.10.0", "24.10.0")
    );
    assert_eq!(layer.registry.metadata.name, "Palette Community Registry");
    assert_eq!(layer.kind, "oci");
    let text = fs::read_to_string(storage_packs().join("csi-trident-24.10.0/values.yaml"));
    assert_eq!(
        layer.values,
        text.expect("the pack's values").trim_end(),
        "they stay as they are"
    );
    assert!(layer.manifests.is_empty());

    let own = made(
        "registries: {default: {name: Mirror}}\nstorage: {provider: trident, storageClass: {name: ontap}}",
    );
    assert_eq!(storage_layer(&own).registry.metadata.name, "Mirror");
    let longhorn = made("storage: {provider: longhorn}");
    assert_eq!(
        storage_layer(&longhorn).registry.metadata.name,
        "Public Repo"
    );
}

#[test]
fn presets_are_those_of_the_platform() {
    for (provider, preset) in [
        ("powerflex", "powerflex-v2140"),
        ("powermax", "powermax-v2140"),
        ("powerstore", "powerstore-v2140"),
    ] {
        let rendered = made(&format!("storage: {{provider: {provider}}}"));
        let values = &storage_layer(&rendered).values;
        let line = format!("# spectrocloud.com/enabled-presets: Platform:{preset}");
        assert_eq!(values.lines().next(), Some(line.as_str()));
        assert_eq!(
            crate::common::yaml(provider, values)["charts"]["csm-operator"]["csm"]["type"],
            provider
        );
    }
    let line = storage_layer(&made("storage: {provider: portworx-csi}"))
        .values
        .lines()
        .next()
        .map(str::to_owned);
    let line = line.expect("a line");
    assert!(
        line.contains("License Models:px-csi,") && line.contains("px-spec-flasharray-csi"),
        "{line}"
    );
}

/// The packs of one folder with another version, and perhaps without presets.
fn other_packs(pack: &str, version: &str) -> Scratch {
    let folder = Scratch::new();
    let from = fs::read_dir(storage_packs())
        .expect("the packs can be read")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(pack))
        })
        .expect("the pack");
    let description = read(&from, "pack.json");
    let mut description: Value = serde_json::from_str(&description).expect("JSON");
    description["version"] = version.into();
    write(&folder, "pack.json", description.to_string());
    fs::copy(from.join("values.yaml"), folder.join("values.yaml")).expect("it can be copied");
    folder
}

fn messages(rendered: &Rendered, severity: Severity) -> Vec<String> {
    let remarks = rendered
        .remarks
        .iter()
        .filter(|remark| remark.severity() == severity)
        // The other layers have no packs here.
        .filter(|remark| !remark.message().ends_with("[built-in-values]"));
    remarks.map(|remark| remark.message().to_owned()).collect()
}

#[test]
fn what_a_pack_lacks_is_told() {
    let packs = other_packs("csi-longhorn", "1.6.0");
    let old =
        rendered("storage: {provider: longhorn}", &[packs.to_path_buf()]).expect("it renders");
    assert_eq!(
        messages(&old, Severity::Warning),
        [
            "`csi-longhorn` 1.6.0 is older than 1.8, the first version with shared volumes in the RA's table [provider-version]"
        ]
    );
    let packs = other_packs("csi-dell", "1.9.0");
    let bare =
        rendered("storage: {provider: powermax}", &[packs.to_path_buf()]).expect("it renders");
    assert_eq!(
        messages(&bare, Severity::Warning),
        [
            "`csi-dell-csm-operator` 1.9.0 has no preset `Platform:powermax-*`, so its own values stay"
        ]
    );
    assert_eq!(
        messages(&made("storage: {provider: longhorn}"), Severity::Warning),
        [""; 0]
    );
}

#[test]
fn without_the_pack_only_the_infra_profile_is_refused() {
    let text = "storage: {provider: longhorn}";
    let problems = rendered(text, &[]).expect_err("there is no pack");
    let problems: Vec<String> = problems
        .iter()
        .map(|problem| problem.message().to_owned())
        .collect();
    assert_eq!(
        problems,
        [
            "Longhorn needs the pack `csi-longhorn` 1.8 or later, and there are no built-in values for it"
        ]
    );
    let site = site(text);
    let rendered = render(&Request {
        site: &site,
        revision: built_in::revision("1.9.0"),
        library: built_in::library(),
        profiles: &[Role::Core, Role::Templates],
        published: false,
    });
    assert_eq!(rendered.expect("the others need no pack").profiles.len(), 2);
}

#[test]
fn the_site_names_versions_of_the_providers_pack() {
    let longhorn = |version: &str| {
        findings(&format!(
            "storage: {{provider: longhorn}}\npackVersions: {{csi-longhorn: '{version}'}}"
        ))
        .into_iter()
        .filter(|finding| finding.contains("provider-version"))
        .collect::<Vec<_>>()
    };
    let below = |version: &str| {
        vec![format!(
            "Warning provider-version: `csi-longhorn` {version} is older than 1.8, the first version with shared volumes in the RA's table"
        )]
    };
    assert_eq!(longhorn("1.7.9"), below("1.7.9"));
    assert_eq!(longhorn("1.7.x"), below("1.7.x"));
    for fine in ["1.8.0", "1.8.x", "1.10.1", "1.x"] {
        assert_eq!(longhorn(fine), [""; 0], "{fine}");
    }
    assert_eq!(
        findings("packVersions: {csi-portworx-generic: 3.2.3}"),
        [
            "Warning provider-version: `csi-portworx-generic` 3.2.3 is older than 3.3, the first version with shared volumes in the RA's table"
        ]
    );
    let named = made("storage: {provider: longhorn}\npackVersions: {csi-longhorn: 1.8.x}");
    let layer = storage_layer(&named);
    assert_eq!(
        (layer.version.as_str(), layer.tag.as_str()),
        ("1.8.1", "1.8.x")
    );
    let missing = rendered(
        "storage: {provider: longhorn}\npackVersions: {csi-longhorn: 1.9.0}",
        &[storage_packs()],
    );
    let missing: Vec<String> = missing
        .expect_err("it is not there")
        .iter()
        .map(|problem| problem.message().to_owned())
        .collect();
    assert_eq!(
        missing,
        ["there is no version 1.9.0 of the pack `csi-longhorn`"]
    );
}

/// Sites, and everything that is said of their storage; those that are fine as well.
#[test]
fn what_a_provider_cannot_do_is_a_finding() {
    const NO_STATE: &str = "Note no-vm-state-class: Longhorn has no class for shared file systems, so TPM and EFI state is lost when a VM stops";
    const OWN_CLASS: &str = "Note class-of-pack: VM disks use the class `longhorn`, which `csi-longhorn` creates from its own values";
    let cases: [(&str, &[&str]); 16] = [
        ("", &[]),
        ("storage: {provider: longhorn}", &[NO_STATE, OWN_CLASS]),
        (
            "storage: {provider: longhorn, vmStateStorageClass: longhorn-nfs}",
            &[OWN_CLASS],
        ),
        (
            "storage: {provider: longhorn, vmStateStorageClass: longhorn-nfs, storageClass: {parameters: {migratable: 'true'}}}",
            &[OWN_CLASS],
        ),
        (
            "storage: {provider: longhorn, vmStateStorageClass: longhorn-nfs, storageClass: {parameters: {migratable: 'false'}}}",
            &[
                "Error class-not-shared: Longhorn shares blocks with `migratable: \"true\"` only",
                OWN_CLASS,
            ],
        ),
        (
            "storage: {provider: longhorn, volumeMode: Filesystem, vmStateStorageClass: longhorn, storageClass: {parameters: {migratable: 'true'}}}",
            &[
                "Error class-not-shared: with `migratable: \"true\"` Longhorn shares blocks only",
                OWN_CLASS,
            ],
        ),
        (
            "storage: {provider: longhorn, volumeMode: Filesystem, vmStateStorageClass: longhorn}",
            &[OWN_CLASS],
        ),
        (
            "storage: {provider: longhorn, vmStateStorageClass: longhorn}",
            &[
                "Warning vm-state-class: TPM and EFI state is kept on `longhorn`, which serves blocks",
                OWN_CLASS,
            ],
        ),
        (
            "storage: {provider: rook-ceph, volumeMode: Filesystem}",
            &[
                "Error mode-not-shared: Rook-Ceph shares no volumes of the mode Filesystem, which live migration needs",
                "Note class-of-pack: VM disks use the class `ceph-block`, which `csi-rook-ceph-helm` creates from its own values",
            ],
        ),
        (
            "storage: {provider: rook-ceph, storageClass: {name: fast}}",
            &[
                "Note class-of-pack: no layer makes the StorageClass `fast`: it must exist before VMs do",
            ],
        ),
        (
            "storage: {provider: trident, vmStateStorageClass: nas}",
            &[
                "Error class-unnamed: `csi-trident` creates no StorageClass, and the site names none",
            ],
        ),
        (
            "storage: {provider: trident, sanType: FC, vmStateStorageClass: nas, storageClass: {name: san}}",
            &[
                "Error not-its-transport: the RA has no NetApp Trident over FC",
                "Note class-of-pack: no layer makes the StorageClass `san`: it must exist before VMs do",
            ],
        ),
        (
            "storage: {provider: piraeus, vmStateStorageClass: nfs}",
            &[
                "Warning appliance-only: Piraeus works in appliance and agent mode only, and the infra profile is for MAAS",
            ],
        ),
        (
            "storage: {provider: hitachi-hspc, vmStateStorageClass: nfs}",
            &["Error snapshot-parameter: snapshots of Hitachi HSPC need the parameter `poolID`"],
        ),
        (
            "storage: {provider: powerflex, vmStateStorageClass: nfs, sanType: FC, deviceSizes: [], licence: {type: saas}}",
            &[
                "Error not-of-the-provider: `storage.licence` has no effect with Dell PowerFlex",
                "Error not-of-the-provider: `storage.deviceSizes` has no effect with Dell PowerFlex",
                "Error not-its-transport: Dell PowerFlex is not reached over a SAN",
            ],
        ),
        (
            "storage: {storageClass: {parameters: {fs: xfs}}}",
            &["Error class-parameter: the layer of Portworx has no place for the parameter `fs`"],
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(findings(text), wanted, "{text}");
    }
}

#[test]
fn few_workers_matter_to_storage_on_the_workers_only() {
    let few = |provider: &str| {
        findings(&format!(
            "cluster: {{workers: 3}}\nstorage: {{provider: {provider}}}"
        ))
        .into_iter()
        .find(|finding| finding.contains("few-workers"))
    };
    assert_eq!(
        few("rook-ceph").as_deref(),
        Some(
            "Warning few-workers: 3 workers: Rook-Ceph needs 3 for its quorum, and one more allows a node to fail"
        )
    );
    assert_eq!(few("powermax"), None);
}

#[test]
fn nodes_get_what_the_storage_needs() {
    // Provider and more; whether there is a multipath.conf, an iSCSI command, the SAN-boot script, FlashArray's settings.
    for (text, multipath, iscsi, boot, pure) in [
        ("provider: portworx", Some("yes"), false, true, true),
        ("provider: portworx-csi", Some("yes"), false, true, true),
        ("provider: rook-ceph", None, false, false, false),
        ("provider: longhorn", None, true, false, false),
        ("provider: powerflex", None, false, false, false),
        (
            "provider: trident, storageClass: {name: san}",
            Some("no"),
            true,
            true,
            false,
        ),
        ("provider: powerstore", Some("no"), false, true, false),
        (
            "provider: powerstore, sanType: ISCSI",
            Some("no"),
            true,
            true,
            false,
        ),
        (
            "provider: hitachi-hspc, snapshotParameters: {poolID: '1'}",
            Some("yes"),
            false,
            true,
            false,
        ),
    ] {
        let rendered = made(&format!("storage: {{{text}}}"));
        let ubuntu = &rendered.profiles[0].profile.spec.template.packs[0].values;
        let values = crate::common::yaml("ubuntu", ubuntu);
        let all = values["kubeadmconfig"].to_string();
        let files = values["kubeadmconfig"]["files"].as_array().expect("files");
        let file = |path: &str| files.iter().find(|file| file["targetPath"] == path);
        let conf =
            file("/etc/multipath.conf").map(|file| file["content"].as_str().expect("a text"));
        let finds = conf.and_then(|conf| {
            conf.lines()
                .find_map(|line| line.trim().strip_prefix("find_multipaths"))
                .map(str::trim)
        });
        assert_eq!(finds, multipath, "{text}");
        assert_eq!(
            conf.is_some_and(|conf| conf.contains("PURE")),
            pure,
            "{text}"
        );
        assert_eq!(
            conf.is_some_and(|conf| conf.contains("pxd")),
            text == "provider: portworx",
            "{text}"
        );
        assert_eq!(
            file("/etc/udev/rules.d/99-pure-storage.rules").is_some(),
            pure,
            "{text}"
        );
        assert_eq!(
            file("/usr/local/sbin/vmo-san-boot.sh").is_some(),
            boot,
            "{text}"
        );
        assert_eq!(all.contains("iscsid.service"), iscsi, "{text}");
        assert_eq!(all.contains("udevadm control"), pure, "{text}");
    }
}

/// The vendors' own packs are not here; who has them can look with this.
#[test]
fn real_packs_take_our_changes() {
    let Some(folder) = std::env::var_os("VMO_RA_STORAGE_PACKS") else {
        // Not eprintln!, which the test harness hides.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: real_packs_take_our_changes: VMO_RA_STORAGE_PACKS names no folder"
        );
        return;
    };
    for provider in PROVIDERS {
        let more = match provider {
            StorageProvider::Trident => "storageClass: {name: ontap}",
            StorageProvider::HitachiHspc => "snapshotParameters: {poolID: '1'}",
            _ => "",
        };
        let text = format!("storage:\n  provider: {}\n  {more}\n", provider.as_str());
        let rendered = rendered(&text, &[Path::new(&folder).to_owned()])
            .unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        assert_eq!(storage_layer(&rendered).name, provider.facts().pack.name);
        for remark in messages(&rendered, Severity::Warning) {
            let known = ["provider-version", "appliance-only"];
            assert!(
                known.iter().any(|id| remark.contains(id)),
                "{text}: {remark}"
            );
        }
    }
}
