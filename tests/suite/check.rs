//! `vmo-ra check` from the outside: what it takes, what it says in each format, and how it ends.
//!
//! tests/check/NAME.stdout holds all of standard output. After a wanted change: `VMO_RA_ACCEPT=1 cargo test --test suite check::`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::common::harness::{Scratch, is_golden, read, root, vmo_ra, write};
use crate::common::{Shared, of_revisions};
use serde_json::Value;
use vmo_ra::diagnostic::Code;
use vmo_ra::rules::Rule;

/// Checks in a folder, with this exit code and nothing on standard error.
fn checked(folder: &Path, arguments: &str, code: i32) -> String {
    let output = vmo_ra(&format!("check {arguments}")).within(folder).run();
    let stderr = output.said();
    assert!(stderr.is_empty(), "{arguments:?}: {stderr}");
    assert_eq!(output.code, Some(code), "{}", output.told());
    output.told()
}

#[test]
fn sixty_mistakes_are_told_in_one_run_and_in_the_order_of_the_file() {
    let shown = checked(&root("tests/check"), "sixty.yaml", 3);
    is_golden("tests/check/sixty.stdout", &shown);
    assert!(
        !shown.contains("hunter2") && !shown.contains("f694ab394a3b"),
        "a secret shows"
    );
    let json = checked(&root("tests/check"), "sixty.yaml --format json", 3);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.len() >= 60, "only {} findings", findings.len());
    let lines: Vec<u64> = findings
        .iter()
        .filter_map(|finding| finding["line"].as_u64())
        .collect();
    assert!(lines.len() >= 60, "only {} have a line", lines.len());
    assert!(lines.is_sorted(), "{lines:?}");
    // Mistakes of form and of rules, both; the form's are told apart by their kind.
    let ids = findings.iter().filter_map(|finding| finding["id"].as_str());
    let of_form: Vec<&str> = ids.filter(|id| Rule::find(id).is_err()).collect();
    assert!((30..findings.len()).contains(&of_form.len()), "{of_form:?}");
    let kinds: BTreeSet<&str> = of_form.into_iter().collect();
    let wanted = [
        Code::NoSecret,
        Code::OpenSecret,
        Code::Unreadable,
        Code::UnknownKey,
        Code::WrongShape,
        Code::WrongValue,
    ];
    assert_eq!(kinds, wanted.map(Code::as_str).into());
}

#[test]
fn whatever_we_write_is_in_order() {
    let folder = Scratch::new();
    write(
        &folder,
        "site.yaml",
        "registries: {acceptBuiltInValues: true}\n",
    );
    for revision in ["1.7.0", "1.9.0"] {
        let out = format!("out-{revision}");
        folder
            .run(&format!(
                "render site.yaml --revision {revision} --out {out}"
            ))
            .ends(0);
        let shown = checked(
            &folder,
            &format!("{out} --against {revision} --deny warnings"),
            0,
        );
        let (of, corrected) = if revision == "1.7.0" {
            (433, 16)
        } else {
            (530, 37)
        };
        let printed = of - corrected;
        assert!(
            shown.contains(&format!(
                "RA {revision}: of {of} claims, {printed} hold as printed and {corrected} as corrected by an erratum; \
                 0 do not hold\n"
            )),
            "{shown}"
        );
        // Each profile alone, its folder, and the manifests alone.
        for entry in fs::read_dir(folder.join(&out)).expect("the folder") {
            let name = entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned();
            if !name.ends_with(".json") {
                continue;
            }
            let file = format!("{out}/{name}");
            checked(&folder, &file, 0);
            let split = format!("split-{revision}-{name}");
            folder.run(&format!("split {file} --out {split}")).ends(0);
            checked(&folder, &split, 0);
            checked(&folder, &format!("{split}/profile.yaml"), 0);
        }
        checked(&folder, &format!("{out}/manifests"), 0);
    }
}

