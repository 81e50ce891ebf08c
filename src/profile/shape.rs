//! What a profile must be made of: which keys it needs, and of which type those are that Palette knows.
//!
//! Keys that are not listed may hold anything. Null is taken everywhere a value is not needed, since Go writes it for what
//! was never set.

use serde_json::Value;

use crate::diagnostic::nearest;
use crate::limits;
use crate::yaml::{Path, Step};

/// The form of a value.
enum Shape {
    Text,
    Flag,
    Any,
    List(&'static Shape),
    Map(&'static [Field]),
}

/// A key, whether it is needed, and the form of its value.
type Field = (&'static str, Need, Shape);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
}

use Need::{May, Must};

static PROFILE: Shape = Shape::Map(&[
    (
        "metadata",
        Must,
        Shape::Map(&[
            ("name", Must, Shape::Text),
            ("description", May, Shape::Text),
            ("labels", May, Shape::Map(&[])),
        ]),
    ),
    (
        "spec",
        Must,
        Shape::Map(&[
            ("version", May, Shape::Text),
            (
                "template",
                Must,
                Shape::Map(&[
                    ("type", Must, Shape::Text),
                    ("cloudType", May, Shape::Text),
                    ("packs", Must, Shape::List(&LAYER)),
                ]),
            ),
            ("variables", May, Shape::List(&VARIABLE)),
        ]),
    ),
]);

static LAYER: Shape = Shape::Map(&[
    ("name", Must, Shape::Text),
    ("type", Must, Shape::Text),
    ("layer", May, Shape::Text),
    ("version", May, Shape::Text),
    ("tag", May, Shape::Text),
    ("values", May, Shape::Text),
    (
        "registry",
        May,
        Shape::Map(&[(
            "metadata",
            May,
            Shape::Map(&[
                ("uid", May, Shape::Text),
                ("name", May, Shape::Text),
                ("kind", May, Shape::Text),
                ("isPrivate", May, Shape::Flag),
                ("providerType", May, Shape::Text),
                ("isSyncSupported", May, Shape::Flag),
            ]),
        )]),
    ),
    ("manifests", May, Shape::List(&MANIFEST)),
]);

static MANIFEST: Shape = Shape::Map(&[("name", Must, Shape::Text), ("content", May, Shape::Text)]);

static VARIABLE: Shape = Shape::Map(&[
    ("name", May, Shape::Text),
    ("displayName", May, Shape::Text),
    ("description", May, Shape::Text),
    ("format", May, Shape::Text),
    ("required", May, Shape::Flag),
    ("defaultValue", May, Shape::Text),
    ("immutable", May, Shape::Flag),
    ("hidden", May, Shape::Flag),
    ("isSensitive", May, Shape::Flag),
    ("regex", May, Shape::Text),
    ("inputType", May, Shape::Text),
    ("options", May, Shape::Any),
]);

/// Something that no profile has like this.
pub(super) struct Misfit {
    /// Where it is.
    pub(super) path: Vec<Step>,
    /// What is wrong.
    pub(super) message: String,
    /// What stands there instead.
    pub(super) found: String,
    /// The way out, where there is one to name.
    pub(super) help: Option<String>,
}

/// What about a tree no profile has like this: the first [`limits::PROBLEMS`], and how many more there are.
pub(super) fn misfits(profile: &Value) -> (Vec<Misfit>, usize) {
    let mut check = Check {
        path: Vec::new(),
        found: Vec::new(),
        untold: 0,
    };
    check.value(profile, &PROFILE, Must);
    (check.found, check.untold)
}

struct Check {
    path: Vec<Step>,
    found: Vec<Misfit>,
    /// How many more misfits there are.
    untold: usize,
}

impl Check {
    fn add(&mut self, make: impl FnOnce(&[Step]) -> Misfit) {
        if self.found.len() < limits::PROBLEMS {
            self.found.push(make(&self.path));
        } else {
            self.untold += 1;
        }
    }

    fn value(&mut self, value: &Value, shape: &Shape, need: Need) {
        match (shape, value) {
            (Shape::Any, _) | (Shape::Text, Value::String(_)) | (Shape::Flag, Value::Bool(_)) => {}
            (_, Value::Null) if need == May => {}
            (Shape::List(item), Value::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.within(Step::Index(index), value, item, Must);
                }
            }
            (Shape::Map(fields), Value::Object(map)) => {
                for (key, need, shape) in *fields {
                    match map.get(*key) {
                        Some(value) => {
                            self.within(Step::Key((*key).to_owned()), value, shape, *need);
                        }
                        None if *need == May => {}
                        None => {
                            let known = |key: &str| fields.iter().any(|(name, ..)| *name == key);
                            self.add(|path| {
                                let others =
                                    map.keys().map(String::as_str).filter(|key| !known(key));
                                let misspelt = nearest(key, others);
                                let place = match Path::from(path).to_string() {
                                    path if path.is_empty() => "the profile".to_owned(),
                                    path => format!("`{path}`"),
                                };
                                Misfit {
                                    path: path.to_vec(),
                                    message: format!("{place} has no `{key}`"),
                                    found: String::new(),
                                    help: misspelt
                                        .map(|name| format!("is `{name}` meant to be it?")),
                                }
                            });
                        }
                    }
                }
            }
            _ => self.add(|path| Misfit {
                path: path.to_vec(),
                message: format!("`{}` must be {}", Path::from(path), wanted(shape)),
                found: format!("this is {}", kind(value)),
                help: match (shape, value) {
                    (Shape::Text, Value::Number(_) | Value::Bool(_)) => {
                        Some("write it in quotes, so that it is read as text".to_owned())
                    }
                    _ => None,
                },
            }),
        }
    }

    fn within(&mut self, step: Step, value: &Value, shape: &Shape, need: Need) {
        self.path.push(step);
        self.value(value, shape, need);
        self.path.pop();
    }
}

fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text => "text",
        Shape::Flag => "true or false",
        Shape::Any => "anything",
        Shape::List(_) => "a list",
        Shape::Map(_) => "a map",
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
