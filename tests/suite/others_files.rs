//! What a run did not make, it leaves alone: files beside its output, folders of others, devices, edits by hand.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use crate::common::harness::{Scratch, names, read, root, vmo_ra, vmo_ra_by, write};

/// The file of a run is staged under a name that cannot be another's, whatever the process's number is.
#[test]
fn files_beside_the_output_stay() {
    let folder = Scratch::new();
    let neighbours: Vec<String> = (1..400).map(|number| format!("plan.md.{number}")).collect();
    for name in &neighbours {
        write(&folder, name, "notes");
    }
    // In a namespace of its own the program has a small number, as in every container.
    let arguments = ["plan", "--format", "markdown", "--out", "plan.md"];
    let unshare = ["--user", "--map-root-user", "--pid", "--fork"];
    let unshared = vmo_ra_by("unshare", &unshare, &arguments).within(&folder);
    if unshared.run().code != Some(0) {
        folder.run(&arguments).well();
    }
    for name in &neighbours {
        assert_eq!(read(&folder, name), "notes", "{name}");
    }
    assert_eq!(names(&folder).len(), neighbours.len() + 1);
    assert!(read(&folder, "plan.md").starts_with("# "));
}

#[test]
fn devices_and_pipes_are_written_to() {
    let folder = Scratch::new();
    folder.run("plan --out /dev/null").well();
    let null = fs::metadata("/dev/null").expect("it is there");
    assert!(!null.is_file(), "/dev/null is a file now");
    let to = |out: &str| folder.run(&format!("plan --out {out}")).well();
    let plan = to("-");
    assert!(!plan.is_empty());
    assert_eq!(to("/dev/stdout"), plan);
    let pipe = folder.join("pipe");
    let made = Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .expect("mkfifo starts");
    assert!(made.success());
    folder.run("plan --out pipe").says(
        3,
        "error: cannot write `pipe`: it is a pipe without a reader\n  = help: start the reader first\n\n",
    );
    // Opened for both, it waits for nobody.
    let mut both = fs::OpenOptions::new();
    let mut both = both.read(true).write(true).open(&pipe).expect("it opens");
    let reader = std::thread::spawn({
        let mut bytes = vec![0; plan.len()];
        move || {
            both.read_exact(&mut bytes)
                .map(|()| bytes)
                .expect("it can be read")
        }
    });
    assert_eq!(to("pipe"), "");
    assert_eq!(reader.join().expect("the reader ends"), plan.as_bytes());
    assert_eq!(names(&folder), ["pipe"]);
}

/// What somebody noted on a file, and who else may read it, stays.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_is_replaced_keeps_its_attributes() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    let folder = Scratch::new();
    let plan = folder.join("plan.md");
    write(&folder, "plan.md", "old");
    // Version 2: the owner reads and writes, user 4321 reads, the group and others nothing; the mask lets one read.
    let entries: [(u16, u16, u32); 5] = [
        (1, 6, u32::MAX),
        (2, 4, 4321),
        (4, 0, u32::MAX),
        (16, 4, u32::MAX),
        (32, 0, u32::MAX),
    ];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, may, who) in entries {
        list.extend([tag.to_le_bytes(), may.to_le_bytes()].concat());
        list.extend(who.to_le_bytes());
    }
    let mut kept = 0;
    for (name, value) in [
        ("user.note", b"mine".as_slice()),
        ("system.posix_acl_access", &list),
    ] {
        if setxattr(&plan, name, value, XattrFlags::empty()).is_err() {
            // Not every file system has them.
            continue;
        }
        folder.run("plan --out plan.md --force").well();
        let mut found = vec![0; 4096];
        let length = getxattr(&plan, name, &mut found[..]).expect("it is there");
        assert_eq!(&found[..length], value, "{name}");
        kept += 1;
    }
    if kept == 0 {
        println!("skipped: the file system has no attributes");
    }
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode_and_is_refused_with_other_names() {
    let folder = Scratch::new();
    let plan = folder.join("plan.md");
    write(&folder, "plan.md", "old");
    fs::set_permissions(&plan, fs::Permissions::from_mode(0o640)).expect("it is ours");
    folder.run("plan --out plan.md --force").well();
    let metadata = fs::metadata(&plan).expect("it is there");
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o640);
    fs::hard_link(&plan, folder.join("other")).expect("it can be linked");
    let number = metadata.ino();
    folder
            .run("plan --format json --out plan.md --force").says(3, "error: cannot write `plan.md`: it is a file with 2 names (hard links), and the others would keep the old text\n  = help: remove it first\n\n");
    assert_eq!(fs::metadata(&plan).expect("it is there").ino(), number);
    std::os::unix::fs::symlink("nowhere", folder.join("link")).expect("it can be linked");
    folder.run("plan --out link").says(
        3,
        "error: cannot write `link`: it is a link that leads nowhere\n  = help: check that there is space, and that you may write there\n\n",
    );
    assert_eq!(names(&folder), ["link", "other", "plan.md"]);
}

