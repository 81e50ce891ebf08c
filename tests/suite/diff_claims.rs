//! Between 1.7.0 and 1.9.0 everything that their claims tell apart is found, and nothing is found that neither claims nor
//! errata nor new packs explain.

use std::collections::BTreeSet;

use crate::common::built_in;
use serde_json::Value;
use vmo_ra::check::claims::Subject;
use vmo_ra::diff::{Change, ChangeKind, Input, Options, Part, Report, Shown, compare};
use vmo_ra::pack::{Library, Pack};
use vmo_ra::profile::Profile;
use vmo_ra::render::{Request, render};
use vmo_ra::revision::{Claim, Erratum, Expectation, Origin, Revision, Role, Target};
use vmo_ra::site::Site;
use vmo_ra::yaml::{Limits, Path, Step as PathStep, to_json};

/// Places that change without an explanation in the data, each with the reason why that is right: none.
const OTHERWISE: [(&str, &str); 0] = [];

struct Side {
    revision: &'static Revision,
    profiles: Vec<Profile>,
    claims: Vec<Claim>,
    errata: Vec<Erratum>,
}

impl Side {
    fn load(name: &str, library: &Library) -> Side {
        let revision = built_in::revision(name);
        let rendered = render(&Request {
            site: &Site::example(),
            revision,
            library,
            profiles: &Role::ALL,
            published: false,
        });
        let rendered = rendered.unwrap_or_else(|problems| panic!("{problems:?}"));
        Side {
            claims: revision.claims().expect("the claims are built in"),
            errata: revision.errata().expect("the errata are built in"),
            profiles: rendered
                .profiles
                .into_iter()
                .map(|profile| profile.profile)
                .collect(),
            revision,
        }
    }

    fn profile(&self, role: Role) -> &Profile {
        let at = Role::ALL.iter().position(|other| *other == role);
        &self.profiles[at.expect("one of the three")]
    }

    /// The claims that do not hold on the other side.
    fn claims_against<'s>(&'s self, other: &Side) -> Vec<&'s Claim> {
        let subjects = |side: &'s Side| {
            Role::ALL
                .map(|role| Subject::new(side.profile(role)).expect("what was rendered is YAML"))
        };
        let here = subjects(self);
        let there = Role::ALL
            .map(|role| Subject::new(other.profile(role)).expect("what was rendered is YAML"));
        self.claims
            .iter()
            .filter(|claim| {
                let at = Role::ALL.iter().position(|role| *role == claim.profile);
                let at = at.expect("one of the three");
                if !here[at].concerns(claim) {
                    return false;
                }
                let expected = claim.expected().expect("a place and a test");
                assert_eq!(here[at].hold(claim, &expected), Ok(()), "{}", claim.id);
                there[at].hold(claim, &expected).is_err()
            })
            .collect()
    }

    fn input(&self) -> Input {
        Input {
            name: self.revision.name.clone(),
            profiles: self.profiles.clone(),
            revision: Some(self.revision.clone()),
        }
    }
}

struct Sides {
    old: Side,
    new: Side,
    library: &'static Library,
    report: Report,
}

impl Sides {
    fn load() -> Sides {
        let library = built_in::library();
        let (old, new) = (Side::load("1.7.0", library), Side::load("1.9.0", library));
        let report = compare(&old.input(), &new.input(), library, &Options::default())
            .unwrap_or_else(|problem| panic!("{problem}"));
        Sides {
            old,
            new,
            library,
            report,
        }
    }

    /// The claims of each that do not hold in the other: something must have changed where they look.
    fn apart(&self) -> Vec<&Claim> {
        let old = self.old.claims_against(&self.new);
        [old, self.new.claims_against(&self.old)].concat()
    }

    fn role(&self, change: &Change) -> Role {
        let mut profiles = self.new.profiles.iter();
        let at = profiles.position(|profile| profile.metadata.name == change.profile);
        Role::ALL[at.expect("the profiles kept their names")]
    }

