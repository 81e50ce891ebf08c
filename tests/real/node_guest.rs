//! What the Ubuntu and Kubernetes layers put on nodes does there what it is for: guests of User Mode Linux take over the
//! kernel's settings, have disks of an array, and boot from one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use crate::common::guest::Guest;
use crate::common::matrix::{Case, cases};
use crate::common::programs::{file, program};
use serde_json::Value;

/// What the layers of a rendering put on nodes: texts of files by path, and commands.
struct Node {
    files: Vec<(String, String)>,
    commands: Vec<String>,
}

impl Node {
    fn of(case: &Case) -> Self {
        let mut node = Node {
            files: Vec::new(),
            commands: Vec::new(),
        };
        for pack in ["ubuntu-maas", "kubernetes"] {
            let Some((place, values)) = case.values(pack) else {
                panic!("{case}: there is no {pack}");
            };
            let settings = &values["kubeadmconfig"];
            let list = |key: &str| settings[key].as_array().cloned().unwrap_or_default();
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let files = list("files");
            // The others are files of the pack itself.
            let with_content = files.iter().filter(|file| !file["content"].is_null());
            node.files.extend(with_content.map(|file| {
                let both = text(&file["targetPath"]).zip(text(&file["content"]));
                both.unwrap_or_else(|| panic!("{place}: {file}"))
            }));
            for key in ["preKubeadmCommands", "postKubeadmCommands"] {
                node.commands.extend(list(key).iter().filter_map(text));
            }
        }
        node
    }

    fn file(&self, end: &str) -> Option<&str> {
        let mut files = self.files.iter();
        Some(&files.find(|(path, _)| path.ends_with(end))?.1)
    }

    fn command(&self, word: &str) -> Option<&str> {
        let mut commands = self.commands.iter();
        commands
            .find(|command| command.contains(word))
            .map(String::as_str)
    }
}

/// Every text that some site of some revision gives.
fn all<'a>(nodes: &'a [Node], pick: impl Fn(&'a Node) -> Option<&'a str>) -> BTreeSet<&'a str> {
    nodes.iter().filter_map(pick).collect()
}

/// The one text that all sites share that have it at all.
fn only<'a>(nodes: &'a [Node], pick: impl Fn(&'a Node) -> Option<&'a str>) -> &'a str {
    let texts: Vec<&str> = all(nodes, pick).into_iter().collect();
    let [text] = texts[..] else {
        panic!("a guest tries one of {}: {texts:#?}", texts.len());
    };
    text
}

fn nodes() -> &'static [Node] {
    static NODES: LazyLock<Vec<Node>> = LazyLock::new(|| cases().iter().map(Node::of).collect());
    &NODES
}

/// Whether all programs are there.
fn have(programs: &[&str], files: &[&str]) -> bool {
    let missing = programs.iter().filter(|name| program(name).is_none());
    let missing_files = files.iter().filter(|path| file(path).is_none());
    missing.count() + missing_files.count() == 0
}

/// What the guests with disks need; `scsi_debug` comes with User Mode Linux.
fn have_disks() -> bool {
    let programs = ["modprobe", "multipathd", "kpartx", "dmsetup", "sg_inq"];
    have(&programs, &["/lib/systemd/systemd-udevd"])
}

#[test]
fn the_kernel_takes_every_setting() {
    let Some(guest) = Guest::new("sysctl") else {
        return;
    };
    if !have(&["modprobe", "sysctl"], &["/lib/systemd/systemd-sysctl"]) {
        return;
    }
    let nodes = nodes();
    let files: BTreeSet<(&str, &str)> = nodes
        .iter()
        .flat_map(|node| &node.files)
        .filter_map(|(path, text)| Some((path.split_once("/sysctl.d/")?.1, text.as_str())))
        .collect();
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["95-vmo-tuning.conf"]);
    let mut settings = 0;
    for (name, text) in &files {
        guest.write(&format!("sysctl.d/{name}"), text);
        let lines = text.lines();
        settings += lines.filter(|line| !line.starts_with('#')).count();
    }
    guest
        .run("node_guest/sysctl.sh")
        .hold(files.len() * 4 + settings);
}

#[test]
fn the_disks_of_an_array_are_set_and_others_are_not() {
    let Some(guest) = Guest::new("disks") else {
        return;
    };
    if !have_disks() {
        return;
    }
    let nodes = nodes();
    let rules = only(nodes, |node| {
        node.file("/etc/udev/rules.d/99-pure-storage.rules")
    });
    guest.write("99-pure-storage.rules", rules);
    let command = only(nodes, |node| node.command("udevadm control"));
    guest.write("udev-rules.sh", command);
    // Which array's rules there are does not change what multipathd is told of it.
    let array = all(nodes, |node| {
        node.file("/etc/udev/rules.d/99-pure-storage.rules")?;
        node.file("/etc/multipath.conf")
    });
    let first = array.first().expect("there are rules");
    guest.write("multipath.conf", first);
    let mut checks = 25;
    for (number, text) in all(nodes, |node| node.file("/etc/multipath.conf"))
        .into_iter()
        .enumerate()
    {
        let finds = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("find_multipaths"));
        let finds = finds.expect("it is always said").trim();
        guest.write(&format!("{finds}/{number}.conf"), text);
        checks += 3;
    }
    guest.run("node_guest/disks.sh").hold(checks);
}

#[test]
fn a_node_boots_from_the_names_that_its_maps_get() {
    let Some(guest) = Guest::new("san-boot") else {
        return;
    };
    if !have_disks() || !have(&["grub-mkconfig", "grub-probe", "mkfs.ext4", "sfdisk"], &[]) {
        return;
    }
    let nodes = nodes();
    let script = only(nodes, |node| node.file("/usr/local/sbin/vmo-san-boot.sh"));
    guest.write("vmo-san-boot.sh", script);
    let command = only(nodes, |node| node.command("vmo-san-boot.sh"));
    guest.write("multipath.sh", command);
    let conf = all(nodes, |node| {
        node.file("/usr/local/sbin/vmo-san-boot.sh")?;
        node.file("/etc/multipath.conf")
    });
    guest.write("multipath.conf", conf.first().expect("there is one"));
    guest.run("node_guest/san-boot.sh").hold(26);
}

#[test]
fn what_runs_in_guests_is_good_shell() {
    let Some(shellcheck) = program("shellcheck") else {
        return;
    };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for folder in ["common", "host_network", "node_guest"] {
        let entries = fs::read_dir(tests.join(folder)).expect("the folder can be read");
        let scripts: Vec<_> = entries
            .map(|entry| entry.expect("it can be read").path())
            .filter(|path| path.extension().is_some_and(|suffix| suffix == "sh"))
            .collect();
        assert!(!scripts.is_empty(), "{folder}");
        let output = Command::new(&shellcheck)
            .args([
                "--shell=dash",
                "--external-sources",
                "--source-path=SCRIPTDIR",
            ])
            .args(&scripts)
            .output()
            .expect("shellcheck starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
    }
}
