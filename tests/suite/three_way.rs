//! Three versions of a text: what each side changed comes together, and nothing else moves.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::yaml::{Answer, Clash, Decision, Limits, Merged, Node, Verdict, merge_three, parse};

use crate::common::{Shared, nothing_wrong};
use crate::properties::document::document;
use crate::properties::{check, messages, ours};

fn merged_with(
    [base, yours, theirs]: [&str; 3],
    answer: impl Fn(&str) -> Option<Answer>,
) -> Result<Merged, String> {
    merge_three(
        &Source::new("base", base),
        &Source::new("yours", yours),
        &Source::new("theirs", theirs),
        &|path, _| answer(&path.to_string()),
    )
    .map_err(|problems| messages(&problems))
}

fn merged(base: &str, yours: &str, theirs: &str) -> Merged {
    merged_with([base, yours, theirs], |_| None).expect("the texts are YAML")
}

fn conflicts(merged: &Merged) -> Vec<String> {
    let conflict = |decision: &Decision| match &decision.verdict {
        Verdict::Conflict(clash, _) => Some(format!("{} {clash:?}", decision.path)),
        _ => None,
    };
    merged.decisions.iter().filter_map(conflict).collect()
}

/// A merge without conflicts, by its text.
fn clean(base: &str, yours: &str, theirs: &str) -> String {
    let merged = merged(base, yours, theirs);
    assert_eq!(conflicts(&merged), [""; 0], "{}", merged.text);
    merged.text
}

const BASE: &str = "\
# The agent.
agent:
  # How many.
  replicas: 1 # one
  image: a:1

  # Rights.
  rights:
  - read
  - name: write
    scope: own # only

# The rest.
other: {a: 1, b: 2}
script: |
  set -e
  first
  second
";

#[test]
fn changes_of_both_sides_come_together_with_their_comments() {
    let yours = "\
# The agent.
agent:
  # How many, for us.
  replicas: 3 # three
  image: a:1

  # Rights.
  rights:
  - read
  # Ours.
  - ours
  - name: write
    scope: own # only
  # Ours as well.
  extra:
    deep: true

# The rest.
other: {a: 1, b: 2}
script: |
  set -e
  zeroth
  first
  second
";
    let theirs = "\
# The agent, once more.
agent:
  # How many.
  replicas: 1 # one
  # From elsewhere.
  image: b:2

  # Rights of all kinds.
  rights:
  - read
  - name: write
    scope: all # now
  new: 1

# The rest.
other: {a: 1, b: 3}
script: |
  set -e
  first
  second
  third
";
    let expected = "\
# The agent, once more.
agent:
  # How many, for us.
  replicas: 3 # three
  # From elsewhere.
  image: b:2

  # Rights of all kinds.
  rights:
  - read
  # Ours.
  - ours
  - name: write
    scope: all # now
  # Ours as well.
  extra:
    deep: true
  new: 1

# The rest.
other: {a: 1, b: 3}
script: |
  set -e
  zeroth
  first
  second
  third
";
    assert_eq!(clean(BASE, yours, theirs), expected);
}

#[test]
fn one_side_alone_is_taken_byte_for_byte() {
    let other = "agent:   {a: 1}   # odd\n\n\n# end";
    assert_eq!(clean(BASE, BASE, other), other);
    assert_eq!(clean(BASE, other, BASE), other);
    assert_eq!(clean(BASE, other, other), other);
    assert_eq!(clean("", "", BASE), BASE);
}

#[test]
fn comments_that_both_change_come_together() {
    let base = "# One.\n# Two.\n# Three.\na: 1\nb: 1\n";
    let yours = "# One.\n# Two.\n# Three.\n# Ours.\na: 1\nb: 2\n";
    let theirs = "# First.\n# Two.\n# Three.\na: 1\nb: 1\n";
    assert_eq!(
        clean(base, yours, theirs),
        "# First.\n# Two.\n# Three.\n# Ours.\na: 1\nb: 2\n"
    );
    // Where they meet, yours stays.
    let theirs = "# One.\n# Two.\n# Third.\na: 1\nb: 1\n";
    assert_eq!(clean(base, yours, theirs), yours);
}

#[test]
fn indentation_stays_yours() {
    let base = "a:\n  b:\n    c: 1\n  l:\n  - x: 1\n    y: 2\nz: 1\n";
    let yours = "a:\n    b:\n        c: 2\n    l:\n      - x: 1\n        y: 2\nz: 1\n";
    let theirs = "a:\n  b:\n    c: 1\n    # New.\n    d: |\n      text\n        deeper\n  l:\n  - x: 1\n    y: 3\nz: 1\n";
    let expected = "a:\n    b:\n        c: 2\n        # New.\n        d: |\n          text\n            deeper\n    l:\n      - x: 1\n        y: 3\nz: 1\n";
    assert_eq!(clean(base, yours, theirs), expected);
}

