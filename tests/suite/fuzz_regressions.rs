//! Every input that the fuzzer starts from, and every one it ever found a fault with, goes through its target.

#[path = "../common/fuzz_targets.rs"]
mod fuzz_targets;

use std::collections::BTreeSet;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use self::fuzz_targets::{End, TARGETS};

/// The largest committed input, in bytes.
const LARGEST: u64 = 16 << 10;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The names in a folder, without their endings.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.expect("a folder that can be read").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder that can be read").path())
        .collect();
    files.sort();
    files
}

#[test]
fn every_input_holds() {
    let mut failed = Vec::new();
    for (name, target) in TARGETS {
        let seeds = inputs(&folder().join("corpus").join(name));
        let found = inputs(&folder().join("regressions").join(name));
        let mut held = 0;
        for file in seeds.iter().chain(&found) {
            let data = fs::read(file).expect("a file that can be read");
            assert!(
                data.len() as u64 <= LARGEST,
                "{} is too large",
                file.display()
            );
            match panic::catch_unwind(|| target(&data)) {
                Ok(End::Held) => held += 1,
                Ok(End::Refused) => {}
                Err(_) => failed.push(file.display().to_string()),
            }
        }
        // Seeds that are all refused say nothing about what is taken.
        assert!(held > 0, "no input of `{name}` is taken");
    }
    assert!(failed.is_empty(), "these break what must hold: {failed:#?}");
}

#[test]
fn every_target_is_built_and_no_folder_is_left_over() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder().join("fuzz_targets")), targets);
    assert_eq!(names(&folder().join("corpus")), targets);
    let left = names(&folder().join("regressions"));
    assert!(left.is_subset(&targets), "{left:?}");
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).expect("the manifest");
    for name in &targets {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
}
