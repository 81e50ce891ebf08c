//! Every Kubernetes object in a profile is one its API server takes, with no field dropped.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::common::matrix::{Case, all, cases};
use crate::common::schema::{compile, complaints, from_crd, refusals};
use crate::common::{Shared, built_in, documents, nothing_wrong, yaml};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use vmo_ra::pack::Library;

/// The folders of schemas, with the versions that RA 1.7.0 and 1.9.0 bring.
const FOLDERS: [(&str, [&str; 2]); 9] = [
    ("cdi", ["v1.62.0", "v1.63.0"]),
    ("cert-manager", ["v1.19.1"; 2]),
    ("external-snapshotter", ["v8.1.0", "v8.4.0"]),
    ("k8s", ["v1.34.0-strict"; 2]),
    ("kubevirt", ["v1.5.0", "v1.7.0"]),
    ("metallb", ["v0.15.3"; 2]),
    ("nad", ["v1.7.7"; 2]),
    ("portworx", ["helm-2026-06"; 2]),
    ("derived", [""; 2]),
];

/// `apiVersion/kind`, the folder and the file of its schema.
const KINDS: [(&str, &str, &str); 17] = [
    (
        "cdi.kubevirt.io/v1beta1/DataVolume",
        "cdi",
        "cdi.kubevirt.io_datavolume_v1beta1",
    ),
    (
        "cdi.kubevirt.io/v1beta1/StorageProfile",
        "cdi",
        "cdi.kubevirt.io_storageprofile_v1beta1",
    ),
    (
        "cert-manager.io/v1/Issuer",
        "cert-manager",
        "cert-manager.io_issuer_v1",
    ),
    (
        STORAGE_CLUSTER,
        "portworx",
        "core.libopenstorage.org_storagecluster_v1",
    ),
    (
        "instancetype.kubevirt.io/v1beta1/VirtualMachineClusterPreference",
        "kubevirt",
        "instancetype.kubevirt.io_virtualmachineclusterpreference_v1beta1",
    ),
    (
        "k8s.cni.cncf.io/v1/NetworkAttachmentDefinition",
        "nad",
        "k8s.cni.cncf.io_network-attachment-definition_v1",
    ),
    (
        "kubevirt.io/v1/KubeVirt",
        "kubevirt",
        "kubevirt.io_kubevirt_v1",
    ),
    (
        "kubevirt.io/v1/VirtualMachine",
        "kubevirt",
        "kubevirt.io_virtualmachine_v1",
    ),
    (
        "metallb.io/v1beta1/BGPAdvertisement",
        "metallb",
        "metallb.io_bgpadvertisement_v1beta1",
    ),
    (
        "metallb.io/v1beta2/BGPPeer",
        "metallb",
        "metallb.io_bgppeer_v1beta2",
    ),
    (
        "metallb.io/v1beta1/IPAddressPool",
        "metallb",
        "metallb.io_ipaddresspool_v1beta1",
    ),
    (
        "metallb.io/v1beta1/L2Advertisement",
        "metallb",
        "metallb.io_l2advertisement_v1beta1",
    ),
    (
        "snapshot.storage.k8s.io/v1/VolumeSnapshotClass",
        "external-snapshotter",
        "snapshot.storage.k8s.io_volumesnapshotclass_v1",
    ),
    (
        "spectrocloud.com/v1/VmTemplate",
        "derived",
        "spectrocloud.com_vmtemplate_v1.derived",
    ),
    (
        "storage.k8s.io/v1/StorageClass",
        "k8s",
        "storageclass-storage-v1",
    ),
    ("v1/ConfigMap", "k8s", "configmap-v1"),
    ("v1/Secret", "k8s", "secret-v1"),
];

const STORAGE_CLUSTER: &str = "core.libopenstorage.org/v1/StorageCluster";

/// What the StorageCluster of Portworx 3.6 has and that of 3.3 has not.
const SINCE_PORTWORX_3_6: [(&str, &str); 6] = [
    ("/csi", "kubeVirtStorageClasses"),
    ("/csi", "volumeSnapshotClass"),
    ("/cloudStorage", "initialStorageNodes"),
    ("/taintBasedScheduling", "enabled"),
    ("", "secretProviderPerFeature"),
    ("", "workloadIdentity"),
];

/// The one null in the published VM templates.
const PRINTED_NULL: &str = "/spec/template/spec/domain/resources/limits/memory";

/// Schemas by revision, and `apiVersion/kind`.
struct Schemas(BTreeMap<(&'static str, &'static str), Validator>);

