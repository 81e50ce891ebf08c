//! Comparison of two trees by what their values mean: keys in any order, items of lists by their identity.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::path::{Place, Step};
use super::report::ChangeKind;
use crate::diagnostic::Source;
use crate::secret::{self, Beside, Way};
use crate::sequence::{IDENTITIES, Pair, pair, repository};
use crate::yaml::{self, Limits};

/// A difference, with its values as they are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) place: Place,
    pub(super) kind: ChangeKind,
    pub(super) old: Option<Value>,
    pub(super) new: Option<Value>,
    /// Both texts, if they are compared line by line.
    pub(super) texts: Option<(String, String)>,
    /// Whether these are too much to be read as YAML.
    pub(super) is_beyond: bool,
    /// Whether the new one is not YAML.
    pub(super) is_broken: bool,
    pub(super) remarks: Vec<String>,
    /// What the path says about secrets.
    pub(super) way: Way<'static>,
    /// The steps of the place that name a secret.
    pub(super) secret_steps: Vec<usize>,
}

impl Difference {
    /// A difference of a whole part.
    pub(super) fn whole(old: Option<Value>, new: Option<Value>) -> Self {
        Difference {
            place: Place::default(),
            kind: ChangeKind::of(old.as_ref(), new.as_ref()),
            old,
            new,
            texts: None,
            is_beyond: false,
            is_broken: false,
            remarks: Vec::new(),
            way: Way::default(),
            secret_steps: Vec::new(),
        }
    }

    /// A difference of a whole text, which is shown line by line.
    pub(super) fn of_texts(kind: ChangeKind, old: &str, new: &str) -> Self {
        Difference {
            kind,
            texts: Some((old.to_owned(), new.to_owned())),
            ..Difference::whole(None, None)
        }
    }
}

/// Receives differences one by one: all of them together would take more memory than the trees.
pub(super) type Tell<'t> = &'t mut dyn FnMut(Difference);

/// Tells the differences of two trees.
pub(super) fn compare(old: &Value, new: &Value, tell: Tell<'_>) {
    Comparison::new(tell).values(old, new);
}

/// Tells the differences of two Kubernetes objects; the data of Secrets is decoded, and secret.
pub(super) fn compare_objects(old: &Value, new: &Value, tell: Tell<'_>) {
    let is_secret = |object: &Value| object.get("kind").and_then(Value::as_str) == Some("Secret");
    let in_secret = is_secret(old) || is_secret(new);
    let mut comparison = Comparison {
        root: Way::default().in_object(in_secret),
        in_secret,
        ..Comparison::new(tell)
    };
    comparison.values(old, new);
}

/// Tells the differences of two texts that are at a known path, which may tell their language.
pub(super) fn compare_texts(old: &str, new: &str, name: &str, tell: Tell<'_>) {
    let mut comparison = Comparison {
        file_name: name,
        root: Way::of_file(name),
        ..Comparison::new(tell)
    };
    comparison.texts(old, new);
}

/// Deeper texts are compared line by line, since each tree within a tree takes memory and stack.
const DEEPEST: usize = 8;

/// A step on the way into both trees.
enum Way2<'v> {
    /// The value of a key of the next of the maps; which of the two have it, and whether it has a value.
    Key([bool; 2], &'v str, bool),
    /// An item of a list, and whether it is a secret among the arguments of a command.
    Item(bool),
}

