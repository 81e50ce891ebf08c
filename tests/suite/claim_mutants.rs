//! Claims notice what undoes them. Each claim's place in what is rendered is changed in every way that fits its kind
//! (removed, moved, commented out, negated, another value), and every value that the RA sets is changed by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::common::{built_in, documents, nothing_wrong, site, yaml};
use vmo_ra::check::claims::{Form, Subject};
use vmo_ra::profile::{Layer, Manifest, Profile, Variable};
use vmo_ra::render::{Request, render};
use vmo_ra::revision::{Claim, Expectation, Language, Revision, Role, Statement, Target};
use vmo_ra::site::Site;
use vmo_ra::yaml::{self as trees, Limits, Step, from_json, to_json};

/// A site for claims that are about some profiles only.
const OTHERS: [(&str, &str); 2] = [("1.7.0", OTHER), ("1.9.0", OTHER_WITH_TRAEFIK)];
const OTHER: &str = "storage: {licence: {type: saas}}
network: {layout: one-bond-br0-vlan}
vmo: {access: Direct}
";
const OTHER_WITH_TRAEFIK: &str = "storage: {licence: {type: saas}}
network: {layout: one-bond-br0-vlan}
vmo: {access: Direct}
ingress: {controller: traefik}
";

/// Claims about what no rendered site has in 1.7.0, where Traefik is not on offer.
const ONLY_TRAEFIK: &str = "prometheus-grafana-https-only-traefik";

fn rendered(revision: &Revision, site: &Site, published: bool) -> Vec<(Role, Profile)> {
    let rendered = render(&Request {
        site,
        revision,
        library: built_in::library(),
        profiles: &Role::ALL,
        published,
    });
    let rendered = rendered.unwrap_or_else(|problems| panic!("{problems:?}"));
    let profiles = rendered.profiles.into_iter();
    profiles.map(|one| (one.role, one.profile)).collect()
}

fn revisions() -> impl Iterator<Item = &'static Revision> {
    let all = Revision::names().into_iter().map(built_in::revision);
    all.filter(|revision| revision.is_rendered())
}

/// A changed profile, with what was done to it.
type Mutant = (String, Profile);

/// Everything that can be done to the place of a statement.
struct Maker<'p> {
    profile: &'p Profile,
    layer: Option<usize>,
    mutants: Vec<Mutant>,
}

