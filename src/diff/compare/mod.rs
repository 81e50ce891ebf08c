//! From two sets of profiles to a report.

mod layers;
mod manifests;
mod own;
mod selection;
mod told;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::announced::Announcements;
use super::condition::{Subject, VersionWay};
use super::drift::{Around, Drift};
use super::impact::Rules;
use super::notable::notable;
use super::order::{List, Lists};
use super::path::Step;
use super::presets::Switched;
use super::report::{
    Change, ChangeKind, FORMAT, IgnoredCount, Impact, Notable, Part, ProfileName, ProfilePair,
    Report, VersionStep,
};
use super::secrets::Secrets;
use super::tree::{self, Difference};
use super::{lines, pairing, versions};
use crate::diagnostic::{Diagnostic, Source};
use crate::pack::Library;
use crate::profile::{Layer, Profile, Variable};
use crate::revision::Revision;
use crate::secret::{self, Way};
use crate::sequence::{Pair, pair};
use told::Told;

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
    /// Also what a tenant makes of any profile, which else is left out ([`left_out`](super::left_out)).
    pub ignore_nothing: bool,
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
        between_revisions: old.revision.is_some() && new.revision.is_some(),
        unknown: Vec::new(),
        library,
        options,
        rules: Rules::load()?,
        lists: Lists::load()?,
        drift: Drift::load()?,
        around: Around::default(),
        ignored: BTreeMap::new(),
        announcements,
        secrets: Secrets::new(texts(old).chain(texts(new)), options.show_secrets),
        profile: String::new(),
        pack: PackContext::default(),
        told: Told::default(),
        notable: Vec::new(),
        notes: Vec::new(),
        has_repeated: false,
    };
    let mut profiles: Vec<ProfilePair> = pairing::profiles(&old.profiles, &new.profiles)
        .into_iter()
        .map(|(old, new)| comparison.profiles(old, new))
        .collect();
    comparison.note_unknown();
    let (mut summary, untold) = comparison.told.counted(&mut profiles);
    summary.notable = comparison.notable;
    comparison.notes.extend(untold);
    let mut changes = comparison.told.changes;
    make_ids_unique(&mut changes);
    Ok(Report {
        format: FORMAT,
        old: old.name.clone(),
        new: new.name.clone(),
        summary,
        profiles,
        changes,
        notes: comparison.notes,
        ignored: (comparison.ignored.into_iter())
            .map(|(id, differences)| IgnoredCount {
                id: id.to_owned(),
                differences,
            })
            .collect(),
    })
}

/// All parts of a side that may hold a secret.
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

/// The layer that is being compared.
#[derive(Default)]
struct PackContext {
    /// As changes name it.
    name: Option<String>,
    /// Its pack's name.
    pack: String,
    /// `os`, `k8s`, ...
    kind: String,
    /// The presets that were switched.
    switched: Vec<Switched>,
    /// The kind of the Kubernetes object.
    object: String,
    /// Which of several objects of a manifest is compared.
    within: Option<Step>,
}

