//! Help for the likeliest mistakes in a site. For a value in the wrong form, it shows the right form with the user's own
//! value. For another tool's name, it gives ours. All of it comes from the descriptions of the settings.

use super::Site;
use super::quantity::Quantity;
use super::setting::{Form, Kind, Preset, Setting};
use crate::diagnostic::nearest;
use crate::yaml::{self, Node};

/// A longer value is not repeated in a help text.
const SHOWN: usize = 60;

/// Options of the command line that people look for in a site.
const OPTIONS: [(&str, &str); 5] = [
    ("out", "`--out DIR`"),
    ("packs", "`--packs DIR`"),
    ("profile", "`--profile NAME`"),
    ("revision", "`--revision NAME`"),
    ("version", "`--revision NAME`"),
];

/// The form of value that a place takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Map,
    List,
    Value,
}

impl Wanted {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Wanted::Map => "a map of settings",
            Wanted::List => "a list",
            Wanted::Value => "a single value",
        }
    }
}

/// The setting at the path of a site: `nads[3].vlan` is `nads[].vlan`.
pub(super) fn setting(path: &str) -> Option<&'static Setting> {
    let is_meant = |setting: &&Setting| {
        let mut given = path.split('.');
        let mut known = setting.path.split('.');
        let is_same = known.by_ref().zip(given.by_ref()).all(|(known, given)| {
            known == "*" || known == given || is_item_of(known.strip_suffix("[]"), given)
        });
        is_same && known.next().is_none() && given.next().is_none()
    };
    // A free key may hold dots.
    let is_around = |setting: &&Setting| {
        let map = setting.path.strip_suffix('*');
        map.is_some_and(|map| path.starts_with(map))
    };
    let exact = Site::settings().iter().find(is_meant);
    exact.or_else(|| Site::settings().iter().find(is_around))
}

/// Whether a step such as `nads[3]` is an item of the list.
fn is_item_of(list: Option<&str>, step: &str) -> bool {
    let item = step.split_once('[');
    item.is_some_and(|(name, _)| list == Some(name))
}

/// The last key of a path. An item of a list has the key of the list.
pub(super) fn key(path: &str) -> &str {
    let own = Site::settings().iter().find_map(|setting| {
        let map = setting.path.strip_suffix('*')?;
        path.strip_prefix(map)
    });
    if let Some(own) = own.filter(|own| !own.is_empty()) {
        return own;
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    last.split('[').next().unwrap_or(last)
}

/// Whether the path is of an item of a list.
fn is_item(path: &str) -> bool {
    path.ends_with(']')
}

/// How to write the value at the path in the right form.
pub(super) fn form(path: &str, wanted: Wanted, node: &Node, text: &str) -> Option<String> {
    let given = |node: &Node| {
        let given = text.get(node.span())?.trim();
        let is_short = given.chars().count() <= SHOWN && !given.contains('\n');
        (is_short && !given.is_empty()).then_some(given)
    };
    let write = |value: String| {
        let shown = match is_item(path) {
            true => format!("{}: [{value}]", key(path)),
            false if path.is_empty() => value,
            false => format!("{}: {value}", key(path)),
        };
        Some(format!("write `{shown}`"))
    };
    match (wanted, &node.kind) {
        (Wanted::Map, yaml::Kind::Scalar(scalar)) => {
            let (below, is_list) = below(path, |kind| kind.takes(&scalar.text))?;
            let value = given(node)?;
            let value = match is_list {
                true => format!("[{value}]"),
                false => value.to_owned(),
            };
            write(format!("{{{}: {value}}}", below.key()))
        }
        (Wanted::Map, yaml::Kind::Sequence { .. }) => {
            let list = list_below(path, node)?;
            write(format!("{{{}: {}}}", list.key(), given(node)?))
                .map(|help| help.replacen("write", "name the key they belong to, such as", 1))
        }
        (Wanted::List, yaml::Kind::Mapping { entries, .. }) if is_list_of_values(path) => {
            let kind = setting(path).and_then(item)?;
            let texts: Option<Vec<&str>> = entries.iter().map(|one| one.value.text()).collect();
            // The two ends of a range, or one value under a name.
            match texts
                .map(|texts| texts.join("-"))
                .filter(|one| kind.takes(one))
            {
                Some(one) => write(format!("[{one}]")),
                None => example(path),
            }
        }
        (Wanted::List, yaml::Kind::Mapping { .. }) => match given(node) {
            Some(map) if map.starts_with('{') => write(format!("[{map}]")),
            _ => Some("begin each item of the list with `- `".to_owned()),
        },
        (Wanted::List, yaml::Kind::Scalar(scalar)) => {
            let (below, _) = below(&format!("{path}[]"), |kind| kind.takes(&scalar.text))?;
            write(format!("[{{{}: {}}}]", below.key(), given(node)?))
        }
        (Wanted::Value, yaml::Kind::Sequence { items, .. }) => match items.as_slice() {
            [one] => write(given(one)?.to_owned()),
            [first, ..] => write(given(first)?.to_owned())
                .map(|help| help.replacen("write", "name one, such as", 1)),
            [] => None,
        },
        _ => None,
    }
}

/// Whether a value in the wrong form fits a setting below the path, so that a message may show it. Beside secrets, only a
/// word that the setting lists may be shown.
pub(super) fn is_at_home(path: &str, node: &Node, is_near_secrets: bool) -> bool {
    let is_word = |text: &str| {
        let found = below(path, |kind| {
            kind.words.iter().any(|(word, _)| *word == text)
        });
        found.is_some()
    };
    match (is_near_secrets, &node.kind) {
        (true, yaml::Kind::Scalar(scalar)) => is_word(&scalar.text),
        (true, _) => false,
        (false, yaml::Kind::Scalar(scalar)) => has_below(path, &scalar.text),
        (false, _) => list_below(path, node).is_some(),
    }
}

/// Whether any setting below a path that is more than a free text takes a text.
fn has_below(path: &str, text: &str) -> bool {
    let has_form =
        |kind: &Kind| !kind.words.is_empty() || kind.pattern.is_some() || kind.range.is_some();
    let around = setting(path).map_or(path, |around| around.path.as_str());
    let mut settings = Site::settings().iter();
    settings.any(|one| match &one.form {
        Form::Value(kind) | Form::ValueOrMap(kind) => {
            one.path.starts_with(around) && has_form(kind) && kind.takes(text)
        }
        _ => false,
    })
}

/// The first list below a path that takes all items of the given one.
fn list_below(path: &str, node: &Node) -> Option<&'static Setting> {
    let texts: Vec<&str> = node
        .items()?
        .iter()
        .map(Node::text)
        .collect::<Option<_>>()?;
    let takes_all = |setting: &&Setting| {
        item(setting).is_some_and(|kind| texts.iter().all(|text| kind.takes(text)))
    };
    all_below(path).find(takes_all)
}

