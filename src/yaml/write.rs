//! A tree as YAML for people: one entry a line, texts of several lines as blocks, nothing folded.

use serde_json::{Map, Value};

use super::scalar;

/// The longest key that is written in front of its value; readers look no further than 1,024 characters for the colon.
const LONGEST_KEY: usize = 1000;

/// A tree as YAML that reads back as the same tree, keys in their order, ending in a line break.
///
/// Texts are quoted where any reader, of YAML 1.1 or 1.2, could take them for something else.
pub fn from_json(tree: &Value) -> String {
    let mut out = String::new();
    match tree {
        Value::Object(map) if !map.is_empty() => entries(&mut out, map, 0),
        Value::Array(list) if !list.is_empty() => items(&mut out, list, 0),
        single => {
            out.push_str(&on_its_line(single, 0));
            out.push('\n');
        }
    }
    out
}

/// The entries of a map whose first key stands where the text ends now.
fn entries(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (number, (key, value)) in map.iter().enumerate() {
        if number > 0 {
            out.push_str(&" ".repeat(indent));
        }
        let key = scalar::write(key);
        if key.len() > LONGEST_KEY {
            out.push_str("? ");
            out.push_str(&key);
            out.push('\n');
            out.push_str(&" ".repeat(indent));
        } else {
            out.push_str(&key);
        }
        out.push(':');
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                out.push_str(&" ".repeat(indent + 2));
                entries(out, map, indent + 2);
            }
            Value::Array(list) if !list.is_empty() => {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                items(out, list, indent);
            }
            single => {
                out.push(' ');
                out.push_str(&on_its_line(single, indent));
                out.push('\n');
            }
        }
    }
}

/// The items of a list whose first dash stands where the text ends now.
fn items(out: &mut String, list: &[Value], indent: usize) {
    for (number, value) in list.iter().enumerate() {
        if number > 0 {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str("- ");
        match value {
            Value::Object(map) if !map.is_empty() => entries(out, map, indent + 2),
            Value::Array(list) if !list.is_empty() => items(out, list, indent + 2),
            single => {
                out.push_str(&on_its_line(single, indent));
                out.push('\n');
            }
        }
    }
}

/// What stands behind a colon or a dash at this depth: a single value, or an empty map or list.
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
