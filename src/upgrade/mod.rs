//! Carries edited profiles from one revision of the RA to another: a merge of base, yours and theirs.
//!
//! The base is what the old revision renders, theirs what the new one does, both with one site and with the vendors' texts
//! of the versions at hand. What you changed stays, what they changed comes, and what both changed is asked about.

pub mod format;
mod layers;
mod macros;
mod report;
mod resolutions;
mod steps;
mod values;

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::diff::{self, Change, Input, Options, Part, Secrets};
use crate::lock::Lock;
use crate::pack::Library;
use crate::profile::{BuiltInLayers, Metadata, Profile, Spec, Template, Variable, variables_used};
use crate::recover::roles;
use crate::render::{MadeFrom, Rendered, RenderedProfile, Renderer};
use crate::revision::{Revision, Role};
use crate::secret::Way;
use crate::site::Site;
use crate::yaml::{Answer, Ask, Decision, Path, Verdict, merge_values};
use layers::matched;
pub use report::{Clashed, FORMAT, Item, Limited, ProfileStep, Report, Step, What};
pub use resolutions::Resolutions;
use resolutions::{Place, hash, part_words, questions};

/// What is carried over, and where to.
pub struct Request<'r> {
    /// The profiles as they are.
    pub yours: &'r [Profile],
    /// The same with every key of their files, as far as these are at hand.
    pub trees: &'r [Option<Value>],
    /// The revision they were made from.
    pub from: &'r Revision,
    /// The revision to go to.
    pub to: &'r Revision,
    /// The site that both are rendered with.
    pub site: &'r Site,
    /// Whether the site was recovered from the profiles: rules may then find fault with it, as they would with the profiles.
    pub is_recovered: bool,
    /// The vendors' texts.
    pub library: &'r Library,
    /// What the profiles were rendered from, where that is known.
    pub lock: Option<&'r Lock>,
    /// What a person answered.
    pub resolutions: &'r Resolutions,
}

/// The result.
#[derive(Debug)]
pub struct Upgrade {
    /// The profiles; worth nothing while conflicts are open.
    pub profiles: Vec<RenderedProfile>,
    /// What was decided.
    pub report: Report,
    /// What they were made from: the base and theirs of each, over which yours was merged.
    pub sides: Vec<Sides>,
    /// What the new revision was rendered from.
    pub lock: Lock,
}

/// The base and theirs of a profile.
#[derive(Debug)]
pub struct Sides {
    /// What the old revision makes of the site, with your choice of presets and versions.
    pub base: Profile,
    /// What the new one does.
    pub theirs: Profile,
}

impl Upgrade {
    /// The file that asks about the conflicts; none where there are none.
    pub fn questions(&self) -> Option<String> {
        let report = &self.report;
        let asks = report
            .items
            .iter()
            .any(|item| matches!(item.what, What::Conflict { .. }));
        asks.then(|| questions(&report.from, &report.to, &report.items))
    }
}

/// Carries profiles over.
///
/// # Errors
/// They are no profiles of the RA, a revision cannot be rendered with the site, or answers are out of date.
pub fn upgrade(request: &Request<'_>) -> Result<Upgrade, Vec<Diagnostic>> {
    let base = rendered(request, request.from)?;
    let notes = request.lock.map(|lock| lock.differences(&base.lock));
    let base = base.profiles;
    let Rendered {
        profiles: theirs,
        lock,
        ..
    } = rendered(request, request.to)?;
    let roles = roles(request.yours, request.from)?;
    let mut yours: Vec<(Role, &Profile)> = roles.into_iter().zip(request.yours).collect();
    yours.sort_by_key(|(role, _)| *role);
    let texts = request.yours.iter().flat_map(|profile| {
        let layers = profile.spec.template.packs.iter();
        layers.map(|layer| layer.values.as_bytes())
    });
    let mut merging = Merging {
        request,
        secrets: Secrets::new(texts, false),
        profile: String::new(),
        layer: None,
        items: Vec::new(),
        limited: Vec::new(),
        by_hand: Vec::new(),
        built_in: Vec::new(),
        grounds: Vec::new(),
    };
    let mut profiles = Vec::new();
    let (mut steps, mut sides) = (Vec::new(), Vec::new());
    let mut before_after = Vec::new();
    for (role, profile) in yours {
        let of_role =
            |rendered: &'_ [RenderedProfile]| rendered.iter().position(|other| other.role == role);
        let (Some(old), Some(new)) = (of_role(&base), of_role(&theirs)) else {
            continue;
        };
        let merged = merging.profile(role, &base[old], profile, &theirs[new]);
        let (base, theirs) = (&base[old].profile, &theirs[new].profile);
        sides.push(merging.sides(&profile.metadata.name, base, theirs));
        steps.extend(steps::steps(profile, &merged)?);
        before_after.push(ProfileStep {
            name: profile.metadata.name.clone(),
            role: role.as_str(),
            was: profile.spec.version.clone(),
            becomes: merged.spec.version.clone(),
        });
        let layers = merged.spec.template.packs.len();
        let number = request
            .yours
            .iter()
            .position(|one| std::ptr::eq(one, profile));
        let tree = number.and_then(|at| request.trees.get(at)?.as_ref());
        profiles.push(RenderedProfile {
            role,
            tree: tree.map(|tree| with_all_keys(tree, profile, &merged)),
            profile: merged,
            made_from: vec![MadeFrom::merged(); layers],
        });
    }
    let problems = request.resolutions.problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut report = Report {
        format: FORMAT,
        from: request.from.name.clone(),
        to: request.to.name.clone(),
        profiles: before_after,
        notes: notes.unwrap_or_default(),
        items: merging.items,
        limited: merging.limited,
        by_hand: merging.by_hand,
        steps,
        impacts: Vec::new(),
    };
    weigh(request, &profiles, &mut report)?;
    Ok(Upgrade {
        profiles,
        report,
        sides,
        lock,
    })
}

