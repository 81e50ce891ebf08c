//! How a test starts the program, where it writes, and how it says what is expected; tests/README.md has an example.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tempfile::TempDir;

/// Where the program is, for what starts it by a script.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_vmo-ra");

/// A file or folder of the repository.
pub fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder of one test. It goes when the test is done, and stays where the test has failed.
pub struct Scratch(TempDir);

impl Scratch {
    /// The test is named, so that its folder is found where it stays.
    pub fn new() -> Self {
        Self::named(&test().replace("::", "-"))
    }

    /// For paths that must be short.
    pub fn named(name: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix(&format!("{name}-"))
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        Scratch(folder.expect("the folder can be made"))
    }

    /// Runs the program in the folder.
    pub fn run(&self, arguments: impl Arguments) -> Run {
        vmo_ra(arguments).within(self).run()
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.0.path()
    }
}

impl AsRef<Path> for Scratch {
    fn as_ref(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.0.disable_cleanup(thread::panicking());
    }
}

/// The name of the test that runs.
fn test() -> String {
    thread::current().name().unwrap_or("a-test").to_owned()
}

/// Writes a file, and makes the folders above it.
pub fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    let above = path.parent().expect("it has a folder");
    fs::create_dir_all(above).expect("the folder can be made");
    fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

pub fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The files below a folder by their paths; none where there is no folder.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it is below");
                let bytes = fs::read(&path).expect("the file can be read");
                found.insert(name.display().to_string(), bytes);
            }
        }
    }
    found
}

/// What is in a folder by name and in order, hidden files too.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("the entry can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Arguments: one by one, or as the words of a line.
pub trait Arguments {
    fn add_to(&self, command: &mut Command);
}

impl Arguments for &str {
    fn add_to(&self, command: &mut Command) {
        command.args(self.split_whitespace());
    }
}

impl Arguments for &String {
    fn add_to(&self, command: &mut Command) {
        self.as_str().add_to(command);
    }
}

impl Arguments for &[&str] {
    fn add_to(&self, command: &mut Command) {
        command.args(*self);
    }
}

impl<const N: usize> Arguments for &[&str; N] {
    fn add_to(&self, command: &mut Command) {
        command.args(*self);
    }
}

impl Arguments for &Vec<&str> {
    fn add_to(&self, command: &mut Command) {
        command.args(*self);
    }
}

/// The program with these arguments, before it starts.
pub fn vmo_ra(arguments: impl Arguments) -> Program {
    Program::new(Command::new(PROGRAM), arguments)
}

/// As [`vmo_ra`], started by a tool with words of its own: `strace`, or `sh` with a limit.
pub fn vmo_ra_by(tool: impl AsRef<OsStr>, words: &[&str], arguments: impl Arguments) -> Program {
    let mut command = Command::new(tool);
    command.args(words).arg(PROGRAM);
    Program::new(command, arguments)
}

pub struct Program {
    command: Command,
    input: Option<Vec<u8>>,
}

impl Program {
    fn new(mut command: Command, arguments: impl Arguments) -> Self {
        arguments.add_to(&mut command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // What a developer's terminal sets.
        for name in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        Program {
            command,
            input: None,
        }
    }

    /// In this folder; else it is the repository's.
    pub fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// With these bytes on standard input; else there is none.
    pub fn fed(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = Some(input.as_ref().to_vec());
        self
    }

    /// With a file as standard input.
    pub fn reading(mut self, file: fs::File) -> Self {
        self.command.stdin(file);
        self
    }

    /// With its standard output there; else the test gets it.
    pub fn writing(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stdout(to);
        self
    }

    pub fn run(self) -> Run {
        self.start().end()
    }

    /// Beside the test, which goes on.
    pub fn start(mut self) -> Running {
        if self.input.is_some() {
            self.command.stdin(Stdio::piped());
        }
        let mut child = self.command.spawn().expect("the program starts");
        // Beside the reading of what it writes. A program that does not read breaks the pipe, and is judged by what it says.
        let feeding = child.stdin.take().map(|mut pipe| {
            let input = self.input.unwrap_or_default();
            thread::spawn(move || drop(pipe.write_all(&input)))
        });
        Running { child, feeding }
    }
}

/// The program while it runs.
pub struct Running {
    child: Child,
    feeding: Option<JoinHandle<()>>,
}

impl Running {
    /// Its folder below `/proc`.
    pub fn process(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.child.id()))
    }

    pub fn kill(mut self) {
        self.child.kill().expect("it still runs");
        self.end();
    }

    pub fn end(self) -> Run {
        let output = self.child.wait_with_output().expect("the program ends");
        self.feeding.map(JoinHandle::join);
        Run {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: output.stderr,
        }
    }
}

