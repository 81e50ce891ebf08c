//! Merges the values of a layer, with the presets that its first line names and the settings that a vendor moved.

use serde_json::{Map, Value};

use super::ground::{Ground, Made, Wish, ground, is_about, put};
use super::macros::merge;
use super::merging::{Grounds, Merging};
use super::report::{Limited, Moved};
use crate::diagnostic::{Diagnostic, Source};
use crate::diff::Part;
use crate::pack::{Layout, MovedSetting, PRESETS_LINE, PresetName, enabled_presets};
use crate::profile::Layer;
use crate::yaml::{self, Decision, Limits, Merge, Path, Verdict};

impl Merging<'_> {
    /// Reports renamed settings that stay under their old names.
    fn leave(&mut self, layout: &Layout, name: &str, mine: &str) {
        let mine = tree(mine);
        let moved = layout.moved.iter();
        let present = moved.filter(|setting| setting.from.find(&mine).is_some());
        let names = present.map(|setting| format!("`{}` is `{}` now", setting.from, setting.to));
        let names: Vec<String> = names.collect();
        if !names.is_empty() {
            self.by_hand.push(format!(
                "check the settings that are renamed in `{name}` {} ({}): {}",
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
                    "`{}`, which you changed in `{name}`, was removed in {}: {}",
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

    /// The values of a layer that becomes a version; none, and a note, where one of the texts cannot be read.
    pub(super) fn values(
        &mut self,
        base: Made<'_>,
        yours: &Layer,
        theirs: Made<'_>,
        is_built_in: bool,
        version: &str,
    ) -> Option<String> {
        let groups = [&base.layer.values, &yours.values, &theirs.layer.values];
        let groups = groups.map(|text| by_group(text));
        let roots: Vec<Value> = groups.to_vec();
        let of_presets = Part::Preset(String::new());
        let (chosen, mut switched) = self.decided(&of_presets, groups.map(Some));
        let presets = of_groups(&chosen.unwrap_or_default());
        let wish = Wish {
            yours,
            is_built_in,
            version,
            presets: &presets,
        };
        let ground = ground(self.request.library, wish, base, theirs);
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
        let (of_base, of_theirs, own) = match ground {
            Ground::Whole { base, theirs } => (base, theirs, None),
            Ground::Own {
                base,
                theirs,
                set,
                no_longer,
                why,
            } => (base, theirs, Some((set, no_longer, why))),
        };
        let ((old_line, of_base), (line, mine), (new_line, of_theirs)) = (
            without_presets(&of_base),
            without_presets(&yours.values),
            without_presets(&of_theirs),
        );
        let (mut of_base, mut mine) = (of_base.to_owned(), mine.to_owned());
        for layout in Layout::passed(&yours.name, &yours.version, version) {
            match own.is_some() && layout.upgrades_from.is_none() {
                // Nobody knows which of them is an edit.
                true => self.leave(layout, &yours.name, &mine),
                false => self.pass(layout, &yours.name, &mut of_base, &mut mine),
            }
        }
        let name = format!("values of {}", yours.name);
        let texts = [of_base.as_str(), mine.as_str(), of_theirs];
        let (text, mut decisions) = self.texts(&name, &Part::Values, texts)?;
        if let Some((set, no_longer, why)) = &own {
            decisions.retain(|decision| is_about(set, decision));
            // Only the vendor's pack can switch a preset.
            switched.retain(|decision| {
                let is_theirs = decision.verdict == Verdict::Taken;
                if is_theirs {
                    self.switch_by_hand(&yours.name, decision);
                }
                !is_theirs
            });
            self.tell_of_own(yours, no_longer, why);
        }
        let line = match (own, old_line == new_line) {
            (None, false) => new_line,
            _ => line,
        };
        self.record(&of_presets, switched, &roots.iter().collect::<Vec<_>>());
        let roots = texts.map(tree);
        self.record(&Part::Values, decisions, &roots.each_ref());
        Some(match line {
            Some(line) if yours.values.contains("\r\n") => format!("{line}\r\n{text}"),
            Some(line) => format!("{line}\n{text}"),
            None => text,
        })
    }

    fn switch_by_hand(&mut self, layer: &str, decision: &Decision) {
        if let Some(name) = decision.theirs.as_ref().and_then(Value::as_str) {
            let group = decision.path.keys().concat();
            self.by_hand.push(format!(
                "switch `{layer}` to the preset {name} of `{group}` in Palette"
            ));
        }
    }

    /// Says what is not merged in a layer where a vendor's text is missing.
    fn tell_of_own(&mut self, yours: &Layer, no_longer: &[Path], why: &str) {
        let present = tree(&yours.values);
        let left = no_longer
            .iter()
            .filter(|path| path.find(&present).is_some());
        let left: Vec<String> = left.map(|path| format!("`{path}`")).collect();
        if !left.is_empty() {
            self.by_hand.push(format!(
                "decide about settings that RA {} no longer makes in `{}` and that stay as you have them: {}",
                self.request.to.name,
                yours.name,
                left.join(", ")
            ));
        }
        self.limit(format!(
            "only the RA's own settings are merged, and the rest stays yours: {why}"
        ));
    }

    fn limit(&mut self, why: String) {
        self.limited.push(Limited {
            profile: self.profile.clone(),
            layer: self.layer.clone().unwrap_or_default(),
            why,
        });
    }

    /// Merges three texts; none, and a note, where one cannot be read.
    pub(super) fn texts(
        &mut self,
        name: &str,
        part: &Part,
        texts: [&str; 3],
    ) -> Option<(String, Vec<Decision>)> {
        let asked = self.asked(part);
        let merged = merge(name, texts, &asked.ask());
        match merged {
            Ok(merged) => Some((merged.text, merged.decisions)),
            Err(problems) => {
                let why = problems.first().map_or("", Diagnostic::message);
                self.limit(format!(
                    "the {name} cannot be read as YAML, and stay as they are ({why}); `vmo-ra check` shows where"
                ));
                None
            }
        }
    }
}

pub(super) fn tree(text: &str) -> Value {
    yaml::to_json(&Source::new("", text), Limits::VALUES).unwrap_or_default()
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

/// The line of a text's presets, and the rest of it.
pub(super) fn without_presets(text: &str) -> (Option<&str>, &str) {
    // A byte order mark is one only where a text begins.
    let marked = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !marked.starts_with(PRESETS_LINE) {
        return (None, text);
    }
    match marked.split_once('\n') {
        Some((line, rest)) => (Some(line.trim_end_matches('\r')), rest),
        None => (Some(marked), ""),
    }
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

    /// A default under an old name never replaces an edit under the new one.
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