struct Comparison<'c> {
    /// Whether both sides are revisions, of which only what the RA says is compared.
    between_revisions: bool,
    /// Packs whose differences are not known, since only the built-in ones were found.
    unknown: Vec<String>,
    library: &'c Library,
    options: &'c Options,
    rules: &'static Rules,
    lists: &'static Lists,
    drift: &'static Drift,
    around: Around,
    /// What was left out, by its name.
    ignored: BTreeMap<&'static str, usize>,
    announcements: Announcements,
    secrets: Secrets,
    profile: String,
    pack: PackContext,
    told: Told,
    notable: Vec<Notable>,
    notes: Vec<String>,
    /// Whether what was read has duplicate keys.
    has_repeated: bool,
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
            self.whole_profile(old, new);
        }
        ProfilePair {
            name: self.profile.clone(),
            old: old.map(name),
            new: new.map(name),
            layers,
        }
    }

    /// A profile that only one side has, with all that its layers hold.
    fn whole_profile(&mut self, old: Option<&Profile>, new: Option<&Profile>) {
        let outlines = Difference::whole(old.map(outline), new.map(outline));
        let mut change = self.change(Part::Profile, outlines, None);
        let layers = |profile: Option<&'_ Profile>| -> Vec<Layer> {
            profile.map_or_else(Vec::new, |one| one.spec.template.packs.clone())
        };
        for layer in layers(old) {
            change
                .content
                .extend(self.content(Some(&layer.name), Some(&layer), None));
        }
        for layer in layers(new) {
            change
                .content
                .extend(self.content(Some(&layer.name), None, Some(&layer)));
            self.pack.name = Some(layer.name.clone());
            self.look_at(Some(&layer));
        }
        self.pack = PackContext::default();
        self.tell(change);
    }

    /// Lists the notable parts of new trees.
    fn notable(&mut self, part: &Part, old: &[Value], new: &[Value]) {
        let found = notable(new);
        let before: HashSet<String> = match found.is_empty() {
            true => HashSet::new(),
            false => notable(old).into_iter().collect(),
        };
        self.look(
            part,
            found.into_iter().filter(|what| !before.contains(what)),
        );
    }

    fn look(&mut self, part: &Part, found: impl Iterator<Item = String>) {
        for what in found {
            self.notable.push(Notable {
                profile: self.profile.clone(),
                layer: self.pack.name.clone().unwrap_or_default(),
                part: part.clone(),
                what: self.secrets.text(&what).into_owned(),
            });
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
        tree::compare(&facts(old), &facts(new), &mut |difference| {
            let mut change = self.change(Part::Profile, difference, None);
            if change.path == "version" {
                change
                    .remarks
                    .extend(step_remark(&old.spec.version, &new.spec.version));
            }
            self.tell(change);
        });
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
                    self.around.is_sensitive = old.is_sensitive && new.is_sensitive;
                    tree::compare(&json!(old), &json!(new), &mut |found| {
                        self.difference_that_counts(&part, found);
                    });
                    self.around = Around::default();
                }
                (old, new) => {
                    self.whole(
                        part.clone(),
                        old.map(|old| json!(old)),
                        new.map(|new| json!(new)),
                    );
                }
            }
            // Their order is one of notation: Palette asks for them in it.
            if let Pair::Both {
                old,
                new,
                moved: true,
            } = found
                && self.options.text
            {
                let mut moved = Difference::whole(Some(json!(old + 1)), Some(json!(new + 1)));
                moved.kind = ChangeKind::Moved;
                self.difference(part, moved);
            }
        }
    }

    /// Says which names stand more than once on a side, once for both.
    fn note_repeated(&mut self, what: &str, old: &[String], new: &[String]) {
        let repeated: BTreeSet<&String> = [old, new]
            .into_iter()
            .flat_map(|names| {
                let mut seen = HashSet::new();
                names.iter().filter(move |name| !seen.insert(*name))
            })
            .collect();
        let profile = &self.profile;
        let notes = repeated
            .into_iter()
            .map(|name| format!("the profile `{profile}` has two {what} `{name}`"));
        self.notes.extend(notes);
    }

    /// A change of a text that is shown line by line, without its secrets.
    fn text(&mut self, part: Part, kind: ChangeKind, old: &str, new: &str) {
        self.text_of(part, Difference::of_texts(kind, old, new));
    }

    fn text_of(&mut self, part: Part, difference: Difference) {
        if !self.counts(&part, &difference) {
            return;
        }
        let change = self.change(part, difference, None);
        if !change.lines.is_empty() {
            self.tell(change);
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

    fn difference_that_counts(&mut self, part: &Part, difference: Difference) {
        if self.counts(part, &difference) {
            self.difference(part.clone(), difference);
        }
    }

    fn difference(&mut self, part: Part, difference: Difference) {
        let change = self.change(part, difference, None);
        self.tell(change);
    }

    /// Takes a change into the report, where it is chosen.
    fn tell(&mut self, change: Change) {
        if selection::chooses(&self.options.only, &self.options.ignore, &change) {
            self.told.push(change);
        }
    }

    /// What the rules see of a difference.
    fn subject<'s>(&'s self, part: &'s Part, difference: &'s Difference) -> Subject<'s> {
        Subject {
            layer: &self.pack.kind,
            pack: &self.pack.pack,
            part,
            object: &self.pack.object,
            place: &difference.place,
            kind: difference.kind,
            version: way_of_version(part, difference),
            is_broken: difference.is_broken,
        }
    }

    /// What is known of the list in which an item moved.
    fn list(&self, part: &Part, difference: &Difference) -> Option<&'static List> {
        if difference.kind != ChangeKind::Moved || difference.place.steps().is_empty() {
            return None;
        }
        self.lists.of(&self.subject(part, difference))
    }

    /// Whether it is a difference at all: in some lists the order has no meaning, and some changes come from a tenant.
    fn counts(&mut self, part: &Part, difference: &Difference) -> bool {
        if (self.list(part, difference)).is_some_and(|list| !list.order_counts) {
            return false;
        }
        if self.options.ignore_nothing {
            return true;
        }
        let subject = self.subject(part, difference);
        let Some(ignored) = self.drift.of(&subject, difference, self.around) else {
            return true;
        };
        *self.ignored.entry(&ignored.id).or_default() += 1;
        false
    }

    /// A difference with everything there is to say about it.
    fn change(&self, part: Part, difference: Difference, preset: Option<String>) -> Change {
        let list = self.list(&part, &difference);
        let mut subject = self.subject(&part, &difference);
        if list.is_some() {
            // Another order is a change there.
            subject.kind = ChangeKind::Changed;
        }
        let rules: &'static Rules = self.rules;
        let rule = rules.of(&subject);
        let (impact, because) = match rule {
            Some(rule) => (rule.impact, Cow::Borrowed(rule.because.as_str())),
            None => (Impact::Review, Cow::Borrowed("")),
        };
        let mut remarks = difference.remarks;
        remarks.extend(list.map(|list| list.because.clone()));
        remarks.extend(macro_remark(
            &difference.old,
            &difference.new,
            &difference.way,
        ));
        let shown =
            |value: Option<Value>| value.map(|value| self.secrets.shown(&value, &difference.way));
        let path =
            difference
                .place
                .with_values(|at, text| match difference.secret_steps.contains(&at) {
                    true => self.secrets.replaced(text),
                    false => self.secrets.text(text).into_owned(),
                });
        let path = match &self.pack.within {
            Some(object) => path.within(object.clone()).to_string(),
            None => path.to_string(),
        };
        let hunks = |(old, new): (String, String)| match difference.is_beyond {
            true => lines::hunks(
                &self.secrets.text_beyond(&old),
                &self.secrets.text_beyond(&new),
            ),
            false => lines::hunks(&self.secrets.text(&old), &self.secrets.text(&new)),
        };
        Change {
            id: fingerprint(&[
                &self.profile,
                self.pack.name.as_deref().unwrap_or_default(),
                &format!("{part:?}"),
                &path,
                &format!("{:?}", difference.kind),
            ]),
            profile: self.profile.clone(),
            layer: self.pack.name.clone(),
            section: self
                .announcements
                .section(&self.pack.pack, &part, &difference.place),
            part,
            path,
            kind: difference.kind,
            old: shown(difference.old),
            new: shown(difference.new),
            lines: difference.texts.map(hunks).unwrap_or_default(),
            content: Vec::new(),
            preset,
            impact,
            because,
            remarks,
        }
    }
}