impl Schemas {
    fn load(shared: &Shared) -> &'static Schemas {
        static SCHEMAS: OnceLock<Schemas> = OnceLock::new();
        SCHEMAS.get_or_init(|| Schemas::read(shared))
    }

    fn read(shared: &Shared) -> Schemas {
        let meta = shared.json("schemas/k8s-v1.34.0-strict/configmap-v1.json");
        let mut schemas = BTreeMap::new();
        for (kind, folder, file) in KINDS {
            let versions = FOLDERS.iter().find(|(name, _)| *name == folder);
            let (_, versions) = versions.expect("the folder is listed");
            for (revision, version) in ["1.7.0", "1.9.0"].into_iter().zip(versions) {
                let folder = format!("{folder}-{version}");
                let folder = folder.trim_end_matches('-');
                let mut schema = shared.json(&format!("schemas/{folder}/{file}.json"));
                if !folder.ends_with("-strict") {
                    schema = from_crd(schema, &meta);
                }
                if revision == "1.7.0" && kind == STORAGE_CLUSTER {
                    without_newer_fields(&mut schema);
                }
                schemas.insert((revision, kind), compile(file, schema));
            }
        }
        Schemas(schemas)
    }

    fn of(&self, revision: &str, object: &Value) -> Result<&Validator, String> {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        let wanted = format!("{}/{}", text("apiVersion"), text("kind"));
        self.0
            .iter()
            .find(|((of, kind), _)| *of == revision && *kind == wanted)
            .map(|(_, validator)| validator)
            .ok_or_else(|| format!("there is no schema for `{wanted}`"))
    }

    /// What is wrong with an object.
    fn complaints(&self, revision: &str, place: &str, object: &Value) -> Vec<String> {
        match self.of(revision, object) {
            Ok(schema) => complaints(place, schema, object),
            Err(problem) => vec![format!("{place}: {problem}")],
        }
    }
}

fn without_newer_fields(schema: &mut Value) {
    for (parent, field) in SINCE_PORTWORX_3_6 {
        let parent = parent.replace('/', "/properties/");
        let pointer = format!("/properties/spec{parent}/properties");
        let fields = schema.pointer_mut(&pointer).and_then(Value::as_object_mut);
        let removed = fields.and_then(|fields| fields.remove(field));
        assert!(
            removed.is_some(),
            "the StorageCluster has no {parent}/{field}"
        );
    }
}

/// An object made of parts that a chart puts into one.
fn object(api_version: &str, kind: &str, name: &str, rest: Value) -> Value {
    let mut object =
        json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": name } });
    for (key, value) in map(&rest) {
        object[key] = value.clone();
    }
    object
}

