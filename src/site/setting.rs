//! The settings of a site as data. The reader produces them while it asks for every field; the JSON Schema, the starter and
//! the reference page are written from them.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;

use super::reader::{Fields, Reader};
use crate::yaml::scalar;

/// One key of a site, or an item of a list or map in it.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Where it is: `network.layout`; `nads[]` is any item of a list, `nodes.sysctl.*` any key of a map.
    pub path: String,
    /// The doc comment of the field it is read into.
    about: &'static str,
    /// The section of the reference architecture it comes from, or empty if it has none.
    pub section: &'static str,
    /// What is there.
    pub form: Form,
    /// How many items a list has at the least.
    pub least: usize,
    /// Its default.
    pub default: Preset,
}

/// What is under a key.
#[derive(Clone, Debug)]
pub enum Form {
    /// A map of the keys that are settings themselves.
    Map,
    /// A list, whose items are a setting too.
    List,
    /// A map of keys that are not settings themselves, of this kind, whose values are a setting too.
    Named(Kind),
    /// One value.
    Value(Kind),
    /// One value, or a map of settings.
    ValueOrMap(Kind),
    /// The place of a secret: an environment variable or a file.
    Secret,
}

/// The default of a setting.
#[derive(Clone, Debug)]
pub enum Preset {
    /// Nothing.
    None,
    /// It is required.
    Required,
    /// Always the same.
    Fixed(Value),
    /// What follows from other settings; the value is what follows from their defaults.
    Follows(Value),
}

impl Preset {
    /// A default that is written as serde writes it, without what it leaves empty.
    pub(super) fn fixed<T: Serialize>(value: &T) -> Preset {
        Preset::Fixed(written(value))
    }

    /// As [`Preset::fixed`], of what follows from other settings.
    pub(super) fn follows<T: Serialize>(value: &T) -> Preset {
        Preset::Follows(written(value))
    }

    pub(super) fn fixed_text<T: Scalar>(value: &T) -> Preset {
        Preset::Fixed(T::kind().value(&value.to_string()))
    }

    pub(super) fn follows_text<T: Scalar>(value: &T) -> Preset {
        match value.to_string().as_str() {
            // What it follows is not known.
            "" => Preset::None,
            text => Preset::Follows(T::kind().value(text)),
        }
    }
}

fn written(value: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(value).unwrap_or_default();
    if let Value::Array(items) = &mut value {
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.retain(|_, value| !value.is_null());
        }
    }
    value
}

/// What a single value may be.
#[derive(Clone, Debug, Default)]
pub struct Kind {
    /// Its name, with an article.
    pub what: &'static str,
    /// The expression that its text matches, where it has one.
    pub pattern: Option<String>,
    /// The JSON types it may have beside a string, since YAML types what is there.
    pub types: &'static [&'static str],
    /// The whole numbers it may be.
    pub range: Option<RangeInclusive<u32>>,
    /// The words it may be, with what each means.
    pub words: Vec<(&'static str, &'static str)>,
    /// Other ways to write these.
    pub aliases: &'static [&'static str],
    /// A value such as people write.
    pub example: &'static str,
    /// Whether a list of values stands for the text that has commas between them.
    pub joins: bool,
    /// Tells whether a text is such a value.
    pub(super) accepts: Option<fn(&str) -> bool>,
}

impl Kind {
    /// Any text, whatever YAML would make of it.
    pub(super) fn any() -> Kind {
        Kind {
            what: "a text",
            types: &["number", "boolean"],
            example: "text",
            ..Kind::default()
        }
    }

    /// A text that matches an expression as a whole.
    pub(super) fn text(what: &'static str, pattern: impl Display, example: &'static str) -> Kind {
        Kind {
            what,
            pattern: Some(format!("^({pattern})$")),
            example,
            ..Kind::default()
        }
    }

    /// Texts that YAML may take for other types are taken as such too.
    pub(super) fn or(mut self, types: &'static [&'static str]) -> Kind {
        self.types = types;
        self
    }

    /// A number in the range stands for its text.
    pub(super) fn within(mut self, range: RangeInclusive<u32>) -> Kind {
        self.types = &["integer"];
        self.range = Some(range);
        self
    }

    pub(super) fn whole(range: RangeInclusive<u32>) -> Kind {
        Kind::text(WHOLE, "[0-9]+", "1").within(range)
    }

    pub(super) fn words(
        what: &'static str,
        words: &[(&'static str, &'static str)],
        aliases: &'static [&'static str],
    ) -> Kind {
        Kind {
            what,
            words: words.to_vec(),
            aliases,
            example: words.first().map_or("", |(word, _)| word),
            ..Kind::default()
        }
    }

    /// What a type may be, with the type's own verdict on texts.
    pub(super) fn of<T: Scalar>() -> Kind {
        Kind {
            accepts: Some(|text| text.parse::<T>().is_ok()),
            ..T::kind()
        }
    }

    /// A list stands for the text that has commas between the items.
    pub(super) fn joined(mut self) -> Kind {
        self.joins = true;
        self
    }

    /// Whether a text is such a value.
    pub(super) fn takes(&self, text: &str) -> bool {
        match (self.accepts, &self.range) {
            (Some(accepts), _) => accepts(text),
            (None, Some(range)) => text.parse().is_ok_and(|number| range.contains(&number)),
            (None, None) => false,
        }
    }

    /// Whether a text is known to be no such value.
    pub(crate) fn refuses(&self, text: &str) -> bool {
        (self.accepts.is_some() || self.range.is_some()) && !self.takes(text)
    }

    /// A text as the JSON that YAML would make of it, where it may be more than a text.
    pub fn value(&self, text: &str) -> Value {
        match scalar::resolve(text) {
            Value::Number(number) if self.range.is_some() => Value::Number(number),
            Value::Number(number) if number.is_u64() && !self.words.is_empty() => {
                Value::Number(number)
            }
            Value::Bool(flag) if self.types == ["boolean"] => Value::Bool(flag),
            _ => Value::String(text.to_owned()),
        }
    }
}

