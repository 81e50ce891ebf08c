//! Changes of a profile at the place of a claim.

use serde_json::{Map, Value, json};

use super::changes::{at, changes, other_value, readable};
use super::later::later;
use super::texts::{hint, texts};
use crate::common::{documents, yaml};
use vmo_ra::profile::{Layer, Manifest, Profile, Variable};
use vmo_ra::revision::{Expectation, Statement, Target};
use vmo_ra::yaml::{self as trees, Step, from_json};

/// A changed profile, with what was done to it.
pub(super) type Mutant = (String, Profile);

/// Everything that can be done to the place of a statement.
pub(super) struct Maker<'p> {
    pub(super) profile: &'p Profile,
    pub(super) layer: Option<usize>,
    pub(super) mutants: Vec<Mutant>,
}

impl Maker<'_> {
    pub(super) fn add(&mut self, what: impl Into<String>, change: impl FnOnce(&mut Profile)) {
        let mut profile = self.profile.clone();
        change(&mut profile);
        if profile != *self.profile {
            self.mutants.push((what.into(), profile));
        }
    }

    pub(super) fn in_layer(&mut self, what: impl Into<String>, change: impl FnOnce(&mut Layer)) {
        let layer = self.layer.expect("a claim about a layer");
        self.add(what, |profile| {
            change(&mut profile.spec.template.packs[layer]);
        });
    }

    pub(super) fn layer(&self) -> &Layer {
        let layer = self.layer.expect("a claim about a layer");
        &self.profile.spec.template.packs[layer]
    }

    /// Puts changed values into the layer, with its line of presets.
    pub(super) fn with_values(&mut self, what: impl Into<String>, values: &Value) {
        let text = with_presets(self.layer(), values);
        self.in_layer(what, |layer| layer.values = text);
    }

    pub(super) fn with_document(
        &mut self,
        what: String,
        name: &str,
        number: usize,
        changed: Option<Value>,
    ) {
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

    pub(super) fn make(&mut self, statement: &Statement<'_>) {
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
                if field == "version" {
                    self.in_layer("another tag", |layer| layer.tag = "0.0.1".to_owned());
                }
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
    pub(super) fn switched_off(&mut self, path: &str, statement: &Statement<'_>) {
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
    pub(super) fn other_images(&mut self, repository: &str) {
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
    pub(super) fn overridden(&mut self, places: &[String]) {
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

    pub(super) fn manifest(
        &mut self,
        name: &str,
        number: usize,
        path: &str,
        statement: &Statement<'_>,
    ) {
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
            self.in_layer("another manifest has the object too", |layer| {
                let mut other = found.clone();
                other.name += "-x";
                layer.manifests.push(other);
            });
            self.in_layer("the manifest has another name", |layer| {
                let found = layer.manifests.iter_mut().find(|one| one.name == name);
                found.expect("it was found").name += "-x";
            });
        }
    }

    pub(super) fn variable(&mut self, name: &str, field: &str) {
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

    pub(super) fn file(&mut self, path: &str, statement: &Statement<'_>) {
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
        for (what, changed) in later(path, content, statement, &tree) {
            self.with_values(what, &changed);
        }
        let landing = path.rfind("/etc/").map_or(path, |at| &path[at..]);
        let (folder, _) = landing.rsplit_once('/').expect("it is absolute");
        for (key, command) in [
            (
                "preKubeadmCommands",
                format!("for f in /etc/fstab {landing}; do echo >$f; done"),
            ),
            (
                "postKubeadmCommands",
                format!("python3 -c 'open(\"{landing}\", \"w\")'"),
            ),
            (
                "postKubeadmCommands",
                format!("python3 - <<END\nopen('{landing}', 'w')\nEND"),
            ),
            ("preKubeadmCommands", format!("sh <<END\nrm {landing}\nEND")),
            (
                "preKubeadmCommands",
                format!("clear() {{ : >\"$1\"; }}; clear {landing}"),
            ),
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

    pub(super) fn commands(&mut self, when: &str, statement: &Statement<'_>) {
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
        let word = hint(command, &scripts.join("\n"));
        let word = word.unwrap_or_else(|| panic!("nothing like `{command}` is there"));
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

pub(super) fn with_presets(layer: &Layer, values: &Value) -> String {
    let first = layer.values.lines().next().unwrap_or_default();
    let text = from_json(values);
    match first.starts_with('#') {
        true => format!("{first}\n{text}"),
        false => text,
    }
}

pub(super) fn replaced_preset(line: &str, preset: &str, by: &str) -> String {
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
