//! The formatter of `terraform fmt`, which HashiCorp also publishes for JavaScript, leaves modules as they are.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use vmo_ra::render::terraform;
use vmo_ra::revision::Revision;

use crate::common::harness::root;
use crate::common::programs::{file, program};
use crate::common::{matrix, nothing_wrong};

/// Reads a list of texts and writes what becomes of each.
const SCRIPT: &str = "
const {format} = require(process.argv[1]);
const texts = JSON.parse(require('fs').readFileSync(0));
Promise.all(texts.map(format)).then(made => require('fs').writeSync(1, JSON.stringify(made))).then(() => process.exit(0));
";

/// What the formatter makes of texts; None where it is absent.
fn formatted(texts: &[&str]) -> Option<Vec<String>> {
    let node = program("node")?;
    let main = "target/tools/lib/node_modules/@cdktf/hcl-tools/package.json";
    let package = file(root(main).to_str().expect("it is text"))?;
    let mut process = Command::new(node)
        .args(["-e", SCRIPT])
        .arg(package.parent().expect("it is in a folder"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let given = serde_json::to_vec(texts).expect("texts have a JSON form");
    let mut pipe = process.stdin.take().expect("it is piped");
    pipe.write_all(&given).expect("it listens");
    drop(pipe);
    let output = process.wait_with_output().expect("it ends");
    Some(serde_json::from_slice(&output.stdout).expect("it answers with texts"))
}

#[test]
fn modules_are_formatted() {
    let mut modules = Vec::new();
    for case in matrix::cases() {
        let revision = Revision::load(case.revision).expect("it is built in");
        let module = terraform(&case.rendered, &revision).expect("it can be written");
        modules.push((case.to_string(), module));
    }
    for entry in fs::read_dir(root("golden/network")).expect("it is there") {
        let path = entry.expect("it can be read").path().join("main.tf");
        if let Ok(module) = fs::read_to_string(&path) {
            modules.push((path.display().to_string(), module));
        }
    }
    // That it looks at all.
    modules.push(("unaligned".to_owned(), "a = 1\nbcd = 2\n".to_owned()));
    let texts: Vec<&str> = modules.iter().map(|(_, module)| module.as_str()).collect();
    let Some(made) = formatted(&texts) else {
        return;
    };
    assert_eq!(made.len(), modules.len());
    assert_eq!(made.last().map(String::as_str), Some("a   = 1\nbcd = 2\n"));
    modules.pop();
    let wrong: Vec<String> = modules
        .iter()
        .zip(&made)
        .filter(|((_, module), made)| module != *made)
        .map(|((place, _), _)| format!("{place} is not formatted"))
        .collect();
    nothing_wrong(&wrong);
}
