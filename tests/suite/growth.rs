//! Time grows no faster than the input. Each list, map, text and name of an example of every kind of input is made larger, and
//! the instructions of each command that takes the kind are counted; they repeat from run to run, as time does not.
//!
//! Here all places of a kind grow at once, to sizes that take little time. With `VMO_RA_GROWTH=1000` each grows by itself, to
//! 8 times so many, in every way and format: that takes hours.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::common::harness::{PROGRAM, Scratch, read, root, vmo_ra, write};
use crate::common::programs::program;
use vmo_ra::diagnostic::Source;
use vmo_ra::yaml::{self, Limits};

/// What the second of two increments, of which it is for twice as much input, may be of the first: 2 where work is linear, 4
/// where it is quadratic.
const MOST: f64 = 2.6;

/// A run that takes so little more than with nothing grown is not counted when each place grows by itself.
const LITTLE: Duration = Duration::from_millis(150);

/// How a place grows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// More items or keys, each with names of its own.
    Distinct,
    /// More items that are the same.
    Copies,
    /// A text of one long line.
    Words,
    /// A text of many lines.
    Lines,
    /// A longer name.
    Name,
}

const HOWS: [How; 5] = [
    How::Distinct,
    How::Copies,
    How::Words,
    How::Lines,
    How::Name,
];

/// The tree with `count` more at a place; none where it does not grow in this way.
fn grown(tree: &Value, pointer: &str, how: How, count: usize) -> Option<Value> {
    let mut tree = tree.clone();
    if how == How::Name {
        let (around, name) = pointer.rsplit_once('/')?;
        let map = tree.pointer_mut(around)?.as_object_mut()?;
        let renamed = |(key, value): (String, Value)| match key == name {
            true => (key + &"x".repeat(count), value),
            false => (key, value),
        };
        *map = std::mem::take(map).into_iter().map(renamed).collect();
        return Some(tree);
    }
    match (how, tree.pointer_mut(pointer)?) {
        (How::Copies, Value::Array(items)) => {
            let last = items.last()?.clone();
            items.extend(std::iter::repeat_n(last, count));
        }
        (How::Distinct, Value::Array(items)) => {
            let last = items.last()?.clone();
            items.extend((1..=count).map(|number| numbered(&last, number, "name")));
        }
        (How::Distinct, Value::Object(map)) => {
            let (key, value) = map.iter().next_back()?;
            let (key, value) = (key.clone(), value.clone());
            map.extend((1..=count).map(|number| (format!("{key}{number}"), value.clone())));
        }
        (How::Words, Value::String(text)) => {
            *text = [text.as_str(), " "].concat().repeat(count + 1)
        }
        (How::Lines, Value::String(text)) => {
            let line = text.trim_end();
            *text = (0..=count)
                .map(|number| format!("{line}{number}\n"))
                .collect();
        }
        _ => return None,
    }
    Some(tree)
}

/// A value in which names and addresses have a number of their own.
fn numbered(value: &Value, number: usize, key: &str) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.iter();
            let entries = entries.map(|(key, value)| (key.clone(), numbered(value, number, key)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(items) => items
            .iter()
            .map(|item| numbered(item, number, key))
            .collect(),
        Value::String(text) => {
            let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
            if let Ok(address) = address.parse::<std::net::Ipv4Addr>() {
                let step = if prefix.is_empty() { 1 } else { 256 };
                let next = std::net::Ipv4Addr::from_bits(address.to_bits() + number as u32 * step);
                return text.replace(&address.to_string(), &next.to_string()).into();
            }
            if text.starts_with("52:54:") {
                let [_, high, middle, low] = (number as u32).to_be_bytes();
                return format!("52:54:01:{high:02x}:{middle:02x}:{low:02x}").into();
            }
            if let Some((before, after)) = text.split_once("first") {
                return format!("{before}first{number}{after}").into();
            }
            match key {
                "name" | "manifest" | "path" | "displayName" => format!("{text}{number}").into(),
                _ => text.as_str().into(),
            }
        }
        other => other.clone(),
    }
}

/// Everything in a tree that may grow, what holds other places before them.
fn places(tree: &Value, pointer: String, found: &mut Vec<String>) {
    found.push(pointer.clone());
    match tree {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            places(value, format!("{pointer}/{key}"), found);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| {
            places(value, format!("{pointer}/{at}"), found);
        }),
        _ => {}
    }
}

