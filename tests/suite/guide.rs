//! README and guide show what the program does: each page is gone through as a reader would, in a folder of its own.
//!
//! - A block whose first line is `# NAME.yaml` is a file that the reader writes.
//! - In a `console` block, what follows `$ ` is typed, and what stands below it is what a terminal shows. A line `...` stands
//!   for any lines. Where nothing is shown, the command has to succeed, whatever it prints.
//! - What cannot run here stands in an `sh` block, which has no command of ours.
//!
//! `VMO_RA_ACCEPT=1 cargo test --test suite guide::` writes down what a terminal shows now. What is cut with `...` is mended by
//! hand, or shown whole and cut again.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::common::harness::{PROGRAM, Scratch, all_golden, differs, read, root, write};
use crate::common::nothing_wrong;
use crate::common::programs::program;
use crate::common::tenant::{KEY, Tenant, with_all_packs};

/// The address that the pages use, in whose place a tenant of the tests' own answers.
const ADDRESS: &str = "api.spectrocloud.com";
/// What a reader types when he is asked.
const ASKED: &[(&str, &str)] = &[
    ("FLASHARRAY_TOKEN", "00000000-1111-2222-3333-444444444444"),
    ("SPECTROCLOUD_APIKEY", KEY),
];

/// A file that a reader has, where a page speaks of it.
const CERTIFICATE: &str = "corporate-root.pem";

/// The pages of the guide by their paths, in the order of the names.
fn guide() -> Vec<String> {
    let entries = fs::read_dir(root("docs")).expect("there is a guide");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut pages: Vec<String> = names
        .map(|name| format!("docs/{}", name.to_string_lossy()))
        .filter(|path| path.ends_with(".md"))
        .collect();
    pages.sort();
    pages
}

/// A reader, who goes through one page.
struct Reader<'a> {
    folder: &'a Scratch,
    tenant: Option<Tenant>,
    /// What was set in the shell so far.
    set: String,
    /// How the last command ended.
    last: i32,
    wrong: Vec<String>,
}

impl Reader<'_> {
    /// The page as it should be.
    fn read(&mut self, page: &str) -> String {
        let text = read(&root(""), page);
        if text.contains(CERTIFICATE) {
            let certificate = read(&root("tests/data"), CERTIFICATE);
            write(self.folder, CERTIFICATE, certificate);
        }
        let mut lines = text.lines();
        let mut made = String::new();
        while let Some(line) = lines.next() {
            made += &format!("{line}\n");
            let Some(language) = line.strip_prefix("```") else {
                continue;
            };
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            if language == "console" {
                made += &self.console(page, &block);
            } else {
                self.wrong.extend(ours(&block).map(|command| {
                    format!("{page}: `{command}` is not in a console block, so nothing runs it")
                }));
                let text: String = block.iter().map(|line| format!("{line}\n")).collect();
                if let Some(name) = file_of(&block) {
                    write(self.folder, name, &text);
                }
                made += &text;
            }
            made += "```\n";
        }
        made
    }

    /// Types each command of a block.
    fn console(&mut self, page: &str, block: &[&str]) -> String {
        let mut made = String::new();
        let mut lines = block.iter().copied().peekable();
        while let Some(line) = lines.next() {
            let Some(first) = line.strip_prefix("$ ") else {
                self.wrong
                    .push(format!("{page}: `{line}` follows no command"));
                continue;
            };
            let mut command = first.to_owned();
            while command.ends_with('\\') {
                command += &format!("\n{}", lines.next().unwrap_or_default());
            }
            made += &format!("$ {command}\n");
            let mut shown = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                shown += &format!("{line}\n");
            }
            let (code, terminal) = self.run(&command);
            if shown.is_empty() && code != 0 {
                self.wrong
                    .push(format!("{page}: `{command}` ends with {code}\n{terminal}"));
            }
            let holds = shown.is_empty() || is_shown(&shown, &terminal);
            let is_cut = shown.lines().any(|line| line == "...");
            if !holds && is_cut {
                let is_gone =
                    |line: &&str| *line != "..." && !terminal.lines().any(|one| one == *line);
                let line = shown
                    .lines()
                    .find(is_gone)
                    .unwrap_or("the order of its lines");
                self.wrong.push(format!(
                    "{page}: `{command}` does not show what is cut out of it: {line}"
                ));
            }
            made += if holds || is_cut { &shown } else { &terminal };
        }
        made
    }

    /// How a command ends, and what a terminal shows of it.
    fn run(&mut self, command: &str) -> (i32, String) {
        let mut script = command.to_owned();
        for (name, typed) in ASKED {
            let asked = format!("read -rs {name} && export {name}");
            script = script.replace(&asked, &format!("export {name}={typed}"));
        }
        if let Some(tenant) = &self.tenant {
            // As if some time had passed since the last command.
            tenant.state().buckets.clear();
            script = script.replace(ADDRESS, &tenant.host());
        }
        if script.starts_with("export ") {
            self.set += &format!("{script}\n");
        }
        let script = format!("exec 2>&1\n{}(exit {})\n{script}", self.set, self.last);
        let beside = Path::new(PROGRAM).parent().expect("a folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(self.folder)
            .env("PATH", format!("{beside}:{path}"))
            .env("HOME", self.folder.as_ref())
            .env_remove("COLUMNS")
            .stdin(Stdio::null())
            .output()
            .expect("the shell starts");
        let terminal = String::from_utf8_lossy(&output.stdout).into_owned();
        let terminal = match &self.tenant {
            Some(tenant) => terminal.replace(&tenant.host(), ADDRESS),
            None => terminal,
        };
        self.last = output.status.code().expect("no signal ended it");
        (self.last, terminal)
    }
}

