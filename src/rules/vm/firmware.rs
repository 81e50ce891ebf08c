//! Firmware, Hyper-V features and TPM of VMs and preferences: what KubeVirt refuses at admission.

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::machines::{
    all_preferences, is_true, machines, preference_has_smm, preference_secures_boot, preferences,
    wants_secure_boot,
};
use crate::cluster::values::is_on;
use crate::rules::{ClusterRule, Finding, rule};

pub(super) const RULES: &[ClusterRule] = &[secure_boot, hyperv, tpm];

/// EFI means secure boot unless it says otherwise, and secure boot wants system management mode.
fn secure_boot(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let preferences = preferences(cluster);
    for preference in all_preferences(cluster) {
        let firmware = |field: &str| preference.find(&format!("spec.firmware.{field}"));
        if preference_secures_boot(preference) && !preference_has_smm(preference) {
            let path = if firmware("preferredEfi").is_some() {
                "spec.firmware.preferredEfi"
            } else {
                "spec.firmware"
            };
            findings.push(
                preference.mark(
                    rule::SECURE_BOOT_SMM.error(path, format!("the preference `{}` asks for secure boot without SMM", preference.name()))
                    .help("add `preferredSmm: {}` to its features, or write `preferredEfi: {secureBoot: false}`"),
                ),
            );
        }
        if is_true(firmware("preferredUseSecureBoot"))
            && !is_true(firmware("preferredUseEfi"))
            && firmware("preferredEfi").is_none()
        {
            findings.push(preference.mark(rule::SECURE_BOOT_EFI.warning(
                "spec.firmware.preferredUseSecureBoot",
                "secure boot does nothing without EFI",
            )));
        }
    }
    for vm in machines(cluster) {
        let efi = vm.get("/domain/firmware/bootloader/efi");
        if efi.is_some() && vm.get("/domain/firmware/bootloader/bios").is_some() {
            findings.push(vm.mark(rule::EFI_AND_BIOS.error(
                "domain.firmware.bootloader",
                format!("{} has both EFI and BIOS", vm.title()),
            )));
        }
        let preference = vm.preference_name().map(|name| preferences.get(name));
        let smm = vm.get("/domain/features/smm");
        let has_smm = match (smm, preference) {
            (Some(smm), _) => is_on(Some(smm)),
            (None, Some(Some(preference))) => preference_has_smm(preference),
            // A preference that is not here may bring it.
            (None, Some(None)) => true,
            (None, None) => false,
        };
        let switched_off = smm.is_some() && !has_smm;
        let inherits = efi.is_none()
            && matches!(preference, Some(Some(preference)) if preference_secures_boot(preference))
            && switched_off;
        if (wants_secure_boot(efi) && !has_smm) || inherits {
            let path = if switched_off {
                "domain.features.smm"
            } else {
                "domain.firmware.bootloader.efi"
            };
            findings.push(
                vm.mark(
                    rule::SECURE_BOOT_SMM.error(path, format!("{} asks for secure boot without SMM", vm.title()))
                    .help("add `smm: {enabled: true}` to its features, or write `efi: {secureBoot: false}`"),
                ),
            );
        }
    }
}

/// A feature and the one it needs.
const NEEDS: [(&str, &str); 5] = [
    ("synic", "vpindex"),
    ("synictimer", "synic"),
    ("ipi", "vpindex"),
    ("tlbflush", "vpindex"),
    ("evmcs", "vapic"),
];

/// KubeVirt switches a needed feature on where nothing is said of it, and refuses the VM where it is off.
fn hyperv(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let mut look = |features: Option<&Value>, title: &str, mark: &dyn Fn(Finding) -> Finding| {
        let Some(features) = features else { return };
        for (feature, needed) in NEEDS {
            if !is_on(features.get(feature)) || is_on(features.get(needed)) {
                continue;
            }
            findings.push(if features.get(needed).is_some() {
                mark(
                    rule::HYPERV_NEEDS.error(needed, format!("{title} switches `{needed}` off, which `{feature}` needs"))
                    .help(format!("take `{feature}` out, or switch `{needed}` on")),
                )
            } else {
                mark(
                    rule::HYPERV_NEEDS.note(feature, format!("{title} leaves out `{needed}`, which `{feature}` needs; KubeVirt adds it"))
                    .help(format!("name `{needed}` too, so that the manifest says what runs")),
                )
            });
        }
    };
    for preference in all_preferences(cluster) {
        const PLACE: &str = "spec.features.preferredHyperv";
        let title = format!("the preference `{}`", preference.name());
        look(preference.find(PLACE), &title, &|finding| {
            let path = format!("{PLACE}.{}", finding.path);
            preference.mark(finding.on(path))
        });
    }
    for vm in machines(cluster) {
        look(vm.get("/domain/features/hyperv"), &vm.title(), &|finding| {
            let path = format!("domain.features.hyperv.{}", finding.path);
            vm.mark(finding.on(path))
        });
    }
}

/// A TPM without state is a new one at each start.
fn tpm(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let preferences = preferences(cluster);
    for vm in machines(cluster) {
        let Some(tpm) = vm.get("/domain/devices/tpm") else {
            continue;
        };
        let inherited = vm
            .preference_name()
            .and_then(|name| preferences.get(name))
            .is_some_and(|preference| {
                is_true(preference.find("spec.devices.preferredTPM.persistent"))
            });
        if is_on(Some(tpm)) && !is_true(tpm.get("persistent")) && !inherited {
            findings.push(vm.mark(rule::TPM_FORGETS.note(
                "domain.devices.tpm",
                format!("the TPM of {} is a new one at every start", vm.title()),
            )));
        }
    }
}
