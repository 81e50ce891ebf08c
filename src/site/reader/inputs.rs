//! Secrets and files that a site names.

use std::path::{Path, PathBuf};

use super::{Fields, Reader};
use crate::command;
use crate::diagnostic::{Code, Diagnostic};
use crate::secret::{self, Secret, SecretSource};
use crate::site::setting::{Form, Preset};
use crate::yaml::Node;

impl Reader<'_> {
    /// A secret, from where the site says; a stand-in where it cannot be read.
    pub(in crate::site) fn secret(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
    ) -> Option<Secret> {
        self.record(fields, key, || (Form::Secret, Preset::None));
        let node = self.node(fields, key)?;
        let Some(source) = secret_source(node) else {
            let problem = Diagnostic::error("a secret does not belong in the site file")
                .code(Code::OpenSecret)
                .help("write `{ env: NAME }` for an environment variable, or `{ file: PATH }` for a file beside the site")
                .help(format!(
                    "or leave `{key}` out: it then stays a Palette variable, filled in at deployment"
                ));
            self.problem_at(node, problem);
            return None;
        };
        match self.resolve(key, &source) {
            Ok(secret) => {
                self.holds_secrets = true;
                Some(secret)
            }
            Err(problem) => {
                self.unread
                    .push(|| problem.or_code(Code::NoSecret).at(self.source, node.span()));
                Some(Secret::unread())
            }
        }
    }

    /// The secret of a key. What is no name may be the secret itself, put there by mistake, and is not repeated.
    fn resolve(&self, key: &str, source: &SecretSource) -> Result<Secret, Diagnostic> {
        match source {
            SecretSource::Env(name) => {
                let (shown, help) = if secret::is_variable_name(name) {
                    let help = if command::is_variable(name) {
                        format!("set it for this run, such as `read -rs {name} && export {name}`")
                    } else {
                        "no shell sets a variable of this name: use letters, digits and underscores"
                            .to_owned()
                    };
                    (format!("`{name}`"), help)
                } else {
                    let help = "`env` takes the name of a variable, such as `MY_SECRET`, not the secret itself";
                    (format!("that `{key}` names"), help.to_owned())
                };
                let value = self.inputs.env(name).ok_or_else(|| {
                    Diagnostic::error(format!("the environment variable {shown} is not set"))
                        .code(Code::NoSecret)
                        .help(help)
                })?;
                Secret::new(value).ok_or_else(|| {
                    Diagnostic::error(format!("the environment variable {shown} is empty"))
                        .code(Code::NoSecret)
                })
            }
            SecretSource::File(path) => {
                let name = path.display().to_string();
                let shown = match secret::is_name(&name) {
                    true => format!("`{name}`"),
                    false => format!("the file that `{key}` names"),
                };
                let text = self.inputs.file(path).map_err(|error| {
                    Diagnostic::error(format!("cannot read {shown}: {error}"))
                        .code(Code::of_reading(&error))
                        .help("a relative path starts at the site's folder")
                })?;
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                Secret::new(text.to_owned()).ok_or_else(|| {
                    let shown = shown.trim_start_matches("the file ");
                    Diagnostic::error(format!("the file {shown} is empty")).code(Code::NoSecret)
                })
            }
        }
    }

    /// The text of a file that the site names.
    pub(in crate::site) fn file(&mut self, node: &Node, path: &Path) -> Option<String> {
        match self.inputs.file(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.problem_at(node, Diagnostic::unreadable(path.display(), &error));
                None
            }
        }
    }
}

fn secret_source(node: &Node) -> Option<SecretSource> {
    let [entry] = node.entries()? else {
        return None;
    };
    let text = entry.value.text().filter(|text| !text.is_empty())?;
    match entry.name() {
        "env" => Some(SecretSource::Env(text.to_owned())),
        "file" => Some(SecretSource::File(PathBuf::from(text))),
        _ => None,
    }
}