/// A profile with the keys of its file that [`Profile`] does not know.
fn with_all_keys(tree: &Value, was: &Profile, merged: &Profile) -> Value {
    let (was, merged) = (json!(was), json!(merged));
    let theirs = |_: &Path, _: [Option<&Value>; 3]| Some(Answer::Theirs);
    let (value, _) = merge_values([Some(&was), Some(tree), Some(&merged)], &theirs);
    value.unwrap_or(merged)
}

/// What a revision makes of the site.
fn rendered(request: &Request<'_>, revision: &Revision) -> Result<Rendered, Vec<Diagnostic>> {
    let fitted = crate::rules::fitted(request.site, revision);
    let site = fitted.as_ref().map_or(request.site, |(site, _)| site);
    let renderer = Renderer::new(revision, request.library).map_err(|problem| vec![problem])?;
    if !request.is_recovered {
        return renderer.render(site, &Role::ALL);
    }
    let profiles = renderer.draft(site, &Role::ALL);
    let made_from = profiles.iter().flat_map(|profile| &profile.made_from);
    let packs = made_from.filter_map(|from| from.pack.as_deref());
    let lock = Lock::new(&revision.name, site, packs);
    Ok(Rendered {
        profiles,
        remarks: Vec::new(),
        holds_secrets: site.holds_secrets,
        lock,
    })
}

/// Adds what the changes do to a running cluster, as `diff` says it.
fn weigh(
    request: &Request<'_>,
    profiles: &[RenderedProfile],
    report: &mut Report,
) -> Result<(), Vec<Diagnostic>> {
    let input = |name: &str, profiles: Vec<Profile>| Input {
        name: name.to_owned(),
        profiles,
        revision: None,
    };
    let merged = profiles.iter().map(|one| one.profile.clone()).collect();
    let old = input("yours", request.yours.to_vec());
    let new = input("merged", merged);
    let found = diff::compare(&old, &new, request.library, &Options::default())
        .map_err(|problem| vec![problem])?;
    for item in &mut report.items {
        // What stays does nothing.
        if matches!(item.what, What::Taken | What::Combined) {
            let change = found.changes.iter().find(|change| is_about(change, item));
            item.impact = change.map(|change| change.impact);
            item.because = change.map(|change| change.because.to_string());
        }
    }
    report.impacts = found.summary.impacts;
    Ok(())
}

/// Whether a change of the comparison is the one that was decided. It tells files and commands of nodes as parts of their
/// own, and items of lists by other names.
fn is_about(change: &Change, item: &Item) -> bool {
    if change.layer != item.layer {
        return false;
    }
    let keys = |path: &'_ str| path.split('[').next().unwrap_or_default().to_owned();
    match &change.part {
        Part::File(file) => item.path.contains(&format!("[targetPath={file}]")),
        Part::Commands(name) => item.path.contains(name.as_str()),
        part => {
            *part == item.part
                && (change.path == item.path || keys(&change.path) == keys(&item.path))
        }
    }
}

/// An upgrade under way.
struct Merging<'r> {
    request: &'r Request<'r>,
    secrets: Secrets,
    profile: String,
    layer: Option<String>,
    items: Vec<Item>,
    limited: Vec<Limited>,
    by_hand: Vec<String>,
    /// The layers of the profile whose values are this program's own.
    built_in: Vec<String>,
    /// Base and theirs of the layers of the profile whose values are not as they were rendered.
    grounds: Vec<(String, [String; 2])>,
}

