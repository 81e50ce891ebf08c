//! What changed in a text of several lines.

use similar::algorithms::{Capture, DiffHook, Replace};
use similar::{Algorithm, DiffOp, DiffTag, capture_diff, group_diff_ops};

use super::report::{Hunk, Line, Side};
use crate::sequence::{Pair, pair};

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;
/// Up to so many pairs of lines the shortest difference is looked for; beyond, lines are matched in linear time.
const SHORTEST: usize = 4_000_000;

/// The changed stretches of two texts; none if they are equal. A line break at the end counts as an empty last line, so
/// that its coming and going shows.
pub(super) fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let old: Vec<&str> = old.split('\n').collect();
    let new: Vec<&str> = new.split('\n').collect();
    let same = |(old, new): &(&&str, &&str)| old == new;
    let start = old.iter().zip(&new).take_while(same).count();
    let rest = old[start..].iter().rev().zip(new[start..].iter().rev());
    let len = rest.take_while(same).count();
    let (old_end, new_end) = (old.len() - len, new.len() - len);
    let pairs = (old_end - start).saturating_mul(new_end - start);
    let equal = |old_index, new_index, len| DiffOp::Equal {
        old_index,
        new_index,
        len,
    };
    let mut ops = vec![equal(0, 0, start)];
    if pairs <= SHORTEST {
        let (old_range, new_range) = (start..old_end, start..new_end);
        ops.extend(capture_diff(
            Algorithm::Myers,
            &old[..],
            old_range,
            &new[..],
            new_range,
        ));
    } else {
        ops.extend(in_linear_time(&old, &new, start, (old_end, new_end)));
    }
    ops.push(equal(old_end, new_end, len));
    ops.retain(|op| !op.old_range().is_empty() || !op.new_range().is_empty());
    group_diff_ops(ops, CONTEXT)
        .iter()
        .map(|ops| hunk(ops, &old, &new))
        .collect()
}

/// What differs between `start` and the two ends. A moved line is taken out in one place and put in in another.
fn in_linear_time(old: &[&str], new: &[&str], start: usize, ends: (usize, usize)) -> Vec<DiffOp> {
    let mut ops = Replace::new(Capture::new());
    let (mut next_old, mut next_new) = (start, start);
    let mut until = |old: usize, new: usize, len: usize| {
        let Ok(()) = ops.delete(next_old, old - next_old, next_new);
        let Ok(()) = ops.insert(old, next_new, new - next_new);
        let Ok(()) = ops.equal(old, new, len);
        (next_old, next_new) = (old + len, new + len);
    };
    for found in pair(&old[start..ends.0], &new[start..ends.1]) {
        if let Pair::Both {
            old,
            new,
            moved: false,
        } = found
        {
            until(start + old, start + new, 1);
        }
    }
    until(ends.0, ends.1, 0);
    let Ok(()) = ops.finish();
    ops.into_inner().into_ops()
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
    // What went stands before what came, however the two were found.
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