#[test]
fn a_finding_names_the_file_that_a_person_can_open() {
    let folder = Scratch::new();
    folder.run("render --out out").ends(0);
    let export = folder.join("out/VMO-RA-Core-PXKE.json");
    let json = fs::read_to_string(&export).expect("the profile");
    let changed = json.replace("{{ .spectro.var.VMVlans }}", "{{ .spectro.var.VmVlans }}");
    assert_ne!(json, changed);
    write(&folder, "core.json", &changed);
    folder.run("split core.json --out core").ends(0);
    is_golden(
        "tests/check/undeclared_export.stdout",
        checked(&folder, "core.json", 1),
    );
    is_golden(
        "tests/check/undeclared_split.stdout",
        checked(&folder, "core", 1),
    );
    let sarif = checked(&folder, "core --format sarif", 1);
    is_golden(
        "tests/check/undeclared_sarif.stdout",
        sarif.replace(env!("CARGO_PKG_VERSION"), "VERSION"),
    );
    let log: Value = serde_json::from_str(&sarif).expect("JSON");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in run["results"].as_array().expect("results") {
        let index = result["ruleIndex"].as_u64().expect("an index");
        let index = usize::try_from(index).expect("a small number");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a place");
        assert!(folder.join(uri).is_file(), "{uri}");
        assert!(
            place["region"]["startLine"]
                .as_u64()
                .is_none_or(|line| line > 0)
        );
    }
}

/// The URIs of the files that a log names.
fn uris(folder: &Path, file: &str) -> BTreeSet<String> {
    let output = vmo_ra(&["check", "--format", "sarif", file])
        .within(folder)
        .run();
    let log: Value = output.json();
    let results = log["runs"][0]["results"].as_array().expect("results");
    results
        .iter()
        // What a site leaves out has no place.
        .filter_map(|result| result["locations"].get(0))
        .map(|location| {
            let place = &location["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str();
            uri.expect("a place").to_owned()
        })
        .collect()
}

#[test]
fn sarif_names_a_file_whose_name_has_a_colon_or_starts_at_the_root() {
    let folder = Scratch::new();
    fs::copy(
        root("tests/check").join("sixty.yaml"),
        folder.join("a: b \u{f6}.yaml"),
    )
    .expect("the file can be copied");
    folder.run("render --out out").ends(0);
    let core = read(&folder, "out/VMO-RA-Core-PXKE.json");
    let changed = core.replace(".spectro.var.VMVlans", ".spectro.var.VmVlans");
    write(&folder, "core: 2.json", changed);
    for (file, uri) in [
        ("a: b \u{f6}.yaml", "a%3A%20b%20%C3%B6.yaml"),
        ("core: 2.json", "core%3A%202.json"),
    ] {
        assert_eq!(
            uris(&folder, file),
            BTreeSet::from([uri.to_owned()]),
            "{file}"
        );
    }
    let absolute = folder.join("./out/../core: 2.json");
    for uri in uris(&folder, absolute.to_str().expect("UTF-8")) {
        assert!(
            uri.starts_with("file:///") && !uri.contains("/out/"),
            "{uri}"
        );
        assert!(
            uri.ends_with("/core%3A%202.json") && !uri.contains("/."),
            "{uri}"
        );
    }
}

#[test]
fn the_json_form_is_that_of_its_schema() {
    let folder = Scratch::new();
    let schema: Value = folder.run("schema check").json();
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let mut reports = vec![
        checked(&root("tests/check"), "sixty.yaml --format json", 3),
        checked(&folder, "--format json", 0),
    ];
    if let Some(shared) = Shared::find() {
        let export = shared.path("exports/VMO-RA-Templates-1.9.6-longhorn.json");
        let export = fs::canonicalize(export)
            .expect("the export")
            .display()
            .to_string();
        reports.push(checked(
            &folder,
            &format!("{export} --against 1.9.0 --format json"),
            1,
        ));
    }
    for report in reports {
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn a_real_export_is_measured_against_a_revision() {
    let Some(shared) = Shared::find() else { return };
    let folder = shared.path("exports");
    let shown = checked(
        &folder,
        "VMO-RA-Templates-1.9.6-longhorn.json --against 1.9.0",
        1,
    );
    assert!(
        shown.contains(
            "\nRA 1.9.0: of 170 claims, 161 hold as printed and 0 as corrected by an erratum; 9 do not hold\n"
        ),
        "{shown}"
    );
    assert!(shown.contains("storage-block-preferred: Block volumes are preferred (Enabling Live Migration)\n      expected \"Block\"\n      found \"Filesystem\"\n"), "{shown}");
    assert!(
        shown.ends_with("5 errors, 2 warnings, 4 notes; `vmo-ra explain ID` tells more\n"),
        "{shown}"
    );
}

const NO_LAYERS: &str = "error: `docs-2024` has only tables and no layers to render\n  = help: render NEWEST, or look at it with `vmo-ra revisions docs-2024`\n\n";

#[test]
fn what_cannot_be_checked_is_explained() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("empty")).expect("the folder can be made");
    write(&folder, "cut.json", "{\"metadata\": {");
    write(&folder, "broken.yaml", "cluster: [\n");
    write(&folder, "berlin-site.yaml", "cluster: {name: vmo}\n");
    for (arguments, code, message) in [
        (
            "check none.yaml",
            3,
            "error: cannot read `none.yaml`: No such file or directory (os error 2)\n  = help: check that it exists and that you may read it\n\n",
        ),
        (
            "check empty",
            2,
            "error: `empty` holds no site, no profile and no manifests\n  = help: name a site, a profile, a folder that `vmo-ra render` or `vmo-ra split` wrote, or one with manifests\n\n",
        ),
        (
            "check --against 1.9.0",
            2,
            "error: there is no profile to compare with the reference architecture\n  = help: name a profile export, or a folder that `vmo-ra render` wrote\n\n",
        ),
        (
            "check --against 1.8.0",
            2,
            "error: there is no revision `1.8.0`\n  = note: did you mean `1.7.0`?\n  = help: revisions: REVISIONS\n\n",
        ),
        // As `render` says.
        ("check berlin-site.yaml --revision docs-2024", 2, NO_LAYERS),
        ("check --revision docs-2024 --format json", 2, NO_LAYERS),
    ] {
        let output = folder.run(arguments);
        output.says(code, of_revisions(message));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let output = folder.run("check cut.json broken.yaml");
    output.ends(2);
    let stderr = output.said();
    assert!(
        stderr.contains("cut.json:1:14") && stderr.contains("broken.yaml:"),
        "{stderr}"
    );
}

#[test]
fn warnings_can_be_denied() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "cluster: {workers: 3}\n");
    let shown = checked(&folder, "site.yaml", 0);
    assert!(shown.contains("[few-workers]"), "{shown}");
    checked(&folder, "site.yaml --deny warnings", 1);
}

