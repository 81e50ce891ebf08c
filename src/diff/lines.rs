//! What changed in a text of several lines.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::report::{Hunk, Line, Side};
use crate::sequence::{Pair, pair};

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;
/// Up to so many pairs of lines the shortest difference is looked for; beyond, lines are matched in linear time.
const SHORTEST: usize = 4_000_000;

/// A line of both sides, in order.
struct Aligned<'t> {
    side: Side,
    text: &'t str,
    old: usize,
    new: usize,
}

/// The changed stretches of two texts; none if they are equal. A line break at the end counts as an empty last line, so
/// that its coming and going shows.
pub(super) fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let old: Vec<&str> = old.split('\n').collect();
    let new: Vec<&str> = new.split('\n').collect();
    let start = old
        .iter()
        .zip(&new)
        .take_while(|(old, new)| old == new)
        .count();
    let end = old[start..]
        .iter()
        .rev()
        .zip(new[start..].iter().rev())
        .take_while(|(old, new)| old == new)
        .count();
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    let mut aligned = Vec::with_capacity(old.len() + new.len());
    let (mut old_at, mut new_at) = (0, 0);
    let mut push = |side: Side, text| {
        aligned.push(Aligned {
            side,
            text,
            old: old_at,
            new: new_at,
        });
        old_at += usize::from(side != Side::New);
        new_at += usize::from(side != Side::Old);
    };
    old[..start].iter().for_each(|line| push(Side::Both, line));
    changed(&old[start..old_end], &new[start..new_end], &mut push);
    old[old_end..]
        .iter()
        .for_each(|line| push(Side::Both, line));
    cut(&aligned)
}

/// Pushes the lines between the common start and the common end, in order.
fn changed<'t>(old_part: &[&'t str], new_part: &[&'t str], push: &mut impl FnMut(Side, &'t str)) {
    if old_part.len().saturating_mul(new_part.len()) <= SHORTEST {
        for op in capture_diff_slices(Algorithm::Myers, old_part, new_part) {
            if let DiffOp::Equal { old_index, len, .. } = op {
                (old_index..old_index + len).for_each(|line| push(Side::Both, old_part[line]));
                continue;
            }
            op.old_range()
                .for_each(|line| push(Side::Old, old_part[line]));
            op.new_range()
                .for_each(|line| push(Side::New, new_part[line]));
        }
        return;
    }
    // A moved line is taken out in one place and put in in another.
    let mut gone = vec![true; old_part.len()];
    let pairs = pair(old_part, new_part);
    for found in &pairs {
        if let Pair::Both {
            old, moved: false, ..
        } = found
        {
            gone[*old] = false;
        }
    }
    let mut next_old = 0;
    for found in pairs {
        match found {
            Pair::Old(_) => {}
            Pair::New(new)
            | Pair::Both {
                new, moved: true, ..
            } => push(Side::New, new_part[new]),
            Pair::Both {
                old, moved: false, ..
            } => {
                (next_old..old)
                    .filter(|line| gone[*line])
                    .for_each(|line| push(Side::Old, old_part[line]));
                push(Side::Both, old_part[old]);
                next_old = old + 1;
            }
        }
    }
    (next_old..old_part.len())
        .filter(|line| gone[*line])
        .for_each(|line| push(Side::Old, old_part[line]));
}

/// Leaves of the unchanged lines only those around changes.
fn cut(aligned: &[Aligned<'_>]) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut end = 0;
    for (index, line) in aligned.iter().enumerate() {
        if line.side == Side::Both {
            continue;
        }
        let from = index.saturating_sub(CONTEXT).max(end);
        let continues = from == end && !hunks.is_empty();
        if !continues {
            hunks.push(Hunk {
                old_start: aligned[from].old + 1,
                new_start: aligned[from].new + 1,
                lines: Vec::new(),
            });
        }
        let mut to = index + 1;
        while to < aligned.len() && to <= index + CONTEXT && aligned[to].side == Side::Both {
            to += 1;
        }
        if let Some(hunk) = hunks.last_mut() {
            hunk.lines
                .extend(aligned[from..to.max(from)].iter().map(|line| Line {
                    side: line.side,
                    text: line.text.to_owned(),
                }));
        }
        end = to.max(end);
    }
    hunks
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
