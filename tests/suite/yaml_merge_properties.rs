//! Whatever the texts: a merge yields the merged values and keeps every line it is not told to change, or it says that
//! it cannot.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use proptest::prelude::*;
use regex::Regex;
use serde_json::{Map, Value};
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::pack::{Origin, Pack, Preset, compose};
use vmo_ra::yaml::Merge;

use crate::properties::document::{Document, KEYS, Written, document, key};
use crate::properties::kept::lost_line;
use crate::properties::{check, ours, saphyr};

/// A change to a text.
#[derive(Clone)]
enum Step {
    Remove(Vec<&'static str>),
    /// Null is a value.
    Add(String),
    /// Null takes out.
    Overlay(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Remove(_) => writeln!(f, "--- remove {}", self.path()),
            Step::Add(text) => writeln!(f, "--- add\n{text}"),
            Step::Overlay(text) => writeln!(f, "--- overlay\n{text}"),
        }
    }
}

impl Step {
    /// The path to take out, as presets write it.
    fn path(&self) -> String {
        let Step::Remove(names) = self else {
            return String::new();
        };
        let names: Vec<String> = names
            .iter()
            .map(|name| name.replace('.', "\\.").replace('[', "\\["))
            .collect();
        names.join(".")
    }

    fn text(&self) -> &str {
        match self {
            Step::Remove(_) => "",
            Step::Add(text) | Step::Overlay(text) => text,
        }
    }
}

fn said(problems: Vec<Diagnostic>) -> String {
    problems.iter().map(ToString::to_string).collect()
}

/// The merged text, and the paths that were not there.
fn apply(base: &str, steps: &[Step]) -> Result<(String, Vec<String>), String> {
    let mut merge = Merge::new(Source::new("base", base)).map_err(said)?;
    for step in steps {
        match step {
            Step::Remove(_) => merge.remove(step.path().parse()?),
            Step::Add(text) => merge
                .add(Source::new("addition", text.as_str()))
                .map_err(said)?,
            Step::Overlay(text) => merge
                .overlay(Source::new("overlay", text.as_str()))
                .map_err(said)?,
        }
    }
    let (text, _) = merge.finish().map_err(said)?;
    let missing = merge.missing().iter().map(ToString::to_string).collect();
    Ok((text, missing))
}

/// Why a merge may give up.
fn is_documented(error: &str) -> bool {
    error.contains("a change below an alias would change its anchor's other uses")
        || error.contains("cannot be changed line by line")
}

/// Whether there was something to take out.
fn remove(value: &mut Value, path: &[&str]) -> bool {
    match (path, value) {
        ([last], Value::Object(map)) => map.shift_remove(*last).is_some(),
        ([first, rest @ ..], Value::Object(map)) => {
            map.get_mut(*first).is_some_and(|inner| remove(inner, rest))
        }
        _ => false,
    }
}

/// Maps merge, everything else replaces; in an overlay null takes its key out, also from what is new.
fn merge(old: Value, new: Value, null_removes: bool) -> Value {
    let Value::Object(new) = new else {
        return new;
    };
    let mut merged = match old {
        Value::Object(old) => old,
        _ => Map::new(),
    };
    for (key, value) in new {
        if null_removes && value.is_null() {
            merged.shift_remove(&key);
        } else {
            let old = merged.get(&key).cloned().unwrap_or_default();
            merged.insert(key, merge(old, value, null_removes));
        }
    }
    Value::Object(merged)
}

/// A text without content is an empty map.
fn as_map(value: Value) -> Value {
    match value {
        Value::Null => Value::Object(Map::new()),
        value => value,
    }
}

/// A base, the changes to it, and what must come of them.
struct Case {
    base: Written,
    crlf: bool,
    steps: Vec<Step>,
    old: Value,
    expected: Value,
    missing: Vec<String>,
    anchors: bool,
}

