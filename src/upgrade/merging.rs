//! Merges base, yours and theirs, profile by profile, and records the decisions.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::matching::{Matched, Orders};
use super::report::{self, Item, Limited, Moved, What};
use super::resolutions::{self, Place, Resolutions, hash, part_words};
use super::{Request, Sides};
use crate::diff::{Part, Secrets, is_left_out};
use crate::profile::{BuiltInLayers, Metadata, Profile, Spec, Template, Variable, variables_used};
use crate::render::RenderedProfile;
use crate::revision::Role;
use crate::secret::Way;
use crate::yaml::{Answer, Ask, Decision, Path, Verdict, merge_values};

/// An upgrade under way.
pub(super) struct Merging<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) secrets: Secrets,
    pub(super) profile: String,
    /// The layer, as the report names it.
    pub(super) layer: Option<String>,
    pub(super) items: Vec<Item>,
    pub(super) limited: Vec<Limited>,
    pub(super) moved: Vec<Moved>,
    pub(super) by_hand: Vec<String>,
    /// The layers of the profile whose values are this program's own.
    pub(super) built_in: Vec<String>,
    /// Base and theirs of the layers of the profile whose values are not as they were rendered.
    pub(super) grounds: Vec<Grounds>,
}

/// What the values of a layer were merged over, by the number of the layer on each side.
pub(super) struct Grounds {
    pub(super) at: [Option<usize>; 2],
    pub(super) texts: [String; 2],
}

impl<'r> Merging<'r> {
    pub(super) fn new(request: &'r Request<'r>) -> Self {
        let texts = request.yours.iter().flat_map(|profile| {
            let layers = profile.spec.template.packs.iter();
            layers.map(|layer| layer.values.as_bytes())
        });
        Merging {
            request,
            secrets: Secrets::new(texts, false),
            profile: String::new(),
            layer: None,
            items: Vec::new(),
            limited: Vec::new(),
            moved: Vec::new(),
            by_hand: Vec::new(),
            built_in: Vec::new(),
            grounds: Vec::new(),
        }
    }

    /// What the profile that was just merged was merged over.
    pub(super) fn sides(&self, name: &str, base: &Profile, theirs: &Profile) -> Sides {
        let side = |profile: &Profile, number: usize| {
            let mut profile = profile.clone();
            name.clone_into(&mut profile.metadata.name);
            let layers = &mut profile.spec.template.packs;
            for grounds in &self.grounds {
                let layer = grounds.at[number].and_then(|at| layers.get_mut(at));
                if let Some(layer) = layer {
                    layer.values.clone_from(&grounds.texts[number]);
                }
            }
            profile
        };
        Sides {
            base: side(base, 0),
            theirs: side(theirs, 1),
        }
    }