/// Two maps on the way, and what is in them beside each value, once a difference below asks for it.
struct Maps<'v> {
    maps: [&'v Map<String, Value>; 2],
    beside: OnceCell<[Beside<'v>; 2]>,
}

struct Comparison<'v, 't> {
    place: Place,
    /// The steps from the root, to tell of a difference what is secret.
    steps: Vec<Way2<'v>>,
    /// The maps that the keys among the steps are of.
    maps: Vec<Maps<'v>>,
    /// What is known at the root, and the steps before it that are secret.
    root: Way<'v>,
    secret_steps: Vec<usize>,
    tell: Tell<'t>,
    /// Whether this is a Secret, whose data is encoded.
    in_secret: bool,
    /// The name of the file that a text is the content of.
    file_name: &'v str,
}

impl<'v, 't> Comparison<'v, 't> {
    fn new(tell: Tell<'t>) -> Self {
        Comparison {
            place: Place::default(),
            steps: Vec::new(),
            maps: Vec::new(),
            root: Way::default(),
            secret_steps: Vec::new(),
            tell,
            in_secret: false,
            file_name: "",
        }
    }

    /// A difference that is here.
    fn here(&self, old: Option<Value>, new: Option<Value>) -> Difference {
        self.here_by(self.way(), old, new)
    }

    fn here_by(
        &self,
        (way, secret_steps): (Way<'v>, Vec<usize>),
        old: Option<Value>,
        new: Option<Value>,
    ) -> Difference {
        Difference {
            place: self.place.clone(),
            way: way.into_owned(),
            secret_steps,
            ..Difference::whole(old, new)
        }
    }

    /// What the way to here says of secrets, and which steps of the place name one.
    fn way(&self) -> (Way<'v>, Vec<usize>) {
        let mut way = self.root.clone();
        let mut secret_steps = self.secret_steps.clone();
        let first = self.place.steps().len() - self.steps.len();
        let mut maps = self.maps.iter();
        for (step, at) in self.steps.iter().zip(first..) {
            let is_key =
                matches!(step, Way2::Key(_, key, has_value) if way.hides_key(key, *has_value));
            way = match step {
                Way2::Key(has, key, _) => {
                    let beside = maps
                        .next()
                        .map(|at| at.beside.get_or_init(|| at.maps.map(Beside::of_map)));
                    let within = |side: usize| {
                        let beside = beside.filter(|_| has[side])?;
                        Some(way.key(&beside[side], key))
                    };
                    match (within(0), within(1)) {
                        (Some(old), Some(new)) => old.or(&new),
                        (one, other) => one.or(other).unwrap_or_default(),
                    }
                }
                Way2::Item(is_argument) => way.item().in_secret(*is_argument),
            };
            let is_secret = match self.place.steps().get(at) {
                Some(Step::Item(key, value)) => way.below(key).hides(value),
                Some(Step::Value(value)) => way.hides(value),
                _ => is_key,
            };
            if is_secret {
                secret_steps.push(at);
            }
        }
        (way, secret_steps)
    }

    fn within(&mut self, step: Step, way: Way2<'v>, compare: impl FnOnce(&mut Self)) {
        self.place.push(step);
        self.steps.push(way);
        compare(self);
        self.steps.pop();
        self.place.pop();
    }

    /// Compares what texts hold, as trees or as other texts.
    fn inside<'i>(&mut self, language: &'static str, compare: impl FnOnce(&mut Comparison<'i, '_>))
    where
        'v: 'i,
    {
        let (way, secret_steps) = self.way();
        let mut place = std::mem::take(&mut self.place);
        place.push(Step::Inside(language));
        let mut inner = Comparison {
            place,
            root: way,
            secret_steps,
            in_secret: self.in_secret,
            file_name: self.file_name,
            ..Comparison::new(&mut *self.tell)
        };
        compare(&mut inner);
        let mut place = inner.place;
        place.pop();
        self.place = place;
    }

    /// Compares what both sides have, and tells of what one of them has.
    fn either(&mut self, old: Option<&'v Value>, new: Option<&'v Value>) {
        match (old, new) {
            (Some(old), Some(new)) => self.values(old, new),
            _ => {
                let difference = self.here(old.cloned(), new.cloned());
                (self.tell)(difference);
            }
        }
    }

    fn values(&mut self, old: &'v Value, new: &'v Value) {
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => self.maps(old, new),
            (Value::Array(old), Value::Array(new)) => self.lists(old, new),
            (Value::String(old), Value::String(new)) => self.texts(old, new),
            _ if old == new => {}
            (Value::Number(a), Value::Number(b))
                if (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64() => {}
            _ => {
                let mut difference = self.here(Some(old.clone()), Some(new.clone()));
                if is_scalar(old) && is_scalar(new) {
                    if scalar_text(old) == scalar_text(new) {
                        difference.kind = ChangeKind::Retyped;
                    }
                    let (was, is) = (type_name(old), type_name(new));
                    if was != is && !old.is_null() && !new.is_null() {
                        difference.remarks.push(format!("{was} becomes {is}"));
                    }
                }
                (self.tell)(difference);
            }
        }
    }

    fn maps(&mut self, old: &'v Map<String, Value>, new: &'v Map<String, Value>) {
        self.maps.push(Maps {
            maps: [old, new],
            beside: OnceCell::new(),
        });
        let both = old
            .iter()
            .map(|(key, value)| (key, Some(value), new.get(key)));
        let added = new
            .iter()
            .filter(|(key, _)| !old.contains_key(*key))
            .map(|(key, value)| (key, None, Some(value)));
        for (key, old, new) in both.chain(added) {
            // Most are the same.
            if old.is_some_and(is_scalar) && old == new {
                continue;
            }
            let has_value = [old, new]
                .into_iter()
                .flatten()
                .any(|value| !value.is_null());
            let way = Way2::Key([old.is_some(), new.is_some()], key, has_value);
            self.within(Step::Key(key.clone()), way, |this| this.either(old, new));
        }
        self.maps.pop();
    }

    fn lists(&mut self, old: &'v [Value], new: &'v [Value]) {
        if old == new {
            return;
        }
        // A list with one scalar before and one after has changed its value.
        if let ([old], [new]) = (old, new)
            && is_scalar(old)
            && is_scalar(new)
        {
            return self.within(Step::Index(0), Way2::Item(false), |this| {
                this.values(old, new)
            });
        }
        if let Some(identity) = Identity::of(old, new) {
            return self.identified_lists(old, new, &identity);
        }
        self.anonymous_lists(old, new);
    }

    fn identified_lists(&mut self, old: &'v [Value], new: &'v [Value], identity: &Identity) {
        let (old_secret, new_secret) = (secret::arguments(old), secret::arguments(new));
        let keys = |items: &'v [Value]| {
            let values = items.iter().map(|item| identity.value(item));
            numbered(values.collect())
        };
        let (old_keys, new_keys) = (keys(old), keys(new));
        for found in pair(&old_keys, &new_keys) {
            let step = identity.step(found.newest::<Cow<str>>(&old_keys, &new_keys));
            let is_argument = *found.newest(&old_secret, &new_secret);
            self.item(step, is_argument, found, old, new);
        }
    }

    /// Items without an identity: equal ones are matched, what is left between them is compared in order.
    fn anonymous_lists(&mut self, old: &'v [Value], new: &'v [Value]) {
        let pairs = pair(old, new);
        let mut by_number = |found: Pair| {
            let (Pair::Old(at) | Pair::New(at) | Pair::Both { new: at, .. }) = found;
            self.item(Step::Index(at), false, found, old, new);
        };
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        let end = Pair::Both {
            old: 0,
            new: 0,
            moved: false,
        };
        for found in pairs.into_iter().chain([end]) {
            match found {
                Pair::Old(at) => gone.push(at),
                Pair::New(at) => come.push(at),
                Pair::Both { moved: true, .. } => by_number(found),
                Pair::Both { .. } => {
                    gone.sort_unstable();
                    let common = gone.len().min(come.len());
                    for (old, new) in gone.drain(..common).zip(come.drain(..common)) {
                        by_number(Pair::Both {
                            old,
                            new,
                            moved: false,
                        });
                    }
                    gone.drain(..).map(Pair::Old).for_each(&mut by_number);
                    come.drain(..).map(Pair::New).for_each(&mut by_number);
                }
            }
        }
    }

    /// An item of two lists.
    fn item(
        &mut self,
        step: Step,
        is_argument: bool,
        found: Pair,
        old: &'v [Value],
        new: &'v [Value],
    ) {
        let (before, after) = found.items(old, new);
        self.within(step, Way2::Item(is_argument), |this| {
            if let Pair::Both {
                old,
                new,
                moved: true,
            } = found
            {
                let place = |at: usize| Some(Value::from(at + 1));
                let mut moved = this.here(place(old), place(new));
                moved.kind = ChangeKind::Moved;
                (this.tell)(moved);
            }
            if let Pair::New(at) = found {
                let mut added = this.here(None, after.cloned());
                let place = format!("item {} of {}", at + 1, new.len());
                added.remarks.push(place);
                (this.tell)(added);
            } else {
                this.either(before, after);
            }
        });
    }

    fn texts(&mut self, old: &str, new: &str) {
        if old == new {
            return;
        }
        let is_encoded = self.in_secret
            && matches!(self.place.steps(), [Step::Key(data), Step::Key(_)] if data == "data");
        if is_encoded && let (Some(old), Some(new)) = (decoded(old), decoded(new)) {
            return self.inside("base64", |inner| inner.texts(&old, &new));
        }
        let steps = self.place.steps().iter();
        let texts_around = steps.filter(|step| matches!(step, Step::Inside(_))).count();
        let (way, secret_steps) = self.way();
        let is_secret = way.hides(old) || way.hides(new);
        if way.is_data()
            && texts_around < DEEPEST
            && let (Some(old), Some(new)) = (json_tree(old), json_tree(new))
        {
            return self.inside("json", |inner| inner.values(&old, &new));
        }
        if !is_secret {
            if texts_around < DEEPEST
                && let Some((language, old, new)) = self.trees(old, new)
            {
                return self.inside(language, |inner| inner.values(&old, &new));
            }
            if old.contains('\n') || new.contains('\n') {
                let mut difference = self.here_by((way, secret_steps), None, None);
                difference.texts = Some((old.into(), new.into()));
                return (self.tell)(difference);
            }
        }
        let difference = self.here_by((way, secret_steps), Some(old.into()), Some(new.into()));
        (self.tell)(difference);
    }

    /// Both texts as trees, where both are of one language that has them.
    fn trees(&self, old: &str, new: &str) -> Option<(&'static str, Value, Value)> {
        let both = |language: &'static str, parse: fn(&str) -> Option<Value>| {
            let (old, new) = (parse(old)?, parse(new)?);
            Some((language, old, new))
        };
        let is_toml = self.file_name.ends_with(".toml") || self.place.last_key().ends_with(".toml");
        if is_toml {
            return both("toml", toml_tree);
        }
        both("json", json_tree).or_else(|| both("yaml", yaml_tree))
    }
}

