//! Whole processes, side by side in one run: medians and ratios, as a table and as docs/performance.md.
//!
//! `cargo bench --bench processes`; with `-- --quick` a few runs only and no file.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_vmo-ra");

struct Case {
    name: String,
    program: String,
    arguments: Vec<String>,
    /// A folder that must not be there when the process starts.
    fresh: Option<PathBuf>,
    runs: usize,
}

struct Measured {
    name: String,
    median: Duration,
    spread: (Duration, Duration),
    peak_kib: Option<u64>,
}

fn case(name: &str, arguments: &[&str]) -> Case {
    Case {
        name: name.to_owned(),
        program: PROGRAM.to_owned(),
        arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
        fresh: None,
        runs: 41,
    }
}

fn run(case: &Case) -> Option<Duration> {
    if let Some(folder) = &case.fresh {
        let _ = fs::remove_dir_all(folder);
    }
    let start = Instant::now();
    let status = Command::new(&case.program)
        .args(&case.arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let took = start.elapsed();
    // `diff` ends with 1 where there are differences.
    assert!(matches!(status.code(), Some(0 | 1)), "{} fails", case.name);
    Some(took)
}

/// Peak memory by GNU time, where that is installed.
fn peak_kib(case: &Case) -> Option<u64> {
    if let Some(folder) = &case.fresh {
        let _ = fs::remove_dir_all(folder);
    }
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%M", &case.program])
        .args(&case.arguments)
        .stdout(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .last()?
        .trim()
        .parse()
        .ok()
}

/// Runs all cases in turn, so that whatever else the machine does hits each alike.
fn measure(cases: &[Case], quick: bool) -> Vec<Measured> {
    let mut times: Vec<Vec<Duration>> = cases.iter().map(|_| Vec::new()).collect();
    let rounds = cases.iter().map(|case| case.runs).max().unwrap_or(0);
    let rounds = if quick { 3 } else { rounds };
    for round in 0..rounds {
        for (case, times) in cases.iter().zip(&mut times) {
            if round < case.runs {
                times.extend(run(case));
            }
        }
    }
    cases
        .iter()
        .zip(times)
        .filter(|(_, times)| !times.is_empty())
        .map(|(case, mut times)| {
            times.sort();
            Measured {
                name: case.name.clone(),
                median: times[times.len() / 2],
                spread: (times[times.len() / 10], times[times.len() * 9 / 10]),
                peak_kib: peak_kib(case),
            }
        })
        .collect()
}

/// Values of about so many bytes: maps, named lists and texts, every 97th of them another on the `changed` side.
fn values(layer: usize, bytes: usize, changed: bool) -> String {
    let mut text = format!("pack:\n  namespace: x\ncharts:\n  c{layer}:\n");
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        let value = if changed && number % 97 == 0 {
            number + 1
        } else {
            number
        };
        text.push_str(&format!(
            "    # option {number} is explained here\n    key{number}:\n      enabled: true\n      name: \"text {number}\"\n      \
             list:\n      - name: a{number}\n        value: {value}\n      - name: b\n        value: 2\n      text: |\n        \
             one\n        two {number}\n"
        ));
    }
    text
}

/// Values that are one list of about so many bytes; of the changed side's items some are others, and some are gone.
fn one_list(bytes: usize, changed: bool) -> String {
    let mut text = String::from("list:\n");
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        if changed && number % 5000 == 9 {
            continue;
        }
        let value = if changed && number % 1000 == 7 {
            "new"
        } else {
            "old"
        };
        text.push_str(&format!("- name: item{number}\n  value: {value}\n"));
    }
    text
}

/// Values that are one text of about so many bytes; of the changed side's lines some are others, and some are gone.
fn one_text(bytes: usize, changed: bool) -> String {
    let mut text = String::from("text: |\n");
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        if changed && number % 5000 == 9 {
            continue;
        }
        let word = if changed && number % 1000 == 7 {
            "new"
        } else {
            "old"
        };
        text.push_str(&format!("  line {number} {word}\n"));
    }
    text
}

