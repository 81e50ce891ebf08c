//! From two sets of profiles to a report.

mod layers;
mod manifests;
mod selection;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::announced::Announcements;
use super::impact::{Rules, Subject};
use super::presets::Switched;
use super::report::{
    Change, ChangeKind, FORMAT, Impact, ImpactCount, Part, ProfileName, ProfilePair, Report,
    Summary, VersionStep,
};
use super::secrets::Secrets;
use super::tree::{self, Difference};
use super::{lines, pairing, versions};
use crate::diagnostic::Diagnostic;
use crate::pack::Library;
use crate::profile::{Profile, Variable};
use crate::revision::Revision;
use crate::secret::{self, Way};
use crate::sequence::pair;

/// One side of a comparison.
#[derive(Debug)]
pub struct Input {
    /// What the reader knows it by.
    pub name: String,
    /// Its profiles.
    pub profiles: Vec<Profile>,
    /// The revision of the RA it is, where it is one.
    pub revision: Option<Revision>,
}

/// How to compare.
#[derive(Debug, Default)]
pub struct Options {
    /// Also tell changes of notation alone: order of keys, comments, quotes.
    pub text: bool,
    /// Show the values of secrets.
    pub show_secrets: bool,
    /// Only what lies at or below these places.
    pub only: Vec<String>,
    /// Nothing that lies at or below these places.
    pub ignore: Vec<String>,
}

/// Compares two sides.
///
/// # Errors
/// The built-in rules are broken: a mistake in this crate. Texts that are not YAML are compared as texts, with a note.
pub fn compare(
    old: &Input,
    new: &Input,
    library: &Library,
    options: &Options,
) -> Result<Report, Diagnostic> {
    let announcements = match (&old.revision, &new.revision) {
        (Some(old), Some(new)) => Announcements::between(old, new)?,
        _ => Announcements::default(),
    };
    let mut comparison = Comparison {
        library,
        options,
        rules: Rules::load()?,
        announcements,
        secrets: Secrets::new(texts(old).chain(texts(new)), options.show_secrets),
        profile: String::new(),
        pack: PackContext::default(),
        changes: Vec::new(),
        notes: Vec::new(),
    };
    let profiles = pairing::profiles(&old.profiles, &new.profiles)
        .into_iter()
        .map(|(old, new)| comparison.profiles(old, new))
        .collect();
    let mut changes = comparison.changes;
    changes.retain(|change| selection::chooses(&options.only, &options.ignore, change));
    let mut report = Report {
        format: FORMAT,
        old: old.name.clone(),
        new: new.name.clone(),
        summary: Summary::default(),
        profiles,
        changes,
        notes: comparison.notes,
    };
    count(&mut report);
    Ok(report)
}

/// Everything of a side that may hold a secret.
fn texts(input: &Input) -> impl Iterator<Item = &[u8]> {
    input.profiles.iter().flat_map(|profile| {
        let spec = &profile.spec;
        let layers = spec.template.packs.iter().flat_map(|layer| {
            let manifests = layer
                .manifests
                .iter()
                .map(|manifest| manifest.content.as_bytes());
            std::iter::once(layer.values.as_bytes()).chain(manifests)
        });
        let defaults = spec
            .variables
            .iter()
            .filter_map(|variable| variable.default_value.as_deref());
        layers.chain(defaults.map(str::as_bytes))
    })
}

fn count(report: &mut Report) {
    let impacts: Vec<ImpactCount> = Impact::ALL
        .into_iter()
        .map(|impact| ImpactCount {
            impact,
            changes: report
                .changes
                .iter()
                .filter(|change| change.impact == impact)
                .count(),
        })
        .filter(|count| count.changes > 0)
        .collect();
    report.summary = Summary {
        changes: report.changes.len(),
        worst: impacts.first().map(|count| count.impact),
        impacts,
    };
    let mut of_layer: HashMap<_, usize> = HashMap::new();
    for change in &report.changes {
        let layer = (change.profile.as_str(), change.layer.as_deref());
        *of_layer.entry(layer).or_default() += 1;
    }
    for profile in &mut report.profiles {
        for layer in &mut profile.layers {
            let name = (profile.name.as_str(), Some(layer.name.as_str()));
            layer.changes = of_layer.get(&name).copied().unwrap_or_default();
        }
    }
}

