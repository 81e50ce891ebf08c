//! Hostile input, made from good input by chance: every kind of it, through every command. Nothing of others is touched,
//! nothing is half written, and nothing that was planted comes out.
//!
//! The runs are numbered, and a number makes the same input everywhere. `VMO_RA_HOSTILE=5000 cargo test --test suite hostile::`
//! tries so many of each kind of input; `VMO_RA_HOSTILE_FROM=4321` begins with that one.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use vmo_ra::visible::is_invisible;

use crate::common::harness::{Run, Scratch, files, names, root, vmo_ra, write};

/// How many inputs of each kind are tried without `VMO_RA_HOSTILE`.
const RUNS: u64 = 20;

/// What no command may show of the files that it reads, and the forms by which it is known to be a secret. Where a form was
/// spoiled, nobody can know.
const SECRETS: [(&str, &[&str]); 3] = [
    ("hunter2-Xq7Zk", &["password: hunter2-Xq7Zk"]),
    (
        "tr0ub4dor-Jw3Vp",
        &[
            "token: tr0ub4dor-Jw3Vp\n",
            "<Password><Value>tr0ub4dor-Jw3Vp</Value></Password>",
        ],
    ),
    (
        "c0rrect-Bn8Lt",
        &["--password, c0rrect-Bn8Lt]", " --password c0rrect-Bn8Lt "],
    ),
];
/// A file that appears where somebody's text was run as a command, or taken for a path.
const TRAP: &str = "PWNED";

/// What is put into a text somewhere.
const PIECES: &[&str] = &[
    "\u{1b}]0;title\u{7}",
    "\u{1b}[31m",
    "\u{9b}31m",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\0",
    "\r",
    "\t",
    "\u{2028}",
    "\u{e0041}",
    "&a [*a]",
    "&a {<<: *a}",
    "*nobody",
    "!!python/object:os.system ",
    "<<: *x\n",
    "? ",
    ": ",
    "- ",
    "|\n",
    ">-\n",
    "\n---\n",
    "\n...\n",
    "{{",
    "}}",
    "{{ .spectro.var.x }}",
    "{%",
    "{#",
    "<%",
    "%>",
    "<{",
    "}>",
    "<script>alert(1)</script>",
    "]]>",
    "&lt;",
    "\"",
    "'",
    "`",
    "\\",
    "${x}",
    "%s%n",
    "$(touch PWNED)",
    "`touch PWNED`",
    "'; touch PWNED; '",
    "\"; touch PWNED; \"",
    "| touch PWNED",
    "\ntouch PWNED\n",
    "../PWNED",
    "../../PWNED",
    "/PWNED",
    "..\\PWNED",
    "a/../../PWNED",
    "-",
    "--out=PWNED",
    "con",
    ".git",
    "1e999",
    "-0",
    "0x7fffffffffffffff",
    "9223372036854775808",
    "4095",
    "4096",
    "~",
    "null",
    "yes",
    "0777",
    "1_000",
    "NaN",
    "password: hunter2-Xq7Zk\n",
    "\ntoken: tr0ub4dor-Jw3Vp\n",
    " --password c0rrect-Bn8Lt ",
    "{password: hunter2-Xq7Zk}",
    "10.0.0.0/8",
    "::/0",
    "255.255.255.255/33",
    "(a*)*b",
    "[[:alpha:]",
    "(?i)(?:[a-z]{0,20}){0,100}x",
];

/// Numbers that look random, and are the same in every run.
struct Chance(u64);

