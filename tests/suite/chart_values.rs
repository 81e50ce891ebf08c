//! Every value we set for a chart is one the chart reads.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::common::matrix::{Case, all, cases};
use crate::common::schema::{compile, complaints};
use crate::common::{Shared, built_in, nothing_wrong, yaml};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use vmo_ra::pack::Library;

/// A pack, and where the values of its chart stand below `charts`.
const PACKS: [(&str, &[&str]); 5] = [
    ("cni-cilium-oss", &["cilium"]),
    ("lb-metallb-helm", &["metallb-full", "metallb"]),
    ("nginx", &["ingress-nginx"]),
    ("prometheus-operator", &["kube-prometheus-stack"]),
    ("traefik", &["traefik"]),
];

/// What a wrapper has below `charts` beside its chart.
const WRAPPERS: [(&str, &[&str]); 1] = [("metallb-full", &["configuration", "metallb"])];

/// A pack's chart, and the one of its kind that is at hand.
const STAND_INS: [(&str, &str); 1] = [("traefik-40.2.0", "traefik-40.3.0")];

/// Keys that charts read and only name in a comment of their values.yaml.
const COMMENTED_OUT: [(&str, &str); 6] = [
    ("cilium", "devices"),
    ("cilium", "kubeProxyReplacement"),
    ("cilium", "socketLB.hostNamespaceOnly"),
    ("kube-prometheus-stack", "grafana.adminPassword"),
    ("kube-prometheus-stack", "grafana.ingress.ingressClassName"),
    (PORTWORX, "portworx-generic.storageCluster.annotations"),
];

const PORTWORX: &str = "csi-portworx-generic";

/// A key that no chart reads, and that presets of the vendor's own pack write.
const OF_PRESETS: (&str, &str) = ("cilium-1.17.4", "tunnelprotocol");

/// A chart: its values.yaml, and its values.schema.json where it has one.
struct Chart {
    name: String,
    text: String,
    values: Value,
    schema: Option<(Value, Validator)>,
}

/// All charts at hand, by `name-version`.
fn charts(shared: &Shared) -> &'static BTreeMap<String, Chart> {
    static CHARTS: OnceLock<BTreeMap<String, Chart>> = OnceLock::new();
    CHARTS.get_or_init(|| {
        let folders = std::fs::read_dir(shared.path("charts")).expect("the folder can be read");
        folders
            .map(|entry| {
                let name = entry
                    .expect("it can be read")
                    .file_name()
                    .into_string()
                    .expect("a name");
                let file = format!("charts/{name}/values.schema.json");
                let schema = shared.path(&file).is_file().then(|| {
                    let schema = shared.json(&file);
                    (schema.clone(), compile(&file, schema))
                });
                let file = format!("charts/{name}/values.yaml");
                let text = shared.text(&file);
                let values = yaml(&file, &text);
                let chart = Chart {
                    name: name.clone(),
                    text,
                    values,
                    schema,
                };
                (name, chart)
            })
            .collect()
    })
}

impl Chart {
    /// What is wrong with values for it.
    fn complaints(&self, place: &str, values: &Value) -> Vec<String> {
        let mut walk = Walk {
            chart: self,
            place,
            problems: Vec::new(),
        };
        let schema = self.schema.as_ref().map(|(schema, _)| schema);
        walk.map(values, Some(&self.values), schema, "");
        let mut problems = walk.problems;
        if let Some((_, validator)) = &self.schema {
            let mut whole = self.values.clone();
            coalesce(&mut whole, values);
            problems.extend(complaints(place, validator, &whole));
        }
        problems
    }

    fn is_exception(&self, path: &str) -> bool {
        let key = path.rsplit('.').next().unwrap_or(path);
        let in_a_comment = || {
            let mut comments = self
                .text
                .lines()
                .filter_map(|line| line.trim_start().strip_prefix('#'));
            comments.any(|comment| comment.trim_start().starts_with(&format!("{key}:")))
        };
        let known = COMMENTED_OUT.iter().any(|(chart, key)| {
            self.name
                .rsplit_once('-')
                .is_some_and(|(name, _)| name == *chart)
                && *key == path
        });
        (known && in_a_comment()) || OF_PRESETS == (&self.name, path)
    }
}

