//! The SAN-boot script, run on nodes that are only made of files: what the next boot reads has the maps' lasting names.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::common::programs::{namespaces, program};
use super::node::{self, Node, REVISIONS};
use crate::common::harness::Scratch;

const SCRIPT: &str = "/usr/local/sbin/vmo-san-boot.sh";
const DISK: &str = "3624a93701234567890abcdef00011010";
const OTHER: &str = "3624a93701234567890abcdef00011011";

/// A node before the script runs.
struct Machine {
    unshare: PathBuf,
    folder: Scratch,
}

/// What a run said and ended with, and the files after it.
struct Run {
    said: String,
    exit: String,
    files: BTreeMap<String, String>,
}

impl Machine {
    /// A node that boots from a disk with the alias `mpatha`. None where the programs are not here.
    fn new() -> Option<Machine> {
        let (Some(unshare), Some(_), Some(_)) =
            (namespaces(), program("dash"), program("mountpoint"))
        else {
            return None;
        };
        let machine = Machine {
            unshare,
            folder: Scratch::new(),
        };
        node::copy(&node::data("san_boot/node"), &machine.folder);
        node::copy(&node::data("san_boot/bin"), &machine.folder.join("bin"));
        let node = Node::of("", REVISIONS[1]);
        let file = |path: &str| node.file(path).unwrap_or_else(|| panic!("no {path}"));
        machine.write("script.sh", file(SCRIPT));
        machine.write("etc/multipath.conf", file("/etc/multipath.conf"));
        machine.map("dm-0", &format!("mpath-{DISK}"), "mpatha");
        machine.map("dm-1", &format!("part1-mpath-{DISK}"), "mpatha-part1");
        machine.map("dm-2", &format!("part2-mpath-{DISK}"), "mpatha-part2");
        machine.map("dm-3", &format!("mpath-{OTHER}"), "mpathaa");
        machine.map("dm-4", &format!("part1-mpath-{OTHER}"), "mpathaa-part1");
        machine.map("dm-5", "LVM-0123456789abcdef", "vg-mpatha");
        machine.write("root", "dm-2");
        Some(machine)
    }

    fn write(&self, place: &str, text: &str) {
        node::write(&self.folder.join(place), text);
    }

    fn remove(&self, place: &str) {
        fs::remove_file(self.folder.join(place)).expect("it was there");
    }

    fn map(&self, number: &str, uuid: &str, name: &str) {
        self.write(&format!("dm/{number}/uuid"), uuid);
        self.write(&format!("dm/{number}/name"), name);
    }

    /// Lets the script run twice.
    fn runs(&self) -> [Run; 2] {
        let output = node::privately(&self.unshare, "san_boot/node.sh", &[&self.folder]);
        let (stdout, stderr) = node::said(&output);
        assert!(output.status.success(), "{stdout}{stderr}");
        ["first", "second"].map(|run| Run {
            said: self.text(run),
            exit: self.text(&format!("{run}.exit")),
            files: node::files(&self.folder.join(format!("after-{run}"))),
        })
    }

    fn text(&self, place: &str) -> String {
        fs::read_to_string(self.folder.join(place)).expect("it is there")
    }

    /// The files as they were, and the names of the maps.
    fn before(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for place in ["etc", "boot"] {
            for (name, text) in node::files(&self.folder.join(place)) {
                all.insert(format!("{place}/{name}"), text);
            }
        }
        for map in fs::read_dir(self.folder.join("dm")).expect("it is there") {
            let name = map.expect("it can be read").path().join("name");
            let name = fs::read_to_string(name).expect("it is there");
            all.insert(format!("mapper/{name}"), String::new());
        }
        all
    }
}

impl Run {
    #[track_caller]
    fn ends(&self, exit: &str, saying: &str) {
        assert_eq!(self.exit.trim(), exit, "{}", self.said);
        assert!(self.said.contains(saying), "{}", self.said);
    }

    fn file(&self, place: &str) -> Option<&str> {
        self.files.get(place).map(String::as_str)
    }

