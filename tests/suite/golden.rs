//! What the commands write is what lies in golden/, byte for byte.
//!
//! After a wanted change: `VMO_RA_ACCEPT=1 cargo test --test suite golden::`, then read the difference with git before it is
//! committed.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use vmo_ra::revision::Revision;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares two revisions, which differ and so end with 1.
fn diff(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_vmo-ra"))
        .args(["diff", "1.7.0", "1.9.0"])
        .args(arguments)
        .env_remove("COLUMNS")
        .output()
        .expect("the program starts");
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn run(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_vmo-ra"))
        .args(arguments)
        .output()
        .expect("the program starts");
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                collect(root, &path, found);
            } else {
                let name = path
                    .strip_prefix(root)
                    .expect("it is below")
                    .display()
                    .to_string();
                found.insert(name, fs::read(&path).expect("the file can be read"));
            }
        }
    }
    let mut found = BTreeMap::new();
    if folder.is_dir() {
        collect(folder, folder, &mut found);
    }
    found
}

/// Compares a folder with golden/NAME, or takes it over.
fn compare(name: &str, made: &Path) {
    let golden = root().join("golden").join(name);
    if env::var_os("VMO_RA_ACCEPT").is_some() {
        let _ = fs::remove_dir_all(&golden);
        for (path, bytes) in files(made) {
            let target = golden.join(path);
            fs::create_dir_all(target.parent().expect("it has a folder"))
                .expect("the folder can be made");
            fs::write(target, bytes).expect("the file can be written");
        }
        return;
    }
    let (wanted, made) = (files(&golden), files(made));
    let mut differences = Vec::new();
    for path in wanted
        .keys()
        .chain(made.keys().filter(|path| !wanted.contains_key(*path)))
    {
        match (wanted.get(path), made.get(path)) {
            (Some(_), None) => differences.push(format!("golden/{name}/{path} was not written")),
            (None, Some(_)) => differences.push(format!("golden/{name}/{path} is not there")),
            (Some(wanted), Some(made)) if wanted != made => {
                differences.push(format!(
                    "golden/{name}/{path} differs: {}",
                    first_difference(wanted, made)
                ));
            }
            _ => {}
        }
    }
    assert!(
        differences.is_empty(),
        "{}\naccept a wanted change with VMO_RA_ACCEPT=1 cargo test --test suite golden::",
        differences.join("\n")
    );
}

fn first_difference(wanted: &[u8], made: &[u8]) -> String {
    let (wanted, made) = (
        String::from_utf8_lossy(wanted),
        String::from_utf8_lossy(made),
    );
    let pairs = wanted.lines().zip(made.lines()).zip(1..);
    for ((wanted, made), line) in pairs {
        if wanted != made {
            let at = wanted
                .chars()
                .zip(made.chars())
                .take_while(|(a, b)| a == b)
                .count();
            let around = |text: &str| {
                text.chars()
                    .skip(at.saturating_sub(40))
                    .take(120)
                    .collect::<String>()
            };
            return format!(
                "line {line}\n  golden: {}\n  made:   {}",
                around(wanted),
                around(made)
            );
        }
    }
    "one is longer".to_owned()
}

fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("golden-{name}"));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn revisions() -> Vec<Revision> {
    let load = |name| Revision::load(name).expect("it is built in");
    Revision::names().into_iter().map(load).collect()
}

fn rendered(revision: &str, arguments: &[&str]) -> PathBuf {
    let folder = scratch(&format!("golden-{revision}{}", arguments.join("")));
    let out = folder.display().to_string();
    run(&[
        &["render", "--revision", revision, "--out", &out][..],
        arguments,
    ]
    .concat());
    folder
}

#[test]
fn every_revision_is_golden() {
    for revision in revisions().iter().filter(|revision| revision.is_rendered()) {
        compare(&revision.name, &rendered(&revision.name, &[]));
    }
}

/// What another storage provider changes: the texts that differ from the RA's own, and the names of those that go.
#[test]
fn other_storage_is_golden() {
    let packs = root().join("tests/storage_packs").display().to_string();
    let portworx = files(&rendered(Revision::newest(), &["--packs", &packs]));
    for provider in ["longhorn", "trident", "portworx-csi"] {
        let folder = scratch(&format!("golden-storage-{provider}"));
        fs::create_dir_all(&folder).expect("the folder can be made");
        let site = root().join(format!("tests/data/storage-{provider}.yaml"));
        let out = folder.join("out").display().to_string();
        let site = site.display().to_string();
        run(&["render", "--site", &site, "--packs", &packs, "--out", &out]);
        let made = files(&folder.join("out"));
        let shown = folder.join("shown");
        fs::create_dir_all(&shown).expect("the folder can be made");
        let is_text = |path: &str| path.ends_with(".yaml");
        for (path, bytes) in made.iter().filter(|(path, _)| is_text(path)) {
            if portworx.get(path) != Some(bytes) {
                let target = shown.join(path);
                fs::create_dir_all(target.parent().expect("it has a folder"))
                    .expect("the folder can be made");
                fs::write(target, bytes).expect("the file can be written");
            }
        }
        let gone: String = portworx
            .keys()
            .filter(|path| is_text(path) && !made.contains_key(*path))
            .map(|path| format!("{path}\n"))
            .collect();
        fs::write(shown.join("gone.txt"), gone).expect("the file can be written");
        compare(&format!("storage/{provider}"), &shown);
    }
}

