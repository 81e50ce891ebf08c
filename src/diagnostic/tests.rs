use super::*;

#[test]
fn a_long_line_is_shown_around_its_mark_with_its_own_column() {
    let filler = "é".repeat(100_000);
    let source = Source::new("p", format!("first\n{filler} here {filler}\nlast\n"));
    let at = "first\n".len() + filler.len() + 1;
    let told = Diagnostic::error("wrong")
        .at(&source, at..at + 4)
        .label("this")
        .to_string();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[..2], ["error: wrong", " --> p:2:100002"]);
    assert!(
        lines[3].contains(" here ") && lines[3].chars().count() < 200,
        "{told}"
    );
    let column = |line: &str, word: &str| line.find(word).map(|at| line[..at].chars().count());
    assert_eq!(column(lines[3], "here"), column(lines[4], "^^^^ this"));
    assert_eq!(lines.len(), 5, "{told}");
}

#[test]
fn what_a_terminal_would_obey_is_written_out_and_marked_where_it_stands() {
    let source = Source::new(
        "a\u{1b}b",
        "first\r\n\u{202e}:\tx\u{200d}y # \u{9b}\r\nlast\n",
    );
    let at = source.text().find('x').expect("it is there");
    let told = Diagnostic::error("one\ntwo: a\\x1Bb:2:10")
        .at(&source, at..at + "x\u{200d}y".len())
        .label("\u{7}")
        .because("\u{feff}")
        .help("\u{e0041}")
        .to_string();
    assert_eq!(
        told,
        r"error: one\ntwo: a\x1Bb:2:10
 --> a\x1Bb:2:4
  |
2 | \u202E:    x\u200Dy # \x9B
  |            ^^^^^^^^ \x07
  |
  = note: \uFEFF
  = help: \U000E0041
"
    );
    let told = Diagnostic::note("a").because("\n").help("\r").to_string();
    assert_eq!(told, "note: a\n  = note: \\n\n  = help: \\r\n");
}

#[test]
fn a_secret_is_masked_whatever_its_length() {
    let source = Source::new("p", "a: * ** # secret-of-some-length: x\n")
        .with_shown("a: * ** # *********************: x\n".to_owned());
    let at = source.text().find("x").expect("it is there");
    let told = Diagnostic::error("wrong")
        .at(&source, at..at + 1)
        .to_string();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[1], " --> p:1:34");
    assert_eq!(lines[3], "1 | a: * ** # ***: x");
    assert_eq!(lines[4], "  |                ^");
}

#[test]
fn a_column_within_a_character_is_that_character() {
    let source = Source::new("p", "a\né\n");
    assert_eq!(source.byte_of(2, 1), 2);
    assert_eq!(source.byte_of(2, 2), 2);
    assert_eq!(source.byte_of(2, 3), 4);
    assert_eq!(source.byte_of(9, 9), 5);
}
