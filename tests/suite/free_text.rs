//! A text that a site gives comes out of the profile as that text, or the site is refused; never as another text.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::common::built_in;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::profile::to_palette_json;
use vmo_ra::render::{Request, render};
use vmo_ra::revision::Role;
use vmo_ra::site::{Inputs, Site};
use vmo_ra::yaml::{Limits, to_json_all};

use crate::properties::{NASTY, check, messages, text};

/// The environment of a test; there are no files.
#[derive(Default)]
struct Env(BTreeMap<&'static str, String>);

impl Inputs for Env {
    fn env(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn file(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// JSON is YAML, so quoting is in no doubt; what YAML does not let stand as it is is escaped.
fn yaml_of(site: &Value) -> String {
    let mut yaml = String::new();
    for c in site.to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                yaml.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => yaml.push(c),
        }
    }
    yaml
}

/// The JSON of one profile of a site, read again.
fn profile(role: Role, site: &Value, env: &Env) -> Result<Value, String> {
    let source = Source::new("site.json", yaml_of(site));
    let site = Site::parse(&source, env).map_err(|problems| messages(&problems))?;
    let rendered = render(&Request {
        site: &site,
        revision: built_in::newest(),
        library: built_in::library(),
        profiles: &[role],
        published: false,
    })
    .map_err(|problems| messages(&problems))?;
    let json = to_palette_json(&rendered.profiles[0].profile).expect("a profile has a JSON form");
    Ok(serde_json::from_slice(&json).expect("the JSON can be read"))
}

fn layer<'p>(profile: &'p Value, name: &str) -> &'p Value {
    profile["spec"]["template"]["packs"]
        .as_array()
        .and_then(|layers| layers.iter().find(|layer| layer["name"] == name))
        .unwrap_or_else(|| panic!("there is a layer `{name}`"))
}

/// The documents of a YAML text, which two parsers read alike.
fn documents(yaml: &Value) -> Vec<Value> {
    let yaml = yaml.as_str().expect("a text");
    let ours = to_json_all(&Source::new("rendered", yaml), Limits::VALUES)
        .unwrap_or_else(|problems| panic!("{}", messages(&problems)));
    let theirs: Vec<Value> = serde_saphyr::from_multiple(yaml).expect("serde-saphyr reads it too");
    assert_eq!(ours, theirs, "read in two ways: {yaml}");
    ours
}

fn manifest(profile: &Value, layer_name: &str, name: &str) -> Vec<Value> {
    let manifests = layer(profile, layer_name)["manifests"]
        .as_array()
        .expect("manifests");
    let manifest = manifests
        .iter()
        .find(|manifest| manifest["name"] == name)
        .unwrap_or_else(|| panic!("there is a manifest `{name}`"));
    documents(&manifest["content"])
}

/// Runs a property on every nasty text and on generated ones, each time with as many texts as the property has fields.
fn for_texts(cases: u32, fields: usize, property: impl Fn(&[String]) -> Result<(), TestCaseError>) {
    for first in (0..NASTY.len()).step_by(fields) {
        // Each text in two of the fields.
        for shift in [0, fields / 2] {
            let texts: Vec<String> = (0..fields)
                .map(|field| NASTY[(first + (field + shift) % fields) % NASTY.len()].to_owned())
                .collect();
            if let Err(error) = property(&texts) {
                panic!("{texts:?}: {error}");
            }
        }
    }
    check(cases, prop::collection::vec(text(), fields), |texts| {
        property(&texts)
    });
}

