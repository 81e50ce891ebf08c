//! What the commands write is what lies in golden/ and schema/, byte for byte, and no command or format is left out.
//!
//! After a wanted change: `VMO_RA_ACCEPT=1 cargo test --test suite golden::`, then read the difference with git before it is
//! committed.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::harness::{Scratch, accepting, all_golden, differs, files, root, vmo_ra, write};
use crate::common::nothing_wrong;
use vmo_ra::revision::Revision;

fn run(arguments: &[&str]) -> Vec<u8> {
    let run = vmo_ra(arguments).run();
    run.ends(0);
    run.stdout
}

/// Compares a folder with golden/NAME, or takes it over.
fn compare(name: &str, made: &Path) {
    let golden = root("golden").join(name);
    let made = files(made);
    if accepting() {
        let _ = fs::remove_dir_all(&golden);
    }
    let wanted = files(&golden);
    let gone = wanted.keys().filter(|path| !made.contains_key(*path));
    let gone = gone.map(|path| format!("golden/{name}/{path} was not written"));
    let differ = made
        .iter()
        .filter_map(|(path, bytes)| differs(&format!("golden/{name}/{path}"), bytes));
    all_golden(gone.chain(differ));
}

fn revisions() -> Vec<Revision> {
    let load = |name| Revision::load(name).expect("it is built in");
    Revision::names().into_iter().map(load).collect()
}