#[test]
fn a_line_end_that_is_gone_is_no_edit_of_the_last_block() {
    let text = clean("a: 1\nb: |\n  x\n", "a: 2\nb: |\n  x", "a: 1\nb: |\n  y\n");
    assert_eq!(text.trim_end(), "a: 2\nb: |\n  y");
}

#[test]
fn what_both_change_is_a_conflict_of_its_kind() {
    let base = "a: 1\nb: 1\nc: {x: 1}\nl: [1]\n";
    let yours = "a: 2\nc: {x: 2}\nn: 1\nl: [2]\n";
    let theirs = "a: 3\nb: 2\nn: 2\nl: [3]\n";
    let found = merged(base, yours, theirs);
    assert_eq!(
        conflicts(&found),
        [
            "a Changed",
            "c Gone",
            "b Removed",
            "n Added",
            "l[0] Changed"
        ],
        "{}",
        found.text
    );
}

#[test]
fn answers_decide() {
    let (base, yours, theirs) = ("a: 1\nb: 1\n", "a: 2 # ours\n", "# theirs\na: 3\nb: 2\n");
    let with = |answers: [Answer; 2]| {
        let [a, b] = answers;
        let merged = merged_with([base, yours, theirs], |path| match path {
            "a" => Some(a.clone()),
            _ => Some(b.clone()),
        });
        merged.expect("the texts are YAML").text
    };
    assert_eq!(
        with([Answer::Yours, Answer::Yours]),
        "# theirs\na: 2 # ours\n"
    );
    assert_eq!(
        with([Answer::Theirs, Answer::Theirs]),
        "# theirs\na: 3 # ours\nb: 2\n"
    );
    assert_eq!(
        with([Answer::Base, Answer::Drop]),
        "# theirs\na: 1 # ours\n"
    );
    assert_eq!(
        with([
            Answer::Value(json!({"x": [1, "yes"]})),
            Answer::Value(json!("no"))
        ]),
        "# theirs\na:\n  x:\n  - 1\n  - \"yes\"\nb: \"no\"\n"
    );
}

#[test]
fn an_edit_of_what_is_gone_is_told() {
    let base = "a:\n  b: 1\n  c: 1\n";
    let found = merged(base, "a:\n  b: 2\n  c: 1\n", "a:\n  c: 1\n");
    assert_eq!(conflicts(&found), ["a.b Gone"]);
    let found = merged(base, "a:\n  b: 2\n  c: 1\n", "d: 1\n");
    assert_eq!(conflicts(&found), ["a Gone"]);
}

#[test]
fn objects_of_a_stream_are_known_by_kind_and_name() {
    let object = |name: &str, data: u8| {
        format!("kind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  a: \"{data}\"\n")
    };
    let join = |objects: &[String]| objects.join("---\n");
    let base = join(&[object("a", 1), object("b", 1)]);
    let yours = join(&[object("a", 2), object("b", 1), object("ours", 1)]);
    let theirs = join(&[object("theirs", 1), object("a", 1), object("b", 2)]);
    let expected = join(&[
        object("theirs", 1),
        object("a", 2),
        object("b", 2),
        object("ours", 1),
    ]);
    assert_eq!(clean(&base, &yours, &theirs), expected);
    let found = merged(&base, &yours, &object("b", 1));
    assert_eq!(conflicts(&found), ["[object=ConfigMap a] Gone"]);
}

#[test]
fn objects_that_stand_twice_are_none_less() {
    let object = |name: &str, data: u8| format!("kind: A\nmetadata: {{name: {name}}}\nx: {data}\n");
    let join = |objects: &[String]| objects.join("---\n");
    let base = join(&[object("a", 1), object("a", 2), object("b", 3)]);
    let yours = join(&[
        object("a", 1),
        object("a", 9),
        object("a", 5),
        object("b", 3),
    ]);
    let theirs = join(&[object("a", 4), object("a", 2), object("b", 6)]);
    let all = [
        object("a", 4),
        object("a", 9),
        object("a", 5),
        object("b", 6),
    ];
    assert_eq!(clean(&base, &yours, &theirs), join(&all));
    // One document becomes several.
    let yours = join(&[object("q", 1), object("q", 2), object("a", 1)]);
    assert_eq!(clean(&object("a", 1), &yours, &object("a", 1)), yours);
    let all = join(&[object("q", 1), object("q", 2), object("a", 4)]);
    assert_eq!(clean(&object("a", 1), &yours, &object("a", 4)), all);
}