/// Lays values over a chart's own, as Helm does: maps merge, null removes, the rest replaces.
fn coalesce(into: &mut Value, values: &Value) {
    let (Value::Object(into), Value::Object(values)) = (&mut *into, values) else {
        *into = values.clone();
        return;
    };
    for (key, value) in values {
        match into.get_mut(key) {
            _ if value.is_null() => {
                into.remove(key);
            }
            Some(old) if old.is_object() => coalesce(old, value),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Compares values with what a chart knows, key by key.
struct Walk<'w> {
    chart: &'w Chart,
    place: &'w str,
    problems: Vec<String>,
}

impl Walk<'_> {
    fn map(&mut self, values: &Value, chart: Option<&Value>, schema: Option<&Value>, path: &str) {
        let named = schema.and_then(|schema| schema["properties"].as_object());
        let free = schema.and_then(|schema| schema.get("additionalProperties"));
        let known = chart.and_then(Value::as_object);
        let is_free_form =
            known.is_none_or(Map::is_empty) && named.is_none() && free != Some(&json!(false));
        if is_free_form {
            return;
        }
        for (key, value) in values.as_object().into_iter().flatten() {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            let default = known.and_then(|known| known.get(key));
            let schema = named
                .and_then(|named| named.get(key))
                .or(free.filter(|free| free.is_object()));
            if default.is_some() || schema.is_some() {
                self.value(value, default, schema, &path);
            } else if !self.chart.is_exception(&path) {
                self.problems.push(format!(
                    "{}: {path}: {} does not know it",
                    self.place, self.chart.name
                ));
            }
        }
    }

    fn value(
        &mut self,
        value: &Value,
        default: Option<&Value>,
        schema: Option<&Value>,
        path: &str,
    ) {
        let kinds = (kind(value), default.map(kind).unwrap_or_default());
        if schema.is_none() && !kinds.0.is_empty() && !kinds.1.is_empty() && kinds.0 != kinds.1 {
            self.problems.push(format!(
                "{}: {path}: a {} in place of a {}",
                self.place, kinds.0, kinds.1
            ));
        }
        if value.is_object() {
            self.map(value, default, schema, path);
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    }
}

/// The chart a pack's values say they are for.
fn chart_of(values: &Value) -> String {
    let chart = &values["pack"]["content"]["charts"][0];
    let text = |key: &str| chart[key].as_str().unwrap_or_default();
    let name = format!("{}-{}", text("name"), text("version"));
    let stand_in = STAND_INS.iter().find(|(pack, _)| *pack == name);
    stand_in.map_or(name, |(_, other)| (*other).to_owned())
}

/// What is wrong with the values of a rendering's charts.
fn check(shared: &Shared, case: &Case) -> Vec<String> {
    let charts = charts(shared);
    let mut problems = Vec::new();
    for (pack, path) in PACKS {
        let Some((place, values)) = case.values(pack) else {
            continue;
        };
        let Some(chart) = charts.get(&chart_of(&values)) else {
            problems.push(format!("{place}: there is no chart {}", chart_of(&values)));
            continue;
        };
        let mut below = &values["charts"];
        let mut known: &[&str] = &path[..1];
        for step in path {
            let keys = below.as_object().into_iter().flat_map(Map::keys);
            let unknown = keys.filter(|key| !known.contains(&key.as_str()));
            problems.extend(unknown.map(|key| format!("{place}: charts: `{key}` is no chart")));
            let wrapper = WRAPPERS.iter().find(|(name, _)| name == step);
            known = wrapper.map_or(&[], |(_, keys)| keys);
            below = &below[step];
        }
        problems.extend(chart.complaints(&place, below));
    }
    problems
}

#[test]
fn every_value_is_one_its_chart_reads() {
    let Some(shared) = Shared::find() else { return };
    let problems: Vec<String> = cases()
        .iter()
        .flat_map(|case| check(&shared, case))
        .collect();
    nothing_wrong(&problems);
}

/// Portworx publishes no values.yaml of its wrapper chart; the real pack's stands in for both versions.
#[test]
fn every_value_for_portworx_is_one_the_real_pack_has() {
    let Some(shared) = Shared::find() else { return };
    let chart = portworx(&shared);
    let mut problems = Vec::new();
    for (place, values) in cases().iter().filter_map(|case| case.values(PORTWORX)) {
        problems.extend(chart.complaints(&place, &values["charts"]));
    }
    nothing_wrong(&problems);
}

fn portworx(shared: &Shared) -> Chart {
    let file = "packs/portworx-generic-v3.3.1/values.yaml";
    let text = shared.text(file);
    let values = yaml(file, &text)["charts"].take();
    Chart {
        name: format!("{PORTWORX}-3.3.1"),
        text,
        values,
        schema: None,
    }
}

/// Also those that no revision selects: a person can, in Palette.
#[test]
fn every_preset_for_cilium_adds_what_its_chart_reads() {
    let Some(shared) = Shared::find() else { return };
    let library = built_in::library();
    let mut problems = Vec::new();
    for version in ["1.17.4", "1.19.2"] {
        let pack = library.find("cni-cilium-oss", version);
        let pack = pack.unwrap_or_else(|problems| panic!("{problems:?}"));
        let chart = &charts(&shared)[&format!("cilium-{version}")];
        assert!(pack.presets.len() > 10, "Cilium {version}");
        for preset in &pack.presets {
            let place = format!("Cilium {version}, preset {}", preset.name);
            let added = yaml(&place, preset.add.text());
            problems.extend(chart.complaints(&place, &added["charts"]["cilium"]));
        }
    }
    nothing_wrong(&problems);
}

#[test]
fn real_packs_take_our_values_too() {
    let Some(shared) = Shared::find() else { return };
    let library = Library::with_folders(&vmo_ra::disk::local(), &[shared.path("packs")])
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let cases = all(&library, &["1.7.0"]);
    for case in &cases {
        let made_from = case.rendered.profiles[0].made_from.iter();
        let bases: Vec<String> = made_from.map(ToString::to_string).collect();
        let real = bases.iter().filter(|base| *base != "built-in").count();
        assert_eq!(real, 2, "{case}: {bases:?}");
    }
    let problems: Vec<String> = cases.iter().flat_map(|case| check(&shared, case)).collect();
    nothing_wrong(&problems);
}

#[test]
fn a_misspelt_key_is_caught_in_every_chart() {
    let Some(shared) = Shared::find() else { return };
    for case in cases().iter().filter(|case| !case.published) {
        for (pack, path) in PACKS {
            let Some((place, mut values)) = case.values(pack) else {
                continue;
            };
            let chart = &charts(&shared)[&chart_of(&values)];
            let inner = match pack {
                "cni-cilium-oss" => "/socketLB",
                "lb-metallb-helm" => "/speaker/memberlist",
                "nginx" => "/controller/service",
                "prometheus-operator" => "/grafana/ingress",
                _ => "/deployment",
            };
            let good = path
                .iter()
                .fold(&mut values["charts"], |below, step| &mut below[step]);
            for parent in ["", inner] {
                let mut bad = good.clone();
                bad.pointer_mut(parent).expect("it is set")["misspelt"] = json!(true);
                let found = chart.complaints(&place, &bad);
                assert!(
                    found.iter().any(|problem| problem.contains("misspelt")),
                    "{place}: {parent}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn another_type_than_the_charts_own_is_caught() {
    let Some(shared) = Shared::find() else { return };
    let chart = &charts(&shared)["ingress-nginx-4.15.1"];
    for values in [
        json!({ "tcp": ["6443"] }),
        json!({ "controller": { "replicaCount": "1" } }),
        json!({ "controller": { "service": { "enabled": "true" } } }),
        json!({ "controller": "x" }),
    ] {
        assert_eq!(chart.complaints("here", &values).len(), 1, "{values}");
    }
    assert_eq!(
        chart.complaints("here", &json!({ "tcp": { "6443": "a/b:443" } })),
        [""; 0]
    );
}

#[test]
fn no_exception_is_stale() {
    let Some(shared) = Shared::find() else { return };
    let mut met = Vec::new();
    for case in cases() {
        for (pack, path) in PACKS {
            let Some((_, values)) = case.values(pack) else {
                continue;
            };
            let chart = &charts(&shared)[&chart_of(&values)];
            let below = path
                .iter()
                .fold(&values["charts"], |below, step| &below[step]);
            let known = COMMENTED_OUT.iter();
            met.extend(known.filter(|(name, key)| {
                let pointer = format!("/{}", key.replace('.', "/"));
                chart.name.starts_with(name)
                    && below.pointer(&pointer).is_some()
                    && chart.values.pointer(&pointer).is_none()
            }));
        }
    }
    for exception in COMMENTED_OUT.iter().filter(|(name, _)| *name != PORTWORX) {
        assert!(
            met.contains(&exception),
            "{exception:?} is no exception any more"
        );
    }
}
