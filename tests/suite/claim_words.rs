//! What says the same in other words holds every claim that held before, and what does something else fails one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::claims::profiles;
use crate::common::{built_in, nothing_wrong, yaml};
use vmo_ra::check::claims::Subject;
use vmo_ra::profile::{Layer, Profile};
use vmo_ra::revision::{Claim, Revision, Role};

const SAME: &str = "tests/claims/said-otherwise.yaml";
const UNDONE: &str = "tests/claims/undone.yaml";

#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Change {
    Words { was: String, is: String },
    Before { pre: String },
    Behind { post: String },
    File { file: String, content: String },
}

impl Change {
    fn apply(&self, layer: &mut Layer) {
        let more = |key: &str, value: Value, text: &str| {
            let mut tree = yaml("values", text);
            let list = tree["kubeadmconfig"][key].as_array_mut();
            list.expect("the layer has it").push(value);
            vmo_ra::yaml::from_json(&tree)
        };
        layer.values = match self {
            Change::Words { was, is } => {
                let with = layer.values.replace(was.as_str(), is);
                for manifest in &mut layer.manifests {
                    manifest.content = manifest.content.replace(was.as_str(), is);
                }
                with
            }
            Change::Before { pre } => {
                more("preKubeadmCommands", pre.as_str().into(), &layer.values)
            }
            Change::Behind { post } => {
                more("postKubeadmCommands", post.as_str().into(), &layer.values)
            }
            Change::File { file, content } => more(
                "files",
                serde_json::json!({"targetPath": file, "content": content}),
                &layer.values,
            ),
        };
    }
}

/// The claims about a layer that hold of its profile.
fn held<'c>(claims: &[&'c Claim], profile: &Profile) -> Vec<&'c str> {
    let subject = Subject::new(profile).unwrap_or_else(|problems| panic!("{problems:?}"));
    let holds = |claim: &&&Claim| subject.concerns(claim) && subject.form(claim).is_ok();
    claims
        .iter()
        .filter(holds)
        .map(|claim| claim.id.as_str())
        .collect()
}

/// Each change, with the claims that it breaks.
fn broken_by(path: &str) -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    let tree = yaml(path, &text.expect("it is committed"));
    let changes: BTreeMap<String, Vec<Change>> = serde_json::from_value(tree).expect("changes");
    let revision = built_in::revision(Revision::newest());
    let claims = revision.claims().expect("they are built in");
    let all = profiles(revision, built_in::library(), false);
    let mut found = Vec::new();
    for (layer, changes) in &changes {
        let has = |profile: &Profile| {
            profile
                .spec
                .template
                .packs
                .iter()
                .any(|pack| pack.name == *layer)
        };
        let whole: &(Role, Profile) = all
            .iter()
            .find(|(_, profile)| has(profile))
            .expect("a layer");
        let mut profile = whole.1.clone();
        profile
            .spec
            .template
            .packs
            .retain(|pack| pack.name == *layer);
        let about: Vec<&Claim> = claims
            .iter()
            .filter(|claim| claim.layer.as_ref() == Some(layer))
            .collect();
        let before = held(&about, &profile);
        for change in changes {
            let mut changed = profile.clone();
            change.apply(&mut changed.spec.template.packs[0]);
            assert_ne!(changed, profile, "{layer} {change:?} changes nothing");
            let after = held(&about, &changed);
            let broken = before.iter().filter(|id| !after.contains(id));
            let broken = broken.map(|id| (*id).to_owned()).collect();
            found.push((format!("{layer} {change:?}"), broken));
        }
    }
    found
}

#[test]
fn what_says_the_same_holds_what_it_held() {
    let all = broken_by(SAME);
    let wrong = all.iter().filter(|(_, broken)| !broken.is_empty());
    let wrong: Vec<String> = wrong
        .map(|(what, broken)| format!("{what}: {broken:?}"))
        .collect();
    println!(
        "{} of {} are taken for the same",
        all.len() - wrong.len(),
        all.len()
    );
    nothing_wrong(&wrong);
}

#[test]
fn what_does_something_else_is_noticed() {
    let all = broken_by(UNDONE);
    let missed = all.iter().filter(|(_, broken)| broken.is_empty());
    let missed: Vec<String> = missed.map(|(what, _)| what.clone()).collect();
    println!("{} of {} are noticed", all.len() - missed.len(), all.len());
    nothing_wrong(&missed);
}
