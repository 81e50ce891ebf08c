//! The requirements of a pack's schema.yaml on its values (Palette's documentation, Pack Constraints). Palette checks them
//! when a profile is saved.

use std::fmt;
use std::net::Ipv4Addr;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Problems, Source};
use crate::expression::{Effort, Expression, Unusable};
use crate::profile::has_macro;
use crate::version::Version;
use crate::yaml::{self, Limits, Path};

/// One rule of a schema.yaml.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its path as it is written: `charts.hspc.vsp.password`, `addresses.$[]`.
    pub path: String,
    /// Whether a value must be given.
    pub required: bool,
    /// Whether the pack's own value must stay.
    pub readonly: bool,
    /// What a value must look like.
    pub format: Option<Format>,
    /// What the pack tells those who fill it in.
    pub hints: Vec<String>,
    /// Parts that cannot be read, and so are not checked.
    pub unread: Vec<String>,
    place: Path,
}

/// What a value must look like: pieces with text between, such as `${ipv4} - ${ipv4}`.
#[derive(Clone, Debug)]
pub struct Format {
    text: String,
    pieces: Vec<Piece>,
    whole: Expression,
}

#[derive(Clone, Debug)]
struct Piece {
    kind: PieceKind,
    pattern: Option<Expression>,
    range: Option<(f64, f64)>,
}

#[derive(Clone, Debug, PartialEq)]
enum PieceKind {
    /// Any text; passwords too, which the UI masks.
    Text,
    Number,
    Boolean,
    List(Vec<String>),
    Ipv4,
    Version,
}

/// How values break a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A value must be given and is not.
    Missing,
    /// The value must not differ from the pack's.
    Changed,
    /// The value does not look like this.
    Form(String),
    /// Checking the form takes too much work, and why.
    Unchecked(String),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Missing => f.write_str("needs a value"),
            Violation::Changed => f.write_str("must keep the pack's value"),
            Violation::Form(format) => write!(f, "must have the form `{format}`"),
            Violation::Unchecked(how) => write!(f, "has a form that {how}"),
        }
    }
}

/// Reads a schema.yaml.
pub(super) fn parse(source: &Source) -> Result<Vec<Rule>, Vec<Diagnostic>> {
    let rules = match yaml::to_json(source, Limits::VALUES)? {
        // All of it may be comments.
        Value::Null => return Ok(Vec::new()),
        Value::Object(rules) => rules,
        _ => {
            return Err(
                Diagnostic::error(format!("`{}` is not a map of paths", source.name()))
                    .code(Code::BrokenPack)
                    .help("write `PATH: {schema: '{{ required }}'}`")
                    .into(),
            );
        }
    };
    let mut read = Vec::new();
    let mut problems = Problems::default();
    let effort = Effort::new();
    for (path, rule) in rules {
        match rule.get("schema").and_then(Value::as_str) {
            Some(text) => read.push(Rule::read(&path, text, &effort)),
            None => problems.push(|| {
                let at = source.text().find(&path).unwrap_or(0);
                Diagnostic::error(format!("the rule for `{path}` has no `schema` text"))
                    .code(Code::BrokenPack)
                    .at(source, at..at + path.len())
                    .help("write `schema: '{{ required | format \"${string}\" }}'` below it")
            }),
        }
    }
    problems.unless(source, read)
}

