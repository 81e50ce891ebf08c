//! The three texts of a layer's values that are merged, made so that only edits differ between base and yours.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::macros::Macros;
use crate::diagnostic::{Diagnostic, Source};
use crate::pack::{
    Layout, Library, MovedSetting, Origin, PRESETS_LINE, Pack, Preset, PresetName, compose,
    enabled_presets,
};
use crate::profile::Layer;
use crate::render::MadeFrom;
use crate::version::Wanted;
use crate::yaml::{self, Ask, Decision, Limits, Merge, Merged, Path, Step, Verdict, merge_three};

/// A layer that was rendered, and what it was made from.
#[derive(Clone, Copy)]
pub(super) struct Made<'r> {
    pub(super) layer: &'r Layer,
    pub(super) from: &'r MadeFrom,
    /// Its number among the layers of its profile.
    pub(super) at: Option<usize>,
}

/// What the texts of a layer are merged over.
pub(super) enum Ground {
    /// The vendors' texts of both versions, with the RA's changes.
    Whole { base: String, theirs: String },
    /// What the RA itself sets.
    Own {
        base: String,
        theirs: String,
        set: Vec<Path>,
        /// What only the old revision set.
        no_longer: Vec<Path>,
        why: String,
    },
}

/// Finds what a layer of yours was made from, and what theirs makes of the same choices.
pub(super) fn ground(
    library: &Library,
    yours: &Layer,
    is_built_in: bool,
    base: Made<'_>,
    theirs: Made<'_>,
    presets: &[PresetName],
) -> Ground {
    let (Some(_), Some(new)) = (&base.from.pack, &theirs.from.pack) else {
        return Ground::Whole {
            base: base.layer.values.clone(),
            theirs: theirs.layer.values.clone(),
        };
    };
    match whole(library, yours, is_built_in, base, (theirs, new), presets) {
        Ok(ground) => ground,
        Err(why) => own(base, theirs, why),
    }
}

fn whole(
    library: &Library,
    yours: &Layer,
    is_built_in: bool,
    base: Made<'_>,
    (theirs, new): (Made<'_>, &Arc<Pack>),
    presets: &[PresetName],
) -> Result<Ground, String> {
    let old = old_pack(library, yours, is_built_in, base)?;
    if new.origin == Origin::BuiltIn && !is_built_in {
        return Err(format!(
            "the vendor's values of `{}` {} are not at hand",
            theirs.layer.name, theirs.layer.version
        ));
    }
    let made = |pack: &Pack, chosen: Vec<PresetName>, from: &MadeFrom| {
        compose(pack, &chosen, from.overlays.iter().cloned())
            .map(|values| values.text)
            .map_err(|problems| {
                let first = problems.first().map(Diagnostic::message);
                first.unwrap_or_default().to_owned()
            })
    };
    let of_yours = enabled_presets(&yours.values);
    Ok(Ground::Whole {
        base: made(&old, known(&old, of_yours), base.from)?,
        theirs: made(new, known(new, presets.to_vec()), theirs.from)?,
    })
}

/// The pack that a layer of yours was made from.
pub(super) fn old_pack(
    library: &Library,
    yours: &Layer,
    is_built_in: bool,
    base: Made<'_>,
) -> Result<Arc<Pack>, String> {
    if is_built_in {
        return match &base.from.pack {
            Some(pack) if pack.origin == Origin::BuiltIn => Ok(Arc::clone(pack)),
            _ => built_in(library, &yours.name, &yours.version)
                .or_else(|_| built_in(library, &base.layer.name, &base.layer.version)),
        };
    }
    let missing = || {
        format!(
            "the vendor's values of `{}` {} are not at hand",
            yours.name, yours.version
        )
    };
    let found = library
        .choose(&yours.name, &Wanted::Exactly(yours.version.clone()))
        .map_err(|_| missing())?;
    if found.origin() == Origin::BuiltIn {
        return Err(missing());
    }
    found.pack().map_err(|_| missing())
}

fn built_in(library: &Library, name: &str, version: &str) -> Result<Arc<Pack>, String> {
    let mut packs = library.packs();
    let found = packs.find(|found| {
        let description = &found.description;
        found.origin() == Origin::BuiltIn
            && description.name == name
            && description.version == version
    });
    let missing = || format!("there are no built-in values of `{name}` {version}");
    found.ok_or_else(missing)?.pack().map_err(|_| missing())
}

/// Those of the presets that a pack has.
pub(super) fn known(pack: &Pack, presets: Vec<PresetName>) -> Vec<PresetName> {
    let has = |name: &PresetName| pack.presets.iter().any(|preset| is_named(preset, name));
    presets.into_iter().filter(has).collect()
}

fn is_named(preset: &Preset, name: &PresetName) -> bool {
    preset.group.eq_ignore_ascii_case(&name.group) && preset.name == name.name
}

/// What the new revision sets in a layer by its overlays. What only the old one set stays as yours has it, since nobody knows
/// what the vendor has in its place; and so do the presets, which only the vendor's pack can switch.
fn own(base: Made<'_>, theirs: Made<'_>, why: String) -> Ground {
    let (set, was_set) = (paths_set(theirs), paths_set(base));
    let known: HashSet<&Path> = set.iter().collect();
    let no_longer: Vec<Path> = was_set
        .iter()
        .filter(|path| !known.contains(path))
        .cloned()
        .collect();
    let only = |text: &str| {
        let source = Source::new("values", text);
        let tree = yaml::to_json(&source, Limits::VALUES).unwrap_or_default();
        let mut kept = Value::Object(Map::new());
        for path in &set {
            if let Some(value) = path.find(&tree) {
                put(&mut kept, path.steps(), value);
            }
        }
        yaml::from_json(&kept)
    };
    Ground::Own {
        base: only(&base.layer.values),
        theirs: only(&theirs.layer.values),
        no_longer,
        set,
        why,
    }
}

/// The paths that the RA sets in a layer.
pub(super) fn paths_set(made: Made<'_>) -> Vec<Path> {
    let mut set = Vec::new();
    for overlay in &made.from.overlays {
        if let Ok(root) = yaml::to_json(overlay, Limits::VALUES) {
            leaves(&root, &mut Vec::new(), &mut set);
        }
    }
    let mut seen = HashSet::new();
    set.retain(|path| seen.insert(path.clone()));
    set
}

fn leaves(value: &Value, path: &mut Vec<Step>, found: &mut Vec<Path>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                path.push(Step::Key(key.clone()));
                leaves(value, path, found);
                path.pop();
            }
        }
        _ if path.is_empty() => {}
        _ => found.push(Path::from(path.as_slice())),
    }
}

