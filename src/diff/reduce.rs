//! Removes from two YAML texts what is the same in both, so that only the rest has to be parsed.
//!
//! Works on block maps, by their lines: an entry that has the same lines in both texts means the same in both. Whatever
//! is written in another way is kept. The texts that are left differ in meaning exactly where the whole texts do.

use std::collections::{HashMap, HashSet};

use crate::sequence::{Pair, pair};

/// Both texts without entries that they share; `None` where the texts cannot be taken apart by lines.
pub(super) fn reduce(old: &str, new: &str) -> Option<(String, String)> {
    // An anchor gives a meaning to lines elsewhere; tabs and document marks would be misread here.
    let plain = |text: &str| {
        !text.contains(['\t', '\r'])
            && !text.contains("\n---")
            && !text.starts_with("---")
            && !has_anchor(text)
    };
    if !plain(old) || !plain(new) {
        return None;
    }
    let (mut kept_old, mut kept_new) = (String::new(), String::new());
    map(old, new, 0, &mut kept_old, &mut kept_new)?;
    Some((kept_old, kept_new))
}

/// The documents of a text, each with the mark that begins it.
pub(super) fn documents(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let is_mark = |at: &usize| {
            let behind = &rest[at + "\n---".len()..];
            behind.is_empty() || behind.starts_with(char::is_whitespace)
        };
        let mut marks = rest.match_indices("\n---").map(|(at, _)| at);
        let end = marks.find(is_mark).map_or(rest.len(), |at| at + 1);
        let (document, behind) = rest.split_at(end);
        rest = behind;
        Some(document)
    })
}

/// Both texts without the documents that are in both as they are, each as often as it is in both; `None` where one
/// has a single document, or directives.
pub(super) fn other_documents(old: &str, new: &str) -> Option<(String, String)> {
    let has_directive = |text: &str| text.starts_with('%') || text.contains("\n%");
    let [before, after] = [old, new].map(|text| documents(text).collect::<Vec<_>>());
    let is_one = |documents: &[&str]| documents.iter().filter(|one| has_content(one)).count() < 2;
    if is_one(&before) || is_one(&after) || has_directive(old) || has_directive(new) {
        return None;
    }
    let (mut left_old, mut left_new) = (String::new(), String::new());
    let keys = |documents: &[&'_ str]| -> Vec<String> {
        documents
            .iter()
            .map(|one| without_mark(one).to_owned())
            .collect()
    };
    for found in pair(&keys(&before), &keys(&after)) {
        match found {
            Pair::Old(at) => line_by_line(&mut left_old, before[at]),
            Pair::New(at) => line_by_line(&mut left_new, after[at]),
            Pair::Both { .. } => {}
        }
    }
    Some((left_old, left_new))
}

/// A document without the line of its mark, where nothing else is there, and the line breaks after it. Below `|+` and
/// `>+` these are content.
fn without_mark(document: &str) -> &str {
    let text = document.strip_prefix("---\n").unwrap_or(document);
    match text.contains("|+") || text.contains(">+") {
        true => text,
        false => text.trim_end_matches('\n'),
    }
}

fn has_content(document: &str) -> bool {
    let text = document.strip_prefix("---").unwrap_or(document);
    let is_content = |line: &str| !is_silent(line) && line.trim_end() != "...";
    text.lines().any(is_content)
}

fn has_anchor(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        matches!(byte, b'&' | b'*')
            && (at == 0 || matches!(bytes[at - 1], b' ' | b'\n' | b'[' | b'{' | b','))
            && bytes
                .get(at + 1)
                .is_some_and(|next| next.is_ascii_alphanumeric() || matches!(next, b'_' | b'-'))
    })
}

/// An entry of a block map: its key and all its lines.
struct WrittenEntry<'t> {
    key: &'t str,
    text: &'t str,
}