/// Whether a secret in plain text was added or removed, regardless of its value.
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

/// How the version of a layer moves, where that is not a plain upgrade.
fn way_of_version(part: &Part, difference: &Difference) -> Option<VersionWay> {
    if *part != Part::Layer || difference.place.last_key() != "version" {
        return None;
    }
    let (Some(Value::String(old)), Some(Value::String(new))) = (&difference.old, &difference.new)
    else {
        return None;
    };
    match versions::step(old, new)? {
        VersionStep::Downgrade => Some(VersionWay::Downgrade),
        _ => (!versions::skipped_minors(old, new).is_empty()).then_some(VersionWay::SkipsMinor),
    }
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

/// Numbers the ids that several changes have, such as those of two variables of one name.
fn make_ids_unique(changes: &mut [Change]) {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(changes.len());
    for change in changes {
        let count = seen.entry(change.id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            change.id = format!("{}-{count}", change.id);
        }
    }
}

fn step_remark(old: &str, new: &str) -> Option<String> {
    Some(match versions::step(old, new)? {
        VersionStep::Downgrade => "a downgrade".to_owned(),
        step => format!("a {} version", step.as_str()),
    })
}

/// A change for a profile without a counterpart.
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

/// A text to be read as YAML. Palette's editor takes the line break at its end away, which is not a change of a block that stands
/// there.
fn text_to_read(name: &str, text: &str) -> Source {
    let mut text = text.to_owned();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Source::new(name, text)
}
