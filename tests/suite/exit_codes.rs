//! The exit codes that the help tells of, for every command and every kind of failure.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::common::harness::{PROGRAM, Scratch, root, vmo_ra, write};
use crate::golden::commands;

/// What stands for an argument that is read.
const READ: &str = "READ";
/// What stands for an argument that is written.
const WRITTEN: &str = "WRITTEN";

/// What can be wrong with what is read, and the code that says so.
const READING: &[(&str, i32)] = &[
    ("missing", 3),
    ("file/missing", 3),
    ("loop", 3),
    ("not-text", 2),
    ("pipe", 2),
    ("empty", 2),
    ("folder", 2),
];

/// What can be wrong with what is written, and the code that says so.
const WRITING: &[(&str, i32)] = &[("file/below", 3), ("/proc/below", 3), ("full-folder", 2)];
/// The same for a single file, of which `/dev/full` takes nothing.
const WRITING_FILES: &[(&str, i32)] = &[
    ("file/below", 3),
    ("/proc/below", 3),
    ("folder", 2),
    ("/dev/full", 3),
];

/// Every command, with what it reads and writes and the code of a run in which nothing is wrong; and those words for which
/// there is nothing of their name.
const COMMANDS: &[(&str, i32)] = &[
    ("init WRITTEN", 0),
    ("render --site READ --out WRITTEN", 0),
    ("render READ --out WRITTEN", 0),
    ("render --sites READ --out WRITTEN", 0),
    ("render --packs READ --out WRITTEN", 0),
    ("render --format terraform --site READ --out WRITTEN", 0),
    ("render --format terraform --out -", 2),
    ("render --revision 0.0.0 --out WRITTEN", 2),
    ("nad --site READ --out WRITTEN", 0),
    ("nad READ --out WRITTEN", 0),
    ("nad --vlans 4096 --out WRITTEN", 2),
    ("network --format netplan --site READ --out WRITTEN", 0),
    ("network --format netplan --node nobody", 2),
    ("packs list --packs READ", 0),
    ("packs list --site READ", 0),
    ("packs show cni-cilium-oss --packs READ", 0),
    ("packs show no-such-pack", 2),
    ("packs apply cni-cilium-oss --packs READ --out WRITTEN", 0),
    ("packs apply cni-cilium-oss --preset no:preset", 2),
    ("packs import READ --out WRITTEN", 0),
    // No address is known: tests/suite/palette.rs has what a tenant makes of them.
    ("palette packs --out never", 2),
    ("palette list", 2),
    ("palette export no-such-profile --out never", 2),
    ("palette validate export.json", 2),
    ("palette import export.json", 2),
    ("palette diff no-such-profile 1.9.0", 2),
    ("palette selftest", 2),
    ("palette status export.json", 2),
    ("plan --site READ --out WRITTEN", 0),
    ("plan READ", 0),
    ("plan --nodes 0", 2),
    ("revisions 1.9.0", 0),
    ("revisions 0.0.0", 2),
    ("check READ", 0),
    ("check --packs READ", 0),
    ("check --against 0.0.0", 2),
    ("check mistaken.yaml", 1),
    ("diff 1.9.0 READ", 1),
    ("diff READ 1.9.0", 1),
    ("diff 1.9.0 1.9.0 --packs READ", 0),
    ("diff 1.9.0 1.9.0", 0),
    ("diff 1.9.0 0.0.0", 2),
    ("diff 1.7.0 1.9.0 --fail-on repave --out WRITTEN", 1),
    ("explain captured-vlan", 0),
    ("explain no-such-rule", 2),
    ("upgrade READ --from 1.9.0 --out WRITTEN", 0),
    ("upgrade export.json --from 1.9.0 --site READ", 0),
    ("upgrade export.json --from 1.9.0 --packs READ", 0),
    ("upgrade export.json --from 0.0.0", 2),
    ("upgrade site.yaml --from 1.9.0", 2),
    ("recover READ --out WRITTEN", 0),
    ("recover READ", 0),
    ("recover changed.json", 1),
    ("recover READ --revision 0.0.0", 2),
    ("recover export.json --packs READ", 0),
    ("split READ --out WRITTEN", 0),
    ("join READ --out WRITTEN", 0),
    ("fmt --check READ", 1),
    ("fmt READ", 0),
    ("schema site", 0),
    ("schema palette", 0),
    ("schema no-such-schema", 2),
    ("completions bash", 0),
    ("completions tcsh", 2),
    ("man folder", 0),
    ("man file/below", 3),
    ("verify READ", 0),
    ("verify edited", 1),
];

/// What a command reads where nothing is wrong.
fn good(command: &str) -> &'static str {
    let words: Vec<&str> = command.split(' ').collect();
    match (
        words[0],
        words[words.iter().position(|word| *word == READ).unwrap_or(1) - 1],
    ) {
        (_, "--sites") => "sites",
        (_, "--packs") => "packs",
        (_, "--site") => "site.yaml",
        ("split" | "fmt" | "recover" | "upgrade", _) => "export.json",
        ("join", _) => "split",
        ("verify", _) => "rendered",
        ("diff", _) => "export.json",
        (_, "import") => "core.json",
        _ => "site.yaml",
    }
}