/// The values of conflicts, with those of the two sides in order.
fn sides(merged: &Merged, is_mirrored: bool) -> Vec<String> {
    let mut found: Vec<String> = merged
        .decisions
        .iter()
        .filter_map(|decision| {
            let Verdict::Conflict(clash, _) = decision.verdict else {
                return None;
            };
            let (mut sides, mut clash) = ([&decision.yours, &decision.theirs], clash);
            if is_mirrored {
                sides.reverse();
                clash = match clash {
                    Clash::Gone => Clash::Removed,
                    Clash::Removed => Clash::Gone,
                    other => other,
                };
            }
            Some(format!("{clash:?} {:?} {sides:?}", decision.base))
        })
        .collect();
    found.sort();
    found
}

/// A document, and two that differ from it here and there.
fn versions() -> impl Strategy<Value = [String; 3]> {
    let choices = || proptest::collection::vec(any::<u8>(), 1..40);
    (document(false), choices(), choices()).prop_map(|(base, mine, other)| {
        [
            base.write("base").text,
            base.edited(&mine).write("base").text,
            base.edited(&other).write("base").text,
        ]
    })
}

#[test]
fn merges_of_any_texts_hold() {
    check(1_000, versions(), |texts| {
        let [base, yours, theirs] = [0, 1, 2].map(|at| texts[at].as_str());
        if texts.iter().any(|text| ours(text).is_err()) {
            return Ok(());
        }
        let fail = |what: &str, text: &str| {
            Err(TestCaseError::fail(format!(
                "{what}\n--- base\n{base}\n--- yours\n{yours}\n--- theirs\n{theirs}\n--- merged\n{text}\n--- end"
            )))
        };
        let merge = |texts: [&str; 3]| merged_with(texts, |_| None).map_err(TestCaseError::fail);
        // Alone, each side is taken as it is.
        for (texts, expected) in [
            ([base, base, theirs], theirs),
            ([base, yours, base], yours),
            ([base, yours, yours], yours),
        ] {
            let found = merge(texts)?;
            if found.text != expected {
                return fail("a side alone is changed", &found.text);
            }
        }
        let found = merge([base, yours, theirs])?;
        let mirrored = merge([base, theirs, yours])?;
        if sides(&found, false) != sides(&mirrored, true) {
            return fail(
                &format!(
                    "conflicts are not mirrored: {:?} {:?}",
                    sides(&found, false),
                    sides(&mirrored, true)
                ),
                &found.text,
            );
        }
        let Ok(value) = ours(&found.text) else {
            return fail("the result is not YAML", &found.text);
        };
        // Every decision is made as it says.
        for decision in &found.decisions {
            if decision.path.to_string().contains('[') {
                continue;
            }
            let expected = match decision.verdict {
                Verdict::Taken => &decision.theirs,
                Verdict::Kept | Verdict::Same | Verdict::Conflict(_, None) => &decision.yours,
                _ => continue,
            };
            let keys = decision.path.steps();
            let at = match keys {
                [] => Some(&value),
                _ => decision.path.find(&value),
            };
            let nothing = Value::Null;
            if at.unwrap_or(&nothing) != expected.as_ref().unwrap_or(&nothing) && !keys.is_empty() {
                return fail(&format!("{decision:?}"), &found.text);
            }
        }
        Ok(())
    });
}

/// A document, and three that differ from it here and there.
fn four_versions() -> impl Strategy<Value = [String; 4]> {
    let choices = || proptest::collection::vec(any::<u8>(), 1..20);
    (document(false), choices(), choices(), choices()).prop_map(|(base, one, two, three)| {
        let of = |choices: &[u8]| base.edited(choices).write("base").text;
        [base.write("base").text, of(&one), of(&two), of(&three)]
    })
}

/// Whether both sides of a merge went their own ways, so that later merges have nothing to add.
fn is_free(merged: &Merged) -> bool {
    let is_free = |verdict: &Verdict| matches!(verdict, Verdict::Taken | Verdict::Kept);
    (merged.decisions.iter()).all(|decision| is_free(&decision.verdict))
}

