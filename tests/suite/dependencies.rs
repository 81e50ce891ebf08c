//! What the program is built of: its page names each direct dependency, and the oldest Rust that the package names is old
//! enough for all of them. Clippy watches the same for what it calls of the standard library.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::common::harness::{read, root};

/// `1.91` as numbers.
fn numbers(version: &str) -> Vec<u64> {
    let mut numbers: Vec<u64> = version
        .split('.')
        .map(|number| number.parse().expect("a number"))
        .collect();
    numbers.resize(3, 0);
    numbers
}

#[test]
fn no_crate_wants_a_newer_rust_than_we_name() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let ours = numbers(env!("CARGO_PKG_RUST_VERSION"));
    let packages = metadata["packages"].as_array().expect("a list");
    let newer: Vec<String> = packages
        .iter()
        .filter_map(|package| Some((package, package["rust_version"].as_str()?)))
        .filter(|(_, wanted)| numbers(wanted) > ours)
        .map(|(package, wanted)| format!("{} {wanted}", package["name"]))
        .collect();
    assert!(packages.len() > 50, "only {} crates", packages.len());
    assert!(
        newer.is_empty(),
        "these want a newer Rust than {}: {newer:?}",
        env!("CARGO_PKG_RUST_VERSION")
    );
}

#[test]
fn the_page_of_dependencies_names_each() {
    let manifest: toml::Table = read(&root(""), "Cargo.toml").parse().expect("it is TOML");
    let linux = &manifest["target"]["cfg(target_os = \"linux\")"];
    let tables = [&manifest["dependencies"], &linux["dependencies"]];
    let ours: BTreeSet<&str> = tables
        .iter()
        .flat_map(|table| table.as_table().expect("a table").keys())
        .map(String::as_str)
        .collect();
    let page = read(&root(""), "docs/dependencies.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.map(|row| {
        row.split(" | ")
            .map(|cell| cell.trim_end_matches(" |"))
            .collect()
    });
    let named: BTreeSet<&str> = cells
        .skip_while(|row: &Vec<&str>| row[0] != "---")
        .skip(1)
        .inspect(|row| {
            assert!(
                row.len() == 3 && row.iter().all(|cell| !cell.is_empty()),
                "{row:?}"
            )
        })
        .map(|row| row[0])
        .collect();
    assert_eq!(named, ours);
}