    /// Nothing that the next boot reads has a name that is gone by then.
    #[track_caller]
    fn boots(&self) {
        let conf = self.file("etc/multipath.conf");
        assert_eq!(self.file("boot/initramfs-multipath.conf"), conf);
        assert_eq!(self.file("boot/initramfs-bindings"), None);
        assert_eq!(self.file("etc/multipath/bindings"), None);
        let menu = format!("linux /boot/vmlinuz root=/dev/mapper/{DISK}-part2 ro\n");
        assert_eq!(self.file("boot/grub/grub.cfg"), Some(menu.as_str()));
        let fstab = format!(
            "# /dev/mapper/{DISK} is the disk\n\
             /dev/mapper/{DISK}-part2 / ext4 defaults 0 1\n\
             /dev/disk/by-id/dm-name-{DISK}-part1 /boot/efi vfat defaults 0 1\n\
             /dev/mapper/{OTHER}-part1 /srv ext4 defaults 0 2\n\
             /dev/mapper/vg-mpatha none swap sw 0 0\n"
        );
        assert_eq!(self.file("etc/fstab"), Some(fstab.as_str()));
        let lvm = self.file("etc/lvm/lvm.conf").expect("it is there");
        assert!(lvm.contains(&format!("a|/dev/mapper/{DISK}|")), "{lvm}");
    }
}

#[test]
fn a_node_on_the_san_boots_from_lasting_names() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let [first, second] = machine.runs();
    first.ends("0", "the node boots from its WWID names now");
    first.boots();
    let grub = format!("GRUB_DEVICE=/dev/mapper/{DISK}-part2\nGRUB_DISABLE_LINUX_UUID=true\n");
    assert_eq!(
        first.file("etc/default/grub.d/50-curtin-multipath.cfg"),
        Some(grub.as_str())
    );
    assert_eq!(first.file("etc/default/grub.d/99-vmo-san-boot.cfg"), None);
    // Programs that run until then still find the names they know.
    assert!(
        first.files.contains_key("mapper/mpatha-part2"),
        "{:?}",
        first.files.keys()
    );
    second.ends("0", "up to date, nothing to do");
    assert_eq!(second.files, first.files);
}

/// Where nothing names the root device, GRUB asks the mount table, which has the old name.
#[test]
fn grub_is_told_where_it_would_find_the_old_name() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.remove("etc/default/grub.d/50-curtin-multipath.cfg");
    let [first, second] = machine.runs();
    first.ends("0", "the node boots from its WWID names now");
    first.boots();
    let told = format!("GRUB_DEVICE=/dev/mapper/{DISK}-part2\n");
    assert_eq!(
        first.file("etc/default/grub.d/99-vmo-san-boot.cfg"),
        Some(told.as_str())
    );
    second.ends("0", "up to date, nothing to do");
}

#[test]
fn a_volume_group_on_the_san_counts() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.write("root", "dm-5");
    machine.write("dm/dm-5/slaves", "dm-2\n");
    let [first, _] = machine.runs();
    first.ends("0", "the node boots from its WWID names now");
    first.boots();
}

#[test]
fn a_node_on_a_local_disk_stays_as_it_is() {
    let Some(machine) = Machine::new() else {
        return;
    };
    for (root, why) in [
        (Some("dm-5"), "a volume group on it"),
        (None, "no map at all"),
    ] {
        match root {
            Some(root) => machine.write("root", root),
            None => machine.remove("root"),
        }
        for run in machine.runs() {
            run.ends("0", "is not on multipath, nothing to do");
            assert_eq!(run.files, machine.before(), "{why}");
        }
    }
}

#[test]
fn a_configuration_with_aliases_changes_nothing() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let conf = machine.text("etc/multipath.conf");
    machine.write(
        "etc/multipath.conf",
        &conf.replace("user_friendly_names no", "user_friendly_names yes"),
    );
    for run in machine.runs() {
        run.ends("1", "sets aliases, the boot configuration is left as it is");
        assert_eq!(run.files, machine.before());
    }
}

/// A run that broke off is taken up by the next, although the kernel has the new names by then.
#[test]
fn a_run_that_broke_off_is_taken_up() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let update = machine.text("bin/update-grub");
    let once = format!("#!/bin/sh\n[ -e /boot/tried ] || {{ : >/boot/tried; exit 1; }}\n{update}");
    machine.write("bin/update-grub", &once);
    let [first, second] = machine.runs();
    first.ends(
        "1",
        "the GRUB menu was not rebuilt, do not reboot before it is",
    );
    second.ends("0", "the node boots from its WWID names now");
    second.boots();
}
