//! The text of a site for messages, without possible secrets.

use std::net::IpAddr;
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

    /// Whether a text is part of the name of a setting, such as `grafana`.
    fn is_of_a_key(&self, text: &str) -> bool {
        let is_word = text.len() > 3 && text.bytes().all(|b| b.is_ascii_lowercase());
        is_word && self.settings.iter().any(|one| one.key().contains(text))
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
            let theirs = mend::meant(entry.name(), path)
                .or_else(|| mend::theirs(entry.name()))
                .or_else(|| mend::same(entry.name()));
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
        match &setting.form {
            Form::Value(_) | Form::ValueOrMap(_) | Form::Named(_) if node.entries().is_none() => {
                if !is_taken(node) {
                    self.stray(node, self.is_around(&setting.path));
                }
            }
            Form::Value(_) | Form::Named(_) => self.stray(node, self.is_around(&setting.path)),
            _ => self.value(node, &setting.path),
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
            // The only item, without its dash.
            Some(Form::List) if is_map && self.is_around(path) => {
                self.map(node, &format!("{path}[]"));
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

    /// Hides a value that no setting takes, unless it cannot be a secret, or is a name where no secret belongs.
    fn stray(&mut self, node: &Node, is_all: bool) {
        match &node.kind {
            Kind::Scalar(scalar) => {
                let text = scalar.text.as_str();
                let is_shown = text.is_empty()
                    || is_switch(text)
                    || is_address(text)
                    || self.is_of_a_key(text)
                    || !is_all && (secret::is_name(text) || is_amount(text));
                if !is_shown {
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

    /// Hides what is in a broken text after the name of a map that has a secret.
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

/// A word for yes or no.
fn is_switch(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "enabled" | "disabled" | "none"
    )
}

/// An address, a network, or the name of a host in a domain.
fn is_address(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_lower = label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        is_lower
            && label
                .split('-')
                .all(|word| !word.is_empty() && word.len() <= 12)
    };
    let is_host = || {
        let labels: Vec<&str> = text.split('.').collect();
        let ends_in_letters = |end: &&str| end.bytes().all(|b| b.is_ascii_lowercase());
        labels.len() > 2
            && labels.last().is_some_and(ends_in_letters)
            && labels.iter().all(|label| is_label(label))
    };
    let (address, length) = text.split_once('/').unwrap_or((text, "0"));
    address.parse::<IpAddr>().is_ok() && length.parse::<u8>().is_ok() || is_host()
}

/// A number, with a unit or without, or several in one text, such as `8Gi`, `100-200` and `10.0.0.1-10.0.0.9`.
fn is_amount(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    let is_number = |c: char| c.is_ascii_digit() || ".,:-/ ".contains(c);
    text.len() - digits.len() <= 3
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(is_number)
}

#[cfg(test)]
mod tests {
    use super::shown;

    /// Only what may be a secret is hidden: beside a secret of the schema anything but what cannot be one.
    #[test]
    fn values_of_a_wrong_form_are_shown_where_no_secret_belongs() {
        for site in [
            "nodes: {reservedMemory: 8Gi}",
            "network: {nics: eno1}",
            "nics: eno1",
            "network: {metallb: 10.1.2.10-10.1.2.20}",
            "monitoring: false",
            "monitoring: {enabled: yes}",
            "monitoring: grafana",
            "storage: {flashArrays: 10.1.2.3}",
            "storage: {flashArrays: array1.corp.example}",
            "storage: {flashArrays: {host: 10.1.2.3}}",
            "storage: {licence: enterprise}",
        ] {
            assert_eq!(shown(site), site);
        }
        for site in [
            "monitoring: hunter2",
            "nics: [{password: hunter2}]",
            "storage: {flashArrays: hunter2}",
            "storage: {flashArrays: {token: hunter2}}",
            "storage: {licence: {key: hunter2}}",
            "vmo: {linux: hunter2, windows: [hunter2]}",
        ] {
            assert!(!shown(site).contains("hunter2"), "{}", shown(site));
        }
    }
}