/// Writes the differences of two maps whose keys are indented by `indent`; `None` if one is not such a map.
fn map(
    old: &str,
    new: &str,
    indent: usize,
    kept_old: &mut String,
    kept_new: &mut String,
) -> Option<()> {
    let (old, new) = (entries(old, indent)?, entries(new, indent)?);
    let by_key: HashMap<&str, &str> = new.iter().map(|entry| (entry.key, entry.text)).collect();
    if by_key.len() < new.len() {
        return None;
    }
    let (before_old, before_new) = (kept_old.len(), kept_new.len());
    // An entry that means the same in both, as either writes it.
    let mut same: Option<[&str; 2]> = None;
    let mut seen: HashSet<&str> = HashSet::with_capacity(old.len());
    for entry in &old {
        if !seen.insert(entry.key) {
            return None;
        }
        match by_key.get(entry.key) {
            Some(text) => {
                let before = kept_old.len() + kept_new.len();
                if *text != entry.text {
                    differing(entry.text, text, indent, kept_old, kept_new);
                }
                if kept_old.len() + kept_new.len() == before {
                    same = same.or(Some([entry.text, text]));
                }
            }
            None => line_by_line(kept_old, entry.text),
        }
    }
    for entry in &new {
        if !seen.contains(entry.key) {
            line_by_line(kept_new, entry.text);
        }
    }
    // A map that lost all its entries would no longer be one.
    let one_is_empty = kept_old.len() == before_old || kept_new.len() == before_new;
    if let Some([old, new]) = same
        && one_is_empty
        && (kept_old.len() > before_old || kept_new.len() > before_new)
    {
        line_by_line(kept_old, old);
        line_by_line(kept_new, new);
    }
    Some(())
}

/// Writes an entry of both maps, only what differs below it where both hold maps.
fn differing(old: &str, new: &str, indent: usize, kept_old: &mut String, kept_new: &mut String) {
    let (old_head, old_body) = old.split_once('\n').unwrap_or((old, ""));
    let (new_head, new_body) = new.split_once('\n').unwrap_or((new, ""));
    let deeper = first_indent(old_body)
        .filter(|deeper| *deeper > indent && first_indent(new_body) == Some(*deeper));
    if let Some(deeper) = deeper
        && opens_map(old_head)
        && opens_map(new_head)
    {
        let (mut below_old, mut below_new) = (String::new(), String::new());
        if map(old_body, new_body, deeper, &mut below_old, &mut below_new).is_some() {
            if !below_old.is_empty() || !below_new.is_empty() {
                for (kept, head, below) in [
                    (kept_old, old_head, below_old),
                    (kept_new, new_head, below_new),
                ] {
                    line_by_line(kept, head);
                    kept.push_str(&below);
                }
            }
            return;
        }
    }
    line_by_line(kept_old, old);
    line_by_line(kept_new, new);
}

fn line_by_line(kept: &mut String, text: &str) {
    kept.push_str(text);
    if !text.ends_with('\n') {
        kept.push('\n');
    }
}

/// The indentation of the first line that is neither blank nor a comment.
fn first_indent(text: &str) -> Option<usize> {
    text.lines()
        .find(|line| !is_silent(line))
        .map(|line| line.len() - line.trim_start_matches(' ').len())
}

fn is_silent(line: &str) -> bool {
    let content = line.trim_start_matches(' ');
    content.is_empty() || content.starts_with('#')
}

/// Whether nothing but a comment is after the key.
fn opens_map(head: &str) -> bool {
    let head = match head.find(" #") {
        Some(comment) => &head[..comment],
        None => head,
    };
    head.trim_end().ends_with(':')
}

/// Takes a block map apart; `None` where a line at its indentation is not a plain key.
fn entries(text: &str, indent: usize) -> Option<Vec<WrittenEntry<'_>>> {
    let mut starts: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        let blanks = content.len() - content.trim_start_matches(' ').len();
        if !is_silent(content) && blanks <= indent {
            let here = content.get(indent..).filter(|_| blanks == indent)?;
            // The items of a list may stand no deeper than the key they belong to.
            let is_item = here == "-" || here.starts_with("- ");
            match starts.last() {
                Some(_) if is_item => {}
                _ => starts.push((at, plain_key(here)?)),
            }
        }
        at += line.len();
    }
    let ends = starts
        .iter()
        .skip(1)
        .map(|(start, _)| *start)
        .chain([text.len()]);
    let entries = starts
        .iter()
        .zip(ends)
        .map(|((start, key), end)| WrittenEntry {
            key,
            text: without_comments_behind(&text[*start..end], indent),
        });
    let entries: Vec<WrittenEntry<'_>> = entries.collect();
    entries
        .iter()
        .all(|entry| is_closed(entry.text))
        .then_some(entries)
}

/// Whether as many brackets are closed as are open. A list or map in brackets may go on at any indentation, so that one of
/// its lines looks like an entry.
fn is_closed(text: &str) -> bool {
    let count = |byte: u8| match byte {
        b'{' | b'[' => 1,
        b'}' | b']' => -1,
        _ => 0,
    };
    text.bytes().map(count).sum::<isize>() == 0
}