    pub(super) fn profile(
        &mut self,
        role: Role,
        base: &RenderedProfile,
        yours: &Profile,
        theirs: &RenderedProfile,
    ) -> Profile {
        self.profile.clone_from(&yours.metadata.name);
        self.built_in.clear();
        self.grounds.clear();
        self.layer = None;
        let (old, new) = (&base.profile, &theirs.profile);
        let built_in = BuiltInLayers::of_description(&yours.metadata.description);
        let facts = |profile: &Profile| {
            json!({
                "description": BuiltInLayers::taken_from(&profile.metadata.description),
                "labels": profile.metadata.labels,
                "type": profile.spec.template.kind,
                "cloudType": profile.spec.template.cloud_type,
            })
        };
        let start = self.items.len();
        let facts = self.merged(&Part::Profile, [old, yours, new].map(facts));
        let of_facts = self.items.len();
        let built_in_packs = built_in.as_ref().map_or(&[][..], |known| &known.packs);
        let fits = facts["description"].is_string()
            && facts["labels"].is_object()
            && facts["type"].is_string()
            && facts["cloudType"].is_string();
        if !fits {
            self.asked(&Part::Profile).refuse_all();
        }
        let packs = self.layers(base, yours, theirs, built_in_packs);
        self.layer = None;
        let version = version(yours, &self.request.from.name, &self.request.to.name);
        let description = facts["description"].as_str().unwrap_or_default();
        let theirs_accept = BuiltInLayers::of_description(&new.metadata.description);
        let known = built_in.or(theirs_accept).map(|mut known| {
            let has = |name: &String| {
                yours
                    .spec
                    .template
                    .packs
                    .iter()
                    .any(|layer| layer.name == *name)
            };
            let still = |name: &String| self.built_in.contains(name);
            known
                .packs
                .retain(|name| still(name) || (!has(name) && is_named_before(yours, name)));
            let come: Vec<String> = (self.built_in.iter())
                .filter(|name| !known.packs.contains(name))
                .cloned()
                .collect();
            known.packs.extend(come);
            known
        });
        let description = known.map_or(description.to_owned(), |known| known.add_to(description));
        // It also names the layers with built-in values.
        let is_told = (self.items[start..of_facts].iter())
            .any(|item| item.path == "description" && item.what != What::Kept);
        if description != yours.metadata.description && !is_told {
            let sides = [old, yours].map(|profile| Some(json!(profile.metadata.description)));
            let [base, yours] = sides;
            let named = Decision {
                path: Path::of_keys(["description"]),
                ..whole(Verdict::Taken, [base, yours, Some(json!(description))])
            };
            self.record(&Part::Profile, vec![named], &[]);
            self.items[of_facts..].rotate_right(1);
        }
        let mut merged = Profile {
            metadata: Metadata {
                name: yours.metadata.name.clone(),
                description,
                labels: facts["labels"].as_object().cloned().unwrap_or_default(),
            },
            spec: Spec {
                version,
                template: Template {
                    kind: facts["type"].as_str().unwrap_or_default().to_owned(),
                    cloud_type: facts["cloudType"].as_str().unwrap_or_default().to_owned(),
                    packs,
                },
                variables: Vec::new(),
            },
        };
        merged.spec.variables = self.variables(role, old, yours, new, &merged);
        merged
    }

    fn variables(
        &mut self,
        role: Role,
        base: &Profile,
        yours: &Profile,
        theirs: &Profile,
        merged: &Profile,
    ) -> Vec<Variable> {
        let used = uses(merged);
        let sides = [base, yours, theirs].map(|profile| profile.spec.variables.as_slice());
        let found = Matched::new(sides, |variable| &variable.name);
        let mut merged = Vec::new();
        for id in found.order() {
            let name = found.name(id);
            let part = Part::Variable(name.to_owned());
            self.place(&part, &found.orders, id, |id| found.name(id).to_owned());
            let sides = found.sides(id);
            let is_used = used.contains(name);
            let Some(variable) = self.variable(&part, sides, is_used) else {
                continue;
            };
            let [base, yours, _] = sides;
            match (base, yours) {
                (Some(_), None) => self.by_hand.push(format!(
                    "remove the variable `{name}` from the texts of the {role} profile, or keep it: you removed it, but they still use it"
                )),
                (None, None) if variable.default_value.is_none() => self.by_hand.push(format!(
                    "fill in the new variable `{name}` of the {role} profile ({}) where a cluster uses it",
                    variable.display_name
                )),
                _ => {}
            }
            merged.push(variable);
        }
        merged
    }

    /// What becomes of a variable. What the texts of the result use stays declared.
    fn variable(
        &mut self,
        part: &Part,
        sides: [Option<&Variable>; 3],
        is_used: bool,
    ) -> Option<Variable> {
        let values = sides.map(|variable| variable.map(|variable| json!(variable)));
        let (found, mut decisions) = self.decided(part, values.clone());
        let kept = match &found {
            Some(found) => serde_json::from_value(found.clone()).ok(),
            None => {
                let [base, yours, theirs] = sides;
                yours.or(theirs).or(base).filter(|_| is_used).cloned()
            }
        };
        let is_asked = |decision: &Decision| matches!(decision.verdict, Verdict::Conflict(..));
        if kept.is_none() && found.is_some()
            || found.is_none() && kept.is_some() && decisions.iter().any(is_asked)
        {
            self.asked(part).refuse_all();
        } else if found.is_none() && kept.is_some() {
            let [base, yours, theirs] = values;
            decisions = vec![match yours {
                Some(_) => whole(Verdict::Kept, [base, yours, theirs]),
                None => whole(
                    Verdict::Taken,
                    [base, None, kept.as_ref().map(|one| json!(one))],
                ),
            }];
        }
        let roots: Vec<Value> = sides.into_iter().flatten().map(|one| json!(one)).collect();
        self.record(part, decisions, &roots.iter().collect::<Vec<_>>());
        kept
    }

