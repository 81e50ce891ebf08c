//! Golden images, the disks that are cloned from them, and the preferences that VMs name.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::machines::{Machine, list, machines, preferences};
use crate::cluster::values::{Suggestions, names_of, namespace_of, quantity};
use crate::cluster::{Cluster, Document};
use crate::rules::{ClusterRule, Finding, rule};

pub(super) const RULES: &[ClusterRule] = &[sources, unknown_preferences, profiles, modes];

/// A disk that a VM or template makes.
struct Disk<'c> {
    vm: Machine<'c>,
    index: usize,
    value: &'c Value,
}

impl Disk<'_> {
    fn mark(&self, finding: Finding) -> Finding {
        let path = format!(
            "spec.dataVolumeTemplates[{}].spec.{}",
            self.index, finding.path
        );
        self.vm.document.mark(finding.on(path))
    }
}

fn disks(cluster: &Cluster) -> impl Iterator<Item = Disk<'_>> {
    machines(cluster).flat_map(|vm| {
        let document = vm.document;
        list(document.value.pointer("/spec/dataVolumeTemplates"))
            .iter()
            .enumerate()
            .filter_map(move |(index, volume)| {
                let value = volume.get("spec")?;
                Some(Disk {
                    vm: Machine::of(document)?,
                    index,
                    value,
                })
            })
    })
}

/// What a DataVolume asks of its claim: `storage`, which CDI completes, or `pvc`, which stands as it is.
fn claim(spec: &Value) -> Option<(&'static str, &Value)> {
    ["storage", "pvc"]
        .into_iter()
        .find_map(|place| Some((place, spec.get(place)?)))
}

/// The mode of a claim's volume, where it does not leave it to the StorageProfile.
fn mode<'v>(place: &str, claim: &'v Value) -> Option<&'v str> {
    match claim.get("volumeMode").and_then(Value::as_str) {
        None if place == "pvc" => Some("Filesystem"),
        mode => mode,
    }
}

fn class(claim: &Value) -> Option<&str> {
    claim.get("storageClassName")?.as_str()
}

/// A clone is of an image that is there, of its class and mode, and at least of its size.
fn sources(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let mut images: BTreeMap<(&str, &str), &Document> = names_of(cluster, "DataVolume");
    images.extend(names_of(cluster, "PersistentVolumeClaim"));
    let mut suggestions = Suggestions::new();
    for disk in disks(cluster) {
        let Some(source) = disk.value.pointer("/source/pvc") else {
            continue;
        };
        let name = source
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let namespace = match source.get("namespace").and_then(Value::as_str) {
            Some(namespace) => namespace,
            None if disk.vm.is_template => continue,
            None => namespace_of(disk.vm.document),
        };
        let Some(image) = images.get(&(namespace, name)) else {
            // Images may be made by hand; where some of that namespace are here, the rest is missed.
            let mut others = images
                .range((namespace, "")..)
                .take_while(|((other, _), _)| *other == namespace)
                .map(|((_, name), _)| *name)
                .peekable();
            if others.peek().is_some() {
                let help = suggestions.help(
                    name,
                    others,
                    "add the DataVolume, or name one that is there",
                );
                findings.push(
                    disk.mark(
                        rule::UNKNOWN_GOLDEN_IMAGE.warning("source.pvc.name", format!(
                                "{} clones `{namespace}/{name}`, which is not among the manifests",
                                disk.vm.title()
                            ))
                        .help(help),
                    ),
                );
            }
            continue;
        };
        let Some((place, own)) = claim(disk.value) else {
            continue;
        };
        let image_spec = image.value.get("spec").unwrap_or(&Value::Null);
        // A PersistentVolumeClaim is its own claim.
        let (image_place, theirs) = claim(image_spec).unwrap_or(("pvc", image_spec));
        compare(&disk, (place, own), image, (image_place, theirs), findings);
    }
}

fn compare(
    disk: &Disk<'_>,
    (place, own): (&str, &Value),
    image: &Document,
    (image_place, theirs): (&str, &Value),
    findings: &mut Vec<Finding>,
) {
    let name = image.name();
    let title = disk.vm.title();
    let size = |claim: &Value| {
        claim
            .pointer("/resources/requests/storage")
            .and_then(quantity)
    };
    if let (Some(wanted), Some(least)) = (size(own), size(theirs))
        && wanted.bytes() < least.bytes()
    {
        findings.push(
            disk.mark(
                rule::CLONE_TOO_SMALL.error(format!("{place}.resources.requests.storage"), format!("the disk of {title} ({wanted}) is smaller than its golden image `{name}` ({least})"))
                .help(format!("use at least {least}; G counts thousands, Gi counts 1024")),
            ),
        );
    }
    if let (Some(wanted), Some(there)) = (class(own), class(theirs))
        && wanted != there
    {
        findings.push(
            disk.mark(
                rule::CLONE_CLASS.warning(format!("{place}.storageClassName"), format!("the disk of {title} is of the class `{wanted}` and its golden image `{name}` of `{there}`, so each VM is copied over the network")),
            ),
        );
    }
    if let (Some(wanted), Some(there)) = (mode(place, own), mode(image_place, theirs))
        && wanted != there
    {
        findings.push(
            disk.mark(
                rule::CLONE_MODE.warning(place, format!("the disk of {title} is {wanted} and its golden image `{name}` {there}, so the storage cannot clone it")),
            ),
        );
    }
}

