//! A profile with everything that its text says: every key, known or not, at every level, in its order.

use serde_json::Value;

use super::outline::Outline;
use super::read::{self, Form, LIMITS};
use super::shape;
use crate::diagnostic::{Diagnostic, Source};
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
    /// The text is neither; a key stands twice, a number has more digits than would be kept; or it holds no profile:
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
    Diagnostic::error(format!("`{name}` is not a cluster profile: {reason}"))
}

impl Placed {
    /// Whether this is a profile.
    ///
    /// # Errors
    /// Everything that is missing or of another type, with its place.
    pub(super) fn check(&self) -> Result<(), Vec<Diagnostic>> {
        let (reason, help) = match Form::of_value(&self.value) {
            _ if !self.value.is_object() => ("it is no map", "give what Palette exports"),
            Some(Form::Export) => return shape::check(self),
            Some(Form::Flat) => (
                "this is the flat form of Palette's Terraform export, which Palette does not import",
                "export the profile as JSON; `vmo-ra diff` reads this form too",
            ),
            Some(Form::Answer) => (
                "this is what Palette's API answers, without the texts of manifests and the variables",
                "export it with `GET /v1/clusterprofiles/UID/export?format=json`; `vmo-ra diff` and `check` read this form too",
            ),
            None => (
                "there is no `spec` at its top",
                "give what Palette exports, as JSON or YAML",
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
    fn every_misfit_is_told_with_its_place() {
        assert_eq!(
            problems(
                "metadata: {nam: a}\nspec:\n  version: 1.10\n  template:\n    type: add-on\n    packs:\n    - name: p\n      type: oci\n      manifests: x\n    - 7\n  variables:\n  - required: maybe\n"
            ),
            "\
error: `metadata` has no `name`
 --> p:1:11
  |
1 | metadata: {nam: a}
  |           ^
  |
  = help: is `nam` meant to be it?
error: `spec.version` must be text
 --> p:3:12
  |
3 |   version: 1.10
  |            ^^^^ this is a number
  |
  = help: write it in quotes, so that it is read as text
error: `spec.template.packs[0].manifests` must be a list
 --> p:9:18
  |
9 |       manifests: x
  |                  ^ this is text
error: `spec.template.packs[1]` must be a map
  --> p:10:7
   |
10 |     - 7
   |       ^ this is a number
error: `spec.variables[0].required` must be true or false
  --> p:12:15
   |
12 |   - required: maybe
   |               ^^^^^ this is text
"
        );
    }

    #[test]
    fn what_is_no_profile_is_said_to_be_none() {
        assert_eq!(
            problems(""),
            "error: `p` is not a cluster profile: it is empty\n"
        );
        assert_eq!(
            problems("- a\n"),
            "error: `p` is not a cluster profile: it is no map\n  = help: give what Palette exports\n"
        );
        assert_eq!(
            problems("name: a\npacks: []\n"),
            "error: `p` is not a cluster profile: this is the flat form of Palette's Terraform export, which Palette does not import\n  = help: export the profile as JSON; `vmo-ra diff` reads this form too\n"
        );
        assert_eq!(
            problems("a: 1\n"),
            "error: `p` is not a cluster profile: there is no `spec` at its top\n  = help: give what Palette exports, as JSON or YAML\n"
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
