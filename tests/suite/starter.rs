//! The file that `init` writes is the built-in example, and is never written over another.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use vmo_ra::diagnostic::Source;
use vmo_ra::site::{NoInputs, Site};

fn init(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vmo-ra"))
        .arg("init")
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("starter-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder.join("site.yaml")
}

#[test]
fn the_starter_is_the_example() {
    let file = scratch("starter");
    assert!(init(&[&file.display().to_string()]).status.success());
    let text = fs::read_to_string(&file).expect("it was written");
    let site = Site::parse(&Source::new("site.yaml", text), &NoInputs)
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let (starter, example) = (
        serde_json::to_value(&site),
        serde_json::to_value(Site::example()),
    );
    assert_eq!(starter.expect("JSON"), example.expect("JSON"));
}

#[test]
fn a_file_that_is_there_stays_without_force() {
    let file = scratch("starter-there");
    let name = file.display().to_string();
    fs::write(&file, "mine: 1\n").expect("the file can be written");
    let output = init(&[&name]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr).replace(&name, "site.yaml"),
        "error: `site.yaml` is there already\n  = help: choose another name, or replace it with `--force`\n\n"
    );
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "mine: 1\n");
    assert!(init(&[&name, "--force"]).status.success());
    assert!(
        fs::read_to_string(&file)
            .expect("it is there")
            .starts_with("# yaml-language-server: $schema=.vmo-ra.schema.json\n# One cluster")
    );
}

#[test]
fn the_schema_is_beside_the_site() {
    let file = scratch("starter-schema");
    let name = file.display().to_string();
    assert!(init(&[&name]).status.success());
    let schema = file.with_file_name(".vmo-ra.schema.json");
    assert_eq!(
        fs::read_to_string(&schema).expect("it was written"),
        vmo_ra::site::json_schema()
    );
    // A second site shares it; what somebody else made of it stays.
    let second = file.with_file_name("second.yaml").display().to_string();
    assert!(init(&[&second]).status.success());
    fs::write(&schema, "{}").expect("it can be written");
    let third = file.with_file_name("third.yaml");
    let refused = init(&[&third.display().to_string()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!third.exists());
    let printed = init(&["-"]);
    assert_eq!(
        String::from_utf8_lossy(&printed.stdout),
        vmo_ra::site::starter()
    );
}
