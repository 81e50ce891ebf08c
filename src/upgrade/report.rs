//! The result of an upgrade as data; every format is written from it.

use serde::Serialize;
use similar::DiffTag;

use super::findings::Found;
use super::resolutions::{Place, part_words};
use crate::diff::{Impact, Part, Shown};
use crate::sequence::line_changes;
use crate::yaml::Clash;

/// The version of the JSON form of a [`Report`].
pub const FORMAT: &str = "vmo-ra/upgrade/1";

/// What an upgrade found and decided.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The revision it starts from.
    pub from: String,
    /// The revision it leads to.
    pub to: String,
    /// The profiles, with their versions before and after.
    pub profiles: Vec<ProfileStep>,
    /// Where the base is not what the profiles were rendered from, in sentences.
    pub notes: Vec<String>,
    /// What the profiles say of the site, where it was read from them: no side differs in it.
    pub settings: Vec<Setting>,
    /// What was decided, by profile, then by layer, then in the order of the text.
    pub items: Vec<Item>,
    /// Layers of which not all could be merged, and why.
    pub limited: Vec<Limited>,
    /// Settings of yours that are elsewhere in the result.
    pub moved: Vec<Moved>,
    /// Work that is left to a person, in sentences.
    pub by_hand: Vec<String>,
    /// Versions on the way that a vendor demands.
    pub steps: Vec<Step>,
    /// The versions of profiles for these.
    pub on_the_way: Vec<OnTheWay>,
    /// What the result does to a running cluster, by impact, worst first.
    pub impacts: Vec<crate::diff::ImpactCount>,
    /// Errors and warnings of `check` in the result that your profiles do not have; empty while a conflict is open.
    pub findings: Vec<Found>,
}

/// A setting of the site that was read from the profiles.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// Its path in a site.
    pub path: String,
    /// Its value.
    pub value: Shown,
    /// What the RA itself sets there, where that is another now.
    pub default: Option<Usual>,
}

/// What the RA sets where a site says nothing.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usual {
    /// In the old revision.
    pub was: Shown,
    /// In the new one.
    pub becomes: Shown,
}

/// A profile before and after.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileStep {
    /// Its name.
    pub name: String,
    /// `infra`, `core` or `templates`.
    pub role: &'static str,
    /// Its version.
    pub was: String,
    /// Its version in the result.
    pub becomes: String,
}

/// One decision.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The profile.
    pub profile: String,
    /// The layer; none for the profile itself and its variables.
    pub layer: Option<String>,
    /// Which part of it.
    pub part: Part,
    /// The path within the part; empty for all of it.
    pub path: String,
    /// What was decided.
    #[serde(flatten)]
    pub what: What,
    /// What the base has.
    pub base: Option<Shown>,
    /// What yours has.
    pub yours: Option<Shown>,
    /// What theirs has.
    pub theirs: Option<Shown>,
    /// What the change does to a running cluster, where a rule says so; of a conflict, what the change from yours does that
    /// was decided, or that of theirs where yours stays.
    pub impact: Option<Impact>,
    /// Why.
    pub because: Option<String>,
    /// Of a conflict: what the RA and the vendor say about it, in sentences.
    pub reasons: Vec<String>,
    /// Tell whether a side is still the same.
    #[serde(skip)]
    pub(super) hashes: [String; 3],
    /// The answer as a file of answers has it, or empty if there is none.
    #[serde(skip)]
    pub(super) answer: String,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "what")]
pub enum What {
    /// The RA or a vendor changed it, and you did not.
    Taken,
    /// You changed it, and they did not.
    Kept,
    /// Both changed it to the same.
    Same,
    /// Both changed other lines of a text.
    Combined,
    /// Both changed it.
    Conflict {
        /// How.
        clash: Clashed,
        /// The answer, where there is one.
        answer: Option<String>,
    },
}

/// How two changes conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Clashed {
    /// Both changed a value.
    Changed,
    /// Both added it.
    Added,
    /// You removed what they changed.
    Removed,
    /// They removed what you changed.
    Gone,
}

impl Clashed {
    pub(super) fn words(self) -> &'static str {
        match self {
            Clashed::Changed => "both sides changed this value",
            Clashed::Added => "both sides added this, with different values",
            Clashed::Removed => "you removed this, but it changed",
            Clashed::Gone => "you changed this, but it no longer exists",
        }
    }
}

impl From<Clash> for Clashed {
    fn from(clash: Clash) -> Self {
        match clash {
            Clash::Changed => Clashed::Changed,
            Clash::Added => Clashed::Added,
            Clash::Removed => Clashed::Removed,
            Clash::Gone => Clashed::Gone,
        }
    }
}

/// A layer of which not all could be merged.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limited {
    /// The profile.
    pub profile: String,
    /// The layer.
    pub layer: String,
    /// What was done, and why, in a sentence.
    pub why: String,
}

/// A version on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The profile.
    pub profile: String,
    /// The layer.
    pub layer: String,
    /// The versions to go through, the present one first.
    pub versions: Vec<String>,
    /// Why, with the source.
    pub because: String,
    /// What to wait for before the next one.
    pub wait: String,
}

