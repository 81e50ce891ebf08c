//! The publisher's own export of the Templates profile differs from ours where the publisher changed it for one lab and
//! where an erratum says so, and nowhere else.
//!
//! Each tests/diff_export/NAME.txt holds every difference, one a line: `LAYER PART PATH KIND`. After a wanted change:
//! `VMO_RA_ACCEPT=1 cargo test --test suite diff_export::`; a new difference also needs its reason below.

use std::collections::BTreeSet;
use std::fs;

use crate::common::harness::{accepting, is_golden, root};
use crate::common::{Shared, built_in, nothing_wrong};
use vmo_ra::diagnostic::Source;
use vmo_ra::diff::{Change, Input, Options, Part, Report, compare};
use vmo_ra::profile::{Profile, read};
use vmo_ra::render::{Request, render};
use vmo_ra::revision::{Revision, Role};

const EXPORT: &str = "exports/VMO-RA-Templates-1.9.6-longhorn.json";

/// Why a difference is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Because {
    /// The publisher exported a lab's profile: Longhorn and its volume mode, one more VLAN, one more template.
    Publisher,
    /// The erratum of this id: what is printed does not work, or is not safe.
    Erratum(&'static str),
    /// The same thing in our own words or numbers.
    Wording,
}

use Because::{Erratum, Publisher, Wording};

const STORAGE_CLASS: &str = "spec.dataVolumeTemplates[0].spec.storage.storageClassName";
const DISK_SIZE: &str = "spec.dataVolumeTemplates[0].spec.storage.resources.requests.storage";
const LIMITS: &str = "spec.template.spec.domain.resources.limits";
const USER_DATA: &str =
    "spec.template.spec.volumes[name=cloudinitdisk].cloudInitNoCloud.userData(yaml)";
const PASSWORD: &str =
    "spec.template.spec.volumes[name=cloudinitdisk].cloudInitNoCloud.userData(yaml).password";

/// What differs why: layer, part, and the start of the path, which ends with a step.
const REASONS: &[(&str, &str, &str, Because)] = &[
    // The number tells: 1.9.6-longhorn.
    ("(profile)", "profile", "version", Publisher),
    (
        "vmo-storage",
        "manifest/storageprofile-cdi",
        "metadata.name",
        Publisher,
    ),
    (
        "vmo-storage",
        "manifest/storageprofile-cdi",
        "spec.claimPropertySets[0].volumeMode",
        Publisher,
    ),
    ("vmo-networking", "manifest/nad-vlan-22", "", Publisher),
    (
        "vmo-goldenimages",
        "manifest/dv-ubuntu-2204",
        "spec.storage.volumeMode",
        Publisher,
    ),
    (
        "vmo-goldenimages",
        "manifest/dv-ubuntu-2204",
        "spec.storage.storageClassName",
        Publisher,
    ),
    (
        "vmo-goldenimages",
        "manifest/dv-windows-2022",
        "spec.storage.volumeMode",
        Publisher,
    ),
    (
        "vmo-goldenimages",
        "manifest/dv-windows-2022",
        "spec.storage.storageClassName",
        Publisher,
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-pxe-boot",
        "",
        Publisher,
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-ubuntu-2204",
        STORAGE_CLASS,
        Publisher,
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-windows-2022",
        STORAGE_CLASS,
        Publisher,
    ),
    // The publisher counts its layers of manifests; all of ours are 1.0.0.
    ("vmo-storage", "layer", "tag", Wording),
    ("vmo-networking", "layer", "tag", Wording),
    ("vmo-goldenimages", "layer", "tag", Wording),
    ("vmo-vmpreferences", "layer", "tag", Wording),
    ("vmo-vmtemplates", "layer", "tag", Wording),
    // The answer file describes its commands and names its owner in other words; beside that, the errata
    // answer-file-computername and windows-demo-password.
    ("vmo-vmtemplates", "manifest/cm-unattend-xml", "", Wording),
    (
        "(profile)",
        "variable/WindowsAdminPassword",
        "",
        Erratum("windows-demo-password"),
    ),
    (
        "(profile)",
        "variable/UbuntuPassword",
        "",
        Erratum("linux-demo-password"),
    ),
    (
        "vmo-vmpreferences",
        "manifest/vmcp-generic-linux",
        "spec.cpu",
        Erratum("preference-spread-topology"),
    ),
    (
        "vmo-vmpreferences",
        "manifest/vmcp-generic-linux",
        "spec.devices.preferredDiskCache",
        Erratum("preference-writethrough-cache"),
    ),
    (
        "vmo-vmpreferences",
        "manifest/vmcp-generic-windows",
        "spec.cpu",
        Erratum("preference-spread-topology"),
    ),
    (
        "vmo-vmpreferences",
        "manifest/vmcp-generic-windows",
        "spec.devices.preferredDiskCache",
        Erratum("preference-writethrough-cache"),
    ),
    (
        "vmo-vmpreferences",
        "manifest/vmcp-generic-windows",
        "spec.firmware",
        Erratum("preference-efi-deprecated"),
    ),
    (
        "vmo-networking",
        "manifest/nad-vlan-30",
        "spec.config(json).preserveDefaultVlan",
        Erratum("nad-keeps-vlan-1"),
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-ubuntu-2204",
        LIMITS,
        Erratum("vmtemplate-memory-null"),
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-windows-2022",
        LIMITS,
        Erratum("vmtemplate-memory-null"),
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-ubuntu-2204",
        PASSWORD,
        Erratum("linux-demo-password"),
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-ubuntu-2204",
        USER_DATA,
        Erratum("linux-agent-by-apt"),
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-windows-2022",
        "spec.description",
        Erratum("windows-demo-password"),
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-windows-2022",
        DISK_SIZE,
        Erratum("vmtemplate-windows-disk-unit"),
    ),
    (
        "vmo-vmtemplates",
        "manifest/vmtemplate-windows-2022",
        "spec.template.spec.domain.devices.tpm",
        Erratum("vmtemplate-windows-tpm"),
    ),
];

