//! On a pseudo-terminal, which `script` makes: colours, the width of lines, and nothing that the terminal would obey.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::common::harness::{PROGRAM, Scratch, write};
use crate::common::programs::program;
use crate::common::tenant::{KEY, PROFILES, State, Tenant, golden, with_packs};

/// What a terminal of so many columns gets; None where there is no `script`.
fn on_terminal(
    folder: &Scratch,
    columns: usize,
    arguments: &str,
    env: &[(&str, &str)],
) -> Option<String> {
    answered(folder, columns, arguments, env, "").map(|(told, _)| told)
}

/// The same where somebody types an answer; and the exit code.
fn answered(
    folder: &Scratch,
    columns: usize,
    arguments: &str,
    env: &[(&str, &str)],
    answer: &str,
) -> Option<(String, Option<i32>)> {
    let line = format!("stty cols {columns}; exec {PROGRAM} {arguments}");
    let mut script = Command::new(program("script")?)
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .env("TERM", "xterm-256color")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script starts");
    let mut keys = script.stdin.take().expect("it is piped");
    keys.write_all(answer.as_bytes()).expect("it listens");
    drop(keys);
    let output = script.wait_with_output().expect("it ends");
    let told = String::from_utf8(output.stdout).expect("it is text");
    Some((told.replace("\r\n", "\n"), output.status.code()))
}

/// A text without its colours, and how many there were.
fn plain(text: &str) -> (String, usize) {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    let mut colours = 0;
    for part in parts {
        let digits = part
            .find(|c: char| !c.is_ascii_digit() && c != ';')
            .unwrap_or(part.len());
        assert!(part[digits..].starts_with('m'), "no colour: {part:?}");
        plain.push_str(&part[digits + 1..]);
        colours += 1;
    }
    (plain, colours)
}

#[test]
fn a_terminal_gets_colours_unless_they_are_not_wanted() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "cluster: {nam: a}\n");
    for arguments in [
        "check site.yaml",
        "diff 1.7.0 1.9.0",
        "diff --wrong",
        "--help",
    ] {
        let Some(told) = on_terminal(&folder, 120, arguments, &[]) else {
            return;
        };
        let (text, colours) = plain(&told);
        assert!(colours > 0, "{arguments}: {told}");
        for (name, value, are_wanted) in [("NO_COLOR", "1", false), ("NO_COLOR", "", true)] {
            let told = on_terminal(&folder, 120, arguments, &[(name, value)]).expect("as before");
            assert_eq!(
                plain(&told),
                (text.clone(), if are_wanted { colours } else { 0 }),
                "{arguments}"
            );
        }
    }
}

#[test]
fn lines_keep_to_the_width_of_the_terminal() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "network: {workers: 6}\n");
    for (arguments, widths) in [
        ("diff 1.7.0 1.9.0 --stat", &[60, 80, 120][..]),
        ("plan", &[80, 100, 160]),
        ("render --help", &[80, 120]),
        ("check", &[80, 120]),
        ("check 1.9.0", &[80]),
        ("plan --site site.yaml", &[80]),
        ("render --force", &[80, 120]),
        ("explain", &[60, 80]),
        ("explain captured-vlan", &[60, 80]),
        ("revisions", &[80]),
        ("revisions 1.9.0", &[80]),
        ("revisions --compare 1.7.0 1.9.0", &[80]),
        ("packs list", &[80]),
        ("packs show cni-cilium-oss@1.19.x", &[80]),
    ] {
        for width in widths {
            let Some(told) = on_terminal(&folder, *width, arguments, &[]) else {
                return;
            };
            let (text, _) = plain(&told);
            // A line of a source and its place are shown as they are, and no word is broken.
            let is_long = |word: &str| word.chars().count() > *width - 20;
            let is_whole = |line: &&str| {
                let of_source = line.contains(" | ") || line.contains("--> ");
                of_source || line.split(' ').any(is_long)
            };
            let lines = text.lines().filter(|line| !is_whole(line));
            let wide = lines.filter(|line| line.chars().count() > *width);
            assert_eq!(
                wide.collect::<Vec<_>>(),
                [""; 0],
                "{arguments} in {width} columns"
            );
        }
    }
}

