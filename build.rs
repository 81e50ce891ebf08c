//! The templates and the data of `profiles/` are compiled in; a new file among them must rebuild the crate. What was YAML
//! becomes JSON, which is read in a fraction of the time. Each rule becomes a constant.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

/// What lies elsewhere in the program: as constants.
const RULES: &str = "rules.yaml";
/// What is changed line by line, and so stays as it is written.
const VALUES: &str = "values.yaml";
/// What holds texts that are YAML themselves.
const PRESETS: &str = "presets.yaml";

fn main() {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=profiles");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder"));
    let data = out.join("profiles");
    if data.exists() {
        fs::remove_dir_all(&data).expect("it is of an earlier run");
    }
    compile(Path::new("profiles"), &data);
    let rules = Path::new("profiles").join(RULES);
    let rules = read(&rules, &text(&rules));
    write(&out.join("rules.rs"), &constants(&rules));
}

/// Writes the files of a folder, and of those below, to another one.
fn compile(from: &Path, to: &Path) {
    fs::create_dir(to).expect("the folder is not there yet");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().expect("it was found by its name");
        let to = to.join(name);
        if path.is_dir() {
            compile(&path, &to);
        } else if name == VALUES {
            write(&to, &text(&path));
        } else if name != RULES && name != PRESETS {
            write(&to, &read(&path, &text(&path)).to_string());
        }
    }
    if let Some(presets) = presets(from) {
        write(&to.join(PRESETS), &presets);
    }
}

/// The presets of the pack in a folder, each with what its additions say. A pack that is based on another one has those of
/// that, with words replaced: in JSON, words of several lines would not be found.
fn presets(folder: &Path) -> Option<String> {
    let path = folder.join(PRESETS);
    let file = read(&path, &written_presets(folder)?);
    let presets = file["presets"].as_array();
    let compiled = presets.expect("`presets` is a list").iter().map(|preset| {
        let added = read(&path, preset["add"].as_str().unwrap_or_default());
        Value::from(vec![preset.clone(), added])
    });
    let compiled = Value::Array(compiled.collect());
    Some(format!("{{\"compiled\":{compiled}}}"))
}

fn written_presets(folder: &Path) -> Option<String> {
    let own = fs::read_to_string(folder.join(PRESETS)).ok();
    own.or_else(|| {
        let description = fs::read_to_string(folder.join("pack.json")).ok()?;
        let description = read(folder, &description);
        let base = folder.with_file_name(description["basedOn"].as_str()?);
        let words = description["replace"].as_object();
        let replaced = |text: String, (word, other): (&String, &Value)| {
            text.replace(word, other.as_str().unwrap_or_default())
        };
        Some(
            words
                .into_iter()
                .flatten()
                .fold(written_presets(&base)?, replaced),
        )
    })
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a text of a file says.
fn read(path: &Path, text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// A table of the rules, and a constant for each that names its row.
fn constants(rules: &Value) -> String {
    let rules = rules["rules"].as_array().expect("`rules` is a list");
    let (mut rows, mut constants) = (String::new(), String::new());
    for (rule, number) in rules.iter().zip(0..) {
        let field = |key: &str| match rule[key].as_str() {
            Some(text) => text,
            None => panic!("profiles/{RULES}: this rule lacks `{key}`: {rule}"),
        };
        let (id, title) = (field("id"), field("title"));
        rows.push_str(&format!(
            "    Rule {{ id: {id:?}, title: {title:?}, why: {:?}, way_out: {:?}, source: {:?} }},\n",
            field("why"),
            field("wayOut"),
            field("source")
        ));
        let name = id.to_uppercase().replace('-', "_");
        constants.push_str(&format!(
            "/// {title:?}\npub(crate) const {name}: &Rule = &RULES[{number}];\n"
        ));
    }
    format!(
        "static RULES: [Rule; {}] = [\n{rows}];\n{constants}",
        rules.len()
    )
}
