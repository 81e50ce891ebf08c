//! The user-data of a node, as Cluster API's kubeadm provider composes it and cloud-init reads it: rendered by Jinja,
//! parsed, put before the schema, and its commands made one script.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vmo_ra::revision::Role;

use super::common::programs::{file, program};
use super::common::{self, matrix, nothing_wrong};
use super::node::{self, File, Node};
use super::shell::{Shells, boot_script};
use crate::common::harness::Scratch;

const JOIN: &str = "/run/kubeadm/kubeadm-join-config.yaml";

/// The modules of cloud-init, beside the Python that has them.
fn python() -> Option<PathBuf> {
    file("/usr/lib/python3/dist-packages/cloudinit/__init__.py")?;
    file("/usr/bin/python3")
}

fn data(name: &str) -> String {
    let path = node::data("cloud_init").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What kubeadm reads, with the one place in which Cluster API itself lets cloud-init fill something in.
fn join(name: &str) -> File {
    File {
        path: JOIN.to_owned(),
        owner: "root:root".to_owned(),
        permissions: "0640".to_owned(),
        content: data("join.yaml").replace("{{ ds.meta_data.local_hostname }}", name),
    }
}

/// Everything that runs on the node, in order.
fn commands(node: &Node) -> Vec<String> {
    let script = boot_script(std::iter::empty());
    let (_, kubeadm) = script.split_once('\n').expect("a line of its own");
    let kubeadm = std::iter::once(kubeadm.trim_end());
    let all = node.pre().chain(kubeadm).chain(node.post());
    all.map(str::to_owned).collect()
}

/// The user-data in Cluster API's form: contents indented as they stand, commands in Go's quotes.
fn composed(node: &Node) -> String {
    let mut text = "## template: jinja\n#cloud-config\n\nwrite_files:".to_owned();
    let join = join("{{ ds.meta_data.local_hostname }}");
    for file in node.files().chain([&join]) {
        let (path, owner, permissions) = (&file.path, &file.owner, &file.permissions);
        let content = file.content.replace('\n', "\n      ");
        text.push_str(&format!(
            "\n-   path: {path}\n    owner: {owner}\n    permissions: '{permissions}'\n    content: |\n      {content}"
        ));
    }
    text.push_str("\nruncmd:");
    for command in commands(node) {
        text.push_str("\n  - ");
        text.push_str(&go_quoted(&command));
    }
    text.push('\n');
    text
}

/// A text as Go's `%q` writes it.
fn go_quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What cloud-init makes of texts.
fn read(python: &Path, texts: &[String]) -> Vec<Value> {
    let instance: Value = serde_json::from_str(&data("instance-data.json")).expect("it is JSON");
    let input = json!({ "instance": instance, "userData": texts }).to_string();
    let script = node::data("cloud_init/read.py");
    let script = script.to_str().expect("a path of text");
    let output = node::run(python, &[script], &input);
    let (stdout, stderr) = node::said(&output);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    let results: Value = serde_json::from_str(&stdout).expect("it is JSON");
    results.as_array().expect("a result for each").clone()
}

/// How what cloud-init has of a node differs from what was meant.
fn differences(node: &Node, result: &Value) -> Vec<String> {
    let join = join("worker-01");
    let files: Vec<Value> = node
        .files()
        .chain([&join])
        .map(|file| {
            json!({
                "path": file.path,
                "owner": file.owner,
                "permissions": file.permissions,
                "content": file.content,
            })
        })
        .collect();
    let expected = json!({ "write_files": files, "runcmd": commands(node) });
    let mut problems: Vec<String> = result["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|error| format!("{node}: {error}"))
        .collect();
    if result["parsed"] != expected {
        problems.push(format!(
            "{node}: {} instead of {expected}",
            result["parsed"]
        ));
    }
    let script = boot_script(node.parts.iter());
    if result["script"] != Value::String(script.clone()) {
        problems.push(format!("{node}: {} instead of {script}", result["script"]));
    }
    problems
}

#[test]
fn cloud_init_has_every_byte_that_is_meant() {
    let Some(python) = python() else { return };
    let nodes = node::nodes();
    let texts: Vec<String> = nodes.iter().map(composed).collect();
    let results = read(&python, &texts);
    assert_eq!(results.len(), nodes.len());
    let problems: Vec<String> = nodes
        .iter()
        .zip(&results)
        .flat_map(|(node, result)| differences(node, result))
        .collect();
    nothing_wrong(&problems);
    assert!(nodes.len() > 10, "only {} nodes", nodes.len());
}

/// The commands of cloud-init itself come to the same end as its modules.
#[test]
fn the_command_line_agrees() {
    let (Some(python), Some(cloud_init)) = (python(), program("cloud-init")) else {
        return;
    };
    let folder = Scratch::new();
    let node = node::nodes()
        .iter()
        .max_by_key(|node| node.files().count())
        .expect("there are some");
    let instance = folder.join("instance-data.json");
    node::write(&instance, &data("instance-data.json"));
    let text = composed(node);
    let template = folder.join("user-data");
    node::write(&template, &text);
    let command = |arguments: &[&str]| {
        let output = node::run(&cloud_init, arguments, "");
        let (stdout, stderr) = node::said(&output);
        assert!(output.status.success(), "{stdout}{stderr}");
        stdout
    };
    let path = |path: &Path| path.to_str().expect("a path of text").to_owned();
    let rendered = command(&["devel", "render", "-i", &path(&instance), &path(&template)]);
    let file = folder.join("cloud-config");
    node::write(&file, rendered.trim_start());
    command(&["schema", "--config-file", &path(&file)]);
    let results = read(&python, &[rendered.trim_start().to_owned()]);
    nothing_wrong(&differences(node, &results[0]));
}

/// What would break a boot is seen: Jinja in a command, an unknown key, a first line that begins with a blank.
#[test]
fn what_cloud_init_reads_otherwise_is_seen() {
    let Some(python) = python() else { return };
    let good = node::nodes()[0].clone();
    let with = |change: fn(&mut File)| {
        let mut node = good.clone();
        change(node.parts[0].files.first_mut().expect("it has some"));
        node
    };
    let nodes = [
        with(|file| file.content.push_str("# {{ Names }}\n")),
        with(|file| file.content.push_str("{% raw %}\n")),
        with(|file| file.content.insert_str(0, "  \n ")),
        with(|file| file.content.push('\n')),
        with(|file| {
            file.content.pop();
        }),
        with(|file| file.permissions = "0644'\n    mode: '1".to_owned()),
    ];
    for node in &nodes {
        let text = composed(node);
        let input = json!({ "instance": {}, "userData": [text] }).to_string();
        let script = node::data("cloud_init/read.py");
        let output = node::run(&python, &[script.to_str().expect("a path")], &input);
        let (stdout, _) = node::said(&output);
        let results: Vec<Value> = serde_json::from_str(&stdout).unwrap_or_default();
        let seen = !output.status.success()
            || results
                .iter()
                .any(|result| !differences(node, result).is_empty());
        assert!(seen, "{text}");
    }
    assert_ne!(
        differences(&good, &json!({"errors": []})),
        Vec::<String>::new()
    );
}

/// Of a virtual machine's user-data too: an unknown key, and a value of another type.
#[test]
fn what_the_schema_refuses_is_seen() {
    let Some(python) = python() else { return };
    let texts = ["pasword: a", "chpasswd: {expire: [1]}"];
    let texts = texts.map(|text| format!("#cloud-config\n{text}\n"));
    for (text, result) in texts.iter().zip(read(&python, &texts)) {
        assert_ne!(result["errors"], json!([]), "{text}");
    }
}

/// The user-data of virtual machines, which they read from a disk and not from Cluster API.
fn of_machines() -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = Vec::new();
    for case in matrix::cases() {
        for profile in &case.rendered.profiles {
            if profile.role != Role::Templates {
                continue;
            }
            let layers = &profile.profile.spec.template.packs;
            for manifest in layers.iter().flat_map(|layer| &layer.manifests) {
                for document in common::documents(&manifest.name, &manifest.content) {
                    user_data(&document, &mut |text| {
                        let text = node::filled_in(text, &profile.profile);
                        if texts.iter().all(|(_, other)| *other != text) {
                            texts.push((format!("{case}: {}", manifest.name), text));
                        }
                    });
                }
            }
        }
    }
    texts
}

/// Every text below a key of user-data.
fn user_data(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_str() {
                    Some(text) if key == "userData" => found(text),
                    _ => user_data(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| user_data(item, found)),
        _ => {}
    }
}

#[test]
fn virtual_machines_have_user_data_too() {
    let Some(python) = python() else { return };
    let given = of_machines();
    let texts: Vec<String> = given.iter().map(|(_, text)| text.clone()).collect();
    let mut problems = Vec::new();
    let results = read(&python, &texts);
    for ((place, text), result) in given.iter().zip(&results) {
        for error in result["errors"].as_array().expect("a list") {
            problems.push(format!("{place}: {error}\n{text}"));
        }
        let password = match text {
            text if text.contains("password: spectro") => "spectro",
            text if text.contains("filled-in") => "filled-in",
            _ => matrix::AWKWARD,
        };
        if result["parsed"]["password"] != password {
            problems.push(format!(
                "{place}: the password is {}",
                result["parsed"]["password"]
            ));
        }
    }
    if let Some(shells) = Shells::find() {
        let scripts = given.iter().zip(&results).map(|((place, _), result)| {
            let script = result["script"].as_str().expect("a text");
            (script, place.as_str())
        });
        problems.extend(shells.complaints(scripts));
    }
    nothing_wrong(&problems);
    // With a variable, a password of the site, and the RA's own; as a whole and as published.
    assert!(given.len() >= 3, "{given:?}");
}
