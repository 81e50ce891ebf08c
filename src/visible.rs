//! Makes input safe to show on a terminal.

use std::borrow::Cow;

use serde::Serialize;

/// A text on one line, with control characters and invisible characters escaped: `\x1B`, `\u202E`.
pub fn visible(text: &str) -> Cow<'_, str> {
    spelled_out(text, is_invisible, escape)
}

/// The same for a text of several lines: line breaks and tabs stand as they are.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    let is_layout = |c| matches!(c, '\n' | '\t');
    spelled_out(text, |c| is_invisible(c) && !is_layout(c), escape)
}

/// As [`visible_lines`], with the codes that switch colours on and off as they are.
pub fn visible_beside_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, from) = rest.split_at(at);
        out.push_str(&visible_lines(before));
        let (code, after) = from.split_at(colour_code(from).unwrap_or(1));
        match code.len() {
            1 => out.push_str(&visible_lines(code)),
            _ => out.push_str(code),
        }
        rest = after;
    }
    out.push_str(&visible_lines(rest));
    out
}

/// The length of the code that a text begins with: `ESC [`, digits, `m`.
fn colour_code(text: &str) -> Option<usize> {
    let start = "\u{1b}[".len();
    let digits = text.strip_prefix("\u{1b}[")?;
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    digits[end..].starts_with('m').then_some(start + end + 1)
}

/// A value as JSON, indented by two spaces, with a line break at its end. Control characters and invisible characters are
/// written as `\uXXXX`, which JSON does not require.
pub fn json(value: &impl Serialize) -> String {
    // Only maps whose keys are not texts have no JSON form, and no report has one.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    // Outside of strings, line breaks are the only such characters.
    let is_invisible = |c| c != '\n' && is_invisible(c);
    spelled_out(&text, is_invisible, |c, out| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    })
    .into_owned()
}

/// Control characters, and characters that hide, or that reorder the text around them: Unicode's
/// `Default_Ignorable_Code_Point`, its line and paragraph separators, annotation marks and noncharacters.
///
/// Joiners and variation selectors are among them. Persian, Indic scripts and emoji need them, but two names may differ in
/// nothing else.
pub fn is_invisible(c: char) -> bool {
    if matches!(c, ' '..='~') {
        return false;
    }
    let is_noncharacter = matches!(c, '\u{fdd0}'..='\u{fdef}') || c as u32 & 0xfffe == 0xfffe;
    c.is_control()
        || is_noncharacter
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

fn spelled_out(
    text: &str,
    is_bad: impl Fn(char) -> bool,
    escape: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    let Some(first) = text.find(&is_bad) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 8);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        if is_bad(c) {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn escape(c: char, out: &mut String) {
    out.push_str(&match (c, c as u32) {
        ('\n', _) => "\\n".to_owned(),
        ('\r', _) => "\\r".to_owned(),
        ('\t', _) => "\\t".to_owned(),
        (_, code @ ..0x100) => format!("\\x{code:02X}"),
        (_, code @ ..0x1_0000) => format!("\\u{code:04X}"),
        (_, code) => format!("\\U{code:08X}"),
    });
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        let text = "漢 é\u{1b}[31m\u{9b}\u{202e}\u{e0041}\t\r\n";
        assert_eq!(
            visible(text),
            "漢 é\\x1B[31m\\x9B\\u202E\\U000E0041\\t\\r\\n"
        );
        assert_eq!(
            visible_lines(text),
            "漢 é\\x1B[31m\\x9B\\u202E\\U000E0041\t\\r\n"
        );
        assert_eq!(
            json(&["漢 é\u{1b}\u{9b}\u{e0041}\n"]),
            "[\n  \"漢 é\\u001b\\u009b\\udb40\\udc41\\n\"\n]\n"
        );
        assert!(matches!(visible("漢 é"), Cow::Borrowed(_)));
    }

    #[test]
    fn colours_stay_and_no_other_code_does() {
        let coloured = "\u{1b}[1;31merror\u{1b}[0m: a\u{1b}[m\n";
        assert_eq!(visible_beside_colours(coloured), coloured);
        assert_eq!(
            visible_beside_colours("\u{1b}]0;a\u{7}\u{1b}[2J\u{1b}\u{1b}[1m\u{9b}1m\u{1b}[1"),
            "\\x1B]0;a\\x07\\x1B[2J\\x1B\u{1b}[1m\\x9B1m\\x1B[1"
        );
    }

    #[test]
    fn every_character_that_unicode_calls_invisible_is() {
        let classes = r"^[\p{Cc}\p{Zl}\p{Zp}\p{DI}\p{NChar}\p{Bidi_C}\u{FFF9}-\u{FFFB}]$";
        let unicode = Regex::new(classes).expect("an expression");
        let differing: Vec<char> = ('\0'..=char::MAX)
            .filter(|&c| is_invisible(c) != unicode.is_match(c.encode_utf8(&mut [0; 4])))
            .collect();
        assert_eq!(differing, []);
    }
}