/// All settings below a path.
fn all_below(path: &str) -> impl Iterator<Item = &'static Setting> {
    let around = match path {
        "" => Some(""),
        path => setting(path).map(|around| around.path.as_str()),
    };
    let settings = Site::settings().iter();
    settings.filter(move |one| around.is_some_and(|around| one.is_below(around)))
}

/// The kind of a list's items, if they are single values.
fn item(list: &Setting) -> Option<&'static Kind> {
    if !matches!(list.form, Form::List) {
        return None;
    }
    let mut below = Site::settings()
        .iter()
        .filter(|one| one.is_below(&list.path));
    match &below.next()?.form {
        Form::Value(kind) => Some(kind),
        _ => None,
    }
}

/// The setting below a path that a value fits, and whether it is a list. Required settings come first, then those with a list
/// of words, then those with a form.
fn below(path: &str, takes: impl Fn(&Kind) -> bool) -> Option<(&'static Setting, bool)> {
    let mut best: Option<(usize, &'static Setting, bool)> = None;
    let mut is_alone = true;
    for setting in all_below(path) {
        let (kind, is_list) = match &setting.form {
            Form::Value(kind) | Form::ValueOrMap(kind) => (kind, false),
            Form::List => match item(setting) {
                Some(kind) => (kind, true),
                None => continue,
            },
            _ => continue,
        };
        if !takes(kind) {
            continue;
        }
        let rank = match setting.default {
            Preset::Required => 0,
            _ if !kind.words.is_empty() => 1,
            _ if kind.pattern.is_some() => 2,
            _ => continue,
        };
        match best {
            Some((other, ..)) if other < rank => {}
            Some((other, ..)) if other == rank => is_alone = false,
            _ => {
                best = Some((rank, setting, is_list));
                is_alone = true;
            }
        }
    }
    let (_, setting, is_list) = best?;
    is_alone.then_some((setting, is_list))
}

/// The setting that has this name in another tool.
pub(super) fn theirs(name: &str) -> Option<&'static Setting> {
    // Another tool's name may differ from ours in the case of a letter only.
    let is_ours = Site::settings()
        .iter()
        .any(|one| one.key().eq_ignore_ascii_case(name));
    let is_theirs = |other: &str| match is_ours {
        true => other == name,
        false => other.eq_ignore_ascii_case(name),
    };
    Site::settings()
        .iter()
        .find(|one| one.elsewhere().any(is_theirs))
}

