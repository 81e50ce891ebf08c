//! Checks whether a text is YAML, as far as that is known before Palette has replaced its macros.

use crate::diagnostic::{Diagnostic, Source};
use crate::profile::without_macros;
use crate::secret;
use crate::yaml::{self, Limits};

/// What Kubernetes would not read in a text of values or a manifest, as a warning; Palette takes any text.
pub fn yaml_problem(name: &str, text: &str) -> Option<Diagnostic> {
    let replaced = without_macros(text);
    yaml::parse_all(&Source::new(name, replaced.as_str()), Limits::VALUES).err()?;
    // Again for the message, with what may be secret hidden.
    let source = secret::source_shown(name, replaced, secret::masked(text));
    let problem = yaml::parse_all(&source, Limits::VALUES)
        .err()?
        .into_iter()
        .next()?;
    Some(problem.into_warning().because("the text is used unchanged"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_are_no_mistakes() {
        for text in [
            "a: {{ .spectro.var.x }}\nb: {{.spectro.var.y}}/{{ .spectro.system.cluster.uid }}:1\n",
            "a:\n  {{ .spectro.var.block }}\nb: \"{{ .spectro.var.é }}\"\n{{ .spectro.var.more }}\n",
            "",
            "# only a remark",
            "a: 1\n---\nb: 2\n",
        ] {
            assert_eq!(yaml_problem("v.yaml", text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_yaml_is_told_without_secrets() {
        let problem = yaml_problem(
            "p/values.yaml",
            "a: {{ .spectro.var.x }}\npassword: [hunter2\nb: 1\n",
        )
        .unwrap();
        let said = problem.to_string();
        assert!(said.starts_with("warning: "), "{said}");
        assert!(said.contains("p/values.yaml:"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
