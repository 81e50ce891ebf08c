//! Every rule is explained, and shown by a test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;
use std::{fs, io};

use serde::Deserialize;
use serde_json::{Value, json};
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::profile;
use vmo_ra::rules::{self, Finding, Inspected, Rule, check_cluster};
use vmo_ra::site::{Inputs, Site};

use crate::cluster_rules;
use crate::common::harness::vmo_ra;
use crate::common::{built_in, nothing_wrong, yaml};

#[test]
fn the_rules_are_those_of_the_data() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/rules.yaml");
    let text = fs::read_to_string(path).expect("the file can be read");
    let read = yaml("rules.yaml", &text);
    let rules: Vec<_> = Rule::all()
        .iter()
        .map(|rule| {
            json!({"id": rule.id, "title": rule.title, "why": rule.why, "wayOut": rule.way_out, "source": rule.source})
        })
        .collect();
    assert_eq!(read, json!({"rules": rules}));
}

#[test]
fn every_rule_is_explained() {
    let mut ids = BTreeSet::new();
    for rule in Rule::all() {
        for text in [rule.title, rule.why, rule.way_out, rule.source] {
            assert!(text.len() > 3, "{}: a text is missing", rule.id);
        }
        // It stands behind `help:`, as a finding's own does.
        assert!(!rule.way_out.ends_with('.'), "{}: a full stop", rule.id);
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert_eq!(Rule::find(rule.id).expect("it is there"), rule);
    }
}

/// A subject of a file in `tests/rules`: what is given, with the words of each case in it, and what is found then.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    /// The values of a layer, `a` where no `pack` is named.
    values: Option<String>,
    pack: Option<String>,
    layer: Option<String>,
    manifests: Option<String>,
    /// A list of what stands in profiles.
    profiles: Option<String>,
    site: Option<String>,
    revision: Option<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What stands in place of `<>`, or of `<KEY>` for each of its keys.
    given: Value,
    /// A line for each finding of the rules that the file is about: none where the case keeps them all.
    #[serde(default)]
    found: String,
    /// The way out, where it knows the value at hand.
    help: Option<String>,
}

/// A template with the words of a case, whose further lines stand as deep as the first.
fn filled(template: &str, given: &Value) -> String {
    let words: Vec<(String, &Value)> = match given {
        Value::Object(map) => map
            .iter()
            .map(|(key, text)| (format!("<{key}>"), text))
            .collect(),
        text => vec![("<>".to_owned(), text)],
    };
    let fill = |line: &str| {
        let indent = " ".repeat(line.len() - line.trim_start().len());
        let mut line = line.to_owned();
        for (place, text) in &words {
            let text = text
                .as_str()
                .expect("words are texts")
                .trim_end_matches('\n');
            line = line.replace(place, &text.replace('\n', &format!("\n{indent}")));
        }
        line + "\n"
    };
    template.lines().map(fill).collect()
}

/// Adds a profile: what is given over what every profile and layer has. Texts are named after their layers.
pub(crate) fn add_profile(cluster: &mut Inspected, file: &str, given: Value) {
    let with = |mut defaults: Value, given: Value| {
        let given = given
            .as_object()
            .unwrap_or_else(|| panic!("{given} is no map"));
        defaults
            .as_object_mut()
            .expect("a map")
            .extend(given.clone());
        defaults
    };
    let mut template = with(
        json!({"type": "add-on", "version": "1.0.0", "packs": [], "variables": []}),
        given,
    );
    if template.get("cloudType").is_none() {
        let is_of_all = template["type"] == "add-on";
        template["cloudType"] = if is_of_all { "all" } else { "maas" }.into();
    }
    for pack in template["packs"].as_array_mut().expect("a list") {
        let layer = json!({"type": "oci", "layer": "addon", "values": "a: 1"});
        *pack = with(layer, pack.take());
    }
    let spec = json!({"version": template["version"], "variables": template["variables"], "template": template});
    let description = template["description"].as_str().unwrap_or_default();
    let metadata = json!({"name": "p", "description": description});
    let json = json!({"metadata": metadata, "spec": spec}).to_string();
    let profile = profile::read(&Source::new(file, json));
    let profile = profile.unwrap_or_else(|problems| panic!("{file}: {problems:?}"));
    crate::common::add_profile(cluster, file, profile);
}

