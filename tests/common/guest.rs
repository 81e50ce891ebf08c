//! Guests of User Mode Linux: a kernel of its own, in which a script is root over the host's files. `guest.sh` beside this
//! file is their init.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::harness::{Scratch, write};
use super::programs::program;

/// How long a guest may take: it takes some seconds on an idle machine, and many on a busy one.
const LIMIT: Duration = Duration::from_secs(240);

/// How long a guest may take to end once it is told to.
const PATIENCE: Duration = Duration::from_secs(10);

/// A guest that has not started yet, and its folder.
pub struct Guest {
    linux: PathBuf,
    folder: Scratch,
}

impl Guest {
    /// A guest with an empty folder; None where there is no User Mode Linux.
    pub fn new(name: &str) -> Option<Self> {
        let linux = program("linux.uml")?;
        let folder = Scratch::named(&format!("uml-{name}"));
        Some(Guest { linux, folder })
    }

    /// What the script finds at `$CASE`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts a file into the folder.
    pub fn write(&self, path: &str, text: &str) {
        write(&self.folder, path, text);
    }

    /// Runs a script of `tests/` and waits until the guest is gone.
    pub fn run(self, script: &str) -> Results {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let console = self.folder.join("console");
        let output = File::create(&console).expect("the file can be made");
        let place = |name: &str, path: &Path| format!("{name}={}", path.display());
        let mut child = Command::new(&self.linux)
            .env("LD_PRELOAD", wide_registers(&self.folder))
            .args(["mem=256M", "root=/dev/root", "rootfstype=hostfs"])
            .args(["rootflags=/", "rw", "quiet"])
            .args(["con=null", "con0=null,fd:1", "ssl=null"])
            .arg(place("uml_dir", &self.folder.join("uml")))
            .arg(place("init", &tests.join("common/guest.sh")))
            .arg(place("CASE", &self.folder))
            .arg(place("SCRIPT", &tests.join(script)))
            .arg(format!("LIMIT={}", LIMIT.as_secs()))
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("the file can be shared"))
            .stderr(output)
            .spawn()
            .expect("the guest starts");
        let in_time = ended(&mut child, LIMIT + PATIENCE);
        if !in_time {
            stop(&mut child);
        }
        let read = |path: &Path| {
            let mut bytes = Vec::new();
            let _ = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let results = Results {
            found: read(&self.folder.join("results")),
            console: read(&console),
            _folder: self.folder,
        };
        assert!(in_time, "the guest did not end by itself\n{results}");
        results
    }
}

/// Compiles what the guest's kernel needs on some processors, with the linker that Rust needs anyway.
fn wide_registers(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/wide_registers.c");
    let library = folder.join("wide_registers.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
        .args([&library, &source])
        .status();
    assert!(compiled.is_ok_and(|status| status.success()), "cc works");
    library
}

fn ended(child: &mut Child, within: Duration) -> bool {
    let begin = Instant::now();
    while child.try_wait().expect("the guest can be asked").is_none() {
        if begin.elapsed() > within {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

/// A guest that is killed leaves its processes behind; told to end, it takes them along.
fn stop(child: &mut Child) {
    let signal = |how: &str, whom: String| {
        let _ = Command::new("kill").args([how, "--", &whom]).status();
    };
    signal("-TERM", child.id().to_string());
    if !ended(child, PATIENCE) {
        // It has made itself the leader of a group.
        signal("-KILL", format!("-{}", child.id()));
        let _ = child.wait();
    }
}

/// What a guest has found.
pub struct Results {
    found: String,
    console: String,
    /// It stays where a check fails.
    _folder: Scratch,
}

impl Results {
    /// Fails unless the guest came to its end and made this many checks, all of which hold.
    pub fn hold(&self, checks: usize) {
        let starting = |word: &str| {
            let lines = self.found.lines();
            lines.filter(|line| line.starts_with(word)).count()
        };
        let failed = starting("not ok ");
        assert!(
            self.found.ends_with("end\n") && failed == 0,
            "{failed} checks failed\n{self}"
        );
        assert_eq!(starting("ok "), checks, "checks\n{self}");
    }

    /// What stands behind a word that the script has put in front of a line.
    pub fn line(&self, word: &str) -> &str {
        let mut lines = self.found.lines();
        let found = lines.find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("the guest does not say `{word}`\n{self}"))
    }
}

impl std::fmt::Display for Results {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\non its console:\n{}", self.found, self.console)
    }
}
