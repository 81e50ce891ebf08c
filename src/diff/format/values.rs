//! Shortens values and texts to one line or a few.

use std::borrow::Cow;

use serde_json::Value;

use super::count;
use crate::diff::{Change, Hunk, Shown, Side};
use crate::visible::visible;
use crate::yaml::scalar;

/// Characters kept before the first difference of two long texts.
const LEAD: usize = 20;

/// Leaving out fewer characters is not worth it.
const SLACK: usize = 24;

/// The room of a value that is shown whole.
pub(super) const WHOLE_VALUE: usize = 1 << 30;

/// Whether there is room for all of a value, apart from what is before it.
fn is_whole(room: usize) -> bool {
    room > WHOLE_VALUE / 2
}

/// A stretch of text with the number of each line: of a hunk, or the start of a value.
pub(super) struct Lines<'r> {
    pub(super) lines: Vec<(Side, usize, &'r str)>,
    /// Lines that are not shown.
    pub(super) more: usize,
}

/// The lines that tell a change: its hunks, or the first `most` lines of its values, or none if values fit on one line.
pub(super) fn line_blocks(change: &Change, most: usize) -> Vec<Lines<'_>> {
    if !change.lines.is_empty() {
        return change.lines.iter().map(numbered).collect();
    }
    let old = change.old.as_ref();
    let new = change.new.as_ref();
    if ![old, new].into_iter().flatten().any(has_lines) {
        return Vec::new();
    }
    [(Side::Old, old), (Side::New, new)]
        .into_iter()
        .filter_map(|(side, shown)| first_lines(side, shown?, most))
        .collect()
}

pub(super) fn numbered(hunk: &Hunk) -> Lines<'_> {
    let (mut old, mut new) = (hunk.old_start, hunk.new_start);
    let mut lines = Vec::with_capacity(hunk.lines.len());
    for line in &hunk.lines {
        let number = if line.side == Side::Old { old } else { new };
        old += usize::from(line.side != Side::New);
        new += usize::from(line.side != Side::Old);
        lines.push((line.side, number, line.text.as_str()));
    }
    Lines { lines, more: 0 }
}

/// Whether a value is a text that needs more than one line; a line break at its end needs none.
pub(super) fn has_lines(shown: &Shown) -> bool {
    shown
        .text()
        .is_some_and(|text| text.strip_suffix('\n').unwrap_or(text).contains('\n'))
}

pub(super) fn first_lines(side: Side, shown: &Shown, most: usize) -> Option<Lines<'_>> {
    let text = shown.text()?;
    let lines: Vec<_> = (1..)
        .zip(text.lines().take(most))
        .map(|(number, line)| (side, number, line))
        .collect();
    let more = text.lines().count() - lines.len();
    Some(Lines { lines, more })
}

/// The mode of a file as people write it, `0600`, or none if a key does not name a mode.
pub(super) fn mode(key: &str, value: &Value) -> Option<String> {
    let names_a_mode = key.ends_with("mode") || key.ends_with("Mode") || key == "permissions";
    let bits = value.as_u64().filter(|bits| *bits <= 0o7777)?;
    names_a_mode.then(|| format!("0{bits:o}"))
}

/// The mode of a file that a change is about.
pub(super) fn mode_of(change: &Change, shown: &Shown) -> Option<String> {
    let Shown::Value { value } = shown else {
        return None;
    };
    let key = change.path.rsplit(['.', ')', ']']).next();
    mode(key.unwrap_or_default(), value)
}

/// The value before and after, each on one line of about `room` characters.
pub(super) fn short_values(change: &Change, room: usize) -> (Option<String>, Option<String>) {
    if let (Some(old), Some(new)) = (&change.old, &change.new)
        && let (Some(old), Some(new)) = (old.text(), new.text())
        && chars(old).max(chars(new)) > room
    {
        let start = shared_start(old, new);
        let lead = if start > 0 { "…" } else { "" };
        let from_there = |text: &str| short_text(&format!("{lead}{}", &text[start..]), room);
        return (Some(from_there(old)), Some(from_there(new)));
    }
    let short = |shown: &Option<Shown>| {
        let shown = shown.as_ref()?;
        Some(mode_of(change, shown).unwrap_or_else(|| short_value(shown, room)))
    };
    (short(&change.old), short(&change.new))
}