#[test]
fn networks_are_golden() {
    let folder = scratch("golden-nad");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let stream = run(&["nad", "--vlans", "21-23,untagged"]);
    fs::write(folder.join("stream.yaml"), stream).expect("the file can be written");
    compare("nad", &folder);
}

/// The files of a folder that `split` writes, and the one that is not a text of the profile itself.
#[test]
fn a_split_profile_is_golden() {
    let folder = scratch("golden-split");
    let split = folder.join("split");
    let export = root().join("golden/1.9.0/VMO-RA-Templates.json");
    let (export, out) = (export.display().to_string(), split.display().to_string());
    run(&["split", &export, "--out", &out]);
    let made = files(&split);
    let shown = folder.join("shown");
    fs::create_dir_all(&shown).expect("the folder can be made");
    let listing: String = made.keys().map(|path| format!("{path}\n")).collect();
    fs::write(shown.join("files.txt"), listing).expect("the file can be written");
    fs::write(shown.join("profile.yaml"), &made["profile.yaml"]).expect("the file can be written");
    compare("split", &shown);
}

#[test]
fn host_networks_are_golden() {
    let folder = scratch("golden-network");
    let cases = root().join("tests/network");
    for (name, site) in [
        ("two-bonds", None),
        ("one-bond", Some("one-bond.yaml")),
        ("one-bond-br0-vlan", Some("one-bond-br0-vlan.yaml")),
        ("machines", Some("machines.yaml")),
        ("control-plane", None),
    ] {
        let out = folder.join(name);
        fs::create_dir_all(&out).expect("the folder can be made");
        let site = site.map(|site| cases.join(site).display().to_string());
        for (format, file) in [
            ("netplan", "60-vmo.yaml"),
            ("maas-cli", "maas.sh"),
            ("terraform", "main.tf"),
        ] {
            let mut arguments = vec!["network", "--format", format];
            arguments.extend(site.iter().flat_map(|site| ["--site", site.as_str()]));
            match (name, format) {
                ("machines", "netplan") => arguments.extend(["--node", "worker-01"]),
                ("control-plane", _) => arguments.extend(["--role", "control-plane"]),
                _ => {}
            }
            fs::write(out.join(file), run(&arguments)).expect("the file can be written");
        }
    }
    compare("network", &folder);
}

#[test]
fn tables_are_golden() {
    let folder = scratch("golden-revisions");
    fs::create_dir_all(&folder).expect("the folder can be made");
    for (file, arguments) in [
        ("list.txt", &["revisions"][..]),
        ("compare.txt", &["revisions", "--compare", "1.7.0", "1.9.0"]),
    ] {
        fs::write(folder.join(file), run(arguments)).expect("the file can be written");
    }
    for revision in revisions() {
        let name = revision.name.as_str();
        let text = run(&["revisions", name]);
        fs::write(folder.join(format!("{name}.txt")), text).expect("the file can be written");
        // Nobody sees from its own files what a revision inherits.
        if revision.lineage().len() > 1 {
            let whole = run(&["revisions", name, "--format", "yaml"]);
            fs::write(folder.join(format!("{name}.yaml")), whole).expect("the file can be written");
        }
    }
    compare("revisions", &folder);
}

#[test]
fn the_difference_of_the_revisions_is_golden() {
    let folder = scratch("golden-diff");
    fs::create_dir_all(&folder).expect("the folder can be made");
    for (file, arguments) in [
        ("1.7.0..1.9.0.txt", &[][..]),
        ("1.7.0..1.9.0.stat.txt", &["--stat"]),
        ("1.7.0..1.9.0.json", &["--format", "json"]),
        ("1.7.0..1.9.0.md", &["--format", "markdown"]),
        ("1.7.0..1.9.0.html", &["--format", "html"]),
    ] {
        fs::write(folder.join(file), diff(arguments)).expect("the file can be written");
    }
    fs::write(folder.join("schema.json"), run(&["schema", "diff"]))
        .expect("the file can be written");
    compare("diff", &folder);
}

/// The RA tells its readers to edit lines 4, 10, 12 and 13 of a network.
#[test]
fn a_network_has_its_values_on_the_lines_the_ra_names() {
    let text = String::from_utf8(run(&[
        "nad", "--vlans", "42", "--bridge", "br7", "--prefix", "net-",
    ]))
    .expect("text");
    let line = |number: usize| {
        text.lines()
            .nth(number - 1)
            .expect("it has that many lines")
            .trim()
    };
    assert_eq!(line(4), "name: net-42");
    assert_eq!(line(10), "\"name\": \"net-42\",");
    assert_eq!(line(12), "\"bridge\": \"br7\",");
    assert_eq!(line(13), "\"vlan\": 42,");
    assert_eq!(line(14), "\"preserveDefaultVlan\": false,");
}

#[test]
fn sha256sum_accepts_the_checksums() {
    let folder = rendered("1.9.0", &["--as-published"]);
    let status = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
        .current_dir(&folder)
        .status();
    match status {
        Ok(status) => assert!(status.success(), "sha256sum refuses {}", folder.display()),
        Err(error) => {
            assert!(
                env::var_os("CI").is_none(),
                "sha256sum is required in CI: {error}"
            );
            eprintln!("skipped: sha256sum cannot be started: {error}");
        }
    }
}
