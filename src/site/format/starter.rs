//! A site file to start from: every setting with a remark, and rarely needed ones commented out.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::site::Site;
use crate::site::setting::{Form, Preset, Setting};
use crate::yaml::scalar;

/// What is above the settings.
const HEAD: &str = include_str!("../../../templates/starter/head.yaml");

/// How long lines of remarks are at the most.
const WIDTH: usize = 110;

/// The reference architecture's example as a site file. Without the `#` in front of the keys it holds every setting.
pub fn starter() -> String {
    let mut starter = Starter {
        settings: Site::settings(),
        text: HEAD.to_owned(),
    };
    starter.map("", Line::default(), None);
    starter.text
}

struct Starter<'s> {
    settings: &'s [Setting],
    text: String,
}

/// Where and how a line is written.
#[derive(Clone, Copy, Default)]
struct Line {
    indent: usize,
    /// Whether it is after a `#`.
    off: bool,
    /// Whether it begins an item of a list.
    item: bool,
    /// Whether it goes without a remark.
    silent: bool,
}

impl Line {
    fn deeper(self) -> Line {
        Line {
            indent: self.indent + 2,
            item: false,
            ..self
        }
    }
}

impl<'s> Starter<'s> {
    fn below(&self, path: &'s str) -> impl Iterator<Item = &'s Setting> + use<'s> {
        self.settings
            .iter()
            .filter(move |setting| setting.is_below(path))
    }

    /// The keys of a map; of an item, those that are given, and the others after a `#`.
    fn map(&mut self, path: &'s str, mut line: Line, given: Option<&Map<String, Value>>) {
        for setting in self.below(path) {
            if path.is_empty() {
                self.text.push('\n');
            }
            let value = given.and_then(|given| given.get(setting.key()));
            match given {
                Some(_) if value.is_none() && line.silent => continue,
                Some(_) if value.is_none() => {
                    self.setting(setting, Line { off: true, ..line }, None)
                }
                _ => self.setting(setting, line, value),
            }
            line.item = false;
        }
    }

    fn setting(&mut self, setting: &'s Setting, line: Line, given: Option<&Value>) {
        let default = match &setting.default {
            Preset::Fixed(value) => Some(value),
            _ => None,
        };
        let usual = match &setting.default {
            Preset::Follows(value) => Some(value),
            _ => None,
        };
        let needed = matches!(setting.default, Preset::Required);
        let value = given.or(default);
        let line = Line {
            off: line.off || (value.is_none() && !needed),
            ..line
        };
        self.remark(setting, line);
        let key = setting.key();
        let example = setting.example().unwrap_or_default();
        let item = self.below(&setting.path).next();
        match &setting.form {
            Form::Map | Form::ValueOrMap(_) => {
                self.line(line, key, "");
                self.map(&setting.path, line.deeper(), None);
            }
            Form::Value(kind) => {
                let text = match (value.or(usual), setting.own_example()) {
                    (Some(value), None) => written(value, false),
                    (Some(value), _) if !line.off => written(value, false),
                    _ => written(&kind.value(example), false),
                };
                self.line(line, key, &text);
            }
            Form::Secret => self.line(line, key, &format!("{{env: {}}}", variable(&setting.path))),
            Form::Named(_) => match item {
                Some(item) if matches!(item.form, Form::Map) => {
                    self.line(line, key, "");
                    self.line(line.deeper(), example, "");
                    self.map(&item.path, line.deeper().deeper(), None);
                }
                _ => self.line(line, key, example),
            },
            Form::List => match (item, value.or(usual)) {
                (Some(item), Some(Value::Array(items))) if matches!(item.form, Form::Map) => {
                    self.line(line, key, "");
                    for (index, given) in items.iter().enumerate() {
                        let line = Line {
                            silent: index > 0,
                            ..line
                        };
                        self.item(item, line, given.as_object());
                    }
                }
                (Some(item), None) if matches!(item.form, Form::Map) => {
                    self.line(line, key, "");
                    self.item(item, line, None);
                }
                (_, Some(items)) => self.line(line, key, &written(items, false)),
                (_, None) => self.line(line, key, example),
            },
        }
    }

    fn item(&mut self, item: &'s Setting, line: Line, given: Option<&Map<String, Value>>) {
        let line = Line {
            item: true,
            ..line.deeper().deeper()
        };
        self.map(&item.path, line, given);
    }

    fn remark(&mut self, setting: &Setting, line: Line) {
        if line.silent {
            return;
        }
        let indent = if line.item {
            line.indent - 2
        } else {
            line.indent
        };
        let mut said = setting.about();
        said.extend(setting.choice().map(|choice| format!(" {choice}")));
        let mut text = String::new();
        for word in said.split_whitespace() {
            if !text.is_empty() && indent + text.len() + word.len() + 3 > WIDTH {
                let _ = writeln!(self.text, "{:indent$}#{text}", "");
                text.clear();
            }
            let _ = write!(text, " {word}");
        }
        let _ = writeln!(self.text, "{:indent$}#{text}", "");
    }

    fn line(&mut self, line: Line, key: &str, value: &str) {
        let off = if line.off { "#" } else { "" };
        let (indent, dash) = match line.item {
            true => (line.indent - 2, "- "),
            false => (line.indent, ""),
        };
        let space = if value.is_empty() { "" } else { " " };
        let _ = writeln!(self.text, "{:indent$}{off}{dash}{key}:{space}{value}", "");
    }
}

/// A value on one line.
fn written(value: &Value, in_flow: bool) -> String {
    match value {
        Value::String(text) if in_flow => scalar::write_in_flow(text),
        Value::String(text) => scalar::write(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| written(item, true)).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// The name of an environment variable for a setting: `LINUX_PASSWORD` for `vmo.linux.password`.
pub(crate) fn variable(path: &str) -> String {
    let (around, _) = path.rsplit_once('.').unwrap_or_default();
    let around = around.rfind('.').map_or(0, |dot| dot + 1);
    let mut name = String::new();
    for letter in path[around..]
        .chars()
        .filter(|letter| !"[]".contains(*letter))
    {
        if letter == '.' {
            name.push('_');
            continue;
        }
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
