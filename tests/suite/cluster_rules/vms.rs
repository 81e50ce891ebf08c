//! What KubeVirt is told, and what VMs and preferences may ask of it.

use super::{Given, given, preference, vm};

pub(super) const TESTS: &[fn()] = &[
    feature_gates_are_known,
    guests_have_the_gates_they_need,
    preferences_have_fields_that_count,
    a_topology_is_for_instance_types,
    the_descheduler_moves_what_carries_its_mark,
    secure_boot_has_smm,
    hyper_v_features_have_what_they_need,
    a_tpm_keeps_its_keys,
];

const VMO: &str = "virtual-machine-orchestrator";
const GATES: &str =
    "charts.virtual-machine-orchestrator.kubevirt.kubevirtResource.additionalFeatureGates";
const OWN: &str = "LiveMigration, Snapshot, HotplugVolumes, VMExport, ExpandDisks, HotplugNICs, VMLiveUpdateFeatures";

fn gates(version: &str, gates: &str) -> Given {
    Given::new().layer(
        VMO,
        version,
        &format!("charts:\n  virtual-machine-orchestrator: {{kubevirt: {{kubevirtResource: {{additionalFeatureGates: [{gates}]}}}}}}\n"),
    )
}

#[test]
fn feature_gates_are_known() {
    for id in [
        "feature-gate-unknown",
        "feature-gate-gone",
        "feature-gate-always-on",
        "feature-gate-missing",
    ] {
        gates("4.9.0", &format!("{OWN}, CPUManager, HypervStrictCheck")).is_fine(id);
        gates("4.7.0", &format!("{OWN}, CPUManager, VMPersistentState")).is_fine(id);
        Given::new().layer(VMO, "4.9.0", "").is_fine(id);
    }
    let eighth = format!("{GATES}[7]");
    gates("4.9.0", &format!("{OWN}, CpuManager")).finds(
        "feature-gate-unknown",
        &[(
            &eighth,
            "warning: KubeVirt 1.7 has no feature gate `CpuManager`, and ignores it silently",
        )],
    );
    gates("4.7.0", &format!("{OWN}, VideoConfig")).finds(
        "feature-gate-unknown",
        &[(
            &eighth,
            "warning: KubeVirt 1.5 has no feature gate `VideoConfig`, and ignores it silently",
        )],
    );
    gates("4.9.0", &format!("{OWN}, VideoConfig")).is_fine("feature-gate-unknown");
    gates("4.10.1", &format!("{OWN}, CPUHotplug")).finds(
        "feature-gate-unknown",
        &[(
            &eighth,
            "warning: KubeVirt has no feature gate `CPUHotplug`, and ignores it silently",
        )],
    );
    gates("4.9.46", &format!("{OWN}, VMPersistentState")).finds(
        "feature-gate-always-on",
        &[(
            &eighth,
            "note: in KubeVirt 1.7 the gate `VMPersistentState` has no effect: its feature is always on",
        )],
    );
    gates("4.9.0", &format!("{OWN}, ExperimentalVirtiofsSupport")).finds(
        "feature-gate-gone",
        &[(&eighth, "warning: KubeVirt 1.7 no longer has the feature of the gate `ExperimentalVirtiofsSupport`")],
    );
    gates("4.7.0", &format!("{OWN}, ExperimentalVirtiofsSupport")).is_fine("feature-gate-gone");
    // Those that are always on may be left out.
    gates("4.9.0", "Snapshot, HotplugVolumes, VMExport, ExpandDisks")
        .is_fine("feature-gate-missing");
    gates("4.9.0", "Snapshot, CPUManager").finds(
        "feature-gate-missing",
        &[(GATES, "warning: the list lacks gates that VMO switches on itself: `HotplugVolumes`, `VMExport`, `ExpandDisks`")],
    );
}

