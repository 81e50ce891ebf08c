//! Rules of udev, and what they do to a disk.

use serde_json::{Map, Value};

use super::lines;

/// One part of a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'t> {
    /// The key, with its attribute in braces: `ENV{ID_VENDOR}`.
    pub(crate) key: &'t str,
    operator: &'static str,
    /// Whether capitals and small letters are the same.
    any_case: bool,
    value: &'t str,
}

const KEYS: &str = "ACTION DEVPATH KERNEL KERNELS NAME SYMLINK SUBSYSTEM SUBSYSTEMS DRIVER DRIVERS ATTR ATTRS SYSCTL ENV CONST TAG \
    TAGS TEST PROGRAM RESULT OWNER GROUP MODE SECLABEL RUN LABEL GOTO IMPORT OPTIONS";
const OPERATORS: [&str; 6] = ["==", "!=", "+=", "-=", ":=", "="];

/// The parts of a rule.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parts(rule: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = rule.trim_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let start = rest;
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let key = &rest[..end];
        if !KEYS.split(' ').any(|known| known == key) {
            return Err(format!(
                "udev has no key `{}`",
                if key.is_empty() { rest } else { key }
            ));
        }
        rest = &rest[end..];
        if let Some(attribute) = rest.strip_prefix('{') {
            let Some(end) = attribute.find('}') else {
                return Err(format!("the brace behind `{key}` is not closed"));
            };
            rest = &attribute[end + 1..];
        }
        let whole = &start[..start.len() - rest.len()];
        rest = rest.trim_start();
        let operator = OPERATORS
            .iter()
            .find(|operator| rest.starts_with(**operator));
        let Some(operator) = operator else {
            return Err(format!("there is no operator behind `{key}`"));
        };
        rest = rest[operator.len()..].trim_start();
        // An `e` in front of the quote allows escapes, an `i` takes capitals for small letters.
        let flags = rest;
        rest = rest.trim_start_matches(['e', 'i']);
        let any_case = flags[..flags.len() - rest.len()].contains('i');
        let Some(value) = rest.strip_prefix('"') else {
            return Err(format!("the value of `{key}` has no quotes"));
        };
        let mut escaped = false;
        let end = value.find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else {
            return Err(format!("the quote behind `{key}` is not closed"));
        };
        parts.push(Part {
            key: whole,
            operator,
            any_case,
            value: &value[..end],
        });
        rest = value[end + 1..].trim_start_matches([' ', '\t', ',']);
    }
    Ok(parts)
}

/// Disks that rules may be about: a path to a FlashArray, the map above its paths, and a disk that is none of it.
const DISKS: [(&str, &[(&str, &str)]); 3] = [
    (
        "path",
        &[
            ("SUBSYSTEM", "block"),
            ("KERNEL", "sdb"),
            ("ENV{ID_VENDOR}", "PURE"),
        ],
    ),
    (
        "map",
        &[
            ("SUBSYSTEM", "block"),
            ("KERNEL", "dm-0"),
            ("ENV{DM_NAME}", "3624a93700000000000000000"),
        ],
    ),
    (
        "other",
        &[
            ("SUBSYSTEM", "block"),
            ("KERNEL", "sda"),
            ("ENV{ID_VENDOR}", "ATA"),
        ],
    ),
];

/// What the rules set for a path to a FlashArray (`path`), for the map above the paths (`map`) and for another disk
/// (`other`), when it comes and when it changes.
///
/// # Errors
/// A rule that udev does not read.
pub(super) fn tree(text: &str) -> Result<Value, String> {
    let joined = text.replace("\\\n", " ");
    let mut rules = Vec::new();
    for (_, line) in lines(&joined, &['#']) {
        rules.push(parts(line)?);
    }
    let disks = DISKS.iter().map(|(name, properties)| {
        let done = ["add", "change"].map(|action| {
            let mut set = Map::new();
            for rule in &rules {
                apply(rule, action, properties, &mut set);
            }
            set
        });
        let [mut on_add, on_change] = done;
        on_add.retain(|key, value| on_change.get(key) == Some(value));
        ((*name).to_owned(), Value::Object(on_add))
    });
    Ok(Value::Object(disks.collect()))
}

