//! The templates and the revision data are compiled in; a new file among them must rebuild the crate. Each rule becomes a
//! constant.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=profiles");
    let rules = fs::read_to_string("profiles/rules.yaml").expect("profiles/rules.yaml is there");
    let out = env::var_os("OUT_DIR").expect("cargo names a folder");
    fs::write(Path::new(&out).join("rules.rs"), constants(&rules))
        .expect("the folder takes a file");
}

/// The fields of a rule in `profiles/rules.yaml`, in their order; a test reads the file as YAML and compares.
const FIELDS: [(&str, &str); 5] = [
    ("- id: ", "id"),
    ("  title: ", "title"),
    ("  why: ", "why"),
    ("  wayOut: ", "way_out"),
    ("  source: ", "source"),
];

/// A table of the rules, and a constant for each that names its row.
fn constants(yaml: &str) -> String {
    let mut lines = yaml
        .lines()
        .filter(|line| !line.starts_with('#') && *line != "rules:");
    let (mut rows, mut constants, mut count) = (String::new(), String::new(), 0);
    while let Some(first) = lines.next() {
        let entry = std::iter::once(first).chain(lines.by_ref().take(FIELDS.len() - 1));
        let mut texts = Vec::new();
        for ((key, field), line) in FIELDS.iter().zip(entry) {
            let text = line.strip_prefix(key).unwrap_or_else(|| {
                panic!("profiles/rules.yaml: `{key}` is wanted in place of `{line}`")
            });
            let text = match text
                .strip_prefix('\'')
                .and_then(|text| text.strip_suffix('\''))
            {
                Some(quoted) => quoted.replace("''", "'"),
                None => text.to_owned(),
            };
            rows.push_str(&format!(
                "{}{field}: {text:?}, ",
                if *field == "id" { "    Rule { " } else { "" }
            ));
            texts.push(text);
        }
        rows.push_str("},\n");
        let name = texts[0].to_uppercase().replace('-', "_");
        constants.push_str(&format!(
            "/// {:?}\npub(crate) const {name}: &Rule = &RULES[{count}];\n",
            texts[1]
        ));
        count += 1;
    }
    format!("static RULES: [Rule; {count}] = [\n{rows}];\n{constants}")
}
