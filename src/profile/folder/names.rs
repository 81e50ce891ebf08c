//! Turns names of layers and manifests into names of folders and files that every disk accepts.

use std::collections::{HashMap, HashSet};

/// The longest name, in bytes, without what tells it from another.
const LONGEST: usize = 100;

/// Names that Windows gives to devices, with any extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// A name for each of `names`, no two the same on a disk that ignores case, and none of `taken`, which are in small
/// letters.
///
/// A name that can stand as it is does so, whatever else there is; of several equal ones the first. So a layer that is
/// added renames no other, unless it has its name.
pub(super) fn distinct(names: &[&str], taken: &[&str], nameless: &str) -> Vec<String> {
    let mut used: HashSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
    let mut found: Vec<Option<String>> = names
        .iter()
        .map(|name| {
            let stands = safe(name, nameless) == **name && used.insert(name.to_lowercase());
            stands.then(|| (*name).to_owned())
        })
        .collect();
    // How far the numbers of a name are used up.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (name, found) in names.iter().zip(&mut found) {
        if found.is_some() {
            continue;
        }
        let safe = safe(name, nameless);
        let mut candidate = safe.clone();
        let number = numbers.entry(safe.to_lowercase()).or_insert(1);
        while !used.insert(candidate.to_lowercase()) {
            *number += 1;
            candidate = format!("{safe}-{number}");
        }
        *found = Some(candidate);
    }
    found.into_iter().flatten().collect()
}

/// A name for the file of something that others named: theirs, where that is a plain name of one file that is not hidden.
pub fn file_name(name: &str, nameless: &str) -> String {
    let is_bad = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
    match name.is_empty() || name.starts_with('.') || name.contains(is_bad) {
        true => safe(name, nameless),
        false => name.to_owned(),
    }
}

/// A name of `A-Z`, `a-z`, `0-9`, `.`, `_` and `-` that neither starts nor ends with a dot or a dash.
fn safe(name: &str, nameless: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let replaced: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect();
    let inner = |text: &str| text.trim_matches(['.', '-']).to_owned();
    let mut safe = inner(&replaced);
    if safe.len() > LONGEST {
        safe = inner(&safe[..LONGEST]);
    }
    if safe.is_empty() {
        return nameless.to_owned();
    }
    let stem = safe.split('.').next().unwrap_or_default().to_lowercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    };
    if DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt") {
        safe.insert(0, '_');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe() {
        for (name, made) in [
            ("kubernetes", "kubernetes"),
            ("csi-portworx_1.2", "csi-portworx_1.2"),
            ("a b/c\\d", "a-b-c-d"),
            ("../../etc/passwd", "etc-passwd"),
            ("..", "layer"),
            ("", "layer"),
            ("-rf", "rf"),
            (".git", "git"),
            ("x.", "x"),
            ("x ", "x"),
            ("CON", "_CON"),
            ("nul.yaml", "_nul.yaml"),
            ("com1", "_com1"),
            ("com10", "com10"),
            ("conx", "conx"),
            ("日本", "layer"),
            ("a\u{301}\0\n", "a"),
            ("C:\\x", "C--x"),
        ] {
            assert_eq!(safe(name, "layer"), made, "{name:?}");
        }
        assert_eq!(safe(&"x".repeat(300), "layer").len(), LONGEST);
    }

    #[test]
    fn the_name_of_a_file_stays_where_it_names_one() {
        for (name, made) in [
            ("my core ä", "my core ä"),
            ("a/b", "a-b"),
            ("a\\b", "a-b"),
            ("a:b", "a-b"),
            ("../../x", "x"),
            ("..", "profile"),
            (".x", "x"),
            ("a\nb", "a-b"),
            ("", "profile"),
        ] {
            assert_eq!(file_name(name, "profile"), made, "{name:?}");
        }
    }

    #[test]
    fn a_name_that_can_stand_does_so() {
        assert_eq!(
            distinct(
                &["a/b", "a-b", "A-B", "a", "a", "a-2", "values"],
                &["values"],
                "layer"
            ),
            ["a-b-2", "a-b", "A-B-3", "a", "a-3", "a-2", "values-2"]
        );
    }
}
