//! What is written is there as a whole or not at all: killed at any system call, refused any of them, on a full disk, on one
//! that cannot be written, in a folder that vanishes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::common::harness::{PROGRAM, Run, Scratch, files, names, read, vmo_ra, vmo_ra_by, write};
use crate::common::nothing_wrong;
use crate::common::programs::program;

/// A way to run the program in which it writes something.
struct Case {
    /// Its folder, which is its own.
    folder: Scratch,
    arguments: &'static str,
    /// What it writes, a file or a folder.
    target: &'static str,
    /// Makes what is there before.
    before: fn(&Path),
}

/// The files below the target, or its own bytes by an empty path; nothing where there is none.
type State = BTreeMap<String, Vec<u8>>;

impl Case {
    fn state(&self) -> State {
        let target = self.folder.join(self.target);
        match fs::read(&target) {
            Ok(bytes) => State::from([(String::new(), bytes)]),
            Err(_) => files(&target),
        }
    }

    /// As it is before the program runs.
    fn reset(&self) {
        let _ = fs::remove_dir_all(&self.folder);
        fs::create_dir_all(&self.folder).expect("the folder can be made");
        (self.before)(&self.folder);
    }

    fn run(&self, strace: &Path, words: &[&str]) -> Run {
        vmo_ra_by(strace, words, self.arguments)
            .within(&self.folder)
            .run()
    }

