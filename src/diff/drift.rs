//! Differences between a profile and its export from a tenant that mean nothing.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::condition::{Condition, Subject};
use super::path::Step;
use super::report::Part;
use super::tree::Difference;
use crate::diagnostic::Diagnostic;
use crate::revision::data;

/// The ignored changes; the first match gives the name.
pub(super) struct Drift(Vec<Ignored>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ignored: Vec<Ignored>,
}

/// One kind of difference that is left out, as `profiles/drift.yaml` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    /// Its name.
    pub id: String,
    #[serde(rename = "match")]
    condition: Condition,
    #[serde(rename = "where")]
    values: Values,
    /// What it is, in words.
    pub what: String,
    /// Who says that it means nothing.
    pub source: String,
}

/// What the two values must be like.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Values {
    MissingIs(Value),
    OneSided,
    Masked,
    SameRegistry,
    FinalLines,
}

/// What is known around a difference.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    /// Both sides name the same registry.
    pub(super) same_registry: bool,
    /// The variable is sensitive on both sides.
    pub(super) is_sensitive: bool,
}

/// All changes by a tenant that `diff` leaves out.
///
/// # Errors
/// The built-in list is broken: a mistake in this crate.
pub fn ignored() -> Result<&'static [Ignored], Diagnostic> {
    Ok(&Drift::load()?.0)
}

/// Whether a difference outside of texts is left out, where old and new are sides of a part of a profile or layer.
pub(crate) fn is_left_out(
    part: &Part,
    keys: &[String],
    [old, new]: [Option<&Value>; 2],
    is_sensitive: bool,
) -> bool {
    let Ok(drift) = Drift::load() else {
        return false;
    };
    let mut difference = Difference::whole(old.cloned(), new.cloned());
    for key in keys {
        difference.place.push(Step::Key(key.clone()));
    }
    let subject = Subject {
        layer: "",
        pack: "",
        part,
        object: "",
        place: &difference.place,
        kind: difference.kind,
        version: None,
        is_broken: false,
    };
    let around = Around {
        is_sensitive,
        ..Around::default()
    };
    drift.of(&subject, &difference, around).is_some()
}

impl Drift {
    pub(super) fn load() -> Result<&'static Self, Diagnostic> {
        static LOADED: LazyLock<Result<Drift, Diagnostic>> =
            LazyLock::new(|| data("drift.yaml").map(|file: File| Drift(file.ignored)));
        LOADED.as_ref().map_err(Clone::clone)
    }

    /// What leaves a difference out, if anything does.
    pub(super) fn of(
        &self,
        subject: &Subject<'_>,
        difference: &Difference,
        around: Around,
    ) -> Option<&Ignored> {
        let steps = subject.steps();
        self.0.iter().find(|ignored| {
            ignored.values.hold(difference, around) && ignored.condition.holds(subject, &steps)
        })
    }
}

impl Values {
    fn hold(&self, difference: &Difference, around: Around) -> bool {
        let (old, new) = (difference.old.as_ref(), difference.new.as_ref());
        let is_one_sided = is_nothing(old) != is_nothing(new);
        let is_masked = |value: Option<&Value>| match value {
            Some(Value::String(text)) => !text.is_empty() && text.chars().all(|c| c == '*'),
            _ => false,
        };
        match self {
            Values::MissingIs(default) => match (old, new) {
                (None, Some(value)) | (Some(value), None) => value == default,
                _ => false,
            },
            Values::OneSided => is_one_sided,
            Values::Masked => {
                around.is_sensitive && (is_one_sided || is_masked(old) || is_masked(new))
            }
            Values::SameRegistry => around.same_registry,
            Values::FinalLines => match &difference.texts {
                Some((old, new)) => old.trim_end() == new.trim_end(),
                None => false,
            },
        }
    }
}

fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}