/// A file is replaced with `--force` only, what the run has read not even then; what holds the result already is no obstacle.
#[test]
fn a_file_that_is_there_stays() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "cluster: {name: a}\n");
    let profile = r#"{"metadata":{"name":"a"},"spec":{"version":"1.0.0","template":{"type":"add-on","cloudType":"all","packs":[]}}}"#;
    write(&folder, "p.json", profile);
    let templates = fs::read(root("golden/1.9.0/VMO-RA-Templates.json"));
    write(&folder, "t.json", templates.expect("it is there"));
    folder.run("split p.json --out d").ends(0);
    write(&folder, "old", "mine\n");
    std::os::unix::fs::symlink("site.yaml", folder.join("link")).expect("it can be linked");
    let there = "error: `old` already exists\n  = help: choose another name, or replace it with `--force`\n\n";
    for arguments in [
        "plan",
        "network -f netplan",
        "diff p.json p.json",
        "packs apply cni-cilium-oss",
        "join d",
        "recover t.json",
        "init",
    ] {
        let run = folder.run(&format!("{arguments} -o old"));
        assert!(run.ends(2).said().ends_with(there), "{}", run.said());
        assert_eq!(read(&folder, "old"), "mine\n", "{arguments}");
    }
    for (arguments, input) in [
        ("plan site.yaml -o site.yaml", "site.yaml"),
        ("plan site.yaml -o ./link", "./link"),
        ("network link -f netplan -o site.yaml", "site.yaml"),
        ("diff p.json p.json -o p.json", "p.json"),
        ("recover t.json -o t.json", "t.json"),
    ] {
        let run = folder.run(&format!("{arguments} --force"));
        let end =
            format!("error: `{input}` is the input of this run\n  = help: choose another name\n\n");
        assert!(run.ends(2).said().ends_with(&end), "{}", run.said());
    }
    folder.run("plan -o d --force").says(
        2,
        "error: `d` is a folder, and one file is written\n  = help: name a file in it\n\n",
    );
    for force in ["--force", ""] {
        let again = folder.run(&format!("plan site.yaml -o old {force}"));
        assert_eq!(again.well(), "wrote old\n");
    }
}

/// All are staged before the first takes its place.
#[test]
fn of_several_files_all_are_formatted_or_none() {
    let folder = Scratch::new();
    let profile = r#"{"metadata":{"name":"a"},"spec":{"version":"1.0.0","template":{"type":"add-on","cloudType":"all","packs":[]}}}"#;
    for name in ["a.json", "b.json"] {
        write(&folder, name, profile);
    }
    fs::hard_link(folder.join("b.json"), folder.join("c")).expect("it can be linked");
    folder
        .run("fmt a.json b.json")
        .ends(3)
        .begins("error: cannot write `b.json`: ");
    assert_eq!(read(&folder, "a.json"), profile);
    assert_eq!(names(&folder), ["a.json", "b.json", "c"]);
}

#[test]
fn a_folder_of_others_is_never_replaced() {
    let folder = Scratch::new();
    let out = folder.join("out");
    write(&out, "big.iso", "precious");
    let sum = "d7cdcb2bb1c3b1a4b8c7c2ee2f0b9d4c".repeat(2);
    for sums in [
        format!("{sum}  big.iso\n"),
        String::new(),
        format!("{sum}  ../others/out/big.iso\n"),
    ] {
        write(&out, "SHA256SUMS", sums);
        for command in [
            "render --out out --force",
            "nad --vlans 1-3 --out out --force",
        ] {
            folder
                .run(command)
                .ends(2)
                .begins("error: `out` holds files that no earlier run wrote: ");
        }
    }
    assert_eq!(read(&out, "big.iso"), "precious");
    assert_eq!(names(&folder), ["out"]);
}

