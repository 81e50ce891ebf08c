//! Completions in the shells that they are for, and man pages before what reads these.

use std::path::Path;
use std::process::Command;

use crate::common::harness::{PROGRAM, Scratch, names, write};
use crate::common::programs::program;

/// What a shell says to a script, with the program on its path.
fn said(shell: &Path, folder: &Path, script: &str) -> String {
    let bin = Path::new(PROGRAM).parent().expect("it lies in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new(shell)
        .args(["-c", script])
        .current_dir(folder)
        .env("HOME", folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .output()
        .expect("the shell starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && errors.is_empty(),
        "{script}: {errors}"
    );
    String::from_utf8(output.stdout).expect("it is text")
}

/// Lines that are being typed, and a word that completes each.
const TYPED: [(&str, &str); 5] = [
    ("vmo-ra ren", "render"),
    ("vmo-ra packs app", "apply"),
    ("vmo-ra plan --form", "--format"),
    ("vmo-ra network --format maa", "maas-cli"),
    ("vmo-ra diff --fail-on repave-", "repave-control-planes"),
];

fn completions(name: &str) -> Option<(std::path::PathBuf, Scratch)> {
    let shell = program(name)?;
    let folder = Scratch::new();
    let script = folder.run(&format!("completions {name}")).well();
    write(&folder, "completions", script);
    Some((shell, folder))
}

#[test]
fn bash_completes() {
    let Some((bash, folder)) = completions("bash") else {
        return;
    };
    for (line, wanted) in TYPED {
        let last = line.rsplit(' ').next().expect("a word");
        // The function's name is clap's own.
        let script = format!(
            "source completions; COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             function=$(complete -p vmo-ra | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
             $function vmo-ra '{last}' \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let found = said(&bash, &folder, &script);
        assert!(found.lines().any(|word| word == wanted), "{line}: {found}");
    }
}

#[test]
fn fish_completes() {
    let Some((fish, folder)) = completions("fish") else {
        return;
    };
    for (line, wanted) in TYPED {
        let found = said(
            &fish,
            &folder,
            &format!("source completions; complete --do-complete '{line}'"),
        );
        let mut words = found.lines().filter_map(|line| line.split('\t').next());
        assert!(words.any(|word| word == wanted), "{line}: {found}");
    }
}

/// A shell on a pseudo-terminal is asked with the key for completion, and then what its line is.
#[test]
fn zsh_completes() {
    let Some((zsh, folder)) = completions("zsh") else {
        return;
    };
    let ready = "PS1=; autoload -Uz compinit; compinit -D; source ./completions; \
                 show() { print -r -- \"<$BUFFER>\" }; zle -N show; bindkey \"^X^X\" show; echo rea\"\"dy";
    for (line, wanted) in TYPED {
        let script = format!(
            "zmodload zsh/zpty; zpty it zsh -f -i; zpty -w it '{ready}'; zpty -r -m it seen '*ready*'; \
             zpty -w -n it $'{line}\\t\\x18\\x18'; zpty -r -m it seen '*<vmo-ra*>*'; print -r -- $seen"
        );
        let found = said(&zsh, &folder, &script);
        let is_there = |behind| found.contains(&format!("{wanted}{behind}"));
        assert!(is_there(" >") || is_there("=>"), "{line}: {found}");
    }
}

#[test]
fn man_pages_are_well_made() {
    let folder = Scratch::new();
    folder.run("man man1").well();
    let pages = names(&folder.join("man1"));
    assert!(pages.len() > 20, "{pages:?}");
    if let Some(man) = program("man") {
        for page in &pages {
            let output = Command::new(&man)
                .args(["--warnings", "--encoding=UTF-8", "--local-file"])
                .arg(folder.join("man1").join(page))
                .env("MANWIDTH", "80")
                .env("MANPAGER", "cat")
                .output()
                .expect("man starts");
            let said = String::from_utf8_lossy(&output.stderr);
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.is_empty(), "{page}: {said}");
            assert!(text.contains("SYNOPSIS"), "{page}: {text}");
        }
    }
}
