//! Every profile has the shape Palette imports, and keeps the rules of its import.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::Ipv4Addr;

use crate::common::matrix::{AWKWARD, Case, cases};
use crate::common::schema::{compile, complaints, from_swagger};
use crate::common::{Shared, nothing_wrong, yaml};
use jsonschema::Validator;
use regex_lite::Regex;
use serde_json::{Value, json};
use vmo_ra::profile::{Profile, Variable, to_palette_json};
use vmo_ra::revision::Role;

const EXPORT: &str = "exports/VMO-RA-Templates-1.9.6-longhorn.json";

fn import_entity(shared: &Shared) -> Validator {
    let api = shared.json("schemas/palette-api.json");
    let name = "v1ClusterProfileImportEntity";
    compile(name, from_swagger(&api, name))
}

fn written(profile: &Profile) -> Vec<u8> {
    to_palette_json(profile).expect("a profile has a JSON form")
}

fn as_json(profile: &Profile) -> Value {
    serde_json::from_slice(&written(profile)).expect("the JSON can be read")
}

/// Checks every profile and fails with all that was found.
fn every_profile(check: impl Fn(&Profile) -> Vec<String>) {
    let mut problems = Vec::new();
    for case in cases() {
        for rendered in &case.rendered.profiles {
            let found = check(&rendered.profile);
            problems.extend(
                found
                    .iter()
                    .map(|problem| format!("{case}: {}: {problem}", rendered.role)),
            );
        }
    }
    nothing_wrong(&problems);
}

/// The texts of a profile that may hold macros, with their place.
fn texts(profile: &Profile) -> Vec<(String, &str)> {
    let mut texts = Vec::new();
    for layer in &profile.spec.template.packs {
        texts.push((format!("{}: values", layer.name), layer.values.as_str()));
        for manifest in &layer.manifests {
            let place = format!("{}: manifest {}", layer.name, manifest.name);
            texts.push((place, manifest.content.as_str()));
        }
    }
    texts
}

/// What stands more than once.
fn repeated<'n>(what: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names
        .filter(|name| !seen.insert(*name))
        .map(|name| format!("{what} `{name}` stands there twice"))
        .collect()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern of a test")
}

/// A line for each statement that does not hold.
fn unmet<T: Display>(statements: &[(bool, T)]) -> Vec<String> {
    statements
        .iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, statement)| statement.to_string())
        .collect()
}

#[test]
fn every_profile_is_what_the_import_takes() {
    let Some(shared) = Shared::find() else { return };
    let schema = import_entity(&shared);
    every_profile(|profile| complaints("import", &schema, &as_json(profile)));
}

#[test]
fn a_misspelt_or_wrong_key_is_refused_at_every_level() {
    let Some(shared) = Shared::find() else { return };
    let schema = import_entity(&shared);
    let good = as_json(&cases()[0].rendered.profiles[0].profile);
    assert!(schema.is_valid(&good));
    for (parent, key, value) in [
        ("", "apiVersion", json!("v1")),
        ("/metadata", "annotations", json!({})),
        ("/metadata/labels", "a", json!(1)),
        ("/spec", "variable", json!([])),
        ("/spec/template", "cloudtype", json!("maas")),
        ("/spec/template", "type", json!("addon")),
        ("/spec/template/packs/0", "packUid", json!("")),
        ("/spec/template/packs/0", "layer", json!("storage")),
        ("/spec/template/packs/0/registry", "uid", json!("")),
        (
            "/spec/template/packs/0/registry/metadata",
            "kind",
            json!("git"),
        ),
        ("/spec/template/packs/3/manifests/0", "uid", json!("")),
        ("/spec/variables/0", "isHidden", json!(false)),
        ("/spec/variables/0", "defaultValue", json!(5)),
        ("/spec/variables/0", "format", json!("cidr")),
    ] {
        let mut bad = good.clone();
        bad.pointer_mut(parent).expect("it has this part")[key] = value.clone();
        assert!(!schema.is_valid(&bad), "{parent}/{key}: {value} is taken");
    }
}