/// How a case ended.
#[derive(PartialEq, Eq)]
enum End {
    Merged,
    Refused,
}

impl Case {
    fn new(base: &Document, changes: &[Change], anchors: bool) -> Result<Self, TestCaseError> {
        let steps: Vec<Step> = changes
            .iter()
            .zip(1..)
            .map(|(change, number)| change.step(number, base))
            .collect();
        let written = base.write("base");
        let read = |text: &str| {
            ours(text).map(as_map).map_err(|error| {
                TestCaseError::fail(format!("the generator is wrong: {error}\n{text}"))
            })
        };
        let old = read(&written.text)?;
        let mut expected = old.clone();
        let mut missing = Vec::new();
        for step in &steps {
            match step {
                Step::Remove(names) => {
                    if !remove(&mut expected, names) {
                        missing.push(step.path());
                    }
                }
                Step::Add(text) => expected = merge(expected, read(text)?, false),
                Step::Overlay(text) => expected = merge(expected, read(text)?, true),
            }
        }
        Ok(Case {
            base: written,
            crlf: base.crlf,
            steps,
            old,
            expected,
            missing,
            anchors,
        })
    }

    /// Everything there is to know about a failure.
    fn fail<T>(&self, what: &str, text: &str) -> Result<T, TestCaseError> {
        let steps: String = self.steps.iter().map(ToString::to_string).collect();
        let base = &self.base.text;
        Err(TestCaseError::fail(format!(
            "{what}\n--- base\n{base}\n{steps}--- merged\n{text}\n--- end"
        )))
    }

    /// Blank lines behind a `|+` block are its text, so that nothing between the two can go.
    fn may_be_refused(&self, error: &str) -> bool {
        let keeps = self.base.text.contains("|+") || self.base.text.contains(">+");
        (self.anchors || keeps) && is_documented(error)
    }

    fn holds(&self) -> Result<End, TestCaseError> {
        let (text, missing) = match apply(&self.base.text, &self.steps) {
            Ok(done) => done,
            Err(error) if self.may_be_refused(&error) => return Ok(End::Refused),
            Err(error) => return self.fail(&error, ""),
        };
        // What a merge key brings in is there and cannot be taken out.
        if !self.anchors && missing != self.missing {
            let what = format!("expected {:?} to be missing, not {missing:?}", self.missing);
            return self.fail(&what, &text);
        }
        self.means_what_it_should(&text)?;
        self.keeps_untouched_lines(&text)?;
        self.keeps_untouched_lines_below(&text)?;
        self.adds_nothing_of_its_own(&text)?;
        self.a_second_time_changes_nothing(&text)?;
        Ok(End::Merged)
    }

    /// Whatever the steps of the case are.
    fn nothing_changes_nothing(&self) -> Result<(), TestCaseError> {
        let base = &self.base.text;
        for steps in [
            vec![],
            vec![Step::Overlay("# nothing\n".to_owned())],
            vec![Step::Add(base.clone())],
        ] {
            match apply(base, &steps) {
                Ok((text, _)) if text == *base => {}
                Ok((text, _)) => return self.fail("what is there already is a change", &text),
                Err(error) => return self.fail(&error, ""),
            }
        }
        Ok(())
    }

    fn means_what_it_should(&self, text: &str) -> Result<(), TestCaseError> {
        let value = ours(text).map(as_map);
        if value.as_ref() != Ok(&self.expected) {
            let what = format!("expected {}, got {value:?}", self.expected);
            return self.fail(&what, text);
        }
        // serde-saphyr also takes `nULL` for null and such, so it may judge only texts whose base it reads alike.
        if saphyr(&self.base.text).map(as_map).as_ref() == Ok(&self.old) {
            let theirs = saphyr(text).map(as_map);
            if theirs.as_ref() != Ok(&self.expected) {
                let what = format!("expected {}, serde-saphyr reads {theirs:?}", self.expected);
                return self.fail(&what, text);
            }
        }
        Ok(())
    }