/// Names that are unique: the second `a` becomes `a#2`.
pub(super) fn numbered(mut names: Vec<Cow<'_, str>>) -> Vec<Cow<'_, str>> {
    let mut given: HashSet<&str> = HashSet::with_capacity(names.len());
    given.extend(names.iter().map(AsRef::as_ref));
    if given.len() == names.len() {
        return names;
    }
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(given.len());
    let mut others = Vec::with_capacity(names.len() - given.len());
    for (at, name) in names.iter().enumerate() {
        let count = seen.entry(name).or_insert(0);
        *count += 1;
        while *count > 1 {
            // Unless that is the name of another.
            let numbered = format!("{name}#{count}");
            if !given.contains(numbered.as_str()) {
                others.push((at, numbered));
                break;
            }
            *count += 1;
        }
    }
    for (at, numbered) in others {
        names[at] = numbered.into();
    }
    names
}

/// What identifies the items of two lists.
enum Identity {
    /// Scalars are known by themselves.
    Itself,
    /// A key whose value differs from item to item.
    Key(&'static str),
    /// The repository of an image, without tag and digest.
    Repository,
    /// All fields of a toleration or of a selector's expression.
    Whole(&'static [&'static str]),
}

impl Identity {
    fn of(old: &[Value], new: &[Value]) -> Option<Identity> {
        if old.iter().chain(new).all(is_scalar) {
            return Some(Identity::Itself);
        }
        if !old.iter().chain(new).all(Value::is_object) {
            return None;
        }
        let candidates = [Identity::Repository]
            .into_iter()
            .chain([Identity::Whole(&["key", "operator", "value", "effect"])])
            .chain(IDENTITIES.into_iter().map(Identity::Key));
        candidates
            .into_iter()
            .find(|identity| identity.fits(old) && identity.fits(new))
    }

    /// Whether it tells all items of a list apart; equal scalars and images of one repository are told apart by their
    /// order.
    fn fits(&self, items: &[Value]) -> bool {
        let mut seen = HashSet::with_capacity(items.len());
        items.iter().all(|item| {
            self.applies(item)
                && (seen.insert(self.value(item))
                    || matches!(self, Identity::Repository | Identity::Itself))
        })
    }

    fn applies(&self, item: &Value) -> bool {
        match self {
            Identity::Itself => is_scalar(item),
            Identity::Key(key) => item.get(*key).is_some_and(is_scalar),
            Identity::Repository => {
                item.as_object().is_some_and(|map| map.len() == 1) && item["image"].is_string()
            }
            Identity::Whole(keys) => {
                item.get("effect").is_some()
                    && item.as_object().is_some_and(|map| {
                        map.keys()
                            .all(|key| keys.contains(&key.as_str()) || key == "tolerationSeconds")
                    })
            }
        }
    }

    fn value<'i>(&self, item: &'i Value) -> Cow<'i, str> {
        match self {
            Identity::Itself => scalar_text(item),
            Identity::Key(key) => item.get(*key).map(scalar_text).unwrap_or_default(),
            Identity::Repository => repository(item["image"].as_str().unwrap_or_default()).into(),
            Identity::Whole(keys) => {
                let texts: Vec<Cow<'_, str>> = keys
                    .iter()
                    .filter_map(|key| item.get(*key))
                    .map(scalar_text)
                    .collect();
                texts.join(":").into()
            }
        }
    }

    fn step(&self, value: &str) -> Step {
        match self {
            Identity::Itself => Step::Value(value.to_owned()),
            Identity::Key(key) => Step::Item(key, value.to_owned()),
            Identity::Repository => Step::Item("image", value.to_owned()),
            Identity::Whole(_) => Step::Item("toleration", value.to_owned()),
        }
    }
}

pub(super) fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
}

/// A scalar without the quotes of a text.
pub(super) fn scalar_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

fn decoded(text: &str) -> Option<String> {
    let compact: String = text.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(compact).ok()?).ok()
}

fn json_tree(text: &str) -> Option<Value> {
    let trimmed = text.trim_start();
    if !trimmed.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// A text of several lines that is a YAML map, or a list of maps; a script or a unit file is neither.
fn yaml_tree(text: &str) -> Option<Value> {
    // A tree would not tell which text an alias repeats as a secret.
    if !text.contains('\n') || text.contains(": *") {
        return None;
    }
    let value = yaml::to_json(&Source::new("text", text), Limits::VALUES).ok()?;
    let is_tree = match &value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => items.iter().any(|item| !is_scalar(item)),
        _ => false,
    };
    is_tree.then_some(value)
}

fn toml_tree(text: &str) -> Option<Value> {
    toml::from_str::<Value>(text).ok()
}