fn map(value: &Value) -> &Map<String, Value> {
    static EMPTY: OnceLock<Map<String, Value>> = OnceLock::new();
    value
        .as_object()
        .unwrap_or_else(|| EMPTY.get_or_init(Map::new))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The keys of a map that are not among the known ones.
fn unknown_keys(place: &str, value: &Value, known: &[&str]) -> Vec<String> {
    map(value)
        .keys()
        .filter(|key| !known.contains(&key.as_str()))
        .map(|key| format!("{place}: unknown key `{key}`"))
        .collect()
}

/// Every object of a rendering's manifests, with its place.
fn manifests(case: &Case) -> Vec<(String, Value)> {
    let mut objects = Vec::new();
    for (place, _, layer) in case.layers() {
        for manifest in &layer.manifests {
            let place = format!("{place} / {}", manifest.name);
            for (number, object) in documents(&place, &manifest.content).into_iter().enumerate() {
                objects.push((format!("{place}[{number}]"), object));
            }
        }
    }
    objects
}

fn is_printed_null(case: &Case, path: &str, value: &Value) -> bool {
    case.published && path == PRINTED_NULL && value.is_null()
}

fn values(case: &Case, pack: &str) -> (String, Value) {
    case.values(pack)
        .unwrap_or_else(|| panic!("{case} has no {pack}"))
}

fn every_case(check: impl Fn(&Schemas, &Case) -> Vec<String>) {
    let Some(shared) = Shared::find() else { return };
    let schemas = Schemas::load(&shared);
    let problems: Vec<String> = cases()
        .iter()
        .flat_map(|case| check(schemas, case))
        .collect();
    nothing_wrong(&problems);
}

#[test]
fn every_manifest_is_what_its_kind_takes() {
    every_case(|schemas, case| {
        let mut problems = Vec::new();
        for (place, object) in manifests(case) {
            match schemas.of(case.revision, &object) {
                Err(problem) => problems.push(format!("{place}: {problem}")),
                Ok(schema) => problems.extend(
                    refusals(schema, &object)
                        .iter()
                        .filter(|refusal| !is_printed_null(case, &refusal.path, &refusal.value))
                        .map(|refusal| format!("{place}: {}: {}", refusal.path, refusal.message)),
                ),
            }
        }
        problems
    });
}

/// The derived schema of VmTemplate knows the newer KubeVirt only.
#[test]
fn every_vm_template_is_a_virtual_machine_of_its_kubevirt() {
    every_case(|schemas, case| {
        let mut problems = Vec::new();
        let objects = manifests(case).into_iter();
        for (place, object) in objects.filter(|(_, object)| object["kind"] == "VmTemplate") {
            let mut machine = object;
            machine["apiVersion"] = json!("kubevirt.io/v1");
            machine["kind"] = json!("VirtualMachine");
            if let Some(spec) = machine["spec"].as_object_mut() {
                for key in ["displayName", "description", "icon"] {
                    spec.remove(key);
                }
            }
            if let Some(limits) = machine.pointer_mut("/spec/template/spec/domain/resources/limits")
                && case.published
                && limits["memory"].is_null()
            {
                *limits = json!({});
            }
            problems.extend(schemas.complaints(case.revision, &place, &machine));
        }
        problems
    });
}

#[test]
fn only_the_published_form_has_the_null_that_the_ra_prints() {
    for case in cases() {
        for (place, object) in manifests(case) {
            let null = object.pointer(PRINTED_NULL).is_some_and(Value::is_null);
            let expected = case.published && object["kind"] == "VmTemplate";
            assert_eq!(null, expected, "{place}");
        }
    }
}

#[test]
fn objects_of_one_kind_have_names_of_their_own() {
    for case in cases() {
        let mut seen = BTreeMap::new();
        for (place, object) in manifests(case) {
            let metadata = &object["metadata"];
            let id = [&object["kind"], &metadata["namespace"], &metadata["name"]]
                .map(ToString::to_string);
            if let Some(other) = seen.insert(id, place.clone()) {
                panic!("{place} is the same object as {other}");
            }
        }
    }
}

#[test]
fn every_network_is_a_configuration_of_the_bridge_plugin() {
    const KNOWN: [&str; 7] = [
        "cniVersion",
        "name",
        "type",
        "bridge",
        "vlan",
        "preserveDefaultVlan",
        "ipam",
    ];
    for case in cases() {
        let objects = manifests(case).into_iter();
        for (place, nad) in
            objects.filter(|(_, object)| object["kind"] == "NetworkAttachmentDefinition")
        {
            let text = nad["spec"]["config"].as_str().unwrap_or_default();
            let config: Value =
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}"));
            nothing_wrong(&unknown_keys(&place, &config, &KNOWN));
            let vlan = config.get("vlan");
            assert_eq!(config["type"], "bridge", "{place}");
            assert_eq!(
                config["bridge"],
                json!(case.input.network.bridge),
                "{place}"
            );
            assert_eq!(config["name"], nad["metadata"]["name"], "{place}");
            assert!(
                config["cniVersion"].is_string() && config["ipam"] == json!({}),
                "{place}"
            );
            assert!(
                vlan.is_none_or(|vlan| vlan.as_u64().is_some_and(|id| (1..=4094).contains(&id))),
                "{place}: {vlan:?}"
            );
        }
    }
}

#[test]
fn the_storage_cluster_is_what_portworx_takes() {
    every_case(storage_cluster);
}

#[test]
fn the_storage_cluster_of_the_real_pack_is_what_portworx_takes() {
    let Some(shared) = Shared::find() else { return };
    let schemas = Schemas::load(&shared);
    let library = Library::with_folders(&vmo_ra::disk::local(), &[shared.path("packs")])
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let cases = all(&library, &["1.7.0"]);
    let problems = cases.iter().flat_map(|case| storage_cluster(schemas, case));
    nothing_wrong(&problems.collect::<Vec<_>>());
}