#[test]
fn guests_have_the_gates_they_need() {
    let id = "feature-gate-needed";
    let guest = |guest: &str| vm("v", "", guest);
    let tpm = guest("domain: {devices: {tpm: {persistent: true}}}");
    let cpu = guest("domain: {cpu: {dedicatedCpuPlacement: true}}");
    gates("4.9.0", OWN).manifest(&tpm).is_fine(id);
    gates("4.7.0", &format!("{OWN}, VMPersistentState"))
        .manifest(&tpm)
        .is_fine(id);
    gates("4.7.0", &format!("{OWN}, CPUManager"))
        .manifest(&cpu)
        .is_fine(id);
    // Without the layer nobody knows.
    given(&cpu).is_fine(id);
    for (text, path, gate) in [
        (tpm, "domain.devices.tpm.persistent", "VMPersistentState"),
        (cpu, "domain.cpu.dedicatedCpuPlacement", "CPUManager"),
        (
            guest("domain: {firmware: {bootloader: {efi: {persistent: true}}}}"),
            "domain.firmware.bootloader.efi.persistent",
            "VMPersistentState",
        ),
        (
            guest("domain: {devices: {hostDevices: [{name: a}]}}"),
            "domain.devices.hostDevices",
            "HostDevices",
        ),
        (
            guest("domain: {devices: {autoattachVSOCK: true}}"),
            "domain.devices.autoattachVSOCK",
            "VSOCK",
        ),
        (
            guest("volumes: [{name: a, hostDisk: {path: /a}}]"),
            "volumes",
            "HostDisk",
        ),
        (
            guest("domain: {devices: {disks: [{name: a, lun: {reservation: true}}]}}"),
            "domain.devices.disks",
            "PersistentReservation",
        ),
    ] {
        gates("4.7.0", OWN).manifest(&text).finds(
            id,
            &[(
                &format!("spec.template.spec.{path}"),
                &format!("error: the VM `v` needs the feature gate `{gate}`, which is off"),
            )],
        );
    }
    gates("4.7.0", OWN).manifest(&preference("p", "devices: {preferredTPM: {persistent: true}}")).finds(
        id,
        &[(
            "spec.devices.preferredTPM.persistent",
            "error: the preference `p` needs the feature gate `VMPersistentState`, which is off",
        )],
    );
    let hyperv = preference("p", "features: {preferredHyperv: {relaxed: {}}}");
    gates("4.9.0", &format!("{OWN}, HypervStrictCheck"))
        .manifest(&hyperv)
        .is_fine("hyperv-unchecked");
    gates("4.9.0", OWN)
        .manifest(&preference(
            "p",
            "features: {preferredHyperv: {relaxed: {enabled: false}}}",
        ))
        .is_fine("hyperv-unchecked");
    gates("4.9.0", OWN).manifest(&hyperv).finds(
        "hyperv-unchecked",
        &[(
            GATES,
            "note: guests use Hyper-V features, but nothing keeps them off nodes without these",
        )],
    );
}

#[test]
fn preferences_have_fields_that_count() {
    let good = preference(
        "p",
        "annotations: {}, cpu: {preferredCPUTopology: sockets}, devices: {preferredDiskBus: virtio, preferredDiskDedicatedIoThread: true, preferredCdromBus: sata}, firmware: {preferredEfi: {secureBoot: false}}",
    );
    for id in [
        "preference-field",
        "preference-deprecated",
        "preference-spread",
        "preference-topology",
        "cdrom-bus",
        "io-thread-bus",
    ] {
        given(&good).is_fine(id);
    }
    for (spec, path, message) in [
        (
            "preferredEvictionStrategy: LiveMigrate",
            "spec.preferredEvictionStrategy",
            "a preference has no field `preferredEvictionStrategy`, so it is dropped",
        ),
        (
            "cpu: {dedicatedCpuPlacement: true}",
            "spec.cpu.dedicatedCpuPlacement",
            "a preference has no field `dedicatedCpuPlacement`, so it is dropped",
        ),
        (
            "devices: {preferredDiskBuss: virtio}",
            "spec.devices.preferredDiskBuss",
            "a preference has no field `preferredDiskBuss`, so it is dropped",
        ),
    ] {
        given(&preference("p", spec)).finds(
            "preference-field",
            &[(path, &format!("warning: {message}"))],
        );
    }
    given(&preference("p", "firmware: {preferredUseEfi: true, preferredEfi: {secureBoot: false}}, cpu: {preferredCPUTopology: preferCores}")).finds(
        "preference-deprecated",
        &[
            ("spec.firmware.preferredUseEfi", "warning: `preferredUseEfi` has no effect beside `preferredEfi`"),
            ("spec.cpu.preferredCPUTopology", "warning: the topology `preferCores` is deprecated"),
        ],
    );
    given(&preference(
        "p",
        "firmware: {preferredUseSecureBoot: true, preferredUseEfi: true}",
    ))
    .finds(
        "preference-deprecated",
        &[
            (
                "spec.firmware.preferredUseEfi",
                "warning: `preferredUseEfi` is deprecated",
            ),
            (
                "spec.firmware.preferredUseSecureBoot",
                "warning: `preferredUseSecureBoot` is deprecated",
            ),
        ],
    );
    given(&preference("p", "devices: {preferredCdromBus: virtio, preferredDiskBus: sata, preferredDiskDedicatedIoThread: true}")).finds(
        "cdrom-bus",
        &[("spec.devices.preferredCdromBus", "error: a CD-ROM cannot be on virtio")],
    );
    given(&preference("p", "devices: {preferredDiskBus: sata, preferredDiskDedicatedIoThread: true}")).finds(
        "io-thread-bus",
        &[(
            "spec.devices.preferredDiskDedicatedIoThread",
            "warning: only disks on virtio can have an I/O thread, but this preference puts them on `sata`",
        )],
    );
}

