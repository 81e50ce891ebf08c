//! Commands and scripts of the nodes, read by the shell that runs them and by shellcheck.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::common::nothing_wrong;
use super::common::programs::program;
use super::node::{self, Node, Part};
use crate::common::harness::Scratch;

/// What cloud-init makes of a node's commands: one file, in which each begins where the one before it ended.
///
/// Which layer's commands come first is Palette's to choose.
pub fn boot_script<'n>(parts: impl Iterator<Item = &'n Part> + Clone) -> String {
    let mut script = "#!/bin/sh\n".to_owned();
    let mut add = |command: &str| {
        script.push_str(command);
        script.push('\n');
    };
    parts
        .clone()
        .flat_map(|part| &part.pre)
        .for_each(|command| add(command));
    add(
        "kubeadm join --config /run/kubeadm/kubeadm-join-config.yaml && echo success >/run/cluster-api/bootstrap-success.complete",
    );
    parts
        .flat_map(|part| &part.post)
        .for_each(|command| add(command));
    script
}

/// Every text that a shell reads, once, with the first node that has it.
fn scripts() -> BTreeMap<String, &'static str> {
    let mut scripts = BTreeMap::new();
    let mut add = |text: String, node: &'static Node| {
        scripts.entry(text).or_insert(node.name.as_str());
    };
    for node in node::nodes() {
        for command in node.pre().chain(node.post()) {
            add(command.to_owned(), node);
        }
        for file in node.files().filter(|file| file.content.starts_with("#!")) {
            add(file.content.clone(), node);
        }
        add(boot_script(node.parts.iter()), node);
        add(boot_script(node.parts.iter().rev()), node);
    }
    scripts
}

/// The programs that read scripts.
pub struct Shells {
    shellcheck: PathBuf,
    dash: PathBuf,
}

impl Shells {
    /// None where they are not here.
    pub fn find() -> Option<Shells> {
        let (shellcheck, dash) = (program("shellcheck"), program("dash"));
        Some(Shells {
            shellcheck: shellcheck?,
            dash: dash?,
        })
    }

    /// What they say of scripts, each given with its origin.
    pub fn complaints<'s>(&self, scripts: impl Iterator<Item = (&'s str, &'s str)>) -> Vec<String> {
        let folder = Scratch::new();
        let mut problems = Vec::new();
        let mut files = vec!["-s".to_owned(), "dash".to_owned()];
        for ((text, place), number) in scripts.zip(0..) {
            let file = folder.join(format!("{number:03}.sh"));
            // For who looks into the folder after a failure; the places that are told stay those of the text.
            node::write(&file.with_extension("origin"), place);
            node::write(&file, text);
            let file = file.to_str().expect("a path of text").to_owned();
            problems.extend(complaint(&self.dash, &["-n", &file]));
            files.push(file);
        }
        let arguments: Vec<&str> = files.iter().map(String::as_str).collect();
        problems.extend(complaint(&self.shellcheck, &arguments));
        problems
    }
}

/// What a program says, or how it ends, where that is not well.
fn complaint(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = node::run(program, arguments, "");
    let (stdout, stderr) = node::said(&output);
    let is_well = output.status.success() && stderr.is_empty();
    (!is_well).then(|| format!("{}: {stdout}{stderr}", output.status))
}

#[test]
fn every_script_is_good_shell() {
    let Some(shells) = Shells::find() else { return };
    let scripts = scripts();
    let pairs = scripts.iter().map(|(text, place)| (text.as_str(), *place));
    nothing_wrong(&shells.complaints(pairs));
    assert!(scripts.len() > 20, "only {} scripts", scripts.len());
}

/// A line of a template that is rendered as it stands, if at all.
fn literal(line: &str) -> Option<&str> {
    let line = line.trim();
    let is_filled_in = ["<%", "<{", "<#"].iter().any(|tag| line.contains(tag));
    (!line.is_empty() && !is_filled_in).then_some(line)
}

/// Otherwise an option of a site changes what no test here looks at.
#[test]
fn some_site_brings_out_every_line_of_a_node() {
    let all: String = node::nodes()
        .iter()
        .flat_map(|node| {
            let contents = node.files().map(|file| file.content.as_str());
            contents.chain(node.pre()).chain(node.post())
        })
        .collect::<Vec<_>>()
        .join("\n");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/infra/ubuntu");
    let mut problems = Vec::new();
    let mut templates = Vec::new();
    for below in ["files", "commands"] {
        below_folder(&folder.join(below), &mut templates);
    }
    assert!(templates.len() > 10, "{templates:?}");
    for template in templates {
        let text = fs::read_to_string(&template).expect("it can be read");
        for line in text.lines().filter_map(literal) {
            if !all.contains(line) {
                problems.push(format!("{}: {line}", template.display()));
            }
        }
    }
    nothing_wrong(&problems);
}

fn below_folder(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            below_folder(&path, files);
        } else {
            files.push(path);
        }
    }
}