#[test]
fn texts_of_vm_templates_come_out_as_they_are() {
    for_texts(60, 4, |texts| {
        let [first, second, third, password] = texts else {
            return Err(TestCaseError::fail("four texts"));
        };
        let env = Env(BTreeMap::from([("PASSWORD", password.clone())]));
        let site = json!({"vmo": {
            "linux": {"password": {"env": "PASSWORD"}},
            "templates": [
                {"name": "lin", "os": "linux", "goldenImage": "template-ubuntu-2204", "diskSize": "50Gi",
                 "displayName": first, "description": second, "icon": third},
                {"name": "win", "os": "windows", "goldenImage": "template-windows-2022", "diskSize": "80Gi",
                 "displayName": third, "description": first, "icon": second},
            ],
        }});
        let profile = profile(Role::Templates, &site, &env);
        if password.is_empty() {
            prop_assert!(profile.is_err_and(|error| error.contains("`PASSWORD` is empty")));
            return Ok(());
        }
        let profile = profile.map_err(TestCaseError::fail)?;
        let [linux, windows] = ["vmtemplate-lin", "vmtemplate-win"].map(|name| {
            let mut documents = manifest(&profile, "vmo-vmtemplates", name);
            assert_eq!(documents.len(), 1, "{name} is one document");
            documents.remove(0)
        });
        let (linux, windows) = (&linux["spec"], &windows["spec"]);
        for (place, found, text) in [
            ("displayName", &linux["displayName"], first),
            ("description", &linux["description"], second),
            ("icon", &linux["icon"], third),
            ("displayName", &windows["displayName"], third),
            ("description", &windows["description"], first),
            ("icon", &windows["icon"], second),
        ] {
            prop_assert_eq!(found, text, "{}", place);
        }
        // The cloud-config is a document inside a text of the manifest.
        let user_data = &linux["template"]["spec"]["volumes"][1]["cloudInitNoCloud"]["userData"];
        prop_assert!(
            user_data
                .as_str()
                .is_some_and(|text| text.starts_with("#cloud-config\n"))
        );
        let cloud_config = documents(user_data);
        prop_assert_eq!(&cloud_config[0]["password"], password);
        Ok(())
    });
}