/// Variables with a word in them, and files with a certificate.
struct Words;

impl Inputs for Words {
    fn env(&self, _: &str) -> Option<String> {
        Some("word".to_owned())
    }

    fn file(&self, _: &Path) -> io::Result<String> {
        let of_company = "-----BEGIN CERTIFICATE-----\nMIIAFTCCAApDb21wYW55IENBMIIAAAMBAA==\n-----END CERTIFICATE-----\n";
        Ok(of_company.to_owned())
    }
}

impl Subject {
    fn cluster(&self, given: &Value) -> Inspected {
        let mut cluster = Inspected::default();
        let mut profiles = Vec::new();
        if let Some(values) = &self.values {
            let pack = self.pack.as_deref().unwrap_or("a 1.0.0");
            let (name, version) = pack.split_once(' ').expect("a name and a version");
            let layer = self.layer.as_deref().unwrap_or("addon");
            let kind = if layer == "addon" { "add-on" } else { "infra" };
            let values = filled(values, given);
            let pack = json!({"name": name, "version": version, "layer": layer, "values": values});
            profiles.push(json!({"type": kind, "packs": [pack]}));
        }
        if let Some(text) = &self.profiles {
            let list = yaml("profiles", &filled(text, given));
            profiles.extend(list.as_array().expect("a list").iter().cloned());
        }
        for (file, given) in ["p.json", "q.json"].into_iter().zip(profiles) {
            add_profile(&mut cluster, file, given);
        }
        if let Some(text) = &self.manifests {
            cluster.add_manifests(&Source::new("m.yaml", filled(text, given)));
        }
        cluster
    }

    /// What is found, by [`line`], and the messages about it.
    fn found(&self, given: &Value) -> Vec<(String, Diagnostic)> {
        let (site, findings) = match &self.site {
            Some(text) => {
                let source = Source::new("site.yaml", filled(text, given));
                let site = Site::parse(&source, &Words);
                let site = site.unwrap_or_else(|problems| panic!("{given}: {problems:?}"));
                let revision = self.revision.as_deref().unwrap_or("1.9.0");
                let revision = built_in::revision(revision);
                let findings = rules::check(&site, revision);
                (Some(site), findings)
            }
            None => (
                None,
                check_cluster(&self.cluster(given), built_in::library()),
            ),
        };
        let told = findings.iter().map(|finding| {
            let diagnostic = finding.diagnostic(site.as_ref());
            (line(finding, &diagnostic), diagnostic)
        });
        told.collect()
    }
}

/// A finding as `severity id place: path: message`; the place is line and column, or the file.
fn line(finding: &Finding, diagnostic: &Diagnostic) -> String {
    let place = match diagnostic.source().zip(diagnostic.span()) {
        Some((source, span)) => {
            let (line, column) = source.position(span.start);
            format!("{}:{line}:{column}", source.name())
        }
        None => finding.file().unwrap_or("-").to_owned(),
    };
    let path = match finding.path.as_str() {
        "" => String::new(),
        path => format!("{path}: "),
    };
    format!(
        "{} {} {place}: {path}{}",
        finding.severity, finding.rule.id, finding.message
    )
}

impl Case {
    fn ids(&self) -> BTreeSet<&str> {
        self.found.lines().map(id).collect()
    }
}

/// The rule of a line.
fn id(line: &str) -> &str {
    line.split(' ').nth(1).unwrap_or_default()
}

/// The texts in a folder whose names have an ending.
fn texts(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == ending));
    paths
        .map(|path| {
            let text = fs::read_to_string(&path).expect("the file can be read");
            (path.display().to_string(), text)
        })
        .collect()
}

