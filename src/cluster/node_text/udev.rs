//! Rules of udev, and what they do to a disk.

use std::collections::BTreeMap;

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
                return Err(format!("the brace after `{key}` is not closed"));
            };
            rest = &attribute[end + 1..];
        }
        let whole = &start[..start.len() - rest.len()];
        rest = rest.trim_start();
        let operator = OPERATORS
            .iter()
            .find(|operator| rest.starts_with(**operator));
        let Some(operator) = operator else {
            return Err(format!("there is no operator after `{key}`"));
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
            return Err(format!("the quote after `{key}` is not closed"));
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

/// Disks that rules may be about: a path to a FlashArray, the map above its paths, and a disk of another make.
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

/// What an option of `udevadm trigger` takes.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Action,
    Kind,
    Name,
    Subsystem,
    OtherSubsystem,
}

/// The options of `udevadm trigger` with which it may still reach a disk.
const TRIGGER_OPTIONS: [(&str, &str, Takes); 9] = [
    ("-v", "--verbose", Takes::Nothing),
    ("-q", "--quiet", Takes::Nothing),
    ("-w", "--settle", Takes::Nothing),
    ("", "--uuid", Takes::Nothing),
    ("-c", "--action", Takes::Action),
    ("-t", "--type", Takes::Kind),
    ("-y", "--sysname-match", Takes::Name),
    ("-s", "--subsystem-match", Takes::Subsystem),
    ("-S", "--subsystem-nomatch", Takes::OtherSubsystem),
];

/// What the rules set for a path to a FlashArray (`path`), for the map above the paths (`map`) and for another disk
/// (`other`), when it comes and when it changes.
///
/// # Errors
/// A rule that udev does not read.
pub(super) fn tree(text: &str) -> Result<Value, String> {
    let texts = joined(text);
    let rules = texts.iter().map(|rule| parts(rule));
    let rules: Vec<_> = rules.collect::<Result<_, _>>()?;
    Ok(Value::Object(done(&rules)))
}

/// The same for the files that udev reads, of which `text` is one: what that does to other disks, and what all of them do
/// to those of the array.
///
/// # Errors
/// A rule of the file that udev does not read; it skips those of the others.
pub(crate) fn together(text: &str, all: &[&str]) -> Result<Value, String> {
    let mut own = tree(text)?;
    let texts: Vec<String> = all.iter().flat_map(|text| joined(text)).collect();
    let rules: Vec<_> = texts.iter().filter_map(|rule| parts(rule).ok()).collect();
    let mut all = done(&rules);
    if let Some(other) = all.get_mut("other") {
        *other = own["other"].take();
    }
    Ok(Value::Object(all))
}

/// Whether a command has udev look at a disk again as if it had come or changed.
pub(crate) fn triggers(command: &str, disk: &str) -> bool {
    let Some((_, properties)) = DISKS.iter().find(|(name, _)| *name == disk) else {
        return false;
    };
    let of = |wanted: &str| {
        let found = properties.iter().find(|(key, _)| *key == wanted);
        found.map_or("", |(_, value)| *value)
    };
    let mut words = command.split(' ').skip(1).peekable();
    if words.next() != Some("trigger") {
        return false;
    }
    let [mut names, mut subsystems] = [(false, false); 2];
    while let Some(word) = words.next() {
        if word.is_empty() {
            continue;
        }
        let (option, value) = word.split_once('=').unwrap_or((word, ""));
        let known = TRIGGER_OPTIONS
            .iter()
            .find(|(short, long, _)| option == *short || option == *long);
        // What names a device, or what is not known, may leave this one out.
        let Some((_, _, takes)) = known else {
            return false;
        };
        let value = match (takes, value) {
            (Takes::Nothing, _) => continue,
            (_, "") => words.next().unwrap_or_default(),
            (_, value) => value,
        };
        let value = value.trim_matches(['"', '\'']);
        match takes {
            Takes::Action if !matches!(value, "change" | "add") => return false,
            Takes::Kind if !matches!(value, "devices" | "all") => return false,
            Takes::Name => names = (true, names.1 || fits(value, of("KERNEL"), false)),
            Takes::Subsystem => {
                subsystems = (true, subsystems.1 || fits(value, of("SUBSYSTEM"), false));
            }
            Takes::OtherSubsystem if fits(value, of("SUBSYSTEM"), false) => return false,
            _ => {}
        }
    }
    [names, subsystems]
        .iter()
        .all(|(is_asked_for, is_it)| !is_asked_for || *is_it)
}

