//! A scalar means what Kubernetes takes it for, and a text that is written is read as that text.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use vmo_ra::yaml::scalar::{resolve, write, write_block, write_in_flow};

use crate::properties::{NASTY, check, ours, saphyr, text};

/// Why a plain scalar means one thing to Kubernetes' decoder (sigs.k8s.io/yaml, a go-yaml 2) and another to
/// serde-saphyr; none where they should agree.
fn intended_difference(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let words = ["null", "true", "false", "yes", "no", "on", "off"];
    let spelling_of_go =
        text == lower || text == lower.to_ascii_uppercase() || text.get(1..) == lower.get(1..);
    if words.contains(&lower.as_str()) && !spelling_of_go {
        return Some("go-yaml knows `null`, `Null` and `NULL`; serde-saphyr takes `nULL` too");
    }
    let unsigned = lower.trim_start_matches(['+', '-']);
    if matches!(unsigned, ".inf" | ".nan") {
        return Some("JSON has no such numbers: a text here, an error in serde-saphyr");
    }
    if text.contains('_') && matches!(resolve(text), Value::Number(_)) {
        return Some(
            "go-yaml ignores every `_` in a number; serde-saphyr wants digits on both sides, and none in floats",
        );
    }
    if text.starts_with("+0") && matches!(resolve(text), Value::String(_)) {
        return Some(
            "Go's unsigned numbers take no sign, so `+0xFFFFFFFFFFFFFFFF` is a text in go-yaml",
        );
    }
    if matches!(resolve(text), Value::String(_)) && text.parse::<f64>().is_ok_and(f64::is_infinite)
    {
        return Some("too large for a float: a text in go-yaml, an error in serde-saphyr");
    }
    None
}

/// Equal, with 1 and 1.0 the same.
fn same(a: &Value, b: &Value) -> bool {
    a == b || matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if a.total_cmp(&b).is_eq())
}

/// Whether `text` is a plain scalar behind `v: `, and nothing else.
fn is_plain(text: &str) -> bool {
    !(text.is_empty() || text == "-" || text == "?" || text == "<<")
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    if !is_plain(text) || intended_difference(text).is_some() {
        return Ok(());
    }
    let read = saphyr(&format!("v: {text}\n")).map_err(TestCaseError::fail)?;
    let (ours, theirs) = (resolve(text), &read["v"]);
    prop_assert!(
        same(&ours, theirs),
        "{text:?} is {ours} here and {theirs} in serde-saphyr"
    );
    Ok(())
}

/// Pieces of numbers and words.
const NUMBER_PIECES: &[&str] = &[
    "0",
    "1",
    "7",
    "8",
    "9",
    "00",
    "12",
    "e",
    "E",
    "e5",
    "e+3",
    "e-2",
    ".",
    ".5",
    "_",
    "+",
    "-",
    "x",
    "0x",
    "0X",
    "0o",
    "0O",
    "0b",
    "0B",
    "a",
    "F",
    "f",
    "inf",
    "nan",
    ":",
    "T",
    "Z",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "777777777777777777777",
    "1e308",
    "/",
    "y",
    "n",
    "yes",
    "no",
    "on",
    "off",
    "true",
    "false",
    "null",
    "~",
];

/// Texts that are a number, a boolean or null, and texts that nearly are.
fn plain() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(select(NUMBER_PIECES), 1..6).prop_map(|pieces| pieces.concat()),
        "[+-]?(0|0x|0o|0b|0X|0O|0B)?[0-9a-fA-F]{1,20}",
        "[+-]?[0-9]{0,4}\\.?[0-9]{0,4}([eE][+-]?[0-9]{1,3})?",
        "[yYnNtTfFoO][a-zA-Z]{0,4}",
        select(
            &[
                "null", "true", "false", "yes", "no", "on", "off", ".inf", ".nan"
            ][..]
        )
        .prop_flat_map(
            |word| prop::collection::vec(any::<bool>(), word.len()).prop_map(move |upper| {
                word.chars()
                    .zip(upper)
                    .map(|(c, upper)| if upper { c.to_ascii_uppercase() } else { c })
                    .collect()
            })
        ),
    ]
    .prop_filter(
        "a text that ends or starts as YAML does not let a plain scalar",
        |text: &String| !text.ends_with(':') && !text.starts_with(':'),
    )
}