/// An entry without the comments and blank lines after it. Below `|` and `>` such lines may be content.
fn without_comments_behind(entry: &str, indent: usize) -> &str {
    if entry
        .lines()
        .next()
        .is_some_and(|head| head.contains(['|', '>']))
    {
        return entry;
    }
    let mut end = entry.len();
    while let Some(line) = entry[..end].lines().next_back() {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if !is_silent(line) || (blanks > indent && !line.trim().is_empty()) {
            break;
        }
        let start = entry[..end].trim_end_matches('\n').len() - line.len();
        end = if line.is_empty() { end - 1 } else { start };
    }
    &entry[..end]
}

/// The key of a line `key:` or `key: value`, where it is written without anything special.
fn plain_key(line: &str) -> Option<&str> {
    let colon = line.find(':')?;
    let (key, rest) = (&line[..colon], &line[colon + 1..]);
    let is_plain = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'))
        && !key.starts_with('-')
        && (rest.is_empty() || rest.starts_with(' '));
    is_plain.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(old: &str, new: &str) -> (String, String) {
        reduce(old, new).unwrap()
    }

    #[test]
    fn what_is_the_same_goes() {
        let old = "a: 1\nb:\n  # why\n  c: 1\n  d:\n    e: [1]\n    f: 2\ng: |\n  x\n  y\n";
        let new = "a: 1\nb:\n  c: 1\n  d:\n    e: [1]\n    f: 3\ng: |\n  x\n  z\n";
        assert_eq!(
            reduced(old, new),
            (
                "b:\n  d:\n    f: 2\ng: |\n  x\n  y\n".to_owned(),
                "b:\n  d:\n    f: 3\ng: |\n  x\n  z\n".to_owned()
            )
        );
        assert_eq!(
            reduced("a: 1 # x\n", "a: 1 # x\n"),
            (String::new(), String::new())
        );
    }

    #[test]
    fn a_map_stays_a_map() {
        assert_eq!(
            reduced("m:\n  a: 1\n", "m:\n  a: 1\n  b: 2\n"),
            ("m:\n  a: 1\n".to_owned(), "m:\n  b: 2\n  a: 1\n".to_owned())
        );
        // Also where all its entries differ in comments alone.
        assert_eq!(
            reduced(
                "m:\n  a:\n    c: 1\n",
                "m:\n  a:\n    # why\n    c: 1\n  b: 2\n"
            ),
            (
                "m:\n  a:\n    c: 1\n".to_owned(),
                "m:\n  b: 2\n  a:\n    # why\n    c: 1\n".to_owned()
            )
        );
    }

    #[test]
    fn documents_that_stand_in_both_go() {
        let left = |old: &str, new: &str| other_documents(old, new).map(|(old, new)| [old, new]);
        let both = |old: &str, new: &str| Some([old.to_owned(), new.to_owned()]);
        assert_eq!(
            left(
                "a: 1\n---\nb: 1\n--- # c\nc: |\n  ---\n",
                "---\nb: 2\n---\na: 1\n\n"
            ),
            both("---\nb: 1\n--- # c\nc: |\n  ---\n", "---\nb: 2\n")
        );
        assert_eq!(
            left("a: 1\n---\na: 1\n", "---\na: 1\n---\na: 2"),
            both("---\na: 1\n", "---\na: 2\n")
        );
        let kept = ["a: |+\n  x\n\n---\nb: 1\n", "a: |+\n  x\n---\nb: 1\n"];
        assert_eq!(
            left(kept[0], kept[1]),
            both("a: |+\n  x\n\n", "a: |+\n  x\n")
        );
        for text in [
            "a: 1\n",
            "# why\n---\na: 1\n",
            "a: 1\n...\n---\n",
            "%YAML 1.2\n---\na: 1\n---\nb: 1\n",
            "a: 1\n----\n",
        ] {
            assert_eq!(left(text, "---\na: 1\n---\nb: 1\n"), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_in_another_way_is_kept() {
        for text in [
            "a: &x 1\nb: *x\n",
            "- a\n",
            "\"a\": 1\n",
            "a:\t1\n",
            "---\na: 1\n",
            "a: 1\na: 2\n",
            "a: {x: 1,\nb: y}\n",
        ] {
            assert_eq!(reduce(text, &text.replace('1', "3")), None, "{text:?}");
        }
        let list = "a:\n- x: 1\n- y: 2\n";
        assert_eq!(reduced(list, &list.replace('1', "3")).0, list);
    }
}
