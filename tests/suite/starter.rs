//! The file that `init` writes is the built-in example, and is never written over another.

use crate::common::harness::{Scratch, read, write};
use crate::common::site;
use vmo_ra::site::Site;

#[test]
fn the_starter_is_the_example() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    let text = read(&folder, "site.yaml");
    let site = site(&text);
    let (starter, example) = (
        serde_json::to_value(&site),
        serde_json::to_value(Site::example()),
    );
    assert_eq!(starter.expect("JSON"), example.expect("JSON"));
}

#[test]
fn a_file_that_is_there_stays_without_force() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "mine: 1\n");
    let nowhere = folder.run("init new/");
    nowhere.ends(3).mentions("cannot write `new/`");
    folder.run("init site.yaml").says(2, "error: `site.yaml` already exists\n  = help: choose another name, or replace it with `--force`\n\n");
    assert_eq!(read(&folder, "site.yaml"), "mine: 1\n");
    folder.run("init site.yaml --force").ends(0);
    assert!(
        read(&folder, "site.yaml")
            .starts_with("# yaml-language-server: $schema=.vmo-ra.schema.json\n# One cluster")
    );
}

#[test]
fn the_schema_is_beside_the_site() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    let schema = ".vmo-ra.schema.json";
    assert_eq!(read(&folder, schema), vmo_ra::site::json_schema());
    // A second site shares it; what somebody else made of it stays.
    let named = |name: &str| folder.run(&format!("init {name}"));
    named("second.yaml").ends(0);
    write(&folder, schema, "{}");
    named("third.yaml").ends(2);
    assert!(!folder.join("third.yaml").exists());
    assert_eq!(named("-").told(), vmo_ra::site::starter());
}