/// Edits that do not meet make the same result one after the other, in any order, and at once; and what both sides have is no
/// conflict.
#[test]
fn edits_that_do_not_meet_come_together_in_any_order() {
    let counted = std::cell::Cell::new(0);
    check(2_000, four_versions(), |texts| {
        let [base, one, two, theirs] = [0, 1, 2, 3].map(|at| texts[at].as_str());
        let value = |text: &str| ours(text).map_err(TestCaseError::fail);
        // Lists have no keys by which an item is the same in all of them.
        let has_list = |text: &str| {
            text.lines()
                .any(|line| line.trim_start().starts_with(['-', '[']) || line.contains(": ["))
        };
        if texts
            .iter()
            .any(|text| ours(text).is_err() || has_list(text))
        {
            return Ok(());
        }
        let merge = |texts: [&str; 3]| merged_with(texts, |_| None).map_err(TestCaseError::fail);
        let of_one = merge([base, one, theirs])?;
        let of_two = merge([base, two, theirs])?;
        let both = merge([base, one, two])?;
        if ![&of_one, &of_two, &both].into_iter().all(is_free) {
            return Ok(());
        }
        counted.set(counted.get() + 1);
        let ways = [
            ("one, then two", merge([base, two, &of_one.text])?),
            ("two, then one", merge([base, one, &of_two.text])?),
            ("both at once", merge([base, &both.text, theirs])?),
            // Over a version between base and theirs.
            ("in two steps", merge([two, &both.text, &of_two.text])?),
        ];
        let expected = value(&ways[0].1.text)?;
        for (what, found) in &ways {
            if value(&found.text)? != expected || !conflicts(found).is_empty() {
                return Err(TestCaseError::fail(format!(
                    "{what}\n--- base\n{base}\n--- one\n{one}\n--- two\n{two}\n--- theirs\n{theirs}\n--- merged\n{}\n--- end",
                    found.text
                )));
            }
        }
        // What theirs has already is the same on both sides.
        let again = merge([base, one, &of_one.text])?;
        if !conflicts(&again).is_empty() || value(&again.text)? != value(&of_one.text)? {
            return Err(TestCaseError::fail(format!("{:?}", again.decisions)));
        }
        Ok(())
    });
    assert!(counted.get() > 50, "{}", counted.get());
}

/// A small generator of numbers, the same ones each time.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).expect("31 bits") % end.max(1)
    }
}

/// The single values of a map that stand on one line of their own, by their keys.
fn single_values(node: &Node, above: &mut Vec<String>, found: &mut Vec<(Vec<String>, usize)>) {
    for entry in node.entries().unwrap_or_default() {
        above.push(entry.name().to_owned());
        match entry.value.entries() {
            Some(_) => single_values(&entry.value, above, found),
            None if entry.value.items().is_none() => {
                found.push((above.clone(), entry.key.span().start));
            }
            None => {}
        }
        above.pop();
    }
}

fn at<'v>(tree: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(tree, |value, key| value.get(key))
}

fn set(tree: &mut Value, path: &[String], value: Option<Value>) {
    let Some((last, above)) = path.split_last() else {
        return;
    };
    let map = above
        .iter()
        .try_fold(tree, |value, key| value.get_mut(key))
        .and_then(Value::as_object_mut);
    match (map, value) {
        (Some(map), Some(value)) => {
            map.insert(last.clone(), value);
        }
        (Some(map), None) => {
            map.shift_remove(last);
        }
        (None, _) => {}
    }
}

