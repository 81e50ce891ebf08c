//! `vmo-ra render --sites DIR` renders every site as if it were alone, and goes on past bad ones.

use std::fs;
use std::path::Path;

use crate::common::harness::{Scratch, names, read, write};

fn site(folder: &Path, name: &str, text: &str) {
    let folder = folder.join("sites").join(name);
    write(&folder, "site.yaml", text);
}

fn sums(folder: &Path) -> String {
    read(folder, "SHA256SUMS")
}

#[test]
fn every_site_is_as_if_it_were_alone() {
    let folder = Scratch::new();
    let sites: Vec<String> = (0..70).map(|number| format!("s{number:02}")).collect();
    for name in &sites {
        site(
            &folder,
            name,
            &format!("cluster: {{name: {name}, workers: 7}}\nnads: [{{vlan: 30}}]\n"),
        );
    }
    fs::create_dir(folder.join("sites/.git")).expect("it can be made");
    write(&folder, "sites/README.md", "about");
    let told = folder
        .run("render --sites sites --profile templates")
        .well();
    assert_eq!(
        told,
        "wrote 70 of 70 sites to out\n0 warnings, 280 notes; `vmo-ra check sites/NAME/site.yaml` shows those of a site\n"
    );
    assert_eq!(names(&folder.join("out")), sites, "nothing else is left");
    for name in [&sites[0], &sites[33], &sites[69]] {
        let options = "--out alone --force --profile templates";
        folder
            .run(&format!("render --site sites/{name}/site.yaml {options}"))
            .ends(0);
        assert_eq!(
            sums(&folder.join("alone")),
            sums(&folder.join("out").join(name)),
            "{name}"
        );
    }
}

#[test]
fn bad_sites_are_told_at_the_end() {
    let folder = Scratch::new();
    site(&folder, "berlin", "cluster: {name: berlin}\n");
    site(&folder, "hamburg", "cluster: {nam: hamburg}\n");
    site(&folder, "munich", "cluster: {name: munich}\n");
    fs::create_dir(folder.join("sites/vienna")).expect("it can be made");
    let run = folder.run("render --sites sites");
    assert_eq!(
        run.told(),
        "wrote 2 of 4 sites to out
2 warnings, 8 notes; `vmo-ra check sites/NAME/site.yaml` shows those of a site
not written:
  hamburg
  vienna
"
    );
    run.says(
        3,
        "error: unknown key `nam` in `cluster`
 --> sites/hamburg/site.yaml:1:11
  |
1 | cluster: {nam: hamburg}
  |           ^^^ did you mean `name`?
  |
  = help: known keys here: `name`, `workers`, `controlPlanes`, `controlPlaneRunsVms`

error: cannot read `sites/vienna/site.yaml`: No such file or directory (os error 2)
  = help: write one to start from with `vmo-ra init`

",
    );
    assert!(folder.join("out/berlin/SHA256SUMS").is_file());
    assert!(!folder.join("out/hamburg").exists());

    // What is there is replaced only where that is asked for; good sites are none the worse.
    fs::remove_dir_all(folder.join("sites/vienna")).expect("it is there");
    site(&folder, "hamburg", "cluster: {name: hamburg}\n");
    let run = folder.run("render --sites sites");
    let (told, said) = (run.ends(2).told(), run.said());
    assert!(told.starts_with("wrote 1 of 3 sites to out\n"), "{told}");
    assert!(
        said.starts_with("error: `out/berlin` is not empty\n"),
        "{said}"
    );
    let run = folder.run("render --sites sites --force");
    let told = run.ends(0).told();
    assert!(told.starts_with("wrote 3 of 3 sites to out\n"), "{told}");
}

#[test]
fn what_is_no_fleet_is_refused() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("sites")).expect("it can be made");
    let run = folder.run("render --sites sites");
    assert_eq!(run.told(), "");
    run.says(2, "error: `sites` holds no sites\n  = help: make a folder for each site, with a `site.yaml` in it\n\n");
    let run = folder.run("render --sites nowhere");
    assert_eq!(run.told(), "");
    run.says(
        3,
        "error: cannot read `nowhere`: No such file or directory (os error 2)\n  = help: check that it exists and that you may read it\n\n",
    );
    folder.run("render --sites sites --profile core --out -").says(2, "error: standard output takes only one site\n  = help: name a folder with `--out DIR`, or the site with `--site FILE`\n\n");
}