    /// The system calls of a run that ends well, from the first that changes something: each with its name, and which of
    /// that name it is. And what is there afterwards.
    fn calls(&self, strace: &Path) -> (Vec<(String, usize)>, State) {
        self.reset();
        let logs = Scratch::new();
        let log = logs.join("log");
        self.run(strace, &["-o", &log.display().to_string()])
            .ends(0);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let calls: Vec<(String, usize)> = fs::read_to_string(&log)
            .expect("strace wrote it")
            .lines()
            .filter_map(|line| line.split_once('('))
            .filter(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
            .map(|(name, _)| {
                let count = seen.entry(name.to_owned()).or_default();
                *count += 1;
                (name.to_owned(), *count)
            })
            .collect();
        let first = calls.iter().position(|(name, _)| name.starts_with("mkdir"));
        let first = first.or_else(|| calls.iter().position(|(name, _)| name == "write"));
        (
            calls[first.expect("it writes something")..].to_vec(),
            self.state(),
        )
    }

    /// Runs it with something done to one system call; what is there afterwards must be old or new.
    fn disturb(
        &self,
        strace: &Path,
        call: &(String, usize),
        how: &str,
        new: &State,
        wrong: &mut Vec<String>,
    ) -> Run {
        self.reset();
        let old = self.state();
        let (name, number) = call;
        let inject = format!("inject={name}:{how}:when={number}");
        let output = self.run(strace, &["-o", "/dev/null", "-e", &inject]);
        let now = self.state();
        let said = output.said();
        let place = format!("{} {name} {number} {how}", self.target);
        if now != old && now != *new {
            wrong.push(format!("{place}: neither the old nor the new is there"));
        }
        if output.code == Some(0) && now != *new {
            wrong.push(format!("{place}: it says that all is well, and it is not"));
        }
        if said.contains("panicked") {
            wrong.push(format!("{place}: {said}"));
        }
        output
    }
}

fn cases() -> Vec<Case> {
    let old_networks: fn(&Path) = |folder| {
        let networks = vmo_ra("nad --vlans 31-32 --out out");
        networks.within(folder).run().ends(0);
    };
    let case = |arguments, target, before| Case {
        folder: Scratch::new(),
        arguments,
        target,
        before,
    };
    let networks = "nad --vlans 21-23 --out out --force";
    vec![
        case(networks, "out", old_networks),
        case(networks, "out", |_| {}),
        case(
            "network --format netplan --out netplan.yaml --force",
            "netplan.yaml",
            |folder| write(folder, "netplan.yaml", "old\n"),
        ),
    ]
}

#[test]
fn whoever_is_killed_leaves_the_old_or_the_new() {
    let Some(strace) = program("strace") else {
        return;
    };
    let mut wrong = Vec::new();
    for case in cases() {
        let (calls, new) = case.calls(&strace);
        assert!(calls.len() > 8, "{calls:?}");
        for call in &calls {
            case.disturb(&strace, call, "signal=KILL", &new, &mut wrong);
        }
    }
    nothing_wrong(&wrong);
}

#[test]
fn whoever_is_refused_leaves_the_old_or_the_new_and_says_so() {
    let Some(strace) = program("strace") else {
        return;
    };
    const CHANGING: [&str; 14] = [
        "mkdir",
        "mkdirat",
        "write",
        "chmod",
        "fchmod",
        "fchmodat",
        "rename",
        "renameat",
        "renameat2",
        "fsync",
        "syncfs",
        "unlink",
        "unlinkat",
        "rmdir",
    ];
    let mut wrong = Vec::new();
    for case in cases() {
        let (calls, new) = case.calls(&strace);
        let changing: Vec<_> = calls
            .iter()
            .filter(|(name, _)| CHANGING.contains(&name.as_str()))
            .collect();
        assert!(changing.len() > 4, "{changing:?}");
        for call in changing {
            for error in ["ENOSPC", "EIO"] {
                case.disturb(&strace, call, &format!("error={error}"), &new, &mut wrong);
            }
        }
    }
    nothing_wrong(&wrong);
}

/// The main thread is made to wait behind the call, so that the one that takes away what is staged comes first.
#[test]
fn whoever_is_interrupted_at_any_call_leaves_nothing_beside() {
    let Some(strace) = program("strace") else {
        return;
    };
    let mut wrong = Vec::new();
    for case in cases() {
        let (calls, new) = case.calls(&strace);
        let mut is_ended = false;
        for call in &calls {
            for how in ["signal=TERM", "signal=TERM:delay_exit=20000"] {
                let run = case.disturb(&strace, call, how, &new, &mut wrong);
                is_ended |= run.code == Some(128 + 15);
                let left = names(&case.folder);
                if left.iter().any(|name| name != case.target) {
                    let (name, number) = call;
                    let target = case.target;
                    wrong.push(format!("{target} {name} {number} {how}: {left:?} is left"));
                }
            }
        }
        assert!(is_ended, "no signal ended a run");
    }
    nothing_wrong(&wrong);
}

/// So a machine that loses its power has the old or the new too.
#[test]
fn the_disk_is_waited_for_before_and_after_names_change() {
    let Some(strace) = program("strace") else {
        return;
    };
    for case in cases() {
        let (calls, _) = case.calls(&strace);
        let renamed = calls
            .iter()
            .position(|(name, _)| name.starts_with("rename"))
            .expect("a name changes");
        let (before, after) = calls.split_at(renamed);
        for calls in [before, after] {
            assert!(
                calls
                    .iter()
                    .any(|(name, _)| ["fsync", "syncfs"].contains(&name.as_str())),
                "{}: {calls:?}",
                case.target
            );
        }
    }
}

/// Runs a script in a mount namespace of its own, as root there.
fn in_a_namespace(script: &str, folder: &Path) -> Option<Output> {
    let unshare = program("unshare")?;
    let output = Command::new(unshare)
        .args([
            "--mount",
            "--map-root-user",
            "sh",
            "-eu",
            "-c",
            script,
            PROGRAM,
        ])
        .current_dir(folder)
        .output()
        .expect("it starts");
    Some(output)
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("disk")).expect("it can be made");
    let script = "
        mount -t tmpfs -o size=48k none disk
        cd disk
        \"$0\" nad --vlans 31 --out out
        cp -r out ../before
        code=0
        \"$0\" nad --vlans 1-100 --out out --force 2>../said || code=$?
        test $code = 3
        diff -r ../before out
        test \"$(ls -A)\" = out
    ";
    let Some(output) = in_a_namespace(script, &folder) else {
        return;
    };
    let said = fs::read_to_string(folder.join("said")).unwrap_or_default();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        said.starts_with("error: cannot write `out/nad-vlan-")
            && said.contains(".yaml`: No space left on device (os error 28)\n  = help: "),
        "{said}"
    );
}