#[test]
fn a_real_export_is_read_and_written_byte_for_byte() {
    let Some(shared) = Shared::find() else { return };
    let bytes = shared.text(EXPORT);
    let value: Value = serde_json::from_str(&bytes).expect("JSON");
    let profile: Profile = serde_json::from_str(&bytes).expect("a profile");
    for (kind, again) in [
        ("value", to_palette_json(&value)),
        ("profile", to_palette_json(&profile)),
    ] {
        let again = again.expect("it can be written");
        assert!(
            again == bytes.as_bytes(),
            "as a {kind} it comes out differently"
        );
    }
    nothing_wrong(&complaints(EXPORT, &import_entity(&shared), &value));
}

#[test]
fn every_profile_is_written_as_an_export_is() {
    every_profile(|profile| {
        let text = String::from_utf8(written(profile)).expect("UTF-8");
        let pack: Vec<Vec<String>> = keys(&as_json(profile)["spec"]["template"]["packs"]);
        let variables = keys(&as_json(profile)["spec"]["variables"]);
        let read: Profile = serde_json::from_str(&text).expect("a profile");
        unmet(&[
            (!text.contains('\n'), "it has line breaks"),
            (
                !text.contains(['<', '>', '&']),
                "it has characters that Go escapes",
            ),
            (read == *profile, "it is read as another profile"),
            (
                in_order(
                    &pack,
                    &[
                        "name",
                        "type",
                        "layer",
                        "version",
                        "tag",
                        "values",
                        "registry",
                        "manifests",
                    ],
                ),
                "the keys of packs are in another order",
            ),
            (
                in_order(
                    &variables,
                    &[
                        "name",
                        "displayName",
                        "description",
                        "format",
                        "required",
                        "defaultValue",
                        "immutable",
                        "hidden",
                        "isSensitive",
                        "regex",
                    ],
                ),
                "the keys of variables are in another order",
            ),
        ])
    });
}

/// The keys of every map of a list.
fn keys(list: &Value) -> Vec<Vec<String>> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| Some(item.as_object()?.keys().cloned().collect()))
        .collect()
}

fn in_order(lists: &[Vec<String>], order: &[&str]) -> bool {
    lists.iter().all(|keys| {
        let mut rest = order.iter();
        keys.iter().all(|key| rest.any(|wanted| wanted == key))
    })
}

#[test]
fn variables_used_and_declared_are_the_same() {
    let macros = regex(r"\.spectro\.var\.([A-Za-z0-9_.-]*)");
    every_profile(|profile| {
        let declared: BTreeSet<&str> = profile
            .spec
            .variables
            .iter()
            .map(|v| v.name.as_str())
            .collect();
        let texts = texts(profile);
        let used: BTreeSet<&str> = texts
            .iter()
            .flat_map(|(_, text)| macros.captures_iter(text))
            .filter_map(|found| Some(found.get(1)?.as_str()))
            .collect();
        let unused = declared
            .difference(&used)
            .map(|name| format!("`{name}` is never used"));
        let unknown = used
            .difference(&declared)
            .map(|name| format!("`{name}` is not declared"));
        unused.chain(unknown).collect()
    });
}

#[test]
fn macros_are_those_a_tenant_has_without_preparation() {
    let any = regex(r"\.spectro\.");
    let variable = regex(r"\{\{ \.spectro\.var\.[A-Za-z][A-Za-z0-9_]* \}\}");
    let system = regex(
        r"\{\{ ?\.spectro\.system\.(cluster\.(name|uid)|kubernetes\.version)( \| substr [0-9]+ [0-9]+)? ?\}\}",
    );
    every_profile(|profile| {
        let mut problems = Vec::new();
        for (place, text) in texts(profile) {
            let known = variable.find_iter(text).count() + system.find_iter(text).count();
            let all = any.find_iter(text).count();
            if known != all {
                problems.push(format!(
                    "{place}: {} of {all} macros are no plain variable and no system macro",
                    all - known
                ));
            }
        }
        problems
    });
}

#[test]
fn names_are_unique() {
    every_profile(|profile| {
        let packs = &profile.spec.template.packs;
        let variables = &profile.spec.variables;
        let manifests = packs.iter().flat_map(|layer| &layer.manifests);
        [
            repeated("the layer", packs.iter().map(|layer| layer.name.as_str())),
            repeated(
                "the manifest",
                manifests.map(|manifest| manifest.name.as_str()),
            ),
            repeated("the variable", variables.iter().map(|v| v.name.as_str())),
            repeated(
                "the label",
                variables.iter().map(|v| v.display_name.as_str()),
            ),
        ]
        .concat()
    });
    for case in cases() {
        let names = case.rendered.profiles.iter();
        let names = names.map(|rendered| rendered.profile.metadata.name.as_str());
        nothing_wrong(&repeated(&format!("{case}: the profile"), names));
    }
}

