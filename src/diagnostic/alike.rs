//! Notes and warnings that differ in only one name are shown once. Errors are not merged: each has a line to fix.

use super::{Diagnostic, Severity};

/// Fewer messages are shown one by one.
const FEWEST: usize = 3;
/// How many are named beside the first.
const NAMED: usize = 3;

/// Messages that are alike but for one name.
struct Group<'d> {
    members: Vec<&'d Diagnostic>,
    /// Which of the names in backquotes differs; unknown while there is one message, or where all are equal.
    differs: Option<usize>,
}

/// The messages in their order, those that are alike as one that counts the others and names the first few.
pub fn gathered<'d>(all: impl IntoIterator<Item = &'d Diagnostic>) -> Vec<Diagnostic> {
    let mut groups: Vec<Group<'d>> = Vec::new();
    for one in all {
        let is_joined =
            one.severity() < Severity::Error && groups.iter_mut().any(|group| group.takes(one));
        if !is_joined {
            groups.push(Group {
                members: vec![one],
                differs: None,
            });
        }
    }
    groups.iter().flat_map(Group::told).collect()
}

impl<'d> Group<'d> {
    /// Takes a message in, if it is like the others.
    fn takes(&mut self, one: &'d Diagnostic) -> bool {
        let Some(first) = self.members.first() else {
            return false;
        };
        let Some(differs) = difference(first, one) else {
            return false;
        };
        if self.differs.is_some() && differs.is_some() && self.differs != differs {
            return false;
        }
        self.differs = self.differs.or(differs);
        self.members.push(one);
        true
    }

    fn told(&self) -> Vec<Diagnostic> {
        let Some((first, others)) = self.members.split_first() else {
            return Vec::new();
        };
        if self.members.len() < FEWEST {
            return self.members.iter().map(|one| (*one).clone()).collect();
        }
        let named = others.iter().take(NAMED);
        let mut named: Vec<String> = named.filter_map(|one| self.name(one)).collect();
        named.dedup();
        let more = others.len() - NAMED.min(others.len());
        if more > 0 && !named.is_empty() {
            named.push(format!("{more} others"));
        }
        let names = match named.split_last() {
            None => String::new(),
            Some((last, [])) => format!(": {last}"),
            Some((last, before)) => format!(": {} and {last}", before.join(", ")),
        };
        let note = format!("{} more like this{names}", others.len());
        vec![(*first).clone().because(note)]
    }

    /// What tells a message from the others: its name, with its line if it is in the file of the first.
    fn name(&self, one: &Diagnostic) -> Option<String> {
        let label = one.content.label.as_str();
        if one.content.place.is_none() && !label.is_empty() {
            return Some(label.to_owned());
        }
        let place = one.source().zip(one.offset());
        let position = place.map(|(source, at)| (source.name(), source.position(at).0));
        let Some(differs) = self.differs else {
            return position.map(|(name, line)| format!("{name}:{line}"));
        };
        let name = format!("`{}`", parts(one).nth(differs)?);
        let first = self.members.first().and_then(|first| first.source());
        let is_beside = |name: &str| first.is_some_and(|source| source.name() == name);
        Some(match position {
            Some((file, line)) if is_beside(file) => format!("{name} (line {line})"),
            _ => name,
        })
    }
}

/// A message between its backquotes: every second part is a name.
fn parts(one: &Diagnostic) -> impl Iterator<Item = &str> {
    one.message().split('`')
}

/// Which part two messages differ in; None inside where they are equal, None where they are not alike.
#[expect(clippy::option_option, reason = "both answers may be none")]
fn difference(one: &Diagnostic, other: &Diagnostic) -> Option<Option<usize>> {
    let (this, that) = (&one.content, &other.content);
    let is_same =
        (this.severity, this.code, &this.notes) == (that.severity, that.code, &that.notes);
    // Without a place to show, the label says where it is.
    let is_said_alike = this.place.is_none() || this.label == that.label;
    if !is_same || !is_said_alike || this.help.len() != that.help.len() {
        return None;
    }
    let mut differing = None;
    let (mut these, mut those) = (parts(one), parts(other));
    for at in 0.. {
        match (these.next(), those.next()) {
            (None, None) => break,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) if at % 2 == 1 && differing.is_none() => {
                differing = Some((at, a, b))
            }
            _ => return None,
        }
    }
    let mut ways_out = this.help.iter().zip(&that.help);
    let is_same_way_out = match differing {
        None => ways_out.all(|(a, b)| a == b),
        Some((_, name, renamed)) => ways_out.all(|(a, b)| {
            a.replace(&format!("`{name}`"), "") == b.replace(&format!("`{renamed}`"), "")
        }),
    };
    is_same_way_out.then_some(differing.map(|(at, ..)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(names: &[&str]) -> Vec<String> {
        let all: Vec<Diagnostic> = names
            .iter()
            .map(|name| {
                Diagnostic::note(format!("`{name}` has `x`")).help(format!("mend `{name}`"))
            })
            .collect();
        let told = gathered(&all);
        told.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn alike_notes_are_said_once() {
        assert_eq!(
            told(&["a", "b", "c"]),
            ["note: `a` has `x`\n  = note: 2 more like this: `b` and `c`\n  = help: mend `a`\n"]
        );
        assert_eq!(
            told(&["a", "b", "c", "d", "e", "f"]),
            [
                "note: `a` has `x`\n  = note: 5 more like this: `b`, `c`, `d` and 2 others\n  = help: mend `a`\n"
            ]
        );
        assert_eq!(told(&["a", "b"]).len(), 2);
    }

    #[test]
    fn errors_and_other_ways_out_stand_alone() {
        let errors = ["a", "b", "c"].map(|name| Diagnostic::error(format!("`{name}` is wrong")));
        assert_eq!(gathered(&errors).len(), 3);
        let notes = ["a", "b", "c"].map(|name| Diagnostic::note("the same").help(name));
        assert_eq!(gathered(&notes).len(), 3);
        let notes = ["`a` `b`", "`c` `b`", "`a` `d`"].map(Diagnostic::note);
        assert_eq!(gathered(&notes).len(), 3);
    }
}
