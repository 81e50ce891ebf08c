//! What the report says is what a diff of yours and the result says, whatever was edited.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::diff::{self, Change, Input, Options, Part};
use vmo_ra::profile::{Manifest, Profile, Variable};
use vmo_ra::render::Renderer;
use vmo_ra::revision::Role;
use vmo_ra::site::Site;
use vmo_ra::upgrade::{
    Item, OfProfiles, Report, Request, Resolutions, Upgrade, What, format, upgrade,
};

use super::customised as with_edits;
use crate::common::harness::Scratch;
use crate::common::{built_in, nothing_wrong};
use crate::three_way::{Numbers, edited};

fn rendered(revision: &str) -> Vec<Profile> {
    let renderer = Renderer::new(built_in::revision(revision), built_in::library());
    let renderer = renderer.unwrap_or_else(|problem| panic!("{problem}"));
    let rendered = renderer.render(&Site::example(), &Role::ALL);
    let rendered = rendered.unwrap_or_else(|problems| panic!("{problems:?}"));
    let profiles = rendered.profiles.into_iter();
    profiles.map(|one| one.profile).collect()
}

fn upgraded(yours: &[Profile], resolutions: &Resolutions) -> Upgrade {
    let trees: Vec<Option<Value>> = yours.iter().map(|one| Some(json!(one))).collect();
    let carried = upgrade(&Request {
        yours,
        trees: &trees,
        from: built_in::revision("1.7.0"),
        to: built_in::revision("1.9.0"),
        site: &Site::example(),
        recovered: None,
        library: built_in::library(),
        lock: None,
        resolutions,
    });
    carried.unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// With answers to all conflicts, drawn by lot.
fn answered(yours: &[Profile], numbers: &mut Numbers) -> Upgrade {
    let first = upgraded(yours, &Resolutions::default());
    let Some(asked) = first.questions(&Resolutions::default()) else {
        return first;
    };
    let mut text = String::new();
    for entry in asked.split_inclusive("  answer:\n") {
        // A layer has a version and a registry in any case.
        let of_layer = entry.contains("\n  part: layer\n") || entry.contains("\n  part: profile\n");
        let answers: &[&str] = match of_layer {
            true => &["yours", "theirs"],
            false => &["yours", "theirs", "drop"],
        };
        let answer = answers[numbers.below(answers.len())];
        text += &entry.replace("  answer:\n", &format!("  answer: {answer}\n"));
    }
    let resolutions = Resolutions::read(&Source::new("answers.yaml", text));
    upgraded(
        yours,
        &resolutions.unwrap_or_else(|problems| panic!("{problems:?}")),
    )
}

fn compared(old: &[Profile], new: &[Profile]) -> diff::Report {
    let input = |name: &str, profiles: Vec<Profile>| Input {
        name: name.to_owned(),
        profiles,
        revision: None,
    };
    let (old, new) = (input("old", old.to_vec()), input("new", new.to_vec()));
    diff::compare(&old, &new, built_in::library(), &Options::default())
        .unwrap_or_else(|problem| panic!("{problem}"))
}

/// The keys on the way to a place, up to the first item of a list: a diff and a merge have other names for those.
fn keys(path: &str) -> Vec<String> {
    let path = path.split('[').next().unwrap_or_default();
    let keys = path.split('.').filter(|key| !key.is_empty());
    keys.map(str::to_owned).collect()
}

/// Whether an item of the report is about a change, or about what holds it, or about something within.
fn is_about(item: &Item, change: &Change) -> bool {
    if item.profile != change.profile || item.layer != change.layer {
        return false;
    }
    let (one, other) = (keys(&item.path), keys(&change.path));
    match (&item.part, &change.part) {
        // A layer that comes or goes.
        (Part::Layer, _) if item.path.is_empty() => true,
        (Part::Values, Part::File(file)) => one.len() < 2 || item.path.contains(file.as_str()),
        (Part::Values, Part::Commands(name)) => one.len() < 2 || item.path.contains(name.as_str()),
        (Part::Preset(_), Part::Preset(group)) => item.path == *group,
        (part, of) => part == of && (one.starts_with(&other) || other.starts_with(&one)),
    }
}

fn changes_yours(item: &Item) -> bool {
    match &item.what {
        What::Taken | What::Combined => true,
        What::Conflict { answer, .. } => answer.as_deref() != Some("yours"),
        What::Kept | What::Same => false,
    }
}

fn place(item: &Item) -> String {
    format!(
        "{} {:?} {:?} {}",
        item.profile, item.layer, item.part, item.path
    )
}

/// Whether something that moved is about a change.
fn is_moved(report: &Report, change: &Change) -> bool {
    report.moved.iter().any(|moved| {
        let is_layer = Some(&moved.layer) == change.layer.as_ref();
        let is_near = |path: &String| {
            let (one, other) = (keys(path), keys(&change.path));
            one.starts_with(&other) || other.starts_with(&one) || path.starts_with("the apiVersion")
        };
        is_layer && (is_near(&moved.to) || is_near(&moved.from))
    })
}

/// Profiles and their versions are listed by themselves.
fn is_version_of_profile(change: &Change) -> bool {
    change.part == Part::Profile && change.path == "version"
}

/// What you changed and the report does not name.
fn unnamed(report: &Report, edits: &diff::Report) -> Vec<String> {
    // A variable that is still used comes back.
    let counts = |item: &&Item| item.what != What::Taken || matches!(item.part, Part::Variable(_));
    let items = || report.items.iter().filter(counts);
    // For a diff, one layer that goes and one that comes are one whose pack was replaced, and may stand elsewhere.
    let is_replaced = |change: &Change| {
        change.path == "order"
            && edits
                .changes
                .iter()
                .any(|other| other.part == Part::Layer && other.path.is_empty())
    };
    let is_limited = |change: &Change| {
        change.part != Part::Layer
            && report
                .limited
                .iter()
                .any(|one| Some(&one.layer) == change.layer.as_ref())
    };
    // A version on the way to theirs is taken along, and the tag goes with the version.
    let is_on_the_way = |change: &Change| {
        let of_layer = |item: &&Item| item.layer == change.layer && item.path == "version";
        change.part == Part::Layer
            && ["version", "tag"].contains(&change.path.as_str())
            && report.items.iter().any(|item| of_layer(&item))
    };
    let is_named = |change: &&Change| {
        is_version_of_profile(change)
            || is_moved(report, change)
            || is_on_the_way(change)
            || is_limited(change)
            || is_replaced(change)
            || items().any(|item| is_about(item, change))
    };
    let unnamed = edits.changes.iter().filter(|change| !is_named(change));
    unnamed
        .map(|change| {
            format!(
                "an edit without a word: {} {} {:?}",
                change.profile,
                change.place(),
                change.kind
            )
        })
        .collect()
}

/// What the report and the diff of yours and the result do not agree about.
fn disagreements(report: &Report, diff: &diff::Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let items: Vec<&Item> = report
        .items
        .iter()
        .filter(|item| changes_yours(item))
        .collect();
    let is_told = |change: &Change| {
        is_version_of_profile(change)
            || is_moved(report, change)
            || items.iter().any(|item| is_about(item, change))
    };
    for change in diff.changes.iter().filter(|change| !is_told(change)) {
        wrong.push(format!(
            "no word of {} {} {:?}",
            change.profile,
            change.place(),
            change.kind
        ));
    }
    for item in &items {
        // The order of variables is no change for a diff.
        let is_order = item.path == "order" && matches!(item.part, Part::Variable(_));
        if !is_order && !diff.changes.iter().any(|change| is_about(item, change)) {
            wrong.push(format!("changes nothing: {:?} {}", item.what, place(item)));
        }
    }
    for item in items.iter().filter(|item| item.impact.is_none()) {
        if !(item.path == "order" && matches!(item.part, Part::Variable(_))) {
            wrong.push(format!("no impact: {:?} {}", item.what, place(item)));
        }
    }
    for item in report.items.iter().filter(|item| item.what == What::Kept) {
        let is_changed = |change: &&Change| {
            !item.path.contains('[')
                && (&item.profile, &item.layer, &item.part, &item.path)
                    == (&change.profile, &change.layer, &change.part, &change.path)
                && change.kind != diff::ChangeKind::Moved
        };
        if let Some(change) = diff.changes.iter().find(is_changed) {
            wrong.push(format!("not kept: {} {:?}", place(item), change.kind));
        }
    }
    wrong
}

/// Edits of everything that a profile has, drawn by lot.
fn customised(profiles: &[Profile], numbers: &mut Numbers) -> (Vec<Profile>, BTreeSet<String>) {
    let mut done = BTreeSet::new();
    let mut profiles = profiles.to_vec();
    for profile in &mut profiles {
        for _ in 0..12 {
            let kind = edit(profile, numbers);
            done.insert(kind.to_owned());
        }
    }
    (profiles, done)
}

fn variable(name: &str) -> Variable {
    serde_json::from_value(json!({
        "name": name, "displayName": "Ours", "description": "", "format": "string", "required": false,
        "immutable": false, "hidden": false, "isSensitive": false,
    }))
    .expect("it is a variable")
}

fn edit(profile: &mut Profile, numbers: &mut Numbers) -> &'static str {
    let template = &mut profile.spec.template;
    let at = numbers.below(template.packs.len());
    let last = template.packs.len() - 1;
    let variables = &mut profile.spec.variables;
    let layer = &mut template.packs[at];
    match numbers.below(29) {
        0..=4 => {
            if !layer.values.starts_with('{') && layer.values.lines().count() > 4 {
                let read = vmo_ra::yaml::parse(
                    &Source::new("values", layer.values.as_str()),
                    vmo_ra::yaml::Limits::VALUES,
                );
                if read.is_ok() {
                    layer.values = edited(&layer.values, numbers).0;
                }
            }
            "values"
        }
        5 => {
            layer.version = "0.0.1".to_owned();
            layer.tag = "0.0.1".to_owned();
            "an older version"
        }
        6 => {
            layer.version = "99.0.1".to_owned();
            "a newer version"
        }
        7 => {
            layer.tag = "1.2.x".to_owned();
            "a tag"
        }
        8 => {
            layer.registry.metadata.name = "Ours".to_owned();
            layer.registry.metadata.uid = "0123".to_owned();
            "a registry"
        }
        9 => {
            layer.layer = "addon".to_owned();
            "the kind of a layer"
        }
        10 => {
            template.packs.remove(at);
            if template.packs.is_empty() {
                template.packs.push(Default::default());
            }
            "a layer less"
        }
        11 => {
            let mut ours = layer.clone();
            ours.name = "ours".to_owned();
            template.packs.insert(numbers.below(last + 1), ours);
            "a layer more"
        }
        12 => {
            let mut again = layer.clone();
            again.values += "\ntwice: true\n";
            template.packs.push(again);
            "a layer twice"
        }
        13 => {
            template.packs.swap(0, last);
            "layers in another order"
        }
        14 => {
            variables.reverse();
            "variables in another order"
        }
        15 => {
            variables.pop();
            "a variable less"
        }
        16 => {
            variables.insert(0, variable("Ours"));
            "a variable more"
        }
        17 => {
            for variable in variables {
                variable.display_name += " of ours";
            }
            "names of variables"
        }
        18 => {
            for variable in variables {
                variable.regex = Some("^[a-z]+$".to_owned());
                variable.default_value = Some("ours".to_owned());
            }
            "variables of another form"
        }
        19 => {
            profile.metadata.description.insert_str(0, "Ours. ");
            profile
                .metadata
                .labels
                .insert("team".to_owned(), json!("ours"));
            "labels and description"
        }
        20 => {
            layer.manifests.push(Manifest {
                name: "ours".to_owned(),
                content: "kind: ConfigMap\nmetadata: {name: ours}\n".to_owned(),
            });
            "a manifest more"
        }
        21 => {
            layer.manifests.pop();
            "a manifest less"
        }
        22 => {
            for manifest in &mut layer.manifests {
                manifest.content =
                    format!("# Ours.\n{}", manifest.content.replace("kubevirt", "ours"));
            }
            "manifests"
        }
        23 => {
            layer.manifests.reverse();
            for manifest in &mut layer.manifests {
                manifest.name += "-ours";
            }
            "manifests of other names"
        }
        24 => {
            layer.values = layer.values.replace('\n', "\r\n");
            "other line ends"
        }
        25 => {
            layer.manifests.reverse();
            "manifests in another order"
        }
        26 => {
            for (old, new) in [
                ("lb-no-xdp", "lb-xdp"),
                ("vmo-br0", "vmo-auto"),
                ("vmo-enable", "vmo-disable"),
            ] {
                layer.values = layer.values.replacen(old, new, 1);
            }
            "presets"
        }
        27 => {
            let source = Source::new("values", layer.values.as_str());
            if let Ok(tree) = vmo_ra::yaml::to_json(&source, vmo_ra::yaml::Limits::VALUES) {
                layer.values = tree.to_string();
            }
            "values in another form"
        }
        _ => {
            layer.kind = "oci".to_owned();
            layer.values += "\nours: {a: 1, b: [1, 2]}\n---\n";
            "an empty document"
        }
    }
}