#[test]
fn variables_keep_the_rules_of_import() {
    let name = regex("^[A-Za-z][A-Za-z0-9_]*$");
    every_profile(|profile| {
        let mut problems = Vec::new();
        for variable in &profile.spec.variables {
            let default = variable.default_value.as_deref();
            let needs_default = variable.immutable || (variable.hidden && variable.required);
            let found = unmet(&[
                (
                    name.is_match(&variable.name),
                    "its name is no word".to_owned(),
                ),
                (
                    !variable.display_name.is_empty(),
                    "it has no label".to_owned(),
                ),
                (!variable.format.is_empty(), "it has no format".to_owned()),
                (
                    !needs_default || default.is_some(),
                    "it needs a default".to_owned(),
                ),
                (
                    !variable.is_sensitive || default.is_none(),
                    "it shows its default".to_owned(),
                ),
                (default != Some(""), "its default is empty".to_owned()),
                (
                    default.is_none_or(|default| has_format(&variable.format, default)),
                    format!("its default {default:?} is no {}", variable.format),
                ),
                (
                    default.is_none_or(|default| matches_its_regex(variable, default)),
                    format!(
                        "its default {default:?} does not match {:?}",
                        variable.regex
                    ),
                ),
                (
                    variable
                        .regex
                        .as_ref()
                        .is_none_or(|regex| Regex::new(regex).is_ok()),
                    format!("its regex {:?} is none", variable.regex),
                ),
            ]);
            let place = format!("variable {}", variable.name);
            problems.extend(found.iter().map(|problem| format!("{place}: {problem}")));
        }
        problems
    });
}

fn matches_its_regex(variable: &Variable, default: &str) -> bool {
    let regex = variable
        .regex
        .as_ref()
        .and_then(|regex| Regex::new(regex).ok());
    regex.is_none_or(|regex| regex.is_match(default))
}

fn has_format(format: &str, text: &str) -> bool {
    match format {
        "string" => true,
        "number" => text.parse::<f64>().is_ok_and(f64::is_finite),
        "boolean" => matches!(text, "true" | "false"),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv4cidr" => text.split_once('/').is_some_and(|(address, prefix)| {
            let prefix = prefix.parse::<u32>().ok().filter(|prefix| *prefix <= 32);
            let address = address.parse::<Ipv4Addr>().ok();
            address
                .zip(prefix)
                .is_some_and(|(address, prefix)| address.to_bits().trailing_zeros() + prefix >= 32)
        }),
        "version" => is_semver(text),
        _ => false,
    }
}

fn is_semver(text: &str) -> bool {
    const NUMBER: &str = "(0|[1-9][0-9]*)";
    const PART: &str = "(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
    regex(&format!(
        r"^{NUMBER}\.{NUMBER}\.{NUMBER}(-{PART}(\.{PART})*)?$"
    ))
    .is_match(text)
}

#[test]
fn profiles_keep_the_rules_of_import() {
    every_profile(|profile| {
        let template = &profile.spec.template;
        let layers: Vec<&str> = template
            .packs
            .iter()
            .map(|pack| pack.layer.as_str())
            .collect();
        let text = String::from_utf8(written(profile)).expect("UTF-8");
        let layers_fit = match template.kind.as_str() {
            "infra" => layers == ["os", "k8s", "cni", "csi"],
            "add-on" => layers.iter().all(|layer| *layer == "addon"),
            _ => false,
        };
        unmet(&[
            (
                !profile.metadata.name.is_empty(),
                "it has no name".to_owned(),
            ),
            (
                is_semver(&profile.spec.version),
                format!("`{}` is no semantic version", profile.spec.version),
            ),
            (
                (template.cloud_type == "all") == (template.kind == "add-on"),
                format!(
                    "the cloud `{}` is not for the type `{}`",
                    template.cloud_type, template.kind
                ),
            ),
            (
                layers_fit,
                format!(
                    "the layers {layers:?} are not for the type `{}`",
                    template.kind
                ),
            ),
            (
                !text.contains("********"),
                "it holds a masked value".to_owned(),
            ),
        ])
    });
}