#[test]
fn claims_that_do_not_hold_are_results_for_code_hosts() {
    let folder = Scratch::new();
    folder
        .run("render --revision 1.9.0 --profile core --out out")
        .ends(0);
    let log = |revision: &str| -> Value {
        let told = checked(
            &folder,
            &format!("out --against {revision} --format sarif"),
            0,
        );
        serde_json::from_str(&told).expect("it is JSON")
    };
    let claims = |log: &Value| -> Vec<Value> {
        let results = log["runs"][0]["results"].as_array().expect("a list");
        let is_claim = |result: &&Value| result["ruleId"] == "claim";
        results.iter().filter(is_claim).cloned().collect()
    };
    assert_eq!(claims(&log("1.9.0")), Vec::<Value>::new());
    let log = log("1.7.0");
    let found = claims(&log);
    assert!(found.len() > 3, "{found:?}");
    let rule = found[0]["ruleIndex"].as_u64().expect("a number");
    let rules = &log["runs"][0]["tool"]["driver"]["rules"];
    assert_eq!(
        rules[usize::try_from(rule).expect("it is small")]["id"],
        "claim"
    );
    let place = &found[0]["locations"][0];
    assert_eq!(
        place["physicalLocation"]["artifactLocation"]["uri"],
        "out/VMO-RA-Core-PXKE.json"
    );
}

