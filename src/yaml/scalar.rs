//! Scalars: their YAML 1.1 type as Kubernetes' decoder sees it, and how a string is written so that it stays a string.

use serde_json::{Number, Value};
use serde_saphyr::granit_parser::ScalarStyle;

use super::text::Text;

/// A scalar of a parsed text.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text after unescaping and folding.
    pub text: Text,
    /// Whether it is written without quotes and without `|` or `>`.
    pub plain: bool,
    /// Whether it is a `|` or `>` block.
    pub block: bool,
    forced: Option<Forced>,
}

/// A tag that overrides what the text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forced {
    Text,
    Typed,
}

impl Scalar {
    pub(super) fn new(text: Text, style: ScalarStyle, tag: Option<&str>) -> Self {
        let forced = match tag {
            Some("str" | "binary") => Some(Forced::Text),
            Some("int" | "float" | "bool" | "null") => Some(Forced::Typed),
            _ => None,
        };
        Scalar {
            text,
            plain: style == ScalarStyle::Plain,
            block: matches!(style, ScalarStyle::Literal | ScalarStyle::Folded),
            forced,
        }
    }

    /// The value with its type.
    pub fn value(&self) -> Value {
        match (self.forced, self.plain) {
            (Some(Forced::Text), _) | (None, false) => Value::String(self.text.as_str().to_owned()),
            (Some(Forced::Typed), _) | (None, true) => resolve(&self.text),
        }
    }

    /// The same, consuming the scalar.
    pub(super) fn into_value(self) -> Value {
        match (self.forced, self.plain) {
            (Some(Forced::Text), _) | (None, false) => Value::String(self.text.into()),
            (Some(Forced::Typed), _) | (None, true) => {
                typed(&self.text).unwrap_or_else(|| Value::String(self.text.into()))
            }
        }
    }

    /// Whether this is null, written or left empty.
    pub fn is_null(&self) -> bool {
        self.plain && self.forced != Some(Forced::Text) && is_null(&self.text)
    }

