//! multipath.conf, as multipath itself reads it: its exit code is always 0, so what it prints has to be what was written.

use std::collections::BTreeMap;
use std::path::Path;

use vmo_ra::site::{SanType, StorageProvider};

use super::common::nothing_wrong;
use super::common::programs::{namespaces, program};
use super::node::{self, Node, REVISIONS};
use crate::common::harness::Scratch;

const CONF: &str = "/etc/multipath.conf";

/// The providers whose volumes come over a SAN, with what their sites must say.
const PROVIDERS: [(StorageProvider, &str); 6] = [
    (StorageProvider::Portworx, ""),
    (StorageProvider::PortworxCsi, ""),
    (StorageProvider::Trident, "storageClass: {name: san}"),
    (StorageProvider::PowerMax, ""),
    (StorageProvider::PowerStore, ""),
    (
        StorageProvider::HitachiHspc,
        "snapshotParameters: {poolID: '1'}",
    ),
];

/// A block of settings: the keys with their values, and the blocks below it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Section {
    settings: Vec<(String, String)>,
    sections: Vec<(String, Section)>,
}

impl Section {
    /// The sections of a name.
    fn named(&self, name: &str) -> impl Iterator<Item = &Section> {
        self.sections
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, section)| section)
    }

    /// The only section of a name; an empty one where it is left out.
    fn one(&self, name: &str) -> &Section {
        static NONE: Section = Section {
            settings: Vec::new(),
            sections: Vec::new(),
        };
        self.named(name).next().unwrap_or(&NONE)
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.settings
            .iter()
            .find(|(found, _)| found == key)
            .map(|(_, value)| value.as_str())
    }

    /// The settings in an order of their own, as multipath prints their values.
    fn printed(&self) -> BTreeMap<&str, &str> {
        self.settings
            .iter()
            .map(|(key, value)| (key.as_str(), as_printed(key, value)))
            .collect()
    }
}

/// The word that multipath prints for a value that has several.
fn as_printed<'v>(key: &str, value: &'v str) -> &'v str {
    match (key, value) {
        ("find_multipaths", "yes") => "on",
        ("find_multipaths", "no") => "off",
        ("no_path_retry", "0") => "fail",
        (_, value) => value,
    }
}

/// Reads a configuration: what we wrote and what multipath prints have the same form.
fn sections(text: &str) -> Section {
    let mut open = vec![(String::new(), Section::default())];
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_suffix('{') {
            open.push((name.trim().to_owned(), Section::default()));
            continue;
        }
        if line == "}" {
            let closed = open.pop().expect("one is open");
            let (_, above) = open.last_mut().expect("it closes what was opened");
            above.sections.push(closed);
            continue;
        }
        let (key, value) = line
            .split_once(char::is_whitespace)
            .expect("a key and a value");
        let value = value.trim().trim_matches('"').to_owned();
        let (_, section) = open.last_mut().expect("the file itself");
        section.settings.push((key.to_owned(), value));
    }
    assert_eq!(open.len(), 1, "{text}");
    open.remove(0).1
}

/// What of a file multipath does not have as it was written.
fn differences(written: &Section, printed: &Section) -> Vec<String> {
    let mut problems = Vec::new();
    let defaults = printed.one("defaults").printed();
    for (key, value) in written.one("defaults").printed() {
        let found = defaults.get(key);
        if found != Some(&value) {
            problems.push(format!("defaults: {key} is {found:?} instead of {value}"));
        }
    }
    for device in written.one("devices").named("device") {
        // multipath merges what it has built in for a device of the same name.
        let is_it = |other: &&Section| {
            ["vendor", "product"].map(|key| other.value(key))
                == ["vendor", "product"].map(|key| device.value(key))
        };
        let found: Vec<_> = printed
            .one("devices")
            .named("device")
            .filter(is_it)
            .map(Section::printed)
            .collect();
        if found != [device.printed()] {
            problems.push(format!(
                "device: {found:?} instead of {:?}",
                device.printed()
            ));
        }
    }
    let (left_out, blacklist) = (written.one("blacklist"), printed.one("blacklist"));
    for setting in &left_out.settings {
        if !blacklist.settings.contains(setting) {
            problems.push(format!("blacklist: {setting:?} is missing"));
        }
    }
    for (kind, section) in &left_out.sections {
        if !blacklist.named(kind).any(|other| other == section) {
            problems.push(format!("blacklist: {section:?} is missing"));
        }
    }
    problems
}

/// What is wrong with a file.
fn wrong(unshare: &Path, file: &Path, text: &str) -> Vec<String> {
    node::write(file, text);
    let output = node::privately(unshare, "multipath.sh", &[file]);
    let (stdout, stderr) = node::said(&output);
    let mut problems = differences(&sections(text), &sections(&stdout));
    if !output.status.success() || !stderr.is_empty() {
        problems.push(stderr);
    }
    problems
}

/// The files of all nodes, and of all providers and transports, each with a node that has it.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut add = |node: &Node| {
        let text = node.file(CONF)?.to_owned();
        files.entry(text).or_insert_with(|| node.name.clone());
        Some(())
    };
    node::nodes().iter().for_each(|node| {
        add(node);
    });
    for (provider, more) in PROVIDERS {
        let transports = &provider.facts().transports;
        assert!(!transports.is_empty(), "{}", provider.as_str());
        for transport in transports {
            let node = of_storage(provider, *transport, more);
            add(&node).unwrap_or_else(|| panic!("{node}: there is no {CONF}"));
        }
    }
    files
}

fn of_storage(provider: StorageProvider, transport: SanType, more: &str) -> Node {
    let (provider, transport) = (provider.as_str(), transport.as_str());
    let site = format!("storage:\n  provider: {provider}\n  sanType: {transport}\n  {more}\n");
    Node::of(&site, REVISIONS[1])
}

#[test]
fn multipath_has_what_is_written() {
    let (Some(unshare), Some(_)) = (namespaces(), program("multipath")) else {
        return;
    };
    let folder = Scratch::new();
    let files = files();
    let mut problems = Vec::new();
    for ((text, place), number) in files.iter().zip(0..) {
        let file = folder.join(format!("{number}.conf"));
        let wrong = wrong(&unshare, &file, text);
        problems.extend(wrong.iter().map(|problem| format!("{place}: {problem}")));
    }
    nothing_wrong(&problems);
    // Portworx' own, Portworx CSI's, and those for arrays of others with and without `find_multipaths`.
    assert_eq!(files.len(), 4, "{:?}", files.values());
}

/// The comparison sees a setting that multipath does not know, one that it reads otherwise, and one in the wrong place.
#[test]
fn what_multipath_reads_otherwise_is_seen() {
    let (Some(unshare), Some(_)) = (namespaces(), program("multipath")) else {
        return;
    };
    let folder = Scratch::new();
    let file = folder.join("multipath.conf");
    let node = Node::of("", REVISIONS[1]);
    let good = node.file(CONF).expect("it has one");
    assert_eq!(wrong(&unshare, &file, good), Vec::<String>::new());
    for (from, to) in [
        ("polling_interval ", "poling_interval "),
        ("fast_io_fail_tmo     10", "fast_io_fail_tmo     1O"),
        ("group_by_prio", "group_by_priority"),
        ("devnode \"^pxd[0-9]*\"", "devnode \"^pxd[0-9*\""),
        ("prio                 ana", "find_multipaths no"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good, "{from}");
        assert_ne!(wrong(&unshare, &file, &bad), Vec::<String>::new(), "{to}");
    }
}