/// A profile of one layer.
fn profile_of(values: &str) -> String {
    serde_json::json!({
        "metadata": {"name": "one"},
        "spec": {"template": {"type": "add-on", "packs": [{"name": "p", "type": "oci", "values": values}]}},
    })
    .to_string()
}

/// A profile of 40 layers and about so many bytes.
fn profile(bytes: usize, changed: bool) -> String {
    let packs: Vec<serde_json::Value> = (0..40)
        .map(|layer| {
            serde_json::json!({
                "name": format!("pack-{layer}"), "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0",
                "values": values(layer, bytes / 40, changed), "registry": {"metadata": {}},
            })
        })
        .collect();
    serde_json::json!({
        "metadata": {"name": "large", "description": "", "labels": {}},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": packs}, "variables": []},
    })
    .to_string()
}

/// A pack whose values have so many lines.
fn long_pack(folder: &Path, lines: usize) {
    let folder = folder.join("nginx-1.15.4");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let mut values =
        "charts:\n  ingress-nginx:\n    controller:\n      extraArgs: {}\n    tcp: {}\n".to_owned();
    for block in 0..lines / 5 {
        values.push_str(&format!(
            "    # What the part {block} is about.\n    part{block}:\n      enabled: true # or not\n      image: registry.example.com/part:{block}\n      list: [1, 2]\n"
        ));
    }
    let json = r#"{"name": "nginx", "version": "1.15.4", "layer": "addon"}"#;
    for (file, text) in [("pack.json", json), ("values.yaml", &values)] {
        fs::write(folder.join(file), text).expect("the file can be written");
    }
}

/// A base and `count` overlays of it, as kustomize makes variants: the same networks as `nad --vlans`.
fn kustomization(folder: &Path, count: usize) {
    let write = |path: PathBuf, text: String| {
        fs::create_dir_all(path.parent().expect("it has a folder"))
            .expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    };
    let network = Command::new(PROGRAM)
        .args(["nad", "--vlans", "1"])
        .output()
        .expect("the program starts");
    let network = String::from_utf8(network.stdout).expect("text");
    write(folder.join("base/nad.yaml"), network.clone());
    write(
        folder.join("base/kustomization.yaml"),
        "resources: [nad.yaml]\n".to_owned(),
    );
    let mut all = "resources:\n".to_owned();
    for id in 1..=count {
        let patch = network
            .replace("vlan-1\"", &format!("vlan-{id}\""))
            .replace("\"vlan\": 1,", &format!("\"vlan\": {id},"));
        write(folder.join(format!("overlays/{id}/patch.yaml")), patch);
        write(
            folder.join(format!("overlays/{id}/kustomization.yaml")),
            format!(
                "resources: [../../base]\nnameSuffix: \"-{id}\"\npatches:\n- path: patch.yaml\n"
            ),
        );
        all.push_str(&format!("- overlays/{id}\n"));
    }
    write(folder.join("kustomization.yaml"), all);
}