/// A kind of input: an example, how it is written to a folder, and what is run there.
struct Kind {
    name: &'static str,
    example: Value,
    write: fn(&Path, &Value),
    /// What is run in every test, with these places grown at once, at the smallest size by so many.
    jobs: &'static [(All, usize, Job)],
    /// The same of single places that once grew with the square.
    places: &'static [(&'static str, How, usize, Job)],
    /// What is run beside it where each place grows by itself.
    others: &'static [Job],
}

type Job = &'static [&'static str];

/// What grows at once.
#[derive(Clone, Copy, Debug, PartialEq)]
enum All {
    /// Lists that may be longer, so that the input is taken.
    Lists,
    /// All lists, maps and texts.
    Places,
    /// Lists, by more of the same.
    Copies,
}

fn example(name: &str) -> Value {
    let text = read(&root("tests/growth"), name);
    yaml::to_json(&Source::new(name, text), Limits::INPUT).expect("it is YAML")
}

/// What stands in an example for the texts that are made of other trees.
const VALUES: &str = "VALUES";
const MANIFESTS: &str = "MANIFESTS";
const MACROS: &str = "MACROS";

/// An export whose texts are written from trees.
fn export(tree: &Value) -> String {
    let objects = tree["manifests"].as_array().expect("a list").iter();
    let texts = objects.map(|object| format!("---\n{}", yaml::from_json(object)));
    let quoted = |text: String| Value::from(text).to_string();
    tree["profile"]
        .to_string()
        .replace(
            &quoted(VALUES.into()),
            &quoted(yaml::from_json(&tree["values"])),
        )
        .replace(&quoted(MANIFESTS.into()), &quoted(texts.collect()))
}

fn of_export() -> Value {
    json!({
        "profile": example("export.yaml"),
        "values": example("values.yaml"),
        "manifests": example("manifests.yaml"),
    })
}

/// Values that begin like secrets again and again, each part at the places where a text is read in its own way.
fn secrets() -> Value {
    let parts = [
        "publicKeyToken=x ",
        "password ",
        "password=\"",
        "--password 'a",
        "{\"a\":",
        "{password: ",
        "token: ",
        "token: # ",
        "token: , ",
        "{{",
        "<a",
        "&a *a ",
        "://a@",
        "QUJD/",
    ];
    let begin = ["", "x: [", "x:\n  y: "];
    let texts = begin.iter().flat_map(|begin| {
        parts.map(|part| {
            (
                begin.to_string() + part,
                json!({"begin": begin, "parts": [part]}),
            )
        })
    });
    Value::Object(texts.collect())
}

/// An export with a layer for each text of secrets.
fn of_secrets(texts: &Value) -> String {
    let texts = texts.as_object().expect("a map").values();
    let layers = texts.enumerate().map(|(number, text)| {
        let parts = text["parts"].as_array().expect("a list").iter();
        let parts: String = parts.filter_map(Value::as_str).collect();
        json!({
            "name": format!("layer{number}"),
            "type": "oci",
            "layer": "addon",
            "version": "1.0.0",
            "values": text["begin"].as_str().expect("a text").to_owned() + &parts,
        })
    });
    let template = json!({"type": "add-on", "packs": layers.collect::<Value>()});
    json!({"metadata": {"name": "a"}, "spec": {"version": "1.0.0", "template": template}})
        .to_string()
}

/// An edited core profile, with values in which macros stand where YAML has no place for them. What there is more of is
/// more of the same pack.
fn of_edited(tree: &Value) -> String {
    let mut tree = tree.clone();
    let layers = tree["profile"]["spec"]["template"]["packs"].as_array_mut();
    for layer in layers.into_iter().flatten() {
        let name = layer["name"].as_str().unwrap_or_default();
        layer["name"] = name.trim_end_matches(|c: char| c.is_ascii_digit()).into();
    }
    let macros = tree["macros"].as_array().expect("a list").iter();
    let names = macros.filter_map(|one| one["name"].as_str());
    let lines = names.map(|name| format!("{name}: {{{{ .spectro.var.{name} }}}}x\\n"));
    export(&tree).replace(MACROS, &lines.collect::<String>())
}

const UPGRADE: Job = &[
    "upgrade",
    "yours",
    "--from",
    "1.7.0",
    "--to",
    "1.9.0",
    "--site",
    "site.yaml",
];