/// KubeVirt brings preferences of its own, and users may make some.
fn unknown_preferences(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let known = preferences(cluster);
    if known.is_empty() {
        return;
    }
    let mut suggestions = Suggestions::new();
    for vm in machines(cluster) {
        let Some(name) = vm.preference_name() else {
            continue;
        };
        // Names such as windows.2k22.virtio are KubeVirt's.
        if known.contains_key(name) || name.contains('.') {
            continue;
        }
        let help = suggestions.help(
            name,
            known.keys().copied(),
            "add it, or name one that is there or that KubeVirt brings",
        );
        findings.push(
            vm.document.mark(
                rule::UNKNOWN_PREFERENCE
                    .warning(
                        "spec.preference.name",
                        format!(
                            "the preference `{name}` of {} is not among the manifests",
                            vm.title()
                        ),
                    )
                    .help(help),
            ),
        );
    }
}

/// What CDI takes in a StorageProfile.
fn profiles(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for profile in cluster.of_kind("StorageProfile") {
        let mut wrong = |path: String, message: String, help: &'static str| {
            findings.push(profile.mark(rule::STORAGE_PROFILE.error(path, message).help(help)));
        };
        if let Some(strategy) = profile.text_at("spec.cloneStrategy")
            && !["copy", "snapshot", "csi-clone"].contains(&strategy)
        {
            wrong(
                "spec.cloneStrategy".to_owned(),
                format!("`{strategy}` is not a way to clone"),
                "write `csi-clone`, `snapshot` or `copy`",
            );
        }
        let sets = list(profile.find("spec.claimPropertySets"));
        if sets.len() > 8 {
            wrong(
                "spec.claimPropertySets".to_owned(),
                format!(
                    "CDI accepts 8 sets of claim properties, but there are {}",
                    sets.len()
                ),
                "keep those that are used",
            );
        }
        let is_shared = |set: &Value| {
            let modes = list(set.get("accessModes"));
            modes.iter().any(|mode| mode == "ReadWriteMany")
        };
        if !sets.is_empty() && !sets.iter().any(is_shared) {
            findings.push(profile.mark(rule::DISK_NOT_SHARED.warning(
                "spec.claimPropertySets",
                format!(
                    "no VM of the class `{}` can migrate: its volumes are for one node",
                    profile.name()
                ),
            )));
        }
        let mut wrong = |path: String, message: String, help: &'static str| {
            findings.push(profile.mark(rule::STORAGE_PROFILE.error(path, message).help(help)));
        };
        for (index, set) in sets.iter().enumerate() {
            let path = format!("spec.claimPropertySets[{index}]");
            let mode = set
                .get("volumeMode")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if !["Block", "Filesystem"].contains(&mode) {
                wrong(
                    path.clone(),
                    format!("`{mode}` is not a volume mode"),
                    "write `Block` or `Filesystem`",
                );
            }
            let modes = list(set.get("accessModes"));
            let known = [
                "ReadWriteOnce",
                "ReadOnlyMany",
                "ReadWriteMany",
                "ReadWriteOncePod",
            ];
            let is_known = |mode: &Value| mode.as_str().is_some_and(|mode| known.contains(&mode));
            if modes.is_empty() || !modes.iter().all(is_known) {
                wrong(
                    path,
                    "a set of claim properties has no access mode, or one that Kubernetes does not know".to_owned(),
                    "write `accessModes: [ReadWriteMany]`",
                );
            }
        }
    }
}

/// A claim that says its modes itself goes past the StorageProfile, also where the storage cannot do them.
fn modes(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let profiles: BTreeMap<&str, &Document> = cluster
        .of_kind("StorageProfile")
        .map(|profile| (profile.name(), profile))
        .collect();
    let mut look = |spec: &Value, is_disk: bool, title: &str, mark: &dyn Fn(Finding) -> Finding| {
        let Some((place, claim)) = claim(spec) else {
            return;
        };
        let access: Vec<&str> = list(claim.get("accessModes"))
            .iter()
            .filter_map(Value::as_str)
            .collect();
        if !access.is_empty() && !access.contains(&"ReadWriteMany") {
            let path = format!("{place}.accessModes");
            let access = access.join(", ");
            findings.push(mark(match is_disk {
                true => rule::DISK_NOT_SHARED.warning(
                    path,
                    format!("{title} cannot migrate: the volume is {access}"),
                ),
                false => rule::DISK_NOT_SHARED.note(
                    path,
                    format!("{title} is for one node at a time: the volume is {access}"),
                ),
            }));
        }
        let Some(profile) = class(claim).and_then(|class| profiles.get(class)) else {
            return;
        };
        let sets = list(profile.find("spec.claimPropertySets"));
        let Some(mode) = mode(place, claim) else {
            return;
        };
        let fits = |set: &Value| {
            let offered = list(set.get("accessModes"));
            set.get("volumeMode").and_then(Value::as_str) == Some(mode)
                && access
                    .iter()
                    .all(|wanted| offered.iter().any(|mode| mode == wanted))
        };
        if !sets.is_empty() && !sets.iter().any(fits) {
            let path = if claim.get("volumeMode").is_some() {
                format!("{place}.volumeMode")
            } else {
                place.to_owned()
            };
            findings.push(mark(
                rule::STORAGE_PROFILE_OVERRIDDEN.warning(path, format!(
                        "{title} asks for {mode} {}, which the StorageProfile `{}` does not offer, and the claim wins",
                        access.join(", "),
                        profile.name()
                    )),
            ));
        }
    };
    for image in cluster.of_kind("DataVolume") {
        if let Some(spec) = image.find("spec") {
            let title = format!("the DataVolume `{}`", image.name());
            look(spec, false, &title, &|finding| {
                let path = format!("spec.{}", finding.path);
                image.mark(finding.on(path))
            });
        }
    }
    for disk in disks(cluster) {
        look(disk.value, true, &disk.vm.title(), &|finding| {
            disk.mark(finding)
        });
    }
}
