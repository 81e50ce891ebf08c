//! The line that names the presets of a layer's values: its form, its names, and whether the values match it.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use crate::cluster::{CheckedLayer, Cluster};
use crate::diagnostic::{meant, nearest};
use crate::pack::{Library, Origin, PRESETS_LINE, Pack, Preset, PresetName};
use crate::profile::Layer;
use crate::rules::{Finding, rule};
use crate::version::Wanted;

/// What every form of the line has in it, right ones and wrong ones.
const WORD: &str = "spectrocloud.com/enabled-presets";

/// Everything there is to say of the lines of all layers; what packs say of their presets is taken from `library`.
pub(crate) fn check(cluster: &Cluster, library: &Library, findings: &mut Vec<Finding>) {
    for (_, checked, layer) in cluster.layers() {
        let named = line(checked, findings);
        if named.is_empty() {
            continue;
        }
        groups(checked, &named, findings);
        // Only the pack of this very version says what its presets are.
        let exact = Wanted::of_tag(&layer.version);
        let pack = library.choose(&layer.name, &exact).ok();
        let Some(Ok(pack)) = pack.map(|found| found.load()) else {
            continue;
        };
        if pack.presets.is_empty() || pack.description.version != layer.version {
            continue;
        }
        names(checked, &pack, &named, findings);
        values(checked, layer, &pack, &named, findings);
    }
}

/// A preset that the line names, and where.
struct Named {
    preset: PresetName,
    span: Range<usize>,
}

/// Reads the line, and says what is wrong with its form.
fn line(checked: &CheckedLayer, findings: &mut Vec<Finding>) -> Vec<Named> {
    let document = &checked.values;
    let text = document.text();
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let Some(word) = text.find(WORD) else {
        return Vec::new();
    };
    let begin = text[..word].rfind('\n').map_or(start, |end| end + 1);
    let end = text[word..].find('\n').map_or(text.len(), |end| word + end);
    let line = &text[begin..end];
    let mut add = |message: String, help: &'static str, span: Range<usize>| {
        findings
            .push(document.mark_bytes(rule::PRESETS_LINE.warning("", message).help(help), span));
    };
    if !line.trim_start().starts_with('#') {
        return Vec::new();
    }
    if begin != start {
        add(
            "the line of presets is not the first line, where Palette looks for it".to_owned(),
            "move it to the top",
            begin..end,
        );
        return Vec::new();
    }
    let Some(list) = line.strip_prefix(PRESETS_LINE) else {
        add(
            "Palette does not read this line of presets".to_owned(),
            "begin it with `# spectrocloud.com/enabled-presets:`",
            begin..end,
        );
        return Vec::new();
    };
    let mut named = Vec::new();
    let mut at = end - list.len();
    for part in list.split(',') {
        let blanks = part.len() - part.trim_start().len();
        let span = at + blanks..at + part.trim_end().len().max(blanks);
        at += part.len() + 1;
        match part.trim().parse::<PresetName>() {
            Ok(preset) => named.push(Named { preset, span }),
            Err(_) if list.trim().is_empty() => {}
            Err(_) => add(
                format!("`{}` names no preset", part.trim()),
                "write each as `Group:name`, separated by commas",
                span,
            ),
        }
    }
    named
}

/// Of a group, one preset is active.
fn groups(checked: &CheckedLayer, named: &[Named], findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for Named { preset, span } in named {
        if let Some(first) = seen.insert(preset.group.to_lowercase(), &preset.name) {
            findings.push(checked.values.mark_bytes(
                rule::PRESETS_GROUP.warning(
                    "",
                    format!(
                        "`{first}` and `{}` are both of the group `{}`",
                        preset.name, preset.group
                    ),
                ),
                span.clone(),
            ));
        }
    }
}