impl Chance {
    /// One below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((number ^ (number >> 31)) % end.max(1) as u64) as usize
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// A text with a few things done to it.
    fn spoil(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        // Half of them stay readable for the most part.
        let (kinds, changes) = if self.below(2) == 0 {
            (0..10, 1 + self.below(3))
        } else {
            (6..10, 1)
        };
        for _ in 0..changes {
            let at = self.below(bytes.len() + 1);
            let end = (at + 1 + self.below(60)).min(bytes.len());
            match kinds.start + self.below(kinds.len()) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let part = bytes[at..end].repeat(1 + self.below(40));
                    bytes.splice(at..at, part);
                }
                3 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                4 => {
                    let many = self.one_of(&["[", "{a: ", "- ", "a", " ", "\n", "#", "\"", "&"]);
                    let many = many.repeat(1 + self.below(4_000));
                    bytes.splice(at..at, many.into_bytes());
                }
                5 => self.swap_lines(&mut bytes),
                // Where a value of one line begins, so that the text around it mostly stays what it was.
                6 | 7 => {
                    let piece = self.one_of(PIECES);
                    let starts: Vec<usize> = (2..bytes.len())
                        .filter(|at| &bytes[at - 2..*at] == b": ")
                        .collect();
                    let at = if starts.is_empty() {
                        at
                    } else {
                        starts[self.below(starts.len())]
                    };
                    let line = bytes[at..]
                        .iter()
                        .position(|byte| *byte == b'\n')
                        .map_or(bytes.len(), |line| at + line);
                    let end = if self.below(2) == 0 { at } else { line };
                    bytes.splice(at..end, piece.bytes());
                }
                8 => {
                    let digits: Vec<usize> = (0..bytes.len())
                        .filter(|at| bytes[*at].is_ascii_digit())
                        .collect();
                    if !digits.is_empty() {
                        bytes[digits[self.below(digits.len())]] = b'0' + self.below(10) as u8;
                    }
                }
                _ => {
                    let piece = self.one_of(PIECES);
                    bytes.splice(at..at, piece.bytes());
                }
            }
        }
        bytes
    }

    fn swap_lines(&mut self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        if !lines.is_empty() {
            let (one, other) = (self.below(lines.len()), self.below(lines.len()));
            lines.swap(one, other);
            *bytes = lines.concat();
        }
    }
}

/// Good input of one kind, and the commands that read it; `IN` is its name, `OUT` where they write.
struct Kind {
    name: &'static str,
    /// A file, or a folder with such files.
    files: Vec<(String, Vec<u8>)>,
    commands: &'static [&'static str],
}

fn site() -> Kind {
    let site = "# vmo\ncluster: {name: berlin, workers: 6}\nnetwork:\n  layout: one-bond\n  nics: {management: [eno1, eno2]}\n  management: {vlan: 110, cidr: 10.110.0.0/22}\n  data: {vlan: 120, cidr: 10.120.0.0/22, gateway: 10.120.0.1}\n  vmVlans: 200-240\n  metallb: {addresses: [10.120.3.0-10.120.3.199]}\nnads:\n  - {vlan: 200-203}\n  - {vlan: 240, name: backup, namespace: virtual-machines}\nstorage:\n  flashArrays:\n    - {endpoint: array.example.internal, apiToken: {env: TOKEN}}\nnodes:\n  machines:\n    - name: worker-01\n      addresses: {pxe: 192.168.0.21, management: 10.110.0.21, data: 10.120.0.21}\n";
    Kind {
        name: "in.yaml",
        files: vec![(String::new(), site.into())],
        commands: &[
            "render --site IN --out OUT",
            "nad --site IN --out OUT",
            "plan --site IN",
            "plan --site IN --format html --out OUT",
            "plan --site IN --format json",
            "plan --site IN --format markdown",
            "network --site IN --format netplan",
            "network --site IN --format maas-cli --out OUT",
            "network --site IN --format terraform",
            "check IN",
            "check IN --format json",
            "check IN --format sarif",
            "diff 1.9.0 IN",
            "diff IN 1.9.0 --format markdown",
            "packs list --site IN",
            "fmt IN",
        ],
    }
}

fn golden(name: &str) -> Vec<u8> {
    fs::read(root("golden/1.9.0").join(name)).expect("it is there")
}

/// An export with a secret of each form, as one line and laid out.
fn export() -> Kind {
    let text = String::from_utf8(golden("VMO-RA-Templates.json")).expect("text");
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let layer = &mut value["spec"]["template"]["packs"][0];
    layer["values"] = "a: 1\npassword: hunter2-Xq7Zk\nnested:\n  token: tr0ub4dor-Jw3Vp\n  args: [--password, c0rrect-Bn8Lt]\n".into();
    let pretty = serde_json::to_string_pretty(&value).expect("it is JSON");
    Kind {
        name: "in.json",
        files: vec![(String::new(), pretty.into())],
        commands: &[
            "check IN",
            "check IN --against 1.9.0",
            "check IN --format json",
            "check IN --format sarif",
            "diff 1.9.0 IN",
            "diff IN 1.9.0 --format json",
            "diff IN 1.9.0 --format html --out OUT",
            "diff 1.9.0 IN --format markdown",
            "diff 1.9.0 IN --text",
            "diff 1.9.0 IN --stat",
            "split IN --out OUT",
            "fmt IN",
            "fmt --check --palette IN",
            "join IN",
            "render --site IN",
            "upgrade IN --from 1.9.0 --to 1.7.0 --resolve OUT",
            "upgrade IN --from 1.9.0 --to 1.9.0 --out OUT",
        ],
    }
}

