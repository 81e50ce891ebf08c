//! Matches the layers of a profile, and merges each.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::api_versions::gone_in;
use super::merging::{Grounds, Merging};
use super::replaced::Replaced;
use super::report::{Limited, Moved};
use super::values::{
    Ground, Made, by_group, can_be_read, ground, is_about, merge, of_groups, relocated,
    without_presets,
};
use crate::diff::{Part, pair_layers, unique_names};
use crate::pack::{Counterpart, Layout};
use crate::profile::{Layer, Manifest, Profile, RegistryReference};
use crate::render::{MadeFrom, RenderedProfile};
use crate::sequence::merged_order;
use crate::version::Version;
use crate::yaml::{Answer, Clash, Decision, Limits, Path, Verdict, to_json};

/// The order of the result, of what stands in three lists.
pub(super) fn order(ids: &[Vec<usize>; 3]) -> Vec<usize> {
    let [base, yours, theirs] = ids;
    let mut order = merged_order(base, yours, theirs);
    let present: HashSet<usize> = order.iter().copied().collect();
    order.extend(base.iter().filter(|id| !present.contains(id)));
    order
}

/// What stands in three lists, in the order of the result, with those of one name together: the first of it in each, then
/// the second.
pub(super) fn matched<'t, T>(
    lists: [&'t [T]; 3],
    name: impl Fn(&'t T) -> &'t str,
) -> Vec<[Option<&'t T>; 3]> {
    let mut found: Vec<[Option<&T>; 3]> = Vec::new();
    let mut of_name: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut ids = [Vec::new(), Vec::new(), Vec::new()];
    for (side, list) in lists.into_iter().enumerate() {
        let mut times: HashMap<&str, usize> = HashMap::new();
        for item in list {
            let known = of_name.entry(name(item)).or_default();
            let time = times.entry(name(item)).or_default();
            if *time == known.len() {
                known.push(found.len());
                found.push([None; 3]);
            }
            let id = known[*time];
            *time += 1;
            found[id][side] = Some(item);
            ids[side].push(id);
        }
    }
    let order = order(&ids).into_iter();
    order.filter_map(|id| found.get(id).copied()).collect()
}

/// A layer in each of the three, by its number.
#[derive(Clone, Copy, Default)]
struct Triple {
    base: Option<usize>,
    yours: Option<usize>,
    theirs: Option<usize>,
}

/// Which layers go together. A pack that took another's place is another layer.
fn triples(base: &[Layer], yours: &[Layer], theirs: &[Layer]) -> Vec<Triple> {
    let partners = |side: &[Layer]| -> Vec<(Option<usize>, Option<usize>)> {
        let layers = base.iter().zip(0..).chain(side.iter().zip(0..));
        let numbers: HashMap<*const Layer, usize> = layers
            .map(|(layer, number)| (std::ptr::from_ref(layer), number))
            .collect();
        let number = |one: Option<&Layer>| numbers.get(&std::ptr::from_ref(one?)).copied();
        let mut found = Vec::new();
        for (old, new) in pair_layers(base, side) {
            let pair = (number(old), number(new));
            match (old, new) {
                (Some(old), Some(new)) if old.name != new.name => {
                    found.extend([(pair.0, None), (None, pair.1)]);
                }
                _ => found.push(pair),
            }
        }
        found
    };
    let mut triples: Vec<Triple> = (0..base.len())
        .map(|at| Triple {
            base: Some(at),
            ..Triple::default()
        })
        .collect();
    for (old, new) in partners(yours) {
        match (old, new) {
            (Some(old), new) => triples[old].yours = new,
            (None, new) => triples.push(Triple {
                yours: new,
                ..Triple::default()
            }),
        }
    }
    for (old, new) in partners(theirs) {
        let Some(at) = new else { continue };
        if let Some(old) = old {
            triples[old].theirs = Some(at);
            continue;
        }
        let is_same = |triple: &&mut Triple| {
            let of_yours = triple.yours.and_then(|yours_at| yours.get(yours_at));
            triple.base.is_none() && of_yours.is_some_and(|layer| layer.name == theirs[at].name)
        };
        match triples.iter_mut().find(is_same) {
            Some(triple) => triple.theirs = Some(at),
            None => triples.push(Triple {
                theirs: Some(at),
                ..Triple::default()
            }),
        }
    }
    triples
}

impl Merging<'_> {
    pub(super) fn layers(
        &mut self,
        base: &RenderedProfile,
        yours: &Profile,
        theirs: &RenderedProfile,
        built_in: &[String],
    ) -> Vec<Layer> {
        let packs = |profile: &'_ Profile| profile.spec.template.packs.clone();
        let mut sides = [packs(&base.profile), packs(yours), packs(&theirs.profile)];
        self.raise_api_versions(&mut sides[1]);
        let [old, mine, new] = &sides;
        let triples = triples(old, mine, new);
        let mut ids = [Vec::new(), Vec::new(), Vec::new()];
        for (side, ids) in ids.iter_mut().enumerate() {
            let at = |triple: &Triple| [triple.base, triple.yours, triple.theirs][side];
            let mut present: Vec<(usize, usize)> = (triples.iter().zip(0..))
                .filter_map(|(triple, id)| Some((at(triple)?, id)))
                .collect();
            present.sort_unstable();
            ids.extend(present.into_iter().map(|(_, id)| id));
        }
        let order = order(&ids);
        let newest = order.iter().filter_map(|id| {
            let triple = triples[*id];
            let sides = [
                (mine, triple.yours),
                (new, triple.theirs),
                (old, triple.base),
            ];
            sides.into_iter().find_map(|(layers, at)| layers.get(at?))
        });
        let names = unique_names(&newest.collect::<Vec<_>>());
        let mut replaced = self.replacements(&triples, (base, yours, theirs), built_in);
        let mut merged = Vec::new();
        for (id, name) in order.into_iter().zip(names) {
            let triple = triples[id];
            let made = |side: &'_ RenderedProfile, layers: &'_ [Layer], at: Option<usize>| {
                let at = at?;
                Some((layers.get(at)?.clone(), side.made_from.get(at)?.clone()))
            };
            let old = made(base, old, triple.base);
            let new = made(theirs, new, triple.theirs);
            let (old, new) = (
                made_of(old.as_ref(), triple.base),
                made_of(new.as_ref(), triple.theirs),
            );
            let mine = triple.yours.and_then(|at| mine.get(at));
            self.layer = Some(name);
            let as_it_was = old.filter(|_| replaced.gone.contains(&id));
            let mine = as_it_was.map(|made| made.layer).or(mine);
            let mut layer = self.layer(old, mine, new, built_in);
            if let (Some(layer), Some(replaced)) = (&mut layer, replaced.come.remove(&id)) {
                self.carry(layer, &replaced);
            }
            merged.extend(layer);
        }
        merged
    }

    /// Puts API versions that are served in the place of those that no longer are, and says so.
    fn raise_api_versions(&mut self, yours: &mut [Layer]) {
        if self.request.from.name == self.request.to.name {
            return;
        }
        let gone = gone_in(self.request.to).unwrap_or_default();
        let manifests = yours.iter_mut().flat_map(|layer| {
            let manifests = layer.manifests.iter_mut();
            manifests.map(|manifest| (layer.name.as_str(), manifest))
        });
        for (layer, manifest) in manifests {
            for api in &gone {
                let Some((raised, was)) = api.raised(&manifest.content) else {
                    continue;
                };
                self.moved.push(Moved {
                    profile: self.profile.clone(),
                    layer: layer.to_owned(),
                    to: api.becomes.clone(),
                    from_pack: layer.to_owned(),
                    from: format!("the apiVersion {was} of the manifest {}", manifest.name),
                    source: api.source.clone(),
                    form: None,
                });
                self.by_hand.push(format!(
                    "compare the fields of the manifest `{}` in `{layer}` with those of {}",
                    manifest.name, api.becomes
                ));
                manifest.content = raised;
            }
        }
    }

    /// Which layers of theirs take the place of some that you have.
    fn replacements(
        &self,
        triples: &[Triple],
        (base, yours, theirs): (&RenderedProfile, &Profile, &RenderedProfile),
        built_in: &[String],
    ) -> Replacements {
        let made = |side: &'_ RenderedProfile, at: Option<usize>| {
            let layer = side.profile.spec.template.packs.get(at?)?.clone();
            Some((layer, side.made_from.get(at?)?.clone()))
        };
        let mut found = Replacements::default();
        let come = triples
            .iter()
            .zip(0..)
            .filter(|(triple, _)| triple.base.is_none() && triple.yours.is_none());
        for (new, new_id) in come {
            let Some(come) = made(theirs, new.theirs) else {
                continue;
            };
            for (old, old_id) in triples.iter().zip(0..) {
                let mine = old.yours.and_then(|at| yours.spec.template.packs.get(at));
                let mine = mine.filter(|mine| {
                    let known = Counterpart::of(&mine.name, &come.0.name);
                    old.theirs.is_none() && known.is_ok_and(|known| known.is_some())
                });
                let (Some(mine), Some(gone)) = (mine, made(base, old.base)) else {
                    continue;
                };
                let from = made_of(Some(&gone), old.base);
                let (Some(from), Some(to)) = (from, made_of(Some(&come), new.theirs)) else {
                    continue;
                };
                let is_built_in = built_in.contains(&mine.name);
                let Some(replaced) = self.replaced(from, mine, to, is_built_in) else {
                    continue;
                };
                let is_same = gone.0.version == mine.version && gone.0.manifests == mine.manifests;
                if is_same && replaced.is_whole() {
                    found.gone.insert(old_id);
                }
                found.come.insert(new_id, replaced);
            }
        }
        found
    }

    fn layer(
        &mut self,
        base: Option<Made<'_>>,
        yours: Option<&Layer>,
        theirs: Option<Made<'_>>,
        built_in: &[String],
    ) -> Option<Layer> {
        match (base, yours, theirs) {
            (Some(base), Some(yours), Some(theirs)) => {
                Some(self.merged_layer(base, yours, theirs, built_in))
            }
            (None, Some(yours), Some(theirs)) => {
                // Both brought it in: what is alike is no question.
                let from = theirs.from.clone();
                let empty = Layer {
                    name: yours.name.clone(),
                    ..Layer::default()
                };
                let base = Made {
                    layer: &empty,
                    from: &from,
                    at: None,
                };
                let is_same = yours.values == theirs.layer.values;
                Some(match is_same {
                    true => theirs.layer.clone(),
                    false => self.merged_layer(base, yours, theirs, built_in),
                })
            }
            (None, None, Some(theirs)) if theirs.is_built_in() => {
                self.built_in.push(theirs.layer.name.clone());
                self.lone_layer(None, None, Some(theirs.layer))
            }
            (base, yours, theirs) => self.lone_layer(
                base.map(|made| made.layer),
                yours,
                theirs.map(|made| made.layer),
            ),
        }
    }

    /// A layer that one side, or both, took out or brought in.
    fn lone_layer(
        &mut self,
        base: Option<&Layer>,
        yours: Option<&Layer>,
        theirs: Option<&Layer>,
    ) -> Option<Layer> {
        let sides = [base, yours, theirs];
        let outline = |layer: &Layer| json!({"pack": layer.name, "version": layer.version});
        let outlines = sides.map(|side| side.map(outline));
        let (verdict, result) = match sides {
            // Yours to keep; theirs to bring in.
            [None, Some(yours), None] => (Verdict::Kept, Some(yours)),
            [None, None, Some(theirs)] => (Verdict::Taken, Some(theirs)),
            [Some(_), None, None] => (Verdict::Same, None),
            // You took it out: it stays out, whatever became of it.
            [Some(_), None, Some(_)] => (Verdict::Kept, None),
            [Some(base), Some(yours), None] if is_alike(base, yours) => (Verdict::Taken, None),
            [Some(_), Some(yours), None] => {
                let asked = self.asked(&Part::Layer);
                let values = outlines.each_ref().map(Option::as_ref);
                let answer = asked.ask()(&Path::default(), values);
                let result = match &answer {
                    Some(Answer::Theirs | Answer::Drop) => None,
                    Some(Answer::Base) => base,
                    _ => Some(yours),
                };
                (Verdict::Conflict(Clash::Gone, answer), result)
            }
            _ => return None,
        };
        let [base, yours, theirs] = outlines;
        let decision = Decision {
            path: Path::default(),
            verdict,
            base,
            yours,
            theirs,
        };
        self.record(&Part::Layer, vec![decision], &[]);
        result.cloned()
    }

    fn merged_layer(
        &mut self,
        base: Made<'_>,
        yours: &Layer,
        theirs: Made<'_>,
        built_in: &[String],
    ) -> Layer {
        let facts = |layer: &Layer| {
            json!({
                "version": layer.version,
                "type": layer.kind,
                "registry": layer.registry,
            })
        };
        let mut facts = [base.layer, yours, theirs.layer].map(facts);
        // A version of yours that theirs passes by is on the way there, and so is any from which the site asks for a later one.
        let [old, mine, new] =
            [base.layer, yours, theirs.layer].map(|layer| Version::parse(&layer.version));
        let mut asked_for = self.request.site.registries.versioned();
        let is_asked_for = old == new && asked_for.any(|name| name == yours.name);
        if (old < mine || is_asked_for) && mine < new {
            facts[0]["version"] = json!(yours.version);
        }
        // What cannot be read stays as it is, and belongs to its version.
        if !can_be_read(&yours.values) {
            facts[0]["version"] = json!(yours.version);
            facts[2]["version"] = json!(yours.version);
            self.by_hand.push(format!(
                "mend the values of `{}`, which are no YAML; until then the layer stays at {}",
                yours.name, yours.version
            ));
        }
        let facts = self.merged(&Part::Layer, facts);
        for key in ["version", "type"] {
            if !facts[key].is_string() {
                self.asked(&Part::Layer).refuse(key);
            }
        }
        let is_built_in = built_in.contains(&yours.name);
        if is_built_in && theirs.is_built_in() {
            self.built_in.push(yours.name.clone());
        }
        let version = facts["version"].as_str().unwrap_or_default().to_owned();
        let sides = [yours, theirs.layer, base.layer];
        let side = sides.into_iter().find(|layer| layer.version == version);
        let tag = side.map_or_else(|| version.clone(), |layer| layer.tag.clone());
        let asks_otherwise = yours.version == base.layer.version && yours.tag != base.layer.tag;
        if asks_otherwise && tag != yours.tag {
            self.by_hand.push(format!(
                "look at the tag of `{}`: yours asks for `{}`, the result for `{tag}`",
                yours.name, yours.tag
            ));
        }
        let registry: Option<RegistryReference> =
            serde_json::from_value(facts["registry"].clone()).ok();
        if registry.is_none() {
            self.asked(&Part::Layer).refuse_all();
        }
        Layer {
            name: yours.name.clone(),
            kind: facts["type"].as_str().unwrap_or_default().to_owned(),
            layer: yours.layer.clone(),
            values: self.values(base, yours, theirs, is_built_in, &version),
            version,
            tag,
            registry: registry.unwrap_or_else(|| yours.registry.clone()),
            manifests: self.manifests(
                &base.layer.manifests,
                &yours.manifests,
                &theirs.layer.manifests,
            ),
        }
    }

    /// Says what has another name, where it stays under the old one.
    fn leave(&mut self, layout: &Layout, name: &str, mine: &str) {
        let mine = tree(mine);
        let moved = layout.moved.iter();
        let present = moved.filter(|setting| setting.from.find(&mine).is_some());
        let names = present.map(|setting| format!("`{}` is `{}` now", setting.from, setting.to));
        let names: Vec<String> = names.collect();
        if !names.is_empty() {
            self.by_hand.push(format!(
                "look at what has another name from `{name}` {} on ({}): {}",
                layout.since,
                layout.source,
                names.join(", ")
            ));
        }
    }

    /// Moves what a layout moved in the base and in yours, and says what was yours of it.
    fn pass(&mut self, layout: &Layout, name: &str, base: &mut String, mine: &mut String) {
        let [of_base, of_mine] = [&*base, &*mine].map(|text| tree(text));
        for gone in &layout.gone {
            let value = gone.path.find(&of_mine);
            if value.is_some() && value != gone.path.find(&of_base) {
                self.by_hand.push(format!(
                    "`{}`, which you changed in `{name}`, is gone from {} on: {}",
                    gone.path, layout.since, gone.instead
                ));
            }
        }
        let (text, moved) = relocated(layout, mine, Some(&of_base));
        for setting in moved {
            self.moved.push(Moved {
                profile: self.profile.clone(),
                layer: self.layer.clone().unwrap_or_default(),
                to: setting.to.to_string(),
                from_pack: name.to_owned(),
                from: setting.from.to_string(),
                source: layout.source.clone(),
                form: setting.form.clone(),
            });
        }
        *mine = text;
        *base = relocated(layout, base, None).0;
    }

    /// The values of a layer that becomes a version.
    pub(super) fn values(
        &mut self,
        base: Made<'_>,
        yours: &Layer,
        theirs: Made<'_>,
        is_built_in: bool,
        version: &str,
    ) -> String {
        // The vendor's text never gives way to ours.
        let as_it_stands =
            base.layer.values == yours.values && (base.is_built_in() || !theirs.is_built_in());
        if base.layer.values == theirs.layer.values && base.from.pack.is_none() {
            return yours.values.clone();
        }
        let groups = [&base.layer.values, &yours.values, &theirs.layer.values];
        let groups = groups.map(|text| by_group(text));
        let [of_old, _, of_new] = groups.clone();
        let presets = of_groups(&self.merged(&Part::Preset(String::new()), groups));
        let ground = match as_it_stands {
            true => Ground::Whole {
                base: base.layer.values.clone(),
                theirs: theirs.layer.values.clone(),
            },
            false => ground(
                self.request.library,
                yours,
                is_built_in,
                base,
                theirs,
                &presets,
            ),
        };
        let (Ground::Whole {
            base: of_base,
            theirs: of_theirs,
        }
        | Ground::Own {
            base: of_base,
            theirs: of_theirs,
            ..
        }) = &ground;
        self.grounds.push(Grounds {
            at: [base.at, theirs.at],
            texts: [of_base.clone(), of_theirs.clone()],
        });
        let (base, theirs, set) = match ground {
            Ground::Whole { base, theirs } => (base, theirs, None),
            Ground::Own {
                base,
                theirs,
                set,
                no_longer,
                why,
            } => {
                let switched = of_new.as_object().into_iter().flatten();
                let switched = switched
                    .filter(|(group, name)| of_old.get(*group).is_some_and(|was| was != *name));
                for (group, name) in switched {
                    self.by_hand.push(format!(
                        "switch `{}` to the preset {name} of `{group}` in Palette",
                        yours.name
                    ));
                }
                let present = tree(&yours.values);
                let left = no_longer
                    .iter()
                    .filter(|path| path.find(&present).is_some());
                let left: Vec<String> = left.map(|path| format!("`{path}`")).collect();
                if !left.is_empty() {
                    self.by_hand.push(format!(
                        "decide about what RA {} no longer sets in `{}`, and what stays as you have it: {}",
                        self.request.to.name,
                        yours.name,
                        left.join(", ")
                    ));
                }
                self.limit(format!(
                    "only what the RA itself sets is merged, and the rest stays yours: {why}"
                ));
                (base, theirs, Some(set))
            }
        };
        let ((old_line, base), (line, mine), (new_line, theirs)) = (
            without_presets(&base),
            without_presets(&yours.values),
            without_presets(&theirs),
        );
        let (mut base, mut mine) = (base.to_owned(), mine.to_owned());
        for layout in Layout::passed(&yours.name, &yours.version, version) {
            match set.is_some() && layout.upgrades_from.is_none() {
                // Nobody knows which of them is an edit.
                true => self.leave(layout, &yours.name, &mine),
                false => self.pass(layout, &yours.name, &mut base, &mut mine),
            }
        }
        let (base, mine) = (base.as_str(), mine.as_str());
        let name = format!("values of {}", yours.name);
        let Some((text, decisions)) = self.texts(&name, &Part::Values, [base, mine, theirs]) else {
            return yours.values.clone();
        };
        let decisions = decisions.into_iter().filter(|decision| {
            let set = set.as_deref();
            set.is_none_or(|set| is_about(set, decision))
        });
        let roots = [base, mine, theirs].map(tree);
        self.record(
            &Part::Values,
            decisions.collect(),
            &roots.each_ref().map(|root| root),
        );
        let line = match (set, old_line == new_line) {
            (None, false) => new_line,
            _ => line,
        };
        match line {
            Some(line) => format!("{line}\n{text}"),
            None => text,
        }
    }

    fn limit(&mut self, why: String) {
        self.limited.push(Limited {
            profile: self.profile.clone(),
            layer: self.layer.clone().unwrap_or_default(),
            why,
        });
    }

    /// Merges three texts; none, and a note, where one cannot be read.
    fn texts(
        &mut self,
        name: &str,
        part: &Part,
        texts: [&str; 3],
    ) -> Option<(String, Vec<Decision>)> {
        let asked = self.asked(part);
        let merged = merge(name, texts, &asked.ask());
        match merged {
            Ok(merged) => Some((merged.text, merged.decisions)),
            Err(_) => {
                self.limit(format!(
                    "the {name} cannot be read as YAML, and stay as they are"
                ));
                None
            }
        }
    }

    fn manifests(
        &mut self,
        base: &[Manifest],
        yours: &[Manifest],
        theirs: &[Manifest],
    ) -> Vec<Manifest> {
        let mut merged = Vec::new();
        for sides in matched([base, yours, theirs], |manifest| &manifest.name) {
            let Some(name) = sides.iter().flatten().map(|one| one.name.clone()).next() else {
                continue;
            };
            let sides = sides.map(|side| side.map(|manifest| manifest.content.clone()));
            if let Some(content) = self.manifest(&name, sides) {
                merged.push(Manifest { name, content });
            }
        }
        merged
    }

    fn manifest(&mut self, name: &str, sides: [Option<String>; 3]) -> Option<String> {
        let part = Part::Manifest(name.to_owned());
        if let [Some(base), Some(yours), Some(theirs)] = &sides {
            let title = format!("manifest {name}");
            let Some((text, decisions)) = self.texts(&title, &part, [base, yours, theirs]) else {
                return Some(yours.clone());
            };
            let roots: Vec<Value> = [base, yours, theirs]
                .into_iter()
                .flat_map(|text| trees(text))
                .collect();
            self.record(&part, decisions, &roots.iter().collect::<Vec<_>>());
            return Some(text);
        }
        let values = sides.map(|side| side.map(Value::String));
        let merged = self.merged_value(&part, values);
        match merged? {
            Value::String(text) => Some(text),
            other => Some(crate::yaml::from_json(&other)),
        }
    }
}

fn made_of(made: Option<&(Layer, MadeFrom)>, at: Option<usize>) -> Option<Made<'_>> {
    made.map(|(layer, from)| Made { layer, from, at })
}

/// The layers that others take the place of, by their numbers.
#[derive(Default)]
struct Replacements {
    /// Those of which nothing is left to ask about.
    gone: HashSet<usize>,
    come: HashMap<usize, Replaced>,
}

/// Whether a layer was left as it is, but for what a tenant writes itself.
fn is_alike(base: &Layer, yours: &Layer) -> bool {
    base.values == yours.values
        && base.manifests == yours.manifests
        && base.version == yours.version
}

pub(super) fn tree(text: &str) -> Value {
    to_json(&crate::diagnostic::Source::new("", text), Limits::VALUES).unwrap_or_default()
}

fn trees(text: &str) -> Vec<Value> {
    let source = crate::diagnostic::Source::new("", text);
    crate::yaml::to_json_all(&source, Limits::VALUES).unwrap_or_default()
}
