//! The answer file of Windows machines, by libxml2, as it comes out of the profile that Palette imports.

use std::path::Path;

use vmo_ra::diagnostic::Source;
use vmo_ra::profile::{read, to_palette_json};
use vmo_ra::revision::Role;

use super::common::matrix::{self, AWKWARD, Case};
use super::common::programs::program;
use super::common::{documents, nothing_wrong};
use super::node;

/// The answer files of a case: as rendered, and after the way over the profile's JSON.
fn answer_files(case: &Case) -> Vec<(String, String)> {
    let rendered = case
        .rendered
        .profiles
        .iter()
        .find(|profile| profile.role == Role::Templates)
        .expect("all are rendered");
    let profile = &rendered.profile;
    let json =
        String::from_utf8(to_palette_json(profile).expect("it is JSON")).expect("it is text");
    let again = read(&Source::new("profile.json", json)).expect("it is a profile");
    let texts = |profile: &vmo_ra::profile::Profile| -> Vec<String> {
        let layers = profile.spec.template.packs.iter();
        layers
            .flat_map(|layer| &layer.manifests)
            .filter(|manifest| manifest.name.contains("unattend"))
            .flat_map(|manifest| documents(&manifest.name, &manifest.content))
            .map(|document| {
                let text = document["data"]["unattend.xml"].as_str().expect("a text");
                node::filled_in(text, profile)
            })
            .collect()
    };
    texts(profile).into_iter().zip(texts(&again)).collect()
}

/// What libxml2 finds at a place of a text; empty where there is nothing.
fn found(xmllint: &Path, text: &str, place: &str) -> String {
    let expression = format!("string({place})");
    let output = node::run(xmllint, &["--nonet", "--xpath", &expression, "-"], text);
    let (stdout, stderr) = node::said(&output);
    assert!(output.status.success(), "{stderr}{text}");
    // It ends what it prints with a line break of its own.
    stdout.strip_suffix('\n').unwrap_or(&stdout).to_owned()
}

#[test]
fn the_answer_file_is_xml() {
    let Some(xmllint) = program("xmllint") else {
        return;
    };
    let mut seen = Vec::new();
    let mut problems = Vec::new();
    for case in matrix::cases() {
        let files = answer_files(case);
        assert!(!files.is_empty(), "{case}");
        for (text, again) in files {
            assert_eq!(text, again, "{case}");
            if seen.contains(&text) {
                continue;
            }
            let output = node::run(&xmllint, &["--noout", "--nonet", "-"], &text);
            let (_, stderr) = node::said(&output);
            if !output.status.success() || !stderr.is_empty() {
                problems.push(format!("{case}: {stderr}\n{text}"));
            }
            let password = found(
                &xmllint,
                &text,
                &format!("{PASSWORD}/*[local-name()='Value']"),
            );
            let expected = match (case.site, case.published) {
                ("secrets", _) => AWKWARD,
                (_, true) => "P@ssw0rd!",
                (_, false) => "filled-in",
            };
            if password != expected {
                problems.push(format!("{case}: the password is {password:?}"));
            }
            seen.push(text);
        }
    }
    nothing_wrong(&problems);
    assert!(seen.len() >= 4, "only {}", seen.len());
}

const PASSWORD: &str = "//*[local-name()='AdministratorPassword']";
