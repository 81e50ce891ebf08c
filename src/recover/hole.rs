//! The place of a setting in the profiles: the texts around a mark.

use std::borrow::Cow;

use super::picture::Leaf;
use crate::diagnostic::Source;
use crate::yaml::{self, Limits};

/// A place that a setting is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    /// The way to it.
    pub(super) way: String,
    /// What stands around the value.
    around: Vec<String>,
}

impl Hole {
    /// The place where a mark came out.
    pub(super) fn of(leaf: &Leaf, mark: &str) -> Option<Hole> {
        let around: Vec<String> = leaf.value.split(mark).map(str::to_owned).collect();
        (around.len() > 1).then(|| Hole {
            way: leaf.way.clone(),
            around,
        })
    }

    /// What is there in the mark's stead.
    pub(super) fn read<'l>(&self, leaf: &'l Leaf) -> Option<&'l str> {
        if leaf.way != self.way {
            return None;
        }
        between(&self.around, &leaf.value)
    }
}

/// What is between texts, where it is always the same.
fn between<'t>(around: &[String], text: &'t str) -> Option<&'t str> {
    let [first, rest @ ..] = around else {
        return None;
    };
    let inner: usize = around.iter().map(String::len).sum();
    let length = text.len().checked_sub(inner)? / rest.len();
    let found = text.get(first.len()..first.len() + length)?;
    (around.join(found) == text).then_some(found)
}

/// What a text may stand for, since it may have been quoted where it was put: itself first.
pub(super) fn meanings(text: &str) -> Vec<Cow<'_, str>> {
    let mut meanings = vec![Cow::Borrowed(text)];
    if text.starts_with(['"', '\''])
        && let Ok(serde_json::Value::String(text)) =
            yaml::to_json(&Source::new("a text", text), Limits::INPUT)
    {
        meanings.push(text.into());
    }
    if text.contains('&') {
        let named = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&apos;", "'"),
            ("&#39;", "'"),
            ("&amp;", "&"),
        ];
        let plain = named.iter().fold(text.to_owned(), |text, (name, sign)| {
            text.replace(name, sign)
        });
        meanings.push(plain.into());
    }
    meanings
}

/// A pair of a name and a value that a map of the site is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PairHole {
    before: String,
    between: String,
    behind: String,
}

impl PairHole {
    /// The place where two marks came out.
    pub(super) fn of(leaf: &Leaf, name: &str, value: &str) -> Option<PairHole> {
        let whole = whole(leaf);
        let (before, rest) = whole.split_once(name)?;
        let (between, behind) = rest.split_once(value)?;
        Some(PairHole {
            before: before.to_owned(),
            between: between.to_owned(),
            behind: behind.to_owned(),
        })
    }

    /// The pair that is there.
    pub(super) fn read(&self, leaf: &Leaf) -> Option<(String, String)> {
        let whole = whole(leaf);
        let inside = whole
            .strip_prefix(&self.before)?
            .strip_suffix(&self.behind)?;
        let (name, value) = inside.split_once(&self.between)?;
        let is_name = !name.is_empty() && !name.contains(['[', '|', '\n']);
        is_name.then(|| (name.to_owned(), value.to_owned()))
    }
}

/// Way and value as one text: the name of a pair may be in either.
fn whole(leaf: &Leaf) -> String {
    format!("{}\n{}", leaf.way, leaf.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(way: &str, value: &str) -> Leaf {
        Leaf {
            way: way.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn what_stands_in_a_hole_is_read() {
        let hole = Hole::of(&leaf(".a", "x=probe,probe;"), "probe").expect("it is there twice");
        assert_eq!(hole.read(&leaf(".a", "x=5,5;")), Some("5"));
        assert_eq!(hole.read(&leaf(".a", "x=,;")), Some(""));
        for other in ["x=5,6;", "x=5,5", "y=5,5;", "x=5;"] {
            assert_eq!(hole.read(&leaf(".a", other)), None, "{other}");
        }
        assert_eq!(hole.read(&leaf(".b", "x=5,5;")), None);
    }

    #[test]
    fn a_pair_is_read_from_a_line_or_from_a_key() {
        let line =
            PairHole::of(&leaf(".f|", "name = value"), "name", "value").expect("both are there");
        let read = line.read(&leaf(".f|", "vm.swappiness = 5"));
        assert_eq!(read, Some(("vm.swappiness".into(), "5".into())));
        let key = PairHole::of(&leaf(".p.name", "value"), "name", "value").expect("both are there");
        assert_eq!(key.read(&leaf(".p.a", "b")), Some(("a".into(), "b".into())));
        let dotted = key.read(&leaf(".p.a.io/c", "b"));
        assert_eq!(dotted, Some(("a.io/c".into(), "b".into())));
        assert_eq!(key.read(&leaf(".p.a[]", "b")), None);
        assert_eq!(key.read(&leaf(".q.a", "b")), None);
    }

    #[test]
    fn what_was_quoted_is_read_as_it_was_meant() {
        assert_eq!(meanings("plain"), ["plain"]);
        assert_eq!(meanings(r#""a \"b\"""#)[1], "a \"b\"");
        assert_eq!(meanings("a &amp;lt; &lt;b&gt;")[1], "a &lt; <b>");
    }
}
