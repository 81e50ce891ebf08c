//! KubeVirt's feature gates: which are needed, which do nothing, and which do not exist (KubeVirt, pkg/virt-config).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::machines::{Machine, VMO_PACK, VMO_ROOT, all_preferences, is_true, machines};
use crate::cluster::values::{Values, is_on};
use crate::diagnostic::suggestion;
use crate::rules::{ClusterRule, Finding, rule};
use crate::version::Version;

const GATES: &str = "kubevirt.kubevirtResource.additionalFeatureGates";

pub(super) const RULES: &[ClusterRule] = &[names, own_gates, gates_that_machines_need];

/// Major and minor number of KubeVirt.
type KubeVirt = (u64, u64);

/// The end of a gate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Its feature is always on.
    Always,
    /// Its feature was removed.
    Gone,
}

/// The release that ends a gate, where one does, and how.
type End = Option<(KubeVirt, Fate)>;

/// From before the releases that matter here.
const EARLY: KubeVirt = (0, 0);
const FIVE: KubeVirt = (1, 5);
const SIX: KubeVirt = (1, 6);
const SEVEN: KubeVirt = (1, 7);

/// Gates by the release that brought them, and the one that made them do nothing.
const KNOWN: &[(KubeVirt, End, &str)] = &[
    (
        EARLY,
        Some((EARLY, Fate::Always)),
        "LiveMigration SRIOVLiveMigration NonRoot PSA CPUNodeDiscovery NUMA GPU",
    ),
    (
        EARLY,
        Some(((1, 4), Fate::Always)),
        "CommonInstancetypesDeploymentGate HotplugNICs BochsDisplayForEFIGuests",
    ),
    (
        EARLY,
        Some((FIVE, Fate::Always)),
        "VMLiveUpdateFeatures AutoResourceLimitsGate NetworkBindingPlugins DynamicPodInterfaceNaming \
         VolumesUpdateStrategy VolumeMigration",
    ),
    (
        EARLY,
        Some((SIX, Fate::Always)),
        "VMPersistentState InstancetypeReferencePolicy",
    ),
    (
        EARLY,
        Some((SEVEN, Fate::Always)),
        "DisableCustomSELinuxPolicy ClusterProfiler",
    ),
    (EARLY, Some(((1, 3), Fate::Gone)), "Passt Macvtap"),
    (
        EARLY,
        Some((SEVEN, Fate::Gone)),
        "ExperimentalVirtiofsSupport",
    ),
    (
        EARLY,
        None,
        "DockerSELinuxMCSWorkaround ExpandDisks CPUManager ExperimentalIgnitionSupport HypervStrictCheck \
         Sidecar HostDevices Snapshot VMExport HotplugVolumes HostDisk DownwardMetrics Root \
         WorkloadEncryptionSEV VSOCK KubevirtSeccompProfile DisableMDEVConfiguration PersistentReservation \
         AlignCPUs MultiArchitecture",
    ),
    ((1, 3), None, "NodeRestriction"),
    (
        FIVE,
        None,
        "EnableVirtioFsConfigVolumes EnableVirtioFsStorageVolumes",
    ),
    (
        SIX,
        None,
        "WorkloadEncryptionTDX ImageVolume IncrementalBackup GPUsWithDRA HostDevicesWithDRA \
         DecentralizedLiveMigration ObjectGraph DeclarativeHotplugVolumes SecureExecution VideoConfig \
         PanicDevices PasstIPStackMigration",
    ),
    (SEVEN, None, "UtilityVolumes MigrationPriorityQueue"),
];

/// What VMO switches on itself. Its documentation names an eighth, CPU hotplug, which VMLiveUpdateFeatures brings.
const OWN: [&str; 7] = [
    "LiveMigration",
    "Snapshot",
    "HotplugVolumes",
    "VMExport",
    "ExpandDisks",
    "HotplugNICs",
    "VMLiveUpdateFeatures",
];

/// The VMO layer with its gates, where it lists any.
struct Gates<'c> {
    vmo: Values<'c>,
    listed: Vec<&'c str>,
    kubevirt: Option<KubeVirt>,
}

impl<'c> Gates<'c> {
    fn of(cluster: &'c Cluster) -> Option<Self> {
        let vmo = Values::of(cluster, VMO_PACK, VMO_ROOT)?;
        let listed = vmo.find(GATES)?.as_array()?;
        Some(Gates {
            listed: listed.iter().filter_map(Value::as_str).collect(),
            kubevirt: kubevirt_of(&vmo.layer.version),
            vmo,
        })
    }

    /// Whether a gate is on, by the list or because it is always on.
    fn has(&self, name: &str) -> bool {
        let always = |kubevirt| matches!(fate(name, kubevirt), Some(Fate::Always));
        self.listed.contains(&name) || self.kubevirt.is_some_and(always)
    }

    fn shown(&self) -> String {
        match self.kubevirt {
            Some((major, minor)) => format!("KubeVirt {major}.{minor}"),
            None => "KubeVirt".to_owned(),
        }
    }
}

/// The KubeVirt that a VMO pack brings, as far as the RA says.
fn kubevirt_of(pack: &str) -> Option<KubeVirt> {
    match Version::parse(pack)?.numbers() {
        [4, 7, ..] => Some(FIVE),
        [4, 9, ..] => Some(SEVEN),
        _ => None,
    }
}

/// The release that brought a gate, and what became of it.
fn gate(name: &str) -> Option<(KubeVirt, End)> {
    let is_here = |names: &str| names.split(' ').any(|known| known == name);
    let found = KNOWN.iter().find(|(.., names)| is_here(names));
    found.map(|(since, end, _)| (*since, *end))
}

