//! The same work by others. What each writes is compared with ours in meaning before anything is timed; who is not here,
//! fails, or says something else is left out with a word.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::yaml::{Limits, to_json_all};

use super::case::Case;
use super::inputs;
use super::own::{networks_of, shown, write};
use super::rendered;

/// Peers, with a folder for their inputs and the list of who is left out.
pub struct Peers<'p> {
    pub scratch: &'p Path,
    pub missing: &'p mut Vec<String>,
}

/// What a peer's output must be.
type Agrees<'a> = &'a dyn Fn(&str) -> Result<(), String>;

impl Peers<'_> {
    /// So many networks, as manifests in one stream.
    pub fn networks(&mut self, count: usize) -> Vec<Case> {
        let name = networks_of(count);
        let ours = Case::ours(&name, &["nad", "--vlans", &format!("1-{count}")]);
        let expected = ours.output().and_then(|text| meaning_of_networks(&text));
        let expected = expected.unwrap_or_else(|error| panic!("{name}: {error}"));
        let vlans: Vec<usize> = (1..=count).collect();
        let data = json!({"bridge": "br0", "namespace": "default", "vlans": vlans}).to_string();
        let folder = self.scratch.join(format!("networks-{count}"));
        let file = write(&folder.join("networks.json"), &data);
        let overlays = kustomization(&folder.join("kustomize"), count);
        let folder = shown(&folder);
        let python = program("python3");
        let jsonnet = peer("networks.jsonnet");
        let mut cases = vec![
            Case::of(
                "Jinja2 (Python)",
                &python,
                &[&peer("jinja.py"), &peer("networks.yaml.j2"), &file],
            ),
            Case::of(
                "kubectl kustomize",
                program("kubectl"),
                &["kustomize", &overlays],
            )
            .runs(5),
        ];
        // The others take minutes for more.
        if count <= 1000 {
            let pkl = ["eval", "--format", "json", "--property"];
            let property = format!("data={data}");
            cases.extend([
                Case::of(
                    "KCL (Python)",
                    &python,
                    &[&peer("kcl.py"), &peer("networks.k"), &file],
                ),
                Case::of(
                    "go-jsonnet (Python)",
                    &python,
                    &[&peer("gojsonnet.py"), &folder, &jsonnet],
                ),
                Case::of(
                    "Pkl",
                    program("pkl"),
                    &[&pkl[..], &[&property, &peer("networks.pkl")]].concat(),
                ),
                Case::of(
                    "jsonnet (C++)",
                    program("jsonnet"),
                    &["--jpath", &folder, &jsonnet],
                )
                .runs(5),
            ]);
        }
        let agrees = |text: &str| equal(&expected, &meaning_of_networks(text)?);
        self.those_who_agree(ours, cases, &agrees)
    }

    /// The three profiles of the example. The others are given the RA's changes as merge patches and the manifests as
    /// they are, so they choose no presets, fill no templates in, check nothing and keep no comments.
    pub fn profiles(&mut self) -> Vec<Case> {
        let (expected, data) = rendered::profiles();
        let folder = self.scratch.join("profiles");
        let file = write(&folder.join("profiles.json"), &data.to_string());
        let ours = Case::ours("render, to files", &["render"]).writing(folder.join("out"));
        let folder = shown(&folder);
        let python = program("python3");
        let jsonnet = peer("profiles.jsonnet");
        let cases = vec![
            Case::of(
                "Jinja2 and PyYAML (Python)",
                &python,
                &[&peer("profiles.py"), &peer("profiles.json.j2"), &file],
            ),
            Case::of(
                "go-jsonnet (Python)",
                &python,
                &[&peer("gojsonnet.py"), &folder, &jsonnet],
            )
            .runs(11),
            Case::of(
                "jsonnet (C++)",
                program("jsonnet"),
                &["--jpath", &folder, &jsonnet],
            )
            .runs(3),
        ];
        let agrees = |text: &str| {
            let found = serde_json::from_str(text).map_err(|error| error.to_string())?;
            equal(&expected, &rendered::meaning(found)?)
        };
        self.those_who_agree(ours, cases, &agrees)
    }

    /// One layer of an export, in which every 97th value is another. The others compare trees, so they get its values as
    /// JSON.
    pub fn layer(&mut self) -> Vec<Case> {
        let [old, new] = [false, true].map(|changed| inputs::values(0, 200_000, changed));
        let count = (0..)
            .take_while(|number| new.contains(&format!("key{number}:")))
            .count();
        let values = (0..count)
            .step_by(97)
            .map(|number| (number + 1).to_string());
        let exports = [&old, &new].map(|values| inputs::profile_of(values));
        let trees = [old, new].map(|text| rendered::tree(&text).expect("the values are YAML"));
        self.differences("layer", exports, trees, &values.collect::<Vec<_>>())
    }

    /// The infra profile of both revisions. The others get its texts of values as trees.
    pub fn revisions(&mut self) -> Vec<Case> {
        let exports = ["1.7.0", "1.9.0"].map(|revision| {
            let file = format!("golden/{revision}/VMO-RA-Infra-MaaS-PureFlashArray.json");
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            fs::read_to_string(file).expect("it lies in the repository")
        });
        let trees = exports.each_ref().map(|export| {
            let profile: Value = serde_json::from_str(export).expect("a profile is JSON");
            rendered::meaning(json!([profile])).expect("its values are YAML")
        });
        self.differences("revisions", exports, trees, &["1.9.0".to_owned()])
    }

    fn differences(
        &mut self,
        name: &str,
        exports: [String; 2],
        trees: [Value; 2],
        new_values: &[String],
    ) -> Vec<Case> {
        let folder = self.scratch.join(format!("differences-{name}"));
        let files = |what: &str, texts: [String; 2]| {
            ["old", "new"]
                .map(|side| folder.join(format!("{side}-{what}.json")))
                .iter()
                .zip(texts)
                .map(|(file, text)| write(file, &text))
                .collect::<Vec<String>>()
        };
        let exports = files("export", exports);
        let trees = files("tree", trees.map(|tree| tree.to_string()));
        let [old, new] = [&trees[0], &trees[1]].map(String::as_str);
        let ours = Case::ours("diff", &["diff", &exports[0], &exports[1]]).differs();
        let cases = vec![
            Case::of(
                "deepdiff (Python)",
                program("deep"),
                &["diff", old, new, "--ignore-order"],
            )
            .runs(5),
            Case::of(
                "jsondiffpatch (node)",
                program("jsondiffpatch"),
                &["--format=json", old, new],
            )
            .differs()
            .runs(11),
            Case::of(
                "json-diff (node)",
                program("json-diff"),
                &["--raw-json", old, new],
            )
            .differs()
            .runs(3),
        ];
        let agrees = |text: &str| {
            let words: HashSet<&str> = text
                .split(|one: char| !one.is_ascii_alphanumeric() && one != '.')
                .collect();
            match new_values
                .iter()
                .find(|value| !words.contains(value.as_str()))
            {
                Some(value) => Err(format!("it does not tell the new value {value}")),
                None => Ok(()),
            }
        };
        self.those_who_agree(ours, cases, &agrees)
    }

    /// Ours, and those of the others who are here and write the same.
    fn those_who_agree(&mut self, ours: Case, cases: Vec<Case>, agrees: Agrees<'_>) -> Vec<Case> {
        let mut kept = vec![ours];
        for case in cases {
            match case.output().and_then(|text| agrees(&text)) {
                Ok(()) => kept.push(case),
                Err(reason) => {
                    let reason = reason.trim().lines().last().unwrap_or_default();
                    let reason = reason.replace(env!("CARGO_MANIFEST_DIR"), ".");
                    let contest = &kept[0].name;
                    self.missing
                        .push(format!("{} beside `{contest}`: {reason}", case.name));
                }
            }
        }
        kept
    }
}