impl Maker<'_> {
    fn add(&mut self, what: impl Into<String>, change: impl FnOnce(&mut Profile)) {
        let mut profile = self.profile.clone();
        change(&mut profile);
        if profile != *self.profile {
            self.mutants.push((what.into(), profile));
        }
    }

    fn in_layer(&mut self, what: impl Into<String>, change: impl FnOnce(&mut Layer)) {
        let layer = self.layer.expect("a claim about a layer");
        self.add(what, |profile| {
            change(&mut profile.spec.template.packs[layer]);
        });
    }

    fn layer(&self) -> &Layer {
        let layer = self.layer.expect("a claim about a layer");
        &self.profile.spec.template.packs[layer]
    }

    /// Puts changed values into the layer, with its line of presets.
    fn with_values(&mut self, what: impl Into<String>, values: &Value) {
        let text = with_presets(self.layer(), values);
        self.in_layer(what, |layer| layer.values = text);
    }

    fn with_document(&mut self, what: String, name: &str, number: usize, changed: Option<Value>) {
        let manifest = |manifest: &&Manifest| manifest.name == name;
        let Some(found) = self.layer().manifests.iter().find(manifest) else {
            return;
        };
        let mut all = documents(name, &found.content);
        match changed {
            Some(changed) => all[number] = changed,
            None => {
                all.remove(number);
            }
        }
        let texts: Vec<String> = all.iter().map(from_json).collect();
        self.in_layer(what, |layer| {
            let found = layer.manifests.iter_mut().find(|one| one.name == name);
            found.expect("it was found").content = texts.join("---\n");
        });
    }

    fn make(&mut self, statement: &Statement<'_>) {
        let expectation = &statement.expectation;
        match statement.target {
            Target::Values(path) => {
                let tree = yaml("values", &self.layer().values);
                for (what, changed) in changes(&tree, path, statement) {
                    self.with_values(what, &changed);
                }
            }
            Target::Manifest {
                name,
                document,
                path,
            } => self.manifest(name, document, path, statement),
            Target::Pack(field) => {
                for (what, text) in [("another", "other"), ("none", "")] {
                    self.in_layer(what, |layer| {
                        let slot = match field {
                            "version" => &mut layer.version,
                            "type" => &mut layer.kind,
                            "layer" => &mut layer.layer,
                            "name" => &mut layer.name,
                            "registry" => &mut layer.registry.metadata.name,
                            _ => panic!("{field}"),
                        };
                        text.clone_into(slot);
                    });
                }
            }
            Target::Preset(preset) => {
                let other = preset.rsplit_once(':').expect("a group").0;
                for (what, by) in [("another", format!("{other}:x")), ("gone", String::new())] {
                    self.in_layer(what, |layer| {
                        let (first, rest) = layer.values.split_once('\n').expect("lines");
                        layer.values = match expectation {
                            Expectation::Absent => format!("{first},{preset}\n{rest}"),
                            _ => format!("{}\n{rest}", replaced_preset(first, preset, &by)),
                        };
                    });
                }
            }
            Target::Image(repository) => self.other_images(repository),
            Target::File(path) => self.file(path, statement),
            Target::Command(when) => self.commands(when, statement),
            Target::Variable { name, field } => self.variable(name, field),
            Target::Profile(field) => {
                for (what, text) in [("another", "other"), ("none", "")] {
                    self.add(what, |profile| {
                        let template = &mut profile.spec.template;
                        match field {
                            "name" => text.clone_into(&mut profile.metadata.name),
                            "type" => text.clone_into(&mut template.kind),
                            "cloudType" => text.clone_into(&mut template.cloud_type),
                            "version" => text.clone_into(&mut profile.spec.version),
                            "layers" if text.is_empty() => {
                                template.packs.pop();
                            }
                            "layers" => template.packs.swap(0, 1),
                            _ => panic!("{field}"),
                        }
                    });
                }
            }
        }
    }

    /// Switches off each section around a value, and gives the item of a list that it is in a second of its name.
    fn switched_off(&mut self, path: &str, statement: &Statement<'_>) {
        let tree = yaml("values", &self.layer().values);
        if matches!(
            statement.expectation,
            Expectation::Absent | Expectation::Count(0)
        ) {
            return;
        }
        let path: trees::Path = path.parse().expect("a path");
        let steps = path.steps();
        for length in 1..steps.len() {
            let (above, next) = (&steps[..length], &steps[length]);
            for (key, off) in [("enabled", json!(false)), ("replicas", json!(0))] {
                let mut tree = tree.clone();
                if let (Some(Value::Object(section)), false) =
                    (at(&mut tree, above), *next == Step::Key(key.to_owned()))
                {
                    section.insert(key.to_owned(), off);
                    self.with_values(format!("off by {key} of step {length}"), &tree);
                }
            }
            let mut tree = tree.clone();
            if let (Some(Value::Array(items)), Step::Item(key, name)) = (at(&mut tree, above), next)
            {
                items.push(json!({key: name, "value": "other"}));
                self.with_values("a second item of the name", &tree);
            }
        }
    }

    /// Gives an image another version, in the list and in the charts.
    fn other_images(&mut self, repository: &str) {
        let mut tree = yaml("values", &self.layer().values);
        tree["pack"]["content"]["images"] =
            json!([{"image": format!("example.org/x/{repository}:v0.0.1")}]);
        self.with_values("another version", &tree);
        tree["pack"]["content"]["images"] = json!([{"image": format!("{repository}:latest")}]);
        self.with_values("no version", &tree);
        for (what, image) in [
            (
                "another tag",
                json!({"repository": format!("example.org/{repository}"), "tag": "v0.0.1"}),
            ),
            ("another image", format!("{repository}:v0.0.1").into()),
        ] {
            let mut tree = yaml("values", &self.layer().values);
            tree["charts"]["other"] = json!({"image": image});
            self.with_values(what, &tree);
        }
    }

    /// Sets what counts instead of a claim's own place.
    fn overridden(&mut self, places: &[String]) {
        for place in places {
            if let Some(repository) = place.strip_prefix("image ") {
                self.other_images(repository);
                continue;
            }
            let (path, flag) = place.split_once(' ').unwrap_or((place, ""));
            let path: trees::Path = path.parse().expect("a path");
            let mut tree = yaml("values", &self.layer().values);
            let mut slot = &mut tree;
            for step in path.steps() {
                if let Step::Key(key) = step {
                    if !slot.is_object() {
                        *slot = Value::Object(Map::new());
                    }
                    slot = &mut slot[key];
                } else {
                    *slot = json!([{}]);
                    slot = &mut slot[0];
                }
            }
            *slot = match flag {
                "" => "other".into(),
                flag => json!(["--x", format!("{flag}=other")]),
            };
            self.with_values(format!("{place} is set"), &tree);
        }
    }

    fn manifest(&mut self, name: &str, number: usize, path: &str, statement: &Statement<'_>) {
        let manifest = |manifest: &&Manifest| manifest.name == name;
        let Some(found) = self.layer().manifests.iter().find(manifest).cloned() else {
            self.in_layer("put there", |layer| {
                let mut other = layer.manifests[0].clone();
                name.clone_into(&mut other.name);
                layer.manifests.push(other);
            });
            return;
        };
        let tree = documents(name, &found.content).swap_remove(number);
        let tree = match path.starts_with("stringData") {
            true => readable(tree),
            false => tree,
        };
        for (what, changed) in changes(&tree, path, statement) {
            self.with_document(what, name, number, Some(changed));
        }
        if statement.expectation != Expectation::Absent {
            if documents(name, &found.content).len() == number + 1 {
                self.with_document("the document is gone".to_owned(), name, number, None);
            }
            self.in_layer("the manifest has another name", |layer| {
                let found = layer.manifests.iter_mut().find(|one| one.name == name);
                found.expect("it was found").name += "-x";
            });
        }
    }

    fn variable(&mut self, name: &str, field: &str) {
        self.add("gone", |profile| {
            profile
                .spec
                .variables
                .retain(|variable| variable.name != name);
        });
        let rename = |variable: &mut Variable| variable.name += "X";
        let mut change = |what: &str, change: &dyn Fn(&mut Variable)| {
            self.add(what, |profile| {
                let mut variables = profile.spec.variables.iter_mut();
                change(variables.find(|one| one.name == name).expect("it is there"));
            });
        };
        change("another name", &rename);
        change("another value", &|variable| {
            let mut tree = serde_json::to_value(&*variable).expect("it has a JSON form");
            let other = other_value(&tree[field]);
            tree[field] = match field {
                "format" => "string".into(),
                _ => other,
            };
            *variable = serde_json::from_value(tree).expect("it is a variable still");
        });
    }

    fn file(&mut self, path: &str, statement: &Statement<'_>) {
        let tree = yaml("values", &self.layer().values);
        let files = tree["kubeadmconfig"]["files"].as_array().expect("files");
        let at = files.iter().position(|file| file["targetPath"] == path);
        let Some(at) = at else {
            let mut tree = tree.clone();
            let files = tree["kubeadmconfig"]["files"].as_array_mut();
            files
                .expect("files")
                .push(json!({"targetPath": path, "content": "other\n"}));
            self.with_values("another file", &tree);
            return;
        };
        let content = files[at]["content"].as_str().expect("a text");
        for (what, text) in texts(path, content, statement) {
            let mut tree = tree.clone();
            tree["kubeadmconfig"]["files"][at]["content"] = text.into();
            self.with_values(what, &tree);
        }
        let mut gone = tree.clone();
        let files = gone["kubeadmconfig"]["files"].as_array_mut();
        files.expect("files").remove(at);
        self.with_values("the file is gone", &gone);
        let mut moved = tree.clone();
        moved["kubeadmconfig"]["files"][at]["targetPath"] = format!("{path}.off").into();
        self.with_values("the file is elsewhere", &moved);
        let mut twice = tree.clone();
        let files = twice["kubeadmconfig"]["files"].as_array_mut();
        files
            .expect("files")
            .push(json!({"targetPath": path, "content": "# nothing\n"}));
        if statement.expectation != Expectation::Count(0) {
            self.with_values("another file comes over it", &twice);
        }
        let landing = path.rfind("/etc/").map_or(path, |at| &path[at..]);
        let (folder, _) = landing.rsplit_once('/').expect("it is absolute");
        for (key, command) in [
            ("preKubeadmCommands", format!("rm -f {path}")),
            (
                "postKubeadmCommands",
                format!("[ -e /x ] || rm -rf {folder}"),
            ),
            ("preKubeadmCommands", format!("x >{landing}")),
            (
                "postKubeadmCommands",
                format!("cd {folder}; sed -i s/a/b/ {landing}"),
            ),
            (
                "preKubeadmCommands",
                format!("ln -sf /dev/null '{landing}'"),
            ),
        ] {
            let mut undone = tree.clone();
            let commands = undone["kubeadmconfig"][key].as_array_mut();
            commands.expect("commands").push(command.as_str().into());
            self.with_values(command, &undone);
        }
    }

    fn commands(&mut self, when: &str, statement: &Statement<'_>) {
        let keys = ["preKubeadmCommands", "postKubeadmCommands"];
        let keys = if when == "pre" {
            keys
        } else {
            [keys[1], keys[0]]
        };
        let tree = yaml("values", &self.layer().values);
        let list = tree["kubeadmconfig"][keys[0]].as_array().expect("commands");
        let Expectation::Runs { command, .. } = &statement.expectation else {
            panic!("{statement:?}");
        };
        let scripts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        let word = hint(command, &scripts.join("\n")).expect("it is there");
        let holder = scripts.iter().rposition(|script| script.contains(word));
        let holder = holder.expect("it is there");
        for (number, command) in list.iter().enumerate() {
            let script = command.as_str().expect("a text");
            if number != holder {
                continue;
            }
            for (what, text) in texts("commands.sh", script, statement) {
                let mut tree = tree.clone();
                tree["kubeadmconfig"][keys[0]][number] = text.into();
                self.with_values(what, &tree);
            }
            let mut moved = tree.clone();
            let list = moved["kubeadmconfig"][keys[0]].as_array_mut();
            let taken = list.expect("commands").remove(number);
            self.with_values("the command is gone", &moved);
            let others = moved["kubeadmconfig"][keys[1]].as_array_mut();
            others.expect("commands").push(taken);
            self.with_values("the command runs at another time", &moved);
        }
    }
}