#[test]
fn a_topology_is_for_instance_types() {
    let spread = preference(
        "p",
        "cpu: {preferredCPUTopology: spread, spreadOptions: {across: SocketsCores, ratio: 4}}",
    );
    let uses = |more: &str| vm("v", &format!("preference: {{name: p}}, {more}"), "");
    for id in ["preference-topology", "preference-spread"] {
        given(&spread).is_fine(id);
        given(&spread)
            .manifest(&uses("instancetype: {name: u1.small}, "))
            .is_fine(id);
    }
    given(&spread).manifest(&uses("")).finds(
        "preference-topology",
        &[(
            "spec.cpu.preferredCPUTopology",
            "note: the topology of `p` does nothing: no VM or template that uses it has an instance type",
        )],
    );
    given(&preference(
        "p",
        "cpu: {preferredCPUTopology: cores, spreadOptions: {ratio: 2}}",
    ))
    .finds(
        "preference-spread",
        &[(
            "spec.cpu.spreadOptions",
            "warning: `spreadOptions` apply only to the topology `spread`, but it is `cores`",
        )],
    );
    given(&preference(
        "p",
        "cpu: {preferredCPUTopology: spread, spreadOptions: {across: CoresThreads, ratio: 4}}",
    ))
    .finds(
        "preference-spread",
        &[(
            "spec.cpu.spreadOptions.ratio",
            "error: KubeVirt refuses to spread across cores and threads in any ratio but 2",
        )],
    );
}

#[test]
fn the_descheduler_moves_what_carries_its_mark() {
    let without = vm("v", "preference: {name: p}, ", "")
        .replace("descheduler.alpha.kubernetes.io/evict: 'true'", "");
    let marked = preference(
        "p",
        "annotations: {descheduler.alpha.kubernetes.io/evict: 'true'}",
    );
    for id in ["evict-annotation", "evict-value", "evict-stops"] {
        given(&vm("v", "", "")).is_fine(id);
        given(&without).manifest(&marked).is_fine(id);
        // A preference that is not here may have it.
        given(&without).is_fine(id);
    }
    let message = "warning: the VM `v` lacks `descheduler.alpha.kubernetes.io/evict`, so the descheduler never moves it";
    given(&without)
        .manifest(&preference("p", ""))
        .finds("evict-annotation", &[("spec.template.metadata", message)]);
    let beside = without.replace("preference: {name: p}, ", "").replace(
        "{name: v}",
        "{name: v, annotations: {descheduler.alpha.kubernetes.io/evict: 'true'}}",
    );
    given(&beside).finds("evict-annotation", &[("spec.template.metadata", message)]);
    given(&vm("v", "", "").replace("'true'", "'false'")).finds(
        "evict-value",
        &[(
            "spec.template.metadata.annotations.descheduler\\.alpha\\.kubernetes\\.io/evict",
            "warning: the descheduler looks for the annotation only, so \"false\" lets it move the VM `v` as well",
        )],
    );
    given(&vm("v", "", "evictionStrategy: LiveMigrate")).is_fine("evict-stops");
    given(&vm("v", "", "evictionStrategy: None")).finds(
        "evict-stops",
        &[(
            "spec.template.spec.evictionStrategy",
            "warning: the descheduler may evict the VM `v`, and without live migration that stops it",
        )],
    );
}