fn apply(
    rule: &[Part<'_>],
    action: &str,
    properties: &[(&str, &str)],
    set: &mut Map<String, Value>,
) {
    let property = |key: &str| match key {
        "ACTION" => action,
        key => properties
            .iter()
            .find(|(known, _)| *known == key)
            .map_or("", |(_, value)| value),
    };
    let matches = rule.iter().all(|part| {
        let is_like = || fits(part.value, property(part.key), part.any_case);
        match part.operator {
            "==" => is_like(),
            "!=" => !is_like(),
            _ => true,
        }
    });
    if !matches {
        return;
    }
    for part in rule {
        if matches!(part.operator, "=" | ":=") {
            let key = part.key.strip_prefix("ATTR{");
            let key = key.and_then(|key| key.strip_suffix('}'));
            set.insert(key.unwrap_or(part.key).to_owned(), part.value.into());
        }
    }
}

/// Whether a text is like one of several patterns, as a shell's are, with `|` between them.
pub(crate) fn fits(patterns: &str, text: &str, any_case: bool) -> bool {
    let folded = |text: &str| match any_case {
        true => text.to_lowercase(),
        false => text.to_owned(),
    };
    let text: Vec<char> = folded(text).chars().collect();
    patterns.split('|').any(|pattern| {
        let pattern: Vec<char> = folded(pattern).chars().collect();
        is_like(&pattern, &text)
    })
}

/// Remembers the last `*` and goes back there where it took too little.
fn is_like(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut done) = (0, 0);
    let mut star = None;
    while done < text.len() {
        match one(&pattern[at.min(pattern.len())..], text[done]) {
            Some(0) => {
                star = Some((at + 1, done));
                at += 1;
                continue;
            }
            Some(length) => {
                at += length;
                done += 1;
                continue;
            }
            None => {}
        }
        let Some((behind, from)) = star else {
            return false;
        };
        at = behind;
        done = from + 1;
        star = Some((behind, done));
    }
    pattern[at.min(pattern.len())..].iter().all(|c| *c == '*')
}

/// How much of the pattern's begin takes a character: nothing for `*`, which takes any number.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['*', ..] => Some(0),
        ['?', ..] => Some(1),
        ['[', set @ ..] => {
            let end = set.iter().position(|c| *c == ']')?;
            let (is_not, set) = match &set[..end] {
                ['!', rest @ ..] => (true, rest),
                set => (false, set),
            };
            let is_in = set.contains(&c)
                || set
                    .windows(3)
                    .any(|range| matches!(range, [from, '-', to] if (*from..=*to).contains(&c)));
            (is_in != is_not).then_some(end + 2)
        }
        [other, ..] => (*other == c).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_do_what_they_do_to_a_disk() {
        let rule = |conditions: &str| {
            let text = format!("# ATTR{{a}}=\"0\"\n{conditions}, \\\n  ATTR{{queue/x}}=\"1\"\n");
            let tree = tree(&text).expect("udev reads it");
            let on = |disk: &str| tree[disk] == json!({"queue/x": "1"});
            ["path", "map", "other"].map(on)
        };
        for (conditions, does) in [
            ("ACTION==\"add|change\"", [true, true, true]),
            ("ACTION==\"add\"", [false; 3]),
            ("KERNEL==\"sd*[!0-9]\"", [true, false, true]),
            (
                "KERNEL==\"sd?\", ENV{ID_VENDOR}==\"PURE\"",
                [true, false, false],
            ),
            ("ENV{ID_VENDOR}!=\"PURE\"", [false, true, true]),
            ("ENV{ID_VENDOR}==i\"pure\"", [true, false, false]),
            (
                "KERNEL==\"dm-[0-9]*\", ENV{DM_NAME}==\"3624a937*\"",
                [false, true, false],
            ),
            ("KERNEL==\"*m*0\"", [false, true, false]),
            ("KERNEL==\"sd\"", [false; 3]),
        ] {
            assert_eq!(rule(conditions), does, "{conditions}");
        }
        assert_eq!(
            tree("ATTR{a}=\"1\"\nATTR{a}=\"2\", MODE=\"0600\"\n").expect("udev reads it")["map"],
            json!({"a": "2", "MODE": "0600"})
        );
        tree("KERNEL=\"a").unwrap_err();
    }
}
