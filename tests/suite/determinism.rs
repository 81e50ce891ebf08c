//! The same input gives the same bytes: in another folder, at another time, with another locale and time zone.

use std::fs;
use std::path::Path;

use crate::common::harness::{Scratch, read, vmo_ra, vmo_ra_by, write};

fn render(folder: &Path, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Vec<u8> {
    let arguments = [&["render"], arguments].concat();
    let mut program = vmo_ra(&arguments).within(folder).fed(input);
    for (name, value) in environment {
        program = program.env(name, value);
    }
    let run = program.run();
    run.ends(0);
    run.stdout
}

#[test]
fn a_render_is_the_same_everywhere() {
    let (first, second) = (Scratch::new(), Scratch::new());
    render(
        &first,
        &["--out", "out"],
        &[("TZ", "UTC"), ("LANG", "C"), ("LC_ALL", "C")],
        "",
    );
    let elsewhere = [
        ("TZ", "Pacific/Kiritimati"),
        ("LANG", "tr_TR.UTF-8"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("HOME", "/nowhere"),
        ("NO_COLOR", "1"),
    ];
    render(&second, &["--out", "deeper/out"], &elsewhere, "");
    // The file of checksums names every other file with its content.
    let sums = |folder: &Path| read(folder, "SHA256SUMS");
    assert_eq!(sums(&first.join("out")), sums(&second.join("deeper/out")));
}

/// Each time zone with each locale, on one core and on all: a fleet, a check and a diff are done by several threads.
#[test]
fn every_time_zone_and_locale_gives_the_same() {
    let folder = Scratch::new();
    for name in ["a", "b", "c", "d"] {
        let site = folder.join("sites").join(name);
        fs::create_dir_all(&site).expect("the folder can be made");
        let text = format!("cluster: {{name: {name}, workers: 5}}\nnads: [{{vlan: 30-40}}]\n");
        write(&site, "site.yaml", text);
    }
    let zones = [
        "UTC",
        "Asia/Kathmandu",
        "America/St_Johns",
        "Pacific/Kiritimati",
    ];
    let locales = ["C", "tr_TR.UTF-8", "de_DE@euro", "ja_JP.EUC-JP", "nonsense"];
    let run = |number: usize| {
        let locale = locales[number % locales.len()];
        let environment = [
            ("TZ", zones[number % zones.len()]),
            ("LANG", locale),
            ("LC_ALL", locale),
        ];
        let output = |arguments: &str| {
            // On one core, or on all.
            let mut program = match number % 2 {
                0 if Path::new("/usr/bin/taskset").exists() => {
                    vmo_ra_by("taskset", &["-c", "0"], arguments)
                }
                _ => vmo_ra(arguments),
            };
            for (name, value) in environment {
                program = program.env(name, value);
            }
            program.within(&folder).run()
        };
        let fleet = output("render --sites sites --profile templates --out fleet --force");
        fleet.ends(0);
        let mut bytes = fleet.stdout;
        for name in ["a", "b", "c", "d"] {
            bytes.extend(
                fs::read(folder.join("fleet").join(name).join("SHA256SUMS"))
                    .expect("it was written"),
            );
        }
        for arguments in [
            "check fleet/a --format json",
            "diff fleet/a fleet/b --format json",
        ] {
            let told = output(arguments);
            assert!(told.code.is_some_and(|code| code < 2));
            bytes.extend(told.stdout);
        }
        bytes
    };
    let first = run(0);
    assert!(first.len() > 10_000, "only {} bytes", first.len());
    for number in 1..20 {
        assert!(run(number) == first, "run {number} is another");
    }
}

#[test]
fn standard_input_and_output_are_as_good_as_files() {
    let folder = Scratch::new();
    let site = "cluster: {name: streams, workers: 7}\n";
    write(&folder, "site.yaml", site);
    render(&folder, &["--site", "site.yaml", "--out", "out"], &[], "");
    let streamed = render(
        &folder,
        &["--site", "-", "--profile", "core", "--out", "-"],
        &[],
        site,
    );
    let written = fs::read(folder.join("out/VMO-RA-Core-PXKE.json")).expect("it was written");
    assert_eq!(streamed, written);
    assert!(
        !streamed.ends_with(b"\n"),
        "Palette's export has no final line break"
    );
}

#[test]
fn networks_are_the_same_from_a_site_and_from_the_command_line() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "nads: [{vlan: '21-23,untagged'}]\n");
    let nad = |arguments: &[&str]| {
        let arguments = [&["nad"], arguments].concat();
        folder.run(&arguments).well().into_bytes()
    };
    let stream = nad(&["--vlans", "21-23,untagged"]);
    assert_eq!(stream, nad(&["--site", "site.yaml"]));
    nad(&["--site", "site.yaml", "--out", "out"]);
    let files: Vec<String> = [
        "nad-vlan-21",
        "nad-vlan-22",
        "nad-vlan-23",
        "nad-vlan-untagged",
    ]
    .iter()
    .map(|name| {
        fs::read_to_string(folder.join(format!("out/{name}.yaml"))).expect("it was written")
    })
    .collect();
    assert_eq!(
        String::from_utf8(stream).expect("text"),
        files.join("---\n")
    );
}