    /// The line of the presets, and every line of an entry that still has the same value, in the same order.
    fn keeps_untouched_lines(&self, text: &str) -> Result<(), TestCaseError> {
        let presets = "# spectrocloud.com/enabled-presets: A:b";
        if self.base.text.starts_with(presets) && !text.starts_with(presets) {
            return self.fail("the line of the presets is lost", text);
        }
        let text = text.replace("\r\n", "\n");
        let text = text.trim_start_matches('\u{feff}').trim_end_matches('\r');
        let text = &*self.without_chomping(text);
        let mut rest = text.split('\n');
        for entry in &self.base.entries {
            let value = self.expected.get(entry.name);
            if value.is_none() || value != self.old.get(entry.name) {
                continue;
            }
            let own_lines = self.without_chomping(&entry.own_lines);
            if !text.contains(own_lines.trim_end_matches(['\n', ' '])) {
                let what = format!("`{}` is not in one piece", entry.name);
                return self.fail(&what, text);
            }
            for line in self.without_chomping(&entry.all_lines).lines() {
                // Blanks that a `|` block put above them would take for its text.
                let is_only_blanks = !line.is_empty() && line.trim_matches(' ').is_empty();
                if !is_only_blanks && !rest.any(|other| other == line) {
                    let what = format!("the line {line:?} of `{}` is lost", entry.name);
                    return self.fail(&what, text);
                }
            }
        }
        Ok(())
    }

    /// A block that ends a text without a line break becomes `|-` when something comes behind it, so that its value stays;
    /// where the base has none at its end, lines are compared without these indicators.
    fn without_chomping<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.base.text.ends_with('\n') {
            true => Cow::Borrowed(text),
            false => Regex::new("(?m)([|>][1-9]?)[+-]?( #.*)?$")
                .expect("it is one")
                .replace_all(text, "$1$2"),
        }
    }

    /// The same for every entry and item below, where its place can be told.
    fn keeps_untouched_lines_below(&self, text: &str) -> Result<(), TestCaseError> {
        // Blank lines behind a `|+` block are its text, so that lists beside it are written anew.
        let keeps = self.base.text.contains("|+") || self.base.text.contains(">+");
        let is_open = !self.base.text.ends_with('\n') && self.base.text.contains(['|', '>']);
        if self.anchors || keeps || is_open {
            return Ok(());
        }
        match lost_line(&self.base, &self.old, &self.expected, text) {
            Some(line) => self.fail(&format!("the line {line:?} is lost"), text),
            None => Ok(()),
        }
    }

    /// Line ends are the base's, no blank line is nobody's, and no comment is there twice.
    fn adds_nothing_of_its_own(&self, text: &str) -> Result<(), TestCaseError> {
        let (all, with_return) = (text.matches('\n').count(), text.matches("\r\n").count());
        let base_decides = self.base.text.contains('\n');
        if base_decides && with_return != if self.crlf { all } else { 0 } {
            return self.fail("mixed line ends", text);
        }
        // What an alias stands for is written out in its place, with its comments and blank lines.
        if self.anchors {
            return Ok(());
        }
        let blank = |text: &str| text.lines().filter(|line| line.trim().is_empty()).count();
        let given: usize = self.steps.iter().map(|step| blank(step.text())).sum();
        if blank(text) > blank(&self.base.text) + given {
            return self.fail("a blank line too much", text);
        }
        for comment in text
            .split("# ")
            .skip(1)
            .filter_map(|rest| rest.split_once(';'))
        {
            let comment = format!("# {};", comment.0);
            if text.matches(&comment).count() > 1 {
                return self.fail(&format!("`{comment}` is there twice"), text);
            }
        }
        Ok(())
    }

    fn a_second_time_changes_nothing(&self, text: &str) -> Result<(), TestCaseError> {
        let twice: Vec<Step> = self
            .steps
            .iter()
            .flat_map(|step| [step.clone(), step.clone()])
            .collect();
        match apply(&self.base.text, &twice) {
            Ok((again, _)) if again == text => {}
            other => return self.fail(&format!("twice in one merge gives {other:?}"), text),
        }
        let Some(last) = self.steps.last() else {
            return Ok(());
        };
        match apply(text, std::slice::from_ref(last)) {
            Ok((again, _)) if again == text => Ok(()),
            Err(error) if self.may_be_refused(&error) => Ok(()),
            other => self.fail(&format!("once more gives {other:?}"), text),
        }
    }
}

