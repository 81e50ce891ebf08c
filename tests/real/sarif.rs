//! What `vmo-ra check --format sarif` writes is SARIF 2.1.0 to Microsoft's validator of it, beyond the schema.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::Shared;
use crate::common::harness::{Scratch, read, vmo_ra, write};
use crate::common::nothing_wrong;
use crate::common::programs::program;
use crate::common::schema::{compile, complaints};

/// What it remarks on and we decided against: there is no page about this tool, and a text inside an export has no lines
/// in the file.
const DECIDED: [&str; 2] = ["SARIF2005", "SARIF2017"];

/// Writes a log for each kind of input.
fn logs(folder: &Path) -> Vec<Value> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mistakes = cases.join("sixty.yaml");
    let mistakes = mistakes.to_str().expect("UTF-8");
    let odd = "mit Leerzeichen/gr\u{f6}\u{df}e: 1 #%?.yaml";
    fs::create_dir_all(folder.join("mit Leerzeichen")).expect("the folder can be made");
    fs::copy(mistakes, folder.join(odd)).expect("the file can be copied");
    vmo_ra("render --out out").within(folder).run().ends(0);
    let export = folder.join("out/VMO-RA-Core-PXKE.json");
    let core = fs::read_to_string(&export).expect("the profile");
    let changed = core.replace(".spectro.var.VMVlans", ".spectro.var.VmVlans");
    write(folder, "core: 2.json", changed);
    vmo_ra(&["split", "core: 2.json", "--out", "core folder"])
        .within(folder)
        .run()
        .ends(0);
    let mut inputs = vec![
        vec![],
        vec![mistakes.to_owned()],
        vec![odd.to_owned()],
        vec!["-".to_owned()],
        vec!["out".to_owned()],
        vec!["out/manifests".to_owned()],
        ["core: 2.json", "--against", "1.7.0"]
            .map(str::to_owned)
            .to_vec(),
        vec!["core: 2.json".to_owned(), odd.to_owned()],
        vec!["core folder".to_owned()],
    ];
    if let Some(shared) = Shared::find() {
        let export = shared.path("exports/VMO-RA-Templates-1.9.6-longhorn.json");
        inputs.push(vec![export.display().to_string()]);
    }
    let mut logs = Vec::new();
    for (number, input) in inputs.iter().enumerate() {
        let input: Vec<&str> = input.iter().map(String::as_str).collect();
        let site = fs::File::open(mistakes).expect("the site");
        let arguments = [&["check", "--format", "sarif"], &input[..]].concat();
        let output = vmo_ra(&arguments).within(folder).reading(site).run();
        assert!(matches!(output.code, Some(0 | 1 | 3)), "{input:?}");
        let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results");
        let is_ours = input.first().is_none_or(|path| path.starts_with("out"));
        // The example has no packs at hand, which is the one thing that is said of it.
        let is_fine = results
            .iter()
            .all(|result| result["level"] == "note" || result["ruleId"] == "built-in-values");
        assert_eq!(is_fine, is_ours, "{input:?}");
        write(folder, &format!("log-{number}.sarif"), output.stdout);
        logs.push(log);
    }
    logs
}

#[test]
fn every_log_is_sarif_to_its_validator() {
    let Some(launcher) = program("sarif-multitool-linux") else {
        return;
    };
    // The launcher hands its arguments to a shell.
    let package = fs::canonicalize(launcher).expect("a program");
    let package = package.parent().expect("the folder of a package");
    let folder = Scratch::new();
    let logs = logs(&folder);
    let output = Command::new(package.join("Sarif.Multitool"))
        .args([
            "validate",
            "*.sarif",
            "--output",
            "found.json",
            "--log",
            "ForceOverwrite",
        ])
        .args(["--level", "Error;Warning", "--kind", "Fail"])
        // It asks for ICU otherwise, which it does not bring along.
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .current_dir(&folder)
        .output()
        .expect("the validator starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let found =
        fs::read(folder.join("found.json")).unwrap_or_else(|error| panic!("{error}: {said}"));
    let found: Value = serde_json::from_slice(&found).expect("JSON");
    let run = &found["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], true, "{said}");
    for number in 0..logs.len() {
        let name = format!("log-{number}.sarif");
        assert!(said.contains(&name), "{name} was not looked at: {said}");
    }
    let results = run["results"].as_array().expect("results");
    let mut problems: Vec<String> = results
        .iter()
        .filter(|result| !DECIDED.iter().any(|rule| result["ruleId"] == *rule))
        .map(|result| {
            format!(
                "{} {} {}",
                result["ruleId"], result["locations"][0], result["message"]
            )
        })
        .collect();
    // It reads over values that an enumeration lacks.
    let schema = read(package, "sarif-2.1.0.json");
    let schema = compile(
        "sarif-2.1.0.json",
        serde_json::from_str(&schema).expect("JSON"),
    );
    for (number, log) in logs.iter().enumerate() {
        problems.extend(complaints(&format!("log-{number}"), &schema, log));
    }
    nothing_wrong(&problems);
}
