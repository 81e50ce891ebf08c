//! `vmo-ra render --sites DIR` renders every site as if it were alone, and goes on past bad ones.

use std::fs;
use std::path::Path;

use crate::common::harness::{Scratch, vmo_ra};

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let arguments = [&["render"], arguments].concat();
    vmo_ra(&arguments).within(folder).run().all()
}

fn site(folder: &Path, name: &str, text: &str) {
    let folder = folder.join("sites").join(name);
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(folder.join("site.yaml"), text).expect("the file can be written");
}

fn sums(folder: &Path) -> String {
    fs::read_to_string(folder.join("SHA256SUMS")).expect("it was written")
}

#[test]
fn every_site_is_as_if_it_were_alone() {
    let folder = Scratch::new();
    let names: Vec<String> = (0..70).map(|number| format!("s{number:02}")).collect();
    for name in &names {
        site(
            &folder,
            name,
            &format!("cluster: {{name: {name}, workers: 7}}\nnads: [{{vlan: 30}}]\n"),
        );
    }
    fs::create_dir(folder.join("sites/.git")).expect("it can be made");
    fs::write(folder.join("sites/README.md"), "about").expect("it can be written");
    let profile = ["--profile", "templates"];
    let (code, told, said) = run(&folder, &[&["--sites", "sites"], &profile[..]].concat());
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert_eq!(
        told,
        "wrote 70 of 70 sites to out\n0 warnings, 210 notes; `vmo-ra check sites/NAME/site.yaml` tells those of a site\n"
    );
    let mut written: Vec<String> = fs::read_dir(folder.join("out"))
        .expect("it was written")
        .map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.into_string().expect("it is text")
        })
        .collect();
    written.sort();
    assert_eq!(written, names, "nothing else is left");
    for name in [&names[0], &names[33], &names[69]] {
        let file = format!("sites/{name}/site.yaml");
        let alone = [
            &["--site", &file, "--out", "alone", "--force"],
            &profile[..],
        ]
        .concat();
        assert_eq!(run(&folder, &alone).0, Some(0));
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
    let (code, told, said) = run(&folder, &["--sites", "sites"]);
    assert_eq!(code, Some(3));
    assert_eq!(
        told,
        "wrote 2 of 4 sites to out
0 warnings, 6 notes; `vmo-ra check sites/NAME/site.yaml` tells those of a site
not written:
  hamburg
  vienna
"
    );
    assert_eq!(
        said,
        "error: unknown key `nam` in `cluster`
 --> sites/hamburg/site.yaml:1:11
  |
1 | cluster: {nam: hamburg}
  |           ^^^ did you mean `name`?
  |
  = help: known keys here: `name`, `workers`, `controlPlanes`, `controlPlaneRunsVms`

error: cannot read `sites/vienna/site.yaml`: No such file or directory (os error 2)
  = help: write one to start from with `vmo-ra init`

"
    );
    assert!(folder.join("out/berlin/SHA256SUMS").is_file());
    assert!(!folder.join("out/hamburg").exists());

    // What is there is replaced only where that is asked for; good sites are none the worse.
    fs::remove_dir_all(folder.join("sites/vienna")).expect("it is there");
    site(&folder, "hamburg", "cluster: {name: hamburg}\n");
    let (code, told, said) = run(&folder, &["--sites", "sites"]);
    assert_eq!(code, Some(2));
    assert!(told.starts_with("wrote 1 of 3 sites to out\n"), "{told}");
    assert!(
        said.starts_with("error: `out/berlin` is not empty\n"),
        "{said}"
    );
    let (code, told, _) = run(&folder, &["--sites", "sites", "--force"]);
    assert_eq!(code, Some(0));
    assert!(told.starts_with("wrote 3 of 3 sites to out\n"), "{told}");
}

#[test]
fn what_is_no_fleet_is_refused() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("sites")).expect("it can be made");
    assert_eq!(
        run(&folder, &["--sites", "sites"]),
        (
            Some(2),
            String::new(),
            "error: `sites` holds no sites\n  = help: make a folder for each site, with a `site.yaml` in it\n\n".to_owned()
        )
    );
    assert_eq!(
        run(&folder, &["--sites", "nowhere"]),
        (
            Some(3),
            String::new(),
            "error: cannot read `nowhere`: No such file or directory (os error 2)\n\n".to_owned()
        )
    );
    assert_eq!(
        run(
            &folder,
            &["--sites", "sites", "--profile", "core", "--out", "-"]
        )
        .2,
        "error: standard output takes one site\n  = help: name a folder with `--out DIR`, or the site with `--site FILE`\n\n"
    );
}