#[test]
fn a_terminal_is_told_nothing_by_what_others_wrote() {
    let folder = Scratch::new();
    let hidden = "a\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}b";
    let key = serde_json::to_string(hidden)
        .expect("a text")
        .replace('\u{9b}', "\\u009b");
    write(
        &folder,
        "site.yaml",
        format!("cluster: {{{key}: 1, name: {key}}}\n"),
    );
    let manifest =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {key}}}\ndata: {{{key}: 1}}\n");
    write(&folder, "m.yaml", manifest);
    for arguments in [
        "check site.yaml",
        "check m.yaml",
        "plan --site site.yaml",
        "diff 1.9.0 site.yaml",
    ] {
        let Some(told) = on_terminal(&folder, 100, arguments, &[]) else {
            return;
        };
        let (text, _) = plain(&told);
        let obeyed = text
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(obeyed, None, "{arguments}: {text:?}");
        assert!(text.contains("\\x1B]0;owned"), "{arguments}: {text}");
    }
}

/// A tenant that has the three profiles, and what names it in the environment.
fn tenant(state: State) -> Option<(Tenant, [(&'static str, String); 2])> {
    let tenant = Tenant::start(state)?;
    let env = [
        ("PALETTE_HOST", tenant.host()),
        ("PALETTE_API_KEY", KEY.to_owned()),
    ];
    Some((tenant, env))
}

#[test]
fn a_terminal_sees_how_far_a_command_has_come_and_then_only_the_result() {
    let folder = Scratch::new();
    let Some((tenant, env)) = tenant(with_packs()) else {
        return;
    };
    let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
    let run = |arguments: &str| {
        tenant.state().buckets.clear();
        on_terminal(&folder, 100, arguments, &env)
    };
    let Some(shown) = run("palette packs") else {
        return;
    };
    assert!(shown.contains("POST /v1/packs/search"), "{shown:?}");
    assert!(shown.contains(" of 8 GET /v1/packs/"), "{shown:?}");
    // The line is wiped before anything else is written, and at the end.
    let (_, result) = shown.rsplit_once("\u{1b}[2K").expect("it is wiped");
    assert_eq!(result.trim_matches(['\r', '\n']), "", "{shown:?}");
    assert_eq!(shown.matches("wrote packs/").count(), 8, "{shown:?}");
    for option in ["--quiet", "--verbose"] {
        let shown = run(&format!("palette packs {option}")).expect("as before");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert_eq!(
            shown.contains("POST /v1/packs/search: 200"),
            option == "--verbose"
        );
    }
}

#[test]
fn whoever_sits_at_a_terminal_is_asked_before_anything_is_imported() {
    let folder = Scratch::new();
    for profile in PROFILES {
        let text = golden(profile).to_string();
        write(&folder, &format!("out/{profile}.json"), text);
    }
    for (answer, code, imported) in [("n\n", 2, 0), ("\n", 2, 0), ("y\n", 0, 3)] {
        let Some((tenant, env)) = tenant(with_packs()) else {
            return;
        };
        let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
        let Some((shown, ended)) = answered(&folder, 200, "palette import out", &env, answer)
        else {
            return;
        };
        let question = "import VMO-RA-Infra-MaaS-PureFlashArray 1.9.0, VMO-RA-Core-PXKE 1.9.0, VMO-RA-Templates 1.9.0? [y/N]\n";
        assert!(shown.contains(question), "{shown:?}");
        assert_eq!(ended, Some(code), "{shown:?}");
        assert_eq!(tenant.state().profiles.len(), imported, "{shown:?}");
    }
}