/// Twenty edits of a text: values changed, taken out, added, and comments.
pub fn edited(text: &str, numbers: &mut Numbers) -> (String, Vec<Vec<String>>, Vec<String>) {
    let source = Source::new("base", text);
    let root = parse(&source, Limits::VALUES)
        .expect("it is YAML")
        .expect("it holds something");
    let mut leaves = Vec::new();
    single_values(&root, &mut Vec::new(), &mut leaves);
    if leaves.is_empty() {
        return (text.to_owned(), Vec::new(), Vec::new());
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line_of = |byte: usize| text[..byte].matches('\n').count();
    let plain = |line: &str| {
        let value = line.split_once(": ").map_or("", |(_, value)| value);
        !value.is_empty() && !value.starts_with(['|', '>', '&', '*', '{', '[', '"', '\''])
    };
    let mut touched: Vec<(usize, usize)> = Vec::new();
    let mut paths = Vec::new();
    let mut comments = Vec::new();
    for number in 0..20 {
        let (path, byte) = &leaves[numbers.below(leaves.len())];
        let line = line_of(*byte);
        let next_is_deeper = lines.get(line + 1).is_some_and(|next| {
            let indent = |text: &str| text.len() - text.trim_start().len();
            !next.trim().is_empty() && indent(next) > indent(&lines[line])
        });
        if !plain(&lines[line]) || next_is_deeper || touched.iter().any(|(one, _)| *one == line) {
            continue;
        }
        touched.push((line, number));
        let indent = " ".repeat(lines[line].len() - lines[line].trim_start().len());
        match numbers.below(4) {
            0 => lines[line] = "\u{0}".to_owned(),
            1 => lines[line] = format!("{}\n{indent}edit-{number}: true", lines[line]),
            2 => {
                let comment = format!("# Comment {number} of ours.");
                lines[line] = format!("{indent}{comment}\n{}", lines[line]);
                comments.push(comment);
                continue;
            }
            _ => {
                let key = lines[line]
                    .split_once(": ")
                    .map_or("", |(key, _)| key)
                    .to_owned();
                lines[line] = format!("{key}: edited-{number}");
            }
        }
        let mut changed = path.clone();
        if lines[line].contains("edit-") {
            changed.pop();
            changed.push(format!("edit-{number}"));
        }
        paths.push(changed);
    }
    lines.retain(|line| line != "\u{0}");
    let mut text = lines.join("\n");
    text.push('\n');
    (text, paths, comments)
}

/// What must come of edits: theirs with each of them, or yours where theirs changed or dropped the same.
fn expected(base: &Value, yours: &Value, theirs: &Value, paths: &[Vec<String>]) -> Value {
    let mut expected = theirs.clone();
    for path in paths {
        // What was the only one of its map left nothing.
        let holds = |above: &[String]| at(yours, above).is_some_and(Value::is_object);
        let mut depth = path.len();
        while depth > 1 && !holds(&path[..depth - 1]) {
            depth -= 1;
        }
        for above in 1..depth {
            let is_map = at(theirs, &path[..above]).is_some_and(Value::is_object);
            if !is_map {
                depth = above;
                break;
            }
        }
        let place = &path[..depth];
        if at(theirs, place) == at(yours, place) || at(yours, place) == at(base, place) {
            continue;
        }
        set(&mut expected, place, at(yours, place).cloned());
    }
    expected
}

#[test]
fn edits_of_charts_are_neither_lost_nor_invented() {
    let folders: Vec<PathBuf> = match env::var_os("VMO_RA_CHART_PAIRS") {
        Some(folder) => vec![folder.into()],
        None => match Shared::find() {
            Some(shared) => vec![shared.path("charts")],
            None => return,
        },
    };
    let mut charts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in &folders {
        for entry in fs::read_dir(folder).expect("the charts are there") {
            let name = entry
                .expect("it can be read")
                .file_name()
                .into_string()
                .expect("a name");
            let (chart, _) = name.rsplit_once('-').expect("a name and a version");
            charts.entry(chart.to_owned()).or_default().push(name);
        }
    }
    let (mut merges, mut edits, mut conflicts) = (0, 0, 0);
    let mut wrong = Vec::new();
    for versions in charts.values_mut() {
        versions.sort();
        for pair in versions.windows(2) {
            let text = |name: &String| {
                let file = folders[0].join(name).join("values.yaml");
                fs::read_to_string(file).expect("the values are there")
            };
            let [base, theirs] = [text(&pair[0]), text(&pair[1])];
            let (Ok(was), Ok(now)) = (ours(&base), ours(&theirs)) else {
                continue;
            };
            for seed in 0..3 {
                let (yours, paths, comments) = edited(&base, &mut Numbers(seed));
                let Ok(mine) = ours(&yours) else { continue };
                let merged = merged(&base, &yours, &theirs);
                let found = ours(&merged.text).expect("the result is YAML");
                if found != expected(&was, &mine, &now, &paths) {
                    wrong.push(format!("{pair:?} {seed}: {paths:?}"));
                }
                // A comment of yours stands once, or went with the key that theirs dropped.
                for comment in &comments {
                    if merged.text.matches(comment.as_str()).count() > 1 {
                        wrong.push(format!("{pair:?} {seed}: {comment} stands twice"));
                    }
                }
                let untouched = theirs.lines().filter(|line| line.trim().starts_with('#'));
                let lost = untouched
                    .filter(|line| !merged.text.contains(line.trim()))
                    .count();
                if lost > paths.len() + comments.len() {
                    wrong.push(format!(
                        "{pair:?} {seed}: {lost} comments of theirs are lost"
                    ));
                }
                merges += 1;
                edits += paths.len() + comments.len();
                conflicts += self::conflicts(&merged).len();
            }
        }
    }
    println!("{merges} merges with {edits} edits, {conflicts} conflicts");
    assert!(merges >= 8 && edits > 100, "{merges} {edits}");
    nothing_wrong(&wrong);
}
