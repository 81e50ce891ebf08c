//! Claims notice what undoes them. Each claim's place in what is rendered is changed in every way that fits its kind
//! (removed, moved, commented out, negated, another value), and every value that the RA sets is changed by itself.
//! `VMO_RA_MUTANTS=1` changes what two revisions claim alike in both.

mod changes;
mod later;
mod maker;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{built_in, documents, nothing_wrong, site, yaml};
use changes::other_value;
use maker::{Maker, with_presets};
use vmo_ra::check::claims::{Form, Subject};
use vmo_ra::profile::{Layer, Profile};
use vmo_ra::render::{Request, render};
use vmo_ra::revision::{Claim, Expectation, Revision, Role, Target};
use vmo_ra::site::Site;
use vmo_ra::yaml::{Limits, from_json, to_json};

/// A site for claims that are about some profiles only.
const OTHERS: [(&str, &str); 2] = [("1.7.0", OTHER), ("1.9.0", OTHER_WITH_TRAEFIK)];
const OTHER: &str = "storage: {licence: {type: saas}}
network: {layout: one-bond-br0-vlan}
vmo: {access: Direct}
";
const OTHER_WITH_TRAEFIK: &str = "storage: {licence: {type: saas}}
network: {layout: one-bond-br0-vlan}
vmo: {access: Direct}
ingress: {controller: traefik}
";

/// Claims about what no rendered site has in 1.7.0, where Traefik is not on offer.
const ONLY_TRAEFIK: &str = "prometheus-grafana-https-only-traefik";

fn rendered(revision: &Revision, site: &Site, published: bool) -> Vec<(Role, Profile)> {
    let rendered = render(&Request {
        site,
        revision,
        library: built_in::library(),
        profiles: &Role::ALL,
        published,
    });
    let rendered = rendered.unwrap_or_else(|problems| panic!("{problems:?}"));
    let profiles = rendered.profiles.into_iter();
    profiles.map(|one| (one.role, one.profile)).collect()
}

fn revisions() -> impl Iterator<Item = &'static Revision> {
    let all = Revision::names().into_iter().map(built_in::revision);
    all.filter(|revision| revision.is_rendered())
}

#[test]
fn each_claim_notices_what_undoes_it() {
    let mut missed = Vec::new();
    let of_newest = built_in::newest().claims().expect("they are built in");
    let of_newest: BTreeSet<String> = of_newest.iter().map(|claim| format!("{claim:?}")).collect();
    let all = std::env::var_os("VMO_RA_MUTANTS").is_some();
    for revision in revisions() {
        let name = revision.name.as_str();
        let mut claims = revision.claims().expect("they are built in");
        // A claim that the newest revision has too is tried there.
        claims.retain(|claim| {
            all || name == Revision::newest() || !of_newest.contains(&format!("{claim:?}"))
        });
        let other = OTHERS.iter().find(|(known, _)| *known == name);
        let other = site(other.expect("a site").1);
        let default = rendered(revision, &Site::example(), false);
        let published = rendered(revision, &Site::example(), true);
        let other = rendered(revision, &other, false);
        let (mut tried, mut claimed) = (0, 0);
        for claim in &claims {
            if claim.id == ONLY_TRAEFIK && name == "1.7.0" {
                continue;
            }
            let given = claim.given().expect("a place and a test").is_some();
            let mut sides = vec![&default];
            sides.extend(claim.erratum.as_ref().map(|_| &published));
            sides.extend(given.then_some(&other));
            let mut count = 0;
            for profiles in sides {
                let profile = profiles.iter().find(|(role, _)| *role == claim.profile);
                let (_, profile) = profile.expect("all three were rendered");
                count += mutate(claim, &about(claim, profile), &mut missed);
            }
            claimed += 1;
            tried += count;
            let expectation = claim.expected().expect("a place and a test").expectation;
            let is_small = claim.optional || expectation == Expectation::Absent;
            if count < 2 - usize::from(is_small) {
                missed.push(format!("{name} {}: only {count} mutants", claim.id));
            }
        }
        println!("{name}: {tried} mutants of {claimed} claims");
        // What is noticed is worth no more than what is tried.
        assert!(tried > 3 * claimed, "{tried} mutants of {claimed} claims");
    }
    nothing_wrong(&missed);
}

