//! Every rule is explained, and shown by a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::common::harness::vmo_ra;
use serde_json::json;
use vmo_ra::diagnostic::Source;
use vmo_ra::rules::Rule;
use vmo_ra::yaml::{self, Limits};

#[test]
fn the_rules_are_those_of_the_data() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/rules.yaml");
    let text = fs::read_to_string(path).expect("the file can be read");
    let read = yaml::to_json(&Source::new("rules.yaml", text), Limits::INPUT).expect("it is YAML");
    let rules: Vec<_> = Rule::all()
        .iter()
        .map(|rule| {
            json!({"id": rule.id, "title": rule.title, "why": rule.why, "wayOut": rule.way_out, "source": rule.source})
        })
        .collect();
    assert_eq!(read, json!({"rules": rules}));
}

#[test]
fn every_rule_is_explained() {
    let mut ids = BTreeSet::new();
    for rule in Rule::all() {
        for text in [rule.title, rule.why, rule.way_out, rule.source] {
            assert!(text.len() > 3, "{}: a text is missing", rule.id);
        }
        // It stands behind `help:`, as a finding's own does.
        assert!(!rule.way_out.ends_with('.'), "{}: a full stop", rule.id);
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert_eq!(Rule::find(rule.id).expect("it is there"), rule);
    }
}

/// All texts of the tests, and of the tests within the rules.
fn tests() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![
        root.join("tests"),
        root.join("src/rules"),
        root.join("src/cluster"),
    ];
    let mut texts = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|end| end == "rs" || end == "stderr" || end == "stdout")
            {
                let text = fs::read_to_string(&path).expect("the file can be read");
                let own = if folder.starts_with(root.join("tests")) {
                    Some(text.as_str())
                } else {
                    text.split_once("mod tests {").map(|(_, tests)| tests)
                };
                texts.push_str(own.unwrap_or_default());
            }
        }
    }
    texts
}

#[test]
fn a_test_shows_what_every_rule_finds() {
    let tests = tests();
    let words: BTreeSet<&str> = tests
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .collect();
    let unshown: Vec<&str> = Rule::all()
        .iter()
        .map(|rule| rule.id)
        .filter(|id| !words.contains(id))
        .collect();
    assert_eq!(unshown, [""; 0], "no test raises these");
}

fn explain(arguments: &[&str]) -> (Option<i32>, String, String) {
    vmo_ra(&[&["explain"], arguments].concat()).run().all()
}

#[test]
fn a_rule_is_explained_on_the_command_line() {
    let (code, out, err) = explain(&["captured-vlan"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        "captured-vlan: a VM VLAN never reaches the bridge

A VLAN subinterface of the bond takes the frames of its VLAN before the bridge sees them, so VMs in that VLAN are silent.

way out: leave the VLAN out of `network.vmVlans`, or put the host on a VLAN of the bridge with the layout one-bond-br0-vlan
source: reference architecture, When limited on network interfaces
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
