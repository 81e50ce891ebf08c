//! Units and drop-ins of systemd.

use serde_json::{Map, Value};

use super::lines;

/// The sections of a unit with their settings; of two with one name the last counts, as it does for those that take one
/// value, and an empty one takes the others away.
pub(crate) fn tree(text: &str) -> Value {
    // A backslash joins a line to the next.
    let joined = text.replace("\\\n", " ");
    let mut sections: Map<String, Value> = Map::new();
    let mut section = String::new();
    for (_, line) in lines(&joined, &['#', ';']) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            name.clone_into(&mut section);
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let words: Vec<&str> = value.split_whitespace().collect();
        let settings = sections
            .entry(section.as_str())
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(settings) = settings {
            settings.insert(key.trim().to_owned(), words.join(" ").into());
        }
    }
    Value::Object(sections)
}