fn rendered(revision: &str, arguments: &[&str]) -> Scratch {
    let folder = Scratch::new();
    let out = folder.display().to_string();
    run(&[
        &["render", "--revision", revision, "--out", &out],
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
    let packs = root("tests/storage_packs").display().to_string();
    let portworx = files(&rendered(Revision::newest(), &["--packs", &packs]));
    for provider in ["longhorn", "trident", "portworx-csi"] {
        let folder = Scratch::new();
        let site = root(&format!("tests/data/storage-{provider}.yaml"));
        let out = folder.join("out").display().to_string();
        let site = site.display().to_string();
        run(&["render", "--site", &site, "--packs", &packs, "--out", &out]);
        let made = files(&folder.join("out"));
        let shown = folder.join("shown");
        let is_text = |path: &str| path.ends_with(".yaml");
        for (path, bytes) in made.iter().filter(|(path, _)| is_text(path)) {
            if portworx.get(path) != Some(bytes) {
                write(&shown, path, bytes);
            }
        }
        let gone: String = portworx
            .keys()
            .filter(|path| is_text(path) && !made.contains_key(*path))
            .map(|path| format!("{path}\n"))
            .collect();
        write(&shown, "gone.txt", gone);
        compare(&format!("storage/{provider}"), &shown);
    }
}

/// The files of a folder that `split` writes, and the one that is not a text of the profile itself.
#[test]
fn a_split_profile_is_golden() {
    let folder = Scratch::new();
    let split = folder.join("split");
    let export = root("golden/1.9.0/VMO-RA-Templates.json");
    let (export, out) = (export.display().to_string(), split.display().to_string());
    run(&["split", &export, "--out", &out]);
    let made = files(&split);
    let shown = folder.join("shown");
    let listing: String = made.keys().map(|path| format!("{path}\n")).collect();
    write(&shown, "files.txt", listing);
    write(&shown, "profile.yaml", &made["profile.yaml"]);
    compare("split", &shown);
}

/// What is imported of a layer, beside the values that the profile holds.
#[test]
fn an_imported_pack_is_golden() {
    let folder = Scratch::new();
    let (packs, shown) = (folder.join("packs"), folder.join("shown"));
    let export = root("golden/1.9.0/VMO-RA-Core-PXKE.json");
    let (export, out) = (export.display().to_string(), packs.display().to_string());
    run(&["packs", "import", &export, "--out", &out]);
    let made = files(&packs);
    let listing: String = made.keys().map(|path| format!("{path}\n")).collect();
    write(&shown, "files.txt", listing);
    write(&shown, "pack.json", &made["nginx-1.15.4/pack.json"]);
    compare("import", &shown);
}

/// What a command prints, run in the repository: the file that holds it, the exit code, and the arguments.
fn outputs() -> Vec<(String, i32, String)> {
    let mut list: Vec<(String, i32, String)> = [
        ("init/site.yaml", 0, "init -"),
        ("nad/stream.yaml", 0, "nad --vlans 21-23,untagged"),
        ("revisions/list.txt", 0, "revisions"),
        ("revisions/list.json", 0, "revisions --format json"),
        (
            "revisions/compare.txt",
            0,
            "revisions --compare 1.7.0 1.9.0",
        ),
        ("diff/1.7.0..1.9.0.txt", 1, "diff 1.7.0 1.9.0"),
        ("diff/1.7.0..1.9.0.stat.txt", 1, "diff 1.7.0 1.9.0 --stat"),
        (
            "diff/1.7.0..1.9.0.json",
            1,
            "diff 1.7.0 1.9.0 --format json",
        ),
        (
            "diff/1.7.0..1.9.0.md",
            1,
            "diff 1.7.0 1.9.0 --format markdown",
        ),
        (
            "diff/1.7.0..1.9.0.html",
            1,
            "diff 1.7.0 1.9.0 --format html",
        ),
        (
            "check/captured.txt",
            1,
            "check tests/bad_input/captured_vlans.yaml",
        ),
        (
            "check/captured.json",
            1,
            "check tests/bad_input/captured_vlans.yaml --format json",
        ),
        (
            "check/captured.sarif",
            1,
            "check tests/bad_input/captured_vlans.yaml --format sarif",
        ),
        ("explain/captured-vlan.txt", 0, "explain captured-vlan"),
        (
            "explain/captured-vlan.json",
            0,
            "explain captured-vlan --format json",
        ),
        (
            "revisions/compare.json",
            0,
            "revisions --compare 1.7.0 1.9.0 --format json",
        ),
        (
            "packs/list.json",
            0,
            "packs list --packs tests/storage_packs --revision 1.9.0 --format json",
        ),
        (
            "packs/show.json",
            0,
            "packs show csi-longhorn --packs tests/storage_packs --format json",
        ),
        (
            "packs/list.txt",
            0,
            "packs list --packs tests/storage_packs --revision 1.9.0",
        ),
        (
            "packs/show.txt",
            0,
            "packs show csi-longhorn --packs tests/storage_packs",
        ),
        (
            "packs/apply.yaml",
            0,
            "packs apply cni-cilium-oss@1.17.4 --preset MicroK8s:microk8s-enable",
        ),
        (
            "upgrade/unedited.txt",
            0,
            "upgrade golden/1.7.0 --from 1.7.0",
        ),
        (
            "upgrade/unedited.json",
            0,
            "upgrade golden/1.7.0 --from 1.7.0 --format json",
        ),
        (
            "upgrade/unedited.html",
            0,
            "upgrade golden/1.7.0 --from 1.7.0 --format html",
        ),
        (
            "upgrade/unedited.md",
            0,
            "upgrade golden/1.7.0 --from 1.7.0 --format markdown",
        ),
        ("verify/1.9.0.txt", 0, "verify golden/1.9.0"),
        ("verify/1.9.0.json", 0, "verify golden/1.9.0 --format json"),
        (
            "fmt/check.txt",
            1,
            "fmt --check golden/1.9.0/VMO-RA-Templates.json",
        ),
    ]
    .map(|(file, code, arguments)| (format!("golden/{file}"), code, arguments.to_owned()))
    .into();
    for revision in revisions() {
        let name = revision.name.as_str();
        list.push((
            format!("golden/revisions/{name}.txt"),
            0,
            format!("revisions {name}"),
        ));
        // Nobody sees from its own files what a revision inherits.
        if revision.lineage().len() > 1 {
            let file = format!("golden/revisions/{name}.yaml");
            list.push((file, 0, format!("revisions {name} --format yaml")));
        }
    }
    for schema in values(&["schema"], "<OF>") {
        list.push((
            format!("schema/{schema}.json"),
            0,
            format!("schema {schema}"),
        ));
    }
    for (name, endings) in [
        ("two-bonds", &["txt", "json", "md", "html"][..]),
        ("one-bond", &["txt"]),
        ("one-bond-br0-vlan", &["txt", "html"]),
        ("trident", &["md"]),
    ] {
        for ending in endings {
            let format = match *ending {
                "txt" => "text",
                "md" => "markdown",
                same => same,
            };
            let arguments = format!("plan --site tests/plan/{name}.yaml --format {format}");
            list.push((format!("golden/plan/{name}.{ending}"), 0, arguments));
        }
    }
    list.push((
        "golden/recover/1.9.0-for-1.7.0.yaml".to_owned(),
        1,
        "recover golden/1.9.0 --revision 1.7.0".to_owned(),
    ));
    for (name, site) in [
        ("two-bonds", ""),
        ("one-bond", " --site tests/network/one-bond.yaml"),
        (
            "one-bond-br0-vlan",
            " --site tests/network/one-bond-br0-vlan.yaml",
        ),
        ("machines", " --site tests/network/machines.yaml"),
        ("control-plane", " --role control-plane"),
    ] {
        for (format, file) in [
            ("netplan", "60-vmo.yaml"),
            ("maas-cli", "maas.sh"),
            ("terraform", "main.tf"),
        ] {
            let node = match (name, format) {
                ("machines", "netplan") => " --node worker-01",
                _ => "",
            };
            let arguments = format!("network --format {format}{site}{node}");
            list.push((format!("golden/network/{name}/{file}"), 0, arguments));
        }
    }
    list
}

/// The folders of golden/ that other tests hold to what a command writes there.
const FOLDERS: [&str; 8] = [
    "1.7.0/",
    "1.9.0/",
    "import/",
    "palette/",
    "split/",
    "storage/",
    "terraform/",
    "upgrade/",
];

/// Commands that print nothing but what they have written, or want a tenant, and a file that holds it.
const WRITING: [(&str, &str); 20] = [
    ("packs import", "golden/import/pack.json"),
    ("render", "golden/1.9.0/SHA256SUMS"),
    ("render --format terraform", "golden/terraform/main.tf"),
    ("split", "golden/split/profile.yaml"),
    ("join", "golden/1.9.0/VMO-RA-Templates.json"),
    ("palette diff --format text", "golden/palette/diff.text"),
    ("palette diff --format json", "golden/palette/diff.json"),
    (
        "palette diff --format markdown",
        "golden/palette/diff.markdown",
    ),
    ("palette diff --format html", "golden/palette/diff.html"),
    (
        "palette export",
        "golden/palette/VMO-RA-Templates-1.9.0.json",
    ),
    ("palette import", "golden/palette/import.txt"),
    ("palette list", "golden/palette/list.txt"),
    ("palette list --format json", "golden/palette/list.json"),
    ("palette packs", "golden/palette/packs.txt"),
    ("palette packs --format json", "golden/palette/packs.json"),
    ("palette selftest", "golden/palette/selftest.txt"),
    (
        "palette selftest --format json",
        "golden/palette/selftest.json",
    ),
    ("palette status", "golden/palette/status.txt"),
    ("palette status --format json", "golden/palette/status.json"),
    ("palette validate", "golden/palette/validate.txt"),
];

/// Commands that print the definitions of the others; `alike::` holds what they say.
const DERIVED: [&str; 2] = ["completions", "man"];

#[test]
fn what_is_printed_is_golden() {
    let mut wrong = Vec::new();
    let list = outputs();
    for (file, code, arguments) in &list {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let run = vmo_ra(&arguments).run();
        run.ends(*code);
        wrong.extend(differs(file, &run.stdout));
    }
    let listed: BTreeSet<&str> = list.iter().map(|(file, ..)| file.as_str()).collect();
    for file in files(&root("golden")).into_keys() {
        let elsewhere = FOLDERS.iter().any(|folder| file.starts_with(folder));
        let file = format!("golden/{file}");
        if !elsewhere && !listed.contains(file.as_str()) {
            wrong.push(format!("{file} is what no command prints"));
        }
    }
    all_golden(wrong);
}

pub fn help(command: &[&str]) -> String {
    vmo_ra(&[command, &["-h"]].concat()).run().well()
}

/// The values that a command takes for an argument, and the one it has without, as its help tells.
fn choices(command: &[&str], argument: &str) -> (Vec<String>, Option<String>) {
    let help = help(command);
    let is_told = |line: &&str| {
        let mut words = line.trim_start().split([' ', ',']);
        words.find(|word| !word.is_empty() && (word.len() != 2 || !word.starts_with('-')))
            == Some(argument)
    };
    // What is told goes on in lines that stand deeper than any argument.
    let told = help.lines().find(is_told).map(|first| {
        let lines = help.lines().skip_while(|line| *line != first).skip(1);
        let rest = lines.take_while(|line| line.starts_with("         "));
        rest.fold(first.to_owned(), |told, line| {
            format!("{told} {}", line.trim())
        })
    });
    let after = |mark: &str| {
        let (_, rest) = told.as_ref()?.split_once(mark)?;
        rest.split(']').next()
    };
    let values = after("[possible values: ")
        .into_iter()
        .flat_map(|values| values.split(", "));
    let values: Vec<String> = values.map(str::to_owned).collect();
    assert_eq!(values.is_empty(), told.is_none(), "{command:?}: {help}");
    (values, after("[default: ").map(str::to_owned))
}

fn values(command: &[&str], argument: &str) -> Vec<String> {
    choices(command, argument).0
}

/// The commands below one, each with the words that call it.
pub fn commands(above: &[&str]) -> Vec<Vec<String>> {
    let help = help(above);
    let Some((_, list)) = help.split_once("Commands:\n") else {
        return vec![above.iter().map(|&word| word.to_owned()).collect()];
    };
    let names = list.lines().take_while(|line| !line.is_empty());
    // Where a description goes on, its line stands deeper.
    let names = names.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names
        .filter(|name| !matches!(*name, "" | "help"))
        .flat_map(|name| commands(&[above, &[name]].concat()))
        .collect()
}

/// Asks the program itself, so that a new command or format is noticed.
#[test]
fn every_command_and_format_is_golden() {
    let outputs = outputs();
    let all = commands(&[]);
    assert!(all.len() >= 16, "only {all:?}");
    let mut wrong = Vec::new();
    for words in &all {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = words.join(" ");
        let written = WRITING.iter().filter(|(_, file)| root(file).is_file());
        let golden: Vec<&str> = outputs
            .iter()
            .map(|(_, _, arguments)| arguments.as_str())
            .chain(written.map(|(writing, _)| *writing))
            .filter(|arguments| format!("{arguments} ").starts_with(&format!("{command} ")))
            .collect();
        if golden.is_empty() && !DERIVED.contains(&command.as_str()) {
            wrong.push(format!("`{command}` has no golden file"));
        }
        let (formats, default) = choices(&words, "--format");
        for format in formats {
            let named = format!("--format {format}");
            let shown = |arguments: &&str| {
                format!("{arguments} ").contains(&format!("{named} "))
                    || default.as_ref() == Some(&format) && !arguments.contains("--format")
            };
            if !golden.iter().any(shown) {
                wrong.push(format!("`{command} {named}` has no golden file"));
            }
        }
    }
    nothing_wrong(&wrong);
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