fn manifests() -> Kind {
    let texts = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: hunter2-Xq7Zk\n---\napiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: vlan-30, namespace: vms}\nspec:\n  config: '{\"cniVersion\":\"1.0.0\",\"type\":\"bridge\",\"bridge\":\"br0\",\"vlan\":30}'\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  unattend.xml: |\n    <Password><Value>tr0ub4dor-Jw3Vp</Value></Password>\n";
    Kind {
        name: "in",
        files: vec![
            ("a.yaml".to_owned(), texts.into()),
            (
                "b.yaml".to_owned(),
                "kind: Service\napiVersion: v1\nmetadata: {name: a}\n".into(),
            ),
        ],
        commands: &[
            "check IN",
            "check IN --format json",
            "check IN --format sarif",
            "check IN/a.yaml",
            "diff 1.9.0 IN",
            "join IN",
            "verify IN",
            "split IN/a.yaml --out OUT",
        ],
    }
}

fn pack() -> Kind {
    let json = "{\n  \"name\": \"cni-cilium-oss\",\n  \"displayName\": \"Cilium\",\n  \"layer\": \"cni\",\n  \"version\": \"1.19.2\",\n  \"cloudTypes\": [\"all\"],\n  \"constraints\": {\"dependencies\": [{\"packName\": \"kubernetes\", \"layer\": \"k8s\", \"minVersion\": \"1.28.0\", \"type\": \"optional\"}]}\n}\n";
    let values = "# spectrocloud.com/enabled-presets: IPAM mode:cilium-ipam\ncharts:\n  cilium:\n    a: 1\n    password: hunter2-Xq7Zk\n";
    let presets = "presets:\n- name: cilium-ipam\n  displayName: IPAM\n  group: IPAM mode\n  remove: []\n  add: |\n    charts:\n      cilium:\n        ipam: {mode: cluster-pool}\n";
    let schema = "charts.cilium.a:\n  schema: '{{ required | format \"${number}\" }}'\n";
    Kind {
        name: "in",
        files: [
            ("p/pack.json", json),
            ("p/values.yaml", values),
            ("p/presets.yaml", presets),
            ("p/schema.yaml", schema),
        ]
        .map(|(path, text)| (path.to_owned(), text.into()))
        .into(),
        commands: &[
            "packs list --packs IN",
            "packs show cni-cilium-oss --packs IN",
            "render --packs IN --profile infra --out OUT",
            "check --packs IN",
            "diff 1.9.0 1.9.0 --packs IN",
        ],
    }
}

/// What the program wrote itself, spoiled afterwards.
fn written(by: &str, commands: &'static [&'static str]) -> Kind {
    let folder = Scratch::new();
    write(&folder, "p.json", golden("VMO-RA-Templates.json"));
    vmo_ra(by).within(&folder).run().ends(0);
    Kind {
        name: "in",
        files: files(&folder.join("in")).into_iter().collect(),
        commands,
    }
}

/// Neither the words of a command nor what it writes for others to read again are a report.
fn is_report(command: &str) -> bool {
    let writes = ["join", "nad", "network", "init", "render"]
        .iter()
        .any(|name| command.starts_with(name));
    !writes
}

/// What stands beside the input and is nobody's business.
fn set_traps(folder: &Path) {
    for (path, text) in [
        ("others/notes.txt", "notes"),
        ("out.edited", "notes"),
        (".out.1", "notes"),
        ("others/in.yaml", "a: 1\n"),
    ] {
        write(folder, path, text);
    }
}

struct Case<'a> {
    folder: &'a Path,
    command: String,
    /// What the input was.
    before: Vec<(String, Vec<u8>)>,
    /// What is known to be a secret in it.
    secrets: Vec<&'static str>,
}

