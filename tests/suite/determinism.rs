//! The same input gives the same bytes: in another folder, at another time, with another locale and time zone.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("determinism-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn render(folder: &Path, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Vec<u8> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vmo-ra"))
        .arg("render")
        .args(arguments)
        .current_dir(folder)
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it has an input");
    // A program that does not read its input closes it, which is no mistake here.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}

#[test]
fn a_render_is_the_same_everywhere() {
    let (first, second) = (scratch("same/one"), scratch("same/two"));
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
    let sums =
        |folder: &Path| fs::read_to_string(folder.join("SHA256SUMS")).expect("it was written");
    assert_eq!(sums(&first.join("out")), sums(&second.join("deeper/out")));
}

/// A hundred runs, each with another time zone, another locale and another number of cores to run on: a fleet, a check and a
/// diff are done by several threads.
#[test]
fn a_hundred_runs_are_the_same() {
    let folder = scratch("hundred");
    for name in ["a", "b", "c", "d"] {
        let site = folder.join("sites").join(name);
        fs::create_dir_all(&site).expect("the folder can be made");
        let text = format!("cluster: {{name: {name}, workers: 5}}\nnads: [{{vlan: 30-40}}]\n");
        fs::write(site.join("site.yaml"), text).expect("the file can be written");
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
        let output = |arguments: &[&str]| {
            // On one core, or on all.
            let (program, first): (_, &[&str]) = match number % 2 {
                0 if Path::new("/usr/bin/taskset").exists() => {
                    ("taskset", &["-c", "0", env!("CARGO_BIN_EXE_vmo-ra")])
                }
                _ => (env!("CARGO_BIN_EXE_vmo-ra"), &[]),
            };
            Command::new(program)
                .args(first)
                .args(arguments)
                .current_dir(&folder)
                .envs(environment)
                .output()
                .expect("it starts")
        };
        let fleet = output(&[
            "render",
            "--sites",
            "sites",
            "--profile",
            "templates",
            "--out",
            "fleet",
            "--force",
        ]);
        assert!(
            fleet.status.success(),
            "{}",
            String::from_utf8_lossy(&fleet.stderr)
        );
        let mut bytes = fleet.stdout;
        for name in ["a", "b", "c", "d"] {
            bytes.extend(
                fs::read(folder.join("fleet").join(name).join("SHA256SUMS"))
                    .expect("it was written"),
            );
        }
        for arguments in [
            &["check", "fleet/a", "--format", "json"][..],
            &["diff", "fleet/a", "fleet/b", "--format", "json"],
        ] {
            let told = output(arguments);
            assert!(told.status.code().is_some_and(|code| code < 2));
            bytes.extend(told.stdout);
        }
        bytes
    };
    let first = run(0);
    assert!(first.len() > 10_000, "only {} bytes", first.len());
    for number in 1..100 {
        assert!(run(number) == first, "run {number} is another");
    }
}

#[test]
fn standard_input_and_output_are_as_good_as_files() {
    let folder = scratch("streams");
    let site = "cluster: {name: streams, workers: 7}\n";
    fs::write(folder.join("site.yaml"), site).expect("the file can be written");
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
    let folder = scratch("networks");
    fs::write(
        folder.join("site.yaml"),
        "nads: [{vlan: '21-23,untagged'}]\n",
    )
    .expect("the file can be written");
    let nad = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_vmo-ra"))
            .arg("nad")
            .args(arguments)
            .current_dir(&folder)
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{arguments:?}");
        output.stdout
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
