//! The oldest Rust that the package names is old enough for what it is built of. Clippy watches the same for what it calls of
//! the standard library.

use std::process::Command;

use serde_json::Value;

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