fn kinds() -> [Kind; 7] {
    [
        Kind {
            name: "site",
            example: example("site.yaml"),
            write: |folder, tree| {
                let certificate = fs::read(root("tests/data/corporate-root.pem"));
                write(folder, "ca.pem", certificate.expect("it is there"));
                write(folder, "site.yaml", yaml::from_json(tree));
            },
            jobs: &[
                (All::Places, 2, &["check", "site.yaml"]),
                (
                    All::Lists,
                    6,
                    &["network", "site.yaml", "--format", "maas-cli"],
                ),
            ],
            places: &[(
                "/network/management/routes",
                How::Copies,
                50,
                &["check", "site.yaml"],
            )],
            others: &[
                &["render", "--site", "site.yaml", "--out", "out"],
                &["check", "site.yaml", "--format", "sarif"],
                &["plan", "site.yaml"],
                &["plan", "site.yaml", "--format", "markdown"],
                &["plan", "site.yaml", "--format", "html"],
                &["network", "site.yaml", "--format", "netplan"],
                &["network", "site.yaml", "--format", "terraform"],
                &["nad", "--site", "site.yaml"],
                &["packs", "list", "--site", "site.yaml"],
                &["diff", "site.yaml", "1.9.0"],
            ],
        },
        Kind {
            name: "export",
            example: of_export(),
            write: |folder, tree| {
                write(folder, "old.json", export(&of_export()));
                write(folder, "new.json", export(tree));
            },
            jobs: &[(All::Places, 1, &["check", "new.json"])],
            places: &[],
            others: &[
                &["diff", "old.json", "new.json"],
                &["diff", "new.json", "old.json", "--text", "--format", "html"],
                &["split", "new.json", "--out", "out"],
                &["check", "new.json", "--format", "json"],
                &["check", "new.json", "--format", "sarif"],
                &[
                    "diff", "old.json", "new.json", "--text", "--format", "markdown",
                ],
                &["diff", "old.json", "new.json", "--text", "--format", "json"],
                &["diff", "new.json", "new.json"],
                &["fmt", "--check", "new.json"],
            ],
        },
        Kind {
            name: "secrets",
            example: secrets(),
            write: |folder, tree| {
                write(folder, "old.json", of_secrets(&secrets()));
                write(folder, "new.json", of_secrets(tree));
            },
            jobs: &[
                (All::Copies, 10, &["diff", "old.json", "new.json", "--text"]),
                (
                    All::Copies,
                    10,
                    &["diff", "old.json", "new.json", "--text", "--format", "html"],
                ),
            ],
            places: &[],
            others: &[&["check", "new.json"]],
        },
        Kind {
            name: "edited",
            example: json!({
                "profile": example("edited.yaml"),
                "values": example("edited-values.yaml"),
                "manifests": example("manifests.yaml"),
                "macros": [{"name": "a"}],
            }),
            write: |folder, tree| {
                write(folder, "site.yaml", "{}\n");
                write(folder, "yours/core.json", of_edited(tree));
            },
            jobs: &[(All::Lists, 12, UPGRADE)],
            places: &[],
            others: &[],
        },
        Kind {
            name: "rendered",
            example: json!({"nads": [{"vlan": 30, "name": "a"}]}),
            write: |folder, tree| {
                write(folder, "site.yaml", yaml::from_json(tree));
                // The profile that the networks are in.
                let render =
                    "render --revision 1.7.0 --site site.yaml --profile templates --out yours";
                vmo_ra(render).within(folder).run().ends(0);
            },
            jobs: &[],
            places: &[("/nads", How::Distinct, 25, UPGRADE)],
            others: &[],
        },
        Kind {
            name: "packs",
            example: json!([{"name": "p", "version": "1.0.0", "layer": "addon"}]),
            write: |folder, tree| {
                let packs = tree.as_array().expect("a list");
                for (number, description) in packs.iter().enumerate() {
                    let at = format!("packs/{number}");
                    write(folder, &format!("{at}/pack.json"), description.to_string());
                    write(folder, &format!("{at}/values.yaml"), "a: 1\n");
                }
            },
            jobs: &[],
            places: &[("", How::Copies, 20, &["packs", "list", "--packs", "packs"])],
            others: &[&["packs", "show", "p", "--packs", "packs"]],
        },
        Kind {
            name: "pack",
            example: example("pack.yaml"),
            write: |folder, tree| {
                let rules = tree["rules"].as_array().expect("a list").iter();
                let rules = rules.map(|rule| {
                    let path = rule["path"].as_str().expect("a path");
                    (path.to_owned(), json!({"schema": rule["schema"]}))
                });
                for (file, text) in [
                    ("pack.json", tree["description"].to_string()),
                    ("values.yaml", yaml::from_json(&tree["values"])),
                    (
                        "presets.yaml",
                        yaml::from_json(&json!({"presets": tree["presets"]})),
                    ),
                    (
                        "schema.yaml",
                        yaml::from_json(&Value::Object(rules.collect())),
                    ),
                ] {
                    write(folder, &format!("packs/p/{file}"), text);
                }
            },
            jobs: &[
                (All::Lists, 20, &["check", "--packs", "packs"]),
                (
                    All::Lists,
                    20,
                    &["packs", "show", "csi-portworx-generic", "--packs", "packs"],
                ),
            ],
            places: &[],
            others: &[
                &[
                    "render",
                    "--packs",
                    "packs",
                    "--profile",
                    "infra",
                    "--out",
                    "out",
                ],
                &["packs", "list", "--packs", "packs"],
                &["diff", "1.9.0", "1.9.0", "--packs", "packs"],
            ],
        },
    ]
}

