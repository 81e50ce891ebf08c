//! The first boot of guests, and the memory and pods that they take.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::machines::{VMO_PACK, VMO_ROOT, is_true, machines};
use crate::cluster::values::{Values, quantity, without_macros};
use crate::diagnostic::Source;
use crate::rules::{ClusterRule, Finding, rule};
use crate::yaml::{self, Limits};

pub(super) const RULES: &[ClusterRule] = &[cloud_init, memory, hot_plugged];

/// cloud-init skips data that it cannot read, and the VM starts without a user.
fn cloud_init(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for vm in machines(cluster) {
        for (index, volume) in vm.items("/volumes").iter().enumerate() {
            for source in ["cloudInitNoCloud", "cloudInitConfigDrive"] {
                let Some(data) = volume.get(source) else {
                    continue;
                };
                for field in ["userData", "networkData"] {
                    let path = format!("volumes[{index}].{source}.{field}");
                    let encoded = format!("{field}Base64");
                    let (path, content) = match (data.get(field), data.get(&encoded)) {
                        (Some(Value::String(plain)), _) => (path, Some(plain.clone())),
                        (_, Some(Value::String(given))) => {
                            let bytes = STANDARD
                                .decode(given.split_whitespace().collect::<String>())
                                .ok();
                            (
                                format!("{path}Base64"),
                                bytes.and_then(|bytes| String::from_utf8(bytes).ok()),
                            )
                        }
                        _ => continue,
                    };
                    let problem = match content {
                        None => Some("is not the base64 of a text".to_owned()),
                        Some(content) => unreadable(&content, field),
                    };
                    if let Some(problem) = problem {
                        findings.push(vm.document.mark_beside(
                            rule::CLOUD_INIT.error(
                                vm.at(&path),
                                format!("the `{field}` of {} {problem}", vm.title()),
                            ),
                            &vm.at(&format!("volumes[{index}].name")),
                        ));
                    }
                }
            }
        }
    }
}

fn unreadable(content: &str, field: &str) -> Option<String> {
    let is_config = content.starts_with("#cloud-config");
    if field == "userData" && !is_config {
        let known = [
            "#!",
            "#include",
            "#cloud-",
            "#part-handler",
            "#upstart-job",
            "Content-Type:",
            "MIME-Version:",
            "## template:",
        ];
        let is_known =
            known.iter().any(|start| content.starts_with(start)) || content.starts_with("{{");
        return (!is_known && !content.trim().is_empty()).then(|| {
            "does not begin with `#cloud-config`, `#!` or another mark that cloud-init knows"
                .to_owned()
        });
    }
    let source = Source::new(field, without_macros(content));
    let problems = yaml::to_json(&source, Limits::VALUES).err()?;
    let at = problems.first()?.offset().unwrap_or(0);
    Some(format!(
        "is not YAML, starting at line {}",
        source.position(at).0
    ))
}

/// Memory that is asked for in full is not overcommitted, and a limit below the guest's memory is refused.
fn memory(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let overcommit = Values::of(cluster, VMO_PACK, VMO_ROOT).and_then(|vmo| {
        let percent =
            vmo.text("kubevirt.kubevirtResource.config.additionalDevConfig.memoryOvercommit")?;
        percent.parse::<u64>().ok()
    });
    for vm in machines(cluster) {
        let quantity = |pointer: &str| vm.get(pointer).and_then(quantity);
        let guest = quantity("/domain/memory/guest");
        let limit = quantity("/domain/resources/limits/memory");
        if let (Some(guest), Some(limit)) = (&guest, &limit)
            && limit.bytes() < guest.bytes()
        {
            findings.push(vm.mark(rule::MEMORY_LIMIT.error(
                "domain.resources.limits.memory",
                format!(
                    "{} has a memory limit of {limit} and a guest of {guest}",
                    vm.title()
                ),
            )));
        }
        let request = quantity("/domain/resources/requests/memory");
        if let (Some(percent @ 101..), Some(guest), Some(request)) = (overcommit, &guest, &request)
            && request.bytes() >= guest.bytes()
        {
            findings.push(
                vm.mark(
                    rule::OVERCOMMIT_UNUSED.note("domain.resources.requests.memory", format!("{} asks for all of its memory, so the overcommit of {percent} % does not apply", vm.title())),
                ),
            );
        }
    }
}

/// Every volume that is plugged in later takes a pod, and a node has a fixed number of them.
fn hot_plugged(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for vm in machines(cluster) {
        let plugged = vm
            .items("/volumes")
            .iter()
            .filter(|volume| {
                ["dataVolume", "persistentVolumeClaim"]
                    .into_iter()
                    .any(|source| is_true(volume.pointer(&format!("/{source}/hotpluggable"))))
            })
            .count();
        if plugged > 0 {
            findings.push(vm.mark(rule::HOT_PLUG_PODS.note(
                "volumes",
                format!(
                    "{} has hot-plugged disks ({plugged}), which need a second pod",
                    vm.title()
                ),
            )));
        }
    }
}