/// Whether the map at the path has a setting with this key.
pub(super) fn is_known(name: &str, path: &str) -> bool {
    all_below(path).any(|one| one.key() == name)
}

/// The setting that a wrong key means in the map at the path.
pub(super) fn meant(name: &str, path: &str) -> Option<&'static Setting> {
    all_below(path).find(|one| one.beside().any(|other| other.eq_ignore_ascii_case(name)))
}

/// The setting with this key anywhere in a site, if there is exactly one.
pub(super) fn same(name: &str) -> Option<&'static Setting> {
    let mut same = Site::settings()
        .iter()
        .filter(|one| one.key() == name && !one.path.contains(['[', '*']));
    let first = same.next();
    first.filter(|_| same.next().is_none())
}

/// Where an unknown key belongs: it may be another tool's name of a setting, a setting of another map, or an option of the
/// command line.
pub(super) fn elsewhere(name: &str, path: &str) -> Option<String> {
    if let Some(setting) = meant(name, path) {
        return Some(format!("`{name}` is `{}` here", setting.key()));
    }
    if let Some(setting) = theirs(name) {
        let is = format!("`{name}` is `{}` here", setting.path);
        return Some(match (&setting.form, example(&setting.path)) {
            (Form::Named(_), Some(example)) => format!("{is}: {example}"),
            _ => is,
        });
    }
    let option = OPTIONS.iter().find(|(option, _)| *option == name);
    if let (Some((_, option)), true) = (option, path.is_empty()) {
        return Some(format!("name it on the command line, with {option}"));
    }
    if nearest(name, all_below(path).map(Setting::key)).is_some() {
        return None;
    }
    same(name).map(|one| match one.path == name {
        true => format!("`{name}` belongs at the top level of a site"),
        false => format!("`{name}` belongs at `{}`", one.path),
    })
}

/// Converts an amount with a unit to the unit of the setting.
pub(super) fn in_unit(path: &str, text: &str) -> Option<String> {
    let without_b = || text.trim_end_matches('B').parse();
    let amount: Quantity = text.parse().or_else(|_| without_b()).ok()?;
    let is_in_gib = setting(path).is_some_and(|one| one.about().contains("GiB"))
        || setting(path.split('[').next()?).is_some_and(|one| one.about().contains("GiB"));
    let whole = amount.bytes() >> 30;
    (is_in_gib && text.parse::<u32>().is_err() && whole > 0)
        .then(|| format!("the unit is GiB: write `{whole}`"))
}

/// `true` or `false` for another word for yes or no.
pub(super) fn switch(path: &str, text: &str) -> Option<String> {
    let meant = match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" | "true" | "1" => "true",
        "no" | "n" | "off" | "false" | "0" => "false",
        _ => return None,
    };
    let is_flag = matches!(&setting(path)?.form, Form::Value(kind) if kind.takes(meant) && !kind.takes("yes"));
    is_flag.then(|| format!("write `{}: {meant}`", key(path)))
}

/// How to write a range that has another sign between its ends.
pub(super) fn range(text: &str) -> Option<String> {
    let signs = ["..", "–", "—", " to "];
    let sign = signs.into_iter().find(|sign| text.contains(sign))?;
    let written = text.replace(sign, "-").replace(" - ", "-");
    Some(format!("`{text}` is not a range: write `{written}`"))
}

/// A value that is right at the path: an example or the default.
pub(super) fn example(path: &str) -> Option<String> {
    // An item is shown as the list would be by default.
    let path = match path.rfind('[') {
        Some(end) if is_item(path) => &path[..end],
        _ => path,
    };
    let setting = setting(path)?;
    let value = match (&setting.default, setting.own_example()) {
        (_, Some(example)) => example.to_owned(),
        (Preset::Fixed(value) | Preset::Follows(value), None) => match value.as_str() {
            Some(text) => text.to_owned(),
            None => value.to_string(),
        },
        _ => setting.example()?.to_owned(),
    };
    (!value.is_empty() && value != "{}" && value.len() <= SHOWN)
        .then(|| format!("write it like `{}: {value}`", key(path)))
}

/// Whether there is a list of single values at the path.
pub(super) fn is_list_of_values(path: &str) -> bool {
    setting(path).and_then(item).is_some()
}

/// The keys of the map at the path.
pub(super) fn keys(path: &str) -> String {
    let below = all_below(path);
    let keys: Vec<String> = below.map(|one| format!("`{}`", one.key())).collect();
    format!("its keys are {}", keys.join(", "))
}