/// A peer's program: of those that `peers/install` installs, or on the path.
fn program(name: &str) -> PathBuf {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    let installed = ["python/bin", "node_modules/.bin"].map(|folder| peers.join(folder));
    let path = env::var_os("PATH").unwrap_or_default();
    installed
        .into_iter()
        .chain(env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| PathBuf::from(name))
}

/// A file of a peer.
fn peer(name: &str) -> String {
    shown(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("benches/compare/peers")
            .join(name),
    )
}

/// A base and `count` overlays of it, as kustomize makes variants.
fn kustomization(folder: &Path, count: usize) -> String {
    let copy = |from: &str, to: String, vlan: &str| {
        let text = fs::read_to_string(peer(&format!("kustomize/{from}")));
        let text = text.expect("it lies in the repository");
        write(&folder.join(to), &text.replace("VLAN", vlan));
    };
    for file in ["base/nad.yaml", "base/kustomization.yaml"] {
        copy(file, file.to_owned(), "");
    }
    let mut all = "resources:\n".to_owned();
    for vlan in 1..=count {
        for file in ["patch.yaml", "kustomization.yaml"] {
            let to = format!("overlays/{vlan}/{file}");
            copy(&format!("overlay/{file}"), to, &vlan.to_string());
        }
        all.push_str(&format!("- overlays/{vlan}\n"));
    }
    write(&folder.join("kustomization.yaml"), &all);
    shown(folder)
}

/// The networks of a stream of manifests or of a list, by name, with their configuration as a tree.
fn meaning_of_networks(text: &str) -> Result<Value, String> {
    let mut documents = match serde_json::from_str(text) {
        Ok(one) => vec![one],
        Err(_) => to_json_all(&Source::new("output", text), Limits::VALUES)
            .map_err(|problems| format!("it is not YAML: {problems:?}"))?,
    };
    if let [Value::Object(list)] = &mut documents[..]
        && let Some(Value::Array(items)) = list.get_mut("items")
    {
        documents = std::mem::take(items);
    }
    for network in &mut documents {
        let config = network
            .pointer_mut("/spec/config")
            .ok_or("a network has no configuration")?;
        let text = config.as_str().ok_or("a configuration is no text")?;
        *config = serde_json::from_str(text).map_err(|error| error.to_string())?;
    }
    documents.retain(|document| !document.is_null());
    documents.sort_by_key(|network| network["metadata"]["name"].to_string());
    Ok(Value::Array(documents))
}

fn equal(expected: &Value, found: &Value) -> Result<(), String> {
    match first_difference(expected, found, String::new()) {
        None => Ok(()),
        Some(path) => Err(format!("what it writes means something else at {path}")),
    }
}

/// Where two trees differ first; numbers are equal by value.
fn first_difference(one: &Value, other: &Value, path: String) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let absent = other.keys().find(|key| !one.contains_key(*key));
            one.iter()
                .find_map(|(key, value)| {
                    let path = format!("{path}.{key}");
                    match other.get(key) {
                        Some(other) => first_difference(value, other, path),
                        None => Some(path),
                    }
                })
                .or_else(|| absent.map(|key| format!("{path}.{key}")))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(index, (one, other))| {
                first_difference(one, other, format!("{path}[{index}]"))
            }),
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => None,
        _ => (one != other).then_some(path),
    }
}