/// The program without what it says of itself to debuggers, which valgrind would read at each start.
fn stripped(folder: &Path) -> PathBuf {
    let target = folder.join("program");
    let done = Command::new("strip")
        .arg("-o")
        .arg(&target)
        .arg(PROGRAM)
        .status();
    match done {
        Ok(status) if status.success() => target,
        _ => PathBuf::from(PROGRAM),
    }
}

/// What counts the instructions of the program.
struct Counter {
    valgrind: PathBuf,
    program: PathBuf,
    /// Whether every input must be taken.
    is_taken: bool,
}

impl Counter {
    fn instructions(&self, folder: &Path, arguments: &[&str]) -> f64 {
        let log = folder.join("log");
        let ended = Command::new(&self.valgrind)
            .args([
                "--tool=cachegrind",
                "--cache-sim=no",
                "--cachegrind-out-file=/dev/null",
            ])
            .arg(format!("--log-file={}", log.display()))
            .arg(&self.program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .output()
            .expect("valgrind starts");
        let code = ended.status.code();
        let said = String::from_utf8_lossy(&ended.stderr);
        // What is refused is not looked at any further: right where one place grows, and no proof where all do.
        let wrong = if self.is_taken { 2 } else { 4 };
        // It goes on where a file that the site names cannot be read.
        let goes_on = code == Some(3) && arguments[0] == "check";
        assert!(
            goes_on || code.is_some_and(|code| code < wrong),
            "{arguments:?} ends with {code:?}: {said:.500}"
        );
        let log = read(folder, "log");
        let count = log
            .split(" refs:")
            .nth(1)
            .and_then(|count| count.lines().next());
        let count = count.map(|count| count.trim().replace(',', ""));
        count
            .and_then(|count| count.parse().ok())
            .unwrap_or_else(|| panic!("no count: {log}"))
    }
}

/// One command over an input that grows in one way.
struct Series<'k> {
    what: String,
    kind: &'k Kind,
    job: &'k [&'k str],
    /// How many more there are at the smallest size.
    size: usize,
    /// The input with so many more.
    grown: Box<dyn Fn(usize) -> Value + Send + 'k>,
}

impl<'k> Series<'k> {
    fn of(kind: &'k Kind, job: &'k [&'k str], pointer: String, how: How, size: usize) -> Self {
        Series {
            what: format!("{} with {how:?} at `{pointer}`", kind.name),
            kind,
            job,
            size,
            grown: Box::new(move |count| {
                grown(&kind.example, &pointer, how, count).expect("it grows")
            }),
        }
    }

    /// A new folder with the input in it; what the last run wrote is gone.
    fn folder(&self, count: usize) -> Scratch {
        let folder = Scratch::new();
        (self.kind.write)(&folder, &(self.grown)(count));
        folder
    }

    fn time(&self, count: usize) -> Duration {
        let folder = self.folder(count);
        let start = Instant::now();
        vmo_ra(self.job).within(&folder).run();
        start.elapsed()
    }

    /// What is wrong with it.
    fn fault(&self, counter: &Counter) -> Option<String> {
        let count = |count| counter.instructions(&self.folder(count), self.job);
        // What the size itself takes would decide nothing.
        let counts = [2, 4, 8].map(|times| count(times * self.size));
        println!("{}: {:?}: {counts:.0?}", self.what, self.job); // shown with --nocapture
        let [first, second] = [counts[1] - counts[0], counts[2] - counts[1]];
        let ratio = second / first;
        // Less than a hundredth is what counts differ by from run to run.
        let grows = second > counts[2] / 50.0;
        (grows && ratio > MOST).then(|| {
            let millions = counts.map(|count| format!("{:.1}", count / 1e6)).join(", ");
            format!(
                "{}: `vmo-ra {}` takes {millions} million instructions for 2, 4, 8 times {}: {ratio:.2} times as much for twice as much",
                self.what,
                self.job.join(" "),
                self.size,
            )
        })
    }
}

/// The faults of all series, with as many at once as there are processors.
fn faults(
    series: Vec<Series<'_>>,
    fault: impl Fn(&Series<'_>) -> Option<String> + Sync,
) -> Vec<String> {
    let left = Mutex::new(series.into_iter());
    let found = Mutex::new(Vec::new());
    let next = || left.lock().expect("no test panics here").next();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(series) = next() {
                    let fault = fault(&series);
                    found.lock().expect("no test panics here").extend(fault);
                }
            });
        }
    });
    found.into_inner().expect("no test panics here")
}

