//! What messages show of a site: nothing that may have been meant as a secret.

use std::ops::Range;

use super::Site;
use super::mend;
use super::setting::{Form, Setting, parent};
use crate::diagnostic::{Guard, Source, nearest};
use crate::secret;
use crate::yaml::{self, Kind, Limits, Node};

pub(super) static GUARD: Guard = secret::guard(shown);

fn shown(text: &str) -> String {
    let mut look = Look {
        settings: Site::settings(),
        found: Vec::new(),
    };
    match yaml::parse(&Source::new("", text), Limits::INPUT) {
        Ok(root) => {
            if let Some(root) = &root {
                look.map(root, "");
            }
        }
        Err(_) => look.words(text),
    }
    secret::masked_with(text, look.found)
}

fn below(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}

struct Look {
    settings: &'static [Setting],
    found: Vec<Range<usize>>,
}

impl Look {
    fn form(&self, path: &str) -> Option<&Form> {
        let found = self.settings.iter().find(|setting| setting.path == path);
        found.map(|setting| &setting.form)
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        let secrets = self
            .settings
            .iter()
            .filter(|setting| matches!(setting.form, Form::Secret));
        secrets.map(|setting| setting.path.as_str())
    }

    /// Whether this is a secret, or has one below.
    fn is_around(&self, path: &str) -> bool {
        self.secrets().any(|secret| {
            let rest = secret.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    fn map(&mut self, node: &Node, path: &str) {
        for entry in node.entries().unwrap_or_default() {
            let asked = below(path, entry.name());
            if self.form(&asked).is_some() || self.form(&below(path, "*")).is_some() {
                self.value(&entry.value, &asked);
                continue;
            }
            let theirs = mend::meant(entry.name(), path).or_else(|| mend::theirs(entry.name()));
            if let Some(theirs) = theirs {
                self.meant(&entry.value, theirs);
                continue;
            }
            // A misspelt key says what its value was to be.
            let siblings = self
                .settings
                .iter()
                .filter(|setting| setting.is_below(path));
            let meant = nearest(entry.name(), siblings.map(Setting::key));
            let meant = meant.map(|key| below(path, key));
            let is_beside = self.secrets().any(|secret| parent(secret) == path);
            if is_beside && meant.is_none() && !secret::is_name(entry.name()) {
                self.found.push(entry.key.span());
            }
            if let Some(meant) = &meant
                && !is_beside
                && matches!(
                    entry.value.kind,
                    Kind::Mapping { .. } | Kind::Sequence { .. }
                )
                && !matches!(self.form(meant), Some(Form::Secret))
            {
                self.value(&entry.value, meant);
                continue;
            }
            let is_secret = is_beside || meant.as_ref().is_some_and(|meant| self.is_around(meant));
            if is_secret || meant.is_none() {
                self.stray(&entry.value, is_secret);
            }
        }
    }

    /// Shows of another tool's value what the setting takes.
    fn meant(&mut self, node: &Node, setting: &Setting) {
        let is_taken = |node: &Node| match (&setting.form, node.text()) {
            (Form::Value(kind) | Form::ValueOrMap(kind), Some(text)) => kind.takes(text),
            _ => false,
        };
        match (&setting.form, &node.kind) {
            (Form::Map | Form::ValueOrMap(_), Kind::Mapping { .. })
            | (Form::List, Kind::Sequence { .. } | Kind::Mapping { .. }) => {
                self.value(node, &setting.path);
            }
            _ if is_taken(node) => {}
            _ => self.stray(node, self.is_around(&setting.path)),
        }
    }

    fn value(&mut self, node: &Node, path: &str) {
        let is_map = node.entries().is_some();
        match self.form(path) {
            Some(Form::Map | Form::ValueOrMap(_)) if is_map => self.map(node, path),
            Some(Form::List) if node.items().is_some() => {
                for item in node.items().unwrap_or_default() {
                    self.value(item, &format!("{path}[]"));
                }
            }
            Some(Form::Map | Form::List) => {
                let is_around = self.is_around(path);
                if !mend::is_at_home(path, node, is_around) {
                    self.stray(node, is_around);
                }
            }
            Some(Form::Secret) => {
                let is_place = |name: &str| matches!(name, "env" | "file");
                let entries = node.entries().unwrap_or_default();
                if !is_map || !entries.iter().all(|entry| is_place(entry.name())) {
                    self.found.push(node.span());
                }
            }
            _ => {}
        }
    }

    /// Hides a value that no setting takes: all of it where a secret belongs, else unless it is a name.
    fn stray(&mut self, node: &Node, is_all: bool) {
        match &node.kind {
            Kind::Scalar(scalar) => {
                if is_all || !(scalar.text.is_empty() || secret::is_name(&scalar.text)) {
                    self.found.push(node.span());
                }
            }
            Kind::Alias(_) => {}
            Kind::Sequence { items, .. } => {
                for item in items {
                    self.stray(item, is_all);
                }
            }
            Kind::Mapping { entries, .. } => {
                for entry in entries {
                    self.stray(&entry.value, is_all);
                }
            }
        }
    }

    /// Hides what stands in a broken text behind the name of a map that has a secret.
    fn words(&mut self, text: &str) {
        let around = |secret: &str| -> Option<String> {
            let key = parent(secret).trim_end_matches("[]").rsplit('.').next()?;
            (!key.is_empty()).then(|| format!("{key}:"))
        };
        let keys: Vec<String> = self.secrets().filter_map(around).collect();
        for key in keys {
            for (at, _) in text.match_indices(&key) {
                let behind = &text[at + key.len()..];
                let start = text.len() - behind.trim_start_matches([' ', '\t']).len();
                let end = text[start..]
                    .find(['\n', ',', '}'])
                    .map_or(text.len(), |end| start + end);
                if !text[start..].starts_with(['{', '[', '#', '&', '*']) {
                    self.found.push(start..end);
                }
            }
        }
    }
}
