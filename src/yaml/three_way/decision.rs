//! Decides one value from base, yours and theirs.

use serde_json::Value;

use super::children::children;
use crate::yaml::path::{Path, Step};

/// The decision about a value, or about an added or removed entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Where it is.
    pub path: Path,
    /// What was decided, and why.
    pub verdict: Verdict,
    /// What the base has.
    pub base: Option<Value>,
    /// What yours has.
    pub yours: Option<Value>,
    /// What theirs has.
    pub theirs: Option<Value>,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Theirs changed it and yours did not.
    Taken,
    /// Yours changed it and theirs did not.
    Kept,
    /// Both made the same change.
    Same,
    /// Both changed other lines of one text.
    Combined,
    /// Both changed it, each in its own way; with the answer, where there is one.
    Conflict(Clash, Option<Answer>),
}

/// How the changes of both sides conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// Both changed the value.
    Changed,
    /// Both added it, with other values.
    Added,
    /// Yours removed what theirs changed.
    Removed,
    /// Theirs removed what yours changed: the edit has lost its place.
    Gone,
}

/// What a person decides about a conflict.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// As yours has it, even if that is nothing.
    Yours,
    /// As theirs has it.
    Theirs,
    /// As the base has it.
    Base,
    /// Nothing.
    Drop,
    /// This value.
    Value(Value),
}

/// The value in the result.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// What one of the three has.
    Of(Side),
    /// All three are maps or lists, which are merged entry by entry.
    Inside,
    /// Something else.
    New(Value),
    /// Nothing.
    Nothing,
}

/// One of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Base,
    Yours,
    Theirs,
}

/// A value of each of the three, none where it has none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Three<T> {
    pub(super) base: Option<T>,
    pub(super) yours: Option<T>,
    pub(super) theirs: Option<T>,
}

impl<T: Copy> Three<T> {
    pub(super) fn of(self, side: Side) -> Option<T> {
        match side {
            Side::Base => self.base,
            Side::Yours => self.yours,
            Side::Theirs => self.theirs,
        }
    }

    pub(super) fn and_then<U>(self, change: impl Fn(T) -> Option<U>) -> Three<U> {
        Three {
            base: self.base.and_then(&change),
            yours: self.yours.and_then(&change),
            theirs: self.theirs.and_then(&change),
        }
    }
}

impl<T: PartialEq> Three<T> {
    /// Chooses the text of a part without meaning to programs: the changed one, or yours if both changed.
    pub(super) fn choose(&self) -> Side {
        if self.yours == self.base {
            Side::Theirs
        } else {
            Side::Yours
        }
    }
}

/// Asked about each conflict.
pub(super) type Answers<'a> = &'a dyn Fn(&Path, Three<&Value>) -> Option<Answer>;

/// Decides, and keeps a record of it.
pub(super) struct Judge<'a> {
    answers: Answers<'a>,
    pub(super) decisions: Vec<Decision>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(answers: Answers<'a>) -> Self {
        Judge {
            answers,
            decisions: Vec::new(),
        }
    }

    /// What is at a place.
    pub(super) fn decide(&mut self, path: &[Step], values: Three<&Value>) -> Outcome {
        let Three {
            base,
            yours,
            theirs,
        } = values;
        if yours == theirs {
            if yours != base {
                self.note(path, Verdict::Same, values);
            }
            return present(yours, Side::Yours);
        }
        if yours == base {
            self.changed(path, Verdict::Taken, values);
            return present(theirs, Side::Theirs);
        }
        if theirs == base {
            self.changed(path, Verdict::Kept, values);
            return present(yours, Side::Yours);
        }
        match (base, yours, theirs) {
            (None | Some(Value::Object(_)), Some(Value::Object(_)), Some(Value::Object(_)))
            | (Some(Value::Array(_)), Some(Value::Array(_)), Some(Value::Array(_))) => {
                return Outcome::Inside;
            }
            (
                Some(Value::String(base)),
                Some(Value::String(yours)),
                Some(Value::String(theirs)),
            ) if [base, yours, theirs].iter().all(|text| text.contains('\n')) => {
                if let Some(text) = super::lines::merge(base, yours, theirs) {
                    self.note(path, Verdict::Combined, values);
                    return Outcome::New(Value::String(text));
                }
            }
            _ => {}
        }
        let clash = match (base, yours, theirs) {
            (None, ..) => Clash::Added,
            (_, None, _) => Clash::Removed,
            (_, _, None) => Clash::Gone,
            _ => Clash::Changed,
        };
        let answer = (self.answers)(&Path::from(path), values);
        self.note(path, Verdict::Conflict(clash, answer.clone()), values);
        match answer {
            None | Some(Answer::Yours) => present(yours, Side::Yours),
            Some(Answer::Theirs) => present(theirs, Side::Theirs),
            Some(Answer::Base) => present(base, Side::Base),
            Some(Answer::Drop) => Outcome::Nothing,
            Some(Answer::Value(value)) => Outcome::New(value),
        }
    }

    fn note(&mut self, path: &[Step], verdict: Verdict, values: Three<&Value>) {
        self.decisions.push(Decision {
            path: Path::from(path),
            verdict,
            base: values.base.cloned(),
            yours: values.yours.cloned(),
            theirs: values.theirs.cloned(),
        });
    }

    /// Notes what one side changed, value by value within maps and lists.
    fn changed<'v>(&mut self, path: &[Step], verdict: Verdict, values: Three<&'v Value>) {
        let changed = match verdict {
            Verdict::Taken => values.theirs,
            _ => values.yours,
        };
        let (Some(was), Some(now)) = (values.base, changed) else {
            return self.note(path, verdict, values);
        };
        let can_go_inside = matches!(
            (was, now),
            (Value::Object(_), Value::Object(_)) | (Value::Array(_), Value::Array(_))
        );
        if !can_go_inside {
            return self.note(path, verdict, values);
        }
        let (was, now) = (inner(was), inner(now));
        let nth = |values: &[&'v Value], at: Option<usize>| values.get(at?).copied();
        let mut path = path.to_vec();
        for child in children(values) {
            let old = nth(&was, child.at.base);
            let new = match verdict {
                Verdict::Taken => nth(&now, child.at.theirs),
                _ => nth(&now, child.at.yours),
            };
            if old == new {
                continue;
            }
            let (yours, theirs) = match verdict {
                Verdict::Taken => (old, new),
                _ => (new, old),
            };
            path.push(child.step);
            let values = Three {
                base: old,
                yours,
                theirs,
            };
            self.changed(&path, verdict.clone(), values);
            path.pop();
        }
    }
}

/// The values of a map, or the items of a list.
fn inner(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(map) => map.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    }
}

fn present(value: Option<&Value>, side: Side) -> Outcome {
    match value {
        Some(_) => Outcome::Of(side),
        None => Outcome::Nothing,
    }
}