/// A tree with all such places grown at once, each in the first way in which it does.
fn all_grown(example: &Value, all: All, count: usize) -> Value {
    let mut found = Vec::new();
    places(example, String::new(), &mut found);
    let mut tree = example.clone();
    for (at, pointer) in found.iter().enumerate() {
        let place = example.pointer(pointer);
        let is_list = place.is_some_and(Value::is_array);
        let stands_for_another =
            place.is_some_and(|text| [VALUES, MANIFESTS, MACROS].iter().any(|one| text == one));
        // A node has few cards, and no more are read.
        let few = all == All::Lists && pointer.contains("/nics/");
        if stands_for_another || few || (all != All::Places && !is_list) {
            continue;
        }
        let lines = [How::Words, How::Lines][at % 2];
        let ways = match all {
            All::Copies => [How::Copies; 2],
            All::Lists | All::Places => [How::Distinct, lines],
        };
        let grown = ways
            .iter()
            .find_map(|how| grown(&tree, pointer, *how, count));
        tree = grown.unwrap_or(tree);
    }
    tree
}

#[test]
fn instructions_grow_no_faster_than_the_input() {
    let Some(valgrind) = program("valgrind") else {
        return;
    };
    let folder = Scratch::new();
    let large = env::var("VMO_RA_GROWTH").ok();
    let counter = Counter {
        valgrind,
        program: stripped(&folder),
        is_taken: large.is_none(),
    };
    let kinds = kinds();
    let faults = match large {
        None => {
            let series = kinds.iter().flat_map(|kind| {
                let all = kind.jobs.iter().map(|(all, size, job)| Series {
                    what: format!("{} with all {all:?} grown", kind.name),
                    kind,
                    job,
                    size: *size,
                    grown: Box::new(|count| all_grown(&kind.example, *all, count)),
                });
                let places = kind.places.iter();
                all.chain(places.map(|(pointer, how, size, job)| {
                    Series::of(kind, job, (*pointer).to_owned(), *how, *size)
                }))
            });
            faults(series.collect(), |series| series.fault(&counter))
        }
        Some(size) => {
            let size: usize = size.parse().expect("a number of items");
            let series = kinds.iter().flat_map(|kind| one_by_one(kind, size));
            faults(series.collect(), |series| {
                let little = series.time(8 * size) < series.time(0) + LITTLE;
                let fault = if little { None } else { series.fault(&counter) };
                // A long run tells at once what it finds.
                fault.inspect(|fault| println!("{fault}"))
            })
        }
    };
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Each place of a kind grown in each way, through each of its commands.
fn one_by_one(kind: &Kind, size: usize) -> impl Iterator<Item = Series<'_>> {
    let mut found = Vec::new();
    places(&kind.example, String::new(), &mut found);
    let ways = found
        .into_iter()
        .flat_map(|pointer| HOWS.map(|how| (pointer.clone(), how)));
    let ways = ways.filter(|(pointer, how)| grown(&kind.example, pointer, *how, 1).is_some());
    ways.flat_map(move |(pointer, how)| {
        let jobs = kind.jobs.iter().map(|(_, _, job)| job);
        let jobs = jobs
            .chain(kind.places.iter().map(|(_, _, _, job)| job))
            .chain(kind.others);
        jobs.map(move |job| Series::of(kind, job, pointer.clone(), how, size))
    })
}
