//! Secrets that are planted everywhere are looked for in every byte that comes out, in every form that hides nothing.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::common::harness::{Program, Run, Scratch, files, read, vmo_ra, vmo_ra_by, write};
use crate::common::tenant::{Fault, KEY, Tenant, with_packs};
use crate::common::{add_profile, built_in, nothing_wrong};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// What the files of the site's secrets hold; the token has the form that an array's has.
const PLANTED: [(&str, &str); 6] = [
    ("token", "5ec2e7aa-0b1c-4d2e-8f3a-91b2c3d4e5f6"),
    ("activation", "planted-activation-7c1d"),
    ("saas", "planted-saas-key-93ae"),
    ("grafana", "planted-grafana-Pw-51fe"),
    ("linux", "planted-linux-Pw-a08c"),
    ("windows", "planted-windows-Pw-66d2"),
];

const SITE: &str = "\
cluster: {name: planted}
storage:
  flashArrays:
  - {endpoint: 172.16.200.50, apiToken: {file: token}}
  licence: {type: saas, saasKey: {file: saas}}
monitoring: {grafanaAdminPassword: {file: grafana}}
vmo:
  linux: {password: {file: linux}}
  windows: {adminPassword: {file: windows}}
";

/// The other kind of licence has a secret of its own.
const ENTERPRISE: &str =
    "storage: {licence: {type: enterprise, activationId: {file: activation}}}\n";

/// A folder with both sites and the files they name.
fn scratch() -> Scratch {
    let folder = Scratch::new();
    for (file, secret) in PLANTED {
        write(&folder, file, format!("{secret}\n"));
    }
    write(&folder, "site.yaml", SITE);
    write(&folder, "enterprise.yaml", ENTERPRISE);
    folder
}

/// The forms in which a secret can still be read: as it is, in base64 at each of the three places, in hexadecimal digits, in
/// two bytes a letter, backwards.
pub(super) fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    for shift in 0..3 {
        let padded = [&b"xx"[..shift], secret.as_bytes()].concat();
        let encoded = STANDARD_NO_PAD.encode(padded);
        // The letters at both ends hold bits of their neighbours.
        let inner = &encoded[4 * shift.min(1)..encoded.len() - 2];
        forms.push(inner.as_bytes().to_vec());
    }
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    forms.push(hex.to_uppercase().into_bytes());
    forms.push(hex.into_bytes());
    forms.push(secret.bytes().flat_map(|b| [b, 0]).collect());
    forms.push(secret.bytes().rev().collect());
    forms
}

/// The planted secrets that can be read in some bytes.
fn readable(bytes: &[u8]) -> Vec<&'static str> {
    let has = |form: &Vec<u8>| bytes.windows(form.len()).any(|window| window == form);
    PLANTED
        .iter()
        .filter(|(_, secret)| forms(secret).iter().any(has))
        .map(|(name, _)| *name)
        .collect()
}

#[test]
fn the_search_finds_what_is_there() {
    let secret = PLANTED[3].1;
    for text in [
        format!("password: {secret}"),
        STANDARD_NO_PAD.encode(format!("a{secret}b")),
        STANDARD_NO_PAD.encode(format!("ab{secret}")),
        secret.bytes().map(|b| format!("{b:02X}")).collect(),
    ] {
        assert_eq!(readable(text.as_bytes()), ["grafana"], "{text}");
    }
    assert!(readable(b"planted-grafana").is_empty());
}

/// The program in a folder, as talkative as a Rust program can be asked to be.
pub(super) fn talkative(folder: &Path, arguments: &str) -> Program {
    let words: Vec<&str> = arguments.split(' ').collect();
    vmo_ra(&words)
        .within(folder)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .env("CLICOLOR_FORCE", "1")
}

/// Runs it, and notes secrets on standard output and standard error.
fn watch(folder: &Path, arguments: &str, wrong: &mut Vec<String>) -> Run {
    let run = talkative(folder, arguments).run();
    for (stream, bytes) in [("output", &run.stdout), ("error", &run.stderr)] {
        let found = readable(bytes);
        if !found.is_empty() {
            wrong.push(format!("{arguments}: standard {stream} shows {found:?}"));
        }
    }
    if run.said().contains("panicked") {
        wrong.push(format!("{arguments}: it panicked"));
    }
    run
}

