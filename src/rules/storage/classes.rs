//! StorageClasses of a cluster: from the Portworx layer's values and from manifests.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::machines::{
    VMO_PACK, VMO_ROOT, all_preferences, is_true, list, machines, text,
};
use crate::cluster::values::{Suggestions, Values};
use crate::cluster::{Cluster, Document};
use crate::rules::{ClusterRule, Finding, rule};

/// The Portworx pack.
pub(super) const PORTWORX_PACK: &str = "csi-portworx-generic";
/// Where its values are.
pub(super) const PORTWORX_ROOT: &str = "charts.portworx-generic";
/// Its CSI driver.
pub(super) const PORTWORX_DRIVER: &str = "pxd.portworx.com";

const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
const DEFAULT_FOR_VMS: &str = "storageclass.kubevirt.io/is-default-virt-class";
const VM_STATE: &str = "kubevirt.kubevirtResource.config.additionalConfig.vmStateStorageClass";

pub(super) const RULES: &[ClusterRule] = &[defaults, unknown_classes, vm_state];

/// A StorageClass, wherever it is said.
pub(super) struct Class<'c> {
    /// Its name.
    pub name: String,
    /// Its CSI driver.
    pub driver: &'c str,
    document: &'c Document,
    path: String,
    value: &'c Value,
    is_default: bool,
}

impl Class<'_> {
    /// A parameter as a text.
    pub fn parameter(&self, name: &str) -> Option<String> {
        match self.value.get("parameters")?.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// The names of its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        let parameters = self.value.get("parameters").and_then(Value::as_object);
        parameters
            .into_iter()
            .flat_map(|map| map.keys())
            .map(String::as_str)
    }

    fn annotated(&self, annotation: &str) -> bool {
        [
            self.value.get("annotations"),
            self.value.pointer("/metadata/annotations"),
        ]
        .into_iter()
        .flatten()
        .filter_map(|annotations| annotations.get(annotation))
        .any(|value| value == "true" || is_true(Some(value)))
    }

    /// A finding at a path of the class.
    pub fn mark(&self, finding: Finding) -> Finding {
        let path = match (self.path.as_str(), finding.path.as_str()) {
            ("", inner) => inner.to_owned(),
            (outer, "") => outer.to_owned(),
            (outer, inner) => format!("{outer}.{inner}"),
        };
        self.document.mark(finding.on(path))
    }
}

/// The classes of a cluster.
pub(super) struct Classes<'c> {
    /// Those that are known.
    pub list: Vec<Class<'c>>,
    /// Whether there can be no others: Portworx is the one storage layer, and its values are here.
    pub is_complete: bool,
}

impl<'c> Classes<'c> {
    /// All that profiles and manifests say.
    pub fn of(cluster: &'c Cluster) -> Self {
        let mut list = Vec::new();
        let portworx = Values::of(cluster, PORTWORX_PACK, PORTWORX_ROOT);
        if let Some(portworx) = &portworx {
            let several = portworx.find("storageClasses").and_then(Value::as_array);
            // Packs before 3.3.0 have one class, which is not a list.
            let one = portworx
                .find("storageClass")
                .filter(|class| class.is_object());
            let several = several
                .into_iter()
                .flatten()
                .enumerate()
                .map(|(index, value)| (format!("storageClasses[{index}]"), value));
            let one = one
                .into_iter()
                .map(|value| ("storageClass".to_owned(), value));
            for (path, value) in several.chain(one) {
                let Some(name) = value.get("name").and_then(|name| portworx.scalar(name)) else {
                    continue;
                };
                list.push(Class {
                    name,
                    driver: PORTWORX_DRIVER,
                    document: &portworx.checked.values,
                    path: portworx.at(&path),
                    value,
                    is_default: is_true(value.get("isDefaultStorageClass")),
                });
            }
        }
        for document in cluster.of_kind("StorageClass") {
            list.push(Class {
                name: document.name().to_owned(),
                driver: text(&document.value, "provisioner"),
                document,
                path: String::new(),
                value: &document.value,
                is_default: false,
            });
        }
        let storage_layers = cluster
            .layers()
            .filter(|(_, _, layer)| layer.layer == "csi")
            .count();
        Classes {
            is_complete: portworx.is_some() && storage_layers <= 1,
            list,
        }
    }

    /// The class of a name.
    pub fn get(&self, name: &str) -> Option<&Class<'c>> {
        self.list.iter().find(|class| class.name == name)
    }

    /// The class VM disks get where they name none.
    pub fn default_for_vms(&self) -> Option<&Class<'c>> {
        self.list
            .iter()
            .find(|class| class.annotated(DEFAULT_FOR_VMS))
            .or_else(|| {
                self.list
                    .iter()
                    .find(|class| class.is_default || class.annotated(DEFAULT))
            })
    }
}