/// A change whose text is not written yet.
#[derive(Clone, Debug)]
enum Change {
    Remove(Vec<usize>),
    Add(Document),
    Overlay(Document),
    /// The base itself, with some parts changed.
    Edited(Vec<u8>),
}

impl Change {
    fn step(&self, number: usize, base: &Document) -> Step {
        match self {
            Change::Remove(keys) => Step::Remove(keys.iter().map(|key| KEYS[*key].1).collect()),
            Change::Add(document) => Step::Add(document.write(&format!("add{number}")).text),
            Change::Overlay(document) => {
                Step::Overlay(document.write(&format!("over{number}")).text)
            }
            Change::Edited(choices) => {
                Step::Add(base.edited(choices).write(&format!("edit{number}")).text)
            }
        }
    }
}

fn changes(anchors: bool) -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        2 => prop::collection::vec(key(), 1..4).prop_map(Change::Remove),
        1 => document(anchors).prop_map(Change::Add),
        3 => document(anchors).prop_map(Change::Overlay),
        5 => prop::collection::vec(any::<u8>(), 1..24).prop_map(Change::Edited),
    ];
    prop::collection::vec(change, 1..4)
}

/// How many of the cases were refused, in percent.
fn refused(cases: u32, anchors: bool) -> f64 {
    let (all, refused) = (Cell::new(0), Cell::new(0));
    check(
        cases,
        (document(anchors), changes(anchors)),
        |(base, changes)| {
            all.set(all.get() + 1);
            if Case::new(&base, &changes, anchors)?.holds()? == End::Refused {
                refused.set(refused.get() + 1);
            }
            Ok(())
        },
    );
    100.0 * f64::from(refused.get()) / f64::from(all.get())
}

#[test]
fn nothing_changes_no_map() {
    for anchors in [false, true] {
        check(600, document(anchors), |base| {
            Case::new(&base, &[], anchors)?.nothing_changes_nothing()
        });
    }
}

#[test]
fn any_map_can_be_changed() {
    let refused = refused(3000, false);
    // Only behind a `|+` block.
    assert!(refused < 1.0, "{refused} % were refused");
}

#[test]
fn a_map_with_anchors_is_changed_or_refused() {
    let refused = refused(2000, true);
    assert!(refused < 8.0, "{refused} % were refused");
}

// What these properties found.

