//! What a site may say is said once: the reader, the JSON Schema, the starter and docs/site.md agree.
//!
//! After a wanted change: `VMO_RA_ACCEPT=1 cargo test --test suite site_schema`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::revision::Revision;
use vmo_ra::site::{self, Form, Inputs, Kind, Preset, Setting, Site};
use vmo_ra::yaml::{self, Limits};

use crate::common;
use crate::common::harness::{Scratch, write};
use crate::guide;

/// A secret of every kind, and a certificate.
struct TestInputs;

impl Inputs for TestInputs {
    fn env(&self, _: &str) -> Option<String> {
        Some("11111111-2222-3333-4444-555555555555".to_owned())
    }

    fn file(&self, _: &Path) -> io::Result<String> {
        fs::read_to_string(root().join("tests/data/corporate-root.pem"))
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(text: &str) -> (Site, Vec<String>) {
    let source = Source::new("site.yaml", text);
    let (site, problems) = Site::read(&source, &TestInputs).expect("it is YAML");
    let first = |problem: &Diagnostic| problem.to_string().lines().next().map(str::to_owned);
    (site, problems.iter().filter_map(first).collect())
}

fn json_of(text: &str) -> Value {
    yaml::to_json(&Source::new("site.yaml", text), Limits::INPUT).expect("it is YAML")
}

fn schema() -> Value {
    serde_json::from_str(&site::json_schema()).expect("it is JSON")
}

fn validator() -> Validator {
    jsonschema::draft7::new(&schema()).expect("it is a schema")
}

/// What the schema says against a site, which may be empty.
fn refusals(validator: &Validator, site: &Value) -> Vec<String> {
    let none = json!({});
    let site = if site.is_null() { &none } else { site };
    validator
        .iter_errors(site)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// The starter with every setting in force.
pub fn whole_starter() -> String {
    let in_force = |line: &str| match line.trim_start().strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => {
            format!("{}{rest}\n", &line[..line.len() - rest.len() - 1])
        }
        _ => format!("{line}\n"),
    };
    site::starter().lines().map(in_force).collect()
}

/// Compares a file of the repository, or accepts what there is now.
fn compare(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("VMO_RA_ACCEPT").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    } else {
        let kept = fs::read_to_string(path).unwrap_or_default();
        assert!(kept == text, "{file} is not what the program writes now");
    }
}

#[test]
fn the_files_are_what_the_program_writes() {
    compare("schema/site.json", &site::json_schema());
    compare("golden/init/site.yaml", &site::starter());
    compare("docs/site.md", &page(Site::settings()));
}

/// The reference page: a table for each map.
fn page(settings: &[Setting]) -> String {
    let mut page = "# The site file\n\n\
        Every key of a site, with its description, values and default. `[]` is any item of a list and `*` any key of a map. A default in brackets follows from other settings; the table shows it for their defaults. The program writes this page, `vmo-ra init` and `vmo-ra schema site` from the same definitions.\n"
        .to_owned();
    let top = settings.iter().filter(|setting| setting.is_below(""));
    let (maps, single): (Vec<_>, Vec<_>) =
        top.partition(|setting| settings.iter().any(|below| below.is_below(&setting.path)));
    assert!(single.is_empty(), "{single:?}");
    for section in maps {
        page += &format!("\n## {}\n\n{}", section.path, section.about());
        if !section.section.is_empty() {
            page += &format!(" Reference architecture, {}.", section.section);
        }
        page += "\n\n| key | what it is | value | default |\n| --- | --- | --- | --- |\n";
        let inside = settings.iter().filter(|setting| {
            let rest = setting.path.strip_prefix(&section.path);
            rest.is_some_and(|rest| rest.starts_with(['.', '[']))
        });
        for setting in inside {
            let cells = [
                format!("`{}`", setting.path),
                match setting.path.chars().next_back() {
                    Some(']') => "any item".to_owned(),
                    Some('*') => "any key".to_owned(),
                    _ => setting.about(),
                },
                value_of(setting),
                default_of(setting),
            ];
            page += &format!(
                "| {} |\n",
                cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
            );
        }
    }
    page
}

fn value_of(setting: &Setting) -> String {
    let kind = match &setting.form {
        Form::Map => return "map".to_owned(),
        Form::List => {
            let least = match setting.least {
                0 => String::new(),
                least => format!(" of at least {least}"),
            };
            let one = if has_values(setting) {
                ", or one of its values"
            } else {
                ""
            };
            return format!("list{least}{one}");
        }
        Form::Named(keys) if keys.pattern.is_some() => {
            return format!("map whose keys are each {}", keys.what);
        }
        Form::Named(_) => return "map of any keys".to_owned(),
        Form::Secret => return "`{env: NAME}` or `{file: PATH}`".to_owned(),
        Form::Value(kind) | Form::ValueOrMap(kind) => kind,
    };
    let mut said: Vec<String> = kind
        .words
        .iter()
        .map(|(word, about)| format!("`{word}`: {}", about.trim()))
        .collect();
    match (&kind.range, &kind.pattern) {
        (Some(range), _) if *range.end() != u32::MAX => {
            let numbers = format!("{}, {} to {}", kind.what, range.start(), range.end());
            said.insert(0, numbers);
        }
        (_, Some(_)) => said.insert(0, kind.what.to_owned()),
        (_, None) if said.is_empty() => said.push(kind.what.to_owned()),
        (_, None) => {}
    }
    if let (Form::ValueOrMap(_), Some(first)) = (&setting.form, said.first_mut()) {
        first.push_str(", or a map");
    }
    if let (true, Some(first)) = (kind.joins, said.first_mut()) {
        first.push_str(", or a list of them");
    }
    said.join("<br>")
}

/// Whether the items of a list are single values.
fn has_values(list: &Setting) -> bool {
    let settings = Site::settings();
    let mut items = settings.iter().filter(|one| one.is_below(&list.path));
    items.any(|item| matches!(item.form, Form::Value(_)))
}

/// One value is a list of one, and a list of ranges is the text separated by commas them.
#[test]
fn one_value_and_a_list_say_the_same() {
    let settings = Site::settings();
    let validator = validator();
    let mut tried = 0;
    let mut same = |path: &str, one: Value, other: Value| {
        let with = |value: Value| site_with(settings, path, Some(value));
        let (one, other) = (with(one), with(other));
        for site in [&one, &other] {
            assert_eq!(refusals(&validator, site), [""; 0], "{site}");
        }
        let (one, other) = (read(&one.to_string()), read(&other.to_string()));
        assert_eq!(one.1, other.1, "{path}");
        assert_eq!(whole(&one.0), whole(&other.0), "{path}");
        tried += 1;
    };
    for setting in settings {
        match &setting.form {
            Form::List if has_values(setting) => {
                let items = settings.iter().find(|one| one.is_below(&setting.path));
                let Form::Value(kind) = &items.expect("it has items").form else {
                    continue;
                };
                let item = match &setting.default {
                    Preset::Fixed(Value::Array(items)) if !items.is_empty() => items[0].clone(),
                    _ => json!(kind.example),
                };
                same(&setting.path, item.clone(), json!([item]));
            }
            Form::Value(kind) if kind.joins => {
                same(&setting.path, json!([30]), json!("30"));
                same(
                    &setting.path,
                    json!(["21-24", 30, "28"]),
                    json!("21-24,30,28"),
                );
            }
            _ => {}
        }
    }
    assert!(tried > 15, "only {tried}");
}

fn default_of(setting: &Setting) -> String {
    match &setting.default {
        Preset::None => String::new(),
        Preset::Required => "needed".to_owned(),
        Preset::Fixed(Value::Array(items)) if items.iter().any(Value::is_object) => {
            "those of `vmo-ra init`".to_owned()
        }
        Preset::Fixed(Value::Object(_)) => String::new(),
        Preset::Fixed(value) => format!("`{}`", shown(value)),
        Preset::Follows(value) => match shown(value).as_str() {
            "" => String::new(),
            text => format!("(`{text}`)"),
        },
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

#[test]
fn every_key_is_in_the_reader_the_schema_the_starter_and_the_page() {
    let settings = Site::settings();
    let read: BTreeSet<String> = settings
        .iter()
        .map(|setting| setting.path.clone())
        .collect();
    assert_eq!(read.len(), settings.len(), "a setting is recorded twice");
    assert!(read.len() > 150, "only {} settings", read.len());

    let mut of_schema = BTreeSet::new();
    paths_of_schema(&schema(), "", &mut of_schema);
    assert_eq!(of_schema, read);

    let mut of_starter = BTreeSet::new();
    paths_of_site(&json_of(&whole_starter()), "", settings, &mut of_starter);
    let named: BTreeSet<String> = read
        .iter()
        .filter(|path| !path.ends_with(['*', ']']))
        .cloned()
        .collect();
    assert_eq!(of_starter, named);

    let page = fs::read_to_string(root().join("docs/site.md")).expect("there is a page");
    let of_page: BTreeSet<String> = page
        .lines()
        .filter_map(|line| {
            let named = line.strip_prefix("| `").or(line.strip_prefix("## "))?;
            Some(named.split('`').next()?.to_owned())
        })
        .collect();
    assert_eq!(of_page, read);
}

fn paths_of_schema(schema: &Value, path: &str, paths: &mut BTreeSet<String>) {
    let mut inside = |path: String, schema: &Value| {
        paths_of_schema(schema, &path, paths);
        paths.insert(path);
    };
    // What a secret is made of is no setting.
    let is_secret = schema["properties"].get("env").is_some();
    if let (Some(properties), false) = (schema["properties"].as_object(), is_secret) {
        for (key, below) in properties {
            let dot = if path.is_empty() { "" } else { "." };
            inside(format!("{path}{dot}{key}"), below);
        }
    }
    if schema["items"].is_object() {
        inside(format!("{path}[]"), &schema["items"]);
    }
    if schema["additionalProperties"].is_object() {
        inside(format!("{path}.*"), &schema["additionalProperties"]);
    }
    let forms = schema["anyOf"].as_array();
    for kind in forms.into_iter().flatten() {
        // A list that stands for one text has no settings in it, and stands behind it.
        let is_joined = kind["items"].is_object() && forms.is_some_and(|forms| &forms[0] != kind);
        if !is_joined {
            paths_of_schema(kind, path, paths);
        }
    }
}

/// The paths of keys that a site has, in the form of settings.
fn paths_of_site(site: &Value, path: &str, settings: &[Setting], paths: &mut BTreeSet<String>) {
    let form = settings
        .iter()
        .find(|setting| setting.path == path)
        .map(|setting| &setting.form);
    match site {
        Value::Object(_) if matches!(form, Some(Form::Secret)) => {}
        Value::Object(map) => {
            for (key, value) in map {
                let below = match form {
                    Some(Form::Named(_)) => format!("{path}.*"),
                    _ if path.is_empty() => key.clone(),
                    _ => format!("{path}.{key}"),
                };
                paths_of_site(value, &below, settings, paths);
                if !matches!(form, Some(Form::Named(_))) {
                    paths.insert(below);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                paths_of_site(item, &format!("{path}[]"), settings, paths);
            }
        }
        _ => {}
    }
}

#[test]
fn every_setting_says_what_it_is_and_where_the_ra_has_it() {
    let sections: BTreeSet<String> = Revision::names()
        .into_iter()
        .flat_map(|name| Revision::load(name).and_then(|revision| revision.claims()))
        .flatten()
        .map(|claim| claim.section)
        .collect();
    for setting in Site::settings() {
        let path = &setting.path;
        if path.ends_with(['*', ']']) {
            continue;
        }
        let about = setting.about();
        assert!(about.ends_with('.'), "{path} says {about:?}");
        let section = setting.section;
        assert!(
            sections.contains(section),
            "{path} is of the section {section:?}"
        );
    }
}

/// What is shown is what is applied: a site that writes a default out is the site that does not.
#[test]
fn every_default_is_the_one_that_is_applied() {
    let settings = Site::settings();
    let mut tried = 0;
    for setting in settings {
        let (Preset::Fixed(value) | Preset::Follows(value)) = &setting.default else {
            continue;
        };
        let mut with = site_with(settings, &setting.path, Some(value.clone()));
        if setting.path == "network.data.cidr" {
            // The example's gateway is left out with the example's network.
            with["network"]["data"]["gateway"] = json!("10.20.30.1");
        }
        let without = site_with(settings, &setting.path, None);
        let (with, without) = (read(&with.to_string()), read(&without.to_string()));
        assert_eq!(with.1, without.1, "{}", setting.path);
        assert_eq!(whole(&with.0), whole(&without.0), "{}", setting.path);
        tried += 1;
    }
    assert!(tried > 120, "only {tried} defaults");
}

/// Everything a site holds but places, as text.
fn whole(site: &Site) -> String {
    format!(
        "{:#}\n{:#?}\n{:#?}\n{:#?}\n{:?}",
        serde_json::to_value(site).expect("JSON"),
        site.registries,
        site.profiles,
        site.storage.flash_arrays,
        site.vmo.feature_gates
    )
}

/// A site with one value, and beside it only what it needs around it.
fn site_with(settings: &[Setting], path: &str, value: Option<Value>) -> Value {
    let of = |path: &str| settings.iter().find(|setting| setting.path == path);
    let mut value = value;
    let mut path = path;
    while !path.is_empty() {
        let (around, key) = match path.strip_suffix("[]") {
            Some(list) => (list, "[]"),
            None => path.rsplit_once('.').unwrap_or(("", path)),
        };
        value = Some(match key {
            "[]" => json!([value.unwrap_or_default()]),
            _ => {
                let is_item = of(around).is_some_and(|around| {
                    around.path.ends_with(['*', ']']) || matches!(around.default, Preset::None)
                });
                let mut map = Map::new();
                let needed = settings.iter().filter(|setting| {
                    is_item
                        && setting.is_below(around)
                        && matches!(setting.default, Preset::Required)
                });
                for needed in needed {
                    map.insert(needed.key().to_owned(), example(needed));
                }
                let key = if key == "*" { "any" } else { key };
                if let Some(value) = value {
                    map.insert(key.to_owned(), value);
                }
                Value::Object(map)
            }
        });
        path = around;
    }
    value.unwrap_or_else(|| json!({}))
}

fn example(setting: &Setting) -> Value {
    let text = setting.example().expect("what is needed has an example");
    match &setting.form {
        Form::Value(kind) => kind.value(text),
        _ => json_of(text),
    }
}

#[test]
fn examples_are_sites() {
    let text = whole_starter();
    let refused = refusals(&validator(), &json_of(&text));
    assert!(refused.is_empty(), "{refused:#?}\n{text}");
    // Only what cannot stand together is wrong with all of it.
    let (_, problems) = read(&text);
    let told = problems.join("\n");
    for part in [
        "`network.metallb.bgp` is only for `mode: bgp`",
        "an untagged network has the MTU of its bond or bridge",
        "only a `native` VLAN has another number on the switch",
    ] {
        assert!(told.contains(part), "{told}");
    }
    // The last of them is said of both tagged networks.
    assert_eq!(problems.len(), 4, "{told}");
}

#[test]
fn good_sites_are_taken() {
    let mut sites: Vec<(String, String)> = vec![
        ("the empty site".to_owned(), String::new()),
        ("the starter".to_owned(), site::starter()),
        (
            "empty sections".to_owned(),
            "cluster:\nnetwork: {data: , mtu: ~}\nstorage: {flashArrays: }\n".to_owned(),
        ),
    ];
    for (name, _, text) in common::matrix::SITES {
        sites.push((name.to_owned(), text.to_owned()));
    }
    for file in [
        "tests/network/machines.yaml",
        "tests/network/one-bond.yaml",
        "tests/network/one-bond-br0-vlan.yaml",
        "tests/data/storage-longhorn.yaml",
        "tests/data/storage-portworx-csi.yaml",
        "tests/data/storage-trident.yaml",
    ] {
        let text = fs::read_to_string(root().join(file)).expect("it is there");
        sites.push((file.to_owned(), text));
    }
    sites.extend(guide::sites());
    assert!(sites.len() > 30, "only {} sites", sites.len());
    let validator = validator();
    for (name, text) in sites {
        let refused = refusals(&validator, &json_of(&text));
        assert!(refused.is_empty(), "{name}: {refused:#?}");
    }
}

/// Bad sites that a schema takes, since it sees one value at a time, and why.
const BEYOND_A_SCHEMA: &[(&str, &str)] = &[
    ("bgp", "a mode needs a key of the map beside it"),
    ("captured_deployment", "VLANs of two networks"),
    ("captured_vlans", "VLANs of two networks"),
    ("clone_too_small", "two sizes are compared"),
    ("machines", "machines are compared"),
    ("metallb", "addresses lie outside a network"),
    ("mtus", "two MTUs are compared"),
    ("nad_outside", "a VLAN lies outside a set"),
    ("overlaps", "networks share addresses"),
    ("packs", "the packs at hand decide"),
    ("profile_names", "names differ between profiles"),
    ("routes", "addresses lie outside a network"),
    ("sizes", "nodes and CPUs are counted"),
    ("storage_hitachi", "the provider decides"),
    ("storage_longhorn", "the provider decides"),
    ("storage_pack_missing", "the packs at hand decide"),
    ("storage_trident", "the provider decides"),
    ("too_small", "nodes and addresses are counted"),
    ("traefik_of_1_7_0", "the revision decides"),
    ("variables_unset", "what the environment holds"),
];

#[test]
fn bad_sites_are_refused() {
    let validator = validator();
    let mut taken = Vec::new();
    for entry in fs::read_dir(root().join("tests/bad_input")).expect("there are cases") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).expect("it is text");
        // What is not YAML does not come as far as a schema.
        let Ok(site) = yaml::to_json(&Source::new("site.yaml", text), Limits::INPUT) else {
            continue;
        };
        if refusals(&validator, &site).is_empty() {
            taken.push(name);
        }
    }
    taken.sort();
    let expected: Vec<&str> = BEYOND_A_SCHEMA.iter().map(|(name, _)| *name).collect();
    assert_eq!(taken, expected);
}

/// Lists that rules refuse when they are empty, but not of every site.
const EMPTY_SOMETIMES: &[(&str, &str)] = &[
    ("network.nics.data", "the layout has one bond"),
    ("vmo.goldenImages", "no template clones one"),
];

#[test]
fn the_schema_refuses_an_empty_list_where_rules_do() {
    let settings = Site::settings();
    let validator = validator();
    let folder = Scratch::new();
    let mut refused = Vec::new();
    // Items of lists are below settings that are tried.
    let lists = settings
        .iter()
        .filter(|setting| matches!(setting.form, Form::List) && !setting.path.contains(['[', '*']));
    for setting in lists {
        let site = site_with(settings, &setting.path, Some(json!([])));
        write(&folder, "site.yaml", site.to_string());
        let code = folder.run("check --site site.yaml").all().0.unwrap_or(-1);
        let is_refused = code == 1;
        assert!(is_refused || code == 0, "{} ends with {code}", setting.path);
        let sometimes = EMPTY_SOMETIMES
            .iter()
            .any(|(path, _)| *path == setting.path);
        let of_schema = !refusals(&validator, &site).is_empty();
        assert_eq!(of_schema, is_refused && !sometimes, "{}", setting.path);
        if is_refused {
            refused.push(setting.path.as_str());
        }
    }
    assert!(refused.len() > 5, "{refused:?}");
    for (path, _) in EMPTY_SOMETIMES {
        assert!(refused.contains(path), "{path} is never refused");
    }
}

/// One wrong value at a time, each of which its kind alone can refuse.
#[test]
fn each_kind_refuses_what_the_reader_refuses() {
    let settings = Site::settings();
    let validator = validator();
    let mut refused = 0;
    for setting in settings {
        let wrong: &[Value] = match &setting.form {
            Form::Named(keys) if keys.pattern.is_some() => &[
                json!("a text"),
                json!([1]),
                json!({"a b": 1}),
                json!({"": 1}),
            ],
            Form::Map | Form::Named(_) => &[json!("a text"), json!([1])],
            // One value may stand for a list of one.
            Form::List => &[json!({"a": 1})],
            Form::Value(kind) if kind.joins => {
                &[json!({"a": 1}), json!([]), json!("~ ~#"), json!(["~"])]
            }
            Form::Secret => &[
                json!("hunter2"),
                json!({"enw": "A"}),
                json!({"env": "A", "file": "b"}),
            ],
            Form::Value(Kind {
                pattern: None,
                words,
                ..
            }) if words.is_empty() => &[json!([1])],
            Form::Value(_) | Form::ValueOrMap(_) => &[json!([1]), json!("~ ~#"), json!("")],
        };
        for value in wrong {
            let site = site_with(settings, &setting.path, Some(value.clone()));
            let (_, problems) = read(&site.to_string());
            assert!(!problems.is_empty(), "{} takes {value}", setting.path);
            let said = refusals(&validator, &site);
            assert!(
                !said.is_empty(),
                "the schema takes {value} for {}",
                setting.path
            );
            refused += 1;
        }
    }
    assert!(refused > 400, "only {refused} cases");
}