fn storage_cluster(schemas: &Schemas, case: &Case) -> Vec<String> {
    let Some((place, values)) = case.values("csi-portworx-generic") else {
        return Vec::new();
    };
    let place = format!("{place} / storageCluster");
    let cluster = &values["charts"]["portworx-generic"]["storageCluster"];
    let known = [
        "autoGenerateName",
        "name",
        "namespace",
        "annotations",
        "spec",
    ];
    let mut problems = unknown_keys(&place, cluster, &known);
    let mut made = object(
        "core.libopenstorage.org/v1",
        "StorageCluster",
        "px",
        json!({ "spec": cluster["spec"] }),
    );
    made["metadata"]["namespace"] = cluster["namespace"].clone();
    made["metadata"]["annotations"] = cluster["annotations"].clone();
    let left_open = case.published || case.input.storage.max_storage_nodes.is_none();
    let is_macro = |text: &str| text.starts_with("{{ .spectro.var.") && text.ends_with(" }}");
    if let Some(nodes) = made.pointer_mut("/spec/cloudStorage/maxStorageNodes")
        && left_open
        && nodes.as_str().is_some_and(is_macro)
    {
        // The number that Palette puts in.
        *nodes = json!(1);
    }
    problems.extend(schemas.complaints(case.revision, &place, &made));
    problems
}

#[test]
fn every_preset_of_portworx_adds_what_portworx_takes() {
    let Some(shared) = Shared::find() else { return };
    let schemas = Schemas::load(&shared);
    let library = built_in::library();
    let mut problems = Vec::new();
    for (revision, version) in [("1.7.0", "3.3.1"), ("1.9.0", "3.6.0")] {
        let pack = library.find("csi-portworx-generic", version);
        let pack = pack.unwrap_or_else(|problems| panic!("{problems:?}"));
        assert!(pack.presets.len() > 10, "Portworx {version}");
        for preset in &pack.presets {
            let place = format!("Portworx {version}, preset {}", preset.name);
            let added = yaml(&place, preset.add.text());
            let cluster = &added["charts"]["portworx-generic"]["storageCluster"];
            let spec = json!({ "spec": map(&cluster["spec"]) });
            let made = object("core.libopenstorage.org/v1", "StorageCluster", "px", spec);
            problems.extend(schemas.complaints(revision, &place, &made));
        }
    }
    nothing_wrong(&problems);
}

#[test]
fn metallb_gets_objects_that_it_takes() {
    const GROUPS: [(&str, &str, &str); 4] = [
        ("ipaddresspools", "metallb.io/v1beta1", "IPAddressPool"),
        ("l2advertisements", "metallb.io/v1beta1", "L2Advertisement"),
        ("bgppeers", "metallb.io/v1beta2", "BGPPeer"),
        (
            "bgpadvertisements",
            "metallb.io/v1beta1",
            "BGPAdvertisement",
        ),
    ];
    every_case(|schemas, case| {
        let (place, values) = values(case, "lb-metallb-helm");
        let configuration = &values["charts"]["metallb-full"]["configuration"];
        let mut problems = Vec::new();
        for (group, entries) in map(configuration) {
            let kind = GROUPS.iter().find(|(name, ..)| name == group);
            for (name, entry) in map(entries) {
                let place = format!("{place} / configuration.{group}.{name}");
                let Some((_, api_version, kind)) = kind else {
                    problems.push(format!("{place}: there is no schema for it"));
                    continue;
                };
                problems.extend(unknown_keys(&place, entry, &["spec"]));
                problems.extend(schemas.complaints(
                    case.revision,
                    &place,
                    &object(api_version, kind, name, entry.clone()),
                ));
            }
        }
        let count = |group: &str| map(&configuration[group]).len();
        let bgp = case.input.network.metallb.bgp.is_some();
        let expected = if bgp { [1, 0, 1, 1] } else { [1, 1, 0, 0] };
        let counted = GROUPS.map(|(group, ..)| count(group));
        if counted != expected {
            problems.push(format!(
                "{place}: {counted:?} objects instead of {expected:?}"
            ));
        }
        problems
    });
}

