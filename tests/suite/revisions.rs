//! A new revision is a few lines of data. `tests/data/revision` adds one to `profiles/`, with two packs in new versions and
//! a value of its own.

use std::fs;
use std::path::Path;

use serde_json::Value;
use vmo_ra::diff::{Input, Options, Shown, compare};
use vmo_ra::pack::Library;
use vmo_ra::revision::{Revision, Revisions};
use vmo_ra::site::Site;
use vmo_ra::yaml;

use crate::claims::{hold_every_claim, profiles};

/// What is added, by the paths below `profiles/`.
fn added() -> Vec<(String, String)> {
    fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                collect(root, &path, files);
            } else {
                let name = path.strip_prefix(root).expect("it is below").display();
                let text = fs::read_to_string(&path).expect("the file can be read");
                files.push((name.to_string(), text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/revision");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files
}

fn with_the_new_one() -> Revisions {
    Revisions::built_in().with(added())
}

fn load(revisions: &Revisions, name: &str) -> Revision {
    revisions
        .load(name)
        .unwrap_or_else(|problem| panic!("{problem}"))
}

#[test]
fn it_takes_fewer_than_sixty_lines() {
    let lines: usize = added().iter().map(|(_, text)| text.lines().count()).sum();
    assert!((1..60).contains(&lines), "{lines} lines");
}

#[test]
fn it_is_the_newest() {
    let revisions = with_the_new_one();
    assert_eq!(revisions.names(), ["docs-2024", "1.7.0", "1.9.0", "1.10.0"]);
    assert_eq!(revisions.newest(), "1.10.0");
    let revision = load(&revisions, "1.10.0");
    assert_eq!(revision.lineage(), ["1.7.0", "1.9.0", "1.10.0"]);
}

#[test]
fn what_it_says_and_what_it_changes_is_all_that_changes() {
    let revisions = with_the_new_one();
    let library = Library::of(&revisions).unwrap_or_else(|problem| panic!("{problem}"));
    let input = |name: &str| {
        let revision = load(&revisions, name);
        let profiles = profiles(&revision, &library, false);
        Input {
            name: name.to_owned(),
            profiles: profiles.into_iter().map(|(_, profile)| profile).collect(),
            revision: Some(revision),
        }
    };
    let report = compare(
        &input("1.9.0"),
        &input("1.10.0"),
        &library,
        &Options::default(),
    )
    .unwrap_or_else(|problem| panic!("{problem}"));
    let value = |shown: &Option<Shown>| match shown {
        Some(Shown::Value { value }) => value.as_str().map(str::to_owned),
        _ => None,
    };
    let changes: Vec<String> = report
        .changes
        .iter()
        .map(|change| {
            let owner = change.layer.as_ref().unwrap_or(&change.profile);
            let (old, new) = (value(&change.old), value(&change.new));
            let (old, new) = (old.expect("a text"), new.expect("a text"));
            format!("{owner} {}: {old} -> {new}", change.path)
        })
        .collect();
    assert_eq!(
        changes,
        [
            "VMO-RA-Infra-MaaS-PureFlashArray version: 1.9.0 -> 1.10.0",
            "VMO-RA-Core-PXKE version: 1.9.0 -> 1.10.0",
            "lb-metallb-helm version: 0.15.3 -> 0.16.1",
            "prometheus-operator version: 83.5.1 -> 84.3.0",
            "prometheus-operator \
             charts.kube-prometheus-stack.prometheus.prometheusSpec.retention: 10d -> 30d",
            "VMO-RA-Templates version: 1.9.0 -> 1.10.0",
        ]
    );
}

#[test]
fn its_claims_are_inherited_and_hold() {
    let revisions = with_the_new_one();
    let library = Library::of(&revisions).unwrap_or_else(|problem| panic!("{problem}"));
    let ids = |name: &str| -> Vec<String> {
        let claims = load(&revisions, name).claims().expect("they are whole");
        claims.into_iter().map(|claim| claim.id).collect()
    };
    let (old, new) = (ids("1.9.0"), ids("1.10.0"));
    let (inherited, own): (Vec<_>, Vec<_>) = new.into_iter().partition(|id| old.contains(id));
    assert_eq!(own, ["prometheus-retention"]);
    assert_eq!(inherited, old);
    hold_every_claim(&load(&revisions, "1.10.0"), &library, old.len() + 1);
}

/// A condition on what no site has would never hold.
#[test]
fn conditions_are_about_settings_of_sites() {
    let site = serde_json::to_value(Site::example()).expect("a site has a JSON form");
    for name in Revision::names() {
        let revision = load(Revisions::built_in(), name);
        let layers = revision.profiles.iter().flat_map(|profile| &profile.layers);
        for (path, value) in layers
            .flat_map(|layer| &layer.alternatives)
            .flat_map(|other| &other.when)
        {
            let path: yaml::Path = path.parse().expect("it is a path");
            let default = path.find(&site).unwrap_or(&Value::Null);
            let kinds = [default, value].map(std::mem::discriminant);
            assert_eq!(
                kinds[0], kinds[1],
                "{name}: {path} is {default}, and never {value}"
            );
        }
    }
}
