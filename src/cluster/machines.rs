//! Virtual machines and templates among manifests, with their preferences.

use std::collections::BTreeMap;

use serde_json::Value;

use super::values::{Values, is_on};
use super::{Cluster, Document};

/// The VMO pack.
pub(crate) const VMO_PACK: &str = "virtual-machine-orchestrator";
/// Where its values are.
pub(crate) const VMO_ROOT: &str = "charts.virtual-machine-orchestrator";

/// A VirtualMachine or a VmTemplate.
pub(crate) struct Machine<'c> {
    /// Its manifest.
    pub document: &'c Document,
    /// Whether VMs are made from it, so that it has no namespace.
    pub is_template: bool,
    /// What it asks of the guest: `spec.template.spec`.
    guest: &'c Value,
}

/// The path of a guest in its manifest.
const GUEST: &str = "spec.template.spec";

/// Every VM and template.
pub(crate) fn machines(cluster: &Cluster) -> impl Iterator<Item = Machine<'_>> {
    cluster.documents().filter_map(Machine::of)
}

impl<'c> Machine<'c> {
    /// A manifest as a VM or template, if it is one.
    pub fn of(document: &'c Document) -> Option<Self> {
        let is_template = match document.kind() {
            "VirtualMachine" => false,
            "VmTemplate" => true,
            _ => return None,
        };
        Some(Machine {
            document,
            is_template,
            guest: document.value.pointer("/spec/template/spec")?,
        })
    }

    /// What to call it in a message.
    pub fn title(&self) -> String {
        let kind = if self.is_template { "template" } else { "VM" };
        format!("the {kind} `{}`", self.document.name())
    }

    /// What the guest asks for at a JSON pointer.
    pub fn get(&self, pointer: &str) -> Option<&'c Value> {
        self.guest.pointer(pointer)
    }

    /// The items of a list of the guest.
    pub fn items(&self, pointer: &str) -> &'c [Value] {
        list(self.get(pointer))
    }

    /// A path of the guest as a path of the manifest.
    pub fn at(&self, path: &str) -> String {
        format!("{GUEST}.{path}")
    }

    /// The name of its preference, where it is one for the whole cluster.
    pub fn preference_name(&self) -> Option<&'c str> {
        let preference = self.document.value.pointer("/spec/preference")?;
        match preference.get("kind").and_then(Value::as_str) {
            None | Some("VirtualMachineClusterPreference" | "virtualmachineclusterpreference") => {
                preference.get("name")?.as_str()
            }
            Some(_) => None,
        }
    }

    /// The disk of a volume.
    pub fn disk(&self, name: &str) -> Option<(usize, &'c Value)> {
        self.items("/domain/devices/disks")
            .iter()
            .enumerate()
            .find(|(_, disk)| text(disk, "name") == name)
    }
}

/// The preferences of a cluster by name.
pub(crate) fn preferences(cluster: &Cluster) -> BTreeMap<&str, &Document> {
    cluster
        .of_kind("VirtualMachineClusterPreference")
        .map(|document| (document.name(), document))
        .collect()
}

/// Every preference, of the cluster and of namespaces.
pub(crate) fn all_preferences(cluster: &Cluster) -> impl Iterator<Item = &Document> {
    cluster
        .of_kind("VirtualMachineClusterPreference")
        .chain(cluster.of_kind("VirtualMachinePreference"))
}

/// The namespaces that VMO lets VMs into, where its layer is there and says so.
pub(crate) fn vm_namespaces(cluster: &Cluster) -> Vec<String> {
    let Some(vmo) = Values::of(cluster, VMO_PACK, VMO_ROOT) else {
        return Vec::new();
    };
    list(vmo.find("vmEnabledNamespaces"))
        .iter()
        .filter_map(|namespace| vmo.scalar(namespace))
        .collect()
}

/// The items of a list, or none if there is no list.
pub(crate) fn list(value: Option<&Value>) -> &[Value] {
    value
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The text at a key, or empty.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a value is true.
pub(crate) fn is_true(value: Option<&Value>) -> bool {
    value == Some(&Value::Bool(true))
}

/// Whether firmware wants EFI with secure boot, which KubeVirt takes for granted where EFI says nothing of it.
pub(crate) fn wants_secure_boot(efi: Option<&Value>) -> bool {
    matches!(efi, Some(Value::Object(efi)) if efi.get("secureBoot") != Some(&Value::Bool(false)))
}

/// Whether a preference switches on EFI with secure boot, by the new field or by the old pair.
pub(crate) fn preference_secures_boot(preference: &Document) -> bool {
    let firmware = |field: &str| preference.value.pointer(&format!("/spec/firmware/{field}"));
    if firmware("preferredEfi").is_some() {
        wants_secure_boot(firmware("preferredEfi"))
    } else {
        is_true(firmware("preferredUseEfi"))
            && firmware("preferredUseSecureBoot") != Some(&Value::Bool(false))
    }
}

/// Whether a preference switches on system management mode.
pub(crate) fn preference_has_smm(preference: &Document) -> bool {
    is_on(preference.value.pointer("/spec/features/preferredSmm"))
}