#[test]
fn edits_by_hand_are_named_and_kept() {
    let folder = Scratch::new();
    folder.run("nad --vlans 1-3 --out out").well();
    folder.run("nad --vlans 1-3 --out out --force").well();
    assert_eq!(names(&folder), ["out"]);
    let files = names(&folder.join("out"));
    let edited = files
        .iter()
        .find(|name| name.ends_with(".yaml"))
        .expect("a network");
    for copy in ["out.edited", "out.edited-2"] {
        write(&folder.join("out"), edited, "# mine\n");
        let run = folder.run("nad --vlans 1-3 --out out --force");
        assert_eq!(
            run.ends(0).said(),
            format!(
                "warning: files were edited since they were written: `{edited}`\n  = help: the old folder is kept as `{copy}`\n\n"
            )
        );
        assert_eq!(read(&folder.join(copy), edited), "# mine\n");
        assert_ne!(read(&folder.join("out"), edited), "# mine\n");
    }
    assert_eq!(names(&folder), ["out", "out.edited", "out.edited-2"]);
}

/// What a folder of `split` holds beyond the export is an edit that would be lost; what the export holds too is none.
#[test]
fn edits_of_a_split_folder_are_named_and_kept() {
    let folder = Scratch::new();
    let export = |values: &str| {
        let profile = format!(
            r#"{{"metadata":{{"name":"p"}},"spec":{{"template":{{"type":"add-on","packs":[{{"name":"l","type":"oci","values":"{values}"}}]}}}}}}"#
        );
        write(&folder, "p.json", profile);
    };
    let split = |warning: &str| {
        let said = folder.run("split p.json --out p --force").ends(0).said();
        let warnings = said.split("\n\n").filter(|one| one.starts_with("warning"));
        assert_eq!(warnings.collect::<Vec<_>>().join("\n"), warning);
    };
    let edit = |text: &str| write(&folder, "p/l/values.yaml", text);
    let kept = |copy: &str| {
        format!(
            "warning: files were edited since they were written: `l/values.yaml`\n  = help: the old folder is kept as `{copy}`"
        )
    };
    export("a: 1");
    split("");
    // The export alone is new.
    export("a: 2");
    split("");
    // The edit went through Palette, and comes back.
    edit("a: 3");
    export("a: 3");
    split("");
    assert_eq!(names(&folder), ["p", "p.json"]);
    edit("a: 4");
    split(&kept("p.edited"));
    assert_eq!(read(&folder, "p.edited/l/values.yaml"), "a: 4");
    assert_eq!(read(&folder, "p/l/values.yaml"), "a: 3");
    // Without its checksums nothing is known of a file, but what the export holds too.
    fs::remove_file(folder.join("p/.vmo-ra.sha256")).expect("it is there");
    edit("a: 5");
    split(&kept("p.edited-2"));
    write(&folder, "p/.vmo-ra.sha256", "nothing of ours\n");
    split("");
    assert_eq!(names(&folder), ["p", "p.edited", "p.edited-2", "p.json"]);
}

/// An empty folder and a link in a file's place are somebody's too.
#[test]
fn empty_folders_and_links_are_not_lost() {
    let folder = Scratch::new();
    let nads = |code: i32| {
        let run = vmo_ra("nad --vlans 1-2 --out out --force")
            .within(&folder)
            .run();
        run.ends(code).said()
    };
    nads(0);
    fs::create_dir_all(folder.join("out/notes/deep")).expect("it can be made");
    assert!(nads(2).contains("files that no earlier run wrote: `notes/deep`"));
    assert!(folder.join("out/notes/deep").is_dir());
    fs::remove_dir_all(folder.join("out/notes")).expect("it can go");
    let name = names(&folder.join("out"));
    let name = name
        .iter()
        .find(|name| name.ends_with(".yaml"))
        .expect("a network");
    let file = folder.join("out").join(name);
    fs::rename(&file, folder.join("mine.yaml")).expect("it can be moved");
    std::os::unix::fs::symlink("../mine.yaml", &file).expect("a link");
    assert!(nads(0).contains("the old folder is kept as `out.edited`"));
    assert!(folder.join("out.edited").join(name).is_symlink());
}