/// The rules of a text, each in one line.
fn joined(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    lines(&joined, &['#'])
        .map(|(_, line)| line.to_owned())
        .collect()
}

/// The value of a part of a rule.
fn value<'t>(rule: &[Part<'t>], key: &str) -> Option<&'t str> {
    let part = rule.iter().find(|part| part.key == key)?;
    Some(part.value)
}

fn done(rules: &[Vec<Part<'_>>]) -> Map<String, Value> {
    let disks = DISKS.iter().map(|(name, properties)| {
        let done = ["add", "change"].map(|action| on(rules, action, properties));
        let [mut on_add, on_change] = done;
        on_add.retain(|key, value| on_change.get(key) == Some(value));
        ((*name).to_owned(), Value::Object(on_add))
    });
    disks.collect()
}

/// What the rules set on a disk.
fn on(rules: &[Vec<Part<'_>>], action: &str, properties: &[(&str, &str)]) -> Map<String, Value> {
    let mut known: BTreeMap<&str, &str> = properties.iter().copied().collect();
    known.insert("ACTION", action);
    let mut set = Map::new();
    let mut at = 0;
    while let Some(rule) = rules.get(at) {
        at += 1;
        let matches = rule.iter().all(|part| {
            let text = known.get(part.key).copied().unwrap_or_default();
            let is_like = || fits(part.value, text, part.any_case);
            match part.operator {
                "==" => is_like(),
                "!=" => !is_like(),
                _ => true,
            }
        });
        if !matches {
            continue;
        }
        for part in rule {
            let attribute = part.key.strip_prefix("ATTR{");
            let attribute = attribute.and_then(|key| key.strip_suffix('}'));
            if part.key.starts_with("RUN") {
                // A program may write what no later rule says.
                for attribute in written(part.value) {
                    set.insert(attribute, format!("RUN {}", part.value).into());
                }
            } else if matches!(part.operator, "=" | ":=") {
                let key = attribute.unwrap_or(part.key);
                set.insert(key.to_owned(), part.value.into());
                if part.key.starts_with("ENV{") {
                    known.insert(part.key, part.value);
                }
            }
        }
        if let Some(label) = value(rule, "GOTO") {
            let mut rest = rules[at..].iter();
            at += rest
                .position(|rule| value(rule, "LABEL") == Some(label))
                .unwrap_or(0);
        }
    }
    set
}

/// The attributes of a disk that a command names below `/sys`.
fn written(command: &str) -> Vec<String> {
    let words = command.split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '>' | ';'));
    let attribute = |word: &str| {
        let (before, name) = word.rsplit_once('/')?;
        let (_, folder) = before.rsplit_once('/')?;
        (word.starts_with("/sys/") && matches!(folder, "queue" | "device"))
            .then(|| format!("{folder}/{name}"))
    };
    words.filter_map(attribute).collect()
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
        let scheduler = |others: &str| {
            let own = "KERNEL==\"sd*\", ATTR{queue/scheduler}=\"none\"\n";
            let both = together(own, &[own, others]).expect("udev reads it");
            both["path"]["queue/scheduler"].as_str().map(str::to_owned)
        };
        for (others, found) in [
            ("KERNEL==\"sda\", ATTR{queue/scheduler}=\"bfq\"", "none"),
            ("KERNEL==\"sd*\", ATTR{queue/scheduler}=\"bfq\"", "bfq"),
            (
                "GOTO=\"end\"\nATTR{queue/scheduler}=\"bfq\"\nLABEL=\"end\"",
                "none",
            ),
            (
                "ENV{ID_VENDOR}=\"X\"\nENV{ID_VENDOR}==\"PURE\", ATTR{queue/scheduler}=\"bfq\"",
                "none",
            ),
            (
                "what udev does not read\nATTR{queue/scheduler}=\"bfq\"",
                "bfq",
            ),
            (
                "RUN+=\"/bin/sh -c 'echo bfq >/sys/block/%k/queue/scheduler'\"",
                "RUN /bin/sh -c 'echo bfq >/sys/block/%k/queue/scheduler'",
            ),
        ] {
            assert_eq!(scheduler(others).as_deref(), Some(found), "{others}");
        }
        assert_eq!(
            tree("ATTR{a}=\"1\"\nATTR{a}=\"2\", MODE=\"0600\"\n").expect("udev reads it")["map"],
            json!({"a": "2", "MODE": "0600"})
        );
        tree("KERNEL=\"a").unwrap_err();
    }
}