fn main() {
    let quick = env::args().any(|argument| argument == "--quick");
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch).expect("the folder can be made");
    let path = |name: &str| scratch.join(name).display().to_string();

    let list: String = (100..1100)
        .map(|id| format!("  - {{vlan: {id}}}\n"))
        .collect();
    fs::write(
        scratch.join("site.yaml"),
        format!("network: {{vmVlans: 21-1100}}\nnads:\n{list}"),
    )
    .expect("the file can be written");

    let mut cases = vec![Case {
        program: "/bin/true".to_owned(),
        ..case("/bin/true, the floor", &[])
    }];
    cases.push(case("--version", &["--version"]));
    let to_folder = |name: &str, arguments: &[&str], folder: &str| {
        let out = path(folder);
        let mut case = case(name, &[arguments, &["--out", &out]].concat());
        case.fresh = Some(PathBuf::from(out));
        case
    };
    cases.push(to_folder("render, the example", &["render"], "example"));
    let site = path("site.yaml");
    cases.push(case(
        "nad, a site with 1,000 to a stream",
        &["nad", "--site", &site],
    ));
    cases.push(to_folder(
        "nad, a site with 1,000 to files",
        &["nad", "--site", &site],
        "networks",
    ));
    cases.push(case(
        "render, the same site, one profile to a stream",
        &[
            "render",
            "--site",
            &site,
            "--profile",
            "templates",
            "--out",
            "-",
        ],
    ));
    cases.push(to_folder(
        "render, the same site to files",
        &["render", "--site", &site],
        "thousand",
    ));
    for count in ["1000", "2000", "4094"] {
        cases.push(case(
            &format!("nad --vlans 1-{count}"),
            &["nad", "--vlans", &format!("1-{count}")],
        ));
    }
    cases.push(case("diff 1.7.0 1.9.0", &["diff", "1.7.0", "1.9.0"]));
    for megabytes in [1, 5, 25] {
        for (side, changed) in [("old", false), ("new", true)] {
            let file = scratch.join(format!("{side}-{megabytes}.json"));
            fs::write(file, profile(megabytes * 1_000_000, changed))
                .expect("the file can be written");
        }
        let [old, new] = ["old", "new"].map(|side| path(&format!("{side}-{megabytes}.json")));
        cases.push(case(
            &format!("diff, 40 layers of {megabytes} MB in all"),
            &["diff", &old, &new],
        ));
    }
    for (name, values) in [
        ("list", one_list as fn(usize, bool) -> String),
        ("text", one_text),
    ] {
        for megabytes in [1, 3, 8] {
            let [old, new] = [("old", false), ("new", true)].map(|(side, changed)| {
                let file = scratch.join(format!("{side}-{name}-{megabytes}.json"));
                let profile = profile_of(&values(megabytes * 1_000_000, changed));
                fs::write(&file, profile).expect("the file can be written");
                file.display().to_string()
            });
            cases.push(Case {
                runs: 5,
                ..case(
                    &format!("diff, one {name} of {megabytes} MB"),
                    &["diff", &old, &new, "--stat"],
                )
            });
        }
    }
    let vendors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/packs");
    if vendors.is_dir() {
        cases.push(to_folder(
            "render 1.7.0 from two vendor packs",
            &[
                "render",
                "--revision",
                "1.7.0",
                "--packs",
                &vendors.display().to_string(),
            ],
            "vendors",
        ));
    } else {
        eprintln!("there are no vendor packs in ../shared/packs; their case is left out");
    }
    for lines in [10_000, 50_000, 100_000] {
        let folder = scratch.join(format!("packs-{lines}"));
        long_pack(&folder, lines);
        cases.push(to_folder(
            &format!("render, a pack of {lines} lines"),
            &[
                "render",
                "--profile",
                "core",
                "--packs",
                &folder.display().to_string(),
            ],
            &format!("long-{lines}"),
        ));
    }
    let export = path("new-5.json");
    cases.push(to_folder("split, 5 MB", &["split", &export], "split"));
    let folder = path("split-once");
    let split = Command::new(env!("CARGO_BIN_EXE_vmo-ra"))
        .args(["split", &export, "--out", &folder])
        .status();
    assert!(split.is_ok_and(|status| status.success()), "split fails");
    cases.push(case("join, 5 MB", &["join", &folder]));
    cases.push(case("check, a site with 1,000 networks", &["check", &site]));
    for megabytes in [1, 5, 25] {
        let export = path(&format!("new-{megabytes}.json"));
        cases.push(case(
            &format!("check, an export of {megabytes} MB"),
            &["check", &export],
        ));
    }
    // The nearest tool that can be installed here; it compares trees, so it gets the values of one layer as JSON.
    for (side, changed) in [("old", false), ("new", true)] {
        let source = vmo_ra::diagnostic::Source::new(side, values(0, 200_000, changed));
        let tree = vmo_ra::yaml::to_json(&source, vmo_ra::yaml::Limits::VALUES)
            .expect("the values are YAML");
        fs::write(
            scratch.join(format!("{side}-values.json")),
            tree.to_string(),
        )
        .expect("the file can be written");
        let one = profile_of(&values(0, 200_000, changed));
        fs::write(scratch.join(format!("{side}-one.json")), one).expect("the file can be written");
    }
    cases.push(case(
        "diff, one layer of 200 KB",
        &["diff", &path("old-one.json"), &path("new-one.json")],
    ));
    if Command::new("deep").arg("--help").output().is_ok() {
        cases.push(Case {
            program: "deep".to_owned(),
            runs: 3,
            ..case(
                "deepdiff, its values as JSON",
                &[
                    "diff",
                    &path("old-values.json"),
                    &path("new-values.json"),
                    "--ignore-order",
                ],
            )
        });
    } else {
        eprintln!(
            "deepdiff is not installed (pip install 'deepdiff[cli]'); the comparison with it is left out"
        );
    }
    let kustomize = [(1000, 5), (4000, 3)];
    for (count, runs) in kustomize {
        let folder = scratch.join(format!("kustomize-{count}"));
        kustomization(&folder, count);
        if Command::new("kubectl")
            .arg("version")
            .arg("--client")
            .output()
            .is_ok()
        {
            cases.push(Case {
                program: "kubectl".to_owned(),
                runs,
                ..case(
                    &format!("kubectl kustomize, {count} overlays"),
                    &["kustomize", &folder.display().to_string()],
                )
            });
        } else {
            eprintln!("kubectl is not installed; the comparison with kustomize is left out");
        }
    }
    let measured = measure(&cases, quick);
    let report = report(&measured);
    print!("{report}");
    if !quick {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
        fs::write(file, page(&report)).expect("the page can be written");
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn find<'m>(measured: &'m [Measured], name: &str) -> Option<&'m Measured> {
    measured.iter().find(|measured| measured.name == name)
}