#[test]
fn a_plain_scalar_means_the_same_to_serde_saphyr() {
    for text in NASTY {
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-_.~".contains(&b));
        if plain {
            agrees(text).expect("both mean the same");
        }
    }
    check(4000, plain(), |text| agrees(&text));
}

/// What go-yaml 2 makes of a scalar, written out from the rules of its resolve function.
mod go {
    use serde_json::{Number, Value};

    pub fn resolve(text: &str) -> Value {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                return Value::Bool(true);
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off"
            | "OFF" => {
                return Value::Bool(false);
            }
            _ => {}
        }
        let number = match text.as_bytes()[0] {
            // Go's own reader, which takes `_` only behind a prefix such as `0x`.
            b'.' => float(text),
            b'0'..=b'9' | b'+' | b'-' => {
                let text = text.replace('_', "");
                integer(&text).or_else(|| float(&text))
            }
            _ => None,
        };
        number.map_or_else(|| Value::from(text), Value::Number)
    }

    /// `strconv.ParseInt` and then `ParseUint` with base 0.
    fn integer(text: &str) -> Option<Number> {
        let (sign, magnitude) = match text.as_bytes().first()? {
            b'-' => (-1, &text[1..]),
            b'+' => (1, &text[1..]),
            _ => (1, text),
        };
        let bytes = magnitude.as_bytes();
        let (radix, digits) = match (bytes.first()?, bytes.get(1).map(u8::to_ascii_lowercase)) {
            (b'0', Some(b'x')) => (16, &magnitude[2..]),
            (b'0', Some(b'o')) => (8, &magnitude[2..]),
            (b'0', Some(b'b')) => (2, &magnitude[2..]),
            (b'0', Some(_)) => (8, &magnitude[1..]),
            _ => (10, magnitude),
        };
        if digits.starts_with(['+', '-']) {
            return None;
        }
        let value = sign * i128::from_str_radix(digits, radix).ok()?;
        i64::try_from(value)
            .map(Number::from)
            .or_else(|_| u64::try_from(value).map(Number::from))
            .ok()
            // ParseUint takes no sign.
            .filter(|number| number.is_i64() || !text.starts_with('+'))
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    fn float(text: &str) -> Option<Number> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
            None => (unsigned, None),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let mantissa_is_good = match mantissa.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction) && mantissa.len() > 1,
            None => digits(mantissa) && !mantissa.is_empty(),
        };
        let exponent_is_good = exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            digits(exponent) && !exponent.is_empty()
        });
        if !mantissa_is_good || !exponent_is_good {
            return None;
        }
        text.parse().ok().and_then(Number::from_f64)
    }
}

fn means_what_go_says(text: &str) -> Result<(), TestCaseError> {
    let (ours, go) = (resolve(text), go::resolve(text));
    prop_assert!(
        same(&ours, &go),
        "{text:?} is {ours} here and {go} to Kubernetes"
    );
    Ok(())
}

#[test]
fn a_plain_scalar_means_what_kubernetes_takes_it_for() {
    for text in NASTY {
        means_what_go_says(text).expect("both mean the same");
    }
    check(4000, plain(), |text| means_what_go_says(&text));
}

/// The text at a pointer of a document, as both parsers read it.
fn reads_back(document: &str, pointer: &str, text: &str) -> Result<(), TestCaseError> {
    for (who, read) in [
        ("vmo-ra", ours(document)),
        ("serde-saphyr", saphyr(document)),
    ] {
        let read =
            read.map_err(|error| TestCaseError::fail(format!("{who} on {document:?}: {error}")))?;
        prop_assert_eq!(
            read.pointer(pointer),
            Some(&Value::from(text)),
            "{} reads {:?}",
            who,
            document
        );
    }
    Ok(())
}

