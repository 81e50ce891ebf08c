//! Merges the layers of a profile.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::api_versions::gone_in;
use super::ground::Made;
use super::matching::{Matched, Orders, Triple, triples};
use super::merging::{Merging, whole};
use super::replaced::Replaced;
use super::report::Moved;
use crate::diagnostic::Source;
use crate::diff::{Part, unique_names};
use crate::pack::Counterpart;
use crate::profile::{Layer, Manifest, Profile};
use crate::render::{MadeFrom, RenderedProfile};
use crate::version::Version;
use crate::yaml::{self, Answer, Clash, Limits, Path, Verdict};

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
        let orders = Orders::new(ids);
        let order = orders.result();
        // Layers that you took out are named after the others, as in the comparison of yours with the result.
        let (out, rest): (Vec<usize>, Vec<usize>) = (order.iter()).partition(|id| {
            let triple = triples[**id];
            triple.yours.is_none() && triple.base.is_some()
        });
        let named = [rest, out].concat();
        let newest = named.iter().filter_map(|id| {
            let triple = triples[*id];
            let sides = [
                (mine, triple.yours),
                (new, triple.theirs),
                (old, triple.base),
            ];
            sides.into_iter().find_map(|(layers, at)| layers.get(at?))
        });
        let names = unique_names(&newest.collect::<Vec<_>>()).into_iter();
        let names: HashMap<usize, String> = named.iter().copied().zip(names).collect();
        let mut replaced = self.replacements(&triples, (base, yours, theirs), built_in);
        let mut merged = Vec::new();
        let mut stays: Vec<usize> = Vec::new();
        for &id in order {
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
            self.layer = Some(names[&id].clone());
            let as_it_was = old.filter(|_| replaced.gone.contains(&id));
            let mine = as_it_was.map(|made| made.layer).or(mine);
            self.place(&Part::Layer, &orders, id, |id| names[&id].clone());
            let mut layer = self.layer(old, mine, new, built_in);
            if let (Some(layer), Some(replaced)) = (&mut layer, replaced.come.remove(&id)) {
                self.carry(layer, &replaced);
            }
            stays.extend(layer.as_ref().map(|_| id));
            merged.extend(layer);
        }
        for (old, new) in replaced.pairs {
            if stays.contains(&old) && stays.contains(&new) {
                self.by_hand.push(format!(
                    "keep `{}` and `{}` apart: one replaces the other, but both stay, with the addresses and ports that yours asks for (`vmo-ra check` finds addresses that both ask for)",
                    names[&new], names[&old]
                ));
            }
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

    /// Which layers of theirs replace some that you have.
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
                found.pairs.push((old_id, new_id));
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
                // Both brought it in, each from a registry of its own.
                let empty = Layer {
                    values: String::new(),
                    version: String::new(),
                    tag: String::new(),
                    manifests: Vec::new(),
                    ..theirs.layer.clone()
                };
                let base = Made {
                    layer: &empty,
                    from: theirs.from,
                    at: None,
                };
                Some(self.merged_layer(base, yours, theirs, built_in))
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
            // You removed it, so it stays removed.
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
        self.record(&Part::Layer, vec![whole(verdict, outlines)], &[]);
        result.cloned()
    }

    fn merged_layer(
        &mut self,
        base: Made<'_>,
        yours: &Layer,
        theirs: Made<'_>,
        built_in: &[String],
    ) -> Layer {
        let is_one_version =
            yours.version == base.layer.version && yours.version == theirs.layer.version;
        let registries = registries([base.layer, yours, theirs.layer]);
        let facts = |layer: &Layer| {
            let mut facts = json!({
                "version": layer.version,
                "type": layer.kind,
                "layer": layer.layer,
            });
            // Otherwise it goes with the version.
            if is_one_version {
                facts["tag"] = json!(layer.tag);
            }
            facts
        };
        let mut facts = [base.layer, yours, theirs.layer].map(facts);
        for (facts, registry) in facts.iter_mut().zip(&registries) {
            facts["registry"] = registry.clone();
        }
        // Your version is a stop on the way if theirs is later, or if the site asks for a later one.
        let [old, mine, new] =
            [base.layer, yours, theirs.layer].map(|layer| Version::parse(&layer.version));
        let mut asked_for = self.request.site.registries.versioned();
        let is_asked_for = old == new && asked_for.any(|name| name == yours.name);
        if (old < mine || is_asked_for) && mine < new {
            facts[0]["version"] = json!(yours.version);
        }
        let (merged, decisions) = self.decided(&Part::Layer, facts.clone().map(Some));
        let version = text_of(&merged, "version");
        let verdict = (decisions.iter()).find(|one| one.path.to_string() == "version");
        // The question names the conflicts that the answer `theirs` would raise.
        let goal = match verdict.map(|decision| &decision.verdict) {
            Some(Verdict::Conflict(_, None)) => &theirs.layer.version,
            _ => &version,
        };
        if *goal != theirs.layer.version {
            self.asked(&Part::Values).set_aside();
        }
        let is_built_in = built_in.contains(&yours.name);
        let start = self.items.len();
        let values = self.values(base, yours, theirs, is_built_in, goal);
        let of_values = self.items.len();
        // What cannot be read stays as it is, and belongs to its version.
        let (merged, decisions) = match values {
            Some(_) => (merged, decisions),
            None => {
                self.by_hand.push(format!(
                    "correct the values of `{}`, which cannot be read as YAML; until then the layer stays at {}",
                    yours.name, yours.version
                ));
                facts[0]["version"] = json!(yours.version);
                facts[2]["version"] = json!(yours.version);
                self.decided(&Part::Layer, facts.map(Some))
            }
        };
        self.record(&Part::Layer, decisions, &[]);
        let of_layer = self.items.len() - of_values;
        self.items[start..].rotate_right(of_layer);
        for key in ["version", "type", "layer"] {
            if merged.as_ref().is_none_or(|facts| !facts[key].is_string()) {
                self.asked(&Part::Layer).refuse(key);
            }
        }
        if is_built_in && theirs.is_built_in() {
            self.built_in.push(yours.name.clone());
        }
        let version = text_of(&merged, "version");
        let sides = [yours, theirs.layer, base.layer];
        let side = sides.into_iter().find(|layer| layer.version == version);
        let tag = match is_one_version {
            true => text_of(&merged, "tag"),
            false => side.map_or_else(|| version.clone(), |layer| layer.tag.clone()),
        };
        let asks_otherwise = yours.version == base.layer.version
            && yours.tag != base.layer.tag
            && !yours.tag.is_empty();
        if asks_otherwise && tag != yours.tag {
            self.by_hand.push(format!(
                "check the tag of `{}`: yours asks for `{}`, the result for `{tag}`",
                yours.name, yours.tag
            ));
        }
        let chosen = merged.as_ref().map(|facts| &facts["registry"]);
        let [of_base, of_yours, of_theirs] = registries;
        let registry = [
            (of_yours, yours),
            (of_theirs, theirs.layer),
            (of_base, base.layer),
        ]
        .into_iter()
        .find_map(|(registry, layer)| (Some(&registry) == chosen).then(|| layer.registry.clone()));
        if registry.is_none() {
            self.asked(&Part::Layer).refuse_all();
        }
        Layer {
            name: yours.name.clone(),
            kind: text_of(&merged, "type"),
            layer: text_of(&merged, "layer"),
            values: values.unwrap_or_else(|| yours.values.clone()),
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

    fn manifests(
        &mut self,
        base: &[Manifest],
        yours: &[Manifest],
        theirs: &[Manifest],
    ) -> Vec<Manifest> {
        let found = Matched::new([base, yours, theirs], |manifest| &manifest.name);
        let mut merged = Vec::new();
        for id in found.order() {
            let name = found.name(id).to_owned();
            self.place(&Part::Manifest(name.clone()), &found.orders, id, |id| {
                found.name(id).to_owned()
            });
            let sides = found.sides(id);
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
            other => Some(yaml::from_json(&other)),
        }
    }
}

fn made_of(made: Option<&(Layer, MadeFrom)>, at: Option<usize>) -> Option<Made<'_>> {
    made.map(|(layer, from)| Made { layer, from, at })
}

