//! Preferences of VMs: fields that do nothing, old ones, and the descheduler's annotation.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::machines::{all_preferences, is_true, machines, preferences, text};
use crate::cluster::{Cluster, Document};
use crate::diagnostic::suggestion;
use crate::rules::{ClusterRule, Finding, rule};

/// The descheduler looks at pods that carry it, whatever its value is.
const EVICT: &str = "/annotations/descheduler.alpha.kubernetes.io~1evict";

pub(super) const RULES: &[ClusterRule] = &[fields, deprecated, topology, buses, evict];

/// The fields of a preference in KubeVirt 1.5 to 1.8, by the map they are in.
const FIELDS: &[(&str, &str)] = &[
    (
        "",
        "annotations clock cpu devices features firmware machine preferSpreadSocketToCoreRatio preferredArchitecture \
         preferredSubdomain preferredTerminationGracePeriodSeconds requirements volumes",
    ),
    (
        "cpu",
        "preferredCPUFeatures preferredCPUTopology spreadOptions",
    ),
    (
        "devices",
        "preferredAutoattachGraphicsDevice preferredAutoattachInputDevice preferredAutoattachMemBalloon \
         preferredAutoattachPodInterface preferredAutoattachSerialConsole preferredBlockMultiQueue preferredCdromBus \
         preferredDisableHotplug preferredDiskBlockSize preferredDiskBus preferredDiskCache \
         preferredDiskDedicatedIoThread preferredDiskIO preferredInputBus preferredInputType \
         preferredInterfaceMasquerade preferredInterfaceModel preferredLunBus preferredNetworkInterfaceMultiQueue \
         preferredPanicDeviceModel preferredRng preferredSoundModel preferredTPM preferredUseVirtioTransitional \
         preferredVirtualGPUOptions",
    ),
    (
        "features",
        "preferredAcpi preferredApic preferredHyperv preferredKvm preferredPvspinlock preferredSmm",
    ),
    (
        "firmware",
        "preferredEfi preferredUseBios preferredUseBiosSerial preferredUseEfi preferredUseSecureBoot",
    ),
];

/// The API server drops fields that it does not know.
fn fields(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for preference in all_preferences(cluster) {
        for (map, known) in FIELDS {
            let place = if map.is_empty() {
                "spec".to_owned()
            } else {
                format!("spec.{map}")
            };
            let Some(Value::Object(found)) = preference.find(&place) else {
                continue;
            };
            for key in found
                .keys()
                .filter(|key| !known.split(' ').any(|name| name == *key))
            {
                let help = match (key.as_str(), suggestion(key, known.split(' '))) {
                    ("preferredEvictionStrategy" | "evictionStrategy", _) => {
                        "the eviction strategy is KubeVirt's own setting, or each VM's".to_owned()
                    }
                    ("ioThreadsPolicy" | "dedicatedCpuPlacement", _) => {
                        "set it in an instance type or in a VM".to_owned()
                    }
                    (_, Some(meant)) => meant,
                    (_, None) => "remove it; `kubectl explain` lists the fields".to_owned(),
                };
                findings.push(
                    preference.mark(
                        rule::PREFERENCE_FIELD
                            .warning(
                                format!("{place}.{key}"),
                                format!("a preference has no field `{key}`, so it is dropped"),
                            )
                            .help(help),
                    ),
                );
            }
        }
    }
}

fn deprecated(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for preference in all_preferences(cluster) {
        let mut old = |path: &str, message: String, help: &str| {
            findings.push(
                preference.mark(
                    rule::PREFERENCE_DEPRECATED
                        .warning(path, message)
                        .help(help.to_owned()),
                ),
            );
        };
        let firmware = "spec.firmware.preferredEfi";
        for field in ["preferredUseEfi", "preferredUseSecureBoot"] {
            let path = format!("spec.firmware.{field}");
            if preference.find(&path).is_none() {
                continue;
            }
            if preference.find(firmware).is_some() {
                old(
                    &path,
                    format!("`{field}` has no effect beside `preferredEfi`"),
                    "remove it",
                );
            } else {
                old(
                    &path,
                    format!("`{field}` is deprecated"),
                    "write `preferredEfi: {secureBoot: true}` instead, or `false` for EFI alone",
                );
            }
        }
        let topology = "spec.cpu.preferredCPUTopology";
        if let Some(word) = preference.text_at(topology)
            && let Some(new) = word.strip_prefix("prefer")
        {
            let new = new.to_lowercase();
            old(
                topology,
                format!("the topology `{word}` is deprecated"),
                &format!("write `{new}`"),
            );
        }
    }
}

