//! Our own processes, whatever others would take.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::case::{Case, PROGRAM};
use super::inputs;

/// What the others are compared with, for the time that a process takes whatever it does.
pub const START: &str = "--version";

/// Runs with one site, its networks and its packs.
pub fn render(scratch: &Path, missing: &mut Vec<String>) -> Vec<Case> {
    let list: String = (100..1100)
        .map(|id| format!("  - {{vlan: {id}}}\n"))
        .collect();
    let site = write(
        &scratch.join("site.yaml"),
        &format!("network: {{vmVlans: 21-1100}}\nnads:\n{list}"),
    );
    let example = scratch.join("verified");
    run(&["render", "--out", &shown(&example)]);
    let to_stream = ["--profile", "templates", "--out", "-"];
    let mut cases = vec![
        Case::of("/bin/true, the floor", "/bin/true", &[]),
        Case::ours(START, &["--version"]),
        Case::ours("render, the example", &["render"]).writing(scratch.join("example")),
        Case::ours("verify, the example", &["verify", &shown(&example)]),
        Case::ours(
            "nad, a site with 1,000 to a stream",
            &["nad", "--site", &site],
        ),
        Case::ours("nad, a site with 1,000 to files", &["nad", "--site", &site])
            .writing(scratch.join("networks")),
        Case::ours(
            "render, the same site, one profile to a stream",
            &[&["render", "--site", &site], &to_stream[..]].concat(),
        ),
        Case::ours(
            "render, the same site to files",
            &["render", "--site", &site],
        )
        .writing(scratch.join("thousand")),
        Case::ours("check, a site with 1,000 networks", &["check", &site]),
    ];
    match vendors() {
        Some(packs) => cases.push(
            Case::ours(
                "render 1.7.0 from two vendor packs",
                &["render", "--revision", "1.7.0", "--packs", &packs],
            )
            .writing(scratch.join("vendors")),
        ),
        None => missing.push("`render` from vendor packs: there is no ../shared/packs".to_owned()),
    }
    for lines in PACK_LINES {
        let packs = scratch.join(format!("packs-{lines}"));
        inputs::long_pack(&packs, lines);
        let packs = shown(&packs);
        cases.push(
            Case::ours(
                render_of_pack(lines),
                &["render", "--profile", "core", "--packs", &packs],
            )
            .writing(scratch.join(format!("long-{lines}"))),
        );
    }
    cases
}

/// The name of the case with a pack of so many lines.
pub fn render_of_pack(lines: usize) -> String {
    format!("render, a pack of {lines} lines")
}

/// Networks for so many VLANs; `counts` are the last VLANs.
pub fn networks(counts: &[usize]) -> Vec<Case> {
    let case = |count: &usize| {
        Case::ours(
            networks_of(*count),
            &["nad", "--vlans", &format!("1-{count}")],
        )
    };
    counts.iter().map(case).collect()
}

/// The name of the case with so many networks.
pub fn networks_of(count: usize) -> String {
    format!("nad --vlans 1-{count}")
}

/// The sizes of exports.
pub const MEGABYTES: [usize; 3] = [1, 5, 25];
/// The sizes of one value in an export.
pub const PARTS: [usize; 3] = [1, 3, 8];
/// The sizes of packs.
pub const PACK_LINES: [usize; 3] = [10_000, 50_000, 100_000];

/// What compares, takes apart and checks revisions and exports.
pub fn exports(scratch: &Path, missing: &mut Vec<String>) -> Vec<Case> {
    let mut cases = vec![Case::ours("diff 1.7.0 1.9.0", &["diff", "1.7.0", "1.9.0"]).differs()];
    for size in MEGABYTES {
        let [old, new] = sides(scratch, &size.to_string(), &|changed| {
            inputs::profile(size * 1_000_000, changed)
        });
        cases.push(Case::ours(diff_of(size), &["diff", &old, &new]).differs());
        cases.push(Case::ours(check_of(size), &["check", &new]).may_find());
    }
    for (name, values) in [
        ("list", inputs::one_list as fn(usize, bool) -> String),
        ("text", inputs::one_text),
    ] {
        for size in PARTS {
            let [old, new] = sides(scratch, &format!("{name}-{size}"), &|changed| {
                inputs::profile_of(&values(size * 1_000_000, changed))
            });
            let arguments = ["diff", &old, &new, "--stat"];
            let case = Case::ours(diff_of_one(name, size), &arguments);
            cases.push(case.differs().runs(5));
        }
    }
    let export = shown(&scratch.join("new-5.json"));
    let folder = shown(&scratch.join("split-once"));
    run(&["split", &export, "--out", &folder]);
    cases.push(Case::ours("split, 5 MB", &["split", &export]).writing(scratch.join("split")));
    cases.push(Case::ours("join, 5 MB", &["join", &folder]));
    match vendors() {
        Some(packs) => {
            let export = vendors_export(scratch, &packs);
            cases.push(Case::ours("check, 5 MB of vendor packs", &["check", &export]).may_find());
        }
        None => missing.push("`check` of vendor packs: there is no ../shared/packs".to_owned()),
    }
    cases
}

/// The name of the comparison of exports of so many megabytes.
pub fn diff_of(megabytes: usize) -> String {
    format!("diff, 40 layers of {megabytes} MB in all")
}

/// The name of the comparison of a value of so many megabytes.
pub fn diff_of_one(what: &str, megabytes: usize) -> String {
    format!("diff, one {what} of {megabytes} MB")
}

/// The name of the check of an export of so many megabytes.
pub fn check_of(megabytes: usize) -> String {
    format!("check, an export of {megabytes} MB")
}

fn sides(scratch: &Path, name: &str, text: &dyn Fn(bool) -> String) -> [String; 2] {
    [("old", false), ("new", true)]
        .map(|(side, changed)| write(&scratch.join(format!("{side}-{name}.json")), &text(changed)))
}

/// About 5 MB of layers made from real packs.
fn vendors_export(scratch: &Path, packs: &str) -> String {
    let rendered = run(&[
        "render",
        "--revision",
        "1.7.0",
        "--packs",
        packs,
        "--profile",
        "infra",
        "--out",
        "-",
    ]);
    let rendered = serde_json::from_str(&rendered).expect("a profile is JSON");
    let export = inputs::repeated(&rendered, 5_000_000);
    write(&scratch.join("vendors.json"), &export)
}

/// One run for so many sites.
pub fn fleet(scratch: &Path, sizes: &[usize]) -> Vec<Case> {
    let case = |sites: &usize| {
        let folder = scratch.join(format!("sites-{sites}"));
        inputs::fleet(&folder, *sites);
        Case::ours(fleet_of(*sites), &["render", "--sites", &shown(&folder)])
            .writing(scratch.join(format!("fleet-{sites}")))
            .runs(if *sites > 100 { 5 } else { 11 })
    };
    sizes.iter().map(case).collect()
}

/// The name of the case with so many sites.
pub fn fleet_of(sites: usize) -> String {
    format!("render --sites, {sites} sites")
}

/// Runs our program for what it writes.
pub fn run(arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .output()
        .expect("the program starts");
    assert!(
        output.status.success(),
        "{arguments:?} fails: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("it is text")
}

/// Writes a file, and says where it is.
pub fn write(file: &Path, text: &str) -> String {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).expect("the folder can be made");
    }
    fs::write(file, text).expect("the file can be written");
    shown(file)
}

/// A path as an argument.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Real packs, which cannot lie in this repository.
fn vendors() -> Option<String> {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/packs");
    packs.is_dir().then(|| shown(&packs))
}