/// A profile with the layer that a claim is about, and no other; as it is for a claim about all of it.
fn about(claim: &Claim, profile: &Profile) -> Profile {
    let mut profile = profile.clone();
    if let Some(layer) = &claim.layer {
        profile
            .spec
            .template
            .packs
            .retain(|pack| pack.name == *layer);
    }
    profile
}

/// Tries every change of a claim's place; how many there were.
fn mutate(claim: &Claim, profile: &Profile, missed: &mut Vec<String>) -> usize {
    let subject = Subject::new(profile).expect("what was rendered is YAML");
    if !subject.concerns(claim) {
        return 0;
    }
    let Ok(before) = subject.form(claim) else {
        // Another site's values.
        return 0;
    };
    let statement = match before {
        Form::Printed => claim.printed(),
        Form::Corrected => claim.expected(),
    };
    let statement = statement.expect("a place and a test");
    let packs = &profile.spec.template.packs;
    let layer = packs
        .iter()
        .position(|pack| Some(&pack.name) == claim.layer.as_ref());
    let mut maker = Maker {
        profile,
        layer,
        mutants: Vec::new(),
    };
    maker.make(&statement);
    if let (false, Target::Values(path)) = (claim.even_if_off, &statement.target) {
        maker.switched_off(path, &statement);
    }
    if layer.is_some() {
        maker.overridden(&claim.overridden_by);
    }
    let mut count = 0;
    for (what, mutant) in &maker.mutants {
        let Ok(subject) = Subject::new(mutant) else {
            continue;
        };
        // An optional setting may be left out.
        if claim.optional
            && matches!(
                what.as_str(),
                "removed" | "moved away" | "the document is gone" | "the manifest has another name"
            )
        {
            continue;
        }
        count += 1;
        // What switches another claim off is that claim's.
        if subject.concerns(claim) && subject.form(claim) == Ok(before) {
            missed.push(format!("{} ({before:?}): {what}", claim.id));
        }
    }
    count
}

/// What the default output has and the RA says nothing of, by layer, with the reason.
const NOT_SAID: &str = "tests/claims/not-said.yaml";

/// The ways to everything in a tree that holds nothing else.
fn leaves(tree: &Value) -> Vec<String> {
    fn collect(value: &Value, way: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    collect(value, &format!("{way}/{key}"), found);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (number, value) in items.iter().enumerate() {
                    collect(value, &format!("{way}/{number}"), found);
                }
            }
            _ => found.push(way.to_owned()),
        }
    }
    let mut found = Vec::new();
    collect(tree, "", &mut found);
    found
}

/// Every value that the RA's own changes set in a layer, and every line of the files that they put on nodes.
fn swept(profile: &Profile) -> Vec<(String, String, Profile)> {
    let mut changed = Vec::new();
    for (number, layer) in profile.spec.template.packs.iter().enumerate() {
        let name = layer.name.as_str();
        let mut with = |place: String, change: &dyn Fn(&mut Layer)| {
            let mut profile = profile.clone();
            profile.spec.template.packs = vec![profile.spec.template.packs.swap_remove(number)];
            change(&mut profile.spec.template.packs[0]);
            changed.push((name.to_owned(), place, profile));
        };
        let tree = yaml("values", &layer.values);
        let pack = built_in::library().find(name, &layer.version);
        // What the pack brings, in its values or in a preset, is not set by the RA itself.
        let texts = pack.iter().flat_map(|pack| {
            let presets = pack.presets.iter().map(|preset| &preset.add);
            std::iter::once(&pack.values).chain(presets)
        });
        let base: Vec<Value> = texts
            .map(|text| to_json(text, Limits::VALUES).expect("YAML"))
            .collect();
        for way in leaves(&tree) {
            let value = tree.pointer(&way).expect("it is there");
            if base.iter().any(|tree| tree.pointer(&way) == Some(value)) {
                continue;
            }
            let mut others = vec![(way.clone(), other_value(value))];
            if way.ends_with("/content") {
                others = lines_of(&way, value.as_str().expect("a text"));
            } else if way.contains("KubeadmCommands/") {
                others = vec![(way.clone(), "true".into())];
            }
            for (place, other) in others {
                let mut tree = tree.clone();
                *tree.pointer_mut(&way).expect("it is there") = other;
                let text = with_presets(layer, &tree);
                with(place, &|layer| layer.values.clone_from(&text));
            }
        }
        for manifest in &layer.manifests {
            let all = documents(&manifest.name, &manifest.content);
            for (at, document) in all.iter().enumerate() {
                for way in leaves(document) {
                    let mut all = all.clone();
                    let slot = all[at].pointer_mut(&way).expect("it is there");
                    *slot = other_value(slot);
                    let texts: Vec<String> = all.iter().map(from_json).collect();
                    let place = format!("{}[{at}]{way}", manifest.name);
                    with(place, &|layer| {
                        let mut manifests = layer.manifests.iter_mut();
                        let found = manifests.find(|one| one.name == manifest.name);
                        found.expect("it is there").content = texts.join("---\n");
                    });
                }
            }
        }
    }
    changed
}