fn with_presets(layer: &Layer, values: &Value) -> String {
    let first = layer.values.lines().next().unwrap_or_default();
    let text = from_json(values);
    match first.starts_with('#') {
        true => format!("{first}\n{text}"),
        false => text,
    }
}

fn replaced_preset(line: &str, preset: &str, by: &str) -> String {
    let (head, list) = line.split_once(": ").expect("the line of presets");
    let list = list.split(',').filter_map(|one| {
        let other = if one.eq_ignore_ascii_case(preset) {
            by
        } else {
            one
        };
        (!other.is_empty()).then_some(other)
    });
    format!("{head}: {}", list.collect::<Vec<_>>().join(","))
}

/// A value that is another, and says something else.
fn other_value(value: &Value) -> Value {
    match value {
        Value::Null => "x".into(),
        Value::Bool(yes) => (!yes).into(),
        Value::Number(number) => (number.as_u64().unwrap_or_default() + 1).into(),
        Value::String(text) => match text.as_str() {
            "true" => "false".into(),
            "false" => "true".into(),
            _ => format!("{text}x").into(),
        },
        Value::Array(items) => match items.split_first() {
            Some((first, rest)) => {
                let mut items = vec![other_value(first)];
                items.extend_from_slice(rest);
                items.into()
            }
            None => json!(["x"]),
        },
        Value::Object(map) => match map.iter().next_back() {
            Some((key, value)) => {
                let mut map = map.clone();
                map.insert(key.clone(), other_value(value));
                map.into()
            }
            None => json!({"x": "x"}),
        },
    }
}