    /// Whether a change is at the place where a claim looks, above it or below it.
    fn touches(&self, change: &Change, claim: &Claim) -> bool {
        if claim.profile != self.role(change) {
            return false;
        }
        let below = |path: &str| meet(&steps_of_claim(path), &steps_of_change(&change.path));
        let of_the_layer = match (target_of(claim), &change.part) {
            (Target::Profile("layers"), Part::Layer) => return change.kind != ChangeKind::Changed,
            (Target::Profile(field), Part::Profile) => return change.path == field,
            (Target::Variable { name, field }, Part::Variable(changed)) => {
                return changed == name && (change.path.is_empty() || change.path == field);
            }
            (Target::Profile(_) | Target::Variable { .. }, _) => return false,
            (_, Part::Layer) if change.path.is_empty() => true,
            (Target::Pack(field), Part::Layer) => change.path == field,
            (Target::Values(path), Part::Values) => below(path),
            // A list of images tells its items apart by their names.
            (Target::Image(repository), Part::Values) => change.path.contains(repository),
            (Target::Manifest { name, path, .. }, Part::Manifest(changed)) => {
                changed == name && below(path)
            }
            (Target::Preset(preset), Part::Preset(changed)) => preset
                .rsplit_once(':')
                .is_some_and(|(group, _)| group.eq_ignore_ascii_case(changed)),
            (Target::File(path), Part::File(changed)) => changed == path,
            (Target::Command(when), Part::Commands(changed)) => changed.starts_with(when),
            _ => false,
        };
        of_the_layer && change.layer == claim.layer
    }
}

fn target_of(claim: &Claim) -> Target<'_> {
    claim.expected().expect("a place and a test").target
}

/// A step inside a part, as far as claims and changes name it alike.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Item(String, String),
    /// An item by its number, or a scalar by itself.
    Some,
}

fn steps_of_claim(path: &str) -> Vec<Step> {
    if path.is_empty() {
        return Vec::new();
    }
    let path: Path = path.parse().unwrap_or_else(|error| panic!("{error}"));
    let steps = path.steps().iter();
    steps
        .map(|step| match step {
            PathStep::Key(key) => Step::Key(key.clone()),
            PathStep::Item(key, value) => Step::Item(key.clone(), value.clone()),
            PathStep::Index(_) | PathStep::Each => Step::Some,
        })
        .collect()
}

/// A change's path without the steps that claims do not have: into which object of a manifest, and into which language.
fn steps_of_change(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut chars = path.chars().peekable();
    while let Some(first) = chars.peek().copied() {
        let ends: &[char] = match first {
            '[' => &[']'],
            '(' => &[')'],
            _ => &['.', '[', '('],
        };
        if matches!(first, '[' | '(' | '.') {
            chars.next();
        }
        let mut text = String::new();
        while let Some(c) = chars.next_if(|c| !ends.contains(c)) {
            text.extend(if c == '\\' { chars.next() } else { Some(c) });
        }
        match (first, text.split_once('=')) {
            ('(', _) | ('[', Some(("object", _))) => {
                chars.next();
            }
            ('[', item) => {
                chars.next();
                steps.push(match item {
                    Some((key, value)) if !key.is_empty() => {
                        Step::Item(key.to_owned(), value.to_owned())
                    }
                    _ => Step::Some,
                });
            }
            _ if text.is_empty() => {}
            _ => steps.push(Step::Key(text)),
        }
    }
    steps
}

/// Whether one is at, above or below the other.
fn meet(a: &[Step], b: &[Step]) -> bool {
    a.iter().zip(b).all(|(a, b)| match (a, b) {
        (Step::Some, Step::Item(..)) | (Step::Item(..), Step::Some) => true,
        (a, b) => a == b,
    })
}

fn described(change: &Change) -> String {
    format!(
        "{} {:?} {} {:?} {} -> {}",
        change.layer.as_deref().unwrap_or("(profile)"),
        change.part,
        change.path,
        change.kind,
        text(&change.old),
        text(&change.new)
    )
}

fn text(shown: &Option<Shown>) -> String {
    match shown {
        None => "-".to_owned(),
        Some(Shown::Secret { secret }) => format!("(secret {secret})"),
        Some(Shown::Value {
            value: Value::String(text),
        }) => text.clone(),
        Some(Shown::Value { value }) => value.to_string(),
    }
}

