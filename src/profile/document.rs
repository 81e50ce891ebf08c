//! A profile with every key of its text, known or unknown, at every level and in its order.

use serde_json::Value;

use super::outline::Outline;
use super::read::{self, Form, LIMITS};
use super::shape;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::secret;
use crate::yaml;

/// How a profile is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// As Palette's export, on one line or laid out.
    Json,
    /// As Palette's export in its other format.
    Yaml,
}

/// A profile as a tree of all its keys; [`Profile`](super::Profile) knows those of today's Palette only.
#[derive(Clone, Debug)]
pub struct Document {
    value: Value,
    notation: Notation,
}

/// A tree, and where its values stand.
pub(super) struct Placed {
    pub(super) source: Source,
    pub(super) value: Value,
    pub(super) outline: Outline,
}

impl Document {
    /// Reads a profile in the shape of Palette's import and export, as JSON or YAML.
    ///
    /// # Errors
    /// The text is neither; a key is duplicate, a number has more digits than would be kept; or it holds no profile:
    /// everything that is missing or of another type.
    pub fn read(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        read::check_size(source)?;
        let (placed, notation) = if read::is_json(source.text()) {
            (read_json(source)?, Notation::Json)
        } else {
            (read_yaml(source)?, Notation::Yaml)
        };
        placed.check()?;
        Ok(Document {
            value: placed.value,
            notation,
        })
    }

    /// How it was written down.
    pub fn notation(&self) -> Notation {
        self.notation
    }

    /// All of it.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// All of it, to be taken apart.
    pub fn into_value(self) -> Value {
        self.value
    }
}

fn read_json(source: &Source) -> Result<Placed, Vec<Diagnostic>> {
    Ok(Placed {
        value: read::json(source)?,
        outline: Outline::of_json(source).or_else(|_| Outline::of_json(&shown(source)))?,
        source: source.clone(),
    })
}

/// Reads a profile's tree from YAML.
pub(super) fn read_yaml(source: &Source) -> Result<Placed, Vec<Diagnostic>> {
    let read = |source: &Source| {
        let root = match yaml::parse(source, LIMITS)? {
            Some(root) => root,
            None => return Err(no_profile(source, "it is empty").into()),
        };
        Ok(Placed {
            value: yaml::node_to_json(source, &root)?,
            outline: Outline::of_yaml(source, &root)?,
            source: source.clone(),
        })
    };
    read(source).or_else(|_| read(&shown(source)))
}

/// A profile's text as messages may show it. Finding what to hide takes longer than reading, so this is for texts that
/// there is something to say about.
pub(super) fn shown(source: &Source) -> Source {
    let shown = secret::masked_profile(source.text());
    secret::source_shown(source.name(), source.text(), shown)
}

fn no_profile(source: &Source, reason: &str) -> Diagnostic {
    let name = source.name();
    Diagnostic::error(format!("`{name}` is not a cluster profile: {reason}")).code(Code::WrongKind)
}

impl Placed {
    /// Whether this is a profile.
    ///
    /// # Errors
    /// Everything that is missing or of another type, with its place.
    pub(super) fn check(&self) -> Result<(), Vec<Diagnostic>> {
        let (reason, help) = match Form::of_value(&self.value) {
            _ if !self.value.is_object() => {
                ("it is not a map", "give a profile as Palette exports it")
            }
            Some(Form::Export) => return shape::check(self),
            Some(Form::Flat) => (
                "this is the flat form of Palette's Terraform export, which Palette does not import",
                "export the profile as JSON; `vmo-ra diff` reads this form too",
            ),
            Some(Form::Answer) => (
                "this is an answer of Palette's API, without variables and the texts of manifests",
                "export it with `GET /v1/clusterprofiles/UID/export?format=json`; `vmo-ra diff` and `check` read this form too",
            ),
            None => (
                "it has no top-level `spec`",
                "give a profile as Palette exports it, as JSON or YAML",
            ),
        };
        Err(no_profile(&self.source, reason).help(help).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        match Document::read(&Source::new("p", text)) {
            Ok(_) => String::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    const SMALL: &str =
        r#"{"metadata":{"name":"a"},"spec":{"template":{"type":"add-on","packs":[]}}}"#;

    #[test]
    fn what_go_never_set_may_be_null() {
        assert_eq!(problems(SMALL), "");
        assert_eq!(
            problems(
                r#"{"metadata":{"name":"a","labels":null},"spec":{"template":{"type":"add-on","packs":[{"name":"p","type":"oci","manifests":null,"values":null}]},"variables":null}}"#
            ),
            ""
        );
    }

    #[test]
    fn items_and_flags_have_a_type_too() {
        let said = problems(
            "metadata: {name: a}\nspec:\n  template:\n    type: add-on\n    packs: [7]\n  variables: [{required: maybe}]\n",
        );
        assert!(
            said.contains("`spec.template.packs[0]` must be a map\n --> p:5:13"),
            "{said}"
        );
        assert!(
            said.contains("`spec.variables[0].required` must be true or false\n --> p:6:26"),
            "{said}"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        for text in [
            SMALL.replace(
                "\"packs\"",
                "\"values\":\"hunter2\",\"x\":1,\"x\":2,\"packs\"",
            ),
            SMALL.replace("\"packs\"", "\"values\":\"hunter2\",\"pack\""),
            SMALL.replace("\"packs\"", "\"values\":\"hunter2\"\",\"pack\""),
            "metadata: {password: hunter2}\nspec: {}\n".to_owned(),
            "metadata: {}\nspec:\n  values: \"a: hunter2 \\q\"\n".to_owned(),
            "metadata: {name: a}\nspec:\n  variables:\n  - defaultValue: [hunter2]\n".to_owned(),
        ] {
            let said = problems(&text);
            assert!(
                said.starts_with("error: ") && !said.contains("hunter2"),
                "{said}"
            );
        }
    }
}
