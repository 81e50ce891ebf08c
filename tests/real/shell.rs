//! Commands and scripts of the nodes, read by the shell that runs them and by shellcheck.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::common::nothing_wrong;
use super::common::programs::program;
use super::node::{self, Node, Part};

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

/// The scripts as files of a folder.
fn written(folder: &Path) -> Vec<PathBuf> {
    let scripts = scripts();
    let mut files = Vec::new();
    for ((text, place), number) in scripts.iter().zip(0..) {
        let file = folder.join(format!("{number:03}.sh"));
        // For who looks into the folder after a failure; shellcheck's places stay those of the text.
        node::write(&file.with_extension("origin"), place);
        node::write(&file, text);
        files.push(file);
    }
    files
}

#[test]
fn every_script_is_good_shell() {
    let (Some(shellcheck), Some(dash)) = (program("shellcheck"), program("dash")) else {
        return;
    };
    let folder = node::scratch("shell");
    let files = written(&folder);
    let mut problems = Vec::new();
    let names: Vec<&str> = files.iter().filter_map(|file| file.to_str()).collect();
    for name in &names {
        let output = node::run(&dash, &["-n", name], "");
        let (stdout, stderr) = node::said(&output);
        if !output.status.success() || !stderr.is_empty() {
            problems.push(format!("{stdout}{stderr}"));
        }
    }
    let mut arguments = vec!["-s", "dash"];
    arguments.extend(names);
    let output = node::run(&shellcheck, &arguments, "");
    let (stdout, stderr) = node::said(&output);
    if !output.status.success() || !stderr.is_empty() {
        problems.push(format!("{stdout}{stderr}"));
    }
    nothing_wrong(&problems);
    assert!(files.len() > 20, "only {} scripts", files.len());
}

/// Words of a template's line that stand in what is rendered, whatever is filled in around them.
fn literal(line: &str) -> Option<&str> {
    let line = line.trim();
    (!line.is_empty() && !line.contains(['<', '>']) && !line.contains("%>")).then_some(line)
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