/// The value at a path, to be changed.
fn at<'v>(tree: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    steps.iter().try_fold(tree, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
        Step::Each => value.get_mut(0),
        Step::Item(key, wanted) => {
            let items = value.as_array_mut()?;
            items.iter_mut().find(|item| {
                let found = &item[key];
                let text = found
                    .as_str()
                    .map_or_else(|| found.to_string(), str::to_owned);
                text == *wanted
            })
        }
    })
}

/// A tree with its value at a path changed in each way that fits what is expected there.
fn changes(tree: &Value, path: &str, statement: &Statement<'_>) -> Vec<(String, Value)> {
    let path: trees::Path = path.parse().expect("a path");
    let mut made = Vec::new();
    let is_absent = statement.expectation == Expectation::Absent;
    let inner = statement.language;
    if let Some(language) = inner {
        let mut tree = tree.clone();
        let slot = at(&mut tree, path.steps()).expect("the text is there");
        let text = slot.as_str().expect("a text").to_owned();
        for (what, changed) in inside(language, &text, statement) {
            let mut tree = tree.clone();
            *at(&mut tree, path.steps()).expect("it is there") = changed.into();
            made.push((what, tree));
        }
    }
    let mut change = |what: &str, change: &dyn Fn(&mut Value, &Step)| {
        let mut changed = tree.clone();
        let (last, above) = path.steps().split_last().expect("a step");
        if let Some(above) = at(&mut changed, above) {
            change(above, last);
        }
        if changed != *tree {
            made.push((what.to_owned(), changed));
        }
    };
    match &statement.expectation {
        _ if inner.is_none() && (is_absent || path.find(tree).is_none()) => {
            let mut changed = tree.clone();
            let mut slot = &mut changed;
            for step in path.steps() {
                if let Step::Key(key) = step {
                    if !slot.is_object() {
                        *slot = Value::Object(Map::new());
                    }
                    slot = &mut slot[key];
                }
            }
            if slot.is_null() {
                *slot = "x".into();
                made.push(("put there".to_owned(), changed));
            }
        }
        Expectation::Absent => {}
        _ => {
            change("removed", &|above, last| take(above, last));
            change("moved away", &|above, last| {
                if let (Value::Object(map), Step::Key(key)) = (above, last)
                    && let Some(value) = map.shift_remove(key)
                {
                    map.insert(format!("{key}X"), value);
                }
            });
            change("another value", &|above, last| {
                if let Some(slot) = at(above, std::slice::from_ref(last)) {
                    *slot = match &statement.expectation {
                        Expectation::Contains(item) if slot.is_array() => {
                            let items = slot.as_array().expect("a list").iter();
                            items.filter(|other| *other != item).cloned().collect()
                        }
                        Expectation::Count(_) => match &*slot {
                            Value::Array(items) => {
                                let twice = items.iter().chain(items).chain([&Value::Null]);
                                twice.cloned().collect()
                            }
                            Value::Object(map) => {
                                let mut map = map.clone();
                                map.insert("x".to_owned(), Value::Null);
                                map.into()
                            }
                            other => other.clone(),
                        },
                        Expectation::Some => json!({}),
                        Expectation::Present => Value::Null,
                        // Anything may stand at the end of it.
                        Expectation::Matches(pattern) if pattern.ends_with(['*', '+']) => {
                            "other".into()
                        }
                        _ => other_value(slot),
                    };
                }
            });
        }
    }
    made
}

