//! Settings that a pack's texts do not mention: the chart ignores them, or its schema refuses them.

use super::{Origin, Pack};
use crate::yaml::{Merge, Node, Path};

/// What an overlay sets in charts that the pack knows neither as a key nor in a comment, in its values, presets or schema.
/// `elsewhere` is told otherwise. Our own packs hold a part only, and say nothing of the rest.
pub(super) fn unknown_settings(
    pack: &Pack,
    merge: &Merge,
    overlay: &Node,
    elsewhere: Vec<Path>,
) -> Vec<Path> {
    let mut search = Search {
        pack,
        elsewhere,
        found: Vec::new(),
    };
    if pack.origin != Origin::BuiltIn
        && let (Some(ours), Some(theirs)) = (overlay.get("charts"), merge.base_value("charts"))
    {
        search.look(ours, theirs, &["charts".to_owned()]);
    }
    search.found
}

struct Search<'p> {
    pack: &'p Pack,
    elsewhere: Vec<Path>,
    found: Vec<Path>,
}

impl Search<'_> {
    fn look(&mut self, ours: &Node, theirs: &Node, way: &[String]) {
        // What is empty or no map takes any keys.
        let (Some(ours), Some([_, ..])) = (ours.entries(), theirs.entries()) else {
            return;
        };
        for entry in ours {
            let way = [way, &[entry.name().to_owned()]].concat();
            let path = Path::of_keys(way.iter().map(String::as_str));
            if self.elsewhere.contains(&path) {
                continue;
            }
            match theirs.get(entry.name()) {
                Some(theirs) => self.look(&entry.value, theirs, &way),
                None if self.is_named(entry.name()) => {}
                None => self.found.push(path),
            }
        }
    }

    /// Whether a key is somewhere in the texts, perhaps in a comment.
    fn is_named(&self, key: &str) -> bool {
        let pack = self.pack;
        let presets = pack.presets.iter().map(|preset| preset.add.text());
        let rules = pack.schema.iter().map(|rule| rule.path.as_str());
        let mut texts = std::iter::once(pack.values.text())
            .chain(presets)
            .chain(rules);
        texts.any(|text| has_word(text, key))
    }
}

/// Whether a word is in a text, not as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_no_part_of_another() {
        for (text, has) in [
            ("# replicas: 3", true),
            ("replicas", true),
            ("(replicas)", true),
            ("maxreplicas", false),
            ("replicas-max: 1", false),
            ("max_replicas: 1, replicas: 2", true),
            ("", false),
        ] {
            assert_eq!(has_word(text, "replicas"), has, "{text}");
        }
    }
}
