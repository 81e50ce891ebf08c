//! Programs that some tests run, beside the Rust toolchain.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// Where a program is. None where it is absent: the test is skipped and says so. In CI it must be there.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let beside = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let found = env::split_paths(&path)
        .chain(beside)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    required(found, name)
}

/// A file that some package brings along, as [`program`].
pub fn file(path: &str) -> Option<PathBuf> {
    let file = Path::new(path);
    required(file.is_file().then(|| file.to_path_buf()), path)
}

/// `unshare`, where it may make mount and network namespaces, as [`program`].
pub fn namespaces() -> Option<PathBuf> {
    let unshare = program("unshare")?;
    let tried = Command::new(&unshare).args(NAMESPACES).arg("true").output();
    let may = tried.is_ok_and(|output| output.status.success());
    required(may.then_some(unshare), "way to namespaces of one's own")
}

/// What `unshare` is asked for, by root and by others.
pub const NAMESPACES: [&str; 3] = ["--map-root-user", "--mount", "--net"];

fn required(found: Option<PathBuf>, what: &str) -> Option<PathBuf> {
    if found.is_none() {
        assert!(
            env::var("CI").as_deref() != Ok("true"),
            "{what} is required in CI"
        );
        let thread = thread::current();
        let test = thread.name().unwrap_or("a test");
        // Not eprintln!, which the test harness hides.
        let _ = writeln!(io::stderr(), "skipped: {test}: there is no {what}");
    }
    found
}