#[test]
fn a_tagged_network_to_boot_over_is_a_note() {
    let folder = Scratch::new();
    write(
        &folder,
        "site.yaml",
        "network:\n  pxe: {vlan: 5, cidr: 192.168.0.0/22}\n",
    );
    let shown = checked(&folder, "site.yaml", 0);
    assert!(
        shown.contains(
            "note: machines boot over VLAN 5, and firmware sends its requests untagged [boot-tagged]
 --> site.yaml:2:15
  |
2 |   pxe: {vlan: 5, cidr: 192.168.0.0/22}
  |               ^
  |
  = note: reference architecture, Network configuration
  = help: make 5 the native VLAN of the switch ports they boot over, or set it in their UEFI; a native network is the simplest
"
        ),
        "{shown}"
    );
    assert!(!checked(&folder, "", 0).contains("boot-tagged"));
}

#[test]
fn disks_that_maas_erases_are_an_error() {
    let folder = Scratch::new();
    write(
        &folder,
        "site.yaml",
        "nodes:\n  eraseDisksOnRelease: true\n",
    );
    let shown = checked(&folder, "site.yaml", 1);
    assert!(
        shown.contains(
            "error: MAAS erases the data of VMs whenever a node is repaved [erased-disks]
 --> site.yaml:2:24
  |
2 |   eraseDisksOnRelease: true
  |                        ^^^^
  |
  = note: reference architecture, Canonical MAAS configuration
  = help: switch off `Erase nodes' disks prior to releasing` in MAAS, Settings, Storage, and say `false` here
"
        ),
        "{shown}"
    );
    write(
        &folder,
        "site.yaml",
        "nodes:\n  eraseDisksOnRelease: false\n",
    );
    assert!(!checked(&folder, "site.yaml", 0).contains("erased-disks"));
}

/// What cannot be read is left out of its list; what is found in the others is shown where these stand.
#[test]
fn findings_behind_an_item_that_cannot_be_read_are_in_their_place() {
    let folder = Scratch::new();
    let site = "vmo:
  goldenImages:
  - {name: a, source: 'docker://r/a:1', size: 50}
  - {name: b, source: 'docker://r/b', size: 20Gi}
  - {name: c, source: 'docker://r/c:1', size: 50}
  - {name: d, source: 'docker://r/d', size: 20Gi}
  templates: []
";
    write(&folder, "site.yaml", site);
    let report = checked(&folder, "site.yaml --format json", 1);
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let unpinned = report["findings"].as_array().expect("a list").iter();
    let unpinned = unpinned.filter(|finding| finding["id"] == "unpinned-image");
    let places: Vec<(Option<u64>, Option<u64>)> = unpinned
        .map(|finding| (finding["line"].as_u64(), finding["column"].as_u64()))
        .collect();
    assert_eq!(places, [(Some(4), Some(23)), (Some(6), Some(23))]);
}

#[test]
fn what_render_refuses_is_found_with_and_without_packs() {
    let folder = Scratch::new();
    for (site, arguments, id) in [
        ("packVersions: {kubernetes: 1.36.1}", "", "pack-constraint"),
        ("packVersions: {cilium: 1.19.5}", "", "unknown-name"),
        ("storage: {provider: longhorn}", "", "pack-missing"),
    ] {
        write(&folder, "site.yaml", site);
        let report = checked(&folder, &format!("site.yaml --format json {arguments}"), 1);
        assert!(
            report.contains(&format!("\"id\": \"{id}\"")),
            "{site}: {report}"
        );
        folder.run("render --site site.yaml").ends(2);
    }
    // With the pack, or without the profile that needs it, nothing is wrong.
    let packs = root("tests/storage_packs").display().to_string();
    for arguments in [
        format!("--packs {packs}"),
        "--profile core --profile templates".to_owned(),
    ] {
        checked(&folder, &format!("site.yaml --format json {arguments}"), 0);
        folder
            .run(&format!("render --site site.yaml --force {arguments}"))
            .ends(0);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_no_finding() {
    let folder = Scratch::new();
    let site = "nodes: {caCertificates: [{name: a, file: none.pem}]}";
    write(&folder, "site.yaml", site);
    let run = folder.run("check site.yaml");
    run.ends(3);
    folder.run("render --site site.yaml").ends(3);
}