/// The file that a block is, by its first line.
fn file_of<'a>(block: &[&'a str]) -> Option<&'a str> {
    let name = block.first()?.strip_prefix("# ")?;
    name.ends_with(".yaml").then_some(name)
}

/// The sites that a reader writes, each with the page that has it.
pub fn sites() -> Vec<(String, String)> {
    let mut sites = Vec::new();
    for page in [vec!["README.md".to_owned()], guide()].concat() {
        let text = read(&root(""), &page);
        let blocks = text.split("```yaml\n").skip(1);
        for block in blocks.filter_map(|rest| rest.split("```").next()) {
            if block.lines().any(|line| line.starts_with("cluster:")) {
                sites.push((page.clone(), block.to_owned()));
            }
        }
    }
    sites
}

/// The commands of ours in a block that nobody runs.
fn ours<'a>(block: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let typed = block.iter().map(|line| line.trim_start_matches("$ "));
    typed.filter(|line| line.starts_with("vmo-ra "))
}

/// Whether a terminal shows this, in which `...` stands for any lines.
fn is_shown(shown: &str, terminal: &str) -> bool {
    let shown: Vec<&str> = shown.lines().collect();
    let terminal: Vec<&str> = terminal.lines().collect();
    let mut pieces: Vec<&[&str]> = shown.split(|line| *line == "...").collect();
    let first = pieces.remove(0);
    let Some(last) = pieces.pop() else {
        return first == terminal;
    };
    let rest = terminal.strip_prefix(first);
    let Some(mut rest) = rest.and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    pieces
        .iter()
        .filter(|piece| !piece.is_empty())
        .all(|piece| {
            let at = rest.windows(piece.len()).position(|lines| lines == *piece);
            rest = at.map_or(&[], |at| &rest[at + piece.len()..]);
            at.is_some()
        })
}