fn merged(base: &str, remove: &[&'static str], overlay: &str) -> String {
    let mut steps: Vec<Step> = remove
        .iter()
        .map(|name| Step::Remove(vec![*name]))
        .collect();
    steps.push(Step::Overlay(overlay.to_owned()));
    match apply(base, &steps) {
        Ok((text, _)) => text,
        Err(error) => panic!("{base:?} and {overlay:?}: {error}"),
    }
}

#[test]
fn blanks_are_text_in_a_block_scalar() {
    for overlay in [
        "a: |\n  x  \n",
        "a: |\n  x\t\n",
        "a: |\n  x\n     \n  y\n",
        "a: |\n  x\n  \u{a0}\n  y\u{a0}\n",
        "a: |\n  x\n  \t\n  y\n",
        "a:\n- |\n  x\n    \n  y \n",
    ] {
        assert_eq!(merged("", &[], overlay), overlay);
    }
}

#[test]
fn a_new_map_or_list_may_end_in_an_empty_value() {
    for addition in [
        "a:\n  b:\n",
        "a:\n- b: 1\n  c:\n",
        "a:\n  b :\n",
        "a:\n- b :\n- c:\n",
    ] {
        let text = apply("", &[Step::Add(addition.to_owned())]).map(|(text, _)| text);
        assert_eq!(text.as_deref(), Ok(addition));
    }
}

#[test]
fn a_comment_comes_over_once() {
    assert_eq!(
        merged("a:\n  z: 1\n", &[], "# about a\na: {b: x, c: y}\n"),
        "a:\n  z: 1\n  b: x\n  c: y\n"
    );
}

#[test]
fn comments_do_not_become_text_of_a_block_scalar_above_them() {
    for (base, overlay, merged_text) in [
        ("a: z\n  # deep\nb: 1\n", "a: |\n  t\n", "a: |\n  t\nb: 1\n"),
        (
            "a:\n  # only comments\n  # here\n\nb: 1\n",
            "a: |\n  t\n",
            "a: |\n  t\n\nb: 1\n",
        ),
        (
            "a:\n  b: 1 # about b\nc: 2\n",
            "a: |\n  t\n",
            "a: |\n  t\nc: 2\n",
        ),
        (
            "a:\n- 1 # one\nc: 2\n",
            "a:\n- |\n  t\n",
            "a:\n- |\n  t\nc: 2\n",
        ),
        (
            "a:\n  b: 1\n    # deep\nc: 2\n",
            "a:\n  d: |\n    t\n",
            "a:\n  b: 1\n    # deep\n  d: |\n    t\nc: 2\n",
        ),
        ("a: 1\n   \nb: 2\n", "a: |\n t\n", "a: |\n t\n\nb: 2\n"),
        ("a: 1\n\nb: 2\n", "a: |+\n  t\n", "a: \"t\\n\"\n\nb: 2\n"),
    ] {
        assert_eq!(merged(base, &[], overlay), merged_text);
    }
    assert_eq!(
        merged("a: |\n  t\nb: 1\n\n  # deep\nc: 1\n", &["b"], ""),
        "a: |\n  t\n\nc: 1\n"
    );
}

#[test]
fn a_comment_on_the_last_line_of_an_old_value_goes_with_it() {
    assert_eq!(
        merged("a:\n  b: 1 # about b\nc: 2\n", &[], "a: [x]\n"),
        "a: [x]\nc: 2\n"
    );
}

#[test]
fn the_head_of_a_block_scalar_is_found_behind_its_key() {
    for (base, overlay, merged_text) in [
        (
            "\"a | #\": | # c\n  x\nb: 1\n",
            "\"a | #\": y\n",
            "\"a | #\": y # c\nb: 1\n",
        ),
        ("# a | >\nb: |\n", "b: z\n", "# a | >\nb: z\n"),
        ("a: |\n  x\nb: |\n", "a: y\nb: z\n", "a: y\nb: z\n"),
        ("b: |+\r\n  x\r\n\r\na: 1\r\n", "b: 1\n", "b: 1\r\na: 1\r\n"),
    ] {
        assert_eq!(merged(base, &[], overlay), merged_text);
    }
    let overlay = "c: 1\n# a | >\nb:\n  d: |1\n\n\n";
    assert_eq!(
        ours(&merged("", &[], overlay)),
        Ok(serde_json::json!({"c": 1, "b": {"d": ""}}))
    );
}

#[test]
fn a_byte_order_mark_is_no_indentation() {
    assert_eq!(
        merged("\u{feff}a: 1\n", &[], "b: 2\n"),
        "\u{feff}a: 1\nb: 2\n"
    );
    assert_eq!(merged("\u{feff}a: 1\nb: 2\n", &["a"], ""), "\u{feff}b: 2\n");
}

#[test]
fn what_replaces_the_last_entry_leaves_no_blank_line() {
    assert_eq!(merged("a: 1\nb: 2", &["b"], "c: 3\n"), "a: 1\nc: 3");
    assert_eq!(merged("a: 1", &["a"], "c: 3\n"), "c: 3");
}

#[test]
fn nothing_comes_behind_the_end_of_a_document() {
    assert_eq!(merged("---\n...\n", &[], "a: 1\n"), "---\na: 1\n...\n");
}

#[test]
fn an_alias_beside_a_change_is_no_obstacle() {
    for (base, overlay, merged_text) in [
        (
            "x: &a 1\nb:\n  c: *a\n  d: 1\n",
            "b:\n  d: 2\n",
            "x: &a 1\nb:\n  c: *a\n  d: 2\n",
        ),
        (
            "x: 1\n",
            "a: &a 1\nb:\n  c: *a\n",
            "x: 1\na: 1\nb:\n  c: 1\n",
        ),
        (
            "b: {c: 1}\n",
            "a: &a {d: 2}\nb: *a\n",
            "b: {c: 1, d: 2}\na:\n  d: 2\n",
        ),
        (
            "b:\n  c: 1\n",
            "a: &a {d: 2}\nb:\n  <<: *a\n  e: 1\n",
            "b:\n  c: 1\n  e: 1\n  d: 2\na:\n  d: 2\n",
        ),
        // The same value is no change.
        ("a: &x 1\nb: *x\n", "b: 1\n", "a: &x 1\nb: *x\n"),
    ] {
        assert_eq!(merged(base, &[], overlay), merged_text);
    }
}

#[test]
fn an_anchor_that_is_still_used_cannot_go() {
    for step in [Step::Overlay("a: 2\n".to_owned()), Step::Remove(vec!["a"])] {
        let error = apply("a: &x 1\nb: *x\n", &[step]).expect_err("`*x` would stand for nothing");
        assert!(is_documented(&error), "{error}");
    }
}

#[test]
fn a_quoted_merge_key_is_a_key() {
    assert_eq!(
        merged("\"<<\": 1\nb: 2\n", &[], "\"<<\": 3\n"),
        "\"<<\": 3\nb: 2\n"
    );
}

#[test]
fn the_same_addition_twice_keeps_its_layout() {
    let addition = Step::Add("a:\n   b: 1\n".to_owned());
    let text = apply("", &[addition.clone(), addition]).map(|(text, _)| text);
    assert_eq!(text.as_deref(), Ok("a:\n   b: 1\n"));
}

#[test]
fn a_missing_path_is_told_as_it_was_written() {
    let missing = apply("", &[Step::Remove(vec!["x[0]", "k.y"])]).map(|(_, missing)| missing);
    assert_eq!(missing, Ok(vec!["x\\[0].k\\.y".to_owned()]));
}

/// libyaml and go-yaml take a byte order mark in the middle of a text for a part of the key behind it, or for an error.
#[test]
fn a_byte_order_mark_does_not_come_behind_the_line_of_the_presets() {
    let pack = Pack {
        description: serde_json::from_str(r#"{"name": "p", "version": "1", "layer": "addon"}"#)
            .expect("a description"),
        values: Source::new("values.yaml", "\u{feff}a: 1\n"),
        presets: vec![Preset {
            name: "n".to_owned(),
            display_name: "N".to_owned(),
            group: "G".to_owned(),
            remove: Vec::new(),
            add: Source::new("presets.yaml", "b: 2\n"),
            added: None,
        }],
        schema: Vec::new(),
        origin: Origin::BuiltIn,
    };
    let preset = "G:n".parse().expect("the name of a preset");
    let values = compose(&pack, &[preset], [Source::new("overlay", "")]).expect("values");
    assert_eq!(
        values.text,
        "# spectrocloud.com/enabled-presets: G:n\na: 1\nb: 2"
    );
}