impl Setting {
    pub(super) fn new(
        path: String,
        about: &'static str,
        section: &'static str,
        form: Form,
        default: Preset,
    ) -> Setting {
        Setting {
            path,
            about,
            section,
            form,
            least: 0,
            default,
        }
    }

    /// What it is, in sentences.
    pub fn about(&self) -> String {
        let paragraphs = self.about.split("\n\n");
        let is_said = |paragraph: &&str| {
            let paragraph = paragraph.trim_start();
            ![EXAMPLE, ELSEWHERE, BESIDE]
                .iter()
                .any(|mark| paragraph.starts_with(mark))
        };
        let said = paragraphs.filter(is_said);
        let words: Vec<&str> = said.flat_map(str::split_whitespace).collect();
        words.join(" ")
    }

    /// A value such as people write, as YAML.
    pub fn example(&self) -> Option<&str> {
        match &self.form {
            Form::Value(kind) | Form::ValueOrMap(kind) => self.own_example().or(Some(kind.example)),
            _ => self.own_example(),
        }
    }

    /// As [`Setting::example`], where this very setting has one.
    pub(super) fn own_example(&self) -> Option<&str> {
        self.about.split("\n\n").find_map(|paragraph| {
            let text = paragraph.trim().strip_prefix(EXAMPLE)?;
            text.strip_prefix('`')?.strip_suffix('`')
        })
    }

    /// What the reference architecture and other tools call it.
    pub fn elsewhere(&self) -> impl Iterator<Item = &'static str> {
        self.names(ELSEWHERE)
    }

    /// What people write in the same map and mean it.
    pub(super) fn beside(&self) -> impl Iterator<Item = &'static str> {
        self.names(BESIDE)
    }

    fn names(&self, mark: &'static str) -> impl Iterator<Item = &'static str> {
        let paragraphs = self.about.split("\n\n");
        let named = paragraphs.filter_map(move |one| one.trim().strip_prefix(mark));
        named.flat_map(|names| names.split('`').skip(1).step_by(2))
    }

    /// What can be chosen from, in a sentence: words, or the ends of a range.
    pub fn choice(&self) -> Option<String> {
        let (Form::Value(kind) | Form::ValueOrMap(kind)) = &self.form else {
            return None;
        };
        let words: Vec<String> = kind
            .words
            .iter()
            .map(|(word, _)| format!("`{word}`"))
            .collect();
        match (&kind.range, words.as_slice()) {
            (Some(range), []) if kind.what == WHOLE && *range.end() != u32::MAX => {
                Some(format!("{} to {}.", range.start(), range.end()))
            }
            (_, [words @ .., last]) if !words.is_empty() => {
                Some(format!("{} or {last}.", words.join(", ")))
            }
            _ => None,
        }
    }

    /// The key, without the way there.
    pub fn key(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// Whether it is right below the setting of this path; an empty one is the site itself.
    pub fn is_below(&self, path: &str) -> bool {
        parent(&self.path) == path
    }
}

/// The path of the setting around another; empty for the site itself.
pub(super) fn parent(path: &str) -> &str {
    match path.strip_suffix("[]") {
        Some(list) => list,
        None => path.rsplit_once('.').map_or("", |(parent, _)| parent),
    }
}

const WHOLE: &str = "a whole number";

/// How a paragraph of a doc comment begins that gives an example.
const EXAMPLE: &str = "Example: ";

/// How a paragraph of a doc comment begins that names what others call the same.
const ELSEWHERE: &str = "Elsewhere: ";

/// How a paragraph of a doc comment begins that names wrong keys of the same map that mean this one.
const BESIDE: &str = "Not: ";

/// What doc comments say of the keys of a map.
pub(super) struct About {
    /// The section of the RA.
    pub(super) section: &'static str,
    /// Fields and what each is.
    pub(super) keys: &'static [(&'static str, &'static str)],
    /// Types whose fields are keys of the same map.
    pub(super) with: &'static [&'static About],
}