/// The subjects of each file.
static SUBJECTS: LazyLock<BTreeMap<String, BTreeMap<String, Subject>>> = LazyLock::new(|| {
    let read = |(name, text): (String, String)| {
        let subjects = serde_json::from_value(yaml(&name, &text));
        let subjects = subjects.unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, subjects)
    };
    texts("tests/rules", "yaml").into_iter().map(read).collect()
});

#[test]
fn rules_find_what_the_cases_say() {
    let mut wrong = Vec::new();
    for (file, subjects) in SUBJECTS.iter() {
        let cases = subjects.values().flat_map(|subject| &subject.cases);
        let ids: BTreeSet<&str> = cases.flat_map(Case::ids).collect();
        for (name, subject) in subjects {
            for case in &subject.cases {
                let mut all = subject.found(&case.given);
                if all
                    .iter()
                    .any(|(_, told)| told.to_string().contains("hunter2"))
                {
                    wrong.push(format!("{file}: {name}: {}: it shows a secret", case.given));
                }
                all.retain(|(line, _)| ids.contains(id(line)));
                let (found, told): (Vec<String>, Vec<Diagnostic>) = all.into_iter().unzip();
                let helped =
                    |help: &String| told.iter().any(|told| told.to_string().contains(help));
                if !found.iter().eq(case.found.lines()) || !case.help.iter().all(helped) {
                    let found = found.join("\n");
                    wrong.push(format!("{file}: {name}: {}:\n{found}\n", case.given));
                }
            }
        }
    }
    nothing_wrong(&wrong);
}

/// A rule is shown where of two cases of one subject the one breaks it and the other does not.
#[test]
fn every_rule_is_shown_on_both_sides() {
    let mut shown = cluster_rules::shown_on_both_sides();
    let mut add = |cases: &[BTreeSet<&str>]| {
        let found = cases.iter().flatten();
        let both = found.filter(|id| cases.iter().any(|case| !case.contains(*id)));
        shown.extend(both.map(|id| (*id).to_owned()));
    };
    for subject in SUBJECTS.values().flat_map(BTreeMap::values) {
        add(&subject.cases.iter().map(Case::ids).collect::<Vec<_>>());
    }
    // Rules over packs speak while a site is rendered; what is said then is compared whole.
    let outputs: Vec<String> = texts("tests/bad_packs", "stderr").into_values().collect();
    let said = |output: &String| -> BTreeSet<&str> {
        let ids = Rule::all().iter().map(|rule| rule.id);
        ids.filter(|id| output.contains(&format!("[{id}]\n")))
            .collect()
    };
    add(&outputs.iter().map(said).collect::<Vec<_>>());
    let unshown: Vec<String> = Rule::all()
        .iter()
        .filter(|rule| !shown.contains(rule.id))
        .map(|rule| rule.id.to_owned())
        .collect();
    nothing_wrong(&unshown);
}

fn explain(arguments: &[&str]) -> (Option<i32>, String, String) {
    vmo_ra(&[&["explain"], arguments].concat()).run().all()
}

#[test]
fn a_rule_is_explained_on_the_command_line() {
    let (code, out, err) = explain(&["captured-vlan"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        "captured-vlan: a VM VLAN never reaches the bridge

A VLAN subinterface of the bond takes the frames of its VLAN before the bridge sees them, so VMs in that VLAN get no traffic.

help: leave the VLAN out of `network.vmVlans`, or put the host on a VLAN of the bridge with the layout one-bond-br0-vlan
source: reference architecture, When limited on network interfaces
"
    );
    let (code, out, err) = explain(&["captured-vlans"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert_eq!(
        err,
        "error: there is no rule `captured-vlans`
  = note: did you mean `captured-vlan`?
  = help: `vmo-ra explain` lists them all

"
    );
    let (_, list, _) = explain(&[]);
    assert!(
        list.lines().any(|line| line.starts_with("no-array  ")),
        "{list}"
    );
}