#[test]
fn what_the_claims_tell_apart_is_found() {
    let sides = Sides::load();
    let apart = sides.apart();
    assert!(apart.len() >= 25, "only {} claims differ", apart.len());
    let missed: Vec<String> = apart
        .iter()
        .filter(|claim| {
            let mut changes = sides.report.changes.iter();
            !changes.any(|change| sides.touches(change, claim))
        })
        .map(|claim| format!("{} ({}): {:?}", claim.id, claim.section, target_of(claim)))
        .collect();
    assert!(
        missed.is_empty(),
        "{} of {} are not in the diff:\n{}",
        missed.len(),
        apart.len(),
        missed.join("\n")
    );
}

/// Where both say what a place holds, and differ, the change shows the one and the other.
#[test]
fn what_both_claim_of_a_place_is_shown() {
    let sides = Sides::load();
    let mut compared = 0;
    for old in &sides.old.claims {
        for new in &sides.new.claims {
            if (old.profile, &old.layer) != (new.profile, &new.layer) {
                continue;
            }
            // What is said of some profiles only need not be so in these.
            if [old, new]
                .iter()
                .any(|claim| claim.given().is_ok_and(|given| given.is_some()))
            {
                continue;
            }
            let (was, is) = (old.expected(), new.expected());
            let (was, is) = (was.expect("one test"), is.expect("one test"));
            if (&was.target, was.at) != (&is.target, is.at) {
                continue;
            }
            let (Expectation::Equals(from), Expectation::Equals(to)) =
                (was.expectation, is.expectation)
            else {
                continue;
            };
            if from == to {
                continue;
            }
            compared += 1;
            let shows = |shown: &Option<Shown>, wanted: &Value| matches!(shown, Some(Shown::Value { value }) if value == wanted);
            assert!(
                sides.report.changes.iter().any(|change| {
                    sides.touches(change, new) && shows(&change.old, from) && shows(&change.new, to)
                }),
                "{}: {from} -> {to} is not shown",
                new.id
            );
        }
    }
    assert!(compared >= 10, "only {compared} places");
}

/// A change at the very place of a new claim names the section that announces it.
#[test]
fn a_change_that_a_claim_is_about_names_its_section() {
    let sides = Sides::load();
    let mut named = 0;
    for claim in sides.new.claims_against(&sides.old) {
        if let Target::Pack(_) | Target::Variable { .. } | Target::Profile(_) = target_of(claim) {
            let changes = sides.report.changes.iter();
            for change in changes.filter(|change| sides.touches(change, claim)) {
                named += 1;
                assert!(change.section.is_some(), "{}", described(change));
            }
        }
    }
    assert!(named >= 10, "only {named}");
}

/// Why a change is there, if anything explains it.
fn explanation(sides: &Sides, apart: &[&Claim], change: &Change) -> Option<String> {
    if let Some(claim) = apart.iter().find(|claim| sides.touches(change, claim)) {
        return Some(format!("claim {}", claim.id));
    }
    let layer = change.layer.as_deref()?;
    let role = sides.role(change);
    let version = |side: &Side| {
        let mut packs = side.profile(role).spec.template.packs.iter();
        packs
            .find(|pack| pack.name == layer)
            .map(|pack| pack.version.clone())
    };
    let (from, to) = (version(&sides.old)?, version(&sides.new)?);
    if from != to {
        if change.part == Part::Layer && matches!(change.path.as_str(), "version" | "tag") {
            return Some("another version of the pack".to_owned());
        }
        if change.part == Part::Values
            && let (Ok(old), Ok(new)) = (
                sides.library.find(layer, &from),
                sides.library.find(layer, &to),
            )
            && brings(&old, &change.path, &change.old)
            && brings(&new, &change.path, &change.new)
        {
            return Some("another default of the pack".to_owned());
        }
    }
    let settings = |side: &Side| side.revision.settings.clone().expect("it is rendered");
    let (old, new) = (settings(&sides.old), settings(&sides.new));
    let (was, is) = (text(&change.old), text(&change.new));
    for (name, from, to) in [
        (
            "pause image",
            old.pause_image.as_str(),
            new.pause_image.as_str(),
        ),
        (
            "Kubernetes version",
            old.kubernetes_minor(),
            new.kubernetes_minor(),
        ),
    ] {
        if was != is && was.replace(from, to) == is {
            return Some(format!("the revision's {name}"));
        }
    }
    let errata = || sides.old.errata.iter().chain(&sides.new.errata);
    let says = |erratum: &Erratum, word: &str| {
        let origin = match &erratum.origin {
            Origin::Choice(open) => open.clone(),
            Origin::Erratum(words) | Origin::Export(words) => words.join(" "),
        };
        let texts = [&origin, &erratum.instead, &erratum.why];
        let is_part = |c: char| !c.is_alphanumeric();
        let mut words = texts.into_iter().flat_map(|text| text.split(is_part));
        words.any(|other| other == word)
    };
    words(change)
        .iter()
        .find_map(|word| errata().find(|erratum| erratum.place == layer && says(erratum, word)))
        .map(|erratum| format!("erratum {}", erratum.id))
}

