//! A merge changes what it is told to and leaves every other byte.

use vmo_ra::diagnostic::Source;
use vmo_ra::yaml::Merge;

fn merged(base: &str, remove: &[&str], add: &[&str], overlay: &str) -> String {
    let mut merge = Merge::new(Source::new("base", base)).expect("the base is a map");
    for path in remove {
        merge.remove(path.parse().expect("a path"));
    }
    for addition in add {
        merge
            .add(Source::new("addition", *addition))
            .expect("the addition is a map");
    }
    merge
        .overlay(Source::new("overlay", overlay))
        .expect("the overlay is a map");
    match merge.finish() {
        Ok((text, _)) => text,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn nothing_to_do_keeps_every_byte() {
    let base = "# head\na:   1   # one\n\n\nb: {x: 1,   y: 2}\nc:\n- 'q'\n-   z\n...\n";
    assert_eq!(merged(base, &[], &[], "a: 1\nb: {y: 2}\nc: [q, z]\n"), base);
}

#[test]
fn a_changed_scalar_keeps_the_comment_of_its_line() {
    assert_eq!(
        merged("a: 1 # one\nb: x\n", &[], &[], "a: 2\n"),
        "a: 2 # one\nb: x\n"
    );
    assert_eq!(
        merged("a: # none yet\nb: x\n", &[], &[], "a: 2\n"),
        "a: 2 # none yet\nb: x\n"
    );
}

#[test]
fn a_new_key_goes_to_the_end_of_its_map_with_its_comment() {
    let base = "a:\n    x: 1\n    # about y\n    y: 2 # two\n    # trailing\n\nb: 1\n";
    assert_eq!(
        merged(base, &[], &[], "a:\n  # why z\n  z:\n  - 1\n  - k: v\n"),
        "a:\n    x: 1\n    # about y\n    y: 2 # two\n    # trailing\n    # why z\n    z:\n    - 1\n    - k: v\n\nb: 1\n"
    );
}

#[test]
fn a_removed_key_takes_its_own_comments_along() {
    let base = "a: 1\n# about b\n# more about b\nb:\n  c: 1\n    # deep\n# about d\nd: 2\n";
    assert_eq!(merged(base, &["b"], &[], ""), "a: 1\n# about d\nd: 2\n");
}

#[test]
fn removed_and_added_again_is_no_change() {
    let base = "m:\n  # kept\n  mode: kubernetes\n  operator:\n    x: 1\n";
    assert_eq!(
        merged(
            base,
            &["m.mode", "m.operator"],
            &["m:\n  mode: kubernetes\n"],
            ""
        ),
        "m:\n  # kept\n  mode: kubernetes\n"
    );
}

#[test]
fn an_emptied_map_stays_a_map() {
    assert_eq!(
        merged("a:\n  b: 1\nc: 2\n", &["a.b"], &[], ""),
        "a: {}\nc: 2\n"
    );
}

#[test]
fn null_is_a_value_in_presets_and_removes_in_overlays() {
    assert_eq!(merged("a: 1\nb: 2\n", &[], &["a: ~\n"], ""), "a: ~\nb: 2\n");
    assert_eq!(merged("a: 1\nb: 2\n", &[], &[], "a: ~\nc: ~\n"), "b: 2\n");
}

#[test]
fn an_empty_value_takes_a_map_under_it() {
    let base = "spec:\n  # only comments\n  # here\nother: 1\n";
    assert_eq!(
        merged(
            base,
            &[],
            &["spec:\n  image: x\n"],
            "spec:\n  env:\n  - name: A\n    value: b\n"
        ),
        "spec:\n  image: x\n  env:\n  - name: A\n    value: b\n  # only comments\n  # here\nother: 1\n"
    );
}

#[test]
fn inline_gives_way_to_a_block_and_back() {
    assert_eq!(
        merged("a: {} # none\nb: 1\n", &[], &[], "a:\n  x: 1\n"),
        "a: # none\n  x: 1\nb: 1\n"
    );
    assert_eq!(
        merged("a: # many\n- 1\n- 2\nb: 1\n", &[], &[], "a: [3]\n"),
        "a: [3] # many\nb: 1\n"
    );
    assert_eq!(
        merged("a: |\n  x\n  y\nb: 1\n", &[], &[], "a: z\n"),
        "a: z\nb: 1\n"
    );
    assert_eq!(
        merged("a: z\nb: 1\n", &[], &[], "a: |\n    x\n    y\n"),
        "a: |\n    x\n    y\nb: 1\n"
    );
    assert_eq!(
        merged("a: [1]\nb: 1\n", &[], &[], "a:\n- 2\n-   x: 1\n    y: 2\n"),
        "a:\n- 2\n-   x: 1\n    y: 2\nb: 1\n"
    );
}

#[test]
fn line_ends_and_a_missing_final_line_break_are_kept() {
    assert_eq!(
        merged("a: 1\r\nb: 2\r\n", &[], &[], "c:\n  d: 1\n"),
        "a: 1\r\nb: 2\r\nc:\r\n  d: 1\r\n"
    );
    assert_eq!(merged("a: 1", &[], &[], "c: 2\n"), "a: 1\nc: 2");
    assert_eq!(
        merged("# only a comment\n", &[], &[], "c: 2\n"),
        "# only a comment\nc: 2\n"
    );
}

#[test]
fn a_change_below_an_alias_is_refused() {
    let mut merge =
        Merge::new(Source::new("values.yaml", "a: &x\n  k: 1\nb: *x\n")).expect("a map");
    merge
        .overlay(Source::new("overlay", "b:\n  k: 2\n"))
        .expect("a map");
    let error = merge.finish().expect_err("the anchor would change too");
    assert_eq!(
        error[0].to_string(),
        "error: a change below an alias would change its anchor's other uses\n \
         --> values.yaml:3:4\n  \
         |\n\
         3 | b: *x\n  \
         |    ^^\n  \
         |\n  \
         = help: write the map out in place of the alias\n"
    );
}

#[test]
fn a_map_taken_out_and_added_again_keeps_what_is_the_same() {
    let base = "spec:\n  cloud:\n    # about the kind\n    kind: pure # fast\n    size: 150\n    zone: a\n  env: []\n";
    assert_eq!(
        merged(
            base,
            &["spec.cloud"],
            &["spec:\n  cloud:\n    size: 1024\n    kind: pure\n    journal: auto\n"],
            ""
        ),
        "spec:\n  cloud:\n    # about the kind\n    kind: pure # fast\n    size: 1024\n    journal: auto\n  env: []\n"
    );
}

#[test]
fn a_list_changes_item_by_item() {
    let base = "classes: # all of them\n  # the first\n  - name: a # its name\n    policy: Delete # or Retain\n    parameters: {}\n      # repl: 2\n  # the second\n  - name: b\n    policy: Delete\n# about d\nd: 1\n";
    let overlay = "classes:\n- parameters:\n    repl: 3\n  name: a\n  policy: Delete\n# why c\n- name: c\n  policy: Retain # for ever\n- name: b\n  policy: Retain\n  # why x\n  x: 1 # one\n";
    assert_eq!(
        merged(base, &[], &[], overlay),
        "classes: # all of them\n  # the first\n  - name: a # its name\n    policy: Delete # or Retain\n    parameters:\n      repl: 3\n      # repl: 2\n  # why c\n  - name: c\n    policy: Retain # for ever\n  # the second\n  - name: b\n    policy: Retain\n    # why x\n    x: 1 # one\n# about d\nd: 1\n"
    );
}

#[test]
fn an_item_that_goes_takes_its_comments_along() {
    let base =
        "l:\n# about a\n- a\n# about b\n# and more\n- b # two\n  # deep\n# about c\n- c\nm: 1\n";
    assert_eq!(
        merged(base, &[], &[], "l: [a, c]\n"),
        "l:\n# about a\n- a\n# about c\n- c\nm: 1\n"
    );
    assert_eq!(
        merged(base, &[], &[], "l: [b]\n"),
        "l:\n# about b\n# and more\n- b # two\n  # deep\nm: 1\n"
    );
    assert_eq!(
        merged(base, &[], &[], "l: [x, b, c, z]\n"),
        "l:\n- x\n# about b\n# and more\n- b # two\n  # deep\n# about c\n- c\n- z\nm: 1\n"
    );
}

#[test]
fn what_changes_its_place_in_a_list_is_taken_out_and_comes_in() {
    assert_eq!(
        merged(
            "l:\n- a # 1\n- b # 2\n- c # 3\n",
            &[],
            &[],
            "l: [c, a, b]\n"
        ),
        "l:\n- c\n- a # 1\n- b # 2\n"
    );
}

#[test]
fn a_list_that_is_replaced_takes_the_comments_of_its_items_along() {
    assert_eq!(
        merged(
            "l:\n- a\n  # deep\n# about m\nm: 1\n",
            &[],
            &[],
            "l:\n  - b\n"
        ),
        "l:\n  - b\n# about m\nm: 1\n"
    );
}

#[test]
fn a_new_order_of_keys_is_no_change() {
    let base = "l:\n- a: 1\n  b: {c: 1, d: 2}\n- x\n";
    assert_eq!(
        merged(
            base,
            &[],
            &[],
            "l:\n- b:\n    d: 2\n    c: 1\n  a: 1\n- x\n"
        ),
        base
    );
}

#[test]
fn what_stands_behind_a_dash_can_go() {
    for (base, overlay, merged_text) in [
        (
            "l:\n- a: 1\n  name: x # x\n  b: 2\n",
            "l:\n- name: x\n  b: 2\n",
            "l:\n- name: x # x\n  b: 2\n",
        ),
        (
            "l:\n  -   a: 1\n        # deep\n\n      # about b\n      b:\n        c: 1\n      # about name\n      name: x\n",
            "l:\n- name: x\n",
            "l:\n  -   # about name\n      name: x\n",
        ),
        (
            "l:\n- a: 1\n  # nobody's\n\n  b: 1\n  name: x\n",
            "l:\n- name: x\n",
            "l:\n- # nobody's\n\n  name: x\n",
        ),
        (
            "l:\n-\n  # about a\n  a: 1\n  name: x\n",
            "l:\n- name: x\n  c: 1\n",
            "l:\n-\n  name: x\n  c: 1\n",
        ),
        (
            "l:\n- # about a\n  a: 1\n  name: x\n",
            "l:\n- name: x\n",
            "l:\n- # about a\n  name: x\n",
        ),
    ] {
        assert_eq!(merged(base, &[], &[], overlay), merged_text);
    }
}

#[test]
fn lists_in_lists_change_item_by_item() {
    for (base, overlay, merged_text) in [
        (
            "l:\n- name: a\n  args: # many\n  - -x # one\n  - -y\n- - 1\n  - 2 # two\n",
            "l:\n- name: a\n  args: [-x, -z]\n- [1, 2, 3]\n",
            "l:\n- name: a\n  args: # many\n  - -x # one\n  - -z\n- - 1\n  - 2 # two\n  - 3\n",
        ),
        // What begins on the line of another dash is written anew.
        (
            "l:\n- - 1\n  - 2\n- 3 # three\n",
            "l:\n- [2]\n- 3\n",
            "l:\n- [2]\n- 3 # three\n",
        ),
    ] {
        assert_eq!(merged(base, &[], &[], overlay), merged_text);
    }
}

#[test]
fn texts_over_several_lines_are_items() {
    assert_eq!(
        merged(
            "l:\r\n  - |\r\n    a\r\n    b\r\n  - c # c\r\n",
            &[],
            &[],
            "l:\n- |\n  a\n  b\n# new\n- |-\n  x\n\n    y\n- c\n"
        ),
        "l:\r\n  - |\r\n    a\r\n    b\r\n  # new\r\n  - |-\r\n    x\r\n\r\n      y\r\n  - c # c\r\n"
    );
    assert_eq!(merged("l:\n- a", &[], &[], "l: [a, b]\n"), "l:\n- a\n- b");
}

#[test]
fn items_with_anchors_change_where_nothing_else_does() {
    for (base, overlay, merged_text) in [
        (
            "l:\n- &x\n  name: a\n  v: 1\n- *x\n",
            "l:\n- name: a\n  v: 1\n- name: b\n",
            "l:\n- &x\n  name: a\n  v: 1\n- name: b\n",
        ),
        (
            "d: &d\n  v: 1\nl:\n- <<: *d\n  name: a\n",
            "l:\n- name: a\n  v: 2\n",
            "d: &d\n  v: 1\nl:\n- name: a\n  v: 2\n",
        ),
        (
            "l:\n- {name: a, v: 1} # flow\n- {name: b}\n",
            "l:\n- name: a\n  v: 2\n- name: b\n",
            "l:\n- {name: a, v: 2} # flow\n- {name: b}\n",
        ),
    ] {
        assert_eq!(merged(base, &[], &[], overlay), merged_text);
    }
}

#[test]
fn a_new_key_brings_the_comment_of_its_line() {
    assert_eq!(
        merged(
            "a:\n  x: 1\n",
            &[],
            &[],
            "a:\n  x: 2 # not new\n  y: 2 # why\n  z:\n  - 1 # one\n"
        ),
        "a:\n  x: 2\n  y: 2 # why\n  z:\n  - 1 # one\n"
    );
}

#[test]
fn the_comment_of_a_line_comes_once_however_often_it_is_added() {
    let addition = "a:\n  x: 1 # one\n";
    assert_eq!(
        merged("a: 1\n", &[], &[addition, addition], ""),
        "a:\n  x: 1 # one\n"
    );
}

#[test]
fn a_merge_key_in_a_flow_map_is_no_change() {
    let base = "a: {<<: {q: 1}, r: 2}\nb:\n  {<<: [{q: 1, s: 3}, {q: 2}], r: 2}\n";
    assert_eq!(merged(base, &[], &[base], ""), base);
    assert_eq!(
        merged(base, &[], &[], "a: {r: 3}\n"),
        "a: {r: 3, q: 1}\nb:\n  {<<: [{q: 1, s: 3}, {q: 2}], r: 2}\n"
    );
}

#[test]
fn a_map_in_brackets_keeps_its_lines_where_no_key_comes_or_goes() {
    let base = "a: {\n  # one\n  b: 1,\n  c: {d: 2, e: [x]} # two\n  }\nf: {g:  1}\n";
    assert_eq!(
        merged(base, &[], &[], "a: {b: 3, c: {d: 4}}\nf: {g: 2}\n"),
        "a: {\n  # one\n  b: 3,\n  c: {d: 4, e: [x]} # two\n  }\nf: {g:  2}\n"
    );
    assert_eq!(
        merged("f: {g:  1}\n", &[], &[], "f: {h: 2}\n"),
        "f: {g: 1, h: 2}\n"
    );
}

/// YAML takes no line break from a text that does not end in one, so what comes behind must not give it one.
#[test]
fn a_last_block_without_a_line_break_stays_without_one() {
    for (base, result) in [
        ("a: |\n  x", "a: |-\n  x\nb: 1"),
        ("a: |+\n  x", "a: |-\n  x\nb: 1"),
        ("a: |2+ # why\n    x", "a: |2- # why\n    x\nb: 1"),
        ("a: >1\n  x\n\n  y", "a: >1-\n  x\n\n  y\nb: 1"),
        ("a: |-\n  x", "a: |-\n  x\nb: 1"),
        ("a:\n- |\n  x", "a:\n- |-\n  x\nb: 1"),
        ("a: |\n  x\n", "a: |\n  x\nb: 1\n"),
        ("a: |", "a: |\nb: 1"),
        ("a: |\n  x\n  ", "a: |\n  x\n  \nb: 1"),
    ] {
        assert_eq!(merged(base, &[], &[], "b: 1\n"), result, "{base:?}");
    }
    // A line break that is wanted comes.
    assert_eq!(
        merged("c: 1\na: |\n  x", &[], &[], "a: |\n  x\n"),
        "c: 1\na: |\n  x\n"
    );
    // What is not at the end leaves it alone, and what takes its place is not its.
    assert_eq!(
        merged("c: 1\na: |\n  x", &[], &[], "c: 2\n"),
        "c: 2\na: |\n  x"
    );
    assert_eq!(merged("a: |\n  x", &[], &[], "a: y\nb: 1\n"), "a: y\nb: 1");
}

#[test]
fn a_block_that_comes_in_has_the_line_breaks_of_its_addition() {
    assert_eq!(
        merged("a: 1", &[], &["b: |\n  x\n"], ""),
        "a: 1\nb: |\n  x\n"
    );
    let open = merged("a: 1\n", &[], &["b: |\n  x"], "");
    let value = vmo_ra::yaml::to_json(&Source::new("open", open), vmo_ra::yaml::Limits::VALUES);
    let value = value.expect("it is YAML");
    assert_eq!(value["b"], "x");
}
