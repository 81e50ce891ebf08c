//! What several test files share.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod browser;
pub mod built_in;
pub mod guest;
pub mod harness;
pub mod matrix;
pub mod programs;
pub mod schema;
pub mod sites;
pub mod tenant;

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::Value;
use vmo_ra::diagnostic::Source;
use vmo_ra::profile::Profile;
use vmo_ra::revision::Revision;
use vmo_ra::rules::Inspected;
use vmo_ra::site::{NoInputs, Site};
use vmo_ra::yaml::{Limits, to_json, to_json_all};

/// The folder beside this repository that holds schemas, charts, real packs and a real export.
pub struct Shared(PathBuf);

impl Shared {
    /// None where the folder is absent: the test is skipped and says so. In CI it must be there.
    pub fn find() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
        if folder.is_dir() {
            return Some(Shared(folder));
        }
        let place = folder.display();
        assert!(
            env::var("CI").as_deref() != Ok("true"),
            "{place} is required in CI"
        );
        let thread = thread::current();
        let test = thread.name().unwrap_or("a test");
        // Not eprintln!, which the test harness hides.
        let _ = writeln!(io::stderr(), "skipped: {test}: there is no {place}");
        None
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn yaml(&self, path: &str) -> Value {
        yaml(path, &self.text(path))
    }
}

/// Adds a profile to a cluster, each of its texts called after its layer and manifest.
pub fn add_profile(cluster: &mut Inspected, file: &str, profile: Profile) {
    let packs = profile.spec.template.packs.clone();
    cluster.add_profile(file, profile, |layer, manifest| match manifest {
        None => packs[layer].name.clone(),
        Some(index) => format!(
            "{}/{}",
            packs[layer].name, packs[layer].manifests[index].name
        ),
    });
}

/// A YAML text as Kubernetes reads it.
pub fn yaml(name: &str, text: &str) -> Value {
    to_json(&Source::new(name, text), Limits::VALUES)
        .unwrap_or_else(|problems| panic!("{name}: {problems:?}"))
}

/// Every document of a YAML text.
pub fn documents(name: &str, text: &str) -> Vec<Value> {
    to_json_all(&Source::new(name, text), Limits::VALUES)
        .unwrap_or_else(|problems| panic!("{name}: {problems:?}"))
}

/// A site of a text that names no other file and no variable.
pub fn site(text: &str) -> Site {
    Site::parse(&Source::new("site.yaml", text), &NoInputs)
        .unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

/// What the program says of its revisions: `NEWEST` and `REVISIONS` stand for what there is.
pub fn of_revisions(text: &str) -> String {
    let names = Revision::names().into_iter();
    let all: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    text.replace("NEWEST", Revision::newest())
        .replace("REVISIONS", &all.join(", "))
}

/// Fails with all that was found wrong, one line each.
pub fn nothing_wrong(problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{} found:\n{}",
        problems.len(),
        problems.join("\n")
    );
}