/// Whether a pack has this at a place, in its values or in what a preset adds; or has nothing there.
fn brings(pack: &Pack, path: &str, shown: &Option<Shown>) -> bool {
    let steps = steps_of_change(path);
    let additions = pack.presets.iter().map(|preset| &preset.add);
    let trees: Vec<Value> = std::iter::once(&pack.values)
        .chain(additions)
        .map(|text| to_json(text, Limits::VALUES).expect("a pack is YAML"))
        .collect();
    let mut found = trees.iter().filter_map(|tree| at(tree, &steps));
    match shown {
        None => found.next().is_none(),
        Some(Shown::Value { value }) => found.any(|found| found == value),
        Some(Shown::Secret { .. }) => false,
    }
}

fn at<'v>(tree: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    let Some((first, rest)) = steps.split_first() else {
        return Some(tree);
    };
    match first {
        Step::Key(key) => at(tree.get(key)?, rest),
        Step::Item(key, wanted) => {
            let (wanted, number) = match wanted.rsplit_once('#') {
                Some((wanted, number)) => (wanted, number.parse::<usize>().ok()? - 1),
                None => (wanted.as_str(), 0),
            };
            let mut items = tree.as_array()?.iter().filter(|item| {
                let text = item[key].as_str().unwrap_or_default();
                text == wanted || (key == "image" && text.starts_with(&format!("{wanted}:")))
            });
            at(items.nth(number)?, rest)
        }
        Step::Some => None,
    }
}

/// Words that an erratum about a change would use: the last keys of its path, and those below it.
fn words(change: &Change) -> Vec<String> {
    let steps = steps_of_change(&change.path);
    let mut words: Vec<String> = Vec::new();
    for step in steps.iter().rev().take(2) {
        if let Step::Key(key) = step {
            words.push(key.clone());
        }
    }
    for shown in [&change.old, &change.new] {
        if let Some(Shown::Value {
            value: Value::Object(map),
        }) = shown
        {
            words.extend(map.keys().cloned());
        }
    }
    // Words of every layer say nothing.
    words.retain(|word| {
        word.len() > 5 && !["values", "version", "enabled", "charts"].contains(&word.as_str())
    });
    words
}

#[test]
fn nothing_is_found_without_an_explanation() {
    let sides = Sides::load();
    let apart = sides.apart();
    let mut explained: BTreeSet<String> = BTreeSet::new();
    let mut unexplained = Vec::new();
    for change in &sides.report.changes {
        let layer = change.layer.as_deref().unwrap_or("(profile)");
        let place = format!("{layer} {}", change.path);
        let otherwise = OTHERWISE.iter().find(|(other, _)| *other == place);
        match explanation(&sides, &apart, change) {
            Some(why) => {
                assert!(otherwise.is_none(), "{place} has an explanation: {why}");
                explained.insert(why);
            }
            None if otherwise.is_some() => {}
            None => unexplained.push(described(change)),
        }
    }
    assert!(
        unexplained.is_empty(),
        "{} of {} changes have no explanation:\n{}",
        unexplained.len(),
        sides.report.changes.len(),
        unexplained.join("\n")
    );
    // Errata are looked for by words, so they are held to be those that are meant.
    let beside_claims: Vec<&str> = explained
        .iter()
        .map(String::as_str)
        .filter(|why| !why.starts_with("claim "))
        .collect();
    assert_eq!(
        beside_claims,
        [
            "another default of the pack",
            "erratum portworx-snapshot-class-collision",
            "erratum strict-cpu-reservation",
            "the revision's pause image",
        ]
    );
    // What only the vendors know is said to be unknown.
    let [note] = sides.report.notes.as_slice() else {
        panic!("{:?}", sides.report.notes);
    };
    assert!(
        note.contains("both versions of a pack with `--packs DIR`"),
        "{note}"
    );
}
