//! Writes the bytes of Palette's own export: one line, no final line break, `<` `>` `&` escaped, and numbers as Go writes
//! them. Also writes the same, laid out for people.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::Profile;
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::scalar::go_float;

/// Methods of a formatter that only pass on to its layout.
macro_rules! as_laid_out {
    ($($method:ident($($first:ident)?)),+) => {$(
        fn $method<W: ?Sized + Write>(&mut self, writer: &mut W $(, $first: bool)?) -> io::Result<()> {
            self.layout.$method(writer $(, $first)?)
        }
    )+};
}

/// Writes JSON in some layout, with the numbers and escapes of Go's encoding/json.
struct GoFormatter<L> {
    layout: L,
    escaped: &'static [char],
}

impl<L: Formatter> Formatter for GoFormatter<L> {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(go_float(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        write_escaped(writer, fragment, self.escaped)
    }

    as_laid_out!(begin_array(), begin_array_value(first), end_array());
    as_laid_out!(begin_object(), begin_object_key(first), end_object());
    as_laid_out!(begin_object_value(), end_object_value(), end_array_value());
}

/// Writes part of a text with some of `<`, `>`, `&` and the two separators U+2028 and U+2029 as `\u` and four digits.
fn write_escaped<W: ?Sized + Write>(
    writer: &mut W,
    fragment: &str,
    escaped: &[char],
) -> io::Result<()> {
    let mut rest = fragment;
    // Bytes are looked through far more quickly than characters, and few begin one of these.
    while let Some(at) = rest
        .bytes()
        .position(|byte| matches!(byte, b'<' | b'>' | b'&' | 0xe2))
    {
        let (before, from) = rest.split_at(at);
        writer.write_all(before.as_bytes())?;
        let mut chars = from.chars();
        if let Some(c) = chars.next() {
            match escaped.contains(&c) {
                true => write!(writer, "\\u{:04x}", c as u32)?,
                false => write!(writer, "{c}")?,
            }
        }
        rest = chars.as_str();
    }
    writer.write_all(rest.as_bytes())
}

fn written(
    value: &impl Serialize,
    layout: impl Formatter,
    escaped: &'static [char],
) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let formatter = GoFormatter { layout, escaped };
    value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))?;
    Ok(bytes)
}

/// The JSON that Palette's export would write.
///
/// # Errors
/// A value that has no JSON form, such as a map with keys that are not texts.
pub fn to_palette_json(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let escaped = &['<', '>', '&', '\u{2028}', '\u{2029}'];
    written(value, CompactFormatter, escaped)
}

/// The same of a profile, with the keys that this program does not know, where its tree is available.
///
/// # Errors
/// As [`to_palette_json`].
pub fn profile_json(profile: &Profile, tree: Option<&Value>) -> Result<Vec<u8>, Diagnostic> {
    let json = match tree {
        Some(tree) => to_palette_json(tree),
        None => to_palette_json(profile),
    };
    json.map_err(|error| {
        Diagnostic::error(format!(
            "`{}` has no JSON form: {error}",
            profile.metadata.name
        ))
        .code(Code::Internal)
    })
}

/// The same JSON for people: two blanks a level, `<` `>` `&` as they are, and a final line break.
///
/// # Errors
/// None that is known of: every value has this form.
pub fn to_readable_json(value: &Value) -> serde_json::Result<Vec<u8>> {
    // Some editors take these two for ends of lines.
    let mut bytes = written(value, PrettyFormatter::new(), &['\u{2028}', '\u{2029}'])?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_go() {
        let text = "a<b>&\u{2028}\"\\\n\u{1}\u{7f}é";
        assert_eq!(
            String::from_utf8(to_palette_json(&text).unwrap()).unwrap(),
            "\"a\\u003cb\\u003e\\u0026\\u2028\\\"\\\\\\n\\u0001\u{7f}é\""
        );
    }

    #[test]
    fn numbers_are_those_of_go() {
        for (value, written) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (1e20, "100000000000000000000"),
            (123456789012345680000.0, "123456789012345680000"),
            (1e21, "1e+21"),
            (-1.25e22, "-1.25e+22"),
            (1e100, "1e+100"),
            (f64::MAX, "1.7976931348623157e+308"),
            (0.000001, "0.000001"),
            (0.0000001, "1e-7"),
            (1.5e-9, "1.5e-9"),
            (1e-10, "1e-10"),
            (5e-324, "5e-324"),
            (9007199254740993.0, "9007199254740992"),
        ] {
            assert_eq!(go_float(value), written);
            assert_eq!(to_palette_json(&value).unwrap(), written.as_bytes());
        }
        assert_eq!(
            to_palette_json(&[u64::MAX]).unwrap(),
            b"[18446744073709551615]"
        );
        assert_eq!(
            to_palette_json(&[i64::MIN]).unwrap(),
            b"[-9223372036854775808]"
        );
    }

    #[test]
    fn the_readable_form_is_for_people() {
        let value: Value =
            serde_json::from_str(r#"{"a":[1,1e21],"b":{},"c":[],"d":"<&>\u2028é"}"#).unwrap();
        assert_eq!(
            String::from_utf8(to_readable_json(&value).unwrap()).unwrap(),
            "{\n  \"a\": [\n    1,\n    1e+21\n  ],\n  \"b\": {},\n  \"c\": [],\n  \"d\": \"<&>\\u2028é\"\n}\n"
        );
    }
}
