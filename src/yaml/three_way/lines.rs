//! Three versions of a text, line by line.

use std::ops::Range;

use similar::DiffTag;

use crate::sequence::line_changes;

/// A stretch of the base that one side has other lines for.
struct Change<'a> {
    base: Range<usize>,
    lines: &'a [&'a str],
}

/// The text with the changes of both sides, or none if they meet.
pub(super) fn merge(base: &str, yours: &str, theirs: &str) -> Option<String> {
    let lines = |text: &'_ str| -> Vec<String> { text.split('\n').map(str::to_owned).collect() };
    let (base, yours, theirs) = (lines(base), lines(yours), lines(theirs));
    let [base, yours, theirs] = [&base, &yours, &theirs]
        .map(|lines| lines.iter().map(String::as_str).collect::<Vec<&str>>());
    let (ours, other) = (changes(&base, &yours), changes(&base, &theirs));
    let (mut ours, mut other) = (ours.iter().peekable(), other.iter().peekable());
    let mut merged: Vec<&str> = Vec::with_capacity(yours.len() + theirs.len());
    let mut at = 0;
    loop {
        let next = match (ours.peek(), other.peek()) {
            (None, None) => break,
            (Some(_), None) => ours.next(),
            (None, Some(_)) => other.next(),
            (Some(one), Some(two)) if one.base == two.base && one.lines == two.lines => {
                other.next();
                ours.next()
            }
            (Some(one), Some(two)) if meet(&one.base, &two.base) => return None,
            (Some(one), Some(two)) if one.base.start <= two.base.start => ours.next(),
            _ => other.next(),
        };
        let Some(change) = next else { break };
        merged.extend(&base[at..change.base.start]);
        merged.extend(change.lines);
        at = change.base.end;
    }
    merged.extend(&base[at..]);
    Some(merged.join("\n"))
}

/// Whether two changes are about the same lines, or put lines in the same place.
fn meet(one: &Range<usize>, two: &Range<usize>) -> bool {
    match (one.is_empty(), two.is_empty()) {
        (false, false) => one.start < two.end && two.start < one.end,
        (true, _) => two.start <= one.start && one.start <= two.end,
        (_, true) => one.start <= two.start && two.start <= one.end,
    }
}

fn changes<'a>(base: &[&str], new: &'a [&'a str]) -> Vec<Change<'a>> {
    let ops = line_changes(base, new);
    let stretches = ops.chunk_by(|a, b| (a.tag() == DiffTag::Equal) == (b.tag() == DiffTag::Equal));
    let changed = stretches.filter(|ops| ops[0].tag() != DiffTag::Equal);
    changed
        .filter_map(|ops| {
            let (first, last) = (ops.first()?, ops.last()?);
            Some(Change {
                base: first.old_range().start..last.old_range().end,
                lines: &new[first.new_range().start..last.new_range().end],
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::merge;

    #[test]
    fn changes_of_other_lines_are_both_made() {
        let base = "a\nb\nc\nd\n";
        for (yours, theirs, merged) in [
            ("a\nB\nc\nd\n", "a\nb\nc\nD\n", Some("a\nB\nc\nD\n")),
            // Neighbours do not meet.
            ("a\nB\nc\nd\n", "a\nb\nC\nd\n", Some("a\nB\nC\nd\n")),
            ("a\nB\nc\nd\n", "a\nx\nc\nd\n", None),
            (
                "a\nb\nc\nd\ne\n",
                "0\na\nb\nc\nd\n",
                Some("0\na\nb\nc\nd\ne\n"),
            ),
            // Both add a line in one place.
            ("a\nb\nc\nd\ne\n", "a\nb\nc\nd\nf\n", None),
            (
                "a\nb\nc\nd\ne\n",
                "a\nb\nc\nd\ne\n",
                Some("a\nb\nc\nd\ne\n"),
            ),
            ("a\nc\nd\n", "a\nb\nc\nD\n", Some("a\nc\nD\n")),
            ("a\nc\nd\n", "a\nB\nc\nd\n", None),
            ("", "a\nb\nc\nD\n", None),
        ] {
            assert_eq!(
                merge(base, yours, theirs).as_deref(),
                merged,
                "{yours:?} {theirs:?}"
            );
            assert_eq!(
                merge(base, theirs, yours).as_deref(),
                merged,
                "{theirs:?} {yours:?}"
            );
        }
    }
}