/// How the program ended, and all that it wrote to its streams.
pub struct Run {
    /// None where a signal ended it.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Run {
    /// Standard output.
    pub fn told(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The code, standard output and standard error, to compare at once.
    pub fn all(&self) -> (Option<i32>, String, String) {
        (self.code, self.told(), self.said())
    }

    /// Fails unless it ended with this code.
    #[track_caller]
    pub fn ends(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}{}", self.told(), self.said());
        self
    }

    /// Fails unless it ended with this code and said just this on standard error.
    #[track_caller]
    pub fn says(&self, code: i32, said: impl AsRef<str>) {
        assert_eq!(self.ends(code).said(), said.as_ref());
    }

    /// Fails unless standard error begins so.
    #[track_caller]
    pub fn begins(&self, text: &str) -> &Self {
        assert!(self.said().starts_with(text), "{text}\n{}", self.said());
        self
    }

    /// Fails unless standard error has this text.
    #[track_caller]
    pub fn mentions(&self, text: &str) -> &Self {
        assert!(self.said().contains(text), "{text}\n{}", self.said());
        self
    }

    /// Standard output, which is JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let told = self.told();
        serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}{}", self.said()))
    }

    /// Standard output of a run that went well without a word.
    #[track_caller]
    pub fn well(&self) -> String {
        assert_eq!(self.ends(0).said(), "");
        self.told()
    }
}

/// Whether files that say what is expected are to be written.
pub fn accepting() -> bool {
    env::var_os("VMO_RA_ACCEPT").is_some()
}

/// What is wrong with bytes that a file of the repository should hold; none where they are accepted.
pub fn differs(path: &str, made: impl AsRef<[u8]>) -> Option<String> {
    let made = made.as_ref();
    let wanted = fs::read(root(path)).unwrap_or_default();
    if accepting() {
        // Other tests may be reading the file.
        if wanted != made || made.is_empty() {
            write(&root(""), path, made);
        }
        return None;
    }
    (wanted != made).then(|| {
        let (wanted, made) = (
            String::from_utf8_lossy(&wanted),
            String::from_utf8_lossy(made),
        );
        format!("{path} differs{}", first_difference(&wanted, &made))
    })
}

/// Holds bytes to a file of the repository.
#[track_caller]
pub fn is_golden(path: &str, made: impl AsRef<[u8]>) {
    all_golden(differs(path, made));
}

/// Fails with everything that [`differs`] has found.
#[track_caller]
pub fn all_golden(differences: impl IntoIterator<Item = String>) {
    let differences: Vec<String> = differences.into_iter().collect();
    assert!(
        differences.is_empty(),
        "{}\naccept a wanted change with VMO_RA_ACCEPT=1 cargo test --test suite {}",
        differences.join("\n"),
        test()
    );
}

fn first_difference(wanted: &str, made: &str) -> String {
    let mut pairs = wanted.lines().zip(made.lines()).zip(1..);
    let Some(((wanted, made), line)) = pairs.find(|((wanted, made), _)| wanted != made) else {
        let lines = |text: &str| text.lines().count();
        return format!(": {} lines for {}", lines(made), lines(wanted));
    };
    let equal = wanted.chars().zip(made.chars());
    let at = equal.take_while(|(a, b)| a == b).count();
    let around = |text: &str| -> String {
        let rest = text.chars().skip(at.saturating_sub(40));
        rest.take(160).collect()
    };
    format!(
        " in line {line}\n  golden: {}\n  made:   {}",
        around(wanted),
        around(made)
    )
}