fn names(checked: &CheckedLayer, pack: &Pack, named: &[Named], findings: &mut Vec<Finding>) {
    for Named { preset, span } in named {
        if pack.presets.iter().any(|known| known.is_named(preset)) {
            continue;
        }
        let group: Vec<&str> = pack
            .presets
            .iter()
            .filter(|known| known.group.eq_ignore_ascii_case(&preset.group))
            .map(|known| known.name.as_str())
            .collect();
        let groups = pack.presets.iter().map(|known| known.group.as_str());
        let help = if group.is_empty() {
            match nearest(&preset.group, groups) {
                Some(group) => meant(group),
                // Our packs do not have every group of the real ones.
                None if pack.origin == Origin::BuiltIn => continue,
                None => "its presets.yaml names them all".to_owned(),
            }
        } else {
            match nearest(&preset.name, group.iter().copied()) {
                Some(name) => meant(&format!("{}:{name}", preset.group)),
                None => format!("known in this group: {}", group.join(", ")),
            }
        };
        findings.push(
            checked.values.mark_bytes(
                rule::PRESETS_UNKNOWN
                    .warning(
                        "",
                        format!(
                            "`{}` {} has no preset `{preset}`",
                            pack.description.name, pack.description.version
                        ),
                    )
                    .help(help),
                span.clone(),
            ),
        );
    }
}

/// A value that a preset sets or removes, by its way from the root.
type Effects = BTreeMap<Vec<String>, Option<Value>>;

/// Whether another preset of the group explains the values. Values that no preset explains were changed on purpose.
fn values(
    checked: &CheckedLayer,
    layer: &Layer,
    pack: &Pack,
    named: &[Named],
    findings: &mut Vec<Finding>,
) {
    let effects: Vec<(&Preset, Effects)> = pack
        .presets
        .iter()
        .map(|preset| (preset, preset.effects()))
        .collect();
    let is_active = |preset: &Preset| {
        named
            .iter()
            .any(|Named { preset: name, .. }| preset.is_named(name))
    };
    for Named { preset: name, span } in named {
        let Some((chosen, theirs)) = effects.iter().find(|(preset, _)| preset.is_named(name))
        else {
            continue;
        };
        // If an active preset of another group sets the value, it proves nothing.
        let is_own = |path: &[String]| {
            !effects.iter().any(|(preset, effects)| {
                preset.group != chosen.group
                    && is_active(preset)
                    && effects.keys().any(|other| overlap(other, path))
            })
        };
        let mut by_other: BTreeMap<&str, Vec<&[String]>> = BTreeMap::new();
        for (other, others) in &effects {
            if other.group != chosen.group || other.name == chosen.name {
                continue;
            }
            for (path, value) in others {
                let Some(value) = value else {
                    continue;
                };
                // A path that the chosen preset leaves alone may have its value from the pack.
                let Some(wanted) = theirs.get(path) else {
                    continue;
                };
                let found = at(&checked.values.value, path);
                if found == Some(value) && wanted.as_ref() != Some(value) && is_own(path) {
                    by_other.entry(&other.name).or_default().push(path);
                }
            }
        }
        let Some((other, paths)) = by_other.into_iter().max_by_key(|(_, paths)| paths.len()) else {
            continue;
        };
        let path = written(paths[0]);
        let document = &checked.values;
        findings.push(
            document.mark_bytes(
                rule::PRESETS_VALUES.warning("", format!(
                        "the line says `{name}`, but `{path}` has the value of `{other}`{}",
                        match paths.len() - 1 {
                            0 => String::new(),
                            more => format!(", as are {more} more"),
                        }
                    ))
                .help(format!(
                    "choose the preset again in Palette, or name `{}:{other}`: Palette keeps the values of `{}` as they are, and shows the line",
                    chosen.group, layer.name
                )),
                span.clone(),
            ),
        );
    }
}

fn overlap(one: &[String], other: &[String]) -> bool {
    let shared = one.len().min(other.len());
    one[..shared] == other[..shared]
}

fn at<'v>(root: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(root, |value, key| value.get(key))
}

fn written(path: &[String]) -> String {
    let keys: Vec<String> = path.iter().map(|key| key.replace('.', "\\.")).collect();
    keys.join(".")
}