/// What differs between the export and the Templates profile of 1.9.0.
fn report(shared: &Shared, published: bool, site: &str) -> Report {
    let export = read(&Source::new(EXPORT, shared.text(EXPORT)))
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let site = crate::common::site(site);
    let library = built_in::library();
    let rendered = render(&Request {
        site: &site,
        revision: built_in::revision("1.9.0"),
        library,
        profiles: &[Role::Templates],
        published,
    });
    let mut rendered = rendered.unwrap_or_else(|problems| panic!("{problems:?}"));
    let input = |name: &str, profile: Profile| Input {
        name: name.to_owned(),
        profiles: vec![profile],
        revision: None,
    };
    let ours = input("rendered", rendered.profiles.remove(0).profile);
    compare(
        &input("export", export),
        &ours,
        library,
        &Options::default(),
    )
    .unwrap_or_else(|problem| panic!("{problem}"))
}

fn line(change: &Change) -> String {
    let part = match &change.part {
        Part::Profile => "profile".to_owned(),
        Part::Layer => "layer".to_owned(),
        Part::Variable(name) => format!("variable/{name}"),
        Part::Manifest(name) => format!("manifest/{name}"),
        other => panic!("there is none in this profile: {other:?}"),
    };
    let kind = serde_json::to_value(change.kind).expect("a word");
    let layer = change.layer.as_deref().unwrap_or("(profile)");
    let mut words = vec![layer, &part, &change.path, kind.as_str().expect("a word")];
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// The reason of a difference: that of the longest path.
fn reason(line: &str) -> Option<usize> {
    let begins = |(layer, part, path, _): &(&str, &str, &str, Because)| {
        let start = [*layer, *part, *path].join(" ");
        let rest = line.strip_prefix(start.trim_end());
        rest.is_some_and(|rest| rest.starts_with([' ', '.', '[', '(']))
    };
    let fitting = REASONS
        .iter()
        .enumerate()
        .filter(|(_, reason)| begins(reason));
    fitting
        .max_by_key(|(_, (.., path, _))| path.len())
        .map(|(at, _)| at)
}

/// Compares the differences with the file of this name, and gives their reasons.
fn reasons(name: &str, report: &Report) -> BTreeSet<usize> {
    assert_eq!(report.notes, Vec::<String>::new());
    let lines: Vec<String> = report.changes.iter().map(line).collect();
    let made = lines.join("\n") + "\n";
    let path = format!("tests/diff_export/{name}");
    if accepting() {
        is_golden(&path, &made);
    }
    let wanted = fs::read_to_string(root(&path)).unwrap_or_default();
    let old: BTreeSet<&str> = wanted.lines().collect();
    let new: BTreeSet<&str> = made.lines().collect();
    assert_eq!(lines.len(), new.len(), "two changes of one place and kind");
    let reasons: Vec<Option<usize>> = lines.iter().map(|line| reason(line)).collect();
    let mut wrong: Vec<String> = Vec::new();
    wrong.extend(
        old.difference(&new)
            .map(|line| format!("{name}: no more: {line}")),
    );
    wrong.extend(
        new.difference(&old)
            .map(|line| format!("{name}: new: {line}")),
    );
    for (line, reason) in lines.iter().zip(&reasons) {
        if reason.is_none() {
            wrong.push(format!("{name}: without a reason: {line}"));
        }
    }
    nothing_wrong(&wrong);
    reasons.into_iter().flatten().collect()
}

#[test]
fn every_difference_from_the_publishers_export_has_a_reason() {
    let Some(shared) = Shared::find() else {
        return;
    };
    let by_default = reasons("default.txt", &report(&shared, false, ""));
    let published = reasons("published.txt", &report(&shared, true, ""));
    let errata = Revision::load("1.9.0")
        .and_then(|revision| revision.errata())
        .expect("they are built in");
    for (at, (layer, part, path, because)) in REASONS.iter().enumerate() {
        assert!(
            by_default.contains(&at),
            "no difference in {layer} {part} {path}"
        );
        // What the RA prints is what its publisher has, but for the lab and the words.
        let is_erratum = matches!(because, Erratum(_));
        assert_eq!(
            published.contains(&at),
            !is_erratum,
            "{layer} {part} {path}"
        );
        if let Erratum(id) = because {
            assert!(errata.iter().any(|erratum| erratum.id == *id), "{id}");
        }
    }
}

/// A site with the lab's class and VLANs has what a site can say of the publisher's edits.
#[test]
fn a_site_can_say_what_the_publisher_changed() {
    let Some(shared) = Shared::find() else {
        return;
    };
    let site = "\
storage: {storageClass: {name: longhorn}}
nads: [{vlan: 30}, {vlan: untagged, preserveDefaultVlan: false}, {vlan: 22}]
";
    let lines: Vec<String> = report(&shared, true, site)
        .changes
        .iter()
        .map(line)
        .collect();
    let left: Vec<&String> = lines
        .iter()
        .filter(|line| reason(line).is_none_or(|at| REASONS[at].3 != Wording))
        .collect();
    assert_eq!(
        left,
        [
            "(profile) profile version changed",
            "vmo-storage manifest/storageprofile-cdi spec.claimPropertySets[0].volumeMode changed",
            "vmo-goldenimages manifest/dv-ubuntu-2204 spec.storage.volumeMode changed",
            "vmo-goldenimages manifest/dv-windows-2022 spec.storage.volumeMode changed",
            "vmo-vmtemplates manifest/vmtemplate-pxe-boot removed",
        ]
    );
}