/// KubeVirt spreads the CPUs of an instance type only; a VM that says its own cores is left as it is.
fn topology(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let with_type: BTreeSet<&str> = machines(cluster)
        .filter(|vm| vm.document.value.pointer("/spec/instancetype").is_some())
        .filter_map(|vm| vm.preference_name())
        .collect();
    let used: BTreeSet<&str> = machines(cluster)
        .filter_map(|vm| vm.preference_name())
        .collect();
    for preference in all_preferences(cluster) {
        let options = preference.find("spec.cpu.spreadOptions");
        let word = preference
            .text_at("spec.cpu.preferredCPUTopology")
            .unwrap_or_default();
        let is_spread = word.eq_ignore_ascii_case("spread") || word == "preferSpread";
        if options.is_some() && !is_spread {
            findings.push(
                preference.mark(
                    rule::PREFERENCE_SPREAD.warning("spec.cpu.spreadOptions", format!("`spreadOptions` apply only to the topology `spread`, but it is `{word}`"))
                    .help("remove them, or set `preferredCPUTopology: spread`"),
                ),
            );
        }
        let across = preference
            .text_at("spec.cpu.spreadOptions.across")
            .unwrap_or_default();
        let ratio = preference
            .find("spec.cpu.spreadOptions.ratio")
            .and_then(Value::as_u64);
        if across == "CoresThreads" && ratio.is_some_and(|ratio| ratio != 2) {
            findings.push(
                preference.mark(
                    rule::PREFERENCE_SPREAD.error("spec.cpu.spreadOptions.ratio", "KubeVirt refuses to spread across cores and threads in any ratio but 2")
                    .help("write `ratio: 2`"),
                ),
            );
        }
        let name = preference.name();
        if is_spread && used.contains(name) && !with_type.contains(name) {
            findings.push(
                preference.mark(
                    rule::PREFERENCE_TOPOLOGY.note("spec.cpu.preferredCPUTopology", format!("the topology of `{name}` does nothing: no VM or template that uses it has an instance type")),
                ),
            );
        }
    }
}

fn buses(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for preference in all_preferences(cluster) {
        let devices = |field: &str| preference.find(&format!("spec.devices.{field}"));
        if devices("preferredCdromBus").and_then(Value::as_str) == Some("virtio") {
            findings.push(preference.mark(rule::CDROM_BUS.error(
                "spec.devices.preferredCdromBus",
                "a CD-ROM cannot be on virtio",
            )));
        }
        let bus = devices("preferredDiskBus").and_then(Value::as_str);
        if is_true(devices("preferredDiskDedicatedIoThread"))
            && bus.is_some_and(|bus| bus != "virtio")
        {
            findings.push(
                preference.mark(
                    rule::IO_THREAD_BUS.warning("spec.devices.preferredDiskDedicatedIoThread", format!("only disks on virtio can have an I/O thread, but this preference puts them on `{}`", bus.unwrap_or_default()))
                    .help("write `preferredDiskBus: virtio`, or remove it"),
                ),
            );
        }
    }
}

/// The descheduler passes by pods with local storage, as it sees VMs, unless they carry the annotation.
fn evict(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let has = |document: &Document, place: &str| {
        document.value.pointer(&format!("{place}{EVICT}")).is_some()
    };
    let preferences = preferences(cluster);
    for vm in machines(cluster) {
        let document = vm.document;
        let inherited = match vm.preference_name() {
            // A preference that is not here may carry it.
            Some(name) => preferences
                .get(name)
                .is_none_or(|preference| has(preference, "/spec")),
            None => false,
        };
        let own = has(document, "/spec/template/metadata");
        if !own && !inherited {
            let help = if has(document, "/metadata") {
                "it is in the VM's own metadata, where nothing reads it: move it to `spec.template.metadata.annotations`"
            } else {
                "set it to \"true\" in the preference, or in `spec.template.metadata.annotations`"
            };
            findings.push(
                document.mark(
                    rule::EVICT_ANNOTATION.warning("spec.template.metadata", format!(
                            "{} lacks `descheduler.alpha.kubernetes.io/evict`, so the descheduler never moves it",
                            vm.title()
                        ))
                    .help(help),
                ),
            );
        }
        let value = document
            .value
            .pointer(&format!("/spec/template/metadata{EVICT}"));
        if value.and_then(Value::as_str) == Some("false") {
            findings.push(
                document.mark(
                    rule::EVICT_VALUE.warning("spec.template.metadata.annotations.descheduler\\.alpha\\.kubernetes\\.io/evict", format!("the descheduler looks for the annotation only, so \"false\" lets it move {} as well", vm.title())),
                ),
            );
        }
        let strategy = text(vm.get("").unwrap_or(&Value::Null), "evictionStrategy");
        if strategy == "None"
            && (own || inherited)
            && vm
                .preference_name()
                .is_none_or(|name| own || preferences.contains_key(name))
        {
            findings.push(vm.mark(rule::EVICT_STOPS.warning(
                "evictionStrategy",
                format!(
                    "the descheduler may evict {}, and without live migration that stops it",
                    vm.title()
                ),
            )));
        }
    }
}
