//! What changed in a text of several lines.

use similar::{DiffOp, DiffTag, group_diff_ops};

use super::report::{Hunk, Line, Side};
use crate::sequence::line_changes;

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;
/// The changed stretches of two texts; none if they are equal. A line break at the end counts as an empty last line, so
/// that its coming and going shows.
pub(super) fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let old: Vec<&str> = old.split('\n').collect();
    let new: Vec<&str> = new.split('\n').collect();
    let ops = line_changes(&old, &new);
    group_diff_ops(ops, CONTEXT)
        .iter()
        .map(|ops| hunk(ops, &old, &new))
        .collect()
}

fn hunk(ops: &[DiffOp], old: &[&str], new: &[&str]) -> Hunk {
    let mut hunk = Hunk {
        old_start: ops.first().map_or(0, |op| op.old_range().start) + 1,
        new_start: ops.first().map_or(0, |op| op.new_range().start) + 1,
        lines: Vec::new(),
    };
    let mut push = |side: Side, lines: &[&str]| {
        hunk.lines.extend(lines.iter().map(|line| Line {
            side,
            text: (*line).to_owned(),
        }));
    };
    // What went is before what came, however the two were found.
    for stretch in ops.chunk_by(|a, b| (a.tag() == DiffTag::Equal) == (b.tag() == DiffTag::Equal)) {
        if stretch[0].tag() == DiffTag::Equal {
            stretch
                .iter()
                .for_each(|op| push(Side::Both, &old[op.old_range()]));
            continue;
        }
        stretch
            .iter()
            .for_each(|op| push(Side::Old, &old[op.old_range()]));
        stretch
            .iter()
            .for_each(|op| push(Side::New, &new[op.new_range()]));
    }
    hunk
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let mut text = String::new();
        for hunk in hunks(old, new) {
            text.push_str(&format!("@{},{}\n", hunk.old_start, hunk.new_start));
            for line in hunk.lines {
                let mark = match line.side {
                    Side::Both => ' ',
                    Side::Old => '-',
                    Side::New => '+',
                };
                text.push_str(&format!("{mark}{}\n", line.text));
            }
        }
        text
    }

    #[test]
    fn changes_stand_among_a_few_lines() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n";
        assert_eq!(
            shown(old, new),
            "@2,2\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n 10\n 11\n-12\n \n"
        );
        assert_eq!(shown("a\nb", "a\nb\n"), "@1,1\n a\n b\n+\n");
        assert_eq!(shown("a", "a"), "");
    }

    #[test]
    fn what_went_stands_before_what_came() {
        let pairs = [
            ("a\nb\nc\n", "x\nb\nc\ny\n"),
            ("k\nl\nm\nn\n", "l\nx\ny\nn\nk\n"),
            ("1\n2\n3\n4\n", "4\n3\n2\n1\n"),
        ];
        for (old, new) in pairs {
            let text = shown(old, new);
            let signs: String = text.lines().map(|line| &line[..1]).collect();
            assert!(!signs.contains("+-"), "{text}");
        }
    }

    #[test]
    fn long_texts_are_matched_too() {
        let old: String = (0..3000).map(|line| format!("{line}\n")).collect();
        let new: String = (0..3000)
            .map(|line| {
                if line % 1000 == 7 {
                    "x\n".to_owned()
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
        let text = shown(&old, &new);
        assert_eq!(
            text.lines().filter(|line| line.starts_with('-')).count(),
            3,
            "{text}"
        );
        assert_eq!(text.lines().filter(|line| *line == "+x").count(), 3);
    }
}