impl Merging<'_> {
    /// What the profile that was just merged was merged over.
    fn sides(&self, name: &str, base: &Profile, theirs: &Profile) -> Sides {
        let side = |profile: &Profile, number: usize| {
            let mut profile = profile.clone();
            name.clone_into(&mut profile.metadata.name);
            for layer in &mut profile.spec.template.packs {
                let ground = self.grounds.iter().find(|(of, _)| *of == layer.name);
                if let Some((_, texts)) = ground {
                    layer.values.clone_from(&texts[number]);
                }
            }
            profile
        };
        Sides {
            base: side(base, 0),
            theirs: side(theirs, 1),
        }
    }

    fn profile(
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
                "cloudType": profile.spec.template.cloud_type,
            })
        };
        let facts = self.merged(&Part::Profile, [old, yours, new].map(facts));
        let built_in_packs = built_in.as_ref().map_or(&[][..], |known| &known.packs);
        let fits = facts["description"].is_string()
            && facts["labels"].is_object()
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
        let mut merged = Profile {
            metadata: Metadata {
                name: yours.metadata.name.clone(),
                description,
                labels: facts["labels"].as_object().cloned().unwrap_or_default(),
            },
            spec: Spec {
                version,
                template: Template {
                    kind: yours.spec.template.kind.clone(),
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
        let mut merged = Vec::new();
        for of in matched(sides, |variable| &variable.name) {
            let Some(name) = of.iter().flatten().map(|one| one.name.as_str()).next() else {
                continue;
            };
            let values = of.map(|variable| variable.map(|variable| json!(variable)));
            let part = Part::Variable(name.to_owned());
            let found = self.merged_value(&part, values);
            let found: Option<Variable> = found.and_then(|found| {
                let read = serde_json::from_value(found).ok();
                if read.is_none() {
                    self.asked(&part).refuse_all();
                }
                read
            });
            // What the texts still use must be declared.
            let is_used = used.contains(&name);
            let [base, yours, theirs] = of;
            let kept = found.or_else(|| yours.or(base).or(theirs).filter(|_| is_used).cloned());
            let Some(variable) = kept else { continue };
            if yours.is_none() && variable.default_value.is_none() {
                self.by_hand.push(format!(
                    "fill in the new variable `{name}` of the {role} profile ({}) where a cluster uses it",
                    variable.display_name
                ));
            }
            merged.push(variable);
        }
        merged
    }

    /// Merges values that all three have.
    fn merged(&mut self, part: &Part, values: [Value; 3]) -> Value {
        self.merged_value(part, values.map(Some))
            .unwrap_or_default()
    }

    fn merged_value(&mut self, part: &Part, values: [Option<Value>; 3]) -> Option<Value> {
        let asked = self.asked(part);
        let (value, decisions) = merge_values(values.each_ref().map(Option::as_ref), &asked.ask());
        let roots: Vec<&Value> = values.iter().flatten().collect();
        self.record(part, decisions, &roots);
        value
    }

    /// Asks for the answers about a part.
    fn asked(&self, part: &Part) -> Asked<'_> {
        Asked {
            resolutions: self.request.resolutions,
            profile: self.profile.clone(),
            layer: self.layer.clone().unwrap_or_default(),
            part: part_words(part),
        }
    }

    /// Puts decisions into the report; `roots` are the trees that they are about.
    fn record(&mut self, part: &Part, decisions: Vec<Decision>, roots: &[&Value]) {
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
struct Asked<'r> {
    resolutions: &'r Resolutions,
    profile: String,
    layer: String,
    part: String,
}

impl Asked<'_> {
    fn ask(&self) -> Box<Ask<'_>> {
        Box::new(|path: &Path, sides: [Option<&Value>; 3]| {
            self.resolutions
                .answer(&self.place(path.to_string()), sides)
        })
    }

    /// Says that the answer leaves no text where one belongs.
    fn refuse(&self, path: &str) {
        self.resolutions.refuse(self.place(path.to_owned()));
    }

    /// As [`Asked::refuse`], of every answer about the part.
    fn refuse_all(&self) {
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

/// Whether a profile says of a layer that it has built-in values.
fn is_named_before(profile: &Profile, name: &String) -> bool {
    BuiltInLayers::of_description(&profile.metadata.description)
        .is_some_and(|known| known.packs.contains(name))
}

/// The variables that the texts of a profile use.
fn uses(profile: &Profile) -> Vec<&str> {
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