impl Step {
    /// The versions between the present one and the last.
    pub(super) fn between(&self) -> &[String] {
        let last = self.versions.len().saturating_sub(1);
        self.versions.get(1..last).unwrap_or_default()
    }
}

/// A version of a profile on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OnTheWay {
    /// Which one, from 1.
    pub step: usize,
    /// The profile.
    pub profile: String,
    /// Its version.
    pub version: String,
    /// The layers that are another version in it: `kubernetes 1.33.4`.
    pub layers: Vec<String>,
    /// Why it is not made, in sentences, or empty if it is.
    pub missing: Vec<String>,
}

impl OnTheWay {
    /// What it is, in a sentence.
    pub(super) fn words(&self) -> String {
        let OnTheWay {
            step,
            profile,
            version,
            layers,
            missing,
        } = self;
        match missing.is_empty() {
            true => format!(
                "step {step}: {profile} {version} with {}",
                layers.join(", ")
            ),
            false => format!(
                "step {step}: {profile} {version} is not made: {}",
                missing.join("; ")
            ),
        }
    }
}

/// A setting of yours that is elsewhere in the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// The profile.
    pub profile: String,
    /// The layer that has it now.
    pub layer: String,
    /// Where it is.
    pub to: String,
    /// The pack that had it.
    pub from_pack: String,
    /// Where it was.
    pub from: String,
    /// Who says that the two are the same.
    pub source: String,
    /// How it is written there, where that is another way and left to you.
    pub form: Option<String>,
}

impl Moved {
    /// What happened, in a sentence.
    pub(super) fn words(&self) -> String {
        let Moved {
            profile,
            layer,
            to,
            from_pack,
            from,
            source,
            form,
        } = self;
        let of_pack = match layer == from_pack {
            true => String::new(),
            false => format!(" of {from_pack}"),
        };
        let form = form
            .as_ref()
            .map_or(String::new(), |form| format!("; write it as {form}"));
        format!("{profile} / {layer}: {from}{of_pack} is {to} now{form} ({source})")
    }
}

impl Report {
    /// The conflicts without an answer.
    pub fn open(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.is_open())
    }
}

impl Item {
    /// Whether it waits for an answer.
    pub fn is_open(&self) -> bool {
        matches!(self.what, What::Conflict { answer: None, .. })
    }

    pub(super) fn place(&self) -> Place {
        Place {
            profile: self.profile.clone(),
            layer: self.layer.clone().unwrap_or_default(),
            part: part_words(&self.part),
            path: self.path.clone(),
        }
    }

    /// What the report shows of a change that needs no answer: from what to what.
    pub(super) fn change(&self) -> [Option<&Shown>; 2] {
        let [base, yours, theirs] = [&self.base, &self.yours, &self.theirs];
        let change = match self.what {
            What::Taken => [yours, theirs],
            // Your lines stay, so what comes in is what they changed.
            What::Combined => [base, theirs],
            _ => [base, yours],
        };
        change.map(Option::as_ref)
    }

    /// The three sides, each in lines; of texts of several lines what differs from the base.
    pub(super) fn sides_in_brief(&self) -> [(&'static str, Vec<String>); 3] {
        let sides = self.sides();
        let base = sides[0].1.clone();
        let is_text = |text: &str| text.contains('\n');
        sides.map(|(side, text)| {
            let lines = match (is_text(&base), is_text(&text)) {
                (true, true) if text == base => vec![format!("{} lines", text.lines().count())],
                (true, true) => changed_lines(&base, &text),
                _ => vec![text],
            };
            (side, lines)
        })
    }

    /// The impact of its change and the reasons for it, in words.
    pub(super) fn why_it_matters(&self) -> Vec<(&'static str, String)> {
        let impact = self.impact.map(|impact| match &self.because {
            Some(because) => format!("{}: {because}", impact.as_str()),
            None => impact.as_str().to_owned(),
        });
        let impact = impact.map(|impact| ("impact", impact)).into_iter();
        let reasons = self.reasons.iter().map(|reason| ("why", reason.clone()));
        impact.chain(reasons).collect()
    }

    /// The three sides, each in words.
    pub(super) fn sides(&self) -> [(&'static str, String); 3] {
        [
            ("base", words(self.base.as_ref())),
            ("yours", words(self.yours.as_ref())),
            ("theirs", words(self.theirs.as_ref())),
        ]
    }
}

/// A value in words.
pub(super) fn words(shown: Option<&Shown>) -> String {
    match shown {
        None => "nothing".to_owned(),
        Some(Shown::Secret { secret }) => format!("(secret {secret})"),
        Some(Shown::Value { value }) => match value {
            serde_json::Value::String(text) if text.contains('\n') => text.clone(),
            value => value.to_string(),
        },
    }
}

/// The lines that differ, those that went first.
pub(super) fn changed_lines(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut lines = Vec::new();
    for op in line_changes(&old, &new) {
        if op.tag() != DiffTag::Equal {
            lines.extend(old[op.old_range()].iter().map(|line| format!("- {line}")));
            lines.extend(new[op.new_range()].iter().map(|line| format!("+ {line}")));
        }
    }
    lines
}