#[test]
fn secrets_of_a_site_stand_only_where_they_are_needed() {
    let folder = scratch();
    let mut wrong = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (site, out) in [("site.yaml", "out"), ("enterprise.yaml", "enterprise")] {
        let arguments = format!("render --site {site} --out {out}");
        watch(&folder, &arguments, &mut wrong).ends(0);
        for (name, bytes) in files(&folder.join(out)) {
            let found = readable(&bytes);
            if name == "SHA256SUMS" && !found.is_empty() {
                wrong.push(format!("{name} shows {found:?}"));
            }
            let metadata = fs::metadata(folder.join(out).join(&name)).expect("it is there");
            let mode = metadata.permissions().mode();
            if mode & 0o777 != 0o600 {
                wrong.push(format!("{name} has the mode {mode:o}"));
            }
            seen.extend(found);
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(
        seen,
        ["activation", "grafana", "linux", "saas", "token", "windows"],
        "every secret is used, or the search is none"
    );
    for arguments in [
        "nad --site site.yaml",
        "check site.yaml",
        "check site.yaml --format json",
        "check site.yaml --format sarif",
        "plan --site site.yaml",
        "plan --site site.yaml --format json",
        "plan --site site.yaml --format markdown",
        "plan --site site.yaml --format html",
        "network --site site.yaml --format netplan",
        "network --site site.yaml --format maas-cli",
        "network --site site.yaml --format terraform",
        "packs list --site site.yaml",
        "diff 1.9.0 site.yaml",
        "diff 1.9.0 site.yaml --text",
        "diff 1.9.0 site.yaml --format json",
        "diff 1.9.0 site.yaml --format markdown",
        "diff 1.9.0 site.yaml --format html --out diff.html",
        "diff site.yaml out",
        "diff site.yaml enterprise.yaml --text",
        "check enterprise.yaml enterprise",
        "check out",
        "check out --format json",
        "check out --format sarif",
        "check out --against 1.9.0",
        "verify out",
        "render --site site.yaml --out out",
        "render --site token --out other",
        "check token",
        "diff token grafana",
    ] {
        watch(&folder, arguments, &mut wrong);
    }
    let page = fs::read(folder.join("diff.html")).expect("it was written");
    assert!(readable(&page).is_empty(), "{:?}", readable(&page));
    nothing_wrong(&wrong);
}

/// Every value text of a rendered profile with secrets, changed into something that no reader takes: messages show lines.
#[test]
fn broken_files_with_secrets_show_none() {
    let folder = scratch();
    talkative(&folder, "render --site site.yaml --out out")
        .run()
        .ends(0);
    let mut wrong = Vec::new();
    for (name, bytes) in files(&folder.join("out")) {
        let text = String::from_utf8(bytes).expect("it is text");
        let found = readable(text.as_bytes());
        if name == "SHA256SUMS" {
            continue;
        }
        for (_, secret) in PLANTED.iter().filter(|(name, _)| found.contains(name)) {
            let Some(at) = text.find(secret) else {
                // It stands there in base64 only.
                continue;
            };
            let end = at + secret.len();
            for broken in [
                format!("{}: [{}", &text[..at], &text[at..]),
                format!("{}\" \\ {{{{{}", &text[..end], &text[end..]),
                text[..end].to_owned(),
                format!("{}\t@{}", &text[..end], &text[end..]),
                text.replace(secret, &format!("{secret}\u{1b}[2J")),
            ] {
                write(&folder, "broken", broken);
                for arguments in [
                    "check broken",
                    "check broken --format sarif",
                    "diff broken out",
                    "split broken --out split --force",
                    "fmt --check broken",
                ] {
                    watch(&folder, arguments, &mut wrong);
                }
            }
        }
    }
    nothing_wrong(&wrong);
}

/// What a site says of itself in debug output.
#[test]
fn debug_output_withholds_texts() {
    use vmo_ra::diagnostic::Source;
    use vmo_ra::output::Tree;
    use vmo_ra::render::{Request, render};
    use vmo_ra::revision::Role;
    use vmo_ra::rules::Inspected;
    use vmo_ra::site::{Inputs, Site};

    struct Files(Scratch);
    impl Inputs for Files {
        fn env(&self, _: &str) -> Option<String> {
            None
        }
        fn file(&self, path: &Path) -> io::Result<String> {
            fs::read_to_string(self.0.join(path))
        }
    }
    let site = Site::parse(&Source::new("site.yaml", SITE), &Files(scratch()))
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let revision = built_in::newest();
    let library = built_in::library();
    let request = Request {
        site: &site,
        revision,
        library,
        profiles: &Role::ALL,
        published: false,
    };
    let rendered = render(&request).unwrap_or_else(|problems| panic!("{problems:?}"));
    let tree = Tree::of_render(&rendered).expect("names differ");
    let mut cluster = Inspected::default();
    for each in &rendered.profiles {
        add_profile(&mut cluster, "p.json", each.profile.clone());
    }
    for (what, shown) in [
        ("site", format!("{site:?}")),
        ("rendered", format!("{rendered:#?}")),
        ("tree", format!("{tree:?}")),
        ("cluster", format!("{cluster:?}")),
    ] {
        assert!(shown.len() > 100, "{what}: {shown}");
        assert_eq!(readable(shown.as_bytes()), [""; 0], "{what}");
    }
}

/// While the program waits to say that all is done, its memory holds no secret any more.
#[test]
#[cfg(target_os = "linux")]
fn secrets_leave_memory() {
    use std::io::{Read, Seek, SeekFrom};
    let folder = scratch();
    let (_reader, mut writer) = io::pipe().expect("there are pipes");
    // A pipe of Linux takes 64 KiB; the program's own line has to wait.
    writer.write_all(&[b'x'; 1 << 16]).expect("it has room");
    let running = vmo_ra("render --site site.yaml --out out")
        .within(&folder)
        .writing(writer)
        .start();
    let process = running.process();
    let waits = || {
        fs::read_to_string(process.join("wchan")).is_ok_and(|at| at.contains("pipe"))
            || fs::read_to_string(process.join("syscall")).is_ok_and(|call| call.starts_with("1 "))
    };
    for _ in 0..6000 {
        if waits() && folder.join("out/SHA256SUMS").is_file() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(waits(), "it does not wait to write");
    let maps = read(&process, "maps");
    let mut memory = fs::File::open(process.join("mem")).expect("it is ours");
    let (mut wrong, mut read) = (Vec::new(), 0);
    for map in maps.lines().filter(|map| map.contains(" rw")) {
        let (start, end) = map
            .split_once(' ')
            .and_then(|(range, _)| range.split_once('-'))
            .expect("a range");
        let address = |text| u64::from_str_radix(text, 16).expect("an address");
        let mut bytes = vec![0; usize::try_from(address(end) - address(start)).expect("it fits")];
        memory
            .seek(SeekFrom::Start(address(start)))
            .expect("a place");
        if memory.read_exact(&mut bytes).is_err() {
            continue;
        }
        read += bytes.len();
        for name in readable(&bytes) {
            wrong.push(format!("{name} is in {map}"));
        }
    }
    running.kill();
    assert!(read > 1 << 16, "only {read} bytes could be read");
    nothing_wrong(&wrong);
}

/// A registry's user stands in front of an image, in the line and in what a rule says of it.
#[test]
fn the_user_of_a_registry_is_hidden() {
    let folder = Scratch::new();
    let image = "{name: t, source: \"docker://u:hunter2@r.example.com/x:latest\", size: 10Gi}";
    write(
        &folder,
        "site.yaml",
        format!("vmo: {{goldenImages: [{image}]}}\n"),
    );
    for format in ["text", "json", "sarif"] {
        let run = vmo_ra(&["check", "site.yaml", "--format", format])
            .within(&folder)
            .run();
        let told = run.told();
        assert!(
            told.contains("comes from `r.example.com/x:latest`"),
            "{told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
    }
}

/// The planted secrets and the key of a tenant that can be read in some bytes.
fn readable_with_key(bytes: &[u8]) -> Vec<&'static str> {
    let mut found = readable(bytes);
    let has = |form: &Vec<u8>| bytes.windows(form.len()).any(|window| window == form);
    if forms(KEY).iter().any(has) {
        found.push("key");
    }
    found
}

/// Every command of `palette`, with what a site's profiles hold; `packs import` and a module of Terraform go along.
const WITH_A_TENANT: [(&str, i32); 20] = [
    ("palette validate out --verbose", 0),
    ("palette import out --dry-run --verbose", 0),
    ("palette import out --yes --verbose", 0),
    ("palette import out --yes", 0),
    ("palette import changed --yes --verbose", 1),
    ("palette list --verbose", 0),
    ("palette list --format json", 0),
    ("palette status out --verbose", 0),
    ("palette status changed --verbose", 1),
    ("palette status changed --format json", 1),
    ("palette diff NAME changed --verbose", 1),
    ("palette diff NAME changed --format json --text", 1),
    ("palette diff NAME changed --format html --text", 1),
    ("palette export --all --out exported --verbose", 0),
    ("palette export --all --split --out laid-out", 0),
    ("palette packs --site site.yaml --out packs --verbose", 0),
    ("palette selftest --write --verbose", 0),
    ("palette selftest --write --format json", 0),
    ("packs import out/NAME.json --out imported", 0),
    ("render --format terraform --site SITE --out module", 0),
];

#[test]
fn secrets_and_the_key_are_nowhere_but_in_private_files_of_a_tenants_commands() {
    let mut wrong = Vec::new();
    let mut kept: Vec<&str> = Vec::new();
    for (site, name) in [
        ("site.yaml", "VMO-RA-Core-PXKE"),
        ("enterprise.yaml", "VMO-RA-Infra-MaaS-PureFlashArray"),
    ] {
        let Some(tenant) = Tenant::start(with_packs()) else {
            return;
        };
        let folder = scratch();
        let render = format!("render --site {site} --out out");
        watch(&folder, &render, &mut wrong).ends(0);
        for (file, bytes) in files(&folder.join("out")) {
            let is_profile = file.ends_with(".json");
            let text = String::from_utf8(bytes).expect("profiles are text");
            if is_profile {
                // Other secrets in the same places, so that every difference is one.
                let text = text
                    .replace("planted", "implanted")
                    .replace("5ec2e7aa", "5ec2e7ab");
                write(&folder, &format!("changed/{file}"), text);
            }
        }
        for (command, code) in WITH_A_TENANT {
            let command = command.replace("NAME", name).replace("SITE", site);
            tenant.state().buckets.clear();
            let run = talkative(&folder, &command)
                .env("SPECTROCLOUD_HOST", &tenant.host())
                .env("SPECTROCLOUD_APIKEY", KEY)
                .run();
            for bytes in [&run.stdout, &run.stderr] {
                let found = readable_with_key(bytes);
                if !found.is_empty() {
                    wrong.push(format!("{command}: it shows {found:?}"));
                }
            }
            if run.code != Some(code) {
                wrong.push(format!("{command}: {:?}: {}", run.code, run.said()));
            }
        }
        for (file, bytes) in files(&folder) {
            let found = readable_with_key(&bytes);
            let is_ours = PLANTED.iter().any(|(planted, _)| *planted == file);
            if found.is_empty() || is_ours || file.starts_with("changed/") {
                continue;
            }
            let metadata = fs::metadata(folder.join(&file)).expect("it is there");
            let mode = metadata.permissions().mode() & 0o777;
            if mode != 0o600 || found.contains(&"key") {
                wrong.push(format!("{file} has the mode {mode:o} and shows {found:?}"));
            }
            kept.extend(found);
        }
    }
    kept.sort_unstable();
    kept.dedup();
    assert_eq!(
        kept,
        ["activation", "grafana", "linux", "saas", "token", "windows"],
        "every secret is used, or the search is none"
    );
    nothing_wrong(&wrong);
}

#[test]
fn a_refusal_that_quotes_every_secret_shows_none() {
    let folder = scratch();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for site in ["site.yaml", "enterprise.yaml"] {
        let out = format!("out-{site}");
        watch(
            &folder,
            &format!("render --site {site} --out {out}"),
            &mut wrong,
        )
        .ends(0);
        for (file, bytes) in files(&folder.join(&out)) {
            if !file.ends_with(".json") {
                continue;
            }
            let quoted: Vec<&str> = readable(&bytes)
                .iter()
                .filter_map(|name| PLANTED.iter().find(|(planted, _)| planted == name))
                .map(|(_, secret)| *secret)
                .chain([KEY])
                .collect();
            seen += quoted.len() - 1;
            let message = quoted.join(" or ");
            let answer = format!(r#"{{"code":"Bad","message":"not {message}","ref":"b7"}}"#);
            let answer: &'static str = answer.leak();
            let mut state = with_packs();
            state.refuses_profiles = Some(answer);
            let Some(tenant) = Tenant::start(state) else {
                return;
            };
            let run = talkative(&folder, &format!("palette validate {out}/{file} --verbose"))
                .env("SPECTROCLOUD_HOST", &tenant.host())
                .env("SPECTROCLOUD_APIKEY", KEY)
                .run();
            run.ends(1).mentions("Bad: not ********");
            for bytes in [&run.stdout, &run.stderr] {
                let found = readable_with_key(bytes);
                if !found.is_empty() {
                    wrong.push(format!("{out}/{file}: it shows {found:?}"));
                }
            }
        }
    }
    assert!(seen >= 6, "only {seen} were quoted");
    nothing_wrong(&wrong);
}

#[test]
fn the_key_is_in_no_list_of_processes() {
    let folder = Scratch::new();
    write(&folder, "key", KEY);
    fs::set_permissions(folder.join("key"), fs::Permissions::from_mode(0o600)).expect("it is ours");
    let mut state = with_packs();
    state.faults.insert(0, Fault::Slow);
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    // With as large a core as may be.
    let as_large = ["-c", "ulimit -S -c $(ulimit -H -c); exec \"$0\" \"$@\""];
    let running = vmo_ra_by("sh", &as_large, "palette list --api-key-file key")
        .within(&folder)
        .env("SPECTROCLOUD_HOST", &tenant.host())
        .start();
    while tenant.state().seen.is_empty() {
        thread::sleep(Duration::from_millis(20));
    }
    for file in ["cmdline", "environ", "comm", "status"] {
        let bytes = fs::read(running.process().join(file)).expect("it runs");
        assert!(!bytes.is_empty(), "{file}");
        assert_eq!(readable_with_key(&bytes), Vec::<&str>::new(), "{file}");
    }
    let limits = fs::read_to_string(running.process().join("limits")).expect("it runs");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.expect("it has one").split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{core:?}");
    running.end().ends(0);
}