impl Case<'_> {
    /// What is wrong with a run; nothing, mostly.
    fn judge(&self, run: &Run) -> Result<(), String> {
        let (told, said) = (run.told(), run.said());
        let code = run.code.ok_or("a signal ended it")?;
        let is = |good: bool, what: &str| if good { Ok(()) } else { Err(what.to_owned()) };
        is((0..=3).contains(&code), "its exit code is not in the help")?;
        is(
            !said.contains("panicked") && !said.contains("RUST_BACKTRACE"),
            "it panicked",
        )?;
        is(
            code < 2 || said.contains("error"),
            "it says nothing of why it ends",
        )?;
        let is_raw = |text: &str| text.contains(|c| is_invisible(c) && c != '\n' && c != '\t');
        is(!is_raw(&said), "standard error has raw control characters")?;
        let report = is_report(&self.command);
        is(
            !(report && is_raw(&told)),
            "its report has raw control characters",
        )?;
        for secret in &self.secrets {
            is(!said.contains(secret), "standard error shows a secret")?;
            let is_open = report && !self.command.starts_with("fmt") && told.contains(secret);
            is(!is_open, "the report shows a secret")?;
        }
        // Other people's files, and ours but for the one it was told to write.
        let mut there = names(self.folder);
        there.retain(|name| name != "out");
        is(
            there
                == [".out.1", "in", "in.json", "in.yaml", "others", "out.edited"]
                    .into_iter()
                    .filter(|name| there.iter().any(|one| one == name))
                    .collect::<Vec<_>>(),
            "something is left behind, or gone",
        )?;
        is(
            fs::read(self.folder.join("out.edited")).is_ok_and(|text| text == b"notes"),
            "a file of others changed",
        )?;
        is(
            names(&self.folder.join("others")) == ["in.yaml", "notes.txt"],
            "a folder of others changed",
        )?;
        if !(self.command.starts_with("fmt IN") && code == 0) {
            let now: Vec<(String, Vec<u8>)> = input_of(self.folder);
            is(now == self.before, "its input changed")?;
        }
        self.judge_output(code)
    }

    /// What was written is whole, or not there.
    fn judge_output(&self, code: i32) -> Result<(), String> {
        let out = self.folder.join("out");
        if !out.exists() {
            return Ok(());
        }
        let wrote = |name: &str| self.command.starts_with(name);
        let is_done = code == 0 || ((wrote("diff") || wrote("upgrade")) && code == 1);
        if !is_done {
            return Err(format!("it ends with {code} and leaves something"));
        }
        if wrote("diff") || (wrote("upgrade") && out.is_file()) {
            let page = fs::read(&out).unwrap_or_default();
            let page = String::from_utf8_lossy(&page);
            if self.secrets.iter().any(|secret| page.contains(secret)) {
                return Err("its page shows a secret".to_owned());
            }
        }
        let again = match () {
            () if wrote("split") => "join out",
            () if wrote("render") || wrote("nad") => "verify out",
            () if wrote("upgrade") && out.is_dir() => "verify out",
            () => return Ok(()),
        };
        let again = vmo_ra(again).within(self.folder).run();
        if again.code != Some(0) {
            return Err(format!("what it wrote is not whole: {}", again.said()));
        }
        Ok(())
    }
}

/// The secrets that stand nowhere without their form.
fn known_secrets(input: &[(String, Vec<u8>)]) -> Vec<&'static str> {
    let texts: Vec<_> = input
        .iter()
        .map(|(_, bytes)| String::from_utf8_lossy(bytes))
        .collect();
    let count = |part: &str| {
        texts
            .iter()
            .map(|text| text.matches(part).count())
            .sum::<usize>()
    };
    let known = SECRETS.iter().filter(|(secret, forms)| {
        // JSON writes line ends and quotes in its own way.
        let of_form = |form: &&str| {
            count(form) + count(&form.replace('\n', "\\n")) * usize::from(form.contains('\n'))
        };
        count(secret) == forms.iter().map(of_form).sum::<usize>()
    });
    known.map(|(secret, _)| *secret).collect()
}

/// The input as it lies there.
fn input_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    ["in", "in.yaml", "in.json"]
        .iter()
        .flat_map(|name| match fs::read(folder.join(name)) {
            Ok(bytes) => vec![((*name).to_owned(), bytes)],
            Err(_) => regular_files(&folder.join(name)),
        })
        .collect()
}