/// The length of a common start that need not be shown.
pub(super) fn shared_start(old: &str, new: &str) -> usize {
    let mut pairs = old.char_indices().zip(new.chars());
    let differs = pairs
        .find(|((_, old), new)| old != new)
        .map_or(old.len().min(new.len()), |((at, _), _)| at);
    let mut back = old[..differs].char_indices().rev();
    back.nth(LEAD).map_or(0, |(at, _)| at)
}

pub(super) fn short_value(shown: &Shown, room: usize) -> String {
    match shown {
        Shown::Secret { secret } => format!("(secret {})", visible(secret)),
        Shown::Value {
            value: Value::String(text),
        } => short_text(text, room),
        Shown::Value { value } => match object(value) {
            Some(name) if !is_whole(room) => name,
            _ => flow(value, room),
        },
    }
}

/// What an object of Kubernetes is called: `NetworkAttachmentDefinition vlan-30 in default`.
fn object(value: &Value) -> Option<String> {
    let text = |at: &str| value.pointer(at)?.as_str();
    text("/apiVersion")?;
    let (kind, name) = (text("/kind")?, text("/metadata/name")?);
    let named = match text("/metadata/namespace") {
        Some(namespace) => format!("{kind} {name} in {namespace}"),
        None => format!("{kind} {name}"),
    };
    Some(visible(&named).into_owned())
}

/// A text as a scalar on one line, with a count of what is left out.
pub(super) fn short_text(text: &str, room: usize) -> String {
    // To say that something is left out takes room, too.
    let shown = match text.char_indices().nth(room + SLACK) {
        Some(_) => cut(text, room),
        None => Cow::Borrowed(text),
    };
    let written = scalar::write(&shown);
    let written = visible(&written);
    if let Cow::Borrowed(_) = shown {
        return written.into_owned();
    }
    let left = chars(text) + 1 - chars(&shown);
    format!("{written} ({})", count(left, "more character"))
}

/// A text between brackets: its first line, as far as there is room, or how many lines it has where the first says nothing.
pub(super) fn flow_text(text: &str, room: usize) -> String {
    let whole = text.strip_suffix('\n').unwrap_or(text);
    let written = match whole.split_once('\n') {
        Some(_) if is_whole(room) => scalar::write_in_flow(text),
        Some((first, _)) if !first.contains(char::is_alphanumeric) => {
            return format!("({})", count(whole.lines().count(), "line"));
        }
        Some((first, _)) => {
            let first = cut(first, room.saturating_sub(1));
            scalar::write_in_flow(&format!("{}…", first.trim_end_matches('…')))
        }
        None => scalar::write_in_flow(&cut(text, room)),
    };
    visible(&written).into_owned()
}

/// A value as YAML on one line of at most about `room` characters: `{a: 1, …, 12 more}`.
pub(super) fn flow(value: &Value, room: usize) -> String {
    if let Some(text) = whole(value, room) {
        return text;
    }
    match (value, Entries::of(value)) {
        (_, Some(entries)) => as_far_as_fits(entries, room),
        (Value::String(text), None) => flow_text(text, room),
        (other, None) => other.to_string(),
    }
}

/// What is between brackets.
pub(super) struct Entries<'v> {
    pub(super) open: char,
    pub(super) close: char,
    pub(super) list: Box<dyn ExactSizeIterator<Item = (Option<&'v str>, &'v Value)> + 'v>,
}

impl<'v> Entries<'v> {
    pub(super) fn of(value: &'v Value) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Entries {
                open: '{',
                close: '}',
                list: Box::new(map.iter().map(|(key, value)| (Some(key.as_str()), value))),
            }),
            Value::Array(items) => Some(Entries {
                open: '[',
                close: ']',
                list: Box::new(items.iter().map(|value| (None, value))),
            }),
            _ => None,
        }
    }
}

/// What is before a value: a separator, and the key in a map.
pub(super) fn prefix(index: usize, key: Option<&str>, room: usize) -> String {
    let separator = if index == 0 { "" } else { ", " };
    match key {
        Some(key) => format!("{separator}{}: ", flow_text(key, room)),
        None => separator.to_owned(),
    }
}