#[test]
fn every_page_shows_what_happens() {
    if program("bash").is_none() {
        return;
    }
    let pages = [vec!["README.md".to_owned()], guide()].concat();
    let texts: String = pages.iter().map(|page| read(&root(""), page)).collect();
    let typed = texts.matches("\n$ vmo-ra ").count();
    assert!(typed > 50, "only {typed} commands");
    let folders: Vec<Scratch> = pages.iter().map(|_| Scratch::new()).collect();
    let (wrong, differences): (Vec<_>, Vec<_>) = thread::scope(|scope| {
        let gone = pages
            .iter()
            .zip(&folders)
            .map(|(page, folder)| scope.spawn(|| go_through(page, folder)));
        let gone: Vec<_> = gone.collect();
        gone.into_iter()
            .map(|page| page.join().expect("the page can be gone through"))
            .unzip()
    });
    nothing_wrong(&wrong.concat());
    all_golden(differences.into_iter().flatten());
}

/// What is wrong in a page, and how it differs from what happens. A page about a tenant needs one.
fn go_through(page: &str, folder: &Scratch) -> (Vec<String>, Option<String>) {
    let about_a_tenant = read(&root(""), page).contains(ADDRESS);
    let tenant = match about_a_tenant.then(|| Tenant::start(with_all_packs())) {
        None => None,
        Some(None) => return Default::default(),
        Some(tenant) => tenant,
    };
    let mut reader = Reader {
        folder,
        tenant,
        set: String::new(),
        last: 0,
        wrong: Vec::new(),
    };
    let made = reader.read(page);
    (reader.wrong, differs(page, made))
}

#[test]
fn dots_stand_for_any_lines() {
    let terminal = "a\nb\nc\n";
    for shown in [
        "a\nb\nc\n",
        "...\n",
        "a\n...\n",
        "...\nc\n",
        "a\n...\nb\n...\nc\n",
        "...\nb\n...\n",
    ] {
        assert!(is_shown(shown, terminal), "{shown}");
    }
    for shown in [
        "a\nb\n",
        "b\n...\n",
        "...\nb\n",
        "a\n...\nb\n",
        "...\nc\n...\nb\n...\n",
        "a\nb\n...\nb\nc\n",
    ] {
        assert!(!is_shown(shown, terminal), "{shown}");
    }
}

/// What the README tells of a fresh clone is what `.ci/run` does.
#[test]
fn commands_of_cargo_are_run_before_a_change_lands() {
    let run = read(&root(""), ".ci/run").replace(" --locked", "");
    let readme = read(&root(""), "README.md");
    let told: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("cargo "))
        .collect();
    assert!(told.len() >= 3, "only {told:?}");
    assert!(readme.lines().count() < 200, "it is too long");
    for command in told {
        assert!(run.contains(&format!("cargo {command}")), "{command}");
    }
}

/// A link is followed by GitHub, where a page lies in the repository, and in the book, where there is nothing beside `docs`.
#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    let others = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "tests/README.md",
    ];
    let pages = [others.map(str::to_owned).to_vec(), guide()].concat();
    for page in &pages {
        let text = read(&root(""), page);
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("http")) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let folder = root(page).parent().expect("a folder").to_path_buf();
            let target = if path.is_empty() {
                root(page)
            } else {
                folder.join(path)
            };
            let there = fs::read_to_string(&target).unwrap_or_default();
            let has_heading = there
                .lines()
                .any(|line| anchor(line) == Some(heading.to_owned()));
            if there.is_empty() || !heading.is_empty() && !has_heading {
                wrong.push(format!("{page}: `{link}` leads nowhere"));
            }
            if page.starts_with("docs/") && link.starts_with("../") {
                wrong.push(format!("{page}: `{link}` is not in the book"));
            }
        }
    }
    nothing_wrong(&wrong);
    let summary = read(&root(""), "docs/SUMMARY.md");
    let listed: Vec<&str> = summary
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    let once: BTreeSet<String> = listed.iter().map(|page| format!("docs/{page}")).collect();
    assert_eq!(once.len(), listed.len(), "a page is listed twice");
    let pages: BTreeSet<String> = guide()
        .into_iter()
        .filter(|page| page != "docs/SUMMARY.md")
        .collect();
    assert_eq!(once, pages);
}

/// The anchor that a heading gets.
fn anchor(line: &str) -> Option<String> {
    let heading = line
        .strip_prefix('#')?
        .trim_start_matches('#')
        .trim()
        .to_lowercase();
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
}
