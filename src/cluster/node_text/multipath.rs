//! `multipath.conf`.

mod effective;

use std::ops::Range;

use serde_json::{Map, Value};

use super::lines;

/// What a line says, at its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event<'t> {
    /// The whole line, without blanks around it.
    pub(crate) span: Range<usize>,
    /// What it says.
    pub(crate) what: What<'t>,
}

/// What a line can say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What<'t> {
    /// A keyword and its value.
    Setting(&'t str, &'t str),
    /// A section begins.
    Opens(&'t str),
    /// A section ends.
    Closes,
}

/// What the lines say, one after the other.
pub(crate) fn events(text: &str) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    for (at, line) in lines(text, &['#', '!']) {
        let mut add = |what| {
            events.push(Event {
                span: at..at + line.len(),
                what,
            });
        };
        let end = line
            .find(|c: char| c.is_whitespace() || matches!(c, '{' | '}'))
            .unwrap_or(line.len());
        let (word, rest) = line.split_at(end);
        // Braces in quotes belong to expressions, and a comment ends the line.
        let mut quoted = false;
        let mut braces = Vec::new();
        let mut ends = rest.len();
        for (at, c) in rest.char_indices() {
            match c {
                '"' => quoted = !quoted,
                '#' | '!' if !quoted => {
                    ends = at;
                    break;
                }
                '{' | '}' if !quoted => braces.push(c),
                _ => {}
            }
        }
        let value = rest[..ends].trim();
        if braces.is_empty() && !word.is_empty() {
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next().unwrap_or_default(),
                None => value.split_whitespace().next().unwrap_or_default(),
            };
            add(What::Setting(word, value));
        }
        for brace in braces {
            add(match brace {
                '{' => What::Opens(word),
                _ => What::Closes,
            });
        }
    }
    events
}

/// Keys that may repeat in one section.
const REPEATED: [&str; 5] = ["devnode", "wwid", "property", "protocol", "weight"];

/// The sections with their effective settings: a device has the settings of all sections that match it, and a blacklisted
/// device has none. Nested sections are lists, and so are keys that may repeat.
pub(crate) fn tree(text: &str) -> Value {
    let mut all = sections(text);
    effective::apply(&mut all);
    Value::Object(all)
}

fn sections(text: &str) -> Map<String, Value> {
    let mut open: Vec<(&str, Map<String, Value>)> = vec![("", Map::new())];
    let close = |open: &mut Vec<(&str, Map<String, Value>)>| {
        let depth = open.len();
        if depth < 2 {
            return;
        }
        let Some((name, section)) = open.pop() else {
            return;
        };
        let Some((_, above)) = open.last_mut() else {
            return;
        };
        if depth > 2 || matches!(name, "device" | "multipath") {
            add(above, name, Value::Object(section));
        } else if let Some(Value::Object(known)) = above.get_mut(name) {
            for (key, value) in section {
                match (known.get_mut(&key), value) {
                    (Some(Value::Array(items)), Value::Array(more)) => items.extend(more),
                    (_, value) => {
                        known.insert(key, value);
                    }
                }
            }
        } else {
            above.insert(name.to_owned(), Value::Object(section));
        }
    };
    for event in events(text) {
        match event.what {
            What::Opens(name) => open.push((name, Map::new())),
            What::Closes => close(&mut open),
            What::Setting(key, value) => {
                if let Some((_, section)) = open.last_mut() {
                    if REPEATED.contains(&key) {
                        add(section, key, value.into());
                    } else {
                        section.insert(key.to_owned(), value.into());
                    }
                }
            }
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|(_, all)| all).unwrap_or_default()
}

fn add(map: &mut Map<String, Value>, key: &str, value: Value) {
    let slot = map.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(items) = slot {
        items.push(value);
    }
}