fn comes_back(text: &str, indent: usize) -> Result<(), TestCaseError> {
    let line = write(text);
    prop_assert!(!line.contains(['\n', '\r']), "{line:?} is not one line");
    reads_back(&format!("k: {line}\nz: 1\n"), "/k", text)?;
    reads_back(&format!("k: {line} # comment\n"), "/k", text)?;
    reads_back(&format!("k: {line}"), "/k", text)?;
    reads_back(&format!("- {line}\n- z\n"), "/0", text)?;
    reads_back(&format!("{line}\n"), "", text)?;
    reads_back(&format!("k:\r\n  - x: {line}\r\n"), "/k/0/x", text)?;
    if text.len() < 200 {
        let document = format!("{line}: 1\n");
        for read in [ours(&document), saphyr(&document)] {
            let read = read.map_err(TestCaseError::fail)?;
            prop_assert_eq!(
                &read,
                &serde_json::json!({ text: 1 }),
                "as a key: {:?}",
                document
            );
        }
    }

    let line = write_in_flow(text);
    prop_assert!(!line.contains(['\n', '\r']), "{line:?} is not one line");
    reads_back(&format!("[{line}]\n"), "/0", text)?;
    reads_back(&format!("[x, {line}, z]\n"), "/1", text)?;
    reads_back(&format!("k: {{a: {line}, b: [{line}]}}\n"), "/k/a", text)?;
    reads_back(&format!("k: {{a: {line}, b: [{line}]}}\n"), "/k/b/0", text)?;
    reads_back(&format!("{{a: {line}}}\n"), "/a", text)?;
    reads_back(
        &format!("{{{line}: {line}}}\n"),
        &format!("/{}", text.replace('~', "~0").replace('/', "~1")),
        text,
    )?;

    // The lines of a block are deeper than its key, wherever that stands.
    let margin = " ".repeat(indent - 1);
    let block = write_block(text, indent);
    reads_back(&format!("k:\n{margin}b: {block}\n"), "/k/b", text)?;
    reads_back(
        &format!("k:\n{margin}b: {block}\n{margin}z: 1\n"),
        "/k/b",
        text,
    )?;
    reads_back(
        &format!("k:\n{margin}b: {block}\n# comment\nz: 1\n"),
        "/k/b",
        text,
    )?;
    reads_back(
        &format!("k:\n{margin}- {block}\n{margin}- z\n"),
        "/k/0",
        text,
    )?;
    Ok(())
}

#[test]
fn a_written_text_is_read_as_that_text() {
    for text in NASTY {
        for indent in [2, 4, 9] {
            if let Err(error) = comes_back(text, indent) {
                panic!("{text:?} at {indent}: {error}");
            }
        }
    }
    check(4000, (text(), 2..10_usize), |(text, indent)| {
        comes_back(&text, indent)
    });
}

// What these properties found.

#[test]
fn what_only_some_readers_take_for_another_type_is_quoted() {
    // serde-saphyr knows words in any case, PyYAML a float with `_`.
    for text in ["nULL", "tRUE", "yEs", "oFF", ".5_0"] {
        assert_eq!(write(text), format!("\"{text}\""));
    }
}

#[test]
fn what_ends_a_plain_scalar_of_go_yaml_between_brackets_is_quoted_there() {
    // libyaml and its ports stop at a question mark, and take a leading colon for the one behind a key.
    for text in ["a?b", "?a", "https://example.com/?q=1", ":a"] {
        assert_eq!(write(text), text);
        assert_eq!(write_in_flow(text), format!("\"{text}\""));
    }
}

#[test]
fn numbers_that_go_does_not_read_are_texts() {
    for text in [".5_0", "._5", "+0xFFFFFFFFFFFFFFFF"] {
        assert_eq!(resolve(text), Value::from(text));
    }
}

#[test]
fn a_quoted_merge_key_merges_nothing() {
    for document in ["\"<<\": x\n", "{\"<<\": x}\n"] {
        assert_eq!(ours(document), Ok(serde_json::json!({"<<": "x"})));
    }
}