/// A Secret with its data as texts.
fn readable(mut document: Value) -> Value {
    if let Value::Object(map) = &mut document
        && map.get("kind").is_some_and(|kind| kind == "Secret")
        && let Some(Value::Object(data)) = map.get("data").cloned()
        && let Some(text) = data["pure.json"].as_str()
    {
        let bytes = STANDARD.decode(text).expect("base64");
        let text = String::from_utf8(bytes).expect("a text");
        map.insert("stringData".to_owned(), json!({"pure.json": text}));
        map.shift_remove("data");
    }
    document
}

fn take(above: &mut Value, last: &Step) {
    match (above, last) {
        (Value::Object(map), Step::Key(key)) => {
            map.shift_remove(key);
        }
        (Value::Array(items), Step::Index(index)) => {
            items.remove(*index);
        }
        (Value::Array(items), Step::Item(key, wanted)) => {
            items.retain(|item| item[key].as_str() != Some(wanted));
        }
        _ => {}
    }
}

/// A text inside a value, changed where the statement looks.
fn inside(language: Language, text: &str, statement: &Statement<'_>) -> Vec<(String, String)> {
    if language == Language::Xml {
        return xml(text, statement.at);
    }
    let tree: Value = match language {
        Language::Json => serde_json::from_str(text).expect("JSON"),
        _ => yaml("text", text),
    };
    let without = Statement {
        language: None,
        ..statement.clone()
    };
    changes(&tree, statement.at, &without)
        .into_iter()
        .map(|(what, tree)| {
            let text = match language {
                Language::Json => tree.to_string(),
                _ => from_json(&tree),
            };
            (format!("{what} in the text"), text)
        })
        .collect()
}

/// The element's line commented out, taken out, emptied and called otherwise.
fn xml(text: &str, path: &str) -> Vec<(String, String)> {
    let name = path.rsplit('.').next().expect("a name");
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut made = Vec::new();
    for (start, _) in text.match_indices(&open) {
        let Some(length) = text[start..].find(&close) else {
            continue;
        };
        let element = &text[start..start + length + close.len()];
        let mut put = |what: &str, by: String| {
            let rest = &text[start + element.len()..];
            made.push((what.to_owned(), format!("{}{by}{rest}", &text[..start])));
        };
        let inner = &element[open.len()..length];
        put(
            "commented out",
            format!("<!-- {} -->", inner.replace("--", "")),
        );
        put("removed", String::new());
        put("emptied", format!("{open}{close}"));
        put("called otherwise", format!("<{name}X>{inner}</{name}X>"));
        put("twice", format!("{element}{element}"));
        if !inner.contains('<') {
            put("another value", format!("{open}{inner}x{close}"));
        }
    }
    made
}

/// Whether a line of a file or script is where a statement looks.
fn is_about(line: &str, statement: &Statement<'_>) -> bool {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', ';']) && !line.starts_with("#!") {
        return false;
    }
    match &statement.expectation {
        Expectation::Runs { .. } => false,
        Expectation::Some => true,
        _ => {
            let last = statement.at.rsplit(['.', ']']).next().unwrap_or_default();
            let (_, udev) = statement.at.split_once('.').unwrap_or_default();
            match statement.at.split('.').next() {
                Some("path") => line.contains(&format!("{{{udev}}}")) && line.contains("ID_VENDOR"),
                Some("map") => line.contains(&format!("{{{udev}}}")) && line.contains("DM_NAME"),
                Some("other") => true,
                _ if statement.at.is_empty() => true,
                _ => !last.is_empty() && line.starts_with(last) || line == format!("[{last}]"),
            }
        }
    }
}

/// The piece of a pattern that is in the fewest lines of a script, the longest of several.
fn hint<'c>(pattern: &'c str, script: &str) -> Option<&'c str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '=' | '_');
    let pieces = pattern
        .split(|c| !is_plain(c))
        .filter(|piece| piece.len() > 3);
    let lines = |piece: &str| {
        let said = script.lines().filter(|line| !line.trim().starts_with('#'));
        said.filter(|line| line.contains(piece)).count()
    };
    pieces
        .filter(|piece| lines(piece) > 0)
        .min_by_key(|piece| (lines(piece), usize::MAX - piece.len()))
}