/// The layer that is being compared.
#[derive(Default)]
struct PackContext {
    /// As changes name it.
    name: Option<String>,
    /// `os`, `k8s`, ...
    kind: String,
    /// The presets that were switched.
    switched: Vec<Switched>,
    /// The kind of the Kubernetes object.
    object: String,
}

struct Comparison<'c> {
    library: &'c Library,
    options: &'c Options,
    rules: &'static Rules,
    announcements: Announcements,
    secrets: Secrets,
    profile: String,
    pack: PackContext,
    changes: Vec<Change>,
    notes: Vec<String>,
}

impl Comparison<'_> {
    fn profiles(&mut self, old: Option<&Profile>, new: Option<&Profile>) -> ProfilePair {
        let name = |profile: &Profile| ProfileName {
            name: profile.metadata.name.clone(),
            version: profile.spec.version.clone(),
        };
        self.profile = new
            .or(old)
            .map(|profile| profile.metadata.name.clone())
            .unwrap_or_default();
        self.pack = PackContext::default();
        let mut layers = Vec::new();
        if let (Some(old), Some(new)) = (old, new) {
            self.metadata(old, new);
            self.variables(&old.spec.variables, &new.spec.variables);
            layers = self.layers(&old.spec.template.packs, &new.spec.template.packs);
        } else {
            self.whole(Part::Profile, old.map(outline), new.map(outline));
        }
        ProfilePair {
            name: self.profile.clone(),
            old: old.map(name),
            new: new.map(name),
            layers,
        }
    }

    fn metadata(&mut self, old: &Profile, new: &Profile) {
        let facts = |profile: &Profile| {
            json!({
                "name": profile.metadata.name,
                "version": profile.spec.version,
                "type": profile.spec.template.kind,
                "cloudType": profile.spec.template.cloud_type,
                "description": profile.metadata.description,
                "labels": profile.metadata.labels,
            })
        };
        for difference in tree::compare(&facts(old), &facts(new)) {
            let mut change = self.change(Part::Profile, difference, None);
            if change.path == "version" {
                change
                    .remarks
                    .extend(step_remark(&old.spec.version, &new.spec.version));
            }
            self.changes.push(change);
        }
    }

    fn variables(&mut self, old: &[Variable], new: &[Variable]) {
        let names = |variables: &'_ [Variable]| -> Vec<String> {
            let names = variables.iter().map(|variable| variable.name.clone());
            names.collect()
        };
        let (old_names, new_names) = (names(old), names(new));
        self.note_repeated("variables", &old_names, &new_names);
        for found in pair(&old_names, &new_names) {
            let part = Part::Variable(found.newest(&old_names, &new_names).clone());
            match found.items(old, new) {
                (Some(old), Some(new)) => {
                    self.differences(&part, tree::compare(&json!(old), &json!(new)));
                }
                (old, new) => {
                    self.whole(part, old.map(|old| json!(old)), new.map(|new| json!(new)))
                }
            }
        }
    }

    /// Says which names stand more than once on a side.
    fn note_repeated(&mut self, what: &str, old: &[String], new: &[String]) {
        let profile = &self.profile;
        for names in [old, new] {
            let mut seen = HashSet::new();
            let repeated: BTreeSet<&String> =
                names.iter().filter(|name| !seen.insert(*name)).collect();
            let notes = repeated
                .into_iter()
                .map(|name| format!("the profile `{profile}` has two {what} `{name}`"));
            self.notes.extend(notes);
        }
    }

    /// A change of a text that is told line by line, without the secrets in it.
    fn text(&mut self, part: Part, kind: ChangeKind, old: &str, new: &str) {
        let difference = Difference {
            kind,
            texts: Some((old.to_owned(), new.to_owned())),
            ..Difference::whole(None, None)
        };
        let change = self.change(part, difference, None);
        if !change.lines.is_empty() {
            self.changes.push(change);
        }
    }

    /// All changes of a YAML text's notation, which `--text` asks for.
    fn notation(&mut self, part: Part, old: &str, new: &str) {
        if self.options.text {
            self.text(part, ChangeKind::Text, old, new);
        }
    }

    fn whole(&mut self, part: Part, old: Option<Value>, new: Option<Value>) {
        self.difference(part, Difference::whole(old, new));
    }

    fn differences(&mut self, part: &Part, found: Vec<Difference>) {
        for difference in found {
            self.difference(part.clone(), difference);
        }
    }

    fn difference(&mut self, part: Part, difference: Difference) {
        let change = self.change(part, difference, None);
        self.changes.push(change);
    }

    /// A difference with everything there is to say about it.
    fn change(&self, part: Part, difference: Difference, preset: Option<String>) -> Change {
        let pack = self.pack.name.as_deref().unwrap_or_default();
        let rule = self.rules.of(&Subject {
            layer: &self.pack.kind,
            pack,
            part: &part,
            object: &self.pack.object,
            place: &difference.place,
            kind: difference.kind,
        });
        let (impact, because) = match rule {
            Some(rule) => (rule.impact, rule.because.clone()),
            None => (Impact::Review, String::new()),
        };
        let mut remarks = difference.remarks;
        remarks.extend(macro_remark(
            &difference.old,
            &difference.new,
            &difference.way,
        ));
        let shown =
            |value: Option<Value>| value.map(|value| self.secrets.shown(&value, &difference.way));
        let path = difference
            .place
            .with_values(|at, text| match difference.secret_steps.contains(&at) {
                true => self.secrets.replaced(text),
                false => self.secrets.text(text).into_owned(),
            })
            .to_string();
        let hunks = |(old, new): (String, String)| {
            lines::hunks(&self.secrets.text(&old), &self.secrets.text(&new))
        };
        Change {
            id: fingerprint(&[
                &self.profile,
                pack,
                &format!("{part:?}"),
                &path,
                &format!("{:?}", difference.kind),
            ]),
            profile: self.profile.clone(),
            layer: self.pack.name.clone(),
            section: self.announcements.section(pack, &part, &difference.place),
            part,
            path,
            kind: difference.kind,
            old: shown(difference.old),
            new: shown(difference.new),
            lines: difference.texts.map(hunks).unwrap_or_default(),
            preset,
            impact,
            because,
            remarks,
        }
    }
}

/// What is news of a secret, whatever it is: that it stands in the profile now, or no more.
fn macro_remark(old: &Option<Value>, new: &Option<Value>, way: &Way<'_>) -> Option<String> {
    let (Some(Value::String(old)), Some(Value::String(new))) = (old, new) else {
        return None;
    };
    let remark = match (secret::is_macro(old), secret::is_macro(new)) {
        (true, false) if way.hides(new) => "a literal instead of a macro",
        (false, true) if way.hides(old) => "a macro instead of a literal",
        _ => return None,
    };
    Some(remark.to_owned())
}

fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn step_remark(old: &str, new: &str) -> Option<String> {
    Some(match versions::step(old, new)? {
        VersionStep::Downgrade => "a downgrade".to_owned(),
        step => format!("a {} version", step.as_str()),
    })
}

/// What is said of a profile that has no counterpart.
fn outline(profile: &Profile) -> Value {
    let layers: Vec<String> = profile
        .spec
        .template
        .packs
        .iter()
        .map(|layer| format!("{} {}", layer.name, layer.version))
        .collect();
    json!({
        "name": profile.metadata.name,
        "version": profile.spec.version,
        "layers": layers,
    })
}