pub(super) fn put(tree: &mut Value, steps: &[Step], value: &Value) {
    let ([Step::Key(key), rest @ ..], Value::Object(map)) = (steps, tree) else {
        return;
    };
    if rest.is_empty() {
        map.insert(key.clone(), value.clone());
        return;
    }
    let below = map
        .entry(key.clone())
        .or_insert_with(|| Value::Object(Map::new()));
    if !below.is_object() {
        *below = Value::Object(Map::new());
    }
    put(below, rest, value);
}

/// Whether a decision is about what the RA sets.
pub(super) fn is_about(set: &[Path], decision: &Decision) -> bool {
    let steps = decision.path.steps();
    decision.base.is_some()
        || decision.theirs.is_some()
        || set.iter().any(|path| {
            let path = path.steps();
            path.starts_with(steps) || steps.starts_with(path)
        })
}

impl Made<'_> {
    /// Whether its values are this program's own words.
    pub(super) fn is_built_in(&self) -> bool {
        let pack = self.from.pack.as_ref();
        pack.is_some_and(|pack| pack.origin == Origin::BuiltIn)
    }
}

/// Presets by group, as [`by_group`] gives them.
pub(super) fn of_groups(groups: &Value) -> Vec<PresetName> {
    let groups = groups.as_object().into_iter().flatten();
    let preset = |(group, name): (&String, &Value)| {
        Some(PresetName {
            group: group.clone(),
            name: name.as_str()?.to_owned(),
        })
    };
    groups.filter_map(preset).collect()
}

/// The presets that a line of values names, by group.
pub(super) fn by_group(text: &str) -> Value {
    let presets = enabled_presets(text).into_iter();
    let by_group = presets.map(|preset| (preset.group, Value::String(preset.name)));
    Value::Object(by_group.collect())
}

/// A text without the line of its presets, and that line.
pub(super) fn without_presets(text: &str) -> (Option<&str>, &str) {
    if !text.starts_with(PRESETS_LINE) {
        return (None, text);
    }
    match text.split_once('\n') {
        Some((line, rest)) => (Some(line), rest),
        None => (Some(text), ""),
    }
}

/// Whether [`merge`] can read a text.
pub(super) fn can_be_read(text: &str) -> bool {
    let read = |text: &str| yaml::to_json(&Source::new("", text), Limits::VALUES).is_ok();
    read(text) || read(&Macros::default().taken_out(text))
}

/// Merges three texts, in which macros may stand where YAML has no place for them.
///
/// # Errors
/// One of them is no YAML.
pub(super) fn merge(
    name: &str,
    [base, yours, theirs]: [&str; 3],
    answers: &Ask<'_>,
) -> Result<Merged, Vec<Diagnostic>> {
    let source = |text: &str| Source::new(name, text);
    let plain = merge_three(&source(base), &source(yours), &source(theirs), answers);
    let Err(problems) = plain else { return plain };
    let mut macros = Macros::default();
    let [base, yours, theirs] = [base, yours, theirs].map(|text| source(&macros.taken_out(text)));
    let ask = |path: &Path, values: [Option<&Value>; 3]| {
        let values = values.map(|value| {
            let mut value = value?.clone();
            macros.put_back_in(&mut value);
            Some(value)
        });
        answers(path, values.each_ref().map(Option::as_ref))
    };
    let Ok(mut merged) = merge_three(&base, &yours, &theirs, &ask) else {
        return Err(problems);
    };
    merged.text = macros.put_back(&merged.text);
    for decision in &mut merged.decisions {
        for value in [
            &mut decision.base,
            &mut decision.yours,
            &mut decision.theirs,
        ]
        .into_iter()
        .flatten()
        {
            macros.put_back_in(value);
        }
        if let Verdict::Conflict(_, Some(yaml::Answer::Value(value))) = &mut decision.verdict {
            macros.put_back_in(value);
        }
    }
    Ok(merged)
}