/// A file or script with the lines that a statement looks at changed, all of them in one way.
fn texts(path: &str, text: &str, statement: &Statement<'_>) -> Vec<(String, String)> {
    let is_script = path.ends_with(".sh");
    let word = match &statement.expectation {
        Expectation::Runs { command, .. } => hint(command, text).unwrap_or("nothing"),
        _ => "",
    };
    // In a file of sections only those of the right section count.
    let section = section_of(path, text, statement);
    let is_about = |number: usize, line: &str| {
        let is_comment = line.trim().starts_with('#');
        let is_command = !word.is_empty() && line.contains(word) && !is_comment;
        is_command || section.contains(&number) && is_about(line, statement)
    };
    let mut made = Vec::new();
    let mut put = |what: &str, change: &dyn Fn(&str) -> Option<String>| {
        let lines =
            text.lines()
                .enumerate()
                .filter_map(|(number, line)| match is_about(number, line) {
                    true => change(line),
                    false => Some(line.to_owned()),
                });
        let changed: String = lines.map(|line| line + "\n").collect();
        if changed.trim_end() != text.trim_end() {
            made.push((what.to_owned(), changed));
        }
    };
    put("commented out", &|line| Some(format!("# {line}")));
    put("removed", &|_| None);
    if is_script {
        for (what, before) in [
            ("not run", "false && "),
            ("printed only", "echo "),
            ("nothing done", ": "),
        ] {
            put(what, &|line| {
                let at = line.len() - line.trim_start().len();
                Some(format!("{}{before}{}", &line[..at], &line[at..]))
            });
        }
        put("another word", &|line| Some(line.replace(word, "other")));
        made.push(("not reached".to_owned(), format!("exit 0\n{text}")));
        let guarded = text.trim_end();
        made.push((
            "under a condition".to_owned(),
            format!("if false; then\n{guarded}\nfi\n"),
        ));
        return made;
    }
    if statement.expectation == Expectation::Count(0) {
        put("turned round", &|line| {
            Some(line.replace("{ID_VENDOR}==", "{ID_VENDOR}!="))
        });
        // It is about what nothing does.
        made.retain(|(what, _)| what == "turned round");
        return made;
    }
    if statement.expectation != Expectation::Some {
        put("another value", &|line| Some(other_setting(line)));
    }
    if path.ends_with(".rules") {
        put("turned round", &|line| {
            Some(line.replacen("SUBSYSTEM==", "SUBSYSTEM!=", 1))
        });
        put("for other disks", &|line| {
            Some(line.replace("PURE", "IBM").replace("3624a937", "3600"))
        });
        put("for new disks only", &|line| {
            Some(line.replace("add|change", "add"))
        });
    }
    if path.ends_with("/multipath.conf") || path.contains("/systemd/") || path.ends_with(".toml") {
        let lines: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|(number, line)| is_about(*number, line))
            .map(|(_, line)| line)
            .collect();
        let kept = text.lines().enumerate();
        let kept = kept.filter(|(number, line)| !is_about(*number, line));
        let kept: String = kept.map(|(_, line)| format!("{line}\n")).collect();
        let lines = lines.join("\n");
        let moved = match path.ends_with("/multipath.conf") {
            true => format!("{kept}other {{\n{lines}\n}}\n"),
            false => format!("{kept}[other]\n{lines}\n"),
        };
        if !lines.starts_with('[') {
            made.push(("in another section".to_owned(), moved));
        }
    }
    made
}

/// The lines of the section that a statement is about; all of them in a file without sections.
fn section_of(path: &str, text: &str, statement: &Statement<'_>) -> std::ops::Range<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let whole = 0..lines.len();
    if !path.ends_with("/multipath.conf") {
        return whole;
    }
    let starts = |what: &str| lines.iter().position(|line| line.contains(what));
    let product = statement.at.split("product=").nth(1);
    let start = match product.and_then(|rest| rest.split(']').next()) {
        Some(product) => starts(&format!("\"{product}\"")).map(|at| at.saturating_sub(1)),
        None => starts(statement.at.split('.').next().unwrap_or_default()),
    };
    let start = start.unwrap_or(0);
    let length = lines[start..].iter().position(|line| line.trim() == "}");
    start..start + length.unwrap_or(lines.len() - start)
}

/// A line that sets something else.
fn other_setting(line: &str) -> String {
    for (from, to) in [
        ("true", "false"),
        ("false", "true"),
        (" no", " yes"),
        (" yes", " no"),
    ] {
        if let Some(rest) = line.strip_suffix(from) {
            return format!("{rest}{to}");
        }
    }
    match line.strip_suffix('"') {
        Some(rest) => format!("{rest}x\""),
        None => format!("{line}x"),
    }
}