    /// Records that an item of a list has another place.
    pub(super) fn place(
        &mut self,
        part: &Part,
        orders: &Orders,
        id: usize,
        name: impl Fn(usize) -> String,
    ) {
        let Some(verdict) = orders.verdict(id) else {
            return;
        };
        let [base, yours, theirs] = orders.in_front(id).map(|in_front| {
            Some(match in_front? {
                Some(front) => json!(format!("behind {}", name(front))),
                None => json!("first"),
            })
        });
        let order = Decision {
            path: Path::of_keys(["order"]),
            verdict,
            base,
            yours,
            theirs,
        };
        self.record(part, vec![order], &[]);
    }

    /// Merges values that all three have.
    pub(super) fn merged(&mut self, part: &Part, values: [Value; 3]) -> Value {
        self.merged_value(part, values.map(Some))
            .unwrap_or_default()
    }

    pub(super) fn merged_value(
        &mut self,
        part: &Part,
        values: [Option<Value>; 3],
    ) -> Option<Value> {
        let roots = values.clone();
        let (value, decisions) = self.decided(part, values);
        self.record(part, decisions, &roots.iter().flatten().collect::<Vec<_>>());
        value
    }

    /// As [`Merging::merged_value`], with the decisions to be recorded.
    pub(super) fn decided(
        &self,
        part: &Part,
        values: [Option<Value>; 3],
    ) -> (Option<Value>, Vec<Decision>) {
        let asked = self.asked(part);
        merge_values(values.each_ref().map(Option::as_ref), &asked.ask())
    }

    /// Asks for the answers about a part.
    pub(super) fn asked(&self, part: &Part) -> Asked<'_> {
        Asked {
            resolutions: self.request.resolutions,
            profile: self.profile.clone(),
            layer: self.layer.clone().unwrap_or_default(),
            part: part_words(part),
        }
    }

    /// Puts decisions into the report; `roots` are the trees that they are about.
    pub(super) fn record(&mut self, part: &Part, mut decisions: Vec<Decision>, roots: &[&Value]) {
        // What a tenant makes of any profile is not an edit.
        let is_sensitive = roots.iter().all(|root| root["isSensitive"] == true);
        decisions.retain(|decision| {
            let sides = [decision.base.as_ref(), decision.yours.as_ref()];
            let is_own = !matches!(part, Part::Values | Part::Manifest(_));
            let is_drift = || is_left_out(part, &decision.path.keys(), sides, is_sensitive);
            decision.verdict != Verdict::Kept || !is_own || !is_drift()
        });
        if decisions.is_empty() {
            return;
        }
        roots.iter().for_each(|root| self.secrets.learn(root));
        for decision in decisions {
            let shown = |value: &Option<Value>| {
                let value = value.as_ref()?;
                Some(self.secrets.shown(value, &Way::named(last_key(&decision))))
            };
            let what = match &decision.verdict {
                Verdict::Taken => What::Taken,
                Verdict::Kept => What::Kept,
                Verdict::Same => What::Same,
                Verdict::Combined => What::Combined,
                Verdict::Conflict(clash, answer) => What::Conflict {
                    clash: (*clash).into(),
                    answer: answer
                        .as_ref()
                        .map(|answer| self.answer_words(answer, &decision)),
                },
            };
            let sides = [&decision.base, &decision.yours, &decision.theirs];
            let [base, yours, theirs] = sides.map(shown);
            self.items.push(Item {
                profile: self.profile.clone(),
                layer: self.layer.clone(),
                part: part.clone(),
                path: self.secrets.text(&decision.path.to_string()).into_owned(),
                what,
                base,
                yours,
                theirs,
                impact: None,
                because: None,
                reasons: Vec::new(),
                hashes: sides.map(|side| hash(side.as_ref())),
                answer: match &decision.verdict {
                    Verdict::Conflict(_, Some(answer)) => resolutions::written(answer),
                    _ => String::new(),
                },
            });
        }
        self.secrets.forget();
    }

    fn answer_words(&self, answer: &Answer, decision: &Decision) -> String {
        let Answer::Value(value) = answer else {
            return resolutions::written(answer);
        };
        let shown = self.secrets.shown(value, &Way::named(last_key(decision)));
        format!("{{value: {}}}", report::words(Some(&shown)))
    }
}