/// All of a value, if there is room for it; looks no further than the room.
pub(super) fn whole(value: &Value, room: usize) -> Option<String> {
    let Some(entries) = Entries::of(value) else {
        let text = match value {
            Value::String(text) => {
                let first = text.split('\n').next().unwrap_or_default();
                let fits = first.char_indices().nth(room).is_none();
                fits.then(|| flow_text(text, room))?
            }
            other => other.to_string(),
        };
        return (chars(&text) <= room).then_some(text);
    };
    let mut text = String::from(entries.open);
    let mut left = room.checked_sub(2)?;
    for (index, (key, value)) in entries.list.enumerate() {
        let mut entry = prefix(index, key, room);
        let written = match mode(key.unwrap_or_default(), value) {
            Some(mode) => mode,
            None => whole(value, left.checked_sub(chars(&entry))?)?,
        };
        entry.push_str(&written);
        left = left.checked_sub(chars(&entry))?;
        text.push_str(&entry);
    }
    text.push(entries.close);
    Some(text)
}

/// The first entries, and how many there are besides.
pub(super) fn as_far_as_fits(entries: Entries<'_>, room: usize) -> String {
    let all = entries.list.len();
    let more = |left: usize| format!("…, {left} more{}", entries.close);
    let mut text = String::from(entries.open);
    let mut length = 1;
    for (index, (key, value)) in entries.list.enumerate() {
        let left = all - index - 1;
        let kept_free = match left {
            0 => 1,
            _ => ", ".len() + chars(&more(left)),
        };
        let mut entry = prefix(index, key, room);
        let taken = length + chars(&entry) + kept_free;
        let written = mode(key.unwrap_or_default(), value);
        entry.push_str(&written.unwrap_or_else(|| flow(value, room.saturating_sub(taken))));
        length += chars(&entry);
        if length + kept_free > room {
            let separator = prefix(index, None, 0);
            return format!("{text}{separator}{}", more(left + 1));
        }
        text.push_str(&entry);
    }
    text.push(entries.close);
    text
}

pub(super) fn chars(text: &str) -> usize {
    text.chars().count()
}

/// The start of a text that is longer than `room`, with `…` for the rest.
pub(super) fn cut(text: &str, room: usize) -> Cow<'_, str> {
    if text.char_indices().nth(room).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.char_indices().nth(room.saturating_sub(1));
    let end = kept.map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn long_values_tell_how_much_is_left_out() {
        let value = json!({"a": 1, "b": [1, 2, 3], "c": "on", "d": {"e": null}});
        assert_eq!(
            flow(&value, 80),
            r#"{a: 1, b: [1, 2, 3], c: "on", d: {e: null}}"#
        );
        assert_eq!(flow(&value, 35), "{a: 1, b: [1, 2, 3], …, 2 more}");
        assert_eq!(flow(&value, 20), "{a: 1, …, 3 more}");
        assert_eq!(flow(&value, 3), "{…, 4 more}");
        assert_eq!(flow(&json!([]), 3), "[]");
        assert_eq!(flow(&json!(["a\nb\nc\n"]), 40), "[a…]");
        assert_eq!(flow(&json!(["{\n  b\n}\n"]), 40), "[(3 lines)]");
        assert_eq!(flow(&json!(["{\n}"]), WHOLE_VALUE), r#"["{\n}"]"#);
    }

    #[test]
    fn an_object_is_told_by_its_name() {
        let value = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}});
        let shown = Shown::Value { value };
        assert_eq!(short_value(&shown, 400), "Pod a");
        assert!(short_value(&shown, WHOLE_VALUE).starts_with("{apiVersion: v1"));
    }

    #[test]
    fn modes_are_octal() {
        let file = json!({"mode": 384, "items": [{"defaultMode": 420}], "size": 384});
        assert_eq!(
            flow(&file, 80),
            "{mode: 0600, items: [{defaultMode: 0644}], size: 384}"
        );
        assert_eq!(mode("mode", &json!("0600")), None);
        assert_eq!(mode("mode", &json!(0o10000)), None);
    }

    #[test]
    fn values_keep_to_their_room() {
        let value = json!({"list": (0..50).collect::<Vec<_>>(), "map": {"text": "x".repeat(90)}});
        for room in 20..200 {
            let text = flow(&value, room);
            assert!(chars(&text) <= room, "{room}: {text}");
        }
    }

    #[test]
    fn a_cut_text_has_its_room() {
        assert_eq!(cut("ééééé", 5), "ééééé");
        assert_eq!(cut("éééééé", 5), "éééé…");
        assert_eq!(cut("a", 0), "…");
    }
}