#[test]
fn a_disk_that_cannot_be_written_leaves_what_was_there() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("disk")).expect("it can be made");
    let script = "
        mount -t tmpfs none disk
        (cd disk && \"$0\" nad --vlans 31 --out out)
        mount -o remount,ro disk
        cd disk
        code=0
        \"$0\" nad --vlans 32 --out out --force 2>../said || code=$?
        test $code = 3
        \"$0\" nad --vlans 32 --out new 2>>../said || code=$?
        test $code = 3
        \"$0\" network --format netplan --out new.yaml 2>>../said || code=$?
        test $code = 3
        test -f out/nad-vlan-31.yaml
    ";
    let Some(output) = in_a_namespace(script, &folder) else {
        return;
    };
    let said = fs::read_to_string(folder.join("said")).unwrap_or_default();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("error"))
        .collect();
    assert_eq!(
        said.join("\n"),
        "error: cannot write `out`: Read-only file system (os error 30)\n\
         error: cannot write `new`: Read-only file system (os error 30)\n\
         error: cannot write `new.yaml`: Read-only file system (os error 30)"
    );
}

#[test]
fn a_folder_that_vanished_is_said_to_be_gone() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("gone")).expect("it can be made");
    let gone = "cd gone && rmdir ../gone && exec \"$0\" \"$@\"";
    let networks = ["nad", "--vlans", "31", "--out", "out"];
    let run = vmo_ra_by("sh", &["-c", gone], &networks)
        .within(&folder)
        .run();
    run.says(
        3,
        "error: cannot write `out`: No such file or directory (os error 2)\n  = help: check that there is space, and that you may write there\n\n",
    );
}

#[test]
fn links_are_not_followed() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("elsewhere")).expect("it can be made");
    symlink("elsewhere", folder.join("link")).expect("it can be made");
    let nad = |out: &str| folder.run(&format!("nad --vlans 31 --out {out} --force"));
    for out in ["link", "link/"] {
        assert_eq!(
            nad(out).ends(2).said(),
            "error: `link` is a link, which is not followed\n  = help: name the folder itself\n\n"
        );
    }
    // A link inside an old folder goes; what it leads to stays.
    write(&folder, "elsewhere/file", "theirs");
    nad("out").ends(0);
    fs::remove_file(folder.join("out/nad-vlan-31.yaml")).expect("it is there");
    symlink("../elsewhere", folder.join("out/nad-vlan-31.yaml")).expect("it can be made");
    nad("out").ends(0);
    assert!(
        fs::symlink_metadata(folder.join("out/nad-vlan-31.yaml")).is_ok_and(|new| new.is_file())
    );
    assert_eq!(read(&folder, "elsewhere/file"), "theirs");
}

#[test]
fn an_old_folder_keeps_its_permissions() {
    let folder = Scratch::new();
    let write = || {
        let networks = ["nad", "--vlans", "31", "--out", "out", "--force"];
        vmo_ra(&networks).within(&folder).run().ends(0);
    };
    write();
    let out = folder.join("out");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o750)).expect("it is ours");
    write();
    let mode = fs::metadata(&out)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o750);
}

/// `init --force` drops no line that somebody wrote.
#[test]
fn an_edited_site_is_kept_beside_the_new_one() {
    let folder = Scratch::new();
    folder.run("init site.yaml").well();
    folder.run("init site.yaml --force").well();
    assert_eq!(names(&folder), [".vmo-ra.schema.json", "site.yaml"]);
    write(&folder, "site.yaml", "cluster: {name: berlin}\n");
    for copy in ["site.yaml.edited", "site.yaml.edited-2"] {
        write(&folder, "site.yaml", format!("cluster: {{name: {copy}}}\n"));
        folder.run("init site.yaml --force").says(
            0,
            format!(
                "warning: `site.yaml` is replaced by another text\n  = help: the old file is kept as `{copy}`\n\n"
            ),
        );
        assert!(read(&folder, copy).contains(copy));
    }
    folder.run("check site.yaml").ends(0);
}