#[test]
fn each_claim_notices_what_undoes_it() {
    let mut missed = Vec::new();
    for revision in revisions() {
        let name = revision.name.as_str();
        let claims = revision.claims().expect("they are built in");
        let other = OTHERS.iter().find(|(known, _)| *known == name);
        let other = site(other.expect("a site").1);
        let default = rendered(revision, &Site::example(), false);
        let published = rendered(revision, &Site::example(), true);
        let other = rendered(revision, &other, false);
        let (mut tried, mut claimed) = (0, 0);
        for claim in &claims {
            if claim.id == ONLY_TRAEFIK && name == "1.7.0" {
                continue;
            }
            let given = claim.given().expect("a place and a test").is_some();
            let mut sides = vec![&default];
            sides.extend(claim.erratum.as_ref().map(|_| &published));
            sides.extend(given.then_some(&other));
            let mut count = 0;
            for profiles in sides {
                let profile = profiles.iter().find(|(role, _)| *role == claim.profile);
                let (_, profile) = profile.expect("all three were rendered");
                count += mutate(claim, &about(claim, profile), &mut missed);
            }
            claimed += 1;
            tried += count;
            let expectation = claim.expected().expect("a place and a test").expectation;
            let is_small = claim.optional || expectation == Expectation::Absent;
            if count < 2 - usize::from(is_small) {
                missed.push(format!("{name} {}: only {count} mutants", claim.id));
            }
        }
        println!("{name}: {tried} mutants of {claimed} claims");
        // What is noticed is worth no more than what is tried.
        assert!(tried > 3 * claimed, "{tried} mutants of {claimed} claims");
    }
    nothing_wrong(&missed);
}

/// A profile with the layer that a claim is about, and no other; as it is for a claim about all of it.
fn about(claim: &Claim, profile: &Profile) -> Profile {
    let mut profile = profile.clone();
    if let Some(layer) = &claim.layer {
        profile
            .spec
            .template
            .packs
            .retain(|pack| pack.name == *layer);
    }
    profile
}

/// Tries every change of a claim's place; how many there were.
fn mutate(claim: &Claim, profile: &Profile, missed: &mut Vec<String>) -> usize {
    let subject = Subject::new(profile).expect("what was rendered is YAML");
    if !subject.concerns(claim) {
        return 0;
    }
    let Ok(before) = subject.form(claim) else {
        // Another site's values.
        return 0;
    };
    let statement = match before {
        Form::Printed => claim.printed(),
        Form::Corrected => claim.expected(),
    };
    let statement = statement.expect("a place and a test");
    let packs = &profile.spec.template.packs;
    let layer = packs
        .iter()
        .position(|pack| Some(&pack.name) == claim.layer.as_ref());
    let mut maker = Maker {
        profile,
        layer,
        mutants: Vec::new(),
    };
    maker.make(&statement);
    if let (false, Target::Values(path)) = (claim.even_if_off, &statement.target) {
        maker.switched_off(path, &statement);
    }
    if layer.is_some() {
        maker.overridden(&claim.overridden_by);
    }
    let mut count = 0;
    for (what, mutant) in &maker.mutants {
        let Ok(subject) = Subject::new(mutant) else {
            continue;
        };
        // An optional setting may be left out.
        if claim.optional && matches!(what.as_str(), "removed" | "moved away") {
            continue;
        }
        count += 1;
        // What switches another claim off is that claim's.
        if subject.concerns(claim) && subject.form(claim) == Ok(before) {
            missed.push(format!("{} ({before:?}): {what}", claim.id));
        }
    }
    count
}

/// What the default output has and the RA says nothing of, by layer, with the reason.
const NOT_SAID: &str = "tests/claims/not-said.yaml";

/// The ways to everything in a tree that holds nothing else.
fn leaves(tree: &Value) -> Vec<String> {
    fn collect(value: &Value, way: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    collect(value, &format!("{way}/{key}"), found);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (number, value) in items.iter().enumerate() {
                    collect(value, &format!("{way}/{number}"), found);
                }
            }
            _ => found.push(way.to_owned()),
        }
    }
    let mut found = Vec::new();
    collect(tree, "", &mut found);
    found
}