fn report(measured: &[Measured]) -> String {
    let mut text = String::from(
        "| process | median | 10th to 90th percentile | peak memory |\n| --- | ---: | ---: | ---: |\n",
    );
    for one in measured {
        let peak = one.peak_kib.map_or("-".to_owned(), |kib| {
            format!("{:.1} MiB", kib as f64 / 1024.0)
        });
        text.push_str(&format!(
            "| {} | {:.1} ms | {:.1} to {:.1} ms | {peak} |\n",
            one.name,
            milliseconds(one.median),
            milliseconds(one.spread.0),
            milliseconds(one.spread.1)
        ));
    }
    text.push('\n');
    for (slow, fast) in [
        ("kubectl kustomize, 1000 overlays", "nad --vlans 1-1000"),
        ("kubectl kustomize, 4000 overlays", "nad --vlans 1-4094"),
        ("deepdiff, its values as JSON", "diff, one layer of 200 KB"),
    ] {
        if let (Some(slow), Some(fast)) = (find(measured, slow), find(measured, fast)) {
            let ratio = slow.median.as_secs_f64() / fast.median.as_secs_f64();
            text.push_str(&format!(
                "- `{}` is {ratio:.0} times as fast as `{}`\n",
                fast.name, slow.name
            ));
        }
    }
    let floor = find(measured, "--version").map_or(0.0, |version| milliseconds(version.median));
    for count in [1000, 2000, 4094] {
        if let Some(one) = find(measured, &format!("nad --vlans 1-{count}")) {
            let each = (milliseconds(one.median) - floor) * 1000.0 / f64::from(count);
            text.push_str(&format!(
                "- {each:.1} µs for each of {count} networks, beyond the start of the process\n"
            ));
        }
    }
    text
}

fn page(report: &str) -> String {
    format!(
        "# Performance\n\nWhole processes, started in turn in one run, so that the machine's other work hits each alike; \
         read the ratios rather\nthan the times. Repeat it with `cargo bench --bench processes` on a machine with nothing \
         else to do.\nWhat writes files waits for the disk as much as for the program.\n\n{report}"
    )
}
