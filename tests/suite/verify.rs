//! `vmo-ra verify` names what was changed by hand in a folder, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::harness::{Scratch, read, write};

fn written() -> Scratch {
    let folder = Scratch::new();
    folder.run("render --profile templates --out out").ends(0);
    folder
}

#[test]
fn a_folder_as_it_was_written_is_well() {
    let folder = written();
    let files = read(&folder, "out/SHA256SUMS").lines().count();
    assert_eq!(
        folder.run("verify out").well(),
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
    write(&out, "notes\u{1b}[31m.txt", "mine");
    let run = folder.run("verify out");
    run.says(1, "");
    let files = read(&out, "SHA256SUMS").lines().count();
    assert_eq!(
        run.told(),
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
    let run = folder.run("verify out --format json");
    let told = run.ends(1).told();
    let report: serde_json::Value = serde_json::from_str(&told).expect("it is JSON");
    assert_eq!(report["unchanged"], files - 3);
    assert_eq!(report["differences"]["VMO-RA-Templates.json"], "changed");
    assert_eq!(report["differences"]["notes\u{1b}[31m.txt"], "added");
}

#[test]
fn a_list_that_is_none_is_explained() {
    let folder = written();
    let run = folder.run("verify nowhere");
    assert_eq!(run.told(), "");
    run.says(
        3,
        "error: cannot read `nowhere`: No such file or directory (os error 2)\n  = help: check that it exists and that you may read it\n\n",
    );
    fs::create_dir(folder.join("bare")).expect("it can be made");
    let run = folder.run("verify bare");
    assert_eq!(run.told(), "");
    run.says(2, "error: `bare` holds no `SHA256SUMS`\n  = help: name a folder that `vmo-ra render` or `vmo-ra nad` wrote\n\n");
    let sum = "0".repeat(64);
    for line in [
        format!("{sum}  ../secret"),
        format!("{sum}  /etc/passwd"),
        "nonsense".to_owned(),
    ] {
        write(&folder, "out/SHA256SUMS", format!("{sum}  good\n{line}\n"));
        let run = folder.run("verify out");
        assert_eq!(run.told(), "");
        run.says(
            2,
            format!(
                "error: this is not a line of `SHA256SUMS`
 --> out/SHA256SUMS:2:1
  |
2 | {line}
  | {}
  |
  = help: a line is a SHA-256 in lowercase, two blanks, and a path below the folder

",
                "^".repeat(line.len())
            ),
        );
    }
}

#[test]
fn a_folder_whose_files_are_gone_is_not_foreign() {
    let folder = written();
    let networks = folder.join("out/manifests/vmo-networking");
    let count = fs::read_dir(&networks).expect("it was written").count();
    fs::remove_dir_all(&networks).expect("it was written");
    fs::create_dir(&networks).expect("its name is free");
    let run = folder.run("verify out");
    let report = run.ends(1).told();
    assert_eq!(report.matches("missing").count(), count, "{report}");
    assert!(!report.contains("added"), "{report}");
    folder
        .run("render --profile templates --out out --force")
        .ends(0);
    folder.run("verify out").ends(0);

    fs::create_dir_all(folder.join("out/mine/empty")).expect("its name is free");
    folder.run("verify out").ends(1);
    folder
        .run("render --profile templates --out out --force")
        .ends(2);
}