/// The text that a value ends in.
fn last_text(value: &Value) -> Option<&str> {
    match value {
        Value::Object(map) => last_text(map.values().next_back()?),
        Value::Array(items) => last_text(items.last()?),
        value => value.as_str(),
    }
}

#[test]
fn layers_keep_the_rules_of_import() {
    every_profile(|profile| {
        let mut problems = Vec::new();
        for layer in &profile.spec.template.packs {
            let registry = &layer.registry.metadata;
            let kind = match registry.kind.as_str() {
                "pack" => "spectro",
                "oci" => "oci",
                "helm" => "helm",
                "" => "manifest",
                _ => "no kind of registry",
            };
            let values = yaml(&layer.name, &layer.values);
            let content = &values["pack"]["content"];
            let priority = values["pack"].get("spectrocloud.com/install-priority");
            let found = unmet(&[
                (
                    layer.kind == kind,
                    format!(
                        "the type `{}` is not that of the registry `{}`",
                        layer.kind, registry.kind
                    ),
                ),
                (
                    registry.name.is_empty() == (kind == "manifest"),
                    format!(
                        "the registry `{}` is not for the type `{kind}`",
                        registry.name
                    ),
                ),
                (
                    kind != "manifest"
                        || registry.uid.is_empty()
                            && !registry.is_private
                            && !registry.is_sync_supported
                            && registry.provider_type.is_empty(),
                    "a layer of manifests has no registry".to_owned(),
                ),
                (
                    kind != "manifest" || !layer.manifests.is_empty(),
                    "a layer of manifests has none".to_owned(),
                ),
                (
                    !layer.version.is_empty() && !layer.tag.is_empty(),
                    "it has no version or no tag".to_owned(),
                ),
                (values.is_object(), "its values are no map".to_owned()),
                (
                    !content.to_string().contains(".spectro.var."),
                    "variables cannot stand below pack.content".to_owned(),
                ),
                (
                    priority.is_none_or(|priority| {
                        priority
                            .as_str()
                            .is_some_and(|text| text.parse::<i32>().is_ok())
                    }),
                    format!("the install priority {priority:?} is no quoted number"),
                ),
                (
                    layer.layer != "addon" || priority.is_some(),
                    "an add-on has no install priority".to_owned(),
                ),
                (
                    layer.values.ends_with('\n')
                        == last_text(&values).is_some_and(|text| text.ends_with('\n')),
                    "a final line break belongs to a text, Palette's editor writes no other"
                        .to_owned(),
                ),
            ]);
            problems.extend(
                found
                    .iter()
                    .map(|problem| format!("{}: {problem}", layer.name)),
            );
        }
        problems
    });
}

#[test]
fn secrets_that_are_known_stand_in_no_variable() {
    let case = cases()
        .iter()
        .find(|case| case.site == "secrets" && !case.published)
        .expect("the matrix has it");
    for rendered in &case.rendered.profiles {
        let variables = &rendered.profile.spec.variables;
        assert!(
            variables.iter().all(|variable| !variable.is_sensitive),
            "{case}: {}",
            rendered.role
        );
    }
    let values = |role: Role, pack: &str, pointer: &str| value_at(case, role, pack, pointer);
    let grafana = values(
        Role::Core,
        "prometheus-operator",
        "/charts/kube-prometheus-stack/grafana/adminPassword",
    );
    let licence = values(
        Role::Infra,
        "csi-portworx-generic",
        "/charts/portworx-generic/license/enterprise/activationId",
    );
    assert_eq!(
        (grafana.as_str(), licence.as_str()),
        (Some(AWKWARD), Some(AWKWARD))
    );
}

fn value_at(case: &Case, role: Role, pack: &str, pointer: &str) -> Value {
    let (place, _, layer) = case
        .layers()
        .find(|(_, of, layer)| *of == role && layer.name == pack)
        .expect("the profile has the layer");
    yaml(&place, &layer.values)
        .pointer(pointer)
        .cloned()
        .unwrap_or_default()
}
