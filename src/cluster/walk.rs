//! Walks over the tree of a document, with the way to every value.

use std::fmt::Write as _;

use crate::yaml::{Kind, Node};

/// The way from the root of a tree to one of its values.
#[derive(Debug, Default)]
pub(crate) struct Trail<'n> {
    steps: Vec<Step<'n>>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'n> {
    Key(&'n str),
    Item(usize),
}

impl<'n> Trail<'n> {
    /// The nearest key on the way; empty at the root.
    pub(crate) fn key(&self) -> &'n str {
        self.keys_upwards().next().unwrap_or_default()
    }

    /// The keys on the way, the nearest first.
    pub(crate) fn keys_upwards(&self) -> impl Iterator<Item = &'n str> {
        self.steps.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Item(_) => None,
        })
    }

    /// The key of the map that the value is an entry of; none for an item of a list.
    pub(crate) fn map_key(&self) -> Option<&'n str> {
        match self.steps.as_slice() {
            [.., Step::Key(map), Step::Key(_)] => Some(map),
            _ => None,
        }
    }

    /// Whether the value is an item of a list.
    pub(crate) fn is_item(&self) -> bool {
        matches!(self.steps.last(), Some(Step::Item(_)))
    }

    /// The dotted path, as findings give it.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            match step {
                Step::Key(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    for c in key.chars() {
                        if matches!(c, '\\' | '.' | '[') {
                            path.push('\\');
                        }
                        path.push(c);
                    }
                }
                // Writing to a String cannot fail.
                Step::Item(number) => _ = write!(path, "[{number}]"),
            }
        }
        path
    }
}

/// Shows every value of a tree, a collection before what it holds. Aliases are shown, not followed.
pub(crate) fn walk<'n>(root: &'n Node, see: &mut impl FnMut(&Trail<'n>, &'n Node)) {
    into(root, &mut Trail::default(), see);
}

fn into<'n>(node: &'n Node, trail: &mut Trail<'n>, see: &mut impl FnMut(&Trail<'n>, &'n Node)) {
    see(trail, node);
    match &node.kind {
        Kind::Mapping { entries, .. } => {
            for entry in entries {
                trail.steps.push(Step::Key(entry.name()));
                into(&entry.value, trail, see);
                trail.steps.pop();
            }
        }
        Kind::Sequence { items, .. } => {
            for (number, item) in items.iter().enumerate() {
                trail.steps.push(Step::Item(number));
                into(item, trail, see);
                trail.steps.pop();
            }
        }
        Kind::Scalar(_) | Kind::Alias(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::yaml::{Limits, parse};

    #[test]
    fn every_value_has_its_path() {
        let source = Source::new("t", "a.b:\n- {c: 1}\n- 2\nd: {e: x}\n");
        let root = parse(&source, Limits::INPUT).unwrap().unwrap();
        let mut seen = Vec::new();
        walk(&root, &mut |trail, node| {
            if let Some(text) = node.text() {
                let map = trail.map_key().unwrap_or("-");
                seen.push(format!(
                    "{}={text} {} {map} {}",
                    trail.path(),
                    trail.key(),
                    trail.is_item()
                ));
            }
        });
        assert_eq!(
            seen,
            [
                "a\\.b[0].c=1 c - false",
                "a\\.b[1]=2 a.b - true",
                "d.e=x e d false"
            ]
        );
    }
}