impl Rule {
    fn read(path: &str, text: &str, effort: &Effort) -> Self {
        let mut rule = Rule {
            path: path.to_owned(),
            required: false,
            readonly: false,
            format: None,
            hints: Vec::new(),
            unread: Vec::new(),
            place: Path::default(),
        };
        // `$[]`, and `[]` after a key, stand for each item of a list.
        match path
            .trim()
            .replace("$[]", "[]")
            .replace("[]", "[*]")
            .parse()
        {
            Ok(place) => rule.place = place,
            Err(_) => {
                rule.unread.push(format!("the path `{path}`"));
                return rule;
            }
        }
        let inner = text.trim();
        let inner = inner.strip_prefix("{{").unwrap_or(inner);
        let inner = inner.strip_suffix("}}").unwrap_or(inner);
        for part in split_unquoted(inner) {
            let part = part.trim();
            let (word, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
            match word {
                "required" => rule.required = true,
                "readonly" => rule.readonly = true,
                "hints" => rule.hints = quoted(rest),
                "format" => match quoted(rest).first().map(|text| Format::read(text, effort)) {
                    Some(Ok(format)) => rule.format = Some(format),
                    Some(Err(reason)) => rule.unread.push(reason),
                    None => rule.unread.push("a format without quotes".to_owned()),
                },
                "" => {}
                other => rule.unread.push(format!("`{other}`")),
            }
        }
        rule
    }

    /// How these values break the rule; `base` are the pack's own.
    pub fn violation(&self, values: &Value, base: &Value) -> Option<Violation> {
        self.violation_with(values, base, &Effort::new())
    }

    /// As [`Rule::violation`], with the effort that is left by other rules.
    pub(crate) fn violation_with(
        &self,
        values: &Value,
        base: &Value,
        effort: &Effort,
    ) -> Option<Violation> {
        // Each of many rules may be about each of many items.
        let found = |values| self.place.find_all(values, |items| effort.look(items));
        let own = self.readonly.then(|| found(base)).transpose();
        let (found, own) = match (found(values), own) {
            (Ok(found), Ok(own)) => (found, own),
            (Err(Unusable::TooLarge(how)), _) | (_, Err(Unusable::TooLarge(how))) => {
                return Some(Violation::Unchecked(how));
            }
            _ => return None,
        };
        if own.is_some_and(|own| found != own) {
            return Some(Violation::Changed);
        }
        let is_given = |value: &&Value| !value.is_null() && value.as_str() != Some("");
        if self.required && (found.is_empty() || !found.iter().all(is_given)) {
            return Some(Violation::Missing);
        }
        let format = self.format.as_ref()?;
        let given = found.into_iter().filter(is_given);
        given
            .map(|value| format.allows(value, effort))
            .find_map(|allowed| match allowed {
                Ok(true) => None,
                Ok(false) => Some(Violation::Form(format.text.clone())),
                Err(Unusable::Wrong) => None,
                Err(Unusable::TooLarge(how)) => Some(Violation::Unchecked(how)),
            })
    }
}

/// The parts between the bars that are outside quotes.
fn split_unquoted(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'|' if !is_quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The texts in double quotes.
fn quoted(text: &str) -> Vec<String> {
    text.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

impl Format {
    fn read(text: &str, effort: &Effort) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut whole = "(?s)^".to_owned();
        let mut rest = text;
        while let Some(open) = rest.find("${") {
            whole.push_str(&regex_lite::escape(&rest[..open]));
            let inside = &rest[open + 2..];
            let close = end_of_piece(inside)
                .ok_or_else(|| format!("the format `{text}`, which has no end"))?;
            let piece = Piece::read(&inside[..close], effort)?;
            whole.push_str(&format!("(?P<p{}>{})", pieces.len(), piece.kind.pattern()));
            pieces.push(piece);
            rest = &inside[close + 1..];
        }
        whole.push_str(&regex_lite::escape(rest));
        whole.push('$');
        Ok(Format {
            text: text.to_owned(),
            pieces,
            whole: regex(&whole, effort)?,
        })
    }

    fn allows(&self, value: &Value, effort: &Effort) -> Result<bool, Unusable> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Ok(false),
        };
        // What Palette fills in at deployment has its form then.
        if has_macro(&text) {
            return Ok(true);
        }
        let Some(parts) = self.whole.captures(&text, effort)? else {
            return Ok(false);
        };
        for (number, piece) in self.pieces.iter().enumerate() {
            if let Some(part) = parts.name(&format!("p{number}"))
                && !piece.allows(part.as_str(), effort)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Where the brace is that ends a piece; one inside `/.../` does not.
fn end_of_piece(text: &str) -> Option<usize> {
    let mut is_pattern = false;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '/' if previous != '\\' => is_pattern = !is_pattern,
            '}' if !is_pattern => return Some(at),
            _ => {}
        }
        previous = c;
    }
    None
}

fn regex(pattern: &str, effort: &Effort) -> Result<Expression, String> {
    Expression::compile(pattern, effort).map_err(|unusable| match unusable {
        Unusable::Wrong => format!("the pattern `{pattern}`"),
        Unusable::TooLarge(how) => format!("a pattern, which {how}"),
    })
}

impl Piece {
    fn read(text: &str, effort: &Effort) -> Result<Self, String> {
        let (word, detail) = text.split_once(':').unwrap_or((text, ""));
        let between = |open: char, close: char| detail.strip_prefix(open)?.strip_suffix(close);
        let in_brackets = between('[', ']');
        let unknown = || format!("`${{{text}}}`");
        let kind = match (word, in_brackets) {
            ("string" | "password", _) => PieceKind::Text,
            ("number", _) => PieceKind::Number,
            ("boolean", _) => PieceKind::Boolean,
            ("ipv4", _) => PieceKind::Ipv4,
            ("version", _) => PieceKind::Version,
            ("list", Some(options)) => {
                let options = options.split(',').map(|option| option.trim().to_owned());
                PieceKind::List(options.collect())
            }
            _ => return Err(unknown()),
        };
        let pattern = between('/', '/').map(|pattern| regex(pattern, effort));
        let range = match (in_brackets, &kind) {
            (Some(range), PieceKind::Number) => {
                let ends = range.split_once('-').and_then(|(low, high)| {
                    Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
                });
                Some(ends.ok_or_else(unknown)?)
            }
            _ => None,
        };
        Ok(Piece {
            kind,
            pattern: pattern.transpose()?,
            range,
        })
    }

