//! Every rule can be explained, and nothing else can.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use regex_lite::Regex;
use vmo_ra::rules::explanations;

/// The ids that stand in the rules' code.
fn ids_in_code() -> BTreeSet<String> {
    let finding =
        Regex::new(r#"(?:error|warning|note|unknown|Some\()\(\s*"([a-z0-9]+(?:-[a-z0-9]+)*)","#)
            .expect("a pattern");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.join("rules"), source.join("cluster")];
    let mut ids = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).expect("the file can be read");
            let text = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap_or_default();
            ids.extend(finding.captures_iter(text).map(|found| found[1].to_owned()));
        }
    }
    ids
}

#[test]
fn every_rule_is_explained() {
    let explained: Vec<String> = explanations()
        .expect("the data is whole")
        .into_iter()
        .map(|rule| {
            for text in [&rule.title, &rule.why, &rule.way_out, &rule.source] {
                assert!(text.len() > 3, "{}: a text is missing", rule.id);
            }
            rule.id
        })
        .collect();
    let unique: BTreeSet<String> = explained.iter().cloned().collect();
    assert_eq!(unique.len(), explained.len(), "a rule is explained twice");
    let code = ids_in_code();
    assert!(code.len() > 50, "only {} rules", code.len());
    let unexplained: Vec<&String> = code.difference(&unique).collect();
    let gone: Vec<&String> = unique.difference(&code).collect();
    assert!(
        unexplained.is_empty() && gone.is_empty(),
        "not explained: {unexplained:?}, not there: {gone:?}"
    );
}

fn explain(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_vmo-ra"))
        .arg("explain")
        .args(arguments)
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn a_rule_is_explained_on_the_command_line() {
    let (code, out, err) = explain(&["captured-vlan"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        "captured-vlan: a VM VLAN never reaches the bridge

A VLAN subinterface of the bond takes the frames of its VLAN before the bridge sees them, so VMs in that VLAN are silent.

way out: Leave the VLAN out of network.vmVlans, or put the host on a VLAN of the bridge with the layout one-bond-br0-vlan.
source: RA, When limited on network interfaces
"
    );
    let (code, out, err) = explain(&["captured-vlans"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert_eq!(
        err,
        "error: there is no rule `captured-vlans`
  = note: did you mean `captured-vlan`?
  = help: `vmo-ra explain` lists them all

"
    );
    let (_, list, _) = explain(&[]);
    assert!(
        list.lines().any(|line| line.starts_with("no-array  ")),
        "{list}"
    );
}
