//! What the property tests share: how many cases, nasty texts, and YAML read by two parsers.

pub mod document;
mod edit;
pub mod kept;

use std::env;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::Value;
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::yaml::{self, Limits};

/// Runs a property over generated values, the same ones each time.
///
/// `PROPTEST_RNG_SEED=7 PROPTEST_CASES=10000` looks at others, and at more. What fails becomes a plain test.
pub fn check<S: Strategy>(
    cases: u32,
    values: S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    if let Err(failure) = TestRunner::new(config).run(&values, property) {
        panic!("{failure}");
    }
}

/// Texts that some reader of YAML, JSON, XML, shell or Jinja takes for something else.
pub const NASTY: &[&str] = &[
    "",
    " ",
    "  two blanks before",
    "two blanks behind  ",
    "\ttab before",
    "tab behind\t",
    "a\tb",
    "\n",
    "\n\n",
    "\na",
    "a\n",
    "a\n\n",
    "a\nb",
    "a\n\nb\n",
    "a\n   \nb\n",
    "a\n  b\n c",
    "a \nb",
    " a\nb",
    "\ta\nb",
    "a\n\tb\n\t\n",
    "\r",
    "a\rb",
    "a\r\nb\r\n",
    "it's",
    "'",
    "''",
    "'a'",
    "\"",
    "\"\"",
    "say \"hi\"",
    "\\",
    "\\n",
    "C:\\Users\\x",
    "\\x41\\u0041",
    "{{",
    "}}",
    "{{ .Values.x }}",
    "{{ .spectro.system.cluster.uid }}",
    "{%",
    "{# x #}",
    "${#a}",
    "${HOME}",
    "$(id)",
    "`id`",
    "<{ site }>",
    "<% if x %>",
    "<# x #>",
    "}>",
    "<a & 'b' \"c\">",
    "]]>",
    "<![CDATA[x]]>",
    "<!-- x -->",
    "&amp;",
    "&#10;",
    "</Value>",
    "#",
    "# not a comment",
    "a # not a comment",
    "a#b",
    "a\n# not a comment\nb",
    ":",
    "a:",
    "a: b",
    ": a",
    "a : b",
    "a:b",
    "::",
    "-",
    "- a",
    "-a",
    "--",
    "---",
    "--- a",
    "...",
    "... a",
    "a\n---\nb",
    "a\n...\n",
    "?",
    "? a",
    "?a",
    "*",
    "*a",
    "&a",
    "!",
    "!a",
    "!!str a",
    "|",
    "|-",
    ">",
    ">-\n a",
    "%",
    "%YAML 1.1",
    "@a",
    "@",
    ",",
    "a, b",
    "[",
    "[a]",
    "]",
    "{",
    "{a}",
    "{a: b}",
    "}",
    "[]",
    "{}",
    "=",
    "<<",
    "~",
    "~a",
    "null",
    "Null",
    "NULL",
    "nULL",
    "true",
    "True",
    "tRUE",
    "false",
    "yes",
    "Yes",
    "yEs",
    "no",
    "NO",
    "on",
    "off",
    "y",
    "Y",
    "n",
    "0",
    "-0",
    "+0",
    "1",
    "-1",
    "+1",
    "007",
    "0644",
    "08",
    "0o644",
    "0O17",
    "0x1F",
    "0X1f",
    "0b101",
    "1_000",
    "_1",
    "1_",
    "1.",
    ".5",
    ".5_0",
    "1.10",
    "1e3",
    "1E+3",
    "1e400",
    "-1.5e-3",
    ".inf",
    "-.INF",
    "+.Inf",
    ".nan",
    ".NaN",
    "inf",
    "nan",
    "NaN",
    "Infinity",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "0xFFFFFFFFFFFFFFFFFF",
    "1:30",
    "22:22",
    "1:2:3.5",
    "-1:30",
    "2024-01-01",
    "2024-01-01T00:00:00Z",
    "2024-01-01 00:00:00",
    "12e03",
    "1.34.5",
    "10.0.0.0/8",
    "é",
    "日本語",
    "😀",
    "👩\u{200d}🚀",
    "a\u{301}",
    "\u{200f}rtl",
    "\u{a0}",
    "\u{a0}a",
    "a\u{a0}",
    "a\n\u{a0}\nb\n",
    "a\u{3000}",
    "\u{200b}",
    "\u{85}",
    "a\u{85}b",
    "\u{2028}",
    "a\u{2028}b",
    "a\u{2029}b\n",
    "\u{feff}",
    "\u{feff}a",
    "a\u{feff}b",
    "a\n\u{feff}b",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{10ffff}",
    "\u{1fffe}",
    "\u{e000}",
    "\0",
    "a\0b",
    "\u{1}",
    "\u{7}\u{8}",
    "\u{b}",
    "\u{c}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{80}",
    "\u{9f}",
];

/// Pieces that are harmless alone and not beside each other.
const PIECES: &[&str] = &[
    "a", "b c", "1", "0", "7", "e3", "x", ".", "_", "+", "-", "- ", "--", ":", ": ", " :", "#",
    " #", "# ", "'", "''", "\"", "\\", "\\\"", "{", "{{", "}", "}}", "[", "]", ",", ", ", "&", "*",
    "!", "|", ">", "%", "@", "`", "?", "? ", "~", "=", "<", "<<", "<{", "}>", "<%", "$", "$(",
    "\n", "\n\n", "\n ", " \n", "\r", "\r\n", "\t", " ", "  ", "é", "😀", "\u{a0}", "\u{85}",
    "\u{2028}", "\u{2029}", "\u{feff}", "\u{200b}", "\0", "\u{1b}", "\u{7f}", "\u{ffff}", "yes",
    "null", "true", "0x", "0o", "&amp;", "]]>",
];

/// Texts of any characters, and of the pieces that are likely to hurt.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(PIECES), 0..8).prop_map(|pieces| pieces.concat()),
        2 => any::<String>(),
        1 => "[ -~\n]{0,40}",
        1 => "[+-]?[0-9][0-9_.:eExXob+-]{0,8}",
        1 => prop::sample::select(NASTY).prop_map(str::to_owned),
    ]
}

/// The messages of a list of diagnostics.
pub fn messages(problems: &[Diagnostic]) -> String {
    problems.iter().map(ToString::to_string).collect()
}

/// A document as this crate reads it.
///
/// # Errors
/// It is not YAML.
pub fn ours(document: &str) -> Result<Value, String> {
    yaml::to_json(&Source::new("document", document), Limits::VALUES)
        .map_err(|problems| messages(&problems))
}

/// A document as serde-saphyr reads it, with the octal numbers that Kubernetes knows.
///
/// # Errors
/// It is not YAML.
pub fn saphyr(document: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true };
    serde_saphyr::from_str_with_options(document, options)
        .map_err(|error| error.without_snippet().to_string())
}