#[test]
fn storage_classes_are_what_kubernetes_takes() {
    every_case(|schemas, case| {
        let mut problems = Vec::new();
        let mut names = Vec::new();
        for (place, class) in classes(case) {
            let name = class["name"].as_str().unwrap_or_default();
            let place = format!("{place} / {name}");
            problems.extend(unknown_keys(&place, &class, &CLASS_KEYS));
            let mut made = object(
                "storage.k8s.io/v1",
                "StorageClass",
                name,
                json!({ "provisioner": case.input.storage.provisioner }),
            );
            for key in &CLASS_KEYS[4..] {
                if let Some(value) = class.get(*key) {
                    made[*key] = value.clone();
                }
            }
            made["metadata"]["annotations"] = class["annotations"].clone();
            problems.extend(schemas.complaints(case.revision, &place, &made));
            let policy = class["reclaimPolicy"].as_str().unwrap_or_default();
            let binding = class["volumeBindingMode"].as_str().unwrap_or_default();
            if !["Delete", "Retain"].contains(&policy)
                || !["WaitForFirstConsumer", "Immediate"].contains(&binding)
            {
                problems.push(format!("{place}: `{policy}`, `{binding}`"));
            }
            let default = class.get("isDefaultStorageClass");
            if default.is_some_and(|mark| !mark.is_boolean()) || names.contains(&name.to_owned()) {
                problems.push(format!("{place}: its name or its default mark"));
            }
            names.push(name.to_owned());
        }
        names.extend(classes_of_the_pack(case));
        for (wanted, of) in class_users(case) {
            if !names.contains(&wanted) {
                problems.push(format!("{of}: there is no storage class `{wanted}`"));
            }
        }
        problems
    });
}

/// What our packs of Portworx, and those of vendors, say of a class.
const CLASS_KEYS: [&str; 8] = [
    "name",
    "isDefaultStorageClass",
    "annotations",
    "provisioner",
    "reclaimPolicy",
    "volumeBindingMode",
    "allowVolumeExpansion",
    "parameters",
];

/// The classes that a storage layer makes as our changes say.
fn classes(case: &Case) -> Vec<(String, Value)> {
    let facts = case.input.storage.provider.facts();
    let (place, values) = values(case, &facts.pack.name);
    let charts = &values["charts"];
    let classes = match facts.pack.overlay.as_deref() {
        Some("portworx" | "portworx-csi") => &charts["portworx-generic"]["storageClasses"],
        Some("piraeus") => &charts["piraeus-cluster"]["storageClasses"],
        Some("hitachi-hspc") => &charts["hspc"]["storageClass"],
        Some("dell") => &charts["csm-operator"]["storageclass"],
        _ => return Vec::new(),
    };
    let classes = match classes {
        Value::Array(classes) => classes.clone(),
        class => vec![class.clone()],
    };
    assert!(!classes.is_empty(), "{place}");
    let place = format!("{place} / class");
    classes
        .into_iter()
        .map(|class| (place.clone(), class))
        .collect()
}

/// The classes of packs that make them as their own values say, and of sites that bring their own.
fn classes_of_the_pack(case: &Case) -> Vec<String> {
    let storage = &case.input.storage;
    let facts = storage.provider.facts();
    if facts
        .settings
        .iter()
        .any(|name| name == "storageClass.defaultForVms")
    {
        return Vec::new();
    }
    let own = [&facts.class.name, &facts.state_class];
    let own = own.into_iter().flatten().cloned();
    let named = [
        Some(&storage.storage_class.name),
        storage.vm_state_storage_class.as_ref(),
    ];
    own.chain(named.into_iter().flatten().map(ToString::to_string))
        .collect()
}

/// The storage classes that other layers name.
fn class_users(case: &Case) -> Vec<(String, String)> {
    let mut users = Vec::new();
    for (place, object) in manifests(case) {
        let spec = &object["spec"];
        let mut named = match object["kind"].as_str() {
            Some("StorageProfile") => vec![&object["metadata"]["name"]],
            Some("DataVolume") => vec![&spec["storage"]["storageClassName"]],
            Some("VmTemplate") => {
                let volumes = list(&spec["dataVolumeTemplates"]).iter();
                volumes
                    .map(|volume| &volume["spec"]["storage"]["storageClassName"])
                    .collect()
            }
            _ => Vec::new(),
        };
        users.extend(
            named
                .drain(..)
                .map(|name| (name.as_str().unwrap_or_default().to_owned(), place.clone())),
        );
    }
    let (place, vmo) = values(case, "virtual-machine-orchestrator");
    let state = &vmo["charts"]["virtual-machine-orchestrator"]["kubevirt"]["kubevirtResource"]["config"]
        ["additionalConfig"]["vmStateStorageClass"];
    if let Some(state) = state.as_str() {
        users.push((state.to_owned(), place));
    }
    users
}

