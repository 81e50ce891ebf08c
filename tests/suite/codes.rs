//! Every kind of mistake is explained, and told by what makes it.

use std::collections::BTreeSet;

use serde_json::Value;
use vmo_ra::diagnostic::{Code, Diagnostic, Source};
use vmo_ra::network::{Format, Nodes, write as written};
use vmo_ra::output::{self, Tree};
use vmo_ra::pack::Library;
use vmo_ra::palette::Trouble;
use vmo_ra::revision::{Revision, Revisions};
use vmo_ra::site::{NodeRole, Site};
use vmo_ra::template::Engine;
use vmo_ra::version::Wanted;
use vmo_ra::yaml::Merge;

use crate::common::harness::{Scratch, vmo_ra, write};

/// A file, its text where it has one of its own, and the kind of what is wrong with it.
const FILES: &[(Code, &str, &str)] = &[
    (Code::Yaml, "site.yaml", "cluster: [\n"),
    (Code::Json, "a.json", "{\"metadata\": {"),
    (Code::KeyTwice, "site.yaml", "cluster: {}\ncluster: {}\n"),
    (Code::UnknownKey, "site.yaml", "cluster: {nam: a}\n"),
    (
        Code::MissingKey,
        "site.yaml",
        "nodes: {caCertificates: [{name: a}]}\n",
    ),
    (Code::WrongShape, "site.yaml", "cluster: []\n"),
    (Code::WrongValue, "site.yaml", "cluster: {workers: many}\n"),
    (
        Code::OpenSecret,
        "site.yaml",
        "storage: {licence: {type: saas, saasKey: hunter2}}\n",
    ),
    (
        Code::Unreadable,
        "site.yaml",
        "nodes: {caCertificates: [{name: a, file: none.pem}]}\n",
    ),
    (Code::WrongKind, "notes.yaml", "to do: much\n"),
    (
        Code::NoSecret,
        "site.yaml",
        "storage: {licence: {type: saas, saasKey: {env: NO_SUCH_NAME}}}\n",
    ),
    (Code::Limit, "deep/site.yaml", ""),
    (Code::Unreadable, "none.yaml", ""),
    (Code::FolderContent, "split", ""),
    (Code::NotFollowed, "linked", ""),
];

/// What `check` reports of a file, in a form for programs.
fn reported(folder: &Scratch, file: &str, format: &str) -> Value {
    let run = vmo_ra(&["check", file, "--format", format])
        .within(folder)
        .run();
    serde_json::from_str(&run.told())
        .unwrap_or_else(|error| panic!("{file}: {error}: {}", run.said()))
}

#[test]
fn reports_name_the_kind() {
    let folder = Scratch::new();
    let profile = "metadata: {name: a}\nspec: {template: {type: add-on, packs: []}}\n";
    write(&folder, "split/profile.yaml", profile);
    write(&folder, "split/stray.yaml", "a: 1\n");
    write(&folder, "linked/profile.yaml", profile);
    #[cfg(unix)]
    std::os::unix::fs::symlink("../split/stray.yaml", folder.join("linked/stray.yaml"))
        .expect("a link");
    write(
        &folder,
        "deep/site.yaml",
        format!("cluster: {}1{}\n", "[".repeat(1000), "]".repeat(1000)),
    );
    for (code, file, text) in FILES {
        if !text.is_empty() {
            write(&folder, file, text);
        }
        let ids: Vec<Value> = match reported(&folder, file, "json")["findings"].take() {
            Value::Array(findings) => findings
                .into_iter()
                .map(|mut found| found["id"].take())
                .collect(),
            other => panic!("{file}: {other}"),
        };
        assert!(
            ids.contains(&code.as_str().into()),
            "{file}: {text}: {ids:?}"
        );
        assert!(
            !ids.contains(&Code::Input.as_str().into()),
            "{file}: {text}"
        );
        let log = reported(&folder, file, "sarif");
        let known = log["runs"][0]["tool"]["driver"]["rules"]
            .as_array()
            .expect("rules");
        for result in log["runs"][0]["results"].as_array().expect("results") {
            let index = result["ruleIndex"].as_u64().expect("it is explained");
            assert_eq!(
                known[usize::try_from(index).expect("small")]["id"],
                result["ruleId"]
            );
        }
    }
}

/// What other commands object to, of each kind that `check` does not report.
fn others() -> Vec<Diagnostic> {
    let newest = Revision::load(Revision::newest()).expect("it is there");
    let engine = Engine::new(&newest);
    let site = "network: {layout: one-bond, management: {vlan: native}}\n";
    let site =
        Site::parse(&Source::new("site.yaml", site), &vmo_ra::site::NoInputs).expect("a site");
    let broken = Revisions::built_in().with([(
        "9.9.9/revision.yaml".to_owned(),
        "basedOn: 1.9.0\n- 1\n".to_owned(),
    )]);
    let folder = Scratch::new();
    write(&folder, "packs/a/pack.json", "{\"name\": 7}");
    let library = Library::with_folders(&vmo_ra::disk::local(), &[folder.join("packs")]);
    let mut merge = Merge::new(Source::new("v", "a: &x\n  k: 1\nb: *x\n")).expect("a map");
    let overlay = Source::new("o", "b:\n  k: 2\n");
    merge.overlay(overlay).expect("a map");
    write(&folder, "full/file", "somebody else's");
    let tree = Tree::of_files([("a".to_owned(), Vec::new())]).expect("one file");
    let nowhere = output::write(&tree, "/proc/out", false);
    let full = output::write(&tree, &folder.join("full"), false);
    let mut problems = library.expect_err("the pack is broken");
    problems.extend(merge.finish().expect_err("the anchor would change too"));
    problems.extend([
        nowhere.expect_err("nobody writes there"),
        full.expect_err("it is not empty"),
        Revision::load("0.0.0").expect_err("there is none"),
        Library::built_in()
            .expect("whole")
            .choose("none", &Wanted::Newest)
            .expect_err("there is none"),
        broken.load("9.9.9").expect_err("it is broken"),
        Trouble::Unreachable {
            request: "GET /v1/packs".to_owned(),
            reason: "no such host".to_owned(),
        }
        .into(),
        Trouble::Refused {
            request: "GET /v1/packs".to_owned(),
            status: 500,
            code: "PackNotFound".to_owned(),
            message: String::new(),
            reference: String::new(),
        }
        .into(),
        written(
            &engine,
            &site,
            Nodes::Role(NodeRole::Worker),
            Format::Terraform,
        )
        .expect_err("it cannot be said"),
    ]);
    problems
}

#[test]
fn every_kind_is_raised_and_explained() {
    let mut raised: BTreeSet<&str> = others()
        .iter()
        .map(|problem| problem.kind().as_str())
        .collect();
    raised.extend(FILES.iter().map(|(code, ..)| code.as_str()));
    let list = vmo_ra(&["explain"]).run().well();
    let mut unraised = Vec::new();
    for code in Code::ALL {
        let id = code.as_str();
        assert!(
            list.contains(&format!("\n{id} ")),
            "{id} is not in the list"
        );
        let told = vmo_ra(&["explain", id]).run().well();
        assert!(
            told.starts_with(&format!("{id}: {}\n", code.title())) && told.contains(code.way_out()),
            "{told}"
        );
        unraised.extend((!raised.contains(id)).then_some(id));
    }
    // It is what has no kind of its own.
    assert_eq!(unraised, [Code::Input.as_str()]);
}