impl About {
    /// What is said of a key, and its section; fields have its name in snake case.
    pub(super) fn of(&self, key: &str) -> (&'static str, &'static str) {
        let own = self.keys.iter().find(|(name, _)| is_key(name, key));
        let others = || self.with.iter().map(|about| about.of(key));
        match own {
            Some((_, text)) => (text, self.section),
            None => others()
                .find(|(text, _)| !text.is_empty())
                .unwrap_or_default(),
        }
    }
}

fn is_key(field: &str, key: &str) -> bool {
    let mut upper = false;
    let mut letters = key.chars();
    for letter in field.chars() {
        if letter == '_' {
            upper = true;
            continue;
        }
        let letter = if upper {
            letter.to_ascii_uppercase()
        } else {
            letter
        };
        upper = false;
        if letters.next() != Some(letter) {
            return false;
        }
    }
    letters.next().is_none()
}

/// A type that is read from a map of a site.
pub(super) trait Described {
    /// What its doc comments say.
    const ABOUT: About;
}

/// A map of a site that is read without looking at other settings.
pub(super) trait Section: Described + Sized {
    /// Reads it from under a key; what it lacks has its default.
    fn read(reader: &mut Reader<'_>, around: &mut Fields<'_>, key: &'static str) -> Self;
}

/// A type that is read from a single value of a site.
pub(super) trait Scalar: FromStr<Err: Display> + Display {
    /// What the value may be, so that a schema can say it.
    fn kind() -> Kind;
}

/// Declares types that are read from maps of a site. Their doc comments are what users are told of the keys; `of` names the
/// section of the RA, `with` types whose fields are keys of the same map, `as` a key that has not the field's name.
///
/// With `= "key".method(arguments)` after each field, the reader's methods of these names read the fields in this order,
/// and the type is a [`Section`].
macro_rules! settings {
    (@doc doc = $text:literal) => { concat!($text, "\n") };
    (@doc $($other:tt)*) => { "" };
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
    ($(#[$($attr:tt)*])* $vis:vis struct $name:ident $(of $section:literal)? {
        $($(#[$($on:tt)*])* $shown:vis $field:ident: $type:ty
            = $key:literal . $method:ident ( $($argument:expr),* $(,)? )),+ $(,)?
    }) => {
        $crate::site::setting::settings! {
            $(#[$($attr)*])* $vis struct $name $(of $section)? {
                $($(#[$($on)*])* $shown $field as $key: $type,)+
            }
        }

        impl $crate::site::setting::Section for $name {
            fn read(
                reader: &mut $crate::site::reader::Reader<'_>,
                around: &mut $crate::site::reader::Fields<'_>,
                key: &'static str,
            ) -> Self {
                let mut fields = reader.section::<Self>(around, key);
                $(let $field = reader.$method(&mut fields, $key $(, $argument)*);)+
                reader.close(fields);
                $name { $($field),+ }
            }
        }
    };
    ($(#[$($attr:tt)*])* $vis:vis struct $name:ident $(of $section:literal)? $(with $also:ident)? {
        $($(#[$($on:tt)*])* $shown:vis $field:ident $(as $key:literal)?: $type:ty),+ $(,)?
    }) => {
        $(#[$($attr)*])*
        $vis struct $name {
            $($(#[$($on)*])* $shown $field: $type,)+
        }

        impl $crate::site::setting::Described for $name {
            const ABOUT: $crate::site::setting::About = $crate::site::setting::About {
                section: concat!($($section)?),
                keys: &[$((
                    $crate::site::setting::settings!(@key $field $($key)?),
                    concat!($($crate::site::setting::settings!(@doc $($on)*)),*),
                )),+],
                with: &[$(&<$also as $crate::site::setting::Described>::ABOUT)?],
            };
        }
    };
}
pub(super) use settings;

/// Declares a closed set of words as an enum, with an error that names the nearest of them.
macro_rules! words {
    ($(#[$($attr:tt)*])* $name:ident, $what:literal {
        $($(#[doc = $doc:literal])* $variant:ident = $word:literal),+ $(,)?
    }) => {
        $(#[$($attr)*])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$($name::$variant),+];

            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::site::setting::unknown_word($what, text, &[$($word),+])),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        $crate::site::setting::shown!($name);

        impl $crate::site::setting::Scalar for $name {
            fn kind() -> $crate::site::setting::Kind {
                $crate::site::setting::Kind::words($what, &[$(($word, concat!($($doc),*))),+], &[])
            }
        }
    };
}
pub(super) use words;

pub(super) fn unknown_word(what: &str, text: &str, words: &[&str]) -> String {
    let listed: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let hint = match crate::diagnostic::suggestion(text, words.iter().copied()) {
        // Single signs are near to all others.
        Some(meant) if text.len() > 1 => format!("; {meant}"),
        _ => String::new(),
    };
    let listed = match listed.split_last() {
        Some((last, before @ [_, ..])) => format!("{} or {last}", before.join(", ")),
        _ => listed.join(""),
    };
    format!("`{text}` is not {what}: use {listed}{hint}")
}

/// Has serde write types as they are shown.
macro_rules! shown {
    ($($name:ident),+) => {
        $(impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        })+
    };
}
pub(super) use shown;