/// The layers that others replace, by their numbers.
#[derive(Default)]
struct Replacements {
    /// Those of which nothing is left to ask about.
    gone: HashSet<usize>,
    come: HashMap<usize, Replaced>,
    /// Those with the one that replaces it.
    pairs: Vec<(usize, usize)>,
}

/// Whether a layer was left as it is, but for what a tenant writes itself.
fn is_alike(base: &Layer, yours: &Layer) -> bool {
    base.values == yours.values
        && base.manifests == yours.manifests
        && base.version == yours.version
}

/// What tells the registries of a layer in base, yours and theirs apart: the name, or the kind where they have one name. All
/// else that is said of one is its tenant's, and goes with it.
fn registries(layers: [&Layer; 3]) -> [Value; 3] {
    let of = |told: fn(&Layer) -> &String| {
        let all = layers.map(|layer| told(layer).as_str());
        // What one side does not say is as another has it.
        let said = all.into_iter().find(|text| !text.is_empty());
        all.map(|own| {
            if own.is_empty() {
                said.unwrap_or_default()
            } else {
                own
            }
        })
    };
    let names = of(|layer| &layer.registry.metadata.name);
    let kinds = of(|layer| &layer.registry.metadata.kind);
    match names.iter().all(|name| *name == names[0]) {
        true => kinds.map(|kind| json!({"kind": kind})),
        false => names.map(|name| json!(name)),
    }
}

/// A text of what was merged, or empty if no text is left.
fn text_of(facts: &Option<Value>, key: &str) -> String {
    let text = facts.as_ref().and_then(|facts| facts[key].as_str());
    text.unwrap_or_default().to_owned()
}

fn trees(text: &str) -> Vec<Value> {
    let source = Source::new("", text);
    yaml::to_json_all(&source, Limits::VALUES).unwrap_or_default()
}