/// One class for what names none, and one for VMs that name none.
fn defaults(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let classes = Classes::of(cluster);
    type IsOne = fn(&Class<'_>) -> bool;
    let kinds: [(&str, IsOne, &str); 2] = [
        (
            "the cluster's default",
            |class| class.is_default || class.annotated(DEFAULT),
            "set `isDefaultStorageClass: true` on one class",
        ),
        (
            "the default for VMs",
            |class| class.annotated(DEFAULT_FOR_VMS),
            "annotate one class with `storageclass.kubevirt.io/is-default-virt-class: \"true\"`",
        ),
    ];
    for (what, is_one, help) in kinds {
        let found: Vec<&Class<'_>> = classes.list.iter().filter(|class| is_one(class)).collect();
        match found.as_slice() {
            [] if classes.is_complete => {
                if let Some(class) = classes.list.first() {
                    findings.push(
                        class.mark(
                            rule::DEFAULT_CLASS_MISSING
                                .warning("", format!("no StorageClass is {what}"))
                                .help(help),
                        ),
                    );
                }
            }
            [first, others @ ..] => {
                for class in others {
                    findings.push(class.mark(rule::DEFAULT_CLASS_TWICE.warning(
                        "",
                        format!("`{}` is {what}, and so is `{}`", class.name, first.name),
                    )));
                }
            }
            [] => {}
        }
    }
}

/// What names a StorageClass: the document, the path, the name.
fn named_classes(cluster: &Cluster) -> Vec<(&Document, String, String)> {
    let mut named = Vec::new();
    let mut add = |document, path: String, name: Option<&Value>| {
        if let Some(name) = name.and_then(Value::as_str) {
            named.push((document, path, name.to_owned()));
        }
    };
    for document in cluster.of_kind("DataVolume") {
        for place in ["spec.storage", "spec.pvc"] {
            let path = format!("{place}.storageClassName");
            add(document, path.clone(), document.find(&path));
        }
    }
    for document in cluster.of_kind("PersistentVolumeClaim") {
        let path = "spec.storageClassName";
        add(document, path.to_owned(), document.find(path));
    }
    for preference in all_preferences(cluster) {
        let path = "spec.volumes.preferredStorageClassName";
        add(preference, path.to_owned(), preference.find(path));
    }
    for vm in machines(cluster) {
        for (index, volume) in list(vm.document.value.pointer("/spec/dataVolumeTemplates"))
            .iter()
            .enumerate()
        {
            for place in ["storage", "pvc"] {
                let name = volume.pointer(&format!("/spec/{place}/storageClassName"));
                add(
                    vm.document,
                    format!("spec.dataVolumeTemplates[{index}].spec.{place}.storageClassName"),
                    name,
                );
            }
        }
    }
    if let Some(vmo) = Values::of(cluster, VMO_PACK, VMO_ROOT) {
        add(&vmo.checked.values, vmo.at(VM_STATE), vmo.find(VM_STATE));
    }
    named
}

/// A claim of a class that is not there waits forever; CDI never looks at a profile of one.
fn unknown_classes(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let classes = Classes::of(cluster);
    if !classes.is_complete {
        return;
    }
    let names: BTreeSet<&str> = classes
        .list
        .iter()
        .map(|class| class.name.as_str())
        .collect();
    let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let known = format!("known: {}", listed.join(", "));
    let mut suggestions = Suggestions::new();
    let mut hint = |name: &str| suggestions.help(name, names.iter().copied(), &known);
    for (document, path, name) in named_classes(cluster) {
        if !names.contains(name.as_str()) && !name.contains("{{") {
            findings.push(
                document.mark(
                    rule::UNKNOWN_STORAGE_CLASS
                        .error(path, format!("there is no StorageClass `{name}`"))
                        .help(hint(&name)),
                ),
            );
        }
    }
    for profile in cluster.of_kind("StorageProfile") {
        if !names.contains(profile.name()) {
            findings.push(
                profile.mark(
                    rule::STORAGE_PROFILE_NAME
                        .error(
                            "metadata.name",
                            format!(
                                "no StorageClass is named `{}`, so CDI does not use this profile",
                                profile.name()
                            ),
                        )
                        .help(hint(profile.name())),
                ),
            );
        }
    }
}

/// KubeVirt keeps TPM and EFI state in a file system that all nodes can mount.
fn vm_state(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(vmo) = Values::of(cluster, VMO_PACK, VMO_ROOT) else {
        return;
    };
    let classes = Classes::of(cluster);
    let Some(name) = vmo.text(VM_STATE) else {
        let keeps = |vm: &Value| {
            is_true(vm.pointer("/domain/devices/tpm/persistent"))
                || is_true(vm.pointer("/domain/firmware/bootloader/efi/persistent"))
        };
        let used = machines(cluster).any(|vm| vm.get("").is_some_and(keeps));
        if used && vmo.find(VM_STATE).is_none() {
            findings.push(
                vmo.mark(
                    rule::VM_STATE_CLASS
                        .warning(
                            "kubevirt.kubevirtResource.config.additionalConfig",
                            "VMs keep TPM or EFI state, but no `vmStateStorageClass` is set",
                        )
                        .help("name a class that serves a shared file system"),
                ),
            );
        }
        return;
    };
    let Some(class) = classes.get(&name) else {
        return;
    };
    if class.driver == PORTWORX_DRIVER && class.parameter("sharedv4").as_deref() != Some("true") {
        findings.push(
            vmo.mark(
                rule::VM_STATE_CLASS.warning(VM_STATE, format!(
                        "TPM and EFI state is kept on `{name}`, which serves no shared file system"
                    ))
                .help("name a class with the parameter `sharedv4: \"true\"`"),
            ),
        );
    }
}
