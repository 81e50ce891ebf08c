//! What scripts rely on: exit codes, what is said to have been done, the same bytes in every pipe.

use std::io;

use crate::common::harness::{Scratch, vmo_ra, vmo_ra_by, write};
use crate::common::programs::program;

/// `vmo-ra diff ... | true` in a gate with `pipefail` must not let everything pass.
#[test]
fn a_closed_pipe_hides_no_verdict() {
    for (arguments, code) in [
        ("diff 1.7.0 1.9.0", 1),
        ("diff 1.7.0 1.9.0 --fail-on repave", 1),
        ("diff 1.9.0 1.9.0", 0),
        ("check tests/suite/diff_export.rs", 2),
        ("plan", 0),
        ("render --out - --profile core", 0),
    ] {
        let (reader, writer) = io::pipe().expect("there are pipes");
        drop(reader);
        let run = vmo_ra(arguments).writing(writer).run();
        assert_eq!(run.code, Some(code), "{arguments:?}");
    }
}

#[test]
fn a_pipe_gets_the_same_bytes_whatever_the_terminal_is() {
    for arguments in [
        "diff 1.7.0 1.9.0",
        "diff 1.7.0 1.9.0 --stat",
        "plan",
        "check",
        "explain",
        "revisions 1.9.0",
        "packs list",
    ] {
        let plain = vmo_ra(arguments).env("TERM", "dumb").run().stdout;
        assert!(!plain.is_empty(), "{arguments:?}");
        for columns in ["40", "80", "300", "x"] {
            let run = vmo_ra(arguments)
                .env("TERM", "xterm-256color")
                .env("COLUMNS", columns)
                .run();
            assert!(
                run.stdout == plain,
                "{arguments:?} depends on COLUMNS={columns}"
            );
        }
    }
}

/// Only what is staged has to be taken away again when a run is interrupted.
#[test]
fn signals_are_watched_by_what_writes_a_file() {
    let Some(strace) = program("strace") else {
        return;
    };
    let folder = Scratch::new();
    for (arguments, are_watched) in [
        ("plan", false),
        ("check", false),
        ("plan --out /dev/null", false),
        ("plan --out plan.md", true),
        ("render --out out", true),
    ] {
        let words = ["-f", "-e", "trace=rt_sigaction"];
        let run = vmo_ra_by(&strace, &words, arguments).within(&folder).run();
        let said = run.ends(0).said();
        assert_eq!(said.contains("SIGTERM"), are_watched, "{arguments}: {said}");
    }
}

/// Only a command that writes can say that it wrote nothing.
#[test]
fn a_count_of_errors_says_what_was_not_done() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "cluster: {nam: a}\nnetwork: {x: 1}\n");
    for (arguments, last) in [
        (
            "render --site site.yaml --out - --profile core",
            "2 errors; nothing was written",
        ),
        (
            "nad --site site.yaml --out -",
            "2 errors; nothing was written",
        ),
        (
            "network --format netplan --site site.yaml",
            "2 errors; nothing was written",
        ),
        ("diff 1.9.0 site.yaml", "2 errors"),
        ("plan --site site.yaml", "2 errors"),
    ] {
        let run = folder.run(arguments);
        let said = run.ends(2).said();
        assert_eq!(said.lines().last(), Some(last), "{arguments:?}: {said}");
    }
}
