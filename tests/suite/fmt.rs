//! `vmo-ra fmt` as a program: both forms, what `--check` says, and bad input.

use std::fs;
use std::path::Path;

use crate::common::harness::{Run, Scratch, read, vmo_ra, write};

#[track_caller]
fn ends(output: &Run, code: i32, stdout: &str, stderr: &str) {
    assert_eq!(
        output.all(),
        (Some(code), stdout.to_owned(), stderr.to_owned())
    );
}

fn fmt(arguments: &[&str], folder: &Path) -> Run {
    vmo_ra(&[&["fmt"], arguments].concat()).within(folder).run()
}

/// With keys that no typed profile knows, at every level.
const PALETTE: &str = r#"{"x":{"z":1e+21,"a":[]},"metadata":{"name":"p","new":null},"spec":{"template":{"type":"add-on","packs":[{"name":"l","type":"oci","values":"\u003ca\u003e \u0026 b\u2028\n","y":[1,-0.5]}]}}}"#;

const READABLE: &str = r#"{
  "x": {
    "z": 1e+21,
    "a": []
  },
  "metadata": {
    "name": "p",
    "new": null
  },
  "spec": {
    "template": {
      "type": "add-on",
      "packs": [
        {
          "name": "l",
          "type": "oci",
          "values": "<a> & b\u2028\n",
          "y": [
            1,
            -0.5
          ]
        }
      ]
    }
  }
}
"#;

#[test]
fn both_forms_lead_to_each_other() {
    let folder = Scratch::new();
    write(&folder, "a.json", PALETTE);
    write(&folder, "b.json", READABLE);
    ends(
        &fmt(&["a.json", "b.json"], &folder),
        0,
        "wrote a.json\n",
        "",
    );
    assert_eq!(read(&folder, "a.json"), READABLE);
    ends(&fmt(&["--pretty", "a.json", "b.json"], &folder), 0, "", "");
    ends(
        &fmt(&["--palette", "a.json"], &folder),
        0,
        "wrote a.json\n",
        "",
    );
    assert_eq!(read(&folder, "a.json"), PALETTE);
    ends(&fmt(&["--palette", "a.json"], &folder), 0, "", "");
    // What is only a little off: a line break too many, a byte order mark, numbers in other words.
    for off in [
        format!("{PALETTE}\n"),
        format!("\u{feff}{PALETTE}"),
        PALETTE.replace("1e+21", "1.0E21").replace("-0.5", "-5e-1"),
    ] {
        write(&folder, "a.json", &off);
        ends(
            &fmt(&["--palette", "a.json"], &folder),
            0,
            "wrote a.json\n",
            "",
        );
        assert_eq!(read(&folder, "a.json"), PALETTE);
    }
}

#[test]
fn check_names_what_differs_and_writes_nothing() {
    let folder = Scratch::new();
    write(&folder, "a.json", PALETTE);
    write(&folder, "b.json", READABLE);
    ends(
        &fmt(&["--check", "a.json", "b.json"], &folder),
        1,
        "a.json\n",
        "",
    );
    ends(
        &fmt(&["--check", "--palette", "a.json", "b.json"], &folder),
        1,
        "b.json\n",
        "",
    );
    ends(&fmt(&["--check", "b.json"], &folder), 0, "", "");
    assert_eq!(read(&folder, "a.json"), PALETTE);
    assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 2);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Scratch::new();
    let fed = |arguments: &[&str], input: &str| {
        let arguments = [&["fmt"], arguments].concat();
        vmo_ra(&arguments).within(&folder).fed(input).run()
    };
    ends(&fed(&["-"], PALETTE), 0, READABLE, "");
    ends(&fed(&["-", "--palette"], READABLE), 0, PALETTE, "");
    ends(&fed(&["-", "--check"], READABLE), 0, "", "");
    ends(
        &fed(&["-", "--check"], PALETTE),
        1,
        "<standard input>\n",
        "",
    );
    ends(
        &fed(&["-", "a.json"], PALETTE),
        2,
        "",
        "error: `-` cannot be combined with files: standard output takes only one profile\n\n",
    );
}

#[test]
fn one_wrong_file_and_nothing_is_written() {
    let folder = Scratch::new();
    write(&folder, "a.json", PALETTE);
    write(
        &folder,
        "twice.json",
        "{\"metadata\": {\"name\": \"a\",\n \"name\": \"b\"}, \"spec\": {}}",
    );
    write(&folder, "site.yaml", "cluster: {name: a}\n");
    write(
        &folder,
        "p.yaml",
        "metadata: {name: a}\nspec: {template: {type: add-on, packs: []}}\n",
    );
    write(&folder, "config.json", "{\"a\": 1}");
    let output = fmt(
        &["a.json", "twice.json", "site.yaml", "p.yaml", "config.json"],
        &folder,
    );
    ends(
        &output,
        2,
        "",
        "\
error: the key `name` is used here twice
 --> twice.json:2:2
  |
2 |  \"name\": \"b\"}, \"spec\": {}}
  |  ^^^^^^ first used on line 1, column 15
  |
  = help: keep one of the two; the other would be lost silently

error: `site.yaml` is a site, not a profile
  = help: `vmo-ra render --site site.yaml` makes profiles of it

error: `p.yaml` is YAML, but `fmt` writes JSON
  = help: turn it into JSON with `vmo-ra split` and `vmo-ra join`

error: `config.json` is not a profile: it has no top-level key of a site, a profile or a manifest
  = help: give a profile as Palette exports it, as JSON or YAML

4 errors; nothing was written
",
    );
    assert_eq!(read(&folder, "a.json"), PALETTE);
    ends(
        &fmt(&["a.json", "nowhere.json"], &folder),
        3,
        "",
        "error: cannot read `nowhere.json`: No such file or directory (os error 2)\n  = help: check that it exists and that you may read it\n\n",
    );
    assert_eq!(read(&folder, "a.json"), PALETTE);
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_mode_and_a_link_its_target() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Scratch::new();
    for mode in [0o600, 0o640, 0o664] {
        write(&folder, "a.json", PALETTE);
        let path = folder.join("a.json");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("the mode can be set");
        ends(&fmt(&["a.json"], &folder), 0, "wrote a.json\n", "");
        let now = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(now, mode);
    }
    symlink("a.json", folder.join("l.json")).expect("the link can be made");
    ends(
        &fmt(&["--palette", "l.json"], &folder),
        0,
        "wrote l.json\n",
        "",
    );
    assert_eq!(read(&folder, "a.json"), PALETTE);
    let link = fs::symlink_metadata(folder.join("l.json")).expect("it is there");
    assert!(link.is_symlink());
    assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 2);
}