/// What the answer file refuses: XML has no place for it, or reads a carriage return as a line feed.
fn xml_refuses(text: &str) -> bool {
    text.chars()
        .any(|c| (c.is_control() && c != '\t' && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

#[test]
fn windows_texts_come_out_of_the_answer_file_or_are_refused() {
    // Field, element, how often it is there.
    const FIELDS: [(&str, &str, usize); 6] = [
        ("owner", "RegisteredOwner", 1),
        ("organization", "RegisteredOrganization", 1),
        ("timeZone", "TimeZone", 1),
        ("locale", "Locale", 4),
        ("computerName", "ComputerName", 1),
        ("adminPassword", "Value", 1),
    ];
    for_texts(60, FIELDS.len(), |texts| {
        let password = &texts[FIELDS.len() - 1];
        let env = Env(BTreeMap::from([("PASSWORD", password.clone())]));
        let mut windows: Map<String, Value> = FIELDS
            .iter()
            .zip(texts)
            .map(|((field, ..), text)| ((*field).to_owned(), json!(text)))
            .collect();
        windows.insert("adminPassword".to_owned(), json!({"env": "PASSWORD"}));
        let site = json!({"vmo": {"windows": windows, "namespaces": ["a", "b"]}});
        let refused = password.is_empty() || texts.iter().any(|text| xml_refuses(text));
        let profile = match profile(Role::Templates, &site, &env) {
            Err(error) if refused => {
                let why = error.contains("unattend.xml") || error.contains("`PASSWORD` is empty");
                prop_assert!(why, "refused for another reason: {}", error);
                return Ok(());
            }
            Ok(_) if refused => return Err(TestCaseError::fail("it is not refused")),
            other => other.map_err(TestCaseError::fail)?,
        };
        let config_maps = manifest(&profile, "vmo-vmtemplates", "cm-unattend-xml");
        prop_assert_eq!(config_maps.len(), 2);
        for config_map in &config_maps {
            let answer_file = config_map["data"]["unattend.xml"]
                .as_str()
                .unwrap_or_default();
            let xml = roxmltree::Document::parse(answer_file)
                .map_err(|error| TestCaseError::fail(format!("{error}: {answer_file}")))?;
            for ((_, element, times), text) in FIELDS.iter().zip(texts) {
                let found: Vec<&str> = xml
                    .descendants()
                    .filter(|node| {
                        let name = node.tag_name().name();
                        name == *element
                            || (*element == "Locale"
                                && (name.ends_with("Locale") || name == "UILanguage"))
                    })
                    .map(|node| node.text().unwrap_or_default())
                    .collect();
                prop_assert_eq!(&found, &vec![text.as_str(); *times], "{}", element);
            }
        }
        Ok(())
    });
}

#[test]
fn texts_of_a_profile_and_its_registries_come_out_as_they_are() {
    for_texts(60, 6, |texts| {
        let [description, label, uid, name, provider, password] = texts else {
            return Err(TestCaseError::fail("six texts"));
        };
        let env = Env(BTreeMap::from([("PASSWORD", password.clone())]));
        let site = json!({
            "profiles": {"core": {"description": description, "labels": {"a": label, "b": name, description: uid}}},
            "registries": {
                "default": {"uid": uid, "name": name, "providerType": provider},
                "packs": {"nginx": {"uid": provider, "name": uid, "providerType": name}},
            },
            "monitoring": {"grafanaAdminPassword": {"env": "PASSWORD"}},
            "vmo": {"featureGates": [label]},
        });
        let profile = profile(Role::Core, &site, &env);
        if password.is_empty() {
            prop_assert!(profile.is_err_and(|error| error.contains("`PASSWORD` is empty")));
            return Ok(());
        }
        let profile = profile.map_err(TestCaseError::fail)?;
        let metadata = &profile["metadata"];
        let registry = |pack: &str| layer(&profile, pack)["registry"]["metadata"].clone();
        let (default, nginx) = (registry("lb-metallb-helm"), registry("nginx"));
        let grafana = documents(&layer(&profile, "prometheus-operator")["values"]);
        let grafana = &grafana[0]["charts"]["kube-prometheus-stack"]["grafana"];
        // What it was made from stands below it.
        let said = metadata["description"].as_str().unwrap_or_default();
        let made_from = said.strip_prefix(description.as_str());
        prop_assert!(
            made_from.is_some_and(|line| line.trim_start().starts_with("Built-in values ")),
            "{}",
            said
        );
        let mut places = vec![
            ("registry uid", &default["uid"], uid),
            ("registry name", &default["name"], name),
            ("registry provider", &default["providerType"], provider),
            ("nginx uid", &nginx["uid"], provider),
            ("nginx name", &nginx["name"], uid),
            ("nginx provider", &nginx["providerType"], name),
            ("password", &grafana["adminPassword"], password),
        ];
        // The last of equal keys counts in JSON, and a site with two is refused.
        if !["a", "b"].contains(&description.as_str()) {
            places.push(("label a", &metadata["labels"]["a"], label));
            places.push(("label b", &metadata["labels"]["b"], name));
            places.push(("label of any key", &metadata["labels"][description], uid));
        }
        for (place, found, text) in places {
            prop_assert_eq!(found, text, "{}", place);
        }
        let vmo = documents(&layer(&profile, "virtual-machine-orchestrator")["values"]);
        let vmo = &vmo[0]["charts"]["virtual-machine-orchestrator"]["kubevirt"]["kubevirtResource"];
        let gates = vmo["additionalFeatureGates"].as_array();
        prop_assert!(
            gates.is_some_and(|gates| gates.iter().any(|gate| gate == label)),
            "{:?} is not among {:?}",
            label,
            gates
        );
        Ok(())
    });
}

/// The content of a file that a profile's Ubuntu layer puts on the nodes.
fn node_file(profile: &Value, path: &str) -> String {
    let values = documents(&layer(profile, "ubuntu-maas")["values"]);
    let files = values[0]["kubeadmconfig"]["files"]
        .as_array()
        .expect("files");
    let file = files
        .iter()
        .find(|file| {
            file["targetPath"]
                .as_str()
                .is_some_and(|target| target.ends_with(path))
        })
        .unwrap_or_else(|| panic!("there is a file `{path}`"));
    file["content"].as_str().expect("a text").to_owned()
}

#[test]
fn texts_in_files_of_the_nodes_come_out_as_they_are_or_are_refused() {
    for_texts(60, 4, |texts| {
        let [image, version, setting, key] = texts else {
            return Err(TestCaseError::fail("four texts"));
        };
        let image_site = json!({"nodes": {"pauseImage": image}});
        if let Ok(profile) = profile(Role::Infra, &image_site, &Env::default()) {
            let config = node_file(&profile, "/config.toml");
            let line = config
                .lines()
                .find_map(|line| line.trim().strip_prefix("sandbox_image = "));
            // What TOML escapes, JSON reads.
            let found: Value = serde_json::from_str(line.unwrap_or_default()).unwrap_or_default();
            prop_assert_eq!(&found, image, "{}", config);
        }
        let sysctl_site = json!({"nodes": {"sysctl": {"vm.swappiness": setting}}});
        if let Ok(profile) = profile(Role::Infra, &sysctl_site, &Env::default()) {
            let file = node_file(&profile, "/95-vmo-tuning.conf");
            let line = format!("vm.swappiness = {setting}\n");
            prop_assert!(file.contains(&line), "{:?} is not in {}", line, file);
            let is_one_line = !setting.contains(['\n', '\r', '{']) && setting.trim() == setting;
            prop_assert!(is_one_line, "{:?} is taken", setting);
        }
        let key_site = json!({"nodes": {"sysctl": {key: "1"}}});
        if let Ok(profile) = profile(Role::Infra, &key_site, &Env::default()) {
            let file = node_file(&profile, "/95-vmo-tuning.conf");
            prop_assert!(
                file.contains(&format!("\n{key} = 1\n")),
                "{:?} is not in {}",
                key,
                file
            );
        }
        let version_site = json!({"packVersions": {"ubuntu-maas": version}});
        if let Ok(profile) = profile(Role::Infra, &version_site, &Env::default()) {
            let layer = layer(&profile, "ubuntu-maas");
            prop_assert_eq!(&layer["version"], version);
            prop_assert_eq!(&layer["tag"], version);
        }
        Ok(())
    });
}

#[test]
fn licences_come_out_as_they_are() {
    check(60, (text(), any::<bool>()), |(text, is_saas)| {
        let (model, field, pointer) = if is_saas {
            ("saas", "saasKey", "/saas/key")
        } else {
            ("enterprise", "activationId", "/enterprise/activationId")
        };
        let env = Env(BTreeMap::from([("KEY", text.clone())]));
        let site = json!({"storage": {"licence": {"type": model, field: {"env": "KEY"}}}});
        let profile = profile(Role::Infra, &site, &env);
        if text.is_empty() {
            prop_assert!(profile.is_err_and(|error| error.contains("`KEY` is empty")));
            return Ok(());
        }
        let profile = profile.map_err(TestCaseError::fail)?;
        let values = documents(&layer(&profile, "csi-portworx-generic")["values"]);
        let license = &values[0]["charts"]["portworx-generic"]["license"];
        prop_assert_eq!(license.pointer(pointer), Some(&json!(text)));
        Ok(())
    });
}

// What these properties found.

#[test]
fn a_kernel_setting_without_a_value_or_with_blanks_around_it_is_refused() {
    for value in ["", " 10", "10 "] {
        let site = json!({"nodes": {"sysctl": {"vm.swappiness": value}}});
        let source = Source::new("site.json", site.to_string());
        assert!(Site::parse(&source, &Env::default()).is_err(), "{value:?}");
    }
}

#[test]
fn a_protected_kernel_setting_is_refused_however_it_is_written() {
    for key in ["kernel.panic", "kernel/panic", "-kernel.panic"] {
        let site = json!({"nodes": {"sysctl": {key: "5"}}});
        let source = Source::new("site.json", site.to_string());
        assert!(Site::parse(&source, &Env::default()).is_err(), "{key}");
    }
}

/// libyaml and go-yaml read a `|` block at the very end of a text without its last line break.
#[test]
fn the_last_file_of_the_nodes_keeps_its_final_line_break() {
    for site in [json!({}), json!({"nodes": {"sanBoot": false}})] {
        let profile = profile(Role::Infra, &site, &Env::default()).expect("the example");
        let values = &layer(&profile, "ubuntu-maas")["values"];
        let files = documents(values)[0]["kubeadmconfig"]["files"].clone();
        let last = files
            .as_array()
            .and_then(|files| files.last())
            .expect("files");
        let content = last["content"].as_str().expect("a text");
        assert!(
            content.ends_with('\n'),
            "{} is a text file",
            last["targetPath"]
        );
        assert!(
            values.as_str().is_some_and(|values| values.ends_with('\n')),
            "the values end behind `{}`, whose `|` block ends there too",
            content.lines().last().unwrap_or_default()
        );
    }
}