/// What is staged may hold secrets, and goes with a run that is interrupted.
#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    let folder = Scratch::new();
    write(
        &folder,
        "site.yaml",
        "cluster: {name: a}\nmonitoring: {grafanaAdminPassword: {env: GP}}\n",
    );
    for (round, signal) in (0..24).zip(["INT", "TERM"].iter().cycle()) {
        let wait = format!("0.{:03}", 5 + round * 12);
        let run = vmo_ra_by(
            "timeout",
            &["--preserve-status", "-s", signal, &wait],
            "render --site site.yaml --out out --force",
        )
        .within(&folder)
        .env("GP", "hunter2-Xq7Zk")
        .run();
        let left: Vec<String> = names(&folder)
            .into_iter()
            .filter(|name| name != "out" && name != "site.yaml")
            .collect();
        assert_eq!(left, [""; 0], "{:?} after {wait} s", run.code);
    }
    assert_eq!(
        vmo_ra("render --site site.yaml --out out --force")
            .within(&folder)
            .env("GP", "x")
            .run()
            .code,
        Some(0)
    );
}

#[test]
fn two_runs_into_one_folder_do_not_both_win() {
    let folder = Scratch::new();
    for round in 0..10 {
        let out = format!("out-{round}");
        let start = |vlans: &str| {
            let arguments = ["nad", "--vlans", vlans, "--out", &out];
            vmo_ra(&arguments).within(&folder).start()
        };
        let runs = [start("1-200"), start("301-500")];
        let mut codes = Vec::new();
        for run in runs {
            let run = run.end();
            if run.code != Some(0) {
                let said = run.said();
                let is_told = said.contains("was changed by another program while this ran")
                    || said.contains("is not empty");
                assert!(is_told, "{said}");
            }
            codes.push(run.code);
        }
        codes.sort();
        assert_eq!(codes, [Some(0), Some(2)]);
        folder.run(&format!("verify {out}")).ends(0);
    }
    assert_eq!(names(&folder).len(), 10);
}

#[test]
fn folders_that_cannot_make_way_are_named() {
    let folder = Scratch::new();
    folder.run("nad --vlans 1 --out .").says(2, "error: `.` cannot be replaced by a new folder\n  = help: name a folder by its own name, such as `--out out`\n\n");
    let said = folder.run("nad --vlans 1 --out /dev/shm").ends(2).said();
    assert!(
        said.starts_with(
            "error: `/dev/shm` is a mount point, which cannot be replaced by a new folder\n"
        ) || said.starts_with("error: `/dev/shm` is not a folder"),
        "{said}"
    );
    assert_eq!(names(&folder), <[&str; 0]>::default());
}

/// Its entries cannot be removed as it stands, which is no reason to leave it behind under a hidden name.
#[test]
fn a_folder_that_cannot_be_written_to_goes_all_the_same() {
    let folder = Scratch::new();
    folder.run("nad --vlans 1-3 --out out").well();
    let out = folder.join("out");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o555)).expect("it is ours");
    folder.run("nad --vlans 1-3 --out out --force").well();
    assert_eq!(names(&folder), ["out"]);
    let mode = fs::metadata(&out)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o555);
    fs::set_permissions(&out, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

/// A list of checksums is read as any other input: a regular file within limits.
#[test]
fn a_list_of_checksums_that_is_no_file_is_refused() {
    let folder = Scratch::new();
    let out = folder.join("out");
    fs::create_dir(&out).expect("it can be made");
    let list = out.join("SHA256SUMS");
    let refused = |expected: &str| {
        let said = folder.run("verify out").ends(2).said();
        assert!(said.starts_with(expected), "{said}");
        folder.run("render --out out --force").ends(2);
        fs::remove_file(&list).expect("it can be removed");
    };
    let made = Command::new("mkfifo")
        .arg(&list)
        .status()
        .expect("mkfifo starts");
    assert!(made.success());
    refused("error: `out/SHA256SUMS` is a link, or not a file\n");
    std::os::unix::fs::symlink("/dev/zero", &list).expect("it can be linked");
    refused("error: `out/SHA256SUMS` is a link, or not a file\n");
    let sparse = fs::File::create(&list).expect("it can be made");
    sparse.set_len(3 << 30).expect("it can be sparse");
    refused("error: `out/SHA256SUMS` is larger than the limit of 32 MiB\n");
}