    fn allows(&self, text: &str, effort: &Effort) -> Result<bool, Unusable> {
        // Go looks for a pattern anywhere in a text; those that want all of it say so with `^` and `$`.
        if let Some(pattern) = &self.pattern
            && !pattern.is_match(text, effort)?
        {
            return Ok(false);
        }
        Ok(self.range.is_none_or(|(low, high)| {
            text.parse::<f64>()
                .is_ok_and(|number| (low..=high).contains(&number))
        }) && match &self.kind {
            PieceKind::List(options) => options.iter().any(|option| option == text),
            PieceKind::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            PieceKind::Version => Version::parse(text).is_some(),
            PieceKind::Number => text.parse::<f64>().is_ok(),
            PieceKind::Text | PieceKind::Boolean => true,
        })
    }
}

impl PieceKind {
    /// What its text looks like, roughly, to find where it ends.
    fn pattern(&self) -> String {
        match self {
            PieceKind::Text => ".*".to_owned(),
            PieceKind::Number => "[-+.0-9eE]+".to_owned(),
            PieceKind::Boolean => "true|false".to_owned(),
            PieceKind::Ipv4 => "[.0-9]+".to_owned(),
            PieceKind::Version => "[-+.0-9A-Za-z]+".to_owned(),
            PieceKind::List(options) => {
                let options: Vec<String> = options
                    .iter()
                    .map(|option| regex_lite::escape(option))
                    .collect();
                options.join("|")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(text: &str) -> Rule {
        Rule::read("a.b", text, &Effort::new())
    }

    #[test]
    fn formats_tell_what_fits() {
        for line in r#"
            + ${string} | "x"
            + ${string} | 5
            - ${string} | ["x"]
            + ${string:/^([a-z0-9].*)$/} | "abc"
            - ${string:/^([a-z0-9].*)$/} | "-abc"
            + ${string:/^a{2}$/} | "aa"
            - ${string:/^a{2}$/} | "a"
            + ${number} | 5
            + ${number} | "5.5"
            - ${number} | "five"
            + ${number:[5000-5005]} | 5005
            - ${number:[5000-5005]} | 5006
            - ${number:/^(500[0-5])$/} | 5006
            + ${boolean} | true
            - ${boolean} | "yes"
            + ${password} | "x"
            + ${list:[PACK,GIT]} | "GIT"
            - ${list:[PACK,GIT]} | "CHART"
            + ${ipv4} | "10.0.0.1"
            - ${ipv4} | "10.0.0.256"
            + ${version} | "1.2.3-rc.1"
            - ${version} | "latest"
            + ${ipv4} - ${ipv4} | "10.10.10.10 - 10.10.10.255"
            - ${ipv4} - ${ipv4} | "10.10.10.10"
            - ${ipv4} - ${ipv4} | "10.10.10.10-10.10.10.255"
            + ${string}, ${string:/size=\d+/} | "type=thick, size=150"
            - ${string}, ${string:/size=\d+/} | "type=thick, size=s"
            + ${string}/${string}:${version} | "ghcr.io/a/b:1.1.2"
            - ${string}/${string}:${version} | "ghcr.io/a/b:new"
            + ${number} | "{{ .spectro.var.port }}""#
            .trim()
            .lines()
        {
            let (sign, case) = line.trim().split_once(' ').unwrap();
            let (format, value) = case.split_once(" | ").unwrap();
            let (fits, value) = (sign == "+", value.parse::<Value>().unwrap());
            let rule = rule(&format!(
                "{{{{ format \"{format}\" | hints \"a|b\" \"c\" }}}}"
            ));
            assert_eq!(rule.hints, ["a|b", "c"]);
            assert!(rule.unread.is_empty(), "{format}: {:?}", rule.unread);
            let values = json!({"a": {"b": value}});
            let expected = (!fits).then(|| Violation::Form(format.to_owned()));
            assert_eq!(
                rule.violation(&values, &Value::Null),
                expected,
                "{format} {values}"
            );
        }
    }

    #[test]
    fn required_and_readonly_are_checked() {
        let required = rule("{{ required }}");
        for values in [
            json!({}),
            json!({"a": {"b": null}}),
            json!({"a": {"b": ""}}),
        ] {
            let found = required.violation(&values, &values);
            assert_eq!(found, Some(Violation::Missing), "{values}");
        }
        assert_eq!(
            required.violation(&json!({"a": {"b": false}}), &json!({})),
            None
        );
        let readonly = rule("{{ readonly }}");
        let base = json!({"a": {"b": 1}});
        assert_eq!(readonly.violation(&base, &base), None);
        for values in [json!({"a": {"b": 2}}), json!({"a": {}})] {
            assert_eq!(readonly.violation(&values, &base), Some(Violation::Changed));
        }
        let each = Rule::read(
            "a.$[].b",
            "{{ required | format \"${ipv4}\" }}",
            &Effort::new(),
        );
        let values = |two: &str| json!({"a": [{"b": "10.0.0.1"}, {"b": two}]});
        assert_eq!(each.violation(&values("10.0.0.2"), &Value::Null), None);
        assert_eq!(
            each.violation(&values(""), &Value::Null),
            Some(Violation::Missing)
        );
        assert!(each.violation(&values("x"), &Value::Null).is_some());
    }

    #[test]
    fn what_cannot_be_read_is_remembered() {
        for (text, unread) in [
            ("{{ format \"${input}\" }}", "`${input}`"),
            (
                "{{ format \"${string\" }}",
                "the format `${string`, which has no end",
            ),
            ("{{ format \"${string:/(/}\" }}", "the pattern `(`"),
            ("{{ needed }}", "`needed`"),
            ("{{ format ipv4 }}", "a format without quotes"),
        ] {
            assert_eq!(rule(text).unread, [unread], "{text}");
        }
        let nowhere = Rule::read("a..b", "{{ required }}", &Effort::new());
        assert_eq!(nowhere.unread, ["the path `a..b`"]);
        assert_eq!(nowhere.violation(&Value::Null, &Value::Null), None);
    }

    #[test]
    fn rules_over_many_items_take_no_more_than_is_left() {
        let each = Rule::read("list.$[].name", "{{ required }}", &Effort::new());
        let values = json!({"list": vec![Value::Null; 1_000_000]});
        let effort = Effort::new();
        let violations: Vec<_> = (0..9)
            .map(|_| each.violation_with(&values, &Value::Null, &effort))
            .collect();
        assert_eq!(violations[..8], vec![Some(Violation::Missing); 8]);
        let Some(Violation::Unchecked(how)) = &violations[8] else {
            panic!("{violations:?}");
        };
        assert!(how.contains("64 million steps"), "{how}");
    }
}