/// A folder with one of each.
fn folder() -> Scratch {
    let folder = Scratch::new();
    let site = "cluster: {name: a}\n";
    write(&folder, "site.yaml", site);
    write(&folder, "sites/a/site.yaml", site);
    write(&folder, "mistaken.yaml", "clutser: {name: a}\n");
    let templates = fs::read(root("golden/1.9.0/VMO-RA-Templates.json")).expect("it is there");
    write(&folder, "export.json", &templates);
    let core = fs::read(root("golden/1.9.0/VMO-RA-Core-PXKE.json")).expect("it is there");
    write(&folder, "core.json", &core);
    let changed = String::from_utf8_lossy(&core).replace("selfSigned", "ca");
    write(&folder, "changed.json", changed);
    write(
        &folder,
        "packs/cilium/pack.json",
        r#"{"name":"cni-cilium-oss","version":"1.0.0","layer":"cni"}"#,
    );
    write(&folder, "packs/cilium/values.yaml", "a: 1\n");
    write(&folder, "file", "a file\n");
    write(&folder, "empty", "");
    write(&folder, "not-text", b"\xff\xfe\x00");
    write(&folder, "full-folder/mine", "mine\n");
    fs::create_dir(folder.join("folder")).expect("it can be made");
    symlink("loop", folder.join("loop")).expect("it can be made");
    let made = Command::new("mkfifo").arg(folder.join("pipe")).status();
    assert!(made.expect("mkfifo starts").success());
    for arguments in [
        &["split", "export.json", "--out", "split"][..],
        &["nad", "--vlans", "1-2", "--out", "rendered"],
        &["nad", "--vlans", "1-2", "--out", "edited"],
    ] {
        vmo_ra(arguments).within(&folder).run().ends(0);
    }
    let edited = fs::read_dir(folder.join("edited")).expect("it is there");
    let edited = edited.map(|entry| entry.expect("an entry").path());
    let edited = edited
        .into_iter()
        .find(|path| path.extension().is_some())
        .expect("a network");
    fs::write(edited, "mine\n").expect("it can be written");
    folder
}

#[test]
fn every_command_ends_with_the_code_of_the_readme() {
    let folder = folder();
    let mut wrong = Vec::new();
    let mut runs = 0;
    let mut ends = |arguments: &[&str], code: i32| {
        let run = vmo_ra(arguments).within(&folder).run();
        runs += 1;
        let is_silent = code >= 2 && !run.said().contains("error: ");
        if run.code != Some(code) || is_silent {
            let first = run.said().lines().next().unwrap_or_default().to_owned();
            wrong.push(format!(
                "{} ends with {:?}, not {code}: {first}",
                arguments.join(" "),
                run.code
            ));
        }
    };
    for (command, code) in COMMANDS {
        let with = |read: &str, written: &str| -> Vec<String> {
            let of = |word: &str| match word {
                READ => read.to_owned(),
                WRITTEN => written.to_owned(),
                word => word.to_owned(),
            };
            command.split(' ').map(of).collect()
        };
        let mut run = |read: &str, written: &str, code: i32| {
            let arguments = with(read, written);
            ends(
                &arguments.iter().map(String::as_str).collect::<Vec<_>>(),
                code,
            );
        };
        let is_folder = ["render", "nad", "split", "upgrade", "packs import"]
            .iter()
            .any(|name| command.starts_with(name));
        let new = command.replace([' ', '/'], "_");
        run(good(command), &format!("new/{new}"), *code);
        if command.contains(READ) {
            for (read, code) in READING {
                run(read, &format!("never/{new}"), *code);
            }
        }
        if command.contains(WRITTEN) && *code < 2 {
            let writing = if is_folder { WRITING } else { WRITING_FILES };
            for (written, wanted) in writing {
                let wanted = match command.split(' ').nth(if is_folder { 1 } else { 0 }) {
                    // Its sites have folders of their own beside others.
                    Some("--sites" | "import") if *written == "full-folder" => 0,
                    _ => *wanted,
                };
                run(good(command), written, wanted);
            }
        }
        let mut unknown = with(good(command), "never");
        unknown.push("--no-such-option".to_owned());
        ends(&unknown.iter().map(String::as_str).collect::<Vec<_>>(), 2);
    }
    assert_eq!(wrong, [""; 0], "of {runs}");
    assert!(!folder.join("never").exists());

    let listed: BTreeSet<String> = commands(&[]).iter().map(|words| words.join(" ")).collect();
    let tried = |command: &&String| {
        COMMANDS
            .iter()
            .any(|(row, _)| format!("{row} ").starts_with(&format!("{command} ")))
    };
    let untried: Vec<&String> = listed.iter().filter(|command| !tried(command)).collect();
    assert!(untried.is_empty(), "no row for {untried:?}");
}

#[test]
fn what_goes_to_a_full_disk_ends_with_3() {
    let full = || {
        fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("it is there")
    };
    for arguments in [
        &["plan"][..],
        &["nad", "--vlans", "1-3"],
        &["diff", "1.7.0", "1.9.0"],
        &["check"],
        &["explain"],
        &["schema", "site"],
        &["init", "-"],
        &["revisions"],
        &["packs", "list"],
    ] {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .stdout(full())
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(
            said.contains("error: cannot write to standard output: "),
            "{arguments:?}: {said}"
        );
    }
}

/// The help names the four codes.
#[test]
fn the_codes_are_in_the_help() {
    let help = vmo_ra(&["--help"]).run().told();
    let (_, said) = help.split_once("\nExit codes: ").expect("they are told");
    for code in ["0 ", "1 ", "2 ", "3 "] {
        assert!(said.contains(code), "{said}");
    }
}
