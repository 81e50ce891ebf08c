//! The slice, and the drop-ins that move services into it, as systemd reads them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::common::nothing_wrong;
use super::common::programs::program;
use super::node::{self, File, Node};
use crate::common::harness::Scratch;

const UNITS: &str = "/etc/systemd/system/";

/// Services that node images bring along, and which the drop-ins change.
const SERVICES: [&str; 2] = ["containerd.service", "kubelet.service"];

/// A file's place below the folder of units, wherever it waits to be put there.
fn place(file: &File) -> Option<&str> {
    let (_, place) = file.path.split_once(UNITS)?;
    Some(place)
}

/// Writes a node's units as they will stand, beside services for its drop-ins.
fn written(folder: &Path, node: &Node) -> Vec<PathBuf> {
    for service in SERVICES {
        node::write(&folder.join(service), "[Service]\nExecStart=/bin/true\n");
    }
    let mut units: BTreeSet<PathBuf> = SERVICES.map(|service| folder.join(service)).into();
    for file in node.files() {
        let Some(place) = place(file) else { continue };
        node::write(&folder.join(place), &file.content);
        match place.split_once('/') {
            None => {
                units.insert(folder.join(place));
            }
            Some((of, _)) => {
                let of = of.strip_suffix(".d").expect("a folder of drop-ins");
                assert!(
                    SERVICES.contains(&of),
                    "{node}: nothing has the drop-in {place}"
                );
            }
        }
    }
    units.into_iter().collect()
}

/// What systemd says of the units of a folder; it ends well where it only warns.
fn complaints(analyze: &Path, folder: &Path, units: &[PathBuf]) -> Vec<String> {
    let mut arguments = vec!["verify", "--man=no"];
    arguments.extend(units.iter().filter_map(|unit| unit.to_str()));
    let output = node::run(analyze, &arguments, "");
    let (stdout, stderr) = node::said(&output);
    // Of the machine's own units it may say what it likes.
    let ours = |line: &&str| {
        line.contains(folder.to_str().expect("a path of text"))
            || SERVICES
                .iter()
                .chain(&["kube.slice"])
                .any(|unit| line.starts_with(unit))
    };
    let mut complaints: Vec<String> = stdout
        .lines()
        .chain(stderr.lines())
        .filter(ours)
        .map(str::to_owned)
        .collect();
    if !output.status.success() {
        complaints.push(format!("{}: {stderr}", output.status));
    }
    complaints
}

/// The nodes whose units differ.
fn nodes() -> Vec<&'static Node> {
    let mut seen = BTreeSet::new();
    let units = |node: &Node| -> Vec<File> {
        node.files()
            .filter(|file| place(file).is_some())
            .cloned()
            .collect()
    };
    let nodes = node::nodes().iter();
    nodes.filter(|node| seen.insert(units(node))).collect()
}

#[test]
fn systemd_knows_every_setting() {
    let Some(analyze) = program("systemd-analyze") else {
        return;
    };
    let nodes = nodes();
    let mut problems = Vec::new();
    for node in &nodes {
        let folder = Scratch::new();
        let units = written(&folder, node);
        assert_eq!(units.len(), 3, "{node}: {units:?}");
        for complaint in complaints(&analyze, &folder, &units) {
            problems.push(format!("{node}: {complaint}"));
        }
    }
    nothing_wrong(&problems);
    assert!(nodes.len() > 2, "the reserved CPUs are always the same");
}

/// What systemd only warns of is seen: settings in the wrong place, of the wrong form, and in drop-ins.
#[test]
fn what_systemd_passes_over_is_seen() {
    let Some(analyze) = program("systemd-analyze") else {
        return;
    };
    let folder = Scratch::new();
    for (place, text) in [
        ("kube.slice", "[Slice]\nCPUAffinity=0-7\n"),
        ("kube.slice", "[Slice]\nAllowedCPUs=7-x\n"),
        (
            "kubelet.service.d/20-kube-slice.conf",
            "[Service]\nSlice=kube.service\n",
        ),
        (
            "kubelet.service.d/20-kube-slice.conf",
            "[Service]\nslice=kube.slice\n",
        ),
    ] {
        let units = written(&folder, nodes()[0]);
        assert_eq!(complaints(&analyze, &folder, &units), Vec::<String>::new());
        node::write(&folder.join(place), text);
        let said = complaints(&analyze, &folder, &units);
        assert!(!said.is_empty(), "{place}: {text}");
    }
}
