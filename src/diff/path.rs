//! Where a change is inside a tree, with the items of lists named by what they are rather than by their number.

use std::fmt;

/// One step of a [`Place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A key of a map: `.key`.
    Key(String),
    /// The item of a list whose `key` has this value: `[name=x]`.
    Item(&'static str, String),
    /// The item of a list that is this scalar: `[=x]`, the second of that value `[=x#2]`.
    Value(String),
    /// An item without an identity: `[3]`, on the new side where both have it.
    Index(usize),
    /// A text that is read as a tree of its own: `(yaml)`, `(json)`, `(toml)`, `(base64)`.
    Inside(&'static str),
}

/// A path inside a part of a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place(Vec<Step>);

impl Place {
    pub(super) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The keys from the root, up to the first item of a list or text within.
    pub(super) fn keys_from_root(&self) -> Vec<&str> {
        self.0
            .iter()
            .map_while(|step| match step {
                Step::Key(key) => Some(key.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The same place with the texts of its steps written in another way; `write` is given the number of the step.
    pub(super) fn with_values(&self, write: impl Fn(usize, &str) -> String) -> Place {
        let step = |(at, step): (usize, &Step)| match step {
            Step::Key(key) => Step::Key(write(at, key)),
            Step::Item(key, value) => Step::Item(key, write(at, value)),
            Step::Value(value) => Step::Value(write(at, value)),
            step => step.clone(),
        };
        Place(self.0.iter().enumerate().map(step).collect())
    }

    /// The same place, as one in this.
    pub(super) fn within(mut self, step: Step) -> Place {
        self.0.insert(0, step);
        self
    }

    /// The last key on the way, which names what a value is.
    pub(super) fn last_key(&self) -> &str {
        self.0
            .iter()
            .rev()
            .find_map(|step| match step {
                Step::Key(key) => Some(key.as_str()),
                _ => None,
            })
            .unwrap_or_default()
    }
}

/// How many keys two paths from the root share, where one leads to the other.
pub(super) fn shared_way(path: &[String], keys: &[&str]) -> Option<usize> {
    let shared = path.iter().zip(keys).take_while(|(a, b)| a == b).count();
    (shared == path.len() || shared == keys.len()).then_some(shared)
}

/// Writes a text of a step so that the path can be taken apart again: with a backslash before each of these signs.
fn escape(f: &mut fmt::Formatter<'_>, text: &str, signs: &[char]) -> fmt::Result {
    for c in text.chars() {
        match c {
            '\n' => f.write_str("\\n")?,
            c if signs.contains(&c) => write!(f, "\\{c}")?,
            c => write!(f, "{c}")?,
        }
    }
    Ok(())
}

/// What is escaped in a key: dashes, slashes and colons are common there and mean nothing here.
const IN_KEYS: &[char] = &['.', '[', ']', '(', ')', '=', '\\'];

/// Inside brackets only the closing one ends the text.
const IN_BRACKETS: &[char] = &[']', '\\'];

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    if index > 0 {
                        f.write_str(".")?;
                    }
                    escape(f, key, IN_KEYS)?;
                }
                Step::Item(key, value) => {
                    write!(f, "[{key}=")?;
                    escape(f, value, IN_BRACKETS)?;
                    f.write_str("]")?;
                }
                Step::Value(value) => {
                    f.write_str("[=")?;
                    escape(f, value, IN_BRACKETS)?;
                    f.write_str("]")?;
                }
                Step::Index(number) => write!(f, "[{number}]")?,
                Step::Inside(language) => write!(f, "({language})")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_the_text_it_is_about() {
        let mut place = Place::default();
        for step in [
            Step::Key("env".to_owned()),
            Step::Item("name", "A.B".to_owned()),
            Step::Key("portworx.io/misc-args".to_owned()),
            Step::Inside("json"),
            Step::Key("x".to_owned()),
            Step::Value("size=64".to_owned()),
            Step::Index(2),
        ] {
            place.push(step);
        }
        assert_eq!(
            place.to_string(),
            r"env[name=A.B].portworx\.io/misc-args(json).x[=size=64][2]"
        );
        assert_eq!(place.last_key(), "x");
    }
}
