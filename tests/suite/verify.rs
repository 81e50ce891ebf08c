//! `vmo-ra verify` names what was changed by hand in a folder, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::common::harness::{Scratch, vmo_ra};

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    vmo_ra(arguments).within(folder).run().all()
}

fn written() -> Scratch {
    let folder = Scratch::new();
    let render = ["render", "--profile", "templates", "--out", "out"];
    vmo_ra(&render).within(&folder).run().ends(0);
    folder
}

#[test]
fn a_folder_as_it_was_written_is_well() {
    let folder = written();
    let files = fs::read_to_string(folder.join("out/SHA256SUMS"))
        .expect("it was written")
        .lines()
        .count();
    let (code, told, said) = run(&folder, &["verify", "out"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert_eq!(
        told,
        format!("{files} of {files} files are as they were written\n")
    );
}

#[test]
fn every_difference_is_named() {
    let folder = written();
    let out = folder.join("out");
    let profile = out.join("VMO-RA-Templates.json");
    let text = fs::read_to_string(&profile).expect("it was written");
    fs::write(&profile, text.replace("default", "Default")).expect("it can be written");
    fs::remove_file(out.join("manifests/vmo-networking/nad-vlan-30.yaml")).expect("it was written");
    fs::remove_file(out.join("manifests/vmo-networking/nad-vlan-untagged.yaml"))
        .expect("it was written");
    symlink(
        "/etc/hostname",
        out.join("manifests/vmo-networking/nad-vlan-untagged.yaml"),
    )
    .expect("it can be made");
    fs::write(out.join("notes\u{1b}[31m.txt"), "mine").expect("it can be written");
    let (code, told, said) = run(&folder, &["verify", "out"]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    let files = fs::read_to_string(out.join("SHA256SUMS"))
        .expect("it was written")
        .lines()
        .count();
    assert_eq!(
        told,
        format!(
            "changed  VMO-RA-Templates.json
missing  manifests/vmo-networking/nad-vlan-30.yaml
no file  manifests/vmo-networking/nad-vlan-untagged.yaml
added    notes\\x1B[31m.txt
{} of {files} files are as they were written
",
            files - 3
        )
    );
    let (code, told, _) = run(&folder, &["verify", "out", "--format", "json"]);
    assert_eq!(code, Some(1));
    let report: serde_json::Value = serde_json::from_str(&told).expect("it is JSON");
    assert_eq!(report["unchanged"], files - 3);
    assert_eq!(report["differences"]["VMO-RA-Templates.json"], "changed");
    assert_eq!(report["differences"]["notes\u{1b}[31m.txt"], "added");
}

#[test]
fn a_list_that_is_none_is_explained() {
    let folder = written();
    assert_eq!(
        run(&folder, &["verify", "nowhere"]),
        (
            Some(3),
            String::new(),
            "error: cannot read `nowhere`: No such file or directory (os error 2)\n\n".to_owned()
        )
    );
    fs::create_dir(folder.join("bare")).expect("it can be made");
    assert_eq!(
        run(&folder, &["verify", "bare"]),
        (
            Some(2),
            String::new(),
            "error: `bare` holds no `SHA256SUMS`\n  = help: name a folder that `vmo-ra render` or `vmo-ra nad` wrote\n\n".to_owned()
        )
    );
    let sum = "0".repeat(64);
    for line in [
        format!("{sum}  ../secret"),
        format!("{sum}  /etc/passwd"),
        "nonsense".to_owned(),
    ] {
        fs::write(
            folder.join("out/SHA256SUMS"),
            format!("{sum}  good\n{line}\n"),
        )
        .expect("it can be written");
        let (code, told, said) = run(&folder, &["verify", "out"]);
        assert_eq!((code, told.as_str()), (Some(2), ""));
        assert_eq!(
            said,
            format!(
                "error: this is no line of `SHA256SUMS`
 --> out/SHA256SUMS:2:1
  |
2 | {line}
  | {}
  |
  = help: a line is a SHA-256 in small letters, two blanks, and a path below the folder

",
                "^".repeat(line.len())
            )
        );
    }
}