#[test]
fn the_snapshot_class_is_what_the_snapshotter_takes() {
    every_case(|schemas, case| {
        let (place, values) = values(case, "virtual-machine-orchestrator");
        let place = format!("{place} / snapshot-controller.volumeSnapshotClass");
        let class = &values["charts"]["virtual-machine-orchestrator"]["snapshot-controller"]["volumeSnapshotClass"];
        let known = [
            "create",
            "name",
            "driver",
            "deletionPolicy",
            "params",
            "extraLabels",
        ];
        let name = class["name"].as_str().unwrap_or_default();
        let mut made = object(
            "snapshot.storage.k8s.io/v1",
            "VolumeSnapshotClass",
            name,
            json!({ "driver": class["driver"], "deletionPolicy": class["deletionPolicy"], "parameters": class["params"] }),
        );
        made["metadata"]["labels"] = class["extraLabels"].clone();
        let mut problems = unknown_keys(&place, class, &known);
        problems.extend(schemas.complaints(case.revision, &place, &made));
        problems
    });
}

#[test]
fn kubevirt_gets_a_configuration_that_it_takes() {
    every_case(|schemas, case| {
        let (place, values) = values(case, "virtual-machine-orchestrator");
        let place = format!("{place} / kubevirtResource");
        let resource =
            &values["charts"]["virtual-machine-orchestrator"]["kubevirt"]["kubevirtResource"];
        let config = &resource["config"];
        let known = [
            "evictionStrategy",
            "vmRolloutStrategy",
            "additionalConfig",
            "additionalDevConfig",
        ];
        let mut problems = unknown_keys(&place, config, &known);
        let mut configuration = map(&config["additionalConfig"]).clone();
        for key in ["evictionStrategy", "vmRolloutStrategy"] {
            configuration.insert(key.to_owned(), config[key].clone());
        }
        let mut developer = map(&config["additionalDevConfig"]).clone();
        developer.insert(
            "featureGates".to_owned(),
            resource["additionalFeatureGates"].clone(),
        );
        configuration.insert(
            "developerConfiguration".to_owned(),
            Value::Object(developer),
        );
        let made = object(
            "kubevirt.io/v1",
            "KubeVirt",
            "kubevirt",
            json!({ "spec": { "configuration": configuration, "workloadUpdateStrategy": resource["workloadsUpdateStrategy"] } }),
        );
        problems.extend(schemas.complaints(case.revision, &place, &made));
        problems
    });
}

#[test]
fn a_misspelt_key_is_refused_in_every_kind() {
    let Some(shared) = Shared::find() else { return };
    let schemas = Schemas::load(&shared);
    let mut kinds = Vec::new();
    for case in cases().iter().filter(|case| !case.published) {
        for (place, object) in manifests(case) {
            let schema = schemas.of(case.revision, &object).expect("a known kind");
            assert!(schema.is_valid(&object), "{place}");
            let mut pointers = Vec::new();
            maps_with_fixed_keys(&object, "", &mut pointers);
            for pointer in pointers {
                let mut bad = object.clone();
                bad.pointer_mut(&pointer).expect("it has this part")["misspelt"] = json!("x");
                assert!(
                    !schema.is_valid(&bad),
                    "{place}: {pointer}/misspelt is taken"
                );
            }
            kinds.push(object["kind"].to_string());
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 8, "{kinds:?}");
}

/// The maps of an object whose keys are fields; labels, quantities and the like may have any key.
fn maps_with_fixed_keys(value: &Value, pointer: &str, found: &mut Vec<String>) {
    const FREE: [&str; 6] = [
        "/annotations",
        "/labels",
        "/data",
        "/stringData",
        "/requests",
        "/limits",
    ];
    if FREE.iter().any(|free| pointer.ends_with(free)) {
        return;
    }
    match value {
        Value::Object(map) => {
            found.push(pointer.to_owned());
            for (key, value) in map {
                maps_with_fixed_keys(value, &format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                maps_with_fixed_keys(value, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_kind_without_schema_is_refused() {
    let Some(shared) = Shared::find() else { return };
    let pod = object("v1", "Pod", "a", json!({}));
    let found = Schemas::load(&shared).complaints("1.9.0", "here", &pod);
    assert_eq!(found, ["here: there is no schema for `v1/Pod`"]);
}

#[test]
fn a_field_newer_than_the_revision_is_refused() {
    let Some(shared) = Shared::find() else { return };
    let schemas = Schemas::load(&shared);
    let spec = json!({ "csi": { "volumeSnapshotClass": { "create": false } } });
    let cluster = object(
        "core.libopenstorage.org/v1",
        "StorageCluster",
        "px",
        json!({ "spec": spec }),
    );
    assert_eq!(schemas.complaints("1.9.0", "here", &cluster), [""; 0]);
    assert_eq!(schemas.complaints("1.7.0", "here", &cluster).len(), 1);
}