#[test]
fn the_json_form_is_as_its_schema_says() {
    let schema: Value = serde_json::from_str(vmo_ra::upgrade::format::json_schema()).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    let folder = Scratch::new();
    with_edits(&folder);
    folder.run("init site.yaml").ends(0);
    let report = super::upgrade(&folder, "--site site.yaml --format json").json();
    let wrong: Vec<String> = schema
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(wrong, [""; 0]);
    let mut more = report;
    more["items"][0]["surprise"] = json!(1);
    assert!(!schema.is_valid(&more));
}

/// Without a site, what a site can say is no edit. It is named all the same, beside what the RA changed there.
#[test]
fn settings_that_were_read_from_profiles_are_named() {
    let mut yours = rendered("1.7.0");
    for layer in &mut yours[0].spec.template.packs {
        let was = "registry.k8s.io/pause:3.10";
        layer.values = layer.values.replace(was, "registry.example.com/pause:3.10");
    }
    let [from, to] = ["1.7.0", "1.9.0"].map(built_in::revision);
    let read = OfProfiles::read(&yours, from, built_in::library());
    let read = read.unwrap_or_else(|problems| panic!("{problems:?}"));
    let request = Request {
        yours: &yours,
        trees: &[],
        from,
        to,
        site: &read.site,
        recovered: Some(&read),
        library: built_in::library(),
        lock: None,
        resolutions: &Resolutions::default(),
    };
    let carried = upgrade(&request).unwrap_or_else(|problems| panic!("{problems:?}"));
    let report = json!(carried.report);
    let shown = |image: &str| json!({"value": image});
    let default = json!({
        "was": shown("registry.k8s.io/pause:3.10"),
        "becomes": shown("registry.k8s.io/pause:3.10.1"),
    });
    let mine = shown("registry.example.com/pause:3.10");
    let setting = json!({"path": "nodes.pauseImage", "value": mine, "default": default});
    assert_eq!(report["settings"], json!([setting]));
    assert!(!report["items"].to_string().contains("pause:3.10"));
    let schema: Value = serde_json::from_str(format::json_schema()).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &report));
    for text in [
        format::text(&carried.report, false),
        format::markdown(&carried.report, false),
        format::html(&carried.report, false),
    ] {
        let at = text
            .find("as settings of the site")
            .expect("it has a title");
        for told in [
            "nodes.pauseImage",
            "registry.example.com/pause:3.10",
            "pause:3.10.1",
        ] {
            assert!(text[at..].contains(told), "{told}\n{}", &text[at..]);
        }
    }
    // A revision that the profiles do not fit is said to be so.
    let carried = upgrade(&Request {
        from: to,
        ..request
    });
    let notes = carried
        .unwrap_or_else(|problems| panic!("{problems:?}"))
        .report
        .notes;
    let nearer = "the profiles are nearer to RA 1.7.0 (version steps away: 0) than to RA 1.9.0 (";
    assert!(
        notes.len() == 1 && notes[0].starts_with(nearer),
        "{notes:?}"
    );
}

#[test]
fn the_report_says_what_a_diff_says() {
    let profiles = rendered("1.7.0");
    let mut wrong = Vec::new();
    let mut done = BTreeSet::new();
    for seed in 0..6 {
        let mut numbers = Numbers(seed);
        let (yours, kinds) = customised(&profiles, &mut numbers);
        done.extend(kinds);
        let result = answered(&yours, &mut numbers);
        let made: Vec<Profile> = result
            .profiles
            .iter()
            .map(|one| one.profile.clone())
            .collect();
        let mut found = disagreements(&result.report, &compared(&yours, &made));
        found.extend(unnamed(&result.report, &compared(&profiles, &yours)));
        wrong.extend(found.into_iter().map(|one| format!("{seed}: {one}")));
    }
    nothing_wrong(&wrong);
    assert_eq!(done.len(), 25, "{done:?}");
}
