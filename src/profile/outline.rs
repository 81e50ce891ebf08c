//! The places of a profile's values in its text, and mistakes that JSON readers ignore silently.

use std::collections::HashMap;
use std::ops::Range;

use super::extent::end_of_text;
use crate::diagnostic::{Code, Diagnostic, Problems, Source};
use crate::yaml::scalar::go_float;
use crate::yaml::{Kind, Node, Step};

/// A value of a text, by where it is.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    /// Its bytes.
    pub(super) span: Range<usize>,
    within: Within,
}

#[derive(Clone, Debug)]
enum Within {
    Nothing,
    Items(Vec<Outline>),
    Entries(Vec<(String, Outline)>),
}

impl Outline {
    /// The outline of a YAML text. What an alias stands for is not gone into.
    ///
    /// # Errors
    /// A number of more digits than Go's readers keep.
    pub(super) fn of_yaml(source: &Source, node: &Node) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Problems::default();
        let outline = of_node(source, node, &mut problems);
        problems.unless(source, outline)
    }

    /// The outline of a text that is known to be JSON.
    ///
    /// # Errors
    /// What a reader would drop or change without a word: a duplicate key, a number of more digits than Go's
    /// readers keep.
    pub(super) fn of_json(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let mut scan = Scan {
            source,
            at: 0,
            problems: Problems::default(),
        };
        let outline = scan.value();
        scan.problems.unless(source, outline)
    }

    /// The bytes of the value at the end of a path, or of the nearest one around it that the text has.
    pub(super) fn find(&self, path: &[Step]) -> Range<usize> {
        let mut outline = self;
        for step in path {
            let next = match (step, &outline.within) {
                (Step::Key(key), Within::Entries(entries)) => entries
                    .iter()
                    .find_map(|(name, value)| (name == key).then_some(value)),
                (Step::Index(index), Within::Items(items)) => items.get(*index),
                _ => None,
            };
            match next {
                Some(next) => outline = next,
                None => break,
            }
        }
        outline.span.clone()
    }
}

fn of_node(source: &Source, node: &Node, problems: &mut Problems) -> Outline {
    let within = match &node.kind {
        Kind::Scalar(scalar) => {
            if scalar.value().is_number() {
                check_digits(source, &scalar.text, node.span(), problems);
            }
            Within::Nothing
        }
        Kind::Alias(_) => Within::Nothing,
        Kind::Sequence { items, .. } => {
            let items = items.iter().map(|item| of_node(source, item, problems));
            Within::Items(items.collect())
        }
        Kind::Mapping { entries, .. } => {
            let entries = entries.iter().map(|entry| {
                let value = of_node(source, &entry.value, problems);
                (entry.name().to_owned(), value)
            });
            Within::Entries(entries.collect())
        }
    };
    Outline {
        span: node.span(),
        within,
    }
}

/// A whole number beyond 64 bits is read as a float, which has at most 17 digits.
fn check_digits(source: &Source, text: &str, span: Range<usize>, problems: &mut Problems) {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit())
        || text.parse::<i64>().is_ok()
        || text.parse::<u64>().is_ok()
    {
        return;
    }
    let read = text.parse::<f64>().map(go_float).unwrap_or_default();
    if read != text {
        problems.push(|| {
            Diagnostic::error(format!("Palette would read this number as {read}"))
                .code(Code::WrongValue)
                .at(source, span)
                .label("more digits than a number can have")
                .help("write it as text, in quotes")
        });
    }
}

/// Goes over a valid JSON text. Its parser has no places for what it reads, so this looks for them afterwards.
struct Scan<'s> {
    source: &'s Source,
    at: usize,
    problems: Problems,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.source.text().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is not a blank.
    fn next(&mut self) -> Option<u8> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.rest().bytes().next()
    }

    /// Steps over a byte if it is the next one.
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Outline {
        let first = self.next();
        let start = self.at;
        let within = match first {
            Some(b'{') => self.entries(),
            Some(b'[') => self.items(),
            Some(b'"') => {
                self.string();
                Within::Nothing
            }
            _ => {
                let rest = self.rest();
                let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']);
                let length = end.unwrap_or(rest.len());
                self.at += length;
                let number = &self.source.text()[start..self.at];
                check_digits(self.source, number, start..self.at, &mut self.problems);
                Within::Nothing
            }
        };
        Outline {
            span: start..self.at,
            within,
        }
    }

    // The depth was checked before, so that these two do not go down without end.

    fn items(&mut self) -> Within {
        self.at += 1;
        let mut items = Vec::new();
        while !self.skip(b']') && self.at < self.source.text().len() {
            items.push(self.value());
            self.skip(b',');
        }
        Within::Items(items)
    }

    fn entries(&mut self) -> Within {
        self.at += 1;
        let mut entries = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        while !self.skip(b'}') && self.at < self.source.text().len() {
            let start = self.at;
            let key = self.string();
            if let Some(first) = seen.get(&key) {
                self.problems.push(|| {
                    let (line, column) = self.source.position(*first);
                    Diagnostic::error(format!("the key `{key}` is used here twice"))
                        .code(Code::KeyTwice)
                        .at(self.source, start..self.at)
                        .label(format!("first used on line {line}, column {column}"))
                        .help("keep one of the two; the other would be lost silently")
                });
            } else {
                seen.insert(key.clone(), start);
            }
            self.skip(b':');
            let value = self.value();
            entries.push((key, value));
            self.skip(b',');
        }
        Within::Entries(entries)
    }

    /// Steps over a text; what it says.
    fn string(&mut self) -> String {
        let start = self.at;
        let bytes = self.source.text().as_bytes();
        self.at = (end_of_text(bytes, start + 1) + 1).min(bytes.len());
        let written = self.source.text().get(start..self.at).unwrap_or_default();
        serde_json::from_str(written).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Result<Outline, String> {
        Outline::of_json(&Source::new("p.json", text))
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn everything_has_its_place() {
        let text = r#" { "a\"" : [ 1 , {"b": "x\\" } ], "c":{}, "d" : -1e5 }"#;
        let outline = outline(text).unwrap();
        let key = |key: &str| Step::Key(key.to_owned());
        for (path, found) in [
            (vec![key("a\""), Step::Index(0)], "1"),
            (vec![key("a\""), Step::Index(1), key("b")], r#""x\\""#),
            (vec![key("c")], "{}"),
            (vec![key("d")], "-1e5"),
            (
                vec![key("a\""), Step::Index(1), key("z"), key("y")],
                r#"{"b": "x\\" }"#,
            ),
        ] {
            assert_eq!(&text[outline.find(&path)], found);
        }
    }

    #[test]
    fn numbers_that_would_change_are_refused() {
        for number in [
            "18446744073709551615",
            "-9223372036854775808",
            "18446744073709552000",
            "100000000000000000000",
            "-0",
            "0.1",
            "1.00",
            "1E400000000",
        ] {
            assert!(outline(&format!("[{number}]")).is_ok(), "{number}");
        }
        for number in [
            "18446744073709551617",
            "-9223372036854775809",
            "1000000000000000000000",
        ] {
            assert!(outline(&format!("[{number}]")).is_err(), "{number}");
        }
    }
}
