//! Dotted paths into values, as Palette's presets write them: `charts.px.annotations.portworx\.io/misc-args`.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// `[0]`: an item of a list by its number.
    Index(usize),
    /// `[name=X]`: the item of a list whose key has that text.
    Item(String, String),
    /// `[*]`: each item of a list.
    Each,
}

/// A path into a tree; dots separate keys, `\.` is a dot inside a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Path {
    steps: Vec<Step>,
}

impl Path {
    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// A path of keys alone.
    pub fn of_keys<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        let keys = keys.into_iter().map(str::to_owned);
        Path {
            steps: keys.map(Step::Key).collect(),
        }
    }

    /// The keys from the root, up to the first item of a list.
    pub(crate) fn keys(&self) -> Vec<String> {
        let keys = self.steps.iter().map_while(|step| match step {
            Step::Key(key) => Some(key.clone()),
            _ => None,
        });
        keys.collect()
    }

    /// The value this path leads to, the first of several.
    pub fn find<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        self.steps
            .iter()
            .try_fold(root, |value, step| step.within(value))
    }

    /// All values that this path leads to; `look` gets the number of items of each list, and may end the search.
    pub(crate) fn find_all<'v, E>(
        &self,
        root: &'v Value,
        look: impl Fn(usize) -> Result<(), E>,
    ) -> Result<Vec<&'v Value>, E> {
        let mut found = vec![root];
        for step in &self.steps {
            let mut below = Vec::new();
            for value in found {
                if let (Step::Each, Value::Array(items)) = (step, value) {
                    look(items.len())?;
                    below.extend(items);
                } else {
                    below.extend(step.within(value));
                }
            }
            found = below;
        }
        Ok(found)
    }
}

impl Step {
    fn within<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index),
            Step::Item(key, wanted) => value.as_array()?.iter().find(|item| {
                item.get(key).is_some_and(|found| match found {
                    Value::String(text) => text == wanted,
                    other => wanted == &other.to_string(),
                })
            }),
            Step::Each => value.as_array()?.first(),
        }
    }
}

impl From<&[Step]> for Path {
    fn from(steps: &[Step]) -> Self {
        Path {
            steps: steps.to_vec(),
        }
    }
}

/// In data an empty text is the path to the root.
impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "" => Ok(Path::default()),
            text => text.parse(),
        }
    }
}

impl FromStr for Path {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut key = String::new();
        let mut after_bracket = false;
        let mut chars = text.chars();
        let finish = |key: &mut String, after_bracket: bool, steps: &mut Vec<Step>| {
            if key.is_empty() && !after_bracket {
                return Err(format!("`{text}` has an empty step"));
            }
            if !key.is_empty() {
                steps.push(Step::Key(std::mem::take(key)));
            }
            Ok(())
        };
        while let Some(c) = chars.next() {
            match c {
                '\\' => key.push(
                    chars
                        .next()
                        .ok_or_else(|| format!("`{text}` ends in a backslash"))?,
                ),
                '.' => {
                    finish(&mut key, after_bracket, &mut steps)?;
                    after_bracket = false;
                }
                '[' => {
                    if !key.is_empty() {
                        steps.push(Step::Key(std::mem::take(&mut key)));
                    }
                    let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    steps.push(match (inside.as_str(), inside.split_once('=')) {
                        (_, Some((name, value))) => Step::Item(name.to_owned(), value.to_owned()),
                        ("*", None) => Step::Each,
                        (number, None) => Step::Index(number.parse().map_err(|_| {
                            format!("`[{inside}]` in `{text}` is neither a number nor key=value")
                        })?),
                    });
                    after_bracket = true;
                }
                c => key.push(c),
            }
        }
        finish(&mut key, after_bracket, &mut steps)?;
        Ok(Path { steps })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    if index > 0 {
                        f.write_str(".")?;
                    }
                    for c in key.chars() {
                        if matches!(c, '\\' | '.' | '[') {
                            f.write_str("\\")?;
                        }
                        f.write_char(c)?;
                    }
                }
                Step::Index(item) => write!(f, "[{item}]")?,
                Step::Item(key, value) => write!(f, "[{key}={value}]")?,
                Step::Each => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}