/// A text without each of its lines, comments aside.
fn lines_of(way: &str, text: &str) -> Vec<(String, Value)> {
    if text.starts_with("#!") {
        return vec![(way.to_owned(), "#!/bin/sh\n".into())];
    }
    let lines: Vec<&str> = text.lines().collect();
    let is_said = |line: &str| !line.is_empty() && !line.starts_with(['#', ';', '}']);
    let numbers = (0..lines.len()).filter(|number| is_said(lines[*number].trim()));
    numbers
        .map(|number| {
            let mut others = lines.clone();
            let gone = others.remove(number);
            let place = format!("{way}: {}", gone.trim());
            (place, (others.join("\n") + "\n").into())
        })
        .collect()
}

#[test]
fn every_value_that_the_ra_sets_is_missed_when_it_changes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(NOT_SAID);
    let text = fs::read_to_string(path).expect("it is committed");
    let known: BTreeMap<String, BTreeMap<String, Vec<String>>> =
        serde_json::from_value(yaml(NOT_SAID, &text)).expect("layers, reasons and places");
    let mut unused: BTreeSet<(&String, &String)> = BTreeSet::new();
    for (layer, reasons) in &known {
        unused.extend(reasons.values().flatten().map(|place| (layer, place)));
    }
    let mut missed: Vec<(&str, Role, String)> = Vec::new();
    let (mut tried, mut open) = (0, 0);
    for revision in revisions() {
        let claims = revision.claims().expect("they are built in");
        for (role, profile) in rendered(revision, &Site::example(), false) {
            for (layer, place, profile) in swept(&profile) {
                tried += 1;
                let subject = Subject::new(&profile);
                let mut of_layer = claims
                    .iter()
                    .filter(|claim| claim.layer.as_ref() == Some(&layer));
                // What is not YAML is told without any claim.
                let is_noticed = subject.is_err()
                    || subject.is_ok_and(|subject| {
                        of_layer
                            .any(|claim| subject.concerns(claim) && subject.form(claim).is_err())
                    });
                if is_noticed {
                    continue;
                }
                let mut places = known
                    .get(&layer)
                    .into_iter()
                    .flat_map(BTreeMap::values)
                    .flatten();
                match places.find(|start| place.contains(start.as_str())) {
                    Some(start) => {
                        open += 1;
                        unused.retain(|(_, known)| *known != start);
                    }
                    None => missed.push((&revision.name, role, format!("{layer} {place}"))),
                }
            }
        }
    }
    // Of what the published templates hold, the export is known for the newest revision only.
    let newest: Vec<String> = missed
        .iter()
        .filter(|(revision, role, _)| *revision == Revision::newest() || *role != Role::Templates)
        .map(|(revision, _, place)| format!("{revision} {place}"))
        .collect();
    nothing_wrong(&newest);
    assert_eq!(unused, BTreeSet::new(), "these are noticed");
    println!(
        "{tried} values tried, {open} of which the RA says nothing of, {} of the export",
        missed.len()
    );
}