#[test]
fn secure_boot_has_smm() {
    let id = "secure-boot-smm";
    let efi = |more: &str| {
        vm(
            "v",
            "",
            &format!("domain: {{firmware: {{bootloader: {{efi: {{}}}}}}{more}}}"),
        )
    };
    given(&efi(", features: {smm: {}}")).is_fine(id);
    given(&efi("").replace("efi: {}", "efi: {secureBoot: false}")).is_fine(id);
    given(&preference(
        "p",
        "features: {preferredSmm: {}}, firmware: {preferredEfi: {}}",
    ))
    .is_fine(id);
    given(&preference(
        "p",
        "firmware: {preferredEfi: {secureBoot: false}}",
    ))
    .is_fine(id);
    given(&preference(
        "p",
        "firmware: {preferredUseEfi: true, preferredUseSecureBoot: false}",
    ))
    .is_fine(id);
    let message = "error: the VM `v` asks for secure boot without SMM";
    given(&efi("")).finds(
        id,
        &[("spec.template.spec.domain.firmware.bootloader.efi", message)],
    );
    given(&efi(", features: {smm: {enabled: false}}"))
        .finds(id, &[("spec.template.spec.domain.features.smm", message)]);
    given(&preference(
        "p",
        "firmware: {preferredEfi: {persistent: true}}",
    ))
    .finds(
        id,
        &[(
            "spec.firmware.preferredEfi",
            "error: the preference `p` asks for secure boot without SMM",
        )],
    );
    given(&preference("p", "firmware: {preferredUseEfi: true, preferredUseSecureBoot: true}, features: {preferredSmm: {enabled: false}}")).finds(
        id,
        &[("spec.firmware", "error: the preference `p` asks for secure boot without SMM")],
    );
    // What a preference brings, and what a VM takes away.
    let secure = preference(
        "p",
        "features: {preferredSmm: {}}, firmware: {preferredEfi: {}}",
    );
    let using = |guest: &str| given(&secure).manifest(&vm("v", "preference: {name: p}, ", guest));
    using("domain: {firmware: {bootloader: {efi: {}}}}").is_fine(id);
    using("domain: {features: {smm: {enabled: false}}}")
        .finds(id, &[("spec.template.spec.domain.features.smm", message)]);
    given(&preference("p", "firmware: {preferredUseSecureBoot: true}")).finds(
        "secure-boot-efi",
        &[(
            "spec.firmware.preferredUseSecureBoot",
            "warning: secure boot does nothing without EFI",
        )],
    );
    given(&secure).is_fine("secure-boot-efi");
    given(&efi("")).is_fine("efi-and-bios");
    given(&efi("").replace("efi: {}", "efi: {}, bios: {}")).finds(
        "efi-and-bios",
        &[(
            "spec.template.spec.domain.firmware.bootloader",
            "error: the VM `v` has both EFI and BIOS",
        )],
    );
}

#[test]
fn hyper_v_features_have_what_they_need() {
    let id = "hyperv-needs";
    let hyperv = |features: &str| {
        preference(
            "p",
            &format!("features: {{preferredHyperv: {{{features}}}}}"),
        )
    };
    given(&hyperv(
        "synictimer: {}, synic: {}, vpindex: {}, ipi: {}, tlbflush: {}",
    ))
    .is_fine(id);
    given(&hyperv(
        "synic: {enabled: false}, vpindex: {enabled: false}",
    ))
    .is_fine(id);
    given(&hyperv("synic: {}, vpindex: {enabled: false}")).finds(
        id,
        &[(
            "spec.features.preferredHyperv.vpindex",
            "error: the preference `p` switches `vpindex` off, which `synic` needs",
        )],
    );
    given(&hyperv("evmcs: {}")).finds(
        id,
        &[(
            "spec.features.preferredHyperv.evmcs",
            "note: the preference `p` leaves out `vapic`, which `evmcs` needs; KubeVirt adds it",
        )],
    );
    given(&vm(
        "v",
        "",
        "domain: {features: {hyperv: {synictimer: {}, synic: {enabled: false}}}}",
    ))
    .finds(
        id,
        &[(
            "spec.template.spec.domain.features.hyperv.synic",
            "error: the VM `v` switches `synic` off, which `synictimer` needs",
        )],
    );
}

#[test]
fn a_tpm_keeps_its_keys() {
    let tpm = |tpm: &str| {
        vm(
            "v",
            "preference: {name: p}, ",
            &format!("domain: {{devices: {{tpm: {{{tpm}}}}}}}"),
        )
    };
    given(&tpm("persistent: true")).is_fine("tpm-forgets");
    given(&tpm("enabled: false")).is_fine("tpm-forgets");
    given(&tpm(""))
        .manifest(&preference(
            "p",
            "devices: {preferredTPM: {persistent: true}}",
        ))
        .is_fine("tpm-forgets");
    given(&tpm("")).finds(
        "tpm-forgets",
        &[(
            "spec.template.spec.domain.devices.tpm",
            "note: the TPM of the VM `v` is a new one at every start",
        )],
    );
}