/// The files below a folder; what is not a file is left out, since a pipe would be waited for.
fn regular_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let kind = entry.file_type().expect("it has one");
            if kind.is_dir() {
                left.push(entry.path());
            } else if kind.is_file() {
                found.push((
                    entry.path().display().to_string(),
                    fs::read(entry.path()).expect("it can be read"),
                ));
            }
        }
    }
    found.sort();
    found
}

/// Puts the input there, spoiled, now and then with something that is not a file among it.
fn plant(chance: &mut Chance, kind: &Kind, folder: &Path) {
    let spoiled = chance.below(kind.files.len());
    for (index, (path, bytes)) in kind.files.iter().enumerate() {
        let bytes = if index == spoiled || chance.below(4) == 0 {
            chance.spoil(bytes)
        } else {
            bytes.clone()
        };
        let path = if path.is_empty() {
            kind.name.to_owned()
        } else {
            format!("{}/{path}", kind.name)
        };
        write(folder, &path, bytes);
    }
    if kind.name != "in" || chance.below(3) > 0 {
        return;
    }
    let within = folder.join(kind.name);
    let (taken, _) = &kind.files[chance.below(kind.files.len())];
    let name = chance.one_of(&[
        "x.yaml",
        "x.json",
        "pack.json",
        "profile.yaml",
        "SHA256SUMS",
        "..x",
        "a b\u{202e}.yaml",
        "\u{1b}[31m.json",
        "-x.yaml",
        taken.as_str(),
    ]);
    let at = within.join(name);
    let _ = fs::remove_file(&at);
    match chance.below(5) {
        0 => drop(Command::new("mkfifo").arg(&at).status()),
        1 => drop(symlink("../others/notes.txt", &at)),
        2 => drop(symlink("/dev/zero", &at)),
        3 => drop(symlink("..", &at)),
        _ => drop(fs::write(&at, chance.one_of(PIECES))),
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    let text = env::var(name).ok();
    text.map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// Tries inputs of a kind with one of its commands each.
fn try_all(kind: &Kind) {
    let from = number("VMO_RA_HOSTILE_FROM", 0);
    let mut ended = [0; 4];
    for run in from..from + number("VMO_RA_HOSTILE", RUNS) {
        let folder = Scratch::new();
        let mut chance = Chance(run);
        set_traps(&folder);
        plant(&mut chance, kind, &folder);
        let command = chance.one_of(kind.commands);
        let words = command.replace("IN", kind.name).replace("OUT", "out");
        let before = input_of(&folder);
        let case = Case {
            folder: &folder,
            command: command.to_owned(),
            secrets: known_secrets(&before),
            before,
        };
        let output = vmo_ra(&words)
            .within(&folder)
            .env("TOKEN", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")
            .run();
        if let Err(what) = case.judge(&output) {
            panic!(
                "run {run}, `{words}` in {}: {what}\n{}\n{}",
                folder.display(),
                output.told(),
                output.said()
            );
        }
        assert!(
            !folder.join(TRAP).exists() && !folder.join("in").join(TRAP).exists(),
            "run {run}: the trap was sprung"
        );
        ended[output.code.unwrap_or_default() as usize] += 1;
    }
    // Else the inputs are so bad that nothing but their reading is tried.
    println!("ended with 0, 1, 2, 3: {ended:?}");
    assert!(ended[0] + ended[1] > 0, "none of them was taken: {ended:?}");
}

#[test]
fn sites() {
    try_all(&site());
}

#[test]
fn exports() {
    try_all(&export());
}

#[test]
fn folders_of_manifests() {
    try_all(&manifests());
}

#[test]
fn packs() {
    try_all(&pack());
}

#[test]
fn split_folders() {
    try_all(&written(
        "split p.json --out in",
        &[
            "join IN",
            "join IN --out OUT",
            "check IN",
            "diff IN 1.9.0",
            "diff 1.9.0 IN --format json",
            "split IN --out OUT",
            "verify IN",
        ],
    ));
}

#[test]
fn rendered_folders() {
    try_all(&written(
        "render --profile templates --out in",
        &[
            "verify IN",
            "verify IN --format json",
            "check IN",
            "diff IN 1.9.0",
            "diff 1.7.0 IN --format markdown",
            "join IN",
        ],
    ));
}
