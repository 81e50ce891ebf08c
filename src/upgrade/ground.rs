//! The base and theirs for the values of a layer, made so that only edits differ between base and yours.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnostic, Source};
use crate::pack::{Library, Origin, Pack, Preset, PresetName, compose, enabled_presets};
use crate::profile::Layer;
use crate::render::MadeFrom;
use crate::version::Wanted;
use crate::yaml::{self, Decision, Limits, Path, Step};

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
    /// The RA's own settings.
    Own {
        base: String,
        theirs: String,
        set: Vec<Path>,
        /// Settings that only the old revision made.
        no_longer: Vec<Path>,
        why: String,
    },
}

/// A layer of yours, and its result.
#[derive(Clone, Copy)]
pub(super) struct Wish<'w> {
    pub(super) yours: &'w Layer,
    pub(super) is_built_in: bool,
    /// The version of the result.
    pub(super) version: &'w str,
    pub(super) presets: &'w [PresetName],
}

/// Finds the pack of your layer, and renders the new revision with the same choices in the version of the result.
pub(super) fn ground(
    library: &Library,
    wish: Wish<'_>,
    base: Made<'_>,
    theirs: Made<'_>,
) -> Ground {
    let as_rendered = || Ground::Whole {
        base: base.layer.values.clone(),
        theirs: theirs.layer.values.clone(),
    };
    let (Some(of_base), Some(of_theirs)) = (&base.from.pack, &theirs.from.pack) else {
        return as_rendered();
    };
    let yours = wish.yours;
    // Built-in values never replace the vendor's text.
    let as_it_stands = base.layer.values == yours.values
        && (base.is_built_in() || !theirs.is_built_in())
        && of_base.description.has_vendors_values();
    if as_it_stands && wish.version == theirs.layer.version {
        return as_rendered();
    }
    let old = match as_it_stands {
        true => Ok(Arc::clone(of_base)),
        false => old_pack(library, yours, wish.is_built_in, base),
    };
    let whole = old.and_then(|old| {
        let new = new_pack(library, wish, &old, (theirs.layer, of_theirs))?;
        let of_yours = known(&old, enabled_presets(&yours.values));
        let of_result = known(&new, wish.presets.to_vec());
        Ok(Ground::Whole {
            base: match as_it_stands {
                true => base.layer.values.clone(),
                false => made(&old, &of_yours, base.from)?,
            },
            theirs: made(&new, &of_result, theirs.from)?,
        })
    });
    whole.unwrap_or_else(|why| own(base, theirs, why))
}

/// What a revision makes of a pack.
pub(super) fn made(pack: &Pack, presets: &[PresetName], from: &MadeFrom) -> Result<String, String> {
    compose(pack, presets, from.overlays.iter().cloned())
        .map(|values| values.text)
        .map_err(|problems| first_of(&problems))
}

fn first_of(problems: &[Diagnostic]) -> String {
    let first = problems.first().map(Diagnostic::message);
    first.unwrap_or_default().to_owned()
}

/// The pack of the result: that of theirs, or of another version that you or an answer wants instead.
fn new_pack(
    library: &Library,
    wish: Wish<'_>,
    old: &Arc<Pack>,
    (layer, theirs): (&Layer, &Arc<Pack>),
) -> Result<Arc<Pack>, String> {
    if wish.version == layer.version {
        return match theirs.origin == Origin::BuiltIn && !wish.is_built_in {
            true => Err(missing(&layer.name, &layer.version)),
            false => as_vendors(Arc::clone(theirs)),
        };
    }
    if wish.version == wish.yours.version {
        return Ok(Arc::clone(old));
    }
    match wish.is_built_in {
        true => built_in(library, &wish.yours.name, wish.version),
        false => vendors_of(library, &wish.yours.name, wish.version),
    }
}

/// The pack that a layer of yours was made from.
pub(super) fn old_pack(
    library: &Library,
    yours: &Layer,
    is_built_in: bool,
    base: Made<'_>,
) -> Result<Arc<Pack>, String> {
    if !is_built_in {
        return vendors_of(library, &yours.name, &yours.version);
    }
    match &base.from.pack {
        Some(pack) if pack.origin == Origin::BuiltIn => Ok(Arc::clone(pack)),
        _ => built_in(library, &yours.name, &yours.version)
            .or_else(|_| built_in(library, &base.layer.name, &base.layer.version)),
    }
}

/// Why a layer is not merged whole.
pub(super) fn missing(name: &str, version: &str) -> String {
    format!("the vendor's values of `{name}` {version} are missing")
}

/// The vendor's pack of a version, or none if it is not available.
///
/// # Errors
/// The pack is there and cannot be used.
pub(super) fn vendors(
    library: &Library,
    name: &str,
    wanted: &Wanted,
) -> Result<Option<Arc<Pack>>, String> {
    let found = match library.choose(name, wanted) {
        Ok(found) if found.origin() == Origin::BuiltIn => return Ok(None),
        Err(problem) if problem.kind() == Code::PackMissing => return Ok(None),
        found => found.map_err(|problem| problem.message().to_owned())?,
    };
    let pack = found.pack().map_err(|problems| first_of(&problems))?;
    as_vendors(pack).map(Some)
}

/// A pack whose values are the vendor's: edits in those of a profile would be taken for the vendor's, and be lost.
fn as_vendors(pack: Arc<Pack>) -> Result<Arc<Pack>, String> {
    let description = &pack.description;
    match description.has_vendors_values() {
        true => Ok(pack),
        false => Err(format!(
            "the pack `{}` {} was imported from a profile, and its edits would count as the vendor's",
            description.name, description.version
        )),
    }
}

fn vendors_of(library: &Library, name: &str, version: &str) -> Result<Arc<Pack>, String> {
    let pack = vendors(library, name, &Wanted::Exactly(version.to_owned()))?;
    pack.ok_or_else(|| missing(name, version))
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