fn fate(name: &str, kubevirt: KubeVirt) -> Option<Fate> {
    let (since, fate) = gate(name)?.1?;
    (since <= kubevirt).then_some(fate)
}

/// KubeVirt skips names it does not know, so a misspelt gate is off without a word.
fn names(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(gates) = Gates::of(cluster) else {
        return;
    };
    for (index, name) in gates.listed.iter().enumerate() {
        let path = format!("{GATES}[{index}]");
        let is_known = gate(name)
            .is_some_and(|(since, _)| gates.kubevirt.is_none_or(|kubevirt| since <= kubevirt));
        if !is_known {
            let all = KNOWN.iter().flat_map(|(.., names)| names.split(' '));
            let help = match suggestion(name, all.filter(|other| other != name)) {
                Some(meant) => meant,
                None => "remove it, or look the name up in this release's documentation".to_owned(),
            };
            findings.push(
                gates.vmo.mark(
                    rule::FEATURE_GATE_UNKNOWN
                        .warning(
                            path,
                            format!(
                                "{} has no feature gate `{name}`, and ignores it silently",
                                gates.shown()
                            ),
                        )
                        .help(help),
                ),
            );
            continue;
        }
        match gates.kubevirt.and_then(|kubevirt| fate(name, kubevirt)) {
            Some(Fate::Gone) => findings.push(gates.vmo.mark(rule::FEATURE_GATE_GONE.warning(
                path,
                format!(
                    "{} no longer has the feature of the gate `{name}`",
                    gates.shown()
                ),
            ))),
            Some(Fate::Always) if !OWN.contains(name) => {
                findings.push(gates.vmo.mark(rule::FEATURE_GATE_ALWAYS_ON.note(
                    path,
                    format!(
                        "in {} the gate `{name}` has no effect: its feature is always on",
                        gates.shown()
                    ),
                )))
            }
            _ => {}
        }
    }
}

/// A list in the values replaces the pack's own.
fn own_gates(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(gates) = Gates::of(cluster) else {
        return;
    };
    let missing: Vec<String> = OWN
        .iter()
        .filter(|name| !gates.has(name))
        .map(|name| format!("`{name}`"))
        .collect();
    if !missing.is_empty() {
        findings.push(gates.vmo.mark(rule::FEATURE_GATE_MISSING.warning(
            GATES,
            format!(
                "the list lacks gates that VMO switches on itself: {}",
                missing.join(", ")
            ),
        )));
    }
}

/// What a guest may ask for that needs a gate: the gate, the field, and whether the guest has it.
type Need = (&'static str, &'static str, fn(&Machine<'_>) -> bool);

const NEEDS: [Need; 7] = [
    ("VMPersistentState", "domain.devices.tpm.persistent", |vm| {
        is_true(vm.get("/domain/devices/tpm/persistent"))
    }),
    (
        "VMPersistentState",
        "domain.firmware.bootloader.efi.persistent",
        |vm| is_true(vm.get("/domain/firmware/bootloader/efi/persistent")),
    ),
    ("CPUManager", "domain.cpu.dedicatedCpuPlacement", |vm| {
        is_true(vm.get("/domain/cpu/dedicatedCpuPlacement"))
    }),
    ("HostDevices", "domain.devices.hostDevices", |vm| {
        !vm.items("/domain/devices/hostDevices").is_empty()
    }),
    ("VSOCK", "domain.devices.autoattachVSOCK", |vm| {
        is_true(vm.get("/domain/devices/autoattachVSOCK"))
    }),
    ("HostDisk", "volumes", |vm| {
        vm.items("/volumes")
            .iter()
            .any(|volume| volume.get("hostDisk").is_some())
    }),
    ("PersistentReservation", "domain.devices.disks", |vm| {
        let disks = vm.items("/domain/devices/disks").iter();
        disks
            .into_iter()
            .any(|disk| is_true(disk.pointer("/lun/reservation")))
    }),
];

fn gates_that_machines_need(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(gates) = Gates::of(cluster) else {
        return;
    };
    let needed = |gate: &'static str, path: &str, title: &str| {
        rule::FEATURE_GATE_NEEDED
            .error(
                path,
                format!("{title} needs the feature gate `{gate}`, which is off"),
            )
            .help(format!("add `{gate}` to `{}`", gates.vmo.at(GATES)))
    };
    for vm in machines(cluster) {
        let mut told = BTreeSet::new();
        for (gate, path, asks) in NEEDS {
            if asks(&vm) && !gates.has(gate) && told.insert(gate) {
                findings.push(vm.mark(needed(gate, path, &vm.title())));
            }
        }
    }
    for preference in all_preferences(cluster) {
        let title = format!("the preference `{}`", preference.name());
        for path in [
            "spec.devices.preferredTPM.persistent",
            "spec.firmware.preferredEfi.persistent",
        ] {
            if is_true(preference.find(path)) && !gates.has("VMPersistentState") {
                findings.push(preference.mark(needed("VMPersistentState", path, &title)));
            }
        }
    }
    if !gates.has("HypervStrictCheck") && uses_hyperv(cluster) {
        findings.push(gates.vmo.mark(rule::HYPERV_UNCHECKED.note(
            GATES,
            "guests use Hyper-V features, but nothing keeps them off nodes without these",
        )));
    }
}

fn uses_hyperv(cluster: &Cluster) -> bool {
    let some = |features: Option<&Value>| {
        features
            .and_then(Value::as_object)
            .is_some_and(|features| features.values().any(|feature| is_on(Some(feature))))
    };
    all_preferences(cluster)
        .any(|preference| some(preference.find("spec.features.preferredHyperv")))
        || machines(cluster).any(|vm| some(vm.get("/domain/features/hyperv")))
}