/// Every value that the RA's own changes set in a layer, and every line of the files that they put on nodes.
fn swept(profile: &Profile) -> Vec<(String, String, Profile)> {
    let mut changed = Vec::new();
    for (number, layer) in profile.spec.template.packs.iter().enumerate() {
        let name = layer.name.as_str();
        let mut with = |place: String, change: &dyn Fn(&mut Layer)| {
            let mut profile = profile.clone();
            profile.spec.template.packs = vec![profile.spec.template.packs.swap_remove(number)];
            change(&mut profile.spec.template.packs[0]);
            changed.push((name.to_owned(), place, profile));
        };
        let tree = yaml("values", &layer.values);
        let pack = built_in::library().find(name, &layer.version);
        // What the pack brings, in its values or in a preset, is not set by the RA itself.
        let texts = pack.iter().flat_map(|pack| {
            let presets = pack.presets.iter().map(|preset| &preset.add);
            std::iter::once(&pack.values).chain(presets)
        });
        let base: Vec<Value> = texts
            .map(|text| to_json(text, Limits::VALUES).expect("YAML"))
            .collect();
        for way in leaves(&tree) {
            let value = tree.pointer(&way).expect("it is there");
            if base.iter().any(|tree| tree.pointer(&way) == Some(value)) {
                continue;
            }
            let mut others = vec![(way.clone(), other_value(value))];
            if way.ends_with("/content") {
                others = lines_of(&way, value.as_str().expect("a text"));
            } else if way.contains("KubeadmCommands/") {
                others = vec![(way.clone(), "true".into())];
            }
            for (place, other) in others {
                let mut tree = tree.clone();
                *tree.pointer_mut(&way).expect("it is there") = other;
                let text = with_presets(layer, &tree);
                with(place, &|layer| layer.values.clone_from(&text));
            }
        }
        for manifest in &layer.manifests {
            let all = documents(&manifest.name, &manifest.content);
            for (at, document) in all.iter().enumerate() {
                for way in leaves(document) {
                    let mut all = all.clone();
                    let slot = all[at].pointer_mut(&way).expect("it is there");
                    *slot = other_value(slot);
                    let texts: Vec<String> = all.iter().map(from_json).collect();
                    let place = format!("{}[{at}]{way}", manifest.name);
                    with(place, &|layer| {
                        let mut manifests = layer.manifests.iter_mut();
                        let found = manifests.find(|one| one.name == manifest.name);
                        found.expect("it is there").content = texts.join("---\n");
                    });
                }
            }
        }
    }
    changed
}

/// A text without each of its lines, comments aside.
fn lines_of(way: &str, text: &str) -> Vec<(String, Value)> {
    if text.starts_with("#!") {
        return vec![(way.to_owned(), "#!/bin/sh\n".into())];
    }
    let lines: Vec<&str> = text.lines().collect();
    let is_said = |line: &str| !line.is_empty() && !line.starts_with(['#', ';', '}']);
    let numbers = (0..lines.len()).filter(|number| is_said(lines[*number].trim()));
    numbers
        .map(|number| {
            let mut others = lines.clone();
            let gone = others.remove(number);
            let place = format!("{way}: {}", gone.trim());
            (place, (others.join("\n") + "\n").into())
        })
        .collect()
}

#[test]
fn every_value_that_the_ra_sets_is_missed_when_it_changes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(NOT_SAID);
    let text = fs::read_to_string(path).expect("it is committed");
    let known: BTreeMap<String, BTreeMap<String, Vec<String>>> =
        serde_json::from_value(yaml(NOT_SAID, &text)).expect("layers, reasons and places");
    let mut unused: BTreeSet<(&String, &String)> = BTreeSet::new();
    for (layer, reasons) in &known {
        unused.extend(reasons.values().flatten().map(|place| (layer, place)));
    }
    let mut missed: Vec<(&str, Role, String)> = Vec::new();
    let (mut tried, mut open) = (0, 0);
    for revision in revisions() {
        let claims = revision.claims().expect("they are built in");
        for (role, profile) in rendered(revision, &Site::example(), false) {
            for (layer, place, profile) in swept(&profile) {
                tried += 1;
                let subject = Subject::new(&profile);
                let mut of_layer = claims
                    .iter()
                    .filter(|claim| claim.layer.as_ref() == Some(&layer));
                // What is no YAML is told without any claim.
                let is_noticed = subject.is_err()
                    || subject.is_ok_and(|subject| {
                        of_layer
                            .any(|claim| subject.concerns(claim) && subject.form(claim).is_err())
                    });
                if is_noticed {
                    continue;
                }
                let mut places = known
                    .get(&layer)
                    .into_iter()
                    .flat_map(BTreeMap::values)
                    .flatten();
                match places.find(|start| place.contains(start.as_str())) {
                    Some(start) => {
                        open += 1;
                        unused.retain(|(_, known)| *known != start);
                    }
                    None => missed.push((&revision.name, role, format!("{layer} {place}"))),
                }
            }
        }
    }
    // Of what the published templates hold, the export is known for the newest revision only.
    let newest: Vec<String> = missed
        .iter()
        .filter(|(revision, role, _)| *revision == Revision::newest() || *role != Role::Templates)
        .map(|(revision, _, place)| format!("{revision} {place}"))
        .collect();
    nothing_wrong(&newest);
    assert_eq!(unused, BTreeSet::new(), "these are noticed");
    println!(
        "{tried} values tried, {open} of which the RA says nothing of, {} of the export",
        missed.len()
    );
}
