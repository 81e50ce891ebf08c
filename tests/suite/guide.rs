//! The worked example of the README is what the program really does.

use std::fs;
use std::path::Path;

use crate::common::harness::{Scratch, vmo_ra, write};

/// The text of the fenced blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))
        .expect("there is a README");
    readme
        .split(&format!("```{language}\n"))
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(str::to_owned)
        .collect()
}

/// What follows a command in the README's console blocks.
fn shown_after(command: &str) -> String {
    let line = format!("$ {command}\n");
    blocks("console")
        .iter()
        .find_map(|block| block.split_once(&line))
        .map(|(_, shown)| shown.trim_end().to_owned())
        .unwrap_or_else(|| panic!("the README does not show `{command}`"))
}

/// Runs a line as it stands in the README; what a terminal shows of it.
fn terminal(command: &str, folder: &Path) -> String {
    let arguments = command.strip_prefix("vmo-ra ").expect("our own command");
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let token = "00000000-1111-2222-3333-444444444444";
    let run = vmo_ra(&arguments)
        .within(folder)
        .env("FLASHARRAY_TOKEN", token)
        .run();
    let shown = run.said() + &run.told();
    shown.trim_end().to_owned()
}

#[test]
fn the_example_is_what_happens() {
    let folder = Scratch::new();
    let site = blocks("yaml").remove(0);
    write(&folder, "berlin.yaml", &site);

    assert_eq!(terminal("vmo-ra init", &folder), shown_after("vmo-ra init"));
    let command = "vmo-ra render --site berlin.yaml";
    assert_eq!(terminal(command, &folder), shown_after(command));
    for command in [
        "vmo-ra split out/VMO-RA-Core-PXKE.json --out core",
        "vmo-ra join core --out import.json",
    ] {
        assert_eq!(terminal(command, &folder), shown_after(command));
    }

    let command = "vmo-ra network --site berlin.yaml --format maas-cli --out maas.sh";
    assert_eq!(terminal(command, &folder), shown_after(command));
    let machines = blocks("yaml")
        .into_iter()
        .find(|block| block.contains("machines:"))
        .expect("machines");
    let with_machines = format!("{site}{machines}");
    write(&folder, "berlin.yaml", with_machines);
    let one = "vmo-ra network --site berlin.yaml --format netplan --node worker-01";
    assert!(terminal(one, &folder).contains("- 10.120.0.21/22"));

    let wrong = site.replace("vmVlans: 200-240", "vmVlans: 111-240");
    assert_ne!(wrong, site);
    write(&folder, "berlin.yaml", wrong);
    let command = "vmo-ra render --site berlin.yaml --out other";
    assert_eq!(terminal(command, &folder), shown_after(command));
    assert!(!folder.join("other").exists());
}
