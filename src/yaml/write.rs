//! Writes a tree as YAML for people: one entry per line, texts of several lines as blocks, nothing folded.

use serde_json::{Map, Value};

use super::scalar;

/// The longest key that is written in front of its value; readers look no further than 1,024 characters for the colon.
const LONGEST_KEY: usize = 1000;

/// A tree as YAML that reads back as the same tree, keys in their order, ending in a line break.
///
/// Texts are quoted where any reader, of YAML 1.1 or 1.2, could take them for something else.
pub fn from_json(tree: &Value) -> String {
    written(tree, 0)
}

/// As [`from_json`], with the lists of maps two blanks deeper than their keys.
pub(crate) fn with_deeper_lists(tree: &Value) -> String {
    written(tree, 2)
}

fn written(tree: &Value, below_key: usize) -> String {
    let mut tree_writer = TreeWriter {
        out: String::new(),
        below_key,
    };
    tree_writer.value(tree, 0);
    tree_writer.out
}

struct TreeWriter {
    out: String,
    /// How much deeper than its key a list stands.
    below_key: usize,
}

impl TreeWriter {
    fn new_line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.push_str(&" ".repeat(indent));
    }

    /// A value whose first key or dash stands where the text ends now.
    fn value(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Object(map) if !map.is_empty() => self.entries(map, indent),
            Value::Array(list) if !list.is_empty() => self.items(list, indent),
            single => {
                let text = on_its_line(single, indent);
                self.out.push_str(&text);
                self.out.push('\n');
            }
        }
    }

    fn entries(&mut self, map: &Map<String, Value>, indent: usize) {
        for (number, (key, value)) in map.iter().enumerate() {
            if number > 0 {
                self.out.push_str(&" ".repeat(indent));
            }
            let key = scalar::write(key);
            if key.len() > LONGEST_KEY {
                self.out.push_str(&format!("? {key}"));
                self.new_line(indent);
            } else {
                self.out.push_str(&key);
            }
            self.out.push(':');
            match value {
                Value::Object(map) if !map.is_empty() => {
                    self.new_line(indent + 2);
                    self.entries(map, indent + 2);
                }
                Value::Array(list) if !list.is_empty() => {
                    self.new_line(indent + self.below_key);
                    self.items(list, indent + self.below_key);
                }
                single => {
                    self.out.push(' ');
                    self.value(single, indent);
                }
            }
        }
    }

    fn items(&mut self, list: &[Value], indent: usize) {
        for (number, value) in list.iter().enumerate() {
            if number > 0 {
                self.out.push_str(&" ".repeat(indent));
            }
            self.out.push_str("- ");
            // A text of several lines is made deeper where it is written.
            let below = if value.is_string() {
                indent
            } else {
                indent + 2
            };
            self.value(value, below);
        }
    }
}

/// What is after a colon or a dash at this depth: a single value, or an empty map or list.
fn on_its_line(value: &Value, indent: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => scalar::write_number(number),
        Value::String(text) if text.contains('\n') => scalar::write_block(text, indent + 2),
        Value::String(text) => scalar::write(text),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_easy_to_read() {
        let tree: Value = serde_json::from_str(
            r#"{"z":"a\nb\n","a":{"x":[],"y":{},"yes":"no"},"l":[1,[2,[]],{"m":"c\n\nd","n":null},{}],"f":[1e21,-0.0,1.5]}"#,
        )
        .unwrap();
        assert_eq!(
            from_json(&tree),
            "\
z: |
  a
  b
a:
  x: []
  \"y\": {}
  \"yes\": \"no\"
l:
- 1
- - 2
  - []
- m: |-
    c

    d
  \"n\": null
- {}
f:
- 1.0e+21
- -0.0
- 1.5
"
        );
    }
}
