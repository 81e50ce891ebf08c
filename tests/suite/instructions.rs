//! `.ci/instructions` fails where a job has grown, whatever the compiler; a script stands in for valgrind and counts 1000.

use std::env;
use std::process::Command;

use crate::common::harness::{PROGRAM, Scratch, read, root, write};
use crate::common::programs::program;

const JOBS: [&str; 5] = [
    "render, the example",
    "render, a fleet of 30 sites",
    "nad, 1,000 networks",
    "diff 1.7.0 1.9.0",
    "check, an export of three profiles",
];

/// A folder whose file `figures` has these counts, made by a compiler that nobody has.
fn figures(counts: &[u64]) -> Scratch {
    let rows = JOBS.iter().zip(counts);
    let rows = rows.map(|(job, count)| format!("{job}\t{count}\trustc 0.0.0\n"));
    let text = format!("job\tinstructions\ttoolchain\n{}", rows.collect::<String>());
    let folder = Scratch::new();
    write(&folder, "figures", text);
    folder
}

/// How the script ends and what it says; none where there is no Python.
fn run(folder: &Scratch, more: &[&str]) -> Option<(Option<i32>, String)> {
    let path = env::var_os("PATH").unwrap_or_default();
    let stand_in = std::iter::once(root("tests/instructions"));
    let path = env::join_paths(stand_in.chain(env::split_paths(&path))).expect("a path");
    let output = Command::new(program("python3")?)
        .arg(root(".ci/instructions"))
        .args(["--program", PROGRAM, "--figures"])
        .arg(folder.join("figures"))
        .args(more)
        .env("PATH", path)
        .output()
        .expect("Python starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("it is text");
    Some((output.status.code(), said))
}

#[test]
fn a_tenth_more_passes_and_more_than_that_fails() {
    let Some((code, said)) = run(&figures(&[1000, 910, 1000, 1010, 1000]), &[]) else {
        return;
    };
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("error") && !said.contains("note"), "{said}");

    let Some((code, said)) = run(&figures(&[1000, 1000, 1000, 900, 1000]), &[]) else {
        return;
    };
    assert_eq!(code, Some(1), "{said}");
    let told = "\
diff 1.7.0 1.9.0: 1,000 instructions, +11.1% of 900
  error: grown by more than 10%; if that is meant, `.ci/instructions --accept` and say why in the commit
  this may be the toolchain: recorded with rustc 0.0.0; here is rustc ";
    assert!(said.contains(told), "{said}");
    assert_eq!(said.matches("error").count(), 1, "{said}");
}

#[test]
fn a_figure_that_is_too_high_is_said() {
    let Some((code, said)) = run(&figures(&[1000, 1000, 1000, 1000, 1100]), &[]) else {
        return;
    };
    assert_eq!(code, Some(0), "{said}");
    let told = "-9.1% of 1,100\n  note: shrunk by more than 5%; keep the gain with";
    assert!(said.contains(told), "{said}");
}

#[test]
fn a_job_without_a_figure_fails() {
    let Some((code, said)) = run(&figures(&[1000, 1000, 1000, 1000]), &[]) else {
        return;
    };
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("has other jobs"), "{said}");
}

#[test]
fn what_is_accepted_passes() {
    let folder = figures(&[1]);
    let Some((code, said)) = run(&folder, &["--accept"]) else {
        return;
    };
    assert_eq!(code, Some(0), "{said}");
    let text = read(&folder, "figures");
    assert_eq!(text.matches("\t1000\trustc ").count(), 5, "{text}");
    let Some((code, said)) = run(&folder, &[]) else {
        return;
    };
    assert_eq!(code, Some(0), "{said}");
}