/// A text with the settings that a layout moved at their new places, and those that were moved. `base` is the text that it
/// was made from: where it has a setting at both places, only one that differs from that is moved. A text that cannot be
/// changed so stays as it is.
pub(super) fn relocated<'l>(
    layout: &'l Layout,
    text: &str,
    base: Option<&Value>,
) -> (String, Vec<&'l MovedSetting>) {
    let unchanged = || (text.to_owned(), Vec::new());
    let source = Source::new("values", text);
    let Ok(tree) = yaml::to_json(&source, Limits::VALUES) else {
        return unchanged();
    };
    let Ok(mut merge) = Merge::new(source) else {
        return unchanged();
    };
    let (mut moved, mut is_changed) = (Vec::new(), false);
    for setting in &layout.moved {
        let Some(value) = setting.from.find(&tree) else {
            continue;
        };
        let of_base = |path: &Path| base.and_then(|base| path.find(base));
        let there = setting.to.find(&tree);
        let is_edit = base.is_some() && of_base(&setting.from) != Some(value);
        // An edit under the new name is the later word.
        let is_edited_there = base.is_some() && there.is_some() && of_base(&setting.to) != there;
        merge.remove(setting.from.clone());
        is_changed = true;
        if there.is_none() || (is_edit && !is_edited_there) {
            let mut addition = Value::Object(Map::new());
            put(&mut addition, setting.to.steps(), value);
            let addition = Source::new("values", yaml::from_json(&addition));
            if merge.add(addition).is_err() {
                return unchanged();
            }
            if is_edit {
                moved.push(setting);
            }
        }
    }
    if !is_changed {
        return unchanged();
    }
    match merge.finish() {
        Ok((text, _)) => (text, moved),
        Err(_) => unchanged(),
    }
}

/// The paths of the values below a path, as far as they are found by keys alone.
pub(super) fn leaves_of(path: &Path, value: Option<&Value>) -> Vec<Path> {
    let keys = Path::of_keys(path.keys().iter().map(String::as_str));
    let is_whole = keys.steps().len() == path.steps().len();
    let Some(value) = value.filter(|_| is_whole) else {
        return vec![keys];
    };
    let mut found = Vec::new();
    leaves(value, &mut keys.steps().to_vec(), &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(pack: &str, old: &str, new: &str) -> &'static Layout {
        let mut passed = Layout::passed(pack, old, new);
        passed.next().expect("there is one")
    }

    #[test]
    fn settings_of_an_old_layout_go_to_their_new_places() {
        let pack = "virtual-machine-orchestrator";
        let base = serde_json::json!({});
        let text = "charts:\n  virtual-machine-orchestrator:\n    # Ours.\n    goldenImagesNamespace: images\n    other: 1\n";
        let (text, moved) = relocated(layout(pack, "4.9.9", "4.10.0"), text, Some(&base));
        assert_eq!(
            text,
            "charts:\n  virtual-machine-orchestrator:\n    other: 1\n    vmo-manager:\n      goldenImagesNamespace: images\n"
        );
        assert_eq!(moved.len(), 1);
        for (old, new) in [("4.8.0", "4.9.9"), ("4.10.0", "4.11.0"), ("x", "4.10.0")] {
            assert!(
                Layout::passed(pack, old, new).next().is_none(),
                "{old} {new}"
            );
        }
    }

    /// A default under an old name never takes the place of an edit under the new one.
    #[test]
    fn a_setting_with_two_names_is_moved_where_it_was_edited() {
        let layout = layout("cni-cilium-oss", "1.17.4", "1.18.2");
        let text = |old: bool, new: bool| {
            format!(
                "charts:\n  cilium:\n    enableCiliumEndpointSlice: {old}\n    ciliumEndpointSlice:\n      enabled: {new}\n"
            )
        };
        let source = Source::new("values", text(false, false));
        let base = yaml::to_json(&source, Limits::VALUES).unwrap();
        for (old, new, becomes, moved) in [
            (false, false, false, 0),
            (true, false, true, 1),
            (false, true, true, 0),
            (true, true, true, 0),
        ] {
            let (made, found) = relocated(layout, &text(old, new), Some(&base));
            let expected =
                format!("charts:\n  cilium:\n    ciliumEndpointSlice:\n      enabled: {becomes}\n");
            assert_eq!((made, found.len()), (expected, moved), "{old} {new}");
        }
    }
}