    /// Whether the block keeps line breaks after its last line (`|+`), so that they belong to it.
    pub(super) fn keeps_trailing_lines(&self, written: &str) -> bool {
        let header = written.lines().next().unwrap_or_default();
        let header = header.split('#').next().unwrap_or_default();
        header.starts_with(['|', '>']) && header.contains('+')
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// What a plain scalar means to Kubernetes' decoder: YAML 1.1 booleans (`yes`, `on`, `y`), octal `0644`, `1_000`; dates
/// and `22:22` stay strings.
pub fn resolve(text: &str) -> Value {
    typed(text).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The value of what is not a text.
fn typed(text: &str) -> Option<Value> {
    match text {
        _ if is_null(text) => return Some(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            return Some(Value::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            return Some(Value::Bool(false));
        }
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    number(text).map(Value::Number)
}

fn number(text: &str) -> Option<Number> {
    // Go reads what starts with a point by another rule, in which `_` is in no number.
    if text.starts_with('.') && text.contains('_') {
        return None;
    }
    let digits = text.replace('_', "");
    let (sign, magnitude) = match digits.strip_prefix(['-', '+']) {
        Some(rest) => digits.split_at(digits.len() - rest.len()),
        None => ("", digits.as_str()),
    };
    let integer = |digits: &str, radix: u32| {
        let all_digits = !digits.is_empty() && digits.bytes().all(|b| (b as char).is_digit(radix));
        if !all_digits {
            return None;
        }
        // Go's unsigned numbers take no sign.
        if sign.is_empty() {
            u64::from_str_radix(digits, radix).ok().map(Number::from)
        } else {
            i64::from_str_radix(&format!("{sign}{digits}"), radix)
                .ok()
                .map(Number::from)
        }
    };
    let by_prefix = [
        ("0x", 16),
        ("0X", 16),
        ("0b", 2),
        ("0B", 2),
        ("0o", 8),
        ("0O", 8),
    ]
    .iter()
    .find_map(|(prefix, radix)| Some((magnitude.strip_prefix(prefix)?, *radix)));
    if let Some((digits, radix)) = by_prefix {
        return integer(digits, radix);
    }
    if magnitude.len() > 1
        && magnitude.starts_with('0')
        && let Some(octal) = integer(&magnitude[1..], 8)
    {
        return Some(octal);
    }
    if let Some(decimal) = integer(magnitude, 10) {
        return Some(decimal);
    }
    let float_like = magnitude
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && magnitude.bytes().any(|b| b.is_ascii_digit());
    if !float_like {
        return None;
    }
    digits.parse::<f64>().ok().and_then(Number::from_f64)
}

/// Whether `text` must be quoted to be read as this very string by YAML 1.1 and YAML 1.2 readers.
fn needs_quotes(text: &str) -> bool {
    if !matches!(resolve(text), Value::String(_)) {
        return true;
    }
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return true;
    };
    let second_is_blank = chars.next().is_none_or(|c| c == ' ');
    let starts_badly = match first {
        '-' | '?' | ':' => second_is_blank || text.starts_with("---"),
        '.' => text.starts_with("...") || text.replace('_', "").parse::<f64>().is_ok(),
        _ => ",[]{}#&*!|>'\"%@`=<~ \t\u{feff}".contains(first),
    };
    starts_badly
        || text.ends_with([' ', '\t', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || text.contains(['\t', '\u{feff}', '\u{85}', '\u{2028}', '\u{2029}'])
        || text
            .chars()
            .any(|c| c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c))
        || text.contains("{{")
        || looks_like_another_type(text)
}

/// Dates and base-60 numbers, which other YAML 1.1 readers take for times, special floats, and words such as `nULL` that
/// only some readers take for null or a boolean.
fn looks_like_another_type(text: &str) -> bool {
    let first_is_digit = text
        .trim_start_matches(['+', '-'])
        .starts_with(|c: char| c.is_ascii_digit());
    if first_is_digit {
        let number_like = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-_:.eExXoOabcdefABCDEFTtZz ".contains(&b));
        let separators =
            text.contains([':', '_', 'e', 'E', 'x', 'o', '+']) || text.matches('-').count() == 2;
        return number_like && separators && !text.contains('/');
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    matches!(
        unsigned.to_ascii_lowercase().as_str(),
        ".inf" | ".nan" | "inf" | "nan" | "infinity"
    ) || matches!(
        text.to_ascii_lowercase().as_str(),
        "null" | "true" | "false" | "yes" | "no" | "on" | "off"
    )
}

/// Writes a string as one YAML scalar on one line: plain where that is safe, else double-quoted.
pub fn write(text: &str) -> String {
    if needs_quotes(text) {
        quote(text)
    } else {
        text.to_owned()
    }
}

/// Writes a string as [`write()`] does, for a place between `[ ]` or `{ }` where commas and brackets end a plain scalar.
pub fn write_in_flow(text: &str) -> String {
    // go-yaml 2 and libyaml also end a plain scalar at a question mark here, and take a leading colon for itself.
    if needs_quotes(text) || text.contains([',', '[', ']', '{', '}', '?']) || text.starts_with(':')
    {
        quote(text)
    } else {
        text.to_owned()
    }
}

/// A finite number as Go's encoding/json writes a float64: the shortest digits that read back as it, with an exponent
/// only below 1e-6 and from 1e21 on.
pub fn go_float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let written = format!("{value:e}");
        return match written.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            _ => written,
        };
    }
    value.to_string()
}

/// Writes a number so that every reader takes it for this number.
pub fn write_number(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        None => number.to_string(),
        // Read as a whole number it would lose its sign.
        Some(float) if float == 0.0 && float.is_sign_negative() => "-0.0".to_owned(),
        Some(float) => {
            let written = go_float(float);
            match written.split_once('e') {
                // YAML 1.1 knows no exponent without a point.
                Some((digits, exponent)) if !digits.contains('.') => {
                    format!("{digits}.0e{exponent}")
                }
                _ => written,
            }
        }
    }
}

fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            c if (c as u32) < 0x100 && c.is_control() => {
                out.push_str(&format!("\\x{:02X}", c as u32));
            }
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04X}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Writes a text as a literal block (`|`) whose lines are indented by `indent` spaces, as it is behind `key: `.
///
/// Texts that a literal block cannot hold unchanged (carriage returns, control characters, trailing blank lines that
/// would be clipped, an empty text) are written as one quoted line instead.
pub fn write_block(text: &str, indent: usize) -> String {
    let fits = !text.is_empty()
        && !text.starts_with([' ', '\t', '\n'])
        && !text.ends_with("\n\n")
        && !text.chars().any(|c| {
            (c.is_control() && c != '\n' && c != '\t')
                || matches!(
                    c,
                    '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
                )
        });
    if !fits || text.trim().is_empty() {
        return write(text);
    }
    let (header, body) = match text.strip_suffix('\n') {
        Some(body) => ("|", body),
        None => ("|-", text),
    };
    if body.ends_with('\n') {
        return write(text);
    }
    let margin = " ".repeat(indent);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    out.push_str(header);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&margin);
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_kubernetes() {
        for (text, json) in [
            ("yes", "true"),
            ("off", "false"),
            ("y", "true"),
            ("~", "null"),
            ("", "null"),
            ("0644", "420"),
            ("0o644", "420"),
            ("0x1F", "31"),
            ("1_000", "1000"),
            ("-3", "-3"),
            ("1e3", "1000.0"),
            ("1.10", "1.1"),
            ("22:22", "\"22:22\""),
            ("2024-01-01", "\"2024-01-01\""),
            ("100.64.0.0/18", "\"100.64.0.0/18\""),
            ("0-7", "\"0-7\""),
            ("1.34.5", "\"1.34.5\""),
            ("9007199254740993", "9007199254740993"),
        ] {
            assert_eq!(resolve(text).to_string(), json, "{text}");
        }
    }

    #[test]
    fn what_could_be_misread_is_quoted() {
        for text in [
            "yes",
            "0644",
            "",
            "null",
            "1.10",
            "22:22",
            "2024-01-01",
            "- a",
            "#x",
            "a: b",
            "a #b",
            "a\nb",
            "{{ .spectro.var.X }}",
            "'",
            "a:",
            " a",
            ".inf",
            "1e3",
            "---",
            "=",
            "<<",
        ] {
            assert!(write(text).starts_with('"'), "{text:?} -> {}", write(text));
        }
        for text in [
            "br0",
            "21-100",
            "100.64.0.0/18",
            "bond_mgmt.10",
            "-T px-storev2",
            "50Gi",
            "1.34.5",
            "0-7",
            "docker://a/b:22.04",
            "a'b",
            "10.20.30.100-10.20.30.199",
            "802.3ad",
            "size=64",
        ] {
            assert_eq!(write(text), text);
        }
    }

    #[test]
    fn a_block_keeps_its_text() {
        assert_eq!(write_block("a\n\nb\n", 2), "|\n  a\n\n  b");
        assert_eq!(write_block("a", 2), "|-\n  a");
        assert_eq!(write_block("a\n\n", 2), "\"a\\n\\n\"");
        assert_eq!(write_block(" a\n", 2), "\" a\\n\"");
    }
}
