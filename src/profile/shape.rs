//! The keys that a profile needs, and the types of those that Palette knows. Both follow from the types that profiles are
//! read into.
//!
//! Other keys may hold anything. Null is accepted wherever a value is optional, since Go writes it for unset fields.

use std::cell::OnceCell;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::document::{Placed, shown};
use super::{Layer, Manifest, Profile, Spec, Template, Variable};
use crate::diagnostic::{Diagnostic, Problems, Source, nearest};
use crate::yaml::{Path, Step};

/// The form of a value.
enum Shape {
    Text,
    Flag,
    Any,
    List(Box<Shape>),
    Map(Vec<Field>),
}

/// A key, and the form of its value.
struct Field {
    key: String,
    is_needed: bool,
    shape: Shape,
}

static PROFILE: LazyLock<Shape> = LazyLock::new(|| Shape::of(&whole(), ""));

/// A profile in which everything is set that can be, with one item in each list.
fn whole() -> Value {
    let variable = Variable {
        default_value: Some(String::new()),
        regex: Some(String::new()),
        input_type: Some(String::new()),
        options: Some(Value::Null),
        ..Variable::default()
    };
    let layer = Layer {
        manifests: vec![Manifest::default()],
        ..Layer::default()
    };
    let template = Template {
        packs: vec![layer],
        ..Template::default()
    };
    let spec = Spec {
        template,
        variables: vec![variable],
        ..Spec::default()
    };
    json!(Profile {
        spec,
        ..Profile::default()
    })
}

impl Shape {
    /// The form of a value of [`whole`], and where it is there.
    fn of(value: &Value, pointer: &str) -> Self {
        match value {
            Value::String(_) => Shape::Text,
            Value::Bool(_) => Shape::Flag,
            Value::Array(items) => items.first().map_or(Shape::Any, |item| {
                Shape::List(Box::new(Shape::of(item, &format!("{pointer}/0"))))
            }),
            Value::Object(map) => {
                let fields = map.iter().map(|(key, value)| Field {
                    key: key.clone(),
                    is_needed: is_needed(pointer, key),
                    shape: Shape::of(value, &format!("{pointer}/{key}")),
                });
                Shape::Map(fields.collect())
            }
            Value::Null | Value::Number(_) => Shape::Any,
        }
    }

    fn in_words(&self) -> &'static str {
        match self {
            Shape::Text => "text",
            Shape::Flag => "true or false",
            Shape::Any => "anything",
            Shape::List(_) => "a list",
            Shape::Map(_) => "a map",
        }
    }
}

/// Whether no profile can be read without this key.
fn is_needed(pointer: &str, key: &str) -> bool {
    let mut without = whole();
    if let Some(Value::Object(map)) = without.pointer_mut(pointer) {
        map.shift_remove(key);
    }
    serde_json::from_value::<Profile>(without).is_err()
}

/// Whether a tree has the shape of a profile.
///
/// # Errors
/// Everything that is missing or of another type, with its place.
pub(super) fn check(profile: &Placed) -> Result<(), Vec<Diagnostic>> {
    let mut check = Check {
        profile,
        shown: OnceCell::new(),
        path: Vec::new(),
        problems: Problems::default(),
    };
    check.value(&profile.value, &PROFILE, true);
    check.problems.unless(&profile.source, ())
}

struct Check<'p> {
    profile: &'p Placed,
    /// The text as messages may show it.
    shown: OnceCell<Source>,
    path: Vec<Step>,
    problems: Problems,
}

impl Check<'_> {
    /// A problem of the value at the path, or of what is missing in it: a whole map under carets says no more than its
    /// start.
    fn add(
        &mut self,
        is_missing: bool,
        message: impl FnOnce(&Path) -> String,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let source = &self.profile.source;
        self.problems.push(|| {
            let mut span = self.profile.outline.find(&self.path);
            if is_missing {
                span.end = span.start;
            }
            let message = message(&Path::from(&self.path[..]));
            let shown = self.shown.get_or_init(|| shown(source));
            more(Diagnostic::error(message).at(shown, span))
        });
    }

    fn value(&mut self, value: &Value, shape: &Shape, is_needed: bool) {
        match (shape, value) {
            (Shape::Any, _) | (Shape::Text, Value::String(_)) | (Shape::Flag, Value::Bool(_)) => {}
            (_, Value::Null) if !is_needed => {}
            (Shape::List(item), Value::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.within(Step::Index(index), value, item, true);
                }
            }
            (Shape::Map(fields), Value::Object(map)) => {
                for field in fields {
                    let key = &field.key;
                    if let Some(value) = map.get(key) {
                        self.within(Step::Key(key.clone()), value, &field.shape, field.is_needed);
                    } else if field.is_needed {
                        let message = |path: &Path| match path.to_string().as_str() {
                            "" => format!("the profile has no `{key}`"),
                            path => format!("`{path}` has no `{key}`"),
                        };
                        self.add(true, message, |problem| {
                            let is_known =
                                |name: &str| fields.iter().any(|field| field.key == name);
                            let others = map
                                .keys()
                                .map(String::as_str)
                                .filter(|name| !is_known(name));
                            match nearest(key, others) {
                                Some(name) => problem.help(format!("is `{name}` meant to be it?")),
                                None => problem,
                            }
                        });
                    }
                }
            }
            _ => self.add(
                false,
                |path| format!("`{path}` must be {}", shape.in_words()),
                |problem| {
                    let problem = problem.label(format!("this is {}", in_words(value)));
                    match (shape, value) {
                        (Shape::Text, Value::Number(_) | Value::Bool(_)) => {
                            problem.help("write it in quotes, so that it is read as text")
                        }
                        _ => problem.help(format!("write {} there", shape.in_words())),
                    }
                },
            ),
        }
    }

    fn within(&mut self, step: Step, value: &Value, shape: &Shape, is_needed: bool) {
        self.path.push(step);
        self.value(value, shape, is_needed);
        self.path.pop();
    }
}

fn in_words(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