/// The key that a decision is about, or the last one on the way to it.
fn last_key(decision: &Decision) -> &str {
    let mut steps = decision.path.steps().iter().rev();
    let key = steps.find_map(|step| match step {
        crate::yaml::Step::Key(key) => Some(key.as_str()),
        _ => None,
    });
    key.unwrap_or_default()
}

/// Where questions of a part come from.
pub(super) struct Asked<'r> {
    resolutions: &'r Resolutions,
    profile: String,
    layer: String,
    part: String,
}

impl Asked<'_> {
    pub(super) fn ask(&self) -> Box<Ask<'_>> {
        Box::new(|path: &Path, sides: [Option<&Value>; 3]| {
            self.resolutions
                .answer(&self.place(path.to_string()), sides)
        })
    }

    /// Says that the answer leaves no text where one belongs.
    pub(super) fn refuse(&self, path: &str) {
        self.resolutions.refuse(self.place(path.to_owned()));
    }

    /// Accepts answers about the values of the layer that are no longer asked for, since another one of its versions is wanted.
    pub(super) fn set_aside(&self) {
        self.resolutions.set_aside(&self.profile, &self.layer);
    }

    /// As [`Asked::refuse`], of every answer about the part.
    pub(super) fn refuse_all(&self) {
        self.resolutions.refuse_within(&self.place(String::new()));
    }

    fn place(&self, path: String) -> Place {
        Place {
            profile: self.profile.clone(),
            layer: self.layer.clone(),
            part: self.part.clone(),
            path,
        }
    }
}

/// A decision about all of a part.
pub(super) fn whole(verdict: Verdict, [base, yours, theirs]: [Option<Value>; 3]) -> Decision {
    Decision {
        path: Path::default(),
        verdict,
        base,
        yours,
        theirs,
    }
}

/// Whether a profile says of a layer that it has built-in values.
fn is_named_before(profile: &Profile, name: &String) -> bool {
    BuiltInLayers::of_description(&profile.metadata.description)
        .is_some_and(|known| known.packs.contains(name))
}

/// The variables that the texts of a profile use.
fn uses(profile: &Profile) -> HashSet<&str> {
    let layers = profile.spec.template.packs.iter();
    let texts = layers.flat_map(|layer| {
        let manifests = layer.manifests.iter().map(|manifest| &manifest.content);
        std::iter::once(&layer.values).chain(manifests)
    });
    texts.flat_map(|text| variables_used(text)).collect()
}

/// The version of the result: one that names the old revision names the new one instead, any other goes up.
fn version(yours: &Profile, from: &str, to: &str) -> String {
    let was = yours.spec.version.as_str();
    if from == to {
        return was.to_owned();
    }
    if let Some(rest) = was.strip_prefix(from) {
        return format!("{to}{rest}");
    }
    let number = |text: &str| crate::version::Version::parse(text);
    if number(was) < number(to) {
        return to.to_owned();
    }
    let (head, last) = was.rsplit_once('.').unwrap_or(("", was));
    match last.parse::<u64>() {
        Ok(last) if head.is_empty() => (last + 1).to_string(),
        Ok(last) => format!("{head}.{}", last + 1),
        Err(_) => format!("{was}-{to}"),
    }
}
