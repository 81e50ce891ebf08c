//! What scripts rely on: exit codes, what is said to have been done, the same bytes in every pipe.

use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_vmo-ra");

fn vmo_ra(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null());
    command
}

/// `vmo-ra diff ... | true` in a gate with `pipefail` must not let everything pass.
#[test]
fn a_closed_pipe_hides_no_verdict() {
    for (arguments, code) in [
        (&["diff", "1.7.0", "1.9.0"][..], 1),
        (&["diff", "1.7.0", "1.9.0", "--fail-on", "repave"], 1),
        (&["diff", "1.9.0", "1.9.0"], 0),
        (&["check", "tests/suite/diff_export.rs"], 2),
        (&["plan"], 0),
        (&["render", "--out", "-", "--profile", "core"], 0),
    ] {
        let mut child = vmo_ra(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // Its reader goes before anything is written.
        drop(child.stdout.take());
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_pipe_gets_the_same_bytes_whatever_the_terminal_is() {
    for arguments in [
        &["diff", "1.7.0", "1.9.0"][..],
        &["diff", "1.7.0", "1.9.0", "--stat"],
        &["plan"],
        &["check"],
        &["explain"],
        &["revisions", "1.9.0"],
        &["packs", "list"],
    ] {
        let bytes = |columns: Option<&str>, term: &str| {
            let mut command = vmo_ra(arguments);
            command.env("TERM", term).env_remove("COLUMNS");
            if let Some(columns) = columns {
                command.env("COLUMNS", columns);
            }
            command.output().expect("the program starts").stdout
        };
        let plain = bytes(None, "dumb");
        assert!(!plain.is_empty(), "{arguments:?}");
        for columns in ["40", "80", "300", "x"] {
            assert!(
                bytes(Some(columns), "xterm-256color") == plain,
                "{arguments:?} depends on COLUMNS={columns}"
            );
        }
    }
}

/// Only a command that writes can say that it wrote nothing.
#[test]
fn a_count_of_errors_says_what_was_not_done() {
    let site = "cluster: {nam: a}\nnetwork: {x: 1}\n";
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("contract");
    std::fs::create_dir_all(&folder).expect("it can be made");
    let file = folder.join("site.yaml");
    std::fs::write(&file, site).expect("it can be written");
    let file = file.to_str().expect("it is text");
    for (arguments, last) in [
        (
            &["render", "--site", file, "--out", "-", "--profile", "core"][..],
            "2 errors; nothing was written",
        ),
        (
            &["nad", "--site", file, "--out", "-"],
            "2 errors; nothing was written",
        ),
        (
            &["network", "--format", "netplan", "--site", file],
            "2 errors; nothing was written",
        ),
        (&["diff", "1.9.0", file], "2 errors"),
        (&["plan", "--site", file], "2 errors"),
    ] {
        let output = vmo_ra(arguments).output().expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert_eq!(said.lines().last(), Some(last), "{arguments:?}: {said}");
    }
}
